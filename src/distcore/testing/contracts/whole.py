"""The whole engine over a store: the same commands leave the same bytes as in memory."""

from attrs import evolve

from distcore import engine
from distcore.commission import (
    Cap,
    Coupons,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    Gift,
    Percent,
    Points,
    Rule,
    Scope,
    Unqualified,
    Upline,
)
from distcore.engine import Completion
from distcore.kernel import CapId, ComponentId, Instant, LineId, Rate, Rounding, RuleId, SaleId
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    LATER,
    Shop,
    StoreOf,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.machine_money import audit_lives, live
from distcore.testing.story import CLOSINGS, PAYOUTS, SALES, tell
from distcore.testing.walks import audit, walk


class EngineContract:
    """All verbs of the engine over the store."""

    walks = 80
    """Random worlds that are always the same; memory takes 60 ms for one, SQLite six times as long."""

    effort = 0.1
    """The part of the examples of Hypothesis' profile that it draws itself."""

    def test_the_auditor_agrees_with_the_engine(self, store_of: StoreOf) -> None:
        """A random workload over every verb, step by step; see `EngineMachine`."""
        walk(store_of, walks=self.walks)

    def test_the_auditor_agrees_in_worlds_that_hypothesis_draws(self, store_of: StoreOf) -> None:
        """The same by Hypothesis, which makes a failure smaller; the more, the deeper its profile."""
        audit(store_of, effort=self.effort)

    lives = 8
    """Random lives of eighty steps up to the payout; memory takes 300 ms for one, SQLite 1.4 s."""

    def test_the_auditors_agree_on_every_account_and_payout(self, store_of: StoreOf) -> None:
        """What was earned is held, settled, taxed and paid; see `MoneyMachine`."""
        live(store_of, lives=self.lives)

    def test_the_auditors_agree_in_lives_that_hypothesis_draws(self, store_of: StoreOf) -> None:
        """The same by Hypothesis, shorter; the more, the deeper its profile."""
        audit_lives(store_of, effort=self.effort / 2)

    def test_the_same_story_leaves_the_same_bytes_as_in_memory(self, store_of: StoreOf) -> None:
        """Whatever the store, in batches of whatever size, and in a shop of whatever name."""
        in_memory = tell(Shop(MemoryStore("shop")))
        counted = [in_memory.count(f"\n{kind} ") for kind in ("sale", "closing", "payout")]
        assert counted == [SALES, CLOSINGS, PAYOUTS]
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

    def test_what_an_earner_had_earned_is_frozen_with_the_sale(self, store_of: StoreOf) -> None:
        """Ann has 5 % until 10.00 were earned, then 8 %; what goes back changes neither."""
        rules = (
            Rule(RuleId("begins"), Percent(Rate(50_000)), (1,), match=EarnedBefore(0, 1_000)),
            Rule(RuleId("goes on"), Percent(Rate(80_000)), (1,), match=EarnedBefore(1_000)),
        )
        caps = (Cap(CapId("ever"), 2_700),)
        plan = evolve(a_plan(Upline(ComponentId("levels"), rules)), caps=caps)
        shop = Shop.open(store_of("shop"), plan, a_chain("ann", "ben"))
        sales = [a_sale(f"{number}", "ben") for number in range(5)]
        report = shop.do(engine.accrue_all, sales[:3])
        shop.do(engine.cancel, a_cancellation("0"))
        more = shop.do(engine.accrue_all, sales[3:])
        paid = [[fact.amount_minor for fact in each.accruals] for each in (*report.done, *more.done)]
        assert paid == [[500], [500], [800], [800], [100]]
        back = shop.do(engine.refund, a_refund("r", "2", {"1": (0, 5_000)}))
        assert [fact.amount_minor for fact in back.accruals] == [-400]
        frozen = [shop.record(f"{number}").booking for number in range(5)]
        assert [sum(each.earned_minor for each in booking.earned or ()) for booking in frozen] == [
            *(0, 500, 1_000, 1_800, 2_600)
        ]
        assert all(booking.grants for booking in frozen)
        shop.assert_sound()

    def test_an_amount_per_order_is_paid_once_to_a_payee(self, store_of: StoreOf) -> None:
        """Level 1 rolls up to a member who holds level 2 as well, and has a gift by then."""
        gift = Rule(RuleId("gift"), FixedPerOrder(200), levels=(1, 2))
        by = Upline(ComponentId("gifts"), (gift,), Unqualified.ROLLS_UP, qualified_tiers=("gold",))
        tree = (a_member("ann", tier="gold"), a_member("ben", "ann"), a_member("cai", "ben"))
        shop = Shop.open(store_of("shop"), a_plan(by), tree)
        posting = shop.do(engine.accrue, a_sale("order 1", "cai"))
        assert [(fact.payee, fact.level, fact.amount_minor) for fact in posting.accruals] == [("ann", 1, 200)]
        shop.assert_sound()

    def test_a_gift_is_given_once(self, store_of: StoreOf) -> None:
        """Whole with the sale, due when that is released, and given back when nothing is left."""
        rule = Rule(RuleId("thanks"), FixedPerOrder(0))
        welcome = FirstOrder(ComponentId("welcome"), (rule,), gift=Coupons("新客", 2))
        points = evolve(welcome, id=ComponentId("points"), gift=Points(5))
        shop = Shop.open(store_of("shop"), a_plan(welcome, points), a_chain("ann", "cai"))
        shop.do(engine.accrue, a_sale("order 1"), at=day(10))
        shop.do(engine.refund, a_refund("r1"), at=day(12))
        shop.do(engine.complete, Completion(SaleId("order 1"), day(11)), at=day(12))
        assert _due(shop) == []
        shop.do(engine.release, at=day(30))
        assert shop.accounts("ann", "POINT") == {"points_issued": -5, "points": 5}
        given = [(day(30), Coupons("新客", 2), 1), (day(30), Points(5), 1)]
        assert _due(shop) == given
        shop.do(engine.cancel, a_cancellation("order 1", day(31)), at=day(32))
        assert _due(shop) == [*given, (day(32), Coupons("新客", 2), -1), (day(32), Points(5), -1)]
        assert _due(shop, since=32) == _due(shop)[2:]
        assert shop.accounts("ann", "POINT") == {}
        shop.assert_sound()


def _due(shop: Shop, since: int = 1) -> list[tuple[Instant, Gift, int]]:
    with shop.store.begin() as tx:
        found = engine.due_gifts(tx, day(since), LATER)
    return [(each.recorded_at, each.given.gift, each.given.change) for each in found]
