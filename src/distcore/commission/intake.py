"""What a sale and a refund must look like before anything is decided about them.

All that is wrong is reported together, each with its path; nothing is repaired in silence.
"""

from collections.abc import Collection, Iterator

from distcore.commission.sale import Refund, RefundLine, Sale, SaleLine
from distcore.kernel import EXPONENTS, Problem, id_problem, int_problem, limits, shown, text_problem


def sale_problems(sale: Sale) -> tuple[Problem, ...]:
    """Return what is malformed about a sale, or nothing."""
    return tuple(problem for problem in _sale_problems(sale) if problem is not None)


def refund_problems(refund: Refund) -> tuple[Problem, ...]:
    """Return what is malformed about a refund, or nothing."""
    return tuple(problem for problem in _refund_problems(refund) if problem is not None)


def _sale_problems(sale: Sale) -> Iterator[Problem | None]:
    yield id_problem(sale.id, "id")
    yield id_problem(sale.buyer, "buyer")
    if sale.promoter is not None:
        yield id_problem(sale.promoter, "promoter")
    if sale.currency not in EXPONENTS:
        yield Problem(
            "currency", f"{shown(sale.currency)} is not a currency", "use a code of ISO 4217, such as CNY"
        )
    yield text_problem(sale.region, "region")
    yield text_problem(sale.channel, "channel")
    yield text_problem(sale.buyer_group, "buyer_group")
    yield _count_problem(sale.lines)
    for index, line in enumerate(sale.lines[: limits.LINES_MAX]):
        yield from _line_problems(line, f"lines[{index}]")
    yield from _twice_problems([line.id for line in sale.lines], "lines")
    if _total(line.net_minor for line in sale.lines) > limits.AMOUNT_MINOR_MAX:
        yield Problem(
            "lines", f"together they exceed {limits.AMOUNT_MINOR_MAX} minor units", "split the order"
        )


def _line_problems(line: SaleLine, where: str) -> Iterator[Problem | None]:
    yield id_problem(line.id, f"{where}.id")
    yield id_problem(line.sku, f"{where}.sku")
    yield int_problem(line.units, f"{where}.units", least=0, most=limits.UNITS_MAX)
    yield int_problem(line.net_minor, f"{where}.net_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
    yield text_problem(line.category, f"{where}.category")
    if line.list_minor is not None:
        yield int_problem(line.list_minor, f"{where}.list_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
    if line.cost_minor is not None:
        yield int_problem(line.cost_minor, f"{where}.cost_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
    if line.tax_minor is not None:
        yield int_problem(line.tax_minor, f"{where}.tax_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
    yield text_problem(line.brand, f"{where}.brand")
    for place, tag in enumerate(line.tags):
        yield text_problem(tag, f"{where}.tags[{place}]")


def _refund_problems(refund: Refund) -> Iterator[Problem | None]:
    yield id_problem(refund.id, "id")
    yield id_problem(refund.sale, "sale")
    if refund.repeats is not None:
        yield id_problem(refund.repeats, "repeats")
    yield _count_problem(refund.lines)
    for index, line in enumerate(refund.lines[: limits.LINES_MAX]):
        yield from _refund_line_problems(line, f"lines[{index}]")
    yield from _twice_problems([line.line for line in refund.lines], "lines")


def _refund_line_problems(line: RefundLine, where: str) -> Iterator[Problem | None]:
    yield id_problem(line.line, f"{where}.line")
    units = int_problem(line.units, f"{where}.units", least=0, most=limits.UNITS_MAX)
    amount = int_problem(line.amount_minor, f"{where}.amount_minor", least=0, most=limits.AMOUNT_MINOR_MAX)
    yield units
    yield amount
    if units is None and amount is None and line.units == 0 and line.amount_minor == 0:
        yield Problem(where, "refunds neither units nor money", "leave the line out")


def _count_problem(lines: Collection[object]) -> Problem | None:
    if 1 <= len(lines) <= limits.LINES_MAX:
        return None
    return Problem("lines", f"there are {len(lines)} lines", f"give 1 to {limits.LINES_MAX}")


def _twice_problems(ids: list[str], where: str) -> Iterator[Problem]:
    """Lines stand in order of their ids, so an id that stands twice stands side by side."""
    for index in range(1, len(ids)):
        if ids[index - 1] == ids[index]:
            yield Problem(
                f"{where}[{index}].id", f"{shown(ids[index])} stands twice", "give each line its own id"
            )


def _total(amounts: Iterator[object]) -> int:
    return sum(amount for amount in amounts if type(amount) is int)
