"""`distcore period accrue --stale`: accrue anew whatever something was posted about since.

The rule this file protects: one period that can't be accrued keeps no other one from it, and what was done
stays done.
"""

from typing import Final

import click

from distcore import engine
from distcore.engine import PeriodState
from distcore.kernel import Currency, InputError, Problem, digest
from distcore_cli import progress
from distcore_cli.failures import REFUSED
from distcore_cli.period_tables import again, again_table
from distcore_cli.render import Cell, say_problems, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import Begin, batches, reading

VERB: Final = "accrue stale periods"


def accrue_stale(settings: Settings, currency: Currency | None) -> None:
    """Accrue the stale periods of a currency, or of all; exit with 1 if one of them can't be."""
    prefix = settings.key_once(VERB)
    with reading(settings) as tx:
        states = engine.period_states(tx, currency)
    rows, problems = list[tuple[Cell, ...]](), list[Problem]()
    with batches(settings) as begin:
        for each in states:
            if each.changed_at is not None:
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
