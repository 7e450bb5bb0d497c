"""What must be kept about periods of plans: runs, postings, every fact, and sums of what was earned."""

from datetime import timedelta

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Basis,
    Bracket,
    ByPoints,
    ByTier,
    Cause,
    Cut,
    Earning,
    EarningPart,
    FirstOrder,
    FixedPerOrder,
    Generation,
    GroupBy,
    Ladder,
    LadderBasis,
    Matching,
    MatchingBasis,
    PeriodFact,
    PeriodGrounds,
    PeriodReason,
    PeriodTotal,
    Points,
    Pool,
    PoolBasis,
    Rule,
    Step,
    TierWeight,
    Volume,
)
from distcore.kernel import (
    POINT,
    ComponentId,
    Currency,
    InputError,
    Instant,
    MemberId,
    Period,
    PlanId,
    Rate,
    RetryableError,
    RuleId,
    SaleId,
    limits,
)
from distcore.ledger import FROZEN, POINTS, POINTS_ISSUED, Transfer
from distcore.ports import Transaction
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
    a_recomputation,
    a_refund,
    a_repin,
    a_sale,
    an_accrual,
    day,
)
from distcore.testing.contracts.kept import MANY, NASTY, PAGES, a_row, broken_off
from distcore.testing.money import a_transfer, an_adjustment
from distcore.testing.period_builders import a_period_fact, a_period_posting, a_period_run
from distcore.testing.tiers import a_month

TOTAL = limits.TOTAL_MINOR_MAX
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
CNY = Currency("CNY")
ANN = MemberId("ann")


def run(tx: Transaction, *runs: int) -> Transaction:
    """Give a new shop members, a plan, and runs with a posting each."""
    tx.members.add([a_row(id) for id in (*NASTY, "ann", "ben")])
    tx.plans.add(a_plan(), at=LATER)
    for number in runs or (1,):
        tx.period_runs.add(a_period_run(number, f"2017-{number:02}"))
        tx.period_runs.post(a_period_posting(number))
    return tx


def facts_of(tx: Transaction, number: int = 1) -> list[PeriodFact]:
    """Return the facts of the postings of a run."""
    postings = tx.period_runs.postings(number)
    return [fact for each in postings for fact in tx.period_runs.facts(number, each.number)]


class PeriodRunsContract:
    """Periods that were accrued, and what was posted of them."""

    def test_a_run_is_returned_whole(self, store_of: StoreOf) -> None:
        """By number, whatever the order in which they were written; the same month in another currency."""
        runs = [
            a_period_run(1, tree_revision=TOTAL),
            a_period_run(2, currency="JPY"),
            a_period_run(3, "2017-02"),
            a_period_run(TOTAL, "2017-03", run_at=ALWAYS[1]),
        ]
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            for each in reversed(runs):
                tx.period_runs.add(each)
        with store_of("shop").begin() as tx:
            assert list(tx.period_runs.all()) == runs
            assert tx.period_runs.count() == 0
            assert list(tx.period_runs.postings(1)) == list(tx.period_runs.postings(9)) == []
            assert list(tx.period_runs.facts(1, 0)) == []
            assert list(tx.period_runs.sums(9)) == []

    @pytest.mark.parametrize(("number", "label"), [(1, "2017-02"), (2, "2017-01")])
    def test_a_run_that_is_taken_is_a_conflict(self, store_of: StoreOf, number: int, label: str) -> None:
        """Of two who accrue at once, one comes second: by the number, or by the period."""
        store = store_of("shop")
        with store.begin() as tx:
            run(tx)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.period_runs.add(a_period_run(number, label))
        with store.begin() as tx:
            assert list(tx.period_runs.all()) == [a_period_run()]

    def test_a_posting_is_returned_whole(self, store_of: StoreOf) -> None:
        """With every total; a number that is taken is a conflict."""
        store = store_of("shop")
        totals = (
            PeriodTotal(ComponentId("安"), TOTAL, 1, 2, TOTAL),
            PeriodTotal(ComponentId('a"b'), 0, 0),
        )
        second = a_period_posting(1, 1, totals, net_minor=TOTAL, posted_at=ALWAYS[1])
        with store.begin() as tx:
            run(tx).period_runs.post(second)
        with store.begin() as tx:
            assert list(tx.period_runs.postings(1)) == [a_period_posting(), second]
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.period_runs.post(a_period_posting())

    def test_a_run_has_its_repins_in_order(self, store_of: StoreOf) -> None:
        """Each with the posting that it begins with; the run beside it has none."""
        store, repins = store_of("shop"), (a_repin(1, 7, reason="é"), a_repin(3))
        with store.begin() as tx:
            run(tx, 1, 2).plans.add(a_plan(plan_version=7), at=LATER)
            tx.period_runs.post(a_period_posting(1, 1), repins[0])
            tx.period_runs.post(a_period_posting(1, 2))
            tx.period_runs.post(a_period_posting(1, 3), repins[1])
        with store.begin() as tx:
            first, second = tx.period_runs.all()
            assert (first, second) == (evolve(a_period_run(), repins=repins), a_period_run(2, "2017-02"))
            assert (first.pin, second.pin) == (("plan", 1), ("plan", 1))
            assert [each.number for each in tx.period_runs.postings(1)] == [0, 1, 2, 3]
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.period_runs.post(a_period_posting(1, 3), a_repin(3, 7))

    def test_a_fact_is_returned_whole(self, store_of: StoreOf) -> None:
        """Of members with any id, by any basis, with the largest numbers that there are."""
        rate = Rate.parse("12.3456%")
        bases: list[Basis] = [
            LadderBasis(TOTAL, TOTAL, TOTAL, (Step(rate, TOTAL), Step(Rate(0), 1)), TOTAL),
            LadderBasis(0, 0, 0, ()),
            PoolBasis(TOTAL, 2 * TOTAL, 3 * TOTAL, -1),
            MatchingBasis((Generation(rate, TOTAL), Generation(Rate(1), 0))),
            MatchingBasis(()),
        ]
        facts = [
            *(a_period_fact(id) for id in NASTY),
            *(a_period_fact("ann", component=f"c{place}", basis=each) for place, each in enumerate(bases)),
            a_period_fact("ann", component="cut", cut=Cut(TOTAL, TOTAL, 5, 1)),
            a_period_fact("ann", component="安", amount_minor=-TOTAL, value_minor=TOTAL),
            *(
                a_period_fact("ben", component=each.value, value_minor=0, unqualified=each)
                for each in PeriodReason
            ),
        ]
        expected = sorted(facts, key=lambda each: (each.share.payee, each.share.component))
        with store_of("another").begin() as tx:
            run(tx).period_runs.write([a_period_fact()])
        with store_of("shop").begin() as tx:
            run(tx).period_runs.write(facts)
            assert facts_of(tx) == expected
        with store_of("shop").begin() as tx:
            assert facts_of(tx) == expected
            assert tx.period_runs.count() == len(facts)
            some = [MemberId(id) for id in (*NASTY, "nobody")]
            assert tx.period_runs.of(1, some) == {id: [a_period_fact(id)] for id in NASTY}

    def test_facts_of_a_run_add_up(self, store_of: StoreOf) -> None:
        """Those of other runs do not, and what adds up to nothing is left out."""
        first, second = a_period_fact(), a_period_fact(posting=1, amount_minor=-300, value_minor=700)
        others = [a_period_fact("ben", component="a"), a_period_fact("ben", posting=1, component="a")]
        gone = evolve(others[1], amount_minor=-1_000)
        with store_of("shop").begin() as tx:
            run(tx, 1, 2).period_runs.post(a_period_posting(1, 1))
            tx.period_runs.write([second, others[0], gone])
            tx.period_runs.write([first, a_period_fact(run=2), a_period_fact("ben", component="b")])
        with store_of("shop").begin() as tx:
            sums = [(ComponentId("b"), MemberId("ben"), 1_000), (ComponentId("ladder"), ANN, 700)]
            assert list(tx.period_runs.sums(1)) == sums
            assert tx.period_runs.of(1, [ANN]) == {ANN: [first, second]}
            assert tx.period_runs.of(2, [ANN]) == {ANN: [a_period_fact(run=2)]}
            assert tx.period_runs.of(1, []) == tx.period_runs.of(3, [ANN]) == {}
            assert list(tx.period_runs.facts(1, 1)) == [second, gone]

    def test_what_was_posted_of_its_sales_is_counted_by_run(self, store_of: StoreOf) -> None:
        """Half-open by when they were paid, in the currency of the run, whenever it was posted."""
        start, end = a_month().start, a_month().end
        paid = {"before": start - TICK, "first": start, "last": end - TICK, "end": end}
        sold = {id: evolve(a_sale(id), paid_at=paid_at) for id, paid_at in paid.items()}
        yen = a_sale("yen", currency="JPY")
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(sold["first"], booked_at=LATER + HOUR)], [])
        with store_of("shop").begin() as tx:
            run(tx, 1).period_runs.add(a_period_run(4, currency="JPY"))
            tx.period_runs.add(a_period_run(5, "2017-04"))
            assert tx.period_runs.grounds() == {}
            assert tx.period_runs.grounds_of(CNY, a_month()) == PeriodGrounds()
            tx.sales.book([a_booking(each) for each in (*sold.values(), yen)], [])
            tx.sales.correct([a_correction(a_refund("r1", sale="last"), posted_at=LATER + TICK)])
            tx.sales.recompute([a_recomputation(sold["last"], posted_at=LATER + HOUR)])
            tx.sales.correct([a_correction(a_refund("r2", sale="end"), posted_at=LATER + 2 * HOUR)])
            tx.sales.correct([a_correction(a_cancellation("yen"), posted_at=ALWAYS[1])])
        with store_of("shop").begin() as tx:
            of_yuan, of_yen = PeriodGrounds(4, 0, LATER + HOUR), PeriodGrounds(2, 0, ALWAYS[1])
            assert tx.period_runs.grounds() == {1: of_yuan, 4: of_yen}
            assert tx.period_runs.grounds_of(CNY, a_month()) == of_yuan
            assert tx.period_runs.grounds_of(Currency("JPY"), a_month()) == of_yen
            assert tx.period_runs.grounds_of(CNY, Period("ever", *ALWAYS)).postings == 7
            assert tx.period_runs.grounds_of(CNY, a_month("2017-04")) == PeriodGrounds()
        with store_of("another").begin() as tx:
            assert tx.period_runs.grounds() == {}
            assert tx.period_runs.grounds_of(CNY, a_month()) == PeriodGrounds(1, 0, LATER + HOUR)

    def test_points_that_moved_are_counted_by_the_runs_that_they_weigh_in(self, store_of: StoreOf) -> None:
        """Those that are valid before the end of the period, whenever that was posted."""
        end, then = a_month().end, LATER + HOUR

        def points(ref: str, posted_at: Instant, valid_at: Instant = end - TICK) -> Transfer:
            one = a_transfer(ref, debit=POINTS_ISSUED, credit=POINTS, valid_at=valid_at, posted_at=posted_at)
            return evolve(one, currency=POINT)

        back = evolve(points("back", then + HOUR), debit=POINTS, credit=POINTS_ISSUED)
        frozen = evolve(points("frozen", ALWAYS[1]), credit=FROZEN)
        money = evolve(points("money", ALWAYS[1]), currency=CNY)
        early, late = points("early", LATER, ALWAYS[0]), points("late", ALWAYS[1], end)
        with store_of("another").begin() as tx:
            run(tx).transfers.add([points("theirs", then + TICK)])
        with store_of("shop").begin() as tx:
            run(tx).period_runs.add(a_period_run(2, "2017-02"))
            assert tx.period_runs.grounds([1, 2]) == {}
            tx.transfers.add([money, frozen, early, late, points("one", then), back])
        with store_of("shop").begin() as tx:
            of_both = {1: PeriodGrounds(0, 3, then + HOUR), 2: PeriodGrounds(0, 4, ALWAYS[1])}
            assert tx.period_runs.grounds([1, 2]) == of_both
            assert tx.period_runs.grounds([2]) == {2: of_both[2]}
            assert tx.period_runs.grounds() == tx.period_runs.grounds([4, TOTAL]) == {}
            assert tx.period_runs.grounds_of(CNY, a_month()) == PeriodGrounds()
            assert tx.period_runs.grounds_of(CNY, a_month(), by_points=True) == of_both[1]
            for id, booked_at in (("before", then), ("after", then + 2 * HOUR)):
                sold = evolve(a_sale(id), paid_at=end - TICK)
                tx.sales.book([a_booking(sold, booked_at=booked_at)], [])
                newest = max(then + HOUR, booked_at)
                of_both[1] = PeriodGrounds(of_both[1].postings + 1, 3, newest)
                assert tx.period_runs.grounds([1, 2]) == of_both
                assert tx.period_runs.grounds_of(CNY, a_month(), by_points=True) == of_both[1]
                assert tx.period_runs.grounds([2])[1] == PeriodGrounds(of_both[1].postings, 0, booked_at)
        with store_of("another").begin() as tx:
            assert tx.period_runs.grounds([1]) == {1: PeriodGrounds(0, 1, then + TICK)}

    def test_facts_that_no_64_bits_hold_are_refused(self, store_of: StoreOf) -> None:
        """The largest that they hold is not."""
        with store_of("shop").begin() as tx:
            run(tx).period_runs.post(a_period_posting(1, 1))
            tx.period_runs.write([a_period_fact(amount_minor=TOTAL)])
            assert list(tx.period_runs.sums(1)) == [(ComponentId("ladder"), ANN, TOTAL)]
            tx.period_runs.write([a_period_fact(posting=1)])
        with pytest.raises(InputError, match="64 bits"), store_of("shop").begin() as tx:
            list(tx.period_runs.sums(1))

    def test_earnings_of_periods_are_kept_apart(self, store_of: StoreOf) -> None:
        """By payee and currency, by half-open windows; what gave apart from what took."""
        with store_of("shop").begin() as tx:
            run(tx).period_runs.post(a_period_posting(1, 1, posted_at=ALWAYS[1]))
            tx.period_runs.add(a_period_run(2, currency="JPY"))
            tx.period_runs.post(a_period_posting(2))
            tx.period_runs.write([a_period_fact(), a_period_fact(posting=1, amount_minor=-300)])
            tx.period_runs.write([a_period_fact(run=2, amount_minor=7), a_period_fact("ben", component="b")])
        with store_of("shop").begin() as tx:
            end, valid, posted = a_month().end, GroupBy.VALID, GroupBy.POSTED
            last, jpy = end - timedelta(microseconds=1), Currency("JPY")
            both = Earning(ANN, CNY, 1_000, -300, 0, 700)
            mine = [both, Earning(ANN, jpy, 7, 0, 0, 7)]
            all_of_them = [*mine, Earning(MemberId("ben"), CNY, 1_000, 0, 0, 1_000)]
            assert list(tx.period_runs.earned(last, end, valid)) == all_of_them
            assert list(tx.period_runs.earned(*ALWAYS, valid, ANN)) == mine
            assert list(tx.period_runs.earned(end, ALWAYS[1], valid)) == []
            assert list(tx.period_runs.earned(ALWAYS[0], last, valid)) == []
            by_then = ALWAYS[0], LATER + timedelta(microseconds=1)
            first = Earning(ANN, CNY, 1_000, 0, 0, 1_000)
            assert list(tx.period_runs.earned(*by_then, posted, ANN)) == [first, mine[1]]
            assert list(tx.period_runs.earned(ALWAYS[0], LATER, posted)) == []
            assert list(tx.period_runs.earned(*ALWAYS, posted, MemberId("nobody"))) == []

    def test_what_a_payee_earned_of_periods_is_told_fact_by_fact(self, store_of: StoreOf) -> None:
        """By run, component and posting, by half-open windows; nobody else's."""
        with store_of("another").begin() as tx:
            run(tx).period_runs.write([a_period_fact()])
        with store_of("shop").begin() as tx:
            run(tx).period_runs.post(a_period_posting(1, 1, posted_at=ALWAYS[1]))
            tx.period_runs.add(a_period_run(2, currency="JPY"))
            tx.period_runs.post(a_period_posting(2))
            tx.period_runs.write([a_period_fact(run=2, amount_minor=7), a_period_fact("ben")])
            tx.period_runs.write([a_period_fact(component="a"), a_period_fact(posting=1, amount_minor=-300)])
            tx.period_runs.write([a_period_fact()])
        with store_of("shop").begin() as tx:
            end, valid, posted = a_month().end, GroupBy.VALID, GroupBy.POSTED
            last, of, ladder = end - timedelta(microseconds=1), Cause("period/2017-01"), ComponentId("ladder")
            first = EarningPart(None, 0, of, ComponentId("a"), last, LATER, CNY, 1_000)
            second = evolve(first, component=ladder)
            back = evolve(second, posting=1, posted_at=ALWAYS[1], amount_minor=-300)
            yen = evolve(second, currency=Currency("JPY"), amount_minor=7)
            assert list(tx.period_runs.parts(last, end, valid, ANN)) == [first, second, back, yen]
            assert list(tx.period_runs.parts(end, ALWAYS[1], valid, ANN)) == []
            assert list(tx.period_runs.parts(ALWAYS[0], last, valid, ANN)) == []
            by_then = ALWAYS[0], LATER + timedelta(microseconds=1)
            assert list(tx.period_runs.parts(*by_then, posted, ANN)) == [first, second, yen]
            assert list(tx.period_runs.parts(ALWAYS[0], LATER, posted, ANN)) == []
            assert list(tx.period_runs.parts(*ALWAYS, valid, MemberId("nobody"))) == []

    @pytest.mark.parametrize("twice", [["ben", "ann"], ["ben", "ben"]])
    def test_a_second_fact_of_a_posting_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """And nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            run(tx).period_runs.write([a_period_fact()])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.period_runs.write([a_period_fact(each, amount_minor=7) for each in twice])
        with store.begin() as tx:
            assert facts_of(tx) == [a_period_fact()]

    def test_facts_are_read_in_pages(self, store_of: StoreOf) -> None:
        """A payee whose facts are on two pages is read whole."""
        members = [f"m{number:05}" for number in range(PAGES // 2)]
        facts = [a_period_fact(each, component=name) for each in members for name in ("a", "b", "c")]
        with store_of("shop").begin() as tx:
            run(tx).members.add([a_row(each) for each in members])
            tx.period_runs.write(facts)
        with store_of("shop").begin() as tx:
            assert facts_of(tx) == facts
            assert tx.period_runs.of(1, [MemberId(str(number)) for number in range(MANY)]).keys() <= {"1"}

    def test_runs_are_rolled_back(self, store_of: StoreOf) -> None:
        """With all that belongs to them."""
        store = store_of("shop")
        with store.begin() as tx:
            run(tx)
        with broken_off(store) as tx:
            tx.period_runs.add(a_period_run(2, "2017-02"))
            tx.period_runs.post(a_period_posting(2))
            tx.period_runs.write([a_period_fact(run=2), a_period_fact()])
        with store.begin() as tx:
            assert [each.number for each in tx.period_runs.all()] == [1]
            assert tx.period_runs.count() == 0
            tx.period_runs.add(a_period_run(2, "2017-02"))

    def test_periods_are_accrued_and_found_sound(self, store_of: StoreOf) -> None:
        """Two shops with equal ids, each with its own sales; a refund is posted by the next run."""
        mine, theirs = (Shop.open(store_of(each), MONTHLY, a_chain("ann", "ben", "cai")) for each in "ab")
        mine.do(engine.accrue, a_sale("order 1", buyer="cai", lines=[a_line(net_minor=10_000)]))
        first = mine.do(engine.accrue_period, "CNY", "2017-01")
        assert first.posting is not None
        assert mine.do(engine.accrue_period, "CNY", "2017-01").posting is None
        mine.do(engine.refund, a_refund("r1", sale="order 1", lines={"1": (0, 5_000)}))
        again = mine.do(engine.accrue_period, "CNY", "2017-01")
        assert again.posting is not None
        theirs.do(engine.accrue_period, "CNY", "2017-01")
        with mine.store.begin() as tx:
            sums = {(component, payee): amount for component, payee, amount in tx.period_runs.sums(1)}
            assert sums == {
                ("match", "ann"): 250 + 250,
                ("match", "ben"): 250,
                ("pool", "ann"): 17,
                ("pool", "ben"): 17,
                ("pool", "cai"): 16,
                ("teams", "ann"): 500,
                ("teams", "ben"): 500,
                ("teams", "cai"): 500,
            }
            assert tx.dues.volume(CNY) > 0
        with theirs.store.begin() as tx:
            assert tx.period_runs.count() == 0
        mine.assert_sound()
        theirs.assert_sound()

    def test_a_pool_is_split_by_points(self, store_of: StoreOf) -> None:
        """Held by the end of the period: of a gift, of decisions, and what a refund that is told of takes."""
        shop = Shop.open(store_of("shop"), BY_POINTS, a_chain("ann", "ben", "cai"))
        for number in (1, 2):
            shop.do(engine.accrue, a_sale(f"order {number}", lines=[a_line(net_minor=10_000)]))
        shop.do(engine.complete, engine.Completion(SaleId("order 1"), day(11)))
        given = [("ann", 100, day(30)), ("cai", -5, day(1)), ("cai", 9_000, a_month().end)]
        decisions = [
            an_adjustment(f"a{number}", payee, points, currency="POINT", valid_at=valid_at)
            for number, (payee, points, valid_at) in enumerate(given)
        ]
        shop.do(engine.adjust_all, decisions)
        sums = []
        for verb, args in (
            (engine.accrue_period, ("CNY", "2017-01")),
            (engine.release, ()),
            (engine.accrue_period, ("CNY", "2017-01")),
            (engine.refund, (a_refund("r1", lines={"1": (1, 5_000)}, refunded_at=day(20)),)),
            (engine.accrue_period, ("CNY", "2017-01")),
            (engine.cancel, (a_cancellation("order 1", day(21)),)),
            (engine.accrue_period, ("CNY", "2017-01")),
        ):
            shop.do(verb, *args)
            if verb is engine.accrue_period:
                with shop.store.begin() as tx:
                    sums.append({payee: amount for _, payee, amount in tx.period_runs.sums(1)})
        assert sums == [
            {"ann": 10_000},
            {"ann": 2_500, "ben": 7_500},
            {"ann": 1_875, "ben": 5_625},
            {"ann": 5_000},
        ]
        shop.assert_sound()


WELCOME = FirstOrder(ComponentId("welcome"), (Rule(RuleId("thanks"), FixedPerOrder(0)),), gift=Points(300))
BY_POINTS = evolve(
    a_plan(WELCOME), period_components=(Pool(ComponentId("pool"), Rate.parse("50%"), ByPoints()),)
)
"""A pool that is split by points, which the first order of a customer gives."""

MONTHLY = evolve(
    a_plan(),
    period_components=(
        Ladder(ComponentId("teams"), (Bracket(0, Rate.parse("10%")),), Volume.TEAM),
        Pool(ComponentId("pool"), Rate.parse("1%"), ByTier((TierWeight("", 1),))),
        Matching(ComponentId("match"), (ComponentId("levels"), ComponentId("teams")), (Rate.parse("50%"),)),
    ),
)
"""A ladder of teams, a pool, and what the next generation earned."""


class EarnedContract:
    """What facts of a period add up to."""

    def test_half_open_periods_currencies_and_plans_are_told_apart(self, store_of: StoreOf) -> None:
        """By exact ids of components and payees, in their order; any version of the plan counts."""
        start, end = a_month().start, a_month().end
        at = {"before": start - timedelta(microseconds=1), "first": start, "last": day(31), "end": end}
        bookings = [
            a_booking(evolve(a_sale(id), paid_at=paid_at), an_accrual(id, 7)) for id, paid_at in at.items()
        ]
        bookings += [
            a_booking(a_sale(f"order {n}"), an_accrual(id, 3), an_accrual(id, 2, component="b"))
            for n, id in enumerate(NASTY)
        ]
        newer, posting = a_booking(a_sale("newer"), an_accrual("first", 10))
        bookings += [(evolve(newer, plan_version=2), posting)]
        other, posting = a_booking(a_sale("other"), an_accrual("first", 100))
        bookings += [(evolve(other, plan=PlanId("other")), posting)]
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(a_sale("first"), an_accrual("first", 9))], [])
        with store_of("shop").begin() as tx:
            for plan in (a_plan(), a_plan(plan_version=2), a_plan(id="other")):
                tx.plans.add(plan, at=LATER)
            tx.sales.book(bookings, [])
        with store_of("shop").begin() as tx:
            levels = [("first", 17), ("last", 7), *((id, 3) for id in NASTY)]
            expected = [("levels", id, amount) for id, amount in levels] + [("b", id, 2) for id in NASTY]
            assert list(tx.sales.earned(PlanId("plan"), CNY, start, end)) == sorted(expected)
            assert list(tx.sales.earned(PlanId("plan"), Currency("JPY"), start, end)) == []
            assert list(tx.sales.earned(PlanId("none"), CNY, start, end)) == []
            assert list(tx.sales.earned(PlanId("plan"), CNY, end, start)) == []

    def test_corrections_count_whenever_they_were_posted(self, store_of: StoreOf) -> None:
        """What adds up to nothing is left out, and so is what was cancelled."""
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            sales = {id: a_sale(id) for id in ("a", "b", "c")}
            tx.sales.book([a_booking(each, an_accrual(id, 100)) for id, each in sales.items()], [])
            tx.sales.correct([a_correction(a_refund("r1", sale="a"), an_accrual("a", -60))])
            tx.sales.correct([a_correction(a_refund("r2", sale="b"), an_accrual("b", -100))])
            tx.sales.correct([a_correction(a_cancellation("c"), an_accrual("c", -100))])
        with store_of("shop").begin() as tx:
            found = list(tx.sales.earned(PlanId("plan"), CNY, a_month().start, a_month().end))
            assert found == [("levels", "a", 40)]

    def test_earnings_that_no_64_bits_hold_are_refused(self, store_of: StoreOf) -> None:
        """The largest that they hold is not."""
        start, end = a_month().start, a_month().end
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(a_sale("most"), an_accrual("ann", TOTAL))], [])
            assert list(tx.sales.earned(PlanId("plan"), CNY, start, end)) == [("levels", "ann", TOTAL)]
            tx.sales.book([a_booking(a_sale("more"), an_accrual("ann", 1))], [])
        with pytest.raises(InputError, match="64 bits"), store_of("shop").begin() as tx:
            list(tx.sales.earned(PlanId("plan"), CNY, start, end))
