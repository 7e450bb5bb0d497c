"""What a buyer asks the price of: SKUs and units, by name alone.

The rule this file protects: a client says what it wants and never what that costs; the shop looks it up.
"""

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
from distcore.pricing.cart import Shopper

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


def wanted_problems(wanted: Wanted) -> tuple[Problem, ...]:
    """Return all that is impossible about what is wanted, with paths into its document."""
    misshapen = tuple(shape_problems(wanted, Wanted, "$"))
    if misshapen:
        return misshapen
    most = limits.AMOUNT_MINOR_MAX
    found = [
        currency_problem(wanted.currency, "$.currency"),
        *_lines(wanted.lines),
        *_coupons(wanted.coupons),
        *_shopper(wanted.shopper),
        text_problem(wanted.channel, "$.channel"),
        path_problem(wanted.region, "$.region") if wanted.region else None,
        int_problem(wanted.points, "$.points", least=0, most=most),
        int_problem(wanted.stored_value_minor, "$.stored_value", least=0, most=most),
    ]
    return tuple([problem for problem in found if problem is not None])


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
    return [id_problem(each, f"$.coupons[{place}]") for place, each in enumerate(coupons)]


def _shopper(shopper: Shopper) -> list[Problem | None]:
    return [
        None if shopper.member is None else id_problem(shopper.member, "$.shopper.member"),
        text_problem(shopper.tier, "$.shopper.tier"),
        *(text_problem(each, f"$.shopper.groups[{place}]") for place, each in enumerate(shopper.groups)),
        int_problem(shopper.orders_before, "$.shopper.orders_before", least=0, most=limits.UNITS_MAX),
    ]
