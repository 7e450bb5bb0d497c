"""The life of a shop, whose process is killed at a chosen point: `python -m tests.sql.crash URL`.

A life is the whole story of `distcore.testing.story`.  Each of its commands is a step: a transaction of its
own, under a key of its own.  Who resumes it begins with the first step, and repeats what was done.

The process lives a whole life in an empty store first, so that all is loaded and compiled.  Each line that it
reads holds, in JSON, a URL, a step, a point of it, and how the life is led.  It splits; the child lives until
that point, and there kills itself by SIGKILL: nothing of it is closed, rolled back or written any more.  A
line tells what became of it.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, frozen
from sqlalchemy import Engine, MetaData, func, select
from tests.sql.watched import Look, Point, When, watch

from distcore.testing.builders import LATER, Shop
from distcore.testing.story import told
from distcore_sql import SqlStore, SqlTransaction, Synchronous, build_tables, create_store_engine
from distcore_sql.engines import BUSY_MS, reading_options

T = TypeVar("T")

SHOP = "mall"
TABLES = build_tables(MetaData())
ROOT = Path(__file__).parents[2]
POLICY = 2
"""The step that gives the shop its policy: before that there is nothing to verify."""


class Life(Shop):
    """A shop that does each step as its host would: again after a conflict."""

    def __init__(self, store: SqlStore) -> None:
        """Begin with the first step."""
        super().__init__(store)
        self.owned = store
        self.step = 0

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Do a step, as often as it takes."""
        self.step += 1
        return self.run(lambda tx: verb(tx, *args, **{"at": LATER, "actor": "tester"} | options))

    def run(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run it in a transaction of its own."""
        return self.owned.run(work)


def an_engine(url: str, *, busy_ms: int = BUSY_MS) -> Engine:
    """Return an engine that never waits for the disk: with a process nothing is lost that it has written."""
    return create_store_engine(url, synchronous=Synchronous.OFF, busy_ms=busy_ms)


def a_store(engine: Engine) -> SqlStore:
    """Return the store of the shop that lives."""
    return SqlStore(engine, SHOP, TABLES)


_COUNTS = select(*(select(func.count()).select_from(each).scalar_subquery() for each in TABLES.all()))


class Observer:
    """Looks at the shop from outside, by a connection of its own; a context manager that closes it."""

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        """Look at the shop of a URL."""
        self.engine = an_engine(url, busy_ms=busy_ms)

    def rows(self) -> tuple[int, ...]:
        """Return how many rows there are in each table."""
        with self.engine.connect().execution_options(**reading_options(self.engine)) as connection:
            return tuple(connection.execute(_COUNTS).one())

    def dump(self) -> str:
        """Return the canonical dump of the shop, which is sound."""
        shop = Shop(a_store(self.engine))
        shop.assert_sound()
        return shop.dump()

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()


@frozen
class Lived:
    """A life that nothing happened to.

    The points of each step; how many rows there were in each table before the first step, and after each;
    and the dump of its end.
    """

    points: tuple[tuple[Point, ...], ...]
    again: tuple[tuple[Point, ...], ...]
    rows: tuple[tuple[int, ...], ...]
    dump: str

    @property
    def steps(self) -> range:
        """The numbers of the steps, from one on."""
        return range(1, len(self.points) + 1)

    def of(self, step: int) -> tuple[Point, ...]:
        """Return the points of a step."""
        return self.points[step - 1]


def lived(url: str) -> Lived:
    """Live a whole life, and repeat it; what is repeated changes nothing."""
    with Observer(url) as seen:
        rows = [seen.rows()]
        first = _points_of(url, lambda: rows.append(seen.rows()))
        dump = seen.dump()
        again = _points_of(url, lambda: None)
        assert seen.dump() == dump
    return Lived(first, again, tuple(rows), dump)


def _points_of(url: str, at_each: Callable[[], None]) -> tuple[tuple[Point, ...], ...]:
    engine = an_engine(url)
    found: list[list[Point]] = []
    life = Life(a_store(engine))

    def look(point: Point, _driver: object, _cursor: object) -> None:
        while len(found) < life.step:
            found.append([])
        found[-1].append(point)

    watch(engine, look)
    for _ in told(life):
        at_each()
    engine.dispose()
    return tuple(map(tuple, found))


# The process that dies


@define
class _Death:
    """Kills this process when a step has come to a point."""

    life: Life
    step: int
    point: int
    reached: int = 0

    def look(self) -> None:
        """Count the points of the step."""
        if self.life.step == self.step:
            self.reached += 1
            if self.reached == self.point:
                os.kill(os.getpid(), signal.SIGKILL)


def live(url: str, step: int, point: int, led: str = "") -> None:
    """Live from the first step on, until the process is killed at a point of one; with 0, to the end."""
    engine = an_engine(url)
    life = LED[led](a_store(engine))
    spoil, death = SPOILT.get(led, nothing), _Death(life, step, point)

    def look(at: Point, driver: Any, cursor: Any) -> None:
        death.look()
        spoil(at, driver, cursor)

    watch(engine, look)
    for _ in told(life):
        pass
    engine.dispose()


class _Keyless(Life):
    """Forgets the keys of its steps: each process has its own."""

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        return super().do(verb, *args, **options | {"key": f"{options['key']} {os.getpid()}"})


def _commit_early(point: Point, driver: Any, _cursor: object) -> None:
    """Commit after each statement that adds something: what follows is in another transaction."""
    if point.when is When.AFTER and point.text.startswith(("INSERT", "COPY")):
        driver.commit()
        if type(driver).__module__ == "sqlite3":
            driver.execute("BEGIN IMMEDIATE")


def nothing(_point: Point, _driver: object, _cursor: object) -> None:
    """It is not spoilt."""


LED: Mapping[str, Callable[[SqlStore], Life]] = {
    "": Life,
    "without keys": _Keyless,
    "in pieces": Life,
}
"""How a life may be led: as it should, and as no test may let it pass."""

SPOILT: Mapping[str, Look] = {"in pieces": _commit_early}


def _serve(url: str) -> None:
    live(url, 0, 0)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live_and_leave(*json.loads(line))
        ended = os.waitpid(child, 0)[1]
        killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
        sys.stdout.write(f"{'killed' if killed else 'lived' if ended == 0 else 'failed'}\n")
        sys.stdout.flush()


def _live_and_leave(url: str, step: int, point: int, led: str) -> None:
    status = 1
    try:
        live(url, step, point, led)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


# Whoever looks on


class Reaper:
    """Lets lives end where it says; a context manager that ends the process whose children they are."""

    def __init__(self, url: str) -> None:
        """Start the process, which lives in an empty store first."""
        command = [sys.executable, "-m", "tests.sql.crash", url]
        self._parent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=_paths(), text=True
        )

    def live(self, url: str, step: int = 0, point: int = 0, led: str = "") -> str:
        """Let a life begin with the first step, and end at a point; say whether it was `killed` there."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(json.dumps([url, step, point, led]) + "\n")
        self._parent.stdin.flush()
        return self._parent.stdout.readline().strip()

    def __enter__(self) -> "Reaper":
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.communicate()
        assert self._parent.returncode == 0


def _paths() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@frozen
class Death:
    """A point of a step at which a process is killed; both are counted from one."""

    step: int
    point: int


def assert_nothing_is_lost(
    url: str,
    whole: Lived,
    deaths: Iterable[Death],
    reaper: Reaper,
    *,
    closely: bool = False,
    led: str = "",
) -> int:
    """Let a life be killed at each of these points, and resumed each time; return how often it was.

    After each kill as many steps are done as had their COMMIT, and there is not a row of any other.  What is
    left in the end is, byte for byte, what is left of a life that nothing happened to.
    """
    done = kills = 0
    with Observer(url) as seen:
        for death in deaths:
            assert reaper.live(url, death.step, death.point, led) == "killed", f"{death} is not reached"
            if death.step > done:
                done = death.step - (death.point < len(whole.of(death.step)))
            assert seen.rows() == whole.rows[done], f"{death} leaves half of a step"
            if closely and done >= POLICY:
                seen.dump()
            kills += 1
        assert reaper.live(url, led=led) == "lived"
        assert seen.dump() == whole.dump
    return kills


if __name__ == "__main__":
    _serve(sys.argv[1])
