"""Policy × what is known × touch → outcome, for every policy, at the edges of its days."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import FIRST, NOW, SHANGHAI, day
from tests.referral.trees import change, tree_of

from distcore.kernel import (
    BindingPolicy,
    FirstTouchForDays,
    FirstTouchForEver,
    Instant,
    LastTouch,
    MemberId,
    ProtectedForDays,
)
from distcore.referral import (
    EVERYBODY_ALONE,
    Aspect,
    Bound,
    Change,
    Customer,
    Identity,
    Outcome,
    Result,
    State,
    Why,
    bound_at,
    decide_binding,
    is_freed,
    lasting,
    persons_of,
    placements_of,
    promoter_outcome,
    sponsor_of,
    to_be_placed,
    with_change,
)
from distcore.testing.strategies import bindings

ANN, BEN, CAI = map(MemberId, ("ann", "ben", "cai"))
SOON = timedelta(microseconds=1)
FIFTH = day(5)
WITH_BEN = Customer(CAI, Bound(BEN, day(1)))
FREE = Customer(CAI, Bound(None, day(1)))
KEPT, BOUND, REFUSED = Result.KEPT, Result.BOUND, Result.REFUSED


def touched(
    policy: BindingPolicy, customer: Customer, at: Instant = FIFTH, zone: ZoneInfo | None = None
) -> Outcome:
    return decide_binding(policy, customer, ANN, at=at, zone=zone)


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (FirstTouchForEver(), Outcome(KEPT, Why.BOUND_FOR_EVER)),
        (LastTouch(), Outcome(BOUND, Why.TAKEN_OVER)),
        (FirstTouchForDays(5), Outcome(KEPT, Why.PROTECTED, day(6))),
        (ProtectedForDays(5), Outcome(KEPT, Why.PROTECTED, day(6))),
        (FirstTouchForDays(4), Outcome(BOUND, Why.TAKEN_OVER, day(9))),
        (ProtectedForDays(4), Outcome(BOUND, Why.TAKEN_OVER)),
    ],
)
def test_another_promoter_takes_over_when_the_policy_lets_it(policy: BindingPolicy, outcome: Outcome) -> None:
    assert touched(policy, WITH_BEN) == outcome


@pytest.mark.parametrize("customer", [FREE, Customer(CAI)])
@pytest.mark.parametrize(
    ("policy", "until"),
    [
        (FirstTouchForEver(), None),
        (LastTouch(), None),
        (FirstTouchForDays(4), day(9)),
        (ProtectedForDays(4), None),
    ],
)
def test_who_is_nobodys_is_bound(policy: BindingPolicy, until: Instant | None, customer: Customer) -> None:
    assert touched(policy, customer) == Outcome(BOUND, Why.FIRST_TOUCH, until)


@pytest.mark.parametrize("early", [True, False])
def test_a_protection_ends_at_its_very_instant(early: bool) -> None:
    at = day(5) - SOON if early else day(5)
    assert touched(ProtectedForDays(4), WITH_BEN, at).result is (KEPT if early else BOUND)


def test_days_are_those_of_the_shop() -> None:
    """The last Sunday of March has 23 hours in Berlin."""
    before = Customer(CAI, Bound(BEN, day(87)))  # the 28th of March 2026, an hour after midnight there
    berlin = ZoneInfo("Europe/Berlin")
    at = day(88) - timedelta(minutes=30)
    assert touched(ProtectedForDays(1), before, at, berlin).result is KEPT
    at = day(89) - timedelta(hours=1)
    later = Customer(CAI, Bound(BEN, day(88)))
    assert touched(ProtectedForDays(1), later, at, berlin).result is BOUND
    assert touched(ProtectedForDays(1), later, at, None).result is KEPT


@given(bindings())
def test_the_same_promoter_changes_nothing_and_renews_nothing(policy: BindingPolicy) -> None:
    bound = evolve(WITH_BEN, bound=Bound(ANN, day(1)), has_orders=True, is_distributor=True)
    assert touched(policy, bound) == Outcome(KEPT, Why.SAME_PROMOTER)


@given(bindings())
def test_a_touch_moves_no_team_and_brings_nobody_back(policy: BindingPolicy) -> None:
    for customer in (WITH_BEN, FREE):
        team = evolve(customer, is_distributor=True)
        assert touched(policy, team) == Outcome(KEPT, Why.IS_DISTRIBUTOR)
        gone = evolve(customer, state=State.TERMINATED)
        assert touched(policy, gone) == Outcome(REFUSED, Why.CUSTOMER_TERMINATED)


@given(bindings())
def test_who_has_bought_is_bound_only_where_the_policy_lets_it(policy: BindingPolicy) -> None:
    buyer = evolve(FREE, has_orders=True)
    refused = Outcome(REFUSED, Why.HAS_ORDERS)
    assert (touched(policy, buyer) == refused) == policy.only_without_orders


# Who can promote


def fit(promoter: str, at: Instant = NOW, revision: int = 9) -> Why | None:
    tree = tree_of("ann > ben", "cai", "sue", "gus", joined_at=FIRST)
    change(tree, "sue", "state", "suspended", day(3))
    change(tree, "gus", "state", "terminated", day(3))
    persons = persons_of([Identity(BEN, NOW, 2), Identity(CAI, NOW, 2)])
    known = tree.get(MemberId(promoter))
    found = promoter_outcome(known, CAI, persons, at=at, revision=revision)
    assert found is None or found.result is REFUSED
    return None if found is None else found.why


@pytest.mark.parametrize(
    ("promoter", "why"),
    [
        ("ann", None),
        ("nobody", Why.PROMOTER_UNKNOWN),
        ("sue", Why.PROMOTER_NOT_ACTIVE),
        ("gus", Why.PROMOTER_NOT_ACTIVE),
        ("cai", Why.SELF),
        ("ben", Why.SAME_PERSON),
    ],
)
def test_who_can_promote(promoter: str, why: Why | None) -> None:
    assert fit(promoter) == why


def test_it_is_asked_as_of_the_touch_and_its_revision() -> None:
    assert fit("sue", at=day(3) - SOON) is None
    assert fit("ben", revision=1) is None
    assert fit("ann", at=FIRST - SOON) is Why.PROMOTER_UNKNOWN


# Where a member was placed


def test_placements_are_told_in_order_and_the_later_told_holds() -> None:
    tree = tree_of("ann > cai", "ben")
    change(tree, "cai", "sponsor", "ben", day(5), 1)
    change(tree, "cai", "sponsor", None, day(5), 2)
    change(tree, "cai", "tier", "gold", day(6), 3)
    change(tree, "cai", "sponsor", "ben", day(9), 4)
    assert placements_of(tree[CAI], revision=4) == (
        Bound(ANN, FIRST),
        Bound(None, day(5)),
        Bound(BEN, day(9)),
    )
    assert placements_of(tree[CAI], revision=1) == (Bound(ANN, FIRST), Bound(BEN, day(5)))
    change(tree, "cai", "sponsor", "ben", FIRST, 5)
    assert placements_of(tree[CAI], revision=5)[0] == Bound(BEN, FIRST)


def test_a_binding_is_as_old_as_it_is_unbroken() -> None:
    tree = tree_of("ann > cai", "ben")
    change(tree, "cai", "sponsor", "ben", day(5), 1)
    change(tree, "cai", "sponsor", "ben", day(7), 2)
    change(tree, "cai", "sponsor", "ann", day(9), 3)
    at = {number: bound_at(tree[CAI], valid_at=day(number), revision=3) for number in (4, 5, 8, 9)}
    assert at == {4: Bound(ANN, FIRST), 5: Bound(BEN, day(5)), 8: Bound(BEN, day(5)), 9: Bound(ANN, day(9))}


@given(
    st.lists(st.tuples(st.integers(2, 20), st.sampled_from(["ann", "ben", None])), max_size=6),
    st.integers(2, 20),
    st.none() | st.integers(1, 9),
    st.frozensets(st.integers(2, 20)),
)
def test_a_binding_holds_until_its_end_or_until_what_was_planned(
    before: list[tuple[int, str | None]], at: int, days: int | None, ending: frozenset[int]
) -> None:
    """An end of an earlier binding does not end this one; another place that is planned does."""
    tree = tree_of("ann", "ben", "new", "cai")
    for revision, (number, sponsor) in enumerate(before, 1):
        change(tree, "cai", "sponsor", sponsor, day(number), revision)
    new, member, until = MemberId("new"), tree[CAI], None if days is None else day(at + days)
    revision = len(before)
    ends = frozenset(map(day, ending))
    placed = to_be_placed(member, new, at=day(at), until=until, ends=ends, revision=revision)
    for each in placed:
        revision += 1
        row = Change(CAI, Aspect.SPONSOR, each.sponsor, each.since, NOW, revision)
        member = with_change(member, row)

    planned = [
        each.since
        for each in placements_of(tree[CAI], revision=len(before))
        if each.since > day(at) and (each.sponsor is not None or each.since not in ends)
    ]
    end = min([*planned[:1], *([] if until is None else [until])], default=day(40))
    for number in range(at, 40):
        now = sponsor_of(member, valid_at=day(number), revision=revision)
        if day(number) < end:
            assert now == new
        elif planned and day(number) >= planned[0]:
            assert now == sponsor_of(tree[CAI], valid_at=day(number), revision=revision)
        else:
            assert now is None
    for number in range(1, at):
        assert sponsor_of(member, valid_at=day(number), revision=revision) == sponsor_of(
            tree[CAI], valid_at=day(number), revision=revision
        )


@given(
    st.lists(st.tuples(st.integers(2, 20), st.sampled_from(["ann", "ben", None])), max_size=6),
    st.integers(1, 20),
    st.frozensets(st.integers(2, 20)),
)
def test_who_stays_is_let_go_by_no_binding(
    before: list[tuple[int, str | None]], since: int, ending: frozenset[int]
) -> None:
    """From then on each sponsor stays until another place is planned; before it nothing changes."""
    tree = tree_of("ann > cai", "ben")
    for revision, (number, sponsor) in enumerate(before, 1):
        change(tree, "cai", "sponsor", sponsor, day(number), revision)
    was, revision = tree[CAI], len(before)
    stays, ends = was, frozenset(map(day, ending))
    for each in lasting(was, since=day(since), ends=ends, revision=revision):
        row = Change(CAI, Aspect.SPONSOR, each.sponsor, each.since, NOW, revision := revision + 1)
        stays = with_change(stays, row)

    places = {each.since: each.sponsor for each in placements_of(was, revision=revision)}
    held = None
    for number in range(1, 40):
        if day(number) in places:
            sponsor = places[day(number)]
            ended = sponsor is None and number > since and number in ending
            held = held if ended else sponsor
        assert sponsor_of(stays, valid_at=day(number), revision=revision) == held
    assert is_freed(was, after=day(since)) == any(
        each.value is None and each.valid_from > day(since) for each in was.changes
    )


def test_nobody_is_the_same_person_where_nobody_was_identified() -> None:
    tree = tree_of("ann", "cai")
    assert promoter_outcome(tree[ANN], CAI, EVERYBODY_ALONE, at=day(5), revision=0) is None


def test_the_zone_of_a_shop_is_no_matter_to_a_policy_without_days() -> None:
    for policy in (FirstTouchForEver(), LastTouch()):
        assert touched(policy, WITH_BEN, zone=SHANGHAI) == touched(policy, WITH_BEN)
