"""Payments one after the other, and what is withheld of each: a naive book of months beside the domain."""

from collections import defaultdict
from collections.abc import Iterable

from hypothesis import strategies as st

from distcore.kernel import Currency, parse_minor
from distcore.settlement import Assessed, CnCumulative, CnLabour, Customs, SoFar, Withholding, withheld_minor

CNY = Currency("CNY")
LABOUR, PLATFORM = CnLabour(), CnCumulative()

Payment = tuple[str, int]
"""A month and the gross due in minor units."""

YEAR = tuple(f"2026-{number:02}" for number in range(1, 13))


def withheld_of(
    withholding: Withholding, payments: Iterable[Payment], customs: Customs | None = None
) -> list[int]:
    """Return what is withheld of each payment, in order; earlier ones count for later ones."""
    book: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    found = []
    for month, gross in payments:
        withheld = withheld_minor(withholding, gross, month, so_far(book, month[:4]), customs or {})
        book[month][0] += gross
        book[month][1] += withheld
        found.append(withheld)
    return found


def so_far(book: defaultdict[str, list[int]], year: str) -> SoFar:
    return SoFar(tuple(Assessed(month, *book[month]) for month in sorted(book) if month[:4] == year))


def yuan(*payments: tuple[str, str]) -> list[Payment]:
    """Return payments of amounts that are written in yuan."""
    return [(month, parse_minor(amount, CNY)) for month, amount in payments]


grosses = st.integers(1, 10_000) | st.integers(1, 20_000_000) | st.integers(1, 10**15)
"""Gross amounts: small, of a person, of any size."""

payments_of_a_year = st.lists(st.tuples(st.sampled_from(YEAR), grosses), max_size=24).map(sorted)
"""Some payments in the months of a year, in the order of months; some months have none."""
