"""A tier that no rule names may be paid more than others all the same; that is told."""

from typing import Any

import pytest

from distcore.commission import (
    AllOf,
    AnyOf,
    CategoryIs,
    Choice,
    Custom,
    Favoured,
    FixedPerOrder,
    FixedPerUnit,
    Match,
    Not,
    Percent,
    Reward,
    Rule,
    TierIn,
    Upline,
    favoured,
    favoured_tiers,
)
from distcore.kernel import ComponentId, Rate, RuleId
from distcore.testing.builders import a_plan

ONE, TWO, NOTHING = (Percent(Rate.parse(each)) for each in ("1%", "2%", "0%"))
TEA = CategoryIs("tea")
REST = ("", "silver")
CERTAIN, PERHAPS, NOT = "certain", "perhaps", ""


def rule(pays: Reward = ONE, match: Match | None = None, tiers: Any = (), levels: Any = (1,)) -> Rule:
    return Rule(RuleId("r"), pays, levels, tuple(tiers), match)


def told(*rules: Rule, gold: str = "gold", **more: Any) -> list[str]:
    """Return of each rule whether it favours gold."""
    found = favoured_tiers(a_plan(Upline(ComponentId("up"), rules, **more)), (gold,))
    by_place = {each.where: CERTAIN if each.is_certain else PERHAPS for each in found}
    return [by_place.get(f"$.components[0].rules[{index}]", NOT) for index, _ in enumerate(rules)]


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (None, NOT),
        (TEA, NOT),
        (Not(TierIn(REST)), CERTAIN),
        (AllOf((TEA, Not(TierIn(REST)))), CERTAIN),
        (Not(AnyOf((TierIn(("",)), TierIn(("silver",))))), CERTAIN),
        (Not(TierIn(("silver",))), PERHAPS),  # whoever has no tier is paid the same
        (AnyOf((TEA, Not(TierIn(REST)))), PERHAPS),
        (Not(AllOf((TEA, TierIn(REST)))), PERHAPS),
        (AllOf((TEA, Not(TierIn(("gold",))))), NOT),
        (Not(TierIn(("gold", *REST))), NOT),
        (TierIn(("gold",)), NOT),  # it is named, and told for that
        (TierIn(("silver",)), NOT),
    ],
)
def test_a_condition_may_leave_others_out(match: Match | None, found: str) -> None:
    assert told(rule(ONE, match)) == [found]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ([rule(NOTHING, tiers=REST), rule()], [NOT, CERTAIN]),
        ([rule(NOTHING, TierIn(REST)), rule()], [NOT, CERTAIN]),
        ([rule(NOTHING, tiers=["silver"]), rule()], [NOT, PERHAPS]),
        ([rule(NOTHING, TEA, REST), rule()], [NOT, PERHAPS]),
        ([rule(NOTHING, TEA, REST), rule(ONE, TEA)], [NOT, CERTAIN]),
        ([rule(ONE, tiers=REST), rule(TWO)], [NOT, PERHAPS]),
        ([rule(TWO, tiers=REST), rule(ONE)], [NOT, NOT]),
        ([rule(FixedPerUnit(2), tiers=REST), rule(FixedPerUnit(1))], [NOT, NOT]),
        ([rule(FixedPerOrder(1), tiers=REST), rule(FixedPerOrder(2))], [NOT, PERHAPS]),
        ([rule(FixedPerUnit(2), tiers=REST), rule(ONE)], [NOT, PERHAPS]),
        ([rule(NOTHING, tiers=["gold"]), rule(NOTHING, tiers=["silver"]), rule()], [NOT, NOT, NOT]),
        ([rule(NOTHING, tiers=["gold"]), rule()], [NOT, NOT]),
        ([rule(NOTHING, tiers=["gold", *REST]), rule()], [NOT, NOT]),
        ([rule(NOTHING, tiers=REST, levels=(2,)), rule()], [NOT, NOT]),
        ([rule(NOTHING, tiers=REST), rule(levels=(1, 2))], [NOT, PERHAPS]),
        ([rule(NOTHING, tiers=REST), rule(), rule(levels=(2,))], [NOT, CERTAIN, NOT]),
        ([rule(ONE, Not(TierIn(REST))), rule(TWO, TEA)], [PERHAPS, NOT]),
        ([rule(ONE, Not(TierIn(REST))), rule(TWO, tiers=["lead"])], [PERHAPS, NOT]),
        ([rule(ONE, TEA, REST), rule(ONE, Not(TierIn(REST)))], [NOT, PERHAPS]),
    ],
)
def test_earlier_rules_may_leave_others_out(rules: list[Rule], found: list[str]) -> None:
    assert told(*rules) == found


def test_of_the_best_rule_none_is_earlier() -> None:
    assert told(rule(NOTHING, tiers=REST), rule(), choose=Choice.BEST) == [NOT, NOT]
    assert told(rule(ONE, Not(TierIn(REST))), choose=Choice.BEST) == [CERTAIN]
    assert told(rule(ONE, Not(TierIn(REST))), rule(NOTHING), choose=Choice.BEST) == [CERTAIN, NOT]


def test_where_tiers_qualify_they_are_named() -> None:
    assert told(rule(NOTHING, tiers=REST), rule(), qualified_tiers=("gold", "silver")) == [NOT, NOT]


def test_whoever_has_no_tier_may_have_paid_too() -> None:
    assert told(rule(NOTHING, tiers=["silver"]), rule(), gold="") == [NOT, CERTAIN]
    assert told(rule(), gold="") == [NOT]


def test_what_a_formula_pays_nobody_knows() -> None:
    formula = Custom(ComponentId("own"), "ours", 1)
    found = list(favoured_tiers(a_plan(formula), ("gold",)))
    assert found == [Favoured("gold", "$.components[0]", is_certain=False)]
    assert list(favoured_tiers(a_plan(formula), ())) == []


def test_what_there_is_no_time_to_compare_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favoured, "_COMPARED_MAX", 1)
    many = [rule(ONE, tiers=["lead"])] * 3
    assert told(*many, rule()) == [NOT, NOT, NOT, PERHAPS]
    assert told(rule(TWO, tiers=REST), rule(), rule(NOTHING)) == [NOT, PERHAPS, NOT]
