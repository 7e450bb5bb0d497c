"""A dispatch that breaks off, wherever it does, is run again: nothing is lost, nothing is paid twice."""

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.breaking import KilledError, Process
from tests.paying import BANK, CNY, a_paying_shop, approve, payable_of, record_of

from distcore import engine
from distcore.kernel import InputError, MemberId, RefusedError, Report
from distcore.memory import MemoryStore
from distcore.payout import (
    STORED_VALUE_CHANNEL,
    EventId,
    Outcome,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderEvent,
)
from distcore.ports import PayoutGateway, PayoutOrder
from distcore.settlement import Hold, HoldOn
from distcore.testing.builders import DAY_13, Shop, day
from distcore.testing.gateway import FakeGateway

OWED = {"ann": 5_000, "ben": 3_000, "cai": 700}
WHO = {"channel": "bank", "actor": "night"}
P1, P2, P3 = map(PayoutId, ("p1", "p2", "p3"))


def ready(channel: str = "bank") -> Shop:
    """Return a shop with three approved payouts, of which the last is for less than all."""
    shop = a_paying_shop(MemoryStore("tea house"), OWED, channel)
    approve(shop, "p1", "ann", 5_000)
    approve(shop, "p2", "ben", 3_000)
    approve(shop, "p3", "cai", 300)
    return shop


def an_honest(seed: int = 1, failures: float = 0) -> FakeGateway:
    return FakeGateway(Random(seed), at=day(14), faults=0, failures=failures)


def dispatched(shop: Shop, gateway: PayoutGateway, key: str = "night 1") -> Report[PayoutRecord]:
    return engine.dispatch(shop.store.begin, gateway, **WHO, at=day(14), key=key)


def resolved(shop: Shop, gateway: PayoutGateway, key: str = "morning 1") -> Report[PayoutRecord]:
    return engine.resolve(shop.store.begin, gateway, **WHO, at=day(15), key=key)


def states(shop: Shop) -> list[str]:
    return [record_of(shop, id).state.value for id in (P1, P2, P3)]


class Scripted:
    """A provider that answers as it is told, and notes what it was asked."""

    def __init__(self, **answers: Callable[[PayoutOrder], ProviderEvent | None]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.orders: dict[PayoutId, PayoutOrder] = {}

    def send(self, order: PayoutOrder) -> ProviderEvent | None:
        self.asked.append(f"send {order.payout.id}")
        assert self.orders.setdefault(order.payout.id, order) == order, "another order under the same id"
        return self.answers["send"](order)

    def query(self, payout: PayoutId) -> ProviderEvent | None:
        self.asked.append(f"query {payout}")
        return self.answers["query"](self.orders[payout]) if payout in self.orders else None


def event(payout: Payout, outcome: Outcome = Outcome.SUCCEEDED, id: str = "") -> ProviderEvent:
    of = (payout.id, payout.payee, payout.currency, payout.amount_minor)
    return ProviderEvent(EventId(id or f"{outcome.value} {payout.id}"), *of, outcome, day(14))


def silent(order: PayoutOrder) -> None:
    raise TimeoutError("no answer about 6222020200112233445")


def succeeded(order: PayoutOrder) -> ProviderEvent:
    return event(order.payout)


def test_what_is_approved_is_submitted_sent_and_answered() -> None:
    shop, bank = ready(), an_honest()

    report = dispatched(shop, bank)

    assert [each.payout.id for each in report.done] == [P1, P2, P3]
    assert [each.state for each in report.done] == [PayoutState.SUCCEEDED] * 3
    assert (report.repeated, report.refused, report.problems) == (0, (), ())
    assert bank.paid_minor(MemberId("ann"), CNY) == 5_000
    assert [step.state.value for step in record_of(shop, "p1").steps][2:] == ["submitted", "succeeded"]
    shop.assert_sound()


def test_no_transaction_is_open_while_the_provider_is_talked_to() -> None:
    shop = ready()

    def look(order: PayoutOrder) -> ProviderEvent:
        assert record_of(shop, order.payout.id).state is PayoutState.SUBMITTED
        return succeeded(order)

    dispatched(shop, Scripted(send=look))

    assert states(shop) == ["succeeded"] * 3


def test_what_can_not_be_submitted_is_named_and_the_rest_is_sent() -> None:
    shop = ready()
    shop.do(engine.set_account, "ben", "bank", evolve(BANK, bank="BOC"), at=DAY_13, actor="ben")

    report = dispatched(shop, an_honest())

    assert [(each.item, each.refusal.code) for each in report.refused] == [("p2", "approval_void")]
    assert states(shop) == ["succeeded", "approved", "succeeded"]


def test_stored_value_needs_no_provider() -> None:
    shop, bank = ready(STORED_VALUE_CHANNEL), Scripted()

    report = engine.dispatch(
        shop.store.begin, bank, channel=STORED_VALUE_CHANNEL, at=day(14), actor="night", key="night 1"
    )

    assert (bank.asked, report.done) == ([], ())
    assert states(shop) == ["succeeded"] * 3


def test_a_word_that_comes_later_leaves_a_payout_submitted() -> None:
    shop = ready()

    report = dispatched(shop, Scripted(send=lambda order: None))

    assert [each.state for each in report.done] == [PayoutState.SUBMITTED] * 3
    shop.do(engine.take_event, event(report.done[0].payout), at=day(15))
    assert states(shop) == ["succeeded", "submitted", "submitted"]


def test_a_provider_that_raises_makes_a_payout_unknown() -> None:
    """What it raised may name anything, an account too: only its kind is kept."""
    shop = ready()

    dispatched(shop, Scripted(send=silent))

    assert states(shop) == ["unknown"] * 3
    last = record_of(shop, "p1").steps[-1]
    assert (last.reason, last.event, last.actor, last.at) == ("TimeoutError", None, "night", day(14))
    assert "6222020200112233445" not in shop.dump()
    assert payable_of(shop, "ann") == 0
    shop.assert_sound()


def test_under_the_same_key_what_was_answered_is_let_alone() -> None:
    shop, bank = ready(), an_honest()
    dispatched(shop, bank)
    approve(shop, "p4", "cai", 400, day(14))

    report = dispatched(shop, Scripted())

    assert (report.done, report.repeated, report.refused) == ((), 3, ())
    assert record_of(shop, "p4").state is PayoutState.APPROVED
    assert states(shop) == ["succeeded"] * 3


def test_under_the_same_key_what_was_not_answered_is_asked_about() -> None:
    shop = ready()
    bank = Scripted(send=silent, query=succeeded)
    dispatched(shop, bank)
    bank.asked.clear()

    report = dispatched(shop, bank)

    assert bank.asked == ["query p1", "query p2", "query p3"]
    assert [each.state for each in report.done] == [PayoutState.SUCCEEDED] * 3
    assert (report.repeated, states(shop)) == (0, ["succeeded"] * 3)


def test_a_key_is_for_one_channel() -> None:
    shop, bank = ready(), an_honest()
    dispatched(shop, bank)

    with pytest.raises(RefusedError) as refused:
        engine.dispatch(shop.store.begin, bank, channel="wallet", at=day(14), actor="night", key="night 1")
    assert refused.value.refusal.code == "key_reused"


def test_what_nobody_knows_is_asked_about_and_never_sent_again() -> None:
    shop = ready()
    bank = Scripted(send=silent, query=succeeded)
    dispatched(shop, bank)
    bank.asked.clear()

    report = resolved(shop, bank)

    assert bank.asked == ["query p1", "query p2", "query p3"]
    assert [each.state for each in report.done] == [PayoutState.SUCCEEDED] * 3
    shop.assert_sound()


def test_what_the_provider_never_heard_of_is_sent_again_under_the_same_id() -> None:
    shop = ready()
    bank = Scripted(send=silent, query=lambda order: None)
    dispatched(shop, bank)
    bank.asked.clear()
    bank.answers["send"] = succeeded

    resolved(shop, bank)

    assert bank.asked[:2] == ["query p1", "send p1"]
    assert states(shop) == ["succeeded"] * 3
    with shop.store.begin() as tx:
        assert [each.payout.id for each in tx.payouts.all()] == [P1, P2, P3]


def never_arrived(shop: Shop) -> Scripted:
    """Submit, and die before anything was sent: the provider never heard of it."""
    shop.do(engine.submit_payouts, "bank", at=day(14), key="night 1", actor="night")
    return Scripted(send=succeeded, query=lambda order: None)


def assert_waits(shop: Shop, bank: Scripted, code: str) -> None:
    """Both ways to try again say why the second payout is not sent, and send the others."""
    for report in (resolved(shop, bank), dispatched(shop, bank)):
        assert [(each.item, each.refusal.code) for each in report.refused] == [("p2", code)]
    assert "send p2" not in bank.asked
    assert states(shop) == ["succeeded", "submitted", "succeeded"]


def test_what_never_arrived_waits_while_its_payee_is_held() -> None:
    shop = ready()
    bank = never_arrived(shop)
    on = (HoldOn.PAYEE, "ben")
    shop.do(engine.place_hold, Hold(*on, "a dispute"), at=day(14))

    assert_waits(shop, bank, "payee_on_hold")

    shop.do(engine.lift_hold, *on, "settled", at=day(15))
    resolved(shop, bank)
    assert states(shop) == ["succeeded"] * 3


def test_what_never_arrived_is_not_sent_to_an_account_since_replaced() -> None:
    """Taken as failed, as the provider says, it can be requested anew."""
    shop = ready()
    bank = never_arrived(shop)
    shop.do(engine.set_account, "ben", "bank", evolve(BANK, bank="BOC"), at=day(14), actor="ben")

    assert_waits(shop, bank, "approval_void")

    shop.do(engine.take_event, event(record_of(shop, "p2").payout, Outcome.FAILED), at=day(15))
    assert payable_of(shop, "ben") == OWED["ben"]
    shop.assert_sound()


def test_what_was_taken_as_failed_meanwhile_is_not_sent_again() -> None:
    shop = ready()
    bank = never_arrived(shop)

    def taken_as_failed(payout: PayoutId) -> None:
        told = event(record_of(shop, payout).payout, Outcome.FAILED)
        shop.do(engine.take_event, told, at=day(15))

    bank.query = taken_as_failed  # type: ignore[method-assign]

    report = resolved(shop, bank)

    assert {each.refusal.code for each in report.refused} == {"payout_state_not_reachable"}
    assert (bank.asked, states(shop)) == ([], ["failed"] * 3)


def test_what_can_not_be_asked_stays_unknown() -> None:
    shop = ready()
    bank = Scripted(send=lambda order: None, query=silent)
    dispatched(shop, bank)

    resolved(shop, bank)
    before = [record_of(shop, id) for id in (P1, P2, P3)]
    resolved(shop, bank, "morning 2")

    assert [each.steps[-1].reason for each in before] == ["TimeoutError"] * 3
    assert before == [record_of(shop, id) for id in (P1, P2, P3)]


def test_resolving_again_under_the_same_key_changes_nothing() -> None:
    shop = ready()
    bank = Scripted(send=silent, query=lambda order: event(order.payout, Outcome.UNKNOWN))
    dispatched(shop, bank)
    resolved(shop, bank)
    before = shop.dump()

    report = resolved(shop, bank)

    assert [each.state for each in report.done] == [PayoutState.UNKNOWN] * 3
    assert (report.refused, report.problems) == ((), ())
    assert shop.dump() == before


def test_what_failed_is_payable_again() -> None:
    shop = ready()

    dispatched(shop, Scripted(send=lambda order: event(order.payout, Outcome.FAILED)))

    assert states(shop) == ["failed"] * 3
    assert [payable_of(shop, payee) for payee in OWED] == list(OWED.values())


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"amount_minor": 1}, "amount"),
        ({"payee": MemberId("ben")}, "payee"),
        ({"currency": "JPY"}, "currency"),
        ({"payout": P2}, "payout"),
    ],
)
def test_a_word_that_is_not_as_the_payout_says_is_refused(change: dict[str, Any], what: str) -> None:
    """Also one that would be true of another payout: it is no answer to what was asked."""
    shop = ready()
    bank = Scripted(send=lambda order: evolve(event(order.payout, id=f"of {order.payout.id}"), **change))

    report = dispatched(shop, bank)

    first = next(each.refusal for each in report.refused if each.item == "of p1")
    assert first.code == "event_differs"
    assert dict(first.facts)["what"] == what
    assert states(shop)[0] == "submitted"


def test_a_word_about_another_payout_is_not_taken_even_where_it_is_true() -> None:
    shop = ready()
    p2 = record_of(shop, "p2").payout

    report = dispatched(shop, Scripted(send=lambda order: event(p2, id=f"asked for {order.payout.id}")))

    assert [each.item for each in report.refused] == ["asked for p1", "asked for p3"]
    assert states(shop) == ["submitted", "succeeded", "submitted"]


def test_a_word_that_is_none_is_a_problem_with_a_place() -> None:
    shop = ready()

    report = dispatched(shop, Scripted(send=lambda order: {"ok": True}))  # type: ignore[arg-type,return-value]

    assert [each.where for each in report.problems] == ["[0]", "[1]", "[2]"]
    assert states(shop) == ["submitted"] * 3


@pytest.mark.parametrize(
    "wrong", [{"key": "night/1"}, {"key": ""}, {"actor": ""}, {"channel": ""}, {"at": "today"}]
)
@pytest.mark.parametrize("verb", [engine.dispatch, engine.resolve])
def test_malformed_calls_send_nothing(verb: Callable[..., object], wrong: dict[str, object]) -> None:
    shop, bank = ready(), Scripted()

    with pytest.raises(InputError):
        verb(shop.store.begin, bank, **{"at": day(14), "key": "night 1", **WHO, **wrong})

    assert bank.asked == []


class Deafening:
    """A provider that does what it is asked, and whose answers to orders never arrive."""

    def __init__(self, bank: FakeGateway) -> None:
        self.bank = bank

    def send(self, order: PayoutOrder) -> ProviderEvent | None:
        self.bank.send(order)
        raise ConnectionResetError

    def query(self, payout: PayoutId) -> ProviderEvent | None:
        return self.bank.query(payout)


def lives(verb: Callable[..., object], shop: Shop, gateway: PayoutGateway, dies_at: int) -> bool:
    """Run a verb in a process that dies at a step, and say whether it came to its end before."""
    process = Process(shop.store, gateway, dies_at)
    try:
        verb(process.begin, process, **WHO, at=day(14), key=f"{verb.__name__} 1")
    except KilledError:
        return False
    return True


@pytest.mark.parametrize("wrap", [lambda bank: bank, Deafening], ids=["heard", "never_heard"])
def test_a_dispatch_that_dies_twice_ends_like_one_that_lives(
    wrap: Callable[[FakeGateway], PayoutGateway],
) -> None:
    """It dies at every step, is run again under its key, dies at every other one, and is resolved."""
    for first, second in all_pairs(lambda first: lives(engine.dispatch, ready(), wrap(an_honest()), first)):
        shop, bank = ready(), an_honest()
        lives(engine.dispatch, shop, wrap(bank), first)
        lives(engine.dispatch, shop, wrap(bank), second)
        dispatched(shop, wrap(bank), "dispatch 1")
        resolved(shop, bank)
        assert_paid_once(shop, bank)


@pytest.mark.parametrize("wrap", [lambda bank: bank, Deafening], ids=["heard", "never_heard"])
def test_resolving_that_dies_twice_ends_like_one_that_lives(
    wrap: Callable[[FakeGateway], PayoutGateway],
) -> None:
    """Nothing of what was dispatched has arrived: everything is sent again by whoever lives."""

    def lost() -> Shop:
        shop = ready()
        dispatched(shop, Scripted(send=silent))
        return shop

    for first, second in all_pairs(lambda first: lives(engine.resolve, lost(), wrap(an_honest()), first)):
        shop, bank = lost(), an_honest()
        lives(engine.resolve, shop, wrap(bank), first)
        lives(engine.resolve, shop, wrap(bank), second)
        resolved(shop, bank, "resolve 1")
        assert_paid_once(shop, bank)


def all_pairs(alive: Callable[[int], bool]) -> list[tuple[int, int]]:
    """Return every pair of steps of a run; the last one is that it lives."""
    steps = next(number for number in count() if alive(number)) + 1
    assert steps >= 10, "it begins, commits, and talks about three payouts"
    return [(first, second) for first in range(steps) for second in range(steps)]


def assert_paid_once(shop: Shop, bank: FakeGateway) -> None:
    assert states(shop) == ["succeeded"] * 3
    books = sorted((row.payout, row.amount_minor) for row in bank.books)
    assert books == [(P1, 5_000), (P2, 3_000), (P3, 300)]
    assert [payable_of(shop, payee) for payee in OWED] == [0, 0, 400]
    shop.assert_sound()
