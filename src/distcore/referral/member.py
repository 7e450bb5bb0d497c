"""The nouns of the tree: members, what changed about them, and the seat one holds at an instant."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from distcore.kernel import Instant, MemberId, utc
from distcore.referral.lifecycle import State


class Aspect(Enum):
    """What of a member can change."""

    SPONSOR = "sponsor"
    ENDS = "ends"
    """Nobody is the sponsor from then on, unless the member was placed anew since this was told."""
    TIER = "tier"
    STATE = "state"
    APPOINTED = "appointed"
    """Agent of the region that is the value, besides those of before."""
    DISMISSED = "dismissed"
    """Not agent of that region any more."""


PLACING: Final = (Aspect.SPONSOR, Aspect.ENDS)
"""What changes who sponsors a member."""

AGENCY: Final = frozenset({Aspect.APPOINTED, Aspect.DISMISSED})
"""What changes the regions that a member is agent of."""


@frozen
class Change:
    """From `valid_from` on, `aspect` of the member is `value`; known since `recorded_at`.

    `revision` counts the changes of one shop's tree from 1.  It orders what was recorded at the same
    instant, and a sale that remembers it is blind to all later changes.
    """

    member: MemberId
    aspect: Aspect
    value: str | None
    valid_from: Instant
    recorded_at: Instant
    revision: int


def _joined_at(value: Instant) -> Instant:
    return utc(value, "joined_at")


@frozen
class Newcomer:
    """Somebody who joins; `sponsor` is None for a root, an empty tier is no tier."""

    id: MemberId
    joined_at: Instant = field(converter=_joined_at)
    sponsor: MemberId | None = None
    tier: str = ""
    state: State = State.ACTIVE


@frozen
class Member:
    """A member as joined, and every change since, in the order in which they hold."""

    id: MemberId
    joined_at: Instant
    recorded_at: Instant
    sponsor: MemberId | None = None
    tier: str = ""
    state: State = State.ACTIVE
    changes: tuple[Change, ...] = ()


Tree: TypeAlias = Mapping[MemberId, Member]
"""The members that were loaded; a sponsor who is named in it but missing lies beyond it."""


@frozen
class Seat:
    """A member with the tier and the state of one instant."""

    member: MemberId
    tier: str
    state: State


class BeyondTreeError(LookupError):
    """A walk left the loaded part of the tree at `member`: load more and walk again."""

    def __init__(self, member: MemberId) -> None:
        super().__init__(member)
        self.member = member


class EndlessUplineError(LookupError):
    """A walk from `member` came higher than any tree is: its data is damaged, most likely a cycle."""

    def __init__(self, member: MemberId) -> None:
        super().__init__(member)
        self.member = member


def with_change(member: Member, change: Change) -> Member:
    """Add a change, keeping the order in which changes hold: by `valid_from`, then by revision."""
    order = sorted((*member.changes, change), key=lambda each: (each.valid_from, each.revision))
    return evolve(member, changes=tuple(order))
