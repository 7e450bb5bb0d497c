"""Gifts that are due: what a shop hands out besides money, and what it takes back."""

from collections.abc import Sequence

from distcore.commission import DueGift
from distcore.kernel import Instant, utc
from distcore.ports import Transaction


def due_gifts(tx: Transaction, since: Instant, until: Instant) -> Sequence[DueGift]:
    """Return the gifts that became due in `[since, until)`, by sale: to hand out, or to take back.

    One is due since the `at` of the verb that released its order, or posted it after that: so whoever asks
    for one span after the other misses none, however late the order was released, but for what is written
    with an instant of a span that was asked for already.  So let a span end before whatever may still be
    running began.  Points are on the points account already.  Raises `InputError` for an instant without a
    zone.
    """
    return list(tx.releases.gifts(utc(since, "since"), utc(until, "until")))
