"""Is everything that was released due, or on a statement?  Dues, made again from the facts they stem from.

The one rule this file protects: what a fact gives to a payee is due, or on one statement that stands, and
is there as the fact says, to the cent and to the microsecond.  A due that was changed is found though the
sums are what they were.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from distcore.kernel import Currency, MemberId, Problem, format_instant, format_minor
from distcore.ports import Transaction
from distcore.settlement import ClosingState, Due, DueKey, Line, Statement

_Whose: TypeAlias = tuple[MemberId, Currency]


class Dues:
    """What must be due or on a statement; what it keeps grows with the payees and the closings alone."""

    def __init__(self, tx: Transaction) -> None:
        """Begin with nothing."""
        self._tx = tx
        closings = tx.closings.all()
        self._standing = {each.number for each in closings if each.state is not ClosingState.REJECTED}
        self._left: Counter[_Whose] = Counter()
        self._count = 0

    def add(self, dues: Sequence[Due]) -> Iterator[Problem]:
        """Look for what facts give, by a number of statements that does not depend on how much it is."""
        keys = [due.key for due in dues]
        open_dues = self._tx.dues.find(keys)
        lines: defaultdict[DueKey, list[Line]] = defaultdict(list)
        for line in self._tx.closings.lines_of({due.origin for due in dues}):
            lines[line.due.key].append(line)
        for key, due in zip(keys, dues, strict=True):
            self._left[due.payee, due.currency] += due.amount_minor
            yield from self._problems(due, open_dues.get(key), lines.pop(key, ()))
        self._count += len(dues)
        for strays in lines.values():
            for line in strays:
                problem = f"is on the statement of closing {line.closing} without a fact"
                yield Problem(_where(line.due), problem)

    def take_open(self, due: Due) -> None:
        """Take what is due from what must be."""
        self._left[due.payee, due.currency] -= due.amount_minor
        self._count -= 1

    def take_stated(self, statement: Statement) -> None:
        """Take what is on a statement that stands from what must be."""
        self._left[statement.payee, statement.currency] -= statement.lines_minor
        self._count -= statement.line_count

    def finish(self) -> Iterator[Problem]:
        """Say what is left, or was too much: rows that no fact led to are in the sums and in the count."""
        for (payee, currency), minor in sorted(self._left.items()):
            if minor:
                which = "are neither due nor on a statement" if minor > 0 else "are due without a fact"
                yield Problem(f"payee {payee}", f"{format_minor(abs(minor), currency)} {currency} {which}")
        if self._count:
            which = "are missing" if self._count > 0 else "are too many"
            yield Problem("dues", f"{abs(self._count)} {which}")

    def _problems(self, due: Due, found: Due | None, lines: Sequence[Line]) -> Iterator[Problem]:
        places = sum(line.closing in self._standing for line in lines) + (found is not None)
        if not places:
            yield Problem(_where(due), "is neither due nor on a statement")
        elif places > 1:
            yield Problem(_where(due), f"is due or on a statement {places} times")
        if found is not None and found != due:
            yield from _differences(due, found, _where(due))
        for line in lines:
            if line.due != due:
                yield from _differences(due, line.due, f"{_where(due)}, closing {line.closing}")


def _where(due: Due) -> str:
    return f"due of {due.origin} to {due.payee}"


def _differences(due: Due, found: Due, where: str) -> Iterator[Problem]:
    """Yield what is not as the fact says; what a rejected closing took stays true too."""
    if found.amount_minor != due.amount_minor:
        held, given = (format_minor(each.amount_minor, due.currency) for each in (found, due))
        yield Problem(where, f"is {held} {due.currency}, the facts give {given}")
    if found.valid_at != due.valid_at:
        held, given = (format_instant(each.valid_at) for each in (found, due))
        yield Problem(where, f"happened at {held}, the facts say {given}")
    if found.released_at != due.released_at:
        held, given = (format_instant(each.released_at) for each in (found, due))
        yield Problem(where, f"was released at {held}, the facts say {given}")
