"""A random workload over every verb of the engine, watched by the auditor.

After every step: what was refused may be refused, by one of the codes that the auditor names, and has
changed nothing (M12); what was done has posted what the auditor expects; a repeated key gives the same
answer and changes nothing; a transaction that breaks off leaves nothing behind; and `verify` finds
nothing wrong.  A second shop with the same ids looks on and must never change (R4).

`distcore.testing.walks` runs it; the contract suite does.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any, ClassVar, Final

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from distcore import engine
from distcore.commission import (
    ByVolume,
    Cancellation,
    Correction,
    GroupBy,
    Plan,
    Pool,
    Posting,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    Sale,
    happened_at,
    recomputed,
)
from distcore.engine import Completion, NewPin
from distcore.kernel import (
    ComponentId,
    Currency,
    DayKind,
    Instant,
    LineId,
    MemberId,
    Period,
    PlanId,
    PriceCorrectionId,
    Rate,
    RefundId,
    Refusal,
    SaleId,
)
from distcore.referral import Newcomer, State
from distcore.testing.agreement import (
    amounts_of,
    assert_earnings,
    assert_gifts,
    assert_period_explained,
    assert_states,
)
from distcore.testing.auditor import Auditor, Book, remaining
from distcore.testing.auditor_periods import SOON, PeriodAuditor
from distcore.testing.auditor_spans import Span
from distcore.testing.builders import ALWAYS, Shop, a_chain, a_plan, a_policy, a_sale
from distcore.testing.machine_periods import (
    accrue_period,
    in_turn,
    random_period,
    random_turn,
    rerated,
    set_plan,
)
from distcore.testing.machine_watched import Verb, WatchedMachine
from distcore.testing.worlds import (
    CHANNELS,
    FORMULAS,
    GROUPS,
    LINES,
    MEMBERS,
    REGIONS,
    SALES,
    TIERS,
    hour,
    random_lines,
    random_periods,
    random_plan,
)

VERBS: Final = (
    *["accrue"] * 4,
    *["refund"] * 3,
    *["recompute"] * 2,
    *["correct_price"] * 2,
    *["move"] * 4,
    *["set_tier", "set_state", "appoint", "complete", "release"] * 2,
    *["accrue_period"] * 3,
    *["join", "set_plan", "cancel", "dismiss", "repin_period"],
    *["repeat", "again", "reuse_key", "look_back", "explain"],
)
"""What a step may do; what stands more often is done more often."""

CORRECTED_BY: Final[Mapping[type, Verb]] = {
    Refund: engine.refund,
    PriceCorrection: engine.correct_price,
    Cancellation: engine.cancel,
}
"""The verb that posts each kind of correction."""

NEXT_DOOR: Final = Pool(ComponentId("period 1"), Rate.parse("10%"), ByVolume())
"""What the neighbour pays by the month."""

OFTEN: Final = 0.5
RARELY: Final = 0.08

seeds: Final = st.integers(0, 2**32 - 1)


class EngineMachine(WatchedMachine):
    """One shop, its auditor, and a neighbour."""

    verbs: ClassVar[tuple[str, ...]] = VERBS

    def __init__(self) -> None:
        """Open two shops."""
        super().__init__()
        self.neighbour = Shop(self.store_of(f"Shop {self.number}"))
        self.refunds = count(0)
        self.prices = count(0)

    @initialize(seed=seeds)
    def open_shop(self, seed: int) -> None:
        """Begin with a plan that changes twice, and a chain of five of whom two are agents.

        The neighbour has the same ids and other facts.
        """
        random = Random(seed)
        policy = a_policy("America/New_York", ("CNY", "JPY"), random.choice(tuple(DayKind)))
        next_door = evolve(a_plan(), period_components=(NEXT_DOOR,))
        neighbour = Shop.open(self.neighbour.store, next_door, a_chain(*MEMBERS[:3]))
        neighbour.do(engine.accrue, a_sale(SALES[0], MEMBERS[2]))
        neighbour.do(engine.accrue_period, "CNY", "2017-01")
        self.next_door = self.neighbour.dump()
        self.auditor = Auditor(policy, FORMULAS)
        self.periods = PeriodAuditor(self.auditor)
        self.dumped = Shop(self.store).dump()
        self._do(engine.set_policy, policy, reasons=set)
        for plan in in_turn([self._plan(random) for _ in range(3)]):
            self._publish(plan)
        for id, sponsor in zip(MEMBERS[:5], (None, *MEMBERS), strict=False):
            self._join(_newcomer(id, sponsor, hour(0), random.choice(TIERS)))
        for id in random.sample(MEMBERS[:5], 2):
            self._appoint(MemberId(id), random.choice(REGIONS[1:]), hour(0))

    @rule(verb=st.sampled_from(VERBS), seed=seeds)
    def step(self, verb: str, seed: int) -> None:
        """Do something; the seed decides what exactly."""
        getattr(self, verb)(Random(seed))

    def join(self, random: Random) -> None:
        """Somebody joins, perhaps again, perhaps too early, too late or below nobody."""
        sponsor, state = random.choice((None, *MEMBERS)), random.choice((State.ACTIVE, *State))
        tier, joined_at = random.choice(TIERS), self._moment(random)
        self._join(_newcomer(random.choice(MEMBERS), sponsor, joined_at, tier, state))

    def move(self, random: Random) -> None:
        """Somebody gets another sponsor, from any instant on."""
        known = [*self.auditor.members, random.choice(MEMBERS)]
        member, sponsor, at = random.choice(known), random.choice([None, *known]), self._moment(random)
        reasons = partial(self.auditor.move, member, sponsor, at)
        self._do(engine.move, member, sponsor, valid_from=at, reasons=reasons)

    def set_tier(self, random: Random) -> None:
        """Somebody gets another tier, from any instant on."""
        known = [*self.auditor.members, random.choice(MEMBERS)]
        member, tier, at = random.choice(known), random.choice(TIERS), self._moment(random)
        reasons = partial(self.auditor.set_tier, member, tier, at)
        self._do(engine.set_tier, member, tier, valid_from=at, reasons=reasons)

    def set_state(self, random: Random) -> None:
        """Somebody is suspended, taken back or terminated, from any instant on."""
        known = [*self.auditor.members, random.choice(MEMBERS)]
        member, state, at = random.choice(known), random.choice(tuple(State)), self._moment(random)
        reasons = partial(self.auditor.set_state, member, state.value, at)
        self._do(engine.set_state, member, state, valid_from=at, reasons=reasons)

    def appoint(self, random: Random) -> None:
        """Somebody becomes agent of a region, from any instant on, perhaps for the second time."""
        known = [*self.auditor.members, random.choice(MEMBERS)]
        self._appoint(MemberId(random.choice(known)), random.choice(REGIONS[1:]), self._moment(random))

    def dismiss(self, random: Random) -> None:
        """Somebody is agent of a region no more, or never was."""
        at = self._moment(random)
        agents = [(who, region) for who in self.auditor.members for region in self.auditor.regions(who, at)]
        member, region = random.choice([*sorted(agents), (MEMBERS[0], REGIONS[1])])
        reasons = partial(self.auditor.dismiss, member, region, at)
        self._do(engine.dismiss, member, region, valid_from=at, reasons=reasons)

    def set_plan(self, random: Random) -> None:
        """A plan is published, also one that is valid from long ago, or in the way of another."""
        since, until = self._moment(random), random.choice((None, None, self._moment(random)))
        plan = evolve(
            self._plan(random),
            id=PlanId(random.choice(("p1", "p1", "p1", "p2"))),
            plan_version=random.randint(3, 9),
            currency=Currency(random.choice(("CNY", "CNY", "JPY", "USD"))),
            valid_from=since,
        )
        self._publish(random_turn(random, plan, until, self.periods))

    def accrue(self, random: Random) -> None:
        """Somebody buys, and perhaps gives some of it back, and then the bank wants more of it back."""
        fresh = [id for id in SALES if id not in self.auditor.books]
        again = not fresh or random.random() < RARELY
        id = SaleId(SALES[0] if again else fresh[0])
        currency = Currency(random.choice(("JPY", "USD")) if random.random() < RARELY else "CNY")
        promoter = random.choice((None, None, None, *MEMBERS, "guest"))
        sharer = None if promoter is None else MemberId(promoter)
        where = (random.choice(REGIONS), random.choice(CHANNELS), random.choice(GROUPS))
        sale = Sale(
            id, self._buyer(random), currency, self._moment(random), random_lines(random), sharer, *where
        )
        self._post(engine.accrue, sale, id, partial(self.auditor.accrue, sale, self.now))
        if id in self.auditor.books and random.random() < OFTEN:
            refund = self._refund(random, id, None)
            if refund is not None and random.random() < OFTEN:
                self._refund(random, id, refund.id)

    def refund(self, random: Random) -> None:
        """Something goes back, or more than there is; or a chargeback comes."""
        sale = self._sale(random)
        earlier = [each.id for each in self._refunds_of(sale)]
        self._refund(random, sale, random.choice((None, None, *earlier, RefundId("r0"))))

    def correct_price(self, random: Random) -> None:
        """Lines should have been sold for more or for less, now and then for less than went back."""
        sale = self._sale(random)
        book = self.auditor.books.get(sale)
        sold = {line.id: line.net_minor for line in book.sale.lines} if book else {LineId(LINES[0]): 100}
        named = [id for id in sold if random.random() < OFTEN] or list(sold)
        lines = [PriceLine(id, sold[id] * random.choice((0, 1, 2, 3, 4, 5, 9)) // 3 + 1) for id in named]
        if random.random() < RARELY:
            lines.append(PriceLine(LineId("nowhere"), 1))
        number = 0 if random.random() < RARELY else next(self.prices)
        price = PriceCorrection(
            PriceCorrectionId(f"p{number}"), sale, tuple(lines), self._since(random, sale)
        )
        self._correct(engine.correct_price, price)

    def recompute(self, random: Random) -> None:
        """A window is calculated again, by the same plans or by another version, which may not fit."""
        window = Period("window", *sorted((self._moment(random), self._moment(random))))
        plan = random.choice((None, *self.auditor.plans))
        pin = None if plan is None else NewPin(plan.id, plan.plan_version, "a rate came late", "boss")
        currency, key = Currency("CNY"), f"recompute {next(self.keys)}"
        self._break_off(engine.recompute, (currency, window), {"pin": pin})
        answer = self._call(engine.recompute, (currency, window), {"pin": pin, "key": key})
        if isinstance(answer, Refusal):
            assert plan is not None
            assert (answer.code, plan.currency == currency) == ("currency_differs", False)
            self._nothing_changed()
            return
        assert isinstance(answer, engine.Recomputed)
        cause = f"recompute/{key}"
        refused = self.auditor.recompute(currency, window.start, window.end, plan, cause, self.now)
        found = {each.item: each.refusal.code for each in answer.report.refused}
        assert found.keys() == refused.keys()
        assert all(code in refused[sale] for sale, code in found.items())
        facts = [(book.sale.id, *fact) for book in self.auditor.books.values() for fact in book.facts]
        expected = {sale: amounts for sale, posted, *_, amounts in facts if posted == cause}
        assert {each.sale: amounts_of(each.accruals) for each in answer.report.done} == expected
        assert plan is not None or not expected, "by what was frozen there is nothing to add"
        self.dumped = self._dump()

    def accrue_period(self, random: Random) -> None:
        """After a few sales a period is accrued, mostly when it is due, and again after a refund of it."""
        for _ in range(random.choice((0, 1, 2, 3))):
            self.accrue(random)
        currency = Currency(random.choice((*["CNY"] * 12, "JPY", "USD")))
        span, self.now = random_period(random, self.periods, currency, self.now)
        self._accrue_period(currency, span)
        inside = self.periods.books(currency, span) if span is not None else []
        if inside and random.random() < 0.8:
            self._refund(random, random.choice(inside).sale.id, None)
            self._accrue_period(currency, span)

    def _accrue_period(self, currency: Currency, span: Span | None) -> None:
        label = None if span is None else span.label
        self._accrued_period(currency, label, partial(self.periods.accrue, currency, span, self.now))

    def repin_period(self, random: Random) -> None:
        """A period that was accrued is calculated by another version, which may not fit."""
        if not self.periods.runs:
            return
        run, plan = random.choice(self.periods.runs), random.choice(self.auditor.plans)
        if random.random() < OFTEN:
            versions = [each.plan_version for each in self.auditor.plans if each.id == run.plan.id]
            plan = rerated(random, run.plan, 1 + max(versions))
            self._publish(plan)
            if plan not in self.auditor.plans:
                return
        pin = NewPin(plan.id, plan.plan_version, "a rate came late", "boss")
        reasons = partial(self.periods.repin, run, plan, self.now)
        self._accrued_period(Currency(run.currency), run.span.label, reasons, pin=pin)

    def _accrued_period(
        self, currency: Currency, label: str | None, reasons: Callable[[], set[str]], **more: Any
    ) -> None:
        accrued = self._do(accrue_period, currency, label, reasons=reasons, **more)
        if accrued is not None:
            assert isinstance(accrued, engine.AccruedPeriod)
            found = accrued.posting and accrued.posting.posted_at
            assert found == (self.periods.posted and self.periods.posted.at)
            self.now += SOON  # whoever joins from now on was recorded later

    def cancel(self, random: Random) -> None:
        """An order ends."""
        sale = self._sale(random)
        self._correct(engine.cancel, Cancellation(sale, self._since(random, sale)))

    def complete(self, random: Random) -> None:
        """An order reaches its end."""
        sale = self._sale(random)
        done = Completion(sale, self._since(random, sale))
        reasons = partial(self.auditor.complete, sale, done.completed_at, self.now)
        self._do(engine.complete, done, reasons=reasons)

    def release(self, random: Random) -> None:
        """Time passes, now and then to the very end of a freeze, and freezes end."""
        dues = [book.due for book in self.auditor.books.values() if book.due and book.due > self.now]
        self.now = random.choice((self.now + timedelta(hours=random.randint(0, 40)), *dues))
        orders = 0

        def reasons() -> set[str]:
            nonlocal orders
            orders = self.auditor.release(self.now)
            return set()

        assert self._do(engine.release, reasons=reasons) == engine.Released(orders)
        with self.store.begin() as tx:
            assert_states(tx, self.auditor)

    def again(self, random: Random) -> None:
        """A sale or a correction comes under a new key: the first answer, and this key is used up too."""
        books = [book for book in self.auditor.books.values() if book.corrections or random.random() < OFTEN]
        if books:
            book = random.choice(books)
            told = random.choice((book.sale, *book.corrections))
            if isinstance(told, Sale):
                reasons = partial(self.auditor.accrue, told, self.now)
                self._post(engine.accrue, told, told.id, reasons)
            else:
                self._correct(CORRECTED_BY[type(told)], told)
            self._assert_used_up(self.done[-1])

    def look_back(self, random: Random) -> None:
        """The sums of a window are what the auditor adds up."""
        by = random.choice(tuple(GroupBy))
        with self.store.begin() as tx:
            assert_earnings(tx, self.periods, self._moment(random), self._moment(random), by)

    def explain(self, random: Random) -> None:
        """The explained amounts are those that were posted, and each can be made again."""
        sale = self._sale(random)
        if sale in self.auditor.books:
            with self.store.begin() as tx:
                explained = engine.explain(tx, sale, formulas=FORMULAS).explained
            assert all(recomputed(why, FORMULAS) == why.accrual.amount_minor for why in explained.whys)
            assert amounts_of(why.accrual for why in explained.whys) == self._expected(sale)
        if self.periods.runs:
            run, payee = random.choice(self.periods.runs), random.choice((*self.auditor.members, MEMBERS[0]))
            with self.store.begin() as tx:
                assert_period_explained(tx, self.periods, run, MemberId(payee))

    def teardown(self) -> None:
        """Look at everything once more; the neighbour has noticed nothing."""
        if hasattr(self, "auditor"):
            with self.store.begin() as tx:
                assert_earnings(tx, self.periods, *ALWAYS, GroupBy.VALID)
                assert_states(tx, self.auditor)
                self.verify(tx)
            assert self.neighbour.dump() == self.next_door, "a neighbour with the same ids was changed"

    def _plan(self, random: Random) -> Plan:
        return random_periods(random, random_plan(random, formulas=True))

    def _moment(self, random: Random) -> Instant:
        """Return an eighth of the time that has passed: often now, and now and then still to come."""
        eighths = random.choice((8, 8, 8, 7, 6, 5, 4, 3, 2, 1, 0, 9))
        return hour(0) + (self.now - hour(0)) * eighths // 8

    def _since(self, random: Random, sale: SaleId) -> Instant:
        """Return an instant since a sale was paid, now and then just before it or still to come."""
        book = self.auditor.books.get(sale)
        paid_at = self.now if book is None else book.sale.paid_at
        before, later = paid_at - SOON, self.now + SOON
        return random.choice(
            (*[paid_at + (self.now - paid_at) * part // 4 for part in range(5)] * 2, before, later)
        )

    def _sale(self, random: Random) -> SaleId:
        return SaleId(random.choice((*self.auditor.books, *self.auditor.books, "unknown")))

    def _buyer(self, random: Random) -> MemberId:
        """Return somebody, more often one who stands deep."""
        members = self.auditor.members
        depths = [len(self.auditor.above(member, self.now)) for member in members]
        return MemberId(random.choices((*members, "guest"), (*(1 + 2 * each for each in depths), 1))[0])

    def _refunds_of(self, sale: SaleId) -> list[Refund]:
        book = self.auditor.books.get(sale)
        return [each for each in book.corrections if isinstance(each, Refund)] if book else []

    def _kept_of(self, book: Book) -> list[Correction]:
        """Return what was corrected, as if the order were not at its end."""
        return [each for each in book.corrections if not isinstance(each, Cancellation)]

    def _refund(self, random: Random, sale: SaleId, repeats: RefundId | None) -> Refund | None:
        """Refund thirds of what is left of lines, half of them whole; now and then more than all of it."""
        book = self.auditor.books.get(sale)
        left = remaining(book.sale, self._kept_of(book)) if book else {LINES[0]: (1, 100)}
        beyond = random.random() < RARELY
        back = []
        for line, amounts in left.items():
            units, net = (each * random.choice((0, 1, 2, 3, 3, 3)) // 3 for each in amounts)
            if units or net or beyond:
                back.append(RefundLine(LineId(line), units, net + beyond * 20_000))
        if not back:
            return None
        id = RefundId("r0" if random.random() < RARELY else f"r{next(self.refunds)}")
        refund = Refund(id, sale, tuple(back), self._since(random, sale), repeats)
        self._correct(engine.refund, refund)
        return refund

    def _appoint(self, member: MemberId, region: str, at: Instant) -> None:
        reasons = partial(self.auditor.appoint, member, region, at)
        self._do(engine.appoint, member, region, valid_from=at, reasons=reasons)

    def _join(self, newcomer: Newcomer) -> None:
        self._do(engine.join, newcomer, reasons=partial(self.auditor.join, newcomer, self.now))

    def _publish(self, plan: Plan) -> None:
        """Publish a plan; beforehand all that is wrong with it is told, and not only what is found first."""
        with self.store.begin() as tx:
            objections = engine.plan_objections(tx, plan, formulas=self.auditor.formulas)
        told = {"malformed" if each.refusal is None else each.refusal.code for each in objections}

        def reasons() -> set[str]:
            known = self.auditor.set_plan(plan)
            assert told == known, f"told are {told or 'none'} of {known or 'none'}"
            return known

        self._do(set_plan, plan, reasons=reasons)

    def _correct(self, verb: Verb, correction: Correction) -> None:
        happened = happened_at(correction)
        reasons = partial(self.auditor.correct, correction, happened, self.now)
        self._post(verb, correction, correction.sale, reasons)

    def _post(self, verb: Verb, what: object, sale: SaleId, reasons: Callable[[], set[str]]) -> None:
        """Do what posts, and compare the posting with the auditor's."""
        posting = self._do(verb, what, reasons=reasons)
        if posting is not None:
            assert isinstance(posting, Posting)
            facts = self.auditor.books[sale].facts
            expected = next(fact for fact in facts if fact[0] == posting.cause)
            assert (posting.cause, posting.valid_at, posting.posted_at) == expected[:3]
            assert amounts_of(posting.accruals) == expected[3]
            with self.store.begin() as tx:
                assert_gifts(tx, self.auditor.books[sale])

    def _expected(self, sale: str) -> dict[Any, int]:
        sums: dict[Any, int] = {}
        for *_, amounts in self.auditor.books[sale].facts:
            for share, amount in amounts.items():
                sums[share] = sums.get(share, 0) + amount
        return {share: amount for share, amount in sums.items() if amount}


def _newcomer(
    id: str, sponsor: str | None, joined_at: Instant, tier: str, state: State = State.ACTIVE
) -> Newcomer:
    return Newcomer(MemberId(id), joined_at, None if sponsor is None else MemberId(sponsor), tier, state)
