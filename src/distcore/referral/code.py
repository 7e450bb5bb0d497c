"""Promotion codes: short ones that everybody may know, and links with a secret that nobody can guess.

A short code is a word of the shop, or made of random bits that the caller gives; it is typed in any case.
Of a link token only the hash is kept, so whoever reads the store can't make the link.

The one rule this file protects: whether a code is unknown, expired, revoked or of another shop, the answer is
the same.
"""

import hmac
from base64 import urlsafe_b64encode
from enum import Enum
from hashlib import blake2b
from typing import Final
from unicodedata import normalize

from attrs import field, frozen

from distcore.kernel import Actor, Instant, MemberId, Problem, id_problem, limits, shown

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of 32 characters, so that each takes five bits; without 0, O, 1 and I, which look alike."""

GENERATED_LENGTH: Final = 8
"""Characters of a code that is made of random bits."""

BITS_PER_CHARACTER: Final = 5

GENERATED_BYTES: Final = GENERATED_LENGTH * BITS_PER_CHARACTER // 8
"""Random bytes that a short code is made of."""


class CodeKind(Enum):
    """How a promoter is named by a code."""

    SHORT = "short"
    LINK = "link"


def shown_ref(ref: str) -> str:
    """Return a reference as it may be shown: of a hash its beginning."""
    return ref if len(ref) <= limits.CODE_LENGTH_MAX else f"{ref[:8]}…"


@frozen
class PromotionCode:
    """A code and its owner, valid in `[valid_from, valid_until)` unless it was revoked before.

    `ref` is the short code in its canonical form, or the hash of a link token.
    """

    kind: CodeKind
    ref: str = field(repr=shown_ref)
    owner: MemberId
    valid_from: Instant
    valid_until: Instant | None
    issued_at: Instant
    actor: Actor
    revoked_at: Instant | None = None


def canonical_code(text: str) -> str:
    """Return the one form of a short code, however it was typed.

    >>> canonical_code(" Spring-24 "), canonical_code("straße")
    ('SPRING-24', 'STRASSE')
    """
    return normalize("NFKC", normalize("NFKC", text.strip()).casefold().upper())


def code_problem(text: object, where: str) -> Problem | None:
    """Return what keeps a text from being a short code, or None.

    It has letters and digits of any script, and hyphens, and is the same however often it is read.
    """
    least, most = limits.CODE_LENGTH_MIN, limits.CODE_LENGTH_MAX
    if type(text) is not str or len(text) > limits.ID_LENGTH_MAX:
        return Problem(where, f"not a code: {shown(text)}", f"a text of {least} to {most} characters")
    code = canonical_code(text)
    if not least <= len(code) <= most:
        return Problem(where, f"not a code: {shown(text)}", f"{least} to {most} characters")
    if not code.replace("-", "").isalnum() or canonical_code(code) != code:
        return Problem(where, f"not a code: {shown(text)}", "letters, digits and hyphens")
    return None


def code_of_bits(bits: bytes) -> str:
    """Return a short code made of random bits.

    >>> code_of_bits(bytes(GENERATED_BYTES)), code_of_bits(bytes([255] * GENERATED_BYTES))
    ('AAAAAAAA', '99999999')
    """
    assert len(bits) == GENERATED_BYTES, f"a code is made of {GENERATED_BYTES} bytes"
    number = int.from_bytes(bits, "big")
    places = range((GENERATED_LENGTH - 1) * BITS_PER_CHARACTER, -1, -BITS_PER_CHARACTER)
    return "".join(ALPHABET[number >> place & (len(ALPHABET) - 1)] for place in places)


def bits_problem(bits: object, where: str, *, least: int, most: int) -> Problem | None:
    """Return what keeps a value from being so many random bytes, or None; they may be secret."""
    if type(bits) is bytes and least <= len(bits) <= most:
        return None
    return Problem(where, "not enough random bytes, too many, or none", f"{least} to {most} bytes")


def link_token(bits: bytes) -> str:
    """Return random bits as the text that a link ends with."""
    return urlsafe_b64encode(bits).decode("ascii").rstrip("=")


def token_hash(token: str) -> str:
    """Return what is kept of a link token; it is too long to be guessed, so it needs no salt."""
    return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()


def token_problem(token: object, where: str) -> Problem | None:
    """Return what keeps a value from being a token at all; it is not repeated, because it may be secret."""
    if id_problem(token, where) is None:
        return None
    return Problem(where, "not a link token", "what the link ends with")


def stands_for(code: PromotionCode | None, ref: str, at: Instant) -> MemberId | None:
    """Return whom a code promotes for at an instant, or None; which of the reasons is told to nobody.

    Hashes are compared in a time that does not depend on what they have in common.
    """
    if code is None or not hmac.compare_digest(code.ref.encode(), ref.encode()):
        return None
    if at < code.valid_from or (code.valid_until is not None and at >= code.valid_until):
        return None
    revoked = code.revoked_at is not None and at >= code.revoked_at
    return None if revoked else code.owner
