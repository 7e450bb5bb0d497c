"""An amount is read from what would be written of it, give or take missing decimals, or not at all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import EXPONENTS, Currency, InputError, Money, format_minor, limits, parse_minor

CNY = Currency("CNY")
EUR = Currency("EUR")
currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(-limits.AMOUNT_MINOR_MAX, limits.AMOUNT_MINOR_MAX) | st.integers(-1000, 1000)
moneys = amounts.map(lambda minor: Money(minor, CNY))


@given(amounts, currencies)
def test_round_trip(minor: int, currency: str) -> None:
    assert parse_minor(format_minor(minor, currency), currency) == minor


@given(amounts, currencies)
def test_decimals_may_be_missing_but_mean_the_same(minor: int, currency: str) -> None:
    text = format_minor(minor, currency)
    short = text.rstrip("0").rstrip(".") if "." in text else text
    if short != "-0":
        assert parse_minor(short, currency) == minor


@given(st.text("0123456789.-+e_ ", max_size=8) | st.text(max_size=8), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_what_is_accepted_is_exactly_what_it_says(text: str, currency: str) -> None:
    try:
        minor = parse_minor(text, currency)
    except InputError:
        return
    assert Decimal(text) == Decimal(minor).scaleb(-EXPONENTS[currency])
    assert format_minor(minor, currency).startswith(text)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.34", "CNY", 1234),
        ("-0.05", "CNY", -5),
        ("-12", "CNY", -1200),
        ("12.3", "CNY", 1230),
        ("0", "CNY", 0),
        ("12", "JPY", 12),
        ("0.001", "KWD", 1),
        ("0.0001", "CLF", 1),
        ("7", "POINT", 7),
        ("10000000000000", "CNY", 10**15),
        ("10000000000000.00", "CNY", 10**15),
        ("-10000000000000.00", "CNY", -(10**15)),
        ("9999999999999.99", "CNY", 10**15 - 1),
    ],
)
def test_by_example(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency", "message"),
    [
        ("12.345", "CNY", r"too many decimals: '12.345' \(CNY has 2\)"),
        ("12.340", "CNY", "too many decimals"),
        ("12.0", "JPY", "too many decimals"),
        ("10000000000000.01", "CNY", r"too large an amount: .* \(at most 10000000000000.00\)"),
        ("-10000000000000.01", "CNY", "too large"),
        ("-0", "CNY", "minus zero"),
        ("-0.00", "CNY", "minus zero"),
        ("zwölf", "CNY", r"not an amount: 'zwölf' \(like 12.34\)"),
        ("1", "XXX", "unknown currency: 'XXX'"),
        ("1.00", "cny", "unknown currency"),
    ],
)
def test_refused_with_the_place(text: str, currency: str, message: str) -> None:
    with pytest.raises(InputError, match=r"^line 7: " + message):
        parse_minor(text, currency, "line 7")


def test_text_of_money() -> None:
    assert str(Money.parse("12.34", "CNY")) == "12.34 CNY"
    assert str(Money(-5, Currency("POINT"))) == "-5 POINT"
    assert repr(Money(1, CNY)) == "Money(minor=1, currency='CNY')"


@given(moneys, moneys, st.integers(-1000, 1000))
def test_arithmetic_is_that_of_minor_units(one: Money, other: Money, times: int) -> None:
    assert (one + other).minor == one.minor + other.minor
    assert (one - other).minor == one.minor - other.minor
    assert (-one).minor == -one.minor
    assert (times * one).minor == (one * times).minor == times * one.minor
    assert one.is_zero == (one.minor == 0)


@given(moneys, moneys)
def test_order_is_that_of_minor_units(one: Money, other: Money) -> None:
    assert (one < other) == (one.minor < other.minor)
    assert (one <= other) == (one.minor <= other.minor)
    assert (one > other) == (one.minor > other.minor)
    assert (one >= other) == (one.minor >= other.minor)
    assert (one == other) == (one.minor == other.minor)


def test_two_currencies_never_mix() -> None:
    yuan, euro = Money(1, CNY), Money(1, EUR)
    assert yuan != euro
    for mix in (
        lambda: yuan + euro,
        lambda: yuan - euro,
        lambda: yuan < euro,
        lambda: yuan <= euro,
        lambda: yuan > euro,
        lambda: yuan >= euro,
    ):
        with pytest.raises(InputError, match="two currencies: CNY and EUR"):
            mix()


def test_money_and_something_else_never_mix() -> None:
    with pytest.raises(InputError, match=r"not money: 5 \(Money in CNY\)"):
        Money(1, CNY) + 5  # type: ignore[operator]
    for factor in (True, 0.5, "2", Money(2, CNY)):
        with pytest.raises(TypeError):
            Money(1, CNY) * factor  # type: ignore[operator]


def test_a_total_may_be_larger_than_an_amount_but_fits_a_database() -> None:
    most = Money(limits.TOTAL_MINOR_MAX, CNY)
    assert (most - Money(1, CNY)).minor == 2**63 - 2
    with pytest.raises(InputError, match="minor: out of range"):
        most + Money(1, CNY)
    with pytest.raises(InputError, match="currency: unknown currency: 'cny'"):
        Money(1, Currency("cny"))


def problem_of(do: Callable[[], object]) -> str:
    with pytest.raises(InputError) as raised:
        do()
    return str(raised.value)


def test_what_is_wrong_is_said_where_it_stands_and_with_what_to_do() -> None:
    assert problem_of(lambda: Money.parse("1.234", "CNY", "$.price")) == (
        "$.price: too many decimals: '1.234' (CNY has 2)"
    )
    assert problem_of(lambda: Money.parse("x", "CNY")) == "not an amount: 'x' (like 12.34)"
    assert problem_of(lambda: parse_minor(12, "CNY", "a")) == "a: not an amount: 12 (like 12.34)"
    assert problem_of(lambda: parse_minor("-0.00", "CNY", "a")) == "a: minus zero: '-0.00' (zero has no sign)"
    assert problem_of(lambda: parse_minor("10000000000000.01", "CNY")) == (
        "too large an amount: '10000000000000.01' (at most 10000000000000.00)"
    )
    assert problem_of(lambda: Money(1, CNY) + Money(1, EUR)) == "two currencies: CNY and EUR"
    assert problem_of(lambda: Money(1, CNY) + cast(Any, 1)) == "not money: 1 (Money in CNY)"
