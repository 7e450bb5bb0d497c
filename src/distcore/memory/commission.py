"""Plans, sales and facts in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import evolve

from distcore.commission import (
    Booking,
    Bought,
    Buyer,
    Correction,
    DueGift,
    Earning,
    EarningPart,
    GroupBy,
    PaidSale,
    Plan,
    Portion,
    Posting,
    PriceCorrection,
    Refund,
    Repin,
    SaleRecord,
    TallyKey,
    Timeline,
    left_of,
    portions_of,
    tally_problems,
    totals_of,
    with_sale,
)
from distcore.kernel import (
    POINT,
    ComponentId,
    Currency,
    InputError,
    Instant,
    MemberId,
    PlanId,
    PriceCorrectionId,
    RefundId,
    RetryableError,
    SaleId,
)
from distcore.memory.journal import Journal, bounded


class MemoryPlans:
    """`distcore.commission.Plans` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._plans: dict[tuple[PlanId, int], Plan] = {}
        self._recorded: dict[tuple[PlanId, int], Instant] = {}

    def add(self, plan: Plan, *, at: Instant) -> None:
        """Write a new version."""
        self._journal.insert(self._plans, (plan.id, plan.plan_version), plan)
        self._journal.put(self._recorded, (plan.id, plan.plan_version), at)

    def all(self, *, known_at: Instant | None = None) -> Sequence[Plan]:
        """Return every version, by id and version; with `known_at`, those that were written by then."""
        return [
            self._plans[key]
            for key in sorted(self._plans)
            if known_at is None or self._recorded[key] <= known_at
        ]


class MemorySales:
    """`distcore.commission.Sales` in a dictionary of records."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._records: dict[SaleId, SaleRecord] = {}
        self._refunds: dict[RefundId, SaleId] = {}
        self._prices: dict[PriceCorrectionId, SaleId] = {}
        self._frozen: dict[SaleId, Instant] = {}
        self._released: dict[SaleId, Instant] = {}
        self._buyers: dict[MemberId, SaleId] = {}

    def known(self, ids: Collection[SaleId]) -> frozenset[SaleId]:
        """Return which of these are booked."""
        return frozenset(self._records.keys() & ids)

    def find(self, ids: Collection[SaleId], *, for_change: bool = False) -> dict[SaleId, SaleRecord]:
        """Return those of these sales that are booked."""
        return {id: self._records[id] for id in ids if id in self._records}

    def timelines(self, ids: Collection[SaleId]) -> dict[SaleId, Timeline]:
        """Return when what happened to those of these sales that are booked."""
        return {
            id: Timeline(
                record.booking.sale.paid_at,
                record.booking.plan,
                record.booking.plan_version,
                record.completed_at,
                record.due,
            )
            for id, record in self.find(ids).items()
        }

    def count(self) -> int:
        """Return how many sales are booked."""
        return len(self._records)

    def all(self) -> Iterator[SaleRecord]:
        """Yield every sale in order of id."""
        for id in sorted(self._records):
            yield self._records[id]

    def paid(
        self, since: Instant, until: Instant, *, with_posted: bool = False, after: str = ""
    ) -> Iterator[PaidSale]:
        """Yield the sales paid in `[since, until)`, in order of id."""
        for record in self.all():
            if since <= record.booking.sale.paid_at < until and record.booking.sale.id > after:
                facts = (each for posting in record.postings for each in posting.accruals)
                posted = totals_of(facts) if with_posted else {}
                yield PaidSale(record.booking, record.corrections, posted, record.repins)

    def by_payment(self, since: Instant, until: Instant, *, with_posted: bool = False) -> Iterator[PaidSale]:
        """Yield the sales paid in `[since, until)`, in the order in which they were paid."""
        found = self.paid(since, until, with_posted=with_posted)
        yield from sorted(found, key=lambda each: (each.booking.sale.paid_at, each.booking.sale.id))

    def bought(self, buyers: Collection[MemberId]) -> frozenset[MemberId]:
        """Return which of these have bought before."""
        return frozenset(self._buyers.keys() & buyers)

    def kept(self, currency: Currency, start: Instant, end: Instant) -> Iterator[tuple[MemberId, int]]:
        """Yield what is left of the net of sales of a period, by buyer; looks at every sale."""
        sums: defaultdict[MemberId, int] = defaultdict(int)
        for record in self._records.values():
            sale = record.booking.sale
            if sale.currency == currency and start <= sale.paid_at < end:
                sums[sale.buyer] += sum(line.net_minor for line in left_of(sale, record.corrections))
        return ((buyer, bounded(sums[buyer])) for buyer in sorted(sums) if sums[buyer])

    def categories(self) -> frozenset[str]:
        """Return the categories of all that was ever sold."""
        lines = (line for record in self._records.values() for line in record.booking.sale.lines)
        return frozenset(line.category for line in lines if line.category)

    def earned(
        self, plan: PlanId, currency: Currency, start: Instant, end: Instant
    ) -> Iterator[tuple[ComponentId, MemberId, int]]:
        """Yield what facts of sales of a period add up to, by component and payee; looks at every sale."""
        sums: Counter[tuple[ComponentId, MemberId]] = Counter()
        for record in self._records.values():
            sale = record.booking.sale
            if (record.booking.plan, sale.currency) == (plan, currency) and start <= sale.paid_at < end:
                for posting in record.postings:
                    for each in posting.accruals:
                        sums[each.component, each.payee] += each.amount_minor
        return ((*of, bounded(sums[of])) for of in sorted(sums) if sums[of])

    def refunded(self, refunds: Collection[RefundId]) -> frozenset[RefundId]:
        """Return which of these refund ids are posted."""
        return frozenset(self._refunds.keys() & refunds)

    def repriced(self, prices: Collection[PriceCorrectionId]) -> frozenset[PriceCorrectionId]:
        """Return which of these ids of price corrections are posted."""
        return frozenset(self._prices.keys() & prices)

    def book(
        self, bookings: Sequence[tuple[Booking, Posting]], dues: Sequence[tuple[SaleId, Instant]]
    ) -> None:
        """Write new sales with their first postings."""
        begun = dict(dues)
        records = [
            (booking.sale.id, SaleRecord(booking, (posting,), due=begun.get(booking.sale.id)))
            for booking, posting in bookings
        ]
        self._journal.insert_all(self._records, records)
        self._journal.insert_all(self._frozen, list(begun.items()))
        new = {booking.sale.buyer: booking.sale.id for booking, _ in bookings}
        fresh = [(buyer, sale) for buyer, sale in new.items() if buyer not in self._buyers]
        self._journal.insert_all(self._buyers, fresh)

    def correct(self, corrections: Sequence[tuple[Correction, Posting]]) -> None:
        """Write corrections, each with what it posts."""
        for correction, posting in corrections:
            record = self._records[correction.sale]
            if isinstance(correction, Refund):
                self._journal.insert(self._refunds, correction.id, correction.sale)
            if isinstance(correction, PriceCorrection):
                self._journal.insert(self._prices, correction.id, correction.sale)
            changed = evolve(
                record,
                corrections=(*record.corrections, correction),
                postings=(*record.postings, posting),
            )
            self._journal.put(self._records, correction.sale, changed)

    def recompute(self, postings: Sequence[tuple[Posting, Repin | None]]) -> None:
        """Write what recomputations post, each with the re-pin that it comes with, if any."""
        for posting, repin in postings:
            record = self._records[posting.sale]
            repins = record.repins if repin is None else (*record.repins, repin)
            changed = evolve(record, postings=(*record.postings, posting), repins=repins)
            self._journal.put(self._records, posting.sale, changed)

    def complete(
        self,
        completions: Sequence[tuple[SaleId, Instant]],
        dues: Sequence[tuple[SaleId, Instant]],
        *,
        at: Instant,
    ) -> None:
        """Write completions, and the dues that begin with them."""
        for sale, completed_at in completions:
            record = self._records[sale]
            if record.completed_at is not None:
                raise RetryableError(f"{sale!r} is completed already")
            self._journal.put(self._records, sale, evolve(record, completed_at=completed_at))
        for sale, due in dues:
            self._journal.put(self._records, sale, evolve(self._records[sale], due=due))
            self._journal.put(self._frozen, sale, due)

    def frozen_until(self, until: Instant) -> list[SaleId]:
        """Return the sales whose freeze is over and that are not released, by id."""
        return sorted(id for id, due in self._frozen.items() if due <= until)

    def release(self, sale: SaleId, *, at: Instant) -> None:
        """Mark a sale as released."""
        if sale not in self._frozen:
            raise RetryableError(f"{sale!r} is released already")
        self._journal.remove(self._frozen, sale)
        self._journal.put(self._records, sale, evolve(self._records[sale], released=True))
        self._journal.put(self._released, sale, at)

    def releases(self) -> Iterator[tuple[SaleId, Instant]]:
        """Yield the released sales by id, each with when that was written."""
        yield from sorted(self._released.items())

    def records(self) -> Collection[SaleRecord]:
        """Return all records, in no order that anybody may rely on."""
        return self._records.values()


class MemoryBuyers:
    """`distcore.commission.Buyers` in a dictionary, filled from all sales when it is first asked."""

    def __init__(self, journal: Journal, sales: MemorySales) -> None:
        self._journal = journal
        self._sales = sales
        self._bought: dict[Buyer, Bought] = {}
        self._asked: dict[str, bool] = {}

    def of(self, buyers: Collection[Buyer], *, for_change: bool = False) -> dict[Buyer, Bought]:
        """Return what each has bought."""
        kept = self._bought if self._asked else self._counted()
        if for_change:
            if not self._asked:
                self.put(kept)
                self._journal.put(self._asked, "once", value=True)
            self.put({buyer: Bought() for buyer in buyers if buyer not in kept})
        return {buyer: kept.get(buyer, Bought()) for buyer in buyers}

    def leave_uncounted(self) -> None:
        """Do nothing: nobody begins to count meanwhile."""

    def count_from_now_on(self) -> None:
        """Do nothing: nobody else books anything meanwhile."""

    def put(self, bought: Mapping[Buyer, Bought]) -> None:
        """Write what buyers have bought by now."""
        for buyer, each in bought.items():
            self._journal.put(self._bought, buyer, each)

    def all(self) -> Iterator[tuple[Buyer, Bought]]:
        """Yield all that is kept."""
        yield from sorted(self._bought.items())

    def _counted(self) -> dict[Buyer, Bought]:
        """Count every buyer's sales: once they are kept, whoever buys later is kept up to date."""
        found: dict[Buyer, Bought] = {}
        for record in self._sales.records():
            sale = record.booking.sale
            buyer = (sale.buyer, sale.currency)
            found[buyer] = with_sale(found.get(buyer, Bought()), sale, None)
        return found


class MemoryTallies:
    """`distcore.commission.Tallies` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._granted: dict[TallyKey, int] = {}

    def of(self, keys: Collection[TallyKey], *, for_change: bool = False) -> dict[TallyKey, int]:
        """Return what each comes to."""
        if for_change:
            self._write({key: 0 for key in keys if key not in self._granted})
        return {key: self._granted.get(key, 0) for key in keys}

    def put(self, used: Mapping[TallyKey, int]) -> None:
        """Write what they come to by now."""
        problems = tuple(tally_problems(used))
        if problems:
            raise InputError(problems)
        if not used.keys() <= self._granted.keys():
            raise RetryableError("some of these sums were never asked for")
        self._write(used)

    def _write(self, used: Mapping[TallyKey, int]) -> None:
        for key, minor in used.items():
            self._journal.put(self._granted, key, minor)

    def all(self) -> Iterator[tuple[TallyKey, int]]:
        """Yield all that is kept."""
        yield from sorted(self._granted.items())


class MemoryReleases:
    """`distcore.commission.Releases` over the records of the sales."""

    def __init__(self, sales: MemorySales) -> None:
        self._sales = sales

    def due(self, until: Instant, limit: int, *, after: str = "") -> Sequence[SaleId]:
        """Return sales that are due and not released, by id."""
        return [sale for sale in self._sales.frozen_until(until) if sale > after][:limit]

    def add(self, sales: Sequence[SaleId], *, at: Instant) -> None:
        """Write releases."""
        for sale in sales:
            self._sales.release(sale, at=at)

    def portions(self, sales: Sequence[SaleId]) -> Sequence[Portion]:
        """Return what each payee has of each posting of released sales: money, then points."""
        found = [
            portion
            for record in self._sales.find(sales).values()
            for number, posting in enumerate(record.postings)
            for portion in portions_of(posting, number, record.booking.sale.currency, record.thawed_at)
        ]
        return sorted(found, key=lambda each: each.currency == POINT)

    def gifts(self, since: Instant, until: Instant) -> Iterator[DueGift]:
        """Yield the gifts that became due in `[since, until)`."""
        for sale, released in self._sales.releases():
            for posting in self._sales.find([sale])[sale].postings:
                recorded_at = max(released, posting.posted_at)
                if since <= recorded_at < until:
                    for each in posting.gifts:
                        yield DueGift(sale, posting.cause, each, recorded_at)


class MemoryEarnings:
    """`distcore.commission.Earnings`, summed over all facts at each call."""

    def __init__(self, sales: MemorySales) -> None:
        self._sales = sales

    def of(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        """Return, by payee and currency, what facts in `[start, end)` add up to."""
        sums: defaultdict[tuple[MemberId, Currency], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for record in self._sales.records():
            currency, released = record.booking.sale.currency, record.released
            for posting in record.postings:
                instant = posting.valid_at if by is GroupBy.VALID else posting.posted_at
                if not start <= instant < end:
                    continue
                for accrual in posting.accruals:
                    row = sums[accrual.payee, currency]
                    row[0 if accrual.amount_minor > 0 else 1] += accrual.amount_minor
                    row[3 if released else 2] += accrual.amount_minor
        found = sorted(sums.items())
        mine = [(who, row) for who, row in found if any(row) and payee in {None, who[0]}]
        return [Earning(*who, *map(bounded, row)) for who, row in mine]

    def parts(self, start: Instant, end: Instant, by: GroupBy, payee: MemberId) -> Iterator[EarningPart]:
        """Yield what the facts of a payee in `[start, end)` come from; looks at every fact."""
        for record in self._sales.all():
            sale = record.booking.sale
            for number, posting in enumerate(record.postings):
                if not start <= (posting.valid_at if by is GroupBy.VALID else posting.posted_at) < end:
                    continue
                sums: defaultdict[ComponentId, int] = defaultdict(int)
                for accrual in posting.accruals:
                    if accrual.payee == payee:
                        sums[accrual.component] += accrual.amount_minor
                of = (posting.valid_at, posting.posted_at, sale.currency)
                for component in sorted(sums):
                    amount = bounded(sums[component])
                    yield EarningPart(sale.id, number, posting.cause, component, *of, amount)

    def span(self) -> tuple[Instant, Instant] | None:
        """Return the instants of the first and the last fact."""
        instants = [
            posting.valid_at
            for record in self._sales.records()
            for posting in record.postings
            if posting.accruals
        ]
        return (min(instants), max(instants)) if instants else None
