"""An explanation in sentences, for people."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, assert_never

from distcore.commission.cap import Capped
from distcore.commission.explain import Why, WhyNot
from distcore.commission.plan import (
    BudgetCut,
    Component,
    Coupons,
    Custom,
    Differential,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Formula,
    Gift,
    LevelBelow,
    ListPrice,
    Margin,
    Net,
    Percent,
    Points,
    PromoterShare,
    Region,
    Residual,
    SelfPurchase,
    Upline,
)
from distcore.commission.words import EXPECTED, PHRASES, REASONS, Language
from distcore.kernel import Currency, format_minor

_Say = Callable[..., str]
"""Fills in a phrase of a language, by its name."""


def tell(why: Why, language: Language = Language.ENGLISH) -> str:
    """Return one accrual as a sentence: who, what, by which rule, of what, how rounded and shrunk."""
    say, accrual, plan = partial(_say, language), why.accrual, why.plan
    parts = [
        say(
            "gets",
            payee=accrual.payee,
            amount=_shown(why, accrual.amount_minor),
            currency=plan.currency,
            line=accrual.line,
            sku=why.sold.sku,
            place=_place(say, why.component, accrual.level),
        ),
        say(
            "by",
            plan=plan.id,
            plan_version=plan.plan_version,
            component=why.component.id,
            rule=why.rule.id,
            pays=_pays(say, why),
        ),
        _left(say, why),
    ]
    if why.earned_minor is not None:
        parts.append(say("earned", amount=_shown(why, why.earned_minor), currency=plan.currency))
    if why.taken_minor:
        parts.append(say("less", amount=_shown(why, why.taken_minor), currency=plan.currency))
    if why.origin != accrual.payee:
        parts.append(say("rolled up", origin=why.origin))
    parts.extend(_capped(say, why, *each) for each in why.caps)
    if why.turn is not None and why.turn[1] > 1:
        parts.append(say("shared", place=why.turn[0] + 1, among=why.turn[1]))
    if why.asked_minor != accrual.amount_minor:
        parts.append(_shrunk(say, why))
    return say("and").join(parts)


def tell_not(
    why_not: WhyNot, currency: Currency, language: Language = Language.ENGLISH, *, is_sold: bool = True
) -> str:
    """Return one *why not* as a sentence; of what is not sold yet it speaks of now."""
    say = partial(_say, language)
    return say(
        "nothing",
        who=_nobody(say, why_not),
        component=why_not.component or say("any component"),
        place=_no_place(say, why_not),
        line="" if why_not.line is None else say("of line", line=why_not.line),
        reason=say("and").join(_reasons(say, why_not, currency, language, is_sold)),
    )


def _reasons(
    say: _Say, why_not: WhyNot, currency: Currency, language: Language, is_sold: bool
) -> Iterator[str]:
    """Yield the reason, and what else is to be said of it."""
    reason = REASONS[language][why_not.reason]
    if why_not.cap is not None:
        reason = say("cap", cap=why_not.cap)
    spent = why_not.spent
    if spent is not None:
        together, budget = (
            format_minor(each, currency) for each in (spent.together_minor, spent.budget_minor)
        )
        reason = say(spent.cut.value, together=together, budget=budget, currency=currency)
    yield reason if is_sold else EXPECTED[language].get(why_not.reason, reason)
    if why_not.earned_minor is not None:
        yield say("earned", amount=format_minor(why_not.earned_minor, currency), currency=currency)
    if why_not.forgone_minor:
        yield say("forgone", amount=format_minor(why_not.forgone_minor, currency), currency=currency)
    if why_not.gift is not None:
        yield say("gift", gift=tell_gift(why_not.gift, language))


def tell_gift(gift: Gift, language: Language = Language.ENGLISH) -> str:
    """Return what a gift is: so many points, or coupons of a template."""
    match gift:
        case Points(count):
            return _say(language, "point" if count == 1 else "points", count=count)
        case Coupons(template, count):
            one_or_more = "coupon" if count == 1 else "coupons"
            return _say(language, one_or_more, count=count, template=template)
        case _:
            assert_never(gift)


NAMED_MAX: Final = 3
"""Members who are named one by one, where a reason holds for many."""


def _no_place(say: _Say, why_not: WhyNot) -> str:
    if not why_not.level:
        return say("no level")
    return say("from level" if why_not.above else "level", level=why_not.level)


def _nobody(say: _Say, why_not: WhyNot) -> str:
    if why_not.above:
        named, more = why_not.above[:NAMED_MAX], len(why_not.above) - NAMED_MAX
        members = say("comma").join(named)
        if more > 0:
            members = say("and more", members=members, count=more)
        return say("member gets nothing" if len(named) == 1 else "members get nothing", member=members)
    if why_not.member is None:
        return say("nobody gets")
    gets = "member gets nothing" if why_not.gift is None else "member gets no money"
    return say(gets, member=why_not.member)


def _say(language: Language, phrase: str, **facts: object) -> str:
    return PHRASES[language][phrase].format(**facts)


def _shown(why: Why, minor: int) -> str:
    return format_minor(minor, why.plan.currency)


def tell_place(component: Component, level: int, language: Language = Language.ENGLISH) -> str:
    """Return where somebody stands whom a component pays: on a level, or as buyer, promoter or agent."""
    return _place(partial(_say, language), component, level)


def _place(say: _Say, component: Component, level: int) -> str:
    match component:
        case Upline() | Differential() | FirstOrder():
            return say("level", level=level)
        case Custom():
            return say("level", level=level) if level else say("no level above")
        case SelfPurchase():
            return say("own purchase")
        case PromoterShare():
            return say("promoter")
        case Region():
            return say("agent", level=level)
        case _:
            assert_never(component)


def _pays(say: _Say, why: Why) -> str:
    plan, rule = why.plan, why.rule
    if isinstance(rule, Formula):
        return say("formula", base=_base(say, why))
    match rule.pays:
        case Percent(rate):
            scope = say(plan.rounding_scope.value)
            return say("percent", rate=rate, base=_base(say, why), rounding=plan.rounding.value, scope=scope)
        case FixedPerUnit(amount_minor):
            return say("per unit", amount=_shown(why, amount_minor), currency=plan.currency)
        case FixedPerOrder(amount_minor):
            return say("per order", amount=_shown(why, amount_minor), currency=plan.currency)
        case _:
            assert_never(rule.pays)


def _base(say: _Say, why: Why) -> str:
    """Say what a percentage is of; the net is told anyway."""
    base, level = why.component.base, why.accrual.level
    facts = {"amount": _shown(why, why.base_minor), "currency": why.plan.currency}
    if why.is_of_difference:
        return say("difference", level=why.bonus_of, **facts)
    match base:
        case Net(with_tax):
            return say("net with tax", **facts) if with_tax else say("net")
        case ListPrice():
            return say("list", **facts)
        case Margin():
            return say("margin", **facts)
        case LevelBelow():
            return say("net") if level == 1 else say("level below", level=level - 1, **facts)
        case Residual():
            return say("residual", **facts)
        case _:
            assert_never(base)


def _left(say: _Say, why: Why) -> str:
    currency = why.plan.currency
    units = _units(say, why.left.units)
    left = say("left", net=_shown(why, why.left.net_minor), units=units, currency=currency)
    if (why.left.net_minor, why.left.units) == (why.sold.net_minor, why.sold.units):
        return left
    net = _shown(why, why.sold.net_minor)
    return say("sold", left=left, net=net, units=_units(say, why.sold.units), currency=currency)


def _units(say: _Say, count: int) -> str:
    return say("one unit" if count == 1 else "units", count=count)


def _capped(say: _Say, why: Why, capped: Capped, place: int) -> str:
    return say(
        "capped",
        amount=_shown(why, capped.asked[place]),
        to=_shown(why, capped.granted[place]),
        together=_shown(why, sum(capped.asked)),
        most=_shown(why, capped.most_minor),
        cap=capped.cap.id,
        member=capped.member,
        currency=why.plan.currency,
    )


def _shrunk(say: _Say, why: Why) -> str:
    assert why.budget_minor is not None
    return say(
        "shrunk" if why.plan.budget_cut is BudgetCut.IN_PROPORTION else "cut",
        amount=_shown(why, why.asked_minor),
        together=_shown(why, sum(why.amounts)),
        budget=_shown(why, why.budget_minor),
        currency=why.plan.currency,
    )
