"""The auditor's cash book: where every cent is, added up anew from the first fact on.

Like the auditor it shares the nouns of the library and nothing that decides.  It keeps what it was told, and
no sums.  `distcore.testing.auditor_closings` and `distcore.testing.auditor_payouts` write in it.
"""

from collections import Counter
from collections.abc import Container, Iterator
from typing import NamedTuple

from distcore.commission import Points
from distcore.kernel import POINT, Currency, Instant
from distcore.settlement import Adjustment, Hold, Opening, SettlementPolicy
from distcore.testing.auditor import Auditor, which
from distcore.testing.auditor_periods import Moved, PeriodAuditor
from distcore.testing.auditor_spans import Span


class Fact(NamedTuple):
    """An amount of a payee, where it stems from, and since when it is released."""

    origin: tuple[str, str, int]
    payee: str
    currency: str
    minor: int
    released_at: Instant | None


class Closed:
    """A closing, what it took, what it says to everybody, and what was withheld."""

    def __init__(self, currency: str, span: Span, policy: SettlementPolicy, lines: list[Fact], actor: str):
        """Draft it; a statement is opening, lines, how many, gross, held; an assessment month, gross, tax."""
        self.currency, self.span, self.policy, self.lines, self.actor = currency, span, policy, lines, actor
        self.state = "draft"
        self.statements: dict[str, tuple[int, int, int, int, bool]] = {}
        self.assessments: dict[str, tuple[str, int, int]] = {}


class Paid:
    """A payout, and what became of it."""

    def __init__(
        self, id: str, payee: str, currency: str, minor: int, account: int, channel: str, actor: str
    ):
        """Request it."""
        self.id = id
        self.payee, self.currency, self.minor = payee, currency, minor
        self.account, self.channel, self.actor = account, channel, actor
        self.state = "requested"


class MoneyAuditor:
    """What one shop was told about money; a verb returns the codes it may be refused with."""

    def __init__(self, auditor: Auditor, periods: PeriodAuditor) -> None:
        """Watch beside the auditors of sales and of periods."""
        self.auditor, self.periods = auditor, periods
        self.held: dict[tuple[str, str], Hold] = {}
        self.adjustments: dict[str, tuple[Adjustment, Instant]] = {}
        self.openings: dict[str, tuple[Opening, Instant]] = {}
        self.thawed: set[str] = set()
        self.closings: list[Closed] = []
        self.payouts: dict[str, Paid] = {}

    # What is added up

    def facts(self) -> Iterator[Fact]:
        """Yield all that was ever earned, given or taken over, but points."""
        for book in self.auditor.books.values():
            for number, (_, _, at, amounts) in enumerate(book.facts):
                released_at = max(book.due, at) if book.released and book.due else None
                for payee in sorted({share[3] for share in amounts}):
                    minor = sum(each for share, each in amounts.items() if share[3] == payee)
                    if minor:
                        origin = ("sale", str(book.sale.id), number)
                        yield Fact(origin, payee, book.sale.currency, minor, released_at)
        yield from self._of_periods()
        for adjustment, at in self.adjustments.values():
            if adjustment.currency != POINT:
                yield Fact(("adjustment", adjustment.id, 0), *_whose(adjustment), at)
        for opening, at in self.openings.values():
            free_at = max(at, opening.frozen_until or at) if opening.id in self.thawed else None
            yield Fact(("opening", opening.id, 0), *_whose(opening), free_at)

    def points(self) -> Iterator[tuple[str, str, int]]:
        """Yield all points that were ever given and not taken back, each with whose account holds them."""
        for book in self.auditor.books.values():
            for (_, payee), gift in book.gifts().items():
                if isinstance(gift, Points):
                    yield "points" if book.released else "frozen", payee, gift.points
        for adjustment, _ in self.adjustments.values():
            if adjustment.currency == POINT:
                yield "points", adjustment.payee, adjustment.amount_minor

    def _of_periods(self) -> Iterator[Fact]:
        """Yield what periods of plans paid: it is released when it is posted."""
        for run in self.periods.runs:
            for number, posted in enumerate(run.postings):
                origin = ("period", run.span.label, number)
                for who in sorted({payee for _, payee in posted.amounts}):
                    if minor := sum(each for (_, payee), each in posted.amounts.items() if payee == who):
                        yield Fact(origin, who, run.currency, minor, posted.at)

    def dues(self) -> list[Fact]:
        """Return what is released and on no statement; what a rejected closing took is free."""
        taken = {each[:3] for closed in self.standing() for each in closed.lines}
        return [each for each in self.facts() if each.released_at and each[:3] not in taken]

    def standing(self, currency: str | None = None) -> list[Closed]:
        """Return the closings that were not rejected."""
        return [x for x in self.closings if x.state != "rejected" and currency in {None, x.currency}]

    def balances(self) -> Counter[tuple[str, str, str]]:
        """Return what is on every account, by account, payee and currency."""
        sums: Counter[tuple[str, str, str]] = Counter()
        source = dict.fromkeys(("sale", "period"), "commission")
        source |= {"adjustment": "adjustments", "opening": "opening"}
        for each in self.facts():
            sums[source[each.origin[0]], each.payee, each.currency] -= each.minor
            place = "frozen" if each.released_at is None else "released"
            sums[place, each.payee, each.currency] += each.minor
        for account, payee, points in self.points():
            sums["points_issued", payee, POINT] -= points
            sums[account, payee, POINT] += points
        for closed in [each for each in self.closings if each.state == "approved"]:
            for payee, (_, lines, _, gross, _) in closed.statements.items():
                withheld = closed.assessments[payee][2] if gross else 0
                for account, minor in (
                    ("released", -lines),
                    ("carried", lines - gross),
                    ("payable", gross - withheld),
                    ("withheld", withheld),
                ):
                    sums[account, payee, closed.currency] += minor
        for paid in self.payouts.values():
            sums["payable", paid.payee, paid.currency] -= paid.minor
            sums[_place(paid), paid.payee, paid.currency] += paid.minor
        return Counter({key: minor for key, minor in sums.items() if minor})

    # Decisions about amounts

    def hold(self, hold: Hold) -> set[str]:
        """Something waits."""
        on = hold.on.value
        books: dict[str, Container[str]] = {"sale": self.auditor.books, "payee": self.auditor.members}
        found = which(
            **{f"{on}_unknown": hold.ref not in books[on], "held_already": (on, hold.ref) in self.held}
        )
        if not found:
            self.held[on, hold.ref] = hold
        return found

    def lift(self, on: str, ref: str) -> set[str]:
        """It waits no longer."""
        return which(not_held=self.held.pop((on, ref), None) is None)

    def adjust(self, adjustment: Adjustment, at: Instant, actor: str) -> set[str]:
        """Somebody gives or takes."""
        if adjustment.id in self.adjustments:
            return which(adjustment_exists=self.adjustments[adjustment.id][0] != adjustment)
        found = self._amount_reasons(adjustment, at, POINT) | which(
            same_authority=adjustment.authority == actor
        )
        if not found:
            self.adjustments[adjustment.id] = (adjustment, at)
            if adjustment.currency == POINT:
                given = Moved(adjustment.payee, adjustment.amount_minor, adjustment.valid_at, at)
                self.periods.given.append(given)
        return found

    def open(self, opening: Opening, at: Instant) -> set[str]:
        """Something was owed before."""
        if opening.id in self.openings:
            return which(opening_exists=self.openings[opening.id][0] != opening)
        late = bool(self.standing(opening.currency))
        found = self._amount_reasons(opening, at) | which(opened_too_late=late)
        if not found:
            self.openings[opening.id] = (opening, at)
            self.thawed |= {opening.id} if (opening.frozen_until or at) <= at else set()
        return found

    def release(self, at: Instant) -> tuple[int, int]:
        """Freezes end, but for what is held; return of how many orders and opening balances."""
        books = [x for x in self.auditor.books.values() if not x.released and x.due and x.due <= at]
        free = [book for book in books if ("sale", book.sale.id) not in self.held]
        for book in free:
            book.released_at = at
        ripe = {
            id for id, (each, _) in self.openings.items() if (each.frozen_until or at) <= at
        } - self.thawed
        self.thawed |= ripe
        return len(free), len(ripe)

    def _amount_reasons(self, given: Adjustment | Opening, at: Instant, *more: Currency) -> set[str]:
        return which(
            currency_not_of_shop=given.currency not in (*self.auditor.policy.currencies, *more),
            payee_unknown=given.payee not in self.auditor.members,
            adjusted_in_future=given.valid_at > at,
        )


def _whose(given: Adjustment | Opening) -> tuple[str, str, int]:
    return given.payee, given.currency, given.amount_minor


def _place(paid: Paid) -> str:
    """Return the account that holds the amount of a payout."""
    if paid.state in {"failed", "cancelled"}:
        return "payable"
    if paid.state != "succeeded":
        return "in_payout"
    return "stored_value" if paid.channel == "stored_value" else f"channel/{paid.channel}"
