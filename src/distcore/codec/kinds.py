"""The tables of kinds: which word in a document stands for which noun.

The rule this file protects: a document never names a class.  A class may be renamed; a word of this
table stands in documents of shops, and is for ever.
"""

from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Any, Final, get_args

from distcore.commission import CategoryIs, FixedPerOrder, FixedPerUnit, Net, Percent, SkuIn, Upline
from distcore.settlement import CnCumulative, CnLabour, CustomWithholding, NoWithholding

Kinds = Mapping[str, type]

KINDS: Final[Mapping[str, Kinds]] = MappingProxyType(
    {
        "component": MappingProxyType({"upline": Upline}),
        "reward": MappingProxyType(
            {"percent": Percent, "per_order": FixedPerOrder, "per_unit": FixedPerUnit}
        ),
        "match": MappingProxyType({"category": CategoryIs, "sku": SkuIn}),
        "base": MappingProxyType({"net": Net}),
        "withholding": MappingProxyType(
            {
                "none": NoWithholding,
                "cn_labour": CnLabour,
                "cn_cumulative": CnCumulative,
                "custom": CustomWithholding,
            }
        ),
    }
)
"""The words for each union, by the name of the union."""

KIND_OF: Final[Mapping[type, str]] = MappingProxyType(
    {noun: kind for kinds in KINDS.values() for kind, noun in kinds.items()}
)
"""The word for each noun that has one."""


def kinds_of(wanted: Any) -> Kinds | None:
    """Return the table of a union, or of its only member; None for a type that has no kinds."""
    members = members_of(wanted)
    return next((kinds for kinds in KINDS.values() if members <= set(kinds.values())), None)


def members_of(wanted: Any) -> set[Any]:
    """Return the types that a union is made of, None left out; a plain type is its own only member."""
    return set(get_args(wanted) or (wanted,)) - {NoneType}
