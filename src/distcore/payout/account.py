"""Where a payee is paid to: accounts by number, and the personal data that can be erased.

The one rule this file protects: what is personal stands in `AccountDetails` alone, is masked wherever it is
shown, and no fact and no hash holds any of it.  A payee's accounts count from 1: a change is a new number,
and whatever was bound to the old one is bound to it for ever.
"""

from typing import Final
from unicodedata import category
from zoneinfo import ZoneInfo

from attrs import field, frozen

from distcore.kernel import (
    Actor,
    Instant,
    MemberId,
    Problem,
    add_days,
    id_problem,
    shape_problems,
    text_problem,
)

STORED_VALUE_CHANNEL: Final = "stored_value"
"""The channel that pays into the payee's balance at the shop; it needs no account details."""

HIDDEN: Final = "****"

SHOWN: Final = 4
"""Characters at the end of an account that are shown: enough to recognise it, too few to use it."""


def masked(account: object) -> str:
    """Return an account as it may be shown: at most its last four characters, of a long one."""
    shown = isinstance(account, str) and len(account) >= 3 * SHOWN
    return HIDDEN + (str(account)[-SHOWN:] if shown else "")


def _hidden(_: object) -> str:
    """A name is recognised by its end, so nothing of it is shown."""
    return HIDDEN


@frozen
class AccountDetails:
    """Who is paid at which account of which bank; personal, and erasable."""

    holder: str = field(default="", repr=_hidden)
    account: str = field(default="", repr=masked)
    bank: str = field(default="", repr=_hidden)


@frozen
class PayeeAccount:
    """An account without anything personal: whose, the how-manieth, for which channel, since when.

    No payout goes there before somebody verified it, nor within the days after a change that the shop's
    policy says.
    """

    payee: MemberId
    number: int
    channel: str
    changed_at: Instant
    actor: Actor
    verified_at: Instant | None = None


def usable_from(account: PayeeAccount, hold_days: int, zone: ZoneInfo | None = None) -> Instant:
    """Return from when payouts may go to an account; the first one of a payee waits as well.

    With a zone days are calendar days there, without one they are 24 hours.
    """
    return add_days(account.changed_at, hold_days, zone)


def account_problems(payee: object, channel: object, details: object) -> tuple[Problem, ...]:
    """Return what is malformed about an account; the values themselves are not repeated."""
    misshapen = tuple(shape_problems(details, AccountDetails, "details"))
    if misshapen:
        return tuple(Problem(each.where, "not what an account is made of") for each in misshapen)
    assert isinstance(details, AccountDetails)
    found = [id_problem(payee, "payee"), id_problem(channel, "channel")]
    for name, text in (("holder", details.holder), ("account", details.account), ("bank", details.bank)):
        if (problem := text_problem(text, f"details.{name}")) is not None:
            found.append(
                Problem(problem.where, "has a character that is not allowed, or too many", problem.hint)
            )
        elif name == "account" and any(category(each) == "Cf" for each in text):
            found.append(Problem("details.account", "has a character that is not seen", "type it anew"))
    if channel != STORED_VALUE_CHANNEL and not details.account.strip():
        found.append(Problem("details.account", "is blank", "say where the money goes"))
    if channel == STORED_VALUE_CHANNEL and details != AccountDetails():
        found.append(Problem("details", "stored value needs none", "leave them out, or name another channel"))
    return tuple(problem for problem in found if problem is not None)
