"""What all tables have in common: columns, keys within a shop, and names of our own choosing."""

from functools import cache
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

from distcore.kernel import limits
from distcore_sql.dialects import COLLATION_IN_MARIADB

ID: Final = limits.ID_LENGTH_MAX
TEXT: Final = limits.TEXT_LENGTH_MAX
KEY: Final = 2 * limits.ID_LENGTH_MAX + 1
"""Characters of a command's key: the caller's, a slash, and the id of an item of a batch."""

INDEXED_IN_MARIADB: Final = 255
"""Characters of a long text by which MariaDB finds it: an index of its holds 3,072 bytes."""

NAME: Final = 64
"""Characters of the library's own words: currencies, states, verbs."""

CAUSE: Final = limits.ID_LENGTH_MAX + NAME
"""Characters of a cause: a word, and the id of a refund."""


@cache  # there are hundreds of columns, of a handful of types
def text(length: int) -> TypeEngine[str]:
    """Return text that compares byte by byte, also in case, accents and trailing blanks."""
    return (
        String(length)
        .with_variant(Text(), "sqlite")
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(mysql.VARCHAR(length, collation="utf8mb4_0900_bin"), "mysql")
        .with_variant(mysql.VARCHAR(length, collation=COLLATION_IN_MARIADB), "mariadb")
    )


@cache
def long_text() -> TypeEngine[str]:
    """Return text of any length, as documents are: MariaDB cuts its own Text off at 64 KiB, or refuses it."""
    return Text().with_variant(mysql.LONGTEXT(collation=COLLATION_IN_MARIADB), "mariadb")


@cache
def number() -> TypeEngine[int]:
    """Return a 64-bit integer: a strict SQLite table knows no other word for it than INTEGER."""
    return BigInteger().with_variant(Integer(), "sqlite")


class Builder:
    """Names everything itself, so that no naming convention of the host does."""

    def __init__(self, metadata: MetaData, prefix: str, schema: str | None) -> None:
        self._metadata = metadata
        self._prefix = prefix
        self._schema = schema

    def table(self, name: str, key: tuple[str, ...], *items: SchemaItem, clustered: bool = True) -> Table:
        """Return a table of a shop, with a key within it."""
        return Table(
            self._prefix + name,
            self._metadata,
            Column("shop", text(ID), nullable=False),
            *items,
            PrimaryKeyConstraint("shop", *key, name=conv(f"pk_{self._prefix}{name}")),
            schema=self._schema,
            sqlite_strict=True,
            sqlite_with_rowid=not clustered,
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
            mariadb_collate=COLLATION_IN_MARIADB,
        )

    def documents(self, name: str, id: str, *more: SchemaItem) -> Table:
        """Return a table of documents that are numbered by their id, and never overwritten.

        What they are found by besides stands in columns of its own.
        """
        return self.table(
            name,
            (id, "number"),
            id_column(id),
            number_column("number"),
            Column("body", long_text(), nullable=False),
            number_column("recorded_at"),
            *more,
            self.check(name, "number", "number >= 1"),
            clustered=False,
        )

    def refers(self, name: str, to: str, *columns: str, also: tuple[str, ...] | None = None) -> SchemaItem:
        """Return a foreign key within the shop; `also` are the columns there, if they have other names."""
        place = f"{self._schema}." if self._schema else ""
        target = f"{place}{self._prefix}{to}"
        there = [f"{target}.{each}" for each in ("shop", *(also or columns))]
        return ForeignKeyConstraint(["shop", *columns], there, name=conv(f"fk_{self._prefix}{name}_{to}"))

    def check(self, name: str, law: str, condition: str) -> SchemaItem:
        """Return a law of the domain, as a constraint."""
        return CheckConstraint(condition, name=conv(f"ck_{self._prefix}{name}_{law}"))

    def unique(self, name: str, *columns: str) -> SchemaItem:
        """Return that no two rows of a shop have the same values."""
        return UniqueConstraint("shop", *columns, name=conv(f"uq_{self._prefix}{name}_{columns[0]}"))

    def index(self, name: str, *columns: str, only: str | None = None) -> SchemaItem:
        """Return an index; `only` leaves out rows whose values may be longer than PostgreSQL can index."""
        some = None if only is None else sql_text(only)
        return Index(
            conv(f"ix_{self._prefix}{name}_{columns[-1]}"),
            "shop",
            *columns,
            postgresql_where=some,
            mariadb_length={} if only is None else {columns[-1]: INDEXED_IN_MARIADB},
        )


def id_column(name: str, *, optional: bool = False) -> Column[str]:
    """Return a column of ids."""
    return Column(name, text(ID), nullable=optional)


def word_column(name: str, length: int = NAME) -> Column[str]:
    """Return a column of text that is always there."""
    return Column(name, text(length), nullable=False)


def number_column(name: str, *, optional: bool = False) -> Column[int]:
    """Return a column of 64-bit integers."""
    return Column(name, number(), nullable=optional)
