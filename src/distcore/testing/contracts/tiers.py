"""What must be kept about tiers: policies, evaluations, every decision, and sums of what buyers keep."""

from datetime import date, timedelta

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import Correction, left_of
from distcore.kernel import (
    Cadence,
    Currency,
    EveryDays,
    InputError,
    MemberId,
    OnDates,
    RetryableError,
    limits,
)
from distcore.members import (
    AllOf,
    AnyOf,
    BalancedSales,
    Credit,
    DirectSales,
    Falls,
    HoldsTier,
    Measures,
    Not,
    Outcome,
    OwnSales,
    Recruits,
    TeamSales,
    Years,
)
from distcore.ports import Transaction
from distcore.referral import Aspect, Change
from distcore.testing.builders import (
    ALWAYS,
    LATER,
    Shop,
    StoreOf,
    a_booking,
    a_cancellation,
    a_chain,
    a_correction,
    a_line,
    a_plan,
    a_price,
    a_refund,
    a_sale,
    day,
)
from distcore.testing.contracts.kept import MANY, NASTY, PAGES, a_row, broken_off
from distcore.testing.tiers import a_month, a_tier_decision, a_tier_policy, an_evaluation

MOST = limits.AMOUNT_MINOR_MAX
TOTAL = limits.TOTAL_MINOR_MAX
CNY = Currency("CNY")


def judged(tx: Transaction, *evaluations: int) -> Transaction:
    """Give a new shop members, a policy and evaluations."""
    tx.members.add([a_row(id) for id in (*NASTY, "ann", "ben")])
    tx.tier_policies.add(a_tier_policy(), at=LATER)
    for number in evaluations or (1,):
        tx.tier_evaluations.add(an_evaluation(number, a_month(f"2017-{number:02}"), evaluated_at=LATER))
    return tx


class TierPoliciesContract:
    """How tiers are earned and lost, as it was set."""

    def test_a_tier_policy_is_returned_whole(self, store_of: StoreOf) -> None:
        """Every requirement, every rhythm, and every bound."""
        full = (
            AnyOf((OwnSales(1), DirectSales(MOST))),
            AllOf((TeamSales(2), BalancedSales(3), Recruits(limits.FAN_OUT_MAX, MOST))),
            AllOf((Years(limits.YEARS_MAX), Credit(MOST), HoldsTier("silver"), Not(HoldsTier("gold")))),
        )
        policies = [
            a_tier_policy(1, valid_from=ALWAYS[1], grace_periods=limits.GRACE_PERIODS_MAX),
            a_tier_policy(2, *full, currency="JPY", falls=Falls.TO_WHAT_IS_EARNED),
            *(a_tier_policy(9 + place, rhythm=cadence) for place, cadence in enumerate(Cadence)),
            a_tier_policy(20, rhythm=EveryDays(28, date(2017, 1, 2))),
            a_tier_policy(21, rhythm=OnDates((date(2017, 1, 2), date(2018, 1, 2)))),
            a_tier_policy(limits.UNITS_MAX),
        ]
        with store_of("another").begin() as tx:
            tx.tier_policies.add(a_tier_policy(3), at=LATER)
        with store_of("shop").begin() as tx:
            for policy in reversed(policies):
                tx.tier_policies.add(policy, at=LATER)
            within = list(tx.tier_policies.all())
        with store_of("shop").begin() as tx:
            assert list(tx.tier_policies.all()) == within == policies

    def test_a_tier_policy_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.tier_policies.add(a_tier_policy(), at=LATER)
        for policy in (a_tier_policy(), a_tier_policy(grace_periods=1)):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.tier_policies.add(policy, at=LATER)
        with store.begin() as tx:
            assert list(tx.tier_policies.all()) == [a_tier_policy()]


class TierEvaluationsContract:
    """Evaluations, and what they decided."""

    def test_an_evaluation_is_returned_whole(self, store_of: StoreOf) -> None:
        """By number, whatever the order in which they were written."""
        evaluations = [
            an_evaluation(1, tree_revision=TOTAL),
            an_evaluation(2, a_month("2017-02"), evaluated_at=LATER),
            an_evaluation(TOTAL, a_month("2017-03"), evaluated_at=ALWAYS[1]),
        ]
        with store_of("shop").begin() as tx:
            tx.tier_policies.add(a_tier_policy(), at=LATER)
            for each in reversed(evaluations):
                tx.tier_evaluations.add(each)
        with store_of("shop").begin() as tx:
            assert list(tx.tier_evaluations.all()) == evaluations
            assert tx.tier_evaluations.count() == 0
            assert list(tx.tier_evaluations.decisions(1)) == []

    def test_an_evaluation_that_is_taken_is_a_conflict(self, store_of: StoreOf) -> None:
        """Of two who evaluate at once, one comes second."""
        store = store_of("shop")
        with store.begin() as tx:
            judged(tx)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.tier_evaluations.add(an_evaluation(1, a_month("2017-02"), evaluated_at=LATER))
        with store.begin() as tx:
            assert [each.period.label for each in tx.tier_evaluations.all()] == ["2017-01"]

    def test_a_decision_is_returned_whole(self, store_of: StoreOf) -> None:
        """Of members with any id, with the largest measures that there are."""
        most = Measures(TOTAL, TOTAL, TOTAL, TOTAL, ((1, 0), (MOST, 1_000_000)), TOTAL, TOTAL)
        decisions = [
            *(a_tier_decision(id) for id in NASTY),
            a_tier_decision("ann", outcome=Outcome.IN_GRACE, held="安 ", earned="", tier="安 ", misses=TOTAL),
            a_tier_decision("ben", outcome=Outcome.LEFT_ALONE, held="x", tier="x", measures=most),
        ]
        expected = sorted(decisions, key=lambda each: each.member)
        with store_of("another").begin() as tx:
            judged(tx).tier_evaluations.decide([a_tier_decision("ann")])
        with store_of("shop").begin() as tx:
            judged(tx).tier_evaluations.decide(decisions)
            assert list(tx.tier_evaluations.decisions(1)) == expected
        with store_of("shop").begin() as tx:
            assert list(tx.tier_evaluations.decisions(1)) == expected
            assert [each.member for each in tx.tier_evaluations.in_grace(1)] == ["ann"]
            assert tx.tier_evaluations.of([MemberId(id) for id in NASTY]) == {
                MemberId(id): [a_tier_decision(id)] for id in NASTY
            }
            assert tx.tier_evaluations.count() == len(decisions)
            counted = {Outcome.PROMOTED: len(NASTY), Outcome.IN_GRACE: 1, Outcome.LEFT_ALONE: 1}
            assert tx.tier_evaluations.outcomes(1) == counted
            assert tx.tier_evaluations.outcomes(2) == {}

    def test_decisions_about_a_member_come_by_evaluation(self, store_of: StoreOf) -> None:
        """Those about whom nothing was decided are left out."""
        graced = {"outcome": Outcome.IN_GRACE, "held": "silver", "earned": ""}
        second = a_tier_decision("ann", 2, misses=1, **graced)  # type: ignore[arg-type]
        with store_of("shop").begin() as tx:
            judged(tx, 1, 2).tier_evaluations.decide([second, a_tier_decision("ann"), a_tier_decision("ben")])
        with store_of("shop").begin() as tx:
            some = [MemberId(id) for id in ("ann", "abc", "nobody", "ben")]
            assert tx.tier_evaluations.of(some) == {
                "ann": [a_tier_decision("ann"), second],
                "ben": [a_tier_decision("ben")],
            }
            assert tx.tier_evaluations.of([]) == {}
            assert list(tx.tier_evaluations.in_grace(1)) == list(tx.tier_evaluations.decisions(3)) == []
            assert list(tx.tier_evaluations.in_grace(2)) == [second]

    @pytest.mark.parametrize("twice", [["ben", "ann"], ["ben", "ben"]])
    def test_a_second_decision_about_a_member_is_a_conflict(
        self, store_of: StoreOf, twice: list[str]
    ) -> None:
        """And nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            judged(tx).tier_evaluations.decide([a_tier_decision("ann")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.tier_evaluations.decide([a_tier_decision(each, tier="gold") for each in twice])
        with store.begin() as tx:
            assert list(tx.tier_evaluations.decisions(1)) == [a_tier_decision("ann")]

    def test_decisions_are_read_in_pages(self, store_of: StoreOf) -> None:
        """Also while others are written."""
        members = [f"m{number:05}" for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            judged(tx).members.add([a_row(each) for each in members])
            tx.tier_evaluations.decide([a_tier_decision(each) for each in members])
        with store_of("shop").begin() as tx:
            assert [each.member for each in tx.tier_evaluations.decisions(1)] == members
            unknown = [MemberId(str(number)) for number in range(MANY)]
            found = tx.tier_evaluations.of([*unknown, *map(MemberId, members[-2:])])
            assert list(found.values()) == [[a_tier_decision(each)] for each in members[-2:]]

    def test_decisions_are_rolled_back(self, store_of: StoreOf) -> None:
        """With the evaluation that they belong to."""
        store = store_of("shop")
        with store.begin() as tx:
            judged(tx)
        with broken_off(store) as tx:
            tx.tier_evaluations.add(an_evaluation(2, a_month("2017-02"), evaluated_at=LATER))
            tx.tier_evaluations.decide([a_tier_decision("ann", 2)])
        with store.begin() as tx:
            assert [each.number for each in tx.tier_evaluations.all()] == [1]
            assert tx.tier_evaluations.count() == 0

    def test_many_changes_of_a_tree_follow_one_another(self, store_of: StoreOf) -> None:
        """Each with a revision of its own; none is nothing."""
        members = [a_row(f"m{number:05}") for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.members.add(members)
            tx.members.append_all([])
            revision = tx.members.lock()
            changes = [
                Change(each.id, Aspect.TIER, "gold", day(5), LATER, revision + place)
                for place, each in enumerate(members, 1)
            ]
            tx.members.append_all(changes)
        with store_of("shop").begin() as tx:
            assert tx.members.revision() == PAGES
            assert [change for each in tx.members.all() for change in each.changes] == changes

    def test_tiers_are_evaluated_and_found_sound(self, store_of: StoreOf) -> None:
        """Two shops with equal ids, each with its own sales; a second time it is the same."""
        mine, theirs = (Shop.open(store_of(each), None, a_chain("ann", "ben", "cai")) for each in "ab")
        for shop in (mine, theirs):
            shop.do(engine.set_tier_policy, a_tier_policy(grace_periods=1))
        mine.do(engine.accrue, a_sale("order 1", lines=[a_line(net_minor=1_500)]))
        first = mine.do(engine.evaluate_tiers, "2017-01")
        assert mine.do(engine.evaluate_tiers, "2017-01") == first
        mine.do(engine.evaluate_tiers)
        theirs.do(engine.evaluate_tiers, "2017-01")
        with mine.store.begin() as tx:
            tiers = [(each.member, each.tier) for each in tx.tier_evaluations.decisions(1)]
            assert tiers == [("ann", "silver"), ("ben", "silver"), ("cai", "silver")]
            assert [each.misses for each in tx.tier_evaluations.in_grace(2)] == [1, 1, 1]
        with theirs.store.begin() as tx:
            assert tx.tier_evaluations.count() == tx.members.revision() == 0
        mine.assert_sound()
        theirs.assert_sound()


class BoughtContract:
    """What buyers keep of what they bought in a period."""

    def test_half_open_periods_and_currencies_are_told_apart(self, store_of: StoreOf) -> None:
        """By exact ids of buyers, in their order; who bought nothing is left out."""
        start, end = a_month().start, a_month().end
        at = {"before": start - timedelta(microseconds=1), "first": start, "last": day(31), "end": end}
        bookings = [
            a_booking(evolve(a_sale(id, buyer=id, lines=[a_line(net_minor=7)]), paid_at=paid_at))
            for id, paid_at in at.items()
        ]
        bookings += [
            a_booking(a_sale(f"order {n}", buyer=id, lines=[a_line(net_minor=3)]))
            for n, id in enumerate(NASTY)
        ]
        bookings += [a_booking(a_sale("gift", buyer="nothing", lines=[a_line(net_minor=0)]))]
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(a_sale("first", buyer="first"))], [])
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book(bookings, [])
        with store_of("shop").begin() as tx:
            expected = sorted([("first", 7), ("last", 7), *((id, 3) for id in NASTY)])
            assert list(tx.sales.kept(CNY, start, end)) == expected
            assert list(tx.sales.kept(Currency("JPY"), start, end)) == []
            assert list(tx.sales.kept(CNY, end, start)) == []

    def test_what_went_back_is_deducted_as_the_domain_does(self, store_of: StoreOf) -> None:
        """Refunds of money alone, chargebacks that repeat one, prices, cancellations after all of it."""
        lines = [a_line("1", net_minor=1_000), a_line("2", net_minor=500)]
        sales = {id: a_sale(id, buyer=id, lines=lines) for id in ("a", "b", "c", "d")}
        corrections: list[Correction] = [
            a_refund("r1", sale="a", lines={"1": (0, 300)}),
            a_refund("r2", sale="a", lines={"1": (0, 350), "2": (0, 20)}, repeats="r1"),
            a_refund("r3", sale="a", lines={"1": (0, 100)}, repeats="r2"),
            a_refund("r4", sale="b", lines={"1": (1, 1_000), "2": (1, 500)}),
            a_refund("r5", sale="c", lines={"2": (0, 1)}),
            a_price("p1", {"1": 900}, "a", corrected_at=day(15)),
            a_price("p2", {"1": 2_000, "2": 400}, "a", corrected_at=day(14)),
            a_price("p4", {"2": 700}, "d", corrected_at=day(15)),
            a_price("p3", {"2": 800}, "d", corrected_at=day(15)),
            a_price("p5", {"2": 800}, "c"),
            a_cancellation("c"),
        ]
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(each) for each in sales.values()], [])
            for each in corrections:
                tx.sales.correct([a_correction(each)])
        with store_of("shop").begin() as tx:
            expected = {}
            for record in tx.sales.all():
                kept = sum(each.net_minor for each in left_of(record.booking.sale, record.corrections))
                expected[record.booking.sale.buyer] = kept
            assert expected == {"a": 930, "b": 0, "c": 0, "d": 1_700}
            assert dict(tx.sales.kept(CNY, a_month().start, a_month().end)) == {"a": 930, "d": 1_700}

    def test_a_sum_that_no_64_bits_hold_is_refused(self, store_of: StoreOf) -> None:
        """The largest that they hold is not."""
        several = [a_line(str(number), net_minor=MOST) for number in range(9_223)]
        rest = a_line("rest", net_minor=TOTAL - 9_223 * MOST)
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(a_sale("most", buyer="ann", lines=[*several, rest]))], [])
            start, end = a_month().start, a_month().end
            assert list(tx.sales.kept(CNY, start, end)) == [("ann", TOTAL)]
            tx.sales.book([a_booking(a_sale("more", buyer="ann", lines=[a_line(net_minor=1)]))], [])
        with pytest.raises(InputError, match="64 bits"), store_of("shop").begin() as tx:
            list(tx.sales.kept(CNY, start, end))
