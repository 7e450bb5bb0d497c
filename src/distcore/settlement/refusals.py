"""What settlement refuses, and what to do about it."""

from distcore.kernel import Code

NO_SETTLEMENT_POLICY = Code(
    "no_settlement_policy",
    "no settlement policy for {currency} is valid at {instant}",
    "set a settlement-policy whose valid_from is early enough",
)
SETTLEMENT_POLICY_EXISTS = Code(
    "settlement_policy_exists",
    "version {policy_version} of the settlement policy for {currency} is set already, with other content",
    "set changes as a higher policy_version",
)
CUSTOM_UNKNOWN = Code(
    "custom_withholding_unknown",
    "nobody registered the withholding {name}, version {version}",
    "pass a function for it to the verb",
)
PERIOD_NOT_ENDED = Code(
    "period_not_ended", "{period} ends at {end}, it is {at}", "close a period when it is over"
)
OUT_OF_ORDER = Code(
    "period_out_of_order", "{period} can't be closed: {expected} comes first", "close periods one by one"
)
DRAFT_WAITS = Code(
    "draft_waits",
    "closing {closing} of {period} is neither approved nor rejected",
    "decide it first",
)
TOTAL_TOO_LARGE = Code(
    "total_too_large",
    "{period} can't be closed: {payee} would have more than {total_minor_max} minor units of {currency}",
    "take back by adjustments what is too much",
)
CLOSING_UNKNOWN = Code("closing_unknown", "there is no closing {closing}", "list the closings")
CLOSING_DECIDED = Code(
    "closing_decided", "closing {closing} is {state} and can't become {wanted}", "a closed period stays"
)
DECIDED_TOO_EARLY = Code(
    "decided_too_early",
    "closing {closing} was drafted at {drafted_at}, it can't be decided at {at}",
    "look at the clock: the tax is withheld by the month of the approval",
)
SAME_REVIEWER = Code(
    "same_reviewer",
    "{actor} made closing {closing}, and can't approve it",
    "somebody else has to look at it",
)
PAYEE_UNKNOWN = Code("payee_unknown", "{payee} is not a member", "join the member first")
ADJUSTMENT_EXISTS = Code(
    "adjustment_exists",
    "adjustment {adjustment} is posted already, with other content",
    "give every adjustment an id of its own",
)
STATEMENT_UNKNOWN = Code(
    "statement_unknown",
    "{payee} has no statement of closing {closing}",
    "see which there are with statement",
)
SAME_AUTHORITY = Code(
    "same_authority",
    "{actor} can't post adjustment {adjustment} by the own authority",
    "somebody else has to allow it",
)
ADJUSTED_IN_FUTURE = Code(
    "adjusted_in_future", "{id} would be valid at {valid_at}, after {at}", "post it when it is"
)
OPENING_EXISTS = Code(
    "opening_exists",
    "opening balance {opening} is posted already, with other content",
    "an opening balance is imported once; correct it with an adjustment",
)
OPENED_TOO_LATE = Code(
    "opened_too_late",
    "opening balance {opening} in {currency} comes after closing {closing}",
    "opening balances come before the first closing; post an adjustment",
)
HELD_ALREADY = Code("held_already", "{on} {ref} is held already: {reason}", "lift the hold first")
NOT_HELD = Code("not_held", "{on} {ref} is not held", "nothing needs to be done")
