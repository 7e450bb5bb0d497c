"""Ids are different if anything about them is, and facts are named without confusion."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distcore.kernel import fact_id, id_problem, int_problem, limits, text_problem

parts = st.lists(st.text(max_size=5) | st.text("s1:;i", max_size=5) | st.integers(), max_size=4)


@given(parts, parts)
@example(["ab", "c"], ["a", "bc"])
@example(["1"], [1])
@example(["s1:a"], ["a"])
@example([1, 2], [12])
@example([], [""])
@example(["abc"], ["abc "])
@example(["abc"], ["ABC"])
@example(["é"], ["e\u0301"])
def test_two_keys_never_name_the_same_fact(one: list[str | int], other: list[str | int]) -> None:
    assert (fact_id(*one) == fact_id(*other)) == (one == other)


def test_the_names_of_facts_never_change() -> None:
    """If this fails, replays would write every fact a second time: don't change the expectation."""
    assert fact_id("sale", "S1", 1, "é").hex() == "51e90701448c94e41fcb4c4484ea46ae"
    assert len(fact_id()) == 16


@pytest.mark.parametrize("part", [True, 1.5, None, b"x"])
def test_facts_are_named_by_text_and_whole_numbers(part: int) -> None:
    with pytest.raises(AssertionError):
        fact_id("sale", part)


@pytest.mark.parametrize(
    "value", ["m1", " m1", "m1 ", "M1", "张三", "é", "' OR 1=1--", "=1+1", "👩‍👩‍👧", "\u200b", "x" * 128]
)
def test_an_id_is_what_the_shop_says(value: str) -> None:
    assert id_problem(value, "member_id") is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "an id can't be blank: ''"),
        (" \u3000", "an id can't be blank"),
        ("x" * 129, r"too long: 'x+\.\.\. \(at most 128 characters, not 129\)"),
        ("x" * 10**6, "too long"),
        ("a\nb", r"has a character that is not allowed: 'a\\nb' \(U\+000A at position 2\)"),
        ("a\0", r"has a character .*U\+0000 at position 2"),
        ("\x85a", r"has a character .*U\+0085"),
        ("a\ud800", r"has a character .*U\+D800 at position 2"),
        (7, r"not an id: 7 \(an id is a text\)"),
        (True, "not an id: True"),
        (None, "not an id: None"),
    ],
)
def test_what_is_not_an_id(value: object, message: str) -> None:
    problem = id_problem(value, "member_id")
    assert problem is not None
    with pytest.raises(ValueError, match=f"^member_id: {message}"):
        raise ValueError(str(problem))


@given(st.text(st.characters(exclude_categories=[]), min_size=1, max_size=130))
def test_exactly_these_texts_are_ids(value: str) -> None:
    allowed = (
        len(value) <= limits.ID_LENGTH_MAX
        and not value.isspace()
        and not any(unicodedata.category(c) in ("Cc", "Cs") for c in value)
    )
    assert (id_problem(value, "") is None) == allowed


def test_a_free_text_may_be_empty_but_not_endless() -> None:
    assert text_problem("", "") is None
    assert text_problem("x" * limits.TEXT_LENGTH_MAX, "") is None
    assert "too long" in str(text_problem("x" * (limits.TEXT_LENGTH_MAX + 1), ""))
    assert "not allowed" in str(text_problem("a\tb", ""))
    assert "not a text: b'x'" in str(text_problem(b"x", ""))


def test_whole_numbers_have_bounds() -> None:
    assert int_problem(0, "units", least=0, most=5) is None
    assert int_problem(5, "units", least=0, most=5) is None
    for value in (-1, 6):
        assert (
            str(int_problem(value, "units", least=0, most=5)) == f"units: out of range: {value} (from 0 to 5)"
        )
    assert str(int_problem(True, "units", least=0, most=5)) == "units: not a whole number: True"
