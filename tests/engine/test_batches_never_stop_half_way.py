"""A batch does what can be done, says what can't, and run again does only what is new."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from attrs import evolve
from tests.builders import Shop, day, line, newcomer, paid, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import Cancellation
from distcore.engine import Completion
from distcore.kernel import MemberId, Report, SaleId, ShopId, limits
from distcore.memory import MemoryTransaction
from distcore.memory.journal import Journal
from distcore.memory.referral import MemoryMembers

T = TypeVar("T")

ORDER, SECOND_ORDER = SaleId("order 1"), SaleId("order 2")


def open_shop() -> Shop:
    return shop(plan=plan(percent("10%", 1)))


def counts(report: Report[T]) -> tuple[int, int, list[str], int]:
    """Return how many were done and repeated, the codes of the refusals, and how many were malformed."""
    codes = [f"{each.item}: {each.refusal.code}" for each in report.refused]
    return (len(report.done), report.repeated, codes, len(report.problems))


def test_members_join_in_any_order_and_only_the_bad_ones_stay_out() -> None:
    shop = open_shop()
    batch = [
        newcomer("fay", "eve"),
        newcomer("eve", "ann"),
        newcomer("ann"),
        newcomer("ben", "ann", tier="gold"),
        newcomer("gil", "nobody"),
        newcomer("", "ann"),
        newcomer("hal", "hal"),
        newcomer("eve", "ann"),
        newcomer("eve", "ben"),
    ]
    report = shop.do(engine.join_all, batch, key="file")
    assert counts(report) == (
        2,
        2,
        ["gil: sponsor_unknown", "ben: member_exists", "eve: key_reused", "hal: sponsor_unknown"],
        1,
    )
    assert [member.id for member in report.done] == ["eve", "fay"]
    again = shop.do(engine.join_all, [*batch[:5], newcomer("nobody")], key="file")
    assert counts(again) == (2, 3, ["ben: member_exists"], 0)
    assert [member.id for member in again.done] == ["nobody", "gil"]


class NearlyFull(MemoryMembers):
    """A tree whose sponsors have room for one more."""

    def fan_out(self, members: Collection[MemberId]) -> dict[MemberId, int]:
        return dict.fromkeys(members, limits.FAN_OUT_MAX - 1)


def test_those_who_join_in_the_same_batch_count_for_the_room_below_a_sponsor() -> None:
    journal = Journal()
    journal.open()
    tx = MemoryTransaction(ShopId("tea house"), journal)
    tx.members = NearlyFull(journal)
    batch = [newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ann")]
    report = engine.join_all(tx, batch, at=day(5), actor="tester")
    assert counts(report) == (2, 0, ["cai: fan_out_too_wide"], 0)


def test_sales_are_booked_one_by_one() -> None:
    shop = open_shop()
    batch = [
        sale(id="a"),
        sale(id="b", currency="JPY"),
        sale(id="c", paid_at=day(0)),
        sale(evolve(line(), units=-1), id="d"),
        sale(id="a"),
        sale(line("1", 1), id="a"),
        sale(id="e", buyer="a stranger"),
    ]
    report = shop.do(engine.accrue_all, batch, key="file")
    assert counts(report) == (
        2,
        1,
        ["b: currency_not_of_shop", "c: no_plan", "a: key_reused"],
        1,
    )
    assert [paid(posting) for posting in report.done] == [{"ben": 1_000}, {}]
    other = [sale(id="a"), sale(line("1", 1), id="e"), sale(id="f")]
    assert counts(shop.do(engine.accrue_all, other, key="another file")) == (1, 1, ["e: sale_exists"], 0)


def test_what_is_refused_leaves_its_key_to_the_next_item_with_the_same() -> None:
    shop = open_shop()
    newcomers = [newcomer("eve", "nobody"), newcomer("eve", "ann"), newcomer("eve", "ben")]
    assert counts(shop.do(engine.join_all, newcomers)) == (
        1,
        0,
        ["eve: sponsor_unknown", "eve: key_reused"],
        0,
    )
    early = sale(id="a", paid_at=day(0))
    orders = [early, early, sale(id="a"), sale(id="a"), early]
    assert counts(shop.do(engine.accrue_all, orders)) == (
        1,
        1,
        ["a: no_plan", "a: no_plan", "a: key_reused"],
        0,
    )


def test_what_is_present_already_counts_for_those_with_the_same_key() -> None:
    """And it writes no key: the next file may say it again."""
    shop = open_shop()
    shop.do(engine.accrue, sale(id="a"))
    before = shop.ask(lambda tx: tx.commands.all())
    orders = [sale(id="a"), sale(id="a"), sale(line("1", 1), id="a")]
    for key in ("file", "file", "another file"):
        assert counts(shop.do(engine.accrue_all, orders, key=key)) == (0, 2, ["a: key_reused"], 0)
    assert shop.ask(lambda tx: tx.commands.all()) == before


def test_the_same_newcomer_twice_in_a_batch_joins_once() -> None:
    shop = open_shop()
    batch = [newcomer("dan", "eve"), newcomer("eve", "ann"), newcomer("dan", "eve"), newcomer("eve", "ann")]
    assert counts(shop.do(engine.join_all, batch)) == (2, 2, [], 0)


def test_a_chargeback_comes_after_the_refund_that_it_repeats() -> None:
    """Also where both happened at the same instant and the file names it first."""
    shop = open_shop()
    shop.do(engine.accrue, sale())
    batch = [refund(("1", 1, 5_000), id="c1", repeats="r1"), refund(("1", 1, 5_000), id="r1")]
    report = shop.do(engine.refund_all, batch)
    assert [posting.cause for posting in report.done] == ["refund/r1", "refund/c1"]


def test_refunds_are_posted_in_the_order_in_which_they_happened() -> None:
    shop = open_shop()
    shop.do(engine.accrue, sale(line("1", 10_000, units=2)))
    batch = [
        refund(("1", 1, 6_000), id="r2", refunded_at=day(9)),
        refund(("1", 1, 5_000), id="r1", refunded_at=day(8)),
        refund(("1", 0, 5_000), id="c1", refunded_at=day(10), repeats="r1"),
        refund(("1", 1, 1), id="r3", of="order 9"),
        refund(id="r4"),
    ]
    report = shop.do(engine.refund_all, batch)
    assert counts(report) == (2, 0, ["r3: sale_unknown", "r2: refund_too_large"], 1)
    assert [posting.cause for posting in report.done] == ["refund/r1", "refund/c1"]
    assert [paid(posting) for posting in report.done] == [{"ben": -500}, {}]
    assert counts(shop.do(engine.refund_all, batch)) == (
        0,
        2,
        ["r3: sale_unknown", "r2: refund_too_large"],
        1,
    )
    assert counts(shop.do(engine.refund_all, batch, key="b"))[:2] == (0, 2)


def test_a_refund_id_that_stands_twice_in_a_batch_counts_once() -> None:
    shop = open_shop()
    shop.do(engine.accrue_all, [sale(), sale(id="order 2")])
    batch = [refund(("1", 0, 5)), refund(("1", 0, 5), of="order 2", refunded_at=day(4))]
    assert counts(shop.do(engine.refund_all, batch)) == (1, 0, ["r1: key_reused"], 0)
    assert counts(shop.do(engine.refund_all, batch[1:], key="b")) == (0, 0, ["r1: refund_exists"], 0)


def test_orders_are_cancelled_and_completed_one_by_one() -> None:
    shop = open_shop()
    shop.do(engine.accrue_all, [sale(), sale(id="order 2")])
    completions = [
        Completion(ORDER, day(5)),
        Completion(SECOND_ORDER, day(1)),
        Completion(SaleId("order 9"), day(5)),
        Completion(SaleId(""), day(5)),
    ]
    refused = ["order 2: completed_before_payment", "order 9: sale_unknown"]
    assert counts(shop.do(engine.complete_all, completions)) == (1, 0, refused, 1)
    assert counts(shop.do(engine.complete_all, completions, key="b")) == (0, 1, refused, 1)
    assert counts(shop.do(engine.complete_all, completions[:1])) == (0, 1, [], 0)
    cancellations = [
        Cancellation(ORDER, day(6)),
        Cancellation(SaleId("order 9"), day(6)),
        Cancellation(SaleId(" "), day(6)),
    ]
    assert counts(shop.do(engine.cancel_all, cancellations)) == (1, 0, ["order 9: sale_unknown"], 1)
    assert counts(shop.do(engine.cancel_all, cancellations[:1])) == (0, 1, [], 0)


def test_nothing_to_do_is_done() -> None:
    shop = open_shop()
    batches: list[Callable[..., Any]] = [
        engine.join_all,
        engine.accrue_all,
        engine.refund_all,
        engine.cancel_all,
        engine.complete_all,
    ]
    for verb in batches:
        assert shop.do(verb, []) == Report()
