"""Values that somebody sends on purpose, or that a file has by mistake: every edge refuses them."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

NUMBERS: Final[list[Any]] = [
    True,
    False,
    float("nan"),
    float("inf"),
    1e400,
    -0.0,
    1.0,
    -1,
    10**30,
    "１２３",
    "1_000",
    "5",
    None,
    [1],
]
IDS: Final[list[Any]] = [
    "",
    " ",
    "\u3000",
    "a\nb",
    "a\0",
    "\x85",
    "\ud800",
    "x" * 10**6,
    7,
    True,
    None,
    1.5,
    ["a"],
]
TEXTS: Final[list[Any]] = [value for value in IDS if not isinstance(value, str) or value.strip()]
"""What is no text either; a blank one may be."""

NAIVE: Final = datetime(2026, 1, 5)
INSTANTS: Final[list[Any]] = [
    NAIVE,
    "2026-01-05T00:00:00Z",
    1_767_225_600,
    True,
    datetime.max.replace(tzinfo=ZoneInfo("Asia/Shanghai")),
]
CURRENCIES: Final[list[Any]] = ["", "cny", "RMB", "XXX", None, 1, ["CNY"], "CNY "]


def brief(value: object) -> str:
    """Return a name for a test that no terminal chokes on."""
    return ascii(value)[:20]
