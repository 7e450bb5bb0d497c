"""A file can be imported again, after it grew or after it was mended: only what is new goes in."""

from pathlib import Path

from click.testing import Result
from tests.cli.shop import CANCELLATIONS, MEMBERS, REFUNDS, SALES, traded, with_members


def counts(done: Result) -> list[int]:
    """Return what was done, repeated and refused, and how many problems there were."""
    return [int(each) for each in done.stdout.splitlines()[-1].split()[1:]]


def test_everything_again_changes_nothing(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    before = shop.dump()
    files = {"members": MEMBERS, "sales": SALES, "refunds": REFUNDS, "cancellations": CANCELLATIONS}

    again = {what: counts(shop.import_(what, content)) for what, content in files.items()}

    assert again == {
        "members": [0, 5, 0, 0],
        "sales": [0, 2, 0, 0],
        "refunds": [0, 1, 0, 0],
        "cancellations": [0, 1, 0, 0],
    }
    assert shop.dump() == before


def test_a_file_that_grew(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    line = "o3,1,cai,tea,1,10.00,CNY,2026-05-01T10:00:00+08:00,\n"

    assert counts(shop.import_("sales", SALES + line)) == [1, 2, 0, 0]


def test_a_file_that_was_mended(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    first = shop.import_("sales", SALES.replace("9.99", "9.999"))
    then = shop.import_("sales", SALES)

    assert (first.exit_code, counts(first)) == (1, [1, 0, 1, 1])
    assert (then.exit_code, counts(then)) == (0, [1, 1, 0, 0])


def test_an_order_that_was_completed_since(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.import_("sales", SALES)

    again = shop.import_("sales", SALES.replace("20:00:00Z,", "20:00:00Z,2026-04-02T00:00:00Z"))

    assert (again.exit_code, counts(again)) == (0, [0, 2, 0, 0])
    assert "freeze over at 2026-04-09T00:00:00Z" in shop.do("explain", "o2")


def test_an_order_with_other_content_is_refused(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    before = shop.dump()

    refused = shop.import_("sales", SALES.replace("100.00", "101.00"))

    assert (refused.exit_code, counts(refused)) == (1, [0, 1, 1, 1])
    assert refused.stderr.startswith("sales.csv:2: ")
    assert "o1" in refused.stderr
    assert shop.dump() == before


def test_under_another_key_it_is_still_the_same(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    again = shop.run("--key", "tuesday", "import", "sales", shop.file("sales.csv", SALES))

    assert (again.exit_code, counts(again)) == (0, [0, 2, 0, 0])
    assert "sound" in shop.do("verify")


def test_the_prefix_of_a_key_serves_both_verbs_of_an_import(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    path = shop.file("sales.csv", SALES)

    first = shop.run("--key", "monday", "import", "sales", path)
    again = shop.run("--key", "monday", "import", "sales", path)

    assert (first.exit_code, counts(first)) == (0, [2, 0, 0, 0])
    assert (again.exit_code, counts(again)) == (0, [0, 2, 0, 0])
