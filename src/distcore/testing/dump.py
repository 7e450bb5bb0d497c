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

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from typing import Final

from attrs import evolve

from distcore.commission import GroupBy
from distcore.kernel import canonical, instant_of, limits
from distcore.ports import Transaction
from distcore.pricing import PriceList
from distcore.settlement import Closing

_FIRST: Final = instant_of(limits.INSTANT_MIN)
_LAST: Final = instant_of(limits.INSTANT_MAX - 1)
_ALL: Final = 2**31 - 1
_PAGE: Final = 1_000


def dump(tx: Transaction) -> str:
    """Return the lines of everything that a transaction sees."""
    return "".join(f"{kind} {canonical(value).decode()}\n" for kind, value in _everything(tx))


def fingerprint(tx: Transaction) -> str:
    """Return the SHA-256 of the dump, in hex."""
    return sha256(dump(tx).encode()).hexdigest()


def _everything(tx: Transaction) -> Iterator[tuple[str, object]]:
    yield "policy", tx.policies.current()
    for command in tx.commands.all():
        # What a leaf is, and so what a seal answers, is the store's own affair.
        yield "command", evolve(command, answer="") if command.verb == "seal" else command
    yield "revision", tx.members.revision()
    for member in tx.members.all():
        yield "member", member
    yield from _recruiting(tx)
    yield from _named("tier policy", tx.tier_policies.all())
    for evaluation in tx.tier_evaluations.all():
        yield "tier evaluation", evaluation
        yield from _named("tier decision", tx.tier_evaluations.decisions(evaluation.number))
    for plan in tx.plans.all():
        yield "plan", plan
    yield from _named("override", tx.overrides.all())
    for record in tx.sales.all():
        yield "sale", record
    yield from _named("granted", (tally for tally in tx.tallies.all() if tally[1]))
    for run in tx.period_runs.all():
        yield "period run", run
        for posting in tx.period_runs.postings(run.number):
            yield "period posting", posting
            yield from _named("period fact", tx.period_runs.facts(run.number, posting.number))
    for sale in tx.releases.due(_LAST, _ALL):
        yield "frozen", sale
    earned = tx.earnings.of(_FIRST, _LAST, GroupBy.VALID)
    for earning in sorted(earned, key=lambda each: (each.payee, each.currency)):
        yield "earned", earning
    yield from _money(tx)
    yield from _pricing(tx)


def _pricing(tx: Transaction) -> Iterator[tuple[str, object]]:
    """Yield what the shop sells, and all that it ever asked for it."""
    yield from _named("product", tx.products.all())
    for term in tx.terms.all():
        yield "term", term
        if isinstance(term.value, PriceList):
            yield from _named("price", tx.terms.prices_of(term.value.id, term.number))
    yield from _named("placed order", tx.placed_orders.all())
    yield from _named("group sale", tx.group_sales.all())
    yield from _named("group", tx.groups.all())
    yield from _named("coupon template", tx.coupon_templates.all())
    yield from _named("coupon", tx.coupons.all())
    yield from _named("counted", tx.counts.all())


def _recruiting(tx: Transaction) -> Iterator[tuple[str, object]]:
    """Yield who is whom, who applied, which codes there are, and who was touched; nothing personal."""
    yield from _named("identity", tx.identities.all())
    yield from _named("application", tx.applications.all())
    yield from _named("application waits", tx.applications.all_waiting())
    yield from _named("promotion code", tx.promotion_codes.all())
    yield from _named("touch", tx.touches.all())


def _money(tx: Transaction) -> Iterator[tuple[str, object]]:
    """Yield what settlement, ledger and payouts hold; no seals, and nothing personal."""
    yield from _named("settlement policy", tx.settlement_policies.all())
    yield from _named("transfer", tx.transfers.all())
    yield from _named("account", tx.transfers.balances())
    yield from _named("balance", tx.balances.all())
    yield from _named("adjustment", tx.adjustments.all())
    yield from _named("opening", tx.openings.all())
    yield from _named("hold", tx.holds.all())
    yield from _named("due", tx.dues.all())
    for closing in tx.closings.all():
        yield from _closed(tx, closing)
    yield from _named("withheld", tx.assessments.withheld())
    yield from _named("payee account", tx.accounts.all())
    yield from _named("payout", tx.payouts.all())


def _closed(tx: Transaction, closing: Closing) -> Iterator[tuple[str, object]]:
    """Yield a closing with what it took, whether it was stated or not, and with what it says."""
    yield "closing", closing
    for total in tx.closings.totals(closing):
        yield from _named("line", tx.closings.lines(closing.number, total.payee))
    statements = tx.closings.statements(closing.number)
    while page := list(islice(statements, _PAGE)):
        assessed = tx.assessments.of(closing.number, [each.payee for each in page])
        for statement in page:
            yield "statement", statement
            if statement.payee in assessed:
                yield "assessment", assessed[statement.payee]


def _named(kind: str, values: Iterable[object]) -> Iterator[tuple[str, object]]:
    return ((kind, value) for value in values)
