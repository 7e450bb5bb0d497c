"""Products, and sets of them, as data: nothing here calculates."""

from typing import TypeAlias

from attrs import frozen

from distcore.kernel import Rate, Sku


@frozen
class Tax:
    """The rate of a product, and whether prices hold it already."""

    rate: Rate
    included: bool = True


@frozen
class Goods:
    """A product as pricing knows it; amounts are of one unit.

    No discount takes a price below `floor_minor`.  `weight_grams` is for freight, and `freight` names the
    template that carries it.
    """

    sku: Sku
    list_minor: int
    floor_minor: int = 0
    category: str = ""
    brand: str = ""
    tags: tuple[str, ...] = ()
    weight_grams: int = 0
    freight: str = ""
    tax: Tax | None = None


@frozen
class CategoryIs:
    """The category is this one or lies below it: `food` covers `food/fresh`."""

    category: str


@frozen
class SkuIn:
    """The SKU is one of these."""

    skus: tuple[str, ...]


@frozen
class BrandIn:
    """The brand is one of these."""

    brands: tuple[str, ...]


@frozen
class TagIn:
    """It has at least one of these tags."""

    tags: tuple[str, ...]


@frozen
class AllOf:
    """All of these sets have it."""

    sets: tuple["Products", ...]


@frozen
class AnyOf:
    """At least one of these sets has it."""

    sets: tuple["Products", ...]


@frozen
class Not:
    """Everything else."""

    set: "Products"


Products: TypeAlias = CategoryIs | SkuIn | BrandIn | TagIn | AllOf | AnyOf | Not
