"""A preset is data: what is demanded, where that is written, and since when; here it stands a second time."""

from datetime import date

import pytest

from distcore.compliance import (
    PRESETS,
    WORDS,
    Demand,
    EntryFee,
    HeadsAndDepth,
    InternalConsumption,
    OnlyCompletedSales,
    PaidLevelsMax,
    PayPerHead,
    ShareMax,
)
from distcore.kernel import CompliancePreset, Rate, Severity

DECREE_444, DECREE_443 = "State Council Decree 444", "State Council Decree 443"
NOV_2005, DEC_2005, NOV_2013 = date(2005, 11, 1), date(2005, 12, 1), date(2013, 11, 14)
KOSCOT, UCPD = date(1975, 11, 18), date(2007, 12, 12)

ERROR, WARNING = Severity.ERROR, Severity.WARNING

Row = tuple[Demand, str, str, date, Severity, bool]

CHINA: list[Row] = [
    (EntryFee(), DECREE_444, "article 7 (2)", NOV_2005, ERROR, True),
    (PayPerHead(), DECREE_444, "article 7 (1)", NOV_2005, ERROR, True),
    (HeadsAndDepth(30, 3), "公通字〔2013〕37号", "parts 1 and 7", NOV_2013, ERROR, True),
]
TABLE: dict[CompliancePreset, list[Row]] = {
    CompliancePreset.CN_STRICT: [
        (PaidLevelsMax(1), DECREE_444, "article 7 (3)", NOV_2005, ERROR, True),
        *CHINA,
        (OnlyCompletedSales(), DECREE_443, "article 24", DEC_2005, ERROR, True),
        (InternalConsumption(), DECREE_443, "article 24", DEC_2005, ERROR, True),
        (ShareMax(Rate.parse("30%")), DECREE_443, "article 24", DEC_2005, WARNING, True),
    ],
    CompliancePreset.CN_COMMON: [
        (PaidLevelsMax(2), "Common practice", "below the three levels", NOV_2013, ERROR, False),
        *CHINA,
        (OnlyCompletedSales(), "Common practice", "frozen until", NOV_2013, WARNING, False),
    ],
    CompliancePreset.US: [
        (EntryFee(), "15 U.S.C. § 45", "86 F.T.C. 1106 (1975)", KOSCOT, WARNING, True),
        (PayPerHead(), "15 U.S.C. § 45", "86 F.T.C. 1106 (1975)", KOSCOT, ERROR, True),
        (OnlyCompletedSales(), "15 U.S.C. § 45", "86 F.T.C. 1106 (1975)", KOSCOT, ERROR, True),
        (InternalConsumption(), "BurnLounge", "753 F.3d 878", date(2014, 6, 2), WARNING, False),
    ],
    CompliancePreset.EU: [
        (EntryFee(), "Directive 2005/29/EC", "annex I, point 14", UCPD, WARNING, True),
        (PayPerHead(), "Directive 2005/29/EC", "annex I, point 14", UCPD, ERROR, True),
    ],
}


def test_every_preset_is_here() -> None:
    assert set(PRESETS) == set(CompliancePreset) == set(TABLE)
    assert all(policy.preset is preset for preset, policy in PRESETS.items())


@pytest.mark.parametrize("preset", CompliancePreset)
def test_a_preset_demands_what_its_sources_say(preset: CompliancePreset) -> None:
    requirements = PRESETS[preset].requirements
    assert len(requirements) == len(TABLE[preset])
    for each, (demand, title, place, since, severity, is_law) in zip(
        requirements, TABLE[preset], strict=True
    ):
        assert each.demand == demand
        assert title in each.source.title
        assert place in each.source.place
        assert (each.since, each.until, each.severity) == (since, None, severity)
        assert each.source.is_law == is_law


def test_every_demand_has_a_word_of_its_own() -> None:
    assert len(set(WORDS.values())) == len(WORDS)
    assert {each.word for policy in PRESETS.values() for each in policy.requirements} == set(WORDS.values())
