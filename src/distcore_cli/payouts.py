"""`distcore payout`: request, approve and submit payouts, and take what the provider says of them."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import (
    Code,
    Currency,
    InputError,
    Instant,
    MemberId,
    Problem,
    Refused,
    RefusedError,
    Report,
    digest,
    format_minor,
)
from distcore.payout import (
    STORED_VALUE_CHANNEL,
    EventId,
    Outcome,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderEvent,
)
from distcore.ports import PayoutOrder, Transaction
from distcore_cli import options, progress
from distcore_cli.bank_file import BANK, bank_file, unfit
from distcore_cli.importing import TABLE_FILE, Items, ignoring, import_items
from distcore_cli.money import amount_in, currency_or_only
from distcore_cli.money_files import RESULTS, read_results
from distcore_cli.new_file import Write, new_file, refuse_other
from distcore_cli.payee_accounts import account
from distcore_cli.payout_tables import PAGE, batch_table, payout_table, source_table, step_table
from distcore_cli.problems import Problems
from distcore_cli.render import Cell, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.tally import Tally, finish
from distcore_cli.wiring import batches, changing, reading

PAYOUT = click.argument("payout", metavar="PAYOUT", callback=options.id_of)
EVERY_PAYOUT = click.argument(
    "payouts", metavar="PAYOUT...", nargs=-1, required=True, callback=options.ids_of
)
SOME_PAYOUTS = click.argument("payouts", metavar="[PAYOUT]...", nargs=-1, callback=options.ids_of)
CURRENCY = click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="In which currency.  [default: the only one that is settled]",
)

PREFIX_USED: Final = Code(
    "prefix_used",
    "{payee} has {payable} {currency} payable, but {payout} was requested before",
    "take another prefix",
)


@click.group(cls=options.InOrder)
def payout() -> None:
    """Pay payees: accounts, requests, approvals, bank files, results."""


payout.add_command(account)


@payout.command()
@PAYOUT
@click.argument("payee", metavar="PAYEE", callback=options.id_of)
@click.argument("amount", metavar="[AMOUNT]", required=False)
@CURRENCY
@click.pass_obj
def request(
    settings: Settings, payout: PayoutId, payee: MemberId, amount: str | None, currency: Currency | None
) -> None:
    """Ask for an amount of what is payable, or for all of it, under an id of its own.

    It is reserved at once.  Refused above the balance, while the payee is held, and to an account that is
    not verified or was changed lately.
    """
    with changing(settings) as tx:
        of = currency_or_only(tx, currency)
        minor = _payable(tx, payout, payee, of) if amount is None else amount_in(amount, of, "AMOUNT")
        key = settings.key_of("request payout", (payout, payee, of, minor))
        record = engine.request_payout(
            tx, payout, payee, of, minor, at=settings.at, actor=settings.actor, key=key
        )
        table = payout_table(tx, [record], settings)
    finish([table], settings)


@payout.command(name="request-all")
@click.argument("prefix", metavar="PREFIX", callback=options.id_of)
@CURRENCY
@click.pass_obj
def request_all(settings: Settings, prefix: str, currency: Currency | None) -> None:
    """Ask for all that is payable, for everybody who has something: the payouts are PREFIX/PAYEE.

    What is refused is said, and does not stop the others.  A payout that is there already is repeated if
    nothing came after it, and else refused: take another prefix each time.
    """
    tally = Tally("payouts", Problems())
    with batches(settings) as begin:
        with begin() as tx:
            of = currency_or_only(tx, currency)
            payees = [each.payee for each in tx.balances.all() if each.currency == of]
        with progress.shown(tally.what, len(payees)) as steps:
            for start in range(0, len(payees), PAGE):
                page = payees[start : start + PAGE]
                with begin() as tx:
                    report = _requested(tx, settings, prefix, page, of)
                tally.add(report)
                steps.advance(len(page))
    tally.finish(settings)


@payout.command()
@EVERY_PAYOUT
@click.pass_obj
def approve(settings: Settings, payouts: tuple[PayoutId, ...]) -> None:
    """Approve payouts: this payee, account, amount and currency, once.

    Refused for whoever requested it.  If the payee's account changes afterwards the approval is void.
    """
    _each(settings, payouts, "approve payout", engine.approve_payout)


@payout.command()
@EVERY_PAYOUT
@click.option("--reason", metavar="TEXT", required=True, callback=options.text_of, help="Why.")
@click.pass_obj
def cancel(settings: Settings, payouts: tuple[PayoutId, ...], reason: str) -> None:
    """Cancel payouts that were not submitted yet: the amounts are payable again."""

    def verb(tx: Transaction, id: PayoutId, **who: Any) -> PayoutRecord:
        return engine.cancel_payout(tx, id, reason, **who)

    _each(settings, payouts, "cancel payout", verb)


@payout.command()
@SOME_PAYOUTS
@click.option(
    "--channel",
    metavar="CHANNEL",
    default=STORED_VALUE_CHANNEL,
    show_default=True,
    callback=options.id_of,
    help="Through which channel.",
)
@click.pass_obj
def submit(settings: Settings, payouts: tuple[PayoutId, ...], channel: str) -> None:
    """Submit approved payouts of a channel, these or all, without a file.

    Stored value is paid at once.  Of any other channel only a result says what became of it.
    """
    key = settings.key_once("submit")
    with changing(settings) as tx:
        report, orders = _submitted(tx, settings, channel, payouts, key)
    finish([batch_table(key, channel, orders, None)], settings, report.refused)


@payout.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@SOME_PAYOUTS
@click.option(
    "--channel",
    metavar="CHANNEL",
    default=BANK,
    show_default=True,
    callback=options.id_of,
    help="Through which channel.",
)
@click.pass_obj
def export(settings: Settings, file: Path, payouts: tuple[PayoutId, ...], channel: str) -> None:
    """Write a bank file of approved payouts, these or all, and submit them.

    The file has whole account numbers and is for the bank alone.  A payout that it can't hold exactly is
    refused and stays approved.  The batch is the key: under it the same file is written again, and no
    other.
    """
    if channel == STORED_VALUE_CHANNEL:
        raise click.UsageError(f"{channel} is paid at once, without a file: use payout submit")
    key = settings.key_once("export")
    with _place(file, settings) as write, changing(settings) as tx:
        report, orders = _submitted(tx, settings, channel, payouts, key, unfit)
        if orders:
            write(bank_file(orders))
    if not orders:
        say(f"nothing to submit through {channel}: no file was written")
    finish([batch_table(key, channel, orders, str(file))], settings, report.refused)


@payout.command()
@click.argument("path", metavar="[FILE]", required=False, type=TABLE_FILE)
@ignoring
@click.option(
    "--payout", "id", metavar="PAYOUT", callback=options.id_of, help="Without FILE: of which payout."
)
@click.option(
    "--outcome", type=click.Choice([each.value for each in Outcome]), help="Without FILE: what became of it."
)
@click.option("--amount", metavar="AMOUNT", help="Without FILE: the amount that the provider says.")
@click.option(
    "--event",
    metavar="ID",
    callback=options.id_of,
    help="Without FILE: the provider's id of what it told.  [default: payout and outcome]",
)
@click.option(
    "--happened-at",
    metavar="INSTANT",
    callback=options.instant_of,
    help="Without FILE: when.  [default: --at]",
)
@click.option(
    "--reason", metavar="TEXT", default="", callback=options.text_of, help="Without FILE: why it failed."
)
@click.pass_obj
def result(
    settings: Settings,
    path: Path | None,
    ignored: Sequence[str],
    id: PayoutId | None,
    outcome: str | None,
    amount: str | None,
    event: EventId | None,
    happened_at: Instant | None,
    reason: str,
) -> None:
    """Take what a provider says of payouts, from a file or of one by options.

    Columns: event_id, payout_id, payee_id, currency, amount, outcome (succeeded, failed or unknown),
    happened_at; optional reason.  An event counts once, and what it says must be as the payout says.  What
    has failed is payable again; what is unknown stays reserved until the provider knows.
    """
    if path is not None:
        if {id, outcome, amount, event, happened_at} != {None}:
            raise click.UsageError("a FILE says it all: leave the options out")
        import_items(settings, path, _RESULT, ignored).finish(settings, RESULT)
        return
    if id is None or outcome is None or amount is None:
        raise click.UsageError("give a FILE, or --payout, --outcome and --amount")
    with changing(settings) as tx:
        known = engine.payout_of(tx, id).payout
        told = ProviderEvent(
            event or EventId(f"told:{digest((id, outcome)).hex()}"),
            id,
            known.payee,
            known.currency,
            amount_in(amount, known.currency, "--amount"),
            Outcome(outcome),
            happened_at or settings.at,
            reason,
        )
        key = settings.key_of("event", told)
        record = engine.take_event(tx, told, at=settings.at, actor=settings.actor, key=key)
        table = payout_table(tx, [record], settings)
    finish([table], settings)


@payout.command(name="list")
@click.option(
    "--state", type=click.Choice([each.value for each in PayoutState]), help="Only payouts in this state."
)
@click.option("--payee", metavar="MEMBER", callback=options.id_of, help="Only payouts to this member.")
@click.option(
    "--channel", metavar="CHANNEL", callback=options.id_of, help="Only payouts through this channel."
)
@click.pass_obj
def list_(settings: Settings, state: str | None, payee: MemberId | None, channel: str | None) -> None:
    """List payouts, by id, with accounts masked."""
    wanted = None if state is None else PayoutState(state)
    with reading(settings) as tx:
        policy_of(tx)
        found = [
            each
            for each in _of(tx, wanted, payee)
            if wanted in {None, each.state} and channel in {None, each.payout.channel}
        ]
        table = payout_table(tx, found, settings)
    show([table], settings.format)


@payout.command(name="show")
@PAYOUT
@click.pass_obj
def show_(settings: Settings, payout: PayoutId) -> None:
    """Show the life of a payout, and which closings its money came from."""
    with reading(settings) as tx:
        record = engine.payout_of(tx, payout)
        of = record.payout
        sources = [each for each in engine.payout_sources(tx, of.payee, of.currency) if each.payout == payout]
        tables = [
            payout_table(tx, [record], settings),
            step_table(record),
        ]
    show([*tables, source_table(sources, of.currency)], settings.format)


def _of(tx: Transaction, state: PayoutState | None, payee: MemberId | None) -> Iterable[PayoutRecord]:
    if payee is not None:
        return tx.payouts.of_payee(payee)
    return tx.payouts.all() if state is None else tx.payouts.in_state(state)


def _payable(tx: Transaction, payout: PayoutId, payee: MemberId, currency: Currency) -> int:
    """Return all that is payable; of a payout that was requested already what it was for."""
    before = tx.payouts.find([payout]).get(payout)
    if before is not None:
        return before.payout.amount_minor
    balance = tx.balances.of([payee], currency).get(payee)
    if balance is None or not balance.withdrawable_minor:
        raise InputError.of("AMOUNT", f"{payee} has nothing payable in {currency}", "settle a period first")
    return balance.withdrawable_minor


def _requested(
    tx: Transaction, settings: Settings, prefix: str, payees: Sequence[MemberId], currency: Currency
) -> Report[PayoutRecord]:
    """Ask for all that these payees have payable, unless a payout of that id is there already."""
    done: list[PayoutRecord] = []
    refused: list[Refused] = []
    problems: list[Problem] = []
    repeated = 0
    ids = {payee: PayoutId(f"{prefix}/{payee}") for payee in payees}
    present = tx.payouts.find(list(ids.values()))
    for payee, balance in tx.balances.of(payees, currency).items():
        id, amount = ids[payee], balance.withdrawable_minor
        if not amount:
            repeated += id in present
            continue
        if id in present:
            payable = format_minor(amount, currency)
            refused.append(
                Refused(payee, PREFIX_USED.refuse(payee=payee, payable=payable, payout=id, currency=currency))
            )
            continue
        key = settings.key_each("request payout", id)
        try:
            record = engine.request_payout(
                tx, id, payee, currency, amount, at=settings.at, actor=settings.actor, key=key
            )
            done.append(record)
        except RefusedError as error:
            refused.append(Refused(payee, error.refusal))
        except InputError as error:  # the id is too long
            problems.extend(error.problems)
    return Report(tuple(done), repeated, tuple(refused), tuple(problems))


def _each(settings: Settings, ids: Sequence[PayoutId], verb: str, do: Callable[..., PayoutRecord]) -> None:
    """Do something with each of some payouts: what is refused does not stop the others."""
    done: list[PayoutRecord] = []
    refused: list[Refused] = []
    with changing(settings) as tx:
        for id in dict.fromkeys(ids):
            try:
                key = settings.key_each(verb, id)
                done.append(do(tx, id, at=settings.at, actor=settings.actor, key=key))
            except RefusedError as error:
                refused.append(Refused(id, error.refusal))
        table = payout_table(tx, done, settings)
    finish([table], settings, refused)


def _submitted(
    tx: Transaction,
    settings: Settings,
    channel: str,
    ids: Sequence[PayoutId],
    key: str,
    unfit: engine.Unfit | None = None,
) -> tuple[Report[PayoutOrder], Sequence[PayoutOrder]]:
    """Submit payouts; return what became of them, and the orders of the batch, now or before."""
    policy_of(tx)
    report = engine.submit_payouts(
        tx, channel, ids or None, at=settings.at, actor=settings.actor, key=key, unfit=unfit
    )
    return report, engine.submitted_orders(tx, key)


def _place(file: Path, settings: Settings) -> AbstractContextManager[Write]:
    """Give what writes the file; a dry run writes none, and is refused where a real one would be."""
    if settings.dry_run:
        return nullcontext(partial(refuse_other, file))
    return new_file(file)


def _told(record: PayoutRecord) -> tuple[Cell, ...]:
    payout = record.payout
    return (
        payout.id,
        payout.payee,
        format_minor(payout.amount_minor, payout.currency),
        payout.currency,
        record.state.value,
    )


RESULT = columns("payout payee amount currency state", "amount")
_RESULT: Final = Items("results", RESULTS, read_results, engine.take_events, "event", _told)
