"""Why this amount, and why not that person.

An explanation holds all that an amount was made of; `recomputed` makes it again from nothing else,
and must agree.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from attrs import frozen

from distcore.commission.accrual import Accrual
from distcore.commission.calculate import (
    amounts_of,
    awards,
    budget_scopes,
    lines_won,
    live_lines,
    rules_for,
    wanted,
    within_budget,
)
from distcore.commission.lineage import Claim, Lineage, Reason, Walk, walk
from distcore.commission.plan import FixedPerOrder, FixedPerUnit, Percent, Plan, Rule, Scope, Upline
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import ComponentId, LineId, MemberId, split


@frozen
class Why:
    """One amount and what it was made of.

    `parts` are the lines that were rounded together, the explained one at `at`; `asked` are the
    amounts that shared a budget, in order, the explained one at `place`.  `origin` holds the level;
    it differs from the payee where an amount rolled up.
    """

    accrual: Accrual
    plan: Plan
    component: Upline
    rule: Rule
    origin: MemberId
    tier: str
    sold: SaleLine
    parts: tuple[Left, ...]
    at: int
    asked: tuple[int, ...]
    place: int
    budget_minor: int | None

    @property
    def asked_minor(self) -> int:
        """The amount before the budget."""
        return self.asked[self.place]

    @property
    def left(self) -> Left:
        """What is left of the line that is paid for."""
        return self.parts[self.at]


@frozen
class WhyNot:
    """Who got nothing, and why.

    No line: on every line.  No member: nobody stands there.  Level 0: the member was passed over
    without using up a level.  `forgone_minor` is what the rules would have paid, before the budget.
    """

    component: ComponentId
    level: int
    reason: Reason
    member: MemberId | None = None
    line: LineId | None = None
    forgone_minor: int = 0


@frozen
class Explained:
    """A sale explained: every amount that is earned of what is left, and everybody who gets nothing."""

    whys: tuple[Why, ...]
    why_nots: tuple[WhyNot, ...]


def explain(plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage) -> Explained:
    """Calculate a sale again and keep what every amount was made of."""
    walks = [(component, walk(component, lineage)) for component in plan.components]
    whys, zeros = _whys(plan, sale, left, walks)
    why_nots = [
        *(why_not for component, found in walks for why_not in _passed(plan, sale, left, component, found)),
        *(why_not for component, found in walks for why_not in _without_rule(sale, left, component, found)),
        *(why_not for component, found in walks for why_not in _paid_already(sale, left, component, found)),
        *zeros,
        *_nothing_left(plan, sale, left),
    ]
    return Explained(tuple(whys), tuple(why_nots))


def recomputed(why: Why) -> int:
    """Return the amount, made again from the explanation alone, in minor units."""
    asked = amounts_of(why.plan, why.component, why.rule, why.parts)[why.at]
    if why.budget_minor is None or sum(why.asked) <= why.budget_minor:
        return asked
    others = list(why.asked)
    others[why.place] = asked
    return split(why.budget_minor, others)[why.place]


def _whys(
    plan: Plan, sale: Sale, left: Sequence[Left], walks: Sequence[tuple[Upline, Walk]]
) -> tuple[list[Why], list[WhyNot]]:
    asked = wanted(plan, sale, left, [(component, found.claims) for component, found in walks])
    granted = iter(within_budget(plan, sale, left, asked))
    won = _won(plan, sale, left, walks)
    whys: list[Why] = []
    zeros: list[WhyNot] = []
    for budget, group in budget_scopes(plan, sale, left, asked):
        shared = tuple(accrual.amount_minor for accrual in group)
        for place, accrual in enumerate(group):
            component, claim, rule, sold, parts, at = won[accrual.component, accrual.level, accrual.line]
            final = next(granted)
            why = Why(
                final,
                plan,
                component,
                rule,
                claim.seat.member,
                claim.seat.tier,
                sold,
                parts,
                at,
                shared,
                place,
                budget,
            )
            if final.amount_minor:
                whys.append(why)
            else:
                zeros.append(_zero(why))
    return whys, zeros


_Won = tuple[Upline, Claim, Rule, SaleLine, tuple[Left, ...], int]


def _won(
    plan: Plan, sale: Sale, left: Sequence[Left], walks: Sequence[tuple[Upline, Walk]]
) -> dict[tuple[ComponentId, int, LineId], _Won]:
    """Return by component, level and line what was won; lines rounded alone are parts of one."""
    found: dict[tuple[ComponentId, int, LineId], _Won] = {}
    live = live_lines(left)
    for component, of_component in walks:
        for claim, rule, at in awards(component, of_component.claims, sale, live):
            together = _rounded_together(plan, rule)
            parts = tuple(left[index] for index in at) if together else ()
            for place, index in enumerate(at):
                line = sale.lines[index]
                where = (parts, place) if together else ((left[index],), 0)
                found[component.id, claim.level, line.id] = (component, claim, rule, line, *where)
    return found


def _rounded_together(plan: Plan, rule: Rule) -> bool:
    return isinstance(rule.pays, FixedPerOrder) or plan.rounding_scope is Scope.ORDER


def _zero(why: Why) -> WhyNot:
    if why.asked_minor:
        reason = Reason.SHRUNK_TO_ZERO
    else:
        reason = Reason.ROUNDS_TO_ZERO if _pays_something(why.rule) else Reason.RULE_PAYS_ZERO
    accrual = why.accrual
    return WhyNot(accrual.component, accrual.level, reason, accrual.payee, accrual.line, why.asked_minor)


def _pays_something(rule: Rule) -> bool:
    match rule.pays:
        case Percent(rate):
            return rate.ppm > 0
        case FixedPerUnit(amount_minor) | FixedPerOrder(amount_minor):
            return amount_minor > 0
        case _:
            assert_never(rule.pays)


def _passed(plan: Plan, sale: Sale, left: Sequence[Left], component: Upline, found: Walk) -> Iterator[WhyNot]:
    paid_instead = {claim.level for claim in found.claims}
    for passed in found.passed:
        forgone = 0
        if passed.seat is not None and passed.level and passed.level not in paid_instead:
            claim = Claim(passed.level, passed.seat, passed.seat.member)
            forgone = sum(each.amount_minor for each in wanted(plan, sale, left, [(component, [claim])]))
        member = None if passed.seat is None else passed.seat.member
        yield WhyNot(component.id, passed.level, passed.reason, member, None, forgone)


def _without_rule(sale: Sale, left: Sequence[Left], component: Upline, found: Walk) -> Iterator[WhyNot]:
    live = live_lines(left)
    for claim in found.claims:
        rules = rules_for(component, claim)
        if rules and rules[0].match is None:
            continue
        won = {index for _, at in lines_won(component, claim, sale, live) for index in at}
        for index in live:
            if index not in won:
                yield WhyNot(component.id, claim.level, Reason.NO_RULE, claim.payee, sale.lines[index].id)


def _paid_already(sale: Sale, left: Sequence[Left], component: Upline, found: Walk) -> Iterator[WhyNot]:
    live = live_lines(left)
    paid = {(claim.level, rule.id) for claim, rule, _ in awards(component, found.claims, sale, live)}
    for claim in found.claims:
        for rule, _ in lines_won(component, claim, sale, live):
            if (claim.level, rule.id) not in paid:
                yield WhyNot(component.id, claim.level, Reason.PAID_ALREADY, claim.payee)


def _nothing_left(plan: Plan, sale: Sale, left: Sequence[Left]) -> Iterator[WhyNot]:
    for component in plan.components:
        for line, part in zip(sale.lines, left, strict=True):
            if not part.net_minor:
                yield WhyNot(component.id, 0, Reason.NOTHING_LEFT, None, line.id)
