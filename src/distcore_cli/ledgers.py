"""`distcore ledger`: every movement of a payee's money, and what is on the accounts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import Currency, MemberId, format_instant, format_minor
from distcore.ledger import CHART, Account, AccountBalance, Transfer
from distcore_cli import options
from distcore_cli.money import require_member
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading

TRANSFERS = columns("posted_at valid_at origin ref number debit credit amount currency", "number amount")
PAID_OUT: Final = "paid out through this channel"

BALANCES = columns("account balance currency means", "balance")


@click.command()
@click.argument("payee", metavar="[PAYEE]", required=False, callback=options.id_of)
@click.pass_obj
def ledger(settings: Settings, payee: MemberId | None) -> None:
    """Show every transfer of a payee and the balances, or the balances of the whole shop.

    A transfer takes an amount from the debit account and gives it to the credit account.  What the shop
    owes is positive; all accounts together are zero.
    """
    with reading(settings) as tx:
        policy_of(tx)
        tables = []
        if payee is not None:
            require_member(tx, payee)
            rows = [_transfer(each) for each in engine.transfers_of(tx, payee)]
            tables.append(Table("transfers", TRANSFERS, rows))
        tables.append(balance_table(engine.balances(tx, payee)))
    show(tables, settings.format)


def _transfer(transfer: Transfer) -> Sequence[Cell]:
    return (
        format_instant(transfer.posted_at),
        format_instant(transfer.valid_at),
        transfer.origin.kind.value,
        transfer.origin.ref,
        transfer.origin.number,
        transfer.debit,
        transfer.credit,
        format_minor(transfer.amount_minor, transfer.currency),
        transfer.currency,
    )


def balance_table(found: Iterable[AccountBalance]) -> Table:
    """Return what is on each account, added up over payees, in the order of the chart."""
    sums: Counter[tuple[Account, Currency]] = Counter()
    for each in found:
        sums[each.account, each.currency] += each.minor
    places = {account: place for place, account in enumerate(CHART)}

    def order(of: tuple[Account, Currency]) -> tuple[str, int, str]:
        account, currency = of
        return currency, places.get(account, len(places)), account

    rows = [
        (account, format_minor(sums[account, currency], currency), currency, CHART.get(account, PAID_OUT))
        for account, currency in sorted(sums, key=order)
        if sums[account, currency]
    ]
    return Table("balances", BALANCES, rows)
