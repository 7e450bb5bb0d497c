"""The words that every context shares: money, rates, ids, time, refusals, limits.

Everything here is a frozen value or a pure function; nothing knows a clock, a file or a database.

    >>> from distcore.kernel import Money, Rate, Rounding, split
    >>> commission = Rate.parse("12.5%").of(Money.parse("9.99", "CNY").minor, Rounding.HALF_UP)
    >>> split(commission, [1, 1])
    (63, 62)
"""

from distcore.kernel import limits
from distcore.kernel.binding import (
    BindingPolicy,
    FirstTouchForDays,
    FirstTouchForEver,
    LastTouch,
    ProtectedForDays,
    binding_problems,
)
from distcore.kernel.canonical import canonical, digest
from distcore.kernel.checks import int_problem, text_problem
from distcore.kernel.currencies import EXPONENTS, POINT, Currency, currency_problem, exponent_of
from distcore.kernel.dates import date_problem, format_time, parse_date, parse_time, time_problem
from distcore.kernel.forest import (
    NOBODY,
    Downlines,
    direct_sums,
    legs,
    recruits_with,
    strongest_legs,
    team_sums,
)
from distcore.kernel.ids import (
    Actor,
    CapId,
    ComponentId,
    Key,
    LineId,
    MemberId,
    PlanId,
    PriceCorrectionId,
    RefundId,
    RuleId,
    SaleId,
    ShopId,
    Sku,
    fact_id,
    id_problem,
)
from distcore.kernel.instants import (
    Instant,
    add_days,
    format_instant,
    instant_of,
    micros_of,
    parse_instant,
    utc,
    zone_of,
)
from distcore.kernel.money import Money, format_minor, parse_minor
from distcore.kernel.origin import Origin, OriginKind
from distcore.kernel.outcome import (
    Code,
    DamagedError,
    DistcoreError,
    InputError,
    Problem,
    Refusal,
    Refused,
    RefusedError,
    Report,
    RetryableError,
    SchemaError,
    Severity,
    shown,
)
from distcore.kernel.paths import level_in, path_problem, paths_to, region_problem
from distcore.kernel.periods import (
    Calendar,
    Period,
    last_of,
    next_period,
    parse_period,
    period_of,
    periods_between,
    previous_period,
)
from distcore.kernel.policy import CompliancePreset, DayKind, ShopPolicy, Weekday, policy_problems
from distcore.kernel.rate import PPM, Rate
from distcore.kernel.rhythm import Cadence, EveryDays, OnDates, Rhythm, rhythm_problems
from distcore.kernel.rounding import Rounding, divide
from distcore.kernel.shapes import shape_problems
from distcore.kernel.split import SplitMethod, split

__all__ = [
    "EXPONENTS",
    "NOBODY",
    "POINT",
    "PPM",
    "Actor",
    "BindingPolicy",
    "Cadence",
    "Calendar",
    "CapId",
    "Code",
    "CompliancePreset",
    "ComponentId",
    "Currency",
    "DamagedError",
    "DayKind",
    "DistcoreError",
    "Downlines",
    "EveryDays",
    "FirstTouchForDays",
    "FirstTouchForEver",
    "InputError",
    "Instant",
    "Key",
    "LastTouch",
    "LineId",
    "MemberId",
    "Money",
    "OnDates",
    "Origin",
    "OriginKind",
    "Period",
    "PlanId",
    "PriceCorrectionId",
    "Problem",
    "ProtectedForDays",
    "Rate",
    "RefundId",
    "Refusal",
    "Refused",
    "RefusedError",
    "Report",
    "RetryableError",
    "Rhythm",
    "Rounding",
    "RuleId",
    "SaleId",
    "SchemaError",
    "Severity",
    "ShopId",
    "ShopPolicy",
    "Sku",
    "SplitMethod",
    "Weekday",
    "add_days",
    "binding_problems",
    "canonical",
    "currency_problem",
    "date_problem",
    "digest",
    "direct_sums",
    "divide",
    "exponent_of",
    "fact_id",
    "format_instant",
    "format_minor",
    "format_time",
    "id_problem",
    "instant_of",
    "int_problem",
    "last_of",
    "legs",
    "level_in",
    "limits",
    "micros_of",
    "next_period",
    "parse_date",
    "parse_instant",
    "parse_minor",
    "parse_period",
    "parse_time",
    "path_problem",
    "paths_to",
    "period_of",
    "periods_between",
    "policy_problems",
    "previous_period",
    "recruits_with",
    "region_problem",
    "rhythm_problems",
    "shape_problems",
    "shown",
    "split",
    "strongest_legs",
    "team_sums",
    "text_problem",
    "time_problem",
    "utc",
    "zone_of",
]
