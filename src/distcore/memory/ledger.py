"""Transfers, balances and seals in memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import dropwhile, islice
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from distcore.kernel import Currency, Instant, MemberId, Origin, digest
from distcore.ledger import Account, AccountBalance, Balance, Block, Leaf, SealedLeaf, Tail, Transfer
from distcore.memory.journal import Journal, bounded

_Key: TypeAlias = tuple[str, str, int, MemberId, Currency, Account, Account]

Contents: TypeAlias = Callable[[], Iterable[tuple[str, object]]]
"""What of one kind of facts was written at once, by reference, in order."""

LOOK: Final = 10_000
"""Leaves that are looked at together."""

LOST_MAX: Final = 1_000
"""References of missing leaves that are named."""


def _key_of(transfer: Transfer) -> _Key:
    origin = transfer.origin
    where = (origin.kind.value, origin.ref, origin.number)
    return (*where, transfer.payee, transfer.currency, transfer.debit, transfer.credit)


class MemoryTransfers:
    """`distcore.ledger.Transfers` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._transfers: dict[_Key, Transfer] = {}

    def add(self, transfers: Sequence[Transfer]) -> None:
        """Write transfers."""
        for transfer in transfers:
            bounded(transfer.amount_minor)
        self._journal.insert_all(self._transfers, [(_key_of(each), each) for each in transfers])

    def of_origins(self, origins: Collection[Origin]) -> Sequence[Transfer]:
        """Return what stems from these; looks at every transfer."""
        wanted = set(origins)
        return [each for each in self.all() if each.origin in wanted]

    def of_payee(
        self, payee: MemberId, start: Instant | None = None, end: Instant | None = None
    ) -> Sequence[Transfer]:
        """Return what moved for one payee; looks at every transfer."""
        mine = [
            each
            for each in self._transfers.values()
            if each.payee == payee
            and (start is None or start <= each.posted_at)
            and (end is None or each.posted_at < end)
        ]
        return sorted(mine, key=lambda each: (each.posted_at, _key_of(each)))

    def all(self) -> Iterator[Transfer]:
        """Yield every transfer in order of its key."""
        for key in sorted(self._transfers):
            yield self._transfers[key]

    def balances(self, payee: MemberId | None = None) -> Iterator[AccountBalance]:
        """Yield what is on the accounts by payee, account and currency."""
        sums: Counter[tuple[MemberId, Account, Currency]] = Counter()
        for each in self._transfers.values():
            if payee in {None, each.payee}:
                sums[each.payee, each.debit, each.currency] -= each.amount_minor
                sums[each.payee, each.credit, each.currency] += each.amount_minor
        for (owner, account, currency), minor in sorted(sums.items()):
            if minor:
                yield AccountBalance(account, owner, currency, bounded(minor))

    def held(self, account: Account, currency: Currency, before: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what was on an account before an instant, by payee; looks at every transfer."""
        sums: Counter[MemberId] = Counter()
        for each in self._transfers.values():
            if each.currency == currency and each.valid_at < before:
                if each.debit == account:
                    sums[each.payee] -= each.amount_minor
                elif each.credit == account:
                    sums[each.payee] += each.amount_minor
        return ((payee, bounded(minor)) for payee, minor in sorted(sums.items()) if minor)


class MemoryBalances:
    """`distcore.ledger.Balances` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._balances: dict[tuple[MemberId, Currency], Balance] = {}

    def of(self, payees: Collection[MemberId], currency: Currency) -> dict[MemberId, Balance]:
        """Return the balances of those of these payees that have one."""
        keys = ((payee, currency) for payee in payees)
        return {key[0]: self._balances[key] for key in keys if key in self._balances}

    def carrying(self, currency: Currency, least_minor: int) -> Iterator[Balance]:
        """Yield the balances that carry at least so much, by payee."""
        return (
            each for each in self.all() if each.currency == currency and each.carried_minor >= least_minor
        )

    def largest(self, currency: Currency) -> int:
        """Return the largest that is carried or owed plus the largest payable; looks at every balance."""
        of = [each for each in self._balances.values() if each.currency == currency]
        carried = max((abs(each.carried_minor) for each in of), default=0)
        return carried + max((each.payable_minor for each in of), default=0)

    def all(self) -> Iterator[Balance]:
        """Yield every balance in order of payee and currency."""
        for key in sorted(self._balances):
            yield self._balances[key]

    def change(self, changes: Sequence[Balance]) -> None:
        """Add to balances."""
        for each in changes:
            key = (each.payee, each.currency)
            held = self._balances.get(key, Balance(*key))
            carried_minor = bounded(held.carried_minor + each.carried_minor)
            changed = Balance(*key, carried_minor, bounded(held.payable_minor + each.payable_minor))
            self._journal.put(self._balances, key, changed)

    def take(self, payee: MemberId, currency: Currency, amount_minor: int) -> bool:
        """Take from what is payable if there is as much."""
        held = self._balances.get((payee, currency))
        if held is None or held.withdrawable_minor < amount_minor:
            return False
        self.change([Balance(payee, currency, 0, -amount_minor)])
        return True


@frozen
class _Seal:
    """Where a leaf is sealed, and its hash as it was sealed."""

    block: int
    place: int
    digest: bytes


class MemorySeals:
    """`distcore.ledger.Seals`: hashes beside what the other ports of the shop hold.

    Each hash stands once, so that whoever changes one breaks the chain.
    """

    def __init__(self, journal: Journal, contents: Mapping[str, Contents]) -> None:
        self._journal = journal
        self._contents = MappingProxyType(contents)  # a view: it is no table of its own
        self._blocks: dict[int, Block] = {}
        self._sealed: dict[tuple[str, str], _Seal] = {}

    def kinds(self) -> Sequence[str]:
        """Return the kinds of facts."""
        return tuple(self._contents)

    def tail(self, kind: str, *, after: str | None = None) -> Tail:
        """Look at some facts of a kind, and return what no block holds; passes over all that stand before."""
        contents = iter(self._contents[kind]())
        if after is not None:
            contents = islice(dropwhile(lambda each: each[0] != after, contents), 1, None)
        looked_at = list(islice(self._beside(kind, contents), LOOK))
        leaves = tuple([each.leaf for each in looked_at if each.sealed is None])
        return Tail(leaves, looked_at[-1].leaf.ref if len(looked_at) == LOOK else None)

    def leaves(self, kind: str) -> Iterator[SealedLeaf]:
        """Yield every leaf of a kind beside its sealed hash; of two with one name the first one has it."""
        return self._beside(kind, self._contents[kind]())

    def _beside(self, kind: str, contents: Iterable[tuple[str, object]]) -> Iterator[SealedLeaf]:
        seen: set[str] = set()
        for ref, content in contents:
            seal = None if ref in seen else self._sealed.get((kind, ref))
            seen.add(ref)
            yield SealedLeaf(Leaf(kind, ref, digest(content)), None if seal is None else seal.digest)

    def count(self, kind: str) -> int:
        """Return how many leaves of a kind are sealed; looks at every one."""
        return sum(1 for of, _ in self._sealed if of == kind)

    def lost(self, kind: str) -> Sequence[str]:
        """Return the references of leaves that are sealed and not there any more."""
        there = {ref for ref, _ in self._contents[kind]()}
        return sorted(ref for of, ref in self._sealed if of == kind and ref not in there)[:LOST_MAX]

    def last(self) -> Block | None:
        """Return the newest block."""
        return self._blocks[max(self._blocks)] if self._blocks else None

    def add(self, block: Block, leaves: Sequence[Leaf]) -> None:
        """Write a block with its leaves."""
        self._journal.insert(self._blocks, block.number, block)
        seals = [
            ((leaf.kind, leaf.ref), _Seal(block.number, place, leaf.digest))
            for place, leaf in enumerate(leaves)
        ]
        self._journal.insert_all(self._sealed, seals)

    def blocks(self) -> Iterator[tuple[Block, Sequence[Leaf]]]:
        """Yield every block with its leaves, the oldest first; without, if one is out of its place."""
        members: defaultdict[int, list[tuple[int, Leaf]]] = defaultdict(list)
        for (kind, ref), seal in self._sealed.items():
            members[seal.block].append((seal.place, Leaf(kind, ref, seal.digest)))
        for number in sorted(self._blocks):
            of_block = sorted(members[number], key=lambda each: each[0])
            in_place = [place for place, _ in of_block] == list(range(len(of_block)))
            yield self._blocks[number], [leaf for _, leaf in of_block] if in_place else []
