"""Files of strangers: an error with line and column, nothing imported, memory bounded."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.shop import CANCELLATIONS, MEMBERS, PRICES, REFUNDS, SALES, Shop, traded, with_members

from distcore.kernel import limits

HEADER = SALES.splitlines()[0]
FIRST = SALES.splitlines()[1]
FILES = {
    "members": MEMBERS,
    "sales": SALES,
    "refunds": REFUNDS,
    "prices": PRICES,
    "cancellations": CANCELLATIONS,
}
MEGABYTES_MAX = 200

REFUSED_WHOLE = {
    "empty": (b"", "sales.csv: is empty"),
    "only blank lines": (b"\n\r\n\n", "sales.csv: is empty"),
    "not UTF-8": (f"{HEADER}\n{FIRST}\n".encode().replace(b"tea", b"t\xe9a"), "sales.csv:2:sku: byte 11 is"),
    "UTF-16": (SALES.encode("utf-16"), "sales.csv:1:1: byte 1 is not UTF-8"),
    "a lone surrogate": (SALES.encode().replace(b"tea", b"\xed\xa0\x80"), "sales.csv:2:sku: byte 10 is"),
    "NUL": (SALES.encode().replace(b"cup", b"c\0p"), "sales.csv:4:sku: holds a NUL character"),
    "an open quote": (SALES.encode().replace(b"cup", b'"cup'), "sales.csv:4:sku: this cell can't be read"),
    "text after a quote": (SALES.encode().replace(b"cup", b'"c"p'), "sales.csv:4:sku: this cell can't"),
    "line ends of old": (SALES.replace("\n", "\r").encode(), "sales.csv:1:9: this cell can't be read"),
    "a huge cell": (SALES.encode().replace(b"cup", b"c" * 200_000), "sales.csv:4:sku: this cell can't"),
    "a huge row": (SALES.encode().replace(b"cup", b"c," * 600_000), "the row is too long"),
    "a row cut off": (SALES.encode()[:-30], "sales.csv:4:paid_at: the row has 8 cells, the header has 9"),
    "a row with more": (
        SALES.encode().replace(b"cup,", b"cup,cup,"),
        "sales.csv:4:completed_at: the row has 10",
    ),
    "a column twice": (SALES.replace("units", "net").encode(), "sales.csv:1:net: stands twice in the header"),
    "a column missing": (SALES.replace("units", "u").encode(), "sales.csv:1:units: this column is missing"),
    "a column unknown": (SALES.replace("completed_at", "done").encode(), "sales.csv:1:done: is not a column"),
    "a column unnamed": (SALES.replace("completed_at", "").encode(), "sales.csv:1:9: is not a column"),
    "too many columns": (b",".join([b"x"] * 1001), "sales.csv:1:1001: there are 1001 columns (at most 1000)"),
    "an order unnamed": (SALES.replace("o2", " ").encode(), "sales.csv:3:order_id: is blank (the file is"),
}


@pytest.mark.parametrize("what", REFUSED_WHOLE)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, what: str) -> None:
    content, message = REFUSED_WHOLE[what]
    shop = with_members(tmp_path)
    before = shop.dump()

    refused = shop.import_("sales", content)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert message in refused.stderr
    assert len(refused.stderr) < 2_000
    assert shop.dump() == before


@pytest.mark.parametrize("what", FILES)
def test_every_kind_of_file_is_read_to_its_end_first(tmp_path: Path, what: str) -> None:
    shop = with_members(tmp_path) if what != "members" else Shop(tmp_path)
    if what == "members":
        shop.do("init")
    before = shop.dump()

    refused = shop.import_(what, FILES[what].encode() + b"\xff\n")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"{what}.csv:{FILES[what].count(chr(10)) + 1}:" in refused.stderr
    assert shop.dump() == before


def test_all_ragged_rows_are_named(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("sales", SALES + "o3,1\no4,1\n")

    assert [line[:12] for line in refused.stderr.splitlines()] == ["sales.csv:5:", "sales.csv:6:"]


BAD_CELLS = {
    "line_id": ["", " ", "x" * 129, "a\tb"],
    "buyer_id": ["", "x" * 129, "\u0085"],
    "sku": ["", "\x1b[2J"],
    "units": ["", "-1", "1.0", "１２", "1_000", "+1", "01", "1e3", "True", "9" * 40, "1000000001"],
    "net": [
        "",
        "-1",
        "-0",
        "１２",
        "1_000",
        "NaN",
        "Infinity",
        "1e400",
        "1.234",
        "1,5",
        "9" * 30,
        "0." + "1" * 30,
    ],
    "currency": ["", "cny", "XXX", "￥"],
    "paid_at": ["", "2026-03-31", "2026-03-31T20:00:00", "2026-02-30T20:00:00Z", "9999-12-31T00:00:00Z"],
    "completed_at": ["2026-03-31T19:59:59Z", "2026-06-01T00:00:01Z", "later"],
}


@pytest.mark.parametrize(("column", "cell"), [(c, cell) for c, cells in BAD_CELLS.items() for cell in cells])
def test_a_bad_cell_refuses_its_order_and_no_other(tmp_path: Path, column: str, cell: str) -> None:
    shop = with_members(tmp_path)
    cells = dict(zip(HEADER.split(","), SALES.splitlines()[2].split(","), strict=True)) | {column: cell}
    quoted = ",".join('"' + each.replace('"', '""') + '"' for each in cells.values())

    refused = shop.import_("sales", f"{HEADER}\n{FIRST}\n{quoted}\n")

    assert refused.exit_code == 1
    assert f"sales.csv:3:{column}: " in refused.stderr
    assert refused.stdout.splitlines()[-1].split() == ["sales", "1", "0", "1", "1"]
    assert all(each.isprintable() for each in refused.stderr.splitlines())
    assert shop.run("explain", "o1").exit_code == 0
    assert shop.run("explain", "o2").exit_code == 1


def test_a_last_cell_that_was_cut_off_refuses_its_order(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("sales", SALES[:-20])

    assert "sales.csv:4:completed_at: order 'o1': '2026-0' here" in refused.stderr
    assert refused.stdout.splitlines()[-1].split() == ["sales", "1", "0", "1", "1"]


def test_every_bad_cell_of_a_row_is_named(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("sales", SALES.replace("cai,cup,1,9.99", "cai,,-1,9.999"))

    places = [line.split(": ")[0] for line in refused.stderr.splitlines()]
    assert places == ["sales.csv:4:sku", "sales.csv:4:units", "sales.csv:4:net"]


def test_problems_are_bounded_and_counted(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    bad = limits.PROBLEMS_MAX + 5
    rows = "".join(f"b{n},1,cai,tea,1,x,CNY,2026-03-01T10:00:00Z,\n" for n in range(bad))

    refused = shop.import_("sales", HEADER + "\n" + rows)

    assert refused.stdout.splitlines()[-1].split() == ["sales", "0", "0", str(bad), str(bad)]
    assert refused.stderr.splitlines()[-1] == "… and 5 more"


@pytest.mark.parametrize(
    "id", ["' OR 1=1--", "=1+1", "o1 ", "O1", "ö1", "o\u0308" + "1", "o,1", 'o"1', "[red]o1[/red]", ":o1:"]
)
def test_strange_ids_are_kept_as_they_are(tmp_path: Path, id: str) -> None:
    shop = traded(tmp_path)
    quoted = '"' + id.replace('"', '""') + '"'

    shop.do("import", "sales", shop.file("more.csv", SALES.replace("\no1,", f"\n{quoted},")))

    assert shop.do("explain", id).startswith(f"order {id}: 2 lines")


def test_what_is_not_a_plain_file_is_refused(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.run("import", "sales", "/dev/null")

    assert refused.exit_code == 1
    assert "is not a plain file" in refused.stderr


@pytest.mark.parametrize("content", [b"not gzip", gzip.compress(SALES.encode())[:-12]])
def test_what_can_not_be_unpacked_is_refused(tmp_path: Path, content: bytes) -> None:
    shop = with_members(tmp_path)

    refused = shop.run("import", "sales", shop.file("sales.csv.gz", content))

    assert refused.exit_code == 1
    assert "sales.csv.gz: can't be unpacked" in refused.stderr


def _a_row_of_a_gigabyte(path: Path) -> str:
    with path.open("wb") as file:
        file.write(SALES.encode())
        file.truncate(1_000_000_000)  # a hole: it reads as NULs, and takes no place
    return "the row is too long"


def _a_packed_row_of_a_gigabyte(path: Path) -> str:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(SALES.encode())
        for _ in range(100):
            file.write(b"x" * 10_000_000)
    return "the row is too long"


def _a_header_of_ten_million_columns(path: Path) -> str:
    path.write_bytes(b"," * 10_000_000 + b"\n" + SALES.encode())
    return ":1:1000002: the row is too long"


def _a_row_of_ten_million_columns(path: Path) -> str:
    path.write_bytes(SALES.encode() + b"," * 10_000_000 + b"\n")
    return ":5:1000002: the row is too long"


def _an_open_quote_of_a_hundred_megabytes(path: Path) -> str:
    with path.open("wb") as file:
        file.write(SALES.encode() + b'"')
        for _ in range(100):
            file.write(b"a line\n" * 150_000)
    return ":5:order_id: this cell can't be read"


def _thirty_thousand_bad_orders(path: Path) -> str:
    rows = (f"b{n},1,cai,tea,1,x,CNY,2026-03-01T10:00:00Z,\n" for n in range(30_000))
    path.write_text(HEADER + "\n" + "".join(rows), encoding="utf-8")
    return "and 29000 more"


def _an_order_of_two_hundred_thousand_lines(path: Path) -> str:
    rows = (f"o1,{n},cai,tea,1,1.00,CNY,2026-03-01T10:00:00Z,\n" for n in range(200_000))
    path.write_text(HEADER + "\n" + "".join(rows), encoding="utf-8")
    return "order 'o1' has more than 10000 lines"


def _as_many_refunds_as_there_may_be(path: Path) -> str:
    rows = (f"r{n:035},o{n:035},1,1,1.00,2026-03-01T10:00:00Z\n" for n in range(limits.FILE_CORRECTIONS_MAX))
    path.write_text(REFUNDS.splitlines()[0] + "\n" + "".join(rows), encoding="utf-8")
    return "and 149000 more"


def _a_chain_of_as_many_members_as_there_may_be(path: Path) -> str:
    count = limits.FILE_MEMBERS_MAX - 1
    chain = (f"m{n:035},m{n - 1:035},2026-03-01T10:00:00Z\n" for n in reversed(range(1, count + 1)))
    path.write_text("member_id,sponsor_id,joined_at\n" + "".join(chain), encoding="utf-8")
    return "and 98999 more"  # the sponsor of the first is nobody


def _a_bomb(path: Path) -> str:
    zeros = gzip.compress(b"\n" * 10_000_000)
    path.write_bytes(gzip.compress(SALES.encode()) + zeros * 1_000)
    return "has more than 10000000 lines"


KINDS: dict[Callable[[Path], str], str] = {
    _as_many_refunds_as_there_may_be: "refunds",
    _a_chain_of_as_many_members_as_there_may_be: "members",
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
@pytest.mark.wide
@pytest.mark.parametrize(
    "make",
    [
        _a_row_of_a_gigabyte,
        _a_packed_row_of_a_gigabyte,
        _a_header_of_ten_million_columns,
        _a_row_of_ten_million_columns,
        _an_open_quote_of_a_hundred_megabytes,
        _thirty_thousand_bad_orders,
        _an_order_of_two_hundred_thousand_lines,
        _as_many_refunds_as_there_may_be,
        _a_chain_of_as_many_members_as_there_may_be,
        _a_bomb,
    ],
)
def test_memory_is_bounded(tmp_path: Path, make: Callable[[Path], str]) -> None:
    shop = with_members(tmp_path)
    before = shop.dump()
    path = tmp_path / ("sales.csv.gz" if make in {_a_packed_row_of_a_gigabyte, _a_bomb} else "sales.csv")
    message = make(path)

    code, said, peak_mib = shop.measured("import", KINDS.get(make, "sales"), str(path))

    assert code == 1
    assert message in "\n".join(said)
    assert max(map(len, said)) < 1_000
    assert peak_mib < MEGABYTES_MAX
    assert shop.dump() == before


def test_known_columns_are_named_once(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("sales", SALES.replace("sku", "what").replace("units", "pieces"))

    assert refused.stderr.count("is not a column of this file") == 2
    assert refused.stderr.count("known are") == 1
