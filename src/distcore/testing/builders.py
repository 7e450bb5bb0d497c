"""Named builders: a test says what it is about, and everything else has a quiet default.

>>> from distcore.engine import accrue
>>> from distcore.memory import MemoryStore
>>> sale = a_sale("order 1", buyer="cai", lines=[a_line("1", net_minor=9990)])
>>> shop = Shop.open(MemoryStore("tea house"), a_plan(levels("10%", "2%")), a_chain("ann", "ben", "cai"))
>>> [(accrual.payee, accrual.amount_minor) for accrual in shop.do(accrue, sale).accruals]
[('ben', 999), ('ann', 200)]
>>> shop.refused(accrue, a_sale("order 2", currency="JPY"))
'currency_not_of_shop'
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeAlias, TypeVar

from distcore.commission import (
    NO_FORMULAS,
    SOLD,
    Accrual,
    AfterRefund,
    Booking,
    Cancellation,
    Component,
    Correction,
    Earning,
    FirstLevel,
    FirstOrder,
    FixedPerOrder,
    Formulas,
    Freeze,
    FreezeFrom,
    GroupBy,
    Percent,
    Plan,
    Posting,
    PriceCorrection,
    PriceLine,
    Refund,
    RefundLine,
    Repin,
    Rule,
    Sale,
    SaleLine,
    SaleRecord,
    Scope,
    Share,
    Unqualified,
    Upline,
    cause_of,
    happened_at,
    recomputed_under,
    sums_of,
)
from distcore.engine import (
    approve_payout,
    join_all,
    request_payout,
    set_account,
    set_plan,
    set_policy,
    submit_payouts,
    verify,
    verify_account,
)
from distcore.kernel import (
    Actor,
    ComponentId,
    Currency,
    DayKind,
    Instant,
    LineId,
    MemberId,
    PlanId,
    PriceCorrectionId,
    Rate,
    RefundId,
    RefusedError,
    Rounding,
    RuleId,
    SaleId,
    ShopPolicy,
    Sku,
    instant_of,
    limits,
    zone_of,
)
from distcore.payout import STORED_VALUE_CHANNEL, AccountDetails, PayeeAccount, Payout, PayoutRecord
from distcore.ports import Store
from distcore.referral import Member, Newcomer, State
from distcore.settlement import Customs, Statement
from distcore.testing.dump import dump

T = TypeVar("T")

StoreOf: TypeAlias = Callable[[str], Store]
"""Opens the store of a shop; the same name opens the same shop again, another name another one."""

ALWAYS: Final = (instant_of(limits.INSTANT_MIN), instant_of(limits.INSTANT_MAX - 1))
"""The first instant that there is, and the last."""

LATER: Final = datetime(2018, 1, 1, microsecond=123_457, tzinfo=UTC)
"""When the verbs of a `Shop` are called, unless a test says otherwise: after all that happens."""


def day(number: int, hour: int = 0) -> Instant:
    """Return an instant of 2017, whose first day has the number 1."""
    return datetime(2017, 1, 1, tzinfo=UTC) + timedelta(days=number - 1, hours=hour)


DAY_1: Final = day(1)
DAY_10: Final = day(10)
DAY_12: Final = day(12)
DAY_13: Final = day(13)

COMPLETED: Final = Freeze(days=7)
"""A freeze of a week after completion."""

PAID: Final = Freeze(days=7, counts_from=FreezeFrom.PAID)
"""A freeze of a week after payment, which needs no completion."""


def a_policy(
    zone: str = "Asia/Shanghai", currencies: tuple[str, ...] = ("CNY",), days: DayKind = DayKind.CALENDAR
) -> ShopPolicy:
    """Return the policy of a shop in China."""
    return ShopPolicy(zone_of(zone), tuple(map(Currency, currencies)), days=days)


def a_member(
    id: str,
    sponsor: str | None = None,
    *,
    joined_at: Instant = DAY_1,
    tier: str = "",
    state: State = State.ACTIVE,
) -> Newcomer:
    """Return somebody who joins on the first day."""
    return Newcomer(MemberId(id), joined_at, None if sponsor is None else MemberId(sponsor), tier, state)


def a_chain(*ids: str) -> tuple[Newcomer, ...]:
    """Return members of whom each stands below the one before."""
    return tuple(a_member(id, above) for id, above in zip(ids, (None, *ids), strict=False))


def levels(
    *rates: str,
    id: str = "levels",
    unqualified: Unqualified = Unqualified.LOST,
    qualified_tiers: tuple[str, ...] = (),
    buyer_is_level_1: bool = False,
    level_1: FirstLevel = FirstLevel.SPONSOR,
) -> Upline:
    """Return a component that pays each level a percentage, the sponsor first."""
    rules = tuple(
        Rule(RuleId(f"level {number}"), Percent(Rate.parse(rate)), (number,))
        for number, rate in enumerate(rates, 1)
    )
    return Upline(ComponentId(id), rules, unqualified, qualified_tiers, buyer_is_level_1, level_1)


def a_welcome(amount_minor: int = 1_000, after_refund: AfterRefund = AfterRefund.LOST) -> FirstOrder:
    """Return a component that pays an amount for the first order of a customer."""
    fixed = Rule(RuleId("fixed"), FixedPerOrder(amount_minor))
    return FirstOrder(ComponentId("welcome"), (fixed,), after_refund=after_refund)


def a_plan(
    *components: Component,
    id: str = "plan",
    plan_version: int = 1,
    currency: str = "CNY",
    valid_from: Instant = DAY_1,
    valid_until: Instant | None = None,
    freeze: Freeze = COMPLETED,
    rounding: Rounding = Rounding.HALF_UP,
    rounding_scope: Scope = Scope.LINE,
    budget: str | None = None,
) -> Plan:
    """Return a plan that is valid from the first day on; without components it pays 10, 5 and 2 %."""
    return Plan(
        PlanId(id),
        plan_version,
        Currency(currency),
        valid_from,
        freeze,
        components or (levels("10%", "5%", "2%"),),
        valid_until,
        rounding,
        rounding_scope,
        None if budget is None else Rate.parse(budget),
    )


def a_line(
    id: str = "1", *, net_minor: int = 10_000, units: int = 1, sku: str = "tea", category: str = ""
) -> SaleLine:
    """Return a line of one unit for 100.00."""
    return SaleLine(LineId(id), Sku(sku), units, net_minor, category)


def a_sale(
    id: str = "order 1",
    buyer: str = "cai",
    lines: Iterable[SaleLine] | None = None,
    *,
    currency: str = "CNY",
    paid_at: Instant = DAY_10,
    promoter: str | None = None,
) -> Sale:
    """Return an order of one line, paid on the tenth day."""
    return Sale(
        SaleId(id),
        MemberId(buyer),
        Currency(currency),
        paid_at,
        (a_line(),) if lines is None else tuple(lines),
        None if promoter is None else MemberId(promoter),
    )


def a_refund(
    id: str,
    sale: str = "order 1",
    lines: Mapping[str, tuple[int, int]] | None = None,
    *,
    refunded_at: Instant = DAY_12,
    repeats: str | None = None,
) -> Refund:
    """Return a refund of units and minor units by line; by default of 10.00 of line 1."""
    return Refund(
        RefundId(id),
        SaleId(sale),
        tuple(RefundLine(LineId(line), *back) for line, back in (lines or {"1": (0, 1_000)}).items()),
        refunded_at,
        None if repeats is None else RefundId(repeats),
    )


def a_price(
    id: str,
    nets: Mapping[str, int] | None = None,
    sale: str = "order 1",
    *,
    corrected_at: Instant = DAY_12,
) -> PriceCorrection:
    """Return other prices of lines, in minor units; by default line 1 should have cost 90.00."""
    lines = tuple(PriceLine(LineId(line), net) for line, net in (nets or {"1": 9_000}).items())
    return PriceCorrection(PriceCorrectionId(id), SaleId(sale), lines, corrected_at)


def a_cancellation(sale: str = "order 1", cancelled_at: Instant = DAY_13) -> Cancellation:
    """Return the end of an order."""
    return Cancellation(SaleId(sale), cancelled_at)


def an_accrual(
    payee: str, amount_minor: int, *, line: str = "1", level: int = 1, component: str = "levels"
) -> Accrual:
    """Return a fact by the first rule of `levels`."""
    rule = RuleId(f"level {level}")
    return Accrual(LineId(line), ComponentId(component), rule, MemberId(payee), level, amount_minor)


def a_booking(
    sale: Sale, *accruals: Accrual, plan: Plan | None = None, booked_at: Instant = LATER
) -> tuple[Booking, Posting]:
    """Return a sale as the engine books it, and its first posting."""
    pinned = plan or a_plan()
    return (
        Booking(sale, pinned.id, pinned.plan_version, True, 0, booked_at),
        Posting(sale.id, SOLD, sale.paid_at, booked_at, accruals),
    )


def a_correction(
    correction: Correction, *accruals: Accrual, posted_at: Instant = LATER
) -> tuple[Correction, Posting]:
    """Return a correction as the engine posts it."""
    happened = happened_at(correction)
    return correction, Posting(correction.sale, cause_of(correction), happened, posted_at, accruals)


def a_recomputation(
    sale: Sale, *accruals: Accrual, repin: Repin | None = None, key: str = "k", posted_at: Instant = LATER
) -> tuple[Posting, Repin | None]:
    """Return what a recomputation posts, and the re-pin that it comes with, if any."""
    return Posting(sale.id, recomputed_under(key), sale.paid_at, posted_at, accruals), repin


def a_repin(posting: int = 1, plan_version: int = 1, *, reason: str = "a rate came late") -> Repin:
    """Return a re-pin of a sale to a version of `plan`, approved by the boss."""
    return Repin(posting, PlanId("plan"), plan_version, reason, Actor("boss"), Actor("tester"))


class Shop:
    """A shop as a test drives it: every verb in a transaction and under a key of its own."""

    def __init__(self, store: Store) -> None:
        """Drive a store as it is."""
        self.store = store
        self._calls = 0

    @classmethod
    def open(
        cls,
        store: Store,
        plan: Plan | None = None,
        newcomers: Iterable[Newcomer] = (),
        policy: ShopPolicy | None = None,
        formulas: Formulas = NO_FORMULAS,
    ) -> Self:
        """Give a new shop a policy, a plan and members; `formulas` are those that the plan may pay by."""
        shop = cls(store)
        shop.do(set_policy, policy or a_policy())
        shop.do(set_plan, plan or a_plan(), formulas=formulas)
        report = shop.do(join_all, list(newcomers))
        assert not report.refused, report.refused
        assert not report.problems, report.problems
        return shop

    def do(self, verb: Callable[..., T], *args: object, **options: Any) -> T:
        """Call a verb; `at`, `actor` and `key` are given where the options do not name them."""
        self._calls += 1
        call = {"at": LATER, "actor": "tester", "key": f"key {self._calls}"} | options
        with self.store.begin() as tx:
            return verb(tx, *args, **call)

    def refused(self, verb: Callable[..., object], *args: object, **options: Any) -> str:
        """Return the code with which a verb is refused, or nothing if it is done.

        The transaction commits in both cases: a refused verb has written nothing.
        """
        return self.do(_code_of, verb, *args, **options)

    def record(self, sale: str) -> SaleRecord:
        """Return all that is remembered of a sale."""
        with self.store.begin() as tx:
            return tx.sales.find([SaleId(sale)])[SaleId(sale)]

    def shares(self, sale: str) -> dict[Share, int]:
        """Return what the facts of a sale add up to, without what is zero."""
        facts = (accrual for posting in self.record(sale).postings for accrual in posting.accruals)
        return {share: amount for share, amount in sums_of(facts).items() if amount}

    def member(self, id: str) -> Member:
        """Return a member with all changes."""
        with self.store.begin() as tx:
            return tx.members.upward([MemberId(id)], 0)[MemberId(id)]

    def earned(
        self, start: Instant = ALWAYS[0], end: Instant = ALWAYS[1], by: GroupBy = GroupBy.VALID
    ) -> dict[str, Earning]:
        """Return what each payee earned, in a shop of one currency."""
        with self.store.begin() as tx:
            return {earning.payee: earning for earning in tx.earnings.of(start, end, by)}

    def accounts(self, payee: str, currency: str = "CNY") -> dict[str, int]:
        """Return what is on the accounts for one payee; nothing: left out."""
        with self.store.begin() as tx:
            found = list(tx.transfers.balances(MemberId(payee)))
        return {each.account: each.minor for each in found if each.currency == currency}

    def balance(self, payee: str, currency: str = "CNY") -> tuple[int, int]:
        """Return what a payee's statements carry, and what is payable."""
        with self.store.begin() as tx:
            found = tx.balances.of([MemberId(payee)], Currency(currency)).get(MemberId(payee))
        return (0, 0) if found is None else (found.carried_minor, found.payable_minor)

    def statements(self, payee: str) -> list[Statement]:
        """Return every statement of a payee, also of closings that were rejected."""
        with self.store.begin() as tx:
            return list(tx.closings.statements_of(MemberId(payee)))

    def bank(self, payee: str, channel: str = "bank", **options: Any) -> PayeeAccount:
        """Give a payee an account, and let the boss verify it."""
        details = AccountDetails(f"{payee} Ling", f"6222 0202 {payee}", "ICBC")
        if channel == STORED_VALUE_CHANNEL:
            details = AccountDetails()
        account = self.do(set_account, payee, channel, details, **options)
        return self.do(verify_account, payee, account.number, **options | {"actor": "boss"})

    def request(self, id: str, payee: str = "ann", amount_minor: int = 1_000, **options: Any) -> PayoutRecord:
        """Ask for a payout."""
        return self.do(request_payout, id, payee, "CNY", amount_minor, **options)

    def send(self, id: str, payee: str = "ann", amount_minor: int = 1_000, **options: Any) -> Payout:
        """Ask for a payout, let the boss approve it, and hand it over to the provider."""
        record = self.request(id, payee, amount_minor, **options)
        self.do(approve_payout, id, **options | {"actor": "boss"})
        report = self.do(submit_payouts, record.payout.channel, [id], **options)
        assert not report.refused, report.refused
        return record.payout

    def dump(self) -> str:
        """Return the canonical dump."""
        with self.store.begin() as tx:
            return dump(tx)

    def assert_sound(self, customs: Customs | None = None, formulas: Formulas = NO_FORMULAS) -> None:
        """Let `verify` look at everything; `customs` and `formulas` are functions of the shop."""
        with self.store.begin() as tx:
            verified = verify(tx, customs=customs, formulas=formulas)
        assert verified.sound, "\n".join(map(str, verified.problems))


def _code_of(tx: object, verb: Callable[..., object], *args: object, **options: Any) -> str:
    try:
        verb(tx, *args, **options)
    except RefusedError as error:
        return error.refusal.code
    return ""
