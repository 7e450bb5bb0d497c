"""What a merchant decides about group buying: how many make a group, and how long it may take.

The rule this file protects: a group keeps what its sale said when it was opened.  What the goods cost in a
group is said by price lists.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NewType

from attrs import field, frozen

from distcore.kernel import (
    Count,
    Currency,
    Instant,
    MemberId,
    Problem,
    Taking,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    shape_problems,
    utc,
)

GroupSaleId = NewType("GroupSaleId", str)

COUNTED: Final = "group"
"""The kind of what is counted of group sales: the places of a member that are not given back."""


def _valid_from(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "valid_from")


def _valid_until(value: Instant | None) -> Instant | None:
    return None if value is None else utc(value, "valid_until")


@frozen
class GroupSale:
    """Groups of `size` buyers, each open for some hours.

    Groups can be opened in `[valid_from, valid_until)`, None being for ever.  A member is in
    `per_member_max` groups of it at most, None being as many as are wanted.  Where a group is over and at
    least `fill_from` buyers are there, the shop fills what is missing, and it has succeeded.
    """

    id: GroupSaleId
    currency: Currency
    size: int
    hours: int
    per_member_max: int | None = None
    fill_from: int | None = None
    valid_from: Instant | None = field(default=None, converter=_valid_from)
    valid_until: Instant | None = field(default=None, converter=_valid_until)


def group_sale_problems(sale: GroupSale) -> tuple[Problem, ...]:
    """Return all that is impossible about a group sale, with paths into its document."""
    misshapen = tuple(shape_problems(sale, GroupSale, "$"))
    return misshapen or tuple([each for each in _problems(sale) if each is not None])


def _problems(sale: GroupSale) -> Iterator[Problem | None]:
    yield id_problem(sale.id, "$.id")
    yield currency_problem(sale.currency, "$.currency")
    yield int_problem(sale.size, "$.size", least=2, most=limits.GROUP_SIZE_MAX)
    yield int_problem(sale.hours, "$.hours", least=1, most=limits.GROUP_HOURS_MAX)
    if sale.per_member_max is not None:
        yield int_problem(sale.per_member_max, "$.per_member_max", least=1, most=limits.UNITS_MAX)
    if sale.fill_from is not None:
        wrong = int_problem(sale.fill_from, "$.fill_from", least=1, most=limits.GROUP_SIZE_MAX)
        yield wrong
        if wrong is None and sale.fill_from >= sale.size:
            yield Problem("$.fill_from", f"is not below the size of {sale.size}", "leave it out, or lower it")
    if sale.valid_from is not None and sale.valid_until is not None and sale.valid_from >= sale.valid_until:
        yield Problem("$.valid_until", "is not after valid_from", "give a later instant")


def is_open(sale: GroupSale, at: Instant) -> bool:
    """Say whether groups can be opened at an instant."""
    if sale.valid_from is not None and at < sale.valid_from:
        return False
    return sale.valid_until is None or at < sale.valid_until


def is_running(sale: GroupSale, at: Instant) -> bool:
    """Say whether a group can be open at an instant: the last one is opened just before `valid_until`."""
    if sale.valid_from is not None and at < sale.valid_from:
        return False
    return sale.valid_until is None or at - timedelta(hours=sale.hours) < sale.valid_until


def taking_of_member(sale: GroupSale, member: MemberId) -> Taking | None:
    """Return what a place counts towards, if the places of a member are counted."""
    if sale.per_member_max is None:
        return None
    return Taking(Count(COUNTED, sale.id, member=member), 1, sale.per_member_max)
