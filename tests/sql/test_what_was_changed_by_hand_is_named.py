"""Whoever changes our tables by hand is found out, change by change."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from tests.sql.stores import SERVERS

from distcore.kernel import SchemaError
from distcore_sql import HEAD, condition_of, drift, upgrade, upgrade_store
from distcore_sql.guards import condition_said


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        upgrade(connection)
        yield connection


def test_what_the_migrations_made_does_not_differ(connection: Connection) -> None:
    assert drift(connection) == ()


@pytest.mark.parametrize(
    ("change", "differences"),
    [
        ("DROP TABLE distcore_balances", ("table distcore_balances is missing",)),
        (
            "ALTER TABLE distcore_openings ADD COLUMN note TEXT",
            ("column distcore_openings.note is not ours",),
        ),
        (
            "ALTER TABLE distcore_releases RENAME COLUMN due_at TO due",
            (
                "column distcore_releases.due is not ours",
                "column distcore_releases.due_at is missing",
                "condition ck_distcore_releases_recorded: its text differs",
            ),
        ),
        ("DROP INDEX ix_distcore_payouts_payee", ("index ix_distcore_payouts_payee is missing",)),
        ("CREATE INDEX quick ON distcore_sales (buyer)", ("index quick is not ours",)),
        ("DROP TRIGGER distcore_sales_no_update", ("trigger distcore_sales_no_update is missing",)),
        ("CREATE TABLE theirs (id TEXT)", ()),
        ("CREATE TRIGGER theirs AFTER INSERT ON distcore_sales BEGIN SELECT 1; END", ()),
        ("CREATE TRIGGER [theirs] AFTER INSERT ON distcore_sales BEGIN SELECT 1; END", ()),
        ("CREATE TRIGGER 'theirs' AFTER INSERT ON distcore_sales BEGIN SELECT 1; END", ()),
        ("CREATE TRIGGER their$ AFTER INSERT ON distcore_sales BEGIN SELECT 1; END", ()),
    ],
)
def test_a_change_is_named(connection: Connection, change: str, differences: tuple[str, ...]) -> None:
    connection.exec_driver_sql(change)

    assert drift(connection) == differences


COMMANDS = (
    "(shop TEXT NOT NULL, command_key TEXT NOT NULL, verb TEXT NOT NULL, inputs TEXT NOT NULL, "
    "answer TEXT NOT NULL, done_at INTEGER NOT NULL, actor TEXT NOT NULL, "
    "CONSTRAINT ck_distcore_commands_inputs CHECK (length(inputs) = 32)"
)
"""The columns and the condition of the table of commands, without its key."""
KEY = "PRIMARY KEY (shop, command_key)"


@pytest.mark.parametrize(
    ("made", "differences"),
    [
        (f"{COMMANDS}) STRICT", ("table distcore_commands: its primary key differs",)),
        (f"{COMMANDS}, {KEY}) WITHOUT ROWID, STRICT", ()),
        (f"{COMMANDS}, {KEY}) WITHOUT ROWID", ("table distcore_commands: it is not strict",)),
        (
            f"{COMMANDS.replace('_key TEXT', '_key TEXT collate nocase')}, {KEY}) STRICT",
            ("table distcore_commands: its collation differs",),
        ),
        (
            f"{COMMANDS}, PRIMARY KEY (command_key, shop)) STRICT",
            ("table distcore_commands: its primary key differs",),
        ),
    ],
)
def test_another_key_is_named(connection: Connection, made: str, differences: tuple[str, ...]) -> None:
    around = "SELECT sql FROM sqlite_schema WHERE type <> 'table' AND tbl_name = 'distcore_commands'"
    made_with_it = connection.exec_driver_sql(f"{around} AND sql IS NOT NULL").scalars().all()
    connection.exec_driver_sql("DROP TABLE distcore_commands")
    for statement in (f"CREATE TABLE distcore_commands {made}", *made_with_it):
        connection.exec_driver_sql(statement)

    assert drift(connection) == differences


def test_other_rows_of_an_index_are_named(connection: Connection) -> None:
    connection.exec_driver_sql("DROP INDEX ix_distcore_payouts_payee")
    some = "ON distcore_payouts (shop, payee) WHERE shop <> ''"
    connection.exec_driver_sql(f"CREATE INDEX ix_distcore_payouts_payee {some}")

    assert drift(connection) == ("index ix_distcore_payouts_payee: its rows differ",)


CHANGES = (
    "DROP TABLE {tallies}",
    "ALTER TABLE {holds} ADD COLUMN note INTEGER",
    "ALTER TABLE {balances} DROP CONSTRAINT {condition}",
)
IN_WORDS_OF = {
    "postgresql": (
        "DROP INDEX {schema}.{index}",
        "DROP TRIGGER {trigger} ON {sales}",
        "ALTER TABLE {commands} DROP CONSTRAINT {key}",
        'ALTER TABLE {commands} ALTER actor TYPE varchar COLLATE "default"',
    ),
    "mariadb": (
        "DROP INDEX {index} ON {payouts}",
        "DROP TRIGGER {schema}.{trigger}",
        "ALTER TABLE {commands} DROP PRIMARY KEY",
    ),
}
COLLATED = {"postgresql": ("commands.actor: its collation differs",), "mariadb": ()}
TRIGGER = {"postgresql": "sales_kept", "mariadb": "sales_no_update"}


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
def test_changes_in_a_server_are_named(server: str) -> None:
    """One of each kind, in a schema whose name must be quoted."""
    prefix = "My店_"
    names = {"condition": f"ck_{prefix}balances_payable", "index": f"ix_{prefix}payouts_payee"}
    names["key"] = f"pk_{prefix}commands"
    names["trigger"] = f"{prefix}{TRIGGER[server]}"
    with SERVERS[server]("Any %s`") as (url, schema):
        upgrade_store(url, prefix=prefix, schema=schema)
        engine = create_engine(url)
        with engine.begin() as connection:
            quote = connection.dialect.identifier_preparer.quote
            known = {name: quote(named) for name, named in names.items()} | {"schema": quote(schema or "")}
            for table in ("tallies", "holds", "balances", "payouts", "sales", "commands"):
                known[table] = f"{known['schema']}.{quote(prefix + table)}"
            assert drift(connection, prefix=prefix, schema=schema) == ()
            for change in (*CHANGES, *IN_WORDS_OF[server]):
                connection.exec_driver_sql(change.format_map(known))
            assert drift(connection, prefix=prefix, schema=schema) == (
                *(f"column {prefix}{each}" for each in COLLATED[server]),
                f"column {prefix}holds.note is not ours",
                f"condition {names['condition']} is missing",
                f"index {names['index']} is missing",
                f"table {prefix}commands: its primary key differs",
                f"table {prefix}tallies is missing",
                f"trigger {names['trigger']} is missing",
            )
        engine.dispose()


GONE = "ALTER TABLE {distcore_balances} DROP CONSTRAINT ck_distcore_balances_payable"
LESS = f"{GONE.replace('DROP', 'ADD')} CHECK (payable_minor >= -1)"
SAYS_OTHERWISE = {
    "postgresql": (
        "CREATE OR REPLACE FUNCTION {distcore_refuse}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
        (
            "CREATE OR REPLACE TRIGGER distcore_sales_kept BEFORE TRUNCATE ON {distcore_sales}"
            " EXECUTE FUNCTION {distcore_refuse}()"
        ),
    ),
    "mariadb": (
        (
            "CREATE OR REPLACE TRIGGER {distcore_sales_no_update} BEFORE UPDATE ON {distcore_sales}"
            " FOR EACH ROW SET @nothing = 1"
        ),
    ),
}
TOLD = {
    "postgresql": (
        "function distcore_refuse: its text differs",
        "trigger distcore_sales_kept: its text differs",
    ),
    "mariadb": ("trigger distcore_sales_no_update: its text differs",),
}


class Placed(dict[str, str]):
    """Names in a schema, quoted, by their plain names."""

    def __init__(self, schema: str) -> None:
        self._schema = schema

    def __missing__(self, name: str) -> str:
        return f"{self._schema}.{name}"


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("named", ["any place", None])
def test_what_says_something_else_under_its_name_is_named(server: str, named: str | None) -> None:
    with SERVERS[server](named) as (url, schema):
        upgrade_store(url, schema=schema)
        engine = create_engine(url)
        with engine.begin() as connection:
            own = schema or connection.exec_driver_sql(WHERE[server]).scalar_one()
            placed = Placed(connection.dialect.identifier_preparer.quote(own))
            for change in (GONE, LESS, *SAYS_OTHERWISE[server]):
                connection.exec_driver_sql(change.format_map(placed))
            assert drift(connection, schema=schema) == (
                "condition ck_distcore_balances_payable: its text differs",
                *TOLD[server],
            )
        engine.dispose()


WHERE = {"postgresql": "SELECT current_schema()", "mariadb": "SELECT DATABASE()"}


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
def test_the_schema_of_whoever_names_none_may_be_named(server: str) -> None:
    with SERVERS[server](None) as (url, _):
        engine = create_engine(url)
        with engine.begin() as connection:
            own = connection.exec_driver_sql(WHERE[server]).scalar_one()
        with engine.begin() as connection:
            upgrade(connection, schema=own)
        with engine.begin() as connection:
            assert drift(connection, schema=own) == drift(connection) == ()
        engine.dispose()


def test_a_file_may_be_named_by_its_schema(connection: Connection) -> None:
    assert drift(connection, schema="main") == ()


KEPT_OTHERWISE = {
    "postgresql": {
        "ALTER TABLE distcore_outbox SET UNLOGGED": "table distcore_outbox: it is not logged",
        "ALTER TABLE distcore_dues ENABLE ROW LEVEL SECURITY": "table distcore_dues: its rows have policies",
        "CREATE RULE quiet AS ON INSERT TO distcore_outbox DO INSTEAD NOTHING": "rule quiet is not ours",
    },
    "mariadb": {
        "ALTER TABLE distcore_outbox ENGINE = MyISAM": "table distcore_outbox: its engine is MyISAM",
        "ALTER TABLE distcore_counts CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci": (
            "column distcore_counts.kind: its collation differs"
        ),
    },
}
"""What the catalogue of a server says of rows: what a crash leaves, who sees them, which texts are one."""


@pytest.mark.wide
@pytest.mark.parametrize(
    ("server", "change"), [(each, sql) for each in SERVERS for sql in KEPT_OTHERWISE[each]]
)
def test_rows_that_are_kept_otherwise_are_named(server: str, change: str) -> None:
    with SERVERS[server](None) as (url, schema):
        upgrade_store(url, schema=schema)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql(change)
            assert KEPT_OTHERWISE[server][change] in drift(connection, schema=schema)
        engine.dispose()


def test_a_trigger_that_does_nothing_is_named(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TRIGGER distcore_sales_no_update")
    connection.exec_driver_sql(
        "CREATE TRIGGER distcore_sales_no_update BEFORE UPDATE ON distcore_sales BEGIN SELECT 1; END"
    )

    assert drift(connection) == ("trigger distcore_sales_no_update: its text differs",)


def test_a_trigger_is_named_whose_words_are_never_ours(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TRIGGER distcore_sales_no_update")
    connection.exec_driver_sql(
        "CREATE TRIGGER [distcore_sales_no_update] BEFORE UPDATE ON distcore_sales BEGIN SELECT 1; END"
    )

    assert drift(connection) == ("trigger distcore_sales_no_update: its text differs",)


@pytest.mark.wide
def test_a_host_has_triggers_of_any_kind_in_postgresql() -> None:
    """One that is run when a transaction ends is told in other words."""
    with SERVERS["postgresql"](None) as (url, schema):
        upgrade_store(url, schema=schema)
        engine = create_engine(url)
        with engine.begin() as connection:
            for name in ("theirs", "distcore_sales_kept"):
                connection.exec_driver_sql(f"CREATE TABLE {name}_rows (id int)")
                connection.exec_driver_sql(
                    f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {name}_rows DEFERRABLE"
                    " FOR EACH ROW EXECUTE FUNCTION distcore_refuse()"
                )
            assert drift(connection, schema=schema) == ()
            connection.exec_driver_sql("DROP TRIGGER distcore_sales_kept ON distcore_sales")
            assert drift(connection, schema=schema) == ("trigger distcore_sales_kept: its text differs",)
        engine.dispose()


def test_a_trigger_of_another_table_is_not_the_one_of_its_name(connection: Connection) -> None:
    (made,) = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_schema WHERE name = 'distcore_sales_no_update'"
    ).one()
    connection.exec_driver_sql("DROP TRIGGER distcore_sales_no_update")
    connection.exec_driver_sql("CREATE TABLE theirs (id TEXT)")
    connection.exec_driver_sql(made.replace("ON distcore_sales", "ON theirs"))

    assert drift(connection) == ("trigger distcore_sales_no_update: its text differs",)


def test_a_condition_that_says_something_else_is_named(connection: Connection) -> None:
    (made,) = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_schema WHERE name = 'distcore_balances'"
    ).one()
    connection.exec_driver_sql("DROP TABLE distcore_balances")
    connection.exec_driver_sql(made.replace("CHECK (payable_minor >= 0)", "CHECK (payable_minor >= -1)"))

    assert drift(connection) == ("condition ck_distcore_balances_payable: its text differs",)


ASPECT = "ck_distcore_member_changes_value"
OF_OTHER_CASE = (
    f"ALTER TABLE distcore_member_changes DROP CONSTRAINT {ASPECT}",
    (
        f"ALTER TABLE distcore_member_changes ADD CONSTRAINT {ASPECT}"
        " CHECK (value IS NOT NULL OR aspect = 'Sponsor')"
    ),
)


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
def test_a_condition_whose_literals_differ_in_case_is_named(server: str) -> None:
    with SERVERS[server](None) as (url, schema):
        upgrade_store(url, schema=schema)
        engine = create_engine(url)
        with engine.begin() as connection:
            for change in OF_OTHER_CASE:
                connection.exec_driver_sql(change)
            assert drift(connection, schema=schema) == (f"condition {ASPECT}: its text differs",)
        engine.dispose()


@pytest.mark.parametrize(
    ("before", "after"),
    [("kind = 'level'", "kind = 'Level'"), ("kind = 'a b'", "kind = 'ab'"), ("x >= 1", "x >= 2")],
)
def test_a_condition_of_other_literals_says_something_else(before: str, after: str) -> None:
    assert condition_said(f"{before} AND x", "sqlite") == condition_said(f'(({before}) and "X")', "sqlite")
    assert condition_said(before, "sqlite") != condition_said(after, "sqlite")


def test_bytes_are_characters_in_the_words_of_mariadb_alone() -> None:
    said = {name: condition_said("octet_length(x) < 9", name) for name in ("mariadb", "postgresql")}
    ours = condition_said("length(x) < 9", "mariadb")
    assert [name for name in said if said[name] == ours] == ["mariadb"]


def test_a_condition_that_is_gone_is_named(connection: Connection) -> None:
    (made,) = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_schema WHERE name = 'distcore_balances'"
    ).one()
    condition = "CONSTRAINT ck_distcore_balances_payable CHECK (payable_minor >= 0)"
    assert condition in made
    other = condition.replace("distcore_balances_payable", "theirs")
    connection.exec_driver_sql("DROP TABLE distcore_balances")
    connection.exec_driver_sql(made.replace(condition, other))

    assert drift(connection) == (
        "condition ck_distcore_balances_payable is missing",
        "condition ck_theirs is not ours",
    )


def test_a_column_of_another_kind_is_named(connection: Connection) -> None:
    (made,) = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_schema WHERE name = 'distcore_balances'"
    ).one()
    connection.exec_driver_sql("DROP TABLE distcore_balances")
    connection.exec_driver_sql(made.replace("payable_minor INTEGER NOT NULL", "payable_minor TEXT"))

    assert drift(connection) == (
        "column distcore_balances.payable_minor: its nullable differs",
        "column distcore_balances.payable_minor: its type differs",
    )


def test_tables_of_another_prefix_are_apart(connection: Connection) -> None:
    upgrade(connection, prefix="other_")
    connection.exec_driver_sql("DROP TABLE other_balances")

    assert drift(connection) == ()
    assert drift(connection, prefix="other_") == ("table other_balances is missing",)


def test_tables_of_a_schema_of_the_host(connection: Connection, tmp_path: Path) -> None:
    with create_engine("sqlite://").connect() as host:
        host.exec_driver_sql(f"ATTACH '{tmp_path / 'mall.db'}' AS mall")
        upgrade(host, schema="mall")
        assert drift(host, schema="mall") == ()
        host.exec_driver_sql("DROP TRIGGER mall.distcore_sales_no_update")
        host.exec_driver_sql("DROP INDEX mall.ix_distcore_payouts_payee")

        assert drift(host, schema="mall") == (
            "index ix_distcore_payouts_payee is missing",
            "trigger distcore_sales_no_update is missing",
        )


def test_the_condition_of_a_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with pytest.raises(SchemaError, match="there is no store"):
        condition_of(url)
    (tmp_path / "shop.db").touch()
    assert condition_of(url).revision is None
    upgrade_store(url)

    found = condition_of(url)

    assert (found.revision, found.current, found.drift) == (HEAD, True, ())
