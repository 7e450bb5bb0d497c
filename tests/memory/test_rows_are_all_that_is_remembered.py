"""The rows of a shop are the shop: another store that is filled with them is the same."""

import random

from distcore.memory import MemoryStore, fill, rows_of
from distcore.testing.builders import Shop
from distcore.testing.contracts.transactions import WRITES, opened
from distcore.testing.dump import dump
from distcore.testing.story import tell


def test_a_shop_is_filled_from_its_rows_in_any_order() -> None:
    store = MemoryStore("shop")
    told = tell(Shop(store))
    with store.begin() as tx:
        rows = list(rows_of(tx).items())
    random.Random(1).shuffle(rows)
    with MemoryStore("shop").begin() as tx:
        fill(tx, dict(rows))
        assert rows_of(tx) == dict(rows)
        assert dump(tx) == told


def test_filling_leaves_nothing_of_what_was_there() -> None:
    store = MemoryStore("shop")
    opened(store)
    with store.begin() as tx:
        fill(tx, {})
        assert dump(tx) == "policy null\nrevision 0\n"


def test_whatever_is_written_changes_rows_and_leaves_the_others_as_they_are() -> None:
    """By identity: a store that writes only what changed need not compare."""
    store = MemoryStore("shop")
    opened(store)
    for write in WRITES:
        with store.begin() as tx:
            before = rows_of(tx)
            assert [place for place, row in rows_of(tx).items() if row is not before[place]] == []
            write(tx)
            after = rows_of(tx)
        changed = [place for place, row in after.items() if row is not before.get(place)]
        assert changed or before.keys() - after.keys()
        assert len(changed) < len(after) / 2
