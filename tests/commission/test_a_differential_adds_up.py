"""What a differential pays adds up to what the highest rate is worth, to the cent; a bonus comes on top."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import above, line, per_order, per_unit, percent, plan, refund, sale, seat

from distcore.commission import (
    Differential,
    Plan,
    Rule,
    SameTier,
    Scope,
    SelfPurchase,
    SkuIn,
    Subtract,
    Unqualified,
    calculate,
    left_of,
    whole,
)
from distcore.kernel import ComponentId, Rate, Rounding, RuleId
from distcore.testing.strategies import rates

TIERS = ("silver", "gold", "platinum")
ORDER = sale(line("1", 100_000), line("2", 777, units=3), line("3", 5))
BY_TIER = (
    percent("10%", tiers=["silver"]),
    percent("15%", tiers=["gold"]),
    percent("20%", tiers=["platinum"]),
)


def by(*rules: Rule, bonus: Sequence[str] = (), of_difference: bool = True, **options: Any) -> Plan:
    same_tier = SameTier(RuleId("bonus"), tuple(map(Rate.parse, bonus)), of_difference) if bonus else None
    component = Differential(ComponentId("tiers"), rules or BY_TIER, same_tier=same_tier, **options)
    return evolve(plan(), components=(component,))


def amounts(plan: Plan, *tiers: str) -> list[tuple[int, int]]:
    """Return level and amount of the first line, for a line of seats with these tiers."""
    seats = [seat(f"up {number}", tier=tier) for number, tier in enumerate(tiers, 1)]
    found = calculate(plan, ORDER, whole(ORDER), above(*seats))
    return [(each.level, each.amount_minor) for each in found if each.line == "1"]


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        (("silver", "gold", "platinum"), [(1, 10_000), (2, 5_000), (3, 5_000)]),
        (("gold", "silver", "platinum"), [(1, 15_000), (3, 5_000)]),
        (("platinum", "gold", "silver"), [(1, 20_000)]),
        (("", "silver", "", "silver", "gold"), [(2, 10_000), (5, 5_000)]),
        (("", ""), []),
    ],
)
def test_each_seat_gets_what_is_above_the_highest_rate_below(
    tiers: Sequence[str], expected: list[tuple[int, int]]
) -> None:
    assert amounts(by(), *tiers) == expected


@given(
    st.lists(st.sampled_from(("", *TIERS)), max_size=8),
    st.lists(rates(), min_size=3, max_size=3),
    st.sampled_from(Scope),
    st.sampled_from(Rounding),
    st.sampled_from(Subtract),
)
def test_together_it_is_what_the_highest_rate_is_worth(
    tiers: list[str], shares: list[Rate], scope: Scope, rounding: Rounding, subtract: Subtract
) -> None:
    rules = [percent(str(each), id=tier, tiers=[tier]) for each, tier in zip(shares, TIERS, strict=True)]
    seats = above(*(seat(f"up {number}", tier=tier) for number, tier in enumerate(tiers)))
    met = [rule for rule in rules if rule.tiers[0] in tiers]
    highest = max(met, key=lambda rule: shares[rules.index(rule)], default=percent("0%"))
    alone = by(evolve(highest, tiers=()))
    settings: Any = {"rounding_scope": scope, "rounding": rounding}
    found = calculate(evolve(by(*rules, subtract=subtract), **settings), ORDER, whole(ORDER), seats)
    expected = calculate(evolve(alone, **settings), ORDER, whole(ORDER), above("one"))
    assert sum(each.amount_minor for each in found) == sum(each.amount_minor for each in expected)


def test_all_that_is_paid_on_the_line_is_subtracted_whoever_got_it() -> None:
    own = SelfPurchase(ComponentId("own"), (percent("12%"),))
    differential = by(subtract=Subtract.ALL_PAID).components
    seats = above(seat("ann", tier="silver"), seat("ben", tier="gold"), own=seat("buyer"))
    found = calculate(evolve(plan(), components=(own, *differential)), ORDER, whole(ORDER), seats)
    assert [(each.payee, each.amount_minor) for each in found if each.line == "1"] == [
        ("buyer", 12_000),
        ("ben", 3_000),
    ]
    later = calculate(evolve(plan(), components=(*differential, own)), ORDER, whole(ORDER), seats)
    assert [(each.payee, each.amount_minor) for each in later if each.line == "1"] == [
        ("ann", 10_000),
        ("ben", 5_000),
        ("buyer", 12_000),
    ], "what a later component pays is not paid below"


def test_a_bonus_is_for_the_tier_of_whoever_earned_the_last_difference() -> None:
    assert amounts(by(bonus=["10%", "5%"]), "gold", "silver", "gold", "gold", "gold") == [
        (1, 15_000),
        (3, 1_500),
        (4, 750),
    ]
    assert amounts(by(bonus=["10%"]), "gold", "platinum", "gold", "platinum") == [
        (1, 15_000),
        (2, 5_000),
        (4, 500),
    ]


def test_a_bonus_may_be_a_share_of_the_base() -> None:
    assert amounts(by(bonus=["1%"], of_difference=False), "silver", "gold", "gold") == [
        (1, 10_000),
        (2, 5_000),
        (3, 1_000),
    ]


def test_a_bonus_lowers_what_is_paid_above_only_where_all_that_is_paid_counts() -> None:
    seats = ("gold", "gold", "platinum")
    assert amounts(by(bonus=["10%"]), *seats)[-1] == (3, 5_000)
    assert amounts(by(bonus=["10%"], subtract=Subtract.ALL_PAID), *seats)[-1] == (3, 3_500)


def test_fixed_amounts_are_compared_too_each_in_its_own_way() -> None:
    per = by(
        evolve(per_unit(100), tiers=("silver",)),
        evolve(per_unit(150), tiers=("gold",)),
        evolve(per_order(1_000), tiers=("platinum",)),
    )
    seats = [seat(f"up {tier}", tier=tier) for tier in TIERS]
    found = calculate(per, ORDER, whole(ORDER), above(*seats))
    paid = {tier: sum(each.amount_minor for each in found if each.payee == f"up {tier}") for tier in TIERS}
    assert paid == {"silver": 500, "gold": 250, "platinum": 250}, "together the 10.00 of the order"


def test_a_difference_of_some_lines_is_of_those_lines() -> None:
    tea, cup = line("1", 10_000, sku="tea"), line("2", 10_000, sku="cup")
    order = sale(tea, cup)
    rules = (percent("10%", tiers=["silver"], match=SkuIn(("tea",))), percent("15%", tiers=["gold"]))
    for scope in Scope:
        found = calculate(
            evolve(by(*rules), rounding_scope=scope),
            order,
            whole(order),
            above(seat("ann", tier="silver"), seat("ben", tier="gold")),
        )
        assert [(each.line, each.payee, each.amount_minor) for each in found] == [
            ("1", "ann", 1_000),
            ("1", "ben", 500),
            ("2", "ben", 1_500),
        ]


@pytest.mark.parametrize(
    ("unqualified", "expected"),
    [
        (Unqualified.SKIPPED, {"ben": 15_000}),
        (Unqualified.LOST, {"ben": 15_000}),
        (Unqualified.ROLLS_UP, {"ben": 15_000}),
        (Unqualified.ENDS_CHAIN, {}),
    ],
)
def test_whoever_is_not_paid_lowers_nobody_s_difference(
    unqualified: Unqualified, expected: dict[str, int]
) -> None:
    """Silver does not qualify; rolled up, gold has both parts."""
    component = by(qualified_tiers=("gold",), unqualified=unqualified)
    seats = above(seat("ann", tier="silver"), seat("ben", tier="gold"))
    found = calculate(component, sale(line("1", 100_000)), [line("1", 100_000)], seats)
    paid: dict[str, int] = {}
    for each in found:
        paid[each.payee] = paid.get(each.payee, 0) + each.amount_minor
    assert paid == expected


def test_a_refund_takes_back_to_the_cent_what_is_gone() -> None:
    seats = above(*(seat(tier, tier=tier) for tier in TIERS))
    left = left_of(ORDER, [refund(("1", 0, 100_000), ("2", 3, 777), ("3", 1, 4))])
    assert calculate(by(), ORDER, left, seats) == ()
    left = left_of(ORDER, [refund(("1", 0, 99_990))])
    assert [each.amount_minor for each in calculate(by(), ORDER, left, seats) if each.line == "1"] == [1, 1]
