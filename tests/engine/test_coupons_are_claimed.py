"""Coupons are set, issued, claimed, given away and withdrawn, and never more than there are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from distcore import engine
from distcore.coupons import (
    Coupon,
    CouponId,
    CouponState,
    CouponStats,
    CouponTemplate,
    DaysFromClaim,
    TemplateId,
)
from distcore.kernel import Currency, InputError, MemberId, limits
from distcore.memory import MemoryAttempts, MemoryStore
from distcore.testing.builders import LATER, Shop, a_policy, a_sale
from distcore.testing.carts import CNY, an_offer, percent

ANN, BEN = MemberId("ann"), MemberId("ben")
OFFER = evolve(an_offer(percent("10%")), by_coupon=True)
WELCOME = CouponTemplate(TemplateId("welcome"), CNY, OFFER.id, DaysFromClaim(7), 3, word="Hello")
BITS = [bytes([each] * 10) for each in range(3)]
DAY = timedelta(days=1)


@pytest.fixture(name="shop")
def a_shop() -> Shop:
    shop = Shop.open(MemoryStore("shop"))
    shop.do(engine.set_offer, OFFER)
    shop.do(engine.set_coupon_template, WELCOME)
    return shop


def coupon(shop: Shop, id: CouponId) -> Coupon:
    with shop.store.begin() as tx:
        return tx.coupons.of([id])[id]


def stats(shop: Shop) -> CouponStats:
    with shop.store.begin() as tx:
        return engine.coupon_stats(tx, WELCOME.id, at=LATER)


def assert_refused_at(
    where: str, shop: Shop, verb: Callable[..., object], *arguments: object, **options: Any
) -> None:
    """Call a verb with one value that can't be: its place is named, and nothing is written."""
    before = shop.dump()
    with pytest.raises(InputError) as caught:
        shop.do(verb, *arguments, **options)
    assert [each.where for each in caught.value.problems] == [where]
    assert shop.dump() == before


def claim_word(shop: Shop, code: str, member: str = "ann", **options: Any) -> CouponId:
    source = options.pop("source", "here")
    attempts = options.pop("attempts", None) or MemoryAttempts()
    return shop.do(engine.claim_code, code, MemberId(member), attempts, source=source, **options)


def refused_word(shop: Shop, code: str, member: str = "ann", **options: Any) -> str:
    source = options.pop("source", "here")
    attempts = options.pop("attempts", None) or MemoryAttempts()
    return shop.refused(engine.claim_code, code, MemberId(member), attempts, source=source, **options)


def test_a_template_is_set_by_number_and_left_alone_unchanged(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, WELCOME)
    shop.do(engine.set_coupon_template, evolve(WELCOME, total_max=4), key="k")
    assert shop.do(engine.set_coupon_template, evolve(WELCOME, total_max=4), key="k").total_max == 4
    with shop.store.begin() as tx:
        assert [number for _, number in tx.coupon_templates.all()] == [1, 2]


def test_a_template_needs_an_offer_by_coupon_in_its_currency(shop: Shop) -> None:
    shop.do(engine.set_offer, an_offer(percent("5%"), id="plain"))
    for offer in ("plain", "nothing"):
        wrong = evolve(WELCOME, offer=offer)
        assert shop.refused(engine.set_coupon_template, wrong) == "offer_without_coupon"
    usd = evolve(WELCOME, currency=Currency("USD"))
    assert shop.refused(engine.set_coupon_template, usd) == "currency_not_of_shop"
    both = Shop(MemoryStore("both"))
    both.do(engine.set_policy, evolve(a_policy(), currencies=(CNY, Currency("USD"))))
    both.do(engine.set_offer, OFFER)
    assert both.refused(engine.set_coupon_template, usd) == "offer_without_coupon"


def test_a_template_stays_in_its_currency() -> None:
    both = Shop(MemoryStore("both"))
    usd = Currency("USD")
    both.do(engine.set_policy, evolve(a_policy(), currencies=(CNY, usd)))
    both.do(engine.set_offer, OFFER)
    both.do(engine.set_offer, evolve(OFFER, id="other", currency=usd))
    both.do(engine.set_coupon_template, WELCOME)
    changed = evolve(WELCOME, offer="other", currency=usd)
    assert both.refused(engine.set_coupon_template, changed) == "coupon_currency_changed"


def test_a_word_is_one_template_s_however_it_is_typed(shop: Shop) -> None:
    other = evolve(WELCOME, id=TemplateId("other"), word="HELLO")
    assert shop.refused(engine.set_coupon_template, other) == "coupon_word_taken"
    shop.do(engine.set_coupon_template, evolve(other, word=""))
    mine = coupon(shop, claim_word(shop, " hello "))
    assert (mine.template, mine.owner, mine.state) == (WELCOME.id, ANN, CouponState.CLAIMED)
    assert mine.valid_until == LATER + 7 * DAY

    shop.do(engine.set_coupon_template, evolve(WELCOME, word=""))
    assert refused_word(shop, "hello", "ben") == "coupon_code_refused"


def test_no_more_are_claimed_than_there_are(shop: Shop) -> None:
    for member in ("ann", "ben", "cai"):
        shop.do(engine.claim_coupon, WELCOME.id, MemberId(member))
    before = shop.dump()
    assert shop.refused(engine.claim_coupon, WELCOME.id, MemberId("dan")) == "coupons_used_up"
    assert refused_word(shop, "hello", "dan") == "coupons_used_up"
    assert shop.dump() == before
    assert stats(shop).claimed == 3


def test_a_member_has_no_more_than_allowed(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, evolve(WELCOME, per_member_max=2))
    for _ in range(2):
        shop.do(engine.claim_coupon, WELCOME.id, ANN)
    before = shop.dump()
    assert shop.refused(engine.claim_coupon, WELCOME.id, ANN) == "coupons_used_up"
    assert shop.dump() == before


def test_a_day_of_the_shop_has_no_more_than_allowed(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, evolve(WELCOME, per_day_max=1))
    shop.do(engine.claim_coupon, WELCOME.id, ANN)
    assert shop.refused(engine.claim_coupon, WELCOME.id, BEN) == "coupons_used_up"
    shop.do(engine.claim_coupon, WELCOME.id, BEN, at=LATER + DAY)


def test_coupons_are_claimed_in_their_time(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, evolve(WELCOME, claim_from=LATER + DAY))
    assert shop.refused(engine.claim_coupon, WELCOME.id, ANN) == "coupon_not_claimable"
    assert refused_word(shop, "hello") == "coupon_code_refused"
    assert shop.refused(engine.claim_coupon, TemplateId("nothing"), ANN) == "coupon_template_unknown"


def test_newcomers_have_no_order(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, evolve(WELCOME, newcomers=True, transferable=True))
    shop.do(engine.accrue, a_sale("sale", buyer="ann"))
    assert shop.refused(engine.claim_coupon, WELCOME.id, ANN) == "not_a_newcomer"
    theirs = shop.do(engine.claim_coupon, WELCOME.id, BEN)
    assert shop.refused(engine.give_coupon, theirs, BEN, ANN) == "not_a_newcomer"
    shop.do(engine.give_coupon, theirs, BEN, MemberId("cai"))


def test_a_code_claims_its_coupon_once(shop: Shop) -> None:
    codes = shop.do(engine.issue_coupons, WELCOME.id, BITS, key="issue")
    assert shop.do(engine.issue_coupons, WELCOME.id, BITS, key="issue") == codes
    assert shop.refused(engine.issue_coupons, WELCOME.id, BITS[:1], key="issue") == "key_reused"
    assert shop.refused(engine.issue_coupons, WELCOME.id, [b"0123456789"]) == "coupons_used_up"
    assert shop.refused(engine.issue_coupons, WELCOME.id, BITS[:1]) == "coupons_issued_before"
    assert stats(shop) == CouponStats(WELCOME.id, issued=3)

    mine = claim_word(shop, codes[0].lower(), key="claim")
    assert claim_word(shop, codes[0], key="claim") == mine
    assert coupon(shop, mine).owner == ANN
    assert stats(shop) == CouponStats(WELCOME.id, issued=3, claimed=1)
    assert refused_word(shop, codes[0], "ben") == "coupon_code_refused"
    assert refused_word(shop, codes[1], "ann") == "coupons_used_up"


@pytest.mark.parametrize("code", ["", "AB", "NOTHING-OF-THIS", "x" * 1000, "\ud800bc", "' OR 1=1--"])
def test_whoever_guesses_is_told_the_same_and_stopped(shop: Shop, code: str) -> None:
    guesses = MemoryAttempts(attempts_max=2)
    before = shop.dump()
    for _ in range(2):
        assert refused_word(shop, code, attempts=guesses) == "coupon_code_refused"
    assert refused_word(shop, "hello", attempts=guesses) == "too_many_attempts"
    assert shop.dump() == before
    claim_word(shop, "hello", attempts=guesses, source="somewhere else")


def test_guesses_are_forgotten_after_a_while() -> None:
    guesses = MemoryAttempts(attempts_max=1, sources_max=2)
    for source in ("old", "older"):
        guesses.failed(source, LATER)
    for source in ("new", "newer"):
        guesses.failed(source, LATER + DAY)
    assert [guesses.is_allowed(each, LATER) for each in ("old", "older", "new", "newer")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_coupon_is_given_away_and_counts_for_both(shop: Shop) -> None:
    shop.do(engine.set_coupon_template, evolve(WELCOME, transferable=True))
    mine = shop.do(engine.claim_coupon, WELCOME.id, ANN, key="claim")
    assert shop.do(engine.claim_coupon, WELCOME.id, ANN, key="claim") == mine
    for _ in range(2):
        assert shop.do(engine.give_coupon, mine, ANN, BEN, key="give") == mine
    assert coupon(shop, mine).owner == BEN
    assert shop.refused(engine.give_coupon, mine, ANN, BEN) == "coupon_not_usable"
    assert shop.refused(engine.claim_coupon, WELCOME.id, BEN) == "coupons_used_up"
    assert shop.refused(engine.give_coupon, mine, BEN, ANN) == "coupons_used_up"
    assert coupon(shop, mine).owner == BEN


def test_what_is_withdrawn_is_used_by_nobody(shop: Shop) -> None:
    mine = shop.do(engine.claim_coupon, WELCOME.id, ANN)
    with shop.store.begin() as tx:
        assert [each.id for each in engine.usable_coupons(tx, ANN, at=LATER)] == [mine]
        assert engine.usable_coupons(tx, ANN, at=LATER + 7 * DAY) == ()
        assert engine.usable_coupons(tx, BEN, at=LATER) == ()
    for _ in range(2):
        assert shop.do(engine.withdraw_coupon, mine, key="withdraw") == mine
    assert shop.refused(engine.withdraw_coupon, mine) == "coupon_not_withdrawable"
    with shop.store.begin() as tx:
        assert engine.usable_coupons(tx, ANN, at=LATER) == ()
    assert stats(shop) == CouponStats(WELCOME.id, issued=1, withdrawn=1)


HOSTILE: list[tuple[Callable[..., object], tuple[object, ...], dict[str, Any], str]] = [
    (engine.set_coupon_template, (evolve(WELCOME, total_max=0),), {}, "$.total_max"),
    (engine.set_coupon_template, (None,), {}, "$"),
    (engine.issue_coupons, (WELCOME.id, []), {}, "secrets"),
    (engine.issue_coupons, (WELCOME.id, [b"short"]), {}, "secrets[0]"),
    (engine.issue_coupons, (WELCOME.id, [BITS[0], BITS[0]]), {}, "secrets"),
    (engine.issue_coupons, (WELCOME.id, [b""] * (limits.COUPONS_ISSUED_MAX + 1)), {}, "secrets"),
    (engine.issue_coupons, (WELCOME.id, "0123456789"), {}, "secrets"),
    (engine.claim_coupon, (WELCOME.id, ""), {}, "member"),
    (engine.claim_coupon, (7, ANN), {}, "template"),
    (engine.claim_code, (7, ANN, MemoryAttempts()), {"source": "here"}, "code"),
    (engine.claim_code, ("hello", ANN, MemoryAttempts()), {"source": ""}, "source"),
    (engine.give_coupon, (CouponId("c"), ANN, "a\nb"), {}, "to"),
    (engine.withdraw_coupon, (None,), {}, "coupon"),
]


@pytest.mark.parametrize(("verb", "arguments", "options", "where"), HOSTILE)
def test_hostile_values_are_refused(
    shop: Shop,
    verb: Callable[..., object],
    arguments: tuple[object, ...],
    options: dict[str, Any],
    where: str,
) -> None:
    assert_refused_at(where, shop, verb, *arguments, **options)
