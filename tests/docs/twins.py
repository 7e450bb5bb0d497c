"""Reading a page that exists in two languages: its frame, and what is the same in every language.

The frame is headings, code blocks and tables.  The same in every language are code within the text,
figures, and the files that are linked to: so a default, a limit or a measurement that is changed on one
page only is found.  A block that differs (a picture in words) has `<!-- translated: next -->` before it;
of such blocks the number of lines is compared.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Final

from attrs import field, frozen

ROOT: Final = Path(__file__).parents[2]
DOCS: Final = ROOT / "docs"
CHINESE: Final = DOCS / "zh"

TRANSLATED: Final = "<!-- translated: next -->"
FENCE: Final = re.compile(r" *(?P<ticks>`{3,})(?P<info>.*)")
HEADING: Final = re.compile(r"(?P<level>#{1,6}) ")
LINK_TO_TWIN: Final = re.compile(r"\[(中文|中文说明|English)\]\(\S+\)")
CODE: Final = re.compile(r"`([^`]+)`")
LINK: Final = re.compile(r"\]\(([^)#]*)[^)]*\)")
NUMBER: Final = r"(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)"
FIGURE: Final = re.compile(NUMBER + r"(?P<power>[⁻⁰¹²³⁴-⁹]*) ?(?P<times>million|万|亿)?")
TIMES: Final = {"": 1, "million": 10**6, "万": 10**4, "亿": 10**8}

Row = tuple[str, ...]


@frozen
class Section:
    """What stands from one heading to the next; level 0 is what stands before the first."""

    title: str = ""
    level: int = 0
    blocks: list[tuple[str, str | int]] = field(factory=list)
    tables: list[list[Row]] = field(factory=list)
    prose: list[str] = field(factory=list)


def sections(text: str) -> list[Section]:
    """Return what a page has below each of its headings."""
    found = [Section()]
    lines = iter(text.splitlines())
    before = ""
    for line in lines:
        section = found[-1]
        if fence := FENCE.fullmatch(line):
            body = _body(lines, fence["ticks"])
            section.blocks.append((fence["info"], len(body) if before == TRANSLATED else "\n".join(body)))
        elif heading := HEADING.match(line):
            found.append(Section(line, len(heading["level"])))
        elif line.startswith("|"):
            if not before.startswith("|"):
                section.tables.append([])
            section.tables[-1].append(_row(line))
        elif not LINK_TO_TWIN.fullmatch(line):
            section.prose.append(line)
        before = line
    return found


def differences(english: str, chinese: str) -> list[str]:
    """Return what the pages don't have in common, as far as that is seen without reading them."""
    ours, theirs = sections(english), sections(chinese)
    levels = [[each.level for each in page] for page in (ours, theirs)]
    if levels[0] != levels[1]:
        return [f"levels of headings: {levels[0]} and {levels[1]}"]
    return [
        f"{our.title or 'before the first heading'}: {difference}"
        for our, their in zip(ours, theirs, strict=True)
        for difference in _differences(our, their)
    ]


def _differences(ours: Section, theirs: Section) -> Iterator[str]:
    if ours.blocks != theirs.blocks:
        yield f"code blocks: {ours.blocks} and {theirs.blocks}"
    widths = [[[len(row) for row in table] for table in each.tables] for each in (ours, theirs)]
    if widths[0] != widths[1]:
        yield f"cells of tables by row: {widths[0]} and {widths[1]}"
    else:
        for our, their in zip(_cells(ours), _cells(theirs), strict=True):
            if _said(our) != _said(their):
                yield f"cells: {our!r} and {their!r}"
    # Chinese may count where English names (12 个月, twelve months), and name a column of a report.
    if lost := _said("\n".join(ours.prose)) - _said("\n".join(theirs.prose)):
        yield f"not in the Chinese text: {', '.join(lost)}"


def _row(line: str) -> Row:
    """Return the cells of a line of a table."""
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1])


def _cells(section: Section) -> Iterable[str]:
    return (cell for table in section.tables for row in table for cell in row)


def _said(text: str) -> Counter[str]:
    """Return code, figures and the names of linked files in a text; their folders differ by language."""
    plain = CODE.sub("", text)
    return Counter(
        [
            *(f"`{' '.join(code.split())}`" for code in CODE.findall(text)),
            *(f"({Path(target).name})" for target in LINK.findall(plain)),
            *map(_figure, FIGURE.finditer(LINK.sub("]", plain))),
        ]
    )


def _figure(match: re.Match[str]) -> str:
    """Return a figure as every language would write it: 6.4 million and 640 万 are equal."""
    value = Decimal(match["number"].replace(",", "")) * TIMES[match["times"] or ""]
    return f"{value.normalize():f}{match['power']}"


def _body(lines: Iterator[str], ticks: str) -> list[str]:
    """Take the lines of a code block, and the fence that ends it."""
    return list(takewhile(lambda line: line.strip() != ticks, lines))
