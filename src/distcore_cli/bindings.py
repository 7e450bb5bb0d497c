"""`distcore referral bind` and `touches`: who brings which customer, and what becomes of it."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import MemberId, format_instant
from distcore.ports import Transaction
from distcore.referral import Result, Touch, Via
from distcore_cli import options
from distcore_cli.asking import asked
from distcore_cli.failures import REFUSED
from distcore_cli.reason_words import TOUCHES as WHYS
from distcore_cli.render import Cell, Table, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

TOUCHES = columns("customer touch promoter via code channel touched_at actor result reason until", "touch")


@click.command()
@click.argument("customer", metavar="CUSTOMER", callback=options.id_of)
@click.argument("promoter", metavar="[PROMOTER]", required=False, callback=options.id_of)
@click.option("--code", metavar="CODE", help="By a short code, instead of PROMOTER.")
@click.option(
    "--link", is_flag=True, help="By the token of a link, instead of PROMOTER; it is asked for, unseen."
)
@click.option(
    "--channel", metavar="TEXT", default="", callback=options.text_of, help="Where: a word of the shop."
)
@click.pass_obj
def bind(
    settings: Settings,
    customer: MemberId,
    promoter: MemberId | None,
    code: str | None,
    link: bool,
    channel: str,
) -> None:
    """Say that a promoter brought a customer, and bind the customer as far as the shop's policy lets it.

    A customer who never joined joins as a plain member.  What becomes of the touch is written down, also
    where it binds nobody, with the reason: refused is exit code 1, and a customer who stays with whom the
    customer is with is none.  Codes and links that are not valid are not told apart.
    """
    if [promoter is not None, code is not None, link].count(True) != 1:
        raise click.UsageError("give a PROMOTER, --code or --link")
    token = asked("token", None, hidden=True) if link else ""
    with changing(settings) as tx:
        touch = _touch(tx, settings, customer, promoter, code, token, channel)
    show([Table("touches", TOUCHES, [_row(touch)])], settings.format)
    why = touch.outcome.why
    if touch.outcome.result is not Result.BOUND:
        say(f"{touch.outcome.result.value}: {why.value}: {WHYS[why]}")
    say_dry_run(settings)
    if touch.outcome.result is Result.REFUSED:
        click.get_current_context().exit(REFUSED)


def _touch(
    tx: Transaction,
    settings: Settings,
    customer: MemberId,
    promoter: MemberId | None,
    code: str | None,
    token: str,
    channel: str,
) -> Touch:
    """Touch a customer by whichever of the three was given; one by a link is one of its own each time."""
    at, actor = settings.at, settings.actor
    if code is not None:
        key = settings.key_of("touch", (customer, Via.CODE, code, channel, at))
        return engine.touch_by_code(tx, customer, code, at=at, actor=actor, key=key, channel=channel)
    if promoter is not None:
        key = settings.key_of("touch", (customer, Via.CALL, promoter, channel, at))
        return engine.bind(tx, customer, promoter, at=at, actor=actor, key=key, channel=channel)
    key = settings.key_once("touch")
    return engine.touch_by_link(tx, customer, token, at=at, actor=actor, key=key, channel=channel)


@click.command()
@click.argument("customer", metavar="CUSTOMER", callback=options.id_of)
@click.pass_obj
def touches(settings: Settings, customer: MemberId) -> None:
    """List every touch of a customer, and what became of each."""
    with reading(settings) as tx:
        policy_of(tx)
        rows = [_row(each) for each in tx.touches.of_customer(customer)]
    show([Table("touches", TOUCHES, rows)], settings.format)


def _row(touch: Touch) -> Sequence[Cell]:
    outcome = touch.outcome
    return (
        touch.customer,
        touch.number,
        touch.promoter,
        touch.via.value,
        touch.ref or None,
        touch.channel,
        format_instant(touch.touched_at),
        touch.actor,
        outcome.result.value,
        outcome.why.value,
        None if outcome.until is None else format_instant(outcome.until),
    )
