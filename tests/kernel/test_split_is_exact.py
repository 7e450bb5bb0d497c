"""M3: the parts of a split add up, for any weights, and nobody with more weight gets less."""

from collections.abc import Callable, Sequence
from itertools import pairwise, product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from distcore.kernel import InputError, SplitMethod, limits, split

Splitter = Callable[[int, Sequence[int]], tuple[int, ...]]

totals = st.integers(-(10**15), 10**15) | st.integers(-200, 200)
weights = st.lists(st.sampled_from([0, 1, 10**15]) | st.integers(0, 1_000), max_size=12)
some_weights = weights.filter(any)


def is_exact(splitter: Splitter, total: int, weights: Sequence[int]) -> bool:
    parts = splitter(total, weights)
    return (
        len(parts) == len(weights)
        and sum(parts) == total
        and all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
        and all(part * total >= 0 for part in parts)
    )


def is_fair(splitter: Splitter, total: int, weights: Sequence[int]) -> bool:
    """Whether more weight never gets less, and equal parts differ by at most a unit, the earlier first."""
    by_weight: dict[int, list[int]] = {}
    for part, weight in zip(splitter(total, weights), weights, strict=True):
        by_weight.setdefault(weight, []).append(abs(part))
    groups = [parts for _, parts in sorted(by_weight.items())]
    return all(
        parts == sorted(parts, reverse=True) and parts[0] - parts[-1] <= 1 for parts in groups
    ) and all(max(lighter) <= min(heavier) for lighter, heavier in pairwise(groups))


@pytest.mark.parametrize("method", SplitMethod)
@given(totals, some_weights)
@example(5, [1, 33, 33, 33])
@example(10**15, [1, 10**15, 0])
def test_parts_add_up_and_keep_the_sign(method: SplitMethod, total: int, weights: list[int]) -> None:
    assert is_exact(lambda total, weights: split(total, weights, method), total, weights)


@pytest.mark.parametrize("method", SplitMethod)
@given(totals, some_weights)
def test_a_negative_total_is_the_mirror_image(method: SplitMethod, total: int, weights: list[int]) -> None:
    assert split(-total, weights, method) == tuple(-part for part in split(total, weights, method))


@given(totals, some_weights)
def test_more_weight_never_gets_less(total: int, weights: list[int]) -> None:
    assert is_fair(split, total, weights)


@given(totals, some_weights)
def test_every_part_is_within_a_unit_of_its_share(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert all(
        abs(part * sum(weights) - total * weight) < sum(weights)
        for part, weight in zip(parts, weights, strict=True)
    )


def exhaustively(totals: Sequence[int], lengths: Sequence[int]) -> None:
    for length in lengths:
        for weights in product((1, 2, 3, 4), repeat=length):
            for total in totals:
                for sign in (1, -1):
                    assert is_exact(split, sign * total, weights)
                    assert is_fair(split, sign * total, weights)


def test_exhaustively_for_few_parts() -> None:
    exhaustively(range(201), (1, 2))
    exhaustively(range(0, 201, 11), (3, 4))
    exhaustively((7,), (5,))


@pytest.mark.deep
def test_exhaustively_up_to_six_parts() -> None:
    exhaustively(range(201), range(1, 7))


@pytest.mark.parametrize("splitter", ["last takes the rest", "floats"])
def test_the_law_notices_other_splits(splitter: str) -> None:
    def floats(total: int, weights: Sequence[int]) -> tuple[int, ...]:
        return tuple(round(total * weight / sum(weights)) for weight in weights)

    def last(total: int, weights: Sequence[int]) -> tuple[int, ...]:
        return split(total, weights, SplitMethod.LAST)

    canary, law = (floats, is_exact) if splitter == "floats" else (last, is_fair)
    assert not all(law(canary, total, [1, 1, 1]) for total in range(10))


@pytest.mark.parametrize(
    ("method", "total", "weights", "expected"),
    [
        (SplitMethod.LARGEST_REMAINDER, 100, [1, 1, 1], (34, 33, 33)),
        (SplitMethod.LARGEST_REMAINDER, 10, [1, 2, 6], (1, 2, 7)),
        (SplitMethod.LARGEST_REMAINDER, 1, [0, 1, 1, 0], (0, 1, 0, 0)),
        (SplitMethod.LAST, 100, [1, 1, 1], (33, 33, 34)),
        (SplitMethod.LAST, 100, [1, 1, 1, 0], (33, 33, 34, 0)),
        (SplitMethod.FIRST, 101, [1, 1, 1], (34, 34, 33)),
        (SplitMethod.FIRST, 101, [0, 1, 1, 1], (0, 34, 34, 33)),
        (SplitMethod.HALF_DOWN_FIRST, 1, [1, 1], (1, 0)),
        (SplitMethod.HALF_DOWN_FIRST, 5, [3, 3, 2], (2, 2, 1)),
        (SplitMethod.HALF_DOWN_FIRST, 5, [1, 33, 33, 33], (0, 1, 2, 2)),
    ],
)
def test_by_example(method: SplitMethod, total: int, weights: list[int], expected: tuple[int, ...]) -> None:
    assert split(total, weights, method) == expected


@given(st.integers(0, 5))
def test_nothing_splits_over_anything(parts: int) -> None:
    assert split(0, [0] * parts) == (0,) * parts


@pytest.mark.parametrize("weights", [[], [0], [0, 0]])
@pytest.mark.parametrize("total", [1, -1])
def test_something_needs_a_weight(weights: list[int], total: int) -> None:
    with pytest.raises(InputError, match="weights: nothing to split"):
        split(total, weights)


@pytest.mark.parametrize("weights", [[1, -1], [-5], [True, 1], [0.5, 1], ["1"], [None], [10**30, -1]])
def test_weights_are_whole_and_not_negative(weights: list[int]) -> None:
    with pytest.raises(InputError, match="not weights"):
        split(10, weights)


def test_the_number_of_parts_is_bounded() -> None:
    edge = limits.SPLIT_PARTS_MAX
    assert split(1, range(edge))[-1] == 1
    with pytest.raises(InputError, match="at most 1000000"):
        split(1, range(edge + 1))
