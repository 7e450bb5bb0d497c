"""No month goes through the brackets of a week: a plan of another cadence begins where a period ends."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from tests.builders import CNY, SHANGHAI, Shop, line, percent, plan, sale, shop
from tests.periods import TEAMS, a_monthly_plan, accrued, worth, wrong

from distcore import engine
from distcore.commission import Bracket, PeriodRun, Plan, cadence_problems, plan_at
from distcore.engine.plan_periods import PlanPeriods
from distcore.kernel import (
    Actor,
    Cadence,
    Calendar,
    EveryDays,
    InputError,
    Instant,
    Period,
    PlanId,
    Rate,
    RefusedError,
    Rhythm,
    ShopPolicy,
    parse_date,
    parse_instant,
)

TICK = timedelta(microseconds=1)
JUNE = parse_instant("2026-06-20T00:00:00Z")
MONTHLY = a_monthly_plan(TEAMS)
OTHERWISE = "a plan in force in it has another period_cadence"


def on(day: str, zone: ZoneInfo = SHANGHAI) -> Instant:
    """Return when a day begins, by the clocks of the shop."""
    return parse_instant(f"{day}T00:00:00Z").replace(tzinfo=zone)


def weekly(number: int, since: str, zone: ZoneInfo = SHANGHAI) -> Plan:
    """Return a version whose teams are paid 9 % from 1.00 on, week by week."""
    ladder = evolve(TEAMS, brackets=(Bracket(0, Rate(0)), Bracket(100, Rate.parse("9%"))))
    plan = evolve(a_monthly_plan(ladder), plan_version=number, period_cadence=Cadence.WEEKLY)
    return evolve(plan, valid_from=on(since, zone))


def until(day: str, plan: Plan = MONTHLY) -> Plan:
    """Return a plan that ends some day."""
    return evolve(plan, valid_until=on(day))


def following(plan: Plan) -> Plan:
    """Return a plan of another id, which has nothing to do with the version numbers of another one."""
    return evolve(plan, id=PlanId("another"))


def published(*plans: Plan, zone: ZoneInfo = SHANGHAI) -> Shop:
    found = shop(policy=ShopPolicy(zone, (CNY,)))
    for each in plans:
        found.do(engine.set_plan, each)
    return found


def buys(found: Shop, minor: int, day: str) -> None:
    """Let `cai` buy something when a day begins."""
    found.do(engine.accrue, sale(line(net_minor=minor), id=f"of {day}", paid_at=on(day)), at=JUNE)


def labels(found: Shop, count: int) -> list[str]:
    """Accrue one period after another."""
    return [accrued(found, None, at=JUNE).run.period.label for _ in range(count)]


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("Asia/Shanghai", "+08:00"), ("America/New_York", "-04:00"), ("Africa/Cairo", "+02:00")],
)
def test_inside_a_month_no_week_begins(zone: str, offset: str) -> None:
    """The first day on which it may is that of the shop: in New York clocks have changed by then."""
    there = ZoneInfo(zone)
    found = published(MONTHLY, zone=there)
    (problem,) = found.problems(engine.set_plan, weekly(2, "2026-03-15", there))
    assert problem.endswith(
        f"inside 2026-03 of version 1 of plan (it may begin at 2026-04-01T00:00:00{offset})"
    )
    found.do(engine.set_plan, weekly(2, "2026-04-01", there))


def test_all_of_it_is_said_and_nothing_is_stored() -> None:
    """Under the same key it may come again, better."""
    found = published(MONTHLY)
    plan = evolve(weekly(2, "2026-03-15"), valid_until=on("2026-03-20"))
    wheres = [each.split(": ")[0] for each in found.problems(engine.set_plan, plan, key="k")]
    assert wheres == ["$.valid_from", "$.valid_until"]
    fit = evolve(plan, valid_from=on("2026-04-01"), valid_until=on("2026-04-06"))
    assert found.do(engine.set_plan, fit, key="k") == fit


def test_after_the_last_month_weeks_follow() -> None:
    """What is left of the first one is named by its first day, and paid by the brackets of a week."""
    found = published(MONTHLY, weekly(2, "2026-04-01"))
    buys(found, 50, "2026-03-31")
    buys(found, 50, "2026-04-01")
    accrued(found, "2026-03", at=JUNE)
    assert labels(found, 2) == ["from-2026-04-01", "week-2026-04-06"]
    assert (worth(found, 1), worth(found, 2)) == ({"teams": {"cai": 2}}, {})
    assert wrong(found) == []


def test_the_first_period_is_what_is_left_of_a_month() -> None:
    """All of February would take what two weeks sold along."""
    found = published(weekly(1, "2026-01-01"), evolve(MONTHLY, plan_version=2, valid_from=on("2026-02-16")))
    assert found.problems(engine.accrue_period, "CNY", "2026-02", at=JUNE) == [
        f"period: 2026-02 is no period ({OTHERWISE}: name from-2026-02-16)"
    ]
    first = accrued(found, None, at=parse_instant("2026-03-20T00:00:00Z"))
    assert (first.run.period.label, first.run.period.start) == ("from-2026-02-16", on("2026-02-16"))
    assert accrued(found, "week-2026-02-09", at=JUNE).run.period.end == on("2026-02-16")
    assert labels(found, 1) == ["2026-03"]


def test_what_is_left_of_a_month_may_be_named_at_once() -> None:
    found = published(weekly(1, "2026-01-01"), evolve(MONTHLY, plan_version=2, valid_from=on("2026-02-16")))
    assert accrued(found, "from-2026-02-16", at=JUNE).run.plan_version == 2
    assert found.problems(engine.accrue_period, "CNY", "from-2026-02-17", at=JUNE)


# ---- where nothing is in force for a while


def test_a_month_that_ends_in_weeks_is_no_period() -> None:
    """The plan of March ended on the tenth; its end belongs to weeks, by whose brackets it would be paid."""
    found = published(until("2026-03-10"), following(weekly(1, "2026-03-20")))
    buys(found, 50, "2026-03-05")
    buys(found, 70, "2026-03-20")
    accrued(found, "2026-02", at=JUNE)
    said = f"period: 2026-03 is no period ({OTHERWISE}: name week-2026-03-16)"
    for label in (None, "2026-03"):
        assert found.problems(engine.accrue_period, "CNY", label, at=JUNE) == [said]
    accrued(found, "week-2026-03-16", at=JUNE)
    assert labels(found, 1) == ["week-2026-03-23"]
    assert (worth(found, 2), wrong(found)) == ({}, [])


def test_a_version_that_pays_nothing_by_the_period_is_such_a_gap() -> None:
    bare = evolve(plan(percent("1%", 1)), plan_version=2, valid_from=on("2026-03-10"))
    found = published(MONTHLY, bare, weekly(3, "2026-03-20"))
    accrued(found, "2026-02", at=JUNE)
    (problem,) = found.problems(engine.accrue_period, "CNY", at=JUNE)
    assert problem.endswith("name week-2026-03-16)")


def test_after_a_gap_the_first_period_is_the_next_one() -> None:
    """Not the last one that has ended: those between would be left out."""
    found = published(until("2026-03-01"), following(weekly(1, "2026-03-20")))
    accrued(found, "2026-02", at=JUNE)
    assert labels(found, 2) == ["week-2026-03-16", "week-2026-03-23"]


def test_after_weeks_and_a_gap_the_month_is_what_they_left() -> None:
    """The week in which they ended is paid by nobody: it has no plan when it ends."""
    found = published(
        until("2026-03-10", weekly(1, "2026-01-01")), following(evolve(MONTHLY, valid_from=on("2026-03-18")))
    )
    buys(found, 50, "2026-03-09")
    buys(found, 7_000, "2026-03-18")
    accrued(found, "week-2026-03-02", at=JUNE)
    (problem,) = found.problems(engine.accrue_period, "CNY", at=JUNE)
    hint = "when it ends, no plan is in force that pays by the period: name from-2026-03-10"
    assert problem == f"period: week-2026-03-09 is no period ({hint})"
    assert (
        found.refused(engine.accrue_period, "CNY", "week-2026-03-09", at=JUNE).code == "no_period_components"
    )
    rest = accrued(found, "from-2026-03-10", at=JUNE)
    assert (rest.run.period.start, worth(found, 2)) == (on("2026-03-10"), {"teams": {"cai": 210}})
    assert labels(found, 1) == ["2026-04"]


def test_after_weeks_and_months_without_a_plan_there_is_no_rest() -> None:
    """What is left of March has no plan when it ends; May is whole."""
    found = published(
        until("2026-03-09", weekly(1, "2026-01-01")), following(evolve(MONTHLY, valid_from=on("2026-05-02")))
    )
    accrued(found, "week-2026-03-02", at=JUNE)
    assert found.problems(engine.accrue_period, "CNY", "from-2026-03-09", at=JUNE)
    assert labels(found, 1) == ["2026-05"]


def test_weeks_that_came_and_went_leave_the_rest_of_a_month() -> None:
    """In force at its end is a plan by the month, and yet two weeks of it were none of its affair."""
    some = until("2026-03-16", evolve(weekly(1, "2026-03-02"), id=PlanId("weeks")))
    later = evolve(MONTHLY, id=PlanId("later"), valid_from=on("2026-03-20"))
    found = published(until("2026-03-01"), some, later)
    accrued(found, "2026-02", at=JUNE)
    assert labels(found, 2) == ["week-2026-03-02", "week-2026-03-09"]
    assert labels(found, 2) == ["from-2026-03-16", "2026-04"]


def test_where_no_period_fits_none_is_named() -> None:
    """The week at the end of March goes on, and nothing is in force when it ends."""
    few = until("2026-04-02", following(weekly(1, "2026-03-30")))
    found = published(until("2026-03-10"), few)
    accrued(found, "2026-02", at=JUNE)
    (problem,) = found.problems(engine.accrue_period, "CNY", at=JUNE)
    assert problem == f"period: 2026-03 is no period ({OTHERWISE})"


# ---- what was published before there was this rule


def old_shop() -> Shop:
    """Return a shop in which weeks begin on a Sunday in the middle of March, as they could once."""
    found = published(MONTHLY)
    with found.store.begin() as tx:
        tx.plans.add(weekly(2, "2026-03-15"), at=on("2026-03-01"))
    return found


def test_what_is_published_may_stay_and_be_followed() -> None:
    found = old_shop()
    found.do(engine.set_plan, weekly(2, "2026-03-15"))
    found.do(engine.set_plan, weekly(3, "2026-05-01"))
    assert found.problems(engine.set_plan, evolve(MONTHLY, plan_version=4, valid_from=on("2026-06-02")))


def test_what_is_published_pays_no_month_by_the_week() -> None:
    found = old_shop()
    accrued(found, "2026-02", at=JUNE)
    (problem,) = found.problems(engine.accrue_period, "CNY", at=JUNE)
    assert problem.startswith("period: 2026-03 is no period")
    assert problem.endswith("name from-2026-03-15)")
    assert accrued(found, "from-2026-03-15", at=JUNE).run.period.end == on("2026-03-16")


# ---- as a law

RHYTHMS: tuple[Rhythm, ...] = (
    Cadence.DAILY,
    Cadence.WEEKLY,
    Cadence.HALF_MONTHLY,
    Cadence.MONTHLY,
    EveryDays(3, parse_date("2026-03-05")),
)
ZONES = ("Asia/Shanghai", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe")
DAYS = st.integers(0, 60)


@st.composite
def shops(draw: st.DrawFn) -> tuple[Calendar, list[Plan]]:
    """Draw what a shop could publish around the change of clocks in spring."""
    calendar = Calendar(ZoneInfo(draw(st.sampled_from(ZONES))))
    begin = on("2026-03-01", calendar.zone)
    found: list[Plan] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        since = begin + timedelta(days=draw(DAYS))
        length = draw(st.none() | st.integers(1, 40))
        some = (TEAMS,) if draw(st.integers(0, 4)) else ()
        one = evolve(
            MONTHLY,
            plan_version=number,
            valid_from=since,
            valid_until=None if length is None else since + timedelta(days=length),
            period_cadence=draw(st.sampled_from(RHYTHMS)),
            period_components=some,
        )
        if not list(cadence_problems(one, found, calendar)):
            found.append(one)
    return calendar, found


def a_run(number: int, period: Period) -> PeriodRun:
    return PeriodRun(number, CNY, period, MONTHLY.id, 1, 0, JUNE, Actor("tester"), JUNE)


def asked(plans: list[Plan], runs: list[PeriodRun], calendar: Calendar, label: str | None) -> Period | None:
    """Return a period, or None where there is no such one, or no next one."""
    periods = PlanPeriods(CNY, plans, runs, calendar)
    try:
        found = periods.next(JUNE) if label is None else periods.named(label)
        periods.plan_for(found)
    except (InputError, RefusedError):
        return None
    return found


def cadences_in(plans: list[Plan], period: Period) -> set[Rhythm]:
    """Return how time is cut by the plans in force inside a period."""
    edges = {each for plan in plans for each in (plan.valid_from, plan.valid_until) if each}
    inside = {period.start, period.end - TICK, *(at for at in edges if at in period)}
    then = (plan_at(plans, CNY, at) for at in inside)
    return {each.period_cadence for each in then if each is not None and each.period_components}


@given(shops(), st.data())
@example((Calendar(SHANGHAI), [until("2026-03-10"), evolve(weekly(2, "2026-03-20"))]), None)
def test_a_period_has_one_cadence_and_follows_another(
    drawn: tuple[Calendar, list[Plan]], data: st.DataObject | None
) -> None:
    """Whatever was published, and in whatever order periods are accrued."""
    calendar, plans = drawn
    runs: list[PeriodRun] = []
    for number in range(1, 9):
        found = asked(plans, runs, calendar, None)
        if found is None:
            break
        assert len(cadences_in(plans, found)) == 1
        assert all(found.start >= each.period.end for each in runs)
        assert asked(plans, [], calendar, found.label) == asked(plans, runs, calendar, found.label) == found
        runs.append(a_run(number, found))
    first = parse_date("2026-03-01")
    day = first if data is None else first + timedelta(days=data.draw(DAYS))
    for label in (f"week-{day}", f"{day}", f"{day:%Y-%m}", f"{day:%Y-%m}-H1", f"from-{day}"):
        named = asked(plans, [], calendar, label)
        assert named is None or len(cadences_in(plans, named)) == 1
