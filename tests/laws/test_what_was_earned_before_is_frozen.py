"""What an earner had earned before a sale is what earlier sales paid as they were sold, and stays that."""

from collections.abc import Sequence
from random import Random

import pytest
from attrs import evolve
from tests.laws.buying import NewStore, accrued, opened, paid

from distcore import engine
from distcore.commission import (
    EARNED,
    AllOf,
    Cap,
    Custom,
    Differential,
    EarnedBefore,
    FirstOrder,
    FixedPerOrder,
    Language,
    Match,
    Not,
    PaidBefore,
    Percent,
    Plan,
    Points,
    Posting,
    PromoterShare,
    Rule,
    Sale,
    Upline,
    earned_key,
    sums_of,
    tell,
)
from distcore.engine import Baseline
from distcore.kernel import CapId, ComponentId, Currency, MemberId, PlanId, Rate, RuleId, SaleId, limits
from distcore.testing.auditor import Auditor
from distcore.testing.builders import (
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
from distcore.testing.machine import EngineMachine
from distcore.testing.walks import walked
from distcore.testing.worlds import CHANNELS, REGIONS, random_lines, random_match, random_plan

WORLDS = range(12)


def percent(name: str, percents: int, match: Match | None = None, level: int = 1) -> Rule:
    return Rule(RuleId(name), Percent(Rate(percents * 10_000)), (level,), match=match)


FROM_1000 = Upline(
    ComponentId("levels"),
    (
        percent("until 1,000.00", 5, EarnedBefore(0, 100_000)),
        percent("from 1,000.00", 8, EarnedBefore(100_000)),
        percent("above", 1, level=2),
    ),
)


def bought(id: str, net_minor: int = 1_000_000, buyer: str = "buyer", **options: object) -> Sale:
    return a_sale(id, buyer, lines=[a_line(net_minor=net_minor)], **options)  # type: ignore[arg-type]


def test_five_percent_until_1000_was_earned_and_eight_from_then_on(new_store: NewStore) -> None:
    """Orders of 10,000.00: 500.00 twice makes 1,000.00, so the third is paid 800.00; Ann has 1 % above."""
    shop = opened(new_store, a_plan(FROM_1000))
    found = accrued(shop, *(bought(f"o{number}") for number in range(4)))
    assert [each["ben"] for each in found] == [50_000, 50_000, 80_000, 80_000]
    assert [each["ann"] for each in found] == [10_000] * 4


def test_a_sale_that_crosses_the_edge_is_paid_by_the_bracket_in_which_it_began(new_store: NewStore) -> None:
    shop = opened(new_store, a_plan(FROM_1000))
    one_short = [bought("o1", 1_999_980), bought("o2", 9_000_000), bought("o3", 100)]
    assert [each["ben"] for each in accrued(shop, *one_short)] == [99_999, 450_000, 8]


def test_what_every_component_pays_counts_and_each_earner_for_the_own(new_store: NewStore) -> None:
    """Ben has 500.00 of the order and 500.00 for promoting it; Ann, level 1 of Ben, begins with 5 %."""
    links = PromoterShare(
        ComponentId("links"), (Rule(RuleId("link"), Percent(Rate(50_000)), match=EarnedBefore(0, 1)),)
    )
    shop = opened(new_store, a_plan(FROM_1000, links))
    sales = [bought("o1", promoter="ben"), bought("o2", promoter="ben"), bought("o3", buyer="ben")]
    assert accrued(shop, *sales) == [
        {"ben": 100_000, "ann": 10_000},
        {"ben": 80_000, "ann": 10_000},
        {"ann": 50_000},
    ]


def test_a_refund_changes_nothing_about_who_wins(new_store: NewStore) -> None:
    """All of the first order goes back: the third is paid 8 % still, and what is left of it as well."""
    shop = opened(new_store, a_plan(FROM_1000))
    accrued(shop, bought("o1"), bought("o2"))
    shop.do(engine.cancel, a_cancellation("o1"), at=day(40))
    assert [each["ben"] for each in accrued(shop, bought("o3"))] == [80_000]
    half = shop.do(engine.refund, a_refund("r3", "o3", {"1": (0, 500_000)}), at=day(40))
    assert paid(half) == {"ben": -40_000, "ann": -5_000}
    early = shop.do(engine.refund, a_refund("r2", "o2", {"1": (0, 500_000)}), at=day(40))
    assert paid(early) == {"ben": -25_000, "ann": -5_000}
    shop.assert_sound()


def test_what_is_accrued_late_changes_nothing_about_others(new_store: NewStore) -> None:
    """The order of accruing decides, not that of payment."""
    shop = opened(new_store, a_plan(FROM_1000))
    days = [bought("o3", paid_at=day(20)), bought("o2", paid_at=day(19)), bought("o1", paid_at=day(18))]
    assert [each["ben"] for each in accrued(shop, *days)] == [50_000, 50_000, 80_000]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_batches_of_any_size_pay_the_same(new_store: NewStore, size: int) -> None:
    shop = opened(new_store, a_plan(FROM_1000))
    sales = [bought(f"o{number}", 700_000) for number in range(7)]
    postings: list[Posting] = []
    for start in range(0, 7, size):
        postings += shop.do(engine.accrue_all, sales[start : start + size], at=day(40)).done
    assert [paid(each)["ben"] for each in postings] == [35_000] * 3 + [56_000] * 4
    shop.assert_sound()


def test_a_refused_sale_counts_nothing(new_store: NewStore) -> None:
    shop = opened(new_store, a_plan(FROM_1000))
    sales = [bought("o1", 2_000_000, promoter="nobody"), bought("o2", 2_000_000), bought("o3")]
    report = shop.do(engine.accrue_all, sales, at=day(40))
    assert [each.refusal.code for each in report.refused] == ["promoter_unknown"]
    assert [paid(each)["ben"] for each in report.done] == [100_000, 80_000]


def counting(new_store: NewStore, earned_minor: int) -> Shop:
    """Return a shop whose plan has paid ben so much already, as far as it is kept."""
    shop = opened(new_store, a_plan(FROM_1000))
    key = earned_key(PlanId("plan"), MemberId("ben"), Currency("CNY"))
    with shop.store.begin() as tx:
        tx.tallies.of([key], for_change=True)
        tx.tallies.put({key: earned_minor})
    return shop


def test_nobody_earns_more_than_a_store_holds(new_store: NewStore) -> None:
    """Of 100.00 ben has 8.00: the first order fills it up, and what pays ben a cent more is refused."""
    shop = counting(new_store, limits.TOTAL_MINOR_MAX - 800)
    before = shop.dump()
    assert shop.refused(engine.accrue, bought("o1", 10_013), at=day(40)) == "earned_too_large"
    assert shop.dump() == before
    sales = [bought("o2", 10_000), bought("o3", 10_000), bought("o4", 6), bought("o5", 10_000, buyer="ben")]
    report = shop.do(engine.accrue_all, sales, at=day(40))
    assert [each.sale for each in report.done] == ["o2", "o4", "o5"], "0.06 pay nothing, and o5 pays others"
    assert [(each.item, each.refusal.code) for each in report.refused] == [("o3", "earned_too_large")]
    with shop.store.begin() as tx:
        counted = {key[2]: minor for key, minor in tx.tallies.all()}
    assert counted == {"ben": limits.TOTAL_MINOR_MAX, "ann": 600}


def test_versions_that_ask_count_together_and_others_do_not(new_store: NewStore) -> None:
    """It is counted from the first version on that asks."""
    shop = opened(new_store, a_plan(levels("10%")))
    accrued(shop, bought("o1", 9_000_000))
    for version, by in ((2, FROM_1000), (3, levels("6%")), (4, FROM_1000)):
        later = a_plan(by, plan_version=version, valid_from=day(10 + version))
        shop.do(engine.set_plan, later, at=day(9))
    sales = [bought(f"v{version}", 2_000_000, paid_at=day(10 + version)) for version in (2, 3, 4)]
    assert [each["ben"] for each in accrued(shop, *sales)] == [100_000, 120_000, 160_000]


def test_a_plan_that_does_not_ask_keeps_nothing(new_store: NewStore) -> None:
    shop = opened(new_store, a_plan())
    accrued(shop, bought("o1"))
    with shop.store.begin() as tx:
        assert list(tx.tallies.all()) == []
        assert tx.sales.find([SaleId("o1")])[SaleId("o1")].booking.earned is None


def test_only_what_a_rule_may_ask_for_is_frozen_and_no_zero(new_store: NewStore) -> None:
    """Level 2 of another component is asked nothing; Ann is level 2 here as well."""
    asks = Upline(ComponentId("asks"), (percent("first", 5, Not(EarnedBefore(9))),))
    shop = opened(new_store, a_plan(asks, levels("1%", "1%", id="others")))
    accrued(shop, bought("o1"), bought("o2"))
    with shop.store.begin() as tx:
        found = tx.sales.find([SaleId("o1"), SaleId("o2")])
        counted = {key: minor for key, minor in tx.tallies.all() if minor}
    assert found[SaleId("o1")].booking.earned == ()
    assert found[SaleId("o2")].booking.earned == (PaidBefore(MemberId("ben"), 60_000),)
    assert counted == {
        ("plan", EARNED, "ann", "CNY"): 20_000,
        ("plan", EARNED, "ben", "CNY"): 70_000,
    }


def test_it_is_asked_for_beside_caps(new_store: NewStore) -> None:
    """8 % of the second order are 800.00, and 600.00 are left of the cap."""
    by = evolve(a_plan(FROM_1000), caps=(Cap(CapId("ever"), 160_000),))
    shop = opened(new_store, by)
    sales = [bought("o1", 2_000_000), bought("o2"), bought("o3")]
    assert [each.get("ben", 0) for each in accrued(shop, *sales)] == [100_000, 60_000, 0]


def test_a_gift_asks_as_well(new_store: NewStore) -> None:
    """Ben has points for a customer once he has earned something; a refund gives none of them back."""
    rule = Rule(RuleId("welcome"), FixedPerOrder(0), match=EarnedBefore(1))
    welcome = FirstOrder(ComponentId("welcome"), (rule,), gift=Points(5))
    shop = Shop.open(new_store(), a_plan(levels("1%"), welcome), a_chain("ann", "ben"))
    for name in ("buyer", "other"):
        shop.do(engine.join, a_member(name, "ben"))
    first, second = bought("o1"), bought("o2", buyer="other")
    report = shop.do(engine.accrue_all, [first, second], at=day(40))
    given = [[(each.payee, each.gift) for each in posting.gifts] for posting in report.done]
    assert given == [[], [("ben", Points(5))]]
    back = shop.do(engine.refund, a_refund("r1", "o2", {"1": (0, 1_000)}), at=day(40))
    assert back.gifts == ()
    shop.assert_sound()


def test_of_a_chain_of_one_tier_whoever_earned_more_has_the_difference(new_store: NewStore) -> None:
    """Ben is worth 4 % until he earned something; Ann, above him and of the same tier, then has 6 %."""
    rules = (
        Rule(RuleId("more"), Percent(Rate(100_000)), match=EarnedBefore(1)),
        Rule(RuleId("less"), Percent(Rate(40_000))),
    )
    shop = opened(new_store, a_plan(Differential(ComponentId("steps"), rules)))
    first = accrued(shop, bought("b1", buyer="ben"))
    assert first == [{"ann": 40_000}]
    assert accrued(shop, bought("o1"), bought("o2")) == [{"ben": 40_000, "ann": 60_000}, {"ben": 100_000}]


@pytest.mark.measured
def test_what_was_earned_is_expected_and_told(new_store: NewStore) -> None:
    by = a_plan(FROM_1000)
    shop = opened(new_store, by)
    accrued(shop, bought("o1", 2_000_000))
    with shop.store.begin() as tx:
        expected = engine.expect(tx, by, bought("o2")).explained
    accrued(shop, bought("o2"))
    with shop.store.begin() as tx:
        explained = engine.explain(tx, SaleId("o2")).explained
    assert explained.whys == expected.whys
    why, above = explained.whys
    assert (why.rule.id, why.earned_minor, above.earned_minor) == ("from 1,000.00", 100_000, 20_000)
    assert "; 1000.00 CNY were earned before" in tell(why)
    assert "；此前已得 1000.00 CNY" in tell(why, Language.CHINESE)


def test_a_simulation_counts_what_the_plan_itself_pays(new_store: NewStore) -> None:
    """Half of the first order went back, and it counts as it was sold; posted was 1 % of what is left."""
    shop = opened(new_store, a_plan(levels("1%")))
    sales = [bought("o1", 2_000_000), bought("o2"), bought("o3")]
    accrued(shop, *sales)
    shop.do(engine.refund, a_refund("r1", "o1", {"1": (0, 1_000_000)}), at=day(40))
    other = a_plan(evolve(FROM_1000, rules=FROM_1000.rules[:2]), id="other")
    with shop.store.begin() as tx:
        found = engine.simulate(tx, other, against=Baseline.POSTED)
    assert found.baseline is not None
    assert (found.cost.payees, found.baseline.payees) == ({"ben": 210_000}, {"ben": 30_000})


def test_a_simulation_of_the_plan_in_force_costs_what_was_posted(new_store: NewStore) -> None:
    """In order of id the first sale would be paid least; it was accrued last, and keeps its 8 %."""
    by = a_plan(FROM_1000)
    shop = opened(new_store, by)
    accrued(shop, bought("o3", 2_000_000), bought("o2"), bought("o1"))
    with shop.store.begin() as tx:
        found = engine.simulate(tx, by, against=Baseline.POSTED)
    assert found.cost == found.baseline
    assert found.cost.payees[MemberId("ben")] == 260_000


@pytest.mark.measured
def test_sums_that_are_not_those_of_the_sales_are_found(new_store: NewStore) -> None:
    shop = opened(new_store, a_plan(FROM_1000))
    accrued(shop, bought("o1"))
    with shop.store.begin() as tx:
        tx.tallies.put({key: 50_001 for key, _ in tx.tallies.all() if key[2] == "ben"})
    shop.do(engine.accrue, bought("o2"), at=day(40))
    with shop.store.begin() as tx:
        problems = [str(each) for each in engine.verify(tx).problems]
    where = "plan plan, member ben, CNY"
    assert problems == [
        f"{where}: 100001 minor units are kept as earned, the sales paid 100000",
        f"{where}: with sale o2 it had 100001 minor units, all sales paid 100000",
    ]


class Asking(EngineMachine):
    """A shop in which nearly every rule asks what was earned before."""

    def _publish(self, plan: Plan) -> None:
        super()._publish(asking(Random(plan.plan_version), plan))


EDGES = (0, 1, 50, 300, 1_000, 2_500)


def asking(random: Random, plan: Plan) -> Plan:
    """Let rules of a plan ask for what was earned, beside what they ask for, or not."""

    def asked(rule: Rule) -> Rule:
        least = random.choice(EDGES)
        match: Match = random.choice(
            (EarnedBefore(least), EarnedBefore(0, least + 1), Not(EarnedBefore(least, 2_600)))
        )
        more = random_match(random)
        return evolve(rule, match=match if more is None else AllOf((match, more)))

    return evolve(
        plan,
        components=tuple(
            each if isinstance(each, Custom) else evolve(each, rules=tuple(map(asked, each.rules)))
            for each in plan.components
        ),
    )


@pytest.mark.parametrize("seed", WORLDS)
def test_a_naive_calculation_agrees(store_of: StoreOf, seed: int) -> None:
    machine = walked(store_of, 7_000 + seed, steps=30, machine=Asking)
    machine.teardown()


@pytest.mark.parametrize("seed", WORLDS)
def test_a_naive_calculation_agrees_with_batches_of_any_size(store_of: StoreOf, seed: int) -> None:
    """Book by book, whatever was sold together with what."""
    random = Random(seed)
    plan = asking(random, evolve(random_plan(random), valid_from=day(1)))
    people = a_chain("ann", "ben", "cai", "dan", "eve")
    shop, auditor = Shop.open(store_of(f"asking {seed}"), plan, people), Auditor(a_policy())
    for each in people:
        auditor.join(each, day(40))
    auditor.set_plan(plan)
    sales = [a_random_sale(random, f"o{number:02}", [each.id for each in people]) for number in range(14)]
    while sales:
        size = random.randint(1, 5)
        batch, sales = sales[:size], sales[size:]
        report = shop.do(engine.accrue_all, batch, at=day(40))
        posted = {each.sale: each.accruals for each in report.done}
        for sale in batch:
            assert (sale.id in posted) != bool(auditor.accrue(sale, day(40)))
            if sale.id in posted:
                assert sums_of(posted[sale.id]) == auditor.books[sale.id].facts[0][3]
    shop.assert_sound()


def a_random_sale(random: Random, id: str, names: Sequence[str]) -> Sale:
    lines = random_lines(random)
    sale = a_sale(id, random.choice(names), lines, promoter=random.choice((None, *names)))
    return evolve(sale, region=random.choice(REGIONS), channel=random.choice(CHANNELS))
