"""What the ledger must keep: transfers, and the balances that decisions are made by."""

from datetime import timedelta

import pytest
from attrs import evolve

from distcore.kernel import (
    POINT,
    Currency,
    InputError,
    Instant,
    MemberId,
    OriginKind,
    RetryableError,
    limits,
)
from distcore.ledger import (
    ADJUSTMENTS,
    CARRIED,
    COMMISSION,
    FROZEN,
    POINTS,
    POINTS_ISSUED,
    RELEASED,
    AccountBalance,
    Transfer,
    channel_account,
    moved,
)
from distcore.ports import Transaction
from distcore.testing.builders import ALWAYS, DAY_10, DAY_12, StoreOf, day
from distcore.testing.contracts.kept import (
    MANY,
    MOST_MINOR,
    NASTY,
    PAGES,
    assert_all_seen,
    broken_off,
    read_while,
)
from distcore.testing.money import a_balance, a_transfer, an_origin

CNY = Currency("CNY")


def key_of(transfer: Transfer) -> tuple[str | int, ...]:
    """Return the natural key of a transfer, in the order of its columns."""
    origin = transfer.origin
    accounts = (transfer.debit, transfer.credit)
    return (origin.kind.value, origin.ref, origin.number, transfer.payee, transfer.currency, *accounts)


def balances(tx: Transaction, payee: str | None = None) -> list[AccountBalance]:
    """Return what is on the accounts."""
    return list(tx.transfers.balances(None if payee is None else MemberId(payee)))


def held(tx: Transaction, before: Instant) -> list[tuple[MemberId, int]]:
    """Return the points that everybody held before an instant."""
    return list(tx.transfers.held(POINTS, POINT, before))


def a_points(
    ref: str, points: int, payee: str = "ann", *, valid_at: Instant = DAY_10, posted_at: Instant = DAY_12
) -> Transfer:
    """Return a transfer of points that a member is given, or that are taken."""
    origin, of = an_origin(ref, OriginKind.ADJUSTMENT), (MemberId(payee), POINT, points)
    (found,) = moved(origin, *of, POINTS_ISSUED, POINTS, valid_at=valid_at, at=posted_at)
    return found


class TransfersContract:
    """Transfers as they were written, and what they add up to."""

    def test_a_transfer_is_returned_whole(self, store_of: StoreOf) -> None:
        """From the first instant to the last, with the largest amount, into any channel."""
        first, last = ALWAYS
        transfers = [
            a_transfer("a", amount_minor=MOST_MINOR, valid_at=first, posted_at=last),
            a_transfer("a", "安", 1, FROZEN, RELEASED, number=limits.UNITS_MAX, currency="JPY"),
            a_transfer("a", credit=channel_account("😀" * limits.ID_LENGTH_MAX)),
        ]
        transfers += [a_transfer("b", kind=kind) for kind in OriginKind]
        with store_of("shop").begin() as tx:
            tx.transfers.add([])
            tx.transfers.add(transfers)
            within = list(tx.transfers.all())
        with store_of("shop").begin() as tx:
            assert list(tx.transfers.all()) == within == sorted(transfers, key=key_of)

    def test_transfers_come_in_the_order_of_their_key(self, store_of: StoreOf) -> None:
        """Texts by code point, and numbers as numbers; ids are kept apart exactly."""
        transfers = [
            *(a_transfer(id) for id in NASTY),
            *(a_transfer("abc", number=number) for number in (10, 9, 100)),
            *(a_transfer("of many", id) for id in NASTY),
            *(a_transfer("channels", credit=channel_account(id)) for id in NASTY),
            a_transfer("back", debit=FROZEN, credit=COMMISSION),
            a_transfer("back"),
            a_transfer("back", currency="JPY"),
        ]
        with store_of("shop").begin() as tx:
            tx.transfers.add(transfers)
        with store_of("shop").begin() as tx:
            assert list(tx.transfers.all()) == sorted(transfers, key=key_of)
            of_origins = [an_origin(id) for id in NASTY]
            assert [each.origin.ref for each in tx.transfers.of_origins(of_origins)] == sorted(NASTY)
            for id in NASTY:
                assert [each.payee for each in tx.transfers.of_payee(MemberId(id))] == [id]

    @pytest.mark.parametrize("twice", [["new", "order 1"], ["new", "new"]])
    def test_a_transfer_that_is_there_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """Whatever its amount and instants, and nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.transfers.add([a_transfer()])
        other = [a_transfer(id, amount_minor=7, posted_at=day(1)) for id in twice]
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.transfers.add(other)
        with store.begin() as tx:
            assert list(tx.transfers.all()) == [a_transfer()]

    def test_transfers_of_an_origin_are_found(self, store_of: StoreOf) -> None:
        """Of that kind, reference and number, in the order of the key."""
        wanted = [
            a_transfer("a", kind=OriginKind.ADJUSTMENT),
            a_transfer("a", kind=OriginKind.PAYOUT, number=3),
            a_transfer("a", "ann", number=2),
            a_transfer("a", "ben", number=2),
            a_transfer("b", number=1),
        ]
        others = [
            a_transfer("a"),
            a_transfer("a", kind=OriginKind.PAYOUT, number=2),
            a_transfer("a", number=1),
            a_transfer("b", number=2),
            a_transfer("A", number=2),
        ]
        with store_of("another").begin() as tx:
            tx.transfers.add([evolve(each, amount_minor=7) for each in wanted])
        with store_of("shop").begin() as tx:
            tx.transfers.add([*reversed(wanted), *others])
        with store_of("shop").begin() as tx:
            origins = [each.origin for each in reversed(wanted)]
            assert list(tx.transfers.of_origins([*origins, an_origin("unknown")])) == wanted
            assert list(tx.transfers.of_origins([])) == []

    def test_any_number_of_origins_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A batch may be larger than a statement."""
        with store_of("shop").begin() as tx:
            tx.transfers.add([a_transfer("o7"), a_transfer("o8", number=1)])
            found = tx.transfers.of_origins([an_origin(f"o{number}") for number in reversed(range(MANY))])
            assert list(found) == [a_transfer("o7")]

    def test_what_moved_for_a_payee_comes_in_order_of_time(self, store_of: StoreOf) -> None:
        """By when it was posted, then by key, within half-open bounds, where there are any."""
        transfers = [
            a_transfer("b", posted_at=day(20)),
            a_transfer("z", posted_at=day(21), valid_at=day(1)),
            a_transfer("a", posted_at=day(22), number=9),
            a_transfer("a", posted_at=day(22), number=10),
            a_transfer("b", posted_at=day(22), number=1),
        ]
        with store_of("shop").begin() as tx:
            tx.transfers.add([*reversed(transfers), a_transfer("a", "Ann"), a_transfer("a", "ann ")])
        with store_of("shop").begin() as tx:
            ann = MemberId("ann")
            assert list(tx.transfers.of_payee(ann)) == transfers
            assert list(tx.transfers.of_payee(ann, day(21))) == transfers[1:]
            assert list(tx.transfers.of_payee(ann, None, day(22))) == transfers[:2]
            assert list(tx.transfers.of_payee(ann, day(20), day(21))) == transfers[:1]
            assert list(tx.transfers.of_payee(ann, day(22), day(22))) == []
            assert list(tx.transfers.of_payee(MemberId("nobody"))) == []

    def test_transfers_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More than a store reads at a time, of which the last column of the key makes the difference."""
        known = [a_transfer("m", credit=channel_account(f"{number:05}")) for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.transfers.add(known)
            assert list(tx.transfers.all()) == known

            def write(place: int) -> None:
                new = ("m", "l", "n"), f"{place}"
                tx.transfers.add([a_transfer(ref, new[1]) for ref in new[0]])

            assert_all_seen(read_while(tx.transfers.all(), write), known)

    def test_accounts_add_up_to_zero(self, store_of: StoreOf) -> None:
        """By payee, account and currency; what is nothing is left out, and nobody else's is added."""
        with store_of("another").begin() as tx:
            tx.transfers.add([a_transfer("a", amount_minor=1)])
        with store_of("shop").begin() as tx:
            assert balances(tx) == []
            tx.transfers.add(
                [
                    a_transfer("a", "ben", 300),
                    a_transfer("a", "ben", 300, FROZEN, RELEASED, kind=OriginKind.RELEASE),
                    a_transfer("a", "ben", 120, RELEASED, CARRIED, kind=OriginKind.STATEMENT),
                    a_transfer("b", "ben", 50, RELEASED, COMMISSION),
                    a_transfer("a", "ann", 7),
                    a_transfer("a", "ann", 9, currency="JPY"),
                    a_transfer("a", "Ann", 1, ADJUSTMENTS, RELEASED),
                    a_transfer("b", "Ann", 1, RELEASED, ADJUSTMENTS),
                ]
            )
        with store_of("shop").begin() as tx:
            ann, ben, jpy = MemberId("ann"), MemberId("ben"), Currency("JPY")
            of_ann = [
                AccountBalance(COMMISSION, ann, CNY, -7),
                AccountBalance(COMMISSION, ann, jpy, -9),
                AccountBalance(FROZEN, ann, CNY, 7),
                AccountBalance(FROZEN, ann, jpy, 9),
            ]
            of_ben = [
                AccountBalance(CARRIED, ben, CNY, 120),
                AccountBalance(COMMISSION, ben, CNY, -250),
                AccountBalance(RELEASED, ben, CNY, 130),
            ]
            assert balances(tx) == [*of_ann, *of_ben]
            assert balances(tx, "ann") == of_ann
            assert balances(tx, "ben") == of_ben
            assert balances(tx, "Ann") == balances(tx, "nobody") == []

    def test_accounts_are_exact_to_the_last_of_64_bits(self, store_of: StoreOf) -> None:
        """Beyond what a float holds, and up to the edge."""
        with store_of("shop").begin() as tx:
            parts = {"a": MOST_MINOR - 1, "b": 1}
            tx.transfers.add([a_transfer(ref, amount_minor=amount) for ref, amount in parts.items()])
            tx.transfers.add([a_transfer("a", "ben", MOST_MINOR), a_transfer("b", "cai", 10**15 + 1)])
        with store_of("shop").begin() as tx:
            found = {(each.payee, each.account): each.minor for each in balances(tx)}
            assert found == {
                ("ann", COMMISSION): -MOST_MINOR,
                ("ann", FROZEN): MOST_MINOR,
                ("ben", COMMISSION): -MOST_MINOR,
                ("ben", FROZEN): MOST_MINOR,
                ("cai", COMMISSION): -(10**15) - 1,
                ("cai", FROZEN): 10**15 + 1,
            }

    def test_amounts_and_sums_beyond_64_bits_are_refused(self, store_of: StoreOf) -> None:
        """Rather than rounded, or turned around."""
        store = store_of("shop")
        with pytest.raises(InputError), store.begin() as tx:
            tx.transfers.add([a_transfer("new"), a_transfer("more", amount_minor=MOST_MINOR + 1)])
        with store.begin() as tx:
            assert list(tx.transfers.all()) == []
            tx.transfers.add([a_transfer("a", amount_minor=MOST_MINOR), a_transfer("b", amount_minor=1)])
        for payee in (None, "ann"):
            with pytest.raises(InputError), store.begin() as tx:
                balances(tx, payee)

    def test_what_an_account_held_is_by_what_was_valid_before(self, store_of: StoreOf) -> None:
        """Whenever it was posted; what is valid at the very instant comes later, what is owed is negative."""
        with store_of("another").begin() as tx:
            tx.transfers.add([a_points("a", 1)])
        with store_of("shop").begin() as tx:
            assert held(tx, day(12)) == []
            tx.transfers.add(
                [
                    *(a_points(id, number, id) for number, id in enumerate(NASTY, 1)),
                    a_points("first", 5, "zoe", valid_at=ALWAYS[0]),
                    a_points("late", 30, valid_at=day(11), posted_at=ALWAYS[1]),
                    a_points("then", 400, valid_at=day(12), posted_at=day(12)),
                    a_points("taken", -7, "ben", valid_at=day(11)),
                    a_points("given", 9, "cai"),
                    a_points("taken", -9, "cai"),
                    evolve(a_points("yen", 1_000), currency=Currency("JPY")),
                    evolve(a_points("frozen", 1_000), credit=FROZEN),
                    evolve(a_points("moved", 2, "dan"), debit=FROZEN),
                    evolve(a_points("back", 1, "dan"), debit=POINTS, credit=FROZEN),
                ]
            )
        with store_of("shop").begin() as tx:
            mine = [(id, number) for number, id in enumerate(NASTY, 1)]
            others = [("ann", 30), ("ben", -7), ("dan", 1), ("zoe", 5)]
            soon = day(12) + timedelta(microseconds=1)
            assert held(tx, day(12)) == sorted([*mine, *others])
            assert held(tx, soon) == sorted([*mine, ("ann", 430), *others[1:]])
            assert held(tx, day(10)) == [("zoe", 5)]
            assert held(tx, ALWAYS[0]) == []
            assert list(tx.transfers.held(FROZEN, POINT, ALWAYS[1])) == [("ann", 1_000), ("dan", -1)]
            assert list(tx.transfers.held(POINTS, Currency("JPY"), ALWAYS[1])) == [("ann", 1_000)]
            assert list(tx.transfers.held(POINTS, Currency("USD"), ALWAYS[1])) == []

    def test_what_an_account_held_is_exact_to_the_last_of_64_bits(self, store_of: StoreOf) -> None:
        """The largest is added up exactly, above and below zero, and what no 64 bits hold is refused."""
        with store_of("shop").begin() as tx:
            parts = [a_points("a", MOST_MINOR - 1), a_points("b", 1), a_points("a", -MOST_MINOR, "ben")]
            tx.transfers.add([*parts, a_points("more", 1, valid_at=day(20), posted_at=day(20))])
        with store_of("shop").begin() as tx:
            assert held(tx, day(20)) == [("ann", MOST_MINOR), ("ben", -MOST_MINOR)]
        with pytest.raises(InputError, match="64 bits"), store_of("shop").begin() as tx:
            held(tx, day(21))

    def test_accounts_of_many_payees_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More payees than a store reads at a time, with two accounts each."""
        payees = [f"m{number:05}" for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.transfers.add([a_transfer("a", payee) for payee in payees])
            known = balances(tx)
            assert [(each.payee, each.account, each.minor) for each in known] == [
                (payee, *each) for payee in payees for each in ((COMMISSION, -100), (FROZEN, 100))
            ]
            seen = read_while(
                tx.transfers.balances(),
                lambda place: tx.transfers.add([a_transfer("b", f"{new}{place}") for new in "lmn"]),
            )
            assert_all_seen(seen, known)


class BalancesContract:
    """What is carried and what is payable: of two who take the last cent, one gets it."""

    def test_changes_add_up(self, store_of: StoreOf) -> None:
        """Also those of one call, of one payee, and below zero."""
        with store_of("shop").begin() as tx:
            tx.balances.change([])
            tx.balances.change([a_balance("ben", -5), a_balance("ann", 1, 2), a_balance("ann", 10, 20)])
            tx.balances.change([a_balance("ann", -30, 0), a_balance("ann", 0, -22, currency="CNY")])
            tx.balances.change([a_balance("ann", 7, currency="JPY")])
            within = list(tx.balances.all())
        with store_of("shop").begin() as tx:
            after = list(tx.balances.all())
        expected = [a_balance("ann", -19, 0), a_balance("ann", 7, currency="JPY"), a_balance("ben", -5)]
        assert within == after == expected

    def test_balances_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of payees who differ by case, accent or a trailing blank, and by currency."""
        with store_of("shop").begin() as tx:
            tx.balances.change([a_balance(id, place, 1) for place, id in enumerate(NASTY)])
            tx.balances.change([a_balance(id, -1, currency="JPY") for id in NASTY])
        with store_of("shop").begin() as tx:
            assert [(each.payee, each.currency) for each in tx.balances.all()] == [
                (id, currency) for id in sorted(NASTY) for currency in ("CNY", "JPY")
            ]
            expected = {id: a_balance(id, place, 1) for place, id in enumerate(NASTY)}
            assert tx.balances.of([*map(MemberId, NASTY), MemberId("abC")], CNY) == expected
            assert [each.payee for each in tx.balances.carrying(CNY, 0)] == sorted(NASTY)

    def test_who_has_no_balance_is_not_there(self, store_of: StoreOf) -> None:
        """No error, and no empty balance; a batch may be larger than a statement."""
        with store_of("another").begin() as tx:
            tx.balances.change([a_balance("m7", 1, 1)])
        with store_of("shop").begin() as tx:
            many = [MemberId(f"m{number}") for number in reversed(range(MANY))]
            assert tx.balances.of(many, CNY) == tx.balances.of([], CNY) == {}
            assert not tx.balances.take(MemberId("m7"), CNY, 1)
            tx.balances.change([a_balance("m7", 3)])
            assert tx.balances.of(many, CNY) == {"m7": a_balance("m7", 3)}
            assert tx.balances.of(many, Currency("JPY")) == {}

    def test_who_carries_enough_comes_by_payee(self, store_of: StoreOf) -> None:
        """At least so much, in that currency; what is payable does not count."""
        with store_of("shop").begin() as tx:
            carried = {"d": 1_000, "b": 999, "c": 1_001, "a": 5_000, "e": -5_000, "f": 0}
            tx.balances.change([a_balance(payee, minor) for payee, minor in carried.items()])
            tx.balances.change([a_balance("b", 9_999, currency="JPY"), a_balance("e", 0, 9_999)])
        with store_of("shop").begin() as tx:
            assert [each.payee for each in tx.balances.carrying(CNY, 1_000)] == ["a", "c", "d"]
            assert [each.payee for each in tx.balances.carrying(CNY, 1)] == ["a", "b", "c", "d"]
            assert [each.payee for each in tx.balances.carrying(CNY, -5_000)] == sorted(carried)
            assert list(tx.balances.carrying(CNY, 5_001)) == []

    def test_nobody_has_more_than_the_largest_balances(self, store_of: StoreOf) -> None:
        """The largest that is carried or owed, and the largest that is payable, whoever has them."""
        with store_of("another").begin() as tx:
            tx.balances.change([a_balance("ann", 9, 9)])
        with store_of("shop").begin() as tx:
            assert tx.balances.largest(CNY) == 0
            tx.balances.change([a_balance("ann", 30, 1), a_balance("ben", -40, 5), a_balance("cai", 0, 7)])
            assert tx.balances.largest(CNY) == 47
            tx.balances.change([a_balance("ben", 15), a_balance("joe", 10**9, currency="JPY")])
        with store_of("shop").begin() as tx:
            assert (tx.balances.largest(CNY), tx.balances.largest(Currency("JPY"))) == (37, 10**9)
            assert tx.balances.largest(Currency("USD")) == 0
            tx.balances.change([a_balance("zoe", -MOST_MINOR), a_balance("kim", 0, MOST_MINOR)])
            assert tx.balances.largest(CNY) == 2 * MOST_MINOR

    @pytest.mark.parametrize("all_of_them", [True, False])
    def test_balances_are_read_while_others_change(self, store_of: StoreOf, *, all_of_them: bool) -> None:
        """More than a store reads at a time."""
        known = [a_balance(f"m{number:05}", number + 1) for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            tx.balances.change(known)
            read = tx.balances.all() if all_of_them else tx.balances.carrying(CNY, 1)
            seen = read_while(
                read, lambda place: tx.balances.change([a_balance(f"{new}{place}", 1) for new in "lmn"])
            )
            assert_all_seen(seen, known)

    def test_nobody_takes_more_than_there_is(self, store_of: StoreOf) -> None:
        """All of it to the last minor unit, and then nothing; what is carried stays."""
        with store_of("shop").begin() as tx:
            ann = MemberId("ann")
            tx.balances.change([a_balance("ann", 500, 100), a_balance("ann", 0, 70, currency="JPY")])
            assert not tx.balances.take(ann, CNY, 101)
            assert tx.balances.take(ann, CNY, 60)
            assert not tx.balances.take(ann, CNY, 41)
            assert not tx.balances.take(ann, CNY, 60)
            assert tx.balances.take(ann, CNY, 40)
            assert not tx.balances.take(ann, CNY, 1)
            assert not tx.balances.take(MemberId("Ann"), CNY, 1)
            assert not tx.balances.take(ann, Currency("USD"), 1)
        with store_of("shop").begin() as tx:
            assert list(tx.balances.all()) == [a_balance("ann", 500), a_balance("ann", 0, 70, currency="JPY")]

    def test_what_is_carried_below_zero_is_kept_back(self, store_of: StoreOf) -> None:
        """To the last minor unit; what is carried above zero makes nothing payable."""
        with store_of("shop").begin() as tx:
            ann, ben = MemberId("ann"), MemberId("ben")
            tx.balances.change(
                [a_balance("ann", -60, 100), a_balance("ben", -100, 60), a_balance("cai", 9, 1)]
            )
            assert not tx.balances.take(ann, CNY, 41)
            assert tx.balances.take(ann, CNY, 40)
            assert not tx.balances.take(ann, CNY, 1)
            assert not tx.balances.take(ben, CNY, 1)
            assert not tx.balances.take(MemberId("cai"), CNY, 2)
            assert tx.balances.of([ann, ben], CNY) == {
                ann: a_balance("ann", -60, 60),
                ben: a_balance("ben", -100, 60),
            }

    def test_what_was_taken_and_rolled_back_is_there_again(self, store_of: StoreOf) -> None:
        """So a payout that breaks off has reserved nothing."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.balances.change([a_balance("ann", 0, 100)])
        with broken_off(store) as tx:
            assert tx.balances.take(MemberId("ann"), CNY, 100)
        with store.begin() as tx:
            assert tx.balances.take(MemberId("ann"), CNY, 100)

    def test_a_balance_beyond_64_bits_is_refused(self, store_of: StoreOf) -> None:
        """And stays what it was."""
        store = store_of("shop")
        most = a_balance("ann", -MOST_MINOR, MOST_MINOR)
        with store.begin() as tx:
            tx.balances.change([most])
        for more in (a_balance("ann", -2), a_balance("ann", 0, 1)):
            with pytest.raises(InputError), store.begin() as tx:
                tx.balances.change([a_balance("ben", 1), more])
        with store.begin() as tx:
            assert list(tx.balances.all()) == [most]
            assert not tx.balances.take(MemberId("ann"), CNY, 1)
            tx.balances.change([a_balance("ann", MOST_MINOR)])
            assert tx.balances.take(MemberId("ann"), CNY, MOST_MINOR)
            tx.balances.change([a_balance("ann", MOST_MINOR, MOST_MINOR)])
            assert tx.balances.take(MemberId("ann"), CNY, MOST_MINOR)
            assert list(tx.balances.all()) == [a_balance("ann", MOST_MINOR, 0)]
