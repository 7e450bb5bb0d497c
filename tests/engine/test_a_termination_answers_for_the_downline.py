"""Who is terminated leaves the downline where it is, or to the sponsor: all of it, or nothing is done."""

import pytest

from distcore import engine
from distcore.kernel import InputError, Instant, limits
from distcore.memory import MemoryStore
from distcore.referral import Aspect, Downline, State, Termination, sponsor_of
from distcore.testing.builders import LATER, Shop, a_chain, a_member, a_sale, day

REATTACHED = Downline.REATTACHED


@pytest.fixture
def shop() -> Shop:
    """Return a shop in which ben, below ann, has three below, one of whom came later."""
    shop = Shop.open(MemoryStore("shop"), None, a_chain("ann", "ben", "cai", "dan"))
    shop.do(engine.join, a_member("eve", "ben"))
    shop.do(engine.join, a_member("fay"))
    shop.do(engine.move, "fay", "ben", valid_from=day(20))
    return shop


def sponsors(shop: Shop, at: Instant) -> dict[str, str | None]:
    with shop.store.begin() as tx:
        revision = tx.members.revision()
        return {
            each.id: sponsor_of(each, valid_at=at, revision=revision)
            for each in tx.members.all()
            if each.id not in {"ann", "ben"}
        }


def test_a_downline_stays_and_the_terminated_one_is_passed_over(shop: Shop) -> None:
    before = sponsors(shop, LATER)
    done = shop.do(engine.terminate, "ben", valid_from=day(5))
    assert done.moved == ()
    assert done.change.value == State.TERMINATED.value
    assert sponsors(shop, LATER) == before
    posting = shop.do(engine.accrue, a_sale(buyer="cai"))
    assert [each.payee for each in posting.accruals] == ["ann"]


def test_a_downline_is_re_attached_from_the_same_instant(shop: Shop) -> None:
    done = shop.do(engine.terminate, "ben", valid_from=day(5), downline=REATTACHED)
    assert [(each.member, each.value, each.valid_from) for each in done.moved] == [
        ("cai", "ann", day(5)),
        ("eve", "ann", day(5)),
        ("fay", "ann", day(20)),
    ]
    assert sponsors(shop, day(4)) == {"cai": "ben", "dan": "cai", "eve": "ben", "fay": None}
    assert sponsors(shop, day(5)) == {"cai": "ann", "dan": "cai", "eve": "ann", "fay": None}
    assert sponsors(shop, LATER) == {"cai": "ann", "dan": "cai", "eve": "ann", "fay": "ann"}
    shop.assert_sound()


def test_nobody_is_re_attached_before_it_is_known_who_stands_below(shop: Shop) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(engine.terminate, "ben", downline=REATTACHED, at=day(30), valid_from=day(31))
    (problem,) = raised.value.problems
    assert str(problem) == (
        "valid_from: 2017-01-31T00:00:00Z is to come, and who stands below then is not known "
        "(re-attach on that day, or later from that instant on)"
    )
    assert shop.do(engine.terminate, "ben", at=day(30), valid_from=day(31)).moved == ()


def test_below_a_root_everybody_becomes_one(shop: Shop) -> None:
    done = shop.do(engine.terminate, "ann", valid_from=day(5), downline=REATTACHED)
    assert [(each.member, each.aspect, each.value) for each in done.moved] == [("ben", Aspect.SPONSOR, None)]
    assert shop.do(engine.terminate, "dan", valid_from=day(5), downline=REATTACHED).moved == ()


def test_who_left_before_is_not_moved_and_who_comes_and_goes_is_moved_each_time(shop: Shop) -> None:
    shop.do(engine.move, "cai", "fay", valid_from=day(4))
    shop.do(engine.move, "eve", None, valid_from=day(10))
    shop.do(engine.move, "eve", "ben", valid_from=day(12))
    done = shop.do(engine.terminate, "ben", valid_from=day(5), downline=REATTACHED)
    assert [(each.member, each.valid_from) for each in done.moved] == [
        ("eve", day(5)),
        ("eve", day(12)),
        ("fay", day(20)),
    ]
    assert [sponsors(shop, day(each))["eve"] for each in (4, 5, 10, 12)] == ["ben", "ann", None, "ann"]
    shop.assert_sound()


def test_the_sponsor_is_that_of_each_instant(shop: Shop) -> None:
    shop.do(engine.join, a_member("zoe"))
    shop.do(engine.move, "ben", "zoe", valid_from=day(15))
    shop.do(engine.terminate, "ben", valid_from=day(5), downline=REATTACHED)
    assert sponsors(shop, LATER) == {"cai": "ann", "dan": "cai", "eve": "ann", "fay": "zoe", "zoe": None}


def test_it_is_refused_whole_if_one_move_is(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.do(engine.identify, "ann", ["phone"])
    shop.do(engine.identify, "eve", ["phone"])
    before = shop.dump()
    assert shop.refused(engine.terminate, "ben", downline=REATTACHED) == "same_person"
    shop.do(engine.identify, "eve", ["another"])
    monkeypatch.setattr(limits, "FAN_OUT_MAX", 3)
    assert shop.refused(engine.terminate, "ben", downline=REATTACHED) == "fan_out_too_wide"
    assert [line for line in shop.dump().splitlines() if "terminated" in line] == []
    assert before.count("member") <= shop.dump().count("member")
    monkeypatch.setattr(limits, "FAN_OUT_MAX", 4)
    assert len(shop.do(engine.terminate, "ben", downline=REATTACHED).moved) == 3


@pytest.mark.parametrize("downline", Downline)
def test_nobody_is_terminated_twice_or_unknown(shop: Shop, downline: Downline) -> None:
    shop.do(engine.terminate, "ben", downline=downline)
    before = shop.dump()
    assert shop.refused(engine.terminate, "ben", downline=downline) == "state_not_reachable"
    assert shop.refused(engine.terminate, "nobody", downline=downline) == "member_unknown"
    assert shop.dump() == before


@pytest.mark.parametrize("downline", Downline)
def test_again_under_its_key_it_is_the_first_answer(shop: Shop, downline: Downline) -> None:
    first: Termination = shop.do(engine.terminate, "ben", key="k", downline=downline)
    shop.do(engine.move, "cai", None)
    shop.do(engine.set_tier, "eve", "gold")
    before = shop.dump()
    assert shop.do(engine.terminate, "ben", key="k", downline=downline, actor="another") == first
    assert shop.refused(engine.terminate, "cai", key="k", downline=downline) == "key_reused"
    assert shop.dump() == before


def test_there_are_two_answers(shop: Shop) -> None:
    with pytest.raises(InputError) as raised:
        shop.do(engine.terminate, "", downline="stays")
    assert [str(each) for each in raised.value.problems] == [
        "member: an id can't be blank: ''",
        "downline: not an answer for the downline: 'stays' (one of stays, reattached)",
    ]
