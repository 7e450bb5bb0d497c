"""`distcore.catalog.Products` in a table: a row for each product, which a new one replaces."""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select

from distcore.catalog import Product
from distcore.kernel import Rate, Sku
from distcore_sql.paging import pages
from distcore_sql.rows import instant_or_none, micros_or_none, readable, stored_currency
from distcore_sql.statements import Statements, Those, Values, among, listed, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Products read at a time when all of them are: bounds memory."""


class SqlProducts:
    """Products, each in a row."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def put(self, products: Sequence[Product]) -> None:
        """Write products in the place of those with their SKUs, by two statements; of two at once one wins.

        What is removed is written again at once, so no reader ever misses a product.
        """
        if products:
            self._sql.change_those(_GONE, sorted([each.sku for each in products]))
            self._sql.insert("products", [row_of_product(each) for each in products])

    def of(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """Return those of these products that are there."""
        found = map(product_of, self._sql.rows(_some, ids=listed(set(skus))))
        return {product.sku: product for product in found}

    def all(self) -> Iterator[Product]:
        """Yield every product in order of SKU, a page at a time."""
        return map(product_of, pages(self._sql, "products", PAGE))


def row_of_product(product: Product) -> Values:
    """Return the row of a product."""
    return (
        product.sku,
        product.currency,
        product.list_minor,
        product.floor_minor,
        product.cost_minor,
        product.category,
        product.brand,
        json.dumps(product.tags, ensure_ascii=False) if product.tags else None,
        product.unit,
        product.weight_grams,
        product.freight,
        None if product.tax_rate is None else product.tax_rate.ppm,
        int(product.tax_included),
        int(product.on_shelf),
        micros_or_none(product.shelf_from),
        micros_or_none(product.shelf_until),
    )


def product_of(row: Sequence[Any]) -> Product:
    """Return the product of a row."""
    sku, currency, list_minor, floor, cost, category, brand, tags, unit, weight, freight = row[:11]
    tax_ppm, tax_included, on_shelf, shelf_from, shelf_until = row[11:]
    return Product(
        Sku(sku),
        stored_currency(currency, "product"),
        list_minor,
        floor,
        cost,
        category,
        brand,
        _tags_of(tags) if tags else (),
        unit,
        weight,
        freight,
        None if tax_ppm is None else Rate(tax_ppm),
        bool(tax_included),
        bool(on_shelf),
        instant_or_none(shelf_from),
        instant_or_none(shelf_until),
    )


@lru_cache(maxsize=4096)  # many products have the same few
def _tags_of(text: str) -> tuple[str, ...]:
    with readable("product"):
        found = json.loads(text)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise ValueError("its tags are no list of texts")
        return tuple(found)


def _some(tables: Tables) -> Any:
    products = tables.products
    return select(*products.c[1:]).where(of_shop(products), among(products.c.sku))


_GONE: Final = Those(lambda tables: tables.products, "sku")
