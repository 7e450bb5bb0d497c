"""What one cell of an interchange file says: ids, texts, whole numbers, amounts, instants.

The same texts stand in a file again and again, so what they mean is remembered; that is most of the
speed of reading.  A cell that says nothing valid raises an `InputError` that has no place yet: who
reads the row knows it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    MemberId,
    Problem,
    currency_problem,
    id_problem,
    limits,
    parse_instant,
    parse_minor,
    shown,
    text_problem,
)
from distcore_cli.problems import Problems
from distcore_cli.table_file import TableFile

T = TypeVar("T")

IF_NEGATIVE: Final = "give an amount of 0 or more"
"""What to do about an amount below zero, where none may be."""

REMEMBERED_MAX: Final = 50_000
"""Texts remembered per kind of cell: the SKUs of a large shop, in some megabytes."""

_whole_number = re.compile("0|[1-9][0-9]{0,18}").fullmatch


@frozen
class Placed(Generic[T]):
    """What rows of a file say, with the first line that says it."""

    line: int
    item: T


class Meanings(dict[str, T]):
    """What texts mean: read once each, then looked up; a bad text raises each time."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> T:
        """Read a text that was not met before, or not lately."""
        value = self._read(text)
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        if len(text) <= limits.ID_LENGTH_MAX:
            self[text] = value
        return value


class Amounts(dict[str, Meanings[int]]):
    """Minor units by currency and text."""

    def __missing__(self, currency: str) -> Meanings[int]:
        """Begin with a currency, which is a known one."""
        meanings = self[currency] = Meanings(partial(amount_of, currency=currency))
        return meanings


def id_of(text: str) -> Any:
    """Return an id; it is kept exactly as it stands."""
    _refuse(id_problem(text, ""))
    return text


def id_or_none(text: str) -> MemberId | None:
    """Return an id, or None for an empty cell."""
    return MemberId(id_of(text)) if text else None


def text_of(text: str) -> str:
    """Return a free text, which may be empty."""
    _refuse(text_problem(text, ""))
    return text


def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a cell like `new|organic`."""
    if not text:
        return ()
    tags = tuple(text_of(text).split("|"))
    if "" in tags:
        raise InputError.of("", f"an empty tag: {shown(text)}", "like new|organic")
    return tags


def units_of(text: str) -> int:
    """Return a whole number of units, 0 or more."""
    if not _whole_number(text) or int(text) > limits.UNITS_MAX:
        raise InputError.of("", f"not a number of units: {shown(text)}", f"whole, 0 to {limits.UNITS_MAX}")
    return int(text)


def amount_of(text: str, currency: str, if_negative: str = "refunds have a file of their own") -> int:
    """Return minor units, 0 or more, of an amount in major units; `if_negative` is the hint for less."""
    minor = parse_minor(text, currency)
    if minor < 0:
        raise InputError.of("", f"a negative amount: {shown(text)}", if_negative)
    return minor


def currency_of(text: str) -> Currency:
    """Return a currency."""
    _refuse(currency_problem(text, ""))
    return Currency(text)


def instant_or_none(text: str) -> Instant | None:
    """Return an instant, or None for an empty cell."""
    return parse_instant(text) if text else None


def read_row(
    file: TableFile,
    line: int,
    columns: Sequence[tuple[str, Callable[[str], Any]]],
    cells: Sequence[str],
    problems: Problems,
    whose: str = "",
) -> list[Any] | None:
    """Return what the cells of a row mean, or None where one is bad; every bad one is a problem."""
    values, good = [], True
    for (column, read), cell in zip(columns, cells, strict=True):
        try:
            values.append(read(cell))
        except InputError as error:
            good = False
            for placed in in_cell(error, file.at(line, column), whose):
                problems.add(placed)
    return values if good else None


def in_cell(error: InputError, where: str, whose: str = "") -> Iterator[Problem]:
    """Yield the problems of a cell with its place, and with the order or member that it spoils."""
    for problem in error.problems:
        message = f"{whose}: {problem.message}" if whose else problem.message
        yield Problem(where, message, problem.hint)


def _refuse(problem: Problem | None) -> None:
    if problem is not None:
        raise InputError((problem,))
