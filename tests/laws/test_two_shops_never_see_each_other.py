"""R4: two shops with equal ids never see each other.

The contract of a store holds it for every port, and the machine has a neighbour that must never change.
Here two shops with the same ids live two lives at once, step by step in turn, as if each were alone.
"""

from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from random import Random

import pytest

from distcore import engine
from distcore.kernel import ShopId
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.testing.builders import Shop, StoreOf, day
from distcore.testing.machine import VERBS, EngineMachine
from distcore.testing.story import tell, told
from distcore.testing.walks import machine_of

STEPS = 40


def alive(store_of: StoreOf, seed: int) -> tuple[EngineMachine, Random]:
    random = Random(seed)
    machine = machine_of(store_of)()
    machine.open_shop(random.getrandbits(32))
    return machine, random


def step(machine: EngineMachine, random: Random) -> None:
    machine.step(random.choice(VERBS), random.getrandbits(32))


def dump_of(machine: EngineMachine) -> str:
    return Shop(machine.store).dump()


@pytest.mark.parametrize("seed", [2, 4, 6])
def test_two_lives_at_once_are_as_if_each_were_alone(store_of: StoreOf, seed: int) -> None:
    alone = []
    for each in (seed, seed + 1):
        machine, random = alive(cache(MemoryStore), each)
        for _ in range(STEPS):
            step(machine, random)
        alone.append(dump_of(machine))
    both = [alive(store_of, each) for each in (seed, seed + 1)]
    for _ in range(STEPS):
        for machine, random in both:
            step(machine, random)
    for machine, _ in both:
        machine.teardown()
    assert [dump_of(machine) for machine, _ in both] == alone
    assert alone[0] != alone[1]


def test_the_same_life_in_two_shops_leaves_the_same_dump(store_of: StoreOf) -> None:
    """Nothing of the shop's own name, nor of its neighbours, is in what it remembers."""
    dumps = []
    for _ in range(2):
        machine, random = alive(store_of, 7)
        for _ in range(STEPS):
            step(machine, random)
        dumps.append(dump_of(machine))
    assert dumps[0] == dumps[1]


def hidden(shop: Shop) -> tuple[object, ...]:
    """Return what no dump shows: seals, and what is personal."""
    with shop.store.begin() as tx:
        blocks = [(block, tuple(leaves)) for block, leaves in tx.seals.blocks()]
        accounts = [(each.payee, each.number) for each in tx.accounts.all()]
        return blocks, tx.accounts.details(accounts), engine.check_seals(tx)


def test_two_stories_in_turn_are_as_if_each_were_alone(new_store: Callable[[], Store]) -> None:
    """From the first sale to the last payout, one command here and one there, with the very same ids."""
    alone = Shop(new_store())
    tell(alone)
    one, two = Shop(new_store()), Shop(new_store())
    for _ in zip_longest(told(one), told(two, batch=3)):
        pass
    assert one.dump() == two.dump() == alone.dump()
    assert hidden(one) == hidden(alone)
    one.assert_sound()
    two.assert_sound()


def test_whatever_one_does_the_other_stays_as_it_is(new_store: Callable[[], Store]) -> None:
    """While it goes on, and down to the seals and to what is erased."""
    quiet, loud = Shop(new_store()), Shop(new_store())
    tell(quiet)
    before = quiet.dump(), hidden(quiet)
    for step, _ in enumerate(told(loud)):
        if step % 7 == 0:
            assert quiet.dump() == before[0], f"step {step}"
    loud.do(engine.erase_payee, "ann", at=day(200))
    assert (quiet.dump(), hidden(quiet)) == before


def test_this_law_can_fail() -> None:
    shared = MemoryStore("shared")
    with pytest.raises(AssertionError):
        test_the_same_life_in_two_shops_leaves_the_same_dump(lambda _: shared)
    both = MemoryStore("both")
    with pytest.raises(AssertionError):
        test_whatever_one_does_the_other_stays_as_it_is(lambda: both)


def test_a_shop_is_named_by_the_store(new_store: Callable[[], Store]) -> None:
    first, second = new_store(), new_store()
    with first.begin() as tx:
        name: ShopId = tx.shop
    with second.begin() as tx:
        assert tx.shop != name
