"""Walking up: the sponsor of an instant, and everybody above.

The rule this file protects: a walk depends on the instant and on the revision alone, so what was
decided once can be walked again, whatever was recorded since.
"""

from collections.abc import Iterator
from typing import cast

from attrs import frozen

from distcore.kernel import Instant, MemberId, limits
from distcore.referral.lifecycle import State
from distcore.referral.member import Aspect, BeyondTreeError, EndlessUplineError, Member, Seat, Tree


@frozen
class Bound:
    """Who sponsors a member, and since when; no sponsor: nobody does."""

    sponsor: MemberId | None
    since: Instant


def sponsor_of(member: Member, *, valid_at: Instant, revision: int) -> MemberId | None:
    """Return the sponsor valid at an instant, as known at a revision of the tree."""
    sponsor = member.sponsor
    if member.changes:
        for _, each in placed(member, revision=revision):
            if each.since > valid_at:
                break
            sponsor = each.sponsor
    return sponsor


def placed(member: Member, *, revision: int | None = None) -> Iterator[tuple[Aspect, Bound]]:
    """Yield where a member is placed, in order, and whether a binding ends there; None: by all that is known.

    A binding that ends lets go of whoever was placed when that was told: who was placed anew since stays.  Of
    two places that hold from the same instant the one that comes second holds.
    """
    yield Aspect.SPONSOR, Bound(member.sponsor, member.joined_at)
    told = 0
    for change in member.changes:
        if revision is not None and change.revision > revision:
            continue
        if change.aspect is Aspect.SPONSOR:
            told = change.revision
            yield Aspect.SPONSOR, Bound(cast("MemberId | None", change.value), change.valid_from)
        elif change.aspect is Aspect.ENDS and told < change.revision:
            yield Aspect.ENDS, Bound(None, change.valid_from)


def last_sponsor(member: Member) -> MemberId | None:
    """Return the sponsor who holds from the last change on."""
    last = member.sponsor
    for _, each in placed(member):
        last = each.sponsor
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
