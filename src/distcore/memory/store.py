"""A complete store in memory, with real transactions and the same refusals as SQL.

One transaction at a time: a second thread waits, a second `begin` in the same thread is refused.  So
whoever reads sees what is committed.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, get_ident

from distcore.kernel import InputError, Instant, Key, ShopId, ShopPolicy
from distcore.memory.commission import MemoryEarnings, MemoryPlans, MemoryReleases, MemorySales
from distcore.memory.journal import Journal
from distcore.memory.referral import MemoryMembers
from distcore.ports import Command


class MemoryCommands:
    """`distcore.ports.Commands` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._commands: dict[Key, Command] = {}

    def find(self, keys: Collection[Key]) -> dict[Key, Command]:
        """Return those of these commands that were done."""
        return {key: self._commands[key] for key in keys if key in self._commands}

    def add(self, commands: Sequence[Command]) -> None:
        """Write new commands."""
        for command in commands:
            self._journal.insert(self._commands, command.key, command)

    def all(self) -> Sequence[Command]:
        """Return every command by key."""
        return [self._commands[key] for key in sorted(self._commands)]


class MemoryPolicies:
    """`distcore.ports.Policies` in a list."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._policies: list[ShopPolicy] = []

    def current(self) -> ShopPolicy | None:
        """Return the policy that holds."""
        return self._policies[-1] if self._policies else None

    def set(self, policy: ShopPolicy, *, at: Instant) -> None:
        """Write a new policy."""
        self._journal.append(self._policies, policy)


class MemoryTransaction:
    """The ports of one shop; valid until its `with` block ends."""

    def __init__(self, shop: ShopId, journal: Journal) -> None:
        self.shop = shop
        self.commands = MemoryCommands(journal)
        self.policies = MemoryPolicies(journal)
        self.members = MemoryMembers(journal)
        self.plans = MemoryPlans(journal)
        self.sales = MemorySales(journal)
        self.releases = MemoryReleases(self.sales)
        self.earnings = MemoryEarnings(self.sales)


class MemoryStore:
    """One shop in memory.

    >>> store = MemoryStore("tea house")
    >>> with store.begin() as tx:
    ...     tx.members.revision()
    0
    """

    def __init__(self, shop: str) -> None:
        self._journal = Journal()
        self._transaction = MemoryTransaction(ShopId(shop), self._journal)
        self._lock = Lock()
        self._owner: int | None = None

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception."""
        if self._owner == get_ident():
            raise InputError.of("begin", "this thread has a transaction open already", "end it first")
        with self._lock:
            self._owner = get_ident()
            try:
                yield self._transaction
            except BaseException:
                self._journal.roll_back()
                raise
            else:
                self._journal.forget()
            finally:
                self._owner = None
