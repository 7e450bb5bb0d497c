"""What is just small enough goes in; one more is refused."""

import gzip
from collections.abc import Callable, Sized
from datetime import UTC, datetime
from pathlib import Path

import pytest

from distcore.kernel import InputError, limits
from distcore_cli.agents_file import AGENTS, read_agents
from distcore_cli.interchange import (
    CANCELLATIONS,
    MEMBERS,
    PRICES,
    REFUNDS,
    read_cancellations,
    read_members,
    read_prices,
    read_refunds,
)
from distcore_cli.problems import Problems
from distcore_cli.progress import NoSteps
from distcore_cli.sales_file import SALES, SalesFile
from distcore_cli.table_file import Columns, TableFile, open_table

AT = datetime(2026, 6, 1, tzinfo=UTC)
HEADER = ",".join(SALES.required) + "\n"


def sales_of(path: Path, problems: Problems) -> SalesFile:
    """Return the sales of a file, counted."""
    sales = SalesFile(open_table(path, SALES), problems, at=AT)
    sales.count(NoSteps())
    return sales


def written(folder: Path, content: str) -> Path:
    """Return a file with this content."""
    path = folder / "file.csv"
    path.write_text(content, encoding="utf-8")
    return path


def test_lines_of_an_order(tmp_path: Path) -> None:
    rows = [f"o1,{n},cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n" for n in range(limits.LINES_MAX + 1)]

    (order,) = sales_of(written(tmp_path, HEADER + "".join(rows[1:])), Problems()).read()
    assert len(order.item.sale.lines) == limits.LINES_MAX
    with pytest.raises(InputError, match=r"file\.csv:10002:order_id: order 'o1' has more than 10000 lines"):
        sales_of(written(tmp_path, HEADER + "".join(rows) + "oops"), Problems())


def test_rows_of_a_refund(tmp_path: Path) -> None:
    header = ",".join(REFUNDS.required) + "\n"
    rows = [f"r1,o1,{n},1,1.00,2026-03-01T10:00:00Z\n" for n in range(limits.LINES_MAX + 1)]

    (refund,) = read_refunds(open_table(written(tmp_path, header + "".join(rows[1:])), REFUNDS), Problems())
    assert len(refund.item.rows) == limits.LINES_MAX
    with pytest.raises(InputError, match=r"file\.csv:10002:refund_id: refund 'r1' has more than 10000 rows"):
        read_refunds(open_table(written(tmp_path, header + "".join(rows)), REFUNDS), Problems())


KINDS: dict[str, tuple[Columns, str, Callable[[TableFile, Problems], Sized]]] = {
    "FILE_MEMBERS_MAX": (MEMBERS, "m{n},,2026-03-01T10:00:00Z", read_members),
    "FILE_MEMBERS_MAX ": (AGENTS, "m{n},cn,2026-03-01T10:00:00Z", read_agents),
    "FILE_CORRECTIONS_MAX": (CANCELLATIONS, "o{n},2026-03-01T10:00:00Z", read_cancellations),
    "FILE_CORRECTIONS_MAX  ": (PRICES, "p{n},o{n},1,1.00,2026-03-01T10:00:00Z", read_prices),
    "FILE_CORRECTIONS_MAX ": (REFUNDS, "r{n},o{n},1,1,1.00,2026-03-01T10:00:00Z", read_refunds),
}


@pytest.mark.parametrize("limit", KINDS)
def test_rows_of_a_file_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    known, row, read = KINDS[limit]
    monkeypatch.setattr(limits, limit.strip(), 3)
    header = ",".join(known.required) + "\n"
    rows = "".join(row.format(n=n) + "\n" for n in range(3))

    assert len(read(open_table(written(tmp_path, header + rows), known), Problems())) == 3
    again = header + rows + row.format(n=0) + "\n"
    with pytest.raises(InputError, match=r"file\.csv:5: the file has more than 3 rows"):
        read(open_table(written(tmp_path, again), known), Problems())


@pytest.mark.parametrize("limit", KINDS)
def test_text_of_a_file_that_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    known, row, read = KINDS[limit]
    monkeypatch.setattr(limits, "FILE_HELD_BYTES_MAX", 1_000)
    rows = "".join(row.format(n="x" * 100 + str(n)) + "\n" for n in range(10))

    with pytest.raises(InputError, match="more long ids and texts than can be held"):
        read(open_table(written(tmp_path, ",".join(known.required) + "\n" + rows), known), Problems())


def test_lines_that_wait_for_others_of_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FILE_OPEN_LINES_MAX", 3)
    sorted_ = [f"o{n},{line},cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n" for n in range(4) for line in (1, 2)]

    path = written(tmp_path, HEADER + "".join(sorted_))
    assert len(list(sales_of(path, Problems()).read())) == 4
    path = written(tmp_path, HEADER + "".join(sorted_[::2] + sorted_[1::2]))
    with pytest.raises(InputError, match=r"file\.csv:5: 3 lines wait .* \(sort the file by order_id\)"):
        list(sales_of(path, Problems()).read())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_and_bytes_of_a_file_once_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    path = tmp_path / "file.csv.gz"
    path.write_bytes(gzip.compress(("a" + end * 9 + "b" + end).encode()))
    file = open_table(path, Columns(("a",)))

    monkeypatch.setattr(limits, "FILE_ROWS_MAX", 10)
    assert [line for line, _ in file.rows()] == [10]
    monkeypatch.setattr(limits, "FILE_ROWS_MAX", 9)
    with pytest.raises(InputError, match=r"file\.csv\.gz:10: has more than 9 lines"):
        list(file.rows())
    monkeypatch.undo()
    monkeypatch.setattr(limits, "FILE_BYTES_MAX", 10)
    with pytest.raises(InputError, match="has more than 10 bytes"):
        list(file.rows())


def test_ragged_rows_and_rows_of_nobody_end_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PROBLEMS_MAX", 2)
    for row in ("x\n", ",1,cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n"):
        with pytest.raises(InputError) as ragged:
            sales_of(written(tmp_path, HEADER + row * 5 + "\0"), Problems())
        assert [each.where.split(":")[1] for each in ragged.value.problems] == ["2", "3"]
    path = written(tmp_path, "order_id,cancelled_at\n" + ",2026-03-01T10:00:00Z\n" * 5 + "\0")
    with pytest.raises(InputError) as nameless:
        read_cancellations(open_table(path, CANCELLATIONS), Problems())
    assert len(nameless.value.problems) == 2


def test_columns_of_a_file(tmp_path: Path) -> None:
    names = [f"x{n}" for n in range(limits.COLUMNS_MAX)]

    assert (
        len(open_table(written(tmp_path, ",".join(names)), Columns(()), names).header) == limits.COLUMNS_MAX
    )
    with pytest.raises(InputError, match="there are 1001 columns"):
        open_table(written(tmp_path, ",".join([*names, "x"])), Columns(()), [*names, "x"])


def test_bytes_of_a_row(tmp_path: Path) -> None:
    cell = "x" * (limits.ROW_BYTES_MAX // 10 - 1)
    row = ",".join([cell] * 10) + "\n"
    names = [f"x{n}" for n in range(10)]
    assert len(row) == limits.ROW_BYTES_MAX
    header = ",".join(names) + "\n"

    path = written(tmp_path, header + row + row)
    assert [line for line, _ in open_table(path, Columns(()), names).rows()] == [2, 3]
    path = written(tmp_path, header + row + "x" + row)
    with pytest.raises(InputError, match=r"file\.csv:3:x9: the row is too long"):
        list(open_table(path, Columns(()), names).rows())


def test_bytes_of_a_row_of_many_lines(tmp_path: Path) -> None:
    row = '"' + ("x" * 99_999 + "\n") * 10 + '"\n'
    cell = '"' + "x\n" * 40_000 + '",'

    with pytest.raises(InputError, match=r"file\.csv:2:a: this cell can't be read"):
        list(open_table(written(tmp_path, "a\n" + row), Columns(("a",))).rows())
    with pytest.raises(InputError, match=r"file\.csv:2:13: the row is too long"):
        list(open_table(written(tmp_path, "a\n" + cell * 20), Columns(("a",))).rows())


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    row = "o1,1,cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n"
    for then in ("", row + row.replace("o1,1", "o1,2"), row + row.replace("o1", "o2")):
        path = written(tmp_path, HEADER + row + row.replace("o1,1", "o1,3") + row.replace("o1,1", "o1,4"))
        sales = sales_of(path, Problems())
        written(tmp_path, HEADER + then)

        with pytest.raises(InputError, match="changed while it was read"):
            list(sales.read())


@pytest.mark.deep
def test_orders_of_a_file(tmp_path: Path) -> None:
    rows = (f"o{n},1,cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z\n" for n in range(limits.FILE_ORDERS_MAX + 1))

    with pytest.raises(InputError, match="has more than 500000 orders"):
        sales_of(written(tmp_path, HEADER + "".join(rows)), Problems())
