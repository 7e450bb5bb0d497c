"""Which price list decides, and why not the others."""

from datetime import timedelta
from typing import Any

from attrs import evolve

from distcore.kernel import Sku
from distcore.pricing import (
    Audience,
    Barred,
    Break,
    NoPrice,
    Passed,
    Priced,
    PriceList,
    PriceOf,
    Schedule,
    Shopper,
    priced,
)
from distcore.testing.carts import AT, BOOK, CNY, a_cart, an_offer, goods, percent, quoted

TEA = goods("tea", 10_000)


def a_list(
    name: str, *breaks: tuple[int, int], sku: str = "tea", priority: int = 0, **more: Any
) -> PriceList:
    prices = (PriceOf(Sku(sku), tuple(Break(*each) for each in breaks)),)
    return evolve(PriceList(name, CNY, prices, priority), **more)


def price(*lists: PriceList, units: int = 1, **more: Any) -> Priced:
    (found,) = priced(evolve(a_cart((TEA, units)), **more), lists, AT, BOOK.zone)
    return found


def test_without_a_list_it_is_the_list_price() -> None:
    assert price() == Priced(10_000)
    assert price(a_list("cups", (1, 50), sku="cup")) == Priced(10_000)


def test_the_highest_priority_decides_even_if_it_is_dearer() -> None:
    flash, gold = a_list("flash", (1, 9_000), priority=2), a_list("gold", (1, 8_000), priority=1)
    assert price(flash, gold) == Priced(9_000, "flash", (Passed("gold", NoPrice.LOWER_PRIORITY),))
    assert price(gold, flash) == price(flash, gold)


def test_of_one_priority_the_cheapest_decides_and_of_equals_the_first_id() -> None:
    lists = [a_list("a", (1, 9_000)), a_list("b", (1, 8_000)), a_list("c", (1, 8_000))]
    assert price(*lists) == Priced(8_000, "b", (Passed("a", NoPrice.DEARER), Passed("c", NoPrice.DEARER)))


def test_quantities_are_those_of_all_lines_of_the_product() -> None:
    breaks = a_list("bulk", (3, 9_000), (10, 7_000))
    assert price(breaks, units=2) == Priced(10_000, None, (Passed("bulk", NoPrice.TOO_FEW_UNITS, 1),))
    assert price(breaks, units=9).price_minor == 9_000
    assert price(breaks, units=10).price_minor == 7_000
    both = priced(a_cart((TEA, 2), (TEA, 1), goods("cup", 500)), [breaks], AT, BOOK.zone)
    assert [each.price_minor for each in both] == [9_000, 9_000, 500]


def test_a_list_for_others_is_passed_with_its_reason() -> None:
    gold = a_list("gold", (1, 8_000), audience=Audience(tiers=("gold",)))
    assert price(gold).passed == (Passed("gold", Barred.OTHER_TIER),)
    assert price(gold, shopper=Shopper(tier="gold")).price_minor == 8_000
    soon = a_list("soon", (1, 1), schedule=Schedule(valid_from=AT + timedelta(seconds=1)))
    assert price(soon) == Priced(10_000, None, (Passed("soon", Barred.NOT_YET),))


def test_a_price_that_is_chosen_is_what_offers_start_from() -> None:
    book = evolve(BOOK, lists=(a_list("gold", (1, 8_000)),))
    found = quoted(a_cart((TEA, 2)), an_offer(percent("10%")), book=book)
    (line,) = found.lines
    assert (line.before_minor, line.net_minor, line.price_list) == (16_000, 14_400, "gold")
