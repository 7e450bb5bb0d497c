"""Small words for tests: who stands where, what is sold, what a plan pays.

Amounts are minor units, days are those of January 2026 in UTC, and everything that a test does not care
about has a quiet default.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import count
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Accrual,
    FixedPerOrder,
    FixedPerUnit,
    Freeze,
    Lineage,
    Match,
    Percent,
    Plan,
    Posting,
    PriceCorrection,
    Refund,
    RefundLine,
    Reward,
    Rule,
    Sale,
    SaleLine,
    Seat,
    Standing,
    Upline,
)
from distcore.kernel import (
    ComponentId,
    Currency,
    InputError,
    Instant,
    LineId,
    MemberId,
    Period,
    PlanId,
    Rate,
    RefundId,
    Refusal,
    RefusedError,
    RuleId,
    SaleId,
    ShopPolicy,
    Sku,
    parse_instant,
    parse_period,
)
from distcore.memory import MemoryStore, MemoryTransaction
from distcore.referral import Newcomer, State
from distcore.testing.builders import a_price

T = TypeVar("T")
P = ParamSpec("P")

SHANGHAI = ZoneInfo("Asia/Shanghai")
CNY = Currency("CNY")
ACTOR = "tester"


def day(number: int, hour: int = 0) -> Instant:
    """Return an instant of January 2026; days after the 31st are in February, and so on."""
    return parse_instant("2026-01-01T00:00:00Z") + timedelta(days=number - 1, hours=hour)


FIRST, SECOND, THIRD, NOW = day(1), day(2), day(3), day(31)


def month(label: str = "2026-01", zone: ZoneInfo = SHANGHAI) -> Period:
    """Return a period of the shop by its label."""
    return parse_period(label, ShopPolicy(zone, (CNY,)).calendar)


# What a plan pays


def rule(
    id: str, levels: Iterable[int], pays: Reward, *, tiers: Iterable[str] = (), match: Match | None = None
) -> Rule:
    """Return a rule."""
    return Rule(RuleId(id), pays, tuple(levels), tuple(tiers), match)


def percent(
    rate: str, *levels: int, id: str = "", tiers: Iterable[str] = (), match: Match | None = None
) -> Rule:
    """Return a rule that pays a rate on levels; its id is the rate if nothing else is said."""
    return rule(id or rate, levels, Percent(Rate.parse(rate)), tiers=tiers, match=match)


def per_unit(amount_minor: int, *levels: int, match: Match | None = None) -> Rule:
    """Return a rule that pays an amount for every unit."""
    return rule(f"{amount_minor} per unit", levels, FixedPerUnit(amount_minor), match=match)


def per_order(amount_minor: int, *levels: int, tiers: Iterable[str] = (), match: Match | None = None) -> Rule:
    """Return a rule that pays an amount once per order."""
    return rule(f"{amount_minor} per order", levels, FixedPerOrder(amount_minor), tiers=tiers, match=match)


LEVELS = Upline(ComponentId("levels"), ())
PLAN = Plan(PlanId("plan"), 1, CNY, FIRST, Freeze(7), ())


def levels(*rules: Rule) -> Upline:
    """Return a component with these rules; tests `evolve` it for anything else."""
    return evolve(LEVELS, rules=rules)


def plan(*rules: Rule, upline: Upline = LEVELS) -> Plan:
    """Return a plan of one component with these rules; tests `evolve` it for anything else."""
    return evolve(PLAN, components=(evolve(upline, rules=rules) if rules else upline,))


# What is sold


def line(
    id: str = "1", net_minor: int = 10_000, units: int = 1, *, sku: str = "tea", category: str = ""
) -> SaleLine:
    """Return a line of a sale: 100.00 for one unit if nothing else is said."""
    return SaleLine(LineId(id), Sku(sku), units, net_minor, category)


def sale(
    *lines: SaleLine,
    id: str = "order 1",
    buyer: str = "cai",
    paid_at: Instant = SECOND,
    promoter: str | None = None,
    currency: str = "CNY",
) -> Sale:
    """Return a sale, with one line if none is given."""
    return Sale(
        SaleId(id),
        MemberId(buyer),
        Currency(currency),
        paid_at,
        lines or (line(),),
        None if promoter is None else MemberId(promoter),
    )


def refund(
    *lines: tuple[str, int, int],
    id: str = "r1",
    of: str = "order 1",
    refunded_at: Instant = THIRD,
    repeats: str | None = None,
) -> Refund:
    """Return a refund of lines, units and amounts in minor units."""
    return Refund(
        RefundId(id),
        SaleId(of),
        [RefundLine(LineId(line), units, amount_minor) for line, units, amount_minor in lines],
        refunded_at,
        None if repeats is None else RefundId(repeats),
    )


def price(
    id: str, nets: Mapping[str, int] | None = None, sale: str = "order 1", *, corrected_at: Instant = THIRD
) -> PriceCorrection:
    """Return a correction of what lines should have been sold for; by default line 1 for 90.00."""
    return a_price(id, nets, sale, corrected_at=corrected_at)


# Who stands where


def seat(member: str, tier: str = "", standing: Standing = Standing.ACTIVE) -> Seat:
    """Return a seat above the buyer."""
    return Seat(MemberId(member), tier, standing)


def above(
    *seats: str | Seat, buyer: str = "buyer", own: Seat | None = None, promoted: Iterable[Seat] = ()
) -> Lineage:
    """Return the lineage of a buyer, nearest first."""
    sponsors = tuple(seat(each) if isinstance(each, str) else each for each in seats)
    return Lineage(MemberId(buyer), own, sponsors, tuple(promoted))


def newcomer(
    id: str,
    sponsor: str | None = None,
    *,
    joined_at: Instant = FIRST,
    tier: str = "",
    state: State = State.ACTIVE,
) -> Newcomer:
    """Return somebody who joins."""
    return Newcomer(MemberId(id), joined_at, None if sponsor is None else MemberId(sponsor), tier, state)


# What comes out


def paid(accruals: Posting | Iterable[Accrual]) -> dict[str, int]:
    """Return what each payee gets in all, in order of first appearance."""
    sums: dict[str, int] = {}
    for accrual in accruals.accruals if isinstance(accruals, Posting) else accruals:
        sums[accrual.payee] = sums.get(accrual.payee, 0) + accrual.amount_minor
    return sums


class Shop:
    """A shop on the memory store: verbs are called in transactions of their own, under keys of their own."""

    def __init__(self, policy: ShopPolicy | None = None) -> None:
        self.store = MemoryStore("tea house")
        self._keys = count(1)
        self.do(engine.set_policy, policy or ShopPolicy(SHANGHAI, (CNY,)))

    def do(
        self, verb: Callable[..., T], *args: object, at: Instant = NOW, key: str = "", **options: object
    ) -> T:
        """Do what changes something; a refusal rolls back."""
        with self.store.begin() as tx:
            return verb(tx, *args, at=at, actor=ACTOR, key=key or self._key(), **options)

    def ask(
        self, question: Callable[Concatenate[MemoryTransaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Ask what changes nothing."""
        with self.store.begin() as tx:
            return question(tx, *args, **kwargs)

    def refused(
        self, verb: Callable[..., object], *args: object, at: Instant = NOW, key: str = "", **options: object
    ) -> Refusal:
        """Return the refusal of what must be refused, and must leave everything as it is."""
        with self.store.begin() as tx:  # commits, so that whatever was written before the refusal would stay
            before = dump(tx)
            with pytest.raises(RefusedError) as raised:
                verb(tx, *args, at=at, actor=ACTOR, key=key or self._key(), **options)
            assert dump(tx) == before
        return raised.value.refusal

    def problems(
        self, verb: Callable[..., object], *args: object, at: Instant = NOW, key: str = "", **options: object
    ) -> list[str]:
        """Return what is wrong with what is given, which must leave everything as it is."""
        with self.store.begin() as tx:
            before = dump(tx)
            with pytest.raises(InputError) as raised:
                verb(tx, *args, at=at, actor=ACTOR, key=key or self._key(), **options)
            assert dump(tx) == before
        return [str(problem) for problem in raised.value.problems]

    def _key(self) -> str:
        return f"key {next(self._keys)}"


def shop(*members: Newcomer, plan: Plan | None = None, policy: ShopPolicy | None = None) -> Shop:
    """Return a shop with members and a plan: `ann` above `ben` above `cai` if none are named."""
    found = Shop(policy)
    if plan is not None:
        found.do(engine.set_plan, plan)
    who = members or (newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ben"))
    assert len(found.do(engine.join_all, who, key="members").done) == len(who)
    return found


def dump(tx: MemoryTransaction) -> tuple[object, ...]:
    """Return all that a shop holds."""
    return (
        tx.policies.current(),
        list(tx.plans.all()),
        list(tx.overrides.all()),
        list(tx.members.all()),
        list(tx.sales.all()),
        tx.period_runs.all(),
        list(tx.commands.all()),
    )
