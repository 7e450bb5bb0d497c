"""Why this amount, and why not that person.

An explanation holds all that an amount was made of; `recomputed` makes it again from nothing else,
and must agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias, assert_never

from attrs import evolve, frozen

from distcore.commission.accrual import Accrual
from distcore.commission.amount import Turn, amounts_of, part_of, rounded_together
from distcore.commission.award import Award, rules_for
from distcore.commission.calculate import (
    Share,
    Worth,
    budget_scopes,
    live_lines,
    share_of,
    wanted,
    within_budget,
    worths,
)
from distcore.commission.cap import Capped, Granted, caps_met, within_caps
from distcore.commission.formula import NO_FORMULAS, CustomCase, Formulas, answers
from distcore.commission.lineage import Claim, Lineage, Passed, Reason, Walk, walk
from distcore.commission.match import Case, fits
from distcore.commission.plan import (
    Component,
    Custom,
    Differential,
    FixedPerOrder,
    FixedPerUnit,
    Formula,
    Percent,
    Plan,
    Region,
    RegionSharing,
    Rule,
)
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import ComponentId, LineId, MemberId, split


@frozen
class Why:
    """One amount and what it was made of.

    `parts` are the lines that were rounded together, with what percentages are taken of (`bases`) and what is
    subtracted because it is paid below (`taken`, None where nothing ever is); the explained one is at `at`.
    `caps` are those that took something away, each with the place of the explained amount among those it was
    shared by.  `asked` are the amounts that shared a budget, in order, the explained one at `place`.
    `origin` holds the level; it differs from the payee where an amount rolled up.  `bonus_of` is the level of
    whose difference it is a bonus, None where it is none.  `turn` says which part of how many it is, where
    the amount is shared; `case` is what a formula was given, where one pays.  `earned_minor` is what the
    payee had earned before, None where no rule of the component asks.
    """

    accrual: Accrual
    plan: Plan
    component: Component
    rule: Rule | Formula
    origin: MemberId
    tier: str
    sold: SaleLine
    parts: tuple[Left, ...]
    bases: tuple[int, ...]
    taken: tuple[int, ...] | None
    at: int
    asked: tuple[int, ...]
    place: int
    budget_minor: int | None
    bonus_of: int | None = None
    caps: tuple[tuple[Capped, int], ...] = ()
    turn: Turn | None = None
    case: CustomCase | None = None
    earned_minor: int | None = None

    @property
    def worth_minor(self) -> int:
        """The amount before caps and budget."""
        if not self.caps:
            return self.asked_minor
        capped, place = self.caps[0]
        return capped.asked[place]

    @property
    def asked_minor(self) -> int:
        """The amount before the budget."""
        return self.asked[self.place]

    @property
    def left(self) -> Left:
        """What is left of the line that is paid for."""
        return self.parts[self.at]

    @property
    def base_minor(self) -> int:
        """What a percentage is taken of."""
        return self.bases[self.at]

    @property
    def is_of_difference(self) -> bool:
        """Whether it is a share of the difference that somebody below earns."""
        bonus = self.component.same_tier if isinstance(self.component, Differential) else None
        return self.bonus_of is not None and bonus is not None and bonus.of_difference

    @property
    def taken_minor(self) -> int:
        """What is subtracted because it is paid below."""
        return 0 if self.taken is None else self.taken[self.at]


@frozen
class WhyNot:
    """Who got nothing, and why.

    No line: on every line.  No member: nobody stands there.  Level 0: the member was passed over
    without using up a level.  `forgone_minor` is what the rules would have paid, before caps and budget,
    to somebody who had earned nothing before.
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


def explain(
    plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage, formulas: Formulas = NO_FORMULAS
) -> Explained:
    """Calculate a sale again and keep what every amount was made of; `formulas` as in `calculate`."""
    walks = [(component, walk(component, lineage)) for component in plan.components]
    asked: list[list[Accrual]] = [[] for _ in sale.lines]
    asking = [(component, found.claims) for component, found in walks]
    case = Case(sale, lineage.past, formulas, lineage.earned)
    worth_of = list(worths(plan, case, left, asking, asked))
    whys, zeros = _whys(plan, case, left, list(chain.from_iterable(asked)), worth_of, lineage.granted)
    missed = (
        why_not
        for component, found in walks
        for why_not in _missed(case, left, component, found.claims, worth_of)
    )
    why_nots = [
        *(why_not for component, found in walks for why_not in _passed(plan, case, left, component, found)),
        *missed,
        *zeros,
        *_nothing_left(plan, sale, left),
    ]
    return Explained(tuple(whys), tuple(why_nots))


def recomputed(why: Why, formulas: Formulas = NO_FORMULAS) -> int:
    """Return the amount, made again from the explanation alone, in minor units.

    What a formula pays is asked for again: of `formulas` it must be given.
    """
    asked = _asked_again(why, formulas)
    for capped, place in why.caps:
        together = list(capped.asked)
        together[place] = asked
        asked = evolve(capped, asked=tuple(together)).granted[place]
    if why.budget_minor is None or sum(why.asked) <= why.budget_minor:
        return asked
    others = list(why.asked)
    others[why.place] = asked
    return split(why.budget_minor, others)[why.place]


def _asked_again(why: Why, formulas: Formulas) -> int:
    rule = why.rule
    if isinstance(rule, Formula):
        assert why.case is not None, "a formula was given something"
        assert isinstance(why.component, Custom), "a formula is of a custom component"
        accrual = why.accrual
        claims = [(claim.payee, claim.level) for claim in why.case.claims]
        lines = [line.sold.id for line in why.case.lines]
        given = answers(why.component, why.case, formulas)
        return given[claims.index((accrual.payee, accrual.level))][lines.index(accrual.line)]
    asked = amounts_of(why.plan, rule.pays, why.parts, why.bases, why.taken)[why.at]
    return asked if why.turn is None else part_of(asked, why.turn)


_Of: TypeAlias = tuple[
    Component, Award, SaleLine, tuple[Left, ...], tuple[int, ...], tuple[int, ...] | None, int
]
"""What a share was made of: the last is its place among the lines that were rounded together."""


def _whys(
    plan: Plan,
    case: Case,
    left: Sequence[Left],
    worth: Sequence[Accrual],
    worth_of: Sequence[Worth],
    granted: Granted | None,
) -> tuple[list[Why], list[WhyNot]]:
    sale = case.sale
    asked = within_caps(plan, sale, worth, granted)
    caps = _caps(plan, sale, worth, granted)
    paid = zip(within_budget(plan, sale, left, asked), caps, strict=True)
    made_of = _made_of(plan, sale, left, worth_of)
    positions = {line.id: index for index, line in enumerate(sale.lines)}
    whys: list[Why] = []
    zeros: list[WhyNot] = []
    for budget, group in budget_scopes(plan, sale, left, asked):
        shared = tuple([accrual.amount_minor for accrual in group])
        for place, accrual in enumerate(group):
            component, award, sold, parts, bases, taken, at = made_of[share_of(accrual)]
            (final, bound), seat = next(paid), award.claim.seat
            why = Why(
                final,
                plan,
                component,
                award.rule,
                seat.member,
                seat.tier,
                sold,
                parts,
                bases,
                taken,
                at,
                shared,
                place,
                budget,
                award.of_level,
                bound,
                None if award.turns is None else award.turns[positions[sold.id]],
                award.case,
                case.earned.get(award.claim.payee, 0) if component.id in plan.asks_earned else None,
            )
            if final.amount_minor:
                whys.append(why)
            else:
                zeros.append(_zero(why))
    return whys, zeros


def _caps(
    plan: Plan, sale: Sale, worth: Sequence[Accrual], granted: Granted | None
) -> list[tuple[tuple[Capped, int], ...]]:
    """Return the caps that took something away from each share, with its place under them."""
    found: list[tuple[tuple[Capped, int], ...]] = [()] * len(worth)
    for capped in caps_met(plan, sale, worth, granted):
        for place, at in enumerate(capped.at if capped.is_bound else ()):
            found[at] = (*found[at], (capped, place))
    return found


def _made_of(plan: Plan, sale: Sale, left: Sequence[Left], worth_of: Sequence[Worth]) -> Mapping[Share, _Of]:
    """Return what each share was made of; a line that is rounded alone is the only part."""
    found: dict[Share, _Of] = {}
    for component, award, at, bases, taken, _ in worth_of:
        claim, rule = award.claim, award.rule
        together = isinstance(rule, Rule) and rounded_together(plan, rule.pays)
        parts = tuple([left[index] for index in at]) if together else ()
        for place, index in enumerate(at):
            line = sale.lines[index]
            share = (line.id, component.id, rule.id, claim.payee, claim.level)
            if together:
                below = None if taken is None else tuple(taken)
                found[share] = (component, award, line, parts, tuple(bases), below, place)
            else:
                below = None if taken is None else (taken[place],)
                found[share] = (component, award, line, (left[index],), (bases[place],), below, 0)
    return found


def _zero(why: Why) -> WhyNot:
    if why.asked_minor:
        reason = Reason.SHRUNK_TO_ZERO
    elif why.worth_minor:
        reason = Reason.CAPPED_TO_ZERO
    elif isinstance(why.rule, Formula) or not _pays_something(why.rule):
        reason = Reason.RULE_PAYS_ZERO
    else:
        reason = Reason.NO_DIFFERENCE if why.taken_minor else Reason.ROUNDS_TO_ZERO
    accrual = why.accrual
    return WhyNot(accrual.component, accrual.level, reason, accrual.payee, accrual.line, why.worth_minor)


def _pays_something(rule: Rule) -> bool:
    match rule.pays:
        case Percent(rate):
            return rate.ppm > 0
        case FixedPerUnit(amount_minor) | FixedPerOrder(amount_minor):
            return amount_minor > 0
        case _:
            assert_never(rule.pays)


def _passed(
    plan: Plan, case: Case, left: Sequence[Left], component: Component, found: Walk
) -> Iterator[WhyNot]:
    paid_instead = {claim.level for claim in found.claims}
    for passed in found.passed:
        forgone = 0
        if _is_forgone(component, passed.level in paid_instead):
            forgone = _forgone(plan, case, left, component, found.claims, passed)
        member = None if passed.seat is None else passed.seat.member
        yield WhyNot(component.id, passed.level, passed.reason, member, None, forgone)


def _is_forgone(component: Component, is_paid_instead: bool) -> bool:
    """Say whether nobody else has what somebody does not get.

    What a differential does not pay to one seat it pays to the next, and a formula may do the same.  Agents
    who are paid in full don't have what others don't get.
    """
    if isinstance(component, Region) and component.sharing is RegionSharing.IN_FULL:
        return True
    return not isinstance(component, Differential | Custom) and not is_paid_instead


def _forgone(
    plan: Plan,
    case: Case,
    left: Sequence[Left],
    component: Component,
    claims: Sequence[Claim],
    passed: Passed,
) -> int:
    """Return what somebody would have been asked for."""
    if passed.seat is None or not passed.level:
        return 0
    below = [claim for claim in claims if claim.level < passed.level]
    claim = Claim(passed.level, passed.seat, passed.seat.member)
    asked = wanted(plan, case, left, [(component, [*below, claim])])
    return sum(each.amount_minor for each in asked if each.level == passed.level)


def _missed(
    case: Case,
    left: Sequence[Left],
    component: Component,
    claims: Sequence[Claim],
    worth_of: Sequence[Worth],
) -> Iterator[WhyNot]:
    """Say why somebody who may be paid is asked nothing for on a line of which something is left."""
    paid: dict[tuple[int, MemberId], set[int]] = {}
    for of, award, at, *_ in worth_of:
        if of is component:
            paid.setdefault((award.claim.level, award.claim.payee), set()).update(at)
    live = frozenset(live_lines(left))
    already = Reason.NO_DIFFERENCE if isinstance(component, Differential) else Reason.PAID_ALREADY
    for claim in claims:
        missing = sorted(live - paid.get((claim.level, claim.payee), set()))
        rules = rules_for(component, claim) if missing else ()
        without = [index for index in missing if not _any_fits(rules, case, index, claim)]
        if len(without) < len(missing):
            yield WhyNot(component.id, claim.level, already, claim.payee)
        for index in without:
            yield WhyNot(component.id, claim.level, Reason.NO_RULE, claim.payee, case.sale.lines[index].id)


def _any_fits(rules: Sequence[Rule], case: Case, index: int, claim: Claim) -> bool:
    earned = case.earned.get(claim.payee, 0)
    line = case.sale.lines[index]
    return any(fits(rule.match, case, line, claim.seat.tier, earned) for rule in rules)


def _nothing_left(plan: Plan, sale: Sale, left: Sequence[Left]) -> Iterator[WhyNot]:
    for component in plan.components:
        for line, part in zip(sale.lines, left, strict=True):
            if not part.net_minor:
                yield WhyNot(component.id, 0, Reason.NOTHING_LEFT, None, line.id)
