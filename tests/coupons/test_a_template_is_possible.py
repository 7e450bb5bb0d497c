"""What is impossible about a template of coupons is said, all of it at once, with its place."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from distcore.coupons import (
    BetweenDates,
    CouponTemplate,
    DaysFromClaim,
    TemplateId,
    coupon_template_problems,
    is_claimable,
    taking_in_total,
    taking_of_day,
    taking_of_member,
    window_of,
)
from distcore.kernel import Count, Currency, InputError, Instant, MemberId, Taking, limits, parse_instant

NOON = parse_instant("2026-11-27T12:00:00+08:00")
SHANGHAI = ZoneInfo("Asia/Shanghai")
WELCOME = CouponTemplate(TemplateId("welcome"), Currency("CNY"), "ten-off", DaysFromClaim(7), 100)
DAY = timedelta(days=1)


def between(first: int, last: int) -> BetweenDates:
    """Return the dates so many days from noon."""
    return BetweenDates(NOON + first * DAY, NOON + last * DAY)


def edges() -> list[CouponTemplate]:
    """Return what is just possible."""
    most = limits.COUPONS_OF_TEMPLATE_MAX
    return [
        WELCOME,
        evolve(WELCOME, total_max=1, per_member_max=1, per_day_max=1, validity=DaysFromClaim(1)),
        evolve(WELCOME, total_max=most, per_member_max=most, per_day_max=most),
        evolve(WELCOME, validity=DaysFromClaim(limits.COUPON_DAYS_MAX), word="惊喜-24"),
        evolve(WELCOME, claim_from=NOON, claim_until=NOON + DAY, validity=between(1, 2)),
        evolve(WELCOME, claim_from=NOON, validity=between(-1, 1)),
    ]


@pytest.mark.parametrize("template", edges())
def test_what_is_possible_has_no_problem(template: CouponTemplate) -> None:
    assert coupon_template_problems(template) == ()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": ""}, "$.id"),
        ({"currency": "XXX"}, "$.currency"),
        ({"offer": "a\nb"}, "$.offer"),
        ({"total_max": 0}, "$.total_max"),
        ({"total_max": limits.COUPONS_OF_TEMPLATE_MAX + 1}, "$.total_max"),
        ({"total_max": True}, "$.total_max"),
        ({"per_member_max": 0}, "$.per_member_max"),
        ({"per_day_max": 0}, "$.per_day_max"),
        ({"claim_from": NOON, "claim_until": NOON}, "$.claim_until"),
        ({"word": "no"}, "$.word"),
        ({"word": "x" * 33}, "$.word"),
        ({"validity": between(1, 1)}, "$.validity.valid_until"),
        ({"validity": between(0, 1), "claim_from": NOON + DAY}, "$.claim_from"),
        ({"validity": DaysFromClaim(0)}, "$.validity.days"),
        ({"validity": DaysFromClaim(limits.COUPON_DAYS_MAX + 1)}, "$.validity.days"),
        ({"validity": None}, "$.validity"),
        ({"newcomers": 1}, "$.newcomers"),
    ],
)
def test_what_is_impossible_is_named(changes: dict[str, Any], where: str) -> None:
    assert [each.where for each in coupon_template_problems(evolve(WELCOME, **changes))] == [where]


def test_everything_is_said_at_once() -> None:
    wrong = evolve(WELCOME, id=TemplateId(""), total_max=0, validity=DaysFromClaim(0))
    assert [each.where for each in coupon_template_problems(wrong)] == [
        "$.id",
        "$.total_max",
        "$.validity.days",
    ]


@pytest.mark.parametrize(
    ("changes", "at", "open_then"),
    [
        ({}, NOON, True),
        ({"claim_from": NOON}, NOON, True),
        ({"claim_from": NOON + DAY}, NOON, False),
        ({"claim_until": NOON}, NOON, False),
        ({"claim_until": NOON + DAY}, NOON, True),
        ({"validity": between(-1, 0)}, NOON, False),
        ({"validity": between(1, 2)}, NOON, True),
    ],
)
def test_coupons_are_claimed_in_their_time(changes: dict[str, Any], at: Instant, open_then: bool) -> None:
    """From its beginning on, up to its end and not at it; never when the coupon would be over at once."""
    assert is_claimable(evolve(WELCOME, **changes), at) is open_then


def test_days_are_days_of_the_shop() -> None:
    """Through the end of summer time a day has 25 hours."""
    berlin = ZoneInfo("Europe/Berlin")
    start = parse_instant("2026-10-25T00:30:00+02:00")
    one = evolve(WELCOME, validity=DaysFromClaim(1))
    assert window_of(one, start, berlin) == (start, start + timedelta(hours=25))
    assert window_of(evolve(WELCOME, validity=between(1, 2)), start, berlin) == (NOON + DAY, NOON + 2 * DAY)


def test_a_claim_counts_in_total_by_day_and_by_member() -> None:
    late = parse_instant("2026-11-27T16:30:00Z")
    assert taking_in_total(WELCOME, 7) == Taking(Count("coupon", "welcome"), 7, 100)
    assert taking_of_member(WELCOME, MemberId("ann")) == Taking(Count("coupon", "welcome", "", "ann"), 1, 1)
    (day,) = taking_of_day(evolve(WELCOME, per_day_max=5), late, SHANGHAI)
    assert day == Taking(Count("coupon", "welcome", "2026-11-28"), 1, 5)
    assert taking_of_day(WELCOME, late, SHANGHAI) == ()


@pytest.mark.parametrize("name", ["valid_from", "valid_until", "claim_from", "claim_until"])
def test_an_instant_is_one_wherever_it_was_written(name: str) -> None:
    """In any zone, with an offset, and within what a store can keep; else it is refused with its name."""
    dates = {"valid_from": NOON - DAY, "valid_until": NOON + DAY}

    def made(value: Any) -> CouponTemplate:
        if name in dates:
            return evolve(WELCOME, validity=BetweenDates(**(dates | {name: value})))
        return evolve(WELCOME, **{name: value})

    assert made(NOON.astimezone(SHANGHAI)) == made(NOON)
    for wrong in (NOON.replace(tzinfo=None), NOON.replace(year=1900), NOON.replace(year=9999), "now"):
        with pytest.raises(InputError) as caught:
            made(wrong)
        assert [each.where for each in caught.value.problems] == [name]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"claim_from": NOON, "claim_until": NOON},
            ("is not after claim_from", "give a later instant"),
        ),
        ({"validity": between(1, 1)}, ("is not after valid_from", "give a later instant")),
        (
            {"validity": between(0, 1), "claim_from": NOON + DAY},
            ("is not before the end of the coupons", "let them be claimed before they are over"),
        ),
    ],
)
def test_what_is_wrong_with_instants_is_told(changes: dict[str, Any], told: tuple[str, str]) -> None:
    (problem,) = coupon_template_problems(evolve(WELCOME, **changes))
    assert (problem.message, problem.hint) == told
