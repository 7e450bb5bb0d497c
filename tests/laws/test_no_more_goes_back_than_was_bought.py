"""M6: refunded ≤ paid and returned ≤ bought, per line; a chargeback that repeats a refund deducts once."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.commission import Refund, Sale, left_of
from distcore.kernel import RefundId
from distcore.ports import Store
from distcore.testing.auditor import remaining
from distcore.testing.builders import Shop, a_chain, a_line, a_refund, a_sale, day
from distcore.testing.canaries import swapped
from distcore.testing.worlds import drawn, random_sale

World = tuple[Sale, list[Refund]]


def random_world(random: Random) -> World:
    """Return a sale and refunds that together ask for more than there is; some repeat others."""
    sale = random_sale(random)
    refunds: list[Refund] = []
    for number in range(random.randint(1, 8)):
        some = random.sample(sale.lines, random.randint(1, len(sale.lines)))
        back = {line.id: (random.randint(0, line.units), random.randint(0, line.net_minor)) for line in some}
        asked: dict[str, tuple[int, int]] = {id: each for id, each in back.items() if any(each)}
        if asked:
            repeats = random.choice((None, None, *(each.id for each in refunds)))
            refunds.append(a_refund(f"r{number}", sale.id, asked, refunded_at=sale.paid_at, repeats=repeats))
    return sale, refunds


def assert_bounded(store: Store, world: World) -> None:
    sale, refunds = world
    shop = Shop.open(store, None, a_chain("ann", "buyer"))
    shop.do(engine.accrue, evolve(sale, paid_at=day(5)))
    done: list[Refund] = []
    for refund in refunds:
        refund = evolve(refund, refunded_at=day(6))
        code = shop.refused(engine.refund, refund)
        by_hand = remaining(sale, [*done, refund]) if code in {"", "refund_too_large"} else {}
        fits = all(units >= 0 and net >= 0 for units, net in by_hand.values())
        assert code in ({"", "repeated_refund_unknown", "repeated_twice"} if fits else {"refund_too_large"})
        done += [] if code else [refund]
    left = {line.id: part for line, part in zip(sale.lines, left_of(sale, done), strict=True)}
    assert {id: (part.units, part.net_minor) for id, part in left.items()} == remaining(sale, done)
    assert all(part.units >= 0 and part.net_minor >= 0 for part in left.values())
    assert shop.record(sale.id).corrections == tuple(done)
    shop.assert_sound()


@settings(max_examples=max(1, settings().max_examples // 4))
@given(world=drawn(random_world))
def test_refunds_never_exceed_what_was_paid_and_bought(new_store: Callable[[], Store], world: World) -> None:
    assert_bounded(new_store(), world)


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    def only_money(real: Callable[..., object], record: object, refund: Refund, lines: Any) -> object:
        return real(record, refund, [evolve(line, units=0) for line in lines])

    with swapped("distcore.commission.correction:_amounts_refusal", only_money):
        assert_fails_somewhere(lambda random: assert_bounded(new_store(), random_world(random)), 100)


@pytest.mark.parametrize(
    ("refunded", "charged_back", "left"),
    [
        ((1, 400), (1, 400), (2, 600)),
        ((1, 400), (1, 300), (2, 600)),
        ((1, 400), (0, 400), (2, 600)),
        ((1, 400), (2, 700), (1, 300)),
        ((0, 400), (1, 400), (2, 600)),
        ((1, 1), (3, 1000), (0, 0)),
    ],
)
def test_a_chargeback_takes_only_what_exceeds_the_refund_it_repeats(
    new_store: Callable[[], Store],
    refunded: tuple[int, int],
    charged_back: tuple[int, int],
    left: tuple[int, int],
) -> None:
    shop = Shop.open(new_store(), None, a_chain("ann", "ben"))
    sale = a_sale(buyer="ben", lines=[a_line(units=3, net_minor=1000)])
    shop.do(engine.accrue, sale)
    shop.do(engine.refund, a_refund("r1", lines={"1": refunded}))
    shop.do(engine.refund, a_refund("c1", lines={"1": charged_back}, repeats="r1"))
    (part,) = left_of(sale, shop.record("order 1").corrections)
    assert (part.units, part.net_minor) == left
    assert sum(shop.shares("order 1").values()) == left[1] // 10


@pytest.mark.parametrize(
    ("chargeback", "code"),
    [
        (a_refund("c2", repeats="r1"), "repeated_twice"),
        (a_refund("c2", repeats="c1"), "repeated_refund_unknown"),
        (a_refund("c2", repeats="r0"), "repeated_refund_unknown"),
        (a_refund("c2", repeats="c2"), "repeated_refund_unknown"),
        (a_refund("c2", repeats="r2"), ""),
        (a_refund("c2", lines={"1": (0, 9_001)}, repeats="r2"), "refund_too_large"),
        (a_refund("c2", lines={"1": (0, 9_000)}, repeats="r2"), ""),
        (a_refund("c2", "order 2", repeats="r1"), "repeated_refund_unknown"),
    ],
)
def test_a_refund_is_repeated_once_and_only_within_its_sale(
    new_store: Callable[[], Store], chargeback: Refund, code: str
) -> None:
    shop = Shop.open(new_store(), None, a_chain("ann", "ben"))
    for sale in ("order 1", "order 2"):
        shop.do(engine.accrue, a_sale(sale, "ben"))
    for refund in (a_refund("r1"), a_refund("r2"), a_refund("c1", repeats="r1")):
        shop.do(engine.refund, refund)
    assert shop.refused(engine.refund, chargeback) == code


def test_a_chargeback_may_come_without_a_refund(new_store: Callable[[], Store]) -> None:
    """It is then a refund like any other, and may be repeated itself."""
    shop = Shop.open(new_store(), None, a_chain("ann", "ben"))
    shop.do(engine.accrue, a_sale(buyer="ben"))
    shop.do(engine.refund, a_refund("c1", lines={"1": (1, 10_000)}))
    assert shop.shares("order 1") == {}
    assert shop.refused(engine.refund, a_refund("c2", repeats=RefundId("c1"))) == ""
