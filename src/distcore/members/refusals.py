"""What is refused about tiers, and what to do about it."""

from distcore.kernel import Code

NO_TIER_POLICY = Code(
    "no_tier_policy",
    "no tier policy is valid at {instant}",
    "set a tier-policy whose valid_from is early enough",
)
TIER_POLICY_EXISTS = Code(
    "tier_policy_exists",
    "version {policy_version} of the tier policy is set already, with other content",
    "set changes as a higher policy_version",
)
TIERS_TOO_EARLY = Code(
    "tiers_too_early",
    "the tiers of {period} can't be evaluated at {at}: it ends at {end}",
    "evaluate a period when it is over",
)
TIERS_OUT_OF_ORDER = Code(
    "tiers_out_of_order",
    "the tiers of {period} can't be evaluated: {expected} comes first",
    "evaluate periods one by one",
)
EVALUATED_OTHERWISE = Code(
    "evaluated_otherwise",
    "the tiers of {period} were evaluated with other credits, by evaluation {evaluation}",
    "an evaluation stays; give a tier by hand where it is wrong",
)
EVALUATION_UNKNOWN = Code("evaluation_unknown", "there is no evaluation {evaluation}", "list the evaluations")
