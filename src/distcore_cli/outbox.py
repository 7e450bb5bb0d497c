"""`distcore outbox`: what was done and is still to be told to others."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import InputError, format_instant, shown
from distcore.ports import Event, Transaction
from distcore_cli import options
from distcore_cli.render import Cell, Table, columns, instant_cell, show, show_rows, yes_or_no
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

EVENTS = columns("event verb about done_at actor key")
WAITING = columns("open waiting since", "waiting")
TOLD = columns("told waiting since", "told waiting")

EVENTS_DEFAULT: Final = 100
"""Events that are claimed at once, unless somebody wants more."""

_id = re.compile("[0-9a-f]{32}").fullmatch


@click.group(cls=options.InOrder)
def outbox() -> None:
    """Keep what is done, and tell it to others: each event at least once."""


@outbox.command(name="open")
@click.pass_obj
def open_(settings: Settings) -> None:
    """Keep what is done from now on, until it is told."""
    _change(settings, engine.open_outbox, "open outbox")


@outbox.command()
@click.pass_obj
def close(settings: Settings) -> None:
    """Keep nothing more; what was kept is still to be told."""
    _change(settings, engine.close_outbox, "close outbox")


@outbox.command(name="show")
@click.pass_obj
def show_(settings: Settings) -> None:
    """Show whether it is open, how many events wait to be told, and since when."""
    with reading(settings) as tx:
        policy_of(tx)
        table = _waiting(tx)
    show([table], settings.format)


@outbox.command()
@click.option(
    "--most",
    metavar="NUMBER",
    callback=options.whole_of(1, engine.EVENTS_MAX),
    help=f"How many at most, up to {engine.EVENTS_MAX}.  [default: {EVENTS_DEFAULT}]",
)
@click.option(
    "--seconds",
    metavar="NUMBER",
    callback=options.whole_of(1, engine.CLAIM_SECONDS_MAX),
    help=f"How long nobody else gets them.  [default: {engine.CLAIM_SECONDS}]",
)
@click.pass_obj
def claim(settings: Settings, most: int | None, seconds: int | None) -> None:
    """Take events that nobody has, the oldest first, and print them.

    Say with `outbox told` which of them were told: the others are had again when their time is over.  A dry
    run shows them and takes none.
    """
    until = settings.at + timedelta(seconds=seconds or engine.CLAIM_SECONDS)
    with changing(settings) as tx:
        policy_of(tx)
        found = tx.outbox.claim(most or EVENTS_DEFAULT, now=settings.at, until=until)
    show_rows("events", EVENTS, map(_event, found), settings.format)
    say_dry_run(settings)


@outbox.command()
@click.argument("events", metavar="EVENT...|-", nargs=-1, required=True)
@click.pass_obj
def told(settings: Settings, events: tuple[str, ...]) -> None:
    """Forget events that were told, by id; with - ids are read from standard input, one a line.

    One that is gone already is passed over.
    """
    ids = list(_ids(sys.stdin if events == ("-",) else events))
    with changing(settings) as tx:
        policy_of(tx)
        before = tx.outbox.waiting().events
        tx.outbox.forget(ids)
        left = tx.outbox.waiting()
    row = (before - left.events, left.events, instant_cell(left.since))
    show([Table("told", TOLD, [row])], settings.format)
    say_dry_run(settings)


def _change(settings: Settings, verb: Callable[..., None], name: str) -> None:
    with changing(settings) as tx:
        policy_of(tx)
        verb(tx, at=settings.at, actor=settings.actor, key=settings.key_once(name))
        table = _waiting(tx)
    show([table], settings.format)
    say_dry_run(settings)


def _ids(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not _id(text):
            hint = "32 digits and letters from a to f, as outbox claim prints them"
            raise InputError.of(f"event {number}", f"not the id of an event: {shown(text)}", hint)
        yield text


def _waiting(tx: Transaction) -> Table:
    found = tx.outbox.waiting()
    row = (yes_or_no(tx.outbox.is_open()), found.events, instant_cell(found.since))
    return Table("outbox", WAITING, [row])


def _event(event: Event) -> Sequence[Cell]:
    return (event.id, event.verb, event.about, format_instant(event.done_at), event.actor, event.key)
