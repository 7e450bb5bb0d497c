"""What buyers keep of what they bought in a period, added up where the sales are: one statement.

The one rule this file protects: it keeps what `distcore.commission.left_of` does, of several prices the last
one, and deducts of a refund that repeats another one only what exceeds it; a contract test compares the two.
"""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    union_all,
)

from distcore_sql.statements import of_shop, same_sale, total
from distcore_sql.tables import Tables


def kept(tables: Tables) -> Any:
    """Add up, by buyer, the lines of sales of a period as they were priced last, less what was deducted."""
    of_period = _sold_between(tables)
    lines = tables.sale_lines
    sold = select(of_period.c.buyer, lines.c.net_minor.label("amount")).select_from(
        of_period.join(lines, same_sale(lines, of_period))
    )
    moved = union_all(sold, _repriced(tables, of_period), _deducted(tables, of_period)).subquery("moved")
    amount = moved.c.amount
    by_buyer = select(moved.c.buyer, total(amount)).group_by(moved.c.buyer)
    return by_buyer.having(func.sum(amount) != 0).order_by(moved.c.buyer)


def earned(tables: Tables) -> Any:
    """Add up, by component and payee, the facts of sales of a period that a plan paid for.

    What was cancelled adds up to nothing, and is not looked at.
    """
    facts, sales = tables.accruals, tables.sales
    by_plan = _sold_between(tables, sales.c.plan == bindparam("plan"))
    of = (facts.c.component, facts.c.payee)
    amount = facts.c.amount_minor
    summed = select(*of, total(amount)).select_from(by_plan.join(facts, same_sale(facts, by_plan)))
    return summed.group_by(*of).having(func.sum(amount) != 0).order_by(*of)


def _sold_between(tables: Tables, *also: ColumnElement[bool]) -> CTE:
    """Return the sales of a period that were not cancelled; the index of postings leads to them."""
    sales, postings, corrections = tables.sales, tables.postings, tables.corrections
    cancelled = exists().where(same_sale(corrections, sales), corrections.c.kind == "cancellation")
    return (
        select(sales.c.shop, sales.c.sale, sales.c.buyer)
        .select_from(postings.join(sales, same_sale(sales, postings)))
        .where(
            of_shop(postings),
            postings.c.posting == literal_column("0"),
            postings.c.valid_at >= bindparam("start"),
            postings.c.valid_at < bindparam("end"),
            sales.c.currency == bindparam("currency"),
            ~cancelled,
            *also,
        )
        .cte("of_period")
        .prefix_with("MATERIALIZED", dialect="sqlite")
    )


def _repriced(tables: Tables, of_period: CTE) -> Any:
    """Return by how much the last price of each line differs from what it was sold for."""
    corrections, prices, lines = tables.corrections, tables.correction_lines, tables.sale_lines
    its_own = same_sale(prices, corrections) & (prices.c.posting == corrections.c.posting)
    priced = of_period.join(
        corrections, same_sale(corrections, of_period) & (corrections.c.kind == "price")
    ).join(prices, its_own)
    last = func.row_number().over(
        partition_by=(prices.c.sale, prices.c.line),
        order_by=(corrections.c.happened_at.desc(), corrections.c.price.desc()),
    )
    what = (of_period.c.buyer, prices.c.shop, prices.c.sale, prices.c.line, prices.c.amount_minor)
    found = select(*what, last.label("place")).select_from(priced).subquery("priced")
    same_line = same_sale(lines, found) & (lines.c.line == found.c.line)
    return (
        select(found.c.buyer, found.c.amount_minor - lines.c.net_minor)
        .select_from(found.join(lines, same_line))
        .where(found.c.place == literal_column("1"))
    )


def _deducted(tables: Tables, of_period: CTE) -> Any:
    """Return what refunds took off lines, below zero; one that repeats another only what exceeds it."""
    corrections, lines = tables.corrections, tables.correction_lines
    repeated, before = corrections.alias("repeated"), lines.alias("before")
    its_own = same_sale(lines, corrections) & (lines.c.posting == corrections.c.posting)
    repeats = same_sale(repeated, corrections) & (repeated.c.refund == corrections.c.repeats)
    same_line = (
        same_sale(before, repeated)
        & (before.c.posting == repeated.c.posting)
        & (before.c.line == lines.c.line)
    )
    joined = (
        of_period.join(corrections, same_sale(corrections, of_period) & (corrections.c.kind == "refund"))
        .join(lines, its_own)
        .outerjoin(repeated, repeats)
        .outerjoin(before, same_line)
    )
    known = func.coalesce(before.c.amount_minor, literal_column("0"))
    less = case((lines.c.amount_minor > known, known - lines.c.amount_minor), else_=literal_column("0"))
    return select(of_period.c.buyer, less).select_from(joined)
