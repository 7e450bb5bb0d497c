"""Post every sale and what came after it again, and compare each posting by itself.

What a formula paid is made again where the formula is given.  The rule this file protects: what depends on no
formula is compared anyway.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from attrs import evolve

from distcore.commission import (
    Correction,
    Earned,
    Formulas,
    Plan,
    PlanVersions,
    Posting,
    SaleRecord,
    Share,
    correct,
    gifts_of,
    gifts_to_post,
    left_of,
    share_of,
    sums_of,
)
from distcore.engine.after_sale import earned_now
from distcore.engine.lineage import Forest, Seats, lineage_of
from distcore.kernel import InputError, Problem, format_minor
from distcore.referral import BeyondTreeError, EndlessUplineError


def posting_problems(
    record: SaleRecord, plans: PlanVersions, formulas: Formulas | None, forest: Forest, where: str
) -> Iterator[Problem]:
    """Find postings that are not what the plan gives; without formulas, None, only gifts that are not."""
    sums: dict[Share, int] = {}
    for number, posting in enumerate(record.postings):
        corrections, pin = record.upto(number)
        plan, place = plans[pin], f"{where}, {posting.cause}"
        try:
            now = forest.decide(partial(_now, record, plan, corrections, formulas))
        except InputError as error:  # a formula does not answer any more what it answered
            yield from (evolve(problem, where=f"{where}, {problem.where}") for problem in error.problems)
            return
        except (BeyondTreeError, EndlessUplineError) as broken:
            yield Problem(
                where, f"its upline can't be walked: {broken.member} is missing or stands in a cycle"
            )
            return
        if posting.gifts != gifts_to_post(now.gifts, record.postings[:number]):
            yield Problem(place, "its gifts are not those that the plan gives")
        expected = posting.accruals if formulas is None else correct(now.accruals, sums)
        if posting.accruals != expected:
            yield from _differences(sums_of(expected), posting, plan, place)
        for accrual in posting.accruals:
            sums[share_of(accrual)] = sums.get(share_of(accrual), 0) + accrual.amount_minor


def _now(
    record: SaleRecord,
    plan: Plan,
    corrections: Sequence[Correction],
    formulas: Formulas | None,
    seats: Seats,
) -> Earned:
    if formulas is not None:
        return earned_now(record, plan, corrections, formulas, seats)
    booking = record.booking
    left = left_of(booking.sale, corrections)
    return Earned((), tuple(gifts_of(plan, booking.sale, left, lineage_of(seats, booking, corrections))))


def _differences(
    expected: Mapping[Share, int], posting: Posting, plan: Plan, where: str
) -> Iterator[Problem]:
    posted, currency = sums_of(posting.accruals), plan.currency
    shares = [share for share in {**expected, **posted} if expected.get(share, 0) != posted.get(share, 0)]
    for share in shares:
        line, component, rule, payee, level = share
        yield Problem(
            f"{where}, line {line}, {component}, rule {rule}, level {level}",
            f"{payee} has {format_minor(posted.get(share, 0), currency)} {currency} posted, "
            f"the plan gives {format_minor(expected.get(share, 0), currency)}",
        )
    if not shares:
        yield Problem(where, "its facts add up, but they are not those that the plan gives")
