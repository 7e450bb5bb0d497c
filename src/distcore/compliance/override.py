"""A plan that breaks the shop's preset is published all the same: who allowed it, and why.

The one rule this file protects: nobody allows oneself, and what was broken is kept with the permission.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from attrs import frozen

from distcore.compliance import refusals
from distcore.compliance.check import Finding
from distcore.kernel import (
    Actor,
    CompliancePreset,
    Instant,
    PlanId,
    Problem,
    Refusal,
    id_problem,
    limits,
    shape_problems,
    text_problem,
)


@frozen
class Permission:
    """Why a plan may break the preset, and who says so."""

    reason: str
    approver: Actor


@frozen
class Broken:
    """A rule that was broken, and where."""

    rule: str
    where: str


@frozen
class Override:
    """A version of a plan may break a preset: what of it, why, who allowed it, who published it, and when.

    A version has several, counted from 1, where the preset was changed afterwards.
    """

    plan: PlanId
    plan_version: int
    number: int
    preset: CompliancePreset
    reason: str
    approver: Actor
    actor: Actor
    recorded_at: Instant
    broken: tuple[Broken, ...]

    @property
    def says(self) -> tuple[object, ...]:
        """What it says, whenever and by whom it was recorded."""
        return self.preset, self.reason, self.approver, self.broken


def permission_problems(permission: Permission) -> tuple[Problem, ...]:
    """Return what is malformed about a permission; neither the reason nor the approver is optional."""
    misshapen = tuple(shape_problems(permission, Permission, "override"))
    if misshapen:
        return misshapen
    found = [
        text_problem(permission.reason, "override.reason"),
        id_problem(permission.approver, "override.approver"),
    ]
    if not permission.reason.strip():
        found.append(Problem("override.reason", "is empty", "say why the plan may break the preset"))
    return tuple(problem for problem in found if problem is not None)


def broken_by(found: Iterable[Finding]) -> tuple[Broken, ...]:
    """Return the rules that are broken, in the order in which they were found."""
    return tuple(Broken(each.requirement.word, each.where) for each in found)


def preset_refusal(
    plan: PlanId, plan_version: int, preset: CompliancePreset, found: Sequence[Finding]
) -> Refusal:
    """Return that a plan breaks a preset, with everything that it breaks, as far as anybody reads it."""
    told = [str(each.problem) for each in islice(found, limits.FINDINGS_TOLD_MAX)]
    more = len(found) - len(told)
    if more:
        told.append(f"and {more} more")
    return refusals.PLAN_BREAKS_PRESET.refuse(
        plan=plan,
        plan_version=plan_version,
        preset=preset,
        findings="; ".join(told),
    )


def override_refusal(permission: Permission, actor: Actor, *, plan: PlanId, breaks: bool) -> Refusal | None:
    """Return why a plan can't be allowed to break the preset, or None."""
    if permission.approver == actor:
        return refusals.OWN_OVERRIDE.refuse(actor=actor, plan=plan)
    return None if breaks else refusals.NOTHING_TO_OVERRIDE.refuse(plan=plan)
