"""`distcore product`: put products into the catalog from a file, and show what is there."""

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final

import click

from distcore.catalog import Product, off_shelf
from distcore.engine import put_products
from distcore.kernel import InputError, Instant, Sku, format_minor
from distcore_cli import options
from distcore_cli.importing import Items, import_items, of_file
from distcore_cli.products_file import PRODUCTS, read_products
from distcore_cli.render import Cell, Table, columns, instant_cell, show, yes_or_no
from distcore_cli.settings import Settings
from distcore_cli.wiring import reading

COLUMNS: Final = columns(
    "sku currency list floor cost category brand tags unit weight_grams freight tax_rate tax_included "
    "on_shelf shelf_from shelf_until",
    "list floor cost weight_grams",
)
SHOWN: Final = columns(
    "sku currency list floor cost category brand tags unit weight_grams freight tax_rate tax_included "
    "on_shelf shelf_from shelf_until off_shelf",
    "list floor cost weight_grams",
)


@click.group(cls=options.InOrder)
def product() -> None:
    """Put products into the catalog, and show them."""


@product.command(name="import")
@of_file
@click.pass_obj
def import_(settings: Settings, path: Path, ignored: Sequence[str]) -> None:
    """Put products into the catalog, each in the place of the one with its SKU.

    Columns: sku, currency, list (price of one unit); optional floor (no discount goes below it), cost,
    category (a/b/c), brand, tags (a|b), unit, weight_grams, freight (a template), tax_rate (like 13%),
    tax_included and on_shelf (yes or no; empty is yes), shelf_from, shelf_until.

    CSV is UTF-8 with a header, and a name that ends in .parquet is Parquet.  What is bad is refused and
    reported with line and column, the rest goes in.  One that is there as it is given counts as repeated.
    """
    import_items(settings, path, _PRODUCT, ignored).finish(settings, COLUMNS)


@product.command(name="show")
@click.argument("skus", metavar="[SKU]...", nargs=-1, callback=options.ids_of)
@click.pass_obj
def show_(settings: Settings, skus: tuple[Sku, ...]) -> None:
    """Show the products that are named, or all of them, and why one can't be bought at --at."""
    with reading(settings) as tx:
        if not skus:
            found = list(tx.products.all())
        else:
            there = tx.products.of(skus)
            missing = sorted(set(skus) - set(there))
            if missing:
                raise InputError.of(
                    "SKU", f"not in the catalog: {', '.join(missing)}", "distcore product show lists what is"
                )
            found = [there[sku] for sku in sorted(there)]
    rows = [(*row_of(each), _why_off(each, settings.at)) for each in found]
    show([Table("products", SHOWN, rows)], settings.format)


def row_of(product: Product) -> tuple[Cell, ...]:
    """Return a product as a file would say it."""
    amounts = (product.list_minor, product.floor_minor, product.cost_minor)
    return (
        product.sku,
        product.currency,
        *(None if each is None else format_minor(each, product.currency) for each in amounts),
        product.category,
        product.brand,
        "|".join(product.tags),
        product.unit,
        product.weight_grams,
        product.freight,
        None if product.tax_rate is None else str(product.tax_rate),
        yes_or_no(product.tax_included),
        yes_or_no(product.on_shelf),
        instant_cell(product.shelf_from),
        instant_cell(product.shelf_until),
    )


def _why_off(product: Product, at: Instant) -> str | None:
    why = off_shelf(product, at)
    return None if why is None else why.value


_PRODUCT: Final = Items(
    "products", PRODUCTS, read_products, put_products, "product", row_of, attrgetter("sku"), by_id=False
)
