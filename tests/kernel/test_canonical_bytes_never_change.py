"""Equal values have equal bytes, different ones have not, and old bytes stay as they are."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timezone
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from attrs import Factory, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from distcore.kernel import (
    Cadence,
    Calendar,
    Currency,
    EveryDays,
    Instant,
    MemberId,
    Money,
    OnDates,
    Problem,
    Rate,
    Rounding,
    canonical,
    digest,
)


class Word(StrEnum):
    YES = "yes"


class Number(IntEnum):
    ONE = 1


class Pair(Enum):
    BOTH = ("a", 1)


@frozen
class Line:
    sku: str
    units: int
    price: Money


@frozen
class Order:
    lines: tuple[Line, ...]
    id: str
    paid_at: Instant
    promoter: MemberId | None = None
    gift: bool = False
    extra: int = 0
    tags: tuple[str, ...] = ()
    notes: Mapping[str, str] = Factory(dict)
    _hidden: int = 0
    total: int = field(init=False, default=7)


@frozen
class OrderOfLater(Order):
    """The same with one more optional field; its tag is set back below."""

    region: str = ""


PAID_AT = datetime(2017, 1, 31, 23, 59, 59, tzinfo=UTC)
ORDER = Order(lines=(Line("tea", 2, Money(999, Currency("CNY"))),), id="S1", paid_at=PAID_AT)


def test_golden_bytes() -> None:
    """If this fails, every key and quote that a shop has stored is lost: don't change the expectation."""
    written = '{"Order":[[{"Line":["tea",2,{"Money":[999,"CNY"]}]}],"S1","2017-01-31T23:59:59Z"]}'
    assert canonical(ORDER).decode() == written
    assert digest(ORDER).hex() == "c3314b6abac76215014ef16fb3e8013c"


def test_a_later_optional_field_changes_no_old_hash() -> None:
    later = OrderOfLater(lines=ORDER.lines, id="S1", paid_at=PAID_AT)
    assert canonical(later).replace(b"OrderOfLater", b"Order") == canonical(ORDER)


def test_what_is_not_the_default_is_written() -> None:
    order = Order((), "S2", PAID_AT, MemberId("m1"), True, 5, ("x",), {"b": "2", "a": "1"}, hidden=9)
    assert canonical(order).decode() == (
        '{"Order":[[],"S2","2017-01-31T23:59:59Z","m1",true,5,["x"],{"a":"1","b":"2"},9]}'
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (10**30, "1" + "0" * 30),
        ("é\n\u2028", '"é\\n\u2028"'),
        ((), "[]"),
        ([1, (2, "3")], '[1,[2,"3"]]'),
        ({"b": 1, "a": None, "é": 2}, '{"a":null,"b":1,"é":2}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (b"\x00\xff", '"00ff"'),
        (Rounding.HALF_UP, '"half_up"'),
        (Word.YES, '"yes"'),
        (Number.ONE, "1"),
        (Pair.BOTH, '["a",1]'),
        (PAID_AT, '"2017-01-31T23:59:59Z"'),
        (PAID_AT.replace(microsecond=1), '"2017-01-31T23:59:59.000001Z"'),
        (date(2017, 3, 6), '"2017-03-06"'),
        (time(20), '"20:00"'),
        (time(20, 0, 59), '"20:00:59"'),
        (Cadence.HALF_MONTHLY, '"half_monthly"'),
        (EveryDays(7, date(2017, 3, 6)), '{"EveryDays":[7,"2017-03-06"]}'),
        (OnDates((date(1970, 1, 1), date(9998, 12, 31))), '{"OnDates":[["1970-01-01","9998-12-31"]]}'),
        (Rate(5), '{"Rate":[5]}'),
        (Calendar(ZoneInfo("Asia/Shanghai")), '{"Calendar":["Asia/Shanghai"]}'),
        (Problem("$", "no"), '{"Problem":["$","no"]}'),
    ],
)
def test_by_example(value: object, written: str) -> None:
    assert canonical(value).decode() == written


def test_a_default_is_left_out_only_if_it_is_of_the_same_type() -> None:
    """False equals 0 in Python, and is something else."""
    assert canonical(Order((), "S", PAID_AT, extra=False)).endswith(b",null,false,false]}")


def test_subclasses_of_text_are_text() -> None:
    class Name(str):
        __slots__ = ()

    assert canonical(Name("x")) == b'"x"'


def test_lone_surrogates_do_not_break_it() -> None:
    assert canonical("\ud800") != canonical("\ud801")


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(trees)
def test_it_is_json(value: object) -> None:
    assert json.loads(canonical(value).decode("utf-8", "surrogatepass")) == value


@given(trees, trees)
def test_equal_bytes_mean_equal_values(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) == same
    assert (digest(one) == digest(other)) == same


@given(st.dictionaries(st.text(max_size=3), st.integers(), max_size=5))
def test_the_order_of_a_mapping_does_not_matter(value: dict[str, int]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


@frozen
class Weighed:
    kilograms: float


@frozen
class SelfMade:
    one: int
    two: int = Factory(lambda self: self.one, takes_self=True)


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        Weighed(0.5),
        object(),
        datetime(2017, 1, 31),
        datetime(2017, 1, 31, tzinfo=timezone.max),
        time(20, tzinfo=UTC),
        time(20, 0, 0, 1),
        SelfMade(1),
    ],
)
def test_anything_else_is_our_mistake(value: object) -> None:
    with pytest.raises(AssertionError):
        canonical(value)
