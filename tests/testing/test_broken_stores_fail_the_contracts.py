"""Each store that is broken on purpose fails the contract that it names, and a healthy one fails none."""

from collections.abc import Callable

import pytest

from distcore.testing.contracts import StoreContract
from distcore.testing.failures import first_failure
from distcore.testing.store_canaries import STORE_CANARIES, StoreCanary, healthy

CONTRACTS = {each.caught_by.__name__: each.caught_by for each in STORE_CANARIES}


def test_canaries_have_names_and_contracts_of_the_suite() -> None:
    assert len({each.name for each in STORE_CANARIES}) == len(STORE_CANARIES) >= 15
    assert set(CONTRACTS.values()) <= set(StoreContract.__bases__)


@pytest.mark.parametrize("canary", STORE_CANARIES, ids=lambda each: each.name.replace(" ", "_"))
def test_a_broken_store_is_caught(
    canary: StoreCanary, record_property: Callable[[str, object], None]
) -> None:
    caught = first_failure(canary.caught_by, canary.place)
    assert caught is not None, f"{canary.caught_by.__name__} does not see that {canary.name}"
    record_property("caught by", f"{canary.caught_by.__name__}.{caught}")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_healthy_store_in_the_same_wrapping_passes(contract: str) -> None:
    assert first_failure(CONTRACTS[contract], healthy) is None
