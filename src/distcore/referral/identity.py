"""Who is the same person as whom: the one place where self-purchase and same identity are decided.

A shop names what tells people apart, such as a device, an account or a number: a fingerprint.  What is kept
of it is a hash, which can be erased.  Members, and customers who are none, who share one are the same person.
That is written down as an `Identity`, without anything personal, under a revision of the tree.

The one rule this file protects: who counted as whom depends on the revision alone, so a sale that was decided
once is decided alike for ever, whatever is found out, corrected or erased later.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from distcore.kernel import Instant, MemberId, Problem, Refusal, ShopId, id_problem, limits
from distcore.referral import refusals

FINGERPRINT_BYTES: Final = 32
"""Bytes of the hash of a fingerprint: two that differ never have the same."""


@frozen
class Identity:
    """From `revision` on, `member` is the person whom that revision made; known since `recorded_at`.

    All of a revision are one person, each until a later one.  Who has no identity is a person alone.
    """

    member: MemberId
    recorded_at: Instant
    revision: int


Persons: TypeAlias = Mapping[MemberId, Sequence[Identity]]
"""The identities of members and customers, each one's in the order of revisions."""

EVERYBODY_ALONE: Final[Persons] = MappingProxyType({})
"""Nobody is the same person as somebody else."""


def persons_of(identities: Iterable[Identity]) -> Persons:
    """Return identities by whom they are about."""
    found: dict[MemberId, list[Identity]] = {}
    for identity in sorted(identities, key=lambda each: each.revision):
        found.setdefault(identity.member, []).append(identity)
    return found


def person_of(persons: Persons, member: MemberId, revision: int) -> int | None:
    """Return the revision that made the person whom a member was at a revision, None for a person alone."""
    made = (each.revision for each in persons.get(member, ()) if each.revision <= revision)
    return max(made, default=None)


def is_same_person(persons: Persons, one: MemberId, other: MemberId, revision: int) -> bool:
    """Say whether two ids are one person at a revision, as the same id is."""
    if one == other:
        return True
    person = person_of(persons, one, revision)
    return person is not None and person == person_of(persons, other, revision)


def others_of(persons: Persons, member: MemberId, revision: int) -> frozenset[MemberId]:
    """Return the other ids under which a member was known at a revision."""
    if person_of(persons, member, revision) is None:
        return frozenset()
    return frozenset(
        each for each in persons if each != member and is_same_person(persons, member, each, revision)
    )


def same_person_refusal(
    persons: Persons, member: MemberId, sponsor: MemberId, revision: int
) -> Refusal | None:
    """Return why a member can't stand below a sponsor who is the same person, or None."""
    if not is_same_person(persons, member, sponsor, revision):
        return None
    return refusals.SAME_PERSON.refuse(member=member, sponsor=sponsor)


def identify(
    persons: Persons,
    member: MemberId,
    sharing: Collection[MemberId],
    *,
    at: Instant,
    revision: int,
) -> tuple[Identity, ...] | Refusal:
    """Return the identities that a member's fingerprints bring about, if any.

    `sharing` are the others who have one of them: the member is the same person as they, and as whoever was
    the same person as they.  Who has none in common with anybody leaves those who were the same person.
    """
    before = revision - 1
    together = {member}.union(*({each} | others_of(persons, each, before) for each in sharing))
    if not sharing:
        if others_of(persons, member, before):
            return (Identity(member, at, revision),)
        return ()
    if all(is_same_person(persons, member, each, before) for each in together):
        return ()
    if len(together) > limits.PERSON_MEMBERS_MAX:
        return refusals.PERSON_TOO_LARGE.refuse(
            member=member, members=len(together), members_max=limits.PERSON_MEMBERS_MAX
        )
    return tuple(Identity(each, at, revision) for each in sorted(together))


def fingerprint_hash(shop: ShopId, fingerprint: str) -> str:
    """Return what is kept of a fingerprint: a hash, another one in each shop."""
    key = blake2b(shop.encode("utf-8", "surrogatepass"), digest_size=FINGERPRINT_BYTES).digest()
    text = fingerprint.encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=FINGERPRINT_BYTES, key=key).hexdigest()


def fingerprints_problems(member: object, fingerprints: object) -> tuple[Problem, ...]:
    """Return what is malformed about somebody's fingerprints, none of which is repeated."""
    problem = id_problem(member, "member")
    found = [] if problem is None else [problem]
    if isinstance(fingerprints, str) or not isinstance(fingerprints, Collection):
        return (*found, Problem("fingerprints", "not a list", "a list of texts"))
    if len(fingerprints) > limits.FINGERPRINTS_MAX:
        most = f"at most {limits.FINGERPRINTS_MAX}"
        return (*found, Problem("fingerprints", f"there are {len(fingerprints)}", most))
    if any(id_problem(each, "") for each in fingerprints):
        hint = f"each a text of 1 to {limits.ID_LENGTH_MAX} characters, and not blank"
        found.append(Problem("fingerprints", "one of them is none", hint))
    return tuple(found)
