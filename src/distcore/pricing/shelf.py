"""Which of some goods belong to a set of products: an index, so that an offer costs what it is about.

The rule this file protects: whether goods belong to a set depends on themselves alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from attrs import frozen

from distcore.kernel import paths_to
from distcore.pricing.products import AllOf, AnyOf, BrandIn, CategoryIs, Goods, Not, Products, SkuIn, TagIn

_Places = Mapping[str, frozenset[int]]
_NONE: frozenset[int] = frozenset()


@frozen
class Shelf:
    """Goods by what they are asked for: the places of each SKU, brand and tag, and of each category above."""

    everything: Sequence[int]
    _skus: _Places
    _brands: _Places
    _tags: _Places
    _categories: _Places

    @classmethod
    def of(cls, goods: Sequence[Goods]) -> "Shelf":
        """Return the index of some goods."""
        return cls(
            range(len(goods)),
            _places([(each.sku,) for each in goods]),
            _places([(each.brand,) for each in goods]),
            _places([each.tags for each in goods]),
            _places([paths_to(each.category) for each in goods]),
        )

    def places_of(self, products: Products | None) -> Sequence[int]:
        """Return the places of the goods of a set, ascending; no set is everything."""
        return self.everything if products is None else sorted(self._held(products))

    def _held(self, products: Products) -> frozenset[int]:
        match products:
            case CategoryIs(category):
                return self._categories.get(category, _NONE)
            case SkuIn(names):
                return _NONE.union(*[self._skus.get(name, _NONE) for name in names])
            case BrandIn(names):
                return _NONE.union(*[self._brands.get(name, _NONE) for name in names])
            case TagIn(names):
                return _NONE.union(*[self._tags.get(name, _NONE) for name in names])
            case AllOf(sets):
                return frozenset(self.everything).intersection(*map(self._held, sets))
            case AnyOf(sets):
                return _NONE.union(*map(self._held, sets))
            case Not(other):
                return frozenset(self.everything) - self._held(other)
            case _:
                assert_never(products)


def _places(names: Sequence[Iterable[str]]) -> _Places:
    found: dict[str, set[int]] = {}
    for place, each in enumerate(names):
        for name in each:
            found.setdefault(name, set()).add(place)
    return {name: frozenset(places) for name, places in found.items()}
