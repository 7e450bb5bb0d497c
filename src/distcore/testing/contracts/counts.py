"""What must hold of what is counted against limits."""

from itertools import product

from distcore.kernel import Count, Taking, limits
from distcore.testing.builders import StoreOf
from distcore.testing.contracts.kept import NASTY, broken_off

_ALL = Count("coupon", "tea")
_DAY = Count("coupon", "tea", "2026-11-27")
_MINE = Count("coupon", "tea", member="ann")


class CountsContract:
    """Counts: named by their parts, taken whole or not at all."""

    def test_a_count_is_taken_whole_or_not_at_all(self, store_of: StoreOf) -> None:
        """Also within one transaction, which goes on; the first that has no room is named."""
        store = store_of("shop")
        total, day, mine = Taking(_ALL, 1, 3), Taking(_DAY, 1, 2), Taking(_MINE, 1, 1)
        with store_of("another").begin() as tx:
            assert tx.counts.take([Taking(_ALL, 3, 3)]) is None
        with store.begin() as tx:
            assert tx.counts.take([]) is None
            assert tx.counts.take([mine, day, total]) is None
            assert tx.counts.take([day, mine, total]) == mine
            assert tx.counts.take([Taking(_DAY, 2, 2), total]) == Taking(_DAY, 2, 2)
            assert tx.counts.take([total, day]) is None
            assert tx.counts.take([total]) is None
            assert tx.counts.take([total]) == total
        with broken_off(store) as tx:
            assert tx.counts.take([Taking(Count("coupon", "Tea"), 3, 3)]) is None
        with store.begin() as tx:
            assert list(tx.counts.all()) == [(_ALL, 3), (_MINE, 1), (_DAY, 2)]

    def test_what_comes_back_can_be_had_again(self, store_of: StoreOf) -> None:
        """Of each count as much as was taken of it; a zero is not told."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.counts.take([Taking(_ALL, 5, 5), Taking(_MINE, 5, 5)])
            tx.counts.give_back({_MINE: 5, _ALL: 2})
            assert list(tx.counts.all()) == [(_ALL, 3)]
            assert tx.counts.take([Taking(_ALL, 3, 5)]) == Taking(_ALL, 3, 5)
            assert tx.counts.take([Taking(_ALL, 2, 5), Taking(_MINE, 1, 1)]) is None

    def test_no_two_counts_are_one(self, store_of: StoreOf) -> None:
        """Every nasty id is a count of its own, wherever it stands, up to what 64 bits hold."""
        most = limits.TOTAL_MINOR_MAX
        named = [Count("coupon", id, *rest) for id in NASTY for rest in product(("", id), repeat=2)]
        with store_of("shop").begin() as tx:
            for each in named:
                assert tx.counts.take([Taking(each, most, most)]) is None
        with store_of("shop").begin() as tx:
            assert list(tx.counts.all()) == [(each, most) for each in sorted(named)]
            for each in named:
                assert tx.counts.take([Taking(each, 1, most)]) == Taking(each, 1, most)
