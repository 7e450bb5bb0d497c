"""`distcore demo`: from an empty file to a cent that is explained and paid, by the commands' own code."""

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
from distcore.ledger import Anchor
from distcore.ports import Transaction
from distcore_cli.demonstrate_money import close_month, did, pay, seal, title
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
IMPORTED: Final = parse_instant("2018-03-01T00:00:00-05:00")
"""When the year of sales is imported: everything of 2017 has happened, the last return too."""
AT: Final = parse_instant("2018-04-01T00:00:00-04:00")
"""The demo's today: March is over."""
MONTH: Final = "2017-03"
SHOWN: Final = 10
"""Payees of the month that are shown."""


@click.command()
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.pass_context
def demo(context: click.Context, file: Path | None) -> None:
    """Show it all with a hundred households of real sales.

    Makes a store in FILE, which must be new, or in a temporary folder: twelve months of sales (real, of
    2017) with a referral tree, returns and cancellations (all three synthetic), earned by a plan of three
    levels, settled, paid to one household by a bank file beside the store, and sealed.  --store, --at and
    --format do not matter here.
    """
    if context.obj.dry_run:
        raise click.UsageError("the demo makes a store of its own: leave --dry-run out")
    path = (file or Path(tempfile.mkdtemp(prefix="distcore-demo-")) / "demo.db").absolute()
    bank_path = path.with_name(f"{path.stem}-bank.csv")
    for each in (path, bank_path):
        if each.exists():
            raise click.UsageError(f"{each.name} exists already: name a new file")
    begun = time.monotonic()
    settings: Settings = evolve(
        context.obj, store=f"sqlite:///{path}", shop="demo", at=AT, format=Format.TABLE, key=None
    )
    _fill(evolve(settings, at=IMPORTED))
    with reading(settings) as tx:
        found = _chosen(tx)
        _show_month(tx)
        _show_order(found)
    pay(settings, close_month(settings, DATA), bank_path)
    anchor = seal(settings)
    with reading(settings) as tx:
        sound = _show_verified(tx, anchor)
    _show_next(settings, found)
    say("")
    say(f"{time.monotonic() - begun:.1f} s, in {path}")
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
    title("A shop with a year of sales (real) and a referral tree, returns and cancellations (synthetic)")
    make_store(settings)
    policy = read_document(DATA / "policy.toml", load_policy)
    plan = read_document(DATA / "plan.toml", load_plan)
    with changing(settings) as tx:
        engine.set_policy(tx, policy, at=settings.at, actor=settings.actor, key="policy")
        engine.set_plan(tx, plan, at=settings.at, actor=settings.actor, key="plan")
    did("distcore init --policy policy.toml", f"zone {policy.zone.key}")
    did("distcore plan set plan.toml", "10, 5 and 2 percent to three levels")
    did("distcore import members members.csv.gz", _counted(import_members(settings, DATA / "members.csv.gz")))
    did("distcore import sales sales.csv.gz", _counted(import_sales(settings, DATA / "sales.csv.gz")))
    did("distcore import refunds refunds.csv.gz", _counted(import_refunds(settings, DATA / "refunds.csv.gz")))
    cancelled = import_cancellations(settings, DATA / "cancellations.csv.gz")
    did("distcore import cancellations cancellations.csv.gz", _counted(cancelled))
    with changing(settings) as tx:
        released = engine.release(tx, at=settings.at, actor=settings.actor, key="release")
    did("distcore release", f"{released.orders:,} orders are out of their freeze")


def _counted(tally: Tally) -> str:
    assert tally.good, "the demo's own files are in order"
    return f"{tally.done:,} {tally.what}"


def _show_month(tx: Transaction) -> None:
    period = parse_period(MONTH, policy_of(tx).calendar)
    found = engine.earnings(tx, period)
    best = sorted(found, key=lambda each: -(each.accrued_minor + each.clawed_back_minor))[:SHOWN]
    title(f"distcore earnings --period {MONTH}   (the first {SHOWN} of {len(found)} payees, best first)")
    show([Table("earnings", COLUMNS, earning_rows(period, best))], Format.TABLE)


def _show_order(found: _Chosen) -> None:
    explanation, sale = found.explanation, found.explanation.record.booking.sale
    title(f"distcore explain {sale.id} --line {found.line}   (an order with a synthetic return)")
    whys = [each for each in explanation.explained.whys if each.accrual.line == found.line]
    nots = [each for each in explanation.explained.why_nots if each.line in {None, found.line}]
    for sentence in sentences(explanation, whys, nots):
        tell(sentence)
    title(f"What {found.posting.cause} took back, at {format_instant(found.posting.valid_at)}")
    rows = posting_rows(found.posting, explanation.plan.currency, found.line)
    show([posting_table(rows).only(IN_SHORT)], Format.TABLE)


def _show_verified(tx: Transaction, anchor: Anchor | None) -> bool:
    found = engine.verify(tx, anchor=anchor)
    title("distcore verify --anchor …")
    click.echo(
        f"{found.sales:,} sales calculated again, {found.facts:,} facts traced, {found.members:,} members, "
        f"{found.sealed:,} rows as they were sealed: "
        + ("sound" if found.sound else f"{found.problem_count} problems")
    )
    return found.sound


def _show_next(settings: Settings, found: _Chosen) -> None:
    sale = found.explanation.record.booking.sale
    payee = found.posting.accruals[0].payee
    title("Try it yourself")
    base = f"distcore --store {settings.store} --shop {settings.shop}"
    for rest in (
        "earnings --period 2017-Q1",
        f"--format csv earnings --payee {payee}",
        f"explain {sale.id}",
        f"statement {payee} --lines",
        f"ledger {payee}",
        "payout list",
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
