"""`distcore.commission`'s ports in tables: plans, sales with their facts, and releases."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    bindparam,
    case,
    func,
    literal_column,
    select,
)

from distcore.codec import dump_plan
from distcore.commission import (
    Booking,
    Correction,
    DueGift,
    PaidSale,
    Plan,
    Portion,
    Posting,
    Repin,
    SaleLine,
    SaleRecord,
    Timeline,
)
from distcore.kernel import (
    ComponentId,
    Currency,
    Instant,
    MemberId,
    PlanId,
    PriceCorrectionId,
    RefundId,
    SaleId,
    limits,
    micros_of,
)
from distcore_sql.kept import (
    earned,
    kept,
)
from distcore_sql.paid_sales import (
    back_of,
    by_id,
    by_payment,
    correction_lines_of,
    gathered,
    lines_of,
    postings_of,
    rows_of_sales,
)
from distcore_sql.rows import (
    accrual_of,
    booking_of,
    correction_of,
    due_gifts_of,
    line_of,
    plan_of,
    points_portions_of,
    portion_of,
    posting_of,
    repin_of,
    row_of_booking,
    row_of_correction,
    row_of_posting,
    row_of_repin,
    rows_of_accruals,
    rows_of_correction_lines,
    rows_of_lines,
    timeline_of,
)
from distcore_sql.statements import Statements, Those, among, listed, of_shop, same_sale, total
from distcore_sql.tables import Tables

PAGE: Final = 1_000
"""Sales read at a time when all of them are: bounds memory."""


class SqlPlans:
    """Published plans, as documents."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, plan: Plan, *, at: Instant) -> None:
        """Write a version that is not there yet."""
        self._sql.insert("plans", [(plan.id, plan.plan_version, dump_plan(plan), micros_of(at))])

    def all(self, *, known_at: Instant | None = None) -> Sequence[Plan]:
        """Return every version, by id and version; with `known_at`, those that were written by then."""
        latest = limits.INSTANT_MAX if known_at is None else micros_of(known_at)
        return [plan_of(body) for body, recorded_at in self._sql.rows(_plans) if recorded_at <= latest]


class SqlSales:
    """Sales, each in one place of each table."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def known(self, ids: Collection[SaleId]) -> frozenset[SaleId]:
        """Return which of these are booked."""
        return frozenset(row[0] for row in self._sql.rows(_known, ids=listed(ids)))

    def find(self, ids: Collection[SaleId], *, for_change: bool = False) -> dict[SaleId, SaleRecord]:
        """Return those of these sales that are booked, by five statements, and two that lock.

        A freeze is written as it is: a release that has seen an older state of these sales, at a level of
        isolation that keeps showing it, then finds that it comes second.  And who corrects a sale that does
        not seem to be completed finds out if it is by now, and perhaps released.
        """
        if not ids:
            return {}
        given = listed(ids)
        if for_change:
            self._sql.hold(_to_hold, self._sql.those(_FREEZES_TO_HOLD), ids=given)
        sales = self._sql.rows(_sales, ids=given)
        if not sales:
            return {}
        if for_change and (waiting := [row[0] for row in sales if timeline_of(row).completed_at is None]):
            self._sql.look_ahead("completions", _as_if_completed, ids=listed(waiting))
        lines = gathered((row[0], line_of(row)) for row in self._sql.rows(lines_of, ids=given))
        facts = gathered(((row[0], row[1]), accrual_of(row)) for row in self._sql.rows(_facts, ids=given))
        back = back_of(self._sql.rows(correction_lines_of, ids=given))
        postings: defaultdict[SaleId, list[Posting]] = defaultdict(list)
        corrections: defaultdict[SaleId, list[Correction]] = defaultdict(list)
        repins: defaultdict[SaleId, list[Repin]] = defaultdict(list)
        for row in self._sql.rows(postings_of, ids=given):
            sale, number = row[:2]
            postings[sale].append(posting_of(row, facts.get((sale, number), ())))
            if row[6] is not None:
                corrections[sale].append(correction_of(row, back.get((sale, number), ())))
            if row[11] is not None:
                repins[sale].append(repin_of(row))
        return {
            id: _record(row, lines.get(id, ()), postings[id], corrections[id], repins[id])
            for id, row in ((row[0], row) for row in sales)
        }

    def timelines(self, ids: Collection[SaleId]) -> dict[SaleId, Timeline]:
        """Return when what happened to those of these sales that are booked, by one statement and a lock."""
        given = listed(ids)
        self._sql.hold(_to_hold, ids=given)
        return {row[0]: timeline_of(row) for row in self._sql.rows(_sales, ids=given)}

    def count(self) -> int:
        """Return how many sales are booked."""
        return int(self._sql.rows(_count)[0][0])

    def all(self) -> Iterator[SaleRecord]:
        """Yield every sale in order of id, a page at a time."""
        after = ""
        while page := [row[0] for row in self._sql.rows(_page, after=after, limit=PAGE)]:
            found = self.find(page)
            yield from (found[id] for id in page)
            after = page[-1]

    def paid(
        self, since: Instant, until: Instant, *, with_posted: bool = False, after: str = ""
    ) -> Iterator[PaidSale]:
        """Yield the sales paid in `[since, until)`, in order of id, a page at a time."""
        return by_id(self._sql, since, until, with_posted=with_posted, after=after)

    def by_payment(self, since: Instant, until: Instant, *, with_posted: bool = False) -> Iterator[PaidSale]:
        """Yield the sales paid in `[since, until)`, in the order of payment, a page at a time."""
        return by_payment(self._sql, since, until, with_posted=with_posted)

    def bought(self, buyers: Collection[MemberId]) -> frozenset[MemberId]:
        """Return which of these have bought before."""
        return frozenset(row[0] for row in self._sql.rows(_bought, ids=listed(buyers)))

    def kept(self, currency: Currency, start: Instant, end: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what is left of the net of sales of a period, by buyer, by one statement."""
        period = {"start": micros_of(start), "end": micros_of(end)}
        return ((row[0], row[1]) for row in self._sql.rows(kept, currency=currency, **period))

    def categories(self) -> frozenset[str]:
        """Return the categories of all that was ever sold."""
        return frozenset(row[0] for row in self._sql.rows(_categories))

    def earned(
        self, plan: PlanId, currency: Currency, start: Instant, end: Instant
    ) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what facts of sales of a period add up to, by component and payee, by one statement."""
        period = {"start": micros_of(start), "end": micros_of(end)}
        found = self._sql.rows(earned, plan=plan, currency=currency, **period)
        return ((row[0], row[1], row[2]) for row in found)

    def refunded(self, refunds: Collection[RefundId]) -> frozenset[RefundId]:
        """Return which of these refund ids are posted."""
        return frozenset(row[0] for row in self._sql.rows(_refunded, ids=listed(refunds)))

    def repriced(self, prices: Collection[PriceCorrectionId]) -> frozenset[PriceCorrectionId]:
        """Return which of these ids of price corrections are posted."""
        return frozenset(row[0] for row in self._sql.rows(_repriced, ids=listed(prices)))

    def book(
        self, bookings: Sequence[tuple[Booking, Posting]], dues: Sequence[tuple[SaleId, Instant]]
    ) -> None:
        """Write new sales with their lines, first postings, facts and dues: a statement for each table.

        In order of id: of two who book the same sales one waits for the other, and never both.
        """
        bookings = sorted(bookings, key=lambda each: each[0].sale.id)
        self._sql.insert("sales", [row_of_booking(booking) for booking, _ in bookings])
        self._sql.insert(
            "sale_lines", [row for booking, _ in bookings for row in rows_of_lines(booking.sale)]
        )
        self._post([(posting, 0) for _, posting in bookings])
        self._sql.insert("freezes", [(sale, micros_of(due)) for sale, due in dues])

    def correct(self, corrections: Sequence[tuple[Correction, Posting]]) -> None:
        """Write corrections and what they post, each as the next posting of its sale."""
        sales = {correction.sale for correction, _ in corrections}
        last: dict[SaleId, int] = {row[0]: row[1] for row in self._sql.rows(_last_posting, ids=listed(sales))}
        postings, heads, lines = [], [], []
        for correction, posting in corrections:
            last[correction.sale] = number = last.get(correction.sale, 0) + 1
            postings.append((posting, number))
            heads.append(row_of_correction(correction, number))
            lines.extend(rows_of_correction_lines(correction, number))
        self._post(postings)
        self._sql.insert("corrections", heads)
        self._sql.insert("correction_lines", lines)

    def recompute(self, postings: Sequence[tuple[Posting, Repin | None]]) -> None:
        """Write what recomputations post, each as the next posting of its sale, and the re-pins."""
        sales = {posting.sale for posting, _ in postings}
        last: dict[SaleId, int] = {row[0]: row[1] for row in self._sql.rows(_last_posting, ids=listed(sales))}
        self._post([(posting, last.get(posting.sale, 0) + 1) for posting, _ in postings])
        repins = [row_of_repin(posting.sale, repin) for posting, repin in postings if repin is not None]
        self._sql.insert("repins", repins)

    def complete(
        self,
        completions: Sequence[tuple[SaleId, Instant]],
        dues: Sequence[tuple[SaleId, Instant]],
        *,
        at: Instant,
    ) -> None:
        """Write completions, and the dues that begin with them."""
        recorded_at = micros_of(at)
        self._sql.insert(
            "completions", [(sale, micros_of(instant), recorded_at) for sale, instant in completions]
        )
        self._sql.insert("freezes", [(sale, micros_of(due)) for sale, due in dues])

    def _post(self, numbered: Sequence[tuple[Posting, int]]) -> None:
        self._sql.insert("postings", [row_of_posting(*each) for each in numbered])
        self._sql.insert("accruals", [row for each in numbered for row in rows_of_accruals(*each)])


class SqlReleases:
    """Which orders are out of their freeze: a release takes the row of the freeze along."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def due(self, until: Instant, limit: int, *, after: str = "") -> Sequence[SaleId]:
        """Return frozen sales that are due, by id; its cost is that of the frozen ones alone."""
        asked: dict[str, Any] = {"until": micros_of(until), "limit": limit, "after": after}
        self._sql.hold(_due_to_hold, **asked)
        return [row[0] for row in self._sql.rows(_due, **asked)]

    def add(self, sales: Sequence[SaleId], *, at: Instant) -> None:
        """Write releases, and end the freezes; the count of rows says whether somebody was faster.

        Who corrects or completes one of these sales holds it, as this does: one comes after the other.  What
        is released is what was posted, so whoever sees the past finds out if more was.
        """
        ids = listed(sales)
        self._sql.hold(_to_hold, ids=ids)
        self._sql.look_ahead("postings", _as_if_posted, ids=ids)
        if self._sql.change(_release, ids=ids, at=micros_of(at)) != len(sales):
            raise self._sql.conflict("some of these sales are not frozen: they are released already")
        self._sql.change_those(_THAWED, ids)

    def portions(self, sales: Sequence[SaleId]) -> Sequence[Portion]:
        """Return what each payee has of each posting of released sales, by two statements."""
        ids = listed(sales)
        money = [portion_of(row) for row in self._sql.rows(_portions, ids=ids)]
        return [
            *money,
            *(each for row in self._sql.rows(_given, ids=ids) for each in points_portions_of(row)),
        ]

    def gifts(self, since: Instant, until: Instant) -> Iterator[DueGift]:
        """Yield the gifts that became due in `[since, until)`, by one statement."""
        between = {"since": micros_of(since), "until": micros_of(until)}
        return (each for row in self._sql.rows(_due_gifts, **between) for each in due_gifts_of(row))


def _record(
    row: Sequence[Any],
    lines: Sequence[SaleLine],
    postings: Sequence[Posting],
    corrections: Sequence[Correction],
    repins: Sequence[Repin],
) -> SaleRecord:
    timeline = timeline_of(row)
    return SaleRecord(
        booking_of(row, lines),
        tuple(postings),
        tuple(corrections),
        timeline.completed_at,
        timeline.due,
        released=row[-1] is not None,
        repins=tuple(repins),
    )


def _plans(tables: Tables) -> Any:
    plans = tables.plans
    return (
        select(plans.c.body, plans.c.recorded_at)
        .where(of_shop(plans))
        .order_by(plans.c.plan, plans.c.plan_version)
    )


def _known(tables: Tables) -> Any:
    return select(tables.sales.c.sale).where(of_shop(tables.sales), among(tables.sales.c.sale))


def _bought(tables: Tables) -> Any:
    buyer = tables.sales.c.buyer
    return select(buyer).distinct().where(of_shop(tables.sales), among(buyer))


def _categories(tables: Tables) -> Any:
    category = tables.sale_lines.c.category
    return select(category).distinct().where(of_shop(tables.sale_lines), category != literal_column("''"))


_FREEZES_TO_HOLD: Final = Those(
    lambda tables: tables.freezes, "sale", lambda table: {"due_at": table.c.due_at}
)


def _to_hold(tables: Tables) -> Any:
    """Lock sales in order of id.  Nobody changes their keys, so that rows that refer to them don't wait."""
    sales = tables.sales
    some = select(sales.c.sale).where(of_shop(sales), among(sales.c.sale)).order_by(sales.c.sale)
    return some.with_for_update(key_share=True)


def _as_if_completed(tables: Tables) -> Any:
    """Return the row of the completion of each sale, if it had been completed when it was paid."""
    sales = tables.sales
    some = select(sales.c.sale, sales.c.paid_at, sales.c.paid_at.label("recorded_at"))
    return some.where(of_shop(sales), among(sales.c.sale))


def _as_if_posted(tables: Tables) -> Any:
    """Return the row of what would be the next posting of each sale."""
    postings = tables.postings
    sale, next_one = postings.c.sale, func.max(postings.c.posting) + literal_column("1")
    others = [func.max(postings.c[name]) for name in ("cause", "valid_at", "posted_at", "gifts")]
    return select(sale, next_one, *others).where(of_shop(postings), among(sale)).group_by(sale).order_by(sale)


def _count(tables: Tables) -> Any:
    return select(func.count()).select_from(tables.sales).where(of_shop(tables.sales))


def _page(tables: Tables) -> Any:
    sales = tables.sales
    beyond = select(sales.c.sale).where(of_shop(sales), sales.c.sale > bindparam("after"))
    return beyond.order_by(sales.c.sale).limit(bindparam("limit"))


def _sales(tables: Tables) -> Any:
    sales, freezes, releases = tables.sales, tables.freezes, tables.releases
    done = tables.completions
    joined = (
        sales.outerjoin(done, same_sale(done, sales))
        .outerjoin(freezes, same_sale(freezes, sales))
        .outerjoin(releases, same_sale(releases, sales))
    )
    what = (*sales.c[1:], done.c.completed_at, freezes.c.due_at, releases.c.due_at)
    return select(*what).select_from(joined).where(of_shop(sales), among(sales.c.sale))


def _facts(tables: Tables) -> Any:
    facts = tables.accruals
    return rows_of_sales(facts).with_only_columns(
        *(column for column in facts.c[1:] if column is not facts.c.position)
    )


def _refunded(tables: Tables) -> Any:
    refund = tables.corrections.c.refund
    return select(refund).where(of_shop(tables.corrections), among(refund))


def _repriced(tables: Tables) -> Any:
    price = tables.corrections.c.price
    return select(price).where(of_shop(tables.corrections), among(price))


def _last_posting(tables: Tables) -> Any:
    postings = tables.postings
    last = select(postings.c.sale, func.max(postings.c.posting))
    return last.where(of_shop(postings), among(postings.c.sale)).group_by(postings.c.sale)


def _due(tables: Tables) -> Any:
    freezes = tables.freezes
    due = select(freezes.c.sale).where(
        of_shop(freezes), freezes.c.due_at <= bindparam("until"), freezes.c.sale > bindparam("after")
    )
    return due.order_by(freezes.c.sale).limit(bindparam("limit"))


def _due_to_hold(tables: Tables) -> Any:
    """Lock the sales that are due, in order of id, as whoever corrects one of them does.

    What is due is asked apart: MariaDB locks the rows of all tables that are joined, and whoever corrects a
    sale locks its freeze after it.
    """
    sales, due = tables.sales, _due(tables).subquery("due")
    joined = select(sales.c.sale).join(due, due.c.sale == sales.c.sale).where(of_shop(sales))
    return joined.order_by(sales.c.sale).with_for_update(of=sales, key_share=True)


def _portions(tables: Tables) -> Any:
    """Add up the facts of each posting of released sales, payee by payee."""
    facts, postings = tables.accruals, tables.postings
    sales, releases = tables.sales, tables.releases
    of = (facts.c.sale, facts.c.posting, facts.c.payee)
    known = (sales.c.currency, postings.c.valid_at, postings.c.posted_at, releases.c.due_at)
    joined = (
        facts.join(postings, same_sale(postings, facts) & (postings.c.posting == facts.c.posting))
        .join(sales, same_sale(sales, facts))
        .join(releases, same_sale(releases, facts))
    )
    amount = total(facts.c.amount_minor)
    return (
        select(*of, *known, amount)
        .select_from(joined)
        .where(of_shop(facts), among(facts.c.sale))
        .group_by(*of, *known)
        .having(func.sum(facts.c.amount_minor) != 0)
        .order_by(*of)
    )


def _gifts(tables: Tables) -> Any:
    """Return the postings of released sales that have gifts, each with the release of its sale."""
    postings, releases = tables.postings, tables.releases
    columns = (
        postings.c.sale,
        postings.c.posting,
        *list(postings.c)[3:7],
        releases.c.due_at,
        releases.c.recorded_at,
    )
    joined = postings.join(releases, same_sale(releases, postings))
    given = select(*columns).select_from(joined).where(of_shop(postings), postings.c.gifts.is_not(None))
    return given.order_by(postings.c.sale, postings.c.posting)


def _given(tables: Tables) -> Any:
    return _gifts(tables).where(among(tables.postings.c.sale))


def _due_gifts(tables: Tables) -> Any:
    released, posted = tables.releases.c.recorded_at, tables.postings.c.posted_at
    recorded = case((released > posted, released), else_=posted)
    return _gifts(tables).where(recorded >= bindparam("since"), recorded < bindparam("until"))


def _release(tables: Tables) -> Any:
    freezes = tables.freezes
    rows = select(freezes.c.shop, freezes.c.sale, freezes.c.due_at, bindparam("at")).where(
        of_shop(freezes), among(freezes.c.sale)
    )
    return tables.releases.insert().from_select(["shop", "sale", "due_at", "recorded_at"], rows)


_THAWED: Final = Those(lambda tables: tables.freezes, "sale")
