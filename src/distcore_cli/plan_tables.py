"""What is found about a plan, as tables: what it breaks of a preset, what rounding does, who allowed it."""

from collections.abc import Sequence

from distcore.commission import BudgetCut, Plan, rates_rounded
from distcore.compliance import Finding, Override
from distcore.kernel import format_instant, format_minor
from distcore_cli.render import Table, columns


def plan_table(plans: Sequence[Plan]) -> Table:
    """Return plans, each in a row."""
    rows = [
        (
            plan.id,
            plan.plan_version,
            plan.currency,
            format_instant(plan.valid_from),
            None if plan.valid_until is None else format_instant(plan.valid_until),
            f"{plan.freeze.days} days from {plan.freeze.counts_from.value}",
            _budget(plan),
            " ".join(component.id for component in (*plan.components, *plan.period_components)),
        )
        for plan in plans
    ]
    names = "plan plan_version currency valid_from valid_until freeze budget components"
    return Table("plans", columns(names, "plan_version"), rows)


def _budget(plan: Plan) -> str | None:
    if plan.budget is None:
        return None
    cut = "" if plan.budget_cut is BudgetCut.IN_PROPORTION else f" {plan.budget_cut.value}"
    return f"{plan.budget}{cut}"


def rounding_table(plan: Plan) -> Table:
    """Return what is lost and gained at most by rounding, for each rate, in parts of a minor unit."""
    rows = [
        (
            each.component,
            each.rule,
            str(each.rate),
            each.scope.value,
            format_minor(each.pays_from_minor, plan.currency),
            f"{each.loses}/{each.parts}",
            f"{each.gains}/{each.parts}",
        )
        for each in rates_rounded(plan)
    ]
    return Table("rounding", columns("component rule rate per pays_from loses gains", "pays_from"), rows)


def compliance_table(found: Sequence[Finding]) -> Table:
    """Return what a plan breaks of a preset, or may break, with the source of each rule."""
    rows = [
        (
            each.severity.value,
            each.requirement.word,
            each.where,
            each.message,
            str(each.requirement.source),
            each.requirement.since.isoformat(),
        )
        for each in found
    ]
    return Table("compliance", columns("severity rule where message source since"), rows)


def overrides_table(overrides: Sequence[Override]) -> Table:
    """Return who allowed which version of a plan to break a preset."""
    rows = [
        (
            each.plan,
            each.plan_version,
            each.number,
            each.preset.value,
            each.reason,
            each.approver,
            each.actor,
            format_instant(each.recorded_at),
            " ".join(f"{broken.rule}@{broken.where}" for broken in each.broken),
        )
        for each in overrides
    ]
    names = "plan plan_version number preset reason approver actor recorded_at broken"
    return Table("overrides", columns(names, "plan_version number"), rows)
