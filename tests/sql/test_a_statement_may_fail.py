"""A statement of a verb fails, or its COMMIT does, in every way that there is: it is done once or not at all.

A whole life is led, and in each step something goes wrong at one point.  Where trying again helps, the store
does that by itself.  Where it does not, the error comes out, and while somebody holds it, nothing is left of
the step: no row, no lock, and no open transaction for whoever gets the connection next.  Then the step is
done again, as a host would.  In the end the dump is the same, byte for byte, as of a life without failures.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from attrs import define, evolve
from sqlalchemy import Engine
from tests.sql.crash import SHOP, SPOILT, TABLES, Life, Lived, Observer, a_store, an_engine, lived, nothing
from tests.sql.failures import FAILURES, INTERRUPTED, Failure, after_commit, is_of_host
from tests.sql.stores import DATABASES, close_all, new_shop, url_in
from tests.sql.watched import Look, Point, watch

from distcore.engine import join, join_all
from distcore.kernel import InputError, RefusedError, RetryableError
from distcore.testing.builders import LATER, a_member
from distcore.testing.contracts.kept import broken_off
from distcore.testing.story import told
from distcore_sql import SqlStore, SqlTransaction, create_store_engine
from distcore_sql.store import ATTEMPTS_MAX

pytestmark = pytest.mark.wide

T = TypeVar("T")

CALL: dict[str, Any] = {"at": LATER, "actor": "host"}

BUSY_MS = 2_000
"""How long the next one waits for a lock that nobody may hold any more."""

KINDS = [(database, name) for database in DATABASES for name in FAILURES[database]]

OFTEN = {"sqlite": "interrupted", "postgresql": "deadlock", "mariadb": "deadlock"}
"""What strikes at every point, and hosts, on each commit; a server takes half a minute for each kind."""

EVERYWHERE = [
    pytest.param(database, name, marks=() if OFTEN[database] == name else pytest.mark.deep)
    for database, name in KINDS
]


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lived]:
    """Lives that nothing happens to, by database."""
    known: dict[str, Lived] = {}

    def life_in(database: str) -> Lived:
        if database not in known:
            with DATABASES[database](tmp_path_factory.mktemp(database)) as url:
                known[database] = lived(url)
        return known[database]

    return life_in


@define
class Striking:
    """Lets one thing go wrong in each step, at the point that is chosen for it."""

    failure: Failure
    spoil: Look = nothing
    chosen: int = 0
    reached: int = 0
    struck: Point | None = None

    def arm(self, chosen: int) -> None:
        """Strike at one of those points of the step that begins now at which it may; with 0 at none."""
        self.chosen, self.reached, self.struck = chosen, 0, None

    def look(self, point: Point, driver: Any, cursor: object) -> None:
        """Count the points of the step, and strike once."""
        if self.failure.where(point):
            self.reached += 1
            if self.reached == self.chosen:
                self.struck = point
                self.failure.strike(driver)
        self.spoil(point, driver, cursor)


class Failing(Life):
    """A shop in whose every step something goes wrong, at one of its points."""

    def __init__(self, engine: Engine, striking: Striking, whole: Lived, seen: Observer) -> None:
        """Let it go wrong in an engine, and be seen from outside."""
        super().__init__(a_store(engine))
        self.engine, self.striking, self.whole, self.seen = engine, striking, whole, seen
        self.strikes = 0

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Do a step; where an error comes out, see that nothing is left, and do it again."""
        points = sum(map(self.striking.failure.where, self.whole.of(self.step + 1)))
        self.striking.arm(1 + self.step * 37 % points)
        try:
            result = super().do(verb, *args, **options)
            assert self.striking.failure.comes_out is RetryableError, "the error was swallowed"
        except self.striking.failure.comes_out:
            # The error is still held here, and with it all that it has passed through.
            self.assert_left()
            self.step -= 1
            result = super().do(verb, *args, **options)
        self.strikes += self.striking.struck is not None
        self.striking.arm(0)
        self.assert_left()
        return result

    def assert_left(self) -> None:
        """See that the step is done, unless it has just gone wrong before its end."""
        struck = self.striking.struck
        done = self.step if struck is None or after_commit(struck) else self.step - 1
        assert self.seen.rows() == self.whole.rows[done], f"step {self.step} is not done once"
        assert_free(self.seen.engine)


class Hosted(Failing):
    """The same in transactions of a host, who is told to roll back, and then tries again."""

    def run(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run it in a transaction that somebody else begins and ends."""
        for _ in range(ATTEMPTS_MAX):
            try:
                with self.engine.begin() as connection:
                    return self._joined(SqlStore.join(connection, SHOP, TABLES), work)
            except RetryableError:
                continue
        raise AssertionError("it never goes well")

    @staticmethod
    def _joined(tx: SqlTransaction, work: Callable[[SqlTransaction], T]) -> T:
        try:
            return work(tx)
        except BaseException:
            with pytest.raises(RetryableError, match="this transaction had") as raised:
                tx.members.revision()
            assert raised.value.host_must_roll_back
            raise


class FailingEverywhere(Failing):
    """In each step it goes wrong at every point, one after the other, and the store does not try again."""

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Do a step as often as it has points, and then as it should be done."""
        point = 0
        while True:
            point += 1
            self.striking.arm(point)
            try:
                result = Life.do(self, verb, *args, **options)
            except self.striking.failure.comes_out:
                self.assert_left()
                self.step -= 1
                self.strikes += 1
            else:
                assert self.striking.struck is None, "the error was swallowed"
                self.assert_left()
                return result

    def run(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run it once."""
        with self.owned.begin() as tx:
            return work(tx)


class Keyless(Failing):
    """Forgets the keys of its steps: each attempt has its own."""

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        numbers = count()

        def keyless(tx: SqlTransaction, *args: object, key: str, **options: Any) -> T:
            return verb(tx, *args, key=f"{key} {next(numbers)}", **options)

        return super().do(keyless, *args, **options)


def assert_free(engine: Engine) -> None:
    """See that somebody else can take the lock of a shop."""
    with broken_off(a_store(engine)) as tx:
        tx.members.lock()


def fail_all_along(
    database: str,
    failure: Failure,
    whole: Lived,
    folder: Path,
    *,
    led: type[Failing] = Failing,
    spoil: Look = nothing,
) -> int:
    """Lead a life in whose every step something goes wrong; return how often it did."""
    with DATABASES[database](folder) as url, Observer(url, busy_ms=BUSY_MS) as seen:
        engine = an_engine(url)
        striking = Striking(failure, spoil)
        life = led(engine, striking, whole, seen)
        watch(engine, striking.look)
        try:
            for _ in told(life):
                pass
        finally:
            engine.dispose()
        assert seen.dump() == whole.dump
        return life.strikes


@pytest.mark.parametrize(("database", "name"), KINDS)
def test_it_is_done_once_or_not_at_all(
    database: str, name: str, tmp_path: Path, lives: Callable[[str], Lived]
) -> None:
    whole = lives(database)
    assert fail_all_along(database, FAILURES[database][name], whole, tmp_path) == len(whole.steps) > 100


@pytest.mark.parametrize(("database", "name"), EVERYWHERE)
def test_a_host_does_it_once_or_not_at_all(
    database: str, name: str, tmp_path: Path, lives: Callable[[str], Lived]
) -> None:
    whole = lives(database)
    failure = FAILURES[database][name]
    of_guest = evolve(failure, where=lambda point: failure.where(point) and not is_of_host(point))
    strikes = fail_all_along(database, of_guest, whole, tmp_path, led=Hosted)
    assert strikes == len(whole.steps)


@pytest.mark.parametrize(("database", "name"), EVERYWHERE)
def test_it_is_done_once_or_not_at_all_wherever_it_fails(
    database: str, name: str, tmp_path: Path, lives: Callable[[str], Lived]
) -> None:
    """At every point of every step."""
    whole = lives(database)
    strikes = fail_all_along(database, FAILURES[database][name], whole, tmp_path, led=FailingEverywhere)
    assert strikes > 1_500


LOST_AFTER_COMMIT = {
    database: Failure(FAILURES[database]["connection lost"].strike, where=after_commit)
    for database in DATABASES
    if "connection lost" in FAILURES[database]
}
"""Nobody is told that it was done."""


@pytest.mark.parametrize("database", LOST_AFTER_COMMIT)
def test_what_was_done_is_not_done_again_when_nobody_was_told(
    database: str, tmp_path: Path, lives: Callable[[str], Lived]
) -> None:
    fail_all_along(database, LOST_AFTER_COMMIT[database], lives(database), tmp_path)


@pytest.mark.parametrize("database", LOST_AFTER_COMMIT)
def test_this_law_can_fail_without_keys(database: str, tmp_path: Path, lives: Callable[[str], Lived]) -> None:
    with pytest.raises((AssertionError, RefusedError)):
        fail_all_along(database, LOST_AFTER_COMMIT[database], lives(database), tmp_path, led=Keyless)


@pytest.mark.parametrize("led", [Failing, FailingEverywhere])
@pytest.mark.parametrize("database", DATABASES)
def test_this_law_can_fail_where_each_insert_is_committed(
    database: str, led: type[Failing], tmp_path: Path, lives: Callable[[str], Lived]
) -> None:
    spoil = SPOILT["in pieces"]
    with pytest.raises(AssertionError, match="is not done once"):
        fail_all_along(database, INTERRUPTED, lives(database), tmp_path, led=led, spoil=spoil)


# What SQLite does by itself


def test_nothing_follows_on_a_full_disk(tmp_path: Path) -> None:
    """SQLite has rolled back by then, and each statement that followed would be a transaction of its own."""
    new_shop(tmp_path)
    engine = create_store_engine(url_in(tmp_path))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # that is: no more than there are
        tx = SqlStore.join(connection, SHOP)
        with pytest.raises(InputError, match="disk full"):
            join_all(tx, [a_member(f"m{number}") for number in range(10_000)], **CALL)
        assert not connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]
        with pytest.raises(RetryableError, match="had an error"):
            join(tx, a_member("dan"), **CALL, key="dan")
        with pytest.raises(RetryableError, match="had an error") as raised:
            SqlStore.join(connection, SHOP)
        assert raised.value.host_must_roll_back
    engine.dispose()
    with SqlStore.open(url_in(tmp_path), SHOP) as store, store.begin() as tx:
        assert {member.id for member in tx.members.all()} == {"ann", "ben", "cai"}


def test_a_commit_that_waits_too_long_leaves_nothing_open(tmp_path: Path) -> None:
    """A reader is in the way of a COMMIT where the host keeps no log of what is written."""
    new_shop(tmp_path)
    close_all()
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode = DELETE")
        with SqlStore.open(url_in(tmp_path), SHOP, busy_ms=20) as store:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM distcore_members").fetchall()
            with pytest.raises(RetryableError, match="locked"), store.begin() as tx:
                join(tx, a_member("dan"), **CALL, key="dan")
            reader.execute("ROLLBACK")
            with store.begin() as tx:
                assert join(tx, a_member("dan"), **CALL, key="dan").id == "dan"
