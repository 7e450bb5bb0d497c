"""`distcore.commission.PeriodRuns` in tables: periods that were accrued, and what was posted of each."""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    CTE,
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
    PeriodPosting,
    PeriodRun,
    Repin,
    cause_of_period,
)
from distcore.kernel import POINT, ComponentId, Instant, MemberId, micros_of
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
from distcore_sql.statements import Statements, among, listed, of_shop, total
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Facts read at a time when all of them are: bounds memory."""


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

    def changed(self, by_points: Collection[int] = ()) -> dict[int, Instant]:
        """Return when anything was last posted that runs rest on, if it was later, by one statement."""
        if by_points:
            ids = listed([str(each) for each in by_points])
            found = self._sql.rows(_changed_by_points_too, ids=ids, account=POINTS, currency=POINT)
        else:
            found = self._sql.rows(_changed)
        return {row[0]: stored_instant(row[1]) for row in found}

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


def _changed(tables: Tables) -> Any:
    """Return the newest posting of the sales of each run, if it is later than those of the run.

    The currency is asked of what is later alone: hardly anything is.
    """
    runs, sales, later = tables.period_runs, tables.sales, _posted_later(tables)
    its_own = (sales.c.shop == later.c.shop) & (sales.c.sale == later.c.sale)
    of_run = (runs.c.shop == later.c.shop) & (runs.c.run == later.c.run)
    joined = later.join(sales, its_own).join(runs, of_run & (runs.c.currency == sales.c.currency))
    found = select(later.c.run, func.max(later.c.posted_at)).select_from(joined)
    return found.group_by(later.c.run).order_by(later.c.run)


def _changed_by_points_too(tables: Tables) -> Any:
    """Return the newest of what is posted later than each run: of its sales, or of what weighs in some."""
    both = union_all(_changed(tables).order_by(None), _moved_later(tables)).subquery("both")
    run, posted_at = both.c
    return select(run, func.max(posted_at)).group_by(run).order_by(run)


def _moved_later(tables: Tables) -> Any:
    """Return the newest transfer of points that weighs in each of some runs, if it is later than the run.

    The transfers of points are looked up once, and not once for each run.
    """
    runs, transfers, of_run = tables.period_runs, tables.transfers, _newest(tables)
    holds = or_(transfers.c.debit == bindparam("account"), transfers.c.credit == bindparam("account"))
    of_points = select(transfers.c.valid_at, transfers.c.posted_at).where(
        of_shop(transfers), transfers.c.currency == bindparam("currency"), holds
    )
    moved = read_once(of_points.cte("moved"))
    weighs = (moved.c.valid_at < runs.c.ends_at) & (moved.c.posted_at > of_run.c.posted_at)
    joined = runs.join(of_run, of_run.c.run == runs.c.run).join(moved, weighs)
    found = select(runs.c.run, func.max(moved.c.posted_at)).select_from(joined)
    return found.where(of_shop(runs), among(cast(runs.c.run, String()))).group_by(runs.c.run)


def _newest(tables: Tables) -> Subquery:
    """Return when each run was last posted."""
    postings = tables.period_postings
    newest = select(postings.c.run, func.max(postings.c.posted_at).label("posted_at"))
    return newest.where(of_shop(postings)).group_by(postings.c.run).subquery("newest")


def _posted_later(tables: Tables) -> CTE:
    """Return what was posted later than a run, of sales of its period in whatever currency.

    The index of postings leads from a period to its sales, and the key of postings to what is later: by the
    index of instants all that was posted since would be read again for each run.
    """
    runs, of_run = tables.period_runs, _newest(tables)
    sold, later = tables.postings.alias("sold"), tables.postings.alias("later")
    in_period = (
        (sold.c.shop == runs.c.shop)
        & (sold.c.posting == literal_column("0"))
        & (sold.c.valid_at >= runs.c.starts_at)
        & (sold.c.valid_at < runs.c.ends_at)
    )
    same_sale = (later.c.shop == sold.c.shop) & (later.c.sale == sold.c.sale)
    is_later = later.c.posted_at - of_run.c.posted_at > literal_column("0")
    joined = runs.join(of_run, of_run.c.run == runs.c.run).join(sold, in_period)
    found = select(runs.c.shop, runs.c.run, later.c.sale, later.c.posted_at)
    return (
        found.select_from(joined.join(later, same_sale & is_later))
        .where(of_shop(runs))
        .cte("posted_later")
        .prefix_with("MATERIALIZED", dialect="sqlite")
    )


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
