"""M7: what goes back after a payout is carried, and any partition of time into periods pays the same.

A shop that closes every day, one that closes every year, and one that changes its mind in between give
everybody the same in a lifetime, before minimum, holds, tax and fees: a due is on one statement, whichever
that is, and what one statement leaves over is what the next one begins with.  In between they differ: who
was paid on Monday owes on Tuesday what whoever waits for the year's end never gets to see.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from attrs import evolve, field, frozen
from hypothesis import given, settings
from tests.laws.failing import assert_fails_somewhere
from tests.money import CNY, POLICY, close, figures, on, pay, release, set_account

from distcore import engine
from distcore.commission import Freeze, FreezeFrom, Plan
from distcore.kernel import (
    Cadence,
    EveryDays,
    Instant,
    OnDates,
    Period,
    Rhythm,
    ShopPolicy,
    Weekday,
    period_of,
)
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.referral import Newcomer
from distcore.settlement import Review, Statement
from distcore.testing.builders import (
    PAID,
    Shop,
    a_chain,
    a_line,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.canaries import swapped
from distcore.testing.money import a_settlement_policy, an_adjustment
from distcore.testing.worlds import drawn

NewStore = Callable[[], Store]

TENTH = a_plan(levels("10%"), freeze=PAID)
NEW_MINOR = {"less": (100, 50), "as much": (600, 50), "more": (601, 50), "in the end": (599, 2)}
"""What people get in the two months after something went back, of which they owe 6.00."""

PEOPLE = ("ann", "ben", "cai")
BEGUN = day(345)
"""The eleventh of December: a week, half a month, a month, a quarter and a year end before long."""

FIRST_DAY = date(2017, 12, 11)
AFTERWARDS = tuple(date(year, 7, 1) for year in range(2018, 2024))
"""The last of some dates begins a period that never ends: long after everything."""


# What goes back after a payout


@pytest.mark.parametrize("review", Review)
def test_what_goes_back_after_a_payout_is_carried(new_store: NewStore, review: Review) -> None:
    """Everybody was paid 10.00, and 6.00 of it went back: the next period pays max(0, carry + new)."""
    shop = Shop.open(new_store(), TENTH, [each for payee in NEW_MINOR for each in _a_pair(payee)])
    shop.do(engine.set_settlement, evolve(POLICY, review=review))
    for payee in NEW_MINOR:
        set_account(shop, payee, on("2026-01-02"))
        _sell(shop, payee, 1_000, "2026-01")
    _close(shop, "2026-01")
    for payee in NEW_MINOR:
        pay(shop, f"p {payee}", 1_000, on("2026-02-02"), payee)
        lines = {"1": (0, 6_000)}
        back = a_refund(payee, f"{payee} 2026-01", lines, refunded_at=on("2026-02-03"))
        shop.do(engine.refund, back, at=on("2026-02-03"))
    _close(shop, "2026-02")
    assert {payee: figures(shop, 2, payee) for payee in NEW_MINOR} == dict.fromkeys(
        NEW_MINOR, (0, -600, 0, -600)
    )

    for closing, label in enumerate(("2026-03", "2026-04"), 3):
        carried = {payee: shop.balance(payee)[0] for payee in NEW_MINOR}
        for payee, new in NEW_MINOR.items():
            _sell(shop, payee, new[closing - 3], label)
        _close(shop, label)
        for payee, new in NEW_MINOR.items():
            gross = max(0, carried[payee] + new[closing - 3])
            left = carried[payee] + new[closing - 3] - gross
            assert figures(shop, closing, payee) == (carried[payee], new[closing - 3], gross, left)
    assert {payee: shop.balance(payee) for payee in NEW_MINOR} == {
        "less": (-450, 0),
        "as much": (0, 50),
        "more": (0, 51),
        "in the end": (0, 1),
    }
    shop.assert_sound()


def _a_pair(payee: str) -> tuple[Newcomer, ...]:
    return a_chain(payee, f"buyer of {payee}")


def _sell(shop: Shop, payee: str, earned_minor: int, label: str) -> None:
    """Sell what a payee gets a tenth of, a week later in the same month."""
    line = a_line(net_minor=10 * earned_minor)
    paid_at = on(f"{label}-05")
    sale = a_sale(f"{payee} {label}", f"buyer of {payee}", [line], paid_at=paid_at)
    shop.do(engine.accrue, sale, at=paid_at)


def _close(shop: Shop, label: str) -> None:
    release(shop, on(f"{label}-28"))
    closing = close(shop, label)
    if closing.decision is None:
        shop.do(engine.approve_closing, closing.number, at=closing.drafted_at, actor="boss")


# One life, and many ways to cut it


@frozen
class Event:
    """Somebody tells the shop something."""

    at: Instant
    verb: Callable[..., object]
    what: tuple[Any, ...] = ()


@frozen
class Life:
    """What a shop is told, in order, until every freeze is over."""

    plan: Plan
    events: Sequence[Event]
    ends_at: Instant


@frozen
class Partition:
    """The periods of a shop: of its first rhythm, and of its second one from a day on."""

    policy: ShopPolicy
    rhythms: Sequence[Rhythm]
    changes_at: Instant
    late: timedelta
    """How long after its end a period is closed at the earliest."""
    releases_every: int
    """Of so many closings only one is preceded by a release: what it finds is too late for the others."""

    def period_of(self, instant: Instant) -> Period:
        rhythm = self.rhythms[-1 if instant >= self.changes_at else 0]
        return period_of(instant, rhythm, self.policy.calendar)


def random_life(random: Random, days: int = 40) -> Life:
    """Draw sales, what of them goes back, and what the boss gives and takes; some of it is told late."""
    freeze = Freeze(random.choice((0, 1, 7, 15)), FreezeFrom.PAID)
    events: list[Event] = []
    for number in range(random.randint(1, 4)):
        events += _of_a_sale(random, f"order {number}", days)
    for number in range(random.randint(0, 4)):
        at = _moment(random, days)
        amount = random.choice((1, 99, 2_500, -1, -700, -20_000))
        gift = an_adjustment(f"gift {number}", random.choice(PEOPLE), amount, valid_at=at)
        events.append(Event(_told(random, at), engine.adjust, (gift,)))
    events += [Event(_moment(random, days), engine.release) for _ in range(random.randint(0, 4))]
    events.sort(key=lambda each: each.at)
    ends_at = events[-1].at + timedelta(days=freeze.days + 2)
    return Life(a_plan(levels("12.5%", "3.3333%"), freeze=freeze), events, ends_at)


def _of_a_sale(random: Random, id: str, days: int) -> list[Event]:
    """Draw a sale, and up to three refunds: before its release, after it, and long after."""
    left = random.choice((100_000, 12_345, 999, 101, 33))
    paid_at = _moment(random, days)
    sale = a_sale(id, random.choice(("ben", "cai")), [a_line(net_minor=left)], paid_at=paid_at)
    events = [Event(_told(random, paid_at), engine.accrue, (sale,))]
    for number in range(random.randint(0, 3)):
        refunded_at = events[-1].at + timedelta(hours=random.choice((1, 30, 24 * 8, 24 * 20)))
        amount = random.randint(1, left)
        back = a_refund(f"{id}, {number}", id, {"1": (0, amount)}, refunded_at=refunded_at)
        events.append(Event(_told(random, refunded_at), engine.refund, (back,)))
        left -= amount
        if not left:
            break
    return events


def _moment(random: Random, days: int) -> Instant:
    """Draw an hour, often the first one of a day somewhere."""
    return BEGUN + timedelta(
        days=random.randrange(days), hours=random.choice((0, 5, 16, random.randrange(24)))
    )


def _told(random: Random, at: Instant) -> Instant:
    """Draw when something is told that happened: at once, or so late that a period may be closed by then."""
    return at + timedelta(hours=random.choice((0, 0, 5, 24 * 3)))


def random_partition(random: Random, days: int = 40) -> Partition:
    zone = random.choice(("Asia/Shanghai", "America/New_York", "UTC"))
    policy = evolve(a_policy(zone), week_start=random.choice(list(Weekday)))
    rhythms = [_random_rhythm(random, days) for _ in range(random.choice((1, 1, 2)))]
    late = timedelta(hours=random.choice((0, 0, 10, 24 * 9)))
    return Partition(
        policy, rhythms, _moment(random, days) + timedelta(hours=1), late, random.choice((1, 1, 4))
    )


def _random_rhythm(random: Random, days: int) -> Rhythm:
    def some_day() -> date:
        return FIRST_DAY + timedelta(days=random.randrange(1, days))

    every = EveryDays(random.choice((2, 3, 10, 45)), some_day())
    dates = {some_day() for _ in range(random.randint(1, 5))}
    rhythms: tuple[Rhythm, ...] = (*Cadence, every, OnDates((*sorted(dates), *AFTERWARDS)))
    return random.choice(rhythms)


# A life as it is lived, period by period


class LivedShop(Shop):
    """A shop that closes what has ended before it is told anything new."""

    partition: Partition
    closed_until: Instant

    def begin(self, partition: Partition) -> None:
        self.partition = partition
        self.closed_until = partition.period_of(BEGUN).start
        self.closings = 0
        self.settle_by(1, partition.rhythms[0])

    def settle_by(self, number: int, rhythm: Rhythm, **more: Any) -> None:
        policy = evolve(a_settlement_policy(number), cadence=rhythm, **more)
        self.do(engine.set_settlement, policy)

    def live(self, life: Life) -> None:
        for each in life.events:
            while self.next_end() + self.partition.late <= each.at:
                self.close(each.at, releases=self.closings % self.partition.releases_every == 0)
            self.do(each.verb, *each.what, at=each.at)

    def close_all_until(self, instant: Instant) -> None:
        """Close all that holds an instant, or what was before it, each as soon as it has ended."""
        while self.closed_until <= instant:
            self.close(max(self.next_end(), instant))

    def close(self, at: Instant, *, releases: bool = True) -> None:
        """Close what is next; the first one by its name, and by the first policy."""
        if releases:
            self.do(engine.release, at=at)
        expected = self.partition.period_of(self.closed_until)
        closing = self.do(engine.close_period, CNY, None if self.closings else expected.label, at=at)
        assert (closing.period.start, closing.period.end) == (self.closed_until, expected.end)
        self.closed_until = closing.period.end
        self.closings = closing.number
        if self.closings == 1:
            self.settle_by(2, self.partition.rhythms[-1], valid_from=self.partition.changes_at)

    def next_end(self) -> Instant:
        return self.partition.period_of(self.closed_until).end

    def released(self) -> dict[str, int]:
        """Return what everybody was given by facts: all of it is released."""
        sums: Counter[str] = Counter()
        with self.store.begin() as tx:
            for record in tx.sales.all():
                assert record.released
                for posting in record.postings:
                    for fact in posting.accruals:
                        sums[fact.payee] += fact.amount_minor
            for adjustment, _ in tx.adjustments.all():
                sums[adjustment.payee] += adjustment.amount_minor
        return {each: sums[each] for each in PEOPLE}

    def paid(self) -> dict[str, "Paid"]:
        return {each: Paid.of(self.statements(each)) for each in PEOPLE}


@frozen
class Paid:
    """What a payee got in a lifetime, and what the last statement left over."""

    gross_minor: int = 0
    left_minor: int = 0
    statements: int = field(default=0, eq=False)

    @classmethod
    def of(cls, statements: Sequence[Statement]) -> "Paid":
        """Add up statements, each of which pays max(0, carry + new)."""
        gross = carried = 0
        for each in statements:
            assert each.opening_minor == carried
            assert each.gross_minor == max(0, carried + each.lines_minor)
            gross += each.gross_minor
            carried = each.closing_minor
        return cls(gross, carried, len(statements))

    @property
    def in_all_minor(self) -> int:
        return self.gross_minor + self.left_minor


def lived(store: Store, life: Life, partition: Partition) -> LivedShop:
    shop = LivedShop.open(store, life.plan, a_chain(*PEOPLE), partition.policy)
    shop.begin(partition)
    shop.live(life)
    shop.close_all_until(life.ends_at)
    return shop


def assert_pays_the_same(new_store: NewStore, life: Life, partitions: Sequence[Partition]) -> None:
    """Live the same life in shops that close differently; then give so much that nobody owes anything."""
    shops = [lived(new_store(), life, partition) for partition in partitions]
    released = shops[0].released()
    for shop in shops:
        assert shop.released() == released
        assert {payee: each.in_all_minor for payee, each in shop.paid().items()} == released
        assert {payee: shop.balance(payee)[0] for payee in PEOPLE} == {
            payee: each.left_minor for payee, each in shop.paid().items()
        }

    prize = 1 + sum(abs(each.left_minor) for shop in shops for each in shop.paid().values())
    for shop in shops:
        at = shop.closed_until
        gifts = [an_adjustment(f"prize of {payee}", payee, prize, valid_at=at) for payee in PEOPLE]
        assert len(shop.do(engine.adjust_all, gifts, at=at).done) == len(PEOPLE)
        shop.close_all_until(at)
        assert shop.paid() == {payee: Paid(released[payee] + prize) for payee in PEOPLE}
        shop.assert_sound()


def random_partitions(random: Random, days: int = 40) -> list[Partition]:
    return [random_partition(random, days) for _ in range(3)]


@settings(max_examples=max(1, settings().max_examples // 10))
@given(drawn(random_life), drawn(random_partitions))
def test_any_partition_of_time_pays_the_same(life: Life, partitions: list[Partition]) -> None:
    assert_pays_the_same(lambda: MemoryStore("shop"), life, partitions)


@settings(max_examples=max(1, settings().max_examples // 25))
@given(
    life=drawn(lambda random: random_life(random, days=25)),
    partitions=drawn(lambda random: random_partitions(random, days=25)),
)
def test_any_partition_of_time_pays_the_same_on_every_store(
    new_store: NewStore, life: Life, partitions: list[Partition]
) -> None:
    assert_pays_the_same(new_store, life, partitions)


def test_partitions_differ_in_what_they_pay_meanwhile() -> None:
    """Else the law would compare the same thing three times."""
    lives = [random_life(Random(seed)) for seed in range(10)]
    differing = statements = 0
    for seed, life in enumerate(lives):
        shops = [lived(MemoryStore("shop"), life, each) for each in random_partitions(Random(seed))]
        differing += any(shop.paid() != shops[0].paid() for shop in shops)
        statements += max(each.statements for shop in shops for each in shop.paid().values())
    assert differing >= 3
    assert statements > 30


# What can go wrong


def forgets_what_is_owed(
    stated: Callable[..., Statement], closing: Any, total: Any, _: int, *more: Any, **held: Any
) -> Statement:
    """Begin every period with nothing."""
    return stated(closing, total, 0, *more, **held)


def keeps_what_is_owed_small(
    stated: Callable[..., Statement], closing: Any, total: Any, *more: Any, **held: Any
) -> Statement:
    """Take back no more than there is in a period."""
    return stated(closing, evolve(total, lines_minor=max(0, total.lines_minor)), *more, **held)


def pays_whole_yuan(stated: Callable[..., Statement], *args: Any, **held: Any) -> Statement:
    """Round what is due down, and carry the rest."""
    found = stated(*args, **held)
    return evolve(found, gross_minor=found.gross_minor // 100 * 100)


def takes_only_what_was_released_within(take: Callable[..., int], closings: Any, closing: Any) -> int:
    """Leave what was told too late for the period in which it was released."""
    early = [due for due in closings._dues.all() if due.released_at < closing.period.start]
    for due in early:
        closings._dues.remove(due)
    count = take(closings, closing)
    closings._dues.add(early)
    return count


def loses_the_first_instant(take: Callable[..., int], closings: Any, closing: Any) -> int:
    """Take what was released at the end of a period, and let it go: the next one begins after it."""
    for due in list(closings._dues.all()):
        if due.released_at == closing.period.end:
            closings._dues.remove(due)
    return take(closings, closing)


@pytest.mark.parametrize(
    ("target", "defect"),
    [
        ("distcore.settlement.statement:stated", forgets_what_is_owed),
        ("distcore.settlement.statement:stated", keeps_what_is_owed_small),
        ("distcore.settlement.statement:stated", pays_whole_yuan),
        ("distcore.memory.settlement:MemoryClosings.take", takes_only_what_was_released_within),
        ("distcore.memory.settlement:MemoryClosings.take", loses_the_first_instant),
        (
            "distcore.engine.bookkeeping:dues_of",
            lambda of, portions: [each for each in of(portions) if each.amount_minor > 0],
        ),
    ],
)
def test_this_law_can_fail(target: str, defect: Callable[..., Any]) -> None:
    with swapped(target, defect):
        assert_fails_somewhere(
            lambda random: assert_pays_the_same(
                lambda: MemoryStore("shop"), random_life(random), random_partitions(random)
            )
        )
