"""What everybody has of what happened, and what of it is on statements: the same, each once."""

from collections import Counter
from typing import TypeAlias

from distcore.commission import portions_of
from distcore.kernel import MemberId, Origin, OriginKind
from distcore.settlement import ClosingState
from distcore.testing.builders import Shop

Facts: TypeAlias = Counter[tuple[Origin, MemberId, int]]


def stated(shop: Shop) -> Facts:
    """Return what is on statements that were approved, each line as often as it is there."""
    found: Facts = Counter()
    with shop.store.begin() as tx:
        for closing in tx.closings.all():
            if closing.state is not ClosingState.APPROVED:
                continue
            for each in tx.closings.statements(closing.number):
                for line in tx.closings.lines(closing.number, each.payee):
                    found[line.due.origin, each.payee, line.due.amount_minor] += 1
    return found


def earned(shop: Shop) -> Facts:
    """Return what everybody has of each posting and of each adjustment: all of it is released."""
    found: Facts = Counter()
    with shop.store.begin() as tx:
        for adjustment, _ in tx.adjustments.all():
            origin = Origin(OriginKind.ADJUSTMENT, adjustment.id)
            found[origin, adjustment.payee, adjustment.amount_minor] += 1
        for record in tx.sales.all():
            assert record.released
            for number, posting in enumerate(record.postings):
                origin = Origin(OriginKind.SALE, record.booking.sale.id, number)
                for each in portions_of(posting, number, record.booking.sale.currency):
                    found[origin, each.payee, each.amount_minor] += 1
    return found
