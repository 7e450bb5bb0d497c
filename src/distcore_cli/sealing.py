"""`distcore seal`: seal what was written, and print what to keep elsewhere."""

import time
from collections.abc import Callable
from typing import Final

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import format_instant
from distcore_cli import options, progress
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import readings_and_batches

SEALED = columns("at blocks leaves anchor", "blocks leaves")

DUTY_MAX: Final = 100


class Pace:
    """Works so many percent of the time, and pauses for the rest."""

    def __init__(
        self,
        duty: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Begin to work."""
        self._pause = DUTY_MAX / duty - 1
        self._clock = clock
        self._sleep = sleep
        self._begun = clock()

    def pause(self) -> None:
        """Pause for what was done since the last pause."""
        self._sleep((self._clock() - self._begun) * self._pause)
        self._begun = self._clock()


@click.command()
@click.option(
    "--duty",
    metavar="PERCENT",
    callback=options.whole_of(1, DUTY_MAX),
    help=f"How much of the time to work, for the sake of those who write meanwhile.  [default: {DUTY_MAX}]",
)
@click.pass_obj
def seal(settings: Settings, duty: int | None) -> None:
    """Seal all that is not sealed yet, so that nobody changes it unnoticed.

    Bit by bit: whoever breaks off goes on with the next one.  Keep the anchor where nobody who can write to
    the store can write: verify --anchor compares with it.
    """
    with readings_and_batches(settings) as (begin_reading, begin), progress.shown("sealed") as steps:
        pace = Pace(duty or DUTY_MAX)

        def between(so_far: engine.Sealed) -> None:
            steps.reached(so_far.leaves)
            if not settings.dry_run:  # that is one transaction, which others wait for
                pace.pause()

        with begin_reading() as tx:
            policy_of(tx)
        sealed = engine.seal_in_blocks(
            begin,
            begin_reading=begin_reading,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("seal"),
            between=between,
        )
    anchor = None if sealed.anchor is None else str(sealed.anchor)
    row = (format_instant(settings.at), sealed.blocks, sealed.leaves, anchor)
    show([Table("sealed", SEALED, [row])], settings.format)
    say_dry_run(settings)
