"""Several processes on one store: one winner each time, nothing twice, nothing half-done by a killed one.

Whatever the isolation that a database gives, and whoever waits for whom.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from attrs import evolve
from tests import mariadb
from tests.postgresql import a_bare_database
from tests.sql.facts import earned, stated
from tests.sql.stores import new_shop, new_store, url_in, with_level
from tests.sql.workers import (
    BATCH,
    CNY,
    COUPONS,
    GIVEN_UP,
    LINES,
    MONTHS,
    ORDERS,
    PAIRS,
    PAYABLE_MINOR,
    PAYEES,
)

from distcore.commission import SaleRecord
from distcore.coupons import CouponTemplate, DaysFromClaim
from distcore.engine import (
    Completion,
    accrue_all,
    adjust,
    approve_closing,
    close_period,
    complete,
    group_of,
    open_group,
    open_outbox,
    place_order,
    put_products,
    quote_cart,
    set_coupon_template,
    set_group_sale,
    set_offer,
    set_points,
    set_policy,
    set_price_list,
    set_settlement,
    verify,
)
from distcore.groups import GroupSale, GroupSaleId, GroupState
from distcore.kernel import POINT, Currency, MemberId, SaleId, Sku
from distcore.ledger import IN_PAYOUT
from distcore.pricing import Audience, Break, PointsIn, PointsPolicy, PriceList, PriceOf, Shopper, terms_of
from distcore.referral import last_sponsor
from distcore.settlement import ClosingState, Review
from distcore.testing.builders import (
    LATER,
    PAID,
    Shop,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_sale,
    day,
)
from distcore.testing.carts import AT, an_offer, percent
from distcore.testing.catalog import a_product, some_units
from distcore.testing.money import a_settlement_policy, an_adjustment

pytestmark = pytest.mark.wide

ROOT = Path(__file__).parents[2]
"""Where a child finds these tests, from wherever they are run."""

MANY = (2, 4, 16)
"""Processes that want the same thing."""

CROWD = 64
"""Processes that want the one coupon there is."""

SMALLER_CROWD = 16
"""Where whoever reads locks, too: each who then writes ends all the others that have read the same."""

Together: TypeAlias = Callable[..., list[list[str]]]


@pytest.fixture(scope="module")
def together() -> Iterator[Together]:
    """Let processes work at once, and return what each of them said."""
    with _start() as parent:

        def work(url: str, *verbs: tuple[str, ...]) -> list[list[str]]:
            assert parent.stdin is not None
            assert parent.stdout is not None
            parent.stdin.write(json.dumps([url, verbs]) + "\n")
            parent.stdin.flush()
            return list(json.loads(parent.stdout.readline()))

        yield work


@pytest.fixture
def crowd(at_level: str) -> int:
    """How many want the same thing at once."""
    return SMALLER_CROWD if "isolation_level=SERIALIZABLE" in at_level else CROWD


def test_movers_never_form_a_cycle(at_level: str, together: Together) -> None:
    pairs = [a_member(f"{name}{number}") for number in range(PAIRS) for name in ("left", "right")]
    shop = Shop.open(new_store(at_level), newcomers=pairs)
    answers = together(at_level, ("mover", "left", "right"), ("mover", "right", "left"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["done", "would_form_cycle"]
    with shop.store.begin() as tx:
        assert tx.members.revision() == PAIRS
        assert verify(tx).sound


@pytest.mark.parametrize("known", [False, True])
def test_two_touches_of_a_customer_bind_once(at_level: str, together: Together, known: bool) -> None:
    """Whether the customer joins by it, or was a member whom it moves."""
    members = [a_member("left"), a_member("right")]
    customers = [a_member(f"customer {number}") for number in range(PAIRS)]
    shop = Shop.open(new_store(at_level), newcomers=[*members, *(customers if known else ())])
    answers = together(at_level, ("toucher", "left"), ("toucher", "right"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["bound_1", "kept_2"]
    with shop.store.begin() as tx:
        touches = list(tx.touches.all())
        members_of = {each.id: each for each in tx.members.all()}
    assert len(touches) == 2 * PAIRS
    for touch in touches[::2]:
        assert last_sponsor(members_of[touch.customer]) == touch.promoter
    shop.assert_sound()


def test_the_same_orders_are_booked_once(at_level: str, together: Together) -> None:
    shop = new_shop(at_level)
    assert together(at_level, ("seller",), ("seller",), ("seller",)) == [["done"]] * 3
    with shop.store.begin() as tx:
        found = verify(tx)
        assert found.sound
        assert found.sales == ORDERS
    assert shop.earned()["ben"].accrued_minor == ORDERS * 1_000


def test_a_key_has_one_winner(at_level: str, together: Together) -> None:
    shop = new_shop(at_level)
    answers = together(at_level, ("renamer", "left"), ("renamer", "right"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["done", "key_reused"]
    with shop.store.begin() as tx:
        assert len(list(tx.members.all())) == 3 + ORDERS


def test_no_more_goes_back_than_was_bought(at_level: str, together: Together) -> None:
    shop = _sold(at_level)
    answers = together(at_level, ("clerk", "left"), ("clerk", "right"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["done", "refund_too_large"]
    assert shop.earned()["ben"].clawed_back_minor == -ORDERS * 600
    shop.assert_sound()


def test_releases_and_refunds_of_the_same_orders_all_happen_once(at_level: str, together: Together) -> None:
    shop = _sold(at_level)
    for number in range(ORDERS):
        shop.do(complete, Completion(SaleId(f"order {number}"), day(number + 20)))
    work = [("releaser", "left"), ("teller", "till"), ("releaser", "right"), ("teller", "desk")]
    left, till, right, desk = together(at_level, *work)
    assert till == desk == ["done"] * ORDERS
    assert sum(map(int, left + right)) == ORDERS
    earned = shop.earned()["ben"]
    assert earned.frozen_minor == 0
    assert earned.released_minor == ORDERS * 998  # ten minor units went back twice: one each time
    shop.assert_sound()


def test_at_most_one_plan_is_valid(at_level: str, together: Together) -> None:
    shop = new_shop(at_level)
    shop.do(set_policy, a_policy(currencies=("CNY", "JPY")))
    answers = together(at_level, ("publisher", "left"), ("publisher", "right"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["done", "plans_overlap"]
    with shop.store.begin() as tx:
        assert len(tx.plans.all()) == 1 + ORDERS


def test_every_policy_is_kept(at_level: str, together: Together) -> None:
    shop = new_shop(at_level)
    together(at_level, ("policymaker", "UTC"), ("policymaker", "Asia/Tokyo"))
    with shop.store.begin() as tx:
        kept = list(tx.policies.all())
    assert kept[0].currencies == (Currency("CNY"),)
    assert len(kept) == 1 + 2 * ORDERS


@pytest.mark.parametrize("review", Review)
@pytest.mark.parametrize("many", MANY)
def test_a_month_is_closed_once(at_level: str, together: Together, many: int, review: Review) -> None:
    """Some of those who close share a key; others sell, take back and give meanwhile, in the same months."""
    shop = Shop.open(new_store(at_level), a_plan(freeze=PAID), a_chain(*PAYEES))
    shop.do(set_settlement, a_settlement_policy(review=review))
    work = [("closer", f"closer{number}", f"key{number % 3}") for number in range(many)]

    *said, left, right = together(at_level, *work, ("earner", "left"), ("earner", "right"))

    assert [left, right] == [["done"], ["done"]]
    for number, each in enumerate(zip(*said, strict=True), 1):
        assert {word.split(":")[0] for word in each} == {f"{number}"}
        assert [word.split(":")[1] for word in each].count("done") == (review is Review.REVIEWED)
    with shop.store.begin() as tx:
        assert [(each.period.label, each.state) for each in tx.closings.all()] == [
            (month, ClosingState.APPROVED) for month in MONTHS
        ]
    shop.assert_sound()
    last = shop.do(close_period, CNY)
    if review is Review.REVIEWED:
        shop.do(approve_closing, last.number, actor="boss")
    assert stated(shop) == earned(shop)
    shop.assert_sound()


@pytest.mark.parametrize("many", MANY)
def test_no_more_is_reserved_than_is_payable(at_level: str, together: Together, many: int) -> None:
    """Half of them ask for all there is, the others for quarters of it: nothing is left, or lacking."""
    shop = Shop.open(new_store(at_level), newcomers=a_chain(*PAYEES))
    shop.do(set_settlement, a_settlement_policy())
    for payee in PAYEES:
        shop.do(adjust, an_adjustment(payee, payee, PAYABLE_MINOR), at=day(20))
        shop.bank(payee)
    shop.do(close_period, CNY, "2017-01")
    amounts = [PAYABLE_MINOR, PAYABLE_MINOR // 4]
    work = [("asker", f"asker{number}", str(amounts[number % 2])) for number in range(many)]

    said = together(at_level, *work)

    assert {word for each in said for word in each} - {*PAYEES} <= {"balance_too_low"}
    for payee in PAYEES:
        got = [each.count(payee) * amounts[number % 2] for number, each in enumerate(said)]
        assert sum(got) == PAYABLE_MINOR
        assert shop.balance(payee) == (0, 0)
        assert shop.accounts(payee)[IN_PAYOUT] == PAYABLE_MINOR
    with shop.store.begin() as tx:
        assert len(list(tx.payouts.all())) == sum(each.count(payee) for each in said for payee in PAYEES)
    shop.assert_sound()


def test_whoever_tells_what_is_done_leaves_nothing_out(at_level: str, together: Together) -> None:
    """R3: while others sell, with commits in any order; what was told by one who was lost is told again."""
    shop = new_shop(at_level)
    shop.do(open_outbox, key="open")
    sold = {f"h{seller}-{number}" for seller in range(3) for number in range(ORDERS) if number % GIVEN_UP}
    said = together(
        at_level,
        *[("hawker", f"h{seller}") for seller in range(3)],
        *[("crier", str(len(sold))) for _ in range(2)],
    )
    told = [word for each in said for word in each]
    assert set(told) == {*sold, "mall"}
    assert len(told) > len(set(told)), "none was told twice: nobody was lost"
    with shop.store.begin() as tx:
        assert {each.booking.sale.id for each in tx.sales.all()} == sold
        assert tx.outbox.all() == []


def test_a_coupon_of_one_is_claimed_once(at_level: str, together: Together, crowd: int) -> None:
    """Of 64 workers, and by one order of 64 then, whatever the isolation."""
    shop = new_shop(at_level)
    shop.do(set_offer, evolve(an_offer(percent("10%"), id="ten off"), by_coupon=True))
    shop.do(set_coupon_template, CouponTemplate(COUPONS, CNY, "ten off", DaysFromClaim(7), 1))
    said = together(at_level, *[("claimer", f"m{number}") for number in range(crowd)])
    assert sorted(said) == [["coupons_used_up"]] * (crowd - 1) + [["done"]]
    with shop.store.begin() as tx:
        (coupon,) = tx.coupons.all()
        assert [units for count, units in tx.counts.all() if not count.member] == [1]
    owner = coupon.owner
    assert owner is not None

    said = together(at_level, *[("orderer", f"order {n}", owner, coupon.id) for n in range(crowd)])
    assert sorted(said) == [["coupon_not_usable"]] * (crowd - 1) + [["done"]]
    shop.assert_sound()


def test_of_a_flash_sale_as_many_are_sold_as_there_are(at_level: str, together: Together, crowd: int) -> None:
    """Of 64 workers seven have the price; the others pay the list price, or are told that it is gone.

    Who sees the last one in a quote, and no more of them when the order is placed, as a transaction
    at READ COMMITTED may, is told that the price has changed.
    """
    shop = new_shop(at_level)
    shop.do(put_products, [a_product("tea", 100)])
    prices = (PriceOf(Sku("tea"), (Break(1, 60),), total_max=7, per_member_max=1),)
    shop.do(set_price_list, PriceList("flash", CNY, prices))
    said = together(at_level, *[("shopper", f"m{number}") for number in range(crowd)])
    assert {word for each in said for word in each} <= {"done", "price_gone", "price_changed"}
    with shop.store.begin() as tx:
        paid = [placed.quote.payable_minor for placed in tx.placed_orders.all()]
        assert [units for count, units in tx.counts.all() if not count.member] == [7]
    assert (paid.count(60), len(paid)) == (7, said.count(["done"]))
    shop.assert_sound()


def test_no_point_is_spent_twice(at_level: str, together: Together, crowd: int) -> None:
    """Of 64 orders of one member seven are paid with points: no more are held."""
    shop = Shop.open(new_store(at_level), newcomers=a_chain("ann"))
    shop.do(put_products, [a_product("tea", 100)])
    shop.do(set_points, PointsIn(CNY, PointsPolicy(1, 1)))
    shop.do(adjust, evolve(an_adjustment("welcome", "ann", 350), currency=POINT), at=day(20))
    said = together(at_level, *[("spender", f"order {n}", "ann", "50") for n in range(crowd)])
    assert sorted(said) == [["done"]] * 7 + [["points_short"]] * (crowd - 7)
    assert shop.accounts("ann", "POINT")["points_spent"] == 350
    assert shop.accounts("ann", "POINT").get("points", 0) == 0
    shop.assert_sound()


def test_a_group_has_no_more_buyers_than_seats(at_level: str, together: Together, crowd: int) -> None:
    """Of 64 workers two join a group of three, and it has succeeded."""
    shop = new_shop(at_level)
    shop.do(put_products, [a_product("tea", 100)])
    sale = GroupSale(GroupSaleId("tea for three"), CNY, size=3, hours=24)
    shop.do(set_group_sale, sale)
    prices = (PriceOf(Sku("tea"), (Break(1, 90),)),)
    shop.do(set_price_list, PriceList("three", CNY, prices, audience=Audience(group_sales=(sale.id,))))
    for name in ("opener", *(f"m{number}" for number in range(crowd))):
        wanted = some_units(("tea", 1), shopper=Shopper(MemberId(name)), group_sale=sale.id)
        with shop.store.begin() as tx:
            seen = quote_cart(tx, wanted, at=AT)
        shop.do(place_order, name, wanted, terms_of(seen), agreed_minor=90, at=AT, key=name)
    group = shop.do(open_group, "opener", at=AT)
    said = together(at_level, *[("companion", f"m{number}", group.id) for number in range(crowd)])
    assert sorted(said) == [["done"]] * 2 + [["group_closed"]] * (crowd - 2)
    with shop.store.begin() as tx:
        after, seats = group_of(tx, group.id)
    assert (after.state, after.taken, len(seats)) == (GroupState.SUCCEEDED, 3, 3)
    shop.assert_sound()


def test_a_killed_import_leaves_whole_batches(url: str) -> None:
    shop = new_shop(url)
    child = _start("importer", url)
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(2)][-1]
    child.kill()
    child.communicate()
    with shop.store.begin() as tx:
        records = list(tx.sales.all())
        assert verify(tx).sound
    assert len(records) >= said
    assert len(records) % BATCH == 0
    assert [record for record in records if not _is_whole(record)] == []
    again = [
        a_sale(record.booking.sale.id, lines=[a_line(str(line)) for line in range(LINES)])
        for record in records
    ]
    report = shop.do(accrue_all, again, at=LATER, actor="importer", key="accrue")
    assert report.repeated == len(records)


@pytest.mark.parametrize("schema", ["", "mall"])
@pytest.mark.parametrize("level", ["postgresql", "postgresql, serializable"])
def test_one_of_many_upgrades_makes_the_tables(together: Together, level: str, schema: str) -> None:
    with a_bare_database() as url:
        assert together(with_level(url, level), *[("upgrader", schema)] * 3) == [["0"]] * 3


def test_one_of_many_upgrades_makes_the_tables_of_mariadb(together: Together) -> None:
    with mariadb.a_bare_database() as url:
        assert together(url, *[("upgrader", "")] * 3) == [["0"]] * 3


def test_one_of_many_upgrades_makes_the_file(together: Together, tmp_path: Path) -> None:
    assert together(url_in(tmp_path), *[("upgrader", "")] * 3) == [["0"]] * 3


def _sold(url: str) -> Shop:
    """Return a shop with orders to fight for."""
    shop = new_shop(url)
    shop.do(accrue_all, [a_sale(f"order {number}") for number in range(ORDERS)])
    return shop


def _is_whole(record: SaleRecord) -> bool:
    """Say that a sale has all its lines, and that both sponsors have their share of each."""
    return len(record.booking.sale.lines) == LINES and len(record.postings[0].accruals) == 2 * LINES


def _start(*arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.sql.workers", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
