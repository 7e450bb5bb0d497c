"""A MariaDB for tests: the server of `DISTCORE_TEST_MARIADB`, by the URL of a user who may make databases.

Tables take some ten seconds to be made there, each with a commit of its own.  So a process makes them once,
and empties them after each test, past the triggers that keep facts.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from uuid import uuid4

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
