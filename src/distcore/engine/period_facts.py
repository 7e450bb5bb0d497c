"""What a period is calculated from: who was a member at its end, and what is left of what they bought.

The one rule this file protects: members, sponsors, tiers and states are those of the last instant of the
period, as known when it was first accrued; sales and what they paid are those that are left by now.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve

from distcore.commission import (
    PeriodFacts,
    PeriodRun,
    Plan,
    Standing,
    is_stepwise,
    left_of,
    sources_of,
)
from distcore.engine.lineage import STANDINGS
from distcore.kernel import (
    NOBODY,
    ComponentId,
    DamagedError,
    Downlines,
    InputError,
    MemberId,
    last_of,
    limits,
)
from distcore.ports import Transaction
from distcore.referral import seat_of, sponsor_of

_BEYOND: Final = "they exceed what 64 bits can hold"


def facts_of_period(tx: Transaction, run: PeriodRun, plan: Plan) -> PeriodFacts:
    """Gather what the components of a plan ask about a period."""
    members, facts = _members(tx, run)
    place_of = {member: place for place, member in enumerate(members)}
    net_minor, own = 0, [0] * len(members)
    for buyer, amount in tx.sales.kept(run.currency, run.period.start, run.period.end):
        net_minor += amount
        if buyer in place_of:  # others belong to nobody's team
            own[place_of[buyer]] = amount
    if net_minor > limits.TOTAL_MINOR_MAX:
        raise InputError.of("sums", _BEYOND, "sales of so much can't be")
    earned = _earned(tx, run, plan, place_of)
    sold = _sold(tx, run, place_of) if any(map(is_stepwise, plan.period_components)) else ()
    return evolve(facts, own=own, net_minor=net_minor, earned=earned, sold=sold)


def _members(tx: Transaction, run: PeriodRun) -> tuple[list[MemberId], PeriodFacts]:
    """Return who was a member, and what is known of them; who joined, or was told of, later is none."""
    last, end, revision = last_of(run.period), run.period.end, run.tree_revision
    ids: list[MemberId] = []
    sponsors: list[MemberId | None] = []
    tiers: list[str] = []
    standings: list[Standing] = []
    for member in tx.members.all():
        if member.joined_at >= end or member.recorded_at > run.known_until:
            continue
        seat = seat_of(member, valid_at=last, revision=revision)
        ids.append(member.id)
        sponsors.append(sponsor_of(member, valid_at=last, revision=revision))
        tiers.append(seat.tier)
        standings.append(STANDINGS[seat.state])
    forest = forest_of(ids, sponsors)
    return ids, PeriodFacts(ids, forest, tiers, standings, (), 0)


def forest_of(ids: Sequence[MemberId], sponsors: Sequence[MemberId | None]) -> Downlines:
    """Return the forest of places of some members; what is no forest is damaged."""
    place_of = {member: place for place, member in enumerate(ids)}
    try:
        return Downlines.of([NOBODY if each is None else place_of[each] for each in sponsors])
    except KeyError as missing:
        raise DamagedError(f"the sponsor {missing.args[0]} is not a member") from None
    except InputError as error:
        raise DamagedError("members stand in a cycle") from error


def _earned(
    tx: Transaction, run: PeriodRun, plan: Plan, place_of: Mapping[MemberId, int]
) -> dict[ComponentId, Sequence[int]]:
    """Return what components of lines are worth to each, for those that are matched."""
    of_lines = {each.id for each in plan.components}
    columns = {each: [0] * len(place_of) for each in sources_of(plan.period_components) & of_lines}
    if columns:
        period = (run.period.start, run.period.end)
        for component, payee, amount in tx.sales.earned(plan.id, run.currency, *period):
            if component in columns and payee in place_of:
                columns[component][place_of[payee]] = amount
    if any(sum(column) > limits.TOTAL_MINOR_MAX for column in columns.values()):
        raise InputError.of("sums", _BEYOND, "sales of so much can't be")
    return dict(columns)


def _sold(tx: Transaction, run: PeriodRun, place_of: Mapping[MemberId, int]) -> list[tuple[int, int]]:
    """Return the place of the buyer and what is left of each sale, in the order in which they were paid."""
    found = []
    for each in tx.sales.paid(run.period.start, run.period.end):
        sale = each.booking.sale
        if sale.currency == run.currency and sale.buyer in place_of:
            left = sum(line.net_minor for line in left_of(sale, each.corrections))
            if left:
                found.append((sale.paid_at, sale.id, place_of[sale.buyer], left))
    return [(place, left) for _, _, place, left in sorted(found)]
