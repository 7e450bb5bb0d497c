"""M8: settling again is a no-op: under the same key, under another one, after it was approved or rejected.

This is one process after the other; that many at once settle once is shown where processes run.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from distcore import engine
from distcore.kernel import Report
from distcore.ports import Store
from distcore.settlement import Closing, ClosingState, Review
from distcore.testing.builders import Shop, a_chain, day
from distcore.testing.money import a_due, a_settlement_policy, an_adjustment
from distcore.testing.story import tell

T = TypeVar("T")

AT, LATER = day(33), day(34)
"""A day on which January is over, and February is not; and the next one."""


def a_shop(store: Store, review: Review) -> Shop:
    shop = Shop.open(store, None, a_chain("ann", "ben"))
    shop.do(engine.set_settlement, a_settlement_policy(review=review))
    for payee, amount in (("ann", 1_000), ("ben", -200)):
        shop.do(engine.adjust, an_adjustment(payee, payee, amount), at=day(20))
    return shop


def close(shop: Shop, key: str, **options: Any) -> Closing:
    return shop.do(engine.close_period, "CNY", "2017-01", **({"at": AT, "key": key} | options))


def facts(shop: Shop) -> str:
    """Return the dump without the keys of the commands."""
    return "".join(line for line in shop.dump().splitlines(True) if not line.startswith("command "))


@pytest.mark.parametrize("review", Review)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_the_same_key_gives_the_same_closing(
    new_store: Callable[[], Store], review: Review, times: int
) -> None:
    """Whenever it comes, from whomever, and whatever was written meanwhile."""
    shop = a_shop(new_store(), review)
    first = close(shop, "once")
    for number in range(times):
        shop.do(engine.adjust, an_adjustment(f"late {number}"), at=AT)
        before = shop.dump()
        assert close(shop, "once", at=LATER, actor="somebody else") == first
        assert shop.dump() == before
    shop.assert_sound()


@pytest.mark.parametrize("review", Review)
def test_another_key_gives_the_same_closing(new_store: Callable[[], Store], review: Review) -> None:
    """What was released in January and comes late is not taken by closing January again."""
    shop = a_shop(new_store(), review)
    first = close(shop, "once")
    with shop.store.begin() as tx:
        tx.dues.add([a_due("late", released_at=day(15))])
    before = facts(shop)
    for number in range(3):
        assert close(shop, f"again {number}", at=LATER, actor="somebody else") == first
        assert facts(shop) == before


@pytest.mark.parametrize("review", Review)
def test_the_next_period_waits_for_its_end(new_store: Callable[[], Store], review: Review) -> None:
    """Whoever closes whatever is next, every night, closes nothing twice."""
    shop = a_shop(new_store(), review)
    shop.do(engine.close_period, "CNY", at=AT)
    before = shop.dump()
    code = "period_not_ended" if review is Review.AUTOMATIC else "draft_waits"
    for _ in range(3):
        assert shop.refused(engine.close_period, "CNY", at=LATER) == code
        assert shop.dump() == before


def test_what_was_approved_stays_approved(new_store: Callable[[], Store]) -> None:
    """Under the key of the approval, under another one, and under that of the closing: the first answer."""
    shop = a_shop(new_store(), Review.REVIEWED)
    draft = close(shop, "once")
    approved = shop.do(engine.approve_closing, 1, at=AT, actor="boss", key="approve")
    before = shop.dump()
    again = shop.do(engine.approve_closing, 1, at=LATER, actor="another boss", key="approve")
    assert again == approved
    assert shop.dump() == before
    for verb, more in ((engine.approve_closing, ()), (engine.reject_closing, ("too late",))):
        assert shop.refused(verb, 1, *more, at=LATER, actor="boss") == "closing_decided"
        assert shop.dump() == before
    assert close(shop, "once") == draft
    before = facts(shop)
    assert close(shop, "another") == approved
    assert (draft.state, approved.state) == (ClosingState.DRAFT, ClosingState.APPROVED)
    assert facts(shop) == before
    assert shop.balance("ann") == (0, 1_000)


def test_what_was_rejected_is_closed_anew_once(new_store: Callable[[], Store]) -> None:
    """The old keys give the first answers; a new key closes the period again."""
    shop = a_shop(new_store(), Review.REVIEWED)
    draft = close(shop, "once")
    rejected = shop.do(engine.reject_closing, 1, "look again", at=AT, actor="boss", key="reject")
    before = shop.dump()
    again = shop.do(engine.reject_closing, 1, "look again", at=LATER, actor="boss", key="reject")
    assert again == rejected
    assert close(shop, "once", at=LATER) == draft
    assert shop.dump() == before
    second = close(shop, "twice")
    assert (second.number, second.state) == (2, ClosingState.DRAFT)
    before = facts(shop)
    assert close(shop, "three times") == close(shop, "twice") == second
    assert facts(shop) == before
    shop.assert_sound()


class Insistent(Shop):
    """A shop in which every command comes two or three times, each time later and from somebody else."""

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Do it, and again under the same key: nothing may change."""
        answer = super().do(verb, *args, **options)
        before = self.dump()
        for times in range(1 + len(before) % 2):
            again: Any = super().do(
                verb, *args, **options | {"at": day(400 + times), "actor": f"somebody else {times}"}
            )
            report = again.report if isinstance(again, engine.Recomputed) else again
            assert isinstance(report, Report) or again == answer
            assert not isinstance(report, Report) or report.done == ()
        assert self.dump() == before, f"{verb} was done again"
        return answer


def test_every_command_of_the_story_again_changes_nothing(new_store: Callable[[], Store]) -> None:
    """Sales, closings, payouts and seals alike."""
    assert tell(Insistent(new_store())) == tell(Shop(new_store()))


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    """Under keys of its own, a closing of whatever is next closes month after month."""
    shop = a_shop(new_store(), Review.AUTOMATIC)
    close(shop, "once")
    found = {shop.do(engine.close_period, "CNY", at=day(500)).number for _ in range(3)}
    assert found == {2, 3, 4}
