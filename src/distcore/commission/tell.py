"""An explanation in sentences, for people."""

from collections.abc import Mapping
from typing import assert_never

from distcore.commission.explain import Why, WhyNot
from distcore.commission.lineage import Reason
from distcore.commission.plan import FixedPerOrder, FixedPerUnit, Percent, Scope
from distcore.kernel import Currency, format_minor

REASONS: Mapping[Reason, str] = {
    Reason.SUSPENDED: "was suspended when the order was paid",
    Reason.TIER_NOT_QUALIFIED: "had a tier that does not qualify",
    Reason.TERMINATED: "had been terminated; passed over without using up a level",
    Reason.IS_BUYER: "is the buyer, who is passed over above the own purchase",
    Reason.CHAIN_ENDED: "the chain ended below, at somebody who did not qualify",
    Reason.NOBODY_QUALIFIES_ABOVE: "the amount rolled up, and nobody above qualified",
    Reason.NOBODY_AT_LEVEL: "nobody stands so high above the buyer",
    Reason.NO_RULE: "no rule fits this level, tier and line",
    Reason.PAID_ALREADY: "has the amount per order of this rule already, for a lower level",
    Reason.RULE_PAYS_ZERO: "the rule pays zero",
    Reason.ROUNDS_TO_ZERO: "the amount comes to zero",
    Reason.SHRUNK_TO_ZERO: "the budget left nothing",
    Reason.NOTHING_LEFT: "nothing is left of the line",
}


def tell(why: Why) -> str:
    """Return one accrual as a sentence: who, what, by which rule, of what, how rounded and shrunk."""
    currency, accrual, plan = why.plan.currency, why.accrual, why.plan
    who = f"{accrual.payee} gets {format_minor(accrual.amount_minor, currency)} {currency}"
    what = f"for line {accrual.line} ({why.sold.sku}), level {accrual.level}"
    by = f"{plan.id} version {plan.plan_version}, {why.component.id}, rule {why.rule.id}: {_pays(why)}"
    parts = [f"{who} {what}", by, _left(why)]
    if why.origin != accrual.payee:
        parts.append(f"rolled up from {why.origin}")
    if why.asked_minor != accrual.amount_minor:
        parts.append(_shrunk(why))
    return "; ".join(parts)


def tell_not(why_not: WhyNot, currency: Currency) -> str:
    """Return one *why not* as a sentence."""
    where = f"level {why_not.level}" if why_not.level else "no level used up"
    line = "" if why_not.line is None else f", line {why_not.line}"
    who = "nothing is paid" if why_not.member is None else f"{why_not.member} gets nothing"
    forgone = (
        f"; {format_minor(why_not.forgone_minor, currency)} {currency} forgone"
        if why_not.forgone_minor
        else ""
    )
    return f"{who} ({why_not.component}, {where}{line}): {REASONS[why_not.reason]}{forgone}"


def _pays(why: Why) -> str:
    currency = why.plan.currency
    match why.rule.pays:
        case Percent(rate):
            per = {Scope.LINE: "once per line", Scope.UNIT: "unit by unit", Scope.ORDER: "once per order"}
            return f"{rate} of net, rounded {why.plan.rounding.value} {per[why.plan.rounding_scope]}"
        case FixedPerUnit(amount_minor):
            return f"{format_minor(amount_minor, currency)} {currency} per unit"
        case FixedPerOrder(amount_minor):
            return f"{format_minor(amount_minor, currency)} {currency} per order, split over its lines by net"
        case _:
            assert_never(why.rule.pays)


def _left(why: Why) -> str:
    currency = why.plan.currency
    left = f"net {format_minor(why.left.net_minor, currency)} {currency}, {why.left.units} units"
    if (why.left.net_minor, why.left.units) == (why.sold.net_minor, why.sold.units):
        return left
    sold = f"{format_minor(why.sold.net_minor, currency)} {currency}, {why.sold.units} units sold"
    return f"{left} left of {sold}"


def _shrunk(why: Why) -> str:
    assert why.budget_minor is not None
    currency = why.plan.currency
    asked, together, budget = (
        format_minor(minor, currency) for minor in (why.asked_minor, sum(why.asked), why.budget_minor)
    )
    return f"shrunk from {asked}: {together} were asked of a budget of {budget} {currency}"
