"""A row that can't be read is damage, and says so: it is nobody's mistake but that of whoever changed it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from attrs import evolve
from sqlalchemy import create_engine, text
from tests.money import a_shop, an_opening, close, give, on, pay, release, sell, set_account
from tests.sql.by_hand import by_hand
from tests.sql.stores import DATABASES, new_shop, new_store, open_store, url_in

from distcore import engine
from distcore.commission import (
    Cap,
)
from distcore.kernel import (
    CapId,
    DamagedError,
    MemberId,
)
from distcore.payout import (
    PayoutId,
)
from distcore.ports import Transaction
from distcore.referral import (
    Member,
)
from distcore.testing.builders import (
    DAY_1,
    LATER,
    Shop,
    a_chain,
    a_plan,
    a_sale,
)
from distcore.testing.carts import an_offer, percent, random_price_list, random_template
from distcore.testing.catalog import a_product, random_points
from distcore.testing.compliance import (
    an_override,
)
from distcore.testing.contracts.pricing import a_placed_order
from distcore.testing.coupons import a_coupon, a_template
from distcore.testing.dump import (
    dump,
)
from distcore.testing.groups import a_group, a_group_sale
from distcore.testing.period_builders import (
    a_period_fact,
    a_period_posting,
    a_period_run,
)
from distcore_sql.tables import own_tables

BEYOND = 10**18
"""Microseconds of no instant that there is."""


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (f"UPDATE distcore_sales SET booked_at = {BEYOND}", "instant"),
        (f"UPDATE distcore_transfers SET posted_at = {BEYOND} WHERE kind = 'sale'", "instant"),
        (f"UPDATE distcore_dues SET released_at = {BEYOND}", "instant"),
        (f"UPDATE distcore_adjustments SET recorded_at = {BEYOND}", "instant"),
        ("UPDATE distcore_dues SET kind = 'gift'", "origin"),
    ],
)
def test_what_cannot_be_read_is_damaged(tmp_path: Path, statement: str, what: str) -> None:
    shop = a_shop(store=new_store(tmp_path))
    shop.do(engine.accrue, a_sale("order 1", "ben", paid_at=on("2026-01-02")), at=on("2026-01-02"))
    give(shop, "ann", 100, on("2026-01-03"))
    by_hand(tmp_path, statement)

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=f"^a stored {what} can't be read: "),
    ):
        engine.verify(tx)


@pytest.mark.parametrize(
    "change", ["preset = 'mars'", "broken = '5'", "broken = '[5]'", "broken = '[[1, 2]]'", "broken = '['"]
)
def test_an_override_that_says_nothing_is_damaged(tmp_path: Path, change: str) -> None:
    with new_store(tmp_path).begin() as tx:
        tx.plans.add(a_plan(), at=LATER)
        tx.overrides.add(an_override())
    by_hand(tmp_path, f"UPDATE distcore_plan_overrides SET {change}")

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=r"^a stored override can't be read: "),
    ):
        tx.overrides.all()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        *(
            (f"UPDATE distcore_products SET tags = '{tags}'", "product")
            for tags in ("5", "[", "[5]", '{"a": 1}')
        ),
        ("UPDATE distcore_products SET currency = 'Taler'", "product"),
        ("UPDATE distcore_products SET shelf_from = 1 << 62", "instant"),
        ("UPDATE distcore_offers SET body = '{}'", "offer"),
        ("UPDATE distcore_offers SET valid_until = 5", "term"),
        ("UPDATE distcore_price_lists SET valid_until = 5", "term"),
        ("UPDATE distcore_offers SET body = replace(body, 'percent', 'per mille')", "offer"),
        ("UPDATE distcore_price_lists SET body = '['", "price list"),
        ("UPDATE distcore_freight_templates SET body = '5'", "freight template"),
        ("UPDATE distcore_points_policies SET body = replace(body, 'CNY', 'Taler')", "points policy"),
        ("UPDATE distcore_placed_orders SET body = '{}'", "quote"),
        (f"UPDATE distcore_placed_orders SET placed_at = {BEYOND}", "instant"),
        ("UPDATE distcore_group_sales SET body = '{}'", "group sale"),
        ("UPDATE distcore_buying_groups SET currency = 'Taler'", "group"),
        ("UPDATE distcore_buying_groups SET state = 'lost'", "group"),
        ("UPDATE distcore_group_places SET state = 'lost'", "place"),
        (f"UPDATE distcore_buying_groups SET closes_at = {BEYOND}", "instant"),
        ("UPDATE distcore_coupon_templates SET body = '{}'", "coupon template"),
        ("UPDATE distcore_coupons SET currency = 'Taler'", "coupon"),
        ("UPDATE distcore_coupons SET state = 'lost', owner = 'ann'", "coupon"),
        (f"UPDATE distcore_coupons SET valid_from = {BEYOND}", "instant"),
        (f"UPDATE distcore_coupons SET changed_at = {BEYOND}", "instant"),
    ],
)
def test_terms_that_say_nothing_are_damaged(tmp_path: Path, change: str, what: str) -> None:
    with new_store(tmp_path).begin() as tx:
        tx.products.put([a_product(tags=("new",))])
        tx.terms.put_offer(an_offer(percent("10%")), 1, at=LATER)
        tx.terms.put_list(random_price_list(Random(3)), 1, at=LATER)
        tx.terms.put_template(random_template(Random(1)), 1, at=LATER)
        tx.terms.put_points(random_points(Random(1)), 1, at=LATER)
        tx.coupon_templates.put(a_template(), 1, at=LATER)
        tx.coupons.add([a_coupon()])
        tx.placed_orders.put(a_placed_order())
        tx.group_sales.put(a_group_sale(), 1, at=LATER)
        tx.groups.add(*a_group())
    by_hand(tmp_path, change)

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=f"^a stored {what} can't be read: "),
    ):
        _read_all(tx)


def _read_all(tx: Transaction) -> None:
    list(tx.products.all())
    tx.terms.current()
    list(tx.terms.all())
    list(tx.coupon_templates.all())
    list(tx.coupons.all())
    list(tx.placed_orders.all())
    list(tx.group_sales.all())
    list(tx.groups.all())


@pytest.mark.parametrize(
    "grants",
    [
        *("5", "null", "[", "[" * 100_000, '{"cap": 1}', "[5]", '["abcd"]', "[[1]]"),
        *('[["cap", "ben", "", 1, 2]]', '[["cap", "ben", "", true]]', '[["cap", 5, "", 1]]'),
        *('[["cap", "ben", "", 0]]', '[["cap", "ben", "", -5]]', f'[["cap", "ben", "", {10**15 + 1}]]'),
        '[["cap", "ben", "2017-01", 1], ["cap", "ben", "2017-02", 1]]',
        *('{"earned": []}', '{"earned": [], "grants": []}', '{"grants": [], "earned": [], "more": 1}'),
        *('{"grants": null, "earned": null}', '{"grants": 5, "earned": []}', '{"grants": [], "earned": [5]}'),
        *('{"grants": [], "earned": [["ben", 0]]}', '{"grants": [], "earned": [["ben", true]]}'),
        *('{"grants": [], "earned": [[5, 1]]}', f'{{"grants": [], "earned": [["ben", {2**63}]]}}'),
        '{"grants": null, "earned": [["ben", 1], ["ben", 2]]}',
    ],
)
def test_grants_that_say_nothing_are_damaged(tmp_path: Path, grants: str) -> None:
    by = evolve(a_plan(), caps=(Cap(CapId("cap"), 1_500),))
    Shop.open(new_store(tmp_path), by, a_chain("ann", "ben", "buyer")).do(engine.accrue, a_sale(), at=LATER)
    by_hand(tmp_path, f"UPDATE distcore_sales SET grants = '{grants}'")

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=r"^a stored grant of a sale can't be read: "),
    ):
        engine.verify(tx)


@pytest.mark.parametrize(
    "gifts",
    [
        *("5", "[]", "[", "{}", "[5]", '["abcde"]', '[["welcome", "ann", "", 5]]'),
        *(
            '[["welcome", "ann", "", true, 1]]',
            '[["welcome", 5, "", 1, 1]]',
            '[["welcome", "ann", "", 0, 1]]',
        ),
        *('[["welcome", "ann", "", 5, 2]]', '[["welcome", "ann", "", 5, 1, 1]]'),
        f'[["welcome", "ann", "", {10**15 + 1}, -1]]',
    ],
)
def test_gifts_that_say_nothing_are_damaged(tmp_path: Path, gifts: str) -> None:
    Shop.open(new_store(tmp_path), a_plan(), a_chain("ann", "cai")).do(engine.accrue, a_sale(), at=LATER)
    by_hand(tmp_path, f"UPDATE distcore_postings SET gifts = '{gifts}'")

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=r"^a stored gift of a posting can't be read: "),
    ):
        engine.verify(tx)


def test_gifts_that_nobody_was_given_are_named(tmp_path: Path) -> None:
    Shop.open(new_store(tmp_path), a_plan(), a_chain("ann", "cai")).do(engine.accrue, a_sale(), at=LATER)
    by_hand(tmp_path, """UPDATE distcore_postings SET gifts = '[["welcome", "ann", "tea", 1, 1]]'""")

    with open_store(url_in(tmp_path)).begin() as tx:
        problems = [str(each) for each in engine.verify(tx).problems]
    assert problems == ["sale order 1, sale: its gifts are not those that the plan gives"]


def a_shop_that_pays(folder: Path) -> Shop:
    """Return a shop with a row in every table of money."""
    shop = a_shop(store=new_store(folder))
    shop.do(engine.open_balances, [an_opening("ben", 100, on("2026-01-02"))], at=on("2026-01-02"))
    sell(shop, 3_000, on("2026-01-06"))
    release(shop, on("2026-01-20"))
    give(shop, "ann", 100, on("2026-01-21"))
    close(shop, "2026-01")
    give(shop, "ann", 100, on("2026-02-21"))
    set_account(shop, "ann", on("2026-02-22"))
    pay(shop, "p1", 50, on("2026-02-23"))
    return shop


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        *(
            (f"UPDATE distcore_{table} SET currency = 'XXX'", what)
            for table, what in (
                ("sales", "sale"),
                ("openings", "opening balance"),
                ("adjustments", "adjustment"),
                ("closings", "closing"),
                ("statements", "statement"),
                ("assessments", "assessment"),
                ("payouts", "payout"),
                ("balances", "balance"),
                ("dues", "due"),
                ("transfers", "transfer"),
            )
        ),
        ("UPDATE distcore_members SET state = 'gone'", "member"),
        ("UPDATE distcore_sale_lines SET tags = '5'", "line of a sale"),
        ("DELETE FROM distcore_payout_steps", "payout"),
    ],
)
def test_so_is_a_currency_a_word_and_a_payout_without_steps(
    tmp_path: Path, statement: str, what: str
) -> None:
    a_shop_that_pays(tmp_path)
    by_hand(tmp_path, statement)

    with (
        open_store(url_in(tmp_path)).begin() as tx,
        pytest.raises(DamagedError, match=f"^a stored {what} can't be read: "),
    ):
        engine.verify(tx)


def test_a_payout_without_steps_is_damaged_also_for_whoever_asks(tmp_path: Path) -> None:
    a_shop_that_pays(tmp_path)
    by_hand(tmp_path, "DELETE FROM distcore_payout_steps")

    with open_store(url_in(tmp_path)).begin() as tx, pytest.raises(DamagedError, match="p1 has no steps"):
        engine.payout_of(tx, PayoutId("p1"))


def test_a_policy_that_was_deleted_is_named(tmp_path: Path) -> None:
    a_shop_that_pays(tmp_path)
    by_hand(tmp_path, "DELETE FROM distcore_policies")

    with open_store(url_in(tmp_path)).begin() as tx:
        found = [str(each) for each in engine.verify(tx).problems]

    assert "set_policy: 1 were done, 0 are stored" in found


@pytest.mark.parametrize(
    ("change", "what"),
    [
        *(
            (f"UPDATE distcore_period_facts SET basis = '{basis}'", "fact of a period")
            for basis in (
                "",
                "{}",
                "[]",
                "[1,null]",
                '[["share",1],null]',
                '[["ladder",1,2,3,4],null]',
                '[["ladder",1,2,"3",4,[]],null]',
                '[["ladder",1,2,3,4,[[1]]],null]',
                '[["ladder",1,2,3,4,[[1000001,5]]],null]',
                '[["pool",1,2,3],null]',
                '[["pool",1,2,3,true],null]',
                '[["matching",5],null]',
                '[["matching",[]],[1,2,3]]',
            )
        ),
        ("UPDATE distcore_period_facts SET unqualified = 'rich', value_minor = 0", "fact of a period"),
        *(
            (f"UPDATE distcore_period_postings SET totals = '{totals}'", "posting of a period")
            for totals in ("", "[[1]]", "[[1,2,3,4,5]]", '[["a",2,3,4,"5"]]', '[["a",2,3,null,5]]')
        ),
        ("UPDATE distcore_period_runs SET currency = 'XXX'", "run of a period"),
    ],
)
def test_so_is_what_a_period_rests_on(tmp_path: Path, change: str, what: str) -> None:
    shop = Shop(new_store(tmp_path))
    with shop.store.begin() as tx:
        tx.plans.add(a_plan(), at=LATER)
        tx.members.add([Member(MemberId("ann"), DAY_1, LATER)])
        tx.period_runs.add(a_period_run())
        tx.period_runs.post(a_period_posting())
        tx.period_runs.write([a_period_fact()])
    by_hand(tmp_path, change)

    with (
        open_store(url_in(tmp_path), "mall").begin() as tx,
        pytest.raises(DamagedError, match=f"^a stored {what} can't be read: "),
    ):
        dump(tx)


def test_what_belongs_to_nothing_is_named_and_what_is_the_hosts_is_not(tmp_path: Path) -> None:
    """Both are in one file of SQLite; its own tables a host looks after by itself."""
    shop = Shop.open(new_store(tmp_path), newcomers=a_chain("ann", "ben"))
    shop.do(engine.accrue, a_sale("order 1", "ben"))
    with closing(sqlite3.connect(tmp_path / "shop.db")) as host, host:
        host.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, category INTEGER REFERENCES items (id))")
        host.execute("INSERT INTO items VALUES (1, 99)")
    with open_store(url_in(tmp_path)).begin() as tx:
        assert engine.verify(tx).sound
    by_hand(tmp_path, "DELETE FROM distcore_postings")
    with open_store(url_in(tmp_path)).begin() as tx:
        problems = [str(each) for each in tx.damages()]
    assert [each for each in problems if "rows refer to rows that are missing" in each]
    assert not [each for each in problems if "items" in each]


@pytest.mark.parametrize("url", sorted(DATABASES.keys() - {"postgresql"}), indirect=True)
def test_what_belongs_to_nothing_is_told_to_the_shop_that_it_is_of(url: str) -> None:
    """PostgreSQL is asked only whether its keys are awake."""
    for name in ("mall", "market"):
        new_shop(url, name).do(engine.accrue, a_sale("order 1"))
    completions = own_tables().completions
    lost = completions.insert().values(shop="mall", sale="gone", completed_at=1, recorded_at=1)
    host = create_engine(url)
    with host.begin() as connection:
        if host.dialect.name == "mariadb":
            connection.execute(text("SET foreign_key_checks = 0"))
        connection.execute(lost)
    host.dispose()
    with open_store(url, "mall").begin(reading=True) as tx:
        (problem,) = tx.damages()
        assert str(problem) == "table distcore_completions: 1 rows refer to rows that are missing"
    with open_store(url, "market").begin(reading=True) as tx:
        assert not tx.damages()
