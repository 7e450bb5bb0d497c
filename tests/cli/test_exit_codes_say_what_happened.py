"""0 done, 1 refused or partly done, 2 usage, 3 not sound, 4 a conflict."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event
from tests.cli.shop import SALES, Shop, opened, traded, with_members

from distcore import engine
from distcore.kernel import DamagedError, InputError, RetryableError, SchemaError
from distcore_cli import importing
from distcore_cli.failures import tell


def test_what_is_done_is_0(tmp_path: Path) -> None:
    assert opened(tmp_path).run("plan", "show").exit_code == 0


def test_what_is_refused_is_1_with_a_hint(tmp_path: Path) -> None:
    refused = opened(tmp_path).run("explain", "nothing")

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == "refused: sale_unknown: nothing was never accrued (import the sale first)\n"


def test_what_is_partly_done_is_1(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    partly = shop.import_("sales", SALES.replace("40.00", "forty"))

    assert partly.exit_code == 1
    assert partly.stdout.splitlines()[-1].split() == ["sales", "1", "0", "1", "1"]
    assert partly.stderr == "sales.csv:3:net: order 'o2': not an amount: 'forty' (like 12.34)\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--at", "2026-01-01T00:00:00", "verify"],
        ["--at", "yesterday", "verify"],
        ["--shop", " ", "verify"],
        ["--actor", "a\x07", "verify"],
        ["--key", "x" * 129, "release"],
        ["--key", "a/b", "complete", "o1"],
        ["--format", "xml", "verify"],
        ["earnings", "--period", "2026-13"],
        ["earnings", "--by", "chance"],
        ["tree", "--up"],
        ["tree", "--depth", "-1"],
        ["tree", "--depth", "1_0"],
        ["tree", "--depth", "9" * 5000],
        ["tree", "--depth", "１２"],
        ["plan", "show", "mall", "--plan-version", "0"],
        ["import", "sales", "no-such-file.csv"],
        ["settle", "close", "--currency", "cny"],
        ["settle", "approve"],
        ["settle", "approve", "1.0"],
        ["settle", "reject", "1"],
        ["settle", "show", "0"],
        ["settlement", "set", "no-such-file.toml"],
        ["statement"],
        ["statement", "ben", "--closing", "-1"],
        ["adjust", "a", "--payee", "ben", "--amount", "1,5", "--reason", "x", "--authority", "y"],
        ["adjust", "a", "--payee", "ben", "--amount", "1", "--authority", "y"],
        ["adjust", "a", "--payee", "ben", "--amount", "1", "--reason", "x\n", "--authority", "y"],
        ["hold", "place", "order", "o1", "--reason", "x"],
        ["hold", "lift", "sale", "o1"],
        ["payout", "request", "p1", "ben", "-5"],
        ["payout", "request", "p1", "ben", "１２"],
        ["payout", "approve"],
        ["payout", "cancel", "p1"],
        ["payout", "export"],
        ["payout", "list", "--state", "done"],
        ["payout", "account", "verify", "ben", "x"],
        ["reconcile", "bank", "no-such-file.csv", "--from", "2026-01-01T00:00:00Z"],
        ["verify", "--anchor", "latest"],
        ["db", "sql", "--dialect", "oracle"],
        ["complete"],
        ["complete", ""],
        ["--dry-run", "demo"],
        ["demo", "shop.db"],
    ],
)
def test_a_mistake_of_usage_is_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    shop = opened(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = shop.dump()

    mistaken = shop.run(*arguments)

    assert (mistaken.exit_code, mistaken.stdout) == (2, "")
    assert "Usage: " in mistaken.stderr
    assert shop.dump() == before


def test_what_is_not_sound_is_3(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    assert shop.run("verify").exit_code == 0
    _tamper(shop)

    unsound = shop.run("verify")

    assert unsound.exit_code == 3
    assert "ben has -4.99 CNY posted, the plan gives -5.01" in unsound.stdout
    assert "what is stored is not what it should be" in unsound.stderr


def test_a_conflict_is_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(RetryableError("somebody else writes")) == 4
    assert capsys.readouterr().err == "conflict: somebody else writes (run again)\n"


def test_what_is_damaged_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(DamagedError("a page is broken")) == 3
    assert capsys.readouterr().err == "damaged: a page is broken (restore a copy)\n"


def test_a_file_that_can_not_be_read_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(PermissionError(13, "Permission denied", "sales.csv")) == 1
    assert capsys.readouterr().err == "sales.csv: can't be read or written: Permission denied\n"
    assert tell(BrokenPipeError(32, "Broken pipe")) is None


def test_init_is_named_where_it_helps_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    older = SchemaError("the tables are at revision 0000", "upgrade the store")
    newer = SchemaError("the tables are at revision 0999", "use a newer distcore")

    assert {tell(older, command="verify"), tell(older, command="init"), tell(newer, command="verify")} == {1}
    said = capsys.readouterr().err.splitlines()
    assert ["distcore init" in line for line in said] == [True, False, False]


def test_who_interrupts_an_import_learns_what_went_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = with_members(tmp_path)
    monkeypatch.setattr(importing, "ITEMS_MAX", 1)
    accrue = engine.accrue_all
    batches: list[int] = []

    def interrupted(*arguments: Any, **named: Any) -> Any:
        batches.append(1)
        if len(batches) > 1:
            raise KeyboardInterrupt
        return accrue(*arguments, **named)

    monkeypatch.setattr(importing, "accrue_all", interrupted)
    stopped = shop.import_("sales", SALES)
    monkeypatch.undo()
    rest = shop.import_("sales", SALES)

    assert stopped.exit_code == 1
    assert stopped.stdout.splitlines()[-1].split()[:2] == ["sales", "1"]
    assert stopped.stderr == "interrupted: 1 sales went in and stay; run it again for the rest\n"
    assert rest.stdout.splitlines()[-1].split()[:3] == ["sales", "1", "1"]


FAILS_AT_COMMIT: dict[str, tuple[BaseException, int, str]] = {
    "somebody was faster": (RetryableError("somebody else writes"), 4, "conflict: somebody else writes"),
    "the disk is full": (InputError.of("store", "disk I/O error"), 1, "store: disk I/O error"),
    "Ctrl-C": (KeyboardInterrupt(), 1, "interrupted: 1 sales went in and stay"),
}


@pytest.mark.parametrize("failure", FAILS_AT_COMMIT)
def test_what_is_not_committed_has_not_gone_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    """A batch counts when its transaction is over; what is said before is what stays."""
    error, code, said = FAILS_AT_COMMIT[failure]
    shop = with_members(tmp_path)
    monkeypatch.setattr(importing, "ITEMS_MAX", 1)
    commits: list[int] = []

    def fail(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading"):
            commits.append(1)
            if len(commits) > 1:
                raise error

    event.listen(Engine, "commit", fail)
    try:
        stopped = shop.import_("sales", SALES)
    finally:
        event.remove(Engine, "commit", fail)
    rest = shop.import_("sales", SALES)

    assert stopped.exit_code == code
    assert stopped.stdout.splitlines()[-1].split()[:2] == ["sales", "1"]
    assert said in stopped.stderr
    assert rest.stdout.splitlines()[-1].split()[:3] == ["sales", "1", "1"]


def test_a_mistake_of_ours_is_not_told_as_one_of_theirs() -> None:
    assert tell(ZeroDivisionError()) is None


@pytest.mark.parametrize("store", ["nonsense", "sqlite://", "postgresql://somewhere/shop", "memory:"])
def test_a_store_that_can_not_be_is_1(tmp_path: Path, store: str) -> None:
    shop = Shop(tmp_path)
    shop.store = store

    refused = shop.run("init")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("store: ")


def test_a_store_that_was_never_made_is_1_and_is_not_made(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    refused = shop.run("verify")

    assert refused.exit_code == 1
    assert "`distcore init` makes or upgrades a store" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_1(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.file("shop.db", "not a database at all, but long enough to be read as one\n" * 100)

    assert shop.run("verify").exit_code == 1
    assert shop.run("init").exit_code == 1


def _tamper(shop: Shop) -> None:
    """Change a fact behind the back of the triggers."""
    with closing(sqlite3.connect(shop.database)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(
            "UPDATE distcore_accruals SET amount_minor = amount_minor + 1 WHERE sale = 'o1' AND position = 0"
        )
        connection.commit()
