"""The tables of catalog and pricing: products as they are now, and what was decided and agreed about prices.

Products are replaced.  Offers, price lists, templates and what points are worth are facts: a change is a row
with the next number.  The prices of a list are clustered by list, number and SKU, so that a cart reads its
own and nothing else.
"""

from typing import Final

from sqlalchemy import Column, Table
from sqlalchemy.sql.schema import SchemaItem

from distcore.kernel import limits
from distcore.pricing import STEPS_MAX
from distcore_sql.columns import TEXT, Builder, id_column, long_text, number_column, word_column

_AMOUNT: Final = f"BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"
_PRICES: Final = f"list_minor {_AMOUNT} AND floor_minor {_AMOUNT} AND coalesce(cost_minor, 0) {_AMOUNT}"

TERMS: Final = (
    ("offers", "offer"),
    ("price_lists", "price_list"),
    ("freight_templates", "template"),
    ("points_policies", "currency"),
)
"""Tables of documents, each with the column of their ids, in the order in which they are told."""

ENDING: Final = ("offers", "price_lists")
"""Those that say when they end, in a column beside the document: what is over is not read by a quote."""


def _ending(new: Builder, name: str) -> tuple[SchemaItem, ...]:
    if name not in ENDING:
        return ()
    return number_column("valid_until", optional=True), new.index(name, "valid_until")


def of_pricing(new: Builder) -> dict[str, Table]:
    """Return the tables of catalog and pricing."""
    products = new.table(
        "products",
        ("sku",),
        id_column("sku"),
        word_column("currency"),
        number_column("list_minor"),
        number_column("floor_minor"),
        number_column("cost_minor", optional=True),
        word_column("category", TEXT),
        word_column("brand", TEXT),
        Column("tags", long_text(), nullable=True),
        word_column("unit", TEXT),
        number_column("weight_grams"),
        word_column("freight", TEXT),
        number_column("tax_ppm", optional=True),
        number_column("tax_included"),
        number_column("on_shelf"),
        number_column("shelf_from", optional=True),
        number_column("shelf_until", optional=True),
        new.check("products", "amounts", _PRICES),
        new.check("products", "weight", f"weight_grams BETWEEN 0 AND {limits.UNITS_MAX}"),
        new.check("products", "tax", f"tax_ppm BETWEEN 0 AND {limits.RATE_PPM_MAX}"),
        new.check("products", "flags", "tax_included IN (0, 1) AND on_shelf IN (0, 1)"),
        new.check("products", "shelf", "shelf_from < shelf_until"),
    )
    terms = {name: new.documents(name, id, *_ending(new, name)) for name, id in TERMS}
    prices = new.table(
        "prices",
        ("price_list", "number", "sku", "from_units"),
        id_column("price_list"),
        number_column("number"),
        id_column("sku"),
        number_column("from_units"),
        number_column("price_minor"),
        number_column("total_max", optional=True),
        number_column("per_member_max", optional=True),
        new.refers("prices", "price_lists", "price_list", "number"),
        new.check("prices", "from", f"from_units BETWEEN 1 AND {limits.UNITS_MAX}"),
        new.check("prices", "price", f"price_minor {_AMOUNT}"),
        new.check("prices", "limits", "total_max >= 1 AND per_member_max >= 1"),
    )
    placed = new.table(
        "placed_orders",
        ("sale",),
        id_column("sale"),
        id_column("member", optional=True),
        Column("body", long_text(), nullable=False),
        number_column("placed_at"),
        clustered=False,
    )
    steps = new.table(
        "order_steps",
        ("sale", "number"),
        id_column("sale"),
        number_column("number"),
        word_column("step"),
        number_column("stepped_at"),
        new.refers("order_steps", "placed_orders", "sale"),
        new.check("order_steps", "number", f"number BETWEEN 1 AND {STEPS_MAX}"),
    )
    return {
        "products": products,
        **terms,
        "prices": prices,
        "placed_orders": placed,
        "order_steps": steps,
    }
