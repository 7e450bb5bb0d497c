"""Periods that show what period components may pay: an order, and whoever stands above, below and beside.

The rule this file protects: what is said to be reached was calculated, by the same code that a period is.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain, islice, product
from typing import Final

from attrs import evolve, frozen

from distcore.commission.calculate import amount_refusal, calculate
from distcore.commission.intake import sale_problems
from distcore.commission.lineage import Lineage, Seat, Standing, is_qualified
from distcore.commission.match import EarnedBefore
from distcore.commission.past import Past
from distcore.commission.period import is_stepwise, weighs_points
from distcore.commission.period_plan import ByTier, Ladder, Matching, PeriodComponent, Pool, Volume
from distcore.commission.period_witness import ABOVE, paid_at_least
from distcore.commission.plan import Plan
from distcore.commission.sale import Sale, whole
from distcore.commission.situation import BUYER, Earner, Situation, line_in, sale_in, situations
from distcore.commission.witness import Witness, lineage_of, without_formulas
from distcore.kernel import PPM, Calendar, MemberId, SaleId, period_of, zone_of

_EXACT_PERCENT: Final = 99
_LARGE_MINOR: Final = 10**12
_MANY: Final = 10**6
_TRIED_MAX: Final = 1_000
_ABOVE_MAX: Final = 100
_DAY: Final = timedelta(days=1)
_ANY_CALENDAR: Final = Calendar(zone_of("UTC"))


@frozen
class Shown:
    """The worst of some periods that were tried, and what is paid in it, what rounding may have added aside.

    `is_exact` says that it shows the bound that was asked about: 99 % of it.
    """

    paid_minor: int = 0
    net_minor: int = 1
    is_exact: bool = False
    witness: Witness | None = None

    @property
    def ppm(self) -> int:
        """What is paid in parts per million of the net, rounded down."""
        return self.paid_minor * PPM // self.net_minor

    def worse(self, paid_minor: int, of: Witness, most_ppm: int | None) -> "Shown":
        """Return what another period shows, if more is paid in it than in this one."""
        net_minor = of.net_minor
        if paid_minor * self.net_minor <= self.paid_minor * net_minor:
            return self
        is_exact = most_ppm is not None and 100 * PPM * paid_minor >= _EXACT_PERCENT * most_ppm * net_minor
        return Shown(paid_minor, net_minor, is_exact, of)


def reached(
    plan: Plan,
    most: Sequence[int | None],
    together: int | None,
    rounding_of: Callable[[Sale], int],
    seeds: Iterable[Witness],
) -> tuple[list[Shown], Shown]:
    """Try periods until one shows the bound of each component, and one that of all together, in ppm.

    None has no bound: then the search goes on, and what it shows is the worst that was tried.
    """
    shown, all_shown = [Shown(is_exact=bound == 0) for bound in most], Shown(is_exact=together == 0)
    for witness in islice(_tried(plan, seeds), _TRIED_MAX):
        slack = rounding_of(witness.sale)
        paid_by = zip(plan.period_components, paid_at_least(plan, witness), strict=True)
        values = [value - _slack_of(component, slack) for component, value in paid_by]
        all_shown = all_shown.worse(witness.paid_minor - slack + sum(values), witness, together)
        shown = [
            each if each.is_exact else each.worse(value, witness, bound)
            for each, value, bound in zip(shown, values, most, strict=True)
        ]
        if all_shown.is_exact and all(each.is_exact for each in shown):
            break
    return shown, all_shown


def _slack_of(component: PeriodComponent, slack: int) -> int:
    """Return how much of what is matched may be what rounding added to the order."""
    return slack * len(component.rates) if isinstance(component, Matching) else 0


def _tried(plan: Plan, seeds: Iterable[Witness]) -> Iterator[Witness]:
    """Yield orders of witnesses, and plain ones, with more members above, and buyers of other tiers."""
    tiers = list(dict.fromkeys(["", *(tier for each in plan.period_components for tier in _tiers(each))]))
    numbers = range(1, 2 + max(map(_asked_above, plan.period_components)))
    plain = _plain_situation(plan)
    edges = _edges(plan)
    sized = (each for seed in seeds for each in _sizes(seed, edges))
    for witness in chain(sized, _plain(plan, plain, edges)):
        if not _ends_within(plan, witness.sale) or sale_problems(witness.sale):
            continue
        for own, tier in product(_owns(witness.lineage, tiers), tiers):
            above, beside = (
                [Seat(MemberId(f"{name} {number}"), tier, Standing.ACTIVE) for number in numbers]
                for name in (ABOVE, "beside")
            )
            lineage = evolve(
                witness.lineage,
                own=own,
                sponsors=[*witness.lineage.sponsors, *above],
                promoted=[*witness.lineage.promoted, *beside],
            )
            yield from _shapes(plan, plain, evolve(witness, lineage=lineage))


def _shapes(plan: Plan, plain: Situation, of: Witness) -> Iterator[Witness]:
    """Yield a period of one order, and with small ones: by which somebody qualifies, or a rate is reached."""
    after = _qualifying(plan, plain, of)
    known = without_formulas(plan)
    for before in ((), *_reaching(plan, plain, of)):
        past = of.lineage.past if not before else _after(of.lineage.past, before[0])
        accruals = calculate(known, of.sale, whole(of.sale), evolve(of.lineage, past=past))
        if amount_refusal(of.sale.id, accruals) is None:
            for small, points in product(dict.fromkeys(((), after)), _who_hold_points(plan, of.lineage)):
                yield Witness(of.sale, of.lineage, accruals, before, small, points)


def _after(past: Past, sale: Sale) -> Past:
    """Return the past of a buyer who bought once more, moments before."""
    return Past(past.orders + 1, past.months, past.spent_minor + sale.net_minor, first_is_free=False)


def _ends_within(plan: Plan, sale: Sale) -> bool:
    """Say whether the period of a sale ends while the plan is valid, in whatever zone the shop's days begin.

    A period is paid by the plan of its last instant.
    """
    if plan.valid_until is None:
        return True
    latest = period_of(sale.paid_at + _DAY, plan.period_cadence, _ANY_CALENDAR)
    return latest.end + 7 * _DAY <= plan.valid_until


def _reaching(plan: Plan, plain: Situation, of: Witness) -> Iterator[tuple[Sale, ...]]:
    """Yield orders of the buyer after which a stepwise ladder pays its highest rate.

    Not where what is earned by them changes what the next one earns.
    """
    looks_back = plan.caps or any(isinstance(each, EarnedBefore) for each in plan.atoms)
    for ladder in plan.period_components:
        if isinstance(ladder, Ladder) and is_stepwise(ladder):
            start = max(ladder.brackets, key=lambda each: each.rate.ppm).from_minor
            sale = _small(plan, plain, of, SaleId("earlier"), BUYER, max(1, start))
            known = without_formulas(plan)
            if start and not (looks_back and calculate(known, sale, whole(sale), of.lineage)):
                yield (sale,)


def _qualifying(plan: Plan, plain: Situation, of: Witness) -> tuple[Sale, ...]:
    """Return orders by which everybody who is active bought enough to qualify for every component."""
    least = max(each.own_least_minor for each in plan.period_components)
    lineage = of.lineage
    seats = (*lineage.sponsors, *lineage.promoted, *(seat for _, seat in lineage.agents))
    return tuple(
        [
            _small(plan, plain, of, SaleId(f"order of {seat.member}"), seat.member, least)
            for seat in seats
            if least and seat.standing is Standing.ACTIVE
        ]
    )


def _small(plan: Plan, plain: Situation, of: Witness, id: SaleId, buyer: MemberId, net_minor: int) -> Sale:
    """Return an order of the same period: paid at the same instant as that of a witness."""
    sale = sale_in(plain, plan, line_in(plain, net_minor, 1))
    return evolve(sale, id=id, buyer=buyer, paid_at=of.sale.paid_at, promoter=None)


def _who_hold_points(plan: Plan, lineage: Lineage) -> Collection[frozenset[MemberId]]:
    """Return who may hold points: who qualifies for all that is split by them, or, if nobody does, for any.

    They all do, or the lowest of them above the buyer or the promoter alone, whom most others can match.
    """
    pools = [each for each in plan.period_components if weighs_points(each)]
    assert lineage.own is not None, "nobody stands above a buyer who is no member"
    lines = [
        [seat for seat in line if pools and seat.standing is Standing.ACTIVE]
        for line in ([lineage.own, *lineage.sponsors], lineage.promoted)
    ]
    for enough in (all, any):
        found = [
            [
                each.member
                for each in line
                if enough(is_qualified(of.qualified_tiers, each.tier) for of in pools)
            ]
            for line in lines
        ]
        if any(found):
            lowest = [frozenset(line[:1]) for line in found if line]
            return dict.fromkeys([*lowest, frozenset(chain(*found))])
    return (frozenset(),)


def _owns(lineage: Lineage, tiers: Sequence[str]) -> list[Seat]:
    """Return the buyer, and, of one who is active, the same of other tiers."""
    own = lineage.own
    assert own is not None, "nobody stands above a buyer who is no member"
    others = [tier for tier in tiers if tier != own.tier] if own.standing is Standing.ACTIVE else []
    return [own, *(evolve(own, tier=tier) for tier in others)]


def _tiers(component: PeriodComponent) -> Sequence[str]:
    weights = component.weights if isinstance(component, Pool) else None
    weighing = [each.tier for each in weights.tiers if each.weight] if isinstance(weights, ByTier) else []
    return [*component.qualified_tiers, *weighing]


def _asked_above(component: PeriodComponent) -> int:
    """Return how many above an order are needed: one for each generation, or until a budget is spent."""
    match component:
        case Matching(rates=rates):
            return len(rates) + 1
        case Ladder(volume=Volume.TEAM, subtract_legs=False, budget=budget) if budget is not None:
            highest = max((each.rate.ppm for each in component.brackets), default=0)
            return min(_ABOVE_MAX, 1 + -(-budget.ppm // max(1, highest)))
        case _:
            return 1


def _plain_situation(plan: Plan) -> Situation:
    """Return a situation of goods that no condition names."""
    return next(iter(situations(evolve(plan, components=())) or ()))


def _edges(plan: Plan) -> list[int]:
    """Return the nets where brackets begin and end, a cap may be spent, or somebody qualifies."""
    starts = [
        each.from_minor
        for ladder in plan.period_components
        if isinstance(ladder, Ladder)
        for each in ladder.brackets
    ]
    starts += [cap.amount_minor for cap in plan.caps]
    starts += [each.own_least_minor for each in plan.period_components]
    return sorted({net for start in starts for net in (start - 1, start) if net > 0}, reverse=True)


def _sizes(of: Witness, edges: Sequence[int]) -> Iterator[Witness]:
    """Yield an order, and the same of other sizes.

    Of many units it is paid by amounts per unit, beside which nothing else has a part of a budget.
    """
    yield of
    lines = [evolve(line, units=line.units * _MANY) for line in of.sale.lines]
    yield evolve(of, sale=evolve(of.sale, lines=tuple(lines)))
    net = of.sale.net_minor
    for edge in edges:
        lines = [
            evolve(
                line,
                net_minor=line.net_minor * edge // net,
                list_minor=(line.list_minor or 0) * edge // net,
                cost_minor=(line.cost_minor or 0) * edge // net,
                tax_minor=(line.tax_minor or 0) * edge // net,
            )
            for line in of.sale.lines
        ]
        yield evolve(of, sale=evolve(of.sale, lines=tuple(lines)))


def _plain(plan: Plan, situation: Situation, edges: Sequence[int]) -> Iterator[Witness]:
    """Yield orders of goods that no condition names: a large one, and those where brackets begin and end."""
    lineage = lineage_of(situation, ((Earner(""), True),), (), ())
    for net_minor in (_LARGE_MINOR, *edges):
        yield Witness(sale_in(situation, plan, line_in(situation, net_minor, 1)), lineage, ())
