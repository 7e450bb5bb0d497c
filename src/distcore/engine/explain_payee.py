"""Why somebody has what they have: one accrual, a statement line by line, or all that a period brought.

The one rule this file protects: what is explained adds up to what reports and statements show, cent by cent,
and whoever stood above a buyer and got nothing is told why.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice, repeat
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
    PeriodRun,
    Plan,
    PlanVersions,
    Posting,
    Reason,
    SaleRecord,
    Share,
    Why,
    WhyNot,
    asks_buyer,
    by_version,
    formula_refusal,
    left_of,
    share_of,
)
from distcore.commission import refusals as no
from distcore.engine.earnings import earnings
from distcore.engine.explain import explain, explain_after
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
from distcore.referral import refusals as referral_no
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

    `record` and `posting` are those of a sale, `of_period` what a posting of a period gave, `plan` the one by
    which either was posted, `adjustment` and `opening` those of the others.

    `whys` say of each of `accruals` what all facts of its share came to when it was posted; None where that
    was nothing, a formula is not known, or nobody asked.

    `is_repinned` says that the sale, or the period, was pinned to `plan` by that posting.
    """

    line: Line
    record: SaleRecord | None = None
    posting: Posting | None = None
    accruals: tuple[Accrual, ...] = ()
    of_period: tuple[PeriodFact, ...] = ()
    adjustment: Adjustment | None = None
    opening: Opening | None = None
    plan: Plan | None = None
    whys: tuple[Why | None, ...] = ()
    is_repinned: bool = False


@frozen
class Gave:
    """What a sale that concerns a member gives the member besides money, or instead."""

    sale: SaleId
    given: Given


@frozen
class Missed:
    """Sales that concern a member and brought nothing: why, how many, what the rules would have paid.

    No component: the reason holds for all.  In part: the sales bring something, by another component or for
    another line.
    """

    currency: Currency
    component: ComponentId | None
    reason: Reason
    sales: int
    forgone_minor: int
    in_part: bool = False


@frozen
class ExplainedMember:
    """What a period brought to a member, part by part, and what sales that concern the member did not bring.

    The parts add up to `earnings`, which is what reports show; `missed` counts a sale once for each component
    and reason.  A sale that gave a gift brought something: it is among `gifts`, in order of the sales.  Of
    `runs`, the periods accrued that end within the period, `explain_period` says what each brought, or why
    nothing.  `whys` say what the sales among the parts pay the member now, amount by amount.
    """

    earnings: tuple[Earning, ...]
    parts: tuple[EarningPart, ...]
    missed: tuple[Missed, ...]
    gifts: tuple[Gave, ...] = ()
    runs: tuple[PeriodRun, ...] = ()
    whys: tuple[tuple[SaleId, Why], ...] = ()


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
    line, component, rule, payee, level = share
    why_nots = tuple(
        each
        for each in _of_payee(payee, found.explained)
        if (each.component, each.line or line) == (component, line)
        and (each.level in {0, level} or (each.above and each.level <= level))
    )
    if (component, rule) not in found.plan.rule_ids:  # the sale was pinned to another version
        why_nots = (WhyNot(component, level, Reason.NOT_IN_PLAN, payee, line),)
    elif not why_nots and any(_is_beside(each.accrual, share) for each in found.explained.whys):
        why_nots = (WhyNot(component, level, Reason.OTHER_RULE, payee, line),)
    if not facts and why is None:
        raise RefusedError(no.ACCRUAL_UNKNOWN.refuse(sale=sale, line=line, component=component, payee=payee))
    return ExplainedAccrual(found.record, found.plan, share, facts, why, () if why else why_nots)


def _is_beside(accrual: Accrual, share: Share) -> bool:
    """Say whether an amount is of the same line, component and payee as a share."""
    line, component, _, payee, _ = share
    return (accrual.line, accrual.component, accrual.payee) == (line, component, payee)


def _of_payee(payee: MemberId, explained: Explained) -> Iterator[WhyNot]:
    """Yield why a member gets nothing, and why nobody does."""
    for each in explained.why_nots:
        of_payee = each.of(payee)
        if of_payee is not None or (each.member is None and not each.above):
            yield of_payee or each


def explain_statement(tx: Transaction, closing: int, payee: MemberId) -> PayeeStatement:
    """Return the statement of a payee in a closing; refused where there is none."""
    check(closing_problem(closing), id_problem(payee, "payee"))
    for each in statements(tx, payee):
        if each.closing.number == closing:
            return each
    raise RefusedError(settlement_no.STATEMENT_UNKNOWN.refuse(payee=payee, closing=closing))


def explained_lines(
    tx: Transaction,
    closing: int,
    payee: MemberId,
    *,
    formulas: Formulas = NO_FORMULAS,
    with_whys: bool = True,
) -> Iterator[ExplainedLine]:
    """Yield the lines of a statement with what each stems from, in memory that does not grow with them.

    What parts of lines were made of takes most of the time: without it, if nobody wants to know.
    """
    check(closing_problem(closing), id_problem(payee, "payee"))
    lines, plans = tx.closings.lines(closing, payee), by_version(tx.plans.all())
    while batch := list(islice(lines, BATCH)):
        refs = {kind: _refs(batch, kind) for kind in OriginKind}
        records = tx.sales.find([SaleId(ref) for ref in refs[OriginKind.SALE]])
        adjustments = tx.adjustments.find(refs[OriginKind.ADJUSTMENT])
        openings = tx.openings.find(refs[OriginKind.OPENING])
        of_periods = _of_periods(tx, payee, batch, refs[OriginKind.PERIOD], plans)
        of_sales = iter(_of_sales(tx, batch, records, plans, formulas if with_whys else None))
        for line in batch:
            origin = line.due.origin
            match origin.kind:
                case OriginKind.SALE:
                    yield next(of_sales)
                case OriginKind.PERIOD:
                    yield next(of_periods)
                case OriginKind.ADJUSTMENT:
                    yield ExplainedLine(line, adjustment=adjustments[origin.ref])
                case OriginKind.OPENING:
                    yield ExplainedLine(line, opening=openings[origin.ref])
                case _:
                    yield ExplainedLine(line)
        assert next(of_sales, None) is None, "each line of a sale was told"
        assert next(of_periods, None) is None, "and each line of a period"


def explain_member(
    tx: Transaction,
    payee: MemberId,
    period: Period,
    *,
    by: GroupBy = GroupBy.VALID,
    formulas: Formulas = NO_FORMULAS,
    with_whys: bool = True,
) -> ExplainedMember:
    """Say what a period brought to a member: all that was earned or given, and every reason for what was not.

    For gifts and reasons, sales that were paid in the period and concern the member are looked at as they are
    now, of what is left of each, with what was frozen with it: those below the member, or promoted below,
    those of a region whose agent the member is, and own ones by a plan that may pay a buyer.  Refused where
    nobody has the id, or where one was paid by a formula that is not among `formulas`.  What amounts are made
    of takes most of the time: without it, if nobody wants to know.
    """
    check(id_problem(payee, "payee"))
    if payee not in tx.members.upward([payee], 1):
        raise RefusedError(referral_no.MEMBER_UNKNOWN.refuse(member=payee))
    found = tuple(earnings(tx, period, by=by, payee=payee))
    asked = (period.start, period.end, by, payee)
    parts = (*tx.earnings.parts(*asked), *tx.period_runs.parts(*asked))
    concerned = _Concerned(payee)
    concerned.look(tx, period, formulas)
    runs = tuple(run for run in tx.period_runs.all() if period.start < run.period.end <= period.end)
    whys = tuple(_whys_of(tx, payee, parts, formulas)) if with_whys else ()
    return ExplainedMember(found, parts, tuple(concerned.missed()), tuple(concerned.gifts), runs, whys)


def _whys_of(
    tx: Transaction, payee: MemberId, parts: Sequence[EarningPart], formulas: Formulas
) -> Iterator[tuple[SaleId, Why]]:
    """Yield what the sales of parts pay a member now, in the order of the parts."""
    ids, plans = iter(dict.fromkeys(part.sale for part in parts if part.sale is not None)), None
    while batch := list(islice(ids, BATCH)):
        plans = by_version(tx.plans.all()) if plans is None else plans
        records = tx.sales.find(batch)
        asked = [(records[id], len(records[id].postings) - 1) for id in batch]
        for (record, _), explained in zip(asked, explain_after(tx, asked, plans, formulas), strict=True):
            if explained is None:
                unknown = formula_refusal(plans[record.pin], formulas)
                assert unknown is not None, "it was not explained for that"
                raise RefusedError(unknown)
            yield from ((record.booking.sale.id, why) for why in explained.whys if why.accrual.payee == payee)


def _refs(lines: Sequence[Line], kind: OriginKind) -> list[str]:
    return sorted({line.due.origin.ref for line in lines if line.due.origin.kind is kind})


def _of_periods(
    tx: Transaction, payee: MemberId, batch: Sequence[Line], labels: Collection[str], plans: PlanVersions
) -> Iterator[ExplainedLine]:
    """Yield the lines that stem from periods, each with what its posting gave, and by which plan."""
    facts: defaultdict[tuple[str, int], list[PeriodFact]] = defaultdict(list)
    runs: dict[str, PeriodRun] = {}
    for run in tx.period_runs.all() if labels else ():
        if run.currency == batch[0].due.currency and run.period.label in labels:
            runs[run.period.label] = run
            for fact in tx.period_runs.of(run.number, [payee]).get(payee, ()):
                facts[run.period.label, fact.posting].append(fact)
    for line in batch:
        origin = line.due.origin
        if origin.kind is OriginKind.PERIOD:
            run, number = runs[origin.ref], origin.number
            plan = plans[run.pin_at(number)]
            is_repinned = any(each.posting == number for each in run.repins)
            gave = tuple(facts[origin.ref, number])
            yield ExplainedLine(line, of_period=gave, plan=plan, is_repinned=is_repinned)


def _of_sales(
    tx: Transaction,
    batch: Sequence[Line],
    records: Mapping[SaleId, SaleRecord],
    plans: PlanVersions,
    formulas: Formulas | None,
) -> Iterator[ExplainedLine]:
    """Yield the lines that stem from sales, each with what its sale came to after that posting.

    Without formulas nothing is said of that.
    """
    lines = [line for line in batch if line.due.origin.kind is OriginKind.SALE]
    asked = [(records[SaleId(line.due.origin.ref)], line.due.origin.number) for line in lines]
    explained: Iterable[Explained | None] = repeat(None, len(asked))
    if asked and formulas is not None:
        explained = explain_after(tx, asked, plans, formulas)
    for line, (record, number), found in zip(lines, asked, explained, strict=True):
        posting, (_, pin) = record.postings[number], record.upto(number)
        is_repinned = number > 0 and record.upto(number - 1)[1] != pin
        accruals = tuple(each for each in posting.accruals if each.payee == line.due.payee)
        by_share = {} if found is None else {share_of(why.accrual): why for why in found.whys}
        whys = tuple(by_share.get(share_of(each)) for each in accruals)
        yield ExplainedLine(
            line, record, posting, accruals, plan=plans[pin], whys=whys, is_repinned=is_repinned
        )


_Because: TypeAlias = tuple[ComponentId | None, Reason, bool]
"""By which component nothing is paid, why, and whether the sale brings something all the same."""


class _Concerned:
    """What sales that concern a member give, and why others bring nothing."""

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
        for of in sorted(self._sales, key=_in_order):
            currency, (component, reason, in_part) = of
            yield Missed(currency, component, reason, self._sales[of], self._forgone[of], in_part)

    def _add(self, paid: PaidSale, explained: Explained) -> None:
        sale = paid.booking.sale
        given = [each for each in explained.gifts if each.payee == self._payee]
        self.gifts.extend(Gave(sale.id, each) for each in given)
        brings = bool(given) or any(why.accrual.payee == self._payee for why in explained.whys)
        for because, forgone_minor in _reasons(self._payee, explained, in_part=brings).items():
            self._sales[sale.currency, because] += 1
            self._forgone[sale.currency, because] += forgone_minor


def _in_order(of: tuple[Currency, _Because]) -> tuple[str, bool, str, str]:
    currency, (component, reason, in_part) = of
    return currency, in_part, component or "", reason.value


def _explained(
    payee: MemberId, paid: PaidSale, plan: Plan, formulas: Formulas, seats: Seats
) -> Explained | None:
    """Explain what is left of a sale, if its plan may look at a member."""
    sale, lineage = paid.booking.sale, lineage_of(seats, paid.booking, paid.corrections)
    if not _concerns(payee, plan, lineage):
        return None
    return commission.explain(plan, sale, left_of(sale, paid.corrections), lineage, formulas)


def _reasons(payee: MemberId, explained: Explained, *, in_part: bool) -> dict[_Because, int]:
    """Return why a sale brings nothing to somebody whom it concerns, and what is forgone for each reason.

    In part: for what else it brings nothing; there a gift is no reason why money is missing.
    """
    own = [each for each in explained.why_nots if each.of(payee) is not None]
    if in_part:
        own = [each for each in own if each.gift is None]
    elif all(each.reason is Reason.TOO_FAR for each in own):
        return {(None, Reason.TOO_FAR if own else Reason.NOTHING_LEFT, False): 0}
    found: dict[_Because, int] = {}
    for each in own:
        because = (each.component, each.reason, in_part)
        found[because] = found.get(because, 0) + each.forgone_minor
    return found


def _concerns(member: MemberId, plan: Plan, lineage: Lineage) -> bool:
    """Say whether a plan may look at a member for a sale: above its buyer, as an agent, or as its buyer."""
    if member == lineage.buyer:
        return any(asks_buyer(component) for component in plan.components)
    agents = (seat for _, seat in lineage.agents)
    return any(seat.member == member for seat in chain(lineage.sponsors, lineage.promoted, agents))
