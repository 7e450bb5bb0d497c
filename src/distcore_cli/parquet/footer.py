"""The footer of a Parquet file: which columns there are, where each row group has them, and nothing else.

What else a footer says (statistics, indexes, the schema as pandas or Arrow knows it) is not needed, and
can do harm.  So pyarrow never sees it: it gets a footer of one row group and the columns that are wanted,
written here.

The one rule this file protects: memory holds the footer's bytes, a thousand columns and one row group,
whatever the footer says.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from attrs import frozen

from distcore.kernel import limits
from distcore_cli.parquet.columns import OLDER, UNITS, UNSIGNED, Column, Meaning, Physical
from distcore_cli.parquet.thrift import BINARY, I32, I64, LIST, STRUCT, TRUE, Struct, Thrift, ThriftError

MAGIC: Final = b"PAR1"
TAIL_BYTES: Final = 8
"""The end of a file: how long the footer is, and the magic bytes once more."""

_OPTIONAL, _REPEATED = 1, 2
_KNOWN: Final = {each.value for each in Meaning}

_NAME_BYTES_MAX: Final = 4 * limits.TEXT_LENGTH_MAX
"""Bytes of the name of a column."""


class CutOffError(Exception):
    """The file does not end as a Parquet file ends."""


class LongFooterError(Exception):
    """The footer is longer than one may be; says how many bytes it has."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@frozen
class Chunk:
    """Where one column of a row group stands."""

    codec: int
    values: int
    unpacked_bytes: int
    packed_bytes: int
    start: int


@frozen
class Footer:
    """What a footer says of the file as a whole."""

    content: bytes
    names: tuple[str, ...]
    """The names of all columns, in the order of the file."""
    columns: Mapping[str, Column]
    """The columns by name, a thousand of them at most."""
    leaves: tuple[str, ...]
    """The name of the column to which each column of a row group belongs: several, where it is nested."""
    rows: int

    def groups(self, wanted: Collection[str]) -> Iterator[tuple[int, dict[str, Chunk]]]:
        """Yield of each row group how many rows it has, and where the wanted columns stand."""
        thrift = Thrift(io.BytesIO(self.content))
        for field, kind in thrift.fields():
            if (field, kind) == (4, LIST):
                for _ in range(thrift.structs()):
                    yield _group(thrift, self.leaves, wanted)
            else:
                thrift.skip(kind)


def read_footer(file: BinaryIO) -> Footer:
    """Return what a file says of itself at its end."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read(TAIL_BYTES)
    footer_bytes = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or footer_bytes + len(MAGIC) + TAIL_BYTES > size:
        raise CutOffError
    if footer_bytes > limits.FILE_FOOTER_BYTES_MAX:
        raise LongFooterError(footer_bytes)
    file.seek(size - TAIL_BYTES - footer_bytes)
    return _footer(file.read(footer_bytes))


def footer_of(columns: Mapping[str, Column], chunks: Mapping[str, Chunk], rows: int) -> bytes:
    """Return a file without pages that says where columns of one row group stand, by what names they get."""
    names = {name: str(place) for place, name in enumerate(columns)}
    root = Struct().text(4, b"schema").number(5, len(columns)).end()
    schema = [root, *(column.written(names[name]) for name, column in columns.items())]
    stored = [_written(names[name], column, chunks[name]) for name, column in columns.items()]
    group = Struct().structs(1, stored).number(2, 0, I64).number(3, rows, I64).end()
    footer = Struct().number(1, 2).structs(2, schema).number(3, rows, I64).structs(4, [group]).end()
    return MAGIC + footer + len(footer).to_bytes(4, "little") + MAGIC


def _written(name: str, column: Column, chunk: Chunk) -> bytes:
    assert column.stored is not None, "only columns without a problem are written"
    said = Struct().number(1, column.stored.value).numbers(2, []).texts(3, [name.encode()])
    said.number(4, chunk.codec).number(5, chunk.values, I64)
    said.number(6, chunk.unpacked_bytes, I64).number(7, chunk.packed_bytes, I64).number(9, chunk.start, I64)
    return Struct().number(2, 0, I64).struct(3, said.end()).end()


def _footer(content: bytes) -> Footer:
    thrift = Thrift(io.BytesIO(content))
    schema: _Schema | None = None
    rows = -1
    for field, kind in thrift.fields():
        if (field, kind) == (2, LIST):
            schema = _Schema(thrift)
        elif (field, kind) == (3, I64):
            rows = thrift.signed()
        else:
            thrift.skip(kind)
    if schema is None or rows < 0:
        raise ThriftError
    return Footer(content, tuple(schema.names), schema.columns, tuple(schema.leaves), rows)


class _Schema:
    """The columns of a schema, which lists them in depth: what is below a column follows it."""

    def __init__(self, thrift: Thrift) -> None:
        self.names: list[str] = []
        self.columns: dict[str, Column] = {}
        self.leaves: list[str] = []
        below = 0
        """How many more elements stand below the column that came last."""
        elements = thrift.structs()
        thrift.skip(STRUCT)  # the root
        for _ in range(elements - 1):
            column, children = _element(thrift)
            if below:
                below += children - 1
            else:
                below = children
                self._add(column)
            if column.stored is not None:
                self.leaves.append(self.names[-1])
        if below:
            raise ThriftError

    def _add(self, column: Column) -> None:
        self.names.append(column.name)
        if len(self.columns) < limits.COLUMNS_MAX:
            self.columns[column.name] = column


def _element(thrift: Thrift) -> tuple[Column, int]:
    """Return a column of a schema, and how many columns stand directly below it."""
    said: dict[int, int] = {}
    logical: dict[str, Any] = {}
    name = b""
    for field, kind in thrift.fields():
        if kind == I32:
            said[field] = thrift.signed()
        elif (field, kind) == (4, BINARY):
            name = thrift.text(_NAME_BYTES_MAX)
        elif (field, kind) == (10, STRUCT):
            logical = _logical(thrift)
        else:
            thrift.skip(kind)
    stored, children, repetition = said.get(1), said.get(5, 0), said.get(3)
    try:
        column = Column(
            name.decode(),
            None if stored is None else Physical(stored),
            length=said.get(2, 0),
            repeated=repetition == _REPEATED,
            optional=repetition == _OPTIONAL,
            **(_older(said) | logical),
        )
    except ValueError:
        raise ThriftError from None
    if children < 0 or (children > 0) != (stored is None) or min(column.scale, column.precision) < 0:
        raise ThriftError
    return column, children


def _older(said: Mapping[int, int]) -> dict[str, Any]:
    """Return what an element says of its meaning in the older way, which many writers repeat."""
    if 6 not in said:
        return {}
    meaning = OLDER.get(said[6], Meaning.OTHER)
    unsigned = said[6] in UNSIGNED
    return {
        "meaning": meaning,
        "scale": said.get(7, 0),
        "precision": said.get(8, 0),
        "unsigned": unsigned,
    }


def _logical(thrift: Thrift) -> dict[str, Any]:
    """Return what a logical type says; there is one."""
    found: dict[str, Any] = {}
    for field, kind in thrift.fields():
        meaning = Meaning(field) if field in _KNOWN else Meaning.OTHER
        found = {"meaning": meaning}
        if kind != STRUCT:
            raise ThriftError
        if meaning is Meaning.TIMESTAMP:
            found |= _timestamp(thrift)
            continue
        said = thrift.numbers()
        if meaning is Meaning.DECIMAL:
            found |= {"scale": said.get(1, 0), "precision": said.get(2, 0)}
        elif meaning is Meaning.INTEGER:
            found |= {"unsigned": not said.get(2, 1)}
    return found


def _timestamp(thrift: Thrift) -> dict[str, Any]:
    """Return whether a timestamp is an instant, and of what unit."""
    found: dict[str, Any] = {"unit": 0}
    for field, kind in thrift.fields():
        if field == 1:
            found["zoned"] = kind == TRUE
        if (field, kind) == (2, STRUCT):
            for unit, below in thrift.fields():
                found["unit"] = unit
                thrift.skip(below)
        else:
            thrift.skip(kind)
    if found["unit"] not in UNITS:
        raise ThriftError
    return found


def _group(thrift: Thrift, leaves: Sequence[str], wanted: Collection[str]) -> tuple[int, dict[str, Chunk]]:
    """Return how many rows a row group has, and where its columns stand; the next one follows it."""
    chunks: dict[str, Chunk] = {}
    rows = -1
    for field, kind in thrift.fields():
        if (field, kind) == (1, LIST):
            if thrift.structs() != len(leaves):
                raise ThriftError
            for name in leaves:
                chunk = _chunk(thrift)
                if name in wanted:
                    chunks[name] = chunk
        elif (field, kind) == (3, I64):
            rows = thrift.signed()
        else:
            thrift.skip(kind)
    if rows < 0 or chunks.keys() != set(wanted):
        raise ThriftError
    return rows, chunks


def _chunk(thrift: Thrift) -> Chunk:
    said: dict[int, int] = {}
    for field, kind in thrift.fields():
        if (field, kind) == (3, STRUCT):
            said = thrift.numbers()
        else:
            thrift.skip(kind)
    codec, values, unpacked, packed, start = (said.get(field, -1) for field in (4, 5, 6, 7, 9))
    dictionary = said.get(11, 0)
    if min(codec, values, unpacked, packed, start, dictionary) < 0:
        raise ThriftError
    # The dictionary comes first, and pyarrow finds it there; some writers say that there is none at 0.
    return Chunk(codec, values, unpacked, packed, min(start, dictionary or start))
