"""The worst case of a plan: the largest share of the net that it can ever pay, and who shows it.

It is found by analysis, not by trying: every situation of a line that conditions can tell apart, and in
each the walk up the tree that is paid most.  The rule this file protects: no sale, as it was sold, is ever
paid more than the bound and the rounding that is stated beside it.  A bound is called exact only if
`calculate` pays at least 99 % of it for a witness.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from typing import Final, TypeAlias, assert_never

from attrs import evolve, field, frozen

from distcore.commission.asked import subtracts_all
from distcore.commission.calculate import calculate
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
    told_apart,
    walks_promoter,
)
from distcore.commission.period_search import reached
from distcore.commission.period_worst import PeriodBound, PeriodBoundless, period_bounds
from distcore.commission.plainly import plain_plan
from distcore.commission.plan import (
    Component,
    Custom,
    Differential,
    FixedPerOrder,
    FixedPerUnit,
    ListPrice,
    Net,
    Percent,
    Plan,
    Region,
    RegionSharing,
    Reward,
    Rule,
    Scope,
    SelfPurchase,
)
from distcore.commission.sale import whole
from distcore.commission.situation import Earner, Situation, earners_of, situations, tiers_of
from distcore.commission.witness import LINE, Witness, lineage_of, without_formulas, witnesses
from distcore.commission.worst_orders import without_amounts
from distcore.commission.worst_rounding import Rounded, rounding_of
from distcore.commission.worths import BOUNDLESS, OF_EACH, ONE, Kinds, Worths, amount_of
from distcore.kernel import PPM, ComponentId, MemberId, Rate, Rounding, RuleId

_EXACT_PERCENT: Final = 99
_PLACES_MAX: Final = 20
_TRIED_MAX: Final = 1_000
_SEATS_MAX: Final = 20_000
_SUSPENDED_MAX: Final = 3


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
    """A share of the net as a fraction, and what shows it: the witness is paid `shown_ppm` of its net.

    What rounding may have added is not counted; `is_exact` says that it is 99 % of the share at least.
    """

    numerator: int
    denominator: int
    is_exact: bool
    shown_ppm: int
    witness: Witness | None = field(repr=False)

    @property
    def ppm(self) -> int:
        """The share in parts per million, rounded up; it may be more than the whole."""
        return -(-self.numerator * PPM // self.denominator)


@frozen
class NoBound:
    """What has no bound: a rule of a component of lines, or a component of a period, which has no rules."""

    reason: Boundless | PeriodBoundless
    component: ComponentId
    rule: RuleId | None = None


@frozen
class Unbounded:
    """No share is the largest, and all that makes it so; first what the witness is paid most by.

    `is_exact` says that the witness is paid the whole net and more; without one, no bound was found.
    """

    no_bound: tuple[NoBound, ...]
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
class Worst:
    """The largest shares of the net that a plan can pay: for a line, for the orders of a period, and for it.

    The orders are worst where each of them is; that differs from a line where the lines of an order share a
    budget.  `is_cut` says that more is asked for than the budget.  `period` adds to the orders what
    components of a period pay beside them, each of them at most as `periods` says; a witness of it is the
    only order of a period.
    """

    line: Share
    orders: Share
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
    rounding = rounding_of(plan, earners, is_cut=cut < asked)
    least = rounding_of(evolve(plan, rounding=Rounding.DOWN), earners, is_cut=cut < asked)
    line = found.share_of(of_line, rounding, least, of_line=True)
    of_orders = min(cut, _of_orders(plan)) if asked == BOUNDLESS else cut
    orders = found.share_of(of_orders, rounding, least, of_line=False)
    period, bounds = _of_period(plan, orders, rounding) if plan.period_components else (orders, ())
    return Worst(line, orders, period, _parts(orders.witness), cut < asked, rounding, bounds)


def _of_orders(plan: Plan) -> int:
    """Return what orders are paid at most where a line has no bound, because of amounts that it is paid."""
    apart = without_amounts(plan)
    if apart is None:
        return BOUNDLESS
    others = worst_case(evolve(apart[0], period_components=())).orders
    if isinstance(others, Unbounded):
        return BOUNDLESS
    return -(-others.numerator * ONE // others.denominator) + apart[1] * ONE // PPM


def _of_period(plan: Plan, orders: Share, rounding: Rounded) -> tuple[Share, tuple[PeriodBound, ...]]:
    """Return what a period pays at most with its orders, and what each of its components does."""
    shares = [orders]

    def share_of(some: frozenset[ComponentId]) -> int | None:
        share = _of_some(plan, some, orders)
        shares.append(share)
        return share.ppm if isinstance(share, Bound) else None

    bounds = period_bounds(plan.period_components, [each.id for each in plan.components], share_of)
    seeds = [each.witness for each in shares if each.witness is not None]
    unbounded = [NoBound(each.why, each.component) for each in bounds if each.why is not None]
    most = [each.ppm for each in bounds]
    together = None
    if isinstance(orders, Bound) and not unbounded:
        together = orders.ppm + sum(each or 0 for each in most)
    shown, of_all = reached(plan, most, together, rounding.most_minor, seeds)
    bounds = tuple(
        [
            evolve(bound, is_exact=by.is_exact, shown_ppm=by.ppm, witness=by.witness)
            for bound, by in zip(bounds, shown, strict=True)
        ]
    )
    if together is not None:
        return Bound(*_lowest(together, PPM), of_all.is_exact, of_all.ppm, of_all.witness), bounds
    if isinstance(orders, Unbounded):
        return evolve(orders, no_bound=(*orders.no_bound, *unbounded)), bounds
    return Unbounded(tuple(unbounded), is_exact=False, witness=None), bounds


def _of_some(plan: Plan, some: frozenset[ComponentId], orders: Share) -> Share:
    """Return what some components pay at most for all orders of a period.

    What subtracts all that is paid depends on others: then it is what all of them pay.
    """
    components = tuple([each for each in plan.components if each.id in some])
    if len(components) == len(plan.components) or any(map(subtracts_all, components)):
        return orders
    return worst_case(evolve(plan, components=components, caps=(), period_components=())).orders


@frozen
class _Candidate:
    """A place where much is paid: a situation, and who stands where."""

    asked: int
    situation: Situation
    own: tuple[Place, ...]
    sponsors: tuple[Place, ...]
    promoted: tuple[Place, ...]
    agents: tuple[Office, ...]


def _below_nobody(of: _Candidate) -> Iterator[_Candidate]:
    """Yield the same place above a buyer, and others, who are suspended: what pays them first pays nothing.

    A differential that subtracts all that is paid is then left with more to pay, and its bonus is of more.
    """
    nobody: tuple[Place, ...] = ((Earner(""), False),)
    for own in dict.fromkeys((of.own, nobody)):
        for count in range(_SUSPENDED_MAX + 1):
            if count or own != of.own:
                below = nobody * count
                yield evolve(of, own=own, sponsors=below + of.sponsors, promoted=below + of.promoted)


class _Search:
    """What a plan asks for at most, before its budget, and where."""

    def __init__(self, plan: Plan, earners: Sequence[Earner], *, are_all: bool) -> None:
        """Look for those who earn most among some; if they are not all, only a ceiling is found."""
        self._plan = plan
        self._situations = situations(plan) if are_all else None
        self._shown_of = without_formulas(plan)
        self._rounds_down = evolve(self._shown_of, rounding=Rounding.DOWN)
        self._earners = earners
        self._aims = aims_of(plan, earners)
        self._candidates: list[_Candidate] = []
        self._tried: list[Witness] = []
        self._seats = 0
        self.asked = self._search()
        self._trying = self._all_witnesses()

    def _search(self) -> int:
        """Look where the ceilings are highest, until none above what was found is left.

        Of situations that are as bad, some more are looked at, for a witness.  Where not all are looked at, a
        ceiling for any stands for the rest.
        """
        effort, found = Effort(), self._situations
        by_kind, is_all = self._told_apart(found, effort) if found is not None else ([], False)
        rest = 0 if is_all else _capped(self._ceiling(Worths(self._plan, None)))
        return max(rest, self._highest(by_kind, effort))

    def _highest(self, by_kind: Iterable[tuple[int, Situation, Worths]], effort: Effort) -> int:
        most = 0
        for ceiling, situation, worths in sorted(by_kind, key=_worst_first):
            at_most = _capped(ceiling)
            if at_most < most or (at_most == most and len(self._candidates) >= _PLACES_MAX):
                break
            most = max(most, self._look(situation, worths, effort))
            if effort.left < 0:
                return max(most, at_most)
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
        return max(ceiling_of(worths, aims, self._earners) for aims in self._aims)

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
        found = _Candidate(asked, situation, own, sponsors.places, promoted.places, agents.offices)
        self._candidates.append(found)
        if aims and subtracts_all(aims[0].component):
            self._candidates.extend(_below_nobody(found))
        return _capped(asked)

    def share_of(self, most: int, rounding: Rounded, least: Rounded, *, of_line: bool) -> Share:
        """Return a share with the witness that is paid most of it, of a line or of an order.

        Of a bounded share, what `rounding` may have added is not counted; `least` is what it adds where all
        is rounded down.
        """
        best, paid, net = None, 0, 1
        for witness in self._witnesses():
            of = witness.line_net_minor if of_line else witness.sale.net_minor
            now = _paid(witness, of_line=of_line)
            if best is not None and now * net <= paid * of:
                continue  # it is paid less, the more so without what rounding may have added
            if most < BOUNDLESS:
                down = _paid(self._rounded_down(witness), of_line=of_line) - least.most_minor(witness.sale)
                now = max(now - rounding.most_minor(witness.sale), min(now, down))
            if best is None or now * net > paid * of:
                best, paid, net = witness, now, of
            if _is_shown(most, now, of):
                break
        is_exact = best is not None and _is_shown(most, paid, net)
        shown = best if best is not None and _paid(best, of_line=of_line) else None
        if most < BOUNDLESS:
            shown_ppm = max(0, paid * PPM // net) if shown is not None else 0
            return Bound(*_lowest(most, ONE), is_exact or not most, shown_ppm, shown)
        return Unbounded(self._whys(), is_exact, shown)

    def _rounded_down(self, of: Witness) -> Witness:
        """Return the same where all is rounded down."""
        return evolve(of, accruals=calculate(self._rounds_down, of.sale, whole(of.sale), of.lineage))

    def _witnesses(self) -> Iterator[Witness]:
        """Yield witnesses, those of the worst places first; each is calculated once.

        They end after so many of them, or after as many seats: hundreds of agents take as long as others.
        """
        yield from self._tried
        while len(self._tried) < _TRIED_MAX and self._seats < _SEATS_MAX:
            witness = next(self._trying, None)
            if witness is None:
                return
            self._seats += witness.seats
            self._tried.append(witness)
            yield witness

    def _all_witnesses(self) -> Iterator[Witness]:
        highest = sorted(self._candidates, key=lambda each: _in_rank(each.asked), reverse=True)
        return (witness for each in highest[:_PLACES_MAX] for witness in self._shown(each))

    def _shown(self, at: _Candidate) -> Iterator[Witness]:
        lineage = lineage_of(at.situation, at.own, at.sponsors, at.promoted, at.agents)
        return witnesses(self._shown_of, at.situation, lineage)

    def _whys(self) -> tuple[NoBound, ...]:
        """Return the boundless rules, first the one that a witness is paid most by, then in their order."""
        paid: dict[tuple[ComponentId, RuleId], int] = {}
        for witness in self._tried:
            for accrual in witness.accruals:
                if accrual.line == LINE:
                    share, by = (
                        accrual.amount_minor * PPM // witness.line_net_minor,
                        (accrual.component, accrual.rule),
                    )
                    paid[by] = max(paid.get(by, 0), share)
        boundless = dict(_boundless_rules(self._plan))
        certain = {by: boundless[by] for by in boundless if _is_boundless(self._plan, *by)}
        whys = [NoBound(reason, *by) for by, reason in (certain or boundless).items()]
        first = max(whys, key=lambda why: 0 if why.rule is None else paid.get((why.component, why.rule), -1))
        return first, *(why for why in whys if why != first)


def _paid(witness: Witness, *, of_line: bool) -> int:
    return witness.line_paid_minor if of_line else witness.paid_minor


def _is_shown(most: int, paid: int, net: int) -> bool:
    """Say whether what is paid shows a share: 99 % of it, or, if there is no bound, more than the net."""
    if most == BOUNDLESS:
        return paid > net
    return 100 * paid * ONE >= _EXACT_PERCENT * most * net


def _worst_first(each: tuple[int, Situation, Worths]) -> tuple[int, int, int]:
    """Of situations that are as bad, the one where more may be sold shows it better."""
    ceiling, situation, _ = each
    return -_in_rank(ceiling), -situation.net.order.most, -situation.net.line.most


def _capped(share: int) -> int:
    """Return a share; of those without a bound none is larger than another."""
    return min(share, BOUNDLESS)


def _in_rank(share: int) -> int:
    """Return a share; of those without a bound the ones that are so whatever else is sold are the largest."""
    return OF_EACH if share >= OF_EACH else _capped(share)


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


def _is_boundless(plan: Plan, id: ComponentId, rule: RuleId) -> bool:
    """Say whether a rule alone has no bound: its own conditions may give it one."""
    component = next(each for each in plan.components if each.id == id)
    rules = tuple([each for each in component.rules if each.id == rule])
    if isinstance(component, Custom) or not rules:
        return True
    alone = evolve(plan, components=(evolve(component, rules=rules),))
    earners = earners_of(alone)
    return earners is None or _Search(alone, earners, are_all=True).asked >= BOUNDLESS


def _of_agents(component: Component, rule: Rule) -> Boundless | None:
    """Say whether every agent of a region is paid something, however many there are."""
    is_full = isinstance(component, Region) and component.sharing is RegionSharing.IN_FULL
    return Boundless.AGENTS if is_full and rule.pays != Percent(Rate(0)) else None


def _of_base(component: Component) -> Boundless | None:
    if isinstance(component.base, ListPrice):
        return Boundless.LIST_PRICE
    return Boundless.TAX if component.base == Net(with_tax=True) else None


def _of_reward(pays: Reward, of_base: Boundless | None) -> Boundless | None:
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
    """Return who the buyer may be, as far as anybody is paid for that: of a tier, or (none) terminated.

    Above a terminated buyer all levels are for others.  A buyer who is no member has nobody above but the
    promoter and those above: whatever they are paid, others like them are paid above a terminated buyer.
    """
    if not any(
        isinstance(aim.component, SelfPurchase) or getattr(aim.component, "buyer_is_level_1", False)
        for aim in aims
    ):
        return [((Earner(""), True),)]
    return [*(((who, is_active),) for who in earners for is_active in (True, False)), ()]


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


def _parts(orders: Witness | None) -> tuple[Part, ...]:
    """Return what is paid for the order of a witness, rule by rule."""
    if orders is None:
        return ()
    sums: Counter[tuple[ComponentId, int, RuleId, MemberId]] = Counter()
    for each in orders.accruals:
        sums[each.component, each.level, each.rule, each.payee] += each.amount_minor
    return tuple(
        Part(component, level, rule, orders.tier_of(payee), paid_minor, orders.sale.net_minor)
        for (component, level, rule, payee), paid_minor in sums.items()
    )


def _lowest(numerator: int, denominator: int) -> tuple[int, int]:
    """Return a fraction in its lowest terms."""
    larger, smaller = denominator, numerator
    while smaller:
        larger, smaller = smaller, larger % smaller
    return numerator // larger, denominator // larger
