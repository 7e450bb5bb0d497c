"""What one offer takes off which line, given what is left of each: to the last minor unit.

The one rule this file protects: what is said to be taken off is what the lines lose, and no line falls below
its floor.  What a floor blocks moves to the other lines; what finds none is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from typing import TypeAlias, assert_never

from attrs import frozen

from distcore.kernel import Rate, Rounding, split
from distcore.pricing.cart import CartLine
from distcore.pricing.offer import (
    AmountOff,
    AmountSteps,
    Basis,
    Bundle,
    BuyGet,
    Discount,
    EveryAmount,
    EveryUnits,
    ExtraPoints,
    FixedPrice,
    FromAmount,
    FromUnits,
    Gift,
    LaterCoupon,
    NthUnit,
    Offer,
    PercentOff,
    ShippingOff,
    UnitSteps,
    Which,
)
from distcore.pricing.price import Priced
from distcore.pricing.shelf import Shelf

_HALF_UP = Rounding.HALF_UP


@frozen
class Table:
    """The lines of a cart in columns, by line id: what all units of each cost, at different prices.

    `floor_minor` is what no discount takes a line below: its floor, or its price if that is less.
    """

    lines: Sequence[CartLine]
    units: Sequence[int]
    list_minor: Sequence[int]
    price_minor: Sequence[int]
    floor_minor: Sequence[int]

    @cached_property
    def has_floors(self) -> bool:
        """Whether there is a line that can't be given away."""
        return any(self.floor_minor)


def table_of(lines: Sequence[CartLine], prices: Sequence[Priced]) -> Table:
    """Return the columns of some lines, which are in order of their ids."""
    each = list(zip(lines, prices, strict=True))
    return Table(
        lines,
        [line.units for line in lines],
        [line.goods.list_minor * line.units for line in lines],
        [of.price_minor * line.units for line, of in each],
        [min(line.goods.floor_minor, of.price_minor) * line.units for line, of in each],
    )


@frozen
class Fitted:
    """An offer and the positions of its lines: those it is for, those its threshold counts, those to get."""

    offer: Offer
    at: Sequence[int]
    counted: Sequence[int]
    got: Sequence[int]


def fitted(offer: Offer, shelf: Shelf) -> Fitted:
    """Return which lines of a cart an offer is about."""
    at = counted = got = shelf.places_of(offer.products)
    if offer.threshold is not None and offer.threshold.of is not None:
        counted = shelf.places_of(offer.threshold.of)
    if isinstance(offer.effect, BuyGet) and offer.effect.of is not None:
        got = shelf.places_of(offer.effect.of)
        at = [place for place in at if place not in set(got)]
    return Fitted(offer, at, counted, got)


@frozen
class Cut:
    """What is taken off lines, by position, what found no line, and how often the effect applied."""

    parts: tuple[tuple[int, int], ...] = ()
    blocked_minor: int = 0
    times: int = 1


class Measure(Enum):
    """What is missing: minor units, or units of goods."""

    AMOUNT = "amount"
    UNITS = "units"


@frozen
class Short:
    """What is missing until an offer applies."""

    missing: int
    measure: Measure


def reduced(of: Fitted, table: Table, now: Sequence[int]) -> Cut | Short:
    """Return what an offer does to what is left of each line; `now` stays as it is.

    A cut without parts is one of nothing, or of what gives something else.
    """
    if not of.at:
        return Short(1, Measure.UNITS)
    short = _below(of, table, now)
    if short is not None:
        return short
    effect = of.offer.effect
    match effect:
        case Gift() | ShippingOff() | LaterCoupon():
            return Cut()
        case ExtraPoints(_, every_minor):
            paid = sum([now[place] for place in of.at])
            times = 1 if every_minor is None else paid // every_minor
            return Cut(times=times) if times else Short((every_minor or 0) - paid, Measure.AMOUNT)
        case _:
            return discount(effect, of, table, now)


def _below(of: Fitted, table: Table, now: Sequence[int]) -> Short | None:
    """Return what is missing until the threshold of an offer is reached, or None."""
    match of.offer.threshold:
        case None:
            return None
        case FromAmount(least_minor):
            missing, measure = least_minor - _amount(of.counted, of.offer.basis, table, now), Measure.AMOUNT
        case FromUnits(least):
            missing, measure = least - _units(of.counted, table), Measure.UNITS
        case _:
            assert_never(of.offer.threshold)
    return Short(missing, measure) if missing > 0 else None


def _amount(at: Iterable[int], basis: Basis, table: Table, now: Sequence[int]) -> int:
    """Return what counts for an amount: of some lines what is left, or what they cost before offers."""
    column = {Basis.RUNNING: now, Basis.PARALLEL: table.price_minor, Basis.LIST: table.list_minor}[basis]
    return sum([column[place] for place in at])


def _units(at: Iterable[int], table: Table) -> int:
    return sum([table.units[place] for place in at])


def discount(effect: Discount, of: Fitted, table: Table, now: Sequence[int]) -> Cut | Short:
    """Return what an effect takes off what is left of each line, whatever the threshold of its offer."""
    at, basis = of.at, of.offer.basis
    match effect:
        case PercentOff() | AmountOff():
            return _spread(off_of(effect, sum([now[place] for place in at])), at, now, table, now)
        case FixedPrice(price_minor):
            above = [max(0, left - price_minor * units) for left, units in zip(now, table.units, strict=True)]
            return _spread(sum([above[place] for place in at]), at, above, table, now)
        case AmountSteps(steps):
            reached = _amount(at, basis, table, now)
            offs = [step.off for step in steps if step.least_minor <= reached]
            return _step(offs, Short(steps[0].least_minor - reached, Measure.AMOUNT), at, table, now)
        case UnitSteps(steps):
            units = _units(at, table)
            offs = [step.off for step in steps if step.least <= units]
            return _step(offs, Short(steps[0].least - units, Measure.UNITS), at, table, now)
        case EveryAmount(every_minor):
            return _every(effect, Measure.AMOUNT, every_minor, _amount(at, basis, table, now), at, table, now)
        case EveryUnits(every):
            return _every(effect, Measure.UNITS, every, _units(at, table), at, table, now)
        case NthUnit(nth, rate, which):
            units = _units(at, table)
            taken = _taken(units // nth, _runs(at, which, table, now))
            return _of_taken(taken, rate, nth - units, table, now)
        case BuyGet():
            return _buy_get(effect, of, table, now)
        case Bundle():
            return _bundles(effect, at, table, now)
        case _:
            assert_never(effect)


def _step(
    offs: Sequence[PercentOff | AmountOff], short: Short, at: Sequence[int], table: Table, now: Sequence[int]
) -> Cut | Short:
    """Take off what the highest of the steps that are reached says."""
    if not offs:
        return short
    return _spread(off_of(offs[-1], sum([now[place] for place in at])), at, now, table, now)


def _every(
    effect: EveryAmount | EveryUnits,
    measure: Measure,
    every: int,
    reached: int,
    at: Sequence[int],
    table: Table,
    now: Sequence[int],
) -> Cut | Short:
    times = _at_most(reached // every, effect.times_max)
    if not times:
        return Short(every - reached, measure)
    return _spread(times * effect.amount_minor, at, now, table, now, times)


def off_of(off: PercentOff | AmountOff, amount_minor: int) -> int:
    """Return a share of an amount, or what is taken off it, which may be more than there is."""
    match off:
        case PercentOff(rate, most_minor):
            share = rate.of(amount_minor, _HALF_UP)
            return share if most_minor is None else min(share, most_minor)
        case AmountOff(off_minor):
            return off_minor
        case _:
            assert_never(off)


def _at_most(times: int, times_max: int | None) -> int:
    return times if times_max is None else min(times, times_max)


def _spread(
    total: int,
    at: Sequence[int],
    weights: Sequence[int],
    table: Table,
    now: Sequence[int],
    times: int = 1,
) -> Cut:
    """Split an amount over lines by weight; what a floor blocks moves on to those that have room."""
    if weights is now and not table.has_floors:  # nearly always: a part is never more than its line
        have = [now[place] for place in at]
        most = min(total, sum(have))
        found = zip(at, split(most, have), strict=True)
        return Cut(tuple([each for each in found if each[1]]), total - most, times)
    cut = dict.fromkeys(at, 0)
    room = {place: now[place] - table.floor_minor[place] for place in at}
    open_at = [place for place in at if weights[place] and room[place]]
    while total and open_at:
        left = total
        for place, part in zip(open_at, split(total, [weights[place] for place in open_at]), strict=True):
            taken = min(part, room[place])
            cut[place] += taken
            room[place] -= taken
            left -= taken
        total, open_at = left, [place for place in open_at if room[place]]
    return Cut(tuple([(place, part) for place, part in cut.items() if part]), total, times)


# ---- effects on single units

Run: TypeAlias = tuple[int, int, int]
"""What one unit costs, the position of its line, and how many of the line cost that: a line has two runs."""


def _runs(at: Iterable[int], which: Which, table: Table, now: Sequence[int]) -> list[Run]:
    """Return the units of some lines in the order in which they are taken."""
    runs: list[Run] = []
    for place in at:
        units = table.units[place]
        each, dearer = divmod(now[place], units)
        runs.append((each, place, units - dearer))
        if dearer:
            runs.append((each + 1, place, dearer))
    sign = 1 if which is Which.CHEAPEST else -1
    return sorted(runs, key=lambda run: (sign * run[0], run[1]))


def _taken(units: int, runs: Iterable[Run]) -> dict[int, int]:
    """Take so many units; return what those of each line cost."""
    taken: dict[int, int] = {}
    for price, place, count in runs:
        some = min(units, count)
        if some:
            taken[place] = taken.get(place, 0) + some * price
            units -= some
    return taken


def _of_taken(
    taken: Mapping[int, int], rate: Rate, missing: int, table: Table, now: Sequence[int]
) -> Cut | Short:
    """Take a share off units that were taken; without any, say how many are missing."""
    if not taken:
        return Short(missing, Measure.UNITS)
    return _spread(rate.of(sum(taken.values()), _HALF_UP), *_weighed(taken, now), table, now)


def _weighed(taken: Mapping[int, int], now: Sequence[int]) -> tuple[list[int], list[int]]:
    weights = [0] * len(now)
    for place, cost in taken.items():
        weights[place] = cost
    return sorted(taken), weights


def _buy_get(effect: BuyGet, of: Fitted, table: Table, now: Sequence[int]) -> Cut | Short:
    units = _units(of.at, table)
    if effect.of is None:
        groups, rest = divmod(units, effect.buy + effect.get)
        begun = min(effect.get, max(0, rest - effect.buy))  # not all of the last ones are there
        if effect.times_max is not None and groups >= effect.times_max:
            groups, begun = effect.times_max, 0
        free, missing = groups * effect.get + begun, effect.buy + 1 - units
    else:
        free, missing = _at_most(units // effect.buy, effect.times_max) * effect.get, effect.buy - units
    taken = _taken(free, _runs(of.got, effect.which, table, now))
    return _of_taken(taken, effect.rate, max(1, missing), table, now)


def _bundles(effect: Bundle, at: Sequence[int], table: Table, now: Sequence[int]) -> Cut | Short:
    """Put the dearest units together while a bundle is cheaper; bundles alike are counted at once."""
    units = _units(at, table)
    left, times, saved = _at_most(units // effect.units, effect.times_max), 0, 0
    if not left:
        return Short(effect.units - units, Measure.UNITS)
    costs: dict[int, int] = {}
    for cost, taken, alike in _groups(effect.units, _runs(at, Which.DEAREST, table, now)):
        if cost <= effect.price_minor or not left:
            break
        some = min(alike, left)
        for place, part in taken.items():
            costs[place] = costs.get(place, 0) + part * some
        saved, times, left = saved + (cost - effect.price_minor) * some, times + some, left - some
    at, weights = _weighed(costs, now)
    return _spread(saved, at, weights, table, now, times)


def _groups(size: int, runs: Iterable[Run]) -> Iterator[tuple[int, Mapping[int, int], int]]:
    """Yield, for units in their order, what each group costs, line by line, and how many are like it."""
    taken: dict[int, int] = {}
    held = 0
    for price, place, count in runs:
        rest = count
        if held:
            some = min(size - held, count)
            taken[place] = taken.get(place, 0) + some * price
            held, rest = held + some, count - some
            if held < size:
                continue
            yield sum(taken.values()), taken, 1
        whole, held = divmod(rest, size)
        if whole:
            yield size * price, {place: size * price}, whole
        taken = {place: held * price} if held else {}
