"""Splitting an amount over parts, to the last minor unit.

The one rule this file protects: the parts add up to the total, always, and no part changes the
total's sign.  Callers pass the parts in the order of a stable id, so that the order of a cart
never changes anybody's cent.

    >>> from distcore.kernel import split
    >>> split(100, [1, 1, 1])
    (34, 33, 33)
    >>> split(-100, [1, 0, 2])
    (-33, 0, -67)
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final

from distcore.kernel.limits import SPLIT_PARTS_MAX
from distcore.kernel.outcome import InputError, shown


class SplitMethod(Enum):
    """Who gets the odd units; the others exist for shops that migrate and must keep their cents."""

    LARGEST_REMAINDER = "largest_remainder"
    """Rounded down; the odd units one each to the largest remainders, ties to the earlier part."""
    LAST = "last"
    """Rounded down; the last part takes the rest."""
    FIRST = "first"
    """Rounded down; the odd units one each from the first."""
    HALF_DOWN_FIRST = "half_down_first"
    """Rounded half down; what is missing or too much one each from the first."""


LARGEST_REMAINDER: Final = SplitMethod.LARGEST_REMAINDER


def split(total: int, weights: Sequence[int], method: SplitMethod = LARGEST_REMAINDER) -> tuple[int, ...]:
    """Return parts of ``total`` in proportion to ``weights``, which are not negative.

    A zero weight gets zero.  A negative total is the mirror image of the positive one.
    If there is something to split but no weight to carry it, that is an InputError.
    """
    whole = _sum_of(weights)
    if not whole:
        if total:
            raise InputError.of("weights", f"nothing to split {shown(total)} over", "one weight above zero")
        return (0,) * len(weights)
    if total < 0:
        return tuple([-part for part in split(-total, weights, method)])
    return tuple(_SPLITTERS[method](total, weights, whole))


def _sum_of(weights: Sequence[int]) -> int:
    if len(weights) > SPLIT_PARTS_MAX:
        raise InputError.of("weights", f"{len(weights)} parts", f"at most {SPLIT_PARTS_MAX}")
    if not weights:
        return 0
    if set(map(type, weights)) != {int} or min(weights) < 0:
        raise InputError.of("weights", f"not weights: {shown(weights)}", "whole numbers from zero")
    return sum(weights)


def _largest_remainder(total: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, rests = _rounded_down(total, weights, whole)
    # Sorting is stable, so the earlier of two equal remainders comes first.  There are always more
    # remainders above zero than odd units, so that a zero weight never gets one.
    if odd := total - sum(parts):
        for i in sorted(range(len(parts)), key=rests.__getitem__, reverse=True)[:odd]:
            parts[i] += 1
    return parts


def _last(total: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, _ = _rounded_down(total, weights, whole)
    last = max(i for i, weight in enumerate(weights) if weight)
    parts[last] += total - sum(parts)
    return parts


def _first(total: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, _ = _rounded_down(total, weights, whole)
    return _one_each(parts, total - sum(parts), weights)


def _half_down_first(total: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, rests = _rounded_down(total, weights, whole)
    parts = [part + (2 * rest > whole) for part, rest in zip(parts, rests, strict=True)]
    missing = total - sum(parts)
    # Only what a part has can be taken from it: a tiny first part must not turn negative.
    return _one_each(parts, missing, weights if missing > 0 else tuple(parts))


def _rounded_down(total: int, weights: Sequence[int], whole: int) -> tuple[list[int], list[int]]:
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(total * weight, whole)
        parts.append(part)
        rests.append(rest)
    return parts, rests


def _one_each(parts: list[int], missing: int, takers: Sequence[int]) -> list[int]:
    """Add (or take) one each from the first part whose ``takers`` entry is not zero."""
    step = 1 if missing > 0 else -1
    chosen = [i for i, taker in enumerate(takers) if taker][: abs(missing)]
    for i in chosen:
        parts[i] += step
    return parts


_SPLITTERS: Final[dict[SplitMethod, Callable[[int, Sequence[int], int], list[int]]]] = {
    SplitMethod.LARGEST_REMAINDER: _largest_remainder,
    SplitMethod.LAST: _last,
    SplitMethod.FIRST: _first,
    SplitMethod.HALF_DOWN_FIRST: _half_down_first,
}
