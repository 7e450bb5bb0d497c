"""T1: at every instant, past or to come, the members form a forest; and a deep one is quick to walk."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.laws.failing import assert_fails_somewhere

from distcore import engine
from distcore.kernel import Instant, MemberId
from distcore.memory import MemoryStore
from distcore.ports import Store
from distcore.referral import Aspect, EndlessUplineError, Member, State, upline
from distcore.testing.builders import Shop, a_chain, a_member, a_sale, day
from distcore.testing.canaries import swapped

IDS = ("Ann", "ann", "ben", "cai", "dan", "eve")
DEEP = 100_000
CHAIN = 20_000
SECONDS = 1.0


def sponsors_at(members: Sequence[Member], at: Instant) -> dict[str, str | None]:
    """Read the tree of an instant by hand: of what holds latest, what was told last."""
    found: dict[str, str | None] = {}
    for member in members:
        told = [each for each in member.changes if each.aspect is Aspect.SPONSOR and each.valid_from <= at]
        latest = max(told, key=lambda each: (each.valid_from, each.revision), default=None)
        found[member.id] = member.sponsor if latest is None else latest.value
    return found


def assert_forest(members: Sequence[Member]) -> None:
    instants = {each.joined_at for each in members}
    instants |= {change.valid_from for each in members for change in each.changes}
    for at in instants:
        sponsors = sponsors_at(members, at)
        for member in sponsors:
            above: str | None = member
            for _ in range(len(sponsors)):
                above = None if above is None else sponsors[above]
            assert above is None, f"{member} stands in a cycle at {at}"


def move_about(store: Store, random: Random) -> Shop:
    """Join in a random forest, then move at random instants, also backwards in time."""
    shop = Shop.open(store)
    for place, id in enumerate(IDS):
        joined_at = day(1 + random.randint(0, 1))
        shop.refused(engine.join, a_member(id, random.choice([None, *IDS[:place]]), joined_at=joined_at))
    for _ in range(random.randint(1, 15)):
        member, sponsor = random.choice(IDS), random.choice([None, *IDS])
        valid_from = day(random.randint(1, 5))
        shop.refused(engine.move, member, sponsor, valid_from=valid_from, at=day(random.randint(5, 9)))
        if random.random() < 0.2:
            shop.refused(engine.set_state, member, random.choice(list(State)), valid_from=valid_from)
    return shop


def assert_always_a_forest(store: Store, random: Random) -> None:
    shop = move_about(store, random)
    with shop.store.begin() as tx:
        assert_forest(list(tx.members.all()))
    shop.assert_sound()


@settings(max_examples=max(1, settings().max_examples // 4))
@given(random=st.randoms(use_true_random=False))
def test_members_are_a_forest_at_every_instant(new_store: Callable[[], Store], random: Random) -> None:
    assert_always_a_forest(new_store(), random)


def test_moves_do_happen(new_store: Callable[[], Store]) -> None:
    moved = 0
    for seed in range(20):
        with move_about(new_store(), Random(seed)).store.begin() as tx:
            changes = [change for member in tx.members.all() for change in member.changes]
            moved += sum(change.aspect is Aspect.SPONSOR for change in changes)
    assert moved > 20


@pytest.mark.measured
@pytest.mark.parametrize(
    "target",
    ["distcore.referral.change:_cycle_through", "distcore.referral.change:_later_moves"],
)
def test_this_law_can_fail(target: str) -> None:
    """Nobody looks for cycles; nobody looks for cycles that begin later."""

    def law(random: Random) -> None:
        try:
            assert_always_a_forest(MemoryStore("shop"), random)
        except EndlessUplineError as error:
            raise AssertionError("somebody stands above themselves") from error

    with swapped(target, lambda *_: []):
        assert_fails_somewhere(law)


def test_a_cycle_is_named(new_store: Callable[[], Store]) -> None:
    shop = Shop.open(new_store(), None, a_chain("ann", "ben", "cai"))
    assert shop.refused(engine.move, "ann", "ann") == "would_form_cycle"
    assert shop.refused(engine.move, "ann", "cai") == "would_form_cycle"
    assert shop.refused(engine.move, "ann", "ben", valid_from=day(3)) == "would_form_cycle"
    shop.do(engine.move, "ben", None, valid_from=day(5))
    assert shop.refused(engine.move, "ann", "ben", valid_from=day(3)) == "would_form_cycle"
    shop.do(engine.move, "ann", "cai", valid_from=day(5))


def chain_of(length: int) -> Iterator[str]:
    return (f"m{number}" for number in range(length))


@pytest.mark.wide  # where no line is counted: counting takes ten times as long as walking
def test_a_chain_of_a_hundred_thousand_is_walked_in_a_second() -> None:
    below: str | None = None
    tree: dict[MemberId, Member] = {}
    for id in chain_of(DEEP):
        tree[MemberId(id)] = Member(MemberId(id), day(1), day(1), None if below is None else MemberId(below))
        below = id
    seconds: list[float] = []
    for _ in range(3):
        start = process_time()
        seats = sum(1 for _ in upline(tree, MemberId(f"m{DEEP - 1}"), valid_at=day(9), revision=0))
        seconds.append(process_time() - start)
        assert seats == DEEP - 1
    assert min(seconds) < SECONDS


def test_a_deep_chain_joins_sells_and_moves(new_store: Callable[[], Store]) -> None:
    """No recursion anywhere: the lowest stands first in the file, and the cycle goes through all of them."""
    shop = Shop.open(new_store())
    members = a_chain(*chain_of(CHAIN))
    report = shop.do(engine.join_all, members[::-1])
    assert len(report.done) == CHAIN
    bottom = f"m{CHAIN - 1}"
    posting = shop.do(engine.accrue, a_sale(buyer=bottom))
    assert [fact.payee for fact in posting.accruals] == [f"m{CHAIN - number}" for number in (2, 3, 4)]
    assert shop.refused(engine.move, "m0", bottom) == "would_form_cycle"
    shop.do(engine.move, bottom, "m0")
    shop.assert_sound()
