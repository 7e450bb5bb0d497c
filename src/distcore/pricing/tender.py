"""How much of what is to be paid is paid with points and with stored value, line by line.

The one rule this file protects: what each tender pays is split over the lines to the last minor unit, so that
a refund knows what came from where.
"""

from collections.abc import Sequence

from attrs import frozen

from distcore.kernel import Rate, Rounding, split

ALL = Rate.parse("100%")


@frozen
class PointsPolicy:
    """What points are worth: `points` of them `amount_minor`, used in such steps.

    They pay no more than a share `most` of the goods, and no fewer than `least` points are used at once.
    """

    points: int = 1
    amount_minor: int = 1
    most: Rate = ALL
    least: int = 0


@frozen
class Tender:
    """What is paid by points and by stored value, of each line in order, and how many points that takes."""

    points: int = 0
    by_points: tuple[int, ...] = ()
    by_value: tuple[int, ...] = ()


def tendered(due: Sequence[int], points: int, value_minor: int, policy: PointsPolicy | None) -> Tender:
    """Return what points and stored value pay of what is due for each line: points first.

    A buyer may want to use more than is needed, or allowed: then less is used.
    """
    steps = 0
    if policy is not None and points >= policy.least:
        most_minor = policy.most.of(sum(due), Rounding.DOWN)
        steps = min(points // policy.points, most_minor // policy.amount_minor)
        if steps * policy.points < policy.least:
            steps = 0
    by_points = split(steps * policy.amount_minor, due) if policy is not None and steps else (0,) * len(due)
    rest = [each - paid for each, paid in zip(due, by_points, strict=True)]
    by_value = split(min(value_minor, sum(rest)), rest)
    return Tender(steps * policy.points if policy is not None else 0, by_points, by_value)
