"""Canonical bytes: one way to write a value, so that equal values have equal hashes.

Idempotency keys, quotes and seals hash these bytes.  The one rule this file protects: the bytes of
a value never change.  They are JSON in UTF-8 without blanks; a value of a class is an object of one
entry, the class name, with the fields in their order.  Fields at the end that equal their defaults
are left out, so a later, optional field at the end doesn't change the hashes of old values.  Hence
names, order and defaults of fields are for ever.

    >>> from distcore.kernel import canonical
    >>> canonical({"b": (1, None), "a": "é"}).decode()
    '{"a":"é","b":[1,null]}'
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from enum import Enum
from hashlib import blake2b
from json import JSONEncoder
from operator import attrgetter
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from distcore.kernel.dates import format_time
from distcore.kernel.instants import format_instant

DIGEST_BYTES: Final = 16

_Plain: TypeAlias = Callable[[Any], object]
_plainers: Final[dict[type, _Plain]] = {}  # filled as classes come by


def canonical(value: object) -> bytes:
    """Return the canonical bytes of a value.

    It may be made of attrs classes, enums, instants, dates, times of day, tuples, lists, mappings with
    text as keys, bytes (written as hex), zones (by name), text, whole numbers, booleans and None.
    Anything else, or a class with a float, is a mistake of ours.
    """
    return _write(value).encode("utf-8", "surrogatepass")


def digest(value: object) -> bytes:
    """Return the 16 bytes that stand for a value: a hash of its canonical bytes."""
    return blake2b(canonical(value), digest_size=DIGEST_BYTES).digest()


def _plain(value: Any) -> object:
    """Return what JSON knows for a value of a class that it does not know."""
    kind = type(value)
    plainer = _plainers.get(kind)
    if plainer is None:
        plainer = _plainers[kind] = _plainer_of(kind)
    return plainer(value)


# Text, numbers, tuples and lists go straight to the encoder, which is written in C; it asks for the rest.
_write = JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"), default=_plain
).encode


def _plainer_of(kind: type) -> _Plain:
    """Return how values of this class become what JSON knows."""
    if attrs.has(kind):
        return _object_plainer(kind)
    for base, plainer in _PLAINERS:
        if issubclass(kind, base):
            return plainer
    raise AssertionError(f"a {kind.__name__} has no canonical form")


_PLAINERS: Final[tuple[tuple[type, _Plain], ...]] = (
    (Enum, lambda member: member.value),
    (Mapping, dict),
    (datetime, format_instant),  # before dates: in Python, a datetime is one
    (date, date.isoformat),
    (time, format_time),
    (bytes, bytes.hex),
    (ZoneInfo, str),
)


def _object_plainer(kind: type) -> _Plain:
    fields = [field for field in attrs.fields(kind) if field.init]
    assert all(field.type not in (float, "float") for field in fields), f"{kind.__name__} has a float"
    defaults = [_default_of(field) for field in fields]
    required = max((place for place, each in enumerate(defaults, 1) if each is attrs.NOTHING), default=0)
    tag = kind.__name__
    # A getter of a single name gives the value itself, of two or more a tuple: two more make it sure.
    values_of = attrgetter(*[field.name for field in fields], "__class__", "__class__")

    def plain(value: object) -> object:
        values = values_of(value)
        kept = len(defaults)
        while kept > required and _same(values[kept - 1], defaults[kept - 1]):
            kept -= 1
        return {tag: values[:kept]}

    return plain


def _same(item: object, default: object) -> bool:
    """Say whether a value is its default; False equals 0 in Python, and is something else."""
    return item is default or (type(item) is type(default) and item == default)


def _default_of(field: "attrs.Attribute[Any]") -> object:
    default: Any = field.default
    if type(default) is attrs.Factory:
        assert not default.takes_self, f"{field.name}: a default of other fields isn't for ever"
        return default.factory()
    return default
