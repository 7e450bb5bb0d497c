"""A MariaDB for tests: the server of `DISTCORE_TEST_MARIADB`, by the URL of a user who may make databases.

A test that kills a server starts one of its own, by the commands of a MariaDB that is installed.

Tables take some ten seconds to be made there, each with a commit of its own.  So a process makes them once,
and empties them after each test, past the triggers that keep facts.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import uuid4

from tests.postgresql import SECONDS_MAX, system_user

GIVEN: Final = "DISTCORE_TEST_MARIADB"

_made: list[str] = []
_free: list[str] = []


def is_given() -> bool:
    """Say whether there is a server."""
    return bool(os.environ.get(GIVEN))


@contextmanager
def a_database() -> Iterator[str]:
    """Give the URL of an empty store in a database of its own."""
    name = _free.pop() if _free else _migrated()
    try:
        yield url_of(name)
    finally:
        _empty(name)
        _free.append(name)


@contextmanager
def a_bare_database(options: str = "CHARACTER SET utf8mb4") -> Iterator[str]:
    """Give the URL of a database without any tables, and drop it."""
    name = f"test_{uuid4().hex[:12]}"
    run(f"CREATE DATABASE {name} {options}")
    try:
        yield url_of(name)
    finally:
        run(f"DROP DATABASE {name}")


@contextmanager
def a_user(url: str, rights: str) -> Iterator[str]:
    """Give the URL of somebody else who has some rights in a database, and nothing more."""
    from sqlalchemy import make_url

    name, database = f"user_{uuid4().hex[:12]}", make_url(url).database
    run(f"CREATE USER {name} IDENTIFIED BY '{name}'")
    try:
        run(f"GRANT {rights} ON {database}.* TO {name}")
        yield make_url(url).set(username=name, password=name).render_as_string(hide_password=False)
    finally:
        run(f"DROP USER {name}")


def url_of(name: str) -> str:
    """Return the URL of a database of the server."""
    from sqlalchemy import make_url

    url = make_url(os.environ[GIVEN]).set(drivername="mariadb+pymysql", database=name)
    return url.render_as_string(hide_password=False)


def run(statement: str) -> Any:
    """Run a statement on a bare connection that commits at once; return its rows."""
    with _admin().cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def leave() -> None:
    """Drop what this process has made."""
    while _made:
        run(f"DROP DATABASE {_made.pop()}")
    if _admin.cache_info().currsize:
        _admin().close()


def is_installed() -> bool:
    """Say whether there are the commands of a server here."""
    return _command("mariadbd") is not None


class Server:
    """A server in a folder of its own, run by whoever made it; it waits for the disk."""

    def __init__(self, folder: Path) -> None:
        """Make an empty one, which is not started yet."""
        data = folder / "data"
        self._socket = data / "socket"
        self.url = f"mariadb+pymysql://root@localhost/mall?unix_socket={self._socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self._options = ["--no-defaults", f"--datadir={data}"]
        self._user = system_user()
        data.mkdir(mode=0o700)
        if "user" in self._user:
            shutil.chown(data, self._user["user"])
        options = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        made = [str(_command("mariadb-install-db")), *self._options, *options]
        subprocess.run(made, check=True, cwd="/", stdout=sys.stderr, **self._user)

    def start(self) -> None:
        """Start it, and wait until it is ready; what was killed is recovered first."""
        options = [f"--socket={self._socket}", f"--pid-file={self._socket.with_name('pid')}"]
        options += ["--skip-networking", "--innodb-flush-log-at-trx-commit=1"]
        command = [str(_command("mariadbd")), *self._options, *options]
        self._process = subprocess.Popen(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=sys.stderr, **self._user
        )
        self._wait_for(self._process)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop at once: nobody will read what is not written yet."""
        if self._process is not None:
            self.kill()

    def _wait_for(self, process: "subprocess.Popen[bytes]") -> None:
        import pymysql

        until = monotonic() + SECONDS_MAX
        while process.poll() is None and monotonic() < until:
            with suppress(pymysql.OperationalError):
                with pymysql.connect(unix_socket=str(self._socket), user="root") as connection:
                    connection.cursor().execute("CREATE DATABASE IF NOT EXISTS mall CHARACTER SET utf8mb4")
                return
            sleep(0.01)
        raise RuntimeError("the server does not run")


def _command(name: str) -> str | None:
    """Return where a command of a server is: not every user has those of the system among his own."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin")


def _migrated() -> str:
    from distcore_sql import upgrade_store

    name = f"test_{uuid4().hex[:12]}"
    run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    _made.append(name)
    upgrade_store(url_of(name))
    return name


def _empty(name: str) -> None:
    from distcore_sql.tables import table_names

    asked = " UNION ALL ".join(
        f"SELECT '{each}' FROM DUAL WHERE EXISTS (SELECT 1 FROM {name}.{each})" for each in table_names()
    )
    run("SET foreign_key_checks = 0")
    for (each,) in run(asked):
        run(f"TRUNCATE TABLE {name}.{each}")
    run("SET foreign_key_checks = 1")


@cache
def _admin() -> Any:
    import pymysql
    from sqlalchemy import make_url

    url = make_url(os.environ[GIVEN])
    return pymysql.connect(
        host=url.host,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        autocommit=True,
        init_command="SET SESSION lock_wait_timeout = 60",  # what a test left open fails it
    )
