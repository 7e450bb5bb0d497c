"""A sale and a lineage that show what a plan may pay: tried, by the calculation itself.

The rule this file protects: what is said to be reached was calculated.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from attrs import evolve, frozen

from distcore.commission.accrual import Accrual
from distcore.commission.calculate import amount_refusal, calculate
from distcore.commission.cap import caps_met
from distcore.commission.climb import Office, Place
from distcore.commission.lineage import Lineage, Seat, Standing
from distcore.commission.plan import Custom, ListPrice, Margin, Net, Plan
from distcore.commission.sale import Sale, SaleLine, whole
from distcore.commission.situation import BUYER, Situation, Sizes, line_in, rest_of, sale_in
from distcore.kernel import PPM, LineId, MemberId, limits

LINE: Final = LineId("1")
"""The line that a witness is about; there are others only where conditions or a budget need them."""

_DEAR_MINOR: Final = 10**12

_NETS: Final = (10**12, 10**10, 10**8, 10**6, 10**4, 10**3, 10**2, 10)


@frozen
class Witness:
    """A sale and who stands above its buyer, with all that `calculate` pays for it.

    In a period small orders may be paid `before` and `after` it, of goods that no condition names, by those
    who stand in its lineage, and some of those hold `points`: one each.  What is paid for small orders is not
    counted.
    """

    sale: Sale
    lineage: Lineage
    accruals: tuple[Accrual, ...]
    before: tuple[Sale, ...] = ()
    after: tuple[Sale, ...] = ()
    points: frozenset[MemberId] = frozenset()

    @property
    def sales(self) -> tuple[Sale, ...]:
        """What is sold in its period, in the order of payment."""
        return (*self.before, self.sale, *self.after)

    @property
    def net_minor(self) -> int:
        """What is sold in its period altogether."""
        return sum(sale.net_minor for sale in self.sales)

    @property
    def line_paid_minor(self) -> int:
        """What is paid for the line that it is about."""
        return sum(each.amount_minor for each in self.accruals if each.line == LINE)

    @property
    def line_net_minor(self) -> int:
        """What the buyer pays for that line."""
        return self.sale.lines[0].net_minor

    @property
    def paid_minor(self) -> int:
        """What is paid for all of the order."""
        return sum(each.amount_minor for each in self.accruals)

    @property
    def seats(self) -> int:
        """How many stand in it, the buyer too."""
        lineage = self.lineage
        return 1 + sum(len(tuple(each)) for each in (lineage.sponsors, lineage.promoted, lineage.agents))

    def tier_of(self, payee: MemberId) -> str:
        """Return the tier of somebody who is paid."""
        lineage = self.lineage
        own = [] if lineage.own is None else [lineage.own]
        agents = [seat for _, seat in lineage.agents]
        seats = (*own, *lineage.sponsors, *lineage.promoted, *agents)
        return next(seat.tier for seat in seats if seat.member == payee)


def lineage_of(
    situation: Situation,
    own: Sequence[Place],
    sponsors: Sequence[Place],
    promoted: Sequence[Place],
    agents: Sequence[Office] = (),
) -> Lineage:
    """Return a lineage with members of these tiers and standings, and agents of these levels and tiers.

    Each had earned before what the place says.  A buyer without a place is a member who was terminated:
    nobody stands above one who was never a member.
    """
    earned: dict[MemberId, int] = {}

    def seat(member: str, place: Place) -> Seat:
        (who, is_active), id = place, MemberId(member)
        if who.earned_minor:
            earned[id] = who.earned_minor
        return Seat(id, who.tier, Standing.ACTIVE if is_active else Standing.SUSPENDED)

    def seats(name: str, places: Sequence[Place]) -> tuple[Seat, ...]:
        if not places:  # one who is gone keeps the other line away
            return (Seat(MemberId(f"{name} 1"), "", Standing.GONE),)
        return tuple([seat(f"{name} {number}", place) for number, place in enumerate(places, 1)])

    return Lineage(
        BUYER,
        seat(BUYER, own[0]) if own else Seat(BUYER, "", Standing.GONE),
        seats("sponsor", sponsors),
        seats("promoted", promoted),
        situation.past,
        agents=tuple(
            [
                (level, seat(f"agent {number:03}", (who, True)))
                for number, (level, who) in enumerate(agents, 1)
            ]
        ),
        earned=earned,
    )


def without_formulas(plan: Plan) -> Plan:
    """Return a plan without what the shop's functions pay: nothing is known of that but what bounds it."""
    known = tuple([each for each in plan.components if not isinstance(each, Custom)])
    return plan if known == plan.components else evolve(plan, components=known)


def witnesses(plan: Plan, situation: Situation, lineage: Lineage) -> Iterator[Witness]:
    """Yield what is paid for orders of a situation: large and small ones, alone and among other goods.

    They are from a region no deeper than its agents, or than conditions ask; and they can be booked.
    """
    all_units = _numbers(situation.units, 0, (1,))
    nets = _numbers(situation.net, 1, _NETS)
    for units in all_units:
        for net_minor in nets:
            yield from _calculated(plan, situation, lineage, net_minor, units)
    for units in all_units:
        for net_minor in dict.fromkeys(_spent(plan, situation, lineage, nets, units)):
            yield from _calculated(plan, situation, lineage, net_minor, units)


def _calculated(
    plan: Plan, situation: Situation, lineage: Lineage, net_minor: int, units: int
) -> Iterator[Witness]:
    depth = max([*(level for level, _ in lineage.agents), situation.region.count("/") + 1])
    for sale in _sales(plan, situation, net_minor, units):
        shown = evolve(sale, region="/".join(sale.region.split("/")[:depth]))
        accruals = calculate(plan, shown, whole(shown), lineage)
        if amount_refusal(shown.id, accruals) is None:
            yield Witness(shown, lineage, accruals)


def _spent(
    plan: Plan, situation: Situation, lineage: Lineage, nets: Sequence[int], units: int
) -> Iterator[int]:
    """Yield nets of which a budget or a cap is just spent: more is cut, and of less much is rounded."""
    if not plan.caps and not (plan.budget is not None and plan.budget.ppm):
        return
    free, between = evolve(plan, budget=None, caps=()), situation.net.line
    most = min(between.most, situation.net.order.most)
    for net_minor in nets:
        for sale in _sales(free, situation, net_minor, units):
            accruals = calculate(free, sale, whole(sale), lineage)
            asked = sum(each.amount_minor for each in accruals)
            spent = [asked * PPM // plan.budget.ppm] if plan.budget is not None and plan.budget.ppm else []
            spent += [
                net_minor * capped.cap.amount_minor // sum(capped.asked)
                for capped in caps_met(plan, sale, accruals, None)
                if any(capped.asked)
            ]
            yield from (each for each in spent if max(1, between.least) <= each <= most)


def _sales(plan: Plan, situation: Situation, net_minor: int, units: int) -> Iterator[Sale]:
    for line in _priced(plan, line_in(situation, net_minor, units)):
        for rest in _rests(plan, situation, line):
            yield sale_in(situation, plan, line, rest)


def _numbers(sizes: Sizes, least: int, tried: Sequence[int]) -> list[int]:
    """Return numbers to try for a line: round ones, both ends, and what its order must have."""
    least, most = max(least, sizes.line.least), min(sizes.line.most, sizes.order.most)
    return list(dict.fromkeys(n for n in (*tried, least, most, sizes.order.least) if least <= n <= most))


def _priced(plan: Plan, line: SaleLine) -> list[SaleLine]:
    """Return a line, and first the same with a price and a tax as high as any, or high, if asked for."""
    bases = [component.base for component in plan.components]
    asks_list = any(isinstance(base, ListPrice) for base in bases)
    asks_tax = any(base == Net(with_tax=True) for base in bases)
    if not asks_list and not asks_tax:
        return [line]
    dear = [
        evolve(
            line,
            list_minor=most if asks_list else line.list_minor,
            tax_minor=most if asks_tax else 0,
        )
        for most in (limits.AMOUNT_MINOR_MAX, _DEAR_MINOR)
    ]
    return [*dear, line]


def _rests(plan: Plan, situation: Situation, line: SaleLine) -> Iterator[Sequence[SaleLine]]:
    """Yield other lines that make an order large enough, and, for a budget, much larger."""
    of_order, units = situation.net.order, situation.units.order
    net_minor = max(0, of_order.least - line.net_minor)
    more_units = max(0, units.least - line.units)
    if net_minor or more_units:
        yield rest_of(plan, net_minor, more_units)
        yield rest_of(plan, net_minor, more_units, line)
    else:
        yield ()
    most = min(of_order.most, limits.AMOUNT_MINOR_MAX) - line.net_minor
    if plan.budget is not None and most > net_minor:
        rest = rest_of(plan, most, more_units)
        yield rest
        if any(isinstance(component.base, Margin) for component in plan.components):
            yield [evolve(goods, cost_minor=goods.net_minor) for goods in rest]
