"""`distcore seal`: seal what was written, and print what to keep elsewhere."""

import time
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

    Block by block: whoever breaks off goes on with the next one.  Keep the anchor where nobody who can write
    to the store can write: verify --anchor compares with it.
    """
    begun = 0.0

    def between(so_far: engine.Sealed) -> None:
        nonlocal begun
        steps.reached(so_far.leaves)
        worked = time.monotonic() - begun
        time.sleep(worked * (DUTY_MAX / (duty or DUTY_MAX) - 1))
        begun = time.monotonic()

    with readings_and_batches(settings) as (begin_reading, begin), progress.shown("sealed") as steps:
        with begin_reading() as tx:
            policy_of(tx)
        begun = time.monotonic()
        sealed = engine.seal_in_blocks(
            begin,
            begin_reading,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("seal"),
            between=between,
        )
    anchor = None if sealed.anchor is None else str(sealed.anchor)
    row = (format_instant(settings.at), sealed.blocks, sealed.leaves, anchor)
    show([Table("sealed", SEALED, [row])], settings.format)
    say_dry_run(settings)
