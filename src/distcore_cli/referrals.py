"""`distcore referral`: applications, bindings, promotion codes, and where members stand."""

import click

from distcore_cli import options
from distcore_cli.agents import agent
from distcore_cli.applications import applications, apply, review
from distcore_cli.bindings import bind, touches
from distcore_cli.codes import code
from distcore_cli.members import erase, identify, move, reinstate, show_, suspend, terminate


@click.group(cls=options.InOrder)
def referral() -> None:
    """Recruit distributors, bind customers, give out codes, and move members."""


for _command in (
    *(apply, review, applications),
    *(bind, touches, code),
    *(show_, identify, move, agent, suspend, reinstate, terminate, erase),
):
    referral.add_command(_command)
