"""A period is evaluated once, when it is over and after the one before; what comes later changes nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import CNY, SHANGHAI, Shop, day, line, newcomer, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import Cancellation
from distcore.kernel import (
    POINT,
    Currency,
    DamagedError,
    EveryDays,
    InputError,
    Instant,
    MemberId,
    PlanId,
    SaleId,
    ShopPolicy,
    limits,
    parse_instant,
)
from distcore.members import (
    AllOf,
    BalancedSales,
    Credit,
    Decision,
    DirectSales,
    Falls,
    HoldsTier,
    Outcome,
    OwnSales,
    Recruits,
    TeamSales,
    TierPolicy,
    Years,
)
from distcore.referral import Change, Member, State, seat_of
from distcore.testing.tiers import a_tier_policy

USD = Currency("USD")
BEFORE = day(-400)
FEB, MAR, APR = (parse_instant(f"2026-0{month}-05T00:00:00Z") for month in (2, 3, 4))
JANUARY = parse_instant("2026-01-10T00:00:00Z")
FEBRUARY = parse_instant("2026-02-10T00:00:00Z")


def a_shop(*members: Any, policy: TierPolicy | None = None) -> Shop:
    found = shop(*members, plan=plan(percent("10%", 1)))
    found.do(engine.set_tier_policy, policy or a_tier_policy(), at=FEB)
    return found


def buys(found: Shop, buyer: str, minor: int, id: str = "", paid_at: Instant = JANUARY) -> None:
    one = sale(line(net_minor=minor), id=id or f"{buyer} {minor}", buyer=buyer, paid_at=paid_at)
    found.do(engine.accrue, one, at=APR)


def decisions(found: Shop, number: int = 1) -> dict[str, Decision]:
    with found.store.begin() as tx:
        return {each.member: each for each in tx.tier_evaluations.decisions(number)}


def tier_of(found: Shop, member: str, at: Instant) -> str:
    with found.store.begin() as tx:
        who = tx.members.upward([MemberId(member)], 0)[MemberId(member)]
        return seat_of(who, valid_at=at, revision=tx.members.revision()).tier


def test_tiers_follow_what_teams_bought_in_the_period() -> None:
    found = a_shop()
    buys(found, "cai", 1_200)
    buys(found, "ann", 9_000)
    evaluation = found.do(engine.evaluate_tiers, at=FEB)

    assert (evaluation.number, evaluation.period.label, evaluation.tree_revision) == (1, "2026-01", 0)
    assert {each.member: (each.outcome, each.tier) for each in decisions(found).values()} == {
        "ann": (Outcome.PROMOTED, "gold"),
        "ben": (Outcome.PROMOTED, "silver"),
        "cai": (Outcome.PROMOTED, "silver"),
    }
    ann = decisions(found)["ann"].measures
    assert (ann.own_minor, ann.direct_minor, ann.team_minor, ann.strongest_leg_minor) == (
        9_000,
        0,
        10_200,
        1_200,
    )
    assert ann.balanced_minor == 9_000


def test_a_tier_holds_from_the_end_of_the_period_on() -> None:
    found = a_shop()
    buys(found, "ann", 100)
    end = found.do(engine.evaluate_tiers, at=FEB).period.end

    assert tier_of(found, "ann", end - timedelta(microseconds=1)) == ""
    assert tier_of(found, "ann", end) == "bronze"


def test_half_open_periods_of_the_shop_s_zone_count() -> None:
    found = a_shop()
    first, end = parse_instant("2026-01-01T00:00:00+08:00"), parse_instant("2026-02-01T00:00:00+08:00")
    found.do(
        engine.set_plan,
        evolve(plan(percent("1%", 1)), id=PlanId("old"), valid_from=BEFORE, valid_until=day(1)),
    )
    for member in ("ben", "cai"):
        found.do(engine.move, MemberId(member), None, at=FEB, valid_from=day(2))
    buys(found, "ann", 100, "a", first - timedelta(microseconds=1))
    buys(found, "ben", 100, "b", first)
    buys(found, "cai", 100, "c", end)
    found.do(engine.evaluate_tiers, "2026-01", at=FEB)

    assert list(decisions(found)) == ["ben"]


def test_what_is_left_counts_and_the_policy_s_currency() -> None:
    found = a_shop()
    found.do(engine.set_policy, ShopPolicy(SHANGHAI, (CNY, USD)))
    found.do(engine.set_plan, evolve(plan(percent("1%", 1)), id=PlanId("dollars"), currency=USD))
    found.do(engine.accrue, sale(line(net_minor=900), id="$", buyer="cai", currency="USD"), at=APR)
    buys(found, "cai", 1_000, "whole")
    buys(found, "cai", 1_000, "cancelled")
    buys(found, "cai", 150, "part")
    found.do(engine.refund, refund(("1", 0, 60), id="r1", of="part", refunded_at=FEBRUARY), at=APR)
    again = refund(("1", 0, 70), id="r2", of="part", refunded_at=FEBRUARY, repeats="r1")
    found.do(engine.refund, again, at=APR)
    found.do(engine.cancel, Cancellation(SaleId("cancelled"), FEBRUARY), at=APR)
    found.do(engine.evaluate_tiers, "2026-01", at=APR)

    assert decisions(found)["cai"].measures.own_minor == 1_000 + 150 - 60 - 10


def test_a_refund_that_arrives_later_changes_no_evaluation() -> None:
    found = a_shop()
    buys(found, "ann", 100, "o")
    found.do(engine.evaluate_tiers, at=FEB, key="first")
    before = decisions(found)
    found.do(engine.refund, refund(("1", 1, 100), of="o", refunded_at=FEBRUARY), at=APR)

    again = found.do(engine.evaluate_tiers, "2026-01", at=APR)
    assert again.number == 1
    assert found.do(engine.evaluate_tiers, at=APR, key="first") == again
    assert decisions(found) == before
    assert tier_of(found, "ann", FEB) == "bronze"


def test_nothing_accrued_before_is_changed() -> None:
    """T2: a tier counts for what is accrued after the evaluation, and was paid after the period."""
    rates = plan(percent("10%", 1, tiers=("silver",)), percent("1%", 1))
    found = shop(newcomer("ann"), newcomer("ben", "ann"), plan=rates)
    found.do(engine.set_tier_policy, a_tier_policy(), at=FEB)
    in_february = parse_instant("2026-02-03T00:00:00Z")
    buys(found, "ben", 5_000, "january")
    buys(found, "ben", 1_000, "early", in_february)
    before = postings(found)
    found.do(engine.evaluate_tiers, "2026-01", at=APR)
    buys(found, "ben", 1_000, "late", in_february)
    buys(found, "ben", 1_000, "january, late")
    after = postings(found)

    assert {each: after[each] for each in before} == before
    assert {each: amounts[0] for each, amounts in after.items()} == {
        "january": [50],
        "early": [10],
        "late": [100],
        "january, late": [10],
    }
    found.do(engine.refund, refund(("1", 1, 1_000), of="early", refunded_at=FEBRUARY), at=APR)
    assert postings(found)["early"] == [[10], [-10]]


def postings(found: Shop) -> dict[str, list[list[int]]]:
    with found.store.begin() as tx:
        return {
            record.booking.sale.id: [[each.amount_minor for each in one.accruals] for one in record.postings]
            for record in tx.sales.all()
        }


def test_periods_are_evaluated_one_after_another() -> None:
    found = a_shop()
    assert found.refused(engine.evaluate_tiers, "2026-02", at=FEB).code == "tiers_too_early"
    found.do(engine.evaluate_tiers, at=FEB)
    assert found.refused(engine.evaluate_tiers, at=FEB).code == "tiers_too_early"
    assert found.refused(engine.evaluate_tiers, "2026-03", at=APR).code == "tiers_out_of_order"
    assert found.do(engine.evaluate_tiers, at=APR).period.label == "2026-02"
    assert found.do(engine.evaluate_tiers, "2026-03", at=APR).number == 3
    with found.store.begin() as tx:
        assert [each.number for each in tx.tier_evaluations.all()] == [1, 2, 3]
        assert engine.tier_evaluation(tx, 2).period.label == "2026-02"


def test_the_first_period_may_be_named() -> None:
    found = a_shop()
    (problem,) = found.problems(engine.evaluate_tiers, "2026-13", at=APR)
    assert problem.startswith("period: not a period: '2026-13'")
    assert found.do(engine.evaluate_tiers, "2025-11", at=APR).period.label == "2025-11"
    (problem,) = found.problems(engine.evaluate_tiers, "2026-13", at=APR)
    assert problem.startswith("period: not a period: '2026-13'")
    assert found.refused(engine.evaluate_tiers, "2025-10", at=APR).code == "tiers_out_of_order"


def test_what_is_missing_is_missed_for_so_many_evaluations() -> None:
    found = a_shop(policy=a_tier_policy(grace_periods=1))
    buys(found, "ann", 1_000)
    outcomes = []
    for month in range(1, 5):
        found.do(engine.evaluate_tiers, f"2026-0{month}", at=parse_instant("2026-06-01T00:00:00Z"))
        told = decisions(found, month)["ann"]
        outcomes.append((told.outcome.value, told.tier, told.misses))
    assert outcomes == [
        ("promoted", "silver", 0),
        ("in_grace", "silver", 1),
        ("demoted", "bronze", 0),
        ("in_grace", "bronze", 1),
    ]


def test_a_tier_given_by_hand_is_kept_or_left_alone() -> None:
    found = a_shop(policy=a_tier_policy(grace_periods=1))
    found.do(engine.set_tier, MemberId("ann"), "gold", at=FEB, valid_from=JANUARY)
    found.do(engine.set_tier, MemberId("ben"), "ambassador", at=FEB, valid_from=JANUARY)
    buys(found, "ben", 100)
    found.do(engine.evaluate_tiers, at=FEB)
    found.do(engine.set_tier, MemberId("ann"), "silver", at=FEB)
    found.do(engine.evaluate_tiers, at=MAR)

    assert [each.outcome.value for each in decisions(found).values()] == ["in_grace", "left_alone"]
    ann = decisions(found, 2)["ann"]
    assert (ann.outcome, ann.held, ann.misses) == (Outcome.IN_GRACE, "silver", 1)
    assert tier_of(found, "ben", MAR) == "ambassador"


@pytest.mark.parametrize(
    ("changes", "outcome", "misses"),
    [
        ([], Outcome.DEMOTED, 0),
        ([("gold", FEB), ("silver", FEBRUARY)], Outcome.IN_GRACE, 1),
        ([("gold", FEB), ("silver", FEB)], Outcome.DEMOTED, 0),
        ([("gold", JANUARY), ("silver", parse_instant("2026-01-20T00:00:00Z"))], Outcome.DEMOTED, 0),
        ([("gold", JANUARY), ("silver", FEB)], Outcome.IN_GRACE, 1),
        ([("gold", MAR), ("silver", APR)], Outcome.DEMOTED, 0),
    ],
)
def test_grace_begins_anew_with_another_tier_though_the_old_one_came_back(
    changes: list[tuple[str, Instant]], outcome: Outcome, misses: int
) -> None:
    """If it held at some time since: what is told of an earlier time, or of a later one, is no reason."""
    found = a_shop(policy=a_tier_policy(grace_periods=1))
    found.do(engine.set_tier, MemberId("ann"), "silver", at=FEB, valid_from=day(1))
    found.do(engine.evaluate_tiers, "2026-01", at=FEB)
    for tier, since in changes:
        found.do(engine.set_tier, MemberId("ann"), tier, at=MAR, valid_from=since)
    found.do(engine.evaluate_tiers, "2026-02", at=MAR)

    ann = decisions(found, 2)["ann"]
    assert (ann.held, ann.outcome, ann.misses) == ("silver", outcome, misses)
    with found.store.begin() as tx:
        assert not engine.verify(tx).problems


def test_the_tree_counts_as_it_was_when_the_period_ended() -> None:
    found = a_shop()
    end = parse_instant("2026-02-01T00:00:00+08:00")
    buys(found, "cai", 100)
    found.do(
        engine.move, MemberId("cai"), MemberId("ann"), at=FEB, valid_from=end - timedelta(microseconds=1)
    )
    found.do(engine.move, MemberId("ben"), None, at=FEB, valid_from=end)
    found.do(engine.evaluate_tiers, at=FEB)

    assert list(decisions(found)) == ["ann", "cai"]
    assert decisions(found)["ann"].measures.direct_minor == 100


def test_whoever_joined_later_or_is_gone_has_no_decision() -> None:
    found = a_shop(newcomer("ann"), newcomer("ben", "ann"))
    found.do(engine.join, newcomer("cai", "ben", joined_at=FEBRUARY), at=APR)
    found.do(engine.set_state, MemberId("ben"), State.TERMINATED, at=FEBRUARY, valid_from=JANUARY)
    buys(found, "ben", 150)
    buys(found, "stranger", 10_000)
    found.do(engine.evaluate_tiers, "2026-01", at=APR)

    assert {each: told.tier for each, told in decisions(found).items()} == {"ann": "bronze"}


def test_each_measure_is_taken() -> None:
    asked = (
        AllOf((Recruits(2, 100), DirectSales(250))),
        AllOf((BalancedSales(300), Years(1), Credit(7))),
        AllOf((TeamSales(400), HoldsTier("silver"), OwnSales(1))),
    )
    found = a_shop(
        newcomer("ann", joined_at=BEFORE),
        newcomer("ben", "ann"),
        newcomer("cai", "ann"),
        newcomer("dan", "ann"),
        policy=a_tier_policy(1, *asked),
    )
    for buyer, minor in (("ann", 50), ("ben", 100), ("cai", 150), ("dan", 99)):
        buys(found, buyer, minor)
    found.do(engine.evaluate_tiers, at=FEB, credits={MemberId("ann"): 7, MemberId("ben"): 0})

    ann = decisions(found)["ann"]
    assert ann.tier == "bronze"
    assert (ann.measures.recruits, ann.measures.years, ann.measures.credit) == (((100, 2),), 1, 7)
    with found.store.begin() as tx:
        (told,) = engine.tier_decisions(tx, MemberId("ann"))
        assert [(each.tier, each.has, each.asked, each.met) for each in told.checks] == [
            ("bronze", 2, 2, True),
            ("bronze", 349, 250, True),
            ("silver", 249, 300, False),
            ("silver", 1, 1, True),
            ("silver", 7, 7, True),
            ("gold", 399, 400, False),
            ("gold", 0, 2, False),
            ("gold", 50, 1, True),
        ]
        assert engine.tier_decisions(tx, MemberId("dan"))[0].decision.measures.team_minor == 99
    assert found.refused(lambda tx, **_: engine.tier_decisions(tx, MemberId("zoe"))).code == "member_unknown"


def test_other_credits_are_refused_under_whatever_key() -> None:
    found = a_shop(policy=a_tier_policy(1, Credit(5)))
    found.do(engine.evaluate_tiers, at=FEB, key="first", credits={MemberId("ann"): 5})
    same = found.do(
        engine.evaluate_tiers, "2026-01", at=MAR, credits={MemberId("ann"): 5, MemberId("ben"): 0}
    )

    assert same.number == 1
    refusal = found.refused(engine.evaluate_tiers, "2026-01", at=MAR, credits={MemberId("ann"): 6})
    assert (refusal.code, dict(refusal.facts)["evaluation"]) == ("evaluated_otherwise", 1)
    assert found.refused(engine.evaluate_tiers, at=MAR, key="first").code == "key_reused"
    later = found.refused(engine.evaluate_tiers, at=MAR, credits={MemberId("zoe"): 1})
    assert later.code == "member_unknown"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"ann": -1, "ben": True},
            ["credits['ann']: out of range: -1", "credits['ben']: not a whole number"],
        ),
        ({"ann": limits.AMOUNT_MINOR_MAX + 1}, ["credits['ann']: out of range"]),
        ({7: 1}, ["credits: not an id: 7"]),
        ([1], ["credits: not a mapping: [1]"]),
    ],
)
def test_credits_are_checked_together(given: Any, expected: list[str]) -> None:
    found = a_shop().problems(engine.evaluate_tiers, at=FEB, credits=given)
    assert len(found) == len(expected)
    assert all(each.startswith(start) for each, start in zip(found, expected, strict=True))


def test_a_policy_is_set_once() -> None:
    found = shop()
    assert found.refused(engine.evaluate_tiers, at=FEB).code == "no_tier_policy"
    policy = a_tier_policy(valid_from=day(20))
    found.do(engine.set_tier_policy, policy, at=FEB, key="policy")
    assert found.do(engine.set_tier_policy, policy, at=FEB, key="policy") == policy
    assert found.do(engine.set_tier_policy, policy, at=FEB) == policy
    with found.store.begin() as tx:
        assert tx.tier_policies.all() == [policy]
    other = evolve(policy, grace_periods=1)
    assert found.refused(engine.set_tier_policy, other, at=FEB).code == "tier_policy_exists"
    foreign = a_tier_policy(2, currency="USD")
    assert found.refused(engine.set_tier_policy, foreign, at=FEB).code == "currency_not_of_shop"
    assert found.problems(engine.set_tier_policy, evolve(policy, grace_periods=-1)) == [
        "$.grace_periods: out of range: -1 (from 0 to 1000)"
    ]
    assert found.refused(engine.evaluate_tiers, "2026-01", at=FEB).code == "no_tier_policy"


def test_another_rhythm_begins_where_the_last_period_ended() -> None:
    found = a_shop()
    found.do(engine.evaluate_tiers, at=FEB)
    ten_days = EveryDays(10, date(2026, 2, 6))
    found.do(engine.set_tier_policy, a_tier_policy(2, rhythm=ten_days, valid_from=day(20)), at=FEB)
    first = found.do(engine.evaluate_tiers, at=MAR)
    assert (first.period.label, first.policy_version) == ("from-2026-02-01", 2)
    assert found.do(engine.evaluate_tiers, at=MAR).period.label == "from-2026-02-06"


def test_the_first_period_has_the_rhythm_that_held_when_it_began() -> None:
    found = a_shop()
    found.do(engine.set_tier_policy, a_tier_policy(2, rhythm=EveryDays(7, date(2026, 2, 2)), valid_from=FEB))
    (problem,) = found.problems(engine.evaluate_tiers, "from-2026-01-05", at=MAR)
    assert problem == "period: from-2026-01-05 is no period (its tier policy has another rhythm)"


def test_what_is_asked_wrongly_is_refused() -> None:
    found = a_shop()
    assert found.refused(lambda tx, **_: engine.tier_evaluation(tx, 3)).code == "evaluation_unknown"
    with found.store.begin() as tx, pytest.raises(InputError, match="evaluation: out of range: 0"):
        engine.tier_evaluation(tx, 0)


def test_damaged_trees_are_told() -> None:
    found = a_shop()
    members: dict[str, Member] = found.store._transaction.members._members  # type: ignore[assignment]
    ben = members.pop("ben")
    with found.store.begin() as tx, pytest.raises(DamagedError, match="the sponsor ben is not a member"):
        engine.evaluate_tiers(tx, at=FEB, actor="a", key="k")
    members["ben"] = evolve(ben, sponsor=MemberId("cai"))
    with found.store.begin() as tx, pytest.raises(DamagedError, match="members stand in a cycle"):
        engine.evaluate_tiers(tx, at=FEB, actor="a", key="k")


def test_sums_are_no_more_than_a_store_holds() -> None:
    found = a_shop()
    most = limits.AMOUNT_MINOR_MAX
    with found.store.begin() as tx:
        sums = [(MemberId("ann"), limits.TOTAL_MINOR_MAX), (MemberId("cai"), most)]
        tx.sales.kept = lambda *_: iter(sums)  # type: ignore[method-assign]
        with pytest.raises(InputError, match="sums: they exceed what 64 bits can hold"):
            engine.evaluate_tiers(tx, at=FEB, actor="a", key="k")


def test_progress_is_told_by_the_page() -> None:
    found = a_shop()
    told: list[int] = []
    found.do(engine.evaluate_tiers, at=FEB, progress=told.append)
    assert told == [3]


@given(st.lists(st.tuples(st.sampled_from(["ann", "ben", "cai"]), st.integers(1, 12_000)), max_size=6))
def test_evaluating_again_is_idempotent_and_falls_no_further(bought: list[tuple[str, int]]) -> None:
    found = a_shop(policy=a_tier_policy(falls=Falls.TO_WHAT_IS_EARNED))
    for number, (buyer, minor) in enumerate(bought):
        buys(found, buyer, minor, f"o{number}")
    first = found.do(engine.evaluate_tiers, "2026-01", at=FEB)
    before = decisions(found)
    with found.store.begin() as tx:
        revision = tx.members.revision()
    assert found.do(engine.evaluate_tiers, "2026-01", at=MAR) == first
    assert decisions(found) == before
    with found.store.begin() as tx:
        assert tx.members.revision() == revision
        assert not engine.verify(tx).problems


def test_points_are_a_currency_like_others() -> None:
    found = shop(plan=plan(percent("1%", 1)))
    assert found.refused(engine.set_tier_policy, a_tier_policy(currency=POINT)).code == "currency_not_of_shop"


# ---- verify


def evaluated() -> Shop:
    found = a_shop(policy=a_tier_policy(grace_periods=1))
    buys(found, "ann", 1_000)
    for label in ("2026-01", "2026-02", "2026-03"):
        found.do(engine.evaluate_tiers, label, at=parse_instant("2026-05-01T00:00:00Z"))
    return found


def wrong(found: Shop) -> list[str]:
    with found.store.begin() as tx:
        return [str(each) for each in engine.verify(tx).problems]


def test_sound_evaluations_are_sound() -> None:
    found = evaluated()
    found.do(engine.set_tier, MemberId("ann"), "gold", at=parse_instant("2026-06-01T00:00:00Z"))
    assert wrong(found) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"earned": "gold"}, "does not follow from what it rests on"),
        ({"misses": 1}, "does not follow from what it rests on"),
        ({"held": "gold"}, "it says that 'gold' was held, and '' was"),
        ({"tier": "gold"}, "it gives 'gold', and the tree has no such change"),
    ],
)
def test_a_changed_decision_is_found(changes: dict[str, Any], expected: str) -> None:
    found = evaluated()
    rows = found.store._transaction.tier_evaluations._decisions[1]
    rows[MemberId("ann")] = evolve(rows[MemberId("ann")], **changes)
    assert any(expected in each and "member ann, tier evaluation 1" in each for each in wrong(found))


def test_a_missing_decision_is_found_by_the_next_one() -> None:
    found = evaluated()
    del found.store._transaction.tier_evaluations._decisions[2][MemberId("ann")]
    assert any("member ann, tier evaluation 3: what was decided" in each for each in wrong(found))


def test_a_decision_about_nobody_is_found() -> None:
    found = evaluated()
    rows = found.store._transaction.tier_evaluations._decisions[1]
    rows[MemberId("zoe")] = evolve(rows[MemberId("ann")], member=MemberId("zoe"))
    assert "tier decisions: there are 4, and 3 are about members" in wrong(found)


def test_a_missing_change_of_tier_is_found() -> None:
    found = evaluated()
    members: dict[str, Member] = found.store._transaction.members._members  # type: ignore[assignment]
    kept: tuple[Change, ...] = members["ann"].changes[1:]
    members["ann"] = evolve(members["ann"], changes=kept)
    assert "tier evaluation 1: its decisions change 1 tiers, and it made 0 revisions of the tree" in wrong(
        found
    )


def test_missing_rows_are_found() -> None:
    found = evaluated()
    tiers = found.store._transaction.tier_evaluations
    first = tiers._evaluations.pop(1)
    said = wrong(found)
    assert "tier evaluation 2: number 1 is missing" in said
    tiers._evaluations[1] = first
    del tiers._evaluations[2]
    tiers._evaluations[2] = evolve(first, number=2)
    assert any("2026-01 does not begin where 2026-01 ended" in each for each in wrong(found))
    found.store._transaction.tier_policies._policies.clear()
    assert "tier evaluation 1: version 1 of the tier policy is missing" in wrong(found)
