"""The same key with the same inputs gives the first answer again and writes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.builders import (
    CNY,
    NOW,
    SHANGHAI,
    Shop,
    day,
    dump,
    line,
    newcomer,
    percent,
    plan,
    refund,
    sale,
    shop,
)

from distcore import engine
from distcore.commission import Cancellation
from distcore.engine import Completion, Released
from distcore.kernel import Currency, SaleId, ShopPolicy
from distcore.referral import State

ORDER = SaleId("order 1")
POLICY = ShopPolicy(SHANGHAI, (CNY,))


def sold() -> Shop:
    found = shop(plan=plan(percent("10%", 1)))
    found.do(engine.accrue, sale(line("1", 10_000, units=2)), key="order 1")
    return found


COMMANDS: list[tuple[Callable[..., object], list[Any], list[Any]]] = [
    (engine.set_policy, [POLICY], [ShopPolicy(SHANGHAI, (CNY, Currency("JPY")))]),
    (engine.set_plan, [plan(percent("10%", 1))], [plan(percent("11%", 1))]),
    (engine.join, [newcomer("dan", "cai")], [newcomer("dan", "ben")]),
    (engine.move, ["cai", "ann"], ["cai", None]),
    (engine.set_tier, ["cai", "gold"], ["cai", "jade"]),
    (engine.set_tier, ["cai", "gold"], ["ben", "gold"]),
    (engine.set_state, ["cai", State.SUSPENDED], ["cai", State.TERMINATED]),
    (engine.accrue, [sale(id="order 2")], [sale(line("1", 1), id="order 2")]),
    (engine.refund, [refund(("1", 1, 10))], [refund(("1", 1, 11))]),
    (engine.cancel, [Cancellation(ORDER, day(5))], [Cancellation(ORDER, day(6))]),
    (engine.complete, [Completion(ORDER, day(5))], [Completion(ORDER, day(6))]),
]


@pytest.mark.parametrize(
    ("verb", "given", "other"),
    COMMANDS,
    ids=[f"{verb.__name__} {n}" for n, (verb, *_) in enumerate(COMMANDS)],
)
def test_a_repetition_gets_the_first_answer_and_other_inputs_are_refused(
    verb: Callable[..., object], given: list[Any], other: list[Any]
) -> None:
    shop = sold()
    first = shop.do(verb, *given, key="again")
    with shop.store.begin() as tx:
        before = dump(tx)
        assert verb(tx, *given, at=day(40), actor="somebody else", key="again") == first
        assert dump(tx) == before
    assert shop.refused(verb, *other, key="again").code == "key_reused"


def test_the_first_answer_stays_the_first_whatever_changed_since() -> None:
    shop = sold()
    joined = shop.do(engine.join, newcomer("dan", "cai"), key="dan")
    shop.do(engine.set_tier, "dan", "gold")
    shop.do(engine.set_tier, "dan", "jade")
    assert shop.do(engine.join, newcomer("dan", "cai"), key="dan") == joined
    posted = shop.do(engine.accrue, sale(id="order 2"), key="order 2")
    shop.do(engine.refund, refund(("1", 1, 5_000), of="order 2"))
    assert shop.do(engine.accrue, sale(id="order 2"), key="order 2") == posted


def test_a_change_is_told_apart_from_later_ones_of_the_same_member() -> None:
    shop = sold()
    gold = shop.do(engine.set_tier, "cai", "gold", key="gold")
    shop.do(engine.set_tier, "cai", "jade")
    assert shop.do(engine.set_tier, "cai", "gold", key="gold") == gold


def test_what_is_there_already_is_done_again_under_another_key_and_keeps_it() -> None:
    """Nothing but the keys is written; a key that was kept is good for nothing else."""
    shop = sold()
    refunded = shop.do(engine.refund, refund(("1", 1, 10)))
    completed = shop.do(engine.complete, Completion(ORDER, day(5)))
    cancelled = shop.do(engine.cancel, Cancellation(ORDER, day(6)))
    *before, commands = shop.ask(dump)
    for _ in range(2):
        assert shop.do(engine.join, newcomer("cai", "ben"), key="new join").id == "cai"
        assert shop.do(engine.accrue, sale(line("1", 10_000, units=2)), key="new accrue").sale == ORDER
        assert shop.do(engine.refund, refund(("1", 1, 10)), key="new refund") == refunded
        assert shop.do(engine.complete, Completion(ORDER, day(5)), key="new complete") == completed
        assert shop.do(engine.cancel, Cancellation(ORDER, day(6)), key="new cancel") == cancelled
        *after, kept = shop.ask(dump)
        assert after == before
        assert isinstance(kept, list)
        assert isinstance(commands, list)
        new = {(each.key, each.verb) for each in kept} - {(each.key, each.verb) for each in commands}
        assert new == {(f"new {verb}", verb) for verb in ("join", "accrue", "refund", "complete", "cancel")}
    others: list[tuple[Callable[..., object], Any]] = [
        (engine.join, newcomer("dan", "ben")),
        (engine.accrue, sale(id="order 2")),
        (engine.refund, refund(("1", 1, 9), id="r2")),
        (engine.complete, Completion(ORDER, day(6))),
        (engine.cancel, Cancellation(ORDER, day(7))),
    ]
    for verb, other in others:
        assert shop.refused(verb, other, key=f"new {verb.__name__}").code == "key_reused"


def test_the_same_policy_and_plan_are_written_once() -> None:
    shop = sold()
    shop.do(engine.set_policy, POLICY)
    shop.do(engine.set_plan, plan(percent("10%", 1)))
    assert len(shop.ask(lambda tx: list(tx.plans.all()))) == 1
    assert shop.ask(lambda tx: tx.policies.current()) == POLICY


def test_a_release_is_repeated_with_its_first_count() -> None:
    shop = sold()
    shop.do(engine.complete, Completion(ORDER, day(5)))
    assert shop.do(engine.release, key="night") == Released(1)
    assert shop.do(engine.release, key="night") == Released(1)
    assert shop.do(engine.release, key="next night") == Released(0)


def test_a_refused_command_stores_no_key() -> None:
    shop = sold()
    assert shop.refused(engine.join, newcomer("eve", "dan"), key="eve").code == "sponsor_unknown"
    shop.do(engine.join, newcomer("dan"))
    assert shop.do(engine.join, newcomer("eve", "dan"), key="eve").sponsor == "dan"


def test_a_command_remembers_who_did_it_and_when() -> None:
    shop = sold()
    (done,) = [each for each in shop.ask(lambda tx: tx.commands.all()) if each.key == "order 1"]
    assert (done.verb, done.actor, done.done_at) == ("accrue", "tester", NOW)
