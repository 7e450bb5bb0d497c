"""What a period is worth is told in every language, with every number it rests on."""

from string import Formatter

import pytest
from attrs import evolve
from tests.commission.periods import LADDER, a_period, brackets, rate, value_of

from distcore.commission import (
    Cut,
    Generation,
    How,
    Ladder,
    Language,
    MatchingBasis,
    PeriodReason,
    PeriodShare,
    PoolBasis,
    Volume,
    tell_period,
    tell_period_not,
)
from distcore.commission.period_words import PERIOD_PHRASES, PERIOD_REASONS
from distcore.kernel import ComponentId, Currency, MemberId

CNY = Currency("CNY")


def names(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def test_every_language_has_every_phrase_with_the_same_names() -> None:
    english = PERIOD_PHRASES[Language.ENGLISH]
    for phrases in PERIOD_PHRASES.values():
        assert {name: names(each) for name, each in phrases.items()} == {
            name: names(each) for name, each in english.items()
        }
    assert PERIOD_PHRASES.keys() == PERIOD_REASONS.keys() == set(Language)


@pytest.mark.parametrize("language", Language)
def test_every_reason_is_told(language: Language) -> None:
    assert PERIOD_REASONS[language].keys() == set(PeriodReason)
    said = tell_period_not(MemberId("ann"), LADDER, "2026-01", PeriodReason.NO_VOLUME, language)
    assert said.startswith("ann ")
    assert PERIOD_REASONS[language][PeriodReason.NO_VOLUME] in said


def test_a_ladder_is_told() -> None:
    ladder = Ladder(LADDER, brackets(_0="3%", _20000="5%"), Volume.TEAM, How.MARGINAL, subtract_legs=True)
    facts = a_period({"ann": 10_000, "ben": 20_000}, sponsors={"ben": "ann"})
    share = value_of(ladder, facts).share(0)
    assert tell_period(share, "2026-01", CNY) == (
        "ann gets 5.00 CNY by ladder for 2026-01; bought 100.00 CNY, the team 300.00, 300.00 count; "
        "3% of 200.00 CNY; 5% of 100.00 CNY; less 6.00 CNY that the legs reach"
    )
    assert "less" not in tell_period(value_of(ladder, facts).share(1), "2026-01", CNY)


def test_a_pool_and_a_match_are_told_and_what_was_cut() -> None:
    share = PeriodShare(ComponentId("pool"), MemberId("ann"), 333, PoolBasis(1_000, 1, 3, 0))
    assert tell_period(share, "2026-01", CNY) == (
        "ann gets 3.33 CNY by pool for 2026-01; 1 of 3 parts of a pool of 10.00 CNY"
    )
    generations = (Generation(rate("10%"), 1_000), Generation(rate("5%"), 200))
    cut = evolve(share, basis=MatchingBasis(generations), cut=Cut(110, 220, 100, 0), amount_minor=50)
    assert tell_period(cut, "2026-01", CNY, Language.CHINESE) == (
        "ann 因 2026-01 的 pool 得 0.50 CNY；第 1 代所得 10.00 CNY 的 10%；第 2 代所得 2.00 CNY 的 5%；"
        "由 1.10 缩减：各人合计 2.20，预算只有 1.00 CNY"
    )
