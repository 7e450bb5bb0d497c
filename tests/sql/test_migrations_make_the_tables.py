"""What the migrations make is what the tables say, word for word."""

from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, select

from distcore.kernel import InputError
from distcore_sql import HEAD, build_tables, upgrade
from distcore_sql.schema import REVISIONS
from distcore_sql.tables import table_names


@pytest.mark.parametrize("prefix", ["distcore_", "", "My Mall "])
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
    build_tables(MetaData(), prefix="p" * 24)
    with pytest.raises(InputError, match="at most 24"):
        build_tables(MetaData(), prefix="p" * 25)


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
