"""Transfers: an amount above zero, taken from one account and given to another.

The one rule this file protects: there is no other way to write an entry, so what one account lacks another
one has, and the accounts of a shop add up to zero in every currency.
"""

from collections import Counter
from collections.abc import Iterable

from attrs import frozen

from distcore.kernel import Currency, Instant, MemberId, Origin, Problem, fact_id, int_problem, limits
from distcore.ledger.account import Account, account_problem


@frozen
class Transfer:
    """An amount of one payee, in minor units: `debit` gives it, `credit` has it from then on.

    Of one origin, payee and currency each pair of accounts moves at most once: that is its natural key.
    """

    origin: Origin
    payee: MemberId
    currency: Currency
    debit: Account
    credit: Account
    amount_minor: int
    valid_at: Instant
    posted_at: Instant


@frozen
class AccountBalance:
    """What an account holds for one payee: what it was given less what was taken, in minor units."""

    account: Account
    payee: MemberId
    currency: Currency
    minor: int


@frozen
class Balance:
    """What decisions about a payee are made by: the balances of `carried` and of `payable`."""

    payee: MemberId
    currency: Currency
    carried_minor: int = 0
    payable_minor: int = 0

    @property
    def withdrawable_minor(self) -> int:
        """What may be asked for: what is payable, less what is carried below zero."""
        return max(0, self.payable_minor + min(0, self.carried_minor))


def moved(
    origin: Origin,
    payee: MemberId,
    currency: Currency,
    amount_minor: int,
    debit: Account,
    credit: Account,
    *,
    valid_at: Instant,
    at: Instant,
) -> tuple[Transfer, ...]:
    """Return the transfer of an amount: a negative one goes the other way, nothing is no transfer."""
    if not amount_minor:
        return ()
    if amount_minor < 0:
        debit, credit, amount_minor = credit, debit, -amount_minor
    return (Transfer(origin, payee, currency, debit, credit, amount_minor, valid_at, at),)


def transfer_id(transfer: Transfer) -> bytes:
    """Return the 16 bytes that name a transfer: a hash of its natural key."""
    origin = transfer.origin
    return fact_id(
        origin.kind.value,
        origin.ref,
        origin.number,
        transfer.payee,
        transfer.currency,
        transfer.debit,
        transfer.credit,
    )


def balances_of(transfers: Iterable[Transfer]) -> tuple[AccountBalance, ...]:
    """Return what transfers leave on the accounts, by account, payee and currency; nothing: left out."""
    sums: Counter[tuple[Account, MemberId, Currency]] = Counter()
    for each in transfers:
        sums[each.debit, each.payee, each.currency] -= each.amount_minor
        sums[each.credit, each.payee, each.currency] += each.amount_minor
    return tuple(AccountBalance(*of, minor) for of, minor in sorted(sums.items()) if minor)


def transfer_problems(transfer: Transfer, where: str) -> tuple[Problem, ...]:
    """Return what is impossible about a transfer."""
    found = [
        account_problem(transfer.debit, f"{where}.debit"),
        account_problem(transfer.credit, f"{where}.credit"),
        int_problem(transfer.amount_minor, f"{where}.amount_minor", least=1, most=limits.TOTAL_MINOR_MAX),
    ]
    if transfer.debit == transfer.credit:
        found.append(Problem(where, f"moves nothing: {transfer.debit} gives to itself"))
    return tuple(problem for problem in found if problem is not None)
