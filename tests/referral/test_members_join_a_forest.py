"""Joining: below a sponsor who is there, joined no later, and has room."""

import pytest
from tests.builders import NOW, day, newcomer
from tests.referral.trees import change, tree_of

from distcore.kernel import MemberId, Refusal, limits
from distcore.referral import (
    BeyondTreeError,
    Member,
    Newcomer,
    State,
    in_joining_order,
    join,
    newcomer_problems,
)


def joined(
    who: Newcomer, tree: dict[MemberId, Member], *, depth: int = 0, members_below: int = 0
) -> Member | Refusal:
    """Let somebody join a tree whose `ann` stands `depth` levels deep and has so many members below."""
    ann = MemberId("ann")
    depths = {ann: depth} if depth else {}
    return join(tree, who, at=NOW, depths=depths, members_below={ann: members_below})


def test_a_root_needs_nobody() -> None:
    assert joined(newcomer("ann", tier="gold"), {}) == Member(
        MemberId("ann"), joined_at=day(1), recorded_at=NOW, tier="gold"
    )


def test_a_member_joins_below_the_sponsor_in_the_state_that_is_said() -> None:
    answer = joined(newcomer("ben", "ann", joined_at=day(2), state=State.SUSPENDED), tree_of("ann"))
    assert answer == Member(MemberId("ben"), day(2), NOW, sponsor=MemberId("ann"), state=State.SUSPENDED)


def test_a_sponsor_may_join_at_the_same_instant() -> None:
    assert isinstance(joined(newcomer("ben", "ann", joined_at=day(1)), tree_of("ann")), Member)


def test_a_member_may_join_at_the_instant_of_the_call() -> None:
    assert isinstance(joined(newcomer("ann", joined_at=NOW), {}), Member)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (
            newcomer("ann", joined_at=day(32)),
            (
                "joins_in_future: ann would join at 2026-02-01T00:00:00Z, after 2026-01-31T00:00:00Z "
                "(join members when they have joined)"
            ),
        ),
        (
            newcomer("ann", tier="gold"),
            (
                "member_exists: ann is a member already, with other particulars "
                "(join each member once; use move, set_tier or set_state for what changed)"
            ),
        ),
        (
            newcomer("ben", "joe"),
            "sponsor_unknown: joe, the sponsor of ben, is not a member (join the sponsor first)",
        ),
        (
            newcomer("ben", "ben"),
            "sponsor_unknown: ben, the sponsor of ben, is not a member (join the sponsor first)",
        ),
        (
            newcomer("ben", "Ann"),
            "sponsor_unknown: Ann, the sponsor of ben, is not a member (join the sponsor first)",
        ),
        (
            newcomer("ben", "late", joined_at=day(1)),
            (
                "sponsor_joined_later: late joined at 2026-01-09T00:00:00Z, after ben at "
                "2026-01-01T00:00:00Z (a sponsor joins no later than the member)"
            ),
        ),
    ],
)
def test_the_tree_says_why_somebody_cannot_join(who: Newcomer, refusal: str) -> None:
    tree = tree_of("ann") | tree_of("late", joined_at=day(9))
    assert str(joined(who, tree)) == refusal


def test_the_deepest_seat_is_taken_and_no_deeper_one() -> None:
    deepest = limits.UPLINE_DEPTH_MAX - 1
    assert isinstance(joined(newcomer("ben", "ann"), tree_of("ann"), depth=deepest), Member)
    assert str(joined(newcomer("ben", "ann"), tree_of("ann"), depth=deepest + 1)) == (
        "upline_too_deep: ben would stand 1000001 levels deep; the limit is 1000000 (choose a higher sponsor)"
    )


def test_the_last_place_below_a_sponsor_is_taken_and_no_further_one() -> None:
    places = limits.FAN_OUT_MAX
    assert isinstance(joined(newcomer("ben", "ann"), tree_of("ann"), members_below=places - 1), Member)
    assert str(joined(newcomer("ben", "ann"), tree_of("ann"), members_below=places)) == (
        "fan_out_too_wide: ann would have 1000001 direct members; the limit is 1000000 "
        "(choose another sponsor)"
    )


def test_depth_is_counted_where_everybody_stands_last_and_remembered() -> None:
    tree = tree_of("ann > ben > cai > dan")
    change(tree, "cai", "sponsor", None, day(5))
    change(tree, "dan", "tier", "gold", day(5))
    change(tree, "ben", "sponsor", "ann", day(5))
    depths: dict[MemberId, int] = {}
    for who in (newcomer("eve", "dan"), newcomer("fay", "ben")):
        assert isinstance(join(tree, who, at=NOW, depths=depths, members_below={}), Member)
    assert depths == {"dan": 1, "cai": 0, "ben": 1, "ann": 0}


def test_depth_asks_for_more_of_the_tree_where_it_leaves_what_was_loaded() -> None:
    tree = tree_of("ann > ben")
    del tree[MemberId("ann")]
    with pytest.raises(BeyondTreeError) as beyond:
        joined(newcomer("cai", "ben"), tree)
    assert beyond.value.member == "ann"


def test_sponsors_come_before_their_members_and_otherwise_the_order_stays() -> None:
    named = [newcomer("cai", "ben"), newcomer("zoe", "old"), newcomer("ben", "ann"), newcomer("ann")]
    assert [each.id for each in in_joining_order(named)] == ["zoe", "ann", "ben", "cai"]


def test_members_of_a_circle_come_last() -> None:
    named = [newcomer("ann", "ben"), newcomer("ben", "ann"), newcomer("cai", "ben"), newcomer("dan")]
    assert [each.id for each in in_joining_order(named)] == ["dan", "ann", "cai", "ben"]


def test_all_that_is_malformed_about_a_newcomer_is_said() -> None:
    state: State = "active"  # type: ignore[assignment]  # what a caller without a type checker may send
    assert newcomer_problems(newcomer("ben", "ann", tier="gold")) == ()
    assert [str(problem) for problem in newcomer_problems(newcomer("", "a\nb", tier=" ", state=state))] == [
        "id: an id can't be blank: ''",
        r"sponsor: has a character that is not allowed: 'a\nb' (U+000A at position 2)",
        "tier: an id can't be blank: ' '",
        "state: not a state: 'active' (one of active, suspended, terminated)",
    ]
