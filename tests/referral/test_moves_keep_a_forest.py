"""Moving: at every instant, past or to come, the members still form a forest."""

import pytest
from tests.builders import NOW, day
from tests.referral.trees import change, tree_of

from distcore.kernel import Instant, MemberId, Refusal, limits
from distcore.referral import Aspect, Change, Member, move


def moved(
    tree: dict[MemberId, Member],
    member: str,
    sponsor: str | None,
    *,
    valid_from: Instant = NOW,
    revision: int = 1,
    members_below: int = 0,
) -> Change | Refusal:
    under = None if sponsor is None else MemberId(sponsor)
    return move(
        tree,
        MemberId(member),
        under,
        valid_from=valid_from,
        at=NOW,
        revision=revision,
        members_below=members_below,
    )


@pytest.mark.parametrize("sponsor", ["joe", None])
def test_a_member_moves_below_somebody_else_or_nobody(sponsor: str | None) -> None:
    answer = moved(tree_of("ann > ben", "joe"), "ben", sponsor, valid_from=day(9))
    assert answer == Change(MemberId("ben"), Aspect.SPONSOR, sponsor, day(9), NOW, 1)


def test_a_root_may_move_below_somebody_who_joined_at_the_same_instant() -> None:
    assert isinstance(moved(tree_of("ann", "joe"), "ann", "joe"), Change)


@pytest.mark.parametrize(
    ("member", "sponsor", "valid_from", "refusal"),
    [
        ("zoe", "ann", NOW, "member_unknown: zoe is not a member (join the member first)"),
        (
            "ben",
            "ann",
            NOW,
            "nothing_changes: ben has sponsor 'ann' already (nothing needs to be done)",
        ),
        ("ann", None, NOW, "nothing_changes: ann has sponsor '' already (nothing needs to be done)"),
        (
            "ben",
            "zoe",
            NOW,
            "sponsor_unknown: zoe, the sponsor of ben, is not a member (join the sponsor first)",
        ),
        (
            "ben",
            "late",
            NOW,
            (
                "sponsor_joined_later: late joined at 2026-01-09T00:00:00Z, after ben at "
                "2026-01-01T00:00:00Z (a sponsor joins no later than the member)"
            ),
        ),
        (
            "late",
            "ann",
            day(8),
            (
                "before_joining: late joined at 2026-01-09T00:00:00Z; nothing can hold from "
                "2026-01-08T00:00:00Z (give an instant at or after joining)"
            ),
        ),
        (
            "ann",
            "ann",
            NOW,
            (
                "would_form_cycle: ann can't be placed under ann, who stands below: ann < ann "
                "(choose a sponsor outside the member's own downline)"
            ),
        ),
        (
            "ann",
            "cai",
            NOW,
            (
                "would_form_cycle: ann can't be placed under cai, who stands below: ann < cai < ben < ann "
                "(choose a sponsor outside the member's own downline)"
            ),
        ),
    ],
)
def test_the_tree_says_why_somebody_cannot_move(
    member: str, sponsor: str | None, valid_from: Instant, refusal: str
) -> None:
    tree = tree_of("ann > ben > cai") | tree_of("late", joined_at=day(9))
    assert str(moved(tree, member, sponsor, valid_from=valid_from)) == refusal


def test_the_last_place_below_a_sponsor_is_taken_and_no_further_one() -> None:
    tree, places = tree_of("ann > ben", "joe"), limits.FAN_OUT_MAX
    assert isinstance(moved(tree, "ben", "joe", members_below=places - 1), Change)
    assert str(moved(tree, "ben", "joe", members_below=places)) == (
        "fan_out_too_wide: joe would have 1000001 direct members; the limit is 1000000 "
        "(choose another sponsor)"
    )
    assert isinstance(moved(tree, "ben", None, members_below=places), Change)


def test_the_deepest_seat_is_taken_and_no_deeper_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Depth is counted by where everybody stands last."""
    monkeypatch.setattr(limits, "UPLINE_DEPTH_MAX", 3)
    tree = tree_of("ann > ben > cai > dan", "joe")
    assert isinstance(moved(tree, "joe", "cai"), Change)
    assert str(moved(tree, "joe", "dan")) == (
        "upline_too_deep: joe would stand 4 levels deep; the limit is 3 (choose a higher sponsor)"
    )
    change(tree, "cai", "sponsor", None, day(5))
    assert isinstance(moved(tree, "joe", "dan", revision=2), Change)


def test_a_long_circle_is_told_in_short() -> None:
    whole = moved(tree_of("m1 > m2 > m3 > m4 > m5"), "m1", "m5")
    assert isinstance(whole, Refusal)
    assert dict(whole.facts)["cycle"] == "m1 < m5 < m4 < m3 < m2 < m1"
    answer = moved(tree_of("m1 > m2 > m3 > m4 > m5 > m6 > m7"), "m1", "m7")
    assert isinstance(answer, Refusal)
    assert dict(answer.facts)["cycle"] == "m1 < m7 < m6 < … < m2 < m1"


def test_a_move_can_be_dated_back_before_another_one() -> None:
    tree = tree_of("ann > ben", "joe", "zoe")
    change(tree, "ben", "sponsor", "joe", day(20))
    assert isinstance(moved(tree, "ben", "zoe", valid_from=day(10), revision=2), Change)


def test_a_move_that_would_form_a_circle_only_later_is_refused() -> None:
    """On the tenth `ben` stands apart; from the twentieth on he stands below `cai`."""
    tree = tree_of("ben", "cai")
    change(tree, "ben", "sponsor", "cai", day(20))
    answer = moved(tree, "cai", "ben", valid_from=day(10), revision=2)
    assert isinstance(answer, Refusal)
    assert (answer.code, dict(answer.facts)["valid_at"]) == ("would_form_cycle", "2026-01-20T00:00:00Z")


def test_a_circle_that_somebody_above_would_form_later_is_found() -> None:
    """From the twentieth on `ann`, above `ben`, stands below `dan`, and `dan` would stand below `ben`."""
    tree = tree_of("ann > ben", "cai > dan")
    change(tree, "ann", "sponsor", "dan", day(20))
    answer = moved(tree, "cai", "ben", valid_from=day(10), revision=2)
    assert isinstance(answer, Refusal)
    assert dict(answer.facts)["cycle"] == "cai < ben < ann < dan < cai"


def test_who_never_stands_above_is_not_asked_about() -> None:
    tree = tree_of("ann > ben", "joe > zoe")
    change(tree, "zoe", "sponsor", None, day(20))
    only = {MemberId(id): tree[MemberId(id)] for id in ("ann", "ben", "joe")}
    assert isinstance(moved(only, "ben", "joe", valid_from=day(10), revision=2), Change)


def test_moving_a_member_who_was_moved_counts_from_where_the_member_stands_then() -> None:
    tree = tree_of("ann > ben", "joe")
    change(tree, "ben", "sponsor", "joe", day(20))
    assert isinstance(moved(tree, "ben", "ann", valid_from=day(20), revision=2), Change)
    assert str(moved(tree, "ben", "joe", valid_from=day(20), revision=2)).startswith("nothing_changes")
