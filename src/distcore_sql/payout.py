"""`distcore.payout`'s ports in tables: accounts, what is personal apart, and payouts with their steps."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, literal_column, select

from distcore.kernel import Actor, Currency, Instant, Key, MemberId, micros_of
from distcore.payout import (
    AccountDetails,
    EventId,
    PayeeAccount,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    Step,
)
from distcore_sql.money_rows import (
    account_of,
    payout_of,
    record_of,
    row_of_account,
    row_of_details,
    row_of_payout,
    row_of_step,
    step_of,
)
from distcore_sql.statements import Statements, Those, among, listed, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 2_000
"""Payouts or accounts read at a time when all of them are: bounds memory."""


class SqlAccounts:
    """Accounts of payees; the details are rows that can go."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def current(
        self, payees: Collection[MemberId], *, for_change: bool = False
    ) -> dict[MemberId, PayeeAccount]:
        """Return the newest account of those who have one."""
        if not payees:
            return {}
        given = listed(payees)
        if for_change:
            self._sql.hold(_accounts_to_hold, ids=given)
            self._sql.look_ahead("payee_accounts", _as_if_replaced, ids=given)
        # In order of number: the newest one comes last, and stays.
        return {row[0]: account_of(row) for row in self._sql.rows(_accounts, ids=given)}

    def of_payee(self, payee: MemberId) -> Sequence[PayeeAccount]:
        """Return every account of a payee by number."""
        return [account_of(row) for row in self._sql.rows(_accounts, ids=listed([payee]))]

    def add(self, account: PayeeAccount, details: AccountDetails) -> None:
        """Write a new account; of two at once the key lets one win."""
        self._sql.insert("payee_accounts", [row_of_account(account)])
        self._sql.insert("account_details", [row_of_details(account, details)])

    def verify(self, payee: MemberId, number: int, *, at: Instant, actor: Actor) -> None:
        """Write that an account was verified."""
        self._sql.insert("account_verifications", [(payee, number, micros_of(at), actor)])

    def details(
        self, accounts: Collection[tuple[MemberId, int]]
    ) -> dict[tuple[MemberId, int], AccountDetails]:
        """Return the details that were not erased."""
        if not accounts:
            return {}
        wanted, payees = set(accounts), sorted({payee for payee, _ in accounts})
        found = self._sql.rows(_details, ids=listed(payees))
        return {(row[0], row[1]): AccountDetails(*row[2:]) for row in found if (row[0], row[1]) in wanted}

    def erase(self, payee: MemberId) -> int:
        """Erase the details of every account of a payee.

        The balance is changed, there and back: whoever asks for a payout takes from it, and is told by that
        where locks do not tell, since the accounts are facts and nobody writes them.

        Whether SQLite overwrites the details says the `secure_delete` of the connection: ours do, a host's
        may not.
        """
        count = self._sql.change(_erase, payee=payee)
        for change in (_BALANCES_THERE, _BALANCES_BACK):
            self._sql.change_those(change, [payee])
        return count

    def all(self) -> Iterator[PayeeAccount]:
        """Yield every account by payee and number, payees a page at a time."""
        after = ""
        while payees := [row[0] for row in self._sql.rows(_payees, after=after, limit=PAGE)]:
            yield from map(account_of, self._sql.rows(_accounts, ids=listed(payees)))
            after = payees[-1]


class SqlPayouts:
    """Payouts with their steps; where each stands now is a row of its own."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def find(self, ids: Collection[PayoutId], *, for_change: bool = False) -> dict[PayoutId, PayoutRecord]:
        """Return those of these that were requested, by two statements and one that locks."""
        if not ids:
            return {}
        given = listed(ids)
        if for_change:
            self._sql.hold(_to_hold, ids=given)
        return {each.payout.id: each for each in self._records(given)}

    def add(self, payout: Payout, step: Step) -> None:
        """Write a request."""
        self._sql.insert("payouts", [row_of_payout(payout)])
        self._sql.insert("payout_steps", [row_of_step(payout.id, step)])
        self._sql.insert("payout_states", [(payout.id, step.state.value)])

    def step(self, steps: Sequence[tuple[PayoutId, Step]]) -> None:
        """Write steps, and where payouts stand by them: by one statement for each state."""
        self._sql.insert("payout_steps", [row_of_step(id, step) for id, step in steps])
        reached: defaultdict[PayoutState, list[str]] = defaultdict(list)
        for id, state in {id: step.state for id, step in steps}.items():
            reached[state].append(id)
        for state, ids in reached.items():
            self._sql.change_those(_REACHED, ids, state=state.value)

    def told(self, events: Collection[EventId]) -> dict[EventId, PayoutId]:
        """Return of which payout these events told."""
        found = self._sql.rows(_told, ids=listed(events)) if events else ()
        return {row[0]: row[1] for row in found}

    def in_state(
        self, state: PayoutState, *, channel: str | None = None, currency: Currency | None = None
    ) -> Iterator[PayoutRecord]:
        """Yield the payouts that are in a state; its cost is that of those alone."""
        for record in self._paged(_in_state, state=state.value):
            payout = record.payout
            if channel in {None, payout.channel} and currency in {None, payout.currency}:
                yield record

    def submitted(self, batch: Key) -> Sequence[PayoutRecord]:
        """Return the payouts that were submitted together, by id."""
        found = self._sql.rows(_submitted, state=PayoutState.SUBMITTED.value, reason=batch)
        return list(self._records(listed([row[0] for row in found])))

    def succeeded(self, channel: str, start: Instant, end: Instant) -> Iterator[PayoutRecord]:
        """Yield the payouts of a channel that succeeded in a time, by id."""
        between: dict[str, Any] = {"start": micros_of(start), "end": micros_of(end)}
        for record in self._paged(_succeeded, state=PayoutState.SUCCEEDED.value, **between):
            if record.payout.channel == channel:
                yield record

    def of_payee(self, payee: MemberId) -> Sequence[PayoutRecord]:
        """Return every payout of a payee by id."""
        found = self._sql.rows(_of_payee, payee=payee)
        return list(self._records(listed([row[0] for row in found])))

    def all(self) -> Iterator[PayoutRecord]:
        """Yield every payout by id, a page at a time."""
        return self._paged(_all)

    def _paged(self, build: Any, **values: Any) -> Iterator[PayoutRecord]:
        after = ""
        while ids := [row[0] for row in self._sql.rows(build, after=after, limit=PAGE, **values)]:
            yield from self._records(listed(ids))
            after = ids[-1]

    def _records(self, given: list[str]) -> Iterable[PayoutRecord]:
        payouts = [payout_of(row) for row in self._sql.rows(_payouts, ids=given)]
        steps: defaultdict[PayoutId, list[Step]] = defaultdict(list)
        for row in self._sql.rows(_steps, ids=given):
            steps[row[0]].append(step_of(row))
        return (record_of(each, steps[each.id]) for each in payouts)


def _accounts(tables: Tables) -> Any:
    accounts, verified = tables.payee_accounts, tables.account_verifications
    its_own = (
        (verified.c.shop == accounts.c.shop)
        & (verified.c.payee == accounts.c.payee)
        & (verified.c.account == accounts.c.account)
    )
    return (
        select(*accounts.c[1:], verified.c.verified_at)
        .select_from(accounts.outerjoin(verified, its_own))
        .where(of_shop(accounts), among(accounts.c.payee))
        .order_by(accounts.c.payee, accounts.c.account)
    )


_BALANCES_THERE: Final = Those(
    lambda tables: tables.balances, "payee", lambda table: {"payable_minor": table.c.payable_minor + 1}
)
_BALANCES_BACK: Final = Those(
    lambda tables: tables.balances, "payee", lambda table: {"payable_minor": table.c.payable_minor - 1}
)


def _accounts_to_hold(tables: Tables) -> Any:
    accounts = tables.payee_accounts
    mine = select(accounts.c.account).where(of_shop(accounts), among(accounts.c.payee))
    return mine.order_by(accounts.c.payee, accounts.c.account).with_for_update(key_share=True)


def _as_if_replaced(tables: Tables) -> Any:
    """Return the row of what would be the next account of each payee."""
    accounts = tables.payee_accounts
    payee, next_one = accounts.c.payee, func.max(accounts.c.account) + literal_column("1")
    others = [func.max(accounts.c[name]) for name in ("channel", "changed_at", "actor")]
    mine = select(payee, next_one, *others).where(of_shop(accounts), among(payee))
    return mine.group_by(payee).order_by(payee)


def _payees(tables: Tables) -> Any:
    payee = tables.payee_accounts.c.payee
    beyond = select(payee).distinct().where(of_shop(tables.payee_accounts), payee > bindparam("after"))
    return beyond.order_by(payee).limit(bindparam("limit"))


def _details(tables: Tables) -> Any:
    details = tables.account_details
    return select(*details.c[1:]).where(of_shop(details), among(details.c.payee))


def _erase(tables: Tables) -> Any:
    details = tables.account_details
    return details.delete().where(of_shop(details), details.c.payee == bindparam("payee"))


def _payouts(tables: Tables) -> Any:
    payouts = tables.payouts
    some = select(*payouts.c[1:]).where(of_shop(payouts), among(payouts.c.payout))
    return some.order_by(payouts.c.payout)


def _steps(tables: Tables) -> Any:
    steps = tables.payout_steps
    some = select(*steps.c[1:]).where(of_shop(steps), among(steps.c.payout))
    return some.order_by(steps.c.payout, steps.c.number)


def _to_hold(tables: Tables) -> Any:
    payouts = tables.payouts
    some = select(payouts.c.payout).where(of_shop(payouts), among(payouts.c.payout))
    return some.order_by(payouts.c.payout).with_for_update(key_share=True)


_REACHED: Final = Those(
    lambda tables: tables.payout_states, "payout", lambda _: {"state": bindparam("state")}
)


def _told(tables: Tables) -> Any:
    steps = tables.payout_steps
    return select(steps.c.event, steps.c.payout).where(of_shop(steps), among(steps.c.event))


def _in_state(tables: Tables) -> Any:
    states = tables.payout_states
    return (
        select(states.c.payout)
        .where(
            of_shop(states),
            states.c.state == bindparam("state"),
            states.c.payout > bindparam("after"),
        )
        .order_by(states.c.payout)
        .limit(bindparam("limit"))
    )


def _submitted(tables: Tables) -> Any:
    steps = tables.payout_steps
    return select(steps.c.payout).where(
        of_shop(steps), steps.c.state == bindparam("state"), steps.c.reason == bindparam("reason")
    )


def _succeeded(tables: Tables) -> Any:
    steps = tables.payout_steps
    happened_at = func.coalesce(steps.c.happened_at, steps.c.stepped_at)
    return (
        select(steps.c.payout)
        .where(
            of_shop(steps),
            steps.c.state == bindparam("state"),
            steps.c.stepped_at >= bindparam("start"),  # nothing is told before it happened: an index helps
            happened_at >= bindparam("start"),
            happened_at < bindparam("end"),
            steps.c.payout > bindparam("after"),
        )
        .order_by(steps.c.payout)
        .limit(bindparam("limit"))
    )


def _of_payee(tables: Tables) -> Any:
    payouts = tables.payouts
    return select(payouts.c.payout).where(of_shop(payouts), payouts.c.payee == bindparam("payee"))


def _all(tables: Tables) -> Any:
    payout = tables.payouts.c.payout
    beyond = select(payout).where(of_shop(tables.payouts), payout > bindparam("after"))
    return beyond.order_by(payout).limit(bindparam("limit"))
