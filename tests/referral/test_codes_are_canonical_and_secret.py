"""A short code has one form, however it is typed; of a link nothing is kept that it could be made of."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import NOW, day

from distcore.kernel import (
    ALPHABET,
    Actor,
    MemberId,
    bits_problem,
    canonical_code,
    code_problem,
    limits,
    secret_hash,
)
from distcore.referral import (
    GENERATED_BYTES,
    CodeKind,
    PromotionCode,
    code_of_bits,
    link_token,
    stands_for,
    token_problem,
)

ANN = MemberId("ann")
SOON = timedelta(microseconds=1)
CODE = PromotionCode(CodeKind.SHORT, "SPRING", ANN, day(3), day(9), day(2), Actor("desk"))


@pytest.mark.parametrize("typed", ["SPRING-24", "spring-24", " Spring-24 ", "\uff33\uff30ring-24"])
def test_a_code_is_the_same_however_it_is_typed(typed: str) -> None:
    assert canonical_code(typed) == "SPRING-24"
    assert code_problem(typed, "code") is None


@pytest.mark.parametrize("word", ["春节大促", "KÄSE", "abc", "x" * limits.CODE_LENGTH_MAX])
def test_a_shop_may_choose_words(word: str) -> None:
    assert code_problem(word, "code") is None


@pytest.mark.parametrize(
    "text",
    ["ab", "x" * 33, "x" * 1_000_000, "a b c", "a'--", "---", "abc\n\0", "", 7, None, "\ud800abc", "ﬁ"],
)
def test_no_code_is_blank_short_long_or_odd(text: object) -> None:
    problem = code_problem(text, "code")
    assert problem is not None
    assert str(problem).startswith("code: not a code: ")
    assert len(str(problem)) < 150


@given(st.text(min_size=1, max_size=40))
def test_the_form_of_a_code_is_its_own_form(text: str) -> None:
    if code_problem(text, "code") is None:
        assert canonical_code(canonical_code(text)) == canonical_code(text)
        assert code_problem(canonical_code(text), "code") is None


@given(st.binary(min_size=GENERATED_BYTES, max_size=GENERATED_BYTES), st.integers(0, 39))
def test_generated_codes_use_every_bit_and_nothing_that_looks_alike(bits: bytes, bit: int) -> None:
    code = code_of_bits(bits)
    assert len(code) == 8
    assert code_problem(code, "code") is None
    assert canonical_code(code.lower()) == code
    assert not set(code) & set("01OI")
    other = (int.from_bytes(bits, "big") ^ 1 << bit).to_bytes(GENERATED_BYTES, "big")
    assert code_of_bits(other) != code


def test_the_alphabet_has_five_bits() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32


def test_a_token_is_made_of_its_bits_and_its_hash_is_not() -> None:
    bits = bytes(range(limits.TOKEN_BYTES_MIN))
    assert link_token(bits) == "AAECAwQFBgcICQ"
    assert len(secret_hash(link_token(bits))) == 64
    assert secret_hash(link_token(bits)) != secret_hash(link_token(bits[::-1]))


@pytest.mark.parametrize(
    ("bits", "sound"),
    [(bytes(10), True), (bytes(64), True), (bytes(9), False), (bytes(65), False), ("x" * 10, False)],
)
def test_a_token_has_eighty_bits_or_more(bits: object, sound: bool) -> None:
    least, most = limits.TOKEN_BYTES_MIN, limits.TOKEN_BYTES_MAX
    assert (bits_problem(bits, "bits", least=least, most=most) is None) == sound


def test_what_is_no_token_is_not_repeated() -> None:
    assert token_problem("AAEC", "token") is None
    assert str(token_problem("sec\0ret", "token")) == "token: not a link token (what the link ends with)"


@pytest.mark.parametrize(
    ("at", "owner"),
    [(day(2), None), (day(3) - SOON, None), (day(3), ANN), (day(9) - SOON, ANN), (day(9), None)],
)
def test_a_code_stands_for_its_owner_while_it_is_valid(at: object, owner: MemberId | None) -> None:
    assert stands_for(CODE, "SPRING", at) == owner  # type: ignore[arg-type]


def test_a_code_stands_for_nobody_when_it_is_revoked_unknown_or_another() -> None:
    for_ever = evolve(CODE, valid_until=None)
    assert stands_for(for_ever, "SPRING", NOW) == ANN
    revoked = evolve(for_ever, revoked_at=day(5))
    assert [stands_for(revoked, "SPRING", at) for at in (day(5) - SOON, day(5))] == [ANN, None]
    assert stands_for(None, "SPRING", day(5)) is None
    assert stands_for(CODE, "AUTUMN", day(5)) is None


def test_a_code_shows_its_word_and_a_link_hardly_anything() -> None:
    hashed = secret_hash("AAECAwQFBgcICQ")
    link = evolve(CODE, kind=CodeKind.LINK, ref=hashed)
    assert "SPRING" in repr(CODE)
    assert hashed not in repr(link)
    assert f"ref={hashed[:8]}…" in repr(link)
