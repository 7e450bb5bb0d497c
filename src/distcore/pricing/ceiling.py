"""How little could be left of some lines: the bound that lets a search turn back.

The rule this file protects: whichever of some offers are applied, no less is left than is told here.  It is
told as a weight for each line, in ppm of what is left of it before the offers, less an amount.

Going back from the last offer, whose weights are those of money, an offer that takes a share off each line
lowers the weights of its lines by that share.  What it takes may fall on any of its lines, where it is an
amount, where it takes single units, or where a floor moves it on: then perhaps on the one that weighs most.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias, assert_never

from attrs import frozen

from distcore.kernel import PPM
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
    Gift,
    LaterCoupon,
    NthUnit,
    PercentOff,
    ShippingOff,
    UnitSteps,
    Which,
)
from distcore.pricing.reduce import Cut, Fitted, Table, at_most, free_units, units_at


@frozen
class Share:
    """At most a share of what is left of some lines, each its own (`of_each`), or all of it of any."""

    at: Sequence[int]
    ppm: int
    of_each: bool


@frozen
class Lump:
    """At most an amount, of any of some lines."""

    at: Sequence[int]
    amount_minor: int


Loss: TypeAlias = Share | Lump


@frozen
class Ceiling:
    """What some offers together leave at least: of each line so many ppm, less an amount in millionths."""

    weights_ppm: Sequence[int]
    amount_ppm: int = 0
    worth_minor: int = 0
    offers: int = 0

    def least(self, left: Sequence[int], lines: Sequence[int]) -> int:
        """Return how little could be left of some lines altogether, where so much is left of each now."""
        weights = self.weights_ppm
        return -((self.amount_ppm - sum([left[place] * weights[place] for place in lines])) // PPM)


def ceilings(steps: Sequence[Sequence[Fitted]], table: Table) -> list[Ceiling]:
    """Return, for each step and for the end, what the offers from there on leave at least.

    The offers of one step may run in any order.
    """
    found = [Ceiling([PPM] * len(table.units))]
    for step in reversed(steps):
        after = found[-1]
        weights, amount_ppm = list(after.weights_ppm), after.amount_ppm
        losses = [loss for of in step for loss in _losses(of, table)]
        for loss in sorted(losses, key=_falls_on_any):
            most = max([0, *(after.weights_ppm[place] for place in loss.at)])
            amount_ppm += most * _lower(weights, loss, most)
        worth = after.worth_minor + sum([of.offer.worth_minor for of in step])
        found.append(Ceiling(weights, amount_ppm, worth, after.offers + len(step)))
    return found[::-1]


def _falls_on_any(loss: Loss) -> bool:
    """Say whether a loss comes after the others, for which it must be bounded whatever came before."""
    return not (isinstance(loss, Share) and loss.of_each)


def _lower(weights: list[int], loss: Loss, most: int) -> int:
    """Lower the weights of lines by a loss; return what it takes besides, in minor units of the heaviest."""
    match loss:
        case Lump(_, amount_minor):
            return amount_minor
        case Share(at, ppm, of_each) if of_each:
            uneven = len({weights[place] for place in at}) > 1
            for place in at:
                weights[place] = weights[place] * (PPM - ppm) // PPM if weights[place] > 0 else weights[place]
            return 1 + (len(at) if uneven else 0)  # what is rounded, altogether and line by line
        case Share(at, ppm):
            for place in at:
                weights[place] -= -(-most * ppm // PPM)
            return 1
        case _:
            assert_never(loss)


def _losses(of: Fitted, table: Table) -> Iterator[Loss]:
    """Yield what an offer takes off at most."""
    effect, at = of.offer.effect, of.at
    match effect:
        case PercentOff() | AmountOff():
            yield _of_off(effect, of, table)
        case AmountSteps() | UnitSteps():
            losses = [_of_off(step.off, of, table) for step in effect.steps]
            shares = [each for each in losses if isinstance(each, Share)]
            lumps = [each for each in losses if isinstance(each, Lump)]
            yield from sorted(shares, key=lambda each: each.ppm)[-1:]
            yield from sorted(lumps, key=lambda each: each.amount_minor)[-1:]
        case EveryAmount():
            yield _of_amounts(effect, of, table)
        case EveryUnits(every):
            yield Lump(at, _of_times(effect, units_at(at, table) // every))
        case NthUnit(nth, rate, Which.CHEAPEST):
            yield _of_cheapest(of, units_at(at, table) // nth * rate.ppm, table)
        case BuyGet(rate=rate, which=Which.CHEAPEST):
            free = min(free_units(effect, units_at(at, table)), units_at(of.got, table))
            yield _of_cheapest(of, free * rate.ppm, table)
        case FixedPrice() | NthUnit() | BuyGet() | Bundle():
            yield Lump(of.got, _taken_off(of, table))
        case Gift() | ShippingOff() | ExtraPoints() | LaterCoupon():
            return
        case _:
            assert_never(effect)


def _taken_off(of: Fitted, table: Table) -> int:
    """Return what an offer takes off where no other one does, and what a floor blocks of it."""
    cut = of.effect(table.price_minor)
    return sum([part for _, part in cut.parts]) + cut.blocked_minor if isinstance(cut, Cut) else 0


def _of_off(off: PercentOff | AmountOff, of: Fitted, table: Table) -> Loss:
    match off:
        case PercentOff(rate, most_minor):
            if most_minor is not None and _priced(of.at, table) * rate.ppm > most_minor * PPM:
                return Lump(of.at, most_minor)
            return _share(of, rate.ppm, table)
        case AmountOff(amount_minor):
            return Lump(of.at, amount_minor)
        case _:
            assert_never(off)


def _share(of: Fitted, ppm: int, table: Table) -> Share:
    """Return a share that is split by what is left; where there is a floor it may move on."""
    return Share(of.at, min(ppm, PPM), not any(table.floor_minor[place] for place in of.at))


def _of_amounts(effect: EveryAmount, of: Fitted, table: Table) -> Loss:
    column = table.list_minor if of.offer.basis is Basis.LIST else table.price_minor
    most = _of_times(effect, sum([column[place] for place in of.at]) // effect.every_minor)
    ppm = -(-effect.amount_minor * PPM // effect.every_minor)
    if of.offer.basis is Basis.RUNNING and _priced(of.at, table) * ppm <= (most + effect.amount_minor) * PPM:
        return _share(of, ppm, table)
    return Lump(of.at, most)


def _of_times(effect: EveryAmount | EveryUnits, times: int) -> int:
    return effect.amount_minor * at_most(times, effect.times_max)


def _of_cheapest(of: Fitted, units_ppm: int, table: Table) -> Loss:
    """Return what the cheapest units cost at most: of the whole no more than their part of the units.

    Nor more than they cost before any offer.  Other offers lower the first, so the second must be much less.
    """
    share = Share(of.got, -(-units_ppm // (units_at(of.got, table) or 1)), of_each=False)
    most = _taken_off(of, table)
    return Lump(of.got, most) if 2 * most * PPM < share.ppm * _priced(of.got, table) else share


def _priced(at: Sequence[int], table: Table) -> int:
    return sum([table.price_minor[place] for place in at])
