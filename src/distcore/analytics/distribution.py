"""How an amount is spread over people: the middle, the top, and how unequal it is.

The rule this file protects: every figure is made of whole numbers, exactly, and rounded once, at its end.
So the order in which people come changes nothing, and neither does the unit in which amounts are counted,
as long as nothing is rounded away.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from attrs import frozen

from distcore.kernel import PPM, InputError, Rate, Rounding, divide, int_problem, limits

TOP: Final = Rate(10_000)
"""The part of all people whose share is told: the first of a hundred."""

QUANTILES: Final = (Rate(100_000), Rate(250_000), Rate(750_000), Rate(900_000), Rate(990_000))
"""The quantiles that are told beside the median: of ten and four equal parts, and the last of a hundred."""


@frozen
class Quantile:
    """An amount that a share of all people do not exceed."""

    share: Rate
    amount_minor: int


@frozen
class Distribution:
    """An amount as it is spread over people, in minor units and parts per million.

    `top_count` people, the first of a hundred and at least one, have `top_minor`, which is `top_share_ppm`
    of the total.  `gini_ppm` is 0 where all have the same, and comes near a million where one has it all.
    """

    count: int
    total_minor: int
    mean_minor: int
    median_minor: int
    quantiles: tuple[Quantile, ...]
    top_count: int
    top_minor: int
    top_share_ppm: int
    gini_ppm: int


NOBODY: Final = Distribution(0, 0, 0, 0, (), 0, 0, 0, 0)
"""What is spread over nobody."""


def distribution(amounts: Iterable[int], *, rounding: Rounding = Rounding.HALF_UP) -> Distribution:
    """Return how amounts are spread, one for each of at most `SPLIT_PARTS_MAX` people.

    Amounts are 0 or more minor units: a share of the whole, and with it inequality, means nothing where
    some amounts are debts.  Raises `InputError` for others.
    """
    ranked = _ranked(amounts)
    if not ranked:
        return NOBODY
    total = sum(ranked)
    top_count = divide(len(ranked) * TOP.ppm, PPM, Rounding.UP)
    top = sum(ranked[-top_count:])
    return Distribution(
        len(ranked),
        total,
        divide(total, len(ranked), rounding),
        quantile(ranked, Rate(PPM // 2), rounding),
        tuple(Quantile(share, quantile(ranked, share, rounding)) for share in QUANTILES),
        top_count,
        top,
        share_ppm(top, total, rounding),
        gini_ppm(ranked, rounding),
    )


def quantile(ranked: Sequence[int], share: Rate, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return the amount that a share of all do not exceed; `ranked` are in order, and not none.

    Where the share falls between two people it is half-way between theirs, rounded: definition 2 of Hyndman
    and Fan, "Sample quantiles in statistical packages" (1996).  So the median of an even number is the mean
    of the middle two.  The share of 0 % is the least amount, that of 100 % the largest.
    """
    whole, rest = divmod(len(ranked) * share.ppm, PPM)
    upper = min(whole, len(ranked) - 1)
    lower = upper if rest else max(whole - 1, 0)
    return divide(ranked[lower] + ranked[upper], 2, rounding)


def gini_ppm(ranked: Sequence[int], rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return the Gini coefficient of ranked amounts in parts per million.

    Half of the mean absolute difference of all pairs, over the mean (Gini, 1912).  Of amounts x₁ ≤ … ≤ xₙ
    that is Σ (2i - n - 1)·xᵢ / (n·Σ xᵢ) (Sen, "On economic inequality", 1973): one pass instead of all pairs,
    and whole numbers up to the one division.  Between 0 and (n - 1)/n; 0 where nobody has anything.
    """
    count, total = len(ranked), sum(ranked)
    if not total:
        return 0
    weighted = sum([(2 * place - count - 1) * amount for place, amount in enumerate(ranked, 1)])
    return divide(PPM * weighted, count * total, rounding)


def share_ppm(part: int, whole: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """Return which part of a whole something is, in parts per million; of nothing 0."""
    return divide(PPM * part, whole, rounding) if whole else 0


def _ranked(amounts: Iterable[int]) -> list[int]:
    """Return checked amounts, the least first."""
    most = limits.SPLIT_PARTS_MAX
    given = list(islice(amounts, most + 1))
    if len(given) > most:
        raise InputError.of("amounts", f"there are more than {most}", "tell fewer people apart")
    problems = (
        int_problem(amount, f"amounts[{place}]", least=0, most=limits.TOTAL_MINOR_MAX)
        for place, amount in enumerate(given)
    )
    wrong = tuple(islice(filter(None, problems), limits.PROBLEMS_MAX))
    if wrong:
        raise InputError(wrong)
    return sorted(given)
