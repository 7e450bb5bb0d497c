"""`distcore plan`: check a plan document, publish it, show what is published."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click
from attrs import evolve

from distcore.codec import Media, draft_plan, dump_plan, load_plan
from distcore.commission import Plan, plan_at, plan_problems, worst_case, worst_doubts
from distcore.compliance import Finding, Override, Permission, breaking, broken_by, refusals
from distcore.engine import (
    plan_doubts,
    plan_findings,
    plan_objections,
    set_plan,
    turn_doubts,
)
from distcore.engine.accrue import policy_of
from distcore.engine.objections import objection_error
from distcore.kernel import (
    Actor,
    CompliancePreset,
    InputError,
    Instant,
    PlanId,
    Problem,
    RefusedError,
    Severity,
    limits,
)
from distcore_cli import options
from distcore_cli.documents import FILE, chosen, in_file, read_document, show_document
from distcore_cli.failures import REFUSED
from distcore_cli.formulas import formulas_of
from distcore_cli.plan_tables import compliance_table, overrides_table, plan_table, rounding_table
from distcore_cli.render import say, show
from distcore_cli.settings import Format, Settings
from distcore_cli.shop import DEFAULT_POLICY
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading
from distcore_cli.worst_tables import worst_tables

_BREAKS: Final = refusals.PLAN_BREAKS_PRESET.name


@click.group(cls=options.InOrder)
def plan() -> None:
    """Check, publish and show commission plans."""


@plan.command()
@FILE
@click.option("--witness", is_flag=True, help="Show a sale and an upline that are paid the worst case.")
@click.option(
    "--preset",
    type=click.Choice([each.value for each in CompliancePreset]),
    help="Hold it against this preset.  [default: with --in-shop, the shop's]",
)
@click.option(
    "--in-shop",
    is_flag=True,
    help="Hold it against the shop too: its plans, preset, tiers and coupons, what it sold, and overrides.",
)
@click.pass_context
def check(context: click.Context, file: Path, *, witness: bool, preset: str | None, in_shop: bool) -> None:
    """Check a plan document, TOML or JSON; without --in-shop no store is needed.

    All that is wrong is reported at once, each with its path; then the exit code is 1.  Of a plan that may
    be published the worst case is shown, the largest share of the net that it can ever pay, and what
    rounding takes and gives at most.

    With --in-shop all is found that plan set would refuse: a currency or formulas that the shop does not
    have, a version that is taken, caps that count otherwise than before, plans that are valid at the same
    time, a period_cadence that may not begin there, and what the preset forbids.

    With a preset, what the plan breaks of it is shown with the source of each rule, and the exit code is 1
    if that keeps it from being published and nobody allowed it.  No preset is legal advice.
    """
    settings: Settings = context.obj
    plan = _read(file, draft_plan if in_shop else load_plan)
    held_against = None if preset is None else CompliancePreset(preset)
    found, overrides = _in_shop(settings, plan, held_against, file) if in_shop else ((), ())
    if not in_shop:
        found = plan_findings(plan, DEFAULT_POLICY, held_against)
    worst = worst_case(plan)
    _say_doubts(worst_doubts(plan, worst), file)
    tables = [plan_table([plan]), *worst_tables(plan, worst, with_witness=witness)]
    tables.append(rounding_table(plan))
    if found or held_against is not None:
        tables.append(compliance_table(found))
    if overrides:
        tables.append(overrides_table(overrides))
    show(tables, settings.format)
    broken = broken_by(breaking(found))
    allowed = next((each.approver for each in overrides if each.broken == broken), None)
    if broken:
        by_whom = "" if allowed is None else f", which {allowed} allowed"
        say(f"it breaks {len(broken)} rules of the preset{by_whom}")
        if allowed is None:
            context.exit(REFUSED)


@plan.command(name="set")
@FILE
@click.option(
    "--override-reason", metavar="TEXT", callback=options.text_of, help="Why it may break the shop's preset."
)
@click.option(
    "--override-approver",
    metavar="WHO",
    callback=options.id_of,
    help="Who says so; not the one who publishes it.",
)
@click.pass_obj
def set_(
    settings: Settings, file: Path, *, override_reason: str | None, override_approver: str | None
) -> None:
    """Publish a plan document, TOML or JSON.

    A published version never changes: publish a change as a higher plan_version.  Sales are calculated
    by the version that is valid when they are paid.

    Another period_cadence than that of the version before it may begin where a period of that one ends, and
    nowhere else.  What a plan leaves of a period to nobody is said on stderr.

    All that is wrong is said at once, each with its path, and nothing is stored.

    A plan that breaks the shop's compliance preset is refused, unless somebody else allows it: give the
    reason and the approver.  Both are kept with the version.
    """
    override = _permission(override_reason, override_approver)
    plan = _read(file, draft_plan)
    who: dict[str, Any] = {"at": settings.at, "actor": settings.actor}
    with changing(settings) as tx:
        preset = None if override is None else policy_of(tx).compliance_preset
        key = settings.key_of("plan", plan if override is None else (plan, override, preset))
        try:
            set_plan(tx, plan, **who, key=key, override=override, formulas=formulas_of(settings))
        except (InputError, RefusedError) as error:
            raise _in_plan(file, error) from None
        doubts = turn_doubts(tx, plan)
    _say_doubts(doubts, file)
    show([plan_table([plan])], settings.format)
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

    A document is no table: with --format jsonl it is written on one line, and csv is refused.  Who allowed
    a plan to break a compliance preset is listed too, and said beside the document.
    """
    if plan_id is not None and settings.format is Format.CSV:
        raise click.UsageError("a plan document is no table: leave --format csv out, or leave PLAN out")
    with reading(settings) as tx:
        known = tx.plans.all(known_at=known_at)
        if in_force:
            valid = [plan_at(known, each, settings.at) for each in sorted({x.currency for x in known})]
            known = [each for each in valid if each is not None]
        plans = [each for each in known if plan_id in {None, each.id}]
        overrides = [each for each in tx.overrides.all() if plan_id in {None, each.plan}]
    if plan_id is None:
        some = [overrides_table(overrides)] if overrides else []
        show([plan_table(plans), *some], settings.format)
        return
    if not plans:
        raise InputError.of("plan", f"{plan_id} is not published", "distcore plan show lists what is")
    versions = {each.plan_version: each for each in plans}
    plan = chosen(versions, plan_version, plan_id, "--plan-version")
    show_document(dump_plan(plan), settings)
    for each in overrides:
        if each.plan_version == plan.plan_version:
            say(f"it may break {each.preset.value}: {each.approver} allowed it, {each.reason}")


def _read(file: Path, load: Callable[[bytes, Media], Plan]) -> Plan:
    """Read a plan; what is only doubtful about one that is not impossible is said on stderr."""
    plan = read_document(file, load)
    found = plan_problems(plan)
    if all(each.severity is Severity.WARNING for each in found):
        _say_doubts(found, file)
    return plan


def _in_plan(file: Path, error: InputError | RefusedError) -> InputError | RefusedError:
    """Return an error with the name of the file before every path in it; an option is in no file."""
    problems = tuple(
        evolve(each, where=f"{file.name}:{each.where}") if each.where.startswith("$") else each
        for each in error.problems
    )
    return InputError(problems) if isinstance(error, InputError) else RefusedError(error.refusal, problems)


def _say_doubts(doubts: Iterable[Problem], file: Path) -> None:
    for each in in_file(file, doubts):
        say(f"{each.severity.value}: {each}")


def _permission(reason: str | None, approver: str | None) -> Permission | None:
    if reason is None and approver is None:
        return None
    if reason is None or approver is None:
        raise click.UsageError("give --override-reason and --override-approver, or neither")
    return Permission(reason, Actor(approver))


def _in_shop(
    settings: Settings, plan: Plan, preset: CompliancePreset | None, file: Path
) -> tuple[Sequence[Finding], Sequence[Override]]:
    """Hold a plan against the shop; what nobody there knows is said on stderr.

    Raises what publishing it would raise, unless it breaks a preset and nothing else is wrong: then that is
    shown.  Only what is published as it stands in the file was allowed, and only to break the preset it is
    held against.
    """
    with reading(settings) as tx:
        objections = plan_objections(tx, plan, preset=preset, formulas=formulas_of(settings))
        if any(each.refusal is None or each.refusal.code != _BREAKS for each in objections):
            raise _in_plan(file, objection_error(objections))
        policy = policy_of(tx)
        found = plan_findings(plan, policy, preset)
        doubts = (*turn_doubts(tx, plan), *plan_doubts(tx, plan))
        is_published = plan in tx.plans.all()
        overrides = tx.overrides.of(plan.id, plan.plan_version) if is_published else ()
    held_against = preset or policy.compliance_preset
    _say_doubts(doubts, file)
    return found, [each for each in overrides if each.preset is held_against]
