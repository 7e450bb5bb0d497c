"""What is given back when units of a quoted order are returned, by one of four policies.

Pure, over the stored quote.  The rule this file protects: returns in any steps and order never give back
more than was paid, and when everything is back it is exactly what was paid.  So each policy says what is
given back in all for what is back by now, and a return gives the difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

from attrs import frozen

from distcore.kernel import LineId, Refusal, split
from distcore.pricing import refusals
from distcore.pricing.cart import CartLine
from distcore.pricing.choose import Chosen, chosen
from distcore.pricing.offer import Gift
from distcore.pricing.price import Priced
from distcore.pricing.quote import Given, Quote, QuotedLine, due_of
from distcore.pricing.reduce import fitted, table_of
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
    """As proportional, but only if what is kept still reaches all thresholds, or nothing is kept."""


@frozen
class ReturnedLine:
    """What is given back of a line: altogether, and what of that goes back to points and to stored value."""

    id: LineId
    units: int
    amount_minor: int
    points_minor: int = 0
    value_minor: int = 0


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


def plan_return(
    quote: Quote,
    returning: Mapping[LineId, int],
    policy: ReturnPolicy = ReturnPolicy.PROPORTIONAL,
    *,
    before: Sequence[ReturnPlan] = (),
) -> ReturnPlan | Refusal:
    """Return what units of lines that come back give back, after the returns of `before`.

    All returns of an order go by one policy.  What is clawed back may come with a later return, also for a
    line that is not part of it: at the latest when everything is back.
    """
    back = [_back(line, before) for line in quote.lines]
    units = [had.units + returning.get(line.id, 0) for line, had in zip(quote.lines, back, strict=True)]
    kept = [line.units - gone for line, gone in zip(quote.lines, units, strict=True)]
    refusal = _impossible(quote, returning, kept)
    if refusal is not None:
        return refusal
    alone = _alone(quote, kept)
    if policy is ReturnPolicy.BLOCK and any(kept) and len(alone.applied) < len(quote.offers):
        lost = {each.id for each in quote.offers} - {each.offer.id for each in alone.applied}
        return refusals.RETURN_BLOCKED.refuse(offers=", ".join(sorted(lost)))
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
    for line, units in returning.items():
        if line not in known:
            return refusals.UNKNOWN_LINE.refuse(line=line)
        if units < 1:
            return refusals.NOTHING_RETURNED.refuse(line=line)
    for sold, left in zip(quote.lines, kept, strict=True):
        if left < 0:
            units = sold.units - left - returning[sold.id]
            return refusals.TOO_MANY_RETURNED.refuse(line=sold.id, bought=sold.units, returned=units)
    return None


def _alone(quote: Quote, kept: Sequence[int]) -> Chosen:
    """Return what the kept units cost alone, by the prices and the offers of the quote."""
    some = [(line, units) for line, units in zip(quote.lines, kept, strict=True) if units]
    lines = [CartLine(line.id, line.goods, units) for line, units in some]
    table = table_of(lines, [Priced(line.price_minor) for line, _ in some])
    shelf = Shelf.of([line.goods for line in lines])
    return chosen([fitted(each, shelf) for each in quote.offers], table)


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
    """Return what goes back where: to points and stored value in proportion, rounded down until the end."""
    due = line.due_minor or 1
    by_points, by_value = line.points_minor * amount_minor // due, line.value_minor * amount_minor // due
    return ReturnedLine(line.id, units, amount_minor, by_points, by_value)


def _less(now: Iterable[ReturnedLine], back: Iterable[ReturnedLine]) -> Iterator[ReturnedLine]:
    """Yield what comes back now: of what is back by then, without what was before."""
    for after, had in zip(now, back, strict=True):
        units, amount = after.units - had.units, after.amount_minor - had.amount_minor
        if units or amount:
            points, value = after.points_minor - had.points_minor, after.value_minor - had.value_minor
            yield ReturnedLine(after.id, units, amount, points, value)


def _points(quote: Quote, now: Iterable[ReturnedLine]) -> int:
    """Return how many points are back by then: with the last minor unit that they paid, all of them."""
    paid = sum([line.points_minor for line in quote.lines])
    return quote.points * sum([line.points_minor for line in now]) // paid if paid else 0


def _gifts(quote: Quote, alone: Chosen, before: Sequence[ReturnPlan]) -> tuple[Given, ...]:
    """Return the gifts of offers that don't apply to what is kept, and did not come back before."""
    kept = {each.offer.id for each in alone.applied} if alone.left else set()
    gone = {given.offer for plan in before for given in plan.gifts}
    return tuple(
        [
            each
            for each in quote.given
            if isinstance(each.what, Gift) and each.offer not in kept and each.offer not in gone
        ]
    )
