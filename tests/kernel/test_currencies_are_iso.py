"""The table of currencies is the one that ISO publishes."""

import pytest
from iso4217 import Currency as Published

from distcore.kernel import EXPONENTS, InputError, currency_problem, exponent_of


def test_the_table_is_the_published_one() -> None:
    published = {entry.code: entry.exponent for entry in Published if entry.exponent is not None}
    assert dict(EXPONENTS) == published | {"POINT": 0}


def test_metals_and_tests_are_not_money() -> None:
    assert not {"XAU", "XTS", "XXX"} & set(EXPONENTS)


@pytest.mark.parametrize("code", ["cny", "CNY ", "", "XXX", "¥", "X" * 10**6, None, 156, ["CNY"]])
def test_an_unknown_one_is_refused(code: object) -> None:
    problem = currency_problem(code, "$.currency")
    assert problem is not None
    assert str(problem).startswith("$.currency: unknown currency: ")
    with pytest.raises(InputError, match="unknown currency"):
        exponent_of(code, "$.currency")  # type: ignore[arg-type]


def test_exponents() -> None:
    assert [exponent_of(code) for code in ("CNY", "JPY", "KWD", "CLF", "POINT")] == [2, 0, 3, 4, 0]
    assert currency_problem("CNY", "") is None
