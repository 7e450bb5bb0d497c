"""A process is killed before and after statements and COMMITs of a whole life, and resumed: nothing is lost.

Nothing is there twice, either, and no half of anything.  One life is killed at many of its points, one after
the other, and each time a new process begins with the first step: it repeats what was done, and goes on.
After each kill the tables have as many rows as those of a life that nothing happened to; in the end its dump
is the same, byte for byte.  What a process has written outlives it, so no store here waits for the disk.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from tests.sql.crash import Death, Lived, Reaper, assert_nothing_is_lost, lived
from tests.sql.stores import DATABASES

pytestmark = pytest.mark.wide

POINTS_MIN = 150
"""At how many points a life is killed, on every database, before a change is taken."""

DOUBLE_MIN = 500
"""How often one is killed and killed again while it is resumed, in the deep profile."""

LED_BADLY = {
    "in pieces": "leaves half of a step",
    "without keys": "is not reached|leaves half of a step",
}
"""How a life must not be led, and what is found then: each insert is committed; nothing is known again."""


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The name of a database."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def whole(database: str, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A life that nothing happens to."""
    with DATABASES[database](tmp_path_factory.mktemp("whole")) as url:
        return lived(url)


@pytest.fixture(name="url")
def an_empty_store(database: str, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store in it."""
    with DATABASES[database](tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def reaper(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reaper]:
    """Lets lives end."""
    with DATABASES[database](tmp_path_factory.mktemp("reaper")) as url, Reaper(url) as reaper:
        yield reaper


def at_commits(whole: Lived) -> Iterator[Death]:
    """Yield a point at each COMMIT: before it and after it, by turns."""
    for step in whole.steps:
        yield Death(step, len(whole.of(step)) - step % 2)


def at_statements(whole: Lived) -> Iterator[Death]:
    """Yield a point of every other step, before or after a statement; all together from all over them."""
    for step in whole.steps[::2]:
        points = len(whole.of(step)) - 2
        yield Death(step, 1 + step * 37 % points)


def every_point(whole: Lived, turn: int) -> Iterator[Death]:
    """Yield the point of each step that has the number of a turn; with all turns, all of them."""
    for step in whole.steps:
        if turn <= len(whole.of(step)):
            yield Death(step, turn)


def twice(whole: Lived, random: Random) -> Iterator[Death]:
    """Yield two points for each step: the second one while what was done is repeated, or the step is."""
    for step in whole.steps:
        first = Death(step, random.randint(1, len(whole.of(step))))
        yield first
        is_done = first.point == len(whole.of(step))
        again = random.randint(1, step) if is_done or (step > 1 and random.random() < 0.5) else step
        is_repeated = is_done or again < step
        yield Death(again, random.randint(1, len((whole.again if is_repeated else whole.points)[again - 1])))


def test_a_life_is_whole_that_was_killed_at_each_commit(url: str, whole: Lived, reaper: Reaper) -> None:
    kills = assert_nothing_is_lost(url, whole, at_commits(whole), reaper)
    assert kills == len(whole.steps) > 100


def test_a_life_is_whole_that_was_killed_at_statements(url: str, whole: Lived, reaper: Reaper) -> None:
    kills = assert_nothing_is_lost(url, whole, at_statements(whole), reaper)
    assert kills + len(whole.steps) >= POINTS_MIN


def test_a_life_has_points_of_every_kind(whole: Lived) -> None:
    """Each step ends with its COMMIT; there is one of each before and after."""
    for points in whole.points:
        assert [point.commits for point in points[-2:]] == [True, True]
        assert not any(point.commits for point in points[:-2])
        assert len(points) >= 6
    assert sum(map(len, whole.points)) > 2_000


@pytest.mark.deep
def test_a_life_is_whole_wherever_it_was_killed(
    database: str, tmp_path: Path, whole: Lived, reaper: Reaper
) -> None:
    """Before and after every statement and every COMMIT; each time, what is left is sound."""
    kills = 0
    for turn in range(1, 1 + max(map(len, whole.points))):
        folder = tmp_path / str(turn)
        folder.mkdir()
        with DATABASES[database](folder) as url:
            kills += assert_nothing_is_lost(url, whole, every_point(whole, turn), reaper)
    assert kills == sum(map(len, whole.points))


@pytest.mark.deep
def test_a_life_is_whole_that_was_killed_while_it_was_resumed(
    database: str, tmp_path: Path, whole: Lived, reaper: Reaper
) -> None:
    kills = 0
    for life in range(1 + DOUBLE_MIN // len(whole.steps)):
        folder = tmp_path / str(life)
        folder.mkdir()
        with DATABASES[database](folder) as url:
            kills += assert_nothing_is_lost(url, whole, twice(whole, Random(life)), reaper, closely=True)
    assert kills >= 2 * DOUBLE_MIN


@pytest.mark.parametrize(("led", "found"), LED_BADLY.items())
def test_this_law_can_fail(url: str, whole: Lived, reaper: Reaper, led: str, found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        assert_nothing_is_lost(url, whole, at_statements(whole), reaper, led=led)
