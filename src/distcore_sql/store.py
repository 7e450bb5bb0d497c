"""A store in a database: transactions over the ports, and an engine that is set up for them.

The primitive is `SqlTransaction` on a connection of the host, whose transaction stays the host's.
`SqlStore` is a thin wrapper that owns an engine; with SQLite a transaction takes the write lock when
it begins, so what it reads holds until it ends.  With PostgreSQL the verbs lock what they decide by.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import uniform
from time import sleep
from typing import TYPE_CHECKING, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from distcore.kernel import InputError, Problem, RetryableError, ShopId, id_problem
from distcore_sql.buyers import SqlBuyers
from distcore_sql.catalog import SqlProducts
from distcore_sql.closings import SqlAssessments, SqlClosings
from distcore_sql.commands import SqlCommands, SqlPolicies
from distcore_sql.commission import SqlPlans, SqlReleases, SqlSales
from distcore_sql.compliance import SqlOverrides
from distcore_sql.counts import SqlCounts
from distcore_sql.coupons import SqlCoupons, SqlCouponTemplates
from distcore_sql.earnings import SqlEarnings
from distcore_sql.engines import (
    BUSY_MS,
    Synchronous,
    create_store_engine,
    make_place,
    reading_options,
    require_store,
    settle,
    store_url,
)
from distcore_sql.errors import told_apart
from distcore_sql.groups import SqlGroups, SqlGroupSales
from distcore_sql.hosts import Host, OwnTransaction, SqlAlchemyHost
from distcore_sql.ledger import SqlBalances, SqlTransfers
from distcore_sql.members import SqlTierEvaluations, SqlTierPolicies
from distcore_sql.outbox import SqlOutbox
from distcore_sql.payout import SqlAccounts, SqlPayouts
from distcore_sql.periods import SqlPeriodRuns
from distcore_sql.placed_orders import SqlPlacedOrders
from distcore_sql.pricing import SqlTerms
from distcore_sql.recruiting import SqlApplications, SqlIdentities, SqlPromotionCodes, SqlTouches
from distcore_sql.referral import SqlMembers
from distcore_sql.schema import check_schema, upgrade
from distcore_sql.seals import SqlSeals
from distcore_sql.settlement import (
    SqlAdjustments,
    SqlDues,
    SqlHolds,
    SqlOpenings,
    SqlSettlementPolicies,
)
from distcore_sql.statements import Statements
from distcore_sql.tables import PREFIX, Tables, own_tables, table_names
from distcore_sql.tallies import SqlTallies

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

T = TypeVar("T")

ATTEMPTS_MAX: Final = 5
"""How often `run` tries before it passes a conflict on."""


class SqlTransaction:
    """The ports of one shop on a connection; it never commits, rolls back or closes it.

    After a conflict it raises `RetryableError` with `host_must_roll_back`, and so does every further use.
    """

    def __init__(
        self,
        connection: Connection,
        shop: str,
        tables: Tables,
        *,
        host: Host | None = None,
        guest: bool = True,
    ) -> None:
        """Work in the transaction of a connection; `guest` says that the host will end it.

        The host is one by SQLAlchemy unless another is given; errors are those of `SqlStore.join`.
        """
        self.shop = _shop(shop)
        if guest and host is None:
            host = SqlAlchemyHost(connection)
        statements = Statements(connection, self.shop, tables, host=host, guest=guest)
        self.outbox = SqlOutbox(statements, self.shop)
        self.commands = SqlCommands(statements, self.outbox)
        self.policies = SqlPolicies(statements)
        self.members = SqlMembers(statements)
        self.identities = SqlIdentities(statements, self.members)
        self.applications = SqlApplications(statements)
        self.promotion_codes = SqlPromotionCodes(statements)
        self.touches = SqlTouches(statements)
        self.tier_policies = SqlTierPolicies(statements)
        self.tier_evaluations = SqlTierEvaluations(statements)
        self.plans = SqlPlans(statements)
        self.overrides = SqlOverrides(statements)
        self.sales = SqlSales(statements)
        self.buyers = SqlBuyers(statements)
        self.tallies = SqlTallies(statements)
        self.releases = SqlReleases(statements)
        self.period_runs = SqlPeriodRuns(statements)
        self.earnings = SqlEarnings(statements)
        self.transfers = SqlTransfers(statements)
        self.balances = SqlBalances(statements)
        self.seals = SqlSeals(statements)
        self.settlement_policies = SqlSettlementPolicies(statements)
        self.dues = SqlDues(statements)
        self.closings = SqlClosings(statements)
        self.assessments = SqlAssessments(statements)
        self.adjustments = SqlAdjustments(statements)
        self.openings = SqlOpenings(statements)
        self.holds = SqlHolds(statements)
        self.accounts = SqlAccounts(statements)
        self.payouts = SqlPayouts(statements)
        self.products = SqlProducts(statements)
        self.terms = SqlTerms(statements)
        self.coupon_templates = SqlCouponTemplates(statements)
        self.placed_orders = SqlPlacedOrders(statements)
        self.group_sales = SqlGroupSales(statements)
        self.groups = SqlGroups(statements)
        self.counts = SqlCounts(statements)
        self.coupons = SqlCoupons(statements)
        self._statements = statements

    @property
    def statements(self) -> int:
        """How many statements were run so far; many rows that are copied at once count as one."""
        return self._statements.count

    def damages(self) -> Sequence[Problem]:
        """Return what the database itself finds wrong: pages, dangling rows, triggers that sleep."""
        return self._statements.damages()

    def require_sound(self) -> None:
        """Raise `RetryableError` if a statement has ended this transaction: nothing of it can be kept."""
        if self._statements.ended:
            raise RetryableError(self._statements.ended)


class SqlStore:
    """One shop in a database of its own engine; a context manager that closes the engine."""

    def __init__(self, engine: Engine, shop: str, tables: Tables) -> None:
        """Wrap an engine made by `create_store_engine`, whose schema was checked."""
        self._engine = engine
        self._shop = _shop(shop)
        self._tables = tables
        self._here = threading.local()

    @classmethod
    def open(
        cls,
        url: str,
        shop: str,
        *,
        prefix: str = PREFIX,
        schema: str | None = None,
        synchronous: Synchronous = Synchronous.FULL,
        busy_ms: int = BUSY_MS,
    ) -> Self:
        """Open the store at a URL such as `sqlite:///shop.db` or `postgresql://user@host/database`.

        Raises `SchemaError` where it does not exist, or is of another version than this one.
        """
        require_store(store_url(url))
        engine = create_store_engine(url, synchronous=synchronous, busy_ms=busy_ms)
        try:
            reading = reading_options(engine)
            with told_apart(guest=False, opening=True), engine.connect() as connection:
                check_schema(connection.execution_options(**reading), prefix=prefix, schema=schema)
            return cls(engine, shop, own_tables(prefix, schema))
        except BaseException:
            engine.dispose()
            raise

    @staticmethod
    def join(host: "Connection | Session", shop: str, tables: Tables | None = None) -> SqlTransaction:
        """Return a shop's ports in the transaction of a host, which alone ends it.

        `host` is a connection of SQLAlchemy, or a session, whose transaction begins now if it has none yet;
        `tables` are those that the host built, the ones of a store of its own if it built none.  Raises
        `InputError` for a connection that commits each statement by itself: nothing would hold together; for
        one that sees what nobody has committed: what is decided by it may never have been; for a savepoint in
        SQLite that may be all there is, where the driver begins by itself; and for one that
        counts rows otherwise, changes values that do not fit, or translates schemas. Raises
        `RetryableError` where a statement of a guest has failed in this transaction: the host must roll it
        back, or to a savepoint before. When the host has ended it, the ports raise `InputError`.
        """
        connection, catch_up = _connection_of(host)
        joined = SqlAlchemyHost(connection, catch_up)
        return SqlTransaction(connection, shop, own_tables() if tables is None else tables, host=joined)

    @contextmanager
    def begin(self, *, reading: bool = False) -> Iterator[SqlTransaction]:
        """Begin a transaction: it commits on a clean exit and rolls back on an exception.

        With `reading` it holds no lock, and sees what was committed at its first question until it ends.
        """
        if getattr(self._here, "begun", False):
            raise InputError.of("begin", "this thread has a transaction open already", "end it first")
        options = reading_options(self._engine) if reading else {}
        with told_apart(guest=False):
            connection = self._engine.connect().execution_options(**options)
        with connection:
            with told_apart(guest=False):
                transaction = connection.begin()
            self._here.begun = True
            try:
                own = OwnTransaction(transaction)
                tx = SqlTransaction(connection, self._shop, self._tables, host=own, guest=False)
                yield tx
                if not reading:  # whoever only reads has nothing that could be lost
                    tx.require_sound()
                with told_apart(guest=False):
                    transaction.commit()
            except BaseException:
                _roll_back(transaction)
                raise
            finally:
                self._here.begun = False

    def run(self, work: Callable[[SqlTransaction], T]) -> T:
        """Do work in a transaction of its own, and again from the start after a conflict.

        Up to five times, with pauses that grow, and of which no two are alike: who met does not meet again.
        """
        for attempt in range(1, ATTEMPTS_MAX):
            try:
                with self.begin() as tx:
                    return work(tx)
            except RetryableError:
                sleep(2**attempt / 100 * uniform(0.5, 1.5))  # noqa: S311 it is no secret
        with self.begin() as tx:
            return work(tx)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def upgrade_store(url: str, *, prefix: str = PREFIX, schema: str | None = None) -> None:
    """Make the store at a URL, or bring it to this version, in a transaction of its own.

    A new file can be read by its owner only.  A database of a server must be there; a schema is made.
    """
    table_names(prefix)  # before anything is made
    make_place(store_url(url))
    engine = create_store_engine(url)
    try:
        # It is kept in the place; whoever only opens a store, or one of somebody else, changes nothing.
        with told_apart(guest=False, opening=True), engine.connect() as connection:
            settle(connection)
        with told_apart(guest=False, opening=True), engine.begin() as connection:
            upgrade(connection, prefix=prefix, schema=schema, guest=False)
    finally:
        engine.dispose()


def _connection_of(host: object) -> tuple[Connection, Callable[[], object] | None]:
    """Return the connection of a host, and how to ask a session for it again."""
    if isinstance(host, Connection):
        return host, None
    name = type(host).__name__
    if type(host).__module__.startswith("sqlalchemy.ext.asyncio"):
        raise InputError.of(
            "host", f"is an {name}", "join within run_sync, which gives one that is not async"
        )
    ask = getattr(host, "connection", None)
    found = ask() if callable(ask) else None
    if isinstance(found, Connection) and callable(ask):
        return found, ask
    raise InputError.of("host", f"is no connection and no session: {name}", "give one of SQLAlchemy")


def _roll_back(transaction: RootTransaction) -> None:
    """Leave nothing open for whoever gets the connection next.

    A transaction whose COMMIT failed is over for SQLAlchemy, which gives the connection back as it is.  For
    the database it goes on: only the driver can end it.
    """
    connection = transaction.connection
    try:
        transaction.rollback()
        if not connection.invalidated:
            connection.connection.rollback()
    except (DBAPIError, connection.dialect.loaded_dbapi.Error):  # whatever is gone has rolled back
        connection.invalidate()


def _shop(shop: str) -> ShopId:
    problem = id_problem(shop, "shop")
    if problem is not None:
        raise InputError((problem,))
    return ShopId(shop)
