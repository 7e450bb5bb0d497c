"""The stories of the shop, each in one transaction with what distcore writes.

`uvicorn --factory fastapi_shop.app:create_app` runs it.  The endpoints are plain functions, so each of them
has a thread: a database that waits keeps nobody else waiting.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path as Folder
from typing import Annotated

from fastapi import APIRouter, FastAPI, HTTPException, Path
from sqlalchemy.orm import Session, sessionmaker

from distcore import engine
from distcore.codec import Media, load_plan, load_policy
from distcore.commission import tell
from distcore.kernel import MemberId, RefusedError, SaleId
from distcore.referral import Newcomer
from distcore_sql import SqlStore, create_store_engine, upgrade_store
from fastapi_shop.orders import Base, Order, OrderLine, State, refund_of, require_payable, sale_of
from fastapi_shop.transactions import InSession, answer_each_no, in_transaction

SHOP = "tea house"
"""The name under which distcore keeps the facts of this shop."""

OrderId = Annotated[int, Path(ge=1, lt=2**63)]

stories = APIRouter()


@dataclass
class SignUp:
    """Somebody, and whoever recommended the shop."""

    member: str
    sponsor: str | None = None


@dataclass
class Wanted:
    """Some units of one product, and what they cost."""

    sku: str
    units: int
    net_minor: int


@dataclass
class Cart:
    """What somebody wants to buy."""

    buyer: str
    lines: list[Wanted]


@dataclass
class Placed:
    """An order, and how far it has come."""

    order: int
    state: State


@stories.post("/members")
@in_transaction
def sign_up(given: SignUp, session: InSession) -> SignUp:
    """Make somebody a member, below whoever recommended the shop."""
    at, tx, member = datetime.now(UTC), SqlStore.join(session, SHOP), MemberId(given.member)
    sponsor = None if given.sponsor is None else MemberId(given.sponsor)
    newcomer = Newcomer(member, joined_at=at, sponsor=sponsor)
    try:
        engine.join(tx, newcomer, at=at, actor="web", key=f"sign up {member}")
    except RefusedError:
        # Whoever asks again, since no answer came, asks at another instant.
        there = tx.members.upward([member], 0).get(member)
        if there is None or there.sponsor != sponsor:
            raise
    return given


@stories.post("/orders")
@in_transaction
def place(cart: Cart, session: InSession) -> Placed:
    """Keep what somebody wants; commission is nobody's before it is paid."""
    lines = [OrderLine(sku=each.sku, units=each.units, net_minor=each.net_minor) for each in cart.lines]
    order = Order(buyer=cart.buyer, state=State.PLACED, lines=lines)
    require_payable(order)
    session.add(order)
    session.flush()
    return Placed(order.id, order.state)


@stories.post("/orders/{order_id}/pay")
@in_transaction
def pay(order_id: OrderId, session: InSession) -> Placed:
    """Take the money, and write down who earned what by it: both, or neither."""
    order, at = _locked(session, order_id), datetime.now(UTC)
    if order.state == State.PLACED:
        order.state = State.PAID
        tx = SqlStore.join(session, SHOP)
        engine.accrue(tx, sale_of(order, at), at=at, actor="web", key=f"pay {order.id}")
    return Placed(order.id, order.state)


@stories.post("/orders/{order_id}/refund")
@in_transaction
def refund(order_id: OrderId, session: InSession) -> Placed:
    """Give the money back, and take back what was earned by it."""
    order, at = _locked(session, order_id), datetime.now(UTC)
    if order.state == State.PAID:
        order.state = State.REFUNDED
        tx = SqlStore.join(session, SHOP)
        engine.refund(tx, refund_of(order, at), at=at, actor="web", key=f"refund {order.id}")
    return Placed(order.id, order.state)


@stories.get("/orders/{order_id}/why/{payee}")
@in_transaction
def why(order_id: OrderId, payee: str, session: InSession) -> list[str]:
    """Say why somebody got what they got for an order, cent by cent."""
    explained = engine.explain(SqlStore.join(session, SHOP), SaleId(str(order_id))).explained
    return [tell(each) for each in explained.whys if each.accrual.payee == payee]


def _locked(session: Session, order_id: int) -> Order:
    """Return an order that nobody else changes until the transaction ends."""
    order = session.get(Order, order_id, with_for_update=True, populate_existing=True)
    if order is None:
        raise HTTPException(404)
    return order


def create_app(url: str | None = None) -> FastAPI:
    """Return the shop in the database at a URL, or at the one in `SHOP_URL`, with all tables made."""
    place_of_shop = url or os.environ.get("SHOP_URL", "sqlite:///shop.db")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        upgrade_store(place_of_shop)
        database = create_store_engine(place_of_shop)
        Base.metadata.create_all(database)
        app.state.sessions = sessionmaker(database)
        with app.state.sessions.begin() as session:
            _set_up(session)
        yield
        database.dispose()

    app = FastAPI(lifespan=lifespan)
    app.include_router(stories)
    answer_each_no(app)
    return app


def _set_up(session: Session) -> None:
    """Give the shop its policy and its plan; a second time does nothing."""
    folder, at = Folder(__file__).parent, datetime.now(UTC)
    policy = load_policy((folder / "policy.toml").read_bytes(), Media.TOML)
    plan = load_plan((folder / "plan.toml").read_bytes(), Media.TOML)
    tx = SqlStore.join(session, SHOP)
    engine.set_policy(tx, policy, at=at, actor="ops", key="first policy")
    engine.set_plan(tx, plan, at=at, actor="ops", key="mall 1")
