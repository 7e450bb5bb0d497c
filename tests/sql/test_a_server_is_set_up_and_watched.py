"""What a role needs, what a server must be like, and what `verify` finds out about it."""

import re

import pytest
from attrs import evolve
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import create_engine
from tests.docs.twins import DOCS
from tests.postgresql import a_bare_database, a_role, as_role, connected
from tests.sql.stores import new_shop, open_store

from distcore.commission import Cap
from distcore.engine import (
    Completion,
    accrue,
    accrue_all,
    cancel,
    close_outbox,
    complete,
    join,
    move,
    refund,
    relay,
    release,
    seal,
    verify,
)
from distcore.kernel import (
    CapId,
    InputError,
    MemberId,
    RetryableError,
    SaleId,
    SchemaError,
)
from distcore.testing.builders import (
    DAY_12,
    LATER,
    Shop,
    a_cancellation,
    a_chain,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    a_welcome,
    day,
)
from distcore.testing.story import tell
from distcore_sql import SqlStore, check_schema, upgrade, upgrade_store

pytestmark = pytest.mark.wide

PAGE = DOCS / "how-to" / "postgresql.md"


def rights() -> list[str]:
    """Return what the guide says that whoever works in a shop may do, for the schema of these tests."""
    (said,) = re.findall(r"```sql\n(GRANT USAGE.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    here = said.replace("distcore.", "").replace("SCHEMA distcore", "SCHEMA public")
    here = here.replace(" shop;", " {role};")
    return [line.partition(" --")[0] for line in here.splitlines()]


RIGHTS = rights()
GIVEN = [each for each in RIGHTS if each.startswith("GRANT") and "USAGE" not in each]


def test_the_rights_that_are_documented_are_enough(postgresql: str) -> None:
    new_shop(postgresql)
    with a_role(postgresql) as role, connected(postgresql) as admin:
        admin.execute(" ".join(RIGHTS).format(role=role))
        shop = Shop(open_store(as_role(postgresql, role)))
        shop.do(join, a_member("dan", "cai"), key="1")
        shop.do(accrue, a_sale(), key="2")
        shop.do(accrue_all, [a_sale(f"order {n}", "dan") for n in range(2, 300)], key="3")
        shop.do(refund, a_refund("r1"), key="4")
        shop.do(cancel, a_cancellation("order 2"), key="5")
        shop.do(complete, Completion(SaleId("order 1"), DAY_12), key="6")
        shop.do(move, MemberId("cai"), MemberId("ann"), valid_from=day(20), key="7")
        assert shop.do(release, key="8").orders == 1
        shop.assert_sound()
        _live(as_role(postgresql, role))
        shop.store.close()  # type: ignore[attr-defined]


def test_whoever_works_in_a_shop_does_not_say_at_which_revision_it_is(postgresql: str) -> None:
    """A second revision beside the first would be none that anybody knows."""
    new_shop(postgresql)
    with a_role(postgresql) as role, connected(postgresql) as admin:
        admin.execute(" ".join(RIGHTS).format(role=role))
        with (
            connected(as_role(postgresql, role)) as shop,
            pytest.raises(InsufficientPrivilege, match="alembic_version"),
        ):
            shop.execute("INSERT INTO distcore_alembic_version VALUES ('another')")


@pytest.mark.parametrize("missing", GIVEN)
def test_and_each_of_them_is_needed(postgresql: str, missing: str) -> None:
    new_shop(postgresql)
    with a_role(postgresql) as role, connected(postgresql) as admin:
        admin.execute(" ".join(each for each in RIGHTS if each != missing).format(role=role))
        with pytest.raises(InputError, match=r"permission denied.*has the role the rights"):
            _live(as_role(postgresql, role))


def _live(url: str) -> None:
    """Live through all that happens to a shop, and count first orders and a cap in another one."""
    told = Shop(open_store(url, "other"))
    tell(told)
    assert relay(told.store.begin, lambda _: None, at=LATER).told
    told.do(close_outbox)
    first = a_welcome(1)
    plan = evolve(a_plan(first), caps=(Cap(CapId("ever"), 1),))
    shop = Shop.open(open_store(url, "third"), plan, a_chain("ann", "ben"))
    for number in range(2):
        shop.do(accrue, a_sale(f"order {number}", "ben"))


def test_a_role_that_may_not_make_tables_is_told_so() -> None:
    with a_bare_database() as url, a_role(url) as role:
        for schema in (None, "mall"):
            with pytest.raises(InputError, match="permission denied"):
                upgrade_store(as_role(url, role), schema=schema)


def test_an_empty_database_and_a_strange_one_are_refused() -> None:
    with a_bare_database() as url:
        with pytest.raises(SchemaError, match="there are no tables named distcore_"):
            SqlStore.open(url, "mall")
        with pytest.raises(SchemaError, match="there are no tables named distcore_"):
            SqlStore.open(url, "mall", schema="nowhere")
        with connected(url) as admin:
            admin.execute("CREATE TABLE distcore_sales (theirs integer)")
        with pytest.raises(SchemaError, match="have no version"):
            upgrade_store(url)


def test_tables_that_are_missing_or_newer_are_refused(postgresql: str) -> None:
    with connected(postgresql) as admin:
        admin.execute("DROP TABLE distcore_accruals")
        with pytest.raises(SchemaError, match="tables are missing: distcore_accruals"):
            SqlStore.open(postgresql, "mall")
        admin.execute("UPDATE distcore_alembic_version SET version_num = '9999'")
        for refused in (lambda: SqlStore.open(postgresql, "mall"), lambda: upgrade_store(postgresql)):
            with pytest.raises(SchemaError, match="at revision 9999, which is unknown"):
                refused()


def test_a_database_that_can_not_hold_every_text_is_refused() -> None:
    with a_bare_database("LC_COLLATE 'C' LC_CTYPE 'C'", encoding="LATIN1") as url:
        for refused in (lambda: SqlStore.open(url, "mall"), lambda: upgrade_store(url)):
            with pytest.raises(InputError, match="keeps text as LATIN1, not as UTF8"):
                refused()


def test_an_upgrade_ends_with_the_transaction_of_the_host() -> None:
    with a_bare_database() as url:
        engine = create_engine(url)
        with engine.connect() as connection:
            upgrade(connection, schema="mall")
            check_schema(connection, schema="mall")
            connection.rollback()
            with pytest.raises(SchemaError):
                check_schema(connection, schema="mall")
        with engine.begin() as connection:
            upgrade(connection, schema="mall")
        with engine.connect() as connection:
            check_schema(connection, schema="mall")
        engine.dispose()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("ALTER TABLE distcore_accruals DISABLE TRIGGER USER", "distcore_accruals: 1 triggers are disabled"),
        ("ALTER TABLE distcore_freezes DISABLE TRIGGER ALL", "distcore_freezes: 5 triggers are disabled"),
        (
            "ALTER TABLE distcore_sales ENABLE REPLICA TRIGGER distcore_sales_kept",
            "distcore_sales: 1 triggers",
        ),
        (
            "ALTER TABLE distcore_sales ADD CONSTRAINT late CHECK (paid_at > 0) NOT VALID",
            "distcore_sales: late is not validated",
        ),
    ],
)
def test_a_guard_that_sleeps_is_found(postgresql: str, damage: str, words: str) -> None:
    shop = new_shop(postgresql)
    shop.assert_sound()
    with connected(postgresql) as admin:
        admin.execute(damage)
    with shop.store.begin() as tx:
        assert [str(each) for each in verify(tx).problems if words in str(each)] != []


def test_a_sum_that_can_not_be_made_is_a_problem_and_no_conflict(postgresql: str) -> None:
    """The error has ended the transaction; whoever only reads has lost nothing by it."""
    shop = new_shop(postgresql)
    shop.do(accrue_all, [a_sale("order 1"), a_sale("order 2")])
    shop.do(seal)
    with connected(postgresql) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(f"UPDATE distcore_accruals SET amount_minor = {2**63 - 1}")
    with open_store(postgresql).begin(reading=True) as tx:
        found = [str(each) for each in verify(tx).problems]
    assert "accruals 7:order 1/0: is not what was sealed" in found
    assert [each for each in found if "nothing more can be checked: sums: they exceed" in each] != []
    with pytest.raises(RetryableError, match="had an error"), shop.store.begin() as writing:
        assert not verify(writing).sound
