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
from django_shop.models import Order, OrderLine
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
    wrong = post(shop, "/orders", {"buyer": "ben", "lines": lines}, status=422)["problems"]
    assert [each["where"] for each in wrong] == ["lines[0].units", "lines[0].net_minor"]
    assert not Order.objects.exists()


TEA: dict[str, Any] = {"sku": "tea", "units": 1, "net_minor": 500}
NO_LINES: tuple[Any, ...] = ("x", None, [], [5], [{}], [TEA, {"sku": "tea"}])


@pytest.mark.parametrize(
    "cart",
    [
        *({"buyer": "ben", "lines": each} for each in NO_LINES),
        *(
            {"buyer": "ben", "lines": [TEA | change]}
            for change in (
                {"units": 1.9},
                {"net_minor": 10.75},
                {"net_minor": "5"},
                {"net_minor": 10**30},
                {"units": -1},
                {"units": True},
                {"sku": None},
                {"sku": "x" * 5_000},
            )
        ),
        *({"buyer": buyer, "lines": [TEA]} for buyer in (None, 5, ["ben"], "x" * 5_000, "b\0")),
    ],
    ids=str,
)
def test_an_order_that_could_never_be_paid_is_not_kept(shop: Client, cart: dict[str, Any]) -> None:
    assert post(shop, "/orders", cart, status=422)["problems"]
    assert not Order.objects.exists()


def test_a_line_is_of_its_own_order(shop: Client) -> None:
    """Whatever else somebody posts with it."""
    theirs = place(shop)
    mine = post(shop, "/orders", {"buyer": "ben", "lines": [TEA | {"order_id": 1, "id": 1}]})["order"]
    assert [line.order_id for line in OrderLine.objects.order_by("pk")] == [int(theirs.split("/")[-1]), mine]


@pytest.mark.parametrize("member", [None, 5, ["x"], {"a": 1}, "", "x" * 5_000, "b\0"])
def test_who_can_not_be_a_member_is_said(shop: Client, member: object) -> None:
    assert post(shop, "/members", {"member": member}, status=422)["problems"]


def test_who_signs_up_again_is_told_the_same(shop: Client) -> None:
    """An answer may be lost on its way; below somebody else it is another wish."""
    for _ in range(2):
        assert post(shop, "/members", {"member": "cai", "sponsor": "ann"}) == {"member": "cai"}
    assert post(shop, "/members", {"member": "cai"}, status=409)["code"] == "key_reused"


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
