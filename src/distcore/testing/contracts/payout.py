"""What payouts must keep: where payees are paid to, and what became of every request."""

from collections.abc import Sequence

import pytest
from attrs import evolve

from distcore.kernel import Actor, Currency, Key, MemberId, RetryableError, limits
from distcore.payout import (
    AccountDetails,
    EventId,
    Payout,
    PayoutId,
    PayoutRecord,
    PayoutState,
    Step,
    content_of,
)
from distcore.ports import Transaction
from distcore.testing.builders import ALWAYS, LATER, StoreOf, day
from distcore.testing.contracts.kept import (
    MANY,
    NASTY,
    ONE_BY_ONE,
    TEXTS,
    a_row,
    assert_all_seen,
    broken_off,
    read_while,
)
from distcore.testing.money import a_payout, a_step, an_account, some_details

ANN, BEN = MemberId("ann"), MemberId("ben")
BOSS = Actor("boss")
FIRST, LAST = ALWAYS
REQUESTED, APPROVED, SUBMITTED = PayoutState.REQUESTED, PayoutState.APPROVED, PayoutState.SUBMITTED
UNKNOWN, SUCCEEDED, FAILED = PayoutState.UNKNOWN, PayoutState.SUCCEEDED, PayoutState.FAILED


def peopled(tx: Transaction) -> Transaction:
    """Give a new shop the members who are paid."""
    tx.members.add([a_row(id) for id in (*NASTY, "ann", "ben")])
    return tx


def banked(tx: Transaction) -> Transaction:
    """Give a new shop members with an account each."""
    peopled(tx)
    for payee in (*NASTY, "ann", "ben"):
        tx.accounts.add(an_account(payee), some_details())
    return tx


class AccountsContract:
    """Where payees are paid to; what is personal about it can be erased."""

    def test_the_newest_account_is_current(self, store_of: StoreOf) -> None:
        """Numbers as numbers; those before stay as they were."""
        accounts = [an_account(number=n, channel=f"c{n}", changed_at=day(n)) for n in range(1, 12)]
        with store_of("another").begin() as tx:
            peopled(tx).accounts.add(an_account("ben"), some_details())
        with store_of("shop").begin() as tx:
            peopled(tx)
            for account in accounts:
                tx.accounts.add(account, some_details(f"{account.number}"))
            assert tx.accounts.current([ANN]) == {ANN: accounts[-1]}
        with store_of("shop").begin() as tx:
            assert tx.accounts.current([ANN, BEN]) == {ANN: accounts[-1]}
            assert tx.accounts.current([BEN, ANN], for_change=True) == {ANN: accounts[-1]}
            assert tx.accounts.current([]) == tx.accounts.current([], for_change=True) == {}
            assert list(tx.accounts.of_payee(ANN)) == list(tx.accounts.all()) == accounts
            assert list(tx.accounts.of_payee(BEN)) == []

    def test_accounts_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of payees, channels and actors; a batch may be larger than a statement."""
        accounts = {
            MemberId(id): evolve(an_account(id, channel=id, changed_at=LAST), actor=Actor(id)) for id in NASTY
        }
        with store_of("shop").begin() as tx:
            peopled(tx)
            for account in accounts.values():
                tx.accounts.add(account, some_details(account.payee))
        with store_of("shop").begin() as tx:
            many = [MemberId(f"m{number}") for number in range(MANY)]
            for lock in (True, False):
                assert tx.accounts.current([*many, *accounts, MemberId("abC")], for_change=lock) == accounts
            assert [each.payee for each in tx.accounts.all()] == sorted(NASTY)
            found = tx.accounts.details([(id, 1) for id in (*many, *accounts)])
            assert found == {(id, 1): some_details(id) for id in accounts}

    def test_a_number_of_an_account_is_taken_once(self, store_of: StoreOf) -> None:
        """Of two who change an account at once one does; the other's details are nowhere."""
        store = store_of("shop")
        with store.begin() as tx:
            peopled(tx).accounts.add(an_account(), some_details("first"))
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.accounts.add(an_account(channel="another"), some_details("second"))
        with store.begin() as tx:
            assert list(tx.accounts.all()) == [an_account()]
            assert tx.accounts.details([(ANN, 1)]) == {(ANN, 1): some_details("first")}

    def test_an_account_is_verified_by_itself(self, store_of: StoreOf) -> None:
        """Not the ones before or after, and not that of somebody else."""
        store = store_of("shop")
        with store.begin() as tx:
            banked(tx).accounts.add(an_account(number=2), some_details())
            tx.accounts.verify(ANN, 2, at=LATER, actor=BOSS)
            tx.accounts.add(an_account(number=3), some_details())
            tx.accounts.verify(MemberId(NASTY[0]), 1, at=FIRST, actor=Actor("安"))
        with broken_off(store) as tx:
            tx.accounts.verify(ANN, 1, at=LATER, actor=BOSS)
            assert tx.accounts.of_payee(ANN)[0].verified_at == LATER
        with store_of("shop").begin() as tx:
            assert [each.verified_at for each in tx.accounts.of_payee(ANN)] == [None, LATER, None]
            assert tx.accounts.current([ANN])[ANN] == an_account(number=3)
            verified = [each.payee for each in tx.accounts.all() if each.verified_at is not None]
            assert verified == sorted([NASTY[0], "ann"])

    def test_details_are_any_text(self, store_of: StoreOf) -> None:
        """As they were given, blanks and all; those that were not asked for stay where they are."""
        with store_of("shop").begin() as tx:
            peopled(tx)
            for number, text in enumerate(TEXTS, 1):
                tx.accounts.add(an_account(number=number), AccountDetails(text, f"{number}", text))
        with store_of("shop").begin() as tx:
            wanted = [(ANN, number) for number in range(1, len(TEXTS) + 1)]
            found = tx.accounts.details([*wanted, (ANN, 99), (BEN, 1)])
            assert found == {
                (ANN, number): AccountDetails(text, f"{number}", text) for number, text in enumerate(TEXTS, 1)
            }
            assert tx.accounts.details(wanted[1:2]) == {wanted[1]: found[wanted[1]]}
            assert tx.accounts.details([]) == {}

    def test_what_is_erased_is_gone_and_the_account_stays(self, store_of: StoreOf) -> None:
        """Of every account of that payee, of nobody else, and in no other shop."""
        for shop in ("shop", "another"):
            with store_of(shop).begin() as tx:
                peopled(tx)
                for payee, number in (("ann", 1), ("ann", 2), ("abc ", 1), ("ben", 1)):
                    tx.accounts.add(an_account(payee, number), some_details(f"{payee} {number}"))
        wanted = [(ANN, 1), (ANN, 2), (MemberId("abc "), 1), (BEN, 1)]
        with store_of("shop").begin() as tx:
            accounts = list(tx.accounts.all())
            assert tx.accounts.erase(ANN) == 2
            assert tx.accounts.details(wanted).keys() == {*wanted[2:]}
        with store_of("shop").begin() as tx:
            assert list(tx.accounts.all()) == accounts
            assert tx.accounts.details(wanted).keys() == {*wanted[2:]}
            assert (tx.accounts.erase(ANN), tx.accounts.erase(MemberId("nobody"))) == (0, 0)
            tx.accounts.add(an_account(number=3), some_details("new"))
            assert tx.accounts.details([*wanted[:2], (ANN, 3)]) == {(ANN, 3): some_details("new")}
        with store_of("another").begin() as tx:
            assert tx.accounts.details(wanted).keys() == {*wanted}

    def test_an_erasure_that_breaks_off_erases_nothing(self, store_of: StoreOf) -> None:
        """It is one of the ways to write, although no dump may show it."""
        store = store_of("shop")
        with store.begin() as tx:
            banked(tx)
        with broken_off(store) as tx:
            assert tx.accounts.erase(ANN) == 1
            assert tx.accounts.details([(ANN, 1)]) == {}
        with store.begin() as tx:
            assert tx.accounts.details([(ANN, 1)]) == {(ANN, 1): some_details()}

    def test_accounts_are_read_while_others_are_set(self, store_of: StoreOf) -> None:
        """More payees than a store reads at a time, some of them with many accounts."""
        payees = [f"m{number:05}" for number in range(ONE_BY_ONE)]
        known = [an_account(payee) for payee in payees]
        known[1_999:2_000] = [an_account(payees[1_999], number) for number in range(1, 20)]
        with store_of("shop").begin() as tx:
            tx.members.add([a_row(id) for id in (*payees, "l", "m00000a", "n")])
            for account in known:
                tx.accounts.add(account, some_details())
            numbers = iter(range(1, MANY))

            def write(_: int) -> None:
                number = next(numbers)
                for payee in ("l", "m00000a", "n"):
                    tx.accounts.add(an_account(payee, number), some_details())

            assert_all_seen(read_while(tx.accounts.all(), write), known)


def life(tx: Transaction, payout: Payout, *steps: Step) -> PayoutRecord:
    """Write a payout and its life, step by step, and return the record that must come of it."""
    request = a_step()
    tx.payouts.add(payout, request)
    for step in steps:
        tx.payouts.step([(payout.id, step)])
    return PayoutRecord(payout, (request, *steps))


def at_stage(tx: Transaction, id: str, *states: PayoutState, **options: str) -> PayoutRecord:
    """Write a payout that has reached states, one after the other."""
    steps = [a_step(number, state) for number, state in enumerate(states, 2)]
    return life(tx, a_payout(id, **options), *steps)  # type: ignore[arg-type]  # texts are passed on


def ids_of(records: Sequence[PayoutRecord]) -> list[str]:
    """Return the ids of payouts."""
    return [record.payout.id for record in records]


class PayoutsContract:
    """Payouts and every step of their lives; whatever the provider told counts once."""

    def test_a_payout_is_found_with_its_life(self, store_of: StoreOf) -> None:
        """From the smallest amount to the largest, with what was approved, told and said."""
        big = a_payout("big", amount_minor=limits.AMOUNT_MINOR_MAX, requested_at=FIRST, channel="安 ")
        steps = [
            a_step(2, APPROVED, content=content_of(big), at=day(1)),
            a_step(3, SUBMITTED, reason="file 1", at=LAST),
            evolve(a_step(4, UNKNOWN, event="e1", reason="'); --"), happened_at=FIRST),
            a_step(5, SUCCEEDED, event="e2", reason="因为"),
        ]
        with store_of("shop").begin() as tx:
            record = life(banked(tx), big, *steps)
            small = life(tx, a_payout("small", "ben", 1, currency="JPY"))
            within = tx.payouts.find([PayoutId("small"), PayoutId("big"), PayoutId("unknown")])
        with store_of("shop").begin() as tx:
            ids = [PayoutId("big"), PayoutId("unknown"), PayoutId("small"), PayoutId("Big")]
            expected = {"big": record, "small": small}
            assert tx.payouts.find(ids) == tx.payouts.find(ids, for_change=True) == within == expected
            assert tx.payouts.find([]) == tx.payouts.find([], for_change=True) == {}
            assert list(tx.payouts.all()) == [record, small]

    def test_payouts_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Of payouts, payees, channels and events; for any reason."""
        with store_of("another").begin() as tx:
            at_stage(banked(tx), NASTY[0])
        with store_of("shop").begin() as tx:
            banked(tx)
            records = {
                id: life(
                    tx,
                    a_payout(id, id, channel=id),
                    evolve(a_step(2, FAILED, event=id, reason=TEXTS[place % len(TEXTS)]), actor=Actor(id)),
                )
                for place, id in enumerate(NASTY)
            }
        with store_of("shop").begin() as tx:
            assert list(tx.payouts.all()) == [records[id] for id in sorted(NASTY)]
            assert tx.payouts.find([*map(PayoutId, NASTY), PayoutId("abC")]) == records
            assert tx.payouts.told([*map(EventId, NASTY), EventId("abC")]) == {id: id for id in NASTY}
            for id in NASTY:
                assert list(tx.payouts.of_payee(MemberId(id))) == [records[id]]
                assert list(tx.payouts.in_state(FAILED, channel=id)) == [records[id]]

    def test_a_payout_is_requested_once(self, store_of: StoreOf) -> None:
        """Also with the same content: the engine looks first."""
        store = store_of("shop")
        with store.begin() as tx:
            record = at_stage(banked(tx), "p1", APPROVED)
        for payout in (record.payout, a_payout("p1", "ben")):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.payouts.add(payout, a_step())
        with store.begin() as tx:
            assert list(tx.payouts.all()) == [record]

    @pytest.mark.parametrize(
        "steps",
        [
            [("p1", a_step(2, PayoutState.CANCELLED))],
            [("p2", a_step(2, APPROVED)), ("p1", a_step(2, APPROVED))],
            [("p2", a_step(2, APPROVED, event="e1"))],
            [("p1", a_step(3, SUBMITTED, event="e1"))],
            [("p2", a_step(2, APPROVED, event="new")), ("p1", a_step(3, SUBMITTED, event="new"))],
        ],
    )
    def test_a_step_or_an_event_that_is_taken_is_a_conflict(
        self, store_of: StoreOf, steps: list[tuple[PayoutId, Step]]
    ) -> None:
        """Whoever approves, cancels or hears of it at once: one of them, and nothing of the others."""
        store = store_of("shop")
        with store.begin() as tx:
            first = life(banked(tx), a_payout("p1"), a_step(2, APPROVED, event="e1"))
            second = life(tx, a_payout("p2"))
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.payouts.step(steps)
        with store.begin() as tx:
            assert list(tx.payouts.all()) == [first, second]
            assert tx.payouts.told([EventId("e1"), EventId("new")]) == {"e1": "p1"}

    def test_many_steps_are_written_at_once(self, store_of: StoreOf) -> None:
        """Several of one payout too: the last of them is where it stands."""
        with store_of("shop").begin() as tx:
            banked(tx)
            for id in ("a", "b", "c"):
                at_stage(tx, id, APPROVED)
            tx.payouts.step([])
            steps = [(id, a_step(3, SUBMITTED, reason="file")) for id in ("a", "b")]
            last = [("a", a_step(4, SUCCEEDED)), ("c", a_step(3, PayoutState.CANCELLED))]
            tx.payouts.step([(PayoutId(id), step) for id, step in [*steps, *last]])
        with store_of("shop").begin() as tx:
            assert [record.state for record in tx.payouts.all()] == [
                SUCCEEDED,
                SUBMITTED,
                PayoutState.CANCELLED,
            ]
            assert ids_of(list(tx.payouts.in_state(SUCCEEDED))) == ["a"]
            assert ids_of(list(tx.payouts.in_state(APPROVED))) == []

    def test_any_number_of_payouts_takes_a_step_at_once(self, store_of: StoreOf) -> None:
        """Down to the last of them."""
        ids = [f"p{number:05}" for number in range(ONE_BY_ONE // 2)]
        with store_of("shop").begin() as tx:
            banked(tx)
            for id in ids:
                tx.payouts.add(a_payout(id), a_step())
            tx.payouts.step([(PayoutId(id), a_step(2, APPROVED)) for id in ids])
        with store_of("shop").begin() as tx:
            assert ids_of(list(tx.payouts.in_state(APPROVED))) == ids

    def test_payouts_in_a_state_come_by_id(self, store_of: StoreOf) -> None:
        """Of a channel, of a currency, of both or of any."""
        with store_of("shop").begin() as tx:
            at_stage(banked(tx), "c", APPROVED)
            at_stage(tx, "b", APPROVED, channel="wallet")
            at_stage(tx, "a", APPROVED, currency="JPY")
            at_stage(tx, "B", APPROVED, channel="wallet", currency="JPY")
            at_stage(tx, "d", APPROVED, PayoutState.CANCELLED)
            at_stage(tx, "e")
        with store_of("shop").begin() as tx:

            def found(channel: str | None = None, currency: str | None = None) -> list[str]:
                wanted = None if currency is None else Currency(currency)
                return ids_of(list(tx.payouts.in_state(APPROVED, channel=channel, currency=wanted)))

            assert found() == ["B", "a", "b", "c"]
            assert found("wallet") == ["B", "b"]
            assert found("bank", "JPY") == ["a"]
            assert found(None, "CNY") == ["b", "c"]
            assert found("Wallet") == found(None, "USD") == []
            assert [ids_of(list(tx.payouts.in_state(state))) for state in (REQUESTED, SUBMITTED)] == [
                ["e"],
                [],
            ]

    def test_payouts_that_were_submitted_together_come_by_id(self, store_of: StoreOf) -> None:
        """Whatever became of them since; a reason of another step is no batch."""
        with store_of("shop").begin() as tx:
            banked(tx)
            for id, batch in (("b", "file 1"), ("a", "file 1"), ("c", "file 2"), ("d", "File 1")):
                life(tx, a_payout(id), a_step(2, APPROVED), a_step(3, SUBMITTED, reason=batch))
            tx.payouts.step([(PayoutId("a"), a_step(4, FAILED, reason="file 2"))])
            life(tx, a_payout("e"), a_step(2, PayoutState.CANCELLED, reason="file 1"))
        with store_of("shop").begin() as tx:
            assert ids_of(tx.payouts.submitted(Key("file 1"))) == ["a", "b"]
            assert [len(record.steps) for record in tx.payouts.submitted(Key("file 1"))] == [4, 3]
            assert ids_of(tx.payouts.submitted(Key("file 2"))) == ["c"]
            assert list(tx.payouts.submitted(Key("file"))) == []

    def test_payouts_that_succeeded_in_a_time_come_by_id(self, store_of: StoreOf) -> None:
        """By when it happened, half-open; not when it was told, nor those that were only sent then."""
        told = {"b": 20, "a": 22, "c": 21, "d": 23}
        with store_of("shop").begin() as tx:
            banked(tx)
            for id, at in told.items():
                life(tx, a_payout(id), a_step(2, SUBMITTED, at=day(1)), a_step(3, SUCCEEDED, at=day(at)))
            late = evolve(a_step(3, SUCCEEDED, at=day(40)), happened_at=day(31))
            life(tx, a_payout("late"), a_step(2, SUBMITTED, at=day(1)), late)
            life(tx, a_payout("failed"), a_step(2, FAILED, at=day(21)))
            life(tx, a_payout("sent"), a_step(2, SUBMITTED, at=day(21)))
            life(tx, a_payout("other", channel="Bank"), a_step(2, SUCCEEDED, at=day(21)))
        with store_of("shop").begin() as tx:

            def found(first: int, last: int, channel: str = "bank") -> list[str]:
                return ids_of(list(tx.payouts.succeeded(channel, day(first), day(last))))

            assert found(20, 23) == ["a", "b", "c"]
            assert found(21, 22) == ["c"]
            assert found(21, 22, "Bank") == ["other"]
            assert (found(31, 32), found(32, 99)) == (["late"], [])
            assert found(1, 20) == found(24, 31) == found(22, 22) == found(20, 23, "wallet") == []
            assert ids_of(list(tx.payouts.succeeded("bank", FIRST, LAST))) == sorted([*told, "late"])

    def test_payouts_of_a_payee_come_by_id(self, store_of: StoreOf) -> None:
        """With their lives, whatever became of them."""
        with store_of("shop").begin() as tx:
            later = at_stage(banked(tx), "10", PayoutState.CANCELLED)
            first = at_stage(tx, "1", APPROVED, SUBMITTED)
            at_stage(tx, "2", payee="ben")
        with store_of("shop").begin() as tx:
            assert list(tx.payouts.of_payee(ANN)) == [first, later]
            assert list(tx.payouts.of_payee(MemberId("Ann"))) == []

    def test_any_number_of_payouts_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """And of events: a file of a provider may be larger than a statement of a database."""
        with store_of("shop").begin() as tx:
            life(banked(tx), a_payout("m7"), a_step(2, FAILED, event="m9"))
            many = [f"m{number}" for number in reversed(range(MANY))]
            for lock in (True, False):
                assert list(tx.payouts.find([PayoutId(id) for id in many], for_change=lock)) == ["m7"]
            assert tx.payouts.told([EventId(id) for id in many]) == {"m9": "m7"}
            assert tx.payouts.told([]) == {}

    def test_payouts_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More than a store reads at a time, with the steps of each."""
        with store_of("shop").begin() as tx:
            banked(tx)
            known = [at_stage(tx, f"m{number:05}", SUCCEEDED) for number in range(ONE_BY_ONE)]

            def write(_: int) -> None:
                number = next(numbers)
                for new in "lmn":
                    at_stage(tx, f"{new}{number}", SUCCEEDED)

            numbers = iter(range(MANY))
            for read in (
                tx.payouts.all(),
                tx.payouts.in_state(SUCCEEDED),
                tx.payouts.succeeded("bank", FIRST, LAST),
            ):
                assert_all_seen(read_while(read, write), known)
