"""The reference of documents names every field, default and kind, and its examples load."""

from collections.abc import Callable
from datetime import time
from enum import Enum
from typing import Any

import attrs
import pytest
from attrs import evolve
from tests.codec.documents import nouns_of
from tests.codec.pages import REFERENCE, blocks, rows, section, wrong_limits

from distcore import pricing
from distcore.codec import (
    Media,
    load_cart,
    load_coupon_template,
    load_freight,
    load_group_sale,
    load_offer,
    load_plan,
    load_points,
    load_policy,
    load_price_list,
    load_settlement,
    load_tiers,
)
from distcore.codec.kinds import KIND_OF, KINDS
from distcore.codec.points import PointsDocument
from distcore.commission import (
    Bracket,
    Cap,
    Freeze,
    Plan,
    Rule,
    SameTier,
    TierWeight,
    plan_problems,
)
from distcore.coupons import CouponTemplate
from distcore.groups import GroupSale
from distcore.kernel import (
    Cadence,
    Calendar,
    Instant,
    MemberId,
    Rate,
    ShopPolicy,
    format_time,
    parse_instant,
    period_of,
    zone_of,
)
from distcore.members import Tier, TierPolicy
from distcore.pricing import Cart, Shopper
from distcore.settlement import SettlementPolicy
from distcore.testing.carts import BOOK, a_cart, goods, quoted

PAGE = (REFERENCE / "documents.md").read_text(encoding="utf-8")
NAMES = {
    "component": "a component",
    "period_component": "a period component",
    "pool_weight": "weights",
    "reward": "pays",
    "requirement": "requires",
    "rhythm": "a rhythm",
    "effect": "an effect",
    "threshold": "a threshold",
    "charge": "a charge",
    "validity": "a validity",
}
SECTIONS: dict[str, type] = {
    "shop-policy": ShopPolicy,
    "commission-plan": Plan,
    "a cap": Cap,
    "freeze": Freeze,
    "a rule": Rule,
    "same_tier": SameTier,
    "a bracket": Bracket,
    "a tier's weight": TierWeight,
    "settlement-policy": SettlementPolicy,
    "tier-policy": TierPolicy,
    "a tier": Tier,
    "offer": pricing.Offer,
    "an amount step": pricing.AmountStep,
    "a unit step": pricing.UnitStep,
    "audience": pricing.Audience,
    "schedule": pricing.Schedule,
    "hours": pricing.Hours,
    "price-list": pricing.PriceList,
    "a price": pricing.PriceOf,
    "a break": pricing.Break,
    "freight-template": pricing.FreightTemplate,
    "a zone": pricing.Zone,
    "a charge from an amount on": pricing.AmountCharge,
    "points-policy": PointsDocument,
    "coupon-template": CouponTemplate,
    "group-sale": GroupSale,
    "cart": pricing.Wanted,
    "a line of a cart": pricing.WantedLine,
    "a shopper": pricing.Shopper,
} | {
    f"{NAMES.get(union, union)} of kind {kind}": noun
    for union, kinds in KINDS.items()
    for kind, noun in kinds.items()
}


MORE = [load_offer(example.encode(), Media.TOML) for example in blocks(section(PAGE, "More offers"), "toml")]


def name_of(field: "attrs.Attribute[Any]") -> str:
    return field.name.removesuffix("_minor")


def written(field: "attrs.Attribute[Any]") -> str:
    """Return how the page writes the default of a field."""
    default = field.default
    if default is attrs.NOTHING:
        return "required"
    match getattr(default, "factory", default):
        case None:
            return "none"
        case type() as noun:
            return f'`{{ kind = "{KIND_OF[noun]}" }}`' if noun in KIND_OF else "`{}`"
        case pricing.Audience() | pricing.Schedule() | pricing.Shopper() as part if part == type(part)():
            return "`{}`"
        case ():
            return "`[]`"
        case _:
            return f"`{_word(field.name, default)}`"


def _word(name: str, default: Any) -> str:
    """Return how a document writes a single value."""
    match default:
        case Enum() as member:
            return f'"{member.value}"'
        case bool():
            return str(default).lower()
        case int() as number:
            return f'"{number}"' if name.endswith("_minor") else f"{number}"
        case str() | Rate():
            return f'"{default}"'
        case time() as hour:
            return f'"{format_time(hour)}"'
        case _:
            raise AssertionError(f"how is {default!r} written?")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_field_is_there_with_its_default(name: str) -> None:
    stated = {row[0].strip("`"): row[2] for row in rows(section(PAGE, f"Fields of {name}"))}

    assert stated == {name_of(field): written(field) for field in attrs.fields(SECTIONS[name])}


@pytest.mark.parametrize("name", SECTIONS)
def test_every_word_of_a_choice_is_there(name: str) -> None:
    types = {row[0].strip("`"): row[1] for row in rows(section(PAGE, f"Fields of {name}"))}
    for field in attrs.fields(SECTIONS[name]):
        if isinstance(field.type, type) and issubclass(field.type, Enum):
            words = [member.value for member in field.type]
            shown = [words[0], words[-1]] if len(words) > 4 else words  # days of the week
            assert [f'"{word}"' in types[name_of(field)] for word in shown] == [True] * len(shown)


def test_the_table_of_kinds_is_the_one_in_the_code() -> None:
    generated = [
        (union, f"`{kind}`", ", ".join(f"`{name_of(field)}`" for field in attrs.fields(noun)) or "–")
        for union, kinds in KINDS.items()
        for kind, noun in kinds.items()
    ]

    assert generated == rows(section(PAGE, "Kinds"))


def test_every_word_of_a_rhythm_is_there_with_a_label() -> None:
    found = [(word.strip('`"'), label.strip("`")) for word, _, label in rows(section(PAGE, "Rhythms"))]
    inside, utc = parse_instant("2026-03-05T00:00:00Z"), Calendar(zone_of("UTC"))

    assert found == [(each.value, str(period_of(inside, each, utc))) for each in Cadence]


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("shop-policy", load_policy),
        ("commission-plan", load_plan),
        ("settlement-policy", load_settlement),
        ("tier-policy", load_tiers),
        ("offer", load_offer),
        ("price-list", load_price_list),
        ("A flash sale", load_price_list),
        ("freight-template", load_freight),
        ("points-policy", load_points),
        ("coupon-template", load_coupon_template),
        ("group-sale", load_group_sale),
        ("cart", load_cart),
    ],
    ids=[
        "policy",
        "plan",
        "settlement",
        "tiers",
        "offer",
        "prices",
        "flash sale",
        "freight",
        "points",
        "coupons",
        "groups",
        "cart",
    ],
)
def test_the_examples_load(name: str, load: Callable[[bytes, Media], object]) -> None:
    (example,) = blocks(section(PAGE, name), "toml")

    load(example.encode(), Media.TOML)


@pytest.mark.parametrize("union", ["component", "period_component", "reward", "match", "base"])
def test_the_example_of_a_plan_uses_everything_that_there_is(union: str) -> None:
    (example,) = blocks(section(PAGE, "commission-plan"), "toml")

    assert set(KINDS[union].values()) <= nouns_of(load_plan(example.encode(), Media.TOML))


def test_the_example_of_a_plan_is_nothing_to_doubt() -> None:
    (example,) = blocks(section(PAGE, "commission-plan"), "toml")

    assert plan_problems(load_plan(example.encode(), Media.TOML)) == ()


TEA = goods("tea-1", 4_000, category="food/tea", brand="Our Tea", tags=("any three",), freight="parcels")
CUP = goods("cup-1", 2_500, brand="Our Tea", tags=("any three",), freight="parcels")
EIGHT = parse_instant("2026-11-11T20:00:00+08:00")


@pytest.mark.parametrize(
    ("id", "cart", "payable_minor"),
    [
        ("every 200", a_cart((TEA, 10)), 40_000 - 2 * 3_000),
        ("every 200", a_cart((TEA, 30)), 120_000 - 3 * 3_000),
        ("three for two", a_cart((TEA, 2), CUP), 8_000),
        ("second half price", a_cart((TEA, 2), CUP), 6_000 + 2_500),
        ("any three", a_cart((TEA, 2), CUP), 9_900),
    ],
)
def test_an_example_takes_off_what_is_said(id: str, cart: Cart, payable_minor: int) -> None:
    (offer,) = [each for each in MORE if each.id == id]

    assert quoted(cart, offer).payable_minor == payable_minor


def test_the_example_of_an_offer_is_a_ladder_of_thresholds() -> None:
    (offer,) = [load_offer(each.encode(), Media.TOML) for each in blocks(section(PAGE, "offer"), "toml")]

    def taken_off(units: int, at: Instant = EIGHT) -> int:
        found = quoted(a_cart((TEA, units), channel="app"), offer, at=at)
        return units * TEA.list_minor - found.payable_minor

    assert [taken_off(units) for units in (4, 5, 10, 20)] == [0, 2_000, 5_000, 12_000]
    assert taken_off(5, parse_instant("2026-11-11T22:00:00+08:00")) == 0


def test_the_examples_of_prices_and_freight_work_together() -> None:
    def one(name: str, load: Callable[[bytes, Media], Any]) -> Any:
        (example,) = blocks(section(PAGE, name), "toml")
        return load(example.encode(), Media.TOML)

    lists = (one("price-list", load_price_list), one("A flash sale", load_price_list))
    book = evolve(BOOK, lists=lists, templates=(one("freight-template", load_freight),))
    (free,) = [each for each in MORE if each.id == "free shipping"]
    gold, before = Shopper(MemberId("ann"), "gold"), parse_instant("2026-11-11T19:59:59+08:00")

    def priced(units: int, at: Instant, **more: Any) -> list[int]:
        found = quoted(a_cart((TEA, units), region="cn/gd", **more), free, book=book, at=at)
        return [found.goods_minor, found.shipping_minor]

    assert priced(1, before) == [4_000, 1_200]
    assert priced(1, before, shopper=gold) == [3_600, 1_200]
    assert priced(2, before, shopper=gold) == [7_200, 600]
    assert priced(6, before, shopper=gold) == [20_700, 0]
    assert priced(2, EIGHT, shopper=gold) == [5_980, 600]
    assert priced(3, EIGHT, shopper=gold) == priced(3, before, shopper=gold), "two are sold to a member"


def test_every_example_belongs_to_a_document() -> None:
    assert len(blocks(PAGE, "toml")) == 12 + len(MORE)


def test_the_limits_are_those_of_the_code() -> None:
    assert wrong_limits(PAGE) == []
