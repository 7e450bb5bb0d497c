"""Plays a witness in a shop of its own: its members join, and its order is accrued."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from attrs import evolve

from distcore import engine
from distcore.commission import Accrual, Custom, Lineage, Plan, Seat, Standing, Witness
from distcore.commission.period_witness import sponsors_in
from distcore.kernel import POINT, Actor, ComponentId, MemberId, paths_to
from distcore.memory import MemoryStore
from distcore.referral import Newcomer, State
from distcore.settlement import Adjustment
from distcore.testing.builders import LATER, Shop, a_policy

JOINED = datetime(2000, 1, 1, tzinfo=UTC)
STATES = {Standing.SUSPENDED: State.SUSPENDED, Standing.GONE: State.TERMINATED}


def is_fresh(witness: Witness) -> bool:
    """Say whether a shop that never sold anything before shows a witness."""
    lineage = witness.lineage
    return not lineage.past.orders and not lineage.earned


def without_formulas(plan: Plan) -> Plan:
    """Return what a witness is of: of a formula nothing is known but that it obeys the budget."""
    return evolve(plan, components=tuple([each for each in plan.components if not isinstance(each, Custom)]))


def shop_of(plan: Plan, witness: Witness) -> Shop:
    """Return a shop with those who stand in the lineage of a witness."""
    lineage = witness.lineage
    policy = a_policy(currencies=(plan.currency,))
    shop = Shop.open(MemoryStore("witness"), plan, _newcomers(lineage), policy)
    for level, seat in lineage.agents:
        region = next(each for each in paths_to(witness.sale.region) if len(each.split("/")) == level)
        shop.do(engine.appoint, seat.member, region, valid_from=JOINED)
    for member in sorted(witness.points):
        given = Adjustment(f"of {member}", member, POINT, 1, "points", Actor("owner"), JOINED)
        shop.do(engine.adjust, given, at=JOINED)
    for seat in _seats(lineage):
        if seat.standing is not Standing.ACTIVE:
            shop.do(engine.set_state, seat.member, STATES[seat.standing], valid_from=JOINED)
    return shop


def accrued(plan: Plan, witness: Witness) -> Sequence[Accrual]:
    """Return what a shop posts for the order of a witness."""
    at = max(LATER, witness.sale.paid_at)
    return shop_of(plan, witness).do(engine.accrue, witness.sale, at=at).accruals


def period_accrued(plan: Plan, witness: Witness) -> tuple[int, dict[ComponentId, int]]:
    """Return what a shop posts of a month in which only a witness is sold: its net, and what is paid."""
    shop, sale = shop_of(plan, witness), witness.sale
    for each in witness.sales:
        shop.do(engine.accrue, each, at=max(LATER, each.paid_at))
    month = sale.paid_at.astimezone(a_policy().zone).strftime("%Y-%m")
    posting = shop.do(engine.accrue_period, sale.currency, month, at=LATER).posting
    assert posting is not None
    return posting.net_minor, {each.component: each.paid_minor for each in posting.totals}


def _seats(lineage: Lineage) -> Iterator[Seat]:
    assert lineage.own is not None, "nobody stands above a buyer who is no member"
    yield from (lineage.own, *lineage.sponsors, *lineage.promoted)
    yield from (seat for _, seat in lineage.agents)


def _newcomers(lineage: Lineage) -> list[Newcomer]:
    """Return the members, each after the own sponsor."""
    sponsors, seats = sponsors_in(lineage), {seat.member: seat for seat in _seats(lineage)}
    order: dict[MemberId, Newcomer] = {}
    for member in seats:
        line = [member]
        while (sponsor := sponsors.get(line[-1])) is not None and sponsor not in order:
            line.append(sponsor)
        for each in reversed(line):
            order.setdefault(each, Newcomer(each, JOINED, sponsors.get(each), seats[each].tier))
    return list(order.values())
