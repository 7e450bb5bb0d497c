"""What reason codes mean that the command line shows without an explanation of their own."""

from collections.abc import Mapping
from typing import Final

from distcore.engine import Omission, PeriodOmission
from distcore.referral import Why

TOUCHES: Final[Mapping[Why, str]] = {
    Why.FIRST_TOUCH: "the customer was with nobody",
    Why.TAKEN_OVER: "the binding to another promoter was over, or the last touch counts",
    Why.SAME_PROMOTER: "the customer is with this promoter already",
    Why.BOUND_FOR_EVER: "the customer is with another promoter, and the first touch binds for ever",
    Why.PROTECTED: "the customer is with another promoter, who is protected until then",
    Why.IS_DISTRIBUTOR: "the customer distributes: has a tier, a downline or an approved application",
    Why.CODE_NOT_VALID: "the code or link stands for nobody now",
    Why.PROMOTER_UNKNOWN: "the promoter was no member then",
    Why.PROMOTER_NOT_ACTIVE: "the promoter was suspended or terminated",
    Why.SELF: "nobody promotes to oneself",
    Why.SAME_PERSON: "the promoter and the customer are the same person",
    Why.HAS_ORDERS: "the customer has bought already, and the policy binds only who has not",
    Why.CUSTOMER_TERMINATED: "the customer was terminated",
    Why.SPONSOR_JOINED_LATER: "the promoter joined after the customer",
    Why.WOULD_FORM_CYCLE: "the promoter stands below the customer",
    Why.UPLINE_TOO_DEEP: "the customer, or somebody below, would stand too deep",
    Why.FAN_OUT_TOO_WIDE: "the promoter would have too many direct members",
}
"""Why a touch binds, keeps or is refused."""

OMISSIONS: Final[Mapping[Omission, str]] = {
    Omission.OTHER_CURRENCY: "they are not in the currency of the plan",
    Omission.BASE_UNKNOWN: "a line lacks the list price, cost or tax that percentages are taken of",
    Omission.AMOUNT_TOO_LARGE: "they would pay more than a store holds",
}
"""Why sales are left out of a simulation."""

PERIOD_OMISSIONS: Final[Mapping[PeriodOmission, str]] = {
    PeriodOmission.NOT_WHOLE: "it has not ended, or some of its sales are not asked about",
    PeriodOmission.NOT_POSTED: "nothing was posted of it yet that it could be compared with",
}
"""Why a period is left out of a simulation."""
