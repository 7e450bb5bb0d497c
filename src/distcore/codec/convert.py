"""The converter: values to and from the tables and lists of a document, by their types alone.

The rule this file protects: a part of a document is what its type says, or a problem with a path;
nothing is guessed, converted or ignored.

Reading never stops.  A part that can't be read still gives a value of its type, a stand-in, so that
what is wrong further on, or only together, is found in the same go.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache, partial, reduce
from itertools import islice
from operator import or_
from types import NoneType
from typing import Any, Final, TypeAlias, get_args, get_origin
from zoneinfo import ZoneInfo

import attrs
from attrs import evolve, frozen
from cattrs import Converter

from distcore.codec.kinds import KIND_OF, Kinds, choice_of, is_enum, kinds_of, members_of
from distcore.codec.media import Table, step
from distcore.commission import Param, Params
from distcore.kernel import (
    EXPONENTS,
    InputError,
    Instant,
    Problem,
    Rate,
    date_problem,
    format_instant,
    format_minor,
    format_time,
    instant_of,
    limits,
    parse_date,
    parse_instant,
    parse_minor,
    parse_time,
    shown,
    time_problem,
    utc,
    zone_of,
)


@frozen
class Read:
    """What was made of a part of a document: a value of the wanted type, and what is wrong.

    Problems are placed relative to the part.  With a problem, the value is a stand-in in some place.
    """

    value: Any
    problems: tuple[Problem, ...] = ()


Reader: TypeAlias = Callable[[Any, Any], Read]

ABSENT: Final = object()
"""What is read where a required field is missing: no reader takes it, so it gives a stand-in and a hint."""

_FALLBACK_CURRENCY: Final = max(EXPONENTS, key=EXPONENTS.__getitem__)
_MINOR: Final = "_minor"
_is_hex: Final = re.compile("(?:[0-9a-f]{2})*").fullmatch


def converter_for(currency: object) -> Converter:
    """Return the converter of a document whose amounts are in this currency.

    Without a known currency, amounts are taken with as many decimals as any currency has.
    """
    known = isinstance(currency, str) and currency in EXPONENTS
    return _converter(str(currency) if known else _FALLBACK_CURRENCY)


@cache  # no more than there are currencies
def _converter(currency: str) -> Converter:
    converter = Converter()
    for kind, reader in _SCALARS.items():
        converter.register_structure_hook(kind, reader)
    amount = _scalar(partial(parse_minor, currency=currency), 0)
    converter.register_structure_hook_factory(attrs.has, partial(_table_reader, converter, amount))
    converter.register_structure_hook_factory(_is_list, partial(_list_reader, converter))
    converter.register_structure_hook_factory(_is_optional, partial(_optional_reader, converter))
    converter.register_structure_hook_factory(_is_choices, _choices_reader)
    converter.register_structure_hook_factory(_has_kinds, partial(_kind_reader, converter, amount))
    converter.register_structure_hook_factory(_is_mixed, partial(_mixed_reader, converter, amount))
    converter.register_unstructure_hook_factory(attrs.has, partial(_table_writer, converter, currency))
    converter.register_structure_hook(Params, _read_params)
    converter.register_unstructure_hook(
        Params, lambda params: {each.name: each.value for each in params.entries}
    )
    converter.register_unstructure_hook(bytes, bytes.hex)
    converter.register_unstructure_hook(Rate, str)
    converter.register_unstructure_hook(ZoneInfo, str)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(datetime, format_instant)
    converter.register_unstructure_hook(time, format_time)
    return converter


def read(converter: Converter, raw: object, wanted: Any) -> Read:
    """Return a part of a document as a value of a type."""
    reader: Reader = converter.get_structure_hook(wanted)
    return reader(raw, wanted)


# ---- single values


def _scalar(parse: Callable[[Any], object], stand_in: object) -> Reader:
    """Return the reader of a value that a function of the kernel takes or refuses."""

    def reader(raw: Any, _: Any) -> Read:
        try:
            return Read(parse(raw))
        except InputError as error:
            return Read(stand_in, error.problems)

    return reader


def _text(raw: object) -> str:
    if type(raw) is not str:
        raise InputError.of("", f"not a text: {_as_written(raw)}", "a text in quotes")
    return raw


def _whole(raw: object) -> int:
    if type(raw) is not int:
        raise InputError.of("", f"not a whole number: {_as_written(raw)}", "a whole number, without quotes")
    return raw


def _flag(raw: object) -> bool:
    if type(raw) is not bool:
        raise InputError.of(
            "", f"neither true nor false: {_as_written(raw)}", "true or false, without quotes"
        )
    return raw


def _bytes(raw: object) -> bytes:
    hint = "pairs of the digits 0 to 9 and a to f"
    if type(raw) is not str or not _is_hex(raw):
        raise InputError.of("", f"not bytes: {_as_written(raw)}", hint)
    return bytes.fromhex(raw)


def _instant(raw: object) -> Instant:
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return utc(raw)
    if isinstance(raw, datetime):
        hint = "an offset at its end, like +08:00"
        raise InputError.of("", f"a time without an offset: {raw.isoformat()}", hint)
    return parse_instant(raw.isoformat() if isinstance(raw, date | time) else raw)


def _date(raw: object) -> date:
    if not isinstance(raw, date | time):
        return parse_date(raw)
    if isinstance(raw, datetime | time):
        raise InputError.of("", f"not a date: {raw.isoformat()}", "a day without a time, like 2017-03-06")
    if problem := date_problem(raw, ""):
        raise InputError((problem,))
    return raw


def _time(raw: object) -> time:
    if not isinstance(raw, date | time):
        return parse_time(raw)
    if isinstance(raw, date):
        hint = "a time of day without a date, like 20:00"
        raise InputError.of("", f"not a time of day: {raw.isoformat()}", hint)
    if problem := time_problem(raw, ""):
        raise InputError((problem,))
    return raw


def _as_written(raw: object) -> str:
    """Return a value as it stands in the document: a date is not written as Python does."""
    return raw.isoformat() if isinstance(raw, date | time) else shown(raw)


def _read_choice(raw: object, wanted: type[Enum]) -> Read:
    for member in wanted:
        if type(raw) is str and raw == member.value:
            return Read(member)
    expected = ", ".join(sorted(member.value for member in wanted))
    problem = Problem(
        "", f"unknown value {_as_written(raw)}, expected one of {expected}", "take one of these"
    )
    return Read(next(iter(wanted)), (problem,))


def _choices_reader(wanted: Any) -> Reader:
    """Read a word of one of several enums, which have none in common."""
    words = {each.value: each for choice in members_of(wanted) for each in choice}
    assert len(words) == sum(len(choice) for choice in members_of(wanted)), f"two of {wanted} are one word"

    def reader(raw: Any, _: Any) -> Read:
        if type(raw) is str and raw in words:
            return Read(words[raw])
        message = f"unknown value {_as_written(raw)}, expected one of {', '.join(sorted(words))}"
        return Read(words[min(words)], (Problem("", message, "take one of these"),))

    return reader


def _read_params(raw: object, _: object) -> Read:
    """Read a table in which every name is the shop's own."""
    if not isinstance(raw, dict):
        return Read(Params(), (Problem("", f"not a table: {_as_written(raw)}", "a table of names"),))
    hint = "a text, a whole number, true or false"
    wrong = (name for name, value in raw.items() if type(value) not in (str, int, bool))
    problems = [
        Problem(step(name), f"can't be told to a formula: {_as_written(raw[name])}", hint)
        for name in islice(wrong, limits.PROBLEMS_MAX)
    ]
    known = (Param(name, value) for name, value in raw.items() if type(value) in (str, int, bool))
    return Read(Params(known), tuple(problems))


_SCALARS: Final[Mapping[type, Reader]] = {
    str: _scalar(_text, ""),
    int: _scalar(_whole, 1),
    bool: _scalar(_flag, False),
    bytes: _scalar(_bytes, b""),
    datetime: _scalar(_instant, instant_of(limits.INSTANT_MIN)),
    date: _scalar(_date, instant_of(limits.INSTANT_MIN).date()),
    time: _scalar(_time, time()),
    # No budget is exceeded on account of a rate that could not be read: 100 % is its stand-in, too.
    Rate: _scalar(Rate.parse, Rate(limits.RATE_PPM_MAX)),
    ZoneInfo: _scalar(zone_of, ZoneInfo("UTC")),
    Enum: _read_choice,
}


# ---- lists, tables, unions


def _is_list(wanted: Any) -> bool:
    return get_origin(wanted) is tuple


def _is_choices(wanted: Any) -> bool:
    return len(members_of(wanted)) > 1 and all(is_enum(each) for each in members_of(wanted))


def _is_optional(wanted: Any) -> bool:
    return NoneType in get_args(wanted)


def _has_kinds(wanted: Any) -> bool:
    return kinds_of(wanted) is not None


def _is_mixed(wanted: Any) -> bool:
    return _has_kinds(wanted) and choice_of(wanted) is not None


def _list_reader(converter: Converter, wanted: Any) -> Reader:
    item_type, _ = get_args(wanted)

    def reader(raw: Any, _: Any) -> Read:
        if not isinstance(raw, list):
            return Read((), (Problem("", f"not a list: {shown(raw)}", "a list in [ ]"),))
        read_item: Reader = converter.get_structure_hook(item_type)
        values: list[object] = []
        problems: list[Problem] = []
        for index, item in enumerate(raw):
            if len(problems) >= limits.PROBLEMS_MAX:
                break  # no more will be reported, and a long list of nonsense would take long
            part = read_item(item, item_type)
            values.append(part.value)
            problems.extend(_below(index, part))
        return Read(tuple(values), tuple(problems))

    return reader


def _optional_reader(converter: Converter, wanted: Any) -> Reader:
    """A field without a value is left out of the document: there is no other way to write None."""
    present: Any = reduce(or_, members_of(wanted))
    hook: Reader = converter.get_structure_hook(present)

    def reader(raw: object, _: Any) -> Read:
        return hook(raw, present)

    return reader


def _table_reader(converter: Converter, amount: Reader, wanted: Any) -> Reader:
    # A condition may hold conditions: what is defined after it, it names by a text.
    fields = {_name_of(field): field for field in attrs.fields(attrs.resolve_types(wanted))}

    def read_field(field: "attrs.Attribute[Any]", raw: object) -> Read:
        return amount(raw, int) if field.name.endswith(_MINOR) else read(converter, raw, field.type)

    def reader(raw: Any, _: Any) -> Read:
        if not isinstance(raw, dict):
            hint = f"a table with {', '.join(sorted(fields))}"
            return Read(stand_in(), (Problem("", f"not a table: {shown(raw)}", hint),))
        values: dict[str, object] = {}
        unknown = (key for key in raw if key not in fields)
        problems = [_unknown(key, fields) for key in islice(unknown, limits.PROBLEMS_MAX)]
        for name, field in fields.items():
            if name in raw:
                part = read_field(field, raw[name])
            elif field.default is attrs.NOTHING and _is_optional(field.type):
                part = Read(None)
            elif field.default is attrs.NOTHING:
                part = read_field(field, ABSENT)
                part = evolve(part, problems=(Problem("", "is missing", part.problems[0].hint),))
            else:
                continue
            values[field.name] = part.value
            problems.extend(_below(name, part))
        return Read(wanted(**values), tuple(problems))

    @cache
    def stand_in() -> object:
        return reader({}, wanted).value

    return reader


def _kind_reader(converter: Converter, amount: Reader, wanted: Any) -> Reader:
    """Read one of several tables: the field `kind` says which."""
    kinds = kinds_of(wanted)
    assert kinds, f"{wanted} has no kinds"
    readers = {kind: _table_reader(converter, amount, noun) for kind, noun in kinds.items()}
    first = next(iter(kinds))

    def reader(raw: Any, _: Any) -> Read:
        problem = _kind_problem(raw, kinds)
        if problem:
            return Read(readers[first](ABSENT, kinds[first]).value, (problem,))
        kind = raw["kind"]
        return readers[kind]({key: raw[key] for key in raw if key != "kind"}, kinds[kind])

    return reader


def _mixed_reader(converter: Converter, amount: Reader, wanted: Any) -> Reader:
    """Read a word of an enum, or one of several tables; the word stands alone."""
    kinds, choice = kinds_of(wanted), choice_of(wanted)
    assert kinds, f"{wanted} has no kinds"
    assert choice, f"{wanted} has no words"
    read_table = _kind_reader(converter, amount, wanted)
    words = [member.value for member in choice]
    hint = f'like "{words[0]}", or a table with a kind, one of {", ".join(sorted(kinds))}'

    def reader(raw: Any, _: Any) -> Read:
        if not isinstance(raw, dict):
            return _hinting(hint, _read_choice(raw, choice))
        part = read_table(raw, wanted)
        kind = raw.get("kind")
        return _hinting(f'write "{kind}" without a table', part) if kind in words else part

    return reader


def _hinting(hint: str, part: Read) -> Read:
    return evolve(part, problems=tuple(evolve(problem, hint=hint) for problem in part.problems))


def _kind_problem(raw: object, kinds: Kinds) -> Problem | None:
    expected = f"expected one of {', '.join(sorted(kinds))}"
    if not isinstance(raw, dict):
        return Problem("", f"not a table: {shown(raw)}", f"a table with a kind, {expected}")
    if "kind" not in raw:
        return Problem("", f"has no kind, {expected}", f'like kind = "{min(kinds)}"')
    kind = raw["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        return Problem("", f"unknown kind {shown(kind)}, {expected}", "take one of these")
    return None


def _unknown(key: str, fields: Mapping[str, object]) -> Problem:
    expected = f"expected {', '.join(sorted(fields))}" if fields else "there are none"
    return Problem(step(key), f"unknown field {shown(key)}", expected)


def _below(key: str | int, part: Read) -> Iterator[Problem]:
    for problem in part.problems:
        yield evolve(problem, where=step(key) + problem.where)


def _name_of(field: "attrs.Attribute[Any]") -> str:
    """Return what a field is called in documents: there, amounts are in major units."""
    return field.name.removesuffix(_MINOR)


# ---- writing


def _table_writer(converter: Converter, currency: str, wanted: Any) -> Callable[[Any], Table]:
    fields = attrs.fields(wanted)
    kind = {"kind": KIND_OF[wanted]} if wanted in KIND_OF else {}

    def writer(value: Any) -> Table:
        table: Table = dict(kind)
        for field in fields:
            part = getattr(value, field.name)
            if part is None:
                continue
            if field.name.endswith(_MINOR):
                table[_name_of(field)] = format_minor(part, currency)
            else:
                table[field.name] = converter.unstructure(part)
        return table

    return writer
