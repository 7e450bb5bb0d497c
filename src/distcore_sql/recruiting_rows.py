"""Between nouns and rows of recruiting, as `rows` does it for the rest.

A row is written without its shop, in the order of the columns.
"""

import json
from collections.abc import Sequence
from typing import Any

from distcore.kernel import Instant, micros_of
from distcore.referral import (
    Application,
    ApplicationRecord,
    ApplicationState,
    CodeKind,
    Evidence,
    Identity,
    Outcome,
    PromotionCode,
    Result,
    Review,
    Touch,
    Via,
    Why,
)
from distcore_sql.rows import readable, stored_instant, stored_word
from distcore_sql.statements import Values


def row_of_identity(identity: Identity) -> Values:
    """Return the row of an identity."""
    return identity.revision, identity.member, micros_of(identity.recorded_at)


def identity_of(row: Sequence[Any]) -> Identity:
    """Return the identity of a row."""
    revision, member, recorded_at = row
    return Identity(member, stored_instant(recorded_at), revision)


def row_of_application(application: Application) -> Values:
    """Return the row of an application."""
    return (
        application.id,
        application.applicant,
        micros_of(application.applied_at),
        application.actor,
        application.sponsor,
    )


def row_of_evidence(application: Application, evidence: Evidence) -> Values:
    """Return the row of what is personal about an application."""
    documents = json.dumps(evidence.documents, ensure_ascii=False)
    return application.id, evidence.name, evidence.phone, documents


def evidence_of(row: Sequence[Any]) -> Evidence:
    """Return the evidence of a row that begins with its application."""
    _, name, phone, documents = row
    with readable("evidence of an application"):
        found = json.loads(documents)
        if not isinstance(found, list):
            raise ValueError("its documents are no list")
        return Evidence(name, phone, tuple(found))


def row_of_review(id: str, review: Review) -> Values:
    """Return the row of a decision."""
    return (
        id,
        review.state.value,
        micros_of(review.reviewed_at),
        review.reviewer,
        review.reason,
        review.sponsor,
        review.tier,
    )


def record_of(row: Sequence[Any]) -> ApplicationRecord:
    """Return the application of a row that has its decision, or nothing, at the end."""
    id, applicant, applied_at, actor, sponsor = row[:5]
    application = Application(id, applicant, stored_instant(applied_at), actor, sponsor)
    return ApplicationRecord(application, None if row[5] is None else _review_of(row[5:11]))


def _review_of(row: Sequence[Any]) -> Review:
    state, reviewed_at, reviewer, reason, sponsor, tier = row
    known = stored_word(ApplicationState, state, "decision about an application")
    return Review(known, stored_instant(reviewed_at), reviewer, reason, sponsor, tier)


def row_of_code(code: PromotionCode) -> Values:
    """Return the row of a code without its revocation."""
    return (
        code.kind.value,
        code.ref,
        code.owner,
        micros_of(code.valid_from),
        None if code.valid_until is None else micros_of(code.valid_until),
        micros_of(code.issued_at),
        code.actor,
    )


def code_of(row: Sequence[Any]) -> PromotionCode:
    """Return the code of a row that has the instant of its revocation, or nothing, at the end."""
    kind, ref, owner, valid_from, valid_until, issued_at, actor, revoked_at = row
    return PromotionCode(
        stored_word(CodeKind, kind, "code"),
        ref,
        owner,
        stored_instant(valid_from),
        _optional(valid_until),
        stored_instant(issued_at),
        actor,
        _optional(revoked_at),
    )


def row_of_touch(touch: Touch) -> Values:
    """Return the row of a touch."""
    outcome = touch.outcome
    return (
        touch.customer,
        touch.number,
        touch.promoter,
        touch.via.value,
        touch.channel,
        micros_of(touch.touched_at),
        touch.actor,
        outcome.result.value,
        outcome.why.value,
        None if outcome.until is None else micros_of(outcome.until),
        touch.ref or None,
    )


def touch_of(row: Sequence[Any]) -> Touch:
    """Return the touch of a row."""
    customer, number, promoter, via, channel, touched_at, actor, result, why, ends_at, ref = row
    outcome = Outcome(
        stored_word(Result, result, "touch"), stored_word(Why, why, "touch"), _optional(ends_at)
    )
    return Touch(
        customer,
        number,
        promoter,
        stored_word(Via, via, "touch"),
        channel,
        stored_instant(touched_at),
        actor,
        outcome,
        ref or "",
    )


def _optional(micros: int | None) -> Instant | None:
    return None if micros is None else stored_instant(micros)
