"""What the pages of a Parquet file will take in memory, told by them before anything unpacks them.

A reader of Parquet unpacks a page as a whole, and a kilobyte can say that it becomes two gigabytes.  The
footer says how large the columns are, but nobody checks what it says; the header of each page decides.  And
a page of a few bytes can say a million times that a cell is the first text of the dictionary: so it is
looked up how long the longest text there is.

The one rule this file protects: what a page header may say here is less than what readers take.  Whatever
is unusual in it (another type than the format has, long numbers, lists) is damage, so that nobody can read
it in two ways.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final, TypeAlias

import pyarrow as pa
from attrs import frozen

from distcore.kernel import limits
from distcore_cli.parquet.thrift import BINARY, BYTE, FALSE, I16, I32, I64, STRUCT, TRUE, Thrift, ThriftError

DATA, INDEX, DICTIONARY, DATA_V2 = range(4)
"""Kinds of pages."""

_PLAIN: Final = 0
_DICTIONARIES: Final = {2, 8}
_DELTA_LENGTH: Final = 6
_KNOWN: Final = {_PLAIN, _DELTA_LENGTH, 3, 4, 5, 9} | _DICTIONARIES
"""Encodings; the others of these are of numbers: run lengths, packed bits, deltas, split streams.

Not known is 7, in which a text begins as the one before, and which can say very much in a few bytes.
"""

_CODECS: Final = {1: "snappy", 2: "gzip", 4: "brotli", 6: "zstd", 7: "lz4_raw"}
"""How pages are packed; 0 is not at all."""

_LENGTH_BYTES: Final = 4
"""Before each text of a dictionary stands how long it is."""

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
    held_bytes: int
    """What is held at once while it is read: the dictionary, and the largest other page."""
    row_bytes: int
    """Bytes of a row where its texts are longest, as far as that is known before they are read."""


@frozen
class _Page:
    """What a page header says: what the page takes packed and unpacked, how many values it holds and how."""

    kind: int
    start: int
    packed_bytes: int
    unpacked_bytes: int
    values: int
    encoding: int

    @property
    def held_bytes(self) -> int:
        """What it takes to read it: it is there packed and unpacked, and where its values stand."""
        if self.kind == DICTIONARY:  # of which the reader keeps a copy
            return self.packed_bytes + 2 * self.unpacked_bytes + 16 * self.values
        lengths = _LENGTH_BYTES * self.values if self.encoding == _DELTA_LENGTH else 0
        return self.packed_bytes + self.unpacked_bytes + lengths

    @property
    def row_bytes(self) -> int:
        """Bytes of a value, in the mean."""
        return -(-self.unpacked_bytes // self.values) if self.values else 0


class Pages:
    """Measures the pages of a file; how many there may be is bounded, for the file as a whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._count = self._bytes = 0

    def taken(self, start: int, size: int, codec: int, *, texts: bool) -> Taken:
        """Return what the pages take that stand in these bytes of the file.

        `texts` says whether values may be of any length.
        """
        if codec and codec not in _CODECS:
            raise UnboundedPageError(f"pages packed by codec {codec}")
        values = dictionary = largest = longest = row_bytes = 0
        for page in self._pages(start, start + size):
            if page.kind == DICTIONARY:
                dictionary = max(dictionary, page.held_bytes)
                if texts and dictionary <= limits.PAGES_BYTES_MAX:  # it is refused otherwise
                    longest = max(longest, self._longest(page, codec))
            elif page.kind != INDEX:
                values += page.values
                largest = max(largest, page.held_bytes)
                of_page = longest if page.encoding in _DICTIONARIES else page.row_bytes
                row_bytes = max(row_bytes, of_page)
        return Taken(values, dictionary + largest, row_bytes)

    def _pages(self, start: int, end: int) -> Iterator[_Page]:
        while start < end:
            self._file.seek(start)
            fields = _Header(self._file).fields()
            page = _page_of(fields, self._file.tell())
            self._count += 1
            self._bytes += page.unpacked_bytes
            if self._count > limits.FILE_PAGES_MAX:
                raise UnboundedPageError(f"more than {limits.FILE_PAGES_MAX} pages")
            if self._bytes > limits.FILE_BYTES_MAX:
                raise UnboundedPageError(f"more than {limits.FILE_BYTES_MAX} bytes once unpacked")
            start = page.start + page.packed_bytes
            if start > end:
                raise ThriftError
            yield page

    def _longest(self, page: _Page, codec: int) -> int:
        """Return the bytes of the longest text of a dictionary, its length included."""
        self._file.seek(page.start)
        content = self._file.read(page.packed_bytes)
        if codec:
            try:
                content = pa.decompress(content, page.unpacked_bytes, _CODECS[codec], asbytes=True)
            except (pa.ArrowException, OSError, ValueError):
                raise ThriftError from None
        place = longest = 0
        for _ in range(page.values):
            size = _LENGTH_BYTES + int.from_bytes(content[place : place + _LENGTH_BYTES], "little")
            longest = max(longest, size)
            place += size
        if place > len(content):
            raise ThriftError
        return longest


def _page_of(fields: _Fields, start: int) -> _Page:
    """Return the page of a header; where its encoding stands depends on its kind."""
    kind, unpacked, packed = (_number(fields, place) for place in (1, 2, 3))
    if kind == INDEX:
        return _Page(kind, start, packed, unpacked, 0, _PLAIN)
    if kind not in {DATA, DICTIONARY, DATA_V2}:
        raise ThriftError
    below = fields.get(({DATA: 5, DICTIONARY: 7, DATA_V2: 8}[kind], STRUCT))
    if not isinstance(below, dict):
        raise ThriftError
    encoding = _number(below, 4 if kind == DATA_V2 else 2)
    if encoding not in _KNOWN:
        raise UnboundedPageError(f"pages of encoding {encoding}")
    return _Page(kind, start, packed, unpacked, _number(below, 1), encoding)


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
