"""What the tree, applications, codes and touches must remember."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from distcore.kernel import Actor, Instant, MemberId
from distcore.referral.application import Application, ApplicationId, ApplicationRecord, Evidence, Review
from distcore.referral.code import CodeKind, PromotionCode
from distcore.referral.identity import Identity
from distcore.referral.member import Change, Member
from distcore.referral.touch import Touch


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

    def known_until(self) -> Instant | None:
        """Return when the newest of all members was recorded, None where there is none."""
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

    def agents(self, regions: Collection[str] | None) -> Sequence[Member]:
        """Return whoever was ever appointed agent of one of these regions (None: of any), in order of id.

        One statement, however many are asked about.
        """
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

    def append_all(self, changes: Sequence[Change]) -> None:
        """Write changes whose revisions follow the locked one, one by one; the last becomes the tree's.

        A number of statements that does not depend on the changes.
        """
        ...


class Identities(Protocol):
    """Who counts as the same person as whom, for ever; and fingerprints, which are personal and erasable."""

    def history(self, members: Collection[MemberId]) -> Sequence[Identity]:
        """Return every identity of these, and of whoever was ever the same person as one, by revision.

        One statement, however many are asked about.
        """
        ...

    def add(self, identities: Sequence[Identity]) -> None:
        """Write identities of one revision, the locked one of the tree plus one; it becomes the tree's."""
        ...

    def all(self) -> Iterator[Identity]:
        """Yield every identity by revision and member."""
        ...

    def fingerprints(self, member: MemberId) -> frozenset[str]:
        """Return the hashes of the fingerprints of somebody that were not erased."""
        ...

    def sharing(self, fingerprints: Collection[str]) -> frozenset[MemberId]:
        """Return whoever has one of these hashes."""
        ...

    def replace(self, member: MemberId, fingerprints: Collection[str]) -> None:
        """Write the hashes of somebody's fingerprints in the place of those of before."""
        ...


class Applications(Protocol):
    """Applications and what was decided about them; evidence is personal, kept apart, and can be erased."""

    def find(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, ApplicationRecord]:
        """Return those of these applications that came."""
        ...

    def of_applicant(self, applicant: MemberId) -> Sequence[ApplicationRecord]:
        """Return every application of somebody, by id."""
        ...

    def waiting(self, applicant: MemberId) -> ApplicationId | None:
        """Return the application of somebody that nobody has decided about, if there is one."""
        ...

    def add(self, application: Application, evidence: Evidence) -> None:
        """Write an application, which waits.

        An id that is taken, or an applicant of whom another one waits, is a conflict: `RetryableError`.
        """
        ...

    def review(self, id: ApplicationId, review: Review) -> None:
        """Write a decision about one that waits; a second one is a conflict: `RetryableError`."""
        ...

    def evidence(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, Evidence]:
        """Return the evidence of these applications that was not erased."""
        ...

    def erase(self, applicant: MemberId) -> int:
        """Erase the evidence of every application of somebody; return of how many."""
        ...

    def all(self) -> Iterator[ApplicationRecord]:
        """Yield every application by id, in constant memory."""
        ...

    def all_waiting(self) -> Iterator[tuple[MemberId, ApplicationId]]:
        """Yield whose application waits, and which, by applicant, in constant memory."""
        ...


class PromotionCodes(Protocol):
    """Codes that stand for promoters; none is given out twice."""

    def find(self, kind: CodeKind, ref: str) -> PromotionCode | None:
        """Return a code with its revocation, if it was given out."""
        ...

    def of_owner(self, owner: MemberId) -> Sequence[PromotionCode]:
        """Return every code of somebody, by kind and reference."""
        ...

    def add(self, code: PromotionCode) -> None:
        """Write a new code; a reference that is taken is a conflict: `RetryableError`."""
        ...

    def revoke(self, code: PromotionCode, *, at: Instant, actor: Actor) -> None:
        """Write that a code stands for nobody any more; a second time is a conflict: `RetryableError`."""
        ...

    def all(self) -> Iterator[PromotionCode]:
        """Yield every code by kind and reference, in constant memory."""
        ...


class Touches(Protocol):
    """Touches, and what became of each; none is ever changed."""

    def last(self, customer: MemberId) -> Touch | None:
        """Return the last touch of a customer, if there was one."""
        ...

    def of_customer(self, customer: MemberId) -> Sequence[Touch]:
        """Return every touch of a customer, by number."""
        ...

    def add(self, touch: Touch) -> None:
        """Write a touch; a number that is taken is a conflict: `RetryableError`."""
        ...

    def all(self) -> Iterator[Touch]:
        """Yield every touch by customer and number, in constant memory."""
        ...
