"""The whole server is killed while a shop lives on it: whatever was acknowledged is there when it is back.

With all its children, as if the machine had lost its power but for what the system has written.
Nothing is there of a step that did not come to its COMMIT; where the answer to COMMIT was lost, all of it is
there, and the shop, which does the step again, is told the first answer.  In the end the dump is the same,
byte for byte, as that of a life that nothing happened to.
"""

from collections.abc import Iterator

import pytest
from attrs import define, frozen
from sqlalchemy import Engine
from tests import mariadb, postgresql
from tests.mortal import Mortal
from tests.sql.crash import SHOP, TABLES, Life, Lived, Observer, an_engine, lived
from tests.sql.watched import Point, watch

from distcore.testing.story import told
from distcore_sql import SqlStore, create_store_engine, upgrade_store

pytestmark = pytest.mark.wide


@frozen
class Kill:
    """A point of a step, counted from one, at which the server is killed; its answer there may be lost."""

    step: int
    point: int
    answer_lost: bool = False


def kills(whole: Lived) -> tuple[Kill, ...]:
    """Return a kill of each kind, all over a life."""
    first, second, third, fourth, fifth = (len(whole.steps) * place // 6 for place in range(1, 6))
    return (
        Kill(first, 1),
        Kill(second, len(whole.of(second)) // 2),
        Kill(third, len(whole.of(third)) - 1),
        Kill(fourth, len(whole.of(fourth))),
        Kill(fifth, len(whole.of(fifth)), answer_lost=True),
    )


@define
class _Executioner:
    """Kills the server at each point, and looks what is left of the shop when it is back."""

    server: Mortal
    life: Life
    whole: Lived
    waiting: list[Kill]
    reached: int = 0

    def look(self, _point: Point, _driver: object, _cursor: object) -> None:
        """Count the points of a step."""
        if not self.waiting or self.life.step != self.waiting[0].step:
            return
        self.reached += 1
        if self.reached == self.waiting[0].point:
            self.reached, kill = 0, self.waiting.pop(0)
            self.server.kill()
            self._assert_is_left(kill)
            if kill.answer_lost:
                _lose_the_answer(self.server.database)

    def _assert_is_left(self, kill: Kill) -> None:
        done = kill.step - (kill.point < len(self.whole.of(kill.step)))
        with Observer(self.server.url) as seen:
            assert seen.rows() == self.whole.rows[done], f"{kill} leaves something else than {done} steps"


def _lose_the_answer(database: str) -> None:
    import psycopg
    import pymysql

    if database == "mariadb":
        raise pymysql.OperationalError(2013, "Lost connection to MySQL server during query")
    raise psycopg.OperationalError("server closed the connection unexpectedly")


def assert_nothing_is_lost(server: Mortal, engine: Engine, whole: Lived, kills: tuple[Kill, ...]) -> None:
    """Lead a life on a server that is killed; as many steps are there each time as were acknowledged."""
    life = Life(SqlStore(engine, SHOP, TABLES))
    executioner = _Executioner(server, life, whole, list(kills))
    watch(engine, executioner.look)
    try:
        for _ in told(life):
            pass
    finally:
        engine.dispose()
    assert executioner.waiting == []
    with Observer(server.url) as seen:
        assert seen.dump() == whole.dump


def a_hasty_engine(server: Mortal) -> Engine:
    """Return an engine whose transactions don't wait for the disk."""
    if server.database == "mariadb":
        engine = create_store_engine(server.url)
        with engine.begin() as connection:
            for setting in ("innodb_flush_log_at_trx_commit = 0", "innodb_flush_log_at_timeout = 2700"):
                connection.exec_driver_sql(f"SET GLOBAL {setting}")
        return engine
    return an_engine(server.url)


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def database(request: pytest.FixtureRequest) -> str:
    """The name of a database."""
    if request.param == "mariadb" and not (mariadb.is_installed() or mariadb.is_given()):
        pytest.skip("there is no mariadbd here")
    return str(request.param)


@pytest.fixture(scope="module")
def whole(database: str) -> Lived:
    """A life that nothing happens to."""
    a_database = {"postgresql": postgresql.a_database, "mariadb": mariadb.a_database}[database]
    with a_database() as url:
        return lived(url)


@pytest.fixture
def server(database: str) -> Iterator[Mortal]:
    """A server of its own, with an empty store."""
    with Mortal(database) as server:
        upgrade_store(server.url)
        yield server


def test_a_life_goes_on_when_the_server_is_back(server: Mortal, whole: Lived) -> None:
    """It is killed once, and nobody hears that the step was committed."""
    *_, last = kills(whole)
    assert_nothing_is_lost(server, create_store_engine(server.url), whole, (last,))


@pytest.mark.deep
def test_a_life_is_whole_that_was_killed_with_its_server(server: Mortal, whole: Lived) -> None:
    assert_nothing_is_lost(server, create_store_engine(server.url), whole, kills(whole))


def test_this_law_can_fail(server: Mortal, whole: Lived) -> None:
    """Whoever does not wait for the disk loses what was acknowledged last."""
    *_, after, _ = kills(whole)
    with pytest.raises(AssertionError, match="leaves something else"):
        assert_nothing_is_lost(server, a_hasty_engine(server), whole, (after,))
