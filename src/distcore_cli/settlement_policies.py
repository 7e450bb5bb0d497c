"""`distcore settlement`: check a settlement-policy document, set it, show what is set."""

from pathlib import Path
from typing import assert_never

import click

from distcore.codec import dump_settlement, load_settlement
from distcore.codec.kinds import KIND_OF
from distcore.engine import set_settlement
from distcore.kernel import (
    Cadence,
    Currency,
    EveryDays,
    InputError,
    OnDates,
    Rhythm,
    format_instant,
    format_minor,
    limits,
)
from distcore.settlement import CustomWithholding, SettlementPolicy, Withholding
from distcore_cli import options
from distcore_cli.documents import FILE, chosen, read_document, show_document
from distcore_cli.render import Table, columns, show
from distcore_cli.settings import Format, Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, reading


@click.group(cls=options.InOrder)
def settlement() -> None:
    """Check, set and show settlement policies."""


@settlement.command()
@FILE
@click.pass_obj
def check(settings: Settings, file: Path) -> None:
    """Check a settlement-policy document, TOML or JSON, without a store.

    All that is wrong is reported at once, each with its path; then the exit code is 1.
    """
    show([_table([read_document(file, load_settlement)])], settings.format)


@settlement.command(name="set")
@FILE
@click.pass_obj
def set_(settings: Settings, file: Path) -> None:
    """Set how a currency is settled, from a settlement-policy document, TOML or JSON.

    A version never changes: set a change as a higher policy_version.  It is for periods that begin at
    its valid_from or later.
    """
    policy = read_document(file, load_settlement)
    with changing(settings) as tx:
        key = settings.key_of("settlement", policy)
        set_settlement(tx, policy, at=settings.at, actor=settings.actor, key=key)
    show([_table([policy])], settings.format)
    say_dry_run(settings)


@settlement.command(name="show")
@click.argument("currency", metavar="[CURRENCY]", required=False, callback=options.currency_of)
@click.option(
    "--policy-version",
    metavar="N",
    callback=options.whole_of(1, limits.UNITS_MAX),
    help="Which version.  [default: the highest]",
)
@click.pass_obj
def show_(settings: Settings, currency: Currency | None, policy_version: int | None) -> None:
    """List the settlement policies, or write the one of a currency as a JSON document.

    A document is no table: with --format jsonl it is written on one line, and csv is refused.
    """
    if currency is not None and settings.format is Format.CSV:
        raise click.UsageError("a policy is no table: leave --format csv out, or leave CURRENCY out")
    with reading(settings) as tx:
        policies = [each for each in tx.settlement_policies.all() if currency in {None, each.currency}]
    if currency is None:
        show([_table(policies)], settings.format)
        return
    if not policies:
        hint = "distcore settlement show lists what is"
        raise InputError.of("settlement", f"nothing is set for {currency}", hint)
    versions = {each.policy_version: each for each in policies}
    show_document(dump_settlement(chosen(versions, policy_version, currency, "--policy-version")), settings)


def _table(policies: list[SettlementPolicy]) -> Table:
    rows = [
        (
            each.currency,
            each.policy_version,
            format_instant(each.valid_from),
            rhythm_words(each.cadence),
            each.review.value,
            format_minor(each.minimum_minor, each.currency),
            _withholding(each.withholding),
            each.account_hold_days,
        )
        for each in policies
    ]
    names = "currency policy_version valid_from cadence review minimum withholding account_hold_days"
    return Table("settlement", columns(names, "policy_version minimum account_hold_days"), rows)


def rhythm_words(cadence: Rhythm) -> str:
    """Return a rhythm in words."""
    match cadence:
        case Cadence():
            return cadence.value
        case EveryDays(days, anchor):
            return f"every {days} days from {anchor.isoformat()}"
        case OnDates(dates):
            return f"on {len(dates)} dates from {dates[0].isoformat()}"
        case _:
            assert_never(cadence)


def _withholding(withholding: Withholding) -> str:
    if isinstance(withholding, CustomWithholding):
        return f"{withholding.name} version {withholding.version}"
    return KIND_OF[type(withholding)]
