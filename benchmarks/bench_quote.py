"""What does a quote cost?  Against django-oscar 4.2 on the same carts, and by size.

The peer applies its offers to a basket that it has loaded, and asks its database while it calculates.  The
offers are of the same kinds, with the same thresholds and amounts; what they come to differs, since the peer
uses up each unit by one offer.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from attrs import evolve

from benchmarks import peer_oscar
from benchmarks.bench_accrue import ACTOR
from benchmarks.measure import Results, turns
from distcore.engine import TOLD_AFTER, put_products, quote_cart, set_offer, set_policy
from distcore.kernel import Rate, ShopPolicy, zone_of
from distcore.pricing import (
    AmountOff,
    AmountStep,
    AmountSteps,
    BuyGet,
    Cart,
    CategoryIs,
    Effect,
    EveryAmount,
    FromAmount,
    FromUnits,
    NthUnit,
    Offer,
    Quote,
    Schedule,
    SkuIn,
    Stage,
    Wanted,
)
from distcore.testing.carts import AT, CNY, a_cart, an_offer, goods, percent, quoted
from distcore.testing.catalog import a_product, some_units
from distcore_sql import SqlStore, upgrade_store

OVER: Final = 20_000
"""Offers of some years: of them a quote reads none."""

HALF: Final = Rate.parse("50%")

FIVE: Final = (
    (("Count", 1, "Percentage", 10), an_offer(percent("10%"), "a", threshold=FromUnits(1))),
    (("Value", 100, "Absolute", 5), an_offer(AmountOff(500), "b", threshold=FromAmount(10_000))),
    (("Count", 2, "Percentage", 5), an_offer(percent("5%"), "c", threshold=FromUnits(2))),
    (("Value", 200, "Absolute", 30), an_offer(AmountOff(3_000), "d", threshold=FromAmount(20_000))),
    (("Count", 3, "Multibuy", None), an_offer(BuyGet(2, 1, times_max=1), "e")),
)
VOUCHER: Final = (
    ("Value", 50, "Absolute", 5),
    an_offer(AmountOff(500), "voucher", threshold=FromAmount(5_000), stage=Stage.COUPON, by_coupon=True),
)
TWENTY: Final = tuple(
    (("Count", 1, "Percentage", 2), an_offer(percent("2%"), f"{place:02}", priority=-place))
    for place in range(20)
)


def lines(count: int) -> list[tuple[int, int]]:
    """Return what a unit of each line costs, and how many there are."""
    return [(1_000 + 37 * place, 1 + place % 3) for place in range(count)]


def cart(count: int) -> Cart:
    """Return the same lines as a cart, with the coupon."""
    each = [
        (goods(f"sku {place}", price, category=f"c{place % 10}/x"), units)
        for place, (price, units) in enumerate(lines(count))
    ]
    return a_cart(*each, coupons=("voucher",))


def in_turn(offers: Sequence[Offer]) -> list[Offer]:
    """Return offers whose order is settled, as it is by the peer."""
    return [evolve(each, priority=-place) for place, each in enumerate(offers)]


def of_kinds(count: int) -> list[Offer]:
    """Return so many offers for everything, of six kinds."""
    kinds: tuple[Effect, ...] = (
        percent("10%"),
        AmountOff(500),
        AmountSteps((AmountStep(10_000, AmountOff(1_000)), AmountStep(20_000, AmountOff(3_000)))),
        EveryAmount(10_000, 300),
        BuyGet(2, 1),
        NthUnit(2, HALF),
    )
    return in_turn([an_offer(kinds[place % 6], f"{place:03}") for place in range(count)])


def main() -> None:
    """Measure, print and write."""
    results = Results("quote")
    peer_oscar.start()
    _beside_the_peer(results)
    _by_what_is_over(results)
    _by_size(results)
    results.write()


def _beside_the_peer(results: Results) -> None:
    voucher = peer_oscar.publish([terms for terms, _ in FIVE], VOUCHER[0])
    ours = in_turn([offer for _, offer in (*FIVE, VOUCHER)])
    for count, least in ((10, 200), (50, 100)):
        _against(results, f"{count} lines, five offers and a voucher", count, ours, voucher, least)
        _with_loading(
            results, f"{count} lines, five offers and a voucher, with loading", count, ours, voucher
        )
    peer_oscar.withdraw()
    peer_oscar.publish([terms for terms, _ in TWENTY], None)
    _against(results, "10 lines, 20 stackable offers", 10, [offer for _, offer in TWENTY], None, None)


def _against(
    results: Results, name: str, count: int, offers: Sequence[Offer], voucher: object, least: int | None
) -> None:
    """Measure both on the same cart; the limit is the largest part of the peer's time that ours may take."""
    basket, mine = peer_oscar.basket(lines(count), voucher), cart(count)
    asked = peer_oscar.queries(lambda: peer_oscar.apply(peer_oscar.loaded(basket)))
    best = turns(
        {
            "theirs": lambda: peer_oscar.apply(peer_oscar.loaded(basket)),
            "ours": lambda: [quoted(mine, *offers) for _ in range(20)],
        },
        repeat=3,
    )
    ours, theirs = best["ours"] / 20 * 1_000, best["theirs"] * 1_000
    results.add(f"{name}: the peer, {asked} queries", theirs, "ms")
    limit = None if least is None else 1 / least
    results.add(f"{name}: ours", ours, "ms", baseline=theirs, limit=limit)
    results.add(f"{name}: times as fast", theirs / ours, "")


def _with_loading(results: Results, name: str, count: int, offers: Sequence[Offer], voucher: object) -> None:
    """Measure both on the same cart, products and offers in SQLite, and nothing loaded before."""
    basket, wanted = peer_oscar.basket(lines(count), voucher), wanted_of(count)
    with tempfile.TemporaryDirectory() as folder:
        store = opened(f"sqlite:///{folder}/shop.db", count, offers)

        def ours() -> Quote:
            with store.begin() as tx:
                return quote_cart(tx, wanted, at=AT)

        assert ours().payable_minor == quoted(cart(count), *offers).payable_minor
        best = turns({"theirs": lambda: peer_oscar.apply(peer_oscar.loaded(basket)), "ours": ours}, repeat=9)
        store.close()
    mine, theirs = best["ours"] * 1_000, best["theirs"] * 1_000
    results.add(f"{name}: ours", mine, "ms", baseline=theirs, limit=1 / 50)
    results.add(f"{name}: times as fast", theirs / mine, "")


def opened(url: str, count: int, offers: Sequence[Offer]) -> SqlStore:
    """Return a store with the products of a cart, and offers."""
    upgrade_store(url)
    store = SqlStore.open(url, "benchmark")
    with store.begin() as tx:
        set_policy(tx, ShopPolicy(zone_of("Asia/Shanghai"), (CNY,)), at=AT, actor=ACTOR, key="policy")
        products = [
            a_product(f"sku {place}", price, category=f"c{place % 10}/x")
            for place, (price, _) in enumerate(lines(count))
        ]
        put_products(tx, products, at=AT, actor=ACTOR, key="products")
        for each in offers:
            set_offer(tx, each, at=AT, actor=ACTOR, key=each.id)
    return store


def wanted_of(count: int) -> Wanted:
    """Return what is wanted where the lines are a cart."""
    units = [(f"sku {place}", units) for place, (_, units) in enumerate(lines(count))]
    return some_units(*units, coupons=("voucher",))


def _by_what_is_over(results: Results) -> None:
    """Measure the same cart in a shop where many offers are over, and in one where none is."""
    wanted, offers = wanted_of(10), in_turn([offer for _, offer in (*FIVE, VOUCHER)])
    ended = Schedule(valid_until=AT - 2 * TOLD_AFTER)
    with tempfile.TemporaryDirectory() as folder:
        none, many = (opened(f"sqlite:///{folder}/{name}.db", 10, offers) for name in ("none", "many"))
        with many.begin() as tx:
            for place in range(OVER):
                over = an_offer(percent("10%"), f"over {place}", schedule=ended)
                tx.terms.put_offer(over, 1, at=AT)

        def ask(store: SqlStore) -> Quote:
            with store.begin() as tx:
                return quote_cart(tx, wanted, at=AT)

        assert ask(none) == ask(many)
        best = turns({"none": partial(ask, none), "many": partial(ask, many)}, repeat=15)
        none.close()
        many.close()
    name = f"10 lines with loading, {OVER} offers that are over"
    results.add(name, best["many"] * 1_000, "ms", baseline=best["none"] * 1_000, limit=1.25)


def _by_size(results: Results) -> None:
    ten, fifty, many = (cart(count) for count in (10, 50, 200))
    stackable = [offer for _, offer in TWENTY]
    of_skus = [
        an_offer(effect, f"{place:03}", products=SkuIn((f"sku {2 * place}", f"sku {2 * place + 1}")))
        for place in range(100)
        for effect in (of_kinds(6)[place % 6].effect,)
    ]
    of_categories = in_turn(
        [
            an_offer(of_kinds(6)[place % 6].effect, f"{place:03}", products=CategoryIs(f"c{place % 10}"))
            for place in range(100)
        ]
    )
    six = of_kinds(6)
    page = [a_cart(goods(f"sku {place}", 1_000 + place)) for place in range(100)]
    works: dict[str, tuple[Callable[[], object], float]] = {
        "10 lines, 6 rules": (partial(quoted, ten, *of_kinds(6)), 0.5),
        "10 lines, 20 stackable offers": (partial(quoted, ten, *stackable), 2),
        "50 lines, 6 rules": (partial(quoted, fifty, *of_kinds(6)), 3),
        "200 lines, 100 offers for two products each": (partial(quoted, many, *of_skus), 20),
        "200 lines, 100 offers for ten categories": (partial(quoted, many, *of_categories), 20),
        "the best of 12 candidates": (partial(quoted, ten, *of_kinds(12)), 50),
        "a page of 100 products": (lambda: [quoted(each, *six) for each in page], 10),
    }
    best = turns({name: work for name, (work, _) in works.items()}, repeat=15)
    for name, (_, most) in works.items():
        results.add(name, best[name] * 1_000, "ms", limit=most)


if __name__ == "__main__":
    main()
