"""Named builders of what is due, settled, held and paid; `distcore.testing.builders` has the rest.

>>> from distcore.settlement import LineTotal, stated
>>> policy = a_settlement_policy(minimum_minor=1_000)
>>> stated(a_closing(), LineTotal("ann", 900, 3), 0, policy, held=False).gross_minor
0
"""

from distcore.kernel import Actor, Cadence, Currency, Instant, MemberId, Origin, OriginKind, parse_period
from distcore.ledger import COMMISSION, FROZEN, Account, Balance, Transfer
from distcore.payout import (
    AccountDetails,
    EventId,
    Outcome,
    PayeeAccount,
    Payout,
    PayoutId,
    PayoutState,
    ProviderEvent,
    Step,
)
from distcore.settlement import (
    Adjustment,
    Assessment,
    Closing,
    ClosingState,
    Decision,
    Due,
    Hold,
    HoldChange,
    HoldOn,
    NoWithholding,
    Opening,
    Review,
    SettlementPolicy,
    Statement,
    Withholding,
)
from distcore.testing.builders import ALWAYS, DAY_1, DAY_10, DAY_12, LATER, a_policy


def an_origin(ref: str = "order 1", kind: OriginKind = OriginKind.SALE, number: int = 0) -> Origin:
    """Return what money stems from: by default the first posting of an order."""
    return Origin(kind, ref, number)


def a_transfer(
    ref: str = "order 1",
    payee: str = "ann",
    amount_minor: int = 100,
    debit: str = COMMISSION,
    credit: str = FROZEN,
    *,
    kind: OriginKind = OriginKind.SALE,
    number: int = 0,
    currency: str = "CNY",
    valid_at: Instant = DAY_10,
    posted_at: Instant = LATER,
) -> Transfer:
    """Return a transfer of 1.00 that was earned by an order and is frozen."""
    origin, of = an_origin(ref, kind, number), MemberId(payee)
    accounts = (Account(debit), Account(credit))
    return Transfer(origin, of, Currency(currency), *accounts, amount_minor, valid_at, posted_at)


def a_balance(payee: str = "ann", carried_minor: int = 0, payable_minor: int = 0, **more: str) -> Balance:
    """Return a balance in `CNY`, or a change of one."""
    return Balance(MemberId(payee), Currency(more.get("currency", "CNY")), carried_minor, payable_minor)


def a_settlement_policy(
    policy_version: int = 1,
    currency: str = "CNY",
    *,
    valid_from: Instant = ALWAYS[0],
    cadence: Cadence = Cadence.MONTHLY,
    review: Review = Review.AUTOMATIC,
    minimum_minor: int = 0,
    withholding: Withholding | None = None,
    account_hold_days: int = 0,
) -> SettlementPolicy:
    """Return a policy that closes months at once, withholds nothing and makes nobody wait."""
    return SettlementPolicy(
        Currency(currency),
        policy_version,
        valid_from,
        cadence,
        review,
        minimum_minor,
        withholding or NoWithholding(),
        account_hold_days,
    )


def a_due(
    ref: str = "order 1",
    payee: str = "ann",
    amount_minor: int = 100,
    *,
    kind: OriginKind = OriginKind.SALE,
    number: int = 0,
    currency: str = "CNY",
    valid_at: Instant = DAY_10,
    released_at: Instant = DAY_12,
) -> Due:
    """Return 1.00 that was released on the twelfth day."""
    origin = an_origin(ref, kind, number)
    return Due(origin, MemberId(payee), Currency(currency), amount_minor, valid_at, released_at)


def an_adjustment(
    id: str = "bonus",
    payee: str = "ann",
    amount_minor: int = 1_000,
    *,
    currency: str = "CNY",
    reason: str = "for the best of the month",
    authority: str = "boss",
    valid_at: Instant = DAY_10,
) -> Adjustment:
    """Return 10.00 that the boss gives."""
    who = MemberId(payee), Currency(currency)
    return Adjustment(id, *who, amount_minor, reason, Actor(authority), valid_at)


def an_opening(
    id: str = "old",
    payee: str = "ann",
    amount_minor: int = 1_000,
    *,
    currency: str = "CNY",
    provenance: str = "row 1 of the old shop",
    valid_at: Instant = DAY_1,
    frozen_until: Instant | None = None,
) -> Opening:
    """Return 10.00 that the old shop owed."""
    who = MemberId(payee), Currency(currency)
    return Opening(id, *who, amount_minor, provenance, valid_at, frozen_until)


def a_hold(ref: str = "order 1", on: HoldOn = HoldOn.SALE, reason: str = "somebody complained") -> Hold:
    """Return a hold on an order."""
    return Hold(on, ref, reason)


def a_hold_change(hold: Hold, number: int = 1, *, placed: bool = True) -> HoldChange:
    """Return the change that places a hold, or lifts it."""
    return HoldChange(hold, number, placed, LATER, Actor("tester"))


def a_closing(
    number: int = 1,
    label: str = "2017-01",
    *,
    currency: str = "CNY",
    policy_version: int = 1,
    drafted_at: Instant = LATER,
    decision: Decision | None = None,
) -> Closing:
    """Return the draft of the first month, in Shanghai."""
    period = parse_period(label, a_policy().calendar)
    return Closing(number, Currency(currency), period, policy_version, drafted_at, Actor("tester"), decision)


def a_decision(
    state: ClosingState = ClosingState.APPROVED, reason: str = "", actor: str = "boss"
) -> Decision:
    """Return what the boss decided."""
    return Decision(state, LATER, Actor(actor), reason)


def a_statement(
    closing: int = 1,
    payee: str = "ann",
    lines_minor: int = 0,
    line_count: int = 0,
    *,
    opening_minor: int = 0,
    gross_minor: int = 0,
    held: bool = False,
    currency: str = "CNY",
) -> Statement:
    """Return a statement of which nothing is due."""
    who = MemberId(payee), Currency(currency)
    return Statement(closing, *who, opening_minor, lines_minor, line_count, gross_minor, held)


def an_assessment(
    closing: int = 1,
    payee: str = "ann",
    gross_minor: int = 1_000,
    withheld_minor: int = 0,
    *,
    month: str = "2017-02",
    currency: str = "CNY",
) -> Assessment:
    """Return 10.00 gross of which nothing is withheld."""
    return Assessment(closing, MemberId(payee), Currency(currency), month, gross_minor, withheld_minor)


def an_account(
    payee: str = "ann",
    number: int = 1,
    channel: str = "bank",
    *,
    changed_at: Instant = DAY_1,
    verified_at: Instant | None = None,
) -> PayeeAccount:
    """Return the first account of a payee, which nobody has verified."""
    return PayeeAccount(MemberId(payee), number, channel, changed_at, Actor("tester"), verified_at)


def some_details(
    account: str = "6222020200112233445", holder: str = "Ann Ling", bank: str = "ICBC"
) -> AccountDetails:
    """Return what is personal about an account."""
    return AccountDetails(holder, account, bank)


def a_payout(
    id: str = "p1",
    payee: str = "ann",
    amount_minor: int = 1_000,
    *,
    currency: str = "CNY",
    account: int = 1,
    channel: str = "bank",
    requested_at: Instant = LATER,
) -> Payout:
    """Return 10.00 on their way to the first account of a payee."""
    who = MemberId(payee), Currency(currency)
    return Payout(PayoutId(id), *who, amount_minor, account, channel, requested_at, Actor("tester"))


def a_step(
    number: int = 1,
    state: PayoutState = PayoutState.REQUESTED,
    *,
    at: Instant = LATER,
    reason: str = "",
    content: bytes | None = None,
    event: str | None = None,
) -> Step:
    """Return the first step of a payout, its request."""
    told = None if event is None else EventId(event)
    return Step(number, state, at, Actor("tester"), reason, content, told)


def an_event(
    id: str,
    payout: str = "p1",
    outcome: Outcome = Outcome.SUCCEEDED,
    *,
    payee: str = "ann",
    amount_minor: int = 1_000,
    currency: str = "CNY",
    happened_at: Instant = LATER,
    reason: str = "",
) -> ProviderEvent:
    """Return what a provider tells about `a_payout`: it succeeded."""
    of = PayoutId(payout), MemberId(payee), Currency(currency)
    return ProviderEvent(EventId(id), *of, amount_minor, outcome, happened_at, reason)
