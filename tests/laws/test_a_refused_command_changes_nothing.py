"""M12: a refused command leaves the dump identical, even where its transaction commits.

Every code that the library can refuse with stands here with a command that is refused with it; the machine
holds the same law over random commands.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest

from distcore import engine
from distcore.commission import FixedPerUnit, Rule, Upline
from distcore.commission import refusals as of_commission
from distcore.engine import refusals as of_engine
from distcore.kernel import Code, ComponentId, InputError, RuleId, limits
from distcore.ports import Store
from distcore.referral import State
from distcore.referral import refusals as of_referral
from distcore.testing.builders import (
    LATER,
    PAID,
    Shop,
    a_cancellation,
    a_chain,
    a_line,
    a_member,
    a_plan,
    a_policy,
    a_refund,
    a_sale,
    day,
)

AMOUNT_MAX = Upline(ComponentId("huge"), (Rule(RuleId("huge"), (1,), FixedPerUnit(limits.AMOUNT_MINOR_MAX)),))

Refused = Callable[[Shop], str]


def refused(verb: Callable[..., object], *args: object, **options: Any) -> Refused:
    return lambda shop: shop.refused(verb, *args, **options)


CASES: Mapping[str, Refused] = {
    # the engine
    "key_reused": refused(engine.join, a_member("new", tier="gold"), key="used"),
    "no_policy": refused(engine.accrue, a_sale()),
    "currency_not_of_shop": refused(engine.accrue, a_sale("new", currency="USD")),
    # the tree
    "member_exists": refused(engine.join, a_member("ann", tier="gold")),
    "member_unknown": refused(engine.set_tier, "nobody", "gold"),
    "sponsor_unknown": refused(engine.move, "ben", "nobody"),
    "sponsor_joined_later": refused(engine.join, a_member("new", "late")),
    "would_form_cycle": refused(engine.move, "ann", "cai"),
    "before_joining": refused(engine.set_tier, "late", "gold", valid_from=day(8)),
    "joins_in_future": refused(engine.join, a_member("new", joined_at=day(9)), at=day(8)),
    "state_not_reachable": refused(engine.set_state, "gone", State.ACTIVE),
    "state_changed_later": refused(engine.set_state, "gone", State.SUSPENDED, valid_from=day(2)),
    "nothing_changes": refused(engine.move, "ben", "ann"),
    # plans and sales
    "no_plan": refused(engine.accrue, a_sale("new", paid_at=day(0))),
    "plan_exists": refused(engine.set_plan, a_plan(budget="20%")),
    "plans_overlap": refused(engine.set_plan, a_plan(id="another")),
    "sale_exists": refused(engine.accrue, a_sale("order 1", "ben")),
    "sale_unknown": refused(engine.cancel, a_cancellation("nothing")),
    "paid_in_future": refused(engine.accrue, a_sale("new"), at=day(9)),
    "promoter_unknown": refused(engine.accrue, a_sale("new", promoter="nobody")),
    "amount_too_large": refused(
        engine.accrue, a_sale("new", currency="JPY", lines=[a_line(units=limits.UNITS_MAX)])
    ),
    # corrections
    "sale_cancelled": refused(engine.refund, a_refund("new", "cancelled")),
    "refund_exists": refused(engine.refund, a_refund("r1", lines={"1": (0, 7)})),
    "refund_line_unknown": refused(engine.refund, a_refund("new", lines={"9": (0, 7)})),
    "refund_too_large": refused(engine.refund, a_refund("new", lines={"1": (2, 7)})),
    "refund_before_payment": refused(engine.cancel, a_cancellation("order 1", day(9))),
    "corrected_in_future": refused(engine.refund, a_refund("new"), at=day(11)),
    "repeated_refund_unknown": refused(engine.refund, a_refund("new", repeats="r9")),
    "repeated_twice": refused(engine.refund, a_refund("new", repeats="r1")),
    # completion
    "completed_before_payment": refused(engine.complete, engine.Completion(a_sale().id, day(9))),
    "completed_in_future": refused(engine.complete, engine.Completion(a_sale().id, day(20)), at=day(19)),
    "completed_already": refused(engine.complete, engine.Completion(a_sale("done").id, day(12))),
}

BIG = {"upline_too_deep", "fan_out_too_wide"}
"""They need a million members; the tree's own tests have them."""


def prepared(store: Store) -> Shop:
    """Return a shop in which everything that is needed has happened."""
    shop = Shop.open(store, None, a_chain("ann", "ben", "cai"), a_policy(currencies=("CNY", "JPY")))
    shop.do(engine.set_plan, a_plan(AMOUNT_MAX, id="yen", currency="JPY", freeze=PAID))
    shop.do(engine.join, a_member("late", joined_at=day(9)))
    shop.do(engine.join, a_member("gone"))
    shop.do(engine.set_state, "gone", State.TERMINATED, valid_from=day(3))
    for id in ("order 1", "cancelled", "done"):
        shop.do(engine.accrue, a_sale(id))
    shop.do(engine.cancel, a_cancellation("cancelled"))
    shop.do(engine.refund, a_refund("r1"))
    shop.do(engine.refund, a_refund("r2", repeats="r1"))
    shop.do(engine.complete, engine.Completion(a_sale("done").id, day(11)))
    shop.do(engine.join, a_member("used"), key="used")
    return shop


@pytest.mark.parametrize("code", CASES)
def test_a_refused_command_leaves_the_dump_identical(new_store: Callable[[], Store], code: str) -> None:
    shop = Shop(new_store()) if code == "no_policy" else prepared(new_store())
    before = shop.dump()
    assert CASES[code](shop) == code
    assert shop.dump() == before


def test_every_code_stands_here() -> None:
    modules: list[ModuleType] = [of_commission, of_engine, of_referral]
    codes = {each.name for module in modules for each in vars(module).values() if isinstance(each, Code)}
    assert codes - BIG == CASES.keys()


@pytest.mark.parametrize(
    "malformed",
    [
        refused(engine.accrue, a_sale("new", lines=[])),
        refused(engine.accrue, a_sale("")),
        refused(engine.join, a_member("a\0b")),
        refused(engine.join, a_member("new"), key=" "),
        refused(engine.join, a_member("new"), at=LATER.replace(tzinfo=None)),
        refused(engine.refund, a_refund("new", lines={"1": (0, 0)})),
        refused(engine.set_tier, "ann", "\ud800"),
        refused(engine.set_plan, a_plan(plan_version=0)),
        refused(engine.set_policy, a_policy(currencies=())),
        refused(engine.release, actor=""),
    ],
)
def test_a_malformed_command_leaves_the_dump_identical(
    new_store: Callable[[], Store], malformed: Refused
) -> None:
    shop = prepared(new_store())
    before = shop.dump()
    with pytest.raises(InputError):
        malformed(shop)
    assert shop.dump() == before


def test_this_law_can_fail(new_store: Callable[[], Store]) -> None:
    """The dump holds whatever a verb may write: each kind of command that is done changes it."""
    shop = prepared(new_store())
    done: list[Refused] = [
        refused(engine.join, a_member("new")),
        refused(engine.move, "ben", None),
        refused(engine.set_tier, "ann", "gold"),
        refused(engine.set_state, "ann", State.SUSPENDED),
        refused(engine.set_policy, a_policy(currencies=("CNY", "JPY", "USD"))),
        refused(engine.set_plan, a_plan(plan_version=2)),
        refused(engine.accrue, a_sale("new")),
        refused(engine.refund, a_refund("new")),
        refused(engine.cancel, a_cancellation("order 1")),
        refused(engine.complete, engine.Completion(a_sale().id, day(12))),
        refused(engine.release),
    ]
    dumps = [shop.dump()]
    for command in done:
        assert command(shop) == ""
        dumps.append(shop.dump())
    assert len(set(dumps)) == len(dumps)
