"""`distcore init`: a store that is there, of this version, with a shop that has a policy."""

import re
from pathlib import Path
from typing import Final

import click

from distcore.codec import load_policy
from distcore.engine import set_policy
from distcore.kernel import (
    Currency,
    InputError,
    SchemaError,
    ShopPolicy,
    digest,
    format_instant,
    zone_of,
)
from distcore.ports import Transaction
from distcore_cli.documents import read_document
from distcore_cli.render import Table, columns, say, show
from distcore_cli.settings import Settings
from distcore_cli.tally import say_dry_run
from distcore_cli.wiring import changing, make_store

DEFAULT_POLICY: Final = ShopPolicy(zone_of("UTC"), (Currency("CNY"), Currency("EUR"), Currency("USD")))
"""What a shop gets that does not say: no zone is guessed, and amounts in three currencies are taken."""


@click.command()
@click.option(
    "--policy",
    "policy_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A shop-policy document, TOML or JSON: time zone, currencies, first day of the week.",
)
@click.pass_obj
def init(settings: Settings, policy_file: Path | None) -> None:
    """Make the store, or upgrade it, and set the shop's policy.

    Running it again does no harm.  Without --policy a shop keeps the policy it has; a new one gets
    UTC, the currencies CNY, EUR and USD, weeks from Monday and calendar days.
    """
    policy = None if policy_file is None else read_document(policy_file, load_policy)
    if not settings.dry_run:
        make_store(settings)
    try:
        with changing(settings) as tx:
            held = _policy(tx, settings, policy)
    except SchemaError as error:
        if not settings.dry_run:
            raise
        say(f"dry run: {error.message}; it would be made or upgraded")
        held = policy or DEFAULT_POLICY
    show([_table(settings, held)], settings.format)
    say_dry_run(settings)


def _policy(tx: Transaction, settings: Settings, policy: ShopPolicy | None) -> ShopPolicy:
    """Set what is asked for, or what a shop without a policy gets; return what holds."""
    held = tx.policies.current()
    if policy is None and held is not None:
        return held
    if policy is None:
        taken = f"zone {DEFAULT_POLICY.zone.key}, currencies {', '.join(DEFAULT_POLICY.currencies)}"
        say(f"shop {settings.shop} is new, and no --policy was given: {taken}")
    at, wanted = settings.at, policy or DEFAULT_POLICY
    key = settings.key_or(f"policy:{format_instant(at)}:{digest((held, wanted)).hex()}")
    set_policy(tx, wanted, at=at, actor=settings.actor, key=key)
    if tx.policies.current() != wanted:
        raise InputError.of("--key", "was used to set this policy before another one", "give another key")
    return wanted


def _table(settings: Settings, policy: ShopPolicy) -> Table:
    row = (
        re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", settings.store),  # a password is nobody's to see
        settings.shop,
        policy.zone.key,
        " ".join(policy.currencies),
        policy.week_start.value,
        policy.days.value,
    )
    return Table("shop", columns("store shop zone currencies week_start days"), [row])
