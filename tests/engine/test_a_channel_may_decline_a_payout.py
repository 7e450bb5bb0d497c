"""What a channel can't take is refused and stays approved; the others are submitted."""

from typing import Final

from tests.builders import CNY, NOW, Shop, day, shop

from distcore import engine
from distcore.kernel import Actor, Code, MemberId, Refusal
from distcore.payout import AccountDetails, PayoutId, PayoutState
from distcore.ports import PayoutOrder
from distcore.settlement import Adjustment, SettlementPolicy

UNFIT: Final = Code("unfit", "the channel can't take {payout}")


def no_blank_bank(order: PayoutOrder) -> Refusal | None:
    """Return the refusal of a channel that must know the bank."""
    return None if order.details.bank else UNFIT.refuse(payout=order.payout.id)


def with_two_approved() -> Shop:
    found = shop()
    found.do(engine.set_settlement, SettlementPolicy(CNY, 1, day(-30), account_hold_days=0))
    for payee, bank in (("ann", "ICBC"), ("ben", "")):
        given = Adjustment(
            f"gift to {payee}", MemberId(payee), CNY, 500, "thanks", Actor("the owner"), day(2)
        )
        found.do(engine.adjust, given, at=day(3))
        found.do(engine.set_account, payee, "bank", AccountDetails(payee, "6222020200012345678", bank))
    found.do(engine.close_period, CNY, at=day(40))
    with found.store.begin() as tx:
        for payee, payout in ((MemberId(each), PayoutId(each)) for each in ("ann", "ben")):
            now, other = day(40), "somebody else"
            engine.verify_account(tx, payee, 1, at=now, actor=other, key=f"verify {payee}")
            engine.request_payout(tx, payout, payee, CNY, 500, at=now, actor="clerk", key=f"ask {payee}")
            engine.approve_payout(tx, payout, at=now, actor=other, key=f"approve {payee}")
    return found


def test_the_others_are_submitted() -> None:
    shop = with_two_approved()

    report = shop.do(engine.submit_payouts, "bank", at=day(41), key="batch", unfit=no_blank_bank)

    assert [each.payout.id for each in report.done] == ["ann"]
    assert [(each.item, each.refusal.code) for each in report.refused] == [("ben", "unfit")]
    assert shop.ask(engine.payout_of, PayoutId("ben")).state is PayoutState.APPROVED


def test_under_the_same_key_it_is_the_same_batch() -> None:
    shop = with_two_approved()
    first = shop.do(engine.submit_payouts, "bank", at=day(41), key="batch", unfit=no_blank_bank)

    again = shop.do(engine.submit_payouts, "bank", at=day(42), key="batch")

    assert (again.done, again.repeated) == ((), 1)
    assert shop.ask(engine.submitted_orders, "batch") == first.done


def test_an_order_that_is_not_there_is_not_asked_about() -> None:
    shop = with_two_approved()

    report = shop.do(engine.submit_payouts, "bank", ["nobody"], at=NOW, unfit=no_blank_bank)

    assert [each.refusal.code for each in report.refused] == ["payout_unknown"]
