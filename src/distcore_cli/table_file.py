"""Files of strangers as tables: rows of text cells, whatever the format.

The name of a file says what it is: `.parquet` is Parquet, everything else is CSV.  Both are found to be in
order column by column before any row is used, and give the same rows: each cell as the text that CSV would
hold.  So whoever reads members or sales knows no format.

The one rule this file protects: columns are found by their names, and one that nobody knows is an error.
"""

import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final, Protocol, cast

from attrs import evolve, frozen

from distcore.kernel import InputError, Problem, limits, shown
from distcore_cli.csv_reader import CsvSource
from distcore_cli.problems import place_of

PARQUET: Final = ".parquet"
MAGIC: Final = b"PAR1"
INSTALL: Final = 'pip install "distcore[tabular]"'


@frozen
class Columns:
    """The columns that a kind of file must have, and those that it may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """Every column that means something."""
        return self.required + self.optional


class Held:
    """Counts the bytes of text that are held of a file, and refuses a file of which it would be too much."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bytes = 0

    def add(self, texts: Iterable[str]) -> int:
        """Count texts that are held from now on; return their bytes."""
        size = sum(map(sys.getsizeof, texts))
        self._bytes += size
        if self._bytes > limits.FILE_HELD_BYTES_MAX:
            hint = f"split the file; at most {limits.FILE_HELD_BYTES_MAX} bytes of text are held of one"
            raise InputError.of(self._name, "has more long ids and texts than can be held at once", hint)
        return size

    def drop(self, size: int) -> None:
        """Say that so many bytes are not held any more."""
        self._bytes -= size


class Source(Protocol):
    """Where the rows of a file come from: what a format must be able to do."""

    @property
    def header(self) -> tuple[str, ...]:
        """The names of all columns, in the order of the cells of a row; empty for an empty file."""
        ...

    @property
    def header_line(self) -> int:
        """The line on which the header stands, 0 if it stands on none."""
        ...

    @property
    def unreadable(self) -> Mapping[str, Problem]:
        """Why the cells of a column have no exact text, by the name of the column; without a place."""
        ...

    @property
    def size(self) -> int:
        """How much there is to read, in `unit`."""
        ...

    @property
    def unit(self) -> str:
        """What is counted while it is read."""
        ...

    def rows(self, read: Callable[[int], None] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with its number; raise where the file is damaged, at the latest at its end.

        `read` is called now and then with how much was read so far.
        """
        ...


@frozen
class TableFile:
    """A file whose header was found in order."""

    path: Path
    source: Source
    ignored: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What messages call the file."""
        return self.path.name

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.source.header

    def at(self, line: int, column: str = "") -> str:
        """Return the place that a message names, like `sales.csv:12:net`."""
        return place_of(self.name, line, column)

    def cells(self, columns: Sequence[str]) -> Callable[[list[str]], tuple[str, ...]]:
        """Return what picks these columns out of a row that got one empty cell more at its end.

        A column that the file does not have, or that is ignored, is that empty cell.
        """
        read = [None if each in self.ignored else each for each in self.header]
        places = [read.index(each) if each in read else len(read) for each in columns]
        return cast("Callable[[list[str]], tuple[str, ...]]", itemgetter(*places))

    def rows(self, read: Callable[[int], None] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with its number, as its source does."""
        return self.source.rows(read)


def open_table(path: Path, columns: Columns, ignored: Collection[str] = ()) -> TableFile:
    """Return the file with its columns found; raise all that is wrong with them at once."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise InputError.of(path.name, "is not a plain file", "a file is read twice: save it first")
    left_out = frozenset(ignored)
    file = TableFile(path, _source(path, left_out), left_out)
    if not file.header:
        raise InputError.of(path.name, "is empty", f"the columns are {_list(columns.required)}")
    problems = tuple(_header_problems(file, columns))
    if problems:
        raise InputError(problems)
    return file


def _source(path: Path, ignored: frozenset[str]) -> Source:
    """Return what reads a file of this name; pyarrow is loaded only where it is Parquet."""
    with path.open("rb") as file:
        is_parquet = file.read(len(MAGIC)) == MAGIC
    if path.suffix != PARQUET:
        if is_parquet:
            raise InputError.of(path.name, "is a Parquet file", f"give it a name that ends in {PARQUET}")
        return CsvSource.open(path)
    if not is_parquet:
        raise InputError.of(path.name, "is no Parquet file", "CSV has a name that ends in .csv or .csv.gz")
    try:
        from distcore_cli.parquet.reader import ParquetSource
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise InputError.of(path.name, "Parquet can't be read without pyarrow", INSTALL) from None
    return ParquetSource.open(path, ignored)


def _header_problems(file: TableFile, columns: Columns) -> Iterator[Problem]:
    header, line, ignored = file.header, file.source.header_line, file.ignored
    unreadable = file.source.unreadable
    if len(header) > limits.COLUMNS_MAX:
        where = file.at(line, str(limits.COLUMNS_MAX + 1))
        yield Problem(where, f"there are {len(header)} columns", f"at most {limits.COLUMNS_MAX}")
        return
    hint = f"known are {_list(columns.known)}; --ignore-columns leaves others out"
    for place, column in enumerate(header):
        where = file.at(line, shown(column)[1:-1] or str(place + 1))
        if column in ignored:
            continue
        if column in header[:place]:
            yield Problem(where, "stands twice in the header", "name each column once")
        elif column not in columns.known:
            yield Problem(where, "is not a column of this file", hint)
            hint = ""  # said once: it names them all
        elif column in unreadable:
            yield evolve(unreadable[column], where=where)
    for column in columns.required:
        where = file.at(line, column)
        if column not in header:
            yield Problem(where, "this column is missing", "columns are found by their names")
        elif column in ignored:
            yield Problem(where, "this column can't be ignored", "what the file says rests on it")


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
