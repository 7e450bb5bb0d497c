"""R3: of every command there is an event, of nothing else, and the reference names them all."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve
from tests.docs.twins import CHINESE, DOCS

from distcore.kernel import Key
from distcore.memory import MemoryStore
from distcore.ports import Command, Event, Store
from distcore.testing.builders import Shop
from distcore.testing.story import tell

PAGES: Final = (DOCS / "reference" / "events.md", CHINESE / "reference" / "events.md")

ROW: Final = re.compile(r"^\| `(?P<verb>\w+)` \| ", re.MULTILINE)

NOT_IN_THE_STORY: Final = frozenset({"close_outbox"})
"""A verb of which the story does not tell: after it nothing would be told."""


def named(page: Path) -> list[str]:
    """Return the verbs that the last table of a page names, in its order."""
    return ROW.findall(page.read_text(encoding="utf-8").rpartition("|---|")[2])


def untold(commands: Mapping[Key, Command], events: list[Event]) -> set[str]:
    """Return the verbs of commands that no event tells of; each event tells of what a command did."""
    told = defaultdict[Key, set[str]](set)
    for event in events:
        command = commands[event.key]
        assert (event.done_at, event.actor) == (command.done_at, command.actor)
        assert event.verb in {command.verb, "release_opening"}
        assert event.about, event
        told[event.key].add(event.about)
    return {command.verb for key, command in commands.items() if key not in told}


def test_of_all_that_is_done_there_is_an_event(new_store: Callable[[], Store]) -> None:
    shop = Shop(new_store())
    tell(shop, batch=7)
    with shop.store.begin() as tx:
        commands = {each.key: each for each in tx.commands.all()}
        events = list(tx.outbox.all())
    assert untold(commands, events) == set()
    told = {each.verb for each in events}
    for page in PAGES:
        verbs = named(page)
        assert verbs == sorted(verbs)
        assert told | NOT_IN_THE_STORY == set(verbs)


def test_this_law_can_fail() -> None:
    shop = Shop(MemoryStore("mall"))
    tell(shop)
    with shop.store.begin() as tx:
        commands = {each.key: each for each in tx.commands.all()}
        events = list(tx.outbox.all())
    one = next(each for each in events if each.verb == "accrue")
    assert untold(commands, [each for each in events if each is not one]) == {"accrue"}
    with pytest.raises(AssertionError):
        untold(commands, [*events, evolve(one, verb="refund")])
    with pytest.raises(KeyError):
        untold(commands, [*events, evolve(one, key=Key("never done"))])
