"""The shipped suites can fail: each defect on purpose is caught by the test that names it."""

import pytest

from distcore.kernel import DistcoreError
from distcore.testing.canaries import CANARIES, Canary
from distcore.testing.money_canaries import MONEY_CANARIES
from distcore.testing.period_canaries import PERIOD_CANARIES

ALL = (*CANARIES, *MONEY_CANARIES, *PERIOD_CANARIES)


def test_canaries_have_names_of_their_own() -> None:
    assert len({canary.name for canary in ALL}) == len(ALL) >= 50


@pytest.mark.parametrize("canary", ALL, ids=lambda canary: canary.name.replace(" ", "_"))
def test_a_canary_is_caught(canary: Canary) -> None:
    with canary.breaks() as store_of, pytest.raises((AssertionError, DistcoreError, pytest.fail.Exception)):
        canary.caught_by(store_of)
