"""Tables of tiers: what an evaluation decided, on what it rests, and what is missing, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, assert_never

from distcore.kernel import Currency, format_instant, format_minor
from distcore.members import (
    BalancedSales,
    Check,
    Credit,
    Decision,
    DirectSales,
    Evaluation,
    HoldsTier,
    Outcome,
    OwnSales,
    Recruits,
    Single,
    TeamSales,
    TierPolicy,
    Years,
    aim_of,
    missing,
)
from distcore_cli.render import Cell, Table, columns
from distcore_cli.settings import Format, Settings

COUNTED: Final = " ".join(each.value for each in Outcome)
EVALUATIONS = columns(
    f"evaluation period starts_at ends_at policy_version evaluated_at evaluated_by {COUNTED}",
    f"evaluation policy_version {COUNTED}",
)
EVALUATIONS_IN_SHORT = ("evaluation", "period", "policy_version", *COUNTED.split())
"""What people are shown of evaluations."""

MEASURES: Final = "own_sales direct_sales team_sales balanced_sales years credit"
DECISIONS = columns(
    f"member outcome held earned tier misses grace_periods {MEASURES} aim missing",
    f"misses grace_periods {MEASURES}",
)
DECISIONS_IN_SHORT = ("member", "outcome", "held", "tier", "misses", "team_sales", "aim", "missing")
"""What people are shown of decisions."""

STORY = columns(
    f"evaluation period outcome held earned tier misses {MEASURES}", f"evaluation misses {MEASURES}"
)
CHECKS = columns("tier requirement has asked met where")


def evaluation_table(
    evaluations: Iterable[tuple[Evaluation, Mapping[Outcome, int]]], settings: Settings
) -> Table:
    """Return evaluations, each with how many decisions of each kind there are; in short for people."""
    rows = [_evaluation(each, counts) for each, counts in evaluations]
    table = Table("evaluations", EVALUATIONS, rows)
    return table.only(EVALUATIONS_IN_SHORT) if settings.format is Format.TABLE else table


def decision_table(decisions: Iterable[Decision], policy: TierPolicy, settings: Settings) -> Table:
    """Return decisions, each with what it rests on, and what is missing for the tier one is after.

    People see them in short.
    """
    table = Table("decisions", DECISIONS, [_decision(each, policy) for each in decisions])
    return table.only(DECISIONS_IN_SHORT) if settings.format is Format.TABLE else table


def story_table(told: Iterable[tuple[Evaluation, Decision, TierPolicy]]) -> Table:
    """Return what was decided about one member, by evaluation."""
    rows = [
        (
            evaluation.number,
            evaluation.period.label,
            each.outcome.value,
            each.held,
            each.earned,
            each.tier,
            each.misses,
            *_measures(each, policy.currency),
        )
        for evaluation, each, policy in told
    ]
    return Table("decisions", STORY, rows)


def check_table(checks: Iterable[Check], policy: TierPolicy) -> Table:
    """Return requirements, each with what a member has of it."""
    rows = [(each.tier, *_in_words(each, policy), _yes(each.met), each.where) for each in checks]
    return Table("requirements", CHECKS, rows)


def missing_words(decision: Decision, policy: TierPolicy) -> str:
    """Return what is missing for the tier that a member is after, in words."""
    aim = aim_of(policy, decision)
    gaps = missing(policy, aim, decision.measures, decision.held) if aim else ()
    return "; ".join(_sentence(each, policy) for each in gaps)


def _sentence(check: Check, policy: TierPolicy) -> str:
    what, has, asked = _in_words(check, policy)
    if isinstance(check.requirement, HoldsTier):
        return f"{what}: {has or 'none'}"
    return f"{what} {has} of {asked}" if check.wanted else f"{what} {has}, not {asked}"


def _in_words(check: Check, policy: TierPolicy) -> tuple[str, str, str]:
    """Return what a requirement is about, what a member has of it, and what is asked."""
    asked = str(check.asked)
    what, amounts = _noun(check.requirement, policy.currency)
    match check.requirement:
        case HoldsTier(tier):
            names = {rank: name for name, rank in policy.ranks.items()}
            return what, names[check.has], tier if check.wanted else f"not {tier}"
        case _:
            has = format_minor(check.has, policy.currency) if amounts else str(check.has)
            asked = format_minor(check.asked, policy.currency) if amounts else asked
            return what, has, asked if check.wanted else f"below {asked}"


def _noun(single: Single, currency: Currency) -> tuple[str, bool]:
    """Return what a requirement is about, and whether that is an amount."""
    match single:
        case OwnSales():
            return "own sales", True
        case DirectSales():
            return "direct sales", True
        case TeamSales():
            return "team sales", True
        case BalancedSales():
            return "balanced sales", True
        case Recruits(_, each):
            return f"recruits ({format_minor(each, currency)} each)", False
        case Years():
            return "years", False
        case Credit():
            return "credit", False
        case HoldsTier():
            return "tier held", False
        case _:
            assert_never(single)


def _evaluation(evaluation: Evaluation, counts: Mapping[Outcome, int]) -> Sequence[Cell]:
    return (
        evaluation.number,
        evaluation.period.label,
        format_instant(evaluation.period.start),
        format_instant(evaluation.period.end),
        evaluation.policy_version,
        format_instant(evaluation.evaluated_at),
        evaluation.actor,
        *(counts.get(each, 0) for each in Outcome),
    )


def _decision(decision: Decision, policy: TierPolicy) -> Sequence[Cell]:
    return (
        decision.member,
        decision.outcome.value,
        decision.held,
        decision.earned,
        decision.tier,
        decision.misses,
        policy.grace_periods,
        *_measures(decision, policy.currency),
        aim_of(policy, decision),
        missing_words(decision, policy),
    )


def _measures(decision: Decision, currency: Currency) -> Iterator[Cell]:
    measures = decision.measures
    for minor in (
        measures.own_minor,
        measures.direct_minor,
        measures.team_minor,
        measures.balanced_minor,
    ):
        yield format_minor(minor, currency)
    yield measures.years
    yield measures.credit


def _yes(met: bool) -> str:
    return "yes" if met else "no"
