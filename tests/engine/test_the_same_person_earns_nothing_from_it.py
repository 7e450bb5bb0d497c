"""Nobody earns from the own purchase under another id, and what was decided before is not touched."""

from collections import Counter

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import Component, FirstLevel, Matching, Percent, PromoterShare, Rule
from distcore.kernel import ComponentId, Currency, InputError, MemberId, Rate, RuleId
from distcore.members import Recruits
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.tiers import a_tier_policy

SHARE = PromoterShare(ComponentId("share"), (Rule(RuleId("all"), Percent(Rate.parse("3%"))),))


def a_shop(*components: Component) -> Shop:
    chain = [*a_chain("ann", "ben", "cai"), a_member("pam"), a_member("pat", "pam")]
    return Shop.open(MemoryStore("shop"), a_plan(*(components or (levels("10%", "5%"), SHARE))), chain)


def one_person(shop: Shop, *ids: str) -> None:
    for id in ids:
        shop.do(engine.identify, id, ["the same phone"])


def earned(shop: Shop, id: str, buyer: str = "cai", promoter: str | None = None) -> dict[str, int]:
    posting = shop.do(engine.accrue, a_sale(id, buyer, promoter=promoter))
    sums: Counter[str] = Counter()
    for each in posting.accruals:
        sums[each.payee] += each.amount_minor
    return dict(sums)


def test_a_promoter_who_is_the_buyer_promotes_nothing() -> None:
    shop = a_shop()
    assert earned(shop, "1", promoter="pam") == {"ben": 1_000, "ann": 500, "pam": 300}
    one_person(shop, "cai", "pam")
    assert earned(shop, "2", promoter="pam") == {"ben": 1_000, "ann": 500}
    shop.assert_sound()


def test_a_customer_who_never_joined_is_told_apart_too() -> None:
    shop = a_shop()
    one_person(shop, "guest", "pat")
    assert earned(shop, "1", "guest", "pam") == {"pam": 1_300}
    assert earned(shop, "2", "guest", "pat") == {}


def test_a_seat_of_the_buyers_person_is_passed_over_without_using_up_a_level() -> None:
    shop = a_shop()
    one_person(shop, "cai", "ben")
    assert earned(shop, "1") == {"ann": 1_000}
    with shop.store.begin() as tx:
        explained = engine.explain(tx, a_sale("1").id).explained
    assert [(each.member, each.level, each.reason.value) for each in explained.why_nots][:1] == [
        ("ben", 0, "same_person")
    ]
    shop.assert_sound()


def test_where_the_buyer_earns_the_person_earns_once() -> None:
    shop = a_shop(levels("10%", "5%", "2%", buyer_is_level_1=True))
    assert earned(shop, "1") == {"cai": 1_000, "ben": 500, "ann": 200}
    one_person(shop, "cai", "ben")
    assert earned(shop, "2") == {"cai": 1_000, "ann": 500}


def test_it_holds_above_a_promoter_too() -> None:
    shop = a_shop(levels("10%", "5%", level_1=FirstLevel.PROMOTER))
    one_person(shop, "cai", "pam")
    assert earned(shop, "1", promoter="pat") == {"pat": 1_000}


def test_what_was_accrued_before_stays_and_so_do_its_corrections() -> None:
    """The line law rests on the revision of the tree at which the sale was booked."""
    shop = a_shop()
    earned(shop, "1", promoter="pam")
    one_person(shop, "cai", "ben", "pam")
    shop.do(engine.refund, a_refund("r1", "1", {"1": (0, 5_000)}))
    assert {share[3]: amount for share, amount in shop.shares("1").items()} == {
        "ben": 500,
        "ann": 250,
        "pam": 150,
    }
    earned(shop, "2", promoter="pam")
    for id in ("cai", "ben", "pam"):
        shop.do(engine.identify, id, [f"a phone of {id}"])
        shop.do(engine.erase_person, id)
    shop.do(engine.refund, a_refund("r2", "2", {"1": (0, 5_000)}))
    assert {share[3]: amount for share, amount in shop.shares("2").items()} == {"ann": 500}
    shop.assert_sound()
    for sale in ("1", "2"):
        shop.do(engine.cancel, a_cancellation(sale))
        assert shop.shares(sale) == {}
    assert earned(shop, "3", promoter="pam") == {"ben": 1_000, "ann": 500, "pam": 300}
    shop.assert_sound()


def test_joining_and_moving_go_through_the_same_check() -> None:
    shop = a_shop()
    one_person(shop, "new", "ann", "pam")
    before = shop.dump()
    assert shop.refused(engine.join, a_member("new", "ann")) == "same_person"
    report = shop.do(engine.join_all, [a_member("new", "ann"), a_member("new", "pam")])
    assert [each.refusal.code for each in report.refused] == ["same_person"] * 2
    assert shop.refused(engine.move, "pam", "ann") == "same_person"
    assert shop.dump() == before
    shop.do(engine.join, a_member("new", "ben"))


def test_identifying_says_who_is_the_same_person_and_does_it_once() -> None:
    shop = a_shop()
    assert shop.do(engine.identify, "ann", ["a", "b"], key="ann") == set()
    assert shop.do(engine.identify, "guest", ["b", "c"], key="guest") == {"ann"}
    assert shop.do(engine.identify, "pam", ["c"]) == {"ann", "guest"}
    assert shop.do(engine.identify, "guest", ["d"]) == set()
    before = shop.dump()
    assert shop.do(engine.identify, "ann", ["b", "a"], key="ann", actor="another") == set()
    assert shop.refused(engine.identify, "ann", ["other"], key="ann") == "key_reused"
    assert shop.refused(engine.identify, "guest", ["b", "c"], key="guest") == "key_reused"
    assert shop.refused(engine.identify, "pam", ["a"], key="ann") == "key_reused"
    assert shop.dump() == before
    shop.do(engine.erase_person, "ann")
    assert shop.do(engine.identify, "ann", ["b", "a"], key="ann") == set()
    shop.assert_sound()


def test_a_person_has_so_many_ids_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = a_shop()
    monkeypatch.setattr("distcore.kernel.limits.PERSON_MEMBERS_MAX", 2)
    one_person(shop, "ann", "ben")
    before = shop.dump()
    assert shop.refused(engine.identify, "cai", ["the same phone"]) == "person_too_large"
    assert shop.dump() == before


def test_what_is_malformed_is_not_repeated() -> None:
    shop = a_shop()
    with pytest.raises(InputError) as raised:
        shop.do(engine.identify, "", ["sec\0ret"])
    assert [each.where for each in raised.value.problems] == ["member", "fingerprints"]
    assert "ret" not in str(raised.value)


def test_no_fingerprint_is_kept_as_it_came() -> None:
    shop = a_shop()
    shop.do(engine.identify, "ann", ["phone 138"])
    with shop.store.begin() as tx:
        (kept,) = tx.identities.fingerprints(a_member("ann").id)
    assert len(kept) == 64
    assert "phone" not in kept + shop.dump()


def test_days_do_not_matter_to_who_somebody_is() -> None:
    """A sale that was paid before is decided by what is known when it is booked."""
    shop = a_shop()
    shop.do(engine.identify, "cai", ["p"], at=day(300))
    shop.do(engine.identify, "ben", ["p"], at=day(300))
    assert earned(shop, "1") == {"ann": 1_000}


@pytest.mark.parametrize("others", [{}, {"pam": 500}])
def test_nobody_is_matched_for_what_an_id_of_ones_own_earned(others: dict[str, int]) -> None:
    """It is passed over: whoever stands above, and is somebody else, is the first generation."""
    shop = a_shop()
    one_person(shop, "ben", "cai")
    rates = (Rate.parse("50%"), Rate.parse("10%"))
    match = Matching(ComponentId("match"), (ComponentId("levels"),), rates)
    shop.do(engine.join_all, [a_member("dan", "cai"), a_member("qui", "pat")])
    shop.do(engine.set_plan, evolve(a_plan(levels("10%")), plan_version=2, period_components=(match,)))
    shop.do(engine.accrue_all, [a_sale("1", "dan"), *([a_sale("2", "qui")] if others else [])])
    shop.do(engine.accrue_period, "CNY", "2017-01")
    with shop.store.begin() as tx:
        posted = {each.share.payee: each.amount_minor for each in tx.period_runs.facts(1, 0)}
        ask = (tx, Currency("CNY"), "2017-01")
        told = {id: list(engine.matched_parts(*ask, MemberId(id), match.id)) for id in ("ann", "ben")}
    assert posted == {"ann": 500, **others}, "of the 10.00 that cai earned, and cai is ben"
    assert [(each.generation, each.earner) for each in told["ann"]] == [(1, "cai")]
    assert told["ben"] == []
    shop.assert_sound()


def test_nobody_rises_by_ids_of_ones_own_or_by_one_person_twice() -> None:
    shop = Shop.open(MemoryStore("shop"), a_plan(), a_chain("ann", "ben"))
    shop.do(engine.join_all, [a_member(id, "ann") for id in ("cai", "dan")])
    shop.do(engine.set_tier_policy, a_tier_policy(1, Recruits(2, 10_000)))
    for buyer in ("ben", "cai", "dan"):
        shop.do(engine.accrue, a_sale(f"of {buyer}", buyer, lines=[a_line(net_minor=6_000)]))
    one_person(shop, "cai", "dan")
    shop.do(engine.accrue, a_sale("more", "ben"))
    assert recruits(shop, "2017-01") == 2, "ben, and the two ids of another person, who bought for 120.00"
    shop.do(engine.identify, "ben", ["another phone"])
    shop.do(engine.identify, "ann", ["another phone"])
    shop.do(engine.accrue, a_sale("late", "ben", paid_at=day(40)))
    assert recruits(shop, "2017-02") == 0


def recruits(shop: Shop, period: str) -> int:
    """Return how many count as recruits of Ann."""
    shop.do(engine.evaluate_tiers, period)
    with shop.store.begin() as tx:
        decisions = engine.tier_decisions(tx, MemberId("ann"))
    return decisions[-1].decision.measures.recruits_with(10_000) if decisions else 0
