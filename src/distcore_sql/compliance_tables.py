"""The table of compliance: who allowed which version of a plan to break the shop's preset."""

from sqlalchemy import Column, Table

from distcore_sql.columns import TEXT, Builder, id_column, long_text, number_column, word_column


def of_compliance(new: Builder) -> dict[str, Table]:
    """Return the table by the name that `Tables` has for it."""
    overrides = new.table(
        "plan_overrides",
        ("plan", "plan_version", "number"),
        id_column("plan"),
        number_column("plan_version"),
        number_column("number"),
        word_column("preset"),
        word_column("reason", TEXT),
        id_column("approver"),
        id_column("actor"),
        number_column("recorded_at"),
        Column("broken", long_text(), nullable=False),
        new.refers("plan_overrides", "plans", "plan", "plan_version"),
        new.check("plan_overrides", "number", "number >= 1"),
        new.check("plan_overrides", "reason", "reason <> ''"),
        new.check("plan_overrides", "approver", "approver <> actor"),
        clustered=False,
    )
    return {"plan_overrides": overrides}
