"""Who holds each level of a sale: sponsors, promoters, the buyer, and those who do not qualify."""

import pytest
from attrs import evolve
from tests.builders import above, line, paid, percent, plan, sale, seat

from distcore.commission import (
    FirstLevel,
    Lineage,
    Plan,
    Reason,
    Seat,
    Standing,
    Unqualified,
    Upline,
    calculate,
    explain,
    whole,
)
from distcore.commission.lineage import walk

THREE = plan(percent("10%", 1), percent("5%", 2), percent("2%", 3))
ORDER = sale(line("1", 10_000), buyer="buyer")
SUSPENDED = seat("sue", standing=Standing.SUSPENDED)
GONE = seat("gus", standing=Standing.GONE)


def earned(plan: Plan, lineage: Lineage) -> dict[str, int]:
    return paid(calculate(plan, ORDER, whole(ORDER), lineage))


def passed(plan: Plan, lineage: Lineage) -> list[tuple[int, str, str | None, int]]:
    """Return, for everybody who gets nothing: level, reason, member and what is forgone."""
    why_nots = explain(plan, ORDER, whole(ORDER), lineage).why_nots
    return [(each.level, each.reason.value, each.member, each.forgone_minor) for each in why_nots]


def _levels() -> Upline:
    component = THREE.components[0]
    assert isinstance(component, Upline)
    return component


def answering(unqualified: Unqualified, *qualified_tiers: str) -> Plan:
    component = evolve(_levels(), unqualified=unqualified, qualified_tiers=qualified_tiers)
    return evolve(THREE, components=(component,))


def first_level(level_1: FirstLevel, *, buyer_is_level_1: bool = False) -> Plan:
    component = evolve(_levels(), level_1=level_1, buyer_is_level_1=buyer_is_level_1)
    return evolve(THREE, components=(component,))


@pytest.mark.parametrize(
    ("unqualified", "amounts_minor", "nothing_for"),
    [
        (
            Unqualified.LOST,
            {"ann": 1_000, "joe": 200},
            [(2, "suspended", "sue", 500), (4, "too_far", None, 0)],
        ),
        (
            Unqualified.SKIPPED,
            {"ann": 1_000, "joe": 500, "zoe": 200},
            [(0, "suspended", "sue", 0)],
        ),
        (
            Unqualified.ROLLS_UP,
            {"ann": 1_000, "joe": 500 + 200},
            [(2, "suspended", "sue", 0), (4, "too_far", None, 0)],
        ),
        (
            Unqualified.ENDS_CHAIN,
            {"ann": 1_000},
            [(2, "suspended", "sue", 500), (3, "chain_ended", None, 0)],
        ),
    ],
)
def test_the_four_answers_for_a_member_who_does_not_qualify(
    unqualified: Unqualified,
    amounts_minor: dict[str, int],
    nothing_for: list[tuple[int, str, str | None, int]],
) -> None:
    lineage = above("ann", SUSPENDED, "joe", "zoe")
    assert earned(answering(unqualified), lineage) == amounts_minor
    assert passed(answering(unqualified), lineage) == nothing_for


def test_a_tier_may_be_what_qualifies() -> None:
    lineage = above(seat("ann", "gold"), seat("ben"), seat("joe", "jade"))
    assert earned(answering(Unqualified.LOST, "gold", "jade"), lineage) == {"ann": 1_000, "joe": 200}
    assert passed(answering(Unqualified.LOST, "gold"), lineage) == [
        (2, "tier_not_qualified", "ben", 500),
        (3, "tier_not_qualified", "joe", 200),
    ]


def test_several_levels_roll_up_to_the_next_who_qualifies_even_above_the_last_level() -> None:
    lineage = above("ann", SUSPENDED, seat("sam", standing=Standing.SUSPENDED), SUSPENDED, "joe", "zoe")
    by = answering(Unqualified.ROLLS_UP)
    assert earned(by, lineage) == {"ann": 1_000, "joe": 700}
    rolled = [each for each in calculate(by, ORDER, whole(ORDER), lineage) if each.payee == "joe"]
    assert [(each.level, each.amount_minor) for each in rolled] == [(2, 500), (3, 200)]


def test_whoever_does_not_qualify_above_the_last_level_is_named_without_a_level() -> None:
    """Such a seat uses up none; the walk looks at it because something rolled up so far."""
    sam, kim = (seat(name, standing=Standing.SUSPENDED) for name in ("sam", "kim"))
    lineage = above("ann", "ben", SUSPENDED, sam, GONE, kim, "joe", "zoe")
    by = answering(Unqualified.ROLLS_UP)
    assert earned(by, lineage) == {"ann": 1_000, "ben": 500, "joe": 200}
    found = walk(by.components[0], lineage)
    assert [(each.level, each.reason, each.seat) for each in found.passed] == [
        (3, Reason.SUSPENDED, SUSPENDED),
        (0, Reason.SUSPENDED, sam),
        (0, Reason.TERMINATED, GONE),
        (0, Reason.SUSPENDED, kim),
    ]
    assert (0, "suspended", "sam", 0) in passed(by, lineage)
    nobody = walk(by.components[0], above("ann", "ben", SUSPENDED, sam))
    assert [(each.level, each.reason) for each in nobody.passed] == [
        (3, Reason.SUSPENDED),
        (0, Reason.SUSPENDED),
        (3, Reason.NOBODY_QUALIFIES_ABOVE),
    ]


def test_what_rolls_up_to_nobody_is_lost_and_said() -> None:
    assert earned(answering(Unqualified.ROLLS_UP), above("ann", SUSPENDED)) == {"ann": 1_000}
    assert passed(answering(Unqualified.ROLLS_UP), above("ann", SUSPENDED)) == [
        (2, "suspended", "sue", 500),
        (2, "nobody_qualifies_above", None, 0),
        (3, "nobody_at_level", None, 0),
    ]


@pytest.mark.parametrize("unqualified", Unqualified)
def test_a_terminated_member_is_passed_over_whatever_the_plan_answers(unqualified: Unqualified) -> None:
    lineage = above("ann", GONE, "joe", "zoe")
    assert earned(answering(unqualified), lineage) == {"ann": 1_000, "joe": 500, "zoe": 200}
    assert passed(answering(unqualified), lineage) == [(0, "terminated", "gus", 0)]


def test_a_walk_ends_with_the_last_level_that_is_paid() -> None:
    lineage = above("ann", "ben", "joe", SUSPENDED)
    assert walk(THREE.components[0], lineage).passed == ()
    assert passed(THREE, lineage) == [(4, "too_far", None, 0)]


def test_a_short_upline_leaves_levels_to_nobody() -> None:
    assert earned(THREE, above("ann")) == {"ann": 1_000}
    assert passed(THREE, above("ann")) == [(2, "nobody_at_level", None, 0)]
    assert passed(THREE, above()) == [(1, "nobody_at_level", None, 0)]


# The buyer


def test_a_buying_distributor_is_level_1_where_the_plan_says_so() -> None:
    by = first_level(FirstLevel.SPONSOR, buyer_is_level_1=True)
    assert earned(by, above("ann", "ben", "joe", own=seat("buyer"))) == {
        "buyer": 1_000,
        "ann": 500,
        "ben": 200,
    }


def test_a_buyer_who_is_no_member_is_nobodys_level() -> None:
    by = first_level(FirstLevel.SPONSOR, buyer_is_level_1=True)
    assert earned(by, above("ann", own=None)) == {"ann": 1_000}


def test_a_buying_distributor_must_qualify_too() -> None:
    by = first_level(FirstLevel.SPONSOR, buyer_is_level_1=True)
    lineage = above("ann", own=seat("buyer", standing=Standing.SUSPENDED))
    assert earned(by, lineage) == {"ann": 500}
    assert passed(by, lineage) == [(1, "suspended", "buyer", 1_000), (3, "nobody_at_level", None, 0)]


def test_the_buyer_never_earns_unless_the_plan_says_so() -> None:
    lineage = above("ann", own=seat("buyer"))
    assert earned(THREE, lineage) == {"ann": 1_000}


# The promoter


def promoted(*seats: Seat, sponsors: tuple[str, ...] = ("ann", "ben")) -> Lineage:
    return above(*sponsors, own=seat("buyer"), promoted=seats)


def test_a_promoter_pays_nothing_where_level_1_is_the_sponsor() -> None:
    assert earned(THREE, promoted(seat("pam"), seat("pat"))) == {"ann": 1_000, "ben": 500}


def test_a_promoter_is_level_1_where_the_plan_says_so_and_the_upline_goes_on_from_there() -> None:
    by = first_level(FirstLevel.PROMOTER)
    assert earned(by, promoted(seat("pam"), seat("pat"))) == {"pam": 1_000, "pat": 500}


def test_without_a_promoter_the_sponsor_is_level_1() -> None:
    assert earned(first_level(FirstLevel.PROMOTER), promoted()) == {"ann": 1_000, "ben": 500}


@pytest.mark.parametrize("level_1", FirstLevel)
def test_a_buyer_who_is_nobodys_downline_has_the_upline_of_the_promoter(level_1: FirstLevel) -> None:
    lineage = promoted(seat("pam"), seat("pat"), sponsors=())
    assert earned(first_level(level_1), lineage) == {"pam": 1_000, "pat": 500}


def test_a_buyer_met_in_the_upline_of_the_promoter_is_passed_over() -> None:
    lineage = promoted(seat("pam"), seat("buyer"), seat("pat"))
    assert earned(first_level(FirstLevel.PROMOTER), lineage) == {"pam": 1_000, "pat": 500}
    assert passed(first_level(FirstLevel.PROMOTER), lineage) == [
        (0, "is_buyer", "buyer", 0),
        (3, "nobody_at_level", None, 0),
        (0, "other_line", None, 0),
    ]


def test_a_buyer_who_is_level_1_is_not_paid_again_above_the_promoter() -> None:
    lineage = promoted(seat("pam"), seat("buyer"), seat("pat"))
    by = first_level(FirstLevel.PROMOTER, buyer_is_level_1=True)
    assert earned(by, lineage) == {"buyer": 1_000, "pam": 500, "pat": 200}
