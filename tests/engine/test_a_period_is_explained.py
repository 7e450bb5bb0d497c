"""Why a period is worth to somebody what it is: what was posted and what is to come add up to it."""

from typing import Any

import pytest
from attrs import evolve
from tests.builders import CNY, Shop, day, line, month, newcomer, percent, plan, sale, shop
from tests.periods import (
    JANUARY,
    MARCH,
    MATCH,
    PARTS,
    TEAMS,
    a_monthly_plan,
    a_monthly_shop,
    accrued,
    buys,
    gives_back,
    wrong,
)

from distcore import engine
from distcore.commission import (
    GroupBy,
    LadderBasis,
    Language,
    MatchingBasis,
    PeriodReason,
    PeriodShare,
    Volume,
)
from distcore.engine import PeriodExplanation, RestsOn, matched
from distcore.kernel import ComponentId, InputError, MemberId, PlanId, Rate, RefusedError
from distcore.referral import State
from distcore.testing.money import a_settlement_policy
from distcore_cli.explaining_payee import _origins, line_sentence

MATCHES_LINES = evolve(MATCH, of=(ComponentId("levels"),))


def explained(found: Shop, payee: str) -> PeriodExplanation:
    return found.ask(engine.explain_period, CNY, "2026-01", MemberId(payee))


def test_what_was_posted_and_what_is_to_come_is_what_it_is_worth() -> None:
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 40_000)
    told = explained(found, "cai")
    assert [(each.component, each.amount_minor, each.posted_minor) for each in told.shares] == [
        ("teams", 1_500, 2_700),
        ("parts", 500, 900),
        ("match", 0, 0),
    ]
    assert [each.to_post_minor for each in told.shares] == [-1_200, -400, 0]
    accrued(found)
    after = explained(found, "cai")
    assert [each.to_post_minor for each in after.shares] == [0, 0, 0]
    assert [each.posting for each in after.facts] == [0, 1, 0, 1]
    assert sum(each.amount_minor for each in after.facts) == 2_000


def test_every_number_is_there() -> None:
    found = a_monthly_shop()
    accrued(found)
    told = explained(found, "ben").shares[0]
    assert told.share is not None
    basis = told.share.basis
    assert isinstance(basis, LadderBasis)
    assert (basis.own_minor, basis.team_minor, basis.counted_minor) == (30_000, 120_000, 120_000)
    assert (basis.legs_minor, told.reason, told.total.paid_minor) == (2_700, None, 6_000)


def test_it_is_said_why_somebody_gets_nothing() -> None:
    found = a_monthly_shop(evolve(TEAMS, own_least_minor=1, qualified_tiers=()))
    found.do(engine.join, newcomer("late", "cai", joined_at=MARCH), at=MARCH)
    found.do(engine.set_state, "cai", State.SUSPENDED, at=MARCH, valid_from=day(5))
    accrued(found)
    reasons = {
        payee: [each.reason for each in explained(found, payee).shares]
        for payee in ("ann", "ben", "cai", "late", "nobody")
    }
    assert reasons == {
        "ann": [PeriodReason.BELOW_OWN_LEAST],
        "ben": [None],
        "cai": [PeriodReason.SUSPENDED],
        "late": [PeriodReason.NO_MEMBER],
        "nobody": [PeriodReason.NO_MEMBER],
    }
    assert explained(found, "nobody").shares[0].amount_minor == 0


def test_the_basis_lists_its_lines() -> None:
    """What the lines of a team have left adds up to its volume."""
    found = a_monthly_shop()
    buys(found, "ann", 500)
    buys(found, "guest", 700)
    buys(found, "cai", 100, "gone")
    buys(found, "cai", 5, "february", day(40))
    accrued(found)
    gives_back(found, "gone", 100)
    gives_back(found, "cai 90000", 40_000)
    lines = list(found.ask(engine.period_lines, CNY, "2026-01", MemberId("ben")))
    assert [(each.sale, each.net_minor, each.is_own, each.paid_at) for each in lines] == [
        ("ben 30000", 30_000, True, JANUARY),
        ("cai 90000", 50_000, False, JANUARY),
    ]
    told = explained(found, "ben").shares[0].share
    assert told is not None
    assert isinstance(told.basis, LadderBasis)
    assert told.basis.team_minor == sum(each.net_minor for each in lines)
    everything = found.ask(engine.period_lines, CNY, "2026-01")
    assert sum(each.net_minor for each in everything) == 80_000 + 500 + 700
    assert list(found.ask(engine.period_lines, CNY, "2026-01", MemberId("nobody"))) == []


def test_own_lines_and_all_lines_are_told_apart() -> None:
    found = a_monthly_shop()
    accrued(found)

    def lines(of: RestsOn) -> list[tuple[str, bool]]:
        asked = found.ask(engine.period_lines, CNY, "2026-01", MemberId("cai"), of=of)
        return [(each.sale, each.is_own) for each in asked]

    assert lines(RestsOn.OWN_LINES) == lines(RestsOn.TEAM_LINES) == [("cai 90000", True)]
    assert lines(RestsOn.ALL_LINES) == [("ben 30000", False), ("cai 90000", True)]
    with pytest.raises(InputError, match="matched_parts"):
        lines(RestsOn.MATCHED)


def test_every_component_says_what_it_rests_on() -> None:
    own = evolve(TEAMS, volume=Volume.OWN, subtract_legs=False)
    components = (own, TEAMS, evolve(TEAMS, volume=Volume.BALANCED, subtract_legs=False), PARTS, MATCH)
    assert [engine.rests_on(each).value for each in components] == [
        "own_lines",
        "team_lines",
        "team_lines",
        "all_lines",
        "matched",
    ]


@pytest.mark.parametrize("page", [1, 1_000])
def test_what_is_matched_is_listed_by_line(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Facts of the next generation, less what went back; and what the period is worth to it."""
    monkeypatch.setattr(matched, "PAGE", page)
    two = (TEAMS, PARTS, evolve(MATCH, rates=(Rate.parse("10%"), Rate.parse("5%"))))
    found = a_monthly_shop(*two)
    found.do(engine.join, newcomer("dan", "cai"), at=day(1))
    buys(found, "dan", 8_000)
    buys(found, "dan", 500, "gone")
    buys(found, "dan", 77, "february", day(40))
    accrued(found)
    gives_back(found, "gone", 500)
    gives_back(found, "cai 90000", 40_000)
    parts = list(found.ask(engine.matched_parts, CNY, "2026-01", MemberId("ann"), MATCH.id))
    of = [(x.generation, x.earner, x.component, x.amount_minor, x.line and x.line[0]) for x in parts]
    assert of == [
        (1, "ben", "levels", 5_000, "cai 90000"),
        (2, "cai", "levels", 800, "dan 8000"),
        (1, "ben", "teams", 900, None),
        (2, "cai", "teams", 1_500, None),
    ]
    told = explained(found, "ann").shares[2].share
    assert told is not None
    assert isinstance(told.basis, MatchingBasis)
    assert [each.earned_minor for each in told.basis.generations] == [5_900, 2_300]


def test_of_a_sale_only_what_the_downline_has_left_of_lines_is_matched() -> None:
    """Dan's order pays cai and ben; ben matches what cai has, and one of the two lines went back."""
    two_levels = evolve(a_monthly_plan(MATCHES_LINES), components=plan(percent("10%", 1, 2)).components)
    found = shop(plan=two_levels)
    found.do(engine.join, newcomer("dan", "cai"), at=day(1))
    lines = (line("1", net_minor=5_000), line("2", net_minor=3_000))
    found.do(engine.accrue, sale(*lines, id="both", buyer="dan", paid_at=JANUARY), at=MARCH)
    accrued(found)
    gives_back(found, "both", 5_000)
    (part,) = found.ask(engine.matched_parts, CNY, "2026-01", MemberId("ben"), MATCH.id)
    assert (part.earner, part.amount_minor, part.line) == ("cai", 300, ("both", "2", "tea"))


def test_whom_nobody_stands_below_matches_nothing() -> None:
    found = a_monthly_shop(TEAMS, MATCHES_LINES)
    accrued(found)
    for payee, count in (("cai", 0), ("nobody", 0), ("ann", 1)):
        parts = found.ask(engine.matched_parts, CNY, "2026-01", MemberId(payee), MATCH.id)
        assert len(list(parts)) == count
    teams = a_monthly_shop(TEAMS, evolve(MATCH, of=(TEAMS.id,)))
    accrued(teams)
    (part,) = teams.ask(engine.matched_parts, CNY, "2026-01", MemberId("ben"), MATCH.id)
    assert (part.earner, part.component, part.line) == ("cai", "teams", None)


def test_only_what_the_plan_itself_paid_is_listed_as_matched() -> None:
    """Another plan has a component of the same name; another currency has its own."""
    other = evolve(plan(percent("50%", 1)), id=PlanId("before"), valid_from=day(-40), valid_until=day(9))
    found = shop(newcomer("ann"), newcomer("ben", "ann"), newcomer("cai", "ben"))
    found.do(engine.set_plan, evolve(a_monthly_plan(TEAMS, MATCH), valid_from=day(9)))
    found.do(engine.set_plan, other)
    buys(found, "cai", 10_000, paid_at=day(8))
    buys(found, "cai", 20_000)
    accrued(found)
    parts = list(found.ask(engine.matched_parts, CNY, "2026-01", MemberId("ann"), MATCH.id))
    assert [each.line and each.line[0] for each in parts if each.component == "levels"] == ["cai 20000"]


def test_only_a_matching_matches() -> None:
    found = a_monthly_shop()
    accrued(found)
    for component in (PARTS.id, ComponentId("levels")):
        with pytest.raises(InputError, match=f"{component} matches nothing"):
            found.ask(engine.matched_parts, CNY, "2026-01", MemberId("ann"), component)
    with pytest.raises(InputError, match="component"):
        found.ask(engine.matched_parts, CNY, "2026-01", MemberId("ann"), ComponentId(""))


def test_who_or_what_is_malformed_is_refused() -> None:
    found = a_monthly_shop()
    accrued(found)
    with pytest.raises(RefusedError, match="no period 2026-02 was accrued"):
        found.ask(engine.explain_period, CNY, "2026-02", MemberId("ann"))
    with pytest.raises(InputError, match="payee"):
        found.ask(engine.explain_period, CNY, "2026-01", MemberId(""))
    with pytest.raises(InputError, match="payee"):
        list(found.ask(engine.period_lines, CNY, "2026-01", MemberId("")))


# ---- verify


def changed(found: Shop, **changes: Any) -> None:
    rows = found.store._transaction.period_runs._facts[1]
    key = (0, MemberId("cai"), TEAMS.id)
    rows[key] = evolve(rows[key], **changes)


def share_of(found: Shop) -> PeriodShare:
    return found.store._transaction.period_runs._facts[1][0, MemberId("cai"), TEAMS.id].share


def damaged() -> Shop:
    """Return a shop in which a month was accrued, and accrued again after a refund."""
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 40_000)
    accrued(found)
    return found


def test_sound_periods_are_sound() -> None:
    found = damaged()
    accrued(found, "2026-02")
    assert wrong(found) == []


def test_a_changed_fact_is_found() -> None:
    found = damaged()
    changed(found, amount_minor=1)
    said = wrong(found)
    where = "period 2026-01 in CNY, posting 0"
    assert f"{where}, teams of cai: it is not the difference to what it was worth before" in said
    assert f"{where}, teams: its facts do not add up to what is paid" in said
    assert any("due of period 2026-01/0 to cai" in each for each in said)
    assert any("account commission" in each for each in said)
    changed(found, amount_minor=2_700, share=evolve(share_of(found), amount_minor=2_701))
    said = wrong(found)
    assert f"{where}, teams of cai: its amount does not follow from what it rests on" in said
    assert (
        "period 2026-01 in CNY, posting 1, teams of cai: it is not the difference to what it was worth before"
        in said
    )


def test_a_component_that_the_plan_does_not_have_is_found() -> None:
    found = damaged()
    changed(found, share=evolve(share_of(found), component=ComponentId("other")))
    assert "period 2026-01 in CNY, posting 0, other of cai: the plan has no such component" in wrong(found)


def test_missing_and_changed_rows_are_found() -> None:
    found = damaged()
    runs = found.store._transaction.period_runs
    first = runs._postings[1].pop(0)
    said = wrong(found)
    assert "period 2026-01 in CNY, posting 1: posting 0 is missing" in said
    assert "period facts: there are 11, and 5 are of postings" in said
    runs._postings[1][0] = evolve(first, totals=first.totals[1:])
    assert "period 2026-01 in CNY, posting 0: it does not name the components of its plan" in wrong(found)
    runs._runs[1] = evolve(runs._runs[1], tree_revision=9)
    assert "period 2026-01 in CNY: it saw revision 9 of a tree that has 0" in wrong(found)
    runs._runs[1] = evolve(runs._runs[1], plan=PlanId("gone"), tree_revision=0)
    assert "period 2026-01 in CNY: version 1 of plan gone is missing" in wrong(found)


def test_overlapping_runs_and_a_missing_one_are_found() -> None:
    found = damaged()
    runs = found.store._transaction.period_runs
    runs._runs[3] = evolve(runs._runs[1], number=3)
    runs._postings[3], runs._facts[3] = {}, {}
    said = wrong(found)
    assert "period 2026-01 in CNY: run 2 is missing" in said
    assert "period 2026-01 in CNY: it overlaps 2026-01" in said


def test_a_posting_without_its_due_is_found() -> None:
    found = damaged()
    dues = found.store._transaction.dues._dues
    key = next(each for each in dues if each[1] == "cai")
    del dues[key]
    assert any("is neither due nor on a statement" in each for each in wrong(found))


@pytest.mark.parametrize(("by", "label"), [(GroupBy.VALID, "2026-01"), (GroupBy.POSTED, "2026-03")])
def test_a_member_is_told_what_periods_paid_beside_what_sales_did(by: GroupBy, label: str) -> None:
    """By the last instant of the period, or by when it was posted; what was taken back is its own part."""
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 45_000)
    accrued(found)
    with found.store.begin() as tx:
        member = engine.explain_member(tx, MemberId("cai"), engine.period_named(tx, label), by=by)
        other = engine.explain_member(tx, MemberId("cai"), engine.period_named(tx, "2026-05"), by=by)
    parts = [(each.component, each.posting, each.amount_minor) for each in member.parts if each.sale is None]
    assert {component for component, _, _ in parts} == {"teams", "parts"}
    assert {posting for _, posting, _ in parts} == {0, 1}
    assert {each.cause for each in member.parts if each.sale is None} == {"period/2026-01"}
    (earning,) = member.earnings
    together = sum(each.amount_minor for each in member.parts)
    assert together == earning.accrued_minor + earning.clawed_back_minor
    assert other.parts == ()


def test_by_posting_a_month_has_what_was_posted_in_it() -> None:
    """The rest of the same period is of another month."""
    found = a_monthly_shop()
    accrued(found)
    gives_back(found, "cai 90000", 45_000)
    accrued(found, at=day(121))
    (march, may) = (
        found.ask(engine.explain_member, MemberId("cai"), month(label), by=GroupBy.POSTED)
        for label in ("2026-03", "2026-05")
    )
    assert {each.posting for each in march.parts if each.sale is None} == {0}
    assert {each.posting for each in may.parts if each.sale is None} == {1}


def test_a_line_of_a_statement_says_what_each_component_of_a_period_gave() -> None:
    """M2: the parts of a line add up to it."""
    found = a_monthly_shop(TEAMS, PARTS)
    found.do(engine.set_settlement, a_settlement_policy(valid_from=day(-400)), at=day(1))
    accrued(found)
    gives_back(found, "cai 90000", 40_000)
    accrued(found)
    buys(found, "cai", 7_000, paid_at=day(40))
    accrued(found, "2026-02")
    closing = found.do(engine.close_period, CNY, "2026-03", at=day(100))
    accrued(found, "2026-03", at=day(110))
    with found.store.begin() as tx:
        lines = list(engine.explained_lines(tx, closing.number, MemberId("cai")))
    parts = {
        (each.line.due.origin.ref, each.line.due.origin.number): [
            (fact.share.component, fact.amount_minor) for fact in each.of_period
        ]
        for each in lines
    }
    assert parts == {
        ("2026-01", 0): [("parts", 900), ("teams", 2_700)],
        ("2026-01", 1): [("parts", -400), ("teams", -1_200)],
        ("2026-02", 0): [("parts", 70), ("teams", 210)],
    }
    assert all(
        sum(fact.amount_minor for fact in each.of_period) == each.line.due.amount_minor for each in lines
    )
    first = next(each for each in lines if each.line.due.amount_minor == 3_600)
    assert line_sentence(first, Language.ENGLISH) == (
        "36.00 CNY of period 2026-01, posting 0: 9.00 by parts; 27.00 by teams"
    )
    assert line_sentence(first, Language.CHINESE) == (
        "36.00 CNY，周期 2026-01，过账 0：parts 得 9.00；teams 得 27.00"
    )
    rows = [(row[10], row[-2]) for row in _origins(first, Language.ENGLISH)]
    assert rows == [("parts", "9.00"), ("teams", "27.00")]
