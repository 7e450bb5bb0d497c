"""Parquet files of strangers: an error with row and column, nothing imported, memory bounded."""

import io
import random
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.parquet import (
    DICTIONARY,
    PLAIN,
    branch,
    chunk,
    closed,
    file_of,
    group,
    leaf,
    one_column,
    page,
    parquet_of,
    plain,
    table_of,
    with_column,
    written,
)
from tests.cli.shop import CANCELLATIONS, MEMBERS, PRICES, REFUNDS, SALES, Shop, with_members

from distcore.kernel import InputError, limits
from distcore_cli.parquet.thrift import Struct
from distcore_cli.table_file import Columns, open_table

GOOD = parquet_of(SALES)
FOOTER_BYTES = int.from_bytes(GOOD[-8:-4], "little")
FILES = {
    "members": MEMBERS,
    "sales": SALES,
    "refunds": REFUNDS,
    "prices": PRICES,
    "cancellations": CANCELLATIONS,
}
ONE = Columns(("sku",))
MEGABYTES_MAX = 245
"""As of CSV, and what pyarrow itself takes."""


def renamed(old: str, new: str) -> bytes:
    """Return the sales with a column of another name."""
    table = table_of(SALES)
    return written(table.rename_columns([new if name == old else name for name in table.column_names]))


def twice(name: str) -> bytes:
    """Return the sales with a column added that is there already."""
    table = table_of(SALES)
    return written(table.append_column(name, table.column(name)))


def cells(name: str, values: list[Any], kind: Any, **options: Any) -> bytes:
    """Return the three lines of the sales with one column of another type."""
    return with_column(SALES, name, pa.array(values, kind), **options)


def not_utf_8(**options: Any) -> bytes:
    """Return sales of which the second SKU is no text."""
    values = pa.array([b"tea", b"t\xe9a", b"cup"]).view(pa.string())
    return with_column(SALES, "sku", values, **options)


REFUSED_WHOLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "sales.parquet: is no Parquet file (CSV has a name that ends in .csv"),
    "CSV": (SALES.encode(), "sales.parquet: is no Parquet file"),
    "encrypted": (b"PARE" + GOOD[4:-4] + b"PARE", "sales.parquet: is no Parquet file"),
    "four bytes": (b"PAR1", "sales.parquet: is cut off"),
    "cut off by a byte": (GOOD[:-1], "sales.parquet: is cut off: a Parquet file ends as it begins (copy it"),
    "cut off in the footer": (GOOD[:-60], "sales.parquet: is cut off"),
    "cut off in the middle": (GOOD[: len(GOOD) // 2], "sales.parquet: is cut off"),
    "a footer longer than the file": (
        GOOD[:-8] + len(GOOD).to_bytes(4, "little") + b"PAR1",
        "sales.parquet: is cut off",
    ),
    "a part in the middle missing": (GOOD[:300] + GOOD[400:], "is damaged from here on"),
    "no footer": (closed(b"PAR1", b""), "sales.parquet: has a damaged footer"),
    "a footer of zeros": (closed(b"PAR1", bytes(500)), "sales.parquet: has a damaged footer"),
    "a footer of ones": (closed(b"PAR1", b"\xff" * 500), "sales.parquet: has a damaged footer"),
    "a footer that never ends": (closed(b"PAR1", b"\x1c" * 500), "sales.parquet: has a damaged footer"),
    "no columns": (file_of([], []), "sales.parquet: is empty (the columns are order_id, line_id"),
    "a column twice": (twice("net"), "sales.parquet:net: stands twice in the header"),
    "a column missing": (renamed("units", "u"), "sales.parquet:units: this column is missing"),
    "a column unknown": (renamed("completed_at", "done"), "sales.parquet:done: is not a column of this file"),
    "a column unnamed": (renamed("completed_at", ""), "sales.parquet:9: is not a column"),
    "a column named to deceive": (renamed("sku", "\x1b[2J"), "sales.parquet:\\x1b[2J: is not a column"),
    "too many columns": (
        file_of([leaf(f"x{n}") for n in range(1_500)], []),
        "sales.parquet:1001: there are 1500 columns (at most 1000)",
    ),
    "columns below columns without end": (
        file_of([branch("order_id", 1)] * 10_000 + [leaf("x")], []),
        "sales.parquet:order_id: holds lists or structs",
    ),
    "a name that is not UTF-8": (GOOD.replace(b"buyer_id", b"buyer\xff\xffd"), "has a damaged footer"),
    "floats": (
        cells("net", [1.0, 2.5, 3.0], pa.float64()),
        "sales.parquet:net: holds floats (store amounts as",
    ),
    "NaN": (cells("net", [float("nan"), 2.5, 3.0], pa.float64()), "sales.parquet:net: holds floats"),
    "Infinity": (cells("net", [float("inf"), 2.5, 3.0], pa.float32()), "sales.parquet:net: holds floats"),
    "half floats": (cells("net", [1.0, 2.0, 3.0], pa.float16()), "sales.parquet:net: holds floats"),
    "units as floats": (cells("units", [2.0, None, 1.0], pa.float64()), "sales.parquet:units: holds floats"),
    "categories of floats": (
        with_column(SALES, "net", pa.array([1.0, 2.0, 1.0]).dictionary_encode()),
        "sales.parquet:net: holds floats",
    ),
    "times without a zone": (
        with_column(SALES, "paid_at", table_of(SALES)["paid_at"].cast(pa.timestamp("us"))),
        "sales.parquet:paid_at: holds times without a time zone (store it with its time zone, or as text",
    ),
    "times as Impala writes them": (
        parquet_of(SALES, use_deprecated_int96_timestamps=True),
        "sales.parquet:paid_at: holds times without a time zone",
    ),
    "days": (cells("paid_at", [1, 2, 3], pa.date32()), "sales.parquet:paid_at: holds days without a time"),
    "times of day": (
        cells("paid_at", [1, 2, 3], pa.time64("us")),
        "sales.parquet:paid_at: holds values that",
    ),
    "truths": (
        cells("units", [True, False, True], pa.bool_()),
        "sales.parquet:units: holds values that are no",
    ),
    "bytes": (
        cells("sku", [b"a", b"b", b"c"], pa.binary()),
        "sales.parquet:sku: holds values that are no text",
    ),
    "bytes of one length": (
        cells("sku", [b"a", b"b", b"c"], pa.binary(1)),
        "sales.parquet:sku: holds values",
    ),
    "UUIDs": (cells("sku", [b"x" * 16] * 3, pa.uuid()), "sales.parquet:sku: holds values that are no text"),
    "lists": (cells("sku", [["a"], [], ["b"]], pa.list_(pa.string())), "sales.parquet:sku: holds lists or"),
    "structs": (
        cells("sku", [{"a": 1}, None, {"a": 2}], pa.struct([("a", pa.int64())])),
        "sales.parquet:sku: holds lists or structs (store one value in each cell)",
    ),
    "maps": (
        cells("sku", [[("a", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        "sales.parquet:sku: holds lists or structs",
    ),
    "an order unnamed": (
        cells("order_id", ["o1", None, "o1"], pa.string()),
        "sales.parquet:2:order_id: is blank",
    ),
    "all orders unnamed": (cells("order_id", [None] * 3, pa.null()), "sales.parquet:1:order_id: is blank"),
    "not UTF-8": (not_utf_8(), "sales.parquet:2:sku: byte 2 is not UTF-8"),
    "not UTF-8, plain": (not_utf_8(use_dictionary=False), "sales.parquet:2:sku: byte 2 is not UTF-8"),
    "a huge cell": (
        cells("sku", ["tea", "c" * 1_000_001, "cup"], pa.string()),
        "sales.parquet:2:sku: the row is too long (at most 1000000 bytes of text)",
    ),
    "a huge row": (
        with_column(SALES, "sku", pa.array(["tea", "c" * 999_992, "cup"])),
        "sales.parquet:2:net: the row is too long",
    ),
    "texts that begin as those before": (
        parquet_of(SALES, {}, use_dictionary=False, column_encoding={"sku": "DELTA_BYTE_ARRAY"}),
        "sales.parquet:1:sku: has pages of encoding 7 (write it anew, with plain or dictionary encoding)",
    ),
}


@pytest.mark.parametrize("what", REFUSED_WHOLE)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, what: str) -> None:
    content, message = REFUSED_WHOLE[what]
    shop = with_members(tmp_path)
    before = shop.dump()

    refused = shop.run("import", "sales", shop.file("sales.parquet", content))

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert message in refused.stderr
    assert len(refused.stderr) < 2_000
    assert all(line.isprintable() for line in refused.stderr.splitlines())
    assert shop.dump() == before


@pytest.mark.parametrize("what", FILES)
def test_every_kind_of_file_is_read_to_its_end_first(tmp_path: Path, what: str) -> None:
    shop = with_members(tmp_path) if what != "members" else Shop(tmp_path)
    if what == "members":
        shop.do("init")
    before = shop.dump()
    rows = FILES[what].splitlines()
    broken = bytearray(
        parquet_of(FILES[what], row_group_size=1, use_dictionary=False, write_page_checksum=True)
    )
    broken[last_byte(broken)] ^= 1

    refused = shop.run("import", what, shop.file(f"{what}.parquet", bytes(broken)))

    assert (refused.exit_code, refused.stdout) == (1, "")
    place = f"{what}.parquet:{len(rows) - 1}:{rows[0].split(',')[-1]}"
    assert refused.stderr == f"{place}: is damaged from here on (copy it again, or write it anew)\n"
    assert shop.dump() == before


def last_byte(content: bytes | bytearray) -> int:
    """Return where the pages of the last column of the last row end."""
    metadata = pq.ParquetFile(io.BytesIO(content)).metadata
    column = metadata.row_group(metadata.num_row_groups - 1).column(metadata.num_columns - 1)
    return int(column.data_page_offset + column.total_compressed_size - 1)


BAD_CELLS: list[tuple[str, Any, Any]] = [
    ("line_id", "", pa.string()),
    ("line_id", None, pa.string()),
    ("line_id", "x" * 129, pa.string()),
    ("buyer_id", "a\0b", pa.string()),
    ("sku", "\u0085", pa.large_string()),
    ("units", None, pa.int64()),
    ("units", -1, pa.int32()),
    ("units", 10**9 + 1, pa.uint32()),
    ("units", 2**64 - 1, pa.uint64()),
    ("units", Decimal("1.5"), pa.decimal128(5, 1)),
    ("net", None, pa.decimal128(12, 2)),
    ("net", -1, pa.int8()),
    ("net", Decimal("1.234"), pa.decimal128(12, 3)),
    ("net", Decimal("-0.01"), pa.decimal256(50, 2)),
    ("net", Decimal("9" * 38), pa.decimal128(38, 0)),
    ("net", Decimal("0." + "1" * 70), pa.decimal256(76, 70)),
    ("net", "NaN", pa.string()),
    ("net", "1e3", pa.string()),
    ("currency", "cny", pa.string()),
    ("paid_at", None, pa.timestamp("us", "UTC")),
    ("paid_at", 1_774_987_200_000_000_001, pa.timestamp("ns", "UTC")),
    ("paid_at", -1, pa.timestamp("ms", "UTC")),
    ("paid_at", 2**62, pa.timestamp("us", "UTC")),
    ("paid_at", -(2**62), pa.timestamp("ms", "UTC")),
    ("paid_at", 1_774_987_200, pa.int64()),
    ("paid_at", "2026-03-31T20:00:00", pa.string()),
    ("completed_at", 1_774_987_199_000, pa.timestamp("ms", "UTC")),
]


@pytest.mark.parametrize(("column", "cell", "kind"), BAD_CELLS)
def test_a_bad_cell_refuses_its_order_and_no_other(tmp_path: Path, column: str, cell: Any, kind: Any) -> None:
    shop = with_members(tmp_path)
    table = table_of(SALES).take([1])
    bad = table.set_column(table.column_names.index(column), column, pa.array([cell], kind))
    shop.do("import", "sales", shop.file("good.parquet", written(table_of(SALES).take([0, 2]))))

    refused = shop.run("import", "sales", shop.file("sales.parquet", written(bad)))

    assert refused.exit_code == 1
    assert f"sales.parquet:1:{column}: " in refused.stderr
    assert refused.stdout.splitlines()[-1].split() == ["sales", "0", "0", "1", "1"]
    assert all(each.isprintable() for each in refused.stderr.splitlines())
    assert shop.run("explain", "o2").exit_code == 1


def test_a_bad_cell_is_named_by_row_and_column_and_the_others_go_in(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    net = pa.array([Decimal("100.00"), Decimal("40.001"), Decimal("9.99")], pa.decimal128(12, 3))

    refused = shop.run("import", "sales", shop.file("sales.parquet", with_column(SALES, "net", net)))

    assert refused.stderr == "sales.parquet:2:net: order 'o2': too many decimals: '40.001' (CNY has 2)\n"
    assert refused.stdout.splitlines()[-1].split() == ["sales", "1", "0", "1", "1"]
    assert shop.run("explain", "o1").exit_code == 0


def test_what_is_left_out_may_hold_anything(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    table = table_of(SALES).append_column("weights", pa.array([[1.5], [], None]))
    table = table.append_column("weights.x", pa.array([1.5, 2.5, float("nan")]))
    path = shop.file("sales.parquet", written(table))

    done = shop.run("import", "sales", path, "--ignore-columns", "weights,weights.x,completed_at")

    assert (done.exit_code, done.stderr) == (0, "")
    assert "the freeze counts from" in shop.do("explain", "o1")


def test_the_name_of_a_file_says_what_it_is(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.run("import", "sales", shop.file("sales.csv", GOOD))

    assert refused.exit_code == 1
    assert "sales.csv: is a Parquet file (give it a name that ends in .parquet)" in refused.stderr


WITHOUT = """
import sys
sys.modules["pyarrow"] = None
from distcore_cli.main import main
main(sys.argv[1:])
"""


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    def run(path: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITHOUT, "--store", shop.store, "import", "sales", path]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused, done = run(shop.file("sales.parquet", GOOD)), run(shop.file("sales.csv", SALES))

    what = 'sales.parquet: Parquet can\'t be read without pyarrow (pip install "distcore[tabular]")\n'
    assert (refused.returncode, refused.stderr) == (1, what)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "sku.parquet"
    path.write_bytes(one_column("sku", 1, page(0, plain(b"tea"), 1, PLAIN)))
    file = open_table(path, ONE)
    path.write_bytes(one_column("sku", 2, page(0, plain(b"tea", b"cup"), 2, PLAIN)))

    with pytest.raises(InputError, match="changed while it was read"):
        list(file.rows())


TEA = page(0, plain(b"tea"), 1, PLAIN)
CODED = page(0, bytes([0, 2 << 1, 0]), 2, DICTIONARY)

LIES: dict[str, tuple[bytes, str]] = {
    "a page of two gigabytes": (
        one_column("sku", 1, page(0, plain(b"tea"), 1, PLAIN, 2**31 - 1)),
        "1:sku: its pages take 2147483654 bytes once unpacked (at most 64000000",
    ),
    "a dictionary of two gigabytes": (
        one_column("sku", 2, page(2, plain(b"tea"), 1, PLAIN, 2**31 - 1) + CODED),
        "1:sku: its pages take",
    ),
    "a dictionary of two milliard texts": (
        one_column("sku", 2, page(2, plain(b"tea"), 2**31 - 1, PLAIN) + CODED),
        "1:sku: its pages take",
    ),
    "a dictionary of more texts than it has": (
        one_column("sku", 2, page(2, plain(b"tea"), 3, PLAIN) + CODED),
        "1:sku: is damaged from here on",
    ),
    "a dictionary of another encoding": (
        one_column("sku", 2, page(2, plain(b"tea"), 1, 7) + CODED),
        "1:sku: has pages of encoding 7",
    ),
    "more values than rows": (one_column("sku", 1, TEA + TEA), "1:sku: is damaged from here on"),
    "fewer values than rows": (one_column("sku", 2, TEA), "1:sku: is damaged from here on"),
    "a text longer than its page": (
        one_column("sku", 1, page(0, b"\xff\xff\xff\x7ftea", 1, PLAIN)),
        "1:sku: is damaged from here on",
    ),
    "a page longer than its column": (one_column("sku", 1, TEA[:-1]), "1:sku: is damaged from here on"),
    "a column that stands nowhere": (
        file_of([leaf("sku")], [group([chunk("sku", 1, 10**12, 50)], 1)], 1, TEA),
        "1:sku: is damaged from here on",
    ),
    "a place in no dictionary": (
        one_column("sku", 2, page(2, plain(b"tea"), 1, PLAIN) + page(0, bytes([1, 3, 255]), 2, DICTIONARY)),
        "1:sku: is damaged from here on",
    ),
    "more rows than row groups have": (
        file_of([leaf("sku")], [group([chunk("sku", 1, 4, len(TEA))], 1)], 9, TEA),
        "2: is damaged from here on",
    ),
    "more columns than the schema": (
        file_of([leaf("sku")], [group([chunk("sku", 1, 4, len(TEA))] * 2, 1)], 1, TEA),
        "has a damaged footer",
    ),
    "a row group without columns": (file_of([leaf("sku")], [group([], 1)], 1), "has a damaged footer"),
    "a struct said to be a list": (
        closed(b"PAR1", Struct().number(1, 1).struct(2, Struct().end()).end()),
        "has a damaged footer",
    ),
    "a milliard milliard columns": (
        closed(b"PAR1", b"\x15\x02\x19\xfc\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
        "has a damaged footer",
    ),
    "more pages than there may be": (
        one_column("sku", 1, TEA + page(0, b"", 0, PLAIN) * 60),
        "more than 50 pages",
    ),
}


@pytest.mark.parametrize("what", LIES)
def test_what_a_file_says_of_itself_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    content, message = LIES[what]
    monkeypatch.setattr(limits, "FILE_PAGES_MAX", 50)
    path = tmp_path / "sku.parquet"
    path.write_bytes(content)

    with pytest.raises(InputError) as refused:
        list(open_table(path, ONE).rows())

    assert message in str(refused.value)


WAYS: list[dict[str, Any]] = [{}, {"use_dictionary": False}, {"compression": "zstd"}]


@pytest.mark.parametrize("seed", range(40))
def test_chance_damages_a_file(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "sales.parquet"
    content = parquet_of(SALES, **chance.choice(WAYS))
    for _ in range(25):
        broken = bytearray(content)
        for _ in range(chance.choice([1, 2, 8])):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        try:
            rows = list(open_table(path, Columns(tuple(SALES.split("\n")[0].split(",")))).rows())
        except InputError:
            continue
        assert len(rows) == 3


def filled(rows: int, **columns: Any) -> Any:
    """Return a table of sales with so many rows, each an order, and these columns instead."""
    header, row, *_ = SALES.replace("o1,1,cai", "o0,1,nobody").splitlines()
    table = table_of(f"{header}\n{row}\n", {}).take(pa.array([0] * rows))
    columns = {"order_id": pa.array([f"o{n}" for n in range(rows)])} | columns
    return pa.table({name: table[name] for name in table.column_names} | columns)


def repeated(text: str, rows: int) -> Any:
    """Return a column that says the same in each row."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))


def _a_cell_of_half_a_gigabyte(path: Path) -> str:
    table = filled(1, sku=pa.array(["x" * 500_000_000]))
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)
    return "sales.parquet:1:sku: its pages take 5000"


def _ten_million_columns(path: Path) -> str:
    elements = 10_000_001
    head = Struct().number(1, 1).end()[:-1] + b"\x19\xfc" + bytes([129, 173, 226, 4])
    with path.open("wb") as file:
        file.write(b"PAR1" + head)
        for _ in range(100):
            file.write(leaf("abcdef") * (elements // 100))
        footer_bytes = file.tell() - 4
        file.write(footer_bytes.to_bytes(4, "little") + b"PAR1")
    return "bytes: very many columns or row groups (at most 4000000"


def _as_many_columns_as_a_footer_holds(path: Path) -> str:
    name = leaf("")
    path.write_bytes(file_of([name] * (limits.FILE_FOOTER_BYTES_MAX // len(name) - 10), []))
    return "columns (at most 1000)"


def _as_many_row_groups_as_a_footer_holds(path: Path) -> str:
    part = group([chunk("order_id", 0, 4, 0)], 0)
    count = limits.FILE_FOOTER_BYTES_MAX // len(part) - 10
    path.write_bytes(file_of([leaf(name) for name in ("order_id",)], [part] * count))
    return "this column is missing"


def _a_million_rows_of_a_text_of_a_megabyte(path: Path) -> str:
    pq.write_table(filled(1_000_000, sku=repeated("x" * 900_000, 1_000_000)), path)
    return "has more than 4000000000 bytes of text"


def _a_dictionary_with_a_text_that_is_too_long(path: Path) -> str:
    pq.write_table(filled(1_000, sku=repeated("x" * 14_000_000, 1_000)), path)
    return "sales.parquet:1:sku: the row is too long"


def _a_row_group_of_ten_million_rows(path: Path) -> str:
    rows = limits.FILE_ROWS_MAX + 1
    columns = {name: pa.array(["x"]).take(pa.array([0] * rows, pa.int32())) for name in ["order_id"]}
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return "has more than 10000000 rows"


def _prefixes_that_become_half_a_gigabyte(path: Path) -> str:
    table = filled(5_000, sku=pa.array(["x" * 100_000] * 5_000))
    pq.write_table(table, path, use_dictionary=False, column_encoding={"sku": "DELTA_BYTE_ARRAY"})
    return "has pages of encoding 7"


def _long_rows(path: Path) -> str:
    skus = ["x" * 900_000] * 800 + ["x"] * 400
    table = filled(1_200, sku=pa.array(skus), net=repeated("x", 1_200))
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_batch_size=1)
    return "and 1000 more"  # of eight hundred SKUs and twelve hundred amounts


def _a_row_group_of_a_hundred_megabytes(path: Path) -> str:
    texts = pa.array([f"{n:01000}" for n in range(20_000)])
    columns = dict.fromkeys(("category", "brand", "region", "channel", "buyer_group"), texts)
    pq.write_table(filled(20_000, net=repeated("x", 20_000), **columns), path)
    return "and 19000 more"


def _thirty_thousand_bad_orders(path: Path) -> str:
    pq.write_table(filled(30_000, net=repeated("x", 30_000)), path)
    return "and 29000 more"


def _as_many_refunds_as_there_may_be(path: Path) -> str:
    ids = pa.array([f"r{n:035}" for n in range(limits.FILE_CORRECTIONS_MAX)])
    row = table_of(REFUNDS).take(pa.array([0] * len(ids)))
    pq.write_table(row.set_column(0, "refund_id", ids).set_column(1, "order_id", ids), path)
    return "and 149000 more"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
@pytest.mark.wide
@pytest.mark.parametrize(
    "make",
    [
        _a_cell_of_half_a_gigabyte,
        _ten_million_columns,
        _as_many_columns_as_a_footer_holds,
        _as_many_row_groups_as_a_footer_holds,
        _a_million_rows_of_a_text_of_a_megabyte,
        _a_dictionary_with_a_text_that_is_too_long,
        _a_row_group_of_ten_million_rows,
        _prefixes_that_become_half_a_gigabyte,
        _long_rows,
        _a_row_group_of_a_hundred_megabytes,
        _thirty_thousand_bad_orders,
        _as_many_refunds_as_there_may_be,
    ],
)
def test_memory_is_bounded(tmp_path: Path, make: Callable[[Path], str]) -> None:
    shop = with_members(tmp_path)
    before = shop.dump()
    path = tmp_path / "sales.parquet"
    message = make(path)

    what = "refunds" if make is _as_many_refunds_as_there_may_be else "sales"
    code, said, peak_mib = shop.measured("import", what, str(path))

    assert code == 1
    assert message in "\n".join(said)
    assert max(map(len, said)) < 1_000
    assert peak_mib < MEGABYTES_MAX
    assert shop.dump() == before
