"""`distcore.commission.PeriodRuns` in tables: periods that were accrued, and what was posted of each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from attrs import evolve
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from distcore.commission import (
    Earning,
    EarningPart,
    GroupBy,
    PeriodFact,
    PeriodGrounds,
    PeriodPosting,
    PeriodRun,
    Repin,
    cause_of_period,
)
from distcore.kernel import POINT, ComponentId, Currency, Instant, MemberId, Period, micros_of
from distcore.ledger import POINTS
from distcore_sql.dialects import After, read_once
from distcore_sql.period_rows import (
    period_fact_of,
    period_posting_of,
    row_of_period_fact,
    row_of_period_posting,
    row_of_run,
    run_of,
)
from distcore_sql.rows import row_of_repin, stored_currency, stored_instant
from distcore_sql.statements import Statements, among, listed, of_shop, same_sale, total
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Facts read at a time when all of them are: bounds memory."""

_POSTINGS: Final = "postings"
_TRANSFERS: Final = "transfers"
_ONE: Final = 0
"""The number of no run: a period that somebody names."""

_OF_POINTS: Final[Mapping[str, str]] = {"account": POINTS, "currency": POINT}


class SqlPeriodRuns:
    """Runs, their postings and facts."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def all(self) -> Sequence[PeriodRun]:
        """Return every run by number."""
        found = self._sql.rows(_runs)
        return [run_of(list(rows)) for _, rows in groupby(found, key=lambda row: row[0])]

    def add(self, run: PeriodRun) -> None:
        """Write a run; the keys let one of two win."""
        self._sql.insert("period_runs", [row_of_run(run)])

    def post(self, posting: PeriodPosting, repin: Repin | None = None) -> None:
        """Write a posting, and a re-pin from it on."""
        self._sql.insert("period_postings", [row_of_period_posting(posting)])
        if repin is not None:
            self._sql.insert("period_repins", [row_of_repin(posting.run, repin)])

    def postings(self, run: int) -> Sequence[PeriodPosting]:
        """Return the postings of a run by number."""
        return [period_posting_of(row) for row in self._sql.rows(_postings, run=run)]

    def grounds(self, by_points: Collection[int] = ()) -> dict[int, PeriodGrounds]:
        """Return what runs rest on by now, by one statement."""
        if not by_points:
            return _grounds_by_run(self._sql.rows(_grounds))
        ids = listed([str(each) for each in by_points])
        return _grounds_by_run(self._sql.rows(_grounds_by_points_too, ids=ids, **_OF_POINTS))

    def grounds_of(self, currency: Currency, period: Period, *, by_points: bool = False) -> PeriodGrounds:
        """Return what a period rests on by now, by one statement."""
        start, end = micros_of(period.start), micros_of(period.end)
        if by_points:
            two = _grounds_of_one_by_points_too
            rows = self._sql.rows(two, of=currency, start=start, end=end, **_OF_POINTS)
        else:
            rows = self._sql.rows(_grounds_of_one, of=currency, start=start, end=end)
        return _grounds_by_run(rows).get(_ONE, PeriodGrounds())

    def write(self, facts: Sequence[PeriodFact]) -> None:
        """Write facts."""
        self._sql.insert("period_facts", [row_of_period_fact(each) for each in facts])

    def sums(self, run: int) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what the facts of a run add up to, by component and payee, by one statement."""
        return ((row[0], row[1], row[2]) for row in self._sql.rows(_sums, run=run))

    def facts(self, run: int, posting: int) -> Iterator[PeriodFact]:
        """Yield the facts of a posting by payee and component, a page at a time."""
        payee = component = ""
        of = {"run": run, "posting": posting, "limit": PAGE}
        while page := self._sql.rows(_facts, payee=payee, component=component, **of):
            yield from map(period_fact_of, page)
            payee, component = page[-1][2:4]

    def of(self, run: int, payees: Collection[MemberId]) -> dict[MemberId, list[PeriodFact]]:
        """Return the facts of a run of some payees, by component and posting."""
        found: dict[MemberId, list[PeriodFact]] = {}
        for row in self._sql.rows(_of, run=run, ids=listed(payees)) if payees else ():
            fact = period_fact_of(row)
            found.setdefault(fact.share.payee, []).append(fact)
        return found

    def earned(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to, by one statement.

        It looks at the facts of the postings of that time, or at those of the payee.
        """
        between = {"start": micros_of(start), "end": micros_of(end)}
        if payee is None:
            found = self._sql.rows(_EARNED[by], **between)
        else:
            found = self._sql.rows(_EARNED_BY_ONE[by], payee=payee, **between)
        return [
            Earning(row[0], stored_currency(row[1], "run of a period"), row[2], row[3], 0, row[4])
            for row in found
        ]

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield the facts of a payee in `[start, end)`, by one statement."""
        between = {"start": micros_of(start), "end": micros_of(end)}
        for row in self._sql.rows(_PARTS[by], payee=payee, **between):
            posting, label, component, ends_at, posted_at, currency, amount = row
            instants = (stored_instant(ends_at - 1), stored_instant(posted_at))
            known = stored_currency(currency, "run of a period")
            yield EarningPart(None, posting, cause_of_period(label), component, *instants, known, amount)

    def count(self) -> int:
        """Return how many facts there are."""
        return int(self._sql.rows(_count)[0][0])


def _runs(tables: Tables) -> Any:
    """Return runs with their re-pins, a row for each; nothing stands where one has none."""
    runs, repins = tables.period_runs, tables.period_repins
    its_own = (repins.c.shop == runs.c.shop) & (repins.c.run == runs.c.run)
    joined = select(*runs.c[1:], *list(repins.c)[2:]).select_from(runs.join(repins, its_own, isouter=True))
    return joined.where(of_shop(runs)).order_by(runs.c.run, repins.c.posting)


def _postings(tables: Tables) -> Any:
    postings = tables.period_postings
    of_run = select(*postings.c[1:]).where(of_shop(postings), postings.c.run == bindparam("run"))
    return of_run.order_by(postings.c.posting)


def _grounds(tables: Tables) -> Any:
    return _postings_in(tables, _periods_of_runs(tables))


def _grounds_by_points_too(tables: Tables) -> Any:
    periods = _periods_of_runs(tables)
    weighs = among(cast(periods.c.run, String()))
    return union_all(_postings_in(tables, periods), _moved_before_end(tables, periods).where(weighs))


def _grounds_of_one(tables: Tables) -> Any:
    return _postings_in(tables, _one_period())


def _grounds_of_one_by_points_too(tables: Tables) -> Any:
    period = _one_period()
    return union_all(_postings_in(tables, period), _moved_before_end(tables, period))


def _periods_of_runs(tables: Tables) -> Subquery:
    runs = tables.period_runs
    what = (runs.c.run, runs.c.currency, runs.c.starts_at, runs.c.ends_at)
    return select(*what).where(of_shop(runs)).subquery("periods")


def _one_period() -> Subquery:
    """Return a period that somebody names, as if it were that of a run."""
    return select(
        literal_column(str(_ONE)).label("run"),
        cast(bindparam("of"), String()).label("currency"),
        cast(bindparam("start"), BigInteger()).label("starts_at"),
        cast(bindparam("end"), BigInteger()).label("ends_at"),
    ).subquery("periods")


def _postings_in(tables: Tables, periods: Subquery) -> Any:
    """Return how much was posted of the sales of each period, and when last.

    The index of postings leads from a period to its sales, and the key of postings to all that is theirs.
    """
    sold, sales, posted = tables.postings.alias("sold"), tables.sales, tables.postings.alias("posted")
    in_period = (
        of_shop(sold)
        & (sold.c.posting == literal_column("0"))
        & (sold.c.valid_at >= periods.c.starts_at)
        & (sold.c.valid_at < periods.c.ends_at)
    )
    its_own = same_sale(sales, sold) & (sales.c.currency == periods.c.currency)
    joined = periods.join(sold, in_period).join(sales, its_own).join(posted, same_sale(posted, sold))
    found = select(periods.c.run, *_counted(_POSTINGS, posted)).select_from(joined)
    return found.group_by(periods.c.run)


def _moved_before_end(tables: Tables, periods: Subquery) -> Any:
    """Return how often points moved that weigh in each period, and when last.

    The transfers of points are looked up once, and not once for each period.
    """
    transfers = tables.transfers
    holds = or_(transfers.c.debit == bindparam("account"), transfers.c.credit == bindparam("account"))
    of_points = select(transfers.c.valid_at, transfers.c.posted_at).where(
        of_shop(transfers), transfers.c.currency == bindparam("currency"), holds
    )
    moved = read_once(of_points.cte("moved"))
    joined = periods.join(moved, moved.c.valid_at < periods.c.ends_at)
    found = select(periods.c.run, *_counted(_TRANSFERS, moved)).select_from(joined)
    return found.group_by(periods.c.run)


def _counted(what: str, rows: FromClause) -> tuple[ColumnElement[Any], ...]:
    return literal_column(f"'{what}'"), func.count(), func.max(rows.c.posted_at)


def _grounds_by_run(rows: Iterable[Sequence[Any]]) -> dict[int, PeriodGrounds]:
    """Return what is counted of runs, those of points beside those of sales."""
    found: dict[int, PeriodGrounds] = {}
    for run, what, count, newest in rows:
        before, posted_at = found.get(run, PeriodGrounds()), stored_instant(newest)
        last = posted_at if before.posted_at is None else max(before.posted_at, posted_at)
        found[run] = evolve(before, **{what: count}, posted_at=last)
    return found


def _sums(tables: Tables) -> Any:
    facts = tables.period_facts
    of = (facts.c.component, facts.c.payee)
    summed = select(*of, total(facts.c.amount_minor)).where(of_shop(facts), facts.c.run == bindparam("run"))
    return summed.group_by(*of).having(func.sum(facts.c.amount_minor) != 0).order_by(*of)


def _facts(tables: Tables) -> Any:
    facts = tables.period_facts
    payee, component = facts.c.payee, facts.c.component
    after = After(payee, component, bindparam("payee"), bindparam("component"))
    of_posting = (facts.c.run == bindparam("run"), facts.c.posting == bindparam("posting"))
    page = select(*facts.c[1:]).where(of_shop(facts), *of_posting, after)
    return page.order_by(payee, component).limit(bindparam("limit"))


def _of(tables: Tables) -> Any:
    facts = tables.period_facts
    some = select(*facts.c[1:]).where(of_shop(facts), facts.c.run == bindparam("run"), among(facts.c.payee))
    return some.order_by(facts.c.payee, facts.c.component, facts.c.posting)


def _between(tables: Tables, by: GroupBy, found: Any) -> Any:
    """Look for something of the facts of a time, with their postings and runs."""
    facts, postings, runs = tables.period_facts, tables.period_postings, tables.period_runs
    its_own = (facts.c.shop == postings.c.shop) & (facts.c.run == postings.c.run)
    of_run = (runs.c.shop == postings.c.shop) & (runs.c.run == postings.c.run)
    if by is GroupBy.VALID:  # the last instant of a period lies before its end
        when = (runs.c.ends_at > bindparam("start"), runs.c.ends_at <= bindparam("end"))
    else:
        when = (postings.c.posted_at >= bindparam("start"), postings.c.posted_at < bindparam("end"))
    return found.select_from(
        postings.join(runs, of_run).join(facts, its_own & (facts.c.posting == postings.c.posting))
    ).where(of_shop(postings), *when)


def _earned(tables: Tables, by: GroupBy) -> Any:
    amount = tables.period_facts.c.amount_minor
    of = (tables.period_facts.c.payee, tables.period_runs.c.currency)
    sums = (
        total(case((amount > 0, amount), else_=0)),
        total(case((amount > 0, 0), else_=amount)),
        total(amount),
    )
    return _between(tables, by, select(*of, *sums)).group_by(*of).order_by(*of)


def _parts(tables: Tables, by: GroupBy) -> Any:
    facts, postings, runs = tables.period_facts.c, tables.period_postings.c, tables.period_runs.c
    told = (facts.posting, runs.label, facts.component, runs.ends_at, postings.posted_at, runs.currency)
    found = _between(tables, by, select(*told, facts.amount_minor)).where(facts.payee == bindparam("payee"))
    return found.order_by(facts.run, facts.component, facts.posting)


def _parts_by_valid(tables: Tables) -> Any:
    return _parts(tables, GroupBy.VALID)


def _parts_by_posted(tables: Tables) -> Any:
    return _parts(tables, GroupBy.POSTED)


def _earned_by_valid(tables: Tables) -> Any:
    return _earned(tables, GroupBy.VALID)


def _earned_by_posted(tables: Tables) -> Any:
    return _earned(tables, GroupBy.POSTED)


def _earned_by_one_by_valid(tables: Tables) -> Any:
    return _earned_by_valid(tables).where(tables.period_facts.c.payee == bindparam("payee"))


def _earned_by_one_by_posted(tables: Tables) -> Any:
    return _earned_by_posted(tables).where(tables.period_facts.c.payee == bindparam("payee"))


_PARTS: Final = {GroupBy.VALID: _parts_by_valid, GroupBy.POSTED: _parts_by_posted}
_EARNED: Final = {GroupBy.VALID: _earned_by_valid, GroupBy.POSTED: _earned_by_posted}
_EARNED_BY_ONE: Final = {GroupBy.VALID: _earned_by_one_by_valid, GroupBy.POSTED: _earned_by_one_by_posted}


def _count(tables: Tables) -> Any:
    return select(func.count()).select_from(tables.period_facts).where(of_shop(tables.period_facts))
