"""A permission has a reason and an approver, who is not the one who publishes."""

import pytest
from tests.compliance.facts import demanded

from distcore.compliance import (
    CompliancePreset,
    Finding,
    PayPerHead,
    Permission,
    override_refusal,
    permission_problems,
    preset_refusal,
)
from distcore.kernel import Actor, PlanId, limits

BOSS, DESK, PLAN = Actor("boss"), Actor("desk"), PlanId("mall")


@pytest.mark.parametrize(
    ("permission", "places"),
    [
        (Permission("a pilot", BOSS), []),
        (Permission("", BOSS), ["override.reason"]),
        (Permission(" ", BOSS), ["override.reason"]),
        (Permission("a\nb", Actor(" ")), ["override.reason", "override.approver"]),
        (Permission(5, BOSS), ["override.reason"]),  # type: ignore[arg-type]
        ("a pilot", ["override"]),
    ],
)
def test_what_is_malformed_is_said_at_once(permission: Permission, places: list[str]) -> None:
    assert [each.where for each in permission_problems(permission)] == places


@pytest.mark.parametrize(("count", "more"), [(1, ""), (100, ""), (101, "and 1 more"), (250, "and 150 more")])
def test_a_refusal_tells_as_much_as_anybody_reads(count: int, more: str) -> None:
    (law,) = demanded(PayPerHead()).requirements
    found = [Finding(law, f"rule {n}", "pays heads", law.severity) for n in range(count)]
    message = preset_refusal(PLAN, 1, CompliancePreset.EU, found).message
    assert message.count("pays heads") == min(count, limits.FINDINGS_TOLD_MAX)
    assert message.endswith(more or f"{law.source}; since {law.since})")


def test_nobody_allows_oneself() -> None:
    refusal = override_refusal(Permission("why", DESK), DESK, plan=PLAN, breaks=True)
    assert refusal is not None
    assert refusal.code == "own_override"


def test_nothing_is_allowed_that_is_not_forbidden() -> None:
    refusal = override_refusal(Permission("why", BOSS), DESK, plan=PLAN, breaks=False)
    assert refusal is not None
    assert refusal.code == "nothing_to_override"


def test_somebody_else_allows_what_is_forbidden() -> None:
    assert override_refusal(Permission("why", BOSS), DESK, plan=PLAN, breaks=True) is None
