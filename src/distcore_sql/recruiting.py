"""`distcore.referral`'s ports for recruiting in tables: identities, applications, codes and touches."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from distcore.kernel import Actor, Instant, MemberId, micros_of
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
from distcore_sql.paging import pages
from distcore_sql.recruiting_rows import (
    code_of,
    evidence_of,
    identity_of,
    record_of,
    row_of_application,
    row_of_code,
    row_of_evidence,
    row_of_identity,
    row_of_review,
    row_of_touch,
    touch_of,
)
from distcore_sql.referral import SqlMembers
from distcore_sql.statements import Statements, Those, among, listed, of_shop
from distcore_sql.tables import Tables

PAGE: Final = 2_000
"""Rows read at a time when all of them are: bounds memory."""


class SqlIdentities:
    """Identities beside the tree whose revisions they count; fingerprints are rows that can go."""

    def __init__(self, statements: Statements, members: SqlMembers) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements
        self._members = members

    def history(self, members: Collection[MemberId]) -> Sequence[Identity]:
        """Return every identity of these, and of whoever was ever the same person as one."""
        if not members:
            return ()
        history = _history_in_postgresql if self._sql.dialect == "postgresql" else _history
        return [identity_of(row) for row in self._sql.rows(history, ids=listed(members))]

    def add(self, identities: Sequence[Identity]) -> None:
        """Write identities of one revision."""
        self._members.advance(identities[0].revision)
        self._sql.insert("identities", [row_of_identity(each) for each in identities])

    def all(self) -> Iterator[Identity]:
        """Yield every identity by revision and member, a page at a time."""
        return map(identity_of, pages(self._sql, "identities", PAGE))

    def fingerprints(self, member: MemberId) -> frozenset[str]:
        """Return the hashes of the fingerprints of somebody."""
        return frozenset(row[0] for row in self._sql.rows(_fingerprints, member=member))

    def sharing(self, fingerprints: Collection[str]) -> frozenset[MemberId]:
        """Return whoever has one of these hashes."""
        found = self._sql.rows(_sharing, ids=listed(fingerprints)) if fingerprints else ()
        return frozenset(row[0] for row in found)

    def replace(self, member: MemberId, fingerprints: Collection[str]) -> None:
        """Write the hashes of somebody's fingerprints; those of before are gone, as `secure_delete` says."""
        self._sql.change(_forget, member=member)
        self._sql.insert("fingerprints", [(member, each) for each in sorted(set(fingerprints))])


class SqlApplications:
    """Applications with their decisions; evidence is rows that can go."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def find(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, ApplicationRecord]:
        """Return those of these applications that came."""
        found = map(record_of, self._sql.rows(_some, ids=listed(ids))) if ids else ()
        return {each.application.id: each for each in found}

    def of_applicant(self, applicant: MemberId) -> Sequence[ApplicationRecord]:
        """Return every application of somebody, by id."""
        return [record_of(row) for row in self._sql.rows(_of_applicant, applicant=applicant)]

    def waiting(self, applicant: MemberId) -> ApplicationId | None:
        """Return the application of somebody that waits."""
        found = self._sql.first(_waiting, applicant=applicant)
        return None if found is None else ApplicationId(found[0])

    def add(self, application: Application, evidence: Evidence) -> None:
        """Write an application; of two at once the keys let one win."""
        self._sql.insert("applications", [row_of_application(application)])
        self._sql.insert("waiting_applications", [(application.applicant, application.id)])
        self._sql.insert("application_evidence", [row_of_evidence(application, evidence)])

    def review(self, id: ApplicationId, review: Review) -> None:
        """Write a decision; of two at once the key lets one win."""
        self._sql.insert("application_reviews", [row_of_review(id, review)])
        self._sql.change(_decide, application=id)

    def evidence(self, ids: Collection[ApplicationId]) -> dict[ApplicationId, Evidence]:
        """Return the evidence that was not erased."""
        found = self._sql.rows(_evidence, ids=listed(ids)) if ids else ()
        return {row[0]: evidence_of(row) for row in found}

    def erase(self, applicant: MemberId) -> int:
        """Erase the evidence of every application of somebody.

        Whether SQLite overwrites it says the `secure_delete` of the connection: ours do, a host's may not.
        """
        theirs = self._sql.rows(_theirs, applicant=applicant)
        return self._sql.change_those(_ERASED, sorted([row[0] for row in theirs]))

    def all(self) -> Iterator[ApplicationRecord]:
        """Yield every application by id, a page at a time."""
        after = ""
        while page := self._sql.rows(_page_of_applications, after=after, limit=PAGE):
            yield from map(record_of, page)
            after = page[-1][0]

    def all_waiting(self) -> Iterator[tuple[MemberId, ApplicationId]]:
        """Yield whose application waits, and which, a page at a time."""
        return ((applicant, id) for applicant, id in pages(self._sql, "waiting_applications", PAGE))


class SqlPromotionCodes:
    """Codes with their revocations."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def find(self, kind: CodeKind, ref: str) -> PromotionCode | None:
        """Return a code, if it was given out."""
        found = self._sql.first(_code, kind=kind.value, ref=ref)
        return None if found is None else code_of(found)

    def of_owner(self, owner: MemberId) -> Sequence[PromotionCode]:
        """Return every code of somebody."""
        return [code_of(row) for row in self._sql.rows(_of_owner, owner=owner)]

    def add(self, code: PromotionCode) -> None:
        """Write a new code; of two at once the key lets one win."""
        self._sql.insert("promotion_codes", [row_of_code(code)])

    def revoke(self, code: PromotionCode, *, at: Instant, actor: Actor) -> None:
        """Write that a code stands for nobody any more; of two at once the key lets one win."""
        self._sql.insert("code_revocations", [(code.kind.value, code.ref, micros_of(at), actor)])

    def all(self) -> Iterator[PromotionCode]:
        """Yield every code by kind and reference, a page at a time."""
        for kind in sorted(each.value for each in CodeKind):
            after = ""
            while page := self._sql.rows(_page_of_codes, kind=kind, after=after, limit=PAGE):
                yield from map(code_of, page)
                after = page[-1][1]


class SqlTouches:
    """Touches, one row each."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def last(self, customer: MemberId) -> Touch | None:
        """Return the last touch of a customer."""
        found = self._sql.first(_last_touch, customer=customer)
        return None if found is None else touch_of(found)

    def of_customer(self, customer: MemberId) -> Sequence[Touch]:
        """Return every touch of a customer, by number."""
        return [touch_of(row) for row in self._sql.rows(_of_customer, customer=customer)]

    def add(self, touch: Touch) -> None:
        """Write a touch; of two at once the key lets one win."""
        self._sql.insert("touches", [row_of_touch(touch)])

    def all(self) -> Iterator[Touch]:
        """Yield every touch by customer and number, a page at a time."""
        return map(touch_of, pages(self._sql, "touches", PAGE))


def _history(tables: Tables) -> Any:
    """Those asked about, whoever shared a revision with one of them, and all that is known of these."""
    asked, together, found = (tables.identities.alias(name) for name in ("asked", "together", "found"))
    of_theirs = (together.c.shop == asked.c.shop) & (together.c.revision == asked.c.revision)
    of_them = (found.c.shop == together.c.shop) & (found.c.member == together.c.member)
    return (
        select(*found.c[1:])
        .distinct()
        .select_from(asked.join(together, of_theirs).join(found, of_them))
        .where(asked.c.shop == bindparam("shop"), among(asked.c.member))
        .order_by(found.c.revision, found.c.member)
    )


def _history_in_postgresql(tables: Tables) -> Any:
    """The same, step by step.

    Before a table is analyzed PostgreSQL 14 takes it for nearly empty, and would join each row of three with
    each: two thousand took a quarter of an hour.
    """
    asked, together, found = (tables.identities.alias(name) for name in ("asked", "together", "found"))
    revisions = select(asked.c.revision).where(of_shop(asked), among(asked.c.member))
    members = select(together.c.member).where(of_shop(together), _one_of(together.c.revision, revisions))
    of_them = select(*found.c[1:]).where(of_shop(found), _one_of(found.c.member, members))
    return of_them.order_by(found.c.revision, found.c.member)


def _one_of(column: ColumnElement[Any], asked: Select[Any]) -> ColumnElement[bool]:
    return column == func.any(func.array(asked.scalar_subquery()))


def _fingerprints(tables: Tables) -> Any:
    fingerprints = tables.fingerprints
    of_member = fingerprints.c.member == bindparam("member")
    return select(fingerprints.c.fingerprint).where(of_shop(fingerprints), of_member)


def _sharing(tables: Tables) -> Any:
    fingerprints = tables.fingerprints
    return select(fingerprints.c.member).where(of_shop(fingerprints), among(fingerprints.c.fingerprint))


def _forget(tables: Tables) -> Any:
    fingerprints = tables.fingerprints
    return fingerprints.delete().where(of_shop(fingerprints), fingerprints.c.member == bindparam("member"))


def _applications(tables: Tables) -> Select[Any]:
    applications, reviews = tables.applications, tables.application_reviews
    its_own = (reviews.c.shop == applications.c.shop) & (reviews.c.application == applications.c.application)
    return (
        select(*applications.c[1:], *reviews.c[2:])
        .select_from(applications.outerjoin(reviews, its_own))
        .where(of_shop(applications))
        .order_by(applications.c.application)
    )


def _some(tables: Tables) -> Any:
    return _applications(tables).where(among(tables.applications.c.application))


def _of_applicant(tables: Tables) -> Any:
    return _applications(tables).where(tables.applications.c.application.in_(_theirs(tables)))


def _theirs(tables: Tables) -> Any:
    """Return the ids of an applicant's applications.

    The index holds them: SQLite, asked for whole rows, would go through all applications of the shop.
    """
    theirs = tables.applications.alias("theirs")
    return select(theirs.c.application).where(of_shop(theirs), theirs.c.applicant == bindparam("applicant"))


def _page_of_applications(tables: Tables) -> Any:
    beyond = tables.applications.c.application > bindparam("after")
    return _applications(tables).where(beyond).limit(bindparam("limit"))


def _waiting(tables: Tables) -> Any:
    waiting = tables.waiting_applications
    of_applicant = waiting.c.applicant == bindparam("applicant")
    return select(waiting.c.application).where(of_shop(waiting), of_applicant)


def _decide(tables: Tables) -> Any:
    """Take the row away by the key, which is the applicant."""
    waiting, applications = tables.waiting_applications, tables.applications
    its_own = select(applications.c.applicant).where(
        of_shop(applications), applications.c.application == bindparam("application")
    )
    return waiting.delete().where(of_shop(waiting), waiting.c.applicant == its_own.scalar_subquery())


def _evidence(tables: Tables) -> Any:
    evidence = tables.application_evidence
    return select(*evidence.c[1:]).where(of_shop(evidence), among(evidence.c.application))


_ERASED: Final = Those(lambda tables: tables.application_evidence, "application")


def _codes(tables: Tables) -> Select[Any]:
    codes, revocations = tables.promotion_codes, tables.code_revocations
    its_own = (
        (revocations.c.shop == codes.c.shop)
        & (revocations.c.kind == codes.c.kind)
        & (revocations.c.ref == codes.c.ref)
    )
    return (
        select(*codes.c[1:], revocations.c.revoked_at)
        .select_from(codes.outerjoin(revocations, its_own))
        .where(of_shop(codes))
        .order_by(codes.c.kind, codes.c.ref)
    )


def _code(tables: Tables) -> Any:
    codes = tables.promotion_codes
    return _codes(tables).where(codes.c.kind == bindparam("kind"), codes.c.ref == bindparam("ref"))


def _of_owner(tables: Tables) -> Any:
    return _codes(tables).where(tables.promotion_codes.c.owner == bindparam("owner"))


def _page_of_codes(tables: Tables) -> Any:
    codes = tables.promotion_codes
    page = _codes(tables).where(codes.c.kind == bindparam("kind"), codes.c.ref > bindparam("after"))
    return page.limit(bindparam("limit"))


def _touches(tables: Tables) -> Select[Any]:
    touches = tables.touches
    of_customer = touches.c.customer == bindparam("customer")
    return select(*touches.c[1:]).where(of_shop(touches), of_customer)


def _of_customer(tables: Tables) -> Any:
    return _touches(tables).order_by(tables.touches.c.number)


def _last_touch(tables: Tables) -> Any:
    return _touches(tables).order_by(tables.touches.c.number.desc()).limit(1)
