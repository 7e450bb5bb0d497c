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
SALE_EXISTS = Code(
    "sale_exists",
    "{sale} is accrued already, with other content",
    "correct a sale with a refund or a cancellation",
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
BASE_UNKNOWN = Code(
    "base_unknown",
    "line {line} of {sale} has no {what}, which {component} is a share of",
    "give the {what} of every line, 0 if there is none",
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
