"""A shop says by what a member, or a customer who is none, can be told apart from others.

The one rule this file protects: fingerprints go from the caller to the erasable table and nowhere else, not
even into the hash of a command's inputs; what follows from them is written down for ever.
"""

from collections.abc import Collection

from distcore import referral
from distcore.engine import refusals
from distcore.engine.once import answered, called, done_before, remember
from distcore.kernel import InputError, Instant, MemberId, RefusedError
from distcore.ports import Transaction
from distcore.referral import fingerprint_hash, fingerprints_problems, others_of, persons_of


def identify(
    tx: Transaction,
    member: MemberId,
    fingerprints: Collection[str],
    *,
    at: Instant,
    actor: str,
    key: str,
) -> frozenset[MemberId]:
    """Set the fingerprints of somebody, and return the other ids of the same person.

    Whoever has one of them is the same person, and so is whoever was the same person as they.  Sales that
    were accrued before are not touched.  Who has none in common with anybody any more is a person alone.
    """
    problems = fingerprints_problems(member, fingerprints)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    hashes = frozenset(fingerprint_hash(tx.shop, each) for each in fingerprints)
    revision = tx.members.lock()
    command = done_before(tx, call, "identify", member)
    if command is not None:
        return _identified_before(tx, call.key, member, hashes, int(command.answer))
    sharing = tx.identities.sharing(hashes) - {member}
    persons = persons_of(tx.identities.history({member} | sharing))
    found = answered(referral.identify(persons, member, sharing, at=call.at, revision=revision + 1))
    tx.identities.replace(member, hashes)
    if found:
        tx.identities.add(found)
    revision += bool(found)
    remember(tx, call, "identify", member, str(revision), about=[member])
    return _others(tx, member, revision)


def _identified_before(
    tx: Transaction, key: str, member: MemberId, hashes: frozenset[str], revision: int
) -> frozenset[MemberId]:
    """Return the first answer again; other fingerprints than those that stand are refused."""
    stored = tx.identities.fingerprints(member)
    if stored and stored != hashes:
        raise RefusedError(refusals.KEY_REUSED.refuse(key=key, verb="identify"))
    return _others(tx, member, revision)


def _others(tx: Transaction, member: MemberId, revision: int) -> frozenset[MemberId]:
    return others_of(persons_of(tx.identities.history([member])), member, revision)
