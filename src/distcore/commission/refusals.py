"""What commission refuses, and what to do about it."""

from distcore.kernel import Code

NO_PLAN = Code(
    "no_plan",
    "no plan in {currency} is valid at {paid_at}, when {sale} was paid",
    "publish a plan whose validity covers the sale",
)
PLAN_EXISTS = Code(
    "plan_exists",
    "version {plan_version} of plan {plan} is published already, with other content",
    "publish changes as a higher plan_version",
)
PLANS_OVERLAP = Code(
    "plans_overlap",
    "plan {plan} and plan {other} would both be valid in {currency} from {valid_from}",
    "let one end where the other begins, or publish a new version of {other}",
)
CAP_DIFFERS = Code(
    "cap_differs",
    "cap {cap} of plan {plan} has another {what} in version {plan_version} than in version {other}",
    "give it an id of its own: what is used up of a cap is shared by all versions that have it",
)
SALE_EXISTS = Code(
    "sale_exists",
    "{sale} is accrued already, with other content",
    "correct a sale with a refund, another price or a cancellation",
)
SALE_UNKNOWN = Code("sale_unknown", "{sale} was never accrued", "import the sale first")
SALE_CANCELLED = Code(
    "sale_cancelled", "{sale} was cancelled at {cancelled_at}", "nothing is left to correct"
)
PAID_IN_FUTURE = Code(
    "paid_in_future", "{sale} would be paid at {paid_at}, after {at}", "import it when it is paid"
)
PROMOTER_UNKNOWN = Code(
    "promoter_unknown",
    "{promoter}, who promoted {sale}, was not a member at {paid_at}",
    "join the promoter first, or leave the promoter out",
)
AMOUNT_TOO_LARGE = Code(
    "amount_too_large",
    "{sale} would pay {amount_minor} minor units; the limit is {amount_minor_max}",
    "check the units of the lines and the plan's amounts per unit",
)
EARNED_TOO_LARGE = Code(
    "earned_too_large",
    "with {sale}, {member} would have earned {earned_minor} minor units of plan {plan}, which counts them; "
    "the limit is {earned_minor_max}",
    "end this plan and publish one of another id: it begins to count anew",
)
BASE_UNKNOWN = Code(
    "base_unknown",
    "line {line} of {sale} has no {what}, which {component} is a share of",
    "give the {what} of every line, 0 if there is none",
)
ACCRUAL_UNKNOWN = Code(
    "accrual_unknown",
    "on line {line} of {sale}, {payee} never had anything of {component} by this rule and level",
    "see the postings with explain sale",
)
REFUND_EXISTS = Code(
    "refund_exists",
    "{refund} is posted already, with other content",
    "give every refund an id of its own",
)
REFUND_LINE_UNKNOWN = Code("refund_line_unknown", "{sale} has no line {line}", "see the lines with explain")
REFUND_TOO_LARGE = Code(
    "refund_too_large",
    "of line {line} of {sale} {left} {what} are left, {refund} asks for {asked}",
    "a refund takes back no more than was paid and is left",
)
PRICE_CORRECTION_EXISTS = Code(
    "price_correction_exists",
    "{price} is posted already, with other content",
    "give every price correction an id of its own",
)
PRICE_LINE_UNKNOWN = Code("price_line_unknown", "{sale} has no line {line}", "see the lines with explain")
PRICE_BELOW_REFUNDS = Code(
    "price_below_refunds",
    "line {line} of {sale} would have been sold for {net} {currency} by {price}; {refunded} went back of it",
    "a price is what all units were sold for, before any refund",
)
PRICE_TOO_LARGE = Code(
    "price_too_large",
    "by {price} the lines of {sale} would be sold for {net_minor} minor units; the limit is {most}",
    "check the prices of the lines",
)
REFUND_BEFORE_PAYMENT = Code(
    "refund_before_payment",
    "{sale} was paid at {paid_at}; {refund} says {refunded_at}",
    "a sale is corrected after it was paid",
)
CORRECTED_IN_FUTURE = Code(
    "corrected_in_future",
    "{sale} would be corrected at {happened_at}, after {at}",
    "post it when it has happened",
)
REPEATED_REFUND_UNKNOWN = Code(
    "repeated_refund_unknown",
    "{refund} repeats {repeats}, which is not a refund of {sale} that can be repeated",
    "name a refund of the same sale that repeats none itself",
)
REPEATED_TWICE = Code(
    "repeated_twice",
    "{refund} repeats {repeats}, which {other} repeats already",
    "post it as a refund of its own",
)
FORMULA_UNKNOWN = Code(
    "formula_unknown",
    "no formula {name} version {version} is registered here",
    "pass the function to the verb, or by --formulas, under its name and version",
)
PLAN_VERSION_UNKNOWN = Code(
    "plan_version_unknown",
    "version {plan_version} of plan {plan} was never published",
    "publish it first; see plan show",
)
CURRENCY_DIFFERS = Code(
    "currency_differs",
    "version {plan_version} of plan {plan} is in {currency}, what is recomputed is in {wanted}",
    "name a plan of the same currency",
)
REPIN_NOT_APPROVED = Code(
    "repin_not_approved",
    "{actor} can't approve what {actor} does: pinning to version {plan_version} of plan {plan}",
    "somebody else has to approve it",
)
PLAN_NOT_VALID = Code(
    "plan_not_valid",
    "version {plan_version} of plan {plan} is not valid at {paid_at}, when {sale} was paid",
    "publish a version whose validity covers the sale",
)
PLAN_NOT_OF_PERIOD = Code(
    "plan_not_of_period",
    "version {plan_version} of plan {plan} is not one for {instant}, when {period} ended",
    "publish a version of the same period_cadence whose validity covers the end of the period",
)
PINNED_ALREADY = Code(
    "pinned_already",
    "{period} goes by version {plan_version} of plan {plan} already",
    "accrue it without another plan version",
)
COMPONENT_MISSING = Code(
    "component_missing",
    "version {plan_version} of plan {plan} has no {kind} {component}, which {period} was paid by",
    "publish a version in which it stands, perhaps with rates of 0%",
)
PAST_UNKNOWN = Code(
    "past_unknown",
    "version {plan_version} of plan {plan} asks what was bought before {sale}, which was not kept",
    "it is kept for sales accrued by a plan that asks; pin this one to a plan that does not",
)
EARNED_UNKNOWN = Code(
    "earned_unknown",
    "version {plan_version} of plan {plan} asks what was earned before {sale}, which was not kept for it",
    "it is kept for the version that a sale is accrued by; pin it to one that does not ask",
)
NOT_GRANTED = Code(
    "not_granted",
    "version {plan_version} of plan {plan} has caps, and {sale} was granted nothing under them",
    "headroom is granted when a sale is accrued; pin it to a version without caps",
)
FREEZE_DIFFERS = Code(
    "freeze_differs",
    "the freeze of {sale} counts from when it was {since}, that of version {plan_version} of plan {plan} "
    "from when it is {wanted}",
    "pin it to a version that counts as the one that it was accrued by",
)
COMPLETED_BEFORE_PAYMENT = Code(
    "completed_before_payment",
    "{sale} was paid at {paid_at}; it can't be completed at {completed_at}",
    "a sale is completed after it was paid",
)
COMPLETED_IN_FUTURE = Code(
    "completed_in_future", "{sale} would be completed at {completed_at}, after {at}", "complete it when it is"
)
COMPLETED_ALREADY = Code(
    "completed_already", "{sale} was completed at {completed_at} already", "an order is completed once"
)
NO_PERIOD_COMPONENTS = Code(
    "no_period_components",
    "no plan in {currency} that is valid at {instant} has period components",
    "publish a version with period_components that is valid at the end of the period",
)
PERIOD_TOO_EARLY = Code(
    "period_too_early",
    "{period} can be accrued from {due} on; it is {at}",
    "wait for its end and for the days in which goods may go back",
)
PERIODS_OVERLAP = Code(
    "periods_overlap",
    "{period} overlaps {other}, which was accrued in {currency}",
    "name the period that begins where {other} ends",
)
PERIOD_NOT_ACCRUED = Code(
    "period_not_accrued",
    "no period {period} was accrued in {currency}",
    "accrue it first, or see which ones were",
)
