"""Reading a page of the reference: its tables, code blocks and limits."""

import re
from pathlib import Path

from distcore.kernel import limits

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next heading."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(text: str) -> list[tuple[str, ...]]:
    """Return the rows of the first table in a text, without its head, as the words of their cells."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines]


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def wrong_limits(page: str) -> list[str]:
    """Return the limits that a page states wrongly."""
    stated = {row[0].strip("`"): int(row[1].replace(",", "")) for row in rows(section(page, "Limits"))}
    assert stated, "the page has no limits"
    return [name for name, value in stated.items() if getattr(limits, name) != value]
