"""What a shop knows of tiers and goods is held against a plan before it is published."""

from attrs import evolve
from tests.builders import Shop, day, line, percent, plan, sale, shop
from tests.periods import TEAMS

from distcore import engine
from distcore.commission import CategoryIs, Coupons, FirstOrder, FixedPerOrder, Plan, Points, Rule
from distcore.coupons import TemplateId
from distcore.kernel import ComponentId, Instant, RuleId
from distcore.members import Credit
from distcore.memory import MemoryStore
from distcore.testing.coupons import a_template
from distcore.testing.tiers import a_tier_policy

NAMING = plan(percent("5%", 1, tiers=["gold"]), percent("4%", 1, match=CategoryIs("tea")))
LONG_AGO = day(-99)
GOLD = "$.components[0].rules[0].tiers[0]"
COUPONS = Coupons("thanks", 2)
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


def test_coupons_of_a_template_that_the_shop_has_not_are_doubtful() -> None:
    thanks = Rule(RuleId("thanks"), FixedPerOrder(0))
    given = [
        FirstOrder(ComponentId(f"f{n}"), (thanks,), gift=gift)
        for n, gift in enumerate((None, COUPONS, COUPONS, Points(5)))
    ]
    found, giving = shop(), evolve(NAMING, components=tuple(given))
    (doubt,) = found.ask(engine.plan_doubts, giving)
    assert str(doubt) == (
        "$.components[1].gift.template: the shop has no coupon template 'thanks' "
        "(look at its spelling, or set it before it is due)"
    )
    with found.store.begin() as tx:
        tx.coupon_templates.put(a_template(id=TemplateId("thanks")), 1, at=day(1))
    assert doubted(found, giving) == []


def turning(found: Shop, doubtful: Plan) -> list[tuple[str, str]]:
    return [(each.where, each.severity.value) for each in found.ask(engine.turn_doubts, doubtful)]


def test_a_shop_without_a_policy_has_no_days() -> None:
    ended = evolve(plan(percent("5%", 1)), period_components=(TEAMS,), valid_until=day(10))
    with MemoryStore("nobody").begin() as tx:
        assert engine.turn_doubts(tx, ended) == ()


def test_a_part_of_a_period_that_nobody_pays_is_doubtful_also_when_it_is_published() -> None:
    ended = evolve(plan(percent("5%", 1)), period_components=(TEAMS,), valid_until=day(10))
    assert turning(shop(), ended) == turning(shop(plan=ended), ended) == [("$.valid_until", "warning")]
