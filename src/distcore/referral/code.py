"""Promotion codes: short ones that everybody may know, and links with a secret that nobody can guess.

A short code is a word of the shop, or made of random bits that the caller gives; it is typed in any case.
Of a link token only the hash is kept, so whoever reads the store can't make the link.

The one rule this file protects: whether a code is unknown, expired, revoked or of another shop, the answer is
the same.
"""

import hmac
from base64 import urlsafe_b64encode
from enum import Enum
from typing import Final

from attrs import field, frozen

from distcore.kernel import (
    BITS_PER_CHARACTER,
    Actor,
    Instant,
    MemberId,
    Problem,
    id_problem,
    letters_of,
    limits,
)

GENERATED_LENGTH: Final = 8
"""Characters of a code that is made of random bits."""

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


def code_of_bits(bits: bytes) -> str:
    """Return a short code made of random bits.

    >>> code_of_bits(bytes(GENERATED_BYTES)), code_of_bits(bytes([255] * GENERATED_BYTES))
    ('AAAAAAAA', '99999999')
    """
    assert len(bits) == GENERATED_BYTES, f"a code is made of {GENERATED_BYTES} bytes"
    return letters_of(bits)


def link_token(bits: bytes) -> str:
    """Return random bits as the text that a link ends with."""
    return urlsafe_b64encode(bits).decode("ascii").rstrip("=")


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
