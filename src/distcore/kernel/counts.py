"""What is counted against a limit: coupons of a template, units at a price.

The rule this file protects: what is counted is named by its parts, and never by a text put together of them,
in which two things could have one name.
"""

from attrs import frozen


@frozen(order=True)
class Count:
    """What is counted: a `kind` of thing, of which one, and of that a `part`, a `member`, or all of it."""

    kind: str
    of: str
    part: str = ""
    member: str = ""


@frozen
class Taking:
    """Units that are to be counted, where the count comes to no more than `most` with them."""

    count: Count
    units: int
    most: int
