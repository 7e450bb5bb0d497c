"""What a function of the shop pays: asked line by line, of what is left, and looked at before it counts.

The rule this file protects: whatever a formula answers, an amount is a whole number of minor units that is
not negative, for a claim and a line that it was asked about; anything else stops what is being done, by the
formula's name, and nothing is half done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from distcore.commission import refusals
from distcore.commission.lineage import Claim
from distcore.commission.plan import Custom, ParamValue, Plan
from distcore.commission.sale import Left, Sale, SaleLine
from distcore.kernel import InputError, Refusal, limits, shown


@frozen
class CustomLine:
    """A line of which some net is left: as it was sold, what is left of it, and of the component's base."""

    sold: SaleLine
    units: int
    net_minor: int
    base_minor: int


@frozen
class CustomCase:
    """All that a formula is given: it answers by nothing else, so that it can be asked again for ever.

    `params` are those of the component by name.  `claims` are the buyer's own seat and the promoter's, on
    level 0, and the active seats above, up to the component's levels: whoever is gone, suspended, or the
    same person as the buyer is not among them.  No list is empty.
    """

    params: Mapping[str, ParamValue]
    sale: Sale
    lines: tuple[CustomLine, ...]
    claims: tuple[Claim, ...]


CustomFormula: TypeAlias = Callable[[CustomCase], Iterable[Iterable[int]]]
"""Answers for each claim, in their order, an amount for each line, in minor units.

It has to be pure: the same case gives the same answer.  A change of it is another version.
"""

Formulas: TypeAlias = Mapping[tuple[str, int], CustomFormula]
"""The formulas that a shop registered, by name and version."""

NO_FORMULAS: Final[Formulas] = MappingProxyType({})
"""What a shop has that registered none."""


def formula_refusal(plan: Plan, formulas: Formulas) -> Refusal | None:
    """Return why a plan can't be used here, or None: each of its formulas must be registered."""
    return next((refusal for _, refusal in formula_refusals(plan, formulas)), None)


def formula_refusals(plan: Plan, formulas: Formulas) -> Iterator[tuple[str, Refusal]]:
    """Yield the formulas of a plan that are not registered, each with the path of its name."""
    for place, component in _unregistered(plan, formulas):
        refusal = refusals.FORMULA_UNKNOWN.refuse(name=component.name, version=component.custom_version)
        yield f"$.components[{place}].name", refusal


def formulas_missing(plan: Plan, formulas: Formulas) -> tuple[str, ...]:
    """Return the names and versions of the formulas of a plan that are not registered."""
    return tuple(
        f"{component.name} version {component.custom_version}"
        for _, component in _unregistered(plan, formulas)
    )


def _unregistered(plan: Plan, formulas: Formulas) -> Iterator[tuple[int, Custom]]:
    for place, component in enumerate(plan.components):
        if isinstance(component, Custom) and (component.name, component.custom_version) not in formulas:
            yield place, component


def case_of(
    component: Custom,
    sale: Sale,
    left: Sequence[Left],
    at: Iterable[int],
    bases: Iterable[int],
    claims: Iterable[Claim],
) -> CustomCase:
    """Return what a formula is given about the lines at some positions."""
    lines = tuple(
        CustomLine(sale.lines[index], left[index].units, left[index].net_minor, base)
        for index, base in zip(at, bases, strict=True)
    )
    params = {param.name: param.value for param in component.params.entries}
    return CustomCase(MappingProxyType(params), sale, lines, tuple(claims))


def answers(component: Custom, case: CustomCase, formulas: Formulas) -> list[list[int]]:
    """Return what a formula answers, for each claim an amount for each line.

    Raises `InputError` that names the formula where it is not registered, raises, or answers anything else.
    """
    named = f"formula {component.name} version {component.custom_version}"
    formula = formulas.get((component.name, component.custom_version))
    if formula is None:
        raise InputError.of(named, "is not registered", "pass the function to the verb, or by --formulas")
    try:
        rows = [list(islice(row, len(case.lines) + 1)) for row in islice(formula(case), len(case.claims) + 1)]
    except Exception as error:
        raise InputError.of(named, f"raised {shown(error)}") from error
    wrong = next(_wrong(case, rows), None)
    if wrong is not None:
        raise InputError.of(named, wrong, "an amount for each claim and line, in minor units, from 0")
    return rows


def _wrong(case: CustomCase, rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield what is wrong with an answer; one row or amount too many is all that was taken of it."""
    if len(rows) != len(case.claims):
        yield f"answers for {_count(rows, case.claims)} claims, asked about {len(case.claims)}"
    for row in rows:
        if len(row) != len(case.lines):
            yield f"answers for {_count(row, case.lines)} lines, asked about {len(case.lines)}"
        for amount in row:
            if type(amount) is not int or not 0 <= amount <= limits.AMOUNT_MINOR_MAX:
                yield f"answers {shown(amount)}"
    total = sum(amount for row in rows for amount in row if isinstance(amount, int))
    if total > limits.AMOUNT_MINOR_MAX:
        yield f"answers {total} altogether, the limit is {limits.AMOUNT_MINOR_MAX}"


def _count(found: Sequence[object], asked: Sequence[object]) -> str:
    return f"more than {len(asked)}" if len(found) > len(asked) else str(len(found))
