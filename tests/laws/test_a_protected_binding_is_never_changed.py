"""No sequence of touches changes a protected binding before its time; the last touch wins where it should.

A naive shop of plain dictionaries is told the same touches, and knows at every instant whom a customer
belongs to; the forest stays a forest, and a touch that binds nobody leaves the tree as it was.
"""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from distcore import engine
from distcore.kernel import (
    BindingPolicy,
    DayKind,
    FirstTouchForDays,
    FirstTouchForEver,
    Instant,
    LastTouch,
    MemberId,
    ProtectedForDays,
    RefusedError,
)
from distcore.memory import MemoryStore
from distcore.referral import Result, Touch, sponsor_of
from distcore.testing.builders import Shop, a_member, a_policy, a_sale, day

PROMOTERS = ("ann", "ben", "cai")
CUSTOMERS = ("kim", "lee")
LAST_DAY = 60

Step = tuple[int, str, str]
"""After how many hours, which customer, and who promotes; a customer may promote to the other one."""

steps = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from(CUSTOMERS), st.sampled_from((*PROMOTERS, *CUSTOMERS))),
    max_size=14,
)
days = st.integers(1, 6)
policies: st.SearchStrategy[BindingPolicy] = st.one_of(
    st.builds(FirstTouchForEver, st.booleans()),
    st.builds(LastTouch, st.booleans()),
    st.builds(FirstTouchForDays, days, st.booleans()),
    st.builds(ProtectedForDays, days, st.booleans()),
)


class NaiveShop:
    """Whom each customer belongs to, and until when: by the words of the policy, and nothing else."""

    def __init__(self, policy: BindingPolicy) -> None:
        self.policy = policy
        self.holds: dict[str, list[tuple[Instant, str | None]]] = {each: [] for each in CUSTOMERS}
        self.buyers: set[str] = set()

    def owner(self, customer: str, at: Instant) -> str | None:
        held = [promoter for since, promoter in self.holds[customer] if since <= at]
        return held[-1] if held else None

    def touch(self, customer: str, promoter: str, at: Instant) -> bool:
        """Return whether the policy binds the customer anew."""
        owner, policy = self.owner(customer, at), self.policy
        if owner == promoter or (policy.only_without_orders and customer in self.buyers):
            return False
        if owner is not None:
            since = max(since for since, who in self.holds[customer] if since <= at and who == owner)
            if isinstance(policy, FirstTouchForEver):
                return False
            if not isinstance(policy, LastTouch) and at < since + timedelta(days=policy.days):
                return False
        self.holds[customer] = [each for each in self.holds[customer] if each[0] <= at]
        self.holds[customer].append((at, promoter))
        if isinstance(policy, FirstTouchForDays):
            self.holds[customer].append((at + timedelta(days=policy.days), None))
        return True


def a_shop(policy: BindingPolicy) -> Shop:
    promoters = [a_member(id) for id in PROMOTERS]
    choice = evolve(a_policy("UTC", days=DayKind.HOURS_24), binding=policy)
    return Shop.open(MemoryStore("shop"), None, promoters, choice)


def sponsor(shop: Shop, customer: str, at: Instant) -> str | None:
    with shop.store.begin() as tx:
        member = tx.members.upward([MemberId(customer)], 0).get(MemberId(customer))
        if member is None or member.joined_at > at:
            return None
        return sponsor_of(member, valid_at=at, revision=tx.members.revision())


def lived(shop: Shop, naive: NaiveShop, story: list[Step], touch: Any = engine.bind) -> list[Touch]:
    """Tell both the touches by promoters, one after the other; return those of our shop."""
    touches, now = [], day(2)
    for hours, customer, promoter in story:
        now += timedelta(hours=hours)
        if promoter in CUSTOMERS:
            continue
        before = naive.owner(customer, now)
        became: Touch = shop.do(touch, customer, promoter, at=now)
        assert naive.touch(customer, promoter, now) == (became.outcome.result is Result.BOUND)
        assert sponsor(shop, customer, now) == naive.owner(customer, now)
        if became.outcome.result is not Result.BOUND:
            assert naive.owner(customer, now) == before
        touches.append(became)
    return touches


@given(policies, steps)
@example(FirstTouchForDays(1), [(0, "kim", "ann"), (24, "kim", "ann"), (24, "kim", "ben")])
@example(ProtectedForDays(1), [(0, "kim", "ann"), (0, "kim", "ben"), (24, "kim", "ben")])
@example(LastTouch(), [(0, "kim", "ann"), (0, "kim", "ben"), (0, "kim", "ann")])
def test_a_naive_shop_agrees_about_every_instant(policy: BindingPolicy, story: list[Step]) -> None:
    shop, naive = a_shop(policy), NaiveShop(policy)
    lived(shop, naive, story)
    for customer in CUSTOMERS:
        for hour in range(24, 24 * LAST_DAY, 7):
            at = day(1, hour)
            assert sponsor(shop, customer, at) == naive.owner(customer, at)
    shop.assert_sound()


@given(days, steps)
def test_what_is_protected_stays_until_its_time(many: int, story: list[Step]) -> None:
    shop = a_shop(ProtectedForDays(many))
    for touch in lived(shop, NaiveShop(ProtectedForDays(many)), story):
        if touch.outcome.result is Result.BOUND:
            end = touch.touched_at + timedelta(days=many)
            for at in (touch.touched_at, end - timedelta(microseconds=1)):
                assert sponsor(shop, touch.customer, at) == touch.promoter
        elif touch.outcome.until is not None:
            assert touch.touched_at < touch.outcome.until


@given(steps)
def test_the_last_touch_wins(story: list[Step]) -> None:
    shop = a_shop(LastTouch())
    last = {each.customer: each.promoter for each in lived(shop, NaiveShop(LastTouch()), story)}
    assert {id: sponsor(shop, id, day(LAST_DAY)) for id in last} == last


@given(policies, steps, st.sets(st.sampled_from(CUSTOMERS)))
def test_customers_who_promote_each_other_never_form_a_cycle(
    policy: BindingPolicy, story: list[Step], buyers: set[str]
) -> None:
    """And whatever binds nobody changes nothing but the list of touches."""
    shop = a_shop(policy)
    for id in sorted(buyers):
        shop.do(engine.accrue, a_sale(f"order of {id}", id, paid_at=day(1)))
    now = day(2)
    for hours, customer, promoter in story:
        now += timedelta(hours=hours)
        before = tree_of(shop)
        touch: Touch = shop.do(engine.bind, customer, promoter, at=now)
        if touch.outcome.result is not Result.BOUND:
            assert tree_of(shop) == before
        if policy.only_without_orders and customer in buyers:
            assert touch.outcome.result is not Result.BOUND
    shop.assert_sound()


@given(policies, steps)
def test_a_touch_that_is_refused_changes_nothing(policy: BindingPolicy, story: list[Step]) -> None:
    shop = a_shop(policy)
    touches = lived(shop, NaiveShop(policy), story)
    before = shop.dump()
    for touch in touches:
        with pytest.raises(RefusedError):
            shop.do(engine.bind, touch.customer, touch.promoter, at=touch.touched_at - timedelta(seconds=1))
        assert shop.dump() == before


def tree_of(shop: Shop) -> list[str]:
    return [line for line in shop.dump().splitlines() if line.startswith(("member", "revision"))]


def test_this_law_can_fail() -> None:
    """A shop that moves whoever is touched, whatever its policy says, is found out."""

    def always(tx: Any, customer: str, promoter: str, **call: Any) -> Touch:
        engine.set_policy(tx, evolve(a_policy(), binding=LastTouch()), **call | {"key": f"{call['key']} p"})
        return engine.bind(tx, MemberId(customer), MemberId(promoter), **call)

    shop, naive = a_shop(ProtectedForDays(5)), NaiveShop(ProtectedForDays(5))
    with pytest.raises(AssertionError):
        lived(shop, naive, [(0, "kim", "ann"), (1, "kim", "ben")], always)
