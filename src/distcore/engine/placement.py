"""Members are placed under sponsors: which moves it takes, and who stays where a binding would have ended.

The one rule this file protects: a binding for some days ends for customers alone.  Whoever distributes by
then, or was placed by hand since, stays below the sponsor, with everybody below.
"""

from collections import ChainMap, Counter
from collections.abc import Iterable, Mapping, MutableMapping, Sequence

from distcore import referral
from distcore.kernel import FirstTouchForDays, Instant, MemberId, Refusal
from distcore.ports import Transaction
from distcore.referral import (
    Bound,
    Change,
    Member,
    Persons,
    binding_ends,
    is_freed,
    lasting,
    persons_of,
    with_change,
)


def decide_moves(
    tx: Transaction, member: MemberId, placed: Sequence[Bound], *, at: Instant, revision: int
) -> tuple[Change, ...] | Refusal:
    """Return the changes that place a member, one after the other, or why one of them can't be."""
    return _decide(tx, {member: placed}, at=at, revision=revision)[member]


def let_stay(
    tx: Transaction, members: Iterable[Member], since: Mapping[MemberId, Instant], *, at: Instant
) -> None:
    """Take back each end of a binding that comes after an instant, of members who have one.

    Called after what makes them stay was written, with members as they were read before or since: where none
    of them is to be placed below nobody, nothing is asked.  Whom the tree does not let stay below the sponsor
    is let go as planned.
    """
    freed = [each.id for each in members if each.id in since and is_freed(each, after=since[each.id])]
    if not freed:
        return
    revision = tx.members.lock()
    tree, touches = tx.members.upward(freed, 0), tx.touches.of(freed)
    placed = {
        each: lasting(tree[each], since=since[each], ends=binding_ends(touches[each]), revision=revision)
        for each in freed
    }
    decided = _decide(tx, placed, at=at, revision=revision + 1).values()
    tx.members.append_all([move for each in decided if not isinstance(each, Refusal) for move in each])


def lock_for_bindings(tx: Transaction) -> None:
    """Take the tree lock where the shop binds for some days: nobody is bound while somebody joins below."""
    policy = tx.policies.current()
    if policy is not None and isinstance(policy.binding, FirstTouchForDays):
        tx.members.lock()


def _decide(
    tx: Transaction, placed: Mapping[MemberId, Sequence[Bound]], *, at: Instant, revision: int
) -> dict[MemberId, tuple[Change, ...] | Refusal]:
    """Return, for each member, the changes that place it, or why one of them can't be; revisions follow."""
    sponsors = {each.sponsor for bounds in placed.values() for each in bounds}
    named = {*placed, *(each for each in sponsors if each is not None)}
    tree = ChainMap({}, tx.members.upward(named, None))
    persons = persons_of(tx.identities.history(named))
    below = Counter(tx.members.fan_out(named))
    decided: dict[MemberId, tuple[Change, ...] | Refusal] = {}
    for member, bounds in placed.items():
        found = _moves(tree, member, bounds, below, persons, at, revision)
        decided[member] = found
        if not isinstance(found, Refusal):
            revision += len(found)
            for change in found:
                tree[member] = with_change(tree[member], change)
            below.update(MemberId(each.value) for each in found if each.value is not None)
    return decided


def _moves(
    tree: MutableMapping[MemberId, Member],
    member: MemberId,
    bounds: Sequence[Bound],
    below: Mapping[MemberId, int],
    persons: Persons,
    at: Instant,
    revision: int,
) -> tuple[Change, ...] | Refusal:
    there = ChainMap[MemberId, Member]({}, tree)
    changes: list[Change] = []
    for each in bounds:
        change = referral.move(
            there,
            member,
            each.sponsor,
            valid_from=each.since,
            at=at,
            revision=revision + len(changes),
            members_below=0 if each.sponsor is None else below.get(each.sponsor, 0) + len(changes),
            persons=persons,
        )
        if isinstance(change, Refusal):
            return change
        changes.append(change)
        there[member] = with_change(there[member], change)
    return tuple(changes)
