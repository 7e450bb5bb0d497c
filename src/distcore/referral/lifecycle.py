"""What may become of a member: one table, and nothing else decides.

A suspended member keeps the place in the tree and may come back.  A terminated one is gone for good:
the place stays, so that nobody below moves, but every walk passes over it.
"""

from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """The standing of a member as a distributor."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.ACTIVE: frozenset({State.SUSPENDED, State.TERMINATED}),
    State.SUSPENDED: frozenset({State.ACTIVE, State.TERMINATED}),
    State.TERMINATED: frozenset(),
}
