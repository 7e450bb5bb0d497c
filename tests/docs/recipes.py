"""Recipes of a page: documents of a shop, and tables of carts and what becomes of each.

A section with documents is a recipe, in a shop of its own that sells the products of the page.  Each row of
its tables is a cart: the columns of `ASKED` say who buys what and when, those of `TOLD` what comes of it.
An empty cell, or a dash, is nothing.

The one rule this file protects: a column that is not known is refused, so that nothing is passed over.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import frozen
from tests.docs.twins import Section, sections

from distcore import engine
from distcore.catalog import Product
from distcore.codec import (
    Media,
    load_coupon_template,
    load_freight,
    load_group_sale,
    load_offer,
    load_points,
    load_price_list,
)
from distcore.kernel import (
    LineId,
    MemberId,
    Refusal,
    RefusedError,
    SaleId,
    Sku,
    format_minor,
    parse_minor,
)
from distcore.memory import MemoryStore
from distcore.pricing import (
    ExtraPoints,
    Gift,
    Given,
    LaterCoupon,
    Measure,
    Quote,
    ReturnPolicy,
    Shopper,
    Wanted,
    WantedLine,
    plan_return,
    terms_of,
)
from distcore.testing.builders import Shop, a_sale
from distcore.testing.carts import CNY
from distcore_cli.problems import Problems
from distcore_cli.products_file import PRODUCTS, read_products
from distcore_cli.table_file import open_table

NOON: Final = "2026-11-11 12:00"
"""When a cart is priced where a row does not say it, in the zone of the shop."""

ZONE: Final = ZoneInfo("Asia/Shanghai")

ASKED: Final = (
    *("cart", "at", "buyer", "tier", "groups", "orders before", "channel", "region", "claims"),
    *("points", "stored value", "group sale", "order", "comes back"),
)

DOCUMENTS: Final[Mapping[str, tuple[Callable[[bytes, Media], Any], Callable[..., Any]]]] = {
    "offer": (load_offer, engine.set_offer),
    "price-list": (load_price_list, engine.set_price_list),
    "freight-template": (load_freight, engine.set_freight),
    "points-policy": (load_points, engine.set_points),
    "coupon-template": (load_coupon_template, engine.set_coupon_template),
    "group-sale": (load_group_sale, engine.set_group_sale),
}
"""How each kind of document is read and set."""


@frozen
class Recipe:
    """Documents, and rows of carts by the columns of the page."""

    title: str
    products: str
    documents: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


def recipes(page: str) -> list[Recipe]:
    """Return the recipes of a page, whose products are its only block of plain text."""
    found = sections(page)
    (products,) = [str(body) for each in found for info, body in each.blocks if info == "text"]
    return [each for each in (_recipe(section, products) for section in found) if each.documents]


def _recipe(section: Section, products: str) -> Recipe:
    documents = tuple([str(body) for info, body in section.blocks if info == "toml"])
    rows = [row for table in section.tables if documents for row in _rows(table)]
    assert not documents or rows, f"{section.title} has no cart"
    return Recipe(section.title.strip("# "), products, documents, tuple(rows))


def _rows(table: list[tuple[str, ...]]) -> Iterator[Mapping[str, str]]:
    columns = table[0]
    unknown = [each for each in columns if each not in ASKED and each not in TOLD]
    assert not unknown, f"no place for the columns {unknown}"
    for row in table[2:]:
        yield {column: "" if cell == "–" else cell for column, cell in zip(columns, row, strict=True)}


def differing(recipe: Recipe, folder: Path) -> list[str]:
    """Return where what comes of a cart differs from what its row says, a line each."""
    shop = _opened(recipe, folder)
    found: list[str] = []
    for row in recipe.rows:
        told = _served(shop, row)
        said = {column: cell for column, cell in row.items() if column in TOLD}
        true = {column: TOLD[column](told) for column in said}
        found += [f"{row['cart']}: {each} is {true[each]!r}" for each in said if said[each] != true[each]]
    return found


def _opened(recipe: Recipe, folder: Path) -> Shop:
    """Return a shop with the products of the page and the documents of a recipe."""
    shop = Shop.open(MemoryStore("recipes"))
    file = folder / "products.csv"
    file.write_text(recipe.products, encoding="utf-8")
    problems = Problems()
    products: list[Product] = [each.item for each in read_products(open_table(file, PRODUCTS), problems)]
    assert problems.kept == []
    shop.do(engine.put_products, products)
    for document in recipe.documents:
        (kind,) = [kind for kind in DOCUMENTS if document.startswith(f'document = "{kind}"\n')]
        load, put = DOCUMENTS[kind]
        shop.do(put, load(document.encode(), Media.TOML))
    return shop


@frozen
class Told:
    """What came of a cart: its quote, or why there is none; and what of it comes back."""

    quote: Quote | None
    refusal: Refusal | None
    back: Mapping[LineId, int]


def _served(shop: Shop, row: Mapping[str, str]) -> Told:
    """Serve the buyer of a row: coupons are claimed, the cart is quoted, and placed if it is an order."""
    at = datetime.fromisoformat(row.get("at") or NOON).replace(tzinfo=ZONE)
    buyer = MemberId(row["buyer"]) if row.get("buyer") else None
    before = int(row.get("orders before") or 0)
    for place in range(before if row.get("claims") else 0):
        shop.do(engine.accrue, a_sale(f"{buyer} {place}", buyer=str(buyer)))
    try:
        if row.get("claims"):
            shop.do(engine.claim_coupon, row["claims"], buyer, at=at)
    except RefusedError as error:
        return Told(None, error.refusal, {})
    with shop.store.begin() as tx:
        usable = () if buyer is None else engine.usable_coupons(tx, buyer, at=at)
        coupons = {each.offer: each.id for each in usable}
        wanted = _wanted(row, buyer, before, tuple(sorted(coupons)))
        found = engine.quote_cart(tx, wanted, at=at)
    if row.get("order"):
        agreed = {"agreed_minor": found.payable_minor, "coupons": list(coupons.values()), "at": at}
        shop.do(engine.place_order, SaleId(row["order"]), wanted, terms_of(found), **agreed)
    back = dict(_units(row.get("comes back", "")))
    return Told(found, None, {line.id: back[line.sku] for line in wanted.lines if line.sku in back})


def _wanted(row: Mapping[str, str], buyer: MemberId | None, before: int, coupons: tuple[str, ...]) -> Wanted:
    lines = [
        WantedLine(LineId(str(place)), sku, units)
        for place, (sku, units) in enumerate(_units(row["cart"]), 1)
    ]
    return Wanted(
        CNY,
        tuple(lines),
        Shopper(buyer, row.get("tier", ""), _list(row.get("groups", "")), before),
        row.get("channel", ""),
        row.get("region", ""),
        coupons,
        int(row.get("points", "").replace(",", "") or 0),
        parse_minor(row.get("stored value") or "0", CNY),
        row.get("group sale", ""),
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple([each for each in cell.split(", ") if each])


def _units(cell: str) -> list[tuple[Sku, int]]:
    """Return products and units of a cell like `2 tea, 1 cup`."""
    parts = [each.partition(" ") for each in _list(cell)]
    return [(Sku(sku), int(units)) for units, _, sku in parts]


# ---- what is told


def _of_quote(tell: Callable[[Quote], str]) -> Callable[[Told], str]:
    return lambda told: "" if told.quote is None else tell(told.quote)


def _amount(minor: int) -> str:
    return format_minor(minor, CNY)


def _off(found: Quote) -> str:
    return _amount(sum([line.before_minor - line.net_minor for line in found.lines]))


def _why_not(found: Quote) -> str:
    """Tell of what is not applied why not, and what is missing; by its id if it is not alone."""
    passed = {
        (each.price_list, each.reason.value, each.units) for line in found.lines for each in line.passed
    }
    why: list[tuple[str, str, str]] = []
    for price_list, reason, units in sorted(passed):
        more = "fewer" if reason in ("too_few_left", "member_had_enough") else "more"
        why.append((price_list, reason, f", {units} {more}" if units else ""))
    for each in found.verdicts:
        if each.reason is not None:
            missing = _amount(each.missing) if each.measure is Measure.AMOUNT else str(each.missing)
            more = f", {missing} more" if each.measure is not None else ""
            why.append((each.offer, each.reason.value, more))
    one = len(found.verdicts) + len({each for each, _, _ in passed}) == 1
    return "; ".join([f"`{reason}`{more}" if one else f"{id}: `{reason}`{more}" for id, reason, more in why])


def _given(given: Given) -> str:
    match given.what:
        case Gift(sku):
            return f"{given.count} {sku}"
        case ExtraPoints():
            return f"{given.count} points"
        case LaterCoupon(template):
            return f"{given.count} coupons of {template}"


def _shipping(found: Quote) -> str:
    return "can't be sent" if found.unserved else _amount(found.shipping_minor)


def _by(policy: ReturnPolicy) -> Callable[[Told], str]:
    def told_of(told: Told) -> str:
        assert told.quote is not None
        plan = plan_return(told.quote, told.back, policy)
        if isinstance(plan, Refusal):
            return f"`{plan.code}`"
        return ", ".join([_amount(plan.amount_minor), *map(_given, plan.gifts)])

    return told_of


TOLD: Final[Mapping[str, Callable[[Told], str]]] = {
    "each": _of_quote(lambda found: ", ".join([_amount(line.price_minor) for line in found.lines])),
    "off": _of_quote(_off),
    "lines": _of_quote(lambda found: ", ".join([_amount(line.net_minor) for line in found.lines])),
    "gives": _of_quote(lambda found: ", ".join(map(_given, found.given))),
    "shipping": _of_quote(_shipping),
    "points used": _of_quote(lambda found: f"{found.points:,}"),
    "by points": _of_quote(lambda found: _amount(sum([line.points_minor for line in found.lines]))),
    "by stored value": _of_quote(lambda found: _amount(sum([line.value_minor for line in found.lines]))),
    "pays": _of_quote(lambda found: _amount(found.payable_minor)),
    "applied": _of_quote(lambda found: ", ".join([each.id for each in found.offers])),
    "why not": _of_quote(_why_not),
    "refused": lambda told: "" if told.refusal is None else f"`{told.refusal.code}`",
    **{policy.value: _by(policy) for policy in ReturnPolicy},
}
"""What a column tells of what came of a cart."""
