"""Bytes of any kind end as a problem with a place, quickly."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.codec.documents import a_component, a_plan, a_rule, as_json, as_toml, places_of, problems_of

from distcore.codec import Media, load_plan, load_policy, media_of
from distcore.kernel import InputError, limits

HEADER = b'{"document": "commission-plan", "version": 1, '
SECONDS_MAX = 30  # a second on a quiet machine; what is quadratic takes minutes


def nested(depth: int) -> bytes:
    """Return a plan whose field x makes it `depth` levels deep."""
    return HEADER + b'"x": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_a_byte_too_many() -> None:
    plan = as_json(a_plan())
    room = limits.DOCUMENT_BYTES_MAX - len(plan)

    assert problems_of(plan + b" " * room) == []
    (problem,) = problems_of(plan + b" " * (room + 1))
    assert str(problem) == "$: too long: 1000001 bytes (at most 1000000 bytes)"


@pytest.mark.parametrize("media", Media)
def test_not_utf_8(media: Media) -> None:
    (problem,) = problems_of(b'{"id":\n"\xff"}', media)
    assert str(problem) == "line 2: not UTF-8 (byte 9 of the file)"
    assert places_of("{}".encode("utf-16"), media) == ["line 1"]


@pytest.mark.parametrize("media", Media)
def test_a_byte_order_mark(media: Media) -> None:
    (problem,) = problems_of(b"\xef\xbb\xbf" + as_json(a_plan()), media)
    assert str(problem) == "$: begins with a byte order mark (save it as UTF-8 without BOM)"


@pytest.mark.parametrize("data", ["{}", None, bytearray(b"{}"), 1])
def test_not_bytes(data: bytes) -> None:
    with pytest.raises(InputError, match="not bytes"):
        load_plan(data, Media.JSON)


@pytest.mark.parametrize(
    ("media", "data", "where"),
    [
        (Media.JSON, b"", "line 1, column 1"),
        (Media.JSON, b'{"id": 1\n,}', "line 2, column 2"),
        (Media.JSON, b'{"id": "\x01"}', "line 1, column 9"),
        (Media.JSON, b"{'id': 1}", "line 1, column 2"),
        (Media.JSON, b"{} {}", "line 1, column 4"),
        (Media.TOML, b'id = "a"\nid = "b"', "end of document"),
        (Media.TOML, b"id = \n", "line 1, column 6"),
        (Media.TOML, b"id = 2026-02-30", "line 1, column 6"),
        (Media.TOML, b"id = " + b"1" * 5000, "$"),
        (Media.JSON, b"[]", "$"),
        (Media.JSON, b"null", "$"),
        (Media.JSON, b"1e400", "$"),
    ],
)
def test_what_cannot_be_parsed_has_one_place(media: Media, data: bytes, where: str) -> None:
    assert places_of(data, media) == [where]


def test_a_key_stands_twice() -> None:
    data = as_json(a_plan()).replace(b'"days": 7', b'"days": 7, "days": 8, "days": 9')

    (problem,) = problems_of(data)
    assert str(problem) == "$.freeze.days: stands twice (give each field once)"


@pytest.mark.parametrize(
    "number", ["1.0", "1e400", "1e2", "NaN", "Infinity", "-Infinity", "-0", "1" * 129, "0.1" + "0" * 400_000]
)
def test_a_number_that_is_not_whole(number: str) -> None:
    (problem,) = problems_of(as_json(a_plan()).replace(b'"days": 7', b'"days": ' + number.encode()))

    assert problem.where == "$.freeze.days"
    assert problem.message.startswith(f"not a whole number: {number[:50]}")


@pytest.mark.parametrize("value", ["1.0", "1e400", "nan", "-inf", "2026-01-01", "12:00:00", "true"])
def test_a_value_of_toml_that_is_no_whole_number(value: str) -> None:
    (problem,) = problems_of(
        as_toml(a_plan()).replace(b'"days" = 7', b'"days" = ' + value.encode()), Media.TOML
    )

    assert problem.where == "$.freeze.days"


def test_a_local_time_of_toml_has_no_offset() -> None:
    data = as_toml(a_plan()).replace(b'"2026-01-01T00:00:00+08:00"', b"2026-01-01T00:00:00")

    (problem,) = problems_of(data, Media.TOML)
    assert (problem.where, problem.message[:24]) == ("$.valid_from", "a time without an offset")


def test_as_deep_as_may_be() -> None:
    assert "nested too deep" not in {each.message for each in problems_of(nested(limits.DOCUMENT_DEPTH_MAX))}

    (deeper,) = problems_of(nested(limits.DOCUMENT_DEPTH_MAX + 1))
    assert str(deeper) == "$.x" + "[0]" * 31 + ": nested too deep (at most 32 levels)"


@pytest.mark.parametrize("depth", [26, 27, 250, 400, 1_000, 20_000])
def test_a_condition_in_conditions_is_refused_however_deep(depth: int) -> None:
    """Beyond some 200 levels, reading it would be too much for Python; beyond a thousand, parsing it."""
    match = '{"kind": "not", "match": ' * depth + '{"kind": "sku", "skus": ["tea"]}' + "}" * depth
    found = problems_of(
        as_json(a_plan(components=[a_component(a_rule(match=0))])).replace(
            b'"match": 0', b'"match": ' + match.encode()
        )
    )

    assert [each.message for each in found] == ["nested too deep"] * (depth > 25)


@pytest.mark.parametrize(
    ("media", "data"),
    [
        (Media.JSON, b"[" * 1_000_000),
        (Media.JSON, b'{"a":' * 200_000),
        (Media.JSON, b"[" * 100_000 + b"]" * 100_000),
        (Media.TOML, b"a = " + b"[" * 900_000),
        (Media.TOML, b"a = " + b"{a=" * 300_000),
        (Media.TOML, b"a." * 499_000 + b"a = 1"),
        (Media.TOML, b"[" + b"a." * 200_000 + b"a]\n" + b"".join(b"b%d=1\n" % n for n in range(50_000))),
        (Media.TOML, b"[[ 'a' . " + b'"b\\"" . ' * 100_000 + b"c ]]"),
    ],
)
def test_much_too_deep_is_refused_before_it_costs_anything(media: Media, data: bytes) -> None:
    assert [each.message for each in problems_of(data, media)] == ["nested too deep"]


@pytest.mark.parametrize(
    "data",
    [
        HEADER + b'"components": [' + b"1," * 480_000 + b"1]}",
        HEADER + b'"components": [' + b"{}," * 300_000 + b"{}]}",
        HEADER + b'"components": [' + b'{"kind":"upline"},' * 50_000 + b"1]}",
        HEADER + b'"x": ' + b'[{"a":1,"a":1}' + b',{"a":1,"a":1}' * 60_000 + b"]}",
        HEADER + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}",
        b'{"document": "shop-policy", "currencies": [' + b'"CNY",' * 150_000 + b'"CNY"]}',
    ],
    ids=["numbers", "tables", "components", "doubled", "unknown", "currencies"],
)
def test_a_megabyte_of_mistakes_is_refused_in_time(data: bytes) -> None:
    started = time.perf_counter()
    found = problems_of(data)

    assert len(found) == limits.PROBLEMS_MAX
    assert time.perf_counter() - started < SECONDS_MAX


@given(st.binary(max_size=200), st.sampled_from(Media))
@example(b'"\\ud800"', Media.JSON)
@example(b'{"\\ud800": 1}', Media.JSON)
def test_any_bytes_end_as_problems(data: bytes, media: Media) -> None:
    for load in (load_plan, load_policy):
        with pytest.raises(InputError):
            load(data, media)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    ),
    st.sampled_from(["id", "plan_version", "currency", "valid_from", "freeze", "components", "budget"]),
)
def test_any_value_in_any_field_ends_as_problems_or_loads(value: object, name: str) -> None:
    for problem in problems_of(json.dumps(a_plan(**{name: value})).encode()):
        assert problem.where.startswith(("$", "line "))
        assert str(problem).encode()  # what is echoed can always be printed


@pytest.mark.parametrize(
    ("name", "media"),
    [("plan.toml", Media.TOML), ("/a b/PLAN.JSON", Media.JSON), ("x.json.toml", Media.TOML)],
)
def test_the_ending_of_a_name_says_how_it_is_written(name: str, media: Media) -> None:
    assert media_of(name) is media


@pytest.mark.parametrize("name", ["plan.yaml", "plan", "toml", ""])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="neither TOML nor JSON"):
        media_of(name)
