"""What a period is worth in which a witness is all that is sold.

The rule this file protects: a shop in which that is all that happens pays at least what is said to be shown.
"""

from itertools import pairwise
from typing import Final

from distcore.commission.lineage import Lineage
from distcore.commission.period import PeriodValue, values_of
from distcore.commission.period_facts import PeriodFacts
from distcore.commission.period_plan import Matching
from distcore.commission.plan import Plan
from distcore.commission.witness import Witness
from distcore.kernel import NOBODY, ComponentId, Downlines, MemberId, Rounding

ABOVE: Final = "above"
"""What those are called who were added above all that an order asks for."""

_LOWEST: Final = MemberId(f"{ABOVE} 1")


def period_values(plan: Plan, witness: Witness) -> list[PeriodValue]:
    """Return what a period is worth in which a witness is all that is sold."""
    return values_of(plan.period_components, facts_of(plan, witness), plan.rounding)


def paid_at_least(plan: Plan, witness: Witness) -> list[int]:
    """Return what each component pays of that, without what rounding may have added.

    What is earned by other orders than the one is not counted.  More that is matched is never less, but where
    it shares a budget: then others have more of that, and nothing is said of what matches it again.
    """
    values = values_of(plan.period_components, facts_of(plan, witness), Rounding.DOWN)
    shared: set[ComponentId] = set()
    paid = []
    for value in values:
        component = value.component
        of = component.of if isinstance(component, Matching) else ()
        unsure = not shared.isdisjoint(of)
        if isinstance(component, Matching) and (unsure or component.budget is not None):
            shared.add(component.id)
        paid.append(0 if unsure and len(witness.sales) > 1 else value.total.paid_minor)
    return paid


def sponsors_in(lineage: Lineage) -> dict[MemberId, MemberId]:
    """Return who is whose sponsor in the period of a witness: agents stand below the lowest added seat."""
    assert lineage.own is not None, "nobody stands above a buyer who is no member"
    above = {
        lower.member: upper.member
        for line in ([lineage.own, *lineage.sponsors], [*lineage.promoted])
        for lower, upper in pairwise(line)
    }
    lowest = next((seat.member for seat in lineage.sponsors if seat.member == _LOWEST), None)
    return above if lowest is None else above | {seat.member: lowest for _, seat in lineage.agents}


def facts_of(plan: Plan, witness: Witness) -> PeriodFacts:
    """Return what is known of a period in which a witness is all that is sold."""
    lineage = witness.lineage
    assert lineage.own is not None, "nobody stands above a buyer who is no member"
    agents = [seat for _, seat in lineage.agents]
    seats = [lineage.own, *lineage.sponsors, *lineage.promoted, *agents]
    above = sponsors_in(lineage)
    seats.sort(key=lambda seat: seat.member)
    members = [seat.member for seat in seats]
    places = {member: place for place, member in enumerate(members)}
    earned = {each.id: [0] * len(members) for each in plan.components}
    for each in witness.accruals:
        earned[each.component][places[each.payee]] += each.amount_minor
    own, sold = [0] * len(members), []
    for sale in witness.sales:
        own[places[sale.buyer]] += sale.net_minor
        sold.append((places[sale.buyer], sale.net_minor))
    return PeriodFacts(
        members,
        Downlines.of([places[above[each]] if each in above else NOBODY for each in members]),
        [seat.tier for seat in seats],
        [seat.standing for seat in seats],
        own,
        witness.net_minor,
        earned,
        sold,
        [int(each in witness.points) for each in members],
    )
