"""The reference of interchange files names every column, and its examples can be read."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.codec.pages import REFERENCE, blocks, rows, section, wrong_limits

from distcore_cli.interchange import (
    CANCELLATIONS,
    MEMBERS,
    REFUNDS,
    read_cancellations,
    read_members,
    read_refunds,
)
from distcore_cli.problems import Problems
from distcore_cli.progress import NoSteps
from distcore_cli.sales_file import SALES, SalesFile
from distcore_cli.table_file import Columns, TableFile, open_table

PAGE = (REFERENCE / "files.md").read_text(encoding="utf-8")
FILES = {"members": MEMBERS, "sales": SALES, "refunds": REFUNDS, "cancellations": CANCELLATIONS}
LATER = datetime(2026, 12, 31, tzinfo=UTC)


def read_sales(file: TableFile, problems: Problems) -> list[object]:
    sales = SalesFile(file, problems, at=LATER)
    sales.count(NoSteps())
    return list(sales.read())


READERS: dict[str, tuple[Callable[[TableFile, Problems], Sequence[object]], int]] = {
    "members": (read_members, 3),
    "sales": (read_sales, 2),
    "refunds": (read_refunds, 1),
    "cancellations": (read_cancellations, 1),
}


@pytest.mark.parametrize("name", FILES)
def test_every_column_is_there(name: str) -> None:
    columns: Columns = FILES[name]
    stated = [(row[0].strip("`"), row[1]) for row in rows(section(PAGE, name))]

    required = [(column, "yes") for column in columns.required]
    assert stated == required + [(column, "no") for column in columns.optional]


@pytest.mark.parametrize("name", FILES)
def test_the_example_can_be_read(name: str, tmp_path: Path) -> None:
    (example,) = blocks(section(PAGE, name), "text")
    path = tmp_path / f"{name}.csv"
    path.write_text(example, encoding="utf-8")
    read, count = READERS[name]
    problems = Problems()

    found = read(open_table(path, FILES[name]), problems)

    assert (len(found), problems.kept) == (count, [])


def test_the_limits_are_those_of_the_code() -> None:
    assert wrong_limits(PAGE) == []
