"""What may become of a closing: one table, and nothing else decides.

A closing that nobody reviews is approved in the transaction that drafts it.  A rejected one stays as a
record of what was looked at; what it had taken is free again, and its period can be closed anew.
"""

from collections.abc import Mapping
from enum import Enum


class ClosingState(Enum):
    """Where a closing stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"


TRANSITIONS: Mapping[ClosingState, frozenset[ClosingState]] = {
    ClosingState.DRAFT: frozenset({ClosingState.APPROVED, ClosingState.REJECTED}),
    ClosingState.APPROVED: frozenset(),
    ClosingState.REJECTED: frozenset(),
}
