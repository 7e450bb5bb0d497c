"""Draws the tables of states on the pages about lifecycles, from the tables themselves.

`python -m tests.docs.lifecycles` does it, a test compares.  What a state means is written on the pages, in
either language, and stays.
"""

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final

from tests.docs.twins import CHINESE, DOCS

from distcore.commission.lifecycle import TRANSITIONS as OF_ACCRUALS
from distcore.coupons import COUPON_TRANSITIONS as OF_COUPONS
from distcore.groups import GROUP_TRANSITIONS as OF_GROUPS
from distcore.groups import PLACE_TRANSITIONS as OF_PLACES
from distcore.payout import TRANSITIONS as OF_PAYOUTS
from distcore.referral.lifecycle import APPLICATION_TRANSITIONS as OF_APPLICATIONS
from distcore.referral.lifecycle import TRANSITIONS as OF_MEMBERS
from distcore.settlement.lifecycle import TRANSITIONS as OF_CLOSINGS

PAGES: Final = (DOCS / "reference" / "lifecycles.md", CHINESE / "reference" / "lifecycles.md")

LIVES: Final[tuple[Mapping[Any, frozenset[Any]], ...]] = (
    OF_MEMBERS,
    OF_APPLICATIONS,
    OF_ACCRUALS,
    OF_CLOSINGS,
    OF_PAYOUTS,
    OF_COUPONS,
    OF_GROUPS,
    OF_PLACES,
)
"""The tables in the order in which the pages have them, each below a heading of its own."""

ROW: Final = re.compile(r"^\| `(?P<state>\w+)` \| (?P<meaning>.*) \|$", re.MULTILINE)
TABLE: Final = re.compile(r"(?P<head>^\|[^\n]*\n\|---[^\n]*\n)(?:\|[^\n]*\n)+", re.MULTILINE)
BLOCK: Final = re.compile(r"```text\n.*?```\n", re.DOTALL)


def diagram(transitions: Mapping[Any, frozenset[Any]]) -> str:
    """Return a line for every step, each state with what it may become; an end stands alone."""
    width = max(len(state.value) for state in transitions)
    lines: list[str] = []
    for state in _states(transitions):
        after = [each for each in _states(transitions) if each in transitions[state]]
        if not after:
            lines.append(f"{state.value:{width}}     (the end)")
        for place, each in enumerate(after):
            start = f"{state.value} ".ljust(width + 1, "─") if place == 0 else " " * (width + 1)
            lines.append(f"{start}{_branch(place, len(after))}▶ {each.value}")
    return "\n".join(lines)


def _states(transitions: Mapping[Any, frozenset[Any]]) -> list[Enum]:
    """Return the states in the order in which they are declared."""
    kind: type[Enum] = type(next(iter(transitions)))
    return list(kind)


def _branch(place: int, count: int) -> str:
    if count == 1:
        return "────"
    if place == 0:
        return "──┬─"
    return "  └─" if place == count - 1 else "  ├─"


def drawn(page: str) -> str:
    """Return a page with its tables and diagrams as the code has them; a new state means nothing yet."""
    start, *sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    assert len(sections) == len(LIVES), "a heading for each table"
    return start + "".join(map(_section, sections, LIVES))


def meanings(page: str) -> list[dict[str, str]]:
    """Return what a page says of each state, below each heading."""
    _, *sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)
    return [{row["state"]: row["meaning"] for row in ROW.finditer(section)} for section in sections]


def _section(text: str, transitions: Mapping[Any, frozenset[Any]]) -> str:
    said = {row["state"]: row["meaning"] for row in ROW.finditer(text)}
    states = _states(transitions)
    rows = "".join(f"| `{state.value}` | {said.get(state.value, '')} |\n" for state in states)
    text = TABLE.sub(lambda found: found["head"] + rows, text, count=1)
    return BLOCK.sub(lambda _: f"```text\n{diagram(transitions)}\n```\n", text, count=1)


def write(pages: tuple[Path, ...] = PAGES) -> None:
    """Draw on the pages."""
    for page in pages:
        page.write_text(drawn(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
