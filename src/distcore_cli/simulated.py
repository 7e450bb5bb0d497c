"""How a simulation is shown: what it costs by everything, how that is spread, who gains and who loses."""

from collections.abc import Iterator, Sequence
from typing import Final

from distcore.analytics import QUANTILES, Comparison, Distribution, share_ppm
from distcore.commission import Plan
from distcore.engine import Aspect, Baseline, Outlay, Simulation
from distcore.kernel import PPM, format_minor
from distcore_cli.render import Cell, Table, columns, seen

COSTS = columns("by value currency cost baseline change", "cost baseline change")
FIGURES = columns("figure currency cost baseline", "cost baseline")
PAYEES = columns("currency gaining losing unchanged gained lost", "gaining losing unchanged gained lost")
MOVEMENTS = columns("payee currency before after change", "before after change")
OMITTED = columns("reason sales first", "sales")
OMITTED_PERIODS = columns("reason period")
SIMULATION = columns(
    "plan plan_version against against_version currency sales net", "plan_version against_version sales net"
)

DECIMALS: Final = len(str(PPM)) - 1
"""Decimals of a share that is counted in parts per million."""


def tables_of(found: Simulation, largest: int) -> list[Table]:
    """Return a simulation as tables, the costs first; nothing was left out: no table of it."""
    compared = found.compared(largest=largest)
    tables = [
        Table("costs", COSTS, list(_costs(found))),
        Table("figures", FIGURES, list(_figures(found))),
    ]
    if compared is not None:
        tables += [
            Table("payees", PAYEES, [_payees(found, compared)]),
            Table("movements", MOVEMENTS, list(_movements(found, compared))),
        ]
    omitted = [(each.reason.value, each.sales, each.first) for each in found.omitted]
    if omitted:
        tables.append(Table("omitted", OMITTED, omitted))
    periods = [(each.reason.value, each.period.label) for each in found.omitted_periods]
    if periods:
        tables.append(Table("omitted_periods", OMITTED_PERIODS, periods))
    return [*tables, Table("simulation", SIMULATION, [_simulation(found)])]


def heading(found: Simulation) -> str:
    """Return what was simulated, as a sentence."""
    currency = found.plan.currency
    against = ""
    if found.against is not None:
        other = "what was posted" if isinstance(found.against, Baseline) else named(found.against)
        against = f", against {other}"
    net = format_minor(found.net_minor, currency)
    return f"{named(found.plan)}{against}: {found.sales} sales, {net} {currency} left of them"


def named(plan: Plan) -> str:
    """Return a plan by its id and version."""
    return f"plan {seen(plan.id)} version {plan.plan_version}"


def share_of(part_minor: int, whole_minor: int) -> str:
    """Return which part of a whole something is, as a decimal number; of nothing it is zero."""
    return decimal_of(share_ppm(part_minor, whole_minor))


def decimal_of(ppm: int) -> str:
    """Return parts per million as a decimal number, like ``0.153000``."""
    whole, parts = divmod(ppm, PPM)
    return f"{whole}.{parts:0{DECIMALS}}"


def _costs(found: Simulation) -> Iterator[Sequence[Cell]]:
    before = None if found.baseline is None else found.baseline.total_minor
    yield ("total", None, *_amounts(found, found.cost.total_minor, before))
    for aspect in Aspect:
        cost = found.cost.by(aspect)
        baseline = {} if found.baseline is None else found.baseline.by(aspect)
        for value in sorted({**cost, **baseline}):
            before = None if found.baseline is None else baseline.get(value, 0)
            yield (aspect.value, value, *_amounts(found, cost.get(value, 0), before))


def _amounts(found: Simulation, cost: int, before: int | None) -> Sequence[Cell]:
    currency = found.plan.currency
    if before is None:
        return (currency, format_minor(cost, currency), None, None)
    return (currency, *(format_minor(each, currency) for each in (cost, before, cost - before)))


def _figures(found: Simulation) -> Iterator[Sequence[Cell]]:
    """Yield the same figures of the cost and of the baseline, one a row."""
    cost = list(_figures_of(found.cost, found))
    baseline = None if found.baseline is None else list(_figures_of(found.baseline, found))
    for place, (name, is_amount, value) in enumerate(cost):
        before = None if baseline is None else baseline[place][2]
        yield name, found.plan.currency if is_amount else None, value, before


def _figures_of(outlay: Outlay, found: Simulation) -> Iterator[tuple[str, bool, Cell]]:
    spread: Distribution = outlay.spread
    currency = found.plan.currency
    yield "share_of_net", False, share_of(outlay.total_minor, found.net_minor)
    yield "payees", False, spread.count
    amounts = [("mean", spread.mean_minor), ("median", spread.median_minor)]
    of_share = {each.share: each.amount_minor for each in spread.quantiles}
    amounts += [(f"quantile_{share}".removesuffix("%"), of_share.get(share, 0)) for share in QUANTILES]
    for name, minor in amounts:
        yield name, True, format_minor(minor, currency)
    yield "top_payees", False, spread.top_count
    yield "top_cost", True, format_minor(spread.top_minor, currency)
    yield "top_share", False, decimal_of(spread.top_share_ppm)
    yield "gini", False, decimal_of(spread.gini_ppm)


def _payees(found: Simulation, compared: Comparison) -> Sequence[Cell]:
    currency = found.plan.currency
    amounts = (format_minor(each, currency) for each in (compared.gained_minor, compared.lost_minor))
    return (currency, compared.gaining, compared.losing, compared.unchanged, *amounts)


def _movements(found: Simulation, compared: Comparison) -> Iterator[Sequence[Cell]]:
    currency = found.plan.currency
    for each in compared.largest:
        amounts = (each.before_minor, each.after_minor, each.change_minor)
        yield (each.payee, currency, *(format_minor(amount, currency) for amount in amounts))


def _simulation(found: Simulation) -> Sequence[Cell]:
    plan, against = found.plan, found.against
    other: tuple[Cell, Cell] = (None, None)
    if isinstance(against, Plan):
        other = (against.id, against.plan_version)
    elif against is not None:
        other = (against.value, None)
    net = format_minor(found.net_minor, plan.currency)
    return (plan.id, plan.plan_version, *other, plan.currency, found.sales, net)
