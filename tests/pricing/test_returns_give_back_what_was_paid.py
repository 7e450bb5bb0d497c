"""Four policies: any returns give back no more than was paid, and everything back is exactly that."""

from random import Random

import pytest
from attrs import evolve
from hypothesis import given

from distcore.kernel import LineId, Refusal, Sku
from distcore.pricing import (
    AmountOff,
    ExtraPoints,
    FromAmount,
    Gift,
    PointsPolicy,
    Quote,
    ReturnPlan,
    ReturnPolicy,
    plan_return,
)
from distcore.testing.carts import BOOK, a_cart, an_offer, goods, percent, quoted, random_cart, random_offers
from distcore.testing.worlds import drawn

CLAWBACK, PROPORTIONAL = ReturnPolicy.CLAWBACK, ReturnPolicy.PROPORTIONAL
FIRST, SECOND = LineId("001"), LineId("002")


def back(found: Quote, policy: ReturnPolicy, *steps: dict[LineId, int]) -> list[int]:
    """Return what each of some returns gives back."""
    plans: list[ReturnPlan] = []
    for step in steps:
        plan = plan_return(found, step, policy, before=plans)
        assert isinstance(plan, ReturnPlan), plan
        plans.append(plan)
    return [plan.amount_minor for plan in plans]


def test_two_of_three_with_ten_percent_off() -> None:
    found = quoted(a_cart((goods("tea", 10_000), 3)), an_offer(percent("10%")))
    assert back(found, PROPORTIONAL, {FIRST: 2}, {FIRST: 1}) == [18_000, 9_000]


def test_five_of_six_that_lose_their_threshold() -> None:
    offer = an_offer(percent("10%"), threshold=FromAmount(30_000))
    found = quoted(a_cart((goods("tea", 5_000), 6)), offer)
    assert back(found, PROPORTIONAL, {FIRST: 5}) == [22_500]
    assert back(found, CLAWBACK, {FIRST: 5}, {FIRST: 1}) == [22_000, 5_000]


def test_a_clawback_is_never_below_zero_and_everything_back_is_what_was_paid() -> None:
    offer = an_offer(AmountOff(10_000), threshold=FromAmount(30_000))
    found = quoted(a_cart(goods("tea", 29_000), goods("cup", 1_000)), offer)
    assert back(found, CLAWBACK, {SECOND: 1}, {FIRST: 1}) == [0, 20_000]
    assert back(found, CLAWBACK, {FIRST: 1}, {SECOND: 1}) == [19_000, 1_000]


def test_what_stays_may_be_cheaper_alone_and_the_rest_comes_back_for_it() -> None:
    found = quoted(a_cart(goods("tea", 10_000), goods("cup", 10_000)), an_offer(AmountOff(5_000)))
    plan = plan_return(found, {FIRST: 1}, CLAWBACK)
    assert isinstance(plan, ReturnPlan)
    assert [(each.id, each.units, each.amount_minor) for each in plan.lines] == [
        (FIRST, 1, 7_500),
        (SECOND, 0, 2_500),
    ]


def test_below_a_threshold_all_or_nothing_comes_back() -> None:
    offer = an_offer(AmountOff(10_000), "big", threshold=FromAmount(30_000))
    found = quoted(a_cart((goods("tea", 20_000), 2)), offer)
    refused = plan_return(found, {FIRST: 1}, ReturnPolicy.BLOCK)
    assert isinstance(refused, Refusal)
    assert str(refused).startswith("return_blocked: what is kept does not reach big any more")
    assert back(found, ReturnPolicy.BLOCK, {FIRST: 2}) == [30_000]


def test_a_gift_comes_back_where_its_offer_does_not_hold_any_more() -> None:
    found = quoted(
        a_cart((goods("tea", 20_000), 2)),
        an_offer(Gift(Sku("spoon")), "spoon", threshold=FromAmount(30_000)),
        an_offer(ExtraPoints(5), "points"),
    )
    one = plan_return(found, {FIRST: 1})
    assert isinstance(one, ReturnPlan)
    assert [each.offer for each in one.gifts] == ["spoon"]
    rest = plan_return(found, {FIRST: 1}, before=[one])
    assert isinstance(rest, ReturnPlan)
    assert rest.gifts == ()
    kept = plan_return(found, {FIRST: 2}, ReturnPolicy.KEEP)
    assert isinstance(kept, ReturnPlan)
    assert (kept.gifts, kept.amount_minor) == ((), 40_000)


def test_points_and_stored_value_come_back_in_proportion_and_whole_at_the_end() -> None:
    book = evolve(BOOK, points=PointsPolicy(points=100, amount_minor=100))
    cart = evolve(a_cart((goods("tea", 1_000), 3)), points=500, stored_value_minor=1_000)
    found = quoted(cart, book=book)
    assert (found.points, found.payable_minor) == (500, 1_500)
    plans: list[ReturnPlan] = []
    for _ in range(3):
        plan = plan_return(found, {FIRST: 1}, before=plans)
        assert isinstance(plan, ReturnPlan)
        plans.append(plan)
    assert [each.points for each in plans] == [166, 167, 167]
    parts = [
        (each.lines[0].amount_minor, each.lines[0].points_minor, each.lines[0].value_minor) for each in plans
    ]
    assert parts == [(1_000, 166, 333), (1_000, 167, 333), (1_000, 167, 334)]


@pytest.mark.parametrize(
    ("returning", "code"),
    [({LineId("9"): 1}, "unknown_line"), ({FIRST: 0}, "nothing_returned"), ({FIRST: 3}, "too_many_returned")],
)
def test_what_was_not_bought_does_not_come_back(returning: dict[LineId, int], code: str) -> None:
    found = quoted(a_cart((goods(), 3)))
    (one,) = [plan_return(found, {FIRST: 1})]
    assert isinstance(one, ReturnPlan)
    refused = plan_return(found, returning, before=[one])
    assert isinstance(refused, Refusal)
    assert refused.code == code


def some_steps(random: Random) -> tuple[Quote, list[dict[LineId, int]], list[dict[LineId, int]]]:
    """Return a quote, all of it in some steps, and all of it in others."""
    found = quoted(random_cart(random), *random_offers(random, 4))
    return found, in_steps(random, found), in_steps(random, found)


def in_steps(random: Random, found: Quote) -> list[dict[LineId, int]]:
    steps: list[dict[LineId, int]] = []
    left = {line.id: line.units for line in found.lines}
    while left:
        line = random.choice(sorted(left))
        units = random.randint(1, left[line])
        steps.append({line: units})
        left[line] -= units
        left = {each: rest for each, rest in left.items() if rest}
    return steps


@pytest.mark.parametrize("policy", [PROPORTIONAL, ReturnPolicy.KEEP, CLAWBACK])
@given(world=drawn(some_steps))
def test_returns_in_any_steps_end_at_what_was_paid(
    policy: ReturnPolicy, world: tuple[Quote, list[dict[LineId, int]], list[dict[LineId, int]]]
) -> None:
    found, *ways = world
    due = {line.id: line.due_minor for line in found.lines}
    for steps in ways:
        plans: list[ReturnPlan] = []
        for step in steps:
            plan = plan_return(found, step, policy, before=plans)
            assert isinstance(plan, ReturnPlan)
            assert all(each.amount_minor >= 0 for each in plan.lines)
            plans.append(plan)
        for line, paid in due.items():
            assert sum(each.amount_minor for plan in plans for each in plan.lines if each.id == line) == paid
