"""An order of this shop, in the words of distcore."""

from datetime import datetime

from distcore.commission import Refund, RefundLine, Sale, SaleLine
from distcore.kernel import Currency, LineId, RefundId, SaleId
from django_shop.models import Order

CURRENCY = Currency("CNY")


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
