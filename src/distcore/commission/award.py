"""Which rule pays whom for which lines, decided by the sale as it was sold.

The rule this file protects: what wins once has won for ever.  A refund changes amounts, never who is
paid for what by which rule; so what is chosen by amounts is chosen by those of the sale as it was sold.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from attrs import evolve, frozen

from distcore.commission.amount import ByLine, Turn, amounts_of, bases_of
from distcore.commission.formula import CustomCase
from distcore.commission.lineage import Claim
from distcore.commission.match import Case, fits
from distcore.commission.plan import (
    Choice,
    Component,
    Custom,
    Differential,
    FirstOrder,
    Formula,
    Percent,
    Plan,
    Region,
    RegionSharing,
    Rule,
    SameTier,
    Upline,
)
from distcore.commission.sale import SaleLine
from distcore.kernel import RuleId


@frozen
class Award:
    """A rule pays a claim for the lines at these positions.

    `of_level` is None but for a bonus: then it is the level of whose difference it is a bonus.  `turns` is
    None but for what several claims share: then it is, by position, which part of how many it is.  `case` is
    what a formula was given that pays, None for a rule.
    """

    claim: Claim
    rule: Rule | Formula
    at: Sequence[int]
    of_level: int | None = None
    turns: Mapping[int, Turn] | None = None
    case: CustomCase | None = None


def is_over(component: Component, case: Case) -> bool:
    """Say whether a component pays nothing for an order any more, though its rules win as they did."""
    return case.was_gone and isinstance(component, FirstOrder)


def awards(
    plan: Plan, component: Component, claims: Iterable[Claim], case: Case, sold: ByLine
) -> Iterator[Award]:
    """Yield which rule pays which claim, from the buyer upwards.

    `sold` is what was asked of the sale as it was sold: whoever takes an award writes it there before
    taking the next.
    """
    if isinstance(component, Differential):
        yield from _differences(plan, component, claims, case, sold)
        return
    if isinstance(component, Region) and component.sharing is RegionSharing.SHARED:
        yield from _shared(plan, component, claims, case, sold)
        return
    for claim in claims:
        for rule, at in lines_won(plan, component, claim, case, sold):
            yield Award(claim, rule, at)


def lines_won(
    plan: Plan, component: Component, claim: Claim, case: Case, sold: ByLine
) -> Sequence[tuple[Rule, Sequence[int]]]:
    """Return the rules that win lines for a claim, each with the positions of its lines."""
    rules = rules_for(component, claim)
    if not rules:
        return ()
    if component.choose is Choice.BEST and len(rules) > 1:
        return _best(plan, component, claim, rules, case, sold)
    some, lines = _that_may_win(rules, case, claim), case.sale.lines
    if not some or not some[0].asks_lines:
        return [(rule, range(len(lines))) for rule in some]
    return _by_rule((_first(some, case, line, claim), index) for index, line in enumerate(lines))


def _that_may_win(rules: Sequence[Rule], case: Case, claim: Claim) -> Sequence[Rule]:
    """Return the rules that may be the first that fits a line: of what all lines share each is asked once.

    The first that fits all of them is the last one.
    """
    found: list[Rule] = []
    for rule in rules:
        if rule.asks_lines:
            found.append(rule)
        elif _first((rule,), case, case.sale.lines[0], claim):
            return [*found, rule]
    return found


def _first(rules: Iterable[Rule], case: Case, line: SaleLine, claim: Claim) -> Rule | None:
    """Return the first rule that fits a line."""
    tier, earned = claim.seat.tier, case.earned.get(claim.payee, 0)
    return next((rule for rule in rules if fits(rule.match, case, line, tier, earned)), None)


def _by_rule(won: Iterable[tuple[Rule | None, int]]) -> list[tuple[Rule, Sequence[int]]]:
    """Return the rules that win lines, each with the positions of its lines."""
    found: dict[RuleId, tuple[Rule, list[int]]] = {}
    for rule, index in won:
        if rule is not None:
            found.setdefault(rule.id, (rule, []))[1].append(index)
    return list(found.values())


def may_be_paid(component: Component, claims: Iterable[Claim]) -> Iterator[Claim]:
    """Yield the claims, from the buyer upwards, that may be paid, whatever the sale: a formula may pay all.

    Of a differential the first of each tier and rules, and as many more of the tier as there are bonuses; all
    of them where rules ask what was earned before.
    """
    if isinstance(component, Differential):
        yield from _may_differ(component, claims)
        return
    for claim in claims:
        if isinstance(component, Custom) or rules_for(component, claim):
            yield claim


def _may_differ(component: Differential, claims: Iterable[Claim]) -> Iterator[Claim]:
    bonuses = 0 if component.same_tier is None else len(component.same_tier.rates)
    met: set[tuple[str, ...]] = set()
    left: dict[str, int] = {}
    for claim in claims:
        tier, rules = claim.seat.tier, rules_for(component, claim)
        alike = _alike(component, claim, rules)
        if rules and alike not in met:
            met.add(alike)
            left[tier] = bonuses
            yield claim
        elif left.get(tier, 0):
            left[tier] -= 1
            yield claim


def _alike(component: Differential, claim: Claim, rules: Iterable[Rule]) -> tuple[str, ...]:
    """Return what makes claims worth the same: of a differential only the first of them earns anything.

    Where it matters what somebody had earned before, nobody is like another.
    """
    own = (claim.payee,) if component.asks_earned else ()
    return (claim.seat.tier, *own, *(rule.id for rule in rules))


def rules_for(component: Component, claim: Claim) -> list[Rule]:
    """Return the rules for the level and tier of a claim, whatever the line."""
    tier, level = claim.seat.tier, claim.level
    if isinstance(component, Upline):
        return [rule for rule in component.rules_at(level) if not rule.tiers or tier in rule.tiers]
    return [
        rule
        for rule in component.rules
        if (not rule.levels or level in rule.levels) and (not rule.tiers or tier in rule.tiers)
    ]


def _best(
    plan: Plan, component: Component, claim: Claim, rules: Sequence[Rule], case: Case, sold: ByLine
) -> list[tuple[Rule, Sequence[int]]]:
    """Return for each line the rule that pays most for it, given all lines that it fits.

    Of a line that was sold for nothing none pays most: there the first that fits wins.
    """
    sale, tier, earned = case.sale, claim.seat.tier, case.earned.get(claim.payee, 0)
    best: dict[int, tuple[int, Rule]] = {}
    for rule in rules:
        at = [
            index
            for index, line in enumerate(sale.lines)
            if line.net_minor and fits(rule.match, case, line, tier, earned)
        ]
        if not at:
            continue
        parts = [sale.lines[index] for index in at]
        bases = bases_of(plan, component, claim.level, at, sale, sale.lines, sold)
        for index, amount in zip(at, amounts_of(plan, rule.pays, parts, bases), strict=True):
            if index not in best or amount > best[index][0]:
                best[index] = (amount, rule)
    for index, line in enumerate(sale.lines):
        first = None if line.net_minor else _first(rules, case, line, claim)
        if first is not None:
            best[index] = (0, first)
    return _by_rule((best[index][1], index) for index in sorted(best))


def _shared(
    plan: Plan, component: Region, claims: Iterable[Claim], case: Case, sold: ByLine
) -> Iterator[Award]:
    """Yield what the agents of each level share: a line is shared by those whom a rule pays for it.

    The first part is the larger one where a line can't be shared evenly; from line to line another agent has
    it, so that of an order nobody has all that is odd.
    """
    for _, of_level in groupby(claims, key=attrgetter("level")):
        won = [(claim, lines_won(plan, component, claim, case, sold)) for claim in of_level]
        among = Counter(index for _, by_rule in won for _, at in by_rule for index in at)
        place: Counter[int] = Counter()
        for claim, by_rule in won:
            for rule, at in by_rule:
                yield Award(claim, rule, at, turns={index: _turn(index, place, among) for index in at})
                place.update(at)


def _turn(index: int, place: Counter[int], among: Counter[int]) -> Turn:
    return (place[index] + index) % among[index], among[index]


def _differences(
    plan: Plan, component: Differential, claims: Iterable[Claim], case: Case, sold: ByLine
) -> Iterator[Award]:
    """Yield who may earn a difference, and who a bonus for being of the same tier as somebody below.

    Whoever has the tier and the rules of a seat below can't be worth more, so in a long chain nearly all
    are left out here, unless rules ask what was earned before.
    """
    met: set[tuple[str, ...]] = set()
    steps: dict[int, _Step] = {}
    for claim in claims:
        alike = _alike(component, claim, rules_for(component, claim))
        if alike not in met:
            met.add(alike)
            for rule, at in lines_won(plan, component, claim, case, sold):
                yield Award(claim, rule, at)
                steps.update(
                    {index: _Step(claim) for index in at if _earned(component, claim, rule, sold, index)}
                )
        if component.same_tier is not None:
            yield from _bonuses(component.same_tier, claim, steps)


@frozen
class _Step:
    """Who earned the last difference on a line, and how many seats above had a bonus for it."""

    claim: Claim
    bonuses: int = 0


def _earned(component: Differential, claim: Claim, rule: Rule, sold: ByLine, index: int) -> bool:
    last = sold[index][-1] if sold[index] else None
    return (
        last is not None
        and last.amount_minor > 0
        and (last.component, last.level, last.rule) == (component.id, claim.level, rule.id)
    )


def _bonuses(bonus: SameTier, claim: Claim, steps: dict[int, _Step]) -> Iterator[Award]:
    """Yield the bonuses of a seat, for each generation and step by itself, and count them."""
    by_step: dict[tuple[int, int], list[int]] = {}
    for index, step in sorted(steps.items()):
        is_above = step.claim.level != claim.level
        if is_above and step.claim.seat.tier == claim.seat.tier and step.bonuses < len(bonus.rates):
            by_step.setdefault((step.bonuses, step.claim.level), []).append(index)
            steps[index] = evolve(step, bonuses=step.bonuses + 1)
    for (generation, level), at in by_step.items():
        yield Award(claim, Rule(bonus.id, Percent(bonus.rates[generation])), at, of_level=level)
