"""Named builders of applications, codes, identities and touches, and ways to write them past the engine.

>>> from distcore.referral import ApplicationRecord
>>> ApplicationRecord(an_application("a1"), a_review()).state.value
'approved'
"""

from typing import Final

from distcore.kernel import Actor, Instant, MemberId
from distcore.ports import Transaction
from distcore.referral import (
    Application,
    ApplicationId,
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
from distcore.testing.builders import DAY_10, DAY_12, LATER

TESTER: Final = Actor("tester")


def an_application(
    id: str, applicant: str = "new", *, applied_at: Instant = DAY_10, sponsor: str | None = None
) -> Application:
    """Return an application that came on the tenth day."""
    named = None if sponsor is None else MemberId(sponsor)
    return Application(ApplicationId(id), MemberId(applicant), applied_at, TESTER, named)


def some_evidence(text: str = "a phone") -> Evidence:
    """Return evidence in which a text stands everywhere."""
    return Evidence(text, text, (text, f"{text} 2"))


def a_review(
    state: ApplicationState = ApplicationState.APPROVED,
    *,
    reviewed_at: Instant = DAY_12,
    reason: str = "",
    sponsor: str | None = None,
    tier: str = "",
) -> Review:
    """Return what the boss decided two days later."""
    named = None if sponsor is None else MemberId(sponsor)
    return Review(state, reviewed_at, Actor("boss"), reason, named, tier)


def a_code(
    ref: str = "SPRING",
    owner: str = "ann",
    kind: CodeKind = CodeKind.SHORT,
    *,
    valid_from: Instant = DAY_10,
    valid_until: Instant | None = None,
) -> PromotionCode:
    """Return a code that was given out when it became valid."""
    return PromotionCode(kind, ref, MemberId(owner), valid_from, valid_until, valid_from, TESTER)


def a_touch(
    customer: str = "cai",
    number: int = 1,
    promoter: str | None = "ann",
    *,
    via: Via = Via.CALL,
    channel: str = "",
    touched_at: Instant = DAY_10,
    outcome: Outcome | None = None,
    ref: str = "",
) -> Touch:
    """Return a touch that was kept."""
    became = outcome or Outcome(Result.KEPT, Why.BOUND_FOR_EVER)
    named = None if promoter is None else MemberId(promoter)
    return Touch(MemberId(customer), number, named, via, channel, touched_at, TESTER, became, ref)


def identities(revision: int, *members: str, recorded_at: Instant = LATER) -> list[Identity]:
    """Return that members are one person since a revision."""
    return [Identity(MemberId(each), recorded_at, revision) for each in members]


def identify_members(tx: Transaction, *members: str) -> list[Identity]:
    """Write under the lock that members are one person, and return it."""
    found = identities(tx.members.lock() + 1, *members)
    tx.identities.add(found)
    return found


def _identify(tx: Transaction) -> None:
    identify_members(tx, "ben", "nobody")


def _apply(tx: Transaction) -> None:
    tx.applications.add(an_application("a1"), some_evidence())


def _review(tx: Transaction) -> None:
    if not tx.applications.find([ApplicationId("a1")]):
        _apply(tx)
    tx.applications.review(ApplicationId("a1"), a_review())


def _issue(tx: Transaction) -> None:
    tx.promotion_codes.add(a_code())


def _revoke(tx: Transaction) -> None:
    if tx.promotion_codes.find(CodeKind.SHORT, "SPRING") is None:
        _issue(tx)
    tx.promotion_codes.revoke(a_code(), at=LATER, actor=TESTER)


def _touch(tx: Transaction) -> None:
    tx.touches.add(a_touch())


RECRUITED: Final = (_identify, _apply, _review, _issue, _revoke, _touch)
"""Every way to write a fact of recruiting into a shop with members."""
