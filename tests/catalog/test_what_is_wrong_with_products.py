"""All that is impossible about a product is said at once, by the names of its fields."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.hostile import CURRENCIES, IDS, NUMBERS, TEXTS, brief

from distcore.catalog import product_problems
from distcore.kernel import Rate, Sku, limits
from distcore.testing.catalog import a_product

AT = datetime(2026, 11, 1, tzinfo=UTC)
MOST = limits.AMOUNT_MINOR_MAX


def _wrong(name: str, value: Any) -> list[str]:
    return [problem.where for problem in product_problems(evolve(a_product(), **{name: value}))]


def test_a_product_at_every_edge_is_possible() -> None:
    whole = a_product(
        "x" * limits.ID_LENGTH_MAX,
        MOST,
        floor_minor=MOST,
        cost_minor=MOST,
        category="food/fresh",
        brand="路",
        tags=tuple(f"tag {place}" for place in range(limits.TAGS_MAX)),
        unit="箱",
        weight_grams=limits.UNITS_MAX,
        freight="parcels",
        tax_rate=Rate.parse("13%"),
        tax_included=False,
        on_shelf=False,
        shelf_from=AT,
        shelf_until=AT + timedelta(microseconds=1),
    )
    assert product_problems(whole) == ()
    assert product_problems(a_product(list_minor=0, cost_minor=0)) == ()


@pytest.mark.parametrize("name", ["list_minor", "floor_minor", "cost_minor", "weight_grams"])
@pytest.mark.parametrize("value", NUMBERS, ids=brief)
def test_an_amount_is_a_number_in_bounds(name: str, value: Any) -> None:
    assert _wrong(name, value) == ([] if name == "cost_minor" and value is None else [name])


@pytest.mark.parametrize("value", IDS, ids=brief)
def test_an_id_is_an_id(value: Any) -> None:
    assert _wrong("sku", value) == ["sku"]
    assert _wrong("tags", ("new", value)) == ["tags[1]"]
    assert _wrong("freight", value) == ([] if value == "" else ["freight"])


@pytest.mark.parametrize("value", TEXTS, ids=brief)
@pytest.mark.parametrize("name", ["brand", "unit", "category"])
def test_a_text_is_a_text(name: str, value: Any) -> None:
    assert _wrong(name, value) == ([] if value == "" else [name])


@pytest.mark.parametrize("value", CURRENCIES, ids=brief)
def test_a_currency_is_one(value: Any) -> None:
    assert _wrong("currency", value) == ["currency"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_minor", MOST + 1),
        ("weight_grams", limits.UNITS_MAX + 1),
        ("category", "/food"),
        ("category", "food/"),
        ("tags", "new"),
        ("tags", tuple(f"tag {place}" for place in range(limits.TAGS_MAX + 1))),
        ("tax_rate", 130_000),
        ("tax_included", 1),
        ("on_shelf", "no"),
    ],
)
def test_whatever_else_is_wrong_is_named(name: str, value: Any) -> None:
    assert _wrong(name, value) == [name]


def test_a_shelf_ends_after_it_begins() -> None:
    assert [each.where for each in product_problems(a_product(shelf_from=AT, shelf_until=AT))] == [
        "shelf_until"
    ]


def test_all_of_it_is_said_at_once() -> None:
    wrong = evolve(a_product(), sku=Sku(""), list_minor=-1, category="/", shelf_from=AT, shelf_until=AT)
    assert [each.where for each in product_problems(wrong)] == [
        "sku",
        "list_minor",
        "category",
        "shelf_until",
    ]
