"""Whatever goes wrong on a server comes out as one of our errors, by whose turn it is, without a secret."""

import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, MetaData, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError
from tests.postgresql import (
    a_database,
    a_role,
    as_role,
    close_to_all,
    connected,
    cut_off,
    with_query,
)
from tests.sql.stores import new_shop, new_store, open_store, with_level

from distcore.commission import GroupBy
from distcore.engine import Completion, accrue, complete, join, refund, release, verify
from distcore.kernel import DamagedError, InputError, MemberId, RetryableError, SaleId, SchemaError, ShopId
from distcore.referral import Member
from distcore.testing.builders import (
    ALWAYS,
    DAY_1,
    DAY_12,
    LATER,
    a_booking,
    a_member,
    a_refund,
    a_sale,
    an_accrual,
)
from distcore.testing.contracts.sales import prepared
from distcore_sql import SqlStore, SqlTransaction, build_tables, create_store_engine, upgrade_store

pytestmark = pytest.mark.wide

T = TypeVar("T")

CALL: dict[str, Any] = {"at": LATER, "actor": "tester"}
SECRET = "hunter2"
NOBODY = "canary in the mine"
MOST = 10**15
REPEATABLE = "postgresql, repeatable read"


def members(number: int, sponsor: str | None = None) -> list[Member]:
    above = None if sponsor is None else MemberId(sponsor)
    return [Member(MemberId(f"canary {each}"), DAY_1, LATER, above) for each in range(number)]


def told(error: BaseException) -> str:
    """Return all that a log would show of an error."""
    return "".join(traceback.format_exception(error))


def in_a_thread(work: Callable[[], T]) -> T:
    """Do work in another thread, as a thread has one transaction at a time."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.parametrize("rows", [1, 50], ids=["inserted", "copied"])
@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("40001", RetryableError, "it went wrong"),
        ("40P01", RetryableError, "it went wrong"),
        ("55P03", RetryableError, "it went wrong"),
        ("57014", RetryableError, "it went wrong"),
        ("57P01", RetryableError, "it went wrong"),
        ("08006", RetryableError, "it went wrong"),
        ("53300", RetryableError, "it went wrong"),
        ("23505", RetryableError, "it went wrong"),
        ("53100", InputError, "disk of the server full"),
        ("53200", InputError, "disk of the server full"),
        ("58030", InputError, "disk of the server full"),
        ("22003", InputError, "exceed what 64 bits can hold"),
        ("42501", InputError, "has the role the rights"),
        ("25006", InputError, "only reads"),
        ("XX001", DamagedError, "the database is damaged"),
        ("XX002", DamagedError, "the database is damaged"),
        ("P0001", DBAPIError, "it went wrong"),
        ("23514", IntegrityError, "it went wrong"),
        ("XX000", InternalError, "it went wrong"),
    ],
)
def test_an_error_is_what_its_state_says(
    world: SqlStore, state: str, kind: type[Exception], words: str, rows: int
) -> None:
    with pytest.raises(kind, match=words) as raised, world.begin() as tx:
        tx.members.add(members(rows, f"raise {state}"))
    assert "canary" not in told(raised.value)
    with world.begin() as tx:
        assert list(tx.members.all()) == []


@pytest.fixture(scope="module")
def world() -> Iterator[SqlStore]:
    """A store whose database fails as it is told: by the name of a new member's sponsor."""
    with a_database() as url:
        engine = create_store_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                """
                CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    RAISE EXCEPTION 'it went wrong'
                    USING ERRCODE = right(NEW.sponsor, 5), DETAIL = NEW.member;
                END $$;
                CREATE TRIGGER fail BEFORE INSERT ON distcore_members FOR EACH ROW
                WHEN (NEW.sponsor LIKE 'raise _____') EXECUTE FUNCTION fail()
                """
            )
        yield SqlStore(engine, "mall", build_tables(MetaData()))
        engine.dispose()


@pytest.mark.parametrize("rows", [1, 50], ids=["inserted", "copied"])
def test_who_comes_second_may_try_again(world: SqlStore, rows: int) -> None:
    with pytest.raises(RetryableError, match="duplicate key") as raised, world.begin() as tx:
        tx.members.add(members(rows) + members(rows))
    assert "canary" not in told(raised.value)


@pytest.mark.parametrize("rows", [1, 50], ids=["inserted", "copied"])
def test_our_own_mistake_is_not_called_a_conflict(world: SqlStore, rows: int) -> None:
    with pytest.raises(IntegrityError, match="foreign key") as raised, world.begin() as tx:
        tx.members.add(members(rows, NOBODY))
    assert "canary" not in told(raised.value)


def test_a_writer_who_waits_too_long_may_try_again(postgresql: str) -> None:
    new_shop(postgresql)
    with open_store(postgresql).begin() as holder:
        holder.members.lock()
        hasty = open_store(postgresql, busy_ms=50)
        with pytest.raises(RetryableError, match="lock timeout") as raised:
            in_a_thread(lambda: hasty.run(lambda tx: tx.members.lock()))
        assert not raised.value.host_must_roll_back
    assert hasty.run(lambda tx: tx.members.lock()) == 0


def test_who_is_told_to_stop_may_try_again(postgresql: str) -> None:
    new_shop(postgresql)
    with open_store(postgresql).begin() as holder:
        holder.members.lock()
        stopped = open_store(with_query(postgresql, options="-c statement_timeout=50"))
        with pytest.raises(RetryableError, match="statement timeout"):
            in_a_thread(lambda: stopped.run(lambda tx: tx.members.lock()))


def test_a_reader_never_waits_and_sees_one_moment(postgresql: str) -> None:
    shop = new_shop(postgresql)
    with open_store(postgresql).begin(reading=True) as reader:
        assert reader.sales.count() == 0
        in_a_thread(lambda: shop.do(accrue, a_sale()))
        assert reader.sales.count() == 0
        assert verify(reader).sales == 0
    with open_store(postgresql).begin(reading=True) as reader:
        assert reader.sales.count() == 1


@pytest.mark.parametrize("released", [True, False])
def test_who_is_too_old_to_see_a_completion_may_try_again(postgresql: str, *, released: bool) -> None:
    """Otherwise a refund would take from what is frozen, after all of it was released."""
    shop = new_shop(postgresql)
    shop.do(accrue, a_sale())
    old = create_store_engine(with_level(postgresql, REPEATABLE))
    with old.connect() as connection:
        tx = SqlTransaction(connection, ShopId("mall"), build_tables(MetaData()))
        assert tx.sales.count() == 1
        shop.do(complete, Completion(SaleId("order 1"), DAY_12))
        if released:
            shop.do(release)
        with pytest.raises(RetryableError) as raised:
            refund(tx, a_refund("r1"), **CALL, key="r1")
        assert raised.value.host_must_roll_back
    with old.connect() as connection:
        tx = SqlTransaction(connection, ShopId("mall"), build_tables(MetaData()))
        refund(tx, a_refund("r1"), **CALL, key="r1")
        connection.commit()
    old.dispose()
    shop.assert_sound()


def test_who_may_not_be_too_old_refunds_what_is_not_completed(postgresql: str) -> None:
    shop = new_shop(postgresql)
    shop.do(accrue, a_sale())
    level = with_level(postgresql, REPEATABLE)
    refunded = open_store(level).run(lambda tx: refund(tx, a_refund("r1"), **CALL, key="r1"))
    assert refunded.accruals
    with shop.store.begin() as tx:
        assert next(iter(tx.sales.all())).completed_at is None
    shop.assert_sound()


def test_who_only_reads_can_not_write(postgresql: str) -> None:
    store = new_shop(postgresql).store
    assert isinstance(store, SqlStore)
    with pytest.raises(InputError, match="only reads"), store.begin(reading=True) as tx:
        join(tx, a_member("dan"), **CALL, key="dan")
    with store.begin() as tx:
        assert join(tx, a_member("dan"), **CALL, key="dan").id == "dan"


def test_one_of_two_who_wait_for_each_other_may_try_again(postgresql: str) -> None:
    """Two shops, each held by one of them, and then asked for by the other."""
    engine = create_store_engine(postgresql)
    tables = build_tables(MetaData())
    for shop in ("one", "two"):
        new_store(postgresql, shop).run(lambda tx: tx.members.lock())
    both_hold = threading.Barrier(2)

    def take(first: str, second: str) -> str:
        with engine.connect() as connection:
            SqlTransaction(connection, first, tables).members.lock()
            both_hold.wait()
            try:
                SqlTransaction(connection, second, tables).members.lock()
            except RetryableError as error:
                return str(error)
            return "done"

    said: list[str] = []
    threads = [
        threading.Thread(target=lambda pair=pair: said.append(take(*pair)))
        for pair in (("one", "two"), ("two", "one"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["deadlock detected (roll back your transaction, then run again)", "done"]
    engine.dispose()


@pytest.mark.parametrize("rows", [1, 50], ids=["inserted", "copied"])
def test_a_lost_connection_may_be_tried_again(postgresql: str, rows: int) -> None:
    store = new_store(postgresql)

    def add(tx: SqlTransaction) -> None:
        assert tx.members.revision() == 0
        cut_off(postgresql)
        tx.members.add(members(rows))

    _lost(store, add)
    with store.begin() as tx:
        assert list(tx.members.all()) == []


def test_a_connection_lost_before_the_commit_kept_nothing(postgresql: str) -> None:
    store = new_store(postgresql)

    def add(tx: SqlTransaction) -> None:
        tx.members.add(members(1))
        cut_off(postgresql)

    _lost(store, add)
    assert store.run(lambda tx: list(tx.members.all())) == []


def _lost(store: SqlStore, work: Callable[[SqlTransaction], None]) -> None:
    """Do work in a transaction that ends with a connection that is gone."""
    with pytest.raises(RetryableError), store.begin() as tx:
        work(tx)


def test_work_whose_answer_is_lost_is_found_done(postgresql: str) -> None:
    """The server commits, and the connection ends before it says so."""
    shop = new_shop(postgresql)
    store = shop.store
    assert isinstance(store, SqlStore)
    lost: list[int] = []

    def lose(connection: Any) -> None:
        if not lost:
            lost.append(1)
            driver = connection.connection.dbapi_connection
            driver.execute("COMMIT")
            driver.close()

    event.listen(Engine, "commit", lose)
    try:
        posting = store.run(lambda tx: accrue(tx, a_sale(), **CALL, key="1"))
    finally:
        event.remove(Engine, "commit", lose)
    assert lost == [1]
    assert [fact.payee for fact in posting.accruals] == ["ben", "ann"]
    assert shop.earned()["ben"].accrued_minor == 1_000
    shop.assert_sound()


def test_a_server_that_is_full_may_be_tried_again(postgresql: str) -> None:
    """Also at the first connection, where there is no state to go by."""
    with a_role(postgresql) as role, connected(postgresql) as admin:
        admin.execute(f"ALTER ROLE {role} CONNECTION LIMIT 1")
        with (
            connected(as_role(postgresql, role)),
            pytest.raises(RetryableError, match="too many connections"),
        ):
            SqlStore.open(as_role(postgresql, role), "mall")


def test_a_server_that_has_gone_away_may_come_back(postgresql: str) -> None:
    """It answered when the store was opened."""
    store = open_store(postgresql)
    close_to_all(postgresql)
    for words in ("terminating connection", "not currently accepting connections"):
        with pytest.raises(RetryableError, match=words), store.begin() as tx:
            tx.members.revision()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "nowhere"}, 'database "nowhere" does not exist'),
        ({"username": "nobody_known"}, "nobody_known"),
        ({"query": {"host": "/nowhere"}}, "No such file or directory"),
        ({"host": "127.0.0.1", "port": 1, "query": {}}, "refused"),
        ({"query": {"no_such_option": SECRET}}, "no_such_option"),
    ],
)
def test_a_server_that_can_not_be_reached_is_said_so(
    postgresql: str, change: dict[str, Any], words: str
) -> None:
    url = make_url(postgresql).set(**{"username": "postgres", "password": SECRET, **change})
    for refused in (
        lambda: SqlStore.open(url.render_as_string(hide_password=False), "mall"),
        lambda: upgrade_store(url.render_as_string(hide_password=False)),
    ):
        with pytest.raises(InputError, match=words) as raised:
            refused()
        assert raised.value.problems[0].hint.startswith("are URL, user and password right")
        assert SECRET not in told(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:S3c@{SECRET}@127.0.0.1:1/shop",
        f"postgresql://me:S3c@host/{SECRET}@127.0.0.1:1/shop",
    ],
)
def test_an_at_sign_in_a_password_has_to_be_escaped(url: str) -> None:
    with pytest.raises(InputError, match="the URL has an @ too many") as raised:
        SqlStore.open(url, "mall")

    assert raised.value.problems[0].hint.endswith("write it as %40")
    assert SECRET not in told(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}",
        f"postgresql://me:{SECRET}@host:port/shop",
        f"postgresql://me:{SECRET}@host/",
        f"postgresql://me:{SECRET}/or so@host/shop",
        f"postgresql+psycopg2://me:{SECRET}@host/shop",
        f"postgres://me:{SECRET}@host/shop",
        f"mysql://me:{SECRET}@host/shop",
        f"//me:{SECRET}@host/shop",
        f"me:{SECRET}@host/shop",
        f"sqlite:///shop.db?key={SECRET}",
    ],
)
def test_a_secret_in_a_url_is_never_repeated(url: str) -> None:
    with pytest.raises((InputError, SchemaError)) as raised:
        SqlStore.open(url, "mall")
    assert SECRET not in told(raised.value)


def test_a_plain_url_means_the_driver_that_we_know(postgresql: str) -> None:
    assert postgresql.startswith("postgresql+psycopg://")
    open_store(postgresql.replace("+psycopg", "")).close()


def test_the_options_of_a_url_come_after_ours(postgresql: str) -> None:
    engine = create_store_engine(with_query(postgresql, options="-c lock_timeout=7s -c statement_timeout=9s"))
    with engine.connect() as connection:
        shown = [
            connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("lock_timeout", "statement_timeout", "jit")
        ]
    engine.dispose()
    assert shown == ["7s", "9s", "off"]


@pytest.mark.parametrize("many", [False, True])
def test_sums_beyond_64_bits_are_refused(url: str, many: bool) -> None:
    store = new_store(url)
    with store.begin() as tx:
        facts = [an_accrual("ann", MOST, level=1 + number) for number in range(9_300 if many else 9_000)]
        prepared(tx).sales.book([a_booking(a_sale(), *facts)], [])
    if many:
        with pytest.raises(InputError, match="exceed what 64 bits can hold"), store.begin(reading=True) as tx:
            _all_earned(tx)
    else:
        with store.begin(reading=True) as tx:
            assert _all_earned(tx) == 9_000 * MOST


def _all_earned(tx: SqlTransaction) -> int:
    return sum(each.accrued_minor for each in tx.earnings.of(*ALWAYS, GroupBy.VALID))
