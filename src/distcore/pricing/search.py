"""The best of offers that touch the same lines: all of them are tried out, as far as they could be better.

The search goes through the offers in their order, with and without each.  The one rule this file protects: it
turns back only where what is left would not be better than the best so far, even if all offers to come took
all that they ever can.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from distcore.kernel import limits
from distcore.pricing.ceiling import ceilings
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
from distcore.pricing.reduce import Cut, Fitted, Short, Table

_STAGES: Final = tuple(Stage)

Taken: TypeAlias = tuple[Fitted, Cut]
"""An offer that is applied, and what it takes off."""


def rank_of(of: Fitted) -> tuple[int, int]:
    """Return what offers run by: their stage, and of one stage the highest priority first."""
    return _STAGES.index(of.offer.stage), -of.offer.priority


def does_something(offer: Offer, cut: Cut) -> bool:
    """Say whether an offer takes something off, or gives something else."""
    return bool(cut.parts) or isinstance(offer.effect, Extra)


class _Node(NamedTuple):  # made by the thousand: a tuple is made in a third of the time
    """A point of the search: the steps from `step` on are open, and of the one before the `loose` offers.

    `value_minor` is what is left of all lines, less `worth_minor`: what the offers are worth that were taken.
    """

    step: int
    loose: tuple[Fitted, ...]
    left: list[int]
    value_minor: int
    worth_minor: int
    taken: tuple[Taken, ...]
    groups: frozenset[str]


class Search:
    """The best of offers that touch the same lines: `best`, and by how much it could be better at most."""

    def __init__(self, offers: Sequence[Fitted], table: Table, steps_max: int | None) -> None:
        self._table = table
        self._lines = sorted({place for each in offers for place in (*each.at, *each.got)})
        self._floor = sum([table.floor_minor[place] for place in self._lines])
        self._steps, in_all_orders = _steps(offers, table)
        self._ceilings = ceilings(self._steps, table)
        if steps_max is None:
            is_many = len(offers) > limits.CANDIDATE_OFFERS_MAX
            steps_max = limits.MANY_CANDIDATES_STEPS_MAX if is_many else limits.CANDIDATE_STEPS_MAX
        prices = list(table.price_minor)
        start = _Node(0, (), prices, sum([prices[place] for place in self._lines]), 0, (), frozenset())
        self.best: tuple[Taken, ...] = ()
        self._key = start.value_minor, 0
        is_through = self._run(start, steps_max)
        least = self._least(start, 0)
        self.bound_minor = 0 if is_through and in_all_orders else max(0, self._key[0] - least)

    def _run(self, start: _Node, steps_max: int) -> bool:
        """Go through the offers; return whether there was time for all."""
        open_nodes, count = [start], 0
        while open_nodes:
            node = open_nodes.pop()
            if self._is_hopeless(node):
                continue
            offers, step = node.loose, node.step
            if not offers:
                offers, step = self._steps[step], step + 1
            open_nodes.append(node._replace(step=step, loose=()))
            for child in self._children(node, offers, step):
                count += 1
                key = child.value_minor, -len(child.taken)
                if key < self._key:
                    self._key, self.best = key, child.taken
                open_nodes.append(child)
            if count > steps_max:
                return False
        return True

    def _is_hopeless(self, node: _Node) -> bool:
        """Say whether nothing that comes after a node can be better than the best so far."""
        step = node.step
        offers = len(node.loose) + self._ceilings[step].offers
        if not offers:
            return True
        if node.loose:  # of one step some are taken, and the rest may run in any order
            step -= 1
        return (self._least(node, step), -offers - len(node.taken)) >= self._key

    def _children(self, node: _Node, offers: tuple[Fitted, ...], step: int) -> Iterator[_Node]:
        """Yield what comes of applying each of some offers next, the last one first: it is looked at last."""
        for place in reversed(range(len(offers))):
            each = offers[place]
            offer = each.offer
            if offer.group in node.groups:
                continue
            cut = each.reduce(node.left)
            if isinstance(cut, Short) or not does_something(offer, cut):
                continue
            worth = offer.worth_minor
            left, value = node.left.copy(), node.value_minor - worth
            for at, part in cut.parts:
                left[at] -= part
                value -= part
            groups = node.groups | {offer.group} if offer.group else node.groups
            loose = offers[:place] + offers[place + 1 :]
            taken = (*node.taken, (each, cut))
            yield _Node(step, loose, left, value, node.worth_minor + worth, taken, groups)

    def _least(self, node: _Node, step: int) -> int:
        """Return how little could be left after a node, less what is worth something besides."""
        ahead = self._ceilings[step]
        worth_minor = node.worth_minor + ahead.worth_minor
        return max(ahead.least(node.left, self._lines), self._floor) - worth_minor


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
    for _, group in groupby(offers, key=rank_of):
        rank = list(group)
        loose = [
            one for one in rank if any(_matters(one, other, table) for other in rank if other is not one)
        ]
        found.append(([one for one in rank if one not in loose], loose))
    return found


def _matters(one: Fitted, other: Fitted, table: Table) -> bool:
    """Say whether the order of two offers matters, other than for a minor unit of rounding for each.

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
    if looks_at_amounts(offer) or offer.worth_minor:
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


def looks_at_amounts(offer: Offer) -> bool:
    """Say whether it looks at what other offers have left, besides taking something off it."""
    if isinstance(offer.effect, ExtraPoints) and offer.effect.every_minor is not None:
        return True
    return isinstance(offer.threshold, FromAmount) and offer.basis is Basis.RUNNING
