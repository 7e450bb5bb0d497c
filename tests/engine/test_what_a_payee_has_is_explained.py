"""One accrual, a statement and a member: what is explained adds up, and whoever has nothing is told why."""

from typing import Any

import pytest
from attrs import evolve
from tests.money import CNY, POLICY, a_shop, an_opening, close, give, on, release

from distcore import engine
from distcore.commission import (
    Component,
    FirstOrder,
    FixedPerOrder,
    Given,
    Language,
    Percent,
    Points,
    PromoterShare,
    Reason,
    Rule,
    recomputed,
)
from distcore.engine import ExplainedLine, Gave
from distcore.kernel import (
    ComponentId,
    InputError,
    MemberId,
    Origin,
    OriginKind,
    Period,
    Rate,
    RefusedError,
    RuleId,
    SaleId,
)
from distcore.referral import State
from distcore.settlement import Due
from distcore.testing.builders import (
    PAID,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_plan,
    a_refund,
    a_sale,
    levels,
)
from distcore_cli.explaining_payee import _origins, line_sentence

JANUARY = Period("2026-01", on("2026-01-01"), on("2026-02-01"))
ANN = MemberId("ann")
OF_ANN = ("1", "levels", "level 2", "ann", 2)


def sold(*sales: str, buyer: str = "cai") -> Shop:
    """Return a shop in which dan, below cai, ben and ann, has bought for 100.00 each; two levels are paid."""
    shop = a_shop(POLICY)
    plan = a_plan(levels("10%", "5%"), plan_version=2, freeze=PAID)
    shop.do(engine.set_plan, evolve(plan, valid_from=on("2026-01-01")), at=on("2026-01-01"))
    shop.do(engine.join_all, a_chain("ann", "ben", "cai", "dan")[3:], at=on("2026-01-01"))
    for id in sales:
        shop.do(engine.accrue, a_sale(id, buyer, [a_line()], paid_at=on("2026-01-05")), at=on("2026-01-05"))
    return shop


def explained(shop: Shop, payee: str = "ann", period: Period = JANUARY) -> engine.ExplainedMember:
    with shop.store.begin() as tx:
        return engine.explain_member(tx, MemberId(payee), period)


def missed(shop: Shop, payee: str = "ann") -> list[tuple[Any, ...]]:
    return [
        (each.component, each.reason, each.sales, each.forgone_minor)
        for each in explained(shop, payee).missed
    ]


def test_an_accrual_has_all_its_facts_and_is_made_again() -> None:
    shop = sold("o1")
    shop.do(engine.refund, a_refund("r1", "o1", refunded_at=on("2026-01-06")), at=on("2026-01-07"))
    with shop.store.begin() as tx:
        found = engine.explain_accrual(tx, SaleId("o1"), OF_ANN)  # type: ignore[arg-type]

    assert [fact.amount_minor for _, fact in found.facts] == [500, -50]
    assert found.why is not None
    assert recomputed(found.why) == found.amount_minor == 450
    assert found.why_nots == ()


def test_an_accrual_of_nothing_says_why() -> None:
    shop = sold("o1")
    shop.do(engine.cancel, a_cancellation("o1", on("2026-01-06")), at=on("2026-01-07"))
    with shop.store.begin() as tx:
        found = engine.explain_accrual(tx, SaleId("o1"), OF_ANN)  # type: ignore[arg-type]

    assert (found.amount_minor, found.why) == (0, None)
    assert [each.reason for each in found.why_nots] == [Reason.NOTHING_LEFT]


def by_another_version(*components: Component) -> engine.ExplainedAccrual:
    """Return what ann has of an order that goes by other components since."""
    shop = sold("o1")
    with shop.store.begin() as tx:
        plan = next(iter(tx.plans.all()))
    shop.do(engine.set_plan, evolve(plan, plan_version=9, components=components), at=on("2026-01-06"))
    pin = engine.NewPin(plan.id, 9, "it was entered late", "boss")
    day = Period("2026-01", on("2026-01-01"), on("2026-02-01"))
    shop.do(engine.recompute, plan.currency, day, at=on("2026-01-07"), pin=pin)
    with shop.store.begin() as tx:
        return engine.explain_accrual(tx, SaleId("o1"), OF_ANN)  # type: ignore[arg-type]


def test_what_another_version_does_not_pay_says_so() -> None:
    found = by_another_version(evolve(levels("10%", "5%"), id=ComponentId("other")))

    assert (found.amount_minor, found.why) == (0, None)
    assert [each.reason for each in found.why_nots] == [Reason.NOT_IN_PLAN]


def test_what_another_version_pays_by_another_rule_says_so() -> None:
    """The rule is there still; one that stands before it wins."""
    before = levels("10%", "5%")
    first = evolve(before.rules[1], id=RuleId("in front"))
    found = by_another_version(evolve(before, rules=(first, *before.rules)))

    assert (found.amount_minor, found.why) == (0, None)
    assert [each.reason for each in found.why_nots] == [Reason.OTHER_RULE]


def test_what_nobody_ever_had_is_refused() -> None:
    with sold("o1").store.begin() as tx, pytest.raises(RefusedError, match="accrual_unknown"):
        engine.explain_accrual(tx, SaleId("o1"), ("1", "levels", "level 2", "ben", 2))  # type: ignore[arg-type]


def test_every_line_of_a_statement_stems_from_something() -> None:
    shop = sold("o1", "o2")
    shop.do(engine.open_balances, [an_opening("ann", 7, on("2026-01-02"))], at=on("2026-01-03"))
    give(shop, "ann", 30, on("2026-01-08"))
    shop.do(engine.refund, a_refund("r1", "o1", refunded_at=on("2026-01-06")), at=on("2026-01-07"))
    release(shop, on("2026-01-20"))
    close(shop, "2026-01")
    with shop.store.begin() as tx:
        found = engine.explain_statement(tx, 1, ANN)
        lines = list(engine.explained_lines(tx, 1, ANN))

    def named(each: ExplainedLine) -> str:
        if each.posting is not None:
            return each.posting.cause
        return each.adjustment.reason if each.adjustment else each.opening.provenance if each.opening else ""

    assert found.statement.lines_minor == sum(each.line.due.amount_minor for each in lines) == 987
    assert sorted(map(named, lines)) == ["a prize", "old mall, row 7", "refund/r1", "sale", "sale"]
    for each in lines:
        if each.record is not None:
            assert each.record.booking.sale.id == each.line.due.origin.ref
            assert sum(fact.amount_minor for fact in each.accruals) == each.line.due.amount_minor
    came_to = [why and why.accrual.amount_minor for each in lines for why in each.whys]
    assert sorted(came_to, key=str) == [450, 500, 500]
    with shop.store.begin() as tx:
        plain = list(engine.explained_lines(tx, 1, ANN, with_whys=False))
        assert engine.explain_member(tx, ANN, JANUARY, with_whys=False).whys == ()
        assert [sale for sale, _ in engine.explain_member(tx, ANN, JANUARY).whys] == ["o1", "o2"]
    assert plain == [evolve(each, whys=(None,) * len(each.accruals)) for each in lines]


def test_a_statement_is_found_among_others() -> None:
    shop = sold()
    for month in ("2026-01", "2026-02"):
        give(shop, "ann", 30, on(f"{month}-08"))
        close(shop, month)
    with shop.store.begin() as tx:
        assert engine.explain_statement(tx, 2, ANN).closing.period.label == "2026-02"


def test_a_line_of_another_kind_is_named_by_its_origin() -> None:
    shop = sold()
    origin = Origin(OriginKind.RELEASE, "by hand", 3)
    with shop.store.begin() as tx:
        tx.dues.add([Due(origin, ANN, CNY, 5, on("2026-01-05"), on("2026-01-06"))])
    close(shop, "2026-01")
    with shop.store.begin() as tx:
        (line,) = engine.explained_lines(tx, 1, ANN)
    assert (line.line.due.origin, line.posting, line.adjustment, line.opening) == (origin, None, None, None)
    assert line_sentence(line, Language.ENGLISH) == "0.05 CNY of release by hand/3"
    assert len(list(_origins(line, Language.CHINESE))) == 1


def test_a_statement_that_is_not_there_is_refused() -> None:
    shop = sold("o1")
    with shop.store.begin() as tx:
        with pytest.raises(RefusedError, match="statement_unknown: ann has no statement of closing 1"):
            engine.explain_statement(tx, 1, ANN)
        with pytest.raises(InputError, match="payee: "):
            engine.explain_statement(tx, 1, MemberId(""))
        with pytest.raises(InputError, match="payee: "):
            list(engine.explained_lines(tx, 1, MemberId("")))


def test_parts_add_up_to_the_earnings_and_nothing_is_missed() -> None:
    shop = sold("o1", "o2")
    shop.do(engine.refund, a_refund("r1", "o1", refunded_at=on("2026-02-01")), at=on("2026-02-01"))

    found = explained(shop)

    assert [(each.sale, each.cause, each.amount_minor) for each in found.parts] == [
        ("o1", "sale", 500),
        ("o2", "sale", 500),
    ]
    assert found.earnings[0].accrued_minor == 1_000
    assert missed(shop) == []


def test_orders_below_that_bring_nothing_are_counted_by_reason() -> None:
    shop = sold("o1", "o2")
    assert missed(shop, "cai") == [], "one's own orders are not below"
    shop.do(engine.cancel, a_cancellation("o1", on("2026-01-06")), at=on("2026-01-07"))
    assert missed(shop) == [(None, Reason.NOTHING_LEFT, 1, 0)]


def test_whoever_stands_too_high_or_was_suspended_is_told() -> None:
    shop = sold("o1", buyer="dan")
    assert missed(shop) == [(None, Reason.TOO_FAR, 1, 0)], "ann stands on level 3, and two are paid"
    shop.do(engine.set_state, "ben", State.SUSPENDED, valid_from=on("2026-01-06"), at=on("2026-01-06"))
    sale = a_sale("o2", "dan", [a_line()], paid_at=on("2026-01-07"))
    shop.do(engine.accrue, sale, at=sale.paid_at)
    assert missed(shop, "ben") == [("levels", Reason.SUSPENDED, 1, 500)]


def test_everybody_above_is_explained_however_far_the_tree_reaches() -> None:
    shop = a_shop(POLICY)
    plan = evolve(a_plan(levels("10%"), plan_version=2), valid_from=on("2026-01-01"))
    shop.do(engine.set_plan, plan, at=on("2026-01-01"))
    chain = [f"m{number:02}" for number in range(40)]
    shop.do(engine.join_all, a_chain(*chain), at=on("2026-01-01"))
    shop.do(engine.accrue, a_sale("o1", "m39", [a_line()], paid_at=on("2026-01-05")), at=on("2026-01-05"))
    with shop.store.begin() as tx:
        (why_not,) = engine.explain(tx, SaleId("o1")).explained.why_nots
    assert (why_not.level, why_not.reason) == (2, Reason.TOO_FAR)
    assert why_not.above == tuple(reversed(chain[:38]))


def test_what_else_an_order_did_not_bring_is_told() -> None:
    shop = a_shop(POLICY)
    direct, far = levels("10%"), evolve(levels("5%", "5%", "5%"), id=ComponentId("far"))
    plan = evolve(a_plan(direct, far, plan_version=2), valid_from=on("2026-01-01"))
    shop.do(engine.set_plan, plan, at=on("2026-01-01"))
    shop.do(engine.accrue, a_sale("o1", "cai", [a_line()], paid_at=on("2026-01-05")), at=on("2026-01-05"))
    (only,) = explained(shop).missed
    assert (only.component, only.reason, only.in_part) == ("levels", Reason.TOO_FAR, True)
    assert [part.component for part in explained(shop).parts] == ["far"]


def test_who_promotes_the_own_order_is_told_so() -> None:
    shop = a_shop(POLICY)
    links = PromoterShare(ComponentId("links"), (Rule(RuleId("share"), Percent(Rate.parse("10%"))),))
    plan = evolve(a_plan(links, plan_version=2), valid_from=on("2026-01-01"))
    shop.do(engine.set_plan, plan, at=on("2026-01-01"))
    own = evolve(a_sale("o1", "cai", [a_line()], paid_at=on("2026-01-05")), promoter=MemberId("cai"))
    shop.do(engine.accrue, own, at=on("2026-01-05"))
    for member in ("ben", "cai"):
        shop.do(engine.identify, member, ["the same phone"], at=on("2026-01-06"))
    alike = evolve(a_sale("o2", "cai", [a_line()], paid_at=on("2026-01-07")), promoter=MemberId("ben"))
    shop.do(engine.accrue, alike, at=on("2026-01-07"))
    with shop.store.begin() as tx:
        of_own, of_alike = (engine.explain(tx, id).explained.why_nots for id in (own.id, alike.id))
        expected = engine.expect(tx, plan, alike).explained.why_nots
    told = (ComponentId("links"), Reason.SELF_PROMOTED)
    assert (of_own[0].component, of_own[0].reason, of_own[0].member) == (*told, "cai")
    assert (of_alike[0].component, of_alike[0].reason, of_alike[0].member) == (*told, "ben")
    assert expected == of_alike


def test_whom_nobody_knows_is_refused() -> None:
    with pytest.raises(RefusedError, match="member_unknown"):
        explained(sold(), "xavier")


def test_a_period_in_which_nothing_was_sold_is_empty() -> None:
    found = explained(sold(), period=Period("2026-02", on("2026-02-01"), on("2026-03-01")))
    assert (found.earnings, found.parts, found.missed) == ((), (), ())
    with pytest.raises(InputError, match="payee: "):
        explained(sold(), "")


def welcoming(*rules: Rule) -> Shop:
    """Return a shop in which ben buys twice, and ann is given points for the first order."""
    shop = a_shop(POLICY)
    welcome = FirstOrder(ComponentId("welcome"), rules, gift=Points(500))
    plan = evolve(a_plan(welcome, plan_version=2), valid_from=on("2026-01-01"))
    shop.do(engine.set_plan, plan, at=on("2026-01-01"))
    for id in ("o1", "o2"):
        shop.do(engine.accrue, a_sale(id, "ben", [a_line()], paid_at=on("2026-01-05")), at=on("2026-01-05"))
    return shop


def test_a_sale_that_gives_a_gift_alone_brought_something() -> None:
    shop = welcoming(Rule(RuleId("thanks"), FixedPerOrder(0)))

    found = explained(shop)

    assert found.earnings == ()
    assert found.gifts == (Gave(SaleId("o1"), Given(ComponentId("welcome"), ANN, Points(500))),)
    assert missed(shop) == [("welcome", Reason.NOT_THE_FIRST_ORDER, 1, 0)], "the second order"
    assert missed(shop, "cai") == []


def test_a_gift_is_told_beside_money_and_not_when_it_went_back() -> None:
    shop = welcoming(Rule(RuleId("thanks"), FixedPerOrder(7)))

    found = explained(shop)
    assert (sum(each.amount_minor for each in found.parts), [each.sale for each in found.gifts]) == (
        7,
        ["o1"],
    )

    shop.do(engine.cancel, a_cancellation("o1", on("2026-01-06")), at=on("2026-01-07"))
    assert explained(shop).gifts == ()
    assert (None, Reason.NOTHING_LEFT, 1, 0) in missed(shop)
