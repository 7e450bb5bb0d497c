"""What payouts must remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Actor, Currency, Instant, Key, MemberId
from distcore.payout.account import AccountDetails, PayeeAccount
from distcore.payout.lifecycle import PayoutState
from distcore.payout.payout import EventId, Payout, PayoutId, PayoutRecord, Step


class Accounts(Protocol):
    """Accounts of payees; the details are personal, kept apart, and can be erased."""

    def current(
        self, payees: Collection[MemberId], *, for_change: bool = False
    ) -> dict[MemberId, PayeeAccount]:
        """Return the newest account of those who have one.

        `for_change` locks it, payee by payee; one that the transaction is too old to see is a conflict.
        """
        ...

    def of_payee(self, payee: MemberId) -> Sequence[PayeeAccount]:
        """Return every account of a payee by number."""
        ...

    def add(self, account: PayeeAccount, details: AccountDetails) -> None:
        """Write a new account; a number that is taken is a conflict: `RetryableError`."""
        ...

    def verify(self, payee: MemberId, number: int, *, at: Instant, actor: Actor) -> None:
        """Write that an account was verified; one that is already is a conflict."""
        ...

    def details(
        self, accounts: Collection[tuple[MemberId, int]]
    ) -> dict[tuple[MemberId, int], AccountDetails]:
        """Return the details of these accounts that were not erased."""
        ...

    def erase(self, payee: MemberId) -> int:
        """Erase the details of every account of a payee; return of how many."""
        ...

    def all(self) -> Iterator[PayeeAccount]:
        """Yield every account by payee and number, in constant memory."""
        ...


class Payouts(Protocol):
    """Payouts and their steps; none is ever changed."""

    def find(self, ids: Collection[PayoutId], *, for_change: bool = False) -> dict[PayoutId, PayoutRecord]:
        """Return those of these that were requested; with `for_change` they are locked by id before that."""
        ...

    def add(self, payout: Payout, step: Step) -> None:
        """Write a request; an id that is taken is a conflict: `RetryableError`."""
        ...

    def step(self, steps: Sequence[tuple[PayoutId, Step]]) -> None:
        """Write steps; a number or an event that is taken is a conflict: `RetryableError`."""
        ...

    def told(self, events: Collection[EventId]) -> dict[EventId, PayoutId]:
        """Return of which payout these events told, of those that were taken."""
        ...

    def in_state(
        self, state: PayoutState, *, channel: str | None = None, currency: Currency | None = None
    ) -> Iterator[PayoutRecord]:
        """Yield the payouts that are in a state, by id, in constant memory."""
        ...

    def submitted(self, batch: Key) -> Sequence[PayoutRecord]:
        """Return the payouts that were submitted together, by id; the batch is the reason of that step."""
        ...

    def succeeded(self, channel: str, start: Instant, end: Instant) -> Iterator[PayoutRecord]:
        """Yield the payouts of a channel that succeeded in `[start, end)`, as their providers say, by id."""
        ...

    def of_payee(self, payee: MemberId) -> Sequence[PayoutRecord]:
        """Return every payout of a payee by id."""
        ...

    def all(self) -> Iterator[PayoutRecord]:
        """Yield every payout by id, in constant memory."""
        ...
