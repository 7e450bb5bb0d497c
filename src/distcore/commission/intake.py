"""What a sale, a refund and another price must look like before anything is decided about them.

All that is wrong is reported together, each with its path; nothing is repaired in silence.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, assert_never

from attrs import evolve

from distcore.commission import refusals
from distcore.commission.plan import Base, LevelBelow, ListPrice, Margin, Net, Plan, Residual
from distcore.commission.sale import PriceCorrection, PriceLine, Refund, RefundLine, Sale, SaleLine
from distcore.kernel import (
    Problem,
    Refusal,
    currency_problem,
    id_problem,
    int_problem,
    limits,
    path_problem,
    shape_problems,
    shown,
    text_problem,
)

L = TypeVar("L", SaleLine, RefundLine, PriceLine)


def sale_problems(sale: Sale) -> tuple[Problem, ...]:
    """Return what is malformed about a sale, or nothing."""
    if type(sale) is not Sale or not _are_lines(sale.lines, SaleLine):
        return tuple(shape_problems(sale, Sale, ""))
    found = [
        id_problem(sale.id, "id"),
        id_problem(sale.buyer, "buyer"),
        None if sale.promoter is None else id_problem(sale.promoter, "promoter"),
        currency_problem(sale.currency, "currency"),
        _place_problem(sale.region, "region"),
        text_problem(sale.channel, "channel"),
        text_problem(sale.buyer_group, "buyer_group"),
        *_lines_problems(sale.lines, _sale_line_problems, [line.id for line in sale.lines]),
    ]
    if sum(line.net_minor for line in sale.lines if type(line.net_minor) is int) > limits.AMOUNT_MINOR_MAX:
        most = limits.AMOUNT_MINOR_MAX
        found.append(Problem("lines", f"together they exceed {most} minor units", "split the order"))
    return _only(found)


def base_refusal(plan: Plan, sale: Sale) -> Refusal | None:
    """Return why a plan can't calculate a sale: a line does not say what percentages are taken of."""
    for component in plan.components:
        unknown = _needs(component.base)
        if unknown is None:
            continue
        for line in sale.lines:
            if getattr(line, unknown) is None:
                return refusals.BASE_UNKNOWN.refuse(
                    sale=sale.id, line=line.id, what=unknown.removesuffix("_minor"), component=component.id
                )
    return None


def _needs(base: Base) -> str | None:
    """Return the field of a line that a base is made of, where the shop may leave it out."""
    match base:
        case Net(with_tax):
            return "tax_minor" if with_tax else None
        case ListPrice():
            return "list_minor"
        case Margin():
            return "cost_minor"
        case LevelBelow() | Residual():
            return None
        case _:
            assert_never(base)


def refund_problems(refund: Refund) -> tuple[Problem, ...]:
    """Return what is malformed about a refund, or nothing."""
    if type(refund) is not Refund or not _are_lines(refund.lines, RefundLine):
        return tuple(shape_problems(refund, Refund, ""))
    return _only(
        [
            id_problem(refund.id, "id"),
            id_problem(refund.sale, "sale"),
            None if refund.repeats is None else id_problem(refund.repeats, "repeats"),
            *_lines_problems(refund.lines, _refund_line_problems, [line.line for line in refund.lines]),
        ]
    )


def price_problems(price: PriceCorrection) -> tuple[Problem, ...]:
    """Return what is malformed about a price correction, or nothing."""
    if type(price) is not PriceCorrection or not _are_lines(price.lines, PriceLine):
        return tuple(shape_problems(price, PriceCorrection, ""))
    return _only(
        [
            id_problem(price.id, "id"),
            id_problem(price.sale, "sale"),
            *_lines_problems(price.lines, _price_line_problems, [line.line for line in price.lines]),
        ]
    )


def _sale_line_problems(line: SaleLine) -> list[Problem | None]:
    found = [
        id_problem(line.id, "id"),
        id_problem(line.sku, "sku"),
        int_problem(line.units, "units", least=0, most=limits.UNITS_MAX),
        int_problem(line.net_minor, "net_minor", least=0, most=limits.AMOUNT_MINOR_MAX),
        _place_problem(line.category, "category"),
        text_problem(line.brand, "brand"),
    ]
    if line.list_minor is not None:
        found.append(_amount_problem(line.list_minor, "list_minor"))
    if line.cost_minor is not None:
        found.append(_amount_problem(line.cost_minor, "cost_minor"))
    if line.tax_minor is not None:
        found.append(_amount_problem(line.tax_minor, "tax_minor"))
    if line.tags != ():
        found.extend(_tags_problems(line.tags))
    return found


def _place_problem(path: object, where: str) -> Problem | None:
    """Return what is wrong with a region or a category; it may be left empty."""
    return None if path == "" else path_problem(path, where)


def _tags_problems(tags: tuple[str, ...]) -> Iterator[Problem | None]:
    yield from shape_problems(tags, tuple[str, ...], "tags")
    if type(tags) is tuple:
        if len(tags) > limits.TAGS_MAX:
            yield Problem("tags", f"there are {len(tags)}", f"at most {limits.TAGS_MAX}")
        for place, tag in enumerate(tags[: limits.TAGS_MAX]):
            yield text_problem(tag, f"tags[{place}]")


def _are_lines(lines: object, kind: type) -> bool:
    return type(lines) is tuple and set(map(type, lines)) <= {kind}


def _refund_line_problems(line: RefundLine) -> list[Problem | None]:
    found = [
        id_problem(line.line, "line"),
        int_problem(line.units, "units", least=0, most=limits.UNITS_MAX),
        _amount_problem(line.amount_minor, "amount_minor"),
    ]
    if not any(found) and line.units == 0 and line.amount_minor == 0:
        found.append(Problem("units", "neither units nor money are refunded", "leave the line out"))
    return found


def _price_line_problems(line: PriceLine) -> list[Problem | None]:
    return [id_problem(line.line, "line"), _amount_problem(line.net_minor, "net_minor")]


def _amount_problem(value: object, where: str) -> Problem | None:
    return int_problem(value, where, least=0, most=limits.AMOUNT_MINOR_MAX)


def _lines_problems(
    lines: Sequence[L], problems_of: Callable[[L], list[Problem | None]], ids: Sequence[str]
) -> Iterator[Problem]:
    """Return what is wrong with each line; where it stands is only written down if something is."""
    if not 1 <= len(lines) <= limits.LINES_MAX:
        yield Problem("lines", f"there are {len(lines)} lines", f"give 1 to {limits.LINES_MAX}")
        return
    for index, line in enumerate(lines):
        found = problems_of(line)
        if any(found):
            for problem in _only(found):
                yield evolve(problem, where=f"lines[{index}].{problem.where}")
    yield from _twice_problems(ids)


def _only(found: Iterable[Problem | None]) -> tuple[Problem, ...]:
    return tuple([problem for problem in found if problem is not None])


def _twice_problems(ids: Sequence[str]) -> Iterator[Problem]:
    """Lines stand in order of their ids, so an id that stands twice stands side by side."""
    for index in range(1, len(ids)):
        if ids[index - 1] == ids[index]:
            yield Problem(f"lines[{index}]", f"{shown(ids[index])} stands twice", "give each line its own id")
