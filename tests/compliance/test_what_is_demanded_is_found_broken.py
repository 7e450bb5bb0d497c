"""Each demand is met or broken by facts alone; all that is broken is found, each at its place."""

from datetime import date

import pytest
from attrs import evolve
from tests.compliance.facts import HARMLESS, SOURCE, broken, demanded, level, pays

from distcore.compliance import (
    PRESETS,
    EntryFee,
    HeadsAndDepth,
    InternalConsumption,
    OnlyCompletedSales,
    PaidLevelsMax,
    PaidTier,
    Payment,
    PayPerHead,
    PlanFacts,
    Policy,
    Requirement,
    ShareMax,
    breaking,
    findings,
)
from distcore.kernel import CompliancePreset, Problem, Rate, Severity

DEEP = HeadsAndDepth(30, 3)
GOLD = (PaidTier("gold", "$.x.tiers[0]"), PaidTier("silver", "$.x.tiers[1]"))


@pytest.mark.parametrize("preset", CompliancePreset)
def test_a_plan_that_pays_nothing_breaks_no_preset(preset: CompliancePreset) -> None:
    assert findings(HARMLESS, PRESETS[preset]) == ()


@pytest.mark.parametrize(
    ("paid", "most", "found"),
    [
        (level(1), 1, []),
        (level(0), 1, []),
        (level(2), 1, [("$.x", "pays level 2; at most 1 level may be paid", "error")]),
        (level(3), 2, [("$.x", "pays level 3; at most 2 levels may be paid", "error")]),
        (level(None), 9, [("$.x", "pays levels without a bound; at most 9 levels may be paid", "error")]),
        (level(0, passes_over=True), 1, []),
        (
            level(1, passes_over=True),
            1,
            [("$.x", "whoever does not qualify is passed over: somebody further up is paid", "warning")],
        ),
        (level(2, passes_over=True), 1, [("$.x", "pays level 2; at most 1 level may be paid", "error")]),
    ],
)
def test_no_more_levels_are_paid(paid: Payment, most: int, found: list[tuple[str, str, str]]) -> None:
    assert broken(pays(paid), PaidLevelsMax(most)) == found


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        (pays(level(1), tiers=GOLD), []),
        (pays(level(1), tiers=GOLD, fee_tiers=("bronze",)), []),
        (pays(level(1), tiers=GOLD, fee_tiers=("silver",)), ["$.x.tiers[1]"]),
        (pays(level(1), tiers=GOLD, fee_tiers=("gold", "silver")), ["$.x.tiers[0]", "$.x.tiers[1]"]),
        (pays(level(1), fee_tiers=("",)), ["$.components"]),
        (pays(fee_tiers=("",)), []),
    ],
)
def test_nothing_is_paid_for_a_fee(facts: PlanFacts, places: list[str]) -> None:
    assert [where for where, _, _ in broken(facts, EntryFee())] == places


def test_a_fee_for_a_tier_is_named() -> None:
    (found,) = broken(pays(tiers=GOLD, fee_tiers=("gold",)), EntryFee())
    assert found == ("$.x.tiers[0]", "pays tier gold, which members have to pay for", "error")


def test_what_may_be_paid_for_a_fee_is_a_warning() -> None:
    perhaps = PaidTier("gold", "$.x.rules[1]", is_certain=False)
    (found,) = broken(pays(tiers=(perhaps,), fee_tiers=("gold",)), EntryFee())
    message = "may pay tier gold, which members have to pay for, more than others"
    assert found == ("$.x.rules[1]", message, "warning")
    assert broken(pays(tiers=(perhaps,), fee_tiers=("silver",)), EntryFee()) == []


def test_heads_are_not_paid() -> None:
    facts = pays(level(1, "$.a"), level(1, "$.b", per_head=True), level(1, "$.c", may_be_per_head=True))
    assert broken(facts, PayPerHead()) == [
        ("$.b", "pays an amount for whoever is brought, whatever is bought", "error"),
        ("$.c", "may pay an amount for first orders alone: for whoever is brought", "warning"),
    ]


def test_only_what_is_completed_is_paid() -> None:
    assert broken(HARMLESS, OnlyCompletedSales()) == []
    message = "releases what is paid for orders that may never be completed"
    early = pays(counts_from_completion=False)
    assert broken(early, OnlyCompletedSales()) == [("$.freeze.counts_from", message, "error")]


def test_nobody_earns_from_the_own_purchase() -> None:
    facts = pays(level(2, "$.a"), level(0, "$.b", to_buyer=True), level(2, "$.c", to_buyer=True))
    message = "pays buyers for their own purchases"
    assert broken(facts, InternalConsumption()) == [("$.b", message, "error"), ("$.c", message, "error")]


@pytest.mark.parametrize(
    ("payments", "depth"),
    [
        ([], 0),
        ([level(0, to_buyer=True)], 1),
        ([level(1)], 1),
        ([level(2), level(1)], 2),
        ([level(2), level(0, to_buyer=True)], 3),  # two above the buyer, and the buyer
        ([level(2, counts_buyer=True, to_buyer=True)], 2),  # the buyer and the sponsor
        ([level(2, counts_buyer=True), level(0, to_buyer=True)], 2),
        ([level(3, counts_buyer=True), level(2)], 3),
        ([level(1), level(None)], None),
    ],
)
def test_depth_counts_the_levels_of_one_sale(payments: list[Payment], depth: int | None) -> None:
    assert pays(*payments).depth_max == depth


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (pays(level(2)), ""),
        (pays(level(3)), "one sale may pay 3 levels, one above the other"),
        (pays(level(2), level(0, to_buyer=True)), "one sale may pay 3 levels, one above the other"),
        (pays(level(None)), "one sale may pay levels without a bound, one above the other"),
        (pays(level(3), heads_max=29), ""),
        (pays(level(3), heads_max=30), "one sale may pay 3 levels, one above the other"),
    ],
)
def test_not_so_many_people_stand_in_so_many_levels(facts: PlanFacts, message: str) -> None:
    end = "; 30 people in 3 levels are too many"
    expected = [("$.components", message + end, "error")] if message else []
    assert broken(facts, DEEP) == expected


@pytest.mark.parametrize(
    ("share_ppm", "message"),
    [
        (300_000, ""),
        (300_001, "may pay 30.0001% of the net; at most 30%"),
        (1_250_000, "may pay 125% of the net; at most 30%"),
        (None, "may pay a share of the net without a bound; at most 30%"),
    ],
)
def test_no_more_than_a_share_is_paid(share_ppm: int | None, message: str) -> None:
    expected = [("$.components", message, "error")] if message else []
    assert broken(pays(share_ppm=share_ppm), ShareMax(Rate.parse("30%"))) == expected


def test_all_that_is_broken_is_found_in_the_order_of_the_demands() -> None:
    facts = pays(level(3, per_head=True), counts_from_completion=False)
    found = broken(facts, OnlyCompletedSales(), PaidLevelsMax(1), PayPerHead(), DEEP)
    assert [where for where, _, _ in found] == ["$.freeze.counts_from", "$.x", "$.x", "$.components"]


@pytest.mark.parametrize(
    ("first_day", "last_day", "in_force"),
    [
        (date(2025, 1, 1), date(2025, 12, 31), False),
        (date(2025, 1, 1), date(2026, 1, 1), True),
        (date(2025, 1, 1), None, True),
        (date(2026, 6, 30), None, True),
        (date(2026, 6, 30), date(2026, 6, 30), True),
        (date(2026, 7, 1), None, False),
    ],
)
def test_what_is_in_force_on_a_day_of_the_plan_counts(
    first_day: date, last_day: date | None, in_force: bool
) -> None:
    law = Requirement(PaidLevelsMax(1), SOURCE, date(2026, 1, 1), until=date(2026, 7, 1))
    facts = pays(level(2), first_day=first_day, last_day=last_day)
    found = findings(facts, Policy(CompliancePreset.EU, (law,)))
    assert bool(found) == in_force == law.is_in_force(first_day, last_day)


def test_warnings_keep_no_plan_from_being_published() -> None:
    (law,) = demanded(PaidLevelsMax(1)).requirements
    advice = evolve(law, severity=Severity.WARNING)
    found = findings(pays(level(2)), Policy(CompliancePreset.EU, (law, advice)))
    assert [each.severity for each in found] == [Severity.ERROR, Severity.WARNING]
    assert breaking(found) == found[:1]


def test_a_finding_names_the_rule_and_its_source() -> None:
    (found,) = findings(pays(level(2)), demanded(PaidLevelsMax(1)))
    hint = "paid_levels_max: A law, article 1; since 2000-01-01"
    assert found.problem == Problem("$.x", "pays level 2; at most 1 level may be paid", hint)
