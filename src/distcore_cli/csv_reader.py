"""CSV files of strangers, record by record, in memory that has a bound whatever they hold.

The one rule this file protects: a file that can't be read to its end, cell by cell, is refused before
anything of it is used.  So damage (not UTF-8, a NUL, an endless line, an open quote, a row with too
few or too many cells) is an error of the file, with line and column; what a cell says is not judged
here.

UTF-8, with or without a byte order mark; commas; quotes and line ends in quoted cells; LF or CRLF.
Blank lines are passed over.  A name that ends in `.gz` is unpacked on the way; how much it may become
is bounded, in bytes and in lines, so that a bomb is refused in time.
"""

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar, Final, Self, cast

from attrs import frozen

from distcore.kernel import InputError, Problem, limits
from distcore_cli.problems import Problems, place_of
from distcore_cli.progress import STEP

SAVE_AS_UTF_8: Final = "save the file as CSV in UTF-8"
CLOSE_QUOTES: Final = 'close every quote, and write one inside a quoted cell twice: "like ""this"""'
BOM: Final = "\ufeff"


@frozen
class CsvSource:
    """A CSV file whose first record was read."""

    path: Path
    header: tuple[str, ...]
    size: int
    header_line: ClassVar[int] = 1
    unit: ClassVar[str] = "bytes read"

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read the header."""
        header = next((row for _, row in _records(path, ())), [])
        return cls(path, tuple(header), path.stat().st_size)

    def rows(self, read: Callable[[int], None] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Yield each row below the header with the line on which it starts; raise where it is damaged.

        `read` is called now and then with the bytes that were read of the file, packed as it may be.
        """
        damage = Problems()
        width = len(self.header)
        records = _records(self.path, self.header, read)
        next(records, None)
        for line, row in records:
            if len(row) == width:
                yield line, row
            else:
                damage.add(self._ragged(line, row))
                damage.raise_at(limits.PROBLEMS_MAX)
        damage.raise_at(1)

    def _ragged(self, line: int, row: list[str]) -> Problem:
        column = self.header[min(len(row), len(self.header)) - 1]
        return Problem(
            place_of(self.path.name, line, column),
            f"the row has {len(row)} cells, the header has {len(self.header)}",
            "the file may be cut off, or a comma stand outside of quotes",
        )


class _Lines:
    """The lines of a file as text: counted, and bounded per record."""

    def __init__(self, file: BinaryIO, name: str, header: Sequence[str]) -> None:
        self.number = 0
        self.first = 1
        """The line on which the record starts that is being read."""
        self.parts: list[str] = []
        """What was read of that record; whoever takes the record empties it."""
        self._file = file
        self._name = name
        self._header = header

    def __iter__(self) -> Iterator[str]:
        readline, parts = self._file.readline, self.parts
        size = total = 0
        while line := readline(limits.ROW_BYTES_MAX + 1):
            self.number += 1
            total += len(line)
            if total > limits.FILE_BYTES_MAX or self.number > limits.FILE_ROWS_MAX:
                raise self._endless(total)
            size = size + len(line) if parts else len(line)
            if size > limits.ROW_BYTES_MAX:
                at_most = f"at most {limits.ROW_BYTES_MAX} bytes; {CLOSE_QUOTES}"
                raise self._broken(self._after(line), "the row is too long", at_most)
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                read = self._after(line[: error.start])
                raise self._broken(read, f"byte {error.start + 1} is not UTF-8", SAVE_AS_UTF_8) from None
            if "\0" in text:
                raise self._broken(self._after(line[: line.index(0)]), "holds a NUL character", SAVE_AS_UTF_8)
            if self.number == 1:
                text = text.removeprefix(BOM)
            parts.append(text)
            yield text

    def unreadable(self) -> InputError:
        """Return the error for the record that is being read: which of its cells breaks it."""
        return self._broken("".join(self.parts), "this cell can't be read", CLOSE_QUOTES)

    def _endless(self, total: int) -> InputError:
        what = f"{limits.FILE_ROWS_MAX} lines"
        if total > limits.FILE_BYTES_MAX:
            what = f"{limits.FILE_BYTES_MAX} bytes"
        return InputError.of(f"{self._name}:{self.number}", f"has more than {what}", "split the file")

    def _after(self, read: bytes) -> str:
        """Return what was read of the record so far, these bytes of its last line included."""
        return "".join(self.parts) + read.decode(errors="replace")

    def _broken(self, read: str, message: str, hint: str) -> InputError:
        cells = sum(len(row) for row in csv.reader(_split(_readable(read))))
        column = self._header[cells - 1] if 0 < cells <= len(self._header) else str(max(cells, 1))
        return InputError.of(f"{self._name}:{self.first}:{column}", message, hint)


def _records(
    path: Path, header: Sequence[str], read: Callable[[int], None] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank, the header first, with the line on which it starts."""
    try:
        with path.open("rb") as packed, _unpacked(path, packed) as file:
            for count, record in enumerate(_parsed(_Lines(file, path.name, header)), 1):
                yield record
                if read is not None and count % STEP == 0:
                    read(packed.tell())
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError.of(path.name, "can't be unpacked: cut off, or not gzip", "copy it again") from None


def _parsed(lines: _Lines) -> Iterator[tuple[int, list[str]]]:
    try:
        for row in csv.reader(lines, strict=True):
            line = lines.first
            lines.first = lines.number + 1
            lines.parts.clear()
            if row:
                yield line, row
    except csv.Error:
        raise lines.unreadable() from None


def _unpacked(path: Path, packed: BinaryIO) -> BinaryIO:
    return cast("BinaryIO", gzip.open(packed)) if path.suffix == ".gz" else packed


def _readable(text: str) -> str:
    """Return as much of a record as can be read, searched for by halves.

    What is wrong in a part of a record is wrong in every longer one.
    """
    good, bad = 0, len(text) + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if _misquoted(text[:middle]) else (middle, bad)
    return text[:good]


def _misquoted(part: str) -> bool:
    """Say whether a part of a record can't be read, other than by ending within quotes."""
    try:
        list(csv.reader(_split(part), strict=True))
    except csv.Error as error:
        return "end of data" not in str(error)
    return False


def _split(text: str) -> Iterator[str]:
    """Yield the lines of a text, ended by LF alone, as the file yields them."""
    return (line + "\n" for line in text.split("\n"))
