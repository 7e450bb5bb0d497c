"""A period is accrued when it is over; again, it posts what has changed, by what was decided at first."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import CNY, SHANGHAI, Shop, day, line, month, newcomer, percent, plan, sale, shop
from tests.periods import (
    JANUARY,
    MARCH,
    TEAMS,
    a_monthly_plan,
    a_monthly_shop,
    accrued,
    buys,
    gives_back,
    worth,
    wrong,
)

from distcore import engine
from distcore.commission import Cancellation, Freeze, How, Ladder, Matching, PeriodReason, Volume
from distcore.engine import bookkeeping, period_runs
from distcore.kernel import (
    Cadence,
    ComponentId,
    Currency,
    DamagedError,
    EveryDays,
    InputError,
    MemberId,
    OnDates,
    Origin,
    OriginKind,
    PlanId,
    Rate,
    SaleId,
    ShopPolicy,
    limits,
    parse_instant,
)
from distcore.ledger import COMMISSION, RELEASED
from distcore.referral import State
from distcore.testing.money import a_settlement_policy
from distcore.testing.period_builders import a_period_fact, a_period_posting, a_period_run

FEBRUARY = parse_instant("2026-02-10T00:00:00Z")
MONDAY = parse_instant("2026-02-15T16:00:00Z")
"""When a week of February begins."""


def test_a_period_is_worth_what_its_components_say() -> None:
    """1,200.00 were sold: 5 % for ann's team less what ben reaches, which is 5 % less what cai reaches."""
    found = a_monthly_shop()
    answer = accrued(found)
    assert answer.posting is not None
    assert (answer.run.number, answer.run.period.label, answer.run.plan_version) == (1, "2026-01", 1)
    assert (answer.posting.number, answer.posting.net_minor) == (0, 120_000)
    assert worth(found) == {
        "teams": {"ben": 3_300, "cai": 2_700},
        "parts": {"ben": 300, "cai": 900},
        "match": {"ann": 330 + 900, "ben": 270},
    }
    totals = [(each.component, each.paid_minor, each.breakage_minor) for each in answer.posting.totals]
    assert totals == [("teams", 6_000, 0), ("parts", 1_200, 0), ("match", 1_500, 0)]
    assert wrong(found) == []


def test_what_is_posted_is_released_at_once_and_says_its_period() -> None:
    found = a_monthly_shop()
    accrued(found)
    with found.store.begin() as tx:
        (due,) = [each for each in tx.dues.all() if each.payee == "cai"]
        transfers = [each for each in tx.transfers.of_payee(MemberId("cai")) if each.credit == RELEASED]
    assert (due.origin, due.amount_minor) == (Origin(OriginKind.PERIOD, "2026-01", 0), 3_600)
    assert (due.valid_at, due.released_at) == (
        parse_instant("2026-01-31T16:00:00Z") - timedelta(microseconds=1),
        MARCH,
    )
    assert [(each.debit, each.amount_minor) for each in transfers] == [(COMMISSION, 3_600)]
    assert released(found) == {"cai": 3_600, "ben": 3_870, "ann": 1_230}


def test_earnings_have_what_sales_and_periods_pay() -> None:
    """Ben has 90.00 by levels, which is frozen, and what January is worth; the refund is of March."""
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 40_000)
    accrued(found)
    january = found.ask(engine.earnings, month(), payee=MemberId("ben"))
    (ben,) = january
    assert (ben.accrued_minor, ben.clawed_back_minor) == (9_000 + 3_870, -2_520)
    assert (ben.frozen_minor, ben.released_minor) == (9_000, 1_350)
    everybody = found.ask(engine.earnings, month())
    assert [each.payee for each in everybody] == ["ann", "ben", "cai"]


def test_a_refund_is_posted_by_the_next_run_and_only_once() -> None:
    """The other way round it comes to the same: what is left is what counts."""
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 40_000)
    again = accrued(found)
    assert again.posting is not None
    assert again.posting.number == 1
    before = a_monthly_shop()
    gives_back(before, "cai 90000", 40_000)
    accrued(before)
    assert worth(found) == worth(before)
    assert accrued(found).posting is None
    assert wrong(found) == wrong(before) == []
    with found.store.begin() as tx:
        facts = tx.period_runs.of(1, [MemberId("cai")])[MemberId("cai")]
        assert [(each.share.component, each.posting, each.amount_minor) for each in facts] == [
            ("parts", 0, 900),
            ("parts", 1, -400),
            ("teams", 0, 2_700),
            ("teams", 1, -1_200),
        ]


def test_nothing_is_left_of_what_went_back_whole() -> None:
    found = a_monthly_shop()
    accrued(found)
    for id in ("cai 90000", "ben 30000"):
        found.do(engine.cancel, Cancellation(SaleId(id), MARCH), at=MARCH)
    accrued(found)
    assert worth(found) == {}
    assert released(found) == {}
    assert wrong(found) == []


def test_who_bought_too_little_after_a_refund_does_not_qualify() -> None:
    found = a_monthly_shop(evolve(TEAMS, own_least_minor=30_000))
    accrued(found)
    gives_back(found, "ben 30000", 1)
    accrued(found)
    assert worth(found) == {"teams": {"cai": 2_700}}
    assert wrong(found) == []


def test_what_is_decided_once_is_not_decided_again() -> None:
    """T2: later moves, tiers, states, plans and members change nothing, also where they hold from before."""
    found = a_monthly_shop()
    accrued(found)
    first = worth(found)
    later = MARCH + timedelta(days=1)
    found.do(engine.move, "cai", "ann", at=later, valid_from=day(2))
    found.do(engine.set_tier, "cai", "gold", at=later, valid_from=day(2))
    found.do(engine.set_state, "ben", State.SUSPENDED, at=later, valid_from=day(2))
    found.do(engine.join, newcomer("zoe", "cai", joined_at=day(1)), at=later)
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS), plan_version=2), at=later)
    assert found.do(engine.accrue_period, "CNY", "2026-01", at=later).posting is None
    assert worth(found) == first
    assert wrong(found) == []


def test_who_is_placed_below_somebody_told_of_later_is_no_member_either() -> None:
    """Whoever imports in April may say that it is January; the tree of the first run has no place for it."""
    found = a_monthly_shop()
    accrued(found)
    first = worth(found)
    found.do(engine.join, newcomer("zoe", "cai", joined_at=day(5)), at=MARCH)
    for member, sponsor in (("dan", "zoe"), ("eve", "dan")):
        found.do(engine.join, newcomer(member, sponsor, joined_at=day(6)), at=day(31))
    buys(found, "eve", 50_000)
    accrued(found)
    assert worth(found)["teams"] == first["teams"]
    told = found.ask(engine.explain_period, CNY, "2026-01", MemberId("eve"))
    assert {each.reason for each in told.shares} == {PeriodReason.NO_MEMBER}
    assert wrong(found) == []


def test_the_last_instant_of_the_period_decides() -> None:
    """Who is suspended in it, which plan is in force; what begins with its end does not."""
    found = a_monthly_shop()
    end = parse_instant("2026-01-31T16:00:00Z")
    last = end - timedelta(microseconds=1)
    found.do(engine.set_state, "ben", State.SUSPENDED, at=MARCH, valid_from=last)
    found.do(engine.set_state, "cai", State.SUSPENDED, at=MARCH, valid_from=end)
    found.do(engine.join, newcomer("late", "cai", joined_at=end), at=MARCH)
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS), plan_version=2, valid_from=last), at=MARCH)
    later = evolve(a_monthly_plan(), plan_version=3, valid_from=end)
    found.do(engine.set_plan, later, at=MARCH)
    assert accrued(found).run.plan_version == 2
    assert worth(found) == {"teams": {"ann": 3_300, "cai": 2_700}}


def test_half_open_periods_and_currencies_are_told_apart() -> None:
    found = a_monthly_shop(TEAMS)
    dollars = evolve(plan(percent("1%", 1)), id=PlanId("dollars"), currency=Currency("USD"))
    found.do(engine.set_policy, ShopPolicy(SHANGHAI, (CNY, Currency("USD"))))
    found.do(engine.set_plan, evolve(dollars, period_components=(TEAMS,)))
    end = parse_instant("2026-01-31T16:00:00Z")
    buys(found, "ann", 7_000_000, paid_at=end)
    in_dollars = sale(line(net_minor=5_000), id="$", buyer="cai", paid_at=JANUARY, currency="USD")
    found.do(engine.accrue, in_dollars, at=MARCH)
    buys(found, "guest", 1_000_000)
    accrued(found)
    assert worth(found) == {"teams": {"ben": 3_300, "cai": 2_700}}
    found.do(engine.accrue_period, "USD", "2026-01", at=MARCH)
    assert worth(found, 2) == {"teams": {"cai": 150}}
    with found.store.begin() as tx:
        (due,) = [each for each in tx.dues.all() if each.currency == "USD"]
        assert due.origin == Origin(OriginKind.PERIOD, "2026-01", 0)
    assert wrong(found) == []


def test_a_sale_that_is_imported_late_counts() -> None:
    found = a_monthly_shop(TEAMS)
    accrued(found)
    buys(found, "cai", 10_000)
    accrued(found)
    assert worth(found) == {"teams": {"ben": 6_500 - 5_000, "cai": 5_000}}


def test_a_stepwise_ladder_goes_by_the_order_of_payment() -> None:
    steps = Ladder(ComponentId("steps"), TEAMS.brackets, Volume.TEAM, How.STEPWISE)
    found = a_monthly_shop(steps)
    buys(found, "cai", 100, "zero", JANUARY - timedelta(hours=1))
    buys(found, "guest", 5_000)
    gives_back(found, "zero", 100)
    accrued(found)
    team = 3_600  # the sale of 900.00 comes after that of 300.00, which leads to no higher rate
    assert worth(found) == {"steps": {"ann": team, "ben": team, "cai": 2_700}}
    buys(found, "cai", 20_000, "later", JANUARY + timedelta(hours=1))
    accrued(found)
    assert worth(found)["steps"] == {"ann": team + 1_000, "ben": team + 1_000, "cai": 2_700 + 600}


def test_only_what_the_plan_itself_paid_is_matched() -> None:
    """Other plans may have components of the same name; who is no member earned nothing that counts."""
    other = evolve(plan(percent("50%", 1)), id=PlanId("before"), valid_from=day(-40), valid_until=day(9))
    found = shop(newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ben"))
    match = Matching(ComponentId("match"), (ComponentId("levels"),), (Rate.parse("10%"),))
    found.do(engine.set_plan, evolve(a_monthly_plan(match), valid_from=day(9)))
    found.do(engine.set_plan, other)
    buys(found, "cai", 10_000, paid_at=day(8))
    buys(found, "cai", 20_000)
    accrued(found)
    assert worth(found) == {"match": {"ann": 200}}


def released(found: Shop) -> dict[str, int]:
    """Return what everybody has released."""
    with found.store.begin() as tx:
        return {each.payee: each.minor for each in tx.transfers.balances() if each.account == RELEASED}


# ---- which period


def test_one_period_follows_another() -> None:
    found = a_monthly_shop()
    assert accrued(found, None, at=FEBRUARY).run.period.label == "2026-01"
    assert accrued(found, None).run.period.label == "2026-02"
    assert found.refused(engine.accrue_period, "CNY", at=MARCH).code == "period_too_early"
    assert accrued(found, "2026-01").run.number == 1


def test_periods_may_be_accrued_in_any_order() -> None:
    found = a_monthly_shop()
    buys(found, "cai", 5_000, paid_at=FEBRUARY)
    assert accrued(found, "2026-02").run.number == 1
    assert accrued(found, "2026-01").run.number == 2
    assert accrued(found, None, at=parse_instant("2026-04-20T00:00:00Z")).run.period.label == "2026-03"


def test_goods_may_go_back_first() -> None:
    """The freeze of the plan counts in calendar days from the end of the period."""
    found = a_monthly_shop(days=7)
    due = parse_instant("2026-02-07T16:00:00Z")
    early = found.refused(engine.accrue_period, "CNY", "2026-01", at=due - timedelta(microseconds=1))
    assert early.code == "period_too_early"
    assert accrued(found, at=due).posting is not None


def test_periods_are_as_the_plan_cuts_time() -> None:
    weekly = evolve(a_monthly_plan(TEAMS), period_cadence=Cadence.WEEKLY)
    found = shop(plan=weekly)
    buys(found, "cai", 10_000)
    assert accrued(found, "week-2026-01-05").run.period.label == "week-2026-01-05"
    with pytest.raises(InputError, match="week-2017-02-27"):
        accrued(found, "2026-01")
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS), plan_version=2))
    assert found.refused(engine.accrue_period, "CNY", "2026-01", at=MARCH).code == "periods_overlap"


def test_after_a_change_of_cadence_the_rest_is_a_period() -> None:
    """It is named by its first day; and a period that its plan does not know is none."""
    weekly = evolve(a_monthly_plan(TEAMS), period_cadence=Cadence.WEEKLY)
    found = shop(plan=weekly)
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS), plan_version=2, valid_from=MONDAY))
    with pytest.raises(InputError, match="2026-01 is no period"):
        found.do(engine.accrue_period, "CNY", "2026-01", at=MARCH)
    accrued(found, "week-2026-02-02")
    assert accrued(found, None).run.period.label == "week-2026-02-09"
    april = parse_instant("2026-04-20T00:00:00Z")
    named = accrued(found, "from-2026-02-16", at=april)
    assert named.run.period.label == "from-2026-02-16"
    assert accrued(found, None, at=april).run.period.label == "2026-03"


def test_the_rest_after_a_change_of_cadence_may_come_last() -> None:
    """Periods are accrued in any order, and what follows one keeps its name, whatever came since."""
    found = shop(plan=evolve(a_monthly_plan(TEAMS), period_cadence=Cadence.WEEKLY))
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS), plan_version=2, valid_from=MONDAY))
    buys(found, "cai", 10_000, paid_at=parse_instant("2026-02-20T00:00:00Z"))
    april = parse_instant("2026-04-20T00:00:00Z")
    for label in ("week-2026-02-02", "week-2026-02-09", "2026-03", "from-2026-02-16"):
        assert accrued(found, label, at=april).run.period.label == label
    assert worth(found, 4) == {"teams": {"cai": 300}}
    assert found.problems(engine.accrue_period, "CNY", "2026-02", at=april) == [
        "period: 2026-02 is no period (a plan in force in it has another period_cadence)"
    ]


def test_the_first_period_is_of_the_plan_that_was_in_force_at_its_end() -> None:
    """A week of March would be paid by the plan of March, and March itself could not be accrued any more."""
    found = a_monthly_shop(days=0)
    april = parse_instant("2026-03-31T16:00:00Z")
    weekly = evolve(a_monthly_plan(days=0), plan_version=2, period_cadence=Cadence.WEEKLY, valid_from=april)
    found.do(engine.set_plan, weekly)
    third = april + timedelta(days=2)
    (problem,) = found.problems(engine.accrue_period, "CNY", at=third)
    hint = "a plan in force in it has another period_cadence: name 2026-03"
    assert problem == f"period: week-2026-03-23 is no period ({hint})"
    assert accrued(found, "2026-03", at=third).run.period.label == "2026-03"
    assert accrued(found, None, at=april + timedelta(days=7)).run.period.label == "from-2026-04-01"


def test_what_comes_after_the_last_of_some_dates_never_ends() -> None:
    dates = OnDates((parse_instant("2026-01-01T00:00:00Z").date(),))
    found = shop(plan=evolve(a_monthly_plan(TEAMS), period_cadence=dates))
    refusal = found.refused(engine.accrue_period, "CNY", "from-2026-01-01", at=MARCH)
    assert refusal.code == "period_too_early"
    assert "from 9999-01-01T00:00:00Z on" in refusal.message


def test_the_first_period_is_the_last_one_that_is_due() -> None:
    found = shop(plan=evolve(a_monthly_plan(TEAMS), freeze=Freeze(40)))
    assert accrued(found, None, at=parse_instant("2026-04-15T00:00:00Z")).run.period.label == "2026-02"


def test_where_nothing_is_due_at_first_it_is_what_has_ended() -> None:
    found = shop(plan=evolve(a_monthly_plan(TEAMS), freeze=Freeze(400)))
    refusal = found.refused(engine.accrue_period, "CNY", at=MARCH)
    assert (refusal.code, refusal.message[:7]) == ("period_too_early", "2026-02")
    dates = OnDates((parse_instant("2026-02-01T00:00:00Z").date(),))
    dated = shop(plan=evolve(a_monthly_plan(TEAMS), period_cadence=dates, freeze=Freeze(400)))
    refusal = dated.refused(engine.accrue_period, "CNY", at=MARCH)
    assert (refusal.code, refusal.message[:17]) == ("period_too_early", "before-2026-02-01")


def test_what_no_plan_pays_by_the_period_is_refused() -> None:
    bare = shop(plan=plan(percent("10%", 1)))
    for label in (None, "2026-01"):
        assert bare.refused(engine.accrue_period, "CNY", label, at=MARCH).code == "no_period_components"
    found = a_monthly_shop()
    assert found.refused(engine.accrue_period, "CNY", "2025-11", at=MARCH).code == "no_period_components"
    assert found.refused(engine.accrue_period, "USD", at=MARCH).code == "currency_not_of_shop"
    ended = evolve(a_monthly_plan(), valid_until=FEBRUARY)
    stopped = shop(plan=ended)
    accrued(stopped, "2026-01")
    assert stopped.refused(engine.accrue_period, "CNY", "2026-02", at=MARCH).code == "no_period_components"
    gap = evolve(a_monthly_plan(), valid_until=parse_instant("2026-01-31T16:00:00Z"))
    over = shop(plan=gap)
    accrued(over, "2026-01")
    assert over.refused(engine.accrue_period, "CNY", at=MARCH).code == "no_period_components"


@pytest.mark.parametrize("label", ["", "nonsense"])
def test_a_label_is_one(label: str) -> None:
    assert a_monthly_shop().problems(engine.accrue_period, "CNY", label, at=MARCH)


def test_other_rhythms_are_periods_too() -> None:
    anchored = evolve(
        a_monthly_plan(TEAMS), period_cadence=EveryDays(10, parse_instant("2026-01-05T00:00:00Z").date())
    )
    found = shop(plan=anchored)
    buys(found, "cai", 10_000)
    assert accrued(found, "from-2026-01-05").posting is not None
    assert worth(found) == {"teams": {"cai": 300}}
    dated = evolve(anchored, period_cadence=OnDates((parse_instant("2026-02-01T00:00:00Z").date(),)))
    assert accrued(shop(plan=dated), "before-2026-02-01").posting is not None


# ---- done once


def test_under_its_key_a_run_gives_its_first_answer_again() -> None:
    found = a_monthly_shop()
    first = found.do(engine.accrue_period, "CNY", at=MARCH, key="k1")
    nothing = found.do(engine.accrue_period, "CNY", "2026-02", at=MARCH, key="k2")
    gives_back(found, "cai 90000", 40_000)
    none = found.do(engine.accrue_period, "CNY", "2026-02", at=MARCH, key="k3")
    assert none == engine.AccruedPeriod(nothing.run, None)
    assert found.do(engine.accrue_period, "CNY", at=MARCH, key="k1") == first
    assert found.do(engine.accrue_period, "CNY", "2026-02", at=MARCH, key="k2") == nothing
    assert found.do(engine.accrue_period, "CNY", "2026-02", at=MARCH, key="k3") == none
    assert found.refused(engine.accrue_period, "CNY", "2026-02", at=MARCH, key="k1").code == "key_reused"


def test_progress_is_told_by_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(period_runs, "PAGE", 2)
    found = a_monthly_shop()
    told: list[int] = []
    found.do(engine.accrue_period, "CNY", "2026-01", at=MARCH, progress=told.append)
    assert told == [2, 3]
    assert wrong(found) == []


# ---- what can't be


def test_more_than_64_bits_is_refused() -> None:
    found = a_monthly_shop(*(evolve(TEAMS, id=ComponentId(f"l{n}"), brackets=FULL) for n in range(2)))
    with found.store.begin() as tx:
        record = tx.sales._records[SaleId("cai 90000")]
        most = limits.TOTAL_MINOR_MAX
        big = evolve(record.booking.sale, lines=(line(net_minor=most - 30_000),))
        tx.sales._records[SaleId("cai 90000")] = evolve(record, booking=evolve(record.booking, sale=big))
    assert found.problems(engine.accrue_period, "CNY", "2026-01", at=MARCH) == [
        "period: it pays more than 64 bits can hold (check the rates of the plan)"
    ]
    buys(found, "ann", 1, "one more")
    assert found.problems(engine.accrue_period, "CNY", "2026-01", at=MARCH) == [
        "sums: they exceed what 64 bits can hold (sales of so much can't be)"
    ]


def test_what_can_not_be_calculated_freezes_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan that takes its place is the one that counts, also where somebody goes on in between."""
    steps = Ladder(ComponentId("steps"), TEAMS.brackets, Volume.TEAM, How.STEPWISE)
    found = a_monthly_shop(steps)
    monkeypatch.setattr(limits, "STEPWISE_STEPS_MAX", 3)
    assert found.problems(engine.accrue_period, "CNY", "2026-01", at=MARCH) == [
        "period: steps takes too many steps up the tree (pay marginally)"
    ]
    marginal = a_monthly_plan(evolve(steps, how=How.MARGINAL))
    found.do(engine.set_plan, evolve(marginal, plan_version=2), at=MARCH)
    assert accrued(found).run.plan_version == 2


FULL = (evolve(TEAMS.brackets[0], rate=Rate.parse("100%")),)


def test_earnings_beyond_64_bits_are_refused() -> None:
    found = a_monthly_shop()
    most = limits.TOTAL_MINOR_MAX
    with found.store.begin() as tx:
        for id in ("cai 90000", "ben 30000"):
            record = tx.sales._records[SaleId(id)]
            (posting,) = record.postings
            facts = tuple(evolve(each, amount_minor=most) for each in posting.accruals)
            tx.sales._records[SaleId(id)] = evolve(record, postings=(evolve(posting, accruals=facts),))
    assert found.problems(engine.accrue_period, "CNY", "2026-01", at=MARCH) == [
        "sums: they exceed what 64 bits can hold (sales of so much can't be)"
    ]


def test_facts_of_nobody_are_damaged() -> None:
    found = a_monthly_shop()
    accrued(found)
    rows = found.store._transaction.period_runs._facts[1]
    key = (0, MemberId("cai"), TEAMS.id)
    share = evolve(rows[key].share, payee=MemberId("zoe"))
    rows[key] = evolve(rows[key], share=share)
    with pytest.raises(DamagedError, match="zoe was paid teams"):
        accrued(found)


# ---- on statements


def test_a_closed_statement_stays_and_the_difference_comes_with_the_next_one() -> None:
    """A period that is accrued in March is on March's statement; what changes in May is on May's."""
    found = a_monthly_shop(TEAMS)
    found.do(engine.set_settlement, a_settlement_policy(valid_from=day(-400)), at=day(1))
    accrued(found)
    april, june = parse_instant("2026-04-02T00:00:00Z"), parse_instant("2026-06-02T00:00:00Z")
    closing = found.do(engine.close_period, "CNY", "2026-03", at=april)
    lines = list(found.ask(engine.statement_lines, closing.number, MemberId("cai")))
    assert [(str(each.due.origin), each.due.amount_minor) for each in lines] == [("period 2026-01/0", 2_700)]
    gives_back(found, "cai 90000", 40_000)
    accrued(found, at=parse_instant("2026-05-10T00:00:00Z"))
    found.do(engine.close_period, "CNY", at=june)
    later = found.do(engine.close_period, "CNY", at=june)
    after = list(found.ask(engine.statement_lines, later.number, MemberId("cai")))
    assert [(str(each.due.origin), each.due.amount_minor) for each in after] == [("period 2026-01/1", -1_200)]
    assert list(found.ask(engine.statement_lines, closing.number, MemberId("cai"))) == lines
    assert wrong(found) == []


def test_what_one_component_takes_and_another_gives_moves_nothing() -> None:
    """Both are facts, and there is neither a transfer nor a due of nothing."""
    facts = [
        a_period_fact(component="a", amount_minor=500, value_minor=500),
        a_period_fact(component="b", amount_minor=-500, value_minor=0),
        a_period_fact("ben", amount_minor=7),
    ]
    transfers, dues = bookkeeping.of_period(a_period_run(), a_period_posting(), facts)
    assert [(each.payee, each.amount_minor) for each in transfers] == [("ben", 7)]
    assert [(each.payee, each.amount_minor) for each in dues] == [("ben", 7)]
