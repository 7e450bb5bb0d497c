"""What is known of a period once it has ended: members in columns, what they bought, and who qualifies.

A place is the position of a member in order of id.  The one rule this file protects: whether somebody
qualifies depends on the end of the period and on the own volume alone, so nobody else's sale changes it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import assert_never

from attrs import field, frozen

from distcore.commission.lineage import Standing
from distcore.commission.period_accrual import PeriodReason
from distcore.commission.period_plan import PeriodComponent, Volume
from distcore.kernel import ComponentId, Downlines, MemberId, strongest_legs, team_sums


@frozen
class PeriodFacts:
    """Who was a member at the end of a period, in columns by order of id, and what is left of the period.

    `tiers` and `standings` are those of its last instant; `own` is what each bought, `net_minor` what all
    buyers did, members or not.  `earned` has what components of lines are worth to each, for those that are
    matched, `sold` the place and the net of each sale in the order of payment, for stepwise ladders, and
    `points` what each held at its end, below zero what is owed, for pools that are split by it.  `persons`
    are the places of ids of which one person has several, each with what that person is called.
    """

    members: Sequence[MemberId]
    forest: Downlines
    tiers: Sequence[str]
    standings: Sequence[Standing]
    own: Sequence[int]
    net_minor: int
    earned: Mapping[ComponentId, Sequence[int]] = field(factory=dict)
    sold: Sequence[tuple[int, int]] = ()
    points: Sequence[int] = ()
    persons: Mapping[int, int] = field(factory=dict)

    @cached_property
    def teams(self) -> Sequence[int]:
        """What each and the whole downline bought."""
        return team_sums(self.forest, self.own)

    @cached_property
    def strongest(self) -> Sequence[int]:
        """The largest leg of each."""
        return strongest_legs(self.forest, self.teams)

    def volume(self, volume: Volume) -> Sequence[int]:
        """Return a volume of each."""
        match volume:
            case Volume.OWN:
                return self.own
            case Volume.TEAM:
                return self.teams
            case Volume.BALANCED:
                return [team - leg for team, leg in zip(self.teams, self.strongest, strict=True)]
            case _:
                assert_never(volume)


def qualified_by(component: PeriodComponent, facts: PeriodFacts) -> Sequence[int]:
    """Return for each place whether its member qualifies: 1 or 0."""
    active, least, tiers = Standing.ACTIVE, component.own_least_minor, frozenset(component.qualified_tiers)
    found = bytearray(
        standing is active and own >= least for standing, own in zip(facts.standings, facts.own, strict=True)
    )
    if tiers:
        for place, tier in enumerate(facts.tiers):
            if tier not in tiers:
                found[place] = 0
    return found


def unqualified(component: PeriodComponent, facts: PeriodFacts, place: int) -> PeriodReason | None:
    """Return why the member at a place does not qualify, or None."""
    if facts.standings[place] is Standing.GONE:
        return PeriodReason.TERMINATED
    if facts.standings[place] is Standing.SUSPENDED:
        return PeriodReason.SUSPENDED
    if component.qualified_tiers and facts.tiers[place] not in component.qualified_tiers:
        return PeriodReason.TIER_NOT_QUALIFIED
    if facts.own[place] < component.own_least_minor:
        return PeriodReason.BELOW_OWN_LEAST
    return None
