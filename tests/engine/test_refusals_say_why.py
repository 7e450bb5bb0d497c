"""Every refusal, once: its code, its sentence, its hint; and it leaves everything as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.builders import (
    ACTOR,
    CNY,
    LEVELS,
    NOW,
    SHANGHAI,
    Shop,
    day,
    line,
    month,
    newcomer,
    paid,
    per_order,
    per_unit,
    percent,
    plan,
    price,
    refund,
    sale,
    shop,
)
from tests.periods import EVERYTHING, MARCH, a_monthly_plan, a_monthly_shop

from distcore import engine
from distcore.commission import (
    Cancellation,
    Cap,
    Custom,
    EarnedBefore,
    Freeze,
    FreezeFrom,
    Margin,
    OrderNumber,
    earned_key,
)
from distcore.commission import refusals as of_commission
from distcore.compliance import Permission
from distcore.compliance import refusals as of_compliance
from distcore.engine import Completion, NewPin
from distcore.engine import refusals as of_engine
from distcore.kernel import (
    Actor,
    Cadence,
    CapId,
    Code,
    CompliancePreset,
    ComponentId,
    Currency,
    MemberId,
    PlanId,
    Refusal,
    RefusedError,
    SaleId,
    ShopPolicy,
    limits,
)
from distcore.members import Credit
from distcore.members import refusals as of_members
from distcore.memory import MemoryStore
from distcore.referral import ApplicationId, ApplicationState, CodeKind, Evidence, State, fingerprint_hash
from distcore.referral import refusals as of_referral
from distcore.testing.recruiting import identify_members
from distcore.testing.tiers import a_tier_policy

TEN_PERCENT = plan(percent("10%", 1))
MONTH = Cap(CapId("month"), 1, within=Cadence.MONTHLY)
MONTHLY = evolve(TEN_PERCENT, caps=(MONTH,))
ORDER = SaleId("order 1")
APPROVED = ApplicationState.APPROVED


def open_shop() -> Shop:
    return shop(plan=TEN_PERCENT)


def sold() -> Shop:
    """Return a shop with one order, of two units for 100.00, paid on the second."""
    found = open_shop()
    found.do(engine.accrue, sale(line("1", 10_000, units=2)), key="order 1")
    return found


def no_policy() -> Refusal:
    store = MemoryStore("empty")
    with store.begin() as tx, pytest.raises(RefusedError) as raised:
        engine.set_plan(tx, TEN_PERCENT, at=NOW, actor=ACTOR, key="plan")
    return raised.value.refusal


def one_person() -> Shop:
    """Return a shop in which two members are the same person."""
    found = shop(*map(newcomer, ("joe", "ben")))
    for id in ("joe", "ben"):
        found.do(engine.identify, id, ["phone"])
    return found


def a_crowd() -> Shop:
    """Return a shop in which a thousand ids are one person, who has a phone."""
    found = shop()
    with found.store.begin() as tx:
        many = [f"id {number}" for number in range(limits.PERSON_MEMBERS_MAX)]
        identify_members(tx, *many)
        tx.identities.replace(MemberId(many[0]), [fingerprint_hash(tx.shop, "phone")])
    return found


def applied() -> Shop:
    """Return a shop in which an application waits."""
    found = shop()
    found.do(engine.apply_to_distribute, "a1", "kim", Evidence())
    return found


def by_another() -> Shop:
    """Return a shop in which the application was not handed in by whoever decides."""
    found = shop()
    with found.store.begin() as tx:
        engine.apply_to_distribute(
            tx, ApplicationId("a1"), MemberId("kim"), Evidence(), at=day(6), actor="desk", key="apply"
        )
    return found


def decided() -> Shop:
    """Return a shop in which an application was rejected."""
    found = by_another()
    found.do(engine.review_application, "a1", ApplicationState.REJECTED)
    return found


def coded() -> Shop:
    """Return a shop in which a member has a code."""
    found = shop()
    found.do(engine.issue_code, "ann", "spring")
    return found


def revoked() -> Shop:
    """Return a shop in which a code was revoked."""
    found = coded()
    found.do(engine.revoke_code, CodeKind.SHORT, "spring")
    return found


def touched() -> Shop:
    """Return a shop in which a customer was touched."""
    found = shop()
    found.do(engine.bind, "kim", "ann")
    return found


def refunded(*lines: tuple[str, int, int], id: str = "r1", repeats: str | None = None) -> Shop:
    found = sold()
    found.do(engine.refund, refund(*lines, id="r1"))
    if repeats:
        found.do(engine.refund, refund(*lines, id=id, repeats=repeats))
    return found


def repriced() -> Shop:
    found = sold()
    found.do(engine.correct_price, price("p1"))
    return found


def two_lines() -> Shop:
    found = shop(plan=TEN_PERCENT)
    found.do(engine.accrue, sale(line("1", 10_000), line("2", 10_000)))
    return found


JANUARY = month()
ANOTHER = NewPin(TEN_PERCENT.id, 2, "the rate came late", "boss")
NTH = percent("10%", 1, match=OrderNumber(1, 2))


def of_two_currencies() -> Shop:
    return shop(plan=TEN_PERCENT, policy=ShopPolicy(SHANGHAI, (CNY, Currency("JPY"))))


def versions(**changes: Any) -> Shop:
    """Return a shop that has published another version since it sold something."""
    found = sold()
    found.do(engine.set_plan, evolve(TEN_PERCENT, plan_version=2, **changes))
    return found


def overflowing() -> Shop:
    """Return a shop in which ben has earned all that can be counted."""
    found = shop(plan=plan(percent("10%", 1, match=EarnedBefore(0))))
    key = earned_key(PlanId("plan"), MemberId("ben"), CNY)
    with found.store.begin() as tx:
        tx.tallies.of([key], for_change=True)
        tx.tallies.put({key: limits.TOTAL_MINOR_MAX})
    return found


def repinned(**changes: Any) -> Refusal:
    """Return why its only sale can't be pinned to the other version."""
    report = versions(**changes).do(engine.recompute, "CNY", JANUARY, pin=ANOTHER).report
    return report.refused[0].refusal


def period_repinned(plan_version: int, **changes: Any) -> Refusal:
    """Return why a period can't be pinned to a version."""
    found = a_monthly_shop()
    found.do(engine.accrue_period, CNY, "2026-01", at=MARCH)
    if changes:
        found.do(engine.set_plan, evolve(a_monthly_plan(), plan_version=plan_version, **changes), at=MARCH)
    pin = evolve(ANOTHER, plan_version=plan_version)
    return found.refused(engine.accrue_period, CNY, "2026-01", at=MARCH, pin=pin)


def ended() -> Shop:
    found = sold()
    found.do(engine.cancel, Cancellation(ORDER, day(5)))
    return found


def completed() -> Shop:
    found = sold()
    found.do(engine.complete, Completion(ORDER, day(5)))
    return found


def with_agent() -> Shop:
    found = shop()
    found.do(engine.appoint, "ben", "cn/zj", valid_from=day(9))
    return found


def terminated() -> Shop:
    found = shop()
    found.do(engine.set_state, "ben", State.TERMINATED, valid_from=day(9))
    return found


def by_the_week() -> Shop:
    """Return a shop that pays by the month, and has accrued a week."""
    weekly = evolve(a_monthly_plan(), period_cadence=Cadence.WEEKLY)
    found = shop(plan=weekly)
    found.do(engine.accrue_period, "CNY", "week-2026-01-05", at=MARCH)
    found.do(engine.set_plan, evolve(a_monthly_plan(), plan_version=2), at=MARCH)
    return found


def judged() -> Shop:
    """Return a shop whose tiers were evaluated for December, by credit."""
    found = shop()
    found.do(engine.set_tier_policy, a_tier_policy(1, Credit(5)))
    found.do(engine.evaluate_tiers, "2025-12")
    return found


FIRST = OrderNumber(1, 2)


def in_china() -> Shop:
    """Return a shop that pays one level."""
    return shop(policy=ShopPolicy(SHANGHAI, (CNY,), compliance_preset=CompliancePreset.CN_STRICT))


def asked(question: Callable[..., object], *args: object, shop: Shop | None = None) -> Refusal:
    with (shop or judged()).store.begin() as tx, pytest.raises(RefusedError) as raised:
        question(tx, *args)
    return raised.value.refusal


STORIES: dict[Code, tuple[Callable[[], Refusal], str]] = {
    # The engine itself
    of_engine.KEY_REUSED: (
        lambda: sold().refused(engine.accrue, sale(id="order 2"), key="order 1"),
        (
            "key_reused: key order 1 was used for accrue with other inputs "
            "(repeat a command with the same inputs, or give it a key of its own)"
        ),
    ),
    of_engine.NO_POLICY: (
        no_policy,
        "no_policy: the shop has no policy yet (set a shop-policy first: zone and currencies)",
    ),
    of_engine.CURRENCY_NOT_OF_SHOP: (
        lambda: open_shop().refused(engine.accrue, sale(currency="JPY")),
        (
            "currency_not_of_shop: JPY is not a currency of this shop, which has CNY "
            "(add it to the shop-policy)"
        ),
    ),
    # Formulas
    of_commission.FORMULA_UNKNOWN: (
        lambda: open_shop().refused(
            engine.set_plan, evolve(plan(), components=(Custom(ComponentId("own"), "own", 2),))
        ),
        (
            "formula_unknown: no formula own version 2 is registered here "
            "(pass the function to the verb, or by --formulas, under its name and version)"
        ),
    ),
    # Tiers
    of_members.NO_TIER_POLICY: (
        lambda: shop().refused(engine.evaluate_tiers),
        (
            "no_tier_policy: no tier policy is valid at 2026-01-31T00:00:00Z "
            "(set a tier-policy whose valid_from is early enough)"
        ),
    ),
    of_members.TIER_POLICY_EXISTS: (
        lambda: judged().refused(engine.set_tier_policy, a_tier_policy()),
        (
            "tier_policy_exists: version 1 of the tier policy is set already, with other content "
            "(set changes as a higher policy_version)"
        ),
    ),
    of_members.TIERS_TOO_EARLY: (
        lambda: judged().refused(engine.evaluate_tiers, "2026-01"),
        (
            "tiers_too_early: the tiers of 2026-01 can't be evaluated at 2026-01-31T00:00:00Z: "
            "it ends at 2026-01-31T16:00:00Z (evaluate a period when it is over)"
        ),
    ),
    of_members.TIERS_OUT_OF_ORDER: (
        lambda: judged().refused(engine.evaluate_tiers, "2026-02", at=day(90)),
        (
            "tiers_out_of_order: the tiers of 2026-02 can't be evaluated: 2026-01 comes first "
            "(evaluate periods one by one)"
        ),
    ),
    of_members.EVALUATED_OTHERWISE: (
        lambda: judged().refused(engine.evaluate_tiers, "2025-12", credits={"ann": 7}),
        (
            "evaluated_otherwise: the tiers of 2025-12 were evaluated with other credits, by evaluation 1 "
            "(an evaluation stays; give a tier by hand where it is wrong)"
        ),
    ),
    of_members.EVALUATION_UNKNOWN: (
        lambda: asked(engine.tier_evaluation, 2),
        "evaluation_unknown: there is no evaluation 2 (list the evaluations)",
    ),
    # Periods
    of_commission.NO_PERIOD_COMPONENTS: (
        lambda: open_shop().refused(engine.accrue_period, "CNY"),
        (
            "no_period_components: no plan in CNY that is valid at 2026-01-31T00:00:00Z has period "
            "components (publish a version with period_components that is valid at the end of the period)"
        ),
    ),
    of_commission.PERIOD_TOO_EARLY: (
        lambda: a_monthly_shop().refused(engine.accrue_period, "CNY", "2026-01"),
        (
            "period_too_early: 2026-01 can be accrued from 2026-02-07T16:00:00Z on; "
            "it is 2026-01-31T00:00:00Z (wait for its end and for the days in which goods may go back)"
        ),
    ),
    of_commission.PERIODS_OVERLAP: (
        lambda: by_the_week().refused(engine.accrue_period, "CNY", "2026-01", at=MARCH),
        (
            "periods_overlap: 2026-01 overlaps week-2026-01-05, which was accrued in CNY "
            "(name the period that begins where week-2026-01-05 ends)"
        ),
    ),
    of_commission.PERIOD_NOT_ACCRUED: (
        lambda: asked(engine.run_of_period, "CNY", "2026-01"),
        (
            "period_not_accrued: no period 2026-01 was accrued in CNY "
            "(accrue it first, or see which ones were)"
        ),
    ),
    # The tree
    of_referral.MEMBER_EXISTS: (
        lambda: shop().refused(engine.join, newcomer("ben", "ann", tier="gold")),
        (
            "member_exists: ben is a member already, with other particulars "
            "(join each member once; use move, set_tier or set_state for what changed)"
        ),
    ),
    of_referral.MEMBER_UNKNOWN: (
        lambda: shop().refused(engine.move, "zoe", "ann"),
        "member_unknown: zoe is not a member (join the member first)",
    ),
    of_referral.SPONSOR_UNKNOWN: (
        lambda: shop().refused(engine.join, newcomer("dan", "zoe")),
        "sponsor_unknown: zoe, the sponsor of dan, is not a member (join the sponsor first)",
    ),
    of_referral.SPONSOR_JOINED_LATER: (
        lambda: shop(newcomer("ann", joined_at=day(5))).refused(engine.join, newcomer("ben", "ann")),
        (
            "sponsor_joined_later: ann joined at 2026-01-05T00:00:00Z, after ben at 2026-01-01T00:00:00Z "
            "(a sponsor joins no later than the member)"
        ),
    ),
    of_referral.WOULD_FORM_CYCLE: (
        lambda: shop().refused(engine.move, "ann", "cai"),
        (
            "would_form_cycle: ann can't be placed under cai, who stands below: ann < cai < ben < ann "
            "(choose a sponsor outside the member's own downline)"
        ),
    ),
    of_referral.BEFORE_JOINING: (
        lambda: shop().refused(engine.set_tier, "ann", "gold", valid_from=day(0)),
        (
            "before_joining: ann joined at 2026-01-01T00:00:00Z; nothing can hold from "
            "2025-12-31T00:00:00Z (give an instant at or after joining)"
        ),
    ),
    of_referral.JOINS_IN_FUTURE: (
        lambda: shop().refused(engine.join, newcomer("dan", joined_at=day(32))),
        (
            "joins_in_future: dan would join at 2026-02-01T00:00:00Z, after 2026-01-31T00:00:00Z "
            "(join members when they have joined)"
        ),
    ),
    of_referral.STATE_NOT_REACHABLE: (
        lambda: terminated().refused(engine.set_state, "ben", State.ACTIVE),
        ("state_not_reachable: ben is terminated and can't become active (allowed from here: nothing)"),
    ),
    of_referral.STATE_CHANGED_LATER: (
        lambda: terminated().refused(engine.set_state, "ben", State.SUSPENDED, valid_from=day(5)),
        (
            "state_changed_later: ben became terminated at 2026-01-09T00:00:00Z; nothing can be slipped in "
            "before, from 2026-01-05T00:00:00Z (give an instant at or after the last change of state)"
        ),
    ),
    of_referral.NOTHING_CHANGES: (
        lambda: shop().refused(engine.move, "ben", "ann"),
        "nothing_changes: ben has sponsor 'ann' already (nothing needs to be done)",
    ),
    of_referral.AGENT_ALREADY: (
        lambda: with_agent().refused(engine.appoint, "ben", "cn/zj"),
        "agent_already: ben is agent of cn/zj since 2026-01-09T00:00:00Z (nothing needs to be done)",
    ),
    of_referral.NOT_AGENT: (
        lambda: with_agent().refused(engine.dismiss, "ben", "cn"),
        (
            "not_agent: ben is not agent of cn at 2026-01-31T00:00:00Z "
            "(list the agents, and dismiss one of them from when the appointment holds)"
        ),
    ),
    of_referral.SAME_PERSON: (
        lambda: one_person().refused(engine.move, "ben", "joe"),
        (
            "same_person: ben and joe are the same person "
            "(nobody stands below oneself; if they are two, identify one of them anew)"
        ),
    ),
    of_referral.PERSON_TOO_LARGE: (
        lambda: a_crowd().refused(engine.identify, "ben", ["phone"]),
        (
            "person_too_large: ben would be the same person as 1001 ids; the limit is 1000 "
            "(leave out the fingerprint that so many have)"
        ),
    ),
    # Recruiting
    of_referral.APPLICATION_UNKNOWN: (
        lambda: shop().refused(engine.review_application, "a1", APPROVED),
        "application_unknown: there is no application a1 (list the applications)",
    ),
    of_referral.APPLICATION_EXISTS: (
        lambda: applied().refused(engine.apply_to_distribute, "a1", "lee", Evidence()),
        (
            "application_exists: application a1 is there already, with other content "
            "(give every application an id of its own)"
        ),
    ),
    of_referral.APPLICATION_PENDING: (
        lambda: applied().refused(engine.apply_to_distribute, "a2", "kim", Evidence()),
        ("application_pending: kim has applied already, with a1 (let somebody decide about that one first)"),
    ),
    of_referral.APPLICATION_REVIEWED: (
        lambda: decided().refused(engine.review_application, "a1", APPROVED),
        (
            "application_reviewed: application a1 is rejected already "
            "(who was rejected applies again, under another id)"
        ),
    ),
    of_referral.SAME_APPLICATION_REVIEWER: (
        lambda: applied().refused(engine.review_application, "a1", APPROVED),
        (
            f"same_application_reviewer: {ACTOR} applied with a1, and can't decide about it "
            "(somebody else has to decide)"
        ),
    ),
    of_referral.REVIEWED_TOO_EARLY: (
        lambda: by_another().refused(engine.review_application, "a1", APPROVED, at=day(5)),
        (
            "reviewed_too_early: application a1 came at 2026-01-06T00:00:00Z, after 2026-01-05T00:00:00Z "
            "(give the instant of the decision)"
        ),
    ),
    of_referral.APPLICANT_NOT_ACTIVE: (
        lambda: terminated().refused(engine.apply_to_distribute, "a1", "ben", Evidence()),
        (
            "applicant_not_active: ben is terminated, and can't become a distributor "
            "(take a suspended member back first; a terminated one does not come back)"
        ),
    ),
    of_referral.CODE_EXISTS: (
        lambda: coded().refused(engine.issue_code, "ben", "SPRING"),
        (
            "code_exists: the code SPRING was given out already "
            "(choose another code; a revoked one is not given out again)"
        ),
    ),
    of_referral.CODE_UNKNOWN: (
        lambda: coded().refused(engine.revoke_code, CodeKind.SHORT, "autumn"),
        "code_unknown: there is no such code (list the codes of its owner)",
    ),
    of_referral.CODE_REVOKED: (
        lambda: revoked().refused(engine.revoke_code, CodeKind.SHORT, "spring"),
        "code_revoked: the code was revoked at 2026-01-31T00:00:00Z (nothing needs to be done)",
    ),
    of_referral.OWNER_NOT_ACTIVE: (
        lambda: terminated().refused(engine.issue_code, "ben", "spring"),
        "owner_not_active: ben is terminated, and can't have a code (give codes to active members)",
    ),
    of_referral.TOUCHED_LATER: (
        lambda: touched().refused(engine.bind, "kim", "ann", at=day(5)),
        (
            "touched_later: kim was touched at 2026-01-31T00:00:00Z, later than 2026-01-05T00:00:00Z "
            "(tell touches in the order in which they happen)"
        ),
    ),
    # Plans
    of_commission.NO_PLAN: (
        lambda: open_shop().refused(engine.accrue, sale(paid_at=day(0, 23))),
        (
            "no_plan: no plan in CNY is valid at 2025-12-31T23:00:00Z, when order 1 was paid "
            "(publish a plan whose validity covers the sale)"
        ),
    ),
    of_commission.PLAN_EXISTS: (
        lambda: open_shop().refused(engine.set_plan, plan(percent("11%", 1))),
        (
            "plan_exists: version 1 of plan plan is published already, with other content "
            "(publish changes as a higher plan_version)"
        ),
    ),
    of_commission.PLANS_OVERLAP: (
        lambda: open_shop().refused(engine.set_plan, evolve(TEN_PERCENT, id=PlanId("other"))),
        (
            "plans_overlap: plan other and plan plan would both be valid in CNY from "
            "2026-01-01T00:00:00Z (let one end where the other begins, or publish a new version of plan)"
        ),
    ),
    of_commission.CAP_DIFFERS: (
        lambda: shop(plan=MONTHLY).refused(
            engine.set_plan, evolve(MONTHLY, plan_version=2, caps=(evolve(MONTH, within=Cadence.YEARLY),))
        ),
        (
            "cap_differs: cap month of plan plan has another within in version 2 than in version 1 (give it "
            "an id of its own: what is used up of a cap is shared by all versions that have it)"
        ),
    ),
    # Compliance
    of_compliance.PLAN_BREAKS_PRESET: (
        lambda: in_china().refused(engine.set_plan, plan(percent("10%", 2), per_order(500, 1, match=FIRST))),
        (
            "plan_breaks_preset: version 1 of plan plan breaks cn-strict: "
            "$.components[0].rules[0]: pays level 2; at most 1 level may be paid (paid_levels_max: "
            "Regulation on Prohibiting Pyramid Selling (禁止传销条例, State Council Decree 444), article 7 "
            "(3); since 2005-11-01); $.components[0].rules[1]: pays an amount for whoever is brought, "
            "whatever is bought (pay_per_head: Regulation on Prohibiting Pyramid Selling (禁止传销条例, "
            "State Council Decree 444), article 7 (1); since 2005-11-01) "
            "(change the plan, or let somebody else override it and say why)"
        ),
    ),
    of_compliance.OWN_OVERRIDE: (
        lambda: in_china().refused(engine.set_plan, TEN_PERCENT, override=Permission("?", Actor(ACTOR))),
        (
            "own_override: tester publishes plan plan, and can't allow it to break the preset "
            "(somebody else has to allow it)"
        ),
    ),
    of_compliance.NOTHING_TO_OVERRIDE: (
        lambda: in_china().refused(engine.set_plan, TEN_PERCENT, override=Permission("?", Actor("boss"))),
        "nothing_to_override: plan plan breaks no preset of the shop (publish it without an override)",
    ),
    # Sales
    of_commission.SALE_EXISTS: (
        lambda: sold().refused(engine.accrue, sale(line("1", 9_999))),
        (
            "sale_exists: order 1 is accrued already, with other content "
            "(correct a sale with a refund, another price or a cancellation)"
        ),
    ),
    of_commission.SALE_UNKNOWN: (
        lambda: open_shop().refused(engine.refund, refund(("1", 1, 1))),
        "sale_unknown: order 1 was never accrued (import the sale first)",
    ),
    of_commission.PAID_IN_FUTURE: (
        lambda: open_shop().refused(engine.accrue, sale(paid_at=day(32))),
        (
            "paid_in_future: order 1 would be paid at 2026-02-01T00:00:00Z, after 2026-01-31T00:00:00Z "
            "(import it when it is paid)"
        ),
    ),
    of_commission.PROMOTER_UNKNOWN: (
        lambda: open_shop().refused(engine.accrue, sale(promoter="zoe")),
        (
            "promoter_unknown: zoe, who promoted order 1, was not a member at 2026-01-02T00:00:00Z "
            "(join the promoter first, or leave the promoter out)"
        ),
    ),
    of_commission.BASE_UNKNOWN: (
        lambda: shop(plan=plan(percent("10%", 1), upline=evolve(LEVELS, base=Margin()))).refused(
            engine.accrue, sale()
        ),
        (
            "base_unknown: line 1 of order 1 has no cost, which levels is a share of "
            "(give the cost of every line, 0 if there is none)"
        ),
    ),
    of_commission.AMOUNT_TOO_LARGE: (
        lambda: shop(plan=plan(per_unit(limits.AMOUNT_MINOR_MAX, 1))).refused(
            engine.accrue, sale(line("1", 1, units=2))
        ),
        (
            "amount_too_large: order 1 would pay 2000000000000000 minor units; the limit is "
            "1000000000000000 (check the units of the lines and the plan's amounts per unit)"
        ),
    ),
    of_commission.EARNED_TOO_LARGE: (
        lambda: overflowing().refused(engine.accrue, sale()),
        (
            "earned_too_large: with order 1, ben would have earned 9223372036854776807 minor units of plan "
            "plan, which counts them; the limit is 9223372036854775807 (end this plan and publish one of "
            "another id: it begins to count anew)"
        ),
    ),
    # Corrections
    of_commission.SALE_CANCELLED: (
        lambda: ended().refused(engine.refund, refund(("1", 1, 1))),
        ("sale_cancelled: order 1 was cancelled at 2026-01-05T00:00:00Z (nothing is left to correct)"),
    ),
    of_commission.ACCRUAL_UNKNOWN: (
        lambda: asked(engine.explain_accrual, ORDER, ("1", "levels", "10%", "zoe", 1), shop=sold()),
        (
            "accrual_unknown: on line 1 of order 1, zoe never had anything of levels by this rule and level "
            "(see the postings with explain sale)"
        ),
    ),
    of_commission.REFUND_EXISTS: (
        lambda: refunded(("1", 1, 1)).refused(engine.refund, refund(("1", 1, 2))),
        ("refund_exists: r1 is posted already, with other content (give every refund an id of its own)"),
    ),
    of_commission.REFUND_LINE_UNKNOWN: (
        lambda: sold().refused(engine.refund, refund(("2", 1, 1))),
        "refund_line_unknown: order 1 has no line 2 (see the lines with explain)",
    ),
    of_commission.REFUND_TOO_LARGE: (
        lambda: refunded(("1", 1, 5_000)).refused(engine.refund, refund(("1", 1, 5_001), id="r2")),
        (
            "refund_too_large: of line 1 of order 1 50.00 CNY are left, r2 asks for 50.01 "
            "(a refund takes back no more than was paid and is left)"
        ),
    ),
    of_commission.PRICE_CORRECTION_EXISTS: (
        lambda: repriced().refused(engine.correct_price, price("p1", {"1": 1})),
        (
            "price_correction_exists: p1 is posted already, with other content "
            "(give every price correction an id of its own)"
        ),
    ),
    of_commission.PRICE_LINE_UNKNOWN: (
        lambda: sold().refused(engine.correct_price, price("p1", {"2": 1})),
        "price_line_unknown: order 1 has no line 2 (see the lines with explain)",
    ),
    of_commission.PRICE_BELOW_REFUNDS: (
        lambda: refunded(("1", 1, 5_000)).refused(engine.correct_price, price("p1", {"1": 4_999})),
        (
            "price_below_refunds: line 1 of order 1 would have been sold for 49.99 CNY by p1; 50.00 went "
            "back of it (a price is what all units were sold for, before any refund)"
        ),
    ),
    of_commission.PRICE_TOO_LARGE: (
        lambda: two_lines().refused(engine.correct_price, price("p1", {"1": limits.AMOUNT_MINOR_MAX})),
        (
            "price_too_large: by p1 the lines of order 1 would be sold for 1000000000010000 minor units; the "
            "limit is 1000000000000000 (check the prices of the lines)"
        ),
    ),
    of_commission.REFUND_BEFORE_PAYMENT: (
        lambda: sold().refused(engine.refund, refund(("1", 1, 1), refunded_at=day(1))),
        (
            "refund_before_payment: order 1 was paid at 2026-01-02T00:00:00Z; r1 says "
            "2026-01-01T00:00:00Z (a sale is corrected after it was paid)"
        ),
    ),
    of_commission.CORRECTED_IN_FUTURE: (
        lambda: sold().refused(engine.cancel, Cancellation(ORDER, day(32))),
        (
            "corrected_in_future: order 1 would be corrected at 2026-02-01T00:00:00Z, after "
            "2026-01-31T00:00:00Z (post it when it has happened)"
        ),
    ),
    of_commission.REPEATED_REFUND_UNKNOWN: (
        lambda: sold().refused(engine.refund, refund(("1", 1, 1), id="c1", repeats="r1")),
        (
            "repeated_refund_unknown: c1 repeats r1, which is not a refund of order 1 that can be repeated "
            "(name a refund of the same sale that repeats none itself)"
        ),
    ),
    of_commission.REPEATED_TWICE: (
        lambda: refunded(("1", 1, 1), id="c1", repeats="r1").refused(
            engine.refund, refund(("1", 1, 1), id="c2", repeats="r1")
        ),
        ("repeated_twice: c2 repeats r1, which c1 repeats already (post it as a refund of its own)"),
    ),
    # Completions
    # Other plan versions
    of_commission.PLAN_VERSION_UNKNOWN: (
        lambda: sold().refused(engine.recompute, "CNY", JANUARY, pin=evolve(ANOTHER, plan_version=9)),
        "plan_version_unknown: version 9 of plan plan was never published (publish it first; see plan show)",
    ),
    of_commission.CURRENCY_DIFFERS: (
        lambda: of_two_currencies().refused(
            engine.recompute, "JPY", JANUARY, pin=evolve(ANOTHER, plan_version=1)
        ),
        (
            "currency_differs: version 1 of plan plan is in CNY, what is recomputed is in JPY "
            "(name a plan of the same currency)"
        ),
    ),
    of_commission.REPIN_NOT_APPROVED: (
        lambda: versions().refused(engine.recompute, "CNY", JANUARY, pin=evolve(ANOTHER, approver=ACTOR)),
        (
            "repin_not_approved: tester can't approve what tester does: pinning to version 2 of plan plan "
            "(somebody else has to approve it)"
        ),
    ),
    of_commission.PINNED_ALREADY: (
        lambda: period_repinned(1),
        (
            "pinned_already: 2026-01 goes by version 1 of plan plan already (accrue it without another plan "
            "version)"
        ),
    ),
    of_commission.PLAN_NOT_OF_PERIOD: (
        lambda: period_repinned(2, valid_from=MARCH),
        (
            "plan_not_of_period: version 2 of plan plan is not one for 2026-01-31T15:59:59.999999Z, when "
            "2026-01 ended (publish a version of the same period_cadence whose validity covers the end of "
            "the period)"
        ),
    ),
    of_commission.COMPONENT_MISSING: (
        lambda: period_repinned(2, period_components=EVERYTHING[1:2]),
        (
            "component_missing: version 2 of plan plan has no ladder teams, which 2026-01 was paid by "
            "(publish a version in which it stands, perhaps with rates of 0%)"
        ),
    ),
    of_commission.PLAN_NOT_VALID: (
        lambda: repinned(valid_from=day(3)),
        (
            "plan_not_valid: version 2 of plan plan is not valid at 2026-01-02T00:00:00Z, when order 1 was "
            "paid (publish a version whose validity covers the sale)"
        ),
    ),
    of_commission.PAST_UNKNOWN: (
        lambda: repinned(components=(evolve(LEVELS, rules=(NTH,)),)),
        (
            "past_unknown: version 2 of plan plan asks what was bought before order 1, which was not kept "
            "(it is kept for sales accrued by a plan that asks; pin this one to a plan that does not)"
        ),
    ),
    of_commission.EARNED_UNKNOWN: (
        lambda: repinned(components=(evolve(LEVELS, rules=(evolve(NTH, match=EarnedBefore(1)),)),)),
        (
            "earned_unknown: version 2 of plan plan asks what was earned before order 1, which was not kept "
            "for it (it is kept for the version that a sale is accrued by; pin it to one that does not ask)"
        ),
    ),
    of_commission.NOT_GRANTED: (
        lambda: repinned(caps=(Cap(CapId("month"), 1),)),
        (
            "not_granted: version 2 of plan plan has caps, and order 1 was granted nothing under them "
            "(headroom is granted when a sale is accrued; pin it to a version without caps)"
        ),
    ),
    of_commission.FREEZE_DIFFERS: (
        lambda: repinned(freeze=Freeze(7, FreezeFrom.PAID)),
        (
            "freeze_differs: the freeze of order 1 counts from when it was completed, that of version 2 of "
            "plan plan from when it is paid (pin it to a version that counts as the one that it was accrued "
            "by)"
        ),
    ),
    of_commission.COMPLETED_BEFORE_PAYMENT: (
        lambda: sold().refused(engine.complete, Completion(ORDER, day(1))),
        (
            "completed_before_payment: order 1 was paid at 2026-01-02T00:00:00Z; it can't be completed at "
            "2026-01-01T00:00:00Z (a sale is completed after it was paid)"
        ),
    ),
    of_commission.COMPLETED_IN_FUTURE: (
        lambda: sold().refused(engine.complete, Completion(ORDER, day(32))),
        (
            "completed_in_future: order 1 would be completed at 2026-02-01T00:00:00Z, after "
            "2026-01-31T00:00:00Z (complete it when it is)"
        ),
    ),
    of_commission.COMPLETED_ALREADY: (
        lambda: completed().refused(engine.complete, Completion(ORDER, day(6))),
        (
            "completed_already: order 1 was completed at 2026-01-05T00:00:00Z already "
            "(an order is completed once)"
        ),
    ),
}

IN_A_TREE_OF_A_MILLION = {of_referral.UPLINE_TOO_DEEP, of_referral.FAN_OUT_TOO_WIDE}
"""These are tested where a tree is only said to be so large: in tests of `referral.join`."""


@pytest.mark.parametrize("code", STORIES, ids=lambda code: code.name)
def test_a_refusal_says_why(code: Code) -> None:
    story, sentence = STORIES[code]
    refusal = story()
    assert (refusal.code, str(refusal)) == (code.name, sentence)


def test_every_refusal_is_told() -> None:
    modules = (of_engine, of_members, of_referral, of_commission, of_compliance)
    codes = {each for module in modules for each in vars(module).values() if isinstance(each, Code)}
    assert {*STORIES, *IN_A_TREE_OF_A_MILLION} == codes
    assert len({code.name for code in codes}) == len(codes)


def test_the_sum_of_a_sale_is_what_may_be_too_large() -> None:
    """Each of two amounts is as large as it may be, or both together."""
    half = limits.AMOUNT_MINOR_MAX // 2
    for amounts_minor in ((limits.AMOUNT_MINOR_MAX, 1), (half - 1, half + 2)):
        too_large = plan(*(per_unit(each, level) for level, each in enumerate(amounts_minor, 1)))
        refusal = shop(plan=too_large).refused(engine.accrue, sale())
        assert refusal.code == "amount_too_large"
        assert dict(refusal.facts)["amount_minor"] == str(limits.AMOUNT_MINOR_MAX + 1)
    largest = shop(plan=plan(per_unit(half - 1, 1), per_unit(half + 1, 2)))
    assert paid(largest.do(engine.accrue, sale())) == {"ben": half - 1, "ann": half + 1}


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [("FAN_OUT_MAX", 2, "fan_out_too_wide"), ("UPLINE_DEPTH_MAX", 1, "upline_too_deep")],
)
def test_a_move_needs_room_as_a_newcomer_does(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, code: str
) -> None:
    """Whoever was moved below somebody takes a place there, as whoever joined does."""
    found = shop(*map(newcomer, ("ann", "joe", "kim", "zoe")), newcomer("ben", "ann"))
    found.do(engine.move, "joe", "ann")
    monkeypatch.setattr(limits, limit, value)
    sponsor = "ann" if limit == "FAN_OUT_MAX" else "ben"
    assert found.refused(engine.move, "kim", sponsor).code == code
    assert found.refused(engine.join, newcomer("dan", sponsor)).code == code
    found.do(engine.move, "kim", "zoe")
    found.do(engine.move, "joe", None)


# The same refusals where they come from another verb


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (lambda: open_shop().refused(engine.cancel, Cancellation(ORDER, day(5))), "sale_unknown"),
        (lambda: open_shop().refused(engine.complete, Completion(ORDER, day(5))), "sale_unknown"),
        (lambda: ended().refused(engine.cancel, Cancellation(ORDER, day(6))), "sale_cancelled"),
        (lambda: shop().refused(engine.set_tier, "zoe", "gold"), "member_unknown"),
        (lambda: shop().refused(engine.set_state, "zoe", State.SUSPENDED), "member_unknown"),
        (lambda: shop().refused(engine.move, "ben", "zoe"), "sponsor_unknown"),
        (lambda: shop().refused(engine.join, newcomer("dan", "dan")), "sponsor_unknown"),
        (
            lambda: shop().refused(engine.set_plan, evolve(TEN_PERCENT, currency=Currency("JPY"))),
            "currency_not_of_shop",
        ),
        (lambda: sold().refused(engine.release, key="order 1"), "key_reused"),
        (lambda: sold().refused(engine.move, "ben", None, key="order 1"), "key_reused"),
        (lambda: sold().refused(engine.set_plan, TEN_PERCENT, key="order 1"), "key_reused"),
        (lambda: shop().refused(engine.accrue, sale()), "no_plan"),
    ],
)
def test_other_verbs_refuse_the_same(refused: Callable[[], Refusal], code: str) -> None:
    assert refused().code == code


def test_a_refund_id_is_used_once_in_a_shop_whatever_the_sale() -> None:
    shop = refunded(("1", 1, 1))
    shop.do(engine.accrue, sale(id="order 2"))
    assert shop.refused(engine.refund, refund(("1", 1, 1), of="order 2")).code == "refund_exists"


def test_an_id_of_a_price_correction_is_used_once_in_a_shop_whatever_the_sale() -> None:
    shop = repriced()
    shop.do(engine.accrue, sale(id="order 2"))
    again = price("p1", sale="order 2")
    assert shop.refused(engine.correct_price, again).code == "price_correction_exists"


def test_a_higher_price_pays_no_more_than_a_store_holds() -> None:
    huge = plan(percent("100%", 1), percent("90%", 2))
    found = shop(plan=huge)
    found.do(engine.accrue, sale())
    most = price("p1", {"1": limits.AMOUNT_MINOR_MAX})
    assert found.refused(engine.correct_price, most).code == "amount_too_large"


def test_explaining_a_sale_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError, match="order 9 was never accrued"):
        open_shop().ask(engine.explain, SaleId("order 9"))
