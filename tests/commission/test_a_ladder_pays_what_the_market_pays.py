"""Ladders by the numbers that shops publish, and by hand."""

import pytest
from attrs import evolve
from tests.commission.periods import (
    LADDER,
    a_period,
    brackets,
    paid_by,
    rate,
    reasons_of,
    value_of,
)

from distcore.commission import (
    Cut,
    How,
    Ladder,
    LadderBasis,
    PeriodReason,
    Standing,
    Step,
    Volume,
    asked_of,
    remade,
    values_of,
)
from distcore.kernel import InputError, Rounding, limits

THREE = Ladder(LADDER, brackets(_0="3%", _300000="5%", _600000="7%"))
AMWAY = Ladder(
    LADDER,
    brackets(_0="3%", _20000="6%", _60000="9%", _120000="12%", _240000="15%", _360000="18%", _600000="21%"),
    Volume.TEAM,
    How.WHOLE,
    subtract_legs=True,
)


@pytest.mark.parametrize(
    ("how", "volume", "paid"),
    [
        (How.MARGINAL, 750_000, 34_500),
        (How.MARGINAL, 600_000, 24_000),
        (How.WHOLE, 600_000, 42_000),
        (How.WHOLE, 599_999, 30_000),
        (How.WHOLE, 299_999, 9_000),
        (How.MARGINAL, 1, 0),
    ],
)
def test_three_brackets(how: How, volume: int, paid: int) -> None:
    assert value_of(evolve(THREE, how=how), a_period({"ann": volume})).amounts[0] == paid


def test_each_sale_is_paid_by_what_was_reached_before_it() -> None:
    """The sale that crosses an edge is still paid by the rate below it, in a team as for oneself."""
    sold = [("ben", 200_000), ("ann", 200_000), ("ben", 300_000), ("ann", 100_000)]
    facts = a_period({"ann": 300_000, "ben": 500_000}, sponsors={"ben": "ann"}, sold=sold)
    own = evolve(THREE, how=How.STEPWISE)
    assert paid_by(own, facts) == {"ann": 9_000, "ben": 15_000}
    team = evolve(own, volume=Volume.TEAM)
    assert paid_by(team, facts) == {"ann": 6_000 + 6_000 + 15_000 + 7_000, "ben": 15_000}
    basis = value_of(team, facts).share(0).basis
    assert isinstance(basis, LadderBasis)
    steps = (Step(rate("3%"), 400_000), Step(rate("5%"), 300_000), Step(rate("7%"), 100_000))
    assert basis == LadderBasis(300_000, 800_000, 800_000, steps)


def test_an_edge_is_reached_by_the_last_minor_unit_and_not_before() -> None:
    own = evolve(THREE, how=How.STEPWISE)
    for first, second in ((299_999, 3_000), (300_000, 5_000)):
        sold = [("ann", first), ("ann", 100_000)]
        facts = a_period({"ann": first + 100_000}, sold=sold)
        assert paid_by(own, facts) == {"ann": 9_000 + second}


def test_a_stepwise_ladder_of_too_deep_a_tree_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STEPWISE_STEPS_MAX", 3)
    facts = a_period({"ann": 0, "ben": 2}, sponsors={"ben": "ann"}, sold=[("ben", 1)])
    team = evolve(THREE, how=How.STEPWISE, volume=Volume.TEAM)
    assert paid_by(team, facts) == {}
    more = evolve(facts, sold=[(1, 1), (1, 1)])
    with pytest.raises(InputError) as raised:
        values_of([team], more, Rounding.HALF_UP)
    assert str(raised.value) == "period: ladder takes too many steps up the tree (pay marginally)"


LEGS = {"b": 120_000, "c": 120_000, "d": 60_000, "e": 240_000}


def test_a_schedule_of_3_to_21_percent_nets_the_legs() -> None:
    facts = a_period({"ann": 60_000, **LEGS}, sponsors=dict.fromkeys(LEGS, "ann"))
    assert paid_by(AMWAY, facts) == {"ann": 55_800, "b": 14_400, "c": 14_400, "d": 5_400, "e": 36_000}
    basis = value_of(AMWAY, facts).share(0).basis
    assert basis == LadderBasis(60_000, 600_000, 600_000, (Step(rate("21%"), 600_000),), 70_200)


def test_who_does_not_qualify_passes_on_what_is_reached_below() -> None:
    """Nothing is paid twice up the tree, and nothing of what a leg did not get is lost."""
    own = {"a": 0, "b": 0, "c": 100_000}
    sponsors = {"b": "a", "c": "b"}
    gone = a_period(own, sponsors=sponsors, standings={"b": Standing.GONE})
    assert paid_by(AMWAY, gone) == {"c": 9_000}
    unpaid = a_period(own, sponsors=sponsors, standings={"c": Standing.SUSPENDED})
    assert paid_by(AMWAY, unpaid) == {"b": 9_000}
    assert reasons_of(AMWAY, unpaid) == {
        "a": PeriodReason.LEGS_REACH_ALL,
        "b": None,
        "c": PeriodReason.SUSPENDED,
    }


def test_a_leg_brings_no_more_than_its_part() -> None:
    """With 40 % each, legs of 900 and 100 beside 100 count as 333: 133 of the first, 100 and 100."""
    capped = Ladder(LADDER, brackets(_0="0%", _100="10%"), Volume.TEAM, How.WHOLE, leg_cap=rate("40%"))
    facts = a_period({"ann": 100, "b": 900, "c": 100}, sponsors={"b": "ann", "c": "ann"})
    basis = value_of(capped, facts).share(0).basis
    assert isinstance(basis, LadderBasis)
    assert (basis.team_minor, basis.counted_minor) == (1_100, 333)
    assert paid_by(capped, facts) == {"ann": 33, "b": 90, "c": 10}
    alone = a_period({"ann": 0, "b": 900, "c": 900}, sponsors={"b": "ann", "c": "ann"})
    assert paid_by(capped, alone) == {"b": 90, "c": 90}
    assert paid_by(evolve(capped, leg_cap=rate("50%")), alone) == {"ann": 180, "b": 90, "c": 90}
    assert paid_by(evolve(capped, leg_cap=rate("100%")), facts) == {"ann": 110, "b": 90, "c": 10}


def test_the_strongest_leg_does_not_count() -> None:
    balanced = Ladder(LADDER, brackets(_0="10%"), Volume.BALANCED)
    facts = a_period({"ann": 10, "b": 500, "c": 90}, sponsors={"b": "ann", "c": "ann"})
    assert paid_by(balanced, facts) == {"ann": 10, "b": 50, "c": 9}


def test_a_budget_shrinks_in_proportion_and_says_so() -> None:
    """1 % of 1,000 among three who ask for 30, 20 and 50."""
    ladder = Ladder(LADDER, brackets(_0="10%"), budget=rate("1%"))
    facts = a_period({"a": 300, "b": 200, "c": 500})
    assert paid_by(ladder, facts) == {"a": 3, "b": 2, "c": 5}
    value = value_of(ladder, facts)
    assert (value.total.asked_minor, value.total.paid_minor, value.total.budget_minor) == (100, 10, 10)
    tiny = evolve(ladder, budget=rate("0.1%"))
    assert reasons_of(tiny, facts)["b"] is PeriodReason.SHRUNK_TO_ZERO


def test_why_somebody_gets_nothing() -> None:
    ladder = Ladder(LADDER, brackets(_0="0%", _100="1%"), how=How.WHOLE, own_least_minor=5)
    ladder = evolve(ladder, qualified_tiers=("gold",))
    own = {"a": 100, "b": 100, "c": 4, "d": 9, "e": 100, "f": 110, "g": 0}
    facts = a_period(
        own,
        tiers=dict.fromkeys("bcdef", "gold"),
        standings={"a": Standing.GONE, "b": Standing.SUSPENDED},
    )
    assert reasons_of(ladder, facts) == {
        "a": PeriodReason.TERMINATED,
        "b": PeriodReason.SUSPENDED,
        "c": PeriodReason.BELOW_OWN_LEAST,
        "d": PeriodReason.RATE_IS_ZERO,
        "e": None,
        "f": None,
        "g": PeriodReason.TIER_NOT_QUALIFIED,
    }
    small = Ladder(LADDER, brackets(_0="1%"))
    assert reasons_of(small, a_period({"a": 1, "b": 0})) == {
        "a": PeriodReason.ROUNDS_TO_ZERO,
        "b": PeriodReason.NO_VOLUME,
    }


def test_more_than_64_bits_is_refused() -> None:
    most = limits.TOTAL_MINOR_MAX
    whole = Ladder(LADDER, brackets(_0="100%"), Volume.TEAM)
    chain = a_period({"a": 0, "b": most}, sponsors={"b": "a"})
    with pytest.raises(InputError, match="64 bits"):
        value_of(whole, chain)


def test_a_share_is_made_again_from_its_steps_and_its_legs() -> None:
    """Two brackets, of which 300 fill the first: no step of nothing is left of the second."""
    ladder = Ladder(LADDER, brackets(_0="10%", _300="20%"), Volume.TEAM, subtract_legs=True)
    chain = a_period({"a": 100, "b": 200}, sponsors={"b": "a"})
    basis = value_of(ladder, chain).share(0).basis
    assert basis == LadderBasis(100, 300, 300, (Step(rate("10%"), 300),), legs_minor=20)
    assert asked_of(basis, Rounding.HALF_UP) == 10
    assert asked_of(evolve(basis, legs_minor=40), Rounding.HALF_UP) == 0
    none = Ladder(LADDER, brackets(_0="10%"), how=How.WHOLE)
    assert value_of(none, a_period({"a": 0})).share(0).basis == LadderBasis(0, 0, 0, ())


def test_what_a_budget_cuts_is_kept_with_the_share() -> None:
    ladder = Ladder(LADDER, brackets(_0="10%"), budget=rate("1%"))
    share = value_of(ladder, a_period({"a": 300, "b": 200, "c": 505})).share(2)
    assert share.cut == Cut(asked_minor=51, together_minor=101, budget_minor=10, odd_minor=0)
    assert share.amount_minor == remade(share, Rounding.HALF_UP) == 5


def test_legs_that_reach_nothing_are_no_reason() -> None:
    ladder = Ladder(LADDER, brackets(_0="1%"), Volume.TEAM, subtract_legs=True)
    chain = a_period({"a": 1, "b": 40}, sponsors={"b": "a"})
    assert reasons_of(ladder, chain) == {"a": PeriodReason.ROUNDS_TO_ZERO, "b": PeriodReason.ROUNDS_TO_ZERO}
    chain = a_period({"a": 1, "b": 100}, sponsors={"b": "a"})
    assert reasons_of(ladder, chain) == {"a": PeriodReason.LEGS_REACH_ALL, "b": None}


def test_what_64_bits_just_hold_is_asked_for_and_no_more() -> None:
    most = limits.TOTAL_MINOR_MAX
    whole = Ladder(LADDER, brackets(_0="100%"))
    assert value_of(whole, a_period({"a": most})).total.asked_minor == most
    with pytest.raises(InputError) as raised:
        value_of(whole, a_period({"a": most, "b": 1}))
    assert str(raised.value) == "period: ladder asks for more than 64 bits can hold"
