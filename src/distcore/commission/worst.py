"""The worst case of a plan: the largest share of the net that it can ever pay, and who shows it.

It is found by analysis, not by trying: every situation of a line that conditions can tell apart, and in
each the walk up the tree that is paid most.  The rule this file protects: no sale, as it was sold, is ever
paid more than the bound and the rounding that is stated beside it.  A bound is called exact only if
`calculate` pays at least 99 % of it for a witness.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import Final, TypeAlias, assert_never

from attrs import evolve, field, frozen

from distcore.commission.climb import (
    Agents,
    Aim,
    Effort,
    Office,
    Place,
    aims_of,
    best_agents,
    best_walk,
    ceiling_of,
    kinds_of,
    told_apart,
    walks_promoter,
)
from distcore.commission.period_worst import PeriodBound, period_bounds
from distcore.commission.plainly import plain_plan
from distcore.commission.plan import (
    Component,
    Custom,
    Differential,
    FixedPerOrder,
    FixedPerUnit,
    LevelBelow,
    ListPrice,
    Net,
    Percent,
    Plan,
    Region,
    RegionSharing,
    Rule,
    Scope,
    SelfPurchase,
    Upline,
)
from distcore.commission.sale import Sale
from distcore.commission.situation import Earner, Situation, earners_of, situations, tiers_of
from distcore.commission.witness import LINE, Witness, lineage_of, witnesses
from distcore.commission.worths import AGENT_LEVELS, BOUNDLESS, ONE, Kinds, Worths, amount_of
from distcore.kernel import PPM, ComponentId, Rate, Rounding, RuleId

_EXACT_PERCENT: Final = 99
_PLACES_MAX: Final = 20
_TRIED_MAX: Final = 1_000


class Boundless(Enum):
    """Why a share of the net has no bound."""

    PER_UNIT = "per_unit"
    """An amount per unit, and no condition that bounds units and net of a line."""
    PER_ORDER = "per_order"
    """An amount per order, and no condition by which the goods it is for cost at least something."""
    LIST_PRICE = "list_price"
    """A share of the list price, however little is paid for the goods."""
    TAX = "tax"
    """A share of the net with tax, however high the tax is."""
    AGENTS = "agents"
    """Each agent of a region in full, however many there are."""
    FORMULA = "formula"
    """Whatever a function of the shop answers."""


@frozen
class Bound:
    """A share of the net as a fraction; `is_exact` says that the witness is paid 99 % of it at least."""

    numerator: int
    denominator: int
    is_exact: bool
    witness: Witness | None = field(repr=False)

    @property
    def ppm(self) -> int:
        """The share in parts per million, rounded up; it may be more than the whole."""
        return -(-self.numerator * PPM // self.denominator)


@frozen
class Unbounded:
    """No share is the largest, and which rule makes it so.

    `is_exact` says that the witness is paid the whole net and more; without one, no bound was found.
    """

    reason: Boundless
    component: ComponentId
    rule: RuleId
    is_exact: bool
    witness: Witness | None = field(repr=False)


Share: TypeAlias = Bound | Unbounded


@frozen
class Part:
    """What the worst case is made of: what a rule pays somebody of a tier on a level, of the net."""

    component: ComponentId
    level: int
    rule: RuleId
    tier: str
    paid_minor: int
    net_minor: int


@frozen
class Rounded:
    """How much rounding adds at most, in minor units for each `scope`: of tiny amounts that is much."""

    minor: int
    scope: Scope

    def most_minor(self, sale: Sale) -> int:
        """Return how much that is for an order."""
        match self.scope:
            case Scope.LINE:
                return self.minor * len(sale.lines)
            case Scope.UNIT:
                return self.minor * sum(max(1, line.units) for line in sale.lines)
            case Scope.ORDER:
                return self.minor
            case _:
                assert_never(self.scope)


@frozen
class Worst:
    """The largest shares of the net that a plan can pay for one line, and for all that a period sells.

    Of components of lines a period is worst where all of its orders are; it differs from a line where the
    lines of an order share a budget.  `is_cut` says that more is asked for than the budget.  What components
    of a period pay beside that, each of them at most, is in `periods`.
    """

    line: Share
    period: Share
    parts: tuple[Part, ...]
    is_cut: bool
    rounding: Rounded
    periods: tuple[PeriodBound, ...] = ()


def worst_case(plan: Plan) -> Worst:
    """Return the worst case of a plan without problems; no budget stands above what it pays."""
    plan = plain_plan(plan)
    told_apart = earners_of(plan)
    earners = list(map(Earner, tiers_of(plan))) if told_apart is None else told_apart
    found = _Search(plan, earners, are_all=told_apart is not None)
    asked = found.asked
    cut = asked if plan.budget is None else min(asked, plan.budget.ppm * ONE // PPM)
    of_line = asked if plan.rounding_scope is Scope.ORDER else cut
    rounding = _rounding(plan, earners, is_cut=cut < asked)
    line = found.share_of(of_line, rounding, of_line=True)
    period = found.share_of(cut, rounding, of_line=False)
    parts = _parts(period.witness, line.witness)
    most = period.ppm if isinstance(period, Bound) else None
    bounds = period_bounds(plan.period_components, [each.id for each in plan.components], most)
    return Worst(line, period, parts, cut < asked, rounding, bounds)


@frozen
class _Candidate:
    """A place where much is paid: a situation, and who stands where."""

    asked: int
    situation: Situation
    own: tuple[Place, ...]
    sponsors: tuple[Place, ...]
    promoted: tuple[Place, ...]
    agents: tuple[Office, ...]


class _Search:
    """What a plan asks for at most, before its budget, and where."""

    def __init__(self, plan: Plan, earners: Sequence[Earner], *, are_all: bool) -> None:
        """Look for those who earn most among some; if they are not all, only a ceiling is found."""
        self._plan = plan
        self._situations = situations(plan) if are_all else None
        known = tuple(each for each in plan.components if not isinstance(each, Custom))
        self._shown_of = plan if known == plan.components else evolve(plan, components=known)
        self._earners = earners
        self._aims = aims_of(plan, earners)
        self._candidates: list[_Candidate] = []
        self._tried: list[Witness] = []
        self.asked = self._search()
        self._trying = self._all_witnesses()

    def _search(self) -> int:
        """Look where the ceilings are highest, until none above what was found is left.

        Of situations that are as bad, some more are looked at, for a witness.  Where not all are looked at, a
        ceiling for any stands for the rest.
        """
        effort, found = Effort(), self._situations
        by_kind, is_all = self._told_apart(found, effort) if found is not None else ([], False)
        rest = 0 if is_all else self._ceiling(Worths(self._plan, None))
        return max(rest, self._highest(by_kind, effort))

    def _highest(self, by_kind: Iterable[tuple[int, Situation, Worths]], effort: Effort) -> int:
        most = 0
        for ceiling, situation, worths in sorted(by_kind, key=_worst_first):
            if ceiling < most or (ceiling == most and len(self._candidates) >= _PLACES_MAX):
                break
            most = max(most, self._look(situation, worths, effort))
            if effort.left < 0:
                return max(most, ceiling)
        return most

    def _told_apart(
        self, found: Iterable[Situation], effort: Effort
    ) -> tuple[Collection[tuple[int, Situation, Worths]], bool]:
        """Return one situation of each kind with its ceiling, and whether there was time for all of them."""
        kinds = Kinds(self._plan, self._earners)
        by_kind: dict[tuple[object, ...], tuple[int, Situation, Worths]] = {}
        for situation in found:
            if effort.asked_left < 0:
                return by_kind.values(), False
            effort.asked_left -= kinds.cost
            kind = kinds.of(situation)
            if kind in by_kind:
                ceiling, _, worths = by_kind[kind]
            else:
                worths = Worths(self._plan, situation)
                ceiling = self._ceiling(worths)
                effort.asked_left -= worths.asked
            by_kind[kind] = (ceiling, situation, worths)
        return by_kind.values(), True

    def _ceiling(self, worths: Worths) -> int:
        return max(_capped(ceiling_of(worths, aims, self._earners)) for aims in self._aims)

    def _look(self, situation: Situation, worths: Worths, effort: Effort) -> int:
        """Return what is asked for at most in a situation, and remember where."""
        most = 0
        for aims in self._aims:
            paying = [aim for aim in aims if worths.may_pay(aim.component)]
            earners = told_apart(worths, paying, self._earners)
            agents = best_agents(worths, paying, earners)
            for own in _own_places(paying, earners):
                share = self._walks(situation, worths, paying, own, agents, earners, effort)
                most = max(most, share)
                if any(not aim.is_exact for aim in paying):
                    # Its bonuses are in the ceiling alone; a walk that is paid them may reach it.
                    with_bonus = [evolve(aim, is_exact=True) for aim in paying]
                    self._walks(situation, worths, with_bonus, own, agents, earners, effort)
                if effort.left < 0:
                    return most
        return most

    def _walks(
        self,
        situation: Situation,
        worths: Worths,
        aims: Sequence[Aim],
        own: tuple[Place, ...],
        agents: Agents,
        earners: Sequence[Earner],
        effort: Effort,
    ) -> int:
        of_sponsors, of_promoter = _sides(aims)
        sponsors = best_walk(worths, of_sponsors, own, earners, effort)
        promoted = best_walk(worths, of_promoter, own, earners, effort)
        if sponsors is None or promoted is None:
            return 0
        asked = sponsors.share + promoted.share + _own_share(worths, aims, own) + agents.share
        if any(isinstance(aim.component, Custom) for aim in aims):
            asked += BOUNDLESS
        asked = _capped(asked)
        places = (own, sponsors.places, promoted.places, agents.offices)
        self._candidates.append(_Candidate(asked, situation, *places))
        return asked

    def share_of(self, most: int, rounding: Rounded, *, of_line: bool) -> Share:
        """Return a share with the witness that is paid most of it, of a line or of an order.

        Of a bounded share, what rounding may have added is not counted.
        """
        best, paid, net = None, 0, 1
        for witness in self._witnesses():
            now = witness.line_paid_minor if of_line else witness.paid_minor
            of = witness.line_net_minor if of_line else witness.sale.net_minor
            if most < BOUNDLESS:
                now -= rounding.most_minor(witness.sale)
            if best is None or now * net > paid * of:
                best, paid, net = witness, now, of
            if _is_shown(most, now, of):
                break
        is_exact = best is not None and _is_shown(most, paid, net)
        if most < BOUNDLESS:
            return Bound(*_lowest(most, ONE), is_exact or not most, best)
        reason, component, rule = self._boundless()
        return Unbounded(reason, component, rule, is_exact, best)

    def _witnesses(self) -> Iterator[Witness]:
        """Yield witnesses, those of the worst places first; each is calculated once."""
        yield from self._tried
        for witness in islice(self._trying, max(0, _TRIED_MAX - len(self._tried))):
            self._tried.append(witness)
            yield witness

    def _all_witnesses(self) -> Iterator[Witness]:
        highest = sorted(self._candidates, key=lambda each: each.asked, reverse=True)
        return (witness for each in highest[:_PLACES_MAX] for witness in self._shown(each))

    def _shown(self, at: _Candidate) -> Iterator[Witness]:
        lineage = lineage_of(at.situation, at.own, at.sponsors, at.promoted, at.agents)
        return witnesses(self._shown_of, at.situation, lineage)

    def _boundless(self) -> tuple[Boundless, ComponentId, RuleId]:
        """Return the boundless rule that a witness is paid most by, or else the first."""
        reasons = dict(_boundless_rules(self._plan))
        paid = [
            (accrual.amount_minor * PPM // witness.line_net_minor, accrual.component, accrual.rule)
            for witness in self._tried
            for accrual in witness.accruals
            if accrual.line == LINE and (accrual.component, accrual.rule) in reasons
        ]
        component, rule = max(paid)[1:] if paid else next(iter(reasons))
        return reasons[component, rule], component, rule


def _is_shown(most: int, paid: int, net: int) -> bool:
    """Say whether what is paid shows a share: 99 % of it, or, if there is no bound, more than the net."""
    if most == BOUNDLESS:
        return paid > net
    return 100 * paid * ONE >= _EXACT_PERCENT * most * net


def _worst_first(each: tuple[int, Situation, Worths]) -> tuple[int, int, int]:
    """Of situations that are as bad, the one where more may be sold shows it better."""
    ceiling, situation, _ = each
    return -ceiling, -situation.net.order.most, -situation.net.line.most


def _capped(share: int) -> int:
    """Return a share; of those without a bound none is larger than another."""
    return min(share, BOUNDLESS)


def _boundless_rules(plan: Plan) -> Iterator[tuple[tuple[ComponentId, RuleId], Boundless]]:
    """Yield the rules that pay something that may be more than the net."""
    for component in plan.components:
        if isinstance(component, Custom):
            yield (component.id, component.formula.id), Boundless.FORMULA
        of_base = _of_base(component)
        for rule in component.rules:
            reason = _of_reward(rule.pays, of_base) or _of_agents(component, rule)
            if reason is not None:
                yield (component.id, rule.id), reason
        bonus = component.same_tier if isinstance(component, Differential) else None
        if bonus is not None and of_base is not None:
            yield (component.id, bonus.id), of_base


def _of_agents(component: Component, rule: Rule) -> Boundless | None:
    """Say whether every agent of a region is paid something, however many there are."""
    is_full = isinstance(component, Region) and component.sharing is RegionSharing.IN_FULL
    return Boundless.AGENTS if is_full and rule.pays != Percent(Rate(0)) else None


def _of_base(component: Component) -> Boundless | None:
    if isinstance(component.base, ListPrice):
        return Boundless.LIST_PRICE
    return Boundless.TAX if component.base == Net(with_tax=True) else None


def _of_reward(pays: Percent | FixedPerUnit | FixedPerOrder, of_base: Boundless | None) -> Boundless | None:
    match pays:
        case Percent(rate):
            return of_base if rate.ppm else None
        case FixedPerUnit(amount_minor):
            return Boundless.PER_UNIT if amount_minor else None
        case FixedPerOrder(amount_minor):
            return Boundless.PER_ORDER if amount_minor else None
        case _:
            assert_never(pays)


def _own_places(aims: Sequence[Aim], earners: Sequence[Earner]) -> list[tuple[Place, ...]]:
    """Return who the buyer may be, as far as anybody is paid for that: no member, or one of a tier."""
    if not any(
        isinstance(aim.component, SelfPurchase) or getattr(aim.component, "buyer_is_level_1", False)
        for aim in aims
    ):
        return [()]
    return [(), *(((who, is_active),) for who in earners for is_active in (True, False))]


def _own_share(worths: Worths, aims: Sequence[Aim], own: Sequence[Place]) -> int:
    return sum(
        amount_of(worths.of(aim.component, 0, who), ONE)
        for aim in aims
        for who, is_active in own
        if isinstance(aim.component, SelfPurchase) and is_active
    )


def _sides(aims: Sequence[Aim]) -> tuple[list[Aim], list[Aim]]:
    """Return what walks up from the buyer, and what walks up from the promoter."""
    walking = [aim for aim in aims if not isinstance(aim.component, Region | Custom)]
    sponsors = [aim for aim in walking if not walks_promoter(aim.component)]
    return sponsors, [aim for aim in walking if walks_promoter(aim.component)]


def _parts(*shown: Witness | None) -> tuple[Part, ...]:
    """Return what is paid for the line of a witness, component by component."""
    witness = next((each for each in shown if each is not None), None)
    if witness is None:
        return ()
    return tuple(
        Part(
            each.component,
            each.level,
            each.rule,
            witness.tier_of(each.payee),
            each.amount_minor,
            witness.line_net_minor,
        )
        for each in witness.accruals
        if each.line == LINE
    )


def _lowest(numerator: int, denominator: int) -> tuple[int, int]:
    """Return a fraction in its lowest terms."""
    larger, smaller = denominator, numerator
    while smaller:
        larger, smaller = smaller, larger % smaller
    return numerator // larger, denominator // larger


def _rounding(plan: Plan, earners: Sequence[Earner], *, is_cut: bool) -> Rounded:
    """Return the most by which rounding exceeds a share; a budget is rounded once for its scope."""
    halves = {Rounding.DOWN: 0, Rounding.UP: 2}.get(plan.rounding, 1)
    budget = halves if plan.budget is not None else 0
    if is_cut and plan.rounding_scope is not Scope.ORDER:
        return Rounded(-(-budget // 2), Scope.LINE)
    asked = sum(_halves(plan, component, halves, earners) for component in plan.components)
    return Rounded(-(-(asked + budget) // 2), plan.rounding_scope)


def _halves(plan: Plan, component: Component, halves: int, earners: Sequence[Earner]) -> int:
    """Return by how many halves of a minor unit a component may exceed its share.

    What is split over lines, by order, may give any of them one more.
    """
    together = plan.rounding_scope is Scope.ORDER
    if together or any(isinstance(rule.pays, FixedPerOrder) for rule in component.rules):
        halves += 2
    awards = len(component.rules) if together else 1
    if isinstance(component, Upline):
        levels = len({level for rule in component.rules for level in rule.levels})
        times = levels * (levels + 1) // 2 if isinstance(component.base, LevelBelow) else levels
        return awards * halves * times
    if isinstance(component, Region):
        named = all(rule.levels for rule in component.rules)
        return awards * halves * (len(component.levels) if named else AGENT_LEVELS)
    if isinstance(component, Differential) and component.same_tier is not None:
        steps = len(kinds_of(component, earners))
        return awards * (halves + steps * len(component.same_tier.rates) * (halves + 2))
    return awards * halves
