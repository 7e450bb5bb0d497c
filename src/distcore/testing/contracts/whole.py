"""The whole engine over a store: the same commands leave the same bytes as in memory."""

from collections.abc import Sequence

from distcore import engine
from distcore.commission import (
    FirstLevel,
    FixedPerOrder,
    Freeze,
    FreezeFrom,
    Refund,
    Rule,
    Sale,
    Scope,
    Unqualified,
    Upline,
)
from distcore.kernel import ComponentId, LineId, Rounding, RuleId
from distcore.memory import MemoryStore
from distcore.referral import State
from distcore.testing.builders import (
    LATER,
    Shop,
    StoreOf,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.machine import audit, walk

PLAN = a_plan(
    levels("10%", "5%", "2%", unqualified=Unqualified.ROLLS_UP, level_1=FirstLevel.PROMOTER),
    Upline(ComponentId("bonus"), (Rule(RuleId("fixed"), (1, 2), FixedPerOrder(77)),)),
    rounding=Rounding.HALF_EVEN,
    rounding_scope=Scope.ORDER,
    budget="15%",
    freeze=Freeze(3, FreezeFrom.PAID),
)
"""A plan in which lines, levels and components share what there is."""


def a_year() -> tuple[Sequence[Sale], Sequence[Refund]]:
    """Return forty orders of two lines, and refunds of every third."""
    sales = [
        a_sale(
            f"order {number}",
            "dan",
            [a_line("10", net_minor=number * 997, units=3), a_line("9", net_minor=number * 13 % 101)],
            paid_at=day(2 + number % 9, number % 24),
            promoter="zoe" if number % 5 == 0 else None,
        )
        for number in range(40)
    ]
    refunds = [
        a_refund(f"refund {number}", sale.id, {"10": (1, sale.lines[0].net_minor // 3)}, refunded_at=day(20))
        for number, sale in enumerate(sales)
        if number % 3 == 1
    ]
    return sales, refunds


def tell(shop: Shop, batch: int) -> str:
    """Tell a shop the whole story, in batches of any size, and return its dump."""
    sales, refunds = a_year()
    shop.do(engine.set_policy, a_policy(), key="policy")
    shop.do(engine.set_plan, PLAN, key="plan")
    members = [a_member("zoe", tier="gold"), *a_chain("ann", "ben", "cai", "dan")]
    for some in _batches(members, batch):
        shop.do(engine.join_all, some, key="join")
    shop.do(engine.set_state, "cai", State.SUSPENDED, valid_from=day(4), key="suspend")
    shop.do(engine.set_tier, "ben", "gold", valid_from=day(6), key="rise")
    for some in _batches(sales, batch):
        shop.do(engine.accrue_all, some, key="accrue")
    shop.do(engine.move, "dan", "zoe", valid_from=day(3), key="move")
    for some in _batches(refunds, batch):
        shop.do(engine.refund_all, some, key="refund")
    shop.do(engine.cancel_all, [a_cancellation("order 7", day(20))], key="cancel")
    completions = [engine.Completion(sale.id, day(12)) for sale in sales[:9]]
    for some in _batches(completions, batch):
        shop.do(engine.complete_all, some, key="complete")
    shop.do(engine.release, at=day(8), key="release")
    return shop.dump()


def _batches(items: Sequence[object], size: int) -> list[list[object]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


class EngineContract:
    """All verbs of the engine over the store."""

    walks = 80
    """Random worlds that are always the same; memory takes 50 ms for one, SQLite four times as long."""

    effort = 0.1
    """The part of the examples of Hypothesis' profile that it draws itself."""

    def test_the_auditor_agrees_with_the_engine(self, store_of: StoreOf) -> None:
        """A random workload over every verb, step by step; see `EngineMachine`."""
        walk(store_of, walks=self.walks)

    def test_the_auditor_agrees_in_worlds_that_hypothesis_draws(self, store_of: StoreOf) -> None:
        """The same by Hypothesis, which makes a failure smaller; the more, the deeper its profile."""
        audit(store_of, effort=self.effort)

    def test_the_same_story_leaves_the_same_bytes_as_in_memory(self, store_of: StoreOf) -> None:
        """Whatever the store, in batches of whatever size, and in a shop of whatever name."""
        in_memory = tell(Shop(MemoryStore("shop")), 100)
        assert in_memory.count("\nsale ") == len(a_year()[0])
        for batch in (100, 7, 1):
            shop = Shop(store_of(f"shop {batch}"))
            assert tell(shop, batch) == in_memory
            shop.assert_sound()

    def test_a_batch_run_again_does_only_what_is_new(self, store_of: StoreOf) -> None:
        """A bad order is refused whole and says so; the next one is none the wiser."""
        shop = Shop.open(store_of("shop"), None, a_chain("ann", "ben"))
        good = [a_sale("order 1", "ben"), a_sale("order 3", "ben")]
        strange = a_sale("order 2", "ben", promoter="nobody")
        malformed = a_sale("order 4", "ben", [])
        report = shop.do(engine.accrue_all, [good[0], strange, malformed, good[1], good[0]], key="file")
        assert [posting.sale for posting in report.done] == ["order 1", "order 3"]
        assert [(each.item, each.refusal.code) for each in report.refused] == [
            ("order 2", "promoter_unknown")
        ]
        assert [problem.where for problem in report.problems] == ["order 4: lines"]
        assert report.repeated == 1
        shop.do(engine.join, a_member("nobody"))
        again = shop.do(engine.accrue_all, [good[0], strange, good[1]], key="file")
        assert ([posting.sale for posting in again.done], again.repeated) == (["order 2"], 2)
        assert shop.record("order 1").postings[0].posted_at == LATER
        assert [fact.line for fact in shop.record("order 1").postings[0].accruals] == [LineId("1")]

    def test_a_move_is_refused_for_a_cycle_that_begins_later(self, store_of: StoreOf) -> None:
        """At the instant of the move all would be well; from a later move on it would not."""
        shop = Shop.open(store_of("shop"), None, a_chain("ann", "ben"))
        shop.do(engine.move, "ben", None, valid_from=day(5))
        shop.do(engine.move, "ben", "ann", valid_from=day(9))
        before = shop.dump()
        assert shop.refused(engine.move, "ann", "ben", valid_from=day(6)) == "would_form_cycle"
        assert shop.dump() == before

    def test_the_order_of_a_cart_changes_nobodys_cent(self, store_of: StoreOf) -> None:
        """An odd cent goes to the earlier line by id, not to the one that came first."""
        plan = a_plan(levels("10%"), rounding_scope=Scope.ORDER, rounding=Rounding.UP)
        lines = [a_line(id, net_minor=5) for id in ("2", "10", "1")]
        shop = Shop.open(store_of("shop"), plan, a_chain("ann", "ben"))
        for number, cart in enumerate([lines, lines[::-1]]):
            posting = shop.do(engine.accrue, a_sale(f"{number}", "ben", cart))
            assert [(fact.line, fact.amount_minor) for fact in posting.accruals] == [("1", 1), ("10", 1)]
