"""The next seat above somebody that matters to a climb, remembered for everybody on the way.

A climb by tiers or with compression looks for a few seats in a line that may be a thousand members long, sale
after sale.  The rule this file protects: what is remembered is used only where the very same is known and
valid of all who were passed.
"""

from collections.abc import Callable
from typing import Final

from attrs import evolve, frozen

from distcore.commission import Seat, Sought
from distcore.kernel import Instant, MemberId, instant_of, limits
from distcore.referral import Member, Tree, above

_BEGIN: Final = instant_of(limits.INSTANT_MIN)
_END: Final = instant_of(limits.INSTANT_MAX)


@frozen
class Stretch:
    """How many levels are used up above a member before the first seat that is sought, and whose that is.

    It holds at instants in `[since, until)` and at revisions of the tree in `[known_from, known_until)`.
    """

    levels: int
    found: MemberId | None
    since: Instant = _BEGIN
    until: Instant = _END
    known_from: int = 0
    known_until: int = limits.TREE_REVISION_MAX + 1

    def holds(self, at: Instant, revision: int) -> bool:
        """Say whether it holds at an instant, as known at a revision."""
        return self.since <= at < self.until and self.known_from <= revision < self.known_until

    def as_long_as(self, member: Member, at: Instant, revision: int) -> "Stretch":
        """Return it for as long as a member is what it is at an instant, as known at a revision."""
        since, until, known_from, known_until = self.since, self.until, self.known_from, self.known_until
        for change in member.changes:
            if change.revision > revision:
                known_until = min(known_until, change.revision)
                continue
            known_from = max(known_from, change.revision)
            if change.valid_from <= at:
                since = max(since, change.valid_from)
            else:
                until = min(until, change.valid_from)
        return Stretch(self.levels, self.found, since, until, known_from, known_until)


_TO_THE_ROOT: Final = Stretch(0, None)


class Ascents:
    """What was found out about the lines of a tree so far."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._stretches: dict[tuple[MemberId, Sought], Stretch] = {}

    def first_above(
        self,
        tree: Tree,
        member: MemberId,
        sought: Sought,
        seat_of: Callable[[Member], Seat],
        *,
        valid_at: Instant,
        revision: int,
    ) -> Stretch:
        """Return how far it is to the first seat above a member that is sought.

        Raises what `above` raises: where the line leaves what is loaded, and where it never ends.
        """
        known = self._stretches.get((member, sought))
        if known is not None and known.holds(valid_at, revision):
            return known
        passed, stretch = [tree[member]], _TO_THE_ROOT
        for each in above(tree, member, valid_at=valid_at, revision=revision):
            seat = seat_of(each)
            if sought.is_met_by(seat):
                stretch = Stretch(0, each.id).as_long_as(each, valid_at, revision)
                break
            known = self._stretches.get((each.id, sought))
            if known is not None and known.holds(valid_at, revision):
                stretch = evolve(known, levels=known.levels + sought.uses_level(seat))
                break
            passed.append(each)
        for each in reversed(passed):
            stretch = stretch.as_long_as(each, valid_at, revision)
            self._stretches[each.id, sought] = stretch
            if each.id != member:
                stretch = evolve(stretch, levels=stretch.levels + sought.uses_level(seat_of(each)))
        return stretch
