"""What was decided once can be walked again: by the instant and the revision, whatever came since."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import day
from tests.referral.trees import change, tree_of

from distcore.kernel import Instant, MemberId
from distcore.referral import (
    BeyondTreeError,
    EndlessUplineError,
    Member,
    Seat,
    State,
    above,
    seat_of,
    sponsor_of,
    upline,
)

CAI = MemberId("cai")


def names(
    tree: dict[MemberId, Member], member: str = "cai", *, valid_at: Instant, revision: int = 99
) -> list[str]:
    return [seat.member for seat in upline(tree, MemberId(member), valid_at=valid_at, revision=revision)]


def test_a_change_holds_from_its_instant_on() -> None:
    tree = tree_of("ann > ben > cai")
    change(tree, "cai", "sponsor", "ann", day(10))
    assert names(tree, valid_at=day(10)) == ["ann"]
    assert names(tree, valid_at=day(9, 23)) == ["ben", "ann"]


def test_a_change_is_known_from_its_revision_on() -> None:
    tree = tree_of("ann > ben > cai")
    change(tree, "ben", "sponsor", None, day(5), revision=3)
    assert names(tree, valid_at=day(9), revision=3) == ["ben"]
    assert names(tree, valid_at=day(9), revision=2) == ["ben", "ann"]


def test_of_two_changes_from_the_same_instant_the_later_recorded_holds() -> None:
    tree = tree_of("ann", "ben", "cai")
    change(tree, "cai", "sponsor", "ben", day(5), revision=2)
    change(tree, "cai", "sponsor", "ann", day(5), revision=1)
    assert names(tree, valid_at=day(5), revision=2) == ["ben"]
    assert names(tree, valid_at=day(5), revision=1) == ["ann"]


def test_a_seat_shows_tier_and_state_of_the_instant() -> None:
    tree = tree_of("cai")
    assert seat_of(tree[CAI], valid_at=day(9), revision=0) == Seat(CAI, "", State.ACTIVE)
    change(tree, "cai", "tier", "gold", day(5), revision=1)
    change(tree, "cai", "state", "suspended", day(7), revision=2)
    change(tree, "cai", "tier", "", day(8), revision=3)
    assert [seat_of(tree[CAI], valid_at=day(n), revision=3) for n in (4, 5, 7, 8)] == [
        Seat(CAI, "", State.ACTIVE),
        Seat(CAI, "gold", State.ACTIVE),
        Seat(CAI, "gold", State.SUSPENDED),
        Seat(CAI, "", State.SUSPENDED),
    ]


def test_a_walk_asks_for_more_where_it_leaves_what_was_loaded() -> None:
    tree = tree_of("ann > ben > cai")
    del tree[MemberId("ann")]
    walk = upline(tree, CAI, valid_at=day(9), revision=0)
    assert next(walk).member == "ben"
    with pytest.raises(BeyondTreeError) as beyond:
        next(walk)
    assert beyond.value.member == "ann"
    with pytest.raises(BeyondTreeError, match="zoe"):
        names(tree, "zoe", valid_at=day(9))


def test_a_walk_ends_where_no_tree_is_higher() -> None:
    """A circle, which only damaged data can hold, would be walked for ever."""
    tree = tree_of("ann > ben > cai")
    assert len(list(above(tree, CAI, valid_at=day(9), revision=1, depth_max=2))) == 2
    with pytest.raises(EndlessUplineError):
        list(above(tree, CAI, valid_at=day(9), revision=1, depth_max=1))
    change(tree, "ann", "sponsor", "cai", day(1))
    with pytest.raises(EndlessUplineError) as endless:
        list(above(tree, CAI, valid_at=day(9), revision=1, depth_max=1_000))
    assert endless.value.member == "cai"


changes = st.lists(
    st.tuples(st.integers(2, 9), st.sampled_from(["ann", "ben", "dan", None])),
    max_size=5,
    unique_by=lambda c: c[0],
)


@given(changes, st.integers(1, 10), st.integers(0, 6), st.integers(2, 10))
def test_what_is_recorded_later_is_not_seen(
    early: list[tuple[int, str | None]], on: int, revision: int, later: int
) -> None:
    tree = tree_of("ann", "ben", "dan", "cai")
    for number, (since, sponsor) in enumerate(early, 1):
        change(tree, "cai", "sponsor", sponsor, day(since), revision=number)
    before = sponsor_of(tree[CAI], valid_at=day(on), revision=revision)
    change(tree, "cai", "sponsor", "ann", day(later), revision=max(revision, len(early)) + 1)
    assert sponsor_of(tree[CAI], valid_at=day(on), revision=revision) == before
