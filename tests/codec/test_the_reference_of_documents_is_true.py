"""The reference of documents names every field, default and kind, and its examples load."""

from collections.abc import Callable
from enum import Enum
from typing import Any

import attrs
import pytest
from tests.codec.documents import nouns_of
from tests.codec.pages import REFERENCE, blocks, rows, section, wrong_limits

from distcore.codec import Media, load_plan, load_policy, load_settlement, load_tiers
from distcore.codec.kinds import KIND_OF, KINDS
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
from distcore.kernel import Cadence, Calendar, ShopPolicy, parse_instant, period_of, zone_of
from distcore.members import Tier, TierPolicy
from distcore.settlement import SettlementPolicy

PAGE = (REFERENCE / "documents.md").read_text(encoding="utf-8")
NAMES = {
    "component": "a component",
    "period_component": "a period component",
    "pool_weight": "weights",
    "reward": "pays",
    "requirement": "requires",
    "rhythm": "a rhythm",
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
} | {
    f"{NAMES.get(union, union)} of kind {kind}": noun
    for union, kinds in KINDS.items()
    for kind, noun in kinds.items()
}


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
        case type() as noun if noun not in KIND_OF:
            return "`{}`"
        case type() as noun:
            return f'`{{ kind = "{KIND_OF[noun]}" }}`'
        case Enum() as member:
            return f'`"{member.value}"`'
        case bool():
            return f"`{str(default).lower()}`"
        case int() as number:
            return f'`"{number}"`' if field.name.endswith("_minor") else f"`{number}`"
        case ():
            return "`[]`"
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
    ],
    ids=["policy", "plan", "settlement", "tiers"],
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


def test_every_example_belongs_to_a_document() -> None:
    assert len(blocks(PAGE, "toml")) == 4


def test_the_limits_are_those_of_the_code() -> None:
    assert wrong_limits(PAGE) == []
