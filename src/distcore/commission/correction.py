"""Whether a refund, another price or a cancellation may be posted.

The rule this file protects: of no line more goes back than was bought, in units and in money, whatever comes
first.
"""

from collections.abc import Sequence
from typing import assert_never

from distcore.commission import refusals
from distcore.commission.accrual import SaleRecord, happened_at
from distcore.commission.sale import (
    Cancellation,
    Correction,
    PriceCorrection,
    Refund,
    RefundLine,
    deducted,
    left_of,
    sold_for,
)
from distcore.kernel import Instant, Refusal, format_instant, format_minor, limits


def correction_refusal(record: SaleRecord, correction: Correction, at: Instant) -> Refusal | None:
    """Return why a correction can't be posted to a sale, or None."""
    return _time_refusal(record, correction, at) or _content_refusal(record, correction)


def _content_refusal(record: SaleRecord, correction: Correction) -> Refusal | None:
    match correction:
        case Refund():
            return _refund_refusal(record, correction)
        case PriceCorrection():
            return _price_refusal(record, correction)
        case Cancellation():
            return None
        case _:
            assert_never(correction)


def _time_refusal(record: SaleRecord, correction: Correction, at: Instant) -> Refusal | None:
    sale = record.booking.sale
    for earlier in record.corrections:
        if isinstance(earlier, Cancellation):
            return refusals.SALE_CANCELLED.refuse(
                sale=sale.id, cancelled_at=format_instant(earlier.cancelled_at)
            )
    happened = happened_at(correction)
    if happened < sale.paid_at:
        return refusals.REFUND_BEFORE_PAYMENT.refuse(
            sale=sale.id,
            paid_at=format_instant(sale.paid_at),
            refund="the cancellation" if isinstance(correction, Cancellation) else correction.id,
            refunded_at=format_instant(happened),
        )
    if happened > at:
        return refusals.CORRECTED_IN_FUTURE.refuse(
            sale=sale.id, happened_at=format_instant(happened), at=format_instant(at)
        )
    return None


def _refund_refusal(record: SaleRecord, refund: Refund) -> Refusal | None:
    refunds = [each for each in record.corrections if isinstance(each, Refund)]
    repeated = None
    if refund.repeats is not None:
        repeated = next(
            (each for each in refunds if each.id == refund.repeats and each.repeats is None), None
        )
        if repeated is None:
            return refusals.REPEATED_REFUND_UNKNOWN.refuse(
                refund=refund.id, repeats=refund.repeats, sale=refund.sale
            )
        for each in refunds:
            if each.repeats == refund.repeats:
                return refusals.REPEATED_TWICE.refuse(refund=refund.id, repeats=refund.repeats, other=each.id)
    return _amounts_refusal(record, refund, deducted(refund, repeated))


def _amounts_refusal(record: SaleRecord, refund: Refund, lines: Sequence[RefundLine]) -> Refusal | None:
    sale = record.booking.sale
    left = dict(zip((line.id for line in sale.lines), left_of(sale, record.corrections), strict=True))
    for line in lines:
        part = left.get(line.line)
        if part is None:
            return refusals.REFUND_LINE_UNKNOWN.refuse(sale=sale.id, line=line.line)
        if line.units > part.units:
            return _too_large(refund, line, "units", str(part.units), str(line.units))
        if line.amount_minor > part.net_minor:
            now, asked = (format_minor(each, sale.currency) for each in (part.net_minor, line.amount_minor))
            return _too_large(refund, line, sale.currency, now, asked)
    return None


def _too_large(refund: Refund, line: RefundLine, what: str, left: str, asked: str) -> Refusal:
    return refusals.REFUND_TOO_LARGE.refuse(
        refund=refund.id, sale=refund.sale, line=line.line, what=what, left=left, asked=asked
    )


def _price_refusal(record: SaleRecord, price: PriceCorrection) -> Refusal | None:
    """Refuse a price that is less than what went back, counting refunds and prices in whatever order."""
    sale, corrections = record.booking.sale, (*record.corrections, price)
    known = {line.id for line in sale.lines}
    for line in price.lines:
        if line.line not in known:
            return refusals.PRICE_LINE_UNKNOWN.refuse(sale=sale.id, line=line.line)
    nets = sold_for(sale, (each for each in corrections if isinstance(each, PriceCorrection)))
    for id, part in zip(nets, left_of(sale, corrections), strict=True):
        if part.net_minor < 0:
            net, back = (format_minor(each, sale.currency) for each in (nets[id], nets[id] - part.net_minor))
            return refusals.PRICE_BELOW_REFUNDS.refuse(
                price=price.id, sale=sale.id, line=id, currency=sale.currency, net=net, refunded=back
            )
    if sum(nets.values()) > limits.AMOUNT_MINOR_MAX:
        return refusals.PRICE_TOO_LARGE.refuse(
            price=price.id, sale=sale.id, net_minor=str(sum(nets.values())), most=limits.AMOUNT_MINOR_MAX
        )
    return None
