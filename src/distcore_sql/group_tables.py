"""The tables of group buying: group sales as facts, and what becomes of groups and places as one row each.

Both are changed by their revision.
"""

from typing import Final

from sqlalchemy import Table

from distcore.kernel import limits
from distcore_sql.columns import Builder, id_column, number_column, word_column

_PLACES: Final = f"size BETWEEN 2 AND {limits.GROUP_SIZE_MAX} AND taken BETWEEN 0 AND size"


def of_groups(new: Builder) -> dict[str, Table]:
    """Return the tables of group buying."""
    sales = new.documents("group_sales", "group_sale")
    groups = new.table(
        "buying_groups",
        ("buying_group",),
        id_column("buying_group"),
        id_column("group_sale"),
        number_column("number"),
        word_column("currency"),
        number_column("size"),
        number_column("fill_from", optional=True),
        number_column("opened_at"),
        number_column("closes_at"),
        word_column("state"),
        number_column("taken"),
        number_column("revision"),
        new.check("buying_groups", "places", _PLACES),
        new.check("buying_groups", "times", "opened_at < closes_at"),
        new.refers("buying_groups", "group_sales", "group_sale", "number"),
        new.index("buying_groups", "state", "closes_at"),
        new.index("buying_groups", "group_sale"),
    )
    places = new.table(
        "group_places",
        ("sale",),
        id_column("sale"),
        id_column("buying_group"),
        id_column("member"),
        number_column("paid_minor"),
        number_column("changed_at"),
        number_column("counted"),
        word_column("state"),
        number_column("revision"),
        new.check("group_places", "paid", f"paid_minor BETWEEN 0 AND {limits.TOTAL_MINOR_MAX}"),
        new.check("group_places", "counted", "counted IN (0, 1)"),
        new.refers("group_places", "buying_groups", "buying_group"),
        new.index("group_places", "buying_group"),
        new.index("group_places", "state"),
    )
    return {"group_sales": sales, "buying_groups": groups, "group_places": places}
