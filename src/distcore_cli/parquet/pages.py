"""What a Parquet file will become in memory, asked of its pages before anything unpacks them.

A reader of Parquet unpacks a page as a whole, and a kilobyte can say that it becomes two gigabytes.  The
footer says how large the columns are, but nobody checks what it says; the header of each page decides.
So all of them are read here first, of the columns that matter.

The one rule this file protects: what a page header may say here is less than what readers take.  Whatever
is unusual in it (another type than the format has, long numbers, lists) is damage, so that nobody can read
it in two ways.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final, TypeAlias

from attrs import frozen

from distcore.kernel import limits
from distcore_cli.parquet.thrift import BINARY, BYTE, FALSE, I16, I32, I64, STRUCT, TRUE, Thrift, ThriftError

DATA, INDEX, DICTIONARY, DATA_V2 = range(4)
"""Kinds of pages."""

_PLAIN: Final = 0
_DICTIONARIES: Final = {2, 8}
_DELTA_LENGTH: Final = 6
_FIXED_WIDTH: Final = {3, 4, 5, 9}
"""Encodings: run lengths, packed bits, deltas of numbers, split streams."""

_FIELDS_MAX: Final = 64
"""Fields of one page header, those within its structs too: the format has 25."""

_DEPTH_MAX: Final = 3
"""Structs within each other: page, its kind, its statistics."""

_Fields: TypeAlias = dict[tuple[int, int], "int | _Fields"]
"""What a struct says, by number and kind of field: 32 bit numbers and structs, nothing else matters."""


class UnboundedPageError(Exception):
    """A page is packed in a way that can become anything; the text says how."""


@frozen
class Taken:
    """What the pages of one column of a row group take."""

    values: int
    has_dictionary: bool
    held_bytes: int
    """What is held at once while it is read: the dictionary, and the largest other page."""
    row_bytes: int
    """Bytes of a row where its texts are longest, in the mean of a page; 0 for texts of a dictionary."""


@frozen
class _Page:
    """What a page header says: what the page takes packed and unpacked, how many values it holds and how."""

    kind: int
    packed_bytes: int
    unpacked_bytes: int
    values: int
    encoding: int


class Pages:
    """Reads the page headers of a file; how many there may be is bounded, for the file as a whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = limits.FILE_PAGES_MAX

    def taken(self, start: int, size: int) -> Taken:
        """Return what the pages take that stand in these bytes of the file."""
        values = dictionary = largest = row_bytes = 0
        has_dictionary = has_lengths = False
        for page in self._pages(start, start + size):
            if page.kind == DICTIONARY:
                has_dictionary = True
                dictionary = max(dictionary, _dictionary_bytes(page))
            elif page.kind != INDEX:
                values += page.values
                largest = max(largest, _data_bytes(page))
                has_lengths |= page.encoding == _DELTA_LENGTH
                if page.encoding not in _DICTIONARIES and page.values:
                    row_bytes = max(row_bytes, -(-page.unpacked_bytes // page.values))
        if has_dictionary and has_lengths:
            raise UnboundedPageError("a dictionary and also lengths apart from texts")
        return Taken(values, has_dictionary, dictionary + largest, row_bytes)

    def _pages(self, start: int, end: int) -> Iterator[_Page]:
        while start < end:
            self._left -= 1
            if self._left < 0:
                raise UnboundedPageError(f"more than {limits.FILE_PAGES_MAX} pages")
            self._file.seek(start)
            page = _page_of(_Header(self._file).fields())
            start = self._file.tell() + page.packed_bytes
            if start > end:
                raise ThriftError
            yield page


def _dictionary_bytes(page: _Page) -> int:
    """Return what a dictionary takes: packed, unpacked, copied for the reader and for each batch.

    Measured: four times its bytes, and where each value stands.
    """
    return page.packed_bytes + 4 * page.unpacked_bytes + 16 * page.values


def _data_bytes(page: _Page) -> int:
    lengths = 4 * page.values if page.encoding == _DELTA_LENGTH else 0
    return page.packed_bytes + page.unpacked_bytes + lengths


def _page_of(fields: _Fields) -> _Page:
    """Return the page of a header; where its encoding stands depends on its kind."""
    kind, unpacked, packed = (_number(fields, place) for place in (1, 2, 3))
    if kind == INDEX:
        return _Page(kind, packed, unpacked, 0, _PLAIN)
    if kind not in {DATA, DICTIONARY, DATA_V2}:
        raise ThriftError
    below = fields.get(({DATA: 5, DICTIONARY: 7, DATA_V2: 8}[kind], STRUCT))
    if not isinstance(below, dict):
        raise ThriftError
    encoding = _number(below, 4 if kind == DATA_V2 else 2)
    if encoding not in {_PLAIN, _DELTA_LENGTH} | _DICTIONARIES | _FIXED_WIDTH:
        raise UnboundedPageError(f"a page of encoding {encoding}")
    return _Page(kind, packed, unpacked, _number(below, 1), encoding)


def _number(fields: _Fields, place: int) -> int:
    """Return a field that must be there, and can't be less than 0."""
    found = fields.get((place, I32))
    if not isinstance(found, int) or not 0 <= found < 1 << 31:
        raise ThriftError
    return found


class _Header:
    """Reads one page header, which has no lists and few fields."""

    def __init__(self, file: BinaryIO) -> None:
        self._thrift = Thrift(file)
        self._left = _FIELDS_MAX

    def fields(self, depth: int = 1) -> _Fields:
        """Return the fields up to the end of a struct."""
        found: _Fields = {}
        for place, kind in self._thrift.fields():
            self._left -= 1
            if depth > _DEPTH_MAX or self._left < 0:
                raise ThriftError
            if kind == I32:
                found[place, kind] = self._thrift.signed()
            elif kind == STRUCT:
                found[place, kind] = self.fields(depth + 1)
            elif kind in {TRUE, FALSE, BYTE, I16, I64, BINARY}:
                self._thrift.skip(kind)
            else:
                raise ThriftError
        return found
