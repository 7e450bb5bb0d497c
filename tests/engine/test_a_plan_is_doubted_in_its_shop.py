"""What a shop knows of tiers and goods is held against a plan before it is published."""

from attrs import evolve
from tests.builders import Shop, day, line, percent, plan, sale, shop
from tests.periods import TEAMS

from distcore import engine
from distcore.commission import CategoryIs, Plan
from distcore.kernel import Cadence, Instant
from distcore.members import Credit
from distcore.memory import MemoryStore
from distcore.testing.tiers import a_tier_policy

NAMING = plan(percent("5%", 1, tiers=["gold"]), percent("4%", 1, match=CategoryIs("tea")))
LONG_AGO = day(-99)
GOLD = "$.components[0].rules[0].tiers[0]"
TEA = "$.components[0].rules[1].match.category"


def doubted(found: Shop, doubtful: Plan = NAMING) -> list[str]:
    return [each.where for each in found.ask(engine.plan_doubts, doubtful)]


def with_tiers(found: Shop, version: int, names: int, valid_from: Instant = LONG_AGO) -> None:
    """Set a tier policy that has some of the tiers bronze, silver and gold."""
    asked = [Credit(each) for each in range(1, names + 1)]
    found.do(engine.set_tier_policy, a_tier_policy(version, *asked, valid_from=valid_from))


def test_a_shop_that_knows_nothing_is_not_asked() -> None:
    assert doubted(shop()) == []


def test_a_tier_of_no_policy_is_doubtful() -> None:
    found = shop()
    with_tiers(found, 1, 2)
    assert doubted(found) == [GOLD]
    with_tiers(found, 2, 3)
    assert doubted(found) == []


def test_the_tiers_are_those_of_the_time_of_the_plan() -> None:
    found = shop()
    with_tiers(found, 1, 2, valid_from=day(9))
    assert doubted(found, evolve(NAMING, valid_until=day(9))) == [GOLD]
    with_tiers(found, 2, 3, valid_from=day(15))
    assert doubted(found) == doubted(found, evolve(NAMING, valid_until=day(16))) == []
    assert doubted(found, evolve(NAMING, valid_until=day(15))) == [GOLD]
    assert doubted(found, evolve(NAMING, valid_from=day(15))) == []
    with_tiers(found, 3, 1, valid_from=day(14))
    assert doubted(found, evolve(NAMING, valid_from=day(16))) == [GOLD]  # the highest version holds


def test_what_was_never_sold_is_doubtful() -> None:
    found = shop(plan=plan(percent("5%", 1)))
    found.do(engine.accrue, sale(line("1"), id="order 1"))
    assert doubted(found) == []  # nothing that has a category
    found.do(engine.accrue, sale(line("1", category="teapots"), id="order 2"))
    assert doubted(found) == [TEA]
    found.do(engine.accrue, sale(line("1", category="tea/green"), id="order 3"))
    assert doubted(found) == []


def turning(found: Shop, doubtful: Plan) -> list[tuple[str, str]]:
    return [(each.where, each.severity.value) for each in found.ask(engine.turn_doubts, doubtful)]


def test_a_turn_that_is_refused_is_an_error_until_it_is_published() -> None:
    """A shop from before the rule may have one; a shop without a policy has no days."""
    monthly = evolve(plan(percent("5%", 1)), period_components=(TEAMS,))
    weekly = evolve(monthly, plan_version=2, valid_from=day(10), period_cadence=Cadence.WEEKLY)
    found = shop(plan=monthly)
    assert turning(found, weekly) == [("$.valid_from", "error")]
    with found.store.begin() as tx:
        tx.plans.add(weekly, at=day(1))
    assert turning(found, weekly) == []
    with MemoryStore("nobody").begin() as tx:
        tx.plans.add(monthly, at=day(1))
        assert engine.turn_doubts(tx, weekly) == ()


def test_a_part_of_a_period_that_nobody_pays_is_doubtful_also_when_it_is_published() -> None:
    ended = evolve(plan(percent("5%", 1)), period_components=(TEAMS,), valid_until=day(10))
    assert turning(shop(), ended) == turning(shop(plan=ended), ended) == [("$.valid_until", "warning")]
