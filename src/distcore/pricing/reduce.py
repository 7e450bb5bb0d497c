"""What one offer takes off which line, given what is left of each: to the last minor unit.

The one rule this file protects: what is said to be taken off is what the lines lose, and no line falls below
its floor.  What a floor blocks moves to the other lines; what finds none is told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property
from operator import itemgetter
from typing import TypeAlias, assert_never

from attrs import field, frozen

from distcore.kernel import Rate, Rounding, split
from distcore.pricing.cart import CartLine
from distcore.pricing.offer import (
    AmountOff,
    AmountSteps,
    Basis,
    Bundle,
    BuyGet,
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


Reduce: TypeAlias = Callable[[Sequence[int]], Cut | Short]
"""Says what an offer does to what is left of each line, which stays as it is."""


@frozen
class Fitted:
    """An offer and the positions of its lines: those it is for, those its threshold counts, those to get.

    A choice asks again and again what it takes off: what is the same each time is looked up once.
    """

    offer: Offer
    at: Sequence[int]
    counted: Sequence[int]
    got: Sequence[int]
    table: Table = field(eq=False, repr=False)

    @cached_property
    def reduce(self) -> Reduce:
        """Says what it does; a cut without parts is one of nothing, or of what gives something else."""
        if not self.at:
            return _always(Short(1, Measure.UNITS))
        short = _short(self)
        if short is None:
            return self.effect
        missing, effect = short, self.effect

        def from_threshold(now: Sequence[int]) -> Cut | Short:
            found = missing(now)
            return effect(now) if found is None else found

        return from_threshold

    @cached_property
    def effect(self) -> Reduce:
        """Says what its effect does, whatever its threshold; it has lines."""
        return _effect(self)


def fitted(offer: Offer, shelf: Shelf, table: Table) -> Fitted:
    """Return which lines of a cart an offer is about."""
    at = counted = got = shelf.places_of(offer.products)
    if offer.threshold is not None and offer.threshold.of is not None:
        counted = shelf.places_of(offer.threshold.of)
    if isinstance(offer.effect, BuyGet) and offer.effect.of is not None:
        got = shelf.places_of(offer.effect.of)
        at = [place for place in at if place not in set(got)]
    return Fitted(offer, at, counted, got, table)


def _always(found: Cut | Short) -> Reduce:
    return lambda _: found


def _short(of: Fitted) -> Callable[[Sequence[int]], Short | None] | None:
    """Return what says how much is missing of the threshold of an offer, or None where nothing ever is."""
    match of.offer.threshold:
        case None:
            return None
        case FromAmount(least_minor):
            amount = _amount(of, of.counted)

            def below(now: Sequence[int]) -> Short | None:
                missing = least_minor - amount(now)
                return Short(missing, Measure.AMOUNT) if missing > 0 else None

            return below
        case FromUnits(least):
            missing = least - units_at(of.counted, of.table)
            short = Short(missing, Measure.UNITS)
            return (lambda _: short) if missing > 0 else None
        case _:
            assert_never(of.offer.threshold)


def _amount(of: Fitted, at: Sequence[int]) -> Callable[[Sequence[int]], int]:
    """Return what says what counts for an amount: what is left of lines, or what they cost before offers."""
    pick = _pick(at, of.table)
    match of.offer.basis:
        case Basis.RUNNING:
            return lambda now: sum(pick(now))
        case Basis.PARALLEL:
            known = sum(pick(of.table.price_minor))
        case Basis.LIST:
            known = sum(pick(of.table.list_minor))
        case _:
            assert_never(of.offer.basis)
    return lambda _: known


def _pick(at: Sequence[int], table: Table) -> Callable[[Sequence[int]], Sequence[int]]:
    """Return what gives some lines of a column, by the fastest way there is."""
    if len(at) == len(table.lines):
        return _all
    return itemgetter(*at) if len(at) > 1 else lambda column: [column[place] for place in at]


def _all(column: Sequence[int]) -> Sequence[int]:
    return column


def units_at(at: Iterable[int], table: Table) -> int:
    """Return how many units some lines have."""
    return sum([table.units[place] for place in at])


def _effect(of: Fitted) -> Reduce:
    """Return what says what the effect of an offer takes off, whatever its threshold."""
    at, table, effect = of.at, of.table, of.offer.effect
    match effect:
        case Gift() | ShippingOff() | LaterCoupon():
            return _always(Cut())
        case ExtraPoints(_, every_minor):
            return _points(of, every_minor)
        case PercentOff() | AmountOff():
            return _off(of, effect)
        case AmountSteps(steps):
            amount = _amount(of, at)
            offs = [(step.least_minor, _off(of, step.off)) for step in steps]
            return lambda now: _step(offs, amount(now), Measure.AMOUNT, now)
        case UnitSteps(steps):
            units = units_at(at, table)
            offs = [(step.least, _off(of, step.off)) for step in steps]
            return lambda now: _step(offs, units, Measure.UNITS, now)
        case EveryAmount(every_minor):
            amount = _amount(of, at)
            return lambda now: _every(of, effect, Measure.AMOUNT, every_minor, amount(now), now)
        case EveryUnits(every):
            units = units_at(at, table)
            return lambda now: _every(of, effect, Measure.UNITS, every, units, now)
        case _:
            return _of_units(of, effect)


def _of_units(of: Fitted, effect: FixedPrice | NthUnit | BuyGet | Bundle) -> Reduce:
    """Return what says what an effect takes off single units."""
    at, table = of.at, of.table
    match effect:
        case FixedPrice(price_minor):

            def fixed(now: Sequence[int]) -> Cut:
                above = [
                    max(0, left - price_minor * units) for left, units in zip(now, table.units, strict=True)
                ]
                return _spread(sum([above[place] for place in at]), at, above, table, now)

            return fixed
        case NthUnit(nth, rate, which):
            units = units_at(at, table)
            return lambda now: _of_taken(
                _taken(units // nth, _runs(at, which, table, now)), rate, nth - units, table, now
            )
        case BuyGet():
            return lambda now: _buy_get(effect, of, table, now)
        case Bundle():
            return lambda now: _bundles(effect, at, table, now)
        case _:
            assert_never(effect)


def _points(of: Fitted, every_minor: int | None) -> Reduce:
    """Return what says how often points are given: once, or for every so much of what is left."""
    if every_minor is None:
        return _always(Cut())
    every, pick = every_minor, _pick(of.at, of.table)

    def points(now: Sequence[int]) -> Cut | Short:
        paid = sum(pick(now))
        times = paid // every
        return Cut(times=times) if times else Short(every - paid, Measure.AMOUNT)

    return points


def _off(of: Fitted, off: PercentOff | AmountOff) -> Reduce:
    """Return what takes off lines a share of what is left of them, or an amount."""
    pick, at, table = _pick(of.at, of.table), of.at, of.table
    return lambda now: _spread(off_of(off, sum(pick(now))), at, now, table, now)


def _step(
    offs: Sequence[tuple[int, Reduce]], reached: int, measure: Measure, now: Sequence[int]
) -> Cut | Short:
    """Take off what the highest of the steps that are reached says."""
    for least, off in reversed(offs):
        if least <= reached:
            return off(now)
    return Short(offs[0][0] - reached, measure)


def _every(
    of: Fitted,
    effect: EveryAmount | EveryUnits,
    measure: Measure,
    every: int,
    reached: int,
    now: Sequence[int],
) -> Cut | Short:
    times = at_most(reached // every, effect.times_max)
    if not times:
        return Short(every - reached, measure)
    return _spread(times * effect.amount_minor, of.at, now, of.table, now, times)


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


def at_most(times: int, times_max: int | None) -> int:
    """Return how often an effect applies that may have a largest number of times."""
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


def free_units(effect: BuyGet, units: int) -> int:
    """Return of how many units something is taken off at most, where so many are bought."""
    if effect.of is not None:
        return at_most(units // effect.buy, effect.times_max) * effect.get
    groups, rest = divmod(units, effect.buy + effect.get)
    if effect.times_max is not None and groups >= effect.times_max:
        return effect.times_max * effect.get
    return groups * effect.get + min(effect.get, max(0, rest - effect.buy))  # not all of the last are there


def _buy_get(effect: BuyGet, of: Fitted, table: Table, now: Sequence[int]) -> Cut | Short:
    units = units_at(of.at, table)
    missing = effect.buy - units + (effect.of is None)
    taken = _taken(free_units(effect, units), _runs(of.got, effect.which, table, now))
    return _of_taken(taken, effect.rate, max(1, missing), table, now)


def _bundles(effect: Bundle, at: Sequence[int], table: Table, now: Sequence[int]) -> Cut | Short:
    """Put the dearest units together while a bundle is cheaper; bundles alike are counted at once."""
    units = units_at(at, table)
    left, times, saved = at_most(units // effect.units, effect.times_max), 0, 0
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
