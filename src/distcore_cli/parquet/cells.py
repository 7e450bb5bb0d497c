"""The cells of a batch as the texts that CSV would hold.

The one rule this file protects: a cell is exactly the value that is stored.  An amount keeps all its
decimals, an instant all parts of its second, however many; whoever reads the text refuses too many.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen
from pyarrow import types

from distcore.kernel import limits

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - in UTC, which its text says
_DIGITS: Final = {"s": 0, "ms": 3, "us": 6, "ns": 9}
"""Decimals of a second, by the unit of a timestamp."""


@frozen
class Cells:
    """The cells of one column of a batch."""

    texts: list[str]
    longest: int
    """Bytes of the longest text."""
    size: int
    """Bytes of all texts."""


class LongTextError(Exception):
    """A text is longer than a whole row may be; says in which row of the batch it stands."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class NotUtf8Error(Exception):
    """A text is none; says in which row of the batch it stands, and which byte is wrong."""

    def __init__(self, row: int, byte: int) -> None:
        super().__init__(row, byte)
        self.row = row
        self.byte = byte


def cells_of(values: Any) -> Cells:
    """Return the cells of an Arrow array; one that is null is empty.

    Columns say the same again and again, so each distinct value becomes a text once.
    """
    coded = values.dictionary_encode()
    places, distinct = coded.indices, coded.dictionary
    longest = size = 0
    if types.is_string(distinct.type):
        longest, size = _measured(distinct, places)
        read = distinct.to_pylist
    else:
        read = _reader_of(distinct)
    try:
        text_of: dict[int | None, str] = {place: text or "" for place, text in enumerate(read())}
    except UnicodeDecodeError:
        raise _not_utf_8(distinct, places) from None
    text_of[None] = ""
    return Cells([text_of[place] for place in places.to_pylist()], longest, size)


def _measured(distinct: Any, places: Any) -> tuple[int, int]:
    """Return the bytes of the longest of some texts and of all cells; refuse one that is no row's."""
    lengths = pc.binary_length(distinct)
    longest = pc.max(lengths).as_py() or 0
    if longest > limits.ROW_BYTES_MAX:
        sizes = enumerate(lengths.to_pylist())
        raise LongTextError(_first(places, (place for place, size in sizes if size == longest)))
    return longest, pc.sum(lengths.take(places).cast(pa.int64())).as_py() or 0


def _not_utf_8(distinct: Any, places: Any) -> NotUtf8Error:
    """Return the error for the first cell that is no text."""
    wrong: dict[int, int] = {}
    for place, raw in enumerate(distinct.cast(pa.large_binary()).to_pylist()):
        try:
            (raw or b"").decode()
        except UnicodeDecodeError as error:
            wrong[place] = error.start + 1
    row = _first(places, wrong)
    return NotUtf8Error(row, wrong[places[row].as_py()])


def _first(places: Any, wanted: Iterable[int]) -> int:
    """Return the first row whose value is one of those wanted; there is one."""
    among = set(wanted)
    return next(row for row, place in enumerate(places.to_pylist()) if place in among)


def _reader_of(distinct: Any) -> Callable[[], Iterable[str | None]]:
    """Return what reads distinct values that are no texts."""
    kind = distinct.type
    if types.is_timestamp(kind):
        digits = _DIGITS[kind.unit]
        return lambda: (_instant(each, digits) for each in distinct.cast(pa.int64()).to_pylist())
    write = _decimal if types.is_decimal(kind) else str
    return lambda: (None if each is None else write(each) for each in distinct.to_pylist())


def _decimal(value: Decimal) -> str:
    """Return a decimal without the zeros that its column's scale adds: 12.3400 is 12.34."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _instant(value: int | None, digits: int) -> str | None:
    """Return an instant in ISO 8601, in UTC, with all decimals of its second that are not zero."""
    if value is None:
        return None
    seconds, rest = divmod(value, 10**digits)
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).isoformat()
    except OverflowError:
        return f"{seconds} seconds after 1970"  # no calendar has it: whoever reads it refuses it
    fraction = f"{rest:0{digits}}".rstrip("0") if rest else ""
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"
