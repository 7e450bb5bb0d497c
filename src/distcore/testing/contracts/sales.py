"""What commission must keep: plans, sales with their facts, releases, and sums that are exact."""

import pytest
from attrs import evolve

from distcore.commission import (
    CategoryIs,
    Earning,
    FirstLevel,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    GroupBy,
    PaidSale,
    Percent,
    Plan,
    Rule,
    Sale,
    SaleLine,
    SaleRecord,
    Scope,
    SkuIn,
    Timeline,
    Unqualified,
    Upline,
    totals_of,
)
from distcore.kernel import (
    ComponentId,
    Currency,
    LineId,
    MemberId,
    PlanId,
    PriceCorrectionId,
    Rate,
    RefundId,
    RetryableError,
    Rounding,
    RuleId,
    SaleId,
    Sku,
    limits,
)
from distcore.ports import Transaction
from distcore.testing.builders import (
    ALWAYS,
    LATER,
    StoreOf,
    a_booking,
    a_cancellation,
    a_correction,
    a_line,
    a_plan,
    a_policy,
    a_price,
    a_recomputation,
    a_refund,
    a_repin,
    a_sale,
    an_accrual,
    day,
)
from distcore.testing.contracts.kept import MANY, NASTY, ONE_BY_ONE, a_row

MOST = limits.AMOUNT_MINOR_MAX

IN_A = CategoryIs("a/b")

RICH = Plan(
    PlanId("rich"),
    limits.UNITS_MAX,
    Currency("JPY"),
    ALWAYS[0],
    Freeze(limits.FREEZE_DAYS_MAX, FreezeFrom.PAID),
    (
        Upline(
            ComponentId("first 安"),
            (
                Rule(
                    RuleId("1"), Percent(Rate(1)), (1, limits.LEVEL_MAX), ("gold", "Gold "), CategoryIs("a/b")
                ),
                Rule(RuleId("2"), FixedPerUnit(MOST), (2,), (), SkuIn(("x", "X", "x "))),
                Rule(RuleId("3"), FixedPerOrder(0), (2, 1)),
            ),
            Unqualified.ENDS_CHAIN,
            ("silver", "gold"),
            buyer_is_level_1=True,
            level_1=FirstLevel.PROMOTER,
        ),
        Upline(ComponentId("second"), (Rule(RuleId("1"), Percent(Rate(limits.RATE_PPM_MAX)), (1,)),)),
    ),
    ALWAYS[1],
    Rounding.HALF_EVEN,
    Scope.ORDER,
    Rate(limits.RATE_PPM_MAX),
)
"""A plan that uses everything there is."""

FULL = Sale(
    SaleId("full"),
    MemberId("a guest"),
    Currency("CNY"),
    day(10),
    (
        SaleLine(
            LineId("2"), Sku("安 "), limits.UNITS_MAX, 0, "food/fresh", 0, MOST, None, "Brand", ("b", "a")
        ),
        SaleLine(LineId("10"), Sku("x"), 0, MOST, "", None, 0, 7, "", ("é",)),
        SaleLine(LineId("1"), Sku("x "), 1, 1),
    ),
    MemberId("ann"),
    "安徽",
    "app",
    "vip ",
)
"""A sale in which nothing is left out."""


def prepared(tx: Transaction) -> Transaction:
    """Give a new shop what sales refer to: a policy, a plan and members."""
    tx.policies.set(a_policy(currencies=("CNY", "JPY")), at=LATER)
    tx.plans.add(a_plan(), at=LATER)
    tx.members.add([a_row("ann"), a_row("ben", "ann"), a_row("cai", "ben"), a_row("buyer", "cai")])
    return tx


def find(tx: Transaction, *sales: str) -> list[SaleRecord]:
    """Return the records of sales."""
    found = tx.sales.find([SaleId(sale) for sale in sales])
    return [found[SaleId(sale)] for sale in sales]


class PlansContract:
    """Published plans, as they were published."""

    def test_a_plan_is_returned_whole(self, store_of: StoreOf) -> None:
        """Every kind of rule and every choice, with nothing rounded and nothing reordered."""
        with store_of("shop").begin() as tx:
            tx.plans.add(RICH, at=LATER)
            tx.plans.add(a_plan(), at=LATER)
        with store_of("shop").begin() as tx:
            assert list(tx.plans.all()) == [a_plan(), RICH]

    def test_plans_come_by_id_and_version(self, store_of: StoreOf) -> None:
        """Ids by code point, versions as numbers."""
        keys = [*((id, 1) for id in NASTY), ("abc", 10), ("abc", 9), ("abc", 2)]
        with store_of("shop").begin() as tx:
            for id, plan_version in keys:
                tx.plans.add(a_plan(id=id, plan_version=plan_version), at=LATER)
        with store_of("shop").begin() as tx:
            assert [(plan.id, plan.plan_version) for plan in tx.plans.all()] == sorted(keys)

    def test_plans_are_known_since_they_were_written(self, store_of: StoreOf) -> None:
        """Whenever they are valid; the instant itself counts."""
        with store_of("shop").begin() as tx:
            tx.plans.add(a_plan(), at=day(5))
            tx.plans.add(a_plan(plan_version=2), at=day(9))
        with store_of("shop").begin() as tx:

            def known(number: int) -> list[int]:
                return [each.plan_version for each in tx.plans.all(known_at=day(number))]

            assert [known(number) for number in (4, 5, 8, 9)] == [[], [1], [1], [1, 2]]

    def test_a_version_that_is_taken_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
        for plan in (a_plan(), a_plan(budget="20%")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.plans.add(plan, at=LATER)
        with store.begin() as tx:
            assert list(tx.plans.all()) == [a_plan()]


class SalesContract:
    """Sales as they were booked, with all that was posted since."""

    def test_categories_are_those_of_what_was_sold(self, store_of: StoreOf) -> None:
        """Each once, byte by byte; no category is none of them, and another shop has its own."""
        names = [*NASTY, "food/fresh", "food"]
        with store_of("another").begin() as tx:
            tx.plans.add(a_plan(), at=LATER)
            tx.sales.book([a_booking(a_sale("o1", lines=[a_line(category="elsewhere")]))], [])
        with store_of("shop").begin() as tx:
            assert tx.sales.categories() == frozenset()
            tx.plans.add(a_plan(), at=LATER)
            lines = [a_line(str(n), category=name) for n, name in enumerate(["", *names])]
            tx.sales.book([a_booking(a_sale(id, lines=lines)) for id in ("o1", "o2")], [])
        with store_of("shop").begin() as tx:
            assert tx.sales.categories() == set(names)

    def test_a_sale_is_found_as_it_was_booked(self, store_of: StoreOf) -> None:
        """With its facts in their order, its due or none, and nothing more."""
        facts = [
            an_accrual("ben", 5, line="2", level=2),
            an_accrual("ann", MOST, line="10"),
            an_accrual("ann", 1),
        ]
        full, posting = a_booking(FULL, *facts, booked_at=LATER)
        full = evolve(full, buyer_is_member=False, tree_revision=17)
        plain = a_booking(a_sale("plain"))
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([(full, posting), plain], [(SaleId("plain"), day(20))])
            within = find(tx, "full", "plain")
        with store_of("shop").begin() as tx:
            after = find(tx, "full", "plain")
        assert (
            within == after == [SaleRecord(full, (posting,)), SaleRecord(plain[0], (plain[1],), due=day(20))]
        )

    def test_sales_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of sales, lines, goods, payees and refunds alike."""
        lines = [a_line(id, sku=id) for id in NASTY]
        with store_of("shop").begin() as tx:
            prepared(tx).members.add([a_row(id) for id in NASTY])
            tx.sales.book([a_booking(a_sale(id), an_accrual(id, 7)) for id in NASTY], [])
            tx.sales.book(
                [a_booking(a_sale("wide", lines=lines), *(an_accrual(id, 1, line=id) for id in NASTY))], []
            )
            tx.sales.correct([a_correction(a_refund(id, id), an_accrual(id, -1)) for id in NASTY])
        with store_of("shop").begin() as tx:
            records = {record.booking.sale.id: record for record in tx.sales.all()}
            assert list(records) == sorted([*NASTY, "wide"])
            assert [line.id for line in records[SaleId("wide")].booking.sale.lines] == sorted(NASTY)
            assert [fact.payee for fact in records[SaleId("wide")].postings[0].accruals] == list(NASTY)
            for id in NASTY:
                assert [each.cause for each in records[SaleId(id)].postings] == ["sale", f"refund/{id}"]
            asked = [SaleId("abC"), *map(SaleId, NASTY)]
            assert tx.sales.known(asked) == tx.sales.timelines(asked).keys() == set(NASTY)
            assert tx.sales.find(asked) == {id: records[id] for id in asked[1:]}
            assert tx.sales.refunded([RefundId("abC"), *map(RefundId, NASTY)]) == set(NASTY)
            earned = {each.payee: each.accrued_minor for each in tx.earnings.of(*ALWAYS, GroupBy.VALID)}
            assert earned == dict.fromkeys(NASTY, 8)

    def test_an_unknown_sale_is_not_there(self, store_of: StoreOf) -> None:
        """No error, and no empty record."""
        with store_of("shop").begin() as tx:
            assert tx.sales.find([SaleId("nobody")]) == tx.sales.find([]) == {}
            assert tx.sales.known([SaleId("nobody")]) == frozenset()
            assert tx.sales.refunded([RefundId("r")]) == frozenset()
            assert list(tx.sales.all()) == []
            assert tx.sales.timelines([SaleId("nobody")]) == tx.sales.timelines([]) == {}
            assert tx.sales.count() == 0

    def test_sales_are_counted(self, store_of: StoreOf) -> None:
        """Those of this shop, once each, whatever was posted since."""
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale("a")), a_booking(a_sale("b"))], [])
            tx.sales.correct([a_correction(a_refund("r1", "a"))])
            within = tx.sales.count()
        with store_of("another").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale("a"))], [])
        with store_of("shop").begin() as tx:
            assert within == tx.sales.count() == 2

    def test_a_timeline_is_what_the_record_says(self, store_of: StoreOf) -> None:
        """Of a sale that waits, of one whose freeze has begun, and of one that is completed and released."""
        with store_of("shop").begin() as tx:
            prepared(tx).plans.add(a_plan(plan_version=7), at=LATER)
            sales = [a_sale(id, paid_at=day(at)) for id, at in (("a", 9), ("b", 10), ("B", 11))]
            (first, posting), *others = [a_booking(sale) for sale in sales]
            tx.sales.book([(evolve(first, plan_version=7), posting), *others], [(SaleId("b"), day(20))])
            tx.sales.complete([(SaleId("B"), day(12))], [(SaleId("B"), day(13))], at=LATER)
            tx.releases.add([SaleId("B")], at=LATER)
            within = tx.sales.timelines([SaleId(id) for id in "aBb"])
        with store_of("shop").begin() as tx:
            after = tx.sales.timelines([SaleId(id) for id in ("b", "unknown", "a", "B")])
        plan = a_plan().id
        assert within == after
        assert after == {
            "a": Timeline(day(9), plan, 7, None, None),
            "b": Timeline(day(10), plan, 1, None, day(20)),
            "B": Timeline(day(11), plan, 1, day(12), day(13)),
        }

    def test_paid_sales_are_read_with_what_they_add_up_to(self, store_of: StoreOf) -> None:
        """Those of a span by id, with what went back; facts only if asked for, and none that come to zero."""
        lines = [a_line(net_minor=MOST), a_line("2", sku="ink")]
        facts = [an_accrual("ann", MOST), an_accrual("ben", 5, level=2), an_accrual("ann", 7, component="b")]
        more = [an_accrual("ann", 1, line="2"), an_accrual("cai", 3)]
        bookings = [
            a_booking(a_sale("b", lines=lines, paid_at=day(10)), *facts, *more),
            a_booking(a_sale("B", paid_at=day(12)), an_accrual("ben", 4)),
            a_booking(a_sale("before", paid_at=day(9))),
            a_booking(a_sale("after", paid_at=day(13))),
        ]
        back = [
            a_correction(a_refund("z", "b"), an_accrual("cai", -1)),
            a_correction(a_refund("a", "b", {"2": (1, 0), "1": (0, 9)}), an_accrual("cai", -2)),
            a_correction(a_cancellation("B"), an_accrual("ben", -4)),
        ]
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book(bookings, [])
            tx.sales.correct(back)
            tx.sales.recompute([a_recomputation(bookings[1][0].sale, repin=a_repin(2))])
            within = list(tx.sales.paid(day(10), day(13), with_posted=True))
        with store_of("another").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale("c", paid_at=day(10)), an_accrual("ann", 1))], [])
        with store_of("shop").begin() as tx:
            after = list(tx.sales.paid(day(10), day(13), with_posted=True))
            plainly = list(tx.sales.paid(day(10), day(13)))
        posted = totals_of([*facts, more[0]])
        expected = [
            PaidSale(bookings[1][0], (back[2][0],), {}, (a_repin(2),)),
            PaidSale(bookings[0][0], (back[0][0], back[1][0]), posted),
        ]
        assert within == after == expected
        assert plainly == [evolve(each, posted={}) for each in expected]
        with store_of("shop").begin() as tx:
            assert list(tx.sales.paid(day(10), day(13), after="B")) == plainly[1:]
            assert list(tx.sales.paid(day(10), day(13), after="b")) == []

    def test_paid_sales_are_read_in_the_order_of_payment(self, store_of: StoreOf) -> None:
        """Those of a span, with what went back, as by id; of those that are paid at once the ids decide."""
        paid = {"a": 12, "B": 10, "b": 10, "c": 11, "before": 9, "after": 13}
        with store_of("shop").begin() as tx:
            bookings = [
                a_booking(a_sale(id, paid_at=day(at)), an_accrual("ann", 1)) for id, at in paid.items()
            ]
            prepared(tx).sales.book(bookings, [])
            tx.sales.correct([a_correction(a_refund("r", "c"), an_accrual("ann", -1))])
            tx.sales.recompute([a_recomputation(a_sale("a"), repin=a_repin(1))])
        with store_of("another").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale("d", paid_at=day(10)))], [])
        with store_of("shop").begin() as tx:
            for asked in (True, False):
                found = list(tx.sales.by_payment(day(10), day(13), with_posted=asked))
                by_id = list(tx.sales.paid(day(10), day(13), with_posted=asked))
                assert [each.booking.sale.id for each in found] == ["B", "b", "c", "a"]
                assert sorted(found, key=lambda each: each.booking.sale.id) == by_id
            assert list(tx.sales.by_payment(day(9), day(9))) == []

    def test_any_number_of_paid_sales_is_read(self, store_of: StoreOf) -> None:
        """Page after page, in order of id."""
        ids = [f"o{number}" for number in range(2_500)]
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale(id), an_accrual("ann", 1)) for id in ids], [])
            found = list(tx.sales.paid(*ALWAYS, with_posted=True))
            assert [each.booking.sale.id for each in found] == sorted(ids)
            assert all(each.posted == {("levels", 1, "ann"): 1} for each in found)
            assert list(tx.sales.paid(day(11), ALWAYS[1])) == []
            assert list(tx.sales.by_payment(*ALWAYS, with_posted=True)) == found
            assert [each.booking.sale.id for each in tx.sales.all()] == sorted(ids)

    def test_any_number_of_sales_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A batch may be larger than a statement; the first of it is found, and the last."""
        many = [SaleId(f"o{number}") for number in range(MANY)]
        ends: set[str] = {many[0], many[-1]}
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale(id)) for id in ends], [])
            tx.sales.correct([a_correction(a_refund(id, id)) for id in ends])
            assert tx.sales.find(many).keys() == tx.sales.known(many) == ends
            assert tx.sales.timelines(many).keys() == ends
            tx.sales.correct([a_correction(a_price(id, sale=id)) for id in ends])
            assert tx.sales.refunded([RefundId(id) for id in many]) == ends
            assert tx.sales.repriced([PriceCorrectionId(id) for id in many]) == ends

    @pytest.mark.parametrize("twice", [["new", "order 1"], ["new", "new"]])
    def test_a_sale_that_is_booked_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """And nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale())], [])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.sales.book([a_booking(a_sale(id)) for id in twice], [])
        with store.begin() as tx:
            assert [record.booking.sale.id for record in tx.sales.all()] == ["order 1"]

    @pytest.mark.parametrize("sale", ["order 1", "order 2"])
    def test_a_refund_id_is_used_once_in_a_shop(self, store_of: StoreOf, sale: str) -> None:
        """Whatever the sale."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale()), a_booking(a_sale("order 2"))], [])
            tx.sales.correct([a_correction(a_refund("r1"))])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.sales.correct([a_correction(a_refund("r1", sale, {"1": (0, 3)}))])

    @pytest.mark.parametrize("sale", ["order 1", "order 2"])
    def test_an_id_of_a_price_correction_is_used_once_in_a_shop(self, store_of: StoreOf, sale: str) -> None:
        """Whatever the sale; a refund may have the same id."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale()), a_booking(a_sale("order 2"))], [])
            tx.sales.correct([a_correction(a_price("p1")), a_correction(a_refund("p1"))])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.sales.correct([a_correction(a_price("p1", {"1": 3}, sale))])

    def test_recomputations_stand_between_corrections(self, store_of: StoreOf) -> None:
        """Each with what it posted, and with the re-pin that it came with, if any."""
        booking, first = a_booking(a_sale(), an_accrual("ann", 9))
        correction, second = a_correction(a_refund("r1"), an_accrual("ann", -1))
        more = [
            a_recomputation(booking.sale, an_accrual("ann", 3), repin=a_repin(2, 7, reason="é")),
            a_recomputation(booking.sale, an_accrual("ben", -2), key="again", posted_at=day(99)),
            a_recomputation(booking.sale, repin=a_repin(4), key="back"),
        ]
        with store_of("shop").begin() as tx:
            prepared(tx).plans.add(a_plan(plan_version=7), at=LATER)
            tx.sales.book([(booking, first), a_booking(a_sale("order 2"))], [])
            tx.sales.correct([(correction, second)])
            for each in more:
                tx.sales.recompute([each])
        with store_of("shop").begin() as tx:
            (found,) = find(tx, "order 1")
            assert find(tx, "order 2")[0].repins == ()
        repins = (a_repin(2, 7, reason="é"), a_repin(4))
        postings = (first, second, *(posting for posting, _ in more))
        assert found == SaleRecord(booking, postings, (correction,), repins=repins)
        assert found.pin == ("plan", 1)
        assert [found.upto(number) for number in (1, 3)] == [
            ((correction,), ("plan", 1)),
            ((correction,), ("plan", 7)),
        ]

    def test_corrections_stand_in_the_order_in_which_they_were_posted(self, store_of: StoreOf) -> None:
        """Not in that of their ids or instants; each with its lines and with what it posted, if anything."""
        posted = [
            a_correction(a_refund("z", refunded_at=day(14)), an_accrual("ann", -MOST), an_accrual("ben", 3)),
            a_correction(
                a_refund("a", lines={"2": (1, 0), "1": (0, 9)}, refunded_at=day(11)), posted_at=day(99)
            ),
            a_correction(a_refund("c", lines={"1": (2, MOST)}, repeats="z"), an_accrual("ben", -3)),
            a_correction(
                a_price("b", {"2": MOST, "1": 0}, corrected_at=day(13)), an_accrual("cai", 1, line="2")
            ),
            a_correction(a_cancellation(), an_accrual("cai", -1, line="2")),
        ]
        lines = [a_line(net_minor=MOST), a_line("2")]
        booking, first = a_booking(
            a_sale(lines=lines), an_accrual("ann", MOST), an_accrual("cai", 1, line="2")
        )
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([(booking, first)], [])
            tx.sales.correct(posted[:1])
        with store_of("shop").begin() as tx:
            tx.sales.correct(posted[1:])
            within = find(tx, "order 1")
        with store_of("shop").begin() as tx:
            after = [*find(tx, "order 1"), *tx.sales.all()]
            assert tx.sales.find([SaleId("order 1")], for_change=True)[SaleId("order 1")] == after[0]
        corrections, postings = zip(*posted, strict=True)
        assert [*within, *after] == [SaleRecord(booking, (first, *postings), corrections)] * 3

    def test_a_completion_begins_a_freeze_or_does_not(self, store_of: StoreOf) -> None:
        """A due that there is already stays."""
        with store_of("shop").begin() as tx:
            sales = [a_sale("a"), a_sale("b"), a_sale("c")]
            prepared(tx).sales.book([a_booking(sale) for sale in sales], [(SaleId("c"), day(30))])
            done = [(SaleId(id), day(12)) for id in ("a", "b", "c")]
            tx.sales.complete(done, [(SaleId("b"), day(20))], at=LATER)
        with store_of("shop").begin() as tx:
            records = find(tx, "a", "b", "c")
            assert [record.completed_at for record in records] == [day(12)] * 3
            assert [record.due for record in records] == [None, day(20), day(30)]
            assert list(tx.releases.due(ALWAYS[1], 9)) == ["b", "c"]


class ReleasesContract:
    """Which orders are out of their freeze."""

    def test_what_is_due_comes_by_id_up_to_a_limit(self, store_of: StoreOf) -> None:
        """No later than the instant, and never again once released."""
        dues = {"b": day(20), "a": day(21), "c": day(19), "d": day(22), "B": day(20)}
        with store_of("shop").begin() as tx:
            bookings = [a_booking(a_sale(id)) for id in (*dues, "none")]
            prepared(tx).sales.book(bookings, [(SaleId(id), due) for id, due in dues.items()])
        with store_of("shop").begin() as tx:
            assert [list(tx.releases.due(day(at), 9)) for at in (18, 19)] == [[], ["c"]]
            assert list(tx.releases.due(day(21), 9)) == ["B", "a", "b", "c"]
            assert list(tx.releases.due(day(21), 2)) == ["B", "a"]
            tx.releases.add([SaleId("B"), SaleId("a")], at=LATER)
            assert list(tx.releases.due(day(21), 2)) == ["b", "c"]
        with store_of("shop").begin() as tx:
            assert list(tx.releases.due(day(22), 9)) == ["b", "c", "d"]
            assert [record.released for record in find(tx, *"Babc")] == [True, True, False, False]
            assert [record.due for record in find(tx, *"Ba")] == [day(20), day(21)]

    def test_any_number_of_sales_goes_on_at_once(self, store_of: StoreOf) -> None:
        """Completed, corrected and released, down to the last of them."""
        ids = [SaleId(f"o{number}") for number in range(ONE_BY_ONE)]
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale(id)) for id in ids], [])
            tx.sales.complete([(id, day(12)) for id in ids], [(id, day(20)) for id in ids], at=LATER)
            tx.sales.correct([a_correction(a_refund(id, id)) for id in ids])
            tx.sales.recompute([a_recomputation(a_sale(id), an_accrual("ann", 1)) for id in ids])
            assert tx.releases.due(day(20), MANY) == sorted(ids)
            assert tx.releases.due(day(20), 2, after=sorted(ids)[3]) == sorted(ids)[4:6]
            tx.releases.add(ids, at=LATER)
        with store_of("shop").begin() as tx:
            found = tx.sales.find(ids)
            assert found.keys() == set(ids)
            assert {(each.completed_at, each.due, each.released) for each in found.values()} == {
                (day(12), day(20), True)
            }
            assert {(len(each.corrections), len(each.postings)) for each in found.values()} == {(1, 3)}
            assert not tx.releases.due(day(20), MANY)

    def test_a_second_release_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also next to one that is new."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).sales.book(
                [a_booking(a_sale("a")), a_booking(a_sale("b"))],
                [(SaleId("a"), day(9)), (SaleId("b"), day(9))],
            )
            tx.releases.add([SaleId("b")], at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.releases.add([SaleId("a"), SaleId("b")], at=LATER)
        with store.begin() as tx:
            assert list(tx.releases.due(day(9), 9)) == ["a"]


class EarningsContract:
    """Sums over facts, exact to the last minor unit."""

    def test_a_window_is_half_open(self, store_of: StoreOf) -> None:
        """By when a fact was valid, or by when it was posted."""
        with store_of("shop").begin() as tx:
            sale = a_sale(paid_at=day(10))
            prepared(tx).sales.book([a_booking(sale, an_accrual("ann", 100), booked_at=day(20))], [])
            tx.sales.correct([a_correction(a_refund("r1"), an_accrual("ann", -30), posted_at=day(40))])
        with store_of("shop").begin() as tx:

            def earned(first: int, last: int, by: GroupBy) -> list[int]:
                found = tx.earnings.of(day(first), day(last), by)
                return [each.accrued_minor + each.clawed_back_minor for each in found]

            assert earned(10, 12, GroupBy.VALID) == [100]
            assert earned(10, 13, GroupBy.VALID) == [70]
            assert earned(11, 13, GroupBy.VALID) == [-30]
            assert earned(13, 99, GroupBy.VALID) == earned(1, 10, GroupBy.VALID) == []
            assert earned(20, 40, GroupBy.POSTED) == [100]
            assert earned(21, 41, GroupBy.POSTED) == [-30]
            assert tx.earnings.span() == (day(10), day(12))

    def test_sums_are_kept_apart(self, store_of: StoreOf) -> None:
        """By payee and currency; facts that gave from facts that took; frozen from released.

        A correction may give somebody more, which is earned and not taken back.  Whoever has no facts is
        left out, and whoever comes to nothing in all is not.
        """
        with store_of("shop").begin() as tx:
            first = a_booking(a_sale("a"), an_accrual("ann", 100), an_accrual("ben", 9), an_accrual("cai", 4))
            second = a_booking(a_sale("b"), an_accrual("ann", 50), an_accrual("cai", 4))
            third = a_booking(a_sale("c", currency="JPY"), an_accrual("ann", 7))
            gone = a_booking(a_sale("d"), an_accrual("buyer", 3), an_accrual("buyer", -3, level=2))
            prepared(tx).sales.book([first, second, third, gone], [(SaleId("b"), day(20))])
            back = a_correction(a_refund("r1", "a"), an_accrual("ann", -40), an_accrual("ben", 2))
            void = a_correction(a_refund("r2", "b"), an_accrual("cai", -8))
            tx.sales.correct([back, void])
            tx.releases.add([SaleId("b")], at=LATER)
        with store_of("shop").begin() as tx:
            found = sorted(
                tx.earnings.of(*ALWAYS, GroupBy.VALID), key=lambda each: (each.payee, each.currency)
            )
            assert found == [
                Earning(MemberId("ann"), Currency("CNY"), 150, -40, 60, 50),
                Earning(MemberId("ann"), Currency("JPY"), 7, 0, 7, 0),
                Earning(MemberId("ben"), Currency("CNY"), 11, 0, 11, 0),
                Earning(MemberId("buyer"), Currency("CNY"), 3, -3, 0, 0),
                Earning(MemberId("cai"), Currency("CNY"), 8, -8, 4, -4),
            ]
            of_ann = tx.earnings.of(*ALWAYS, GroupBy.VALID, MemberId("ann"))
            assert sorted(of_ann, key=lambda each: each.currency) == found[:2]
            assert list(tx.earnings.of(*ALWAYS, GroupBy.VALID, MemberId("Ann"))) == []

    def test_parts_add_up_to_the_sums(self, store_of: StoreOf) -> None:
        """By sale, posting and component, of one payee; also what comes to nothing."""
        sales = {id: a_sale(id, paid_at=day(10)) for id in ("a", "b")}
        facts = [an_accrual("ann", 5), an_accrual("ann", 7, level=2), an_accrual("ann", 1, component="b")]
        more = [an_accrual("ben", 9), an_accrual("ann", 2), an_accrual("ann", -2, level=2)]
        with store_of("another").begin() as tx:
            prepared(tx).sales.book([a_booking(sales["a"], an_accrual("ann", 99))], [])
        with store_of("shop").begin() as tx:
            bookings = [a_booking(sales["b"], *more, booked_at=day(20)), a_booking(sales["a"], *facts)]
            prepared(tx).sales.book(bookings, [])
            tx.sales.correct([a_correction(a_refund("r1", "a"), an_accrual("ann", -3), posted_at=day(40))])
        with store_of("shop").begin() as tx:

            def parts(first: int, last: int, by: GroupBy = GroupBy.VALID) -> list[tuple[object, ...]]:
                found = tx.earnings.parts(day(first), day(last), by, MemberId("ann"))
                return [(x.sale, x.posting, x.cause, x.component, x.amount_minor) for x in found]

            assert parts(10, 13) == [
                ("a", 0, "sale", "b", 1),
                ("a", 0, "sale", "levels", 12),
                ("a", 1, "refund/r1", "levels", -3),
                ("b", 0, "sale", "levels", 0),
            ]
            assert parts(10, 12) == [*parts(10, 13)[:2], parts(10, 13)[3]]
            assert parts(40, 41, GroupBy.POSTED) == parts(10, 13)[2:3]
            (whole,) = tx.earnings.parts(day(40), day(41), GroupBy.POSTED, MemberId("ann"))
            assert (whole.valid_at, whole.posted_at, whole.currency) == (day(12), day(40), "CNY")
            assert list(tx.earnings.parts(*ALWAYS, GroupBy.VALID, MemberId("Ann"))) == []

    def test_sums_are_exact_beyond_what_a_float_holds(self, store_of: StoreOf) -> None:
        """Ninety times the largest amount, and one."""
        with store_of("shop").begin() as tx:
            many = [
                a_booking(a_sale(f"{n}"), an_accrual("ann", MOST), an_accrual("ben", -MOST))
                for n in range(90)
            ]
            prepared(tx).sales.book([*many, a_booking(a_sale("last"), an_accrual("ann", 1))], [])
        with store_of("shop").begin() as tx:
            found = {
                each.payee: (each.accrued_minor, each.clawed_back_minor)
                for each in tx.earnings.of(*ALWAYS, GroupBy.VALID)
            }
            assert found == {"ann": (90 * MOST + 1, 0), "ben": (0, -90 * MOST)}

    def test_a_shop_without_facts_has_no_span(self, store_of: StoreOf) -> None:
        """A sale that posted nothing is none."""
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale())], [])
            assert tx.earnings.span() is None
            assert list(tx.earnings.of(*ALWAYS, GroupBy.POSTED)) == []
