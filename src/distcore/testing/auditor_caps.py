"""What caps leave: the auditor's naive second opinion, book by book from the first one on."""

from collections.abc import Sequence
from fractions import Fraction
from zoneinfo import ZoneInfo

from distcore import commission as c
from distcore.kernel import Cadence, Instant
from distcore.testing.auditor_rounding import apportioned

Asked = tuple[str, int, int, c.Share, int]  # line, place of the component, number of the prize, share, amount
Whose = tuple[str, str]  # a cap, and the member for whom it counts
Granted = dict[Whose, int]


def under_caps(
    plan: c.Plan, buyer: str, asked: Sequence[Asked], most: Granted | None
) -> tuple[list[Asked], Granted]:
    """Return what caps leave of what is asked, and how much of each is used up for whom."""
    left = list(asked)
    used: Granted = {}
    for cap in plan.caps:
        counted = [n for n, each in enumerate(left) if not cap.components or each[3][1] in cap.components]
        whose = {n: buyer if cap.per is c.Per.BUYER else left[n][3][3] for n in counted}
        for member in sorted(set(whose.values())):
            mine = [n for n in counted if whose[n] == member]
            together = sum(left[n][4] for n in mine)
            limit = cap.amount_minor if most is None else most.get((cap.id, member), 0)
            used[cap.id, member] = min(together, limit)
            if together > limit:
                parts = apportioned(limit, [Fraction(left[n][4]) for n in mine])
                for n, part in zip(mine, parts, strict=True):
                    left[n] = (*left[n][:4], part)
    return left, used


def headroom(
    plan: c.Plan, sale: c.Sale, earlier: Sequence[tuple[c.Plan, c.Sale, Granted]], zone: ZoneInfo
) -> Granted:
    """Return what is left of each cap for everybody whom earlier sales of the plan used it up for."""
    left: Granted = {}
    for cap in plan.caps:
        now = period(cap, sale.paid_at, zone)
        for of, other, granted in earlier:
            if of.id == plan.id and period(cap, other.paid_at, zone) == now:
                for (id, member), amount in granted.items():
                    if id == cap.id:
                        left[id, member] = left.get((id, member), cap.amount_minor) - amount
    return {whose: max(0, amount) for whose, amount in left.items()}


def period(cap: c.Cap, instant: Instant, zone: ZoneInfo) -> tuple[int, ...]:
    """Return what tells the period of a cap from all others: these worlds have days and months only."""
    day = instant.astimezone(zone)
    if cap.within is Cadence.DAILY:
        return (day.year, day.month, day.day)
    return () if cap.within is None else (day.year, day.month)
