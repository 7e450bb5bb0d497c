"""What is explained of a payee is what reports and statements show, and every amount can be made again."""

from collections import Counter
from functools import cache
from itertools import islice

import pytest

from distcore import engine
from distcore.commission import recomputed, remade, share_of
from distcore.engine import ExplainedLine
from distcore.kernel import ComponentId, OriginKind, Period
from distcore.memory import MemoryStore
from distcore.ports import Transaction
from distcore.settlement import Due
from distcore.testing.builders import ALWAYS, StoreOf
from distcore.testing.canaries import Defect, swapped
from distcore.testing.machine_money import MoneyMachine
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS

EVER = Period("ever", *ALWAYS)


def assert_members_add_up(tx: Transaction) -> int:
    """Compare each payee's parts with the reports, and each sale's with its explanation; return how many."""
    count = 0
    for payee in sorted({each.payee for each in engine.earnings(tx, EVER)}):
        found = engine.explain_member(tx, payee, EVER, formulas=FORMULAS)
        sums: Counter[str] = Counter()
        by_sale: Counter[tuple[str | None, str]] = Counter()
        for part in found.parts:
            sums[part.currency] += part.amount_minor
            by_sale[part.sale, part.component] += part.amount_minor
        reported = {each.currency: each.accrued_minor + each.clawed_back_minor for each in found.earnings}
        assert {currency: amount for currency, amount in sums.items() if amount} == {
            currency: amount for currency, amount in reported.items() if amount
        }
        assert [sale for sale, _ in found.whys] == sorted(
            (sale for sale, _ in found.whys), key=[part.sale for part in found.parts].index
        )
        for sale in sorted({part.sale for part in found.parts if part.sale is not None}):
            whys = engine.explain(tx, sale, formulas=FORMULAS).explained.whys
            own_whys = [why for why in whys if why.accrual.payee == payee]
            assert [why for of, why in found.whys if of == sale] == own_whys
            made: Counter[tuple[str, str]] = Counter()
            for why in own_whys:
                made[sale, why.accrual.component] += recomputed(why, FORMULAS)
            own = {key: amount for key, amount in by_sale.items() if key[0] == sale and amount}
            assert own == {key: amount for key, amount in made.items() if amount}
        count += len(found.parts)
    return count


def assert_accruals_add_up(tx: Transaction) -> int:
    count = 0
    for record in tx.sales.all():
        shares = {share_of(fact) for posting in record.postings for fact in posting.accruals}
        for share in islice(sorted(shares), 5):
            found = engine.explain_accrual(tx, record.booking.sale.id, share, formulas=FORMULAS)
            made = 0 if found.why is None else recomputed(found.why, FORMULAS)
            assert found.amount_minor == made
            assert (found.why is None) == (made == 0)
            count += 1
    return count


def assert_periods_add_up(tx: Transaction) -> int:
    """Compare what is told of each period with its facts and its totals; return of how many facts."""
    count = 0
    everybody = [each.id for each in tx.members.all()]
    for run in tx.period_runs.all():
        told: Counter[ComponentId] = Counter()
        totals: dict[ComponentId, int] = {}
        for payee in everybody:
            found = engine.explain_period(tx, run.currency, run.period.label, payee)
            for each in found.shares:
                facts = [fact for fact in found.facts if fact.share.component == each.component]
                assert sum(fact.amount_minor for fact in facts) == each.posted_minor
                made = 0 if each.share is None else remade(each.share, found.plan.rounding)
                assert made == each.amount_minor == each.posted_minor + each.to_post_minor
                told[each.component] += each.amount_minor
                totals[each.component] = each.total.paid_minor
                count += len(facts)
        assert told == Counter(totals)
    return count


def assert_statements_add_up(tx: Transaction) -> int:
    count = 0
    for closing in tx.closings.all():
        for total in tx.closings.totals(closing):
            asked = (tx, closing.number, total.payee)
            lines = list(engine.explained_lines(*asked, formulas=FORMULAS))
            assert sum(each.line.due.amount_minor for each in lines) == total.lines_minor
            for each in lines:
                amount = each.line.due.amount_minor
                if each.posting is not None:
                    assert sum(fact.amount_minor for fact in each.accruals) == amount
                    assert_came_to(each)
                elif each.line.due.origin.kind is OriginKind.PERIOD:
                    assert of_period(tx, each.line.due) == amount
                else:
                    decided = each.adjustment or each.opening
                    assert decided is not None
                    assert decided.amount_minor == amount
                count += 1
    return count


def assert_came_to(line: ExplainedLine) -> None:
    """Compare what facts of a share add up to, when one was posted, with what is said that they came to."""
    assert line.record is not None
    so_far = line.record.postings[: line.line.due.origin.number + 1]
    for fact, why in zip(line.accruals, line.whys, strict=True):
        facts = [each for posting in so_far for each in posting.accruals if share_of(each) == share_of(fact)]
        came_to = 0 if why is None else recomputed(why, FORMULAS)
        assert sum(each.amount_minor for each in facts) == came_to


def of_period(tx: Transaction, due: Due) -> int:
    """Add up what a posting of a period gave to the payee of a due."""
    run = engine.run_of_period(tx, due.currency, due.origin.ref)
    facts = tx.period_runs.of(run.number, [due.payee])[due.payee]
    return sum(fact.amount_minor for fact in facts if fact.posting == due.origin.number)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_explained_of_sales_adds_up(store_of: StoreOf, seed: int) -> None:
    with walked(store_of, seed).store.begin() as tx:
        parts, accruals = assert_members_add_up(tx), assert_accruals_add_up(tx)
        assert bool(parts) == bool(accruals + assert_periods_add_up(tx))


@pytest.mark.parametrize("seed", range(4))
def test_what_is_explained_of_statements_adds_up(store_of: StoreOf, seed: int) -> None:
    with walked(store_of, seed, 60, MoneyMachine).store.begin() as tx:
        assert_statements_add_up(tx)


def test_there_is_something_to_explain() -> None:
    parts, periods, lines = 0, 0, 0
    for seed in range(8):
        with walked(cache(MemoryStore), seed).store.begin() as tx:
            parts += assert_members_add_up(tx)
            periods += assert_periods_add_up(tx)
    for seed in range(4):
        with walked(cache(MemoryStore), seed, 60, MoneyMachine).store.begin() as tx:
            lines += assert_statements_add_up(tx)
    assert min(parts, periods, lines) >= 10


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.commission.period_accrual:asked_of", lambda real, *share: real(*share) + 1),
        ("distcore.memory.periods:MemoryPeriodRuns.parts", lambda *_: ()),
        ("distcore.memory.periods:MemoryPeriodRuns.of", lambda *_: {}),
    ],
)
def test_what_is_told_of_periods_can_fail(target: str, defect: Defect) -> None:
    with (
        walked(cache(MemoryStore), 0).store.begin() as tx,
        swapped(target, defect),
        pytest.raises(AssertionError),
    ):
        assert_members_add_up(tx) + assert_periods_add_up(tx)
