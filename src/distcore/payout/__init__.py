"""Paying: from what is payable to the payee's account, by way of four eyes and a provider.

A payout reserves its amount when it is requested; whoever approves it is somebody else; the provider's
word decides whether the money left.

>>> from datetime import datetime, UTC
>>> day = lambda n: datetime(2026, 4, n, tzinfo=UTC)
>>> account = PayeeAccount("ann", 1, "bank", day(1), "desk", verified_at=day(2))
>>> account_refusal("ann", account, 3, day(2)).message
'account 1 of ann was changed; nothing is paid there before 2026-04-04T00:00:00Z'
>>> payout = Payout("p1", "ann", "CNY", 96_000, account.number, "bank", day(5), "desk")
>>> record = PayoutRecord(payout, (Step(1, PayoutState.REQUESTED, day(5), "desk"),))
>>> approval_refusal(record, "desk").code
'same_approver'
>>> approved = Step(2, PayoutState.APPROVED, day(5), "boss", content=content_of(payout))
>>> record = PayoutRecord(payout, (*record.steps, approved))
>>> submission_refusal(record, PayeeAccount("ann", 2, "bank", day(6), "ann"), 3, day(6)).message
'the approval of p1 is void: ann has account 2 now, it was given for account 1'

What is personal is masked wherever it is shown:

>>> AccountDetails("Ann Ling", "6222020200112233445", "ICBC")
AccountDetails(holder=****, account=****3445, bank=****)
"""

from distcore.payout.account import (
    STORED_VALUE_CHANNEL,
    AccountDetails,
    PayeeAccount,
    account_problems,
    masked,
    usable_from,
)
from distcore.payout.lifecycle import LIVE, OUTSIDE, TRANSITIONS, PayoutState
from distcore.payout.payout import (
    EventId,
    Outcome,
    Payout,
    PayoutId,
    PayoutRecord,
    ProviderEvent,
    Step,
    account_refusal,
    approval_refusal,
    content_of,
    event_problems,
    event_refusal,
    payout_problems,
    sending_refusal,
    step_refusal,
    submission_refusal,
)
from distcore.payout.ports import Accounts, Payouts
from distcore.payout.reconcile import (
    Finding,
    Mismatch,
    ProviderRow,
    Reconciliation,
    reconcile,
    row_problems,
)

__all__ = [
    "LIVE",
    "OUTSIDE",
    "STORED_VALUE_CHANNEL",
    "TRANSITIONS",
    "AccountDetails",
    "Accounts",
    "EventId",
    "Finding",
    "Mismatch",
    "Outcome",
    "PayeeAccount",
    "Payout",
    "PayoutId",
    "PayoutRecord",
    "PayoutState",
    "Payouts",
    "ProviderEvent",
    "ProviderRow",
    "Reconciliation",
    "Step",
    "account_problems",
    "account_refusal",
    "approval_refusal",
    "content_of",
    "event_problems",
    "event_refusal",
    "masked",
    "payout_problems",
    "reconcile",
    "row_problems",
    "sending_refusal",
    "step_refusal",
    "submission_refusal",
    "usable_from",
]
