"""`distcore simulate`: any plan against any history, without writing."""

from pathlib import Path
from typing import Final

import click

from distcore import engine
from distcore.analytics import LARGEST
from distcore.codec import load_plan
from distcore.commission import Plan, Region
from distcore.engine import Baseline, Omission, Simulation
from distcore.kernel import InputError, Instant, limits
from distcore.ports import Transaction
from distcore_cli import options, progress
from distcore_cli.collecting import collecting_rarely
from distcore_cli.documents import read_document
from distcore_cli.failures import REFUSED
from distcore_cli.formulas import formulas_of
from distcore_cli.reason_words import OMISSIONS, PERIOD_OMISSIONS
from distcore_cli.render import say, show, tell
from distcore_cli.settings import Format, Settings
from distcore_cli.simulated import heading, tables_of
from distcore_cli.throwaway import Files, loaded
from distcore_cli.wiring import reading

DOCUMENT: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan_file", metavar="PLAN", type=DOCUMENT)
@click.option(
    "--against",
    metavar="PLAN",
    type=DOCUMENT,
    help="Compare with another plan document.  [default: what was posted]",
)
@click.option("--alone", is_flag=True, help="Compare with nothing.")
@click.option("--period", "label", metavar="PERIOD", help="Only sales paid in it, as with earnings.")
@click.option("--since", metavar="INSTANT", callback=options.instant_of, help="Only sales paid since then.")
@click.option("--until", metavar="INSTANT", callback=options.instant_of, help="Only sales paid before.")
@click.option(
    "--largest",
    metavar="N",
    callback=options.whole_of(0, limits.SPLIT_PARTS_MAX),
    default=str(LARGEST),
    show_default=True,
    help="How many of those who gain or lose most are named.",
)
@click.option("--members", metavar="FILE", type=DOCUMENT, help="Members from a file, not from the store.")
@click.option("--sales", metavar="FILE", type=DOCUMENT, help="Sales from a file, not from the store.")
@click.option("--refunds", metavar="FILE", type=DOCUMENT, help="Refunds of the sales of the file.")
@click.option("--prices", metavar="FILE", type=DOCUMENT, help="Price corrections of the sales of the file.")
@click.option(
    "--cancellations", metavar="FILE", type=DOCUMENT, help="Cancellations of the sales of the file."
)
@click.option(
    "--policy",
    metavar="FILE",
    type=DOCUMENT,
    help="The shop-policy for sales of a file.  [default: that of the store]",
)
@click.option("--agents", metavar="FILE", type=DOCUMENT, help="Agents of regions, for sales of a file.")
@click.pass_context
def simulate(
    context: click.Context,
    plan_file: Path,
    against: Path | None,
    alone: bool,
    label: str | None,
    since: Instant | None,
    until: Instant | None,
    largest: int,
    members: Path | None,
    sales: Path | None,
    refunds: Path | None,
    prices: Path | None,
    cancellations: Path | None,
    policy: Path | None,
    agents: Path | None,
) -> None:
    """Calculate what a plan would have cost, without writing.

    PLAN is a plan document, TOML or JSON; it need not be published, nor be valid when the sales were paid.
    Every sale is calculated of what is left of it, with the tree and the tiers that were frozen with it: what
    it costs by month, component, level and tier, how that is spread, and who gains or loses most.

    Where a plan has caps, or asks what was earned or bought before, sales come in the order in which they
    were paid, from a store and from files, and those paid before --since or --period count for that, too.

    A plan that pays by the period costs what its periods would pay, too: in the month of their last instant,
    as level 0, and by the tier of then.  A period that has not ended by --at, or of which only a part is
    asked about, is left out and named; against what was posted so is one that was not accrued yet, where the
    plan in force pays for it.

    With --members and --sales the history comes from files, as import reads them: they are loaded into a
    shop that is thrown away, with the tree as the file has it and the agents of --agents.  Nothing was posted
    there, so what they cost is compared with --against or with nothing.

    Sales in another currency are left out, and counted.  Where others can't be calculated, because a line
    has no cost, list price or tax, the exit code is 1.
    """
    settings: Settings = context.obj
    files = _files(members, sales, refunds, prices, cancellations, policy, agents)
    if alone and against is not None:
        raise click.UsageError("--alone compares with nothing: leave --against out")
    plan = read_document(plan_file, load_plan)
    other = _baseline(against, alone or files is not None)
    if files is not None and agents is None:
        _say_no_agents(plan, other)
    if files is None:
        found, good = _of_store(settings, plan, other, label, since, until), True
    else:
        with loaded(settings, files) as (there, good):
            found = _of_store(there, plan, other, label, since, until)
    _show(found, settings, largest)
    if not good or any(each.reason is not Omission.OTHER_CURRENCY for each in found.omitted):
        context.exit(REFUSED)


def _files(members: Path | None, sales: Path | None, *others: Path | None) -> Files | None:
    """Return the files that a shop is made of, if any."""
    if members is not None and sales is not None:
        return Files(members, sales, *others)
    if any(path is not None for path in (members, sales, *others)):
        raise click.UsageError("sales of a file need --members and --sales: nobody earns without a tree")
    return None


def _say_no_agents(*plans: object) -> None:
    """Say which components cost nothing here, because no file says who is agent."""
    for plan in plans:
        if isinstance(plan, Plan):
            for id in [each.id for each in plan.components if isinstance(each, Region)]:
                say(f"component {id} of {plan.id} pays agents of regions: without --agents, nobody")


def _baseline(against: Path | None, alone: bool) -> Plan | Baseline | None:
    if against is not None:
        return read_document(against, load_plan)
    return None if alone else Baseline.POSTED


def _of_store(
    settings: Settings,
    plan: Plan,
    against: Plan | Baseline | None,
    label: str | None,
    since: Instant | None,
    until: Instant | None,
) -> Simulation:
    """Simulate, and show how far it is."""
    with reading(settings) as tx:
        since, until = _span(tx, plan, label, since, until)
        total = tx.sales.count() if since is until is None else None
        with collecting_rarely(), progress.shown("sales simulated", total) as steps:
            return engine.simulate(
                tx,
                plan,
                since=since,
                until=until,
                at=settings.at,
                against=against,
                progress=steps.reached,
                formulas=formulas_of(settings),
            )


def _span(
    tx: Transaction, plan: Plan, label: str | None, since: Instant | None, until: Instant | None
) -> tuple[Instant | None, Instant | None]:
    if label is None:
        return since, until
    if since is not None or until is not None:
        raise click.UsageError("--period has a beginning and an end: leave --since and --until out")
    try:
        period = engine.period_named(tx, label, plan.currency)
    except InputError as error:
        options.refuse(error, hint="--period")
    return period.start, period.end


def _show(found: Simulation, settings: Settings, largest: int) -> None:
    tables = tables_of(found, largest)
    if settings.format is Format.TABLE:
        tell(heading(found))
        tell("")
        tables = tables[:-1]
        if found.baseline is None:
            tables = [
                each.only(
                    [column.name for column in each.columns if column.name not in {"baseline", "change"}]
                )
                for each in tables
            ]
    show(tables, settings.format)
    if settings.format is Format.CSV:
        say("csv has the costs alone; how they are spread, and who gains and who loses, are in json")
    for each in found.omitted:
        why = OMISSIONS[each.reason]
        say(f"left out: {each.sales} sales, {each.reason.value}: {why}; the first is {each.first}")
    for period in found.omitted_periods:
        why = PERIOD_OMISSIONS[period.reason]
        say(f"left out: period {period.period}, {period.reason.value}: {why}")
