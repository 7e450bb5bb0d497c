"""What becomes of a downline when its sponsor is terminated: one of two answers.

The one rule this file protects: whoever is re-attached is moved as by any other move, by the same checks, and
all of them are, or nobody is.
"""

from collections import ChainMap
from collections.abc import Iterator, Sequence
from enum import Enum

from attrs import frozen

from distcore.kernel import Instant, MemberId, Refusal
from distcore.referral.binding import placements_of
from distcore.referral.change import move
from distcore.referral.identity import Persons
from distcore.referral.member import Change, Member, with_change
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
    for member, since in _placed(below, gone.id, terminated.valid_from, revision):
        revision += 1
        change = move(
            there,
            member,
            sponsor_of(gone, valid_at=since, revision=revision),
            valid_from=since,
            at=terminated.recorded_at,
            revision=revision,
            members_below=members_below + len(done),
            persons=persons,
        )
        if isinstance(change, Refusal):
            return change
        there[member] = with_change(there[member], change)
        done.append(change)
    return tuple(done)


def _placed(
    below: Sequence[Member], sponsor: MemberId, since: Instant, revision: int
) -> Iterator[tuple[MemberId, Instant]]:
    """Yield who stands below a sponsor at an instant or later, and from when on."""
    for member in below:
        bounds = placements_of(member, revision=revision)
        ends = [*(each.since for each in bounds[1:]), None]
        for bound, end in zip(bounds, ends, strict=True):
            if bound.sponsor == sponsor and (end is None or end > since):
                yield member.id, max(since, bound.since)
