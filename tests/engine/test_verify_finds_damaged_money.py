"""Whatever is damaged in ledger, settlement or payouts is found, and the place is named.

Rows that are too many are written through the ports; rows that were changed or taken away are told by a port
that lies, as a careless hand in the database would make it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import Actor, Currency, MemberId, OriginKind, RefusedError
from distcore.ledger import CARRIED, COMMISSION, FROZEN, PAYABLE, RELEASED
from distcore.memory import MemoryStore
from distcore.payout import LIVE, STORED_VALUE_CHANNEL, PayoutRecord, PayoutState, Step
from distcore.ports import Transaction
from distcore.settlement import Closing, CnCumulative, CustomWithholding, Due, HoldOn, Review, Statement
from distcore.testing.builders import PAID, Shop, a_chain, a_plan, a_refund, a_sale, day, levels
from distcore.testing.money import (
    a_balance,
    a_due,
    a_hold,
    a_settlement_policy,
    a_step,
    a_transfer,
    an_adjustment,
    an_event,
    an_opening,
)

CNY = Currency("CNY")
FIFTH = {("a fifth", 1): lambda gross_minor, _month, _so_far: gross_minor // 5}
POLICY = a_settlement_policy(
    review=Review.REVIEWED, minimum_minor=500, withholding=CustomWithholding("a fifth")
)

Lie: TypeAlias = Callable[[Any], Any]
"""What a port tells instead of what it would."""


class Lying:
    """A port of which one method lies."""

    def __init__(self, honest: object, method: str, lie: Lie) -> None:
        self._honest, self._method, self._lie = honest, method, lie

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._honest, name)
        if name != self._method:
            return method
        return lambda *args, **options: self._told(method(*args, **options))

    def _told(self, found: Any) -> Any:
        told = self._lie(found)
        return iter(told) if isinstance(found, Iterator) else told


class Damaged:
    """A transaction in which one port lies."""

    def __init__(self, tx: Transaction, port: str, method: str, lie: Lie) -> None:
        self._tx = tx
        vars(self)[port] = Lying(getattr(tx, port), method, lie)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


def each(which: Callable[[Any], bool], **changed: object) -> Lie:
    """Return the lie that changes some of what there is."""
    return lambda found: [evolve(one, **changed) if which(one) else one for one in found]


def without(which: Callable[[Any], bool]) -> Lie:
    """Return the lie that some of what there is is not there."""
    return lambda found: [one for one in found if not which(one)]


def is_of(payee: str) -> Callable[[Any], bool]:
    return lambda one: bool(one.payee == payee)


def is_from(kind: OriginKind) -> Callable[[Any], bool]:
    return lambda one: one.origin.kind is kind


def everything() -> Shop:
    """Return a shop with three closings, three payouts, holds, and something in every account.

    ann has 10.00 and 0.40 frozen, 12.00 on the first statement, and 3.00 on the second, which is below the
    minimum; the third was rejected, and waits for its review anew.  Of what is payable she was paid 5.00,
    and asks for 1.00.  ben owes 2.00.
    """
    shop = Shop.open(MemoryStore("shop"), a_plan(levels("10%"), freeze=PAID), a_chain("ann", "ben"))
    shop.do(engine.set_settlement, POLICY)
    openings = [
        an_opening("old", amount_minor=200),
        an_opening("ice", amount_minor=40, frozen_until=day(900)),
    ]
    shop.do(engine.open_balances, openings, at=day(1))
    shop.do(engine.accrue, a_sale("order 1", "ben"), at=day(11))
    shop.do(engine.release, at=day(20))
    shop.do(engine.accrue, a_sale("order 2", "ben", paid_at=day(40)), at=day(41))
    shop.do(engine.refund, a_refund("r1", "order 1", {"1": (0, 3_000)}, refunded_at=day(44)), at=day(45))
    for id, payee, amount, at in (
        ("a letter", "ben", -200, day(21)),
        ("thanks", "ann", 600, day(46)),
        ("more", "ann", 50, day(70)),
        ("still due", "ann", 1, day(200)),
    ):
        shop.do(engine.adjust, an_adjustment(id, payee, amount), at=at)
    shop.do(engine.adjust, an_adjustment("points", "ann", 7, currency="POINT"))
    for number in (1, 2):
        shop.do(engine.close_period, "CNY", f"2017-0{number}", customs=FIFTH)
        shop.do(engine.approve_closing, number, actor="boss", customs=FIFTH)
    shop.do(engine.close_period, "CNY", "2017-03")
    shop.do(engine.reject_closing, 3, "look again", actor="boss")
    shop.do(engine.close_period, "CNY", "2017-03")
    shop.do(engine.place_hold, a_hold("order 2"))
    shop.do(engine.place_hold, a_hold("ben", HoldOn.PAYEE))
    shop.do(engine.lift_hold, HoldOn.PAYEE, "ben", "all is well")
    shop.bank("ann")
    shop.send("p1", "ann", 500)
    shop.do(engine.take_event, an_event("e1", "p1", amount_minor=500))
    shop.request("p2", "ann", 100)
    shop.request("p3", "ann", 10)
    shop.do(engine.cancel_payout, "p3", "too little")
    shop.bank("ann", STORED_VALUE_CHANNEL)
    shop.send("p4", "ann", 20)
    return shop


def problems(shop: Shop, port: str = "transfers", method: str = "", lie: Lie = list) -> list[str]:
    """Return what `verify` finds wrong where one port lies."""
    with shop.store.begin() as tx:
        damaged: Any = Damaged(tx, port, method, lie)
        return [str(problem) for problem in engine.verify(damaged, customs=FIFTH).problems]


def test_a_shop_with_everything_is_sound() -> None:
    shop = everything()
    assert problems(shop) == []
    assert shop.accounts("ann") == {
        "adjustments": -651,
        CARRIED: 300,
        "channel/bank": 500,
        COMMISSION: -1_700,
        FROZEN: 1_040,
        "in_payout": 100,
        "opening": -240,
        PAYABLE: 340,
        RELEASED: 51,
        "stored_value": 20,
        "withheld": 240,
    }


# The ledger

OF_ITS_FACTS = "are not what its facts add up to"


@pytest.mark.parametrize(
    ("lie", "origins"),
    [
        (without(is_from(OriginKind.SALE)), ["order 1/0", "order 1/1", "order 2/0"]),
        (each(lambda one: one.origin.ref == "order 2", amount_minor=999), ["order 2/0"]),
        (each(lambda one: one.origin.ref == "order 2", payee=MemberId("ben")), ["order 2/0"]),
        (each(lambda one: one.origin.number == 1, debit=COMMISSION, credit=RELEASED), ["order 1/1"]),
        (lambda found: [*found, *(one for one in found if one.origin.ref == "order 2")], ["order 2/0"]),
    ],
)
def test_transfers_that_are_not_those_of_their_posting(lie: Lie, origins: list[str]) -> None:
    expected = [f"transfers of sale {origin}: {OF_ITS_FACTS}" for origin in origins]
    assert problems(everything(), "transfers", "of_origins", lie) == expected


Damage: TypeAlias = Callable[[Transaction], object]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            lambda tx: tx.transfers.add([a_transfer("order 1", "ann", 3, COMMISSION, RELEASED)]),
            [
                f"transfers of sale order 1/0: {OF_ITS_FACTS}",
                "account commission of ann: holds -17.03 CNY, the facts give -17.00",
                "account released of ann: holds 0.54 CNY, the facts give 0.51",
            ],
        ),
        (
            lambda tx: tx.transfers.add([a_transfer("x", "ben", 3, CARRIED, "channel/x")]),
            [
                "account carried of ben: holds -2.03 CNY, the facts give -2.00",
                "account channel/x of ben: holds 0.03 CNY, the facts give 0.00",
            ],
        ),
        (
            lambda tx: tx.balances.change([a_balance("ann", -1, 2), a_balance("zoe", 0, 2)]),
            [
                "balance carried of ann: holds 2.99 CNY, the facts give 3.00",
                "balance payable of ann: holds 3.42 CNY, the facts give 3.40",
                "balance payable of zoe: holds 0.02 CNY, the facts give 0.00",
            ],
        ),
        (
            lambda tx: tx.dues.add([a_due("x", "ann", 5)]),
            [
                "payee ann: 0.05 CNY are due without a fact",
                "dues: 1 are too many",
                "account released of ann: holds 0.51 CNY, the facts give 0.56",
            ],
        ),
        (
            lambda tx: tx.dues.add([a_due("x", "ann", 5), a_due("y", "ann", -5)]),
            ["dues: 2 are too many"],
        ),
    ],
)
def test_rows_that_are_too_many(damage: Damage, expected: list[str]) -> None:
    shop = everything()
    with shop.store.begin() as tx:
        damage(tx)
    assert problems(shop) == expected


def test_accounts_that_do_not_add_up_to_zero() -> None:
    lie = without(lambda one: one.account == "withheld")
    assert problems(everything(), "transfers", "balances", lie) == [
        "account withheld of ann: holds 0.00 CNY, the facts give 2.40",
        "all accounts together: holds -2.40 CNY, the facts give 0.00",
    ]


def test_a_balance_that_is_gone() -> None:
    assert problems(everything(), "balances", "all", without(is_of("ann"))) == [
        "balance carried of ann: holds 0.00 CNY, the facts give 3.00",
        "balance payable of ann: holds 0.00 CNY, the facts give 3.40",
    ]


# Dues and decisions


def test_a_due_that_is_lost() -> None:
    assert problems(everything(), "dues", "all", without(is_of("ann"))) == [
        "payee ann: 0.01 CNY are neither due nor on a statement",
        "dues: 1 are missing",
        "account released of ann: holds 0.51 CNY, the facts give 0.50",
    ]


def with_due(due: Due) -> Lie:
    """Return the lie that something is due, beside all that is, or in place of it."""
    return lambda found: {**found, due.key: due}


STILL_DUE = a_due("still due", "ann", 1, kind=OriginKind.ADJUSTMENT, released_at=day(200))
THANKS = a_due("thanks", "ann", 600, kind=OriginKind.ADJUSTMENT, released_at=day(46))


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (
            with_due(evolve(STILL_DUE, amount_minor=2)),
            ["due of adjustment still due/0 to ann: is 0.02 CNY, the facts give 0.01"],
        ),
        (
            with_due(evolve(STILL_DUE, valid_at=day(182), released_at=day(199))),
            [
                (
                    "due of adjustment still due/0 to ann: "
                    "happened at 2017-07-01T00:00:00Z, the facts say 2017-01-10T00:00:00Z"
                ),
                (
                    "due of adjustment still due/0 to ann: "
                    "was released at 2017-07-18T00:00:00Z, the facts say 2017-07-19T00:00:00Z"
                ),
            ],
        ),
        (lambda _: {}, ["due of adjustment still due/0 to ann: is neither due nor on a statement"]),
        (with_due(THANKS), ["due of adjustment thanks/0 to ann: is due or on a statement 2 times"]),
    ],
)
def test_a_due_that_is_not_what_a_fact_gives(lie: Lie, expected: list[str]) -> None:
    """Whatever the sums say: what was added to one due may have been taken from another."""
    assert problems(everything(), "dues", "find", lie) == expected


def test_an_adjustment_that_was_changed() -> None:
    def lie(found: Any) -> Any:
        return [(evolve(one, amount_minor=51) if one.id == "more" else one, at) for one, at in found]

    assert problems(everything(), "adjustments", "all", lie) == [
        "adjustment more: it is not what was stored: no adjust was done with this",
        "due of adjustment more/0 to ann, closing 3: is 0.50 CNY, the facts give 0.51",
        "due of adjustment more/0 to ann, closing 4: is 0.50 CNY, the facts give 0.51",
        "payee ann: 0.01 CNY are neither due nor on a statement",
        "account adjustments of ann: holds -6.51 CNY, the facts give -6.52",
    ]


def test_a_policy_of_the_shop_that_is_gone() -> None:
    found = problems(everything(), "policies", "all", lambda _: [])
    assert "set_policy: 1 were done, 0 are stored" in found


def test_a_policy_that_nobody_set() -> None:
    found = problems(everything(), "policies", "all", each(lambda _: True, currencies=("CNY", "JPY")))
    assert "policy of the shop: it is not what was stored: no set_policy was done with this" in found


def test_a_shop_that_is_not_there_is_refused() -> None:
    with MemoryStore("shop").begin() as tx, pytest.raises(RefusedError, match="no_policy"):
        engine.verify(tx)


def test_points_that_nobody_gave() -> None:
    lie = without(lambda posted: posted[0].id == "points")
    assert problems(everything(), "adjustments", "all", lie) == [
        "adjust: 5 were done, 4 are stored",
        "account points of ann: holds 7 POINT, the facts give 0",
        "account points_issued of ann: holds -7 POINT, the facts give 0",
    ]


def test_a_balance_that_was_released_too_early() -> None:
    def lie(found: Any) -> Any:
        return [(opening, at, True) for opening, at, _ in found]

    assert problems(everything(), "openings", "all", lie) == [
        "opening ice: its freeze is not what it says",
        "due of opening ice/0 to ann: is neither due nor on a statement",
        "payee ann: 0.40 CNY are neither due nor on a statement",
        "dues: 1 are missing",
        "account frozen of ann: holds 10.40 CNY, the facts give 10.00",
    ]


@pytest.mark.parametrize(
    "lie", [lambda _: {}, lambda _: {"ice": day(899)}, lambda found: {**found, "old": day(1)}]
)
def test_a_freeze_of_a_balance_that_nobody_said(lie: Lie) -> None:
    (problem,) = problems(everything(), "openings", "frozen", lie)

    assert problem.endswith(": its freeze is not what it says")


@pytest.mark.parametrize(
    ("method", "lie", "expected"),
    [
        ("active", lambda _: {}, ["hold on sale order 2: is not what its last change says"]),
        (
            "active",
            lambda found: {**found, "order 2": a_hold("order 2", reason="another")},
            ["hold on sale order 2: is not what its last change says"],
        ),
        (
            "active",
            lambda found: {"ben": a_hold("ben", HoldOn.PAYEE), **found},
            ["hold on payee ben: is not what its last change says"],
        ),
        (
            "all",
            without(lambda change: change.hold.ref == "ben" and change.number == 1),
            ["hold on payee ben: change 2 does not follow 0"],
        ),
        (
            "all",
            each(lambda change: change.hold.ref == "ben", placed=True),
            [
                "hold on payee ben: change 2 does not follow 1",
                "hold on payee ben: is not what its last change says",
            ],
        ),
    ],
)
def test_holds_that_do_not_follow_from_their_changes(method: str, lie: Lie, expected: list[str]) -> None:
    assert problems(everything(), "holds", method, lie) == expected


# Closings and statements

CLOSING_2 = "closing 2, payee ann"
NOT_WHAT_CAME_BEFORE = "does not open with what the statement before carried"
NOT_DUE = "what is due is not what its balance and the policy give"


def is_statement(closing: int, payee: str = "ann") -> Callable[[Statement], bool]:
    return lambda one: (one.closing, one.payee) == (closing, payee)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"opening_minor": 1},
            [
                f"{CLOSING_2}: {NOT_WHAT_CAME_BEFORE}",
                f"closing 4, payee ann: {NOT_WHAT_CAME_BEFORE}",
                "account carried of ann: holds 3.00 CNY, the facts give 3.01",
                "balance carried of ann: holds 3.00 CNY, the facts give 3.01",
            ],
        ),
        (
            {"lines_minor": 301},
            [
                f"{CLOSING_2}: does not say what its lines add up to",
                f"closing 4, payee ann: {NOT_WHAT_CAME_BEFORE}",
                "payee ann: 0.01 CNY are due without a fact",
                "account carried of ann: holds 3.00 CNY, the facts give 3.01",
                "balance carried of ann: holds 3.00 CNY, the facts give 3.01",
            ],
        ),
        (
            {"line_count": 3},
            [f"{CLOSING_2}: does not say what its lines add up to", "dues: 1 are too many"],
        ),
        (
            {"gross_minor": 300},  # it is below the minimum
            [
                f"{CLOSING_2}: {NOT_DUE}",
                f"{CLOSING_2}: is due, and nothing says what of it is withheld",
                f"closing 4, payee ann: {NOT_WHAT_CAME_BEFORE}",
                "account carried of ann: holds 3.00 CNY, the facts give 0.00",
                "balance carried of ann: holds 3.00 CNY, the facts give 0.00",
            ],
        ),
        ({"held": True}, [f"{CLOSING_2}: {NOT_DUE}"]),
    ],
)
def test_a_statement_that_was_changed(changed: dict[str, object], expected: list[str]) -> None:
    lie = each(is_statement(2), **changed)
    assert problems(everything(), "closings", "statements", lie) == expected


def test_a_statement_that_pays_less_than_is_due() -> None:
    lie = each(is_statement(1), gross_minor=1_100)
    assert problems(everything(), "closings", "statements", lie) == [
        f"closing 1, payee ann: {NOT_DUE}",
        "closing 1, payee ann: what was assessed is not what is due",
        f"{CLOSING_2}: {NOT_WHAT_CAME_BEFORE}",
    ]


def test_a_statement_that_is_gone() -> None:
    lie = without(is_statement(1, "ben"))
    assert problems(everything(), "closings", "statements", lie) == [
        "closing 1, payee ben: has lines and no statement",
        "payee ben: 2.00 CNY are due without a fact",
        "dues: 1 are missing",
        "account carried of ben: holds -2.00 CNY, the facts give 0.00",
        "balance carried of ben: holds -2.00 CNY, the facts give 0.00",
    ]


def test_lines_that_are_gone() -> None:
    assert problems(everything(), "closings", "totals", without(is_of("ben"))) == [
        "closing 1, payee ben: does not say what its lines add up to"
    ]


def lines(ref: str, **changed: object) -> Lie:
    """Return the lie that the lines of an origin are others than they are."""
    return lambda found: [
        evolve(each, due=evolve(each.due, **changed)) if each.due.origin.ref == ref else each
        for each in found
    ]


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (
            lines("old", amount_minor=100),
            ["due of opening old/0 to ann, closing 1: is 1.00 CNY, the facts give 2.00"],
        ),
        (
            lines("order 1", released_at=day(20)),
            [
                (
                    "due of sale order 1/0 to ann, closing 1: "
                    "was released at 2017-01-20T00:00:00Z, the facts say 2017-01-17T00:00:00Z"
                ),
                (
                    "due of sale order 1/1 to ann, closing 2: "
                    "was released at 2017-01-20T00:00:00Z, the facts say 2017-02-14T00:00:00Z"
                ),
            ],
        ),
        (
            lines("order 1", payee=MemberId("ben")),
            [
                "due of sale order 1/0 to ann: is neither due nor on a statement",
                "due of sale order 1/1 to ann: is neither due nor on a statement",
                "due of sale order 1/0 to ben: is on the statement of closing 1 without a fact",
                "due of sale order 1/1 to ben: is on the statement of closing 2 without a fact",
            ],
        ),
        (
            lambda found: [*found, *(evolve(one, closing=4) for one in found if one.closing == 1)],
            [
                "due of sale order 1/0 to ann: is due or on a statement 2 times",
                "due of adjustment a letter/0 to ben: is due or on a statement 2 times",
                "due of opening old/0 to ann: is due or on a statement 2 times",
            ],
        ),
        (
            lambda found: [one for one in found if one.closing != 4],
            ["due of adjustment more/0 to ann: is neither due nor on a statement"],
        ),
        (
            lambda found: [
                evolve(one, due=evolve(one.due, amount_minor=5)) if one.closing == 3 else one for one in found
            ],
            ["due of adjustment more/0 to ann, closing 3: is 0.05 CNY, the facts give 0.50"],
        ),
    ],
)
def test_a_line_that_is_not_what_a_fact_gives(lie: Lie, expected: list[str]) -> None:
    """Also in a closing that was rejected: what it took stays true."""
    found = problems(everything(), "closings", "lines_of", lie)
    assert found == expected


def test_a_period_that_overlaps() -> None:
    shop = everything()
    with shop.store.begin() as tx:
        third = tx.closings.find(4)
    assert third is not None
    lie = each(lambda one: one.number == 2, period=third.period)
    assert problems(shop, "closings", "all", lie) == [
        "closing 2: does not begin where closing 1 ended",
        "closing 4: does not begin where closing 2 ended",
    ]


def test_a_policy_that_is_gone() -> None:
    found = problems(everything(), "settlement_policies", "all", lambda _: [])
    assert found[:3] == [f"closing {number}: version 1 of its policy is missing" for number in (1, 2, 4)]


def test_a_closing_that_nobody_else_has_looked_at() -> None:
    def lie(found: Any) -> list[Closing]:
        return [evolve(one, decision=one.decision and evolve(one.decision, actor="tester")) for one in found]

    assert problems(everything(), "closings", "all", lie) == [
        "closing 1: was approved by whoever made it",
        "closing 2: was approved by whoever made it",
    ]


# Taxes


def assessed(**changed: int) -> Lie:
    return lambda found: {payee: evolve(one, **changed) for payee, one in found.items()}


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (
            lambda _: {},
            [
                "closing 1, payee ann: is due, and nothing says what of it is withheld",
                "what was withheld of ann: holds 2.40 CNY, the facts give 0.00",
                "account payable of ann: holds 3.40 CNY, the facts give -6.20",
                "account withheld of ann: holds 2.40 CNY, the facts give 0.00",
                "balance payable of ann: holds 3.40 CNY, the facts give -6.20",
            ],
        ),
        (
            assessed(gross_minor=1_199),
            [
                "closing 1, payee ann: what was assessed is not what is due",
                "account payable of ann: holds 3.40 CNY, the facts give 3.39",
                "balance payable of ann: holds 3.40 CNY, the facts give 3.39",
            ],
        ),
        (
            assessed(withheld_minor=239),
            [
                "closing 1, payee ann: 239 are withheld, the law gives 240",
                "what was withheld of ann: holds 2.40 CNY, the facts give 2.39",
                "account payable of ann: holds 3.40 CNY, the facts give 3.41",
                "account withheld of ann: holds 2.40 CNY, the facts give 2.39",
                "balance payable of ann: holds 3.40 CNY, the facts give 3.41",
            ],
        ),
    ],
)
def test_an_assessment_that_was_changed(lie: Lie, expected: list[str]) -> None:
    assert problems(everything(), "assessments", "of", lie) == expected


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (lambda _: [], ["what was withheld of ann: holds 0.00 CNY, the facts give 2.40"]),
        (
            lambda found: [*found, (MemberId("zoe"), CNY, 7)],
            ["what was withheld of zoe: holds 0.07 CNY, the facts give 0.00"],
        ),
    ],
)
def test_taxes_of_no_statement(lie: Lie, expected: list[str]) -> None:
    assert problems(everything(), "assessments", "withheld", lie) == expected


def test_a_law_that_nobody_registered_is_not_calculated_again() -> None:
    """Whatever was withheld then is taken for true, as long as everything adds up."""
    shop = everything()
    with shop.store.begin() as tx:
        assert engine.verify(tx).sound


def test_taxes_of_a_year_are_calculated_again() -> None:
    """Month by month, from one closing to the next."""
    shop = Shop.open(MemoryStore("shop"), None, a_chain("ann"))
    shop.do(engine.set_settlement, a_settlement_policy(withholding=CnCumulative()))
    for month in range(1, 4):
        at = day(31 * month - 10)
        shop.do(engine.adjust, an_adjustment(f"month {month}", "ann", 3_000_000), at=at)
        shop.do(engine.close_period, "CNY", f"2017-{month:02}", at=day(31 * month + 2))
    assert problems(shop) == []
    lie = assessed(withheld_minor=1)
    found = [each for each in problems(shop, "assessments", "of", lie) if "the law gives" in each]
    assert [each.partition(":")[0] for each in found] == [f"closing {n}, payee ann" for n in (1, 2, 3)]


# Payouts


def with_steps(change: Callable[[tuple[Step, ...]], Sequence[Step]]) -> Lie:
    """Return the lie that changes the life of the first payout."""
    return lambda found: [
        evolve(record, steps=tuple(change(record.steps))) if record.payout.id == "p1" else record
        for record in found
    ]


STEPS = "payout p1: its steps do not begin with the request, or one is missing"
APPROVAL = "payout p1: its approval is for something else, or by whoever requested it"


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (with_steps(lambda steps: steps[1:]), [STEPS]),
        (
            with_steps(lambda steps: (steps[0], *steps[2:])),
            [STEPS, "payout p1: became submitted after requested"],
        ),
        (with_steps(lambda steps: (steps[0], evolve(steps[1], number=3), *steps[2:])), [STEPS]),
        (with_steps(lambda steps: (steps[0], evolve(steps[1], content=bytes(16)), *steps[2:])), [APPROVAL]),
        (with_steps(lambda steps: (steps[0], evolve(steps[1], content=None), *steps[2:])), [APPROVAL]),
        (
            with_steps(lambda steps: (steps[0], evolve(steps[1], actor=Actor("tester")), *steps[2:])),
            [APPROVAL],
        ),
        (
            with_steps(lambda steps: (*steps, a_step(5, PayoutState.FAILED))),
            [
                "payout p1: became failed after succeeded",
                "account channel/bank of ann: holds 5.00 CNY, the facts give 0.00",
                "account payable of ann: holds 3.40 CNY, the facts give 8.40",
                "balance payable of ann: holds 3.40 CNY, the facts give 8.40",
            ],
        ),
    ],
)
def test_a_life_that_cannot_be(lie: Lie, expected: list[str]) -> None:
    assert problems(everything(), "payouts", "all", lie) == expected


def test_a_payout_of_another_amount() -> None:
    def lie(found: Iterator[PayoutRecord]) -> Any:
        return (
            evolve(each, payout=evolve(each.payout, amount_minor=99)) if each.payout.id == "p1" else each
            for each in found
        )

    assert problems(everything(), "payouts", "all", lie) == [
        APPROVAL,
        "account channel/bank of ann: holds 5.00 CNY, the facts give 0.99",
        "account payable of ann: holds 3.40 CNY, the facts give 7.41",
        "balance payable of ann: holds 3.40 CNY, the facts give 7.41",
    ]


def test_payouts_that_stand_elsewhere_than_their_life_says() -> None:
    """Who submits looks for what is approved: one that stands there and is not would be paid twice."""
    shop = everything()
    with shop.store.begin() as tx:
        gone = list(tx.payouts.in_state(PayoutState.SUCCEEDED))
    said = "are not those whose last step says so"
    assert problems(shop, "payouts", "in_state", lambda _: []) == [f"payouts that are requested: {said}"]
    assert problems(shop, "payouts", "in_state", lambda found: [*found, gone[0]]) == [
        f"payouts that are {state.value}: {said}" for state in PayoutState if state in LIVE
    ]
