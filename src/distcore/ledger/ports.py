"""What the ledger must remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Currency, Instant, MemberId, Origin
from distcore.ledger.account import Account
from distcore.ledger.seal import Block, Leaf, SealedLeaf, Tail
from distcore.ledger.transfer import AccountBalance, Balance, Transfer


class Transfers(Protocol):
    """Transfers as they were written; none is ever changed."""

    def add(self, transfers: Sequence[Transfer]) -> None:
        """Write transfers; one that is there already is a conflict: `RetryableError`.

        An amount that 64 bits can't hold is an `InputError`.
        """
        ...

    def of_origins(self, origins: Collection[Origin]) -> Sequence[Transfer]:
        """Return what stems from these, in the order of the natural key."""
        ...

    def of_payee(
        self, payee: MemberId, start: Instant | None = None, end: Instant | None = None
    ) -> Sequence[Transfer]:
        """Return what moved for one payee, posted in `[start, end)`, in order of time, then of key."""
        ...

    def all(self) -> Iterator[Transfer]:
        """Yield every transfer in order of its natural key, in constant memory."""
        ...

    def balances(self, payee: MemberId | None = None) -> Iterator[AccountBalance]:
        """Yield what is on the accounts by payee, account and currency, added up where the transfers are.

        Zero is left out; a sum that 64 bits can't hold is an `InputError`.
        """
        ...

    def held(self, account: Account, currency: Currency, before: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what was on an account by what is valid before an instant, by payee, whenever it was posted.

        Zero is left out; what is owed is negative.  Added up where the transfers are kept, by one statement,
        which looks at every transfer; a sum that 64 bits can't hold is an `InputError`.
        """
        ...


class Balances(Protocol):
    """The balances that decisions are made by: projections of the transfers, which `verify` rebuilds.

    One row for a payee and currency; none for a shop as a whole.
    """

    def of(self, payees: Collection[MemberId], currency: Currency) -> dict[MemberId, Balance]:
        """Return the balances of those of these payees that have one."""
        ...

    def carrying(self, currency: Currency, least_minor: int) -> Iterator[Balance]:
        """Yield the balances that carry at least so much, by payee, in constant memory."""
        ...

    def largest(self, currency: Currency) -> int:
        """Return the largest amount carried or owed plus the largest payable, whoever has them.

        Nobody has more of the currency than that; it may be more than 64 bits hold.
        """
        ...

    def all(self) -> Iterator[Balance]:
        """Yield every balance in order of payee and currency, in constant memory."""
        ...

    def change(self, changes: Sequence[Balance]) -> None:
        """Add to balances, in order of payee: an amount below zero takes, and changes of the same one add up.

        A balance that 64 bits can't hold is an `InputError`.
        """
        ...

    def take(self, payee: MemberId, currency: Currency, amount_minor: int) -> bool:
        """Take from what is payable if there is as much, and say whether there was.

        What is carried below zero is kept back.
        Decided by the condition of the write itself, so of two takers at once only one gets the last cent.
        """
        ...


class Seals(Protocol):
    """Which facts are sealed, in blocks."""

    def kinds(self) -> Sequence[str]:
        """Return the kinds of facts, in the order in which they are sealed."""
        ...

    def tail(self, kind: str, *, after: str | None = None) -> Tail:
        """Look at some facts of a kind, in order of their keys, and return the leaves that no block holds.

        They are the first ones, or those behind the leaf that `after` refers to, which is there; as many as
        take a fraction of a second, whether they are sealed or not.
        """
        ...

    def leaves(self, kind: str) -> Iterator[SealedLeaf]:
        """Yield every leaf of a kind beside the hash that was sealed, in order of their keys."""
        ...

    def count(self, kind: str) -> int:
        """Return how many leaves of a kind are sealed."""
        ...

    def lost(self, kind: str) -> Sequence[str]:
        """Return the references of leaves that are sealed and not there any more, at most a thousand.

        For the case of damage: it may take long.
        """
        ...

    def last(self) -> Block | None:
        """Return the newest block."""
        ...

    def add(self, block: Block, leaves: Sequence[Leaf]) -> None:
        """Write a block with its leaves; a number that is taken is a conflict: `RetryableError`."""
        ...

    def blocks(self) -> Iterator[tuple[Block, Sequence[Leaf]]]:
        """Yield every block with its leaves, the oldest first.

        A block of which one leaf does not stand where `add` put it comes without any: they are not its own.
        """
        ...
