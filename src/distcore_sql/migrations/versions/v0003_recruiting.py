"""Recruiting: identities, applications, promotion codes and touches.

Revision ID: distcore_0003
Revises: distcore_0002
"""

import sqlalchemy as sa

from distcore_sql.migrations.place import here, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0003"
down_revision = "distcore_0002"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade

FACTS = (
    "identities",
    "applications",
    "application_reviews",
    "promotion_codes",
    "code_revocations",
    "touches",
)
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Create the tables, then the triggers."""
    new = New(here())
    _of_identities(new)
    _of_applications(new)
    _of_codes(new)
    _of_touches(new)
    for name in FACTS:
        keep(here(), name)


def _of_identities(new: New) -> None:
    new.table(
        "identities",
        ("revision", "member"),
        number_column("revision"),
        id_column("member"),
        number_column("recorded_at"),
        new.check("identities", "revision", "revision >= 1"),
    )
    new.index("identities", "member")
    new.table(
        "fingerprints",
        ("member", "fingerprint"),
        id_column("member"),
        word_column("fingerprint", 64),
        new.check("fingerprints", "hash", "length(fingerprint) = 64"),
    )
    new.index("fingerprints", "fingerprint")


def _of_applications(new: New) -> None:
    new.table(
        "applications",
        ("application",),
        id_column("application"),
        id_column("applicant"),
        number_column("applied_at"),
        id_column("actor"),
        id_column("sponsor", optional=True),
    )
    new.index("applications", "applicant")
    new.table(
        "application_evidence",
        ("application",),
        id_column("application"),
        word_column("name", 1024),
        word_column("phone", 1024),
        sa.Column("documents", long_text(), nullable=False),
        new.refers("application_evidence", "applications", "application"),
    )
    new.table(
        "waiting_applications",
        ("applicant",),
        id_column("applicant"),
        id_column("application"),
        new.refers("waiting_applications", "applications", "application"),
    )
    new.table(
        "application_reviews",
        ("application",),
        id_column("application"),
        word_column("state", 32),
        number_column("reviewed_at"),
        id_column("reviewer"),
        word_column("reason", 1024),
        id_column("sponsor", optional=True),
        word_column("tier", 1024),
        new.refers("application_reviews", "applications", "application"),
        new.check("application_reviews", "state", "state IN ('approved', 'rejected')"),
    )


def _of_codes(new: New) -> None:
    new.table(
        "promotion_codes",
        ("kind", "ref"),
        word_column("kind", 32),
        id_column("ref"),
        id_column("owner"),
        number_column("valid_from"),
        number_column("valid_until", optional=True),
        number_column("issued_at"),
        id_column("actor"),
        new.refers("promotion_codes", "members", "owner", also=("member",)),
        new.check("promotion_codes", "kind", "kind IN ('short', 'link')"),
        new.check("promotion_codes", "valid", "valid_until IS NULL OR valid_until > valid_from"),
    )
    new.index("promotion_codes", "owner")
    new.table(
        "code_revocations",
        ("kind", "ref"),
        word_column("kind", 32),
        id_column("ref"),
        number_column("revoked_at"),
        id_column("actor"),
        new.refers("code_revocations", "promotion_codes", "kind", "ref"),
    )


def _of_touches(new: New) -> None:
    new.table(
        "touches",
        ("customer", "number"),
        id_column("customer"),
        number_column("number"),
        id_column("promoter", optional=True),
        word_column("via", 32),
        word_column("channel", 1024),
        number_column("touched_at"),
        id_column("actor"),
        word_column("result", 32),
        word_column("why", 32),
        number_column("ends_at", optional=True),
        id_column("ref", optional=True),
        new.check("touches", "number", "number >= 1"),
        new.check("touches", "via", "via IN ('code', 'link', 'call')"),
        new.check("touches", "result", "result IN ('bound', 'kept', 'refused')"),
        new.check("touches", "promoter", "result <> 'bound' OR promoter IS NOT NULL"),
        new.check("touches", "self", "result <> 'bound' OR promoter <> customer"),
        new.check("touches", "ref", "(ref IS NOT NULL) = (via <> 'call' AND promoter IS NOT NULL)"),
    )
