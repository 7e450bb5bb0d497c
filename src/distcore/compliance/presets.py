"""The presets: what is demanded of plans in some places, with sources.  None of them is legal advice.

They are what a merchant's lawyer would ask first, no more.  The one rule this file protects: what was in
force stays here with its days; a change of the law is another requirement, and ends the one before.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from distcore.compliance.policy import (
    EntryFee,
    HeadsAndDepth,
    InternalConsumption,
    OnlyCompletedSales,
    PaidLevelsMax,
    PayPerHead,
    Policy,
    Requirement,
    ShareMax,
    Source,
)
from distcore.kernel import CompliancePreset, Rate, Severity

_PYRAMIDS: Final = "Regulation on Prohibiting Pyramid Selling (禁止传销条例, State Council Decree 444)"
_PYRAMIDS_SINCE: Final = date(2005, 11, 1)

_DIRECT: Final = "Regulation on Direct Selling (直销管理条例, State Council Decree 443)"
_DIRECT_SINCE: Final = date(2005, 12, 1)

_OPINION: Final = (
    "Opinions of the Supreme People's Court, the Supreme People's Procuratorate and the Ministry of Public "
    "Security on Organizing and Leading Pyramid Selling (公通字〔2013〕37号)"
)
_OPINION_SINCE: Final = date(2013, 11, 14)

_FTC: Final = "Federal Trade Commission Act, 15 U.S.C. § 45"
_KOSCOT: Final = f"{_FTC}, as read in Koscot Interplanetary, Inc."
_KOSCOT_SINCE: Final = date(1975, 11, 18)

_BURNLOUNGE: Final = f"{_FTC}, as read in FTC v. BurnLounge, Inc."
_BURNLOUNGE_SINCE: Final = date(2014, 6, 2)

_UCPD: Final = "Directive 2005/29/EC (Unfair Commercial Practices)"
_UCPD_SINCE: Final = date(2007, 12, 12)

_CN_FEE: Final = Requirement(EntryFee(), Source(_PYRAMIDS, "article 7 (2)"), _PYRAMIDS_SINCE)
_CN_HEADS: Final = Requirement(PayPerHead(), Source(_PYRAMIDS, "article 7 (1)"), _PYRAMIDS_SINCE)
_CN_DEPTH: Final = Requirement(HeadsAndDepth(30, 3), Source(_OPINION, "parts 1 and 7"), _OPINION_SINCE)

CN_STRICT: Final = Policy(
    CompliancePreset.CN_STRICT,
    (
        Requirement(PaidLevelsMax(1), Source(_PYRAMIDS, "article 7 (3)"), _PYRAMIDS_SINCE),
        _CN_FEE,
        _CN_HEADS,
        _CN_DEPTH,
        Requirement(OnlyCompletedSales(), Source(_DIRECT, "article 24"), _DIRECT_SINCE),
        Requirement(InternalConsumption(), Source(_DIRECT, "article 24"), _DIRECT_SINCE),
        Requirement(
            ShareMax(Rate(300_000)),
            Source(_DIRECT, "article 24, which binds licensed direct sellers"),
            _DIRECT_SINCE,
            severity=Severity.WARNING,
        ),
    ),
)
"""Whoever sells is paid, and nobody above: pay by what a downline sells is taken for pyramid selling."""

CN_COMMON: Final = Policy(
    CompliancePreset.CN_COMMON,
    (
        Requirement(
            PaidLevelsMax(2),
            Source("Common practice of malls", f"below the three levels of {_OPINION}", is_law=False),
            _OPINION_SINCE,
        ),
        _CN_FEE,
        _CN_HEADS,
        _CN_DEPTH,
        Requirement(
            OnlyCompletedSales(),
            Source("Common practice of malls", "frozen until the time for returns is over", is_law=False),
            _OPINION_SINCE,
            severity=Severity.WARNING,
        ),
    ),
)
"""Two levels, as many malls pay them.  Article 7 (3) of the regulation names no number of levels."""

US: Final = Policy(
    CompliancePreset.US,
    (
        Requirement(
            EntryFee(),
            Source(_KOSCOT, "86 F.T.C. 1106 (1975), the first of two parts of the test"),
            _KOSCOT_SINCE,
            severity=Severity.WARNING,
        ),
        Requirement(PayPerHead(), Source(_KOSCOT, "86 F.T.C. 1106 (1975)"), _KOSCOT_SINCE),
        Requirement(OnlyCompletedSales(), Source(_KOSCOT, "86 F.T.C. 1106 (1975)"), _KOSCOT_SINCE),
        Requirement(
            InternalConsumption(),
            Source(_BURNLOUNGE, "753 F.3d 878 (9th Cir. 2014)", is_law=False),
            _BURNLOUNGE_SINCE,
            severity=Severity.WARNING,
        ),
    ),
)
"""Rewards for recruiting must be related to what is sold to those who use it."""

EU: Final = Policy(
    CompliancePreset.EU,
    (
        Requirement(
            EntryFee(),
            Source(_UCPD, "annex I, point 14, the first of two parts of it"),
            _UCPD_SINCE,
            severity=Severity.WARNING,
        ),
        Requirement(PayPerHead(), Source(_UCPD, "annex I, point 14"), _UCPD_SINCE),
    ),
)
"""Nobody gives anything for being paid primarily for those whom one brings, rather than for what is sold."""

PRESETS: Final[Mapping[CompliancePreset, Policy]] = MappingProxyType(
    {each.preset: each for each in (CN_STRICT, CN_COMMON, US, EU)}
)
"""Every preset by its name."""
