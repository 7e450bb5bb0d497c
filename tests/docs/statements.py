"""Writes how many statements each verb takes, on each database, into the pages that list them.

`DISTCORE_TEST_MARIADB=… python -m tests.docs.statements` does it, tests compare.  Everything that can happen
to a shop is told on every database, item by item and many items at once, and then it is asked what it knows.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from tests import mariadb, postgresql
from tests.docs.twins import CHINESE, DOCS
from tests.sql.crash import Life, a_store, an_engine
from tests.sql.stores import DATABASES

from distcore import engine
from distcore.coupons import TemplateId
from distcore.groups import GroupId
from distcore.kernel import ComponentId, Key, LineId, MemberId, Period, RuleId, SaleId, fact_id
from distcore.payout import PayoutId
from distcore.pricing import Shopper
from distcore.testing.builders import ALWAYS, LATER
from distcore.testing.carts import CNY
from distcore.testing.catalog import some_units
from distcore.testing.story import PLAN, a_year, told
from distcore_sql import SqlStore, SqlTransaction

T = TypeVar("T")

PAGES: Final = (DOCS / "reference" / "statements.md", CHINESE / "reference" / "statements.md")
COLUMNS: Final = ("sqlite", "postgresql", "mariadb")
ALL_TIME: Final = Period("all time", *ALWAYS)
AS: Final = {"_buy": "place_order"}
"""How the page calls what the story does in one transaction by a function of its own."""

BATCHES: Final = (1, 100)
"""How many items the story gives to a verb at once."""

ANN, DAN = MemberId("ann"), MemberId("dan")
CART = some_units(("tea", 1), ("cup", 2), shopper=Shopper(DAN))
JANUARY: Final = "2017-01"

ASKED: Final[Mapping[str, Callable[[SqlTransaction], object]]] = {
    "agents": lambda tx: engine.agents(tx, valid_at=LATER),
    "balances": lambda tx: list(engine.balances(tx, ANN)),
    "closing_of": lambda tx: engine.closing_of(tx, 2),
    "coupon_stats": lambda tx: engine.coupon_stats(tx, TemplateId("welcome"), at=LATER),
    "due_gifts": lambda tx: engine.due_gifts(tx, *ALWAYS),
    "earnings": lambda tx: engine.earnings(tx, ALL_TIME),
    "expect": lambda tx: engine.expect(tx, PLAN, a_year()[0][1]),
    "explain": lambda tx: engine.explain(tx, SaleId("order 1")),
    "explain_accrual": lambda tx: engine.explain_accrual(
        tx, SaleId("order 1"), (LineId("10"), ComponentId("levels"), RuleId("level 3"), ANN, 3)
    ),
    "explain_member": lambda tx: engine.explain_member(tx, ANN, ALL_TIME),
    "explain_period": lambda tx: engine.explain_period(tx, CNY, JANUARY, ANN),
    "explain_statement": lambda tx: engine.explain_statement(tx, 2, ANN),
    "explained_lines": lambda tx: list(engine.explained_lines(tx, 2, ANN)),
    "group_of": lambda tx: engine.group_of(tx, GroupId(fact_id("group", Key("open by zoe")).hex())),
    "matched_parts": lambda tx: engine.matched_parts(tx, CNY, JANUARY, ANN, ComponentId("match")),
    "owed_places": lambda tx: engine.owed_places(tx),
    "payout_of": lambda tx: engine.payout_of(tx, PayoutId("p1")),
    "payout_sources": lambda tx: engine.payout_sources(tx, ANN, CNY),
    "period_lines": lambda tx: list(engine.period_lines(tx, CNY, JANUARY)),
    "period_named": lambda tx: engine.period_named(tx, JANUARY, CNY),
    "period_states": lambda tx: engine.period_states(tx),
    "placed_order": lambda tx: engine.placed_order(tx, SaleId("web 1")),
    "plan_in_force": lambda tx: engine.plan_in_force(tx, CNY, LATER),
    "plan_objections": lambda tx: engine.plan_objections(tx, PLAN),
    "position": lambda tx: engine.position(tx, DAN, valid_at=LATER),
    "quote_cart": lambda tx: engine.quote_cart(tx, CART, at=LATER),
    "reconcile_channel": lambda tx: engine.reconcile_channel(tx, "bank", [], *ALWAYS),
    "run_of_period": lambda tx: engine.run_of_period(tx, CNY, JANUARY),
    "statement_lines": lambda tx: list(engine.statement_lines(tx, 2, ANN)),
    "statements": lambda tx: engine.statements(tx, ANN),
    "submitted_orders": lambda tx: engine.submitted_orders(tx, "file 1"),
    "tier_decisions": lambda tx: engine.tier_decisions(tx, ANN),
    "tier_evaluation": lambda tx: engine.tier_evaluation(tx, 1),
    "transfers_of": lambda tx: engine.transfers_of(tx, ANN),
    "upline": lambda tx: engine.upline(tx, DAN, valid_at=LATER),
    "usable_coupons": lambda tx: engine.usable_coupons(tx, DAN, at=LATER),
}
"""What a shop is asked after its story; nothing is written."""

ONE_OF_MANY: Final = {"accrue", "cancel", "complete", "correct_price", "join", "refund", "take_event"}
"""Verbs that do one of what others do many of, in as many statements."""

NOT_CONSTANT: Final = {"check_seals", "simulate", "verify", "whereabouts"}
"""What looks at all that there is, part by part, or at each payee of a sale."""

PARTS: Final = {"checkout_quote", "placed_as", "plan_doubts", "plan_of_run", "turn_doubts"}
"""What other verbs ask as well, and no more than they."""

NOT_LISTED: Final = ONE_OF_MANY | NOT_CONSTANT | PARTS

ROW: Final = re.compile(r"^\| `(?P<verb>\w+)` \| (?P<counts>[0-9| ]*) \|$", re.MULTILINE)


class Counting(Life):
    """A shop that keeps how many statements each verb took at most."""

    def __init__(self, store: SqlStore) -> None:
        """Begin with the first step."""
        super().__init__(store)
        self.most: Counter[str] = Counter()

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Do a step, and count."""
        name = AS.get(verb.__name__, verb.__name__)

        def counted(tx: SqlTransaction, *args: object, **options: Any) -> T:
            answer = verb(tx, *args, **options)
            self._keep(name, tx)
            return answer

        return super().do(counted, *args, **options)

    def ask(self) -> None:
        """Ask everything, and count."""
        for name, question in ASKED.items():
            with self.owned.begin(reading=True) as tx:
                question(tx)
                self._keep(name, tx)

    def _keep(self, name: str, tx: SqlTransaction) -> None:
        self.most[name] = max(self.most[name], tx.statements)


def measured(database: str) -> Mapping[str, int]:
    """Return how many statements each verb takes at most, without BEGIN and COMMIT."""
    most: Counter[str] = Counter()
    for batch in BATCHES:
        with TemporaryDirectory() as folder, DATABASES[database](Path(folder)) as url:
            at = an_engine(url)
            shop = Counting(a_store(at))
            for _ in told(shop, batch):
                pass
            shop.do(engine.close_outbox, key="no more is told")
            shop.ask()
            at.dispose()
        most |= shop.most
    return most


def listed(page: Path, database: str) -> Mapping[str, int]:
    """Return what a page says of a database."""
    place = COLUMNS.index(database)
    rows = ROW.finditer(page.read_text(encoding="utf-8"))
    return {row["verb"]: int(row["counts"].split("|")[place]) for row in rows}


def rows_of(most: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield the rows of the table, by verb."""
    for verb in sorted(set().union(*most.values())):
        counts = " | ".join(str(most[database][verb]) for database in COLUMNS)
        yield f"| `{verb}` | {counts} |"


def main() -> None:
    """Write the tables anew; what the pages say themselves stays."""
    most = {database: measured(database) for database in COLUMNS}
    for page in PAGES:
        now = page.read_text(encoding="utf-8")
        page.write_text(f"{ROW.sub('', now).rstrip()}\n" + "\n".join(rows_of(most)) + "\n", encoding="utf-8")
    postgresql.leave()
    mariadb.leave()


if __name__ == "__main__":
    main()
