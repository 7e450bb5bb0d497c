"""What was bought before decides, in the order in which sales are accrued, however they come in batches."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import chain
from random import Random
from typing import TypeAlias

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    AfterRefund,
    MonthsSinceFirst,
    OrderNumber,
    Percent,
    Plan,
    Posting,
    Reason,
    Rule,
    SpentBefore,
    Upline,
)
from distcore.kernel import ComponentId, Currency, Period, PlanId, Rate, RuleId, SaleId
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.testing.builders import (
    ALWAYS,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_plan,
    a_price,
    a_refund,
    a_sale,
    a_welcome,
    day,
)

WELCOME = a_welcome()
EVER = Period("ever", *ALWAYS)


NewStore: TypeAlias = Callable[[], Store]


def plan(answer: AfterRefund = AfterRefund.LOST, plan_version: int = 1) -> Plan:
    return a_plan(evolve(WELCOME, after_refund=answer), plan_version=plan_version)


def opened(new_store: NewStore, by: Plan) -> Shop:
    return Shop.open(new_store(), by, a_chain("ann", "buyer"))


def bought(shop: Shop, *orders: str, buyer: str = "buyer") -> list[str]:
    """Book orders one by one; return those that somebody was paid for."""
    found = [(id, shop.do(engine.accrue, a_sale(id, buyer))) for id in orders]
    shop.assert_sound()
    return [id for id, posting in found if posting.accruals]


def earned(shop: Shop) -> dict[str, int]:
    """Return what is paid for each order that is paid for."""
    with shop.store.begin() as tx:
        records = list(tx.sales.all())
    sums: Counter[str] = Counter()
    for posting in chain.from_iterable(each.postings for each in records):
        sums[posting.sale] += sum(each.amount_minor for each in posting.accruals)
    return {sale: amount_minor for sale, amount_minor in sums.items() if amount_minor}


def test_a_first_order_is_paid_for_and_no_other(new_store: NewStore) -> None:
    assert bought(opened(new_store, plan()), "o1", "o2", "o3") == ["o1"]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_batches_of_any_size_pay_the_same(new_store: NewStore, size: int) -> None:
    shop = opened(new_store, plan())
    sales = [a_sale(f"o{number}", "buyer") for number in range(5)]
    postings: list[Posting] = []
    for start in range(0, 5, size):
        report = shop.do(engine.accrue_all, sales[start : start + size])
        postings += report.done
    assert [bool(posting.accruals) for posting in postings] == [True, False, False, False, False]
    shop.assert_sound()


@pytest.mark.parametrize(("answer", "paid"), [(AfterRefund.LOST, []), (AfterRefund.NEXT_ORDER, ["o3"])])
def test_after_a_full_refund_the_plan_decides(
    new_store: NewStore, answer: AfterRefund, paid: list[str]
) -> None:
    """The second order was there before the refund: it is the first order accrued after it that counts."""
    shop = opened(new_store, plan(answer))
    assert bought(shop, "o1", "o2") == ["o1"]
    shop.do(engine.refund, a_refund("r1", "o1", {"1": (1, 1)}))
    assert bought(shop, "o2b") == []
    shop.do(engine.cancel, a_cancellation("o1"))
    assert bought(shop, "o3", "o4") == paid


def test_a_first_order_of_nothing_leaves_the_next_one_the_first(new_store: NewStore) -> None:
    shop = opened(new_store, plan(AfterRefund.NEXT_ORDER))
    nothing = a_sale("gift", "buyer", lines=[a_line(net_minor=0)])
    assert not shop.do(engine.accrue, nothing).accruals
    assert bought(shop, "o1", "o2") == ["o1"]
    within = [nothing, a_sale("p1", "ann")]
    shop.do(engine.accrue_all, [evolve(each, id=SaleId(f"{each.id} again")) for each in within])
    shop.assert_sound()


NOTHING: dict[str, tuple[int, Callable[[Shop], object]]] = {
    "all went back": (10_000, lambda shop: shop.do(engine.refund, a_refund("r", "o1", {"1": (1, 10_000)}))),
    "a price was wrong": (10_000, lambda shop: shop.do(engine.correct_price, a_price("p", {"1": 0}, "o1"))),
    "it was sold for nothing": (0, lambda _: None),
}


@pytest.mark.parametrize("case", NOTHING)
@pytest.mark.parametrize("answer", AfterRefund)
@pytest.mark.parametrize("comes_back", ["before the next order", "after the next order"])
def test_what_was_gone_is_no_first_order_any_more(
    new_store: NewStore, answer: AfterRefund, case: str, comes_back: str
) -> None:
    """With another price the order comes back, and not what is paid for a first one.

    By whichever version all are calculated later, and simulated, the answer is that of this version.
    """
    net_minor, ends = NOTHING[case]
    shop = opened(new_store, plan(answer))
    shop.do(engine.accrue, a_sale("o1", "buyer", lines=[a_line(net_minor=net_minor)]))
    ends(shop)
    dearer = a_price("dearer", {"1": 15_000}, "o1", corrected_at=day(13))
    if comes_back == "before the next order":
        shop.do(engine.correct_price, dearer)
        bought(shop, "o2", "o3")
    else:
        bought(shop, "o2", "o3")
        shop.do(engine.correct_price, dearer)
    paid = {AfterRefund.LOST: {}, AfterRefund.NEXT_ORDER: {"o2": 1_000}}
    assert earned(shop) == paid[answer]
    with shop.store.begin() as tx:
        why_nots = engine.explain(tx, SaleId("o1")).explained.why_nots
    assert [(each.reason, each.above) for each in why_nots] == [(Reason.FIRST_ORDER_GONE, ("ann",))]
    for number, other in enumerate((*AfterRefund, *AfterRefund), 2):
        shop.do(engine.set_plan, plan(other, plan_version=number))
        with shop.store.begin() as tx:
            simulated = engine.simulate(tx, plan(other, plan_version=number))
        assert simulated.cost.total_minor == sum(paid[other].values()), other
        pin = engine.NewPin(PlanId("plan"), number, "another answer", "boss")
        assert not shop.do(partial(engine.recompute, pin=pin), Currency("CNY"), EVER).report.refused
        shop.assert_sound()
        assert earned(shop) == paid[other]


@pytest.mark.parametrize("seed", range(4))
def test_of_all_orders_of_a_buyer_one_is_paid_for_as_the_first(new_store: NewStore, seed: int) -> None:
    """Whatever goes back, comes back by another price, and is calculated by another answer than others."""
    come_and_go(new_store, seed)


@pytest.mark.parametrize("first", range(10, 110, 10))
def test_of_many_more_orders_one_is_paid_for_as_the_first(first: int) -> None:
    """The same in memory, where it takes no time."""
    for seed in range(first, first + 10):
        come_and_go(lambda: MemoryStore("shop"), seed)


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_a_simulation_pays_for_one_first_order_too(first: int) -> None:
    """Where none was asked for, or only of those that were paid later."""
    for seed in range(first, first + 10):
        random = Random(seed)
        asks_nothing = a_plan(id="asks nothing", valid_until=day(6) if seed % 2 else None)
        shop = opened(lambda: MemoryStore("shop"), asks_nothing)
        if seed % 2:
            shop.do(engine.set_plan, evolve(plan(random.choice(tuple(AfterRefund))), valid_from=day(6)))
        for step in range(40):
            go_on(shop, random, step)
        assert_simulated_once(shop)


def come_and_go(new_store: NewStore, seed: int) -> None:
    random = Random(seed)
    shop, number = opened(new_store, plan(random.choice(tuple(AfterRefund)))), 1
    for step in range(40):
        if random.randrange(7):
            go_on(shop, random, step)
        else:
            number += 1
            by = plan(random.choice(tuple(AfterRefund)), plan_version=number)
            shop.do(engine.set_plan, evolve(by, valid_from=day(random.randrange(1, 9))))
            pin = engine.NewPin(PlanId("plan"), number, "another answer", "boss")
            some = Period("some", day(1), day(random.randrange(3, 10)))
            shop.do(partial(engine.recompute, pin=pin), Currency("CNY"), some)
        assert sum(earned(shop).values()) in (0, 1_000)
    shop.assert_sound()
    assert_simulated_once(shop)


def go_on(shop: Shop, random: Random, step: int) -> None:
    """Let an order come, go or have another price, if it can."""
    order, minor = f"o{random.randrange(1 + step // 8)}", random.choice((0, 4_000, 10_000, 15_000))
    at = day(random.randrange(10, 20))
    match random.randrange(3):
        case 0:
            back = {"1": (0, min(minor, 9_999) + 1)}
            shop.refused(engine.refund, a_refund(f"r{step}", order, back, refunded_at=at))
        case 1:
            shop.refused(engine.correct_price, a_price(f"p{step}", {"1": minor}, order, corrected_at=at))
        case _:
            shop.refused(engine.accrue, a_sale(order, "buyer", paid_at=day(random.randrange(3, 9))))


def assert_simulated_once(shop: Shop) -> None:
    for answer in AfterRefund:
        with shop.store.begin() as tx:
            simulated = engine.simulate(tx, evolve(plan(answer), id=PlanId("other")))
        assert simulated.cost.total_minor in (0, 1_000)


def test_orders_from_before_the_plan_count(new_store: NewStore) -> None:
    """They were accrued when nobody asked, and are counted when somebody does."""
    shop = Shop.open(new_store(), None, a_chain("ann", "buyer"))
    shop.do(engine.set_plan, a_plan(valid_from=day(1)))
    shop.do(engine.accrue, a_sale("old", "buyer", paid_at=day(2)))
    shop.do(engine.set_plan, plan(plan_version=2))
    assert bought(shop, "o1") == []
    assert bought(shop, "a1", buyer="ann") == []  # nobody stands above her
    with shop.store.begin() as tx:
        kept = {buyer: each.orders for (buyer, _), each in tx.buyers.all()}
    assert kept == {"ann": 1, "buyer": 2}


def test_what_was_bought_before_decides_who_wins(new_store: NewStore) -> None:
    def percent(name: str, ppm: int, match: object) -> Rule:
        return Rule(RuleId(name), Percent(Rate(ppm)), (1,), match=match)  # type: ignore[arg-type]

    rules = (
        percent("third", 300_000, OrderNumber(3, 4)),
        percent("spent", 200_000, SpentBefore(20_000)),
        percent("later", 50_000, MonthsSinceFirst(1)),
        Rule(RuleId("else"), Percent(Rate(100_000)), (1,)),
    )
    shop = opened(new_store, a_plan(Upline(ComponentId("levels"), rules)))
    days = (2, 3, 4, 5, 34)
    sales = [
        a_sale(f"o{n}", "buyer", paid_at=day(number), lines=[a_line(net_minor=7_000)])
        for n, number in enumerate(days)
    ]
    report = shop.do(engine.accrue_all, sales, at=day(40))
    won = [posting.accruals[0].rule for posting in report.done]
    assert won == ["else", "else", "third", "spent", "spent"]
    again = a_sale("b1", "ann", paid_at=day(2)), a_sale("b2", "ann", paid_at=day(40))
    assert [bool(each.accruals) for each in shop.do(engine.accrue_all, again, at=day(40)).done] == [
        False,
        False,
    ]
    shop.assert_sound()


def test_what_was_before_stays_what_it_was(new_store: NewStore) -> None:
    """A cancellation of the first order changes nothing about the second, which is explained as before."""
    rules = (
        Rule(RuleId("later"), Percent(Rate(50_000)), (1,), match=OrderNumber(2)),
        Rule(RuleId("first"), Percent(Rate(100_000)), (1,)),
    )
    shop = opened(new_store, a_plan(Upline(ComponentId("levels"), rules)))
    shop.do(engine.accrue, a_sale("o1", "buyer"))
    shop.do(engine.accrue, a_sale("o2", "buyer"))
    shop.do(engine.cancel, a_cancellation("o1"))
    posting = shop.do(engine.refund, a_refund("r1", "o2", {"1": (0, 1_000)}))
    assert [(each.rule, each.amount_minor) for each in posting.accruals] == [("later", -50)]
    with shop.store.begin() as tx:
        whys = engine.explain(tx, a_sale("o2").id).explained.whys
    assert [why.rule.id for why in whys] == ["later"]
    shop.assert_sound()


@pytest.mark.measured
def test_sums_that_are_not_those_of_the_sales_are_found(new_store: NewStore) -> None:
    shop = opened(new_store, plan())
    bought(shop, "o1", "o2")
    with shop.store.begin() as tx:
        ((buyer, kept),) = tx.buyers.all()
        tx.buyers.put({buyer: evolve(kept, orders=3, first_sale=SaleId("o2"))})
    with shop.store.begin() as tx:
        problems = engine.verify(tx).problems
    assert [problem.where for problem in problems] == ["buyer buyer, CNY", "buyer buyer, CNY"]
