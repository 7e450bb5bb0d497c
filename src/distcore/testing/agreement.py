"""What the auditors add up, held against what a store holds."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from attrs import evolve

from distcore import engine
from distcore.commission import (
    Accrual,
    Given,
    GroupBy,
    PeriodPosting,
    Plan,
    Pool,
    Share,
    by_version,
    share_of,
)
from distcore.kernel import POINT, Currency, Instant, MemberId, Period
from distcore.ledger import POINTS
from distcore.ports import Transaction
from distcore.settlement import Due
from distcore.testing.auditor import Auditor, Book
from distcore.testing.auditor_money import Closed, MoneyAuditor
from distcore.testing.auditor_payouts import PayoutAuditor
from distcore.testing.auditor_periods import PeriodAuditor, Run
from distcore.testing.auditor_rounding import rounded


def assert_earnings(
    tx: Transaction, periods: PeriodAuditor, start: Instant, end: Instant, by: GroupBy
) -> None:
    """The sums of a window, and the points that are held at its end, are what the auditors add up."""
    found = engine.earnings(tx, Period("window", start, end), by=by)
    sums = {
        (each.payee, each.currency): [
            each.accrued_minor,
            each.clawed_back_minor,
            each.frozen_minor,
            each.released_minor,
        ]
        for each in found
    }
    assert len(sums) == len(found)
    expected = periods.auditor.earned(start, end, by)
    for whose, row in periods.earned(start, end, by).items():
        expected[whose] = [sum(pair) for pair in zip(row, expected.get(whose, [0] * 4), strict=True)]
    assert sums == expected
    assert dict(tx.transfers.held(POINTS, POINT, end)) == periods.points(end)


def assert_states(tx: Transaction, auditor: Auditor) -> None:
    """Every order is as far as it must be."""
    records = list(tx.sales.all())
    found = {each.booking.sale.id: (each.completed_at, each.due, each.released) for each in records}
    books = auditor.books.values()
    assert found == {book.sale.id: (book.completed_at, book.due, book.released) for book in books}


def assert_gifts(tx: Transaction, book: Book) -> None:
    """What a sale has given and not taken back is what it must give, each gift once."""
    postings = tx.sales.find([book.sale.id])[book.sale.id].postings
    counts: Counter[Given] = Counter()
    for posting in postings:
        for each in posting.gifts:
            counts[evolve(each, change=1)] += each.change
    assert set(counts.values()) <= {0, 1}
    found = {(each.component, each.payee): each.gift for each, count in counts.items() if count}
    assert found == book.gifts()


def assert_periods(tx: Transaction, periods: PeriodAuditor) -> None:
    """Every period that was accrued went by the plan, and has the postings and facts, that it must have."""
    runs, plans = tx.period_runs.all(), by_version(tx.plans.all())
    assert len(runs) == len(periods.runs)
    for run, expected in zip(runs, periods.runs, strict=True):
        assert run.currency == expected.currency
        assert (run.period.label, run.period.start, run.period.end) == expected.span
        assert run.pin == (expected.plan.id, expected.plan.plan_version)
        assert [each.posting for each in run.repins] == expected.repinned
        found = []
        for posting in tx.period_runs.postings(run.number):
            facts = list(tx.period_runs.facts(run.number, posting.number))
            amounts = {(each.share.component, each.share.payee): each.amount_minor for each in facts}
            assert len(amounts) == len(facts), "two facts have the same component and payee"
            found.append((posting.posted_at, posting.net_minor, amounts))
            _assert_pools(plans[run.pin_at(posting.number)], posting)
        assert found == expected.postings
    states = {each.run.number: (each.accrued_at, each.changed_at) for each in engine.period_states(tx)}
    assert states == {
        number: (max(run.accrued_at), periods.changed_at(run)) for number, run in enumerate(periods.runs, 1)
    }


def _assert_pools(plan: Plan, posting: PeriodPosting) -> None:
    """What is paid of a pool, and what nobody has of it, is the pool."""
    pools = {each.id: each.share for each in plan.period_components if isinstance(each, Pool)}
    for total in posting.totals:
        if total.component in pools:
            pool = rounded(Fraction(posting.net_minor * pools[total.component].ppm, 10**6), plan.rounding)
            assert total.paid_minor + total.breakage_minor == pool


def assert_period_explained(tx: Transaction, periods: PeriodAuditor, run: Run, payee: MemberId) -> None:
    """What is explained of a period is what it is worth to somebody now, and says what was posted of it."""
    explained = engine.explain_period(tx, Currency(run.currency), run.span.label, payee)
    _, worth = periods.worth(run)
    known = [each.id for each in run.plan.period_components]
    gone = {component for posted in run.postings for component, whose in posted.amounts if whose == payee}
    found = [each.component for each in explained.shares]
    assert (found[: len(known)], set(found[len(known) :])) == (known, gone - {*known})
    for each in explained.shares:
        whose = (each.component, payee)
        assert each.amount_minor == worth.get(whose, 0)
        assert each.posted_minor == sum(posted.amounts.get(whose, 0) for posted in run.postings)
        assert (each.reason is None) == bool(each.amount_minor), "only nothing has a reason"


def assert_balances(tx: Transaction, money: MoneyAuditor) -> None:
    """Every account holds what the auditor adds up, and so do the balances that decisions are made by."""
    found = {(each.account, each.payee, each.currency): each.minor for each in tx.transfers.balances()}
    expected = money.balances()
    assert found == expected
    totals: Counter[str] = Counter()
    for (_, _, currency), minor in found.items():
        totals[currency] += minor
    assert not any(totals.values()), "the accounts do not add up to zero"
    for each in tx.balances.all():
        whose = (each.payee, each.currency)
        assert each.carried_minor == expected.pop(("carried", *whose), 0)
        assert each.payable_minor == expected.pop(("payable", *whose), 0)
    assert not [key for key in expected if key[0] in {"carried", "payable"}]
    dues = [
        (_origin(each), each.payee, each.currency, each.amount_minor, each.released_at)
        for each in tx.dues.all()
    ]
    assert sorted(dues) == sorted(map(tuple, money.dues()))


def assert_closings(tx: Transaction, money: MoneyAuditor) -> None:
    """Every closing has the period, the lines, the statements and the assessments that it must have."""
    assert tx.closings.count() == len(money.closings)
    for closing, expected in zip(tx.closings.all(), money.closings, strict=True):
        assert (closing.currency, closing.state.value) == (expected.currency, expected.state)
        assert (closing.period.label, closing.period.start, closing.period.end) == expected.span
        assert closing.policy_version == expected.policy.policy_version
        _assert_statements(tx, closing.number, expected)


def _assert_statements(tx: Transaction, number: int, expected: Closed) -> None:
    statements = {
        each.payee: (
            each.opening_minor,
            each.lines_minor,
            each.line_count,
            each.gross_minor,
            each.held,
        )
        for each in tx.closings.statements(number)
    }
    assert statements == expected.statements
    assessed = tx.assessments.of(number, list(statements))
    assert {
        payee: (each.month, each.gross_minor, each.withheld_minor) for payee, each in assessed.items()
    } == expected.assessments
    lines = [
        (_origin(line.due), payee, line.due.amount_minor)
        for payee in statements
        for line in tx.closings.lines(number, payee)
    ]
    assert sorted(lines) == sorted((each.origin, each.payee, each.minor) for each in expected.lines)


def assert_payouts(tx: Transaction, payouts: PayoutAuditor) -> None:
    """Every payout and every account of a payee is as it must be."""
    found = {}
    for record in tx.payouts.all():
        each = record.payout
        whose = (each.payee, each.currency, each.amount_minor)
        found[each.id] = (*whose, each.account, each.channel, record.state.value)
    assert found == {
        id: (x.payee, x.currency, x.minor, x.account, x.channel, x.state)
        for id, x in payouts.money.payouts.items()
    }
    accounts = [(x.payee, x.number, x.channel, x.verified_at is not None) for x in tx.accounts.all()]
    assert accounts == [
        (payee, number, each.channel, each.verified)
        for payee in sorted(payouts.accounts)
        for number, each in enumerate(payouts.accounts[payee], 1)
    ]


def _origin(due: Due) -> tuple[str, str, int]:
    return due.origin.kind.value, due.origin.ref, due.origin.number


def amounts_of(accruals: Iterable[Accrual]) -> dict[Share, int]:
    """Return the amounts by line, component, rule, payee and level, of which no two facts share all."""
    found = list(accruals)
    amounts = {share_of(each): each.amount_minor for each in found}
    assert len(amounts) == len(found), "two facts have the same line, component, rule, payee and level"
    return amounts
