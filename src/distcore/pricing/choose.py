"""Which offers are applied, and in which order: the best for the buyer, exactly, where there is a choice.

Any offer may be left out, at most one of a group is applied, and an exclusive one alone.  The rule this file
protects: among up to so many offers that touch the same lines nothing better exists, whatever is left out,
and in whatever order those of one stage and priority run whose order matters.  Beyond that it is told by how
much a better choice could be better at most.
"""

from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import groupby

from attrs import evolve, frozen

from distcore.pricing.offer import Extra, Offer
from distcore.pricing.reduce import Cut, Fitted, Short, Table
from distcore.pricing.search import Search, does_something, looks_at_amounts, rank_of


class LeftOut(Enum):
    """Why an offer that is for the buyer and the time is not applied."""

    OTHER_CURRENCY = "other_currency"
    NEEDS_COUPON = "needs_coupon"
    NO_PRODUCTS = "no_products"
    BELOW_THRESHOLD = "below_threshold"
    NOTHING_LEFT = "nothing_left"
    GROUP_TAKEN = "group_taken"
    STANDS_ALONE = "stands_alone"
    BETTER_WITHOUT = "better_without"


@frozen
class Applied:
    """An offer that is applied, and what it takes off."""

    offer: Offer
    cut: Cut


@frozen
class NotApplied:
    """An offer that is not, why, and what is missing of its threshold."""

    offer: Offer
    reason: LeftOut
    short: Short | None = None


@frozen
class Chosen:
    """What is applied, in order, what is not, what is left of each line, and the bound of the search.

    `bound_minor` is by how much another choice could be better at most, but for a minor unit of rounding for
    each share whose order is settled: 0 where nothing is.
    """

    applied: tuple[Applied, ...]
    not_applied: tuple[NotApplied, ...]
    left: tuple[int, ...]
    bound_minor: int = 0

    @property
    def value_minor(self) -> int:
        """What is left of all lines, less what offers are worth beside it: choices are compared by it."""
        return sum(self.left) - sum([each.offer.worth_minor for each in self.applied])


def chosen(offers: Iterable[Fitted], table: Table, *, steps_max: int | None = None) -> Chosen:
    """Return the best choice of offers, all of which are for the buyer and the time.

    An exclusive one is applied where it alone is better than the best of all the others together.  No more
    than `steps_max` choices of offers on the same lines are tried out; None: as many as `limits` says.
    """
    ranked = sorted(offers, key=lambda each: (*rank_of(each), each.offer.id))
    best, bound = _together([each for each in ranked if not each.offer.exclusive], table, steps_max)
    found = _replayed(best, ranked, table)
    for each in ranked:
        if each.offer.exclusive:
            alone = _replayed([(each, each.reduce(table.price_minor))], ranked, table)
            if _key(alone) < _key(found):
                bound = max(0, bound - (found.value_minor - alone.value_minor))
                found = alone
    return evolve(found, bound_minor=bound)


def _key(choice: Chosen) -> tuple[int, int]:
    """Return what choices are compared by: the lower the better, then the more offers the better."""
    return choice.value_minor, -len(choice.applied)


def _together(
    ranked: Sequence[Fitted], table: Table, steps_max: int | None
) -> tuple[list[tuple[Fitted, Cut | Short | None]], int]:
    """Return the best of offers that may stand together, and by how much it could be better.

    Those that are applied in any case come first, and so before all others of their stage and priority.  What
    each takes off is None where it depends on others, on whose lines it is.
    """
    taken: list[tuple[Fitted, Cut | Short | None]] = [(each, None) for each in ranked if _always(each.offer)]
    bound = 0
    for part in _parts([each for each in ranked if not _always(each.offer)]):
        found = Search(part, table, steps_max)
        taken.extend(found.best)
        bound += found.bound_minor
    return taken, bound


def _always(offer: Offer) -> bool:
    """Say whether there is nothing to choose: it takes nothing off, and is worth the same in any case.

    It runs before the others of its stage and priority, so its threshold counts what is there before them.
    """
    if not isinstance(offer.effect, Extra) or offer.group:
        return False
    return not (offer.worth_minor and looks_at_amounts(offer))


def _parts(offers: Sequence[Fitted]) -> list[list[Fitted]]:
    """Return offers apart from each other: those of two parts have no line and no group in common."""
    parts: list[tuple[set[int | str], list[Fitted]]] = []
    for each in offers:
        about: set[int | str] = {*each.at, *each.counted, *each.got}
        about |= {each.offer.group} - {""}
        members, apart = [each], []
        for part in parts:
            if part[0] & about:
                about |= part[0]
                members = [*part[1], *members]
            else:
                apart.append(part)
        parts = [*apart, (about, members)]
    place_of = {each.offer.id: place for place, each in enumerate(offers)}
    return [sorted(members, key=lambda each: place_of[each.offer.id]) for _, members in parts]


def _replayed(
    taken: Sequence[tuple[Fitted, Cut | Short | None]], ranked: Sequence[Fitted], table: Table
) -> Chosen:
    """Apply what was taken, rank by rank, and say of all others why not, as it stood after their rank."""
    left = list(table.price_minor)
    applied: list[Applied] = []
    not_applied: list[NotApplied] = []
    for rank, group in groupby(ranked, key=rank_of):
        for each, known in taken:
            if rank_of(each) != rank:
                continue
            cut = each.reduce(left) if known is None else known
            if isinstance(cut, Short) or not does_something(each.offer, cut):
                continue
            applied.append(Applied(each.offer, cut))
            for place, part in cut.parts:
                left[place] -= part
        ids = {each.offer.id for each in applied}
        others = [each for each in group if each.offer.id not in ids]
        not_applied.extend(_why_not(each, applied, each.reduce(left)) for each in others)
    return Chosen(tuple(applied), tuple(not_applied), tuple(left))


def _why_not(of: Fitted, applied: Sequence[Applied], would: Cut | Short) -> NotApplied:
    offer = of.offer
    if not of.at:
        return NotApplied(offer, LeftOut.NO_PRODUCTS)
    if any(each.offer.exclusive for each in applied):
        return NotApplied(offer, LeftOut.STANDS_ALONE)
    if isinstance(would, Short):
        return NotApplied(offer, LeftOut.BELOW_THRESHOLD, would)
    if offer.group and any(each.offer.group == offer.group for each in applied):
        return NotApplied(offer, LeftOut.GROUP_TAKEN)
    if not does_something(offer, would):
        return NotApplied(offer, LeftOut.NOTHING_LEFT)
    return NotApplied(offer, LeftOut.BETTER_WITHOUT)
