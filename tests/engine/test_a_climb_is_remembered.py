"""What is remembered of a line is what a walk finds, at any instant and as known at any revision."""

from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings

from distcore.commission import Sought, Unqualified
from distcore.engine.lineage import Seats
from distcore.kernel import Instant, MemberId
from distcore.referral import (
    Aspect,
    BeyondTreeError,
    Change,
    Member,
    Tree,
    upline,
    with_change,
)
from distcore.testing.builders import day
from distcore.testing.worlds import drawn

NAMES = [MemberId(f"m{number}") for number in range(8)]
TIERS = ("", "silver", "gold")
STATES = ("active", "suspended", "terminated")


def random_tree(random: Random) -> tuple[Tree, int]:
    """Draw a chain whose members change tier, state and sponsor, and how often they did."""
    tree = {
        name: Member(name, day(1), day(1), NAMES[place - 1] if place else None, random.choice(TIERS))
        for place, name in enumerate(NAMES)
    }
    changes = random.randint(0, 6)
    for revision in range(1, changes + 1):
        place = random.randrange(len(NAMES))
        values = {
            Aspect.TIER: random.choice(TIERS),
            Aspect.STATE: random.choice(STATES),
            Aspect.SPONSOR: random.choice([None, *NAMES[:place]]),
        }
        aspect = random.choice(list(values))
        since = day(random.randint(1, 9))
        change = Change(NAMES[place], aspect, values[aspect], since, since, revision)
        tree[NAMES[place]] = with_change(tree[NAMES[place]], change)
    return tree, changes


def random_sought(random: Random) -> Sought:
    return Sought(
        random.choice([(), ("gold",), ("gold", "silver")]),
        random.choice([Unqualified.SKIPPED, Unqualified.LOST, Unqualified.ENDS_CHAIN]),
        random.choice([None, frozenset({"gold"}), frozenset(TIERS)]),
        random.choice([frozenset(), frozenset({"silver"})]),
    )


def walked(
    tree: Tree, member: MemberId, sought: Sought, at: Instant, revision: int
) -> tuple[int, str | None]:
    seats, levels = Seats(tree), 0
    for each in upline(tree, member, valid_at=at, revision=revision):
        seat = seats.of(tree[each.member], at, revision)
        if sought.is_met_by(seat):
            return levels, each.member
        levels += sought.uses_level(seat)
    return levels, None


@settings(max_examples=2 * settings().max_examples)
@given(drawn(lambda random: random))
def test_what_is_remembered_is_what_a_walk_finds(random: Random) -> None:
    tree, changes = random_tree(random)
    seats, soughts = Seats(tree), [random_sought(random) for _ in range(3)]
    for _ in range(40):
        member, sought = random.choice(NAMES), random.choice(soughts)
        at, revision = day(random.randint(1, 10)), random.randint(0, changes)
        found = seats.first_above(member, sought, at, revision)
        expected = walked(tree, member, sought, at, revision)
        assert found.found == expected[1]
        assert found.found is None or found.levels == expected[0]


def test_more_of_the_tree_is_asked_for_and_what_was_found_is_kept() -> None:
    tree, _ = random_tree(Random(0))
    lower = {name: tree[name] for name in NAMES[4:]}
    seats = Seats({name: evolve(each, changes=(), tier="") for name, each in lower.items()})
    sought = Sought((), Unqualified.SKIPPED, frozenset({"gold"}))
    with pytest.raises(BeyondTreeError):
        seats.first_above(NAMES[7], sought, day(5), 0)
    gold = evolve(tree[NAMES[3]], tier="gold", changes=())
    more = seats.with_more({NAMES[3]: gold})
    assert more.first_above(NAMES[7], sought, day(5), 0).found == NAMES[3]
    assert seats.first_above(NAMES[7], sought, day(5), 0).levels == 3, (
        "what is known need not be loaded again"
    )
