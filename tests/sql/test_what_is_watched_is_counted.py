"""The queries of the guide say on each database what does not run."""

import ast
import re

import pytest
from sqlalchemy import text
from tests.docs.twins import DOCS
from tests.sql.stores import new_shop

from distcore.engine import Completion, accrue, complete, open_balances, open_outbox
from distcore.kernel import SaleId, micros_of
from distcore.testing.builders import DAY_12, LATER, a_sale
from distcore.testing.money import an_opening
from distcore_sql import create_store_engine

pytestmark = pytest.mark.wide

LISTED = re.compile(r"^>>> WATCH = (\{\n(?:\.\.\. .*\n)+)", re.MULTILINE)


def watched() -> dict[str, str]:
    """Return the queries of the page."""
    (found,) = LISTED.findall((DOCS / "how-to" / "operate.md").read_text(encoding="utf-8"))
    queries: dict[str, str] = ast.literal_eval(re.sub(r"^\.\.\. ", "", found, flags=re.MULTILINE))
    return queries


def test_what_is_watched_is_counted(url: str) -> None:
    shop = new_shop(url)
    shop.do(open_outbox)
    shop.do(accrue, a_sale())
    shop.do(complete, Completion(SaleId("order 1"), DAY_12))
    shop.do(open_balances, [an_opening(frozen_until=LATER)], at=DAY_12)
    engine = create_store_engine(url)
    given = {"shop": "mall", "now": micros_of(LATER)}
    with engine.connect() as connection:
        found = {
            name: int(connection.execute(text(query), given).scalar_one())
            for name, query in watched().items()
        }
    engine.dispose()
    assert found.pop("unsealed_for") > 400_000, "nothing was ever sealed, which is since 1970"
    assert found == {"due": 1, "openings_due": 1, "in_doubt": 0, "waiting": 0, "drafts": 0, "untold": 4}
