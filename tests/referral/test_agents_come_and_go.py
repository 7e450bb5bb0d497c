"""Agents of regions: appointed and dismissed from any instant on, as known at a revision."""

import pytest
from tests.builders import NOW, day
from tests.referral.trees import change, tree_of

from distcore.kernel import Instant, MemberId, Refusal
from distcore.referral import (
    Agency,
    Aspect,
    Change,
    agencies_of,
    appoint,
    appointed_for,
    dismiss,
    is_agent,
)

ANN = MemberId("ann")


def test_a_member_becomes_agent_of_a_region() -> None:
    answer = appoint(tree_of("ann"), ANN, "cn/zj", valid_from=day(3), at=NOW, revision=1)
    assert answer == Change(ANN, Aspect.APPOINTED, "cn/zj", day(3), NOW, 1)


def test_a_member_may_be_agent_of_many_regions() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "us", day(3), 1)
    change(tree, "ann", "tier", "gold", day(3), 2)
    change(tree, "ann", "appointed", "cn/zj", day(2), 3)
    change(tree, "ann", "dismissed", "us", day(5), 4)
    both = (Agency("cn/zj", ANN, day(2)), Agency("us", ANN, day(3)))
    assert agencies_of(tree[ANN], valid_at=day(4), revision=4) == both
    assert agencies_of(tree[ANN], valid_at=day(5), revision=4) == both[:1]
    assert agencies_of(tree[ANN], valid_at=day(5), revision=3) == both
    assert agencies_of(tree[ANN], valid_at=day(4), revision=2) == both[1:]
    assert agencies_of(tree[ANN], valid_at=day(1), revision=4) == ()
    assert appointed_for(tree[ANN]) == ("cn/zj", "us")


def test_who_is_dismissed_may_come_back() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(2), 1)
    change(tree, "ann", "dismissed", "cn", day(4), 2)
    assert isinstance(appoint(tree, ANN, "cn", valid_from=day(4), at=NOW, revision=3), Change)
    change(tree, "ann", "appointed", "cn", day(6), 3)
    held = [is_agent(tree[ANN], "cn", valid_at=day(n), revision=3) for n in range(1, 8)]
    assert held == [False, True, True, False, False, True, True]
    assert agencies_of(tree[ANN], valid_at=day(9), revision=3) == (Agency("cn", ANN, day(6)),)


def test_an_appointment_may_be_slipped_in_before_a_later_one() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(9), 1)
    assert isinstance(appoint(tree, ANN, "cn", valid_from=day(2), at=NOW, revision=2), Change)
    change(tree, "ann", "appointed", "cn", day(2), 2)
    assert agencies_of(tree[ANN], valid_at=day(9), revision=2) == (Agency("cn", ANN, day(2)),)


def test_a_dismissal_ends_what_was_appointed() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(2), 1)
    answer = dismiss(tree, ANN, "cn", valid_from=day(3), at=NOW, revision=2)
    assert answer == Change(ANN, Aspect.DISMISSED, "cn", day(3), NOW, 2)


def test_a_change_that_is_not_known_yet_ends_nothing() -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(2), 1)
    change(tree, "ann", "dismissed", "cn", day(1), 2)
    assert is_agent(tree[ANN], "cn", valid_at=day(2), revision=2)


@pytest.mark.parametrize(
    ("member", "region", "valid_from", "code"),
    [
        ("zoe", "cn", NOW, "member_unknown"),
        ("ann", "us", day(0), "before_joining"),
        ("ann", "cn", day(2), "agent_already"),
    ],
)
def test_the_tree_says_why_somebody_is_not_appointed(
    member: str, region: str, valid_from: Instant, code: str
) -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(2), 1)
    answer = appoint(tree, MemberId(member), region, valid_from=valid_from, at=NOW, revision=2)
    assert isinstance(answer, Refusal)
    assert answer.code == code


@pytest.mark.parametrize(
    ("member", "region", "valid_from", "code"),
    [
        ("zoe", "cn", NOW, "member_unknown"),
        ("ann", "us", NOW, "not_agent"),
        ("ann", "cn", day(1), "not_agent"),
    ],
)
def test_the_tree_says_why_somebody_is_not_dismissed(
    member: str, region: str, valid_from: Instant, code: str
) -> None:
    tree = tree_of("ann")
    change(tree, "ann", "appointed", "cn", day(2), 1)
    answer = dismiss(tree, MemberId(member), region, valid_from=valid_from, at=NOW, revision=2)
    assert isinstance(answer, Refusal)
    assert answer.code == code
