"""Rows of periods: runs, postings, and facts with what they rest on."""

import json
from collections.abc import Sequence
from typing import Any, Final, assert_never

from distcore.commission import (
    Basis,
    Cut,
    Generation,
    LadderBasis,
    MatchingBasis,
    PeriodFact,
    PeriodPosting,
    PeriodReason,
    PeriodRun,
    PeriodShare,
    PeriodTotal,
    PoolBasis,
    Repin,
    Step,
)
from distcore.kernel import ComponentId, Period, Rate, micros_of, shown
from distcore_sql.rows import readable, stored_currency, stored_instant, stored_word
from distcore_sql.statements import Values

_RUN: Final = 11
"""Columns of a run, the shop aside; those of a re-pin stand behind them."""


def row_of_run(run: PeriodRun) -> Values:
    """Return the row of a run."""
    return (
        run.number,
        run.currency,
        run.period.label,
        micros_of(run.period.start),
        micros_of(run.period.end),
        run.plan,
        run.plan_version,
        run.tree_revision,
        micros_of(run.known_until),
        run.actor,
        micros_of(run.run_at),
    )


def run_of(rows: Sequence[Sequence[Any]]) -> PeriodRun:
    """Return the run of its rows: one for each re-pin that it has, or one without."""
    number, currency, label, start, end, plan, plan_version, revision, known_until, actor, run_at = rows[0][
        :_RUN
    ]
    return PeriodRun(
        number,
        stored_currency(currency, "run of a period"),
        Period(label, stored_instant(start), stored_instant(end)),
        plan,
        plan_version,
        revision,
        stored_instant(known_until),
        actor,
        stored_instant(run_at),
        tuple(Repin(*row[_RUN:]) for row in rows if row[_RUN] is not None),
    )


def row_of_period_posting(posting: PeriodPosting) -> Values:
    """Return the row of a posting of a period."""
    totals = [
        (each.component, each.asked_minor, each.paid_minor, each.breakage_minor, each.budget_minor)
        for each in posting.totals
    ]
    return (
        posting.run,
        posting.number,
        posting.net_minor,
        _written(totals),
        posting.actor,
        micros_of(posting.posted_at),
    )


def period_posting_of(row: Sequence[Any]) -> PeriodPosting:
    """Return the posting of a period of a row."""
    run, number, net_minor, totals, actor, posted_at = row
    with readable("posting of a period"):
        read = tuple(_total_of(each) for each in _list(json.loads(totals)))
    return PeriodPosting(run, number, net_minor, read, actor, stored_instant(posted_at))


def row_of_period_fact(fact: PeriodFact) -> Values:
    """Return the row of a fact of a period."""
    share, cut = fact.share, fact.share.cut
    less = cut and (cut.asked_minor, cut.together_minor, cut.budget_minor, cut.odd_minor)
    return (
        fact.run,
        fact.posting,
        share.payee,
        share.component,
        fact.amount_minor,
        share.amount_minor,
        _written([_row_of_basis(share.basis), less]),
        "" if share.unqualified is None else share.unqualified.value,
    )


def period_fact_of(row: Sequence[Any]) -> PeriodFact:
    """Return the fact of a period of a row."""
    run, posting, payee, component, amount, value, rests_on, word = row
    with readable("fact of a period"):
        basis, less = _list(json.loads(rests_on), 2)
        made = _basis_of(_list(basis))
        cut = None if less is None else Cut(*_numbers(less, 4))
    unqualified = stored_word(PeriodReason, word, "fact of a period") if word else None
    share = PeriodShare(component, payee, value, made, cut, unqualified)
    return PeriodFact(run, posting, amount, share)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _total_of(value: Any) -> PeriodTotal:
    component, *amounts, budget = _list(value, 5)
    if not isinstance(component, str):
        raise ValueError(f"not a component: {shown(component)}")
    limit = None if budget is None else _number(budget)
    asked, paid, breakage = _numbers(amounts, 3)
    return PeriodTotal(ComponentId(component), asked, paid, breakage, limit)


def _row_of_basis(basis: Basis) -> list[object]:
    match basis:
        case LadderBasis(own, team, counted, steps, legs):
            rated = [(each.rate.ppm, each.volume_minor) for each in steps]
            return ["ladder", own, team, counted, legs, rated]
        case PoolBasis(pool, weight, weights, odd):
            return ["pool", pool, weight, weights, odd]
        case MatchingBasis(generations):
            return ["matching", [(each.rate.ppm, each.earned_minor) for each in generations]]
        case _:
            assert_never(basis)


def _basis_of(row: list[Any]) -> Basis:
    match row:
        case ["ladder", own, team, counted, legs, steps]:
            made = tuple(Step(*each) for each in _rated(steps))
            return LadderBasis(_number(own), _number(team), _number(counted), made, _number(legs))
        case ["pool", *numbers]:
            return PoolBasis(*_numbers(numbers, 4))
        case ["matching", generations]:
            return MatchingBasis(tuple(Generation(*each) for each in _rated(generations)))
        case _:
            raise ValueError(f"no such basis: {shown(row)}")


def _rated(value: Any) -> list[tuple[Rate, int]]:
    pairs = [_numbers(each, 2) for each in _list(value)]
    return [(Rate(ppm), minor) for ppm, minor in pairs]


def _numbers(value: Any, count: int) -> list[int]:
    return [_number(each) for each in _list(value, count)]


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"not a whole number: {shown(value)}")
    return value


def _list(value: Any, count: int | None = None) -> list[Any]:
    if not isinstance(value, list) or (count is not None and len(value) != count):
        raise ValueError(f"not a list of {count or 'some'}: {shown(value)}")
    return value
