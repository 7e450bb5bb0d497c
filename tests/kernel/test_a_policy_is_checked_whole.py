"""Everything that is impossible about a shop's policy is said at once, each with its place."""

from zoneinfo import ZoneInfo

import pytest

from distcore.kernel import (
    Calendar,
    Currency,
    DayKind,
    FirstTouchForDays,
    FirstTouchForEver,
    LastTouch,
    ProtectedForDays,
    ShopPolicy,
    Weekday,
    policy_problems,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
CNY, POINT = Currency("CNY"), Currency("POINT")


def test_a_possible_policy_has_no_problem() -> None:
    assert policy_problems(ShopPolicy(SHANGHAI, (CNY, POINT))) == ()


@pytest.mark.parametrize(
    ("currencies", "places"),
    [
        ((), ["$.currencies"]),
        (("cny",), ["$.currencies[0]"]),
        ((CNY, POINT, CNY, "XXX"), ["$.currencies[2]", "$.currencies[3]"]),
    ],
)
def test_what_is_impossible_has_a_place(currencies: tuple[Currency, ...], places: list[str]) -> None:
    assert [problem.where for problem in policy_problems(ShopPolicy(SHANGHAI, currencies))] == places


@pytest.mark.parametrize("kind", [FirstTouchForDays, ProtectedForDays])
@pytest.mark.parametrize(("days", "possible"), [(0, False), (1, True), (3_660, True), (3_661, False)])
def test_a_binding_has_days(
    kind: type[FirstTouchForDays] | type[ProtectedForDays], days: int, possible: bool
) -> None:
    policy = ShopPolicy(SHANGHAI, (CNY,), binding=kind(days))
    assert [each.where for each in policy_problems(policy)] == ([] if possible else ["$.binding.days"])


@pytest.mark.parametrize(
    ("fee_tiers", "places"),
    [
        ((), []),
        (("", "gold"), []),
        (("gold", "Gold", "gold"), ["$.fee_tiers[2]"]),
        (("a\nb", ""), ["$.fee_tiers[0]"]),
    ],
)
def test_a_tier_that_costs_a_fee_is_named_once(fee_tiers: tuple[str, ...], places: list[str]) -> None:
    policy = ShopPolicy(SHANGHAI, (CNY,), fee_tiers=fee_tiers)
    assert [problem.where for problem in policy_problems(policy)] == places


@pytest.mark.parametrize("binding", [FirstTouchForEver(), LastTouch(only_without_orders=True)])
def test_a_binding_without_days_is_possible(binding: FirstTouchForEver | LastTouch) -> None:
    assert policy_problems(ShopPolicy(SHANGHAI, (CNY,), binding=binding)) == ()


@pytest.mark.parametrize(("day", "week_start"), list(zip(Weekday, range(7), strict=True)))
def test_weeks_start_on_the_day_that_is_named(day: Weekday, week_start: int) -> None:
    assert ShopPolicy(SHANGHAI, (CNY,), day).calendar == Calendar(SHANGHAI, week_start)


def test_days_are_the_calendars_or_of_24_hours() -> None:
    assert ShopPolicy(SHANGHAI, (CNY,)).day_zone is SHANGHAI
    assert ShopPolicy(SHANGHAI, (CNY,), days=DayKind.HOURS_24).day_zone is None
