"""The second half of `distcore demo`: a month is closed, somebody is paid, and all of it is sealed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from distcore import engine
from distcore.codec import load_settlement
from distcore.kernel import Currency, MemberId, RefusedError, format_minor
from distcore.ledger import Anchor
from distcore.payout import AccountDetails, EventId, Outcome, PayoutId, ProviderEvent
from distcore.ports import Transaction
from distcore_cli.bank_file import BANK, bank_file, unfit
from distcore_cli.closings import STATEMENTS, Totals, closing_table, stated, statement_row
from distcore_cli.documents import read_document
from distcore_cli.ledgers import balance_table
from distcore_cli.new_file import new_file
from distcore_cli.render import Table, show
from distcore_cli.settings import Format, Settings
from distcore_cli.wiring import changing, reading

CLERK: Final = "clerk"
BOSS: Final = "boss"
MONTH: Final = "2018-03"
"""The month in which the year of sales was imported, and of whose closing it is all a part."""

SHOWN: Final = 10
"""Statements that are shown."""

USD: Final = Currency("USD")
PAYOUT: Final = PayoutId("payout-1")
DETAILS: Final = AccountDetails("A. Household (not a real one)", "DEMO6222020200012345678", "Demo Bank")


def title(text: str) -> None:
    """Write what follows."""
    click.echo(f"\n{text}\n")


def did(command: str, what: str) -> None:
    """Write a command beside what came of it."""
    click.echo(f"  {command:<62}  {what}")


def close_month(settings: Settings, data: Path) -> MemberId:
    """Close the month, by two people, and return whoever has most to be paid."""
    policy = read_document(data / "settlement.toml", load_settlement)
    title("The month is over: one closes it, another one looks at it")
    with changing(settings) as tx:
        engine.set_settlement(tx, policy, at=settings.at, actor=settings.actor, key="settlement")
    did("distcore settlement set settlement.toml", f"monthly, {policy.review.value}, not below 5.00 USD")
    with changing(settings) as tx:
        drafted = engine.close_period(tx, USD, MONTH, at=settings.at, actor=CLERK, key="close")
    did(f"distcore --actor {CLERK} settle close --period {MONTH}", f"closing {drafted.number} is a draft")
    own = _refused(settings, lambda tx: engine.approve_closing(tx, 1, at=settings.at, actor=CLERK, key="own"))
    did(f"distcore --actor {CLERK} settle approve 1", own)
    with changing(settings) as tx:
        closing = engine.approve_closing(tx, 1, at=settings.at, actor=BOSS, key="approve")
        totals = Totals()
        found = list(stated(tx, closing, totals))
    did(f"distcore --actor {BOSS} settle approve 1", f"{totals.statements} statements stand")
    best = sorted(found, key=lambda each: -each[0].gross_minor)[:SHOWN]
    title(f"distcore settle show 1   (the first {SHOWN} of {len(found)} statements, best first)")
    rows = [statement_row(closing, *each) for each in best]
    tables = [closing_table([closing], settings), Table("statements", STATEMENTS, rows), totals.table(USD)]
    show(tables, Format.TABLE)
    return best[0][0].payee


def pay(settings: Settings, payee: MemberId, place: Path) -> None:
    """Pay a payee by a bank file; too early, and by the same person twice, it is refused."""
    title("A payout: who asks does not approve, and an account waits for three days and somebody's look")
    early, late = settings.at, settings.at + timedelta(days=4)
    with changing(settings) as tx:
        engine.set_account(tx, payee, BANK, DETAILS, at=early, actor=CLERK, key="account")
        engine.verify_account(tx, payee, 1, at=early, actor=BOSS, key="verified")
        minor = tx.balances.of([payee], USD)[payee].payable_minor
    did(f"distcore --actor {CLERK} payout account set {payee}", "asks for holder, account and bank")
    did(f"distcore --actor {BOSS} payout account verify {payee} 1", "verified")

    def request(tx: Transaction) -> object:
        return engine.request_payout(tx, PAYOUT, payee, USD, minor, at=early, actor=CLERK, key="too early")

    did(f"distcore --actor {CLERK} payout request {PAYOUT} {payee}", _refused(settings, request))
    with changing(settings) as tx:
        engine.request_payout(tx, PAYOUT, payee, USD, minor, at=late, actor=CLERK, key="request")
    amount = f"{format_minor(minor, USD)} USD"
    did("  … four days later", f"{amount} are reserved")
    own = _refused(settings, lambda tx: engine.approve_payout(tx, PAYOUT, at=late, actor=CLERK, key="own"))
    did(f"distcore --actor {CLERK} payout approve {PAYOUT}", own)
    with new_file(place) as write, changing(settings) as tx:
        engine.approve_payout(tx, PAYOUT, at=late, actor=BOSS, key="approve payout")
        engine.submit_payouts(tx, BANK, at=late, actor=BOSS, key="batch", unfit=unfit)
        write(bank_file(engine.submitted_orders(tx, "batch")))
    did(f"distcore --actor {BOSS} payout approve {PAYOUT}", "approved")
    did(
        f"distcore --actor {BOSS} payout export {place.name}",
        "1 payout, with the whole account, for the bank alone",
    )
    told = ProviderEvent(EventId("bank-77"), PAYOUT, payee, USD, minor, Outcome.SUCCEEDED, late)
    with changing(settings) as tx:
        engine.take_event(tx, told, at=late, actor="bank", key="bank-77")
    did("distcore payout result results.csv", f"{PAYOUT} has succeeded")
    with reading(settings) as tx:
        title(f"distcore ledger {payee}   (the balances)")
        show([balance_table(engine.balances(tx, payee))], Format.TABLE)


def seal(settings: Settings) -> Anchor | None:
    """Seal everything, and return what to keep elsewhere."""
    with changing(settings) as tx:
        sealed = engine.seal(tx, at=settings.at + timedelta(days=5), actor=settings.actor, key="seal")
    title("Sealed: whoever changes anything from now on is found out")
    did("distcore seal", f"{sealed.leaves:,} rows; keep the anchor elsewhere: {sealed.anchor}")
    return sealed.anchor


def _refused(settings: Settings, verb: Callable[[Transaction], object]) -> str:
    """Do what must be refused, and return what is said about it."""
    try:
        with changing(settings) as tx:
            verb(tx)
    except RefusedError as error:
        return f"refused: {error.refusal.message}"
    raise AssertionError("the demo shows refusals")
