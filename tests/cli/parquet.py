"""Parquet files for tests: what a CSV file says, and what no writer would write."""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from distcore_cli.parquet.thrift import I64, Struct

INSTANT: Final = pa.timestamp("us", "UTC")
AMOUNT: Final = pa.decimal128(12, 2)

TYPED: Final[Mapping[str, Any]] = {
    "joined_at": INSTANT,
    "paid_at": INSTANT,
    "completed_at": INSTANT,
    "refunded_at": INSTANT,
    "cancelled_at": INSTANT,
    "net": AMOUNT,
    "amount": AMOUNT,
    "units": pa.int64(),
}
"""The types that a careful export gives to columns; all others are text."""


def table_of(content: str, types: Mapping[str, Any] = TYPED) -> Any:
    """Return a table of Arrow that says what a CSV file says; an empty cell is null."""
    header = content.partition("\n")[0].split(",")
    return pyarrow.csv.read_csv(
        io.BytesIO(content.encode()),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: types.get(name, pa.string()) for name in header}, strings_can_be_null=True
        ),
    )


def written(table: Any, **options: Any) -> bytes:
    """Return a table as a file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def parquet_of(content: str, types: Mapping[str, Any] = TYPED, **options: Any) -> bytes:
    """Return a Parquet file that says what a CSV file says."""
    return written(table_of(content, types), **options)


def with_column(content: str, name: str, values: Any, **options: Any) -> bytes:
    """Return a Parquet file that says what a CSV file says, but for one column."""
    table = table_of(content)
    return written(table.set_column(table.column_names.index(name), name, values), **options)


# What no writer would write: parts of a file, by hand.

BYTES: Final = 6
UTF8: Final = 0
PLAIN: Final = 0
DICTIONARY: Final = 8


def leaf(name: str) -> bytes:
    """Return a column of texts in a schema, in which every cell is filled."""
    return Struct().number(1, BYTES).number(3, 0).text(4, name.encode()).number(6, UTF8).end()


def branch(name: str, children: int) -> bytes:
    """Return a column in a schema that has columns below it."""
    return Struct().number(3, 0).text(4, name.encode()).number(5, children).end()


def chunk(name: str, values: int, start: int, size: int) -> bytes:
    """Return a column of a row group that stands in so many bytes and is not packed."""
    said = Struct().number(1, BYTES).numbers(2, [PLAIN]).texts(3, [name.encode()]).number(4, 0)
    said.number(5, values, I64).number(6, size, I64).number(7, size, I64).number(9, start, I64)
    return Struct().number(2, 0, I64).struct(3, said.end()).end()


def group(chunks: Sequence[bytes], rows: int) -> bytes:
    """Return a row group."""
    return Struct().structs(1, chunks).number(2, 0, I64).number(3, rows, I64).end()


def file_of(schema: Sequence[bytes], groups: Sequence[bytes], rows: int = 0, body: bytes = b"") -> bytes:
    """Return a whole file: its pages, and a footer."""
    elements = [branch("schema", len(schema)), *schema]
    footer = Struct().number(1, 1).structs(2, elements).number(3, rows, I64).structs(4, groups).end()
    return closed(b"PAR1" + body, footer)


def closed(begun: bytes, footer: bytes) -> bytes:
    """Return a file with its end."""
    return begun + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def page(kind: int, content: bytes, count: int, encoding: int, unpacked: int | None = None) -> bytes:
    """Return a page; `unpacked` is how many bytes it says it has once unpacked."""
    place = {0: 5, 2: 7}[kind]
    values = Struct().number(1, count).number(2, encoding)
    values = values.number(3, 3).number(4, 3) if kind == 0 else values
    header = Struct().number(1, kind).number(2, len(content) if unpacked is None else unpacked)
    return header.number(3, len(content)).struct(place, values.end()).end() + content


def plain(*texts: bytes) -> bytes:
    """Return texts as a page holds them."""
    return b"".join(len(each).to_bytes(4, "little") + each for each in texts)


def one_column(name: str, rows: int, pages: bytes) -> bytes:
    """Return a file with one column of texts and one row group."""
    return file_of([leaf(name)], [group([chunk(name, rows, 4, len(pages))], rows)], rows, pages)
