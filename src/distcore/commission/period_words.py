"""A share of a period in sentences, for people, in the languages that shops read.

Each language has every phrase; the names in braces are the same in all of them, and a test compares.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final, assert_never

from distcore.commission.period_accrual import (
    Basis,
    LadderBasis,
    MatchingBasis,
    PeriodReason,
    PeriodShare,
    PoolBasis,
)
from distcore.commission.words import Language
from distcore.kernel import ComponentId, Currency, MemberId, format_minor

PERIOD_PHRASES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        Language.ENGLISH: MappingProxyType(
            {
                "and": "; ",
                "gets": "{payee} gets {amount} {currency} by {component} for {period}",
                "nothing": "{payee} gets nothing by {component} for {period}: {reason}",
                "volume": "bought {own} {currency}, the team {team}, {counted} count",
                "step": "{rate} of {volume} {currency}",
                "legs": "less {legs} {currency} that the legs reach",
                "pool": "{weight} of {weights} parts of a pool of {pool} {currency}",
                "generation": "{rate} of {earned} {currency} that generation {number} earned",
                "cut": "shrunk from {asked}: {together} were asked of a budget of {budget} {currency}",
            }
        ),
        Language.CHINESE: MappingProxyType(
            {
                "and": "；",
                "gets": "{payee} 因 {period} 的 {component} 得 {amount} {currency}",
                "nothing": "{payee} 在 {period} 的 {component} 中未得：{reason}",
                "volume": "自购 {own} {currency}，团队 {team}，计入 {counted}",
                "step": "{volume} {currency} 的 {rate}",
                "legs": "减去各下线分支已达到的 {legs} {currency}",
                "pool": "奖金池 {pool} {currency}，占 {weights} 份中的 {weight} 份",
                "generation": "第 {number} 代所得 {earned} {currency} 的 {rate}",
                "cut": "由 {asked} 缩减：各人合计 {together}，预算只有 {budget} {currency}",
            }
        ),
    }
)
"""Every phrase, by language and name."""

PERIOD_REASONS: Final[Mapping[Language, Mapping[PeriodReason, str]]] = MappingProxyType(
    {
        Language.ENGLISH: MappingProxyType(
            {
                PeriodReason.NO_MEMBER: "was no member when the period ended",
                PeriodReason.TERMINATED: "had been terminated",
                PeriodReason.SUSPENDED: "was suspended when the period ended",
                PeriodReason.TIER_NOT_QUALIFIED: "had no tier that qualifies",
                PeriodReason.BELOW_OWN_LEAST: "bought less than it takes",
                PeriodReason.NO_VOLUME: "nothing counts",
                PeriodReason.NO_WEIGHT: "weighs nothing",
                PeriodReason.NO_POINTS: "held no points when the period ended",
                PeriodReason.NOTHING_TO_SHARE: "the pool is empty",
                PeriodReason.NOTHING_TO_MATCH: "nobody below earned what is matched",
                PeriodReason.RATE_IS_ZERO: "the rate is zero",
                PeriodReason.LEGS_REACH_ALL: "the legs reach all that it is worth",
                PeriodReason.ROUNDS_TO_ZERO: "the amount comes to zero",
                PeriodReason.SHRUNK_TO_ZERO: "the budget left nothing",
                PeriodReason.NOT_IN_PLAN: "the plan version by which the period goes has no such component",
            }
        ),
        Language.CHINESE: MappingProxyType(
            {
                PeriodReason.NO_MEMBER: "周期结束时不是成员",
                PeriodReason.TERMINATED: "已终止",
                PeriodReason.SUSPENDED: "周期结束时已停用",
                PeriodReason.TIER_NOT_QUALIFIED: "没有合格的等级",
                PeriodReason.BELOW_OWN_LEAST: "自购未达到要求",
                PeriodReason.NO_VOLUME: "没有计入的业绩",
                PeriodReason.NO_WEIGHT: "没有权重",
                PeriodReason.NO_POINTS: "周期结束时没有积分",
                PeriodReason.NOTHING_TO_SHARE: "奖金池为空",
                PeriodReason.NOTHING_TO_MATCH: "下级没有可对等的所得",
                PeriodReason.RATE_IS_ZERO: "比例为零",
                PeriodReason.LEGS_REACH_ALL: "各下线分支已达到全部金额",
                PeriodReason.ROUNDS_TO_ZERO: "金额舍入后为零",
                PeriodReason.SHRUNK_TO_ZERO: "预算没有剩余",
                PeriodReason.NOT_IN_PLAN: "这一周期所用的方案版本没有这个组成部分",
            }
        ),
    }
)
"""Why somebody gets nothing by a period, by language."""

_Say = Callable[..., str]


def tell_period(
    share: PeriodShare, period: str, currency: Currency, language: Language = Language.ENGLISH
) -> str:
    """Return what a period is worth to somebody as a sentence: how much, of what, and how it was shrunk."""
    say = partial(_say, language, currency)
    head = say("gets", payee=share.payee, component=share.component, period=period, amount=share.amount_minor)
    parts = [head, *_basis(say, share.basis)]
    cut = share.cut
    if cut is not None:
        amounts = {"asked": cut.asked_minor, "together": cut.together_minor, "budget": cut.budget_minor}
        parts.append(say("cut", **amounts))
    return str(PERIOD_PHRASES[language]["and"]).join(parts)


def tell_period_not(
    payee: MemberId,
    component: ComponentId,
    period: str,
    reason: PeriodReason,
    language: Language = Language.ENGLISH,
) -> str:
    """Return why somebody gets nothing by a component of a period, as a sentence."""
    words = PERIOD_REASONS[language][reason]
    phrase = PERIOD_PHRASES[language]["nothing"]
    return phrase.format(payee=payee, component=component, period=period, reason=words)


def _say(language: Language, currency: Currency, phrase: str, **values: object) -> str:
    """Fill in a phrase; whole numbers are amounts, but for counts, which come as texts."""
    shown = {
        name: format_minor(value, currency) if isinstance(value, int) else value
        for name, value in values.items()
    }
    return PERIOD_PHRASES[language][phrase].format(currency=currency, **shown)


def _basis(say: _Say, basis: Basis) -> list[str]:
    match basis:
        case LadderBasis():
            found = [say("volume", own=basis.own_minor, team=basis.team_minor, counted=basis.counted_minor)]
            found += [say("step", rate=each.rate, volume=each.volume_minor) for each in basis.steps]
            return [*found, say("legs", legs=basis.legs_minor)] if basis.legs_minor else found
        case PoolBasis(pool, weight, weights):
            return [say("pool", pool=pool, weight=str(weight), weights=str(weights))]
        case MatchingBasis(generations):
            return [
                say("generation", rate=each.rate, earned=each.earned_minor, number=str(number))
                for number, each in enumerate(generations, 1)
            ]
        case _:
            assert_never(basis)
