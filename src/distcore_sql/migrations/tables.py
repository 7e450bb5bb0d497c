"""How revisions write tables down, in their own words, apart from the tables of the day.

The one rule this file protects: what is here is part of the revisions that call it, and what a released
revision calls is never changed.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.elements import conv

from distcore_sql.migrations.place import Place, operations


def text(length: int) -> sa.types.TypeEngine[str]:
    """Return text that compares byte by byte."""
    return (
        sa.String(length)
        .with_variant(sa.Text(), "sqlite")
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_0900_bin"), "mysql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_nopad_bin"), "mariadb")
    )


def long_text() -> sa.types.TypeEngine[str]:
    """Return text of any length, as documents are."""
    return sa.Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_nopad_bin"), "mariadb")


def id_column(name: str, *, optional: bool = False) -> sa.Column[str]:
    """Return a column of ids."""
    return sa.Column(name, text(128), nullable=optional)


def word_column(name: str, length: int = 64) -> sa.Column[str]:
    """Return a column of text that is always there."""
    return sa.Column(name, text(length), nullable=False)


def number_column(name: str, *, optional: bool = False) -> sa.Column[int]:
    """Return a column of 64-bit integers."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=optional)


def _goes_on() -> bool:
    """Say that a revision may be there in part: where each table is committed, it goes on from there."""
    return operations().get_context().dialect.name == "mariadb"


class New:
    """Creates what a revision names, under the prefix and in the schema of the host."""

    def __init__(self, place: Place) -> None:
        self._prefix = place.prefix
        self._schema = place.schema

    def table(self, name: str, key: tuple[str, ...], *items: Any, clustered: bool = True) -> None:
        """Create a table of a shop, with a key within it."""
        operations().create_table(
            self._prefix + name,
            sa.Column("shop", text(128), nullable=False),
            *items,
            sa.PrimaryKeyConstraint("shop", *key, name=conv(f"pk_{self._prefix}{name}")),
            schema=self._schema,
            sqlite_strict=True,
            sqlite_with_rowid=not clustered,
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_nopad_bin",
            if_not_exists=_goes_on(),
        )

    def refers(self, name: str, to: str, *columns: str, also: tuple[str, ...] | None = None) -> Any:
        """Return a foreign key within the shop."""
        place = f"{self._schema}." if self._schema else ""
        there = [f"{place}{self._prefix}{to}.{each}" for each in ("shop", *(also or columns))]
        return sa.ForeignKeyConstraint(["shop", *columns], there, name=conv(f"fk_{self._prefix}{name}_{to}"))

    def check(self, name: str, law: str, condition: str) -> Any:
        """Return a law of the domain, as a constraint."""
        return sa.CheckConstraint(condition, name=conv(f"ck_{self._prefix}{name}_{law}"))

    def unique(self, name: str, *columns: str) -> Any:
        """Return that no two rows of a shop have the same values."""
        return sa.UniqueConstraint("shop", *columns, name=conv(f"uq_{self._prefix}{name}_{columns[0]}"))

    def index(self, name: str, *columns: str, only: str | None = None) -> None:
        """Create an index that begins with the shop."""
        operations().create_index(
            conv(f"ix_{self._prefix}{name}_{columns[-1]}"),
            self._prefix + name,
            ["shop", *columns],
            schema=self._schema,
            postgresql_where=None if only is None else sa.text(only),
            mariadb_length={} if only is None else {columns[-1]: 255},
            if_not_exists=_goes_on(),
        )
