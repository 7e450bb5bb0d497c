"""`distcore quote`: what a cart costs, line by line, and why each offer applies or does not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from distcore import engine
from distcore.codec import load_cart
from distcore.kernel import canonical, format_instant, format_minor, limits
from distcore.pricing import ExtraPoints, Gift, LaterCoupon, Measure, Quote, Verdict, terms_of
from distcore_cli import options
from distcore_cli.documents import FILE, read_document
from distcore_cli.render import Cell, Table, as_json_lines, columns, say, show
from distcore_cli.settings import Format, Settings
from distcore_cli.wiring import reading

LINES: Final = columns(
    "line sku units price price_list before off net tax points stored_value",
    "units price before off net tax points stored_value",
)
PASSED: Final = columns("line price_list why units", "units")
OFFS: Final = columns("line offer off", "off")
GIVEN: Final = columns("offer what count", "count")
FREIGHT: Final = columns("template zone amount", "zone amount")
OFFERS: Final = columns("offer result off missing measure blocked", "off missing blocked")
TOTALS: Final = columns(
    "currency goods shipping points by_points by_value payable could_be_less valid_until terms",
    "goods shipping points by_points by_value payable could_be_less",
)
APPLIED: Final = "applied"


@click.command()
@FILE
@click.option(
    "--minutes",
    metavar="N",
    callback=options.whole_of(1, limits.QUOTE_MINUTES_MAX),
    default=str(engine.QUOTE_MINUTES),
    show_default=True,
    help="For how long it is good.",
)
@click.option("--json", "canonically", is_flag=True, help="Write all of it as one line of canonical JSON.")
@click.pass_obj
def quote(settings: Settings, file: Path, minutes: int, *, canonically: bool) -> None:
    """Say what a cart costs at --at, and why.

    FILE is a cart document, TOML or JSON: lines with id, sku and units, the shopper, channel, region,
    coupons, points and stored value, and never a price.  Of each offer it is said whether it is applied, and
    if not why, and what is missing: "12.00 more".  What can't be bought is named, all of it.

    The terms are a hash of all that the buyer agrees to: whoever checks out gives it back, and is told if
    anything has changed.
    """
    wanted = read_document(file, load_cart)
    with reading(settings) as tx:
        found = engine.quote_cart(tx, wanted, at=settings.at, minutes=minutes)
    if canonically:
        click.echo(as_json_lines(canonical({"quote": found, "terms": terms_of(found)}).decode()))
    else:
        show(_tables(found, people=settings.format is Format.TABLE), settings.format)
    for template in found.unserved:
        say(f"what freight template {template} carries can't be sent there")


def _tables(found: Quote, *, people: bool) -> list[Table]:
    """Return a quote as tables; people don't get those without a row."""
    tables = [
        Table("lines", LINES, _lines(found)),
        Table("price_lists", PASSED, _passed(found)),
        Table("reductions", OFFS, _offs(found)),
        Table("given", GIVEN, _given(found)),
        Table("freight", FREIGHT, _freight(found)),
        Table("offers", OFFERS, [_verdict(each, found, people=people) for each in found.verdicts]),
        Table("totals", TOTALS, [_totals(found)]),
    ]
    return [each for each in tables if each.rows or not people]


def _lines(found: Quote) -> list[Sequence[Cell]]:
    return [
        (
            line.id,
            line.goods.sku,
            line.units,
            _amount(line.price_minor, found),
            line.price_list,
            _amount(line.before_minor, found),
            _amount(line.before_minor - line.net_minor, found),
            _amount(line.net_minor, found),
            _amount(line.tax_minor, found),
            _amount(line.points_minor, found),
            _amount(line.value_minor, found),
        )
        for line in found.lines
    ]


def _passed(found: Quote) -> list[Sequence[Cell]]:
    return [
        (line.id, each.price_list, each.reason.value, each.units)
        for line in found.lines
        for each in line.passed
    ]


def _offs(found: Quote) -> list[Sequence[Cell]]:
    of_lines: list[Sequence[Cell]] = [
        (line.id, each.offer, _amount(each.amount_minor, found))
        for line in found.lines
        for each in line.reductions
    ]
    return of_lines + [(None, each.offer, _amount(each.amount_minor, found)) for each in found.shipping_off]


def _given(found: Quote) -> list[Sequence[Cell]]:
    return [(each.offer, _what(each.what), each.count) for each in found.given]


def _what(given: Gift | ExtraPoints | LaterCoupon) -> str:
    match given:
        case Gift(sku):
            return sku
        case ExtraPoints():
            return "points"
        case LaterCoupon(template):
            return f"coupon {template}"


def _freight(found: Quote) -> list[Sequence[Cell]]:
    return [
        (each.template, None if each.zone is None else each.zone + 1, _amount(each.amount_minor, found))
        for each in found.freights
    ]


def _verdict(each: Verdict, found: Quote, *, people: bool) -> tuple[Cell, ...]:
    """Return what became of an offer; people are told "12.00 more"."""
    is_amount = each.measure is Measure.AMOUNT
    missing = _amount(each.missing, found) if is_amount else str(each.missing)
    return (
        each.offer,
        APPLIED if each.reason is None else each.reason.value,
        _amount(each.amount_minor, found),
        None if each.measure is None else f"{missing} more" if people else missing,
        None if each.measure is None else each.measure.value,
        _amount(each.blocked_minor, found),
    )


def _totals(found: Quote) -> tuple[Cell, ...]:
    return (
        found.currency,
        _amount(found.goods_minor, found),
        _amount(found.shipping_minor, found),
        found.points,
        _amount(sum(line.points_minor for line in found.lines), found),
        _amount(sum(line.value_minor for line in found.lines), found),
        _amount(found.payable_minor, found),
        _amount(found.bound_minor, found),
        format_instant(found.valid_until),
        terms_of(found).hex(),
    )


def _amount(minor: int, found: Quote) -> str:
    return format_minor(minor, found.currency)
