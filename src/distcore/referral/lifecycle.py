"""What may become of a member, and of an application to be one: a table each, and nothing else decides.

A suspended member keeps the place in the tree and may come back.  A terminated one is gone for good:
the place stays, so that nobody below moves, but every walk passes over it.

An application that was decided stays as it is: whoever was rejected applies again, under another id.
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


class ApplicationState(Enum):
    """Where an application to distribute stands."""

    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"


APPLICATION_TRANSITIONS: Mapping[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.APPLIED: frozenset({ApplicationState.APPROVED, ApplicationState.REJECTED}),
    ApplicationState.APPROVED: frozenset(),
    ApplicationState.REJECTED: frozenset(),
}
