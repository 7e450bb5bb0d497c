"""Tiers come and go; states follow their table, and never behind the back of a later change."""

import pytest
from tests.builders import NOW, day
from tests.referral.trees import change, tree_of

from distcore.kernel import Instant, MemberId
from distcore.referral import TRANSITIONS, Aspect, Change, State, set_state, set_tier

ANN = MemberId("ann")


@pytest.mark.parametrize("tier", ["gold", ""])
def test_a_tier_is_given_or_taken_away(tier: str) -> None:
    tree = tree_of("ann")
    change(tree, "ann", "tier", "silver", day(2))
    answer = set_tier(tree, ANN, tier, valid_from=day(3), at=NOW, revision=2)
    assert answer == Change(ANN, Aspect.TIER, tier, day(3), NOW, 2)


def test_a_tier_may_be_slipped_in_before_a_later_one() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "tier", "gold", day(20))
    assert isinstance(set_tier(tree, ANN, "silver", valid_from=day(10), at=NOW, revision=2), Change)


@pytest.mark.parametrize(
    ("member", "tier", "valid_from", "refusal"),
    [
        ("zoe", "gold", NOW, "member_unknown: zoe is not a member (join the member first)"),
        ("ann", "", NOW, "nothing_changes: ann has tier '' already (nothing needs to be done)"),
        (
            "ann",
            "gold",
            day(0),
            (
                "before_joining: ann joined at 2026-01-01T00:00:00Z; nothing can hold from "
                "2025-12-31T00:00:00Z (give an instant at or after joining)"
            ),
        ),
    ],
)
def test_the_tree_says_why_a_tier_is_not_given(
    member: str, tier: str, valid_from: Instant, refusal: str
) -> None:
    answer = set_tier(tree_of("ann"), MemberId(member), tier, valid_from=valid_from, at=NOW, revision=1)
    assert str(answer) == refusal


@pytest.mark.parametrize("now", State)
@pytest.mark.parametrize("wanted", State)
def test_a_state_is_reached_where_the_table_says_so(now: State, wanted: State) -> None:
    tree = tree_of("ann")
    change(tree, "ann", "state", now.value, day(2))
    answer = set_state(tree, ANN, wanted, valid_from=day(3), at=NOW, revision=2)
    if wanted in TRANSITIONS[now]:
        assert answer == Change(ANN, Aspect.STATE, wanted.value, day(3), NOW, 2)
    else:
        allowed = {
            State.ACTIVE: "suspended, terminated",
            State.SUSPENDED: "active, terminated",
            State.TERMINATED: "nothing",
        }[now]
        assert str(answer) == (
            f"state_not_reachable: ann is {now.value} and can't become {wanted.value} "
            f"(allowed from here: {allowed})"
        )


@pytest.mark.parametrize(
    ("member", "valid_from", "refusal"),
    [
        ("zoe", NOW, "member_unknown: zoe is not a member (join the member first)"),
        (
            "ann",
            day(0),
            (
                "before_joining: ann joined at 2026-01-01T00:00:00Z; nothing can hold from "
                "2025-12-31T00:00:00Z (give an instant at or after joining)"
            ),
        ),
        (
            "ann",
            day(10),
            (
                "state_changed_later: ann became terminated at 2026-01-20T00:00:00Z; nothing can be "
                "slipped in before, from 2026-01-10T00:00:00Z "
                "(give an instant at or after the last change of state)"
            ),
        ),
    ],
)
def test_the_tree_says_why_a_state_is_not_set(member: str, valid_from: Instant, refusal: str) -> None:
    tree = tree_of("ann")
    change(tree, "ann", "tier", "gold", day(25))
    change(tree, "ann", "state", "terminated", day(20), revision=2)
    answer = set_state(tree, MemberId(member), State.SUSPENDED, valid_from=valid_from, at=NOW, revision=3)
    assert str(answer) == refusal
