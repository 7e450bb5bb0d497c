"""Sums over a forest are those of a naive, recursive definition, however the forest looks."""

from collections.abc import Callable, Sequence
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import Downlines, InputError, direct_sums, legs, recruits_with, strongest_legs, team_sums
from distcore.testing.tier_strategies import forests


def naive_team(sponsors: Sequence[int], own: Sequence[int]) -> Callable[[int], int]:
    """Return what adds up a team by its definition: the member, and the teams of the direct downline."""

    @cache
    def team(member: int) -> int:
        return own[member] + sum(team(each) for each in below(sponsors, member))

    return team


def below(sponsors: Sequence[int], member: int) -> list[int]:
    return [place for place, sponsor in enumerate(sponsors) if sponsor == member]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    sponsors = draw(forests())
    amounts = st.integers(0, 5) | st.integers(0, 10**30)
    return sponsors, draw(st.lists(amounts, min_size=len(sponsors), max_size=len(sponsors)))


@given(worlds(), st.integers(0, 5))
def test_every_sum_is_that_of_its_definition(world: tuple[list[int], list[int]], least: int) -> None:
    sponsors, own = world
    forest = Downlines.of(sponsors)
    teams = team_sums(forest, own)
    team = naive_team(sponsors, own)
    members = range(len(sponsors))
    assert len(forest) == len(sponsors)
    assert teams == [team(each) for each in members]
    assert direct_sums(forest, own) == [sum(own[x] for x in below(sponsors, each)) for each in members]
    assert strongest_legs(forest, teams) == [
        max((team(x) for x in below(sponsors, each)), default=0) for each in members
    ]
    assert recruits_with(forest, own, least) == [
        sum(own[x] >= least for x in below(sponsors, each)) for each in members
    ]
    for each in members:
        assert list(legs(forest, teams, each)) == [(x, team(x)) for x in below(sponsors, each)]


@given(forests())
def test_everybody_comes_before_the_own_sponsor(sponsors: list[int]) -> None:
    order = list(Downlines.of(sponsors).upwards)
    assert sorted(order) == list(range(len(sponsors)))
    assert all(
        order.index(member) < order.index(sponsor) for member, sponsor in enumerate(sponsors) if sponsor != -1
    )


@given(worlds(), st.randoms())
def test_the_order_of_members_changes_nobody_s_sums(
    world: tuple[list[int], list[int]], random: Random
) -> None:
    sponsors, own = world
    order = random.sample(range(len(own)), len(own))
    place_of = {old: new for new, old in enumerate(order)} | {-1: -1}
    forest, moved = Downlines.of(sponsors), Downlines.of([place_of[sponsors[old]] for old in order])
    bought = [own[old] for old in order]
    assert team_sums(moved, bought) == [team_sums(forest, own)[old] for old in order]
    assert direct_sums(moved, bought) == [direct_sums(forest, own)[old] for old in order]


@pytest.mark.parametrize(("count", "upside_down"), [(1_000_000, False), (100_000, True)])
def test_a_chain_of_a_million_is_added_up(count: int, *, upside_down: bool) -> None:
    chain = [*range(1, count), -1] if upside_down else [-1, *range(count - 1)]
    forest = Downlines.of(chain)
    teams = team_sums(forest, [1] * count)
    assert teams == (list(range(1, count + 1)) if upside_down else list(range(count, 0, -1)))
    assert strongest_legs(forest, teams)[count // 2] == teams[count // 2] - 1


@pytest.mark.parametrize(
    ("sponsors", "where"),
    [
        ([0], "sponsors[0]"),
        ([-1, 2, 1], "sponsors[1]"),
        ([1, 2, 1], "sponsors[1]"),
        ([-1, 2], "sponsors[1]"),
        ([-2], "sponsors[0]"),
    ],
)
def test_what_is_no_forest_is_refused(sponsors: list[int], where: str) -> None:
    with pytest.raises(InputError) as refused:
        Downlines.of(sponsors)
    assert [problem.where for problem in refused.value.problems] == [where]


def test_a_column_that_is_too_short_is_a_mistake() -> None:
    forest = Downlines.of([-1, 0])
    for add in (direct_sums, lambda of, own: recruits_with(of, own, 1)):
        with pytest.raises(ValueError, match="shorter"):
            add(forest, [1])


@pytest.mark.parametrize(
    ("sponsors", "says"),
    [
        ([-1, 2], "sponsors[1]: no such place: 2 (-1 is nobody)"),
        ([-2], "sponsors[0]: no such place: -2 (-1 is nobody)"),
        ([-1, 2, 1], "sponsors[1]: stands in a cycle, or above one"),
    ],
)
def test_what_is_no_forest_says_why(sponsors: list[int], says: str) -> None:
    with pytest.raises(InputError) as refused:
        Downlines.of(sponsors)
    assert str(refused.value) == says
