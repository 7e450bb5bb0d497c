"""The tree in memory."""

from collections.abc import Collection, Iterator, Sequence

from distcore.kernel import Instant, MemberId
from distcore.memory.journal import Journal
from distcore.referral import PLACING, Aspect, Change, Member, with_change


class MemoryMembers:
    """`distcore.referral.Members` in dictionaries: the whole tree is always loaded."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._members: dict[MemberId, Member] = {}
        self._joined_below: dict[MemberId, list[MemberId]] = {}
        self._moved_below: dict[MemberId, list[MemberId]] = {}
        self._appointed: dict[str, list[MemberId]] = {}
        self._changes: list[Change] = []
        self._revisions: list[int] = []

    def lock(self) -> int:
        """Return the revision; the store's one writer holds the tree already."""
        return self.revision()

    def revision(self) -> int:
        """Return the number of changes so far, those of identities among them."""
        return len(self._revisions)

    def revision_at(self, recorded_at: Instant) -> int:
        """Return the newest revision of which all was recorded no later than an instant."""
        later = (each.revision for each in self._changes if each.recorded_at > recorded_at)
        return min(later, default=self.revision() + 1) - 1

    def known_until(self) -> Instant | None:
        """Return when the newest of all members was recorded; looks at every one."""
        return max((each.recorded_at for each in self._members.values()), default=None)

    def upward(self, members: Collection[MemberId], levels: int | None) -> dict[MemberId, Member]:
        """Return the tree: a walk stops where it likes, and nothing needs to be loaded."""
        return self._members

    def downward(self, members: Collection[MemberId]) -> dict[MemberId, list[Member]]:
        """Return whoever was ever placed directly below, in order of id."""
        found = {}
        for member in members:
            below = {*self._joined_below.get(member, ()), *self._moved_below.get(member, ())}
            found[member] = [self._members[each] for each in sorted(below)]
        return found

    def fan_out(self, members: Collection[MemberId]) -> dict[MemberId, int]:
        """Count the members who joined, or were moved, directly below."""
        below = (self._joined_below, self._moved_below)
        counts = {member: sum(len(each.get(member, ())) for each in below) for member in members}
        return {member: count for member, count in counts.items() if count}

    def agents(self, regions: Collection[str] | None) -> Sequence[Member]:
        """Return whoever was ever appointed agent of one of these regions, in order of id."""
        asked = self._appointed if regions is None else regions
        ever = {member for region in asked for member in self._appointed.get(region, ())}
        return [self._members[member] for member in sorted(ever)]

    def roots(self) -> Iterator[Member]:
        """Yield whoever was ever placed without a sponsor, in order of id."""
        freed = {each.member for each in self._changes if each.aspect in PLACING and each.value is None}
        for member in self.all():
            if member.sponsor is None or member.id in freed:
                yield member

    def all(self) -> Iterator[Member]:
        """Yield every member in order of id."""
        for member in sorted(self._members):
            yield self._members[member]

    def add(self, members: Sequence[Member]) -> None:
        """Write new members."""
        for member in members:
            self._journal.insert(self._members, member.id, member)
            if member.sponsor is not None:
                self._journal.append(self._joined_below.setdefault(member.sponsor, []), member.id)

    def append(self, change: Change) -> None:
        """Write a change."""
        self.advance(change.revision)
        self._journal.append(self._changes, change)
        self._journal.put(self._members, change.member, with_change(self._members[change.member], change))
        if change.aspect is Aspect.SPONSOR and change.value is not None:
            self._journal.append(self._moved_below.setdefault(MemberId(change.value), []), change.member)
        if change.aspect is Aspect.APPOINTED and change.value is not None:
            self._journal.append(self._appointed.setdefault(change.value, []), change.member)

    def advance(self, revision: int) -> None:
        """Count a revision."""
        assert revision == self.revision() + 1, "changes are appended under the lock"
        self._journal.append(self._revisions, revision)

    def append_all(self, changes: Sequence[Change]) -> None:
        """Write changes, one after another."""
        for change in changes:
            self.append(change)
