"""Ledger, settlement and payout; what was accrued before is put into the accounts where it is.

Revision ID: distcore_0002
Revises: distcore_0001
"""

from typing import Any

import sqlalchemy as sa

from distcore_sql.migrations.place import here, operations, refuse_downgrade
from distcore_sql.migrations.tables import New, id_column, long_text, number_column, text, word_column
from distcore_sql.migrations.triggers import keep

revision = "distcore_0002"
down_revision = "distcore_0001"
branch_labels = None
depends_on = None
downgrade = refuse_downgrade

FACTS = (
    "settlement_policies",
    "transfers",
    "adjustments",
    "openings",
    "opening_releases",
    "hold_changes",
    "closings",
    "closing_decisions",
    "statements",
    "statement_lines",
    "assessments",
    "payee_accounts",
    "account_verifications",
    "payouts",
    "payout_steps",
    "sealed_blocks",
    "sealed_leaves",
)
"""Tables whose rows are never changed and never removed."""


def upgrade() -> None:
    """Create the tables and triggers, then fill them with what follows from those of before.

    MariaDB commits with every trigger: what is filled in last is there together with this revision, or not.
    """
    place = here()
    new = New(place)
    _of_settlement(new)
    _of_closings(new)
    _of_payout(new)
    _of_ledger(new)
    for name in FACTS:
        keep(place, name)
    keep(place, "opening_freezes", until="opening_releases", by=("opening",))
    _fill(place.prefix, place.schema)


def _of_settlement(new: New) -> None:
    """Create what is due, decided and held."""
    new.table(
        "settlement_policies",
        ("currency", "policy_version"),
        word_column("currency", 16),
        number_column("policy_version"),
        sa.Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        clustered=False,
    )
    new.table(
        "adjustments",
        ("adjustment",),
        id_column("adjustment"),
        id_column("payee"),
        word_column("currency", 16),
        number_column("amount_minor"),
        word_column("reason", 1024),
        id_column("authority"),
        number_column("valid_at"),
        number_column("recorded_at"),
        new.refers("adjustments", "members", "payee", also=("member",)),
        new.check("adjustments", "amount", "amount_minor <> 0 AND abs(amount_minor) <= 1000000000000000"),
        new.check("adjustments", "recorded", "recorded_at >= valid_at"),
    )
    new.table(
        "openings",
        ("opening",),
        id_column("opening"),
        id_column("payee"),
        word_column("currency", 16),
        number_column("amount_minor"),
        word_column("provenance", 1024),
        number_column("valid_at"),
        number_column("frozen_until", optional=True),
        number_column("recorded_at"),
        new.refers("openings", "members", "payee", also=("member",)),
        new.check("openings", "amount", "amount_minor <> 0 AND abs(amount_minor) <= 1000000000000000"),
        new.check("openings", "recorded", "recorded_at >= valid_at"),
    )
    new.table(
        "opening_freezes",
        ("opening",),
        id_column("opening"),
        number_column("due_at"),
        new.refers("opening_freezes", "openings", "opening"),
    )
    new.table(
        "opening_releases",
        ("opening",),
        id_column("opening"),
        number_column("recorded_at"),
        new.refers("opening_releases", "openings", "opening"),
    )
    new.table(
        "holds",
        ("subject", "ref"),
        word_column("subject", 16),
        id_column("ref"),
        word_column("reason", 1024),
    )
    new.table(
        "hold_changes",
        ("subject", "ref", "number"),
        word_column("subject", 16),
        id_column("ref"),
        number_column("number"),
        word_column("reason", 1024),
        number_column("placed"),
        number_column("changed_at"),
        id_column("actor"),
        new.check("hold_changes", "subject", "subject IN ('sale', 'payee')"),
        new.check("hold_changes", "placed", "placed IN (0, 1)"),
    )
    new.table(
        "dues",
        ("currency", "payee", "kind", "ref", "number"),
        word_column("currency", 16),
        id_column("payee"),
        word_column("kind", 16),
        id_column("ref"),
        number_column("number"),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("released_at"),
        new.check("dues", "amount", "amount_minor <> 0"),
    )


def _of_closings(new: New) -> None:
    """Create periods that were closed, with their statements."""
    new.table(
        "closings",
        ("closing",),
        number_column("closing"),
        word_column("currency", 16),
        word_column("label"),
        number_column("starts_at"),
        number_column("ends_at"),
        number_column("policy_version"),
        number_column("drafted_at"),
        id_column("actor"),
        new.refers("closings", "settlement_policies", "currency", "policy_version"),
        new.check("closings", "closing", "closing >= 1"),
        new.check("closings", "ended", "starts_at <= ends_at AND ends_at <= drafted_at"),
    )
    new.index("closings", "currency", "closing")
    new.table(
        "closing_decisions",
        ("closing",),
        number_column("closing"),
        word_column("state", 16),
        number_column("decided_at"),
        id_column("actor"),
        word_column("reason", 1024),
        new.refers("closing_decisions", "closings", "closing"),
        new.check("closing_decisions", "state", "state IN ('approved', 'rejected')"),
    )
    new.table(
        "statements",
        ("closing", "payee"),
        number_column("closing"),
        id_column("payee"),
        word_column("currency", 16),
        number_column("opening_minor"),
        number_column("lines_minor"),
        number_column("line_count"),
        number_column("gross_minor"),
        number_column("held"),
        new.refers("statements", "closings", "closing"),
        new.check("statements", "gross", "gross_minor >= 0"),
        new.check("statements", "due", "gross_minor = 0 OR gross_minor = opening_minor + lines_minor"),
        new.check("statements", "held", "held = 0 OR (held = 1 AND gross_minor = 0)"),
    )
    new.index("statements", "payee")
    new.table(
        "statement_lines",
        ("closing", "payee", "kind", "ref", "number"),
        number_column("closing"),
        id_column("payee"),
        word_column("kind", 16),
        id_column("ref"),
        number_column("number"),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("released_at"),
        new.refers("statement_lines", "closings", "closing"),
        new.check("statement_lines", "amount", "amount_minor <> 0"),
    )
    new.index("statement_lines", "kind", "ref")
    new.table(
        "assessments",
        ("closing", "payee"),
        number_column("closing"),
        id_column("payee"),
        word_column("currency", 16),
        word_column("month", 16),
        number_column("gross_minor"),
        number_column("withheld_minor"),
        new.refers("assessments", "statements", "closing", "payee"),
        new.check("assessments", "withheld", "withheld_minor BETWEEN 0 AND gross_minor"),
    )
    new.index("assessments", "payee", "month")


def _of_payout(new: New) -> None:
    """Create where payees are paid to, and what is on its way."""
    new.table(
        "payee_accounts",
        ("payee", "account"),
        id_column("payee"),
        number_column("account"),
        id_column("channel"),
        number_column("changed_at"),
        id_column("actor"),
        new.refers("payee_accounts", "members", "payee", also=("member",)),
        new.check("payee_accounts", "account", "account >= 1"),
    )
    new.table(
        "account_details",
        ("payee", "account"),
        id_column("payee"),
        number_column("account"),
        word_column("holder", 1024),
        word_column("account_text", 1024),
        word_column("bank", 1024),
        new.refers("account_details", "payee_accounts", "payee", "account"),
    )
    new.table(
        "account_verifications",
        ("payee", "account"),
        id_column("payee"),
        number_column("account"),
        number_column("verified_at"),
        id_column("actor"),
        new.refers("account_verifications", "payee_accounts", "payee", "account"),
    )
    new.table(
        "payouts",
        ("payout",),
        id_column("payout"),
        id_column("payee"),
        word_column("currency", 16),
        number_column("amount_minor"),
        number_column("account"),
        id_column("channel"),
        number_column("requested_at"),
        id_column("requested_by"),
        new.refers("payouts", "payee_accounts", "payee", "account"),
        new.check("payouts", "amount", "amount_minor BETWEEN 1 AND 1000000000000000"),
    )
    new.index("payouts", "payee")
    new.table(
        "payout_steps",
        ("payout", "number"),
        id_column("payout"),
        number_column("number"),
        word_column("state", 16),
        number_column("stepped_at"),
        id_column("actor"),
        word_column("reason", 1024),
        sa.Column("content", text(128), nullable=True),
        id_column("event", optional=True),
        number_column("happened_at", optional=True),
        new.refers("payout_steps", "payouts", "payout"),
        new.unique("payout_steps", "event"),
        new.check("payout_steps", "number", "number >= 1"),
    )
    new.index("payout_steps", "state", "stepped_at")
    new.table(
        "payout_states",
        ("payout",),
        id_column("payout"),
        word_column("state", 16),
        new.refers("payout_states", "payouts", "payout"),
    )
    new.index("payout_states", "state", "payout")


def _of_ledger(new: New) -> None:
    """Create where every cent is, and what is sealed."""
    new.table(
        "transfers",
        ("kind", "ref", "number", "payee", "currency", "debit", "credit"),
        word_column("kind", 16),
        id_column("ref"),
        number_column("number"),
        id_column("payee"),
        word_column("currency", 16),
        word_column("debit", 144),
        word_column("credit", 144),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("posted_at"),
        new.check("transfers", "amount", "amount_minor > 0"),
        new.check("transfers", "accounts", "debit <> credit"),
    )
    new.index("transfers", "payee", "posted_at")
    new.table(
        "balances",
        ("payee", "currency"),
        id_column("payee"),
        word_column("currency", 16),
        number_column("carried_minor"),
        number_column("payable_minor"),
        new.check("balances", "payable", "payable_minor >= 0"),
    )
    new.table(
        "sealed_blocks",
        ("number",),
        number_column("number"),
        number_column("leaves"),
        word_column("previous"),
        word_column("digest"),
        number_column("sealed_at"),
        new.check("sealed_blocks", "leaves", "leaves BETWEEN 1 AND 10000"),
    )
    new.table(
        "sealed_leaves",
        ("kind", "ref"),
        word_column("kind"),
        word_column("ref", 512),
        number_column("block"),
        number_column("position"),
        word_column("digest"),
        new.refers("sealed_leaves", "sealed_blocks", "block", also=("number",)),
    )
    new.index("sealed_leaves", "block", "position")


def _fill(prefix: str, schema: str | None) -> None:
    """Write the transfers of what was accrued, and the dues of what was released.

    Whether a posting was released before or after its sale was is nowhere written: what is released now
    goes to the account of what is released at once, which comes to the same.
    """
    accruals, postings, sales, releases, transfers, dues = (
        _table(prefix + name, schema, columns)
        for name, columns in {
            "accruals": "shop sale posting payee amount_minor",
            "postings": "shop sale posting valid_at posted_at",
            "sales": "shop sale currency",
            "releases": "shop sale due_at",
            "transfers": "shop kind ref number payee currency debit credit amount_minor valid_at posted_at",
            "dues": "shop currency payee kind ref number amount_minor valid_at released_at",
        }.items()
    )
    of = (accruals.c.shop, accruals.c.sale, accruals.c.posting, accruals.c.payee)
    minor = sa.cast(sa.func.sum(accruals.c.amount_minor), sa.BigInteger()).label("minor")
    sums = _sums(accruals, of, minor)
    joined = (
        sums.join(postings, _same(postings, sums) & (postings.c.posting == sums.c.posting))
        .join(sales, _same(sales, sums))
        .outerjoin(releases, _same(releases, sums))
    )
    account = sa.case((releases.c.sale.is_(None), "frozen"), else_="released")
    commission = sa.literal("commission")
    gives = sums.c.minor > 0
    operations().execute(
        transfers.insert().from_select(
            [column.name for column in transfers.c],
            sa.select(
                sums.c.shop,
                sa.literal("sale"),
                sums.c.sale,
                sums.c.posting,
                sums.c.payee,
                sales.c.currency,
                sa.case((gives, commission), else_=account),
                sa.case((gives, account), else_=commission),
                sa.func.abs(sums.c.minor),
                postings.c.valid_at,
                postings.c.posted_at,
            ).select_from(joined),
        )
    )
    later = sa.case((releases.c.due_at > postings.c.posted_at, releases.c.due_at), else_=postings.c.posted_at)
    operations().execute(
        dues.insert().from_select(
            [column.name for column in dues.c],
            sa.select(
                sums.c.shop,
                sales.c.currency,
                sums.c.payee,
                sa.literal("sale"),
                sums.c.sale,
                sums.c.posting,
                sums.c.minor,
                postings.c.valid_at,
                later,
            )
            .select_from(joined)
            .where(releases.c.sale.is_not(None)),
        )
    )


def _sums(accruals: sa.TableClause, of: tuple[Any, ...], minor: Any) -> sa.Subquery:
    """Return what each payee has of each posting; nothing: left out."""
    summed = sa.select(*of, minor).group_by(*of)
    return summed.having(sa.func.sum(accruals.c.amount_minor) != 0).subquery()


def _table(name: str, schema: str | None, columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns.split()), schema=schema)


def _same(table: Any, sums: Any) -> Any:
    return (table.c.shop == sums.c.shop) & (table.c.sale == sums.c.sale)
