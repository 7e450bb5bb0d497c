"""The only place where the tree meets commission: a sale's buyer and promoter → its lineage.

A walk is lazy and pure.  Where it leaves what was loaded of the tree, more is loaded and the
decision is made again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, TypeVar

from attrs import frozen

from distcore.commission import Lineage, Plan, Sale, Seat, Standing
from distcore.kernel import Instant, MemberId
from distcore.ports import Transaction
from distcore.referral import BeyondTreeError, State, Tree, seat_of, upline
from distcore.referral import Seat as TreeSeat

T = TypeVar("T")

STANDINGS: Final = {
    State.ACTIVE: Standing.ACTIVE,
    State.SUSPENDED: Standing.SUSPENDED,
    State.TERMINATED: Standing.GONE,
}


class Forest:
    """The tree of a transaction, as far as it was needed so far."""

    def __init__(self, tx: Transaction, starts: Collection[MemberId], levels: int) -> None:
        """Load whoever is named and `levels` levels above; more follows on demand."""
        self._members = tx.members
        self._levels = max(levels, 1)
        self.tree: Tree = tx.members.upward(starts, self._levels)

    def decide(self, decide: Callable[[Tree], T]) -> T:
        """Return what a pure decision over the tree says, loading more of it where it asks for more.

        Raises `BeyondTreeError` for a sponsor who is nowhere: the store is damaged.
        """
        while True:
            try:
                return decide(self.tree)
            except BeyondTreeError as beyond:
                self._levels *= 2
                more = self._members.upward([beyond.member], self._levels)
                if beyond.member not in more:
                    raise
                self.tree = {**self.tree, **more}


@frozen
class _Line:
    """The seats above a member, and the member's own first if asked; walked anew at each iteration."""

    tree: Tree
    member: MemberId
    valid_at: Instant
    revision: int
    own_first: bool = False

    def __iter__(self) -> Iterator[Seat]:
        if self.own_first:
            yield _seat(seat_of(self.tree[self.member], valid_at=self.valid_at, revision=self.revision))
        for seat in upline(self.tree, self.member, valid_at=self.valid_at, revision=self.revision):
            yield _seat(seat)


def named_in(sales: Iterable[Sale]) -> set[MemberId]:
    """Return whoever a walk can start from."""
    return {sale.buyer for sale in sales} | {sale.promoter for sale in sales if sale.promoter is not None}


def levels_of(plans: Iterable[Plan]) -> int:
    """Return how many levels up the plans pay, at most: how far to load at once."""
    return max((each.level_max for plan in plans for each in plan.components), default=0) + 1


def is_member_at(tree: Tree, member: MemberId, at: Instant) -> bool:
    """Say whether somebody had joined by an instant."""
    known = tree.get(member)
    return known is not None and known.joined_at <= at


def lineage_of(tree: Tree, sale: Sale, *, buyer_is_member: bool, revision: int) -> Lineage:
    """Return who can earn from a sale: as valid when it was paid, as known at a revision.

    A buyer who promotes the own order promotes nothing.
    """
    at = sale.paid_at
    promoter = None if sale.promoter == sale.buyer else sale.promoter
    promoted = () if promoter is None else _Line(tree, promoter, at, revision, own_first=True)
    if not buyer_is_member:
        return Lineage(sale.buyer, None, (), promoted)
    own = _seat(seat_of(tree[sale.buyer], valid_at=at, revision=revision))
    return Lineage(sale.buyer, own, _Line(tree, sale.buyer, at, revision), promoted)


def _seat(seat: TreeSeat) -> Seat:
    return Seat(seat.member, seat.tier, STANDINGS[seat.state])
