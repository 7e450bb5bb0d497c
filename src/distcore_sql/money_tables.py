"""The tables of ledger, settlement and payout; `tables` says what all tables have in common.

What is written once stands in tables of facts.  What changes is a projection of them, and small: which
dues are open, which holds are active, what a payee may be paid now, where a payout stands.
"""

from typing import Final

from sqlalchemy import Column, Table

from distcore.kernel import limits
from distcore_sql.columns import ID, TEXT, Builder, id_column, long_text, number_column, text, word_column

WORD: Final = 16
"""Characters of a word that is part of a long key: kinds of origins, and currencies."""

ACCOUNT: Final = limits.ID_LENGTH_MAX + WORD
"""Characters of an account: a word, or `channel/` and the name of a channel."""

REF: Final = 512
"""Characters of the reference of a sealed leaf: the parts of a key, each with its length."""

_AMOUNT: Final = limits.AMOUNT_MINOR_MAX


def of_ledger(new: Builder) -> dict[str, Table]:
    """Return where every cent is, and what is sealed."""
    transfers = new.table(
        "transfers",
        ("kind", "ref", "number", "payee", "currency", "debit", "credit"),
        *_origin(),
        id_column("payee"),
        word_column("currency", WORD),
        word_column("debit", ACCOUNT),
        word_column("credit", ACCOUNT),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("posted_at"),
        new.check("transfers", "amount", "amount_minor > 0"),
        new.check("transfers", "accounts", "debit <> credit"),
        new.index("transfers", "payee", "posted_at"),
    )
    balances = new.table(
        "balances",
        ("payee", "currency"),
        id_column("payee"),
        word_column("currency", WORD),
        number_column("carried_minor"),
        number_column("payable_minor"),
        new.check("balances", "payable", "payable_minor >= 0"),
    )
    blocks = new.table(
        "sealed_blocks",
        ("number",),
        number_column("number"),
        number_column("leaves"),
        word_column("previous"),
        word_column("digest"),
        number_column("sealed_at"),
        new.check("sealed_blocks", "leaves", f"leaves BETWEEN 1 AND {limits.BLOCK_LEAVES_MAX}"),
    )
    leaves = new.table(
        "sealed_leaves",
        ("kind", "ref"),
        word_column("kind"),
        word_column("ref", REF),
        number_column("block"),
        number_column("position"),
        word_column("digest"),
        new.refers("sealed_leaves", "sealed_blocks", "block", also=("number",)),
        new.index("sealed_leaves", "block", "position"),
    )
    return {
        "transfers": transfers,
        "balances": balances,
        "sealed_blocks": blocks,
        "sealed_leaves": leaves,
    }


def of_settlement(new: Builder) -> dict[str, Table]:
    """Return what is due, decided and held."""
    policies = new.table(
        "settlement_policies",
        ("currency", "policy_version"),
        word_column("currency", WORD),
        number_column("policy_version"),
        Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        clustered=False,
    )
    # A due is open while its row stands here; the closing that takes it takes the row along.
    dues = new.table(
        "dues",
        ("currency", "payee", "kind", "ref", "number"),
        word_column("currency", WORD),
        id_column("payee"),
        *_origin(),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("released_at"),
        new.check("dues", "amount", "amount_minor <> 0"),
    )
    adjustments = new.table(
        "adjustments",
        ("adjustment",),
        id_column("adjustment"),
        id_column("payee"),
        word_column("currency", WORD),
        number_column("amount_minor"),
        word_column("reason", TEXT),
        id_column("authority"),
        number_column("valid_at"),
        number_column("recorded_at"),
        new.refers("adjustments", "members", "payee", also=("member",)),
        new.check("adjustments", "amount", f"amount_minor <> 0 AND abs(amount_minor) <= {_AMOUNT}"),
        new.check("adjustments", "recorded", "recorded_at >= valid_at"),
    )
    return {
        "settlement_policies": policies,
        "dues": dues,
        "adjustments": adjustments,
        **_of_openings(new),
        **_of_holds(new),
        **_of_closings(new),
    }


def of_payout(new: Builder) -> dict[str, Table]:
    """Return where payees are paid to, and what is on its way."""
    accounts = new.table(
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
    # All that is personal, and nothing else: rows go when somebody asks for it.
    details = new.table(
        "account_details",
        ("payee", "account"),
        id_column("payee"),
        number_column("account"),
        word_column("holder", TEXT),
        word_column("account_text", TEXT),
        word_column("bank", TEXT),
        new.refers("account_details", "payee_accounts", "payee", "account"),
    )
    verifications = new.table(
        "account_verifications",
        ("payee", "account"),
        id_column("payee"),
        number_column("account"),
        number_column("verified_at"),
        id_column("actor"),
        new.refers("account_verifications", "payee_accounts", "payee", "account"),
    )
    payouts = new.table(
        "payouts",
        ("payout",),
        id_column("payout"),
        id_column("payee"),
        word_column("currency", WORD),
        number_column("amount_minor"),
        number_column("account"),
        id_column("channel"),
        number_column("requested_at"),
        id_column("requested_by"),
        new.refers("payouts", "payee_accounts", "payee", "account"),
        new.check("payouts", "amount", f"amount_minor BETWEEN 1 AND {_AMOUNT}"),
        new.index("payouts", "payee"),
    )
    steps = new.table(
        "payout_steps",
        ("payout", "number"),
        id_column("payout"),
        number_column("number"),
        word_column("state", WORD),
        number_column("stepped_at"),
        id_column("actor"),
        word_column("reason", TEXT),
        Column("content", text(ID), nullable=True),
        id_column("event", optional=True),
        number_column("happened_at", optional=True),
        new.refers("payout_steps", "payouts", "payout"),
        new.unique("payout_steps", "event"),
        new.check("payout_steps", "number", "number >= 1"),
        new.index("payout_steps", "state", "stepped_at"),
    )
    states = new.table(
        "payout_states",
        ("payout",),
        id_column("payout"),
        word_column("state", WORD),
        new.refers("payout_states", "payouts", "payout"),
        new.index("payout_states", "state", "payout"),
    )
    return {
        "payee_accounts": accounts,
        "account_details": details,
        "account_verifications": verifications,
        "payouts": payouts,
        "payout_steps": steps,
        "payout_states": states,
    }


def _origin() -> tuple[Column[str], Column[str], Column[int]]:
    return word_column("kind", WORD), id_column("ref"), number_column("number")


def _of_openings(new: Builder) -> dict[str, Table]:
    openings = new.table(
        "openings",
        ("opening",),
        id_column("opening"),
        id_column("payee"),
        word_column("currency", WORD),
        number_column("amount_minor"),
        word_column("provenance", TEXT),
        number_column("valid_at"),
        number_column("frozen_until", optional=True),
        number_column("recorded_at"),
        new.refers("openings", "members", "payee", also=("member",)),
        new.check("openings", "amount", f"amount_minor <> 0 AND abs(amount_minor) <= {_AMOUNT}"),
        new.check("openings", "recorded", "recorded_at >= valid_at"),
    )
    freezes = new.table(
        "opening_freezes",
        ("opening",),
        id_column("opening"),
        number_column("due_at"),
        new.refers("opening_freezes", "openings", "opening"),
    )
    releases = new.table(
        "opening_releases",
        ("opening",),
        id_column("opening"),
        number_column("recorded_at"),
        new.refers("opening_releases", "openings", "opening"),
    )
    return {"openings": openings, "opening_freezes": freezes, "opening_releases": releases}


def _of_holds(new: Builder) -> dict[str, Table]:
    holds = new.table(
        "holds",
        ("subject", "ref"),
        word_column("subject", WORD),
        id_column("ref"),
        word_column("reason", TEXT),
    )
    changes = new.table(
        "hold_changes",
        ("subject", "ref", "number"),
        word_column("subject", WORD),
        id_column("ref"),
        number_column("number"),
        word_column("reason", TEXT),
        number_column("placed"),
        number_column("changed_at"),
        id_column("actor"),
        new.check("hold_changes", "subject", "subject IN ('sale', 'payee')"),
        new.check("hold_changes", "placed", "placed IN (0, 1)"),
    )
    return {"holds": holds, "hold_changes": changes}


def _of_closings(new: Builder) -> dict[str, Table]:
    closings = new.table(
        "closings",
        ("closing",),
        number_column("closing"),
        word_column("currency", WORD),
        word_column("label"),
        number_column("starts_at"),
        number_column("ends_at"),
        number_column("policy_version"),
        number_column("drafted_at"),
        id_column("actor"),
        new.refers("closings", "settlement_policies", "currency", "policy_version"),
        new.check("closings", "closing", "closing >= 1"),
        new.check("closings", "ended", "starts_at <= ends_at AND ends_at <= drafted_at"),
        new.index("closings", "currency", "closing"),
    )
    decisions = new.table(
        "closing_decisions",
        ("closing",),
        number_column("closing"),
        word_column("state", WORD),
        number_column("decided_at"),
        id_column("actor"),
        word_column("reason", TEXT),
        new.refers("closing_decisions", "closings", "closing"),
        new.check("closing_decisions", "state", "state IN ('approved', 'rejected')"),
    )
    lines = new.table(
        "statement_lines",
        ("closing", "payee", "kind", "ref", "number"),
        number_column("closing"),
        id_column("payee"),
        *_origin(),
        number_column("amount_minor"),
        number_column("valid_at"),
        number_column("released_at"),
        new.refers("statement_lines", "closings", "closing"),
        new.check("statement_lines", "amount", "amount_minor <> 0"),
        new.index("statement_lines", "kind", "ref"),
    )
    statements = new.table(
        "statements",
        ("closing", "payee"),
        number_column("closing"),
        id_column("payee"),
        word_column("currency", WORD),
        number_column("opening_minor"),
        number_column("lines_minor"),
        number_column("line_count"),
        number_column("gross_minor"),
        number_column("held"),
        new.refers("statements", "closings", "closing"),
        new.check("statements", "gross", "gross_minor >= 0"),
        new.check("statements", "due", "gross_minor = 0 OR gross_minor = opening_minor + lines_minor"),
        new.check("statements", "held", "held = 0 OR (held = 1 AND gross_minor = 0)"),
        new.index("statements", "payee"),
    )
    assessments = new.table(
        "assessments",
        ("closing", "payee"),
        number_column("closing"),
        id_column("payee"),
        word_column("currency", WORD),
        word_column("month", WORD),
        number_column("gross_minor"),
        number_column("withheld_minor"),
        new.refers("assessments", "statements", "closing", "payee"),
        new.check("assessments", "withheld", "withheld_minor BETWEEN 0 AND gross_minor"),
        new.index("assessments", "payee", "month"),
    )
    return {
        "closings": closings,
        "closing_decisions": decisions,
        "statement_lines": lines,
        "statements": statements,
        "assessments": assessments,
    }
