"""What somebody needs who works in a shop in MariaDB, and may not do."""

import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from tests import mariadb
from tests.docs.twins import CHINESE, DOCS
from tests.sql.crash import Life, a_store, an_engine

from distcore.testing.story import told
from distcore_sql import condition_of, upgrade_store
from distcore_sql.tables import table_names

pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(not mariadb.is_given(), reason="there is no MariaDB"),
]

PAGES = [folder / "how-to" / "mariadb.md" for folder in (DOCS, CHINESE)]
RIGHTS = re.compile(r"^GRANT (.*) ON mall\.\* TO shop;$", re.MULTILINE)


def the_rights() -> str:
    """Return the rights that both pages name."""
    found = {RIGHTS.search(page.read_text(encoding="utf-8")) for page in PAGES}
    (rights,) = {match[1] for match in found if match}
    return str(rights)


def test_the_rights_that_are_documented_are_enough_on_mariadb() -> None:
    with mariadb.a_database() as url, mariadb.a_user(url, the_rights()) as theirs:
        own = an_engine(theirs)
        assert len(list(told(Life(a_store(own))))) > 50
        own.dispose()


def test_whoever_has_them_empties_no_table() -> None:
    with mariadb.a_database() as url, mariadb.a_user(url, the_rights()) as theirs:
        engine = create_engine(theirs)
        with engine.connect() as connection:
            for name in table_names():
                with pytest.raises(OperationalError, match="DROP command denied"):
                    connection.execute(text(f"TRUNCATE {name}"))
        engine.dispose()


LATER = "CREATE TRIGGER distcore_sales_no_update AFTER UPDATE ON distcore_sales FOR EACH ROW SET @nothing = 1"
UNREAD = "triggers: their text can't be read by this user, who lacks the right TRIGGER"


def test_whoever_has_them_is_told_that_the_text_of_triggers_was_not_read() -> None:
    """Once, and what else is changed all the same."""
    with mariadb.a_bare_database() as url, mariadb.a_user(url, the_rights()) as theirs:
        upgrade_store(url)
        assert condition_of(theirs).drift == (UNREAD,)
        owner = create_engine(url)
        with owner.begin() as connection:
            connection.execute(text("DROP TRIGGER distcore_sales_no_update"))
            connection.execute(text("DROP TRIGGER distcore_plans_no_delete"))
            connection.execute(text(LATER))
        assert condition_of(theirs).drift == (
            "trigger distcore_plans_no_delete is missing",
            "trigger distcore_sales_no_update: its text differs",
            UNREAD,
        )
        owner.dispose()


def test_whoever_may_make_triggers_reads_them() -> None:
    with mariadb.a_bare_database() as url, mariadb.a_user(url, f"{the_rights()}, TRIGGER") as theirs:
        upgrade_store(url)
        assert condition_of(theirs).drift == ()
