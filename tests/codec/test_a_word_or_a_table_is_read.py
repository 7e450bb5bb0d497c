"""A field that takes a word or a table, such as a rhythm, is read from what it is written as alone."""

import json
from enum import Enum
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from tests.codec.documents import as_json, as_toml

from distcore.codec import Media
from distcore.codec.documents import Format, dump, load
from distcore.codec.kinds import choice_of
from distcore.commission import CategoryIs, SkuIn
from distcore.kernel import (
    Cadence,
    EveryDays,
    InputError,
    OnDates,
    Problem,
    Rhythm,
    parse_date,
    rhythm_problems,
)
from distcore.testing.strategies import rhythms


@frozen
class Closing:
    """When the books are closed; perhaps the cellar is counted in another rhythm."""

    cadence: Rhythm
    counting: Rhythm | None = None
    others: tuple[Rhythm, ...] = ()


def closing_problems(closing: Closing) -> tuple[Problem, ...]:
    return rhythm_problems(closing.cadence, "$.cadence")


CLOSING = Format("closing", 1, Closing, closing_problems)
HEADER = 'document = "closing"\nversion = 1\n'
EVERY_10 = EveryDays(10, parse_date("2026-01-01"))
QUARTERS = OnDates((parse_date("2026-01-01"), parse_date("2026-04-01")))
KINDS = "every_days, on_dates"
WORDS = "daily, half_monthly, monthly, quarterly, weekly, yearly"
LIKE = "(a day like 2017-03-06)"
TIMELESS = "(a day without a time, like 2017-03-06)"
ALONE = '(write "monthly" without a table)'
HINT = f'like "daily", or a table with a kind, one of {KINDS}'


def loaded(toml: str) -> Closing:
    return load((HEADER + toml).encode(), Media.TOML, CLOSING)


def problems_of(data: bytes, media: Media) -> list[str]:
    with pytest.raises(InputError) as raised:
        load(data, media, CLOSING)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("written", "rhythm"),
    [
        *((f'"{cadence.value}"', cadence) for cadence in Cadence),
        ('{ kind = "every_days", days = 10, anchor = 2026-01-01 }', EVERY_10),
        ('{ kind = "every_days", days = 10, anchor = "2026-01-01" }', EVERY_10),
        ('{ kind = "on_dates", dates = [2026-01-01, 2026-04-01] }', QUARTERS),
        ('{ kind = "on_dates", dates = ["2026-01-01", 2026-04-01] }', QUARTERS),
    ],
)
def test_a_rhythm_is_read_as_a_merchant_writes_it(written: str, rhythm: Rhythm) -> None:
    assert loaded(f"cadence = {written}") == Closing(rhythm)
    assert loaded(f'cadence = "daily"\ncounting = {written}') == Closing(Cadence.DAILY, rhythm)
    assert loaded(f'cadence = "daily"\nothers = ["daily", {written}]') == Closing(
        Cadence.DAILY, others=(Cadence.DAILY, rhythm)
    )


@given(rhythms(), rhythms())
def test_what_is_dumped_loads_again(cadence: Rhythm, counting: Rhythm) -> None:
    for closing in (Closing(cadence), Closing(cadence, counting, (counting, cadence))):
        text = dump(closing, CLOSING)
        assert load(text.encode(), Media.JSON, CLOSING) == closing
        assert load(as_toml(json.loads(text)), Media.TOML, CLOSING) == closing


def test_words_and_iso_dates_are_written() -> None:
    tree = json.loads(dump(Closing(Cadence.HALF_MONTHLY, EVERY_10, (QUARTERS,)), CLOSING))
    assert tree == {
        "document": "closing",
        "version": 1,
        "cadence": "half_monthly",
        "counting": {"kind": "every_days", "days": 10, "anchor": "2026-01-01"},
        "others": [{"kind": "on_dates", "dates": ["2026-01-01", "2026-04-01"]}],
    }


def test_an_impossible_rhythm_is_not_dumped() -> None:
    with pytest.raises(InputError, match=r"^\$\.cadence\.days: out of range: 0"):
        dump(Closing(EveryDays(0, parse_date("2026-01-01"))), CLOSING)


@pytest.mark.parametrize(
    ("cadence", "problem"),
    [
        ("dayly", f": unknown value 'dayly', expected one of {WORDS} ({HINT})"),
        ("Monthly", f": unknown value 'Monthly', expected one of {WORDS} ({HINT})"),
        ("MONTHLY", f": unknown value 'MONTHLY', expected one of {WORDS} ({HINT})"),
        ("every_days", f": unknown value 'every_days', expected one of {WORDS} ({HINT})"),
        (None, f": unknown value None, expected one of {WORDS} ({HINT})"),
        (True, f": unknown value True, expected one of {WORDS} ({HINT})"),
        (7, f": unknown value 7, expected one of {WORDS} ({HINT})"),
        (["monthly"], f": unknown value ['monthly'], expected one of {WORDS} ({HINT})"),
        ({}, f': has no kind, expected one of {KINDS} (like kind = "every_days")'),
        ({"kind": "zzz"}, f": unknown kind 'zzz', expected one of {KINDS} (take one of these)"),
        ({"kind": ["monthly"]}, f": unknown kind ['monthly'], expected one of {KINDS} (take one of these)"),
        ({"kind": "EveryDays"}, f": unknown kind 'EveryDays', expected one of {KINDS} (take one of these)"),
        ({"kind": "monthly"}, f": unknown kind 'monthly', expected one of {KINDS} {ALONE}"),
        ({"kind": "on_dates"}, ".dates: is missing (a list in [ ])"),
        ({"kind": "on_dates", "dates": "2026-01-01"}, ".dates: not a list: '2026-01-01' (a list in [ ])"),
        ({"kind": "on_dates", "dates": []}, ".dates: there are 0 (give 1 to 1000)"),
        (
            {"kind": "on_dates", "dates": ["2026-01-01", "2026-01-01"]},
            ".dates[1]: not after the date before it: 2026-01-01 (each date once, the earliest first)",
        ),
        ({"kind": "on_dates", "dates": ["2026-1-1"]}, f".dates[0]: not a date: '2026-1-1' {LIKE}"),
        ({"kind": "on_dates", "dates": [20260101]}, f".dates[0]: not a date: 20260101 {LIKE}"),
        ({"kind": "on_dates", "dates": [None]}, f".dates[0]: not a date: None {LIKE}"),
        ({"kind": "on_dates", "dates": ["2026-02-30"]}, f".dates[0]: no such day: '2026-02-30' {LIKE}"),
        (
            {"kind": "on_dates", "dates": ["9999-01-01"]},
            ".dates[0]: out of time: 9999-01-01 (from 1970 to 9998)",
        ),
    ],
)
def test_what_is_wrong_with_a_rhythm_has_a_path_and_a_hint(cadence: object, problem: str) -> None:
    tree = {"document": "closing", "version": 1, "cadence": cadence}
    assert problems_of(as_json(tree), Media.JSON) == [f"$.cadence{problem}"]


@pytest.mark.parametrize(
    ("anchor", "problem"),
    [
        ("2026-01-01T00:00:00", f"not a date: 2026-01-01T00:00:00 {TIMELESS}"),
        ("2026-01-01T00:00:00Z", f"not a date: 2026-01-01T00:00:00+00:00 {TIMELESS}"),
        ("07:30:00", f"not a date: 07:30:00 {TIMELESS}"),
        ("1969-12-31", "out of time: 1969-12-31 (from 1970 to 9998)"),
        ("9999-12-31", "out of time: 9999-12-31 (from 1970 to 9998)"),
        ("1.5", "not a date: 1.5 (a day like 2017-03-06)"),
    ],
)
def test_what_is_no_date_of_toml(anchor: str, problem: str) -> None:
    text = f'{HEADER}cadence = {{ kind = "every_days", days = 7, anchor = {anchor} }}'
    assert problems_of(text.encode(), Media.TOML) == [f"$.cadence.anchor: {problem}"]


def test_a_date_alone_is_no_rhythm() -> None:
    (problem,) = problems_of(f"{HEADER}cadence = 2026-01-01".encode(), Media.TOML)
    assert problem == f"$.cadence: unknown value 2026-01-01, expected one of {WORDS} ({HINT})"


def test_all_that_is_wrong_is_reported_together() -> None:
    tree: dict[str, Any] = {
        "document": "closing",
        "version": 1,
        "cadence": {"kind": "every_days", "days": "7", "ankor": "2026-01-01"},
        "counting": "dayly",
        "others": ["weekly", {"kind": "on_dates", "dates": ["2026-01-01", "x", "2025-01-01"]}, 7],
    }
    assert [problem.split(" (")[0] for problem in problems_of(as_json(tree), Media.JSON)] == [
        "$.cadence.ankor: unknown field 'ankor'",
        "$.cadence.days: not a whole number: '7'",
        "$.cadence.anchor: is missing",
        f"$.counting: unknown value 'dayly', expected one of {WORDS}",
        "$.others[1].dates[1]: not a date: 'x'",
        f"$.others[2]: unknown value 7, expected one of {WORDS}",
    ]


def test_a_rhythm_is_missed() -> None:
    tree = {"document": "closing", "version": 1}
    assert problems_of(as_json(tree), Media.JSON) == [f"$.cadence: is missing ({HINT})"]


class Other(Enum):
    WORD = "word"


def test_words_of_two_enums_in_one_field_are_a_mistake_of_ours() -> None:
    assert choice_of(Cadence | EveryDays) is Cadence
    assert choice_of(CategoryIs | SkuIn) is None
    with pytest.raises(AssertionError, match="a word could be of"):
        choice_of(Cadence | Other | EveryDays)
