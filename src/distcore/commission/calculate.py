"""Who earns what from a sale: plan × sale × what is left × lineage → accruals.

Pure: the same arguments give the same answer, for ever.  The one rule this file protects is the line
law: what was posted for a sale always adds up to the value of what is left of it.

In order: amounts, rounded once at the plan's scope; then the budget, over lines by id and
beneficiaries from the buyer upwards.  Rules are chosen by the sale as it was sold, so a correction
recomputes amounts only; a line whose remaining net is zero pays nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Final, TypeAlias, assert_never

from attrs import evolve

from distcore.commission.accrual import Accrual
from distcore.commission.lineage import Claim, Lineage, walk
from distcore.commission.plan import (
    CategoryIs,
    FixedPerOrder,
    FixedPerUnit,
    Match,
    Net,
    Percent,
    Plan,
    Rule,
    Scope,
    SkuIn,
    Upline,
)
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import ComponentId, LineId, MemberId, Rate, Rounding, RuleId, split

Share: TypeAlias = tuple[LineId, ComponentId, RuleId, MemberId, int]
"""What facts of a sale add up by: line, component, rule, payee, origin level."""

_LINE: Final = Scope.LINE  # looking up a member of an enum takes long; this one is needed always


def calculate(plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage) -> tuple[Accrual, ...]:
    """Return what each beneficiary has earned of what is left; amounts of zero are left out."""
    claims = [(component, walk(component, lineage).claims) for component in plan.components]
    granted = within_budget(plan, sale, left, wanted(plan, sale, left, claims))
    return tuple([accrual for accrual in granted if accrual.amount_minor])


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


def wanted(
    plan: Plan, sale: Sale, left: Sequence[Left], claims: Iterable[tuple[Upline, Sequence[Claim]]]
) -> list[Accrual]:
    """Return what every claim is worth, rounded, before the budget; a zero by rule or rounding stays."""
    by_line: list[list[Accrual]] = [[] for _ in sale.lines]
    ids = [line.id for line in sale.lines]
    live = live_lines(left)
    for component, of_component in claims:
        for claim, rule, at in awards(component, of_component, sale, live):
            name, won, payee, level = component.id, rule.id, claim.payee, claim.level
            parts = left if len(at) == len(left) else [left[index] for index in at]
            for index, amount in zip(at, amounts_of(plan, component, rule, parts), strict=True):
                by_line[index].append(Accrual(ids[index], name, won, payee, level, amount))
    return list(chain.from_iterable(by_line))


def awards(
    component: Upline, claims: Iterable[Claim], sale: Sale, live: Sequence[int]
) -> Iterator[tuple[Claim, Rule, Sequence[int]]]:
    """Yield which rule pays which claim for which lines.

    An amount per order is paid once per rule and payee, for the lowest of the levels that won it.
    """
    once: set[tuple[RuleId, MemberId]] = set()
    for claim in claims:
        for rule, at in lines_won(component, claim, sale, live):
            if isinstance(rule.pays, FixedPerOrder):
                if (rule.id, claim.payee) in once:
                    continue
                once.add((rule.id, claim.payee))
            yield claim, rule, at


def lines_won(
    component: Upline, claim: Claim, sale: Sale, live: Sequence[int]
) -> list[tuple[Rule, Sequence[int]]]:
    """Return the rules that win live lines for a claim, each with the positions of its lines.

    The first rule that fits a line wins it.
    """
    rules = rules_for(component, claim)
    if rules and rules[0].match is None:
        return [(rules[0], live)] if live else []
    won: dict[RuleId, tuple[Rule, list[int]]] = {}
    for index in live:
        rule = next((rule for rule in rules if fits(rule.match, sale.lines[index])), None)
        if rule is not None:
            won.setdefault(rule.id, (rule, []))[1].append(index)
    return list(won.values())


def live_lines(left: Sequence[Left]) -> Sequence[int]:
    """Return the positions of the lines that pay: those of which some net is left."""
    return [index for index, part in enumerate(left) if part.net_minor]


def rules_for(component: Upline, claim: Claim) -> list[Rule]:
    """Return the rules for the level and tier of a claim, whatever the line."""
    tier = claim.seat.tier
    return [rule for rule in component.rules_at(claim.level) if not rule.tiers or tier in rule.tiers]


def fits(match: Match | None, line: SaleLine) -> bool:
    """Say whether a line, as it was sold, is what a rule is for."""
    match match:
        case None:
            return True
        case CategoryIs(category):
            return line.category == category or line.category.startswith(category + "/")
        case SkuIn(skus):
            return line.sku in skus
        case _:
            assert_never(match)


def amounts_of(plan: Plan, component: Upline, rule: Rule, parts: Sequence[Left]) -> Sequence[int]:
    """Return what a rule pays for the lines it won, rounded at the plan's scope."""
    pays = rule.pays
    match pays:
        case Percent():
            return _percent(plan, pays.rate, bases_of(component, parts), parts)
        case FixedPerUnit():
            return [pays.amount_minor * part.units for part in parts]
        case FixedPerOrder():
            return split(pays.amount_minor, [part.net_minor for part in parts])
        case _:
            assert_never(pays)


def bases_of(component: Upline, parts: Iterable[Left]) -> list[int]:
    """Return what percentages of a component are taken from, line by line, in minor units."""
    match component.base:
        case Net():
            return [part.net_minor for part in parts]
        case _:
            assert_never(component.base)


def _percent(plan: Plan, rate: Rate, bases: Sequence[int], parts: Sequence[Left]) -> Sequence[int]:
    scope, rounding = plan.rounding_scope, plan.rounding
    if scope is _LINE:
        return rate.of_each(bases, rounding)
    if scope is Scope.UNIT:
        return [_by_unit(base, part.units, rate, rounding) for base, part in zip(bases, parts, strict=True)]
    if scope is Scope.ORDER:
        return split(rate.of(sum(bases), rounding), bases)
    assert_never(scope)


def _by_unit(base: int, units: int, rate: Rate, rounding: Rounding) -> int:
    """Round every unit by itself: `split` gives some a minor unit more; no units count as one."""
    units = units or 1
    each, dearer = divmod(base, units)
    return (units - dearer) * rate.of(each, rounding) + dearer * rate.of(each + 1, rounding)


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
    """Shrink what exceeds a budget in proportion, to the exact minor unit."""
    if plan.budget is None:
        return list(accruals)
    granted: list[Accrual] = []
    for budget, group in budget_scopes(plan, sale, left, accruals):
        if budget is None or sum(accrual.amount_minor for accrual in group) <= budget:
            granted.extend(group)
        else:
            parts = split(budget, [accrual.amount_minor for accrual in group])
            granted.extend(evolve(each, amount_minor=part) for each, part in zip(group, parts, strict=True))
    return granted
