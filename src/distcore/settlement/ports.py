"""What settlement must remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Currency, Instant, MemberId, Origin
from distcore.settlement.due import Adjustment, Due, DueKey, Hold, HoldChange, HoldOn, Opening
from distcore.settlement.policy import SettlementPolicy
from distcore.settlement.statement import (
    Assessment,
    Closing,
    Decision,
    Line,
    LineTotal,
    SoFar,
    Statement,
)


class SettlementPolicies(Protocol):
    """How each currency is settled; a version is never changed."""

    def add(self, policy: SettlementPolicy, *, at: Instant) -> None:
        """Write a version that is not there yet."""
        ...

    def all(self) -> Sequence[SettlementPolicy]:
        """Return every version, by currency and version."""
        ...


class Dues(Protocol):
    """What was released and is on no statement: a due leaves when a closing takes it."""

    def add(self, dues: Sequence[Due]) -> None:
        """Write dues; one whose origin and payee are there already is a conflict: `RetryableError`."""
        ...

    def find(self, keys: Collection[DueKey]) -> dict[DueKey, Due]:
        """Return those of these that are open, each found by its key."""
        ...

    def all(self) -> Iterator[Due]:
        """Yield every open due by currency, payee and origin, in constant memory."""
        ...

    def volume(self, currency: Currency) -> int:
        """Return what the open dues of a currency add up to without their signs, however much that is.

        Added up where they are, exactly: it may be more than 64 bits hold.
        """
        ...


class Closings(Protocol):
    """Periods that were closed, what each took, and what it says to every payee."""

    def of(self, currency: Currency) -> Sequence[Closing]:
        """Return the closings of a currency by number, rejected ones too.

        The transaction sees those that were committed when it asked; `open` decides between two at once,
        if the number was counted before.
        """
        ...

    def find(self, number: int, *, for_change: bool = False) -> Closing | None:
        """Return a closing; with `for_change` it is locked before it is read."""
        ...

    def all(self) -> Iterator[Closing]:
        """Yield every closing by number."""
        ...

    def count(self) -> int:
        """Return how many closings there are: the number of the last one."""
        ...

    def open(self, closing: Closing) -> None:
        """Write a draft; a number that is taken is a conflict: `RetryableError`."""
        ...

    def take(self, closing: Closing) -> int:
        """Move every due that was released before the end of the period, and is not held, to the closing.

        Whatever was released before and is on no statement comes along, however late it was written.
        Return how many.  A number of statements that does not depend on the dues.
        """
        ...

    def free(self, closing: Closing) -> None:
        """Give back what a closing took: it is due again, and the lines stay as a record."""
        ...

    def totals(self, closing: Closing) -> Iterator[LineTotal]:
        """Yield what the lines add up to, by payee, added up where they are kept, in constant memory.

        A sum that 64 bits can't hold is an `InputError`.
        """
        ...

    def lines(self, closing: int, payee: MemberId) -> Iterator[Line]:
        """Yield the lines of one payee by origin, in constant memory."""
        ...

    def lines_of(self, origins: Collection[Origin]) -> Sequence[Line]:
        """Return the lines that stem from these, of rejected closings too, by origin, payee and closing."""
        ...

    def decide(self, number: int, decision: Decision) -> None:
        """Write a decision; a second one is a conflict: `RetryableError`."""
        ...

    def state(self, statements: Sequence[Statement]) -> None:
        """Write statements of a draft."""
        ...

    def statements(self, closing: int) -> Iterator[Statement]:
        """Yield the statements of a closing by payee, in constant memory."""
        ...

    def statements_of(self, payee: MemberId) -> Sequence[Statement]:
        """Return every statement of a payee by closing, of rejected ones too."""
        ...


class Assessments(Protocol):
    """What was withheld, statement by statement."""

    def add(self, assessments: Sequence[Assessment]) -> None:
        """Write assessments."""
        ...

    def so_far(self, payees: Collection[MemberId], currency: Currency, month: str) -> dict[MemberId, SoFar]:
        """Return what was assessed in the year of a month (`2026-03`), added up by month where it is kept.

        Only for those who have any.
        """
        ...

    def of(self, closing: int, payees: Collection[MemberId]) -> dict[MemberId, Assessment]:
        """Return the assessments of these payees in a closing."""
        ...

    def of_payee(self, payee: MemberId) -> Sequence[Assessment]:
        """Return every assessment of a payee by closing."""
        ...

    def withheld(self) -> Iterator[tuple[MemberId, Currency, int]]:
        """Yield what was withheld in all by payee and currency, added up where it is kept."""
        ...


class Adjustments(Protocol):
    """Decisions about amounts, once each."""

    def find(self, ids: Collection[str]) -> dict[str, Adjustment]:
        """Return those of these that are posted."""
        ...

    def add(self, adjustments: Sequence[Adjustment], *, at: Instant) -> None:
        """Write adjustments; the ids are new."""
        ...

    def all(self) -> Iterator[tuple[Adjustment, Instant]]:
        """Yield every adjustment by id, with the instant at which it was posted."""
        ...


class Openings(Protocol):
    """What was owed when the shop moved in, once each."""

    def find(self, ids: Collection[str]) -> dict[str, Opening]:
        """Return those of these that are posted."""
        ...

    def add(self, openings: Sequence[Opening], *, at: Instant) -> None:
        """Write opening balances; the ids are new."""
        ...

    def ripe(self, until: Instant, limit: int) -> Sequence[Opening]:
        """Return up to `limit` whose freeze is over and that are not released, by id, locked.

        Where none runs it was over when the balance was posted.
        """
        ...

    def frozen(self, ids: Collection[str]) -> dict[str, Instant]:
        """Return when the freezes end of those of these that are not released.

        Where none runs it was over when the balance was posted.
        """
        ...

    def release(self, ids: Sequence[str], *, at: Instant) -> None:
        """Write that freezes of opening balances ended; a second time is a conflict: `RetryableError`."""
        ...

    def all(self) -> Iterator[tuple[Opening, Instant, bool]]:
        """Yield every opening balance by id, when it was posted, and whether its freeze is over."""
        ...


class Holds(Protocol):
    """Sales and payees that wait."""

    def active(self, on: HoldOn, refs: Collection[str], *, for_change: bool = False) -> dict[str, Hold]:
        """Return the holds on those of these that are held.

        `for_change`: money moves for the others.  One that was placed since the transaction began, which it
        can't see, is a conflict: `RetryableError`.
        """
        ...

    def changes(self, on: HoldOn, ref: str) -> Sequence[HoldChange]:
        """Return every change of the hold on one sale or payee, by number."""
        ...

    def change(self, change: HoldChange) -> None:
        """Place or lift a hold; a number that is taken is a conflict: `RetryableError`."""
        ...

    def all(self) -> Iterator[HoldChange]:
        """Yield every change, by what is held and number."""
        ...
