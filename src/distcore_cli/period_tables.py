"""Tables of periods: runs, postings, facts, and what each component is worth to somebody."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from distcore.commission import (
    LadderBasis,
    Language,
    PeriodFact,
    PeriodPosting,
    PeriodRun,
    PeriodShare,
    PoolBasis,
    asked_of,
    tell_period,
    tell_period_not,
)
from distcore.engine import (
    MatchedPart,
    PeriodExplanation,
    PeriodLine,
    PeriodState,
    ToldShare,
    rests_on,
)
from distcore.kernel import Currency, Rounding, format_instant, format_minor
from distcore_cli.explaining import REPINS
from distcore_cli.render import Cell, Table, columns
from distcore_cli.settings import Format, Settings

RUNS = columns(
    "run currency period starts_at ends_at plan plan_version tree_revision accrued_at accrued_by",
    "run plan_version tree_revision",
)
STATES = (*RUNS, *columns("last_accrued_at changed_at"))
RUNS_IN_SHORT = ("run", "currency", "period", "plan", "plan_version", "accrued_at")
"""What people are shown of runs."""

STATES_IN_SHORT = (*RUNS_IN_SHORT, "changed_at")

AGAIN = columns("run currency period posting paid change", "run posting paid change")
POSTINGS = columns("posting posted_at posted_by net paid", "posting net paid")
TOTALS = columns(
    "posting component paid asked budget breakage currency", "posting paid asked budget breakage"
)
FACTS = columns("posting payee component amount worth currency", "posting amount worth")
MEASURES: Final = "own team counted legs pool weight weights"
SHARES = columns(
    f"component payee amount posted to_post currency reason {MEASURES} asked because",
    f"amount posted to_post {MEASURES} asked",
)
LINES = columns("order line sku buyer paid_at net own", "net")
MATCHED = columns("generation earner component order line sku amount", "generation amount")
PINNED = (*columns("posting", "posting"), *REPINS)
BASES = columns("component rests_on listed_by")


def run_table(runs: Iterable[PeriodRun], settings: Settings) -> Table:
    """Return runs; in short for people."""
    table = Table("periods", RUNS, list(map(_run, runs)))
    return table.only(RUNS_IN_SHORT) if settings.format is Format.TABLE else table


def state_table(states: Iterable[PeriodState], settings: Settings) -> Table:
    """Return runs, each with when what it rests on was last posted since, if it was; in short for people."""
    rows = [
        (
            *_run(each.run),
            format_instant(each.accrued_at),
            None if each.changed_at is None else format_instant(each.changed_at),
        )
        for each in states
    ]
    table = Table("periods", STATES, rows)
    return table.only(STATES_IN_SHORT) if settings.format is Format.TABLE else table


def _run(run: PeriodRun) -> Sequence[Cell]:
    return (
        run.number,
        run.currency,
        run.period.label,
        format_instant(run.period.start),
        format_instant(run.period.end),
        *run.pin,
        run.tree_revision,
        format_instant(run.run_at),
        run.actor,
    )


def again_table(rows: Sequence[Sequence[Cell]]) -> Table:
    """Return what came of periods that were accrued again."""
    return Table("periods", AGAIN, rows)


def again(
    run: PeriodRun, postings: Sequence[PeriodPosting], posted: PeriodPosting | None
) -> tuple[Cell, ...]:
    """Return what a period is worth altogether, and what a posting has changed of that; None is nothing."""
    last = postings[-1] if posted is None else posted
    change = 0 if posted is None else _paid(posted) - _paid(postings[posted.number - 1])
    return (
        run.number,
        run.currency,
        run.period.label,
        None if posted is None else posted.number,
        format_minor(_paid(last), run.currency),
        format_minor(change, run.currency),
    )


def _paid(posting: PeriodPosting) -> int:
    return sum(total.paid_minor for total in posting.totals)


def posting_table(run: PeriodRun, postings: Iterable[PeriodPosting]) -> Table:
    """Return the postings of a run, each with what it comes to."""
    rows = [
        (
            each.number,
            format_instant(each.posted_at),
            each.actor,
            format_minor(each.net_minor, run.currency),
            format_minor(_paid(each), run.currency),
        )
        for each in postings
    ]
    return Table("postings", POSTINGS, rows)


def repin_table(run: PeriodRun, postings: Sequence[PeriodPosting]) -> Table:
    """Return the other plan versions that a run was pinned to."""
    return Table(
        "repins",
        PINNED,
        [
            (
                each.posting,
                format_instant(postings[each.posting].posted_at),
                each.plan,
                each.plan_version,
                each.reason,
                each.actor,
                each.approver,
            )
            for each in run.repins
        ],
    )


def total_table(run: PeriodRun, postings: Iterable[PeriodPosting]) -> Table:
    """Return what each component came to at each posting."""
    rows = [
        (
            posting.number,
            each.component,
            format_minor(each.paid_minor, run.currency),
            format_minor(each.asked_minor, run.currency),
            None if each.budget_minor is None else format_minor(each.budget_minor, run.currency),
            format_minor(each.breakage_minor, run.currency),
            run.currency,
        )
        for posting in postings
        for each in posting.totals
    ]
    return Table("totals", TOTALS, rows)


def fact_table(run: PeriodRun, facts: Iterable[PeriodFact]) -> Table:
    """Return what postings give and take, and what it is worth since."""
    rows = [
        (
            each.posting,
            each.share.payee,
            each.share.component,
            format_minor(each.amount_minor, run.currency),
            format_minor(each.share.amount_minor, run.currency),
            run.currency,
        )
        for each in facts
    ]
    return Table("facts", FACTS, rows)


def explained_tables(found: PeriodExplanation, language: Language) -> list[Table]:
    """Return what each component is worth to somebody, and every fact so far."""
    rows = [_share(found, each, language) for each in found.shares]
    return [Table("shares", SHARES, rows), fact_table(found.run, found.facts)]


def line_table(lines: Iterable[PeriodLine], currency: Currency) -> Table:
    """Return the lines that a volume is made of."""
    return Table("lines", LINES, list(line_rows(lines, currency)))


def line_rows(lines: Iterable[PeriodLine], currency: Currency) -> Iterator[Sequence[Cell]]:
    """Yield lines as rows, one by one."""
    for each in lines:
        net, own = format_minor(each.net_minor, currency), "yes" if each.is_own else "no"
        yield each.sale, each.line, each.sku, each.buyer, format_instant(each.paid_at), net, own


def matched_rows(parts: Iterable[MatchedPart], currency: Currency) -> Iterator[Sequence[Cell]]:
    """Yield what is matched as rows, one by one; what a period is worth has no line."""
    for each in parts:
        amount = format_minor(each.amount_minor, currency)
        yield each.generation, each.earner, each.component, *(each.line or (None, None, None)), amount


def basis_table(found: PeriodExplanation) -> Table:
    """Return what each component rests on, and which command lists that."""
    command = ["distcore", "period", "lines", found.run.period.label, found.payee, "--component"]
    rows = [
        (each.id, rests_on(each).value, shlex.join([*command, each.id]))
        for each in found.plan.period_components
    ]
    return Table("bases", BASES, rows)


def sentences(found: PeriodExplanation, language: Language) -> list[str]:
    """Return the explanation in sentences, one for each component."""
    return [_because(found, each, language) for each in found.shares]


def _because(found: PeriodExplanation, told: ToldShare, language: Language) -> str:
    label, currency = found.run.period.label, found.run.currency
    if told.reason is not None:
        return tell_period_not(found.payee, told.component, label, told.reason, language)
    assert told.share is not None, "who gets something was a member"
    return tell_period(told.share, label, currency, language)


def _share(found: PeriodExplanation, told: ToldShare, language: Language) -> Sequence[Cell]:
    currency, share = found.run.currency, told.share
    amounts = (told.amount_minor, told.posted_minor, told.to_post_minor)
    return (
        told.component,
        found.payee,
        *(format_minor(each, currency) for each in amounts),
        currency,
        None if told.reason is None else told.reason.value,
        *([None] * 8 if share is None else _measures(share, currency, found.plan.rounding)),
        _because(found, told, language),
    )


def _measures(share: PeriodShare, currency: Currency, rounding: Rounding) -> list[Cell]:
    """Return the volumes of a ladder, or the weights of a pool, and what is asked before a budget."""
    basis = share.basis
    cells: list[Cell] = [None] * 7
    if isinstance(basis, LadderBasis):
        volumes = (basis.own_minor, basis.team_minor, basis.counted_minor, basis.legs_minor)
        cells = [*(format_minor(each, currency) for each in volumes), None, None, None]
    elif isinstance(basis, PoolBasis):
        cells = [*[None] * 4, format_minor(basis.pool_minor, currency), basis.weight, basis.weights]
    asked = 0 if share.unqualified is not None else asked_of(basis, rounding)
    return [*cells, format_minor(asked, currency)]
