"""Pages of scenarios, as they are written: headings, documents and tables in Markdown.

What they mean is `distcore.testing.scenario`'s affair.  Nothing that looks like a table or a document
is taken for prose: where it has no place, it is an `InputError` with its line.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from attrs import field, frozen

from distcore.kernel import InputError, shown


@frozen
class Row:
    """What a row of a table says, by column, and where it stands."""

    where: str
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return a cell; one that is left out is empty."""
        return self.cells.get(column, "")

    def at(self, column: str) -> str:
        """Return where a cell stands."""
        return f"{self.where}, {column}"


@frozen
class Table:
    """The columns that a table shows, in its order, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@frozen
class Section:
    """A section of a scenario: its title, where it begins, and its lines, each with its place."""

    title: str
    where: str
    lines: list[tuple[str, str]] = field(factory=list)


@frozen
class Written:
    """A scenario as it is written: its title, where it begins, and its sections by title."""

    title: str
    where: str
    sections: dict[str, Section] = field(factory=dict)


_heading: Final = re.compile("(#{2,}) +(.*)").fullmatch
_rule: Final = re.compile("[-:]+").fullmatch


def written(page: str, name: str, known: Collection[str]) -> list[Written]:
    """Return the scenarios of a page, whose sections have titles that are known."""
    found: list[Written] = []
    section: Section | None = None
    fenced = False
    for number, line in enumerate(page.splitlines(), 1):
        where = f"{name}:{number}"
        fenced = _fenced(line, where, fenced)
        heading = None if fenced else _heading(line)
        if heading is None:
            _keep(section, where, line)
        elif heading[1] == "##":
            found.append(Written(heading[2].strip(), where))
            section = None
        else:
            section = _begun(found, Section(heading[2].strip(), where), known)
    if fenced:
        raise InputError.of(name, "a document does not end", "with a line ```")
    return found


def document_of(section: Section) -> bytes:
    """Return the TOML document of a section, which has one."""
    found = documents_of(section)
    if len(found) != 1:
        raise InputError.of(section.where, f"{section.title} has {len(found)} documents", "give one")
    return found[0]


def documents_of(section: Section) -> list[bytes]:
    """Return the TOML documents of a section."""
    found: list[list[str]] = []
    fenced = False
    for where, line in section.lines:
        if line.startswith("```"):
            fenced = not fenced
            if fenced:
                found.append([])
        elif fenced:
            found[-1].append(line)
        elif line.startswith("|"):
            raise InputError.of(where, f"{section.title} is a document, not a table")
    return ["\n".join(lines).encode() for lines in found]


def table_of(section: Section, required: Collection[str], optional: Collection[str]) -> Table:
    """Return the table of a section, which has one, with columns that it must have or may have."""
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    for where, line in section.lines:
        if line.startswith("```"):
            raise InputError.of(where, f"{section.title} is a table, not a document")
        if not line.startswith("|"):
            continue
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if not columns:
            columns = cells
            _check(columns, where, required, optional)
        elif len(cells) != len(columns):
            raise InputError.of(where, f"{len(cells)} cells", f"the table has {len(columns)} columns")
        elif not all(map(_rule, cells)):
            rows.append(Row(where, dict(zip(columns, cells, strict=True))))
    if not columns:
        raise InputError.of(section.where, f"{section.title} has no table")
    return Table(columns, tuple(rows))


def _fenced(line: str, where: str, fenced: bool) -> bool:
    """Say whether the page is inside a document after a line."""
    if not line.startswith("```"):
        return fenced
    if line != ("```" if fenced else "```toml"):
        raise InputError.of(
            where, f"not a document: {shown(line)}", "it begins with ```toml and ends with ```"
        )
    return not fenced


def _keep(section: Section | None, where: str, line: str) -> None:
    if section is not None:
        section.lines.append((where, line))
    elif line.startswith(("|", "```")):
        raise InputError.of(where, f"belongs to no section: {shown(line)}", "a heading ### begins one")


def _begun(found: list[Written], section: Section, known: Collection[str]) -> Section:
    title = section.title
    if not found or title not in known or title in found[-1].sections:
        hint = f"once in a scenario each: {', '.join(known)}"
        raise InputError.of(section.where, f"no place for {shown(title)}", hint)
    found[-1].sections[title] = section
    return section


def _check(
    columns: tuple[str, ...], where: str, required: Collection[str], optional: Collection[str]
) -> None:
    known = [*required, *optional]
    for column in columns:
        if column not in known or columns.count(column) > 1:
            hint = f"once each: {', '.join(known)}"
            raise InputError.of(where, f"no place for the column {shown(column)}", hint)
    for column in required:
        if column not in columns:
            raise InputError.of(where, f"the column {column} is missing")
