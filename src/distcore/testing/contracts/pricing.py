"""What must be kept of products, and of all that a merchant decides about prices."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from attrs import evolve

from distcore.catalog import Product
from distcore.kernel import (
    Count,
    Currency,
    Instant,
    MemberId,
    Rate,
    RetryableError,
    SaleId,
    Sku,
    Taking,
    instant_of,
    limits,
)
from distcore.ports import Transaction
from distcore.pricing import (
    COUNTED,
    Asked,
    Break,
    Current,
    Numbered,
    Offer,
    OrderStep,
    PlacedOrder,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Schedule,
    Shopper,
    Sold,
    Term,
)
from distcore.testing.builders import LATER, StoreOf, day
from distcore.testing.carts import (
    BOOK,
    CNY,
    a_cart,
    an_offer,
    percent,
    quoted,
    random_goods,
    random_offer_for_some,
    random_price_list,
    random_template,
)
from distcore.testing.catalog import a_product, random_product
from distcore.testing.contracts.kept import (
    MANY,
    NASTY,
    PAGES,
    TEXTS,
    assert_all_seen,
    broken_off,
    read_while,
)

_ANN = MemberId("ann")
_POINTS = PointsIn(CNY, PointsPolicy(100, 100))
_OFFER = an_offer(percent("10%"))
_TEMPLATE = random_template(Random(1))


def a_list(*prices: PriceOf, id: str = "flash") -> PriceList:
    """Return a price list for everybody."""
    return PriceList(id, CNY, prices)


def a_price(sku: str = "tea", *breaks: tuple[int, int]) -> PriceOf:
    """Return the prices of a product by quantity."""
    return PriceOf(Sku(sku), tuple([Break(*each) for each in breaks or [(1, 900)]]))


def _prices(
    tx: Transaction, lists: Mapping[str, int], skus: Collection[Sku]
) -> Sequence[tuple[str, PriceOf]]:
    return [(each.price_list, each.price) for each in tx.terms.prices(lists, skus, _ANN)]


def _header(prices: PriceList) -> PriceList:
    return evolve(prices, prices=())


def _put(tx: Transaction, value: Term, number: int = 1, at: Instant = LATER) -> None:
    if isinstance(value, PriceList):
        tx.terms.put_list(value, number, at=at)
    elif isinstance(value, PointsIn):
        tx.terms.put_points(value, number, at=at)
    elif isinstance(value, Offer):
        tx.terms.put_offer(value, number, at=at)
    else:
        tx.terms.put_template(value, number, at=at)


TERMS: tuple[Callable[[str], Term], ...] = (
    lambda id: evolve(_OFFER, id=id),
    lambda id: a_list(id=id),
    lambda id: evolve(_TEMPLATE, id=id),
)
"""What has an id that a merchant chooses."""


def a_placed_order(id: str = "order 1") -> PlacedOrder:
    """Return an order of a cart that offers, freight and limited prices say something about."""
    random = Random(7)
    price = evolve(a_price("sku 1"), total_max=9, per_member_max=9)
    book = evolve(BOOK, lists=(a_list(price),), templates=(_TEMPLATE,), points=_POINTS.policy)
    offers = [random_offer_for_some(random, f"offer {place}") for place in range(5)]
    goods = random_goods(random, "sku 1"), random_goods(random, "sku 2")
    cart = a_cart(*goods, shopper=Shopper(_ANN), coupons=("offer 1",), points=5, stored_value_minor=7)
    return PlacedOrder(SaleId(id), _ANN, quoted(cart, *offers, book=book), LATER)


class PlacedOrdersContract:
    """Orders with their quotes, written once, and the steps that they took, one after the other."""

    def test_an_order_is_returned_whole(self, store_of: StoreOf) -> None:
        """Under every id, by id, with all that its quote says."""
        with store_of("another").begin() as tx:
            tx.placed_orders.put(a_placed_order())
        placed = [a_placed_order(id) for id in NASTY]
        with store_of("shop").begin() as tx:
            for each in placed:
                tx.placed_orders.put(each)
        with store_of("shop").begin() as tx:
            assert list(tx.placed_orders.all()) == sorted(placed, key=lambda each: each.order)
            for each in placed:
                assert tx.placed_orders.of(each.order) == each
            assert tx.placed_orders.of(SaleId("order 1")) is None
        assert placed[0].quote.takings

    def test_an_order_is_placed_once(self, store_of: StoreOf) -> None:
        """The second to try is told to try again."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.placed_orders.put(a_placed_order())
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.placed_orders.put(a_placed_order())

    @pytest.mark.parametrize("step", OrderStep)
    @pytest.mark.parametrize("other", OrderStep)
    def test_of_two_who_take_the_next_step_one_takes_it(
        self, store_of: StoreOf, step: OrderStep, other: OrderStep
    ) -> None:
        """Whichever the other one wants to take: who has not read the first is told to try again."""
        store, before = store_of("shop"), a_placed_order()
        with store.begin() as tx:
            tx.placed_orders.put(before)
        with broken_off(store) as tx:
            tx.placed_orders.step(before, step, at=LATER)
        with store.begin() as tx:
            tx.placed_orders.step(before, step, at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.placed_orders.step(before, other, at=LATER)
        with store.begin() as tx:
            after = before.after(step, LATER)
            assert [tx.placed_orders.of(before.order), *tx.placed_orders.all()] == [after, after]

    @pytest.mark.parametrize("end", [OrderStep.DROPPED, OrderStep.COMPLETED])
    def test_an_order_that_was_in_a_group_ends(self, store_of: StoreOf, end: OrderStep) -> None:
        """It has both steps, each with its instant."""
        store, placed = store_of("shop"), a_placed_order()
        grouped = placed.after(OrderStep.GROUPED, day(20))
        with store.begin() as tx:
            tx.placed_orders.put(placed)
            tx.placed_orders.step(placed, OrderStep.GROUPED, at=day(20))
            tx.placed_orders.step(grouped, end, at=day(21))
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.placed_orders.step(grouped, end, at=day(22))
        with store.begin() as tx:
            assert tx.placed_orders.of(placed.order) == grouped.after(end, day(21))

    def test_more_orders_than_a_page_come_back_in_order(self, store_of: StoreOf) -> None:
        """Each dropped one with its instant."""
        ids = [SaleId(f"order {place:03}") for place in range(250)]
        with store_of("shop").begin() as tx:
            for id in reversed(ids):
                tx.placed_orders.put(evolve(a_placed_order(), order=id))
            for id in ids[::2]:
                placed = evolve(a_placed_order(), order=id)
                tx.placed_orders.step(placed, OrderStep.DROPPED, at=LATER)
        with store_of("shop").begin() as tx:
            found = [(each.order, each.dropped_at is not None) for each in tx.placed_orders.all()]
        assert found == [(id, place % 2 == 0) for place, id in enumerate(ids)]


class ProductsContract:
    """Products, of which the last one holds."""

    def test_a_product_is_returned_whole(self, store_of: StoreOf) -> None:
        """Every text, every id, every edge, in order of SKU."""
        most = limits.AMOUNT_MINOR_MAX
        texts = [text for text in TEXTS if text]
        products = [
            *(a_product(sku) for sku in NASTY),
            *(a_product(f"text {n}", brand=text, unit=text, category="a/b") for n, text in enumerate(texts)),
            *(a_product(f"tag {n}", tags=(tag, "new")) for n, tag in enumerate(NASTY)),
            *(random_product(Random(n), f"random {n}") for n in range(20)),
            a_product(
                "most",
                most,
                currency=Currency("JPY"),
                floor_minor=most,
                cost_minor=most,
                weight_grams=limits.UNITS_MAX,
                tax_rate=Rate(limits.RATE_PPM_MAX),
                tax_included=False,
                on_shelf=False,
                shelf_from=instant_of(limits.INSTANT_MIN),
                shelf_until=instant_of(limits.INSTANT_MAX - 1),
            ),
            a_product("least", 0, cost_minor=0, tax_rate=Rate(0), freight="x" * limits.ID_LENGTH_MAX),
        ]
        with store_of("another").begin() as tx:
            tx.products.put([a_product("least", 5)])
        with store_of("shop").begin() as tx:
            tx.products.put(products)
        by_sku = {each.sku: each for each in products}
        with store_of("shop").begin() as tx:
            assert list(tx.products.all()) == [by_sku[sku] for sku in sorted(by_sku)]
            assert tx.products.of(list(by_sku)) == by_sku

    def test_a_product_takes_the_place_of_the_one_before(self, store_of: StoreOf) -> None:
        """Also in the same transaction; the others stay, and nothing takes the place of nothing."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.products.put([a_product("cup", 1), a_product("tea", 2)])
            tx.products.put([a_product("tea", 3)])
            tx.products.put([])
        with store.begin() as tx:
            tx.products.put([a_product("pot", 4), a_product("cup", 5)])
        with broken_off(store) as tx:
            tx.products.put([a_product("cup", 6), a_product("lid", 7)])
        with store.begin() as tx:
            assert [(each.sku, each.list_minor) for each in tx.products.all()] == [
                ("cup", 5),
                ("pot", 4),
                ("tea", 3),
            ]

    def test_any_number_of_products_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A cart may name what is not there, what differs by case, and the same twice."""
        with store_of("shop").begin() as tx:
            tx.products.put([a_product(sku) for sku in ("tea", "Tea", "cup")])
        with store_of("shop").begin() as tx:
            assert tx.products.of([]) == {}
            assert tx.products.of([Sku("TEA")]) == {}
            asked = [Sku("tea"), *(Sku(f"sku {n}") for n in range(MANY)), Sku("cup"), Sku("tea")]
            assert tx.products.of(asked) == {sku: a_product(sku) for sku in ("tea", "cup")}

    def test_products_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More than a page of them, each once and in order."""
        known = [a_product(f"sku {n:05}") for n in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.products.put(known)
        with store_of("shop").begin() as tx:

            def write(place: int) -> None:
                tx.products.put([a_product(f"new {place:05}"), a_product(f"x {place:05}")])

            seen: list[Product] = read_while(tx.products.all(), write)
        assert_all_seen(seen, known)


class TermsContract:
    """Offers, price lists, templates and points: numbered, and never overwritten."""

    def test_terms_are_returned_whole(self, store_of: StoreOf) -> None:
        """Every kind of offer, by kind, id and number; of each the newest holds."""
        random = Random(5)
        offers = [Numbered(1, random_offer_for_some(random, id)) for id in NASTY]
        offers += [Numbered(2, random_offer_for_some(random, id)) for id in NASTY[:9]]
        lists = [Numbered(n, random_price_list(random, id)) for id in NASTY[:9] for n in (1, 2, 10)]
        templates = [Numbered(n, random_template(random, id)) for id in NASTY[:9] for n in (1, 2)]
        points = [
            Numbered(n, PointsIn(Currency(of), PointsPolicy(n))) for of in ("JPY", "CNY") for n in (1, 2)
        ]
        everything: tuple[Sequence[Numbered[Term]], ...] = (offers, lists, templates, points)
        with store_of("another").begin() as tx:
            _put(tx, evolve(_OFFER, id="theirs"), 7)
        with store_of("shop").begin() as tx:
            for each in reversed([each for kind in everything for each in kind]):
                _put(tx, each.value, each.number)

        def told(found: Sequence[Numbered[Term]]) -> list[Numbered[Term]]:
            plain: list[Numbered[Term]] = [
                evolve(each, value=_header(each.value)) if isinstance(each.value, PriceList) else each
                for each in found
            ]
            return sorted(plain, key=lambda each: (_id_of(each.value), each.number))

        kinds = [told(kind) for kind in everything]
        with store_of("shop").begin() as tx:
            assert list(tx.terms.all()) == [each for kind in kinds for each in kind]
            current = tx.terms.current()
            newest = [list({_id_of(each.value): each for each in kind}.values()) for kind in kinds]
            held: list[Sequence[Numbered[Term]]] = [
                current.offers,
                current.lists,
                current.templates,
                current.points,
            ]
            assert [list(kind) for kind in held] == newest

    def test_what_is_over_is_left_out_unless_it_is_named(self, store_of: StoreOf) -> None:
        """By the newest number: one that ended may be set again, and one that is set again may end."""

        def until(id: str, end: Instant | None) -> tuple[Offer, PriceList]:
            schedule = Schedule(valid_until=end)
            return evolve(_OFFER, id=id, schedule=schedule), evolve(a_list(id=id), schedule=schedule)

        just_over, still_on = LATER, LATER + timedelta(microseconds=1)
        with store_of("another").begin() as tx:
            for each in until("theirs", None):
                _put(tx, each)
        with store_of("shop").begin() as tx:
            for id, *ends in (
                ("always", None),
                ("on", still_on),
                ("over", just_over),
                ("Over", just_over),
                ("ended", None, just_over),
                ("again", just_over, still_on),
            ):
                for number, end in enumerate(ends, 1):
                    for each in until(str(id), end):
                        _put(tx, each, number)

        def held(tx: Transaction, **of: Any) -> list[tuple[str, int]]:
            current = tx.terms.current(**of)
            lists = [(each.value.id, each.number) for each in current.lists]
            assert [(each.value.id, each.number) for each in current.offers] == lists
            return lists

        with store_of("shop").begin() as tx:
            running = [("again", 2), ("always", 1), ("on", 1)]
            assert held(tx, at=LATER) == running
            assert held(tx, at=LATER, also=["over", "ended", "on", "never"]) == sorted(
                [*running, ("over", 1), ("ended", 2)]
            )
            assert held(tx, at=LATER - timedelta(microseconds=1)) == held(tx, also=["over"]) == held(tx)
            assert len(held(tx)) == 6

    def test_a_shop_that_decided_nothing_has_no_terms(self, store_of: StoreOf) -> None:
        """Nothing is assumed."""
        with store_of("shop").begin() as tx:
            assert tx.terms.current() == tx.terms.current(at=LATER, also=["flash"]) == Current()
            assert list(tx.terms.all()) == []
            assert list(tx.terms.prices_of("flash", 1)) == []
            assert tx.terms.prices({"flash": 1}, [Sku("tea")], _ANN) == []

    def test_a_number_of_a_term_that_is_taken_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        for value in (*(term("id") for term in TERMS), _POINTS):
            with store.begin() as tx:
                _put(tx, value)
            with pytest.raises(RetryableError), store.begin() as tx:
                _put(tx, value)
            with store.begin() as tx:
                _put(tx, value, 2)
        with store.begin() as tx:
            assert [each.number for each in tx.terms.all()] == [1, 2] * 4

    def test_an_id_of_one_kind_is_no_id_of_another(self, store_of: StoreOf) -> None:
        """Nor is one that differs by case."""
        with store_of("shop").begin() as tx:
            for term in TERMS:
                _put(tx, term("CNY"))
                _put(tx, term("cny"), 2)
            _put(tx, _POINTS, 3)
        with store_of("shop").begin() as tx:
            assert [each.number for each in tx.terms.all()] == [1, 2] * 3 + [3]

    def test_prices_are_those_of_the_numbers_that_are_named(self, store_of: StoreOf) -> None:
        """By list and SKU, with their breaks in order; a list may say nothing of them."""
        old = a_list(a_price("tea", (1, 5)), a_price("cup", (1, 7)))
        new = a_list(
            a_price("tea", (1, limits.AMOUNT_MINOR_MAX), (2, 900), (limits.UNITS_MAX, 0)), a_price("Tea")
        )
        other = a_list(a_price("pot"), id="Flash")
        with store_of("another").begin() as tx:
            _put(tx, a_list(a_price("lid")), 2)
        with store_of("shop").begin() as tx:
            for number, each in ((1, old), (2, new), (10, other)):
                _put(tx, each, number)
        with store_of("shop").begin() as tx:
            asked = [Sku("tea"), Sku("pot"), Sku("lid"), Sku("tea")]
            tea, pot = new.prices[0], other.prices[0]
            assert _prices(tx, {"flash": 2, "Flash": 10}, asked) == [("Flash", pot), ("flash", tea)]
            assert _prices(tx, {"flash": 1}, asked) == [("flash", old.prices[0])]
            both = [("flash", old.prices[1]), ("flash", old.prices[0])]
            assert _prices(tx, {"flash": 1}, [Sku("tea"), Sku("cup")]) == both
            assert _prices(tx, {"flash": 3, "Flash": 2}, asked) == []
            assert _prices(tx, {}, asked) == _prices(tx, {"flash": 2}, []) == []
            many = [Sku(f"sku {n}") for n in range(MANY)]
            assert _prices(tx, {"flash": 2}, [*many, Sku("Tea")]) == [("flash", new.prices[1])]
            assert list(tx.terms.prices_of("flash", 2)) == [new.prices[1], new.prices[0]]

    def test_prices_come_with_what_was_sold_at_them(self, store_of: StoreOf) -> None:
        """In all and to whoever asks, by list and SKU and not by number; nobody's is the total only."""
        tea = evolve(a_price("tea", (1, 900), (5, 800)), total_max=10, per_member_max=3)
        most = evolve(a_price("cup"), total_max=limits.UNITS_MAX, per_member_max=limits.UNITS_MAX)
        flash = a_list(tea, most, a_price("pot"))
        of = partial(Count, COUNTED, "flash", "tea")
        with store_of("another").begin() as tx:
            tx.counts.take([Taking(of(), 9, 10)])
        with store_of("shop").begin() as tx:
            _put(tx, a_list(a_price("tea")))
            _put(tx, flash, 2)
            tx.counts.take([Taking(of(), 5, 10), Taking(of("ann"), 3, 3), Taking(of("ben"), 2, 3)])
            tx.counts.take([Taking(Count(COUNTED, "flash", "pot", "ann"), 1, 1)])
            tx.counts.take([Taking(Count("coupon", "flash", "tea"), 1, 1)])
        skus = [Sku("tea"), Sku("cup"), Sku("pot")]
        with store_of("shop").begin() as tx:
            for member, mine, pots in ((_ANN, 3, 1), (MemberId("ben"), 2, 0), (None, 0, 0)):
                asked = tx.terms.prices({"flash": 2}, skus, member)
                assert [each.sold for each in asked] == [Sold(), Sold(0, pots), Sold(5, mine)]
                assert [each.price for each in asked] == [most, flash.prices[2], tea]
            (earlier,) = tx.terms.prices({"flash": 1}, skus, _ANN)
            assert earlier == Asked("flash", a_price("tea"), Sold(5, 3))
            assert list(tx.terms.prices_of("flash", 2)) == [most, flash.prices[2], tea]

    def test_more_prices_than_a_page_come_back_in_order(self, store_of: StoreOf) -> None:
        """A page ends within the breaks of a product, too."""
        prices = [a_price(f"sku {n:05}", (1, n), (2, 0), (3, 5)) for n in range(PAGES)]
        with store_of("shop").begin() as tx:
            _put(tx, a_list(*reversed(prices)))
            _put(tx, a_list(a_price("another"), id="other"))
        with store_of("shop").begin() as tx:
            assert list(tx.terms.prices_of("flash", 1)) == prices


def _id_of(value: Term) -> str:
    return value.currency if isinstance(value, PointsIn) else value.id
