"""What is expected of a cart is what its sale posts, and within what is estimated for anybody."""

from random import Random

import pytest
from attrs import evolve
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from distcore.commission import Margin, Percent, Plan, Reason, Rule, Sale, Upline
from distcore.engine import accrue, estimate, expect, plan_in_force, set_plan
from distcore.kernel import ComponentId, Currency, InputError, Rate, RefusedError, RuleId, limits
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    DAY_10,
    Shop,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_sale,
    day,
    levels,
)
from distcore.testing.canaries import swapped
from distcore.testing.worlds import TIERS, random_lines, random_plan

CART = a_sale("cart")


def opened() -> Shop:
    members = [*a_chain("ann", "ben", "cai"), a_member("late", joined_at=day(20))]
    return Shop.open(MemoryStore("shop"), None, members, a_policy(currencies=("CNY", "JPY")))


def amounts(shop: Shop, sale: Sale) -> dict[str, int]:
    with shop.store.begin() as tx:
        plan = plan_in_force(tx, sale.currency, sale.paid_at)
        found = expect(tx, plan, sale)
    assert (found.plan, found.sale) == (plan, sale)
    return {why.accrual.payee: why.accrual.amount_minor for why in found.explained.whys}


def code_of(shop: Shop, sale: Sale) -> str:
    with pytest.raises(RefusedError) as refused:
        amounts(shop, sale)
    return refused.value.refusal.code


def test_a_buyer_has_the_upline_of_now() -> None:
    shop = opened()
    before = shop.dump()
    assert amounts(shop, CART) == {"ben": 1_000, "ann": 500}
    assert amounts(shop, a_sale("cart", "ben")) == {"ann": 1_000}
    assert amounts(shop, a_sale("cart", "guest")) == amounts(shop, a_sale("cart", "late")) == {}
    assert shop.dump() == before


def test_whoever_would_get_nothing_is_told_why() -> None:
    with opened().store.begin() as tx:
        found = expect(tx, a_plan(levels("10%", "5%", "2%")), CART)
    assert [(each.level, each.reason) for each in found.explained.why_nots] == [(3, Reason.NOBODY_AT_LEVEL)]


def may_be_exact(plan: Plan, sale: Sale) -> bool:
    """Say whether an estimate may be exact, without trying an upline: of most others there are thousands."""
    with swapped("distcore.commission.estimate:_Tried.add", lambda *_: None):
        return estimate(plan, sale).exact


@example(72)
@example(475)
@example(29565)
@settings(max_examples=max(1, settings().max_examples // 4), suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1))
def test_what_is_expected_is_what_is_posted_and_within_what_is_estimated(seed: int) -> None:
    random = Random(seed)
    members = [evolve(each, tier=random.choice(TIERS)) for each in a_chain("a", "b", "c", "d", "e", "f")]
    lines = [evolve(each, list_minor=900, cost_minor=30, tax_minor=5) for each in random_lines(random)]
    cart = a_sale("cart", random.choice("cdef"), lines, promoter=random.choice((None, "b", "c", "d")))
    plan = evolve(random_plan(random), valid_from=day(1))
    shop = Shop.open(MemoryStore("shop"), plan, members)

    with shop.store.begin() as tx:
        expected = expect(tx, plan, cart).explained.whys
    posted = shop.do(accrue, cart).accruals

    assert tuple(why.accrual for why in expected) == posted
    if not may_be_exact(plan, cart):
        return
    found = estimate(plan, cart)
    most = {(each.component, each.level): each.most_minor for each in found.ranges}
    for place in {(each.component, each.level) for each in posted if each.level <= 3} if found.exact else ():
        earned = sum(each.amount_minor for each in posted if (each.component, each.level) == place)
        assert earned <= most[place]


def test_the_plan_in_force_is_that_of_the_instant() -> None:
    shop = opened()
    shop.do(set_plan, a_plan(levels("1%"), plan_version=2, valid_from=day(50)))
    with shop.store.begin() as tx:
        assert plan_in_force(tx, Currency("CNY"), day(49)).plan_version == 1
        assert plan_in_force(tx, Currency("CNY"), day(50)).plan_version == 2


def test_what_a_sale_is_refused_for_an_estimate_is_refused_for() -> None:
    shop = opened()
    of_margin = Upline(
        ComponentId("m"), (Rule(RuleId("1"), Percent(Rate.parse("10%")), (1,)),), base=Margin()
    )
    assert code_of(shop, a_sale("cart", currency="USD")) == "currency_not_of_shop"
    assert code_of(shop, a_sale("cart", currency="JPY")) == "no_plan"
    assert code_of(shop, a_sale("cart", paid_at=day(0))) == "no_plan"
    assert code_of(shop, a_sale("cart", promoter="guest")) == "promoter_unknown"
    assert code_of(shop, a_sale("cart", promoter="late")) == "promoter_unknown"
    with pytest.raises(RefusedError, match="base_unknown"):
        estimate(a_plan(of_margin), CART)


@pytest.mark.parametrize(
    ("plan", "sale", "where"),
    [
        (evolve(a_plan(), components=()), CART, "components"),
        (a_plan(), a_sale("cart", lines=[]), "lines"),
        (a_plan(), a_sale("cart", lines=[a_line(net_minor=-1)]), "net_minor"),
        (a_plan(), a_sale("cart", currency="JPY"), "the plan is in CNY"),
    ],
)
def test_what_cannot_be_is_an_error(plan: object, sale: Sale, where: str) -> None:
    with pytest.raises(InputError, match=where):
        estimate(plan, sale)  # type: ignore[arg-type]
    with opened().store.begin() as tx, pytest.raises(InputError, match=where):
        expect(tx, plan, sale)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [0, limits.LEVEL_MAX + 1, True, "3"])
def test_levels_are_a_number_of_levels(wrong: int) -> None:
    with pytest.raises(InputError, match="levels"):
        estimate(a_plan(), CART, levels=wrong)


def test_an_instant_without_a_zone_is_none() -> None:
    with opened().store.begin() as tx, pytest.raises(InputError):
        plan_in_force(tx, Currency("CNY"), DAY_10.replace(tzinfo=None))
