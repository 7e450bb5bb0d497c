"""A cart that is not sold yet: one product in options, or lines in a file."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from attrs import frozen

from distcore.commission import Sale, SaleLine
from distcore.kernel import Currency, InputError, Instant, LineId, MemberId, SaleId, Sku, limits
from distcore_cli import options
from distcore_cli.cells import IF_NEGATIVE, amount_of, id_of, tags_of, text_of, units_of
from distcore_cli.interchange import Readers, bound, keyed_rows
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, TableFile, open_table

F = TypeVar("F", bound=Callable[..., Any])

CART: Final = Columns(
    ("line_id", "sku", "units", "net"), ("category", "list", "cost", "tax", "brand", "tags")
)
"""The columns of a file of lines; they mean what they do in a file of sales."""

ID: Final = SaleId("cart")
NOBODY: Final = MemberId("buyer")
"""A buyer who is not known; nothing is asked about this id."""


@frozen
class Cart:
    """What options say of a cart; amounts are still text, since the plan decides their currency."""

    file: Path | None
    net: str | None
    units: int
    sku: str
    category: str
    brand: str
    tags: tuple[str, ...]
    list: str | None
    cost: str | None
    tax: str | None
    region: str
    channel: str
    buyer_group: str


def of_cart(command: F) -> F:
    """Add the options that say what is in a cart."""
    told = (
        click.option("--cart", "file", metavar="FILE", type=_FILE, help="Lines from a file."),
        click.option("--net", metavar="AMOUNT", help="What the buyer pays for one product, all units of it."),
        click.option(
            "--units", metavar="N", default="1", show_default=True, callback=_UNITS, help="How many of it."
        ),
        click.option(
            "--sku",
            metavar="ID",
            default="product",
            show_default=True,
            callback=options.id_of,
            help="What it is.",
        ),
        _text("--category", "Its category, like food/fresh."),
        _text("--brand", "Its brand."),
        click.option("--tag", "tags", metavar="TEXT", multiple=True, help="A tag of it; may be repeated."),
        click.option("--list", metavar="AMOUNT", help="Its list price, for plans that pay a share of it."),
        click.option("--cost", metavar="AMOUNT", help="What it costs the shop."),
        click.option("--tax", metavar="AMOUNT", help="The tax on it."),
        _text("--region", "Where the order goes, like cn/gd."),
        _text("--channel", "By which channel it comes."),
        _text("--buyer-group", "The group of the buyer."),
    )
    for option in reversed(told):
        command = option(command)
    return command


def sale_of(cart: Cart, currency: Currency, at: Instant, buyer: MemberId, promoter: MemberId | None) -> Sale:
    """Return the sale that a cart would be, paid at an instant."""
    if (cart.file is None) == (cart.net is None):
        raise click.UsageError("name one product by --net, or give the lines of a --cart")
    lines = _one(cart, currency) if cart.file is None else _lines(cart.file, currency)
    where = (cart.region, cart.channel, cart.buyer_group)
    return Sale(ID, buyer, currency, at, tuple(lines), promoter, *where)


def _one(cart: Cart, currency: Currency) -> Sequence[SaleLine]:
    """Return the line of one product."""
    amounts = {}
    for name in ("net", "list", "cost", "tax"):
        text = getattr(cart, name)
        try:
            amounts[name] = None if text is None else amount_of(text, currency, IF_NEGATIVE)
        except InputError as error:
            options.refuse(error, hint=f"--{name}")
    net = amounts.pop("net")
    assert net is not None, "asked for before"
    prices = (amounts["list"], amounts["cost"], amounts["tax"])
    return (
        SaleLine(LineId("1"), Sku(cart.sku), cart.units, net, cart.category, *prices, cart.brand, cart.tags),
    )


def read_cart(file: TableFile, problems: Problems, currency: Currency) -> list[SaleLine]:
    """Return the lines of a file, with amounts in a currency."""
    amount = partial(amount_of, currency=currency, if_negative=IF_NEGATIVE)

    def amount_or_none(text: str) -> int | None:
        return amount(text) if text else None

    columns: Readers = (
        *(("line_id", id_of), ("sku", id_of), ("units", units_of), ("net", amount), ("category", text_of)),
        *((name, amount_or_none) for name in ("list", "cost", "tax")),
        *(("brand", text_of), ("tags", tags_of)),
    )
    lines = []
    for count, (number, _, values) in enumerate(keyed_rows(file, columns, problems, "line")):
        bound(file, number, count, limits.LINES_MAX)
        if values is not None:
            lines.append(SaleLine(*values))
    return lines


def _lines(path: Path, currency: Currency) -> Sequence[SaleLine]:
    """Return the lines of a file; all that is wrong with it is said at once."""
    problems = Problems()
    lines = read_cart(open_table(path, CART), problems, currency)
    problems.raise_at(1)
    return lines


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_UNITS: Final = options.whole_of(0, limits.UNITS_MAX)


def _text(name: str, help_text: str) -> Callable[[F], F]:
    return click.option(name, metavar="TEXT", default="", callback=options.text_of, help=help_text)
