"""An order of this shop, in the words of distcore."""

from datetime import datetime
from typing import Any

from distcore.commission import Refund, RefundLine, Sale, SaleLine, sale_problems
from distcore.kernel import Currency, InputError, LineId, RefundId, SaleId
from django_shop.models import Order

CURRENCY = Currency("CNY")


def cart_of(given: dict[str, Any], at: datetime) -> Sale:
    """Return what somebody wants as a sale, of the fields that a cart has and no others.

    Raises `InputError` for one that could never be paid: nobody keeps it.
    """
    if not isinstance(given["lines"], list) or not all(isinstance(each, dict) for each in given["lines"]):
        raise InputError.of("lines", "no list of lines")
    lines = [
        SaleLine(
            LineId(str(number)), each.get("sku"), units=each.get("units"), net_minor=each.get("net_minor")
        )
        for number, each in enumerate(given["lines"], start=1)
    ]
    sale = Sale(SaleId("cart"), buyer=given["buyer"], currency=CURRENCY, paid_at=at, lines=lines)
    if problems := sale_problems(sale):
        raise InputError(problems)
    return sale


def sale_of(order: Order) -> Sale:
    """Return a paid order as a sale."""
    lines = [
        SaleLine(LineId(str(line.pk)), line.sku, units=line.units, net_minor=line.net_minor)
        for line in order.lines.order_by("pk")
    ]
    return Sale(
        SaleId(str(order.pk)), buyer=order.buyer, currency=CURRENCY, paid_at=order.paid_at, lines=lines
    )


def refund_of(order: Order, at: datetime) -> Refund:
    """Return the refund of a whole order."""
    lines = [
        RefundLine(LineId(str(line.pk)), units=line.units, amount_minor=line.net_minor)
        for line in order.lines.order_by("pk")
    ]
    return Refund(RefundId(f"refund {order.pk}"), SaleId(str(order.pk)), lines, at)
