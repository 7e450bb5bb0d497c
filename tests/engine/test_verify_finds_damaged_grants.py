"""What a sale can't have been granted under a cap is found, also where it adds up with all that is kept."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, ExitStack

import pytest
from attrs import evolve

from distcore import engine
from distcore.commission import (
    Accrual,
    Cap,
    Custom,
    CustomCase,
    EarnedBefore,
    Formulas,
    Grant,
    PaidBefore,
    Per,
    Plan,
    Sale,
    granted_of,
)
from distcore.commission.cap import within_caps
from distcore.engine.verify_tallies import grant_problems
from distcore.kernel import Cadence, CapId, ComponentId, MemberId
from distcore.memory import MemoryStore
from distcore.testing.builders import (
    Shop,
    a_booking,
    a_chain,
    a_line,
    a_plan,
    a_policy,
    a_sale,
    day,
    levels,
)
from distcore.testing.canaries import swapped

MONTH = Cap(CapId("month"), 700, within=Cadence.MONTHLY)
EVER = Cap(CapId("ever"), 900, Per.BUYER)
CAPPED = evolve(a_plan(levels("10%", "5%")), caps=(MONTH, EVER))
ASKING = a_plan(evolve(levels("10%"), rules=(evolve(levels("10%").rules[0], match=EarnedBefore(0)),)))
FEBRUARY = day(31, 17)
"""An hour after the end of January in Shanghai, and in New York still in it."""


def grant(cap: str, member: str, minor: int, period: str = "") -> Grant:
    return Grant(CapId(cap), MemberId(member), period, minor)


def granting(grants: tuple[Grant, ...]) -> AbstractContextManager[None]:
    """Let whatever is asked be granted this, for a block."""

    def granted(_: object, plan: Plan, sale: Sale, asked: Sequence[Accrual], *__: object) -> object:
        capped = within_caps(plan, sale, asked, granted_of(grants))
        return grants, [each.amount_minor for each in capped]

    return swapped("distcore.commission.cap:grants_of", granted)


def sold(grants: tuple[Grant, ...], net_minor: int = 10_000, plan: Plan = CAPPED) -> Shop:
    """Return a shop in which a sale was granted this, whatever it could be granted."""
    shop = Shop.open(MemoryStore("shop"), plan, a_chain("ann", "ben", "cai"))
    keys = {(plan.id, each.cap, each.member, each.period) for each in grants}
    with ExitStack() as stack:
        stack.enter_context(granting(grants))
        stack.enter_context(swapped("distcore.commission.calculate:tallies_of", lambda *_: keys))
        shop.do(engine.accrue, a_sale(lines=[a_line(net_minor=net_minor)]))
    return shop


def found(shop: Shop, formulas: Formulas | None = None) -> list[str]:
    with shop.store.begin() as tx:
        return [str(each) for each in engine.verify(tx, formulas=formulas or {}).problems]


OF_BEN = "plan plan, cap month, member ben, 2017-01"
BEN, ANN, CAI = grant("month", "ben", 700, "2017-01"), grant("month", "ann", 500, "2017-01"), "cai"


@pytest.mark.parametrize(
    ("grants", "problems"),
    [
        ((BEN, ANN, grant("ever", CAI, 900)), []),
        ((BEN, ANN), []),
        (
            (grant("day", "ben", 1), BEN),
            [
                "sale order 1: it was granted something under day, which its plan does not have",
                "plan plan, cap day, member ben: 1 minor units are kept as granted, the highest cap is 0",
            ],
        ),
        (
            (evolve(BEN, period="2017-02"),),
            ["sale order 1: under month it was granted something in 2017-02"],
        ),
        (
            (evolve(BEN, period=""), grant("ever", CAI, 1, "2017-01")),
            [
                "sale order 1: under month it was granted something in no period",
                "sale order 1: under ever it was granted something in 2017-01",
            ],
        ),
        (
            (evolve(BEN, granted_minor=701),),
            [
                "sale order 1: under month ben was granted 701 minor units, the cap is 700",
                f"{OF_BEN}: 701 minor units are kept as granted, the highest cap is 700",
            ],
        ),
        (
            (BEN, evolve(ANN, granted_minor=501)),
            ["sale order 1: under month ann was granted 501 minor units, it asked for 500"],
        ),
        (
            (BEN, grant("month", "zoe", 1, "2017-01")),
            ["sale order 1: under month zoe was granted 1 minor units, it asked for 0"],
        ),
        (
            (evolve(BEN, granted_minor=300), grant("ever", CAI, 301)),
            ["sale order 1: under ever cai was granted 301 minor units, it asked for 300"],
        ),
    ],
)
def test_grants_are_held_against_their_cap_and_what_was_asked(
    grants: tuple[Grant, ...], problems: Collection[str]
) -> None:
    """The last one asks under the second cap for what the first one has left."""
    assert found(sold(grants)) == problems


def test_all_together_are_held_against_the_highest_cap_of_any_version() -> None:
    shop = sold((BEN,))
    higher = evolve(CAPPED, plan_version=2, caps=(evolve(MONTH, amount_minor=1_500),))
    with granting((BEN,)):
        shop.do(engine.accrue, a_sale("order 2"))
    assert found(shop) == [f"{OF_BEN}: 1400 minor units are kept as granted, the highest cap is 700"]
    shop.do(engine.set_plan, higher)
    assert found(shop) == []


def test_a_period_may_be_that_of_any_calendar_that_the_shop_had() -> None:
    shop = Shop.open(MemoryStore("shop"), CAPPED, a_chain("ann", "ben", "cai"))
    shop.do(engine.accrue, a_sale(paid_at=FEBRUARY))
    shop.do(engine.set_policy, a_policy("America/New_York"))
    shop.do(engine.accrue, a_sale("order 2", paid_at=FEBRUARY))
    with shop.store.begin() as tx:
        assert {key[3] for key, used in tx.tallies.all() if used} == {"", "2017-01", "2017-02"}
    assert found(shop) == []


def test_a_plan_with_caps_has_grants_and_one_without_has_none() -> None:
    booking, _ = a_booking(a_sale())
    for plan, grants, what in (
        (CAPPED, None, "it has no grants, and its plan has caps"),
        (a_plan(), (), "it has grants, and its plan has no caps"),
    ):
        (problem,) = grant_problems(evolve(booking, grants=grants), plan, (), "sale")
        assert str(problem) == f"sale: {what}"


def test_of_a_formula_that_breaks_nothing_more_is_said() -> None:
    by = evolve(a_plan(Custom(ComponentId("formula"), "formula", 1)), caps=(EVER,))

    def whole(case: CustomCase) -> list[list[int]]:
        return [[1] for _ in case.claims]

    def breaks(case: CustomCase) -> list[list[int]]:
        raise ZeroDivisionError

    shop = Shop.open(MemoryStore("shop"), a_plan(id="old", valid_until=day(2)), a_chain("ann", "ben", "cai"))
    shop.do(engine.set_plan, evolve(by, valid_from=day(2)), formulas={("formula", 1): whole})
    shop.do(engine.accrue, a_sale(), formulas={("formula", 1): whole})
    assert found(shop, {("formula", 1): whole}) == found(shop) == []
    (problem,) = found(shop, {("formula", 1): breaks})
    assert "ZeroDivisionError" in problem


def test_a_plan_that_asks_has_what_was_earned_and_one_that_does_not_has_none() -> None:
    booking, _ = a_booking(a_sale())
    for plan, earned, what in (
        (ASKING, None, "what was earned before it is not kept, and its plan asks"),
        (a_plan(), (), "what was earned before it is kept, and its plan does not ask"),
    ):
        (problem,) = grant_problems(evolve(booking, earned=earned), plan, (), "sale")
        assert str(problem) == f"sale: {what}"


def test_what_was_earned_is_held_against_all_that_was_paid() -> None:
    """Ben has 10.00 by the sale and nothing else; whoever is never paid has nothing before."""
    shop = Shop.open(MemoryStore("shop"), ASKING, a_chain("ann", "ben", "cai"))
    earned = (PaidBefore(MemberId("ann"), 5), PaidBefore(MemberId("ben"), 1))
    with swapped("distcore.commission.earned:earned_before", lambda *_: earned):
        shop.do(engine.accrue, a_sale())
    assert found(shop) == [
        "plan plan, member ann, CNY: with sale order 1 it had 5 minor units, all sales paid 0",
        "plan plan, member ben, CNY: with sale order 1 it had 1001 minor units, all sales paid 1000",
    ]
