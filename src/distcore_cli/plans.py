"""`distcore plan`: check a plan document, publish it, show what is published."""

from pathlib import Path

import click

from distcore.codec import dump_plan, load_plan
from distcore.commission import Plan, plan_at, plan_problems, worst_case
from distcore.engine import set_plan
from distcore.kernel import InputError, Instant, PlanId, format_instant, limits
from distcore_cli import options
from distcore_cli.documents import FILE, chosen, read_document, show_document
from distcore_cli.render import Table, columns, say, show
from distcore_cli.settings import Format, Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading
from distcore_cli.worst_tables import worst_tables


@click.group(cls=options.InOrder)
def plan() -> None:
    """Check, publish and show commission plans."""


@plan.command()
@FILE
@click.option("--witness", is_flag=True, help="Show a sale and an upline that are paid the worst case.")
@click.pass_obj
def check(settings: Settings, file: Path, *, witness: bool) -> None:
    """Check a plan document, TOML or JSON, without a store.

    All that is wrong is reported at once, each with its path; then the exit code is 1.  Of a plan that may
    be published the worst case is shown: the largest share of the net that it can ever pay.
    """
    plan = _read(file)
    worst = worst_case(plan)
    show([_table([plan]), *worst_tables(plan, worst, with_witness=witness)], settings.format)


@plan.command(name="set")
@FILE
@click.pass_obj
def set_(settings: Settings, file: Path) -> None:
    """Publish a plan document, TOML or JSON.

    A published version never changes: publish a change as a higher plan_version.  Sales are calculated
    by the version that is valid when they are paid.
    """
    plan = _read(file)
    key = settings.key_of("plan", plan)
    with changing(settings) as tx:
        set_plan(tx, plan, at=settings.at, actor=settings.actor, key=key)
    show([_table([plan])], settings.format)
    say_dry_run(settings)


@plan.command(name="show")
@click.argument("plan_id", metavar="[PLAN]", required=False, callback=options.id_of)
@click.option(
    "--plan-version",
    metavar="N",
    callback=options.whole_of(1, limits.UNITS_MAX),
    help="Which version.  [default: the highest]",
)
@click.option("--in-force", is_flag=True, help="Only the versions that sales paid at --at are calculated by.")
@click.option(
    "--known-at",
    metavar="INSTANT",
    callback=options.instant_of,
    help="Leave out what was published later than this.  [default: all that is published]",
)
@click.pass_obj
def show_(
    settings: Settings,
    plan_id: PlanId | None,
    plan_version: int | None,
    *,
    in_force: bool,
    known_at: Instant | None,
) -> None:
    """List the published plans, or write one of them as a JSON document.

    With --in-force those as valid at --at, one for each currency, and as known now or at --known-at: a
    sale keeps the version that was known when it was first accrued.

    A document is no table: with --format jsonl it is written on one line, and csv is refused.
    """
    if plan_id is not None and settings.format is Format.CSV:
        raise click.UsageError("a plan document is no table: leave --format csv out, or leave PLAN out")
    with reading(settings) as tx:
        known = tx.plans.all(known_at=known_at)
        if in_force:
            valid = [plan_at(known, each, settings.at) for each in sorted({x.currency for x in known})]
            known = [each for each in valid if each is not None]
        plans = [each for each in known if plan_id in {None, each.id}]
    if plan_id is None:
        show([_table(plans)], settings.format)
        return
    if not plans:
        raise InputError.of("plan", f"{plan_id} is not published", "distcore plan show lists what is")
    versions = {each.plan_version: each for each in plans}
    show_document(dump_plan(chosen(versions, plan_version, plan_id, "--plan-version")), settings)


def _read(file: Path) -> Plan:
    """Read a plan; what is only doubtful about it is said on stderr."""
    plan = read_document(file, load_plan)
    for problem in plan_problems(plan):
        say(f"{problem.severity.value}: {file.name}:{problem}")
    return plan


def _table(plans: list[Plan]) -> Table:
    rows = [
        (
            plan.id,
            plan.plan_version,
            plan.currency,
            format_instant(plan.valid_from),
            None if plan.valid_until is None else format_instant(plan.valid_until),
            f"{plan.freeze.days} days from {plan.freeze.counts_from.value}",
            None if plan.budget is None else str(plan.budget),
            " ".join(component.id for component in plan.components),
        )
        for plan in plans
    ]
    names = "plan plan_version currency valid_from valid_until freeze budget components"
    return Table("plans", columns(names, "plan_version"), rows)
