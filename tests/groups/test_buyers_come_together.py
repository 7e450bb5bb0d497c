"""Who may open, join and leave a group, what a group becomes, and what is owed then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore.groups import (
    COUNTED,
    Group,
    GroupId,
    GroupSale,
    GroupSaleId,
    GroupState,
    Paid,
    Place,
    PlaceState,
    closed,
    group_sale_problems,
    is_open,
    is_running,
    joined,
    left,
    opened,
    repaid,
    taking_of_member,
)
from distcore.kernel import Count, Currency, MemberId, Refusal, SaleId, Taking, limits

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
SALE = GroupSale(GroupSaleId("tea"), Currency("CNY"), size=3, hours=24)
END = NOON + timedelta(hours=24)


def paid(number: int, member: str = "") -> Paid:
    return Paid(SaleId(f"order {number}"), MemberId(member or f"m{number}"), 40 + number)


def a_group(count: int = 1, **changes: Any) -> tuple[Group, list[Place]]:
    """Return a group that so many are in."""
    group, place = opened(evolve(SALE, **changes), 1, GroupId("g"), paid(1), NOON)
    places = [place]
    for number in range(2, count + 1):
        after = joined(group, places, paid(number), NOON)
        assert not isinstance(after, Refusal)
        group = after[0]
        places.append(after[1])
    return group, places


def code(answer: object) -> str:
    assert isinstance(answer, Refusal)
    return answer.code


def test_the_last_one_makes_a_group_succeed() -> None:
    group, _ = a_group()
    for count, state in ((1, GroupState.OPEN), (2, GroupState.OPEN), (3, GroupState.SUCCEEDED)):
        group, places = a_group(count)
        assert (group.state, group.taken, group.revision) == (state, count, count)
        assert [place.state for place in places] == [PlaceState.TAKEN] * count
    assert (group.opened_at, group.closes_at) == (NOON, END)
    assert code(joined(*a_group(3), paid(4), NOON)) == "group_closed"
    group, places = a_group(3)
    assert code(left(group, places[0], NOON)) == "group_closed"


def test_a_group_can_be_joined_up_to_its_end_and_not_at_it() -> None:
    assert not isinstance(joined(*a_group(), paid(2), END - TICK), Refusal)
    assert code(joined(*a_group(), paid(2), END)) == "group_over"
    group, (place,) = a_group()
    assert code(left(group, place, END)) == "group_over"


def test_nothing_is_done_before_what_it_follows() -> None:
    """At the very instant it is: whoever calls may know no finer ones."""
    group, (place,) = a_group()
    assert code(joined(group, [place], paid(2), NOON - TICK)) == "group_newer"
    assert code(left(group, place, NOON - TICK)) == "group_newer"
    after = joined(group, [place], paid(2), NOON + TICK)
    assert not isinstance(after, Refusal)
    assert code(left(*after, NOON)) == "place_newer"
    gone = left(*after, NOON + TICK)
    assert not isinstance(gone, Refusal)
    assert gone[1].state is PlaceState.OWED
    early = repaid(gone[1], NOON)
    assert isinstance(early, Refusal)
    assert str(early) == (
        "place_newer: the place of order order 2 is owed since 2026-11-11T12:00:00.000001Z, "
        "later than 2026-11-11T12:00:00Z (give the instant at which it is done)"
    )
    assert isinstance(repaid(gone[1], NOON + TICK), Place)


def test_nobody_is_in_a_group_twice_unless_the_first_place_was_left() -> None:
    group, (place,) = a_group()
    assert code(joined(group, [place], paid(2, "m1"), NOON)) == "already_in_group"
    after = left(group, place, NOON)
    assert not isinstance(after, Refusal)
    empty, owed = after
    assert (empty.taken, owed.state, owed.paid_minor) == (0, PlaceState.OWED, 41)
    assert code(left(empty, owed, NOON)) == "order_not_in_group"
    back = joined(empty, [owed], paid(2, "m1"), NOON)
    assert not isinstance(back, Refusal)
    assert (back[0].taken, back[0].state) == (1, GroupState.OPEN)


def test_a_group_that_is_over_expires_and_owes_what_was_paid() -> None:
    group, places = a_group(2)
    after, gone = closed(group, places, END)
    assert (after.state, after.taken) == (GroupState.EXPIRED, 2)
    assert [(place.order, place.state, place.paid_minor) for place in gone] == [
        ("order 1", PlaceState.OWED, 41),
        ("order 2", PlaceState.OWED, 42),
    ]
    assert [place.revision for place in gone] == [2, 2]
    assert closed(group, [evolve(places[0], state=PlaceState.OWED), places[1]], END)[1] == gone[1:]


@pytest.mark.parametrize(
    ("fill_from", "count", "state"),
    [(2, 1, GroupState.EXPIRED), (2, 2, GroupState.SUCCEEDED), (1, 1, GroupState.SUCCEEDED)],
)
def test_the_shop_fills_what_is_missing_where_the_sale_says_so(
    fill_from: int, count: int, state: GroupState
) -> None:
    group, places = a_group(count, fill_from=fill_from)
    after, gone = closed(group, places, END)
    assert (after.state, len(gone)) == (state, 0 if state is GroupState.SUCCEEDED else count)


def test_what_is_owed_is_paid_back_once() -> None:
    _, (place,) = a_group()
    assert code(repaid(place, NOON)) == "place_not_owed"
    _, (owed,) = closed(*a_group(), END)
    back = repaid(owed, END)
    assert isinstance(back, Place)
    assert (back.state, back.changed_at) == (PlaceState.REPAID, END)
    assert code(repaid(back, END)) == "place_not_owed"


def test_places_of_a_member_are_counted_where_there_is_a_limit() -> None:
    assert taking_of_member(SALE, MemberId("ann")) is None
    limited = evolve(SALE, per_member_max=2)
    taking = taking_of_member(limited, MemberId("ann"))
    assert taking == Taking(Count(COUNTED, "tea", member="ann"), 1, 2)
    assert opened(limited, 1, GroupId("g"), paid(1), NOON)[1].counted
    assert not opened(SALE, 1, GroupId("g"), paid(1), NOON)[1].counted


def test_groups_are_opened_in_the_time_of_their_sale() -> None:
    timed = evolve(SALE, valid_from=NOON, valid_until=END)
    assert [is_open(timed, at) for at in (NOON - TICK, NOON, END - TICK, END)] == [False, True, True, False]
    assert is_open(SALE, NOON)


def test_a_sale_is_running_until_its_last_group_is_over() -> None:
    """The last one is opened just before the end, and can be joined for as long as any other."""
    timed, over = evolve(SALE, valid_from=NOON, valid_until=END), END + timedelta(hours=24)
    asked = (NOON - TICK, NOON, END, over - TICK, over)
    assert [is_running(timed, at) for at in asked] == [False, True, True, True, False]
    assert is_running(SALE, NOON)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": " "}, ["$.id"]),
        ({"currency": "Taler"}, ["$.currency"]),
        ({"size": 1}, ["$.size"]),
        ({"size": limits.GROUP_SIZE_MAX + 1}, ["$.size"]),
        ({"hours": 0}, ["$.hours"]),
        ({"hours": limits.GROUP_HOURS_MAX + 1}, ["$.hours"]),
        ({"per_member_max": 0}, ["$.per_member_max"]),
        ({"fill_from": 0}, ["$.fill_from"]),
        ({"fill_from": 3}, ["$.fill_from"]),
        ({"valid_from": END, "valid_until": END}, ["$.valid_until"]),
        ({"size": True}, ["$.size"]),
        ({"size": 1, "hours": 0}, ["$.size", "$.hours"]),
        ({"fill_from": 2, "per_member_max": 1, "valid_from": NOON}, []),
    ],
)
def test_what_is_impossible_is_said_at_once(changes: dict[str, Any], where: list[str]) -> None:
    assert [each.where for each in group_sale_problems(evolve(SALE, **changes))] == where


SOON = NOON + timedelta(hours=1)


def test_each_step_changes_what_it_says_and_nothing_else() -> None:
    group, place = opened(evolve(SALE, per_member_max=1), 7, GroupId("g"), paid(1), NOON)
    assert group == Group(GroupId("g"), SALE.id, 7, SALE.currency, 3, None, NOON, END)
    assert place == Place(SaleId("order 1"), group.id, MemberId("m1"), 41, NOON, counted=True)

    second = joined(group, [place], paid(2), SOON, counted=True)
    other = Place(SaleId("order 2"), group.id, MemberId("m2"), 42, SOON, counted=True)
    assert second == (evolve(group, taken=2, revision=2), other)
    plain = joined(group, [place], paid(2), SOON)
    assert plain == (evolve(group, taken=2, revision=2), evolve(other, counted=False))

    owed = evolve(other, counted=False, state=PlaceState.OWED, changed_at=END - TICK, revision=2)
    assert not isinstance(second, Refusal)
    assert left(second[0], other, END - TICK) == (evolve(group, taken=1, revision=3), owed)
    assert repaid(owed, END) == evolve(owed, state=PlaceState.REPAID, changed_at=END, revision=3)

    both = [evolve(place, state=PlaceState.OWED, counted=False, changed_at=END, revision=2)]
    assert closed(group, [place, owed], END) == (evolve(group, state=GroupState.EXPIRED, revision=2), both)
    filled = evolve(group, fill_from=1)
    assert closed(filled, [place], END) == (evolve(filled, state=GroupState.SUCCEEDED, revision=2), [])


def test_a_refusal_names_what_it_is_about() -> None:
    def facts(answer: object) -> dict[str, object]:
        assert isinstance(answer, Refusal)
        return dict(answer.facts)

    group, places = a_group(2)
    assert facts(joined(group, places, paid(3, "m1"), NOON)) == {"member": "m1", "group": "g"}
    gone = evolve(places[0], state=PlaceState.OWED)
    assert facts(left(group, gone, NOON)) == {"order": "order 1"}
    assert facts(left(group, places[0], END)) == {"group": "g", "closes_at": "2026-11-12T12:00:00Z"}
    over = evolve(group, state=GroupState.EXPIRED)
    assert facts(left(over, places[0], NOON)) == {"group": "g", "state": "expired"}
    assert facts(repaid(places[0], NOON)) == {"order": "order 1", "state": "taken"}


def test_what_is_just_possible_has_no_problem() -> None:
    small = evolve(SALE, size=2, hours=1, fill_from=1, per_member_max=1)
    large = evolve(
        SALE, size=limits.GROUP_SIZE_MAX, hours=limits.GROUP_HOURS_MAX, fill_from=limits.GROUP_SIZE_MAX - 1
    )
    assert group_sale_problems(small) == group_sale_problems(large) == ()


def test_what_is_wrong_is_told_with_what_to_do() -> None:
    (above,) = group_sale_problems(evolve(SALE, fill_from=3))
    assert (above.message, above.hint) == ("is not below the size of 3", "leave it out, or lower it")
    (early,) = group_sale_problems(evolve(SALE, valid_from=NOON, valid_until=NOON))
    assert (early.message, early.hint) == ("is not after valid_from", "give a later instant")
    no_number: Any = "3"
    assert [each.where for each in group_sale_problems(evolve(SALE, size=no_number))] == ["$.size"]
