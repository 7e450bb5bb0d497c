"""What a verb asks of the database does not depend on how much it is asked to do."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

import pytest
from attrs import evolve
from tests.sql.stores import new_store

from distcore.commission import (
    Bracket,
    ByPoints,
    ByVolume,
    GroupBy,
    Ladder,
    Percent,
    Pool,
    PoolWeight,
    Region,
    Rule,
)
from distcore.engine import (
    accrue_all,
    accrue_period,
    adjust_all,
    appoint,
    cancel_all,
    complete_all,
    explain_member,
    join_all,
    move,
    open_balances,
    period_states,
    refund_all,
    release,
    set_plan,
)
from distcore.engine.release import Completion
from distcore.kernel import (
    ComponentId,
    MemberId,
    Period,
    Rate,
    RuleId,
    SaleId,
)
from distcore.referral import Member
from distcore.testing.builders import (
    ALWAYS,
    DAY_1,
    DAY_12,
    LATER,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_refund,
    a_sale,
    day,
    levels,
)
from distcore.testing.money import an_adjustment, an_opening
from distcore.testing.tiers import a_month
from distcore_sql import SqlStore, SqlTransaction

Do: TypeAlias = Callable[[Shop, range], object]

LADDER = Ladder(ComponentId("ladder"), (Bracket(0, Rate.parse("1%")),))

# Verb, and the most statements that a batch of it may take; BEGIN and COMMIT are not counted.
BATCHES: dict[str, tuple[int, Do]] = {
    "join": (8, lambda shop, n: shop.do(join_all, [a_member(f"m{i}", "cai") for i in n])),
    "accrue": (14, lambda shop, n: shop.do(accrue_all, [_sale(i) for i in n])),
    "complete": (12, lambda shop, n: shop.do(complete_all, [Completion(_id(i), DAY_12) for i in n])),
    "refund": (20, lambda shop, n: shop.do(refund_all, [a_refund(f"r{i}", _id(i)) for i in n])),
    "cancel": (18, lambda shop, n: shop.do(cancel_all, [a_cancellation(_id(i)) for i in n])),
    "release": (17, lambda shop, n: shop.do(release)),
    "earnings": (1, lambda shop, n: shop.earned(by=GroupBy.VALID)),
    "earnings by posting": (1, lambda shop, n: shop.earned(*ALWAYS, by=GroupBy.POSTED)),
    "find": (5, lambda shop, n: _ask(shop, lambda tx: tx.sales.find([_id(i) for i in n]))),
    "upward": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.upward(_members(n), len(n)))),
    "upward, all": (
        1,
        lambda shop, n: _ask(shop, lambda tx: tx.members.upward(_members(n), None)),
    ),
    "downward": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.downward(_members(n)))),
    "agents": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.agents([f"cn/{i}" for i in n]))),
    "agents, all": (1, lambda shop, n: _ask(shop, lambda tx: tx.members.agents(None))),
    "adjust": (9, lambda shop, n: shop.do(adjust_all, [an_adjustment(f"a{i}", f"m{i}") for i in n])),
    "open balances": (
        12,
        lambda shop, n: shop.do(open_balances, [an_opening(f"b{i}", f"m{i}") for i in n]),
    ),
    "move": (12, lambda shop, n: shop.do(move, _members(n)[0], MemberId("ann"), valid_from=day(9))),
}


class Counting:
    """A store that adds up the statements of its transactions."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._count = 0

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        with self._store.begin() as tx:
            yield tx
        self._count += tx.statements

    def of(self, do: Callable[[], object]) -> int:
        """Return how many statements something takes."""
        before = self._count
        do()
        return self._count - before


@pytest.fixture
def counting(url: str) -> Counting:
    return Counting(new_store(url))


def test_a_batch_takes_as_many_statements_as_a_single_one(counting: Counting) -> None:
    shop = Shop.open(counting, newcomers=a_chain("ann", "ben", "cai"))
    shop.do(move, MemberId("cai"), MemberId("ann"), valid_from=day(9))  # the first one makes the tree's row
    single = {verb: counting.of(partial(do, shop, range(1))) for verb, (_, do) in BATCHES.items()}
    many = {verb: counting.of(partial(do, shop, range(1, 40))) for verb, (_, do) in BATCHES.items()}
    sys.stdout.write(f"\nstatements of a verb: {many}\n")
    assert many == single
    assert +Counter(many) - Counter({verb: most for verb, (most, _) in BATCHES.items()}) == {}


def test_the_lines_of_an_order_take_no_more_statements(counting: Counting, url: str) -> None:
    """Only the first many make the database look at tables that were empty before: at lines and accruals."""
    shop = Shop.open(counting, newcomers=a_chain("ann", "ben", "cai"))
    orders = [
        a_sale(_id(number), lines=[a_line(str(i)) for i in range(lines)])
        for number, lines in enumerate((500, 1, 500))
    ]
    first, *others = (counting.of(partial(shop.do, accrue_all, [order])) for order in orders)
    assert others == [others[0]] * 2
    assert 0 < others[0] <= BATCHES["accrue"][0]
    assert first - others[0] == (2 + 3 if url.startswith("postgresql") else 0)


def test_agents_are_asked_for_once_and_only_if_a_plan_pays_them(counting: Counting) -> None:
    """Of however many regions the orders of a batch are."""
    region = Region(ComponentId("agents"), (Rule(RuleId("all"), Percent(Rate.parse("1%"))),))
    shop = Shop.open(counting, a_plan(levels("10%")), newcomers=a_chain("ann", "ben", "cai"))
    for place in ("cn", "cn/3", "us"):
        shop.do(appoint, "ann", place, valid_from=DAY_1)

    def taken(first: int, count: int) -> int:
        numbers = range(first, first + count)
        regions = [f"cn/{n}/x" if n % 2 else f"us/{n}" for n in numbers]
        named = zip(numbers, regions, strict=True)
        orders = [evolve(a_sale(_id(n), "cai"), region=region) for n, region in named]
        return counting.of(lambda: shop.do(accrue_all, orders))

    taken(0, 10)  # the first one makes rows of the buyers
    without, refund_without = (
        taken(10, 10),
        counting.of(lambda: shop.do(refund_all, [a_refund("r1", _id(3))])),
    )
    shop.do(set_plan, a_plan(levels("10%"), region, plan_version=2))
    assert [taken(20, 10), taken(30, 50)] == [without + 1] * 2
    assert counting.of(lambda: shop.do(refund_all, [a_refund("r2", _id(23))])) == refund_without + 1
    assert {share[3] for share in shop.shares("order 25")} == {"ben", "ann"}


def test_a_period_takes_as_many_statements_for_many_payees(url: str) -> None:
    """Those of a first run, and of one that posts what has changed."""
    taken = []
    for members in (1, 40):
        counting = Counting(new_store(url, f"of {members}"))
        monthly = evolve(a_plan(), period_components=(LADDER,))
        shop = Shop.open(counting, monthly, [a_member(f"m{i}") for i in range(members)])
        shop.do(accrue_all, [_sale(i) for i in range(members)])
        first = counting.of(partial(shop.do, accrue_period, "CNY", "2017-01"))
        shop.do(refund_all, [a_refund(f"r{i}", _id(i)) for i in range(members)])
        again = counting.of(partial(shop.do, accrue_period, "CNY", "2017-01"))
        taken.append((first, again))
    assert taken[0] == taken[1]
    assert max(taken[0]) <= 23


def test_points_are_added_up_once_and_only_where_a_pool_asks(url: str) -> None:
    taken: list[int] = []
    asked: list[tuple[int, PoolWeight]] = [(1, ByVolume()), (1, ByPoints()), (40, ByPoints())]
    for members, weights in asked:
        counting = Counting(new_store(url, f"{len(taken)}"))
        monthly = evolve(a_plan(), period_components=(Pool(LADDER.id, Rate.parse("1%"), weights),))
        shop = Shop.open(counting, monthly, [a_member(f"m{i}") for i in range(members)])
        shop.do(accrue_all, [_sale(i) for i in range(members)])
        shop.do(adjust_all, [an_adjustment(f"a{i}", f"m{i}", 5, currency="POINT") for i in range(members)])
        taken.append(counting.of(partial(shop.do, accrue_period, "CNY", "2017-01")))
    assert taken == [taken[0], taken[0] + 1, taken[0] + 1]


def test_what_changed_is_told_of_any_number_of_periods_at_once(counting: Counting) -> None:
    """And of any number of sales, and by points too."""
    by_points = Pool(ComponentId("pool"), Rate.parse("1%"), ByPoints())
    monthly = evolve(a_plan(), period_components=(LADDER,), valid_from=ALWAYS[0])
    newer = evolve(monthly, plan_version=2, period_components=(by_points,))
    shop = Shop.open(counting, monthly, [a_member("m0")])
    taken = [counting.of(lambda: _ask(shop, period_states))]
    for label, ids in (("2017-01", range(9)), ("2016-12", range(9, 10)), ("2016-11", range(10, 11))):
        shop.do(accrue_period, "CNY", label)
        shop.do(accrue_all, [_sale(i) for i in ids])
        taken.append(counting.of(lambda: _ask(shop, period_states)))
        shop.do(set_plan, newer)  # of whatever is accrued after the first one
    assert taken == [2, 5, 5, 5]


def test_a_member_is_explained_by_as_many_statements_as_ever(counting: Counting) -> None:
    """However many periods were accrued, of those that are asked about and of others."""
    monthly = evolve(a_plan(), period_components=(LADDER,), valid_from=ALWAYS[0])
    shop = Shop.open(counting, monthly, [a_member("m0", joined_at=day(-90))])
    shop.do(accrue_all, [_sale(0)])

    def asked() -> list[int]:
        def ask(by: GroupBy, when: Period) -> int:
            return counting.of(lambda: _ask(shop, lambda tx: explain_member(tx, MemberId("m0"), when, by=by)))

        ever = Period("ever", *ALWAYS)
        others = [ask(GroupBy.VALID, a_month("2017-01")), ask(GroupBy.POSTED, a_month("2016-09"))]
        return [*others, ask(GroupBy.VALID, ever), ask(GroupBy.POSTED, ever)]

    shop.do(accrue_period, "CNY", "2017-01")
    once = asked()
    for month, paid_at in ((10, day(-80)), (11, day(-50)), (12, day(-20))):
        shop.do(accrue_all, [evolve(_sale(month), buyer=MemberId("m0"), paid_at=paid_at)])
        shop.do(accrue_period, "CNY", f"2016-{month}")
    with counting.begin() as tx:
        assert len(list(tx.period_runs.parts(*ALWAYS, GroupBy.POSTED, MemberId("m0")))) == 4
    assert asked() == once


def test_rows_that_are_copied_count_as_one_statement(url: str) -> None:
    """And so does every other statement, also one that finds nothing."""
    with new_store(url).begin() as tx:
        assert tx.statements == 0
        tx.members.revision()
        tx.sales.known([])
        assert tx.statements == 2
        tx.members.add([_member(f"m{i}") for i in range(300)])
        assert tx.statements == 3


def _member(id: str) -> Member:
    return Member(MemberId(id), DAY_1, LATER)


def _sale(number: int) -> Any:
    return a_sale(_id(number), buyer=f"m{number}")


def _id(number: int) -> SaleId:
    return SaleId(f"order {number}")


def _members(numbers: range) -> list[MemberId]:
    return [MemberId(f"m{number}") for number in numbers]


def _ask(shop: Shop, question: Callable[[Any], object]) -> object:
    with shop.store.begin() as tx:
        return question(tx)
