"""Inside a component rules are tried in order: by level, tier and goods; a zero is an answer."""

import pytest
from tests.builders import above, line, paid, per_order, percent, plan, sale, seat

from distcore.commission import CategoryIs, Lineage, Match, Plan, SaleLine, SkuIn, calculate, whole

BOOK, TEA = line("1", sku="b1", category="books/novels"), line("2", sku="t1", category="food/tea")
ANN = above("ann")


def won(plan: Plan, *lines: SaleLine, lineage: Lineage = ANN) -> list[tuple[str, str, str]]:
    order = sale(*lines)
    return [(each.line, each.rule, each.payee) for each in calculate(plan, order, whole(order), lineage)]


def test_the_first_wins_whatever_the_others_would_pay() -> None:
    assert won(plan(percent("1%", 1), percent("10%", 1)), TEA) == [("2", "1%", "ann")]


def test_a_rule_is_for_its_levels() -> None:
    by = plan(percent("1%", 2, 3), percent("10%", 1))
    assert won(by, TEA, lineage=above("ann", "ben", "joe", "zoe")) == [
        ("2", "10%", "ann"),
        ("2", "1%", "ben"),
        ("2", "1%", "joe"),
    ]


def test_a_rule_is_for_its_tiers() -> None:
    by = plan(percent("20%", 1, 2, tiers=["gold", "jade"]), percent("10%", 1))
    assert won(by, TEA, lineage=above(seat("ann", "jade"))) == [("2", "20%", "ann")]
    assert won(by, TEA, lineage=above(seat("ann", "Gold"))) == [("2", "10%", "ann")]
    assert won(by, TEA, lineage=above("ann", "ben")) == [("2", "10%", "ann")]


@pytest.mark.parametrize(
    ("match", "fits"),
    [
        (CategoryIs("books"), True),
        (CategoryIs("books/novels"), True),
        (CategoryIs("books/novels/old"), False),
        (CategoryIs("book"), False),
        (CategoryIs("novels"), False),
        (SkuIn(("x", "b1")), True),
        (SkuIn(("B1",)), False),
    ],
)
def test_a_rule_is_for_its_goods(match: Match, fits: bool) -> None:
    by = plan(percent("20%", 1, match=match), percent("10%", 1))
    assert won(by, BOOK) == [("1", "20%" if fits else "10%", "ann")]


def test_every_line_finds_its_own_rule() -> None:
    by = plan(percent("20%", 1, match=CategoryIs("books")), percent("10%", 1))
    assert won(by, BOOK, TEA) == [("1", "20%", "ann"), ("2", "10%", "ann")]


def test_a_line_that_no_rule_fits_pays_nothing() -> None:
    by = plan(percent("20%", 1, match=CategoryIs("books")))
    assert won(by, BOOK, TEA) == [("1", "20%", "ann")]


def test_a_zero_is_an_answer_and_hides_the_rules_below() -> None:
    by = plan(percent("0%", 1, match=CategoryIs("books")), percent("10%", 1))
    assert won(by, BOOK, TEA) == [("2", "10%", "ann")]


def test_an_amount_per_order_counts_the_lines_that_its_rule_won() -> None:
    by = plan(per_order(500, 1, match=CategoryIs("books")), percent("10%", 1))
    order = sale(BOOK, line("3", 30_000, category="books"), TEA)
    assert paid(calculate(by, order, whole(order), ANN)) == {"ann": 500 + 1_000}
    assert won(by, *order.lines) == [
        ("1", "500 per order", "ann"),
        ("2", "10%", "ann"),
        ("3", "500 per order", "ann"),
    ]


def test_nobody_above_earns_where_no_rule_names_the_level() -> None:
    assert won(plan(percent("10%", 3)), TEA, lineage=above("ann", "ben")) == []
