"""However few ids are put into the order of payment at a time, the sales come in it."""

import pytest
from tests.sql.stores import new_store

from distcore.testing.builders import a_booking, a_plan, a_sale, day
from distcore_sql import paid_sales


def test_the_order_does_not_depend_on_how_many_ids_are_read_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where several sales that were paid at once stand at the end of what is read."""
    paid = {f"o{number}": day(10 + number * 7 % 5) for number in range(23)}
    store = new_store(url)
    with store.begin() as tx:
        tx.plans.add(a_plan(), at=day(1))
        tx.sales.book([a_booking(a_sale(id, paid_at=paid_at)) for id, paid_at in paid.items()], [])
    found = []
    for size, page in ((1, 1), (2, 3), (5, 2), (23, 4), (100, 100)):
        monkeypatch.setattr(paid_sales, "IDS", size)
        monkeypatch.setattr(paid_sales, "PAGE", page)
        with store.begin(reading=True) as tx:
            found.append([str(each.booking.sale.id) for each in tx.sales.by_payment(day(11), day(15))])
    assert found == [sorted((id for id in paid if paid[id] >= day(11)), key=lambda id: (paid[id], id))] * 5
