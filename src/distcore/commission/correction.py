"""Whether a refund or a cancellation may be posted.

The rule this file protects: of no line more goes back than was bought, in units and in money.
"""

from collections.abc import Sequence

from distcore.commission import refusals
from distcore.commission.accrual import SaleRecord, happened_at
from distcore.commission.sale import Cancellation, Correction, Refund, RefundLine, deducted, left_of
from distcore.kernel import Instant, Refusal, format_instant, format_minor


def correction_refusal(record: SaleRecord, correction: Correction, at: Instant) -> Refusal | None:
    """Return why a correction can't be posted to a sale, or None."""
    return _time_refusal(record, correction, at) or (
        _refund_refusal(record, correction) if isinstance(correction, Refund) else None
    )


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
            refund=correction.id if isinstance(correction, Refund) else "the cancellation",
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
