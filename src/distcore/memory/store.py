"""A complete store in memory, with real transactions and the same refusals as SQL.

One transaction at a time: a second thread waits, a second `begin` in the same thread is refused.  So
whoever reads sees what is committed.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from distcore.kernel import InputError, Instant, Key, Problem, ShopId, ShopPolicy
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

    def known(self, verb: str, inputs: Collection[bytes]) -> frozenset[bytes]:
        """Return those hashes under which a command of a verb was done; looks at every command."""
        return self._done_with(verb) & frozenset(inputs)

    def count(self, verb: str) -> int:
        """Return how many different inputs a verb was done with; looks at every command."""
        return len(self._done_with(verb))

    def _done_with(self, verb: str) -> frozenset[bytes]:
        return frozenset(each.inputs for each in self._commands.values() if each.verb == verb)

    def all(self) -> Sequence[Command]:
        """Return every command by key."""
        return [self._commands[key] for key in sorted(self._commands)]


class MemoryPolicies:
    """`distcore.ports.Policies` in a list."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._policies: list[ShopPolicy] = []

    def all(self) -> Sequence[ShopPolicy]:
        """Return every policy, the oldest first."""
        return tuple(self._policies)

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

    def damages(self) -> Sequence[Problem]:
        """Return nothing: memory can't be damaged without the program."""
        return ()


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

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception."""
        if self._journal.is_open_here():
            raise InputError.of("begin", "this thread has a transaction open already", "end it first")
        with self._lock:
            self._journal.open()
            try:
                yield self._transaction
            except BaseException:
                self._journal.roll_back()
                raise
            else:
                self._journal.forget()
            finally:
                self._journal.close()
