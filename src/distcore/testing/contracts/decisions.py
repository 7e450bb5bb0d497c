"""What somebody decided must be kept: settlement policies, adjustments, balances from before, and holds."""

import pytest
from attrs import evolve

from distcore.kernel import Actor, Cadence, RetryableError, limits
from distcore.ports import Transaction
from distcore.settlement import (
    CnCumulative,
    CnLabour,
    CustomWithholding,
    Hold,
    HoldChange,
    HoldOn,
    Review,
    Withholding,
)
from distcore.testing.builders import ALWAYS, LATER, StoreOf, day
from distcore.testing.contracts.kept import (
    MANY,
    NASTY,
    ONE_BY_ONE,
    PAGES,
    TEXTS,
    a_row,
    assert_all_seen,
    broken_off,
    read_while,
)
from distcore.testing.contracts.settlement import prepared
from distcore.testing.money import a_hold, a_hold_change, a_settlement_policy, an_adjustment, an_opening

MOST = limits.AMOUNT_MINOR_MAX
FIRST, LAST = ALWAYS


def peopled(tx: Transaction) -> Transaction:
    """Give a new shop the members that decisions are about."""
    tx.members.add([a_row(id) for id in (*NASTY, "ann", "ben")])
    return tx


class SettlementPoliciesContract:
    """How currencies are settled, as it was set."""

    def test_a_settlement_policy_is_returned_whole(self, store_of: StoreOf) -> None:
        """Every rhythm, every way to withhold, and every bound."""
        most, days = limits.AMOUNT_MINOR_MAX, limits.ACCOUNT_HOLD_DAYS_MAX
        ways: list[Withholding] = [
            CnLabour(),
            CnCumulative(),
            *(CustomWithholding(id, limits.UNITS_MAX) for id in NASTY),
        ]
        policies = [
            a_settlement_policy(1, valid_from=ALWAYS[1], minimum_minor=most, account_hold_days=days),
            a_settlement_policy(2, review=Review.REVIEWED),
            *(a_settlement_policy(9 + place, cadence=cadence) for place, cadence in enumerate(Cadence)),
            *(a_settlement_policy(90 + place, withholding=way) for place, way in enumerate(ways)),
            a_settlement_policy(limits.UNITS_MAX),
            a_settlement_policy(2, "JPY"),
        ]
        with store_of("another").begin() as tx:
            tx.settlement_policies.add(a_settlement_policy(3, "JPY"), at=LATER)
        with store_of("shop").begin() as tx:
            for policy in reversed(policies):
                tx.settlement_policies.add(policy, at=LATER)
            within = list(tx.settlement_policies.all())
        with store_of("shop").begin() as tx:
            assert list(tx.settlement_policies.all()) == within == policies

    def test_a_settlement_policy_that_is_there_is_a_conflict(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx)
        for policy in (a_settlement_policy(), a_settlement_policy(minimum_minor=7)):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.settlement_policies.add(policy, at=LATER)
        with store.begin() as tx:
            assert list(tx.settlement_policies.all()) == [
                a_settlement_policy(),
                a_settlement_policy(currency="JPY"),
            ]


class AdjustmentsContract:
    """Decisions about amounts, with who allowed them, and why."""

    def test_an_adjustment_is_returned_whole(self, store_of: StoreOf) -> None:
        """By exact ids, with any reason, from the largest amount to the smallest."""
        adjustments = [
            *(an_adjustment(id, id, authority=id) for id in NASTY),
            *(an_adjustment(f"text {n}", reason=text or "?") for n, text in enumerate(TEXTS)),
            an_adjustment("most", "ann", MOST, valid_at=FIRST),
            an_adjustment("least", "ann", -MOST, currency="JPY"),
            an_adjustment("points", "ann", 1, currency="POINT"),
        ]
        with store_of("another").begin() as tx:
            peopled(tx).adjustments.add([an_adjustment("most")], at=LATER)
        with store_of("shop").begin() as tx:
            peopled(tx).adjustments.add([], at=LATER)
            tx.adjustments.add(adjustments[:5], at=day(20))
            tx.adjustments.add(adjustments[5:], at=LAST)
            within = list(tx.adjustments.all())
        with store_of("shop").begin() as tx:
            posted = [(each, day(20) if n < 5 else LAST) for n, each in enumerate(adjustments)]
            assert list(tx.adjustments.all()) == within == sorted(posted, key=lambda each: each[0].id)
            known = {each.id: each for each in adjustments}
            assert tx.adjustments.find([*known, "unknown", "abC"]) == known
            assert tx.adjustments.find(["abC"]) == tx.adjustments.find([]) == {}

    @pytest.mark.parametrize("twice", [["new", "bonus"], ["new", "new"]])
    def test_an_adjustment_that_is_posted_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """And nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            peopled(tx).adjustments.add([an_adjustment()], at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.adjustments.add([an_adjustment(each, "ben") for each in twice], at=LATER)
        with store.begin() as tx:
            assert list(tx.adjustments.all()) == [(an_adjustment(), LATER)]

    def test_adjustments_are_read_while_others_are_posted(self, store_of: StoreOf) -> None:
        """More than a store reads at a time; a batch may be larger than a statement."""
        with store_of("shop").begin() as tx:
            known = [an_adjustment(f"m{number:05}") for number in range(PAGES)]
            peopled(tx).adjustments.add(known, at=LATER)
            many = [f"m{number:05}" for number in range(PAGES, MANY)]
            assert list(tx.adjustments.find([*many, "m00007"])) == ["m00007"]

            def write(place: int) -> None:
                tx.adjustments.add([an_adjustment(f"{new}{place}") for new in "lmn"], at=LATER)

            assert_all_seen(read_while(tx.adjustments.all(), write), [(each, LATER) for each in known])


class OpeningsContract:
    """What was owed when the shop moved in, and whether its freeze is over."""

    def test_an_opening_balance_is_returned_whole(self, store_of: StoreOf) -> None:
        """By exact ids, with any provenance and any freeze; frozen until it is released."""
        openings = [
            *(an_opening(id, id) for id in NASTY),
            *(an_opening(f"text {n}", provenance=text or "?") for n, text in enumerate(TEXTS)),
            an_opening("most", "ann", MOST, valid_at=FIRST, frozen_until=LAST),
            an_opening("least", "ben", -MOST, currency="JPY", frozen_until=FIRST),
        ]
        with store_of("another").begin() as tx:
            peopled(tx).openings.add([an_opening("most")], at=LATER)
        with store_of("shop").begin() as tx:
            peopled(tx).openings.add([], at=LATER)
            tx.openings.add(openings, at=LATER)
            within = list(tx.openings.all())
        with store_of("shop").begin() as tx:
            expected = [(each, LATER, False) for each in sorted(openings, key=lambda each: each.id)]
            assert list(tx.openings.all()) == within == expected
            tx.openings.release([], at=LATER)
            tx.openings.release(["most", "abc"], at=LATER)
        with store_of("shop").begin() as tx:
            assert [each.id for each, _, free in tx.openings.all() if free] == ["abc", "most"]
            known = {each.id: each for each in openings}
            assert tx.openings.find([*known, "unknown", "abC"]) == known
            assert tx.openings.find([]) == {}

    @pytest.mark.parametrize("twice", [["new", "old"], ["new", "new"]])
    def test_an_opening_balance_is_imported_once(self, store_of: StoreOf, twice: list[str]) -> None:
        """A second one of that id is a conflict, also once the first is released."""
        store = store_of("shop")
        with store.begin() as tx:
            peopled(tx).openings.add([an_opening()], at=LATER)
            tx.openings.release(["old"], at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.openings.add([an_opening(each, "ben") for each in twice], at=LATER)
        with store.begin() as tx:
            assert list(tx.openings.all()) == [(an_opening(), LATER, True)]

    def test_what_is_ripe_comes_by_id_up_to_a_limit(self, store_of: StoreOf) -> None:
        """No later than the instant, where no freeze runs since it was posted, and never again."""
        freezes = {"b": day(20), "a": day(21), "c": day(19), "d": day(22), "B": day(20), "n": None}
        with store_of("another").begin() as tx:
            peopled(tx).openings.add([an_opening("0", frozen_until=day(1))], at=day(5))
        with store_of("shop").begin() as tx:
            openings = [an_opening(id, frozen_until=until) for id, until in freezes.items()]
            peopled(tx).openings.add(openings, at=day(20))
        with store_of("shop").begin() as tx:

            def ripe(at: int, limit: int = 9) -> list[str]:
                return [each.id for each in tx.openings.ripe(day(at), limit)]

            assert [ripe(at) for at in (18, 19, 20)] == [[], ["c"], ["B", "b", "c", "n"]]
            assert ripe(21, 2) == ["B", "a"]
            assert list(tx.openings.ripe(day(22), 9))[-2:] == [openings[3], openings[5]]
            tx.openings.release(["B", "a"], at=LATER)
            assert ripe(21, 2) == ["b", "c"]
        with broken_off(store_of("shop")) as tx:
            tx.openings.release(["b", "c"], at=LATER)
        with store_of("shop").begin() as tx:
            assert ripe(22) == ["b", "c", "d", "n"]

    @pytest.mark.parametrize("twice", [["a", "b"], ["b"]])
    def test_a_second_end_of_a_freeze_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """Also next to one that is new."""
        store = store_of("shop")
        with store.begin() as tx:
            peopled(tx).openings.add([an_opening("a"), an_opening("b")], at=LATER)
            tx.openings.release(["b"], at=LATER)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.openings.release(twice, at=LATER)
        with store.begin() as tx:
            assert [free for _, _, free in tx.openings.all()] == [False, True]

    def test_opening_balances_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More than a store reads at a time, and released page by page; a batch may be larger still."""
        with store_of("shop").begin() as tx:
            known = [an_opening(f"m{number:05}", frozen_until=day(9)) for number in range(PAGES)]
            peopled(tx).openings.add(known, at=LATER)
            many = [f"m{number:05}" for number in range(PAGES, MANY)]
            assert list(tx.openings.find([*many, "m00007"])) == ["m00007"]
            assert tx.openings.frozen([*many, "m00007"]) == {"m00007": day(9)}

            def write(place: int) -> None:
                tx.openings.add([an_opening(f"{new}{place}") for new in "lmn"], at=LATER)

            seen = read_while(tx.openings.all(), write)
            assert_all_seen(seen, [(each, LATER, False) for each in known])
            while ripe := tx.openings.ripe(day(9), 2_000):
                tx.openings.release([each.id for each in ripe], at=LATER)
            assert sum(free for _, _, free in tx.openings.all()) == PAGES


def held(tx: Transaction, on: HoldOn, *refs: str) -> list[str]:
    """Return which of these are held, in their order."""
    active = tx.holds.active(on, refs)
    return [ref for ref in refs if ref in active]


class HoldsContract:
    """Sales and payees that wait, and every time that began or ended."""

    def test_a_hold_is_active_until_it_is_lifted(self, store_of: StoreOf) -> None:
        """A sale and a payee of the same name are two; the reason is that of the last placing."""
        hold = a_hold("x", reason="first")
        of_payee = a_hold("x", HoldOn.PAYEE, "theirs")
        again = evolve(hold, reason="again")
        changes = [
            a_hold_change(hold),
            a_hold_change(evolve(hold, reason="settled"), 2, placed=False),
            a_hold_change(again, 3),
        ]
        with store_of("another").begin() as tx:
            tx.holds.change(a_hold_change(a_hold("y")))
        with store_of("shop").begin() as tx:
            tx.holds.change(changes[0])
            assert tx.holds.active(HoldOn.SALE, ["x", "y"]) == {"x": hold}
            assert tx.holds.active(HoldOn.PAYEE, ["x"]) == {}
            tx.holds.change(a_hold_change(of_payee))
            tx.holds.change(changes[1])
        with store_of("shop").begin() as tx:
            assert tx.holds.active(HoldOn.SALE, ["x"]) == {}
            assert tx.holds.active(HoldOn.PAYEE, ["x"]) == {"x": of_payee}
            tx.holds.change(changes[2])
        with store_of("shop").begin() as tx:
            assert tx.holds.active(HoldOn.SALE, ["x"]) == {"x": again}
            assert list(tx.holds.changes(HoldOn.SALE, "x")) == changes
            assert list(tx.holds.changes(HoldOn.PAYEE, "x")) == [a_hold_change(of_payee)]
            assert list(tx.holds.changes(HoldOn.SALE, "y")) == []
            assert list(tx.holds.all()) == [a_hold_change(of_payee), *changes]

    def test_a_change_that_breaks_off_changes_nothing(self, store_of: StoreOf) -> None:
        """Neither a placing nor a lifting."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.holds.change(a_hold_change(a_hold("old")))
        with broken_off(store) as tx:
            tx.holds.change(a_hold_change(a_hold("new")))
            tx.holds.change(a_hold_change(a_hold("old"), 2, placed=False))
            assert held(tx, HoldOn.SALE, "old", "new") == ["new"]
        with store.begin() as tx:
            assert held(tx, HoldOn.SALE, "old", "new") == ["old"]

    @pytest.mark.parametrize("placed", [True, False])
    def test_a_change_is_made_once(self, store_of: StoreOf, *, placed: bool) -> None:
        """Of two who place or lift at once one does."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.holds.change(a_hold_change(a_hold("a")))
            if not placed:
                tx.holds.change(a_hold_change(a_hold("a"), 2, placed=False))
            before = list(tx.holds.all())
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.holds.change(a_hold_change(a_hold("a", reason="another"), len(before), placed=placed))
        with store.begin() as tx:
            assert list(tx.holds.all()) == before

    def test_holds_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """For any reason, by any actor; a batch may be larger than a statement."""
        with store_of("shop").begin() as tx:
            for on in HoldOn:
                for place, id in enumerate(NASTY):
                    reason = TEXTS[place % len(TEXTS)] or "?"
                    tx.holds.change(
                        evolve(a_hold_change(a_hold(id, on, reason)), actor=Actor(id), changed_at=LAST)
                    )
        with store_of("shop").begin() as tx:
            for on in HoldOn:
                many = [f"{number}" for number in range(100, MANY)]
                found = tx.holds.active(on, [*NASTY, *many, "abC"])
                assert found == {id: Hold(on, id, TEXTS[n % len(TEXTS)] or "?") for n, id in enumerate(NASTY)}
                assert tx.holds.active(on, []) == {}
            keys = [(each.hold.on.value, each.hold.ref, each.actor) for each in tx.holds.all()]
            assert keys == [(on, id, id) for on in ("payee", "sale") for id in sorted(NASTY)]

    def test_changes_are_read_while_others_are_made(self, store_of: StoreOf) -> None:
        """More of one sale than a store reads at a time, in the order of their numbers."""
        with store_of("shop").begin() as tx:

            def write(place: int, refs: str = "lmn") -> None:
                for ref in refs:
                    tx.holds.change(a_hold_change(a_hold(f"{ref}{place}")))

            known: list[HoldChange] = []
            for number in range(1, ONE_BY_ONE):
                known.append(a_hold_change(a_hold("m"), number, placed=number % 2 == 1))
                tx.holds.change(known[-1])
            assert list(tx.holds.changes(HoldOn.SALE, "m")) == known
            assert held(tx, HoldOn.SALE, "m") == ["m"]
            assert_all_seen(read_while(tx.holds.all(), write), known)
