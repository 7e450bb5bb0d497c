"""What it costs to send what was bought, by templates of the shop.

The rule this file protects: a region is served by the first zone that names it, or something it lies in; what
no zone serves can't be sent, and is told.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, assert_never

from attrs import frozen

from distcore.kernel import Currency, paths_to
from distcore.pricing.cart import CartLine


@frozen
class ByWeight:
    """An amount for the first so many grams, and one for each so many more that are begun."""

    first_grams: int
    first_minor: int
    each_grams: int
    each_minor: int


@frozen
class ByPieces:
    """An amount for the first so many units, and one for each so many more that are begun."""

    first_units: int
    first_minor: int
    each_units: int
    each_minor: int


@frozen
class AmountCharge:
    """What is charged from an amount on, of what the goods cost after all offers."""

    from_minor: int
    charge_minor: int


@frozen
class ByAmount:
    """What is charged by what the goods cost: the highest step that is reached; below the first, nothing."""

    steps: tuple[AmountCharge, ...]


Charge: TypeAlias = ByWeight | ByPieces | ByAmount


@frozen
class Zone:
    """What it costs to send to some regions, none being everywhere.

    It is free from `free_from_minor` on, of what the goods cost after all offers.
    """

    charge: Charge
    regions: tuple[str, ...] = ()
    free_from_minor: int | None = None


@frozen
class FreightTemplate:
    """How goods that name it are charged, all of a cart together; goods that name none cost nothing."""

    id: str
    currency: Currency
    zones: tuple[Zone, ...]


@frozen
class Freight:
    """What a template charges, and by which of its zones; None: none serves the region."""

    template: str
    zone: int | None
    amount_minor: int = 0


def freight(
    lines: Sequence[CartLine], nets: Sequence[int], region: str, templates: Mapping[str, FreightTemplate]
) -> tuple[Freight, ...]:
    """Return what is charged by each template that goods name, in order of template.

    A template that is not there serves no region.
    """
    named = sorted({line.goods.freight for line in lines} - {""})
    return tuple([_charged(each, templates.get(each), lines, nets, region) for each in named])


def _charged(
    name: str,
    template: FreightTemplate | None,
    lines: Sequence[CartLine],
    nets: Sequence[int],
    region: str,
) -> Freight:
    within = {*paths_to(region)}
    carried = [(line, net) for line, net in zip(lines, nets, strict=True) if line.goods.freight == name]
    for place, zone in enumerate(() if template is None else template.zones):
        if not zone.regions or within & {*zone.regions}:
            return Freight(
                name, place, _price(zone, [line for line, _ in carried], sum(net for _, net in carried))
            )
    return Freight(name, None)


def _price(zone: Zone, lines: Sequence[CartLine], net_minor: int) -> int:
    if zone.free_from_minor is not None and net_minor >= zone.free_from_minor:
        return 0
    charge = zone.charge
    match charge:
        case ByWeight(first, first_minor, each, each_minor):
            grams = sum([line.goods.weight_grams * line.units for line in lines])
            return first_minor + _begun(grams - first, each) * each_minor
        case ByPieces(first, first_minor, each, each_minor):
            return first_minor + _begun(sum([line.units for line in lines]) - first, each) * each_minor
        case ByAmount(steps):
            reached = [step.charge_minor for step in steps if step.from_minor <= net_minor]
            return reached[-1] if reached else 0
        case _:
            assert_never(charge)


def _begun(more: int, each: int) -> int:
    """Return how many steps of a size are begun by so much more than the first."""
    return max(0, -(-more // each))
