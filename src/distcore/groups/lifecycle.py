"""What may become of a group, and of a place in it: two tables, and nothing else decides.

A group is open until it is full or its time is over: full, it has succeeded; over, it expires, unless its
sale fills what is missing.  A place is taken by an order that is paid.  Whoever leaves an open group, or is
in one that expires, is owed what was paid, until it is paid back.
"""

from collections.abc import Mapping
from enum import Enum


class GroupState(Enum):
    """Where a group stands."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    EXPIRED = "expired"


class PlaceState(Enum):
    """Where a place stands."""

    TAKEN = "taken"
    OWED = "owed"
    REPAID = "repaid"


GROUP_TRANSITIONS: Mapping[GroupState, frozenset[GroupState]] = {
    GroupState.OPEN: frozenset({GroupState.SUCCEEDED, GroupState.EXPIRED}),
    GroupState.SUCCEEDED: frozenset(),
    GroupState.EXPIRED: frozenset(),
}

PLACE_TRANSITIONS: Mapping[PlaceState, frozenset[PlaceState]] = {
    PlaceState.TAKEN: frozenset({PlaceState.OWED}),
    PlaceState.OWED: frozenset({PlaceState.REPAID}),
    PlaceState.REPAID: frozenset(),
}
