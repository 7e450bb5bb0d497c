"""The worst case of a plan as tables: the shares, what they are made of, and a sale that is paid so much."""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

from distcore.commission import (
    Bound,
    Lineage,
    NoBound,
    Part,
    PeriodBound,
    Plan,
    Seat,
    Unbounded,
    Witness,
    Worst,
    period_values,
    told_share,
)
from distcore.kernel import PPM, format_instant, format_minor
from distcore_cli.render import Cell, Table, columns, yes_or_no

T = TypeVar("T")

_PARTS_MAX: Final = 3


def worst_tables(plan: Plan, worst: Worst, *, with_witness: bool) -> list[Table]:
    """Return the worst case of a plan, and, if asked for, who shows it.

    The row of a period is of all that is paid in it; that of its orders stands apart only where something
    is paid beside them.
    """
    shares = [("line", worst.line), ("period", worst.period)]
    if plan.period_components:
        shares.insert(1, ("orders", worst.orders))
    names = "scope at_most is_exact shown is_cut why component rule rounding per"
    rows = [_row(plan, worst, *each) for each in shares]
    tables = [Table("worst_case", columns(names, "rounding"), rows)]
    reasons = dict.fromkeys(each for _, share in shares for each in _reasons(share))
    if reasons:
        found = [(each.reason.value, each.component, each.rule) for each in reasons]
        tables.append(Table("worst_case_unbounded", columns("why component rule"), found))
    tables.append(_parts(worst.parts))
    if worst.periods:
        tables.append(_periods(worst))
    if not with_witness:
        return tables
    witness = worst.period.witness or worst.orders.witness or worst.line.witness
    return [*tables, *_witness(plan, witness)]


def _row(plan: Plan, worst: Worst, scope: str, share: Bound | Unbounded) -> list[Cell]:
    """Return a row; of all that has no bound it names what a witness is paid most by."""
    most: list[Cell]
    if isinstance(share, Bound):
        most = [*_most(share.ppm, share), yes_or_no(worst.is_cut), None, None, None]
    else:
        first = share.no_bound[0]
        cut = yes_or_no(worst.is_cut)
        most = ["unbounded", None, None, cut, first.reason.value, first.component, first.rule]
    return [scope, *most, format_minor(worst.rounding.minor, plan.currency), worst.rounding.scope.value]


def _most(ppm: int, of: Bound | PeriodBound) -> list[Cell]:
    """Return a bound, whether it is exact, and, where it is not, what was shown of it."""
    return [told_share(ppm), yes_or_no(of.is_exact), None if of.is_exact else told_share(of.shown_ppm)]


def _reasons(share: Bound | Unbounded) -> tuple[NoBound, ...]:
    return share.no_bound if isinstance(share, Unbounded) else ()


def _periods(worst: Worst) -> Table:
    """Return what the components of a period pay at most beside the orders, of the net of the period."""
    rows = [
        (
            each.component,
            *(["unbounded", None, None] if each.ppm is None else _most(each.ppm, each)),
            yes_or_no(each.is_budget),
            None if each.why is None else each.why.value,
        )
        for each in worst.periods
    ]
    return Table("worst_case_periods", columns("component at_most is_exact shown is_budget why"), rows)


def _parts(parts: tuple[Part, ...]) -> Table:
    """Return what is paid: what is alike on one level, or on levels that follow each other, is one row."""
    shares = [told_share(-(-each.paid_minor * PPM // each.net_minor)) for each in parts]
    alike = [(each.component, each.rule, each.tier, share) for each, share in zip(parts, shares, strict=True)]
    rows = [
        (times, component, low, high, rule, tier, share)
        for times, low, high, (component, rule, tier, share) in _grouped(
            [each.level for each in parts], alike
        )
    ]
    names = "times component level to_level rule tier share"
    return Table("worst_case_parts", columns(names, "times level to_level"), rows)


def _grouped(levels: Sequence[int], alike: Sequence[T]) -> Iterator[tuple[int, int, int, T]]:
    """Yield how often the same comes one after the other, and on which levels: the same or the next ones."""
    times, low, high = 0, 0, 0
    for place, (level, what) in enumerate(zip(levels, alike, strict=True)):
        if times and what == alike[place - 1] and level in {high, high + 1}:
            times, high = times + 1, level
            continue
        if times:
            yield times, low, high, alike[place - 1]
        times, low, high = 1, level, level
    if times:
        yield times, low, high, alike[-1]


def _witness(plan: Plan, witness: Witness | None) -> Iterator[Table]:
    if witness is None:
        return
    sale, lineage, currency = witness.sale, witness.lineage, plan.currency
    facts = {
        "paid_at": format_instant(sale.paid_at),
        "region": _short(sale.region),
        "channel": sale.channel,
        "group": sale.buyer_group,
        "orders_before": str(lineage.past.orders),
        "months_since_first": str(lineage.past.months),
        "spent_before": format_minor(lineage.past.spent_minor, currency),
        "net": format_minor(sale.net_minor, currency),
        "paid": format_minor(witness.paid_minor, currency),
    }
    if plan.period_components:
        values = period_values(plan, witness)
        facts["paid_by_period"] = format_minor(sum(each.total.paid_minor for each in values), currency)
    yield Table("witness_order", columns(" ".join(facts)), [list(facts.values())])
    small = [
        (when, each.buyer, format_minor(each.net_minor, currency))
        for when, sales in (("before", witness.before), ("after", witness.after))
        for each in sales
    ]
    if small:
        yield Table("witness_small_orders", columns("when buyer net", "net"), small)
    if witness.points:
        yield Table(
            "witness_points",
            columns("member points", "points"),
            [(each, 1) for each in sorted(witness.points)],
        )
    lines = [
        (
            line.id,
            line.sku,
            line.units,
            format_minor(line.net_minor, currency),
            format_minor(line.list_minor or 0, currency),
            format_minor(line.tax_minor or 0, currency),
            line.category,
            line.brand,
            " ".join(line.tags),
        )
        for line in sale.lines
    ]
    names = "line sku units net list tax category brand tags"
    yield Table("witness_lines", columns(names, "units net list tax"), lines)
    names = "times above place to_place member tier state earned_before"
    rows = list(_seat_rows(plan, lineage))
    yield Table("witness_seats", columns(names, "times place to_place earned_before"), rows)


def _short(region: str) -> str:
    """Return a region, of a deep one its first parts and how many there are."""
    parts = region.split("/")
    return region if len(parts) <= _PARTS_MAX else f"{'/'.join(parts[:_PARTS_MAX])}/… ({len(parts)})"


def _seat_rows(plan: Plan, lineage: Lineage) -> Iterator[list[Cell]]:
    """Yield who stands where; of agents who are alike the first is named."""
    found = list(_seats(lineage))
    earned = [format_minor(lineage.earned.get(seat.member, 0), plan.currency) for *_, seat in found]
    alike = [
        (above, seat.tier, seat.standing, minor, above != "agent" and seat.member)
        for (above, _, seat), minor in zip(found, earned, strict=True)
    ]
    at = 0
    for times, low, high, (above, tier, standing, minor, _) in _grouped([each[1] for each in found], alike):
        yield [times, above, low, high, found[at][2].member, tier, standing.value, minor]
        at += times


def _seats(lineage: Lineage) -> Iterator[tuple[str, int, Seat]]:
    own = () if lineage.own is None else (lineage.own,)
    for name, seats in (("own", own), ("sponsor", lineage.sponsors), ("promoted", lineage.promoted)):
        for place, seat in enumerate(seats, 1):
            yield name, place, seat
    for level, seat in lineage.agents:
        yield "agent", level, seat
