"""What may be demanded of a plan, as dated data: the demand, where it is written, and since when it holds.

The one rule this file protects: nothing is demanded without a source that somebody can look up.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

from distcore.kernel import CompliancePreset, Rate, Severity


@frozen
class PaidLevelsMax:
    """No more than so many levels above the buyer are paid."""

    levels: int


@frozen
class EntryFee:
    """Nothing is paid for what takes a fee, or the purchase of goods, to take part in."""


@frozen
class PayPerHead:
    """Nobody is paid for heads: no fixed amount for having brought somebody, whatever is bought."""


@frozen
class OnlyCompletedSales:
    """Only what was sold and kept is paid: a freeze counts from the completion of an order."""


@frozen
class HeadsAndDepth:
    """Not so many people, in so many levels, one above the other, the one at the top among them."""

    heads: int
    levels: int


@frozen
class InternalConsumption:
    """Nobody earns from the own purchase."""


@frozen
class ShareMax:
    """A plan never pays more than a share of the net."""

    share: Rate


Demand: TypeAlias = (
    PaidLevelsMax
    | EntryFee
    | PayPerHead
    | OnlyCompletedSales
    | HeadsAndDepth
    | InternalConsumption
    | ShareMax
)

WORDS: Final[Mapping[type, str]] = MappingProxyType(
    {
        PaidLevelsMax: "paid_levels_max",
        EntryFee: "entry_fee",
        PayPerHead: "pay_per_head",
        OnlyCompletedSales: "only_completed_sales",
        HeadsAndDepth: "heads_and_depth",
        InternalConsumption: "internal_consumption",
        ShareMax: "share_max",
    }
)
"""The name of each kind of demand; it is kept with overrides, and is for ever."""


@frozen
class Source:
    """Where something is written: the name of a law, a decision or a guidance, and the place in it.

    `is_law` is no for what is common practice, or what courts and authorities look at without forbidding it.
    """

    title: str
    place: str
    is_law: bool = True

    def __str__(self) -> str:
        """Return the title and the place."""
        return f"{self.title}, {self.place}"


@frozen
class Requirement:
    """A demand, its source, and the days on which it is in force: from `since` on, before `until`.

    What is broken keeps a plan from being published, unless it is only worth a warning.
    """

    demand: Demand
    source: Source
    since: date
    until: date | None = None
    severity: Severity = Severity.ERROR

    @property
    def word(self) -> str:
        """The name of what is demanded."""
        return WORDS[type(self.demand)]

    def is_in_force(self, first_day: date, last_day: date | None) -> bool:
        """Say whether it is in force on any of these days, the last one among them; None is no last one."""
        return (last_day is None or self.since <= last_day) and (self.until is None or first_day < self.until)


@frozen
class Policy:
    """What a shop holds its plans against: a preset, and all that it demands."""

    preset: CompliancePreset
    requirements: tuple[Requirement, ...]
