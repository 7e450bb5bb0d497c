"""Pools by published numbers: every cent has a payee, or is breakage."""

import pytest
from attrs import evolve
from tests.commission.periods import a_period, paid_by, rate, reasons_of, value_of

from distcore.commission import (
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
from distcore.kernel import ComponentId, Rounding, SplitMethod

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
