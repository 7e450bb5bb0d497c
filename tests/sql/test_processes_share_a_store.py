"""Several processes on one file: no cycle, nothing twice, and a killed one leaves nothing half-done."""

import subprocess
import sys
from pathlib import Path

from tests.sql.stores import new_shop, new_store, url_in
from tests.sql.workers import BATCH, LINES, ORDERS, PAIRS

from distcore.commission import SaleRecord
from distcore.engine import accrue_all, verify
from distcore.testing.builders import LATER, Shop, a_line, a_member, a_sale

ROOT = Path(__file__).parents[2]
"""Where a child finds these tests, from wherever they are run."""


def test_movers_never_form_a_cycle(tmp_path: Path) -> None:
    pairs = [a_member(f"{name}{number}") for number in range(PAIRS) for name in ("left", "right")]
    shop = Shop.open(new_store(tmp_path), newcomers=pairs)
    answers = _together(tmp_path, ("mover", "left", "right"), ("mover", "right", "left"))
    for left, right in zip(*answers, strict=True):
        assert sorted([left, right]) == ["done", "would_form_cycle"]
    with shop.store.begin() as tx:
        assert tx.members.revision() == PAIRS
        assert verify(tx).sound


def test_the_same_orders_are_booked_once(tmp_path: Path) -> None:
    shop = new_shop(tmp_path)
    assert _together(tmp_path, ("seller",), ("seller",), ("seller",)) == [["done"]] * 3
    with shop.store.begin() as tx:
        found = verify(tx)
        assert found.sound
        assert found.sales == ORDERS
    assert shop.earned()["ben"].accrued_minor == ORDERS * 1_000


def test_a_killed_import_leaves_whole_batches(tmp_path: Path) -> None:
    shop = new_shop(tmp_path)
    child = _start(tmp_path, "importer")
    (tmp_path / "gate").touch()
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(2)][-1]
    child.kill()
    child.wait()
    child.stdout.close()
    with shop.store.begin() as tx:
        records = list(tx.sales.all())
        assert verify(tx).sound
    assert len(records) >= said
    assert len(records) % BATCH == 0
    assert [record for record in records if not _is_whole(record)] == []
    again = [
        a_sale(record.booking.sale.id, lines=[a_line(str(line)) for line in range(LINES)])
        for record in records
    ]
    report = shop.do(accrue_all, again, at=LATER, actor="importer", key="accrue")
    assert report.repeated == len(records)


def _is_whole(record: SaleRecord) -> bool:
    """Say that a sale has all its lines, and that both sponsors have their share of each."""
    return len(record.booking.sale.lines) == LINES and len(record.postings[0].accruals) == 2 * LINES


def _together(folder: Path, *work: tuple[str, ...]) -> list[list[str]]:
    """Start processes, let them begin at once, and return what each of them printed."""
    children = [_start(folder, *each) for each in work]
    (folder / "gate").touch()
    printed = [child.communicate(timeout=120)[0].split() for child in children]
    assert [child.returncode for child in children] == [0] * len(children)
    return printed


def _start(folder: Path, verb: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.sql.workers", verb, url_in(folder), str(folder / "gate")]
    return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT)
