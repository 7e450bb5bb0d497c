"""A store gives a part of the tree; where a walk leaves it, more is loaded and it is decided again."""

from collections.abc import Collection
from copy import copy

import pytest
from tests.builders import NOW, day, newcomer, percent, plan, sale, shop

from distcore.commission import Booking, Seat
from distcore.engine.lineage import Forest, Seats, is_member_at, levels_of, lineage_of, named_in
from distcore.kernel import MemberId, PlanId
from distcore.memory import MemoryTransaction
from distcore.memory.referral import MemoryMembers
from distcore.referral import BeyondTreeError, Member


class ShortSighted:
    """The tree of a store that sees as far as it is asked to, and counts how often it is asked."""

    def __init__(self, members: MemoryMembers) -> None:
        self._members = members
        self.asked: list[tuple[list[str], int | None]] = []

    def upward(self, members: Collection[MemberId], levels: int | None) -> dict[MemberId, Member]:
        self.asked.append((sorted(members), levels))
        everybody = self._members.upward(members, levels)
        seen: dict[MemberId, Member] = {}
        for start in members:
            at: MemberId | None = start
            for _ in range((levels or 0) + 1):
                if at is None or at not in everybody:
                    break
                seen[at] = everybody[at]
                at = everybody[at].sponsor
        return seen


def chain(depth: int) -> tuple[MemoryTransaction, ShortSighted]:
    """Return a transaction over `m00 > m01 > …`, and its tree."""
    names = [f"m{n:02}" for n in range(depth)]
    found = shop(*(newcomer(name, above) for name, above in zip(names, [None, *names], strict=False)))
    with found.store.begin() as tx:
        near = copy(tx)
        members = ShortSighted(tx.members)
        near.members = members  # type: ignore[assignment]  # a fake of the port
    return near, members


def sponsors(seats: Seats, buyer: str) -> list[Seat]:
    booking = Booking(sale(buyer=buyer), PlanId("plan"), 1, True, 0, NOW)
    return list(lineage_of(seats, booking, ()).sponsors)


def test_each_time_twice_as_far() -> None:
    tx, members = chain(20)
    forest = Forest(tx, [MemberId("m19")], 2)
    seats = forest.decide(lambda seats: sponsors(seats, "m19"))
    assert [seat.member for seat in seats] == [f"m{n:02}" for n in range(18, -1, -1)]
    assert members.asked == [
        (["m19"], 2),
        (["m16", "m19"], 4),
        (["m11", "m19"], 8),
        (["m02", "m19"], 16),
    ]


def test_all_starts_are_loaded_again_so_that_the_next_walk_finds_its_way() -> None:
    tx, members = chain(20)
    forest = Forest(tx, [MemberId("m19"), MemberId("m09")], 3)
    forest.decide(lambda seats: sponsors(seats, "m19"))
    asked = list(members.asked)
    assert asked == [(["m09", "m19"], 3), (["m09", "m15", "m19"], 6), (["m02", "m09", "m19"], 12)]
    assert len(forest.decide(lambda seats: sponsors(seats, "m09"))) == 9
    assert members.asked == asked


def test_what_is_loaded_is_not_asked_for_again() -> None:
    tx, members = chain(4)
    forest = Forest(tx, [MemberId("m03")], 9)
    forest.decide(lambda seats: sponsors(seats, "m03"))
    forest.decide(lambda seats: sponsors(seats, "m02"))
    assert members.asked == [(["m03"], 9)]


def test_walks_start_from_buyers_and_promoters() -> None:
    assert named_in([sale(buyer="cai"), sale(buyer="ben", promoter="pam")]) == {"cai", "ben", "pam"}


def test_at_least_one_level_is_loaded() -> None:
    tx, members = chain(2)
    Forest(tx, [MemberId("m01")], 0)
    assert members.asked == [(["m01"], 1)]


def test_somebody_who_is_nowhere_is_not_asked_for_for_ever() -> None:
    tx, members = chain(2)
    forest = Forest(tx, [], 1)
    with pytest.raises(BeyondTreeError, match="m99"):
        forest.decide(lambda seats: sponsors(Seats({**seats.tree, MemberId("x"): stray()}), "x"))
    assert members.asked == [([], 1), (["m99"], 2)]


def stray() -> Member:
    return Member(MemberId("x"), day(1), day(1), sponsor=MemberId("m99"))


def test_a_member_is_one_from_the_instant_of_joining_on() -> None:
    tree = {MemberId("x"): stray()}
    assert [is_member_at(tree, MemberId("x"), day(n)) for n in (0, 1)] == [False, True]
    assert not is_member_at(tree, MemberId("y"), day(1))


def test_one_level_more_than_the_plans_pay_is_loaded_at_once() -> None:
    """The seat above the last level says whether the walk is over."""
    assert levels_of([plan(percent("10%", 1), percent("2%", 3)), plan(percent("10%", 2))]) == 4
    assert levels_of([]) == 1
