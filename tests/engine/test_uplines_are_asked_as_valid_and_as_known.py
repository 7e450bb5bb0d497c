"""Two questions about the past: what held then, and what was known then."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import CNY, NOW, day, newcomer, percent, plan, shop

from distcore import engine
from distcore.commission import Plan
from distcore.kernel import InputError, Instant, MemberId, RefusedError
from distcore.referral import State

CAI = MemberId("cai")
LATER = NOW + timedelta(days=1)


def test_a_move_that_was_recorded_late_is_valid_before_it_is_known() -> None:
    found = shop()
    found.do(engine.move, CAI, MemberId("ann"), valid_from=day(5), at=LATER)

    def names(valid_on: int, known_at: Instant | None = None) -> list[str]:
        seats = found.ask(engine.upline, CAI, valid_at=day(valid_on), known_at=known_at)
        return [seat.member for seat in seats]

    assert names(4) == ["ben", "ann"]
    assert names(6) == ["ann"]
    with pytest.raises(RefusedError, match="cai is not a member"):
        names(6, known_at=day(1))
    assert names(6, known_at=NOW) == ["ben", "ann"]
    assert names(6, known_at=LATER) == ["ann"]


def test_somebody_who_had_not_joined_has_no_upline() -> None:
    found = shop(newcomer("ann"), newcomer("late", "ann", joined_at=day(20)))
    with pytest.raises(RefusedError, match="late is not a member"):
        found.ask(engine.upline, MemberId("late"), valid_at=day(19))
    with pytest.raises(RefusedError, match="nobody is not a member"):
        found.ask(engine.upline, MemberId("nobody"), valid_at=day(19))


def test_hostile_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="member: has a character"):
        shop().ask(engine.upline, MemberId("\x00"), valid_at=day(1))


def test_a_tier_that_was_recorded_late_is_valid_before_it_is_known() -> None:
    found = shop()
    found.do(engine.set_tier, CAI, "gold", valid_from=day(5), at=LATER)
    found.do(engine.move, CAI, None, valid_from=day(6), at=LATER)

    def stood(valid_on: int, known_at: Instant | None = None) -> tuple[str | None, str]:
        where = found.ask(engine.position, CAI, valid_at=day(valid_on), known_at=known_at)
        assert (where.member, where.state, where.joined_at) == (CAI, State.ACTIVE, day(1))
        return where.sponsor, where.tier

    assert [stood(number) for number in (4, 5, 6)] == [("ben", ""), ("ben", "gold"), (None, "gold")]
    assert stood(6, known_at=NOW) == ("ben", "")
    assert stood(6, known_at=LATER) == (None, "gold")
    for valid_on, known_at in ((0, None), (6, day(1))):
        with pytest.raises(RefusedError, match="cai is not a member"):
            stood(valid_on, known_at)
    with pytest.raises(RefusedError, match="nobody is not a member"):
        found.ask(engine.position, MemberId("nobody"), valid_at=day(6))
    with pytest.raises(InputError, match="member: has a character"):
        found.ask(engine.position, MemberId("\x00"), valid_at=day(6))


def test_a_plan_that_was_published_late_is_valid_before_it_is_known() -> None:
    first = plan(percent("10%", 1))
    found = shop(plan=first)
    later = evolve(plan(percent("12%", 1)), plan_version=2, valid_from=day(5))
    found.do(engine.set_plan, later, at=LATER)

    def in_force(valid_on: int, known_at: Instant | None = None) -> int:
        valid: Plan = found.ask(engine.plan_in_force, CNY, day(valid_on), known_at=known_at)
        return valid.plan_version

    assert [in_force(number) for number in (4, 5)] == [1, 2]
    assert (in_force(5, known_at=NOW), in_force(5, known_at=LATER)) == (1, 2)
    with pytest.raises(RefusedError, match="no plan in CNY is valid"):
        in_force(5, known_at=day(1))
