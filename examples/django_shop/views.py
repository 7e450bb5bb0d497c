"""The stories of the shop, each in one transaction with what distcore writes."""

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from distcore import engine
from distcore.commission import tell
from distcore.kernel import InputError, RefusedError, SaleId
from distcore.referral import Newcomer
from distcore_sql.django import join
from django_shop.models import Order, OrderLine
from django_shop.sales import cart_of, refund_of, sale_of
from django_shop.stories import story


@require_POST
@story
def sign_up(request: HttpRequest) -> dict[str, Any]:
    """Make somebody a member, below whoever recommended the shop."""
    given, at, tx = _given(request, "member"), timezone.now(), join(settings.SHOP)
    newcomer = Newcomer(given["member"], joined_at=at, sponsor=given.get("sponsor"))
    try:
        engine.join(tx, newcomer, at=at, actor="web", key=f"sign up {newcomer.id}")
    except RefusedError:
        # Whoever asks again, since no answer came, asks at another instant.
        there = tx.members.upward([newcomer.id], 0).get(newcomer.id)
        if there is None or there.sponsor != newcomer.sponsor:
            raise
    return {"member": newcomer.id}


@require_POST
@story
def place(request: HttpRequest) -> dict[str, Any]:
    """Keep what somebody wants; commission is nobody's before it is paid."""
    cart = cart_of(_given(request, "buyer", "lines"), timezone.now())
    order = Order.objects.create(buyer=cart.buyer)
    OrderLine.objects.bulk_create(
        OrderLine(order=order, sku=each.sku, units=each.units, net_minor=each.net_minor)
        for each in cart.lines
    )
    return {"order": order.pk}


@require_POST
@story
def pay(request: HttpRequest, order_id: int) -> dict[str, Any]:
    """Take the money, and write down who earned what by it: both, or neither."""
    order, at = _locked(order_id), timezone.now()
    if order.state == Order.State.PLACED:
        order.state, order.paid_at = Order.State.PAID, at
        order.save()
        engine.accrue(join(settings.SHOP), sale_of(order), at=at, actor="web", key=f"pay {order.pk}")
        # Not before it is certain; and what goes wrong with a mail must not look like a conflict.
        transaction.on_commit(partial(_thank, order), robust=True)
    return {"order": order.pk, "state": order.state}


@require_POST
@story
def refund(request: HttpRequest, order_id: int) -> dict[str, Any]:
    """Give the money back, and take back what was earned by it."""
    order, at = _locked(order_id), timezone.now()
    if order.state == Order.State.PAID:
        order.state = Order.State.REFUNDED
        order.save()
        back = refund_of(order, at)
        engine.refund(join(settings.SHOP), back, at=at, actor="web", key=f"refund {order.pk}")
    return {"order": order.pk, "state": order.state}


@require_GET
@story
def why(request: HttpRequest, order_id: int, payee: str) -> dict[str, Any]:
    """Say why somebody got what they got for an order, cent by cent."""
    explained = engine.explain(join(settings.SHOP), SaleId(str(order_id))).explained
    return {"why": [tell(each) for each in explained.whys if each.accrual.payee == payee]}


def _locked(order_id: int) -> Order:
    """Return an order that nobody else changes until the transaction ends."""
    order: Order = get_object_or_404(Order.objects.select_for_update(), pk=order_id)
    return order


def _given(request: HttpRequest, *names: str) -> dict[str, Any]:
    """Return what was posted, which has all of the names."""
    try:
        given = json.loads(request.body)
    except ValueError as error:
        raise InputError.of("body", "no JSON") from error
    missing = [name for name in names if not isinstance(given, dict) or name not in given]
    if missing:
        raise InputError.of("body", f"it lacks {', '.join(missing)}")
    return dict(given)


def _thank(order: Order) -> None:
    send_mail("Thank you", f"Order {order.pk} is paid.", "shop@example.com", [f"{order.buyer}@example.com"])
