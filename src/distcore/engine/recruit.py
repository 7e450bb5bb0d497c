"""Somebody applies to distribute, and somebody else decides: an approval makes a member of a tier.

The one rule this file protects: evidence goes from the caller to the erasable table and nowhere else, not
even into the hash of a command's inputs.
"""

from collections.abc import Sequence

from attrs import evolve

from distcore import referral
from distcore.engine import refusals
from distcore.engine.join import join_each
from distcore.engine.once import Call, answered, called, check, done_before, remember
from distcore.engine.placement import decide_move, let_stay
from distcore.kernel import (
    InputError,
    Instant,
    Key,
    MemberId,
    Problem,
    Refusal,
    RefusedError,
    id_problem,
    text_problem,
)
from distcore.ports import Transaction
from distcore.referral import (
    Application,
    ApplicationId,
    ApplicationRecord,
    ApplicationState,
    Change,
    Evidence,
    Member,
    Newcomer,
    Review,
    applicant_refusal,
    application_problems,
    decision_problem,
    persons_of,
    review_refusal,
    seat_of,
    sponsor_of,
    tier_problem,
    with_change,
)
from distcore.referral import refusals as no


def apply_to_distribute(
    tx: Transaction,
    id: ApplicationId,
    applicant: MemberId,
    evidence: Evidence,
    *,
    at: Instant,
    actor: str,
    key: str,
    sponsor: MemberId | None = None,
) -> ApplicationRecord:
    """Hand in an application; of one applicant one waits at a time.

    Whoever applies may be a customer or nobody's yet, and may name a sponsor; the reviewer has the last word.
    """
    problems = application_problems(id, applicant, sponsor, evidence)
    if problems:
        raise InputError(problems)
    call = called(at=at, actor=actor, key=key)
    inputs = (id, applicant, sponsor)
    if done_before(tx, call, "apply_to_distribute", inputs) is not None:
        if tx.applications.evidence([id]).get(id, evidence) != evidence:
            raise RefusedError(refusals.KEY_REUSED.refuse(key=call.key, verb="apply_to_distribute"))
        return evolve(tx.applications.find([id])[id], review=None)
    application = Application(id, applicant, call.at, call.actor, sponsor)
    tx.members.lock()  # whoever is erased meanwhile leaves nothing behind
    refusal = _apply_refusal(tx, application)
    if refusal is not None:
        raise RefusedError(refusal)
    tx.applications.add(application, evidence)
    remember(tx, call, "apply_to_distribute", inputs, about=[id])
    return ApplicationRecord(application)


def review_application(
    tx: Transaction,
    id: ApplicationId,
    state: ApplicationState,
    *,
    at: Instant,
    actor: str,
    key: str,
    reason: str = "",
    sponsor: MemberId | None = None,
    tier: str = "",
) -> ApplicationRecord:
    """Approve or reject an application; refused for whoever handed it in, and for the applicant.

    An approval lets an applicant who is no member join, below `sponsor` or whom the application names, with a
    tier or without.  A member is given the tier, and moved where the reviewer names another sponsor.  If
    the tree refuses that, the approval is refused.
    """
    check(
        id_problem(id, "id"),
        decision_problem(state, "state"),
        text_problem(reason, "reason"),
        None if sponsor is None else id_problem(sponsor, "sponsor"),
        tier_problem(tier, "tier"),
        _place_problem(state, sponsor, tier),
    )
    call = called(at=at, actor=actor, key=key)
    inputs = (id, state, reason, sponsor, tier)
    revision = tx.members.lock()  # an approval changes the tree
    if done_before(tx, call, "review_application", inputs) is not None:
        return tx.applications.find([id])[id]
    record = tx.applications.find([id]).get(id)
    if record is None:
        raise RefusedError(no.APPLICATION_UNKNOWN.refuse(application=id))
    review = Review(state, call.at, call.actor, reason, sponsor, tier)
    named = {MemberId(record.application.actor), record.application.applicant, MemberId(call.actor)}
    persons = persons_of(tx.identities.history(named))
    refusal = review_refusal(record, review, persons, revision=revision)
    if refusal is not None:
        raise RefusedError(refusal)
    if state is ApplicationState.APPROVED:
        review = _admit(tx, call, record.application, review, revision)
    tx.applications.review(id, review)
    remember(tx, call, "review_application", inputs, about=[id])
    return evolve(record, review=review)


def erase_person(tx: Transaction, person: MemberId, *, at: Instant, actor: str, key: str) -> int:
    """Erase the evidence and the fingerprints of somebody; return of how many applications.

    What was decided stays: who was the same person as whom is written down without anything personal.
    """
    check(id_problem(person, "person"))
    call = called(at=at, actor=actor, key=key)
    command = done_before(tx, call, "erase_person", person)
    if command is not None:
        return int(command.answer)
    tx.members.lock()  # fingerprints are written under it
    count = tx.applications.erase(person)
    tx.identities.replace(person, ())
    remember(tx, call, "erase_person", person, str(count), about=[person])
    return count


def _place_problem(state: object, sponsor: object, tier: object) -> Problem | None:
    """Refuse to place somebody who is rejected."""
    if state is ApplicationState.REJECTED and (sponsor is not None or tier != ""):
        return Problem("state", "a rejected applicant gets no sponsor and no tier", "leave them out")
    return None


def _apply_refusal(tx: Transaction, application: Application) -> Refusal | None:
    id, applicant = application.id, application.applicant
    waiting = tx.applications.waiting(applicant)
    if waiting == id or tx.applications.find([id]):
        return no.APPLICATION_EXISTS.refuse(application=id)
    if waiting is not None:
        return no.APPLICATION_PENDING.refuse(applicant=applicant, application=waiting)
    member = tx.members.upward([applicant], 0).get(applicant)
    if member is None:
        return None
    seat = seat_of(member, valid_at=application.applied_at, revision=tx.members.revision())
    return applicant_refusal(applicant, seat.state)


def _admit(tx: Transaction, call: Call, application: Application, review: Review, revision: int) -> Review:
    """Let an applicant join, or give a member the tier and the place; return the review with the place."""
    applicant = application.applicant
    staying = {applicant} if review.sponsor is None else {applicant, review.sponsor}
    tree = tx.members.upward(staying, 0)
    member = tree.get(applicant)
    if member is None:
        sponsor = review.sponsor or application.sponsor
        newcomer = Newcomer(applicant, call.at, sponsor, review.tier)
        joined = join_each(tx, Call(call.at, call.actor, Key(f"{call.key}/{applicant}")), [newcomer])
        if joined.refused:
            raise RefusedError(joined.refused[0].refusal)
        return evolve(review, sponsor=sponsor)
    tx.members.append_all(answered(_changes(tx, member, review, revision)))
    let_stay(tx, tree, dict.fromkeys(staying, call.at), at=call.at)
    return review


def _changes(tx: Transaction, member: Member, review: Review, revision: int) -> Sequence[Change] | Refusal:
    """Return what an approval changes about a member: the place, the tier, both or nothing."""
    at = review.reviewed_at
    seat = seat_of(member, valid_at=at, revision=revision)
    refusal = applicant_refusal(member.id, seat.state)
    if refusal is not None:
        return refusal
    changes: tuple[Change, ...] = ()
    if review.sponsor is not None and review.sponsor != sponsor_of(member, valid_at=at, revision=revision):
        moved = decide_move(tx, member.id, review.sponsor, valid_from=at, at=at, revision=revision + 1)
        if isinstance(moved, Refusal):
            return moved
        changes = (moved,)
        member = with_change(member, moved)
    if review.tier in {"", seat.tier}:
        return changes
    tiered = referral.set_tier(
        {member.id: member},
        member.id,
        review.tier,
        valid_from=at,
        at=at,
        revision=revision + len(changes) + 1,
    )
    return tiered if isinstance(tiered, Refusal) else (*changes, tiered)
