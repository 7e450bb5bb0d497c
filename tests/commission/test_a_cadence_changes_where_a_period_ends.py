"""Plans take turns at any instant, but another cadence begins where a period of the one before it ends."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from tests.builders import CNY, SHANGHAI
from tests.builders import plan as a_plan
from tests.periods import PARTS

from distcore.commission import Plan, cadence_changes, cadence_doubts, cadence_problems, plan_at, plan_turns
from distcore.kernel import (
    Cadence,
    Calendar,
    Currency,
    EveryDays,
    Instant,
    OnDates,
    PlanId,
    Rhythm,
    ShopPolicy,
    parse_date,
    parse_instant,
)
from distcore.testing.auditor_spans import span_of

CALENDAR = Calendar(SHANGHAI)
TICK = timedelta(microseconds=1)


def on(day: str, clock: str = "00:00:00", zone: ZoneInfo = SHANGHAI) -> Instant:
    """Return an instant by what clocks show."""
    return parse_instant(f"{day}T{clock}Z").replace(tzinfo=zone)


def version(
    number: int,
    since: str,
    cadence: Rhythm = Cadence.MONTHLY,
    until: str | None = None,
    *,
    zone: ZoneInfo = SHANGHAI,
) -> Plan:
    """Return a version that pays a pool."""
    return evolve(
        a_plan(),
        plan_version=number,
        valid_from=on(since, zone=zone),
        valid_until=None if until is None else on(until, zone=zone),
        period_components=(PARTS,),
        period_cadence=cadence,
    )


def wrong(plan: Plan, *published: Plan, calendar: Calendar = CALENDAR) -> list[str]:
    return [str(each) for each in cadence_problems(plan, published, calendar)]


def doubtful(plan: Plan, *published: Plan) -> list[str]:
    return [str(each) for each in cadence_doubts(plan, published, CALENDAR)]


MONTHLY = version(1, "2026-01-01")
WEEKLY = version(1, "2026-01-01", Cadence.WEEKLY)


def test_where_it_may_begin_is_said() -> None:
    """As an instant of the shop, which can be copied into the plan."""
    (problem,) = wrong(version(2, "2026-03-15", Cadence.WEEKLY), MONTHLY)
    assert problem == (
        "$.valid_from: period_cadence would change at 2026-03-15T00:00:00+08:00, inside 2026-03 of version 1 "
        "of plan (it may begin at 2026-04-01T00:00:00+08:00)"
    )
    assert wrong(version(2, "2026-04-01", Cadence.WEEKLY), MONTHLY) == []


def test_it_is_the_former_one_whose_period_ends() -> None:
    """The first of a month is a day of a week like any other."""
    assert wrong(version(2, "2026-02-16"), WEEKLY) == []
    (problem,) = wrong(version(2, "2026-03-01"), WEEKLY)
    assert "inside week-2026-02-23 of" in problem
    assert problem.endswith("(it may begin at 2026-03-02T00:00:00+08:00)")


@pytest.mark.parametrize("beside", [-1, 1])
def test_it_is_exact_to_the_microsecond(beside: int) -> None:
    plan = version(2, "2026-04-01", Cadence.WEEKLY)
    (problem,) = wrong(evolve(plan, valid_from=plan.valid_from + beside * TICK), MONTHLY)
    assert ("it may begin at 2026-04-01T" in problem) == (beside < 0)


@pytest.mark.parametrize(
    ("zone", "day", "offset"),
    [
        ("America/New_York", "2026-03-09", "-04:00"),  # the day after clocks went forward
        ("America/New_York", "2026-11-02", "-05:00"),  # the day after they went back
        ("Africa/Cairo", "2026-04-27", "+03:00"),
        ("America/Sao_Paulo", "2018-11-05", "-02:00"),
        ("Australia/Lord_Howe", "2026-04-06", "+10:30"),
        ("Asia/Kathmandu", "2026-04-06", "+05:45"),
    ],
)
def test_periods_are_those_of_the_shop(zone: str, day: str, offset: str) -> None:
    """Its weeks end at its midnights, by the offset that holds then."""
    there = ZoneInfo(zone)
    weekly = version(1, "2018-01-01", Cadence.WEEKLY, zone=there)
    monthly = version(2, day, zone=there)
    assert wrong(monthly, weekly, calendar=Calendar(there)) == []
    an_hour_late = evolve(monthly, valid_from=monthly.valid_from + timedelta(hours=1))
    (problem,) = wrong(an_hour_late, weekly, calendar=Calendar(there))
    assert f"would change at {day}T01:00:00{offset}, inside week-{day} of" in problem
    assert wrong(monthly, weekly, calendar=Calendar(there, week_start=6))


def test_where_no_midnight_is_the_first_instant_of_the_day_counts() -> None:
    """In Cairo clocks went from midnight to one o'clock on 24 April."""
    cairo = ZoneInfo("Africa/Cairo")
    anchored = version(1, "2026-01-01", EveryDays(2, parse_date("2026-04-24")), zone=cairo)
    monthly = version(2, "2026-04-24", zone=cairo)
    assert evolve(monthly, valid_from=on("2026-04-24", "01:00:00", cairo)) == monthly
    assert wrong(monthly, anchored, calendar=Calendar(cairo)) == []
    early = evolve(monthly, valid_from=monthly.valid_from - TICK)
    (problem,) = wrong(early, anchored, calendar=Calendar(cairo))
    assert problem.endswith("(it may begin at 2026-04-24T01:00:00+03:00)")


def test_all_of_it_is_said_at_once() -> None:
    """Where it begins, where others meet it, and where it ends and an older one comes back."""
    daily = version(3, "2026-03-10", Cadence.DAILY, "2026-03-12")
    plan = version(2, "2026-03-03", Cadence.WEEKLY, "2026-03-20")
    older = version(1, "2026-01-01", OnDates((parse_date("2026-03-12"), parse_date("2026-03-31"))))
    places = [(each.split(": ")[0], each.split(" (")[1]) for each in wrong(plan, older, daily)]
    assert places == [
        ("$.valid_from", "it may begin at 2026-03-12T00:00:00+08:00)"),
        ("$.period_cadence", "keep the period_cadence of version 3 of plan)"),
        ("$.valid_until", "it may end at 2026-03-23T00:00:00+08:00)"),
    ]


def test_a_version_that_another_one_interrupts_fits_it_at_both_ends() -> None:
    """It is what comes back that does not fit, and then it is the new one that has to keep a cadence."""
    anchored = version(3, "2026-03-09", EveryDays(2, parse_date("2026-03-09")), "2026-03-12")
    (problem,) = wrong(version(2, "2026-02-01", Cadence.DAILY), MONTHLY, anchored)
    assert problem == (
        "$.period_cadence: period_cadence would change at 2026-03-12T00:00:00+08:00, inside from-2026-03-11 "
        "of version 3 of plan (keep the period_cadence of version 3 of plan)"
    )


def test_a_period_that_never_ends_keeps_its_cadence() -> None:
    dated = version(1, "2026-01-01", OnDates((parse_date("2026-02-01"),)))
    assert wrong(version(2, "2026-02-01"), dated) == []
    (problem,) = wrong(version(2, "2026-02-02"), dated)
    assert problem.endswith("(that period never ends: keep its period_cadence)")


@pytest.mark.parametrize(
    "plan",
    [
        version(2, "2026-03-15"),
        version(2, "2026-01-01", Cadence.WEEKLY),
        evolve(version(2, "2026-03-15", Cadence.WEEKLY), period_components=()),
        evolve(version(2, "2026-03-15", Cadence.WEEKLY), currency=Currency("JPY"), id=PlanId("yen")),
        version(1, "2025-01-15", Cadence.WEEKLY, "2025-12-29"),
    ],
    ids=["the same cadence", "in its place", "nothing by the period", "another currency", "long before"],
)
def test_what_takes_no_turn_inside_a_period_is_free(plan: Plan) -> None:
    assert wrong(plan, MONTHLY) == []


def test_a_gap_lets_cadences_begin_anywhere() -> None:
    """Also one in which a version is in force that pays nothing by the period."""
    ended = version(1, "2026-01-01", until="2026-03-10")
    assert wrong(version(2, "2026-03-11", Cadence.WEEKLY), ended) == []
    bare = evolve(version(2, "2026-03-10"), period_components=())
    assert wrong(version(3, "2026-03-11", Cadence.WEEKLY), MONTHLY, bare) == []


def test_what_is_so_without_it_is_not_its_affair() -> None:
    """A shop whose plans were published before there was this rule goes on publishing."""
    before = version(2, "2026-03-15", Cadence.WEEKLY)
    assert wrong(version(3, "2026-06-01", Cadence.WEEKLY), MONTHLY, before) == []
    assert wrong(version(3, "2026-03-15", Cadence.DAILY), MONTHLY, before)


# ---- what is only doubtful


def test_a_part_of_a_period_that_nobody_pays_is_doubtful() -> None:
    (doubt,) = doubtful(version(1, "2026-01-01", until="2026-03-10"))
    assert doubt == (
        "$.valid_until: version 1 of plan makes way at 2026-03-10T00:00:00+08:00, inside 2026-03, and pays "
        "nothing by it (let it be followed by one of its period_cadence, or end where a period does)"
    )
    assert doubtful(version(1, "2026-01-01", until="2026-04-01")) == []
    assert doubtful(MONTHLY) == []


def test_a_version_that_pays_nothing_by_the_period_leaves_a_part_to_nobody() -> None:
    bare = evolve(version(2, "2026-03-10"), period_components=())
    (doubt,) = doubtful(bare, MONTHLY)
    assert doubt.startswith("$.valid_from: version 1 of plan makes way at")
    assert doubtful(evolve(bare, valid_until=on("2026-03-20")), MONTHLY) == []
    assert doubtful(version(3, "2026-05-01"), MONTHLY, bare) == []


def test_who_is_in_force_when_it_ends_pays_all_of_it() -> None:
    ended = version(1, "2026-01-01", until="2026-03-10")
    assert doubtful(ended, evolve(version(1, "2026-03-20"), id=PlanId("next"))) == []
    weekly = evolve(version(1, "2026-03-20", Cadence.WEEKLY), id=PlanId("next"))
    assert len(doubtful(ended, weekly)) == 1
    assert doubtful(weekly, ended) == []


# ---- as a law

ZONES = ("Asia/Shanghai", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe")
RHYTHMS: tuple[Rhythm, ...] = (
    Cadence.DAILY,
    Cadence.WEEKLY,
    Cadence.HALF_MONTHLY,
    Cadence.MONTHLY,
    EveryDays(3, parse_date("2026-03-05")),
)
HOURS = st.integers(0, 24 * 40) | st.integers(0, 40).map(lambda days: 24 * days)


@st.composite
def timelines(draw: st.DrawFn) -> tuple[ShopPolicy, list[Plan]]:
    """Draw plans that take turns around the change of clocks in spring, and where they do."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    begin = on("2026-03-01", zone=zone)
    plans = []
    for number in range(1, draw(st.integers(2, 5)) + 1):
        first, length = draw(HOURS), draw(st.none() | HOURS)
        since = begin.astimezone(parse_instant("2026-01-01T00:00:00Z").tzinfo) + timedelta(hours=first)
        until = None if not length else since + timedelta(hours=length)
        some = (PARTS,) if draw(st.integers(0, 4)) else ()
        cadence = draw(st.sampled_from(RHYTHMS))
        plan = version(number, "2026-01-01", cadence)
        plans.append(evolve(plan, valid_from=since, valid_until=until, period_components=some))
    return ShopPolicy(zone, (CNY,)), draw(st.permutations(plans))


def cut_through(plans: list[Plan], shop: ShopPolicy) -> set[Instant]:
    """Return where the cadence changes inside a period, found day by day."""
    found = set()
    for at in {each for plan in plans for each in (plan.valid_from, plan.valid_until) if each}:
        before, after = plan_at(plans, CNY, at - TICK), plan_at(plans, CNY, at)
        if before and after and before.period_components and after.period_components:
            cadence = before.period_cadence
            if cadence != after.period_cadence and span_of(at, cadence, shop).start != at:
                found.add(at)
    return found


@given(timelines())
@example((ShopPolicy(SHANGHAI, (CNY,)), [MONTHLY, version(2, "2026-03-15", Cadence.WEEKLY)]))
def test_it_is_refused_just_where_the_cadence_would_change_inside_a_period(
    drawn: tuple[ShopPolicy, list[Plan]],
) -> None:
    shop, plans = drawn
    published: list[Plan] = []
    for plan in plans:
        problems = wrong(plan, *published, calendar=shop.calendar)
        instants = cut_through([*published, plan], shop)
        assert len(problems) == len(instants)
        assert all(
            f"would change at {at.astimezone(shop.zone).isoformat()}," in "".join(problems) for at in instants
        )
        if not problems:
            published.append(plan)


@given(timelines())
def test_turns_are_where_another_plan_comes_into_force(drawn: tuple[ShopPolicy, list[Plan]]) -> None:
    _, plans = drawn
    found = list(plan_turns(plans, CNY))
    assert [each.at for each in found] == sorted({each.at for each in found})
    for turn in found:
        assert (turn.former, turn.latter) == (
            plan_at(plans, CNY, turn.at - TICK),
            plan_at(plans, CNY, turn.at),
        )
        assert turn.former != turn.latter
    edges = {each for plan in plans for each in (plan.valid_from, plan.valid_until) if each}
    still = edges - {each.at for each in found}
    assert all(plan_at(plans, CNY, at - TICK) == plan_at(plans, CNY, at) for at in still)


def test_a_change_of_cadence_is_where_the_former_one_ends() -> None:
    """After a gap it is known by what comes next; what pays nothing by the period changes nothing."""
    ended = version(1, "2026-01-01", until="2026-03-10")
    bare = evolve(version(2, "2026-03-12"), period_components=())
    weekly = version(3, "2026-03-20", Cadence.WEEKLY)
    newer = version(4, "2026-05-05", Cadence.WEEKLY)
    (change,) = cadence_changes([newer, bare, weekly, ended], CNY)
    assert (change.at, change.cadence) == (ended.valid_until, Cadence.WEEKLY)
