"""The worst case of a plan as tables: the shares, what they are made of, and a sale that is paid so much."""

from collections.abc import Iterator
from typing import Final

from distcore.commission import Bound, Lineage, Part, Plan, Seat, Unbounded, Witness, Worst
from distcore.kernel import format_instant, format_minor
from distcore_cli.render import Cell, Table, columns

_PPM_PER_PERCENT: Final = 10_000


def worst_tables(plan: Plan, worst: Worst, *, with_witness: bool) -> list[Table]:
    """Return the worst case of a plan, and, if asked for, who shows it."""
    names = "scope at_most is_exact is_cut why component rule rounding per"
    rows = [_row(plan, worst, "line", worst.line), _row(plan, worst, "period", worst.period)]
    tables = [Table("worst_case", columns(names, "rounding"), rows), _parts(worst.parts)]
    if worst.periods:
        tables.append(_periods(worst))
    if not with_witness:
        return tables
    witness = worst.period.witness or worst.line.witness
    return [*tables, *_witness(plan, witness)]


def _row(plan: Plan, worst: Worst, scope: str, share: Bound | Unbounded) -> list[Cell]:
    most: list[Cell]
    if isinstance(share, Bound):
        most = [_percent(share.ppm), *_words(worst, share), None, None, None]
    else:
        most = ["unbounded", *_words(worst, share), share.reason.value, share.component, share.rule]
    return [scope, *most, format_minor(worst.rounding.minor, plan.currency), worst.rounding.scope.value]


def _words(worst: Worst, share: Bound | Unbounded) -> tuple[str, str]:
    return "yes" if share.is_exact else "no", "yes" if worst.is_cut else "no"


def _percent(ppm: int) -> str:
    """Return a share as a percentage; other than a rate it may be above the whole."""
    whole, decimals = divmod(ppm, _PPM_PER_PERCENT)
    return f"{whole}.{decimals:04}".rstrip("0").rstrip(".") + "%"


def _periods(worst: Worst) -> Table:
    """Return what the components of a period pay at most beside the orders, of the net of the period."""
    rows = [
        (
            each.component,
            "unbounded" if each.ppm is None else _percent(each.ppm),
            "yes" if each.is_budget else "no",
            None if each.why is None else each.why.value,
        )
        for each in worst.periods
    ]
    return Table("worst_case_periods", columns("component at_most is_budget why"), rows)


def _parts(parts: tuple[Part, ...]) -> Table:
    rows = [
        (
            each.component,
            each.level,
            each.rule,
            each.tier,
            _percent(-(-each.paid_minor * 100 * _PPM_PER_PERCENT // each.net_minor)),
        )
        for each in parts
    ]
    return Table("worst_case_parts", columns("component level rule tier share", "level"), rows)


def _witness(plan: Plan, witness: Witness | None) -> Iterator[Table]:
    if witness is None:
        return
    sale, lineage, currency = witness.sale, witness.lineage, plan.currency
    facts = {
        "paid_at": format_instant(sale.paid_at),
        "region": sale.region,
        "channel": sale.channel,
        "group": sale.buyer_group,
        "orders_before": str(lineage.past.orders),
        "months_since_first": str(lineage.past.months),
        "spent_before": format_minor(lineage.past.spent_minor, currency),
        "net": format_minor(sale.net_minor, currency),
        "paid": format_minor(witness.paid_minor, currency),
    }
    yield Table("witness_order", columns(" ".join(facts)), [list(facts.values())])
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
    rows: list[list[Cell]] = [
        [
            above,
            place,
            seat.member,
            seat.tier,
            seat.standing.value,
            format_minor(lineage.earned.get(seat.member, 0), currency),
        ]
        for above, place, seat in _seats(lineage)
    ]
    names = "above place member tier state earned_before"
    yield Table("witness_seats", columns(names, "place earned_before"), rows)


def _seats(lineage: Lineage) -> Iterator[tuple[str, int, Seat]]:
    own = () if lineage.own is None else (lineage.own,)
    for name, seats in (("own", own), ("sponsor", lineage.sponsors), ("promoted", lineage.promoted)):
        for place, seat in enumerate(seats, 1):
            yield name, place, seat
    for level, seat in lineage.agents:
        yield "agent", level, seat
