"""Agents of an order's region, and of all that it lies in: each in full, or shared to the last minor unit."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import above, line, per_order, percent, plan, sale, seat

from distcore.commission import (
    BudgetCut,
    CategoryIs,
    Choice,
    FixedPerOrder,
    Lineage,
    Plan,
    Region,
    RegionSharing,
    Rule,
    Scope,
    Seat,
    Standing,
    calculate,
    explain,
    recomputed,
    tell,
    whole,
)
from distcore.commission.amount import part_of
from distcore.commission.lineage import Reason, walk
from distcore.commission.words import Language
from distcore.kernel import ComponentId, MemberId, Rate, RuleId, split

SHARED = RegionSharing.SHARED


def agents(*rules: Rule, **options: Any) -> Plan:
    return evolve(plan(), components=(Region(ComponentId("agents"), rules, **options),))


def lineage(*offices: tuple[int, Seat], **options: Any) -> Lineage:
    return evolve(above("ann"), agents=offices, **options)


def earned(by: Plan, who: Lineage, *nets: int) -> dict[tuple[int, str], int]:
    order = sale(*(line(str(number), net) for number, net in enumerate(nets or (10_000,), 1)))
    sums: dict[tuple[int, str], int] = {}
    for each in calculate(by, order, whole(order), who):
        sums[each.level, each.payee] = sums.get((each.level, each.payee), 0) + each.amount_minor
    return sums


THREE = [(1, seat("pat")), (1, seat("quinn")), (2, seat("rob"))]


def test_each_agent_of_a_level_has_the_amount_in_full() -> None:
    by = agents(percent("3%", 1), percent("2%", 2))
    assert earned(by, lineage(*THREE)) == {(1, "pat"): 300, (1, "quinn"): 300, (2, "rob"): 200}


def test_a_budget_that_is_cut_from_the_top_pays_the_agents_of_the_innermost_region_first() -> None:
    by = evolve(agents(percent("8%", 1), percent("8%", 2), percent("8%", 3)), budget=Rate.parse("20%"))
    by = evolve(by, budget_cut=BudgetCut.FROM_THE_TOP)
    order = evolve(sale(line("1", 10_000)), region="cn/zj/hz")
    who = lineage((1, seat("country")), (2, seat("province")), (3, seat("city")))
    paid = {each.payee: each.amount_minor for each in calculate(by, order, whole(order), who)}
    assert paid == {"country": 400, "province": 800, "city": 800}
    for why in explain(by, order, whole(order), who).whys:
        assert recomputed(why) == paid[why.accrual.payee]


def test_agents_of_a_level_share_the_amount_to_the_last_cent() -> None:
    by = agents(percent("3%", 1), percent("2%", 2), sharing=SHARED)
    assert earned(by, lineage(*THREE), 10_033) == {(1, "pat"): 151, (1, "quinn"): 150, (2, "rob"): 201}


def test_of_an_order_of_many_lines_nobody_has_all_that_is_odd() -> None:
    """A line of one cent can't be shared, and a line of 0.25 not evenly; thirty or forty of them can."""
    office = lineage(*[(1, seat(name)) for name in ("pat", "quinn", "rob")])
    assert set(earned(agents(percent("1%"), sharing=SHARED), office, *[100] * 30).values()) == {10}
    per_order = agents(Rule(RuleId("fixed"), FixedPerOrder(1_000)), sharing=SHARED)
    two = lineage((1, seat("pat")), (1, seat("quinn")))
    assert set(earned(per_order, two, *[5_000] * 40).values()) == {500}


def test_a_rule_without_levels_is_for_agents_of_every_level() -> None:
    assert earned(agents(percent("1%")), lineage(*THREE)) == {
        (1, "pat"): 100,
        (1, "quinn"): 100,
        (2, "rob"): 100,
    }


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.GONE])
def test_whoever_does_not_qualify_is_named_and_leaves_the_share_to_the_others(standing: Standing) -> None:
    by = agents(percent("3%", 1), percent("2%", 2), sharing=SHARED)
    who = lineage(
        (1, seat("pat", standing=standing)), (1, seat("quinn")), (2, seat("rob", standing=standing))
    )
    assert earned(by, who) == {(1, "quinn"): 300}
    order = sale(line("1", 10_000))
    reason = Reason.SUSPENDED if standing is Standing.SUSPENDED else Reason.TERMINATED
    missed = [
        (each.member, each.level, each.reason, each.forgone_minor)
        for each in explain(by, order, whole(order), who).why_nots
    ]
    assert missed == [("pat", 1, reason, 0), ("rob", 2, reason, 200), (None, 1, Reason.TOO_FAR, 0)]


def test_who_is_paid_in_full_does_not_have_what_another_forgoes() -> None:
    who = lineage((1, seat("pat", standing=Standing.SUSPENDED)), (1, seat("quinn")))
    order = sale(line("1", 10_000))
    missed, _ = explain(agents(percent("3%", 1)), order, whole(order), who).why_nots
    assert (missed.member, missed.forgone_minor) == ("pat", 300)


def test_the_buyer_and_the_same_person_never_earn() -> None:
    who = lineage(
        (1, seat("buyer")),
        (1, seat("me again")),
        (2, seat("rob")),
        same_person=frozenset({MemberId("me again")}),
    )
    assert earned(agents(percent("3%", 1), percent("2%", 2)), who) == {(2, "rob"): 200}
    found = walk(agents(percent("3%", 1)).components[0], who)
    assert [(each.level, each.reason) for each in found.passed] == [
        (1, Reason.IS_BUYER),
        (1, Reason.SAME_PERSON),
    ]


def test_levels_without_an_agent_are_told() -> None:
    def missing(by: Plan, *offices: tuple[int, Seat]) -> list[tuple[int, Reason]]:
        return [(each.level, each.reason) for each in walk(by.components[0], lineage(*offices)).passed]

    assert missing(agents(percent("3%", 1, 3))) == [(1, Reason.NO_AGENT), (3, Reason.NO_AGENT)]
    assert missing(agents(percent("3%", 1, 3)), (1, seat("pat"))) == [(3, Reason.NO_AGENT)]
    assert missing(agents(percent("3%"))) == [(0, Reason.NO_AGENT)]
    assert missing(agents(percent("3%")), (1, seat("pat"))) == []


def test_a_line_is_shared_by_those_whom_a_rule_pays_for_it() -> None:
    """By the tier of each, and apart for each line."""
    gold = percent("4%", 1, tiers=["gold"], match=CategoryIs("food"))
    silver = evolve(percent("2%", 1, tiers=["silver"]), id=RuleId("silver"))
    by = agents(gold, silver, sharing=SHARED)
    who = lineage((1, seat("gil", "gold")), (1, seat("sam", "silver")), (1, seat("tom", "")))
    order = sale(evolve(line("1", 10_000), category="food"), line("2", 10_000))
    amounts = {(each.line, each.payee): each.amount_minor for each in calculate(by, order, whole(order), who)}
    assert amounts == {("1", "gil"): 200, ("1", "sam"): 100, ("2", "sam"): 200}


def test_the_best_rule_is_found_before_it_is_shared() -> None:
    best = evolve(percent("4%", 1), id=RuleId("best"))
    by = agents(percent("2%", 1), best, sharing=SHARED, choose=Choice.BEST)
    assert earned(by, lineage(*THREE)) == {(1, "pat"): 200, (1, "quinn"): 200}


def test_an_amount_per_order_is_paid_once_to_an_agent_of_two_levels() -> None:
    by = agents(per_order(300, 1, 2))
    assert earned(by, lineage((1, seat("pat")), (2, seat("pat")), (2, seat("rob")))) == {
        (1, "pat"): 300,
        (2, "rob"): 300,
    }


@pytest.mark.parametrize("scope", Scope)
def test_what_is_shared_is_explained_part_by_part(scope: Scope) -> None:
    by = evolve(agents(percent("3%", 1), sharing=SHARED), rounding_scope=scope)
    order = sale(line("1", 10_033), line("2", 67))
    found = explain(by, order, whole(order), lineage(*THREE[:2], (1, seat("rob"))))
    assert tuple(each.accrual for each in found.whys) == calculate(
        by, order, whole(order), lineage(*THREE[:2], (1, seat("rob")))
    )
    assert all(recomputed(each) == each.accrual.amount_minor for each in found.whys)
    assert "part 2 of 3, shared by the agents of the level" in tell(found.whys[1])
    assert "3 份中的第 2 份" in tell(found.whys[1], Language.CHINESE)


def test_whoever_shares_with_nobody_is_not_told_of_parts() -> None:
    order = sale(line("1", 10_000))
    (why,) = explain(
        agents(percent("3%", 1), sharing=SHARED), order, whole(order), lineage((1, seat("pat")))
    ).whys
    assert "part" not in tell(why)


@given(st.integers(0, 10**15), st.integers(1, 50))
def test_a_part_is_that_of_a_split(amount_minor: int, among: int) -> None:
    parts = tuple(part_of(amount_minor, (place, among)) for place in range(among))
    assert parts == split(amount_minor, [1] * among)
