"""Which sets of products plainly hold nothing, whatever a shop sells.

The rule this file protects: a set that is said to be empty is empty.  Of others nothing is said: what is not
cheap to see is not looked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, assert_never

from distcore.kernel import limits, paths_to
from distcore.pricing.products import AllOf, AnyOf, BrandIn, CategoryIs, Not, Products, SkuIn, TagIn


def exclude_each_other(*sets: Products) -> bool:
    """Say whether it is plain that no product can belong to all of some sets; of one, that it is empty.

    Alternatives are looked at one by one, unless there is so much that it would take long.
    """
    parts = [part for each in sets for part in _parts(each)]
    plain = [part for part in parts if not isinstance(part, AnyOf)]
    if _is_contradiction(plain):
        return True
    choices = [part for part in parts if isinstance(part, AnyOf)]
    if not choices or sum(map(_size, parts)) > limits.NAMES_COMPARED_MAX:
        return False
    return any(all(exclude_each_other(*plain, each) for each in choice.sets) for choice in choices)


def _size(products: Products) -> int:
    """Return how many names and sets a set is made of."""
    match products:
        case AllOf(sets) | AnyOf(sets):
            return 1 + sum(map(_size, sets))
        case Not(other):
            return 1 + _size(other)
        case CategoryIs():
            return 1
        case SkuIn(names) | BrandIn(names) | TagIn(names):
            return 1 + len(names)
        case _:
            assert_never(products)


def _parts(products: Products) -> Iterator[Products]:
    """Yield sets that all have what a set has, and that are not made of such sets."""
    match products:
        case AllOf(sets):
            for each in sets:
                yield from _parts(each)
        case Not(Not(other)):
            yield from _parts(other)
        case Not(AnyOf(sets)):
            for each in sets:
                yield from _parts(Not(each))
        case Not(AllOf(sets)):
            yield AnyOf(tuple([Not(each) for each in sets]))
        case _:
            yield products


def _is_contradiction(parts: Sequence[Products]) -> bool:
    """Say whether sets that are not made of others exclude each other."""
    barred = [part.set for part in parts if isinstance(part, Not)]
    return (
        any(_none_is_left(parts, barred, kind) for kind in (SkuIn, BrandIn))
        or _no_tag_is_left(parts, barred)
        or _are_apart(parts, barred)
    )


_NAMES: Final = {SkuIn: "skus", BrandIn: "brands"}


def _none_is_left(parts: Iterable[Products], barred: Iterable[Products], kind: type[SkuIn | BrandIn]) -> bool:
    """Say whether the SKU or the brand, of which a product has one, can be none of those that are named."""
    allowed = [{*getattr(each, _NAMES[kind])} for each in parts if isinstance(each, kind)]
    left: set[str] = set.intersection(*allowed) if allowed else set()
    return bool(allowed) and not left.difference(
        *[getattr(each, _NAMES[kind]) for each in barred if isinstance(each, kind)]
    )


def _no_tag_is_left(parts: Iterable[Products], barred: Iterable[Products]) -> bool:
    without = {tag for each in barred if isinstance(each, TagIn) for tag in each.tags}
    return any(isinstance(each, TagIn) and without.issuperset(each.tags) for each in parts)


def _are_apart(parts: Iterable[Products], barred: Iterable[Products]) -> bool:
    """Say whether categories are not on one path, or lie in one that is barred."""
    paths = sorted({each.category for each in parts if isinstance(each, CategoryIs)}, key=len)
    if not paths:
        return False
    deepest = paths[-1]
    without = [each.category for each in barred if isinstance(each, CategoryIs)]
    path = paths_to(deepest)
    return not set(paths) <= set(path) or any(each in path for each in without)
