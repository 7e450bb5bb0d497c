"""Applying to distribute: who asks, with which evidence, and what somebody else decides.

The one rule this file protects: what is personal stands in `Evidence` alone, is masked wherever it is shown,
and no fact and no hash holds any of it; and nobody decides about the own application.
"""

from typing import Final, NewType

from attrs import field, frozen

from distcore.kernel import (
    Actor,
    Instant,
    MemberId,
    Problem,
    Refusal,
    format_instant,
    id_problem,
    limits,
    shape_problems,
    shown,
    text_problem,
)
from distcore.referral import refusals
from distcore.referral.identity import Persons, is_same_person
from distcore.referral.lifecycle import APPLICATION_TRANSITIONS, ApplicationState, State

ApplicationId = NewType("ApplicationId", str)

HIDDEN: Final = "****"


def _hidden(_: object) -> str:
    return HIDDEN


@frozen
class Evidence:
    """What an applicant hands in: personal, and erasable; `documents` are texts or references of the shop."""

    name: str = field(default="", repr=_hidden)
    phone: str = field(default="", repr=_hidden)
    documents: tuple[str, ...] = field(default=(), repr=_hidden)


@frozen
class Application:
    """An application without anything personal: whose, who handed it in, and below whom, if that is said."""

    id: ApplicationId
    applicant: MemberId
    applied_at: Instant
    actor: Actor
    sponsor: MemberId | None = None


@frozen
class Review:
    """What somebody else decided; with an approval where the applicant stands, and in which tier."""

    state: ApplicationState
    reviewed_at: Instant
    reviewer: Actor
    reason: str = ""
    sponsor: MemberId | None = None
    tier: str = ""


@frozen
class ApplicationRecord:
    """An application and its review, if there was one."""

    application: Application
    review: Review | None = None

    @property
    def state(self) -> ApplicationState:
        """Where it stands."""
        return ApplicationState.APPLIED if self.review is None else self.review.state


def application_problems(
    id: object, applicant: object, sponsor: object, evidence: object
) -> tuple[Problem, ...]:
    """Return what is malformed about an application; what is personal is not repeated."""
    misshapen = tuple(shape_problems(evidence, Evidence, "evidence"))
    if misshapen:
        return tuple(Problem(each.where, "not what evidence is made of") for each in misshapen)
    assert isinstance(evidence, Evidence)
    found = [
        id_problem(id, "id"),
        id_problem(applicant, "applicant"),
        None if sponsor is None else id_problem(sponsor, "sponsor"),
    ]
    named = [("name", evidence.name), ("phone", evidence.phone)]
    if len(evidence.documents) > limits.EVIDENCE_DOCUMENTS_MAX:
        most = f"at most {limits.EVIDENCE_DOCUMENTS_MAX}"
        found.append(Problem("evidence.documents", f"there are {len(evidence.documents)}", most))
    else:
        named += [(f"documents[{place}]", each) for place, each in enumerate(evidence.documents)]
    for name, text in named:
        if (problem := text_problem(text, f"evidence.{name}")) is not None:
            found.append(
                Problem(problem.where, "has a character that is not allowed, or too many", problem.hint)
            )
    return tuple(problem for problem in found if problem is not None)


def decision_problem(state: object, where: str) -> Problem | None:
    """Return what keeps a value from being a decision about an application, or None."""
    decisions = APPLICATION_TRANSITIONS[ApplicationState.APPLIED]
    if isinstance(state, ApplicationState) and state in decisions:
        return None
    allowed = ", ".join(sorted(each.value for each in decisions))
    return Problem(where, f"not a decision: {shown(state)}", f"one of {allowed}")


def review_refusal(
    record: ApplicationRecord, decided: Review, persons: Persons, *, revision: int
) -> Refusal | None:
    """Return why a decision about an application can't be, or None; `persons` has all who are named."""
    application = record.application
    if decided.state not in APPLICATION_TRANSITIONS[record.state]:
        return refusals.APPLICATION_REVIEWED.refuse(application=application.id, state=record.state)
    reviewer = MemberId(decided.reviewer)
    own = (MemberId(application.actor), application.applicant)
    if any(is_same_person(persons, each, reviewer, revision) for each in own):
        return refusals.SAME_APPLICATION_REVIEWER.refuse(
            application=application.id, reviewer=decided.reviewer
        )
    if decided.reviewed_at < application.applied_at:
        return refusals.REVIEWED_TOO_EARLY.refuse(
            application=application.id,
            applied_at=format_instant(application.applied_at),
            at=format_instant(decided.reviewed_at),
        )
    return None


def applicant_refusal(applicant: MemberId, state: State) -> Refusal | None:
    """Return why a member of a state can't become a distributor, or None."""
    if state is State.ACTIVE:
        return None
    return refusals.APPLICANT_NOT_ACTIVE.refuse(applicant=applicant, state=state)
