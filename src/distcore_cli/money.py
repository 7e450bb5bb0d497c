"""What options say of money: which currency, how much of it, and whose; and cells of tables that show it."""

import click

from distcore.engine.accrue import policy_of
from distcore.kernel import POINT, Currency, InputError, MemberId, RefusedError, format_minor, parse_minor
from distcore.ports import Transaction
from distcore.settlement import refusals
from distcore_cli import options
from distcore_cli.cells import IF_NEGATIVE, amount_of


def currency_or_only(tx: Transaction, given: Currency | None) -> Currency:
    """Return the currency that an option named, or the only one that there is, points apart.

    That is the only one that has a settlement policy, or, where none is set yet, the only one of the shop.
    """
    if given is not None:
        return given
    settled = sorted({each.currency for each in tx.settlement_policies.all()})
    currencies = settled or [each for each in policy_of(tx).currencies if each != POINT]
    if len(currencies) != 1:
        raise click.UsageError(f"the shop has several currencies: --currency {' or '.join(currencies)}")
    return currencies[0]


def amount_in(text: str, currency: Currency, option: str) -> int:
    """Return the minor units that the text of an option says in a currency."""
    try:
        return parse_minor(text, currency)
    except InputError as error:
        options.refuse(error, hint=option)


def amount_from_zero(text: str, currency: Currency, option: str) -> int:
    """Return the minor units that the text of an option says in a currency, none of them below zero."""
    try:
        return amount_of(text, currency, IF_NEGATIVE)
    except InputError as error:
        options.refuse(error, hint=option)


def major(minor: int | None, currency: Currency) -> str | None:
    """Return the cell of an amount; nothing where there is none."""
    return None if minor is None else format_minor(minor, currency)


def require_member(tx: Transaction, member: MemberId) -> None:
    """Refuse somebody who never joined: an empty answer would look like one."""
    if member not in tx.members.upward([member], 0):
        raise RefusedError(refusals.PAYEE_UNKNOWN.refuse(payee=member))
