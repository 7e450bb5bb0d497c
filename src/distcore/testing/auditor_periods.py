"""The auditor of periods: what each was worth to everybody, whenever it was accrued.

It copies who was a member and where everybody stood when a period is first accrued; all the rest it takes
from the books of the auditor of sales, each time anew.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple

from distcore import commission as c
from distcore.kernel import Cadence, Downlines, Instant, MemberId, Rhythm
from distcore.testing.auditor import Auditor, Book, cadence, edges, in_force, remaining, which
from distcore.testing.auditor_spans import Span, following, span_before, span_of
from distcore.testing.periods import NaivePeriod

STANDINGS: Final = {
    "active": c.Standing.ACTIVE,
    "suspended": c.Standing.SUSPENDED,
    "terminated": c.Standing.GONE,
}

SOON: Final = timedelta(microseconds=1)


class Posted(NamedTuple):
    """What was posted of a period: when, what was left of all that it sold, and amounts to whom by what."""

    at: Instant
    net_minor: int
    amounts: dict[tuple[str, str], int]


class Moved(NamedTuple):
    """Points that somebody has since an instant, or has no more, and when that was posted."""

    who: str
    points: int
    valid_at: Instant
    posted_at: Instant


class Run:
    """A period that was accrued, and what was copied when it first was."""

    def __init__(
        self, currency: str, span: Span, plan: c.Plan, people: dict[str, tuple[str | None, str, str]]
    ):
        """Start with nothing posted; of people it knows the sponsor, the tier and the state."""
        self.currency, self.span, self.plan, self.people = currency, span, plan, people
        self.postings: list[Posted] = []
        self.accrued_at: list[Instant] = []
        self.seen = 0
        self.repinned: list[int] = []


class PeriodAuditor:
    """What one shop was told about periods of its plans; a verb returns the codes it may be refused with."""

    def __init__(self, auditor: Auditor) -> None:
        """Watch beside the auditor of sales."""
        self.auditor, self.shop = auditor, auditor.policy
        self.runs: list[Run] = []
        self.posted: Posted | None = None
        self.given: list[Moved] = []

    def accrue(self, currency: str, span: Span | None, at: Instant) -> set[str]:
        """A period is accrued: the one that somebody names, or the next one; what has changed is posted."""
        label = span and span.label
        run = next((x for x in self.runs if (x.currency, x.span.label) == (currency, label)), None)
        if run is None:
            begun = self._begin(currency, span, at)
            if isinstance(begun, set):
                return begun
            run = begun
            self.runs.append(run)
        self._post(run, at)
        run.accrued_at.append(at)
        run.seen = len(self._rests_on(run))
        return set()

    def repin(self, run: Run, plan: c.Plan, at: Instant) -> set[str]:
        """A period that was accrued goes by another version, which has all that pays somebody by it."""
        sums: dict[tuple[str, str], int] = {}
        for posted in run.postings:
            for whose, minor in posted.amounts.items():
                sums[whose] = sums.get(whose, 0) + minor
        paid = {component for (component, _), minor in sums.items() if minor}
        kinds = {(each.id, type(each)) for each in plan.period_components}
        had = {(each.id, type(each)) for each in run.plan.period_components if each.id in paid}
        last = run.span.end - SOON
        is_valid = plan.valid_from <= last and (plan.valid_until is None or last < plan.valid_until)
        reasons = which(
            currency_differs=plan.currency != run.currency,
            pinned_already=plan == run.plan,
            plan_not_of_period=not is_valid
            or not plan.period_components
            or plan.period_cadence != run.plan.period_cadence,
            component_missing=not had <= kinds,
        )
        if not reasons:
            run.plan = plan
            run.repinned.append(len(run.postings))
            self._post(run, at, is_pinned=True)
            run.accrued_at.append(at)
            run.seen = len(self._rests_on(run))
        return reasons

    def changed_at(self, run: Run) -> Instant | None:
        """Return when something was last posted of what a period rests on, if it has more than it saw."""
        posted = self._rests_on(run)
        return max(posted) if len(posted) > run.seen else None

    def _rests_on(self, run: Run) -> list[Instant]:
        """Return when each thing was posted that a period rests on: of its sales, and of points."""
        posted = [at for book in self.books(run.currency, run.span) for _, _, at, _ in book.facts]
        if any(map(c.weighs_points, run.plan.period_components)):
            posted += [each.posted_at for each in self.moved() if each.valid_at < run.span.end]
        return posted

    def next(self, currency: str, at: Instant) -> Span | None:
        """Return the period after the last one, or at first the last that is due; None if no plan says."""
        found = self._next(currency, at)
        return found and found[0]

    def due(self, currency: str, span: Span) -> Instant:
        """Return since when a period can be accrued: it is over, and so is the freeze of its plan."""
        plan = self.plan_at(currency, span.end - SOON)
        return self.auditor.days_after(span.end, plan.freeze.days if plan else 0)

    def plan_at(self, currency: str, instant: Instant) -> c.Plan | None:
        """Return the plan that is in force at an instant."""
        return in_force(self.auditor.plans, currency, instant)

    def cadence_at(self, currency: str, instant: Instant) -> Rhythm | None:
        """Return how the plan in force at an instant cuts time, if it pays anything by that."""
        return cadence(self.plan_at(currency, instant))

    def books(self, currency: str, span: Span) -> list[Book]:
        """Return what was sold in a period, in the order in which it was paid."""
        books = [x for x in self.auditor.books.values() if x.sale.currency == currency]
        inside = [x for x in books if span.start <= x.sale.paid_at < span.end]
        return sorted(inside, key=lambda each: (each.sale.paid_at, each.sale.id))

    def moved(self) -> list[Moved]:
        """Return how points came and went, by what is known by now.

        Those of an order are held since its freeze ended, once it is released; those given by decision since
        that says.
        """
        moved = list(self.given)
        for book in self.auditor.books.values():
            had: dict[str, int] = {}
            for valid_at, at, has in book.points:
                if book.released_at and book.due:
                    when = max(book.due, valid_at), max(book.released_at, at)
                    moved += [Moved(who, has.get(who, 0) - had.get(who, 0), *when) for who in {*has, *had}]
                had = has
        return [each for each in moved if each.points]

    def points(self, before: Instant) -> dict[str, int]:
        """Return the points that everybody held before an instant."""
        moved = [each for each in self.moved() if each.valid_at < before]
        held = {who: sum(each.points for each in moved if each.who == who) for who, *_ in moved}
        return {who: points for who, points in held.items() if points}

    def worth(self, run: Run) -> tuple[int, dict[tuple[str, str], int]]:
        """Return what is left of all that a period sold, and what it is worth to whom by what."""
        members = sorted(run.people)
        books = self.books(run.currency, run.span)
        sold = [
            (book.sale.buyer, sum(net for _, net in remaining(book.sale, book.corrections).values()))
            for book in books
        ]

        def earned(component: str, payee: str) -> int:
            mine = [book for book in books if book.plan.id == run.plan.id]
            facts = [fact for book in mine for *_, amounts in book.facts for fact in amounts.items()]
            return sum(minor for share, minor in facts if (share[1], share[3]) == (component, payee))

        people, held = [run.people[each] for each in members], self.points(run.span.end)
        facts = c.PeriodFacts(
            [MemberId(each) for each in members],
            Downlines.of([-1 if sponsor is None else members.index(sponsor) for sponsor, *_ in people]),
            [tier for _, tier, _ in people],
            [STANDINGS[state] for *_, state in people],
            [sum(net for buyer, net in sold if buyer == each) for each in members],
            sum(net for _, net in sold),
            {each.id: [earned(each.id, payee) for payee in members] for each in run.plan.components},
            [(members.index(buyer), net) for buyer, net in sold if buyer in members],
            [held.get(each, 0) for each in members],
        )
        paid = NaivePeriod(facts, run.plan.rounding).pay(run.plan.period_components)
        amounts = {
            (str(component), payee): minor
            for component, column in paid.items()
            for payee, minor in zip(members, column, strict=True)
            if minor
        }
        return facts.net_minor, amounts

    def earned(self, start: Instant, end: Instant, by: c.GroupBy) -> dict[tuple[str, str], list[int]]:
        """Return accrued, clawed back, frozen and released by payee and currency: nothing is ever frozen."""
        sums: dict[tuple[str, str], list[int]] = {}
        for run in self.runs:
            for posted in run.postings:
                if start <= (run.span.end - SOON if by is c.GroupBy.VALID else posted.at) < end:
                    for (_, payee), minor in posted.amounts.items():
                        row = sums.setdefault((payee, run.currency), [0, 0, 0, 0])
                        row[0 if minor > 0 else 1] += minor
                        row[3] += minor
        return sums

    def _begin(self, currency: str, asked: Span | None, at: Instant) -> Run | set[str]:
        """Copy what is decided once, or say why nothing is."""
        if currency not in self.shop.currencies:
            return {"currency_not_of_shop"}
        found = self._next(currency, at) if asked is None else self._named(currency, asked)
        if found is None:
            return {"no_period_components" if asked is None else "malformed"}
        span, rhythm = found
        last = span.end - SOON
        plan = self.plan_at(currency, last)
        if plan is None or not plan.period_components:
            return {"no_period_components", *which(malformed=asked is None and bool(self.runs))}
        if not self._fits(currency, span, rhythm):
            return {"malformed"}
        others = [run.span for run in self.runs if run.currency == currency]
        reasons = which(
            periods_overlap=any(span.start < each.end and each.start < span.end for each in others),
            period_too_early=self.due(currency, span) > at,
        )
        holds = self.auditor.holds
        people = {
            id: (holds(id, "sponsor", last), holds(id, "tier", last), holds(id, "state", last))
            for id, each in self.auditor.members.items()
            if each.joined_at < span.end
        }
        return reasons or Run(currency, span, plan, people)

    def _next(self, currency: str, at: Instant) -> tuple[Span, Rhythm] | None:
        """Return the next period, and the cadence that says so."""
        ends = [run.span.end for run in self.runs if run.currency == currency]
        now = max(ends, default=at)
        moments = [now, *(each for each in edges(self.auditor.plans, currency) if ends and each > now)]
        paid = ((each, self.cadence_at(currency, each)) for each in moments)
        since, rhythm = next((each for each in paid if each[1]), (now, None))
        if rhythm is None:
            return None
        if ends and since == now:
            return following(now, rhythm, self.shop), rhythm
        span = span_of(since, rhythm, self.shop)
        found = self._left_of(currency, span, rhythm) if ends else self._first(currency, span, rhythm, at)
        return found, rhythm

    def _first(self, currency: str, running: Span, rhythm: Rhythm, at: Instant) -> Span:
        """Return the last period before one that is due, or else the last that has ended."""
        spans = [span_before(running, rhythm, self.shop)]
        while True:
            found = self._left_of(currency, spans[-1], rhythm)
            then = self.cadence_at(currency, found.end - SOON)
            if then != rhythm or not self._fits(currency, found, rhythm):
                return self._left_of(currency, spans[0], rhythm)
            if self.due(currency, found) <= at:
                return found
            spans.append(span_before(spans[-1], rhythm, self.shop))

    def _named(self, currency: str, asked: Span) -> tuple[Span, Rhythm] | None:
        """Return which period a label names: what is left of one, or one of the plan in force at its end."""
        mine = [x for x in self.auditor.plans if x.currency == currency and x.period_components]
        mine.sort(key=lambda each: (each.valid_from, each.plan_version), reverse=True)
        ended = [run.span.end for run in self.runs if run.currency == currency]
        then = [(at, self.plan_at(currency, at)) for at in ended]
        after = [(following(at, x.period_cadence, self.shop), x.period_cadence) for at, x in then if x]
        rhythms: Sequence[Rhythm] = [each.period_cadence for each in mine] or list(Cadence)
        whole = [(span_of(asked.start, each, self.shop), each) for each in rhythms]
        named = [each for each in (*after, *self._rests(currency), *whole) if each[0].label == asked.label]
        return next((each for each in named if self._fits(currency, *each)), None)

    def _rests(self, currency: str) -> list[tuple[Span, Rhythm]]:
        """Return what is left of periods where plans of another cadence have ended."""
        rests, moments = [], edges(self.auditor.plans, currency)
        for at in moments:
            before = self.cadence_at(currency, at - SOON)
            coming = [self.cadence_at(currency, each) for each in moments if each >= at]
            after = next((each for each in coming if each), None)
            if before and after and before != after:
                span = following(at, after, self.shop)
                if self.cadence_at(currency, span.end - SOON):
                    rests.append((span, after))
        return rests

    def _fits(self, currency: str, span: Span, rhythm: Rhythm) -> bool:
        """Say whether a period is of one cadence, or of none."""
        then = self.cadence_at(currency, span.end - SOON)
        return not then or (then == rhythm and self._left_of(currency, span, rhythm) == span)

    def _left_of(self, currency: str, span: Span, rhythm: Rhythm) -> Span:
        """Return what is left of a period since a plan of another cadence was last in force in it."""
        for at in reversed(edges(self.auditor.plans, currency)):
            before = self.cadence_at(currency, at - SOON)
            if span.start < at < span.end and before not in {None, rhythm}:
                return following(at, rhythm, self.shop)
        return span

    def _post(self, run: Run, at: Instant, *, is_pinned: bool = False) -> None:
        """Write down what has changed since: the first time, and by another plan, also if it is nothing."""
        net_minor, amounts = self.worth(run)
        for posted in run.postings:
            for whose, minor in posted.amounts.items():
                amounts[whose] = amounts.get(whose, 0) - minor
        changed = {whose: minor for whose, minor in amounts.items() if minor}
        self.posted = Posted(at, net_minor, changed) if changed or is_pinned or not run.postings else None
        if self.posted is not None:
            run.postings.append(self.posted)
