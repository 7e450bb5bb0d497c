"""The database itself refuses to change or remove a fact, however it is asked."""

from collections.abc import Iterator
from random import Random

import pytest
from attrs import evolve
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from tests.sql.stores import DATABASES, close_all, new_shop, new_store

from distcore.commission import Cap
from distcore.engine import (
    NewPin,
    adjust,
    cancel,
    complete,
    move,
    place_hold,
    recompute,
    refund,
    release,
    set_plan,
)
from distcore.engine import accrue as book
from distcore.engine.release import Completion
from distcore.kernel import CapId, Currency, MemberId, Period, SaleId
from distcore.pricing import OrderStep
from distcore.testing.builders import (
    ALWAYS,
    DAY_12,
    LATER,
    Shop,
    a_cancellation,
    a_plan,
    a_refund,
    a_sale,
    a_welcome,
    day,
)
from distcore.testing.carts import an_offer, percent, random_price_list, random_template
from distcore.testing.catalog import a_product, random_points
from distcore.testing.contracts.pricing import a_placed_order
from distcore.testing.coupons import a_coupon, a_template
from distcore.testing.groups import a_group, a_group_sale
from distcore.testing.money import a_hold, an_adjustment, an_opening
from distcore.testing.story import tell
from distcore_sql import build_tables, create_store_engine

CNY = Currency("CNY")
TABLES = [table.name for table in build_tables(MetaData()).all()]
MUTABLE = {
    "distcore_account_details",
    "distcore_application_evidence",
    "distcore_balances",
    "distcore_buyers",
    "distcore_dues",
    "distcore_fingerprints",
    "distcore_buying_groups",
    "distcore_freezes",
    "distcore_group_places",
    "distcore_holds",
    "distcore_opening_freezes",
    "distcore_payout_states",
    "distcore_products",
    "distcore_tallies",
    "distcore_counts",
    "distcore_outboxes",
    "distcore_outbox",
    "distcore_coupon_words",
    "distcore_coupons",
    "distcore_trees",
    "distcore_waiting_applications",
}
COUPON = "distcore_coupons VALUES ('other', {}, 'offer', 'CNY', 0, {}, 1)"
PRODUCT = "distcore_products VALUES ({}, NULL, '', '', NULL, '', {})"
A_FIRST_ORDER = a_welcome(1)
A_CAP = (Cap(CapId("ever"), 1),)
FACTS = [name for name in TABLES if name not in MUTABLE]


CHANGES = {
    "sqlite": (
        "UPDATE {} SET shop = shop",
        "DELETE FROM {}",
        "INSERT OR REPLACE INTO {0} SELECT * FROM {0}",
        "REPLACE INTO {0} SELECT * FROM {0}",
        "INSERT INTO {0} SELECT * FROM {0} WHERE 1 ON CONFLICT DO UPDATE SET shop = shop",
    ),
    "mariadb": (
        "UPDATE {} SET shop = shop",
        "DELETE FROM {}",
        "REPLACE INTO {0} SELECT * FROM {0}",
        "INSERT INTO {0} SELECT * FROM {0} AS same ON DUPLICATE KEY UPDATE shop = 'another'",
    ),
    "postgresql": (
        "UPDATE {} SET shop = shop",
        "UPDATE ONLY {} SET shop = shop",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT ON CONSTRAINT pk_{0} DO UPDATE SET shop = 'another'",
        "WITH gone AS (DELETE FROM {} RETURNING *) SELECT count(*) FROM gone",
    ),
}
"""How a row may be changed or removed, by the name of the dialect; MariaDB empties a table past triggers."""

REFUSED = (IntegrityError, OperationalError)
"""What a refusal is to the drivers: to that of MariaDB, an error like any other."""


@pytest.fixture(scope="module", params=DATABASES)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store with at least one row in every table."""
    with DATABASES[request.param](tmp_path_factory.mktemp("world")) as url:
        shop = new_shop(url)
        shop.do(book, a_sale("order 1"))
        shop.do(book, a_sale("order 2"))
        shop.do(book, a_sale("order 3"))
        shop.do(refund, a_refund("r1"))
        shop.do(cancel, a_cancellation("order 2"))
        shop.do(complete, Completion(SaleId("order 1"), DAY_12))
        shop.do(release)
        shop.do(complete, Completion(SaleId("order 3"), LATER), at=LATER)
        shop.do(move, MemberId("cai"), MemberId("ann"), valid_from=day(20))
        shop.do(set_plan, evolve(a_plan(A_FIRST_ORDER, plan_version=2), caps=A_CAP))
        shop.do(book, a_sale("order 4"))
        shop.do(set_plan, a_plan(plan_version=3))
        pin = NewPin(a_plan().id, 3, "a rate came late", "boss")
        shop.do(recompute, CNY, Period("ever", *ALWAYS), pin=pin)
        with_money(url)
        close_all()
        engine = create_store_engine(url)
        yield engine
        engine.dispose()


def with_money(url: str) -> None:
    """Tell the whole story to another shop, and leave something open in it."""
    shop = Shop(new_store(url, "other"))
    tell(shop)
    shop.do(adjust, an_adjustment("open", "ann", 5))
    shop.do(place_hold, a_hold("order 1"))
    with shop.store.begin() as tx:
        tx.openings.add([an_opening("frozen", "ann", 5, frozen_until=LATER)], at=LATER)
        tx.products.put([a_product()])
        tx.terms.put_offer(an_offer(percent("10%")), 1, at=LATER)
        tx.terms.put_list(random_price_list(Random(3)), 1, at=LATER)
        tx.terms.put_template(random_template(Random(1)), 1, at=LATER)
        tx.terms.put_points(random_points(Random(1)), 2, at=LATER)
        tx.coupon_templates.put(a_template(word="hello"), 2, at=LATER)
        tx.coupons.add([a_coupon()])
        tx.placed_orders.put(a_placed_order())
        tx.placed_orders.step(a_placed_order(), OrderStep.DROPPED, at=LATER)
        tx.group_sales.put(a_group_sale(), 1, at=LATER)
        tx.groups.add(*a_group())


@pytest.fixture
def raw(engine: Engine) -> Iterator[Connection]:
    """A bare connection to it; whatever a test does is rolled back."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def ask(raw: Connection, statement: str) -> list[tuple[object, ...]]:
    """Run a statement, and go on as before if it fails."""
    with raw.begin_nested():
        found = raw.exec_driver_sql(statement)
        return [tuple(row) for row in found] if found.returns_rows else []


@pytest.mark.parametrize("table", TABLES)
def test_the_world_of_this_test_fills_every_table(raw: Connection, table: str) -> None:
    assert ask(raw, f"SELECT * FROM {table}") != []


@pytest.mark.parametrize("table", FACTS)
def test_a_fact_is_neither_changed_nor_removed(raw: Connection, table: str) -> None:
    before = ask(raw, f"SELECT * FROM {table}")
    for change in CHANGES[raw.dialect.name]:
        with pytest.raises(REFUSED, match="are facts"):
            ask(raw, change.format(table))
    assert ask(raw, f"SELECT * FROM {table}") == before


@pytest.mark.parametrize("what", ["DELETE FROM distcore_freezes", "UPDATE distcore_freezes SET due_at = 0"])
def test_a_freeze_ends_by_its_release_only(raw: Connection, what: str) -> None:
    with pytest.raises(REFUSED, match="are facts"):
        ask(raw, what)
    released = "INSERT INTO distcore_releases SELECT shop, sale, due_at, due_at FROM distcore_freezes"
    ask(raw, released)
    ask(raw, "DELETE FROM distcore_freezes")
    assert ask(raw, "SELECT * FROM distcore_freezes") == []


def test_freezes_that_are_not_released_do_not_go_with_others(raw: Connection) -> None:
    ask(raw, "INSERT INTO distcore_freezes VALUES ('mall', 'order 2', 5)")
    released = "INSERT INTO distcore_releases SELECT shop, sale, due_at, due_at FROM distcore_freezes"
    ask(raw, f"{released} WHERE sale = 'order 3'")
    with pytest.raises(REFUSED, match="are facts"):
        ask(raw, "DELETE FROM distcore_freezes")
    ask(raw, "DELETE FROM distcore_freezes WHERE sale = 'order 3'")


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
        "distcore_accruals VALUES ('mall', 'order 1', 0, 9, '1', 'levels', 'level 1', 'ben', 1, 0.4)",
        "distcore_sale_lines VALUES ('mall', 'order 1', '2', 'tea', -1, 5, '', NULL, NULL, NULL, '', NULL)",
        "distcore_sale_lines VALUES ('mall', 'order 1', '2', 'tea', 1, -5, '', NULL, NULL, NULL, '', NULL)",
        PRODUCT.format("'other', 'a', 'CNY', -1, 0", "0, '', NULL, 1, 1, NULL, NULL"),
        PRODUCT.format("'other', 'b', 'CNY', 1, 1000000000000001", "0, '', NULL, 1, 1, NULL, NULL"),
        PRODUCT.format("'other', 'c', 'CNY', 1, 0", "-1, '', NULL, 1, 1, NULL, NULL"),
        PRODUCT.format("'other', 'd', 'CNY', 1, 0", "0, '', 1000001, 1, 1, NULL, NULL"),
        PRODUCT.format("'other', 'e', 'CNY', 1, 0", "0, '', NULL, 2, 1, NULL, NULL"),
        PRODUCT.format("'other', 'f', 'CNY', 1, 0", "0, '', NULL, 1, 2, NULL, NULL"),
        PRODUCT.format("'other', 'g', 'CNY', 1, 0", "0, '', NULL, 1, 1, 5, 5"),
        PRODUCT.format("'other', 'tea', 'CNY', 1, 0", "0, '', NULL, 1, 1, NULL, NULL"),
        "distcore_offers VALUES ('other', 'new', 0, '{}', 0, NULL)",
        "distcore_offers VALUES ('other', 'offer', 1, '{}', 0, NULL)",
        "distcore_price_lists VALUES ('other', 'new', 0, '{}', 0, NULL)",
        "distcore_freight_templates VALUES ('other', 'new', 0, '{}', 0)",
        "distcore_points_policies VALUES ('other', 'JPY', 0, '{}', 0)",
        "distcore_prices VALUES ('other', 'list', 9, 'tea', 1, 5, NULL, NULL)",
        "distcore_prices VALUES ('mall', 'list', 1, 'tea', 1, 5, NULL, NULL)",
        "distcore_prices VALUES ('other', 'list', 1, 'tea', 0, 5, NULL, NULL)",
        "distcore_prices VALUES ('other', 'list', 1, 'tea', 1, -5, NULL, NULL)",
        "distcore_prices VALUES ('other', 'list', 1, 'tea', 1, 5, 0, NULL)",
        "distcore_prices VALUES ('other', 'list', 1, 'tea', 1, 5, NULL, 0)",
        "distcore_coupon_templates VALUES ('other', 'welcome', 0, '{}', 0)",
        "distcore_counts VALUES ('other', 'coupon', 'welcome', 'x', '', -1)",
        COUPON.format("'a', 'gone', 1", "'issued', 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0"),
        COUPON.format("'a', 'welcome', 1", "'claimed', 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0"),
        COUPON.format("'a', 'welcome', 1", "'locked', 0, NULL, 'ann', 1, 1, 2, NULL, 0, 0"),
        COUPON.format("'a', 'welcome', 1", "'claimed', 0, NULL, 'ann', 1, 1, 2, 'order', 0, 0"),
        COUPON.format("'a', 'welcome', 1", "'claimed', 0, NULL, 'ann', 1, 2, 2, NULL, 0, 0"),
        COUPON.format("'a', 'welcome', 1", "'claimed', 0, NULL, 'ann', 1, 1, 2, NULL, -1, 0"),
        COUPON.format("'a', 'welcome', 1", "'claimed', 0, NULL, 'ann', 1, 1, 2, NULL, 0, -1"),
        "distcore_plan_overrides VALUES ('other', 'plan', 1, 0, 'eu', 'why', 'boss', 'desk', 0, '[]')",
        "distcore_plan_overrides VALUES ('other', 'plan', 1, 1, 'eu', 'why', 'boss', 'desk', 0, '[]')",
        "distcore_plan_overrides VALUES ('other', 'plan', 1, 9, 'eu', '', 'boss', 'desk', 0, '[]')",
        "distcore_plan_overrides VALUES ('other', 'plan', 1, 9, 'eu', 'why', 'boss', 'boss', 0, '[]')",
        "distcore_plan_overrides VALUES ('other', 'plan', 9, 1, 'eu', 'why', 'boss', 'desk', 0, '[]')",
        "distcore_postings VALUES ('mall', 'order 1', 2, 'refund/r2', 5, 4, NULL)",
        "distcore_corrections VALUES ('mall', 'order 1', 0, 'refund', 'r9', NULL, NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 2', 1, 'refund', 'r1', NULL, NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 1', 2, 'refund', NULL, NULL, NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 1', 2, 'price', NULL, NULL, NULL, 0)",
        "distcore_corrections VALUES ('mall', 'order 1', 2, 'refund', 'r9', NULL, 'p1', 0)",
        "distcore_repins VALUES ('mall', 'order 1', 0, 'plan', 3, 'late', 'boss', 'tester')",
        "distcore_repins VALUES ('mall', 'order 1', 1, 'plan', 9, 'late', 'boss', 'tester')",
        "distcore_repins VALUES ('mall', 'order 1', 1, 'plan', 3, 'late', 'boss', 'boss')",
        "distcore_period_repins VALUES ('mall', 1, 0, 'plan', 1, 'late', 'boss', 'tester')",
        "distcore_period_repins VALUES ('mall', 1, 1, 'plan', 1, 'late', 'boss', 'boss')",
        "distcore_releases VALUES ('mall', 'order 2', 5, 4)",
        "distcore_transfers VALUES ('mall', 'sale', 'x', 0, 'ben', 'CNY', 'commission', 'frozen', 0, 0, 0)",
        "distcore_transfers VALUES ('mall', 'sale', 'x', 0, 'ben', 'CNY', 'frozen', 'frozen', 5, 0, 0)",
        "distcore_balances VALUES ('mall', 'ben', 'CNY', 0, -1)",
        "distcore_dues VALUES ('mall', 'CNY', 'ben', 'sale', 'x', 0, 0, 0, 0)",
        "distcore_adjustments VALUES ('other', 'x', 'ben', 'CNY', 0, 'why', 'boss', 0, 0)",
        "distcore_adjustments VALUES ('other', 'x', 'nobody', 'CNY', 5, 'why', 'boss', 0, 0)",
        "distcore_adjustments VALUES ('other', 'x', 'ben', 'CNY', 5, 'why', 'boss', 1, 0)",
        "distcore_openings VALUES ('other', 'x', 'ben', 'CNY', 0, 'old', 0, NULL, 0)",
        "distcore_closings VALUES ('other', 9, 'CNY', '2017-09', 0, 2, 1, 1, 'boss')",
        "distcore_closings VALUES ('other', 9, 'CNY', '2017-09', 0, 1, 99, 1, 'boss')",
        "distcore_closings VALUES ('other', 1, 'CNY', '2017-09', 0, 1, 1, 1, 'boss')",
        "distcore_closing_decisions VALUES ('other', 1, 'draft', 0, 'boss', '')",
        "distcore_statements VALUES ('other', 1, 'x', 'CNY', 0, 5, 1, 6, 0)",
        "distcore_statements VALUES ('other', 1, 'x', 'CNY', 0, -5, 1, -5, 0)",
        "distcore_statements VALUES ('other', 1, 'x', 'CNY', 0, 5, 1, 5, 1)",
        "distcore_assessments VALUES ('other', 2, 'ann', 'CNY', '2017-02', 5, 6)",
        "distcore_payee_accounts VALUES ('other', 'nobody', 1, 'bank', 0, 'boss')",
        "distcore_payouts VALUES ('other', 'x', 'ann', 'CNY', 0, 1, 'bank', 0, 'boss')",
        "distcore_payouts VALUES ('other', 'x', 'ann', 'CNY', 5, 99, 'bank', 0, 'boss')",
        "distcore_payout_steps VALUES ('other', 'p1', 9, 'failed', 0, 'boss', '', NULL, 'e3', NULL)",
        "distcore_sealed_leaves VALUES ('other', 'sales', 'x', 99, 0, 'ff')",
    ],
)
def test_what_the_domain_forbids_the_database_forbids(raw: Connection, row: str) -> None:
    with pytest.raises((*REFUSED, DataError)):
        ask(raw, f"INSERT INTO {row}")
