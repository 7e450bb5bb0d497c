"""Whether a value is made of what its class says, all the way down.

Nouns take what they are given.  The one rule this file protects: a verb that keeps a noun for ever has
looked at the kind of each of its parts, so a text is not taken for a tuple of texts, nor ``"no"`` for
a yes.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, NewType, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import attrs
from attrs import frozen

from distcore.kernel.limits import DOCUMENT_DEPTH_MAX
from distcore.kernel.outcome import Problem, shown

_WORDS: Final = {
    str: "a text",
    int: "a whole number",
    bool: "True or False",
    datetime: "an instant",
    date: "a date",
    time: "a time of day",
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
    for each in _kinds_of(kind):
        if isinstance(value, each.base) if each.or_below else type(value) is each.base:
            break
    else:
        words = " or ".join(each.word for each in _kinds_of(kind))
        yield Problem(where, f"not {words}: {shown(value)}")
        return
    if each.base is datetime:
        assert isinstance(value, datetime)
        if value.utcoffset() is None:
            yield Problem(where, f"a time without an offset: {shown(value)}", "an aware datetime")
    if each.item is not None:
        assert isinstance(value, tuple)
        for place, item in enumerate(value):
            yield from shape_problems(item, each.item, f"{where}[{place}]", depth=depth + 1)
    for name, of_field in each.fields:
        place_of_field = f"{where}.{name}" if where else name
        yield from shape_problems(getattr(value, name), of_field, place_of_field, depth=depth + 1)


@frozen
class _Kind:
    """One of the alternatives of a declared type, taken apart once: True is not a number here."""

    base: type
    word: str
    or_below: bool
    item: Any
    fields: tuple[tuple[str, Any], ...]


@cache
def _kinds_of(kind: Any) -> tuple[_Kind, ...]:
    """Return the alternatives of a declared type: its members, if it is a union."""
    if isinstance(kind, NewType):
        return _kinds_of(kind.__supertype__)
    if get_origin(kind) in (Union, UnionType):
        return tuple(each for member in get_args(kind) for each in _kinds_of(member))
    base = get_origin(kind) or kind
    item = get_args(kind)[0] if base is tuple else None
    return (_Kind(base, _word(base), base in (str, ZoneInfo), item, _fields_of(base)),)


def _word(base: type) -> str:
    if issubclass(base, Enum):
        return f"a member of {base.__name__}"
    return _WORDS.get(base, f"{'an' if base.__name__[0] in 'AEIOU' else 'a'} {base.__name__}")


def _fields_of(kind: type) -> tuple[tuple[str, Any], ...]:
    if not attrs.has(kind):
        return ()
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name]) for field in attrs.fields(kind) if field.init)
