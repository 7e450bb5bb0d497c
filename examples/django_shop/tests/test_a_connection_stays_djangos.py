"""Whoever joins a transaction of Django is a guest: it begins nothing, ends nothing, and leaves no trace."""

import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from distcore.engine import accrue, accrue_all, join_all, set_plan, set_policy
from distcore.kernel import InputError, MemberId, RetryableError, SaleId, SchemaError
from distcore.referral import Member
from distcore.testing.builders import DAY_1, LATER, a_chain, a_plan, a_policy, a_sale
from distcore_sql import SqlTransaction
from distcore_sql.django import join
from django_shop.models import Order
from django_shop.tests.databases import DATABASES, default_is
from django_shop.tests.visits import place, post

CALL: dict[str, Any] = {"at": LATER, "actor": "host"}


def open_mall() -> None:
    """Make a shop with a plan and three members, in a transaction of Django."""
    call_command("distcore_upgrade", verbosity=0)
    with transaction.atomic():
        tx = join("mall")
        set_policy(tx, a_policy(), **CALL, key="policy")
        set_plan(tx, a_plan(), **CALL, key="plan")
        join_all(tx, a_chain("ann", "ben", "cai"), **CALL)


@pytest.fixture
def mall(database: str) -> str:
    """The vendor of a database in which there is a shop, and tables of the host."""
    call_command("migrate", verbosity=0)
    open_mall()
    return database


def sold() -> set[str]:
    """Return which orders were sold."""
    with transaction.atomic():
        return set(join("mall").sales.find([SaleId("1"), SaleId("2"), SaleId("3")]))


def test_whoever_is_in_no_transaction_is_refused(mall: str) -> None:
    with pytest.raises(InputError, match=r"commits each statement by itself .join within transaction.atomic"):
        join("mall")


def test_ports_end_with_the_transaction_that_was_joined(mall: str) -> None:
    with transaction.atomic():
        tx = join("mall")
    with pytest.raises(InputError, match="its transaction is over"):
        accrue(tx, a_sale("1"), **CALL, key="1")
    assert sold() == set()


@transaction.atomic
def in_a_transaction(work: Callable[[], object]) -> object:
    """Do something in a transaction of its own, with the one block that a decorator has for all calls."""
    return work()


def test_ports_do_not_come_back_with_the_next_transaction(mall: str) -> None:
    """Neither in another block nor in the same one again, neither a row nor many at once."""

    def use(tx: SqlTransaction) -> None:
        for sales in ([a_sale("1")], [a_sale(str(each)) for each in range(600)]):
            with pytest.raises(InputError, match="its transaction is over"):
                accrue_all(tx, sales, **CALL, key="1")
        with pytest.raises(InputError, match="its transaction is over"):
            tx.members.add([Member(MemberId(f"new {each}"), DAY_1, LATER) for each in range(50)])

    kept: list[SqlTransaction] = []
    in_a_transaction(lambda: kept.append(join("mall")))
    use(kept[0])
    in_a_transaction(lambda: use(kept[0]))
    with transaction.atomic():
        use(kept[0])
        with transaction.atomic():
            inner = join("mall")
        use(inner)

    def after_a_savepoint() -> None:
        tx = join("mall")
        with transaction.atomic():
            tx.members.revision()
        tx.members.revision()
        kept.append(tx)

    in_a_transaction(after_a_savepoint)
    in_a_transaction(lambda: use(kept[-1]))
    with suppress(ZeroDivisionError), transaction.atomic():
        kept = [join("mall")]
        raise ZeroDivisionError
    in_a_transaction(lambda: use(kept[0]))
    assert sold() == set()


def test_ports_outlast_a_block_within_theirs(mall: str) -> None:
    with transaction.atomic():
        tx = join("mall")
        with transaction.atomic():
            accrue(tx, a_sale("1"), **CALL, key="1")
        with suppress(ZeroDivisionError), transaction.atomic():
            accrue(tx, a_sale("2"), **CALL, key="2")
            raise ZeroDivisionError
        accrue(tx, a_sale("3"), **CALL, key="3")
    assert sold() == {"1", "3"}


def test_a_savepoint_takes_back_what_was_written_in_it(mall: str) -> None:
    with transaction.atomic():
        accrue(join("mall"), a_sale("1"), **CALL, key="1")
        Order.objects.create(buyer="ben")
        with suppress(ZeroDivisionError), transaction.atomic():
            accrue(join("mall"), a_sale("2"), **CALL, key="2")
            Order.objects.create(buyer="cai")
            raise ZeroDivisionError
        accrue(join("mall"), a_sale("3"), **CALL, key="3")
    assert sold() == {"1", "3"}
    assert [order.buyer for order in Order.objects.all()] == ["ben"]


def test_a_transaction_that_must_be_rolled_back_is_not_joined(mall: str) -> None:
    with transaction.atomic():
        with suppress(ZeroDivisionError), transaction.atomic(savepoint=False):
            raise ZeroDivisionError
        with pytest.raises(transaction.TransactionManagementError):
            join("mall")


def test_an_error_of_ours_can_be_rolled_back_by_django(mall: str) -> None:
    with transaction.atomic():
        tx = join("mall")
        with pytest.raises(SchemaError), transaction.atomic():
            fail(tx)
        Order.objects.create(buyer="cai")
        with pytest.raises(RetryableError) as again:
            tx.members.revision()
        assert again.value.host_must_roll_back
        accrue(join("mall"), a_sale("1"), **CALL, key="1")
    with pytest.raises(SchemaError), transaction.atomic():
        fail(join("mall"))
    assert [order.buyer for order in Order.objects.all()] == ["cai"]
    assert sold() == {"1"}


def test_an_error_of_ours_that_somebody_swallows_is_rolled_back(mall: str) -> None:
    with transaction.atomic():
        with suppress(SchemaError):
            fail(join("mall"))
        with pytest.raises(transaction.TransactionManagementError):
            join("mall")
    assert [order.buyer for order in Order.objects.all()] == []
    assert sold() == set()


def fail(tx: SqlTransaction) -> None:
    """Write something, and ask for a table that is not there."""
    Order.objects.create(buyer="ben")
    tx._statements._rows_of("SELECT * FROM distcore_nowhere")


def test_nothing_of_a_guest_is_left(mall: str) -> None:
    """Neither what SQLAlchemy sets up on a connection, nor a rollback when a guest is dropped."""
    connection = connections["default"].connection
    handlers = list(getattr(connection, "_notice_handlers", ()))
    with transaction.atomic():
        Order.objects.create(buyer="ben")
        accrue(join("mall"), a_sale("1"), **CALL, key="1")
        gc.collect()
        assert connections["default"].in_atomic_block
        transaction.set_rollback(True)
    assert connections["default"].connection is connection
    assert list(getattr(connection, "_notice_handlers", ())) == handlers
    assert not Order.objects.exists()
    assert sold() == set()
    # SQLAlchemy has a function of the same name for SQLite, which takes no numbers.
    order = Order.objects.create(buyer="ben")
    assert list(Order.objects.filter(pk__regex=f"^{order.pk}$")) == [order]


def test_many_rows_are_copied(mall: str) -> None:
    with transaction.atomic():
        report = accrue_all(join("mall"), [a_sale(str(each)) for each in range(600)], **CALL, key="many")
    assert len(report.done) == 600
    assert sold() == {"1", "2", "3"}


def test_a_connection_that_was_closed_is_opened_anew(mall: str) -> None:
    for number in ("1", "2"):
        connections["default"].close()
        with transaction.atomic():
            accrue(join("mall"), a_sale(number), **CALL, key=number)
    assert sold() == {"1", "2"}


def test_a_connection_that_is_lost_is_told_as_a_conflict(tmp_path: Path) -> None:
    with DATABASES["postgresql"](tmp_path) as settings, default_is(settings):
        open_mall()
        with pytest.raises(RetryableError), transaction.atomic():
            lose_connection(join("mall"))
        assert sold() == set()


def lose_connection(tx: SqlTransaction) -> None:
    """Ask for something when the server is gone."""
    accrue(tx, a_sale("1"), **CALL, key="1")
    connections["default"].connection.pgconn.finish()
    tx.members.revision()


def test_each_thread_has_its_own_connection(mall: str) -> None:
    """What one thread has written and not committed, the other one does not see."""
    seen: list[object] = []

    def look() -> None:
        try:
            seen.append(sold())
        finally:
            connections.close_all()

    with transaction.atomic():
        accrue(join("mall"), a_sale("1"), **CALL, key="1")
        if mall == "postgresql":  # in SQLite the other one would wait
            in_a_thread(look)
            assert seen == [set()]
    in_a_thread(look)
    assert seen[-1] == {"1"}


def in_a_thread(work: Callable[[], None]) -> None:
    """Do something in a thread of its own, and wait for it."""
    thread = Thread(target=work)
    thread.start()
    thread.join()


@pytest.fixture(params=[{"server_side_binding": True}, {"pool": {"min_size": 1, "max_size": 2}}], ids=str)
def options_of_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """PostgreSQL as Django can be told to speak to it, besides the way it does by itself."""
    with DATABASES["postgresql"](tmp_path) as settings, default_is({**settings, "OPTIONS": request.param}):
        open_mall()
        yield


def test_postgresql_is_joined_with_any_options(options_of_postgresql: None) -> None:
    for first in (0, 100):
        with transaction.atomic():
            sales = [a_sale(str(each)) for each in range(first, first + 100)]
            assert len(accrue_all(join("mall"), sales, **CALL, key="many").done) == 100
        connections["default"].close()
    assert sold() == {"1", "2", "3"}


def bare(_request: HttpRequest) -> HttpResponse:
    """Join the transaction that Django begins for each request, and fail."""
    Order.objects.create(buyer="ben")
    accrue(join("mall"), a_sale("1"), **CALL, key="1")
    raise ZeroDivisionError


urlpatterns = [path("bare", bare)]


def test_the_transaction_of_a_request_is_joined(tmp_path: Path) -> None:
    with (
        DATABASES["sqlite"](tmp_path) as settings,
        default_is({**settings, "ATOMIC_REQUESTS": True}),
    ):
        call_command("migrate", verbosity=0)
        open_mall()
        with override_settings(ROOT_URLCONF=__name__):
            assert Client(raise_request_exception=False).get("/bare").status_code == 500
        assert not Order.objects.exists()
        assert sold() == set()
        # Views of the shop run their own transactions, which may be run again, also here.
        call_command("set_up")
        client = Client()
        post(client, "/members", {"member": "ann"})
        assert post(client, f"{place(client, buyer='ann')}/pay")["state"] == "paid"


def test_other_databases_and_drivers_are_refused(mall: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections["default"], "vendor", "mysql")
    with pytest.raises(InputError, match=r"using: no such kind of store: mysql .use postgresql or sqlite"):
        join("mall")
    monkeypatch.undo()
    monkeypatch.setattr(connections["default"], "Database", SimpleNamespace(__name__="psycopg2"))
    with pytest.raises(InputError, match=f"using: no such driver: {mall} by psycopg2"):
        join("mall")
