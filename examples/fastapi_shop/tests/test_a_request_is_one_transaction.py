"""What the shop writes and what distcore writes in a request is kept together, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from distcore import engine
from distcore.kernel import RetryableError, parse_period
from distcore_sql import SqlStore
from fastapi_shop import transactions
from fastapi_shop.app import SHOP, create_app
from fastapi_shop.orders import Order, State


def place(shop: TestClient) -> str:
    """Place an order of ben and return its path."""
    cart = {"buyer": "ben", "lines": [{"sku": "tea", "units": 2, "net_minor": 3270}]}
    placed = shop.post("/orders", json=cart)
    assert placed.status_code == 200, placed.text
    return f"/orders/{placed.json()['order']}"


def states(shop: TestClient) -> list[State]:
    """Return the states of all orders."""
    app: Any = shop.app
    with app.state.sessions() as session:
        return list(session.scalars(select(Order.state).order_by(Order.id)))


def earned(shop: TestClient) -> dict[str, int]:
    """Return what each member earned this year, after what was taken back."""
    app: Any = shop.app
    with app.state.sessions() as session:
        tx = SqlStore.join(session, SHOP)
        policy = tx.policies.current()
        assert policy is not None
        year = parse_period(str((datetime.now(UTC) + timedelta(hours=8)).year), policy.calendar)
        return {each.payee: each.accrued_minor + each.clawed_back_minor for each in engine.earnings(tx, year)}


def test_paying_writes_the_order_and_the_commission(shop: TestClient) -> None:
    path = place(shop)
    for _ in range(2):  # a second click changes nothing
        assert shop.post(f"{path}/pay").json()["state"] == "paid"
    assert states(shop) == [State.PAID]
    assert earned(shop) == {"ann": 327}
    (why,) = shop.get(f"{path}/why/ann").json()
    assert why.startswith("ann gets 3.27 CNY for line"), why


def test_a_refund_takes_it_back(shop: TestClient) -> None:
    path = place(shop)
    shop.post(f"{path}/pay")
    assert shop.post(f"{path}/refund").json()["state"] == "refunded"
    assert shop.post(f"{path}/refund").json()["state"] == "refunded"
    assert earned(shop) == {"ann": 0}


def test_a_refusal_keeps_neither(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    monkeypatch.setattr("fastapi_shop.orders.CURRENCY", "EUR")
    answer = shop.post(f"{path}/pay")
    assert answer.status_code == 409
    assert answer.json()["code"] == "currency_not_of_shop"
    assert answer.json()["facts"]["currency"] == "EUR"
    assert states(shop) == [State.PLACED]
    assert earned(shop) == {}


def test_a_wrong_value_is_named(shop: TestClient) -> None:
    answer = shop.post("/members", json={"member": " "})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["where"]


TEA = {"sku": "tea", "units": 1, "net_minor": 500}


@pytest.mark.parametrize(
    "cart",
    [
        {"buyer": "ben", "lines": []},
        *({"buyer": buyer, "lines": [TEA]} for buyer in ("", "x" * 5_000, "b\0")),
        *(
            {"buyer": "ben", "lines": [TEA | change]}
            for change in (
                {"units": 1.9},
                {"units": -1},
                {"net_minor": 10**30},
                {"units": 10**30},
                {"sku": ""},
            )
        ),
    ],
    ids=str,
)
def test_an_order_that_could_never_be_paid_is_not_kept(shop: TestClient, cart: dict[str, Any]) -> None:
    assert shop.post("/orders", json=cart).status_code == 422
    assert states(shop) == []


@pytest.mark.parametrize("order", [0, 2**63, 10**30])
def test_a_number_that_no_order_has_is_said(shop: TestClient, order: int) -> None:
    assert shop.post(f"/orders/{order}/pay").status_code == 422


@pytest.mark.parametrize("member", ["", "x" * 5_000, "b\0"])
def test_who_can_not_be_a_member_is_said(shop: TestClient, member: str) -> None:
    assert shop.post("/members", json={"member": member}).status_code == 422


def test_who_signs_up_again_is_told_the_same(shop: TestClient) -> None:
    """An answer may be lost on its way, or come after the next click; below another it is another wish."""

    def sign_up(_: object) -> int:
        status: int = shop.post("/members", json={"member": "cai", "sponsor": "ann"}).status_code
        return status

    with ThreadPoolExecutor(4) as browsers:
        assert set(browsers.map(sign_up, range(8))) == {200}
    assert shop.post("/members", json={"member": "cai"}).json()["code"] == "key_reused"


def test_an_order_that_is_not_there_is_not_found(shop: TestClient) -> None:
    assert shop.post("/orders/7/pay").status_code == 404


def test_a_conflict_is_run_again_as_a_whole(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    conflicts = [RetryableError("a conflict", host_must_roll_back=True)] * 2
    accrue = engine.accrue

    def overtaken(*arguments: Any, **named: Any) -> Any:
        posting = accrue(*arguments, **named)
        if conflicts:
            raise conflicts.pop()
        return posting

    monkeypatch.setattr(engine, "accrue", overtaken)
    assert shop.post(f"{path}/pay").json()["state"] == "paid"
    assert conflicts == []
    assert earned(shop) == {"ann": 327}


def test_a_conflict_that_stays_ends_with_503(shop: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(shop)
    attempts = []

    def overtaken(*_: object, **__: object) -> None:
        attempts.append(1)
        raise RetryableError("a conflict", host_must_roll_back=True)

    monkeypatch.setattr(engine, "accrue", overtaken)
    answer = shop.post(f"{path}/pay")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert len(attempts) == transactions.ATTEMPTS_MAX
    assert states(shop) == [State.PLACED]


def test_many_requests_at_once_pay_each_order_once(shop: TestClient) -> None:
    paths = [place(shop) for _ in range(6)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda path: shop.post(f"{path}/pay").status_code, paths * 2))
    assert answers == [200] * 12
    assert earned(shop) == {"ann": 6 * 327}


def test_a_shop_is_opened_again(shop: TestClient, url: str) -> None:
    path = place(shop)
    with TestClient(create_app(url)) as again:
        assert again.post(f"{path}/pay").json()["state"] == "paid"
    assert earned(shop) == {"ann": 327}
