"""Small words for tests about money: what a payee is given, how a month is closed, how somebody is paid.

Instants are written as the clock in Shanghai shows them, amounts are minor units, and whoever needs a second
pair of eyes has one: the desk asks, the boss approves.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from distcore import engine
from distcore.kernel import (
    Actor,
    Currency,
    Instant,
    MemberId,
    parse_instant,
    parse_period,
)
from distcore.ledger import Account
from distcore.memory import MemoryStore
from distcore.payout import (
    AccountDetails,
    EventId,
    Outcome,
    PayeeAccount,
    Payout,
    PayoutId,
    PayoutRecord,
    ProviderEvent,
)
from distcore.ports import Store
from distcore.settlement import Adjustment, Closing, Hold, HoldOn, Opening, SettlementPolicy, Statement
from distcore.testing.builders import PAID, Shop, a_chain, a_line, a_plan, a_policy, a_sale, levels

CNY = Currency("CNY")
SHANGHAI = ZoneInfo("Asia/Shanghai")
ANN, BEN, CAI = MemberId("ann"), MemberId("ben"), MemberId("cai")


def on(text: str) -> Instant:
    """Return the instant at which clocks in Shanghai show a date, or a date and a time."""
    return parse_instant(f"{text if ' ' in text else f'{text} 00:00'}+08:00")


POLICY = SettlementPolicy(CNY, 1, on("2026-01-01"), account_hold_days=0)
"""Months, closed at once, with no minimum, no tax and no hold; tests `evolve` it for anything else."""

BANK = AccountDetails("Ann Ling", "6222020200112233445", "ICBC")


def a_shop(
    policy: SettlementPolicy | None = POLICY,
    *,
    store: Store | None = None,
    zone: str = "Asia/Shanghai",
    currencies: tuple[str, ...] = ("CNY",),
) -> Shop:
    """Return a shop that pays 10 % to the sponsor a week after payment: `ann` above `ben` above `cai`."""
    plan = a_plan(levels("10%"), freeze=PAID)
    found = Shop.open(
        store or MemoryStore("tea house"),
        plan,
        a_chain("ann", "ben", "cai"),
        a_policy(zone=zone, currencies=currencies),
    )
    if policy is not None:
        found.do(engine.set_settlement, policy, at=policy.valid_from)
    return found


# What somebody gets


def an_adjustment(
    payee: str,
    amount_minor: int,
    when: Instant,
    *,
    id: str = "a1",
    currency: str = "CNY",
    reason: str = "a prize",
    authority: str = "boss",
) -> Adjustment:
    """Return an amount that the boss gives, or takes."""
    return Adjustment(
        id, MemberId(payee), Currency(currency), amount_minor, reason, Actor(authority), valid_at=when
    )


def give(
    shop: Shop, payee: str, amount_minor: int, when: Instant, *, id: str | None = None, currency: str = "CNY"
) -> None:
    """Give a payee an amount that is released at once; below zero it is taken."""
    named = id or f"{payee} {amount_minor} {when.isoformat()}"
    shop.do(engine.adjust, an_adjustment(payee, amount_minor, when, id=named, currency=currency), at=when)


def an_opening(
    payee: str,
    amount_minor: int,
    when: Instant,
    *,
    id: str = "o1",
    currency: str = "CNY",
    frozen_until: Instant | None = None,
) -> Opening:
    """Return what another mall owed a payee."""
    return Opening(
        id, MemberId(payee), Currency(currency), amount_minor, "old mall, row 7", when, frozen_until
    )


def sell(
    shop: Shop, net_minor: int, paid_at: Instant, *, id: str = "order 1", at: Instant | None = None
) -> None:
    """Sell something to ben, of which ann gets 10 % a week later."""
    sale = a_sale(id, "ben", [a_line(net_minor=net_minor)], paid_at=paid_at)
    shop.do(engine.accrue, sale, at=at or paid_at)


def release(shop: Shop, when: Instant) -> engine.Released:
    """Release whatever is out of its freeze."""
    return shop.do(engine.release, at=when)


def hold(shop: Shop, on: HoldOn, ref: str, when: Instant, reason: str = "a dispute") -> None:
    """Hold a sale or a payee."""
    shop.do(engine.place_hold, Hold(on, ref, reason), at=when)


# Closing a period


def close(shop: Shop, label: str | None = None, when: Instant | None = None, **options: str) -> Closing:
    """Close a period of CNY, ten hours after it has ended if nothing else is said."""
    with shop.store.begin() as tx:
        policy = tx.policies.current()
    assert policy is not None
    if when is None:
        assert label is not None, "the end of a period without a name is not known"
        when = parse_period(label, policy.calendar).end + timedelta(hours=10)
    return shop.do(engine.close_period, CNY, label, at=when, **options)


def stated(shop: Shop, closing: int, payee: str = "ann") -> Statement:
    """Return what a closing says to a payee."""
    with shop.store.begin() as tx:
        return next(each for each in tx.closings.statements(closing) if each.payee == payee)


def figures(shop: Shop, closing: int, payee: str = "ann") -> tuple[int, int, int, int]:
    """Return opening, lines, gross and closing of a statement."""
    found = stated(shop, closing, payee)
    return found.opening_minor, found.lines_minor, found.gross_minor, found.closing_minor


def payees(shop: Shop, closing: int) -> list[str]:
    """Return who has a statement."""
    with shop.store.begin() as tx:
        return [each.payee for each in tx.closings.statements(closing)]


# Paying


def set_account(
    shop: Shop, payee: str, when: Instant, *, channel: str = "bank", details: AccountDetails = BANK
) -> PayeeAccount:
    """Set where a payee is paid, and let the boss verify it."""
    given = shop.do(engine.set_account, payee, channel, details, at=when, actor="desk")
    return shop.do(engine.verify_account, payee, given.number, at=when, actor="boss")


def request(shop: Shop, id: str, amount_minor: int, when: Instant, payee: str = "ann") -> PayoutRecord:
    """Ask for a payout, as the desk."""
    return shop.do(
        engine.request_payout, PayoutId(id), MemberId(payee), CNY, amount_minor, at=when, actor="desk"
    )


def approve(shop: Shop, id: str, when: Instant) -> PayoutRecord:
    """Approve a payout, as the boss."""
    return shop.do(engine.approve_payout, PayoutId(id), at=when, actor="boss")


def submit(shop: Shop, id: str, when: Instant, channel: str = "bank") -> None:
    """Hand a payout over to its provider."""
    report = shop.do(engine.submit_payouts, channel, [PayoutId(id)], at=when, actor="desk")
    assert [order.payout.id for order in report.done] == [id]


def sent(shop: Shop, id: str, amount_minor: int, when: Instant, payee: str = "ann") -> Payout:
    """Bring a payout to where only the provider knows."""
    record = request(shop, id, amount_minor, when, payee)
    approve(shop, id, when)
    submit(shop, id, when)
    return record.payout


def an_event(payout: Payout, outcome: Outcome, when: Instant, *, id: str = "e1") -> ProviderEvent:
    """Return what a provider tells about a payout, true to it."""
    return ProviderEvent(
        EventId(id), payout.id, payout.payee, payout.currency, payout.amount_minor, outcome, when
    )


def tell(shop: Shop, payout: Payout, outcome: Outcome, when: Instant, *, id: str = "e1") -> PayoutRecord:
    """Let the provider tell what became of a payout."""
    return shop.do(engine.take_event, an_event(payout, outcome, when, id=id), at=when, actor="bank")


def pay(shop: Shop, id: str, amount_minor: int, when: Instant, payee: str = "ann") -> None:
    """Pay an amount, all the way."""
    tell(shop, sent(shop, id, amount_minor, when, payee), Outcome.SUCCEEDED, when, id=f"event of {id}")


# What is where


def holds(shop: Shop, payee: str | None = None) -> dict[Account, int]:
    """Return what is on the accounts of a payee, or of all together, in a shop of one currency."""
    sums: dict[Account, int] = {}
    with shop.store.begin() as tx:
        for each in engine.balances(tx, None if payee is None else MemberId(payee)):
            sums[each.account] = sums.get(each.account, 0) + each.minor
    return {account: minor for account, minor in sums.items() if minor}


def record(shop: Shop, id: str) -> PayoutRecord:
    """Return a payout with its life so far."""
    with shop.store.begin() as tx:
        return engine.payout_of(tx, PayoutId(id))
