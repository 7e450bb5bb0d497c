"""What the text of an option or argument must look like; wrong text is a mistake of usage.

Each function is a callback of click, and imports what it needs when a value is read: `distcore --help`
reads none.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from distcore.kernel import InputError, Instant
    from distcore.ledger import Anchor

FORMATS = ("table", "json", "jsonl", "csv")
DIGITS_MAX = 20
"""More digits than any option has."""

HASH_DIGITS = 32
"""Digits of a hash: two for each byte."""


class InOrder(click.Group):
    """A group whose help lists its commands in the order of the work, not of the alphabet."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names as they were added."""
        return list(self.commands)


def id_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return an id exactly as it was typed."""
    from distcore.kernel import InputError, id_problem

    problem = None if value is None else id_problem(value, "")
    if problem is not None:
        refuse(InputError((problem,)), context, parameter)
    return value


def ids_of(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return ids exactly as they were typed."""
    for value in values:
        id_of(context, parameter, value)
    return values


def instant_of(context: click.Context, parameter: click.Parameter, value: str | None) -> "Instant | None":
    """Return an instant in ISO 8601 with an offset."""
    from distcore.kernel import InputError, parse_instant

    try:
        return None if value is None else parse_instant(value)
    except InputError as error:
        refuse(error, context, parameter)


def currency_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a currency."""
    from distcore.kernel import InputError, currency_problem

    problem = None if value is None else currency_problem(value, "")
    if problem is not None:
        refuse(InputError((problem,)), context, parameter)
    return value


def text_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a text that somebody will read, such as a reason."""
    from distcore.kernel import InputError, text_problem

    problem = None if value is None else text_problem(value, "")
    if problem is not None:
        refuse(InputError((problem,)), context, parameter)
    return value


def region_of(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a region that somebody can be agent of."""
    from distcore.kernel import InputError, region_problem

    problem = None if value is None else region_problem(value, "")
    if problem is not None:
        refuse(InputError((problem,)), context, parameter)
    return value


def regions_of(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return regions that somebody can be agent of."""
    for value in values:
        region_of(context, parameter, value)
    return values


def anchor_of(context: click.Context, parameter: click.Parameter, value: str | None) -> "Anchor | None":
    """Return the anchor that `seal` printed."""
    from distcore.kernel import InputError
    from distcore.ledger import parse_anchor

    try:
        return None if value is None else parse_anchor(value)
    except InputError as error:
        refuse(error, context, parameter)


def hash_of(context: click.Context, parameter: click.Parameter, value: str | None) -> bytes | None:
    """Return a hash as it was printed."""
    if value is None:
        return None
    if not re.fullmatch(f"[0-9a-f]{{{HASH_DIGITS}}}", value):
        message = f"not a hash: {HASH_DIGITS} digits and letters from a to f (copy it as it was printed)"
        raise click.BadParameter(message, context, parameter)
    return bytes.fromhex(value)


def whole_of(least: int, most: int) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """Return what reads a whole number in plain digits; click takes 1_000 and full-width digits too."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
        if value is None:
            return None
        if not (
            value.isascii() and value.isdigit() and len(value) < DIGITS_MAX and least <= int(value) <= most
        ):
            raise click.BadParameter(f"not a whole number from {least} to {most}", context, parameter)
        return int(value)

    return read


def names_of(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return names given one by one, or several with commas between them."""
    return tuple(name for value in values for name in value.split(","))


def refuse(
    error: "InputError",
    context: click.Context | None = None,
    parameter: click.Parameter | None = None,
    *,
    hint: str | None = None,
) -> NoReturn:
    """Refuse the value of an option: exit code 2.

    `hint` names the option where there is no `parameter`.
    """
    problem = error.problems[0]
    what_to_do = f" ({problem.hint})" if problem.hint else ""
    raise click.BadParameter(f"{problem.message}{what_to_do}", context, parameter, hint) from None
