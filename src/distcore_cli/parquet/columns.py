"""What a column of a Parquet file holds, by its type: cells that have an exact text, or a problem.

The one rule this file protects: nothing is rounded, and no time zone is guessed.  Floats, times without a
zone, lists and whatever else has no exact text are refused by their type, before any cell is looked at.
"""

from enum import Enum
from typing import Final

from attrs import frozen

from distcore.kernel import Problem
from distcore_cli.parquet.thrift import Struct

AS_TEXT: Final = "store it as text"
AS_DECIMALS: Final = "store amounts as decimals or text, units as integers: nothing is rounded here"
WITH_ZONE: Final = "store it with its time zone, or as text like 2017-01-31T23:59:59+01:00"
ONE_VALUE: Final = "store one value in each cell"

DECIMAL_BYTES_MAX: Final = 32
"""Bytes of a decimal of 76 digits, the most that is read."""


class Physical(Enum):
    """How values are stored."""

    BOOLEAN = 0
    INT32 = 1
    INT64 = 2
    INT96 = 3
    FLOAT = 4
    DOUBLE = 5
    BYTES = 6
    FIXED_BYTES = 7


class Meaning(Enum):
    """What stored values mean, by the number of the logical type."""

    NONE = 0
    TEXT = 1
    MAP = 2
    LIST = 3
    ENUM = 4
    DECIMAL = 5
    DATE = 6
    TIME = 7
    TIMESTAMP = 8
    INTEGER = 10
    NULL = 11
    JSON = 12
    BSON = 13
    UUID = 14
    FLOAT16 = 15
    OTHER = 99


OLDER: Final = {
    0: Meaning.TEXT,
    1: Meaning.MAP,
    2: Meaning.MAP,
    3: Meaning.LIST,
    4: Meaning.ENUM,
    5: Meaning.DECIMAL,
    6: Meaning.DATE,
    7: Meaning.TIME,
    8: Meaning.TIME,
    9: Meaning.TIMESTAMP,
    10: Meaning.TIMESTAMP,
    **dict.fromkeys(range(11, 19), Meaning.INTEGER),
    19: Meaning.JSON,
    20: Meaning.BSON,
    21: Meaning.OTHER,
}
"""The meaning by the number of the converted type, which older writers write alone."""

UNSIGNED: Final = range(11, 15)
"""The converted types of integers without sign."""

UNITS: Final = {1: 3, 2: 6, 3: 9}
"""Decimals of a second, by the number of the unit of a timestamp."""


@frozen
class Column:
    """A column as the schema of a file describes it."""

    name: str
    stored: Physical | None
    """None for a column that has columns below it."""
    meaning: Meaning = Meaning.NONE
    length: int = 0
    repeated: bool = False
    optional: bool = False
    scale: int = 0
    precision: int = 0
    zoned: bool = False
    """Whether a timestamp is an instant; older writers don't tell, and some wrote times without a zone."""
    unit: int = 0
    """Of a timestamp, one of `UNITS`."""
    unsigned: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the cells are texts of any length."""
        return self.stored is Physical.BYTES

    @property
    def is_empty(self) -> bool:
        """Whether the type says that no cell holds anything."""
        return self.meaning is Meaning.NULL

    def problem(self) -> Problem | None:
        """Return why its cells have no exact text, if so; without a place."""
        if self.stored is None or self.repeated:
            return Problem("", "holds lists or structs", ONE_VALUE)
        if self.stored in {Physical.FLOAT, Physical.DOUBLE} or self.meaning is Meaning.FLOAT16:
            return Problem("", "holds floats", AS_DECIMALS)
        if self.stored is Physical.INT96 or (self.meaning is Meaning.TIMESTAMP and not self.zoned):
            return Problem("", "holds times without a time zone", WITH_ZONE)
        if self.meaning is Meaning.DATE:
            return Problem("", "holds days without a time", WITH_ZONE)
        if not (self.is_empty or self._is_readable()):
            return Problem("", "holds values that are no text, integer, decimal or instant", AS_TEXT)
        return None

    def _is_readable(self) -> bool:
        match self.stored:
            case Physical.BYTES:
                return self.meaning in {Meaning.TEXT, Meaning.ENUM}
            case Physical.INT32 | Physical.INT64:
                numbers = {Meaning.NONE, Meaning.INTEGER, Meaning.DECIMAL, Meaning.TIMESTAMP}
                return self.meaning in numbers
            case Physical.FIXED_BYTES:
                return self.meaning is Meaning.DECIMAL and 0 < self.length <= DECIMAL_BYTES_MAX
            case _:
                return False

    def written(self, name: str) -> bytes:
        """Return it as an element of a schema, for pyarrow, under another name."""
        assert self.stored is not None, "only columns without a problem are written"
        element = Struct().number(1, self.stored.value)
        if self.stored is Physical.FIXED_BYTES:
            element.number(2, self.length)
        element.number(3, int(self.optional)).text(4, name.encode())
        if self.meaning is Meaning.DECIMAL:
            return element.number(6, 5).number(7, self.scale).number(8, self.precision).end()
        logical = self._logical()
        return (element if logical is None else element.struct(10, logical)).end()

    def _logical(self) -> bytes | None:
        """Return the logical type; an integer with sign needs none."""
        nothing = Struct().end()
        if self.is_text:
            return Struct().struct(1, nothing).end()
        if self.meaning is Meaning.TIMESTAMP:
            unit = Struct().struct(self.unit, nothing).end()
            return Struct().struct(8, Struct().truth(1, True).struct(2, unit).end()).end()
        if self.unsigned:
            bits = 32 if self.stored is Physical.INT32 else 64
            return Struct().struct(10, Struct().byte(1, bits).truth(2, False).end()).end()
        return None
