"""Why somebody has what they have: one accrual, a statement line by line, or all that a period brought.

The one rule this file protects: what is explained adds up to what reports and statements show, cent by cent,
and whoever stood above a buyer and got nothing is told why.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import Final, TypeAlias

from attrs import frozen

from distcore import commission
from distcore.commission import (
    NO_FORMULAS,
    Accrual,
    Earning,
    EarningPart,
    Explained,
    Formulas,
    Given,
    GroupBy,
    Lineage,
    PaidSale,
    PeriodFact,
    Plan,
    Posting,
    Reason,
    SaleRecord,
    Share,
    Why,
    WhyNot,
    by_version,
    formula_refusal,
    left_of,
    share_of,
)
from distcore.commission import refusals as no
from distcore.engine.earnings import earnings
from distcore.engine.explain import explain
from distcore.engine.lineage import Forest, Seats, levels_of, lineage_of, named_in, regions_in
from distcore.engine.once import check
from distcore.engine.settle import closing_problem
from distcore.engine.statements import PayeeStatement, statements
from distcore.kernel import (
    ComponentId,
    Currency,
    MemberId,
    OriginKind,
    Period,
    RefusedError,
    SaleId,
    id_problem,
)
from distcore.ports import Transaction
from distcore.settlement import Adjustment, Line, Opening
from distcore.settlement import refusals as settlement_no

BATCH: Final = 500
"""Lines or sales that are explained together: bounds memory."""


@frozen
class ExplainedAccrual:
    """All facts of one share of a sale, with what it is made of now, or why it is nothing."""

    record: SaleRecord
    plan: Plan
    share: Share
    facts: tuple[tuple[Posting, Accrual], ...]
    why: Why | None
    why_nots: tuple[WhyNot, ...]

    @property
    def amount_minor(self) -> int:
        """What the facts add up to, in minor units."""
        return sum(accrual.amount_minor for _, accrual in self.facts)


@frozen
class ExplainedLine:
    """A line of a statement with what it stems from: the facts of a posting, or somebody's decision.

    `record` and `posting` are those of a sale, `of_period` what a posting of a period gave, `adjustment` and
    `opening` those of the others.
    """

    line: Line
    record: SaleRecord | None = None
    posting: Posting | None = None
    accruals: tuple[Accrual, ...] = ()
    of_period: tuple[PeriodFact, ...] = ()
    adjustment: Adjustment | None = None
    opening: Opening | None = None


@frozen
class Gave:
    """What a sale below a member gives the member besides money, or instead."""

    sale: SaleId
    given: Given


@frozen
class Missed:
    """Sales below a member that brought nothing: why, how many, and what the rules would have paid.

    No reason: the member stood higher above the buyer than any component pays; then there is no component.
    """

    currency: Currency
    component: ComponentId | None
    reason: Reason | None
    sales: int
    forgone_minor: int


@frozen
class ExplainedMember:
    """What a period brought to a member, part by part, and what sales below the member did not bring.

    The parts add up to `earnings`, which is what reports show; `missed` counts a sale once for each reason.
    A sale that gave a gift brought something: it is among `gifts`, in order of the sales.
    """

    earnings: tuple[Earning, ...]
    parts: tuple[EarningPart, ...]
    missed: tuple[Missed, ...]
    gifts: tuple[Gave, ...] = ()


def explain_accrual(
    tx: Transaction, sale: SaleId, share: Share, *, formulas: Formulas = NO_FORMULAS
) -> ExplainedAccrual:
    """Say what one share of a sale is made of: a line, component, rule, payee and level.

    Refused where it neither has facts nor anybody was met there.
    """
    found = explain(tx, sale, formulas=formulas)
    facts = tuple(
        (posting, accrual)
        for posting in found.record.postings
        for accrual in posting.accruals
        if share_of(accrual) == share
    )
    why = next((each for each in found.explained.whys if share_of(each.accrual) == share), None)
    line, component, _, payee, level = share
    why_nots = tuple(
        each
        for each in found.explained.why_nots
        if (each.component, each.line or line) == (component, line)
        and each.member in {None, payee}
        and each.level in {0, level}
    )
    if not facts and why is None:
        raise RefusedError(no.ACCRUAL_UNKNOWN.refuse(sale=sale, line=line, component=component, payee=payee))
    return ExplainedAccrual(found.record, found.plan, share, facts, why, () if why else why_nots)


def explain_statement(tx: Transaction, closing: int, payee: MemberId) -> PayeeStatement:
    """Return the statement of a payee in a closing; refused where there is none."""
    check(closing_problem(closing), id_problem(payee, "payee"))
    for each in statements(tx, payee):
        if each.closing.number == closing:
            return each
    raise RefusedError(settlement_no.STATEMENT_UNKNOWN.refuse(payee=payee, closing=closing))


def explained_lines(tx: Transaction, closing: int, payee: MemberId) -> Iterator[ExplainedLine]:
    """Yield the lines of a statement with what each stems from, in memory that does not grow with them."""
    check(closing_problem(closing), id_problem(payee, "payee"))
    lines = tx.closings.lines(closing, payee)
    while batch := list(islice(lines, BATCH)):
        refs = {kind: _refs(batch, kind) for kind in OriginKind}
        records = tx.sales.find([SaleId(ref) for ref in refs[OriginKind.SALE]])
        adjustments = tx.adjustments.find(refs[OriginKind.ADJUSTMENT])
        openings = tx.openings.find(refs[OriginKind.OPENING])
        facts = _facts_of_periods(tx, payee, batch[0].due.currency, refs[OriginKind.PERIOD])
        for line in batch:
            origin = line.due.origin
            match origin.kind:
                case OriginKind.SALE:
                    yield _of_sale(line, records[SaleId(origin.ref)])
                case OriginKind.PERIOD:
                    yield ExplainedLine(line, of_period=tuple(facts[origin.ref, origin.number]))
                case OriginKind.ADJUSTMENT:
                    yield ExplainedLine(line, adjustment=adjustments[origin.ref])
                case OriginKind.OPENING:
                    yield ExplainedLine(line, opening=openings[origin.ref])
                case _:
                    yield ExplainedLine(line)


def explain_member(
    tx: Transaction,
    payee: MemberId,
    period: Period,
    *,
    by: GroupBy = GroupBy.VALID,
    formulas: Formulas = NO_FORMULAS,
) -> ExplainedMember:
    """Say what a period brought to a member: all that was earned or given, and every reason for what was not.

    For gifts and reasons, sales that were paid in the period and stand below the member are looked at as they
    are now: of what is left of each, with what was frozen with it.  Refused where one was paid by a formula
    that is not among `formulas`.
    """
    check(id_problem(payee, "payee"))
    found = tuple(earnings(tx, period, by=by, payee=payee))
    asked = (period.start, period.end, by, payee)
    parts = (*tx.earnings.parts(*asked), *tx.period_runs.parts(*asked))
    below = _Below(payee)
    below.look(tx, period, formulas)
    return ExplainedMember(found, parts, tuple(below.missed()), tuple(below.gifts))


def _refs(lines: Sequence[Line], kind: OriginKind) -> list[str]:
    return sorted({line.due.origin.ref for line in lines if line.due.origin.kind is kind})


def _facts_of_periods(
    tx: Transaction, payee: MemberId, currency: Currency, labels: Collection[str]
) -> Mapping[tuple[str, int], list[PeriodFact]]:
    """Return what postings of some periods gave to a payee, by label and number."""
    found: defaultdict[tuple[str, int], list[PeriodFact]] = defaultdict(list)
    for run in tx.period_runs.all() if labels else ():
        if run.currency == currency and run.period.label in labels:
            for fact in tx.period_runs.of(run.number, [payee]).get(payee, ()):
                found[run.period.label, fact.posting].append(fact)
    return found


def _of_sale(line: Line, record: SaleRecord) -> ExplainedLine:
    posting = record.postings[line.due.origin.number]
    accruals = tuple(each for each in posting.accruals if each.payee == line.due.payee)
    return ExplainedLine(line, record, posting, accruals)


_Because: TypeAlias = tuple[ComponentId | None, Reason | None]
"""By which component nothing is paid, and why."""


class _Below:
    """What sales below a member give, and why others bring nothing."""

    def __init__(self, payee: MemberId) -> None:
        """Begin with no sale."""
        self.gifts: list[Gave] = []
        self._payee = payee
        self._sales: Counter[tuple[Currency, _Because]] = Counter()
        self._forgone: Counter[tuple[Currency, _Because]] = Counter()

    def look(self, tx: Transaction, period: Period, formulas: Formulas) -> None:
        """Look at all sales that were paid in a period."""
        plans = by_version(tx.plans.all())
        forest = Forest(tx, (), levels_of(plans.values()))
        paid = tx.sales.paid(period.start, period.end)
        while batch := list(islice(paid, BATCH)):
            sales = [each.booking.sale for each in batch]
            forest.reach(named_in(sales), regions_in(sales, plans.values()))
            for each in batch:
                unknown = formula_refusal(plans[each.pin], formulas)
                if unknown is not None:
                    raise RefusedError(unknown)
                found = forest.decide(partial(_explained, self._payee, each, plans[each.pin], formulas))
                if found is not None:
                    self._add(each, found)

    def missed(self) -> Iterator[Missed]:
        """Yield why sales bring nothing, and how many of them."""
        for currency, (component, reason) in sorted(self._sales, key=_in_order):
            of = (currency, (component, reason))
            yield Missed(currency, component, reason, self._sales[of], self._forgone[of])

    def _add(self, paid: PaidSale, explained: Explained) -> None:
        sale = paid.booking.sale
        given = [each for each in explained.gifts if each.payee == self._payee]
        self.gifts.extend(Gave(sale.id, each) for each in given)
        if given or any(why.accrual.payee == self._payee for why in explained.whys):
            return
        for because, forgone_minor in _reasons(self._payee, paid, explained).items():
            self._sales[sale.currency, because] += 1
            self._forgone[sale.currency, because] += forgone_minor


def _in_order(of: tuple[Currency, _Because]) -> tuple[str, str, str]:
    currency, (component, reason) = of
    return currency, component or "", reason.value if reason else ""


def _explained(
    payee: MemberId, paid: PaidSale, plan: Plan, formulas: Formulas, seats: Seats
) -> Explained | None:
    """Explain what is left of a sale, if a member stands above its buyer."""
    sale, lineage = paid.booking.sale, lineage_of(seats, paid.booking)
    if not _stands_above(payee, lineage):
        return None
    return commission.explain(plan, sale, left_of(sale, paid.corrections), lineage, formulas)


def _reasons(payee: MemberId, paid: PaidSale, explained: Explained) -> dict[_Because, int]:
    """Return why a sale brings nothing to somebody above its buyer, and what is forgone for each reason."""
    own = [each for each in explained.why_nots if each.member == payee]
    if not own:
        left = left_of(paid.booking.sale, paid.corrections)
        gone = not any(part.net_minor for part in left)
        return {(None, Reason.NOTHING_LEFT if gone else None): 0}
    found: dict[_Because, int] = {}
    for each in own:
        because = (each.component, each.reason)
        found[because] = found.get(because, 0) + each.forgone_minor
    return found


def _stands_above(member: MemberId, lineage: Lineage) -> bool:
    above = chain(lineage.sponsors, lineage.promoted)
    return member != lineage.buyer and any(seat.member == member for seat in above)
