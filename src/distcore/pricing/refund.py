"""What is given back when units of a quoted order are returned, by one of four policies.

Pure, over the stored quote.  The rule this file protects: returns in any steps and order never give back
more than was paid, and when everything is back it is exactly what was paid; so it is of money, of points and
of stored value, each.  So each policy says what is given back in all for what is back by now, and a return
gives the difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final

from attrs import frozen

from distcore.kernel import (
    InputError,
    LineId,
    Problem,
    Refusal,
    id_problem,
    int_problem,
    limits,
    list_problem,
    shape_problems,
    shown,
    split,
)
from distcore.pricing import refusals
from distcore.pricing.cart import CartLine
from distcore.pricing.choose import Chosen, chosen
from distcore.pricing.offer import Gift
from distcore.pricing.price import Priced
from distcore.pricing.quote import Given, Quote, QuotedLine, due_of
from distcore.pricing.reduce import Fitted, Short, Table, fitted, table_of
from distcore.pricing.shelf import Shelf


class ReturnPolicy(Enum):
    """What a return gives back."""

    PROPORTIONAL = "proportional"
    """What was paid for the units."""
    KEEP = "keep"
    """The same, and gifts stay."""
    CLAWBACK = "clawback"
    """What was paid less what the kept units would have cost alone, and never less than nothing."""
    BLOCK = "block"
    """As proportional, but only if what is kept still reaches what the offers on it ask for.

    An offer asks by a threshold, or by its effect: steps, of which any is enough, every so much, the n-th
    unit, a bundle, what has to be bought to get something.  Where nothing is kept that it is taken off, it
    asks for nothing.
    """


@frozen
class ReturnedLine:
    """What is given back of a line: altogether, and what of that goes back to points and to stored value."""

    id: LineId
    units: int
    amount_minor: int
    points_minor: int = 0
    value_minor: int = 0

    @property
    def money_minor(self) -> int:
        """What of it goes back as money: what goes back neither to points nor to stored value."""
        return self.amount_minor - self.points_minor - self.value_minor


_NUMBERS: Final = ("units", "amount_minor", "money_minor", "points_minor", "value_minor")
"""The numbers of a line that is given back: none of them is below zero."""


@frozen
class ReturnPlan:
    """What is given back for a return, line by line; `points` are those that were paid with.

    `gifts` have to come back with it.
    """

    lines: tuple[ReturnedLine, ...]
    gifts: tuple[Given, ...] = ()
    points: int = 0

    @property
    def amount_minor(self) -> int:
        """What is given back altogether, by whatever means it was paid."""
        return sum([line.amount_minor for line in self.lines])

    @property
    def money_minor(self) -> int:
        """What of it goes back as money."""
        return sum([line.money_minor for line in self.lines])


def plan_return(
    quote: Quote,
    returning: Mapping[LineId, int],
    policy: ReturnPolicy = ReturnPolicy.PROPORTIONAL,
    *,
    before: Sequence[ReturnPlan] = (),
) -> ReturnPlan | Refusal:
    """Return what units of lines that come back give back, after the returns of `before`.

    All returns of an order go by one policy.  What is clawed back may come with a later return, also for a
    line that is not part of it: at the latest when everything is back.  The kept units count at the prices of
    the quote, also at one that is from more units on.

    Raises `InputError` for what is no number of units, no policy, or no plan of before.
    """
    misshapen = shape_problems(policy, ReturnPolicy, "policy")
    wrong = (*misshapen, *_returning_problems(returning), *_before_problems(before))
    problems = tuple([problem for problem in wrong if problem is not None])
    if problems:
        raise InputError(problems)
    back = [_back(line, before) for line in quote.lines]
    units = [had.units + returning.get(line.id, 0) for line, had in zip(quote.lines, back, strict=True)]
    kept = [line.units - gone for line, gone in zip(quote.lines, units, strict=True)]
    refusal = _impossible(quote, returning, kept)
    if refusal is not None:
        return refusal
    table, offers = _kept(quote, kept)
    lost = _lost(offers, table) if policy is ReturnPolicy.BLOCK else []
    if lost:
        return refusals.RETURN_BLOCKED.refuse(offers=", ".join(sorted(lost)))
    alone = chosen(offers, table)
    own = [part_of(line.due_minor, line.units, gone) for line, gone in zip(quote.lines, units, strict=True)]
    amounts = own
    if policy is ReturnPolicy.CLAWBACK:
        amounts = _clawed_back(quote, alone, kept, own, [had.amount_minor for had in back])
    now = [
        _returned(line, gone, amount) for line, gone, amount in zip(quote.lines, units, amounts, strict=True)
    ]
    points = _points(quote, now) - sum([each.points for each in before])
    gifts = () if policy is ReturnPolicy.KEEP else _gifts(quote, alone, before)
    return ReturnPlan(tuple(_less(now, back)), gifts, points)


def part_of(amount_minor: int, units: int, some: int) -> int:
    """Return what the first of so many units have of an amount that is split over all of them."""
    each, odd = divmod(amount_minor, units)
    return some * each + min(some, odd)


def _returning_problems(returning: object) -> Iterator[Problem | None]:
    if not isinstance(returning, Mapping):
        yield Problem("returning", f"not a mapping: {shown(returning)}", "a number of units for each line")
        return
    for line, units in returning.items():
        yield id_problem(line, "returning")
        yield int_problem(units, f"returning[{shown(line)}]", least=1, most=limits.UNITS_MAX)


def _before_problems(before: object) -> Iterator[Problem | None]:
    """Yield what is wrong with plans of before: a number below zero would give something back twice."""
    unlisted = list_problem(before, "before")
    if unlisted is not None:
        yield unlisted
        return
    assert isinstance(before, Sequence)
    for place, plan in enumerate(before):
        where = f"before[{place}]"
        misshapen = tuple(shape_problems(plan, ReturnPlan, where))
        yield from misshapen
        if not misshapen:
            numbers = {f"{where}.points": plan.points} | {
                f"{where}.lines[{of}].{name}": getattr(line, name)
                for of, line in enumerate(plan.lines)
                for name in _NUMBERS
            }
            for path, number in numbers.items():
                yield int_problem(number, path, least=0, most=limits.TOTAL_MINOR_MAX)


def _back(line: QuotedLine, before: Sequence[ReturnPlan]) -> ReturnedLine:
    """Return what came back of a line so far."""
    mine = [each for plan in before for each in plan.lines if each.id == line.id]
    return ReturnedLine(
        line.id,
        sum([each.units for each in mine]),
        sum([each.amount_minor for each in mine]),
        sum([each.points_minor for each in mine]),
        sum([each.value_minor for each in mine]),
    )


def _impossible(quote: Quote, returning: Mapping[LineId, int], kept: Sequence[int]) -> Refusal | None:
    known = {line.id for line in quote.lines}
    for line in returning:
        if line not in known:
            return refusals.UNKNOWN_LINE.refuse(line=line)
    for sold, left in zip(quote.lines, kept, strict=True):
        if left < 0:
            units = sold.units - left - returning.get(sold.id, 0)
            return refusals.TOO_MANY_RETURNED.refuse(line=sold.id, bought=sold.units, returned=units)
    return None


def _kept(quote: Quote, kept: Sequence[int]) -> tuple[Table, list[Fitted]]:
    """Return the lines that are kept at the prices of the quote, and its offers as they are about them."""
    some = [(line, units) for line, units in zip(quote.lines, kept, strict=True) if units]
    lines = [CartLine(line.id, line.goods, units) for line, units in some]
    table = table_of(lines, [Priced(line.price_minor) for line, _ in some])
    shelf = Shelf.of([line.goods for line in lines])
    return table, [fitted(each, shelf, table) for each in quote.offers]


def _lost(offers: Iterable[Fitted], table: Table) -> list[str]:
    """Return which offers ask for more than is kept, one after the other as they were applied.

    One that takes something off none of what is kept asks for nothing.
    """
    left = list(table.price_minor)
    lost: list[str] = []
    for each in offers:
        found = each.reduce(left)
        if not isinstance(found, Short):
            for place, part in found.parts:
                left[place] -= part
        elif each.got:
            lost.append(each.offer.id)
    return lost


def _clawed_back(
    quote: Quote, alone: Chosen, kept: Sequence[int], own: Sequence[int], so_far: Sequence[int]
) -> list[int]:
    """Return what each line has had back by then: for its own units, then for lines begun, then for any.

    What was given back before stays given back, whatever the kept units cost.
    """
    due = [line.due_minor for line in quote.lines]
    begun = [whole if mine else 0 for whole, mine in zip(due, own, strict=True)]
    goods = [line.goods for line, units in zip(quote.lines, kept, strict=True) if units]
    cost = sum([due_of(each, net) for each, net in zip(goods, alone.left, strict=True)])
    more = max(0, sum(due) - cost - sum(so_far))
    found = list(so_far)
    for limit in (own, begun, due):
        room = [max(0, most - had) for most, had in zip(limit, found, strict=True)]
        some = min(more, sum(room))
        found = [had + part for had, part in zip(found, split(some, room), strict=True)]
        more -= some
    return found


def _returned(line: QuotedLine, units: int, amount_minor: int) -> ReturnedLine:
    """Return what goes back where: as money in proportion, rounded down, and of the rest so to points.

    What is split in two so grows on both sides with the amount, and so does what is split again.  Shares that
    are rounded beside each other do not: now and then one falls, and a return would ask for money.
    """
    by_points, by_means = line.points_minor, line.points_minor + line.value_minor
    rest = amount_minor - _share(amount_minor, line.due_minor - by_means, line.due_minor)
    points = _share(rest, by_points, by_means)
    return ReturnedLine(line.id, units, amount_minor, points, rest - points)


def _share(amount_minor: int, part_minor: int, whole_minor: int) -> int:
    return amount_minor * part_minor // whole_minor if whole_minor else 0


def _less(now: Iterable[ReturnedLine], back: Iterable[ReturnedLine]) -> Iterator[ReturnedLine]:
    """Yield what comes back now: of what is back by then, without what was before."""
    for after, had in zip(now, back, strict=True):
        assert after.id == had.id, "both are in the order of the quote"
        units, amount = after.units - had.units, after.amount_minor - had.amount_minor
        if units or amount:
            points, value = after.points_minor - had.points_minor, after.value_minor - had.value_minor
            yield ReturnedLine(after.id, units, amount, points, value)


def _points(quote: Quote, now: Iterable[ReturnedLine]) -> int:
    """Return how many points are back by then: with the last minor unit that they paid, all of them."""
    paid = sum([line.points_minor for line in quote.lines])
    return _share(quote.points, sum([line.points_minor for line in now]), paid)


def _gifts(quote: Quote, alone: Chosen, before: Sequence[ReturnPlan]) -> tuple[Given, ...]:
    """Return the gifts of offers that don't apply to what is kept, and did not come back before."""
    kept = {each.offer.id for each in alone.applied}
    gone = {given.offer for plan in before for given in plan.gifts}
    return tuple(
        [
            each
            for each in quote.given
            if isinstance(each.what, Gift) and each.offer not in kept and each.offer not in gone
        ]
    )
