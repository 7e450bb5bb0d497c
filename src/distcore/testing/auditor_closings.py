"""The auditor of closings: which period is next, what it states to everybody, and what is withheld.

Tax is added up bracket by bracket, where the library takes a rate and a quick deduction.
"""

from collections.abc import Sequence
from fractions import Fraction

from distcore.kernel import Instant, Rounding
from distcore.settlement import (
    CnCumulative,
    CustomWithholding,
    NoWithholding,
    Review,
    SettlementPolicy,
)
from distcore.testing.auditor import which
from distcore.testing.auditor_money import Closed, MoneyAuditor
from distcore.testing.auditor_rounding import rounded
from distcore.testing.auditor_spans import Span, following, span_before, span_of

LABOUR = [(20_000, 20), (50_000, 30), (None, 40)]
"""Until how many yuan of what is taxable, and percent."""

CUMULATIVE = [
    *((36_000, 3), (144_000, 10), (300_000, 20), (420_000, 25), (660_000, 30), (960_000, 35)),
    (None, 45),
]
PLATFORMS_SINCE = "2025-10"
"""Until then a platform withheld as everybody else; since then, over the months in a row of a year."""


class ClosingAuditor:
    """What one shop was told about closings; a verb returns the codes it may be refused with.

    `customs` are the names and versions of the shop's own withholding, each of which takes half.
    """

    def __init__(self, money: MoneyAuditor, customs: set[tuple[str, int]]) -> None:
        """Watch the closings in a cash book."""
        self.money, self.customs = money, customs
        self.shop = money.auditor.policy
        self.policies: list[SettlementPolicy] = []

    def set_settlement(self, policy: SettlementPolicy) -> set[str]:
        """How a currency is settled."""
        same = [
            x
            for x in self.policies
            if (x.currency, x.policy_version) == (policy.currency, policy.policy_version)
        ]
        if policy in same:
            return set()
        unknown = policy.currency not in self.shop.currencies
        found = which(settlement_policy_exists=bool(same), currency_not_of_shop=unknown)
        if not found:
            self.policies.append(policy)
        return found

    def close(self, currency: str, label: str | None, at: Instant, actor: str) -> set[str]:
        """A period of a currency is closed, as far as the shop's own functions allow."""
        if any(each.span.label == label for each in self.money.standing(currency)):
            return set()
        found = self.next(currency, label, at)
        if isinstance(found, str):
            return {found}
        policy, span = found
        at_once = policy.review is Review.AUTOMATIC
        reasons = which(
            draft_waits=any(each.state == "draft" for each in self.money.standing(currency)),
            period_out_of_order=label not in {None, span.label},
            period_not_ended=span.end > at,
            custom_withholding_unknown=at_once and self._is_unknown(policy),
        )
        if not reasons:
            closed = self._drafted(currency, span, policy, actor)
            self.money.closings.append(closed)
            if at_once:
                self._assess(closed, at)
        return reasons

    def approve(self, number: int, at: Instant, actor: str) -> set[str]:
        """Somebody else says that a draft stands."""
        if not 1 <= number <= len(self.money.closings):
            return {"closing_unknown"}
        closed = self.money.closings[number - 1]
        found = which(
            closing_decided=closed.state != "draft",
            same_reviewer=closed.actor == actor,
            custom_withholding_unknown=self._is_unknown(closed.policy),
        )
        if not found:
            self._assess(closed, at)
        return found

    def reject(self, number: int) -> set[str]:
        """Somebody says that it does not."""
        if not 1 <= number <= len(self.money.closings):
            return {"closing_unknown"}
        found = which(closing_decided=self.money.closings[number - 1].state != "draft")
        if not found:
            self.money.closings[number - 1].state = "rejected"
        return found

    def next(self, currency: str, label: str | None, at: Instant) -> tuple[SettlementPolicy, Span] | str:
        """Return by which policy which period is next, or the code that says why there is none."""
        standing = self.money.standing(currency)
        if standing:
            start = standing[-1].span.end
            policy = self.policy_at(currency, start)
            assert policy is not None, "what was closed had a policy, and policies stay"
            return policy, following(start, policy.cadence, self.shop)
        now = self.policy_at(currency, at)
        if now is None:
            return "no_settlement_policy"
        span = span_of(at, now.cadence, self.shop)
        while span.label != label if label else span.end > at:
            span = span_before(span, now.cadence, self.shop)
        policy = self.policy_at(currency, span.start)
        if policy is None:
            return "no_settlement_policy"
        own = span_of(span.start, policy.cadence, self.shop)
        return (policy, span) if own == span else "malformed"

    def policy_at(self, currency: str, instant: Instant) -> SettlementPolicy | None:
        """Return the policy that holds at an instant: the highest of those that have begun."""
        begun = [x for x in self.policies if x.currency == currency and x.valid_from <= instant]
        return max(begun, key=lambda each: each.policy_version, default=None)

    def _drafted(self, currency: str, span: Span, policy: SettlementPolicy, actor: str) -> Closed:
        due = [
            x
            for x in self.money.dues()
            if x.currency == currency and x.released_at and x.released_at < span.end
        ]
        lines = [each for each in due if each.origin[:2] not in self.money.held]
        closed, balances = Closed(currency, span, policy, lines, actor), self.money.balances()
        for payee in self.money.auditor.members:
            mine = [each.minor for each in lines if each.payee == payee]
            carried = balances["carried", payee, currency]
            reaches = carried + sum(mine) >= max(1, policy.minimum_minor)
            if mine or reaches:
                held = reaches and ("payee", payee) in self.money.held
                gross = carried + sum(mine) if reaches and not held else 0
                closed.statements[payee] = (carried, sum(mine), len(mine), gross, held)
        return closed

    def _assess(self, closed: Closed, at: Instant) -> None:
        """Withhold, payee by payee, by the month in which a closing is approved."""
        month = at.astimezone(self.shop.zone).strftime("%Y-%m")
        for payee, (*_, gross, _) in closed.statements.items():
            if gross:
                before = [
                    each.assessments[payee]
                    for each in self.money.closings
                    if each.currency == closed.currency and payee in each.assessments
                ]
                tax = withheld(closed.policy, gross, month, before)
                closed.assessments[payee] = (month, gross, tax)
        closed.state = "approved"

    def _is_unknown(self, policy: SettlementPolicy) -> bool:
        own = policy.withholding
        return isinstance(own, CustomWithholding) and (own.name, own.version) not in self.customs


def withheld(policy: SettlementPolicy, gross: int, month: str, before: Sequence[tuple[str, int, int]]) -> int:
    """Return the tax on a gross amount, given month, gross and tax of what was assessed before."""
    if isinstance(policy.withholding, CustomWithholding):
        return gross // 2  # the machine's own function
    if isinstance(policy.withholding, NoWithholding):
        return 0
    cumulative = isinstance(policy.withholding, CnCumulative) and month >= PLATFORMS_SINCE
    months = [month]
    paid_in = {each[0] for each in before if each[0] >= PLATFORMS_SINCE}
    while cumulative and (earlier := f"{month[:5]}{int(months[-1][5:]) - 1:02}") in paid_in:
        months.append(earlier)
    counted = [each for each in before if each[0] in months]
    income = gross + sum(each[1] for each in counted)
    fifth = rounded(Fraction(income, 5), Rounding.HALF_UP)
    if cumulative:
        tax = by_bracket(CUMULATIVE, income - fifth - len(months) * 500_000)
    else:
        tax = by_bracket(LABOUR, income - (80_000 if income <= 400_000 else fifth))
    return min(max(0, tax - sum(each[2] for each in counted)), gross)


def by_bracket(brackets: Sequence[tuple[int | None, int]], taxable: int) -> int:
    """Return the tax on an amount: what lies in each bracket at the rate of that bracket."""
    tax, low = Fraction(0), 0
    for until, percent in brackets:
        high = taxable if until is None else min(taxable, until * 100)
        tax += Fraction(max(0, high - low) * percent, 100)
        low = taxable if until is None else until * 100
    return rounded(tax, Rounding.HALF_UP)
