"""All that is wrong with a plan is told, and nothing else: as a naive second implementation finds it."""

from collections import Counter
from random import Random

import pytest
from attrs import evolve
from tests.periods import TEAMS

from distcore import engine
from distcore.commission import Cap, Per, Plan
from distcore.kernel import Cadence, CapId, Currency, PlanId
from distcore.memory import MemoryStore
from distcore.testing.auditor import Auditor
from distcore.testing.builders import Shop, a_plan, a_policy, day
from distcore.testing.worlds import FORMULAS

POLICY = a_policy(currencies=("CNY", "JPY"))

CADENCES = (Cadence.WEEKLY, Cadence.HALF_MONTHLY, Cadence.MONTHLY)


def random_version(random: Random) -> Plan:
    """Draw a plan that is likely to be in the way of others like it."""
    since = random.choice((0, 5, 8, 15, 31))  # days after which weeks, halves of a month and months begin
    until = random.choice((None, None, since + 4, since + 16, 31, 59))
    cap = Cap(CapId("top"), 5, random.choice(tuple(Per)), random.choice((None, Cadence.MONTHLY)))
    return evolve(
        a_plan(),
        id=PlanId(random.choice(("p1", "p1", "p2"))),
        plan_version=random.randint(1, 6),
        currency=Currency(random.choice(("CNY", "CNY", "CNY", "JPY", "USD"))),
        valid_from=day(since, 16),
        valid_until=None if until is None or until <= since else day(until, 16),
        period_components=random.choice(((), (TEAMS,), (TEAMS,))),
        period_cadence=random.choice(CADENCES),
        caps=(cap,) if random.random() < 0.3 else (),
    )


def told(shop: Shop, plan: Plan) -> set[str]:
    with shop.store.begin() as tx:
        found = engine.plan_objections(tx, plan, formulas=FORMULAS)
    return {"malformed" if each.refusal is None else each.refusal.code for each in found}


def grown(seed: int) -> list[frozenset[str]]:
    """Offer plans to a shop, and return what was wrong with each."""
    random, auditor, shop = Random(seed), Auditor(POLICY, FORMULAS), Shop(MemoryStore("mall"))
    shop.do(engine.set_policy, POLICY)
    wrong = []
    for _ in range(25):
        plan = random_version(random)
        found = told(shop, plan)
        assert found == auditor.set_plan(plan), plan
        if not found:
            shop.do(engine.set_plan, plan)
        wrong.append(frozenset(found))
    return wrong


@pytest.mark.parametrize("part", range(8))
def test_all_that_is_wrong_is_told_and_nothing_else(part: int) -> None:
    wrong = Counter(each for seed in range(25) for each in grown(100 * part + seed))
    assert sum(count for each, count in wrong.items() if len(each) > 1) > 100
    assert set().union(*wrong) == {
        "currency_not_of_shop",
        "plan_exists",
        "cap_differs",
        "plans_overlap",
        "malformed",
    }
