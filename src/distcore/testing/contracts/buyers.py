"""What must be kept of buyers: sums over their sales, made when somebody first asks, and kept since."""

import pytest
from attrs import evolve

from distcore.commission import NOTHING_BEFORE, Bought, Buyer
from distcore.kernel import Currency, MemberId, SaleId, limits
from distcore.testing.builders import StoreOf, a_booking, a_line, a_sale, day
from distcore.testing.contracts.kept import MANY, NASTY
from distcore.testing.contracts.sales import prepared

CNY = Currency("CNY")
CAI: Buyer = (MemberId("cai"), CNY)
BEN: Buyer = (MemberId("ben"), CNY)


class BuyersContract:
    """What buyers have bought so far."""

    def test_whoever_is_asked_for_first_is_counted_from_all_sales(self, store_of: StoreOf) -> None:
        """Those of the buyer in the currency; first is whatever was paid first."""
        with store_of("shop").begin() as tx:
            lines = [a_line("1", net_minor=700), a_line("2", net_minor=50)]
            booked = [
                a_booking(a_sale("o2", "cai", paid_at=day(4), lines=lines)),
                a_booking(a_sale("o1", "cai", paid_at=day(2), lines=lines[:1])),
                a_booking(a_sale("o3", "ben", paid_at=day(3), lines=lines)),
                a_booking(a_sale("o4", "cai", paid_at=day(1), currency="USD")),
            ]
            prepared(tx).sales.book(booked, [])
        with store_of("shop").begin() as tx:
            assert tx.buyers.of([CAI, BEN]) == {
                CAI: Bought(2, day(2), 1_450),
                BEN: Bought(1, day(3), 750),
            }
            assert tx.buyers.of([(MemberId("zoe"), CNY)]) == {(MemberId("zoe"), CNY): Bought()}

    def test_what_is_written_is_read_again(self, store_of: StoreOf) -> None:
        """Also the largest numbers, and in the transaction that wrote them."""
        most = Bought(limits.UNITS_MAX, day(9), limits.TOTAL_MINOR_MAX, SaleId("o1"))
        with store_of("shop").begin() as tx:
            booking, posting = a_booking(a_sale("o1", "cai"))
            prepared(tx).sales.book([(evolve(booking, past=NOTHING_BEFORE), posting)], [])
            tx.buyers.of([CAI, BEN], for_change=True)
            tx.buyers.put({CAI: most})
            assert tx.buyers.of([CAI]) == {CAI: most}
        with store_of("shop").begin() as tx:
            assert tx.buyers.of([CAI, BEN]) == {CAI: most, BEN: Bought()}
            assert list(tx.buyers.all()) == [(BEN, Bought()), (CAI, most)]

    def test_what_was_asked_for_is_not_counted_again(self, store_of: StoreOf) -> None:
        """Who books a sale of somebody who is kept says so with `put`."""
        with store_of("shop").begin() as tx:
            prepared(tx)
            tx.buyers.of([CAI], for_change=True)
            tx.sales.book([a_booking(a_sale("o1", "cai"))], [])
            assert tx.buyers.of([CAI]) == {CAI: Bought()}

    def test_nobody_is_kept_who_was_not_asked_for(self, store_of: StoreOf) -> None:
        """A shop whose plans ask nothing keeps nothing."""
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book([a_booking(a_sale("o1", "cai"))], [])
            assert tx.buyers.of([]) == tx.buyers.of([], for_change=True) == {}
            assert tx.buyers.of([CAI])[CAI].orders == 1
            assert [bought for _, bought in tx.buyers.all() if not bought.orders] == []

    def test_nobody_is_kept_because_a_shop_counts_or_does_not(self, store_of: StoreOf) -> None:
        """Who leaves buyers uncounted may do so any number of times, until somebody begins to count."""
        for do in ("leave_uncounted", "leave_uncounted", "count_from_now_on"):
            with store_of("shop").begin() as tx:
                getattr(tx.buyers, do)()
        with store_of("shop").begin() as tx:
            assert list(tx.buyers.all()) == []

    @pytest.mark.parametrize("failing", [False, True])
    def test_what_was_not_committed_was_never_asked(self, store_of: StoreOf, *, failing: bool) -> None:
        """After a rollback all is counted anew."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx)
        try:
            with store.begin() as tx:
                tx.buyers.of([CAI], for_change=True)
                tx.buyers.put({CAI: Bought(7, day(1), 7)})
                if failing:
                    raise InterruptedError
        except InterruptedError:
            pass
        with store.begin() as tx:
            assert tx.buyers.of([CAI]) == {CAI: Bought() if failing else Bought(7, day(1), 7)}

    def test_buyers_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Case, accents and blanks count, and the shop does."""
        buyers: list[Buyer] = [(MemberId(id), CNY) for id in NASTY]
        with store_of("shop").begin() as tx:
            prepared(tx).sales.book(
                [a_booking(a_sale(id, id, lines=[a_line(net_minor=n)])) for n, id in enumerate(NASTY)], []
            )
            found = tx.buyers.of(buyers)
            assert [found[buyer].spent_minor for buyer in buyers] == list(range(len(NASTY)))
        with store_of("another shop").begin() as tx:
            assert set(tx.buyers.of(buyers).values()) == {Bought()}

    def test_any_number_of_buyers_is_asked_for_at_once(self, store_of: StoreOf) -> None:
        """More than a statement may have variables."""
        buyers: list[Buyer] = [(MemberId(f"b{number}"), CNY) for number in range(MANY)]
        with store_of("shop").begin() as tx:
            assert len(tx.buyers.of(buyers)) == MANY
            assert len(tx.buyers.of(buyers, for_change=True)) == MANY
            assert sum(1 for _ in tx.buyers.all()) == MANY
