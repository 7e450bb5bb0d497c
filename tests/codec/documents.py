"""Documents for tests: a plan as a tree, and how trees are written."""

import json
from collections.abc import Callable
from typing import Any

import attrs

from distcore.codec import (
    Media,
    load_freight,
    load_offer,
    load_plan,
    load_policy,
    load_price_list,
    load_settlement,
    load_tiers,
)
from distcore.kernel import InputError, Problem


def a_rule(id: str = "sponsor", **fields: object) -> dict[str, Any]:
    return {"id": id, "levels": [1], "pays": {"kind": "percent", "rate": "10%"}} | fields


def a_component(*rules: object, **fields: object) -> dict[str, Any]:
    return {"kind": "upline", "id": "levels", "rules": list(rules) or [a_rule()]} | fields


def a_plan(**fields: object) -> dict[str, Any]:
    return {
        "document": "commission-plan",
        "version": 1,
        "id": "mall",
        "plan_version": 1,
        "currency": "CNY",
        "valid_from": "2026-01-01T00:00:00+08:00",
        "freeze": {"days": 7},
        "components": [a_component()],
    } | fields


def a_plan_paying(**pays: object) -> dict[str, Any]:
    return a_plan(components=[a_component(a_rule(pays=pays))])


def a_policy(**fields: object) -> dict[str, Any]:
    return {"document": "shop-policy", "version": 1, "zone": "Asia/Shanghai", "currencies": ["CNY"]} | fields


def a_settlement(**fields: object) -> dict[str, Any]:
    return {
        "document": "settlement-policy",
        "version": 1,
        "currency": "CNY",
        "policy_version": 1,
        "valid_from": "2026-01-01T00:00:00+08:00",
    } | fields


def a_tier(name: str = "silver", **requires: object) -> dict[str, Any]:
    return {"name": name, "requires": requires or {"kind": "team_sales", "least": "10.00"}}


def tiers(*several: object, **fields: object) -> dict[str, Any]:
    return {
        "document": "tier-policy",
        "version": 1,
        "policy_version": 1,
        "currency": "CNY",
        "valid_from": "2026-01-01T00:00:00+08:00",
        "tiers": list(several) or [a_tier()],
    } | fields


def an_offer(**fields: object) -> dict[str, Any]:
    effect = {"kind": "percent", "rate": "10%"}
    return {"document": "offer", "version": 1, "id": "ten", "currency": "CNY", "effect": effect} | fields


def an_offer_of(kind: str, **effect: object) -> dict[str, Any]:
    return an_offer(effect={"kind": kind} | effect)


def a_price(sku: str = "tea", *breaks: object) -> dict[str, Any]:
    return {"sku": sku, "breaks": list(breaks) or [{"from_units": 1, "price": "9.90"}]}


def a_price_list(*prices: object, **fields: object) -> dict[str, Any]:
    return {
        "document": "price-list",
        "version": 1,
        "id": "flash",
        "currency": "CNY",
        "prices": list(prices) or [a_price()],
    } | fields


def a_zone(**fields: object) -> dict[str, Any]:
    charge = {"kind": "by_pieces", "first_units": 1, "first": "8.00", "each_units": 1, "each": "2.00"}
    return {"charge": charge} | fields


def a_freight_template(*zones: object, **fields: object) -> dict[str, Any]:
    return {
        "document": "freight-template",
        "version": 1,
        "id": "parcels",
        "currency": "CNY",
        "zones": list(zones) or [a_zone()],
    } | fields


def without(tree: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if name not in names}


def nouns_of(value: Any) -> set[type]:
    """Return the types of everything that a value is made of."""
    if isinstance(value, tuple):
        return set().union(*map(nouns_of, value))
    if not attrs.has(type(value)):
        return set()
    parts = [getattr(value, field.name) for field in attrs.fields(type(value)) if field.init]
    return {type(value), *nouns_of(tuple(parts))}


def as_json(tree: object) -> bytes:
    return json.dumps(tree).encode()


def as_toml(tree: dict[str, Any]) -> bytes:
    return "".join(f"{_toml(name)} = {_toml(value)}\n" for name, value in tree.items()).encode()


def _toml(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_toml(name)} = {_toml(each)}" for name, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)  # a text of JSON is a basic string of TOML


def problems_of(data: bytes | dict[str, Any], media: Media = Media.JSON) -> list[Problem]:
    """Return all that is wrong with a document of either kind; nothing if it loads."""
    if isinstance(data, dict):
        data = as_json(data)
    load: Callable[[bytes, Media], object] = load_plan
    for name, other in (
        (b"shop-policy", load_policy),
        (b"settlement-policy", load_settlement),
        (b"tier-policy", load_tiers),
        (b"offer", load_offer),
        (b"price-list", load_price_list),
        (b"freight-template", load_freight),
    ):
        if b'"%b"' % name in data[:200]:
            load = other
    try:
        load(data, media)
    except InputError as error:
        return list(error.problems)
    return []


def places_of(data: bytes | dict[str, Any], media: Media = Media.JSON) -> list[str]:
    """Return where something is wrong."""
    return [problem.where for problem in problems_of(data, media)]
