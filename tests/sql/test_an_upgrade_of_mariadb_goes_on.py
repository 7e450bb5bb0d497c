"""MariaDB commits table by table: an upgrade that is cut off anywhere goes on, and ends where others do."""

from typing import Any, Final

import pytest
from sqlalchemy import create_engine, event, text
from tests import mariadb
from tests.sql.revisions import Rows, filled, rows_of

from distcore.kernel import InputError
from distcore_sql import HEAD, Condition, condition_of, upgrade

CHANGES: Final = frozenset({"CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"})

STEPS: Final = [11, pytest.param(1, marks=pytest.mark.deep)]
"""How many statements an upgrade comes further each time, before the next one is cut off."""


class CutOffError(BaseException):
    """The process is gone."""


def upgraded_in_steps(url: str, step: int) -> int:
    """Upgrade a database, cut off again and again; return how often."""
    seen: set[str] = set()
    attempts = 0
    while True:
        engine, begun = create_engine(url), len(seen)

        def stop(_connection: Any, _cursor: Any, statement: str, *_: Any, begun: int = begun) -> None:
            if statement.split(maxsplit=1)[0] in CHANGES and statement not in seen:
                if len(seen) == begun + step:
                    raise CutOffError
                seen.add(statement)

        event.listen(engine, "before_cursor_execute", stop)
        try:
            with engine.begin() as connection:
                upgrade(connection)
            return attempts
        except CutOffError:
            attempts += 1
        finally:
            engine.dispose()


def made(url: str) -> tuple[Condition, list[str], Rows]:
    """Return what an upgrade has made: its condition, the triggers, and all rows."""
    engine = create_engine(url)
    with engine.connect() as connection:
        triggers = sorted(str(row[0]) for row in connection.execute(text("SHOW TRIGGERS")))
        rows = rows_of(connection)
    engine.dispose()
    return condition_of(url), triggers, rows


def in_any_order(rows: Rows) -> dict[str, list[str]]:
    return {name: sorted(map(repr, each)) for name, each in rows.items()}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_filled", [False, True], ids=["empty", "with rows"])
def test_it_ends_where_one_that_was_not_cut_off_ends(told: Rows, step: int, *, is_filled: bool) -> None:
    with mariadb.a_bare_database() as whole, mariadb.a_bare_database() as url:
        for each in (whole, url) if is_filled else ():
            host = create_engine(each)
            with host.begin() as connection:
                filled(connection, "distcore_0001", told)
            host.dispose()
        assert upgraded_in_steps(whole, 10_000) == 0
        assert upgraded_in_steps(url, step) >= 100 // step
        (condition, triggers, rows), (condition_of_it, its_triggers, its_rows) = made(whole), made(url)
        assert condition == condition_of_it == Condition(HEAD)
        assert its_triggers == triggers
        assert in_any_order(its_rows) == in_any_order(rows)
        assert bool(rows["distcore_transfers"]) == is_filled


def test_the_next_one_need_not_wait_until_the_connection_is_closed() -> None:
    """Nor does it where no database was chosen: then the schema is named."""
    pools = []
    with mariadb.a_bare_database() as url:
        name = url.rpartition("/")[2]
        for each, schema in ((url, None), (url, None), (url.removesuffix(name), name)):
            pool = create_engine(each, connect_args={"init_command": "SET SESSION lock_wait_timeout = 1"})
            pools.append(pool)
            with pool.begin() as connection:
                upgrade(connection, schema=schema)
        for pool in pools:
            pool.dispose()


def test_what_a_host_has_begun_is_not_committed_with_it() -> None:
    with mariadb.a_bare_database() as url:
        host = create_engine(url)
        with host.begin() as connection:
            connection.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY) ENGINE=InnoDB"))
        with host.connect() as connection:
            connection.execute(text("INSERT INTO orders VALUES (1)"))
            with pytest.raises(InputError, match="has done something already, which MariaDB would commit"):
                upgrade(connection)
            connection.rollback()
            assert connection.execute(text("SELECT COUNT(*) FROM orders")).scalar() == 0
        host.dispose()
