"""What rounding takes and gives at most is met by some amount, and exceeded by none."""

from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import levels, per_order, percent, plan

from distcore.commission import Differential, Percent, RateRounded, SameTier, Scope, rates_rounded
from distcore.kernel import PPM, ComponentId, Rate, Rounding, RuleId


def rounded(rate: Rate, rounding: Rounding, scope: Scope = Scope.LINE) -> RateRounded:
    rule = evolve(percent("1%", 1), pays=Percent(rate))
    (found,) = rates_rounded(evolve(plan(rule), rounding=rounding, rounding_scope=scope))
    return found


def off_by(rate: Rate, rounding: Rounding, minor: int) -> Fraction:
    """Return how much more is paid of an amount than the rate is worth."""
    return rate.of(minor, rounding) - Fraction(minor * rate.ppm, PPM)


COARSE = st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 11, 16, 25, 64, 99, 100]).flatmap(
    lambda parts: st.integers(1, 100).map(lambda n: Rate(min(PPM, n * 10_000 * parts // 100)))
)


@given(COARSE.filter(lambda rate: rate.ppm > 0), st.sampled_from(Rounding))
def test_the_most_is_met_and_never_exceeded(rate: Rate, rounding: Rounding) -> None:
    found = rounded(rate, rounding)
    errors = [off_by(rate, rounding, minor) for minor in range(min(2 * found.parts, 30_000) + 1)]
    if 2 * found.parts <= 30_000:
        assert -min(errors) == Fraction(found.loses, found.parts)
        assert max(errors) == Fraction(found.gains, found.parts)
    assert -min(errors) <= Fraction(found.loses, found.parts)
    assert max(errors) <= Fraction(found.gains, found.parts)


@given(st.integers(1, PPM).map(Rate), st.sampled_from(Rounding))
def test_below_the_least_nothing_is_paid(rate: Rate, rounding: Rounding) -> None:
    least = rounded(rate, rounding).pays_from_minor
    assert rate.of(least, rounding) >= 1
    assert rate.of(least - 1, rounding) == 0


@pytest.mark.parametrize(
    ("rate", "rounding", "expected"),
    [
        ("12.5%", Rounding.HALF_UP, (4, 3, 4, 8)),
        ("12.5%", Rounding.HALF_EVEN, (5, 4, 4, 8)),
        ("12.5%", Rounding.DOWN, (8, 7, 0, 8)),
        ("12.5%", Rounding.UP, (1, 0, 7, 8)),
        ("100%", Rounding.HALF_UP, (1, 0, 0, 1)),
        ("50%", Rounding.HALF_UP, (1, 0, 1, 2)),
        ("50%", Rounding.HALF_EVEN, (2, 1, 1, 2)),
        ("3%", Rounding.HALF_UP, (17, 49, 50, 100)),
    ],
)
def test_by_hand(rate: str, rounding: Rounding, expected: tuple[int, int, int, int]) -> None:
    found = rounded(Rate.parse(rate), rounding, Scope.UNIT)
    assert (found.pays_from_minor, found.loses, found.gains, found.parts) == expected
    assert found.scope is Scope.UNIT


def test_every_rate_that_pays_is_told_with_its_place() -> None:
    bonus = SameTier(RuleId("bonus"), (Rate(10), Rate(0)))
    tiers = Differential(ComponentId("tiers"), (percent("5%"),), same_tier=bonus)
    upline = levels(per_order(5, 1), percent("0%", 2), percent("7%", 3))
    assert [
        (each.where, each.component, each.rule, str(each.rate))
        for each in rates_rounded(evolve(plan(), components=(upline, tiers)))
    ] == [
        ("$.components[0].rules[2].pays.rate", "levels", "7%", "7%"),
        ("$.components[1].rules[0].pays.rate", "tiers", "5%", "5%"),
        ("$.components[1].same_tier.rates[0]", "tiers", "bonus", "0.001%"),
    ]
