"""What a plan would have cost: by month, tier, level, component and payee, beside what was posted."""

from datetime import timedelta
from importlib import import_module

import pytest
from attrs import evolve

from distcore.commission import (
    Cap,
    FixedPerUnit,
    Margin,
    Percent,
    Plan,
    PromoterShare,
    Rule,
    SelfPurchase,
    Unqualified,
    Upline,
)
from distcore.engine import (
    Aspect,
    Baseline,
    Omission,
    Omitted,
    Part,
    accrue,
    cancel,
    refund,
    set_plan,
    set_tier,
    simulate,
)
from distcore.kernel import (
    CapId,
    ComponentId,
    DamagedError,
    InputError,
    Instant,
    Rate,
    RefusedError,
    RuleId,
    limits,
)
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    DAY_10,
    Shop,
    a_booking,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    an_accrual,
    day,
    levels,
)

FEBRUARY = day(31, 16)
"""Midnight in Shanghai: the first instant of February."""


def opened(*, plan: Plan | None = None) -> Shop:
    members = [
        evolve(each, tier=tier)
        for each, tier in zip(a_chain("ann", "ben", "cai"), ("gold", "", ""), strict=True)
    ]
    return Shop.open(
        MemoryStore("shop"),
        plan,
        [*members, a_member("zoe", tier="silver")],
        a_policy(currencies=("CNY", "JPY")),
    )


def costs(shop: Shop, plan: Plan, **options: object) -> dict[str, int]:
    with shop.store.begin() as tx:
        return {str(payee): minor for payee, minor in simulate(tx, plan, **options).cost.payees.items()}  # type: ignore[arg-type]


def test_costs_are_told_by_month_component_level_and_tier() -> None:
    shop = opened()
    shop.do(accrue, a_sale("o1", lines=[a_line("1"), a_line("2", net_minor=5_000)]))
    shop.do(accrue, a_sale("o2", paid_at=FEBRUARY - timedelta(microseconds=1)))
    shop.do(accrue, a_sale("o3", paid_at=FEBRUARY, promoter="zoe"))
    share = PromoterShare(ComponentId("share"), (Rule(RuleId("all"), Percent(Rate.parse("1%"))),))
    own = SelfPurchase(ComponentId("own"), (Rule(RuleId("all"), FixedPerUnit(7)),))

    with shop.store.begin() as tx:
        found = simulate(tx, a_plan(levels("20%", "4%"), share, own))

    assert (found.sales, found.net_minor, found.omitted, found.baseline) == (3, 35_000, (), None)
    assert found.compared(largest=1) is None
    assert found.cost.parts == {
        Part("2017-01", ComponentId("levels"), 1, ""): 5_000,
        Part("2017-01", ComponentId("levels"), 2, "gold"): 1_000,
        Part("2017-01", ComponentId("own"), 0, ""): 21,
        Part("2017-02", ComponentId("levels"), 1, ""): 2_000,
        Part("2017-02", ComponentId("levels"), 2, "gold"): 400,
        Part("2017-02", ComponentId("own"), 0, ""): 7,
        Part("2017-02", ComponentId("share"), 0, "silver"): 100,
    }
    assert found.cost.payees == {"ann": 1_400, "ben": 7_000, "cai": 28, "zoe": 100}
    assert found.cost.total_minor == 8_528
    assert found.cost.by(Aspect.MONTH) == {"2017-01": 6_021, "2017-02": 2_507}
    assert found.cost.by(Aspect.COMPONENT) == {"levels": 8_400, "own": 28, "share": 100}
    assert found.cost.by(Aspect.LEVEL) == {0: 128, 1: 7_000, 2: 1_400}
    assert found.cost.by(Aspect.TIER) == {"": 7_028, "gold": 1_400, "silver": 100}
    assert (found.cost.spread.count, found.cost.spread.median_minor) == (4, 750)


def test_what_went_back_is_not_paid_for() -> None:
    shop = opened()
    for id in ("o1", "o2", "o3"):
        shop.do(accrue, a_sale(id))
    shop.do(refund, a_refund("r1", "o1", {"1": (0, 4_000)}))
    shop.do(cancel, a_cancellation("o2"))

    with shop.store.begin() as tx:
        found = simulate(tx, a_plan(levels("50%")), against=Baseline.POSTED)

    assert (found.sales, found.net_minor) == (3, 16_000)
    assert found.cost.payees == {"ben": 8_000}
    assert found.baseline is not None
    assert found.baseline.payees == {"ann": 800, "ben": 1_600}
    compared = found.compared(largest=1)
    assert compared is not None
    assert (compared.gaining, compared.gained_minor, compared.losing, compared.lost_minor) == (
        1,
        6_400,
        1,
        800,
    )
    assert [(each.payee, each.change_minor) for each in compared.largest] == [("ben", 6_400)]


def test_what_was_posted_is_told_by_the_plans_it_was_posted_by() -> None:
    """Each sale by the version that it was pinned to, and the tiers of then."""
    shop = opened()
    shop.do(accrue, a_sale("o1"))
    shop.do(set_plan, a_plan(levels("1%", id="changed"), plan_version=2))
    shop.do(set_tier, "ben", "gold", valid_from=day(11))
    shop.do(accrue, a_sale("o2", paid_at=day(12)))
    shop.do(accrue, a_sale("o3", buyer="guest", paid_at=day(12)))

    with shop.store.begin() as tx:
        found = simulate(tx, a_plan(levels("1%", id="changed"), plan_version=3), against=Baseline.POSTED)

    assert found.baseline is not None
    assert found.baseline.by(Aspect.COMPONENT) == {"changed": 100, "levels": 1_500}
    assert found.baseline.by(Aspect.TIER) == {"": 1_000, "gold": 600}
    assert found.cost.by(Aspect.TIER) == {"": 100, "gold": 100}


def test_a_level_counts_for_the_tier_of_its_holder_also_where_it_rolls_up() -> None:
    shop = opened()
    shop.do(accrue, a_sale())
    plan = a_plan(levels("10%", unqualified=Unqualified.ROLLS_UP, qualified_tiers=("gold",)))

    with shop.store.begin() as tx:
        found = simulate(tx, plan)

    assert found.cost.parts == {Part("2017-01", ComponentId("levels"), 1, ""): 1_000}
    assert found.cost.payees == {"ann": 1_000}


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, 3),
        (day(10), None, 2),
        (None, day(10), 1),
        (day(10), day(11), 1),
        (day(12), day(13), 0),
    ],
)
def test_only_sales_of_a_span_count(since: Instant | None, until: Instant | None, expected: int) -> None:
    shop = opened()
    for number in (9, 10, 11):
        shop.do(accrue, a_sale(f"o{number}", paid_at=day(number)))
    plan = a_plan(valid_from=day(300))  # a plan that holds later is simulated all the same
    assert costs(shop, plan, since=since, until=until).get("ben", 0) == expected * 1_000


def test_what_cannot_be_calculated_is_counted_and_named() -> None:
    shop = opened()
    shop.do(set_plan, a_plan(id="yen", currency="JPY"))
    shop.do(accrue, a_sale("yen 2", currency="JPY"))
    shop.do(accrue, a_sale("yen 1", currency="JPY"))
    shop.do(accrue, a_sale("bulk", lines=[a_line(units=limits.UNITS_MAX)]))
    shop.do(accrue, a_sale("no cost"))
    shop.do(accrue, a_sale("costly", lines=[evolve(a_line(), cost_minor=4_000)]))
    of_margin = Upline(
        ComponentId("m"), (Rule(RuleId("1"), Percent(Rate.parse("10%")), (1,)),), base=Margin()
    )
    per_unit = Upline(ComponentId("u"), (Rule(RuleId("1"), FixedPerUnit(2_000_000), (1,)),))

    with shop.store.begin() as tx:
        margin = simulate(tx, a_plan(of_margin), against=Baseline.POSTED)
        units = simulate(tx, a_plan(per_unit), against=a_plan(of_margin))

    assert margin.omitted == (
        Omitted(Omission.OTHER_CURRENCY, 2, a_sale("yen 1").id),
        Omitted(Omission.BASE_UNKNOWN, 2, a_sale("bulk").id),
    )
    assert (margin.sales, margin.net_minor, margin.cost.total_minor) == (1, 10_000, 600)
    assert margin.baseline is not None
    assert margin.baseline.total_minor == 1_500  # of the same sale, and of no other
    assert units.omitted == margin.omitted
    with shop.store.begin() as tx:
        alone = simulate(tx, a_plan(per_unit))
    assert alone.omitted[1:] == (Omitted(Omission.AMOUNT_TOO_LARGE, 1, a_sale("bulk").id),)
    assert alone.sales == 2


def test_two_plans_are_compared_sale_by_sale() -> None:
    shop = opened()
    shop.do(accrue, a_sale())
    with shop.store.begin() as tx:
        found = simulate(tx, a_plan(levels("10%", "10%")), against=a_plan(levels("20%")))
    assert found.cost.payees == {"ann": 1_000, "ben": 1_000}
    assert found.baseline is not None
    assert found.baseline.payees == {"ben": 2_000}


def test_a_batch_is_told_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("distcore.engine.simulate"), "BATCH", 2)
    shop = opened()
    for number in range(5):
        shop.do(accrue, a_sale(f"o{number}", buyer=("cai", "zoe", "guest")[number % 3]))
    told: list[int] = []
    assert costs(shop, a_plan(), progress=told.append) == {"ann": 1_000, "ben": 2_000}
    assert told == [2, 4, 5]


def test_a_shop_without_sales_costs_nothing() -> None:
    with opened().store.begin() as tx:
        found = simulate(tx, a_plan(), against=Baseline.POSTED)
    assert (found.sales, found.cost.total_minor, found.cost.spread.count) == (0, 0, 0)
    assert found.cost == found.baseline


def test_nothing_is_written() -> None:
    shop = opened()
    shop.do(accrue, a_sale())
    before = shop.dump()
    costs(shop, a_plan(levels("50%")), against=Baseline.POSTED)
    assert shop.dump() == before


def test_a_plan_that_cannot_be_is_refused() -> None:
    shop = opened()
    with pytest.raises(InputError, match="components"):
        costs(shop, evolve(a_plan(), components=()))
    with pytest.raises(InputError, match="components"):
        costs(shop, a_plan(), against=evolve(a_plan(), components=()))
    with pytest.raises(InputError, match="another currency"):
        costs(shop, a_plan(), against=a_plan(currency="JPY"))
    with pytest.raises(InputError, match="ends before it begins"):
        costs(shop, a_plan(), since=DAY_10, until=DAY_10)


def test_a_shop_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedError, match="no policy"):
        costs(Shop(MemoryStore("nobody's")), a_plan())


def test_a_fact_of_a_level_that_nobody_held_is_damage() -> None:
    shop = opened()
    with shop.store.begin() as tx:
        tx.sales.book([a_booking(a_sale(buyer="ben"), an_accrual("zoe", 5, level=2))], [])
    with pytest.raises(DamagedError, match="level 2 of levels"):
        costs(shop, a_plan(), against=Baseline.POSTED)


def capped(version: int, **options: object) -> Plan:
    by = a_plan(levels("10%"), plan_version=version, **options)  # type: ignore[arg-type]
    return evolve(by, caps=(Cap(CapId("ever"), 1_500),))


@pytest.mark.parametrize(("pinned", "other"), [("o1", "o2"), ("o2", "o1")])
def test_who_keeps_what_it_was_granted_comes_before_all_others(pinned: str, other: str) -> None:
    """Whatever their ids: by the first version Ben would have 10.00 and 10.00, and the cap is 15.00."""
    shop = opened(plan=capped(1))
    shop.do(set_plan, a_plan(levels("1%"), plan_version=2, valid_from=day(5)))
    shop.do(accrue, a_sale(pinned, paid_at=day(4)))
    shop.do(accrue, a_sale(other, paid_at=day(6)))
    assert costs(shop, capped(1)) == {"ben": 1_500}
    assert costs(shop, capped(1), until=day(5)) == {"ben": 1_000}
    assert costs(shop, capped(1), since=day(5)) == {"ben": 500}, "what the other one leaves"
