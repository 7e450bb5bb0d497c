"""When a rule applies: conditions on a sale as it was sold, as data, and the verb that tests them.

The rule this file protects: a condition asks for nothing that changes later, so which rule won stays what
it was.  What was before the sale is frozen with it.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, assert_never

from attrs import field, frozen

from distcore.commission.past import NOBODY_EARNED, Past
from distcore.commission.sale import Sale, SaleLine
from distcore.kernel import Instant, MemberId, utc

if TYPE_CHECKING:
    from distcore.commission.formula import Formulas


class Of(Enum):
    """What a number is of."""

    LINE = "line"
    ORDER = "order"


@frozen
class CategoryIs:
    """The line's category is this one or lies below it: `food` covers `food/fresh`."""

    category: str


@frozen
class SkuIn:
    """The line's SKU is one of these."""

    skus: tuple[str, ...]


@frozen
class BrandIn:
    """The line's brand is one of these."""

    brands: tuple[str, ...]


@frozen
class TagIn:
    """The line has at least one of these tags."""

    tags: tuple[str, ...]


@frozen
class ChannelIn:
    """The order came by one of these channels."""

    channels: tuple[str, ...]


@frozen
class RegionIs:
    """The order's region is this one or lies below it, as with categories."""

    region: str


@frozen
class BuyerGroupIn:
    """The buyer belongs to one of these groups."""

    groups: tuple[str, ...]


@frozen
class TierIn:
    """Whoever would earn has one of these tiers."""

    tiers: tuple[str, ...]


@frozen
class NetBetween:
    """The net of the line, or of the order, as sold: from `least_minor` to below `below_minor`."""

    of: Of = Of.LINE
    least_minor: int = 0
    below_minor: int | None = None


@frozen
class UnitsBetween:
    """The units of the line, or of the order, as sold: from `least` to below `below`."""

    of: Of = Of.LINE
    least: int = 0
    below: int | None = None


def _since(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "since")


def _until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "until")


@frozen
class PaidBetween:
    """The order was paid in `[since, until)`; without one of the two, that side is open."""

    since: Instant | None = field(default=None, converter=_since)
    until: Instant | None = field(default=None, converter=_until)


@frozen
class OrderNumber:
    """Which paid order of the buyer it is, the first being 1: from `least` to below `below`."""

    least: int = 1
    below: int | None = None


@frozen
class MonthsSinceFirst:
    """Full months since the buyer's first order was paid, 0 for the first: from `least` to below `below`."""

    least: int = 0
    below: int | None = None


@frozen
class SpentBefore:
    """The net of all that the buyer had bought before: from `least_minor` to below `below_minor`."""

    least_minor: int = 0
    below_minor: int | None = None


@frozen
class EarnedBefore:
    """What sales of this plan that were accrued before had paid whoever would earn, each as it was sold.

    From `least_minor` to below `below_minor`.  All line components count, of every version of the plan that
    has such a condition, in the currency of the plan; no refund and no recomputation changes it.
    """

    least_minor: int = 0
    below_minor: int | None = None


@frozen
class AllOf:
    """Every one of these applies."""

    matches: "tuple[Match, ...]"


@frozen
class AnyOf:
    """At least one of these applies."""

    matches: "tuple[Match, ...]"


@frozen
class Not:
    """This does not apply."""

    match: "Match"


Atom: TypeAlias = (
    CategoryIs
    | SkuIn
    | BrandIn
    | TagIn
    | ChannelIn
    | RegionIs
    | BuyerGroupIn
    | TierIn
    | NetBetween
    | UnitsBetween
    | PaidBetween
    | OrderNumber
    | MonthsSinceFirst
    | SpentBefore
    | EarnedBefore
)
"""A condition that is made of no others."""

Match: TypeAlias = Atom | AllOf | AnyOf | Not


@frozen
class Case:
    """A sale as it was sold, and what was before it: all that may decide who wins, the members aside.

    With the formulas that the shop registered, for components that pay by one.  `earned` is what the plan had
    paid members before; who is not named has earned nothing.  `was_gone` decides nothing of that: it
    says that there was a time when nothing was left of the sale, so it is no first order any more.
    """

    sale: Sale
    past: Past
    formulas: "Formulas" = field(factory=dict)
    earned: Mapping[MemberId, int] = NOBODY_EARNED
    was_gone: bool = False


def fits(match: Match | None, case: Case, line: SaleLine, tier: str, earned_minor: int) -> bool:
    """Say whether a rule is for a line of a sale and for an earner; without a condition it is.

    Of an earner it asks the tier, and what the plan had paid before.
    """
    match match:
        case None:
            return True
        case CategoryIs() | SkuIn() | BrandIn() | TagIn():
            return _fits_line(match, line)
        case ChannelIn() | RegionIs() | BuyerGroupIn() | PaidBetween():
            return _fits_order(match, case.sale)
        case TierIn(tiers):
            return tier in tiers
        case NetBetween() | UnitsBetween() | OrderNumber() | MonthsSinceFirst() | SpentBefore():
            return _fits_number(match, case, line)
        case EarnedBefore(least, below):
            return is_between(earned_minor, least, below)
        case AllOf(matches):
            return all(fits(each, case, line, tier, earned_minor) for each in matches)
        case AnyOf(matches):
            return any(fits(each, case, line, tier, earned_minor) for each in matches)
        case Not(negated):
            return not fits(negated, case, line, tier, earned_minor)
        case _:
            assert_never(match)


def _fits_line(match: CategoryIs | SkuIn | BrandIn | TagIn, line: SaleLine) -> bool:
    match match:
        case CategoryIs(category):
            return lies_in(line.category, category)
        case SkuIn(skus):
            return line.sku in skus
        case BrandIn(brands):
            return line.brand in brands
        case TagIn(tags):
            return not set(tags).isdisjoint(line.tags)
        case _:
            assert_never(match)


def _fits_order(match: ChannelIn | RegionIs | BuyerGroupIn | PaidBetween, sale: Sale) -> bool:
    match match:
        case ChannelIn(channels):
            return sale.channel in channels
        case RegionIs(region):
            return lies_in(sale.region, region)
        case BuyerGroupIn(groups):
            return sale.buyer_group in groups
        case PaidBetween(since, until):
            return (since is None or since <= sale.paid_at) and (until is None or sale.paid_at < until)
        case _:
            assert_never(match)


def _fits_number(
    match: NetBetween | UnitsBetween | OrderNumber | MonthsSinceFirst | SpentBefore,
    case: Case,
    line: SaleLine,
) -> bool:
    match match:
        case NetBetween(of, least, below):
            return is_between((case.sale if of is Of.ORDER else line).net_minor, least, below)
        case UnitsBetween(of, least, below):
            return is_between((case.sale if of is Of.ORDER else line).units, least, below)
        case OrderNumber(least, below):
            return is_between(case.past.orders + 1, least, below)
        case MonthsSinceFirst(least, below):
            return is_between(case.past.months, least, below)
        case SpentBefore(least, below):
            return is_between(case.past.spent_minor, least, below)
        case _:
            assert_never(match)


def atoms_of(match: Match | None) -> Iterator[Atom]:
    """Yield the conditions that a condition is made of in the end."""
    match match:
        case None:
            return
        case AllOf(matches) | AnyOf(matches):
            for each in matches:
                yield from atoms_of(each)
        case Not(negated):
            yield from atoms_of(negated)
        case _:
            yield match


def asks_past(match: Match | None) -> bool:
    """Say whether a condition asks for what was before the sale."""
    return any(isinstance(each, OrderNumber | MonthsSinceFirst | SpentBefore) for each in atoms_of(match))


def asks_earned(match: Match | None) -> bool:
    """Say whether a condition asks for what an earner had earned before."""
    return any(isinstance(each, EarnedBefore) for each in atoms_of(match))


def asks_lines(match: Match | None) -> bool:
    """Say whether a condition asks for something in which the lines of an order may differ."""
    return any(_asks_lines(each) for each in atoms_of(match))


def _asks_lines(atom: Atom) -> bool:
    if isinstance(atom, NetBetween | UnitsBetween):
        return atom.of is Of.LINE
    return isinstance(atom, CategoryIs | SkuIn | BrandIn | TagIn)


def lies_in(path: str, of: str) -> bool:
    """Say whether a path such as `food/fresh` is another one or lies below it."""
    return path == of or path.startswith(of + "/")


def is_between(number: int, least: int, below: int | None) -> bool:
    """Say whether a number is at least one, and below another, if there is one."""
    return least <= number and (below is None or number < below)
