"""Two questions about the past: what held then, and what was known then."""

from datetime import timedelta

import pytest
from tests.builders import NOW, day, newcomer, shop

from distcore import engine
from distcore.kernel import InputError, Instant, MemberId, RefusedError

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
