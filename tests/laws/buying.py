"""A shop in which somebody buys: `ann` above `ben` above `buyer` above `other`, and what each order pays."""

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from distcore import engine
from distcore.commission import Plan, Posting, Sale
from distcore.ports import Store
from distcore.testing.builders import Shop, a_chain, day

NewStore: TypeAlias = Callable[[], Store]


def opened(new_store: NewStore, by: Plan) -> Shop:
    return Shop.open(new_store(), by, a_chain("ann", "ben", "buyer", "other"))


def paid(posting: Posting) -> dict[str, int]:
    """Return what each payee has of a posting."""
    sums: Counter[str] = Counter()
    for each in posting.accruals:
        sums[each.payee] += each.amount_minor
    return dict(sums)


def accrued(shop: Shop, *sales: Sale) -> list[dict[str, int]]:
    """Return what each payee has of each sale; all that was booked is sound."""
    found = [paid(shop.do(engine.accrue, each, at=day(40))) for each in sales]
    shop.assert_sound()
    return found
