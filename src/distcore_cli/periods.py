"""`distcore period`: accrue periods of a plan, show what was posted of them, and why."""

from collections.abc import Iterator

import click

from distcore import engine
from distcore.commission import Language
from distcore.engine import PeriodExplanation, PeriodLine
from distcore.engine.accrue import policy_of
from distcore.kernel import ComponentId, Currency, InputError, MemberId, PlanId
from distcore.ports import Transaction
from distcore_cli import options, progress
from distcore_cli.explaining import LANGUAGE
from distcore_cli.period_tables import (
    LINES,
    MATCHED,
    basis_table,
    explained_tables,
    fact_table,
    line_rows,
    line_table,
    matched_rows,
    posting_table,
    repin_table,
    run_table,
    sentences,
    state_table,
    total_table,
)
from distcore_cli.pinning import by_pin, named_as_typed, pin_of
from distcore_cli.render import Table, show, show_rows
from distcore_cli.render import tell as tell_people
from distcore_cli.settings import Format, Settings
from distcore_cli.stale_periods import accrue_stale
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

CURRENCY = click.option(
    "--currency",
    metavar="CURRENCY",
    callback=options.currency_of,
    help="Which currency.  [default: the only one whose plans have period components]",
)
FACTS = click.option("--facts", is_flag=True, help="Show also what every payee gets, or gives back.")


@click.group(cls=options.InOrder)
def period() -> None:
    """Accrue periods of a plan, show what was posted of them, and why."""


@period.command()
@CURRENCY
@click.option(
    "--period",
    "label",
    metavar="PERIOD",
    callback=options.text_of,
    help="Which period, like 2017-03.  [default: the next one; at first the last one that is due]",
)
@click.option(
    "--stale",
    is_flag=True,
    help="All periods that rest on something that was posted since they were accrued, of every currency.",
)
@by_pin
@FACTS
@click.pass_obj
def accrue(
    settings: Settings,
    currency: Currency | None,
    label: str | None,
    plan: PlanId | None,
    plan_version: int | None,
    reason: str | None,
    approver: str | None,
    *,
    stale: bool,
    facts: bool,
) -> None:
    """Post what a period is worth to every member, by the period components of the plan.

    It is possible once the period and the freeze of the plan are over.  A period that was accrued already is
    calculated anew, from what is left of it now and by what was decided the first time: what has changed is
    posted, and where nothing has, nothing is.

    With --plan a PERIOD that was accrued goes by another plan version from now on: one that is valid at its
    end, and has all components by which somebody is paid by now.  Tree and members stay as they were then.

    With --stale each period has a transaction of its own; those of plans in POINT come first, since pools of
    the others may be split by what they pay.  Under the same --key it goes on where it was broken off: what
    was done under it is not calculated again.
    """
    pin = pin_of(plan, plan_version, reason, approver)
    if pin is not None and label is None:
        raise click.UsageError("--plan is for a period that was accrued: name it with --period")
    if stale:
        if label is not None or facts:
            raise click.UsageError("--stale is about many periods: leave --period and --facts out")
        accrue_stale(settings, currency)
        return
    with changing(settings) as tx, progress.shown("members") as steps, named_as_typed():
        answer = engine.accrue_period(
            tx,
            _currency(tx, currency),
            label,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_once("accrue period"),
            pin=pin,
            progress=steps.reached,
        )
        run, posting = answer.run, answer.posting
        tables = [run_table([run], settings)]
        if posting is not None:
            tables = [total_table(run, [posting]), *tables]
            if facts:
                found = tx.period_runs.facts(run.number, posting.number)
                tables = [fact_table(run, found), *tables]
    show(tables, settings.format)
    if posting is None and settings.format is Format.TABLE:
        tell_people(f"nothing has changed about {run.period.label} since it was accrued")
    say_dry_run(settings)


@period.command(name="show")
@click.argument("label", metavar="[PERIOD]", required=False, callback=options.text_of)
@CURRENCY
@click.option(
    "--stale",
    is_flag=True,
    help="Only periods that rest on something that was posted since they were accrued.",
)
@FACTS
@click.pass_obj
def show_(
    settings: Settings, label: str | None, currency: Currency | None, *, stale: bool, facts: bool
) -> None:
    """List the periods that were accrued, or what was posted of one, run by run.

    The list says when anything was last posted that a period rests on, if it was after it was accrued: sales
    that were imported late, refunds, cancellations, corrections, recomputations; and where a pool is split by
    points, those that came or went by its end.  It goes by the --at of the commands, which must not go back.
    Whether an amount changes by that is known only when it is accrued again.
    """
    if label is None and facts:
        raise click.UsageError("--facts are those of one period: name the PERIOD")
    if label is not None and stale:
        raise click.UsageError("--stale is about all periods: leave PERIOD out")
    with reading(settings) as tx:
        policy_of(tx)
        if label is None:
            states = engine.period_states(tx, currency)
            listed = [each for each in states if not stale or each.changed_at is not None]
            tables = [state_table(listed, settings)]
        else:
            tables = _posted(tx, _currency(tx, currency), label, facts=facts)
    show(tables, settings.format)


@period.command()
@click.argument("label", metavar="PERIOD", callback=options.text_of)
@click.argument("payee", metavar="MEMBER", callback=options.id_of)
@CURRENCY
@click.option(
    "--lines",
    is_flag=True,
    help="Show also the lines that the team bought, if a ladder counts them, and what else it rests on.",
)
@LANGUAGE
@click.pass_obj
def explain(
    settings: Settings,
    label: str,
    payee: MemberId,
    currency: Currency | None,
    language: str,
    *,
    lines: bool,
) -> None:
    """Say why a period is worth to a member what it is, or why nothing.

    It is calculated again, from what is left of the period now: what was posted, and what the next run would
    post, add up to it.
    """
    spoken = Language(language)
    with reading(settings) as tx:
        which = _currency(tx, currency)
        found = engine.explain_period(tx, which, label, payee)
        basis = list(_counted(tx, found)) if lines else []
        postings = tx.period_runs.postings(found.run.number) if found.run.repins else ()
    tables = explained_tables(found, spoken)
    if found.run.repins:
        tables.append(repin_table(found.run, postings))
    if lines:
        tables += [line_table(basis, which), basis_table(found)]
    if settings.format is Format.TABLE:
        for sentence in sentences(found, spoken):
            tell_people(sentence)
        tables = [each for each in tables[1:] if each.rows]
        if not tables:
            return
        click.echo()
    show(tables, settings.format)


@period.command()
@click.argument("label", metavar="PERIOD", callback=options.text_of)
@click.argument("payee", metavar="[MEMBER]", required=False, callback=options.id_of)
@CURRENCY
@click.option(
    "--component",
    metavar="COMPONENT",
    callback=options.id_of,
    help="What this one rests on for the MEMBER.  [default: what the team of the MEMBER bought]",
)
@click.pass_obj
def lines(
    settings: Settings,
    label: str,
    payee: MemberId | None,
    currency: Currency | None,
    component: ComponentId | None,
) -> None:
    """List the lines of orders that a period rests on, with what is left of them.

    All of the period, or what the team of a member bought.  With --component what that one rests on for the
    member: the own lines or those of the team for a ladder, all of them for a pool; for a matching what it
    matches, line by line of an order, or what the period itself is worth to somebody below.

    With --format csv or jsonl lines are written as they are read, so there may be millions of them.
    """
    if component is not None and payee is None:
        raise click.UsageError("--component is about a MEMBER: name one")
    with reading(settings) as tx:
        which = _currency(tx, currency)
        if payee is None or component is None:
            found = engine.period_lines(tx, which, label, payee)
        elif (basis := _basis(tx, which, label, component)) is not engine.RestsOn.MATCHED:
            found = engine.period_lines(tx, which, label, payee, of=basis)
        else:
            parts = engine.matched_parts(tx, which, label, payee, component)
            show_rows("matched", MATCHED, matched_rows(parts, which), settings.format)
            return
        show_rows("lines", LINES, line_rows(found, which), settings.format)


def _counted(tx: Transaction, found: PeriodExplanation) -> Iterator[PeriodLine]:
    """Return the lines that ladders count for a member, if the plan has any: the team's, or the own ones."""
    asked = {engine.rests_on(each) for each in found.plan.period_components}
    for of in (engine.RestsOn.TEAM_LINES, engine.RestsOn.OWN_LINES):
        if of in asked:
            run = found.run
            return engine.period_lines(tx, run.currency, run.period.label, found.payee, of=of)
    return iter(())


def _basis(tx: Transaction, currency: Currency, label: str, component: ComponentId) -> engine.RestsOn:
    """Return what a component of the plan of a period rests on."""
    plan = engine.plan_of_run(tx, engine.run_of_period(tx, currency, label))
    for each in plan.period_components:
        if each.id == component:
            return engine.rests_on(each)
    known = ", ".join(each.id for each in plan.period_components)
    raise InputError.of(
        "--component", f"the plan has no component {component} for periods", f"it has {known}"
    )


def _posted(tx: Transaction, currency: Currency, label: str, *, facts: bool) -> list[Table]:
    run = engine.run_of_period(tx, currency, label)
    postings = tx.period_runs.postings(run.number)
    tables = [posting_table(run, postings), total_table(run, postings)]
    if run.repins:
        tables.append(repin_table(run, postings))
    if facts:
        found = (fact for each in postings for fact in tx.period_runs.facts(run.number, each.number))
        tables = [fact_table(run, found), *tables]
    return tables


def _currency(tx: Transaction, currency: Currency | None) -> Currency:
    """Return the currency that is asked for, or the only one that is paid by the period."""
    if currency is not None:
        return currency
    policy_of(tx)
    found = sorted({each.currency for each in tx.plans.all() if each.period_components})
    if len(found) != 1:
        which = ", ".join(found) or "none"
        raise click.UsageError(f"name the --currency: plans with period components are in {which}")
    return found[0]
