"""A plan that breaks the shop's preset is not published, unless somebody else allows it: that is kept."""

from typing import Any

import attrs
import pytest
from attrs import evolve
from tests.builders import ACTOR, CNY, NOW, SHANGHAI, Shop, day, percent, plan, shop

from distcore import engine
from distcore.commission import (
    AllOf,
    AnyOf,
    Bracket,
    ByPoints,
    ByTier,
    ByVolume,
    CategoryIs,
    Component,
    Coupons,
    Custom,
    Differential,
    FirstOrder,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    FreezeFrom,
    Ladder,
    Match,
    Matching,
    Not,
    OrderNumber,
    Percent,
    PeriodComponent,
    Plan,
    Pool,
    PromoterShare,
    Reward,
    Rule,
    SameTier,
    SelfPurchase,
    TierIn,
    TierWeight,
    Unqualified,
    Upline,
    Volume,
)
from distcore.compliance import (
    PRESETS,
    Broken,
    CompliancePreset,
    PaidTier,
    Payment,
    Permission,
    PlanFacts,
    Policy,
    ShareMax,
)
from distcore.engine import comply
from distcore.engine.comply import share_that_counts
from distcore.kernel import Actor, ComponentId, Rate, RuleId, Severity, ShopPolicy

STRICT_NAME = CompliancePreset.CN_STRICT
STRICT = ShopPolicy(SHANGHAI, (CNY,), compliance_preset=STRICT_NAME)
COMMON = evolve(STRICT, compliance_preset=CompliancePreset.CN_COMMON)
FREE = ShopPolicy(SHANGHAI, (CNY,))

TWO = plan(percent("10%", 1), percent("5%", 2))
ALLOWED = Permission("a pilot", Actor("boss"))
ID = ComponentId("x")

TEN = Percent(Rate.parse("10%"))
NOTHING = Percent(Rate(0))
BOUNTY = FixedPerOrder(500)
TEA = Coupons("tea", 2)


def ruled(pays: Reward = TEN, *levels: int, **more: Any) -> tuple[Rule, ...]:
    return (Rule(RuleId("r"), pays, levels, **more),)


def facts(*components: Component, policy: ShopPolicy = FREE, **changes: Any) -> PlanFacts:
    return engine.plan_facts(evolve(TWO, components=components, **changes), policy)


# What is told of a plan


@pytest.mark.parametrize(
    ("component", "payment"),
    [
        (Upline(ID, ruled(TEN, 1, 3, 2)), Payment("", 3)),
        (
            Upline(ID, ruled(TEN, 2), buyer_is_level_1=True),
            Payment("", 2, counts_buyer=True),
        ),
        (
            Upline(ID, ruled(TEN, 1, 2), buyer_is_level_1=True),
            Payment("", 2, counts_buyer=True, to_buyer=True),
        ),
        (
            Upline(ID, ruled(TEN, 1), unqualified=Unqualified.SKIPPED),
            Payment("", 1, passes_over=True),
        ),
        (
            Upline(ID, ruled(TEN, 1), unqualified=Unqualified.ROLLS_UP),
            Payment("", 1, passes_over=True),
        ),
        (Upline(ID, ruled(TEN, 1), unqualified=Unqualified.ENDS_CHAIN), Payment("", 1)),
        (Differential(ID, ruled()), Payment("", None, passes_over=True)),
        (Differential(ID, ruled(TEN, 2, 1)), Payment("", 2, passes_over=True)),
        (
            Differential(ID, ruled(), buyer_is_level_1=True, unqualified=Unqualified.LOST),
            Payment("", None, counts_buyer=True, to_buyer=True),
        ),
        (SelfPurchase(ID, ruled()), Payment("", 0, to_buyer=True)),
        (PromoterShare(ID, ruled()), Payment("", 1)),
        (FirstOrder(ID, ruled()), Payment("", 1)),
        (FirstOrder(ID, ruled(FixedPerUnit(5))), Payment("", 1)),
        (FirstOrder(ID, ruled(BOUNTY)), Payment("", 1, per_head=True)),
        (FirstOrder(ID, ruled(NOTHING), gift=TEA), Payment("", 1, per_head=True)),
        (FirstOrder(ID, ruled(), gift=TEA), Payment("", 1, per_head=True)),
        (Upline(ID, ruled(BOUNTY, 1)), Payment("", 1)),
        (Upline(ID, ruled(BOUNTY, 1, match=OrderNumber(1, 2))), Payment("", 1, per_head=True)),
        (Upline(ID, ruled(TEN, 1, match=OrderNumber(1, 2))), Payment("", 1)),
        (PromoterShare(ID, ruled(BOUNTY, match=OrderNumber(1, 2))), Payment("", 1, per_head=True)),
    ],
)
def test_what_is_paid_is_told_where_it_stands(component: Component, payment: Payment) -> None:
    found = facts(component)
    assert found.payments == (evolve(payment, where="$.components[0].rules[0]"),)


def test_a_formula_may_pay_whoever_it_is_asked_about() -> None:
    found = facts(Custom(ID, "ours", 1, levels=3), policy=evolve(FREE, fee_tiers=("gold",)))
    assert found.payments == (Payment("$.components[0]", 3, to_buyer=True),)
    assert found.tiers == (PaidTier("gold", "$.components[0]", is_certain=False),)


def test_every_rule_that_pays_is_told() -> None:
    rules = (*ruled(NOTHING, 3), *ruled(FixedPerUnit(0), 4), *ruled(FixedPerOrder(0), 5), *ruled(TEN, 1))
    found = facts(PromoterShare(ID, ruled()), Upline(ID, rules))
    assert [each.where for each in found.payments] == ["$.components[0].rules[0]", "$.components[1].rules[3]"]


@pytest.mark.parametrize(("rate", "is_told"), [("10%", True), ("0%", False)])
def test_a_bonus_of_the_same_tier_has_no_bound(rate: str, is_told: bool) -> None:
    bonus = SameTier(RuleId("bonus"), (Rate(0), Rate.parse(rate)))
    found = facts(Differential(ID, ruled(TEN, 1), same_tier=bonus, unqualified=Unqualified.LOST))
    (_, *more) = found.payments
    assert more == ([Payment("$.components[0].same_tier", None)] if is_told else [])


def test_tiers_are_told_where_something_is_paid_for_them() -> None:
    match = AllOf((CategoryIs("tea"), AnyOf((TierIn(("gold",)), Not(TierIn(("lead",)))))))
    rules = (*ruled(TEN, 1, tiers=("silver",), match=match), *ruled(NOTHING, 2, tiers=("bronze",)))
    found = facts(Upline(ID, rules, qualified_tiers=("iron",)))
    assert found.tiers == (
        PaidTier("iron", "$.components[0].qualified_tiers[0]"),
        PaidTier("silver", "$.components[0].rules[0].tiers[0]"),
        PaidTier("gold", "$.components[0].rules[0].match.matches[1].matches[0].tiers[0]"),
    )


@pytest.mark.parametrize(
    ("rules", "where"),
    [
        (ruled(NOTHING, tiers=("gold",)), ".tiers[0]"),
        (ruled(NOTHING, match=TierIn(("gold",))), ".match.tiers[0]"),
        (ruled(NOTHING, match=Not(TierIn(("",)))), ""),
    ],
)
def test_a_gift_is_paid_to_a_tier_though_no_money_is(rules: tuple[Rule, ...], where: str) -> None:
    with_fee = evolve(FREE, fee_tiers=("gold",))
    told = PaidTier("gold", f"$.components[0].rules[0]{where}")
    assert told not in facts(FirstOrder(ID, rules), policy=with_fee).tiers
    assert told in facts(FirstOrder(ID, rules, gift=TEA), policy=with_fee).tiers


@pytest.mark.parametrize("preset", CompliancePreset)
def test_a_gift_for_each_head_is_not_published(preset: CompliancePreset) -> None:
    found = shop(policy=evolve(FREE, compliance_preset=preset))
    gift = evolve(TWO, components=(FirstOrder(ID, ruled(NOTHING), gift=TEA),), freeze=Freeze(7))
    assert found.refused(engine.set_plan, gift).code == "plan_breaks_preset"


@pytest.mark.parametrize(
    ("match", "is_for_first_orders"),
    [
        (OrderNumber(1, 2), True),
        (OrderNumber(1, 3), False),
        (OrderNumber(1), False),
        (Not(OrderNumber(2)), True),
        (Not(OrderNumber(3)), False),
        (Not(OrderNumber(1, 2)), False),
        (AllOf((CategoryIs("tea"), OrderNumber(1, 2))), True),
        (AllOf((CategoryIs("tea"), OrderNumber(2))), False),
        (AnyOf((OrderNumber(1, 2), Not(OrderNumber(2)))), True),
        (AnyOf((CategoryIs("tea"), OrderNumber(1, 2))), False),
        (Not(AnyOf((OrderNumber(2), CategoryIs("tea")))), True),
        (Not(AllOf((OrderNumber(2), CategoryIs("tea")))), False),
        (Not(CategoryIs("tea")), False),
    ],
)
def test_an_amount_for_first_orders_alone_pays_heads(match: Match, is_for_first_orders: bool) -> None:
    found = facts(Upline(ID, ruled(BOUNTY, 1, match=match)))
    assert found.payments[0].per_head == is_for_first_orders


def test_days_are_those_of_the_shop() -> None:
    found = facts(*TWO.components, valid_from=day(1, 15), valid_until=day(9, 16))
    assert (found.first_day.isoformat(), str(found.last_day)) == ("2026-01-01", "2026-01-09")
    found = facts(*TWO.components, valid_from=day(1, 16), valid_until=day(9, 17))
    assert (found.first_day.isoformat(), str(found.last_day)) == ("2026-01-02", "2026-01-10")
    assert facts(*TWO.components, valid_until=None).last_day is None


def test_the_share_is_that_of_the_worst_case() -> None:
    assert facts(*TWO.components).share_ppm == 150_000
    assert facts(Upline(ID, ruled(BOUNTY, 1))).share_ppm is None


TEAMS = Ladder(ID, (Bracket(0, Rate(10_000)), Bracket(100, Rate(20_000))), Volume.TEAM)
OWN = evolve(TEAMS, volume=Volume.OWN)
PARTNERS = Pool(ID, Rate(30_000), ByTier((TierWeight("gold", 1), TierWeight("silver", 0))))
BY_VOLUME = evolve(PARTNERS, weights=ByVolume(Volume.BALANCED))
BY_POINTS = evolve(PARTNERS, weights=ByPoints())
MENTORS = Matching(ID, (ID,), (Rate(100_000),), qualified_tiers=("gold",))


@pytest.mark.parametrize(
    ("component", "level_max", "to_buyer", "share_ppm"),
    [
        (TEAMS, None, True, None),
        (OWN, 0, True, 20_000),
        (evolve(TEAMS, budget=Rate(50_000)), None, True, 50_000),
        (PARTNERS, 1, True, 30_000),
        (BY_VOLUME, None, True, 30_000),
        (BY_POINTS, None, True, 30_000),
        (MENTORS, None, False, None),
    ],
)
def test_what_a_period_pays_is_told(
    component: PeriodComponent, level_max: int | None, to_buyer: bool, share_ppm: int | None
) -> None:
    before = (evolve(TEAMS, id=ComponentId("teams")),) if isinstance(component, Matching) else ()
    paid = evolve(component, of=(ComponentId("teams"),)) if isinstance(component, Matching) else component
    found = facts(period_components=(*before, paid))
    (payment,) = (each for each in found.payments if each.where == f"$.period_components[{len(before)}]")
    assert (payment.level_max, payment.to_buyer, found.share_ppm) == (level_max, to_buyer, share_ppm)


@pytest.mark.parametrize(("pool", "may_be"), [(BY_POINTS, True), (BY_VOLUME, False), (PARTNERS, False)])
def test_points_may_have_been_given_for_heads(pool: Pool, may_be: bool) -> None:
    (payment,) = (each for each in facts(period_components=(pool,)).payments if "period" in each.where)
    assert (payment.per_head, payment.may_be_per_head) == (False, may_be)


def test_tiers_of_a_pool_are_paid() -> None:
    found = facts(period_components=(PARTNERS, evolve(MENTORS, of=(ID,), id=ComponentId("mentors"))))
    assert [each.tier for each in found.tiers] == ["gold", "gold"]


def test_the_share_counts_for_publishing_only_where_it_is_more_than_a_warning() -> None:
    assert share_that_counts(TWO) is None
    (asked,) = [each for each in PRESETS[STRICT_NAME].requirements if isinstance(each.demand, ShareMax)]
    strictest = Policy(STRICT_NAME, (evolve(asked, severity=Severity.ERROR),))
    assert share_that_counts(TWO, [strictest]) == 150_000
    assert share_that_counts(plan(Rule(RuleId("r"), BOUNTY, (1,))), [strictest]) is None


@pytest.mark.parametrize("override", [None, ALLOWED])
def test_no_worst_case_is_looked_for_while_a_plan_is_published(
    monkeypatch: pytest.MonkeyPatch, override: Permission | None
) -> None:
    def never(of: Plan) -> None:
        raise AssertionError(of)

    found, by = published(), plan(percent("40%", 1)) if override is None else TWO
    monkeypatch.setattr(comply, "worst_case", never)
    assert found.do(engine.set_plan, by, override=override) == by
    with pytest.raises(AssertionError):
        engine.plan_findings(by, STRICT)


def test_the_shop_says_which_tiers_cost_a_fee() -> None:
    assert facts(*TWO.components, policy=evolve(FREE, fee_tiers=("gold", ""))).fee_tiers == ("gold", "")


@pytest.mark.parametrize("counts_from", FreezeFrom)
def test_a_freeze_counts_from_completion_or_not(counts_from: FreezeFrom) -> None:
    found = facts(*TWO.components, freeze=Freeze(7, counts_from))
    assert found.counts_from_completion == (counts_from is FreezeFrom.COMPLETED)


LOOKED_AT = {"valid_from", "valid_until", "freeze", "components", "period_components"}
IN_THE_SHARE = {"budget", "rounding", "rounding_scope"}
PAYS_NO_MORE = {"id", "plan_version", "currency", "budget_cut", "caps", "period_cadence"}


def test_every_part_of_a_plan_was_thought_of() -> None:
    """A part that pays somebody has to be told, or compliance takes it for harmless."""
    assert {each.name for each in attrs.fields(Plan)} <= LOOKED_AT | IN_THE_SHARE | PAYS_NO_MORE


# What becomes of it


def published(policy: ShopPolicy = STRICT) -> Shop:
    return shop(policy=policy)


def overrides(found: Shop) -> list[tuple[int, str, str]]:
    with found.store.begin() as tx:
        return [(each.number, each.reason, each.preset.value) for each in tx.overrides.all()]


def test_without_a_preset_nothing_is_checked() -> None:
    assert engine.plan_findings(TWO, FREE) == ()
    assert published(FREE).do(engine.set_plan, TWO) == TWO


def test_a_preset_may_be_asked_for() -> None:
    assert engine.plan_findings(TWO, FREE, CompliancePreset.CN_STRICT) == engine.plan_findings(TWO, STRICT)
    assert engine.plan_findings(TWO, STRICT, CompliancePreset.CN_COMMON) == ()


def test_a_plan_that_breaks_the_preset_is_refused_with_all_that_it_breaks() -> None:
    bad = evolve(TWO, freeze=Freeze(7, FreezeFrom.PAID))
    refusal = published().refused(engine.set_plan, bad)
    assert refusal.code == "plan_breaks_preset"
    findings = str(dict(refusal.facts)["findings"]).split("; $")
    assert len(findings) == 2
    assert findings[0].startswith("$.components[0].rules[1]: pays level 2; at most 1 level may be paid")
    assert "State Council Decree 444), article 7 (3); since 2005-11-01" in findings[0]
    assert findings[1].startswith(".freeze.counts_from: releases what is paid")
    assert dict(refusal.facts)["preset"] == "cn-strict"


def test_warnings_keep_nothing_back() -> None:
    much = plan(percent("40%", 1))
    found = engine.plan_findings(much, STRICT)
    assert [each.requirement.word for each in found] == ["share_max"]
    assert published().do(engine.set_plan, much) == much


def test_somebody_else_may_allow_it() -> None:
    found = published()
    assert found.do(engine.set_plan, TWO, override=ALLOWED) == TWO
    with found.store.begin() as tx:
        (kept,) = tx.overrides.all()
        assert list(tx.plans.all()) == [TWO]
    assert (kept.plan, kept.plan_version, kept.number) == (TWO.id, TWO.plan_version, 1)
    assert (kept.preset, kept.reason) == (CompliancePreset.CN_STRICT, "a pilot")
    assert (kept.approver, kept.actor, kept.recorded_at) == ("boss", ACTOR, NOW)
    assert kept.broken == (Broken("paid_levels_max", "$.components[0].rules[1]"),)


def test_under_its_key_it_is_allowed_once() -> None:
    found = published()
    for _ in range(2):
        found.do(engine.set_plan, TWO, override=ALLOWED, key="allow")
    assert overrides(found) == [(1, "a pilot", "cn-strict")]
    for other in (None, Permission("another", Actor("boss"))):
        assert found.refused(engine.set_plan, TWO, override=other, key="allow").code == "key_reused"


def test_what_is_published_is_left_alone_whatever_the_preset_says_now() -> None:
    found = published(FREE)
    found.do(engine.set_plan, TWO)
    found.do(engine.set_policy, STRICT)
    assert found.do(engine.set_plan, TWO) == TWO
    assert found.refused(engine.set_plan, evolve(TWO, plan_version=2)).code == "plan_breaks_preset"
    assert overrides(found) == []


def test_what_is_published_is_allowed_afterwards_and_again_under_another_preset() -> None:
    found = published(FREE)
    found.do(engine.set_plan, TWO)
    found.do(engine.set_policy, STRICT)
    for _ in range(2):  # the same once more, under another key
        found.do(engine.set_plan, TWO, override=ALLOWED)
    found.do(engine.set_plan, TWO, override=Permission("another year", Actor("boss")))
    early = evolve(TWO, plan_version=2, freeze=Freeze(7, FreezeFrom.PAID))
    found.do(engine.set_plan, early, override=ALLOWED)
    found.do(engine.set_policy, evolve(STRICT, compliance_preset=CompliancePreset.US))
    found.do(engine.set_plan, early, override=ALLOWED)
    assert overrides(found) == [
        (1, "a pilot", "cn-strict"),
        (2, "another year", "cn-strict"),
        (1, "a pilot", "cn-strict"),
        (2, "a pilot", "us"),
    ]
    with found.store.begin() as tx:
        assert engine.verify(tx).sound


@pytest.mark.parametrize(
    ("policy", "published_plan", "override", "code"),
    [
        (STRICT, TWO, Permission("why", Actor(ACTOR)), "own_override"),
        (COMMON, TWO, ALLOWED, "nothing_to_override"),
        (FREE, TWO, ALLOWED, "nothing_to_override"),
    ],
)
def test_what_can_not_be_allowed_is_refused(
    policy: ShopPolicy, published_plan: Plan, override: Permission, code: str
) -> None:
    assert published(policy).refused(engine.set_plan, published_plan, override=override).code == code


def test_a_permission_has_a_reason() -> None:
    problems = published().problems(engine.set_plan, TWO, override=Permission(" ", Actor("boss")))
    assert problems == ["override.reason: is empty (say why the plan may break the preset)"]


def test_a_fee_is_what_the_shop_says() -> None:
    gold = plan(percent("10%", 1, tiers=["gold"]))
    found = published(evolve(COMMON, fee_tiers=("gold",)))
    refusal = found.refused(engine.set_plan, gold)
    assert "$.components[0].rules[0].tiers[0]: pays tier gold" in refusal.message
    assert published(COMMON).do(engine.set_plan, gold) == gold


@pytest.mark.parametrize(
    ("rules", "severities"),
    [
        (ruled(TEN, 1, match=Not(TierIn(("", "silver")))), ["error"]),
        ((*ruled(NOTHING, 1, tiers=("silver",)), *ruled(TEN, 1)), ["warning"]),
        ((*ruled(NOTHING, 1, tiers=("silver", "")), *ruled(TEN, 1)), ["error"]),
        (ruled(TEN, 1), []),
    ],
)
def test_a_fee_is_found_where_no_rule_names_it(rules: tuple[Rule, ...], severities: list[str]) -> None:
    by = evolve(TWO, components=(Upline(ID, rules),))
    found = engine.plan_findings(by, evolve(COMMON, fee_tiers=("gold",)))
    assert [(each.requirement.word, each.severity.value) for each in found] == [
        ("entry_fee", severity) for severity in severities
    ]
    assert [each.where for each in found] == [f"$.components[0].rules[{len(rules) - 1}]"] * len(severities)


def test_where_joining_costs_a_fee_that_is_all_there_is_to_say() -> None:
    by = evolve(TWO, components=(Upline(ID, ruled(TEN, 1, match=Not(TierIn(("silver",))))),))
    found = engine.plan_findings(by, evolve(COMMON, fee_tiers=("gold", "")))
    assert [each.where for each in found] == ["$.components"]


# What verify finds


def damaged(**changes: Any) -> list[str]:
    found = published()
    found.do(engine.set_plan, TWO, override=ALLOWED)
    with found.store.begin() as tx:
        (kept,) = tx.overrides.all()
        tx.overrides._overrides.clear()
        tx.overrides.add(evolve(kept, **changes))
    with found.store.begin() as tx:
        return [str(each) for each in engine.verify(tx).problems]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        ({"plan_version": 9}, "there is no such plan"),
        ({"number": 2}, "number 1 is missing"),
        ({"approver": ACTOR}, "tester allowed it to be published, and published it"),
        ({"reason": " "}, "it has no reason"),
        ({"broken": ()}, "it says of no rule that it is broken"),
    ],
)
def test_an_override_that_does_not_fit_is_found(changes: dict[str, Any], problem: str) -> None:
    version, number = changes.get("plan_version", 1), changes.get("number", 1)
    expected = f"override {number} of version {version} of plan {TWO.id}: {problem}"
    assert damaged(**changes) == ([expected] if problem else [])
