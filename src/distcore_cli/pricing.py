"""`distcore offer`, `price`, `freight` and `points`: what a merchant decides about prices, from documents."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from attrs import evolve

from distcore.codec import load_freight, load_offer, load_points, load_price_list
from distcore.codec.kinds import KIND_OF
from distcore.engine import set_freight, set_offer, set_points, set_price_list
from distcore.kernel import Instant, format_minor
from distcore.pricing import (
    FreightTemplate,
    Numbered,
    Offer,
    PointsIn,
    PriceList,
    Schedule,
    price_list_problems,
)
from distcore_cli import options
from distcore_cli.documents import FILE, read_document
from distcore_cli.problems import Problems
from distcore_cli.products_file import PRICES_OF_LIST, add_price_problems, read_prices_of_list
from distcore_cli.render import Cell, Table, columns, instant_cell, show, yes_or_no
from distcore_cli.settings import Settings
from distcore_cli.table_file import open_table
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

OFFERS: Final = columns(
    "offer number currency effect stage priority group exclusive by_coupon valid_from valid_until",
    "number priority",
)
LISTS: Final = columns(
    "price_list currency priority products prices valid_from valid_until", "priority products prices"
)

PRICES: Final = click.option(
    "--prices",
    "prices",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="More prices, a row each: columns sku, price, and from_units where it depends on the quantity.",
)


@click.group(cls=options.InOrder)
def offer() -> None:
    """Check, set and list offers."""


@offer.command()
@FILE
@click.pass_obj
def check(settings: Settings, file: Path) -> None:
    """Check an offer document, TOML or JSON; no store is needed.

    All that is wrong is reported at once, each with its path; then the exit code is 1.
    """
    show([_offers([Numbered(0, read_document(file, load_offer))]).only(_UNNUMBERED)], settings.format)


@offer.command(name="set")
@FILE
@click.pass_obj
def set_(settings: Settings, file: Path) -> None:
    """Set an offer, TOML or JSON: from now on it holds, in the place of the one with its id.

    What held before is kept.  An offer ends when it is set again with a valid_until; one that is set again
    as it is changes nothing.
    """
    value = read_document(file, load_offer)
    with changing(settings) as tx:
        set_offer(tx, value, at=settings.at, actor=settings.actor, key=settings.key_once("offer"))
        number = [each for each in tx.terms.current().offers if each.value.id == value.id]
    show([_offers(number)], settings.format)
    say_dry_run(settings)


@offer.command(name="list")
@click.option("--in-force", is_flag=True, help="Only those that have begun and are not over at --at.")
@click.pass_obj
def list_(settings: Settings, *, in_force: bool) -> None:
    """List the offers of the shop, each as it was set last."""
    with reading(settings) as tx:
        found = tx.terms.current().offers
    held = [each for each in found if not in_force or _holds(each.value.schedule, settings.at)]
    show([_offers(held)], settings.format)


@click.group(cls=options.InOrder)
def price() -> None:
    """Check and set price lists."""


@price.command(name="check")
@FILE
@PRICES
@click.pass_obj
def check_prices(settings: Settings, file: Path, prices: Path | None) -> None:
    """Check a price-list document, TOML or JSON, and a file of more prices; no store is needed.

    All that is wrong is reported at once, each with its place; then the exit code is 1.
    """
    show([_lists([_read_list(file, prices)])], settings.format)


@price.command(name="set")
@FILE
@PRICES
@click.pass_obj
def set_prices(settings: Settings, file: Path, prices: Path | None) -> None:
    """Set a price list with all its prices, in the place of the one with its id; what held before is kept.

    A document has room for some thousand prices; --prices reads up to 100,000 from CSV or Parquet.
    """
    value = _read_list(file, prices)
    with changing(settings) as tx:
        set_price_list(tx, value, at=settings.at, actor=settings.actor, key=settings.key_once("price"))
    show([_lists([value])], settings.format)
    say_dry_run(settings)


@click.group(cls=options.InOrder)
def freight() -> None:
    """Set freight templates."""


@freight.command(name="set")
@FILE
@click.pass_obj
def set_template(settings: Settings, file: Path) -> None:
    """Set a freight template, TOML or JSON, in the place of the one with its id; what held before is kept."""
    value = read_document(file, load_freight)
    with changing(settings) as tx:
        set_freight(tx, value, at=settings.at, actor=settings.actor, key=settings.key_once("freight"))
    show([_template(value)], settings.format)
    say_dry_run(settings)


@click.group(cls=options.InOrder)
def points() -> None:
    """Set what points are worth."""


@points.command(name="set")
@FILE
@click.pass_obj
def set_worth(settings: Settings, file: Path) -> None:
    """Set what points are worth in a currency, by a points-policy, TOML or JSON; what held before is kept."""
    value = read_document(file, load_points)
    with changing(settings) as tx:
        set_points(tx, value, at=settings.at, actor=settings.actor, key=settings.key_once("points"))
    show([_worth(value)], settings.format)
    say_dry_run(settings)


def _read_list(file: Path, prices: Path | None) -> PriceList:
    """Return a price list with the prices of its document, and those of a file."""
    value = read_document(file, load_price_list)
    if prices is None:
        return value
    problems, table = Problems(), open_table(prices, PRICES_OF_LIST)
    more = read_prices_of_list(table, problems, value.currency)
    whole = evolve(value, prices=(*value.prices, *[each.price for each in more]))
    add_price_problems(price_list_problems(whole), table, more, len(value.prices), problems)
    problems.raise_at(1)
    return whole


def _holds(schedule: Schedule, at: Instant) -> bool:
    start, end = schedule.valid_from, schedule.valid_until
    return (start is None or start <= at) and (end is None or at < end)


_UNNUMBERED: Final = [column.name for column in OFFERS if column.name != "number"]


def _offers(offers: Sequence[Numbered[Offer]]) -> Table:
    return Table("offers", OFFERS, [_offer_row(each.number, each.value) for each in offers])


def _offer_row(number: int, value: Offer) -> tuple[Cell, ...]:
    return (
        value.id,
        number,
        value.currency,
        KIND_OF[type(value.effect)],
        value.stage.value,
        value.priority,
        value.group,
        yes_or_no(value.exclusive),
        yes_or_no(value.by_coupon),
        *_times(value.schedule),
    )


def _lists(lists: Sequence[PriceList]) -> Table:
    rows = [
        (
            each.id,
            each.currency,
            each.priority,
            len(each.prices),
            sum(len(price.breaks) for price in each.prices),
            *_times(each.schedule),
        )
        for each in lists
    ]
    return Table("price_lists", LISTS, rows)


def _template(value: FreightTemplate) -> Table:
    rows = [
        (
            value.id,
            value.currency,
            place,
            KIND_OF[type(zone.charge)],
            " ".join(zone.regions),
            None if zone.free_from_minor is None else format_minor(zone.free_from_minor, value.currency),
        )
        for place, zone in enumerate(value.zones, 1)
    ]
    names = "template currency zone charge regions free_from"
    return Table("zones", columns(names, "zone free_from"), rows)


def _worth(value: PointsIn) -> Table:
    policy = value.policy
    amount = format_minor(policy.amount_minor, value.currency)
    row = (value.currency, policy.points, amount, str(policy.most), policy.least)
    return Table("points", columns("currency points amount most least", "points amount least"), [row])


def _times(schedule: Schedule) -> tuple[str | None, str | None]:
    start, end = schedule.valid_from, schedule.valid_until
    return (
        instant_cell(start),
        instant_cell(end),
    )
