"""The auditor of payouts: who can be paid where, what may be asked for, and what became of it."""

from collections.abc import Sequence

from distcore.kernel import Instant
from distcore.payout import ProviderEvent
from distcore.testing.auditor import which
from distcore.testing.auditor_closings import ClosingAuditor
from distcore.testing.auditor_money import MoneyAuditor, Paid

BECOMES = {
    "requested": {"approved", "cancelled"},
    "approved": {"submitted", "cancelled"},
    "submitted": {"succeeded", "failed", "unknown"},
    "unknown": {"succeeded", "failed", "unknown"},
}
STORED = "stored_value"


class Account:
    """An account of a payee."""

    def __init__(self, channel: str, changed_at: Instant, actor: str):
        """Set it; nobody has verified it yet."""
        self.channel, self.changed_at, self.actor = channel, changed_at, actor
        self.verified = self.erased = False


class PayoutAuditor:
    """What one shop was told about payouts; a verb returns the codes it may be refused with."""

    def __init__(self, money: MoneyAuditor, closings: ClosingAuditor) -> None:
        """Watch the payouts in a cash book; the policies of closings say how long a changed account waits."""
        self.money, self.closings = money, closings
        self.accounts: dict[str, list[Account]] = {}
        self.told: dict[str, ProviderEvent] = {}

    def set_account(self, payee: str, channel: str, at: Instant, actor: str) -> set[str]:
        """A payee is paid somewhere else from now on."""
        found = which(payee_unknown=payee not in self.money.auditor.members)
        last = next(reversed(self.accounts.get(payee, [])), None)
        same = last is not None and not last.erased and last.channel == channel == STORED
        if not found and not same:
            self.accounts.setdefault(payee, []).append(Account(channel, at, actor))
        return found

    def verify_account(self, payee: str, number: int, actor: str) -> set[str]:
        """Somebody else says that an account is the payee's own."""
        accounts = self.accounts.get(payee, [])
        if not accounts:
            return {"no_account"}
        account = accounts[-1]
        found = which(
            account_changed=number != len(accounts),
            account_verified=account.verified,
            same_verifier=account.actor == actor,
        )
        if not found:
            account.verified = True
        return found

    def erase(self, payee: str) -> set[str]:
        """What is personal about a payee goes."""
        mine = [each.state for each in self.money.payouts.values() if each.payee == payee]
        found = which(payout_live=any(state in BECOMES for state in mine))
        for account in [] if found else self.accounts.get(payee, []):
            account.erased = True
        return found

    def request(self, id: str, payee: str, currency: str, minor: int, at: Instant, actor: str) -> set[str]:
        """Somebody asks for an amount of what is payable."""
        payouts, accounts = self.money.payouts, self.accounts.get(payee, [])
        if id in payouts:
            same = (payouts[id].payee, payouts[id].currency, payouts[id].minor) == (payee, currency, minor)
            return which(payout_exists=not same)
        balances = self.money.balances()
        owed = min(0, balances["carried", payee, currency])
        found = self._account_reasons(payee, currency, at) | which(
            payee_on_hold=("payee", payee) in self.money.held,
            balance_too_low=balances["payable", payee, currency] + owed < minor,
        )
        if not found:
            payouts[id] = Paid(id, payee, currency, minor, len(accounts), accounts[-1].channel, actor)
        return found

    def approve(self, id: str, actor: str) -> set[str]:
        """Somebody else approves."""
        paid = self.money.payouts.get(id)
        same = paid is not None and paid.actor == actor
        return self._become(id, "approved", which(same_approver=same))

    def cancel(self, id: str) -> set[str]:
        """Somebody takes it back."""
        return self._become(id, "cancelled", set())

    def submit(self, channel: str, ids: Sequence[str] | None, at: Instant) -> dict[str, set[str]]:
        """Payouts are handed over; return why each of them can't be."""
        payouts = self.money.payouts
        approved = [id for id, x in payouts.items() if (x.channel, x.state) == (channel, "approved")]
        found = {id: self._submission_reasons(id, channel, at) for id in (approved if ids is None else ids)}
        for id, reasons in found.items():
            if not reasons:
                payouts[id].state = "succeeded" if channel == STORED else "submitted"
        return found

    def take(self, event: ProviderEvent) -> set[str]:
        """The provider tells something."""
        if event.id in self.told:
            return which(event_exists=self.told[event.id] != event)
        paid = self.money.payouts.get(event.payout)
        if paid is None:
            return {"payout_unknown"}
        told, known = (
            (event.payee, event.currency, event.amount_minor),
            (paid.payee, paid.currency, paid.minor),
        )
        found = which(
            event_differs=told != known,
            event_too_late=event.outcome.value not in BECOMES.get(paid.state, {}),
        )
        if not found:
            paid.state = event.outcome.value
            self.told[event.id] = event
        return found

    def _become(self, id: str, state: str, reasons: set[str]) -> set[str]:
        paid = self.money.payouts.get(id)
        if paid is None:
            return {"payout_unknown"}
        reasons |= which(payout_state_not_reachable=state not in BECOMES.get(paid.state, {}))
        if not reasons:
            paid.state = state
        return reasons

    def _submission_reasons(self, id: str, channel: str, at: Instant) -> set[str]:
        paid = self.money.payouts.get(id)
        if paid is None:
            return {"payout_unknown"}
        account_reasons = self._account_reasons(paid.payee, paid.currency, at)
        changed = paid.account != len(self.accounts[paid.payee])
        return ({"approval_void"} if changed else account_reasons) | which(
            channel_differs=paid.channel != channel,
            payee_on_hold=("payee", paid.payee) in self.money.held,
            payout_state_not_reachable=paid.state != "approved",
        )

    def _account_reasons(self, payee: str, currency: str, at: Instant) -> set[str]:
        if payee not in self.accounts:
            return {"no_account"}
        account, policy = self.accounts[payee][-1], self.closings.policy_at(currency, at)
        days = policy.account_hold_days if policy else 0
        return which(
            no_account=account.erased and account.channel != STORED,
            account_not_verified=not account.verified,
            account_on_hold=at < self.money.auditor.days_after(account.changed_at, days),
        )
