"""What other processes do to a store; each is started with a URL and arguments of its own."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic, sleep

from distcore.engine import accrue, accrue_all, move
from distcore.kernel import MemberId, RefusedError
from distcore.testing.builders import LATER, a_line, a_sale, day
from distcore_sql import SqlStore, SqlTransaction

PAIRS = 10
ORDERS = 10
BATCH = 50
LINES = 10


def mover(url: str, gate: str, member: str, sponsor: str) -> None:
    """Move members below sponsors, pair by pair; say whether it was done or why not."""

    def move_one(tx: SqlTransaction, number: int) -> None:
        pair = MemberId(f"{member}{number}"), MemberId(f"{sponsor}{number}")
        move(tx, *pair, at=LATER, actor="mover", key=f"{member}{number}", valid_from=day(20))

    with SqlStore.open(url, "mall") as store:
        _wait(gate)
        for number in range(PAIRS):
            try:
                store.run(partial(move_one, number=number))
                _say("done")
            except RefusedError as error:
                _say(error.refusal.code)


def seller(url: str, gate: str) -> None:
    """Book the same orders under the same keys as everybody else."""

    def sell_one(tx: SqlTransaction, number: int) -> None:
        id = f"order {number}"
        accrue(tx, a_sale(id), at=LATER, actor="seller", key=id)

    with SqlStore.open(url, "mall") as store:
        _wait(gate)
        for number in range(ORDERS):
            store.run(partial(sell_one, number=number))
        _say("done")


def importer(url: str, gate: str) -> None:
    """Import orders in batches until killed; say after each commit how many are in."""
    with SqlStore.open(url, "mall") as store:
        _wait(gate)
        for batch in range(1_000):
            ids = [f"order {batch:04}-{number:02}" for number in range(BATCH)]
            sales = [a_sale(id, lines=[a_line(str(line)) for line in range(LINES)]) for id in ids]
            with store.begin() as tx:
                accrue_all(tx, sales, at=LATER, actor="importer")
            _say(str((batch + 1) * len(sales)))


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _wait(gate: str) -> None:
    """Wait until a file is there, so that all begin together."""
    until = monotonic() + 60
    while not Path(gate).exists() and monotonic() < until:
        sleep(0.001)


WORK: dict[str, Callable[..., None]] = {"mover": mover, "seller": seller, "importer": importer}

if __name__ == "__main__":
    WORK[sys.argv[1]](*sys.argv[2:])
