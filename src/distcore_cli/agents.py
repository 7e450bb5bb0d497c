"""`distcore referral agent`: who is agent of which region."""

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, MemberId, format_instant
from distcore_cli import options
from distcore_cli.members import KNOWN_AT, MEMBER, VALID_FROM, show_changes
from distcore_cli.numbers import number_of_agency
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.wiring import changing, reading

AGENTS = columns("region member since")

REGION = click.argument("region", metavar="REGION", callback=options.region_of)


@click.group(cls=options.InOrder)
def agent() -> None:
    """Appoint and dismiss agents of regions, whom plans with a `region` pay."""


@agent.command()
@MEMBER
@REGION
@VALID_FROM
@click.pass_obj
def appoint(settings: Settings, member: MemberId, region: str, valid_from: Instant | None) -> None:
    """Make a member agent of a region, a path such as cn/zj/hangzhou.

    Others stay agents of it.  Sales that were accrued before are not touched.
    """
    since = valid_from or settings.at
    with changing(settings) as tx:
        number = number_of_agency(tx, member, region, since, ends=False)
        key = settings.key_of("appoint", (member, region, since, number))
        change = engine.appoint(
            tx, member, region, at=settings.at, actor=settings.actor, key=key, valid_from=valid_from
        )
    show_changes([change], settings)


@agent.command()
@MEMBER
@REGION
@VALID_FROM
@click.pass_obj
def dismiss(settings: Settings, member: MemberId, region: str, valid_from: Instant | None) -> None:
    """Take a region from its agent; sales that were accrued before are not touched."""
    since = valid_from or settings.at
    with changing(settings) as tx:
        number = number_of_agency(tx, member, region, since, ends=True)
        key = settings.key_of("dismiss", (member, region, since, number))
        change = engine.dismiss(
            tx, member, region, at=settings.at, actor=settings.actor, key=key, valid_from=valid_from
        )
    show_changes([change], settings)


@agent.command("list")
@click.argument("regions", metavar="[REGION]...", nargs=-1, callback=options.regions_of)
@KNOWN_AT
@click.pass_obj
def list_agents(settings: Settings, regions: tuple[str, ...], known_at: Instant | None) -> None:
    """List who is agent of which region at --at; with REGION only of these.

    As known now or at --known-at: an appointment that is recorded late is valid before anybody knows it.
    """
    with reading(settings) as tx:
        policy_of(tx)
        found = engine.agents(tx, valid_at=settings.at, known_at=known_at, regions=regions or None)
    rows = [(each.region, each.member, format_instant(each.since)) for each in found]
    show([Table("agents", AGENTS, rows)], settings.format)
