"""The same rows in CSV and in Parquet are the same members, sales, refunds and cancellations."""

import gzip
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.cli.parquet import parquet_of, table_of, written
from tests.cli.shop import CANCELLATIONS, MEMBERS, PRICES, REFUNDS, SALES, Shop, opened, traded, with_members

from distcore_cli.table_file import Columns, open_table

FILES = {
    "members": MEMBERS,
    "sales": SALES,
    "refunds": REFUNDS,
    "cancellations": CANCELLATIONS,
    "prices": PRICES,
}
LENGTHS = "DELTA_LENGTH_BYTE_ARRAY"
CATEGORY = pa.dictionary(pa.int8(), pa.string())
DAY, EVE = "1970-01-01T", "1969-12-31T"
ZONED = pa.timestamp("ns", "America/New_York")


def cast(content: str, old: Any, new: Any) -> Any:
    """Return a table of typed columns, those of one type as another."""
    table = table_of(content)
    kinds = [pa.field(each.name, new if each.type == old else each.type) for each in table.schema]
    return table.cast(pa.schema(kinds))


CLOTHES: dict[str, Callable[[str], bytes]] = {
    "typed": parquet_of,
    "all text": lambda content: parquet_of(content, {}),
    "categories": lambda content: written(cast(content, pa.string(), CATEGORY)),
    "large texts": lambda content: written(cast(content, pa.string(), pa.large_string())),
    "views of texts": lambda content: written(cast(content, pa.string(), pa.string_view())),
    "times of New York in nanoseconds": lambda content: written(
        cast(content, pa.timestamp("us", "UTC"), ZONED), version="2.6"
    ),
    "times in milliseconds": lambda content: written(
        cast(content, pa.timestamp("us", "UTC"), pa.timestamp("ms", "UTC"))
    ),
    "wide decimals": lambda content: written(cast(content, pa.decimal128(12, 2), pa.decimal256(60, 18))),
    "narrow decimals": lambda content: written(cast(content, pa.decimal128(12, 2), pa.decimal64(12, 2))),
    "decimals as integers": lambda content: parquet_of(content, store_decimal_as_integer=True),
    "units without sign": lambda content: written(cast(content, pa.int64(), pa.uint16())),
    "units as decimals": lambda content: written(cast(content, pa.int64(), pa.decimal128(20, 1))),
    "no schema of Arrow": lambda content: parquet_of(content, store_schema=False),
    "a row group a row": lambda content: parquet_of(content, row_group_size=1),
    "plain": lambda content: parquet_of(content, use_dictionary=False),
    "lengths apart from texts": lambda content: parquet_of(
        content,
        {},
        use_dictionary=False,
        column_encoding=dict.fromkeys(table_of(content).column_names, LENGTHS),
    ),
    "pages of the second version": lambda content: parquet_of(content, data_page_version="2.0"),
    "packed by gzip": lambda content: parquet_of(content, compression="gzip"),
    "packed by zstd": lambda content: parquet_of(content, compression="zstd"),
    "not packed": lambda content: parquet_of(content, compression="none"),
    "checksums": lambda content: parquet_of(content, write_page_checksum=True),
    "other order of columns": lambda content: written(
        (table := table_of(content)).select(table.column_names[::-1])
    ),
}


@pytest.mark.parametrize("how", CLOTHES)
def test_the_same_store_comes_of_it(tmp_path: Path, how: str) -> None:
    shop = opened(tmp_path)

    for what, content in FILES.items():
        shop.do("import", what, shop.file(f"{what}.parquet", CLOTHES[how](content)))

    (tmp_path / "csv").mkdir()
    other = traded(tmp_path / "csv")
    other.do("import", "prices", other.file("prices.csv", PRICES))
    assert shop.dump() == other.dump()
    assert "sound" in shop.do("verify")


@pytest.mark.parametrize("first", ["csv", "parquet"])
def test_what_came_in_one_format_is_there_in_the_other(tmp_path: Path, first: str) -> None:
    shop = opened(tmp_path)
    paths = {
        "csv": {what: shop.file(f"{what}.csv", content) for what, content in FILES.items()},
        "parquet": {
            what: shop.file(f"{what}.parquet", parquet_of(content)) for what, content in FILES.items()
        },
    }
    for what in FILES:
        shop.do("import", what, paths[first][what])
    before = shop.dump()

    for what, path in paths["parquet" if first == "csv" else "csv"].items():
        again = shop.do("import", what, path).splitlines()[-1].split()
        assert again == [what, "0", str(FILES[what].count("\n") - (2 if what == "sales" else 1)), "0", "0"]

    assert shop.dump() == before


@pytest.mark.wide
def test_a_year_of_a_hundred_households(tmp_path: Path) -> None:
    demo = Path(str(files("distcore_cli"))) / "demo"
    stores = []
    for suffix in (".csv.gz", ".parquet"):
        shop = Shop(tmp_path / suffix)
        shop.folder.mkdir()
        shop.do("init", "--policy", str(demo / "policy.toml"))
        shop.do("plan", "set", str(demo / "plan.toml"))
        for what in [name for name in FILES if name != "prices"]:  # no price was wrong in that year
            path = demo / f"{what}.csv.gz"
            if suffix == ".parquet":
                path = Path(shop.file(f"{what}.parquet", typed(path)))
            shop.do("import", what, str(path), at="2018-06-01T00:00:00Z")
        stores.append(shop.dump())

    assert stores[0] == stores[1]


def typed(path: Path) -> bytes:
    """Return a packed CSV file as Parquet whose pages are small, so that there are many."""
    content = gzip.decompress(path.read_bytes()).decode()
    return parquet_of(content, row_group_size=20_000, data_page_size=10_000, dictionary_pagesize_limit=5_000)


CELLS: dict[str, tuple[Any, list[str]]] = {
    "integers": (pa.array([12, None, -1], pa.int8()), ["12", "", "-1"]),
    "integers without sign": (pa.array([2**64 - 1, 0, None], pa.uint64()), [str(2**64 - 1), "0", ""]),
    "small integers without sign": (pa.array([2**32 - 1, 0, None], pa.uint32()), [str(2**32 - 1), "0", ""]),
    "decimals": (pa.array([Decimal("12.3400"), Decimal("-0.01"), None]), ["12.34", "-0.01", ""]),
    "whole decimals": (pa.array([Decimal("1200.00"), Decimal("0.00"), Decimal("7.00")]), ["1200", "0", "7"]),
    "long decimals": (
        pa.array([Decimal("9" * 74 + ".99"), Decimal("100.00"), None], pa.decimal256(76, 2)),
        ["9" * 74 + ".99", "100", ""],
    ),
    "seconds": (
        pa.array([0, None, -1], pa.timestamp("s", "UTC")),
        [f"{DAY}00:00:00Z", "", f"{EVE}23:59:59Z"],
    ),
    "microseconds": (
        pa.array([1, 1_500_000, -1], pa.timestamp("us", "Asia/Shanghai")),
        [f"{DAY}00:00:00.000001Z", f"{DAY}00:00:01.5Z", f"{EVE}23:59:59.999999Z"],
    ),
    "nanoseconds": (
        pa.array([1, 1_000, 10**9], pa.timestamp("ns", "+05:45")),
        [f"{DAY}00:00:00.000000001Z", f"{DAY}00:00:00.000001Z", f"{DAY}00:00:01Z"],
    ),
    "times of no calendar": (
        pa.array([2**62, None, -(2**62)], pa.timestamp("us", "UTC")),
        ["4611686018427 seconds after 1970", "", "-4611686018428 seconds after 1970"],
    ),
    "texts": (pa.array(["", " ", "\u00e9\0\n"]), ["", " ", "\u00e9\0\n"]),
    "categories": (pa.array(["b", None, "b"]).dictionary_encode(), ["b", "", "b"]),
    "nothing": (pa.nulls(3), ["", "", ""]),
}


@pytest.mark.parametrize("what", CELLS)
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_a_cell_is_exactly_what_is_stored(tmp_path: Path, what: str, use_dictionary: bool) -> None:
    values, expected = CELLS[what]
    path = tmp_path / "cells.parquet"
    path.write_bytes(written(pa.table({"a": values}), use_dictionary=use_dictionary))

    assert list(open_table(path, Columns(("a",))).rows()) == [
        (number, [text]) for number, text in enumerate(expected, 1)
    ]


def test_integers_are_ids_and_amounts_in_major_units(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    content = SALES.replace("o1", "101").replace("o2", "102").replace("9.99", "10")
    types = {"order_id": pa.int32(), "line_id": pa.uint8(), "net": pa.int16()}
    table = table_of(content.replace("100.00", "100").replace("40.00", "40"), types)

    shop.do("import", "sales", shop.file("sales.parquet", written(table)))

    assert shop.run("import", "sales", shop.file("sales.csv", content)).stdout.split()[-4:] == list("0200")


def test_rows_are_read_in_batches_and_told_as_they_come(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cells.parquet"
    ids = [f"id {number % 4_000}" for number in range(12_000)]
    path.write_bytes(written(pa.table({"a": ids, "b": [None] * 12_000}), row_group_size=7_000))
    file = open_table(path, Columns(("a",)), ["b"])
    told: list[int] = []

    rows = list(file.rows(told.append))

    assert (file.source.unit, file.source.size) == ("rows read", 12_000)
    assert told == [5_000, 7_000, 12_000]
    assert rows == [(number, [id, ""]) for number, id in enumerate(ids, 1)]


def test_a_file_without_rows(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    done = shop.do("import", "sales", shop.file("sales.parquet", written(table_of(SALES).slice(0, 0))))

    assert done.splitlines()[-1].split() == ["sales", "0", "0", "0", "0"]
