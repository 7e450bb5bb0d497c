"""The database itself refuses to change or remove a fact, however it is asked."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData
from tests.sql.stores import new_shop

from distcore.engine import accrue as book
from distcore.engine import cancel, complete, move, refund, release
from distcore.engine.release import Completion
from distcore.kernel import MemberId, SaleId
from distcore.testing.builders import DAY_12, LATER, a_cancellation, a_refund, a_sale, day
from distcore_sql import build_tables

TABLES = [table.name for table in build_tables(MetaData()).all()]
MUTABLE = {"distcore_trees", "distcore_freezes"}
FACTS = [name for name in TABLES if name not in MUTABLE]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with at least one row in every table."""
    folder = tmp_path_factory.mktemp("world")
    shop = new_shop(folder)
    shop.do(book, a_sale("order 1"))
    shop.do(book, a_sale("order 2"))
    shop.do(book, a_sale("order 3"))
    shop.do(refund, a_refund("r1"))
    shop.do(cancel, a_cancellation("order 2"))
    shop.do(complete, Completion(SaleId("order 1"), DAY_12))
    shop.do(release)
    shop.do(complete, Completion(SaleId("order 3"), LATER), at=LATER)
    shop.do(move, MemberId("cai"), MemberId("ann"), valid_from=day(20))
    return folder


@pytest.fixture
def raw(world: Path) -> Iterator[sqlite3.Connection]:
    """A bare connection to it; whatever a test does is rolled back."""
    connection = sqlite3.connect(world / "shop.db", isolation_level=None)
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN")
    yield connection
    connection.execute("ROLLBACK")
    connection.close()


@pytest.mark.parametrize("table", TABLES)
def test_the_world_of_this_test_fills_every_table(raw: sqlite3.Connection, table: str) -> None:
    assert raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {} SET shop = shop",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
        "REPLACE INTO {0} SELECT * FROM {0}",
        "INSERT INTO {0} SELECT * FROM {0} WHERE 1 ON CONFLICT DO UPDATE SET shop = shop",
    ],
)
def test_a_fact_is_neither_changed_nor_removed(raw: sqlite3.Connection, table: str, change: str) -> None:
    before = raw.execute(f"SELECT * FROM {table}").fetchall()
    with pytest.raises(sqlite3.IntegrityError, match="are facts"):
        raw.execute(change.format(table))
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before


def test_a_freeze_ends_by_its_release_only(raw: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="are facts"):
        raw.execute("DELETE FROM distcore_freezes")
    with pytest.raises(sqlite3.IntegrityError, match="are facts"):
        raw.execute("UPDATE distcore_freezes SET due_at = 0")
    raw.execute("INSERT INTO distcore_releases SELECT shop, sale, due_at, due_at FROM distcore_freezes")
    raw.execute("DELETE FROM distcore_freezes")


@pytest.mark.parametrize(
    "row",
    [
        "distcore_members VALUES ('mall', 'dan', 0, 0, 'dan', '', 'active')",
        "distcore_members VALUES ('mall', 'dan', 0, 0, 'nobody', '', 'active')",
        "distcore_members VALUES ('mall', 'dan', 0, 0, 'ann', '', 'retired')",
        "distcore_members VALUES ('mall', 'dan', 1, 0, 'ann', '', 'active')",
        "distcore_members VALUES ('mall', 'dan', 'monday', 0, 'ann', '', 'active')",
        "distcore_members VALUES ('other', 'dan', 0, 0, 'ann', '', 'active')",
        "distcore_member_changes VALUES ('mall', 1, 'cai', 'tier', 'gold', 0, 0)",
        "distcore_member_changes VALUES ('mall', 2, 'cai', 'tier', NULL, 0, 0)",
        "distcore_member_changes VALUES ('mall', 2, 'cai', 'sponsor', 'cai', 0, 0)",
        "distcore_accruals VALUES ('mall', 'order 1', 0, 9, '1', 'levels', 'level 1', 'ben', 1, 0)",
        "distcore_accruals VALUES ('mall', 'order 1', 0, 9, '2', 'levels', 'level 1', 'ben', 1, 5)",
        "distcore_accruals VALUES ('mall', 'order 1', 7, 9, '1', 'levels', 'level 1', 'ben', 1, 5)",
        "distcore_accruals VALUES ('mall', 'order 1', 0, 9, '1', 'levels', 'level 1', 'ben', 1, 0.5)",
        "distcore_sale_lines VALUES ('mall', 'order 1', '2', 'tea', -1, 5, '', NULL, NULL, NULL, '', NULL)",
        "distcore_sale_lines VALUES ('mall', 'order 1', '2', 'tea', 1, -5, '', NULL, NULL, NULL, '', NULL)",
        "distcore_postings VALUES ('mall', 'order 1', 2, 'refund/r2', 5, 4)",
        "distcore_corrections VALUES ('mall', 'order 1', 0, 'refund', 'r9', NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 2', 1, 'refund', 'r1', NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 1', 2, 'refund', NULL, NULL, 0)",
        "distcore_releases VALUES ('mall', 'order 2', 5, 4)",
    ],
)
def test_what_the_domain_forbids_the_database_forbids(raw: sqlite3.Connection, row: str) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(f"INSERT INTO {row}")
