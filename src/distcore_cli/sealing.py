"""`distcore seal`: seal what was written, and print what to keep elsewhere."""

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import format_instant
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing

SEALED = columns("at blocks leaves anchor", "blocks leaves")


@click.command()
@click.pass_obj
def seal(settings: Settings) -> None:
    """Seal all that is not sealed yet, so that nobody changes it unnoticed.

    Keep the anchor where nobody who can write to the store can write: verify --anchor compares with it.
    """
    with changing(settings) as tx:
        policy_of(tx)
        sealed = engine.seal(tx, at=settings.at, actor=settings.actor, key=settings.key_once("seal"))
    anchor = None if sealed.anchor is None else str(sealed.anchor)
    row = (format_instant(settings.at), sealed.blocks, sealed.leaves, anchor)
    show([Table("sealed", SEALED, [row])], settings.format)
    say_dry_run(settings)
