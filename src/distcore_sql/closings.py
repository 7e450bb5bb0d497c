"""`distcore.settlement.Closings` and `Assessments` in tables: what is due is moved and added up in sets."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, exists, func, select

from distcore.kernel import Currency, MemberId, Origin, OriginKind, micros_of
from distcore.settlement import (
    Assessed,
    Assessment,
    Closing,
    Decision,
    HoldOn,
    Line,
    LineTotal,
    SoFar,
    Statement,
)
from distcore_sql.dialects import After
from distcore_sql.money_rows import (
    assessment_of,
    closing_of,
    line_of,
    row_of_assessment,
    row_of_closing,
    row_of_decision,
    row_of_statement,
    statement_of,
)
from distcore_sql.paging import in_parts, key_of, parts_of
from distcore_sql.rows import stored_currency
from distcore_sql.statements import Build, Statements, among, listed, of_shop, total
from distcore_sql.tables import Tables

PAGE: Final = 5_000
"""Payees or lines read at a time when all of them are: bounds memory."""

_ORIGIN: Final = ("kind", "ref", "number")


class SqlClosings:
    """Closings; what they take is moved and added up in sets."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def of(self, currency: Currency) -> Sequence[Closing]:
        """Return the closings of a currency by number."""
        return [closing_of(row) for row in self._sql.rows(_closings_of, currency=currency)]

    def find(self, number: int, *, for_change: bool = False) -> Closing | None:
        """Return a closing."""
        if for_change:
            self._sql.hold(_closing_to_hold, number=number)
        found = self._sql.first(_closing, number=number)
        return None if found is None else closing_of(found)

    def all(self) -> Iterator[Closing]:
        """Yield every closing by number."""
        return map(closing_of, self._sql.rows(_closings))

    def count(self) -> int:
        """Return the number of the last closing."""
        return int(self._sql.rows(_closing_count)[0][0])

    def open(self, closing: Closing) -> None:
        """Write a draft; of two at once the key lets one win."""
        self._sql.insert("closings", [row_of_closing(closing)])

    def take(self, closing: Closing) -> int:
        """Move what is due to the closing; whatever comes meanwhile stays for the next one.

        A database that lets others write meanwhile reads what is due once, by the statement that moves
        it.  In SQLite nobody does, and two statements see the same.  In MariaDB the second one lets go of
        what the first one took, and where that is not all of it, it is a conflict.
        """
        asked: dict[str, Any] = {
            "number": closing.number,
            "currency": closing.currency,
            "until": micros_of(closing.period.end),
        }
        if self._sql.dialect == "postgresql":
            return self._sql.change(_move, **asked)
        taken = self._sql.change(_take, **asked)
        if self._sql.change(_LET_GO[self._sql.dialect], **asked) != taken:
            raise self._sql.conflict("what is due changed meanwhile")
        return taken

    def free(self, closing: Closing) -> None:
        """Give back what a closing took."""
        self._sql.change(_free, number=closing.number, currency=closing.currency)

    def totals(self, closing: Closing) -> Iterator[LineTotal]:
        """Yield what the lines add up to by payee, a page at a time."""
        after = ""
        while page := self._sql.rows(_totals, number=closing.number, after=after, limit=PAGE):
            yield from (LineTotal(*row) for row in page)
            after = page[-1][0]

    def lines(self, closing: int, payee: MemberId) -> Iterator[Line]:
        """Yield the lines of one payee by origin, a page at a time."""
        after: Sequence[Any] = ("", "", -1)
        while page := self._sql.rows(
            _lines, number=closing, payee=payee, limit=PAGE, **in_parts("after", after)
        ):
            yield from map(line_of, page)
            after = page[-1][2:5]

    def lines_of(self, origins: Collection[Origin]) -> Sequence[Line]:
        """Return the lines that stem from these: by one statement for each kind of origin that is named."""
        wanted = set(origins)
        found: list[Line] = []
        for kind in sorted({each.kind.value for each in wanted}):
            refs = listed(sorted({each.ref for each in wanted if each.kind.value == kind}))
            rows = self._sql.rows(_lines_of, kind=kind, ids=refs)
            found += (line for line in map(line_of, rows) if line.due.origin in wanted)
        return found

    def decide(self, number: int, decision: Decision) -> None:
        """Write a decision."""
        self._sql.insert("closing_decisions", [row_of_decision(number, decision)])

    def state(self, statements: Sequence[Statement]) -> None:
        """Write statements."""
        self._sql.insert("statements", [row_of_statement(each) for each in statements])

    def statements(self, closing: int) -> Iterator[Statement]:
        """Yield the statements of a closing by payee, a page at a time."""
        after = ""
        while page := self._sql.rows(_statements, number=closing, after=after, limit=PAGE):
            yield from map(statement_of, page)
            after = page[-1][1]

    def statements_of(self, payee: MemberId) -> Sequence[Statement]:
        """Return every statement of a payee by closing."""
        return [statement_of(row) for row in self._sql.rows(_statements_of, payee=payee)]


class SqlAssessments:
    """What was withheld, added up by month and year."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, assessments: Sequence[Assessment]) -> None:
        """Write assessments."""
        self._sql.insert("assessments", [row_of_assessment(each) for each in assessments])

    def so_far(self, payees: Collection[MemberId], currency: Currency, month: str) -> dict[MemberId, SoFar]:
        """Return what was assessed in the year of a month, by one statement."""
        if not payees:
            return {}
        year: dict[str, Any] = {"first": f"{month[:4]}-01", "last": f"{month[:4]}-12"}
        months: defaultdict[MemberId, list[Assessed]] = defaultdict(list)
        for row in self._sql.rows(_so_far, ids=listed(payees), currency=currency, **year):
            months[row[0]].append(Assessed(*row[1:]))
        return {payee: SoFar(tuple(each)) for payee, each in months.items()}

    def of(self, closing: int, payees: Collection[MemberId]) -> dict[MemberId, Assessment]:
        """Return the assessments of these payees in a closing."""
        found = self._sql.rows(_assessments, number=closing, ids=listed(payees)) if payees else ()
        return {row[1]: assessment_of(row) for row in found}

    def of_payee(self, payee: MemberId) -> Sequence[Assessment]:
        """Return every assessment of a payee by closing; an index leads to them."""
        return [assessment_of(row) for row in self._sql.rows(_assessments_of, payee=payee)]

    def withheld(self) -> Iterator[tuple[MemberId, Currency, int]]:
        """Yield what was withheld in all, payees a page at a time."""
        after = ""
        while payees := [row[0] for row in self._sql.rows(_assessed, after=after, limit=PAGE)]:
            found = self._sql.rows(_withheld, after=after, until=payees[-1])
            yield from ((row[0], stored_currency(row[1], "assessment"), row[2]) for row in found)
            after = payees[-1]


def _closings(tables: Tables) -> Any:
    closings, decisions = tables.closings, tables.closing_decisions
    its_own = (decisions.c.shop == closings.c.shop) & (decisions.c.closing == closings.c.closing)
    return (
        select(*closings.c[1:], *decisions.c[2:])
        .select_from(closings.outerjoin(decisions, its_own))
        .where(of_shop(closings))
        .order_by(closings.c.closing)
    )


def _closings_of(tables: Tables) -> Any:
    return _closings(tables).where(tables.closings.c.currency == bindparam("currency"))


def _closing(tables: Tables) -> Any:
    return _closings(tables).where(tables.closings.c.closing == bindparam("number"))


def _closing_to_hold(tables: Tables) -> Any:
    closings = tables.closings
    one = select(closings.c.closing).where(of_shop(closings), closings.c.closing == bindparam("number"))
    return one.with_for_update(key_share=True)


def _closing_count(tables: Tables) -> Any:
    closings = tables.closings
    return select(func.coalesce(func.max(closings.c.closing), 0)).where(of_shop(closings))


def _due(tables: Tables) -> tuple[ColumnElement[bool], ...]:
    """Say that a due was released before the end of a period and is not held."""
    dues = tables.dues
    return (
        of_shop(dues),
        dues.c.currency == bindparam("currency"),
        dues.c.released_at < bindparam("until"),
        ~_is_held(tables, dues),
    )


def _moved(tables: Tables) -> list[str]:
    return [column.name for column in tables.statement_lines.c[2:]]


def _move(tables: Tables) -> Any:
    """Make lines of what is due, and take it out of what is due, at once."""
    dues, moved = tables.dues, _moved(tables)
    gone = dues.delete().where(*_due(tables)).returning(dues).cte("gone")
    lines = select(gone.c.shop, bindparam("number"), *(gone.c[name] for name in moved))
    return tables.statement_lines.insert().from_select(["shop", "closing", *moved], lines)


def _take(tables: Tables) -> Any:
    dues, moved = tables.dues, _moved(tables)
    due = select(dues.c.shop, bindparam("number"), *(dues.c[name] for name in moved)).where(*_due(tables))
    return tables.statement_lines.insert().from_select(["shop", "closing", *moved], due)


def _let_go_of_due(tables: Tables) -> Any:
    return tables.dues.delete().where(*_due(tables))


def _let_go_of_taken(tables: Tables) -> Any:
    dues, lines = tables.dues, tables.statement_lines
    same = [dues.c[column.name] == column for column in key_of(lines) if column.name in dues.c]
    taken = exists().where(lines.c.shop == dues.c.shop, lines.c.closing == bindparam("number"), *same)
    return dues.delete().where(*_due(tables), taken)


_LET_GO: Final[Mapping[str, Build]] = {"sqlite": _let_go_of_due, "mariadb": _let_go_of_taken}
"""How what was taken is no longer due: in SQLite it can't have become more meanwhile."""


def _is_held(tables: Tables, dues: Table) -> ColumnElement[bool]:
    holds = tables.holds
    return exists().where(
        dues.c.kind == OriginKind.SALE.value,
        holds.c.shop == dues.c.shop,
        holds.c.subject == HoldOn.SALE.value,
        holds.c.ref == dues.c.ref,
    )


def _free(tables: Tables) -> Any:
    dues, lines = tables.dues, tables.statement_lines
    moved = [column.name for column in dues.c[2:]]
    back = select(lines.c.shop, bindparam("currency"), *(lines.c[name] for name in moved)).where(
        of_shop(lines), lines.c.closing == bindparam("number")
    )
    return dues.insert().from_select(["shop", "currency", *moved], back)


def _totals(tables: Tables) -> Any:
    lines = tables.statement_lines
    return (
        select(lines.c.payee, total(lines.c.amount_minor), func.count())
        .where(
            of_shop(lines),
            lines.c.closing == bindparam("number"),
            lines.c.payee > bindparam("after"),
        )
        .group_by(lines.c.payee)
        .order_by(lines.c.payee)
        .limit(bindparam("limit"))
    )


def _with_currency(tables: Tables) -> Any:
    lines, closings = tables.statement_lines, tables.closings
    its_own = (closings.c.shop == lines.c.shop) & (closings.c.closing == lines.c.closing)
    joined = select(*lines.c[1:], closings.c.currency).select_from(lines.join(closings, its_own))
    return joined.where(of_shop(lines))


def _lines(tables: Tables) -> Any:
    lines = tables.statement_lines
    origin = [lines.c[name] for name in _ORIGIN]
    beyond = After(*origin, *parts_of("after", len(origin)))
    return (
        _with_currency(tables)
        .where(lines.c.closing == bindparam("number"), lines.c.payee == bindparam("payee"), beyond)
        .order_by(*origin)
        .limit(bindparam("limit"))
    )


def _lines_of(tables: Tables) -> Any:
    lines = tables.statement_lines
    of_kind = lines.c.kind == bindparam("kind")
    order = (lines.c.kind, lines.c.ref, lines.c.number, lines.c.payee, lines.c.closing)
    return _with_currency(tables).where(of_kind, among(lines.c.ref)).order_by(*order)


def _statements(tables: Tables) -> Any:
    statements = tables.statements
    return (
        select(*statements.c[1:])
        .where(
            of_shop(statements),
            statements.c.closing == bindparam("number"),
            statements.c.payee > bindparam("after"),
        )
        .order_by(statements.c.payee)
        .limit(bindparam("limit"))
    )


def _statements_of(tables: Tables) -> Any:
    statements = tables.statements
    mine = select(*statements.c[1:]).where(of_shop(statements), statements.c.payee == bindparam("payee"))
    return mine.order_by(statements.c.closing)


def _so_far(tables: Tables) -> Any:
    """Add up what was assessed, by payee and month."""
    assessments = tables.assessments
    of = (assessments.c.payee, assessments.c.month)
    return (
        select(*of, total(assessments.c.gross_minor), total(assessments.c.withheld_minor))
        .where(
            of_shop(assessments),
            among(assessments.c.payee),
            assessments.c.currency == bindparam("currency"),
            assessments.c.month.between(bindparam("first"), bindparam("last")),
        )
        .group_by(*of)
        .order_by(*of)
    )


def _assessments(tables: Tables) -> Any:
    assessments = tables.assessments
    of_closing = assessments.c.closing == bindparam("number")
    return select(*assessments.c[1:]).where(of_shop(assessments), of_closing, among(assessments.c.payee))


def _assessments_of(tables: Tables) -> Any:
    assessments = tables.assessments
    mine = select(*assessments.c[1:]).where(of_shop(assessments), assessments.c.payee == bindparam("payee"))
    return mine.order_by(assessments.c.closing)


def _assessed(tables: Tables) -> Any:
    payee = tables.assessments.c.payee
    beyond = select(payee).distinct().where(of_shop(tables.assessments), payee > bindparam("after"))
    return beyond.order_by(payee).limit(bindparam("limit"))


def _withheld(tables: Tables) -> Any:
    assessments = tables.assessments
    of = (assessments.c.payee, assessments.c.currency)
    return (
        select(*of, total(assessments.c.withheld_minor))
        .where(
            of_shop(assessments),
            assessments.c.payee > bindparam("after"),
            assessments.c.payee <= bindparam("until"),
        )
        .group_by(*of)
        .order_by(*of)
    )
