"""Rows of a Parquet file, batch by batch, in memory that has a bound whatever the file holds.

The one rule this file protects: a file that can't be read to its end is refused before anything of it is
used, with row and column; and nothing is unpacked before it is known what it becomes.  The pages of a row
group are measured before they are read, a batch is as large as the longest rows of its pages allow, and a
row is bounded as it is in CSV.

Rows are counted from 1.  Columns that are left out are not read.
"""

import io
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final, Self

import pyarrow as pa
from attrs import frozen
from pyarrow.parquet import ParquetFile, read_metadata

from distcore.kernel import InputError, Problem, limits
from distcore_cli.parquet.cells import Cells, LongTextError, NotUtf8Error, cells_of
from distcore_cli.parquet.columns import Column
from distcore_cli.parquet.footer import Chunk, CutOffError, Footer, LongFooterError, footer_of, read_footer
from distcore_cli.parquet.pages import Pages, Taken, UnboundedPageError
from distcore_cli.parquet.thrift import ThriftError
from distcore_cli.problems import place_of
from distcore_cli.progress import STEP

BATCH_BYTES: Final = 4_000_000
"""Bytes of the texts of one batch, as far as its pages tell."""

BUFFER_BYTES: Final = 65_536
"""Bytes of a column that are read at once: its pages come one by one, not a row group as a whole."""

COPY_AGAIN: Final = "copy it again, or write it anew"
SPLIT: Final = "split the file"

# The pools that pyarrow brings along keep what is freed: that was 20 MiB more where texts are long.
pa.set_memory_pool(pa.system_memory_pool())

_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, LookupError)
"""What pyarrow raises on pages that are not what they say."""


@frozen
class ParquetSource:
    """A Parquet file whose footer was read."""

    path: Path
    footer: Footer
    ignored: frozenset[str]
    header_line: ClassVar[int] = 0
    unit: ClassVar[str] = "rows read"

    @classmethod
    def open(cls, path: Path, ignored: frozenset[str]) -> Self:
        """Read the footer."""
        with path.open("rb") as file:
            footer = _footer_of(file, path.name)
        if footer.rows > limits.FILE_ROWS_MAX:
            raise InputError.of(path.name, f"has more than {limits.FILE_ROWS_MAX} rows", SPLIT)
        return cls(path, footer, ignored)

    @property
    def header(self) -> tuple[str, ...]:
        """The names of all columns."""
        return self.footer.names

    @property
    def unreadable(self) -> Mapping[str, Problem]:
        """Why some columns can't be read."""
        problems = ((name, column.problem()) for name, column in self.footer.columns.items())
        return {name: problem for name, problem in problems if problem is not None}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self.footer.rows

    def rows(self, read: Callable[[int], None] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with its number; raise where the file is damaged.

        `read` is called now and then with the number of rows that were read so far.
        """
        size = 0
        with self.path.open("rb") as file:
            if _footer_of(file, self.path.name).content != self.footer.content:
                raise InputError.of(self.path.name, "changed while it was read", "import it again")
            for first, count, cells in _Batches(self, file):
                size += sum(each.size for each in cells.values())
                empty = [""] * count
                columns = (cells[name].texts if name in cells else empty for name in self.header)
                rows = [list(row) for row in zip(*columns, strict=True)]
                self._bound(rows, cells.values(), first, size)
                yield from enumerate(rows, first)
                if read is not None:
                    read(first + count - 1)

    def at(self, row: int, column: str = "") -> str:
        """Return the place that a message names."""
        return place_of(self.path.name, row, column)

    def long(self, row: int, column: str) -> InputError:
        """Return the error for a row that is too long."""
        what = f"at most {limits.ROW_BYTES_MAX} bytes of text"
        return InputError.of(self.at(row, column), "the row is too long", what)

    def _bound(self, rows: Sequence[list[str]], cells: Collection[Cells], first: int, size: int) -> None:
        """Refuse a row that is too long, and a file that holds too much; `size` was read so far."""
        if size > limits.FILE_BYTES_MAX:
            what = f"has more than {limits.FILE_BYTES_MAX} bytes of text"
            raise InputError.of(self.at(first), what, SPLIT)
        if sum(each.longest for each in cells) <= limits.ROW_BYTES_MAX:
            return  # so are all rows
        for number, row in enumerate(rows, first):
            row_bytes = 0
            for name, text in zip(self.header, row, strict=True):
                row_bytes += len(text.encode())
                if row_bytes > limits.ROW_BYTES_MAX:
                    raise self.long(number, name)


@frozen
class _Group:
    """A row group: where its wanted columns stand, what they take, and the number of its first row."""

    rows: int
    first: int
    columns: Mapping[str, Column]
    chunks: Mapping[str, Chunk]
    taken: Mapping[str, Taken]

    def read(self, file: BinaryIO, names: Sequence[str]) -> Iterator[Any]:
        """Yield batches of some columns."""
        wanted = {name: self.columns[name] for name in names}
        reader = ParquetFile(
            file,
            metadata=read_metadata(io.BytesIO(footer_of(wanted, self.chunks, self.rows))),
            pre_buffer=False,
            buffer_size=BUFFER_BYTES,
            page_checksum_verification=True,
        )
        row_bytes = sum(self.taken[name].row_bytes for name in names)
        size = max(1, min(STEP, BATCH_BYTES // max(1, row_bytes)))
        yield from reader.iter_batches(size, use_threads=False)

    def broken(self, file: BinaryIO) -> str:
        """Return the name of the column that can't be read to its end, or none where each can by itself."""
        for name in self.columns:
            try:
                for _ in self.read(file, [name]):
                    pass
            except _DAMAGE:
                return name
        return ""


class _Batches:
    """The cells of a file in batches of bounded size: number of the first row, how many rows, columns."""

    def __init__(self, source: ParquetSource, file: BinaryIO) -> None:
        self._source = source
        self._file = file
        self._pages = Pages(file)
        columns = source.footer.columns.items()
        self._wanted = {
            name: column for name, column in columns if name not in source.ignored and not column.is_empty
        }

    def __iter__(self) -> Iterator[tuple[int, int, dict[str, Cells]]]:
        first = 1
        for group in self._groups():
            for rows, cells in self._read(group) if self._wanted else self._empty(group):
                yield first, rows, cells
                first += rows
            if first != group.first + group.rows:
                raise self._damaged(first)
        if first != self._source.size + 1:
            raise self._damaged(first)

    def _groups(self) -> Iterator[_Group]:
        """Yield the row groups; refuse one of which too much would be held at once."""
        first = 1
        try:
            for rows, chunks in self._source.footer.groups(self._wanted):
                if rows:  # some writers leave a dictionary where there is no row
                    yield _Group(rows, first, self._wanted, chunks, self._taken(chunks, rows, first))
                first += rows
        except ThriftError:
            raise _damaged_footer(self._source.path.name) from None

    def _taken(self, chunks: Mapping[str, Chunk], rows: int, first: int) -> dict[str, Taken]:
        taken: dict[str, Taken] = {}
        held = 0
        for name, chunk in chunks.items():
            taken[name] = self._column(name, chunk, rows, first)
            held += taken[name].held_bytes
            if held > limits.PAGES_BYTES_MAX:
                what = f"its pages take {held} bytes once unpacked"
                hint = f"at most {limits.PAGES_BYTES_MAX}: write smaller row groups"
                raise InputError.of(self._source.at(first, name), what, hint)
        return taken

    def _column(self, name: str, chunk: Chunk, rows: int, first: int) -> Taken:
        """Return what one column of a row group takes, in which each row has one value."""
        try:
            texts = self._wanted[name].is_text
            taken = self._pages.taken(chunk.start, chunk.packed_bytes, chunk.codec, texts=texts)
        except UnboundedPageError as error:
            hint = "write it anew, with plain or dictionary encoding"
            raise InputError.of(self._source.at(first, name), f"has {error}", hint) from None
        except ThriftError:
            raise self._damaged(first, name) from None
        if not rows == chunk.values == taken.values:
            raise self._damaged(first, name)
        return taken

    def _empty(self, group: _Group) -> Iterator[tuple[int, dict[str, Cells]]]:
        """Yield the rows of a file in which no column holds anything."""
        yield from ((min(STEP, group.rows - done), {}) for done in range(0, group.rows, STEP))

    def _read(self, group: _Group) -> Iterator[tuple[int, dict[str, Cells]]]:
        """Yield the cells of a row group, batch by batch."""
        first = group.first
        batches = group.read(self._file, list(self._wanted))
        while True:
            try:
                batch = next(batches, None)
            except _DAMAGE:
                raise self._damaged(first, group.broken(self._file)) from None
            if batch is None:
                return
            columns = zip(self._wanted, batch.columns, strict=True)
            yield batch.num_rows, {name: self._cells(values, name, first) for name, values in columns}
            first += batch.num_rows

    def _cells(self, values: Any, name: str, first: int) -> Cells:
        """Return the cells of a column of a batch."""
        try:
            return cells_of(values)
        except NotUtf8Error as error:
            where, what = self._source.at(first + error.row, name), f"byte {error.byte} is not UTF-8"
            raise InputError.of(where, what, "write texts in UTF-8") from None
        except LongTextError as error:
            raise self._source.long(first + error.row, name) from None
        except _DAMAGE:
            raise self._damaged(first, name) from None

    def _damaged(self, row: int, column: str = "") -> InputError:
        return InputError.of(self._source.at(row, column), "is damaged from here on", COPY_AGAIN)


def _footer_of(file: BinaryIO, name: str) -> Footer:
    """Return the footer of a file."""
    try:
        return read_footer(file)
    except CutOffError:
        raise InputError.of(name, "is cut off: a Parquet file ends as it begins", COPY_AGAIN) from None
    except LongFooterError as error:
        what = f"has a footer of {error.size} bytes: very many columns or row groups"
        hint = f"at most {limits.FILE_FOOTER_BYTES_MAX}: write fewer columns, and larger row groups"
        raise InputError.of(name, what, hint) from None
    except ThriftError:
        raise _damaged_footer(name) from None


def _damaged_footer(name: str) -> InputError:
    return InputError.of(name, "has a damaged footer", COPY_AGAIN)
