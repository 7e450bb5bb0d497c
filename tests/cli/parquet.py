"""Parquet files for tests: what a CSV file says, and what no writer would write."""

import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

TYPED: Final[Mapping[str, Any]] = {
    "joined_at": pa.timestamp("us", "UTC"),
    "paid_at": pa.timestamp("us", "UTC"),
    "completed_at": pa.timestamp("us", "UTC"),
    "refunded_at": pa.timestamp("us", "UTC"),
    "cancelled_at": pa.timestamp("us", "UTC"),
    "net": pa.decimal128(12, 2),
    "amount": pa.decimal128(12, 2),
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


# What no writer would write: Thrift's compact protocol, by hand.

I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12

BYTE_ARRAY: Final = 6
UTF8: Final = 0
PLAIN: Final = 0


def varint(number: int) -> bytes:
    """Return a number without sign, seven bits to a byte."""
    written = b""
    while number > 127:
        written += bytes([number & 127 | 128])
        number >>= 7
    return written + bytes([number])


def zigzag(number: int) -> bytes:
    """Return a number whose last bit is the sign."""
    return varint(2 * number if number >= 0 else -2 * number - 1)


class Struct:
    """A struct, written field by field."""

    def __init__(self) -> None:
        self._bytes = b""
        self._last = 0

    def field(self, place: int, kind: int, content: bytes) -> Self:
        """Write a field as it is."""
        self._bytes += bytes([(place - self._last) << 4 | kind]) + content
        self._last = place
        return self

    def number(self, place: int, value: int, kind: int = I32) -> Self:
        """Write a number."""
        return self.field(place, kind, zigzag(value))

    def text(self, place: int, value: bytes) -> Self:
        """Write a text."""
        return self.field(place, BINARY, varint(len(value)) + value)

    def structs(self, place: int, items: Sequence[bytes]) -> Self:
        """Write a list of structs."""
        return self.field(place, LIST, bytes([0xF0 | STRUCT]) + varint(len(items)) + b"".join(items))

    def numbers(self, place: int, items: Sequence[int]) -> Self:
        """Write a list of numbers."""
        return self.field(
            place, LIST, bytes([0xF0 | I32]) + varint(len(items)) + b"".join(map(zigzag, items))
        )

    def end(self) -> bytes:
        """Return the struct."""
        return self._bytes + b"\0"


def leaf(name: str, kind: int = BYTE_ARRAY, converted: int | None = UTF8) -> bytes:
    """Return a column of the schema, in which every value is there."""
    column = Struct().number(1, kind).number(3, 0).text(4, name.encode())
    return (column if converted is None else column.number(6, converted)).end()


def branch(name: str, children: int) -> bytes:
    """Return a column of the schema that has columns below it."""
    return Struct().number(3, 0).text(4, name.encode()).number(5, children).end()


def chunk(name: str, values: int, start: int, size: int, dictionary: int | None = None) -> bytes:
    """Return a column of a row group, which stands in so many bytes."""
    column = Struct().number(1, BYTE_ARRAY).numbers(2, [PLAIN])
    column = column.field(3, LIST, bytes([1 << 4 | BINARY]) + varint(len(name)) + name.encode())
    column = column.number(4, 0).number(5, values, I64).number(6, size, I64).number(7, size, I64)
    column = column.number(9, start, I64)
    column = column if dictionary is None else column.number(11, dictionary, I64)
    return Struct().number(2, 0, I64).field(3, STRUCT, column.end()).end()


def group(chunks: Sequence[bytes], rows: int) -> bytes:
    """Return a row group."""
    return Struct().structs(1, chunks).number(2, 0, I64).number(3, rows, I64).end()


def page(kind: int, unpacked: int, packed: int, below: Struct | None = None) -> bytes:
    """Return the header of a page; `below` says more of a page of its kind."""
    header = Struct().number(1, kind).number(2, unpacked).number(3, packed)
    place = {0: 5, 2: 7, 3: 8}.get(kind, 6)
    return (header if below is None else header.field(place, STRUCT, below.end())).end()


def values(count: int, encoding: int = PLAIN) -> Struct:
    """Return what the header of a page says of its values."""
    return Struct().number(1, count).number(2, encoding).number(3, 3).number(4, 3)


def file_of(schema: Sequence[bytes], groups: Sequence[bytes], rows: int = 0, body: bytes = b"") -> bytes:
    """Return a whole file: its pages, and a footer."""
    elements = [branch("schema", len(schema)), *schema]
    footer = Struct().number(1, 1).structs(2, elements).number(3, rows, I64).structs(4, groups).end()
    return b"PAR1" + body + footer + struct.pack("<I", len(footer)) + b"PAR1"


def one_column(name: str, rows: int, body: bytes, dictionary_bytes: int | None = None) -> bytes:
    """Return a file with one column of text and one row group, whose pages are these bytes."""
    first = None if dictionary_bytes is None else 4
    start = 4 + (dictionary_bytes or 0)
    columns = [chunk(name, rows, start, len(body), first)]
    return file_of([leaf(name)], [group(columns, rows)], rows, body)
