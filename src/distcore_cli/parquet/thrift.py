"""Thrift's compact protocol, as far as Parquet uses it: what says where everything in a file stands.

Reading pulls field by field, and whoever pulls takes each value or passes over it.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Self

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
"""Kinds of values."""

_NUMBER_BYTES_MAX: Final = 10
"""Bytes of a number of 64 bits with seven bits in each."""

_FIELD_MAX: Final = 32_767

_DEPTH_MAX: Final = 32
"""Values within each other. The format has 7; a reader may not climb as deep as a stranger says."""

_MANY: Final = 15
"""Stands for the length of a list that follows as a number of its own."""


class ThriftError(Exception):
    """These bytes are not Thrift, or not what Parquet makes of it."""


class Thrift:
    """Reads values from where a file stands."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield number and kind of each field of a struct, up to its end.

        The numbers ascend, as every writer writes them: so nothing is said twice.
        """
        last = 0
        while head := self.byte():
            step, kind = head >> 4, head & 15
            number = last + step if step else self.signed()
            if not last < number <= _FIELD_MAX:
                raise ThriftError
            last = number
            yield number, kind

    def skip(self, kind: int, depth: int = 1) -> None:
        """Pass over a value."""
        if depth > _DEPTH_MAX:
            raise ThriftError
        if kind in {I16, I32, I64}:
            self.unsigned()
        elif kind == BINARY:
            self._file.seek(self.unsigned(), 1)
        elif kind == STRUCT:
            for _, each in self.fields():
                self.skip(each, depth + 1)
        elif kind in {LIST, SET}:
            self._skip_list(depth)
        elif kind == BYTE:
            self.byte()
        elif kind == DOUBLE:
            self._file.seek(8, 1)
        elif kind not in {TRUE, FALSE}:
            raise ThriftError

    def numbers(self) -> dict[int, int]:
        """Return the fields of a struct that are numbers or truths; others are passed over."""
        found: dict[int, int] = {}
        for field, kind in self.fields():
            if kind in {I16, I32, I64}:
                found[field] = self.signed()
            elif kind in {TRUE, FALSE}:
                found[field] = int(kind == TRUE)
            elif kind == BYTE:
                found[field] = self.byte()
            else:
                self.skip(kind)
        return found

    def structs(self) -> int:
        """Return how many structs a list has; they follow."""
        kind, count = self._list()
        if kind != STRUCT:
            raise ThriftError
        return count

    def text(self, bytes_max: int) -> bytes:
        """Return a text; refuse one that is longer."""
        size = self.unsigned()
        text = self._file.read(min(size, bytes_max + 1))
        if len(text) < size:
            raise ThriftError
        return text

    def signed(self) -> int:
        """Return a number of which the last bit is the sign."""
        number = self.unsigned()
        return -(number >> 1) - 1 if number & 1 else number >> 1

    def unsigned(self) -> int:
        """Return a number without sign, seven bits to a byte."""
        number = 0
        for place in range(_NUMBER_BYTES_MAX):
            byte = self.byte()
            number |= (byte & 127) << (7 * place)
            if byte < 128:
                return number
        raise ThriftError

    def byte(self) -> int:
        """Return the next byte."""
        byte = self._file.read(1)
        if not byte:
            raise ThriftError
        return byte[0]

    def _list(self) -> tuple[int, int]:
        head = self.byte()
        count = head >> 4
        return head & 15, self.unsigned() if count == _MANY else count

    def _skip_list(self, depth: int) -> None:
        kind, count = self._list()
        for _ in range(count):
            if kind in {TRUE, FALSE}:  # in a list each is a byte of its own
                self.byte()
            else:
                self.skip(kind, depth + 1)


class Struct:
    """Writes a struct, field by field in ascending order."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._last = 0

    def number(self, field: int, value: int, kind: int = I32) -> Self:
        """Write a number that is not negative."""
        return self._field(field, kind, _unsigned(2 * value))

    def truth(self, field: int, value: bool) -> Self:
        """Write a truth."""
        return self._field(field, TRUE if value else FALSE, b"")

    def byte(self, field: int, value: int) -> Self:
        """Write a byte."""
        return self._field(field, BYTE, bytes([value]))

    def text(self, field: int, value: bytes) -> Self:
        """Write a text."""
        return self._field(field, BINARY, _text(value))

    def struct(self, field: int, value: bytes) -> Self:
        """Write a struct within this one."""
        return self._field(field, STRUCT, value)

    def structs(self, field: int, items: Sequence[bytes]) -> Self:
        """Write a list of structs."""
        return self._list(field, STRUCT, items)

    def texts(self, field: int, items: Sequence[bytes]) -> Self:
        """Write a list of texts."""
        return self._list(field, BINARY, [_text(each) for each in items])

    def numbers(self, field: int, items: Sequence[int]) -> Self:
        """Write a list of numbers that are not negative."""
        return self._list(field, I32, [_unsigned(2 * each) for each in items])

    def end(self) -> bytes:
        """Return the struct."""
        return b"".join((*self._parts, b"\0"))

    def _field(self, field: int, kind: int, content: bytes) -> Self:
        assert 0 < field - self._last < _MANY + 1, "fields ascend, in small steps"
        self._parts.append(bytes([(field - self._last) << 4 | kind]) + content)
        self._last = field
        return self

    def _list(self, field: int, kind: int, items: Sequence[bytes]) -> Self:
        head = bytes([_MANY << 4 | kind]) + _unsigned(len(items))
        return self._field(field, LIST, head + b"".join(items))


def _text(value: bytes) -> bytes:
    return _unsigned(len(value)) + value


def _unsigned(number: int) -> bytes:
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)
