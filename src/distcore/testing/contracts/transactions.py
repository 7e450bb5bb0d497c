"""What must hold of transactions: every way to write, kept or taken back whole, and in one shop alone."""

from collections.abc import Callable

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import (
    Actor,
    CapId,
    Currency,
    MemberId,
    PlanId,
)
from distcore.members import OwnSales
from distcore.payout import PayoutId, PayoutState
from distcore.ports import Store, Transaction
from distcore.referral import Aspect, Change
from distcore.settlement import HoldOn, Review
from distcore.testing.builders import (
    LATER,
    Shop,
    StoreOf,
    a_booking,
    a_cancellation,
    a_chain,
    a_correction,
    a_member,
    a_plan,
    a_policy,
    a_price,
    a_recomputation,
    a_refund,
    a_repin,
    a_sale,
    an_accrual,
    day,
)
from distcore.testing.catalog import PRICED, put_product
from distcore.testing.compliance import add_override
from distcore.testing.contracts.kept import StopHereError, a_command, a_row, an_event, broken_off
from distcore.testing.coupons import COUPONED, put_coupon_template
from distcore.testing.dump import dump
from distcore.testing.groups import GROUPED, put_group_sale
from distcore.testing.money import (
    a_balance,
    a_closing,
    a_decision,
    a_due,
    a_hold,
    a_hold_change,
    a_payout,
    a_settlement_policy,
    a_statement,
    a_step,
    a_transfer,
    an_account,
    an_adjustment,
    an_assessment,
    an_opening,
    some_details,
)
from distcore.testing.period_builders import a_period_fact, a_period_posting, a_period_run
from distcore.testing.recruiting import RECRUITED
from distcore.testing.tiers import a_month, a_tier_decision, a_tier_policy, an_evaluation


def _add_member(tx: Transaction) -> None:
    tx.members.add([a_row("new", "ann")])


def _change_member(tx: Transaction) -> None:
    revision = tx.members.lock() + 1
    tx.members.append(Change(a_row("ben").id, Aspect.TIER, "gold", day(5), LATER, revision))


def _change_members(tx: Transaction) -> None:
    last = tx.members.lock()
    changes = [(Aspect.TIER, "silver"), (Aspect.STATE, "suspended")]
    of_ben = [Change(a_row("ben").id, *each, day(5), LATER, last + n) for n, each in enumerate(changes, 1)]
    tx.members.append_all(of_ben)


def _know_device(tx: Transaction) -> None:
    tx.identities.replace(a_row("ben").id, tx.identities.fingerprints(a_row("ben").id) | {"a" * 64})


def _add_command(tx: Transaction) -> None:
    tx.commands.add([a_command("new")])


def _set_policy(tx: Transaction) -> None:
    tx.policies.set(a_policy("UTC"), at=LATER)


def _set_tier_policy(tx: Transaction) -> None:
    tx.tier_policies.add(a_tier_policy(2), at=LATER)


def _evaluate(tx: Transaction) -> None:
    tx.tier_evaluations.add(an_evaluation(2, a_month("2017-02"), evaluated_at=LATER))


def _judge(tx: Transaction) -> None:
    tx.tier_evaluations.add(an_evaluation(3, a_month("2017-03"), evaluated_at=LATER))
    tx.tier_evaluations.decide([a_tier_decision("ben", 3)])


def _run_period(tx: Transaction) -> None:
    tx.period_runs.add(a_period_run(2, "2017-02"))


def _post_period(tx: Transaction) -> None:
    tx.period_runs.add(a_period_run(3, "2017-03"))
    tx.period_runs.post(a_period_posting(3))
    tx.period_runs.write([a_period_fact("ben", 3)])


def _add_plan(tx: Transaction) -> None:
    tx.plans.add(a_plan(plan_version=2), at=LATER)


def _book(tx: Transaction) -> None:
    tx.sales.book([a_booking(a_sale("new"), an_accrual("ben", 5))], [(a_sale("new").id, day(20))])


def _correct(tx: Transaction) -> None:
    tx.sales.correct([a_correction(a_refund("new"), an_accrual("ben", -5))])


def _cancel(tx: Transaction) -> None:
    tx.sales.correct([a_correction(a_cancellation())])


def _correct_price(tx: Transaction) -> None:
    tx.sales.correct([a_correction(a_price("new"), an_accrual("ben", -5))])


def _recompute(tx: Transaction) -> None:
    sale = a_sale()
    number = len(tx.sales.find([sale.id], for_change=True)[sale.id].postings)
    tx.sales.recompute([a_recomputation(sale, an_accrual("ben", 5), repin=a_repin(number))])


def _complete(tx: Transaction) -> None:
    tx.sales.complete([(a_sale().id, day(15))], [(a_sale().id, day(22))], at=LATER)


def _release(tx: Transaction) -> None:
    tx.releases.add([a_sale("order 2").id], at=LATER)


def _add_transfer(tx: Transaction) -> None:
    tx.transfers.add([a_transfer("new")])


def _change_balance(tx: Transaction) -> None:
    tx.balances.change([a_balance("ann", -3, 4), a_balance("new", 5)])


def _take(tx: Transaction) -> None:
    assert tx.balances.take(MemberId("ann"), Currency("CNY"), 4_000)


def _set_settlement(tx: Transaction) -> None:
    tx.settlement_policies.add(a_settlement_policy(2), at=LATER)


def _add_due(tx: Transaction) -> None:
    tx.dues.add([a_due("new", "cai", 70)])


def _open_closing(tx: Transaction) -> None:
    tx.closings.open(a_closing(3, "2017-03"))


def _take_dues(tx: Transaction) -> None:
    closing = tx.closings.find(2)
    assert closing is not None
    tx.closings.free(closing)
    tx.closings.open(a_closing(4, "2017-04"))
    assert tx.closings.take(a_closing(4, "2017-04")) >= 2


def _decide(tx: Transaction) -> None:
    tx.closings.decide(2, a_decision(reason="looks right"))


def _state(tx: Transaction) -> None:
    tx.closings.state([a_statement(2, "new", opening_minor=-7)])


def _assess(tx: Transaction) -> None:
    tx.assessments.add([an_assessment(2, "ann", 700, 70)])


def _adjust(tx: Transaction) -> None:
    tx.adjustments.add([an_adjustment("new", "ben")], at=LATER)


def _open_balance(tx: Transaction) -> None:
    tx.openings.add([an_opening("new", "cai")], at=LATER)


def _release_opening(tx: Transaction) -> None:
    tx.openings.release(["frozen"], at=LATER)


def _place_hold(tx: Transaction) -> None:
    tx.holds.change(a_hold_change(a_hold("order 1")))


def _lift_hold(tx: Transaction) -> None:
    tx.holds.change(a_hold_change(a_hold("cai", HoldOn.PAYEE, "all is well"), 2, placed=False))


def _set_account(tx: Transaction) -> None:
    tx.accounts.add(an_account("ann", 2, "wallet"), some_details())


def _verify_account(tx: Transaction) -> None:
    tx.accounts.verify(MemberId("ben"), 1, at=LATER, actor=Actor("boss"))


def _request_payout(tx: Transaction) -> None:
    tx.payouts.add(a_payout("new"), a_step())


def _step_payout(tx: Transaction) -> None:
    tx.payouts.step([(PayoutId("paying"), a_step(2, PayoutState.CANCELLED, event="e1"))])


def _count_buyer(tx: Transaction) -> None:
    buyer = (MemberId("cai"), Currency("CNY"))
    bought = tx.buyers.of([buyer], for_change=True)[buyer]
    tx.buyers.put({buyer: evolve(bought, orders=bought.orders + 1, first_paid_at=day(2))})


def _grant(tx: Transaction) -> None:
    key = (PlanId("plan"), CapId("cap"), MemberId("ann"), "")
    tx.tallies.put({key: tx.tallies.of([key], for_change=True)[key] + 1})


def _open_outbox(tx: Transaction) -> None:
    tx.outbox.open(at=LATER)
    tx.outbox.add([an_event("kept")])


def _tell(tx: Transaction) -> None:
    tx.outbox.open(at=LATER)
    tx.outbox.add([an_event("told"), an_event("kept and claimed")])
    tx.outbox.claim(9, now=LATER, until=day(99))
    tx.outbox.forget(["told"])


def _close_outbox(tx: Transaction) -> None:
    tx.outbox.open(at=LATER)
    tx.outbox.add([an_event("kept at last")])
    tx.outbox.close()


FACTS = (
    _add_member,
    _change_member,
    _change_members,
    _add_command,
    _set_policy,
    _set_tier_policy,
    _evaluate,
    _judge,
    _run_period,
    _post_period,
    _add_plan,
    _book,
    _correct,
    _correct_price,
    _recompute,
    _cancel,
    _complete,
    _release,
    _add_transfer,
    _set_settlement,
    _open_closing,
    _take_dues,
    _decide,
    _state,
    _assess,
    _adjust,
    _open_balance,
    _release_opening,
    _place_hold,
    _lift_hold,
    _set_account,
    _verify_account,
    _request_payout,
    _step_payout,
    *PRICED,
    *RECRUITED,
    add_override,
    put_coupon_template,
    put_group_sale,
)
"""Every way to write a fact into the shop of `opened`, all of them one after another."""

WRITES = (
    *FACTS,
    _change_balance,
    _take,
    _add_due,
    put_product,
    *COUPONED,
    *GROUPED,
    _know_device,
    _count_buyer,
    _grant,
    _open_outbox,
    _tell,
    _close_outbox,
)
"""Every way to write something; the last ones write what is no fact, or made again from the facts."""

Write = Callable[[Transaction], None]


def opened(store: Store) -> Shop:
    """Return a shop with three members, an order, another one that is due, and a month that was paid.

    The next month waits for its review, with two lines.
    """
    shop = Shop.open(store, None, a_chain("ann", "ben", "cai"))
    for id in ("order 1", "order 2"):
        shop.do(engine.accrue, a_sale(id))
    shop.do(engine.complete, engine.Completion(a_sale("order 2").id, day(11)))
    shop.do(engine.set_settlement, a_settlement_policy(review=Review.REVIEWED))
    openings = [an_opening("frozen", "ben", frozen_until=day(500)), an_opening("old", "ann", 2_500)]
    shop.do(engine.open_balances, openings, at=day(5))
    shop.do(engine.adjust, an_adjustment("bonus", "ann", 5_000), at=day(20))
    shop.do(engine.close_period, "CNY", "2017-01")
    shop.do(engine.approve_closing, 1, actor="boss")
    for payee, amount in (("ann", 700), ("ben", -300)):
        shop.do(engine.adjust, an_adjustment(f"more for {payee}", payee, amount), at=day(40))
    shop.do(engine.close_period, "CNY")
    shop.do(engine.adjust, an_adjustment("late", "ann", 800), at=day(70))
    shop.do(engine.place_hold, a_hold("cai", HoldOn.PAYEE))
    shop.do(engine.set_tier_policy, a_tier_policy(1, OwnSales(10**9)))
    shop.do(engine.evaluate_tiers, "2017-01")
    shop.bank("ann")
    shop.do(engine.set_account, "ben", "bank", some_details())
    shop.request("paying", "ann", 3_000)
    return shop


def state(tx: Transaction) -> str:
    """Return all that a shop remembers, what is made again from facts and what is still to be told, too."""
    known = sorted(tx.identities.fingerprints(a_row("ben").id))
    kept = [*tx.policies.all(), *tx.buyers.all(), *tx.tallies.all(), known]
    told = [tx.outbox.is_open(), *(each.id for each in tx.outbox.all())]
    return f"{dump(tx)}{kept}\n{told}"


def state_of(store: Store) -> str:
    """Return the state of a shop, in a transaction of its own."""
    with store.begin() as tx:
        return state(tx)


def _write_and_raise(store: Store, error: BaseException) -> None:
    with store.begin() as tx:
        for write in WRITES[:6]:
            write(tx)
        raise error


class TransactionContract:
    """A clean exit commits, an exception rolls back, and nobody else's shop is ever touched."""

    def test_what_is_committed_is_seen_by_whoever_opens_the_shop_again(self, store_of: StoreOf) -> None:
        """Nothing lives in the store object alone."""
        dumped = opened(store_of("shop")).dump()
        assert Shop(store_of("shop")).dump() == dumped

    @pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
    def test_a_transaction_reads_what_it_wrote(self, store_of: StoreOf, write: Write) -> None:
        """And nobody reads it after a rollback, whatever it was."""
        store = opened(store_of("shop")).store
        before = state_of(store)
        with broken_off(store) as tx:
            write(tx)
            within = state(tx)
        assert within != before
        assert state_of(store) == before
        with store.begin() as tx:
            write(tx)
        assert state_of(store_of("shop")) == within

    @pytest.mark.parametrize("error", [StopHereError, KeyboardInterrupt, GeneratorExit])
    def test_an_exception_comes_out_as_it_went_in(
        self, store_of: StoreOf, error: type[BaseException]
    ) -> None:
        """Also one that is no error."""
        shop = opened(store_of("shop"))
        before, raised = shop.dump(), error()
        with pytest.raises(error) as caught:
            _write_and_raise(shop.store, raised)
        assert caught.value is raised
        assert shop.dump() == before

    def test_after_a_rollback_the_store_works_on(self, store_of: StoreOf) -> None:
        """Many times over, and with a commit between."""
        shop = opened(store_of("shop"))
        for number in range(3):
            with broken_off(shop.store) as tx:
                tx.members.add([a_row("new")])
            shop.do(engine.join, a_member(f"new {number}", "ann"))
        with shop.store.begin() as tx:
            below = tx.members.downward([a_row("ann").id])[a_row("ann").id]
        assert [each.id for each in below] == ["ben", "new 0", "new 1", "new 2"]

    def test_a_transaction_knows_its_shop(self, store_of: StoreOf) -> None:
        """By the name that the store was opened with, blanks and all."""
        for shop in ("shop", "Shop", "shop "):
            with store_of(shop).begin() as tx:
                assert tx.shop == shop

    @pytest.mark.parametrize("neighbour", ["Shop", "shop ", "shöp", "another"])
    def test_two_shops_with_equal_ids_never_see_each_other(self, store_of: StoreOf, neighbour: str) -> None:
        """R4: every write in one shop, with the very same ids, is nothing to the other."""
        mine, theirs = opened(store_of("shop")).store, opened(store_of(neighbour)).store
        before = state_of(theirs)
        assert state_of(mine) == before
        for write in WRITES:
            with mine.begin() as tx:
                write(tx)
        assert state_of(mine) != before
        assert state_of(theirs) == before
        assert Shop(store_of("empty")).dump() == "policy null\nrevision 0\n"
