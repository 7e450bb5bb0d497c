"""One answer in four forms: exact in each, and inert where a spreadsheet opens it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.shop import SALES, traded, with_members

from distcore_cli.render import FORMULA_MARKS, Table, columns, say, show, show_rows
from distcore_cli.settings import Format

EARNED = {
    "period": "2026-04",
    "payee": "ben",
    "currency": "CNY",
    "accrued": "0.00",
    "clawed_back": "-5.00",
    "earned": "-5.00",
    "frozen": "0.00",
    "released": "-5.00",
}
APRIL = ("earnings", "--period", "2026-04", "--payee", "ben")


def test_json_is_a_list_of_objects(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("release")

    assert json.loads(shop.do("--format", "json", *APRIL)) == [EARNED]


def test_json_lines_are_objects(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("release")

    assert [json.loads(line) for line in shop.do("--format", "jsonl", *APRIL).splitlines()] == [EARNED]


def test_csv_has_a_header_and_numbers_that_are_numbers(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("release")

    assert list(csv.DictReader(io.StringIO(shop.do("--format", "csv", *APRIL)))) == [EARNED]


def test_a_table_has_no_blanks_at_its_line_ends(tmp_path: Path) -> None:
    lines = traded(tmp_path).do(*APRIL).splitlines()

    assert lines[0].split() == list(EARNED)
    assert lines[2].split() == ["2026-04", "ben", "CNY", "0.00", "-5.00", "-5.00", "-5.00", "0.00"]
    assert lines == [line.rstrip() for line in lines]


def test_several_tables_are_told_apart(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    answer = json.loads(shop.do("--format", "json", "explain", "o1"))
    lines = [json.loads(line) for line in shop.do("--format", "jsonl", "explain", "o1").splitlines()]
    rows = list(csv.DictReader(io.StringIO(shop.do("--format", "csv", "explain", "o1"))))

    assert list(answer) == ["amounts", "why_nots", "postings", "order"]
    assert {line["table"] for line in lines} == set(answer) - {"why_nots"}
    assert [row["amount"] for row in rows] == [each["amount"] for each in answer["amounts"]]


def test_problems_are_data_in_json(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    path = shop.file("sales.csv", SALES.replace("9.99", "x"))

    refused = shop.run("--format", "json", "import", "sales", path)

    answer = json.loads(refused.stdout)
    assert refused.exit_code == 1
    assert [each["where"] for each in answer["problems"]] == ["sales.csv:4:net"]
    assert answer["done"] == [{"what": "sales", "done": 1, "repeated": 0, "refused": 1, "problems": 1}]


@pytest.mark.parametrize("mark", FORMULA_MARKS)
def test_a_text_cell_never_starts_a_formula(capsys: pytest.CaptureFixture[str], mark: str) -> None:
    table = Table("x", columns("payee amount", "amount"), [(f"{mark}1+1", "-5.00")])

    show([table], Format.CSV)

    assert capsys.readouterr().out == f"payee,amount\n'{mark}1+1,-5.00\n"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\u2028", " \u200b "])
def test_blanks_do_not_hide_a_formula(capsys: pytest.CaptureFixture[str], blank: str) -> None:
    table = Table("x", columns("payee sku"), [(f"{blank}=1+1", f"{blank}tea"), (blank, "")])

    show([table], Format.CSV)

    assert capsys.readouterr().out == f"payee,sku\n'{blank}=1+1,{blank}tea\n{blank},\n"


UNSEEN = ["\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\ufeff", "\u0085", "\x1b", "\r", "\n", "\x1c"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_people_do_not_see_forges_no_row(capsys: pytest.CaptureFixture[str], unseen: str) -> None:
    table = Table("x", columns("payee"), [(f"a{unseen}b",)])

    show([table], Format.TABLE)
    say(f"a{unseen}b")

    out, err = capsys.readouterr()
    escaped = unseen.encode("unicode_escape").decode()
    assert out.splitlines()[2:] == [f"a{escaped}b"]
    assert err.splitlines() == [f"a{escaped}b"]


@pytest.mark.parametrize("unseen", UNSEEN)
def test_a_json_line_is_one_line_and_exact(capsys: pytest.CaptureFixture[str], unseen: str) -> None:
    show([Table("x", columns("payee"), [(f"a{unseen}b",)])], Format.JSONL)

    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"payee": f"a{unseen}b"}


def test_an_explanation_forges_no_line(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("import", "sales", shop.file("more.csv", SALES.replace("o1,", "o\u2028SPOOF,")))

    told = shop.do("explain", "o\u2028SPOOF")

    assert told.startswith("order o\\u2028SPOOF: 2 lines")
    assert not [line for line in told.splitlines() if line.startswith("SPOOF")]


def test_the_marks_are_those_of_spreadsheets() -> None:
    assert "".join(FORMULA_MARKS) == "=+-@\t\r＝＋－＠"


def test_a_member_whose_name_is_a_formula(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    member = '=HYPERLINK("http://localhost")'
    row = '"=HYPERLINK(""http://localhost"")",ann,2026-01-09T00:00:00Z,+gold,active'
    shop.do("import", "members", shop.file("m.csv", f"member_id,sponsor_id,joined_at,tier,status\n{row}\n"))

    (found,) = csv.DictReader(io.StringIO(shop.do("--format", "csv", "tree", member)))
    exact = json.loads(shop.do("--format", "json", "tree", member))

    assert (found["member"], found["tier"]) == (f"'{member}", "'+gold")
    assert (exact[0]["member"], exact[0]["tier"]) == (member, "+gold")


def test_nothing_is_said_as_nothing(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    assert shop.do("earnings") == "none\n"
    assert json.loads(shop.do("--format", "json", "earnings")) == []
    assert shop.do("--format", "jsonl", "earnings") == ""
    assert shop.do("--format", "csv", "earnings").startswith("period,payee,")


@pytest.mark.parametrize(
    ("form", "is_streamed"), [(each, each in {Format.CSV, Format.JSONL}) for each in Format]
)
def test_what_may_be_much_is_written_row_by_row(
    form: Format, *, is_streamed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is kept where the format allows that; what comes out is the same either way."""
    written: list[str] = []

    def rows() -> Iterator[tuple[str, int]]:
        for number in range(3):
            written.append(capsys.readouterr().out)
            yield "=a", number

    names = columns("id count", "count")
    show_rows("rows", names, rows(), form)
    streamed = "".join([*written, capsys.readouterr().out])
    assert bool(written[-1]) == is_streamed
    show([Table("rows", names, [("=a", number) for number in range(3)])], form)
    assert streamed == capsys.readouterr().out
