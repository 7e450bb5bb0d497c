"""How little could be left of some lines: the bound that lets a search turn back.

The rule this file protects: whatever offers are applied, in whatever order, no less is left than is told
here.  Shares are multiplied line by line, all else is added up as if nothing had been taken off before; what
shares round up is one minor unit each.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias, assert_never

from attrs import frozen

from distcore.kernel import PPM, Rounding
from distcore.pricing.offer import (
    AmountOff,
    AmountSteps,
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
)
from distcore.pricing.reduce import Cut, Fitted, Table, discount

Most: TypeAlias = tuple[int, int]
"""The most that an offer takes off its lines: a share in ppm of what is left, and an amount."""


@frozen
class Ceiling:
    """What some offers together can take off at most: what they leave of each line in ppm, and an amount."""

    keeps_ppm: Sequence[int]
    amount_minor: int
    worth_minor: int
    offers: int

    def least(self, left: Sequence[int], lines: Iterable[int]) -> int:
        """Return how little could be left of some lines altogether."""
        keeps = self.keeps_ppm
        return sum([left[place] * keeps[place] for place in lines]) // PPM - self.amount_minor


def ceilings(steps: Sequence[Sequence[Fitted]], table: Table) -> list[Ceiling]:
    """Return, for each step and for the end, what the offers from there on can take off at most."""
    keeps, amount, worth, offers = [PPM] * len(table.units), 0, 0, 0
    found = [Ceiling(tuple(keeps), amount, worth, offers)]
    for step in reversed(steps):
        for of in step:
            rate_ppm, most_minor = _most(of, table)
            for place in of.at if rate_ppm else ():
                keeps[place] = keeps[place] * (PPM - rate_ppm) // PPM
            amount += most_minor + (rate_ppm > 0)
            worth += of.offer.worth_minor
            offers += 1
        found.append(Ceiling(tuple(keeps), amount, worth, offers))
    return found[::-1]


def _most(of: Fitted, table: Table) -> Most:
    effect, prices = of.offer.effect, table.price_minor
    match effect:
        case PercentOff() | AmountOff():
            return _of_off(effect, of, table)
        case AmountSteps() | UnitSteps():
            each = [_of_off(step.off, of, table) for step in effect.steps]
            return max(rate for rate, _ in each), max(amount for _, amount in each)
        case EveryAmount(every_minor):
            whole = sum([max(prices[place], table.list_minor[place]) for place in of.at])
            return 0, _of_times(effect, whole // every_minor)
        case EveryUnits(every):
            return 0, _of_times(effect, sum([table.units[place] for place in of.at]) // every)
        case FixedPrice() | NthUnit() | BuyGet() | Bundle():
            cut = discount(effect, of, table, prices)
            return 0, sum([part for _, part in cut.parts]) + cut.blocked_minor if isinstance(cut, Cut) else 0
        case Gift() | ShippingOff() | ExtraPoints() | LaterCoupon():
            return 0, 0
        case _:
            assert_never(effect)


def _of_times(effect: EveryAmount | EveryUnits, times: int) -> int:
    return effect.amount_minor * (times if effect.times_max is None else min(times, effect.times_max))


def _of_off(off: PercentOff | AmountOff, of: Fitted, table: Table) -> Most:
    match off:
        case PercentOff(rate, None):
            return rate.ppm, 0
        case PercentOff(rate, most_minor):
            share = rate.of(sum([table.price_minor[place] for place in of.at]), Rounding.HALF_UP)
            return 0, share if most_minor is None else min(share, most_minor)
        case AmountOff(amount_minor):
            return 0, amount_minor
        case _:
            assert_never(off)
