"""What a sale is worth to everybody: the auditor's naive second opinion, in fractions.

First it is found who wins which line by which rule, as the order was sold; then the same is paid again of
what is left.  Nothing here is shared with what the library calculates by.
"""

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from distcore import commission as c
from distcore.testing.auditor_caps import Asked, Granted, headroom, under_caps
from distcore.testing.auditor_rounding import apportioned, rounded

Seat = tuple[str, str, str]  # member, tier, state
Lefts = dict[str, tuple[int, int]]  # units and net by line


@define
class Prize:
    """A rule that pays one holder of a component for some lines; `step` is whose difference it adds to.

    `shared` is, by line, which part of how many it is, where agents share.  A formula of the shop pays what
    it says: then `pays` is None.
    """

    place: int
    level: int
    payee: str
    rule: str
    pays: c.Reward | None
    lines: list[str]
    step: int | None = None
    amounts: dict[str, int] = field(factory=dict)
    shared: dict[str, tuple[int, int]] = field(factory=dict)


@define
class Order:
    """What the worth of an order depends on."""

    sale: c.Sale
    plan: c.Plan
    own: Seat | None
    line: list[Seat]
    promoted: list[Seat]
    past: c.Past = c.NOTHING_BEFORE
    agents: list[tuple[int, Seat]] = field(factory=list)
    formulas: c.Formulas = c.NO_FORMULAS
    granted: Granted | None = None
    earned: dict[str, int] = field(factory=dict)
    same_person: Collection[str] = ()
    was_gone: bool = False


def asked_of(order: Order, left: Lefts) -> list[Asked]:
    """Return what everybody asks for of what is left of a sale, line by line, before caps and budget."""
    plan = order.plan
    asked: list[Asked] = []
    prizes = drawn(order)
    for number, prize in enumerate(prizes):
        pay(order, prizes[:number], prize, left)
        component = plan.components[prize.place]
        if isinstance(component, c.FirstOrder) and order.was_gone:
            prize.amounts = {}
        for id, amount in prize.amounts.items():
            share: Any = (id, component.id, prize.rule, prize.payee, prize.level)
            asked.append((id, prize.place, number, share, amount))
    return sorted(asked, key=lambda each: each[:3])


def grants(order: Order, earlier: Sequence[tuple[c.Plan, c.Sale, Granted]], zone: ZoneInfo) -> Granted:
    """Return what a sale is granted: what it asks for as it was sold, as far as others left any of it."""
    sold: Lefts = {line.id: (line.units, line.net_minor) for line in order.sale.lines}
    asked, left = asked_of(order, sold), headroom(order.plan, order.sale, earlier, zone)
    everybody = {order.sale.buyer, *(share[3] for *_, share, _ in asked)}
    whole: Granted = {(cap.id, who): cap.amount_minor for cap in order.plan.caps for who in everybody}
    _, used = under_caps(order.plan, order.sale.buyer, asked, whole | left)
    return used


def worth(order: Order, left: Lefts) -> dict[c.Share, int]:
    """Return what everybody has earned of what is left of a sale."""
    plan = order.plan
    asked, _ = under_caps(plan, order.sale.buyer, asked_of(order, left), order.granted)
    granted: dict[c.Share, int] = {}
    whole_order = plan.rounding_scope is c.Scope.ORDER
    for scope in [""] if whole_order else sorted(left):
        together = [each for each in asked if whole_order or each[0] == scope]
        amounts = [each[4] for each in together]
        if plan.budget is not None:
            net = sum(each[1] for each in left.values()) if whole_order else left[scope][1]
            most = rounded(Fraction(net * plan.budget.ppm, 10**6), plan.rounding)
            if sum(amounts) > most:
                from_top = plan.budget_cut is c.BudgetCut.FROM_THE_TOP
                amounts = lowest_first(most, together, order) if from_top else apportioned(most, amounts)
        granted |= {each[3]: amount for each, amount in zip(together, amounts, strict=True) if amount}
    return granted


def lowest_first(most: int, together: Sequence[Asked], order: Order) -> list[int]:
    """Return what each is paid of a budget that whoever stands nearer to the buyer takes from first.

    An agent of the buyer's own region stands as near as a sponsor, one of all that it lies in farther away.
    """

    def distance(asked: Asked) -> int:
        level: int = asked[3][4]
        is_agent = isinstance(order.plan.components[asked[1]], c.Region)
        return len(order.sale.region.split("/")) - level + 1 if is_agent else level

    paid = [0] * len(together)
    for place in sorted(range(len(together)), key=lambda each: distance(together[each])):
        paid[place] = min(together[place][4], most - sum(paid))
    return paid


def gifts(order: Order, left: Lefts) -> dict[tuple[str, str], c.Gift]:
    """Return what is given of what is left, by component and payee: as if each rule paid something."""
    found: dict[tuple[str, str], c.Gift] = {}
    for component in order.plan.components:
        if isinstance(component, c.FirstOrder) and component.gift is not None:
            rules = tuple(evolve(rule, pays=c.FixedPerOrder(1)) for rule in component.rules)
            alone = evolve(component, rules=rules, choose=c.Choice.FIRST)
            plan = evolve(order.plan, components=(alone,), budget=None, caps=())
            for share in worth(evolve(order, plan=plan, granted=None), left):
                found[component.id, share[3]] = component.gift
    return found


def drawn(order: Order) -> list[Prize]:
    """Return who wins which lines by which rule, by the order as it was sold, in order of payment."""
    sold: Lefts = {line.id: (line.units, line.net_minor) for line in order.sale.lines}
    prizes: list[Prize] = []

    def win(prize: Prize) -> None:
        pay(order, prizes, prize, sold)
        prizes.append(prize)

    for place, component in enumerate(order.plan.components):
        if isinstance(component, c.Custom):
            for level, _, payee in holders(component, order):
                named = f"{component.name} v{component.custom_version}"
                win(Prize(place, level, payee, named, None, [line.id for line in order.sale.lines]))
            continue
        met: list[list[str]] = []
        last: dict[str, tuple[int, str, int]] = {}  # by line: level and tier of the last step, bonuses so far
        for level, tier, payee in holders(component, order):
            rules = [
                rule
                for rule in component.rules
                if (not rule.levels or level in rule.levels) and tier in (rule.tiers or [tier])
            ]
            won = winners(order, place, level, (tier, payee), rules, prizes)
            alike = [tier, *(rule.id for rule in rules)]
            alike += [payee] if component.id in order.plan.asks_earned else []
            again = isinstance(component, c.Differential) and alike in met
            met.append(alike)
            for rule in [] if again else rules:
                if lines := won.get(rule.id, []):
                    win(Prize(place, level, payee, rule.id, rule.pays, lines))
                    paid = [id for id, amount in prizes[-1].amounts.items() if amount]
                    last |= dict.fromkeys(paid, (level, tier, 0))
            bonus = component.same_tier if isinstance(component, c.Differential) else None
            mine = {id: step for id, step in sorted(last.items()) if step[0] != level and step[1] == tier}
            for step in sorted(set(mine.values()), key=list(mine.values()).index) if bonus else []:
                assert bonus is not None
                lines = [id for id in mine if mine[id] == step]
                if step[2] < len(bonus.rates):
                    rate = c.Percent(bonus.rates[step[2]])
                    win(Prize(place, level, payee, bonus.id, rate, lines, step[0]))
                    last |= dict.fromkeys(lines, (step[0], tier, step[2] + 1))
        share(order, place, prizes, sold)
    return prizes


def share(order: Order, place: int, prizes: list[Prize], sold: Lefts) -> None:
    """Let agents who share have parts of what the rule of each is worth, level by level and line by line."""
    component = order.plan.components[place]
    if not isinstance(component, c.Region) or component.sharing is c.RegionSharing.IN_FULL:
        return
    ours = [prize for prize in prizes if prize.place == place]
    turns: dict[str, int] = {line.id: turn for turn, line in enumerate(order.sale.lines)}
    for prize in ours:
        for id in prize.lines:
            of_level = [each for each in ours if each.level == prize.level and id in each.lines]
            prize.shared[id] = ((of_level.index(prize) + turns[id]) % len(of_level), len(of_level))
    for number, prize in enumerate(prizes):
        if prize.place == place:
            pay(order, prizes[:number], prize, sold)


def winners(
    order: Order, place: int, level: int, who: tuple[str, str], rules: list[c.Rule], prizes: list[Prize]
) -> dict[str, list[str]]:
    """Return by rule the lines that it wins for a holder of a level."""
    sale, component = order.sale, order.plan.components[place]
    fitting = {
        line.id: [rule for rule in rules if fits(rule.match, order, line, *who)] for line in sale.lines
    }
    if component.choose is c.Choice.BEST:
        sold: Lefts = {line.id: (line.units, line.net_minor) for line in sale.lines}
        would: dict[str, dict[str, int]] = {}
        for rule in rules:
            lines: list[str] = [id for id, those in fitting.items() if rule in those and sold[id][1]]
            would[rule.id] = values(order, prizes, Prize(place, level, "", rule.id, rule.pays, lines), sold)
        for id, those in fitting.items():
            if sold[id][1]:  # of a line that was sold for nothing the first is as good as any
                those.sort(key=lambda rule, id=id: -would[rule.id][id])  # type: ignore[misc]
    won: dict[str, list[str]] = {}
    for id, those in fitting.items():
        if those:
            won.setdefault(those[0].id, []).append(id)
    return won


def pay(order: Order, before: Sequence[Prize], prize: Prize, left: Lefts) -> None:
    """Work out the amounts of a prize, given those before it."""
    lines = [id for id in prize.lines if left[id][1]]
    prize.amounts = {}
    if prize.pays is None:
        prize.amounts = answered(order, prize, lines, left)
        return
    for other in before:
        same = (other.place, other.rule, other.payee) == (prize.place, prize.rule, prize.payee)
        if same and other.amounts and isinstance(prize.pays, c.FixedPerOrder):
            return  # it is paid once
    live = Prize(prize.place, prize.level, prize.payee, prize.rule, prize.pays, lines, prize.step)
    component = order.plan.components[prize.place]
    amounts = values(order, before, live, left)
    if isinstance(component, c.Differential) and prize.step is None:
        everything = component.subtract is c.Subtract.ALL_PAID
        below = {id: paid(before, id, None if everything else component, prize.place) for id in lines}
        together = isinstance(prize.pays, c.FixedPerOrder) or (
            order.plan.rounding_scope is c.Scope.ORDER and isinstance(prize.pays, c.Percent)
        )
        if together:
            more = sum(amounts.values()) - sum(below.values())
            exact = exactly(order, before, live, left)
            weights = [max(Fraction(0), exact[id] - below[id]) for id in lines]
            amounts = dict(zip(lines, apportioned(max(0, more), weights), strict=True))
        else:
            amounts = {id: max(0, amounts[id] - below[id]) for id in lines}
    for id, (turn, among) in prize.shared.items():
        if id in amounts:
            amounts[id] = apportioned(amounts[id], [1] * among)[turn]
    prize.amounts = amounts


def answered(order: Order, prize: Prize, lines: Sequence[str], left: Lefts) -> dict[str, int]:
    """Return what a formula of the shop says about one of those who are there; of nothing it is not asked."""
    component: Any = order.plan.components[prize.place]
    there: Any = list(holders(component, order))
    claims = [c.Claim(level, c.Seat(who, tier, c.Standing.ACTIVE), who) for level, tier, who in there]
    sold: Any = {line.id: line for line in order.sale.lines}
    asked = [c.CustomLine(sold[id], *left[id], base(order, [], prize, id, left)) for id in lines]
    if not asked:
        return {}
    params = {param.name: param.value for param in component.params.entries}
    case = c.CustomCase(params, order.sale, tuple(asked), tuple(claims))
    rows: Any = order.formulas[component.name, component.custom_version](case)
    mine = [(level, who) for level, _, who in there].index((prize.level, prize.payee))
    return dict(zip(lines, list(rows)[mine], strict=True))


def paid(
    before: Sequence[Prize], id: str, component: c.Differential | None, place: int, level: int | None = None
) -> int:
    """Return what is paid on a line so far, by all components or by one, whose bonuses don't count."""
    return sum(
        prize.amounts.get(id, 0)
        for prize in before
        if component is None or (prize.place == place and prize.step is None and level in {None, prize.level})
    )


def base(order: Order, before: Sequence[Prize], prize: Prize, id: str, left: Lefts) -> int:
    """Return what a percentage is taken of on a line."""
    component = order.plan.components[prize.place]
    units, net = left[id]
    sold = next(line for line in order.sale.lines if line.id == id)
    share = Fraction(units, sold.units) if sold.units else Fraction(1)
    here = [each for each in before if each.place == prize.place and each.step is None]
    bonus = component.same_tier if isinstance(component, c.Differential) else None
    if prize.step is not None and bonus is not None and bonus.of_difference:
        return sum(each.amounts.get(id, 0) for each in here if each.level == prize.step)
    if isinstance(component.base, c.Net) and component.base.with_tax:
        tax = Fraction((sold.tax_minor or 0) * net, sold.net_minor) if sold.net_minor else Fraction(0)
        return net + rounded(tax, order.plan.rounding)
    if isinstance(component.base, c.ListPrice):
        return rounded((sold.list_minor or 0) * share, order.plan.rounding)
    if isinstance(component.base, c.Margin):
        return max(0, net - rounded((sold.cost_minor or 0) * share, order.plan.rounding))
    if isinstance(component.base, c.Residual):
        return max(0, net - sum(each.amounts.get(id, 0) for each in here))
    if isinstance(component.base, c.LevelBelow) and prize.level > 1:
        return sum(each.amounts.get(id, 0) for each in here if each.level == prize.level - 1)
    return net


def exactly(order: Order, before: Sequence[Prize], prize: Prize, left: Lefts) -> dict[str, Fraction]:
    """Return what a reward is worth line by line, before it is rounded."""
    pays, whole = prize.pays, sum(left[id][1] for id in prize.lines)
    assert pays is not None, "a formula says what it pays"
    if isinstance(pays, c.FixedPerUnit):
        return {id: Fraction(pays.amount_minor * left[id][0]) for id in prize.lines}
    if isinstance(pays, c.FixedPerOrder):
        return {id: Fraction(pays.amount_minor * left[id][1], whole) for id in prize.lines}
    rate = Fraction(pays.rate.ppm, 10**6)
    return {id: base(order, before, prize, id, left) * rate for id in prize.lines}


def values(order: Order, before: Sequence[Prize], prize: Prize, left: Lefts) -> dict[str, int]:
    """Return what a reward is worth line by line, rounded as the plan says."""
    plan, pays = order.plan, prize.pays
    exact = exactly(order, before, prize, left)
    if not exact or isinstance(pays, c.FixedPerUnit):
        return {id: int(amount) for id, amount in exact.items()}
    if isinstance(pays, c.FixedPerOrder):
        parts = apportioned(pays.amount_minor, [left[id][1] for id in exact])
        return dict(zip(exact, parts, strict=True))
    bases = {id: base(order, before, prize, id, left) for id in exact}
    if plan.rounding_scope is c.Scope.ORDER:
        total = rounded(sum(exact.values(), Fraction(0)), plan.rounding)
        return dict(zip(exact, apportioned(total, list(bases.values())), strict=True))
    if plan.rounding_scope is c.Scope.LINE:
        return {id: rounded(amount, plan.rounding) for id, amount in exact.items()}
    assert isinstance(pays, c.Percent), "nothing else is left"
    rate = Fraction(pays.rate.ppm, 10**6)
    by_unit = {id: apportioned(each, [1] * (left[id][0] or 1)) for id, each in bases.items()}
    return {id: sum(rounded(each * rate, plan.rounding) for each in units) for id, units in by_unit.items()}


def holders(component: c.Component, order: Order) -> Iterator[tuple[int, str, str]]:
    """Yield level, tier that decides, and payee of every level that somebody is paid for."""
    if isinstance(component, c.SelfPurchase | c.PromoterShare):
        buyer = [] if order.own is None else [order.own]
        for who, tier, state in buyer if isinstance(component, c.SelfPurchase) else order.promoted[:1]:
            if state == "active":
                yield 0, tier, who
    elif isinstance(component, c.Custom):
        near = [*([] if order.own is None else [order.own]), *order.promoted[:1]]
        yield from ((0, tier, who) for who, tier, state in near if state == "active")
        yield from [one for one in climbers(component, order) if one[0] <= component.levels]
    elif isinstance(component, c.Region):
        for level, (who, tier, state) in order.agents:
            if state == "active" and who not in (order.sale.buyer, *order.same_person):
                yield level, tier, who
    elif isinstance(component, c.FirstOrder):
        only_first = component.after_refund is c.AfterRefund.LOST
        if (order.past.orders == 0) if only_first else order.past.first_is_free:
            yield from [one for one in climbers(component, order) if one[0] == 1]
    else:
        yield from climbers(component, order)


def climbers(component: c.Climbing | c.Custom, order: Order) -> Iterator[tuple[int, str, str]]:
    """Yield level, tier and payee of whoever stands above."""
    line = order.line or order.promoted
    if component.level_1 is c.FirstLevel.PROMOTER:
        line = order.promoted or order.line
    own = [order.own] if component.buyer_is_level_1 and order.own is not None else []
    line = [*own, *(seat for seat in line if seat[0] not in (order.sale.buyer, *order.same_person))]
    line = [seat for seat in line if seat[2] != "terminated"]

    def qualifies(seat: Seat) -> bool:
        return seat[2] == "active" and seat[1] in (component.qualified_tiers or [seat[1]])

    if component.unqualified is c.Unqualified.SKIPPED:
        line = list(filter(qualifies, line))
    if component.unqualified is c.Unqualified.ENDS_CHAIN:
        line = list(takewhile(qualifies, line))
    for level, seat in enumerate(line, 1):
        next_up = next(filter(qualifies, line[level - 1 :]), None)
        if next_up is not None and (next_up is seat or component.unqualified is c.Unqualified.ROLLS_UP):
            yield level, seat[1], next_up[0]


def fits(match: c.Match | None, order: Order, line: c.SaleLine, tier: str, payee: str) -> bool:
    """Say whether a rule is for a line, a tier and whoever would be paid."""
    sale = order.sale
    if isinstance(match, c.AllOf | c.AnyOf):
        found = [fits(each, order, line, tier, payee) for each in match.matches]
        return (all if isinstance(match, c.AllOf) else any)(found)
    if isinstance(match, c.Not):
        return not fits(match.match, order, line, tier, payee)
    if isinstance(match, c.CategoryIs | c.RegionIs):
        asked, path = (
            (match.category, line.category)
            if isinstance(match, c.CategoryIs)
            else (match.region, sale.region)
        )
        return path.split("/")[: len(asked.split("/"))] == asked.split("/")
    if isinstance(match, c.NetBetween | c.UnitsBetween):
        lines = sale.lines if match.of is c.Of.ORDER else [line]
        if isinstance(match, c.NetBetween):
            number, least, below = sum(each.net_minor for each in lines), match.least_minor, match.below_minor
        else:
            number, least, below = sum(each.units for each in lines), match.least, match.below
        return within(number, least, below)
    if isinstance(match, c.OrderNumber | c.MonthsSinceFirst):
        number = order.past.orders + 1 if isinstance(match, c.OrderNumber) else order.past.months
        return within(number, match.least, match.below)
    if isinstance(match, c.SpentBefore | c.EarnedBefore):
        earned = order.earned.get(payee, 0)
        number = order.past.spent_minor if isinstance(match, c.SpentBefore) else earned
        return within(number, match.least_minor, match.below_minor)
    if isinstance(match, c.PaidBetween):
        early = match.since is not None and sale.paid_at < match.since
        return not early and not (match.until is not None and sale.paid_at >= match.until)
    return match is None or bool(set(words_asked(match)) & set(words_said(match, sale, line, tier)))


def within(number: int, least: int, below: int | None) -> bool:
    """Say whether a number is at least one, and below the other if there is one."""
    return number >= least and not (below is not None and number >= below)


def words_asked(match: Any) -> Sequence[str]:
    """Return the words of a condition that is a list of words."""
    (words,) = (getattr(match, name) for name in match.__slots__ if not name.startswith("__"))
    return list(words)


def words_said(match: Any, sale: c.Sale, line: c.SaleLine, tier: str) -> Sequence[str]:
    """Return what a condition that is a list of words is compared with."""
    said: dict[type, Sequence[str]] = {
        c.SkuIn: [line.sku],
        c.BrandIn: [line.brand],
        c.TagIn: line.tags,
        c.ChannelIn: [sale.channel],
        c.BuyerGroupIn: [sale.buyer_group],
        c.TierIn: [tier],
    }
    return said[type(match)]
