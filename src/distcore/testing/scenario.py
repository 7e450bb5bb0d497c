"""Scenario tables: pages in Markdown that business people read and write, and that run as tests.

A page has a title (`#`) and one or more scenarios (`##`), each with sections (`###`): the `Plan` and,
where it matters, the `Shop` as TOML documents; `Members`, `Agents` of regions, `Sales`, `Refunds`, `Prices`,
`Cancellations` and the `Periods` that are accrued as tables; and what is expected, `Expected earnings`,
`Expected amounts`, `Expected facts` and `Expected periods`.  A `Late plan` is a version that is published
afterwards, and `Recomputed` are the periods whose sales, and which themselves where they were accrued, are
pinned to it then.  Everything else on the page is prose.  What a scenario does not say is as in the one
before it, except what is expected.

Days are those of the shop (`2026-01-31`, or `2026-01-31 23:59`), which is in Shanghai if nothing is
said; amounts are in the plan's currency, in major units; tags stand apart by blanks; an empty cell says
nothing.  Everything happens when the page says so, and a freeze ends by itself.  `as of` shows the
earnings of that moment, without it they are those after the last event.

The one rule this file protects: nothing is passed over in silence.  A section, column or value that
is not known is an `InputError` with its line.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from distcore import engine
from distcore.codec import Media, load_plan, load_policy
from distcore.commission import (
    Cancellation,
    Plan,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    Sale,
    SaleLine,
    Share,
    is_recomputation,
    share_of,
    sums_of,
)
from distcore.engine import Completion, NewPin
from distcore.kernel import (
    Currency,
    InputError,
    Instant,
    LineId,
    MemberId,
    Period,
    PriceCorrectionId,
    RefundId,
    RefusedError,
    SaleId,
    ShopPolicy,
    Sku,
    format_minor,
    instant_of,
    limits,
    parse_minor,
    shown,
    utc,
    zone_of,
)
from distcore.ports import Store, Transaction
from distcore.referral import Newcomer, State, in_joining_order
from distcore.testing.page import Row, Section, Table, Written, document_of, table_of, written

T = TypeVar("T")

ZONE: Final = "Asia/Shanghai"
"""Where a shop is that does not say it."""

EARNINGS: Final = "Expected earnings"
AMOUNTS: Final = "Expected amounts"
FACTS: Final = "Expected facts"
WORTHS: Final = "Expected periods"
EXPECTED: Final = (EARNINGS, AMOUNTS, FACTS, WORTHS)
DOCUMENTS: Final = ("Plan", "Late plan", "Shop")

TABLES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "Members": (("member", "sponsor"), ("joined", "tier", "state")),
    "Agents": (("region", "member"), ("from", "until")),
    "Sales": (
        ("order", "line", "buyer", "net", "paid"),
        (
            *("units", "sku", "category", "brand", "tags", "list", "cost", "tax"),
            *("promoter", "region", "channel", "group", "completed"),
        ),
    ),
    "Refunds": (("refund", "order", "line", "amount", "refunded"), ("units", "repeats")),
    "Prices": (("correction", "order", "line", "net", "corrected"), ()),
    "Cancellations": (("order", "cancelled"), ()),
    "Periods": (("period", "accrued"), ()),
    "Recomputed": (("period", "recomputed"), ()),
    EARNINGS: (("payee", "earned"), ("as of", "taken back", "frozen", "released")),
    AMOUNTS: (("order", "line", "payee", "amount"), ("component", "rule", "level")),
    FACTS: (("order", "cause", "line", "payee", "amount"), ("component", "rule", "level")),
    WORTHS: (("component", "payee", "amount"), ("period",)),
}
"""The columns that each table must have, and those that it may have."""

OF_ORDER: Final = ("buyer", "paid", "promoter", "region", "channel", "group", "completed")
"""The columns of sales that say the same in every row of an order."""

MONEY: Final = frozenset({"amount", "earned", "taken back", "frozen", "released"})


@frozen
class PeriodEnd:
    """A period is accrued."""

    currency: Currency
    label: str


@frozen
class Late:
    """A rate was entered late: a period is calculated by a version that is published now."""

    plan: Plan
    label: str


Event: TypeAlias = Sale | Completion | Refund | PriceCorrection | Cancellation | PeriodEnd | Late


def _accrue_period(tx: Transaction, end: PeriodEnd, *, at: Instant, actor: str, key: str) -> object:
    return engine.accrue_period(tx, end.currency, end.label, at=at, actor=actor, key=key)


def _recompute(tx: Transaction, late: Late, *, at: Instant, actor: str, key: str) -> None:
    """Publish the version, unless it is, and pin to it all that was sold in a period, and what it paid."""
    plan = late.plan
    who: dict[str, Any] = {"at": at, "actor": actor}
    if plan not in tx.plans.all():
        engine.set_plan(tx, plan, **who, key=f"{key}: plan")
    pin = NewPin(plan.id, plan.plan_version, "it was entered late", "scenarist")
    period = engine.period_named(tx, late.label, plan.currency)
    after: SaleId | None = SaleId("")
    while after is not None:
        found = engine.recompute(tx, plan.currency, period, **who, key=key, pin=pin, after=after)
        if found.report.refused:
            raise RefusedError(found.report.refused[0].refusal)
        after = found.last
    if any(run.period == period and run.currency == plan.currency for run in tx.period_runs.all()):
        engine.accrue_period(tx, plan.currency, late.label, **who, key=f"{key}: period", pin=pin)


_VERBS: Final[Mapping[type, Callable[..., object]]] = {
    Sale: engine.accrue,
    Completion: engine.complete,
    Refund: engine.refund,
    PriceCorrection: engine.correct_price,
    Cancellation: engine.cancel,
    PeriodEnd: _accrue_period,
    Late: _recompute,
}
"""What happens with each kind of event; at the same instant in this order."""


@frozen
class Appointment:
    """A member is agent of a region: from an instant on, or from joining, and until another, or for good."""

    member: MemberId
    region: str
    since: Instant | None
    until: Instant | None


@frozen
class Scenario:
    """What happens in a shop, when, and what is expected of it; see the module for what it means."""

    name: str
    policy: ShopPolicy
    plan: Plan
    members: tuple[Newcomer, ...]
    agents: tuple[Appointment, ...]
    events: tuple[tuple[Instant, Event], ...]
    earnings: Table | None
    amounts: Table | None
    facts: Table | None = None
    worths: Table | None = None


def read_scenarios(page: str, name: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a page; `name` is what a problem of it is reported under."""
    found = []
    said: dict[str, Section] = {}
    for each in written(page, name, [*DOCUMENTS, *TABLES]):
        said = {key: old for key, old in said.items() if key not in EXPECTED} | each.sections
        found.append(_scenario(each, said))
    if not found:
        raise InputError.of(name, "has no scenario", "a heading ## begins one")
    return tuple(found)


def differences(scenario: Scenario, store: Store) -> list[str]:
    """Play a scenario on an empty store; return the rows that only the page or only the shop has."""
    play, found = _Play(scenario, store), []
    expected = scenario.earnings
    for as_of in sorted({row["as of"] for row in expected.rows} if expected else ()):
        if as_of and expected:
            rows = [row for row in expected.rows if row["as of"] == as_of]
            play.until(_instant(as_of, rows[0].at("as of"), scenario.policy.zone))
            found += _compared(EARNINGS, expected.columns, rows, play.earnings(as_of))
    play.until(scenario.events[-1][0])
    if expected and (not expected.rows or any(not row["as of"] for row in expected.rows)):
        rows = [row for row in expected.rows if not row["as of"]]
        found += _compared(EARNINGS, expected.columns, rows, play.earnings(""))
    if scenario.amounts:
        found += _compared(AMOUNTS, scenario.amounts.columns, scenario.amounts.rows, play.amounts())
    if scenario.facts:
        found += _compared(FACTS, scenario.facts.columns, scenario.facts.rows, play.facts())
    if scenario.worths:
        found += _compared(WORTHS, scenario.worths.columns, scenario.worths.rows, play.worths())
    return found + play.damages()


# Reading


def _scenario(each: Written, said: Mapping[str, Section]) -> Scenario:
    for needed in ("Plan", "Sales"):
        if needed not in said:
            raise InputError.of(each.where, f"{shown(each.title)} has no {needed}")
    if said.keys().isdisjoint(EXPECTED):
        raise InputError.of(each.where, f"{shown(each.title)} expects nothing", " or ".join(EXPECTED))
    plan = _loaded(said["Plan"], load_plan)
    late = _loaded(said["Late plan"], load_plan) if "Late plan" in said else None
    policy = ShopPolicy(zone_of(ZONE), (plan.currency,))
    if "Shop" in said:
        policy = _loaded(said["Shop"], load_policy)
    tables = {title: table_of(said[title], *TABLES[title]) for title in TABLES if title in said}
    rows = {title: tables[title].rows if title in tables else () for title in TABLES}
    read = _Reader(policy, plan)
    events = [
        *read.sales(rows["Sales"]),
        *read.refunds(rows["Refunds"]),
        *read.prices(rows["Prices"]),
        *read.cancellations(rows["Cancellations"]),
        *read.periods(rows["Periods"]),
        *read.recomputed(rows["Recomputed"], late),
    ]
    if not events:
        raise InputError.of(said["Sales"].where, "nothing is sold")
    order = list(_VERBS)
    events.sort(key=lambda event: (event[0], order.index(type(event[1]))))
    return Scenario(
        each.title,
        policy,
        plan,
        tuple(map(read.member, rows["Members"])),
        tuple(map(read.agent, rows["Agents"])),
        tuple(events),
        read.expected(tables.get(EARNINGS)),
        read.expected(tables.get(AMOUNTS)),
        read.expected(tables.get(FACTS)),
        read.expected(tables.get(WORTHS)),
    )


def _loaded(section: Section, load: Callable[[bytes, Media], T]) -> T:
    document = document_of(section)
    try:
        return load(document, Media.TOML)
    except InputError as error:
        problems = [evolve(each, where=f"{section.where}, {each.where}") for each in error.problems]
        raise InputError(tuple(problems)) from None


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{2}:[0-9]{2})?").fullmatch


def _instant(text: str, where: str, zone: ZoneInfo) -> Instant:
    try:
        if _DAY(text):
            return utc(datetime.fromisoformat(text).replace(tzinfo=zone), where)
    except ValueError:
        pass  # a thirteenth month, or an hour 25: no day either
    raise InputError.of(where, f"not a day: {shown(text)}", "like 2026-01-31 or 2026-01-31 23:59")


@frozen
class _Reader:
    """What cells mean in a shop with a policy and a plan."""

    policy: ShopPolicy
    plan: Plan

    def member(self, row: Row) -> Newcomer:
        try:
            state = State(row["state"] or State.ACTIVE.value)
        except ValueError:
            known = ", ".join(each.value for each in State)
            raise InputError.of(row.at("state"), f"unknown: {shown(row['state'])}", known) from None
        joined_at = self._instant(row, "joined") if row["joined"] else instant_of(limits.INSTANT_MIN)
        sponsor = MemberId(row["sponsor"]) if row["sponsor"] else None
        return Newcomer(MemberId(row["member"]), joined_at, sponsor, row["tier"], state)

    def agent(self, row: Row) -> Appointment:
        since, until = (self._instant(row, name) if row[name] else None for name in ("from", "until"))
        return Appointment(MemberId(row["member"]), row["region"], since, until)

    def sales(self, rows: Sequence[Row]) -> Iterator[tuple[Instant, Event]]:
        for id, of_order in _by(rows, "order", same=OF_ORDER):
            first = of_order[0]
            paid_at, lines = self._instant(first, "paid"), tuple(map(self._sale_line, of_order))
            promoter = MemberId(first["promoter"]) if first["promoter"] else None
            buyer = MemberId(first["buyer"])
            where = (first["region"], first["channel"], first["group"])
            yield paid_at, Sale(SaleId(id), buyer, self.plan.currency, paid_at, lines, promoter, *where)
            if first["completed"]:
                completed_at = self._instant(first, "completed")
                yield completed_at, Completion(SaleId(id), completed_at)

    def refunds(self, rows: Sequence[Row]) -> Iterator[tuple[Instant, Event]]:
        for id, of_refund in _by(rows, "refund", same=("order", "refunded", "repeats")):
            first = of_refund[0]
            at = self._instant(first, "refunded")
            repeats = RefundId(first["repeats"]) if first["repeats"] else None
            lines = tuple(map(self._refund_line, of_refund))
            yield at, Refund(RefundId(id), SaleId(first["order"]), lines, at, repeats)

    def prices(self, rows: Sequence[Row]) -> Iterator[tuple[Instant, Event]]:
        for id, of_correction in _by(rows, "correction", same=("order", "corrected")):
            first = of_correction[0]
            at = self._instant(first, "corrected")
            lines = tuple(PriceLine(LineId(row["line"]), self._minor(row, "net")) for row in of_correction)
            yield at, PriceCorrection(PriceCorrectionId(id), SaleId(first["order"]), lines, at)

    def cancellations(self, rows: Sequence[Row]) -> Iterator[tuple[Instant, Event]]:
        for row in rows:
            at = self._instant(row, "cancelled")
            yield at, Cancellation(SaleId(row["order"]), at)

    def periods(self, rows: Sequence[Row]) -> Iterator[tuple[Instant, Event]]:
        for row in rows:
            yield self._instant(row, "accrued"), PeriodEnd(self.plan.currency, row["period"])

    def recomputed(self, rows: Sequence[Row], late: Plan | None) -> Iterator[tuple[Instant, Event]]:
        for row in rows:
            if late is None:
                raise InputError.of(row.at("period"), "is pinned to nothing", "write a Late plan")
            yield self._instant(row, "recomputed"), Late(late, row["period"])

    def expected(self, table: Table | None) -> Table | None:
        """Return what is expected with its amounts as they are shown: 10 is 10.00."""
        return table and evolve(table, rows=tuple(map(self._as_shown, table.rows)))

    def _sale_line(self, row: Row) -> SaleLine:
        return SaleLine(
            LineId(row["line"]),
            Sku(row["sku"] or "goods"),
            _units(row, "1"),
            self._minor(row, "net"),
            row["category"],
            self._minor_if_said(row, "list"),
            self._minor_if_said(row, "cost"),
            self._minor_if_said(row, "tax"),
            row["brand"],
            tuple(row["tags"].split()),
        )

    def _refund_line(self, row: Row) -> RefundLine:
        return RefundLine(LineId(row["line"]), _units(row, "0"), self._minor(row, "amount"))

    def _instant(self, row: Row, column: str) -> Instant:
        return _instant(row[column], row.at(column), self.policy.zone)

    def _minor(self, row: Row, column: str) -> int:
        return parse_minor(row[column], self.plan.currency, row.at(column))

    def _minor_if_said(self, row: Row, column: str) -> int | None:
        return self._minor(row, column) if row[column] else None

    def _as_shown(self, row: Row) -> Row:
        amounts = {column: self._minor(row, column) for column in MONEY & row.cells.keys()}
        cells = {column: format_minor(minor, self.plan.currency) for column, minor in amounts.items()}
        return evolve(row, cells={**row.cells, **cells})


def _units(row: Row, otherwise: str) -> int:
    text = row["units"] or otherwise
    if not re.fullmatch("[0-9]{1,10}", text):
        raise InputError.of(row.at("units"), f"not a whole number: {shown(text)}")
    return int(text)


def _by(rows: Iterable[Row], column: str, *, same: tuple[str, ...]) -> Iterator[tuple[str, list[Row]]]:
    """Group rows by an id; what must be the same in all rows of it, is."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        group = groups.setdefault(row[column], [])
        group.append(row)
        for each in same:
            if row[each] != group[0][each]:
                raise InputError.of(row.at(each), f"not as in the first row of {shown(row[column])}")
    yield from groups.items()


# Playing it


class _Play:
    """A shop in which a scenario is played."""

    def __init__(self, scenario: Scenario, store: Store) -> None:
        self._currency = scenario.plan.currency
        self._waiting = list(scenario.events)
        self._store = store
        self._steps = 0
        start = instant_of(limits.INSTANT_MIN)
        self._do(engine.set_policy, scenario.policy, at=start)
        self._do(engine.set_plan, scenario.plan, at=start)
        for member in in_joining_order(scenario.members):
            self._do(engine.join, member, at=member.joined_at)
        joined = {member.id: member.joined_at for member in scenario.members}
        for agent in scenario.agents:
            since = agent.since or joined.get(agent.member, start)
            self._do(engine.appoint, agent.member, agent.region, at=since, valid_from=since)
            if agent.until is not None:
                until = agent.until
                self._do(engine.dismiss, agent.member, agent.region, at=until, valid_from=until)

    def until(self, instant: Instant) -> None:
        """Let happen what happens up to an instant, and every freeze end that is over by then."""
        while self._waiting and self._waiting[0][0] <= instant:
            at, event = self._waiting.pop(0)
            self._do(engine.release, at=at)
            self._do(_VERBS[type(event)], event, at=at)
        self._do(engine.release, at=instant)

    def earnings(self, as_of: str) -> list[dict[str, str]]:
        """Return what everybody has earned so far."""
        always = Period("", instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX))
        with self._store.begin() as tx:
            return [
                {
                    "as of": as_of,
                    "payee": each.payee,
                    "earned": self._shown(each.accrued_minor),
                    "taken back": self._shown(each.clawed_back_minor),
                    "frozen": self._shown(each.frozen_minor),
                    "released": self._shown(each.released_minor),
                }
                for each in engine.earnings(tx, always)
            ]

    def amounts(self) -> list[dict[str, str]]:
        """Return what the facts of each line add up to, apart from what is zero."""
        found = []
        with self._store.begin() as tx:
            for record in tx.sales.all():
                facts = (accrual for posting in record.postings for accrual in posting.accruals)
                for share, amount in sums_of(facts).items():
                    if amount:
                        found.append({"order": record.booking.sale.id, **self._row(share, amount)})
        return found

    def facts(self) -> list[dict[str, str]]:
        """Return the facts of each cause, one by one; a recomputation is named without its key."""
        with self._store.begin() as tx:
            return [
                {
                    "order": posting.sale,
                    "cause": "recompute" if is_recomputation(posting.cause) else posting.cause,
                    **self._row(share_of(accrual), accrual.amount_minor),
                }
                for record in tx.sales.all()
                for posting in record.postings
                for accrual in posting.accruals
            ]

    def _row(self, share: Share, amount_minor: int) -> dict[str, str]:
        line, component, rule, payee, level = share
        of = {"line": line, "component": component, "rule": rule, "level": str(level), "payee": payee}
        return {**of, "amount": self._shown(amount_minor)}

    def worths(self) -> list[dict[str, str]]:
        """Return what was posted of each period, apart from what adds up to nothing."""
        with self._store.begin() as tx:
            return [
                {
                    "period": run.period.label,
                    "component": component,
                    "payee": payee,
                    "amount": self._shown(amount),
                }
                for run in tx.period_runs.all()
                for component, payee, amount in tx.period_runs.sums(run.number)
            ]

    def damages(self) -> list[str]:
        """Return what `verify` finds wrong; that is never expected."""
        with self._store.begin() as tx:
            return [f"verify: {problem}" for problem in engine.verify(tx).problems]

    def _do(self, verb: Callable[..., object], *given: object, at: Instant, **options: Instant) -> None:
        self._steps += 1
        with self._store.begin() as tx:
            verb(tx, *given, at=at, actor="scenario", key=f"step {self._steps}", **options)

    def _shown(self, amount_minor: int) -> str:
        return format_minor(amount_minor, self._currency)


def _compared(
    table: str, columns: Sequence[str], expected: Iterable[Row], actual: Iterable[Mapping[str, str]]
) -> list[str]:
    """Return the rows that only one side has, in the columns that the page shows."""
    ours = Counter(tuple(row[column] for column in columns) for row in expected)
    theirs = Counter(tuple(row[column] for column in columns) for row in actual)
    return [
        *(f"{table}, only on the page: | {' | '.join(row)} |" for row in (ours - theirs).elements()),
        *(f"{table}, only in the shop: | {' | '.join(row)} |" for row in (theirs - ours).elements()),
    ]
