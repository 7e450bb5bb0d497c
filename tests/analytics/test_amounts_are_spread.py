"""Distributions are exact: whole numbers, and the definitions themselves as the second opinion."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distcore.analytics import NOBODY, Distribution, distribution, gini_ppm, quantile
from distcore.kernel import PPM, InputError, Rate, Rounding, limits

amounts = st.lists(st.integers(0, 10**12) | st.integers(0, 3), max_size=60)
some = st.lists(st.integers(0, 10**12) | st.integers(0, 3), min_size=1, max_size=60)


def gini(given: Sequence[int]) -> Fraction:
    """Half of the mean absolute difference of all pairs, over the mean."""
    pairs = [abs(one - other) for one, other in product(given, given)]
    mean = Fraction(sum(given), len(given))
    return Fraction(sum(pairs), len(pairs)) / (2 * mean) if mean else Fraction(0)


def ppm(share: Fraction) -> int:
    """Round a share half up."""
    return int((share * PPM + Fraction(1, 2)).__floor__())


def quantile_of(given: Sequence[int], share: Fraction) -> Fraction:
    """The least amount that enough do not exceed, and half-way to the next where they are just enough."""
    ranked = sorted(given)
    reached = [amount for amount in ranked if sum(each <= amount for each in ranked) >= share * len(ranked)]
    exceeded = [amount for amount in ranked if sum(each <= amount for each in ranked) > share * len(ranked)]
    return Fraction(min(reached) + min(exceeded or reached), 2)


@given(some)
def test_figures_are_what_they_are_defined_as(given: list[int]) -> None:
    found = distribution(given)

    assert (found.count, found.total_minor) == (len(given), sum(given))
    assert found.mean_minor == (Fraction(sum(given), len(given)) + Fraction(1, 2)).__floor__()
    assert found.gini_ppm == ppm(gini(given))
    assert found.top_count == -(-len(given) // 100)
    assert found.top_minor == sum(sorted(given, reverse=True)[: found.top_count])
    assert found.top_share_ppm == (ppm(Fraction(found.top_minor, sum(given))) if sum(given) else 0)


@given(some, st.integers(1, PPM - 1) | st.sampled_from((100_000, 250_000, 500_000, 750_000)))
@example([1, 2], 500_000)
@example([1, 2, 3, 4], 250_000)
def test_a_quantile_is_what_so_many_do_not_exceed(given: list[int], share: int) -> None:
    expected = quantile_of(given, Fraction(share, PPM))
    assert quantile(sorted(given), Rate(share), Rounding.DOWN) == expected.__floor__()
    assert quantile(sorted(given), Rate(share), Rounding.UP) == expected.__ceil__()


def test_the_first_and_the_last_are_the_least_and_the_most() -> None:
    assert [quantile([1, 5, 9], Rate(share)) for share in (0, PPM)] == [1, 9]


@given(amounts, st.randoms(use_true_random=False))
def test_the_order_of_people_changes_nothing(given: list[int], random: Random) -> None:
    shuffled = list(given)
    random.shuffle(shuffled)
    assert distribution(shuffled) == distribution(given)


@given(some, st.integers(1, 1_000))
def test_the_unit_changes_no_share(given: list[int], times: int) -> None:
    one, other = distribution(given), distribution([each * times for each in given])
    assert (other.gini_ppm, other.top_share_ppm) == (one.gini_ppm, one.top_share_ppm)
    assert other.total_minor == one.total_minor * times


@given(st.integers(0, 10**12), st.integers(1, 300))
def test_equal_amounts_are_equal(amount: int, count: int) -> None:
    found = distribution([amount] * count)
    assert (found.gini_ppm, found.mean_minor, found.median_minor) == (0, amount, amount)
    assert {each.amount_minor for each in found.quantiles} == {amount}


@given(some)
def test_inequality_has_bounds(given: list[int]) -> None:
    most = Fraction(len(given) - 1, len(given))
    assert 0 <= gini_ppm(sorted(given)) <= ppm(most)


@given(st.integers(1, 10**12), st.integers(1, 300))
def test_one_who_has_it_all_is_the_upper_bound(amount: int, count: int) -> None:
    found = distribution([*[0] * (count - 1), amount])
    assert found.gini_ppm == ppm(Fraction(count - 1, count))
    assert found.top_share_ppm == PPM


@given(some, st.data())
def test_to_give_to_somebody_richer_is_less_equal(given: list[int], data: st.DataObject) -> None:
    ranked = sorted(given)
    poor = data.draw(st.integers(0, len(ranked) - 1))
    rich = data.draw(st.integers(poor, len(ranked) - 1))
    moved = list(ranked)
    moved[poor], moved[rich] = moved[poor] - moved[poor] // 2, moved[rich] + ranked[poor] // 2
    if poor != rich:
        assert gini_ppm(sorted(moved)) >= gini_ppm(ranked)


def test_nobody_has_nothing() -> None:
    assert distribution([]) == NOBODY == Distribution(0, 0, 0, 0, (), 0, 0, 0, 0)


@pytest.mark.parametrize("wrong", [-1, True, 1.5, "1", limits.TOTAL_MINOR_MAX + 1])
def test_what_is_no_amount_is_refused(wrong: int) -> None:
    with pytest.raises(InputError, match=r"amounts\[1\]"):
        distribution([1, wrong])


def test_there_are_no_more_people_than_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SPLIT_PARTS_MAX", 3)
    assert distribution([1, 1, 1]).count == 3
    with pytest.raises(InputError, match="more than 3"):
        distribution([1, 1, 1, 1])
