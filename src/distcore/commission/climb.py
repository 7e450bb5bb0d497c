"""The walk up a tree that is paid most: which tiers and standings, seat by seat, above the buyer.

Seats are added one at a time, and of walks that leave all components where they are alike, the one that is
paid most is kept.  The rule this file protects: no walk is paid more than the one that is found, or than the
ceiling where there are too many.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, assert_never

from attrs import evolve, frozen

from distcore.commission.asked import subtracts_all
from distcore.commission.lineage import is_qualified
from distcore.commission.match import asks_earned
from distcore.commission.plan import (
    Component,
    Custom,
    Differential,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    LevelBelow,
    Plan,
    PromoterShare,
    Region,
    RegionSharing,
    Residual,
    Scope,
    SelfPurchase,
    Subtract,
    Unqualified,
    Upline,
)
from distcore.commission.situation import Earner
from distcore.commission.worths import BOUNDLESS, ONE, Pay, Worths, amount_of, whole_of
from distcore.kernel import PPM, RuleId, limits

Place: TypeAlias = tuple[Earner, bool]
"""Who sits above: a member of a tier, who had earned something or nothing, active or suspended."""


@frozen
class Aim:
    """A component, and a ceiling of its bonus: a share of what is earned, and a flat share of the net.

    `asks_earned` says that it matters what was earned before.
    """

    component: Component
    asks_earned: bool
    is_exact: bool = True
    bonus_ppm: int = 0
    flat: int = 0


@frozen
class Tally:
    """What a component has paid on the way up, as far as it matters for what it pays above.

    `waits` is there where some of it rolls up to somebody who is yet to come: what they had earned before.
    """

    level: int = 1
    waits: int | None = None
    ended: bool = False
    paid: int = 0
    paid_at: int = 0
    step: tuple[str, int, int] | None = None


@frozen
class Best:
    """A walk, nearest first, and the share of the net that it is paid."""

    share: int
    places: tuple[Place, ...]


Office: TypeAlias = tuple[int, Earner]
"""An agent: the level of the region, the tier, and what was earned before."""


@frozen
class Agents:
    """Agents of regions, by level, and the share of the net that they are paid at most."""

    share: int
    offices: tuple[Office, ...]


class Effort:
    """Steps and questions that are left for looking; whoever runs out of them says a ceiling instead."""

    def __init__(self) -> None:
        self.left = limits.WALK_STEPS_MAX
        self.asked_left = limits.ASKED_MAX


def aims_of(plan: Plan, earners: Sequence[Earner]) -> list[list[Aim]]:
    """Return sets of components that add up; the worst case is that of one of them.

    A differential that subtracts all that is paid brings the sum up to what it is worth, or adds nothing: so
    it counts with what comes after it, or not at all.
    """
    takes_all = [subtracts_all(each) for each in plan.components]
    found = []
    for begin in [-1, *[index for index, takes in enumerate(takes_all) if takes]]:
        after = [
            component
            for index, component in enumerate(plan.components)
            if index > begin and not takes_all[index]
        ]
        from_all = [plan.components[begin]] if begin >= 0 else []
        found.append([_aim(plan, each, earners) for each in from_all + after])
    return found


def _aim(plan: Plan, component: Component, earners: Sequence[Earner]) -> Aim:
    asks = any(asks_earned(rule.match) for rule in component.rules)
    if not isinstance(component, Differential) or component.same_tier is None:
        return Aim(component, asks)
    bonus_ppm = sum(rate.ppm for rate in component.same_tier.rates)
    takes_all = component.subtract is Subtract.ALL_PAID
    has_fixed = any(isinstance(rule.pays, FixedPerUnit | FixedPerOrder) for rule in component.rules)
    # Where lines are compared together, or amounts with shares, a step may be smaller than it seems.
    is_exact = not (takes_all or has_fixed or plan.rounding_scope is Scope.ORDER)
    if component.same_tier.of_difference:
        return Aim(component, asks, is_exact, bonus_ppm)
    steps = 1 if takes_all else sum(1 for _ in kinds_of(component, earners))
    return Aim(component, asks, is_exact, 0, -(-steps * bonus_ppm * whole_of(component) // PPM))


def kinds_of(component: Differential, earners: Sequence[Earner]) -> set[tuple[Earner, tuple[RuleId, ...]]]:
    """Return the kinds of seats that may earn a difference: by tier, and by the rules that are for them.

    Where rules ask what was earned before, by that too.
    """
    levels = sorted({level for rule in component.rules for level in rule.levels})
    kinds = set()
    for level in [*levels, _above(component)]:
        for who in earners if component.asks_earned else _of_tiers(earners):
            ids = tuple(
                rule.id
                for rule in component.rules
                if (not rule.levels or level in rule.levels) and (not rule.tiers or who.tier in rule.tiers)
            )
            if ids:
                kinds.add((who, ids))
    return kinds


def _of_tiers(earners: Sequence[Earner]) -> list[Earner]:
    """Return one of each tier, who had earned nothing before."""
    return [who for who in earners if not who.earned_minor]


def _above(component: Differential) -> int:
    """Return a level above all that are named: those above are all alike."""
    return 1 + max((level for rule in component.rules for level in rule.levels), default=0)


def ceiling_of(worths: Worths, aims: Sequence[Aim], earners: Sequence[Earner]) -> int:
    """Return more than any walk is paid, or as much: the best of each component and level added up."""
    return sum(_ceiling(worths, aim, earners) for aim in aims if worths.may_pay(aim.component))


def _ceiling(worths: Worths, aim: Aim, earners: Sequence[Earner]) -> int:
    component = aim.component
    if isinstance(component, Upline):
        return _ceiling_of_levels(worths, component, earners)
    if isinstance(component, Differential):
        levels = [*{level for rule in component.rules for level in rule.levels}, _above(component)]
        top = max(_most(worths, component, level, earners, ONE) for level in levels)
        return top + -(-top * aim.bonus_ppm // PPM) + (top and aim.flat)
    if isinstance(component, Region):
        return _agents_of(worths, component, earners).share
    if isinstance(component, Custom):
        return BOUNDLESS
    return _most(worths, component, 1 if isinstance(component, FirstOrder) else 0, earners, ONE)


def best_agents(worths: Worths, aims: Sequence[Aim], earners: Sequence[Earner]) -> Agents:
    """Return the agents who are paid most: for each component those whom it pays best."""
    found = [_agents_of(worths, aim.component, earners) for aim in aims if isinstance(aim.component, Region)]
    together: Counter[Office] = Counter()
    for each in found:
        together |= Counter(each.offices)
    return Agents(sum(each.share for each in found), tuple(sorted(together.elements())))


_AGENTS_MAX: Final = 200
"""Agents of one level who are tried, where each is paid in full."""


def _agents_of(worths: Worths, component: Region, earners: Sequence[Earner]) -> Agents:
    """Return whom a component pays most: one agent of each level, or of one as many as take the whole net.

    What is shared is paid once, whoever shares it.  What is paid in full has no bound: there may always be
    one more agent.
    """
    best = []
    for level in worths.levels_of(component):
        who = max(earners, key=lambda who, level=level: _amount(worths, component, level, who))  # type: ignore[misc]
        best.append((_amount(worths, component, level, who), (level, who)))
    if component.sharing is RegionSharing.SHARED:
        return Agents(sum(amount for amount, _ in best), tuple(office for amount, office in best if amount))
    most, office = max(best, default=(0, (0, Earner(""))), key=lambda each: each[0])
    count = min(ONE // most + 1, _AGENTS_MAX) if most else 0
    return Agents(BOUNDLESS if most else 0, (office,) * count)


def _ceiling_of_levels(worths: Worths, component: Upline, earners: Sequence[Earner]) -> int:
    paid, last, before = 0, 0, 0
    for level in sorted({level for rule in component.rules for level in rule.levels}):
        base = _base(component, level, paid, last if before == level - 1 else 0)
        last, before = _most(worths, component, level, earners, base), level
        paid += last
    return paid


def _most(worths: Worths, component: Component, level: int, earners: Sequence[Earner], base: int) -> int:
    return max(amount_of(worths.of(component, level, who), base) for who in earners)


def _base(component: Component, level: int, paid: int, below: int) -> int:
    if isinstance(component.base, Residual):
        return max(0, ONE - paid)
    if isinstance(component.base, LevelBelow) and level > 1:
        return below
    return ONE


def told_apart(worths: Worths, aims: Sequence[Aim], earners: Sequence[Earner]) -> Sequence[Earner]:
    """Return one earner for all of a tier that are paid alike in a situation, wherever they stand."""
    if not any(who.earned_minor for who in earners):
        return earners
    places = [
        (aim.component, level)
        for aim in aims
        for level in {0}.union(level for rule in aim.component.rules for level in rule.levels)
    ]
    found: dict[tuple[str, tuple[frozenset[Pay], ...]], Earner] = {}
    for who in earners:
        paid = tuple([frozenset(worths.of(component, level, who)) for component, level in places])
        found.setdefault((who.tier, paid), who)
    return list(found.values())


def best_walk(
    worths: Worths, aims: Sequence[Aim], own: Sequence[Place], earners: Sequence[Earner], effort: Effort
) -> Best | None:
    """Return the walk that is paid most by some components together; None if that takes too many steps.

    `own` is the buyer's place, if the buyer has one, where the buyer is level 1.
    """
    start, share = _begun(worths, aims, own)
    asking = [place for place, aim in enumerate(aims) if aim.asks_earned]
    suspended = _suspended(aims, earners)
    places = [*((who, True) for who in earners), *((who, False) for who in suspended)]
    best: dict[_Joint, tuple[int, _Joint | None, Place]] = {start: (share, None, places[0])}
    layer = [start]
    while layer:
        following: dict[_Joint, None] = {}
        for joint in layer:
            effort.left -= len(places)
            if effort.left < 0:
                return None
            for place in places:
                if len(asking) == 1 and joint[asking[0]].waits not in {None, place[0].earned_minor}:
                    continue  # all that rolls up may be told to have earned what whoever is paid had
                reached, more = _step(worths, aims, joint, place)
                if reached != joint and (reached not in best or best[joint][0] + more > best[reached][0]):
                    best[reached] = (best[joint][0] + more, joint, place)
                    following[reached] = None
        layer = list(following)
    end = max(best, key=lambda joint: best[joint][0])
    return Best(best[end][0], (*tuple(_way(best, end))[::-1], *_receivers(aims, end, earners)))


_Joint: TypeAlias = tuple[Tally, ...]


def _way(best: dict[_Joint, tuple[int, _Joint | None, Place]], end: _Joint) -> Iterator[Place]:
    joint: _Joint | None = end
    while joint is not None:
        _, before, place = best[joint]
        if before is not None:
            yield place
        joint = before


def _receivers(aims: Sequence[Aim], end: _Joint, earners: Sequence[Earner]) -> Iterator[Place]:
    """Yield who is paid what rolled up to nobody who was met: whoever qualifies, above all of them."""
    for aim, tally in zip(aims, end, strict=True):
        if tally.waits is not None:
            found = [who for who in earners if _qualifies(aim.component, who)]
            found.sort(key=lambda who, had=tally.waits: who.earned_minor != had)  # type: ignore[misc]
            yield from ((who, True) for who in found[:1])


def _qualifies(component: Component, who: Earner) -> bool:
    return is_qualified(getattr(component, "qualified_tiers", ()), who.tier)


def _begun(worths: Worths, aims: Sequence[Aim], own: Sequence[Place]) -> tuple[_Joint, int]:
    tallies, share = [], 0
    for aim in aims:
        tally, more = Tally(), 0
        if own and getattr(aim.component, "buyer_is_level_1", False):
            tally, more = _meet(worths, aim, tally, own[0])
        tallies.append(tally)
        share += more
    return tuple(tallies), share


def _suspended(aims: Sequence[Aim], earners: Sequence[Earner]) -> Sequence[Earner]:
    """Return whoever may be suspended: what rolls up is paid by the tier it stems from, and nothing else.

    Where it matters what was earned before, that is told of the same place: whoever is paid had earned it.
    """
    answers = {getattr(aim.component, "unqualified", None) for aim in aims}
    if Unqualified.ROLLS_UP in answers:
        return earners if any(aim.asks_earned for aim in aims) else _of_tiers(earners)
    return () if answers <= {Unqualified.SKIPPED} else earners[:1]


def _step(worths: Worths, aims: Sequence[Aim], joint: _Joint, place: Place) -> tuple[_Joint, int]:
    tallies, share = [], 0
    for aim, tally in zip(aims, joint, strict=True):
        met, more = _meet(worths, aim, tally, place)
        tallies.append(met)
        share += more
    return tuple(tallies), share


_MANY: Final = limits.UPLINE_DEPTH_MAX


def _meet(worths: Worths, aim: Aim, tally: Tally, place: Place) -> tuple[Tally, int]:
    """Return where a component is when it has met one more seat, and what it pays for that."""
    component, (who, is_active) = aim.component, place
    if isinstance(component, SelfPurchase | Region | Custom):
        return tally, 0
    if isinstance(component, PromoterShare):
        if tally.ended:
            return tally, 0
        return evolve(tally, ended=True), _amount(worths, component, 0, who) if is_active else 0
    top = component.level_max
    level_max = _MANY if top is None else top
    qualifies = is_active and _qualifies(component, who)
    if tally.ended or (tally.level > level_max and (tally.waits is None or not qualifies)):
        return tally, 0
    if qualifies:
        return _paid_for(worths, aim, evolve(tally, waits=None), who, level_max)
    match component.unqualified:
        case Unqualified.SKIPPED:
            return tally, 0
        case Unqualified.ROLLS_UP:
            # Counted at once: somebody who qualifies may always come above, and is paid by this tier.
            had = who.earned_minor if aim.asks_earned else 0
            return _paid_for(worths, aim, evolve(tally, waits=had), who, level_max)
        case Unqualified.ENDS_CHAIN | Unqualified.LOST:
            ended = component.unqualified is Unqualified.ENDS_CHAIN
            return evolve(tally, level=_next(component, tally.level), ended=ended), 0
        case _:
            assert_never(component.unqualified)


def _next(component: Upline | Differential | FirstOrder, level: int) -> int:
    if component.level_max is not None or not isinstance(component, Differential):
        return level + 1
    return min(level + 1, _above(component))


def _paid_for(worths: Worths, aim: Aim, tally: Tally, who: Earner, level_max: int) -> tuple[Tally, int]:
    """Pay the level of somebody, if there is one so far up."""
    component, level = aim.component, tally.level
    assert isinstance(component, Upline | Differential | FirstOrder), "others don't climb"
    if level > level_max:
        return tally, 0
    if isinstance(component, Differential):
        tally, share = _difference(worths, aim, component, tally, level, who)
    else:
        tally, share = _level(worths, component, tally, level, who)
    return evolve(tally, level=_next(component, level)), share


def _amount(worths: Worths, component: Component, level: int, who: Earner) -> int:
    return amount_of(worths.of(component, level, who), ONE)


def _level(
    worths: Worths, component: Upline | FirstOrder, tally: Tally, level: int, who: Earner
) -> tuple[Tally, int]:
    """Pay a level of what its base is, and remember what is the base of a level above."""
    base = _base(component, level, tally.paid, tally.paid if tally.paid_at == level - 1 else 0)
    more = amount_of(worths.of(component, level, who), base)
    if isinstance(component.base, Residual):
        return evolve(tally, paid=tally.paid + more), more
    if isinstance(component.base, LevelBelow):
        return evolve(tally, paid=more, paid_at=level), more
    return tally, more


def _difference(
    worths: Worths, aim: Aim, component: Differential, tally: Tally, level: int, who: Earner
) -> tuple[Tally, int]:
    """Pay what somebody is worth more than what was paid below, or a bonus for being of the same tier."""
    bonus = component.same_tier
    more = _amount(worths, component, level, who) - tally.paid
    if more > 0:
        flat = 0 if tally.paid or aim.is_exact else aim.flat
        step = (who.tier, more, 0) if bonus is not None and aim.is_exact else None
        on_top = 0 if aim.is_exact else -(-more * aim.bonus_ppm // PPM)
        return evolve(tally, paid=tally.paid + more, step=step), more + flat + on_top
    if bonus is None or tally.step is None:
        return tally, 0
    of_tier, earned, given = tally.step
    if of_tier != who.tier or given == len(bonus.rates):
        return tally, 0
    base = earned if bonus.of_difference else whole_of(component)
    more = amount_of([(bonus.rates[given].ppm, 0)], base)
    counts = component.subtract is Subtract.ALL_PAID
    return evolve(tally, paid=tally.paid + counts * more, step=(of_tier, earned, given + 1)), more


def walks_promoter(component: Component) -> bool:
    """Say whether a component pays the promoter, or walks up from there."""
    if isinstance(component, Upline | Differential | FirstOrder):
        return component.level_1 is FirstLevel.PROMOTER
    return isinstance(component, PromoterShare)
