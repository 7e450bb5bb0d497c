"""Walking up: the sponsor of an instant, and everybody above.

The rule this file protects: a walk depends on the instant and on the revision alone, so what was
decided once can be walked again, whatever was recorded since.
"""

from collections.abc import Iterator
from typing import cast

from distcore.kernel import Instant, MemberId, limits
from distcore.referral.lifecycle import State
from distcore.referral.member import Aspect, BeyondTreeError, EndlessUplineError, Member, Seat, Tree


def sponsor_of(member: Member, *, valid_at: Instant, revision: int) -> MemberId | None:
    """Return the sponsor valid at an instant, as known at a revision of the tree."""
    if not member.changes:
        return member.sponsor
    return cast("MemberId | None", _value(member, Aspect.SPONSOR, member.sponsor, valid_at, revision))


def last_sponsor(member: Member) -> MemberId | None:
    """Return the sponsor who holds from the last change on."""
    last = member.sponsor
    for change in member.changes:
        if change.aspect is Aspect.SPONSOR:
            last = None if change.value is None else MemberId(change.value)
    return last


def seat_of(member: Member, *, valid_at: Instant, revision: int) -> Seat:
    """Return the member with the tier and the state of an instant."""
    if not member.changes:
        return Seat(member.id, member.tier, member.state)
    tier = _value(member, Aspect.TIER, member.tier, valid_at, revision)
    state = _value(member, Aspect.STATE, member.state.value, valid_at, revision)
    return Seat(member.id, tier or "", State(state))


def upline(tree: Tree, member: MemberId, *, valid_at: Instant, revision: int) -> Iterator[Seat]:
    """Yield the seats above a member, nearest first, as `above` finds them."""
    for each in above(tree, member, valid_at=valid_at, revision=revision):
        yield seat_of(each, valid_at=valid_at, revision=revision)


def above(
    tree: Tree,
    member: MemberId,
    *,
    valid_at: Instant,
    revision: int,
    depth_max: int = limits.UPLINE_DEPTH_MAX,
) -> Iterator[Member]:
    """Yield the members above a member, nearest first.

    Lazy: a walk costs what is taken of it, not the depth of the tree.  Raises `BeyondTreeError` where it
    leaves the loaded part, and `EndlessUplineError` above `depth_max` members: the data is damaged.
    """
    sponsor = sponsor_of(_loaded(tree, member), valid_at=valid_at, revision=revision)
    for _ in range(depth_max + 1):
        if sponsor is None:
            return
        found = _loaded(tree, sponsor)
        yield found
        sponsor = sponsor_of(found, valid_at=valid_at, revision=revision)
    raise EndlessUplineError(member)


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
