"""`distcore import`: members, sales, corrections, opening balances and adjustments from CSV or Parquet.

Whatever is good goes in, batch by batch, each in a transaction of its own; what is bad is refused whole,
and said with its place in the file.  Running a file again imports only what is new.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

import click
from attrs import frozen

from distcore.commission import Formulas, Posting, PriceCorrection, Refund
from distcore.commission import refusals as no
from distcore.engine import (
    Completion,
    accrue_all,
    adjust_all,
    cancel_all,
    complete_all,
    correct_price_all,
    join_all,
    open_balances,
    refund_all,
)
from distcore.engine.accrue import policy_of
from distcore.kernel import (
    Currency,
    DistcoreError,
    Refused,
    Report,
    SaleId,
    format_instant,
    format_minor,
)
from distcore.ports import Transaction
from distcore.referral import Member, Newcomer, in_joining_order
from distcore.settlement import Adjustment, Opening
from distcore_cli import options, progress
from distcore_cli.cells import Placed
from distcore_cli.collecting import collecting_rarely
from distcore_cli.failures import REFUSED
from distcore_cli.formulas import formulas_of
from distcore_cli.interchange import (
    CANCELLATIONS,
    MEMBERS,
    PRICES,
    REFUNDS,
    PriceRows,
    RefundRows,
    price_in,
    read_cancellations,
    read_members,
    read_prices,
    read_refunds,
    refund_in,
)
from distcore_cli.money_files import ADJUSTMENTS, OPENINGS, read_adjustments, read_openings
from distcore_cli.orders import told_when
from distcore_cli.problems import Problems
from distcore_cli.render import Cell, columns, say
from distcore_cli.sales_file import SALES, Order, SalesFile
from distcore_cli.settings import Settings
from distcore_cli.table_file import Columns, TableFile, open_table
from distcore_cli.tally import Tally
from distcore_cli.wiring import batches, reading

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", RefundRows, PriceRows)
C = TypeVar("C", Refund, PriceCorrection)

Counted: TypeAlias = tuple[Mapping[str, int], Sequence[Report[Any]]]
"""What became of a batch, and where in the file its items stand."""

ITEMS_MAX: Final = 1_500
"""Orders, refunds or cancellations of one transaction: bounds memory, and what a rollback loses."""

LINES_MAX: Final = 20_000
"""Lines of the orders of one transaction, where orders are large."""

MEMBERS_MAX: Final = 10_000
"""Members of one transaction; each batch loads all who stand above its members."""

POSTED = columns("order cause line payee level amount currency", "level amount")
JOINED = columns("member sponsor joined_at tier status")
OPENED = columns("opening payee amount currency frozen_until", "amount")
ADJUSTED = columns("adjustment payee amount currency reason", "amount")


@frozen
class Items(Generic[T]):
    """A kind of file whose rows are the items of a batch: how it is read, and which verb takes them.

    `key` is the first part of their keys, `row_of` what a dry run shows.  With `by_id` an item is taken once
    under its id; without, it takes the place of what is there.
    """

    what: str
    known: Columns
    read: Callable[[TableFile, Problems], list[Placed[T]]]
    verb: Callable[..., Report[Any]]
    key: str
    row_of: Callable[[Any], tuple[Cell, ...]]
    id_of: Callable[[T], str] = attrgetter("id")
    by_id: bool = True


@click.group(name="import", cls=options.InOrder)
def import_files() -> None:
    """Import members, sales, corrections, opening balances or adjustments from a file.

    Columns are found by name, amounts are decimals in major units.  CSV is UTF-8 with a header, instants
    are ISO 8601 with offset, and a name that ends in .gz is unpacked.  A name that ends in .parquet is
    Parquet: amounts are decimals, integers or text, instants have a time zone.  What is bad is refused
    whole and reported with line and column, the rest goes in; running it again imports only what is new.
    """


TABLE_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
"""The type of an argument that names a file with rows."""


def of_file(command: F) -> F:
    """Add what every import takes: a file, and which columns of it mean nothing here."""
    return click.argument("path", metavar="FILE", type=TABLE_FILE)(ignoring(command))


def ignoring(command: F) -> F:
    """Add the option that says which columns of a file mean nothing here."""
    return click.option(
        "--ignore-columns",
        "ignored",
        metavar="NAMES",
        multiple=True,
        callback=options.names_of,
        help="Columns to leave out, with commas between; any other unknown column is an error.",
    )(command)


@import_files.command()
@of_file
@click.pass_obj
def members(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import members, in any order of rows.

    Columns: member_id, sponsor_id (empty for a root), joined_at; optional tier and status (active,
    suspended or terminated).
    """
    import_members(settings, path, ignored).finish(settings, JOINED)


@import_files.command()
@of_file
@click.pass_obj
def sales(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import sales, one row a line, and accrue them in the same transaction.

    Columns: order_id, line_id, buyer_id, sku, units, net, currency, paid_at; optional promoter_id,
    category (a/b/c), list, cost, tax, region, channel, brand, tags (a|b), buyer_group, completed_at.
    Buyer, promoter, currency, region, channel, group and instants are the same on all lines of an order.
    """
    import_sales(settings, path, ignored).finish(settings, POSTED)


@import_files.command()
@of_file
@click.pass_obj
def refunds(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import refunds, one row a line; units may be 0 for money alone.

    Columns: refund_id, order_id, line_id, units, amount, refunded_at; optional repeats: the refund that a
    chargeback repeats.
    """
    import_refunds(settings, path, ignored).finish(settings, POSTED)


@import_files.command()
@of_file
@click.pass_obj
def prices(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import price corrections, one row a line: what it should have been sold for, more or less.

    What went back of a line stays: its net can't be below that.  Columns: correction_id, order_id, line_id,
    net (of all units, before any refund), corrected_at.
    """
    import_prices(settings, path, ignored).finish(settings, POSTED)


@import_files.command()
@of_file
@click.pass_obj
def cancellations(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import cancellations: nothing is left of these orders.

    Columns: order_id, cancelled_at.
    """
    import_cancellations(settings, path, ignored).finish(settings, POSTED)


@import_files.command()
@of_file
@click.pass_obj
def openings(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import opening balances: what payees were owed, or owed, in another system.

    Each once, before the first closing of its currency.  Columns: opening_id, payee_id, currency, amount
    (with a minus where the payee owes), provenance (where it stands there), valid_at; optional
    frozen_until, the end of a freeze that still runs.
    """
    import_items(settings, path, _OPENING, ignored).finish(settings, OPENED)


@import_files.command()
@of_file
@click.pass_obj
def adjustments(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Import adjustments: amounts that somebody gives or takes by decision.

    Columns: adjustment_id, payee_id, currency, amount (with a minus it is taken), reason, authority
    (somebody else than --actor), valid_at.
    """
    import_items(settings, path, _ADJUSTMENT, ignored).finish(settings, ADJUSTED)


def import_members(settings: Settings, path: Path, ignored: Sequence[str] = ()) -> Tally:
    """Read a file of members and let them join, sponsors first."""
    file, problems, tally = _begun(settings, "members", path, MEMBERS, ignored)
    found = read_members(file, problems)
    line_of: dict[str, int] = {placed.item.id: placed.line for placed in found}
    ordered = list(in_joining_order(placed.item for placed in found))
    found.clear()

    def join(tx: Transaction, newcomers: Sequence[Newcomer]) -> Counted:
        report = join_all(tx, newcomers, at=settings.at, actor=settings.actor, key=settings.prefix("join"))
        if settings.dry_run:
            tally.show_first([_joined(member) for member in report.done])
        return line_of, [report]

    _run(settings, tally, _cut(ordered, MEMBERS_MAX), len(ordered), join)
    return tally


def import_sales(settings: Settings, path: Path, ignored: Sequence[str] = ()) -> Tally:
    """Read a file of sales; accrue each order, and complete it if it says so."""
    file, problems, tally = _begun(settings, "sales", path, SALES, ignored)
    found, formulas = SalesFile(file, problems, at=settings.at), formulas_of(settings)
    with progress.shown(file.source.unit, file.source.size) as steps:
        found.count(steps)

    def book(tx: Transaction, batch: Sequence[Placed[Order]]) -> Counted:
        line_of: dict[str, int] = {placed.item.sale.id: placed.line for placed in batch}
        booked, completed = _booked(tx, settings, [placed.item for placed in batch], formulas)
        completed = told_when(tx, completed)
        if settings.dry_run and tally.wants_rows:
            currencies = {placed.item.sale.id: placed.item.sale.currency for placed in batch}
            tally.show_first([row for each in booked.done for row in _posted(each, currencies)])
        return line_of, [booked, Report(refused=completed.refused, problems=completed.problems)]

    _run(settings, tally, _cut_orders(found.read()), found.orders, book)
    return tally


def import_refunds(settings: Settings, path: Path, ignored: Sequence[str] = ()) -> Tally:
    """Read a file of refunds and post them in the order in which they happened."""
    file, problems, tally = _begun(settings, "refunds", path, REFUNDS, ignored)
    kind = _OfOrders(partial(refund_in, file), refund_all, "refund")
    return _import_of_orders(settings, tally, problems, read_refunds(file, problems), kind)


def import_prices(settings: Settings, path: Path, ignored: Sequence[str] = ()) -> Tally:
    """Read a file of price corrections and post them in the order in which they happened."""
    file, problems, tally = _begun(settings, "prices", path, PRICES, ignored)
    kind = _OfOrders(partial(price_in, file), correct_price_all, "price")
    return _import_of_orders(settings, tally, problems, read_prices(file, problems), kind)


@frozen
class _OfOrders(Generic[R, C]):
    """Corrections whose amounts are in the currencies of their orders."""

    item_in: Callable[[Placed[R], Currency, Problems], C | None]
    verb: Callable[..., Report[Posting]]
    key: str


def _import_of_orders(
    settings: Settings, tally: Tally, problems: Problems, found: Sequence[Placed[R]], kind: _OfOrders[R, C]
) -> Tally:
    formulas = formulas_of(settings)

    def post(tx: Transaction, batch: Sequence[Placed[R]]) -> Counted:
        line_of: dict[str, int] = {placed.item.id: placed.line for placed in batch}
        currencies = _currencies(tx, {placed.item.sale for placed in batch})
        good: list[C] = []
        unknown: list[Refused] = []
        for placed in batch:
            sale = placed.item.sale
            if sale not in currencies:
                unknown.append(Refused(placed.item.id, no.SALE_UNKNOWN.refuse(sale=sale)))
            elif (item := kind.item_in(placed, currencies[sale], problems)) is not None:
                good.append(item)
        key = settings.prefix(kind.key)
        report = kind.verb(tx, good, at=settings.at, actor=settings.actor, key=key, formulas=formulas)
        if settings.dry_run:
            tally.show_first([row for each in report.done for row in _posted(each, currencies)])
        return line_of, [Report(refused=tuple(unknown)), report]

    _run(settings, tally, _cut(found, ITEMS_MAX), len(found), post)
    return tally


def import_cancellations(settings: Settings, path: Path, ignored: Sequence[str] = ()) -> Tally:
    """Read a file of cancellations and post them."""
    file, problems, tally = _begun(settings, "cancellations", path, CANCELLATIONS, ignored)
    found = read_cancellations(file, problems)
    line_of: dict[str, int] = {placed.item.sale: placed.line for placed in found}
    who: dict[str, Any] = {"at": settings.at, "actor": settings.actor, "formulas": formulas_of(settings)}

    def post(tx: Transaction, batch: Sequence[Placed[Any]]) -> Counted:
        items = [placed.item for placed in batch]
        report = cancel_all(tx, items, **who, key=settings.prefix("cancel"))
        if settings.dry_run:
            currencies = _currencies(tx, {posting.sale for posting in report.done})
            tally.show_first([row for each in report.done for row in _posted(each, currencies)])
        return line_of, [report]

    _run(settings, tally, _cut(found, ITEMS_MAX), len(found), post)
    return tally


def import_items(settings: Settings, path: Path, kind: Items[Any], ignored: Sequence[str] = ()) -> Tally:
    """Read a file whose rows are the items of a batch, and give them to its verb."""
    file, problems, tally = _begun(settings, kind.what, path, kind.known, ignored, by_id=kind.by_id)
    found = kind.read(file, problems)
    line_of: dict[str, int] = {kind.id_of(placed.item): placed.line for placed in found}
    key = settings.prefix(kind.key) if kind.by_id else settings.prefix_once(kind.key)

    def post(tx: Transaction, batch: Sequence[Placed[Any]]) -> Counted:
        items = [placed.item for placed in batch]
        report = kind.verb(tx, items, at=settings.at, actor=settings.actor, key=key)
        if settings.dry_run:
            tally.show_first([kind.row_of(each) for each in report.done])
        return line_of, [report]

    _run(settings, tally, _cut(found, ITEMS_MAX), len(found), post)
    return tally


def _begun(
    settings: Settings, what: str, path: Path, known: Columns, ignored: Sequence[str], *, by_id: bool = True
) -> tuple[TableFile, Problems, Tally]:
    """Open a file, and make sure that there is a shop to which it can go."""
    file, problems = open_table(path, known, ignored), Problems()
    with reading(settings) as tx:
        policy_of(tx)
    return file, problems, Tally(what, problems, file, by_id=by_id)


def _run(
    settings: Settings,
    tally: Tally,
    found: Iterable[Sequence[T]],
    total: int,
    work: Callable[[Transaction, Sequence[T]], Counted],
) -> None:
    """Do the batches, each in its transaction, and count each when it is over: a COMMIT may fail, too.

    An error of the store or Ctrl-C says what was done before it.
    """
    with collecting_rarely(), batches(settings) as begin, progress.shown(tally.what, total) as steps:
        try:
            for batch in found:
                with begin() as tx:
                    line_of, reports = work(tx, batch)
                for report in reports:
                    tally.add(report, line_of)
                steps.advance(len(batch))
        except DistcoreError:
            if tally.began:
                tally.show(settings)
            raise
        except KeyboardInterrupt:
            tally.show(settings)
            if not settings.dry_run:
                say(f"interrupted: {tally.done} {tally.what} went in and stay; run it again for the rest")
            click.get_current_context().exit(REFUSED)


def _booked(
    tx: Transaction, settings: Settings, orders: Sequence[Order], formulas: Formulas
) -> tuple[Report[Posting], Report[Completion]]:
    """Accrue orders, and complete those that were taken, now or before, and say when they were completed."""
    who: dict[str, Any] = {"at": settings.at, "actor": settings.actor}
    sales = [order.sale for order in orders]
    booked = accrue_all(tx, sales, **who, key=settings.prefix("accrue"), formulas=formulas)
    refused = {each.item for each in booked.refused}
    completions = [
        Completion(order.sale.id, order.completed_at)
        for order in orders
        if order.completed_at is not None and order.sale.id not in refused
    ]
    return booked, complete_all(tx, completions, **who, key=settings.prefix("complete"))


def _cut(found: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (found[start : start + size] for start in range(0, len(found), size))


def _cut_orders(found: Iterable[Placed[Order]]) -> Iterator[list[Placed[Order]]]:
    """Yield orders in batches that are bounded by orders and by lines."""
    batch: list[Placed[Order]] = []
    lines = 0
    for placed in found:
        batch.append(placed)
        lines += len(placed.item.sale.lines)
        if len(batch) >= ITEMS_MAX or lines >= LINES_MAX:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def _currencies(tx: Transaction, sales: set[SaleId]) -> dict[SaleId, Currency]:
    return {id: record.booking.sale.currency for id, record in tx.sales.find(sorted(sales)).items()}


def _posted(posting: Posting, currencies: dict[Any, Currency]) -> Iterator[tuple[Cell, ...]]:
    currency = currencies[posting.sale]
    for each in posting.accruals:
        amount = format_minor(each.amount_minor, currency)
        yield (posting.sale, posting.cause, each.line, each.payee, each.level, amount, currency)


def _joined(member: Member) -> tuple[Cell, ...]:
    return (member.id, member.sponsor, format_instant(member.joined_at), member.tier, member.state.value)


def _opened(opening: Opening) -> tuple[Cell, ...]:
    until = None if opening.frozen_until is None else format_instant(opening.frozen_until)
    amount = format_minor(opening.amount_minor, opening.currency)
    return (opening.id, opening.payee, amount, opening.currency, until)


def _adjusted(adjustment: Adjustment) -> tuple[Cell, ...]:
    amount = format_minor(adjustment.amount_minor, adjustment.currency)
    return (adjustment.id, adjustment.payee, amount, adjustment.currency, adjustment.reason)


_OPENING: Final = Items("openings", OPENINGS, read_openings, open_balances, "opening", _opened)
_ADJUSTMENT: Final = Items("adjustments", ADJUSTMENTS, read_adjustments, adjust_all, "adjust", _adjusted)
