"""What it costs to send what was bought, by templates of the shop.

The rule this file protects: a region is served by the first zone that names it, or something it lies in; what
no zone serves can't be sent, and is told.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import assert_never

from attrs import frozen

from distcore.kernel import paths_to
from distcore.pricing.cart import CartLine


class Weighed(Enum):
    """What a template counts."""

    GRAMS = "grams"
    PIECES = "pieces"
    AMOUNT = "amount"
    """What the goods cost after all offers, in minor units."""


@frozen
class Zone:
    """What it costs to send to some regions: `first_minor` for the first so much, then for each so much more.

    No regions are everywhere.  It is free from `free_from_minor` on, of what the goods cost after all offers.
    """

    regions: tuple[str, ...] = ()
    first: int = 1
    first_minor: int = 0
    each: int = 1
    each_minor: int = 0
    free_from_minor: int | None = None


@frozen
class FreightTemplate:
    """How goods that name it are charged, all of a cart together; goods that name none cost nothing."""

    id: str
    weighed: Weighed
    zones: tuple[Zone, ...]


@frozen
class Freight:
    """What a template charges, by which of its zones (None: none serves the region), and for how much."""

    template: str
    zone: int | None
    measured: int
    amount_minor: int


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
    if template is None:
        return Freight(name, None, 0, 0)
    carried = [(line, net) for line, net in zip(lines, nets, strict=True) if line.goods.freight == name]
    measured = sum([_measure(template.weighed, line, net) for line, net in carried])
    within = {*paths_to(region)}
    for place, zone in enumerate(template.zones):
        if not zone.regions or within & {*zone.regions}:
            return Freight(name, place, measured, _price(zone, measured, sum(net for _, net in carried)))
    return Freight(name, None, measured, 0)


def _measure(weighed: Weighed, line: CartLine, net_minor: int) -> int:
    match weighed:
        case Weighed.GRAMS:
            return line.goods.weight_grams * line.units
        case Weighed.PIECES:
            return line.units
        case Weighed.AMOUNT:
            return net_minor
        case _:
            assert_never(weighed)


def _price(zone: Zone, measured: int, net_minor: int) -> int:
    if zone.free_from_minor is not None and net_minor >= zone.free_from_minor:
        return 0
    more = max(0, measured - zone.first)
    return zone.first_minor + -(-more // zone.each) * zone.each_minor
