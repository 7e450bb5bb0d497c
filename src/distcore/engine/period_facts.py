"""What a period is calculated from: who was a member at its end, and what is left of what they bought.

The one rule this file protects: members, sponsors, tiers and states are those of the last instant of the
period, as known when it was first accrued; sales, what they paid, and the points that were held at its end,
are what is left of them by now.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from typing import Final, TypeAlias

from attrs import evolve

from distcore.commission import (
    PeriodFacts,
    PeriodRun,
    Plan,
    Standing,
    is_stepwise,
    left_of,
    sources_of,
    weighs_points,
)
from distcore.engine.lineage import STANDINGS
from distcore.kernel import (
    NOBODY,
    POINT,
    ComponentId,
    DamagedError,
    Downlines,
    InputError,
    Instant,
    MemberId,
    Period,
    SaleId,
    last_of,
    limits,
)
from distcore.ledger import POINTS
from distcore.ports import Transaction
from distcore.referral import person_of, persons_of, seat_of, sponsor_of

_BEYOND: Final = "they exceed what 64 bits can hold"


Sold: TypeAlias = tuple[Instant, SaleId, MemberId, int]
"""When a sale was paid, which one it is, who bought it, and what is left of it."""


def facts_of_period(tx: Transaction, run: PeriodRun, plan: Plan) -> PeriodFacts:
    """Gather what the components of a plan ask about a period."""
    members = members_of_period(tx, run.period, revision=run.tree_revision, known_until=run.known_until)
    between = (run.period.start, run.period.end)
    kept = tx.sales.kept(run.currency, *between)
    earned = tx.sales.earned(plan.id, run.currency, *between) if matched_of_lines(plan) else ()
    sold = _sold(tx, run) if asks_sales(plan) else ()
    return facts_with(members, plan, kept, earned, sold, points_held(tx, run.period, plan))


def matched_of_lines(plan: Plan) -> frozenset[ComponentId]:
    """Return the components of lines whose amounts those of the period match."""
    return sources_of(plan.period_components) & {each.id for each in plan.components}


def asks_sales(plan: Plan) -> bool:
    """Say whether a component of the period asks for the single sales, in their order."""
    return any(map(is_stepwise, plan.period_components))


def asks_points(plan: Plan) -> bool:
    """Say whether a component of the period asks for the points that members hold."""
    return any(map(weighs_points, plan.period_components))


def points_held(tx: Transaction, period: Period, plan: Plan) -> Iterable[tuple[MemberId, int]]:
    """Return the points that were held when a period ended, as far as is known by now, if a plan asks."""
    return tx.transfers.held(POINTS, POINT, period.end) if asks_points(plan) else ()


def members_of_period(tx: Transaction, period: Period, *, revision: int, known_until: Instant) -> PeriodFacts:
    """Return who was a member, and what is known of them; who joined, or was told of, later is none.

    Nor is anybody who was placed below one of those, whatever instant that was said to be known since.
    """
    last = last_of(period)
    late: set[MemberId] = set()
    ids: list[MemberId] = []
    sponsors: list[MemberId | None] = []
    tiers: list[str] = []
    standings: list[Standing] = []
    for member in tx.members.all():
        if member.joined_at >= period.end:
            continue
        if member.recorded_at > known_until:
            late.add(member.id)
            continue
        seat = seat_of(member, valid_at=last, revision=revision)
        ids.append(member.id)
        sponsors.append(sponsor_of(member, valid_at=last, revision=revision))
        tiers.append(seat.tier)
        standings.append(STANDINGS[seat.state])
    if late and any(sponsor in late for sponsor in sponsors):
        none = _with_all_below(late, ids, sponsors)
        counts = [member not in none for member in ids]
        ids, sponsors = list(compress(ids, counts)), list(compress(sponsors, counts))
        tiers, standings = list(compress(tiers, counts)), list(compress(standings, counts))
    persons = persons_at(tx, ids, revision)
    return PeriodFacts(ids, forest_of(ids, sponsors), tiers, standings, (), 0, persons=persons)


def persons_at(tx: Transaction, ids: Sequence[MemberId], revision: int) -> dict[int, int]:
    """Return the places of ids of persons who have several, each with the revision that made the person."""
    persons = persons_of(tx.identities.all())
    known = ((place, person_of(persons, id, revision)) for place, id in enumerate(ids) if id in persons)
    return {place: person for place, person in known if person is not None}


def _with_all_below(
    members: Iterable[MemberId], ids: Sequence[MemberId], sponsors: Sequence[MemberId | None]
) -> set[MemberId]:
    """Return some members and everybody who stands below one of them."""
    below: dict[MemberId | None, list[MemberId]] = {}
    for member, sponsor in zip(ids, sponsors, strict=True):
        below.setdefault(sponsor, []).append(member)
    found = list(members)
    for each in found:  # grows while it is walked
        found.extend(below.get(each, ()))
    return set(found)


def facts_with(
    members: PeriodFacts,
    plan: Plan,
    kept: Iterable[tuple[MemberId, int]],
    earned: Iterable[tuple[ComponentId, MemberId, int]],
    sold: Iterable[Sold],
    held: Iterable[tuple[MemberId, int]],
) -> PeriodFacts:
    """Return what is known of members with what is left of a period: by buyer, by earner, and sale by sale.

    Whoever is not among them belongs to nobody's team, and what they hold weighs nothing.
    """
    place_of = {member: place for place, member in enumerate(members.members)}
    net_minor, own = 0, [0] * len(place_of)
    for buyer, amount in kept:
        net_minor += amount
        if buyer in place_of:
            own[place_of[buyer]] = amount
    columns = {each: [0] * len(place_of) for each in matched_of_lines(plan)}
    for component, payee, amount in earned:
        if component in columns and payee in place_of:
            columns[component][place_of[payee]] = amount
    if max([net_minor, *map(sum, columns.values())]) > limits.TOTAL_MINOR_MAX:
        raise InputError.of("sums", _BEYOND, "sales of so much can't be")
    in_order = [(place_of[buyer], left) for _, _, buyer, left in sorted(sold) if left and buyer in place_of]
    points = _points_of(members, held) if asks_points(plan) else ()
    return evolve(members, own=own, net_minor=net_minor, earned=dict(columns), sold=in_order, points=points)


def _points_of(members: PeriodFacts, held: Iterable[tuple[MemberId, int]]) -> Sequence[int]:
    holders = dict(held)
    return [holders.get(member, 0) for member in members.members]


def forest_of(ids: Sequence[MemberId], sponsors: Sequence[MemberId | None]) -> Downlines:
    """Return the forest of places of some members; what is no forest is damaged."""
    place_of = {member: place for place, member in enumerate(ids)}
    try:
        return Downlines.of([NOBODY if each is None else place_of[each] for each in sponsors])
    except KeyError as missing:
        raise DamagedError(f"the sponsor {missing.args[0]} is not a member") from None
    except InputError as error:
        raise DamagedError("members stand in a cycle") from error


def _sold(tx: Transaction, run: PeriodRun) -> Iterator[Sold]:
    """Yield the sales of a period in the currency of its plan, in no order that anybody may rely on."""
    for each in tx.sales.paid(run.period.start, run.period.end):
        sale = each.booking.sale
        if sale.currency == run.currency:
            left = left_of(sale, each.corrections)
            yield sale.paid_at, sale.id, sale.buyer, sum(line.net_minor for line in left)
