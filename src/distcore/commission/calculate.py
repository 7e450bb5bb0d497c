"""Who earns what from a sale: plan × sale × what is left × lineage → accruals.

Pure: the same arguments give the same answer, for ever.  The one rule this file protects is the line
law: what was posted for a sale always adds up to the value of what is left of it.

In order: amounts, rounded once at the plan's scope, component by component; then caps; then the budget, over
lines by id and beneficiaries from the buyer upwards.  Rules are chosen by the sale as it was sold, so a
correction recomputes amounts only; a line whose remaining net is zero pays nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import TypeAlias

from attrs import evolve

from distcore.commission import refusals
from distcore.commission.accrual import Accrual
from distcore.commission.amount import amounts_of, bases_of, differences_at, part_of, taken_below
from distcore.commission.ascent import claims_for
from distcore.commission.award import Award, awards, is_over, may_be_paid
from distcore.commission.cap import (
    Granted,
    TallyKey,
    caps_met,
    granted_of,
    grants_of,
    tally_key,
    with_amount,
    within_caps,
)
from distcore.commission.earned import keys_of_earners
from distcore.commission.formula import NO_FORMULAS, Formulas, answers, case_of
from distcore.commission.lineage import Claim, Lineage
from distcore.commission.match import Case
from distcore.commission.past import Grant
from distcore.commission.plan import (
    BudgetCut,
    Component,
    Custom,
    Differential,
    FixedPerOrder,
    Net,
    Per,
    Plan,
    Region,
    Rule,
    Scope,
)
from distcore.commission.sale import Left, Sale, whole
from distcore.kernel import (
    Calendar,
    CapId,
    ComponentId,
    LineId,
    MemberId,
    Refusal,
    RuleId,
    SaleId,
    level_in,
    limits,
    split,
)

Share: TypeAlias = tuple[LineId, ComponentId, RuleId, MemberId, int]
"""What facts of a sale add up by: line, component, rule, payee, origin level."""


def calculate(
    plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage, formulas: Formulas = NO_FORMULAS
) -> tuple[Accrual, ...]:
    """Return what each beneficiary has earned of what is left; amounts of zero are left out.

    `formulas` are those that the shop registered: `InputError` if one of the plan's is missing, or answers
    anything but amounts.
    """
    case = Case(sale, lineage.past, formulas, lineage.earned, lineage.was_gone)
    return earned_by(claims_of(plan, lineage), plan, case, left, lineage.granted)


def claims_of(plan: Plan, lineage: Lineage) -> "Claims":
    """Return whom each component of a plan may pay, from the buyer upwards: all that is asked of a tree.

    Without some who would be paid nothing.
    """
    return [(component, claims_for(component, lineage)) for component in plan.components]


def earned_by(
    claims: "Claims", plan: Plan, case: Case, left: Sequence[Left], granted: Granted | None
) -> tuple[Accrual, ...]:
    """Return what claims have earned of what is left, under caps; amounts of zero are left out."""
    capped = within_caps(plan, case.sale, wanted(plan, case, left, claims), granted)
    return _paid(plan, case.sale, left, capped)


def _paid(plan: Plan, sale: Sale, left: Sequence[Left], capped: Sequence[Accrual]) -> tuple[Accrual, ...]:
    """Return what the budget leaves; amounts of zero are left out."""
    paid = within_budget(plan, sale, left, capped)
    return tuple([accrual for accrual in paid if accrual.amount_minor])


def tallies_of(claims: "Claims", plan: Plan, sale: Sale, calendar: Calendar) -> set[TallyKey]:
    """Return what a sale may use up of the caps of a plan, and where it counts what it pays.

    That is all that must be known to decide about it.
    """
    return keys_of_earners(claims, plan) | {
        tally_key(plan, cap, member, sale, calendar)
        for cap in plan.caps
        for component, held in claims
        if cap.is_for(component.id)
        for member in (
            {claim.payee for claim in may_be_paid(component, held)} if cap.per is Per.EARNER else {sale.buyer}
        )
    }


def earned_at_first(
    claims: "Claims", plan: Plan, case: Case, used: Mapping[TallyKey, int], calendar: Calendar
) -> tuple[tuple[Accrual, ...], tuple[Grant, ...] | None]:
    """Return what claims have earned of a sale as it was sold, and what it is granted for that under caps.

    It is what `grants_to` and `earned_by` say one after the other, and asks once; None is of a plan without
    caps.
    """
    left = whole(case.sale)
    if not plan.caps:
        return earned_by(claims, plan, case, left, None), None
    asked = wanted(plan, case, left, claims)
    grants, amounts = grants_of(plan, case.sale, asked, used, calendar)
    capped = [with_amount(each, amount) for each, amount in zip(asked, amounts, strict=True) if amount]
    return _paid(plan, case.sale, left, capped), grants


def grants_to(
    claims: "Claims", plan: Plan, case: Case, used: Mapping[TallyKey, int], calendar: Calendar
) -> tuple[Grant, ...] | None:
    """Return what a sale is granted by what it asks for as it was sold; None for a plan without caps.

    `used` is what others were granted before; who is not named has all of a cap.
    """
    if not plan.caps:
        return None
    asked = wanted(plan, case, whole(case.sale), claims)
    grants, _ = grants_of(plan, case.sale, asked, used, calendar)
    return grants


def kept_of_grants(
    claims: "Claims", plan: Plan, case: Case, grants: Sequence[Grant]
) -> dict[tuple[CapId, MemberId], int]:
    """Return what a sale asks for of its grants, as it was sold: all of each, or they are not its own."""
    asked = wanted(plan, case, whole(case.sale), claims)
    met = caps_met(plan, case.sale, asked, granted_of(grants))
    return {(capped.cap.id, capped.member): capped.granted_minor for capped in met}


def tiers_of(claims: "Claims") -> dict[tuple[ComponentId, int, MemberId], str]:
    """Return the tier of whoever holds each level of each component, by whom is paid for it."""
    return {
        (component.id, claim.level, claim.payee): claim.seat.tier
        for component, held in claims
        for claim in held
    }


def correct(now: Iterable[Accrual], so_far: Mapping[Share, int]) -> tuple[Accrual, ...]:
    """Return what must be posted so that the facts add up to what is earned now.

    New amounts come in their own order, then clawbacks of what is not earned any more, in the order
    in which it accrued.
    """
    if not so_far:
        return tuple(now)
    gone = dict(so_far)
    deltas = []
    for accrual in now:
        delta = accrual.amount_minor - gone.pop(share_of(accrual), 0)
        if delta:
            deltas.append(evolve(accrual, amount_minor=delta))
    deltas.extend(Accrual(*share, -amount) for share, amount in gone.items() if amount)
    return tuple(deltas)


def amount_refusal(sale: SaleId, accruals: Iterable[Accrual]) -> Refusal | None:
    """Return why what is earned of a sale can't be posted: it is more than a store holds.

    That comes of an amount per unit, times the units, or of a higher price.
    """
    amount = sum([accrual.amount_minor for accrual in accruals])
    if amount <= limits.AMOUNT_MINOR_MAX:
        return None
    return refusals.AMOUNT_TOO_LARGE.refuse(
        sale=sale, amount_minor=str(amount), amount_minor_max=limits.AMOUNT_MINOR_MAX
    )


def sums_of(accruals: Iterable[Accrual]) -> dict[Share, int]:
    """Add up facts of one sale, in order of first appearance."""
    sums: dict[Share, int] = {}
    for accrual in accruals:
        share = share_of(accrual)
        sums[share] = sums.get(share, 0) + accrual.amount_minor
    return sums


def share_of(accrual: Accrual) -> Share:
    """Return what the accrual adds up by."""
    return (accrual.line, accrual.component, accrual.rule, accrual.payee, accrual.level)


Asking: TypeAlias = Iterable[tuple[Component, Sequence[Claim]]]
"""Components in their order, each with whom it may pay, from the buyer upwards."""

Claims: TypeAlias = Sequence[tuple[Component, Sequence[Claim]]]
"""The same, to be looked at more than once."""

Worth: TypeAlias = tuple[Component, Award, Sequence[int], Sequence[int], Sequence[int] | None, Sequence[int]]
"""An award for the live lines at some positions, their bases, what is taken below, and its amounts."""


def wanted(plan: Plan, case: Case, left: Sequence[Left], asking: Asking) -> list[Accrual]:
    """Return what every claim is worth, rounded, before caps and budget; a zero by rule or rounding stays."""
    asked: list[list[Accrual]] = [[] for _ in left]
    for _ in worths(plan, case, left, asking, asked):
        pass
    return list(chain.from_iterable(asked))


def worths(
    plan: Plan, case: Case, left: Sequence[Left], asking: Asking, asked: list[list[Accrual]] | None
) -> Iterator[Worth]:
    """Yield what every award is worth of what is left, and write it down, line by line, in `asked`.

    Where amounts decide who wins, those of the sale as it was sold are calculated beside it.  None is for
    plans of which no component looks at what was written down, and no amount decides.
    """
    sale = case.sale
    now = _Sheet(plan, sale, left, asked)
    is_sold = left is sale.lines or not plan.amounts_decide
    sold = now if is_sold else _Sheet(plan, sale, whole(sale), [[] for _ in sale.lines])
    for component, claims in asking:
        if isinstance(component, Custom):
            if sold is not now:
                sold.answer(component, claims, case.formulas)
            yield from now.answer(component, claims, case.formulas)
            continue
        for award in awards(plan, component, claims, case, sold.asked):
            worth = None if is_over(component, case) else now.ask(component, award)
            if sold is not now:
                sold.ask(component, award)
            if worth is not None:
                yield worth


class _Sheet:
    """What is asked of what is left of a sale, line by line."""

    def __init__(
        self, plan: Plan, sale: Sale, left: Sequence[Left], asked: list[list[Accrual]] | None
    ) -> None:
        self._plan = plan
        self._sale = sale
        self._left = left
        self._nets = [part.net_minor for part in left]
        self._all_live = 0 not in self._nets
        self._paid: set[tuple[ComponentId, RuleId, MemberId]] = set()
        self._writes = asked is not None
        self.asked: list[list[Accrual]] = [] if asked is None else asked

    def ask(self, component: Component, award: Award) -> Worth | None:
        """Write down what an award is worth; None if it is for no line of which anything is left."""
        at = award.at if self._all_live else [index for index in award.at if self._nets[index]]
        if not at:
            return None
        rule = award.rule
        assert isinstance(rule, Rule), "a formula is asked, and wins nothing"
        if isinstance(rule.pays, FixedPerOrder) and self._paid_before(component, award):
            return None
        bases, taken = self._bases(component, award, at)
        parts = self._left if len(at) == len(self._nets) else [self._left[index] for index in at]
        amounts = amounts_of(self._plan, rule.pays, parts, bases, taken)
        if award.turns is not None:
            amounts = [part_of(each, award.turns[i]) for i, each in zip(at, amounts, strict=True)]
        if self._writes:
            self._write(component, award, at, amounts)
        return component, award, at, bases, taken, amounts

    def answer(self, component: Custom, claims: Sequence[Claim], formulas: Formulas) -> list[Worth]:
        """Write down what a formula answers; about nothing, or nobody, it is not asked."""
        at = live_lines(self._left)
        if not at or not claims:
            return []
        bases = bases_of(self._plan, component, 0, at, self._sale, self._left, self.asked)
        case = case_of(component, self._sale, self._left, at, bases, claims)
        found: list[Worth] = []
        for claim, amounts in zip(claims, answers(component, case, formulas), strict=True):
            award = Award(claim, component.formula, at, case=case)
            if self._writes:
                self._write(component, award, at, amounts)
            found.append((component, award, at, bases, None, amounts))
        return found

    def _write(self, component: Component, award: Award, at: Sequence[int], amounts: Sequence[int]) -> None:
        lines, asked, claim = self._sale.lines, self.asked, award.claim
        of, rule, payee, level = component.id, award.rule.id, claim.payee, claim.level
        for index, amount in zip(at, amounts, strict=True):
            asked[index].append(Accrual(lines[index].id, of, rule, payee, level, amount))

    def _paid_before(self, component: Component, award: Award) -> bool:
        """Say whether an amount per order is paid: once per rule and payee, for the lowest level that won."""
        once = (component.id, award.rule.id, award.claim.payee)
        if once in self._paid:
            return True
        self._paid.add(once)
        return False

    def _bases(
        self, component: Component, award: Award, at: Sequence[int]
    ) -> tuple[Sequence[int], Sequence[int] | None]:
        """Return what a share is of, and what is subtracted from it; a bonus is subtracted from nothing."""
        level = award.claim.level
        if award.of_level is None:
            if _is_net(component):  # nearly always: what is known already is not looked up again
                return self._nets if len(at) == len(self._nets) else [self._nets[i] for i in at], None
            bases = bases_of(self._plan, component, level, at, self._sale, self._left, self.asked)
            return bases, taken_below(component, at, self.asked)
        assert isinstance(component, Differential), "a bonus is of a differential"
        assert component.same_tier is not None, "a bonus is of a plan that has one"
        if component.same_tier.of_difference:
            return differences_at(component, award.of_level, at, self.asked), None
        return bases_of(self._plan, component, level, at, self._sale, self._left, self.asked), None


def _is_net(component: Component) -> bool:
    """Say whether percentages are of the net and nothing is subtracted."""
    base = component.base
    return type(base) is Net and not base.with_tax and type(component) is not Differential


def live_lines(left: Sequence[Left]) -> Sequence[int]:
    """Return the positions of the lines that pay: those of which some net is left."""
    return [index for index, part in enumerate(left) if part.net_minor]


def budget_scopes(
    plan: Plan, sale: Sale, left: Sequence[Left], accruals: Sequence[Accrual]
) -> Iterator[tuple[int | None, list[Accrual]]]:
    """Yield what shares a budget, with that budget (None: no bound): a line, or the whole order."""
    if plan.budget is None:
        yield None, list(accruals)
    elif plan.rounding_scope is Scope.ORDER:
        yield plan.budget.of(sum(part.net_minor for part in left), plan.rounding), list(accruals)
    else:
        nets = {line.id: part.net_minor for line, part in zip(sale.lines, left, strict=True)}
        for line, group in groupby(accruals, key=attrgetter("line")):
            yield plan.budget.of(nets[line], plan.rounding), list(group)


def within_budget(plan: Plan, sale: Sale, left: Sequence[Left], accruals: Sequence[Accrual]) -> list[Accrual]:
    """Cut what exceeds a budget, as the plan says, to the exact minor unit."""
    if plan.budget is None:
        return list(accruals)
    granted: list[Accrual] = []
    for budget, group in budget_scopes(plan, sale, left, accruals):
        amounts = [accrual.amount_minor for accrual in group]
        if budget is None or sum(amounts) <= budget:
            granted.extend(group)
        else:
            parts = parts_of_budget(budget, amounts, heights_of(plan, sale, group))
            granted.extend(evolve(each, amount_minor=part) for each, part in zip(group, parts, strict=True))
    return granted


def heights_of(plan: Plan, sale: Sale, accruals: Sequence[Accrual]) -> Sequence[int] | None:
    """Return how far above the buyer each stands, where a budget is cut from the top; None where it is not.

    That is the level; but agents of regions, whose levels begin at the outermost one, are counted from the
    innermost.
    """
    if plan.budget_cut is BudgetCut.IN_PROPORTION:
        return None
    above_all = level_in(sale.region) + 1
    agents = {component.id for component in plan.components if isinstance(component, Region)}
    return [above_all - each.level if each.component in agents else each.level for each in accruals]


def parts_of_budget(budget: int, amounts: Sequence[int], heights: Sequence[int] | None) -> Sequence[int]:
    """Return what a budget that is exceeded leaves of amounts, in minor units: in proportion, or by heights.

    The lowest is paid first, and of one height in the order of the amounts.
    """
    if heights is None:
        return split(budget, amounts)
    parts = [0] * len(amounts)
    for place in sorted(range(len(amounts)), key=heights.__getitem__):
        parts[place] = min(amounts[place], budget)
        budget -= parts[place]
    return parts
