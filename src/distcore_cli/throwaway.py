"""A shop that is thrown away: what files say, without a store of one's own.

The rule this file protects: the files are read and refused by the code that imports them into any shop.  The
shop pays nobody, so whatever is asked of it afterwards is a question and no history.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from attrs import evolve, frozen

from distcore.codec import load_policy
from distcore.commission import FirstOrder, Freeze, Percent, Plan, Rule
from distcore.engine import set_plan, set_policy
from distcore.engine.accrue import policy_of
from distcore.kernel import ComponentId, Currency, PlanId, Rate, RuleId, ShopPolicy, instant_of, limits
from distcore_cli.documents import read_document
from distcore_cli.importing import (
    import_cancellations,
    import_members,
    import_prices,
    import_refunds,
    import_sales,
)
from distcore_cli.settings import Settings
from distcore_cli.tally import Tally
from distcore_cli.wiring import changing, make_store, reading

NOBODY: Final = FirstOrder(ComponentId("nobody"), (Rule(RuleId("nobody"), Percent(Rate(0))),))
"""A component that pays nothing: a sale has to be pinned to some plan.

It asks what was bought before, so that this is known of every sale, whatever plan is tried out.
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
        tallies = list(_imported(there, files))
        yield there, all(tally.good for tally in tallies)


def _policy(settings: Settings, files: Files) -> ShopPolicy:
    if files.policy is not None:
        return read_document(files.policy, load_policy)
    with reading(settings) as tx:
        return policy_of(tx)


def _pays_nobody(currency: Currency) -> Plan:
    begin = instant_of(limits.INSTANT_MIN)
    return Plan(PlanId(f"nobody in {currency}"), 1, currency, begin, Freeze(0), (NOBODY,))


def _imported(settings: Settings, files: Files) -> Iterator[Tally]:
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
