"""The life of a shop from its first day to a sealed quarter: everything that can happen, in one story.

It is told through the verbs, in batches of any size, and leaves the same dump on every store: an outbox
that keeps all of it to be told; applications, promotion codes, touches and a downline that is re-attached;
sales, refunds and moves; balances from an old shop, one of them frozen; adjustments and holds; releases in
several runs; an agent; carts that become orders, with a coupon and points, alone and in groups; coupons
that are given away, kept and taken back; a month that is closed, rejected, closed again and approved; tiers
of two months; what a month is worth, and what changes about it; a refund after its money was paid; a payout
for every end that one can have; and seals.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from attrs import evolve

from distcore import engine
from distcore.commission import (
    Bracket,
    ByPoints,
    ByTier,
    FirstLevel,
    FixedPerOrder,
    Freeze,
    FreezeFrom,
    How,
    Ladder,
    Matching,
    Pool,
    Refund,
    Rule,
    Sale,
    Scope,
    TierWeight,
    Unqualified,
    Upline,
    Volume,
)
from distcore.compliance import Permission
from distcore.coupons import CouponId, CouponTemplate, CouponUse, DaysFromClaim, TemplateId
from distcore.groups import GroupSale, GroupSaleId
from distcore.kernel import (
    Actor,
    CompliancePreset,
    ComponentId,
    Instant,
    MemberId,
    Period,
    Rate,
    Rounding,
    RuleId,
    SaleId,
    Sku,
)
from distcore.members import AllOf, Credit, TeamSales, Years
from distcore.memory import MemoryAttempts
from distcore.payout import STORED_VALUE_CHANNEL, AccountDetails, Outcome
from distcore.ports import Transaction
from distcore.pricing import (
    Audience,
    Break,
    ByPieces,
    ExtraPoints,
    FreightTemplate,
    PointsIn,
    PointsPolicy,
    PriceList,
    PriceOf,
    Quote,
    Shopper,
    Wanted,
    Zone,
    terms_of,
)
from distcore.referral import ApplicationState, CodeKind, Downline, Evidence, State, link_token
from distcore.settlement import CnLabour, HoldOn, Review
from distcore.testing.builders import (
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
from distcore.testing.carts import CNY, an_offer, percent
from distcore.testing.catalog import a_product, some_units
from distcore.testing.money import (
    a_hold,
    a_settlement_policy,
    an_adjustment,
    an_event,
    an_opening,
    some_details,
)
from distcore.testing.tiers import a_tier_policy

T = TypeVar("T")

BY_THE_MONTH: Final = (
    Ladder(
        ComponentId("teams"),
        (Bracket(0, Rate.parse("1%")), Bracket(300_000, Rate.parse("2%"))),
        Volume.TEAM,
        How.WHOLE,
        leg_cap=Rate.parse("60%"),
        subtract_legs=True,
        budget=Rate.parse("0.5%"),
    ),
    Pool(ComponentId("parts"), Rate.parse("0.3%"), ByTier((TierWeight("gold", 2), TierWeight("", 1)))),
    Matching(ComponentId("match"), (ComponentId("levels"), ComponentId("teams")), (Rate.parse("5%"),)),
    Pool(ComponentId("thanks"), Rate.parse("0.1%"), ByPoints()),
)
"""What is paid for a whole month."""

PLAN: Final = evolve(
    a_plan(
        levels("10%", "5%", "2%", unqualified=Unqualified.ROLLS_UP, level_1=FirstLevel.PROMOTER),
        Upline(ComponentId("bonus"), (Rule(RuleId("fixed"), FixedPerOrder(77), (1, 2)),)),
        rounding=Rounding.HALF_EVEN,
        rounding_scope=Scope.ORDER,
        budget="15%",
        freeze=Freeze(3, FreezeFrom.PAID),
    ),
    period_components=BY_THE_MONTH,
)
"""A plan in which lines, levels and components share what there is."""

SETTLEMENT: Final = a_settlement_policy(
    review=Review.REVIEWED, minimum_minor=500, withholding=CnLabour(), account_hold_days=3
)
"""Months that somebody looks at, a minimum, and taxes."""

LINK: Final = b"eighty bits"
"""What a link ends with: in a shop it is random, here it is the same in every story."""

IN_GROUP: Final = GroupSale(GroupSaleId("tea for two"), CNY, size=2, hours=24, per_member_max=2)
"""Tea is cheaper for two who come together."""

SALES: Final = 42
CLOSINGS: Final = 4
PAYOUTS: Final = 6
"""How many of each there are in the end."""


def a_year() -> tuple[Sequence[Sale], Sequence[Refund]]:
    """Return forty orders of two lines, and refunds of every third."""
    count = 40
    sales = [
        a_sale(
            f"order {number}",
            "dan",
            [a_line("10", net_minor=number * 997, units=3), a_line("9", net_minor=number * 13 % 101)],
            paid_at=day(2 + number % 9, number % 24),
            promoter="zoe" if number % 5 == 0 else None,
        )
        for number in range(count)
    ]
    refunds = [
        a_refund(f"refund {number}", sale.id, {"10": (1, sale.lines[0].net_minor // 3)}, refunded_at=day(20))
        for number, sale in enumerate(sales)
        if number % 3 == 1
    ]
    return sales, refunds


def tell(shop: Shop, batch: int = 100) -> str:
    """Tell a shop the whole story, in batches of any size, and return its dump."""
    for _ in told(shop, batch):
        pass
    return shop.dump()


def told(shop: Shop, batch: int = 100) -> Iterator[None]:
    """Tell a shop the story, one command at a time: whoever listens may look at it in between."""
    teller = _Teller(shop, batch)
    yield from _opened(teller)
    yield from _recruited(teller)
    yield from _sold(teller)
    yield from _released(teller)
    yield from _shopped(teller)
    yield from _closed(teller)
    yield from _judged(teller)
    yield from _paid(teller)
    yield from _paid_back(teller)


class _Teller:
    """Calls verbs, each under a key that does not depend on how many there were."""

    def __init__(self, shop: Shop, batch: int) -> None:
        self._shop = shop
        self._batch = batch

    def one(
        self, key: str, at: Instant, verb: Callable[..., T], *args: object, **options: Any
    ) -> Generator[None, None, T]:
        """Do one thing; return what it answers."""
        answer = self._shop.do(verb, *args, at=at, key=key, **options)
        yield
        return answer

    def all(self, key: str, at: Instant, verb: Any, items: Sequence[object]) -> Iterator[None]:
        """Do many things in batches; none of them may be refused."""
        for start in range(0, len(items), self._batch):
            report = self._shop.do(verb, list(items[start : start + self._batch]), at=at, key=key)
            assert not report.refused, report.refused
            assert not report.problems, report.problems
            yield


def _opened(tell: _Teller) -> Iterator[None]:
    """Members join, and bring along what an old shop owed them."""
    members = [a_member("zoe", tier="gold"), *a_chain("ann", "ben", "cai", "dan")]
    openings = [
        an_opening("ann", "ann", 2_000),
        an_opening("ben", "ben", -1_500, provenance="paid too much in 2016"),
        an_opening("zoe", "zoe", 900, frozen_until=day(40)),
    ]
    yield from tell.one("outbox", day(1), engine.open_outbox)
    yield from tell.one("policy", day(1), engine.set_policy, a_policy())
    yield from tell.one("plan", day(1), engine.set_plan, PLAN)
    strict = evolve(a_policy(), compliance_preset=CompliancePreset.CN_STRICT)
    yield from tell.one("preset", day(1), engine.set_policy, strict)
    pilot = Permission("a pilot, for a hundred members", Actor("boss"))
    yield from tell.one("allowed", day(1), engine.set_plan, PLAN, override=pilot)
    yield from tell.one("settlement", day(1), engine.set_settlement, SETTLEMENT)
    yield from tell.all("join", day(1), engine.join_all, members)
    yield from tell.all("opening", day(1), engine.open_balances, openings)


def _recruited(tell: _Teller) -> Iterator[None]:
    """Some apply, and customers are brought by codes and links; one of them is a promoter's second phone."""
    approved, rejected = ApplicationState.APPROVED, ApplicationState.REJECTED
    for id, applicant in (("a1", "kim"), ("a2", "lee"), ("a3", "mia")):
        evidence = Evidence(f"{applicant} Ling", "138 0000 0000", (f"id card of {applicant}",))
        yield from tell.one(
            f"apply {id}", day(1), engine.apply_to_distribute, id, applicant, evidence, sponsor="zoe"
        )
    boss = {"actor": "boss"}
    yield from tell.one(
        "approve a1", day(2), engine.review_application, "a1", approved, tier="silver", **boss
    )
    yield from tell.one("reject a2", day(2), engine.review_application, "a2", rejected, reason="?", **boss)
    yield from tell.one("kim's phones", day(2), engine.identify, "kim", ["phone 1", "phone 2"])
    yield from tell.one("max's phone", day(2), engine.identify, "max", ["phone 2"])
    yield from tell.one("zoe's code", day(2), engine.issue_code, "zoe", "spring")
    yield from tell.one("kim's link", day(2), engine.issue_link, "kim", LINK, valid_until=day(9))
    yield from tell.one("ned by kim", day(3), engine.touch_by_link, "ned", link_token(LINK), channel="chat")
    yield from tell.one("ned by zoe", day(3), engine.touch_by_code, "ned", "Spring")
    yield from tell.one("max by kim", day(3), engine.touch_by_link, "max", link_token(LINK))
    yield from tell.one("no more", day(4), engine.revoke_code, CodeKind.SHORT, "spring")
    yield from tell.one("oda by zoe", day(4), engine.touch_by_code, "oda", "spring")
    yield from tell.one("oda by hand", day(4), engine.bind, "oda", "zoe", actor="desk")
    reattached = Downline.REATTACHED
    yield from tell.one("the end of kim", day(5), engine.terminate, "kim", downline=reattached)
    yield from tell.one("forget lee", day(5), engine.erase_person, "lee")
    yield from tell.one("zoe in Guangdong", day(5), engine.appoint, "zoe", "cn/gd")


def _sold(tell: _Teller) -> Iterator[None]:
    """Forty orders are paid; a few of them are refunded while they are frozen."""
    sales, _ = a_year()
    early = [
        a_refund(f"early {number}", f"order {number}", {"10": (1, 100)}, refunded_at=day(11))
        for number in (8, 17, 26, 35)
    ]
    yield from tell.one("suspend", day(11), engine.set_state, "cai", State.SUSPENDED, valid_from=day(4))
    yield from tell.one("rise", day(11), engine.set_tier, "ben", "gold", valid_from=day(6))
    yield from tell.all("accrue", day(11), engine.accrue_all, sales)
    yield from tell.one("move", day(11), engine.move, "dan", "zoe", valid_from=day(3))
    yield from tell.all("early", day(11, 1), engine.refund_all, early)
    completions = [engine.Completion(sale.id, day(11)) for sale in sales[:9]]
    yield from tell.all("complete", day(12), engine.complete_all, completions)


def _released(tell: _Teller) -> Iterator[None]:
    """Freezes end in several runs; an order waits for a dispute; refunds come after the release."""
    _, refunds = a_year()
    decisions = [
        an_adjustment("bonus", "ann", 500_000),
        an_adjustment("a little", "dan", 300),
        an_adjustment("fee", "ben", -200, reason="a letter"),
        an_adjustment("points", "dan", 100, currency="POINT"),
    ]
    yield from tell.one("dispute", day(11, 2), engine.place_hold, a_hold("order 3"))
    for at in (8, 12, 14):
        yield from tell.one(f"release {at}", day(max(at, 11), 3), engine.release)
    yield from tell.all("adjust", day(15), engine.adjust_all, decisions)
    yield from tell.all("refund", day(21), engine.refund_all, refunds)
    yield from tell.all("cancel", day(21), engine.cancel_all, [a_cancellation("order 7", day(20))])


def _shopped(tell: _Teller) -> Iterator[None]:
    """Carts become orders: one with a coupon and points, one that is dropped, and three in groups."""
    yield from _priced(tell)
    coupon = yield from _couponed(tell)
    cart = some_units(("tea", 2), shopper=_of("dan"), coupons=("ten off",), points=50)
    agreed = yield from tell.one("place web 1", day(22), _buy, "web 1", cart, [coupon])
    cups = some_units(("cup", 1), shopper=_of("dan"), points=30)
    yield from tell.one("place web 2", day(22), _buy, "web 2", cups)
    yield from tell.one("drop web 2", day(22, 1), engine.drop_order, "web 2")
    use, paid = CouponUse(coupon, 1_800), {"revenue_minor": agreed.payable_minor}
    yield from tell.one("web 1 is paid", day(22, 1), engine.use_coupons, "web 1", [use], **paid)
    sale = a_sale("web 1", "dan", [a_line("001", net_minor=agreed.payable_minor)], paid_at=day(22, 1))
    yield from tell.all("accrue web", day(22, 1), engine.accrue_all, [sale])
    yield from tell.one("web 1 is there", day(24), engine.complete_order, "web 1")
    yield from _grouped(tell)


def _couponed(tell: _Teller) -> Generator[None, None, CouponId]:
    """Coupons are claimed, one by a code, given away, kept for an order and freed, and taken back."""
    coupon = yield from tell.one("ten for dan", day(22), engine.claim_coupon, "welcome", "dan")
    of_ann = yield from tell.one("ten for ann", day(22), engine.claim_coupon, "welcome", "ann")
    codes = yield from tell.one("codes", day(22), engine.issue_coupons, "welcome", [LINK[:10], LINK[-10:]])
    yield from tell.one(
        "ten for cai", day(22), engine.claim_code, codes[0], "cai", MemoryAttempts(), source="desk"
    )
    of_ben = yield from tell.one("for ben", day(22), engine.give_coupon, of_ann, "ann", "ben")
    yield from tell.one("kept for ben", day(22), engine.lock_coupons, [of_ben], "ben", "desk 1")
    yield from tell.one("ben leaves", day(22, 1), engine.free_coupons, "desk 1")
    yield from tell.one("no more for ben", day(22, 1), engine.withdraw_coupon, of_ben)
    return coupon


def _priced(tell: _Teller) -> Iterator[None]:
    """There are products, a flash sale, a price for groups, parcels, and offers: by coupon and for points."""
    flash = (PriceOf(Sku("tea"), (Break(1, 9_000),), total_max=3, per_member_max=2),)
    together = (PriceOf(Sku("tea"), (Break(1, 8_000),), total_max=9),)
    audience = Audience(group_sales=(IN_GROUP.id,))
    by_coupon = evolve(an_offer(percent("10%"), "ten off"), by_coupon=True)
    welcome = CouponTemplate(TemplateId("welcome"), CNY, "ten off", DaysFromClaim(7), 9, transferable=True)
    goods = [a_product("tea"), a_product("cup", 1_500)]
    yield from tell.all("products", day(21), engine.put_products, goods)
    for name, verb, value in (
        ("flash", engine.set_price_list, PriceList("flash", CNY, flash)),
        ("group price", engine.set_price_list, PriceList("together", CNY, together, audience=audience)),
        ("ten off", engine.set_offer, by_coupon),
        ("thanks", engine.set_offer, an_offer(ExtraPoints(7), "thanks")),
        ("welcome", engine.set_coupon_template, welcome),
        ("worth", engine.set_points, PointsIn(CNY, PointsPolicy(1, 1))),
        ("group sale", engine.set_group_sale, IN_GROUP),
        ("parcels", engine.set_freight, FreightTemplate("parcels", CNY, (Zone(ByPieces(1, 800, 1, 200)),))),
    ):
        yield from tell.one(f"set {name}", day(21), verb, value)


def _grouped(tell: _Teller) -> Iterator[None]:
    """One group succeeds, whoever opened the second leaves it, and the third has too few for too long."""
    opened = {}
    for number, buyer in enumerate(("zoe", "ann", "ben", "cai"), 3):
        order = f"web {number}"
        cart = some_units(("tea", 1), shopper=_of(buyer), group_sale=IN_GROUP.id)
        yield from tell.one(f"place {order}", day(24), _buy, order, cart)
        if buyer != "ann":
            opened[buyer] = yield from tell.one(f"open by {buyer}", day(24), engine.open_group, order)
    yield from tell.one("join zoe", day(24, 1), engine.join_group, opened["zoe"].id, "web 4")
    yield from tell.one("leave", day(24, 2), engine.leave_group, "web 5")
    yield from tell.one("too few", day(26), engine.close_groups)
    for order in ("web 5", "web 6"):
        yield from tell.one(f"repay {order}", day(27), engine.say_repaid, order)


def _of(member: str) -> Shopper:
    return Shopper(MemberId(member))


def _buy(
    tx: Transaction,
    order: str,
    wanted: Wanted,
    coupons: Sequence[CouponId] = (),
    *,
    at: Instant,
    actor: str,
    key: str,
) -> Quote:
    """Place an order at the price of now, as a checkout does; one that was placed keeps the price it had."""
    id = SaleId(order)
    placed = engine.placed_as(tx, id, wanted, coupons)
    if placed is not None:
        return placed.quote
    seen = engine.quote_cart(tx, wanted, at=at)
    terms, agreed_minor = terms_of(seen), seen.payable_minor
    call: dict[str, Any] = {"at": at, "actor": actor, "key": key}
    return engine.place_order(tx, id, wanted, terms, agreed_minor=agreed_minor, coupons=coupons, **call)


def _closed(tell: _Teller) -> Iterator[None]:
    """January is closed, looked at, rejected, closed again and approved, while a payee is on hold."""
    lifted = (HoldOn.SALE, "order 3", "the buyer was right")
    yield from tell.one("second dispute", day(32), engine.place_hold, a_hold("order 5"))
    yield from tell.one("watch", day(33), engine.place_hold, a_hold("zoe", HoldOn.PAYEE))
    yield from tell.one("close 1", day(33), engine.close_period, "CNY", "2017-01")
    yield from tell.one("reject", day(33), engine.reject_closing, 1, "a dispute is over", actor="boss")
    yield from tell.one("agreed", day(33), engine.lift_hold, *lifted)
    yield from tell.one("release order 3", day(33), engine.release)
    yield from tell.one("close 2", day(34), engine.close_period, "CNY")
    yield from tell.one("approve 2", day(34), engine.approve_closing, 2, actor="boss", reason="looks right")
    yield from tell.one("trust", day(35), engine.lift_hold, HoldOn.PAYEE, "zoe", "all is well")
    yield from tell.one("second lift", day(40), engine.lift_hold, HoldOn.SALE, "order 5", "withdrawn")
    yield from tell.one("release old", day(41), engine.release)


def _judged(tell: _Teller) -> Iterator[None]:
    """Tiers follow from what teams bought in January: some rise, one has grace, one was given by hand."""
    asked = (TeamSales(1_000_00), AllOf((TeamSales(2_000_00), Credit(5))), AllOf((Credit(9), Years(1))))
    policy = a_tier_policy(1, *asked, grace_periods=1)
    yield from tell.one("partner", day(41), engine.set_tier, "zoe", "partner", valid_from=day(31))
    yield from tell.one("zoe leaves", day(41), engine.dismiss, "zoe", "cn/gd")
    yield from tell.one("tiers", day(41), engine.set_tier_policy, policy)
    scores = {MemberId("ann"): 5, MemberId("cai"): 4}
    yield from tell.one("evaluate 1", day(41), engine.evaluate_tiers, "2017-01", credits=scores)
    yield from tell.one("the month", day(43), engine.accrue_period, "CNY", "2017-01")


def _paid(tell: _Teller) -> Iterator[None]:
    """Payouts succeed at once, late, after nobody knew, not at all, or are called off."""
    for payee, channel in (("ann", "bank"), ("ben", "wallet"), ("ben", "bank")):
        details = some_details(f"{payee} {channel}")
        key = f"{payee} {channel}"
        yield from tell.one(key, day(41), engine.set_account, payee, channel, details)
    for payee, number in (("ann", 1), ("ben", 2)):
        key = f"verify {payee}"
        yield from tell.one(key, day(42), engine.verify_account, payee, number, actor="boss")
    for id, amount in (("p1", 10_000), ("p2", 5_000), ("p3", 3_000), ("p4", 2_000)):
        key = f"request {id}"
        yield from tell.one(key, day(45), engine.request_payout, id, "ann", "CNY", amount)
    for id in ("p1", "p2", "p3"):
        yield from tell.one(f"approve {id}", day(45), engine.approve_payout, id, actor="boss")
    yield from tell.one("call off", day(45), engine.cancel_payout, "p4", "asked for another amount")
    yield from tell.one("file 1", day(46), engine.submit_payouts, "bank")
    first = [
        an_event("e1", "p1", Outcome.UNKNOWN, amount_minor=10_000, happened_at=day(46), reason="timed out"),
        an_event(
            "e2", "p2", Outcome.FAILED, amount_minor=5_000, happened_at=day(46), reason="no such account"
        ),
        an_event("e3", "p3", amount_minor=3_000, happened_at=day(47)),
    ]
    yield from tell.all("events", day(47), engine.take_events, first)
    last = an_event("e4", "p1", amount_minor=10_000, happened_at=day(48))
    yield from tell.all("events", day(50), engine.take_events, [last])


def _paid_back(tell: _Teller) -> Iterator[None]:
    """Facts come late, and more goes back than is left; two more months are closed, and all is sealed."""
    late = a_sale("late", "dan", [a_line(net_minor=90_000)], paid_at=day(9))
    back = [
        a_refund(f"back {number}", f"order {number}", {"10": (0, 20_000)}, refunded_at=day(30))
        for number in (36, 38, 39)
    ]
    yield from tell.all("late", day(52), engine.accrue_all, [late])
    yield from tell.all("back", day(52), engine.refund_all, back)
    some = [an_adjustment("take back", "ann", -40_000), an_adjustment("a little more", "dan", 250)]
    yield from tell.one("take back", day(52), engine.adjust, some[0])
    yield from tell.one("release late", day(53), engine.release)
    yield from tell.one("the month again", day(53), engine.accrue_period, "CNY", "2017-01")
    yield from tell.one("a little more", day(70), engine.adjust, some[1])
    yield from tell.one("seal 1", day(70), engine.seal)
    for number, (label, at) in enumerate((("2017-02", 72), ("2017-03", 93)), 3):
        yield from tell.one(f"close {number}", day(at), engine.close_period, "CNY", label)
        key = f"approve {number}"
        yield from tell.one(key, day(at), engine.approve_closing, number, actor="boss")
    yield from tell.one("evaluate 2", day(93), engine.evaluate_tiers)
    yield from tell.one("pocket", day(93), engine.set_account, "zoe", STORED_VALUE_CHANNEL, AccountDetails())
    yield from tell.one("verify zoe", day(93), engine.verify_account, "zoe", 1, actor="boss")
    yield from tell.one("request p5", day(96), engine.request_payout, "p5", "zoe", "CNY", 700)
    yield from tell.one("approve p5", day(96), engine.approve_payout, "p5", actor="boss")
    yield from tell.one("into the pocket", day(96), engine.submit_payouts, STORED_VALUE_CHANNEL, ["p5"])
    yield from tell.one("request p6", day(96), engine.request_payout, "p6", "zoe", "CNY", 1)
    yield from tell.one("erase ben", day(96), engine.erase_payee, "ben")
    yield from _corrected(tell)
    yield from tell.one("seal 2", day(96) + timedelta(hours=1), engine.seal)


def _corrected(tell: _Teller) -> Iterator[None]:
    """Two prices were wrong, and sales of a day are pinned to a version that was published late."""
    prices = [a_price("higher", {"10": 40_000}, "order 36"), a_price("lower", {"1": 30_000}, "late")]
    pin = engine.NewPin(PLAN.id, 2, "the rounding was entered late", "boss")
    yield from tell.all("price", day(96), engine.correct_price_all, prices)
    later = evolve(PLAN, plan_version=2, rounding=Rounding.DOWN)
    pilot = Permission("the pilot goes on", Actor("boss"))
    yield from tell.one("late plan", day(96), engine.set_plan, later, override=pilot)
    third = Period("2017-01-03", day(3), day(4))
    yield from tell.one("recompute", day(96), engine.recompute, "CNY", third, pin=pin)
    yield from tell.one("the month anew", day(96), engine.accrue_period, "CNY", "2017-01", pin=pin)
