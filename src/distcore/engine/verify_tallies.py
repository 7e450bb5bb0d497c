"""Compare what is used up of caps with what sales were granted."""

from collections import Counter
from collections.abc import Iterable, Iterator

from distcore.commission import SaleRecord, TallyKey
from distcore.kernel import Problem
from distcore.ports import Transaction


class Tallies:
    """What is kept of caps, and what the grants of sales add up to."""

    def __init__(self, tx: Transaction) -> None:
        """Load what is kept."""
        self._kept = dict(tx.tallies.all())
        self._found: Counter[TallyKey] = Counter()

    def add(self, records: Iterable[SaleRecord]) -> None:
        """Count some sales."""
        for booking in (record.booking for record in records):
            for each in booking.grants or ():
                self._found[booking.plan, each.cap, each.member, each.period] += each.granted_minor

    def finish(self) -> Iterator[Problem]:
        """Compare; what was only asked for is kept as zero."""
        for key in sorted({*self._kept, *self._found}):
            kept, found = self._kept.get(key, 0), self._found[key]
            if kept != found:
                plan, cap, member, period = key
                where = f"plan {plan}, cap {cap}, member {member}" + (f", {period}" if period else "")
                yield Problem(where, f"{kept} minor units are kept as granted, the sales have {found}")
