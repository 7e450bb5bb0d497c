"""The machine lives on: what was earned is held, adjusted, settled, taxed, asked for and paid.

Beside everything that the `EngineMachine` does and looks at, periods are closed early, late, twice and out of
order, drafts are approved and rejected by anybody, accounts and policies change, and a provider tells the
truth, or not, or twice.  After every step each account, statement, assessment and payout is what the auditor
adds up from the first fact on, and the accounts of each currency add up to zero (M1).

`live` lets it take many steps in worlds that are always the same; `audit_lives` has Hypothesis draw them.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, ClassVar, Final

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from distcore import engine
from distcore.commission import ByPoints, Plan, Pool, weighs_points
from distcore.engine.once import only
from distcore.kernel import (
    POINT,
    Actor,
    Cadence,
    ComponentId,
    Currency,
    InputError,
    Instant,
    MemberId,
    Rate,
    Refusal,
    RefusedError,
)
from distcore.ledger import Anchor
from distcore.payout import (
    STORED_VALUE_CHANNEL,
    AccountDetails,
    EventId,
    Outcome,
    PayoutId,
    ProviderEvent,
)
from distcore.ports import Transaction
from distcore.settlement import (
    Adjustment,
    Closing,
    CnCumulative,
    CnLabour,
    Customs,
    CustomWithholding,
    Hold,
    HoldOn,
    NoWithholding,
    Opening,
    Review,
    SettlementPolicy,
    Withholding,
)
from distcore.testing.agreement import assert_balances, assert_closings, assert_payouts, assert_states
from distcore.testing.auditor_closings import ClosingAuditor
from distcore.testing.auditor_money import MoneyAuditor
from distcore.testing.auditor_payouts import BECOMES, PayoutAuditor
from distcore.testing.auditor_spans import span_before
from distcore.testing.builders import StoreOf
from distcore.testing.machine import OFTEN, RARELY, EngineMachine, seeds
from distcore.testing.machine_watched import Verb
from distcore.testing.walks import audit, walk
from distcore.testing.worlds import FORMULAS, MEMBERS, hour

LIFE_VERBS: Final = (
    *["advance"] * 10,
    *["close"] * 6,
    *["accrue", "request_payout", "release"] * 4,
    *["accrue_period"] * 3,
    "repin_period",
    *["refund", "adjust", "decide", "hold", "tell", "set_account", "repeat"] * 2,
    *["wait", "lift", "verify_account", "approve_payout", "submit", "cancel_payout", "erase"],
    *["complete", "cancel", "correct_price", "recompute", "move", "again", "explain", "look_back"],
    *["open_balance", "set_settlement", "seal", "reuse_key"],
)
"""What a step of a life may do; what stands more often is done more often."""

ACTORS: Final = ("machine", "machine", "reviewer")
OTHERS: Final = {"machine": "reviewer", "reviewer": "machine"}
PRIZE: Final = ("a prize", Actor("boss"))
CHANNELS: Final = ("bank", "bank", "wallet", STORED_VALUE_CHANNEL)
CUSTOMS: Final[Customs] = {("half", 1): lambda gross_minor, *_: gross_minor // 2}
AMOUNTS: Final = (1, 99, 12_345, 79_999, 80_001, 400_001, 4_000_000, 40_000_000, -1, -5_000, -90_000)
BY_POINTS: Final = Pool(ComponentId("by points"), Rate.parse("10%"), ByPoints())
POINTS: Final = (1, 3, 3, 500, -2, -501)
WITHHOLDINGS: Final[tuple[Withholding, ...]] = (
    *(CnLabour(), CnLabour(), CnLabour(), CnLabour()),
    *(CnCumulative(), CnCumulative(), CnCumulative(), CnCumulative()),
    *(NoWithholding(), NoWithholding(), CustomWithholding("half"), CustomWithholding("nobody's")),
)
CADENCES: Final = (
    *(Cadence.DAILY, Cadence.WEEKLY, Cadence.WEEKLY, Cadence.HALF_MONTHLY),
    *(Cadence.MONTHLY, Cadence.MONTHLY, Cadence.QUARTERLY),
)
CNY: Final = Currency("CNY")
AUTUMN: Final = datetime(2025, 9, 20, tzinfo=UTC)
"""A new law on withholding begins in the month after; half of the lives begin before it."""

BEFORE: Final = hour(-24 * 90)
"""The first policies are valid since long before anything happened."""


class MoneyMachine(EngineMachine):
    """One shop with its money, the auditors that watch it, and a neighbour."""

    verbs: ClassVar[tuple[str, ...]] = LIFE_VERBS

    @initialize(seed=seeds)
    def open_shop(self, seed: int) -> None:
        """Begin as the machine of sales does, with policies and accounts that can be used."""
        random = Random(seed)
        self.anchor: Anchor | None = None
        self.ids = count(1)
        self.refused: dict[str, str] = {}
        super().open_shop(seed)
        self.now = random.choice((self.now, AUTUMN))
        self.money = MoneyAuditor(self.auditor, self.periods)
        self.closings = ClosingAuditor(self.money, set(CUSTOMS))
        self.payouts = PayoutAuditor(self.money, self.closings)
        for currency in ("CNY", "JPY")[: random.choice((1, 2))]:
            self._set_settlement(evolve(self._policy(random, currency, 1), valid_from=BEFORE))
        for _ in range(random.randint(0, 3)):
            self.open_balance(random)
        for payee in MEMBERS[:4]:
            self._set_account(payee, random.choice(CHANNELS), "machine")
            self._verify_account(payee, 1, "reviewer")

    @rule(verb=st.sampled_from(LIFE_VERBS), seed=seeds)
    def step(self, verb: str, seed: int) -> None:
        """Do something; the seed decides what exactly."""
        getattr(self, verb)(Random(seed))

    # Time, and what waits

    def accrue(self, random: Random) -> None:
        """Somebody buys; and more often than not an order is complete, so that its freeze begins."""
        super().accrue(random)
        books = [book for book in self.auditor.books.values() if book.completed_at is None]
        if books and random.random() < 0.8:
            done = engine.Completion(random.choice(books).sale.id, self.now)
            reasons = partial(self.auditor.complete, done.sale, self.now, self.now)
            self._do(engine.complete, done, reasons=reasons)

    def wait(self, random: Random) -> None:
        """Time passes, by hours, days or a month."""
        self.now += timedelta(hours=random.choice((1, 7, 24, 24 * 3, 24 * 31)))

    def release(self, random: Random) -> None:
        """Time passes, now and then to the very end of a freeze, and freezes end, but for what is held."""
        dues = [book.due for book in self.auditor.books.values() if book.due and book.due > self.now]
        self.now = random.choice((self.now + timedelta(hours=random.randint(0, 40)), *dues))
        expected: list[tuple[int, int]] = []

        def released() -> set[str]:
            expected.append(self.money.release(self.now))
            return set()

        answer = self._do(engine.release, reasons=released)
        assert answer == engine.Released(*expected[0])
        with self.store.begin() as tx:
            assert_states(tx, self.auditor)

    def hold(self, random: Random) -> None:
        """A sale or a payee waits from now on; or it does already, or is not there."""
        hold = Hold(*self._held(random), random.choice(("a dispute", "a doubt")))
        self._do(engine.place_hold, hold, reasons=partial(self.money.hold, hold))

    def lift(self, random: Random) -> None:
        """It waits no longer, where it did."""
        held = [(each.on, each.ref) for each in self.money.held.values()]
        on, ref = random.choice(held) if held and random.random() < 0.9 else self._held(random)
        self._do(engine.lift_hold, on, ref, "it is settled", reasons=partial(self.money.lift, on.value, ref))

    def _held(self, random: Random) -> tuple[HoldOn, str]:
        """Return something that may be held, more often a sale of which something is due."""
        on = random.choice((HoldOn.SALE, HoldOn.SALE, HoldOn.PAYEE))
        due = [each.origin[1] for each in self.money.dues() if each.origin[0] == "sale"]
        refs = [*due * 4, *self.auditor.books] if on is HoldOn.SALE else [*self.auditor.members]
        return on, random.choice((*refs, *refs, *refs, "nothing"))

    # Amounts by decision, and from before

    def adjust(self, random: Random) -> None:
        """Somebody gives or takes an amount, perhaps by the own authority, perhaps twice."""
        given = self.money.adjustments
        if given and random.random() < RARELY:
            given_before, _ = random.choice(list(given.values()))
            adjustment = evolve(given_before, reason=random.choice(("a prize", "another")))
        else:
            why = ("a prize", Actor(random.choice((*["boss"] * 9, "machine"))))
            id = f"a{next(self.ids)}"
            adjustment = Adjustment(id, *self._amount(random), *why, self._moment(random))
        self._give(adjustment)

    def _give(self, adjustment: Adjustment) -> None:
        reasons = partial(self.money.adjust, adjustment, self.now, "machine")
        self._do(engine.adjust, adjustment, reasons=reasons)

    def _plan(self, random: Random) -> Plan:
        """Beside what pays by the period alone, a pool is split by points."""
        plan = super()._plan(random)
        if len(plan.period_components) != 1:
            return plan
        return evolve(plan, period_components=(*plan.period_components, BY_POINTS))

    def accrue_period(self, random: Random) -> None:
        """Where a pool asks for points, members are given some first, or have some taken."""
        components = [each for plan in self.auditor.plans for each in plan.period_components]
        for member in self.auditor.members if any(map(weighs_points, components)) else ():
            if random.random() < OFTEN:
                when = random.choice((hour(0), self.now, self._moment(random)))
                given = (MemberId(member), POINT, random.choice(POINTS), *PRIZE, min(when, self.now))
                self._give(Adjustment(f"a{next(self.ids)}", *given))
        super().accrue_period(random)

    def open_balance(self, random: Random) -> None:
        """Something was owed when the shop moved in, perhaps frozen for a while; perhaps it is too late."""
        if self.money.openings and random.random() < RARELY * 2:
            opening = evolve(
                random.choice(list(self.money.openings.values()))[0], provenance=random.choice("12")
            )
        else:
            until = random.choice((None, self.now + timedelta(days=random.randint(-1, 9))))
            payee, currency, minor = self._amount(random)
            if currency == POINT:  # points are never taken over
                currency = CNY
            of = (payee, currency, minor, "1", self._moment(random), until)
            opening = Opening(f"o{next(self.ids)}", *of)
        self._do(_open_balance, opening, reasons=partial(self.money.open, opening, self.now))

    def _amount(self, random: Random) -> tuple[MemberId, Currency, int]:
        payee = random.choice((*[*self.auditor.members] * 5, *MEMBERS))
        currency = random.choice((*["CNY"] * 15, "JPY", "JPY", "USD", POINT))
        return MemberId(payee), Currency(currency), random.choice(AMOUNTS)

    # Closings

    def set_settlement(self, random: Random) -> None:
        """A currency is settled in another way, from any instant on; or the version is there already."""
        currency = random.choice(("CNY", "CNY", "JPY", "USD"))
        policy = self._policy(random, currency, random.randint(1, 6))
        if policy.policy_version == 1:
            policy = evolve(policy, valid_from=BEFORE)
        self._set_settlement(policy)

    def _policy(self, random: Random, currency: str, version: int) -> SettlementPolicy:
        return SettlementPolicy(
            Currency(currency),
            version,
            self._moment(random),
            random.choice(CADENCES),
            random.choice(tuple(Review)),
            random.choice((0, 0, 1, 100, 10_000)),
            random.choice(WITHHOLDINGS) if currency == "CNY" else NoWithholding(),
            random.choice((0, 0, 0, 2)),
        )

    def close(self, random: Random) -> None:
        """A period is closed, and some that follow; or once more, out of order, before it has ended."""
        currency = random.choice((*["CNY"] * 9, "JPY", "USD"))
        for _ in range(random.choice((1, 1, 2, 4))):
            if currency == "CNY" and not self.money.dues() and random.random() < 0.8:
                self._give_something(random)
            found = self.closings.next(currency, None, self.now)
            labels = [None, *(each.span.label for each in self.money.standing(currency)[-2:])]
            if not isinstance(found, str):
                span = found[1]
                labels += [
                    None,
                    None,
                    span.label,
                    span.label,
                    span_before(span, found[0].cadence, self.auditor.policy).label,
                ]
                if span.end > self.now and random.random() < 0.9:
                    late = timedelta(microseconds=random.choice((-1, 0, 0, 0, 10**10)))
                    self.now = max(self.now, span.end + late)
            actor = random.choice(ACTORS)
            self._close(currency, random.choice(labels), actor)
            number = len(self.money.closings)
            if number and self.money.closings[-1].state == "draft":
                what = random.choice((self._approve, self._approve, self._reject, None))
                if what is not None:
                    what(number, OTHERS[actor])

    def _close(self, currency: str, label: str | None, actor: str) -> None:
        reasons = partial(self.closings.close, currency, label, self.now, actor)
        self._do(_close_period, currency, label, actor=actor, reasons=reasons)

    def _approve(self, number: int, actor: str) -> None:
        reasons = partial(self.closings.approve, number, self.now, actor)
        self._do(engine.approve_closing, number, actor=actor, customs=CUSTOMS, reasons=reasons)

    def _reject(self, number: int, actor: str) -> None:
        reasons = partial(self.closings.reject, number)
        self._do(engine.reject_closing, number, "a sale is missing", actor=actor, reasons=reasons)

    def decide(self, random: Random) -> None:
        """A draft is approved or rejected, by anybody; or it is decided already, or not there."""
        drafts = [n for n, each in enumerate(self.money.closings, 1) if each.state == "draft"]
        number = random.choice(drafts * 8 + list(range(1, len(self.money.closings) + 2)))
        random.choice((self._approve, self._approve, self._reject))(number, random.choice(ACTORS))

    # Accounts

    def set_account(self, random: Random) -> None:
        """A payee is paid somewhere else from now on, also one to whom something is on its way."""
        awaiting = [paid.payee for paid in self.money.payouts.values() if paid.state in BECOMES]
        payee = random.choice((*awaiting * 3, *self.auditor.members, *MEMBERS))
        self._set_account(payee, random.choice(CHANNELS), random.choice(ACTORS))

    def verify_account(self, random: Random) -> None:
        """An account is verified, perhaps by whoever set it, perhaps one that is not the newest."""
        payee = random.choice((*self.payouts.accounts, *MEMBERS))
        number = len(self.payouts.accounts.get(payee, []))
        self._verify_account(payee, max(1, number - (random.random() < RARELY)), random.choice(ACTORS))

    def erase(self, random: Random) -> None:
        """What is personal about a payee goes, unless a payout is on its way."""
        payee = MemberId(random.choice((*self.payouts.accounts, *MEMBERS)))
        self._do(engine.erase_payee, payee, reasons=partial(self.payouts.erase, payee))

    # Payouts

    def request_payout(self, random: Random) -> None:
        """Somebody asks for all that is payable, a part of it, or more; perhaps under an id that is taken."""
        sums = self.money.balances()
        payable = [(payee, currency) for account, payee, currency in sums if account == "payable"]
        if not payable and random.random() < 0.9:
            return self._go_on(random)
        payee, currency = random.choice((*payable * 9, ("ann", "CNY")))
        if random.random() < 0.8:
            self._make_usable(random, payee)
        held = sums["payable", payee, currency]
        minor = max(1, random.choice((held, held // 2, held // 3, held // 3, held + 1)))
        id = random.choice((*[f"p{next(self.ids)}"] * 15, *self.money.payouts))
        if id in self.money.payouts and random.random() < OFTEN:
            paid = self.money.payouts[id]
            payee, currency, minor = paid.payee, paid.currency, paid.minor
        actor = random.choice(ACTORS)
        asked = (PayoutId(id), MemberId(payee), Currency(currency), minor)
        reasons = partial(self.payouts.request, *asked, self.now, actor)
        self._do(engine.request_payout, *asked, actor=actor, reasons=reasons)
        return None

    def _make_usable(self, random: Random, payee: str) -> None:
        """Set an account where there is none, and have it verified by somebody else."""
        accounts = self.payouts.accounts.get(payee, [])
        if not accounts or accounts[-1].erased:
            self._set_account(payee, random.choice(CHANNELS), "machine")
        account = self.payouts.accounts[payee][-1]
        if not account.verified:
            self._verify_account(payee, len(self.payouts.accounts[payee]), OTHERS[account.actor])

    def advance(self, random: Random) -> None:
        """A payout that is on its way comes to its next state; where none is, one is asked for, or earned."""
        live = [id for id, paid in self.money.payouts.items() if paid.state in BECOMES]
        paid = self.money.payouts[random.choice(live)] if live else None
        if paid is None:
            self._go_on(random)
        elif paid.state == "requested":
            self._approve_payout(PayoutId(paid.id), OTHERS[paid.actor])
        elif paid.state == "approved":
            self._submit(paid.channel, None)
        else:
            self._tell(self._event(random, PayoutId(paid.id)))

    def _go_on(self, random: Random) -> None:
        """Ask for what is payable, else settle what is due, else give somebody something."""
        if any(account == "payable" for account, *_ in self.money.balances()):
            self.request_payout(random)
        elif any(each.currency == "CNY" for each in self.money.dues()):
            self.close(random)
        else:
            self._give_something(random)

    def _give_something(self, random: Random) -> None:
        for payee in random.sample(list(self.auditor.members), random.randint(1, 3)):
            of = (MemberId(payee), CNY, random.choice(AMOUNTS))
            self._give(Adjustment(f"a{next(self.ids)}", *of, *PRIZE, self.now))

    def approve_payout(self, random: Random) -> None:
        """Somebody approves a payout, perhaps the own one."""
        self._approve_payout(self._payout(random, "requested"), random.choice(("reviewer", *ACTORS)))

    def _approve_payout(self, id: PayoutId, actor: str) -> None:
        reasons = partial(self.payouts.approve, id, actor)
        self._do(engine.approve_payout, id, actor=actor, reasons=reasons)

    def cancel_payout(self, random: Random) -> None:
        """Somebody thinks better of it, perhaps too late."""
        id = self._payout(random, random.choice(("requested", "approved")))
        self._do(engine.cancel_payout, id, "not now", reasons=partial(self.payouts.cancel, id))

    def submit(self, random: Random) -> None:
        """What is approved is handed over: all of a channel, or what somebody names."""
        channel = random.choice(CHANNELS)
        named = [self._payout(random, "approved") for _ in range(random.randint(1, 3))]
        self._submit(channel, random.choice((None, None, list(dict.fromkeys(named)))))

    def _submit(self, channel: str, ids: Sequence[PayoutId] | None) -> None:
        expected: dict[str, set[str]] = {}

        def reasons() -> set[str]:
            expected.update(self.payouts.submit(channel, ids, self.now))
            found = list(expected.values())
            return set().union(*found) if found and all(found) else set()

        answer = self._do(self.hand_over, channel, ids, reasons=reasons)
        assert {id for id, codes in expected.items() if codes} == self.refused.keys()
        assert all(code in expected[id] for id, code in self.refused.items())
        assert answer is None or sorted(answer) == sorted(set(expected) - set(self.refused))  # type: ignore[call-overload]

    def hand_over(
        self, tx: Transaction, channel: str, ids: Sequence[PayoutId] | None, *, key: str, **who: Any
    ) -> tuple[PayoutId, ...]:
        """Submit payouts and return which; raise where all are refused, and remember why."""
        report = engine.submit_payouts(tx, channel, ids, key=key, **who)
        self.refused = {each.item: each.refusal.code for each in report.refused}
        if report.refused and not report.done:
            raise RefusedError(report.refused[0].refusal)
        return tuple(each.payout.id for each in engine.submitted_orders(tx, key))

    def tell(self, random: Random) -> None:
        """The provider tells something: the truth, something else, or again what it told before."""
        if self.payouts.told and random.random() < OFTEN:
            event = random.choice(list(self.payouts.told.values()))
            event = random.choice((event, event, evolve(event, outcome=random.choice(tuple(Outcome)))))
        else:
            event = self._event(random, self._payout(random, random.choice(("submitted", "unknown"))))
        self._tell(event)

    def _tell(self, event: ProviderEvent) -> None:
        self._do(engine.take_event, event, reasons=partial(self.payouts.take, event))

    def _event(self, random: Random, id: PayoutId) -> ProviderEvent:
        paid = self.money.payouts.get(id)
        of = ("ann", "CNY", 1) if paid is None else (paid.payee, paid.currency, paid.minor)
        outcome = random.choice((Outcome.SUCCEEDED, Outcome.SUCCEEDED, *Outcome))
        who, currency, minor = MemberId(of[0]), Currency(of[1]), of[2]
        event = ProviderEvent(EventId(f"e{next(self.ids)}"), id, who, currency, minor, outcome, self.now)
        if random.random() < 2 * RARELY:
            wrong: dict[str, Any] = random.choice(
                ({"amount_minor": minor + 1}, {"payee": MemberId("Ann ")}, {"currency": Currency("USD")})
            )
            return evolve(event, **wrong)
        return event

    def _payout(self, random: Random, state: str) -> PayoutId:
        """Return a payout, more often one that is in a state, seldom one that is not there."""
        there = self.money.payouts
        wanted = [id for id, paid in there.items() if paid.state == state]
        return PayoutId(random.choice((*wanted * 9, *there, "unknown")))

    def seal(self, _: Random) -> None:
        """All that was written so far is sealed, and the newest block is kept elsewhere."""
        sealed = self._do(engine.seal, reasons=set)
        assert isinstance(sealed, engine.Sealed)
        self.anchor = sealed.anchor

    # What is compared

    def inspect(self, tx: Transaction) -> None:
        """Look at all that there is, and compare it with what the auditors add up."""
        super().inspect(tx)
        if hasattr(self, "payouts"):
            assert_balances(tx, self.money)
            assert_closings(tx, self.money)
            assert_payouts(tx, self.payouts)

    def verify(self, tx: Transaction) -> None:
        """Let `verify` look at everything, beside the newest seal that was kept."""
        verified = engine.verify(tx, anchor=self.anchor, customs=CUSTOMS, formulas=FORMULAS)
        assert verified.sound, "\n".join(map(str, verified.problems))

    def _break_off(self, verb: Verb, args: Sequence[Any], options: dict[str, Any]) -> None:
        if hasattr(self, "payouts"):
            super()._break_off(verb, args, options)

    def altered(self, verb: Verb, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return other inputs of the same verb, with the same ids; None where they can't differ."""
        alter = _ALTERED.get(verb)
        return super().altered(verb, args) if alter is None else alter(*args)

    def _set_settlement(self, policy: SettlementPolicy) -> None:
        self._do(engine.set_settlement, policy, reasons=partial(self.closings.set_settlement, policy))

    def _set_account(self, payee: str, channel: str, actor: str) -> None:
        reasons = partial(self.payouts.set_account, payee, channel, self.now, actor)
        details = AccountDetails(f"{payee} Ling", f"6222 {next(self.ids)}", "ICBC")
        if channel == STORED_VALUE_CHANNEL:
            details = AccountDetails()
        args = (MemberId(payee), channel, details)
        self._do(engine.set_account, *args, actor=actor, reasons=reasons)

    def _verify_account(self, payee: str, number: int, actor: str) -> None:
        reasons = partial(self.payouts.verify_account, payee, number, actor)
        self._do(engine.verify_account, MemberId(payee), number, actor=actor, reasons=reasons)


def live(store_of: StoreOf, *, lives: int, first: int = 0, steps: int = 80) -> None:
    """Let the machine of money take random steps through many worlds, always the same ones."""
    walk(store_of, walks=lives, first=first, steps=steps, machine=MoneyMachine)


def audit_lives(store_of: StoreOf, *, effort: float = 1) -> None:
    """Run the machine of money in worlds that Hypothesis draws; see `distcore.testing.walks.audit`."""
    audit(store_of, effort=effort, machine=MoneyMachine)


def _open_balance(tx: Transaction, opening: Opening, *, at: Instant, actor: str, key: str) -> Opening:
    report = engine.open_balances(tx, [opening], at=at, actor=actor, key=key)
    return only(report, lambda: opening)


def _close_period(
    tx: Transaction, currency: str, label: str | None, *, at: Instant, actor: str, key: str
) -> Closing:
    """Close a period; one that is none, because the cadence has changed, counts as refused."""
    who = {"at": at, "actor": actor, "key": key}
    try:
        return engine.close_period(tx, Currency(currency), label, customs=CUSTOMS, **who)  # type: ignore[arg-type]
    except InputError as error:
        raise RefusedError(Refusal("malformed", (), str(error))) from None


ELSEWHERE: Final = AccountDetails("Another", "6222 0", "ICBC")
"""An account that nobody else has, also for those who are paid into their stored value."""

_ALTERED: Final[dict[Verb, Callable[..., tuple[Any, ...] | None]]] = {
    engine.place_hold: lambda hold: (evolve(hold, reason="another"),),
    engine.lift_hold: lambda on, ref, reason: (on, ref, f"{reason}!"),
    engine.adjust: lambda adjustment: (evolve(adjustment, reason="another"),),
    _open_balance: lambda _: None,  # in a batch what is there already keeps no key
    engine.set_settlement: lambda policy: (evolve(policy, minimum_minor=policy.minimum_minor + 1),),
    _close_period: lambda currency, label: ("JPY" if currency == "CNY" else "CNY", label),
    engine.approve_closing: lambda number: (number + 1,),
    engine.reject_closing: lambda number, reason: (number, f"{reason}!"),
    engine.set_account: lambda payee, channel, _: (payee, f"{channel}!", ELSEWHERE),
    engine.verify_account: lambda payee, number: (payee, number + 1),
    engine.request_payout: lambda id, payee, currency, minor: (id, payee, currency, minor + 1),
    engine.take_event: lambda event: (evolve(event, amount_minor=event.amount_minor + 1),),
}
