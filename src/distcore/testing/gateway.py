"""A provider that really keeps accounts of what it pays, and is as bad to talk to as providers are.

Requests get lost before they arrive, or arrive late; answers get lost; words come late, twice, in another
order, about another amount, payee, currency or payout.  Whatever it says, `books` is what it has paid: each
payout once, to whom the order named.

Two things it never does, because no software can live with them and only reconciliation finds them: it
never pays an id twice, and never pays what it said has failed.

>>> from random import Random
>>> from distcore.payout import AccountDetails, Payout
>>> from distcore.ports import PayoutOrder
>>> from distcore.testing.builders import DAY_10
>>> bank = FakeGateway(Random(1), at=DAY_10, faults=0)
>>> payout = Payout("p1", "ann", "CNY", 96_000, 1, "bank", DAY_10, "desk")
>>> bank.send(PayoutOrder(payout, AccountDetails("Ann", "6222"))).outcome.value
'succeeded'
>>> bank.query("p2") is None
True
>>> bank.paid_minor("ann", "CNY")
96000
"""

from collections.abc import Callable
from itertools import count
from random import Random
from typing import Final

from attrs import define, evolve

from distcore.kernel import Currency, Instant, MemberId
from distcore.payout import EventId, Finding, Outcome, Payout, PayoutId, ProviderEvent, ProviderRow
from distcore.ports import PayoutOrder

FAULTS: Final = 0.3
"""How often something goes wrong, if nobody says otherwise."""

FAILURES: Final = 0.15
"""How often a payment fails, as payments do."""


@define
class _Fate:
    """What becomes of an order that arrived: what is said of it, and what it will come to."""

    payout: Payout
    word: ProviderEvent
    end: Outcome


class FakeGateway:
    """`distcore.ports.PayoutGateway` of a provider whose moods follow a `Random`.

    `faults` is how often something goes wrong, from 0 to 1; at 0 it is the provider that everybody wants,
    and what it still owes an answer it gives.  `now` is its clock, which a test sets.
    """

    def __init__(
        self,
        random: Random,
        *,
        at: Instant,
        faults: float = FAULTS,
        failures: float = FAILURES,
        name: str = "event",
    ) -> None:
        """Open a provider that has paid nothing; `name` tells its events from those of another one."""
        self.now = at
        self.faults = faults
        self.failures = failures
        self.books: list[ProviderRow] = []
        self.planted: list[tuple[Finding, PayoutId]] = []
        self._random = random
        self._name = name
        self._fates: dict[PayoutId, _Fate] = {}
        self._underway: list[PayoutOrder] = []
        self._to_tell: list[ProviderEvent] = []
        self._numbers = count(1)

    def send(self, order: PayoutOrder) -> ProviderEvent | None:
        """Take an order, or lose it, or lose the answer; an id that is known is not paid again."""
        if self._goes_wrong():
            mishap = self._random.choice((self._lost, self._arrives_later, self._answer_lost))
            mishap(order)
            raise TimeoutError(f"no answer about {order.payout.id}")
        word = self._arrived(order)
        if self._goes_wrong():
            return self._random.choice((None, self._lie(word)))
        return word

    def query(self, payout: PayoutId) -> ProviderEvent | None:
        """Say what became of a payout; None if it never arrived."""
        if self._goes_wrong() and self._random.random() < 1 / 2:
            raise ConnectionError(f"no connection to ask about {payout}")
        fate = self._fates.get(payout)
        if fate is None:
            return None
        return self._lie(fate.word) if self._goes_wrong() else fate.word

    def told(self) -> list[ProviderEvent]:
        """Tell of its own accord: some of what it has to tell, in any order, some of it twice or wrong.

        What it holds back, or tells once more, comes with a later call.  Without faults it tells everything
        once, in the order in which it happened.
        """
        telling = [word for word in self._to_tell if not self._goes_wrong()]
        again = [word for word in telling if self._goes_wrong()]
        lies = [self._lie(word) for word in telling if self._goes_wrong()]
        self._to_tell = [*(word for word in self._to_tell if word not in telling), *again]
        told = [*telling, *(word for word in again if self._goes_wrong()), *lies]
        if self.faults:
            self._random.shuffle(told)
        return told

    def wait(self) -> None:
        """Let time pass: late requests arrive, and what was undecided is decided; some of it not yet."""
        arriving = [order for order in self._underway if not self._goes_wrong()]
        self._underway = [order for order in self._underway if order not in arriving]
        for order in arriving:
            self._arrived(order)
        for fate in self._fates.values():
            if fate.word.outcome is Outcome.UNKNOWN and not self._goes_wrong():
                self._decide(fate)

    def outcome(self, payout: PayoutId) -> Outcome | None:
        """Return what truly became of a payout, whatever was said; None if it never arrived."""
        fate = self._fates.get(payout)
        return None if fate is None else fate.word.outcome

    def paid_minor(self, payee: MemberId, currency: Currency) -> int:
        """Return what a payee was paid in all."""
        mine = {fate.payout.id for fate in self._fates.values() if fate.payout.payee == payee}
        rows = (row for row in self.books if row.payout in mine and row.currency == currency)
        return sum(row.amount_minor for row in rows)

    def statement(self, start: Instant, end: Instant) -> list[ProviderRow]:
        """Return its statement of what was paid in `[start, end)`, with faults that `planted` names.

        A row is missing, listed twice, or of another amount, and payments are listed that nobody ordered.
        """
        self.planted = []
        rows: list[ProviderRow] = []
        for row in self.books:
            if start <= row.settled_at < end:
                rows += self._listed(row)
        while self._goes_wrong():
            stranger = PayoutId(f"of somebody else {next(self._numbers)}")
            rows.append(ProviderRow(stranger, Currency("CNY"), 1 + self._random.randrange(9_999), start))
            self.planted.append((Finding.UNKNOWN_HERE, stranger))
        return rows

    def _listed(self, row: ProviderRow) -> list[ProviderRow]:
        if not self._goes_wrong():
            return [row]
        finding, rows = self._random.choice(
            (
                (Finding.MISSING_THERE, []),
                (Finding.PAID_TWICE, [row, row]),
                (Finding.AMOUNT_DIFFERS, [evolve(row, amount_minor=row.amount_minor + 1)]),
            )
        )
        self.planted.append((finding, row.payout))
        return rows

    def _goes_wrong(self) -> bool:
        return self._random.random() < self.faults

    def _lost(self, order: PayoutOrder) -> None:
        """Lose a request on its way: it never arrives."""

    def _arrives_later(self, order: PayoutOrder) -> None:
        self._underway.append(order)

    def _answer_lost(self, order: PayoutOrder) -> None:
        self._arrived(order)

    def _arrived(self, order: PayoutOrder) -> ProviderEvent:
        """Take an order once; nearly always it is decided at once."""
        payout = order.payout
        fate = self._fates.get(payout.id)
        if fate is None:
            end = Outcome.FAILED if self._random.random() < self.failures else Outcome.SUCCEEDED
            fate = self._fates[payout.id] = _Fate(payout, self._said(payout, Outcome.UNKNOWN), end)
            if self._goes_wrong():
                self._to_tell.append(fate.word)
            else:
                self._decide(fate)
        return fate.word

    def _decide(self, fate: _Fate) -> None:
        payout = fate.payout
        if fate.end is Outcome.SUCCEEDED:
            self.books.append(ProviderRow(payout.id, payout.currency, payout.amount_minor, self.now))
        fate.word = self._said(payout, fate.end)
        self._to_tell.append(fate.word)

    def _said(self, payout: Payout, outcome: Outcome) -> ProviderEvent:
        reason = "account closed" if outcome is Outcome.FAILED else ""
        of = (payout.id, payout.payee, payout.currency, payout.amount_minor)
        return ProviderEvent(self._event(), *of, outcome, self.now, reason)

    def _event(self) -> EventId:
        return EventId(f"{self._name} {next(self._numbers)}")

    def _lie(self, word: ProviderEvent) -> ProviderEvent:
        """Return a word that is not true: of another amount, payee, currency or payout, with any outcome."""
        lies: tuple[Callable[[], ProviderEvent], ...] = (
            lambda: evolve(word, amount_minor=word.amount_minor + self._random.choice((1, 10**6))),
            lambda: evolve(word, payee=MemberId(f"{word.payee}'")),
            lambda: evolve(word, currency=Currency("JPY" if word.currency == "CNY" else "CNY")),
            lambda: evolve(word, payout=PayoutId(f"{word.payout[:100]}'")),
        )
        outcome = self._random.choice(tuple(Outcome))
        return evolve(self._random.choice(lies)(), id=self._event(), outcome=outcome)
