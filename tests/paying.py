"""A shop that owes its payees something, for tests about paying it."""

from collections.abc import Mapping

from distcore import engine
from distcore.kernel import Actor, Cadence, Currency, Instant, MemberId
from distcore.payout import STORED_VALUE_CHANNEL, AccountDetails, PayoutId, PayoutRecord
from distcore.ports import Store
from distcore.settlement import Adjustment, SettlementPolicy
from distcore.testing.builders import DAY_1, DAY_10, DAY_12, DAY_13, Shop, a_chain

CNY = Currency("CNY")
BANK = AccountDetails("Ann Ling", "6222020200112233445", "ICBC")


def a_paying_shop(store: Store, owed_minor: Mapping[str, int], channel: str = "bank") -> Shop:
    """Return a shop that closed the eleventh day, so that these amounts are payable through a channel."""
    shop = Shop.open(store, None, a_chain(*owed_minor))
    policy = SettlementPolicy(CNY, 1, DAY_1, cadence=Cadence.DAILY, account_hold_days=0)
    shop.do(engine.set_settlement, policy)
    for payee, amount in owed_minor.items():
        give(shop, payee, amount, DAY_10)
        details = AccountDetails() if channel == STORED_VALUE_CHANNEL else BANK
        shop.do(engine.set_account, payee, channel, details, at=DAY_12, actor="desk")
        shop.do(engine.verify_account, payee, 1, at=DAY_12, actor="boss")
    shop.do(engine.close_period, CNY, at=DAY_12)
    return shop


def give(shop: Shop, payee: str, amount_minor: int, when: Instant) -> None:
    """Give a payee an amount by decision; it is due with the next closing."""
    id = f"{payee} {amount_minor} {when.isoformat()}"
    adjustment = Adjustment(id, MemberId(payee), CNY, amount_minor, "a prize", Actor("boss"), valid_at=when)
    shop.do(engine.adjust, adjustment, at=when)


def approve(shop: Shop, id: str, payee: str, amount_minor: int, when: Instant = DAY_13) -> None:
    """Have the desk ask for a payout, and the boss approve it."""
    shop.do(engine.request_payout, PayoutId(id), payee, CNY, amount_minor, at=when, actor="desk")
    shop.do(engine.approve_payout, PayoutId(id), at=when, actor="boss")


def record_of(shop: Shop, id: str) -> PayoutRecord:
    """Return a payout with its life so far."""
    with shop.store.begin() as tx:
        return engine.payout_of(tx, PayoutId(id))


def payable_of(shop: Shop, payee: str) -> int:
    """Return what a payee can ask for now."""
    with shop.store.begin() as tx:
        balance = tx.balances.of([MemberId(payee)], CNY).get(MemberId(payee))
    return 0 if balance is None else balance.payable_minor
