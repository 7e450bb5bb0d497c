"""Ids: who and what, as the shop names it, and the fixed-width hashes that name facts.

The one rule this file protects: an id is kept exactly as it came.  Ids that differ only by case,
accent or a trailing blank are different ids, on every database.
"""

from hashlib import blake2b
from typing import NewType

from distcore.kernel.checks import character_problem, length_problem
from distcore.kernel.limits import ID_LENGTH_MAX
from distcore.kernel.outcome import Problem, shown

ShopId = NewType("ShopId", str)
MemberId = NewType("MemberId", str)
"""A member, or a buyer who is none: both share one id space."""
SaleId = NewType("SaleId", str)
LineId = NewType("LineId", str)
Sku = NewType("Sku", str)
PriceCorrectionId = NewType("PriceCorrectionId", str)
RefundId = NewType("RefundId", str)
PlanId = NewType("PlanId", str)
ComponentId = NewType("ComponentId", str)
RuleId = NewType("RuleId", str)
CapId = NewType("CapId", str)
Actor = NewType("Actor", str)
"""Who did it, an opaque text of the host."""
Key = NewType("Key", str)
"""The caller's idempotency key."""

FACT_ID_BYTES = 16


def id_problem(value: object, where: str) -> Problem | None:
    """Return what keeps a value from being an id, or None.

    An id has 1 to ``ID_LENGTH_MAX`` characters, is not blank, and has no control characters.
    """
    if type(value) is str and len(value) <= ID_LENGTH_MAX and value.isprintable() and value.strip():
        return None  # nearly all ids there are; what follows says what is wrong with the others
    if not isinstance(value, str):
        return Problem(where, f"not an id: {shown(value)}", "an id is a text")
    if not value or value.isspace():
        return Problem(where, f"an id can't be blank: {shown(value)}")
    return length_problem(value, where, most=ID_LENGTH_MAX) or character_problem(value, where)


def fact_id(*parts: str | int) -> bytes:
    """Return the 16 bytes that name a fact by its natural key.

    Each part carries its type and length, so that no two keys are written alike:
    ``("ab", "c")``, ``("a", "bc")``, ``("1",)`` and ``(1,)`` all differ.
    """
    text = "".join([f"s{len(part)}:{part}" if isinstance(part, str) else _number(part) for part in parts])
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=FACT_ID_BYTES).digest()


def _number(part: int) -> str:
    assert type(part) is int, f"a fact is named by text and whole numbers, not {part!r}"
    return f"i{part};"
