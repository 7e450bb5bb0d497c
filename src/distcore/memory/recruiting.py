"""Identities, applications, codes and touches in memory: what is personal in dictionaries of its own."""

from collections.abc import Collection, Iterator, Sequence

from attrs import evolve

from distcore.kernel import Actor, Instant, MemberId, RetryableError
from distcore.memory.journal import Journal
from distcore.memory.referral import MemoryMembers
from distcore.referral import (
    Application,
    ApplicationId,
    ApplicationRecord,
    CodeKind,
    Evidence,
    Identity,
    PromotionCode,
    Review,
    Touch,
)


class MemoryIdentities:
    """`distcore.referral.Identities`, beside the tree whose revisions they count."""

    def __init__(self, journal: Journal, members: MemoryMembers) -> None:
        self._journal = journal
        self._members = members
        self._identities: dict[tuple[int, MemberId], Identity] = {}
        self._of_member: dict[MemberId, list[Identity]] = {}
        self._together: dict[int, list[MemberId]] = {}
        self._fingerprints: dict[MemberId, frozenset[str]] = {}
        self._having: dict[str, frozenset[MemberId]] = {}

    def history(self, members: Collection[MemberId]) -> Sequence[Identity]:
        """Return every identity of these, and of whoever was ever the same person as one."""
        revisions = {each.revision for member in members for each in self._of_member.get(member, ())}
        together = {member for revision in revisions for member in self._together[revision]}
        found = (each for member in together for each in self._of_member[member])
        return sorted(found, key=_key)

    def add(self, identities: Sequence[Identity]) -> None:
        """Write identities of one revision."""
        self._members.advance(identities[0].revision)
        for each in identities:
            self._journal.insert(self._identities, _key(each), each)
            self._journal.append(self._of_member.setdefault(each.member, []), each)
            self._journal.append(self._together.setdefault(each.revision, []), each.member)

    def all(self) -> Iterator[Identity]:
        """Yield every identity by revision and member."""
        for key in sorted(self._identities):
            yield self._identities[key]

    def fingerprints(self, member: MemberId) -> frozenset[str]:
        """Return the hashes of the fingerprints of somebody."""
        return self._fingerprints.get(member, frozenset())

    def sharing(self, fingerprints: Collection[str]) -> frozenset[MemberId]:
        """Return whoever has one of these hashes."""
        return frozenset[MemberId]().union(*(self._having.get(each, ()) for each in fingerprints))

    def replace(self, member: MemberId, fingerprints: Collection[str]) -> None:
        """Write the hashes of somebody's fingerprints."""
        for each in self.fingerprints(member):
            self._have(each, self._having[each] - {member})
        for each in set(fingerprints):
            self._have(each, self._having.get(each, frozenset()) | {member})
        self._journal.put(self._fingerprints, member, frozenset(fingerprints))

    def _have(self, fingerprint: str, members: frozenset[MemberId]) -> None:
        self._journal.put(self._having, fingerprint, members)


class MemoryApplications:
    """`distcore.referral.Applications` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._records: dict[ApplicationId, ApplicationRecord] = {}
        self._waiting: dict[MemberId, ApplicationId] = {}
        self._evidence: dict[ApplicationId, Evidence] = {}

    def find(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, ApplicationRecord]:
        """Return those of these applications that came."""
        return {id: self._records[id] for id in ids if id in self._records}

    def of_applicant(self, applicant: MemberId) -> Sequence[ApplicationRecord]:
        """Return every application of somebody, by id."""
        return [each for each in self.all() if each.application.applicant == applicant]

    def waiting(self, applicant: MemberId) -> ApplicationId | None:
        """Return the application of somebody that waits."""
        return self._waiting.get(applicant)

    def add(self, application: Application, evidence: Evidence) -> None:
        """Write an application."""
        self._journal.insert(self._records, application.id, ApplicationRecord(application))
        self._journal.insert(self._waiting, application.applicant, application.id)
        self._journal.put(self._evidence, application.id, evidence)

    def review(self, id: ApplicationId, review: Review) -> None:
        """Write a decision."""
        record = self._records[id]
        if record.review is not None:
            raise RetryableError(f"application {id!r} is decided already")
        self._journal.remove(self._waiting, record.application.applicant)
        self._journal.put(self._records, id, evolve(record, review=review))

    def evidence(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, Evidence]:
        """Return the evidence that was not erased."""
        return {id: self._evidence[id] for id in ids if id in self._evidence}

    def erase(self, applicant: MemberId) -> int:
        """Erase the evidence of every application of somebody."""
        theirs = [id for id in self._evidence if self._records[id].application.applicant == applicant]
        for id in theirs:
            self._journal.remove(self._evidence, id)
        return len(theirs)

    def all(self) -> Iterator[ApplicationRecord]:
        """Yield every application by id."""
        for id in sorted(self._records):
            yield self._records[id]

    def all_waiting(self) -> Iterator[tuple[MemberId, ApplicationId]]:
        """Yield whose application waits, and which."""
        yield from sorted(self._waiting.items())


class MemoryPromotionCodes:
    """`distcore.referral.PromotionCodes` in a dictionary."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._codes: dict[tuple[str, str], PromotionCode] = {}

    def find(self, kind: CodeKind, ref: str) -> PromotionCode | None:
        """Return a code, if it was given out."""
        return self._codes.get((kind.value, ref))

    def of_owner(self, owner: MemberId) -> Sequence[PromotionCode]:
        """Return every code of somebody."""
        return [each for each in self.all() if each.owner == owner]

    def add(self, code: PromotionCode) -> None:
        """Write a new code."""
        self._journal.insert(self._codes, (code.kind.value, code.ref), code)

    def revoke(self, code: PromotionCode, *, at: Instant, actor: Actor) -> None:
        """Write that a code stands for nobody any more."""
        key = (code.kind.value, code.ref)
        if self._codes[key].revoked_at is not None:
            raise RetryableError("a code is revoked already")
        self._journal.put(self._codes, key, evolve(self._codes[key], revoked_at=at))

    def all(self) -> Iterator[PromotionCode]:
        """Yield every code by kind and reference."""
        for key in sorted(self._codes):
            yield self._codes[key]


class MemoryTouches:
    """`distcore.referral.Touches` in dictionaries."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._touches: dict[tuple[MemberId, int], Touch] = {}
        self._newest: dict[MemberId, int] = {}

    def last(self, customer: MemberId) -> Touch | None:
        """Return the last touch of a customer."""
        return self._touches.get((customer, self._newest.get(customer, 0)))

    def of_customer(self, customer: MemberId) -> Sequence[Touch]:
        """Return every touch of a customer, by number."""
        return [self._touches[customer, each] for each in range(1, self._newest.get(customer, 0) + 1)]

    def add(self, touch: Touch) -> None:
        """Write a touch."""
        self._journal.insert(self._touches, (touch.customer, touch.number), touch)
        self._journal.put(self._newest, touch.customer, touch.number)

    def all(self) -> Iterator[Touch]:
        """Yield every touch by customer and number."""
        for key in sorted(self._touches):
            yield self._touches[key]


def _key(identity: Identity) -> tuple[int, MemberId]:
    return identity.revision, identity.member
