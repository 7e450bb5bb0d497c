"""What the engine asks of the world: a store with transactions, and nothing else.

    with store.begin() as tx:
        ...

A clean exit commits, an exception rolls back, for every store alike.  Whatever one verb decides is
written in one transaction.  The attributes of a transaction are the ports of the contexts: what each
of them must remember.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from attrs import frozen

from distcore.catalog import Products
from distcore.commission import (
    Buyers,
    Earnings,
    PeriodRuns,
    Plans,
    Releases,
    Sales,
    Tallies,
)
from distcore.compliance import (
    Overrides,
)
from distcore.coupons import Coupons, CouponTemplates
from distcore.groups import Groups, GroupSales
from distcore.kernel import Actor, Count, Instant, Key, Problem, ShopId, ShopPolicy, Taking
from distcore.ledger import Balances, Seals, Transfers
from distcore.members import TierEvaluations, TierPolicies
from distcore.payout import AccountDetails, Accounts, Payout, PayoutId, Payouts, ProviderEvent
from distcore.pricing import PlacedOrders, Terms
from distcore.referral import Applications, Identities, Members, PromotionCodes, Touches
from distcore.settlement import (
    Adjustments,
    Assessments,
    Closings,
    Dues,
    Holds,
    Openings,
    SettlementPolicies,
)


@frozen
class Command:
    """A command that was done: by whom and when, a hash of its inputs, and what gives its answer again."""

    key: Key
    verb: str
    inputs: bytes
    answer: str
    done_at: Instant
    actor: Actor


class Commands(Protocol):
    """Idempotency: which commands were done, by the caller's key."""

    def find(self, keys: Collection[Key]) -> dict[Key, Command]:
        """Return those of these commands that were done."""
        ...

    def add(self, commands: Sequence[Command]) -> None:
        """Write commands in the transaction that did them; the keys are new."""
        ...

    def known(self, verb: str, inputs: Collection[bytes]) -> frozenset[bytes]:
        """Return those hashes of inputs under which a command of a verb was done; for audits."""
        ...

    def done(self, verb: str, inputs: Collection[bytes]) -> Sequence[Command]:
        """Return the commands of a verb that were done with some of these hashes of inputs, by key."""
        ...

    def count(self, verb: str) -> int:
        """Return how many different inputs a verb was done with; for audits."""
        ...

    def all(self) -> Sequence[Command]:
        """Return every command by key; for audits."""
        ...


@frozen
class Event:
    """That something was done, to be told to others: at least once, and each time under the same id.

    `about` is the id of what it was done to, as the reading verbs take it.  What became of that is asked of
    the shop: an event may be told late, twice, or after a later one.
    """

    id: str
    shop: ShopId
    verb: str
    about: str
    key: Key
    done_at: Instant
    actor: Actor


@frozen
class Waiting:
    """How many events are still to be told, and since when the one that was done first waits."""

    events: int
    since: Instant | None


class Outbox(Protocol):
    """What was done and is still to be told; a shop that tells nobody keeps nothing here."""

    def is_open(self) -> bool:
        """Say whether what is done is kept to be told."""
        ...

    def open(self, *, at: Instant) -> None:
        """Keep what is done from now on; it may be open already."""
        ...

    def close(self) -> None:
        """Keep nothing more; what was kept is still to be told."""
        ...

    def add(self, events: Iterable[Event]) -> None:
        """Keep new events in the transaction that did them, if it is open; if it is not, look at none."""
        ...

    def claim(self, most: int, *, now: Instant, until: Instant) -> Sequence[Event]:
        """Take up to so many events for whoever asks, those first that were done first.

        Those that somebody had before, and did not tell, come after those that nobody had: they are in
        nobody's way.
        Until then nobody else gets them; who has not told them by then has lost them.  They are taken by what
        they are and not by a place in a row: an event that is committed late is taken late.  Of those who
        ask at once none gets what another does, and none waits for it.
        """
        ...

    def forget(self, events: Collection[str]) -> None:
        """Take away events that were told, by id; one may be gone already."""
        ...

    def waiting(self) -> Waiting:
        """Return how much is still to be told, whether it is claimed or not."""
        ...

    def all(self) -> Sequence[Event]:
        """Return every event that is still to be told, by id."""
        ...


class Policies(Protocol):
    """The policy of the shop; every version is kept, the last one holds."""

    def all(self) -> Sequence[ShopPolicy]:
        """Return every policy that ever held, the oldest first."""
        ...

    def current(self) -> ShopPolicy | None:
        """Return the policy that holds, or None in a shop that has none yet."""
        ...

    def set(self, policy: ShopPolicy, *, at: Instant) -> None:
        """Write a new policy."""
        ...


class Counts(Protocol):
    """What is counted against limits; no count ever comes to more, however many ask at once."""

    def take(self, takings: Sequence[Taking]) -> Taking | None:
        """Count all of it, by a conditional write each in a fixed order, or nothing.

        Each count is named once.  Returns the first, by count, that has no room, or None.
        """
        ...

    def give_back(self, units: Mapping[Count, int]) -> None:
        """Count so many units less, in the same order; of what was never counted nothing can come back."""
        ...

    def all(self) -> Iterator[tuple[Count, int]]:
        """Yield what is counted by count, zeros aside; for audits."""
        ...


class Transaction(Protocol):
    """One shop's ports, all within the same transaction."""

    @property
    def shop(self) -> ShopId:
        """The shop that all of it belongs to."""
        ...

    def damages(self) -> Sequence[Problem]:
        """Return what the store itself finds wrong: rows that belong to nothing, pages that can't be read."""
        ...

    @property
    def commands(self) -> Commands:
        """What was done before."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What is still to be told."""
        ...

    @property
    def policies(self) -> Policies:
        """What the shop decided once for everything."""
        ...

    @property
    def members(self) -> Members:
        """The tree."""
        ...

    @property
    def identities(self) -> Identities:
        """Who counts as the same person as whom."""
        ...

    @property
    def applications(self) -> Applications:
        """Who wants to distribute, and what was decided."""
        ...

    @property
    def promotion_codes(self) -> PromotionCodes:
        """Which codes stand for whom."""
        ...

    @property
    def touches(self) -> Touches:
        """Who brought which customer, and what became of it."""
        ...

    @property
    def tier_policies(self) -> TierPolicies:
        """How tiers are earned and lost."""
        ...

    @property
    def tier_evaluations(self) -> TierEvaluations:
        """Periods whose tiers were decided, with the decisions."""
        ...

    @property
    def plans(self) -> Plans:
        """The published plans."""
        ...

    @property
    def overrides(self) -> Overrides:
        """Plans that may break the shop's preset."""
        ...

    @property
    def sales(self) -> Sales:
        """Sales with their corrections and postings."""
        ...

    @property
    def buyers(self) -> Buyers:
        """What buyers have bought so far."""
        ...

    @property
    def tallies(self) -> Tallies:
        """What sales were granted under caps."""
        ...

    @property
    def releases(self) -> Releases:
        """Which sales are out of their freeze."""
        ...

    @property
    def period_runs(self) -> PeriodRuns:
        """Periods that were accrued, with the facts."""
        ...

    @property
    def earnings(self) -> Earnings:
        """Sums over the facts."""
        ...

    @property
    def transfers(self) -> Transfers:
        """Where every cent is."""
        ...

    @property
    def balances(self) -> Balances:
        """What decisions about payees are made by."""
        ...

    @property
    def seals(self) -> Seals:
        """Which facts are sealed."""
        ...

    @property
    def settlement_policies(self) -> SettlementPolicies:
        """How each currency is settled."""
        ...

    @property
    def dues(self) -> Dues:
        """What was released and is on no statement."""
        ...

    @property
    def closings(self) -> Closings:
        """Periods that were closed, with their statements."""
        ...

    @property
    def assessments(self) -> Assessments:
        """What was withheld."""
        ...

    @property
    def adjustments(self) -> Adjustments:
        """Decisions about amounts."""
        ...

    @property
    def openings(self) -> Openings:
        """What was owed when the shop moved in."""
        ...

    @property
    def holds(self) -> Holds:
        """Sales and payees that wait."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Where payees are paid to."""
        ...

    @property
    def payouts(self) -> Payouts:
        """What is on its way to them."""
        ...

    @property
    def products(self) -> Products:
        """What the shop sells."""
        ...

    @property
    def terms(self) -> Terms:
        """What the shop asks for it."""
        ...

    @property
    def placed_orders(self) -> PlacedOrders:
        """What buyers agreed to."""
        ...

    @property
    def group_sales(self) -> GroupSales:
        """How buyers may come together."""
        ...

    @property
    def groups(self) -> Groups:
        """Who buys together with whom."""
        ...

    @property
    def counts(self) -> Counts:
        """How many were had of what there are only so many of."""
        ...

    @property
    def coupon_templates(self) -> CouponTemplates:
        """Which coupons there are to be had."""
        ...

    @property
    def coupons(self) -> Coupons:
        """Who has which coupon, and which order."""
        ...


Begin: TypeAlias = Callable[[], AbstractContextManager[Transaction]]
"""Begins a transaction that commits on a clean exit and rolls back on an exception, such as `store.begin`."""


class Store(Protocol):
    """Where a shop's facts are kept."""

    def begin(self) -> AbstractContextManager[Transaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception."""
        ...


@frozen
class PayoutOrder:
    """A payout with all that a provider needs to make it."""

    payout: Payout
    details: AccountDetails


class PayoutGateway(Protocol):
    """A provider that pays; outside of every transaction, and trusted in nothing but its word.

    What it says under one event id never changes: another outcome has another id, and so has another
    provider of the shop.  Where two might use the same ones, each driver puts a name before its own.
    """

    def send(self, order: PayoutOrder) -> ProviderEvent | None:
        """Ask for a payment under the payout's id; the same id again must not pay again.

        Return what the provider says at once, None where its word comes later.  Raising means that nobody
        knows whether it was taken.
        """
        ...

    def query(self, payout: PayoutId) -> ProviderEvent | None:
        """Return what became of a payout, None if the provider never heard of it.

        None has the order sent again, under the same id: a provider that is not sure says `unknown`.
        """
        ...
