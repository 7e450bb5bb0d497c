"""What the tree must remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Instant, MemberId
from distcore.referral.member import Change, Member


class Members(Protocol):
    """The members of one shop and all their changes; nothing is ever overwritten."""

    def lock(self) -> int:
        """Hold the shop's tree until the transaction ends; return its revision.

        Every change of an existing member takes this lock first: whoever checks the upline without
        it lets two movers form a cycle.  Joining does not need it.
        """
        ...

    def revision(self) -> int:
        """Return the revision of the tree that this transaction sees: 0 for one never changed."""
        ...

    def revision_at(self, recorded_at: Instant) -> int:
        """Return the newest revision of which all was recorded no later than an instant, or 0."""
        ...

    def upward(self, members: Collection[MemberId], levels: int | None) -> dict[MemberId, Member]:
        """Return those members who exist, and whoever ever stood up to `levels` steps above (None: all).

        A number of statements that depends neither on the members nor on the levels.  May return more.
        """
        ...

    def downward(self, members: Collection[MemberId]) -> dict[MemberId, list[Member]]:
        """Return, for each member, whoever was ever placed directly below, in order of id."""
        ...

    def fan_out(self, members: Collection[MemberId]) -> dict[MemberId, int]:
        """Count, for each member who has any, how often somebody joined or was moved directly below."""
        ...

    def moves_after(self, valid_from: Instant) -> Sequence[Instant]:
        """Return, ascending and once each, the later instants from which a change of sponsor holds."""
        ...

    def roots(self) -> Iterator[Member]:
        """Yield whoever was ever placed without a sponsor, in order of id."""
        ...

    def all(self) -> Iterator[Member]:
        """Yield every member in order of id, in constant memory."""
        ...

    def add(self, members: Sequence[Member]) -> None:
        """Write new members; the ids are new, or the store reports a conflict as `RetryableError`."""
        ...

    def append(self, change: Change) -> None:
        """Write a change whose revision is the locked one plus one; it becomes the tree's revision."""
        ...
