"""Tiers: how they are earned and lost, and what each evaluation decided about every member.

Revision ID: distcore_0004
Revises: distcore_0003
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0004"
down_revision = "distcore_0003"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade

FACTS = ("tier_policies", "tier_evaluations", "tier_decisions")
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Create the tables, then the triggers."""
    new = New(here())
    _create(new)
    new.index("tier_decisions", "member")
    for name in FACTS:
        keep(here(), name)


def _create(new: New) -> None:
    new.table(
        "tier_policies",
        ("policy_version",),
        number_column("policy_version"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("tier_policies", "version", "policy_version >= 1"),
        clustered=False,
    )
    new.table(
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
    new.table(
        "tier_decisions",
        ("evaluation", "member"),
        number_column("evaluation"),
        id_column("member"),
        word_column("outcome", 16),
        word_column("held", 1024),
        word_column("earned", 1024),
        word_column("tier", 1024),
        number_column("misses"),
        number_column("own_minor"),
        number_column("direct_minor"),
        number_column("team_minor"),
        number_column("strongest_leg_minor"),
        sa.Column("recruits", long_text(), nullable=False),
        number_column("years"),
        number_column("credit"),
        new.refers("tier_decisions", "tier_evaluations", "evaluation"),
        new.refers("tier_decisions", "members", "member"),
        new.check(
            "tier_decisions",
            "outcome",
            "outcome IN ('promoted', 'demoted', 'kept', 'in_grace', 'left_alone')",
        ),
        new.check("tier_decisions", "grace", "misses >= 0 AND (misses > 0) = (outcome = 'in_grace')"),
        new.check("tier_decisions", "tier", "(tier <> held) = (outcome IN ('promoted', 'demoted'))"),
    )
