"""What a shop decides once for everything: its `shop-policy` document as a value.

Time zone, currencies, first day of the week, whether a day is a calendar day or 24 hours, who keeps a
customer whom several promoters touch, and which rules plans are held against.
"""

from enum import Enum
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel.binding import BindingPolicy, FirstTouchForEver, binding_problems
from distcore.kernel.checks import text_problem
from distcore.kernel.currencies import Currency, currency_problem
from distcore.kernel.outcome import Problem, shown
from distcore.kernel.periods import Calendar
from distcore.kernel.shapes import shape_problems


class DayKind(Enum):
    """What "7 days" means."""

    CALENDAR = "calendar"
    HOURS_24 = "24h"


class Weekday(Enum):
    """The first day of a week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class CompliancePreset(Enum):
    """Whose rules plans are held against when they are published; none of them is legal advice."""

    CN_STRICT = "cn-strict"
    CN_COMMON = "cn-common"
    US = "us"
    EU = "eu"


@frozen
class ShopPolicy:
    """The choices of one shop; what they change holds for what is decided afterwards.

    `fee_tiers` are the tiers that members have to pay for, by a fee or by buying goods; an empty text stands
    for joining itself.
    """

    zone: ZoneInfo
    currencies: tuple[Currency, ...]
    week_start: Weekday = Weekday.MONDAY
    days: DayKind = DayKind.CALENDAR
    binding: BindingPolicy = field(factory=FirstTouchForEver)
    compliance_preset: CompliancePreset | None = None
    fee_tiers: tuple[str, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """The calendar that periods of this shop are cut by."""
        return Calendar(self.zone, tuple(Weekday).index(self.week_start))

    @property
    def day_zone(self) -> ZoneInfo | None:
        """The zone in which days are counted; None where a day is 24 hours."""
        return self.zone if self.days is DayKind.CALENDAR else None


def policy_problems(policy: ShopPolicy) -> tuple[Problem, ...]:
    """Return what is impossible about a policy, with paths into its document."""
    found = list(shape_problems(policy, ShopPolicy, "$"))
    if found:
        return tuple(found)
    if not policy.currencies:
        found.append(Problem("$.currencies", "is empty", "name at least one, such as CNY"))
    seen: set[object] = set()
    for index, currency in enumerate(policy.currencies):
        problem = currency_problem(currency, f"$.currencies[{index}]")
        if problem is not None:
            found.append(problem)
        elif currency in seen:
            found.append(
                Problem(f"$.currencies[{index}]", f"{currency} stands twice", "name each currency once")
            )
        else:
            seen.add(currency)
    found.extend(binding_problems(policy.binding, "$.binding"))
    for place, tier in enumerate(policy.fee_tiers):
        where = f"$.fee_tiers[{place}]"
        problem = text_problem(tier, where)
        if problem is not None:
            found.append(problem)
        elif tier in policy.fee_tiers[:place]:
            found.append(Problem(where, f"{shown(tier)} stands twice", "name each tier once"))
    return tuple(found)
