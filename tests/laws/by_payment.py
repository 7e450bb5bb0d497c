"""What a simulation counts in the order of payment, naively: every sale looks through all others."""

from collections import Counter
from collections.abc import Iterator

from attrs import evolve

from distcore.commission import Past, Plan, Sale, base_refusal, happened_at
from distcore.kernel import Instant
from distcore.testing.auditor import Auditor, Book, remaining
from distcore.testing.auditor_caps import Granted
from distcore.testing.auditor_worth import Order, grants, worth
from distcore.testing.builders import ALWAYS


def orders_by_payment(auditor: Auditor, plan: Plan, *beside: Plan) -> Iterator[tuple[Book, Order]]:
    """Yield the sales of a plan's currency with all that it asks of each, as if it had been in force.

    Left out are those whose base it does not know, or another plan that is simulated beside it.
    """
    pasts, earned = pasts_by_payment(auditor), Counter[str]()
    earlier: list[tuple[Plan, Sale, Granted]] = []
    for book in in_order_of_payment(auditor):
        sale = book.sale
        if sale.currency != plan.currency or any(base_refusal(each, sale) for each in (plan, *beside)):
            continue
        order = evolve(book.order, plan=plan, earned=dict(earned), past=pasts[sale.id], was_gone=False)
        order.granted = grants(order, earlier, auditor.policy.zone) if plan.caps else None
        earlier.append((plan, sale, order.granted or {}))
        for (_, _, _, payee, _), amount in worth(order, remaining(sale, [])).items():
            earned[payee] += amount
        yield book, evolve(order, was_gone=was_gone(book, ALWAYS[1]))


def was_gone(book: Book, at: Instant) -> bool:
    """Say whether nothing was left of a sale once: as it was told, or, where nobody asked, as it happened."""
    told = [each for each in book.corrections if happened_at(each) <= at]
    came = told if book.plan.asks_past else sorted(told, key=happened_at)
    lefts = [remaining(book.sale, came[:count]).values() for count in range(len(came) + 1)]
    return any(not any(net > 0 for _, net in left) for left in lefts)


def in_order_of_payment(auditor: Auditor) -> list[Book]:
    """Return all books, those of one instant by the ids of their sales."""
    return sorted(auditor.books.values(), key=lambda book: (book.sale.paid_at, book.sale.id))


def pasts_by_payment(auditor: Auditor) -> dict[str, Past]:
    """Return the past of each sale: as it was frozen, or as it is if all are accrued when they are paid."""
    found: dict[str, Past] = {}
    for book in in_order_of_payment(auditor):
        earlier = [each for each in in_order_of_payment(auditor) if each.sale.id in found]
        own = [each for each in earlier if _buyer(each) == _buyer(book)]
        had_it = [each for each in own if found[each.sale.id].first_is_free]
        frozen = book.plan.asks_past
        found[book.sale.id] = book.order.past if frozen else _counted(auditor, book, own, had_it)
    return found


def _counted(auditor: Auditor, book: Book, own: list[Book], had_it: list[Book]) -> Past:
    zone, at = auditor.policy.zone, book.sale.paid_at
    gone = bool(had_it) and was_gone(had_it[-1], ALWAYS[1]) and was_gone(had_it[-1], at)
    months = 0
    if own:
        first, now = own[0].sale.paid_at.astimezone(zone), at.astimezone(zone)
        months = 12 * (now.year - first.year) + now.month - first.month
        months -= (now.day, now.time()) < (first.day, first.time())
    spent = sum(line.net_minor for each in own for line in each.sale.lines)
    return Past(len(own), months, spent, not own or gone)


def _buyer(book: Book) -> tuple[str, str]:
    return book.sale.buyer, book.sale.currency
