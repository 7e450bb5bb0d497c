"""What must be kept of caps: sums of what sales were granted, from when they are first asked for."""

import pytest

from distcore.commission import TallyKey
from distcore.kernel import CapId, InputError, MemberId, PlanId, RetryableError, limits
from distcore.testing.builders import StoreOf
from distcore.testing.contracts.kept import MANY, NASTY
from distcore.testing.contracts.sales import prepared


def key(member: str = "ann", cap: str = "cap", period: str = "", plan: str = "plan") -> TallyKey:
    """Name a sum."""
    return (PlanId(plan), CapId(cap), MemberId(member), period)


class TalliesContract:
    """What sales were granted under caps."""

    def test_what_was_never_granted_is_nothing(self, store_of: StoreOf) -> None:
        """Whether it is asked for a change or not; who asks for nothing keeps nothing."""
        with store_of("shop").begin() as tx:
            prepared(tx)
            assert tx.tallies.of([key()]) == {key(): 0}
            assert list(tx.tallies.all()) == []
            assert tx.tallies.of([key()], for_change=True) == {key(): 0}
            assert tx.tallies.of([]) == tx.tallies.of([], for_change=True) == {}
            assert list(tx.tallies.all()) == [(key(), 0)]

    def test_what_is_granted_is_read_again(self, store_of: StoreOf) -> None:
        """Also the largest sums, in order, and in the transaction that wrote them."""
        keys = [key("ben", period="2026-03"), key("ann", period="2026-03"), key("ann"), key("ann", "b")]
        used = {each: limits.TOTAL_MINOR_MAX - place for place, each in enumerate(keys)}
        with store_of("shop").begin() as tx:
            prepared(tx).tallies.of([*keys, key("cai")], for_change=True)
            tx.tallies.put(used)
            assert tx.tallies.of(keys) == used
        with store_of("shop").begin() as tx:
            assert tx.tallies.of(keys, for_change=True) == used
            assert list(tx.tallies.all()) == sorted([*used.items(), (key("cai"), 0)])

    @pytest.mark.parametrize("minor", [limits.TOTAL_MINOR_MAX + 1, 10**30, -1])
    def test_a_sum_that_64_bits_do_not_hold_is_refused(self, store_of: StoreOf, minor: int) -> None:
        """With its place, and nothing of the others is written; no store keeps the nearest number."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).tallies.of([key(), key("ben")], for_change=True)
        with store.begin() as tx:
            with pytest.raises(InputError, match=r"^tallies\[plan/cap/ann/\]: out of range: .* \(from 0 to "):
                tx.tallies.put({key("ben"): 1, key(): minor})
            assert tx.tallies.of([key(), key("ben")]) == {key(): 0, key("ben"): 0}
            tx.tallies.put({key("ben"): 1, key(): limits.TOTAL_MINOR_MAX})
        with store.begin() as tx:
            assert tx.tallies.of([key()]) == {key(): limits.TOTAL_MINOR_MAX}

    def test_what_was_never_asked_for_is_not_written(self, store_of: StoreOf) -> None:
        """Whoever writes a sum has asked for it, and so has locked it."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).tallies.of([key()], for_change=True)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.tallies.put({key("ben"): 7})
        with store.begin() as tx:
            assert list(tx.tallies.all()) == [(key(), 0)]

    @pytest.mark.parametrize("failing", [False, True])
    def test_what_was_not_committed_was_not_granted(self, store_of: StoreOf, *, failing: bool) -> None:
        """After a rollback it is as before."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx)
        try:
            with store.begin() as tx:
                tx.tallies.of([key()], for_change=True)
                tx.tallies.put({key(): 7})
                if failing:
                    raise InterruptedError
        except InterruptedError:
            pass
        with store.begin() as tx:
            assert tx.tallies.of([key()]) == {key(): 0 if failing else 7}

    def test_sums_are_kept_apart_by_exact_keys(self, store_of: StoreOf) -> None:
        """Case, accents and blanks count, in every part, and the shop does."""
        parts = range(4)
        keys = [key(*(id if part == odd else "x" for part in parts)) for id in NASTY for odd in parts]
        used = {each: place for place, each in enumerate(keys)}
        with store_of("shop").begin() as tx:
            prepared(tx).tallies.of(keys, for_change=True)
            tx.tallies.put(used)
            assert tx.tallies.of(keys) == used
        with store_of("another shop").begin() as tx:
            assert set(tx.tallies.of(keys).values()) == {0}

    def test_any_number_of_sums_is_asked_for_at_once(self, store_of: StoreOf) -> None:
        """More than a statement may have variables."""
        keys = [key(f"m{number}") for number in range(MANY)]
        with store_of("shop").begin() as tx:
            prepared(tx)
            assert len(tx.tallies.of(keys, for_change=True)) == MANY
            tx.tallies.put(dict.fromkeys(keys, 1))
            assert set(tx.tallies.of(keys).values()) == {1}
            assert sum(1 for _ in tx.tallies.all()) == MANY
