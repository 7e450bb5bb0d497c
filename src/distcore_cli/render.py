"""Data on stdout: tables for people, JSON, JSON lines or CSV for programs.

The one rule this file protects: what a program reads is exact, and what people read is no other row
than there is.  Amounts are decimal text in major units, never floats; programs get ids as they are.
Only CSV, which people open in a spreadsheet, marks a text that a spreadsheet would take for a formula:
with an apostrophe in front.  In what people read, characters that are not seen are written as escapes:
those that end a line, turn its direction or have no width could forge one.
"""

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias, assert_never

import click
from attrs import frozen

from distcore.kernel import Instant, Problem, format_instant
from distcore_cli.settings import Format

Cell: TypeAlias = str | int | None

FORMULA_MARKS: Final = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet may take for the start of a formula, full-width forms included."""

UNSEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Categories of characters that people don't see, and that may change what they do see."""

BLANK: Final = UNSEEN | {"Zs"}
"""Categories of characters that a spreadsheet may pass over in front of a formula."""

UNCUT_WIDTH: Final = 10_000
"""Columns of text where there is no terminal: wide enough that nothing is folded."""


@frozen
class Column:
    """A column; the cells of a numeric one are numbers or decimal text."""

    name: str
    numeric: bool = False


@frozen
class Table:
    """Rows under named columns; the name tells tables of one answer apart."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]

    def only(self, names: Sequence[str]) -> "Table":
        """Return the table with these columns alone."""
        places = [at for at, column in enumerate(self.columns) if column.name in names]
        shorter = [[row[at] for at in places] for row in self.rows]
        return Table(self.name, tuple(self.columns[at] for at in places), shorter)


def columns(names: str, numeric: str = "") -> tuple[Column, ...]:
    """Return columns by name, those in `numeric` as numbers."""
    return tuple(Column(name, name in numeric.split()) for name in names.split())


def show(tables: Sequence[Table], form: Format) -> None:
    """Write an answer to stdout.

    JSON is a list of objects, or, of several tables, an object of such lists.  A JSON line of several
    tables begins with the name of its table.  CSV holds the first table alone.
    """
    match form:
        case Format.TABLE:
            _show_tables(tables)
        case Format.JSON:
            lists = {table.name: list(_objects(table)) for table in tables}
            answer = lists if len(tables) > 1 else lists[tables[0].name]
            click.echo(_json(answer, indent=2))
        case Format.JSONL:
            for table in tables:
                begin: dict[str, Cell] = {"table": table.name} if len(tables) > 1 else {}
                for row in _objects(table):
                    click.echo(_json(begin | row))
        case Format.CSV:
            _write_csv(tables[0].columns, tables[0].rows)
        case _:
            assert_never(form)


def show_rows(name: str, names: tuple[Column, ...], rows: Iterable[Sequence[Cell]], form: Format) -> None:
    """Write an answer of one table, of which there may be millions of rows.

    JSON lines and CSV are written row by row as they come, in memory that does not grow; what is drawn or
    enclosed in brackets is gathered first.
    """
    match form:
        case Format.JSONL:
            for each in _named(names, rows):
                click.echo(_json(each))
        case Format.CSV:
            _write_csv(names, rows)
        case Format.TABLE | Format.JSON:
            show([Table(name, names, list(rows))], form)
        case _:
            assert_never(form)


def seen(text: str) -> str:
    """Return a text with characters that people don't see written as escapes; it is one line then."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_escaped, text))


def tell(text: str) -> None:
    """Write a line for people to stdout."""
    click.echo(seen(text))


def say(text: str) -> None:
    """Write a line for people to stderr."""
    click.echo(seen(text), err=True)


def say_problems(problems: Sequence[Problem], count: int) -> None:
    """Write problems to stderr, one a line, and how many more there are."""
    for problem in problems:
        say(str(problem))
    if count > len(problems):
        say(f"… and {count - len(problems)} more")


def is_formula(text: str) -> bool:
    """Say whether a spreadsheet may take a text for a formula, behind blanks too."""
    for character in text:
        if character in FORMULA_MARKS:
            return True
        if unicodedata.category(character) not in BLANK:
            return False
    return False


def problem_table(problems: Iterable[Problem]) -> Table:
    """Return problems as data."""
    rows = [(each.where, each.severity.value, each.message, each.hint) for each in problems]
    return Table("problems", columns("where severity message hint"), rows)


def yes_or_no(value: bool) -> str:
    """Return the cell of a choice, as files write it too."""
    return "yes" if value else "no"


def instant_cell(value: Instant | None) -> str | None:
    """Return the cell of an instant; nothing where there is none."""
    return None if value is None else format_instant(value)


def _objects(table: Table) -> Iterator[dict[str, Cell]]:
    return _named(table.columns, table.rows)


def _named(names: tuple[Column, ...], rows: Iterable[Sequence[Cell]]) -> Iterator[dict[str, Cell]]:
    return (dict(zip((each.name for each in names), row, strict=True)) for row in rows)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in UNSEEN:
        return character
    return character.encode("unicode_escape").decode()


def _json(value: object, indent: int | None = None) -> str:
    return as_json_lines(json.dumps(value, ensure_ascii=False, indent=indent))


def as_json_lines(text: str) -> str:
    """Return JSON whose lines are the same for every reader: ends of lines of Unicode are escaped."""
    return text.replace("\u0085", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _write_csv(names: tuple[Column, ...], rows: Iterable[Sequence[Cell]]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow([column.name for column in names])
    for row in rows:
        cells = zip(row, names, strict=True)
        out.writerow([cell if column.numeric else _inert(cell) for cell, column in cells])


def _inert(cell: Cell) -> Cell:
    """Return a cell with an apostrophe in front if a spreadsheet may take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and is_formula(cell) else cell


def _show_tables(tables: Sequence[Table]) -> None:
    for number, table in enumerate(tables):
        if len(tables) > 1:
            click.echo(f"\n{table.name}" if number else table.name)
        if table.rows:
            click.echo(_drawn(table), nl=False)
        else:
            click.echo("none")


def _drawn(table: Table) -> str:
    """Return a table as text; what no terminal reads is not cut to the width of one."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    terminal = sys.stdout.isatty()
    width = None if terminal else UNCUT_WIDTH
    console = Console(width=width, markup=False, highlight=False, emoji=False)
    rich = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in table.columns:
        rich.add_column(column.name, justify="right" if column.numeric else "left", overflow="fold")
    for row in table.rows:
        rich.add_row(*("" if cell is None else seen(str(cell)) for cell in row))
    with console.capture() as capture:
        console.print(rich)
    return "".join(line.rstrip() + "\n" for line in capture.get().removesuffix("\n").split("\n"))
