"""A check of pricing names what is wrong by its path in the document, whatever is damaged in a value."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from typing import Any

import attrs
import pytest
from attrs import evolve
from hypothesis import given
from tests.codec.meanings_of_pricing import MEANINGS_OF_PRICING

from distcore.codec.documents import (
    CART,
    COUPONS,
    FREIGHT,
    GROUPS,
    OFFER,
    POINTS,
    PRICES,
    QUOTE,
    Format,
    dump,
)
from distcore.codec.points import PointsDocument
from distcore.kernel import Rate
from distcore.pricing import FreightTemplate, Offer, PointsIn, PriceList, Wanted
from distcore.testing.carts import random_offer_for_some, random_price_list, random_template
from distcore.testing.catalog import random_wanted
from distcore.testing.worlds import drawn

FORMATS: dict[type, Format[Any]] = {
    form.root: form for form in (OFFER, PRICES, FREIGHT, POINTS, COUPONS, GROUPS, QUOTE, CART)
}
BAD: dict[type, tuple[Any, ...]] = {
    int: (-1, 0, 10**30),
    str: ("", " ", "/", "\n", "x" * 2_000),
    Rate: (Rate(0),),
    tuple: ((),),
    time: (time(), time(20, tzinfo=UTC), time(20, 0, 0, 1)),
}
Damage = tuple[str, Any]
"""The path of what was damaged in a document, and the value with it."""


def damages(value: Any, where: str, put: Callable[[Any], Any]) -> Iterator[Damage]:
    """Yield a value with each of its parts made bad, or turned round, one after the other."""
    for bad in BAD.get(type(value), ()):
        yield where, put(bad)
    if isinstance(value, tuple):
        yield where, put(value[::-1])  # what rose falls
        for place, item in enumerate(value):

            def put_item(other: Any, place: int = place) -> Any:
                return put((*value[:place], other, *value[place + 1 :]))

            yield from damages(item, f"{where}[{place}]", put_item)
    elif attrs.has(type(value)) and not isinstance(value, Rate):
        for field in attrs.fields(type(value)):

            def put_field(other: Any, name: str = field.name) -> Any:
                return put(evolve(value, **{name: other}))

            part = getattr(value, field.name)
            yield from damages(part, f"{where}.{field.name.removesuffix('_minor')}", put_field)


def written(value: Any) -> Any:
    return json.loads(dump(value, FORMATS[type(value)], currency=value.currency))


def stands_in(tree: Any, where: str) -> bool:
    """Say whether a path leads to something in a document."""
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", where)
    assert where == "$" + "".join(f".{name}" if name else f"[{place}]" for name, place in steps)
    for name, place in steps:
        if name and not (isinstance(tree, dict) and name in tree):
            return False
        if place and not (isinstance(tree, list) and int(place) < len(tree)):
            return False
        tree = tree[name or int(place)]
    return True


def places_in(value: Any) -> list[str]:
    return [problem.where for problem in FORMATS[type(value)].problems_of(value)]


def assert_named_where_they_stand(value: Any) -> set[str]:
    """Damage a value at every place; return the places at which some damage is named."""
    tree, named = written(value), set()
    for where, damaged in damages(value, "$", lambda whole: whole):
        found = places_in(damaged)
        assert [each for each in found if not stands_in(tree, each)] == []
        if found:
            assert any(each == where or each.startswith((f"{where}.", f"{where}[")) for each in found)
            named.add(where)
    return named


@pytest.mark.parametrize("name", MEANINGS_OF_PRICING)
def test_of_what_is_damaged_the_path_is_named(name: str) -> None:
    value = MEANINGS_OF_PRICING[name]
    named = assert_named_where_they_stand(PointsDocument.of(value) if isinstance(value, PointsIn) else value)

    assert ({"$.id", "$.currency"} if hasattr(value, "id") else {"$.currency"}) < named


EVERY_STEP = [f"$.effect.steps[{place}]" for place in range(3)]
HOURS = [f"$.schedule.hours[{place}]" for place in range(3)]
NAMED = {
    "offer-1-everything": {
        *("$.id", "$.currency", "$.priority", "$.group", "$.worth", "$.threshold.least"),
        *("$.threshold.of.category", "$.effect.steps", *(f"{each}.least" for each in EVERY_STEP)),
        *("$.effect.steps[0].off.amount", "$.effect.steps[1].off.rate"),
        *("$.effect.steps[2].off.rate", "$.effect.steps[2].off.most"),
        *("$.products.sets", "$.products.sets[0].sets", "$.products.sets[0].sets[0].category"),
        *("$.products.sets[0].sets[1].skus", "$.products.sets[0].sets[1].skus[0]"),
        *("$.products.sets[0].sets[1].skus[1]", "$.products.sets[0].sets[2].brands"),
        *("$.products.sets[0].sets[2].brands[0]", "$.products.sets[1].set.tags"),
        *("$.products.sets[1].set.tags[0]", "$.products.sets[1].set.tags[1]"),
        *("$.audience.tiers[0]", "$.audience.tiers[1]", "$.audience.groups[0]", "$.audience.groups[1]"),
        *("$.audience.channels[0]", "$.audience.regions[0]", "$.audience.regions[1]"),
        *(f"{each}.weekdays" for each in HOURS),
        *(f"{each}.start" for each in HOURS),
        *(f"{each}.end" for each in HOURS[:2]),
    },
    "price-list-1-everything": {
        *("$.id", "$.currency", "$.priority", "$.prices[0].sku", "$.prices[1].sku"),
        *("$.prices[0].breaks", "$.prices[1].breaks"),
        *(f"$.prices[0].breaks[{place}].{name}" for place in range(3) for name in ("from_units", "price")),
        *("$.prices[1].breaks[0].from_units", "$.prices[1].breaks[0].price"),
        *("$.prices[0].total_max", "$.prices[0].per_member_max"),
        *("$.audience.tiers[0]", "$.audience.tiers[1]", "$.audience.groups[0]"),
        *("$.audience.channels[0]", "$.audience.channels[1]", "$.audience.regions[0]"),
        "$.audience.group_sales[0]",
        *("$.schedule.hours[0].weekdays", "$.schedule.hours[0].start", "$.schedule.hours[0].end"),
    },
    "freight-template-1-everything": {
        *("$.id", "$.currency", "$.zones", "$.zones[0].regions", "$.zones[1].regions"),
        *("$.zones[0].regions[0]", "$.zones[0].regions[1]", "$.zones[1].regions[0]"),
        *("$.zones[0].free_from", "$.zones[2].free_from"),
        *(f"$.zones[0].charge.{name}" for name in ("first_grams", "first", "each_grams", "each")),
        *(f"$.zones[1].charge.{name}" for name in ("first_units", "first", "each_units", "each")),
        *("$.zones[2].charge.steps", "$.zones[2].charge.steps[0].from", "$.zones[2].charge.steps[0].charge"),
        *("$.zones[2].charge.steps[1].from", "$.zones[2].charge.steps[1].charge"),
    },
}


@pytest.mark.parametrize("name", NAMED)
def test_every_part_is_looked_at(name: str) -> None:
    assert assert_named_where_they_stand(MEANINGS_OF_PRICING[name]) == NAMED[name]


def test_an_end_before_the_start_is_named() -> None:
    end = datetime(2026, 1, 1, tzinfo=UTC)
    for name in ("offer-1-everything", "price-list-1-everything"):
        value: Any = MEANINGS_OF_PRICING[name]
        damaged = evolve(value, schedule=evolve(value.schedule, valid_until=end))
        assert places_in(damaged) == ["$.schedule.valid_until"]
        assert stands_in(written(value), "$.schedule.valid_until")


@given(drawn(random_offer_for_some))
def test_of_any_offer(offer: Offer) -> None:
    assert_named_where_they_stand(offer)


@given(drawn(random_price_list))
def test_of_any_price_list(prices: PriceList) -> None:
    assert_named_where_they_stand(prices)


@given(drawn(random_template))
def test_of_any_freight_template(template: FreightTemplate) -> None:
    assert_named_where_they_stand(template)


@given(drawn(random_wanted))
def test_of_any_cart(wanted: Wanted) -> None:
    assert_named_where_they_stand(wanted)
