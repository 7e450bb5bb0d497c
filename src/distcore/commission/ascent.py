"""Whom a climb may pay, found without looking at everybody on the way.

A differential pays the first seat of each tier, and compression the first few that qualify; all others only
use up levels, or not even that.  Who knows a tree may remember from every seat which one comes next, so that
a sale costs what it pays and not how deep its buyer stands.  The rule this file protects: whoever is left
out here would be paid nothing, whatever the sale.
"""

from typing import Protocol

from attrs import evolve, frozen

from distcore.commission.lineage import Claim, Lineage, Seat, Standing, unqualified_reason, walk
from distcore.commission.plan import Component, Differential, FirstLevel, Unqualified, Upline


@frozen(cache_hash=True)
class Sought:
    """Which seats matter to a climb, and who uses up a level.

    `tiers` are those that can be paid, None all of them; of those in `done` no more seats matter.
    """

    qualified_tiers: tuple[str, ...]
    unqualified: Unqualified
    tiers: frozenset[str] | None = None
    done: frozenset[str] = frozenset()

    def is_met_by(self, seat: Seat) -> bool:
        """Say whether a climb has to look at a seat."""
        if seat.standing is Standing.GONE:
            return False
        if unqualified_reason(self.qualified_tiers, seat) is not None:
            return self.unqualified is Unqualified.ENDS_CHAIN
        return seat.tier not in self.done and (self.tiers is None or seat.tier in self.tiers)

    def uses_level(self, seat: Seat) -> bool:
        """Say whether a seat that is passed uses up a level."""
        if seat.standing is Standing.GONE:
            return False
        qualifies = unqualified_reason(self.qualified_tiers, seat) is None
        return qualifies or self.unqualified is not Unqualified.SKIPPED


class Ascent(Protocol):
    """The seats above somebody, known well enough to find the next one that matters."""

    def first(self, sought: Sought) -> "tuple[int, Seat, Ascent] | None":
        """Return the levels used up before the first seat that is sought, that seat, and what is above."""
        ...


def claims_for(component: Component, lineage: Lineage) -> tuple[Claim, ...]:
    """Return whom a component may pay, from the buyer upwards, without those who would be paid nothing."""
    ascent = lineage.ascent
    if ascent is None or lineage.same_person or not isinstance(component, Upline | Differential):
        return walk(component, lineage).claims
    if not _climbs_sponsors(component, lineage):
        return walk(component, lineage).claims
    own = lineage.own if component.buyer_is_level_1 else None
    if isinstance(component, Upline) and component.unqualified is Unqualified.SKIPPED:
        return _nearest(component, ascent, own)
    if isinstance(component, Differential) and _is_by_tier(component):
        return _first_of_each(component, ascent, own)
    return walk(component, lineage).claims


def _climbs_sponsors(component: Upline | Differential, lineage: Lineage) -> bool:
    """Say whether it is the line above the buyer that is climbed, and not that of a promoter."""
    nobody = object()
    if next(iter(lineage.promoted), nobody) is nobody:
        return True
    return component.level_1 is FirstLevel.SPONSOR and next(iter(lineage.sponsors), nobody) is not nobody


def _is_by_tier(component: Differential) -> bool:
    """Say whether nothing but the tier decides what a seat is worth, on whatever level."""
    by_tier = not component.asks_earned and not any(rule.levels for rule in component.rules)
    return by_tier and component.unqualified is not Unqualified.ROLLS_UP


def _nearest(component: Upline, ascent: Ascent, own: Seat | None) -> tuple[Claim, ...]:
    """Return the nearest who qualify: with compression nobody else uses up a level."""
    sought = Sought(component.qualified_tiers, component.unqualified)
    claims = [] if own is None or not sought.is_met_by(own) else [Claim(1, own, own.member)]
    level_max, above = component.level_max or 0, ascent
    while len(claims) < level_max and (found := above.first(sought)) is not None:
        _, seat, above = found
        claims.append(Claim(len(claims) + 1, seat, seat.member))
    return tuple(claims)


def _first_of_each(component: Differential, ascent: Ascent, own: Seat | None) -> tuple[Claim, ...]:
    """Return the first seat of each tier that a rule is for, and as many more as there are bonuses for it."""
    bonus = component.same_tier
    most = 1 if bonus is None else 1 + len(bonus.rates)
    tiers = None if any(not rule.tiers for rule in component.rules) else _named(component)
    sought = Sought(component.qualified_tiers, component.unqualified, tiers)
    claims: list[Claim] = []
    counts: dict[str, int] = {}
    level = 1
    found = ascent.first(sought) if own is None else (0, own, ascent)
    while found is not None:
        passed, seat, above = found
        level += passed
        if sought.is_met_by(seat):
            if unqualified_reason(sought.qualified_tiers, seat) is not None:
                break  # the chain ends here
            claims.append(Claim(level, seat, seat.member))
            counts[seat.tier] = counts.get(seat.tier, 0) + 1
            if counts[seat.tier] == most:
                sought = evolve(sought, done=sought.done | {seat.tier})
        level += sought.uses_level(seat)
        is_over = sought.tiers is not None and sought.tiers <= sought.done
        found = None if is_over else above.first(sought)
    return tuple(claims)


def _named(component: Differential) -> frozenset[str]:
    return frozenset(tier for rule in component.rules for tier in rule.tiers)
