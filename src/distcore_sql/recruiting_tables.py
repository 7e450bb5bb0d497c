"""The tables of recruiting: identities, applications, promotion codes and touches; what is personal apart."""

from typing import Final

from sqlalchemy import Column, Table

from distcore_sql.columns import TEXT, Builder, id_column, long_text, number_column, word_column

WORD: Final = 32
"""Characters of the library's own words here: kinds, states, reasons."""

HASH: Final = 64
"""Characters of the hash of a fingerprint."""


def of_recruiting(new: Builder) -> dict[str, Table]:
    """Return the tables by the names that `Tables` has for them."""
    return {**_of_identities(new), **_of_applications(new), **_of_codes(new), **_of_touches(new)}


def _of_identities(new: Builder) -> dict[str, Table]:
    # Customers who never joined have identities and fingerprints too: neither refers to a member.
    identities = new.table(
        "identities",
        ("revision", "member"),
        number_column("revision"),
        id_column("member"),
        number_column("recorded_at"),
        new.check("identities", "revision", "revision >= 1"),
        new.index("identities", "member"),
    )
    fingerprints = new.table(
        "fingerprints",
        ("member", "fingerprint"),
        id_column("member"),
        word_column("fingerprint", HASH),
        new.check("fingerprints", "hash", f"length(fingerprint) = {HASH}"),
        new.index("fingerprints", "fingerprint"),
    )
    return {"identities": identities, "fingerprints": fingerprints}


def _of_applications(new: Builder) -> dict[str, Table]:
    applications = new.table(
        "applications",
        ("application",),
        id_column("application"),
        id_column("applicant"),
        number_column("applied_at"),
        id_column("actor"),
        id_column("sponsor", optional=True),
        new.index("applications", "applicant"),
    )
    evidence = new.table(
        "application_evidence",
        ("application",),
        id_column("application"),
        word_column("name", TEXT),
        word_column("phone", TEXT),
        Column("documents", long_text(), nullable=False),
        new.refers("application_evidence", "applications", "application"),
    )
    # Of an applicant one application waits at a time: the key lets one of two at once win.
    waiting = new.table(
        "waiting_applications",
        ("applicant",),
        id_column("applicant"),
        id_column("application"),
        new.refers("waiting_applications", "applications", "application"),
    )
    reviews = new.table(
        "application_reviews",
        ("application",),
        id_column("application"),
        word_column("state", WORD),
        number_column("reviewed_at"),
        id_column("reviewer"),
        word_column("reason", TEXT),
        id_column("sponsor", optional=True),
        word_column("tier", TEXT),
        new.refers("application_reviews", "applications", "application"),
        new.check("application_reviews", "state", "state IN ('approved', 'rejected')"),
    )
    return {
        "applications": applications,
        "application_evidence": evidence,
        "waiting_applications": waiting,
        "application_reviews": reviews,
    }


def _of_codes(new: Builder) -> dict[str, Table]:
    codes = new.table(
        "promotion_codes",
        ("kind", "ref"),
        word_column("kind", WORD),
        id_column("ref"),
        id_column("owner"),
        number_column("valid_from"),
        number_column("valid_until", optional=True),
        number_column("issued_at"),
        id_column("actor"),
        new.refers("promotion_codes", "members", "owner", also=("member",)),
        new.check("promotion_codes", "kind", "kind IN ('short', 'link')"),
        new.check("promotion_codes", "valid", "valid_until IS NULL OR valid_until > valid_from"),
        new.index("promotion_codes", "owner"),
    )
    revocations = new.table(
        "code_revocations",
        ("kind", "ref"),
        word_column("kind", WORD),
        id_column("ref"),
        number_column("revoked_at"),
        id_column("actor"),
        new.refers("code_revocations", "promotion_codes", "kind", "ref"),
    )
    return {"promotion_codes": codes, "code_revocations": revocations}


def _of_touches(new: Builder) -> dict[str, Table]:
    touches = new.table(
        "touches",
        ("customer", "number"),
        id_column("customer"),
        number_column("number"),
        id_column("promoter", optional=True),
        word_column("via", WORD),
        word_column("channel", TEXT),
        number_column("touched_at"),
        id_column("actor"),
        word_column("result", WORD),
        word_column("why", WORD),
        number_column("ends_at", optional=True),
        id_column("ref", optional=True),
        new.check("touches", "number", "number >= 1"),
        new.check("touches", "via", "via IN ('code', 'link', 'call')"),
        new.check("touches", "result", "result IN ('bound', 'kept', 'refused')"),
        new.check("touches", "promoter", "result <> 'bound' OR promoter IS NOT NULL"),
        new.check("touches", "self", "result <> 'bound' OR promoter <> customer"),
        new.check("touches", "ref", "(ref IS NOT NULL) = (via <> 'call' AND promoter IS NOT NULL)"),
    )
    return {"touches": touches}
