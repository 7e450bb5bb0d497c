"""Walking up: the sponsor of an instant, and everybody above.

The rule this file protects: a walk depends on the instant and on the revision alone, so what was
decided once can be walked again, whatever was recorded since.
"""

from collections.abc import Iterator
from typing import cast

from distcore.kernel import Instant, MemberId
from distcore.referral.lifecycle import State
from distcore.referral.member import Aspect, BeyondTreeError, Member, Seat, Tree


def sponsor_of(member: Member, *, valid_at: Instant, revision: int) -> MemberId | None:
    """Return the sponsor valid at an instant, as known at a revision of the tree."""
    return cast("MemberId | None", _value(member, Aspect.SPONSOR, member.sponsor, valid_at, revision))


def seat_of(member: Member, *, valid_at: Instant, revision: int) -> Seat:
    """Return the member with the tier and the state of an instant."""
    if not member.changes:
        return Seat(member.id, member.tier, member.state)
    tier = _value(member, Aspect.TIER, member.tier, valid_at, revision)
    state = _value(member, Aspect.STATE, member.state.value, valid_at, revision)
    return Seat(member.id, tier or "", State(state))


def upline(tree: Tree, member: MemberId, *, valid_at: Instant, revision: int) -> Iterator[Seat]:
    """Yield the seats above a member, nearest first.

    Lazy: a walk costs what is taken of it, not the depth of the tree.  Raises `BeyondTreeError` where it
    leaves the loaded part.
    """
    sponsor = sponsor_of(_loaded(tree, member), valid_at=valid_at, revision=revision)
    while sponsor is not None:
        above = _loaded(tree, sponsor)
        yield seat_of(above, valid_at=valid_at, revision=revision)
        sponsor = sponsor_of(above, valid_at=valid_at, revision=revision)


def _value(member: Member, aspect: Aspect, joined_as: str | None, at: Instant, revision: int) -> str | None:
    value = joined_as
    for change in member.changes:
        if change.valid_from > at:
            break
        if change.aspect is aspect and change.revision <= revision:
            value = change.value
    return value


def _loaded(tree: Tree, member: MemberId) -> Member:
    found = tree.get(member)
    if found is None:
        raise BeyondTreeError(member)
    return found
