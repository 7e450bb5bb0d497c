"""`distcore payout account`: where payees are paid to, masked wherever it is shown."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.kernel import MemberId, format_instant, limits
from distcore.payout import STORED_VALUE_CHANNEL, AccountDetails, PayeeAccount, masked
from distcore.ports import Transaction
from distcore_cli import options
from distcore_cli.asking import asked
from distcore_cli.bank_file import BANK
from distcore_cli.money import require_member
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

ACCOUNTS = columns("payee account channel holder account_no bank set_at set_by verified_at", "account")
ERASED = columns("payee accounts", "accounts")

PAYEE = click.argument("payee", metavar="PAYEE", callback=options.id_of)


@click.group(cls=options.InOrder)
def account() -> None:
    """Set, verify, show and erase where payees are paid to.

    Account details are masked wherever they are shown; the bank file alone has them whole.
    """


@account.command(name="set")
@PAYEE
@click.option(
    "--channel",
    metavar="CHANNEL",
    default=BANK,
    show_default=True,
    callback=options.id_of,
    help=f"How it is paid: {BANK}, {STORED_VALUE_CHANNEL}, or one of the shop's own.",
)
@click.option("--holder", metavar="TEXT", help="Whose account it is.  [default: asked for]")
@click.option("--account", "number", metavar="TEXT", help="The account.  [default: asked for]")
@click.option("--bank", metavar="TEXT", help="At which bank.  [default: asked for]")
@click.pass_obj
def set_(
    settings: Settings,
    payee: MemberId,
    channel: str,
    holder: str | None,
    number: str | None,
    bank: str | None,
) -> None:
    """Set where a payee is paid to: a new account, to be verified by somebody else.

    Payouts go there when it is verified and the days are over that the settlement policy says.  What no
    option says is asked for, line by line, so that it stands in no history of a shell.  The channel
    stored_value pays into the balance at the shop and needs no details.
    """
    details = AccountDetails(holder or "", number or "", bank or "")
    if channel != STORED_VALUE_CHANNEL:
        details = AccountDetails(asked("holder", holder), asked("account", number), asked("bank", bank))
    with changing(settings) as tx:
        key = settings.key_once("set account")
        held = engine.set_account(tx, payee, channel, details, at=settings.at, actor=settings.actor, key=key)
        table = account_table(tx, [held])
    show([table], settings.format)
    say_dry_run(settings)


@account.command()
@PAYEE
@click.argument("number", metavar="N", callback=options.whole_of(1, limits.UNITS_MAX))
@click.pass_obj
def verify(settings: Settings, payee: MemberId, number: int) -> None:
    """Say that account N of a payee, the newest, is the payee's own; refused for whoever set it."""
    with changing(settings) as tx:
        key = settings.key_of("verify account", (payee, number))
        held = engine.verify_account(tx, payee, number, at=settings.at, actor=settings.actor, key=key)
        table = account_table(tx, [held])
    show([table], settings.format)
    say_dry_run(settings)


@account.command(name="show")
@PAYEE
@click.pass_obj
def show_(settings: Settings, payee: MemberId) -> None:
    """List the accounts of a payee, masked; payouts go to the last one."""
    with reading(settings) as tx:
        require_member(tx, payee)
        table = account_table(tx, tx.accounts.of_payee(payee))
    show([table], settings.format)


@account.command()
@PAYEE
@click.pass_obj
def erase(settings: Settings, payee: MemberId) -> None:
    """Erase the details of every account of a payee; what was paid stays.

    Refused while a payout is on its way.
    """
    with changing(settings) as tx:
        require_member(tx, payee)
        count = engine.erase_payee(
            tx, payee, at=settings.at, actor=settings.actor, key=settings.key_once("erase")
        )
    show([Table("erased", ERASED, [(payee, count)])], settings.format)
    say_dry_run(settings)


def account_table(tx: Transaction, accounts: Sequence[PayeeAccount]) -> Table:
    """Return accounts as a table, with details masked and those that were erased left blank."""
    found = tx.accounts.details([(each.payee, each.number) for each in accounts])
    rows = [_row(each, found.get((each.payee, each.number))) for each in accounts]
    return Table("accounts", ACCOUNTS, rows)


def masked_cell(text: str) -> str | None:
    """Return the cell of a personal text; nothing where there is none."""
    return masked(text) if text else None


def _row(account: PayeeAccount, details: AccountDetails | None) -> Sequence[Cell]:
    known = details or AccountDetails()
    return (
        account.payee,
        account.number,
        account.channel,
        *map(masked_cell, (known.holder, known.account, known.bank)),
        format_instant(account.changed_at),
        account.actor,
        None if account.verified_at is None else format_instant(account.verified_at),
    )
