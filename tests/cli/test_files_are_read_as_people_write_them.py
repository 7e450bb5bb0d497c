"""Byte order marks, line ends, quotes, column orders, compression: all the same file."""

import gzip
from pathlib import Path

import pytest
from tests.cli.shop import SALES, with_members

ROWS = [line.split(",") for line in SALES.splitlines()]

SAME = {
    "byte order mark": b"\xef\xbb\xbf" + SALES.encode(),
    "CRLF": SALES.replace("\n", "\r\n").encode(),
    "no line end at the end": SALES.rstrip("\n").encode(),
    "blank lines": SALES.replace("\n", "\n\n").encode(),
    "all quoted": "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in ROWS).encode(),
    "other order of columns": "".join(",".join(reversed(row)) + "\n" for row in ROWS).encode(),
}


@pytest.mark.parametrize("how", SAME)
def test_the_same_sales_in_other_clothes(tmp_path: Path, how: str) -> None:
    shop = with_members(tmp_path)
    shop.do("import", "sales", shop.file("plain.csv", SALES))
    before = shop.dump()

    again = shop.import_("sales", SAME[how])

    assert again.exit_code == 0
    assert again.stdout.splitlines()[-1].split() == ["sales", "0", "2", "0", "0"]
    assert shop.dump() == before


def test_a_packed_file(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    done = shop.run("import", "sales", shop.file("sales.csv.gz", gzip.compress(SALES.encode())))

    assert done.exit_code == 0


def test_cells_with_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    content = SALES.replace("tea", '"black, ""strong"" tea"')

    assert shop.import_("sales", content).exit_code == 0
    assert 'line 1 (black, "strong" tea)' in shop.do("explain", "o1")


def test_a_line_end_within_a_cell_counts_as_a_line_of_the_file(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    content = SALES.replace("100.00", '"100\n00"').replace("9.99", "x")

    refused = shop.import_("sales", content)

    places = [line.split(": ")[0] for line in refused.stderr.splitlines()]
    assert places == ["sales.csv:2:net", "sales.csv:5:net"]


def test_columns_that_mean_nothing_are_left_out_by_name(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    content = SALES.replace("completed_at\n", "completed_at,a,b\n").replace("+08:00\n", "+08:00,1,2\n")
    content = content.replace("20:00:00Z,\n", "20:00:00Z,,3,4\n")

    refused = shop.import_("sales", content)
    done = shop.import_("sales", content, "--ignore-columns", "a,b")
    again = shop.import_("sales", content, "--ignore-columns", "a", "--ignore-columns", "b")

    assert (refused.exit_code, done.exit_code, again.exit_code) == (1, 0, 0)
    assert "--ignore-columns leaves others out" in refused.stderr


def test_a_known_column_that_is_left_out_says_nothing(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    done = shop.import_("sales", SALES.replace("+08:00\n", "nonsense\n"), "--ignore-columns", "completed_at")

    assert done.exit_code == 0
    assert "the freeze counts from" in shop.do("explain", "o1")


def test_what_a_file_rests_on_can_not_be_left_out(tmp_path: Path) -> None:
    refused = with_members(tmp_path).import_("sales", SALES, "--ignore-columns", "net,units")

    assert refused.exit_code == 1
    assert "sales.csv:1:units: this column can't be ignored" in refused.stderr
