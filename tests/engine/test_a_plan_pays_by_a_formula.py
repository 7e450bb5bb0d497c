"""Formulas are passed to the verbs: without one that a plan names nothing is begun, with it all holds."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Custom,
    CustomCase,
    FirstOrder,
    FixedPerOrder,
    Formulas,
    GroupBy,
    Plan,
    Points,
    Rule,
    Sale,
    by_version,
    recomputed,
)
from distcore.engine.explain import explain_after
from distcore.kernel import (
    ComponentId,
    Currency,
    InputError,
    MemberId,
    Period,
    PlanId,
    RefusedError,
    RuleId,
)
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    ALWAYS,
    Shop,
    a_cancellation,
    a_chain,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    levels,
)

BY_FORMULA = Custom(ComponentId("loyalty"), "loyalty", 1, levels=2)
PLAN = a_plan(levels("10%"), BY_FORMULA)


def a_percent(case: CustomCase) -> list[list[int]]:
    return [[line.net_minor // 100 for line in case.lines] for _ in case.claims]


def breaks(_: CustomCase) -> list[list[int]]:
    raise ZeroDivisionError


EVER = Period("ever", *ALWAYS)
KNOWN: Formulas = {("loyalty", 1): a_percent}


def a_shop() -> Shop:
    shop = Shop.open(MemoryStore("shop"), a_plan(levels("10%")), a_chain("ann", "ben", "cai", "dan"))
    shop.do(engine.set_plan, evolve(PLAN, plan_version=2), formulas=KNOWN)
    return shop


def sold(shop: Shop, id: str = "order 1") -> Sale:
    sale = a_sale(id, "dan")
    shop.do(engine.accrue, sale, formulas=KNOWN)
    return sale


def earned(shop: Shop, id: str = "order 1") -> dict[tuple[str, str], int]:
    return {(share[1], share[3]): amount for share, amount in shop.shares(id).items() if amount}


def test_it_pays_and_takes_back() -> None:
    shop = a_shop()
    sold(shop)
    everybody = {
        ("levels", "cai"): 1_000,
        ("loyalty", "dan"): 100,
        ("loyalty", "cai"): 100,
        ("loyalty", "ben"): 100,
    }
    assert earned(shop) == everybody
    shop.do(engine.refund, a_refund("r1", lines={"1": (0, 5_000)}), formulas=KNOWN)
    assert earned(shop) == {key: amount // 2 for key, amount in everybody.items()}
    shop.do(engine.cancel, a_cancellation(), formulas=KNOWN)
    assert earned(shop) == {}
    with shop.store.begin() as tx:
        assert engine.verify(tx, formulas=KNOWN).sound
        assert engine.verify(tx).sound


def test_batches_take_it_too() -> None:
    shop = a_shop()
    orders = [a_sale(f"order {n}", "dan") for n in range(3)]
    assert len(shop.do(engine.accrue_all, orders, formulas=KNOWN).done) == 3
    refunds = [a_refund(f"r{n}", f"order {n}", {"1": (0, 5_000)}) for n in range(2)]
    assert len(shop.do(engine.refund_all, refunds, formulas=KNOWN).done) == 2
    ended = [a_cancellation(f"order {n}") for n in range(3)]
    assert len(shop.do(engine.cancel_all, ended, formulas=KNOWN).done) == 3
    assert not any(earned(shop, order.id) for order in orders)


@pytest.mark.parametrize(
    ("verb", "what"),
    [
        (engine.set_plan, evolve(PLAN, plan_version=3)),
        (engine.accrue, a_sale("order 2", "dan")),
        (engine.refund, a_refund("r1", lines={"1": (0, 1)})),
        (engine.cancel, a_cancellation()),
    ],
)
def test_without_it_nothing_is_begun(verb: Callable[..., object], what: object) -> None:
    shop = a_shop()
    sold(shop)
    before = shop.dump()
    assert shop.refused(verb, what) == "formula_unknown"
    assert shop.refused(verb, what, formulas={("loyalty", 2): a_percent}) == "formula_unknown"
    assert shop.dump() == before
    shop.do(verb, what, formulas=KNOWN)


@pytest.mark.parametrize(
    "ask",
    [
        lambda tx, **known: engine.explain(tx, a_sale().id, **known),
        lambda tx, **known: engine.explain_member(tx, MemberId("ben"), EVER, **known),
        lambda tx, **known: engine.expect(tx, PLAN, a_sale("new", "dan"), **known),
        lambda tx, **known: engine.simulate(tx, PLAN, **known),
        lambda tx, **known: engine.simulate(tx, a_plan(levels("1%")), against=PLAN, **known),
        lambda _, **known: engine.estimate(PLAN, a_sale(), **known),
    ],
    ids=["explain", "explain member", "expect", "simulate", "simulate against", "estimate"],
)
def test_without_it_no_question_is_answered(ask: Callable[..., object]) -> None:
    shop = a_shop()
    sold(shop)
    with shop.store.begin() as tx:
        with pytest.raises(RefusedError, match="formula_unknown"):
            ask(tx)
        ask(tx, formulas=KNOWN)


def test_without_it_nothing_is_said_of_an_order_of_another_period() -> None:
    """What was posted in a period may be of an order that was paid before: it is explained as well."""
    shop = a_shop()
    sale = sold(shop)
    with shop.store.begin() as tx:
        record = tx.sales.find([sale.id])[sale.id]
        posted = Period("posted", record.postings[0].posted_at, ALWAYS[1])
        ask = partial(engine.explain_member, tx, MemberId("ben"), posted, by=GroupBy.POSTED)
        assert posted.start > sale.paid_at
        with pytest.raises(RefusedError, match="formula_unknown"):
            ask()
        assert {id for id, _ in ask(formulas=KNOWN).whys} == {sale.id}
        plans = by_version(tx.plans.all())
        assert list(explain_after(tx, [(record, 0)], plans, {})) == [None]


def test_what_is_recomputed_without_it_is_refused_sale_by_sale() -> None:
    shop = a_shop()
    sold(shop)
    report = shop.do(engine.recompute, "CNY", EVER).report
    assert [(each.item, each.refusal.code) for each in report.refused] == [("order 1", "formula_unknown")]
    assert shop.do(engine.recompute, "CNY", EVER, key="again", formulas=KNOWN).report.refused == ()


def test_a_batch_refuses_the_sale_and_goes_on() -> None:
    """Of another currency, whose plan needs none."""
    policy = a_policy(currencies=("CNY", "JPY"))
    shop = Shop.open(MemoryStore("shop"), a_plan(levels("10%")), a_chain("ann", "ben"), policy=policy)
    other = evolve(PLAN, currency=Currency("JPY"), id=PlanId("yen"))
    shop.do(engine.set_plan, other, formulas=KNOWN)
    sales = [a_sale("1", "ben"), a_sale("2", "ben", currency="JPY")]
    report = shop.do(engine.accrue_all, sales)
    assert [posting.sale for posting in report.done] == ["1"]
    assert [(each.item, each.refusal.code) for each in report.refused] == [("2", "formula_unknown")]


@pytest.mark.parametrize(
    "answer", [lambda _: [], lambda case: [[-1] * len(case.lines)] * len(case.claims), breaks]
)
def test_nonsense_stops_everything_by_its_name(answer: Callable[[CustomCase], Any]) -> None:
    shop = a_shop()
    sold(shop)
    before = shop.dump()
    nonsense: Formulas = {("loyalty", 1): answer}
    for verb, what in (
        (engine.accrue, a_sale("order 2", "dan")),
        (engine.accrue_all, [a_sale("order 2", "dan")]),
        (engine.refund, a_refund("r1", lines={"1": (0, 1)})),
    ):
        with pytest.raises(InputError, match="formula loyalty version 1: "):
            shop.do(verb, what, formulas=nonsense)
        assert shop.dump() == before


def test_verify_finds_a_formula_that_answers_otherwise_than_it_did() -> None:
    shop = a_shop()
    sold(shop)
    with shop.store.begin() as tx:
        other = engine.verify(tx, formulas={("loyalty", 1): lambda case: [[1]] * len(case.claims)})
        broken = engine.verify(tx, formulas={("loyalty", 1): breaks})
    assert any("has 1.00 CNY posted, the plan gives 0.01" in str(each) for each in other.problems)
    (problem,) = broken.problems
    assert str(problem).startswith("sale order 1, formula loyalty version 1: raised ZeroDivisionError")


def test_verify_says_what_it_could_not_compare() -> None:
    shop = a_shop()
    sold(shop)
    sold(shop, "order 2")
    with shop.store.begin() as tx:
        assert engine.verify(tx, formulas=KNOWN).uncompared == 0
        found = engine.verify(tx)
    assert (found.sound, found.uncompared, found.formulas_missing) == (True, 2, ("loyalty version 1",))


WELCOME = FirstOrder(ComponentId("welcome"), (Rule(RuleId("thanks"), FixedPerOrder(0)),), gift=Points(5))


def welcoming() -> Shop:
    """Return a shop that pays by a formula, and gives points for a first order."""
    shop = a_shop()
    by = evolve(PLAN, components=(*PLAN.components, WELCOME), plan_version=3)
    shop.do(engine.set_plan, by, formulas=KNOWN)
    return shop


@pytest.mark.parametrize("formulas", [KNOWN, {}], ids=["given", "not given"])
@pytest.mark.parametrize("wrong", [0, 1])
def test_verify_compares_gifts_whatever_a_formula_pays(formulas: Formulas, wrong: int) -> None:
    """No points are given, or none are taken back."""
    shop = welcoming()
    sold(shop)
    shop.do(engine.cancel, a_cancellation(), formulas=KNOWN)
    record = shop.record("order 1")
    with shop.store.begin() as tx:
        assert engine.verify(tx, formulas=formulas).sound
    postings = list(record.postings)
    postings[wrong] = evolve(postings[wrong], gifts=())
    damaged = welcoming()
    with damaged.store.begin() as tx:
        tx.sales.book([(record.booking, postings[0])], [])
        tx.sales.correct([(record.corrections[0], postings[1])])
        problems = [str(each) for each in engine.verify(tx, formulas=formulas).problems]
    cause = postings[wrong].cause
    assert f"sale order 1, {cause}: its gifts are not those that the plan gives" in problems


def test_it_is_explained_expected_and_simulated() -> None:
    shop = a_shop()
    sold(shop)
    with shop.store.begin() as tx:
        told = engine.explain(tx, a_sale().id, formulas=KNOWN).explained
        expected = engine.expect(tx, PLAN, a_sale("new", "dan"), formulas=KNOWN).explained
        found = engine.simulate(tx, PLAN, against=engine.Baseline.POSTED, formulas=KNOWN)
    assert all(recomputed(each, KNOWN) == each.accrual.amount_minor for each in told.whys)
    assert [each.accrual.amount_minor for each in expected.whys] == [
        each.accrual.amount_minor for each in told.whys
    ]
    assert found.cost == found.baseline
    assert found.cost.by(engine.Aspect.COMPONENT) == {"levels": 1_000, "loyalty": 300}
    assert found.cost.by(engine.Aspect.LEVEL) == {0: 100, 1: 1_100, 2: 100}


def test_a_replay_gives_the_first_answer_without_the_formula() -> None:
    """What was done is looked up, not calculated."""
    shop = a_shop()
    first = shop.do(engine.accrue, a_sale(buyer="dan"), formulas=KNOWN, key="once")
    assert shop.do(engine.accrue, a_sale(buyer="dan"), key="once") == first


def test_levels_are_loaded_as_far_as_it_is_told() -> None:
    deep: Plan = evolve(PLAN, components=(evolve(BY_FORMULA, levels=40),))
    shop = Shop.open(MemoryStore("shop"), a_plan(levels("1%")), a_chain(*(f"m{n:02}" for n in range(45))))
    shop.do(engine.set_plan, evolve(deep, plan_version=2), formulas=KNOWN)
    shop.do(engine.accrue, a_sale(buyer="m44"), formulas=KNOWN)
    assert len(earned(shop)) == 41
