"""The tables of coupons: templates as facts, and what becomes of coupons as one row each.

A coupon's row is changed by its revision.
"""

from typing import Final

from sqlalchemy import Table

from distcore.kernel import limits
from distcore_sql.columns import Builder, id_column, number_column, word_column

_AMOUNT: Final = f"BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"


def of_coupons(new: Builder) -> dict[str, Table]:
    """Return the tables of coupons."""
    templates = new.documents("coupon_templates", "template")
    words = new.table("coupon_words", ("word",), id_column("word"), id_column("template"))
    coupons = new.table(
        "coupons",
        ("coupon",),
        id_column("coupon"),
        id_column("template"),
        number_column("number"),
        id_column("offer"),
        word_column("currency"),
        number_column("transferable"),
        word_column("state"),
        number_column("changed_at"),
        id_column("ref", optional=True),
        id_column("owner", optional=True),
        number_column("claimed_at", optional=True),
        number_column("valid_from", optional=True),
        number_column("valid_until", optional=True),
        id_column("sale", optional=True),
        number_column("revenue_minor"),
        number_column("cost_minor"),
        number_column("revision"),
        new.check("coupons", "amounts", f"revenue_minor {_AMOUNT} AND cost_minor {_AMOUNT}"),
        new.check("coupons", "flags", "transferable IN (0, 1)"),
        new.check("coupons", "taken", "(state IN ('locked', 'used')) = (sale IS NOT NULL)"),
        new.check("coupons", "claimed", "owner IS NOT NULL OR state IN ('issued', 'withdrawn')"),
        new.check("coupons", "dates", "valid_from < valid_until"),
        new.unique("coupons", "ref"),
        new.index("coupons", "owner"),
        new.index("coupons", "sale"),
        new.index("coupons", "template"),
        new.refers("coupons", "coupon_templates", "template", "number"),
    )
    return {
        "coupon_templates": templates,
        "coupon_words": words,
        "coupons": coupons,
    }
