"""The tables of periods of plans: runs, re-pins, postings, and what each gives to whom.

Facts are clustered by their posting, which writes them in one go; an index leads from a payee to its own.
What a fact rests on is an explanation, and so a document.
"""

from sqlalchemy import Column, Table

from distcore_sql.columns import TEXT, Builder, id_column, long_text, number_column, word_column


def of_periods(new: Builder) -> dict[str, Table]:
    """Return the tables of periods."""
    runs = new.table(
        "period_runs",
        ("run",),
        number_column("run"),
        word_column("currency"),
        word_column("label"),
        number_column("starts_at"),
        number_column("ends_at"),
        id_column("plan"),
        number_column("plan_version"),
        number_column("tree_revision"),
        number_column("known_until"),
        id_column("actor"),
        number_column("run_at"),
        new.refers("period_runs", "plans", "plan", "plan_version"),
        new.unique("period_runs", "currency", "label"),
        new.check("period_runs", "run", "run >= 1"),
        new.check("period_runs", "ended", "starts_at <= ends_at AND ends_at <= run_at"),
    )
    postings = new.table(
        "period_postings",
        ("run", "posting"),
        number_column("run"),
        number_column("posting"),
        number_column("net_minor"),
        Column("totals", long_text(), nullable=False),
        id_column("actor"),
        number_column("posted_at"),
        new.refers("period_postings", "period_runs", "run"),
        new.check("period_postings", "posting", "posting >= 0 AND net_minor >= 0"),
    )
    facts = new.table(
        "period_facts",
        ("run", "posting", "payee", "component"),
        number_column("run"),
        number_column("posting"),
        id_column("payee"),
        id_column("component"),
        number_column("amount_minor"),
        number_column("value_minor"),
        Column("basis", long_text(), nullable=False),
        word_column("unqualified"),
        new.refers("period_facts", "period_postings", "run", "posting"),
        new.refers("period_facts", "members", "payee", also=("member",)),
        new.check("period_facts", "amount", "amount_minor <> 0 AND value_minor >= 0"),
        new.check("period_facts", "qualified", "unqualified = '' OR value_minor = 0"),
        new.index("period_facts", "run", "payee"),
    )
    # Another plan version that a run is calculated by, from the posting beside it on.
    repins = new.table(
        "period_repins",
        ("run", "posting"),
        number_column("run"),
        number_column("posting"),
        id_column("plan"),
        number_column("plan_version"),
        word_column("reason", TEXT),
        id_column("approver"),
        id_column("actor"),
        new.refers("period_repins", "period_postings", "run", "posting"),
        new.refers("period_repins", "plans", "plan", "plan_version"),
        new.check("period_repins", "posting", "posting >= 1"),
        new.check("period_repins", "approver", "approver <> actor"),
    )
    return {
        "period_runs": runs,
        "period_postings": postings,
        "period_repins": repins,
        "period_facts": facts,
    }
