"""What the migrations make is what the tables say, word for word."""

from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, select
from sqlalchemy.schema import CreateSchema
from tests.sql.catalogue import kept_tables
from tests.sql.stores import ODD, SERVERS, WEIRD

from distcore.engine import accrue_all, complete, release
from distcore.engine.release import Completion
from distcore.kernel import InputError, SaleId
from distcore.testing.builders import DAY_12, Shop, a_chain, a_line, a_sale
from distcore_sql import HEAD, SqlStore, build_tables, check_schema, upgrade, upgrade_store
from distcore_sql.schema import REVISIONS
from distcore_sql.tables import table_names


@pytest.mark.parametrize("prefix", ["distcore_", "", "Mall5店_"])
def test_migrated_tables_are_those_of_the_metadata(prefix: str) -> None:
    migrated, built = create_engine("sqlite://"), create_engine("sqlite://")
    metadata = MetaData()
    build_tables(metadata, prefix=prefix)
    with migrated.begin() as connection, built.begin() as other:
        upgrade(connection, prefix=prefix)
        metadata.create_all(other)
        expected, actual = _made(other), _made(connection)
    del actual[f"{prefix}alembic_version"]
    assert actual == expected


def test_a_schema_of_the_host_holds_them_too(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{tmp_path / 'shop.db'}' AS mall")
        upgrade(connection, schema="mall")
        connection.commit()
        assert _made(connection) == {}
        tables = build_tables(MetaData(), schema="mall")
        for table in tables.all():
            assert connection.execute(select(table)).fetchall() == []


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("prefix", "named"), [("distcore_", None), ("", "mall"), (ODD, None), (ODD, f"Any {WEIRD}")]
)
def test_a_server_gets_the_very_same(server: str, prefix: str, named: str | None) -> None:
    """Columns with type and collation, constraints and indexes, as the server itself writes them down."""
    kept = []
    for build in (_built, upgrade):
        with SERVERS[server](named) as (url, schema):
            engine = create_engine(url)
            with engine.begin() as connection:
                build(connection, prefix=prefix, schema=schema)
                kept.append(kept_tables(connection, schema))
            engine.dispose()
    expected, actual = kept
    versions = {each for each in actual if each[0] == f"{prefix}alembic_version"}
    assert actual - versions == expected
    assert len(expected) > 150


def _built(connection: Connection, *, prefix: str, schema: str | None) -> None:
    metadata = MetaData()
    build_tables(metadata, prefix=prefix, schema=schema)
    if schema is not None:
        connection.execute(CreateSchema(schema))
    metadata.create_all(connection)


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(("prefix", "named"), [("distcore_", "mall"), (ODD, f"Any {WEIRD}")])
def test_a_shop_lives_under_any_name(server: str, prefix: str, named: str) -> None:
    with SERVERS[server](named) as (url, schema):
        upgrade_store(url, prefix=prefix, schema=schema)
        with SqlStore.open(url, "mall", prefix=prefix, schema=schema) as store:
            shop = Shop.open(store, newcomers=a_chain("ann", "ben", "cai"))
            shop.do(accrue_all, [a_sale(lines=[a_line(str(line)) for line in range(9)])])
            shop.do(complete, Completion(SaleId("order 1"), DAY_12))
            assert shop.do(release).orders == 1
            shop.assert_sound()
            assert shop.earned()["ben"].released_minor == 9_000


@pytest.mark.wide
@pytest.mark.parametrize("server", SERVERS)
def test_two_prefixes_live_side_by_side(server: str) -> None:
    with SERVERS[server](None) as (url, _):
        engine = create_engine(url)
        with engine.begin() as connection:
            for prefix in ("one_", "two_"):
                upgrade(connection, prefix=prefix)
            for prefix in ("one_", "two_"):
                check_schema(connection, prefix=prefix)
        engine.dispose()


def test_names_do_not_depend_on_the_conventions_of_the_host() -> None:
    conventions = {"pk": "theirs_%(table_name)s", "ck": "theirs_%(constraint_name)s", "ix": "theirs"}
    plain, named = build_tables(MetaData()), build_tables(MetaData(naming_convention=conventions))
    for one, other in zip(plain.all(), named.all(), strict=True):
        assert {each.name for each in one.constraints} == {each.name for each in other.constraints}
        assert {each.name for each in one.indexes} == {each.name for each in other.indexes}


def test_the_tables_are_called_what_they_are() -> None:
    assert table_names("mall_") == tuple(each.name for each in build_tables(MetaData(), prefix="mall_").all())


def test_the_shop_leads_every_key() -> None:
    for table in build_tables(MetaData()).all():
        assert next(iter(table.primary_key.columns)).name == "shop"
        for index in table.indexes:
            assert next(iter(index.columns)).name == "shop"


def test_every_revision_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", "distcore_sql:migrations")
    script = ScriptDirectory.from_config(config)
    assert [each.revision for each in script.walk_revisions()] == list(reversed(REVISIONS))
    assert script.get_heads() == [HEAD]


def test_a_prefix_has_a_limit() -> None:
    for prefix in ("p" * 24, "店" * 8):
        build_tables(MetaData(), prefix=prefix)
    for prefix in ("p" * 25, "店" * 9):
        with pytest.raises(InputError, match="at most 24"):
            build_tables(MetaData(), prefix=prefix)
    with pytest.raises(InputError, match="at most 63"):
        build_tables(MetaData(), schema="s" * 64)


@pytest.mark.parametrize("odd", list("`\"'$ -/;%"))
def test_a_prefix_is_of_letters_digits_and_underscores(odd: str) -> None:
    """Some database lists whatever else there is in another way than it was written."""
    with pytest.raises(InputError, match="prefix: has more than letters, digits and _"):
        build_tables(MetaData(), prefix=f"mall{odd}")


@pytest.mark.parametrize("name", ["a.b", "a\0b", "a\nb", "\ud800"])
def test_a_name_comes_back_as_it_was_written(name: str) -> None:
    with pytest.raises(InputError, match="can't be part of a name"):
        build_tables(MetaData(), prefix=name)
    with pytest.raises(InputError, match="can't be part of a name"):
        build_tables(MetaData(), schema=name)


def test_no_name_is_longer_than_any_database_allows() -> None:
    for table in build_tables(MetaData(), prefix="p" * 24).all():
        names = [table.name, *(str(each.name) for each in table.constraints)]
        names += [str(each.name) for each in table.indexes]
        assert [name for name in names if len(name) > 63] == []


def _made(connection: Connection) -> dict[str, Any]:
    """Return the text that made each table and index, by name."""
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_schema WHERE type <> 'trigger' AND name NOT LIKE 'sqlite_%'"
    )
    return {row[0]: row[1] for row in rows}
