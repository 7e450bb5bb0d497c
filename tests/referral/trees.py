"""Trees for tests, written as ``ann > ben > cai``: each stands below the one before."""

from tests.builders import FIRST

from distcore.kernel import Instant, MemberId
from distcore.referral import Aspect, Change, Member, with_change

RECORDED = FIRST
"""When a change was recorded, where a test does not care."""


def tree_of(*chains: str, joined_at: Instant = FIRST) -> dict[MemberId, Member]:
    """Return the members of some chains, who all joined at the same instant."""
    found: dict[MemberId, Member] = {}
    for chain in chains:
        sponsor: MemberId | None = None
        for name in chain.split(" > "):
            id = MemberId(name)
            found.setdefault(id, Member(id, joined_at, recorded_at=joined_at, sponsor=sponsor))
            sponsor = id
    return found


def change(
    tree: dict[MemberId, Member],
    member: str,
    aspect: str,
    value: str | None,
    valid_from: Instant,
    revision: int = 1,
) -> None:
    """Write a change into a tree, without asking whether it is allowed."""
    id = MemberId(member)
    tree[id] = with_change(tree[id], Change(id, Aspect(aspect), value, valid_from, RECORDED, revision))
