"""`distcore referral code`: short codes and links that stand for promoters; randomness comes from here."""

import secrets
from collections.abc import Sequence
from typing import Final

import click

from distcore import engine
from distcore.kernel import Instant, MemberId, canonical_code, format_instant
from distcore.referral import GENERATED_BYTES, CodeKind, PromotionCode, code_of_bits, link_token
from distcore_cli import options
from distcore_cli.money import require_member
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

CODES = columns("kind ref owner valid_from valid_until issued_at issued_by revoked_at")
LINKS = columns("token kind ref owner valid_from valid_until issued_at issued_by revoked_at")

TOKEN_BYTES: Final = 16
"""Random bytes of a link: 128 bits."""

KINDS = [each.value for each in CodeKind]
OWNER = click.argument("owner", metavar="MEMBER", callback=options.id_of)
SINCE = click.option(
    "--from",
    "since",
    metavar="INSTANT",
    callback=options.instant_of,
    help="From when it stands for the member.  [default: --at]",
)
UNTIL = click.option(
    "--until", metavar="INSTANT", callback=options.instant_of, help="Until when.  [default: for ever]"
)


@click.group(cls=options.InOrder)
def code() -> None:
    """Give out, revoke and show short codes and links that stand for promoters."""


@code.command()
@OWNER
@click.argument("word", metavar="[CODE]", required=False)
@SINCE
@UNTIL
@click.pass_obj
def issue(
    settings: Settings, owner: MemberId, word: str | None, since: Instant | None, until: Instant | None
) -> None:
    """Give out a short code: CODE, or one of eight random characters that don't look alike.

    It may be typed in any case.  A code is given out once, also if it is revoked later.
    """
    chosen = code_of_bits(secrets.token_bytes(GENERATED_BYTES)) if word is None else word
    with changing(settings) as tx:
        given_out = tx.promotion_codes.find(CodeKind.SHORT, canonical_code(chosen))
        was_revoked = given_out is not None and given_out.revoked_at is not None
        key = settings.key_of("issue code", (owner, chosen, since, until, was_revoked))
        issued = engine.issue_code(
            tx,
            owner,
            chosen,
            at=settings.at,
            actor=settings.actor,
            key=key,
            valid_from=since,
            valid_until=until,
        )
    show([Table("codes", CODES, [_row(issued)])], settings.format)
    say_dry_run(settings)


@code.command()
@OWNER
@SINCE
@UNTIL
@click.pass_obj
def link(settings: Settings, owner: MemberId, since: Instant | None, until: Instant | None) -> None:
    """Give out the token of a link, of 128 random bits.

    It is shown this once: what is kept of it is a hash, its reference.
    """
    bits = secrets.token_bytes(TOKEN_BYTES)
    with changing(settings) as tx:
        issued = engine.issue_link(
            tx,
            owner,
            bits,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("issue link"),
            valid_from=since,
            valid_until=until,
        )
    show([Table("codes", LINKS, [(link_token(bits), *_row(issued))])], settings.format)
    say_dry_run(settings)


@code.command()
@click.argument("kind", metavar="|".join(KINDS), type=click.Choice(KINDS))
@click.argument("ref", metavar="REF", callback=options.id_of)
@click.pass_obj
def revoke(settings: Settings, kind: str, ref: str) -> None:
    """Let a short code, or a link by its reference, stand for nobody from now on."""
    key = settings.key_of("revoke code", (kind, ref))
    with changing(settings) as tx:
        revoked = engine.revoke_code(tx, CodeKind(kind), ref, at=settings.at, actor=settings.actor, key=key)
    show([Table("codes", CODES, [_row(revoked)])], settings.format)
    say_dry_run(settings)


@code.command(name="show")
@OWNER
@click.pass_obj
def show_(settings: Settings, owner: MemberId) -> None:
    """List the codes and links of a member, revoked ones too."""
    with reading(settings) as tx:
        require_member(tx, owner)
        rows = [_row(each) for each in tx.promotion_codes.of_owner(owner)]
    show([Table("codes", CODES, rows)], settings.format)


def _row(issued: PromotionCode) -> Sequence[Cell]:
    return (
        issued.kind.value,
        issued.ref,
        issued.owner,
        format_instant(issued.valid_from),
        None if issued.valid_until is None else format_instant(issued.valid_until),
        format_instant(issued.issued_at),
        issued.actor,
        None if issued.revoked_at is None else format_instant(issued.revoked_at),
    )
