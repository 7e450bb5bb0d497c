"""The command `distcore` itself: global options, and a table of commands that load when they are used.

Exit codes: 0 done, 1 refused or partly done, 2 a mistake of usage, 3 something stored is not sound,
4 a conflict: nothing was changed by what conflicted, run it again.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from distcore import __version__
from distcore_cli import options

if TYPE_CHECKING:
    from distcore.kernel import Instant

__all__ = ["COMMANDS", "FORMULAS_VARIABLE", "STORE_VARIABLE", "main"]

STORE_VARIABLE: Final = "DISTCORE_STORE"
PREFIX_VARIABLE: Final = "DISTCORE_PREFIX"
SCHEMA_VARIABLE: Final = "DISTCORE_SCHEMA"
FORMULAS_VARIABLE: Final = "DISTCORE_FORMULAS"
DEFAULT_STORE: Final = "sqlite:///distcore.db"
DEFAULT_SHOP: Final = "default"

COMMANDS: Final = {
    "demo": ("distcore_cli.demonstrate:demo", "Show it all with a hundred households of real sales."),
    "init": ("distcore_cli.shop:init", "Make the store, or upgrade it, and set the shop's policy."),
    "import": (
        "distcore_cli.importing:import_files",
        "Import members, sales, corrections, opening balances or adjustments from a file.",
    ),
    "plan": ("distcore_cli.plans:plan", "Check, publish and show commission plans."),
    "settlement": (
        "distcore_cli.settlement_policies:settlement",
        "Check, set and show settlement policies.",
    ),
    "complete": ("distcore_cli.orders:complete", "Say that orders are completed: their freeze begins."),
    "release": (
        "distcore_cli.orders:release",
        "Release every order and opening balance whose freeze is over.",
    ),
    "gifts": ("distcore_cli.gifts:gifts", "Show which gifts are due, to hand out or to take back."),
    "earnings": ("distcore_cli.reports:earnings", "Show who earned what, by period."),
    "explain": (
        "distcore_cli.explaining_payee:explain",
        "Say why every cent is what it is: of an order, an accrual, a statement or a member.",
    ),
    "estimate": (
        "distcore_cli.estimating:estimate",
        "Calculate what each level would earn of a product or a cart, before it is sold.",
    ),
    "simulate": (
        "distcore_cli.simulating:simulate",
        "Calculate what a plan would have cost, without writing.",
    ),
    "recompute": (
        "distcore_cli.recomputing:recompute",
        "Calculate every sale paid in a period again, and post what is missing, or too much.",
    ),
    "product": ("distcore_cli.products:product", "Put products into the catalog, and show them."),
    "offer": ("distcore_cli.pricing:offer", "Check, set and list offers."),
    "price": ("distcore_cli.pricing:price", "Check and set price lists."),
    "freight": ("distcore_cli.pricing:freight", "Set freight templates."),
    "points": ("distcore_cli.pricing:points", "Set what points are worth."),
    "coupon": (
        "distcore_cli.coupons:coupon",
        "Set templates of coupons, issue, claim and use coupons, and count them.",
    ),
    "group": (
        "distcore_cli.groups:group_buying",
        "Set group sales, open and join groups, close those that are over, and say what is owed.",
    ),
    "quote": ("distcore_cli.quoting:quote", "Say what a cart costs at --at, and why."),
    "tree": ("distcore_cli.forest:tree", "Show who stands below or above whom."),
    "referral": (
        "distcore_cli.referrals:referral",
        "Recruit distributors, bind customers, give out codes, and move members.",
    ),
    "tier": (
        "distcore_cli.tiers:tier",
        "Evaluate tiers by what was sold in a period, and show why; give one by hand.",
    ),
    "period": (
        "distcore_cli.periods:period",
        "Accrue periods of a plan, show what was posted of them, and why.",
    ),
    "adjust": (
        "distcore_cli.adjustments:adjust",
        "Give or take an amount by decision, under an id of its own.",
    ),
    "hold": ("distcore_cli.holds:hold", "Hold sales and payees, and let them go on."),
    "settle": (
        "distcore_cli.closings:settle",
        "Close periods, approve or reject what was drafted, and show closings.",
    ),
    "statement": ("distcore_cli.statements:statement", "Show the statements of a payee."),
    "payout": (
        "distcore_cli.payouts:payout",
        "Pay payees: accounts, requests, approvals, bank files, results.",
    ),
    "reconcile": (
        "distcore_cli.reconciling:reconcile",
        "Hold a provider's statement of a channel against our payouts.",
    ),
    "ledger": (
        "distcore_cli.ledgers:ledger",
        "Show every transfer of a payee and the balances, or the balances of the whole shop.",
    ),
    "seal": (
        "distcore_cli.sealing:seal",
        "Seal all that is not sealed yet, so that nobody changes it unnoticed.",
    ),
    "verify": ("distcore_cli.audit:verify", "Recompute everything that is stored, and compare."),
    "outbox": (
        "distcore_cli.outbox:outbox",
        "Keep what is done, and tell it to others: each event at least once.",
    ),
    "db": ("distcore_cli.databases:db", "Upgrade, check and write down the tables of a store."),
}
"""Command by name: where it is, and its summary, so that `--help` loads none of them."""


class _Commands(click.Group):
    """A group that imports a command when it is used, and gives every error its exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names in the order of a first day's work."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the summaries of the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what distcore refuses is told on stderr and becomes an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from distcore_cli.failures import tell

            code = tell(error, ctx.params.get("shop", ""), ctx.invoked_subcommand or "")
            if code is None:
                raise
            ctx.exit(code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--store",
    metavar="URL",
    envvar=STORE_VARIABLE,
    default=DEFAULT_STORE,
    show_default=True,
    help=f"Where the facts are, e.g. sqlite:////data/shop.db. Also from {STORE_VARIABLE}.",
)
@click.option(
    "--prefix",
    metavar="TEXT",
    envvar=PREFIX_VARIABLE,
    callback=options.text_of,
    help=f"What the names of its tables begin with. Also from {PREFIX_VARIABLE}.  [default: distcore_]",
)
@click.option(
    "--schema",
    metavar="NAME",
    envvar=SCHEMA_VARIABLE,
    callback=options.id_of,
    help=f"In which schema they are. Also from {SCHEMA_VARIABLE}.  [default: that of the database]",
)
@click.option(
    "--shop",
    metavar="ID",
    default=DEFAULT_SHOP,
    show_default=True,
    callback=options.id_of,
    help="Which shop of the store.",
)
@click.option(
    "--actor",
    metavar="ID",
    callback=options.id_of,
    help="Who does it, as it is recorded.  [default: the user of the system]",
)
@click.option(
    "--at",
    metavar="INSTANT",
    callback=options.instant_of,
    help="As of when, like 2017-03-31T18:00:00+02:00.  [default: now]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(options.FORMATS),
    default="table",
    show_default=True,
    help="How data is written to stdout.",
)
@click.option("--dry-run", is_flag=True, help="Do it, say what came of it, and roll it back.")
@click.option(
    "--key",
    metavar="ID",
    callback=options.id_of,
    help="Idempotency key: done once under it. For batches a prefix.  [default: what is done, by its ids]",
)
@click.option(
    "--formulas",
    metavar="MODULE:NAME",
    envvar=FORMULAS_VARIABLE,
    help=f"Where the shop has its formulas, for plans that pay by one. Also from {FORMULAS_VARIABLE}.",
)
@click.version_option(__version__, prog_name="distcore")
@click.pass_context
def main(
    context: click.Context,
    store: str,
    prefix: str | None,
    schema: str | None,
    shop: str,
    actor: str | None,
    at: "Instant | None",
    form: str,
    dry_run: bool,
    key: str | None,
    formulas: str | None,
) -> None:
    """Commission for shops: exact, reversible and explained.

    Data goes to stdout, everything else to stderr.  Exit codes: 0 done, 1 refused or partly done,
    2 usage, 3 something stored is not sound, 4 a conflict: run it again.
    """
    from datetime import UTC, datetime

    from distcore.kernel import Key
    from distcore_cli.settings import Format, Settings

    context.obj = Settings(
        store=store,
        place={name: said for name, said in (("prefix", prefix), ("schema", schema)) if said is not None},
        shop=shop,
        actor=actor or _user(),
        at=at or datetime.now(UTC),
        format=Format(form),
        dry_run=dry_run,
        key=None if key is None else Key(key),
        formulas=formulas,
    )


def _user() -> str:
    """Return the name of the user of the system; there may be none, in a container."""
    from getpass import getuser

    try:
        return getuser() or "unknown"
    except (KeyError, OSError):
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
