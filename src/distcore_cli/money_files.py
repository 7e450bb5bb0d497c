"""Opening balances, adjustments, results of payouts and providers' statements from files.

One row is one of them.  A bad cell makes its row bad, and no other.  What a file says twice in the same
words it says once; in other words, it is a problem.  A provider's statement is another matter: a payout
that stands there twice was paid twice.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from distcore.kernel import InputError, Problem, limits, parse_instant, parse_minor, shown
from distcore.payout import Outcome, ProviderEvent, ProviderRow, event_problems, row_problems
from distcore.settlement import Adjustment, Opening, adjustment_problems, opening_problems
from distcore_cli.cells import (
    Meanings,
    Placed,
    amount_of,
    currency_of,
    id_of,
    in_cell,
    instant_or_none,
    text_of,
)
from distcore_cli.interchange import Readers, bound, keyed_rows
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, Held, TableFile

T = TypeVar("T")

OPENINGS: Final = Columns(
    ("opening_id", "payee_id", "currency", "amount", "provenance", "valid_at"), ("frozen_until",)
)
ADJUSTMENTS: Final = Columns(
    ("adjustment_id", "payee_id", "currency", "amount", "reason", "authority", "valid_at")
)
RESULTS: Final = Columns(
    ("event_id", "payout_id", "payee_id", "currency", "amount", "outcome", "happened_at"), ("reason",)
)
PROVIDER_ROWS: Final = Columns(("payout_id", "currency", "amount", "settled_at"))

_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}


@frozen
class _Kind(Generic[T]):
    """What rows of a kind of file are: how they are read, made into values and judged.

    `make` takes what the cells mean, in the order of `readers`, with minor units for the amount.
    """

    noun: str
    readers: Readers
    make: Callable[..., T]
    amount: Callable[[str, str], int]
    problems_of: Callable[[T], Iterable[Problem]]

    def read(self, file: TableFile, number: int, values: list[Any], problems: Problems) -> T | None:
        """Return what a row says, or None where it is bad."""
        columns = [column for column, _ in self.readers]
        place = columns.index("amount")
        whose = f"{self.noun} {shown(values[0])}"
        try:
            values[place] = self.amount(values[place], values[columns.index("currency")])
        except InputError as error:
            for problem in in_cell(error, file.at(number, "amount"), whose):
                problems.add(problem)
            return None
        item = self.make(*values)
        found = tuple(self.problems_of(item))
        for problem in found:
            column = problem.where.removesuffix("_minor")
            problems.add(Problem(file.at(number, column), f"{whose}: {problem.message}", problem.hint))
        return None if found else item


def read_openings(file: TableFile, problems: Problems) -> list[Placed[Opening]]:
    """Return the opening balances of a file, in its order."""
    return _once_each(file, problems, _opening())


def read_adjustments(file: TableFile, problems: Problems) -> list[Placed[Adjustment]]:
    """Return the adjustments of a file, in its order."""
    return _once_each(file, problems, _adjustment())


def read_results(file: TableFile, problems: Problems) -> list[Placed[ProviderEvent]]:
    """Return what a provider told about payouts, in the order of the file."""
    return _once_each(file, problems, _result())


def read_provider_rows(file: TableFile, problems: Problems) -> list[ProviderRow]:
    """Return every payment that a provider lists, also one that is listed twice."""
    kind = _provider_row()
    found = []
    held = Held(file.name)
    for count, (number, id, values) in enumerate(keyed_rows(file, kind.readers, problems, kind.noun)):
        bound(file, number, count, limits.RECONCILED_ROWS_MAX)
        row = None if values is None else kind.read(file, number, values, problems)
        if row is None:
            problems.spoiled += 1
            continue
        held.add((id,))
        found.append(row)
    return found


def _once_each(file: TableFile, problems: Problems, kind: _Kind[T]) -> list[Placed[T]]:
    found: dict[str, Placed[T]] = {}
    held = Held(file.name)
    for count, (number, id, values) in enumerate(keyed_rows(file, kind.readers, problems, kind.noun)):
        bound(file, number, count, limits.FILE_DECISIONS_MAX)
        texts = [each for each in values or () if isinstance(each, str)]
        item = None if values is None else kind.read(file, number, values, problems)
        if item is None:
            problems.spoiled += 1
            continue
        first = found.get(id)
        if first is None:
            held.add(texts)
            found[id] = Placed(number, item)
        elif first.item != item:
            message = f"{shown(id)} stands at {file.at(first.line)} with other content"
            problems.add(Problem(file.at(number, kind.readers[0][0]), message, f"name each {kind.noun} once"))
            problems.spoiled += 1
    return list(found.values())


def _opening() -> _Kind[Opening]:
    readers: Readers = (
        ("opening_id", id_of),
        ("payee_id", id_of),
        ("currency", currency_of),
        ("amount", str),
        ("provenance", text_of),
        ("valid_at", Meanings(parse_instant).__getitem__),
        ("frozen_until", instant_or_none),
    )
    return _Kind("opening balance", readers, Opening, parse_minor, opening_problems)


def _adjustment() -> _Kind[Adjustment]:
    readers: Readers = (
        ("adjustment_id", id_of),
        ("payee_id", id_of),
        ("currency", currency_of),
        ("amount", str),
        ("reason", text_of),
        ("authority", id_of),
        ("valid_at", Meanings(parse_instant).__getitem__),
    )
    return _Kind("adjustment", readers, Adjustment, parse_minor, adjustment_problems)


def _result() -> _Kind[ProviderEvent]:
    readers: Readers = (
        ("event_id", id_of),
        ("payout_id", id_of),
        ("payee_id", id_of),
        ("currency", currency_of),
        ("amount", str),
        ("outcome", _outcome_of),
        ("happened_at", Meanings(parse_instant).__getitem__),
        ("reason", text_of),
    )
    return _Kind("event", readers, ProviderEvent, _paid, event_problems)


def _provider_row() -> _Kind[ProviderRow]:
    readers: Readers = (
        ("payout_id", id_of),
        ("currency", currency_of),
        ("amount", str),
        ("settled_at", Meanings(parse_instant).__getitem__),
    )
    return _Kind("payout", readers, ProviderRow, _paid, row_problems)


def _paid(text: str, currency: str) -> int:
    return amount_of(text, currency, "write what was paid as a positive amount")


def _outcome_of(text: str) -> Outcome:
    if text not in _OUTCOMES:
        raise InputError.of("", f"not an outcome: {shown(text)}", ", ".join(_OUTCOMES))
    return _OUTCOMES[text]
