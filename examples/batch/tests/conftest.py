"""A store in which ann has recommended ben and he has recommended cai, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests import postgresql

from batch.set_up import SHOP, set_up
from distcore.engine import join
from distcore.kernel import MemberId
from distcore.referral import Newcomer
from distcore_sql import SqlStore

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def a_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make a store by a name, and return its URL."""
    with ExitStack() as databases:

        def make(name: str) -> str:
            if request.param == "sqlite":
                url = f"sqlite:///{tmp_path / name}.db"
            else:
                url = databases.enter_context(postgresql.a_database())
            set_up(url, JANUARY)
            with SqlStore.open(url, SHOP) as store, store.begin() as tx:
                for member, sponsor in (("ann", None), ("ben", "ann"), ("cai", "ben")):
                    newcomer = Newcomer(MemberId(member), JANUARY, MemberId(sponsor) if sponsor else None)
                    join(tx, newcomer, at=JANUARY, actor="ops", key=f"join {member}")
            return url

        yield make


def pytest_unconfigure() -> None:
    postgresql.leave()
