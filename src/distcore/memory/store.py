"""A complete store in memory, with real transactions and the same refusals as SQL.

One transaction at a time: a second thread waits, a second `begin` in the same thread is refused.  So
whoever reads sees what is committed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from threading import Lock

from attrs import evolve

from distcore.commission import Correction, Repin, SaleRecord, is_recomputation
from distcore.kernel import InputError, Instant, Key, Problem, ShopId, ShopPolicy
from distcore.ledger import transfer_id
from distcore.memory.catalog import MemoryProducts
from distcore.memory.commission import (
    MemoryBuyers,
    MemoryEarnings,
    MemoryPlans,
    MemoryReleases,
    MemorySales,
    MemoryTallies,
)
from distcore.memory.compliance import MemoryOverrides
from distcore.memory.counts import MemoryCounts
from distcore.memory.coupons import MemoryCoupons, MemoryCouponTemplates
from distcore.memory.groups import MemoryGroups, MemoryGroupSales
from distcore.memory.journal import Journal
from distcore.memory.ledger import Contents, MemoryBalances, MemorySeals, MemoryTransfers
from distcore.memory.members import MemoryTierEvaluations, MemoryTierPolicies
from distcore.memory.outbox import MemoryOutbox
from distcore.memory.payout import MemoryAccounts, MemoryPayouts
from distcore.memory.periods import MemoryPeriodRuns
from distcore.memory.pricing import MemoryPlacedOrders, MemoryTerms
from distcore.memory.recruiting import (
    MemoryApplications,
    MemoryIdentities,
    MemoryPromotionCodes,
    MemoryTouches,
)
from distcore.memory.referral import MemoryMembers
from distcore.memory.settlement import (
    MemoryAdjustments,
    MemoryAssessments,
    MemoryClosings,
    MemoryDues,
    MemoryHolds,
    MemoryOpenings,
    MemorySettlementPolicies,
)
from distcore.ports import Command
from distcore.pricing import Numbered, OrderStep, PlacedOrder, PointsIn, PriceList, Term


class MemoryCommands:
    """`distcore.ports.Commands` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._commands: dict[Key, Command] = {}

    def find(self, keys: Collection[Key]) -> dict[Key, Command]:
        """Return those of these commands that were done."""
        return {key: self._commands[key] for key in keys if key in self._commands}

    def add(self, commands: Sequence[Command]) -> None:
        """Write new commands."""
        self._journal.insert_all(self._commands, [(each.key, each) for each in commands])

    def known(self, verb: str, inputs: Collection[bytes]) -> frozenset[bytes]:
        """Return those hashes under which a command of a verb was done; looks at every command."""
        return self._done_with(verb) & frozenset(inputs)

    def done(self, verb: str, inputs: Collection[bytes]) -> Sequence[Command]:
        """Return the commands of a verb that were done with some inputs, by key; looks at every command."""
        wanted = frozenset(inputs)
        return [each for each in self.all() if each.verb == verb and each.inputs in wanted]

    def count(self, verb: str) -> int:
        """Return how many different inputs a verb was done with; looks at every command."""
        return len(self._done_with(verb))

    def _done_with(self, verb: str) -> frozenset[bytes]:
        return frozenset(each.inputs for each in self._commands.values() if each.verb == verb)

    def all(self) -> Sequence[Command]:
        """Return every command by key."""
        return [self._commands[key] for key in sorted(self._commands)]


class MemoryPolicies:
    """`distcore.ports.Policies` in a list."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._policies: list[ShopPolicy] = []

    def all(self) -> Sequence[ShopPolicy]:
        """Return every policy, the oldest first."""
        return tuple(self._policies)

    def current(self) -> ShopPolicy | None:
        """Return the policy that holds."""
        return self._policies[-1] if self._policies else None

    def set(self, policy: ShopPolicy, *, at: Instant) -> None:
        """Write a new policy."""
        self._journal.append(self._policies, policy)


class MemoryTransaction:
    """The ports of one shop; valid until its `with` block ends."""

    def __init__(self, shop: ShopId, journal: Journal) -> None:
        self.shop = shop
        self.commands = MemoryCommands(journal)
        self.outbox = MemoryOutbox(journal)
        self.policies = MemoryPolicies(journal)
        self.members = MemoryMembers(journal)
        self.identities = MemoryIdentities(journal, self.members)
        self.applications = MemoryApplications(journal)
        self.promotion_codes = MemoryPromotionCodes(journal)
        self.touches = MemoryTouches(journal)
        self.tier_policies = MemoryTierPolicies(journal)
        self.tier_evaluations = MemoryTierEvaluations(journal)
        self.plans = MemoryPlans(journal)
        self.overrides = MemoryOverrides(journal)
        self.sales = MemorySales(journal)
        self.buyers = MemoryBuyers(journal, self.sales)
        self.tallies = MemoryTallies(journal)
        self.releases = MemoryReleases(self.sales)
        self.transfers = MemoryTransfers(journal)
        self.period_runs = MemoryPeriodRuns(journal, self.sales, self.transfers)
        self.earnings = MemoryEarnings(self.sales)
        self.balances = MemoryBalances(journal)
        self.settlement_policies = MemorySettlementPolicies(journal)
        self.dues = MemoryDues(journal)
        self.holds = MemoryHolds(journal)
        self.closings = MemoryClosings(journal, self.dues, self.holds)
        self.assessments = MemoryAssessments(journal)
        self.adjustments = MemoryAdjustments(journal)
        self.openings = MemoryOpenings(journal)
        self.accounts = MemoryAccounts(journal)
        self.payouts = MemoryPayouts(journal)
        self.products = MemoryProducts(journal)
        self.counts = MemoryCounts(journal)
        self.terms = MemoryTerms(journal, self.counts)
        self.placed_orders = MemoryPlacedOrders(journal)
        self.group_sales = MemoryGroupSales(journal)
        self.groups = MemoryGroups(journal)
        self.coupon_templates = MemoryCouponTemplates(journal)
        self.coupons = MemoryCoupons(journal)
        self.seals = MemorySeals(journal, contents_of(self))

    def damages(self) -> Sequence[Problem]:
        """Return nothing: memory can't be damaged without the program."""
        return ()


def contents_of(tx: MemoryTransaction) -> Mapping[str, Contents]:
    """Return what there is to be sealed: everything that was written once and for ever."""
    return {
        "policies": lambda: ((str(number), each) for number, each in enumerate(tx.policies.all(), 1)),
        "plans": lambda: ((f"{each.plan_version}/{each.id}", each) for each in tx.plans.all()),
        "plan_overrides": lambda: (
            (f"{each.number}/{each.plan_version}/{each.plan}", each) for each in tx.overrides.all()
        ),
        "commands": lambda: ((each.key, each) for each in tx.commands.all()),
        "members": lambda: ((each.id, evolve(each, changes=())) for each in tx.members.all()),
        "member_changes": lambda: (
            (f"{place}/{each.id}", change)
            for each in tx.members.all()
            for place, change in enumerate(each.changes, 1)
        ),
        **_recruited(tx),
        "tier_policies": lambda: ((str(each.policy_version), each) for each in tx.tier_policies.all()),
        "tier_evaluations": lambda: ((str(each.number), each) for each in tx.tier_evaluations.all()),
        "tier_decisions": lambda: (
            (f"{each.evaluation}/{each.member}", each)
            for evaluation in tx.tier_evaluations.all()
            for each in tx.tier_evaluations.decisions(evaluation.number)
        ),
        "sales": lambda: ((each.booking.sale.id, each.booking) for each in tx.sales.all()),
        "completions": lambda: (
            (each.booking.sale.id, each.completed_at) for each in tx.sales.all() if each.completed_at
        ),
        "releases": lambda: ((each.booking.sale.id, each.due) for each in tx.sales.all() if each.released),
        "postings": lambda: (
            (f"{number}/{each.booking.sale.id}", (posting, _beside(each, number)))
            for each in tx.sales.all()
            for number, posting in enumerate(each.postings)
        ),
        "period_runs": lambda: ((str(each.number), evolve(each, repins=())) for each in tx.period_runs.all()),
        "period_postings": lambda: (
            (f"{each.number}/{run.number}", (each, tuple(x for x in run.repins if x.posting == each.number)))
            for run in tx.period_runs.all()
            for each in tx.period_runs.postings(run.number)
        ),
        "period_facts": lambda: (
            (f"{posting.number}/{run.number}/{payee}", tuple(facts))
            for run in tx.period_runs.all()
            for posting in tx.period_runs.postings(run.number)
            for payee, facts in groupby(
                tx.period_runs.facts(run.number, posting.number), lambda each: each.share.payee
            )
        ),
        "transfers": lambda: ((transfer_id(each).hex(), each) for each in tx.transfers.all()),
        "settlement_policies": lambda: (
            (f"{each.policy_version}/{each.currency}", each) for each in tx.settlement_policies.all()
        ),
        "hold_changes": lambda: (
            (f"{each.number}/{each.hold.on.value}/{each.hold.ref}", each) for each in tx.holds.all()
        ),
        "closings": lambda: ((str(each.number), evolve(each, decision=None)) for each in tx.closings.all()),
        "closing_decisions": lambda: (
            (str(each.number), each.decision) for each in tx.closings.all() if each.decision
        ),
        "statement_lines": lambda: ((str(number), dues) for number, dues in tx.closings.all_lines()),
        "statements": lambda: (
            (f"{each.closing}/{each.payee}", each)
            for closing in tx.closings.all()
            for each in tx.closings.statements(closing.number)
        ),
        "assessments": lambda: ((f"{each.closing}/{each.payee}", each) for each in tx.assessments.every()),
        "adjustments": lambda: ((each.id, (each, at)) for each, at in tx.adjustments.all()),
        "openings": lambda: ((each.id, (each, at)) for each, at, _ in tx.openings.all()),
        "opening_releases": lambda: ((each.id, each.id) for each, _, free in tx.openings.all() if free),
        "payee_accounts": lambda: (
            (f"{each.number}/{each.payee}", evolve(each, verified_at=None)) for each in tx.accounts.all()
        ),
        "account_verifications": lambda: (
            (f"{each.number}/{each.payee}", each.verified_at)
            for each in tx.accounts.all()
            if each.verified_at
        ),
        "payouts": lambda: ((each.payout.id, each.payout) for each in tx.payouts.all()),
        "payout_steps": lambda: (
            (f"{place}/{each.payout.id}", step)
            for each in tx.payouts.all()
            for place, step in enumerate(each.steps, 1)
        ),
        "terms": lambda: ((_ref_of(each), each) for each in tx.terms.all()),
        "prices": lambda: (
            (f"{each.number}/{each.value.id}/{price.sku}", price)
            for each in tx.terms.all()
            if isinstance(each.value, PriceList)
            for price in tx.terms.prices_of(each.value.id, each.number)
        ),
        "placed_orders": lambda: (
            (each.order, evolve(each, grouped_at=None, dropped_at=None, completed_at=None))
            for each in tx.placed_orders.all()
        ),
        "order_steps": lambda: (
            (f"{place}/{each.order}", step)
            for each in tx.placed_orders.all()
            for place, step in enumerate(_steps_of(each), 1)
        ),
        "group_sales": lambda: ((f"{number}/{sale.id}", sale) for sale, number in tx.group_sales.all()),
        "coupon_templates": lambda: (
            (f"{number}/{template.id}", template) for template, number in tx.coupon_templates.all()
        ),
    }


def _steps_of(placed: PlacedOrder) -> list[tuple[OrderStep, Instant]]:
    """Return the steps of an order; of those that end it there is one at most."""
    ats = [(step, getattr(placed, f"{step.value}_at")) for step in OrderStep]
    return [(step, at) for step, at in ats if at is not None]


def _ref_of(term: Numbered[Term]) -> str:
    """Return the kind, the number and the id of what a merchant decided."""
    value = term.value
    id = value.currency if isinstance(value, PointsIn) else value.id
    return f"{type(value).__name__}/{term.number}/{id}"


def _beside(record: SaleRecord, number: int) -> tuple[Correction | Repin, ...]:
    """Return what a posting came with: a correction, or a re-pin."""
    if not number or is_recomputation(record.postings[number].cause):
        return tuple(each for each in record.repins if each.posting == number)
    return record.upto(number)[0][-1:]


def _recruited(tx: MemoryTransaction) -> Mapping[str, Contents]:
    """Return what there is to be sealed of recruiting: evidence and fingerprints are not among it."""
    return {
        "identities": lambda: ((f"{each.revision}/{each.member}", each) for each in tx.identities.all()),
        "applications": lambda: ((each.application.id, each.application) for each in tx.applications.all()),
        "application_reviews": lambda: (
            (each.application.id, each.review) for each in tx.applications.all() if each.review
        ),
        "promotion_codes": lambda: (
            (f"{each.kind.value}/{each.ref}", evolve(each, revoked_at=None))
            for each in tx.promotion_codes.all()
        ),
        "code_revocations": lambda: (
            (f"{each.kind.value}/{each.ref}", each.revoked_at)
            for each in tx.promotion_codes.all()
            if each.revoked_at
        ),
        "touches": lambda: ((f"{each.number}/{each.customer}", each) for each in tx.touches.all()),
    }


class MemoryStore:
    """One shop in memory.

    >>> store = MemoryStore("tea house")
    >>> with store.begin() as tx:
    ...     tx.members.revision()
    0
    """

    def __init__(self, shop: str) -> None:
        self._journal = Journal()
        self._transaction = MemoryTransaction(ShopId(shop), self._journal)
        self._lock = Lock()

    @contextmanager
    def begin(self) -> Iterator[MemoryTransaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception."""
        if self._journal.is_open_here():
            raise InputError.of("begin", "this thread has a transaction open already", "end it first")
        with self._lock:
            self._journal.open()
            try:
                yield self._transaction
            except BaseException:
                self._journal.roll_back()
                raise
            else:
                self._journal.forget()
            finally:
                self._journal.close()
