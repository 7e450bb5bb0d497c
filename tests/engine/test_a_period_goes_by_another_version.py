"""A rate of a period was entered late: the period goes by another version, and the difference is posted."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.builders import CNY, Shop
from tests.periods import MARCH, TEAMS, a_monthly_plan, a_monthly_shop, accrued, gives_back, worth, wrong

from distcore import engine
from distcore.commission import Bracket, Ladder, PeriodReason, Plan, Pool, Repin, Volume
from distcore.engine import NewPin
from distcore.kernel import (
    Actor,
    Cadence,
    ComponentId,
    Currency,
    InputError,
    Key,
    MemberId,
    PlanId,
    Rate,
    RefusedError,
    digest,
)
from distcore.ports import Command
from distcore.testing.builders import a_policy

LATER = MARCH + timedelta(hours=1)
LAST = MARCH + timedelta(hours=2)

OWN = Ladder(ComponentId("own"), (Bracket(0, Rate.parse("10%")),), Volume.OWN)
"""Ben bought for 300.00, Cai for 900.00."""


def by(rate: str, plan_version: int, *more: Any, **other: Any) -> Plan:
    """Return a version that pays by own volumes at another rate."""
    own = evolve(OWN, brackets=(Bracket(0, Rate.parse(rate)),))
    return evolve(a_monthly_plan(own, *more), plan_version=plan_version, **other)


def pin(plan_version: int, reason: str = "the rate was entered late", approver: str = "boss") -> NewPin:
    return NewPin(PlanId("plan"), plan_version, reason, approver)


def pinned(found: Shop, to: NewPin, **options: Any) -> engine.AccruedPeriod:
    answer: engine.AccruedPeriod = found.do(
        engine.accrue_period, CNY, "2026-01", **{"at": LATER, "pin": to, **options}
    )
    return answer


def late(*plans: Plan) -> Shop:
    """Return a shop that has accrued January at 10 %, and published other versions since."""
    found = a_monthly_shop(OWN)
    accrued(found)
    for each in plans:
        found.do(engine.set_plan, each, at=MARCH)
    return found


def code_of(found: Shop, to: NewPin, **options: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        pinned(found, to, **options)
    assert len(postings(found)) == 1
    return caught.value.refusal.code


def postings(found: Shop) -> list[tuple[int, int]]:
    with found.store.begin() as tx:
        return [
            (each.number, sum(total.paid_minor for total in each.totals))
            for each in tx.period_runs.postings(1)
        ]


def test_a_key_from_before_there_were_pins_gives_its_first_answer() -> None:
    found = late(by("12%", 2))
    pinned(found, pin(2))
    hashed = digest(("accrue_period", (CNY, "2026-01")))
    with found.store.begin() as tx:
        tx.commands.add([Command(Key("old"), "accrue_period", hashed, "1 0", MARCH, Actor("tester"))])
    answer = found.do(engine.accrue_period, CNY, "2026-01", at=LATER, key="old")
    assert (answer.run.repins, answer.posting and answer.posting.number) == ((), 0)


def test_the_difference_is_posted_and_says_who_wanted_it() -> None:
    found = late(by("12%", 2))
    answer = pinned(found, pin(2))
    assert answer.posting is not None
    assert worth(found) == {"own": {"ben": 3_600, "cai": 10_800}}
    assert postings(found) == [(0, 12_000), (1, 14_400)]
    (run,) = found.ask(lambda tx: tx.period_runs.all())
    repin = Repin(1, PlanId("plan"), 2, "the rate was entered late", Actor("boss"), Actor("tester"))
    assert (answer.run, run.repins, run.pin, run.plan_version) == (run, (repin,), (PlanId("plan"), 2), 1)
    assert wrong(found) == []


def test_what_is_refunded_later_goes_by_it_too() -> None:
    found = late(by("12%", 2))
    pinned(found, pin(2))
    gives_back(found, "cai 90000", 40_000)
    accrued(found, at=LAST)
    assert worth(found) == {"own": {"ben": 3_600, "cai": 6_000}}
    assert accrued(found, at=LAST).posting is None
    told = found.ask(engine.explain_period, CNY, "2026-01", MemberId("cai"))
    assert (told.plan.plan_version, told.shares[0].amount_minor) == (2, 6_000)
    assert wrong(found) == []


def test_back_it_goes_again_and_each_is_kept() -> None:
    found = late(by("12%", 2))
    for to in (pin(2), pin(1, "it was right after all")):
        pinned(found, to)
    assert worth(found) == {"own": {"ben": 3_000, "cai": 9_000}}
    assert postings(found) == [(0, 12_000), (1, 14_400), (2, 12_000)]
    (run,) = found.ask(lambda tx: tx.period_runs.all())
    assert [(each.posting, each.plan_version) for each in run.repins] == [(1, 2), (2, 1)]
    assert wrong(found) == []


def test_a_posting_says_that_it_was_pinned_also_where_no_amount_changes() -> None:
    found = late(by("10%", 2))
    answer = pinned(found, pin(2))
    assert answer.posting is not None
    assert (answer.posting.number, answer.run.pin[1]) == (1, 2)
    with found.store.begin() as tx:
        assert list(tx.period_runs.facts(1, 1)) == []
    assert wrong(found) == []


def test_a_component_that_the_version_has_no_more_is_told_to_whom_it_had_paid() -> None:
    pools = [Pool(ComponentId("pool"), Rate.parse(share), a_pool_by_volume()) for share in ("1%", "0%")]
    found = late(*(by("10%", number, pool) for number, pool in enumerate(pools, 2)), by("10%", 4))
    for to in (pin(2), pin(3), pin(4)):
        pinned(found, to)
    told = found.ask(engine.explain_period, CNY, "2026-01", MemberId("cai"))
    assert [(each.component, each.reason, each.posted_minor, each.to_post_minor) for each in told.shares] == [
        ("own", None, 9_000, 0),
        ("pool", PeriodReason.NOT_IN_PLAN, 0, 0),
    ]
    (share,) = found.ask(engine.explain_period, CNY, "2026-01", MemberId("ann")).shares
    assert (share.component, share.reason) == ("own", PeriodReason.NO_VOLUME)


def test_another_component_may_pay_too() -> None:
    pool = Pool(ComponentId("pool"), Rate.parse("1%"), a_pool_by_volume())
    found = late(by("12%", 2, pool))
    pinned(found, pin(2))
    assert worth(found) == {"own": {"ben": 3_600, "cai": 10_800}, "pool": {"ben": 300, "cai": 900}}
    assert wrong(found) == []


def a_pool_by_volume() -> Any:
    return next(each.weights for each in a_monthly_plan().period_components if isinstance(each, Pool))


def test_a_component_that_paid_nobody_may_be_left_out() -> None:
    """Also of the first version: back it can go, as long as what came with the other one paid nobody."""
    nobody = evolve(OWN, id=ComponentId("nobody"), own_least_minor=10**9)
    found = late(by("12%", 2, nobody), by("12%", 3, nobody))
    for version in (2, 3, 1):
        pinned(found, pin(version))
    assert worth(found) == {"own": {"ben": 3_000, "cai": 9_000}}
    assert wrong(found) == []


def test_under_its_key_it_is_done_once() -> None:
    """The first answer again, whatever was pinned since."""
    found = late(by("12%", 2), by("13%", 3))
    before = found.do(engine.accrue_period, CNY, "2026-01", at=MARCH, key="before")
    first = pinned(found, pin(2), key="late")
    assert pinned(found, pin(2), key="late", at=LAST) == first
    pinned(found, pin(3), at=LAST)
    assert pinned(found, pin(2), key="late", at=LAST) == first
    assert found.do(engine.accrue_period, CNY, "2026-01", at=LAST, key="before") == before
    for other in (pin(3), pin(2, "another reason"), None):
        with pytest.raises(RefusedError, match="key late"):
            found.do(engine.accrue_period, CNY, "2026-01", at=LAST, key="late", pin=other)


def test_when_it_was_last_accrued_is_told() -> None:
    found = late(by("12%", 2), by("13%", 3))
    pinned(found, pin(2))
    (state,) = found.ask(engine.period_states)
    assert (state.accrued_at, state.changed_at) == (LATER, None)
    gives_back(found, "cai 90000", 1)
    (state,) = found.ask(engine.period_states)
    assert state.changed_at is not None, "a refund that the pinned run did not see"
    pinned(found, pin(3), key="3", at=LAST)
    (state,) = found.ask(engine.period_states)
    assert (state.accrued_at, state.changed_at) == (LAST, None)


def forged(*repins: Repin) -> list[str]:
    """Return what is wrong with re-pins that somebody wrote behind our back, beside postings of their own."""
    found = late(by("12%", 2))
    found.do(engine.set_policy, evolve(a_policy(), currencies=(CNY, Currency("USD"))))
    found.do(engine.set_plan, evolve(by("12%", 1), id=PlanId("dollars"), currency=Currency("USD")), at=MARCH)
    with found.store.begin() as tx:
        (posting,) = tx.period_runs.postings(1)
        for number, repin in enumerate(repins, 1):
            tx.period_runs.post(evolve(posting, number=number, actor=Actor("tester")), repin)
    return [each for each in wrong(found) if "pinned at" in each]


REPIN = Repin(1, PlanId("plan"), 2, "why", Actor("boss"), Actor("tester"))


@pytest.mark.parametrize(
    ("repin", "said"),
    [
        (REPIN, "pinned at posting 1: nobody asked for it"),
        (evolve(REPIN, actor=Actor("nobody")), "pinned at posting 1: nobody asked for it"),
        (evolve(REPIN, posting=9), "pinned at posting 9: no posting begins with it"),
        (evolve(REPIN, approver=Actor("tester")), "pinned at posting 1: tester approved it too"),
        (evolve(REPIN, plan=PlanId("dollars"), plan_version=1), "pinned at posting 1: the plan is in USD"),
    ],
)
def test_what_nobody_asked_for_is_found(repin: Repin, said: str) -> None:
    assert f"period 2026-01 in CNY, {said}" in forged(repin)


def test_a_version_that_is_gone_is_found() -> None:
    found = late(by("12%", 2))
    with found.store.begin() as tx:
        (posting,) = tx.period_runs.postings(1)
        tx.period_runs.post(evolve(posting, number=1), evolve(REPIN, plan_version=7))
    assert "period 2026-01 in CNY: version 7 of plan plan is missing" in wrong(found)


def test_a_period_that_was_never_accrued_can_not_be_pinned() -> None:
    found = a_monthly_shop(OWN)
    found.do(engine.set_plan, by("12%", 2), at=MARCH)
    with pytest.raises(RefusedError) as caught:
        pinned(found, pin(2))
    assert caught.value.refusal.code == "period_not_accrued"


def test_what_is_not_for_the_period_is_refused() -> None:
    ended = by("12%", 2, valid_until=MARCH - timedelta(days=60))
    other = evolve(by("12%", 3), period_components=(TEAMS,))
    pool = evolve(by("12%", 4), period_components=(Pool(OWN.id, Rate.parse("1%"), a_pool_by_volume()),))
    found = late(ended, other, pool)
    assert code_of(found, pin(1)) == "pinned_already"
    assert code_of(found, pin(2)) == "plan_not_of_period"
    assert code_of(found, pin(3)) == code_of(found, pin(4)) == "component_missing"
    assert code_of(found, pin(9)) == "plan_version_unknown"
    assert code_of(found, pin(3, approver="tester")) == "repin_not_approved"


def test_a_version_that_cuts_time_otherwise_is_refused() -> None:
    found = late(by("12%", 2, period_cadence=Cadence.QUARTERLY))
    assert code_of(found, pin(2)) == "plan_not_of_period"


def test_a_version_that_pays_nothing_by_the_period_is_refused() -> None:
    """Also where nobody was paid."""
    nobody = evolve(by("10%", 1), period_components=(evolve(OWN, own_least_minor=10**9),))
    found = a_monthly_shop(*nobody.period_components)
    accrued(found)
    found.do(engine.set_plan, evolve(by("12%", 2), period_components=()), at=MARCH)
    assert code_of(found, pin(2)) == "plan_not_of_period"


def test_a_plan_in_another_currency_is_refused() -> None:
    found = late()
    found.do(engine.set_policy, evolve(a_policy(), currencies=(CNY, Currency("USD"))))
    found.do(engine.set_plan, evolve(by("12%", 1), id=PlanId("dollars"), currency=Currency("USD")), at=MARCH)
    assert code_of(found, evolve(pin(1), plan=PlanId("dollars"))) == "currency_differs"


@pytest.mark.parametrize(
    ("to", "period", "said"),
    [
        (pin(2), None, "period: is missing"),
        (pin(2, reason="  "), "2026-01", "pin.reason: is blank"),
        (pin(2, approver=""), "2026-01", "pin.approver: an id can't be blank"),
        ("boss", "2026-01", "pin: not a NewPin"),
        (NewPin(PlanId("plan"), 2, 5, "boss"), "2026-01", "pin.reason"),  # type: ignore[arg-type]
    ],
)
def test_what_is_wrong_with_a_pin_is_said_with_its_path(to: Any, period: str | None, said: str) -> None:
    found = late(by("12%", 2))
    with pytest.raises(InputError, match=said):
        found.do(engine.accrue_period, CNY, period, at=LATER, pin=to)
