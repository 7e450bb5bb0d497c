"""What a payee was stated in one currency says nothing of another one."""

from distcore import engine
from distcore.commission import AccrualState
from distcore.kernel import MemberId
from distcore.memory import MemoryStore
from distcore.testing.builders import PAID, Shop, a_chain, a_plan, a_policy, a_sale, day, levels
from distcore.testing.money import a_settlement_policy, an_adjustment, an_event

BEN = MemberId("ben")


def told() -> Shop:
    """Return a shop in which `ben` has a statement in each of two currencies."""
    plan = a_plan(levels("10%"), freeze=PAID)
    policy = a_policy(currencies=("CNY", "JPY"))
    shop = Shop.open(MemoryStore("tea house"), plan, a_chain("ann", "ben", "cai"), policy)
    for currency in ("CNY", "JPY"):
        shop.do(engine.set_settlement, a_settlement_policy(currency=currency))
    shop.do(engine.accrue, a_sale(), at=day(11))
    shop.do(engine.release, at=day(18))
    shop.do(engine.adjust, an_adjustment("a1", "ben", 700, currency="JPY"), at=day(18))
    for currency in ("JPY", "CNY"):
        shop.do(engine.close_period, currency, "2017-01", at=day(40))
    return shop


def test_a_payee_has_the_statements_of_every_currency() -> None:
    with told().store.begin() as tx:
        found = [(each.statement.currency, each.statement.gross_minor) for each in engine.statements(tx, BEN)]
        assert found == [("JPY", 700), ("CNY", 1_000)]
        assert engine.statements(tx, MemberId("cai")) == []


def test_a_sale_is_paid_when_its_own_currency_is() -> None:
    shop = told()
    shop.bank("ben", at=day(41))
    for id, currency in (("p1", "JPY"), ("p2", "CNY")):
        with shop.store.begin() as tx:
            (place,) = engine.whereabouts(tx, a_sale().id)
        assert place.state is AccrualState.SETTLED
        amount = {"JPY": 700, "CNY": 1_000}[currency]
        shop.do(engine.request_payout, id, BEN, currency, amount, at=day(50))
        shop.do(engine.approve_payout, id, at=day(50), actor="boss")
        shop.do(engine.submit_payouts, "bank", [id], at=day(50))
        told_so = an_event(f"e {id}", id, payee="ben", amount_minor=amount, currency=currency)
        shop.do(engine.take_event, told_so)
    with shop.store.begin() as tx:
        (place,) = engine.whereabouts(tx, a_sale().id)
    assert place.state is AccrualState.PAID
