"""Freight by weight, pieces or amount; regions, what is free, and what offers take off it."""

from attrs import evolve

from distcore.pricing import (
    AmountCharge,
    AmountOff,
    ByAmount,
    ByPieces,
    ByWeight,
    Charge,
    FreightTemplate,
    Quote,
    Reduction,
    ShippingOff,
    Zone,
)
from distcore.testing.carts import BOOK, CNY, a_cart, an_offer, goods, percent, quoted

PARCEL = FreightTemplate(
    "parcel",
    CNY,
    (
        Zone(ByWeight(1_000, 600, 500, 200), ("cn/zj", "cn/sh"), free_from_minor=9_900),
        Zone(ByWeight(1_000, 1_200, 1_000, 800), ("cn",)),
    ),
)
TEA = goods("tea", 4_000, weight_grams=800, freight="parcel")
BOOK_WITH = evolve(BOOK, templates=(PARCEL,))


def sent(units: int, region: str, *effects: ShippingOff) -> Quote:
    offers = [an_offer(effect, f"offer {place}") for place, effect in enumerate(effects)]
    return quoted(a_cart((TEA, units), goods("card", 10), region=region), *offers, book=BOOK_WITH)


def test_the_first_zone_that_names_the_region_charges() -> None:
    assert sent(1, "cn/zj/hangzhou").shipping_minor == 600
    assert sent(2, "cn/zj/hangzhou").shipping_minor == 600 + 2 * 200  # 600 g more are two times 500 g
    assert sent(2, "cn/gd").shipping_minor == 1_200 + 800
    found = sent(1, "cn/gd")
    assert found.payable_minor == 4_010 + 1_200
    assert (found.freights[0].zone, found.unserved) == (1, ())


def test_what_no_zone_serves_is_told() -> None:
    assert sent(1, "us/ny").unserved == ("parcel",)
    assert quoted(a_cart(TEA), book=BOOK).unserved == ("parcel",)


def test_it_is_free_from_an_amount_after_all_offers() -> None:
    cart = a_cart((TEA, 3), region="cn/zj")
    assert quoted(cart, book=BOOK_WITH).shipping_minor == 0
    assert quoted(cart, an_offer(AmountOff(2_101)), book=BOOK_WITH).shipping_minor == 600 + 3 * 200


def test_pieces_and_amounts_are_charged_too() -> None:
    def charged(charge: Charge) -> int:
        template = FreightTemplate("parcel", CNY, (Zone(charge),))
        return quoted(a_cart((TEA, 4)), book=evolve(BOOK, templates=(template,))).shipping_minor

    assert charged(ByPieces(1, 100, 2, 30)) == 100 + 2 * 30
    assert charged(ByPieces(4, 100, 2, 30)) == 100
    assert charged(ByAmount((AmountCharge(0, 900), AmountCharge(16_000, 500)))) == 500
    assert charged(ByAmount((AmountCharge(20_000, 900),))) == 0


def test_offers_take_off_no_more_freight_than_there_is() -> None:
    found = sent(1, "cn/gd", ShippingOff(percent("50%")), ShippingOff(AmountOff(1_000)))
    assert found.shipping_off == (Reduction("offer 0", 600), Reduction("offer 1", 600))
    assert found.shipping_minor == 0


def test_it_is_free_at_the_amount_itself_and_each_template_is_named() -> None:
    cart = a_cart((TEA, 3), region="cn/zj")
    at = quoted(cart, an_offer(AmountOff(2_100)), book=BOOK_WITH)
    assert [(each.template, each.zone, each.amount_minor) for each in at.freights] == [("parcel", 0, 0)]


def test_of_amounts_the_last_that_is_reached_is_charged() -> None:
    steps = (AmountCharge(0, 900), AmountCharge(10_000, 700), AmountCharge(16_000, 500))
    template = FreightTemplate("parcel", CNY, (Zone(ByAmount(steps)),))
    book = evolve(BOOK, templates=(template,))
    costs = [quoted(a_cart((TEA, units)), book=book).shipping_minor for units in (2, 3, 4)]
    assert costs == [900, 700, 500]
