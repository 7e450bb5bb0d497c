"""Does every account hold what the facts say?  The ledger, added up again from everything but itself.

Nothing is taken on trust: each account's balance is made anew from sales, adjustments, statements and
payouts, payee by payee, and compared with the transfers and with the balances that decisions are made by;
what is due, or on a statement, is compared with the facts one by one (`verify_dues`); statements are chained,
each opening with what the one before carried.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice, pairwise
from typing import Final, TypeAlias

from distcore.commission import SaleRecord, portions_of
from distcore.engine import bookkeeping
from distcore.engine.verify_dues import Dues
from distcore.engine.verify_points import (
    Came,
    points_of_portions,
    points_of_transfers,
    points_problems,
)
from distcore.kernel import POINT, Currency, MemberId, Origin, Problem, format_minor
from distcore.ledger import (
    ADJUSTMENTS,
    CARRIED,
    FROZEN,
    IN_PAYOUT,
    OPENING,
    PAYABLE,
    POINTS,
    POINTS_ISSUED,
    RELEASED,
    STORED_VALUE,
    WITHHELD,
    Account,
    channel_account,
)
from distcore.payout import (
    LIVE,
    STORED_VALUE_CHANNEL,
    TRANSITIONS,
    PayoutRecord,
    PayoutState,
    content_of,
)
from distcore.ports import Transaction
from distcore.settlement import (
    Assessed,
    Assessment,
    Closing,
    ClosingState,
    Customs,
    Due,
    HoldChange,
    HoldOn,
    LineTotal,
    Review,
    SettlementPolicy,
    SoFar,
    Statement,
    assess,
    custom_refusal,
    stated,
)

PAGE: Final = 1_000
"""Statements, or decisions, that are verified together."""

_Whose: TypeAlias = tuple[MemberId, Currency]
_Moved: TypeAlias = tuple[MemberId, Currency, int]


class Money:
    """What the accounts must hold, added up fact by fact; what it keeps grows with the payees alone."""

    def __init__(self, tx: Transaction, customs: Customs) -> None:
        """Begin with nothing; `customs` are the shop's own withholding functions."""
        self._tx = tx
        self._customs = customs
        self._expected: Counter[tuple[Account, MemberId, Currency]] = Counter()
        self._dues = Dues(tx)

    def add_sales(self, records: Sequence[SaleRecord]) -> Iterator[Problem]:
        """Count what sales earned, and compare the transfers and dues of each posting with its facts."""
        expected: dict[Origin, list[_Moved]] = {}
        points: dict[Origin, list[Came]] = {}
        dues: list[Due] = []
        for record in records:
            currency = record.booking.sale.currency
            for number, posting in enumerate(record.postings):
                portions = portions_of(posting, number, currency, record.thawed_at)
                dues += bookkeeping.dues_of(portions)
                points |= points_of_portions(portions)
                for each in portions:
                    moved = (each.payee, each.currency, each.amount_minor)
                    expected.setdefault(bookkeeping.origin_of(each), []).append(moved)
                    self._count(bookkeeping.source_of(each.currency), *moved[:2], -each.amount_minor)
                    if each.released_at is None:
                        self._count(FROZEN, *moved)
                    elif each.currency == POINT:
                        self._count(POINTS, *moved)
        found: defaultdict[Origin, list[_Moved]] = defaultdict(list)
        for transfer in self._tx.transfers.of_origins(list(expected)):
            back = transfer.credit == bookkeeping.source_of(transfer.currency)
            amount = -transfer.amount_minor if back else transfer.amount_minor
            found[transfer.origin].append((transfer.payee, transfer.currency, amount))
        for origin, wanted in expected.items():
            if sorted(wanted) != sorted(found[origin]):
                yield Problem(f"transfers of {origin}", "are not what its facts add up to")
        yield from points_problems(self._tx, points)
        yield from self._dues.add(dues)

    def finish(self) -> Iterator[Problem]:
        """Count everything else, and compare."""
        yield from self._period_problems()
        yield from self._adjustment_problems()
        yield from self._opening_problems()
        yield from self._statement_problems()
        yield from self._due_problems()
        yield from self._hold_problems()
        yield from self._payout_problems()
        yield from self._order_problems()
        yield from self._ledger_problems()
        yield from self._balance_problems()

    def _count(self, account: Account, payee: MemberId, currency: Currency, minor: int) -> None:
        self._expected[account, payee, currency] += minor

    def _period_problems(self) -> Iterator[Problem]:
        """Count what periods gave and took, and look for what is due by them."""
        for run in self._tx.period_runs.all():
            for posting in self._tx.period_runs.postings(run.number):
                points: dict[Origin, list[Came]] = {}
                facts = self._tx.period_runs.facts(run.number, posting.number)
                by_payee = (list(mine) for _, mine in groupby(facts, lambda each: each.share.payee))
                while page := list(islice(by_payee, PAGE)):
                    transfers, dues = bookkeeping.of_period(run, posting, chain.from_iterable(page))
                    for each in transfers:
                        self._count(each.debit, each.payee, each.currency, -each.amount_minor)
                        self._count(each.credit, each.payee, each.currency, each.amount_minor)
                    for due in dues:  # counted with all that is due
                        self._count(RELEASED, due.payee, due.currency, -due.amount_minor)
                    for origin, came in points_of_transfers(transfers).items():
                        points.setdefault(origin, []).extend(came)
                    yield from self._dues.add(dues)
                yield from points_problems(self._tx, points)

    def _adjustment_problems(self) -> Iterator[Problem]:
        """Count what adjustments give and take, and look for what is due by them."""
        adjustments = self._tx.adjustments.all()
        while page := list(islice(adjustments, PAGE)):
            dues: list[Due] = []
            came: dict[Origin, list[Came]] = {}
            for adjustment, posted_at in page:
                moved = (adjustment.payee, adjustment.currency, adjustment.amount_minor)
                points = adjustment.currency == POINT
                self._count(POINTS_ISSUED if points else ADJUSTMENTS, *moved[:2], -moved[2])
                if points:
                    self._count(POINTS, *moved)
                transfers, due = bookkeeping.adjusted(adjustment, posted_at)
                came |= points_of_transfers(transfers)
                dues += due
            yield from points_problems(self._tx, came)
            yield from self._dues.add(dues)

    def _opening_problems(self) -> Iterator[Problem]:
        """Count what was owed before, look for what is due of it, and for the freezes that hold the rest."""
        openings = self._tx.openings.all()
        while page := list(islice(openings, PAGE)):
            dues: list[Due] = []
            frozen = self._tx.openings.frozen([opening.id for opening, _, _ in page])
            for opening, posted_at, free in page:
                moved = (opening.payee, opening.currency, opening.amount_minor)
                self._count(OPENING, *moved[:2], -moved[2])
                if free:
                    since = bookkeeping.opening_released_at(opening, posted_at)
                    dues.append(bookkeeping.due_of_opening(opening, since))
                else:
                    self._count(FROZEN, *moved)
                until = None if free else opening.frozen_until or posted_at
                if frozen.get(opening.id) != until:
                    yield Problem(f"opening {opening.id}", "its freeze is not what it says")
            yield from self._dues.add(dues)

    def _statement_problems(self) -> Iterator[Problem]:
        """Follow the statements from one closing to the next, and count what they settled."""
        followed = _Chain(self._tx, self._customs)
        for closing in self._tx.closings.all():
            if closing.state is ClosingState.REJECTED:
                continue
            for statement in self._tx.closings.statements(closing.number):
                self._dues.take_stated(statement)
                if closing.state is ClosingState.DRAFT:
                    self._count(RELEASED, statement.payee, statement.currency, statement.lines_minor)
            yield from followed.follow(closing)
        for whose, minor in followed.carried.items():
            self._count(CARRIED, *whose, minor)
        for whose, minor in followed.payable.items():
            self._count(PAYABLE, *whose, minor)
        for whose, minor in followed.withheld.items():
            self._count(WITHHELD, *whose, minor)
        left = Counter(followed.withheld)
        for payee, currency, minor in self._tx.assessments.withheld():
            left[payee, currency] -= minor
        for (payee, currency), minor in sorted(left.items()):
            wanted = followed.withheld[payee, currency]
            yield from _differs(f"what was withheld of {payee}", wanted - minor, wanted, currency)

    def _due_problems(self) -> Iterator[Problem]:
        for due in self._tx.dues.all():
            self._count(RELEASED, due.payee, due.currency, due.amount_minor)
            self._dues.take_open(due)
        yield from self._dues.finish()

    def _hold_problems(self) -> Iterator[Problem]:
        """What is held is what was placed last and not lifted."""
        last: dict[tuple[HoldOn, str], HoldChange] = {}
        for change in self._tx.holds.all():
            on, ref = change.hold.on, change.hold.ref
            before = last.get((on, ref))
            number, placed = (0, False) if before is None else (before.number, before.placed)
            if change.number != number + 1 or change.placed is placed:
                yield Problem(f"hold on {on.value} {ref}", f"change {change.number} does not follow {number}")
            last[on, ref] = change
        for on in HoldOn:
            changes = {ref: change for (of, ref), change in last.items() if of is on}
            active = self._tx.holds.active(on, list(changes))
            for ref, change in changes.items():
                if active.get(ref) != (change.hold if change.placed else None):
                    yield Problem(f"hold on {on.value} {ref}", "is not what its last change says")

    def _payout_problems(self) -> Iterator[Problem]:
        standing: Counter[PayoutState] = Counter()
        for record in self._tx.payouts.all():
            payout, place = record.payout, _place_of(record)
            standing[record.state] += 1
            self._count(PAYABLE, payout.payee, payout.currency, -payout.amount_minor)
            self._count(place, payout.payee, payout.currency, payout.amount_minor)
            yield from _life_problems(record)
        for state in PayoutState:
            if state in LIVE:
                live = [record.state for record in self._tx.payouts.in_state(state)]
                if live != [state] * standing[state]:
                    yield Problem(f"payouts that are {state.value}", "are not those whose last step says so")

    def _order_problems(self) -> Iterator[Problem]:
        """Count the points that paid for orders, came back with those that were dropped, or were promised."""
        orders = self._tx.placed_orders.all()
        while page := list(islice(orders, PAGE)):
            transfers = [each for placed in page for each in bookkeeping.of_order(placed)]
            for each in transfers:
                self._count(each.debit, each.payee, POINT, -each.amount_minor)
                self._count(each.credit, each.payee, POINT, each.amount_minor)
            yield from points_problems(self._tx, points_of_transfers(transfers))

    def _ledger_problems(self) -> Iterator[Problem]:
        totals: Counter[Currency] = Counter()
        left = dict(self._expected)
        for each in self._tx.transfers.balances():
            totals[each.currency] += each.minor
            wanted = left.pop((each.account, each.payee, each.currency), 0)
            yield from _differs(f"account {each.account} of {each.payee}", each.minor, wanted, each.currency)
        for (account, payee, currency), wanted in sorted(left.items()):
            yield from _differs(f"account {account} of {payee}", 0, wanted, currency)
        for currency, minor in sorted(totals.items()):
            yield from _differs("all accounts together", minor, 0, currency)

    def _balance_problems(self) -> Iterator[Problem]:
        """Rebuild the projections that decisions are made by."""
        left = {key: minor for key, minor in self._expected.items() if key[0] in {CARRIED, PAYABLE}}
        for each in self._tx.balances.all():
            for account, minor in ((CARRIED, each.carried_minor), (PAYABLE, each.payable_minor)):
                wanted = left.pop((account, each.payee, each.currency), 0)
                yield from _differs(f"balance {account} of {each.payee}", minor, wanted, each.currency)
        for (account, payee, currency), wanted in sorted(left.items()):
            yield from _differs(f"balance {account} of {payee}", 0, wanted, currency)


class _Chain:
    """What statements carry from one to the next, and what was assessed month by month."""

    def __init__(self, tx: Transaction, customs: Customs) -> None:
        self._tx = tx
        self._customs = customs
        self._policies = {(each.currency, each.policy_version): each for each in tx.settlement_policies.all()}
        self._months: defaultdict[_Whose, dict[str, tuple[int, int]]] = defaultdict(dict)
        self._ended: dict[Currency, Closing] = {}
        self.carried: Counter[_Whose] = Counter()
        self.payable: Counter[_Whose] = Counter()
        self.withheld: Counter[_Whose] = Counter()

    def follow(self, closing: Closing) -> Iterator[Problem]:
        """Check a closing against the ones before; only an approved one has settled anything."""
        where = f"closing {closing.number}"
        before = self._ended.get(closing.currency)
        if before is not None and before.period.end != closing.period.start:
            yield Problem(where, f"does not begin where closing {before.number} ended")
        self._ended[closing.currency] = closing
        policy = self._policies.get((closing.currency, closing.policy_version))
        if policy is None:
            yield Problem(where, f"version {closing.policy_version} of its policy is missing")
            return
        if closing.state is ClosingState.APPROVED and policy.review is Review.REVIEWED:
            yield from _review_problems(closing)
        totals = {each.payee: each for each in self._tx.closings.totals(closing)}
        statements = self._tx.closings.statements(closing.number)
        while page := list(islice(statements, PAGE)):
            assessed = self._tx.assessments.of(closing.number, [each.payee for each in page])
            for statement in page:
                total = totals.pop(statement.payee, LineTotal(statement.payee, 0, 0))
                yield from self._statement_problems(closing, statement, total, policy)
                if closing.state is ClosingState.APPROVED:
                    yield from self._settle(statement, assessed.get(statement.payee), policy)
        for payee in totals:
            yield Problem(f"{where}, payee {payee}", "has lines and no statement")

    def _statement_problems(
        self, closing: Closing, statement: Statement, total: LineTotal, policy: SettlementPolicy
    ) -> Iterator[Problem]:
        where = f"closing {statement.closing}, payee {statement.payee}"
        opening = self.carried[statement.payee, statement.currency]
        if statement.opening_minor != opening:
            yield Problem(where, "does not open with what the statement before carried")
        if (statement.lines_minor, statement.line_count) != (total.lines_minor, total.line_count):
            yield Problem(where, "does not say what its lines add up to")
        said = LineTotal(statement.payee, statement.lines_minor, statement.line_count)
        if statement != stated(closing, said, statement.opening_minor, policy, held=statement.held):
            yield Problem(where, "what is due is not what its balance and the policy give")

    def _settle(
        self, statement: Statement, found: Assessment | None, policy: SettlementPolicy
    ) -> Iterator[Problem]:
        whose = (statement.payee, statement.currency)
        where = f"closing {statement.closing}, payee {statement.payee}"
        self.carried[whose] = statement.closing_minor
        if found is None:
            if statement.gross_minor:
                yield Problem(where, "is due, and nothing says what of it is withheld")
            return
        if found.gross_minor != statement.gross_minor:
            yield Problem(where, "what was assessed is not what is due")
        elif custom_refusal(policy.withholding, self._customs) is None:
            wanted = assess(statement, policy, found.month, self._so_far(whose, found.month), self._customs)
            if found != wanted:
                yield Problem(
                    where, f"{found.withheld_minor} are withheld, the law gives {wanted.withheld_minor}"
                )
        self._keep(whose, found)

    def _keep(self, whose: _Whose, found: Assessment) -> None:
        self.payable[whose] += found.payable_minor
        self.withheld[whose] += found.withheld_minor
        gross, withheld = self._months[whose].get(found.month, (0, 0))
        self._months[whose][found.month] = (gross + found.gross_minor, withheld + found.withheld_minor)

    def _so_far(self, whose: _Whose, month: str) -> SoFar:
        months = sorted(self._months[whose].items())
        return SoFar(tuple(Assessed(each, *sums) for each, sums in months if each[:4] == month[:4]))


def _review_problems(closing: Closing) -> Iterator[Problem]:
    """Somebody else has looked at what was to be reviewed."""
    if closing.decision is not None and closing.decision.actor == closing.actor:
        yield Problem(f"closing {closing.number}", "was approved by whoever made it")


def _place_of(record: PayoutRecord) -> Account:
    """Return the account that holds the amount of a payout now."""
    if record.state in LIVE:
        return IN_PAYOUT
    if record.state is not PayoutState.SUCCEEDED:
        return PAYABLE
    channel = record.payout.channel
    return STORED_VALUE if channel == STORED_VALUE_CHANNEL else channel_account(channel)


def _life_problems(record: PayoutRecord) -> Iterator[Problem]:
    """Every step of a payout is one that the table allows, in order, and approved by somebody else."""
    where = f"payout {record.payout.id}"
    states = [step.state for step in record.steps]
    if states[0] is not PayoutState.REQUESTED or [each.number for each in record.steps] != list(
        range(1, len(states) + 1)
    ):
        yield Problem(where, "its steps do not begin with the request, or one is missing")
    for before, after in pairwise(states):
        if after not in TRANSITIONS[before]:
            yield Problem(where, f"became {after.value} after {before.value}")
    for step in record.steps:
        if step.state is PayoutState.APPROVED and (
            step.content != content_of(record.payout) or step.actor == record.payout.requested_by
        ):
            yield Problem(where, "its approval is for something else, or by whoever requested it")


def _differs(where: str, held: int, wanted: int, currency: Currency) -> Iterator[Problem]:
    if held != wanted:
        there, given = format_minor(held, currency), format_minor(wanted, currency)
        yield Problem(where, f"holds {there} {currency}, the facts give {given}")
