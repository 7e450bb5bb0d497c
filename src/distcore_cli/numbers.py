"""Which change of a member a command makes: of two that say the same, the second comes after another one.

A command is done once for what it says.  Somebody who is moved there, back and there again is told the same
twice, also for the same instant; and whoever runs the last command once more is told what it did.
"""

from collections.abc import Callable, Collection

from distcore.kernel import Instant, MemberId
from distcore.ports import Transaction
from distcore.referral import Aspect, Change, Member, State, is_agent, seat_of, sponsor_of


def number_of_move(tx: Transaction, member: MemberId, sponsor: MemberId | None, since: Instant) -> int:
    """Return which of the moves of a member it is."""

    def stands(found: Member, revision: int) -> bool:
        return sponsor_of(found, valid_at=since, revision=revision) == sponsor

    return _number(tx, member, {Aspect.SPONSOR}, stands)


def number_of_tier(tx: Transaction, member: MemberId, name: str, since: Instant) -> int:
    """Return which of the tiers of a member it is."""

    def has(found: Member, revision: int) -> bool:
        return seat_of(found, valid_at=since, revision=revision).tier == name

    return _number(tx, member, {Aspect.TIER}, has)


def number_of_state(tx: Transaction, member: MemberId, state: State, since: Instant) -> int:
    """Return which of the states of a member it is."""

    def is_in(found: Member, revision: int) -> bool:
        return seat_of(found, valid_at=since, revision=revision).state is state

    return _number(tx, member, {Aspect.STATE}, is_in)


def number_of_agency(tx: Transaction, member: MemberId, region: str, since: Instant, *, ends: bool) -> int:
    """Return which of the appointments and dismissals of a member it is."""

    def is_so(found: Member, revision: int) -> bool:
        return is_agent(found, region, valid_at=since, revision=revision) is not ends

    return _number(tx, member, {Aspect.APPOINTED, Aspect.DISMISSED}, is_so)


def _is_told_again(found: Member, change: Change) -> bool:
    """Say whether a place is told once more, so that it lasts: that moves nobody, and no command said it."""
    if change.aspect is not Aspect.SPONSOR:
        return False
    return sponsor_of(found, valid_at=change.valid_from, revision=change.revision - 1) == change.value


def _number(
    tx: Transaction, member: MemberId, of: Collection[Aspect], is_so: Callable[[Member, int], bool]
) -> int:
    """Count the changes of before; one that is made already has the number that it was made under."""
    found = tx.members.upward([member], 0).get(member)
    if found is None:
        return 0  # it is going to be refused
    told = [each for each in found.changes if each.aspect in of and not _is_told_again(found, each)]
    return len(told) - is_so(found, tx.members.revision())
