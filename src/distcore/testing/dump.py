"""The canonical dump: all that a shop remembers, as text that two stores can be compared by.

Facts, states and balances, read through the ports, one JSON value a line, in the order that the ports
promise.  The one rule this file protects: stores that were told the same have the same dump, and a
command that was refused leaves it as it was.

>>> from distcore.memory import MemoryStore
>>> with MemoryStore("tea house").begin() as tx:
...     print(dump(tx), end="")
policy null
revision 0
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from distcore.commission import GroupBy
from distcore.kernel import canonical, instant_of, limits
from distcore.ports import Transaction

_FIRST: Final = instant_of(limits.INSTANT_MIN)
_LAST: Final = instant_of(limits.INSTANT_MAX - 1)
_ALL: Final = 2**31 - 1


def dump(tx: Transaction) -> str:
    """Return the lines of everything that a transaction sees."""
    return "".join(f"{kind} {canonical(value).decode()}\n" for kind, value in _everything(tx))


def fingerprint(tx: Transaction) -> str:
    """Return the SHA-256 of the dump, in hex."""
    return sha256(dump(tx).encode()).hexdigest()


def _everything(tx: Transaction) -> Iterator[tuple[str, object]]:
    yield "policy", tx.policies.current()
    for command in tx.commands.all():
        yield "command", command
    yield "revision", tx.members.revision()
    for member in tx.members.all():
        yield "member", member
    for plan in tx.plans.all():
        yield "plan", plan
    for record in tx.sales.all():
        yield "sale", record
    for sale in tx.releases.due(_LAST, _ALL):
        yield "frozen", sale
    earned = tx.earnings.of(_FIRST, _LAST, GroupBy.VALID)
    for earning in sorted(earned, key=lambda each: (each.payee, each.currency)):
        yield "balance", earning
