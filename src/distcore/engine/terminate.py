"""A member is terminated, and everybody below stays or is re-attached: all of it, or nothing."""

from distcore import referral
from distcore.engine.once import answered, called, check, done_before, remember
from distcore.kernel import Instant, MemberId, Problem, format_instant, id_problem, shown, utc
from distcore.ports import Transaction
from distcore.referral import (
    Change,
    Downline,
    State,
    Termination,
    persons_of,
    reattach,
    sponsor_of,
)


def terminate(
    tx: Transaction,
    member: MemberId,
    *,
    at: Instant,
    actor: str,
    key: str,
    downline: Downline = Downline.STAYS,
    valid_from: Instant | None = None,
) -> Termination:
    """Terminate a member for good, from `at` or `valid_from` on, and say what becomes of the downline.

    Where it is re-attached, whoever stands directly below is moved below the sponsor of the terminated one,
    from the same instant on, which is none to come: who joins below until then is not known.  Refused whole
    if one of the moves would be.
    """
    call = called(at=at, actor=actor, key=key)
    since = None if valid_from is None else utc(valid_from, "valid_from")
    ahead = _ahead_problem(downline, since, call.at)
    check(id_problem(member, "member"), _downline_problem(downline), ahead)
    inputs = (member, downline, since)
    revision = tx.members.lock()
    command = done_before(tx, call, "terminate", inputs)
    if command is not None:
        return _terminated(tx, member, *map(int, command.answer.split("-")))
    change = answered(
        referral.set_state(
            tx.members.upward([member], 0),
            member,
            State.TERMINATED,
            valid_from=since or call.at,
            at=call.at,
            revision=revision + 1,
        )
    )
    moved = _moves(tx, change) if downline is Downline.REATTACHED else ()
    tx.members.append_all((change, *moved))
    answer = f"{change.revision}-{change.revision + len(moved)}"
    remember(tx, call, "terminate", inputs, answer, about=[member])
    return Termination(change, moved)


def _moves(tx: Transaction, terminated: Change) -> tuple[Change, ...]:
    """Return the moves of everybody below."""
    member = terminated.member
    below = tx.members.downward([member])[member]
    tree = tx.members.upward([member, *(each.id for each in below)], None)
    sponsor = sponsor_of(tree[member], valid_at=terminated.valid_from, revision=terminated.revision)
    named = [each.id for each in below] + ([] if sponsor is None else [sponsor])
    return answered(
        reattach(
            tree,
            below,
            terminated,
            persons=persons_of(tx.identities.history(named)),
            members_below=0 if sponsor is None else tx.members.fan_out([sponsor]).get(sponsor, 0),
        )
    )


def _terminated(tx: Transaction, member: MemberId, first: int, last: int) -> Termination:
    """Return what was done under these revisions, in the order in which it was done."""
    below = tx.members.downward([member])[member]
    everybody = (tx.members.upward([member], 0)[member], *below)
    found = sorted(
        (change for each in everybody for change in each.changes if first <= change.revision <= last),
        key=lambda change: change.revision,
    )
    return Termination(found[0], tuple(found[1:]))


def _ahead_problem(downline: object, since: Instant | None, at: Instant) -> Problem | None:
    """Refuse to re-attach those who will stand below one day."""
    if downline is not Downline.REATTACHED or since is None or since <= at:
        return None
    complaint = f"{format_instant(since)} is to come, and who stands below then is not known"
    return Problem("valid_from", complaint, "re-attach on that day, or later from that instant on")


def _downline_problem(value: object) -> Problem | None:
    if isinstance(value, Downline):
        return None
    allowed = ", ".join(each.value for each in Downline)
    return Problem("downline", f"not an answer for the downline: {shown(value)}", f"one of {allowed}")
