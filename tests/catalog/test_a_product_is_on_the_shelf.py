"""A product is on the shelf from an instant on, until another one, and while nobody takes it off."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from distcore.catalog import OffShelf, off_shelf, shelf_refusal
from distcore.kernel import InputError
from distcore.testing.catalog import a_product

OPENS = datetime(2026, 11, 1, tzinfo=UTC)
ENDS = datetime(2026, 11, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (OPENS - TICK, OffShelf.NOT_YET),
        (OPENS, None),
        (ENDS - TICK, None),
        (ENDS, OffShelf.OVER),
    ],
)
def test_it_is_there_from_its_beginning_to_before_its_end(at: datetime, why: OffShelf | None) -> None:
    assert off_shelf(a_product(shelf_from=OPENS, shelf_until=ENDS), at) is why
    assert off_shelf(a_product(), at) is None


def test_what_is_taken_off_is_off_at_all_times() -> None:
    off = a_product(on_shelf=False, shelf_from=OPENS, shelf_until=ENDS)
    assert {off_shelf(off, at) for at in (OPENS - TICK, OPENS, ENDS)} == {OffShelf.OFF}


def test_an_instant_of_another_zone_is_the_same_instant() -> None:
    east = timezone(timedelta(hours=8))
    assert a_product(shelf_from=OPENS.astimezone(east)) == a_product(shelf_from=OPENS)
    assert a_product(shelf_until=ENDS.astimezone(east)).shelf_until == ENDS
    with pytest.raises(InputError, match="shelf_from"):
        a_product(shelf_from=datetime(2026, 11, 1))
    with pytest.raises(InputError, match="shelf_until"):
        a_product(shelf_until=datetime(2026, 11, 1))


def test_whatever_is_missing_is_named_together_in_order() -> None:
    assert shelf_refusal({}) is None

    unknown = shelf_refusal({"pot": None, "cup": None})
    assert unknown is not None
    assert (unknown.code, unknown.facts) == ("unknown_sku", (("skus", "cup, pot"),))

    mixed = shelf_refusal({"pot": OffShelf.OVER, "jar": OffShelf.OFF, "cup": None})
    assert mixed is not None
    assert (mixed.code, mixed.facts) == (
        "not_on_shelf",
        (("products", "cup (unknown), jar (off), pot (over)"),),
    )
