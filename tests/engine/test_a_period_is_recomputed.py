"""What should have been posted of a period, less what was: nothing, a repair, or another version."""

from typing import Any

import pytest
from attrs import evolve
from tests.money import POLICY, a_shop, close, figures, holds, on, release, sell, stated

from distcore import engine
from distcore.commission import (
    Cap,
    EarnedBefore,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    Margin,
    OrderNumber,
    Plan,
    Repin,
    Upline,
    recomputed,
    recomputed_under,
)
from distcore.engine import NewPin, Recomputed
from distcore.kernel import (
    Actor,
    CapId,
    Currency,
    InputError,
    Instant,
    Period,
    PlanId,
    RefusedError,
    SaleId,
    limits,
)
from distcore.ledger import PAYABLE
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    PAID,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_plan,
    a_price,
    a_refund,
    a_sale,
    levels,
)

JANUARY = Period("2026-01", on("2026-01-01"), on("2026-02-01"))
MARCH = on("2026-03-05")
PLAN = a_plan(levels("10%"), freeze=PAID)
TWELVE = evolve(a_plan(levels("12%"), plan_version=2, freeze=PAID), valid_from=on("2026-01-01"))
LATE = NewPin(PlanId("plan"), 2, "the rate was entered late", "boss")


def recompute(shop: Shop, pin: NewPin | None = None, *, at: Instant = MARCH, **options: Any) -> Recomputed:
    found: Recomputed = shop.do(engine.recompute, "CNY", JANUARY, pin=pin, at=at, **options)
    return found


def sold(*, nets: tuple[int, ...] = (100_000,), units: int = 1) -> Shop:
    shop = a_shop(POLICY)
    for number, net in enumerate(nets, 1):
        lines = [a_line(net_minor=net, units=units)]
        sale = a_sale(f"order {number}", "ben", lines, paid_at=on("2026-01-05"))
        shop.do(engine.accrue, sale, at=sale.paid_at)
    return shop


def with_version(shop: Shop, plan: Plan = TWELVE) -> Shop:
    shop.do(engine.set_plan, plan, at=on("2026-02-10"))
    return shop


def codes(found: Recomputed) -> list[tuple[str, str]]:
    return [(each.item, each.refusal.code) for each in found.report.refused]


def test_by_what_was_frozen_there_is_nothing_to_add() -> None:
    shop = sold(nets=(100_000, 333))
    shop.do(engine.refund, a_refund("r1", lines={"1": (0, 7)}, refunded_at=on("2026-01-06")), at=MARCH)
    with_version(shop)
    before = shop.dump()

    found = recompute(shop)

    assert (found.sales, found.report.done, found.last) == (2, (), None)
    assert shop.dump() == before


def test_what_is_missing_is_posted_and_the_books_agree_again() -> None:
    """Somebody wrote a sale without its facts: it is what a check by hand would find."""
    shop = sold()
    without_facts = _without_facts(shop)
    with shop.store.begin() as tx:
        tx.sales.book([without_facts], [])

    found = recompute(shop, key="repair")

    (posting,) = found.report.done
    assert (posting.sale, posting.cause, posting.valid_at) == ("lost", "recompute/repair", on("2026-01-05"))
    assert [(fact.payee, fact.amount_minor) for fact in posting.accruals] == [("ann", 10_000)]
    assert shop.shares("lost") == shop.shares("order 1")
    assert recompute(shop).report.done == ()


def _without_facts(shop: Shop) -> tuple[Any, Any]:
    record = shop.record("order 1")
    sale = evolve(record.booking.sale, id=SaleId("lost"))
    first = record.postings[0]
    return evolve(record.booking, sale=sale), evolve(first, sale=sale.id, accruals=())


def test_a_rate_entered_late_is_paid_in_the_period_that_is_open() -> None:
    """Valid from the first period, 100 becomes 120: that one stays 100, the second shows 120 + 20."""
    shop = a_shop(POLICY)
    sell(shop, 100_000, on("2026-01-05"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    with_version(shop)
    sell(shop, 100_000, on("2026-02-11"), id="order 2")
    release(shop, on("2026-02-20"))

    found = recompute(shop, LATE, at=on("2026-02-21"))
    close(shop, "2026-02")

    assert [fact.amount_minor for fact in found.report.done[0].accruals] == [2_000]
    assert (figures(shop, 1), stated(shop, 1).line_count) == ((0, 10_000, 10_000, 0), 1)
    assert (figures(shop, 2), stated(shop, 2).line_count) == ((0, 14_000, 14_000, 0), 2)
    assert holds(shop, "ann")[PAYABLE] == 24_000
    shop.assert_sound()


def test_after_a_re_pin_everything_goes_by_the_new_version() -> None:
    shop = with_version(sold())
    recompute(shop, LATE, key="late")

    with shop.store.begin() as tx:
        found = engine.explain(tx, SaleId("order 1"))
    assert found.plan == TWELVE
    assert [recomputed(why) for why in found.explained.whys] == [12_000]
    assert found.record.repins == (
        Repin(1, PlanId("plan"), 2, "the rate was entered late", Actor("boss"), Actor("tester")),
    )
    shop.do(engine.refund, a_refund("r1", lines={"1": (0, 50_000)}, refunded_at=on("2026-03-01")), at=MARCH)
    shop.do(engine.correct_price, a_price("p1", {"1": 200_000}, corrected_at=on("2026-03-02")), at=MARCH)
    assert list(shop.shares("order 1").values()) == [18_000]
    shop.assert_sound()
    back = NewPin(PlanId("plan"), 1, "it was right before", "boss")
    recompute(shop, back)
    assert list(shop.shares("order 1").values()) == [15_000]
    assert shop.record("order 1").pin == (PLAN.id, 1)
    shop.do(engine.cancel, a_cancellation("order 1", on("2026-03-03")), at=MARCH)
    assert list(shop.shares("order 1").values()) == []
    shop.assert_sound()


def test_what_was_pinned_by_mistake_goes_back_to_what_it_was_granted() -> None:
    """Its headroom was granted when it was accrued, and nobody else was given it."""
    capped = evolve(PLAN, caps=(Cap(CapId("month"), 700),))
    shop = Shop.open(MemoryStore("shop"), capped, a_chain("ann", "ben"))
    shop.do(engine.accrue, a_sale("order 1", "ben", paid_at=on("2026-01-05")), at=MARCH)
    before = shop.shares("order 1")
    with_version(shop)
    recompute(shop, LATE)
    assert shop.shares("order 1") != before

    back = recompute(shop, evolve(LATE, plan_version=1, reason="that was wrong"))

    assert codes(back) == []
    assert shop.shares("order 1") == before
    shop.assert_sound()


def test_a_re_pin_that_changes_no_amount_is_written_down() -> None:
    shop = with_version(sold(), evolve(TWELVE, components=PLAN.components))

    found = recompute(shop, LATE, key="late")

    assert [posting.accruals for posting in found.report.done] == [()]
    assert shop.record("order 1").pin == (PLAN.id, 2)
    assert recompute(shop, LATE).report.done == (), "it is pinned to that version already"
    shop.assert_sound()


def test_the_freeze_stays_as_it_was() -> None:
    longer = evolve(TWELVE, freeze=evolve(PAID, days=90))
    shop = with_version(sold(), longer)
    recompute(shop, LATE, at=on("2026-02-11"))

    assert shop.record("order 1").due == on("2026-01-12")
    release(shop, on("2026-02-12"))
    assert shop.earned()["ann"].released_minor == 12_000
    shop.assert_sound()


def test_batch_by_batch_comes_to_the_same() -> None:
    nets = tuple(range(100, 1_000, 100))
    at_once, in_parts = with_version(sold(nets=nets)), with_version(sold(nets=nets))
    recompute(at_once, LATE, key="late")

    looked, after = [], SaleId("")
    while True:
        found = recompute(in_parts, LATE, key="late", after=after, sales_max=3)
        looked.append((found.sales, len(found.report.done)))
        if found.last is None:
            break
        after = found.last

    assert looked == [(3, 3), (3, 3), (3, 3), (0, 0)]
    assert in_parts.dump() == at_once.dump()


def test_under_its_key_a_sale_is_done_once() -> None:
    shop = with_version(sold(nets=(100, 200)))
    recompute(shop, LATE, key="late", sales_max=1)
    before = shop.dump()

    again = recompute(shop, LATE, key="late", sales_max=1)
    other = recompute(shop, evolve(LATE, reason="another"), key="late", sales_max=1)

    assert (again.report.done, again.report.repeated) == ((), 1)
    assert codes(other) == [("order 1", "key_reused")]
    assert shop.dump() == before
    rest = recompute(shop, LATE, key="late")
    assert ([each.sale for each in rest.report.done], rest.report.repeated) == (["order 2"], 1)


def test_sales_of_other_periods_currencies_and_of_later_are_left_alone() -> None:
    shop = a_shop(POLICY, currencies=("CNY", "JPY"))
    shop.do(engine.set_plan, evolve(PLAN, id=PlanId("yen"), currency=Currency("JPY")))
    sell(shop, 100, on("2026-01-05"))
    sell(shop, 100, on("2026-02-01"), id="order 2")
    sell(shop, 100, on("2026-01-20"), id="order 3")
    yen = evolve(shop.record("order 1").booking.sale, id=SaleId("order 4"), currency=Currency("JPY"))
    shop.do(engine.accrue, yen, at=yen.paid_at)
    with_version(shop)

    found = recompute(shop, LATE, at=on("2026-01-20"))

    assert [each.sale for each in found.report.done] == ["order 1", "order 3"]


def _with(**rule: Any) -> Upline:
    component = levels("12%")
    return evolve(component, rules=(evolve(component.rules[0], **rule),))


BY_COMPLETION = evolve(TWELVE, freeze=Freeze(7, FreezeFrom.COMPLETED))
WITH_A_CAP = evolve(TWELVE, caps=(Cap(CapId("month"), 1),))
OF_THE_MARGIN = evolve(TWELVE, components=(evolve(TWELVE.components[0], base=Margin()),))
OF_THE_FIRST = evolve(TWELVE, components=(_with(match=OrderNumber(1, 2)),))
OF_WHO_EARNED = evolve(TWELVE, components=(_with(match=EarnedBefore(1)),))
OF_THE_MOST = evolve(TWELVE, components=(_with(pays=FixedPerUnit(limits.AMOUNT_MINOR_MAX)),))


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (evolve(TWELVE, valid_from=on("2026-01-06")), "plan_not_valid"),
        (BY_COMPLETION, "freeze_differs"),
        (OF_THE_MARGIN, "base_unknown"),
        (OF_THE_FIRST, "past_unknown"),
        (OF_WHO_EARNED, "earned_unknown"),
        (WITH_A_CAP, "not_granted"),
        (OF_THE_MOST, "amount_too_large"),
    ],
)
def test_a_sale_that_a_version_does_not_fit_is_refused_and_the_others_go_on(plan: Plan, code: str) -> None:
    shop = with_version(sold(units=2), plan)
    before = shop.dump()

    assert codes(recompute(shop, LATE)) == [("order 1", code)]
    assert shop.dump() == before


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (evolve(LATE, plan_version=9), "plan_version_unknown"),
        (evolve(LATE, plan=PlanId("yen"), plan_version=1), "currency_differs"),
        (evolve(LATE, approver="tester"), "repin_not_approved"),
    ],
)
def test_a_re_pin_that_nobody_may_do_is_refused(pin: NewPin, code: str) -> None:
    shop = a_shop(POLICY, currencies=("CNY", "JPY"))
    shop.do(engine.set_plan, evolve(PLAN, id=PlanId("yen"), currency=Currency("JPY")))
    with_version(shop)
    assert shop.refused(engine.recompute, "CNY", JANUARY, pin=pin) == code
    assert shop.refused(engine.recompute, "USD", JANUARY) == "currency_not_of_shop"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"period": "2026-01"}, "period: not a Period"),
        ({"currency": "RMB"}, "currency: "),
        ({"pin": "plan 2"}, "pin: not a NewPin"),
        ({"pin": evolve(LATE, reason="")}, "pin.reason: is blank"),
        ({"pin": evolve(LATE, reason=" ")}, "pin.reason: is blank"),
        ({"pin": evolve(LATE, reason="\n")}, "pin.reason: has a character that is not allowed"),
        ({"pin": evolve(LATE, approver="")}, "pin.approver: "),
        ({"after": " "}, "after: "),
        ({"sales_max": 0}, "sales_max: out of range"),
        ({"key": "a/b"}, "key: has a slash"),
    ],
)
def test_what_is_malformed_is_named(given: dict[str, Any], problem: str) -> None:
    wanted: dict[str, Any] = {"currency": "CNY", "period": JANUARY, "key": "k", **given}
    shop = sold()
    with shop.store.begin() as tx, pytest.raises(InputError) as error:
        engine.recompute(tx, wanted.pop("currency"), wanted.pop("period"), at=MARCH, actor="tester", **wanted)
    assert str(error.value).startswith(problem)


def test_a_shop_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError, match="no_policy"), MemoryStore("nowhere").begin() as tx:
        engine.recompute(tx, "CNY", JANUARY, at=MARCH, actor="tester", key="k")  # type: ignore[arg-type]


# What verify says of re-pins that were made by hand


def pinned_by_hand(*repins: Repin) -> list[str]:
    shop = with_version(sold())
    posting = evolve(
        shop.record("order 1").postings[0], cause=recomputed_under("k"), posted_at=MARCH, accruals=()
    )
    with shop.store.begin() as tx:
        tx.sales.recompute([(posting, each) for each in repins])
        return [str(each) for each in engine.verify(tx).problems]


BY_HAND = Repin(1, PlanId("plan"), 1, "by hand", Actor("boss"), Actor("forger"))


def test_verify_names_what_is_wrong_with_a_re_pin() -> None:
    where = "sale order 1: "
    assert pinned_by_hand(BY_HAND) == []
    assert pinned_by_hand(evolve(BY_HAND, actor=Actor("boss"))) == [f"{where}boss approved the own re-pin"]
    assert f"{where}version 9 of plan plan is missing" in pinned_by_hand(evolve(BY_HAND, plan_version=9))
    assert f"{where}posting 7 pinned it to another plan, and is no recomputation" in pinned_by_hand(
        evolve(BY_HAND, posting=7)
    )
    assert pinned_by_hand(evolve(BY_HAND, plan_version=2)) == [
        (
            "sale order 1, recompute/k, line 1, levels, rule level 1, level 1: ann has 0.00 CNY posted, the "
            "plan gives 20.00"
        )
    ]


def test_verify_names_a_re_pin_to_another_currency() -> None:
    shop = sold()
    first = shop.record("order 1").postings[0]
    posting = evolve(first, cause=recomputed_under("k"), posted_at=MARCH, accruals=())
    with shop.store.begin() as tx:
        tx.plans.add(evolve(PLAN, id=PlanId("yen"), currency=Currency("JPY")), at=MARCH)
        tx.sales.recompute([(posting, evolve(BY_HAND, plan=PlanId("yen")))])
        assert "sale order 1: it was pinned to a plan in JPY" in [str(x) for x in engine.verify(tx).problems]
