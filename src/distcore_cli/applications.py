"""`distcore referral apply` and `review`: who wants to distribute, and what somebody else decides."""

from collections.abc import Sequence

import click

from distcore import engine
from distcore.engine.accrue import policy_of
from distcore.kernel import MemberId, RefusedError, format_instant
from distcore.ports import Transaction
from distcore.referral import (
    HIDDEN,
    ApplicationId,
    ApplicationRecord,
    ApplicationState,
    Evidence,
    refusals,
)
from distcore_cli import options
from distcore_cli.asking import asked
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading

APPLICATIONS = columns(
    "application applicant state name phone documents applied_at applied_by sponsor tier"
    " reviewed_at reviewed_by reason",
    "documents",
)
APPLICATION = click.argument("application", metavar="APPLICATION", callback=options.id_of)
DECISIONS = [each.value for each in ApplicationState if each is not ApplicationState.APPLIED]


@click.command()
@APPLICATION
@click.argument("applicant", metavar="APPLICANT", callback=options.id_of)
@click.option("--sponsor", metavar="MEMBER", callback=options.id_of, help="Below whom to stand, if anybody.")
@click.option("--name", metavar="TEXT", help="What the applicant is called.  [default: asked for]")
@click.option("--phone", metavar="TEXT", help="Where to reach the applicant.  [default: asked for]")
@click.option(
    "--document",
    "documents",
    metavar="TEXT",
    multiple=True,
    help="A document, or where the shop keeps it; may be repeated.",
)
@click.pass_obj
def apply(
    settings: Settings,
    application: ApplicationId,
    applicant: MemberId,
    sponsor: MemberId | None,
    name: str | None,
    phone: str | None,
    documents: tuple[str, ...],
) -> None:
    """Hand in an application to distribute, under an id of its own; somebody else decides about it.

    What no option says is asked for, line by line, so that it stands in no history of a shell.  It is kept
    apart, shown to nobody, and can be erased.
    """
    evidence = Evidence(asked("name", name), asked("phone", phone), documents)
    with changing(settings) as tx:
        policy_of(tx)
        record = engine.apply_to_distribute(
            tx,
            application,
            applicant,
            evidence,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_of("apply", (application, applicant, sponsor)),
            sponsor=sponsor,
        )
        table = _table(tx, [record])
    show([table], settings.format)
    say_dry_run(settings)


@click.command()
@APPLICATION
@click.argument("decision", metavar="|".join(DECISIONS), type=click.Choice(DECISIONS))
@click.option("--reason", metavar="TEXT", default="", callback=options.text_of, help="Why.")
@click.option(
    "--sponsor",
    metavar="MEMBER",
    callback=options.id_of,
    help="Below whom to stand.  [default: whom the application names; a member stays]",
)
@click.option("--tier", metavar="TIER", default="", callback=options.text_of, help="In which tier.")
@click.pass_obj
def review(
    settings: Settings,
    application: ApplicationId,
    decision: str,
    reason: str,
    sponsor: MemberId | None,
    tier: str,
) -> None:
    """Approve an application, so that the applicant joins, or reject it.

    Refused for whoever handed it in, and for the applicant.  An approval that the tree would not let be is
    refused whole.
    """
    state = ApplicationState(decision)
    with changing(settings) as tx:
        policy_of(tx)
        record = engine.review_application(
            tx,
            application,
            state,
            at=settings.at,
            actor=settings.actor,
            key=settings.key_of("review", (application, state, reason, sponsor, tier)),
            reason=reason,
            sponsor=sponsor,
            tier=tier,
        )
        table = _table(tx, [record])
    show([table], settings.format)
    say_dry_run(settings)


@click.command()
@click.argument("application", metavar="[APPLICATION]", required=False, callback=options.id_of)
@click.option("--waiting", is_flag=True, help="Only those about which nobody has decided.")
@click.pass_obj
def applications(settings: Settings, application: ApplicationId | None, waiting: bool) -> None:
    """List applications, or show one, with evidence masked."""
    with reading(settings) as tx:
        policy_of(tx)
        found = list(tx.applications.all()) if application is None else [_one(tx, application)]
        table = _table(tx, [each for each in found if not waiting or each.review is None])
    show([table], settings.format)


def _one(tx: Transaction, application: ApplicationId) -> ApplicationRecord:
    record = tx.applications.find([application]).get(application)
    if record is None:
        raise RefusedError(refusals.APPLICATION_UNKNOWN.refuse(application=application))
    return record


def _table(tx: Transaction, records: Sequence[ApplicationRecord]) -> Table:
    """Return applications as a table, with evidence masked, and blank where it was erased."""
    evidence = tx.applications.evidence([each.application.id for each in records])
    rows = [_row(each, evidence.get(each.application.id)) for each in records]
    return Table("applications", APPLICATIONS, rows)


def _row(record: ApplicationRecord, evidence: Evidence | None) -> Sequence[Cell]:
    application, review = record.application, record.review
    known = evidence or Evidence()
    return (
        application.id,
        application.applicant,
        record.state.value,
        HIDDEN if known.name else None,
        HIDDEN if known.phone else None,
        None if evidence is None else len(known.documents),
        format_instant(application.applied_at),
        application.actor,
        application.sponsor if review is None else review.sponsor,
        None if review is None else review.tier,
        None if review is None else format_instant(review.reviewed_at),
        None if review is None else review.reviewer,
        None if review is None else review.reason,
    )
