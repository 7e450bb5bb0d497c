"""A shop that is thrown away: what files say, without a store of one's own.

The rule this file protects: the files are read and refused by the code that imports them into any shop.  The
shop pays nobody, so whatever is asked of it afterwards is a question and no history.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
from attrs import evolve, frozen

from distcore.codec import load_policy
from distcore.commission import Freeze, Percent, Plan, Rule, SelfPurchase
from distcore.engine import appoint, dismiss, set_plan, set_policy
from distcore.engine.accrue import policy_of
from distcore.kernel import (
    ComponentId,
    Currency,
    PlanId,
    Problem,
    Rate,
    RefusedError,
    RuleId,
    SchemaError,
    ShopPolicy,
    instant_of,
    limits,
)
from distcore_cli.agents_file import AGENTS, Agency, read_agents
from distcore_cli.documents import read_document
from distcore_cli.importing import (
    import_cancellations,
    import_members,
    import_prices,
    import_refunds,
    import_sales,
)
from distcore_cli.problems import Problems
from distcore_cli.settings import Settings
from distcore_cli.table_file import open_table
from distcore_cli.tally import Tally
from distcore_cli.wiring import changing, make_store, reading

NOBODY: Final = SelfPurchase(ComponentId("nobody"), (Rule(RuleId("nobody"), Percent(Rate(0))),))
"""A component that pays nothing: a sale has to be pinned to some plan.

It asks nothing that depends on the order of rows: what was bought before is counted by whoever simulates.
"""


@frozen
class Files:
    """What a shop is made of; None: there is no such file."""

    members: Path
    sales: Path
    refunds: Path | None = None
    prices: Path | None = None
    cancellations: Path | None = None
    policy: Path | None = None
    agents: Path | None = None


@contextmanager
def loaded(settings: Settings, files: Files) -> Iterator[tuple[Settings, bool]]:
    """Give the settings of a shop with what the files say, and whether all of it went in.

    Without a file for it the policy is that of the shop that the settings name.  What is refused is said on
    stderr.
    """
    policy = _policy(settings, files)
    with tempfile.TemporaryDirectory(prefix="distcore-") as folder:
        store = f"sqlite:///{Path(folder) / 'thrown-away.db'}"
        there = evolve(settings, store=store, dry_run=False, key=None)
        make_store(there)
        with changing(there) as tx:
            who: dict[str, Any] = {"at": there.at, "actor": there.actor}
            set_policy(tx, policy, **who, key="policy")
            for currency in policy.currencies:
                set_plan(tx, _pays_nobody(currency), **who, key=f"plan in {currency}")
        agencies = [] if files.agents is None else _agencies(files.agents)
        tallies = list(_imported(there, files, agencies))
        yield there, all(tally.good for tally in tallies)


def _policy(settings: Settings, files: Files) -> ShopPolicy:
    if files.policy is not None:
        return read_document(files.policy, load_policy)
    try:
        with reading(settings) as tx:
            return policy_of(tx)
    except SchemaError as error:
        message = "there is no store to take the policy of the shop from: name its document with --policy"
        raise click.UsageError(message) from error


def _pays_nobody(currency: Currency) -> Plan:
    begin = instant_of(limits.INSTANT_MIN)
    return Plan(PlanId(f"nobody in {currency}"), 1, currency, begin, Freeze(0), (NOBODY,))


def _agencies(path: Path) -> list[Agency]:
    """Return the agencies of a file; one that is wrong in any row is refused whole."""
    problems = Problems()
    found = read_agents(open_table(path, AGENTS), problems)
    problems.raise_at(1)
    return found


def _appoint(settings: Settings, agencies: Sequence[Agency], name: str) -> None:
    """Appoint agents before anything is sold; whatever is refused refuses the whole file."""
    problems = Problems()
    with changing(settings) as tx:
        for each in agencies:
            who: dict[str, Any] = {"at": settings.at, "actor": settings.actor}
            of, line = (tx, each.member, each.region), each.line
            try:
                appoint(*of, **who, key=f"appoint {line}", valid_from=each.since)
                if each.until is not None:
                    dismiss(*of, **who, key=f"dismiss {line}", valid_from=each.until)
            except RefusedError as error:
                problems.add(Problem(f"{name}:{line}", str(error)))
        problems.raise_at(1)


def _imported(settings: Settings, files: Files, agencies: Sequence[Agency]) -> Iterator[Tally]:
    """Import one file after the other, in the order in which they rest on each other."""
    kinds: tuple[tuple[Callable[[Settings, Path], Tally], Path | None], ...] = (
        (import_members, files.members),
        (import_sales, files.sales),
        (import_prices, files.prices),
        (import_refunds, files.refunds),
        (import_cancellations, files.cancellations),
    )
    for read, path in kinds:
        if path is not None:
            tally = read(settings, path)
            tally.say()
            yield tally
        if path == files.members and files.agents is not None:
            _appoint(settings, agencies, files.agents.name)
