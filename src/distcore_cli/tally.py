"""What became of a batch: a line of counts, the problems, and of a dry run the first rows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from distcore.engine import refusals
from distcore.kernel import Problem, Refused, Report
from distcore_cli.failures import REFUSED
from distcore_cli.problems import Problems
from distcore_cli.render import Cell, Column, Table, columns, problem_table, say, say_problems, show
from distcore_cli.settings import Format, Settings
from distcore_cli.table_file import TableFile

FIRST_ROWS: Final = 10
"""Rows that a dry run shows of what it would write."""


def say_dry_run(settings: Settings) -> None:
    """Say of a dry run that it was one."""
    if settings.dry_run:
        say("dry run: nothing was changed")


def finish(tables: Sequence[Table], settings: Settings, refused: Sequence[Refused] | None = None) -> None:
    """Show what was done, and say what was refused of it; exit with 1 if anything was.

    None says that nothing is refused item by item; programs then get no table of problems.
    """
    problems = [_problem(each, "") for each in refused or ()]
    as_data = settings.format in {Format.JSON, Format.JSONL}
    show(tables if refused is None or not as_data else [*tables, problem_table(problems)], settings.format)
    if not as_data:
        say_problems(problems, len(problems))
    say_dry_run(settings)
    if problems:
        click.get_current_context().exit(REFUSED)


class Tally:
    """Adds up reports without keeping what was done: a file may hold a million orders."""

    def __init__(
        self, what: str, problems: Problems, file: TableFile | None = None, *, by_id: bool = True
    ) -> None:
        """Begin with the problems that a reader has found or will find.

        `by_id` says that an item is done once under its id, whoever comes with it; else once under a key.
        """
        self.done = 0
        self.repeated = 0
        self.refused = 0
        self.what = what
        self._problems = problems
        self._file = file
        self._by_id = by_id
        self._first: list[tuple[Cell, ...]] = []

    def add(self, report: Report[Any], lines: Mapping[str, int] | None = None) -> None:
        """Count what became of a batch; `lines` says where in the file its items stand."""
        self.done += len(report.done)
        self.repeated += report.repeated
        self.refused += len(report.refused)
        for refused in report.refused:
            self._problems.add(_problem(refused, self._place(refused.item, lines), by_id=self._by_id))
        for problem in report.problems:
            self._problems.add(problem)

    def show_first(self, rows: list[tuple[Cell, ...]]) -> None:
        """Keep the first rows of what is written."""
        self._first += rows[: FIRST_ROWS - len(self._first)]

    @property
    def wants_rows(self) -> bool:
        """Whether there is room for more first rows."""
        return len(self._first) < FIRST_ROWS

    @property
    def began(self) -> bool:
        """Whether anything became of any item."""
        return bool(self.done or self.repeated or self.refused)

    @property
    def good(self) -> bool:
        """Whether nothing was refused."""
        return not self.refused and not self._problems.count

    def finish(self, settings: Settings, names: tuple[Column, ...] = (), *more: Table) -> None:
        """Show what became of it all, after `more`; exit with 1 if anything was refused."""
        self.show(settings, names, *more)
        if not self.good:
            click.get_current_context().exit(REFUSED)

    def show(self, settings: Settings, names: tuple[Column, ...] = (), *more: Table) -> None:
        """Write the counts to stdout, and the problems where they can be read."""
        refused = self.refused + self._problems.spoiled
        row = (self.what, self.done, self.repeated, refused, self._problems.count)
        counts = columns("what done repeated refused problems", "done repeated refused problems")
        tables = [*more, Table("dry run" if settings.dry_run else "done", counts, [row])]
        if settings.dry_run and names:
            tables.append(Table("first", names, self._first))
        if settings.format in (Format.JSON, Format.JSONL):
            tables.append(problem_table(self._problems.kept))
        show(tables, settings.format)
        if settings.format in (Format.TABLE, Format.CSV):
            say_problems(self._problems.kept, self._problems.count)
        say_dry_run(settings)

    def say(self) -> None:
        """Say on stderr what was refused, where the counts are not the answer."""
        if not self.good:
            say_problems(self._problems.kept, self._problems.count)

    def _place(self, item: str, lines: Mapping[str, int] | None) -> str:
        if self._file is None or lines is None or item not in lines:
            return ""
        return self._file.at(lines[item])


def _problem(refused: Refused, where: str, *, by_id: bool = True) -> Problem:
    """Return the refusal of an item as a problem, at its place if it has one."""
    refusal = refused.refusal
    message, hint = refusal.message, refusal.hint
    if by_id and refusal.code == refusals.KEY_REUSED.name:  # the key is the id: say what that means
        message, hint = "is there already, with other content", "what was taken once is never overwritten"
    item = f"{refused.item}: " if where else ""
    return Problem(where or refused.item, f"{refusal.code}: {item}{message}", hint)
