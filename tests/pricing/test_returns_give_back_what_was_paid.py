"""Four policies: any returns give back no more than was paid, and everything back is exactly that."""

from collections.abc import Callable, Iterator, Mapping
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from tests.laws.failing import assert_fails_somewhere

from distcore.kernel import LineId, Refusal, Sku
from distcore.pricing import (
    AmountOff,
    Break,
    ExtraPoints,
    FromAmount,
    Gift,
    PointsPolicy,
    PriceList,
    PriceOf,
    Quote,
    QuotedLine,
    ReturnedLine,
    ReturnPlan,
    ReturnPolicy,
    plan_return,
)
from distcore.testing.canaries import swapped
from distcore.testing.carts import (
    BOOK,
    CNY,
    a_cart,
    an_offer,
    goods,
    percent,
    quoted,
    random_cart,
    random_offers,
)
from distcore.testing.worlds import drawn

BLOCK = ReturnPolicy.BLOCK
CLAWBACK, PROPORTIONAL = ReturnPolicy.CLAWBACK, ReturnPolicy.PROPORTIONAL
FIRST, SECOND = LineId("001"), LineId("002")


def tenders(line: ReturnedLine) -> tuple[int, int, int]:
    """Return what goes back as money, to points, and to stored value."""
    return line.money_minor, line.points_minor, line.value_minor


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
    (parts,) = zip(*[map(tenders, plan.lines) for plan in plans], strict=True)
    assert parts == ((500, 166, 334), (500, 167, 333), (500, 167, 333))
    assert [each.money_minor for each in plans] == [500, 500, 500]


Step = dict[LineId, int]


def some_steps(random: Random) -> tuple[Quote, list[Step], list[Step]]:
    """Return a quote that points and stored value pay a part of, all of it in some steps, and in others."""
    policy = PointsPolicy(random.choice([1, 3, 100]), random.choice([1, 7, 100]))
    points, value = random.choice([0, 1, 1_001, 10**9]), random.choice([0, 1, 5_000])
    cart = evolve(random_cart(random), points=points, stored_value_minor=value)
    found = quoted(cart, *random_offers(random, 4), book=evolve(BOOK, points=policy))
    return found, in_steps(random, found), in_steps(random, found)


def in_steps(random: Random, found: Quote) -> list[Step]:
    steps: list[Step] = []
    left = {line.id: line.units for line in found.lines}
    while left:
        line = random.choice(sorted(left))
        units = random.randint(1, left[line])
        steps.append({line: units})
        left[line] -= units
        left = {each: rest for each, rest in left.items() if rest}
    return steps


def returns(found: Quote, policy: ReturnPolicy, steps: list[Step]) -> Iterator[ReturnPlan]:
    """Yield what steps give back; where one is blocked, all that is left comes back at once."""
    plans: list[ReturnPlan] = []
    left = {line.id: line.units for line in found.lines}
    for step in steps:
        plan = plan_return(found, step, policy, before=plans)
        if isinstance(plan, Refusal):
            assert policy is BLOCK
            assert plan.code == "return_blocked"
            last = plan_return(found, {line: units for line, units in left.items() if units}, before=plans)
            assert isinstance(last, ReturnPlan)
            yield last
            return
        plans.append(plan)
        left = {line: units - step.get(line, 0) for line, units in left.items()}
        yield plan


@pytest.mark.parametrize("policy", list(ReturnPolicy), ids=lambda policy: policy.value)
@given(world=drawn(some_steps))
def test_returns_in_any_steps_end_at_what_was_paid(
    policy: ReturnPolicy, world: tuple[Quote, list[Step], list[Step]]
) -> None:
    assert_ends_at_what_was_paid(policy, *world)


def assert_ends_at_what_was_paid(policy: ReturnPolicy, found: Quote, *ways: list[Step]) -> None:
    """Hold returns against what lines were paid with: nothing is below zero, and all is back at last."""
    for steps in ways:
        left = {line.id: paid_with(line) for line in found.lines}
        points = found.points
        for plan in returns(found, policy, steps):
            assert type(plan.points) is int
            assert 0 <= plan.points <= points
            points -= plan.points
            for each in plan.lines:
                assert min(tenders(each)) >= 0
                left[each.id] = less(left[each.id], tenders(each))
                assert min(left[each.id]) >= 0
            assert_in_proportion(found, left)
        assert (points, set(left.values())) == (0, {(0, 0, 0)})


def paid_with(line: QuotedLine) -> tuple[int, int, int]:
    """Return what was paid of a line with money, points and stored value."""
    by_points, by_value = line.points_minor, line.value_minor
    return line.due_minor - by_points - by_value, by_points, by_value


def less(one: tuple[int, int, int], other: tuple[int, int, int]) -> tuple[int, int, int]:
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def assert_in_proportion(found: Quote, left: Mapping[LineId, tuple[int, int, int]]) -> None:
    """Of no line a tender has two minor units more or less than its part of what is left."""
    for line in found.lines:
        for paid, rest in zip(paid_with(line), left[line.id], strict=True):
            assert abs(rest * line.due_minor - paid * sum(left[line.id])) < 2 * max(1, line.due_minor)


def beside_each_other(_: object, line: QuotedLine, units: int, amount_minor: int) -> ReturnedLine:
    """Round what goes back as money, and what goes back as money or points, and take the difference."""
    due, money = line.due_minor or 1, paid_with(line)[0]
    by_points = (money + line.points_minor) * amount_minor // due - money * amount_minor // due
    value = amount_minor - (money + line.points_minor) * amount_minor // due
    return ReturnedLine(line.id, units, amount_minor, by_points, value)


def rounded_down(_: object, line: QuotedLine, units: int, amount_minor: int) -> ReturnedLine:
    """Round points and stored value down: what remains is money, and a cent too much of it."""
    due = line.due_minor or 1
    parts = [minor * amount_minor // due for minor in (line.points_minor, line.value_minor)]
    return ReturnedLine(line.id, units, amount_minor, *parts)


def points_first(_: object, line: QuotedLine, units: int, amount_minor: int) -> ReturnedLine:
    return ReturnedLine(line.id, units, amount_minor, min(amount_minor, line.points_minor), 0)


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.pricing.refund:part_of", lambda _, minor, units, some: minor * some // units + some % 2),
        ("distcore.pricing.refund:_back", lambda real, line, _: real(line, ())),
        ("distcore.pricing.refund:_less", lambda _, now, _back: iter(tuple(now))),
        ("distcore.pricing.refund:_returned", beside_each_other),
        ("distcore.pricing.refund:_returned", rounded_down),
        ("distcore.pricing.refund:_returned", points_first),
        ("distcore.pricing.refund:_points", lambda real, quote, now: real(quote, now) + quote.points % 2),
    ],
    ids=[
        "each return is rounded up",
        "what came back before is forgotten",
        "it gives all back again",
        "shares are rounded beside each other",
        "money has what is left by rounding",
        "points come back first",
        "a point too many comes back",
    ],
)
def test_that_law_can_fail(target: str, defect: Callable[..., object]) -> None:
    with swapped(target, defect):
        assert_fails_somewhere(
            lambda random: assert_ends_at_what_was_paid(PROPORTIONAL, *some_steps(random)), worlds=2_000
        )


def test_where_points_and_stored_value_paid_all_no_money_comes_back() -> None:
    cart = evolve(a_cart((goods("tea", 1_000), 3)), points=1_001, stored_value_minor=5_000)
    found = quoted(cart, book=evolve(BOOK, points=PointsPolicy()))
    assert found.payable_minor == 0
    plans = list(returns(found, PROPORTIONAL, [{FIRST: 1}] * 3))
    assert [tenders(plan.lines[0]) for plan in plans] == [(0, 333, 667), (0, 334, 666), (0, 334, 666)]
    assert [(plan.money_minor, plan.points) for plan in plans] == [(0, 333), (0, 334), (0, 334)]


def test_a_point_that_is_worth_more_comes_back_when_all_of_it_is_due() -> None:
    cart = evolve(a_cart((goods("tea", 1_000), 3)), points=5)
    found = quoted(cart, book=evolve(BOOK, points=PointsPolicy(1, 100)))
    plans = list(returns(found, PROPORTIONAL, [{FIRST: 1}] * 3))
    assert [plan.points for plan in plans] == [1, 2, 2]
    assert [tenders(plan.lines[0]) for plan in plans] == [(833, 167, 0), (833, 167, 0), (834, 166, 0)]


def test_a_line_that_cost_nothing_gives_nothing_back() -> None:
    plan = plan_return(quoted(a_cart(goods("tea", 0))), {FIRST: 1})
    assert plan == ReturnPlan((ReturnedLine(FIRST, 1, 0),))


def test_what_was_clawed_back_before_counts() -> None:
    """Six at 50 with 10 % from 300: after two and one the kept ones are at full price."""
    found = quoted(
        a_cart((goods(list_minor=5_000), 6)), an_offer(percent("10%"), threshold=FromAmount(30_000))
    )
    assert back(found, CLAWBACK, {FIRST: 2}, {FIRST: 1}) == [7_000, 5_000]


def test_a_line_that_was_begun_has_more_before_other_lines_do() -> None:
    """Of two teas and a cup less 50 one tea comes back: the others alone are 50 off too."""
    found = quoted(a_cart((goods("tea", 10_000), 2), goods("cup", 10_000)), an_offer(AmountOff(5_000)))
    plan = plan_return(found, {FIRST: 1}, CLAWBACK)
    assert isinstance(plan, ReturnPlan)
    assert [(each.id, each.amount_minor) for each in plan.lines] == [(FIRST, 10_000)]


def test_a_price_from_so_many_units_on_stays_the_price_of_what_is_kept() -> None:
    prices = PriceList("dozen", CNY, (PriceOf(Sku("tea"), (Break(1, 10_000), Break(6, 8_000))),))
    found = quoted(a_cart((goods("tea"), 6)), book=evolve(BOOK, lists=(prices,)))
    assert found.payable_minor == 48_000
    for policy in ReturnPolicy:
        assert back(found, policy, {FIRST: 5}, {FIRST: 1}) == [40_000, 8_000]


def test_without_points_none_come_back() -> None:
    plan = plan_return(quoted(a_cart((goods("tea", 10_000), 2))), {FIRST: 1})
    assert isinstance(plan, ReturnPlan)
    assert (plan.points, type(plan.points)) == (0, int)
