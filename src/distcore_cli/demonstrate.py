"""`distcore demo`: from an empty file to an explained cent, with real sales, by the commands' own code."""

import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import Final

import click
from attrs import evolve, frozen

from distcore import engine
from distcore.codec import load_plan, load_policy
from distcore.commission import Posting, Reason
from distcore.engine import Explanation
from distcore.engine.accrue import policy_of
from distcore.kernel import LineId, format_instant, parse_instant, parse_period
from distcore.ports import Transaction
from distcore_cli.documents import read_document
from distcore_cli.explaining import IN_SHORT, posting_rows, posting_table, sentences
from distcore_cli.failures import UNSOUND
from distcore_cli.importing import import_cancellations, import_members, import_refunds, import_sales
from distcore_cli.interchange import REFUNDS, read_refunds
from distcore_cli.problems import Problems
from distcore_cli.render import Table, say, show, tell
from distcore_cli.reports import COLUMNS, earning_rows
from distcore_cli.settings import Format, Settings
from distcore_cli.table_file import open_table
from distcore_cli.tally import Tally
from distcore_cli.wiring import changing, make_store, reading

DATA: Final = Path(str(files("distcore_cli"))) / "demo"
AT: Final = parse_instant("2018-04-01T00:00:00-04:00")
"""The demo's today: everything of 2017 has happened, the last return too."""
MONTH: Final = "2017-03"
SHOWN: Final = 10
"""Payees of the month that are shown."""


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def demo(context: click.Context, file: Path | None) -> None:
    """Show it all with a hundred households of real sales.

    Makes a store in FILE, which must be new, or in a temporary folder: twelve months of sales (real, of
    2017) with a referral tree, returns and cancellations (all three synthetic), paid by a plan of three
    levels.  --store, --at and --format do not matter here.
    """
    if context.obj.dry_run:
        raise click.UsageError("the demo makes a store of its own: leave --dry-run out")
    if file is not None and file.exists():
        raise click.UsageError(f"{file} exists already: name a new file")
    begun = time.monotonic()
    path = (file or Path(tempfile.mkdtemp(prefix="distcore-demo-")) / "demo.db").absolute()
    settings: Settings = evolve(
        context.obj, store=f"sqlite:///{path}", shop="demo", at=AT, format=Format.TABLE, key=None
    )
    _fill(settings)
    with reading(settings) as tx:
        found = _chosen(tx)
        _show_month(tx)
        _show_order(found)
        sound = _show_verified(tx)
    _show_next(settings, found)
    say(f"\n{time.monotonic() - begun:.1f} s, in {path}")
    if not sound:
        context.exit(UNSOUND)


@frozen
class _Chosen:
    """An order with a return, worth to be looked at: which line, and what the return posted."""

    explanation: Explanation
    line: LineId
    posting: Posting


def _fill(settings: Settings) -> None:
    """Make the store and bring everything in, as the commands do."""
    _title("A shop with a year of sales (real) and a referral tree, returns and cancellations (synthetic)")
    make_store(settings)
    policy = read_document(DATA / "policy.toml", load_policy)
    plan = read_document(DATA / "plan.toml", load_plan)
    with changing(settings) as tx:
        engine.set_policy(tx, policy, at=settings.at, actor=settings.actor, key="policy")
        engine.set_plan(tx, plan, at=settings.at, actor=settings.actor, key="plan")
    _did("distcore init --policy policy.toml", f"zone {policy.zone.key}")
    _did("distcore plan set plan.toml", "10, 5 and 2 percent to three levels")
    _did(
        "distcore import members members.csv.gz", _counted(import_members(settings, DATA / "members.csv.gz"))
    )
    _did("distcore import sales sales.csv.gz", _counted(import_sales(settings, DATA / "sales.csv.gz")))
    _did(
        "distcore import refunds refunds.csv.gz", _counted(import_refunds(settings, DATA / "refunds.csv.gz"))
    )
    cancelled = import_cancellations(settings, DATA / "cancellations.csv.gz")
    _did("distcore import cancellations cancellations.csv.gz", _counted(cancelled))
    with changing(settings) as tx:
        released = engine.release(tx, at=settings.at, actor=settings.actor, key="release")
    _did("distcore release", f"{released.orders:,} orders are out of their freeze")


def _counted(tally: Tally) -> str:
    assert tally.good, "the demo's own files are in order"
    return f"{tally.done:,} {tally.what}"


def _show_month(tx: Transaction) -> None:
    period = parse_period(MONTH, policy_of(tx).calendar)
    found = engine.earnings(tx, period)
    best = sorted(found, key=lambda each: -(each.accrued_minor + each.clawed_back_minor))[:SHOWN]
    _title(f"distcore earnings --period {MONTH}   (the first {SHOWN} of {len(found)} payees, best first)")
    show([Table("earnings", COLUMNS, earning_rows(period, best))], Format.TABLE)


def _show_order(found: _Chosen) -> None:
    explanation, sale = found.explanation, found.explanation.record.booking.sale
    _title(f"distcore explain {sale.id} --line {found.line}   (an order with a synthetic return)")
    whys = [each for each in explanation.explained.whys if each.accrual.line == found.line]
    nots = [each for each in explanation.explained.why_nots if each.line in {None, found.line}]
    for sentence in sentences(explanation, whys, nots):
        tell(sentence)
    _title(f"What {found.posting.cause} took back, at {format_instant(found.posting.valid_at)}")
    rows = posting_rows(found.posting, explanation.plan.currency, found.line)
    show([posting_table(rows).only(IN_SHORT)], Format.TABLE)


def _show_verified(tx: Transaction) -> bool:
    found = engine.verify(tx)
    _title("distcore verify")
    click.echo(
        f"{found.sales:,} sales calculated again, {found.facts:,} facts traced, {found.members:,} members: "
        + ("sound" if found.sound else f"{found.problem_count} problems")
    )
    return found.sound


def _show_next(settings: Settings, found: _Chosen) -> None:
    sale = found.explanation.record.booking.sale
    payee = found.posting.accruals[0].payee
    _title("Try it yourself")
    base = f"distcore --store {settings.store} --shop {settings.shop}"
    for rest in (
        "earnings --period 2017-Q1",
        f"--format csv earnings --payee {payee}",
        f"explain {sale.id}",
        f"tree {payee}",
        "plan show three-levels",
    ):
        click.echo(f"{base} {rest}")


def _chosen(tx: Transaction) -> _Chosen:
    """Return the first order of which a part went back, two members earn, and a suspended one does not."""
    fallback = None
    for placed in read_refunds(open_table(DATA / "refunds.csv.gz", REFUNDS), Problems()):
        explanation = engine.explain(tx, placed.item.sale)
        cause = f"refund/{placed.item.id}"
        posting = next(each for each in explanation.record.postings if each.cause == cause)
        found = _Chosen(explanation, placed.item.rows[0].line, posting)
        whys = [each for each in explanation.explained.whys if each.accrual.line == found.line]
        if whys and posting.accruals:
            fallback = fallback or found
            reasons = {each.reason for each in explanation.explained.why_nots}
            if len(whys) > 1 and Reason.SUSPENDED in reasons:
                return found
    assert fallback is not None, "some return of the demo's files took something back"
    return fallback


def _title(text: str) -> None:
    click.echo(f"\n{text}\n")


def _did(command: str, what: str) -> None:
    click.echo(f"  {command:<52}  {what}")
