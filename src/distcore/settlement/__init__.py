"""Closing a period: what every payee is owed, what is carried, what is withheld.

Settlement knows dues, whatever they come from.  A closing takes every due that was released before the end
of its period and is on no statement yet; the statement says what is due now and what is carried on.

>>> from datetime import datetime, UTC
>>> from zoneinfo import ZoneInfo
>>> from distcore.kernel import Calendar, parse_period
>>> march = parse_period("2026-03", Calendar(ZoneInfo("Asia/Shanghai")))
>>> april_1 = datetime(2026, 4, 1, tzinfo=UTC)
>>> policy = SettlementPolicy("CNY", 1, april_1, minimum_minor=1000, withholding=CnLabour())
>>> closing = Closing(1, "CNY", march, 1, april_1, "shop")

Nine yuan stay below the minimum of ten; in the next period they are paid with what has come since:

>>> first = stated(closing, LineTotal("ann", 900, 3), 0, policy, held=False)
>>> first.gross_minor, first.closing_minor
(0, 900)
>>> second = stated(closing, LineTotal("ann", 99_100, 80), first.closing_minor, policy, held=False)
>>> second.gross_minor, second.closing_minor
(100000, 0)

A thousand yuan for labour: minus 800, of which twenty percent are withheld.

>>> assessment = assess(second, policy, "2026-04", NOTHING_SO_FAR)
>>> assessment.withheld_minor, assessment.payable_minor
(4000, 96000)
"""

from distcore.settlement.due import (
    Adjustment,
    Due,
    DueKey,
    Hold,
    HoldChange,
    HoldOn,
    Opening,
    adjustment_problems,
    hold_problems,
    opening_problems,
)
from distcore.settlement.laws import LABOUR_LAWS, PLATFORM_LAWS, Bracket, CumulativeLaw, LabourLaw, Law
from distcore.settlement.lifecycle import TRANSITIONS, ClosingState
from distcore.settlement.policy import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    NoWithholding,
    Review,
    SettlementPolicy,
    Withholding,
    settlement_policy_at,
    settlement_policy_problems,
)
from distcore.settlement.ports import (
    Adjustments,
    Assessments,
    Closings,
    Dues,
    Holds,
    Openings,
    SettlementPolicies,
)
from distcore.settlement.statement import (
    NOTHING_SO_FAR,
    Assessed,
    Assessment,
    Closing,
    Decision,
    Line,
    LineTotal,
    SoFar,
    Statement,
    closing_refusal,
    decision_refusal,
    drawn,
    stated,
)
from distcore.settlement.withholding import (
    CustomFunction,
    Customs,
    assess,
    custom_refusal,
    withheld_minor,
)

__all__ = [
    "LABOUR_LAWS",
    "NOTHING_SO_FAR",
    "PLATFORM_LAWS",
    "TRANSITIONS",
    "Adjustment",
    "Adjustments",
    "Assessed",
    "Assessment",
    "Assessments",
    "Bracket",
    "Closing",
    "ClosingState",
    "Closings",
    "CnCumulative",
    "CnLabour",
    "CumulativeLaw",
    "CustomFunction",
    "CustomWithholding",
    "Customs",
    "Decision",
    "Due",
    "DueKey",
    "Dues",
    "Hold",
    "HoldChange",
    "HoldOn",
    "Holds",
    "LabourLaw",
    "Law",
    "Line",
    "LineTotal",
    "NoWithholding",
    "Opening",
    "Openings",
    "Review",
    "SettlementPolicies",
    "SettlementPolicy",
    "SoFar",
    "Statement",
    "Withholding",
    "adjustment_problems",
    "assess",
    "closing_refusal",
    "custom_refusal",
    "decision_refusal",
    "drawn",
    "hold_problems",
    "opening_problems",
    "settlement_policy_at",
    "settlement_policy_problems",
    "stated",
    "withheld_minor",
]
