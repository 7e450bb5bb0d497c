"""Which offers are applied, and in which order: the best for the buyer, exactly, where there is a choice.

Any offer may be left out, at most one of a group is applied, and an exclusive one alone.  The rule this file
protects: among up to so many offers that touch the same lines nothing better exists, whatever is left out,
and in whatever order those of one stage and priority run whose order matters.  Beyond that it is told by how
much a better choice could be better at most.

The search goes through the offers in their order, with and without each.  It turns back where what is left
would not be better than the best so far even if all offers to come took all that they ever can.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import groupby
from typing import Final

from attrs import evolve, frozen

from distcore.kernel import limits
from distcore.pricing.ceiling import Ceiling, ceilings
from distcore.pricing.offer import (
    AmountOff,
    Basis,
    EveryAmount,
    EveryUnits,
    Extra,
    ExtraPoints,
    FromAmount,
    Offer,
    PercentOff,
    Stage,
)
from distcore.pricing.reduce import Cut, Fitted, Short, Table, reduced

_STAGES: Final = tuple(Stage)


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

    `bound_minor` is by how much another choice could be better at most: 0 where nothing is.
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
    than `steps_max` choices are tried out; None: all, but of more than `CANDIDATE_OFFERS_MAX` offers on the
    same lines.
    """
    ranked = sorted(offers, key=lambda each: (*_rank(each), each.offer.id))
    best, bound = _together([each for each in ranked if not each.offer.exclusive], table, steps_max)
    found = _replayed(best, ranked, table)
    for each in ranked:
        if each.offer.exclusive:
            alone = _replayed([each], ranked, table)
            if _key(alone) < _key(found):
                bound = max(0, bound - (found.value_minor - alone.value_minor))
                found = alone
    return evolve(found, bound_minor=bound)


def _rank(of: Fitted) -> tuple[int, int]:
    return _STAGES.index(of.offer.stage), -of.offer.priority


def _key(choice: Chosen) -> tuple[int, int]:
    """Return what choices are compared by: the lower the better, then the more offers the better."""
    return choice.value_minor, -len(choice.applied)


def _together(ranked: Sequence[Fitted], table: Table, steps_max: int | None) -> tuple[list[Fitted], int]:
    """Return the best of offers that may stand together, and by how much it could be better."""
    taken = [each for each in ranked if _always(each.offer)]
    bound = 0
    for part in _parts([each for each in ranked if not _always(each.offer)]):
        found = _Search(part, table, steps_max)
        taken.extend(found.best)
        bound += found.bound_minor
    return taken, bound


def _always(offer: Offer) -> bool:
    """Say whether there is nothing to choose: it takes nothing off, and is worth the same in any case."""
    if not isinstance(offer.effect, Extra) or offer.group:
        return False
    return not (offer.worth_minor and _looks(offer))


def _looks(offer: Offer) -> bool:
    """Say whether it looks at what other offers have left, besides taking something off it."""
    if isinstance(offer.effect, ExtraPoints) and offer.effect.every_minor is not None:
        return True
    return isinstance(offer.threshold, FromAmount) and offer.basis is Basis.RUNNING


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


def _replayed(taken: Sequence[Fitted], ranked: Sequence[Fitted], table: Table) -> Chosen:
    """Apply what was taken, rank by rank, and say of all others why not, as it stood after their rank."""
    left = list(table.price_minor)
    applied: list[Applied] = []
    not_applied: list[NotApplied] = []
    for rank, group in groupby(ranked, key=_rank):
        mine = [each for each in taken if _rank(each) == rank]
        for each in mine:
            cut = reduced(each, table, left)
            if isinstance(cut, Short) or not does_something(each.offer, cut):
                continue
            applied.append(Applied(each.offer, cut))
            for place, part in cut.parts:
                left[place] -= part
        ids = {each.offer.id for each in applied}
        others = [each for each in group if each.offer.id not in ids]
        not_applied.extend(_why_not(each, applied, reduced(each, table, left)) for each in others)
    return Chosen(tuple(applied), tuple(not_applied), tuple(left))


def does_something(offer: Offer, cut: Cut) -> bool:
    """Say whether an offer takes something off, or gives something else."""
    return bool(cut.parts) or isinstance(offer.effect, Extra)


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


# ---- the search


@frozen
class _Node:
    """A point of the search: the steps from `step` on are open, and of the one before the `loose` offers."""

    step: int
    loose: tuple[Fitted, ...]
    left: list[int]
    worth_minor: int
    taken: tuple[Fitted, ...]
    groups: frozenset[str]


class _Search:
    """The best of offers that touch the same lines: `best`, and by how much it could be better at most."""

    def __init__(self, offers: Sequence[Fitted], table: Table, steps_max: int | None) -> None:
        self._table = table
        self._lines = sorted({place for each in offers for place in (*each.at, *each.got)})
        self._floor = sum([table.floor_minor[place] for place in self._lines])
        self._steps, in_all_orders = _steps(offers, table)
        self._ceilings = ceilings(self._steps, table)
        if steps_max is None and len(offers) > limits.CANDIDATE_OFFERS_MAX:
            steps_max = limits.CANDIDATE_STEPS_MAX
        start = _Node(0, (), list(table.price_minor), 0, (), frozenset())
        self.best: Sequence[Fitted] = ()
        self._key = self._key_of(start)
        is_through = self._run(start, steps_max)
        least = self._least(start, self._ceilings[0])
        self.bound_minor = 0 if is_through and in_all_orders else max(0, self._key[0] - least)

    def _run(self, start: _Node, steps_max: int | None) -> bool:
        """Go through the offers; return whether there was time for all."""
        open_nodes, count = [start], 0
        while open_nodes:
            node = open_nodes.pop()
            if self._is_hopeless(node):
                continue
            if node.step < len(self._steps):
                open_nodes.append(self._next_step(node))
            for child in self._children(node):
                count += 1
                key = self._key_of(child)
                if key < self._key:
                    self._key, self.best = key, child.taken
                open_nodes.append(child)
            if steps_max is not None and count > steps_max:
                return False
        return True

    def _is_hopeless(self, node: _Node) -> bool:
        """Say whether nothing that comes after a node can be better than the best so far."""
        ahead = self._ceilings[node.step - bool(node.loose)]
        offers = len(node.taken) + len(node.loose) + self._ceilings[node.step].offers
        return (self._least(node, ahead), -offers) >= self._key

    def _next_step(self, node: _Node) -> _Node:
        step = self._steps[node.step]
        return _Node(node.step + 1, step, node.left, node.worth_minor, node.taken, node.groups)

    def _children(self, node: _Node) -> Iterator[_Node]:
        """Yield what comes of applying each loose offer next, the last one first: it is looked at last."""
        for place in reversed(range(len(node.loose))):
            each = node.loose[place]
            offer = each.offer
            if offer.group in node.groups:
                continue
            cut = reduced(each, self._table, node.left)
            if isinstance(cut, Short) or not does_something(offer, cut):
                continue
            left = node.left.copy()
            for at, part in cut.parts:
                left[at] -= part
            groups = node.groups | {offer.group} if offer.group else node.groups
            loose = node.loose[:place] + node.loose[place + 1 :]
            worth = node.worth_minor + offer.worth_minor
            yield _Node(node.step, loose, left, worth, (*node.taken, each), groups)

    def _key_of(self, node: _Node) -> tuple[int, int]:
        """Return what nodes are compared by: the lower the better, then the more offers the better."""
        left = sum([node.left[place] for place in self._lines])
        return left - node.worth_minor, -len(node.taken)

    def _least(self, node: _Node, ahead: Ceiling) -> int:
        least = ahead.least(node.left, self._lines)
        return max(least, self._floor) - node.worth_minor - ahead.worth_minor


def _steps(offers: Sequence[Fitted], table: Table) -> tuple[list[tuple[Fitted, ...]], bool]:
    """Return what is looked at one after the other: one offer, or several of one rank in every order.

    And whether all orders that matter are among them.
    """
    steps: list[tuple[Fitted, ...]] = []
    in_all_orders = True
    for settled, loose in ranks_of(offers, table):
        steps.extend([(each,) for each in settled])
        if len(loose) > limits.ORDERED_OFFERS_MAX:
            steps.extend([(each,) for each in loose])
            in_all_orders = False
        elif loose:
            steps.append(tuple(loose))
    return steps, in_all_orders


def ranks_of(offers: Sequence[Fitted], table: Table) -> list[tuple[list[Fitted], list[Fitted]]]:
    """Return, for each stage and priority of ranked offers, those whose order is settled, and the others."""
    found: list[tuple[list[Fitted], list[Fitted]]] = []
    for _, group in groupby(offers, key=_rank):
        rank = list(group)
        loose = [
            one for one in rank if any(_matters(one, other, table) for other in rank if other is not one)
        ]
        found.append(([one for one in rank if one not in loose], loose))
    return found


def _matters(one: Fitted, other: Fitted, table: Table) -> bool:
    """Say whether the order of two offers matters, other than for a minor unit of rounding.

    It does not for two plain shares or two plain amounts of the same lines, nor for two shares of other lines
    as long as no floor moves what they take off.
    """
    lines = {*one.at, *one.counted, *one.got}
    if lines.isdisjoint((*other.at, *other.counted, *other.got)):
        return False
    manner = _manner(one.offer)
    if manner is None or manner is not _manner(other.offer):
        return True
    return one.at != other.at and (manner is AmountOff or table.has_floors)


def _manner(offer: Offer) -> type | None:
    """Return whether it is a plain share or a plain amount, None for what looks at running amounts.

    What is worth something besides is neither: it may find nothing left to take something off.
    """
    if _looks(offer) or offer.worth_minor:
        return None
    match offer.effect:
        case PercentOff(_, None):
            return PercentOff
        case AmountOff() | EveryUnits():
            return AmountOff
        case EveryAmount() if offer.basis is not Basis.RUNNING:
            return AmountOff
        case _:
            return None
