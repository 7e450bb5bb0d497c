"""Promotion codes are given out and revoked; randomness comes from the caller."""

from attrs import evolve

from distcore.engine.once import Call, called, check, done_before, remember
from distcore.kernel import (
    Instant,
    MemberId,
    Problem,
    Refusal,
    RefusedError,
    bits_problem,
    canonical_code,
    code_problem,
    format_instant,
    id_problem,
    limits,
    secret_hash,
    shown,
    utc,
)
from distcore.ports import Transaction
from distcore.referral import (
    CodeKind,
    PromotionCode,
    State,
    link_token,
    seat_of,
)
from distcore.referral import refusals as no


def issue_code(
    tx: Transaction,
    owner: MemberId,
    code: str,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
) -> PromotionCode:
    """Give out a short code that stands for a member: a word of the shop, or made by `code_of_bits`."""
    check(id_problem(owner, "owner"), code_problem(code, "code"))
    call = called(at=at, actor=actor, key=key)
    return _issue(tx, call, CodeKind.SHORT, canonical_code(code), owner, valid_from, valid_until)


def issue_link(
    tx: Transaction,
    owner: MemberId,
    bits: bytes,
    *,
    at: Instant,
    actor: str,
    key: str,
    valid_from: Instant | None = None,
    valid_until: Instant | None = None,
) -> PromotionCode:
    """Give out a link that stands for a member: it ends with `link_token` of these secret random bits.

    Only the hash of the token is kept, so it can't be shown again.
    """
    least, most = limits.TOKEN_BYTES_MIN, limits.TOKEN_BYTES_MAX
    check(id_problem(owner, "owner"), bits_problem(bits, "bits", least=least, most=most))
    call = called(at=at, actor=actor, key=key)
    return _issue(tx, call, CodeKind.LINK, secret_hash(link_token(bits)), owner, valid_from, valid_until)


def revoke_code(
    tx: Transaction, kind: CodeKind, ref: str, *, at: Instant, actor: str, key: str
) -> PromotionCode:
    """Let a code stand for nobody from `at` on; `ref` is the short code, or the reference of a link."""
    check(_kind_problem(kind), id_problem(ref, "ref"))
    call = called(at=at, actor=actor, key=key)
    known = canonical_code(ref) if kind is CodeKind.SHORT else ref
    inputs = (kind, known)
    found = tx.promotion_codes.find(kind, known)
    if done_before(tx, call, "revoke_code", inputs) is None:
        if found is None:
            raise RefusedError(no.CODE_UNKNOWN.refuse())
        if found.revoked_at is not None:
            raise RefusedError(no.CODE_REVOKED.refuse(revoked_at=format_instant(found.revoked_at)))
        tx.promotion_codes.revoke(found, at=call.at, actor=call.actor)
        remember(tx, call, "revoke_code", inputs, about=[known])
        return evolve(found, revoked_at=call.at)
    assert found is not None, "what was revoked is there"
    return found


def _issue(
    tx: Transaction,
    call: Call,
    kind: CodeKind,
    ref: str,
    owner: MemberId,
    valid_from: Instant | None,
    valid_until: Instant | None,
) -> PromotionCode:
    since = None if valid_from is None else utc(valid_from, "valid_from")
    until = None if valid_until is None else utc(valid_until, "valid_until")
    code = PromotionCode(kind, ref, owner, since or call.at, until, call.at, call.actor)
    inputs = (kind, ref, owner, since, until)
    if done_before(tx, call, "issue_code", inputs) is not None:
        issued = tx.promotion_codes.find(kind, ref)
        assert issued is not None, "what was given out is there"
        return evolve(issued, revoked_at=None)
    if until is not None and until <= code.valid_from:  # of a code without a beginning, that is now
        check(Problem("valid_until", "is not after valid_from", "leave it out for no end"))
    refusal = _issue_refusal(tx, code)
    if refusal is not None:
        raise RefusedError(refusal)
    tx.promotion_codes.add(code)
    remember(tx, call, "issue_code", inputs, about=[ref])
    return code


def _issue_refusal(tx: Transaction, code: PromotionCode) -> Refusal | None:
    owner = tx.members.upward([code.owner], 0).get(code.owner)
    if owner is None:
        return no.MEMBER_UNKNOWN.refuse(member=code.owner)
    seat = seat_of(owner, valid_at=code.issued_at, revision=tx.members.revision())
    if seat.state is not State.ACTIVE:
        return no.OWNER_NOT_ACTIVE.refuse(owner=code.owner, state=seat.state)
    if tx.promotion_codes.find(code.kind, code.ref) is not None:
        return no.CODE_EXISTS.refuse(code=code.ref if code.kind is CodeKind.SHORT else code.kind.value)
    return None


def _kind_problem(value: object) -> Problem | None:
    if isinstance(value, CodeKind):
        return None
    allowed = ", ".join(each.value for each in CodeKind)
    return Problem("kind", f"not a kind of code: {shown(value)}", f"one of {allowed}")
