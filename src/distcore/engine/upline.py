"""Who stood above somebody, as valid at one instant and as known at another."""

from distcore import referral
from distcore.engine.once import answered
from distcore.kernel import InputError, Instant, MemberId, id_problem, utc
from distcore.ports import Transaction
from distcore.referral import Seat
from distcore.referral import refusals as no


def upline(
    tx: Transaction, member: MemberId, *, valid_at: Instant, known_at: Instant | None = None
) -> tuple[Seat, ...]:
    """Return the seats above a member, nearest first.

    What was recorded after `known_at` is left out; without it all counts that is known now.  Refused
    for somebody who was not a member then.
    """
    problem = id_problem(member, "member")
    if problem is not None:
        raise InputError((problem,))
    valid_at = utc(valid_at, "valid_at")
    tree = tx.members.upward([member], None)
    found = tree.get(member)
    if found is None or found.joined_at > valid_at:
        return answered(no.MEMBER_UNKNOWN.refuse(member=member))
    revision = tx.members.revision()
    if known_at is not None:
        known_at = utc(known_at, "known_at")
        if found.recorded_at > known_at:
            return answered(no.MEMBER_UNKNOWN.refuse(member=member))
        revision = tx.members.revision_at(known_at)
    return tuple(referral.upline(tree, member, valid_at=valid_at, revision=revision))
