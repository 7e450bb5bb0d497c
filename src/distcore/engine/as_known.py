"""Where a member stood at one instant, as it was known at another.

The one rule this file protects: what was recorded later than it is asked for is not known, whenever it was
valid.
"""

from attrs import frozen

from distcore.engine.once import check
from distcore.kernel import Instant, MemberId, RefusedError, id_problem, utc
from distcore.ports import Transaction
from distcore.referral import State, seat_of, sponsor_of
from distcore.referral import refusals as no


@frozen
class Position:
    """Where a member stood at an instant, as known at another: below whom, with which tier, and how."""

    member: MemberId
    sponsor: MemberId | None
    tier: str
    state: State
    joined_at: Instant


def position(
    tx: Transaction, member: MemberId, *, valid_at: Instant, known_at: Instant | None = None
) -> Position:
    """Return where a member stood; what was recorded after `known_at` is left out.

    Refused for somebody who had not joined by then, or of whom nobody knew.
    """
    check(id_problem(member, "member"))
    valid_at, known_at = utc(valid_at, "valid_at"), None if known_at is None else utc(known_at, "known_at")
    found = tx.members.upward([member], 0).get(member)
    unknown = found is None or found.joined_at > valid_at
    if found is None or unknown or (known_at is not None and found.recorded_at > known_at):
        raise RefusedError(no.MEMBER_UNKNOWN.refuse(member=member))
    revision = tx.members.revision() if known_at is None else tx.members.revision_at(known_at)
    seat = seat_of(found, valid_at=valid_at, revision=revision)
    sponsor = sponsor_of(found, valid_at=valid_at, revision=revision)
    return Position(member, sponsor, seat.tier, seat.state, found.joined_at)
