"""`distcore hold`: sales and payees that wait until somebody lets them go on."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.kernel import Code, RefusedError, format_instant
from distcore.ports import Transaction
from distcore.settlement import Hold, HoldChange, HoldOn
from distcore_cli import options
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

CHANGED = columns("on ref held reason")
HELD = columns("on ref reason since actor")

UNDONE = Code(
    "hold_undone",
    "under this key the hold on {on} {ref} was changed before, and it was changed back since",
    "take another key",
)

ON = click.argument("on", metavar="sale|payee", type=click.Choice([each.value for each in HoldOn]))
REF = click.argument("ref", metavar="ID", callback=options.id_of)
REASON = click.option("--reason", metavar="TEXT", required=True, callback=options.text_of, help="Why.")


@click.group(cls=options.InOrder)
def hold() -> None:
    """Hold sales and payees, and let them go on."""


@hold.command()
@ON
@REF
@REASON
@click.pass_obj
def place(settings: Settings, on: str, ref: str, reason: str) -> None:
    """Hold a sale, so that it is neither released nor settled, or a payee, who is not paid meanwhile."""
    wanted = Hold(HoldOn(on), ref, reason)
    with changing(settings) as tx:
        key = _key(tx, settings, "hold", wanted, placed=True)
        placed = engine.place_hold(tx, wanted, at=settings.at, actor=settings.actor, key=key)
        _require(tx, wanted, placed=True)
    _show(placed, "yes", settings)


@hold.command()
@ON
@REF
@REASON
@click.pass_obj
def lift(settings: Settings, on: str, ref: str, reason: str) -> None:
    """Lift a hold: what waited goes on with the next release, closing or payout."""
    wanted = Hold(HoldOn(on), ref, reason)
    with changing(settings) as tx:
        key = _key(tx, settings, "lift hold", wanted, placed=False)
        lifted = engine.lift_hold(tx, wanted.on, ref, reason, at=settings.at, actor=settings.actor, key=key)
        _require(tx, wanted, placed=False)
    _show(lifted, "no", settings)


@hold.command(name="show")
@click.pass_obj
def show_(settings: Settings) -> None:
    """List what is held now, and why."""
    with reading(settings) as tx:
        last = {(each.hold.on, each.hold.ref): each for each in tx.holds.all()}
    rows = [_held(each) for each in last.values() if each.placed]
    show([Table("holds", HELD, rows)], settings.format)


def _key(tx: Transaction, settings: Settings, verb: str, hold: Hold, *, placed: bool) -> str:
    """Return the key of a change: the natural one has its number, for two may be at the same instant.

    A change that is made already has the number that it was made under.
    """
    number = len(tx.holds.changes(hold.on, hold.ref))
    if _is_placed(tx, hold) is placed:
        number -= 1
    return settings.key_of(verb, (hold, settings.at, number))


def _require(tx: Transaction, hold: Hold, *, placed: bool) -> None:
    """Refuse what was done before under the caller's key, and undone since."""
    if _is_placed(tx, hold) is not placed:
        raise RefusedError(UNDONE.refuse(on=hold.on, ref=hold.ref))


def _is_placed(tx: Transaction, hold: Hold) -> bool:
    return hold.ref in tx.holds.active(hold.on, [hold.ref])


def _held(change: HoldChange) -> Sequence[Cell]:
    hold = change.hold
    return (hold.on.value, hold.ref, hold.reason, format_instant(change.changed_at), change.actor)


def _show(hold: Hold, held: str, settings: Settings) -> None:
    row = (hold.on.value, hold.ref, held, hold.reason)
    show([Table("hold", CHANGED, [row])], settings.format)
    say_dry_run(settings)
