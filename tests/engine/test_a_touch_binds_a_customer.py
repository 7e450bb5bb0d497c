"""A touch binds a customer by the shop's policy, through the tree's own verbs, and says what became of it."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import (
    BindingPolicy,
    FirstTouchForDays,
    FirstTouchForEver,
    InputError,
    Instant,
    LastTouch,
    MemberId,
    ProtectedForDays,
    limits,
)
from distcore.memory import MemoryStore
from distcore.referral import (
    ApplicationState,
    CodeKind,
    Evidence,
    Outcome,
    Result,
    State,
    Touch,
    Via,
    Why,
    link_token,
    sponsor_of,
)
from distcore.testing.builders import Shop, a_member, a_policy, a_sale, day

KEPT, BOUND, REFUSED = Result.KEPT, Result.BOUND, Result.REFUSED
CAI = MemberId("cai")


def a_shop(binding: BindingPolicy | None = None) -> Shop:
    """Return a shop with promoters: ann and ben, and two who are not active any more."""
    policy = evolve(a_policy(), binding=binding or FirstTouchForEver())
    shop = Shop.open(MemoryStore("shop"), None, [a_member(id) for id in ("ann", "ben", "sue", "gus")], policy)
    shop.do(engine.set_state, "sue", State.SUSPENDED, at=day(2))
    shop.do(engine.terminate, "gus", at=day(2))
    return shop


def bound(shop: Shop, promoter: str, at: Instant, customer: str = "cai", **options: Any) -> Outcome:
    touch: Touch = shop.do(engine.bind, customer, promoter, at=at, **options)
    return touch.outcome


def sponsor(shop: Shop, at: Instant, customer: str = "cai") -> str | None:
    with shop.store.begin() as tx:
        member = shop_member(tx, customer)
        return sponsor_of(member, valid_at=at, revision=tx.members.revision())


def shop_member(tx: Any, id: str) -> Any:
    return tx.members.upward([id], 0)[id]


def test_a_customer_who_never_joined_joins_as_a_plain_member() -> None:
    shop = a_shop()
    assert bound(shop, "ann", day(5)) == Outcome(BOUND, Why.FIRST_TOUCH)
    cai = shop.member("cai")
    assert (cai.joined_at, cai.sponsor, cai.tier, cai.state) == (day(5), "ann", "", State.ACTIVE)
    shop.assert_sound()


def test_a_member_who_is_nobodys_is_moved() -> None:
    shop = a_shop()
    shop.do(engine.join, a_member("cai"))
    assert bound(shop, "ann", day(5)) == Outcome(BOUND, Why.FIRST_TOUCH)
    assert [sponsor(shop, day(each)) for each in (4, 5)] == [None, "ann"]
    shop.assert_sound()


def test_the_first_touch_holds_for_ever() -> None:
    shop = a_shop(FirstTouchForEver())
    bound(shop, "ann", day(5))
    assert bound(shop, "ben", day(3_000)) == Outcome(KEPT, Why.BOUND_FOR_EVER)
    assert sponsor(shop, day(3_001)) == "ann"


def test_the_last_touch_wins() -> None:
    shop = a_shop(LastTouch())
    bound(shop, "ann", day(5))
    assert bound(shop, "ben", day(6)) == Outcome(BOUND, Why.TAKEN_OVER)
    assert bound(shop, "ann", day(6)) == Outcome(BOUND, Why.TAKEN_OVER)
    assert [sponsor(shop, day(each)) for each in (5, 6)] == ["ann", "ann"]
    assert bound(shop, "ann", day(7)) == Outcome(KEPT, Why.SAME_PROMOTER)
    shop.assert_sound()


def test_a_protected_binding_is_taken_over_when_its_days_are_over() -> None:
    shop = a_shop(ProtectedForDays(10))
    bound(shop, "ann", day(5))
    assert bound(shop, "ben", day(14)) == Outcome(KEPT, Why.PROTECTED, day(15))
    assert bound(shop, "ben", day(15)) == Outcome(BOUND, Why.TAKEN_OVER)
    assert [sponsor(shop, day(each)) for each in (14, 15, 99)] == ["ann", "ben", "ben"]
    assert bound(shop, "ann", day(24)) == Outcome(KEPT, Why.PROTECTED, day(25))


def test_a_first_touch_for_days_ends_by_itself() -> None:
    shop = a_shop(FirstTouchForDays(10))
    assert bound(shop, "ann", day(5)) == Outcome(BOUND, Why.FIRST_TOUCH, day(15))
    assert bound(shop, "ben", day(14)) == Outcome(KEPT, Why.PROTECTED, day(15))
    assert [sponsor(shop, day(each)) for each in (5, 14, 15)] == ["ann", "ann", None]
    assert bound(shop, "ben", day(15)) == Outcome(BOUND, Why.FIRST_TOUCH, day(25))
    assert [sponsor(shop, day(each)) for each in (14, 15, 24, 25)] == ["ann", "ben", "ben", None]
    assert bound(shop, "ben", day(40)) == Outcome(BOUND, Why.FIRST_TOUCH, day(50))
    shop.assert_sound()


def test_another_policy_takes_over_from_then_on() -> None:
    """The end of a binding of before does not end the new one."""
    shop = a_shop(FirstTouchForDays(10))
    bound(shop, "ann", day(5))
    shop.do(engine.set_policy, evolve(a_policy(), binding=LastTouch()))
    assert bound(shop, "ben", day(6)) == Outcome(BOUND, Why.TAKEN_OVER)
    assert [sponsor(shop, day(each)) for each in (5, 6, 15, 99)] == ["ann", "ben", "ben", "ben"]
    shop.assert_sound()


def test_a_bound_customers_promoter_is_paid() -> None:
    shop = a_shop()
    bound(shop, "ann", day(5))
    posting = shop.do(engine.accrue, a_sale(buyer="cai", paid_at=day(6)))
    assert [(each.payee, each.amount_minor) for each in posting.accruals] == [("ann", 1_000)]


def test_only_customers_without_orders_are_bound_where_the_policy_says_so() -> None:
    shop = a_shop(LastTouch(only_without_orders=True))
    bound(shop, "ann", day(5))
    shop.do(engine.accrue, a_sale(buyer="cai", paid_at=day(6)))
    shop.do(engine.accrue, a_sale("order 2", buyer="new", paid_at=day(6)))
    assert bound(shop, "ben", day(7)) == Outcome(REFUSED, Why.HAS_ORDERS)
    assert bound(shop, "ben", day(7), customer="new") == Outcome(REFUSED, Why.HAS_ORDERS)
    assert sponsor(shop, day(8)) == "ann"


@pytest.mark.parametrize(
    ("promoter", "why"),
    [
        ("nobody", Why.PROMOTER_UNKNOWN),
        ("sue", Why.PROMOTER_NOT_ACTIVE),
        ("gus", Why.PROMOTER_NOT_ACTIVE),
    ],
)
def test_who_can_not_promote_is_refused_and_written_down(promoter: str, why: Why) -> None:
    shop = a_shop()
    assert bound(shop, promoter, day(5)) == Outcome(REFUSED, why)
    with shop.store.begin() as tx:
        (touch,) = tx.touches.of_customer(CAI)
        assert touch.promoter == promoter
        assert CAI not in tx.members.upward([CAI], 0)


def test_nobody_brings_oneself_under_whatever_id() -> None:
    shop = a_shop(LastTouch())
    assert bound(shop, "ann", day(5), customer="ann") == Outcome(REFUSED, Why.SELF)
    shop.do(engine.identify, "ann", ["device 7"])
    shop.do(engine.identify, "cai", ["device 7"])
    assert bound(shop, "ann", day(6)) == Outcome(REFUSED, Why.SAME_PERSON)
    assert bound(shop, "ben", day(7)) == Outcome(BOUND, Why.FIRST_TOUCH)


def test_a_terminated_customer_is_bound_to_nobody() -> None:
    shop = a_shop()
    assert bound(shop, "ann", day(5), customer="gus") == Outcome(REFUSED, Why.CUSTOMER_TERMINATED)


def of_tier(shop: Shop) -> None:
    shop.do(engine.set_tier, "cai", "gold", at=day(3))


def with_a_team(shop: Shop) -> None:
    shop.do(engine.join, a_member("dan", "cai", joined_at=day(3)))


def approved(shop: Shop) -> None:
    shop.do(engine.apply_to_distribute, "a1", "cai", Evidence(), at=day(3))
    shop.do(engine.review_application, "a1", ApplicationState.APPROVED, at=day(3), actor="boss")


@pytest.mark.parametrize("became", [of_tier, with_a_team, approved])
def test_a_touch_moves_no_distributor(became: Callable[[Shop], None]) -> None:
    shop = a_shop(LastTouch())
    shop.do(engine.join, a_member("cai", "ann"))
    became(shop)
    assert bound(shop, "ben", day(5)) == Outcome(KEPT, Why.IS_DISTRIBUTOR)
    assert sponsor(shop, day(6)) == "ann"


def test_the_tree_has_the_last_word_about_a_move() -> None:
    shop = a_shop(LastTouch())
    bound(shop, "ann", day(3))
    shop.do(engine.join, a_member("late", joined_at=day(4)))
    assert bound(shop, "late", day(5)) == Outcome(REFUSED, Why.SPONSOR_JOINED_LATER)
    assert sponsor(shop, day(6)) == "ann"
    shop.assert_sound()


def test_the_tree_has_the_last_word_about_whoever_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop(LastTouch())
    bound(shop, "ann", day(3), customer="old")
    monkeypatch.setattr(limits, "FAN_OUT_MAX", 1)
    assert bound(shop, "ann", day(5)) == Outcome(REFUSED, Why.FAN_OUT_TOO_WIDE)
    with shop.store.begin() as tx:
        assert CAI not in tx.members.upward([CAI], 0)


def test_a_key_that_was_used_refuses_the_touch_it_would_join_by() -> None:
    """A touch joins under its own key and the customer's id, as a batch would."""
    shop = a_shop()
    shop.do(engine.set_tier, "ann", "gold", key="k/cai")
    assert shop.refused(engine.bind, "cai", "ann", at=day(5), key="k") == "key_reused"
    with shop.store.begin() as tx:
        assert tx.touches.last(CAI) is None


def test_touches_are_told_in_order() -> None:
    shop = a_shop(LastTouch())
    bound(shop, "ann", day(5))
    assert shop.refused(engine.bind, "cai", "ben", at=day(4)) == "touched_later"
    assert bound(shop, "ben", day(5)) == Outcome(BOUND, Why.TAKEN_OVER)
    shop.do(engine.join, a_member("new", joined_at=day(9)))
    assert shop.refused(engine.bind, "new", "ann", at=day(8)) == "before_joining"


def test_every_touch_is_written_down_with_what_became_of_it() -> None:
    shop = a_shop()
    shop.do(engine.issue_code, "ann", "spring", at=day(2))
    first = shop.do(engine.touch_by_code, "cai", " Spring", at=day(5), actor="web", channel="poster")
    second = shop.do(engine.bind, "cai", "ben", at=day(6), actor="desk")
    third = shop.do(engine.touch_by_code, "cai", "autumn", at=day(7), actor="web")
    assert first == Touch(
        CAI,
        1,
        MemberId("ann"),
        Via.CODE,
        "poster",
        day(5),
        first.actor,
        Outcome(BOUND, Why.FIRST_TOUCH),
        "SPRING",
    )
    assert (second.number, second.via, second.ref) == (2, Via.CALL, "")
    assert third.outcome == Outcome(REFUSED, Why.CODE_NOT_VALID)
    assert (third.promoter, third.ref) == (None, "")
    with shop.store.begin() as tx:
        assert list(tx.touches.of_customer(CAI)) == list(tx.touches.all()) == [first, second, third]


BITS = bytes(range(10))
TOKEN = link_token(BITS)


def test_a_link_binds_to_its_owner_and_is_shown_nowhere() -> None:
    shop = a_shop()
    code = shop.do(engine.issue_link, "ann", BITS, at=day(2))
    touch = shop.do(engine.touch_by_link, "cai", TOKEN, at=day(5))
    assert touch.outcome.result is BOUND
    assert (touch.promoter, touch.via, touch.ref) == ("ann", Via.LINK, code.ref)
    assert TOKEN not in shop.dump()
    assert TOKEN not in repr(touch)
    shop.assert_sound()


def expired(shop: Shop, at: Instant) -> str:
    shop.do(engine.issue_link, "ann", BITS, at=day(2), valid_until=at)
    return TOKEN


def not_yet_valid(shop: Shop, at: Instant) -> str:
    shop.do(engine.issue_link, "ann", BITS, at=day(2), valid_from=day(99))
    return TOKEN


def revoked(shop: Shop, at: Instant) -> str:
    ref = shop.do(engine.issue_link, "ann", BITS, at=day(2)).ref
    shop.do(engine.revoke_code, CodeKind.LINK, ref, at=at)
    return TOKEN


def unknown(shop: Shop, at: Instant) -> str:
    return TOKEN


def a_short_code(shop: Shop, at: Instant) -> str:
    shop.do(engine.issue_code, "ann", TOKEN, at=day(2))
    return TOKEN


def of_another_shop(shop: Shop, at: Instant) -> str:
    other = Shop.open(MemoryStore("another"), None, [a_member("ann")])
    other.do(engine.issue_link, "ann", BITS, at=day(2))
    return TOKEN


def no_token_at_all(shop: Shop, at: Instant) -> str:
    return "\0" * 10_000


@pytest.mark.parametrize(
    "made",
    [expired, not_yet_valid, revoked, unknown, a_short_code, of_another_shop, no_token_at_all],
)
def test_no_bad_link_can_be_told_from_another(made: Callable[[Shop, Instant], str]) -> None:
    shop = a_shop()
    token = made(shop, day(5))
    touch = shop.do(engine.touch_by_link, "cai", token, at=day(5), actor="web")
    again = Touch(CAI, 1, None, Via.LINK, "", day(5), touch.actor, Outcome(REFUSED, Why.CODE_NOT_VALID), "")
    assert touch == again


def test_again_under_its_key_a_touch_gives_the_first_answer() -> None:
    shop = a_shop(LastTouch())
    first = shop.do(engine.bind, "cai", "ann", at=day(5), key="k")
    bound(shop, "ben", day(6))
    before = shop.dump()
    assert shop.do(engine.bind, "cai", "ann", at=day(7), key="k", actor="another") == first
    assert shop.refused(engine.bind, "cai", "ben", at=day(7), key="k") == "key_reused"
    assert shop.refused(engine.touch_by_code, "cai", "ann", at=day(7), key="k") == "key_reused"
    assert shop.dump() == before


def test_a_shop_without_a_policy_binds_nobody() -> None:
    assert Shop(MemoryStore("shop")).refused(engine.bind, "cai", "ann") == "no_policy"


@pytest.mark.parametrize(
    ("verb", "args", "where"),
    [
        (engine.bind, ("", "ann"), "customer"),
        (engine.bind, ("cai", "\0"), "promoter"),
        (engine.touch_by_code, ("", "spring"), "customer"),
        (engine.touch_by_link, (None, TOKEN), "customer"),
    ],
)
def test_what_is_malformed_is_said(verb: Callable[..., object], args: tuple[object, ...], where: str) -> None:
    shop = a_shop()
    for channel, places in (("", [where]), ("\n", [where, "channel"])):
        with pytest.raises(InputError) as raised:
            shop.do(verb, *args, channel=channel)
        assert [each.where for each in raised.value.problems] == places
