"""Is everything still true of recruiting?  Identities, applications, codes, and what touches say they did.

The one rule this file protects: a touch that says that it bound a customer did so in the tree.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Final, TypeVar

from distcore.kernel import MemberId, Problem, format_instant
from distcore.ports import Transaction
from distcore.referral import (
    ApplicationRecord,
    ApplicationState,
    Aspect,
    Bound,
    CodeKind,
    Member,
    PromotionCode,
    Result,
    Touch,
    Tree,
    Via,
    placed,
)

T = TypeVar("T")

BATCH: Final = 1_000
"""Rows that are looked at together: bounds memory."""


def identity_revisions(tx: Transaction) -> int:
    """Count the revisions of the tree that are those of identities."""
    return sum(1 for _ in groupby(tx.identities.all(), key=lambda each: each.revision))


def recruiting_problems(tx: Transaction) -> Iterator[Problem]:
    """Find what does not fit together, in memory that does not grow with what is stored."""
    yield from _identity_problems(tx)
    yield from _waiting_problems(tx)
    for records in _batches(tx.applications.all()):
        yield from _application_problems(records, _known(tx, [_applicant(each) for each in records]))
    for codes in _batches(tx.promotion_codes.all()):
        yield from _code_problems(codes, _known(tx, [each.owner for each in codes]))
    previous = None
    for touches in _batches(tx.touches.all()):
        members = _known(tx, [each.customer for each in touches])
        for touch in touches:
            yield from _order_problems(previous, touch)
            yield from _touch_problems(tx, touch, members.get(touch.customer))
            previous = touch


def _identity_problems(tx: Transaction) -> Iterator[Problem]:
    revision = tx.members.revision()
    for each in tx.identities.all():
        if not 1 <= each.revision <= revision:
            yield Problem(
                f"identity of {each.member}",
                f"it is of revision {each.revision} of a tree that has {revision}",
            )


def _waiting_problems(tx: Transaction) -> Iterator[Problem]:
    """Compare what waits with what nobody has decided about, both in order of id."""
    undecided = (each.application for each in tx.applications.all() if each.review is None)
    stored = sorted((each.applicant, each.id) for each in undecided)
    waiting = list(tx.applications.all_waiting())
    for applicant, id in sorted(set(stored) ^ set(waiting)):
        wrong = "waits, and is decided or missing" if (applicant, id) in waiting else "does not wait"
        yield Problem(f"application {id}", f"of {applicant}: it {wrong}")


def _application_problems(records: Sequence[ApplicationRecord], members: Tree) -> Iterator[Problem]:
    for record in records:
        application, review = record.application, record.review
        if review is None:
            continue
        where = f"application {application.id}"
        if review.reviewer in {application.actor, application.applicant}:
            yield Problem(where, f"{review.reviewer} decided about the own one")
        if review.state is ApplicationState.APPROVED and application.applicant not in members:
            yield Problem(where, f"{application.applicant} was approved, and is no member")


def _code_problems(codes: Iterable[PromotionCode], members: Tree) -> Iterator[Problem]:
    for code in codes:
        if code.owner not in members:
            yield Problem(f"code {code!r}", f"its owner {code.owner} is not a member")


def _order_problems(previous: Touch | None, touch: Touch) -> Iterator[Problem]:
    """The touches of a customer count from 1, in the order in which they happened."""
    before = previous if previous is not None and previous.customer == touch.customer else None
    where = f"touch {touch.number} of {touch.customer}"
    if touch.number != (1 if before is None else before.number + 1):
        yield Problem(where, "the one before is missing")
    elif before is not None and before.touched_at > touch.touched_at:
        yield Problem(where, f"the one before came later, at {format_instant(before.touched_at)}")


def _touch_problems(tx: Transaction, touch: Touch, customer: Member | None) -> Iterator[Problem]:
    where = f"touch {touch.number} of {touch.customer}"
    if touch.outcome.result is Result.BOUND and not _is_bound(touch, customer):
        yield Problem(where, f"it says that {touch.promoter} was bound, and the tree does not")
    if touch.via is not Via.CALL and touch.promoter is not None:
        kind = CodeKind.SHORT if touch.via is Via.CODE else CodeKind.LINK
        code = tx.promotion_codes.find(kind, touch.ref)
        if code is None or code.owner != touch.promoter:
            yield Problem(where, f"its code does not stand for {touch.promoter}")


def _is_bound(touch: Touch, customer: Member | None) -> bool:
    """Say whether a customer came below the promoter at the instant of a touch, and until when."""
    if customer is None:
        return False
    places = [each for aspect, each in placed(customer) if aspect is Aspect.SPONSOR]
    until = touch.outcome.until
    ends = {each.valid_from for each in customer.changes if each.aspect is Aspect.ENDS}
    return Bound(touch.promoter, touch.touched_at) in places and (until is None or until in ends)


def _applicant(record: ApplicationRecord) -> MemberId:
    return record.application.applicant


def _known(tx: Transaction, members: Sequence[MemberId]) -> Tree:
    return tx.members.upward(members, 0)


def _batches(found: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(found, BATCH)):
        yield batch
