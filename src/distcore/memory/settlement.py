"""Dues, closings with their statements, and what else settlement remembers, in memory."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from attrs import evolve

from distcore.kernel import Currency, Instant, MemberId, Origin, OriginKind, RetryableError
from distcore.memory.journal import Journal, bounded
from distcore.settlement import (
    Adjustment,
    Assessed,
    Assessment,
    Closing,
    Decision,
    Due,
    DueKey,
    Hold,
    HoldChange,
    HoldOn,
    Line,
    LineTotal,
    Opening,
    SettlementPolicy,
    SoFar,
    Statement,
)

_DueKey: TypeAlias = tuple[Currency, MemberId, str, str, int]


def _key_of(due: Due) -> _DueKey:
    return _sorted_as(*due.key)


def _sorted_as(currency: Currency, payee: MemberId, origin: Origin) -> _DueKey:
    return (currency, payee, origin.kind.value, origin.ref, origin.number)


class MemorySettlementPolicies:
    """`distcore.settlement.SettlementPolicies` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._policies: dict[tuple[Currency, int], SettlementPolicy] = {}

    def add(self, policy: SettlementPolicy, *, at: Instant) -> None:
        """Write a version."""
        self._journal.insert(self._policies, (policy.currency, policy.policy_version), policy)

    def all(self) -> Sequence[SettlementPolicy]:
        """Return every version, by currency and version."""
        return [self._policies[key] for key in sorted(self._policies)]


class MemoryDues:
    """`distcore.settlement.Dues` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._dues: dict[_DueKey, Due] = {}

    def add(self, dues: Sequence[Due]) -> None:
        """Write dues."""
        self._journal.insert_all(self._dues, [(_key_of(each), each) for each in dues])

    def find(self, keys: Collection[DueKey]) -> dict[DueKey, Due]:
        """Return those of these that are open."""
        sorted_as = ((key, _sorted_as(*key)) for key in keys)
        return {key: self._dues[place] for key, place in sorted_as if place in self._dues}

    def all(self) -> Iterator[Due]:
        """Yield every open due by currency, payee and origin."""
        for key in sorted(self._dues):
            yield self._dues[key]

    def volume(self, currency: Currency) -> int:
        """Return what the open dues of a currency add up to without their signs; looks at every due."""
        return sum(abs(each.amount_minor) for each in self._dues.values() if each.currency == currency)

    def remove(self, due: Due) -> None:
        """Let a due go; a closing took it."""
        self._journal.remove(self._dues, _key_of(due))


class MemoryHolds:
    """`distcore.settlement.Holds`: the last change of each says whether it is held."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._changes: dict[tuple[str, str, int], HoldChange] = {}
        self._active: dict[tuple[HoldOn, str], Hold] = {}

    def active(self, on: HoldOn, refs: Collection[str], *, for_change: bool = False) -> dict[str, Hold]:
        """Return the holds on those of these that are held; whoever is in a transaction is alone in it."""
        return {ref: self._active[on, ref] for ref in refs if (on, ref) in self._active}

    def changes(self, on: HoldOn, ref: str) -> Sequence[HoldChange]:
        """Return every change of the hold on one sale or payee; looks at every change."""
        return [each for each in self.all() if (each.hold.on, each.hold.ref) == (on, ref)]

    def change(self, change: HoldChange) -> None:
        """Place or lift a hold."""
        hold = change.hold
        self._journal.insert(self._changes, (hold.on.value, hold.ref, change.number), change)
        if change.placed:
            self._journal.put(self._active, (hold.on, hold.ref), hold)
        else:
            self._journal.remove(self._active, (hold.on, hold.ref))

    def all(self) -> Iterator[HoldChange]:
        """Yield every change."""
        for key in sorted(self._changes):
            yield self._changes[key]


class MemoryClosings:
    """`distcore.settlement.Closings` in dictionaries."""

    def __init__(self, journal: Journal, dues: MemoryDues, holds: MemoryHolds) -> None:
        self._journal = journal
        self._dues = dues
        self._holds = holds
        self._closings: dict[int, Closing] = {}
        self._lines: dict[int, dict[MemberId, list[Due]]] = {}
        self._statements: dict[tuple[int, MemberId], Statement] = {}

    def of(self, currency: Currency) -> Sequence[Closing]:
        """Return the closings of a currency by number."""
        return [each for each in self.all() if each.currency == currency]

    def find(self, number: int, *, for_change: bool = False) -> Closing | None:
        """Return a closing."""
        return self._closings.get(number)

    def all(self) -> Iterator[Closing]:
        """Yield every closing by number."""
        for number in sorted(self._closings):
            yield self._closings[number]

    def count(self) -> int:
        """Return how many closings there are."""
        return len(self._closings)

    def open(self, closing: Closing) -> None:
        """Write a draft."""
        self._journal.insert(self._closings, closing.number, closing)

    def take(self, closing: Closing) -> int:
        """Move every due that was released before the end of the period, and is not held."""
        taken = [
            due
            for due in self._dues.all()
            if due.currency == closing.currency
            and due.released_at < closing.period.end
            and not self._is_held(due.origin)
        ]
        lines: dict[MemberId, list[Due]] = {}
        for due in taken:
            self._dues.remove(due)
            lines.setdefault(due.payee, []).append(due)
        self._journal.insert(self._lines, closing.number, lines)
        return len(taken)

    def free(self, closing: Closing) -> None:
        """Give back what a closing took."""
        self._dues.add(self._taken(closing.number))

    def totals(self, closing: Closing) -> Iterator[LineTotal]:
        """Yield what the lines add up to, by payee."""
        for payee, dues in sorted(self._lines.get(closing.number, {}).items()):
            yield LineTotal(payee, bounded(sum(due.amount_minor for due in dues)), len(dues))

    def lines(self, closing: int, payee: MemberId) -> Iterator[Line]:
        """Yield the lines of one payee by origin."""
        for due in self._lines.get(closing, {}).get(payee, ()):
            yield Line(closing, due)

    def lines_of(self, origins: Collection[Origin]) -> Sequence[Line]:
        """Return the lines that stem from these; looks at every line."""
        wanted = set(origins)
        found = [
            Line(number, due) for number in self._lines for due in self._taken(number) if due.origin in wanted
        ]
        return sorted(found, key=lambda line: (*_key_of(line.due)[2:], line.due.payee, line.closing))

    def decide(self, number: int, decision: Decision) -> None:
        """Write a decision."""
        closing = self._closings[number]
        if closing.decision is not None:
            raise RetryableError(f"closing {number} is decided already")
        self._journal.put(self._closings, number, evolve(closing, decision=decision))

    def state(self, statements: Sequence[Statement]) -> None:
        """Write statements."""
        of = [((each.closing, each.payee), each) for each in statements]
        self._journal.insert_all(self._statements, of)

    def statements(self, closing: int) -> Iterator[Statement]:
        """Yield the statements of a closing by payee."""
        for key in sorted(key for key in self._statements if key[0] == closing):
            yield self._statements[key]

    def statements_of(self, payee: MemberId) -> Sequence[Statement]:
        """Return every statement of a payee by closing."""
        return [self._statements[key] for key in sorted(self._statements) if key[1] == payee]

    def all_lines(self) -> Iterator[tuple[int, Sequence[Due]]]:
        """Yield what each closing took."""
        for number in sorted(self._lines):
            yield number, self._taken(number)

    def _taken(self, number: int) -> list[Due]:
        return [due for _, dues in sorted(self._lines.get(number, {}).items()) for due in dues]

    def _is_held(self, origin: Origin) -> bool:
        sale = origin.kind is OriginKind.SALE
        return sale and bool(self._holds.active(HoldOn.SALE, [origin.ref]))


class MemoryAssessments:
    """`distcore.settlement.Assessments` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._assessments: dict[tuple[int, MemberId], Assessment] = {}

    def add(self, assessments: Sequence[Assessment]) -> None:
        """Write assessments."""
        of = [((each.closing, each.payee), each) for each in assessments]
        self._journal.insert_all(self._assessments, of)

    def so_far(self, payees: Collection[MemberId], currency: Currency, month: str) -> dict[MemberId, SoFar]:
        """Return what was assessed in the year of a month; looks at every assessment."""
        wanted, year = set(payees), month[:4]
        sums: defaultdict[MemberId, dict[str, Assessed]] = defaultdict(dict)
        for each in self._assessments.values():
            if each.payee in wanted and each.currency == currency and each.month[:4] == year:
                months = sums[each.payee]
                months[each.month] = _added(months.get(each.month), each)
        return {
            payee: SoFar(tuple(months[each] for each in sorted(months))) for payee, months in sums.items()
        }

    def of(self, closing: int, payees: Collection[MemberId]) -> dict[MemberId, Assessment]:
        """Return the assessments of these payees in a closing."""
        keys = ((closing, payee) for payee in payees)
        return {key[1]: self._assessments[key] for key in keys if key in self._assessments}

    def of_payee(self, payee: MemberId) -> Sequence[Assessment]:
        """Return every assessment of a payee by closing; looks at every assessment."""
        return [each for each in self.every() if each.payee == payee]

    def withheld(self) -> Iterator[tuple[MemberId, Currency, int]]:
        """Yield what was withheld in all by payee and currency."""
        sums: Counter[tuple[MemberId, Currency]] = Counter()
        for each in self._assessments.values():
            sums[each.payee, each.currency] += each.withheld_minor
        for (payee, currency), minor in sorted(sums.items()):
            yield payee, currency, bounded(minor)

    def every(self) -> Iterator[Assessment]:
        """Yield every assessment by closing and payee."""
        for key in sorted(self._assessments):
            yield self._assessments[key]


def _added(before: Assessed | None, each: Assessment) -> Assessed:
    gross, withheld = (0, 0) if before is None else (before.gross_minor, before.withheld_minor)
    return Assessed(each.month, bounded(gross + each.gross_minor), bounded(withheld + each.withheld_minor))


class MemoryAdjustments:
    """`distcore.settlement.Adjustments` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._adjustments: dict[str, tuple[Adjustment, Instant]] = {}

    def find(self, ids: Collection[str]) -> dict[str, Adjustment]:
        """Return those of these that are posted."""
        return {id: self._adjustments[id][0] for id in ids if id in self._adjustments}

    def add(self, adjustments: Sequence[Adjustment], *, at: Instant) -> None:
        """Write adjustments."""
        self._journal.insert_all(self._adjustments, [(each.id, (each, at)) for each in adjustments])

    def all(self) -> Iterator[tuple[Adjustment, Instant]]:
        """Yield every adjustment by id."""
        for id in sorted(self._adjustments):
            yield self._adjustments[id]


class MemoryOpenings:
    """`distcore.settlement.Openings` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._openings: dict[str, tuple[Opening, Instant]] = {}
        self._frozen: dict[str, Instant] = {}

    def find(self, ids: Collection[str]) -> dict[str, Opening]:
        """Return those of these that are posted."""
        return {id: self._openings[id][0] for id in ids if id in self._openings}

    def add(self, openings: Sequence[Opening], *, at: Instant) -> None:
        """Write opening balances."""
        for each in openings:
            self._journal.insert(self._openings, each.id, (each, at))
            self._journal.put(self._frozen, each.id, each.frozen_until or at)

    def ripe(self, until: Instant, limit: int) -> Sequence[Opening]:
        """Return those whose freeze is over and that are not released, by id."""
        over = sorted(id for id, frozen_until in self._frozen.items() if frozen_until <= until)
        return [self._openings[id][0] for id in over[:limit]]

    def frozen(self, ids: Collection[str]) -> dict[str, Instant]:
        """Return when the freezes end that still run, or wait for a release."""
        return {id: self._frozen[id] for id in ids if id in self._frozen}

    def release(self, ids: Sequence[str], *, at: Instant) -> None:
        """Write that freezes ended."""
        for id in ids:
            if id not in self._frozen:
                raise RetryableError(f"opening balance {id!r} is released already")
            self._journal.remove(self._frozen, id)

    def all(self) -> Iterator[tuple[Opening, Instant, bool]]:
        """Yield every opening balance by id."""
        for id in sorted(self._openings):
            yield (*self._openings[id], id not in self._frozen)
