"""Malformed sales and refunds: everything is reported together, each with its path."""

from typing import Any, cast

import pytest
from attrs import evolve
from tests.builders import day, line, price, refund, sale

from distcore.commission import (
    Cancellation,
    Refund,
    RefundLine,
    Sale,
    price_problems,
    refund_problems,
    sale_problems,
)
from distcore.kernel import Currency, InputError, Instant, LineId, MemberId, RefundId, SaleId, limits

NAIVE: Instant = day(2).replace(tzinfo=None)


def found(sale: Sale) -> list[str]:
    return [str(problem) for problem in sale_problems(sale)]


def with_line(**changes: Any) -> Sale:
    return sale(line("1"), evolve(line("2"), **changes))


def test_a_sale_may_be_as_large_as_the_limits() -> None:
    free = [line(str(n), 0) for n in range(limits.LINES_MAX - 1)]
    big = evolve(
        line("x", limits.AMOUNT_MINOR_MAX, units=limits.UNITS_MAX),
        list_minor=limits.AMOUNT_MINOR_MAX,
        cost_minor=0,
        tax_minor=0,
        tags=("new", ""),
    )
    order = evolve(sale(*free, big, promoter="pam"), region="x" * limits.TEXT_LENGTH_MAX)
    assert found(order) == []


@pytest.mark.parametrize(
    ("malformed", "problem"),
    [
        (sale(id=""), "id: an id can't be blank: ''"),
        (sale(buyer="\n"), r"buyer: an id can't be blank: '\n'"),
        (sale(promoter=""), "promoter: an id can't be blank: ''"),
        (
            sale(currency="cny"),
            "currency: unknown currency: 'cny' (an ISO 4217 code like CNY, or POINT)",
        ),
        (
            evolve(sale(), region="a\0"),
            (r"region: has a character that is not allowed: 'a\x00' (U+0000 at position 2)"),
        ),
        (
            evolve(sale(), channel="x" * 1025),
            "channel: too long: '" + "x" * 56 + "... (at most 1024 characters, not 1025)",
        ),
        (
            evolve(sale(), buyer_group="\ud800"),
            (r"buyer_group: has a character that is not allowed: '\ud800' (U+D800 at position 1)"),
        ),
        (evolve(sale(), lines=()), "lines: there are 0 lines (give 1 to 10000)"),
        (with_line(id=""), "lines[0].id: an id can't be blank: ''"),
        (with_line(sku=""), "lines[1].sku: an id can't be blank: ''"),
        (with_line(units=-1), "lines[1].units: out of range: -1 (from 0 to 1000000000)"),
        (with_line(units=10**9 + 1), "lines[1].units: out of range: 1000000001 (from 0 to 1000000000)"),
        (with_line(net_minor=-1), "lines[1].net_minor: out of range: -1 (from 0 to 1000000000000000)"),
        (with_line(net_minor=1.0), "lines[1].net_minor: not a whole number: 1.0"),
        (with_line(category=None), "lines[1].category: not a text: None"),
        (
            with_line(category="food//fresh"),
            "lines[1].category: is not a path (write it as food/fresh or cn/zj)",
        ),
        (with_line(category="/food"), "lines[1].category: is not a path (write it as food/fresh or cn/zj)"),
        (evolve(sale(), region="cn//zj"), "region: is not a path (write it as food/fresh or cn/zj)"),
        (evolve(sale(), region="cn/"), "region: is not a path (write it as food/fresh or cn/zj)"),
        (with_line(list_minor=-1), "lines[1].list_minor: out of range: -1 (from 0 to 1000000000000000)"),
        (with_line(cost_minor="5"), "lines[1].cost_minor: not a whole number: '5'"),
        (with_line(tax_minor=True), "lines[1].tax_minor: not a whole number: True"),
        (with_line(brand=5), "lines[1].brand: not a text: 5"),
        (with_line(tags=("new", 5)), "lines[1].tags[1]: not a text: 5"),
        (
            sale(line("1"), line("1", 5)),
            "lines[1]: '1' stands twice (give each line its own id)",
        ),
        (
            sale(line("1", limits.AMOUNT_MINOR_MAX), line("2", 1)),
            "lines: together they exceed 1000000000000000 minor units (split the order)",
        ),
    ],
)
def test_what_is_malformed_about_a_sale_is_said_with_its_path(malformed: Sale, problem: str) -> None:
    assert problem in found(malformed)


def test_one_line_too_many_is_one_problem_and_not_ten_thousand() -> None:
    too_many = sale(*(line(str(n), -1) for n in range(limits.LINES_MAX + 1)))
    assert found(too_many) == ["lines: there are 10001 lines (give 1 to 10000)"]


def test_all_problems_are_reported_together() -> None:
    wrong = evolve(with_line(units=-1, net_minor=10**30), id=SaleId(""), currency=Currency("?"))
    assert [problem.where for problem in sale_problems(wrong)] == [
        "id",
        "currency",
        "lines[1].units",
        "lines[1].net_minor",
        "lines",
    ]


@pytest.mark.parametrize(
    ("misshapen", "problem"),
    [
        (None, "not a Sale: None"),
        ({"id": "s"}, "not a Sale: {'id': 's'}"),
        (refund(("1", 1, 1)), "not a Sale: Refund("),
        (evolve(sale(), lines=cast("Any", None)), "lines: not a tuple: None"),
        (evolve(sale(), lines=cast("Any", 7)), "lines: not a tuple: 7"),
        (evolve(sale(), lines=cast("Any", [line(), None])), "lines: not a tuple: ["),
        (with_line(tags=None), "lines[1].tags: not a tuple: None"),
        (with_line(tags="new"), "lines[1].tags: not a tuple: 'new'"),
        (with_line(tags=["new"]), "lines[1].tags: not a tuple: ['new']"),
        (with_line(tags=("new", 7)), "lines[1].tags[1]: not a text: 7"),
    ],
    ids=ascii,
)
def test_what_is_of_a_wrong_kind_is_said_first(misshapen: Any, problem: str) -> None:
    assert found(misshapen)[0].startswith(problem)


def test_tags_are_few() -> None:
    assert found(with_line(tags=("new",) * limits.TAGS_MAX)) == []
    assert found(with_line(tags=("\n",) * (limits.TAGS_MAX + 1)))[0] == (
        "lines[1].tags: there are 101 (at most 100)"
    )
    assert len(found(with_line(tags=("\n",) * 10_000))) == 1 + limits.TAGS_MAX


@pytest.mark.parametrize(
    ("misshapen", "problem"),
    [
        (None, "not a Refund: None"),
        (sale(), "not a Refund: Sale("),
        (evolve(refund(("1", 1, 1)), lines=cast("Any", None)), "lines: not a tuple: None"),
        (evolve(refund(("1", 1, 1)), lines=cast("Any", ["1"])), "lines: not a tuple: ['1']"),
    ],
    ids=ascii,
)
def test_a_refund_of_a_wrong_kind_is_said_so(misshapen: Any, problem: str) -> None:
    assert str(refund_problems(misshapen)[0]).startswith(problem)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (None, "not a PriceCorrection: None"),
        (evolve(price("p1"), lines=cast("Any", ["1"])), "lines: not a tuple: ['1']"),
        (evolve(price("p1"), lines=()), "lines: there are 0 lines"),
        (price("p1", {"1": -1}), "lines[0].net_minor: out of range: -1"),
        (price("p1", {"1": limits.AMOUNT_MINOR_MAX + 1}), "lines[0].net_minor: out of range"),
        (evolve(price("p1"), id=cast("Any", 1)), "id: "),
    ],
    ids=ascii,
)
def test_what_is_wrong_with_a_price_is_said(wrong: Any, problem: str) -> None:
    assert str(price_problems(wrong)[0]).startswith(problem)


def test_lines_whose_ids_cannot_be_compared_stay_where_they_are() -> None:
    number: LineId = 5  # type: ignore[assignment]  # what a caller without a type checker may send
    order = sale(line("2"), evolve(line(), id=number), line("1"))
    assert [each.id for each in order.lines] == ["2", 5, "1"]
    assert found(order) == ["lines[1].id: not an id: 5 (an id is a text)"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sale(SaleId("s"), MemberId("b"), Currency("CNY"), NAIVE, [line()]),
        lambda: refund(("1", 1, 1), refunded_at=NAIVE),
        lambda: Cancellation(SaleId("s"), NAIVE),
    ],
)
def test_a_time_without_an_offset_is_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(InputError, match="_at: a time without an offset"):
        make()


def test_instants_are_kept_in_utc_and_lines_in_order() -> None:
    order = sale(line("b"), line("a"), paid_at=day(2).astimezone(tz=None))
    assert (order.paid_at.tzname(), [each.id for each in order.lines]) == ("UTC", ["a", "b"])
    back = refund(("b", 1, 1), ("a", 1, 1))
    assert [each.line for each in back.lines] == ["a", "b"]


@pytest.mark.parametrize(
    ("back", "problem"),
    [
        (refund(("1", 1, 1), id=""), "id: an id can't be blank: ''"),
        (refund(("1", 1, 1), of=""), "sale: an id can't be blank: ''"),
        (refund(("1", 1, 1), repeats=""), "repeats: an id can't be blank: ''"),
        (refund(), "lines: there are 0 lines (give 1 to 10000)"),
        (refund(("", 1, 1)), "lines[0].line: an id can't be blank: ''"),
        (refund(("1", -1, 1)), "lines[0].units: out of range: -1 (from 0 to 1000000000)"),
        (refund(("1", 1, -1)), "lines[0].amount_minor: out of range: -1 (from 0 to 1000000000000000)"),
        (refund(("1", 0, 0)), "lines[0].units: neither units nor money are refunded (leave the line out)"),
        (
            refund(("1", 1, 1), ("1", 1, 2)),
            "lines[1]: '1' stands twice (give each line its own id)",
        ),
    ],
)
def test_what_is_malformed_about_a_refund_is_said_with_its_path(back: Refund, problem: str) -> None:
    assert [str(each) for each in refund_problems(back)] == [problem]


@pytest.mark.parametrize("line", [("1", 1, 0), ("1", 0, 1)])
def test_a_refund_is_of_units_or_money_or_both(line: tuple[str, int, int]) -> None:
    assert refund_problems(refund(line)) == ()


def test_a_refund_line_of_a_float_is_not_taken_for_zero() -> None:
    zero: int = 0.0  # type: ignore[assignment]  # what a caller without a type checker may send
    back = evolve(refund(), lines=(RefundLine(LineId("1"), zero, 0),), id=RefundId("r1"))
    assert [str(each) for each in refund_problems(back)] == ["lines[0].units: not a whole number: 0.0"]
