"""The chart of accounts: what a shop's commission money can be, as data.

Most accounts exist once for every payee; those of the shop are looked at payee by payee too, because each
transfer concerns one.  No balance of a shop as a whole is ever kept in a row: it would be everybody's lock.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NewType

from distcore.kernel import Problem, shown

Account = NewType("Account", str)
"""A name of the chart, or `channel/` and the name of a payout channel."""

COMMISSION: Final = Account("commission")
ADJUSTMENTS: Final = Account("adjustments")
OPENING: Final = Account("opening")
FROZEN: Final = Account("frozen")
RELEASED: Final = Account("released")
CARRIED: Final = Account("carried")
PAYABLE: Final = Account("payable")
IN_PAYOUT: Final = Account("in_payout")
WITHHELD: Final = Account("withheld")
STORED_VALUE: Final = Account("stored_value")
POINTS_ISSUED: Final = Account("points_issued")
POINTS: Final = Account("points")
POINTS_SPENT: Final = Account("points_spent")

CHART: Final[Mapping[Account, str]] = MappingProxyType(
    {
        COMMISSION: "the shop's expense for commission",
        ADJUSTMENTS: "the shop's expense for adjustments, fees as its income",
        OPENING: "what was owed when the shop moved in",
        FROZEN: "earned, and not yet out of its freeze",
        RELEASED: "out of its freeze, and on no statement yet; negative after a late refund",
        CARRIED: "left over by a statement for the next one: below the minimum, held, or negative",
        PAYABLE: "due, tax withheld, and not yet asked for",
        IN_PAYOUT: "reserved by a payout that has neither succeeded nor failed",
        WITHHELD: "tax that was withheld, and is owed to the authority",
        STORED_VALUE: "paid into the payee's balance at the shop",
        POINTS_ISSUED: "points that the shop gave away, in the currency POINT",
        POINTS: "the member's points, in the currency POINT",
        POINTS_SPENT: "points that paid for the member's orders, in the currency POINT",
    }
)
"""Every account but those of the channels, and what a balance on it means."""

_CHANNEL: Final = "channel/"


def channel_account(channel: str) -> Account:
    """Return the account of the money that left through a payout channel of the shop's own."""
    return Account(_CHANNEL + channel)


def account_problem(account: object, where: str) -> Problem | None:
    """Return what keeps a value from being an account, or None."""
    if isinstance(account, str) and (account in CHART or account.removeprefix(_CHANNEL) not in {"", account}):
        return None
    return Problem(where, f"no such account: {shown(account)}", f"one of {', '.join(CHART)}, or channel/…")
