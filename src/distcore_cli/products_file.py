"""Products, and prices of a list, from files: one row is a product, or the price of one.

A bad cell makes its product bad, and no other; of a price list every row must be good, since a list that
lacks a price is another list.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen

from distcore.catalog import Product, product_problems
from distcore.kernel import Currency, InputError, Problem, Rate, Sku, limits, shown
from distcore.pricing import Break, PriceOf
from distcore_cli.cells import (
    IF_NEGATIVE,
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
PRICES_OF_LIST: Final = Columns(("sku", "price"), ("from_units", "total_max", "per_member_max"))

_ONCE: Final = "name each product once"
_AMOUNTS: Final = ("list", "floor", "cost")
_YES_OR_NO: Final = {"yes": True, "true": True, "": True, "no": False, "false": False}


def read_products(file: TableFile, problems: Problems) -> list[Placed[Product]]:
    """Return the products of a file, in its order; one that has a bad row is none, whatever others say."""
    found: dict[str, Placed[Product]] = {}
    bad: dict[str, int] = {}
    held = Held(file.name)
    for count, (number, sku, values) in enumerate(keyed_rows(file, _readers(), problems, "product")):
        bound(file, number, count, limits.FILE_PRODUCTS_MAX)
        item = None if values is None else _product(file, number, values, problems)
        if item is None:
            held.add((sku,))
            bad.setdefault(sku, number)
            problems.spoiled += 1
            continue
        first = found.get(sku)
        if first is None:
            held.add((sku, item.category, item.brand, item.unit, item.freight, *item.tags))
            found[sku] = Placed(number, item)
        elif first.item != item:
            message = f"{shown(sku)} stands at {file.at(first.line)} with other content"
            problems.add(Problem(file.at(number, "sku"), message, _ONCE))
            problems.spoiled += 1
    for sku, number in bad.items():
        other = found.pop(sku, None)
        if other is not None:
            message = f"{shown(sku)} stands at {file.at(number)} too, where it is bad"
            problems.add(Problem(file.at(other.line, "sku"), message, _ONCE))
            problems.spoiled += 1
    return list(found.values())


@frozen
class PriceRows:
    """The price of a product, and the number of the row of each of its breaks."""

    price: PriceOf
    numbers: tuple[int, ...]


def read_prices_of_list(file: TableFile, problems: Problems, currency: Currency) -> list[PriceRows]:
    """Return the prices of a file by SKU, in its order; rows of one SKU are its breaks, by units.

    Of a product that has a bad row the others are returned, so that they are looked at too.
    """
    price = partial(amount_of, currency=currency, if_negative=IF_NEGATIVE)
    columns: Readers = (
        ("sku", id_of),
        ("price", price),
        ("from_units", _from_units),
        ("total_max", _units_or_none),
        ("per_member_max", _units_or_none),
    )
    found: dict[str, tuple[PriceOf, list[tuple[Break, int]]]] = {}
    bad: set[str] = set()
    held = Held(file.name)
    for count, (number, sku, values) in enumerate(keyed_rows(file, columns, problems, "price of")):
        bound(file, number, count, limits.FILE_PRODUCTS_MAX)
        if values is None:
            held.add((sku,))
            bad.add(sku)
            continue
        if sku not in found:
            held.add((sku,))
        row = PriceOf(Sku(sku), (), *values[3:])
        before, breaks = found.setdefault(sku, (row, []))
        if row != before:
            message = f"{shown(sku)} has other limits in a row above"
            problems.add(Problem(file.at(number, "sku"), message, "give all rows of a product the same ones"))
        breaks.append((Break(values[2], values[1]), number))
    return [_price_of(price, breaks, is_whole=price.sku not in bad) for price, breaks in found.values()]


def _price_of(row: PriceOf, breaks: Sequence[tuple[Break, int]], *, is_whole: bool) -> PriceRows:
    """Return the price of a product, its breaks by units; without limits where one of them is not known."""
    steps = sorted(breaks, key=lambda each: each[0].from_units)
    price = row if is_whole else PriceOf(row.sku, ())
    return PriceRows(evolve(price, breaks=tuple([step for step, _ in steps])), tuple([at for _, at in steps]))


def add_price_problems(
    found: Iterable[Problem], file: TableFile, rows: Sequence[PriceRows], above: int, problems: Problems
) -> None:
    """Report what is wrong with a price list, each with its cell; the rows come after so many prices."""
    for problem in found:
        path = _price_path(problem.where)
        if path is None:
            where = file.name
        else:
            numbers = rows[int(path["price"]) - above].numbers
            where = file.at(numbers[int(path["step"] or 0)], path["name"].replace("breaks", "from_units"))
        problems.add(evolve(problem, where=where))


_price_path: Final = re.compile(
    r"\$\.prices\[(?P<price>\d+)\](?:\.breaks\[(?P<step>\d+)\])?\.(?P<name>\w+)"
).fullmatch


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


def _units_or_none(text: str) -> int | None:
    return units_of(text) if text else None


def _rate_of(text: str) -> Rate | None:
    return Rate.parse(text) if text else None


def _yes_or_no(text: str) -> bool:
    if text not in _YES_OR_NO:
        raise InputError.of("", f"neither yes nor no: {shown(text)}", "yes or no; empty is yes")
    return _YES_OR_NO[text]
