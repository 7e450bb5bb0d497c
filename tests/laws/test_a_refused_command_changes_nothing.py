"""M12: a refused command leaves the dump identical, even where its transaction commits.

Every code that the library can refuse with stands here with a command that is refused with it; the machine
holds the same law over random commands.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Bracket,
    Cap,
    Custom,
    EarnedBefore,
    FixedPerUnit,
    Ladder,
    Margin,
    OrderNumber,
    Per,
    Plan,
    Rule,
    Upline,
    earned_key,
)
from distcore.commission import refusals as of_commission
from distcore.compliance import Permission
from distcore.compliance import refusals as of_compliance
from distcore.engine import refusals as of_engine
from distcore.kernel import (
    Actor,
    Cadence,
    CapId,
    Code,
    CompliancePreset,
    ComponentId,
    Currency,
    InputError,
    Instant,
    MemberId,
    PlanId,
    Rate,
    RefusedError,
    Report,
    RuleId,
    limits,
)
from distcore.members import OwnSales
from distcore.members import refusals as of_members
from distcore.payout import Outcome
from distcore.payout import refusals as of_payout
from distcore.ports import Store
from distcore.referral import ApplicationState, CodeKind, Downline, State, fingerprint_hash
from distcore.referral import refusals as of_referral
from distcore.settlement import CustomWithholding, HoldOn, Review
from distcore.settlement import refusals as of_settlement
from distcore.testing.builders import (
    LATER,
    PAID,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_price,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.money import (
    a_due,
    a_hold,
    a_settlement_policy,
    an_adjustment,
    an_event,
    an_opening,
    some_details,
)
from distcore.testing.recruiting import identify_members, some_evidence
from distcore.testing.tiers import a_month, a_tier_policy

AMOUNT_MAX = Upline(ComponentId("huge"), (Rule(RuleId("huge"), FixedPerUnit(limits.AMOUNT_MINOR_MAX), (1,)),))

LADDER = Ladder(ComponentId("ladder"), (Bracket(0, Rate.parse("1%")),))
BY_THE_DAY = evolve(
    a_plan(id="euro", currency="EUR", plan_version=4),
    period_components=(LADDER,),
    period_cadence=Cadence.DAILY,
)
"""Another cadence than that of the versions before it."""
OF_THE_MARGIN = Upline(ComponentId("levels"), AMOUNT_MAX.rules, base=Margin())

BY_FORMULA = Custom(ComponentId("formula"), "formula", 1)

Refused = Callable[[Shop], str]


def refused(verb: Callable[..., object], *args: object, **options: Any) -> Refused:
    return lambda shop: shop.refused(verb, *args, **options)


JANUARY = a_month()
TO_THE_SECOND = engine.NewPin(PlanId("plan"), 2, "the rate came late", "boss")


def recomputed(**changes: Any) -> Refused:
    """Return what gives the code of a recomputation by another plan version."""
    pin = evolve(engine.NewPin(PlanId("plan"), 1, "the rate came late", "boss"), **changes)
    return refused(engine.recompute, "CNY", JANUARY, pin=pin)


def repinned(plan_version: int) -> Refused:
    """Return what gives the code of the only sale in yen, pinned to another version."""

    def call(shop: Shop) -> str:
        pin = engine.NewPin(PlanId("yen"), plan_version, "the rate came late", "boss")
        report = shop.do(engine.recompute, "JPY", JANUARY, pin=pin).report
        return report.refused[0].refusal.code if report.refused else ""

    return call


def period_repinned(plan_version: int) -> Refused:
    """Return what gives the code of the only period that was accrued, pinned to another version."""
    pin = engine.NewPin(PlanId("euro"), plan_version, "the rate came late", "boss")
    return refused(engine.accrue_period, "EUR", "week-2017-01-02", pin=pin)


def refused_one(verb: Callable[..., Report[Any]], *args: object, **options: Any) -> Refused:
    """Return what gives the code of the only item of a batch, or nothing if it is done."""

    def call(shop: Shop) -> str:
        report = shop.do(verb, *args, **options)
        return report.refused[0].refusal.code if report.refused else ""

    return call


def adjusted(id: str = "new", payee: str = "ann", at: Instant = LATER, **options: Any) -> Refused:
    return refused(engine.adjust, an_adjustment(id, payee, **options), at=at)


def opened(id: str, payee: str = "ann", amount_minor: int = 1_000) -> Refused:
    return refused_one(engine.open_balances, [an_opening(id, payee, amount_minor)])


def requested(id: str, payee: str = "ann", amount_minor: int = 1_000) -> Refused:
    return refused(engine.request_payout, id, payee, "CNY", amount_minor)


def told(id: str = "new", payout: str = "sent", **options: Any) -> Refused:
    return refused(engine.take_event, an_event(id, payout, **options))


def submitted(payout: str, channel: str = "bank") -> Refused:
    return refused_one(engine.submit_payouts, channel, [payout])


def applied(id: str, applicant: str) -> Refused:
    return refused(engine.apply_to_distribute, id, applicant, some_evidence())


def reviewed(id: str, state: ApplicationState = ApplicationState.APPROVED, **options: Any) -> Refused:
    return refused(engine.review_application, id, state, **{"actor": "boss"} | options)


def read(verb: Callable[..., object], *args: object) -> Refused:
    """Return what gives the code of a verb that only reads."""

    def call(shop: Shop) -> str:
        with shop.store.begin() as tx, pytest.raises(RefusedError) as raised:
            verb(tx, *args)
        return raised.value.refusal.code

    return call


STRICT = evolve(a_policy(), compliance_preset=CompliancePreset.CN_STRICT)


CASES: Mapping[str, Refused] = {
    # the engine
    "formula_unknown": refused(engine.set_plan, a_plan(BY_FORMULA, plan_version=8)),
    "key_reused": refused(engine.join, a_member("new", tier="gold"), key="used"),
    "no_policy": refused(engine.accrue, a_sale()),
    "currency_not_of_shop": refused(engine.accrue, a_sale("new", currency="USD")),
    # the tree
    "member_exists": refused(engine.join, a_member("ann", tier="gold")),
    "member_unknown": refused(engine.set_tier, "nobody", "gold"),
    "sponsor_unknown": refused(engine.move, "ben", "nobody"),
    "sponsor_joined_later": refused(engine.join, a_member("new", "late")),
    "would_form_cycle": refused(engine.move, "ann", "cai"),
    "before_joining": refused(engine.set_tier, "late", "gold", valid_from=day(8)),
    "joins_in_future": refused(engine.join, a_member("new", joined_at=day(9)), at=day(8)),
    "state_not_reachable": refused(engine.set_state, "gone", State.ACTIVE),
    "state_changed_later": refused(engine.set_state, "gone", State.SUSPENDED, valid_from=day(2)),
    "nothing_changes": refused(engine.move, "ben", "ann"),
    "agent_already": refused(engine.appoint, "ann", "cn/zj"),
    "not_agent": refused(engine.dismiss, "ben", "cn/zj"),
    "same_person": refused(engine.move, "cai", "used"),
    "person_too_large": refused(engine.identify, "new", ["phone of many"]),
    # recruiting
    "application_unknown": reviewed("nothing"),
    "application_exists": applied("a1", "another"),
    "application_pending": applied("new", "kim"),
    "application_reviewed": reviewed("a1", ApplicationState.REJECTED),
    "same_application_reviewer": reviewed("a2", actor="tester"),
    "reviewed_too_early": reviewed("a2", at=day(1)),
    "applicant_not_active": applied("new", "gone"),
    "code_exists": refused(engine.issue_code, "ann", "Spring"),
    "code_unknown": refused(engine.revoke_code, CodeKind.LINK, "spring"),
    "code_revoked": refused(engine.revoke_code, CodeKind.SHORT, "autumn"),
    "owner_not_active": refused(engine.issue_code, "gone", "winter"),
    "touched_later": refused(engine.bind, "touched", "ann", at=day(3)),
    # tiers
    "no_tier_policy": refused(engine.evaluate_tiers),
    "tier_policy_exists": refused(engine.set_tier_policy, a_tier_policy(grace_periods=1)),
    "tiers_too_early": refused(engine.evaluate_tiers, "2017-02", at=day(33)),
    "tiers_out_of_order": refused(engine.evaluate_tiers, "2017-03"),
    "evaluated_otherwise": refused(engine.evaluate_tiers, "2017-01", credits={"ann": 1}),
    "evaluation_unknown": read(engine.tier_evaluation, 9),
    # plans and sales
    "no_period_components": refused(engine.accrue_period, "CNY"),
    "period_too_early": refused(engine.accrue_period, "EUR", "2018-01"),
    "periods_overlap": refused(engine.accrue_period, "EUR", "2017-01"),
    "period_not_accrued": read(engine.run_of_period, "EUR", "2017-01"),
    "pinned_already": period_repinned(1),
    "component_missing": period_repinned(2),
    "plan_not_of_period": period_repinned(3),
    "no_plan": refused(engine.accrue, a_sale("new", paid_at=day(0))),
    "plan_exists": refused(engine.set_plan, a_plan(budget="20%")),
    "cap_differs": refused(
        engine.set_plan,
        evolve(
            a_plan(AMOUNT_MAX, id="yen", currency="JPY", plan_version=7),
            caps=(Cap(CapId("month"), 1, Per.BUYER),),
        ),
    ),
    "plans_overlap": refused(engine.set_plan, a_plan(id="another")),
    "plan_breaks_preset": refused(engine.set_plan, a_plan(plan_version=2)),
    "own_override": refused(
        engine.set_plan, a_plan(plan_version=2), override=Permission("why", Actor("tester"))
    ),
    "nothing_to_override": refused(engine.set_plan, a_plan(), override=Permission("why", Actor("boss"))),
    "sale_exists": refused(engine.accrue, a_sale("order 1", "ben")),
    "sale_unknown": refused(engine.cancel, a_cancellation("nothing")),
    "paid_in_future": refused(engine.accrue, a_sale("new"), at=day(9)),
    "promoter_unknown": refused(engine.accrue, a_sale("new", promoter="nobody")),
    "base_unknown": refused(engine.accrue, a_sale("new", currency="EUR")),
    "amount_too_large": refused(
        engine.accrue, a_sale("new", currency="JPY", lines=[a_line(units=limits.UNITS_MAX)])
    ),
    "earned_too_large": refused(engine.accrue, a_sale("new", "ben")),
    # corrections
    "accrual_unknown": read(engine.explain_accrual, "order 1", ("1", "levels", "level 1", "zoe", 1)),
    "sale_cancelled": refused(engine.refund, a_refund("new", "cancelled")),
    "refund_exists": refused(engine.refund, a_refund("r1", lines={"1": (0, 7)})),
    "refund_line_unknown": refused(engine.refund, a_refund("new", lines={"9": (0, 7)})),
    "refund_too_large": refused(engine.refund, a_refund("new", lines={"1": (2, 7)})),
    "price_correction_exists": refused(engine.correct_price, a_price("p1", {"1": 7})),
    "price_line_unknown": refused(engine.correct_price, a_price("new", {"9": 7})),
    "price_below_refunds": refused(engine.correct_price, a_price("new", {"1": 7}, corrected_at=day(14))),
    "price_too_large": refused(engine.correct_price, a_price("new", {"1": limits.AMOUNT_MINOR_MAX}, "two")),
    "refund_before_payment": refused(engine.cancel, a_cancellation("order 1", day(9))),
    "corrected_in_future": refused(engine.refund, a_refund("new"), at=day(11)),
    "repeated_refund_unknown": refused(engine.refund, a_refund("new", repeats="r9")),
    "repeated_twice": refused(engine.refund, a_refund("new", repeats="r1")),
    # other plan versions
    "plan_version_unknown": recomputed(plan_version=9),
    "currency_differs": recomputed(plan=PlanId("yen")),
    "repin_not_approved": recomputed(approver="tester"),
    "plan_not_valid": repinned(4),
    "past_unknown": repinned(3),
    "earned_unknown": repinned(6),
    "not_granted": repinned(5),
    "freeze_differs": repinned(2),
    # completion
    "completed_before_payment": refused(engine.complete, engine.Completion(a_sale().id, day(9))),
    "completed_in_future": refused(engine.complete, engine.Completion(a_sale().id, day(20)), at=day(19)),
    "completed_already": refused(engine.complete, engine.Completion(a_sale("done").id, day(12))),
    # settlement
    "no_settlement_policy": refused(engine.close_period, "USD", "2017-01"),
    "settlement_policy_exists": refused(engine.set_settlement, a_settlement_policy(minimum_minor=7)),
    "custom_withholding_unknown": refused(engine.close_period, "JPY", "2017-01"),
    "period_not_ended": refused(engine.close_period, "JPY", "2018-01"),
    "period_out_of_order": refused(engine.close_period, "EUR", "2017-03"),
    "draft_waits": refused(engine.close_period, "CNY", "2017-03"),
    "closing_unknown": refused(engine.approve_closing, 9, actor="boss"),
    "total_too_large": refused(engine.close_period, "EUR", "2017-02"),
    "decided_too_early": refused(engine.approve_closing, 3, at=day(1), actor="boss"),
    "closing_decided": refused(engine.reject_closing, 1, "too late", actor="boss"),
    "same_reviewer": refused(engine.approve_closing, 3),
    "statement_unknown": read(engine.explain_statement, 1, "nobody"),
    "payee_unknown": adjusted(payee="nobody"),
    "adjustment_exists": adjusted("bonus", amount_minor=7),
    "same_authority": adjusted(authority="tester"),
    "adjusted_in_future": adjusted(valid_at=day(9), at=day(8)),
    "opening_exists": opened("old", amount_minor=7),
    "opened_too_late": opened("new"),
    "held_already": refused(engine.place_hold, a_hold("done", reason="again")),
    "not_held": refused(engine.lift_hold, HoldOn.SALE, "order 1", "all is well"),
    # payouts
    "payout_unknown": refused(engine.approve_payout, "nothing", actor="boss"),
    "payout_exists": requested("asked", amount_minor=7),
    "balance_too_low": requested("new", amount_minor=10**9),
    "payee_on_hold": requested("new", "ben"),
    "no_account": requested("new", "gone"),
    "account_not_verified": requested("new", "cai"),
    "account_verified": refused(engine.verify_account, "ann", 1, actor="boss"),
    "same_verifier": refused(engine.verify_account, "cai", 2),
    "account_changed": refused(engine.verify_account, "cai", 1, actor="boss"),
    "account_newer": refused(engine.verify_account, "cai", 2, at=day(1), actor="boss"),
    "account_on_hold": requested("new", "late"),
    "same_approver": refused(engine.approve_payout, "asked"),
    "approval_void": submitted("void"),
    "payout_state_not_reachable": refused(engine.cancel_payout, "sent", "too late"),
    "event_differs": told(amount_minor=7),
    "event_too_late": told(payout="failed"),
    "event_exists": told("e1", "failed"),
    "channel_differs": submitted("asked", "wallet"),
    "channel_unknown": read(engine.reconcile_channel, "nothing", [], day(1), day(2)),
    "payout_live": refused(engine.erase_payee, "ann"),
}

BIG = {"upline_too_deep", "fan_out_too_wide"}
"""They need a million members; the tree's own tests have them."""


def overflowing(store: Store) -> Shop:
    """Return a shop in which ann has earned all that can be counted."""
    asks = evolve(levels("10%").rules[0], match=EarnedBefore(0))
    shop = Shop.open(store, a_plan(evolve(levels(), rules=(asks,))), a_chain("ann", "ben"))
    key = earned_key(PlanId("plan"), MemberId("ann"), Currency("CNY"))
    with shop.store.begin() as tx:
        tx.tallies.of([key], for_change=True)
        tx.tallies.put({key: limits.TOTAL_MINOR_MAX})
    return shop


BARE: Mapping[str, Callable[[Store], Shop]] = {
    "no_policy": Shop,
    "no_tier_policy": Shop.open,
    "plan_breaks_preset": lambda store: Shop.open(store, a_plan(levels("10%")), (), STRICT),
    "earned_too_large": overflowing,
    "own_override": lambda store: Shop.open(store, a_plan(levels("10%")), (), STRICT),
}
"""Codes that need a shop in which something is missing."""


def versions_of_the_ninth() -> list[Plan]:
    """Return versions in yen that don't fit what was sold on the ninth: two are valid then, one is not."""
    yen = a_plan(AMOUNT_MAX, id="yen", currency="JPY", freeze=PAID)
    nth = evolve(AMOUNT_MAX, rules=(evolve(AMOUNT_MAX.rules[0], match=OrderNumber(1, 2)),))
    new = evolve(AMOUNT_MAX, rules=(evolve(AMOUNT_MAX.rules[0], match=EarnedBefore(0, 1)),))
    ninth = evolve(yen, valid_from=day(9), valid_until=day(10))
    return [
        evolve(ninth, plan_version=2, freeze=a_plan().freeze),
        evolve(ninth, plan_version=3, components=(nth,)),
        evolve(ninth, plan_version=6, components=(new,)),
        evolve(ninth, plan_version=5, caps=(Cap(CapId("month"), 1),)),
        evolve(yen, plan_version=4, valid_from=day(20), valid_until=day(21)),
    ]


def prepared(store: Store) -> Shop:
    """Return a shop in which everything that is needed has happened."""
    policy = a_policy(currencies=("CNY", "EUR", "JPY"))
    shop = Shop.open(store, None, a_chain("ann", "ben", "cai"), policy)
    shop.do(engine.set_plan, a_plan(AMOUNT_MAX, id="yen", currency="JPY", freeze=PAID))
    shop.do(engine.accrue, a_sale("yen", "guest", currency="JPY", paid_at=day(9)))
    for version in versions_of_the_ninth():
        shop.do(engine.set_plan, version)
    monthly = evolve(a_plan(OF_THE_MARGIN, id="euro", currency="EUR"), period_components=(LADDER,))
    weekly = evolve(monthly, period_cadence=Cadence.WEEKLY)
    shop.do(engine.set_plan, weekly)
    of_the_week = [evolve(a_line("1"), cost_minor=1)]
    shop.do(engine.accrue, a_sale("of the week", "ben", of_the_week, currency="EUR", paid_at=day(3)))
    shop.do(engine.accrue_period, "EUR", "week-2017-01-02")
    other = evolve(LADDER, id=ComponentId("other"))
    shop.do(engine.set_plan, evolve(weekly, plan_version=2, period_components=(other,)))
    shop.do(engine.set_plan, evolve(monthly, plan_version=3))
    shop.do(engine.join, a_member("late", joined_at=day(9)))
    shop.do(engine.join, a_member("gone"))
    shop.do(engine.set_state, "gone", State.TERMINATED, valid_from=day(3))
    shop.do(engine.appoint, "ann", "cn/zj", valid_from=day(3))
    for id in ("order 1", "cancelled", "done"):
        shop.do(engine.accrue, a_sale(id))
    shop.do(engine.accrue, a_sale("two", lines=[a_line("1"), a_line("2")]))
    shop.do(engine.cancel, a_cancellation("cancelled"))
    shop.do(engine.refund, a_refund("r1"))
    shop.do(engine.refund, a_refund("r2", repeats="r1"))
    shop.do(engine.correct_price, a_price("p1", {"1": 12_000}))
    shop.do(engine.complete, engine.Completion(a_sale("done").id, day(11)))
    shop.do(engine.join, a_member("used"), key="used")
    _recruit(shop)
    shop.do(engine.set_tier_policy, a_tier_policy(1, OwnSales(10**9)))
    shop.do(engine.evaluate_tiers, "2017-01")
    _settle(shop)
    _pay(shop)
    return shop


def _recruit(shop: Shop) -> None:
    """Decide about one application, leave another one; identify some, and give out two codes."""
    for id, applicant in (("a1", "lee"), ("a2", "kim")):
        shop.do(engine.apply_to_distribute, id, applicant, some_evidence(), at=day(5))
    shop.do(engine.review_application, "a1", ApplicationState.APPROVED, at=day(6), actor="boss")
    shop.do(engine.identify, "cai", ["phone"])
    shop.do(engine.identify, "used", ["phone"])
    with shop.store.begin() as tx:
        many = [f"id {number}" for number in range(limits.PERSON_MEMBERS_MAX)]
        identify_members(tx, *many)
        tx.identities.replace(MemberId(many[0]), [fingerprint_hash(tx.shop, "phone of many")])
    for code in ("spring", "autumn"):
        shop.do(engine.issue_code, "ann", code, at=day(3))
    shop.do(engine.revoke_code, CodeKind.SHORT, "autumn", at=day(4))
    shop.do(engine.bind, "touched", "ann", at=day(4))


def _settle(shop: Shop) -> None:
    """Close January, and draft February; hold an order, and somebody."""
    shop.do(engine.set_settlement, a_settlement_policy(review=Review.REVIEWED, account_hold_days=3))
    shop.do(engine.set_settlement, a_settlement_policy(currency="EUR"))
    by_nobody = CustomWithholding("nobody's")
    shop.do(engine.set_settlement, a_settlement_policy(currency="JPY", withholding=by_nobody))
    shop.do(engine.open_balances, [an_opening("old", frozen_until=day(900))], at=day(1))
    for id, payee in (("bonus", "ann"), ("bonus of cai", "cai"), ("bonus of late", "late")):
        shop.do(engine.adjust, an_adjustment(id, payee, 10_000), at=day(20))
    shop.do(engine.close_period, "CNY", "2017-01")
    shop.do(engine.approve_closing, 1, actor="boss")
    shop.do(engine.close_period, "EUR", "2017-01")
    with shop.store.begin() as tx:
        most = limits.TOTAL_MINOR_MAX
        tx.dues.add([a_due(f"too much {n}", "ann", most, currency="EUR") for n in (1, 2)])
    shop.do(engine.close_period, "CNY", "2017-02")
    shop.do(engine.place_hold, a_hold("done"))
    shop.do(engine.place_hold, a_hold("ben", HoldOn.PAYEE))


@pytest.fixture(scope="module")
def shop(new_store: Callable[[], Store]) -> Shop:
    """Prepare one for all commands: each of them has to leave it as it was."""
    return prepared(new_store())


def _pay(shop: Shop) -> None:
    """Ask for payouts, of which one was sent, one failed, and one has lost its approval."""
    for payee in ("ann", "cai"):
        shop.bank(payee, at=day(100))
    shop.bank("late", at=LATER)
    shop.request("void", "cai")
    shop.do(engine.approve_payout, "void", actor="boss")
    shop.do(engine.set_account, "cai", "bank", some_details())
    for id in ("sent", "failed"):
        shop.send(id)
    shop.do(engine.take_event, an_event("e1", "failed", Outcome.FAILED))
    shop.request("asked")


@pytest.mark.parametrize("code", CASES)
def test_a_refused_command_leaves_the_dump_identical(
    new_store: Callable[[], Store], shop: Shop, code: str
) -> None:
    if code in BARE:
        shop = BARE[code](new_store())
    before = shop.dump()
    assert CASES[code](shop) == code
    assert shop.dump() == before


def test_every_code_stands_here() -> None:
    modules: list[ModuleType] = [
        *(of_commission, of_compliance, of_engine, of_members, of_payout, of_referral, of_settlement)
    ]
    codes = {each.name for module in modules for each in vars(module).values() if isinstance(each, Code)}
    assert codes - BIG == CASES.keys()


@pytest.mark.parametrize(
    "malformed",
    [
        refused(engine.accrue, a_sale("new", lines=[])),
        refused(engine.accrue, a_sale("")),
        refused(engine.join, a_member("a\0b")),
        refused(engine.join, a_member("new"), key=" "),
        refused(engine.join, a_member("new"), at=LATER.replace(tzinfo=None)),
        refused(engine.refund, a_refund("new", lines={"1": (0, 0)})),
        refused(engine.set_tier, "ann", "\ud800"),
        refused(engine.terminate, "ann", downline="stays"),
        refused(engine.identify, "ann", "phone"),
        refused(engine.apply_to_distribute, "", "kim", some_evidence()),
        refused(engine.review_application, "a2", "approved"),
        refused(engine.erase_person, ""),
        refused(engine.issue_code, "ann", "a b"),
        refused(engine.issue_link, "ann", b"too short"),
        refused(engine.revoke_code, "short", "spring"),
        refused(engine.bind, "new", ""),
        refused(engine.touch_by_code, "", "spring"),
        refused(engine.touch_by_link, "new", "token", channel="\0"),
        refused(engine.set_plan, a_plan(plan_version=0)),
        refused(engine.set_plan, evolve(BY_THE_DAY, valid_from=day(10))),
        refused(engine.set_policy, a_policy(currencies=())),
        refused(engine.release, actor=""),
        refused(engine.set_settlement, a_settlement_policy(minimum_minor=-1)),
        refused(engine.set_tier_policy, a_tier_policy(grace_periods=-1)),
        refused(engine.evaluate_tiers, "2017-02", credits={"ann": -1}),
        refused(engine.evaluate_tiers, ""),
        refused(engine.accrue_period, "eur"),
        refused(engine.accrue_period, "EUR", "2017-13"),
        refused(engine.accrue_period, "EUR", ""),
        refused(engine.adjust, an_adjustment("new", amount_minor=0)),
        refused(engine.adjust, an_adjustment("new", reason=" ")),
        refused(engine.place_hold, a_hold("order 1", reason="")),
        refused(engine.lift_hold, "sale", "done", "all is well"),
        refused(engine.lift_hold, HoldOn.SALE, "done", " "),
        refused(engine.close_period, "cny"),
        refused(engine.close_period, "JPY", "2017-13"),
        refused(engine.close_period, "JPY", "2017-Q1"),
        refused(engine.approve_closing, 0, actor="boss"),
        refused(engine.approve_closing, True, actor="boss"),
        refused(engine.reject_closing, 3, "\ud800", actor="boss"),
        refused(engine.set_account, "ann", "bank", some_details(" ")),
        refused(engine.set_account, "ann", "", some_details()),
        refused(engine.set_account, "ann", "bank", "6222"),
        refused(engine.verify_account, "ann", 0, actor="boss"),
        refused(engine.erase_payee, ""),
        refused(engine.request_payout, "new", "ann", "CNY", 0),
        refused(engine.request_payout, "new", "ann", "CNY", 1.5),
        refused(engine.approve_payout, "\0", actor="boss"),
        refused(engine.cancel_payout, "asked", "\0"),
        refused(engine.submit_payouts, "bank", [""]),
        refused(engine.take_event, an_event("new", "sent", amount_minor=-1)),
        refused(engine.take_event, an_event("", "sent")),
        refused(engine.seal, key=""),
    ],
)
def test_a_malformed_command_leaves_the_dump_identical(shop: Shop, malformed: Refused) -> None:
    before = shop.dump()
    with pytest.raises(InputError):
        malformed(shop)
    assert shop.dump() == before


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    """The dump holds whatever a verb may write: each kind of command that is done changes it."""
    shop = prepared(new_store())
    done: list[Refused] = [
        refused(engine.join, a_member("new")),
        refused(engine.move, "ben", None),
        refused(engine.set_tier, "ann", "gold"),
        refused(engine.set_state, "ann", State.SUSPENDED),
        refused(engine.identify, "kim", ["a new phone"]),
        refused(engine.identify, "guest", ["a new phone"]),
        applied("new", "guest"),
        reviewed("a2", ApplicationState.REJECTED),
        reviewed("new"),
        refused(engine.issue_code, "ben", "winter"),
        refused(engine.issue_link, "ben", b"eighty bits"),
        refused(engine.revoke_code, CodeKind.SHORT, "spring"),
        refused(engine.bind, "customer", "ben"),
        refused(engine.touch_by_code, "customer", "winter"),
        refused(engine.touch_by_link, "customer", "nothing"),
        refused(engine.erase_person, "kim"),
        refused(engine.terminate, "late", downline=Downline.REATTACHED),
        refused(engine.accrue_period, "EUR"),
        refused(engine.set_policy, a_policy(currencies=("CNY", "JPY", "USD"))),
        refused(engine.set_plan, a_plan(plan_version=2)),
        refused(engine.set_policy, STRICT),
        refused(engine.set_plan, a_plan(plan_version=2), override=Permission("why", Actor("boss"))),
        refused(engine.set_policy, a_policy(currencies=("CNY", "JPY", "USD"))),
        refused(engine.accrue, a_sale("new")),
        refused(engine.refund, a_refund("new")),
        refused(engine.correct_price, a_price("new")),
        refused(engine.recompute, "CNY", JANUARY, pin=TO_THE_SECOND),
        refused(engine.cancel, a_cancellation("order 1")),
        refused(engine.complete, engine.Completion(a_sale().id, day(12))),
        refused(engine.release),
        refused(engine.set_settlement, a_settlement_policy(2, review=Review.REVIEWED)),
        refused(engine.set_tier_policy, a_tier_policy(2)),
        refused(engine.evaluate_tiers, "2017-02"),
        adjusted(),
        refused_one(engine.open_balances, [an_opening("new", currency="JPY")]),
        refused(engine.place_hold, a_hold("order 1")),
        refused(engine.lift_hold, HoldOn.SALE, "order 1", "all is well"),
        refused(engine.approve_closing, 3, actor="boss"),
        refused(engine.close_period, "CNY"),
        refused(engine.reject_closing, 4, "look again"),
        requested("new"),
        refused(engine.approve_payout, "asked", actor="boss"),
        refused(engine.cancel_payout, "new", "too early"),
        submitted("asked"),
        told(outcome=Outcome.UNKNOWN),
        told("newer"),
        told("newest", "asked"),
        refused(engine.set_account, "ann", "bank", some_details()),
        refused(engine.verify_account, "ann", 2, actor="boss"),
        refused(engine.erase_payee, "ann"),
        refused(engine.seal),
    ]
    dumps = [shop.dump()]
    for command in done:
        assert command(shop) == ""
        dumps.append(shop.dump())
    assert len(set(dumps)) == len(dumps)
