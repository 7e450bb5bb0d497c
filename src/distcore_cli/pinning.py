"""The options by which something is pinned to another plan version: all of them, or none."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from typing import Any, Final, TypeVar

import click
from attrs import evolve

from distcore.engine import NewPin
from distcore.kernel import InputError, PlanId, limits
from distcore_cli import options

NAMES: Final[Mapping[str, str]] = {
    "pin.plan": "--plan",
    "pin.plan_version": "--plan-version",
    "pin.reason": "--reason",
    "pin.approver": "--approver",
}
"""What somebody typed, by where the engine finds it wrong."""

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--plan", metavar="PLAN", callback=options.id_of, help="Pin to a version of this plan."),
    click.option(
        "--plan-version",
        metavar="N",
        callback=options.whole_of(1, limits.UNITS_MAX),
        help="Which version of it; with --plan.",
    ),
    click.option(
        "--reason", metavar="TEXT", callback=options.text_of, help="Why, as explain shows it; with --plan."
    ),
    click.option(
        "--approver", metavar="ID", callback=options.id_of, help="Who approves it, not --actor; with --plan."
    ),
)


def by_pin(command: F) -> F:
    """Add the options to a command."""
    return reduce(lambda function, option: option(function), reversed(_OPTIONS), command)


@contextmanager
def named_as_typed() -> Iterator[None]:
    """Give what is wrong with a pin the name of the option that said it."""
    try:
        yield
    except InputError as error:
        named = (evolve(each, where=NAMES.get(each.where, each.where)) for each in error.problems)
        raise InputError(tuple(named)) from None


def pin_of(
    plan: PlanId | None, plan_version: int | None, reason: str | None, approver: str | None
) -> NewPin | None:
    """Return what the options say, None without any of them."""
    if (plan, plan_version, reason, approver) == (None, None, None, None):
        return None
    if plan is None or plan_version is None or reason is None or approver is None:
        raise click.UsageError("--plan, --plan-version, --reason and --approver go together")
    return NewPin(plan, plan_version, reason, approver)
