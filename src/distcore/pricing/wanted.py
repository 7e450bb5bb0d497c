"""What a buyer asks the price of: SKUs and units, by name alone.

The rule this file protects: a client says what it wants and never what that costs; the shop looks it up.
"""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from distcore.kernel import (
    Currency,
    LineId,
    Problem,
    Sku,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    shown,
    text_problem,
)
from distcore.pricing.amounts import Found, amount_problem, told
from distcore.pricing.cart import Cart, CartLine, Shopper
from distcore.pricing.products import Goods

_ANYBODY: Final = Shopper()


@frozen
class WantedLine:
    """Some units of a product; two lines may name the same."""

    id: LineId
    sku: Sku
    units: int


@frozen
class Wanted:
    """Lines and all that prices and offers ask about the buyer; what a `Cart` is made of.

    The host vouches for what it says of the shopper, of coupons, points and stored value: nothing of that is
    looked up.
    """

    currency: Currency
    lines: tuple[WantedLine, ...]
    shopper: Shopper = _ANYBODY
    channel: str = ""
    region: str = ""
    coupons: tuple[str, ...] = ()
    points: int = 0
    stored_value_minor: int = 0
    group_sale: str = ""


def cart_of(wanted: Wanted, goods: Mapping[Sku, Goods]) -> Cart:
    """Return what is wanted as a cart, with the goods of every SKU that it names."""
    return Cart(
        wanted.currency,
        tuple([CartLine(line.id, goods[line.sku], line.units) for line in wanted.lines]),
        wanted.shopper,
        wanted.channel,
        wanted.region,
        wanted.coupons,
        wanted.points,
        wanted.stored_value_minor,
        wanted.group_sale,
    )


def wanted_problems(wanted: Wanted) -> tuple[Problem, ...]:
    """Return all that is impossible about what is wanted, with paths into its document."""
    misshapen = tuple(shape_problems(wanted, Wanted, "$"))
    if misshapen:
        return misshapen
    found: list[Found] = [
        currency_problem(wanted.currency, "$.currency"),
        *_lines(wanted.lines),
        *_coupons(wanted.coupons),
        *_shopper(wanted.shopper),
        text_problem(wanted.channel, "$.channel"),
        path_problem(wanted.region, "$.region") if wanted.region else None,
        int_problem(wanted.points, "$.points", least=0, most=limits.AMOUNT_MINOR_MAX),
        amount_problem(wanted.stored_value_minor, "$.stored_value"),
        id_problem(wanted.group_sale, "$.group_sale") if wanted.group_sale else None,
    ]
    return told(found, wanted.currency)


def _lines(lines: tuple[WantedLine, ...]) -> list[Problem | None]:
    """Say what is wrong with lines; of too many only that."""
    if not 1 <= len(lines) <= limits.CART_LINES_MAX:
        return [Problem("$.lines", f"there are {len(lines)}", f"give 1 to {limits.CART_LINES_MAX}")]
    found: list[Problem | None] = []
    seen: set[str] = set()
    for place, line in enumerate(lines):
        where = f"$.lines[{place}]"
        found.append(id_problem(line.id, f"{where}.id"))
        found.append(id_problem(line.sku, f"{where}.sku"))
        found.append(int_problem(line.units, f"{where}.units", least=1, most=limits.UNITS_MAX))
        if line.id in seen:
            found.append(Problem(f"{where}.id", f"{shown(line.id)} stands twice", "give it once"))
        seen.add(line.id)
    return found


def _coupons(coupons: tuple[str, ...]) -> list[Problem | None]:
    if len(coupons) > limits.CART_COUPONS_MAX:
        most = limits.CART_COUPONS_MAX
        return [Problem("$.coupons", f"there are {len(coupons)}", f"give at most {most}")]
    found = [id_problem(each, f"$.coupons[{place}]") for place, each in enumerate(coupons)]
    if not any(found) and len(set(coupons)) < len(coupons):
        found.append(Problem("$.coupons", "one stands twice", "give each once"))
    return found


def _shopper(shopper: Shopper) -> list[Problem | None]:
    """Say what is wrong with a shopper; of too many groups only that."""
    most = limits.SHOPPER_GROUPS_MAX
    if len(shopper.groups) > most:
        return [Problem("$.shopper.groups", f"there are {len(shopper.groups)}", f"give at most {most}")]
    return [
        None if shopper.member is None else id_problem(shopper.member, "$.shopper.member"),
        text_problem(shopper.tier, "$.shopper.tier"),
        *(text_problem(each, f"$.shopper.groups[{place}]") for place, each in enumerate(shopper.groups)),
        int_problem(shopper.orders_before, "$.shopper.orders_before", least=0, most=limits.UNITS_MAX),
    ]
