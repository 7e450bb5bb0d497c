"""What a merchant decides about coupons: which offer, for whom, how many, and for how long.

The rule this file protects: what a template promises is copied to the coupon when it is claimed, so that a
later change of the template takes nothing from anybody.
"""

from collections.abc import Iterator
from typing import Final, NewType, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel import (
    Count,
    Currency,
    Instant,
    MemberId,
    Problem,
    Taking,
    add_days,
    code_problem,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    utc,
)

TemplateId = NewType("TemplateId", str)

COUNTED: Final = "coupon"
"""The kind of what is counted of templates: of each in all, by day of the shop, and by member."""


def _valid_from(value: Instant) -> Instant:
    return utc(value, "valid_from")


def _valid_until(value: Instant) -> Instant:
    return utc(value, "valid_until")


def _claim_from(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "claim_from")


def _claim_until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "claim_until")


@frozen
class BetweenDates:
    """Every coupon is good in `[valid_from, valid_until)`."""

    valid_from: Instant = field(converter=_valid_from)
    valid_until: Instant = field(converter=_valid_until)


@frozen
class DaysFromClaim:
    """A coupon is good from its claim on, for so many calendar days of the shop's zone."""

    days: int


Validity: TypeAlias = BetweenDates | DaysFromClaim


@frozen
class CouponTemplate:
    """Coupons for one offer of the shop.

    They can be claimed in `[claim_from, claim_until)`, None being for ever.  `total_max` counts all of them,
    `per_day_max` those claimed on one day of the shop, `per_member_max` those that a member ever had, also by
    being given them.  A `word` that is shared claims one, in any case.  `newcomers` are members without a
    booked order in the currency, also where one is given to them.
    """

    id: TemplateId
    currency: Currency
    offer: str
    validity: Validity
    total_max: int
    per_member_max: int = 1
    per_day_max: int | None = None
    claim_from: Instant | None = field(default=None, converter=_claim_from)
    claim_until: Instant | None = field(default=None, converter=_claim_until)
    word: str = ""
    newcomers: bool = False
    transferable: bool = False


def coupon_template_problems(template: CouponTemplate) -> tuple[Problem, ...]:
    """Return all that is impossible about a template, with paths into its document."""
    misshapen = tuple(shape_problems(template, CouponTemplate, "$"))
    return misshapen or tuple([each for each in _problems(template) if each is not None])


def _problems(template: CouponTemplate) -> Iterator[Problem | None]:
    most = limits.COUPONS_OF_TEMPLATE_MAX
    yield id_problem(template.id, "$.id")
    yield currency_problem(template.currency, "$.currency")
    yield id_problem(template.offer, "$.offer")
    yield int_problem(template.total_max, "$.total_max", least=1, most=most)
    yield int_problem(template.per_member_max, "$.per_member_max", least=1, most=most)
    if template.per_day_max is not None:
        yield int_problem(template.per_day_max, "$.per_day_max", least=1, most=most)
    yield _window(template.claim_from, template.claim_until, "$.claim_until", "claim_from")
    if template.word:
        yield code_problem(template.word, "$.word")
    match template.validity:
        case BetweenDates(valid_from, valid_until):
            yield _window(valid_from, valid_until, "$.validity.valid_until", "valid_from")
            if template.claim_from is not None and template.claim_from >= valid_until:
                hint = "let them be claimed before they are over"
                yield Problem("$.claim_from", "is not before the end of the coupons", hint)
        case DaysFromClaim(days):
            yield int_problem(days, "$.validity.days", least=1, most=limits.COUPON_DAYS_MAX)
        case _:
            assert_never(template.validity)


def _window(since: Instant | None, until: Instant | None, where: str, name: str) -> Problem | None:
    if since is None or until is None or since < until:
        return None
    return Problem(where, f"is not after {name}", "give a later instant")


def is_claimable(template: CouponTemplate, at: Instant) -> bool:
    """Say whether coupons can be claimed at an instant, and are good for a while after it."""
    if template.claim_from is not None and at < template.claim_from:
        return False
    if template.claim_until is not None and at >= template.claim_until:
        return False
    return not isinstance(template.validity, BetweenDates) or at < template.validity.valid_until


def window_of(template: CouponTemplate, at: Instant, zone: ZoneInfo) -> tuple[Instant, Instant]:
    """Return from when until when a coupon is good that is claimed at an instant.

    Days are calendar days in the zone of the shop; the last one ends at the time of day of the claim.
    """
    match template.validity:
        case BetweenDates(valid_from, valid_until):
            return valid_from, valid_until
        case DaysFromClaim(days):
            return at, add_days(at, days, zone)
        case _:
            assert_never(template.validity)


def taking_in_total(template: CouponTemplate, units: int = 1) -> Taking:
    """Return what coupons count towards of all that a template has."""
    return Taking(Count(COUNTED, template.id), units, template.total_max)


def taking_of_day(template: CouponTemplate, at: Instant, zone: ZoneInfo) -> tuple[Taking, ...]:
    """Return what a claim counts towards on its day in the shop, if days are counted."""
    if template.per_day_max is None:
        return ()
    day = at.astimezone(zone).date().isoformat()
    return (Taking(Count(COUNTED, template.id, day), 1, template.per_day_max),)


def taking_of_member(template: CouponTemplate, member: MemberId) -> Taking:
    """Return what a coupon counts towards of what a member may have."""
    return Taking(Count(COUNTED, template.id, member=member), 1, template.per_member_max)
