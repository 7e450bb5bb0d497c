"""Accounts of payees: set, verified by somebody else, used after a hold, erased when the payee asks.

The one rule this file protects: what is personal goes from the caller to the erasable details and nowhere
else, not even into the hash of a command's inputs.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from attrs import evolve

from distcore.engine import refusals
from distcore.engine.once import Call, called, check, done_before, remember
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    MemberId,
    Refusal,
    RefusedError,
    format_instant,
    id_problem,
    instant_of,
    int_problem,
    limits,
    micros_of,
)
from distcore.payout import (
    LIVE,
    STORED_VALUE_CHANNEL,
    AccountDetails,
    PayeeAccount,
    account_problems,
    account_refusal,
)
from distcore.payout import refusals as no
from distcore.ports import Transaction
from distcore.settlement import SettlementPolicy, settlement_policy_at
from distcore.settlement import refusals as settlement_no


def set_account(
    tx: Transaction,
    payee: MemberId,
    channel: str,
    details: AccountDetails,
    *,
    at: Instant,
    actor: str,
    key: str,
) -> PayeeAccount:
    """Set where a payee is paid from now on: a new number, to be verified, and a hold before it is used.

    Set again unchanged it is left alone, and whatever was approved for it stands.  The details stand nowhere
    else, not even in the hash of the command's inputs: they can be erased.
    """
    problems = account_problems(payee, channel, details)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    _check_payee(tx, payee)
    command = done_before(tx, call, "set_account", (payee, channel))
    if command is not None:
        return _set_before(tx, call, payee, details, command.answer)
    current = tx.accounts.current([payee], for_change=True).get(payee)
    if current is not None and current.changed_at > call.at:
        raise RefusedError(_newer(current, call))
    if current is None or current.channel != channel or _details_of(tx, current) != details:
        number = 1 if current is None else current.number + 1
        current = PayeeAccount(payee, number, channel, call.at, call.actor)
        tx.accounts.add(current, details)
    verified = "" if current.verified_at is None else f" {micros_of(current.verified_at)}"
    remember(tx, call, "set_account", (payee, channel), f"{current.number}{verified}", about=[payee])
    return current


def verify_account(
    tx: Transaction, payee: MemberId, number: int, *, at: Instant, actor: str, key: str
) -> PayeeAccount:
    """Say that a payee's newest account is the payee's own; refused for whoever set it."""
    check(id_problem(payee, "payee"), int_problem(number, "account", least=1, most=limits.UNITS_MAX))
    call = called(at=at, actor=actor, key=key)
    if done_before(tx, call, "verify_account", (payee, number)) is not None:
        return tx.accounts.of_payee(payee)[number - 1]
    account = tx.accounts.current([payee], for_change=True).get(payee)
    if account is None:
        raise RefusedError(no.NO_ACCOUNT.refuse(payee=payee))
    refusal = _verify_refusal(account, number, call)
    if refusal is not None:
        raise RefusedError(refusal)
    tx.accounts.verify(payee, number, at=call.at, actor=call.actor)
    remember(tx, call, "verify_account", (payee, number), about=[payee])
    return evolve(account, verified_at=call.at)


def erase_payee(tx: Transaction, payee: MemberId, *, at: Instant, actor: str, key: str) -> int:
    """Erase everything personal about a payee, and return of how many accounts; the facts stay.

    Refused while a payout is on its way: the provider may ask about it.
    """
    check(id_problem(payee, "payee"))
    call = called(at=at, actor=actor, key=key)
    command = done_before(tx, call, "erase_payee", payee)
    if command is not None:
        return int(command.answer)
    tx.accounts.current([payee], for_change=True)  # nobody asks for a payout, or submits one, meanwhile
    for record in tx.payouts.of_payee(payee):
        if record.state in LIVE:
            raise RefusedError(
                no.PAYOUT_LIVE.refuse(payee=payee, payout=record.payout.id, state=record.state)
            )
    count = tx.accounts.erase(payee)
    remember(tx, call, "erase_payee", payee, str(count), about=[payee])
    return count


def account_for(tx: Transaction, payee: MemberId, currency: Currency, at: Instant) -> PayeeAccount:
    """Return the account that a payee can be paid at now; one whose details were erased is none."""
    account = tx.accounts.current([payee], for_change=True).get(payee)
    days = hold_days(tx.settlement_policies.all(), currency, at)
    refusal = account_refusal(payee, account, days, at, day_zone(tx))
    if refusal is not None:
        raise RefusedError(refusal)
    assert account is not None, "an account that is missing is refused"
    if account.channel != STORED_VALUE_CHANNEL and not tx.accounts.details([(payee, account.number)]):
        raise RefusedError(no.NO_ACCOUNT.refuse(payee=payee))
    return account


def hold_days(policies: Sequence[SettlementPolicy], currency: Currency, at: Instant) -> int:
    """Return the days for which a changed account waits, by the policy that is valid now."""
    policy = settlement_policy_at(policies, currency, at)
    return 0 if policy is None else policy.account_hold_days


def day_zone(tx: Transaction) -> ZoneInfo | None:
    """Return the zone in which the shop counts days now; None where a day is 24 hours."""
    policy = tx.policies.current()
    return None if policy is None else policy.day_zone


def _set_before(
    tx: Transaction, call: Call, payee: MemberId, details: AccountDetails, answer: str
) -> PayeeAccount:
    """Return the account that was set under this key, verified or not, as it was first answered.

    Other details than those that stand are refused.
    """
    number, *verified = map(int, answer.split())
    stored = tx.accounts.details([(payee, number)]).get((payee, number), details)
    if stored != details:
        raise RefusedError(refusals.KEY_REUSED.refuse(key=call.key, verb="set_account"))
    verified_at = instant_of(verified[0]) if verified else None
    return evolve(tx.accounts.of_payee(payee)[number - 1], verified_at=verified_at)


def _details_of(tx: Transaction, account: PayeeAccount) -> AccountDetails | None:
    """Return the details of an account; None if they were erased."""
    whose = (account.payee, account.number)
    return tx.accounts.details([whose]).get(whose)


def _verify_refusal(account: PayeeAccount, number: int, call: Call) -> Refusal | None:
    payee = account.payee
    if account.number != number:
        return no.ACCOUNT_CHANGED.refuse(payee=payee, account=account.number, wanted=number)
    if account.verified_at is not None:
        return no.ACCOUNT_VERIFIED.refuse(payee=payee, account=number)
    if account.changed_at > call.at:
        return _newer(account, call)
    if account.actor == call.actor:
        return no.SAME_VERIFIER.refuse(payee=payee, account=number, actor=call.actor)
    return None


def _newer(account: PayeeAccount, call: Call) -> Refusal:
    return no.ACCOUNT_NEWER.refuse(
        payee=account.payee,
        account=account.number,
        changed_at=format_instant(account.changed_at),
        at=format_instant(call.at),
    )


def _check_payee(tx: Transaction, payee: MemberId) -> None:
    if payee not in tx.members.upward([payee], 0):
        raise RefusedError(settlement_no.PAYEE_UNKNOWN.refuse(payee=payee))
