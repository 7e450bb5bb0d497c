"""The server that tests start ends with whoever uses it, in whatever way, and takes its folder along."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir
from time import monotonic, sleep
from uuid import uuid4

import pytest
from tests import mariadb, postgresql
from tests.sql.test_processes_share_a_store import ROOT

pytestmark = pytest.mark.wide

USER = """
import sys
from tests import postgresql
with postgresql.a_bare_database() as url, postgresql.connected(url) as connection:
    print(connection.execute("SHOW data_directory").fetchone()[0], flush=True)
    sys.stdin.readline()
postgresql.leave()
"""


ALONE = """
import sys
from tests.mortal import Mortal
with Mortal(sys.argv[1]) as server:
    server.kill()
    print(server.folder / "data", flush=True)
    sys.stdin.readline()
"""


def test_users_share_it_and_the_last_one_ends_it() -> None:
    """The first one is killed, which nobody notices; the second one goes as it should."""
    run = uuid4().hex
    folder = Path(gettempdir()) / f"dc-{run[:12]}"
    with _user(run) as first, _user(run) as second:
        assert {_said(first), _said(second)} == {str(folder / "data")}
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        first.kill()
        first.wait()
        assert _runs(server)
        second.communicate("\n")
    assert second.returncode == 0
    assert not folder.exists()
    assert not _runs(server)


def test_it_ends_when_all_are_killed() -> None:
    run = uuid4().hex
    folder = Path(gettempdir()) / f"dc-{run[:12]}"
    with _user(run) as only:
        assert _said(only) == str(folder / "data")
        server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        only.kill()
    _assert_ends(folder, server)


@pytest.mark.parametrize(("database", "file"), [("postgresql", "postmaster.pid"), ("mariadb", "pid")])
def test_one_of_its_own_ends_when_its_user_is_killed(database: str, file: str) -> None:
    if database == "mariadb" and not mariadb.is_installed():
        pytest.skip("there is no mariadbd here")
    with _user(uuid4().hex, ALONE, database) as only:
        data = Path(_said(only))
        server = int((data / file).read_text().split()[0])
        only.kill()
    _assert_ends(data.parent, server)


def _assert_ends(folder: Path, server: int) -> None:
    until = monotonic() + 30
    while (folder.exists() or _runs(server)) and monotonic() < until:
        sleep(0.05)
    assert not folder.exists()
    assert not _runs(server)


def _user(run: str, what: str = USER, *arguments: str) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name != postgresql.GIVEN}
    environment["PYTEST_XDIST_TESTRUNUID"] = run
    return subprocess.Popen(
        [sys.executable, "-c", what, *arguments],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _said(user: "subprocess.Popen[str]") -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
