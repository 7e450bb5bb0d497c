"""What the tree must keep: members, every change, and the order in which changes hold."""

import pytest
from attrs import evolve

from distcore.kernel import Instant, MemberId, RetryableError, instant_of, limits
from distcore.ports import Transaction
from distcore.referral import Aspect, Change, Member, State
from distcore.testing.builders import ALWAYS, LATER, StoreOf, day
from distcore.testing.contracts.kept import MANY, NASTY, a_row

LONG = "x" * limits.ID_LENGTH_MAX


def ids(*names: str) -> list[MemberId]:
    """Return names as ids."""
    return [MemberId(name) for name in names]


def append(
    tx: Transaction,
    member: str,
    aspect: Aspect,
    value: str | None,
    valid_from: Instant,
    recorded_at: Instant = LATER,
) -> Change:
    """Write a change under the lock and return it."""
    change = Change(MemberId(member), aspect, value, valid_from, recorded_at, tx.members.lock() + 1)
    tx.members.append(change)
    return change


class MembersContract:
    """The members of a shop and all their changes."""

    def test_a_member_is_found_as_it_was_written(self, store_of: StoreOf) -> None:
        """To the microsecond, from the first instant that there is to the last."""
        members = [
            Member(MemberId("a"), instant_of(0), ALWAYS[1], None, "gold", State.SUSPENDED),
            Member(
                MemberId("b"), instant_of(1), instant_of(1_000_001), MemberId("a"), "x" * limits.ID_LENGTH_MAX
            ),
            Member(MemberId("c"), ALWAYS[1], ALWAYS[1], MemberId("b"), "", State.TERMINATED),
        ]
        with store_of("shop").begin() as tx:
            tx.members.add(members)
        with store_of("shop").begin() as tx:
            assert list(tx.members.all()) == members
            assert tx.members.upward(ids("c"), None) == {each.id: each for each in members}
            assert tx.members.revision() == 0

    def test_members_are_kept_apart_by_exact_ids(self, store_of: StoreOf) -> None:
        """Members whose ids differ only by case, accent or a trailing blank are different members."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("root"), *(a_row(id, "root") for id in NASTY)])
            assert [each.id for each in tx.members.all()] == sorted([*NASTY, "root"])
            assert [each.id for each in tx.members.downward(ids("root"))[MemberId("root")]] == sorted(NASTY)
            for id in NASTY:
                assert tx.members.upward(ids(id), 0)[MemberId(id)] == a_row(id, "root")

    @pytest.mark.parametrize("twice", [["new", "ann"], ["new", "new"]])
    def test_a_member_who_is_there_is_a_conflict(self, store_of: StoreOf, twice: list[str]) -> None:
        """And nothing of what came with it is written."""
        store = store_of("shop")
        with store.begin() as tx:
            tx.members.add([a_row("ann")])
        with pytest.raises(RetryableError), store.begin() as tx:
            tx.members.add([a_row(each) for each in twice])
        with store.begin() as tx:
            assert [each.id for each in tx.members.all()] == ["ann"]

    def test_an_unknown_member_is_not_there(self, store_of: StoreOf) -> None:
        """No error, and no empty member."""
        with store_of("shop").begin() as tx:
            assert "nobody" not in tx.members.upward(ids("nobody"), None)
            assert tx.members.upward([], None).keys() <= set()
            assert not tx.members.downward(ids("nobody")).get(MemberId("nobody"))
            assert tx.members.fan_out(ids("nobody")) == {}

    def test_the_revision_counts_the_changes(self, store_of: StoreOf) -> None:
        """Under the lock and without it, and as of an instant."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann")])
            assert (tx.members.lock(), tx.members.revision()) == (0, 0)
            append(tx, "ann", Aspect.TIER, "gold", day(5), day(20))
            append(tx, "ann", Aspect.TIER, "", day(4), day(20))
            append(tx, "ann", Aspect.TIER, "silver", day(3), day(22))
        with store_of("shop").begin() as tx:
            assert (tx.members.lock(), tx.members.revision()) == (3, 3)
            assert [tx.members.revision_at(day(at)) for at in (19, 20, 21, 22)] == [0, 2, 2, 3]
            append(tx, "ann", Aspect.TIER, "gold", day(6), day(21))
        with store_of("shop").begin() as tx:
            # A clock was set back: the fourth does not hold without the third, which came on the 22nd.
            assert [tx.members.revision_at(day(at)) for at in (19, 20, 21, 22)] == [0, 2, 2, 4]

    def test_the_newest_member_says_until_when_they_are_known(self, store_of: StoreOf) -> None:
        """Whatever the order in which they came, and only those of the shop."""
        with store_of("another").begin() as tx:
            tx.members.add([evolve(a_row("new"), recorded_at=ALWAYS[1])])
        with store_of("shop").begin() as tx:
            assert tx.members.known_until() is None
            rows = [evolve(a_row(id), recorded_at=at) for id, at in (("ann", day(9)), ("ben", day(7)))]
            tx.members.add(rows)
        with store_of("shop").begin() as tx:
            assert tx.members.known_until() == day(9)

    def test_changes_stand_in_the_order_in_which_they_hold(self, store_of: StoreOf) -> None:
        """By the instant from which they hold; what was told later comes later where that is a tie."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann"), a_row("ben")])
            third = append(tx, "ben", Aspect.SPONSOR, "ann", day(9), day(20))
            first = append(tx, "ben", Aspect.TIER, "gold", day(3), day(21))
            fourth = append(tx, "ben", Aspect.SPONSOR, None, day(9), day(1))
            second = append(tx, "ben", Aspect.STATE, "suspended", day(3), day(2))
            within = tx.members.upward(ids("ben"), 0)[MemberId("ben")].changes
        with store_of("shop").begin() as tx:
            after = tx.members.upward(ids("ben"), 0)[MemberId("ben")].changes
            assert [each.changes for each in tx.members.all()] == [(), after]
        assert within == after == (first, second, third, fourth)

    def test_the_way_up_holds_whoever_ever_stood_there(self, store_of: StoreOf) -> None:
        """Whichever instant a walk is for, it finds its sponsor."""
        with store_of("shop").begin() as tx:
            tx.members.add(
                [a_row("ann"), a_row("ben", "ann"), a_row("cai", "ben"), a_row("joe"), a_row("kim")]
            )
            append(tx, "cai", Aspect.SPONSOR, "joe", day(5))
            append(tx, "joe", Aspect.SPONSOR, "kim", day(6))
        with store_of("shop").begin() as tx:
            assert {"cai"} <= tx.members.upward(ids("cai"), 0).keys()
            assert {"cai", "ben", "joe"} <= tx.members.upward(ids("cai"), 1).keys()
            assert {"cai", "ben", "joe", "ann", "kim"} <= tx.members.upward(ids("cai"), 2).keys()
            assert {"cai", "ben", "joe", "ann", "kim"} <= tx.members.upward(ids("cai"), None).keys()

    def test_the_way_up_ends_where_it_began_in_a_circle(self, store_of: StoreOf) -> None:
        """Members may have stood above each other in turn: over all time that is no tree."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann"), a_row("ben", "ann")])
            append(tx, "ben", Aspect.SPONSOR, None, day(5))
            append(tx, "ann", Aspect.SPONSOR, "ben", day(6))
            assert {"ann", "ben"} <= tx.members.upward(ids("ben"), None).keys()

    def test_a_deep_line_is_found_whole(self, store_of: StoreOf) -> None:
        """No recursion of the language or of the database ends it."""
        deep = 3_000
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("0"), *(a_row(str(each), str(each - 1)) for each in range(1, deep))])
            assert len(tx.members.upward(ids(str(deep - 1)), None)) == deep

    def test_any_number_of_members_is_looked_up_at_once(self, store_of: StoreOf) -> None:
        """A batch may be larger than a statement."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("0"), a_row("1", "0")])
            many = ids(*map(str, reversed(range(MANY))))
            assert tx.members.upward(many, 1).keys() == {"0", "1"}
            assert tx.members.fan_out(many) == {"0": 1}
            assert [each.id for each in tx.members.downward(many)[MemberId("0")]] == ["1"]

    def test_whoever_was_ever_placed_below_is_found_below(self, store_of: StoreOf) -> None:
        """Once each, in order of id, with those who left; each time somebody came is counted as fan-out."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("ann"), a_row("joe"), a_row("cai", "ann"), a_row("ben", "ann")])
            append(tx, "ben", Aspect.SPONSOR, "joe", day(5))
            append(tx, "ben", Aspect.SPONSOR, "ann", day(6))
            below = tx.members.downward(ids("joe", "ann", "ben"))
            assert [each.id for each in below[MemberId("ann")]] == ["ben", "cai"]
            assert [each.id for each in below[MemberId("joe")]] == ["ben"]
            assert not below.get(MemberId("ben"))
            assert len(below[MemberId("joe")][0].changes) == 2
            append(tx, "cai", Aspect.SPONSOR, None, day(7))
            append(tx, "cai", Aspect.TIER, "joe", day(7))
            assert tx.members.fan_out(ids("ann", "joe", "ben")) == {"ann": 3, "joe": 1}

    def test_agents_are_those_who_were_ever_appointed_for_a_region(self, store_of: StoreOf) -> None:
        """In order of id and once each, with all changes, also of those who were dismissed."""
        longest = "x" * limits.REGION_LENGTH_MAX
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("zoe"), a_row("ann"), a_row("ben"), a_row("kim")])
            append(tx, "zoe", Aspect.APPOINTED, "cn", day(5))
            append(tx, "zoe", Aspect.APPOINTED, "cn/zj", day(5))
            append(tx, "zoe", Aspect.DISMISSED, "cn", day(6))
            append(tx, "ann", Aspect.APPOINTED, "cn", day(9))
            append(tx, "ann", Aspect.TIER, "CN", day(1))
            append(tx, "ben", Aspect.TIER, "cn", day(1))
            append(tx, "ben", Aspect.DISMISSED, "cn", day(1))
            append(tx, "kim", Aspect.APPOINTED, longest, day(1))
        with store_of("shop").begin() as tx:
            found = tx.members.agents(["cn", "cn/zj", "nowhere"])
            assert [each.id for each in found] == ["ann", "zoe"]
            assert [len(each.changes) for each in found] == [2, 3]
            assert [each.id for each in tx.members.agents(["cn/zj"])] == ["zoe"]
            assert [each.id for each in tx.members.agents([longest])] == ["kim"]
            assert [each.id for each in tx.members.agents(None)] == ["ann", "kim", "zoe"]
            assert list(tx.members.agents(["CN", "cn/zj ", "c", "CN/ZJ"])) == []
            assert list(tx.members.agents([])) == []
        with store_of("another shop").begin() as tx:
            assert list(tx.members.agents(None)) == list(tx.members.agents(["cn"])) == []

    def test_roots_are_those_who_ever_had_no_sponsor(self, store_of: StoreOf) -> None:
        """Who joined so or was freed, in order of id; a change of tier frees nobody."""
        with store_of("shop").begin() as tx:
            tx.members.add([a_row("zoe"), a_row("ann", "zoe"), a_row("ben", "ann"), a_row("kim")])
            tx.members.add([a_row("dan", "ann")])
            append(tx, "ben", Aspect.SPONSOR, None, day(5))
            append(tx, "dan", Aspect.ENDS, None, day(5))
            append(tx, "kim", Aspect.SPONSOR, "zoe", day(5))
            append(tx, "ann", Aspect.TIER, "", day(5))
        with store_of("shop").begin() as tx:
            assert [each.id for each in tx.members.roots()] == ["ben", "dan", "kim", "zoe"]
