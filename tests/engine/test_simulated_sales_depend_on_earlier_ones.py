"""What a plan pays for a sale may depend on what was paid for before: by whom, for whom, and how much.

Also where that is not asked about, and where the plan that was in force did not keep it.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore.commission import (
    AfterRefund,
    Cancellation,
    Cap,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    Margin,
    OrderNumber,
    Percent,
    Plan,
    PriceCorrection,
    Refund,
    Rule,
    Upline,
)
from distcore.engine import (
    Aspect,
    Baseline,
    Omission,
    accrue,
    cancel,
    correct_price,
    refund,
    set_plan,
    simulate,
)
from distcore.kernel import Cadence, CapId, ComponentId, Instant, Rate, RuleId
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_plan,
    a_policy,
    a_price,
    a_refund,
    a_sale,
    day,
    levels,
)

FEBRUARY = day(31, 16)
"""Midnight in Shanghai: the first instant of February."""


def opened(*, plan: Plan | None = None) -> Shop:
    people = a_chain("ann", "ben", "cai")
    return Shop.open(MemoryStore("shop"), plan, people, a_policy(currencies=("CNY", "JPY")))


def costs(shop: Shop, plan: Plan, **options: Any) -> dict[str, int]:
    with shop.store.begin() as tx:
        return {str(payee): minor for payee, minor in simulate(tx, plan, **options).cost.payees.items()}


def monthly_cap() -> Plan:
    """Return a plan under a cap of 15.00 for each earner and month."""
    return evolve(
        a_plan(levels("10%"), id="other"), caps=(Cap(CapId("monthly"), 1_500, within=Cadence.MONTHLY),)
    )


def brackets() -> Plan:
    """Return a plan that pays 10 % until somebody has earned 15.00, and 1 % from then on."""
    first = Rule(RuleId("first"), Percent(Rate.parse("10%")), (1,), match=EarnedBefore(0, 1_500))
    later = Rule(RuleId("later"), Percent(Rate.parse("1%")), (1,))
    return a_plan(Upline(ComponentId("levels"), (first, later)), id="other")


def welcome(answer: AfterRefund = AfterRefund.NEXT_ORDER, **options: Any) -> Plan:
    """Return a plan that pays 10.00 for a first order."""
    rule = Rule(RuleId("fixed"), FixedPerOrder(1_000))
    return a_plan(FirstOrder(ComponentId("welcome"), (rule,), after_refund=answer), **options)


def numbered(least: int = 2) -> Plan:
    """Return a plan that pays 10.00 for every order from the second one on."""
    rule = Rule(RuleId("fixed"), FixedPerOrder(1_000), (1,), match=OrderNumber(least))
    return a_plan(Upline(ComponentId("levels"), (rule,)), id="other")


@pytest.mark.parametrize("plan", [monthly_cap(), brackets(), welcome(id="other"), numbered()])
def test_a_month_costs_its_part_of_everything(plan: Plan) -> None:
    """Begun in its middle, too: what is paid before uses up caps, and counts as earned and as orders."""
    shop = opened()
    paid = {"o9": day(8), "o2": day(20), "o1": FEBRUARY - timedelta(hours=1), "o3": FEBRUARY, "o0": day(40)}
    for id, paid_at in paid.items():
        shop.do(accrue, a_sale(id, paid_at=paid_at), at=day(50))
    with shop.store.begin() as tx:
        everything = simulate(tx, plan, against=Baseline.POSTED)
        january, february = simulate(tx, plan, until=FEBRUARY), simulate(tx, plan, since=FEBRUARY)
        begun, ended = simulate(tx, plan, until=day(15)), simulate(tx, plan, since=day(15))
    by_month = everything.cost.by(Aspect.MONTH)
    assert (january.cost.by(Aspect.MONTH), february.cost.by(Aspect.MONTH)) == (
        {month: minor for month, minor in by_month.items() if month == "2017-01"},
        {month: minor for month, minor in by_month.items() if month == "2017-02"},
    )
    assert begun.cost.total_minor + ended.cost.total_minor == everything.cost.total_minor
    assert (january.sales, february.sales, everything.sales) == (3, 2, 5)


def test_what_comes_first_is_what_was_paid_first() -> None:
    """Whatever the ids, and in whatever order they were accrued; of two at once it is the lower id."""
    shop = opened()
    for id, paid_at in (("o1", day(12)), ("o9", day(10)), ("o3", day(11)), ("o2", day(11))):
        lines = [a_line(net_minor=1_000 * int(id[1]))]
        shop.do(accrue, a_sale(id, paid_at=paid_at, lines=lines), at=day(20))
    cap = evolve(a_plan(levels("10%"), id="other"), caps=(Cap(CapId("ever"), 1_000),))
    assert costs(shop, cap, until=day(11)) == {"ben": 900}
    assert costs(shop, cap, since=day(11), until=day(12)) == {"ben": 100}
    assert costs(shop, cap, since=day(12)) == {}
    assert costs(shop, numbered(), until=day(11)) == {}
    assert costs(shop, numbered(3), since=day(11), until=day(12)) == {"ben": 1_000}, (
        "the one of the higher id"
    )


def test_what_was_bought_before_is_counted_where_the_plan_in_force_did_not_ask() -> None:
    """Nothing is left out, and what was not asked about counts as an order all the same."""
    shop = opened()
    for number, buyer in enumerate(("cai", "cai", "ben", "cai"), start=1):
        shop.do(accrue, a_sale(f"o{number}", buyer, paid_at=day(number + 9)), at=day(20))
    with shop.store.begin() as tx:
        found = simulate(tx, welcome(id="other"), against=numbered())
    assert (found.sales, found.omitted) == (4, ())
    assert found.cost.payees == {"ann": 1_000, "ben": 1_000}, "for ben's order, and the first of cai"
    assert found.baseline is not None
    assert found.baseline.payees == {"ben": 2_000}
    assert costs(shop, numbered(), since=day(12)) == {"ben": 1_000}


def test_an_order_that_cannot_be_calculated_is_an_order() -> None:
    shop = opened()
    shop.do(accrue, a_sale("o1", paid_at=day(10)))
    shop.do(accrue, a_sale("o2", lines=[evolve(a_line(), cost_minor=4_000)], paid_at=day(11)), at=day(20))
    (component,) = numbered().components
    assert isinstance(component, Upline)
    with shop.store.begin() as tx:
        found = simulate(tx, evolve(numbered(), components=(evolve(component, base=Margin()),)))
    assert [(each.reason, each.sales) for each in found.omitted] == [(Omission.BASE_UNKNOWN, 1)]
    assert found.cost.payees == {"ben": 1_000}


def test_orders_in_another_currency_are_those_of_another_buyer() -> None:
    shop = opened()
    shop.do(set_plan, a_plan(id="yen", currency="JPY"))
    shop.do(accrue, a_sale("o1", currency="JPY", paid_at=day(10)))
    shop.do(accrue, a_sale("o2", paid_at=day(11)), at=day(20))
    assert costs(shop, welcome(id="other")) == {"ben": 1_000}
    with shop.store.begin() as tx:
        late = simulate(tx, welcome(id="other"), since=day(11))
    assert (late.sales, late.omitted) == (1, ()), "what is not asked about is not left out"


def back(id: str, refunded_at: Instant, **options: Any) -> Refund:
    return a_refund(id, "o1", {"1": (1, 10_000)}, refunded_at=refunded_at, **options)


VERBS: Mapping[type, Callable[..., object]] = {
    Refund: refund,
    Cancellation: cancel,
    PriceCorrection: correct_price,
}


def dearer(corrected_at: Instant) -> PriceCorrection:
    return a_price("p1", {"1": 15_000}, "o1", corrected_at=corrected_at)


@pytest.mark.parametrize(
    ("corrections", "paid"),
    [
        ([back("r1", day(12))], {"o2"}),
        ([back("r1", day(13))], {"o3"}),
        ([back("r1", day(15))], set()),
        ([a_refund("r1", "o1", {"1": (1, 9_999)}, refunded_at=day(12))], {"o1"}),
        ([a_cancellation("o1", day(13))], {"o3"}),
        (
            [
                back("r1", day(13)),
                back("r2", day(11), repeats="r1"),
            ],
            {"o2"},
        ),
        (
            [
                back("r1", day(13)),
                back("r2", day(14), repeats="r1"),
            ],
            {"o3"},
        ),
        ([back("r1", day(11)), dearer(day(12))], {"o2"}),
        ([dearer(day(12)), back("r1", day(11))], {"o2"}),
        ([back("r1", day(12)), dearer(day(11))], {"o1"}),
        ([back("r1", day(14)), dearer(day(15))], set()),
    ],
    ids=[
        "before",
        "at once",
        "later",
        "a part",
        "cancelled",
        "charged back before",
        "charged back later",
        "and came back by a price",
        "and came back by a price that was told before",
        "but was dearer by then, as was told later",
        "later, and came back by a price",
    ],
)
def test_a_first_order_that_went_back_before_the_next_is_none(
    corrections: list[Refund | Cancellation | PriceCorrection], paid: set[str]
) -> None:
    """By when it happened, whenever it was told."""
    shop = opened()
    sales = {"o1": day(10), "o2": day(12), "o3": day(13)}
    for id, paid_at in sales.items():
        shop.do(accrue, a_sale(id, paid_at=paid_at), at=day(20))
    for each in corrections:
        shop.do(VERBS[type(each)], each, at=day(20))
    found = {
        id
        for id, at in sales.items()
        if costs(shop, welcome(id="other"), since=at, until=at + timedelta(seconds=1))
    }
    assert found == paid
    assert not costs(shop, welcome(AfterRefund.LOST, id="other"), since=day(12))


def test_an_order_that_is_worth_nothing_is_no_first_one() -> None:
    shop = opened()
    shop.do(accrue, a_sale("o1", lines=[a_line(net_minor=0)], paid_at=day(10)))
    shop.do(accrue, a_sale("o2", paid_at=day(11)), at=day(20))
    assert costs(shop, welcome(id="other")) == {"ben": 1_000}


def test_what_was_frozen_as_a_first_order_is_the_only_one() -> None:
    """It was accrued before the other one, though that was paid before; then it went back."""
    shop = opened(plan=a_plan(id="asks nothing", valid_until=day(11)))
    shop.do(set_plan, welcome(valid_from=day(11)))
    shop.do(accrue, a_sale("late", paid_at=day(12)), at=day(20))
    shop.do(accrue, a_sale("early", paid_at=day(10)), at=day(20))
    assert costs(shop, welcome(id="other")) == {"ben": 1_000}
    assert costs(shop, welcome(id="other"), until=day(12)) == {}
    assert costs(shop, welcome(id="other"), since=day(12)) == {"ben": 1_000}


def test_what_was_frozen_goes_on_in_what_was_not() -> None:
    """The first order was accrued by a plan that asked; the one after it is the second all the same."""
    shop = opened(plan=welcome(valid_until=day(11)))
    shop.do(set_plan, a_plan(id="asks nothing", valid_from=day(11)))
    for number in (10, 12):
        shop.do(accrue, a_sale(f"o{number}", paid_at=day(number)), at=day(20))
    assert costs(shop, welcome(id="other")) == {"ben": 1_000}
    assert costs(shop, numbered(), since=day(11)) == {"ben": 1_000}


@pytest.mark.parametrize("ends", [back("r1", day(11)), a_price("p0", {"1": 0}, "o1", corrected_at=day(11))])
def test_what_was_earned_before_is_what_a_first_order_paid_as_it_was_sold(
    ends: Refund | PriceCorrection,
) -> None:
    """Whatever passed it on since: whoever has the payment of a first order twice has earned both."""
    shop = opened()
    shop.do(accrue, a_sale("o1", paid_at=day(10)))
    shop.do(VERBS[type(ends)], ends)
    shop.do(correct_price, dearer(day(12)))
    for number in (13, 14):
        shop.do(accrue, a_sale(f"o{number}", paid_at=day(number)), at=day(20))
    rule = Rule(RuleId("later"), FixedPerOrder(1), (1,), match=EarnedBefore(2_000))
    both = evolve(
        welcome(id="other"),
        components=(*welcome().components, Upline(ComponentId("levels"), (rule,))),
        caps=(Cap(CapId("ever"), 2_000, components=(ComponentId("welcome"),)),),
    )
    assert costs(shop, both, since=day(13), until=day(14)) == {"ben": 1_000}
    assert costs(shop, both, since=day(14)) == {"ben": 1}
