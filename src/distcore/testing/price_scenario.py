"""Scenario tables of prices: pages in Markdown that say what a cart costs, and that run as tests.

A scenario (`##`) has sections (`###`): `Products` and the `Cart` as tables, `Offers` as TOML documents, and
what is expected: `Expected lines`, `Expected total`, and `Expected returns`, each row of which is a return of
some units by a policy.  What a scenario does not say is as in the one before it, except what is expected.

Amounts are in CNY, in major units.  The one rule this file protects: nothing is passed over in silence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from attrs import frozen

from distcore.codec import Media, load_offer
from distcore.kernel import (
    Currency,
    InputError,
    LineId,
    Refusal,
    Sku,
    format_minor,
    parse_minor,
    shown,
    zone_of,
)
from distcore.pricing import (
    Book,
    Cart,
    CartLine,
    Goods,
    Offer,
    Quote,
    ReturnPolicy,
    cart_problems,
    plan_return,
    quote,
)
from distcore.testing.page import Row, Section, Table, Written, documents_of, table_of, written

T = TypeVar("T")

CNY: Final = Currency("CNY")
AT: Final = datetime(2026, 11, 11, 4, tzinfo=UTC)
"""When carts are priced: a great day, at noon in China."""

LINES: Final = "Expected lines"
TOTAL: Final = "Expected total"
RETURNS: Final = "Expected returns"
EXPECTED: Final = (LINES, TOTAL, RETURNS)

TABLES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Products": (("sku", "price"), ("floor", "category", "brand", "tags")),
    "Cart": (("line", "sku", "units"), ()),
    LINES: (("line", "net"), ("off",)),
    TOTAL: (("payable",), ("offers", "could be less")),
    RETURNS: (("policy", "units", "gives back"), ()),
}
"""The columns that each table must have, and those that it may have."""


@frozen
class PriceScenario:
    """A cart, what a shop sells and offers, and the tables of what is expected."""

    name: str
    cart: Cart
    offers: tuple[Offer, ...]
    expected: Mapping[str, Table]


def read_price_scenarios(page: str, name: str) -> list[PriceScenario]:
    """Return the scenarios of a page; `InputError` names the line that can't be read."""
    found: list[PriceScenario] = []
    sections: dict[str, Section] = {}
    for each in written(page, name, ("Offers", *TABLES)):
        kept = {title: section for title, section in sections.items() if title not in EXPECTED}
        sections = {**kept, **each.sections}
        found.append(_scenario(each, sections))
    if not found:
        raise InputError.of(name, "has no scenario", "a heading ## begins one")
    return found


def price_differences(scenario: PriceScenario) -> list[str]:
    """Return where the engine differs from the page, a line each; nothing where the page is true."""
    book = Book(CNY, zone_of("Asia/Shanghai"))
    until = AT + timedelta(minutes=30)
    found = quote(scenario.cart, book, scenario.offers, at=AT, valid_until=until)
    rows = {LINES: _lines(found), TOTAL: [_total(found)]}
    differing: list[str] = []
    for title, table in scenario.expected.items():
        if title == RETURNS:
            differing += [line for row in table.rows for line in _return_differs(found, row)]
            continue
        said = [tuple(row[column] for column in table.columns) for row in table.rows]
        true = [tuple(row[column] for column in table.columns) for row in rows[title]]
        if said != true:
            differing += [f"{title}: the page says {said}, and it is {true}"]
    return differing


def _scenario(of: Written, sections: Mapping[str, Section]) -> PriceScenario:
    for title in ("Products", "Cart"):
        if title not in sections:
            raise InputError.of(of.where, f"{shown(of.title)} has no {title}")
    expected = {title: _table(sections[title]) for title in EXPECTED if title in sections}
    if not expected:
        raise InputError.of(of.where, f"{shown(of.title)} expects nothing", " or ".join(EXPECTED))
    goods: dict[str, Goods] = {each.sku: each for each in map(_goods, _table(sections["Products"]).rows)}
    lines = tuple([_line(row, goods) for row in _table(sections["Cart"]).rows])
    cart = Cart(CNY, lines)
    problems = cart_problems(cart)
    if problems:
        raise InputError(problems)
    documents = documents_of(sections["Offers"]) if "Offers" in sections else []
    offers = tuple([load_offer(each, Media.TOML) for each in documents])
    return PriceScenario(of.title, cart, offers, expected)


def _table(section: Section) -> Table:
    return table_of(section, *TABLES[section.title])


def _goods(row: Row) -> Goods:
    floor = _read(row, "floor", _minor) if row["floor"] else 0
    tags = tuple(row["tags"].split())
    return Goods(Sku(row["sku"]), _read(row, "price", _minor), floor, row["category"], row["brand"], tags)


def _line(row: Row, goods: Mapping[str, Goods]) -> CartLine:
    if row["sku"] not in goods:
        raise InputError.of(row.at("sku"), f"no product {shown(row['sku'])}", "name it under Products")
    return CartLine(LineId(row["line"]), goods[row["sku"]], _read(row, "units", int))


def _read(row: Row, column: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(row[column])
    except ValueError as error:
        raise InputError.of(row.at(column), f"can't be read: {shown(row[column])}") from error


def _minor(text: str) -> int:
    return parse_minor(text, CNY)


def _amount(minor: int) -> str:
    return format_minor(minor, CNY)


def _lines(found: Quote) -> list[dict[str, str]]:
    return [
        {"line": line.id, "net": _amount(line.net_minor), "off": _amount(line.before_minor - line.net_minor)}
        for line in found.lines
    ]


def _total(found: Quote) -> dict[str, str]:
    return {
        "payable": _amount(found.payable_minor),
        "offers": ", ".join(each.id for each in found.offers),
        "could be less": _amount(found.bound_minor),
    }


def _return_differs(found: Quote, row: Row) -> Sequence[str]:
    """Return how a return differs from what a row says: units as `line: count`, or a code that refuses it."""
    parts = [part.partition(":") for part in row["units"].split(",")]
    units = {LineId(line.strip()): int(count) for line, _, count in parts}
    plan = plan_return(found, units, ReturnPolicy(row["policy"]))
    true = plan.code if isinstance(plan, Refusal) else _amount(plan.amount_minor)
    said = row["gives back"]
    return [] if said == true else [f"{row.where}: the page says {said}, and it is {true}"]
