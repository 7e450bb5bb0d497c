"""The quote that an order was placed by, as long as anybody may ask why it cost what it did.

The rule this file protects: it is written once and never changed.  What becomes of its order is told by
steps beside it, which follow each other.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

from attrs import evolve, field, frozen

from distcore.kernel import (
    POINT,
    Count,
    Instant,
    MemberId,
    Problem,
    SaleId,
    currency_problem,
    digest,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    utc,
)
from distcore.pricing.amounts import Found, amount_problem, told
from distcore.pricing.cart import ordered
from distcore.pricing.offer import ExtraPoints, LaterCoupon
from distcore.pricing.quote import Quote, QuotedLine, Reduction
from distcore.pricing.wanted import Wanted, cart_of


def _placed_at(value: Instant) -> Instant:
    return utc(value, "placed_at")


SPENT: Final = "points"
"""The kind of count that says how many points a member spent."""


def points_of(member: MemberId) -> Count:
    """Return the count of the points that a member spent."""
    return Count(SPENT, POINT, member=member)


class OrderStep(Enum):
    """What becomes of an order that was placed: each of it once, and one of the last two."""

    GROUPED = "grouped"
    """It took a place in a group."""
    DROPPED = "dropped"
    """It holds nothing any more."""
    COMPLETED = "completed"
    """It gave what its offers promised."""


STEPS_MAX: Final = 2


@frozen
class PlacedOrder:
    """An order of a member, or of nobody known, its quote, and when it took which step."""

    order: SaleId
    member: MemberId | None
    quote: Quote
    placed_at: Instant = field(converter=_placed_at)
    grouped_at: Instant | None = None
    dropped_at: Instant | None = None
    completed_at: Instant | None = None

    @property
    def steps(self) -> int:
        """How many steps it took: whoever wants to take the next one takes it by this number."""
        return sum([at is not None for at in (self.grouped_at, self.dropped_at, self.completed_at)])

    def after(self, step: OrderStep, at: Instant) -> "PlacedOrder":
        """Return the order as it is when it has taken a step."""
        taken: dict[str, Any] = {f"{step.value}_at": at}
        return evolve(self, **taken)

    @property
    def points_promised(self) -> int:
        """How many points its offers give once it is completed."""
        return sum([each.count for each in self.quote.given if isinstance(each.what, ExtraPoints)])

    @property
    def coupons_promised(self) -> Counter[str]:
        """How many coupons of which templates its offers give once it is completed."""
        found: Counter[str] = Counter()
        for each in self.quote.given:
            if isinstance(each.what, LaterCoupon):
                found[each.what.template] += each.count
        return found

    @property
    def held(self) -> dict[Count, int]:
        """What is counted for it as long as it is not dropped: units at a price, and points that pay."""
        found = {each.count: each.units for each in self.quote.takings}
        if self.quote.points:
            assert self.member is not None, "points are a member's"
            found[points_of(self.member)] = self.quote.points
        return found


def is_quote_of(found: Quote, wanted: Wanted) -> bool:
    """Say whether a quote was made for just this cart, whatever its goods and prices are by now."""
    goods = {line.goods.sku: line.goods for line in found.lines}
    if any(line.sku not in goods for line in wanted.lines):
        return False
    return digest(ordered(cart_of(wanted, goods))) == found.cart_hash


def quote_problems(found: Quote) -> tuple[Problem, ...]:
    """Return what is impossible about a quote that is to be kept, with paths into its document."""
    misshapen = tuple(shape_problems(found, Quote, "$"))
    if misshapen:
        return misshapen
    problems: list[Found] = [
        currency_problem(found.currency, "$.currency"),
        amount_problem(found.bound_minor, "$.bound"),
    ]
    for place, line in enumerate(found.lines):
        problems.extend(_line(line, f"$.lines[{place}]"))
    for place, given in enumerate(found.given):
        where = f"$.given[{place}].count"
        problems.append(int_problem(given.count, where, least=0, most=limits.AMOUNT_MINOR_MAX))
    for place, freight in enumerate(found.freights):
        problems.append(amount_problem(freight.amount_minor, f"$.freights[{place}].amount"))
    problems.extend(_reductions(found.shipping_off, "$.shipping_off"))
    for place, verdict in enumerate(found.verdicts):
        problems.append(amount_problem(verdict.amount_minor, f"$.verdicts[{place}].amount"))
        problems.append(amount_problem(verdict.blocked_minor, f"$.verdicts[{place}].blocked"))
    for place, taking in enumerate(found.takings):
        problems.append(_units(taking.units, f"$.takings[{place}].units"))
    return told(problems, found.currency)


def _line(line: QuotedLine, where: str) -> list[Found]:
    return [
        id_problem(line.id, f"{where}.id"),
        _units(line.units, f"{where}.units"),
        *(amount_problem(getattr(line, f"{name}_minor"), f"{where}.{name}") for name in _AMOUNTS),
        *_reductions(line.reductions, f"{where}.reductions"),
    ]


_AMOUNTS: Final = ("price", "tax", "points", "value")


def _reductions(reductions: Sequence[Reduction], where: str) -> list[Found]:
    return [
        amount_problem(each.amount_minor, f"{where}[{place}].amount") for place, each in enumerate(reductions)
    ]


def _units(units: int, where: str) -> Problem | None:
    return int_problem(units, where, least=1, most=limits.UNITS_MAX)
