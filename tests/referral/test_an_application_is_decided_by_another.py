"""Nobody decides about the own application, and none is decided twice; evidence is shown to nobody."""

import pytest
from tests.builders import day

from distcore.kernel import Actor, MemberId, limits
from distcore.referral import (
    EVERYBODY_ALONE,
    Application,
    ApplicationId,
    ApplicationRecord,
    ApplicationState,
    Evidence,
    Review,
    State,
    applicant_refusal,
    application_problems,
    decision_problem,
    review_refusal,
)

APPLIED, APPROVED, REJECTED = ApplicationState
APPLICATION = Application(ApplicationId("a1"), MemberId("ann"), day(5), Actor("desk"))
WAITING = ApplicationRecord(APPLICATION)


def review(state: ApplicationState = APPROVED, reviewer: str = "boss", **options: object) -> Review:
    return Review(state, day(6), Actor(reviewer), **options)  # type: ignore[arg-type]


def test_an_application_waits_until_it_is_decided() -> None:
    assert WAITING.state is APPLIED
    assert ApplicationRecord(APPLICATION, review(REJECTED)).state is REJECTED


@pytest.mark.parametrize(
    ("record", "decided", "code"),
    [
        (WAITING, review(), None),
        (WAITING, review(REJECTED), None),
        (WAITING, review(reviewer="desk"), "same_application_reviewer"),
        (WAITING, review(reviewer="ann"), "same_application_reviewer"),
        (WAITING, Review(APPROVED, day(4), Actor("boss")), "reviewed_too_early"),
        (ApplicationRecord(APPLICATION, review(REJECTED)), review(), "application_reviewed"),
        (ApplicationRecord(APPLICATION, review()), review(REJECTED), "application_reviewed"),
        (WAITING, review(APPLIED), "application_reviewed"),
    ],
)
def test_who_decides_when(record: ApplicationRecord, decided: Review, code: str | None) -> None:
    refusal = review_refusal(record, decided, EVERYBODY_ALONE, revision=0)
    assert (None if refusal is None else refusal.code) == code


def test_a_decision_is_yes_or_no() -> None:
    assert [decision_problem(each, "state") for each in (APPROVED, REJECTED)] == [None, None]
    assert str(decision_problem(APPLIED, "state")).endswith("(one of approved, rejected)")
    assert str(decision_problem("approved", "state")).startswith("state: not a decision: 'approved'")


def test_only_the_active_become_distributors() -> None:
    ann = MemberId("ann")
    assert applicant_refusal(ann, State.ACTIVE) is None
    refusal = applicant_refusal(ann, State.SUSPENDED)
    assert refusal is not None
    assert refusal.message == "ann is suspended, and can't become a distributor"


def test_evidence_is_shown_to_nobody() -> None:
    shown = repr(Evidence("Ann Ling", "138 0000 0000", ("id card 1", "id card 2")))
    assert shown == "Evidence(name=****, phone=****, documents=****)"


SOUND = Evidence("Ann", "138", ("x",) * limits.EVIDENCE_DOCUMENTS_MAX)


@pytest.mark.parametrize(
    ("evidence", "places"),
    [
        (SOUND, []),
        (Evidence(), []),
        (Evidence("sec\0ret"), ["evidence.name"]),
        (Evidence(phone="x" * 2_000), ["evidence.phone"]),
        (Evidence(documents=("ok", "sec\nret")), ["evidence.documents[1]"]),
        (Evidence(documents=("x",) * (limits.EVIDENCE_DOCUMENTS_MAX + 1)), ["evidence.documents"]),
        (Evidence(documents="secret"), ["evidence.documents"]),  # type: ignore[arg-type]
        (Evidence(name=7), ["evidence.name"]),  # type: ignore[arg-type]
        ({"name": "secret"}, ["evidence"]),
    ],
)
def test_malformed_evidence_has_places_and_is_not_repeated(evidence: object, places: list[str]) -> None:
    found = application_problems("a1", "ann", None, evidence)
    assert [each.where for each in found] == places
    assert "ret" not in "".join(map(str, found))


def test_ids_are_checked_with_the_rest() -> None:
    found = application_problems("", "a\0b", "\ud800", Evidence())
    assert [each.where for each in found] == ["id", "applicant", "sponsor"]
