"""The global options of one run, as a value."""

from enum import Enum

import click
from attrs import frozen

from distcore.kernel import Instant, Key


class Format(Enum):
    """How data is written to stdout."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


@frozen
class Settings:
    """Where to work, as whom, as of when, and how to show what comes out.

    `key` is the caller's idempotency key: of a single command, or the prefix of a batch.
    """

    store: str
    shop: str
    actor: str
    at: Instant
    format: Format
    dry_run: bool = False
    key: Key | None = None

    def key_or(self, natural: str) -> str:
        """Return the caller's key, or the one that says what is done."""
        return natural if self.key is None else self.key

    def prefix(self, verb: str) -> str:
        """Return the prefix for the keys of a batch: two verbs of one command do not share keys."""
        if self.key is None:
            return verb
        if "/" in self.key:
            raise click.BadParameter("has a slash, which ends the key of a batch", param_hint="--key")
        return f"{self.key}:{verb}"
