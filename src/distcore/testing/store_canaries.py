"""Stores that are broken on purpose: each has one defect that somebody may build into a store of their own.

A healthy store in memory stands behind each; one of its verbs, or how a transaction begins and ends, is
another.  `caught_by` is the contract of `distcore.testing.contracts` that must find it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache, partial
from typing import Any, Final, TypeAlias

from attrs import evolve, frozen

from distcore.kernel import RetryableError
from distcore.memory import MemoryStore, MemoryTransaction, fill, rows_of
from distcore.ports import Store
from distcore.testing import contracts
from distcore.testing.builders import StoreOf

Defect: TypeAlias = Callable[..., Any]
"""Called with the transaction and the healthy verb, then with what the verb would be called with."""

Begin: TypeAlias = Callable[[MemoryStore], AbstractContextManager[Any]]


@frozen
class StoreCanary:
    """A broken store by its defect, with the contract that it must fail."""

    name: str
    caught_by: type
    place: Callable[[], StoreOf]
    """Makes a new place, in which all shops are empty."""


@frozen
class _Store:
    """A store in memory whose transactions begin and end in a way of their own."""

    whole: MemoryStore
    begins: Begin

    def begin(self) -> AbstractContextManager[Any]:
        return self.begins(self.whole)


class _With:
    """A transaction, or a port, of which some attributes are others."""

    def __init__(self, whole: object, **others: object) -> None:
        self._whole = whole
        vars(self).update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _begun(begins: Begin) -> Callable[[], StoreOf]:
    def place() -> StoreOf:
        return cache(lambda shop: _Store(MemoryStore(shop), begins))

    return place


def _verbs(port: str, *verbs: str, defect: Defect) -> Callable[[], StoreOf]:
    @contextmanager
    def begins(store: MemoryStore) -> Iterator[Any]:
        with store.begin() as tx:
            whole = getattr(tx, port)
            broken = {verb: partial(defect, tx, getattr(whole, verb)) for verb in verbs}
            yield _With(tx, **{port: _With(whole, **broken)})

    return _begun(begins)


def healthy() -> StoreOf:
    """Make a place for stores that are wrapped as the canaries are, and do all as they should."""
    return _verbs("commands", "add", defect=_as_it_is)()


def _as_it_is(_: Any, verb: Defect, *args: Any, **options: Any) -> Any:
    return verb(*args, **options)


# How a transaction begins and ends


def _commits_after(*kinds: type[BaseException]) -> Callable[[], StoreOf]:
    @contextmanager
    def begins(store: MemoryStore) -> Iterator[Any]:
        raised = None
        with store.begin() as tx:
            try:
                yield tx
            except kinds as error:  # the defect
                raised = error
        if raised is not None:
            raise raised

    return _begun(begins)


class _NeverToBeSeenError(Exception):
    pass


@contextmanager
def _commits_nothing(store: MemoryStore) -> Iterator[Any]:
    try:
        with store.begin() as tx:
            yield tx
            raise _NeverToBeSeenError
    except _NeverToBeSeenError:
        pass


@contextmanager
def _swallows(store: MemoryStore) -> Iterator[Any]:
    try:
        with store.begin() as tx:
            yield tx
    except RetryableError:
        raise
    except Exception:  # noqa: S110  # the defect
        pass


@contextmanager
def _translates(store: MemoryStore) -> Iterator[Any]:
    try:
        with store.begin() as tx:
            yield tx
    except Exception as error:
        raise RetryableError("the transaction failed") from error


def _without_isolation() -> StoreOf:
    """Let whoever comes while somebody writes read in the same transaction."""
    writing: dict[str, Any] = {}

    @contextmanager
    def begins(store: MemoryStore) -> Iterator[Any]:
        shop = str(id(store))
        if shop in writing:
            yield writing[shop]
            return
        with store.begin() as tx:
            writing[shop] = tx
            try:
                yield tx
            finally:
                del writing[shop]

    return _begun(begins)()


Table: TypeAlias = dict[Any, Any]
"""Rows of a store in memory by their places."""


def _on_a_copy(merged: Callable[[Table, Table, Table], Table]) -> Callable[[], StoreOf]:
    """Work on a copy without a lock; keep in the end what is made of rows before, after and of by then."""

    @contextmanager
    def begins(store: MemoryStore) -> Iterator[Any]:
        with store.begin() as tx:
            rows = rows_of(tx)
        with MemoryStore(tx.shop).begin() as copy:
            fill(copy, rows)
            before = rows_of(copy)
            yield copy
            after = rows_of(copy)
        with store.begin() as tx:
            fill(tx, merged(before, after, rows_of(tx)))

    return _begun(begins)


def _overwriting(port: str) -> Callable[[], StoreOf]:
    """Look whether somebody else has changed the same rows meanwhile, but for those of one port."""

    def merged(before: Table, after: Table, now: Table) -> Table:
        changed = [each for each in before | after if before.get(each) is not after.get(each)]
        if any(now.get(each) != before.get(each) for each in changed if each[0] != port):
            raise RetryableError("somebody was quicker")
        kept = {each: row for each, row in now.items() if each not in changed}
        return kept | {each: after[each] for each in changed if each in after}

    return _on_a_copy(merged)


@contextmanager
def _keeps_new_members_for_the_end(store: MemoryStore) -> Iterator[Any]:
    with store.begin() as tx:
        new: list[Any] = []
        yield _With(tx, members=_With(tx.members, add=new.extend))
        tx.members.add(new)


def _in_the_object() -> StoreOf:
    return MemoryStore


def _by_folded_names() -> StoreOf:
    folded = cache(MemoryStore)
    return lambda shop: folded(shop.casefold().strip())


def _counting_all_shops() -> StoreOf:
    stores: dict[str, MemoryStore] = {}

    @contextmanager
    def begins(store: MemoryStore) -> Iterator[Any]:
        def count(verb: str) -> int:
            counted = tx.commands.count(verb)
            for other in stores.values():
                if other is not store:
                    with other.begin() as theirs:
                        counted += theirs.commands.count(verb)
            return counted

        with store.begin() as tx:
            yield _With(tx, commands=_With(tx.commands, count=count))

    def store_of(shop: str) -> Store:
        return _Store(stores.setdefault(shop, MemoryStore(shop)), begins)

    return store_of


# What is written


def _nothing(_tx: Any, _verb: Defect, *_args: Any, **_options: Any) -> None:
    return None


def _unless_known(tx: MemoryTransaction, add: Defect, commands: Sequence[Any]) -> None:
    """Insert, and on conflict do nothing."""
    known = tx.commands.find([each.key for each in commands])
    new = {each.key: each for each in commands if each.key not in known}
    add(list(new.values()))


def _twice(_: Any, change: Defect, changes: Sequence[Any]) -> None:
    change(changes)
    change(changes)


def _in_full_chunks(_: Any, add: Defect, rows: Sequence[Any]) -> None:
    size = 1_000
    add(rows if len(rows) < size else rows[: len(rows) // size * size])


def _without_row_counts(_: Any, verb: Defect, *args: Any, **options: Any) -> None:
    """Write on a condition, and never look whether it was met."""
    with suppress(RetryableError):
        verb(*args, **options)


def _in_milliseconds(_: Any, add: Defect, transfers: Sequence[Any]) -> None:
    add([evolve(each, posted_at=_cut(each.posted_at), valid_at=_cut(each.valid_at)) for each in transfers])


def _cut(instant: Any) -> Any:
    return instant.replace(microsecond=instant.microsecond // 1_000 * 1_000)


def _stripped(_: Any, add: Defect, commands: Sequence[Any]) -> None:
    add([evolve(each, key=each.key.rstrip()) for each in commands])


def _short(_: Any, add: Defect, adjustments: Sequence[Any], **options: Any) -> None:
    add([evolve(each, reason=each.reason[:255]) for each in adjustments], **options)


def _one_after_another(_: Any, take: Defect, takings: Sequence[Any]) -> Any:
    """Keep those that were counted before one had no room."""
    return next((full for each in takings if (full := take([each])) is not None), None)


def _without_a_claim(tx: MemoryTransaction, claim: Defect, most: int, **times: Any) -> Any:
    """Give events away, and never write down who has them."""
    events = claim(most, **times)
    held = tx.outbox.all()
    tx.outbox.forget([each.id for each in held])
    tx.outbox.add(held)
    return events


def _still_open(tx: MemoryTransaction, take: Defect, closing: Any) -> Any:
    before = list(tx.dues.all())
    taken = take(closing)
    left = set(tx.dues.all())
    tx.dues.add([each for each in before if each not in left])
    return taken


# What is read


def _by_dictionary(_: Any, all_of: Defect, *args: Any) -> Iterator[Any]:
    yield from sorted(all_of(*args), key=lambda each: (each.id.casefold(), each.id))


def _as_it_comes(_: Any, all_of: Defect) -> Iterator[Any]:
    yield from sorted(all_of(), key=lambda each: each.posted_at)


def _in_pages_by_number(_: Any, all_of: Defect) -> Iterator[Any]:
    """Skip as many rows as were read: one that comes before them moves all the others."""
    number, size = 0, 1_000
    while page := list(all_of())[number : number + size]:
        yield from page
        number += size


def _in_32_bits(_: Any, balances: Defect, *args: Any) -> Iterator[Any]:
    for each in balances(*args):
        yield evolve(each, minor=(each.minor + 2**31) % 2**32 - 2**31)


def _ignoring_case(tx: MemoryTransaction, _find: Defect, ids: Sequence[Any], **_options: Any) -> Any:
    folded = {each.booking.sale.id.casefold(): each for each in tx.sales.all()}
    return {id: folded[id.casefold()] for id in ids if id.casefold() in folded}


def _the_first_thousand(_: Any, find: Defect, ids: Sequence[Any], **options: Any) -> Any:
    return find(list(ids)[:1_000], **options)


def _the_oldest(tx: MemoryTransaction, _current: Defect) -> Any:
    return next(iter(tx.policies.all()), None)


def _without_limit(_: Any, due: Defect, until: Any, _limit: int, **options: Any) -> Any:
    return due(until, 10**9, **options)


def _from_the_start(_: Any, tail: Defect, kind: str, **_after: Any) -> Any:
    return tail(kind)


def _to_the_end(_: Any, of: Defect, start: Any, end: Any, *more: Any) -> Any:
    return of(start, end.replace(microsecond=end.microsecond + 1), *more)


OVERWRITTEN: Final = ("commands", "sales", "counts", "coupons", "groups", "closings", "payouts")
"""Ports of which a store may forget one, where it looks whether somebody else was quicker."""

STORE_CANARIES: Final = (
    StoreCanary(
        "a transaction commits whatever happens",
        contracts.TransactionContract,
        _commits_after(BaseException),
    ),
    StoreCanary(
        "an interrupt commits",
        contracts.TransactionContract,
        _commits_after(KeyboardInterrupt, GeneratorExit),
    ),
    StoreCanary("nothing is ever committed", contracts.TransactionContract, _begun(_commits_nothing)),
    StoreCanary("an exception is swallowed", contracts.TransactionContract, _begun(_swallows)),
    StoreCanary("every exception is a conflict", contracts.TransactionContract, _begun(_translates)),
    StoreCanary("a shop lives in the store object alone", contracts.TransactionContract, _in_the_object),
    StoreCanary("names of shops are folded", contracts.TransactionContract, _by_folded_names),
    StoreCanary(
        "a transaction does not read its own members",
        contracts.TransactionContract,
        _begun(_keeps_new_members_for_the_end),
    ),
    StoreCanary("others read what is not committed", contracts.TogetherContract, _without_isolation),
    StoreCanary(
        "who commits last overwrites all others",
        contracts.TogetherContract,
        _on_a_copy(lambda _before, after, _now: after),
    ),
    *(
        StoreCanary(
            f"who commits last overwrites the {port} of others",
            contracts.TogetherContract,
            _overwriting(port),
        )
        for port in OVERWRITTEN
    ),
    StoreCanary("commands of all shops are counted", contracts.CommandsContract, _counting_all_shops),
    StoreCanary(
        "idempotency keys are forgotten",
        contracts.CommandsContract,
        _verbs("commands", "add", defect=_nothing),
    ),
    StoreCanary(
        "a key that is taken is passed over",
        contracts.CommandsContract,
        _verbs("commands", "add", defect=_unless_known),
    ),
    StoreCanary(
        "blanks at the end of a key are lost",
        contracts.CommandsContract,
        _verbs("commands", "add", defect=_stripped),
    ),
    StoreCanary(
        "an event is had by several",
        contracts.OutboxContract,
        _verbs("outbox", "claim", defect=_without_a_claim),
    ),
    StoreCanary(
        "what was told is told again",
        contracts.OutboxContract,
        _verbs("outbox", "forget", defect=_nothing),
    ),
    StoreCanary(
        "the oldest policy holds",
        contracts.PoliciesContract,
        _verbs("policies", "current", defect=_the_oldest),
    ),
    StoreCanary(
        "members are sorted as in a dictionary",
        contracts.MembersContract,
        _verbs("members", "all", defect=_by_dictionary),
    ),
    StoreCanary(
        "sales are found whatever their case",
        contracts.SalesContract,
        _verbs("sales", "find", defect=_ignoring_case),
    ),
    StoreCanary(
        "of many ids the first thousand are looked up",
        contracts.SalesContract,
        _verbs("sales", "find", "known", "timelines", defect=_the_first_thousand),
    ),
    StoreCanary(
        "a window has its last instant",
        contracts.EarningsContract,
        _verbs("earnings", "of", defect=_to_the_end),
    ),
    StoreCanary(
        "a sale is released twice",
        contracts.ReleasesContract,
        _verbs("releases", "add", defect=_without_row_counts),
    ),
    StoreCanary(
        "a limit is not kept", contracts.ReleasesContract, _verbs("releases", "due", defect=_without_limit)
    ),
    StoreCanary(
        "the last rows of many are lost",
        contracts.TransfersContract,
        _verbs("transfers", "add", defect=_in_full_chunks),
    ),
    StoreCanary(
        "instants are kept in milliseconds",
        contracts.TransfersContract,
        _verbs("transfers", "add", defect=_in_milliseconds),
    ),
    StoreCanary(
        "transfers come as they were posted",
        contracts.TransfersContract,
        _verbs("transfers", "all", defect=_as_it_comes),
    ),
    StoreCanary(
        "pages are counted by rows",
        contracts.TransfersContract,
        _verbs("transfers", "all", defect=_in_pages_by_number),
    ),
    StoreCanary(
        "accounts are added up in 32 bits",
        contracts.TransfersContract,
        _verbs("transfers", "balances", defect=_in_32_bits),
    ),
    StoreCanary(
        "a change of balances is applied twice",
        contracts.BalancesContract,
        _verbs("balances", "change", defect=_twice),
    ),
    StoreCanary(
        "the last coupons of many are lost",
        contracts.CouponsContract,
        _verbs("coupons", "add", defect=_in_full_chunks),
    ),
    StoreCanary(
        "half of what is counted stays counted",
        contracts.CountsContract,
        _verbs("counts", "take", defect=_one_after_another),
    ),
    StoreCanary(
        "what is on a statement is still open",
        contracts.ClosingsContract,
        _verbs("closings", "take", defect=_still_open),
    ),
    StoreCanary(
        "whoever seals begins from the start again",
        contracts.SealsContract,
        _verbs("seals", "tail", defect=_from_the_start),
    ),
    StoreCanary(
        "a reason is cut to 255 letters",
        contracts.AdjustmentsContract,
        _verbs("adjustments", "add", defect=_short),
    ),
    StoreCanary(
        "nobody looks at the revision of a group",
        contracts.GroupsContract,
        _verbs("groups", "change", defect=_without_row_counts),
    ),
)
