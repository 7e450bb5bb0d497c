"""`distcore group`: buyers come together, and what came to nothing is dropped and owed."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

import click

from distcore import engine
from distcore.codec import load_cart, load_group_sale
from distcore.coupons import CouponId
from distcore.groups import Group, GroupId, GroupSale, GroupSaleId, Place
from distcore.kernel import RefusedError, SaleId, format_minor
from distcore.ports import Transaction
from distcore.pricing import Quote, Wanted, price_refusal, terms_of
from distcore_cli import options
from distcore_cli.documents import FILE, read_document
from distcore_cli.money import amount_from_zero
from distcore_cli.render import Cell, Table, columns, instant_cell, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

SALES: Final = columns(
    "group_sale currency size hours per_member_max fill_from valid_from valid_until",
    "size hours per_member_max fill_from",
)
GROUPS: Final = columns("group group_sale state taken size opened_at closes_at", "taken size")
PLACES: Final = columns("order group member state paid currency", "paid")
PRICES: Final = columns("order currency payable terms", "payable")

Agreement: TypeAlias = tuple[bytes, int]
"""What a buyer agreed to: the hash of the terms, and the minor units to be paid."""

ORDER: Final = click.argument("order", metavar="ORDER", callback=options.id_of)
COUPONS: Final = click.option(
    "--coupon",
    "coupons",
    metavar="COUPON",
    multiple=True,
    callback=options.ids_of,
    help="A coupon of the member, one for each offer that the cart names under coupons; may be repeated.",
)
AGREED: Final = click.option(
    "--agreed",
    metavar="AMOUNT",
    help="What the buyer agreed to pay, as a quote said; with --terms.  [default: what it costs]",
)
TERMS: Final = click.option(
    "--terms", metavar="HASH", callback=options.hash_of, help="The terms of that quote; with --agreed."
)
GROUP: Final = click.argument("group", metavar="GROUP", callback=options.id_of)


@click.group(name="group", cls=options.InOrder)
def group_buying() -> None:
    """Set group sales, open and join groups, close those that are over, and say what is owed."""


@group_buying.command()
@FILE
@click.pass_obj
def check(settings: Settings, file: Path) -> None:
    """Check a group-sale document, TOML or JSON; no store is needed.

    All that is wrong is reported at once, each with its path; then the exit code is 1.
    """
    show([_sale(read_document(file, load_group_sale))], settings.format)


@group_buying.command(name="set")
@FILE
@click.pass_obj
def set_(settings: Settings, file: Path) -> None:
    """Set a group sale, TOML or JSON, in the place of the one with its id.

    Groups that are open keep what they were opened with.  What the goods cost in a group is said by price
    lists whose audience names the group sale.
    """
    value = read_document(file, load_group_sale)
    with changing(settings) as tx:
        key = settings.key_once("group sale")
        engine.set_group_sale(tx, value, at=settings.at, actor=settings.actor, key=key)
    show([_sale(value)], settings.format)
    say_dry_run(settings)


@group_buying.command(name="open")
@FILE
@ORDER
@COUPONS
@AGREED
@TERMS
@click.pass_obj
def open_(
    settings: Settings,
    file: Path,
    order: SaleId,
    coupons: tuple[CouponId, ...],
    agreed: str | None,
    terms: bytes | None,
) -> None:
    """Place an order that is paid, and open a group with it.

    FILE is a cart document, TOML or JSON, of a member, that names its group sale.  The order costs what the
    cart costs at --at; where --agreed and --terms say what the buyer saw, and it is not that, it is refused.
    So is a cart that has neither a price of its group sale nor an offer for it.  An order that was placed
    before is as it was; another cart or other coupons are refused.
    """
    wanted = read_document(file, load_cart)
    agreement = _agreement(wanted, agreed, terms)
    with changing(settings) as tx:
        price = _place(tx, settings, order, wanted, coupons, agreement)
        key = settings.key_of("open group", order)
        found = engine.open_group(tx, order, at=settings.at, actor=settings.actor, key=key)
        tables = _tables(tx, found.id)
    _show(settings, [*tables, _price(order, price)])


@group_buying.command()
@GROUP
@FILE
@ORDER
@COUPONS
@AGREED
@TERMS
@click.pass_obj
def join(
    settings: Settings,
    group: GroupId,
    file: Path,
    order: SaleId,
    coupons: tuple[CouponId, ...],
    agreed: str | None,
    terms: bytes | None,
) -> None:
    """Place an order that is paid, and join a group with it; with the last one it has succeeded.

    FILE, coupons and what was agreed to are as for `open`.  Where the group can't be joined, nothing is
    placed.
    """
    wanted = read_document(file, load_cart)
    agreement = _agreement(wanted, agreed, terms)
    with changing(settings) as tx:
        price = _place(tx, settings, order, wanted, coupons, agreement)
        key = settings.key_of("join group", order)
        engine.join_group(tx, group, order, at=settings.at, actor=settings.actor, key=key)
        tables = _tables(tx, group)
    _show(settings, [*tables, _price(order, price)])


@group_buying.command()
@ORDER
@click.pass_obj
def leave(settings: Settings, order: SaleId) -> None:
    """Take an order out of a group that is open: it is dropped, and what was paid is owed."""
    with changing(settings) as tx:
        key = settings.key_of("leave group", order)
        place = engine.leave_group(tx, order, at=settings.at, actor=settings.actor, key=key)
        tables = _tables(tx, place.group)
    _show(settings, tables)


@group_buying.command()
@click.pass_obj
def expire(settings: Settings) -> None:
    """Close all groups whose time is over at --at.

    The shop fills those for which their sale says so; the others expire, their orders are dropped, and what
    was paid is owed.  Running it again closes what is over since.
    """
    found: list[Group] = []
    prefix = settings.prefix_once("close groups")
    for number in count(1):
        with changing(settings) as tx:
            key = f"{prefix}/{number}"
            closed = engine.close_groups(tx, at=settings.at, actor=settings.actor, key=key)
            ids = sorted([*closed.succeeded, *closed.expired])
            found += [engine.group_of(tx, id)[0] for id in ids]
        if len(ids) < engine.GROUPS_MAX or settings.dry_run:
            break
    show([_groups(found)], settings.format)
    say_dry_run(settings)


@group_buying.command()
@click.pass_obj
def owed(settings: Settings) -> None:
    """List the orders for which something is owed, because their group came to nothing, or they left it."""
    with reading(settings) as tx:
        table = _places(tx, list(tx.groups.owed()))
    show([table], settings.format)


@group_buying.command()
@ORDER
@click.pass_obj
def repaid(settings: Settings, order: SaleId) -> None:
    """Say that what was owed for an order was paid back."""
    with changing(settings) as tx:
        key = settings.key_of("repaid", order)
        place = engine.say_repaid(tx, order, at=settings.at, actor=settings.actor, key=key)
        table = _places(tx, [place])
    _show(settings, [table])


@group_buying.command(name="list")
@click.argument("sale", metavar="SALE", callback=options.id_of)
@click.pass_obj
def list_(settings: Settings, sale: GroupSaleId) -> None:
    """List the groups of a group sale, and how many are in each."""
    with reading(settings) as tx:
        found = list(tx.groups.of_sale(sale))
    show([_groups(found)], settings.format)


def _agreement(wanted: Wanted, agreed: str | None, terms: bytes | None) -> Agreement | None:
    """Return what a buyer agreed to, if it is said."""
    if agreed is None and terms is None:
        return None
    if agreed is None or terms is None:
        raise click.UsageError("give --agreed and --terms together: a quote says both")
    return terms, amount_from_zero(agreed, wanted.currency, "--agreed")


def _place(
    tx: Transaction,
    settings: Settings,
    order: SaleId,
    wanted: Wanted,
    coupons: tuple[CouponId, ...],
    agreement: Agreement | None,
) -> Quote:
    """Place an order for what its buyer agreed to, or what its cart costs now; return what it costs.

    One that was placed before with the same is as it was.
    """
    placed = engine.placed_as(tx, order, wanted, coupons)
    if placed is not None:
        refusal = None if agreement is None else price_refusal(placed.quote, *agreement)
        if refusal is not None:
            raise RefusedError(refusal)
        return placed.quote
    key = settings.key_each("place order", order)
    if agreement is None:
        seen = engine.quote_cart(tx, wanted, at=settings.at)
        agreement = terms_of(seen), seen.payable_minor
    terms_hash, agreed_minor = agreement
    return engine.place_order(
        tx,
        order,
        wanted,
        terms_hash,
        agreed_minor=agreed_minor,
        coupons=coupons,
        at=settings.at,
        actor=settings.actor,
        key=key,
    )


def _tables(tx: Transaction, id: GroupId) -> list[Table]:
    group, places = engine.group_of(tx, id)
    return [_groups([group]), _places(tx, places)]


def _show(settings: Settings, tables: list[Table]) -> None:
    show(tables, settings.format)
    say_dry_run(settings)


def _groups(found: Sequence[Group]) -> Table:
    rows: list[Sequence[Cell]] = [
        (
            each.id,
            each.sale,
            each.state.value,
            each.taken,
            each.size,
            instant_cell(each.opened_at),
            instant_cell(each.closes_at),
        )
        for each in found
    ]
    return Table("groups", GROUPS, rows)


def _places(tx: Transaction, places: Sequence[Place]) -> Table:
    currencies = {id: engine.group_of(tx, id)[0].currency for id in {place.group for place in places}}
    rows: list[Sequence[Cell]] = [
        (
            each.order,
            each.group,
            each.member,
            each.state.value,
            format_minor(each.paid_minor, currencies[each.group]),
            currencies[each.group],
        )
        for each in places
    ]
    return Table("places", PLACES, rows)


def _price(order: SaleId, found: Quote) -> Table:
    payable = format_minor(found.payable_minor, found.currency)
    return Table("order", PRICES, [(order, found.currency, payable, terms_of(found).hex())])


def _sale(value: GroupSale) -> Table:
    row = (
        value.id,
        value.currency,
        value.size,
        value.hours,
        value.per_member_max,
        value.fill_from,
        instant_cell(value.valid_from),
        instant_cell(value.valid_until),
    )
    return Table("group_sale", SALES, [row])
