"""Agents are appointed and dismissed, and paid for the orders of their regions, as of the payment."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    BudgetCut,
    Percent,
    Plan,
    Region,
    RegionSharing,
    Rule,
    Sale,
    SelfPurchase,
    recomputed,
)
from distcore.kernel import ComponentId, InputError, Instant, MemberId, Period, Rate, RuleId, limits
from distcore.memory import MemoryStore
from distcore.referral import Agency, Aspect, State
from distcore.testing.builders import (
    LATER,
    Shop,
    a_chain,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)


def agents_plan(**options: object) -> Plan:
    rules = tuple(
        Rule(RuleId(name), Percent(Rate.parse(rate)), (level,))
        for name, rate, level in (("country", "1%", 1), ("province", "2%", 2), ("city", "3%", 3))
    )
    return a_plan(levels("10%"), Region(ComponentId("agents"), rules, **options))  # type: ignore[arg-type]


def a_shop(plan: Plan | None = None) -> Shop:
    shop = Shop.open(MemoryStore("shop"), plan or agents_plan(), a_chain("ann", "ben", "cai", "dan"))
    for member, region in (("ann", "cn"), ("ben", "cn/zj"), ("cai", "cn/zj"), ("ann", "cn/zj/hz")):
        shop.do(engine.appoint, member, region, valid_from=day(2))
    return shop


def sale(id: str = "order 1", region: str = "cn/zj/hz", buyer: str = "dan") -> Sale:
    return evolve(a_sale(id, buyer), region=region)


def earned(shop: Shop, id: str = "order 1") -> dict[tuple[str, int, str], int]:
    return {(share[1], share[4], share[3]): amount for share, amount in shop.shares(id).items() if amount}


def test_each_region_that_an_order_lies_in_pays_its_agents() -> None:
    shop = a_shop()
    shop.do(engine.accrue, sale())
    assert earned(shop) == {
        ("levels", 1, "cai"): 1_000,
        ("agents", 1, "ann"): 100,
        ("agents", 2, "ben"): 200,
        ("agents", 2, "cai"): 200,
        ("agents", 3, "ann"): 300,
    }
    shop.do(engine.accrue, sale("in the province", "cn/zj"))
    assert ("agents", 3, "ann") not in earned(shop, "in the province")
    shop.do(engine.accrue, sale("elsewhere", "cn/zjx/hz"))
    assert [key for key in earned(shop, "elsewhere") if key[0] == "agents"] == [("agents", 1, "ann")]
    shop.do(engine.accrue, sale("nowhere", ""))
    assert [key for key in earned(shop, "nowhere") if key[0] == "agents"] == []
    shop.assert_sound()


def test_a_customer_who_never_joined_pays_agents_too() -> None:
    shop = a_shop()
    shop.do(engine.accrue, sale(buyer="guest"))
    assert sum(earned(shop).values()) == 800


def test_whoever_is_suspended_leaves_the_share_to_the_others_and_comes_back() -> None:
    shop = a_shop(agents_plan(sharing=RegionSharing.SHARED))
    shop.do(engine.accrue, sale())
    assert earned(shop)["agents", 2, "cai"] == 100
    shop.do(engine.set_state, "ben", State.SUSPENDED, valid_from=day(3))
    shop.do(engine.accrue, sale("order 2"))
    assert earned(shop, "order 2")["agents", 2, "cai"] == 200
    shop.do(engine.set_state, "ben", State.ACTIVE, valid_from=day(4))
    shop.do(engine.accrue, sale("order 3"))
    assert earned(shop, "order 3")["agents", 2, "cai"] == 100
    shop.do(engine.refund, a_refund("r1", "order 2", {"1": (1, 10_000)}))
    assert not earned(shop, "order 2")
    shop.assert_sound()


def test_the_same_person_earns_nothing_as_agent_under_another_id() -> None:
    shop = a_shop()
    for member in ("dan", "ann"):
        shop.do(engine.identify, member, ["the same phone"])
    shop.do(engine.accrue, sale())
    assert {payee for _, _, payee in earned(shop)} == {"ben", "cai"}
    with shop.store.begin() as tx:
        explained = engine.explain(tx, sale().id).explained
    assert [
        (each.member, each.level, each.reason.value, each.forgone_minor) for each in explained.why_nots
    ] == [
        (None, 2, "too_far", 0),
        ("ann", 1, "same_person", 100),
        ("ann", 3, "same_person", 300),
    ]
    assert all(recomputed(each) == each.accrual.amount_minor for each in explained.whys)


def test_who_is_dismissed_earns_no_more_from_then_on() -> None:
    shop = a_shop()
    change = shop.do(engine.dismiss, "cai", "cn/zj", valid_from=day(11))
    assert (change.aspect, change.value, change.valid_from) == (Aspect.DISMISSED, "cn/zj", day(11))
    for number in (10, 11):
        shop.do(engine.accrue, evolve(sale(f"order {number}"), paid_at=day(number)))
    assert [("agents", 2, "cai") in earned(shop, f"order {number}") for number in (10, 11)] == [True, False]


def test_agents_are_listed_by_region_as_of_an_instant() -> None:
    shop = a_shop()
    shop.do(engine.dismiss, "cai", "cn/zj", valid_from=day(5))
    with shop.store.begin() as tx:
        everybody = engine.agents(tx, valid_at=day(4))
        assert everybody == (
            Agency("cn", MemberId("ann"), day(2)),
            Agency("cn/zj", MemberId("ben"), day(2)),
            Agency("cn/zj", MemberId("cai"), day(2)),
            Agency("cn/zj/hz", MemberId("ann"), day(2)),
        )
        assert engine.agents(tx, valid_at=day(5), regions=["cn/zj", "us"]) == (
            Agency("cn/zj", MemberId("ben"), day(2)),
        )
        assert engine.agents(tx, valid_at=day(1)) == ()
        with pytest.raises(InputError, match=r"regions\[1\]: is not a path"):
            engine.agents(tx, valid_at=day(1), regions=["cn", "cn/"])
        for text in ("cn", b"cn", {"cn"}):  # a text would be taken letter by letter
            with pytest.raises(InputError, match=r"^regions: not a list: .* \(a list, also of one\)$"):
                engine.agents(tx, valid_at=day(1), regions=text)  # type: ignore[arg-type]


def test_an_appointment_that_was_recorded_late_is_valid_before_it_is_known() -> None:
    """Nor is anybody known who was recorded late, by whoever told of the appointment as of before."""
    shop, later = a_shop(), LATER + timedelta(days=1)
    shop.do(engine.join, a_member("eve"), at=later)
    shop.do(engine.appoint, "eve", "us", valid_from=day(6), at=LATER)
    shop.do(engine.appoint, "dan", "us", valid_from=day(5), at=later)
    shop.do(engine.dismiss, "cai", "cn/zj", valid_from=day(5), at=later)

    def listed(known_at: Instant | None, valid_on: int = 6) -> list[str]:
        with shop.store.begin() as tx:
            found = engine.agents(tx, valid_at=day(valid_on), known_at=known_at, regions=["cn/zj", "us"])
        return [each.member for each in found]

    assert listed(None) == listed(later) == ["ben", "dan", "eve"]
    assert listed(None, 5) == ["ben", "dan"]
    assert listed(LATER) == listed(later - timedelta(microseconds=1)) == ["ben", "cai"]
    assert listed(day(3)) == []
    with pytest.raises(InputError, match=r"^known_at: "):
        listed(datetime(2017, 1, 1))


@pytest.mark.parametrize(
    "region", ["", "/cn", "cn/", "cn//zj", "cn\n", "x" * (limits.REGION_LENGTH_MAX + 1), 7]
)
@pytest.mark.parametrize("verb", [engine.appoint, engine.dismiss])
def test_a_region_is_a_path_of_some_length(verb: object, region: object) -> None:
    with pytest.raises(InputError, match=r"^region: "):
        a_shop().do(verb, "ann", region)  # type: ignore[arg-type]


def test_the_longest_region_has_agents_and_a_longer_one_lies_in_it() -> None:
    shop, longest = a_shop(), "cn/" + "x" * (limits.REGION_LENGTH_MAX - 3)
    shop.do(engine.appoint, "cai", longest, valid_from=day(2))
    shop.do(engine.accrue, sale(region=f"{longest}/y"))
    assert earned(shop)["agents", 2, "cai"] == 200


def test_a_verb_is_done_once() -> None:
    shop = a_shop()
    with shop.store.begin() as tx:
        who = {"at": LATER, "actor": "tester", "key": "once"}
        first = engine.appoint(tx, "dan", "us", **who)  # type: ignore[arg-type]
        assert engine.appoint(tx, "dan", "us", **who) == first  # type: ignore[arg-type]
        assert len(engine.agents(tx, valid_at=LATER, regions=["us"])) == 1


def test_what_a_cart_pays_names_the_agents_of_now() -> None:
    shop = a_shop()
    with shop.store.begin() as tx:
        told = engine.expect(tx, agents_plan(), sale()).explained
    assert {why.accrual.payee for why in told.whys} == {"ann", "ben", "cai"}
    assert len(told.whys) == 5


def test_a_plan_with_agents_is_simulated_over_many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agents of other regions are loaded when they are met."""
    monkeypatch.setitem(engine.simulate.__globals__, "BATCH", 2)
    shop = a_shop()
    regions = ("cn/zj/hz", "cn/zj", "cn", "us", "cn/zj/hz", "")
    for number, region in enumerate(regions):
        shop.do(engine.accrue, sale(f"order {number}", region))
    with shop.store.begin() as tx:
        found = engine.simulate(tx, agents_plan(), against=engine.Baseline.POSTED)
        fresh = engine.simulate(tx, agents_plan(sharing=RegionSharing.SHARED))
    assert found.baseline == found.cost
    assert found.cost.by(engine.Aspect.COMPONENT) == {"agents": 2_200, "levels": 6_000}
    assert fresh.cost.by(engine.Aspect.COMPONENT) == {"agents": 1_600, "levels": 6_000}


def test_an_agent_is_told_why_a_month_brought_nothing() -> None:
    """So is a buyer whom the plan may pay."""
    own = SelfPurchase(ComponentId("own"), (Rule(RuleId("none"), Percent(Rate(0))),))
    by = agents_plan()
    by = evolve(by, components=(*by.components, own), budget=Rate.parse("10%"))
    shop = a_shop(evolve(by, budget_cut=BudgetCut.FROM_THE_TOP))
    shop.do(engine.accrue, sale())

    def missed(payee: str) -> list[tuple[str | None, str, int, int]]:
        with shop.store.begin() as tx:
            told = engine.explain_member(tx, MemberId(payee), Period("2017-01", day(1), day(32)))
        return [(each.component, each.reason.value, each.sales, each.forgone_minor) for each in told.missed]

    assert missed("ben")[0] == ("agents", "shrunk_to_zero", 1, 200)
    assert missed("dan") == [("own", "rule_pays_zero", 1, 0)]
