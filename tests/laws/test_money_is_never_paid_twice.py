"""M9: never two live payouts for the same money, whatever a provider does, and whenever a process dies.

The provider keeps accounts of its own.  However many requests and answers get lost, come late, twice or
wrong, nobody is ever paid more than was payable; every payout that was submitted ends by the provider's
word; and reconciliation names exactly what the provider's statement has wrong, on both sides.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.breaking import KilledError, Process
from tests.laws.failing import assert_fails_somewhere
from tests.paying import BANK, CNY, a_paying_shop, give, payable_of

from distcore import engine
from distcore.kernel import MemberId, RefusedError
from distcore.memory import MemoryStore
from distcore.payout import (
    LIVE,
    OUTSIDE,
    EventId,
    Outcome,
    PayoutId,
    PayoutRecord,
    PayoutState,
    ProviderEvent,
)
from distcore.ports import PayoutOrder, Store
from distcore.testing.builders import ALWAYS, DAY_13
from distcore.testing.canaries import swapped
from distcore.testing.gateway import FakeGateway

WORLDS = range(25)
STORED = range(6)
"""Worlds that are tried on every store; a database takes a second and more for one."""

ROUNDS = 15
OWED = {"ann": 5_000, "ben": 301, "cai": 77}
CHANNELS = ("bank", "wallet")


class World:
    """A shop that pays three people through two providers, by processes that die."""

    def __init__(self, store: Store, random: Random) -> None:
        self.random = random
        self.shop = a_paying_shop(store, OWED, CHANNELS[0])
        self.now = DAY_13
        self.owed = Counter(OWED)
        faults = random.choice((0.0, 0.1, 0.3, 0.6, 0.9))
        self.gateways = {
            each: FakeGateway(random, at=self.now, faults=faults, name=each) for each in CHANNELS
        }
        self.payouts = count(1)
        self.keys = count(1)

    def live(self, rounds: int) -> None:
        doings = (
            *(self.request, self.approve, self.dispatch, self.resolve) * 2,
            *(self.earn, self.hear, self.cancel, self.change),
        )
        for _ in range(rounds):
            for do in self.random.sample(doings, self.random.randint(3, len(doings))):
                do()
                self.assert_paid_at_most_once()
            self.pass_time()

    def request(self) -> None:
        """Somebody asks for all there is, or for a part of it, or for more."""
        payee = self.random.choice(list(OWED))
        payable = payable_of(self.shop, payee)
        amount = self.random.choice((payable, payable // 2, payable // 3, payable + 1, self.owed[payee]))
        id = PayoutId(f"p{next(self.payouts)}")
        self.done_or_refused(engine.request_payout, id, payee, CNY, max(1, amount), actor="desk")

    def approve(self) -> None:
        for record in self.records():
            if record.state is PayoutState.REQUESTED and self.random.random() < 0.8:
                self.done_or_refused(engine.approve_payout, record.payout.id, actor="boss")

    def cancel(self) -> None:
        """Somebody thinks better of it, often too late."""
        for record in self.records():
            if self.random.random() < 0.15:
                self.done_or_refused(engine.cancel_payout, record.payout.id, "not now", actor="desk")

    def dispatch(self) -> None:
        """Send what is approved; sometimes the process dies, and is run again under its key."""
        self.talk(engine.dispatch)

    def resolve(self) -> None:
        self.talk(engine.resolve)

    def talk(self, verb: Callable[..., Any]) -> None:
        channel = self.random.choice(CHANNELS)
        key = f"{verb.__name__} {next(self.keys)}"
        for _ in range(self.random.choice((0, 0, 1, 2))):
            process = Process(self.shop.store, self.gateways[channel], self.random.randrange(12))
            with suppress(KilledError):
                verb(process.begin, process, channel=channel, at=self.now, actor="night", key=key)
        if self.random.random() < 0.8:
            gateway = self.gateways[channel]
            verb(self.shop.store.begin, gateway, channel=channel, at=self.now, actor="night", key=key)

    def hear(self) -> None:
        """What providers tell of their own accord comes in, each call under the same or another key."""
        for gateway in self.gateways.values():
            events = gateway.told()
            key = self.random.choice(("event", f"event {next(self.keys)}"))
            self.shop.do(engine.take_events, events, at=self.now, key=key)

    def earn(self) -> None:
        """More becomes payable, or is taken back."""
        payee, amount = self.random.choice(list(OWED)), self.random.choice((100, 2_500, 1, -50))
        give(self.shop, payee, amount, self.now)
        self.pass_time()
        self.shop.do(engine.release, at=self.now)
        while self.done_or_refused(engine.close_period, CNY):
            pass
        with self.shop.store.begin() as tx:
            for payee in OWED:
                statements = engine.statements(tx, MemberId(payee))
                self.owed[payee] = sum(each.statement.gross_minor for each in statements)

    def change(self) -> None:
        """A payee is paid through another channel from now on; what was approved for the old one is void."""
        if self.random.random() < 0.7:
            return
        payee, channel = self.random.choice(list(OWED)), self.random.choice(CHANNELS)
        details = evolve(BANK, bank=f"bank {next(self.keys)}")
        account = self.shop.do(engine.set_account, payee, channel, details, at=self.now, actor="desk")
        self.shop.do(engine.verify_account, payee, account.number, at=self.now, actor="boss")

    def pass_time(self) -> None:
        self.now += timedelta(hours=self.random.choice((1, 5, 24)))
        for gateway in self.gateways.values():
            gateway.now = self.now
            gateway.wait()

    def recover(self) -> None:
        """Providers are as everybody wants them from now on; everything that is outside comes to its end."""
        for gateway in self.gateways.values():
            gateway.faults = 0
        self.pass_time()
        for channel, gateway in self.gateways.items():
            for key in ("the end", "the very end"):
                begin = self.shop.store.begin
                engine.resolve(begin, gateway, channel=channel, at=self.now, actor="night", key=key)
        self.hear()
        self.give_up()

    def give_up(self) -> None:
        """What never arrived, and waits because its account was replaced, is said to have failed."""
        for record in self.records():
            if record.state in OUTSIDE:
                payout = record.payout
                assert self.gateways[payout.channel].query(payout.id) is None
                of = (payout.id, payout.payee, payout.currency, payout.amount_minor)
                told = ProviderEvent(EventId(f"never {payout.id}"), *of, Outcome.FAILED, self.now)
                self.shop.do(engine.take_event, told, at=self.now)

    def done_or_refused(self, verb: Callable[..., object], *args: object, **options: object) -> bool:
        try:
            self.shop.do(verb, *args, at=self.now, **options)
        except RefusedError:
            return False
        return True

    def records(self) -> list[PayoutRecord]:
        with self.shop.store.begin() as tx:
            return list(tx.payouts.all())

    def assert_paid_at_most_once(self) -> None:
        """Nobody has been paid more than was payable, and every cent of it is in one place."""
        for payee, owed in self.owed.items():
            paid = sum(each.paid_minor(MemberId(payee), CNY) for each in self.gateways.values())
            assert paid <= owed, f"{payee} was paid {paid} of {owed}"
            mine = [each for each in self.records() if each.payout.payee == payee]
            taken = [each for each in mine if each.state in LIVE or each.state is PayoutState.SUCCEEDED]
            assert sum(each.payout.amount_minor for each in taken) + payable_of(self.shop, payee) == owed

    def assert_ended_by_word(self) -> None:
        """Every payout that was ever sent is what its provider says, and its provider has paid just that."""
        paid = [row.payout for each in self.gateways.values() for row in each.books]
        succeeded = []
        for record in self.records():
            assert record.state not in OUTSIDE
            word = self.gateways[record.payout.channel].outcome(record.payout.id)
            ended = record.state.value if record.state.value in {"succeeded", "failed"} else None
            assert ended in ({None, "failed"} if word is None else {word.value})
            succeeded += [record.payout.id] if word is Outcome.SUCCEEDED else []
        assert sorted(paid) == succeeded

    def assert_reconciled(self) -> None:
        """A statement without faults has none; of one with faults exactly those are named."""
        for channel in sorted({each.payout.channel for each in self.records()}):
            gateway = self.gateways[channel]
            for gateway.faults in (0, 0.4):
                rows = gateway.statement(*ALWAYS)
                with self.shop.store.begin() as tx:
                    found = engine.reconcile_channel(tx, channel, rows, *ALWAYS)
                named = Counter((each.finding, each.payout) for each in found.mismatches)
                assert named == Counter(gateway.planted)
                assert found.matched == len(rows) - sum(bool(each.theirs) for each in found.mismatches)


def assert_never_twice(store: Store, random: Random, rounds: int = ROUNDS) -> World:
    world = World(store, random)
    world.live(rounds)
    world.recover()
    world.assert_paid_at_most_once()
    world.assert_ended_by_word()
    world.assert_reconciled()
    world.shop.assert_sound()
    return world


@pytest.mark.parametrize("seed", STORED)
def test_nobody_is_paid_more_than_was_payable(new_store: Callable[[], Store], seed: int) -> None:
    assert_never_twice(new_store(), Random(seed))


@pytest.mark.deep
def test_nobody_is_ever_paid_more_than_was_payable(new_store: Callable[[], Store]) -> None:
    for seed in range(1_000, 1_200):
        assert_never_twice(new_store(), Random(seed), rounds=40)


def test_there_is_something_to_pay() -> None:
    """In more worlds, in memory: much is paid, much fails, much gets lost and is found again."""
    worlds = [assert_never_twice(MemoryStore(f"shop {seed}"), Random(seed)) for seed in WORLDS]
    steps = Counter(step.state.value for world in worlds for each in world.records() for step in each.steps)
    ended = Counter(each.state.value for world in worlds for each in world.records())
    assert steps["unknown"] > 20
    assert ended["succeeded"] > 50
    assert ended["failed"] > 5


def silence_is_failure(sent: Callable[..., Any], gateway: Any, order: PayoutOrder) -> Any:
    """Believe that what got no answer was not paid, as a timeout seems to say."""
    answer = sent(gateway, order)
    if not answer.silence:
        return answer
    payout = order.payout
    provider: Any = gateway._gateway if isinstance(gateway, Process) else gateway
    of = (payout.id, payout.payee, payout.currency, payout.amount_minor)
    failed = ProviderEvent(EventId(f"timeout {payout.id}"), *of, Outcome.FAILED, provider.now)
    return evolve(answer, word=failed, silence="")


def always_anew(arrived: Callable[..., Any], gateway: FakeGateway, order: PayoutOrder) -> Any:
    """Pay whatever arrives, though the id is known."""
    gateway._fates.pop(order.payout.id, None)
    return arrived(gateway, order)


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.engine.dispatch:_sent", silence_is_failure),
        ("distcore.payout.payout:event_refusal", lambda *_: None),
        ("distcore.payout.payout:step_refusal", lambda *_: None),
        ("distcore.testing.gateway:FakeGateway._arrived", always_anew),
        ("distcore.payout.reconcile:_compared", lambda *_, **__: None),
    ],
)
def test_the_law_can_fail(target: str, defect: Callable[..., Any]) -> None:
    with swapped(target, defect):
        assert_fails_somewhere(lambda random: assert_never_twice(MemoryStore("shop"), random), worlds=60)
