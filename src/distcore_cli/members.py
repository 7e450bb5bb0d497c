"""`distcore referral move` and the like: where members stand, who they are, and how they end."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, MemberId, format_instant
from distcore.referral import Change, Downline, State
from distcore_cli import options
from distcore_cli.asking import asked
from distcore_cli.numbers import number_of_move, number_of_state
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

CHANGES = columns("member aspect value valid_from recorded_at revision", "revision")
PERSONS = columns("member same_person")
POSITION = columns("member sponsor tier state joined_at")
ERASED = columns("member applications", "applications")

MEMBER = click.argument("member", metavar="MEMBER", callback=options.id_of)
VALID_FROM = click.option(
    "--valid-from",
    metavar="INSTANT",
    callback=options.instant_of,
    help="From when it holds.  [default: --at]",
)
KNOWN_AT = click.option(
    "--known-at",
    metavar="INSTANT",
    callback=options.instant_of,
    help="Leave out what was recorded later than this.  [default: all that is recorded]",
)


@click.command()
@MEMBER
@click.option(
    "--fingerprint",
    "fingerprints",
    metavar="TEXT",
    multiple=True,
    help="A device, account or number; may be repeated.  [default: one is asked for]",
)
@click.pass_obj
def identify(settings: Settings, member: MemberId, fingerprints: tuple[str, ...]) -> None:
    """Set by what a member, or a customer, is told apart, and show the other ids of the same person.

    Whoever has one of the fingerprints is the same person, who earns nothing from the own purchase.  They
    take the place of those of before; what is kept of them is hashes, which can be erased.
    """
    given = fingerprints or (asked("fingerprint", None, hidden=True),)
    with changing(settings) as tx:
        policy_of(tx)
        key = settings.key_once("identify")
        others = engine.identify(tx, member, given, at=settings.at, actor=settings.actor, key=key)
    show([Table("person", PERSONS, [(member, each) for each in sorted(others)])], settings.format)
    say_dry_run(settings)


@click.command(name="show")
@MEMBER
@KNOWN_AT
@click.pass_obj
def show_(settings: Settings, member: MemberId, known_at: Instant | None) -> None:
    """Show where a member stands: below whom, with which tier and in which state.

    As valid at --at, and as known now or at --known-at: a change that is recorded late is valid before
    anybody knows it.
    """
    with reading(settings) as tx:
        policy_of(tx)
        found = engine.position(tx, member, valid_at=settings.at, known_at=known_at)
    joined_at = format_instant(found.joined_at)
    row = (found.member, found.sponsor, found.tier, found.state.value, joined_at)
    show([Table("position", POSITION, [row])], settings.format)


@click.command()
@MEMBER
@click.argument("sponsor", metavar="[SPONSOR]", required=False, callback=options.id_of)
@click.option("--to-root", is_flag=True, help="Below nobody, instead of SPONSOR.")
@VALID_FROM
@click.pass_obj
def move(
    settings: Settings, member: MemberId, sponsor: MemberId | None, to_root: bool, valid_from: Instant | None
) -> None:
    """Place a member, and everybody below, under another sponsor.

    Sales that were accrued before are not touched.  Refused with the cycle where it would form one.
    """
    if (sponsor is None) is not to_root:
        raise click.UsageError("give a SPONSOR, or --to-root")
    since = valid_from or settings.at
    with changing(settings) as tx:
        number = number_of_move(tx, member, sponsor, since)
        key = settings.key_of("move", (member, sponsor, since, number))
        change = engine.move(
            tx, member, sponsor, at=settings.at, actor=settings.actor, key=key, valid_from=valid_from
        )
    show_changes([change], settings)


@click.command()
@MEMBER
@VALID_FROM
@click.pass_obj
def suspend(settings: Settings, member: MemberId, valid_from: Instant | None) -> None:
    """Suspend a member, who keeps the place and earns nothing meanwhile."""
    _set_state(settings, member, State.SUSPENDED, valid_from)


@click.command()
@MEMBER
@VALID_FROM
@click.pass_obj
def reinstate(settings: Settings, member: MemberId, valid_from: Instant | None) -> None:
    """Take a suspended member back."""
    _set_state(settings, member, State.ACTIVE, valid_from)


@click.command()
@MEMBER
@click.option(
    "--downline",
    type=click.Choice([each.value for each in Downline]),
    default=Downline.STAYS.value,
    show_default=True,
    help="Whether those directly below stay there, or are moved below the member's sponsor.",
)
@VALID_FROM
@click.pass_obj
def terminate(settings: Settings, member: MemberId, downline: str, valid_from: Instant | None) -> None:
    """Terminate a member for good; every walk passes over the place.

    All of the downline is re-attached, or the command is refused; so it is for an instant that is to come.
    """
    answer = Downline(downline)
    key = settings.key_of("terminate", (member, answer, valid_from or settings.at))
    with changing(settings) as tx:
        done = engine.terminate(
            tx,
            member,
            at=settings.at,
            actor=settings.actor,
            key=key,
            downline=answer,
            valid_from=valid_from,
        )
    show_changes([done.change, *done.moved], settings)


@click.command()
@MEMBER
@click.pass_obj
def erase(settings: Settings, member: MemberId) -> None:
    """Erase the evidence and the fingerprints of somebody; what was decided stays.

    Accounts are erased by `payout account erase`.
    """
    with changing(settings) as tx:
        policy_of(tx)
        count = engine.erase_person(
            tx, member, at=settings.at, actor=settings.actor, key=settings.key_once("erase")
        )
    show([Table("erased", ERASED, [(member, count)])], settings.format)
    say_dry_run(settings)


def _set_state(settings: Settings, member: MemberId, state: State, valid_from: Instant | None) -> None:
    since = valid_from or settings.at
    with changing(settings) as tx:
        number = number_of_state(tx, member, state, since)
        key = settings.key_of("set state", (member, state, since, number))
        change = engine.set_state(
            tx, member, state, at=settings.at, actor=settings.actor, key=key, valid_from=valid_from
        )
    show_changes([change], settings)


def show_changes(changes: Sequence[Change], settings: Settings) -> None:
    """Show changes of members, and that nothing was written where that is so."""
    show([Table("changes", CHANGES, [_row(each) for each in changes])], settings.format)
    say_dry_run(settings)


def _row(change: Change) -> Sequence[Cell]:
    return (
        change.member,
        change.aspect.value,
        change.value,
        format_instant(change.valid_from),
        format_instant(change.recorded_at),
        change.revision,
    )
