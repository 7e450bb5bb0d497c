"""Which store a run works on, and how its transactions end.

A dry run does everything in one transaction and then rolls it back; a real one commits each.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from distcore.ports import Begin, Transaction
from distcore_cli.settings import Settings

if TYPE_CHECKING:
    from distcore_sql import SqlStore


class _RolledBackError(Exception):
    """Ends a transaction of a dry run."""


@contextmanager
def reading(settings: Settings) -> Iterator[Transaction]:
    """Give a transaction that only reads."""
    from distcore_sql import SqlStore

    with (
        SqlStore.open(settings.store, settings.shop, **settings.place) as store,
        store.begin(reading=True) as tx,
    ):
        yield tx


@contextmanager
def changing(settings: Settings) -> Iterator[Transaction]:
    """Give one transaction; it commits on a clean exit, unless this is a dry run."""
    with batches(settings) as begin, begin() as tx:
        yield tx


@contextmanager
def batches(settings: Settings) -> Iterator[Begin]:
    """Give what begins a transaction for each batch; those of a dry run are all the same one."""
    with readings_and_batches(settings) as (_, begin):
        yield begin


@contextmanager
def readings_and_batches(settings: Settings) -> Iterator[tuple[Begin, Begin]]:
    """Give what begins a transaction that only reads, and one that writes; as `batches` does."""
    with _open(settings) as store:
        if not settings.dry_run:
            yield partial(store.begin, reading=True), store.begin
            return
        try:
            with store.begin() as tx:
                yield lambda: nullcontext(tx), lambda: nullcontext(tx)
                raise _RolledBackError
        except _RolledBackError:
            pass


def _open(settings: Settings) -> "SqlStore":
    from distcore_sql import SqlStore

    return SqlStore.open(settings.store, settings.shop, **settings.place)


def make_store(settings: Settings) -> None:
    """Make the store, or bring it to this version."""
    from distcore_sql import upgrade_store

    upgrade_store(settings.store, **settings.place)
