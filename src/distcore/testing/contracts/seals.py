"""What a store must seal: every row of every table of facts, in blocks that are chained."""

from collections import Counter

import pytest
from attrs import evolve

from distcore import engine
from distcore.kernel import Currency, MemberId, RetryableError, limits
from distcore.ledger import (
    Leaf,
    chain_problems,
    next_block,
)
from distcore.ports import Transaction
from distcore.testing.builders import LATER, StoreOf
from distcore.testing.contracts.kept import NASTY, a_row, broken_off
from distcore.testing.contracts.transactions import FACTS, Write, opened
from distcore.testing.money import a_balance
from distcore.testing.recruiting import a_touch

CNY = Currency("CNY")


def tail_of(tx: Transaction) -> list[Leaf]:
    """Return every leaf that no block holds."""
    return [leaf for kind in tx.seals.kinds() for leaf in tail_behind(tx, kind)]


def tail_behind(tx: Transaction, kind: str, after: str | None = None) -> list[Leaf]:
    """Return what no block holds of a kind, behind a leaf, look by look."""
    tail = tx.seals.tail(kind, after=after)
    leaves = list(tail.leaves)
    while tail.reached is not None:
        tail = tx.seals.tail(kind, after=tail.reached)
        leaves += tail.leaves
    return leaves


def seal(tx: Transaction) -> list[Leaf]:
    """Seal all that is there in one block, the last leaf first, and return its leaves in that order."""
    leaves = tail_of(tx)[::-1]
    tx.seals.add(next_block(tx.seals.last(), leaves, at=LATER), leaves)
    return leaves


class SealsContract:
    """Which facts are sealed: every table of facts is among them, and every row."""

    def test_kinds_have_names_of_their_own(self, store_of: StoreOf) -> None:
        """The same in every shop, also in one that has nothing."""
        with store_of("empty").begin() as tx:
            kinds = list(tx.seals.kinds())
            assert tail_of(tx) == []
            assert [list(tx.seals.leaves(kind)) for kind in kinds] == [[] for _ in kinds]
            assert [list(tx.seals.lost(kind)) for kind in kinds] == [[] for _ in kinds]
            assert tx.seals.last() is None
            assert list(tx.seals.blocks()) == []
        assert len(set(kinds)) == len(kinds) > 0
        with opened(store_of("shop")).store.begin() as tx:
            assert list(tx.seals.kinds()) == kinds

    @pytest.mark.parametrize("write", FACTS, ids=lambda write: write.__name__)
    def test_whatever_is_written_waits_for_a_seal(self, store_of: StoreOf, write: Write) -> None:
        """No way to write a fact leaves it out, and none touches what was sealed before."""
        with opened(store_of("shop")).store.begin() as tx:
            seal(tx)
            assert tail_of(tx) == []
            write(tx)
            assert tail_of(tx) != []
            found = engine.check_seals(tx)
            assert found.problems == ()
            assert found.tail == len(tail_of(tx))

    def test_whoever_seals_goes_on_behind_a_leaf(self, store_of: StoreOf) -> None:
        """Behind each leaf come those that follow it, whether it is sealed by then or not."""
        with opened(store_of("shop")).store.begin() as tx:
            for write in FACTS:
                write(tx)
            tx.members.add([a_row(id) for id in NASTY])
            for id in NASTY:
                tx.touches.add(a_touch(id, promoter="ann"))
            of_kinds = {kind: tail_behind(tx, kind) for kind in tx.seals.kinds()}
            for kind, leaves in of_kinds.items():
                for place, leaf in enumerate(leaves, 1):
                    assert tail_behind(tx, kind, leaf.ref) == leaves[place:]
            sealed = [leaf for leaves in of_kinds.values() for leaf in leaves[::2]]
            tx.seals.add(next_block(tx.seals.last(), sealed, at=LATER), sealed)
            for kind, leaves in of_kinds.items():
                for place, leaf in enumerate(leaves, 1):
                    left = [each for each in leaves[place:] if each not in sealed]
                    assert tail_behind(tx, kind, leaf.ref) == left
        assert sum(map(len, of_kinds.values())) > len(FACTS)

    def test_the_whole_shop_is_sealed_and_grows_on(self, store_of: StoreOf) -> None:
        """Whatever is done afterwards is the tail, not tampering, until it is sealed too."""
        with opened(store_of("shop")).store.begin() as tx:
            engine.seal(tx, at=LATER, actor="tester", key="first")
            for write in FACTS:
                write(tx)
            assert engine.check_seals(tx).problems == ()
        with store_of("shop").begin() as tx:
            engine.seal(tx, at=LATER, actor="tester", key="second")
            found = engine.check_seals(tx)
            assert (found.problems, found.tail) == ((), 1)  # the command that sealed

    def test_a_leaf_stands_beside_the_hash_that_was_sealed(self, store_of: StoreOf) -> None:
        """In order of the keys; where no block holds it there is none."""
        with opened(store_of("shop")).store.begin() as tx:
            before = tail_of(tx)
            leaves = seal(tx)
            sealed = {(leaf.kind, leaf.ref): leaf.digest for leaf in leaves}
            assert len(sealed) == len(leaves) == len(before)
            for write in FACTS:
                write(tx)
        with store_of("shop").begin() as tx:
            found = [each for kind in tx.seals.kinds() for each in tx.seals.leaves(kind)]
            assert [each.leaf for each in found if each.sealed is not None] == before
            assert all(each.sealed == sealed.get((each.leaf.kind, each.leaf.ref)) for each in found)
            assert [each.leaf for each in found if each.sealed is None] == tail_of(tx)

    def test_sealed_leaves_are_counted(self, store_of: StoreOf) -> None:
        """By kind: those that are sealed, also where they are not there any more."""
        with store_of("another").begin() as tx:
            tx.members.add([a_row("ann")])
            seal(tx)
        with opened(store_of("shop")).store.begin() as tx:
            assert [tx.seals.count(kind) for kind in tx.seals.kinds()] == [0 for _ in tx.seals.kinds()]
            sealed = Counter(leaf.kind for leaf in seal(tx))
            gone = Leaf(tx.seals.kinds()[0], "gone", bytes(16))
            tx.seals.add(next_block(tx.seals.last(), [gone], at=LATER), [gone])
            for write in FACTS:
                write(tx)
        with store_of("shop").begin() as tx:
            assert {kind: tx.seals.count(kind) for kind in tx.seals.kinds()} == {
                kind: sealed[kind] + (kind == gone.kind) for kind in tx.seals.kinds()
            }
            assert tx.seals.count("nothing") == 0

    def test_leaves_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Ids that differ by case, accent or a trailing blank name different leaves."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row(id) for id in NASTY])
            leaves = seal(tx)
        assert len({leaf.ref for leaf in leaves}) == len(leaves) == len(NASTY)
        with store_of("shop").begin() as tx:
            assert engine.check_seals(tx).sealed == len(NASTY)
            assert engine.check_seals(tx).problems == ()

    def test_equal_facts_have_equal_hashes_in_every_shop(self, store_of: StoreOf) -> None:
        """And another fact has another one, under the same reference."""
        found = []
        for shop, sponsor in (("one", "ann"), ("two", "ann"), ("three", "joe")):
            with store_of(shop).begin() as tx:
                tx.members.add([a_row("ann"), a_row("joe"), a_row("ben", sponsor)])
                found.append({(leaf.kind, leaf.ref): leaf.digest for leaf in tail_of(tx)})
        one, two, three = found
        assert one == two
        assert one.keys() == three.keys()
        assert len(one.items() - three.items()) == 1

    def test_blocks_come_as_they_were_sealed(self, store_of: StoreOf) -> None:
        """The oldest first, each with its leaves in the order in which they were sealed."""
        store = store_of("shop")
        sealed = []
        for members in ("ann", "ben"), ("cai",):
            with store.begin() as tx:
                tx.members.add([a_row(member) for member in members])
                sealed.append(seal(tx))
        with store.begin() as tx:
            blocks = [(block, list(leaves)) for block, leaves in tx.seals.blocks()]
            assert [leaves for _, leaves in blocks] == sealed
            assert [block.number for block, _ in blocks] == [1, 2]
            assert tx.seals.last() == blocks[-1][0]
            assert chain_problems(blocks) == ()
        with store_of("another").begin() as tx:
            assert tx.seals.last() is None

    def test_a_number_that_is_taken_is_a_conflict(self, store_of: StoreOf) -> None:
        """Of two who seal at once one seals, and the other one finds it done."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.members.add([a_row("ann")])
            seal(tx)
            tx.members.add([a_row("ben")])
            leaves = tail_of(tx)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.seals.add(next_block(None, leaves, at=LATER), leaves)
        with store.begin() as tx:
            assert [leaf.ref for leaf in tail_of(tx)] == ["ben"]

    def test_a_leaf_is_in_one_block(self, store_of: StoreOf) -> None:
        """A second one would be a second opinion."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.members.add([a_row("ann")])
            leaves = seal(tx)
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.seals.add(next_block(tx.seals.last(), leaves, at=LATER), leaves)
        with store.begin() as tx:
            assert len(list(tx.seals.blocks())) == 1

    def test_what_was_sealed_and_is_gone_is_named(self, store_of: StoreOf) -> None:
        """By reference, in order, up to a thousand of one kind; another kind does not lose it."""
        gone = [f"m{number:04}" for number in range(1_200)]
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann")])
            (ann,) = tail_of(tx)
            leaves = [ann, *(Leaf(ann.kind, ref, bytes(16)) for ref in reversed(gone))]
            tx.seals.add(next_block(None, leaves, at=LATER), leaves)
        with store_of("shop").begin() as tx:
            assert list(tx.seals.lost(ann.kind)) == gone[:1_000]
            others = [kind for kind in tx.seals.kinds() if kind != ann.kind]
            assert [list(tx.seals.lost(kind)) for kind in others] == [[] for _ in others]
            assert len(engine.check_seals(tx).problems) >= 1_000

    def test_what_was_sealed_otherwise_is_found(self, store_of: StoreOf) -> None:
        """The hash that was sealed is not the one that stands there now."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann"), a_row("ben")])
            first, second = tail_of(tx)
            leaves = [evolve(first, digest=second.digest), second]
            tx.seals.add(next_block(None, leaves, at=LATER), leaves)
            (found,) = engine.check_seals(tx).problems
        assert found.where == f"{first.kind} ann"

    def test_the_newest_block_depends_on_all_before(self, store_of: StoreOf) -> None:
        """Whoever changes an old block changes the anchor, whatever comes after it."""
        anchors = []
        for shop, first in (("one", "ann"), ("two", "ann"), ("three", "Ann")):
            with store_of(shop).begin() as tx:
                tx.members.add([a_row(first)])
                seal(tx)
                tx.members.add([a_row("ben")])
                seal(tx)
                anchors.append(engine.check_seals(tx).newest)
        assert anchors[0] == anchors[1] != anchors[2]

    def test_a_seal_that_breaks_off_seals_nothing(self, store_of: StoreOf) -> None:
        """Blocks and leaves go back together."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.members.add([a_row("ann")])
        with broken_off(store) as tx:
            seal(tx)
            assert tail_of(tx) == []
        with store.begin() as tx:
            assert [leaf.ref for leaf in tail_of(tx)] == ["ann"]
            assert tx.seals.last() is None

    def test_more_than_a_block_is_sealed_while_it_is_read(self, store_of: StoreOf) -> None:
        """Blocks are written while the rest of the tail is still to come."""
        count = limits.BLOCK_LEAVES_MAX + 100
        with store_of("shop").begin() as tx:
            tx.members.add([a_row(f"m{number:05}") for number in range(count)])
            sealed = engine.seal(tx, at=LATER, actor="tester", key="all")
            assert (sealed.blocks, sealed.leaves) == (2, count)
        with store_of("shop").begin() as tx:
            assert [block.leaves for block, _ in tx.seals.blocks()] == [limits.BLOCK_LEAVES_MAX, 100]
            found = engine.check_seals(tx, sealed.anchor)
            assert (found.sealed, found.tail, found.problems) == (count, 1, ())

    def test_what_is_derived_is_not_sealed(self, store_of: StoreOf) -> None:
        """Balances and open dues change for ever, and can be made again."""
        with opened(store_of("shop")).store.begin() as tx:
            seal(tx)
            tx.balances.change([a_balance("ann", 0, 7)])
            assert tx.balances.take(MemberId("ann"), CNY, 7)
            closing = tx.closings.find(2)
            assert closing is not None
            tx.closings.free(closing)
            assert tail_of(tx) == []
