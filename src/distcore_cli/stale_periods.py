"""`distcore period accrue --stale`: accrue anew whatever rests on something that was posted since.

The rule this file protects: one period that can't be accrued keeps no other one from it, and what was done
stays done.  Periods that pay points come first, since pools of the others may be split by them.
"""

from collections.abc import Iterator
from typing import Final

import click

from distcore import engine
from distcore.engine import PeriodState
from distcore.kernel import POINT, Currency, InputError, Problem, digest
from distcore.ports import Begin
from distcore_cli import progress
from distcore_cli.failures import REFUSED
from distcore_cli.period_tables import again, again_table
from distcore_cli.render import Cell, say_problems, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import batches

VERB: Final = "accrue stale periods"


def accrue_stale(settings: Settings, currency: Currency | None) -> None:
    """Accrue the stale periods of a currency, or of all; exit with 1 if one of them can't be."""
    prefix = settings.key_once(VERB)
    rows, problems = list[tuple[Cell, ...]](), list[Problem]()
    with batches(settings) as begin:
        for each in _in_order(begin, currency):
            try:
                rows.append(_accrued(settings, begin, each, prefix))
            except InputError as error:
                where = f"period {each.run.period.label} in {each.run.currency}"
                problems += [Problem(where, one.message, one.hint) for one in error.problems]
    show([again_table(rows)], settings.format)
    say_problems(problems, len(problems))
    say_dry_run(settings)
    if problems:
        click.get_current_context().exit(REFUSED)


def _in_order(begin: Begin, currency: Currency | None) -> Iterator[PeriodState]:
    """Yield the stale periods that pay points, and once these are accrued whatever else is stale by then."""
    stale = _stale(begin, currency)
    of_points = [each for each in stale if each.run.currency == POINT]
    yield from of_points
    if of_points:
        stale = _stale(begin, currency)
    yield from (each for each in stale if each.run.currency != POINT)


def _stale(begin: Begin, currency: Currency | None) -> list[PeriodState]:
    with begin() as tx:
        return [each for each in engine.period_states(tx, currency) if each.changed_at is not None]


def _accrued(settings: Settings, begin: Begin, state: PeriodState, prefix: str) -> tuple[Cell, ...]:
    """Accrue a period in a transaction of its own, under a key of its own."""
    currency, label = state.run.currency, state.run.period.label
    key = f"{VERB}:{digest((prefix, currency, label)).hex()}"
    with begin() as tx, progress.shown(f"members of {label}") as steps:
        answer = engine.accrue_period(
            tx,
            currency,
            label,
            at=settings.at,
            actor=settings.actor,
            key=key,
            progress=steps.reached,
        )
        postings = tx.period_runs.postings(answer.run.number)
        return again(answer.run, postings, answer.posting)
