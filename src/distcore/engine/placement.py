"""Members are placed under sponsors: which move it takes, and who stays where a binding would have ended.

The one rule this file protects: a binding for some days ends for customers alone.  Whoever becomes a
distributor before stays below the sponsor, with everybody below.
"""

from collections import ChainMap
from collections.abc import Mapping

from distcore import referral
from distcore.kernel import FirstTouchForDays, Instant, MemberId, Refusal
from distcore.ports import Transaction
from distcore.referral import Change, Member, Tree, lasting, persons_of, with_change


def decide_move(
    tx: Transaction,
    member: MemberId,
    sponsor: MemberId | None,
    *,
    valid_from: Instant,
    at: Instant,
    revision: int,
) -> Change | Refusal:
    """Return the change that places a member, or why it can't be."""
    named = {member} if sponsor is None else {member, sponsor}
    return referral.move(
        tx.members.upward(named, None),
        member,
        sponsor,
        valid_from=valid_from,
        at=at,
        revision=revision,
        members_below=0 if sponsor is None else tx.members.fan_out(named).get(sponsor, 0),
        persons=persons_of(tx.identities.history(named)),
    )


def let_stay(tx: Transaction, tree: Tree, since: Mapping[MemberId, Instant], *, at: Instant) -> None:
    """Let no binding of these members end after an instant of theirs, from which on they distribute.

    Called after what makes them distributors was written; `tree` holds them as they were read before or
    since.  Where no binding is to end nothing is asked.  Whom the tree does not let stay is let go.
    """
    ending = sorted(each for each, instant in since.items() if lasting(tree[each], after=instant))
    if not ending:
        return
    revision = tx.members.lock()
    there = ChainMap[MemberId, Member]({}, tx.members.upward(ending, None))
    changes: list[Change] = []
    for member in ending:
        for place in lasting(there[member], after=since[member]):
            change = referral.stay(there, member, place, at=at, revision=revision + len(changes) + 1)
            if change is not None:
                changes.append(change)
                there[member] = with_change(there[member], change)
    tx.members.append_all(changes)


def lock_for_bindings(tx: Transaction) -> None:
    """Take the tree lock where the shop binds for some days: nobody is bound while somebody joins below."""
    policy = tx.policies.current()
    if policy is not None and isinstance(policy.binding, FirstTouchForDays):
        tx.members.lock()
