"""R3: an event is told when it is there, however late its transaction commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.sql.stores import DATABASES, new_shop, open_store

from distcore.engine import accrue, open_outbox, relay
from distcore.ports import Event
from distcore.testing.builders import LATER, a_sale, day
from distcore_sql import SqlStore, SqlTransaction

Listen = Callable[[], list[str]]
"""Returns what was done since it was asked last."""

pytestmark = pytest.mark.wide

SERVERS = [name for name in DATABASES if name != "sqlite"]
"""Where two write at once; in SQLite who begins first commits first."""


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a shop whose outbox is open."""
    with DATABASES[request.param](tmp_path) as url:
        new_shop(url).do(open_outbox, at=day(0))
        yield url


def relaying(url: str) -> Listen:
    """Claim, tell and forget."""
    store = open_store(url)

    def listen() -> list[str]:
        return [each.about for each in relay(store.begin, lambda _: None, at=LATER).told]

    return listen


def polling(url: str) -> Listen:
    """Ask for what comes after the last one: what no outbox may do."""
    store = open_store(url)
    last = (day(-1), "")

    def place(event: Event) -> tuple[object, str]:
        return event.done_at, event.id

    def listen() -> list[str]:
        nonlocal last
        with store.begin() as tx:
            new = sorted((each for each in tx.outbox.all() if (each.done_at, each.id) > last), key=place)
        last = (new[-1].done_at, new[-1].id) if new else last
        return [each.about for each in new]

    return listen


def sell(tx: SqlTransaction, id: str, day_number: int) -> None:
    """Sell an order."""
    accrue(tx, a_sale(id, paid_at=day(1)), at=day(day_number), actor="web", key=id)


@contextmanager
def selling(store: SqlStore, id: str, day_number: int) -> Iterator[None]:
    """Sell an order in a transaction that commits when the block ends."""
    with store.begin() as tx:
        sell(tx, id, day_number)
        yield


def told(url: str, listen: Listen) -> list[list[str]]:
    """Return what is told while two commit in another order than they began."""
    slow, quick = open_store(url), open_store(url)
    heard = [listen()]
    with selling(slow, "slow", 11):
        with selling(quick, "quick", 12):
            heard.append(listen())
        heard.append(listen())
    heard.append(listen())
    return heard


def test_what_is_committed_late_is_told(url: str) -> None:
    assert told(url, relaying(url)) == [["mall"], [], ["quick"], ["slow"]]


def test_this_law_can_fail(url: str) -> None:
    assert told(url, polling(url)) == [["mall"], [], ["quick"], []]
