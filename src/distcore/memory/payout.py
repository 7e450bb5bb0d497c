"""Accounts of payees, and payouts, in memory."""

from collections.abc import Collection, Iterator, Sequence

from attrs import evolve

from distcore.kernel import Actor, Currency, Instant, Key, MemberId, RetryableError
from distcore.memory.journal import Journal
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


class MemoryAccounts:
    """`distcore.payout.Accounts`: what is personal in a dictionary of its own."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._accounts: dict[tuple[MemberId, int], PayeeAccount] = {}
        self._newest: dict[MemberId, int] = {}
        self._details: dict[tuple[MemberId, int], AccountDetails] = {}

    def current(
        self, payees: Collection[MemberId], *, for_change: bool = False
    ) -> dict[MemberId, PayeeAccount]:
        """Return the newest account of those who have one."""
        return {each: self._accounts[each, self._newest[each]] for each in payees if each in self._newest}

    def of_payee(self, payee: MemberId) -> Sequence[PayeeAccount]:
        """Return every account of a payee by number."""
        return [self._accounts[payee, number] for number in range(1, self._newest.get(payee, 0) + 1)]

    def add(self, account: PayeeAccount, details: AccountDetails) -> None:
        """Write a new account."""
        key = (account.payee, account.number)
        self._journal.insert(self._accounts, key, account)
        self._journal.put(self._newest, account.payee, account.number)
        self._journal.put(self._details, key, details)

    def verify(self, payee: MemberId, number: int, *, at: Instant, actor: Actor) -> None:
        """Write that an account was verified."""
        account = self._accounts[payee, number]
        if account.verified_at is not None:
            raise RetryableError(f"account {number} of {payee!r} is verified already")
        self._journal.put(self._accounts, (payee, number), evolve(account, verified_at=at))

    def details(
        self, accounts: Collection[tuple[MemberId, int]]
    ) -> dict[tuple[MemberId, int], AccountDetails]:
        """Return the details that were not erased."""
        return {each: self._details[each] for each in accounts if each in self._details}

    def erase(self, payee: MemberId) -> int:
        """Erase the details of every account of a payee."""
        mine = [key for key in self._details if key[0] == payee]
        for key in mine:
            self._journal.remove(self._details, key)
        return len(mine)

    def all(self) -> Iterator[PayeeAccount]:
        """Yield every account by payee and number."""
        for key in sorted(self._accounts):
            yield self._accounts[key]


class MemoryPayouts:
    """`distcore.payout.Payouts` in a dictionary of records."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._records: dict[PayoutId, PayoutRecord] = {}
        self._told: dict[EventId, PayoutId] = {}

    def find(self, ids: Collection[PayoutId], *, for_change: bool = False) -> dict[PayoutId, PayoutRecord]:
        """Return those of these that were requested."""
        return {id: self._records[id] for id in ids if id in self._records}

    def add(self, payout: Payout, step: Step) -> None:
        """Write a request."""
        self._journal.insert(self._records, payout.id, PayoutRecord(payout, (step,)))

    def step(self, steps: Sequence[tuple[PayoutId, Step]]) -> None:
        """Write steps."""
        for id, step in steps:
            record = self._records[id]
            if step.number != len(record.steps) + 1:
                raise RetryableError(f"payout {id!r} has a step {step.number} already")
            if step.event is not None:
                self._journal.insert(self._told, step.event, id)
            self._journal.put(self._records, id, evolve(record, steps=(*record.steps, step)))

    def told(self, events: Collection[EventId]) -> dict[EventId, PayoutId]:
        """Return of which payout these events told."""
        return {each: self._told[each] for each in events if each in self._told}

    def in_state(
        self, state: PayoutState, *, channel: str | None = None, currency: Currency | None = None
    ) -> Iterator[PayoutRecord]:
        """Yield the payouts that are in a state, by id."""
        for record in self.all():
            payout = record.payout
            if (
                record.state is state
                and channel in {None, payout.channel}
                and currency in {None, payout.currency}
            ):
                yield record

    def submitted(self, batch: Key) -> Sequence[PayoutRecord]:
        """Return the payouts that were submitted together, by id."""
        return [each for each in self.all() if _reached(each, PayoutState.SUBMITTED, batch)]

    def succeeded(self, channel: str, start: Instant, end: Instant) -> Iterator[PayoutRecord]:
        """Yield the payouts of a channel that succeeded in a time, by id."""
        for record in self.in_state(PayoutState.SUCCEEDED, channel=channel):
            if start <= record.steps[-1].valid_at < end:
                yield record

    def of_payee(self, payee: MemberId) -> Sequence[PayoutRecord]:
        """Return every payout of a payee by id."""
        return [each for each in self.all() if each.payout.payee == payee]

    def all(self) -> Iterator[PayoutRecord]:
        """Yield every payout by id."""
        for id in sorted(self._records):
            yield self._records[id]


def _reached(record: PayoutRecord, state: PayoutState, reason: str) -> bool:
    return any(step.state is state and step.reason == reason for step in record.steps)
