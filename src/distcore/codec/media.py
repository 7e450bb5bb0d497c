"""From bytes to a tree of tables, lists, texts and numbers, in TOML or JSON.

The rule this file protects: hostile bytes cost time in proportion to their length and end as a
problem, never as a crash, and no number is ever read as a float.
"""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from enum import Enum
from itertools import islice
from typing import Any, Final, TypeAlias

from attrs import frozen

from distcore.kernel import InputError, Problem, limits, shown

Table: TypeAlias = dict[str, Any]
"""Fields by name: what a document is, and any part of it that has fields."""

_Way: TypeAlias = tuple["_Way", str | int] | None

# A key of more parts than a document is deep: tomllib would take a time quadratic in their number.
_PART: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_long_key = re.compile(
    rf"^[ \t\[]*{_PART}(?:[ \t]*\.[ \t]*{_PART}){{{limits.DOCUMENT_DEPTH_MAX}}}", re.MULTILINE
).search
_toml_place = re.compile(r"(.*) \(at (.*)\)", re.DOTALL).fullmatch


class Media(Enum):
    """How a document is written."""

    TOML = "toml"
    JSON = "json"


def media_of(name: str) -> Media:
    """Return how a document is written, by the ending of its file's name."""
    for media in Media:
        if name.lower().endswith(f".{media.value}"):
            return media
    raise InputError.of("", f"neither TOML nor JSON: {shown(name)}", "name the file .toml or .json")


def parse(data: bytes, media: Media) -> tuple[Table, tuple[Problem, ...]]:
    """Return the table that a document is, and what is wrong with it that tables don't show any more.

    Raises `InputError` for what can't be parsed at all.
    """
    text = _text(data)
    try:
        tree = _parse_json(text) if media is Media.JSON else _parse_toml(text)
    except RecursionError:
        raise InputError((_too_deep("$"),)) from None
    if not isinstance(tree, dict):
        raise InputError.of("$", f"not a table: {shown(tree)}", "a document is a table of named fields")
    _check_depth(tree)
    return tree, tuple(islice(_tree_problems(tree), limits.PROBLEMS_MAX))


def check_length(data: bytes) -> None:
    """Refuse a document that is too long."""
    if len(data) > limits.DOCUMENT_BYTES_MAX:
        raise InputError.of("$", f"too long: {len(data)} bytes", f"at most {limits.DOCUMENT_BYTES_MAX} bytes")


def step(key: str | int) -> str:
    """Return the part of a path that leads to an entry of a table or a list."""
    if isinstance(key, str) and key.isascii() and key.isidentifier() and len(key) < limits.ID_LENGTH_MAX:
        return f".{key}"
    return f"[{shown(key)}]"


@frozen
class _Unread:
    """A number that is not a whole one, as it was written: whoever wanted a value refuses it."""

    text: str

    def __repr__(self) -> str:
        return self.text


class _Doubled(Table):
    """A table of JSON in which some keys stand more than once."""

    twice: tuple[str, ...] = ()


def _text(data: bytes) -> str:
    if not isinstance(data, bytes):
        raise InputError.of("$", f"not bytes: {shown(data)}", "a document is read from the bytes of a file")
    check_length(data)
    if data.startswith(b"\xef\xbb\xbf"):
        raise InputError.of("$", "begins with a byte order mark", "save it as UTF-8 without BOM")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError.of(f"line {line}", "not UTF-8", f"byte {error.start + 1} of the file") from None


def _parse_json(text: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_table, parse_float=_Unread, parse_int=_whole, parse_constant=_Unread
        )
    except json.JSONDecodeError as error:
        raise InputError.of(f"line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from None


def _parse_toml(text: str) -> object:
    if found := _long_key(text):
        line = text.count("\n", 0, found.start()) + 1
        raise InputError((_too_deep(f"line {line}"),))
    try:
        return tomllib.loads(text, parse_float=_Unread)
    except ValueError as error:  # tomllib's own, or Python's for a whole number of thousands of digits
        place = _toml_place(str(error))
        message, where = place.groups() if place else ("a number of too many digits", "$")
        raise InputError.of(where, f"not TOML: {message}") from None


def _table(pairs: list[tuple[str, Any]]) -> Table:
    table = dict(pairs)
    if len(table) == len(pairs):
        return table
    doubled = _Doubled(table)
    doubled.twice = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return doubled


def _whole(digits: str) -> int | _Unread:
    # No number of a document is longer, and reading very long ones takes quadratic time.
    return int(digits) if digits != "-0" and len(digits) <= limits.ID_LENGTH_MAX else _Unread(digits)


def _check_depth(tree: Table) -> None:
    """Refuse what is nested too deep, alone: whoever reads it goes down with it, and would never come up."""
    for _, way, depth in _nodes(tree):
        if depth > limits.DOCUMENT_DEPTH_MAX:
            raise InputError((_too_deep(_path(way)),))


def _tree_problems(tree: Table) -> Iterator[Problem]:
    """Yield keys that stand twice."""
    for node, way, _ in _nodes(tree):
        if isinstance(node, _Doubled):
            for key in node.twice:
                yield Problem(_path((way, key)), "stands twice", "give each field once")


def _nodes(tree: Table) -> Iterator[tuple[Any, _Way, int]]:
    """Yield all tables and lists, each with its way and depth, the outer ones first; without recursion."""
    # A way is the way to the node above and a key: all paths in full could be a thousand times the document.
    waiting: list[tuple[Any, _Way, int]] = [(tree, None, 1)]
    for node, way, depth in waiting:
        yield node, way, depth
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        waiting.extend(
            (value, (way, key), depth + 1) for key, value in entries if isinstance(value, dict | list)
        )


def _path(way: _Way) -> str:
    steps = []
    while way is not None:
        way, key = way
        steps.append(step(key))
    return "$" + "".join(reversed(steps))


def _too_deep(where: str) -> Problem:
    return Problem(where, "nested too deep", f"at most {limits.DOCUMENT_DEPTH_MAX} levels")
