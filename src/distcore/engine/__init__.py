"""The stories: gather from the ports, let the contexts decide, write what they decided.

Every verb takes the transaction it works in.  Every verb that changes something takes `at`, `actor`
and an idempotency `key`: the same key with the same inputs gives the first answer again and writes
nothing, with other inputs it is refused, and a refused command stores no key.  Batches (`…_all`)
never stop half-way: they return a `Report`, and running them again does only what is new.  `dispatch` and
`resolve` talk to a provider between two transactions, so they take what begins one.

>>> from datetime import datetime, UTC
>>> from distcore.commission import Freeze, Percent, Plan, Rule, Sale, SaleLine, Upline
>>> from distcore.kernel import Rate, ShopPolicy, zone_of
>>> from distcore.memory import MemoryStore
>>> from distcore.referral import Newcomer
>>> store = MemoryStore("tea house")
>>> day = datetime(2026, 1, 1, tzinfo=UTC)
>>> who = {"at": day, "actor": "docs"}
>>> rule = Rule("sponsor", levels=(1,), pays=Percent(Rate.parse("10%")))
>>> plan = Plan("simple", 1, "CNY", day, Freeze(days=7), (Upline("levels", (rule,)),))
>>> with store.begin() as tx:
...     _ = set_policy(tx, ShopPolicy(zone_of("Asia/Shanghai"), ("CNY",)), **who, key="policy")
...     _ = set_plan(tx, plan, **who, key="plan")
...     _ = join(tx, Newcomer("ann", day), **who, key="ann")
...     _ = join(tx, Newcomer("ben", day, sponsor="ann"), **who, key="ben")
...     sale = Sale("order 1", "ben", "CNY", day, [SaleLine("1", "tea", units=1, net_minor=9990)])
...     posting = accrue(tx, sale, **who, key="order 1")
>>> [(accrual.payee, accrual.amount_minor) for accrual in posting.accruals]
[('ann', 999)]
"""

from distcore.engine.accounts import erase_payee, set_account, verify_account
from distcore.engine.accrue import accrue, accrue_all
from distcore.engine.adjust import adjust, adjust_all, lift_hold, open_balances, place_hold
from distcore.engine.after_sale import (
    cancel,
    cancel_all,
    correct_price,
    correct_price_all,
    refund,
    refund_all,
)
from distcore.engine.agents import agents, appoint, dismiss
from distcore.engine.as_known import Position, position
from distcore.engine.bind import bind, touch_by_code, touch_by_link
from distcore.engine.codes import issue_code, issue_link, revoke_code
from distcore.engine.comply import plan_facts, plan_findings
from distcore.engine.coupon_use import free_coupons, lock_coupons, use_coupons
from distcore.engine.coupons import (
    claim_code,
    claim_coupon,
    coupon_stats,
    give_coupon,
    issue_coupons,
    set_coupon_template,
    usable_coupons,
    withdraw_coupon,
)
from distcore.engine.dispatch import dispatch, resolve
from distcore.engine.doubts import plan_doubts, turn_doubts
from distcore.engine.earnings import earnings
from distcore.engine.estimate import Expectation, estimate, expect, plan_in_force
from distcore.engine.explain import Explanation, explain
from distcore.engine.explain_payee import (
    ExplainedAccrual,
    ExplainedLine,
    ExplainedMember,
    Gave,
    Missed,
    explain_accrual,
    explain_member,
    explain_statement,
    explained_lines,
)
from distcore.engine.explain_period import (
    PeriodExplanation,
    PeriodLine,
    RestsOn,
    ToldShare,
    explain_period,
    period_lines,
    rests_on,
)
from distcore.engine.gifts import due_gifts
from distcore.engine.group_buying import (
    GROUPS_MAX,
    ClosedGroups,
    close_groups,
    group_of,
    join_group,
    leave_group,
    open_group,
    owed_places,
    say_repaid,
    set_group_sale,
)
from distcore.engine.identify import identify
from distcore.engine.join import join, join_all, move, set_state, set_tier
from distcore.engine.matched import MatchedPart, matched_parts
from distcore.engine.objections import Objection, plan_objections
from distcore.engine.pay import (
    Unfit,
    approve_payout,
    cancel_payout,
    payout_of,
    reconcile_channel,
    request_payout,
    submit_payouts,
    submitted_orders,
    take_event,
    take_events,
)
from distcore.engine.period_runs import (
    AccruedPeriod,
    PeriodState,
    accrue_period,
    period_states,
    plan_of_run,
    run_of_period,
)
from distcore.engine.periods import period_named
from distcore.engine.pin import NewPin
from distcore.engine.placing import complete_order, drop_order, place_order, placed_as, placed_order
from distcore.engine.products import put_products
from distcore.engine.publish import set_plan, set_policy
from distcore.engine.quoting import QUOTE_MINUTES, TOLD_AFTER, checkout_quote, quote_cart
from distcore.engine.recompute import Recomputed, recompute
from distcore.engine.recruit import apply_to_distribute, erase_person, review_application
from distcore.engine.relay import (
    CLAIM_SECONDS,
    CLAIM_SECONDS_MAX,
    EVENTS_MAX,
    Listener,
    Relayed,
    close_outbox,
    open_outbox,
    relay,
)
from distcore.engine.release import Completion, Released, complete, complete_all, release
from distcore.engine.seal import SealCheck, Sealed, check_seals, seal, seal_in_blocks
from distcore.engine.settle import (
    approve_closing,
    close_period,
    closing_of,
    reject_closing,
    set_settlement,
)
from distcore.engine.simulate import Baseline, Omission, Omitted, Simulation, simulate
from distcore.engine.simulate_costs import Aspect, Outlay, Part
from distcore.engine.simulate_periods import OmittedPeriod, PeriodOmission
from distcore.engine.statements import (
    PayeeStatement,
    PayoutSource,
    Whereabouts,
    balances,
    payout_sources,
    statement_lines,
    statements,
    transfers_of,
    whereabouts,
)
from distcore.engine.terminate import terminate
from distcore.engine.terms import set_freight, set_offer, set_points, set_price_list
from distcore.engine.tiers import (
    ToldDecision,
    evaluate_tiers,
    set_tier_policy,
    tier_decisions,
    tier_evaluation,
)
from distcore.engine.upline import upline
from distcore.engine.verify import Verified, verify

__all__ = [
    "CLAIM_SECONDS",
    "CLAIM_SECONDS_MAX",
    "EVENTS_MAX",
    "GROUPS_MAX",
    "QUOTE_MINUTES",
    "TOLD_AFTER",
    "AccruedPeriod",
    "Aspect",
    "Baseline",
    "ClosedGroups",
    "Completion",
    "Expectation",
    "ExplainedAccrual",
    "ExplainedLine",
    "ExplainedMember",
    "Explanation",
    "Gave",
    "Listener",
    "MatchedPart",
    "Missed",
    "NewPin",
    "Objection",
    "Omission",
    "Omitted",
    "OmittedPeriod",
    "Outlay",
    "Part",
    "PayeeStatement",
    "PayoutSource",
    "PeriodExplanation",
    "PeriodLine",
    "PeriodOmission",
    "PeriodState",
    "Position",
    "Recomputed",
    "Relayed",
    "Released",
    "RestsOn",
    "SealCheck",
    "Sealed",
    "Simulation",
    "ToldDecision",
    "ToldShare",
    "Unfit",
    "Verified",
    "Whereabouts",
    "accrue",
    "accrue_all",
    "accrue_period",
    "adjust",
    "adjust_all",
    "agents",
    "apply_to_distribute",
    "appoint",
    "approve_closing",
    "approve_payout",
    "balances",
    "bind",
    "cancel",
    "cancel_all",
    "cancel_payout",
    "check_seals",
    "checkout_quote",
    "claim_code",
    "claim_coupon",
    "close_groups",
    "close_outbox",
    "close_period",
    "closing_of",
    "complete",
    "complete_all",
    "complete_order",
    "correct_price",
    "correct_price_all",
    "coupon_stats",
    "dismiss",
    "dispatch",
    "drop_order",
    "due_gifts",
    "earnings",
    "erase_payee",
    "erase_person",
    "estimate",
    "evaluate_tiers",
    "expect",
    "explain",
    "explain_accrual",
    "explain_member",
    "explain_period",
    "explain_statement",
    "explained_lines",
    "free_coupons",
    "give_coupon",
    "group_of",
    "identify",
    "issue_code",
    "issue_coupons",
    "issue_link",
    "join",
    "join_all",
    "join_group",
    "leave_group",
    "lift_hold",
    "lock_coupons",
    "matched_parts",
    "move",
    "open_balances",
    "open_group",
    "open_outbox",
    "owed_places",
    "payout_of",
    "payout_sources",
    "period_lines",
    "period_named",
    "period_states",
    "place_hold",
    "place_order",
    "placed_as",
    "placed_order",
    "plan_doubts",
    "plan_facts",
    "plan_findings",
    "plan_in_force",
    "plan_objections",
    "plan_of_run",
    "position",
    "put_products",
    "quote_cart",
    "recompute",
    "reconcile_channel",
    "refund",
    "refund_all",
    "reject_closing",
    "relay",
    "release",
    "request_payout",
    "resolve",
    "rests_on",
    "review_application",
    "revoke_code",
    "run_of_period",
    "say_repaid",
    "seal",
    "seal_in_blocks",
    "set_account",
    "set_coupon_template",
    "set_freight",
    "set_group_sale",
    "set_offer",
    "set_plan",
    "set_points",
    "set_policy",
    "set_price_list",
    "set_settlement",
    "set_state",
    "set_tier",
    "set_tier_policy",
    "simulate",
    "statement_lines",
    "statements",
    "submit_payouts",
    "submitted_orders",
    "take_event",
    "take_events",
    "terminate",
    "tier_decisions",
    "tier_evaluation",
    "touch_by_code",
    "touch_by_link",
    "transfers_of",
    "turn_doubts",
    "upline",
    "usable_coupons",
    "use_coupons",
    "verify",
    "verify_account",
    "whereabouts",
    "withdraw_coupon",
]
