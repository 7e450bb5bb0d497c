"""Periods that were accrued, in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from attrs import evolve

from distcore.commission import (
    Earning,
    EarningPart,
    GroupBy,
    PeriodFact,
    PeriodGrounds,
    PeriodPosting,
    PeriodRun,
    Repin,
    cause_of_period,
)
from distcore.kernel import POINT, ComponentId, Currency, Instant, MemberId, Period, last_of
from distcore.ledger import POINTS
from distcore.memory.commission import MemorySales
from distcore.memory.journal import Journal, bounded
from distcore.memory.ledger import MemoryTransfers

_FactKey: TypeAlias = tuple[int, MemberId, ComponentId]


class MemoryPeriodRuns:
    """`distcore.commission.PeriodRuns` in dictionaries, one of facts for each run."""

    def __init__(self, journal: Journal, sales: MemorySales, transfers: MemoryTransfers) -> None:
        self._journal = journal
        self._sales = sales
        self._transfers = transfers
        self._runs: dict[int, PeriodRun] = {}
        self._periods: dict[tuple[Currency, str], int] = {}
        self._postings: dict[int, dict[int, PeriodPosting]] = {}
        self._facts: dict[int, dict[_FactKey, PeriodFact]] = {}

    def all(self) -> Sequence[PeriodRun]:
        """Return every run by number."""
        return [self._runs[number] for number in sorted(self._runs)]

    def add(self, run: PeriodRun) -> None:
        """Write a run."""
        self._journal.insert(self._periods, (run.currency, run.period.label), run.number)
        self._journal.insert(self._runs, run.number, run)
        self._journal.insert(self._postings, run.number, {})
        self._journal.insert(self._facts, run.number, {})

    def post(self, posting: PeriodPosting, repin: Repin | None = None) -> None:
        """Write a posting, and a re-pin from it on."""
        self._journal.insert(self._postings[posting.run], posting.number, posting)
        if repin is not None:
            run = self._runs[posting.run]
            self._journal.put(self._runs, run.number, evolve(run, repins=(*run.repins, repin)))

    def postings(self, run: int) -> Sequence[PeriodPosting]:
        """Return the postings of a run by number."""
        found = self._postings.get(run, {})
        return [found[number] for number in sorted(found)]

    def grounds(self, by_points: Collection[int] = ()) -> dict[int, PeriodGrounds]:
        """Return what runs rest on by now; looks at every sale for each, and so at transfers."""
        found = {
            number: self.grounds_of(run.currency, run.period, by_points=number in by_points)
            for number, run in sorted(self._runs.items())
        }
        return {number: grounds for number, grounds in found.items() if grounds.posted_at is not None}

    def grounds_of(self, currency: Currency, period: Period, *, by_points: bool = False) -> PeriodGrounds:
        """Return what a period rests on by now; looks at every sale."""
        postings = [
            posting.posted_at
            for each in self._sales.records()
            if each.booking.sale.currency == currency and each.booking.sale.paid_at in period
            for posting in each.postings
        ]
        transfers = [
            each.posted_at
            for each in (self._transfers.all() if by_points else ())
            if each.currency == POINT and POINTS in {each.debit, each.credit} and each.valid_at < period.end
        ]
        newest = max([*postings, *transfers], default=None)
        return PeriodGrounds(len(postings), len(transfers), newest)

    def write(self, facts: Sequence[PeriodFact]) -> None:
        """Write facts."""
        by_run: dict[int, list[tuple[_FactKey, PeriodFact]]] = {}
        for each in facts:
            key = (each.posting, each.share.payee, each.share.component)
            by_run.setdefault(each.run, []).append((key, each))
        for run, rows in by_run.items():
            self._journal.insert_all(self._facts[run], rows)

    def sums(self, run: int) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what the facts of a run add up to; looks at all of them."""
        sums: Counter[tuple[ComponentId, MemberId]] = Counter()
        for each in self._facts.get(run, {}).values():
            sums[each.share.component, each.share.payee] += each.amount_minor
        return ((*of, bounded(sums[of])) for of in sorted(sums) if sums[of])

    def facts(self, run: int, posting: int) -> Iterator[PeriodFact]:
        """Yield the facts of a posting by payee and component; looks at all of the run."""
        found = self._facts.get(run, {})
        for key in sorted(found):
            if key[0] == posting:
                yield found[key]

    def of(self, run: int, payees: Collection[MemberId]) -> dict[MemberId, list[PeriodFact]]:
        """Return the facts of a run of some payees; looks at all of it."""
        wanted = frozenset(payees)
        found: dict[MemberId, list[PeriodFact]] = {}
        for each in self._facts.get(run, {}).values():
            if each.share.payee in wanted:
                found.setdefault(each.share.payee, []).append(each)
        for facts in found.values():
            facts.sort(key=lambda each: (each.share.component, each.posting))
        return found

    def earned(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to; looks at all of them."""
        sums: defaultdict[tuple[MemberId, Currency], list[int]] = defaultdict(lambda: [0, 0])
        for number, facts in self._facts.items():
            run = self._runs[number]
            for fact in facts.values():
                posted_at = self._postings[number][fact.posting].posted_at
                instant = last_of(run.period) if by is GroupBy.VALID else posted_at
                if start <= instant < end and payee in {None, fact.share.payee}:
                    row = sums[fact.share.payee, run.currency]
                    row[0 if fact.amount_minor > 0 else 1] += fact.amount_minor
        return [
            Earning(*who, bounded(gave), bounded(took), 0, bounded(gave + took))
            for who, (gave, took) in sorted(sums.items())
        ]

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield the facts of a payee in `[start, end)`; looks at all of them."""
        for run in self.all():
            for fact in self.of(run.number, [payee]).get(payee, ()):
                valid_at = last_of(run.period)
                posted_at = self._postings[run.number][fact.posting].posted_at
                if start <= (valid_at if by is GroupBy.VALID else posted_at) < end:
                    of = (fact.posting, cause_of_period(run.period.label), fact.share.component)
                    yield EarningPart(None, *of, valid_at, posted_at, run.currency, fact.amount_minor)

    def count(self) -> int:
        """Return how many facts there are."""
        return sum(map(len, self._facts.values()))
