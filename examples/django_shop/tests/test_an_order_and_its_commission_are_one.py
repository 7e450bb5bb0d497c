"""What the shop writes and what distcore writes is kept together, or not at all."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from distcore import engine
from distcore.kernel import RetryableError, parse_period
from distcore_sql.django import join
from django_shop import stories, views
from django_shop.models import Order
from django_shop.tests.visits import place, post


def earned() -> dict[str, int]:
    """Return what each member earned this year, after what was taken back."""
    with transaction.atomic():
        tx = join("tea house")
        policy = tx.policies.current()
        assert policy is not None
        year = parse_period(str((timezone.now() + timedelta(hours=8)).year), policy.calendar)
        return {each.payee: each.accrued_minor + each.clawed_back_minor for each in engine.earnings(tx, year)}


def test_paying_writes_the_order_and_the_commission(shop: Client) -> None:
    path = place(shop)
    assert post(shop, f"{path}/pay")["state"] == "paid"
    assert post(shop, f"{path}/pay")["state"] == "paid", "a second click changes nothing"
    assert Order.objects.get().state == Order.State.PAID
    assert earned() == {"ann": 327}


def test_a_refund_takes_it_back(shop: Client) -> None:
    path = place(shop)
    post(shop, f"{path}/pay")
    assert post(shop, f"{path}/refund")["state"] == "refunded"
    assert post(shop, f"{path}/refund")["state"] == "refunded"
    assert earned() == {"ann": 0}


def test_it_says_why_ann_got_three_yuan_twenty_seven(shop: Client) -> None:
    path = place(shop)
    post(shop, f"{path}/pay")
    (why,) = shop.get(f"{path}/why/ann").json()["why"]
    assert why.startswith("ann gets 3.27 CNY for line"), why
    assert shop.get(f"{path}/why/cai").json() == {"why": []}


def test_a_refusal_keeps_neither(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    monkeypatch.setattr("django_shop.sales.CURRENCY", "EUR")
    answer = post(shop, f"{path}/pay", status=409)
    assert answer["code"] == "currency_not_of_shop"
    assert Order.objects.get().state == Order.State.PLACED
    assert earned() == {}
    assert mail.outbox == []


def test_what_can_not_be_read_is_said(shop: Client) -> None:
    assert post(shop, "/orders", {"buyer": "ben"}, status=422)["problems"][0]["message"] == "it lacks lines"
    lines = [{"sku": "tea", "price": 1}]
    assert "price" in str(post(shop, "/orders", {"buyer": "ben", "lines": lines}, status=422))
    assert not Order.objects.exists()


def test_an_error_of_the_shop_keeps_neither(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commission is written before the shop fails."""
    path = place(shop)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the printer is on fire")

    monkeypatch.setattr(views, "partial", fail)
    with pytest.raises(RuntimeError, match="printer"):
        shop.post(f"{path}/pay")
    assert Order.objects.get().state == Order.State.PLACED
    assert earned() == {}


def test_the_mail_is_sent_after_the_commit_alone(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    in_transaction = []
    send = mail.send_mail

    def watched(*arguments: Any) -> None:
        in_transaction.append(connections["default"].in_atomic_block)
        send(*arguments)

    monkeypatch.setattr(views, "send_mail", watched)
    post(shop, f"{path}/pay")
    assert in_transaction == [False]
    assert [each.to for each in mail.outbox] == [["ben@example.com"]]


def test_a_conflict_is_run_again_as_a_whole(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    conflicts = [RetryableError("a conflict", host_must_roll_back=True)] * 2
    accrue = engine.accrue
    states = []

    def overtaken(*arguments: Any, **named: Any) -> Any:
        posting = accrue(*arguments, **named)
        states.append(Order.objects.get().state)
        if conflicts:
            raise conflicts.pop()
        return posting

    monkeypatch.setattr(engine, "accrue", overtaken)
    post(shop, f"{path}/pay")
    assert states == ["paid"] * 3
    assert earned() == {"ann": 327}
    assert len(mail.outbox) == 1


def test_a_conflict_that_stays_ends_with_503(shop: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    attempts = []

    def overtaken(*_: object, **__: object) -> None:
        attempts.append(1)
        raise RetryableError("a conflict", host_must_roll_back=True)

    monkeypatch.setattr(engine, "accrue", overtaken)
    post(shop, f"{path}/pay", status=503)
    assert len(attempts) == stories.ATTEMPTS_MAX
    assert Order.objects.get().state == Order.State.PLACED


def test_nothing_is_run_again_inside_of_another_transaction(shop: Client) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        stories.run(lambda: None)


def test_two_threads_pay_at_once(shop: Client) -> None:
    """Each order is paid once, by whoever is first, and neither thread is told of a conflict."""
    paths = [place(shop) for _ in range(6)]
    answers: list[int] = []
    barrier = Barrier(2)

    def pay_all() -> None:
        try:
            client = Client()
            for path in paths:
                barrier.wait()
                answers.append(client.post(f"{path}/pay").status_code)
        finally:
            connections.close_all()

    threads = [Thread(target=pay_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12
    assert earned() == {"ann": 6 * 327}
    assert len(mail.outbox) == 6
