"""The table of what is counted against limits: a row for each count, changed by conditional updates."""

from sqlalchemy import Table

from distcore_sql.columns import Builder, id_column, number_column, word_column


def of_counts(new: Builder) -> dict[str, Table]:
    """Return the table of counts."""
    counts = new.table(
        "counts",
        ("kind", "subject", "part", "member"),
        word_column("kind"),
        id_column("subject"),
        id_column("part"),
        id_column("member"),
        number_column("taken"),
        new.check("counts", "taken", "taken >= 0"),
    )
    return {"counts": counts}
