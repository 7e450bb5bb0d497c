"""The tables of tiers: policies, evaluations, and what each decided about a member.

Decisions are clustered by their evaluation, which writes them in one go; an index leads from a member to its
own.
"""

from typing import Final

from sqlalchemy import Column, Table

from distcore_sql.columns import TEXT, Builder, id_column, long_text, number_column, word_column

_WORD: Final = 16
"""Characters of currencies and outcomes."""

_OUTCOMES: Final = "'promoted', 'demoted', 'kept', 'in_grace', 'left_alone'"


def of_tiers(new: Builder) -> dict[str, Table]:
    """Return the tables of tiers."""
    policies = new.table(
        "tier_policies",
        ("policy_version",),
        number_column("policy_version"),
        Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("tier_policies", "version", "policy_version >= 1"),
        clustered=False,
    )
    evaluations = new.table(
        "tier_evaluations",
        ("evaluation",),
        number_column("evaluation"),
        word_column("label"),
        number_column("starts_at"),
        number_column("ends_at"),
        number_column("policy_version"),
        word_column("credits"),
        number_column("tree_revision"),
        id_column("actor"),
        number_column("evaluated_at"),
        new.refers("tier_evaluations", "tier_policies", "policy_version"),
        new.check("tier_evaluations", "evaluation", "evaluation >= 1"),
        new.check("tier_evaluations", "ended", "starts_at <= ends_at AND ends_at <= evaluated_at"),
        new.check("tier_evaluations", "credits", "length(credits) = 32"),
    )
    decisions = new.table(
        "tier_decisions",
        ("evaluation", "member"),
        number_column("evaluation"),
        id_column("member"),
        word_column("outcome", _WORD),
        word_column("held", TEXT),
        word_column("earned", TEXT),
        word_column("tier", TEXT),
        number_column("misses"),
        number_column("own_minor"),
        number_column("direct_minor"),
        number_column("team_minor"),
        number_column("strongest_leg_minor"),
        Column("recruits", long_text(), nullable=False),
        number_column("years"),
        number_column("credit"),
        new.refers("tier_decisions", "tier_evaluations", "evaluation"),
        new.refers("tier_decisions", "members", "member"),
        new.check("tier_decisions", "outcome", f"outcome IN ({_OUTCOMES})"),
        new.check("tier_decisions", "grace", "misses >= 0 AND (misses > 0) = (outcome = 'in_grace')"),
        new.check("tier_decisions", "tier", "(tier <> held) = (outcome IN ('promoted', 'demoted'))"),
        new.index("tier_decisions", "member"),
    )
    return {
        "tier_policies": policies,
        "tier_evaluations": evaluations,
        "tier_decisions": decisions,
    }
