"""Somebody who can write to a store changes what is sealed: at random, and in ways that people have tried.

A tamperer takes a transaction, which is rolled back afterwards, and chance; it says what it did.  One for a
store in a database changes rows by statements of its own, past the library.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs
from attrs import evolve

from distcore.commission import PeriodRun, SaleRecord
from distcore.kernel import Rate, digest, instant_of, limits
from distcore.ledger import Leaf, next_block
from distcore.memory import MemoryTransaction
from distcore.payout import PayoutRecord
from distcore.ports import Transaction
from distcore.referral import Member

Tamperer = Callable[[Transaction, Random], str]

LAST_SEAL: Final = "the last seal"
"""The key of the command that sealed last: it is not sealed itself."""


class UnchangedError(Exception):
    """There is nothing here to change in this way: try another one."""


def tamper_with_memory(tx: Transaction, random: Random) -> str:
    """Do one thing to what a store in memory holds, past its ports."""
    assert isinstance(tx, MemoryTransaction)
    while True:
        way = random.choice(WAYS)
        try:
            return f"{way.__name__}: {way(tx, random)}"
        except UnchangedError:
            continue


def change(tx: MemoryTransaction, random: Random, *, of_facts: bool = False) -> str:
    """Change one part of one row."""
    name, table, key = _row(tx, random)
    if of_facts and name in {"seals", "blocks"}:
        raise UnchangedError
    new = _changed(table[key], random)
    if new == table[key]:
        raise UnchangedError
    tx.seals._journal.put(table, key, new)
    return f"{name} {key}: {table[key]}"


def remove(tx: MemoryTransaction, random: Random) -> str:
    """Take a row away."""
    name, table, key = _row(tx, random)
    tx.seals._journal.remove(table, key)
    return f"{name} {key}"


def insert(tx: MemoryTransaction, random: Random) -> str:
    """Put a row more into what was written at once."""
    name, table, key = _row(tx, random)
    tx.seals._journal.put(table, key, _grown(table[key], random))
    return f"{name} {key}: {table[key]}"


def swap(tx: MemoryTransaction, random: Random) -> str:
    """Let one part of two rows change places."""
    name, table, one = _row(tx, random)
    other = random.choice([key for key in table if key not in {one, LAST_SEAL}] or [one])
    first, second = table[one], table[other]
    if type(first) is tuple or not attrs.has(type(first)):
        raise UnchangedError
    what = random.choice([each for each in _names(first) if each in _names(second)])
    changed = (
        evolve(first, **{what: getattr(second, what)}),
        evolve(second, **{what: getattr(first, what)}),
    )
    if changed in {(first, second), (second, first)}:
        raise UnchangedError
    for key, new in zip((one, other), changed, strict=True):
        tx.seals._journal.put(table, key, new)
    return f"{name} {one} and {other}: {what}"


def change_the_order_of_policies(tx: MemoryTransaction, random: Random) -> str:
    """Change, remove, insert or swap in the one table that is a list."""
    policies = list(tx.policies._policies)
    policies.insert(random.randrange(len(policies)), _changed(random.choice(policies), random))
    if random.random() < 0.5:
        del policies[random.randrange(len(policies) - 1)]
    if policies[: len(tx.policies._policies)] == tx.policies._policies:
        raise UnchangedError
    _replaced(tx, tx.policies._policies, policies)
    return f"{len(policies)} policies"


def change_and_hash_again(tx: MemoryTransaction, random: Random) -> str:
    """Change a row, and the hashes of it that stand in the blocks."""
    what = change(tx, random, of_facts=True)
    _hash_again(tx)
    return what


def change_and_make_the_block_again(tx: MemoryTransaction, random: Random) -> str:
    """Change a row, its hash, and the block that holds it."""
    what = change(tx, random, of_facts=True)
    for number in _hash_again(tx):
        _make_again(tx, number)
    return what


def change_and_make_all_blocks_again(tx: MemoryTransaction, random: Random) -> str:
    """Change a row, and forge the whole chain from there: only what was kept elsewhere gives it away."""
    what = change(tx, random, of_facts=True)
    _hash_again(tx)
    for number in sorted(tx.seals._blocks):
        _make_again(tx, number)
    return what


def cut_off_the_end(tx: MemoryTransaction, random: Random) -> str:
    """Remove the newest blocks with their seals, and perhaps the facts that they sealed."""
    last = max(tx.seals._blocks)
    first = random.randint(1, last)
    for number in range(first, last + 1):
        tx.seals._journal.remove(tx.seals._blocks, number)
    for key in [key for key, seal in tx.seals._sealed.items() if seal.block >= first]:
        tx.seals._journal.remove(tx.seals._sealed, key)
    return f"blocks from {first}"


WAYS: Final[tuple[Callable[[MemoryTransaction, Random], str], ...]] = (
    change,
    change,
    change,
    remove,
    remove,
    insert,
    swap,
    change_the_order_of_policies,
    change_and_hash_again,
    change_and_make_the_block_again,
    change_and_make_all_blocks_again,
    cut_off_the_end,
)


def tables_of(tx: MemoryTransaction) -> Mapping[str, dict[Any, Any]]:
    """Return every table of facts, and the two of the seals."""
    return {
        "plans": tx.plans._plans,
        "overrides": tx.overrides._overrides,
        "commands": tx.commands._commands,
        "members": tx.members._members,
        "identities": tx.identities._identities,
        "applications": tx.applications._records,
        "codes": tx.promotion_codes._codes,
        "touches": tx.touches._touches,
        "sales": tx.sales._records,
        "transfers": tx.transfers._transfers,
        "settlement policies": tx.settlement_policies._policies,
        "tier policies": tx.tier_policies._policies,
        "tier evaluations": tx.tier_evaluations._evaluations,
        "tier decisions": tx.tier_evaluations._decisions[1],
        "period runs": tx.period_runs._runs,
        "period postings": tx.period_runs._postings[1],
        "period facts": tx.period_runs._facts[1],
        "hold changes": tx.holds._changes,
        "closings": tx.closings._closings,
        "lines": tx.closings._lines,
        "statements": tx.closings._statements,
        "assessments": tx.assessments._assessments,
        "adjustments": tx.adjustments._adjustments,
        "openings": tx.openings._openings,
        "payee accounts": tx.accounts._accounts,
        "payouts": tx.payouts._records,
        "offers": tx.terms._offers.values,
        "price lists": tx.terms._lists.values,
        "freight templates": tx.terms._templates.values,
        "points": tx.terms._points.values,
        "seals": tx.seals._sealed,
        "blocks": tx.seals._blocks,
    }


LEAVES_OF: Final[Mapping[type, tuple[str, ...]]] = {
    SaleRecord: ("postings", "corrections", "repins"),
    PeriodRun: ("repins",),
    PayoutRecord: ("steps",),
    Member: ("changes",),
}
"""What of a record came later, one by one: one more at the end is no tampering."""

LATER: Final = {"due", "released"}
"""What a sale was told later, or was made from what it was told: only if it is released is that sealed."""


def _row(tx: MemoryTransaction, random: Random) -> tuple[str, dict[Any, Any], Any]:
    tables = tables_of(tx)
    name = random.choice(list(tables))
    keys = [key for key in tables[name] if key != LAST_SEAL]
    return name, tables[name], random.choice(keys)


def _changed(value: Any, random: Random) -> Any:
    """Return a value that differs in one part, all the way down."""
    match value:
        case bool():
            return not value
        case int():
            return value + random.choice([-1, 1, 1_000])
        case str():
            return random.choice([f"{value}x", value[1:], value.upper(), value.lower()])
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case datetime():
            first = value == instant_of(limits.INSTANT_MIN)  # nothing is before
            return value + timedelta(microseconds=1 if first else random.choice([-1, 1, 10**6]))
        case Enum():
            return random.choice(list(type(value)))
        case ZoneInfo():
            return ZoneInfo(random.choice(["UTC", "Asia/Tokyo"]))
        case tuple() if value:
            place = random.randrange(len(value))
            return (*value[:place], _changed(value[place], random), *value[place + 1 :])
        case _ if attrs.has(type(value)):
            return _with_another_field(value, random)
    raise UnchangedError


def _with_another_field(value: Any, random: Random) -> Any:
    if isinstance(value, Rate):
        return Rate(value.ppm - 1 if value.ppm else 1)  # one above all of it is none
    names = _names(value)
    if not names:
        raise UnchangedError
    name = random.choice(names)
    return evolve(value, **{name: _of_record(value, name, random)})


def _names(value: Any) -> list[str]:
    names = [each.name for each in attrs.fields(type(value)) if each.init]
    if isinstance(value, SaleRecord) and not value.released:
        names = [each for each in names if each not in LATER]
    return names


def _of_record(value: Any, name: str, random: Random) -> Any:
    """Return another value for a field; what came later can also be taken away, or change places."""
    now = getattr(value, name)
    if name not in LEAVES_OF.get(type(value), ()) or random.random() < 0.5:
        new = _changed(now, random)
    elif random.random() < 0.5 and len(now) > 1:
        new = (*now[1:], now[0])
    elif now and (name != "postings" or len(now) > 1):
        new = now[:-1]
    else:
        raise UnchangedError
    if new == now:
        raise UnchangedError
    return new


def _grown(value: Any, random: Random) -> Any:
    """Return a value in which one of the tuples that were written at once has an element more."""
    match value:
        case tuple() if value and attrs.has(type(value[0])) and not isinstance(value[-1], datetime):
            place = random.randint(0, len(value))
            return (*value[:place], random.choice(value), *value[place:])
        case _ if attrs.has(type(value)):
            names = [name for name in _names(value) if isinstance(getattr(value, name), tuple)]
            if not names:
                raise UnchangedError
            name = random.choice(names)
            now = getattr(value, name)
            if name not in LEAVES_OF.get(type(value), ()):
                return evolve(value, **{name: _grown(now, random)})
            if not now:
                raise UnchangedError
            place = random.randrange(len(now))
            return evolve(value, **{name: (*now[:place], _grown(now[place], random), *now[place + 1 :])})
    raise UnchangedError


def _replaced(tx: MemoryTransaction, table: list[Any], new: list[Any]) -> None:
    tx.seals._journal._undo.append(partial(table.__setitem__, slice(None), list(table)))
    table[:] = new


def _hash_again(tx: MemoryTransaction) -> set[int]:
    """Write the hashes of what stands there now, and return the blocks whose members they are."""
    found = set()
    for kind, content in _everything(tx):
        key, hashed = kind, digest(content)
        seal = tx.seals._sealed.get(key)
        if seal is not None and seal.digest != hashed:
            tx.seals._journal.put(tx.seals._sealed, key, evolve(seal, digest=hashed))
            found.add(seal.block)
    return found


def _everything(tx: MemoryTransaction) -> Iterator[tuple[tuple[str, str], object]]:
    for kind, contents in tx.seals._contents.items():
        for ref, content in contents():
            yield (kind, ref), content


def _make_again(tx: MemoryTransaction, number: int) -> None:
    """Make a block again from the members and the block before it that stand there now."""
    if number not in tx.seals._blocks:
        return
    members = sorted(
        (seal.place, key, seal) for key, seal in tx.seals._sealed.items() if seal.block == number
    )
    leaves = [Leaf(*key, seal.digest) for _, key, seal in members]
    old = tx.seals._blocks[number]
    new = next_block(tx.seals._blocks.get(number - 1), leaves, at=old.sealed_at)
    tx.seals._journal.put(tx.seals._blocks, number, new)
