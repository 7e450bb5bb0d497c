"""Looking only at those who matter pays the same as looking at everybody."""

from collections.abc import Sequence
from random import Random

from attrs import evolve, frozen
from hypothesis import given, settings
from tests.builders import LEVELS, above, line, percent, plan, sale, seat
from tests.laws.test_a_scope_never_pays_more_than_its_budget import World, random_world

from distcore.commission import (
    Ascent,
    Component,
    Differential,
    Lineage,
    SameTier,
    Seat,
    Sought,
    Standing,
    Unqualified,
    calculate,
    claims_of,
    whole,
)
from distcore.kernel import ComponentId, Rate, RuleId
from distcore.testing.worlds import drawn


@frozen
class Walked:
    """An ascent that looks at one seat after another."""

    seats: Sequence[Seat]

    def first(self, sought: Sought) -> tuple[int, Seat, Ascent] | None:
        levels = 0
        for place, each in enumerate(self.seats):
            if sought.is_met_by(each):
                return levels, each, Walked(self.seats[place + 1 :])
            levels += sought.uses_level(each)
        return None


def with_ascent(lineage: Lineage) -> Lineage:
    return evolve(lineage, ascent=Walked(tuple(lineage.sponsors)))


@settings(max_examples=4 * settings().max_examples)
@given(drawn(random_world))
def test_whoever_is_left_out_would_be_paid_nothing(world: World) -> None:
    by, order, left, lineage = world
    assert calculate(by, order, left, with_ascent(lineage)) == calculate(by, order, left, lineage)


def held(component: Component, lineage: Lineage) -> list[tuple[int, str]]:
    by = evolve(plan(), components=(component,))
    ((_, claims),) = claims_of(by, with_ascent(lineage))
    return [(claim.level, claim.payee) for claim in claims]


def test_a_differential_looks_at_the_first_of_each_tier() -> None:
    line_above = above("a", seat("b", tier="gold"), seat("c", tier="gold"), seat("d", tier="silver"), "e")
    by_tier = Differential(
        ComponentId("tiers"), (percent("5%", tiers=["silver"]), percent("9%", tiers=["gold"]))
    )
    assert held(by_tier, line_above) == [(2, "b"), (4, "d")]
    for_all = evolve(by_tier, rules=(percent("5%"),))
    assert held(for_all, line_above) == [(1, "a"), (2, "b"), (4, "d")]
    bonus = evolve(by_tier, same_tier=SameTier(RuleId("bonus"), (Rate.parse("1%"),)))
    assert held(bonus, line_above) == [(2, "b"), (3, "c"), (4, "d")]


def test_a_chain_ends_at_whoever_does_not_qualify() -> None:
    """Also where a tier further up has not been met."""
    ends = Differential(
        ComponentId("tiers"),
        (percent("5%", tiers=["silver"]), percent("9%", tiers=["gold"])),
        unqualified=Unqualified.ENDS_CHAIN,
        qualified_tiers=("silver", "gold"),
    )
    unbroken = (seat("a", tier="silver"), seat("b", tier="gold"))
    assert held(ends, above(*unbroken)) == [(1, "a"), (2, "b")]
    assert held(ends, above(unbroken[0], "somebody", unbroken[1])) == [(1, "a")]


def test_a_buyer_of_another_tier_uses_up_the_first_level() -> None:
    """So the first of a tier above stands one level further."""
    gold = Differential(ComponentId("tiers"), (percent("9%", tiers=["gold"]),), buyer_is_level_1=True)
    line_above = above("a", seat("b", tier="gold"), own=seat("buyer"))
    assert held(gold, line_above) == [(3, "b")]
    assert held(gold, evolve(line_above, own=seat("buyer", tier="gold"))) == [(1, "buyer")]


def test_compression_looks_at_the_nearest_who_qualify() -> None:
    gold = [seat(name, tier="gold") for name in "abcd"]
    suspended = seat("s", tier="gold", standing=Standing.SUSPENDED)
    compressed = evolve(LEVELS, unqualified=Unqualified.SKIPPED, qualified_tiers=("gold",))
    levels = evolve(compressed, rules=(percent("5%", 1, 2, 3),))
    assert held(levels, above("x", suspended, *gold)) == [(1, "a"), (2, "b"), (3, "c")]
    own = evolve(levels, buyer_is_level_1=True)
    assert held(own, above("x", *gold, own=seat("buyer", tier="gold")))[:2] == [(1, "buyer"), (2, "a")]
    assert held(own, above("x", *gold, own=seat("buyer")))[:2] == [(1, "a"), (2, "b")]


def test_where_nobody_can_be_left_out_everybody_is_looked_at() -> None:
    """What is drawn has plans of both kinds."""
    kinds = set()
    for seed in range(200):
        by, order, _, lineage = random_world(Random(seed))
        full, lean = claims_of(by, lineage), claims_of(by, with_ascent(lineage))
        kinds |= {len(one[1]) == len(other[1]) for one, other in zip(full, lean, strict=True)}
        assert calculate(by, order, whole(order), lineage) == calculate(
            by, order, whole(order), with_ascent(lineage)
        )
    assert kinds == {True, False}


def test_a_line_above_nobody_is_that_of_the_promoter() -> None:
    tiers = Differential(ComponentId("tiers"), (percent("5%"),))
    order = sale(line("1", 10_000))
    lineage = above(own=seat("buyer"), promoted=[seat("pam")])
    by = evolve(plan(), components=(tiers,))
    assert [each.payee for each in calculate(by, order, whole(order), with_ascent(lineage))] == ["pam"]
