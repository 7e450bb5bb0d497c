"""The situations of a line that the conditions of a plan can tell apart.

A condition asks for finitely many words, instants and numbers, so finitely many sales stand for all of them.
The rule this file protects: whatever a sale is like, one of these fits the same rules, at no larger net.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import compress, count, islice, product, starmap
from operator import attrgetter
from typing import Any, Final, TypeVar

from attrs import evolve, frozen

from distcore.commission.match import (
    Atom,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    EarnedBefore,
    MonthsSinceFirst,
    NetBetween,
    Of,
    OrderNumber,
    PaidBetween,
    RegionIs,
    SkuIn,
    SpentBefore,
    TagIn,
    UnitsBetween,
    is_between,
)
from distcore.commission.past import NOTHING_BEFORE, Past
from distcore.commission.plan import FirstOrder, Plan
from distcore.commission.sale import Sale, SaleLine
from distcore.kernel import Instant, LineId, MemberId, SaleId, Sku, limits, paths_to, split

T = TypeVar("T")

BUYER: Final = MemberId("buyer")

PROMOTER: Final = MemberId("promoted 1")

_MONTHS_MAX: Final = 12 * (9999 - 1970)
"""No two instants are further apart."""


@frozen
class Between:
    """Whole numbers from `least` to `most`, both included."""

    least: int
    most: int


@frozen
class Sizes:
    """How much a line, and the order that it is in, may be of: intervals in which no condition changes."""

    line: Between
    order: Between


@frozen
class Situation:
    """What conditions may ask of a line and its order."""

    category: str
    sku: str
    brand: str
    tags: tuple[str, ...]
    channel: str
    region: str
    group: str
    paid_at: Instant
    past: Past
    net: Sizes
    units: Sizes


@frozen(order=True)
class Earner:
    """What conditions may ask of whoever would earn: the tier, and what the plan had paid before."""

    tier: str
    earned_minor: int = 0


def situations(plan: Plan) -> Iterator[Situation] | None:
    """Yield the situations that a plan tells apart; None if there are more than anybody looks at."""
    asked = plan.atoms
    tags = _tags([each.tags for each in asked if isinstance(each, TagIn)])
    pasts = _pasts(plan, asked)
    if tags is None or pasts is None:
        return None
    values: list[Sequence[Any]] = [
        _paths([each.category for each in asked if isinstance(each, CategoryIs)]),
        _words([each.skus for each in asked if isinstance(each, SkuIn)]),
        _words([each.brands for each in asked if isinstance(each, BrandIn)]),
        tags,
        _words([each.channels for each in asked if isinstance(each, ChannelIn)]),
        _paths([each.region for each in asked if isinstance(each, RegionIs)]),
        _words([each.groups for each in asked if isinstance(each, BuyerGroupIn)]),
        _instants(plan, [each for each in asked if isinstance(each, PaidBetween)]),
        pasts,
        _nets([each for each in asked if isinstance(each, NetBetween)]),
        _units([each for each in asked if isinstance(each, UnitsBetween)]),
    ]
    if _times(map(len, values)) > limits.SITUATIONS_MAX:
        return None
    return starmap(Situation, product(*values))


def earners_of(plan: Plan) -> list[Earner] | None:
    """Return the earners that a plan tells apart; None if there are more than anybody looks at.

    Of each tier that it names, and of one that it does not name, those whose earnings before meet different
    conditions; first those who had earned nothing.
    """
    asked = {(each.least_minor, each.below_minor) for each in plan.atoms if isinstance(each, EarnedBefore)}
    edges, tiers = _edges(asked, limits.AMOUNT_MINOR_MAX), tiers_of(plan)
    if asked and (
        len(edges) * len(tiers) > limits.SITUATIONS_MAX or len(edges) * len(asked) > limits.ASKED_MAX
    ):
        return None
    sums = _told_apart(edges, lambda minor: frozenset(each for each in asked if is_between(minor, *each)))
    return [Earner(tier, earned_minor) for earned_minor in sums for tier in tiers]


def tiers_of(plan: Plan) -> list[str]:
    """Return the tiers that a plan tells apart: one that it does not name, and those that it names."""
    return [_other(plan.tiers, ""), *plan.tiers]


def sale_in(situation: Situation, plan: Plan, line: SaleLine, rest: Sequence[SaleLine] = ()) -> Sale:
    """Return an order of a situation, with a line and others; if agents are paid, from a region with many."""
    return Sale(
        SaleId("order"),
        BUYER,
        plan.currency,
        situation.paid_at,
        (line, *rest),
        PROMOTER,
        region_in(situation, plan),
        situation.channel,
        situation.group,
    )


def region_in(situation: Situation, plan: Plan) -> str:
    """Return the region of an order; where agents are paid, one as deep in it as any that has agents."""
    region = situation.region
    if not plan.asks_agents:
        return region
    named = {part for each in plan.atoms if isinstance(each, RegionIs) for part in each.region.split("/")}
    part = next(letter for letter in map(chr, count(ord("0"))) if letter.isalnum() and letter not in named)
    while len(deeper := f"{region}/{part}" if region else part) <= limits.REGION_LENGTH_MAX:
        region = deeper
    return region


def line_in(situation: Situation, net_minor: int, units: int) -> SaleLine:
    """Return a line of a situation that cost the shop nothing, at its list price, free of tax."""
    return SaleLine(
        LineId("1"),
        Sku(situation.sku),
        units,
        net_minor,
        situation.category,
        net_minor,
        0,
        0,
        situation.brand,
        situation.tags,
    )


def usual(situation: Situation, plan: Plan) -> Sale:
    """Return an order of a situation, to ask conditions about: no matter what is in its intervals."""
    net, units = max(1, situation.net.line.least), situation.units.line.least
    more_net = max(0, situation.net.order.least - net)
    more_units = max(0, situation.units.order.least - units)
    line = line_in(situation, net, units)
    if not more_net and not more_units:
        return sale_in(situation, plan, line)
    return sale_in(situation, plan, line, rest_of(plan, more_net, more_units))


def rest_of(plan: Plan, net_minor: int, units: int, like: SaleLine | None = None) -> list[SaleLine]:
    """Return other lines of an order: of goods that no condition names, or like another line."""
    goods = SaleLine(LineId("2"), _plain_sku(plan), 0, 0) if like is None else like
    count = max(1, -(-units // limits.UNITS_MAX))
    nets, each = split(net_minor, [1] * count), split(units, [1] * count)
    return [
        evolve(
            goods,
            id=LineId(f"2/{place}"),
            units=each[place],
            net_minor=nets[place],
            list_minor=nets[place],
            cost_minor=0,
            tax_minor=0,
        )
        for place in range(count)
    ]


def _plain_sku(plan: Plan) -> Sku:
    named = [sku for each in plan.atoms if isinstance(each, SkuIn) for sku in each.skus]
    return Sku(_other(named, "other"))


def _told_apart(values: Iterable[T], met: Callable[[T], Hashable]) -> list[T]:
    """Return one value for each set of conditions that are met together."""
    found: dict[Hashable, T] = {}
    for value in values:
        found.setdefault(met(value), value)
    return list(found.values())


def _other(named: Iterable[str], plain: str) -> str:
    """Return a word that is none of these."""
    taken = set(named)
    while plain in taken:
        plain += "other"
    return plain


def _paths(named: Iterable[str]) -> list[str]:
    """Return paths; what lies below a named one is like it."""
    all_named = frozenset(named)
    return _told_apart(["", *named], lambda path: all_named.intersection(paths_to(path)))


def _words(asked: Sequence[tuple[str, ...]]) -> list[str]:
    asking = _asking(asked)
    return _told_apart([_other(asking, "other"), *asking], lambda word: frozenset(asking.get(word, ())))


def _tags(asked: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]] | None:
    """Return sets of tags; of tags that the same conditions name, one stands for all."""
    asking = _asking(asked)
    kinds = _told_apart(asking, lambda tag: frozenset(asking[tag]))
    count_of_sets = 2 ** len(kinds)
    if count_of_sets > limits.SITUATIONS_MAX or count_of_sets * len(set(asked)) > limits.ASKED_MAX:
        return None
    subsets = [tuple(compress(kinds, taken)) for taken in product((False, True), repeat=len(kinds))]
    return _told_apart(subsets, lambda tags: frozenset(place for tag in tags for place in asking[tag]))


def _asking(asked: Sequence[tuple[str, ...]]) -> dict[str, list[int]]:
    """Return the words that conditions name, each with the conditions that do."""
    found: dict[str, list[int]] = {}
    for place, words in enumerate(dict.fromkeys(asked)):
        for word in dict.fromkeys(words):
            found.setdefault(word, []).append(place)
    return found


def _instants(plan: Plan, asked: Sequence[PaidBetween]) -> list[Instant]:
    """Return when an order may be paid: only while the plan is valid is it calculated by it."""
    edges = [edge for each in asked for edge in (each.since, each.until) if edge is not None]
    return [
        plan.valid_from,
        *sorted(
            {
                edge
                for edge in edges
                if plan.valid_from < edge and (plan.valid_until is None or edge < plan.valid_until)
            }
        ),
    ]


def _pasts(plan: Plan, asked: Sequence[Atom]) -> list[Past] | None:
    """Return what a buyer may have bought before."""
    numbers = [each for each in asked if isinstance(each, OrderNumber)]
    months = [each for each in asked if isinstance(each, MonthsSinceFirst)]
    spent = [each for each in asked if isinstance(each, SpentBefore)]
    counts = _edges([(2, None), *[(each.least, each.below) for each in numbers]], limits.UNITS_MAX)
    ages = _edges([(each.least, each.below) for each in months], _MONTHS_MAX)
    sums = _edges([(each.least_minor, each.below_minor) for each in spent], limits.AMOUNT_MINOR_MAX)
    if len(counts) * len(ages) * len(sums) > limits.SITUATIONS_MAX:
        return None
    asks_first = any(isinstance(component, FirstOrder) for component in plan.components)
    later = product([number - 1 for number in counts if number > 1], ages, sums, (False, True))
    pasts = starmap(Past, later if asks_first or numbers or months or spent else ())
    return [NOTHING_BEFORE, *(past for past in pasts if asks_first or past.first_is_free)]


def _nets(asked: Sequence[NetBetween]) -> list[Sizes]:
    of = {
        each: [(match.least_minor, match.below_minor) for match in asked if match.of is each] for each in Of
    }
    most = limits.AMOUNT_MINOR_MAX
    return _sizes(_cells(of[Of.LINE], most), _cells(of[Of.ORDER], most), 1)


def _units(asked: Sequence[UnitsBetween]) -> list[Sizes]:
    of = {each: [(match.least, match.below) for match in asked if match.of is each] for each in Of}
    most = limits.UNITS_MAX
    return _sizes(_cells(of[Of.LINE], most), _cells(of[Of.ORDER], most * limits.LINES_MAX), 0)


def _sizes(of_line: Sequence[Between], of_order: Sequence[Between], least: int) -> list[Sizes]:
    """Return what goes together: an order is at least as large as its line, and that as `least`.

    Of more than anybody looks at, no more are found than show that.
    """
    found = (
        Sizes(line, order)
        for line in of_line
        if line.most >= least
        for order in of_order[bisect_left(of_order, max(line.least, least), key=attrgetter("most")) :]
    )
    return list(islice(found, limits.SITUATIONS_MAX + 1))


def _edges(asked: Iterable[tuple[int, int | None]], most: int) -> list[int]:
    """Return the numbers from which on something changes, 0 first."""
    edges = {0} | {edge for each in asked for edge in each if edge is not None}
    return sorted(edge for edge in edges if edge <= most)


def _cells(asked: Iterable[tuple[int, int | None]], most: int) -> list[Between]:
    edges = _edges(asked, most)
    return [Between(edge, below - 1) for edge, below in zip(edges, [*edges[1:], most + 1], strict=True)]


def _times(numbers: Iterable[int]) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result
