"""The tables of kinds: which word in a document stands for which noun.

The rule this file protects: a document never names a class.  A class may be renamed; a word of this
table stands in documents of shops, and is for ever.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType, NoneType
from typing import Any, Final, get_args

from distcore.commission import CategoryIs, FixedPerOrder, FixedPerUnit, Net, Percent, SkuIn, Upline
from distcore.kernel import EveryDays, OnDates
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
        "rhythm": MappingProxyType({"every_days": EveryDays, "on_dates": OnDates}),
    }
)
"""The words for each union, by the name of the union."""

KIND_OF: Final[Mapping[type, str]] = MappingProxyType(
    {noun: kind for kinds in KINDS.values() for kind, noun in kinds.items()}
)
"""The word for each noun that has one."""


def kinds_of(wanted: Any) -> Kinds | None:
    """Return the table of a union, or of its only member; None for a type that has no kinds.

    An enum in the union is left out: its members are words, not tables.
    """
    nouns = {member for member in members_of(wanted) if not _is_enum(member)}
    return next((kinds for kinds in KINDS.values() if nouns and nouns <= set(kinds.values())), None)


def choice_of(wanted: Any) -> type[Enum] | None:
    """Return the enum among the members of a union, or None."""
    choices = [member for member in members_of(wanted) if _is_enum(member)]
    assert len(choices) <= 1, f"a word could be of {choices}"
    return choices[0] if choices else None


def members_of(wanted: Any) -> set[Any]:
    """Return the types that a union is made of, None left out; a plain type is its own only member."""
    return set(get_args(wanted) or (wanted,)) - {NoneType}


def _is_enum(member: Any) -> bool:
    return isinstance(member, type) and issubclass(member, Enum)
