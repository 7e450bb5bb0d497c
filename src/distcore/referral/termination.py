"""What becomes of a downline when its sponsor is terminated: one of two answers.

The one rule this file protects: whoever is re-attached is moved as by any other move, by the same checks, and
all of them are, or nobody is.
"""

from collections import ChainMap
from collections.abc import Iterator, Sequence
from enum import Enum

from attrs import frozen

from distcore.kernel import Instant, MemberId, Refusal
from distcore.referral.binding import stretches_of
from distcore.referral.change import move
from distcore.referral.identity import Persons
from distcore.referral.member import Aspect, Change, Member, with_change
from distcore.referral.upline import sponsor_of


class Downline(Enum):
    """What becomes of the members directly below one who is terminated."""

    STAYS = "stays"
    """Each stays where it is, and the terminated one is passed over."""
    REATTACHED = "reattached"
    """Each is moved below the sponsor of the terminated one, or becomes a root."""


@frozen
class Termination:
    """The change of state, and the moves that came with it."""

    change: Change
    moved: tuple[Change, ...] = ()


def reattach(
    tree: dict[MemberId, Member],
    below: Sequence[Member],
    terminated: Change,
    *,
    persons: Persons,
    members_below: int,
) -> tuple[Change, ...] | Refusal:
    """Return the moves of everybody below a terminated member, from the instant on, also of those to come.

    `tree` holds them all and whoever ever stood above, and `members_below` counts whom the new sponsor ever
    had directly below.
    """
    there = ChainMap[MemberId, Member]({}, tree)
    gone = there[terminated.member]
    revision = terminated.revision
    done: list[Change] = []
    placed = _placed(below, gone.id, terminated.valid_from, revision)
    for already, (member, since, end) in enumerate(placed):
        revision += 1
        change = move(
            there,
            member,
            sponsor_of(gone, valid_at=since, revision=revision),
            valid_from=since,
            at=terminated.recorded_at,
            revision=revision,
            members_below=members_below + already,
            persons=persons,
        )
        if isinstance(change, Refusal):
            return change
        there[member] = with_change(there[member], change)
        done.append(change)
        if end is not None and change.value is not None:  # still a customer, who is let go as planned
            revision += 1
            change = Change(member, Aspect.ENDS, None, end, terminated.recorded_at, revision)
            there[member] = with_change(there[member], change)
            done.append(change)
    return tuple(done)


def _placed(
    below: Sequence[Member], sponsor: MemberId, since: Instant, revision: int
) -> Iterator[tuple[MemberId, Instant, Instant | None]]:
    """Yield who stands below a sponsor at an instant or later, from when on, and when the binding ends."""
    for member in below:
        for bound, until, ends in stretches_of(member, revision=revision):
            if bound.sponsor == sponsor and (until is None or until > since):
                yield member.id, max(since, bound.since), until if ends else None
