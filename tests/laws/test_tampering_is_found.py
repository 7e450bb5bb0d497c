"""R2: whatever is changed, removed, put in, put elsewhere or cut off in what is sealed, is found.

A thousand of a thousand random tamperings; a store of another kind brings a tamperer of its own.  On every
commit SQLite sees a few of them, and `nox -s wide` sees the thousand of every store.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import cache
from random import Random

import pytest
from attrs import evolve, frozen
from tests import mariadb
from tests.laws.tampering import LAST_SEAL, Tamperer, tamper_with_memory
from tests.laws.tampering_in_tables import Raw, raw, tamper_with_tables, unguarded
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
from distcore.compliance import Permission
from distcore.engine import Completion
from distcore.kernel import (
    Actor,
    CompliancePreset,
    DamagedError,
    DayKind,
    DistcoreError,
    LineId,
    Period,
    RefundId,
    RetryableError,
    SaleId,
    ShopPolicy,
    Sku,
    zone_of,
)
from distcore.ledger import Anchor
from distcore.ports import Store, Transaction
from distcore.pricing import Break, PointsIn, PointsPolicy, PriceList, PriceOf
from distcore.referral import ApplicationState, CodeKind, Evidence
from distcore.settlement import CnLabour, HoldOn, Review
from distcore.testing.builders import (
    PAID,
    Shop,
    a_plan,
    a_price,
    levels,
)
from distcore.testing.carts import an_offer, percent, random_offer_for_some, random_template
from distcore.testing.contracts.pricing import a_placed_order
from distcore.testing.coupons import a_template, put_promised
from distcore.testing.groups import a_group_sale
from distcore.testing.story import (
    BY_THE_MONTH,
)
from distcore.testing.tiers import a_tier_policy

TAMPERERS: Mapping[str, Tamperer] = {
    "memory": tamper_with_memory,
    "sqlite": tamper_with_tables,
    "postgresql": tamper_with_tables,
    **({"mariadb": tamper_with_tables} if mariadb.is_given() else {}),
}
TABLES = [name for name, tamperer in TAMPERERS.items() if tamperer is tamper_with_tables]
TIMES = 1_000

DEEP = pytest.mark.deep

SEEDS = [
    pytest.param("memory", range(TIMES), id="memory"),
    pytest.param("sqlite", range(30), id="sqlite"),
    pytest.param("postgresql", range(200), id="postgresql"),
    *([pytest.param("mariadb", range(200), id="mariadb")] if mariadb.is_given() else []),
    pytest.param("sqlite", range(30, 10 * TIMES), id="sqlite, many more", marks=DEEP),
    pytest.param("postgresql", range(200, 5 * TIMES), id="postgresql, many more", marks=DEEP),
    *(
        [pytest.param("mariadb", range(200, TIMES), id="mariadb, more", marks=DEEP)]
        if mariadb.is_given()
        else []
    ),
]
"""How often each store is tampered with, and when."""

SEEDS_OF_ALL = [
    pytest.param("memory", range(50), id="memory"),
    pytest.param("sqlite", range(8), id="sqlite"),
    pytest.param("postgresql", range(20), id="postgresql"),
    *([pytest.param("mariadb", range(10), id="mariadb")] if mariadb.is_given() else []),
    pytest.param("sqlite", range(8, 2 * TIMES), id="sqlite, many more", marks=DEEP),
    pytest.param("postgresql", range(20, TIMES), id="postgresql, many more", marks=DEEP),
]
"""How often everything is verified as well, which takes longer."""


class UndoneError(Exception):
    """Raised to roll back."""


@frozen
class Sealed:
    """A store of which everything is sealed, and what was kept elsewhere."""

    store: Store
    anchor: Anchor
    tamper: Tamperer


@pytest.fixture(scope="module")
def sealed_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Sealed]]:
    """Each store lives once, and whatever is done to it is undone."""
    with ExitStack() as places:

        @cache
        def sealed(name: str) -> Sealed:
            store_of = places.enter_context(STORES[name](tmp_path_factory.mktemp("sealed")))
            store = store_of("tea house")
            found = Sealed(store, lived(store), TAMPERERS[name])
            places.enter_context(unguarded(store))
            return found

        yield sealed


@pytest.fixture(name="sealed", params=TAMPERERS)
def a_sealed_store(request: pytest.FixtureRequest, sealed_in: Callable[[str], Sealed]) -> Sealed:
    return sealed_in(request.param)


def lived(store: Store) -> Anchor:
    """Live through two months, with a little of everything, and seal three times."""
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED, withholding=CnLabour()), store=store)
    shop.do(engine.open_balances, [an_opening("ben", 70, on("2026-01-02"))], at=on("2026-01-03"))
    soon = an_opening("ben", -7, on("2026-01-02"), id="o2", frozen_until=on("2026-01-15"))
    shop.do(engine.open_balances, [soon], at=on("2026-01-03"))
    shop.do(engine.set_tier, "cai", "gold", at=on("2026-01-04"))
    recruited(shop)
    priced(shop)
    for number in range(1, 4):
        sell(shop, 100_000 * number, on("2026-01-10"), id=f"order {number}")
    shop.do(engine.complete, Completion(SaleId("order 1"), on("2026-01-12")), at=on("2026-01-12"))
    lines = (RefundLine(LineId("1"), 0, 4_000),)
    for number in (1, 2):
        back = Refund(RefundId(f"r{number}"), SaleId(f"order {number}"), lines, on("2026-01-13"))
        shop.do(engine.refund, back, at=on("2026-01-13"))
    higher = a_price("p1", {"1": 90_000}, corrected_at=on("2026-01-13"))
    shop.do(engine.correct_price, higher, at=on("2026-01-14"))
    another_version(shop)
    hold(shop, HoldOn.SALE, "order 3", on("2026-01-14"))
    release(shop, on("2026-01-20"))
    shop.do(engine.seal, at=on("2026-01-21"))
    give(shop, "ann", 500, on("2026-01-22"))
    shop.do(engine.set_tier_policy, a_tier_policy(), at=on("2026-02-01"))
    shop.do(engine.evaluate_tiers, "2026-01", at=on("2026-02-01"))
    close(shop, "2026-01")
    shop.do(engine.reject_closing, 1, "once more", at=on("2026-02-02"))
    close(shop, "2026-01")
    shop.do(engine.approve_closing, 2, at=on("2026-02-03"), actor="boss")
    shop.do(engine.seal, at=on("2026-02-03"))
    set_account(shop, "ann", on("2026-02-04"))
    pay(shop, "p1", 10_000, on("2026-02-05"))
    shop.do(engine.lift_hold, HoldOn.SALE, "order 3", "solved", at=on("2026-02-06"))
    days = ShopPolicy(zone_of("Asia/Shanghai"), (POLICY.currency,), days=DayKind.HOURS_24)
    strict = evolve(days, compliance_preset=CompliancePreset.CN_STRICT)
    shop.do(engine.set_policy, strict, at=on("2026-02-07"))
    with shop.store.begin() as tx:
        plan = tx.plans.all()[0]
    pilot = Permission("a pilot", Actor("boss"))
    shop.do(engine.set_plan, plan, override=pilot, at=on("2026-02-07"))
    monthly = evolve(a_plan(levels("10%"), freeze=PAID), plan_version=3, valid_from=on("2026-01-31"))
    by_month = evolve(monthly, period_components=BY_THE_MONTH)
    shop.do(engine.set_plan, by_month, override=pilot, at=on("2026-02-08"))
    shop.do(engine.accrue_period, "CNY", "2026-01", at=on("2026-02-08"))
    shop.do(engine.set_plan, evolve(by_month, plan_version=4), override=pilot, at=on("2026-02-08"))
    pin = engine.NewPin(by_month.id, 4, "the rate came late", "boss")
    shop.do(engine.accrue_period, "CNY", "2026-01", pin=pin, at=on("2026-02-08"))
    anchor = shop.do(engine.seal, at=on("2026-02-08"), key=LAST_SEAL).anchor
    assert anchor is not None
    assert anchor.number == 3
    return anchor


def another_version(shop: Shop) -> None:
    """Pin what was sold to another version, which is valid for an hour."""
    plan = a_plan(levels("11%"), plan_version=2, freeze=PAID)
    hour = evolve(plan, valid_from=on("2026-01-10"), valid_until=on("2026-01-10 01:00"))
    shop.do(engine.set_plan, hour, at=on("2026-01-14"))
    pin = engine.NewPin(plan.id, 2, "the rate came late", "boss")
    day = Period("2026-01-10", on("2026-01-10"), on("2026-01-11"))
    assert shop.do(engine.recompute, POLICY.currency, day, pin=pin, at=on("2026-01-14")).sales == 3


def priced(shop: Shop) -> None:
    """Decide about prices, each twice."""
    with shop.store.begin() as tx:
        put_promised(tx)
    for seed in (1, 2):
        random = Random(seed)
        at = on("2026-01-05")
        shop.do(engine.set_offer, random_offer_for_some(random), at=at)
        prices = (
            PriceOf(Sku("tea"), (Break(1, 90 + seed), Break(5, 80))),
            PriceOf(Sku("cup"), (Break(1, 9),)),
        )
        shop.do(engine.set_price_list, PriceList("flash", POLICY.currency, prices), at=at)
        shop.do(engine.set_freight, random_template(random), at=at)
        shop.do(engine.set_points, PointsIn(POLICY.currency, PointsPolicy(seed, 100)), at=at)
        by_coupon = an_offer(percent("10%"), id="by coupon", currency=POLICY.currency, by_coupon=True)
        shop.do(engine.set_offer, by_coupon, at=at)
        template = a_template(currency=POLICY.currency, offer=by_coupon.id, total_max=seed)
        shop.do(engine.set_coupon_template, template, at=at)
        shop.do(engine.set_group_sale, a_group_sale(currency=POLICY.currency, hours=seed), at=at)
        placed = evolve(a_placed_order(f"order {seed}"), placed_at=at)
        with shop.store.begin() as tx:
            tx.placed_orders.put(placed)
            tx.counts.take(placed.quote.takings)
        shop.do(engine.drop_order, placed.order, at=at)
        with shop.store.begin() as tx:
            kept = evolve(a_placed_order(f"kept {seed}"), placed_at=at)
            tx.placed_orders.put(kept)
            tx.counts.take(kept.quote.takings)
        shop.do(engine.complete_order, kept.order, at=at)


def recruited(shop: Shop) -> None:
    """Live through a little of recruiting."""
    for id, applicant, state in (("a1", "kim", "approved"), ("a2", "lee", "rejected")):
        came = on("2026-01-04")
        shop.do(engine.apply_to_distribute, id, applicant, Evidence(applicant), at=came, sponsor="ann")
        shop.do(engine.review_application, id, ApplicationState(state), at=on("2026-01-05"), actor="boss")
    for id in ("ann", "nobody"):
        shop.do(engine.identify, id, ["phone"], at=on("2026-01-05"))
    for code in ("spring", "autumn"):
        shop.do(engine.issue_code, "ann", code, at=on("2026-01-05"), valid_until=on("2026-01-09"))
    shop.do(engine.revoke_code, CodeKind.SHORT, "autumn", at=on("2026-01-06"))
    for customer, code in (("dan", "spring"), ("dan", "autumn"), ("eve", "spring")):
        shop.do(engine.touch_by_code, customer, code, at=on("2026-01-07"), channel="chat")


@pytest.mark.measured
def test_what_was_left_alone_is_sound(sealed: Sealed) -> None:
    with sealed.store.begin() as tx:
        check = engine.check_seals(tx, sealed.anchor)

    assert (check.problems, check.tail, check.newest) == ((), 1, sealed.anchor)
    assert check.sealed > 80


def test_every_kind_of_facts_has_something_sealed(sealed: Sealed) -> None:
    """Else the law below would say nothing about it."""
    with sealed.store.begin() as tx:
        assert [kind for kind in tx.seals.kinds() if not tx.seals.count(kind)] == []


@pytest.mark.parametrize(("sealed", "seeds"), SEEDS, indirect=["sealed"])
def test_tampering_is_found(sealed: Sealed, seeds: range) -> None:
    missed = []
    ways: Counter[str] = Counter()
    for seed in seeds:
        with suppress(UndoneError), sealed.store.begin() as tx:
            what = sealed.tamper(tx, Random(seed))
            ways[what.split(":")[0]] += 1
            if not is_found(tx, sealed.anchor):
                missed.append(what)
            raise UndoneError

    assert missed == []
    assert sum(ways.values()) == len(seeds)
    with sealed.store.begin() as tx:
        assert engine.check_seals(tx, sealed.anchor).problems == ()


def is_found(tx: Transaction, anchor: Anchor | None) -> bool:
    """Say whether anything is wrong; what can't be read as a seal is, too."""
    try:
        return bool(engine.check_seals(tx, anchor).problems)
    except DamagedError:
        return True


@pytest.mark.parametrize(("sealed", "seeds"), SEEDS_OF_ALL, indirect=["sealed"])
def test_verify_stumbles_over_nothing(sealed: Sealed, seeds: range) -> None:
    """It names what the seals name, also where what stands there can't be read or makes no sense."""
    for seed in seeds:
        with suppress(UndoneError), sealed.store.begin() as tx:
            what = sealed.tamper(tx, Random(seed))
            with suppress(DamagedError):
                named = engine.check_seals(tx, sealed.anchor).problems
                assert set(named) <= set(engine.verify(tx, anchor=sealed.anchor).problems), what
            raise UndoneError


def capitals(shop: Raw) -> None:
    for row in shop.rows("sealed_blocks"):
        shop.change("sealed_blocks", row, digest=row["digest"].upper())


def a_blank(shop: Raw) -> None:
    row = shop.rows("sealed_leaves")[-1]
    shop.change("sealed_leaves", row, digest=f"{row['digest']} ")


def no_hash(shop: Raw) -> None:
    row = shop.rows("sealed_leaves")[0]
    shop.change("sealed_leaves", row, digest="it was right")


def a_place_beyond_the_last(shop: Raw) -> None:
    last = max(shop.rows("sealed_leaves"), key=lambda row: (row["block"], row["position"]))
    shop.change("sealed_leaves", last, position=last["position"] + 1)


def two_in_one_place(shop: Raw) -> None:
    last = max(shop.rows("sealed_leaves"), key=lambda row: (row["block"], row["position"]))
    shop.put("sealed_leaves", last | {"kind": "zzz"})


def payouts_without_a_life(shop: Raw) -> None:
    shop.remove("payout_steps", *shop.rows("payout_steps"))


def a_plan_that_is_none(shop: Raw) -> None:
    for row in shop.rows("plans"):
        shop.change("plans", row, body="")


def a_currency_that_is_none(shop: Raw) -> None:
    shop.change("openings", shop.rows("openings")[0], currency="cny")


def more_than_fits_a_sum(shop: Raw) -> None:
    for row in shop.rows("accruals"):
        shop.change("accruals", row, amount_minor=2**63 - 1)


ONCE_MISSED = (capitals, a_blank, no_hash, a_place_beyond_the_last, two_in_one_place)
ONCE_IN_THE_WAY = (
    payouts_without_a_life,
    a_plan_that_is_none,
    a_currency_that_is_none,
    more_than_fits_a_sum,
)


@pytest.mark.parametrize("sealed", TABLES, indirect=True)
@pytest.mark.parametrize("tampered", ONCE_MISSED, ids=lambda do: do.__name__)
def test_what_was_missed_once_is_found(sealed: Sealed, tampered: Callable[[Raw], None]) -> None:
    with suppress(UndoneError), sealed.store.begin() as tx:
        tampered(raw(tx, Random()))
        assert is_found(tx, sealed.anchor)
        raise UndoneError


@pytest.mark.measured
@pytest.mark.parametrize("sealed", TABLES, indirect=True)
@pytest.mark.parametrize("tampered", ONCE_IN_THE_WAY, ids=lambda do: do.__name__)
def test_verify_names_it_though_nothing_more_can_be_checked(
    sealed: Sealed, tampered: Callable[[Raw], None]
) -> None:
    with suppress(UndoneError), sealed.store.begin() as tx:
        tampered(raw(tx, Random()))
        found = [str(each) for each in engine.verify(tx, anchor=sealed.anchor).problems]
        assert [each for each in found if "was sealed" in each] != []
        assert [each for each in found if each.startswith("store: nothing more can be checked")] != []
        raise UndoneError


@pytest.mark.parametrize("sealed", TABLES, indirect=True)
def test_what_makes_no_sense_though_its_seals_are_whole_raises(sealed: Sealed) -> None:
    """As everywhere: without seals nobody knows whether it was tampered with, or was never right."""
    with suppress(UndoneError), sealed.store.begin() as tx:
        shop = raw(tx, Random())
        for name in ("sealed_leaves", "sealed_blocks"):
            shop.remove(name, *shop.rows(name))
        a_plan_that_is_none(shop)
        with pytest.raises(DistcoreError):
            engine.verify(tx)
        raise UndoneError


@pytest.mark.measured
def test_a_conflict_is_no_tampering(sealed: Sealed) -> None:
    def progress(_: int) -> None:
        raise RetryableError("somebody was faster")

    with suppress(UndoneError), sealed.store.begin() as tx:
        cut = evolve(sealed.anchor, number=4)
        with pytest.raises(RetryableError, match="somebody was faster"):
            engine.verify(tx, anchor=cut, progress=progress)
        raise UndoneError


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
    for seed in range(200):
        missed = False
        with suppress(UndoneError), sealed.store.begin() as tx:
            sealed.tamper(tx, Random(seed))
            missed = not is_found(tx, None)
            raise UndoneError
        if missed:
            return
    pytest.fail("nobody forged the whole chain")
