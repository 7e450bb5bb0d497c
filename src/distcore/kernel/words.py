"""Codes that people type: words of a shop, and texts made of random bits that the caller gives.

The one rule this file protects: however a code is typed, it is read as one; of a secret only the hash is
kept.
"""

from hashlib import blake2b
from typing import Final
from unicodedata import normalize

from distcore.kernel import limits
from distcore.kernel.outcome import Problem, shown

ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Of 32 characters, so that each takes five bits; without 0, O, 1 and I, which look alike."""

BITS_PER_CHARACTER: Final = 5


def canonical_code(text: str) -> str:
    """Return the one form of a code, however it was typed.

    >>> canonical_code(" Spring-24 "), canonical_code("straße")
    ('SPRING-24', 'STRASSE')
    """
    return normalize("NFKC", normalize("NFKC", text.strip()).casefold().upper())


def code_problem(text: object, where: str) -> Problem | None:
    """Return what keeps a text from being a code, or None.

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


def letters_of(bits: bytes) -> str:
    """Return random bits as letters and digits that can be read aloud; five bits are a character.

    >>> letters_of(bytes(5)), letters_of(bytes([255] * 10))
    ('AAAAAAAA', '9999999999999999')
    """
    length, rest = divmod(len(bits) * 8, BITS_PER_CHARACTER)
    assert not rest, "five bytes are eight characters"
    number = int.from_bytes(bits, "big")
    places = range((length - 1) * BITS_PER_CHARACTER, -1, -BITS_PER_CHARACTER)
    return "".join(ALPHABET[number >> place & (len(ALPHABET) - 1)] for place in places)


def bits_problem(bits: object, where: str, *, least: int, most: int) -> Problem | None:
    """Return what keeps a value from being so many random bytes, or None; they may be secret."""
    if type(bits) is bytes and least <= len(bits) <= most:
        return None
    return Problem(where, "not enough random bytes, too many, or none", f"{least} to {most} bytes")


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret; it is too long to be guessed, so it needs no salt."""
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()
