"""Whatever is damaged in a store is found and named; what is sound is called sound.

Damage is done through the ports, as a faulty program or a careless hand in the database would do it.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from typing import TypeAlias

import pytest
from attrs import evolve
from tests.builders import CNY, NOW, day, line, newcomer, paid, percent, plan, refund, sale, shop

from distcore import engine
from distcore.commission import (
    CANCELLED,
    SOLD,
    Accrual,
    Booking,
    Cancellation,
    Cause,
    Correction,
    Earning,
    Earnings,
    Freeze,
    FreezeFrom,
    GroupBy,
    Posting,
    Refund,
    SaleRecord,
    portions_of,
)
from distcore.engine import Completion, Verified, bookkeeping
from distcore.engine.join import joined_as
from distcore.kernel import (
    Actor,
    ComponentId,
    Currency,
    Instant,
    Key,
    LineId,
    MemberId,
    PlanId,
    RuleId,
    SaleId,
    digest,
    instant_of,
    limits,
)
from distcore.memory import MemoryTransaction
from distcore.memory.commission import MemorySales
from distcore.ports import Command
from distcore.referral import Aspect, Change, Member, Members

Damage: TypeAlias = Callable[[MemoryTransaction], object]

ORDER = sale(line("1", 10_000, units=2))
EARNED = Accrual(LineId("1"), ComponentId("levels"), RuleId("10%"), MemberId("ben"), 1, 1_000)
BOOKED = Booking(ORDER, PlanId("plan"), 1, True, 0, NOW)
POSTED = Posting(ORDER.id, SOLD, ORDER.paid_at, NOW, (EARNED,))
BACK = refund(("1", 1, 5_000))
CLAWED_BACK = Posting(
    ORDER.id, Cause("refund/r1"), BACK.refunded_at, NOW, (evolve(EARNED, amount_minor=-500),)
)


def member(id: str, sponsor: str | None = None, *, joined: int = 1) -> Member:
    return Member(MemberId(id), day(joined), NOW, None if sponsor is None else MemberId(sponsor))


def verified(damage: Damage) -> Verified:
    found = shop(plan=plan(percent("10%", 1)))
    found.ask(damage)
    found.ask(keep_the_books)
    found.ask(remember_everything)
    return found.ask(engine.verify)


def keep_the_books(tx: MemoryTransaction) -> None:
    """Write the transfers and dues of all that is posted, so that only the damage itself is wrong."""
    for record in tx.sales.all():
        portions = [
            portion
            for number, posting in enumerate(record.postings)
            for portion in portions_of(posting, number, record.booking.sale.currency, record.thawed_at)
        ]
        tx.transfers.add(bookkeeping.earned(portions))
        tx.dues.add(bookkeeping.dues_of(portions))


def remember_everything(tx: MemoryTransaction) -> None:
    """Write the commands that would have stored what is there, for the same reason."""
    stored: list[tuple[str, object]] = [("join", joined_as(each)) for each in tx.members.all()]
    for record in tx.sales.all():
        stored.append(("accrue", record.booking.sale))
        stored += [("refund" if isinstance(each, Refund) else "cancel", each) for each in record.corrections]
        if record.completed_at is not None:
            stored.append(("complete", Completion(record.booking.sale.id, record.completed_at)))
    for number, (verb, item) in enumerate(stored):
        inputs = digest((verb, item))
        if inputs not in tx.commands.known(verb, [inputs]):
            tx.commands.add([Command(Key(f"forged {number}"), verb, inputs, "", NOW, Actor("forger"))])


def damages(damage: Damage) -> list[str]:
    answer = verified(damage)
    assert not answer.sound
    assert answer.problem_count == len(answer.problems)
    return [str(problem) for problem in answer.problems]


def booking(
    posting: Posting = POSTED, booking: Booking = BOOKED, *corrections: tuple[Correction, Posting]
) -> Damage:
    """Return what writes a sale and its corrections, whatever they are."""

    def write(tx: MemoryTransaction) -> None:
        tx.sales.book([(booking, posting)], [])
        tx.sales.correct(corrections)

    return write


def posting(*accruals: Accrual) -> Posting:
    return evolve(POSTED, accruals=accruals)


def test_a_sound_store_is_called_sound_and_counted() -> None:
    assert verified(booking()) == Verified(members=3, sales=1, facts=1, problems=(), problem_count=0, tail=14)
    assert verified(booking(POSTED, BOOKED, (BACK, CLAWED_BACK))).sound
    assert verified(lambda tx: None) == Verified(3, 0, 0, (), 0, tail=10)


# Sales

LAW = "sale order 1, sale, line 1, levels, rule 10%, level 1"


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (
            booking(posting(evolve(EARNED, amount_minor=999))),
            [f"{LAW}: ben has 9.99 CNY posted, the plan gives 10.00"],
        ),
        (booking(posting()), [f"{LAW}: ben has 0.00 CNY posted, the plan gives 10.00"]),
        (
            booking(posting(evolve(EARNED, payee=MemberId("ann")))),
            [
                f"{LAW}: ben has 0.00 CNY posted, the plan gives 10.00",
                f"{LAW}: ann has 10.00 CNY posted, the plan gives 0.00",
            ],
        ),
        (
            booking(POSTED, BOOKED, (BACK, evolve(CLAWED_BACK, accruals=()))),
            [f"{LAW.replace('sale, ', 'refund/r1, ')}: ben has 0.00 CNY posted, the plan gives -5.00"],
        ),
        (
            booking(POSTED, evolve(BOOKED, plan_version=2)),
            ["sale order 1: version 2 of plan plan is missing"],
        ),
        (
            booking(posting(EARNED, evolve(EARNED, line=LineId("2")))),
            [
                f"{LAW.replace('line 1', 'line 2')}: ben has 10.00 CNY posted, the plan gives 0.00",
                "sale order 1, sale: a fact names line 2, which the sale does not have",
            ],
        ),
        (
            booking(posting(EARNED, evolve(EARNED, rule=RuleId("?")))),
            [
                f"{LAW.replace('10%', '?')}: ben has 10.00 CNY posted, the plan gives 0.00",
                "sale order 1, sale: a fact names levels/?, which the plan does not have",
            ],
        ),
        (
            booking(posting(EARNED, evolve(EARNED, payee=MemberId("zoe")))),
            [
                f"{LAW}: zoe has 10.00 CNY posted, the plan gives 0.00",
                "sale order 1, sale: a fact pays zoe, who is not a member",
            ],
        ),
        (
            booking(posting(EARNED, evolve(EARNED, level=2, amount_minor=0))),
            [
                "sale order 1, sale: its facts add up, but they are not those that the plan gives",
                "sale order 1, sale: a fact of zero says nothing",
            ],
        ),
        (
            booking(posting(evolve(EARNED, amount_minor=400), evolve(EARNED, amount_minor=600))),
            [
                "sale order 1, sale: its facts add up, but they are not those that the plan gives",
                "sale order 1, sale: two facts have the same line, component, rule, payee and level",
            ],
        ),
    ],
)
def test_facts_that_do_not_follow_from_their_sale(damage: Damage, problems: list[str]) -> None:
    assert damages(damage) == problems


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (
            booking(evolve(POSTED, valid_at=day(4))),
            ["sale order 1: sale has posted with another instant than its own"],
        ),
        (
            booking(evolve(POSTED, cause=CANCELLED)),
            [
                "sale order 1: cancellation has posted without a cause, or twice",
                "sale order 1: sale has no posting",
            ],
        ),
        (
            booking(POSTED, BOOKED, (BACK, evolve(CLAWED_BACK, cause=SOLD))),
            [
                "sale order 1: sale has posted without a cause, or twice",
                "sale order 1: refund/r1 has no posting",
            ],
        ),
    ],
)
def test_postings_and_causes_belong_together(damage: Damage, problems: list[str]) -> None:
    assert damages(damage) == problems


@pytest.mark.parametrize(
    ("back", "problem"),
    [
        (refund(("1", 3, 5_000)), "sale order 1, line 1: more went back than was bought"),
        (refund(("2", 1, 1)), "sale order 1: refund/r1 names line 2, which the sale does not have"),
        (
            refund(("1", 1, 5_000), repeats="r0"),
            "sale order 1: refund/r1 repeats r0, which is missing",
        ),
    ],
)
def test_refunds_that_cannot_be(back: Refund, problem: str) -> None:
    assert damages(booking(POSTED, BOOKED, (back, CLAWED_BACK))) == [problem]


def test_more_money_went_back_than_was_paid() -> None:
    back = refund(("1", 1, 10_001))
    clawed = evolve(CLAWED_BACK, accruals=(evolve(EARNED, amount_minor=-1_000),))
    assert damages(booking(POSTED, BOOKED, (back, clawed))) == [
        "sale order 1, line 1: more went back than was bought",
    ]


def test_sales_of_people_who_are_not_there() -> None:
    nobodys = evolve(BOOKED, sale=evolve(ORDER, buyer=MemberId("zoe"), promoter=MemberId("pam")))
    assert damages(booking(POSTED, nobodys)) == [
        "sale order 1: the buyer zoe was a member and is none",
        "sale order 1: the promoter pam is not a member",
    ]


# The freeze


class ReleasedTooEarly:
    """Sales that were released although their freeze never began."""

    def __init__(self, honest: MemorySales) -> None:
        self._honest = honest

    def all(self) -> Iterator[SaleRecord]:
        for record in self._honest.all():
            yield evolve(record, released=True)


def test_a_release_before_the_freeze_began() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    found.ask(booking())
    found.ask(keep_the_books)
    found.ask(remember_everything)
    with found.store.begin() as tx:
        lying = copy(tx)
        lying.sales = ReleasedTooEarly(tx.sales)  # type: ignore[assignment]  # a fake of the port
        answer = engine.verify(lying)
    assert [str(problem) for problem in answer.problems] == [
        "sale order 1: it is released, but its freeze never began"
    ]


def test_a_due_although_nothing_started_the_freeze() -> None:
    def release(tx: MemoryTransaction) -> None:
        tx.sales.book([(BOOKED, POSTED)], [(ORDER.id, day(9))])
        tx.releases.add([ORDER.id], at=NOW)

    assert damages(release) == [
        "sale order 1: its freeze ends at 2026-01-09T00:00:00Z, which no policy of the shop says"
    ]


def test_a_completion_without_a_due() -> None:
    def complete(tx: MemoryTransaction) -> None:
        booking()(tx)
        tx.sales.complete([(ORDER.id, day(5))], [], at=NOW)

    assert damages(complete) == ["sale order 1: its freeze does not end, which no policy of the shop says"]


# The tree


def cycle(tx: MemoryTransaction) -> None:
    change = Change(MemberId("ann"), Aspect.SPONSOR, "cai", day(1), NOW, tx.members.lock() + 1)
    tx.members.append(change)


@pytest.mark.parametrize(
    ("damage", "problems"),
    [
        (lambda tx: tx.members.add([member("dan", "zoe")]), ["member dan: the sponsor zoe is missing"]),
        (
            lambda tx: tx.members.add([member("top", joined=9), member("dan", "top")]),
            ["member dan: the sponsor top joined later"],
        ),
        (cycle, ["member ann: stands in a cycle"]),
        (
            lambda tx: tx.members.add([member("x", "y"), member("y", "x"), member("z", "x")]),
            ["member x: stands in a cycle"],
        ),
    ],
)
def test_a_tree_that_is_no_forest(damage: Damage, problems: list[str]) -> None:
    assert damages(damage) == problems


def test_moves_that_keep_a_forest_are_sound() -> None:
    def move(tx: MemoryTransaction) -> None:
        for number, (who, where) in enumerate([("cai", None), ("ann", "cai"), ("ben", "cai")], 1):
            tx.members.append(Change(MemberId(who), Aspect.SPONSOR, where, day(2), NOW, number))
        tx.members.append(Change(MemberId("ben"), Aspect.TIER, "gold", day(2), NOW, 4))

    assert verified(move).sound


def test_a_sale_whose_upline_cannot_be_walked() -> None:
    def damage(tx: MemoryTransaction) -> None:
        tx.members.add([member("dan", "zoe")])
        booking(posting(), evolve(BOOKED, sale=evolve(ORDER, buyer=MemberId("dan"))))(tx)

    assert damages(damage) == [
        "member dan: the sponsor zoe is missing",
        "sale order 1: its upline can't be walked: zoe is missing or stands in a cycle",
    ]


# Sums


class LyingEarnings:
    """Sums that show a cent too much, and something for somebody who has nothing."""

    def __init__(self, honest: Earnings) -> None:
        self._honest = honest

    def of(
        self, start: Instant, end: Instant, by: GroupBy, payee: MemberId | None = None
    ) -> Sequence[Earning]:
        told = [
            evolve(each, frozen_minor=each.frozen_minor + 1)
            for each in self._honest.of(start, end, by, payee)
        ]
        return [*told, Earning(MemberId("zoe"), CNY, 0, 0, frozen_minor=3, released_minor=4)]

    def span(self) -> tuple[Instant, Instant] | None:
        return self._honest.span()


def test_sums_that_do_not_agree_with_the_facts() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    found.ask(booking())
    found.ask(keep_the_books)
    found.ask(remember_everything)
    with found.store.begin() as tx:
        lying = copy(tx)
        lying.earnings = LyingEarnings(tx.earnings)  # type: ignore[assignment]  # a fake of the port
        answer = engine.verify(lying)
    assert [str(problem) for problem in answer.problems] == [
        "payee ben: reports show 10.01 CNY, the facts of all sales add up to 10.00",
        "payee zoe: reports show 0.07 CNY, the facts of all sales add up to 0.00",
    ]


def test_only_so_many_problems_are_kept_and_all_are_counted() -> None:
    def damage(tx: MemoryTransaction) -> None:
        tx.members.add([member(f"m{n:04}", "zoe") for n in range(limits.PROBLEMS_MAX + 5)])

    answer = verified(damage)
    assert (len(answer.problems), answer.problem_count) == (limits.PROBLEMS_MAX, limits.PROBLEMS_MAX + 5)
    assert answer.problems[-1].where == f"member m{limits.PROBLEMS_MAX - 1:04}"


# Anything that the engine has done is sound


def test_a_shop_with_everything_is_sound() -> None:
    by = evolve(plan(percent("10%", 1), percent("5%", 2)), freeze=Freeze(0, FreezeFrom.PAID))
    found = shop(plan=by)
    found.do(engine.accrue_all, [evolve(ORDER, id=SaleId(f"order {n}")) for n in range(1, 5)])
    found.do(engine.refund, BACK)
    found.do(engine.refund, refund(("1", 1, 6_000), id="c1", of="order 1", repeats="r1", refunded_at=day(4)))
    found.do(engine.cancel, Cancellation(SaleId("order 2"), day(5)))
    found.do(engine.complete, Completion(SaleId("order 3"), day(5)))
    found.do(engine.release)
    found.do(engine.move, "cai", "ann")
    steps: list[int] = []
    answer = found.ask(engine.verify, progress=steps.append)
    assert (answer.members, answer.sales, answer.facts, answer.problems) == (3, 4, 8 + 2 + 2 + 2, ())
    assert steps == [4]


def test_a_sale_at_the_end_of_time_counts_too() -> None:
    end = instant_of(limits.AT_MAX)
    found = shop(newcomer("ann"), newcomer("cai", "ann"), plan=plan(percent("10%", 1)))
    assert paid(found.do(engine.accrue, sale(paid_at=end), at=end)) == {"ann": 1_000}
    assert found.ask(engine.verify).sound


# What went in


def test_a_sale_that_nobody_has_accrued() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    found.ask(booking(POSTED, BOOKED, (BACK, CLAWED_BACK)))
    found.ask(keep_the_books)
    answer = found.ask(engine.verify)
    assert [str(problem) for problem in answer.problems] == [
        "sale order 1: it is not what was stored: no accrue was done with this",
        "sale order 1, refund/r1: it is not what was stored: no refund was done with this",
    ]


def test_a_completion_that_was_changed() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    found.do(engine.accrue, ORDER)
    found.ask(lambda tx: tx.sales.complete([(ORDER.id, day(5))], [(ORDER.id, day(12))], at=NOW))
    answer = found.ask(engine.verify)
    assert [str(problem) for problem in answer.problems] == [
        "sale order 1: it is not what was stored: no complete was done with this"
    ]


def test_a_sale_that_is_gone() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    inputs = digest(("accrue", ORDER))
    gone = Command(Key("gone"), "accrue", inputs, "", NOW, Actor("forger"))
    found.ask(lambda tx: tx.commands.add([gone]))
    assert [str(problem) for problem in found.ask(engine.verify).problems] == [
        "accrue: 1 were done, 0 are stored"
    ]


def test_facts_that_moved_from_one_posting_to_another() -> None:
    """All that was posted still adds up: only each posting by itself shows it."""
    more = evolve(POSTED, accruals=(evolve(EARNED, amount_minor=1_001),))
    less = evolve(CLAWED_BACK, accruals=(evolve(EARNED, amount_minor=-501),))
    assert damages(booking(more, BOOKED, (BACK, less))) == [
        f"{LAW}: ben has 10.01 CNY posted, the plan gives 10.00"
    ]


def test_a_sale_in_another_currency_than_its_plan() -> None:
    usd = evolve(BOOKED, sale=evolve(ORDER, currency=Currency("USD")))
    assert damages(booking(POSTED, usd)) == ["sale order 1: it is in USD, its plan in CNY"]


@pytest.mark.parametrize("revision", [-1, 1])
def test_a_revision_that_the_tree_never_had(revision: int) -> None:
    assert damages(booking(POSTED, evolve(BOOKED, tree_revision=revision)))[0] == (
        f"sale order 1: it saw revision {revision} of a tree that has 0"
    )


def test_facts_posted_at_another_instant_than_the_booking() -> None:
    assert damages(booking(evolve(POSTED, posted_at=day(25)))) == [
        "sale order 1: its first facts were posted at another instant than it was booked"
    ]


class LosesChanges:
    """A tree whose changes are gone, but for their number."""

    def __init__(self, honest: Members) -> None:
        self._honest = honest

    def __getattr__(self, name: str) -> object:
        return getattr(self._honest, name)

    def revision(self) -> int:
        return 7


def test_a_change_of_the_tree_that_is_gone() -> None:
    found = shop(plan=plan(percent("10%", 1)))
    with found.store.begin() as tx:
        lying = copy(tx)
        lying.members = LosesChanges(tx.members)  # type: ignore[assignment]  # a fake of the port
        answer = engine.verify(lying)
    assert [str(problem) for problem in answer.problems] == ["tree: it is at revision 7, and has 0 changes"]
