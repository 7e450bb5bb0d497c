"""What pricing says no to."""

from typing import Final

from distcore.kernel import Code

UNKNOWN_LINE: Final = Code("unknown_line", "the order has no line {line}", "name a line of the quote")
NOTHING_RETURNED: Final = Code(
    "nothing_returned", "no unit of line {line} comes back", "leave the line out, or return at least one unit"
)
TOO_MANY_RETURNED: Final = Code(
    "too_many_returned",
    "of line {line} {bought} units were bought, and {returned} came back before",
    "return no more than is left",
)
RETURN_BLOCKED: Final = Code(
    "return_blocked",
    "what is kept does not reach {offers} any more",
    "return everything, or keep enough for the offer",
)
