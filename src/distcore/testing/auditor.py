"""A second, deliberately naive implementation that watches what the first one does.

It shares the nouns of the library and nothing that decides: plain dictionaries, lists and fractions,
all of it walked and added up anew each time.  Where the library freezes a revision of the tree with a
sale, the auditor copies the upline.  Told the same commands, it says which of them may be refused, and
with which codes, and what everybody has earned.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Any

from attrs import evolve

from distcore import commission as c
from distcore.kernel import DayKind, Instant, Rhythm, ShopPolicy
from distcore.referral import Newcomer
from distcore.testing.auditor_spans import span_of
from distcore.testing.auditor_worth import Lefts, Order, Seat, gifts, grants, worth

BECOMES = {"active": ["suspended", "terminated"], "suspended": ["active", "terminated"], "terminated": []}


class Book:
    """A sale, what was copied when it was accrued, and what became of it."""

    def __init__(self, order: Order):
        """Start with nothing posted; a fact is its cause, when it was valid and posted, and amounts.

        Beside each fact stand when it was valid and posted, and the points that everybody has by then.
        """
        self.sale, self.plan, self.order = order.sale, order.plan, order
        self.corrections: list[c.Correction] = []
        self.facts: list[tuple[str, Instant, Instant, dict[c.Share, int]]] = []
        self.points: list[tuple[Instant, Instant, dict[str, int]]] = []
        self.completed_at: Instant | None = None
        self.due: Instant | None = None
        self.released_at: Instant | None = None

    @property
    def released(self) -> bool:
        """Whether its freeze has ended."""
        return self.released_at is not None

    def post(self, cause: str, valid_at: Instant, at: Instant) -> None:
        """Write down what the sale is worth now, less what was written down before."""
        left = remaining(self.sale, self.corrections)
        if not any(net for _, net in left.values()):
            self.order.was_gone = True
        now = worth(self.order, left)
        for *_, amounts in self.facts:
            for share, amount in amounts.items():
                now[share] = now.get(share, 0) - amount
        self.facts.append((cause, valid_at, at, {share: each for share, each in now.items() if each}))
        given = {who: gift for who, gift in self.gifts().items() if isinstance(gift, c.Points)}
        points = {payee: sum(x.points for (_, who), x in given.items() if who == payee) for _, payee in given}
        self.points.append((valid_at, at, points))

    def gifts(self) -> dict[tuple[str, str], c.Gift]:
        """Return what was given of the sale and not taken back, by component and payee."""
        return gifts(self.order, remaining(self.sale, self.corrections))


class Auditor:
    """What one shop was told; a verb returns the codes it may be refused with, none if it must be done."""

    def __init__(self, policy: ShopPolicy, formulas: c.Formulas = c.NO_FORMULAS) -> None:
        """Watch a new shop, which has registered some formulas."""
        self.policy = policy
        self.formulas = formulas
        self.members: dict[str, Newcomer] = {}
        self.changes: list[tuple[str, str, Any, Instant]] = []
        self.plans: list[c.Plan] = []
        self.books: dict[str, Book] = {}

    def join(self, newcomer: Newcomer, at: Instant) -> set[str]:
        """Somebody joins."""
        if self.members.get(newcomer.id) == newcomer:
            return set()
        found = self._sponsor_reasons(newcomer.sponsor, newcomer.joined_at)
        found |= which(joins_in_future=newcomer.joined_at > at, member_exists=newcomer.id in self.members)
        if not found:
            self.members[newcomer.id] = newcomer
        return found

    def move(self, member: str, sponsor: str | None, since: Instant) -> set[str]:
        """Somebody gets another sponsor: tried out, looked at whenever anything changes, and undone."""
        found = self._change_reasons(member, "sponsor", sponsor, since)
        if "member_unknown" in found:
            return found
        found |= self._sponsor_reasons(sponsor, self.members[member].joined_at)
        self.changes.append((member, "sponsor", sponsor, since))
        if "sponsor_unknown" not in found:
            moments = {change[3] for change in self.changes}
            found |= which(would_form_cycle=any(self._has_cycle(moment) for moment in moments))
        if found:
            self.changes.pop()
        return found

    def set_tier(self, member: str, tier: str, since: Instant) -> set[str]:
        """Somebody gets another tier."""
        found = self._change_reasons(member, "tier", tier, since)
        if not found:
            self.changes.append((member, "tier", tier, since))
        return found

    def set_state(self, member: str, state: str, since: Instant) -> set[str]:
        """Somebody is suspended, taken back or terminated."""
        found = self._change_reasons(member, "state", None, since)
        if "member_unknown" in found:
            return found
        later = [1 for who, what, _, of in self.changes if who == member and what == "state" and of > since]
        reachable = state in BECOMES[self.holds(member, "state", since)]
        found |= which(state_changed_later=bool(later), state_not_reachable=not reachable)
        if not found:
            self.changes.append((member, "state", state, since))
        return found

    def appoint(self, member: str, region: str, since: Instant) -> set[str]:
        """Somebody becomes agent of a region."""
        found = self._change_reasons(member, "state", None, since)
        found |= which(agent_already=region in self.regions(member, since))
        if not found:
            self.changes.append((member, "appointed", region, since))
        return found

    def dismiss(self, member: str, region: str, since: Instant) -> set[str]:
        """Somebody is agent of a region no more."""
        if member not in self.members:
            return {"member_unknown"}
        found = which(not_agent=region not in self.regions(member, since))
        if not found:
            self.changes.append((member, "dismissed", region, since))
        return found

    def set_plan(self, plan: c.Plan) -> set[str]:
        """A plan is published."""
        if plan in self.plans:
            return set()
        starts = [plan.valid_from, *(each.valid_from for each in self.plans)]
        others = [each for each in self.plans if each.id != plan.id and each.currency == plan.currency]
        is_taken = any((each.id, each.plan_version) == (plan.id, plan.plan_version) for each in self.plans)
        is_in_the_way = any(covers(plan, at) and covers(other, at) for other in others for at in starts)
        above = 1 + max(each.plan_version for each in (plan, *self.plans))
        last = evolve(plan, plan_version=above) if is_taken or is_in_the_way else plan
        found = which(
            currency_not_of_shop=plan.currency not in self.policy.currencies,
            plan_exists=is_taken,
            cap_differs=any(
                cap.id == same.id and counting(cap, plan) != counting(same, each)
                for each in self.plans
                if each.id == plan.id
                for cap in plan.caps
                for same in each.caps
            ),
            plans_overlap=is_in_the_way,
            malformed=cuts_periods([*self.plans, last], plan.currency, self.policy),
        )
        if not found:
            self.plans.append(plan)
        return found

    def accrue(self, sale: c.Sale, at: Instant) -> set[str]:
        """A sale was paid: copy the upline as it is now."""
        if sale.id in self.books:
            return which(sale_exists=self.books[sale.id].sale != sale)
        paid_at, promoter = sale.paid_at, sale.promoter
        plans = [plan for plan in self.plans if plan.currency == sale.currency and covers(plan, paid_at)]
        found = which(
            paid_in_future=paid_at > at,
            currency_not_of_shop=sale.currency not in self.policy.currencies,
            no_plan=not plans,
            promoter_unknown=promoter is not None and not self._is_member(promoter, paid_at),
        )
        plan = max(plans, key=lambda each: each.plan_version, default=None)
        found |= which(base_unknown=plan is not None and lacks(plan, sale))
        if plan is not None and not found:
            promoted = [] if promoter == sale.buyer else list(self._seats(promoter, paid_at))
            line = list(self._seats(sale.buyer, paid_at)) if self._is_member(sale.buyer, paid_at) else []
            own = line[0] if line else None
            agents = self.agents(sale.region, paid_at)
            order = Order(sale, plan, own, line[1:], promoted, self.before(sale), agents, self.formulas)
            order.earned = self.earned_before(plan)
            earlier = [(each.plan, each.sale, each.order.granted or {}) for each in self.books.values()]
            order.granted = grants(order, earlier, self.policy.zone) if plan.caps else None
            book = self.books[sale.id] = Book(order)
            book.post("sale", paid_at, at)
            if plan.freeze.counts_from is c.FreezeFrom.PAID:
                book.due = self.days_after(paid_at, plan.freeze.days)
        return found

    def correct(self, correction: c.Correction, happened: Instant, at: Instant) -> set[str]:
        """Money goes back, or an order ends."""
        book = self.books.get(correction.sale)
        if book is None:
            return {"sale_unknown"}
        if correction in book.corrections:
            return set()
        found = which(
            sale_cancelled=any(isinstance(each, c.Cancellation) for each in book.corrections),
            refund_before_payment=happened < book.sale.paid_at,
            corrected_in_future=happened > at,
        )
        cause = "cancellation"
        if isinstance(correction, c.Refund):
            found |= self._refund_reasons(book, correction)
            cause = f"refund/{correction.id}"
        if isinstance(correction, c.PriceCorrection):
            found |= self._price_reasons(book, correction)
            cause = f"price/{correction.id}"
        if not found:
            book.corrections.append(correction)
            book.post(cause, happened, at)
        return found

    def recompute(
        self, currency: str, since: Instant, until: Instant, plan: c.Plan | None, cause: str, at: Instant
    ) -> dict[str, set[str]]:
        """Calculate sales of a period again, by another plan if one is named; return which are refused."""
        refused: dict[str, set[str]] = {}
        for book in self.books.values():
            sale, order = book.sale, book.order
            if sale.currency != currency or not since <= sale.paid_at < until or sale.paid_at > at:
                continue
            if plan is not None and plan != order.plan:
                reasons = which(
                    plan_not_valid=not covers(plan, sale.paid_at),
                    past_unknown=plan.asks_past and not book.plan.asks_past,
                    earned_unknown=bool(plan.asks_earned),
                    not_granted=bool(plan.caps),
                    freeze_differs=plan.freeze.counts_from is not book.plan.freeze.counts_from,
                    base_unknown=lacks(plan, sale),
                )
                if reasons and plan != book.plan:  # back to its own version it always can be
                    refused[sale.id] = reasons
                    continue
                book.order = evolve(order, plan=plan)
            book.post(cause, sale.paid_at, at)
            if not book.facts[-1][3] and book.order is order:
                book.facts.pop()
        return refused

    def complete(self, sale: str, completed_at: Instant, at: Instant) -> set[str]:
        """An order reached its end."""
        book = self.books.get(sale)
        if book is None:
            return {"sale_unknown"}
        if book.completed_at == completed_at:
            return set()
        found = which(
            completed_already=book.completed_at is not None,
            completed_before_payment=completed_at < book.sale.paid_at,
            completed_in_future=completed_at > at,
        )
        if not found:
            book.completed_at = completed_at
            if book.plan.freeze.counts_from is c.FreezeFrom.COMPLETED:
                book.due = self.days_after(completed_at, book.plan.freeze.days)
        return found

    def release(self, at: Instant) -> int:
        """Freezes end; return of how many orders."""
        due = [each for each in self.books.values() if not each.released and each.due and each.due <= at]
        for book in due:
            book.released_at = at
        return len(due)

    def earned(self, start: Instant, end: Instant, by: c.GroupBy) -> dict[tuple[str, str], list[int]]:
        """Return accrued, clawed back, frozen and released by payee and currency."""
        sums: dict[tuple[str, str], list[int]] = {}
        for book in self.books.values():
            for _, valid_at, posted_at, amounts in book.facts:
                if start <= (valid_at if by is c.GroupBy.VALID else posted_at) < end:
                    for share, amount in amounts.items():
                        row = sums.setdefault((share[3], book.sale.currency), [0, 0, 0, 0])
                        row[0 if amount > 0 else 1] += amount
                        row[3 if book.released else 2] += amount
        return {who: row for who, row in sums.items() if any(row)}

    def holds(self, member: str, aspect: str, instant: Instant) -> Any:
        """Return the sponsor, tier or state of a member at an instant: what was told last of the latest."""
        joined_as = getattr(self.members[member], aspect)
        value, latest = (joined_as.value if aspect == "state" else joined_as), None
        for who, what, told, since in self.changes:
            if who == member and what == aspect and since <= instant and (latest is None or latest <= since):
                value, latest = told, since
        return value

    def regions(self, member: str, instant: Instant) -> set[str]:
        """Return what a member is agent of at an instant."""
        held: set[str] = set()
        for who, what, region, since in sorted(self.changes, key=lambda each: each[3]):
            if who == member and since <= instant and what == "appointed":
                held.add(region)
            if who == member and since <= instant and what == "dismissed":
                held.discard(region)
        return held

    def agents(self, region: str, instant: Instant) -> list[tuple[int, Seat]]:
        """Return the agents of a region and of all that it lies in, level by level."""
        parts = region.split("/")
        return [
            (level, next(self._seats(member, instant)))
            for level in range(1, len(parts) + 1)
            for member in sorted(self.members)
            if "/".join(parts[:level]) in self.regions(member, instant)
        ]

    def before(self, sale: c.Sale) -> c.Past:
        """Return what the buyer had bought before, of all that was accrued so far."""
        earlier = [
            book
            for book in self.books.values()
            if (book.sale.buyer, book.sale.currency) == (sale.buyer, sale.currency)
        ]
        months = 0
        if earlier:
            first = min(book.sale.paid_at for book in earlier).astimezone(self.policy.zone)
            now = sale.paid_at.astimezone(self.policy.zone)
            months = 12 * (now.year - first.year) + now.month - first.month
            months -= (now.day, now.time()) < (first.day, first.time())
        had_it = [book for book in earlier if book.plan.asks_past and book.order.past.first_is_free]
        is_free = not earlier or bool(had_it and had_it[-1].order.was_gone)
        spent = sum(line.net_minor for book in earlier for line in book.sale.lines)
        return c.Past(len(earlier), max(0, months), spent, is_free)

    def earned_before(self, plan: c.Plan) -> dict[str, int]:
        """Return what versions of a plan that ask for it paid everybody, of all that was accrued so far."""
        earned: dict[str, int] = {}
        for book in self.books.values():
            same = (book.plan.id, book.plan.currency) == (plan.id, plan.currency)
            if same and book.plan.asks_earned:
                for share, amount in book.facts[0][3].items():
                    earned[share[3]] = earned.get(share[3], 0) + amount
        return earned

    def above(self, member: str, instant: Instant) -> list[Seat]:
        """Return the seats above a member."""
        return list(self._seats(member, instant))[1:]

    def _change_reasons(self, member: str, aspect: str, value: str | None, since: Instant) -> set[str]:
        if member not in self.members:
            return {"member_unknown"}
        return which(
            before_joining=since < self.members[member].joined_at,
            nothing_changes=aspect != "state" and self.holds(member, aspect, since) == value,
        )

    def _sponsor_reasons(self, sponsor: str | None, joined_at: Instant) -> set[str]:
        if sponsor is None or sponsor not in self.members:
            return which(sponsor_unknown=sponsor is not None)
        return which(sponsor_joined_later=self.members[sponsor].joined_at > joined_at)

    def _refund_reasons(self, book: Book, refund: c.Refund) -> set[str]:
        refunds = [each for other in self.books.values() for each in other.corrections]
        own = [each for each in book.corrections if isinstance(each, c.Refund)]
        again = refund.repeats is not None
        known = {line.line for line in refund.lines} <= {line.id for line in book.sale.lines}
        left = remaining(book.sale, [*book.corrections, refund]) if known else {}
        return which(
            refund_exists=any(isinstance(each, c.Refund) and each.id == refund.id for each in refunds),
            repeated_refund_unknown=again and (refund.repeats, None) not in [(x.id, x.repeats) for x in own],
            repeated_twice=again and any(each.repeats == refund.repeats for each in own),
            refund_line_unknown=not known,
            refund_too_large=any(min(units_and_net) < 0 for units_and_net in left.values()),
        )

    def _price_reasons(self, book: Book, price: c.PriceCorrection) -> set[str]:
        everything = [each for other in self.books.values() for each in other.corrections]
        known = {line.line for line in price.lines} <= {line.id for line in book.sale.lines}
        left = remaining(book.sale, [*book.corrections, price]) if known else {}
        return which(
            price_correction_exists=any(
                isinstance(each, c.PriceCorrection) and each.id == price.id for each in everything
            ),
            price_line_unknown=not known,
            price_below_refunds=any(net < 0 for _, net in left.values()),
        )

    def _has_cycle(self, instant: Instant) -> bool:
        """Walk up from everybody: whoever meets more seats than there are members walks in a circle."""
        for member in self.members:
            seats = self._seats(member, instant)
            if sum(1 for _, _ in zip(seats, [*self.members, None], strict=False)) > len(self.members):
                return True
        return False

    def _is_member(self, member: str, instant: Instant) -> bool:
        return member in self.members and self.members[member].joined_at <= instant

    def _seats(self, member: str | None, instant: Instant) -> Iterator[Seat]:
        while member is not None:
            yield member, self.holds(member, "tier", instant), self.holds(member, "state", instant)
            member = self.holds(member, "sponsor", instant)

    def days_after(self, start: Instant, days: int) -> Instant:
        """Return the instant so many days later, as the shop counts days."""
        if self.policy.days is DayKind.HOURS_24:
            return start + timedelta(hours=24 * days)
        wall = start.astimezone(self.policy.zone).replace(tzinfo=None) + timedelta(days=days)
        return wall.replace(tzinfo=self.policy.zone, fold=0).astimezone(UTC) if days else start


def which(**reasons: bool) -> set[str]:
    """Return the codes whose reasons hold."""
    return {code for code, holds in reasons.items() if holds}


def counting(cap: c.Cap, plan: c.Plan) -> tuple[object, ...]:
    """Return what says how a cap is used up."""
    return (plan.currency, cap.per, cap.within)


def covers(plan: c.Plan, instant: Instant) -> bool:
    """Say whether a plan is valid at an instant."""
    return plan.valid_from <= instant and not (plan.valid_until is not None and plan.valid_until <= instant)


def in_force(plans: Sequence[c.Plan], currency: str, instant: Instant) -> c.Plan | None:
    """Return the plan in force at an instant."""
    mine = [each for each in plans if each.currency == currency and covers(each, instant)]
    return max(mine, key=lambda each: each.plan_version, default=None)


def cadence(plan: c.Plan | None) -> Rhythm | None:
    """Return how a plan cuts time, if it pays anything by that."""
    return plan.period_cadence if plan and plan.period_components else None


def edges(plans: Sequence[c.Plan], currency: str) -> list[Instant]:
    """Return when plans begin and end, by time."""
    mine = [each for each in plans if each.currency == currency]
    return sorted({at for each in mine for at in (each.valid_from, each.valid_until) if at})


def cuts_periods(plans: Sequence[c.Plan], currency: str, shop: ShopPolicy) -> bool:
    """Say whether the cadence changes anywhere inside a period of the cadence before."""
    for at in edges(plans, currency):
        before = cadence(in_force(plans, currency, at - timedelta(microseconds=1)))
        after = cadence(in_force(plans, currency, at))
        if before and after and before != after and span_of(at, before, shop).start != at:
            return True
    return False


def lacks(plan: c.Plan, sale: c.Sale) -> bool:
    """Say whether a line does not tell what a component is a share of."""
    bases = [component.base for component in plan.components]
    taxed = any(isinstance(each, c.Net) and each.with_tax for each in bases)
    listed = any(isinstance(each, c.ListPrice) for each in bases)
    costed = any(isinstance(each, c.Margin) for each in bases)
    return any(
        (taxed and line.tax_minor is None)
        or (listed and line.list_minor is None)
        or (costed and line.cost_minor is None)
        for line in sale.lines
    )


def remaining(sale: c.Sale, corrections: Sequence[c.Correction]) -> Lefts:
    """Return units and net left by line: of prices the last, of a refund and its chargeback the larger."""
    if any(isinstance(each, c.Cancellation) for each in corrections):
        return {line.id: (0, 0) for line in sale.lines}
    back: dict[tuple[str, str], tuple[int, int]] = {}
    prices: dict[str, list[tuple[Instant, str, int]]] = {}
    for each in corrections:
        if isinstance(each, c.PriceCorrection):
            for line in each.lines:
                prices.setdefault(line.line, []).append((each.corrected_at, each.id, line.net_minor))
    for refund in corrections:
        for part in refund.lines if isinstance(refund, c.Refund) else ():
            assert isinstance(refund, c.Refund)
            where = (refund.repeats or refund.id, part.line)
            units, net = back.get(where, (0, 0))
            back[where] = (max(units, part.units), max(net, part.amount_minor))
    left: dict[str, tuple[int, int]] = {line.id: (line.units, line.net_minor) for line in sale.lines}
    left |= {id: (left[id][0], max(told)[2]) for id, told in prices.items()}
    for (_, id), (units, net) in back.items():
        left[id] = (left[id][0] - units, left[id][1] - net)
    return left
