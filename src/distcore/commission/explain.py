"""Why this amount, and why not that person.

An explanation holds all that an amount was made of; `recomputed` makes it again from nothing else,
and must agree.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from attrs import evolve, frozen

from distcore.commission.accrual import Accrual, Given
from distcore.commission.amount import Turn, amounts_of, part_of, rounded_together
from distcore.commission.asked import gift_of, pays_nothing
from distcore.commission.award import Award, is_over, rules_for
from distcore.commission.beyond import Beyond, above, beyond, climbs
from distcore.commission.calculate import (
    Worth,
    budget_scopes,
    heights_of,
    live_lines,
    parts_of_budget,
    wanted,
    within_budget,
    worths,
)
from distcore.commission.cap import Capped, Granted, caps_met, within_caps
from distcore.commission.formula import NO_FORMULAS, CustomCase, Formulas, answers
from distcore.commission.gift import gifts_of
from distcore.commission.lineage import Claim, Lineage, Passed, Reason, Walk, asks_buyer, walk
from distcore.commission.match import Case, fits
from distcore.commission.plan import (
    BudgetCut,
    Component,
    Custom,
    Differential,
    Formula,
    Gift,
    Plan,
    Region,
    RegionSharing,
    Rule,
)
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import CapId, ComponentId, LineId, MemberId


@frozen
class Demand:
    """What an award asks for, for all its lines together: what many amounts are made of, kept once.

    `at` are the positions of its lines in the sale, `parts` what is left of each, `bases` what percentages
    are taken of, and `taken` what is subtracted because it is paid below, None where nothing ever is.
    `earned_minor` is what the payee had earned before, None where no rule of the component asks.
    """

    plan: Plan
    component: Component
    award: Award
    lines: Sequence[SaleLine]
    at: Sequence[int]
    parts: Sequence[Left]
    bases: Sequence[int]
    taken: Sequence[int] | None
    earned_minor: int | None = None

    @property
    def is_rounded_together(self) -> bool:
        """Whether its lines share one rounding."""
        rule = self.award.rule
        return isinstance(rule, Rule) and rounded_together(self.plan, rule.pays)


@frozen
class Why:
    """One amount and what it was made of: the one at a place among all of the sale."""

    bounded: "Bounded"
    at: int

    @property
    def accrual(self) -> Accrual:
        """The amount that is paid."""
        return self.bounded.shares.accruals[self.at]

    @property
    def demand(self) -> Demand:
        """What it was made of, with all lines that were asked for together."""
        return self.bounded.shares.demands[self.at]

    @property
    def index(self) -> int:
        """Which of the lines of the demand it is for."""
        return self.bounded.shares.places[self.at]

    @property
    def caps(self) -> tuple[tuple[Capped, int], ...]:
        """The caps that took something away, each with its place among those that shared the cap."""
        return self.bounded.shares.caps[self.at]

    @property
    def amounts(self) -> Sequence[int]:
        """All that shared the budget, in order, before the budget."""
        return self.bounded.amounts

    @property
    def place(self) -> int:
        """Its place among those that shared the budget."""
        return self.at - self.bounded.start

    @property
    def budget_minor(self) -> int | None:
        """What they may pay together, None for no bound."""
        return self.bounded.budget_minor

    @property
    def plan(self) -> Plan:
        """The plan that the sale is calculated by."""
        return self.demand.plan

    @property
    def component(self) -> Component:
        """The component that pays."""
        return self.demand.component

    @property
    def rule(self) -> Rule | Formula:
        """The rule that won the line, or the formula that pays."""
        return self.demand.award.rule

    @property
    def origin(self) -> MemberId:
        """Who holds the level; it differs from the payee where an amount rolled up."""
        return self.demand.award.claim.seat.member

    @property
    def tier(self) -> str:
        """The tier of whoever holds the level."""
        return self.demand.award.claim.seat.tier

    @property
    def sold(self) -> SaleLine:
        """The line as it was sold."""
        return self.demand.lines[self.index]

    @property
    def bonus_of(self) -> int | None:
        """The level of whose difference it is a bonus, None where it is none."""
        return self.demand.award.of_level

    @property
    def turn(self) -> Turn | None:
        """Which part of how many it is, None where it is not shared."""
        turns = self.demand.award.turns
        return None if turns is None else turns[self.demand.at[self.index]]

    @property
    def case(self) -> CustomCase | None:
        """What a formula was given, None where a rule pays."""
        return self.demand.award.case

    @property
    def earned_minor(self) -> int | None:
        """What the payee had earned before, None where no rule of the component asks."""
        return self.demand.earned_minor

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
        return self.amounts[self.place]

    @property
    def left(self) -> Left:
        """What is left of the line that is paid for."""
        return self.demand.parts[self.index]

    @property
    def base_minor(self) -> int:
        """What a percentage is taken of."""
        return self.demand.bases[self.index]

    @property
    def is_of_difference(self) -> bool:
        """Whether it is a share of the difference that somebody below earns."""
        bonus = self.component.same_tier if isinstance(self.component, Differential) else None
        return self.bonus_of is not None and bonus is not None and bonus.of_difference

    @property
    def taken_minor(self) -> int:
        """What is subtracted because it is paid below."""
        return 0 if self.demand.taken is None else self.demand.taken[self.index]


@frozen
class Spent:
    """A budget of which nothing was left for somebody: what it was, what was asked of it, who came first."""

    budget_minor: int
    together_minor: int
    cut: BudgetCut


@frozen
class WhyNot:
    """Who got nothing, and why.

    No line: on every line of which something is left.  No member: nobody stands there.  Level 0: the member
    was passed over without using up a level.  `forgone_minor` is what the rules would have paid, before caps
    and budget, to somebody who had earned nothing before.  `gift` is what the member is given all the same,
    once for the order: then it is only money that the member does not get.  `earned_minor` is what the payee
    had earned before, None where no rule of the component asks, or none is for that level and tier.
    `above` are all, nearest first, of whom the reason holds alike where it names no member: they stand from
    the level on, further than the component looks.  `cap` is the one that left nothing, `spent` the budget.
    No component: none looks at anybody above the buyer, or at the buyer.
    """

    component: ComponentId | None
    level: int
    reason: Reason
    member: MemberId | None = None
    line: LineId | None = None
    forgone_minor: int = 0
    gift: Gift | None = None
    earned_minor: int | None = None
    above: tuple[MemberId, ...] = ()
    cap: CapId | None = None
    spent: Spent | None = None

    def of(self, payee: MemberId) -> "WhyNot | None":
        """Return what of it is said of a member, None if nothing is."""
        if payee in self.above:
            return evolve(self, above=(payee,))
        return self if self.member == payee else None


@frozen
class Shares:
    """All amounts of a sale in order: what is paid of each, what it was made of, and its place in that.

    `amounts` are those before the budget, `caps` what took something away from each before that; `heights`
    as in `heights_of`.
    """

    accruals: Sequence[Accrual]
    demands: Sequence[Demand]
    places: Sequence[int]
    amounts: Sequence[int]
    caps: Sequence[tuple[tuple[Capped, int], ...]]
    heights: Sequence[int] | None


@frozen
class Bounded:
    """Those amounts of a sale that share a budget: from one place up to another."""

    shares: Shares
    start: int
    stop: int
    budget_minor: int | None

    @property
    def heights(self) -> Sequence[int] | None:
        """How far above the buyer they stand, where the budget is cut from the top."""
        heights = self.shares.heights
        return None if heights is None else heights[self.start : self.stop]

    @property
    def amounts(self) -> Sequence[int]:
        """What they were before the budget."""
        return self.shares.amounts[self.start : self.stop]

    @property
    def whys(self) -> list[Why]:
        """Every amount that is paid, and what it was made of."""
        accruals = self.shares.accruals
        return [Why(self, at) for at in range(self.start, self.stop) if accruals[at].amount_minor]

    @property
    def zeros(self) -> list[Why]:
        """Every amount of which nothing is paid, and what it was made of."""
        accruals = self.shares.accruals
        return [Why(self, at) for at in range(self.start, self.stop) if not accruals[at].amount_minor]


@frozen
class Explained:
    """A sale explained: every amount that is earned of what is left, and everybody who gets nothing.

    `gifts` are what is given besides, or instead.
    """

    bounded: tuple[Bounded, ...]
    why_nots: tuple[WhyNot, ...]
    gifts: tuple[Given, ...] = ()

    @property
    def whys(self) -> tuple[Why, ...]:
        """Every amount that is earned, and what it was made of.

        Made when they are asked for: of a thousand sales, to keep them all costs more than to make them.
        """
        return tuple(chain.from_iterable([each.whys for each in self.bounded]))


def explain(
    plan: Plan, sale: Sale, left: Sequence[Left], lineage: Lineage, formulas: Formulas = NO_FORMULAS
) -> Explained:
    """Calculate a sale again and keep what every amount was made of; `formulas` as in `calculate`."""
    lineage = _walked(lineage)
    walks = [(component, walk(component, lineage)) for component in plan.components]
    asked: list[list[Accrual]] = [[] for _ in sale.lines]
    asking = [(component, found.claims) for component, found in walks]
    case = Case(sale, lineage.past, formulas, lineage.earned, lineage.was_gone)
    worth_of = list(worths(plan, case, left, asking, asked))
    worth = list(chain.from_iterable(asked))
    bounded = tuple(_bounded(plan, case, left, worth, worth_of, lineage.granted))
    walks = [(of, _GONE if is_over(of, case) and live_lines(left) else found) for of, found in walks]
    everybody = above(lineage)
    why_nots = [
        *(
            why_not
            for component, found in walks
            for why_not in _passed(
                plan, case, left, component, found, tuple(beyond(component, lineage, found, everybody))
            )
        ),
        *_nobody_climbs(everybody, walks),
        *_missed(plan, case, left, walks, worth_of),
        *(_zero(why) for each in bounded for why in each.zeros),
        *_nothing_left(plan, sale, left),
    ]
    return Explained(bounded, tuple(why_nots), tuple(gifts_of(plan, sale, left, lineage)))


_GONE: Final = Walk((), (Passed(0, Reason.FIRST_ORDER_GONE),))


def _walked(lineage: Lineage) -> Lineage:
    """Return a lineage whose lines are walked already: each component does so, and all are named above."""
    return evolve(lineage, sponsors=tuple(lineage.sponsors), promoted=tuple(lineage.promoted))


def why_nots_of_buyer(plan: Plan, sale: Sale, explained: Explained) -> tuple[WhyNot, ...]:
    """Return why the buyer gets nothing, where a sale that is explained does not say it of the buyer alone.

    A buyer who is a member is met by every component that may pay the buyer, if anything is left to pay for.
    """
    if not any(map(asks_buyer, plan.components)):
        return (WhyNot(None, 0, Reason.BUYER_NOT_PAID, sale.buyer),)
    told = tuple(each for each in explained.why_nots if each.reason in _OF_EVERY_BUYER)
    if told or _is_met(sale.buyer, explained):
        return told
    return (WhyNot(None, 0, Reason.BUYER_IS_NO_MEMBER, sale.buyer),)


_OF_EVERY_BUYER = frozenset({Reason.BUYER_IS_NO_MEMBER, Reason.NOTHING_LEFT})


def _is_met(member: MemberId, explained: Explained) -> bool:
    named = (each.accrual.payee for each in explained.whys)
    return member in chain(named, (each.member for each in explained.why_nots))


def recomputed(why: Why, formulas: Formulas = NO_FORMULAS) -> int:
    """Return the amount, made again from the explanation alone, in minor units.

    What a formula pays is asked for again: of `formulas` it must be given.
    """
    asked = _asked_again(why, formulas)
    for capped, place in why.caps:
        together = list(capped.asked)
        together[place] = asked
        asked = evolve(capped, asked=tuple(together)).granted[place]
    if why.budget_minor is None or sum(why.amounts) <= why.budget_minor:
        return asked
    others = list(why.amounts)
    others[why.place] = asked
    return parts_of_budget(why.budget_minor, others, why.bounded.heights)[why.place]


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
    of, one = why.demand, slice(why.index, why.index + 1)
    which = slice(None) if of.is_rounded_together else one  # a line that is rounded alone is made again alone
    taken = None if of.taken is None else of.taken[which]
    amounts = amounts_of(of.plan, rule.pays, of.parts[which], of.bases[which], taken)
    asked = amounts[why.index if of.is_rounded_together else 0]
    return asked if why.turn is None else part_of(asked, why.turn)


def _bounded(
    plan: Plan,
    case: Case,
    left: Sequence[Left],
    worth: Sequence[Accrual],
    worth_of: Sequence[Worth],
    granted: Granted | None,
) -> Iterator[Bounded]:
    """Yield what every share is paid, those that share a budget together."""
    sale = case.sale
    asked = within_caps(plan, sale, worth, granted)
    caps = _caps(plan, sale, worth, granted)
    paid = within_budget(plan, sale, left, asked)
    amounts = [accrual.amount_minor for accrual in asked]
    shares = Shares(paid, *_made_of(plan, case, left, worth_of), amounts, caps, heights_of(plan, sale, asked))
    start = 0
    for budget, group in budget_scopes(plan, sale, left, asked):
        yield Bounded(shares, start, start + len(group), budget)
        start += len(group)


def _caps(
    plan: Plan, sale: Sale, worth: Sequence[Accrual], granted: Granted | None
) -> list[tuple[tuple[Capped, int], ...]]:
    """Return the caps that took something away from each share, with its place under them."""
    found: list[tuple[tuple[Capped, int], ...]] = [()] * len(worth)
    for capped in caps_met(plan, sale, worth, granted):
        for place, at in enumerate(capped.at if capped.is_bound else ()):
            found[at] = (*found[at], (capped, place))
    return found


def _made_of(
    plan: Plan, case: Case, left: Sequence[Left], worth_of: Sequence[Worth]
) -> tuple[list[Demand], list[int]]:
    """Return what each share was made of, and its place in that, in the order of shares: line by line."""
    sale = case.sale
    demands: list[list[Demand]] = [[] for _ in sale.lines]
    places: list[list[int]] = [[] for _ in sale.lines]
    for component, award, at, bases, taken, _ in worth_of:
        lines, parts = sale.lines, left
        if len(at) < len(left):
            lines, parts = tuple([lines[index] for index in at]), [left[index] for index in at]
        earned = case.earned.get(award.claim.payee, 0) if component.id in plan.asks_earned else None
        demand = Demand(plan, component, award, lines, at, parts, bases, taken, earned)
        for place, index in enumerate(at):
            demands[index].append(demand)
            places[index].append(place)
    return list(chain.from_iterable(demands)), list(chain.from_iterable(places))


def _zero(why: Why) -> WhyNot:
    gift = gift_of(why.component)
    if why.asked_minor:
        reason = Reason.SHRUNK_TO_ZERO
    elif why.worth_minor:
        reason = Reason.CAPPED_TO_ZERO
    elif isinstance(why.rule, Formula) or pays_nothing(why.rule.pays):
        reason = Reason.RULE_PAYS_ZERO if gift is None else Reason.GIVES_NO_MONEY
    else:
        reason = Reason.NO_DIFFERENCE if why.taken_minor else Reason.ROUNDS_TO_ZERO
    accrual = why.accrual
    of = (accrual.component, accrual.level, reason, accrual.payee, accrual.line)
    none_left = (each.cap.id for each, place in why.caps if not each.granted[place])
    cap = next(none_left, None) if reason is Reason.CAPPED_TO_ZERO else None
    spent = None
    if reason is Reason.SHRUNK_TO_ZERO:
        assert why.budget_minor is not None, "nothing else shrinks"
        spent = Spent(why.budget_minor, sum(why.amounts), why.plan.budget_cut)
    return WhyNot(*of, why.worth_minor, gift, why.earned_minor, cap=cap, spent=spent)


def _passed(
    plan: Plan,
    case: Case,
    left: Sequence[Left],
    component: Component,
    found: Walk,
    further: Sequence[Beyond],
) -> Iterator[WhyNot]:
    """Say who was met and passed over, then who stands further above."""
    paid_instead = {claim.level for claim in found.claims}
    told_of_all = {each.reason for each in further}
    for passed in found.passed:
        if passed.reason in told_of_all:
            continue
        forgone = 0
        if _is_forgone(component, passed.level in paid_instead):
            forgone = _forgone(plan, case, left, component, found.claims, passed)
        member = None if passed.seat is None else passed.seat.member
        yield WhyNot(component.id, passed.level, passed.reason, member, None, forgone)
    for each in further:
        yield WhyNot(component.id, each.level, each.reason, above=each.members)


def _nobody_climbs(
    everybody: Sequence[MemberId], walks: Sequence[tuple[Component, Walk]]
) -> Iterator[WhyNot]:
    """Say once, where no component climbs, that nobody is paid for standing above."""
    if any(climbs(component) for component, _ in walks):
        return
    met = {claim.payee for _, found in walks for claim in found.claims}
    met.update(each.seat.member for _, found in walks for each in found.passed if each.seat is not None)
    members = tuple(member for member in everybody if member not in met)
    if members:
        yield WhyNot(None, 1, Reason.TOO_FAR, above=members)


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
    plan: Plan,
    case: Case,
    left: Sequence[Left],
    walks: Sequence[tuple[Component, Walk]],
    worth_of: Sequence[Worth],
) -> Iterator[WhyNot]:
    """Say why somebody who may be paid is asked nothing for on a line of which something is left."""
    paid: dict[tuple[ComponentId, int, MemberId], set[int]] = {}
    for of, award, at, *_ in worth_of:
        paid.setdefault((of.id, award.claim.level, award.claim.payee), set()).update(at)
    live = frozenset(live_lines(left))
    for component, found in walks:
        for claim in found.claims:
            missing = live - paid.get((component.id, claim.level, claim.payee), _NOTHING)
            if missing:
                yield from _missed_by(plan, case, component, claim, sorted(missing), len(live))


_NOTHING: Final = frozenset[int]()


def _missed_by(
    plan: Plan, case: Case, component: Component, claim: Claim, missing: Sequence[int], live: int
) -> Iterator[WhyNot]:
    """Say why nothing is asked for somebody on some of so many lines that are live."""
    already = Reason.NO_DIFFERENCE if isinstance(component, Differential) else Reason.PAID_ALREADY
    rules = rules_for(component, claim)
    without = _without(rules, case, missing, claim)
    # Of whom no rule is for, it is not known what was earned: nothing had to ask.
    earned = case.earned.get(claim.payee, 0) if rules and component.id in plan.asks_earned else None
    if len(without) < len(missing):
        yield WhyNot(component.id, claim.level, already, claim.payee, earned_minor=earned)
    unfit = (component.id, claim.level, Reason.NO_RULE, claim.payee)
    if len(without) == live:
        yield WhyNot(*unfit, earned_minor=earned)
        return
    for index in without:
        yield WhyNot(*unfit, case.sale.lines[index].id, earned_minor=earned)


def _without(rules: Sequence[Rule], case: Case, at: Sequence[int], claim: Claim) -> Sequence[int]:
    """Return those of some lines that none of the rules fits."""
    if not rules or any(
        rule.match is None for rule in rules
    ):  # nearly always: no line needs to be asked about
        return () if rules else at
    tier, earned = claim.seat.tier, case.earned.get(claim.payee, 0)
    lines = case.sale.lines
    return [i for i in at if not any(fits(rule.match, case, lines[i], tier, earned) for rule in rules)]


def _nothing_left(plan: Plan, sale: Sale, left: Sequence[Left]) -> Iterator[WhyNot]:
    for component in plan.components:
        for line, part in zip(sale.lines, left, strict=True):
            if not part.net_minor:
                yield WhyNot(component.id, 0, Reason.NOTHING_LEFT, None, line.id)
