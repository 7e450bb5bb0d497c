"""R2: whatever is changed, removed, put in, put elsewhere or cut off in what is sealed, is found.

A thousand of a thousand random tamperings; a store of another kind brings a tamperer of its own.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random

import pytest
from attrs import evolve, frozen
from tests.laws.tampering import LAST_SEAL, Tamperer, tamper_with_memory
from tests.money import (
    ANN,
    POLICY,
    a_shop,
    an_opening,
    close,
    give,
    hold,
    on,
    pay,
    release,
    sell,
    set_account,
)
from tests.stores import STORES

from distcore import engine
from distcore.commission import Refund, RefundLine
from distcore.engine import Completion
from distcore.kernel import DayKind, LineId, RefundId, SaleId, ShopPolicy, zone_of
from distcore.ledger import Anchor
from distcore.ports import Store, Transaction
from distcore.settlement import CnLabour, HoldOn, Review

TAMPERERS: Mapping[str, Tamperer] = {"memory": tamper_with_memory}
TIMES = 1_000


class UndoneError(Exception):
    """Raised to roll back."""


@frozen
class Sealed:
    """A store of which everything is sealed, and what was kept elsewhere."""

    store: Store
    anchor: Anchor
    tamper: Tamperer


@pytest.fixture(name="sealed", scope="module", params=TAMPERERS)
def a_sealed_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sealed]:
    """Live through two months, with a little of everything, and seal three times."""
    with STORES[request.param](tmp_path_factory.mktemp("sealed")) as store_of:
        store = store_of("tea house")
        yield Sealed(store, lived(store), TAMPERERS[request.param])


def lived(store: Store) -> Anchor:
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED, withholding=CnLabour()), store=store)
    shop.do(engine.open_balances, [an_opening("ben", 70, on("2026-01-02"))], at=on("2026-01-03"))
    soon = an_opening("ben", -7, on("2026-01-02"), id="o2", frozen_until=on("2026-01-15"))
    shop.do(engine.open_balances, [soon], at=on("2026-01-03"))
    shop.do(engine.set_tier, "cai", "gold", at=on("2026-01-04"))
    for number in range(1, 4):
        sell(shop, 100_000 * number, on("2026-01-10"), id=f"order {number}")
    shop.do(engine.complete, Completion(SaleId("order 1"), on("2026-01-12")), at=on("2026-01-12"))
    lines = (RefundLine(LineId("1"), 0, 4_000),)
    for number in (1, 2):
        back = Refund(RefundId(f"r{number}"), SaleId(f"order {number}"), lines, on("2026-01-13"))
        shop.do(engine.refund, back, at=on("2026-01-13"))
    hold(shop, HoldOn.SALE, "order 3", on("2026-01-14"))
    release(shop, on("2026-01-20"))
    shop.do(engine.seal, at=on("2026-01-21"))
    give(shop, "ann", 500, on("2026-01-22"))
    close(shop, "2026-01")
    shop.do(engine.reject_closing, 1, "once more", at=on("2026-02-02"))
    close(shop, "2026-01")
    shop.do(engine.approve_closing, 2, at=on("2026-02-03"), actor="boss")
    shop.do(engine.seal, at=on("2026-02-03"))
    set_account(shop, "ann", on("2026-02-04"))
    pay(shop, "p1", 10_000, on("2026-02-05"))
    shop.do(engine.lift_hold, HoldOn.SALE, "order 3", "solved", at=on("2026-02-06"))
    days = ShopPolicy(zone_of("Asia/Shanghai"), (POLICY.currency,), days=DayKind.HOURS_24)
    shop.do(engine.set_policy, days, at=on("2026-02-07"))
    anchor = shop.do(engine.seal, at=on("2026-02-08"), key=LAST_SEAL).anchor
    assert anchor is not None
    assert anchor.number == 3
    return anchor


def test_what_was_left_alone_is_sound(sealed: Sealed) -> None:
    with sealed.store.begin() as tx:
        check = engine.check_seals(tx, sealed.anchor)

    assert (check.problems, check.tail, check.newest) == ((), 1, sealed.anchor)
    assert check.sealed > 80


def test_every_kind_of_facts_has_something_sealed(sealed: Sealed) -> None:
    """Else the law below would say nothing about it."""
    with sealed.store.begin() as tx:
        assert [kind for kind in tx.seals.kinds() if not tx.seals.count(kind)] == []


def test_tampering_is_found(sealed: Sealed) -> None:
    missed = []
    ways: Counter[str] = Counter()
    for seed in range(TIMES):
        with suppress(UndoneError), sealed.store.begin() as tx:
            what = sealed.tamper(tx, Random(seed))
            ways[what.split(":")[0]] += 1
            if not engine.check_seals(tx, sealed.anchor).problems:
                missed.append(what)
            raise UndoneError

    assert missed == []
    assert sum(ways.values()) == TIMES
    with sealed.store.begin() as tx:
        assert engine.check_seals(tx, sealed.anchor).problems == ()


def test_verify_says_what_the_seals_say(sealed: Sealed) -> None:
    with sealed.store.begin() as tx:
        verified = engine.verify(tx, anchor=sealed.anchor)
    assert (verified.problems, verified.tail, verified.anchor) == ((), 1, sealed.anchor)

    with sealed.store.begin() as tx:
        cut = evolve(sealed.anchor, number=4)
        found = [str(each) for each in engine.verify(tx, anchor=cut).problems]
        assert found == ["block 4: is in the anchor and not in the store: it was cut off"]


def test_what_comes_after_a_seal_is_tail_and_no_tampering(sealed: Sealed) -> None:
    with suppress(UndoneError), sealed.store.begin() as tx:
        more(tx)
        check = engine.check_seals(tx, sealed.anchor)
        assert (check.problems, check.tail) == ((), 4)
        raise UndoneError


def more(tx: Transaction) -> None:
    """Write a fact and the command that did it."""
    engine.erase_payee(tx, ANN, at=on("2026-03-01"), actor="desk", key="erase ann")
    engine.set_settlement(
        tx,
        evolve(POLICY, policy_version=2, valid_from=on("2026-03-01")),
        at=on("2026-03-01"),
        actor="desk",
        key="policy 2",
    )


def test_this_law_can_fail(sealed: Sealed) -> None:
    """Without what was kept elsewhere, whoever forges the whole chain is not found."""
    missed = 0
    for seed in range(100):
        with suppress(UndoneError), sealed.store.begin() as tx:
            sealed.tamper(tx, Random(seed))
            missed += not engine.check_seals(tx).problems
            raise UndoneError
    assert missed > 0
