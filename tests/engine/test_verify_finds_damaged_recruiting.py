"""Whatever does not fit together of applications, codes, identities and touches is found and named."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import Actor, MemberId
from distcore.memory import MemoryStore, MemoryTransaction
from distcore.referral import (
    ApplicationId,
    CodeKind,
    Evidence,
    Outcome,
    Result,
    Review,
    Via,
    Why,
)
from distcore.testing.builders import Shop, a_member, day
from distcore.testing.recruiting import a_code, a_review, a_touch, an_application, identities

Damage: TypeAlias = Callable[[MemoryTransaction], object]

BOUND = Outcome(Result.BOUND, Why.FIRST_TOUCH)
BY_CODE = a_touch("guest", via=Via.CODE, ref="SPRING")


def found(damage: Damage) -> list[str]:
    store = MemoryStore("shop")
    Shop.open(store, None, [a_member("ann"), a_member("ben"), a_member("cai", "ann")])
    with store.begin() as tx:
        damage(tx)
    with store.begin() as tx:
        return [str(each) for each in engine.verify(tx).problems]


def applied(tx: MemoryTransaction, review: Review | None = None, applicant: str = "ann") -> None:
    tx.applications.add(an_application("a1", applicant), Evidence())
    if review is not None:
        tx.applications.review(ApplicationId("a1"), review)


def lost(tx: MemoryTransaction) -> None:
    applied(tx)
    tx.applications._waiting.clear()


def stale(tx: MemoryTransaction) -> None:
    applied(tx)
    tx.applications._records[ApplicationId("a1")] = evolve(
        tx.applications._records[ApplicationId("a1")], review=a_review()
    )


def beyond(tx: MemoryTransaction) -> None:
    for identity in identities(1, "ann", "ben"):
        tx.identities._identities[identity.revision, identity.member] = identity


def touched(*touches: object) -> Damage:
    def write(tx: MemoryTransaction) -> None:
        for touch in touches:
            tx.touches.add(touch)  # type: ignore[arg-type]

    return write


def coded(touch: object, owner: str = "ann") -> Damage:
    def write(tx: MemoryTransaction) -> None:
        tx.promotion_codes.add(a_code(owner=owner))
        touched(touch)(tx)

    return write


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (lambda tx: applied(tx, a_review()), []),
        (applied, []),
        (lost, ["application a1: of ann: it does not wait"]),
        (stale, ["application a1: of ann: it waits, and is decided or missing"]),
        (
            lambda tx: applied(tx, evolve(a_review(), reviewer=Actor("tester"))),
            ["application a1: tester decided about the own one"],
        ),
        (
            lambda tx: applied(tx, a_review(), "guest"),
            ["application a1: guest was approved, and is no member"],
        ),
        (
            lambda tx: tx.promotion_codes.add(a_code(owner="guest")),
            [f"code {a_code(owner='guest')!r}: its owner guest is not a member"],
        ),
        (
            beyond,
            [
                "tree: it is at revision 0, and has 1 changes",
                "identity of ann: it is of revision 1 of a tree that has 0",
                "identity of ben: it is of revision 1 of a tree that has 0",
            ],
        ),
        (touched(a_touch(), a_touch(number=2), a_touch("ben")), []),
        (touched(a_touch(), a_touch(number=3)), ["touch 3 of cai: the one before is missing"]),
        (touched(a_touch(number=2)), ["touch 2 of cai: the one before is missing"]),
        (
            touched(a_touch(), a_touch(number=2, touched_at=day(9))),
            ["touch 2 of cai: the one before came later, at 2017-01-10T00:00:00Z"],
        ),
        (touched(a_touch(outcome=BOUND, touched_at=day(1))), []),
        (
            touched(a_touch(outcome=BOUND)),
            ["touch 1 of cai: it says that ann was bound, and the tree does not"],
        ),
        (
            touched(a_touch("guest", outcome=BOUND)),
            ["touch 1 of guest: it says that ann was bound, and the tree does not"],
        ),
        (coded(BY_CODE), []),
        (coded(BY_CODE, "ben"), ["touch 1 of guest: its code does not stand for ann"]),
        (coded(evolve(BY_CODE, via=Via.LINK)), ["touch 1 of guest: its code does not stand for ann"]),
        (coded(evolve(BY_CODE, promoter=None, ref="")), []),
    ],
)
def test_what_does_not_fit_together_is_named(damage: Damage, problems: list[str]) -> None:
    assert found(damage) == problems


def test_what_recruiting_did_is_sound() -> None:
    shop = Shop.open(MemoryStore("shop"), None, [a_member("ann"), a_member("ben")])
    shop.do(engine.join, a_member("cai"))
    shop.do(engine.move, "cai", "ann", valid_from=day(3))
    shop.do(engine.move, "cai", None, valid_from=day(4))
    shop.do(engine.issue_code, "ann", "spring", at=day(2))
    shop.do(engine.touch_by_code, "cai", "spring", at=day(5))
    shop.do(engine.revoke_code, CodeKind.SHORT, "spring", at=day(6))
    shop.do(engine.identify, "ann", ["phone"])
    shop.do(engine.identify, "guest", ["phone"])
    shop.do(engine.bind, MemberId("guest"), "ben", at=day(7))
    shop.assert_sound()
