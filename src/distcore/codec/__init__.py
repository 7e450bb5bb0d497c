"""Documents: what a merchant writes, read as values and written again.

A document is TOML or JSON with a header, `document` and `version`.  It is read as a whole or not at
all: whatever is wrong with it is reported together, each problem with a path and a hint.

>>> plan = load_plan(b'''
... document = "commission-plan"
... version = 1
... id = "mall"
... plan_version = 1
... currency = "CNY"
... valid_from = 2026-01-01T00:00:00+08:00
... freeze = { days = 7 }
...
... [[components]]
... kind = "upline"
... id = "levels"
... rules = [{ id = "sponsor", levels = [1], pays = { kind = "percent", rate = "10%" } }]
... ''', Media.TOML)
>>> str(plan.components[0].rules[0].pays.rate)
'10%'
>>> load_plan(dump_plan(plan).encode(), Media.JSON) == plan
True
"""

from distcore.codec.documents import (
    draft_plan,
    dump_cart,
    dump_coupon_template,
    dump_freight,
    dump_group_sale,
    dump_offer,
    dump_plan,
    dump_points,
    dump_policy,
    dump_price_list,
    dump_quote,
    dump_settlement,
    dump_tiers,
    load_cart,
    load_coupon_template,
    load_freight,
    load_group_sale,
    load_offer,
    load_plan,
    load_points,
    load_policy,
    load_price_list,
    load_quote,
    load_settlement,
    load_tiers,
)
from distcore.codec.media import Media, media_of

__all__ = [
    "Media",
    "draft_plan",
    "dump_cart",
    "dump_coupon_template",
    "dump_freight",
    "dump_group_sale",
    "dump_offer",
    "dump_plan",
    "dump_points",
    "dump_policy",
    "dump_price_list",
    "dump_quote",
    "dump_settlement",
    "dump_tiers",
    "load_cart",
    "load_coupon_template",
    "load_freight",
    "load_group_sale",
    "load_offer",
    "load_plan",
    "load_points",
    "load_policy",
    "load_price_list",
    "load_quote",
    "load_settlement",
    "load_tiers",
    "media_of",
]
