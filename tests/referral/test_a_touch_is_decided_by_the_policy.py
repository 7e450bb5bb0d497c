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
    Bound,
    Customer,
    Identity,
    Member,
    Outcome,
    Result,
    State,
    Why,
    bound_at,
    decide_binding,
    is_let_go,
    last_sponsor,
    lasting,
    persons_of,
    placements_of,
    promoter_outcome,
    sponsor_of,
    stay,
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


Told = tuple[str, int, str | None]
"""A move, or the end of a binding; its day; and the sponsor."""

SPONSORS = ("ann", "ben", None)

told = st.lists(
    st.one_of(
        st.tuples(st.just("sponsor"), st.sampled_from(range(2, 21, 2)), st.sampled_from(SPONSORS)),
        st.tuples(st.just("ends"), st.sampled_from(range(3, 21, 2)), st.none()),
    ),
    max_size=8,
)


def naive_sponsor(story: list[Told], number: int) -> str | None:
    """Whoever was told last of those who hold from the latest day, unless an end told since comes after."""
    places = [(1, 0, "ann")] + [
        (day_of, revision, sponsor)
        for revision, (what, day_of, sponsor) in enumerate(story, 1)
        if what == "sponsor"
    ]
    since, revision, sponsor = max(each for each in places if each[0] <= number)
    ended = any(
        what == "ends" and since <= day_of <= number and place > revision
        for place, (what, day_of, _) in enumerate(story, 1)
    )
    return None if ended else sponsor


def as_told(story: list[Told]) -> Member:
    tree = tree_of("ann > cai", "ben")
    for revision, (what, number, sponsor) in enumerate(story, 1):
        change(tree, "cai", what, None if what == "ends" else sponsor, day(number), revision)
    return tree[CAI]


@given(told)
def test_an_end_lets_go_of_whoever_was_placed_when_it_was_told(story: list[Told]) -> None:
    member, revision = as_told(story), len(story)
    places = placements_of(member, revision=revision)
    for number in range(1, 25):
        sponsor = naive_sponsor(story, number)
        assert sponsor_of(member, valid_at=day(number), revision=revision) == sponsor
        assert [each.sponsor for each in places if each.since <= day(number)][-1] == sponsor
    assert last_sponsor(member) == naive_sponsor(story, 24)


@given(told, st.integers(1, 20))
def test_who_stays_is_let_go_by_no_binding_from_then_on(story: list[Told], since: int) -> None:
    """Until then nothing changes, and from then on each sponsor stays until another place is planned."""
    member, revision = as_told(story), len(story)
    tree = tree_of("ann", "ben") | {CAI: member}
    for place in lasting(member, after=day(since)):
        change_of = stay(tree, CAI, place, at=NOW, revision=(revision := revision + 1))
        assert change_of is not None
        tree[CAI] = with_change(tree[CAI], change_of)
    for number in range(1, 25):
        found = sponsor_of(tree[CAI], valid_at=day(number), revision=revision)
        assert found == naive_sponsor(story if number <= since else without_later(story, since), number)
    assert lasting(tree[CAI], after=day(since)) == ()


def without_later(story: list[Told], since: int) -> list[Told]:
    """Leave out the ends that come later; what is left keeps its place."""
    return [each if each[0] == "sponsor" or each[1] <= since else ("ends", 30, None) for each in story]


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], True),
        ([("sponsor", 12, "ben")], False),
        ([("sponsor", 15, None)], False),
        ([("sponsor", 16, "ben")], True),
        ([("tier", 12, "gold")], False),
        ([("tier", 12, "")], True),
        ([("tier", 16, "gold")], True),
        ([("tier", 4, "gold"), ("tier", 5, "")], True),
        ([("ends", 12, None)], True),
    ],
)
def test_a_binding_lets_go_where_nothing_else_is_planned(
    later: list[tuple[str, int, str | None]], expected: bool
) -> None:
    tree = tree_of("ann > cai", "ben")
    for revision, (what, number, value) in enumerate(later, 1):
        change(tree, "cai", what, value, day(number), revision)
    assert is_let_go(tree[CAI], at=day(5), until=day(15), revision=len(later)) is expected
    assert is_let_go(tree[CAI], at=day(5), until=day(15), revision=0)


def test_nobody_is_the_same_person_where_nobody_was_identified() -> None:
    tree = tree_of("ann", "cai")
    assert promoter_outcome(tree[ANN], CAI, EVERYBODY_ALONE, at=day(5), revision=0) is None


def test_the_zone_of_a_shop_is_no_matter_to_a_policy_without_days() -> None:
    for policy in (FirstTouchForEver(), LastTouch()):
        assert touched(policy, WITH_BEN, zone=SHANGHAI) == touched(policy, WITH_BEN)
