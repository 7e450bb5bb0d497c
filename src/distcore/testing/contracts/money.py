"""From what is due to what was paid: nothing is lost, paid twice, or decided by what was read before."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from distcore import engine
from distcore.kernel import Currency, Instant, MemberId, limits
from distcore.ledger import CARRIED, IN_PAYOUT, PAYABLE, RELEASED, WITHHELD, channel_account
from distcore.payout import Outcome, PayoutState
from distcore.ports import Store, Transaction
from distcore.settlement import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    Due,
    HoldOn,
    Review,
    SettlementPolicy,
    SoFar,
)
from distcore.testing.builders import (
    PAID,
    Shop,
    StoreOf,
    a_chain,
    a_line,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.contracts.kept import StopHereError
from distcore.testing.money import (
    a_due,
    a_hold,
    a_settlement_policy,
    an_adjustment,
    an_event,
    some_details,
)

CNY = Currency("CNY")
BY_LAW = CustomWithholding("a fifth")
FIFTH = {("a fifth", 1): lambda gross_minor, _month, _so_far: gross_minor // 5}
"""A withholding that anybody can calculate."""


def a_shop(store: Store, policy: SettlementPolicy | None = None) -> Shop:
    """Return a shop that pays the sponsor 10 %, and settles by a policy."""
    plan = a_plan(levels("10%"), freeze=PAID)
    shop = Shop.open(store, plan, a_chain("ann", "ben"))
    shop.do(engine.set_settlement, policy or a_settlement_policy(withholding=BY_LAW))
    return shop


def give(shop: Shop, amount_minor: int, at: Instant, payee: str = "ann") -> None:
    """Give or take an amount by decision."""
    id = f"{payee} {amount_minor} {at}"
    shop.do(engine.adjust, an_adjustment(id, payee, amount_minor, valid_at=at), at=at)


def close(shop: Shop, period: str, **options: Any) -> int:
    """Close a period and return the number of the closing."""
    return shop.do(engine.close_period, "CNY", period, customs=FIFTH, **options).number


def paying(shop: Shop, amount_minor: int = 10_000) -> Shop:
    """Let a shop owe ann an amount after January, four fifths of it payable, to an account at a bank."""
    give(shop, amount_minor, day(20))
    close(shop, "2017-01")
    shop.bank("ann")
    return shop


class _Overtaken:
    """Closings around which somebody else writes dues, as soon as they take what is due."""

    def __init__(self, tx: Transaction, before: Due, after: Due) -> None:
        self._tx, self._before, self._after = tx, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx.closings, name)

    def take(self, closing: Any) -> int:
        self._tx.dues.add([self._before])
        taken = self._tx.closings.take(closing)
        self._tx.dues.add([self._after])
        return taken


class _Stale:
    """Balances that show what was there a while ago, as a snapshot does; what is written is up to date."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx.balances, name)

    def of(self, payees: Any, currency: Currency) -> Any:
        found = self._tx.balances.of(payees, currency)
        return {
            payee: type(each)(payee, currency, 0, limits.AMOUNT_MINOR_MAX) for payee, each in found.items()
        }


class _With:
    """A transaction with a port of another kind."""

    def __init__(self, tx: Transaction, **ports: object) -> None:
        self._tx = tx
        vars(self).update(ports)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


class MoneyContract:
    """What a shop owes becomes statements, payables and payouts, to the cent."""

    def test_a_statement_says_what_its_closing_took(self, store_of: StoreOf) -> None:
        """Whatever others write meanwhile is on it or still due: what was added up is what was taken."""
        shop = a_shop(store_of("shop"))
        give(shop, 1_000, day(20))
        before, after = a_due("before", "ann", 30), a_due("after", "ann", 7)

        def overtaken(tx: Transaction, **call: Any) -> Any:
            meddled: Any = _With(tx, closings=_Overtaken(tx, before, after))
            return engine.close_period(meddled, CNY, "2017-01", customs=FIFTH, **call)

        closing = shop.do(overtaken)
        with shop.store.begin() as tx:
            lines = list(tx.closings.lines(closing.number, MemberId("ann")))
            (statement,) = tx.closings.statements(closing.number)
            assert [line.due.origin.ref for line in lines][-1:] == ["before"]
            assert (statement.lines_minor, statement.line_count) == (1_030, 2)
            assert list(tx.dues.all()) == [after]

    @pytest.mark.parametrize("review", Review)
    def test_a_closing_that_breaks_off_leaves_nothing(self, store_of: StoreOf, review: Review) -> None:
        """Neither lines, nor statements, nor a draft: a period is closed in one transaction."""
        shop = a_shop(store_of("shop"), a_settlement_policy(withholding=BY_LAW, review=review))
        for payee, amount in (("ann", 1_000), ("ben", 2_000)):
            give(shop, amount, day(20), payee)
        if review is Review.REVIEWED:
            close(shop, "2017-01")
        before = shop.dump()

        def breaks(_gross_minor: int, _month: str, _so_far: SoFar) -> int:
            raise StopHereError

        customs = {("a fifth", 1): breaks}
        verb: Callable[..., object] = engine.approve_closing
        what: tuple[object, ...] = (1,)
        if review is Review.AUTOMATIC:
            verb, what = engine.close_period, ("CNY", "2017-01")
        with pytest.raises(StopHereError):
            shop.do(verb, *what, customs=customs, actor="boss")
        assert shop.dump() == before
        shop.do(verb, *what, customs=FIFTH, actor="boss")
        assert [shop.balance(payee) for payee in ("ann", "ben")] == [(0, 800), (0, 1_600)]
        shop.assert_sound(FIFTH)

    def test_below_the_minimum_the_balance_is_carried(self, store_of: StoreOf) -> None:
        """To the cent, and paid with what comes next; the minimum is compared with what is due before tax."""
        policy = a_settlement_policy(minimum_minor=1_000, withholding=BY_LAW)
        shop = a_shop(store_of("shop"), policy)
        give(shop, 999, day(20))
        give(shop, 1_000, day(20), "ben")
        close(shop, "2017-01")
        assert (shop.balance("ann"), shop.balance("ben")) == ((999, 0), (0, 800))
        assert shop.accounts("ann") == {"adjustments": -999, CARRIED: 999}
        give(shop, 1, day(45))
        close(shop, "2017-02")
        assert (shop.balance("ann"), shop.balance("ben")) == ((0, 800), (0, 800))
        statements = [
            (each.opening_minor, each.lines_minor, each.gross_minor) for each in shop.statements("ann")
        ]
        assert statements == [(0, 999, 0), (999, 1, 1_000)]
        assert shop.accounts("ann") == {"adjustments": -1_000, PAYABLE: 800, WITHHELD: 200}

    def test_a_carried_balance_is_due_without_lines(self, store_of: StoreOf) -> None:
        """When a hold is lifted, or the minimum falls, there is a statement though nothing has come."""
        shop = a_shop(store_of("shop"))
        give(shop, 500, day(20))
        shop.do(engine.place_hold, a_hold("ann", HoldOn.PAYEE))
        close(shop, "2017-01")
        close(shop, "2017-02")
        assert [each.held for each in shop.statements("ann")] == [True, True]
        assert shop.balance("ann") == (500, 0)
        shop.do(engine.lift_hold, HoldOn.PAYEE, "ann", "all is well")
        close(shop, "2017-03")
        close(shop, "2017-04")
        assert [each.line_count for each in shop.statements("ann")] == [1, 0, 0]
        assert shop.balance("ann") == (0, 400)

    def test_what_goes_back_after_it_was_paid_is_carried(self, store_of: StoreOf) -> None:
        """Below zero, offset by what comes next: that period pays max(0, carried + new)."""
        shop = a_shop(store_of("shop"), a_settlement_policy())
        shop.do(engine.accrue, a_sale("order 1", "ben", [a_line(net_minor=50_000)]), at=day(11))
        shop.do(engine.release, at=day(20))
        close(shop, "2017-01")
        shop.bank("ann")
        shop.send("p1", "ann", 5_000)
        shop.do(engine.take_event, an_event("e1", amount_minor=5_000))
        refund = a_refund("r1", "order 1", {"1": (1, 50_000)}, refunded_at=day(40))
        shop.do(engine.refund, refund, at=day(40))
        close(shop, "2017-02")
        assert shop.balance("ann") == (-5_000, 0)
        give(shop, 3_000, day(70))
        close(shop, "2017-03")
        assert shop.balance("ann") == (-2_000, 0)
        give(shop, 3_000, day(100))
        close(shop, "2017-04")
        assert shop.balance("ann") == (0, 1_000)
        bank = channel_account("bank")
        assert shop.accounts("ann") == {"adjustments": -6_000, bank: 5_000, PAYABLE: 1_000}
        shop.assert_sound()

    def test_a_rejected_closing_gives_everything_back(self, store_of: StoreOf) -> None:
        """And the period is closed anew, with what has come since; nobody was paid by the draft."""
        policy = a_settlement_policy(review=Review.REVIEWED, withholding=BY_LAW)
        shop = a_shop(store_of("shop"), policy)
        give(shop, 1_000, day(20))
        assert close(shop, "2017-01") == 1
        assert shop.refused(engine.close_period, "CNY", "2017-02", customs=FIFTH) == "draft_waits"
        shop.do(engine.reject_closing, 1, "one is missing", actor="boss")
        assert shop.accounts("ann") == {"adjustments": -1_000, RELEASED: 1_000}
        give(shop, 500, day(21))
        assert close(shop, "2017-01") == 2
        assert shop.balance("ann") == (0, 0)
        shop.do(engine.approve_closing, 2, actor="boss", customs=FIFTH)
        assert [each.lines_minor for each in shop.statements("ann")] == [1_000, 1_500]
        assert shop.balance("ann") == (0, 1_200)
        shop.assert_sound(FIFTH)

    def test_what_comes_late_is_on_the_next_statement(self, store_of: StoreOf) -> None:
        """Its freeze was over in January, it was written in February: it is not lost between the two."""
        shop = a_shop(store_of("shop"), a_settlement_policy())
        close(shop, "2017-01", at=day(33))
        shop.do(engine.accrue, a_sale("late", "ben", paid_at=day(5)), at=day(34))
        shop.do(engine.release, at=day(34))
        close(shop, "2017-02")
        assert shop.balance("ann") == (0, 1_000)
        with shop.store.begin() as tx:
            (line,) = engine.statement_lines(tx, 2, MemberId("ann"))
        assert (line.due.valid_at, line.due.released_at) == (day(5), day(34))

    def test_what_was_withheld_is_never_given_back(self, store_of: StoreOf) -> None:
        """The allowance of a second month makes less tax than was withheld of the first: then nothing is."""
        shop = a_shop(store_of("shop"), a_settlement_policy(withholding=CnCumulative()))
        give(shop, 10_000_000, datetime(2026, 1, 20, tzinfo=UTC))
        close(shop, "2026-01", at=datetime(2026, 2, 2, tzinfo=UTC))
        withheld = shop.accounts("ann")[WITHHELD]
        assert withheld > 0
        give(shop, 100, datetime(2026, 2, 20, tzinfo=UTC))
        close(shop, "2026-02", at=datetime(2026, 3, 2, tzinfo=UTC))
        assert shop.accounts("ann")[WITHHELD] == withheld
        assert shop.balance("ann") == (0, 10_000_100 - withheld)
        shop.assert_sound()

    def test_a_month_is_one_payment(self, store_of: StoreOf) -> None:
        """Two statements that are approved in the same month are taxed as one; gross is net and withheld."""
        shop = a_shop(store_of("shop"), a_settlement_policy(withholding=CnLabour()))
        other = a_shop(store_of("other"), a_settlement_policy(withholding=CnLabour()))
        for one, parts in ((shop, (300_000, 250_000)), (other, (550_000, 0))):
            for amount, at in zip(parts, (day(20), day(45)), strict=True):
                if amount:
                    give(one, amount, at)
            for month in ("2017-01", "2017-02"):
                close(one, month, at=day(70))
        assert shop.accounts("ann") == other.accounts("ann")
        assert shop.balance("ann")[1] + shop.accounts("ann")[WITHHELD] == 550_000

    def test_what_is_held_is_not_closed(self, store_of: StoreOf) -> None:
        """An order that is held is on no statement, whoever else is; once it is lifted it is on the next."""
        shop = a_shop(store_of("shop"), a_settlement_policy())
        for order in ("free", "held"):
            shop.do(engine.accrue, a_sale(order, "ben"), at=day(11))
        shop.do(engine.release, at=day(20))
        shop.do(engine.place_hold, a_hold("held"))
        close(shop, "2017-01")
        assert shop.accounts("ann") == {"commission": -2_000, PAYABLE: 1_000, RELEASED: 1_000}
        shop.do(engine.lift_hold, HoldOn.SALE, "held", "all is well")
        close(shop, "2017-02")
        assert shop.accounts("ann") == {"commission": -2_000, PAYABLE: 2_000}
        shop.assert_sound()

    def test_the_same_money_is_reserved_once(self, store_of: StoreOf) -> None:
        """All of it to the last cent and no more, whatever was read before; cancelled it is there again."""
        shop = paying(a_shop(store_of("shop")))
        assert shop.refused(engine.request_payout, "p0", "ann", CNY, 8_001) == "balance_too_low"

        def stale(tx: Transaction, *args: Any, **call: Any) -> Any:
            misled: Any = _With(tx, balances=_Stale(tx))
            return engine.request_payout(misled, *args, **call)

        assert shop.refused(stale, "p0", "ann", CNY, 8_001) == "balance_too_low"
        shop.request("p1", "ann", 5_000)
        assert shop.refused(engine.request_payout, "p2", "ann", CNY, 3_001) == "balance_too_low"
        assert shop.refused(stale, "p2", "ann", CNY, 3_001) == "balance_too_low"
        shop.request("p2", "ann", 3_000)
        assert shop.refused(stale, "p3", "ann", CNY, 1) == "balance_too_low"
        assert shop.accounts("ann")[IN_PAYOUT] == 8_000
        shop.do(engine.cancel_payout, "p1", "another time")
        shop.request("p3", "ann", 5_000)
        assert shop.balance("ann") == (0, 0)

    def test_an_approval_is_for_what_was_approved(self, store_of: StoreOf) -> None:
        """Not by whoever asked; once the account is another one it is void."""
        shop = paying(a_shop(store_of("shop")))
        for id in ("p1", "p2"):
            shop.request(id, "ann", 1_000)
        assert shop.refused(engine.approve_payout, "p1") == "same_approver"
        shop.do(engine.approve_payout, "p1", actor="boss")
        shop.bank("ann", "wallet")
        before = shop.accounts("ann")
        report = shop.do(engine.submit_payouts, "bank", ["p1", "p2"])
        assert [(each.item, each.refusal.code) for each in report.refused] == [
            ("p1", "approval_void"),
            ("p2", "payout_state_not_reachable"),
        ]
        assert report.done == ()
        assert shop.accounts("ann") == before

    def test_a_file_is_written_again_and_no_other(self, store_of: StoreOf) -> None:
        """Under the same key nothing is handed over twice, also if more was approved since."""
        shop = paying(a_shop(store_of("shop")))
        shop.request("p1", "ann", 1_000)
        shop.do(engine.approve_payout, "p1", actor="boss")
        first = shop.do(engine.submit_payouts, "bank", key="file 1")
        shop.request("p2", "ann", 500)
        shop.do(engine.approve_payout, "p2", actor="boss")
        again = shop.do(engine.submit_payouts, "bank", key="file 1")
        assert ([order.payout.id for order in first.done], again.done, again.repeated) == (["p1"], (), 1)
        with shop.store.begin() as tx:
            assert engine.submitted_orders(tx, "file 1") == first.done
        assert [each.payout.id for each in shop.do(engine.submit_payouts, "bank").done] == ["p2"]

    def test_an_event_counts_once(self, store_of: StoreOf) -> None:
        """It may come again and again; under its id nothing else is taken, whatever it is about."""
        shop = paying(a_shop(store_of("shop")))
        for id in ("p1", "p2"):
            shop.send(id, "ann", 1_000)
        lost = an_event("e1", "p1", Outcome.UNKNOWN)
        shop.do(engine.take_event, lost)
        before = shop.dump()
        again = shop.do(engine.take_events, [lost], key="another file")
        assert (again.done, again.repeated, again.refused) == ((), 1, ())
        assert shop.dump() == before
        report = shop.do(engine.take_events, [an_event("e1", "p1"), an_event("e1", "p2")])
        assert [each.refusal.code for each in report.refused] == ["event_exists"] * 2
        assert shop.refused(engine.take_event, an_event("e1", "p9")) == "event_exists"
        assert shop.dump() == before
        for different in (
            an_event("e2", "p1", amount_minor=1_001),
            an_event("e2", "p1", payee="ben"),
            an_event("e2", "p1", currency="JPY"),
        ):
            assert shop.refused(engine.take_event, different) == "event_differs"
        assert shop.refused(engine.take_event, an_event("e2", "p9")) == "payout_unknown"
        assert shop.dump() == before

    @pytest.mark.parametrize("late", [Outcome.SUCCEEDED, Outcome.UNKNOWN])
    def test_nothing_comes_after_a_failure(self, store_of: StoreOf, late: Outcome) -> None:
        """The money was given back, and may have been paid again since."""
        shop = paying(a_shop(store_of("shop")))
        shop.send("p1", "ann", 1_000)
        shop.do(engine.take_event, an_event("e1", outcome=Outcome.FAILED))
        assert shop.balance("ann") == (0, 8_000)
        before = shop.dump()
        assert shop.refused(engine.take_event, an_event("e2", outcome=late)) == "event_too_late"
        assert shop.dump() == before
        shop.assert_sound(FIFTH)

    def test_what_nobody_knows_is_not_paid_again(self, store_of: StoreOf) -> None:
        """Its amount stays reserved until the provider says what became of it."""
        shop = paying(a_shop(store_of("shop")))
        shop.send("p1", "ann", 8_000)
        shop.do(engine.take_event, an_event("e1", outcome=Outcome.UNKNOWN, amount_minor=8_000))
        assert shop.refused(engine.request_payout, "p2", "ann", CNY, 1) == "balance_too_low"
        assert shop.refused(engine.cancel_payout, "p1", "again") == "payout_state_not_reachable"
        assert shop.refused(engine.erase_payee, "ann") == "payout_live"
        record = shop.do(engine.take_event, an_event("e2", amount_minor=8_000))
        assert record.state is PayoutState.SUCCEEDED
        assert shop.accounts("ann")[channel_account("bank")] == 8_000
        assert shop.balance("ann") == (0, 0)

    def test_what_is_personal_is_erased_and_nothing_else(self, store_of: StoreOf) -> None:
        """The facts stay as they are, and the shop is as sound as before."""
        shop = paying(a_shop(store_of("shop")))
        shop.do(engine.seal)
        assert shop.do(engine.erase_payee, "ann") == 1
        with shop.store.begin() as tx:
            assert tx.accounts.details([(MemberId("ann"), 1)]) == {}
            assert engine.check_seals(tx).problems == ()
            assert engine.verify(tx, customs=FIFTH).sound
        shop.do(engine.set_account, "ann", "bank", some_details())
        assert shop.balance("ann") == (0, 8_000)
