"""An amount that only first orders get is told, however it is written; what may be one is told apart."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from distcore.commission import (
    AfterRefund,
    AllOf,
    AnyOf,
    CategoryIs,
    Choice,
    Coupons,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Gift,
    Lineage,
    Match,
    MonthsSinceFirst,
    Not,
    OrderNumber,
    Percent,
    Points,
    PromoterShare,
    Rule,
    Seat,
    SpentBefore,
    Standing,
    TierIn,
    Upline,
    calculate,
    heads,
    rules_for_heads,
    whole,
)
from distcore.commission.past import Past
from distcore.kernel import ComponentId, MemberId, Rate, RuleId
from distcore.testing.builders import a_line, a_plan, a_sale

BOUNTY, NOTHING, FIVE = FixedPerOrder(5_000), Percent(Rate(0)), Percent(Rate.parse("5%"))
TEA, LATER = CategoryIs("tea"), OrderNumber(2)
CERTAIN, PERHAPS, NOT = {1: True}, {1: False}, dict[int, bool]()


def rule(pays: Any, match: Match | None = None, *levels: int, tiers: tuple[str, ...] = ()) -> Rule:
    return Rule(RuleId("r"), pays, levels or (1,), tiers, match)


def after(match: Match | None, of: Match | None = None, **more: Any) -> dict[int, bool]:
    """Return what is told of a bounty after a rule with a condition that pays nothing."""
    return rules_for_heads(Upline(ComponentId("up"), (rule(NOTHING, match), rule(BOUNTY, of)), **more))


def alone(match: Match | None) -> bool | None:
    return rules_for_heads(Upline(ComponentId("up"), (rule(BOUNTY, match),))).get(0)


@pytest.mark.parametrize("gift", [Points(1), Coupons("tea")])
def test_a_gift_is_an_amount(gift: Gift) -> None:
    welcome = FirstOrder(ComponentId("welcome"), (rule(NOTHING), rule(FIVE)))
    assert rules_for_heads(welcome) == {}
    assert rules_for_heads(evolve(welcome, gift=gift)) == {0: True, 1: True}


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (None, None),
        (OrderNumber(1, 2), True),
        (AllOf((OrderNumber(1, 3), Not(OrderNumber(2, 3)))), True),
        (AllOf((OrderNumber(1, 3), Not(OrderNumber(2, 2)))), None),
        (AllOf((AnyOf((OrderNumber(1, 2), OrderNumber(3))), OrderNumber(1, 3))), True),
        (AllOf((OrderNumber(1, 2), TEA)), True),
        (AnyOf((OrderNumber(1, 2), TEA)), None),
        (AllOf((OrderNumber(1, 2), LATER)), None),  # nobody is ever paid
        (AllOf((OrderNumber(1, 2), MonthsSinceFirst(1))), None),
        (AllOf((OrderNumber(1, 2), MonthsSinceFirst(0, 1))), True),
        (LATER, None),
        (MonthsSinceFirst(0, 1), None),
        (EarnedBefore(0, 1), None),
        (SpentBefore(0, 1), False),
        (SpentBefore(0, 100), False),
        (SpentBefore(0, 101), None),
        (Not(SpentBefore(1)), False),
        (Not(SpentBefore(101)), None),
        (SpentBefore(1), None),
    ],
)
def test_a_condition_may_be_for_first_orders_alone(match: Match | None, found: bool | None) -> None:
    assert alone(match) is found


@pytest.mark.parametrize(
    ("earlier", "match", "found"),
    [
        (LATER, None, CERTAIN),
        (Not(OrderNumber(1, 2)), None, CERTAIN),
        (AnyOf((LATER, TEA)), None, CERTAIN),
        (AllOf((LATER, OrderNumber(1))), None, CERTAIN),
        (AllOf((LATER, TEA)), TEA, CERTAIN),
        (AllOf((LATER, TEA)), CategoryIs("tea/green"), CERTAIN),
        (AllOf((LATER, TEA)), None, PERHAPS),
        (AllOf((LATER, TierIn(("gold", "")))), None, PERHAPS),
        (SpentBefore(1), None, PERHAPS),
        (OrderNumber(3), None, NOT),
        (OrderNumber(3), OrderNumber(1, 3), NOT),
        (OrderNumber(2, 5), OrderNumber(1, 5), CERTAIN),
        (AllOf((OrderNumber(1, 2), TEA)), None, NOT),
        (OrderNumber(1, 2), None, NOT),
        (OrderNumber(1), None, NOT),  # it never wins
        (TEA, None, NOT),
    ],
)
def test_an_earlier_rule_may_be_for_all_later_orders(
    earlier: Match, match: Match | None, found: dict[int, bool]
) -> None:
    assert after(earlier, match) == found


def test_of_the_best_rule_none_is_earlier() -> None:
    assert after(LATER, choose=Choice.BEST) == NOT
    assert after(LATER, OrderNumber(1, 2), choose=Choice.BEST) == CERTAIN


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        (rule(NOTHING, LATER, 1, 2), rule(BOUNTY, None, 1), CERTAIN),
        (rule(NOTHING, LATER, 1), rule(BOUNTY, None, 1, 2), PERHAPS),
        (rule(NOTHING, LATER, 1), rule(BOUNTY, None, 2), NOT),
        (rule(NOTHING, LATER), rule(BOUNTY, tiers=("gold",)), CERTAIN),
        (rule(NOTHING, LATER, tiers=("gold", "silver")), rule(BOUNTY, tiers=("gold",)), CERTAIN),
        (rule(NOTHING, LATER, tiers=("gold",)), rule(BOUNTY), PERHAPS),
        (rule(NOTHING, LATER, tiers=("gold",)), rule(BOUNTY, tiers=("silver",)), NOT),
    ],
)
def test_an_earlier_rule_is_for_some_levels_and_tiers(
    earlier: Rule, later: Rule, found: dict[int, bool]
) -> None:
    assert rules_for_heads(Upline(ComponentId("up"), (earlier, later))) == found


def test_two_earlier_rules_together_are_for_all_later_orders() -> None:
    rules = (rule(FIVE, OrderNumber(2, 4)), rule(NOTHING, OrderNumber(4)), rule(BOUNTY))
    assert rules_for_heads(Upline(ComponentId("up"), rules)) == {2: True}


def test_an_amount_of_a_first_order_is_for_it_alone() -> None:
    rules = (rule(BOUNTY), rule(FixedPerOrder(0)), rule(FixedPerUnit(5)), rule(FIVE))
    first = FirstOrder(ComponentId("first"), tuple(evolve(each, levels=()) for each in rules))
    assert rules_for_heads(first) == {0: True}
    assert rules_for_heads(evolve(first, after_refund=AfterRefund.NEXT_ORDER)) == {0: True}


def test_what_is_not_looked_through_may_be() -> None:
    earlier = [rule(NOTHING, OrderNumber(n, n + 1)) for n in range(2, 30)]
    many = Upline(ComponentId("up"), (*earlier, rule(BOUNTY)))
    assert rules_for_heads(many) == {28: False}
    wide = AnyOf((OrderNumber(1, 2), *(OrderNumber(n, n) for n in range(2, 300))))
    assert alone(wide) is False


def test_what_there_is_no_time_to_compare_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = (rule(NOTHING, OrderNumber(9), 2), rule(BOUNTY, None, 1), rule(BOUNTY, None, 2))
    assert rules_for_heads(Upline(ComponentId("up"), rules)) == NOT
    monkeypatch.setattr(heads, "_ASKED_MAX", 1)
    assert rules_for_heads(Upline(ComponentId("up"), rules)) == {2: False}
    first = rule(BOUNTY, OrderNumber(1, 2), 2)
    assert rules_for_heads(Upline(ComponentId("up"), (*rules, first))) == {2: False, 3: True}
    monkeypatch.setattr(heads, "_EARLIER_MAX", 0)
    assert rules_for_heads(Upline(ComponentId("up"), rules)) == {1: False, 2: False}


CONDITIONS = st.recursive(
    st.sampled_from(
        [
            TEA,
            LATER,
            OrderNumber(1, 2),
            OrderNumber(2, 3),
            OrderNumber(3),
            SpentBefore(50),
            MonthsSinceFirst(1),
        ]
    ),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda *each: AllOf(each), inner, inner)
        | st.builds(lambda *each: AnyOf(each), inner, inner)
    ),
    max_leaves=4,
)


@given(st.lists(CONDITIONS, max_size=2), CONDITIONS)
def test_what_is_certain_is_paid_for_no_later_order(earlier: list[Match], match: Match) -> None:
    rules = [Rule(RuleId(f"{n}"), NOTHING, match=each) for n, each in enumerate(earlier)]
    component = PromoterShare(ComponentId("p"), (*rules, Rule(RuleId("bounty"), BOUNTY, match=match)))
    paid_later = any(
        calculate(a_plan(component), sale, whole(sale), lineage)
        for category in ("tea", "cup")
        for orders, months, spent in ((1, 0, 0), (1, 3, 500), (2, 0, 500), (2, 3, 0), (4, 5, 90))
        for sale in [a_sale("o", "buyer", lines=[a_line(category=category)], promoter=MemberId("ann"))]
        for lineage in [
            Lineage(
                MemberId("buyer"),
                None,
                promoted=(Seat(MemberId("ann"), "", Standing.ACTIVE),),
                past=Past(orders, months, spent, first_is_free=False),
            )
        ]
    )
    if rules_for_heads(component).get(len(rules)) is True:
        assert not paid_later
