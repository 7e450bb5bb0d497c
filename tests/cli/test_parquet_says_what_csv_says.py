"""The same rows in CSV and in Parquet are the same members, sales, refunds and cancellations."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.cli.parquet import parquet_of, table_of, written
from tests.cli.shop import CANCELLATIONS, MEMBERS, REFUNDS, SALES, Shop, opened, traded

FILES = {"members": MEMBERS, "sales": SALES, "refunds": REFUNDS, "cancellations": CANCELLATIONS}
LENGTHS = "DELTA_LENGTH_BYTE_ARRAY"
CATEGORY = pa.dictionary(pa.int8(), pa.string())
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
    assert shop.dump() == traded(tmp_path / "csv").dump()
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


def test_a_quarter_of_real_sales(tmp_path: Path) -> None:
    demo = Path(str(files("distcore_cli"))) / "demo"
    stores = []
    for suffix in (".csv.gz", ".parquet"):
        shop = Shop(tmp_path / suffix)
        shop.folder.mkdir()
        shop.do("init", "--policy", str(demo / "policy.toml"))
        shop.do("plan", "set", str(demo / "plan.toml"))
        for what in FILES:
            path = demo / f"{what}.csv.gz"
            if suffix == ".parquet":
                path = Path(shop.file(f"{what}.parquet", typed(path)))
            shop.do("import", what, str(path), at="2018-06-01T00:00:00Z")
        stores.append(shop.dump())

    assert stores[0] == stores[1]


def typed(path: Path) -> bytes:
    """Return a packed CSV file as Parquet whose pages are small, so that there are many."""
    import gzip

    content = gzip.decompress(path.read_bytes()).decode()
    return parquet_of(content, row_group_size=20_000, data_page_size=10_000, dictionary_pagesize_limit=5_000)
