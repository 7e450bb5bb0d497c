"""What the shop itself remembers, and an order of it in the words of distcore."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from distcore.commission import Refund, RefundLine, Sale, SaleLine, sale_problems
from distcore.kernel import Currency, InputError, LineId, MemberId, RefundId, SaleId, Sku

CURRENCY = Currency("CNY")


class Base(DeclarativeBase):
    """The tables of the shop; those of distcore are beside them."""


class State(StrEnum):
    """How far an order has come; a refunded one is not paid again."""

    PLACED = "placed"
    PAID = "paid"
    REFUNDED = "refunded"


class Order(Base):
    """What somebody wants."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    buyer: Mapped[str]
    state: Mapped[State] = mapped_column(default=State.PLACED)
    lines: Mapped[list["OrderLine"]] = relationship(order_by="OrderLine.id")


class OrderLine(Base):
    """Some units of one product; the amount is in minor units, after discounts, without shipping and tax."""

    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    sku: Mapped[str]
    units: Mapped[int] = mapped_column(BigInteger)
    net_minor: Mapped[int] = mapped_column(BigInteger)


def require_payable(order: Order) -> None:
    """Raise `InputError` for an order, not kept yet, that could never be paid: nobody keeps it."""
    lines = [
        SaleLine(LineId(str(number)), Sku(line.sku), units=line.units, net_minor=line.net_minor)
        for number, line in enumerate(order.lines, start=1)
    ]
    at, buyer = datetime.now(UTC), MemberId(order.buyer)
    sale = Sale(SaleId("cart"), buyer=buyer, currency=CURRENCY, paid_at=at, lines=lines)
    if problems := sale_problems(sale):
        raise InputError(problems)


def sale_of(order: Order, at: datetime) -> Sale:
    """Return an order that is paid now as a sale."""
    lines = [
        SaleLine(LineId(str(line.id)), Sku(line.sku), units=line.units, net_minor=line.net_minor)
        for line in order.lines
    ]
    return Sale(
        SaleId(str(order.id)), buyer=MemberId(order.buyer), currency=CURRENCY, paid_at=at, lines=lines
    )


def refund_of(order: Order, at: datetime) -> Refund:
    """Return the refund of a whole order."""
    lines = [
        RefundLine(LineId(str(line.id)), units=line.units, amount_minor=line.net_minor)
        for line in order.lines
    ]
    return Refund(RefundId(f"refund {order.id}"), SaleId(str(order.id)), lines, at)
