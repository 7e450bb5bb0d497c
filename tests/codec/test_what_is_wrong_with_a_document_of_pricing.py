"""Offers, price lists and freight templates that are wrong: each mistake is reported once, where it is."""

import json
from collections.abc import Callable
from datetime import UTC, time
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.codec.documents import (
    a_freight_template,
    a_price,
    a_price_list,
    a_zone,
    an_offer,
    an_offer_of,
    as_json,
    as_toml,
    problems_of,
    without,
)

from distcore.codec import Media, load_freight, load_offer, load_price_list
from distcore.codec.convert import converter_for, read
from distcore.kernel import InputError, limits

SECONDS_MAX = 30  # a second on a quiet machine; what is quadratic takes minutes
EFFECTS = (
    "amount, amount_steps, bundle, buy_get, coupon, every_amount, every_units, fixed_price, gift, nth_unit, "
    "percent, points, shipping, unit_steps"
)
TREES = {"offer": an_offer(), "price-list": a_price_list(), "freight-template": a_freight_template()}
LOADERS: dict[str, Callable[[bytes, Media], object]] = {
    "offer": load_offer,
    "price-list": load_price_list,
    "freight-template": load_freight,
}
DAYS = "friday, monday, saturday, sunday, thursday, tuesday, wednesday"
STEP = {"least": "100", "off": {"kind": "amount", "amount": "10"}}


def with_hours(**hours: object) -> dict[str, Any]:
    return an_offer(schedule={"hours": [{"weekdays": ["monday"]} | hours]})


def nested(depth: int) -> dict[str, Any]:
    """Return an offer whose products are sets within sets."""
    products: dict[str, Any] = {"kind": "sku", "skus": ["tea"]}
    for _ in range(depth):
        products = {"kind": "not", "set": products}
    return an_offer(products=products)


def test_nothing_wrong_is_nothing_reported() -> None:
    assert problems_of(an_offer()) == problems_of(a_price_list()) == problems_of(a_freight_template()) == []


@pytest.mark.parametrize("name", LOADERS)
def test_one_document_is_not_taken_for_another(name: str) -> None:
    LOADERS[name](as_json(TREES[name]), Media.JSON)
    for other in LOADERS.keys() - {name}:
        with pytest.raises(InputError, match=rf"^\$\.document: not a {name}: '{other}'"):
            LOADERS[name](as_json(TREES[other]), Media.JSON)


def test_one_offer_with_every_kind_of_mistake() -> None:
    tree = an_offer(
        id="",
        effect={
            "kind": "amount_steps",
            "steps": [
                {"least": "200.00", "off": {"kind": "percents", "rate": "10%"}},
                {"least": "100.005", "off": {"kind": "fixed_price", "price": "1"}},
                {"least": "150.00", "of": {"kind": "amount", "amount": "10"}},
                {"least": "120.00", "off": {"kind": "amount", "amount": "120.01"}},
                7,
            ],
        },
        products={"kind": "any_of", "sets": [{"kind": "sku", "skus": ["tea", ""]}, {"kind": "colour"}]},
        threshold={"least": "100"},
        stage="Order",
        priority="1",
        worth=5,
        audience={"tiers": "gold", "newcomers": "yes"},
        schedule={"valid_from": "2026-11-11", "hours": [{"weekdays": ["mon"], "start": "8 pm"}]},
        colour="red",
    )

    found = problems_of(tree)

    assert [(problem.where, problem.message) for problem in found] == [
        ("$.colour", "unknown field 'colour'"),
        ("$.effect.steps[0].off", "unknown kind 'percents', expected one of amount, percent"),
        ("$.effect.steps[1].least", "too many decimals: '100.005'"),
        ("$.effect.steps[1].off", "unknown kind 'fixed_price', expected one of amount, percent"),
        ("$.effect.steps[2].of", "unknown field 'of'"),
        ("$.effect.steps[2].off", "is missing"),
        ("$.effect.steps[4]", "not a table: 7"),
        (
            "$.products.sets[1]",
            "unknown kind 'colour', expected one of all_of, any_of, brand, category, not, sku, tag",
        ),
        ("$.threshold", "has no kind, expected one of amount, units"),
        ("$.stage", "unknown value 'Order', expected one of coupon, line, order"),
        ("$.priority", "not a whole number: '1'"),
        ("$.worth", "not an amount: 5"),
        ("$.audience.tiers", "not a list: 'gold'"),
        ("$.audience.newcomers", "neither true nor false: 'yes'"),
        ("$.schedule.valid_from", "not an instant: '2026-11-11'"),
        (
            "$.schedule.hours[0].weekdays[0]",
            f"unknown value 'mon', expected one of {DAYS}",
        ),
        ("$.schedule.hours[0].start", "not a time of day: '8 pm'"),
        ("$.id", "an id can't be blank: ''"),
        ("$.products.sets[0].skus[1]", "an id can't be blank: ''"),
        ("$.effect.steps[3].least", "120.00 CNY does not come after 150.00 CNY"),
        ("$.effect.steps[3].off.amount", "more than what it is taken off"),
    ]


@pytest.mark.parametrize(
    ("tree", "wrong"),
    [
        *(
            (without(tree, name), f"$.{name}: is missing")
            for tree, names in (
                (an_offer(), ["id", "currency", "effect"]),
                (a_price_list(), ["id", "currency", "prices"]),
                (a_freight_template(), ["id", "currency", "zones"]),
            )
            for name in names
        ),
        (
            an_offer(effect="10%"),
            f"$.effect: not a table: '10%' (a table with a kind, expected one of {EFFECTS})",
        ),
        (an_offer_of("Percent"), f"$.effect: unknown kind 'Percent', expected one of {EFFECTS}"),
        (an_offer_of("PercentOff"), f"$.effect: unknown kind 'PercentOff', expected one of {EFFECTS}"),
        (an_offer_of("percent"), "$.effect.rate: is missing"),
        (an_offer_of("percent", rate=0.1), "$.effect.rate: not a rate: 0.1"),
        (an_offer_of("percent", rate="110%"), "$.effect.rate: a rate above 100 %: '110%'"),
        (an_offer_of("percent", rate="0%"), "$.effect.rate: takes nothing off"),
        (
            an_offer_of("percent", rate="10%", most_minor="5"),
            "$.effect.most_minor: unknown field 'most_minor'",
        ),
        (an_offer_of("percent", rate="10%", most=None), "$.effect.most: not an amount: None"),
        (
            an_offer_of("amount", amount="0.00"),
            "$.effect.amount: out of range: 0.00 CNY (from 0.01 CNY to 10000000000000.00 CNY)",
        ),
        (an_offer_of("amount", amount="-1"), "$.effect.amount: out of range: -1.00 CNY"),
        (an_offer_of("amount", amount="1" * 40), "$.effect.amount: not an amount"),
        (an_offer_of("amount", amount="10000000000000.01"), "$.effect.amount: too large an amount"),
        (
            an_offer_of("amount", amount="1.5") | {"currency": "JPY"},
            "$.effect.amount: too many decimals: '1.5' (JPY has 0)",
        ),
        (an_offer_of("amount", amount="1.505"), "$.effect.amount: too many decimals: '1.505' (CNY has 2)"),
        (an_offer_of("amount", amount="１"), "$.effect.amount: not an amount"),
        (an_offer_of("amount", amount="1.5050") | {"currency": "cny"}, "$.currency: unknown currency: 'cny'"),
        (
            an_offer_of("amount", amount="-1") | {"currency": "JPY"},
            "$.effect.amount: out of range: -1 JPY (from 1 JPY to 1000000000000000 JPY)",
        ),
        (an_offer_of("fixed_price", price=-1), "$.effect.price: not an amount: -1"),
        (an_offer_of("amount_steps", steps=[]), "$.effect.steps: there are 0"),
        (
            an_offer_of("amount_steps", steps=[STEP] * 2),
            "$.effect.steps[1].least: 100.00 CNY does not come after 100.00 CNY",
        ),
        (
            an_offer_of("amount_steps", steps=[STEP, STEP | {"least": "99.99"}]),
            "$.effect.steps[1].least: 99.99 CNY does not",
        ),
        (
            an_offer_of("amount_steps", steps=[STEP | {"least": 100}]),
            "$.effect.steps[0].least: not an amount: 100",
        ),
        (
            an_offer_of("amount_steps", steps=[STEP | {"least": "1"}]),
            "$.effect.steps[0].off.amount: more than what it is taken off (at most 1.00 CNY)",
        ),
        (
            an_offer_of("unit_steps", steps=[STEP | {"least": "3"}]),
            "$.effect.steps[0].least: not a whole number: '3'",
        ),
        (an_offer_of("every_amount", every="x", amount="10"), "$.effect.every: not an amount: 'x'"),
        (
            an_offer_of("every_amount", every="10", amount="10.01"),
            "$.effect.amount: more than what it is taken off",
        ),
        (an_offer_of("every_units", every=10**9 + 1, amount="1"), "$.effect.every: out of range: 1000000001"),
        (
            an_offer_of("every_units", every=1, amount="1", times_max=10**400),
            "$.effect.times_max: not a whole number",
        ),
        (an_offer_of("nth_unit", nth=1, rate="50%"), "$.effect.nth: out of range: 1"),
        (an_offer_of("nth_unit", nth=2, rate="50%", which="cheap"), "$.effect.which: unknown value 'cheap'"),
        (an_offer_of("buy_get", buy=True, get=1), "$.effect.buy: not a whole number: True"),
        (
            an_offer_of("buy_get", buy=2, get=1, of={"kind": "sku", "skus": []}),
            "$.effect.of.skus: there are 0",
        ),
        (an_offer_of("bundle", units=1, price="9"), "$.effect.units: out of range: 1"),
        (an_offer_of("gift", sku=" "), "$.effect.sku: an id can't be blank"),
        (
            an_offer_of("shipping", off={"kind": "shipping"}),
            "$.effect.off: unknown kind 'shipping', expected one of amount, percent",
        ),
        (an_offer_of("points", points=1.0), "$.effect.points: not a whole number: 1.0"),
        (an_offer_of("points", points=float("nan")), "$.effect.points: not a whole number: NaN"),
        (an_offer_of("points", points=float("inf")), "$.effect.points: not a whole number: Infinity"),
        (an_offer_of("coupon", template="thanks", coupons=1_001), "$.effect.coupons: out of range: 1001"),
        (
            an_offer(
                effect={"kind": "amount", "amount": "100.01"}, threshold={"kind": "amount", "least": "100"}
            ),
            "$.effect.amount: more than what it is taken off (at most 100.00 CNY)",
        ),
        (an_offer(threshold={"kind": "amount", "least": 3}), "$.threshold.least: not an amount: 3"),
        (an_offer(threshold={"kind": "units", "least": "3"}), "$.threshold.least: not a whole number: '3'"),
        (an_offer(threshold={"kind": "units", "least": 0}), "$.threshold.least: out of range: 0"),
        (an_offer(products=["tea"]), "$.products: not a table: ['tea']"),
        (an_offer(products={"kind": "sku", "skus": "tea"}), "$.products.skus: not a list: 'tea'"),
        (an_offer(products={"kind": "sku", "skus": ["tea", "\ud800"]}), "$.products.skus[1]: "),
        (an_offer(products={"kind": "category", "category": "food/"}), "$.products.category: is not a path"),
        (
            an_offer(products={"kind": "not", "set": {"kind": "tag", "tags": [1]}}),
            "$.products.set.tags[0]: not a text: 1",
        ),
        (an_offer(priority=10**6 + 1), "$.priority: out of range: 1000001"),
        (an_offer(priority=10**300), "$.priority: not a whole number"),
        (an_offer(audience={"regions": ["/cn"]}), "$.audience.regions[0]: is not a path"),
        (an_offer(audience={"tier": ["gold"]}), "$.audience.tier: unknown field 'tier'"),
        (an_offer(schedule={"valid_from": "2026-11-11T00:00:00"}), "$.schedule.valid_from: not an instant"),
        (
            an_offer(
                schedule={"valid_from": "2026-11-11T00:00:00Z", "valid_until": "2026-11-11T08:00:00+08:00"}
            ),
            "$.schedule.valid_until: ends before it begins",
        ),
        (with_hours(weekdays=[]), "$.schedule.hours[0].weekdays: there are 0"),
        (with_hours(start="20:00", end="20:00"), "$.schedule.hours[0].end: ends before it begins"),
        (with_hours(end="00:00"), "$.schedule.hours[0].end: ends before it begins"),
        (
            with_hours(start="24:00", end="01:00"),
            "$.schedule.hours[0].start: not a time of day: '24:00' (a time of day like 20:00)",
        ),
        (with_hours(start="20:00", end="8 pm"), "$.schedule.hours[0].end: not a time of day: '8 pm'"),
        (with_hours(start="20:00+08:00"), "$.schedule.hours[0].start: not a time of day: '20:00+08:00'"),
        (with_hours(start=20), "$.schedule.hours[0].start: not a time of day: 20"),
        (with_hours(start=None), "$.schedule.hours[0].start: not a time of day: None"),
        (a_price_list(a_price(), a_price()), "$.prices[1].sku: 'tea' stands twice"),
        (a_price_list(a_price(""), a_price()), "$.prices[0].sku: an id can't be blank"),
        (a_price_list(without(a_price(), "breaks")), "$.prices[0].breaks: is missing"),
        (
            a_price_list({"sku": "tea", "price": "9", "breaks": [{"from_units": 1, "price": "9"}]}),
            "$.prices[0].price: unknown field",
        ),
        (
            a_price_list(a_price("tea", {"from_units": 1, "price": 9.9})),
            "$.prices[0].breaks[0].price: not an amount: 9.9",
        ),
        (
            a_price_list(a_price("tea", {"from_units": 0, "price": "9"})),
            "$.prices[0].breaks[0].from_units: out of range: 0",
        ),
        (
            a_price_list(a_price("tea", {"from_units": 2, "price": "9"}, {"from_units": 1, "price": "8"})),
            "$.prices[0].breaks[1].from_units: 1 does not come after 2",
        ),
        (a_price_list(7), "$.prices[0]: not a table: 7"),
        (a_price_list(prices={"tea": "9.90"}), "$.prices: not a list"),
        (a_price_list(effect={"kind": "percent", "rate": "10%"}), "$.effect: unknown field 'effect'"),
        (a_freight_template(zones=[]), "$.zones: there are 0"),
        (
            a_freight_template(a_zone(), a_zone(regions=["cn"])),
            "$.zones[0].regions: no zone behind it is reached",
        ),
        (a_freight_template(a_zone(regions="cn"), a_zone()), "$.zones[0].regions: not a list: 'cn'"),
        (a_freight_template(a_zone(regions=["cn/"])), "$.zones[0].regions[0]: is not a path"),
        (a_freight_template(a_zone(charge="8.00")), "$.zones[0].charge: not a table: '8.00'"),
        (
            a_freight_template(a_zone(charge={"kind": "free"})),
            "$.zones[0].charge: unknown kind 'free', expected one of by_amount, by_pieces, by_weight",
        ),
        (
            a_freight_template(a_zone(charge=a_zone()["charge"] | {"each_units": 0})),
            "$.zones[0].charge.each_units: out of range: 0",
        ),
        (
            a_freight_template(a_zone(charge=a_zone()["charge"] | {"each": "-1"})),
            "$.zones[0].charge.each: out of range: -1.00 CNY (from 0.00 CNY to",
        ),
        (a_freight_template(a_zone(free_from="free")), "$.zones[0].free_from: not an amount: 'free'"),
        (
            a_freight_template(
                a_zone(
                    charge={
                        "kind": "by_amount",
                        "steps": [{"from": "9", "charge": "1"}, {"from": "8", "charge": "1"}],
                    }
                )
            ),
            "$.zones[0].charge.steps[1].from: 8.00 CNY does not come after 9.00 CNY",
        ),
    ],
)
def test_one_mistake_is_one_problem(tree: dict[str, Any], wrong: str) -> None:
    (problem,) = problems_of(tree)

    assert str(problem).startswith(wrong)


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ("20:00:00.5", "finer than a second: 20:00:00.500000 (a time of day like 20:00)"),
        ("2026-11-11", "not a time of day: 2026-11-11 (a time of day without a date, like 20:00)"),
        (
            "2026-11-11T20:00:00",
            "not a time of day: 2026-11-11T20:00:00 (a time of day without a date, like 20:00)",
        ),
        ("20.5", "not a time of day: 20.5 (a time of day like 20:00)"),
        ("nan", "not a time of day: nan (a time of day like 20:00)"),
    ],
)
def test_what_is_no_time_of_day_of_toml(start: str, problem: str) -> None:
    data = as_toml(with_hours(start="20:00")).replace(b'"20:00"', start.encode())

    assert [str(each) for each in problems_of(data, Media.TOML)] == [f"$.schedule.hours[0].start: {problem}"]


@pytest.mark.parametrize("raw", [time(20, 0, 0, 1), time(20, tzinfo=UTC)])
def test_whoever_reads_a_time_of_day_need_not_look_at_it(raw: time) -> None:
    part = read(converter_for("CNY"), raw, time)

    assert (part.value, [each.where for each in part.problems]) == (time(), [""])


@pytest.mark.parametrize("start", ["20:00:00Z", "20:00:00+08:00", "24:00:00", "20:60:00"])
def test_what_is_no_toml_at_all(start: str) -> None:
    data = as_toml(with_hours(start="20:00")).replace(b'"20:00"', start.encode())

    (problem,) = problems_of(data, Media.TOML)
    assert problem.message.startswith("not TOML: ")


def test_a_local_time_and_a_text_are_the_same_time_of_day() -> None:
    text = as_toml(with_hours(start="20:00", end="20:00:30"))
    bare = text.replace(b'"20:00"', b"20:00:00").replace(b'"20:00:30"', b"20:00:30")

    assert b"= 20:00:00" in bare
    assert load_offer(text, Media.TOML) == load_offer(bare, Media.TOML)


def test_a_key_stands_twice() -> None:
    data = as_json(an_offer()).replace(b'"rate": "10%"', b'"rate": "10%", "rate": "90%"')

    assert [str(each) for each in problems_of(data)] == ["$.effect.rate: stands twice (give each field once)"]


@pytest.mark.parametrize("depth", [28, 29, 30, 250, 900])
def test_sets_within_sets_are_refused_however_deep(depth: int) -> None:
    data = as_json(an_offer(products=0)).replace(
        b'"products": 0',
        b'"products": '
        + b'{"kind": "not", "set": ' * depth
        + b'{"kind": "sku", "skus": ["a"]}'
        + b"}" * depth,
    )

    found = [each.message for each in problems_of(data)]
    assert len(found) == (depth > 28)
    assert all("nested" in each for each in found)


@pytest.mark.parametrize(
    "data",
    [
        as_json(a_price_list(prices=[{}] * 200_000)),
        as_json(a_price_list(*[a_price("tea", {"from_units": 1, "price": "9"})] * 10_000)),
        as_json(a_price_list(a_price("tea", *[{"from_units": 1, "price": "9"}] * 25_000))),
        as_json(an_offer(products={"kind": "sku", "skus": [""] * 200_000})),
        as_json(an_offer_of("amount_steps", steps=[STEP] * 12_000)),
        as_json(a_freight_template(*[a_zone()] * 8_000)),
    ],
    ids=["prices", "twice", "breaks", "skus", "steps", "zones"],
)
def test_a_megabyte_of_mistakes_is_refused_in_time(data: bytes) -> None:
    assert len(data) <= limits.DOCUMENT_BYTES_MAX
    started = perf_counter()
    found = problems_of(data)

    assert 1 <= len(found) <= limits.PROBLEMS_MAX
    assert perf_counter() - started < SECONDS_MAX


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(
    ANYTHING, st.sampled_from(["id", "effect", "products", "threshold", "audience", "schedule", "priority"])
)
def test_any_value_in_any_field_ends_as_problems_or_loads(value: object, name: str) -> None:
    for problem in problems_of(json.dumps(an_offer(**{name: value})).encode()):
        assert problem.where.startswith(("$", "line "))
        assert str(problem).encode()  # what is echoed can always be printed


@given(ANYTHING)
def test_any_hour_ends_as_a_problem_or_loads(value: object) -> None:
    for problem in problems_of(with_hours(end=value)):
        assert problem.where == "$.schedule.hours[0].end"
