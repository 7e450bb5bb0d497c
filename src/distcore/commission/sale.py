"""What commission knows of an order: a sale, its corrections, and what is left of it."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Protocol, TypeAlias, TypeVar, assert_never, cast

from attrs import field, frozen

from distcore.kernel import (
    Currency,
    Instant,
    LineId,
    MemberId,
    PriceCorrectionId,
    RefundId,
    SaleId,
    Sku,
    utc,
)

_L = TypeVar("_L")


def _by_id(lines: "Iterable[SaleLine]") -> "tuple[SaleLine, ...]":
    return _sorted(lines, "id")


def _by_line(lines: "Iterable[RefundLine]") -> "tuple[RefundLine, ...]":
    return _sorted(lines, "line")


def _by_price_line(lines: "Iterable[PriceLine]") -> "tuple[PriceLine, ...]":
    return _sorted(lines, "line")


def _sorted(lines: Iterable[_L], name: str) -> tuple[_L, ...]:
    """Sort lines by their ids; what can't be sorted stays as it was given, to be refused later."""
    try:
        given = tuple(lines)
        return tuple(sorted(given, key=attrgetter(name)))
    except (TypeError, AttributeError):
        return cast("tuple[_L, ...]", lines)


def _paid_at(value: Instant) -> Instant:
    return utc(value, "paid_at")


def _refunded_at(value: Instant) -> Instant:
    return utc(value, "refunded_at")


def _corrected_at(value: Instant) -> Instant:
    return utc(value, "corrected_at")


def _cancelled_at(value: Instant) -> Instant:
    return utc(value, "cancelled_at")


@frozen
class SaleLine:
    """Units of one SKU and what the buyer pays for them, in minor units of the sale's currency.

    `net_minor` is after all discounts, without shipping and tax; list, cost and tax are for the
    whole line too, None where the shop does not say.  `category` is a path such as `food/fresh`.
    """

    id: LineId
    sku: Sku
    units: int
    net_minor: int
    category: str = ""
    list_minor: int | None = None
    cost_minor: int | None = None
    tax_minor: int | None = None
    brand: str = ""
    tags: tuple[str, ...] = ()


@frozen
class Sale:
    """An order that was paid.

    The lines are put in order of their ids, so the order of a cart changes nobody's cent.
    """

    id: SaleId
    buyer: MemberId
    currency: Currency
    paid_at: Instant = field(converter=_paid_at)
    lines: tuple[SaleLine, ...] = field(converter=_by_id)
    promoter: MemberId | None = None
    region: str = ""
    channel: str = ""
    buyer_group: str = ""

    @cached_property
    def net_minor(self) -> int:
        """What the buyer paid for all of it, in minor units."""
        return sum([line.net_minor for line in self.lines])

    @cached_property
    def units(self) -> int:
        """Units of all lines together."""
        return sum([line.units for line in self.lines])


@frozen
class RefundLine:
    """What goes back of one line; units may be 0 for money alone."""

    line: LineId
    units: int
    amount_minor: int


@frozen
class Refund:
    """Money, or units and money, that went back to the buyer.

    A chargeback for money that was refunded before names that refund in `repeats`: of each line it
    deducts only what exceeds it.
    """

    id: RefundId
    sale: SaleId
    lines: tuple[RefundLine, ...] = field(converter=_by_line)
    refunded_at: Instant = field(converter=_refunded_at)
    repeats: RefundId | None = None


@frozen
class PriceLine:
    """What all units of a line should have been sold for: its net before any refund, in minor units."""

    line: LineId
    net_minor: int


@frozen
class PriceCorrection:
    """Another price for lines of a sale, lower or higher; what was refunded of them stays refunded.

    Of several that name a line, the one that happened last holds; of those, the one of the highest id.
    """

    id: PriceCorrectionId
    sale: SaleId
    lines: tuple[PriceLine, ...] = field(converter=_by_price_line)
    corrected_at: Instant = field(converter=_corrected_at)


@frozen
class Cancellation:
    """The end of an order: nothing is left of it."""

    sale: SaleId
    cancelled_at: Instant = field(converter=_cancelled_at)


Correction: TypeAlias = Refund | Cancellation | PriceCorrection


class Left(Protocol):
    """What is left of one line; a line that was never corrected is all that is left of itself."""

    @property
    def units(self) -> int:
        """Units that the buyer keeps."""
        ...

    @property
    def net_minor(self) -> int:
        """What the buyer has paid for them, in minor units."""
        ...


@frozen
class Rest:
    """What corrections left of one line."""

    units: int
    net_minor: int


NOTHING_LEFT = Rest(0, 0)


def whole(sale: Sale) -> Sequence[Left]:
    """Return what is left, line by line, before any correction: the lines as they were sold."""
    return sale.lines


def left_of(sale: Sale, corrections: Iterable[Correction]) -> Sequence[Left]:
    """Return what is left of each line after all corrections, in whatever order they came.

    What repeats a refund that did not come yet repeats nothing.
    """
    refunds: dict[RefundId, Refund] = {}
    prices: list[PriceCorrection] = []
    for correction in corrections:
        match correction:
            case Cancellation():
                return (NOTHING_LEFT,) * len(sale.lines)
            case Refund():
                refunds[correction.id] = correction
            case PriceCorrection():
                prices.append(correction)
            case _:
                assert_never(correction)
    if not refunds and not prices:
        return whole(sale)
    units = {line.id: line.units for line in sale.lines}
    nets = sold_for(sale, prices)
    for refund in refunds.values():
        repeated = None if refund.repeats is None else refunds.get(refund.repeats)
        for line in deducted(refund, repeated):
            units[line.line] -= line.units
            nets[line.line] -= line.amount_minor
    return tuple(Rest(units[line.id], nets[line.id]) for line in sale.lines)


def sold_for(sale: Sale, prices: Iterable[PriceCorrection]) -> dict[LineId, int]:
    """Return what each line was sold for, as its price was corrected last, before any refund."""
    nets = {line.id: line.net_minor for line in sale.lines}
    for price in sorted(prices, key=attrgetter("corrected_at", "id")):
        nets.update((line.line, line.net_minor) for line in price.lines)
    return nets


def deducted(refund: Refund, repeated: Refund | None) -> tuple[RefundLine, ...]:
    """Return what a refund takes off its lines, given the refund that it repeats, if any."""
    if repeated is None:
        return refund.lines
    before = {line.line: line for line in repeated.lines}
    none = RefundLine(LineId(""), 0, 0)
    return tuple(
        RefundLine(
            line.line,
            max(0, line.units - before.get(line.line, none).units),
            max(0, line.amount_minor - before.get(line.line, none).amount_minor),
        )
        for line in refund.lines
    )
