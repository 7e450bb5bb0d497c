"""`distcore tier`: policies of tiers, their evaluation, what was decided and why, and tiers given by hand."""

from pathlib import Path

import click

from distcore import engine
from distcore.codec import dump_tiers, load_tiers
from distcore.engine.accrue import policy_of
from distcore.kernel import InputError, Instant, MemberId, format_instant, limits
from distcore.members import Evaluation, Outcome, TierPolicy
from distcore.ports import Transaction
from distcore_cli import options, progress
from distcore_cli.credits_file import CREDITS, read_credits
from distcore_cli.documents import FILE, chosen, read_document, show_document
from distcore_cli.importing import TABLE_FILE, ignoring
from distcore_cli.numbers import number_of_tier
from distcore_cli.problems import Problems
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Format, Settings
from distcore_cli.settlement_policies import rhythm_words
from distcore_cli.table_file import open_table
from distcore_cli.tally import say_dry_run
from distcore_cli.tier_tables import check_table, decision_table, evaluation_table, story_table
from distcore_cli.wiring import changing, reading

POLICIES = columns(
    "policy_version valid_from currency rhythm grace_periods falls tiers", "policy_version grace_periods"
)
GIVEN = columns("member tier valid_from")


@click.group(cls=options.InOrder)
def tier() -> None:
    """Evaluate tiers by what was sold in a period, and show why; give one by hand."""


@tier.group(cls=options.InOrder)
def policy() -> None:
    """Check, set and show tier policies."""


@policy.command()
@FILE
@click.pass_obj
def check(settings: Settings, file: Path) -> None:
    """Check a tier-policy document, TOML or JSON, without a store.

    All that is wrong is reported at once, each with its path, tiers that no one can reach too; then the
    exit code is 1.
    """
    show([_policies([read_document(file, load_tiers)])], settings.format)


@policy.command(name="set")
@FILE
@click.pass_obj
def set_policy_(settings: Settings, file: Path) -> None:
    """Set how tiers are earned and lost, from a tier-policy document, TOML or JSON.

    A version never changes: set a change as a higher policy_version.  It is for periods that begin at
    its valid_from or later.
    """
    wanted = read_document(file, load_tiers)
    with changing(settings) as tx:
        key = settings.key_of("tier policy", wanted)
        engine.set_tier_policy(tx, wanted, at=settings.at, actor=settings.actor, key=key)
    show([_policies([wanted])], settings.format)
    say_dry_run(settings)


@policy.command(name="show")
@click.option(
    "--policy-version",
    metavar="N",
    callback=options.whole_of(1, limits.UNITS_MAX),
    help="Write this version as a JSON document.",
)
@click.pass_obj
def show_policy(settings: Settings, policy_version: int | None) -> None:
    """List the tier policies, or write one version as a JSON document.

    A document is no table: with --format jsonl it is written on one line, and csv is refused.
    """
    if policy_version is not None and settings.format is Format.CSV:
        raise click.UsageError("a policy is no table: leave --format csv or --policy-version out")
    with reading(settings) as tx:
        policy_of(tx)
        policies = tx.tier_policies.all()
    if policy_version is None or not policies:
        show([_policies(list(policies))], settings.format)
        return
    versions = {each.policy_version: each for each in policies}
    wanted = chosen(versions, policy_version, "the tier policy", "--policy-version")
    show_document(dump_tiers(wanted), settings)


@tier.command()
@click.option(
    "--period",
    metavar="PERIOD",
    callback=options.text_of,
    help="Which period, like 2017-03.  [default: the next one; at first the last one that is over]",
)
@click.option(
    "--credits",
    "credits_file",
    metavar="FILE",
    type=TABLE_FILE,
    help="Numbers for `credit`, with the columns member_id and credit; whoever is not in it has 0.",
)
@ignoring
@click.option("--all", "everybody", is_flag=True, help="Show also those who keep what they have.")
@click.pass_obj
def evaluate(
    settings: Settings,
    period: str | None,
    credits_file: Path | None,
    ignored: tuple[str, ...],
    everybody: bool,
) -> None:
    """Decide who rises, falls, stays or has grace by what was sold in a period.

    What buyers keep of it counts, by the tree as it was when the period ended.  Tiers hold from its end on:
    nothing that was accrued before changes.  Periods are evaluated one by one, when they are over; one that
    was evaluated already stays as it is.  A --dry-run with an --at to come is a forecast of a running one.
    """
    given = {} if credits_file is None else _credits_in(credits_file, ignored)
    with changing(settings) as tx:
        found = _evaluated(tx, settings, period, given)
        rule = _policy_of(tx, found)
        decisions = (
            each
            for each in tx.tier_evaluations.decisions(found.number)
            if everybody or each.outcome is not Outcome.KEPT
        )
        counts = tx.tier_evaluations.outcomes(found.number)
        tables = [decision_table(decisions, rule, settings), evaluation_table([(found, counts)], settings)]
    show(tables, settings.format)
    say_dry_run(settings)


@tier.command(name="show")
@click.argument("member", metavar="[MEMBER]", required=False, callback=options.id_of)
@click.pass_obj
def show_(settings: Settings, member: MemberId | None) -> None:
    """List the evaluations, or tell what was decided about a member, and why.

    Of the last evaluation every requirement of every tier is shown, with what the member had of it.
    """
    with reading(settings) as tx:
        policy_of(tx)
        if member is None:
            found = [(each, tx.tier_evaluations.outcomes(each.number)) for each in tx.tier_evaluations.all()]
            tables = [evaluation_table(found, settings)]
        else:
            tables = _story(tx, member)
    show(tables, settings.format)


@tier.command(name="set")
@click.argument("member", metavar="MEMBER", callback=options.id_of)
@click.argument("name", metavar="TIER", callback=options.text_of)
@click.option(
    "--valid-from",
    metavar="INSTANT",
    callback=options.instant_of,
    help="From when on.  [default: --at]",
)
@click.pass_obj
def set_(settings: Settings, member: MemberId, name: str, valid_from: Instant | None) -> None:
    """Give a member a tier by hand; an empty TIER, written '', takes it away.

    A tier of the policy is judged by the next evaluation like any other; one that is none of the policy's is
    left alone.
    """
    since = valid_from or settings.at
    with changing(settings) as tx:
        number = number_of_tier(tx, member, name, since)
        key = settings.key_of("set tier", (member, name, since, number))
        engine.set_tier(
            tx, member, name, at=settings.at, actor=settings.actor, key=key, valid_from=valid_from
        )
    show([Table("tier", GIVEN, [(member, name, format_instant(since))])], settings.format)
    say_dry_run(settings)


def _credits_in(path: Path, ignored: tuple[str, ...]) -> dict[MemberId, int]:
    """Return the credits of a file; one that is wrong in any row is refused whole."""
    problems = Problems()
    found = read_credits(open_table(path, CREDITS, ignored), problems)
    problems.raise_at(1)
    return dict(found)


def _evaluated(
    tx: Transaction, settings: Settings, period: str | None, given: dict[MemberId, int]
) -> Evaluation:
    """Evaluate, and show how far it is."""
    with progress.shown("members") as steps:
        try:
            return engine.evaluate_tiers(
                tx,
                period,
                credits=given,
                at=settings.at,
                actor=settings.actor,
                key=settings.key_once("evaluate tiers"),
                progress=steps.reached,
            )
        except InputError as error:
            if error.problems[0].where != "period":
                raise
            options.refuse(error, hint="--period")


def _story(tx: Transaction, member: MemberId) -> list[Table]:
    told = engine.tier_decisions(tx, member)
    rules = [_policy_of(tx, each.evaluation) for each in told]
    rows = [(each.evaluation, each.decision, rule) for each, rule in zip(told, rules, strict=True)]
    tables = [story_table(rows)]
    if told:
        tables.append(check_table(told[-1].checks, rules[-1]))
    return tables


def _policy_of(tx: Transaction, evaluation: Evaluation) -> TierPolicy:
    return next(each for each in tx.tier_policies.all() if each.policy_version == evaluation.policy_version)


def _policies(policies: list[TierPolicy]) -> Table:
    rows = [
        (
            each.policy_version,
            format_instant(each.valid_from),
            each.currency,
            rhythm_words(each.rhythm),
            each.grace_periods,
            each.falls.value,
            " ".join(one.name for one in each.tiers),
        )
        for each in policies
    ]
    return Table("tier_policies", POLICIES, rows)
