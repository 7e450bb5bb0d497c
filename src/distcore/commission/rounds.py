"""What rounding does to a rate, exactly: what is too little to be paid, and the most that is lost or gained.

A rate is a fraction in its lowest terms, and so is what it is worth of any amount: every remainder is met by
some amount, so the largest loss and the largest gain are those of a remainder.  The rule this file protects:
a bound that is stated here is reached by some amount, and never exceeded.
"""

from collections.abc import Iterator
from typing import assert_never

from attrs import frozen

from distcore.commission.plan import Differential, Percent, Plan, Scope
from distcore.kernel import PPM, ComponentId, Rate, Rounding, RuleId


@frozen
class RateRounded:
    """What rounding makes of a rate, for each `scope`: a line, a unit, or an order.

    Of a base below `pays_from_minor` nothing is paid.  The most that is lost and gained are parts of
    a minor unit: so many of `parts`.  A differential's is that of what a tier is worth, of which what is
    paid below is taken off.
    """

    where: str
    component: ComponentId
    rule: RuleId
    rate: Rate
    scope: Scope
    pays_from_minor: int
    loses: int
    gains: int
    parts: int


def rates_rounded(plan: Plan) -> Iterator[RateRounded]:
    """Yield what rounding makes of every rate of a plan that pays anything, by component and rule."""
    for where, component, rule, rate in _rates(plan):
        if rate.ppm:
            parts = _parts(rate)
            loses, gains = _extremes(parts, plan.rounding)
            least = pays_from(rate, plan.rounding)
            scope = plan.rounding_scope
            yield RateRounded(where, component, rule, rate, scope, least, loses, gains, parts)


def _parts(rate: Rate) -> int:
    """Return the denominator of a rate in its lowest terms."""
    common, rest = PPM, rate.ppm
    while rest:
        common, rest = rest, common % rest
    return PPM // common


def pays_from(rate: Rate, rounding: Rounding) -> int:
    """Return the smallest amount, in minor units, of which a rate above zero is worth a minor unit."""
    match rounding:
        case Rounding.UP:
            return 1
        case Rounding.DOWN:
            return -(-PPM // rate.ppm)
        case Rounding.HALF_UP:
            return -(-PPM // (2 * rate.ppm))
        case Rounding.HALF_EVEN:
            return PPM // (2 * rate.ppm) + 1
        case _:
            assert_never(rounding)


def _extremes(parts: int, rounding: Rounding) -> tuple[int, int]:
    """Return the most that is lost and gained where every remainder of so many parts is met."""
    match rounding:
        case Rounding.UP:
            return 0, parts - 1
        case Rounding.DOWN:
            return parts - 1, 0
        case Rounding.HALF_UP:
            return (parts - 1) // 2, parts // 2
        case Rounding.HALF_EVEN:
            return parts // 2, parts // 2
        case _:
            assert_never(rounding)


def _rates(plan: Plan) -> Iterator[tuple[str, ComponentId, RuleId, Rate]]:
    for place, component in enumerate(plan.components):
        where = f"$.components[{place}]"
        for index, rule in enumerate(component.rules):
            if isinstance(rule.pays, Percent):
                yield f"{where}.rules[{index}].pays.rate", component.id, rule.id, rule.pays.rate
        bonus = component.same_tier if isinstance(component, Differential) else None
        for index, rate in enumerate(() if bonus is None else bonus.rates):
            assert bonus is not None
            yield f"{where}.same_tier.rates[{index}]", component.id, bonus.id, rate
