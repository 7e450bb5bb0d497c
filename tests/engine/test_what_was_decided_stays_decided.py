"""Later moves, tiers, states, plans and policies change nothing about sales that were accrued before."""

from collections.abc import Callable

import pytest
from attrs import evolve
from tests.builders import (
    LEVELS,
    NOW,
    Shop,
    day,
    line,
    newcomer,
    paid,
    percent,
    plan,
    refund,
    sale,
    shop,
)

from distcore import engine
from distcore.commission import Cancellation, FirstLevel, Plan
from distcore.kernel import PlanId, Rate, SaleId
from distcore.referral import State

GOLD_20 = plan(percent("20%", 1, tiers=["gold"]), percent("10%", 1), percent("5%", 2))
TWO = line("1", 10_000, units=2)
ORDER = SaleId("order 1")

CHANGES: dict[str, Callable[[Shop], object]] = {
    "a move": lambda shop: shop.do(engine.move, "cai", "ann", valid_from=day(1)),
    "a move of the sponsor": lambda shop: shop.do(engine.move, "ben", None, valid_from=day(1)),
    "a tier": lambda shop: shop.do(engine.set_tier, "ben", "gold", valid_from=day(1)),
    "a suspension": lambda shop: shop.do(engine.set_state, "ben", State.SUSPENDED, valid_from=day(1)),
    "an end": lambda shop: shop.do(engine.set_state, "ben", State.TERMINATED, valid_from=day(1)),
    "a plan": lambda shop: shop.do(engine.set_plan, evolve(plan(percent("90%", 1)), plan_version=2)),
}


def bought(shop: Shop, id: str) -> dict[str, int]:
    return paid(shop.do(engine.accrue, sale(TWO, id=id)))


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_dated_back_counts_for_new_sales_only(change: str) -> None:
    found = shop(plan=GOLD_20)
    before = {"ben": 1_000, "ann": 500}
    assert bought(found, "order 1") == before
    CHANGES[change](found)
    assert bought(found, "order 2") != before
    half = found.do(engine.refund, refund(("1", 1, 5_000)))
    assert paid(half) == {"ben": -500, "ann": -250}
    whole = found.do(engine.cancel, Cancellation(ORDER, day(5)))
    assert paid(whole) == {"ben": -500, "ann": -250}
    assert found.ask(engine.verify).sound


def test_a_change_counts_from_the_instant_from_which_it_holds() -> None:
    found = shop(newcomer("ann"), newcomer("ben"), newcomer("cai", "ann"), plan=GOLD_20)
    found.do(engine.move, "cai", "ben", valid_from=day(10))
    assert paid(found.do(engine.accrue, sale(id="early", paid_at=day(9, 23)))) == {"ann": 1_000}
    assert paid(found.do(engine.accrue, sale(id="late", paid_at=day(10)))) == {"ben": 1_000}


def test_explanations_show_the_upline_as_it_was_known() -> None:
    found = shop(plan=GOLD_20)
    bought(found, "order 1")
    found.do(engine.move, "cai", None, valid_from=day(1))
    found.do(engine.set_tier, "ben", "gold", valid_from=day(1))
    explanation = found.ask(engine.explain, ORDER)
    whys = [(why.accrual.payee, why.tier, why.accrual.amount_minor) for why in explanation.explained.whys]
    assert whys == [("ben", "", 1_000), ("ann", "", 500)]
    assert (explanation.plan, explanation.record.booking.tree_revision) == (GOLD_20, 0)


def test_a_member_who_joined_after_the_payment_has_no_upline_then_nor_later() -> None:
    found = shop(newcomer("ann"), newcomer("cai", "ann", joined_at=day(3)), plan=GOLD_20)
    assert bought(found, "order 1") == {}
    assert paid(found.do(engine.accrue, sale(id="order 2", paid_at=day(3)))) == {"ann": 1_000}


def test_a_buyer_who_joins_after_the_booking_stays_a_stranger_to_that_sale() -> None:
    found = shop(newcomer("ann"), plan=GOLD_20)
    assert bought(found, "order 1") == {}
    found.do(engine.join, newcomer("cai", "ann", joined_at=day(1)))
    assert paid(found.do(engine.refund, refund(("1", 1, 5_000)))) == {}
    assert bought(found, "order 2") == {"ann": 1_000}
    assert found.ask(engine.verify).sound


# Promoters, from the tree


def promoting(level_1: FirstLevel) -> Plan:
    rules = percent("10%", 1), percent("5%", 2), percent("2%", 3)
    return plan(*rules, upline=evolve(LEVELS, level_1=level_1))


def test_a_promoter_brings_the_own_upline() -> None:
    found = shop(
        newcomer("top"),
        newcomer("pam", "top"),
        newcomer("ann", "top"),
        newcomer("cai", "ann"),
        plan=promoting(FirstLevel.PROMOTER),
    )
    assert paid(found.do(engine.accrue, sale(promoter="pam"))) == {"pam": 1_000, "top": 500}
    stranger = sale(id="order 2", buyer="a stranger", promoter="pam")
    assert paid(found.do(engine.accrue, stranger)) == {"pam": 1_000, "top": 500}
    assert paid(found.do(engine.accrue, sale(id="order 3", promoter="cai"))) == {"ann": 1_000, "top": 500}


def test_by_default_a_promoter_counts_only_for_buyers_without_a_sponsor() -> None:
    found = shop(newcomer("pam"), newcomer("ann"), newcomer("cai", "ann"), plan=promoting(FirstLevel.SPONSOR))
    assert paid(found.do(engine.accrue, sale(promoter="pam"))) == {"ann": 1_000}
    assert paid(found.do(engine.accrue, sale(id="order 2", buyer="x", promoter="pam"))) == {"pam": 1_000}
    assert paid(found.do(engine.accrue, sale(id="order 3", buyer="ann", promoter="pam"))) == {"pam": 1_000}


def test_a_buyer_who_promotes_the_own_order_promotes_nothing() -> None:
    found = shop(newcomer("ann"), newcomer("cai", "ann"), plan=promoting(FirstLevel.PROMOTER))
    assert paid(found.do(engine.accrue, sale(promoter="cai"))) == {"ann": 1_000}
    explained = found.ask(engine.explain, ORDER).explained
    assert [(each.level, each.member) for each in explained.why_nots] == [(2, None)]


def test_the_sponsor_of_a_promoter_may_be_the_buyer_who_is_passed_over() -> None:
    found = shop(
        newcomer("top"), newcomer("cai", "top"), newcomer("pam", "cai"), plan=promoting(FirstLevel.PROMOTER)
    )
    assert paid(found.do(engine.accrue, sale(promoter="pam"))) == {"pam": 1_000, "top": 500}


# Plans


def test_versions_supersede_each_other_where_both_are_valid() -> None:
    found = shop(plan=GOLD_20)
    summer = evolve(plan(percent("15%", 1)), plan_version=2, valid_from=day(10), valid_until=day(20))
    found.do(engine.set_plan, summer)
    rates = {
        n: paid(found.do(engine.accrue, sale(id=f"order {n}", paid_at=day(n)), at=NOW))["ben"]
        for n in (9, 10, 19, 20)
    }
    assert rates == {9: 1_000, 10: 1_500, 19: 1_500, 20: 1_000}


def test_one_plan_begins_where_another_ends() -> None:
    found = shop(plan=evolve(GOLD_20, valid_until=day(10)))
    found.do(engine.set_plan, evolve(plan(percent("1%", 1)), id=PlanId("next"), valid_from=day(10)))
    assert bought(found, "order 1") == {"ben": 1_000, "ann": 500}
    assert paid(found.do(engine.accrue, sale(TWO, id="order 2", paid_at=day(10)))) == {"ben": 100}


def test_a_doubtful_plan_is_published_and_shrinks() -> None:
    found = shop(plan=evolve(GOLD_20, budget=Rate.parse("20%")))
    found.do(engine.set_tier, "ben", "gold", valid_from=day(1))
    assert bought(found, "order 1") == {"ben": 1_600, "ann": 400}
