"""What is just small enough goes in; one more is refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from distcore.kernel import InputError, limits
from distcore_cli.csv_reader import Columns, Problems, open_csv
from distcore_cli.interchange import CANCELLATIONS, MEMBERS, read_cancellations, read_members
from distcore_cli.progress import NoSteps
from distcore_cli.sales_file import SALES, SalesFile

AT = datetime(2026, 6, 1, tzinfo=UTC)
HEADER = ",".join(SALES.required) + "\n"


def sales_of(path: Path, problems: Problems) -> SalesFile:
    """Return the sales of a file, counted."""
    sales = SalesFile(open_csv(path, SALES), problems, at=AT)
    sales.count(NoSteps())
    return sales


def written(folder: Path, content: str) -> Path:
    """Return a file with this content."""
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize(("more", "good"), [(0, 1), (1, 0)])
def test_lines_of_an_order(tmp_path: Path, more: int, good: int) -> None:
    lines = range(limits.LINES_MAX + more)
    rows = "".join(f"o1,{n},cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n" for n in lines)
    problems = Problems()

    orders = list(sales_of(written(tmp_path, HEADER + rows), problems).read())

    assert (len(orders), problems.spoiled) == (good, 1 - good)


def test_columns_of_a_file(tmp_path: Path) -> None:
    names = [f"x{n}" for n in range(limits.COLUMNS_MAX)]

    assert len(open_csv(written(tmp_path, ",".join(names)), Columns(()), names).header) == limits.COLUMNS_MAX
    with pytest.raises(InputError, match="there are 1001 columns"):
        open_csv(written(tmp_path, ",".join([*names, "x"])), Columns(()), [*names, "x"])


def test_bytes_of_a_row(tmp_path: Path) -> None:
    cell = "x" * (limits.ROW_BYTES_MAX // 10 - 1)
    row = ",".join([cell] * 10) + "\n"
    names = [f"x{n}" for n in range(10)]
    assert len(row) == limits.ROW_BYTES_MAX
    header = ",".join(names) + "\n"

    path = written(tmp_path, header + row + row)
    assert [line for line, _ in open_csv(path, Columns(()), names).rows()] == [2, 3]
    path = written(tmp_path, header + row + "x" + row)
    with pytest.raises(InputError, match=r"file\.csv:3:x9: the row is too long"):
        list(open_csv(path, Columns(()), names).rows())


def test_bytes_of_a_row_of_many_lines(tmp_path: Path) -> None:
    row = '"' + ("x" * 99_999 + "\n") * 10 + '"\n'
    cell = '"' + "x\n" * 40_000 + '",'

    with pytest.raises(InputError, match=r"file\.csv:2:a: this cell can't be read"):
        list(open_csv(written(tmp_path, "a\n" + row), Columns(("a",))).rows())
    with pytest.raises(InputError, match=r"file\.csv:2:13: the row is too long"):
        list(open_csv(written(tmp_path, "a\n" + cell * 20), Columns(("a",))).rows())


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    row = "o1,1,cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n"
    for then in ("", row + row.replace("o1,1", "o1,2"), row + row.replace("o1", "o2")):
        path = written(tmp_path, HEADER + row + row.replace("o1,1", "o1,3") + row.replace("o1,1", "o1,4"))
        sales = sales_of(path, Problems())
        written(tmp_path, HEADER + then)

        with pytest.raises(InputError, match="changed while it was read"):
            list(sales.read())


@pytest.mark.deep
def test_orders_and_members_of_a_file(tmp_path: Path) -> None:
    many = limits.FILE_ORDERS_MAX + 1
    assert limits.FILE_MEMBERS_MAX == limits.FILE_ORDERS_MAX

    orders = "".join(f"o{n},1,cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n" for n in range(many))
    with pytest.raises(InputError, match="has more than 1000000 orders"):
        sales_of(written(tmp_path, HEADER + orders), Problems())
    cancellations = "".join(f"o{n},2026-03-01T10:00:00Z\n" for n in range(many))
    path = written(tmp_path, "order_id,cancelled_at\n" + cancellations)
    with pytest.raises(InputError, match="has more than 1000000 orders"):
        read_cancellations(open_csv(path, CANCELLATIONS), Problems())
    members = "".join(f"m{n},,2026-03-01T10:00:00Z\n" for n in range(many))
    path = written(tmp_path, "member_id,sponsor_id,joined_at\n" + members)
    with pytest.raises(InputError, match="has more than 1000000 members"):
        read_members(open_csv(path, MEMBERS), Problems())
