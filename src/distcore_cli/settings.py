"""The global options of one run, as a value."""

from enum import Enum
from typing import Any
from uuid import uuid4

import click
from attrs import field, frozen

from distcore.kernel import Instant, Key, digest


class Format(Enum):
    """How data is written to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@frozen
class Settings:
    """Where to work, as whom, as of when, and how to show what comes out.

    `place` is where its tables are, as `prefix` and `schema`, if they are elsewhere than where they would be.
    `key` is the caller's idempotency key: of a single command, or the prefix of a batch.  `formulas` names
    where the shop has its formulas.
    """

    store: str
    shop: str
    actor: str
    at: Instant
    format: Format
    dry_run: bool = False
    key: Key | None = None
    formulas: str | None = None
    place: dict[str, Any] = field(factory=dict)

    def key_or(self, natural: str) -> str:
        """Return the caller's key, or the one that says what is done."""
        return natural if self.key is None else self.key

    def key_of(self, verb: str, content: object) -> str:
        """Return the caller's key, or the natural one: the same verb on the same content is done once.

        The content is hashed, so nothing personal may be in it.
        """
        return self.key_or(f"{verb}:{digest(content).hex()}")

    def key_each(self, verb: str, item: str) -> str:
        """Return the key of one of several things that a command does: the caller's key, and its id."""
        return f"{verb}:{digest(item if self.key is None else (self.key, item)).hex()}"

    def key_once(self, verb: str) -> str:
        """Return the caller's key, or one of its own, for what does nothing when it is repeated."""
        return self.key_or(f"{verb}:{uuid4().hex}")

    def prefix_once(self, verb: str) -> str:
        """Return the prefix of a batch whose items may change: the caller's, or one of its own."""
        return f"{verb}:{uuid4().hex}" if self.key is None else self.prefix(verb)

    def prefix(self, verb: str) -> str:
        """Return the prefix for the keys of a batch: two verbs of one command do not share keys."""
        if self.key is None:
            return verb
        if "/" in self.key:
            raise click.BadParameter("has a slash, which ends the key of a batch", param_hint="--key")
        return f"{self.key}:{verb}"
