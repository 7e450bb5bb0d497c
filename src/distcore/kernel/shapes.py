"""Whether a value is made of what its class says, all the way down.

Nouns take what they are given.  The one rule this file protects: a verb that keeps a noun for ever has
looked at the kind of each of its parts, so a text is not taken for a tuple of texts, nor ``"no"`` for
a yes.
"""

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import attrs

from distcore.kernel.limits import DOCUMENT_DEPTH_MAX
from distcore.kernel.outcome import Problem, shown

_WORDS: Final = {
    str: "a text",
    int: "a whole number",
    bool: "True or False",
    datetime: "an instant",
    date: "a date",
    ZoneInfo: "a time zone",
    tuple: "a tuple",
    type(None): "None",
}


def shape_problems(value: object, kind: Any, where: str, *, depth: int = 1) -> Iterator[Problem]:
    """Yield, with their paths, the parts of a value that are not of the kind that is declared.

    A value that holds others of its kind may be nested no deeper than a document.
    """
    if depth > DOCUMENT_DEPTH_MAX:
        yield Problem(where, f"is nested more than {DOCUMENT_DEPTH_MAX} levels deep", "write it flatter")
        return
    kinds = _kinds_of(kind)
    fitting = next((each for each in kinds if _fits(value, each)), None)
    if fitting is None:
        yield Problem(where, f"not {' or '.join(map(_word, kinds))}: {shown(value)}")
    elif get_origin(fitting) is tuple:
        assert isinstance(value, tuple)
        for place, item in enumerate(value):
            yield from shape_problems(item, get_args(fitting)[0], f"{where}[{place}]", depth=depth + 1)
    elif attrs.has(fitting):
        for name, of_field in _fields_of(fitting):
            place_of_field = f"{where}.{name}" if where else name
            yield from shape_problems(getattr(value, name), of_field, place_of_field, depth=depth + 1)


def _kinds_of(kind: Any) -> tuple[Any, ...]:
    """Return the alternatives of a declared type: its members, if it is a union."""
    if isinstance(kind, NewType):
        return _kinds_of(kind.__supertype__)
    if get_origin(kind) in (Union, UnionType):
        return tuple(each for member in get_args(kind) for each in _kinds_of(member))
    return (kind,)


def _fits(value: object, kind: Any) -> bool:
    """Say whether a value is of a kind, its parts aside; True is not a number here."""
    base = get_origin(kind) or kind
    return isinstance(value, base) if base in (str, ZoneInfo) else type(value) is base


def _word(kind: Any) -> str:
    base = get_origin(kind) or kind
    if isinstance(base, type) and issubclass(base, Enum):
        return f"a member of {base.__name__}"
    return _WORDS.get(base, f"{'an' if base.__name__[0] in 'AEIOU' else 'a'} {base.__name__}")


@cache
def _fields_of(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in attrs.fields(kind) if field.init)
