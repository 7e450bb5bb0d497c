"""``python -m batch.night sqlite:///shop.db sales.csv``: what runs every night, from cron or a worker.

It may be killed at any time, and run again: each step is a transaction of its own, and what was done is done
once.  There is no bookmark that could be wrong: the same file is read from its beginning, and whatever was
booked before is recognised by its own id.

It ends with 0 if all is done, 1 if something was refused or wrong, 2 if it was called wrongly or there is no
store, and 4 after a conflict: run it again.
"""

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from batch.sales_file import CURRENCY, Order, count_rows, read
from batch.set_up import SHOP
from distcore.engine import accrue_all, close_period, complete_all, release
from distcore.kernel import DistcoreError, Instant, Problem, RefusedError, Report, RetryableError
from distcore_sql import SqlStore, SqlTransaction

T = TypeVar("T")

ORDERS_MAX = 500
"""Orders in a transaction: a kill loses no more than these, and nobody waits for long."""

log = logging.getLogger("night")


class Night:
    """One run of the job: the store, the instant as of which it works, and whether anything went wrong."""

    def __init__(self, store: SqlStore, at: Instant) -> None:
        self.store = store
        self.call: dict[str, Any] = {"at": at, "actor": "night"}
        self.name = at.isoformat()
        self.failed = False

    def run(self, sales: Path) -> None:
        """Do all steps, in the order in which each needs the one before."""
        self.import_sales(sales)
        released = self.store.run(partial(release, **self.call, key=f"release of {self.name}"))
        log.info("released %d orders", released.orders)
        for label in self.close_months():
            log.info("closed %s", label)

    def import_sales(self, path: Path) -> None:
        """Book every order of a file, and complete those that are completed."""
        rows, seen = count_rows(path), 0
        for batch in _batches(read(path), ORDERS_MAX):
            orders = [each for each in batch if isinstance(each, Order)]
            for problem in [each for each in batch if isinstance(each, Problem)]:
                self._complain(problem)
            for report in self.store.run(partial(self._book, orders)):
                self._report(report)
            seen += sum(order.rows for order in orders)
            log.info("booked %d of %d rows", seen, rows)

    def close_months(self) -> Iterator[str]:
        """Close each month that is over, the oldest first; a job that slept for two closes both."""
        for number in range(1, 1_000):
            key = f"closing {number} of {self.name}"
            try:
                closing = self.store.run(partial(close_period, currency=CURRENCY, **self.call, key=key))
            except RefusedError as error:
                if error.refusal.code != "period_not_ended":
                    self._complain(error.refusal)
                return
            yield closing.period.label

    def _book(self, orders: Sequence[Order], tx: SqlTransaction) -> tuple[Report[Any], Report[Any]]:
        completions = [order.completion for order in orders if order.completion is not None]
        booked = accrue_all(tx, [order.sale for order in orders], **self.call)
        return booked, complete_all(tx, completions, **self.call)

    def _report(self, report: Report[Any]) -> None:
        for problem in report.problems:
            self._complain(problem)
        for refused in report.refused:
            self._complain(f"{refused.item}: {refused.refusal}")

    def _complain(self, what: object) -> None:
        self.failed = True
        log.error("%s", what)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job as the command line says, and return how it ended."""
    parser = argparse.ArgumentParser(prog="batch.night")
    parser.add_argument("store", help="its URL, like sqlite:///shop.db")
    parser.add_argument("sales", type=Path, help="the file of what was sold")
    parser.add_argument("--at", type=datetime.fromisoformat, default=datetime.now(UTC), help="default: now")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        with SqlStore.open(given.store, SHOP) as store:
            night = Night(store, given.at)
            night.run(given.sales)
    except RetryableError as error:
        log.error("%s", error)
        return 4
    except (DistcoreError, OSError) as error:
        log.error("%s", error)
        return 2
    return 1 if night.failed else 0


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


if __name__ == "__main__":
    sys.exit(main())
