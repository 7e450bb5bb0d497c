"""T2: a later move, tier, state, plan or member never alters accruals of earlier sales.

Also where it holds from before the sale: what was not known when the sale was first accrued is not known to
it, ever.  Two shops are told the same sales and refunds; one of them is told other things in between.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere
from tests.laws.selling import CHAIN, ORDERS, of_any_plan

from distcore import engine
from distcore.commission import (
    Booking,
    Percent,
    PeriodFact,
    PeriodPosting,
    Posting,
    Region,
    RegionSharing,
    Rule,
    Unqualified,
)
from distcore.kernel import Cadence, ComponentId, MemberId, Rate, RuleId
from distcore.members import Credit
from distcore.ports import Store
from distcore.referral import Newcomer, State
from distcore.testing.builders import (
    Shop,
    a_cancellation,
    a_chain,
    a_member,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.canaries import swapped
from distcore.testing.tiers import a_tier_policy
from distcore.testing.worlds import FORMULAS, REGIONS, TIERS, random_plan


def change_everything(shop: Shop, random: Random) -> None:
    """Move, promote, suspend, appoint, evaluate, publish and join, from before the sales on."""
    for _ in range(8):
        member, other = random.sample([*CHAIN, "zoe"], 2)
        since = day(random.randint(1, 12))
        shop.refused(engine.move, member, random.choice((None, other)), valid_from=since)
        shop.refused(engine.set_tier, random.choice(CHAIN), random.choice(TIERS), valid_from=since)
        shop.refused(engine.set_state, random.choice(CHAIN), random.choice(list(State)), valid_from=since)
        verb = random.choice((engine.appoint, engine.dismiss))
        shop.refused(verb, member, random.choice(REGIONS[1:]), valid_from=since)
    tiers = a_tier_policy(1, Credit(1), Credit(2), Credit(3), rhythm=Cadence.DAILY)
    shop.do(engine.set_tier_policy, tiers)
    scores = {MemberId(each): random.randint(0, 3) for each in CHAIN}
    shop.do(engine.evaluate_tiers, "2017-01-05", credits=scores)
    shop.refused(engine.join, Newcomer(MemberId("guest"), day(1), MemberId("ann")), at=day(400))
    while shop.refused(engine.set_plan, evolve(random_plan(random), plan_version=2, valid_from=day(1))):
        pass  # it has a cap that counts otherwise than that of the first version
    shop.do(engine.set_policy, a_policy("America/New_York", ("CNY", "JPY")))


def refund_and_end(shop: Shop) -> list[Posting]:
    refunds = [a_refund(f"r {order}", order, {"2": (1, 4_115)}) for order in ORDERS]
    return [
        *(shop.do(engine.refund, refund, formulas=FORMULAS) for refund in refunds),
        shop.do(engine.cancel, a_cancellation(ORDERS[0]), formulas=FORMULAS),
    ]


def january(shop: Shop) -> tuple[str, list[tuple[PeriodPosting, list[PeriodFact]]]]:
    """Accrue January, if the plan pays by the period, and return all that was posted of it so far."""
    code = shop.refused(engine.accrue_period, "CNY", "2017-01")
    with shop.store.begin() as tx:
        runs = tx.period_runs
        return code, [
            (posting, list(runs.facts(run.number, posting.number)))
            for run in runs.all()
            for posting in runs.postings(run.number)
        ]


def assert_unaltered(new_store: Callable[[], Store], seed: int) -> None:
    quiet, told = (of_any_plan(new_store(), Random(seed)) for _ in range(2))
    before = [told.shares(order) for order in ORDERS]
    whys = [explained(told, order) for order in ORDERS]
    posted = january(told)
    assert january(quiet) == posted
    change_everything(told, Random(~seed))
    assert [told.shares(order) for order in ORDERS] == before
    assert [explained(told, order) for order in ORDERS] == whys
    assert january(told) == posted
    told.assert_sound(formulas=FORMULAS)
    assert refund_and_end(told) == refund_and_end(quiet)
    assert january(told) == january(quiet)
    told.assert_sound(formulas=FORMULAS)


def explained(shop: Shop, order: str) -> object:
    with shop.store.begin() as tx:
        return engine.explain(tx, a_sale(order).id, formulas=FORMULAS).explained


@settings(max_examples=max(1, settings().max_examples // 4))
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_recorded_later_alters_nothing(new_store: Callable[[], Store], seed: int) -> None:
    assert_unaltered(new_store, seed)


def latest_of_sale(
    real: Callable[..., object], seats: object, booking: Booking, corrections: object
) -> object:
    return real(seats, evolve(booking, tree_revision=10**9), corrections)


def latest_of_period(real: Callable[..., object], tx: object, period: object, **known: object) -> object:
    return real(tx, period, **{**known, "revision": 10**9})


@pytest.mark.parametrize(
    ("target", "latest"),
    [
        ("distcore.engine.lineage:lineage_of", latest_of_sale),
        ("distcore.engine.period_facts:members_of_period", latest_of_period),
    ],
)
def test_this_law_can_fail(new_store: Callable[[], Store], target: str, latest: Any) -> None:
    with swapped(target, latest):
        assert_fails_somewhere(lambda random: assert_unaltered(new_store, random.getrandbits(32)), 20)


def test_a_sale_that_is_recorded_later_knows_what_is_known_then(new_store: Callable[[], Store]) -> None:
    """The same order, told before and after a backdated move, pays by what was known."""
    shop = Shop.open(new_store(), None, [*a_chain("ann", "ben"), a_member("zoe")])
    early = shop.do(engine.accrue, a_sale("early", "ben"))
    shop.do(engine.move, "ben", "zoe", valid_from=day(2))
    late = shop.do(engine.accrue, a_sale("late", "ben"))
    assert [[fact.payee for fact in posting.accruals] for posting in (early, late)] == [["ann"], ["zoe"]]
    back = [shop.do(engine.cancel, a_cancellation(order)) for order in ("early", "late")]
    assert [[fact.payee for fact in posting.accruals] for posting in back] == [["ann"], ["zoe"]]


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: shop.do(engine.set_tier, "ann", "", valid_from=day(1)),
        lambda shop: shop.do(engine.set_state, "ann", State.TERMINATED, valid_from=day(1)),
        lambda shop: shop.do(engine.move, "ben", None, valid_from=day(1)),
        lambda shop: shop.do(engine.set_plan, a_plan(levels("1%"), plan_version=2)),
    ],
    ids=["tier", "state", "sponsor", "plan"],
)
def test_a_refund_takes_back_what_was_given(
    new_store: Callable[[], Store], change: Callable[[Shop], object]
) -> None:
    """Each kind of change alone, from before the sale on: what goes back is what had been paid."""
    plan = a_plan(levels("10%", qualified_tiers=("gold",), unqualified=Unqualified.LOST))
    shop = Shop.open(new_store(), plan, [a_member("ann", tier="gold"), a_member("ben", "ann")])
    shop.do(engine.accrue, a_sale(buyer="ben"))
    change(shop)
    posting = shop.do(engine.refund, a_refund("r1", lines={"1": (1, 10_000)}))
    assert [(fact.payee, fact.amount_minor) for fact in posting.accruals] == [("ann", -1_000)]
    later = shop.do(engine.accrue, a_sale("later", "ben"))
    assert [(fact.payee, fact.amount_minor) for fact in later.accruals] != [("ann", 1_000)]


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: shop.do(engine.dismiss, "ann", "cn", valid_from=day(1)),
        lambda shop: shop.do(engine.appoint, "ben", "cn", valid_from=day(1)),
        lambda shop: shop.do(engine.set_state, "ann", State.SUSPENDED, valid_from=day(1)),
    ],
    ids=["dismissed", "appointed", "suspended"],
)
def test_an_agent_of_then_stays_the_agent_of_the_sale(
    new_store: Callable[[], Store], change: Callable[[Shop], object]
) -> None:
    """Also if the change holds from before the sale; the next sale knows of it."""
    rule = Rule(RuleId("agents"), Percent(Rate.parse("10%")), (1,))
    region = Region(ComponentId("agents"), (rule,), RegionSharing.SHARED)
    shop = Shop.open(new_store(), a_plan(region), a_chain("ann", "ben", "cai"))
    shop.do(engine.appoint, "ann", "cn", valid_from=day(1))
    shop.do(engine.accrue, evolve(a_sale(buyer="cai"), region="cn/zj"))
    change(shop)
    posting = shop.do(engine.refund, a_refund("r1", lines={"1": (1, 10_000)}))
    assert [(fact.payee, fact.amount_minor) for fact in posting.accruals] == [("ann", -1_000)]
    later = shop.do(engine.accrue, evolve(a_sale("later", "cai"), region="cn/zj"))
    assert [(fact.payee, fact.amount_minor) for fact in later.accruals] != [("ann", 1_000)]
    shop.assert_sound()
