"""Every no can be told apart by a program and understood by a person, and survives a journey."""

import pickle
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import (
    Code,
    DamagedError,
    DistcoreError,
    InputError,
    Problem,
    Refusal,
    Refused,
    RefusedError,
    Report,
    RetryableError,
    Rounding,
    SchemaError,
    Severity,
    shown,
)

JOINED_LATER = Code(
    "sponsor-joined-later", "{sponsor} joined at {at}, after {member}", "give another than {sponsor}"
)


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(Problem("$.rate", "not a rate", "like 5%")) == "$.rate: not a rate (like 5%)"
    assert str(Problem("", "not a rate")) == "not a rate"
    assert Problem("", "").severity is Severity.ERROR


def test_a_problem_knows_all_that_it_lies_in() -> None:
    assert Problem("$.rules[1].rate", "").ways == ("$", "$.rules", "$.rules[1]", "$.rules[1].rate")
    assert Problem("", "").ways == ("",)


def test_a_refusal_has_a_code_the_facts_and_words() -> None:
    refusal = JOINED_LATER.refuse(sponsor="m2", member="m1", at=datetime(2017, 1, 31, tzinfo=UTC))
    assert refusal == Refusal(
        code="sponsor-joined-later",
        facts=(("at", "2017-01-31T00:00:00Z"), ("member", "m1"), ("sponsor", "m2")),
        message="m2 joined at 2017-01-31T00:00:00Z, after m1",
        hint="give another than m2",
    )
    assert str(refusal) == (
        "sponsor-joined-later: m2 joined at 2017-01-31T00:00:00Z, after m1 (give another than m2)"
    )


def test_facts_are_text_or_whole_numbers() -> None:
    refusal = Code("c", "{n}").refuse(n=5, b=True, f=False, e=Rounding.DOWN, t=("x", 1), s="{n}")
    assert dict(refusal.facts) == {
        "n": 5,
        "b": "true",
        "f": "false",
        "e": "down",
        "t": "('x', 1)",
        "s": "{n}",
    }
    assert refusal.message == "5"


def test_a_fact_is_never_a_template() -> None:
    assert Code("c", "{id} is unknown").refuse(id="{id.__class__}").message == "{id.__class__} is unknown"


def test_a_template_without_its_fact_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        Code("c", "{member}").refuse()


def test_reports_of_parts_add_up() -> None:
    refused = Refused("S2", Refusal("c", (), "no"))
    one = Report(done=("S1",), repeated=1)
    other = Report(done=("S3",), repeated=2, refused=(refused,), problems=(Problem("line 4", "bad"),))
    assert one + other == Report(("S1", "S3"), 3, (refused,), (Problem("line 4", "bad"),))
    assert Report[str]() + one == one


ERRORS: list[tuple[DistcoreError, str]] = [
    (InputError.of("$.a", "bad", "like b"), "$.a: bad (like b)"),
    (InputError((Problem("1", "x"), Problem("2", "y"))), "1: x\n2: y"),
    (RefusedError(Refusal("c", (), "no", "ask")), "c: no (ask)"),
    (RefusedError(Refusal("c", (), "no: x; y"), (Problem("1", "x"), Problem("2", "y"))), "c: no: x; y"),
    (RefusedError(Refusal("c", (), "no"), (Problem("1", "no"), Problem("2", "bad"))), "c: no\n1: no\n2: bad"),
    (RetryableError("deadlock"), "deadlock (run again)"),
    (RetryableError("deadlock", True), "deadlock (roll back your transaction, then run again)"),
    (DamagedError("page 7 is broken"), "page 7 is broken (restore a copy)"),
    (DamagedError("a row is no plan", "run verify"), "a row is no plan (run verify)"),
    (SchemaError("too new", "update distcore"), "too new (update distcore)"),
]


@pytest.mark.parametrize(("error", "text"), ERRORS, ids=lambda v: v if isinstance(v, str) else "")
def test_exceptions_read_well_and_pass_between_processes(error: DistcoreError, text: str) -> None:
    assert str(error) == text
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert str(other) == text
    assert vars(other) == vars(error)


def test_an_input_error_has_a_problem() -> None:
    with pytest.raises(AssertionError):
        InputError(())


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


class Rude:
    def __repr__(self) -> str:
        return "\ud800\x1b[31m"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é\n", "'é\\n'"),
        ("\ud800", "'\\ud800'"),
        ("x" * 58, "'" + "x" * 58 + "'"),
        ("x" * 59, "'" + "x" * 56 + "..."),
        (5, "5"),
        (None, "None"),
        (Broken(), "<Broken>"),
        (Rude(), "??[31m"),
    ],
)
def test_shown_by_example(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_number_too_long_to_write_is_shown_as_such() -> None:
    assert shown(10**5000) == "<int>"


@given(st.text(st.characters(exclude_categories=[])) | st.binary() | st.floats() | st.lists(st.text()))
def test_whatever_is_shown_is_short_and_printable(value: object) -> None:
    text = shown(value)
    assert len(text) <= 60
    assert text.isprintable()
    text.encode()
