"""The only place where the tree meets commission: a sale's buyer and promoter → its lineage.

A walk is lazy and pure.  Where it leaves what was loaded of the tree, more is loaded and the
decision is made again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar, assert_never

from attrs import evolve, field, frozen

from distcore.commission import (
    NOTHING_BEFORE,
    Booking,
    Component,
    Correction,
    Custom,
    Differential,
    FirstOrder,
    Lineage,
    Past,
    Plan,
    PromoterShare,
    Region,
    Sale,
    Seat,
    SelfPurchase,
    Sought,
    Standing,
    Upline,
    earned_of,
    granted_of,
    was_gone,
)
from distcore.commission import refusals as no
from distcore.engine.ascent import Ascents, Stretch
from distcore.kernel import Instant, MemberId, Refusal, format_instant, level_in, limits, paths_to
from distcore.ports import Transaction
from distcore.referral import (
    EVERYBODY_ALONE,
    BeyondTreeError,
    Member,
    Persons,
    State,
    Tree,
    above,
    appointed_for,
    is_agent,
    is_same_person,
    others_of,
    persons_of,
    seat_of,
)

T = TypeVar("T")

STANDINGS: Final = {
    State.ACTIVE: Standing.ACTIVE,
    State.SUSPENDED: Standing.SUSPENDED,
    State.TERMINATED: Standing.GONE,
}


@frozen
class Seats:
    """The seats of a tree, and who of those that a walk starts from is the same person as whom.

    `agents` are those who were ever appointed for the regions that were asked about, in order of id.  Seats
    of members about whom nothing ever changed are kept: they are the same at every instant, and nearly all
    there are.
    """

    tree: Tree
    persons: Persons = EVERYBODY_ALONE
    agents: Mapping[str, Sequence[Member]] = field(factory=dict)
    _unchanged: dict[MemberId, Seat] = field(factory=dict, repr=False, eq=False, init=False)
    _ascents: Ascents = field(factory=Ascents, repr=False, eq=False, kw_only=True)

    def of(self, member: Member, valid_at: Instant, revision: int) -> Seat:
        """Return the seat that a member has at an instant, as known at a revision."""
        seat = self._unchanged.get(member.id)
        if seat is None:
            found = seat_of(member, valid_at=valid_at, revision=revision)
            seat = Seat(found.member, found.tier, STANDINGS[found.state])
            if not member.changes:
                self._unchanged[member.id] = seat
        return seat

    def first_above(self, member: MemberId, sought: Sought, valid_at: Instant, revision: int) -> Stretch:
        """Return how far it is to the first seat above a member that is sought."""
        seat_of = partial(self.of, valid_at=valid_at, revision=revision)
        return self._ascents.first_above(
            self.tree, member, sought, seat_of, valid_at=valid_at, revision=revision
        )

    def with_more(self, tree: Tree, persons: Persons | None = None) -> "Seats":
        """Return the seats of a larger tree, with other persons if somebody new is named."""
        known = self.persons if persons is None else persons
        more = Seats({**self.tree, **tree}, known, self.agents, ascents=self._ascents)
        more._unchanged.update(self._unchanged)
        return more


class Forest:
    """The tree of a transaction, as far as it was needed so far."""

    def __init__(
        self, tx: Transaction, starts: Collection[MemberId], levels: int, regions: Collection[str] = ()
    ) -> None:
        """Load whoever is named, `levels` levels above, and the agents of regions; more follows on demand."""
        self._members = tx.members
        self._identities = tx.identities
        self._starts = frozenset(starts)
        self._levels = max(levels, 1)
        self._known = dict.fromkeys(self._identities.history(starts))
        self._regions = frozenset(regions)
        tree = tx.members.upward(starts, self._levels)
        self._seats = Seats(tree, persons_of(self._known), self._agents(self._regions))

    @classmethod
    def of_sales(
        cls, tx: Transaction, sales: Collection[Sale], plans: Collection[Plan], also: Iterable[MemberId] = ()
    ) -> "Forest":
        """Load whoever some plans may pay for sales; and `also` others."""
        return cls(tx, named_in(sales).union(also), levels_of(plans), regions_in(sales, plans))

    @property
    def tree(self) -> Tree:
        """The members that were loaded so far."""
        return self._seats.tree

    def reach(self, starts: Collection[MemberId], regions: Collection[str] = ()) -> None:
        """Load whoever else is named, and agents of other regions, as the first ones were; the rest stays."""
        more = frozenset(starts) - self._starts
        if more:
            self._starts |= more
            self._known |= dict.fromkeys(self._identities.history(more))
            persons = persons_of(self._known)
            self._seats = self._seats.with_more(self._members.upward(more, self._levels), persons)
        more_regions = frozenset(regions) - self._regions
        if more_regions:
            self._regions |= more_regions
            agents = {**self._seats.agents, **self._agents(more_regions)}
            self._seats = evolve(self._seats, agents=agents)

    def _agents(self, regions: Collection[str]) -> dict[str, list[Member]]:
        """Return whoever was ever appointed for regions, by region; nothing is asked about none."""
        found: dict[str, list[Member]] = {}
        for member in self._members.agents(sorted(regions)) if regions else ():
            for region in dict.fromkeys(appointed_for(member)):
                if region in regions:
                    found.setdefault(region, []).append(member)
        return found

    def decide(self, decide: Callable[[Seats], T]) -> T:
        """Return what a pure decision over the tree says, loading more of it where it asks for more.

        Raises `BeyondTreeError` for a sponsor who is nowhere: the store is damaged.
        """
        while True:
            try:
                return decide(self._seats)
            except BeyondTreeError as beyond:
                # For all at once, and twice as high: the next ones will ask for the same.
                self._levels *= 2
                more = self._members.upward(self._starts | {beyond.member}, self._levels)
                if beyond.member not in more:
                    raise
                self._seats = self._seats.with_more(more)


@frozen
class _Line:
    """The seats above a member, and the member's own first if asked; walked anew at each iteration."""

    seats: Seats
    member: MemberId
    valid_at: Instant
    revision: int
    own_first: bool = False

    def __iter__(self) -> Iterator[Seat]:
        seats, at, revision = self.seats, self.valid_at, self.revision
        if self.own_first:
            yield seats.of(seats.tree[self.member], at, revision)
        for member in above(seats.tree, self.member, valid_at=at, revision=revision):
            yield seats.of(member, at, revision)

    def first(self, sought: Sought) -> "tuple[int, Seat, _Line] | None":
        """Return the levels used up before the first seat that is sought, that seat, and what is above."""
        seats, at, revision = self.seats, self.valid_at, self.revision
        stretch = seats.first_above(self.member, sought, at, revision)
        if stretch.found is None:
            return None
        seat = seats.of(seats.tree[stretch.found], at, revision)
        return stretch.levels, seat, _Line(seats, stretch.found, at, revision)


@frozen
class _Agents:
    """The agents of a region and of all that it lies in, each with the level; asked at each iteration."""

    seats: Seats
    region: str
    valid_at: Instant
    revision: int

    def __iter__(self) -> Iterator[tuple[int, Seat]]:
        seats, at, revision = self.seats, self.valid_at, self.revision
        for region in paths_to(self.region):
            for member in seats.agents.get(region, ()):
                if is_agent(member, region, valid_at=at, revision=revision):
                    yield level_in(region), seats.of(member, at, revision)


def named_in(sales: Iterable[Sale]) -> set[MemberId]:
    """Return whoever a walk can start from."""
    return {sale.buyer for sale in sales} | {sale.promoter for sale in sales if sale.promoter is not None}


def regions_in(sales: Iterable[Sale], plans: Iterable[Plan]) -> set[str]:
    """Return the regions whose agents may earn from sales by some plans: none if no plan pays agents."""
    if not any(plan.asks_agents for plan in plans):
        return set()
    named = (region for sale in sales for region in paths_to(sale.region))
    return {region for region in named if len(region) <= limits.REGION_LENGTH_MAX}


LEVELS_AT_FIRST: Final = 16
"""Levels that are loaded at once for a component without a highest level; more follow on demand."""


def levels_of(plans: Iterable[Plan]) -> int:
    """Return how many levels up the plans pay, at most: how far to load at once."""
    return max((_levels_of(each) for plan in plans for each in plan.components), default=0) + 1


def _levels_of(component: Component) -> int:
    match component:
        case Upline() | Differential() | FirstOrder():
            return LEVELS_AT_FIRST if component.level_max is None else component.level_max
        case Custom():
            return component.levels
        case SelfPurchase() | PromoterShare() | Region():
            return 0
        case _:
            assert_never(component)


def is_member_at(tree: Tree, member: MemberId, at: Instant) -> bool:
    """Say whether somebody had joined by an instant."""
    known = tree.get(member)
    return known is not None and known.joined_at <= at


def booking_of(
    sale: Sale, plan: Plan, seats: Seats, *, past: Past | None, revision: int, at: Instant
) -> Booking | Refusal:
    """Return a sale with what is frozen with it; refused where its promoter was no member.

    What depends on other sales of its plan is left out.
    """
    if sale.promoter is not None and not is_member_at(seats.tree, sale.promoter, sale.paid_at):
        return no.PROMOTER_UNKNOWN.refuse(
            promoter=sale.promoter, sale=sale.id, paid_at=format_instant(sale.paid_at)
        )
    buyer_is_member = is_member_at(seats.tree, sale.buyer, sale.paid_at)
    return Booking(sale, plan.id, plan.plan_version, buyer_is_member, revision, at, past)


def lineage_of(seats: Seats, booking: Booking, corrections: Sequence[Correction]) -> Lineage:
    """Return who can earn from a sale: as valid when it was paid, as known when it was first accrued.

    Of the corrections, as they came, none is looked at but where they end a first order.

    A buyer who promotes the own order promotes nothing, under this id or another.
    """
    sale, revision = booking.sale, booking.tree_revision
    at, promoter, past = sale.paid_at, sale.promoter, booking.past or NOTHING_BEFORE
    self_promoter = None
    if promoter is not None and is_same_person(seats.persons, promoter, sale.buyer, revision):
        self_promoter, promoter = seats.of(seats.tree[promoter], at, revision), None
    others = others_of(seats.persons, sale.buyer, revision)
    promoted = () if promoter is None else _Line(seats, promoter, at, revision, own_first=True)
    agents = _Agents(seats, sale.region, at, revision) if seats.agents else ()
    granted, earned = granted_of(booking.grants), earned_of(booking.earned)
    gone = past.first_is_free and booking.past is not None and was_gone(sale, corrections)
    frozen_with_it = (promoted, past, others, agents, granted, earned, self_promoter, gone)
    if not booking.buyer_is_member:
        return Lineage(sale.buyer, None, (), *frozen_with_it)
    own = seats.of(seats.tree[sale.buyer], at, revision)
    sponsors = _Line(seats, sale.buyer, at, revision)
    return Lineage(sale.buyer, own, sponsors, *frozen_with_it, sponsors)
