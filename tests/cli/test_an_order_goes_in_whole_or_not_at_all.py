"""The lines of an order may stand anywhere, and agree on what is the order's."""

from pathlib import Path

import pytest
from tests.cli.shop import SALES, Shop, with_members

LINE = {
    "order_id": "o1",
    "line_id": "1",
    "buyer_id": "cai",
    "promoter_id": "",
    "sku": "tea",
    "units": "1",
    "net": "10.00",
    "currency": "CNY",
    "paid_at": "2026-03-01T10:00:00+08:00",
    "region": "north",
    "channel": "web",
    "buyer_group": "new",
    "completed_at": "",
}
HEADER = ",".join(LINE)


def sales(*changes: dict[str, str]) -> str:
    """Return a file with a row for each of these changes of a plain line."""
    rows = [",".join((LINE | change)[column] for column in LINE) for change in changes]
    return "\n".join([HEADER, *rows, ""])


def refused_rows(shop: Shop, content: str) -> list[str]:
    """Import sales of which one order is bad, and return where its problems are."""
    refused = shop.import_("sales", content)
    assert refused.exit_code == 1, refused.output
    return [line.split(": ")[0].removeprefix("sales.csv:") for line in refused.stderr.splitlines()]


def test_lines_may_stand_anywhere(tmp_path: Path) -> None:
    apart, together = Shop(tmp_path / "apart"), Shop(tmp_path / "together")
    rows = SALES.splitlines()[1:]
    for shop, order in ((apart, (2, 1, 0)), (together, (0, 2, 1))):
        shop.folder.mkdir()
        with_members(shop.folder)
        shop.import_("sales", "\n".join([SALES.splitlines()[0], *(rows[each] for each in order)]))

    assert apart.do("explain", "o1") == together.do("explain", "o1")
    assert apart.do("earnings") == together.do("earnings")


@pytest.mark.parametrize(
    ("column", "other"),
    [
        ("buyer_id", "eve"),
        ("promoter_id", "dan"),
        ("currency", "JPY"),
        ("paid_at", "2026-03-01T10:00:01+08:00"),
        ("region", "south"),
        ("channel", ""),
        ("buyer_group", "old"),
        ("completed_at", "2026-03-02T10:00:00+08:00"),
    ],
)
def test_what_is_the_orders_is_the_same_on_all_lines(tmp_path: Path, column: str, other: str) -> None:
    shop = with_members(tmp_path)

    places = refused_rows(shop, sales({}, {"order_id": "good"}, {"line_id": "2", column: other}))

    assert places == [f"4:{column}"]
    assert shop.run("explain", "good").exit_code == 0
    assert shop.run("explain", "o1").exit_code == 1


def test_one_instant_may_be_written_in_two_ways(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    shop.do(
        "import", "sales", shop.file("s.csv", sales({}, {"line_id": "2", "paid_at": "2026-03-01T02:00:00Z"}))
    )


def test_a_line_id_stands_once_in_an_order(tmp_path: Path) -> None:
    assert refused_rows(with_members(tmp_path), sales({}, {"line_id": "2"}, {})) == ["4:line_id"]


def test_an_order_has_a_bound(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    much = {"net": "9999999999999.99"}

    assert refused_rows(shop, sales(much, much | {"line_id": "2"})) == ["2:net"]


def test_what_the_engine_refuses_is_placed_by_its_first_line(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    refused = shop.import_("sales", sales({"order_id": "good"}, {"paid_at": "2025-03-01T10:00:00+08:00"}))

    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        "sales.csv:3: no_plan: o1: no plan in CNY is valid at 2025-03-01T02:00:00Z"
    )
    assert shop.run("explain", "good").exit_code == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "USD"}, "currency_not_of_shop"),
        ({"promoter_id": "nobody"}, "promoter_unknown"),
        ({"paid_at": "2026-06-01T00:00:01Z"}, "paid_in_future"),
        ({"currency": "JPY", "net": "10"}, "no_plan"),
    ],
)
def test_what_the_business_refuses_says_why(tmp_path: Path, change: dict[str, str], code: str) -> None:
    refused = with_members(tmp_path).import_("sales", sales(change))

    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"sales.csv:2: {code}: o1: ")


def test_all_that_a_file_may_say_is_kept(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    more = {"category": "food/tea", "list": "12.00", "cost": "4.5", "tax": "1", "brand": "Leaf"}
    row = LINE | {"buyer_id": "guest", "promoter_id": "dan", "tags": "new|organic"} | more

    shop.do("import", "sales", shop.file("sales.csv", f"{','.join(row)}\n{','.join(row.values())}\n"))

    assert "paid by guest, promoted by dan" in shop.do("explain", "o1")
    kept = "\n".join(shop.dump())
    assert all(each in kept for each in ("food/tea", "1200", "450", "Leaf", "organic"))


@pytest.mark.parametrize("tags", ["new||organic", "|", "new|"])
def test_an_empty_tag_is_refused(tmp_path: Path, tags: str) -> None:
    content = f"{SALES.splitlines()[0]},tags\n{SALES.splitlines()[2]},{tags}\n"

    assert refused_rows(with_members(tmp_path), content) == ["2:tags"]
