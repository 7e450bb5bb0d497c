"""The pages about lifecycles show the tables of the code, and say what every state means."""

from enum import Enum
from pathlib import Path

import pytest
from tests.docs.lifecycles import LIVES, PAGES, diagram, drawn, meanings


@pytest.mark.parametrize("page", PAGES, ids=["English", "中文"])
def test_a_page_is_what_the_tables_say(page: Path) -> None:
    now = page.read_text(encoding="utf-8")
    assert now == drawn(now), "draw it anew: python -m tests.docs.lifecycles"


@pytest.mark.parametrize("page", PAGES, ids=["English", "中文"])
def test_a_page_says_what_every_state_means(page: Path) -> None:
    said = meanings(page.read_text(encoding="utf-8"))
    states = [{state.value for state in transitions} for transitions in LIVES]
    assert [set(each) for each in said] == states
    assert all(meaning for each in said for meaning in each.values())


class Light(Enum):
    """A lifecycle that everybody knows."""

    RED = "red"
    GREEN = "green"
    YELLOW = "yellow"
    OUT = "out"


def test_each_state_has_what_it_may_become() -> None:
    table = {
        Light.RED: frozenset({Light.GREEN, Light.OUT, Light.YELLOW}),
        Light.GREEN: frozenset({Light.YELLOW}),
        Light.YELLOW: frozenset({Light.RED, Light.OUT}),
        Light.OUT: frozenset[Light](),
    }

    assert diagram(table).splitlines() == [
        "red ─────┬─▶ green",
        "         ├─▶ yellow",
        "         └─▶ out",
        "green ─────▶ yellow",
        "yellow ──┬─▶ red",
        "         └─▶ out",
        "out        (the end)",
    ]
