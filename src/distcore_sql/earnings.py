"""`distcore.commission`'s sums over facts, made by the database."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import CTE, bindparam, case, exists, select

from distcore.commission import Earning, EarningPart, GroupBy
from distcore.kernel import Instant, MemberId, micros_of
from distcore_sql.rows import stored_currency, stored_instant
from distcore_sql.statements import Statements, of_shop, same_sale, total
from distcore_sql.tables import Tables


class SqlEarnings:
    """Sums over facts, made by the database."""

    def __init__(self, statements: Statements) -> None:
        """Read on the statements of a transaction."""
        self._sql = statements

    def of(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to, by one statement.

        An index leads to the postings of the period; their facts lie side by side.
        """
        between = {"start": micros_of(start), "end": micros_of(end)}
        if payee is None:
            found = self._sql.rows(_SUMS[by], **between)
        else:
            found = self._sql.rows(_SUMS_OF_ONE[by], payee=payee, **between)
        return [Earning(row[0], stored_currency(row[1], "sale"), *row[2:]) for row in found if any(row[2:])]

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield what the facts of a payee in `[start, end)` come from, by one statement."""
        between = {"start": micros_of(start), "end": micros_of(end)}
        for row in self._sql.rows(_PARTS[by], payee=payee, **between):
            sale, posting, cause, component, valid_at, posted_at, currency, amount = row
            instants = (stored_instant(valid_at), stored_instant(posted_at))
            known = stored_currency(currency, "sale")
            yield EarningPart(sale, posting, cause, component, *instants, known, amount)

    def span(self) -> tuple[Instant, Instant] | None:
        """Return the instants of the first and the last fact."""
        found = self._sql.first(_span)
        if found is None or found[0] is None:
            return None
        return stored_instant(found[0]), stored_instant(found[1])


def _sums(tables: Tables, instant: str) -> Any:
    """Add up the facts of the postings of a period.

    What is known of a posting as a whole is put together first: looked up beside every fact it took twice
    as long.
    """
    of_period = _postings_between(tables, instant)
    facts, amount = tables.accruals, tables.accruals.c.amount_minor
    its_own = (
        (facts.c.shop == of_period.c.shop)
        & (facts.c.sale == of_period.c.sale)
        & (facts.c.posting == of_period.c.posting)
    )
    return (
        select(
            facts.c.payee,
            of_period.c.currency,
            total(case((amount > 0, amount), else_=0)),
            total(case((amount > 0, 0), else_=amount)),
            total(case((of_period.c.released == 1, 0), else_=amount)),
            total(case((of_period.c.released == 1, amount), else_=0)),
        )
        .select_from(of_period.join(facts, its_own))
        .group_by(facts.c.payee, of_period.c.currency)
        .order_by(facts.c.payee, of_period.c.currency)
    )


def _postings_between(tables: Tables, instant: str) -> CTE:
    postings, sales, releases = tables.postings, tables.sales, tables.releases
    when = postings.c[instant]
    return (
        select(
            *postings.c[:3],
            sales.c.currency,
            case((releases.c.sale.is_not(None), 1), else_=0).label("released"),
        )
        .select_from(
            postings.join(sales, same_sale(sales, postings)).outerjoin(
                releases, same_sale(releases, postings)
            )
        )
        .where(of_shop(postings), when >= bindparam("start"), when < bindparam("end"))
        .cte("of_period")
        .prefix_with("MATERIALIZED", dialect="sqlite")
    )


def _sums_by_valid(tables: Tables) -> Any:
    return _sums(tables, "valid_at")


def _sums_by_posted(tables: Tables) -> Any:
    return _sums(tables, "posted_at")


def _sums_of_one_by_valid(tables: Tables) -> Any:
    return _sums_by_valid(tables).where(tables.accruals.c.payee == bindparam("payee"))


def _sums_of_one_by_posted(tables: Tables) -> Any:
    return _sums_by_posted(tables).where(tables.accruals.c.payee == bindparam("payee"))


def _parts(tables: Tables, instant: str) -> Any:
    """Add up the facts of a payee by posting and component, of the postings of a period."""
    postings, sales, facts = tables.postings, tables.sales, tables.accruals
    when = postings.c[instant]
    of = (facts.c.sale, facts.c.posting, postings.c.cause, facts.c.component)
    known = (postings.c.valid_at, postings.c.posted_at, sales.c.currency)
    its_own = same_sale(facts, postings) & (facts.c.posting == postings.c.posting)
    return (
        select(*of, *known, total(facts.c.amount_minor))
        .select_from(postings.join(facts, its_own).join(sales, same_sale(sales, postings)))
        .where(of_shop(postings), when >= bindparam("start"), when < bindparam("end"))
        .where(facts.c.payee == bindparam("payee"))
        .group_by(*of, *known)
        .order_by(facts.c.sale, facts.c.posting, facts.c.component)
    )


def _parts_by_valid(tables: Tables) -> Any:
    return _parts(tables, "valid_at")


def _parts_by_posted(tables: Tables) -> Any:
    return _parts(tables, "posted_at")


_PARTS = {GroupBy.VALID: _parts_by_valid, GroupBy.POSTED: _parts_by_posted}
_SUMS = {GroupBy.VALID: _sums_by_valid, GroupBy.POSTED: _sums_by_posted}
_SUMS_OF_ONE = {GroupBy.VALID: _sums_of_one_by_valid, GroupBy.POSTED: _sums_of_one_by_posted}


def _span(tables: Tables) -> Any:
    """Return the first and the last instant of postings with facts; each is found at an end of the index."""
    postings, facts = tables.postings, tables.accruals
    with_facts = exists().where(same_sale(facts, postings), facts.c.posting == postings.c.posting)
    instants = select(postings.c.valid_at).where(of_shop(postings), with_facts).limit(1)
    first = instants.order_by(postings.c.valid_at).scalar_subquery()
    last = instants.order_by(postings.c.valid_at.desc()).scalar_subquery()
    return select(first, last)
