"""What is too much under a cap shrinks in proportion, and what was granted before is missing."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from tests.builders import above, line, percent, plan, sale, seat
from tests.laws.test_a_scope_never_pays_more_than_its_budget import World, random_world

from distcore.commission import (
    Cap,
    Case,
    Differential,
    Grant,
    Per,
    Plan,
    SameTier,
    TallyKey,
    Unqualified,
    calculate,
    claims_of,
    grants_to,
    tallies_of,
    whole,
)
from distcore.commission.calculate import wanted
from distcore.kernel import Cadence, Calendar, CapId, ComponentId, MemberId, Rate, RuleId, zone_of
from distcore.testing.worlds import drawn

ORDER = sale(line("1", 10_000), line("2", 5_000), line("3", 1))
CALENDAR = Calendar(zone_of("Asia/Shanghai"))
MONTH = Cap(CapId("month"), 1_000, within=Cadence.MONTHLY)
ANN = MemberId("ann")


def granted(by: Plan, used: dict[TallyKey, int] | None = None) -> tuple[Grant, ...] | None:
    lineage = above("ann", "ben")
    case = Case(ORDER, lineage.past)
    return grants_to(claims_of(by, lineage), by, case, used or {}, CALENDAR)


def test_without_caps_nothing_is_granted() -> None:
    assert granted(plan(percent("10%", 1))) is None


def test_whoever_used_nothing_up_has_all_of_a_cap() -> None:
    by = evolve(plan(percent("10%", 1), percent("1%", 2)), caps=(MONTH,))
    assert granted(by) == (
        Grant(MONTH.id, ANN, "2026-01", 1_000),
        Grant(MONTH.id, MemberId("ben"), "2026-01", 150),
    )


def test_what_others_were_granted_is_missing_and_no_less_than_nothing_is_left() -> None:
    """Also where a later version lowered the cap."""
    by = evolve(plan(percent("10%", 1)), caps=(MONTH,))
    key = (by.id, MONTH.id, ANN, "2026-01")
    assert granted(by, {key: 400}) == (Grant(MONTH.id, ANN, "2026-01", 600),)
    assert granted(by, {key: 1_000}) == granted(by, {key: 1_001}) == ()


def test_lines_shrink_in_proportion_to_the_cent() -> None:
    by = evolve(plan(percent("10%", 1)), caps=(MONTH,))
    found = calculate(by, ORDER, whole(ORDER), above("ann"))
    assert [(each.line, each.amount_minor) for each in found] == [("1", 667), ("2", 333)]


def test_caps_are_applied_one_after_another() -> None:
    """The first leaves 10.00 to Ann and 7.50 to Ben, the second two thirds of that."""
    caps = (evolve(MONTH, within=None), Cap(CapId("order"), 1_167, Per.BUYER))
    by = evolve(plan(percent("10%", 1), percent("5%", 2)), caps=caps)
    found = calculate(by, ORDER, whole(ORDER), above("ann", "ben"))
    sums = {
        payee: sum(each.amount_minor for each in found if each.payee == payee) for payee in ("ann", "ben")
    }
    assert sums == {"ann": 667, "ben": 500}


def test_a_budget_shrinks_what_the_caps_left() -> None:
    by = evolve(plan(percent("10%", 1), percent("5%", 2)), caps=(MONTH,), budget=Rate.parse("5%"))
    found = calculate(by, sale(line("1", 10_000)), whole(ORDER)[:1], above("ann", "ben"))
    assert [each.amount_minor for each in found] == [333, 167]


def test_whoever_may_have_a_bonus_may_use_a_cap_up() -> None:
    """A bonus has no rule of its own; whoever no rule is for uses nothing up."""
    tiers = Differential(ComponentId("tiers"), (percent("10%", tiers=["gold"]),))
    bonus = evolve(tiers, same_tier=SameTier(RuleId("bonus"), (Rate.parse("10%"),)))
    lineage = above(seat("ann", tier="gold"), "ben", seat("cai", tier="gold"))
    for component, members in ((tiers, {"ann"}), (bonus, {"ann", "cai"})):
        by = evolve(plan(), components=(component,), caps=(MONTH,))
        keys = tallies_of(claims_of(by, lineage), by, ORDER, CALENDAR)
        assert {member for _, _, member, _ in keys} == members
        assert {period for *_, period in keys} == {"2026-01"}
    by = evolve(plan(percent("10%", 1, tiers=["gold"])), caps=(MONTH,))
    assert tallies_of(claims_of(by, above("ben")), by, ORDER, CALENDAR) == set()


GOLD = percent("10%", tiers=["gold"])
BONUS = SameTier(RuleId("bonus"), (Rate.parse("10%"), Rate.parse("5%")))
TIERS = Differential(ComponentId("tiers"), (GOLD,))


@pytest.mark.parametrize(
    ("component", "members"),
    [
        (TIERS, [0]),
        (evolve(TIERS, unqualified=Unqualified.ROLLS_UP), [0]),
        (evolve(TIERS, rules=(GOLD, percent("5%", 2))), [0, 1]),
        (evolve(TIERS, same_tier=BONUS), [0, 1, 2]),
        (evolve(TIERS, rules=(percent("10%", 1),), same_tier=BONUS), [0, 1, 2]),
        (evolve(TIERS, rules=(percent("10%", 3),), same_tier=BONUS), [2, 3, 4]),
        (evolve(TIERS, rules=(GOLD, percent("5%", 2)), same_tier=BONUS), [0, 1, 2, 3]),
    ],
)
def test_of_a_long_line_only_those_who_may_be_paid_use_a_cap_up(
    component: Differential, members: list[int]
) -> None:
    """The others are worth no more than whoever is alike below, and everybody would wait for them."""
    lineage = above(*(seat(str(place), tier="gold") for place in range(500)))
    by = evolve(plan(), components=(component,), caps=(MONTH,))
    keys = tallies_of(claims_of(by, lineage), by, ORDER, CALENDAR)
    assert sorted(int(member) for _, _, member, _ in keys) == members


@settings(max_examples=2 * settings().max_examples)
@given(drawn(random_world))
def test_whoever_is_asked_for_is_known_before(world: World) -> None:
    """Whatever was bought before, all whom anything is calculated for may use a cap up."""
    by, order, _, lineage = world
    by = evolve(by, caps=(MONTH,))
    claims = claims_of(by, lineage)
    asked = wanted(by, Case(order, lineage.past), whole(order), claims)
    keys = tallies_of(claims, by, order, CALENDAR)
    assert {each.payee for each in asked} <= {member for _, _, member, _ in keys}
