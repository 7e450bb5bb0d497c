"""Everything that is impossible about a settlement policy is said at once, each with its place."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.builders import NOW
from tests.settlement.payments import CNY, LABOUR, PLATFORM

from distcore.kernel import Currency, InputError, limits
from distcore.settlement import (
    CustomWithholding,
    NoWithholding,
    Review,
    SettlementPolicy,
    Withholding,
    settlement_policy_at,
    settlement_policy_problems,
)

USD = Currency("USD")
POLICY = SettlementPolicy(CNY, 1, NOW)


def places(**changes: Any) -> list[str]:
    return [problem.where for problem in settlement_policy_problems(evolve(POLICY, **changes))]


def test_a_possible_policy_has_no_problem() -> None:
    everything: dict[str, Any] = {
        "policy_version": limits.UNITS_MAX,
        "review": Review.REVIEWED,
        "minimum_minor": limits.AMOUNT_MINOR_MAX,
        "account_hold_days": limits.ACCOUNT_HOLD_DAYS_MAX,
    }

    assert places() == places(minimum_minor=0, account_hold_days=0) == places(**everything) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"currency": "cny"}, ["$.currency"]),
        ({"currency": "POINT"}, ["$.currency"]),
        ({"policy_version": 0}, ["$.policy_version"]),
        ({"policy_version": limits.UNITS_MAX + 1}, ["$.policy_version"]),
        ({"minimum_minor": -1}, ["$.minimum"]),
        ({"minimum_minor": limits.AMOUNT_MINOR_MAX + 1}, ["$.minimum"]),
        ({"account_hold_days": -1}, ["$.account_hold_days"]),
        ({"account_hold_days": limits.ACCOUNT_HOLD_DAYS_MAX + 1}, ["$.account_hold_days"]),
        ({"withholding": CustomWithholding("")}, ["$.withholding.name"]),
        ({"withholding": CustomWithholding("a\nb", 0)}, ["$.withholding.name", "$.withholding.version"]),
        (
            {"currency": "cny", "policy_version": 0, "minimum_minor": -1, "account_hold_days": -1},
            ["$.currency", "$.policy_version", "$.minimum", "$.account_hold_days"],
        ),
    ],
)
def test_what_is_impossible_has_a_place(changes: dict[str, Any], expected: list[str]) -> None:
    assert places(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"currency": 1}, ["$.currency"]),
        ({"policy_version": True}, ["$.policy_version"]),
        ({"minimum_minor": "10.00"}, ["$.minimum_minor"]),
        ({"cadence": "monthly", "review": "automatic"}, ["$.cadence", "$.review"]),
        ({"withholding": "cn_labour"}, ["$.withholding"]),
        ({"withholding": CustomWithholding("tenth", 1.0)}, ["$.withholding.version"]),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_policy_at_all_is_said_before_its_meaning_is_looked_at(
    changes: dict[str, Any], expected: list[str]
) -> None:
    assert places(**changes, account_hold_days=-1) == expected


@pytest.mark.parametrize("withholding", [LABOUR, PLATFORM])
def test_the_law_of_china_withholds_yuan(withholding: Withholding) -> None:
    assert places(withholding=withholding) == []

    (problem,) = settlement_policy_problems(evolve(POLICY, currency=USD, withholding=withholding))

    assert str(problem) == "$.withholding: its brackets are in CNY, not USD (settle CNY by it)"


@pytest.mark.parametrize("withholding", [NoWithholding(), CustomWithholding("tenth")])
def test_what_is_no_law_is_used_in_any_currency(withholding: Withholding) -> None:
    assert places(currency=USD, withholding=withholding) == []


def test_valid_from_is_an_instant_with_a_zone() -> None:
    with pytest.raises(InputError, match=r"\$\.valid_from"):
        SettlementPolicy(CNY, 1, NOW.replace(tzinfo=None))


def test_the_highest_version_that_is_valid_is_used() -> None:
    later = evolve(POLICY, policy_version=2, valid_from=NOW + timedelta(days=1))
    corrected = evolve(POLICY, policy_version=3)
    foreign = evolve(POLICY, policy_version=9, currency=USD)
    policies = [later, POLICY, foreign]

    assert settlement_policy_at(policies, CNY, NOW - timedelta(microseconds=1)) is None
    assert settlement_policy_at(policies, CNY, NOW) == POLICY
    assert settlement_policy_at(policies, CNY, NOW + timedelta(days=1)) == later
    assert settlement_policy_at([*policies, corrected], CNY, NOW + timedelta(days=1)) == corrected
    assert settlement_policy_at(policies, Currency("EUR"), NOW) is None
