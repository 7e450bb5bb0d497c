"""What a shop in memory remembers, as rows: for a store that keeps them somewhere else.

Such a store need not know one port.  It fills a transaction in memory with the rows that it has, lets the
verbs work, takes the rows again, and writes those that are not what they were.

    >>> from distcore.memory import MemoryStore, fill, rows_of
    >>> from distcore.testing.builders import Shop, a_chain
    >>> shop = Shop.open(MemoryStore("shop"), None, a_chain("ann", "ben"))
    >>> with shop.store.begin() as tx:
    ...     rows = rows_of(tx)
    >>> with MemoryStore("shop").begin() as tx:
    ...     fill(tx, rows)
    ...     [member.id for member in tx.members.all()]
    ['ann', 'ben']
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeAlias

from distcore.memory.journal import Journal
from distcore.memory.store import MemoryTransaction

Place: TypeAlias = tuple[Any, ...]
"""Where a row stands: a port, a table of it, then the keys of tables in tables; in a list it is a number."""

Table: TypeAlias = dict[Any, Any] | list[Any]


class Nested(Enum):
    """What stands for a table in a table; its own rows have longer places."""

    DICT = "dict"
    LIST = "list"


def rows_of(tx: MemoryTransaction) -> dict[Place, object]:
    """Return every row by its place; one that was not written since is the very same object."""
    rows: dict[Place, object] = {}
    for place, table in _tables_of(tx).items():
        _gather(rows, place, table)
    return rows


def fill(tx: MemoryTransaction, rows: Mapping[Place, object]) -> None:
    """Put rows in the place of all that is there, in whatever order they come; no rollback undoes it."""
    tables: dict[Place, Table] = dict(_tables_of(tx))
    for table in tables.values():
        table.clear()
    for place in sorted(rows, key=_tables_first):
        row = rows[place]
        value = row if not isinstance(row, Nested) else {} if row is Nested.DICT else []
        table = tables[place[:-1]]
        if isinstance(table, list):
            table.append(value)
        else:
            table[place[-1]] = value
        if isinstance(row, Nested):
            tables[place] = value  # type: ignore[assignment]  # a new table, as the line above says


def _tables_first(place: Place) -> tuple[int, int]:
    """Sort a table before its rows, and the rows of a list by number."""
    return len(place), place[-1] if isinstance(place[-1], int) else 0


def _tables_of(tx: MemoryTransaction) -> dict[Place, Table]:
    """Return the tables of all ports, whatever they are called: no new one can be forgotten here."""
    ports = {name: port for name, port in vars(tx).items() if _is_of_memory(port)}
    tables: dict[Place, Table] = {}
    for name, port in ports.items():
        _collect(tables, (name,), port, [*ports.values()])
    return tables


def _collect(tables: dict[Place, Table], place: Place, holder: object, ports: list[object]) -> None:
    for name, held in vars(holder).items():
        if isinstance(held, dict | list):
            tables[*place, name] = held
        elif _is_of_memory(held) and not any(held is port for port in ports):
            _collect(tables, (*place, name), held, ports)


def _is_of_memory(held: object) -> bool:
    return type(held).__module__.startswith("distcore.memory.") and not isinstance(held, Journal)


def _gather(rows: dict[Place, object], place: Place, table: Table) -> None:
    for key, value in _items_of(table):
        if isinstance(value, dict | list):
            rows[*place, key] = Nested.DICT if isinstance(value, dict) else Nested.LIST
            _gather(rows, (*place, key), value)
        else:
            rows[*place, key] = value


def _items_of(table: Table) -> Iterator[tuple[Any, Any]]:
    return iter(table.items() if isinstance(table, dict) else enumerate(table))
