"""The tables, as SQLAlchemy Core knows them: built into any `MetaData`, under any prefix and schema.

The one rule this file protects: what the domain forbids, the database forbids too.  The shop is the
first part of every key.  Money is in minor units and time in microseconds since 1970 UTC, both as
64-bit integers; text compares byte by byte.  Migrations say the same in their own words, and a test
compares the two.

Tables that are read by the range of one sale are clustered by it (`WITHOUT ROWID` in SQLite), so a
sale is read and written in one place however many there are.
"""

import re
from functools import cache
from typing import Any, Final

from attrs import field, fields, frozen
from sqlalchemy import Column, MetaData, Table

from distcore.kernel import InputError, limits, shown
from distcore_sql.columns import (
    CAUSE,
    KEY,
    TEXT,
    Builder,
    id_column,
    long_text,
    number_column,
    text,
    word_column,
)
from distcore_sql.compliance_tables import of_compliance
from distcore_sql.count_tables import of_counts
from distcore_sql.coupon_tables import of_coupons
from distcore_sql.group_tables import of_groups
from distcore_sql.money_tables import of_ledger, of_payout, of_settlement
from distcore_sql.period_tables import of_periods
from distcore_sql.pricing_tables import of_pricing
from distcore_sql.recruiting_tables import of_recruiting
from distcore_sql.tier_tables import of_tiers

PREFIX: Final = "distcore_"
"""What the names of the tables begin with, where the host does not choose another."""

PAST: Final = (
    "past_orders >= 0 AND past_months >= 0 AND past_spent_minor >= 0 AND first_is_free IN (0, 1) "
    "OR past_orders IS NULL AND past_months IS NULL AND past_spent_minor IS NULL AND first_is_free IS NULL"
)
"""What a sale says of the past, it says whole."""

NAME_LENGTH_MAX: Final = 63
"""Bytes of a name: PostgreSQL cuts off the rest."""

PREFIX_LENGTH_MAX: Final = 24
"""Bytes of a prefix: the longest name of ours needs the other 39."""


@frozen(eq=False)
class Tables:
    """The tables under one prefix, in the order in which they can be created.

    `compiled` keeps the text of each statement once it was compiled, by dialect and driver.
    """

    policies: Table
    plans: Table
    plan_overrides: Table
    trees: Table
    members: Table
    member_changes: Table
    identities: Table
    fingerprints: Table
    applications: Table
    application_evidence: Table
    waiting_applications: Table
    application_reviews: Table
    promotion_codes: Table
    code_revocations: Table
    touches: Table
    tier_policies: Table
    tier_evaluations: Table
    tier_decisions: Table
    sales: Table
    sale_lines: Table
    buyers: Table
    tallies: Table
    completions: Table
    freezes: Table
    releases: Table
    postings: Table
    corrections: Table
    correction_lines: Table
    repins: Table
    accruals: Table
    period_runs: Table
    period_postings: Table
    period_repins: Table
    period_facts: Table
    commands: Table
    outboxes: Table
    outbox: Table
    settlement_policies: Table
    transfers: Table
    balances: Table
    adjustments: Table
    openings: Table
    opening_freezes: Table
    opening_releases: Table
    holds: Table
    hold_changes: Table
    dues: Table
    closings: Table
    closing_decisions: Table
    statements: Table
    statement_lines: Table
    assessments: Table
    payee_accounts: Table
    account_details: Table
    account_verifications: Table
    payouts: Table
    payout_steps: Table
    payout_states: Table
    products: Table
    offers: Table
    price_lists: Table
    freight_templates: Table
    points_policies: Table
    prices: Table
    placed_orders: Table
    order_steps: Table
    coupon_templates: Table
    coupon_words: Table
    coupons: Table
    counts: Table
    group_sales: Table
    buying_groups: Table
    group_places: Table
    sealed_blocks: Table
    sealed_leaves: Table
    compiled: dict[object, Any] = field(factory=dict, init=False, repr=False)

    def all(self) -> tuple[Table, ...]:
        """Return every table, in the order in which they can be created."""
        return tuple(getattr(self, each.name) for each in fields(Tables) if each.init)


def table_names(prefix: str = PREFIX) -> tuple[str, ...]:
    """Return what our tables are called, without building them."""
    _check_prefix(prefix)
    return tuple(prefix + each.name for each in fields(Tables) if each.init)


def build_tables(metadata: MetaData, *, prefix: str = PREFIX, schema: str | None = None) -> Tables:
    """Add the tables to a `MetaData`, which may hold the host's own."""
    _check_prefix(prefix)
    _check_name("schema", schema or "", NAME_LENGTH_MAX)
    new = Builder(metadata, prefix, schema)
    return Tables(
        **_of_shop(new),
        **of_compliance(new),
        **_of_tree(new),
        **of_recruiting(new),
        **of_tiers(new),
        **_of_sale(new),
        **_of_freeze(new),
        **_of_facts(new),
        **_of_outbox(new),
        **of_periods(new),
        **of_ledger(new),
        **of_settlement(new),
        **of_payout(new),
        **of_pricing(new),
        **of_coupons(new),
        **of_counts(new),
        **of_groups(new),
    )


@cache
def own_tables(prefix: str = PREFIX, schema: str | None = None) -> Tables:
    """Return the tables in a `MetaData` of our own, built and compiled once for all stores of a process."""
    return build_tables(MetaData(), prefix=prefix, schema=schema)


def _check_prefix(prefix: str) -> None:
    """Refuse what some database lists in another way than it was written, so that no check could tell."""
    _check_name("prefix", prefix, PREFIX_LENGTH_MAX)
    if not re.fullmatch(r"\w*", prefix):
        message = f"has more than letters, digits and _: {shown(prefix)}"
        raise InputError.of("prefix", message, "use these alone")


def _check_name(what: str, name: str, length_max: int) -> None:
    """Refuse a name that a database would cut off, or that would not come back as it was written."""
    length = len(name.encode(errors="replace"))
    if length > length_max:
        raise InputError.of(what, f"has {length} bytes", f"at most {length_max}")
    if not name.isprintable() or "." in name:
        hint = "leave out dots and control characters"
        raise InputError.of(what, f"can't be part of a name: {shown(name)}", hint)


def _of_shop(new: Builder) -> dict[str, Table]:
    policies = new.table(
        "policies",
        ("number",),
        number_column("number"),
        Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        clustered=False,
    )
    plans = new.table(
        "plans",
        ("plan", "plan_version"),
        id_column("plan"),
        number_column("plan_version"),
        Column("body", long_text(), nullable=False),
        number_column("recorded_at"),
        new.check("plans", "version", "plan_version >= 1"),
        clustered=False,
    )
    commands = new.table(
        "commands",
        ("command_key",),
        word_column("command_key", KEY),
        word_column("verb"),
        word_column("inputs"),
        word_column("answer", TEXT),
        number_column("done_at"),
        id_column("actor"),
        new.check("commands", "inputs", "length(inputs) = 32"),
        new.index("commands", "inputs"),
    )
    return {"policies": policies, "plans": plans, "commands": commands}


def _of_outbox(new: Builder) -> dict[str, Table]:
    # A row says that what is done is kept to be told.
    outboxes = new.table("outboxes", (), number_column("opened_at"))
    # What is still to be told; until `free_at` somebody has it.
    outbox = new.table(
        "outbox",
        ("event",),
        word_column("event"),
        word_column("verb"),
        id_column("about"),
        word_column("command_key", KEY),
        number_column("done_at"),
        id_column("actor"),
        number_column("free_at"),
        new.index("outbox", "free_at", "done_at", "event"),
    )
    return {"outboxes": outboxes, "outbox": outbox}


def _of_tree(new: Builder) -> dict[str, Table]:
    trees = new.table("trees", (), number_column("revision"), new.check("trees", "revision", "revision >= 0"))
    members = new.table(
        "members",
        ("member",),
        id_column("member"),
        number_column("joined_at"),
        number_column("recorded_at"),
        id_column("sponsor", optional=True),
        word_column("tier", TEXT),
        word_column("state"),
        new.refers("members", "members", "sponsor", also=("member",)),
        new.check("members", "sponsor", "sponsor <> member"),
        new.check("members", "state", "state IN ('active', 'suspended', 'terminated')"),
        new.check("members", "recorded", "recorded_at >= joined_at"),
        new.index("members", "sponsor"),
    )
    changes = new.table(
        "member_changes",
        ("revision",),
        number_column("revision"),
        id_column("member"),
        word_column("aspect"),
        Column("value", text(TEXT), nullable=True),
        number_column("valid_from"),
        number_column("recorded_at"),
        new.refers("member_changes", "members", "member"),
        new.check("member_changes", "revision", "revision >= 1"),
        new.check(
            "member_changes",
            "aspect",
            "aspect IN ('sponsor', 'ends', 'tier', 'state', 'appointed', 'dismissed')",
        ),
        new.check("member_changes", "value", "value IS NOT NULL OR aspect IN ('sponsor', 'ends')"),
        new.check("member_changes", "sponsor", "aspect <> 'sponsor' OR value <> member"),
        new.check("member_changes", "ends", "aspect <> 'ends' OR value IS NULL"),
        new.check(
            "member_changes",
            "state",
            "aspect <> 'state' OR value IN ('active', 'suspended', 'terminated')",
        ),
        new.index("member_changes", "member"),
        new.index("member_changes", "aspect", "value", only="aspect IN ('sponsor', 'ends', 'appointed')"),
    )
    return {"trees": trees, "members": members, "member_changes": changes}


def _of_sale(new: Builder) -> dict[str, Table]:
    sales = new.table(
        "sales",
        ("sale",),
        id_column("sale"),
        id_column("buyer"),
        word_column("currency"),
        number_column("paid_at"),
        id_column("promoter", optional=True),
        word_column("region", TEXT),
        word_column("channel", TEXT),
        word_column("buyer_group", TEXT),
        id_column("plan"),
        number_column("plan_version"),
        number_column("buyer_is_member"),
        number_column("tree_revision"),
        number_column("booked_at"),
        # What the buyer had bought before, where the plan depends on it.
        number_column("past_orders", optional=True),
        number_column("past_months", optional=True),
        number_column("past_spent_minor", optional=True),
        number_column("first_is_free", optional=True),
        # What it was granted under the caps of its plan, and what was earned before it, where that matters.
        Column("grants", long_text(), nullable=True),
        new.refers("sales", "plans", "plan", "plan_version"),
        new.check("sales", "buyer_is_member", "buyer_is_member IN (0, 1)"),
        new.check("sales", "booked", "booked_at >= paid_at"),
        new.check("sales", "past", PAST),
        new.index("sales", "buyer"),
    )
    lines = new.table(
        "sale_lines",
        ("sale", "line"),
        id_column("sale"),
        id_column("line"),
        id_column("sku"),
        number_column("units"),
        number_column("net_minor"),
        word_column("category", TEXT),
        number_column("list_minor", optional=True),
        number_column("cost_minor", optional=True),
        number_column("tax_minor", optional=True),
        word_column("brand", TEXT),
        Column("tags", long_text(), nullable=True),
        new.refers("sale_lines", "sales", "sale"),
        new.check("sale_lines", "units", f"units BETWEEN 0 AND {limits.UNITS_MAX}"),
        new.check("sale_lines", "net", f"net_minor BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"),
    )
    # Sums over the sales of those who were asked for, and the row that two sales at once wait for.  One of
    # nobody says by another amount than 0 that buyers are counted at all.
    buyers = new.table(
        "buyers",
        ("buyer", "currency"),
        id_column("buyer"),
        word_column("currency"),
        number_column("orders"),
        number_column("first_paid_at", optional=True),
        number_column("spent_minor"),
        id_column("first_sale", optional=True),
        new.refers("buyers", "sales", "first_sale", also=("sale",)),
        new.check("buyers", "orders", "orders >= 0"),
        new.check("buyers", "first", "(orders = 0) = (first_paid_at IS NULL)"),
    )
    # Sums over what sales were granted, by cap and member, and paid: whoever asks for more waits for the row.
    tallies = new.table(
        "tallies",
        ("plan", "cap", "member", "period"),
        id_column("plan"),
        id_column("cap"),
        id_column("member"),
        id_column("period"),
        number_column("granted_minor"),
        new.check("tallies", "granted", "granted_minor >= 0"),
    )
    return {"sales": sales, "sale_lines": lines, "buyers": buyers, "tallies": tallies}


def _of_freeze(new: Builder) -> dict[str, Table]:
    completions = new.table(
        "completions",
        ("sale",),
        id_column("sale"),
        number_column("completed_at"),
        number_column("recorded_at"),
        new.refers("completions", "sales", "sale"),
        new.check("completions", "recorded", "recorded_at >= completed_at"),
    )
    # An order is frozen while its row stands here.  Its release takes the row along: what is due is
    # found among the frozen ones alone, however many were released before.
    freezes = new.table(
        "freezes",
        ("sale",),
        id_column("sale"),
        number_column("due_at"),
        new.refers("freezes", "sales", "sale"),
    )
    releases = new.table(
        "releases",
        ("sale",),
        id_column("sale"),
        number_column("due_at"),
        number_column("recorded_at"),
        new.refers("releases", "sales", "sale"),
        new.check("releases", "recorded", "recorded_at >= due_at"),
    )
    return {"completions": completions, "freezes": freezes, "releases": releases}


def _of_facts(new: Builder) -> dict[str, Table]:
    # Posting 0 is the sale's own, posting n that of its n-th correction: two corrections at once
    # would take the same number, and the key lets one of them win.
    postings = new.table(
        "postings",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        word_column("cause", CAUSE),
        number_column("valid_at"),
        number_column("posted_at"),
        Column("gifts", long_text(), nullable=True),
        new.refers("postings", "sales", "sale"),
        new.check("postings", "posted", "posted_at >= valid_at"),
        new.index("postings", "valid_at"),
        new.index("postings", "posted_at"),
    )
    corrections = new.table(
        "corrections",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        word_column("kind"),
        id_column("refund", optional=True),
        id_column("repeats", optional=True),
        id_column("price", optional=True),
        number_column("happened_at"),
        new.refers("corrections", "postings", "sale", "posting"),
        new.unique("corrections", "refund"),
        new.unique("corrections", "price"),
        new.check("corrections", "posting", "posting >= 1"),
        new.check("corrections", "kind", "kind IN ('refund', 'price', 'cancellation')"),
        new.check("corrections", "refund", "(kind = 'refund') = (refund IS NOT NULL)"),
        new.check("corrections", "price", "(kind = 'price') = (price IS NOT NULL)"),
    )
    # What went back of a line, or what it should have been sold for: then it has no units.
    lines = new.table(
        "correction_lines",
        ("sale", "posting", "line"),
        id_column("sale"),
        number_column("posting"),
        id_column("line"),
        number_column("units"),
        number_column("amount_minor"),
        new.refers("correction_lines", "corrections", "sale", "posting"),
        new.refers("correction_lines", "sale_lines", "sale", "line"),
        new.check("correction_lines", "units", f"units BETWEEN 0 AND {limits.UNITS_MAX}"),
        new.check("correction_lines", "amount", f"amount_minor BETWEEN 0 AND {limits.AMOUNT_MINOR_MAX}"),
    )
    # Another plan version that a sale is calculated by, from the posting beside it on.
    repins = new.table(
        "repins",
        ("sale", "posting"),
        id_column("sale"),
        number_column("posting"),
        id_column("plan"),
        number_column("plan_version"),
        word_column("reason", TEXT),
        id_column("approver"),
        id_column("actor"),
        new.refers("repins", "postings", "sale", "posting"),
        new.refers("repins", "plans", "plan", "plan_version"),
        new.check("repins", "posting", "posting >= 1"),
        new.check("repins", "approver", "approver <> actor"),
    )
    # The key keeps the order within a posting.  The 16-byte id of a fact is a hash of its columns,
    # and can be made again from them, so it is not stored.
    accruals = new.table(
        "accruals",
        ("sale", "posting", "position"),
        id_column("sale"),
        number_column("posting"),
        number_column("position"),
        id_column("line"),
        id_column("component"),
        id_column("rule"),
        id_column("payee"),
        number_column("level"),
        number_column("amount_minor"),
        new.refers("accruals", "postings", "sale", "posting"),
        new.refers("accruals", "sale_lines", "sale", "line"),
        new.check("accruals", "amount", "amount_minor <> 0"),
        new.check("accruals", "level", "level >= 0"),
    )
    return {
        "postings": postings,
        "corrections": corrections,
        "correction_lines": lines,
        "repins": repins,
        "accruals": accruals,
    }
