"""Pools by published numbers: every cent has a payee, or is breakage."""

import pytest
from attrs import evolve
from tests.commission.periods import a_period, paid_by, rate, reasons_of, value_of

from distcore.commission import (
    ByPoints,
    ByTier,
    ByVolume,
    PeriodReason,
    Pool,
    PoolBasis,
    Standing,
    TierWeight,
    Unclaimed,
    Volume,
    remade,
)
from distcore.kernel import ComponentId, Rounding, SplitMethod, limits

WEIGHTS = {"bronze": 10, "silver": 20, "gold": 30}
POOL = Pool(ComponentId("pool"), rate("1%"), ByTier(tuple(TierWeight(*each) for each in WEIGHTS.items())))
TIERS = {
    **{f"a{number}": "bronze" for number in range(2)},
    **{f"b{number}": "silver" for number in range(5)},
    **{f"c{number}": "gold" for number in range(10)},
}


@pytest.mark.parametrize("ties", SplitMethod)
def test_ten_among_seventeen(ties: SplitMethod) -> None:
    """Rounded one by one it would lose two cents, or give three too many."""
    facts = a_period(dict.fromkeys(TIERS, 0), tiers=TIERS, net=1_000_00)
    paid = paid_by(evolve(POOL, ties=ties), facts)
    assert sum(paid.values()) == 1_000
    value = value_of(evolve(POOL, ties=ties), facts)
    for place, name in enumerate(facts.members):
        assert remade(value.share(place), Rounding.HALF_UP) == paid[name]


def test_who_does_not_qualify_leaves_a_part_that_nobody_gets() -> None:
    """Or the others have it, if the pool says so; who is gone has no part in either case."""
    tiers = {"a": "bronze", "b": "silver", "c": "gold", "d": "gold"}
    standings = {"b": Standing.SUSPENDED, "d": Standing.GONE}
    facts = a_period(dict.fromkeys(tiers, 0), tiers=tiers, standings=standings, net=60_000)
    assert paid_by(POOL, facts) == {"a": 100, "c": 300}
    assert value_of(POOL, facts).total.breakage_minor == 200
    shared = evolve(POOL, unqualified=Unclaimed.SHARED)
    assert paid_by(shared, facts) == {"a": 150, "c": 450}
    assert value_of(shared, facts).total.breakage_minor == 0
    nobody = evolve(shared, own_least_minor=1)
    assert paid_by(nobody, facts) == {}
    assert value_of(nobody, facts).total.breakage_minor == 600
    assert value_of(nobody, facts).share(0).basis == PoolBasis(600, 0, 0, 0)


def test_volumes_weigh() -> None:
    facts = a_period({"a": 100, "b": 300}, sponsors={"b": "a"}, net=700_00)
    own = evolve(POOL, weights=ByVolume())
    assert paid_by(own, facts) == {"a": 175, "b": 525}
    team = evolve(POOL, weights=ByVolume(Volume.TEAM))
    assert paid_by(team, facts) == {"a": 400, "b": 300}


BY_POINTS = evolve(POOL, weights=ByPoints())


def test_points_weigh_one_by_one() -> None:
    """Of 7.00 ann has 3 of 4 parts; ben owes points, and takes nothing off what others have."""
    facts = a_period(dict.fromkeys("abc", 0), net=700_00, points={"a": 300, "b": -500, "c": 100})
    assert paid_by(BY_POINTS, facts) == {"a": 525, "c": 175}
    value = value_of(BY_POINTS, facts)
    assert value.share(0).basis == PoolBasis(700, 300, 400, 0)
    assert value.share(1).basis == PoolBasis(700, 0, 400, 0)
    assert value.total.breakage_minor == 0


def test_whoever_has_points_and_does_not_qualify_leaves_a_part() -> None:
    """Or the others have it; whoever is gone has no part in either case."""
    standings = {"b": Standing.SUSPENDED, "d": Standing.GONE}
    points = {"a": 1, "b": 2, "c": 3, "d": 4}
    facts = a_period(dict.fromkeys(points, 0), standings=standings, net=60_000, points=points)
    assert paid_by(BY_POINTS, facts) == {"a": 100, "c": 300}
    assert value_of(BY_POINTS, facts).total.breakage_minor == 200
    shared = evolve(BY_POINTS, unqualified=Unclaimed.SHARED)
    assert paid_by(shared, facts) == {"a": 150, "c": 450}


def test_as_many_points_as_64_bits_hold_weigh_exactly() -> None:
    most = limits.TOTAL_MINOR_MAX
    facts = a_period(dict.fromkeys("abc", 0), net=100_000, points={"a": most, "b": most, "c": -most})
    assert paid_by(BY_POINTS, facts) == {"a": 500, "b": 500}


def test_nobody_has_points() -> None:
    facts = a_period(dict.fromkeys("ab", 0), net=100_000, points={"b": -1})
    assert paid_by(BY_POINTS, facts) == {}
    assert value_of(BY_POINTS, facts).total.breakage_minor == 1_000
    assert reasons_of(BY_POINTS, facts) == dict.fromkeys("ab", PeriodReason.NO_POINTS)


def test_why_somebody_has_no_part_by_points() -> None:
    standings = {"d": Standing.SUSPENDED}
    points = {"a": 1, "b": 0, "c": 10_000, "d": 0}
    facts = a_period(dict.fromkeys(points, 0), standings=standings, net=100, points=points)
    assert reasons_of(BY_POINTS, facts) == {
        "a": PeriodReason.ROUNDS_TO_ZERO,
        "b": PeriodReason.NO_POINTS,
        "c": None,
        "d": PeriodReason.SUSPENDED,
    }


def test_why_somebody_has_no_part() -> None:
    tiers = {"a": "bronze", "b": "", "c": "gold"}
    facts = a_period(dict.fromkeys(tiers, 0), tiers=tiers, net=100)
    assert reasons_of(POOL, facts) == {
        "a": PeriodReason.ROUNDS_TO_ZERO,
        "b": PeriodReason.NO_WEIGHT,
        "c": None,
    }
    empty = a_period(dict.fromkeys(tiers, 0), tiers=tiers)
    assert reasons_of(POOL, empty)["a"] is PeriodReason.NOTHING_TO_SHARE
