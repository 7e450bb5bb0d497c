"""A binding for some days ends for customers alone: whoever distributes, or is moved by hand, stays."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import FirstTouchForDays, Instant, LastTouch, MemberId
from distcore.members import OwnSales
from distcore.memory import MemoryStore
from distcore.ports import Transaction
from distcore.referral import (
    ApplicationState,
    Downline,
    Evidence,
    Newcomer,
    Outcome,
    Result,
    State,
    Why,
    sponsor_of,
)
from distcore.testing.builders import Shop, a_member, a_policy, a_sale, day
from distcore.testing.tiers import a_tier_policy

CAI, DAN = MemberId("cai"), MemberId("dan")
END = day(15)


def a_shop(days: int = 10) -> Shop:
    """Return a shop in which `ann` brought `cai` on the fifth; `dan` is somebody else's customer."""
    policy = evolve(a_policy(), binding=FirstTouchForDays(days))
    shop = Shop.open(MemoryStore("shop"), None, [a_member(id) for id in ("ann", "ben", "kim")], policy)
    shop.do(engine.bind, "cai", "ann", at=day(5))
    return shop


def sponsor(shop: Shop, at: Instant, member: str = "cai") -> str | None:
    with shop.store.begin() as tx:
        found = tx.members.upward([MemberId(member)], 0)[MemberId(member)]
        return sponsor_of(found, valid_at=at, revision=tx.members.revision())


def approved(shop: Shop, state: ApplicationState = ApplicationState.APPROVED, **options: Any) -> None:
    shop.do(engine.apply_to_distribute, "a1", "cai", Evidence(), at=day(8))
    shop.do(engine.review_application, "a1", state, at=day(9), actor="boss", **options)


def any_touch(tx: Transaction, **call: Any) -> None:
    """Let the last touch win from now on."""
    engine.set_policy(tx, evolve(a_policy(), binding=LastTouch()), **call)


WAYS: dict[str, Callable[[Shop], object]] = {
    "a tier": lambda shop: shop.do(engine.set_tier, "cai", "gold", at=day(9)),
    "a tier that is dated back": lambda shop: shop.do(
        engine.set_tier, "cai", "gold", at=day(30), valid_from=day(14)
    ),
    "an approval": approved,
    "an approval with a tier": lambda shop: approved(shop, tier="gold"),
    "somebody joins below": lambda shop: shop.do(engine.join, Newcomer(DAN, day(9), CAI), at=day(9)),
    "somebody is bound below": lambda shop: shop.do(engine.bind, "dan", "cai", at=day(9)),
    "a member is bound below": lambda shop: (
        shop.do(engine.join, Newcomer(DAN, day(6)), at=day(6)),
        shop.do(engine.bind, "dan", "cai", at=day(9)),
    ),
    "somebody is moved below": lambda shop: (
        shop.do(engine.join, Newcomer(DAN, day(6)), at=day(6)),
        shop.do(engine.move, "dan", "cai", at=day(9)),
    ),
    "an applicant is moved below": lambda shop: (
        shop.do(engine.join, Newcomer(DAN, day(6)), at=day(6)),
        shop.do(engine.apply_to_distribute, "a2", "dan", Evidence(), at=day(8)),
        shop.do(
            engine.review_application, "a2", ApplicationState.APPROVED, at=day(9), actor="boss", sponsor=CAI
        ),
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_distributes_before_a_binding_ends_stays(way: str) -> None:
    shop = a_shop()
    WAYS[way](shop)
    assert [sponsor(shop, at) for at in (day(5), END, day(400))] == ["ann"] * 3
    shop.assert_sound()


OTHER_WAYS: dict[str, Callable[[Shop], object]] = {
    "nothing happens": lambda _: None,
    "a tier that comes later": lambda shop: shop.do(
        engine.set_tier, "cai", "gold", at=day(9), valid_from=END
    ),
    "a tier is taken away": lambda shop: (
        shop.do(engine.set_tier, "cai", "gold", at=day(16)),
        shop.do(engine.set_tier, "cai", "", at=day(30), valid_from=day(17)),
    ),
    "a rejection": lambda shop: approved(shop, ApplicationState.REJECTED, reason="no"),
    "a suspension": lambda shop: shop.do(engine.set_state, "cai", State.SUSPENDED, at=day(9)),
    "somebody joins below later": lambda shop: shop.do(engine.join, Newcomer(DAN, END, CAI), at=END),
}


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_a_customer_is_let_go(way: str) -> None:
    shop = a_shop()
    OTHER_WAYS[way](shop)
    assert [sponsor(shop, at) for at in (day(14), END, day(400))] == ["ann", None, None]
    shop.assert_sound()


def test_whoever_is_moved_by_hand_stays_there() -> None:
    shop = a_shop()
    shop.do(engine.move, "cai", "ben", at=day(9))
    assert [sponsor(shop, at) for at in (day(8), day(9), END, day(400))] == ["ann", "ben", "ben", "ben"]
    touch = shop.do(engine.bind, "cai", "kim", at=day(16))
    assert touch.outcome == Outcome(Result.KEPT, Why.PROTECTED, day(19))


def test_a_move_that_is_planned_holds() -> None:
    """From the instant on for which a place was planned by hand, `cai` has it."""
    shop = a_shop()
    shop.do(engine.move, "cai", "ben", at=day(6), valid_from=day(17))
    shop.do(engine.move, "cai", None, at=day(7), valid_from=day(20))
    shop.do(engine.set_tier, "cai", "gold", at=day(9))
    expected = ["ann", "ann", "ben", "ben", None]
    assert [sponsor(shop, at) for at in (day(14), END, day(17), day(19), day(20))] == expected


def test_a_later_binding_does_not_end_a_place_by_hand() -> None:
    """A plan by hand to be nobody's ends the next binding; the end of the one before does not."""
    shop = a_shop()
    shop.do(engine.move, "cai", None, at=day(6), valid_from=day(12))
    policy = evolve(a_policy(), binding=LastTouch())
    shop.do(engine.set_policy, policy, at=day(7))
    shop.do(engine.bind, "cai", "ben", at=day(8))
    assert [sponsor(shop, at) for at in (day(8), day(11), day(12), END)] == ["ben", "ben", None, None]


Step = tuple[Any, tuple[Any, ...], int]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(engine.set_tier, ("cai", "gold"), 9), (engine.move, ("cai", "ben"), 10)], "ben"),
        ([(engine.move, ("cai", "ben"), 9), (engine.move, ("cai", "kim"), 10)], "kim"),
        ([(engine.move, ("cai", "ben"), 9), (engine.move, ("cai", "ann"), 10)], "ann"),
        ([(engine.move, ("cai", "ben"), 9), (engine.move, ("cai", None), 10)], None),
        ([(engine.bind, ("dan", "cai"), 8), (engine.move, ("cai", "ben"), 9)], "ben"),
        ([(any_touch, (), 7), (engine.bind, ("cai", "ben"), 8), (engine.bind, ("cai", "kim"), 10)], "kim"),
        ([(engine.move, ("cai", "ben"), 9), (any_touch, (), 10), (engine.bind, ("cai", "kim"), 11)], "kim"),
    ],
)
def test_the_last_place_holds_for_good(steps: list[Step], expected: str | None) -> None:
    """Nobody is thrown back to an earlier sponsor on the day on which an earlier binding would have ended."""
    shop = a_shop()
    for verb, what, number in steps:
        shop.do(verb, *what, at=day(number))
    last = day(steps[-1][-1])
    assert [sponsor(shop, at) for at in (last, END, day(400))] == [expected] * 3
    shop.assert_sound()


def test_a_tier_that_was_planned_before_the_binding_counts() -> None:
    shop = a_shop()
    shop.do(engine.join, a_member("dan"))
    shop.do(engine.set_tier, "dan", "gold", at=day(3), valid_from=day(9))
    touch = shop.do(engine.bind, "dan", "ann", at=day(5))
    assert touch.outcome == Outcome(Result.BOUND, Why.FIRST_TOUCH)
    assert [sponsor(shop, at, "dan") for at in (day(4), day(5), END)] == [None, "ann", "ann"]


def test_a_tier_that_was_planned_and_taken_back_does_not() -> None:
    shop = a_shop()
    shop.do(engine.join, a_member("dan"))
    shop.do(engine.set_tier, "dan", "gold", at=day(2), valid_from=day(9))
    shop.do(engine.set_tier, "dan", "", at=day(3), valid_from=day(9))
    shop.do(engine.bind, "dan", "ann", at=day(5))
    assert [sponsor(shop, at, "dan") for at in (day(14), END)] == ["ann", None]


def test_a_protection_is_told_to_end_when_the_binding_does() -> None:
    """Not so many days after a re-attachment, or by a policy of later."""
    shop = a_shop()
    shop.do(engine.move, "ann", "ben", at=day(6))
    shop.do(engine.terminate, "ann", at=day(9), downline=Downline.REATTACHED)
    shop.do(engine.set_policy, evolve(a_policy(), binding=FirstTouchForDays(20)), at=day(10))
    assert shop.do(engine.bind, "cai", "kim", at=day(10)).outcome == Outcome(Result.KEPT, Why.PROTECTED, END)
    assert shop.do(engine.bind, "cai", "kim", at=END).outcome.result is Result.BOUND


def test_verify_asks_for_the_end_of_a_binding() -> None:
    shop = a_shop()
    with shop.store.begin() as tx:
        (touch,) = tx.touches.of_customer(CAI)
        tx.touches.add(evolve(touch, number=2, outcome=evolve(touch.outcome, until=day(16))))
        problems = [str(each) for each in engine.verify(tx).problems]
    assert problems == ["touch 2 of cai: it says that ann was bound, and the tree does not"]


def test_a_move_that_is_dated_back_keeps_no_later_binding() -> None:
    """`cai` was brought anew when the first binding was over, and is a customer still."""
    shop = a_shop()
    shop.do(engine.bind, "cai", "kim", at=day(16))
    shop.do(engine.move, "cai", "ben", at=day(30), valid_from=day(9))
    expected = ["ann", "ben", "ben", "kim", "kim", None]
    assert [sponsor(shop, day(at)) for at in (8, 9, 15, 16, 25, 26)] == expected


def test_whom_a_plan_for_the_very_day_places_is_placed_so() -> None:
    shop = a_shop()
    shop.do(engine.move, "cai", "ben", at=day(6), valid_from=END)
    shop.do(engine.set_tier, "cai", "gold", at=day(9))
    assert [sponsor(shop, at) for at in (day(14), END, day(400))] == ["ann", "ben", "ben"]


def test_stores_tell_in_one_order_who_stays() -> None:
    """By id, in whatever order they were brought."""
    shop = a_shop()
    brought = ("c7", "c3", "c9")
    for each in brought:
        shop.do(engine.bind, each, "ann", at=day(5))
    below = [Newcomer(MemberId(f"below {each}"), day(9), MemberId(each)) for each in brought]
    shop.do(engine.join_all, below, at=day(9))
    told = {each: shop.member(each).changes[0].revision for each in brought}
    assert sorted(told, key=lambda each: told[each]) == sorted(brought)


def test_every_end_of_before_is_taken_back() -> None:
    """`cai` was brought twice, and is found to have had a tier all along."""
    shop = a_shop()
    shop.do(engine.bind, "cai", "ben", at=day(20))
    shop.do(engine.set_tier, "cai", "gold", at=day(40), valid_from=day(6))
    expected = ["ann", "ann", "ben", "ben"]
    assert [sponsor(shop, at) for at in (END, day(19), day(20), day(99))] == expected


@pytest.mark.parametrize(("days", "stays"), [(60, True), (20, False)])
def test_an_evaluation_lets_stay_whom_it_gives_a_tier(
    days: int, stays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of three rise by January, page by page; whose binding ended before February is gone."""
    monkeypatch.setattr("distcore.engine.tiers.PAGE", 1)
    shop = a_shop(days)
    for customer in ("dan", "eve"):
        shop.do(engine.bind, customer, "ann", at=day(5))
    shop.do(engine.set_tier_policy, a_tier_policy(1, OwnSales(100), OwnSales(200), OwnSales(300)))
    for buyer in ("cai", "eve"):
        shop.do(engine.accrue, a_sale(f"of {buyer}", buyer, paid_at=day(6)))
    shop.do(engine.evaluate_tiers, "2017-01", at=day(80))
    found = [sponsor(shop, day(79), member) for member in ("cai", "dan", "eve")]
    assert found == ["ann" if stays else None, None, "ann" if stays else None]
    shop.assert_sound()


def test_who_is_found_below_the_own_team_is_let_go() -> None:
    """Where the tree lets nobody stay, the binding ends as it was planned."""
    shop = a_shop()
    shop.do(engine.join, a_member("dan"))
    shop.do(engine.bind, "dan", "ann", at=day(5))
    shop.do(engine.move, "ann", "dan", at=day(6), valid_from=END)
    shop.do(engine.set_tier, "dan", "gold", at=day(9))
    assert [sponsor(shop, at, "dan") for at in (day(14), END)] == ["ann", None]
    shop.assert_sound()


def test_whoever_is_re_attached_is_a_customer_still() -> None:
    shop = a_shop()
    shop.do(engine.move, "ann", "ben", at=day(6))
    shop.do(engine.terminate, "ann", at=day(9), downline=Downline.REATTACHED)
    assert [sponsor(shop, at) for at in (day(8), day(9), END)] == ["ann", "ben", None]
