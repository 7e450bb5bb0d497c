"""The checks that every edge needs: a whole number in bounds, text that can be stored, a list of things.

The one rule this file protects: ``True`` is not a number, a text is not a list of its letters, and no text
that some database, terminal or encoding can't hold gets past the edge.
"""

import re
from collections.abc import Hashable, Iterator, Sequence

from distcore.kernel.limits import TEXT_LENGTH_MAX
from distcore.kernel.outcome import Problem, Severity, shown

# Control characters (category Cc) break logs and CSV files; lone surrogates are not text at all.
_illegal = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]").search


def int_problem(value: object, where: str, *, least: int, most: int) -> Problem | None:
    """Return what is wrong with a whole number, or None; both bounds are allowed values."""
    if type(value) is not int:
        return Problem(where, f"not a whole number: {shown(value)}")
    if not least <= value <= most:
        return Problem(where, f"out of range: {shown(value)}", f"from {least} to {most}")
    return None


def text_problem(value: object, where: str) -> Problem | None:
    """Return what is wrong with a free text, or None; it may be empty."""
    if type(value) is str and len(value) <= TEXT_LENGTH_MAX and value.isprintable():
        return None  # nearly all texts there are; what follows says what is wrong with the others
    if not isinstance(value, str):
        return Problem(where, f"not a text: {shown(value)}")
    return length_problem(value, where, most=TEXT_LENGTH_MAX) or character_problem(value, where)


def list_problem(value: object, where: str) -> Problem | None:
    """Return what is wrong with what should be a list; a text is a sequence too, of what nobody gave."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return None
    return Problem(where, f"not a list: {shown(value)}", "a list, also of one")


def size_problems(where: str, count: int, most: int) -> Iterator[Problem]:
    """Yield what is wrong with how many there are of something that must be there."""
    if not 1 <= count <= most:
        yield Problem(where, f"there are {count}", f"give 1 to {most}")


def twice_problems(
    where: str,
    values: Sequence[Hashable],
    hint: str,
    field: str = "",
    severity: Severity = Severity.ERROR,
) -> Iterator[Problem]:
    """Yield each value that stands twice in a list; `field` says of which field, as in `.id`, they are."""
    seen: set[Hashable] = set()
    for place, each in enumerate(values):
        if each in seen:
            yield Problem(f"{where}[{place}]{field}", f"{shown(each)} stands twice", hint, severity)
        seen.add(each)


def length_problem(value: str, where: str, *, most: int) -> Problem | None:
    """Return a problem if there are more than ``most`` characters."""
    if len(value) > most:
        return Problem(where, f"too long: {shown(value)}", f"at most {most} characters, not {len(value)}")
    return None


def character_problem(value: str, where: str) -> Problem | None:
    """Return a problem if there is a control character or a lone surrogate."""
    if not (found := _illegal(value)):
        return None
    return Problem(
        where,
        f"has a character that is not allowed: {shown(value)}",
        f"U+{ord(found[0]):04X} at position {found.start() + 1}",
    )
