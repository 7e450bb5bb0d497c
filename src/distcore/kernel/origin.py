"""What a movement of money stems from: the one name that ledger, settlement and payout share.

The one rule this file protects: a cent can be followed both ways, because whatever moves it carries the
same origin, and no two causes have the same one.
"""

from enum import Enum

from attrs import frozen


class OriginKind(Enum):
    """What kind of cause moves money."""

    SALE = "sale"
    """A posting of a sale; `ref` is the sale, `number` the posting: 0 is the sale's own."""
    RELEASE = "release"
    """Freezes that ended; `ref` is the key of the command, `number` its batch."""
    POINTS = "points"
    """Points whose freeze ended; `ref` is the sale, `number` the posting: each has an instant of its own."""
    PERIOD = "period"
    """A posting of a period of a plan; `ref` is the label of the period, `number` the posting."""
    ADJUSTMENT = "adjustment"
    """Somebody's decision; `ref` is its id."""
    OPENING = "opening"
    """What was owed when the shop moved in; `ref` is its id."""
    STATEMENT = "statement"
    """A closing; `ref` is the label of its period, `number` the closing."""
    ORDER = "order"
    """Points of an order; `ref` is the order, `number` 0 where they paid, 1 back, 2 given on completion."""
    PAYOUT = "payout"
    """A payout; `ref` is its id, `number` the step of its life."""


@frozen
class Origin:
    """The natural key of a cause, within a shop."""

    kind: OriginKind
    ref: str
    number: int = 0

    def __str__(self) -> str:
        """Return ``sale order 1/0``: the kind, the reference and the number."""
        return f"{self.kind.value} {self.ref}/{self.number}"
