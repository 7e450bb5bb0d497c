"""What the periods of a plan would have paid: beside its lines, by the code and the facts of real periods."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.builders import (
    CNY,
    LEVELS,
    SHANGHAI,
    Shop,
    day,
    levels,
    line,
    month,
    newcomer,
    per_order,
    per_unit,
    percent,
    plan,
    rule,
    sale,
    shop,
)
from tests.periods import (
    EVERYTHING,
    JANUARY,
    MARCH,
    MATCH,
    PARTS,
    TEAMS,
    a_monthly_plan,
    a_monthly_shop,
    accrued,
    buys,
    gives_back,
)

from distcore import engine
from distcore.commission import ByPoints, FirstOrder, FixedPerUnit, How, Margin, Plan, Points, SelfPurchase
from distcore.engine import Aspect, Baseline, Omission, Part, Simulation, simulate
from distcore.kernel import (
    Cadence,
    ComponentId,
    Currency,
    DamagedError,
    InputError,
    MemberId,
    PlanId,
    ShopPolicy,
    limits,
)
from distcore.referral import State
from distcore.testing.money import an_adjustment
from distcore.testing.period_builders import a_period_fact

FEBRUARY_20 = day(51)
JPY = Currency("JPY")


def tried(found: Shop, of: Plan | None = None, **options: object) -> Simulation:
    """Return what a plan would have cost; by default the monthly one."""
    return found.ask(simulate, of or a_monthly_plan(), **options)  # type: ignore[arg-type]


def omitted(found: Simulation) -> list[tuple[str, str]]:
    return [(each.period.label, each.reason.value) for each in found.omitted_periods]


def by_component(found: Simulation) -> dict[str | int, int]:
    return found.cost.by(Aspect.COMPONENT)


def of_periods(found: Simulation) -> dict[str | int, int]:
    return {id: minor for id, minor in by_component(found).items() if id != "levels"}


def test_periods_are_told_by_month_component_tier_and_level() -> None:
    """In the month of the last instant, with the tier of then, as level 0."""
    found = a_monthly_shop()
    found.do(engine.set_tier, "ben", "gold", valid_from=day(20))
    buys(found, "cai", 10_000, "later", day(40))

    told = tried(found)

    def part(label: str, component: str, level: int, tier: str) -> Part:
        return Part(label, ComponentId(component), level, tier)

    assert (told.sales, told.net_minor, told.omitted_periods) == (3, 130_000, ())
    assert told.cost.parts == {
        part("2026-01", "levels", 1, ""): 12_000,
        part("2026-01", "match", 0, ""): 330 + 900,
        part("2026-01", "match", 0, "gold"): 270,
        part("2026-01", "parts", 0, ""): 900,
        part("2026-01", "parts", 0, "gold"): 300,
        part("2026-01", "teams", 0, ""): 2_700,
        part("2026-01", "teams", 0, "gold"): 3_300,
        part("2026-02", "levels", 1, "gold"): 1_000,
        part("2026-02", "match", 0, ""): 100,
        part("2026-02", "match", 0, "gold"): 30,
        part("2026-02", "parts", 0, ""): 100,
        part("2026-02", "teams", 0, ""): 300,
    }
    assert told.cost.by(Aspect.LEVEL) == {0: 9_230, 1: 13_000}
    assert sum(told.cost.payees.values()) == told.cost.total_minor == 22_230


def test_what_went_back_lowers_its_period() -> None:
    found = a_monthly_shop()
    gives_back(found, "cai 90000", 90_000)
    assert of_periods(tried(found)) == {"teams": 900, "parts": 300, "match": 90}


def test_the_plan_in_force_makes_no_difference() -> None:
    found = a_monthly_shop()
    accrued(found)
    buys(found, "ben", 77, "of February", day(40))
    told = tried(found, against=Baseline.POSTED)
    assert told.baseline is not None
    assert told.baseline.payees == {"ann": 4_238, "ben": 12_870, "cai": 3_600}
    assert told.cost.payees == told.baseline.payees
    assert omitted(told) == [("2026-02", "not_posted")]


def test_what_a_period_was_accrued_by_counts_and_otherwise_what_is_known_now() -> None:
    found = a_monthly_shop()
    buys(found, "zoe", 60_000)
    before = tried(found)
    accrued(found)
    found.do(engine.move, "cai", None, valid_from=day(8), at=MARCH)
    found.do(engine.set_tier, "ben", "gold", valid_from=day(1), at=MARCH)
    found.do(engine.join, newcomer("zoe", "ann"), at=MARCH + timedelta(days=1))
    assert tried(found).cost.by(Aspect.TIER) == before.cost.by(Aspect.TIER)
    assert of_periods(tried(found)) == of_periods(before)

    other = a_monthly_shop()
    buys(other, "zoe", 60_000)
    other.do(engine.join, newcomer("zoe", "ann"), at=MARCH + timedelta(days=1))
    assert of_periods(tried(other)) != of_periods(before)


def test_a_period_is_left_out_that_is_not_over_or_not_asked_about_as_a_whole() -> None:
    found = a_monthly_shop()
    buys(found, "cai", 50_000, "later", day(40))
    january = of_periods(tried(found, until=month("2026-02").start))
    for options, labels in (
        ({"at": FEBRUARY_20}, ["2026-02"]),
        ({"at": month("2026-02").end}, []),
        ({"at": month("2026-02").end - timedelta(microseconds=1)}, ["2026-02"]),
        ({"until": FEBRUARY_20}, ["2026-02"]),
        ({"until": FEBRUARY_20, "at": MARCH}, ["2026-02"]),
        ({"since": JANUARY}, ["2026-01"]),
        ({"at": day(3)}, ["2026-01", "2026-02"]),
    ):
        told = tried(found, **options)  # type: ignore[arg-type]
        assert omitted(told) == [(label, "not_whole") for label in labels], options
        assert (of_periods(told) == january) is (labels == ["2026-02"])
        assert by_component(told)["levels"] == 17_000, "lines count all the same"


def test_what_was_posted_for_periods_is_in_the_baseline_of_any_plan() -> None:
    found = a_monthly_shop()
    accrued(found)
    told = tried(found, plan(percent("10%", 1)), against=Baseline.POSTED)
    assert told.baseline is not None
    assert (of_periods(told), told.baseline.by(Aspect.COMPONENT)) == (
        {},
        {"levels": 12_000, "match": 1_500, "parts": 1_200, "teams": 6_000},
    )
    assert told.baseline.by(Aspect.LEVEL) == {0: 8_700, 1: 12_000}
    partly = tried(found, plan(percent("10%", 1)), against=Baseline.POSTED, since=JANUARY)
    assert partly.baseline is not None
    assert (partly.baseline.total_minor, omitted(partly)) == (12_000, [("2026-01", "not_whole")])


def test_nothing_has_to_be_posted_where_the_plan_in_force_pays_for_no_period() -> None:
    """What it would cost to pay by the month is asked before anybody does."""
    found = shop(plan=plan(percent("10%", 1)))
    buys(found, "cai", 10_000)
    told = tried(found, a_monthly_plan(PARTS), against=Baseline.POSTED)
    assert told.baseline is not None
    assert (of_periods(told), omitted(told), told.baseline.total_minor) == ({"parts": 100}, [], 1_000)
    assert omitted(tried(found, a_monthly_plan(PARTS))) == []


def test_another_cadence_is_compared_where_its_last_instant_was_accrued() -> None:
    found = a_monthly_shop()
    buys(found, "cai", 10_000, "later", day(40))
    accrued(found)
    weekly = evolve(a_monthly_plan(PARTS), period_cadence=Cadence.WEEKLY)
    told = tried(found, weekly, against=Baseline.POSTED)
    assert (of_periods(told), omitted(told)) == ({"parts": 1_200}, [("week-2026-02-09", "not_posted")])


def test_periods_in_another_currency_are_none_of_the_plan() -> None:
    found = a_monthly_shop()
    accrued(found)
    yen = evolve(a_monthly_plan(), id=PlanId("yen"), currency=JPY)
    told = tried(found, yen, against=Baseline.POSTED)
    assert told.baseline is not None
    assert (told.cost.total_minor, told.baseline.total_minor, told.omitted_periods) == (0, 0, ())
    assert [each.reason for each in told.omitted] == [Omission.OTHER_CURRENCY]


def test_two_plans_have_periods_of_their_own() -> None:
    found = a_monthly_shop()
    lines = plan(percent("10%", 1))
    weekly = evolve(a_monthly_plan(PARTS), period_cadence=Cadence.WEEKLY)
    monthly = a_monthly_plan(PARTS)
    buys(found, "cai", 10_000, "later", day(31))
    against = tried(found, weekly, against=monthly, at=month("2026-01").end)
    assert against.baseline is not None
    assert (of_periods(against), against.baseline.by(Aspect.COMPONENT)) == (
        {"parts": 1_200},
        {"levels": 13_000, "parts": 1_300},
    )
    assert omitted(against) == [("week-2026-01-26", "not_whole")]
    none = tried(found, lines, against=monthly)
    assert none.baseline is not None
    assert (none.cost.total_minor, none.baseline.total_minor) == (13_000, 14_300)
    assert tried(found, monthly, against=monthly).cost == none.baseline


def test_what_is_left_of_a_sale_counts_also_where_its_lines_cannot_be_calculated() -> None:
    """As for real; what it pays by lines is matched by nobody."""
    found = a_monthly_shop()
    of_margin = evolve(a_monthly_plan(), components=(evolve(levels(percent("10%", 1)), base=Margin()),))
    told = tried(found, of_margin)
    assert [(each.reason, each.sales) for each in told.omitted] == [(Omission.BASE_UNKNOWN, 2)]
    assert (told.sales, by_component(told)) == (0, {"teams": 6_000, "parts": 1_200, "match": 600})

    found.do(engine.accrue, sale(line(units=limits.UNITS_MAX), id="bulk", paid_at=JANUARY), at=MARCH)
    told = tried(found, evolve(a_monthly_plan(PARTS), components=(levels(per_unit(2_000_000, 1)),)))
    assert [(each.reason, each.sales) for each in told.omitted] == [(Omission.AMOUNT_TOO_LARGE, 1)]
    assert by_component(told)["parts"] == 1_300


def test_a_stepwise_ladder_sees_the_sales_in_the_order_in_which_they_were_paid() -> None:
    found = a_monthly_shop()
    buys(found, "cai", 100_000, "z, and first", day(3))
    stepwise = a_monthly_plan(evolve(TEAMS, how=How.STEPWISE, subtract_legs=False))
    found.do(engine.set_plan, evolve(stepwise, plan_version=2))
    accrued(found)
    told = tried(found, stepwise, against=Baseline.POSTED)
    assert told.cost == told.baseline
    assert of_periods(told) == {"teams": (3_000 + 4_500) + 2 * (3_000 + 1_500 + 4_500)}


def test_a_stepwise_ladder_sees_no_sale_in_another_currency() -> None:
    yen = evolve(plan(percent("10%", 1)), id=PlanId("yen"), currency=JPY)
    stepwise = a_monthly_plan(evolve(TEAMS, how=How.STEPWISE))
    found = shop(plan=stepwise, policy=ShopPolicy(SHANGHAI, (CNY, JPY)))
    found.do(engine.set_plan, yen)
    buys(found, "cai", 90_000)
    found.do(engine.accrue, sale(line(net_minor=500_000), currency="JPY", paid_at=day(3)), at=MARCH)
    accrued(found)
    told = tried(found, stepwise, against=Baseline.POSTED)
    assert told.cost == told.baseline
    assert of_periods(told) == {"teams": 2_700}


def test_what_is_not_matched_is_of_no_account() -> None:
    own = SelfPurchase(ComponentId("own"), (rule("own", (), FixedPerUnit(1_000)),))
    match = evolve(MATCH, of=(LEVELS.id,))
    of_both = evolve(a_monthly_plan(match), components=(levels(percent("10%", 1)), own))
    found = shop(plan=of_both)
    buys(found, "cai", 90_000)
    accrued(found)
    told = tried(found, of_both, against=Baseline.POSTED)
    assert told.cost == told.baseline
    assert by_component(told) == {"levels": 9_000, "match": 900, "own": 1_000}


def test_who_was_no_member_or_is_suspended_gets_nothing() -> None:
    found = a_monthly_shop()
    buys(found, "guest", 60_000)
    found.do(engine.set_state, "cai", State.SUSPENDED, valid_from=day(20), at=MARCH)
    assert of_periods(tried(found, a_monthly_plan(PARTS))) == {"parts": 450}, "the rest is breakage"


def test_a_plan_without_lines_is_simulated() -> None:
    found = a_monthly_shop()
    told = tried(found, evolve(a_monthly_plan(PARTS), components=()))
    assert (told.sales, by_component(told)) == (2, {"parts": 1_200})


def test_a_shop_without_members_pays_nobody() -> None:
    found = Shop()
    found.do(engine.set_plan, a_monthly_plan(PARTS))
    buys(found, "guest", 60_000)
    told = tried(found)
    assert (told.net_minor, told.cost.total_minor, told.omitted_periods) == (60_000, 0, ())


def test_nothing_about_periods_is_read_where_no_plan_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    found = shop(plan=plan(percent("10%", 1)))
    buys(found, "cai", 10_000)
    with found.store.begin() as tx:
        monkeypatch.setattr(type(tx.period_runs), "all", property(lambda _: pytest.fail("runs are read")))
        monkeypatch.setattr(type(tx.members), "all", property(lambda _: pytest.fail("members are read")))
        told = simulate(tx, plan(percent("8%", 1)), against=Baseline.POSTED)
    assert told.cost.total_minor == 800


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="at"):
        tried(a_monthly_shop(), at=datetime(2026, 1, 1))


def test_more_than_64_bits_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = a_monthly_shop()
    monkeypatch.setattr(limits, "TOTAL_MINOR_MAX", 119_999)
    with pytest.raises(InputError, match="64 bits"):
        tried(found)


def test_a_fact_of_who_was_no_member_is_damage() -> None:
    found = a_monthly_shop()
    accrued(found)
    with found.store.begin() as tx:
        (posting,) = tx.period_runs.postings(1)
        tx.period_runs.post(evolve(posting, number=1))
        tx.period_runs.write([a_period_fact("zoe", component="teams", posting=1)])
    with pytest.raises(DamagedError, match="2026-01 paid teams to zoe"):
        tried(found, against=Baseline.POSTED)


def test_a_pool_by_points_is_split_by_those_that_the_store_holds() -> None:
    """Not by those that the plan would have given; each plan that asks, and each period, by its own end."""
    by_points, by_volume = (a_monthly_plan(each) for each in (evolve(PARTS, weights=ByPoints()), PARTS))
    found = a_monthly_shop(*by_volume.period_components)
    buys(found, "ben", 100_000, "of February", day(40))
    for payee, points, valid_at in (("ann", 100, JANUARY), ("ben", 300, day(20)), ("cai", 400, day(40))):
        one = an_adjustment(payee, payee, points, currency="POINT", valid_at=valid_at)
        found.do(engine.adjust, one, at=MARCH)
    gift = FirstOrder(ComponentId("welcome"), (per_order(0),), gift=Points(10_000))
    told = tried(found, evolve(by_points, components=(gift,)))
    assert told.cost.payees == {"ann": 300 + 125, "ben": 900 + 375, "cai": 500}
    against = tried(found, by_volume, against=evolve(by_points, id=PlanId("by points")))
    assert against.baseline is not None
    assert against.baseline.by(Aspect.COMPONENT)["parts"] == against.cost.by(Aspect.COMPONENT)["parts"]
    assert against.baseline.payees[MemberId("cai")] == 500


def test_the_plan_in_force_makes_no_difference_by_points_either() -> None:
    """Once what was told of since is posted."""
    by_points = a_monthly_plan(evolve(PARTS, weights=ByPoints()))
    found = a_monthly_shop(*by_points.period_components)
    one = an_adjustment("a", "ann", 100, currency="POINT", valid_at=JANUARY)

    def differs() -> dict[MemberId, int]:
        told = tried(found, by_points, against=Baseline.POSTED)
        assert told.baseline is not None
        assert by_component(told)["parts"] == 1_200
        return dict(Counter(told.cost.payees) - Counter(told.baseline.payees))

    found.do(engine.adjust, one, at=MARCH)
    accrued(found)
    assert differs() == {}
    found.do(engine.adjust, evolve(one, id="b", payee=MemberId("cai")), at=MARCH)
    assert differs() == {MemberId("cai"): 600}
    accrued(found)
    assert differs() == {}


def test_nothing_is_written() -> None:
    found = a_monthly_shop()
    accrued(found)
    with found.store.begin() as tx:
        before = [*tx.period_runs.all(), *tx.period_runs.sums(1), *tx.commands.all()]
        simulate(tx, a_monthly_plan(*EVERYTHING, days=0), against=Baseline.POSTED)
        assert [*tx.period_runs.all(), *tx.period_runs.sums(1), *tx.commands.all()] == before
