"""Where every cent is: transfers between accounts, balances, and seals that show what was changed.

A `Transfer` takes an amount above zero from one account and gives it to another, so an entry that does not
balance can't be written.  An account's balance is what it was given less what was taken; what the shop owes
is positive.  All of a shop's accounts add up to zero, always.

>>> from datetime import datetime, UTC
>>> from distcore.kernel import Origin, OriginKind
>>> day = datetime(2026, 1, 1, tzinfo=UTC)
>>> def transfer(kind, amount_minor, debit, credit):
...     return moved(Origin(kind, "order 1"), "ann", "CNY", amount_minor, debit, credit, valid_at=day, at=day)
>>> earned = transfer(OriginKind.SALE, 327, COMMISSION, FROZEN)
>>> refunded = transfer(OriginKind.SALE, -27, COMMISSION, FROZEN)
>>> released = transfer(OriginKind.RELEASE, 300, FROZEN, RELEASED)
>>> balances = balances_of([*earned, *refunded, *released])
>>> [(each.account, each.minor) for each in balances]
[('commission', -300), ('released', 300)]
>>> sum(each.minor for each in balances)
0

What was written is sealed in blocks; each block hashes its rows and the block before:

>>> rows = [Leaf("sales", "order 1", b"a" * 16), Leaf("sales", "order 2", b"b" * 16)]
>>> first = next_block(None, rows[:1], at=day)
>>> second = next_block(first, rows[1:], at=day)
>>> chain_problems([(first, rows[:1]), (second, rows[1:])])
()
>>> str(chain_problems([(first, rows[1:]), (second, rows[1:])])[0])
'block 1: its members are not those that were sealed'
"""

from distcore.ledger.account import (
    ADJUSTMENTS,
    CARRIED,
    CHART,
    COMMISSION,
    FROZEN,
    IN_PAYOUT,
    OPENING,
    PAYABLE,
    POINTS,
    POINTS_ISSUED,
    POINTS_SPENT,
    RELEASED,
    STORED_VALUE,
    WITHHELD,
    Account,
    account_problem,
    channel_account,
)
from distcore.ledger.ports import Balances, Seals, Transfers
from distcore.ledger.seal import (
    Anchor,
    Block,
    Leaf,
    SealedLeaf,
    Tail,
    anchor_of,
    anchor_problem,
    chain_problems,
    next_block,
    parse_anchor,
)
from distcore.ledger.transfer import (
    AccountBalance,
    Balance,
    Transfer,
    balances_of,
    moved,
    transfer_id,
    transfer_problems,
)

__all__ = [
    "ADJUSTMENTS",
    "CARRIED",
    "CHART",
    "COMMISSION",
    "FROZEN",
    "IN_PAYOUT",
    "OPENING",
    "PAYABLE",
    "POINTS",
    "POINTS_ISSUED",
    "POINTS_SPENT",
    "RELEASED",
    "STORED_VALUE",
    "WITHHELD",
    "Account",
    "AccountBalance",
    "Anchor",
    "Balance",
    "Balances",
    "Block",
    "Leaf",
    "SealedLeaf",
    "Seals",
    "Tail",
    "Transfer",
    "Transfers",
    "account_problem",
    "anchor_of",
    "anchor_problem",
    "balances_of",
    "chain_problems",
    "channel_account",
    "moved",
    "next_block",
    "parse_anchor",
    "transfer_id",
    "transfer_problems",
]
