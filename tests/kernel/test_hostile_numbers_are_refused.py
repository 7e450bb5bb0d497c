"""No edge of the kernel takes a number that only looks like one."""

import math
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from distcore.kernel import Calendar, Currency, InputError, Money, Rate, int_problem, parse_minor, shown

HOSTILE_TEXTS = [
    "",
    " ",
    " 1",
    "1 ",
    "1\n",
    "+1",
    "--1",
    "-",
    "-0",
    "-0.00",
    ".5",
    "5.",
    "1..2",
    "01",
    "00.5",
    "00",
    "1,5",
    "1,000.00",
    "1_000",
    "1e3",
    "1E400",
    "0x10",
    "NaN",
    "Infinity",
    "-inf",
    "１２３",
    "١٢٣",
    "1२.50",
    "1²",
    "½",
    "\u22121",  # a typographer's minus
    "1\0",
    "\ud800",
    "1" + "0" * 30,
    "9" * 5000,
    "1." + "0" * 30,
    "0.123456789012345678901234567890",
    "1 CNY",
    "¥1",
    "' OR 1=1--",
    "x" * 10**6,
]
HOSTILE_VALUES: list[Any] = [
    True,
    False,
    1.0,
    math.nan,
    math.inf,
    10**30,
    -(10**30),
    10**5000,
    None,
    "1",
    b"1",
    [],
    {},
]
NOT_TEXTS = [value for value in HOSTILE_VALUES if not isinstance(value, str)]


def name_of(value: object) -> str:
    """Return a name for a test: short, and printable."""
    return shown(value)[:20]


@pytest.mark.parametrize("value", [*HOSTILE_TEXTS, *NOT_TEXTS], ids=name_of)
@pytest.mark.parametrize("currency", ["CNY", "JPY"])
def test_amounts(value: object, currency: str) -> None:
    with pytest.raises(InputError, match=r"^line 7, net: "):
        parse_minor(value, currency, "line 7, net")


@pytest.mark.parametrize("value", HOSTILE_TEXTS, ids=name_of)
def test_rates(value: str) -> None:
    for text in (value, value + "%"):
        with pytest.raises(InputError, match=r"^\$\.rate: "):
            Rate.parse(text, "$.rate")


@pytest.mark.parametrize("value", [*HOSTILE_VALUES, 1_000_001, -1], ids=name_of)
def test_rates_in_code(value: int) -> None:
    with pytest.raises(InputError):
        Rate(value)
    with pytest.raises(InputError):
        Rate.parse(value)


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=name_of)
@pytest.mark.parametrize(
    "edge",
    [
        lambda value: Money(value, Currency("CNY")),
        lambda value: Calendar(ZoneInfo("UTC"), value),
    ],
)
def test_values_in_code(edge: Callable[[object], object], value: object) -> None:
    with pytest.raises(InputError):
        edge(value)


@pytest.mark.parametrize("value", HOSTILE_VALUES, ids=name_of)
def test_whole_numbers(value: object) -> None:
    problem = int_problem(value, "$.units", least=0, most=10**9)
    assert problem is not None
    assert problem.where == "$.units"
    assert len(str(problem)) < 120
