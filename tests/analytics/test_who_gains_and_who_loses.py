"""Everybody of two answers is compared, and nothing is lost between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.analytics import Movement, compare, movements
from distcore.kernel import InputError, MemberId

people = st.sampled_from(("ann", "Ann", "ben", "安", "joe")).map(MemberId)
answers = st.dictionaries(people, st.integers(-20, 20))


@given(answers, answers, st.integers(0, 6))
def test_what_is_gained_less_what_is_lost_is_the_difference(
    before: dict[MemberId, int], after: dict[MemberId, int], largest: int
) -> None:
    found = compare(before, after, largest=largest)

    assert found.change_minor == sum(after.values()) - sum(before.values())
    assert found.gained_minor - found.lost_minor == found.change_minor
    assert found.gaining + found.losing + found.unchanged == len({*before, *after})
    moved = [each for each in movements(before, after) if each.before_minor != each.after_minor]
    assert found.gaining + found.losing == len(moved)
    assert (
        list(found.largest) == sorted(moved, key=lambda each: (-abs(each.change_minor), each.payee))[:largest]
    )


@given(answers, answers)
def test_backwards_gains_are_losses(before: dict[MemberId, int], after: dict[MemberId, int]) -> None:
    there, back = compare(before, after), compare(after, before)
    assert (there.gaining, there.gained_minor) == (back.losing, back.lost_minor)
    assert [each.payee for each in there.largest] == [each.payee for each in back.largest]


@given(answers)
def test_the_same_is_no_change(answer: dict[MemberId, int]) -> None:
    found = compare(answer, answer)
    assert (found.gaining, found.losing, found.unchanged, found.largest) == (0, 0, len(answer), ())


def test_who_is_named_once_only_had_nothing_before_or_has_nothing_after() -> None:
    found = compare({MemberId("ann"): 5}, {MemberId("ben"): 7})
    assert found.largest == (Movement(MemberId("ben"), 0, 7), Movement(MemberId("ann"), 5, 0))


def test_a_number_is_named_or_nothing() -> None:
    with pytest.raises(InputError, match="largest"):
        compare({}, {}, largest=-1)
