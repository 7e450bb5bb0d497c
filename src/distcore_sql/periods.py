"""`distcore.commission.PeriodRuns` in tables: periods that were accrued, and what was posted of each."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, select

from distcore.commission import PeriodFact, PeriodPosting, PeriodRun
from distcore.kernel import ComponentId, MemberId
from distcore_sql.period_rows import (
    period_fact_of,
    period_posting_of,
    row_of_period_fact,
    row_of_period_posting,
    row_of_run,
    run_of,
)
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
        return [run_of(row) for row in self._sql.rows(_runs)]

    def add(self, run: PeriodRun) -> None:
        """Write a run; the keys let one of two win."""
        self._sql.insert("period_runs", [row_of_run(run)])

    def post(self, posting: PeriodPosting) -> None:
        """Write a posting."""
        self._sql.insert("period_postings", [row_of_period_posting(posting)])

    def postings(self, run: int) -> Sequence[PeriodPosting]:
        """Return the postings of a run by number."""
        return [period_posting_of(row) for row in self._sql.rows(_postings, run=run)]

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

    def count(self) -> int:
        """Return how many facts there are."""
        return int(self._sql.rows(_count)[0][0])


def _runs(tables: Tables) -> Any:
    runs = tables.period_runs
    return select(*runs.c[1:]).where(of_shop(runs)).order_by(runs.c.run)


def _postings(tables: Tables) -> Any:
    postings = tables.period_postings
    of_run = select(*postings.c[1:]).where(of_shop(postings), postings.c.run == bindparam("run"))
    return of_run.order_by(postings.c.posting)


def _sums(tables: Tables) -> Any:
    facts = tables.period_facts
    of = (facts.c.component, facts.c.payee)
    summed = select(*of, total(facts.c.amount_minor)).where(of_shop(facts), facts.c.run == bindparam("run"))
    return summed.group_by(*of).having(func.sum(facts.c.amount_minor) != 0).order_by(*of)


def _facts(tables: Tables) -> Any:
    facts = tables.period_facts
    payee, component = facts.c.payee, facts.c.component
    after = or_(
        payee > bindparam("payee"),
        (payee == bindparam("payee")) & (component > bindparam("component")),
    )
    of_posting = (facts.c.run == bindparam("run"), facts.c.posting == bindparam("posting"))
    page = select(*facts.c[1:]).where(of_shop(facts), *of_posting, payee >= bindparam("payee"), after)
    return page.order_by(payee, component).limit(bindparam("limit"))


def _of(tables: Tables) -> Any:
    facts = tables.period_facts
    some = select(*facts.c[1:]).where(of_shop(facts), facts.c.run == bindparam("run"), among(facts.c.payee))
    return some.order_by(facts.c.payee, facts.c.component, facts.c.posting)


def _count(tables: Tables) -> Any:
    return select(func.count()).select_from(tables.period_facts).where(of_shop(tables.period_facts))
