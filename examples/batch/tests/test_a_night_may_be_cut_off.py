"""However often the job is killed and run again, what it leaves is what one quiet night would have left."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batch.night import main
from batch.sales_file import COLUMNS
from batch.set_up import SHOP
from distcore.engine import balances, earnings, verify
from distcore.kernel import parse_period
from distcore_sql import SqlStore

ORDERS = 1_500
NIGHT = "2026-04-10T02:00:00+08:00"


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    """A file of orders, two rows each, of February and March; the last hundred are not completed."""
    path = tmp_path / "sales.csv"
    with path.open("w", encoding="utf-8") as file:
        print(",".join(COLUMNS), file=file)
        for number in range(ORDERS):
            month, buyer = 2 + number % 2, ("ben", "cai")[number % 2]
            paid = f"2026-0{month}-1{number % 10}T12:00:00+08:00"
            completed = f"2026-0{month}-2{number % 9}T12:00:00+08:00" if number < ORDERS - 100 else ""
            for sku in ("tea", "cup"):
                print(f"S{number},{buyer},{sku},2,{1000 + number},{paid},{completed}", file=file)
    return path


def what_is_left(url: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Return what everybody earned, what is on every account, and which months are closed."""
    with SqlStore.open(url, SHOP) as store, store.begin(reading=True) as tx:
        policy = tx.policies.current()
        assert policy is not None
        assert verify(tx).sound
        closings = [(each.period.label, each.state) for each in tx.closings.all()]
        return list(earnings(tx, parse_period("2026", policy.calendar))), list(balances(tx)), closings


def test_a_killed_job_is_run_again(a_store: Callable[[str], str], sales: Path) -> None:
    quiet, restless = a_store("quiet"), a_store("restless")
    assert main([quiet, str(sales), "--at", NIGHT]) == 0
    for step in ("booked 1000 of", "booked 2000 of"):
        killed = kill_after(step, [restless, str(sales), "--at", NIGHT])
        assert killed == -signal.SIGKILL
        assert what_is_left(restless) != what_is_left(quiet)
    assert main([restless, str(sales), "--at", NIGHT]) == 0
    left = what_is_left(restless)
    assert left == what_is_left(quiet)
    assert main([restless, str(sales), "--at", NIGHT]) == 0, "once more changes nothing"
    assert what_is_left(restless) == left


def kill_after(words: str, arguments: list[str]) -> int:
    """Run the job in a process of its own, kill it when it has said something, and return its status."""
    command = [sys.executable, "-m", "batch.night", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as job:
        assert job.stderr is not None
        for line in job.stderr:
            if words in line:
                job.send_signal(signal.SIGKILL)
                break
    return job.returncode


def test_a_job_that_slept_closes_every_month(a_store: Callable[[str], str], sales: Path) -> None:
    url = a_store("slept")
    assert main([url, str(sales), "--at", "2026-03-02T02:00:00+08:00"]) == 1, "what is of March is too early"
    assert main([url, str(sales), "--at", "2026-05-01T02:00:00+08:00"]) == 0
    *_, closings = what_is_left(url)
    assert [label for label, _ in closings] == ["2026-02", "2026-03", "2026-04"]


def test_what_is_wrong_is_named_and_the_rest_is_done(
    a_store: Callable[[str], str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, path = a_store("wrong"), tmp_path / "some.csv"
    rows = [
        ",".join(COLUMNS),
        "S1,ben,tea,2,1000,2026-03-01T12:00:00+08:00,",
        "S2,ben,tea,two,1000,2026-03-01T12:00:00+08:00,",
        "S3,nobody at all,tea,2,1000,2025-03-01T12:00:00+08:00,",
        "S4,ben,tea,2,1000,2026-03-01T12:00:00,",
        "S5,ben,tea",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    with caplog.at_level(logging.ERROR):
        assert main([url, str(path), "--at", NIGHT]) == 1
    assert "some.csv:3: invalid literal" in caplog.text
    assert "some.csv:5: " in caplog.text
    assert "some.csv:6: row: it has fewer cells than there are columns" in caplog.text
    assert "S3: " in caplog.text
    earned, *_ = what_is_left(url)
    assert [(each.payee, each.accrued_minor) for each in earned] == [("ann", 100)]


def test_what_can_not_be_done_at_all_is_said_by_the_status(
    a_store: Callable[[str], str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "some.csv"
    path.write_text("order_id,price\n", encoding="utf-8")
    assert main([a_store("good"), str(path)]) == 2
    assert "its columns are order_id, price" in caplog.text
    path.write_text(",".join(COLUMNS) + "\n店", encoding="gb18030")
    assert main([a_store("in another script"), str(path)]) == 2
    assert "not UTF-8 (save it as UTF-8)" in caplog.text
    assert main([f"sqlite:///{tmp_path / 'nowhere.db'}", str(path)]) == 2
    assert main([a_store("without a file"), str(tmp_path / "nothing.csv")]) == 2


def test_the_commands_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    folder = Path(__file__).parents[1]
    (tmp_path / folder.name).symlink_to(folder)
    lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
    commands = [line.removeprefix("$ python ").split() for line in lines if line.startswith("$ python ")]
    assert [command[1] for command in commands] == ["batch.set_up", "batch.night"]
    for _ in range(2):
        for command in commands:
            paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
            subprocess.run([sys.executable, *command], cwd=tmp_path, env=paths, check=True)
    with SqlStore.open(f"sqlite:///{tmp_path / 'shop.db'}", SHOP) as store, store.begin(reading=True) as tx:
        assert verify(tx).sound
        policy = tx.policies.current()
        assert policy is not None
        found = earnings(tx, parse_period("2026-02", policy.calendar))
        assert {each.payee: each.accrued_minor for each in found} == {"ben": 2_500, "ann": 1_250 + 1_000}
