"""Products, and prices of a list, from files: one row is a product, or the price of one.

A bad cell makes its product bad, and no other; of a price list every row must be good, since a list that
lacks a price is another list.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from distcore.catalog import Product, product_problems
from distcore.kernel import Currency, InputError, Problem, Rate, Sku, limits, shown
from distcore.pricing import Break, PriceOf
from distcore_cli.cells import (
    Placed,
    amount_of,
    currency_of,
    id_of,
    in_cell,
    instant_or_none,
    read_row,
    tags_of,
    text_of,
    units_of,
)
from distcore_cli.interchange import Readers, bound, keyed_rows
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, Held, TableFile

PRODUCTS: Final = Columns(
    ("sku", "currency", "list"),
    (
        *("floor", "cost", "category", "brand", "tags", "unit", "weight_grams", "freight"),
        *("tax_rate", "tax_included", "on_shelf", "shelf_from", "shelf_until"),
    ),
)
PRICES_OF_LIST: Final = Columns(("sku", "price"), ("from_units",))

IF_NEGATIVE: Final = "give an amount of 0 or more"
_AMOUNTS: Final = ("list", "floor", "cost")
_YES_OR_NO: Final = {"yes": True, "true": True, "": True, "no": False, "false": False}


def read_products(file: TableFile, problems: Problems) -> list[Placed[Product]]:
    """Return the products of a file, in its order."""
    found: dict[str, Placed[Product]] = {}
    held = Held(file.name)
    for count, (number, sku, values) in enumerate(keyed_rows(file, _readers(), problems, "product")):
        bound(file, number, count, limits.FILE_PRODUCTS_MAX)
        item = None if values is None else _product(file, number, values, problems)
        if item is None:
            problems.spoiled += 1
            continue
        first = found.get(sku)
        if first is None:
            held.add((sku, item.category, item.brand, item.unit, item.freight, *item.tags))
            found[sku] = Placed(number, item)
        elif first.item != item:
            message = f"{shown(sku)} stands at {file.at(first.line)} with other content"
            problems.add(Problem(file.at(number, "sku"), message, "name each product once"))
            problems.spoiled += 1
    return list(found.values())


def read_prices_of_list(file: TableFile, problems: Problems, currency: Currency) -> list[PriceOf]:
    """Return the prices of a file by SKU, in its order; rows of one SKU are its breaks, by units."""
    price = partial(amount_of, currency=currency, if_negative=IF_NEGATIVE)
    columns: Readers = (("sku", id_of), ("price", price), ("from_units", _from_units))
    found: dict[str, list[Break]] = {}
    held = Held(file.name)
    for count, (number, sku, values) in enumerate(keyed_rows(file, columns, problems, "price of")):
        bound(file, number, count, limits.FILE_PRODUCTS_MAX)
        if values is not None:
            if sku not in found:
                held.add((sku,))
            found.setdefault(sku, []).append(Break(values[2], values[1]))
    ordered = {sku: sorted(breaks, key=lambda each: each.from_units) for sku, breaks in found.items()}
    return [PriceOf(Sku(sku), tuple(breaks)) for sku, breaks in ordered.items()]


def _readers() -> Readers:
    return (
        ("sku", id_of),
        ("currency", currency_of),
        *((column, str) for column in _AMOUNTS),
        ("category", text_of),
        ("brand", text_of),
        ("tags", tags_of),
        ("unit", text_of),
        ("weight_grams", _grams_of),
        ("freight", text_of),
        ("tax_rate", _rate_of),
        ("tax_included", _yes_or_no),
        ("on_shelf", _yes_or_no),
        ("shelf_from", instant_or_none),
        ("shelf_until", instant_or_none),
    )


def _product(file: TableFile, number: int, values: list[Any], problems: Problems) -> Product | None:
    """Return what a row says, or None where it is bad."""
    sku, currency = values[:2]
    whose = f"product {shown(sku)}"
    amounts = read_row(file, number, _amounts_in(currency), values[2:5], problems, whose)
    if amounts is None:
        return None
    product = Product(sku, currency, *amounts, *values[5:])
    found = product_problems(product)
    for problem in found:
        column = problem.where.partition("[")[0].removesuffix("_minor")
        for placed in in_cell(InputError((problem,)), file.at(number, column), whose):
            problems.add(placed)
    return None if found else product


def _amounts_in(currency: str) -> Sequence[tuple[str, Callable[[str], int | None]]]:
    """Return how list price, floor and cost are read; nothing is no floor, and no known cost."""
    amount = partial(amount_of, currency=currency, if_negative=IF_NEGATIVE)

    def floor(text: str) -> int:
        return amount(text) if text else 0

    def cost(text: str) -> int | None:
        return amount(text) if text else None

    return tuple(zip(_AMOUNTS, (amount, floor, cost), strict=True))


def _grams_of(text: str) -> int:
    return units_of(text) if text else 0


def _from_units(text: str) -> int:
    return units_of(text) if text else 1


def _rate_of(text: str) -> Rate | None:
    return Rate.parse(text) if text else None


def _yes_or_no(text: str) -> bool:
    if text not in _YES_OR_NO:
        raise InputError.of("", f"neither yes nor no: {shown(text)}", "yes or no; empty is yes")
    return _YES_OR_NO[text]
