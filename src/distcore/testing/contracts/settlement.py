"""What settlement must keep: policies, dues, closings with their statements, and what was withheld."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from attrs import evolve

from distcore.kernel import (
    Currency,
    InputError,
    MemberId,
    Origin,
    OriginKind,
    RetryableError,
)
from distcore.ports import Transaction
from distcore.settlement import (
    Assessed,
    Closing,
    ClosingState,
    Due,
    HoldOn,
    Line,
    LineTotal,
    SoFar,
)
from distcore.testing.builders import ALWAYS, LATER, StoreOf, day
from distcore.testing.contracts.kept import (
    MANY,
    MOST_MINOR,
    NASTY,
    PAGES,
    TEXTS,
    assert_all_seen,
    read_while,
)
from distcore.testing.money import (
    a_closing,
    a_decision,
    a_due,
    a_hold,
    a_hold_change,
    a_settlement_policy,
    a_statement,
    an_assessment,
    an_origin,
)

CNY, JPY = Currency("CNY"), Currency("JPY")
END = a_closing().period.end
"""The end of the first month, which is not in it."""
SOON = timedelta(microseconds=1)


def prepared(tx: Transaction) -> Transaction:
    """Give a new shop the policies that closings refer to."""
    tx.settlement_policies.add(a_settlement_policy(), at=LATER)
    tx.settlement_policies.add(a_settlement_policy(currency="JPY"), at=LATER)
    return tx


def key_of(due: Due) -> tuple[str | int, ...]:
    """Return the order of dues: by currency, payee and origin."""
    return (due.currency, due.payee, due.origin.kind.value, due.origin.ref, due.origin.number)


def closed(tx: Transaction, dues: Iterable[Due] = (), number: int = 1, label: str = "2017-01") -> Closing:
    """Write dues, and a draft that has taken whatever it takes."""
    tx.dues.add(list(dues))
    closing = a_closing(number, label)
    tx.closings.open(closing)
    tx.closings.take(closing)
    return closing


def rejected(tx: Transaction, closing: Closing) -> None:
    """Give back what a draft took, and write that it was rejected."""
    tx.closings.free(closing)
    tx.closings.decide(closing.number, a_decision(ClosingState.REJECTED, "wrong"))


def due_refs(tx: Transaction) -> list[str]:
    """Return the references of all that is due."""
    return [due.origin.ref for due in tx.dues.all()]


class DuesContract:
    """What was released and is on no statement."""

    def test_dues_come_by_currency_payee_and_origin(self, store_of: StoreOf) -> None:
        """As they were written: ids by code point and apart, numbers as numbers, clawbacks below zero."""
        first, last = ALWAYS
        dues = [
            *(a_due(id, amount_minor=-1) for id in NASTY),
            *(a_due("of many", id) for id in NASTY),
            *(a_due("abc", number=number) for number in (100, 9, 10)),
            *(a_due("kinds", kind=kind) for kind in OriginKind),
            a_due("z", "Ann", MOST_MINOR, currency="JPY", valid_at=first, released_at=last),
            a_due("z", "Ann", -MOST_MINOR, currency="EUR", valid_at=last, released_at=first),
        ]
        with store_of("another").begin() as tx:
            tx.dues.add([a_due("abc", number=9)])
        with store_of("shop").begin() as tx:
            tx.dues.add([])
            tx.dues.add(dues)
            within = list(tx.dues.all())
        with store_of("shop").begin() as tx:
            assert list(tx.dues.all()) == within == sorted(dues, key=key_of)

    @pytest.mark.parametrize("twice", [["new", "order 1"], ["new", "new"]])
    def test_a_due_that_is_there_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """Whatever its amount: a fact is due once."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.dues.add([a_due()])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.dues.add([a_due(each, amount_minor=7) for each in twice])
        with store.begin() as tx:
            assert list(tx.dues.all()) == [a_due()]

    def test_the_volume_of_dues_is_exact(self, store_of: StoreOf) -> None:
        """Without signs, of one currency, and however much it is: no 64 bits hold it."""
        with store_of("another").begin() as tx:
            tx.dues.add([a_due("a", "ann", 7)])
        with store_of("shop").begin() as tx:
            assert tx.dues.volume(CNY) == 0
            amounts = {"a": MOST_MINOR, "b": -MOST_MINOR, "c": 1, "d": -(2**32), "e": 2**32 - 1}
            tx.dues.add([a_due(ref, "ann", amount) for ref, amount in amounts.items()])
            tx.dues.add([a_due("a", "ben", -MOST_MINOR), a_due("yen", "ann", 3, currency="JPY")])
            within = tx.dues.volume(CNY)
        with store_of("shop").begin() as tx:
            assert tx.dues.volume(CNY) == within == 3 * MOST_MINOR + 2**33
            assert (tx.dues.volume(JPY), tx.dues.volume(Currency("EUR"))) == (3, 0)
            closed(prepared(tx))
            assert (tx.dues.volume(CNY), tx.dues.volume(JPY)) == (0, 3)

    def test_dues_are_found_by_all_of_their_key(self, store_of: StoreOf) -> None:
        """Any number at once: of the currency, payee, kind, reference and number that were asked for."""
        with store_of("another").begin() as tx:
            tx.dues.add([a_due("elsewhere")])
        many = [a_due(f"o{number}", number=number) for number in range(MANY)]
        nasty = [a_due(ref, payee) for ref, payee in zip(NASTY, reversed(NASTY), strict=True)]
        with store_of("shop").begin() as tx:
            tx.dues.add([*many, *nasty])
        others = [
            a_due("elsewhere"),
            a_due("o1", "ben", number=1),
            a_due("o1", number=2),
            a_due("o1", number=1, currency="JPY"),
            a_due("o1", kind=OriginKind.OPENING, number=1),
        ]
        with store_of("shop").begin() as tx:
            assert tx.dues.find([]) == {}
            assert tx.dues.find([due.key for due in others]) == {}
            wanted = [due for due in many if due.origin.number % 3] + nasty
            found = tx.dues.find([due.key for due in [*others, *wanted]])
            assert found == {due.key: due for due in wanted}

    def test_dues_are_read_while_others_are_written(self, store_of: StoreOf) -> None:
        """More than a store reads at a time, of which the last part of the key makes the difference."""
        known = [a_due("m", number=number) for number in range(1, PAGES)]
        with store_of("shop").begin() as tx:
            tx.dues.add(known)
            assert list(tx.dues.all()) == known
            seen = read_while(
                tx.dues.all(), lambda place: tx.dues.add([a_due(f"{new}{place}") for new in "lmn"])
            )
            assert_all_seen(seen, known)


class ClosingsContract:
    """Periods that were closed: every due is on one statement, once, or still due."""

    def test_closings_come_by_number(self, store_of: StoreOf) -> None:
        """Of one currency or of all, each with its period and with what was decided about it."""
        closings = [
            a_closing(1, "2017-01"),
            a_closing(2, "2016-12-H2", currency="JPY", drafted_at=ALWAYS[1]),
            a_closing(3, "2017-02"),
            a_closing(10, "week-2017-01-02"),
        ]
        approved = a_decision(ClosingState.APPROVED)
        decided = [
            evolve(closings[0], decision=approved),
            evolve(closings[1], decision=a_decision(ClosingState.REJECTED, "wrong")),
            *closings[2:],
        ]
        with store_of("another").begin() as tx:
            prepared(tx).closings.open(a_closing(7))
        with store_of("shop").begin() as tx:
            assert (list(tx.closings.all()), tx.closings.count(), tx.closings.find(7)) == ([], 0, None)
            for closing in closings[:3]:
                (prepared(tx) if closing.number == 1 else tx).closings.open(closing)
            within = (list(tx.closings.of(CNY)), tx.closings.count())
            tx.closings.open(closings[3])
            tx.closings.decide(1, approved)
            tx.closings.decide(2, a_decision(ClosingState.REJECTED, "wrong"))
        with store_of("shop").begin() as tx:
            assert within == ([closings[0], closings[2]], 3)
            assert list(tx.closings.all()) == decided
            assert [each.number for each in tx.closings.of(CNY)] == [1, 3, 10]
            assert list(tx.closings.of(JPY)) == decided[1:2]
            assert list(tx.closings.of(Currency("EUR"))) == []
            assert [tx.closings.find(number) for number in (1, 2, 7)] == [*decided[:2], None]
            assert tx.closings.find(3, for_change=True) == decided[2]
            assert tx.closings.find(7, for_change=True) is None

    @pytest.mark.parametrize("text", TEXTS)
    def test_the_reason_of_a_decision_is_any_text(self, store_of: StoreOf, text: str) -> None:
        """By any actor."""
        decisions = {place: a_decision(reason=text, actor=id) for place, id in enumerate(NASTY, 1)}
        with store_of("shop").begin() as tx:
            prepared(tx)
            for number, decision in decisions.items():
                tx.closings.open(a_closing(number))
                tx.closings.decide(number, decision)
        with store_of("shop").begin() as tx:
            assert [each.decision for each in tx.closings.all()] == list(decisions.values())

    def test_a_number_of_a_closing_is_taken_once(self, store_of: StoreOf) -> None:
        """Of two who close at once one does, whatever the currency."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).closings.open(a_closing())
        for currency in ("CNY", "JPY"):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.closings.open(a_closing(1, "2017-02", currency=currency))
        with store.begin() as tx:
            assert list(tx.closings.all()) == [a_closing()]

    @pytest.mark.parametrize("state", [ClosingState.APPROVED, ClosingState.REJECTED])
    def test_a_second_decision_is_a_conflict(self, store_of: StoreOf, state: ClosingState) -> None:
        """The first one stands."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).closings.open(a_closing())
            tx.closings.decide(1, a_decision(state))
        for second in (ClosingState.APPROVED, ClosingState.REJECTED):
            with pytest.raises(RetryableError), store.begin() as tx:
                tx.closings.decide(1, a_decision(second))
        with store.begin() as tx:
            assert [each.state for each in tx.closings.all()] == [state]

    def test_a_closing_takes_what_was_released_before_its_end(self, store_of: StoreOf) -> None:
        """However early that was, and however late it was written; of its currency alone."""
        with store_of("another").begin() as tx:
            tx.dues.add([a_due("not ours")])
        with store_of("shop").begin() as tx:
            early = a_due("early", released_at=ALWAYS[0])
            last = a_due("last", released_at=END - SOON, valid_at=ALWAYS[1])
            beyond = [a_due("end", released_at=END), a_due("later", released_at=ALWAYS[1])]
            tx.dues.add([early, last, *beyond, a_due("yen", currency="JPY")])
            prepared(tx).closings.open(a_closing())
            assert tx.closings.take(a_closing()) == 2
            assert due_refs(tx) == ["end", "later", "yen"]
            assert list(tx.closings.lines(1, MemberId("ann"))) == [Line(1, early), Line(1, last)]
        with store_of("shop").begin() as tx:
            late = a_due("late", released_at=day(2))
            closing = closed(tx, [late], 2, "2017-02")
            assert [line.due.origin.ref for line in tx.closings.lines(2, MemberId("ann"))] == ["end", "late"]
            assert list(tx.closings.totals(closing)) == [LineTotal(MemberId("ann"), 200, 2)]
            assert due_refs(tx) == ["later", "yen"]
        with store_of("another").begin() as tx:
            assert due_refs(tx) == ["not ours"]

    def test_a_closing_that_finds_nothing_takes_nothing(self, store_of: StoreOf) -> None:
        """No line, no total, no error."""
        with store_of("shop").begin() as tx:
            prepared(tx).closings.open(a_closing())
            assert tx.closings.take(a_closing()) == 0
            assert list(tx.closings.totals(a_closing())) == []
            assert list(tx.closings.lines(1, MemberId("ann"))) == []
            tx.closings.free(a_closing())
            assert list(tx.dues.all()) == []

    def test_what_is_held_is_not_taken(self, store_of: StoreOf) -> None:
        """A hold on a sale holds all postings of that sale, and nothing else of that name."""
        with store_of("shop").begin() as tx:
            kinds = [a_due("held", kind=kind) for kind in OriginKind]
            others = [a_due("Held"), a_due("held "), a_due("a payee")]
            tx.dues.add([*kinds, *others, a_due("held", number=1), a_due("held", "ben"), a_due("lifted")])
            tx.holds.change(a_hold_change(a_hold("held")))
            tx.holds.change(a_hold_change(a_hold("a payee", HoldOn.PAYEE)))
            tx.holds.change(a_hold_change(a_hold("ann", HoldOn.PAYEE)))
            for number, placed in ((1, True), (2, False)):
                tx.holds.change(a_hold_change(a_hold("lifted"), number, placed=placed))
            closed(prepared(tx))
            sales = [each for each in tx.dues.all() if each.origin.kind is OriginKind.SALE]
            assert (
                list(tx.dues.all()) == sales == [a_due("held"), a_due("held", number=1), a_due("held", "ben")]
            )
            tx.holds.change(a_hold_change(a_hold("held"), 2, placed=False))
        with store_of("shop").begin() as tx:
            assert closed(tx, number=2, label="2017-02").number == 2
            assert list(tx.dues.all()) == []

    def test_lines_add_up_by_payee(self, store_of: StoreOf) -> None:
        """By exact ids, also to nothing and to less; those of another closing do not count."""
        with store_of("shop").begin() as tx:
            dues = [a_due(f"{n}", id, n + 1) for n, id in enumerate(NASTY)]
            dues += [a_due("a", "zero", 7), a_due("b", "zero", -7), a_due("a", "less", -9)]
            closing = closed(prepared(tx), dues)
            closed(tx, [a_due("again", "zero", 1)], 2, "2017-02")
            within = list(tx.closings.totals(closing))
        with store_of("shop").begin() as tx:
            expected = {id: (n + 1, 1) for n, id in enumerate(NASTY)} | {"zero": (0, 2), "less": (-9, 1)}
            assert list(tx.closings.totals(closing)) == within
            assert [each.payee for each in within] == sorted(expected)
            assert {each.payee: (each.lines_minor, each.line_count) for each in within} == expected

    def test_totals_are_exact_to_the_last_of_64_bits(self, store_of: StoreOf) -> None:
        """Beyond what a float holds; beyond 64 bits they are refused."""
        store = store_of("shop")
        with store.begin() as tx:
            dues = [a_due("a", "ann", MOST_MINOR - 1), a_due("b", "ann", 1), a_due("a", "ben", -MOST_MINOR)]
            tx.dues.add([a_due("a", "cai", 10**15), a_due("b", "cai", 1)])
            totals = list(tx.closings.totals(closed(prepared(tx), dues)))
        assert [each.lines_minor for each in totals] == [MOST_MINOR, -MOST_MINOR, 10**15 + 1]
        with store.begin() as tx:
            closing = closed(tx, [a_due("c", amount_minor=MOST_MINOR), a_due("d", amount_minor=1)], 2)
        with pytest.raises(InputError), store.begin() as tx:
            list(tx.closings.totals(closing))

    def test_totals_are_read_while_statements_are_written(self, store_of: StoreOf) -> None:
        """More payees than a store reads at a time: that is how a draft is made."""
        payees = [MemberId(f"m{number:05}") for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            closing = closed(prepared(tx), [a_due("a", payee) for payee in payees])

            def state(place: int) -> None:
                tx.closings.state([a_statement(1, payee, 100, 1) for payee in payees[place : place + 1_000]])

            totals = read_while(tx.closings.totals(closing), state)
            assert totals == [LineTotal(payee, 100, 1) for payee in payees]
        with store_of("shop").begin() as tx:
            known = list(tx.closings.statements(1))
            assert [each.payee for each in known] == payees
            seen = read_while(
                tx.closings.statements(1),
                lambda place: tx.closings.state([a_statement(1, f"{new}{place}") for new in "lmn"]),
            )
            assert_all_seen(seen, known)

    def test_lines_of_a_payee_come_by_origin(self, store_of: StoreOf) -> None:
        """More than a store reads at a time; numbers as numbers, and others' lines not among them."""
        dues = [a_due("m", number=number) for number in range(PAGES)]
        few = [a_due(id, "ben") for id in NASTY] + [a_due("kinds", "ben", kind=kind) for kind in OriginKind]
        with store_of("shop").begin() as tx:
            closed(prepared(tx), [*dues, *few, a_due("m", "Ann")])
        with store_of("shop").begin() as tx:
            seen = read_while(
                tx.closings.lines(1, MemberId("ann")),
                lambda place: closed(tx, [a_due(f"{place}")], 2 + place, "2017-02"),
            )
            assert [line.due for line in seen] == dues
            assert [line.due for line in tx.closings.lines(1, MemberId("ben"))] == sorted(few, key=key_of)
            assert list(tx.closings.lines(9, MemberId("ann"))) == []
            assert list(tx.closings.lines(1, MemberId("nobody"))) == []

    def test_what_a_rejected_closing_took_is_due_again(self, store_of: StoreOf) -> None:
        """As it was; its own lines stay as a record, and the next closing takes it."""
        with store_of("shop").begin() as tx:
            dues = [a_due("a"), a_due("b", "ben", -5, number=3), a_due("c", currency="JPY")]
            closing = closed(prepared(tx), dues)
            tx.closings.state([a_statement(1, "ann", 100, 1), a_statement(1, "ben", -5, 1)])
            rejected(tx, closing)
            assert list(tx.dues.all()) == dues
        with store_of("shop").begin() as tx:
            second = closed(tx, [a_due("d")], 2)
            assert [each.lines_minor for each in tx.closings.totals(closing)] == [100, -5]
            assert [each.lines_minor for each in tx.closings.totals(second)] == [200, -5]
            assert list(tx.closings.lines(1, MemberId("ann"))) == [Line(1, a_due("a"))]
            assert [each.lines_minor for each in tx.closings.statements(1)] == [100, -5]
            assert due_refs(tx) == ["c"]

    def test_what_is_due_again_is_due_once(self, store_of: StoreOf) -> None:
        """A draft that is freed twice, or whose dues were written again, is a conflict."""
        store = store_of("shop")
        with store.begin() as tx:
            closing = closed(prepared(tx), [a_due("a"), a_due("b")])
            tx.closings.free(closing)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.closings.free(closing)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.dues.add([a_due("a")])

    def test_lines_of_an_origin_are_found_in_every_closing(self, store_of: StoreOf) -> None:
        """In rejected ones too; by origin, payee and closing."""
        with store_of("shop").begin() as tx:
            dues = [a_due("a", number=2), a_due("a", "ben", number=2), a_due("a", number=10), a_due("A")]
            dues += [a_due("a", kind=OriginKind.OPENING, number=2)]
            rejected(tx, closed(prepared(tx), dues))
            closed(tx, [a_due("b")], 2)
        with store_of("shop").begin() as tx:
            opening = an_origin("a", OriginKind.OPENING, 2)
            origins: list[Origin] = [an_origin("a", number=10), an_origin("a", number=2), opening]
            found = tx.closings.lines_of([*origins, an_origin("unknown")])
            assert [(each.due.origin, each.due.payee, each.closing) for each in found] == [
                (opening, "ann", 1),
                (opening, "ann", 2),
                (an_origin("a", number=2), "ann", 1),
                (an_origin("a", number=2), "ann", 2),
                (an_origin("a", number=2), "ben", 1),
                (an_origin("a", number=2), "ben", 2),
                (an_origin("a", number=10), "ann", 1),
                (an_origin("a", number=10), "ann", 2),
            ]
            many = [an_origin(f"{number}") for number in range(MANY)]
            assert [line.closing for line in tx.closings.lines_of([*many, an_origin("b")])] == [2]
            assert list(tx.closings.lines_of([])) == []

    def test_statements_come_by_payee(self, store_of: StoreOf) -> None:
        """As they were written, by exact ids, with every number of 64 bits."""
        statements = [
            *(a_statement(1, id, opening_minor=-1) for id in NASTY),
            a_statement(1, "big", MOST_MINOR - 5, 10**9, opening_minor=5, gross_minor=MOST_MINOR),
            a_statement(1, "held", 7, 1, held=True),
            a_statement(1, "less", -MOST_MINOR, 1),
        ]
        with store_of("another").begin() as tx:
            prepared(tx).closings.open(a_closing())
            tx.closings.state([a_statement(1, "big")])
        with store_of("shop").begin() as tx:
            for number in (1, 2):
                (prepared(tx) if number == 1 else tx).closings.open(a_closing(number))
            tx.closings.state([])
            tx.closings.state(statements)
            tx.closings.state([a_statement(2, "held", opening_minor=7), a_statement(2, "Held")])
            within = list(tx.closings.statements(1))
        with store_of("shop").begin() as tx:
            assert list(tx.closings.statements(1)) == within
            assert within == sorted(statements, key=lambda each: each.payee)
            assert list(tx.closings.statements(3)) == []

    def test_statements_of_a_payee_come_by_closing(self, store_of: StoreOf) -> None:
        """Numbers as numbers, and those of rejected closings too."""
        with store_of("shop").begin() as tx:
            prepared(tx)
            for number in (1, 2, 10, 9):
                tx.closings.open(a_closing(number))
                tx.closings.state([a_statement(number, "ann"), a_statement(number, "Ann", 3, 1)])
            tx.closings.decide(1, a_decision(ClosingState.REJECTED))
        with store_of("shop").begin() as tx:
            found = tx.closings.statements_of(MemberId("ann"))
            assert list(found) == [a_statement(number, "ann") for number in (1, 2, 9, 10)]
            assert list(tx.closings.statements_of(MemberId("nobody"))) == []

    @pytest.mark.parametrize("twice", [["new", "ann"], ["new", "new"]])
    def test_a_payee_has_one_statement_of_a_closing(self, store_of: StoreOf, twice: list[str]) -> None:
        """A second one is a conflict."""
        store = store_of("shop")
        with store.begin() as tx:
            prepared(tx).closings.open(a_closing())
            tx.closings.state([a_statement(1, "ann")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.closings.state([a_statement(1, payee, 7, 1) for payee in twice])
        with store.begin() as tx:
            assert list(tx.closings.statements(1)) == [a_statement(1, "ann")]


class AssessmentsContract:
    """What was withheld, statement by statement, and what that was before."""

    def test_what_was_assessed_before_is_added_up(self, store_of: StoreOf) -> None:
        """By month, of the same year, in the same currency, whenever it was written."""
        done = [
            ("2016-12", 1, 1, "CNY"),
            ("2017-03", 1_000, 100, "CNY"),
            ("2017-02", 20_000, 0, "CNY"),
            ("2017-03", 300_000, 30_000, "CNY"),
            ("2017-12", 4_000_000, 7, "CNY"),
            ("2018-03", 5, 5, "CNY"),
            ("2017-03", 9, 9, "JPY"),
        ]
        with store_of("shop").begin() as tx:
            assess(prepared(tx), done)
            assess(tx, [("2017-03", 7, 0, "CNY")], "Ann", first=20)
        with store_of("shop").begin() as tx:
            ann, upper = MemberId("ann"), MemberId("Ann")
            february, march = Assessed("2017-02", 20_000, 0), Assessed("2017-03", 301_000, 30_100)
            whole = SoFar((february, march, Assessed("2017-12", 4_000_000, 7)))
            found = tx.assessments.so_far([ann, upper, MemberId("ben")], CNY, "2017-03")
            assert found == {ann: whole, upper: SoFar((Assessed("2017-03", 7, 0),))}
            assert tx.assessments.so_far([ann], CNY, "2017-11")[ann] == whole
            assert tx.assessments.so_far([ann], CNY, "2016-12")[ann] == SoFar((Assessed("2016-12", 1, 1),))
            assert tx.assessments.so_far([ann], JPY, "2017-03")[ann] == SoFar((Assessed("2017-03", 9, 9),))
            assert tx.assessments.so_far([ann], CNY, "2019-03") == {}
            assert tx.assessments.so_far([], CNY, "2017-03") == {}

    def test_any_number_of_payees_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A page of payees may be larger than a statement of a database."""
        with store_of("another").begin() as tx:
            assess(prepared(tx), [("2017-03", 1, 0, "CNY")], "m7")
        with store_of("shop").begin() as tx:
            assess(prepared(tx), [("2017-03", 5, 1, "CNY")], "m8")
            many = [MemberId(f"m{number}") for number in reversed(range(MANY))]
            assert list(tx.assessments.so_far(many, CNY, "2017-03")) == ["m8"]
            assert list(tx.assessments.of(1, many)) == ["m8"]

    def test_assessments_of_a_closing_are_found_by_payee(self, store_of: StoreOf) -> None:
        """As they were written; who has none, or is of another closing, is not there."""
        with store_of("shop").begin() as tx:
            prepared(tx).closings.open(a_closing())
            tx.closings.open(a_closing(2))
            tx.closings.state([a_statement(number, id) for number in (1, 2) for id in NASTY])
            assessed = {id: an_assessment(1, id, n + 1, n) for n, id in enumerate(NASTY)}
            big = an_assessment(2, "abc", MOST_MINOR, MOST_MINOR, month="9998-12")
            tx.assessments.add([])
            tx.assessments.add([*assessed.values(), big])
        with store_of("shop").begin() as tx:
            assert tx.assessments.of(1, [*map(MemberId, NASTY), MemberId("nobody")]) == assessed
            assert tx.assessments.of(2, [MemberId("abc"), MemberId("ABC")]) == {"abc": big}
            assert tx.assessments.of(3, [MemberId("abc")]) == tx.assessments.of(1, []) == {}

    def test_assessments_of_a_payee_come_by_closing(self, store_of: StoreOf) -> None:
        """Numbers as numbers, in every currency and year."""
        done = [("2017-03", 9, 2, "CNY"), ("2018-03", 9, 3, "JPY"), ("2016-03", 9, 4, "CNY")]
        with store_of("shop").begin() as tx:
            assess(prepared(tx), done, first=9)
            assess(tx, done[:1], first=2)
            assess(tx, done[:1], "Ann", first=20)
        with store_of("shop").begin() as tx:
            found = tx.assessments.of_payee(MemberId("ann"))
            assert [(each.closing, each.withheld_minor) for each in found] == [
                (2, 2),
                (9, 2),
                (10, 3),
                (11, 4),
            ]
            assert list(tx.assessments.of_payee(MemberId("nobody"))) == []

    def test_a_statement_is_assessed_once(self, store_of: StoreOf) -> None:
        """A second assessment is a conflict."""
        store = store_of("shop")
        with store.begin() as tx:
            assess(prepared(tx), [("2017-03", 5, 1, "CNY")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.assessments.add([an_assessment(1, "ann", 5, 1)])

    def test_what_was_withheld_comes_by_payee_and_currency(self, store_of: StoreOf) -> None:
        """Added up over all years; also where it is nothing."""
        with store_of("shop").begin() as tx:
            assert list(tx.assessments.withheld()) == []
            assess(
                prepared(tx), [("2017-03", 9, 2, "CNY"), ("2018-03", 9, 3, "CNY"), ("2017-03", 9, 4, "JPY")]
            )
            assess(tx, [("2017-03", 9, 0, "CNY")], "Ann", first=20)
        with store_of("shop").begin() as tx:
            assert list(tx.assessments.withheld()) == [
                ("Ann", "CNY", 0),
                ("ann", "CNY", 5),
                ("ann", "JPY", 4),
            ]

    def test_what_many_pay_is_read_while_others_are_assessed(self, store_of: StoreOf) -> None:
        """More payees than a store reads at a time."""
        payees = [MemberId(f"m{number:05}") for number in range(PAGES)]
        with store_of("shop").begin() as tx:
            prepared(tx).closings.open(a_closing())
            tx.closings.state([a_statement(1, payee) for payee in payees])
            tx.assessments.add([an_assessment(1, payee, 10, 7) for payee in payees])

            def write(place: int) -> None:
                others = [f"{new}{place}" for new in "lmn"]
                tx.closings.state([a_statement(1, payee) for payee in others])
                tx.assessments.add([an_assessment(1, payee) for payee in others])

            known = [(payee, CNY, 7) for payee in payees]
            assert list(tx.assessments.withheld()) == known
            assert_all_seen(read_while(tx.assessments.withheld(), write), known)

    def test_sums_of_assessments_are_exact(self, store_of: StoreOf) -> None:
        """Up to the last of 64 bits; beyond that they are refused."""
        store = store_of("shop")
        with store.begin() as tx:
            most = MOST_MINOR - 1
            assess(prepared(tx), [("2017-04", most, most, "CNY"), ("2017-04", 1, 1, "CNY")])
        with store.begin() as tx:
            found = tx.assessments.so_far([MemberId("ann")], CNY, "2017-04")
            assert found == {"ann": SoFar((Assessed("2017-04", MOST_MINOR, MOST_MINOR),))}
            assert list(tx.assessments.withheld()) == [("ann", "CNY", MOST_MINOR)]
            assess(tx, [("2017-04", 1, 1, "CNY")], first=20)
        with pytest.raises(InputError), store.begin() as tx:
            tx.assessments.so_far([MemberId("ann")], CNY, "2017-04")
        with pytest.raises(InputError), store.begin() as tx:
            list(tx.assessments.withheld())


def assess(
    tx: Transaction, done: Iterable[tuple[str, int, int, str]], payee: str = "ann", *, first: int = 1
) -> None:
    """Write assessments of one payee by month, gross, withheld and currency, each of a closing of its own."""
    for number, (month, gross, withheld, currency) in enumerate(done, first):
        tx.closings.open(a_closing(number, currency=currency))
        tx.closings.state([a_statement(number, payee, currency=currency)])
        assessment = an_assessment(number, payee, gross, withheld, month=month, currency=currency)
        tx.assessments.add([assessment])
