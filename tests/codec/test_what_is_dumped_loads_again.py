"""Loading what was dumped gives the same value, in JSON and in TOML."""

import json

import pytest
from attrs import evolve
from hypothesis import given
from tests.codec.documents import a_component, a_plan, a_policy, a_rule, a_settlement, as_json, as_toml, tiers

from distcore.codec import (
    Media,
    dump_cart,
    dump_freight,
    dump_offer,
    dump_plan,
    dump_points,
    dump_policy,
    dump_price_list,
    dump_quote,
    dump_settlement,
    dump_tiers,
    load_cart,
    load_freight,
    load_offer,
    load_plan,
    load_points,
    load_policy,
    load_price_list,
    load_quote,
    load_settlement,
    load_tiers,
)
from distcore.commission import Freeze, Plan
from distcore.kernel import Currency, InputError, ShopPolicy, Sku
from distcore.members import TierPolicy
from distcore.pricing import (
    Audience,
    Break,
    Cart,
    FreightTemplate,
    Offer,
    PointsIn,
    PriceList,
    PriceOf,
    Wanted,
)
from distcore.settlement import SettlementPolicy
from distcore.testing.carts import (
    an_offer,
    percent,
    quoted,
    random_cart,
    random_offer_for_some,
    random_price_list,
    random_template,
)
from distcore.testing.catalog import random_points, random_wanted
from distcore.testing.period_strategies import period_plans
from distcore.testing.strategies import currencies, ids, plans, policies, settlement_policies
from distcore.testing.tier_strategies import tier_policies
from distcore.testing.worlds import drawn


@given(plans())
def test_a_plan_comes_back(plan: Plan) -> None:
    text = dump_plan(plan)

    assert load_plan(text.encode(), Media.JSON) == plan
    assert load_plan(as_toml(json.loads(text)), Media.TOML) == plan


@given(policies())
def test_a_policy_comes_back(policy: ShopPolicy) -> None:
    text = dump_policy(policy)

    assert load_policy(text.encode(), Media.JSON) == policy
    assert load_policy(as_toml(json.loads(text)), Media.TOML) == policy


@given(settlement_policies())
def test_a_settlement_policy_comes_back(policy: SettlementPolicy) -> None:
    text = dump_settlement(policy)

    assert load_settlement(text.encode(), Media.JSON) == policy
    assert load_settlement(as_toml(json.loads(text)), Media.TOML) == policy


@given(tier_policies())
def test_a_tier_policy_comes_back(policy: TierPolicy) -> None:
    text = dump_tiers(policy)

    assert load_tiers(text.encode(), Media.JSON) == policy
    assert load_tiers(as_toml(json.loads(text)), Media.TOML) == policy


@given(period_plans())
def test_a_plan_of_periods_comes_back(plan: Plan) -> None:
    text = dump_plan(plan)

    assert load_plan(text.encode(), Media.JSON) == plan
    assert load_plan(as_toml(json.loads(text)), Media.TOML) == plan


@given(drawn(random_offer_for_some), ids(), currencies())
def test_an_offer_comes_back(drawn: Offer, id: str, currency: Currency) -> None:
    offer = evolve(drawn, id=id, currency=currency)
    text = dump_offer(offer)

    assert load_offer(text.encode(), Media.JSON) == offer
    assert load_offer(as_toml(json.loads(text)), Media.TOML) == offer


@given(drawn(random_price_list), ids(), currencies())
def test_a_price_list_comes_back(drawn: PriceList, id: str, currency: Currency) -> None:
    prices = evolve(drawn, id=id, currency=currency)
    text = dump_price_list(prices)

    assert load_price_list(text.encode(), Media.JSON) == prices
    assert load_price_list(as_toml(json.loads(text)), Media.TOML) == prices


@given(drawn(random_template), ids(), currencies())
def test_a_freight_template_comes_back(drawn: FreightTemplate, id: str, currency: Currency) -> None:
    template = evolve(drawn, id=id, currency=currency)
    text = dump_freight(template)

    assert load_freight(text.encode(), Media.JSON) == template
    assert load_freight(as_toml(json.loads(text)), Media.TOML) == template


@given(drawn(random_points))
def test_what_points_are_worth_comes_back(points: PointsIn) -> None:
    text = dump_points(points)

    assert load_points(text.encode(), Media.JSON) == points
    assert load_points(as_toml(json.loads(text)), Media.TOML) == points
    with pytest.raises(InputError, match=r"^\$\.currency: unknown currency: 'Taler'"):
        dump_points(evolve(points, currency=Currency("Taler")))


@given(drawn(random_wanted))
def test_a_cart_comes_back(wanted: Wanted) -> None:
    text = dump_cart(wanted)

    assert load_cart(text.encode(), Media.JSON) == wanted
    assert load_cart(as_toml(json.loads(text)), Media.TOML) == wanted
    with pytest.raises(InputError, match=r"^\$\.lines: there are 0"):
        dump_cart(evolve(wanted, lines=()))


OFFERS = (
    an_offer(percent("10%"), "by coupon", by_coupon=True),
    an_offer(percent("20%"), "for gold", audience=Audience(tiers=("gold",))),
    an_offer(percent("5%"), "for all"),
)


@given(drawn(random_cart))
def test_a_quote_comes_back(cart: Cart) -> None:
    """With all reasons, of price lists and of offers; and what is no quote is refused with its place."""
    found = quoted(evolve(cart, lines=tuple(evolve(each, units=1) for each in cart.lines)), *OFFERS)
    text = dump_quote(found)

    assert load_quote(text.encode(), Media.JSON) == found
    with pytest.raises(InputError, match=r"\$\.verdicts\[0\]\.reason: unknown value 'because', expected "):
        load_quote(text.replace('"needs_coupon"', '"because"').encode(), Media.JSON)
    with pytest.raises(InputError, match=r"^\$\.cart_hash: not bytes: 'xy'"):
        load_quote(text.replace(f'"{found.cart_hash.hex()}"', '"xy"').encode(), Media.JSON)
    with pytest.raises(InputError, match=r"^\$\.points: not a whole number"):
        dump_quote(evolve(found, points="5"))  # type: ignore[arg-type]


@given(plans())
def test_equal_plans_are_written_alike(plan: Plan) -> None:
    text = dump_plan(plan)

    assert dump_plan(load_plan(text.encode(), Media.JSON)) == text


def test_a_dump_has_every_field_in_order_and_amounts_in_major_units() -> None:
    plan = load_plan(as_json(a_plan()), Media.JSON)

    assert list(json.loads(dump_plan(plan))) == [
        "budget_cut",
        "caps",
        "components",
        "currency",
        "document",
        "freeze",
        "id",
        "period_cadence",
        "period_components",
        "plan_version",
        "rounding",
        "rounding_scope",
        "valid_from",
        "version",
    ]


def test_chinese_stays_readable() -> None:
    assert '"id": "商城"' in dump_plan(load_plan(as_json(a_plan(id="商城")), Media.JSON))


def test_what_could_not_be_loaded_again_is_not_dumped() -> None:
    plan = load_plan(as_json(a_plan()), Media.JSON)
    policy = load_policy(as_json(a_policy()), Media.JSON)

    with pytest.raises(InputError, match=r"\$\.freeze\.days: out of range: -1"):
        dump_plan(evolve(plan, freeze=Freeze(days=-1)))
    with pytest.raises(InputError, match=r"\$\.currencies: is empty"):
        dump_policy(evolve(policy, currencies=()))
    settlement = load_settlement(as_json(a_settlement()), Media.JSON)
    with pytest.raises(InputError, match=r"\$\.minimum: out of range: -1"):
        dump_settlement(evolve(settlement, minimum_minor=-1))
    policy_of_tiers = load_tiers(as_json(tiers()), Media.JSON)
    with pytest.raises(InputError, match=r"\$\.grace_periods: out of range: -1"):
        dump_tiers(evolve(policy_of_tiers, grace_periods=-1))


def test_what_is_too_long_to_be_loaded_is_not_dumped() -> None:
    """A plan may be written shorter than it is dumped: defaults and blanks are written out."""
    rules = [a_rule(f"{place}", levels=[place]) for place in range(1, 5_001)]
    plan = load_plan(as_json(a_plan(components=[a_component(*rules)])), Media.JSON)

    with pytest.raises(InputError, match=r"^\$: too long: [0-9]{7} bytes \(at most 1000000 bytes\)$"):
        dump_plan(plan)


def test_a_document_has_room_for_some_thousand_prices() -> None:
    def a_list(count: int) -> PriceList:
        prices = [PriceOf(Sku(f"tea {place:06}"), (Break(1, 100),)) for place in range(count)]
        return PriceList("all", Currency("CNY"), tuple(prices))

    assert load_price_list(dump_price_list(a_list(5_000)).encode(), Media.JSON) == a_list(5_000)
    with pytest.raises(InputError, match=r"^\$: too long: "):
        dump_price_list(a_list(10_000))


def test_an_offset_in_toml_and_in_text_are_the_same_instant() -> None:
    written = as_toml(a_plan()).replace(b'"2026-01-01T00:00:00+08:00"', b"2026-01-01T00:00:00+08:00")

    assert load_plan(written, Media.TOML) == load_plan(as_json(a_plan()), Media.JSON)
