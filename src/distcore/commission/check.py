"""What is impossible about a plan, and what is doubtful.

The rule this file protects: a plan that is published does what its document says, and all that is wrong
with it is said at once, with paths.
"""

from collections.abc import Iterator, Sequence
from typing import Final, assert_never

from distcore.commission.budget import bonus_problems, reward_problems, together_problems
from distcore.commission.doubt import doubts
from distcore.commission.match import (
    AllOf,
    AnyOf,
    BrandIn,
    BuyerGroupIn,
    CategoryIs,
    ChannelIn,
    EarnedBefore,
    Match,
    MonthsSinceFirst,
    NetBetween,
    Not,
    OrderNumber,
    PaidBetween,
    RegionIs,
    SkuIn,
    SpentBefore,
    TagIn,
    TierIn,
    UnitsBetween,
)
from distcore.commission.period_check import period_problems
from distcore.commission.plan import (
    Component,
    Coupons,
    Custom,
    Differential,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    FreezeFrom,
    Gift,
    Percent,
    Plan,
    Points,
    PromoterShare,
    Region,
    Rule,
    Ruled,
    SameTier,
    SelfPurchase,
    Upline,
)
from distcore.kernel import (
    Problem,
    Severity,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    shown,
    size_problems,
    text_problem,
    twice_problems,
)

_OWN_ID: Final = "give each an id of its own"


def plan_errors(plan: Plan) -> tuple[Problem, ...]:
    """Return all that is impossible about a plan: with it, it is neither published nor tried out."""
    return tuple(each for each in _part_problems(plan) if each.severity is Severity.ERROR)


def plan_problems(plan: Plan) -> tuple[Problem, ...]:
    """Return all that is impossible or doubtful about a plan, with paths into its document.

    What is only doubtful as a whole takes longer to find than the rest, and is not looked for where anything
    is impossible.
    """
    found = _part_problems(plan)
    if any(problem.severity is Severity.ERROR for problem in found):
        return found
    return (*found, *doubts(plan))


def _part_problems(plan: Plan) -> tuple[Problem, ...]:
    misshapen = tuple(shape_problems(plan, Plan, "$"))
    if misshapen:
        return misshapen
    found = [
        id_problem(plan.id, "$.id"),
        int_problem(plan.plan_version, "$.plan_version", least=1, most=limits.UNITS_MAX),
        int_problem(plan.freeze.days, "$.freeze.days", least=0, most=limits.FREEZE_DAYS_MAX),
        currency_problem(plan.currency, "$.currency"),
        *_validity_problems(plan),
        *_count_problems(plan),
        *twice_problems("$.components", [each.id for each in plan.components], _OWN_ID, ".id"),
    ]
    for index, component in enumerate(plan.components):
        found.extend(_component_problems(plan, component, f"$.components[{index}]"))
    found.extend(_caps_problems(plan))
    found.extend(together_problems(plan))
    of_lines = [component.id for component in plan.components]
    found.extend(period_problems(plan.period_components, plan.period_cadence, of_lines, plan.currency))
    return tuple(problem for problem in found if problem is not None)


def _validity_problems(plan: Plan) -> Iterator[Problem]:
    if plan.valid_until is not None and plan.valid_until <= plan.valid_from:
        yield Problem(
            "$.valid_until", "ends before it begins", "valid_until is exclusive and after valid_from"
        )


def _count_problems(plan: Plan) -> Iterator[Problem]:
    """A plan pays by something: by lines, by periods, or by both."""
    count, of_periods, most = len(plan.components), len(plan.period_components), limits.COMPONENTS_MAX
    if count or not of_periods:
        yield from size_problems("$.components", count, most)
    if of_periods:
        yield from size_problems("$.period_components", of_periods, most)


def _caps_problems(plan: Plan) -> Iterator[Problem | None]:
    if len(plan.caps) > limits.CAPS_MAX:
        yield Problem("$.caps", f"there are {len(plan.caps)}", f"give at most {limits.CAPS_MAX}")
    yield from twice_problems("$.caps", [cap.id for cap in plan.caps], _OWN_ID, ".id")
    known = {component.id for component in plan.components}
    for index, cap in enumerate(plan.caps):
        where = f"$.caps[{index}]"
        yield id_problem(cap.id, f"{where}.id")
        yield int_problem(cap.amount_minor, f"{where}.amount", least=0, most=limits.AMOUNT_MINOR_MAX)
        yield from _said_twice(f"{where}.components", cap.components, "name each component once")
        for place, component in enumerate(cap.components):
            if component not in known:
                hint = f"one of {', '.join(sorted(known))}"
                yield Problem(f"{where}.components[{place}]", f"no component {shown(component)}", hint)


def _component_problems(plan: Plan, component: Component, where: str) -> Iterator[Problem | None]:
    yield id_problem(component.id, f"{where}.id")
    if isinstance(component, Custom):
        yield from _custom_problems(component, where)
        return
    yield from size_problems(f"{where}.rules", len(component.rules), limits.RULES_MAX)
    ids: list[str] = [rule.id for rule in component.rules]
    for index, rule in enumerate(component.rules):
        yield from _rule_problems(plan, component, rule, f"{where}.rules[{index}]")
    match component:
        case Upline():
            yield from _tiers_problems(component.qualified_tiers, f"{where}.qualified_tiers")
            yield from _gap_problems(component, f"{where}.rules")
        case Differential():
            yield from _tiers_problems(component.qualified_tiers, f"{where}.qualified_tiers")
            if component.same_tier is not None:
                yield from _same_tier_problems(component.same_tier, f"{where}.same_tier")
                yield from bonus_problems(plan, component, f"{where}.same_tier")
                if component.same_tier.id in ids:
                    hint = "give the bonus an id of its own"
                    yield Problem(f"{where}.same_tier.id", f"{shown(component.same_tier.id)} is a rule", hint)
        case FirstOrder():
            yield from _first_order_problems(plan, component, where)
        case SelfPurchase() | PromoterShare() | Region():
            pass
        case _:
            assert_never(component)
    yield from twice_problems(f"{where}.rules", ids, _OWN_ID, ".id")


def _first_order_problems(plan: Plan, component: FirstOrder, where: str) -> Iterator[Problem | None]:
    if plan.freeze.counts_from is not FreezeFrom.COMPLETED:
        hint = 'it is for completed orders: let the freeze count from "completed"'
        yield Problem(where, "it would be released before its order is completed", hint)
    if component.gift is not None:
        yield from _gift_problems(component.gift, f"{where}.gift")


def _gift_problems(gift: Gift, where: str) -> Iterator[Problem | None]:
    match gift:
        case Points(points):
            yield int_problem(points, f"{where}.points", least=1, most=limits.POINTS_MAX)
        case Coupons(template, coupons):
            yield id_problem(template, f"{where}.template")
            yield int_problem(coupons, f"{where}.coupons", least=1, most=limits.UNITS_MAX)
        case _:
            assert_never(gift)


def _custom_problems(component: Custom, where: str) -> Iterator[Problem | None]:
    yield id_problem(component.name, f"{where}.name") or id_problem(component.formula.id, f"{where}.name")
    yield int_problem(component.custom_version, f"{where}.custom_version", least=1, most=limits.UNITS_MAX)
    yield int_problem(component.levels, f"{where}.levels", least=0, most=limits.LEVEL_MAX)
    entries = component.params.entries
    if len(entries) > limits.PARAMS_MAX:
        yield Problem(f"{where}.params", f"there are {len(entries)}", f"at most {limits.PARAMS_MAX}")
    for place, param in enumerate(entries):
        yield id_problem(param.name, f"{where}.params")
        if place and entries[place - 1].name == param.name:
            yield Problem(f"{where}.params", f"{shown(param.name)} stands twice", "say each once")
        of = f"{where}.params.{param.name}"
        if isinstance(param.value, str):
            yield text_problem(param.value, of)
        elif type(param.value) is int:
            most = limits.AMOUNT_MINOR_MAX
            yield int_problem(param.value, of, least=-most, most=most)


def _said_twice(where: str, values: Sequence[int | str], hint: str) -> Iterator[Problem]:
    """Warn of what stands twice and means the same as once: it was meant otherwise, perhaps."""
    yield from twice_problems(where, values, hint, severity=Severity.WARNING)


def _rule_problems(plan: Plan, component: Ruled, rule: Rule, where: str) -> Iterator[Problem | None]:
    yield id_problem(rule.id, f"{where}.id")
    yield from _levels_problems(component, rule.levels, f"{where}.levels")
    yield from _tiers_problems(rule.tiers, f"{where}.tiers")
    if rule.match is not None:
        yield from _match_problems(rule.match, f"{where}.match")
    match rule.pays:
        case FixedPerUnit(amount_minor) | FixedPerOrder(amount_minor):
            yield int_problem(amount_minor, f"{where}.pays.amount", least=0, most=limits.AMOUNT_MINOR_MAX)
        case Percent():
            pass
        case _:
            assert_never(rule.pays)
    yield from reward_problems(plan, component, rule, f"{where}.pays")


def _levels_problems(component: Ruled, levels: Sequence[int], where: str) -> Iterator[Problem | None]:
    match component:
        case Upline():
            yield from size_problems(where, len(levels), limits.LEVEL_MAX)
        case Differential() | Region():
            if levels:
                yield from size_problems(where, len(levels), limits.LEVEL_MAX)
        case SelfPurchase() | PromoterShare() | FirstOrder():
            if levels:
                yield Problem(where, "nobody stands on a level here", "leave the levels out")
        case _:
            assert_never(component)
    for place, level in enumerate(levels):
        yield int_problem(level, f"{where}[{place}]", least=1, most=limits.LEVEL_MAX)
    yield from _said_twice(where, levels, "name each level once")


def _tiers_problems(tiers: Sequence[str], where: str) -> Iterator[Problem | None]:
    yield from _said_twice(where, tiers, "name each tier once")
    for place, tier in enumerate(tiers):
        yield id_problem(tier, f"{where}[{place}]")


def _same_tier_problems(bonus: SameTier, where: str) -> Iterator[Problem | None]:
    yield id_problem(bonus.id, f"{where}.id")
    yield from size_problems(f"{where}.rates", len(bonus.rates), limits.LEVEL_MAX)


def _match_problems(match: Match, where: str) -> Iterator[Problem | None]:
    match match:
        case CategoryIs() | RegionIs():
            yield from _path_problems(match, where)
        case SkuIn() | BrandIn() | TagIn() | ChannelIn() | BuyerGroupIn() | TierIn():
            yield from _words_problems(match, where)
        case (
            NetBetween(least_minor=least, below_minor=below)
            | SpentBefore(least, below)
            | EarnedBefore(least, below)
        ):
            yield from _between_problems(least, below, where, limits.AMOUNT_MINOR_MAX)
        case OrderNumber(least, below):
            yield from _between_problems(least, below, where, limits.UNITS_MAX, first=1)
        case UnitsBetween() | MonthsSinceFirst():
            yield from _between_problems(match.least, match.below, where, limits.UNITS_MAX)
        case PaidBetween():
            yield from _time_problems(match, where)
        case AllOf(matches) | AnyOf(matches):
            yield from size_problems(f"{where}.matches", len(matches), limits.RULES_MAX)
            for place, each in enumerate(matches):
                yield from _match_problems(each, f"{where}.matches[{place}]")
        case Not(negated):
            yield from _match_problems(negated, f"{where}.match")
        case _:
            assert_never(match)


def _path_problems(match: CategoryIs | RegionIs, where: str) -> Iterator[Problem | None]:
    name, path = ("category", match.category) if isinstance(match, CategoryIs) else ("region", match.region)
    yield path_problem(path, f"{where}.{name}")


def _words_problems(
    match: SkuIn | BrandIn | TagIn | ChannelIn | BuyerGroupIn | TierIn, where: str
) -> Iterator[Problem | None]:
    name, words = _words_of(match)
    yield from size_problems(f"{where}.{name}", len(words), limits.RULES_MAX)
    yield from _said_twice(f"{where}.{name}", words, "give each once")
    for place, word in enumerate(words):
        problem_of = (
            id_problem if isinstance(match, SkuIn) else text_problem
        )  # no tier, no brand: empty texts
        yield problem_of(word, f"{where}.{name}[{place}]")


def _words_of(
    match: SkuIn | BrandIn | TagIn | ChannelIn | BuyerGroupIn | TierIn,
) -> tuple[str, Sequence[str]]:
    match match:
        case SkuIn(words):
            return "skus", words
        case BrandIn(words):
            return "brands", words
        case TagIn(words):
            return "tags", words
        case ChannelIn(words):
            return "channels", words
        case BuyerGroupIn(words):
            return "groups", words
        case TierIn(words):
            return "tiers", words
        case _:
            assert_never(match)


def _time_problems(match: PaidBetween, where: str) -> Iterator[Problem]:
    if match.since is not None and match.until is not None and match.until <= match.since:
        yield Problem(f"{where}.until", "ends before it begins", "until is exclusive and after since")


def _between_problems(
    least: int, below: int | None, where: str, most: int, *, first: int = 0
) -> Iterator[Problem | None]:
    yield int_problem(least, f"{where}.least", least=first, most=most)
    if below is not None:
        yield int_problem(below, f"{where}.below", least=0, most=most)
        if below <= least:
            yield Problem(f"{where}.below", "nothing lies between", "below is exclusive and above least")


def _gap_problems(component: Upline, where: str) -> Iterator[Problem]:
    """Warn of levels between others that no rule names."""
    named = {level for rule in component.rules for level in rule.levels}
    missing = next((level for level in range(1, max(named, default=0)) if level not in named), None)
    if missing is not None:
        hint = "nobody is paid on it; name it with a reward of zero if that is meant"
        yield Problem(where, f"no rule names level {missing}", hint, Severity.WARNING)
