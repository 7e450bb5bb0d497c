"""A document that was ever valid loads, in every later release, as what it always meant.

A file of ``golden/`` is never changed, and a new version of a document adds files of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.codec.documents import nouns_of
from tests.codec.meanings import MEANINGS as MEANINGS_OF_POLICIES
from tests.codec.meanings_of_pricing import MEANINGS_OF_PRICING

from distcore.codec import (
    Media,
    documents,
    load_cart,
    load_coupon_template,
    load_freight,
    load_group_sale,
    load_offer,
    load_plan,
    load_points,
    load_policy,
    load_price_list,
    load_quote,
    load_settlement,
    load_tiers,
    media_of,
)
from distcore.codec.documents import (
    CART,
    COUPONS,
    FREIGHT,
    GROUPS,
    OFFER,
    PLAN,
    POINTS,
    POLICY,
    PRICES,
    QUOTE,
    SETTLEMENT,
    TIERS,
    Format,
)
from distcore.codec.kinds import KIND_OF

DOCUMENTS = sorted((Path(__file__).parent / "golden").iterdir())
LOADERS: dict[str, Callable[[bytes, Media], object]] = {
    PLAN.name: load_plan,
    POLICY.name: load_policy,
    SETTLEMENT.name: load_settlement,
    TIERS.name: load_tiers,
    OFFER.name: load_offer,
    PRICES.name: load_price_list,
    FREIGHT.name: load_freight,
    POINTS.name: load_points,
    COUPONS.name: load_coupon_template,
    GROUPS.name: load_group_sale,
    QUOTE.name: load_quote,
    CART.name: load_cart,
}
FORMATS = [PLAN, POLICY, SETTLEMENT, TIERS, OFFER, PRICES, FREIGHT, POINTS, COUPONS, GROUPS, QUOTE, CART]
MEANINGS = {**MEANINGS_OF_POLICIES, **MEANINGS_OF_PRICING}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_it_loads_as_what_it_always_meant(file: Path) -> None:
    (load,) = (load for name, load in LOADERS.items() if file.name.startswith(f"{name}-"))

    assert MEANINGS[file.stem] == load(file.read_bytes(), media_of(file.name))


def test_no_format_is_forgotten() -> None:
    assert [each for each in vars(documents).values() if isinstance(each, Format)] == FORMATS


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_version_ever_released_is_here(form: Format[Any]) -> None:
    held = {file.stem for file in DOCUMENTS}
    for version in range(1, form.version + 1):
        assert {f"{form.name}-{version}-everything", f"{form.name}-{version}-least"} <= held


def test_every_kind_is_here() -> None:
    held = set().union(*(nouns_of(MEANINGS[file.stem]) for file in DOCUMENTS))

    assert set(KIND_OF) <= held
