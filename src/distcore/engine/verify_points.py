"""Points, held against when they must have come and gone: what a period pays may depend on who had them.

Nothing is taken on trust: every transfer on an account of points has the instant that follows from its fact.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from distcore.commission import Portion
from distcore.engine import bookkeeping
from distcore.kernel import POINT, Instant, MemberId, Origin, OriginKind, Problem
from distcore.ledger import POINTS, Transfer
from distcore.ports import Transaction

Came: TypeAlias = tuple[MemberId, Instant, int]
"""Whose points came, or went, when, and how many."""


def points_of_portions(portions: Iterable[Portion]) -> dict[Origin, list[Came]]:
    """Return what portions must have moved to accounts of points, or from there, by what they stem from."""
    found: dict[Origin, list[Came]] = {}
    for each in portions:
        if each.currency == POINT and each.free_at is not None:
            came = (each.payee, each.free_at, each.amount_minor)
            found.setdefault(bookkeeping.origin_of(each), []).append(came)
    return found


def points_of_transfers(transfers: Iterable[Transfer]) -> dict[Origin, list[Came]]:
    """Return what transfers move to accounts of points, or from there, by what they stem from."""
    found: dict[Origin, list[Came]] = {}
    for each in transfers:
        if POINTS in {each.debit, each.credit}:
            amount = each.amount_minor if each.credit == POINTS else -each.amount_minor
            found.setdefault(each.origin, []).append((each.payee, each.valid_at, amount))
    return found


def points_problems(tx: Transaction, wanted: Mapping[Origin, Sequence[Came]]) -> Iterator[Problem]:
    """Yield of which origins points did not come, or not when they must have.

    Those of a sale came with the end of its freeze, or with what was posted after it.
    """
    if not wanted:
        return
    stems = {each: each for each in wanted}
    stems |= {bookkeeping.of_points(each): each for each in wanted if each.kind is OriginKind.SALE}
    found: defaultdict[Origin, list[Came]] = defaultdict(list)
    for origin, came in points_of_transfers(tx.transfers.of_origins(list(stems))).items():
        found[stems[origin]] += came
    for origin, expected in wanted.items():
        if sorted(expected) != sorted(found[origin]):
            yield Problem(f"points of {origin}", "did not come, or not when they must have")
