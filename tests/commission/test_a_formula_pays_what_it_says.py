"""A function of the shop is asked about what is left, and its answer is looked at before it counts."""

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from typing import Any

import pytest
from attrs import evolve
from tests.builders import above, line, percent, plan, refund, sale, seat

from distcore.commission import (
    NO_FORMULAS,
    Bound,
    Boundless,
    Choice,
    Claim,
    Custom,
    CustomCase,
    CustomLine,
    Differential,
    Formulas,
    Lineage,
    ListPrice,
    NoBound,
    Param,
    Params,
    Plan,
    Reason,
    Subtract,
    Unbounded,
    calculate,
    estimate,
    explain,
    formula_refusal,
    left_of,
    plan_problems,
    recomputed,
    tell,
    whole,
    worst_case,
)
from distcore.commission.lineage import Standing
from distcore.commission.words import Language
from distcore.kernel import ComponentId, InputError, MemberId, Rate, RuleId, Severity, limits

NAME = "years of service"
FORMULA = Custom(ComponentId("loyalty"), NAME, 2, Params((Param("each", 7),)), 2)


def formulas(answer: Callable[[CustomCase], Any]) -> Formulas:
    return {(NAME, 2): answer}


def seven_each(case: CustomCase) -> list[list[int]]:
    """Pay the parameter `each`, times one more than the level, per unit."""
    each = case.params["each"]
    assert isinstance(each, int)
    return [[each * (1 + claim.level) * line.units for line in case.lines] for claim in case.claims]


BY = evolve(plan(), components=(FORMULA,))
WHO = above("ann", "ben", "cai", own=seat("buyer", "gold"), promoted=[seat("pam")])
ORDER = sale(line("1", 10_000, units=3), line("2", 5_000, units=1))


def asked(by: Plan, who: Lineage, *backs: tuple[str, int, int]) -> CustomCase:
    """Return what a formula is asked."""
    cases: list[CustomCase] = []

    def note(case: CustomCase) -> list[list[int]]:
        cases.append(case)
        return seven_each(case)

    left = left_of(ORDER, [refund(*backs)] if backs else [])
    calculate(by, ORDER, left, who, formulas(note))
    (case,) = cases
    return case


def test_it_is_told_who_is_there_and_what_is_left() -> None:
    case = asked(BY, WHO, ("1", 1, 4_000))
    assert dict(case.params) == {"each": 7}
    assert case.sale == ORDER
    assert case.lines == (
        CustomLine(ORDER.lines[0], 2, 6_000, 6_000),
        CustomLine(ORDER.lines[1], 1, 5_000, 5_000),
    )
    assert case.claims == (
        Claim(0, seat("buyer", "gold"), MemberId("buyer")),
        Claim(0, seat("pam"), MemberId("pam")),
        Claim(1, seat("ann"), MemberId("ann")),
        Claim(2, seat("ben"), MemberId("ben")),
    )


def test_a_line_of_which_nothing_is_left_is_not_asked_about() -> None:
    assert [each.sold.id for each in asked(BY, WHO, ("1", 0, 10_000)).lines] == ["2"]


def test_it_is_told_the_base_of_its_component() -> None:
    dear = sale(evolve(line("1", 10_000, units=2), list_minor=12_000))
    by = evolve(plan(), components=(evolve(FORMULA, base=ListPrice()),))
    cases = []

    def note(case: CustomCase) -> Iterator[list[int]]:
        cases.append(case)
        return repeat([0], len(case.claims))

    calculate(by, dear, whole(dear), WHO, formulas(note))
    assert [each.base_minor for each in cases[0].lines] == [12_000]


def test_who_does_not_qualify_is_not_among_them_and_is_told_why() -> None:
    suspended = [seat(name, standing=Standing.SUSPENDED) for name in ("buyer", "pam", "ann")]
    who = above(suspended[2], "ben", own=suspended[0], promoted=[suspended[1]])
    assert [(each.level, each.payee) for each in asked(BY, who).claims] == [(2, "ben")]
    found = explain(BY, ORDER, whole(ORDER), who, formulas(seven_each))
    missed = [(each.member, each.level, each.reason, each.forgone_minor) for each in found.why_nots]
    assert missed == [
        ("buyer", 0, Reason.SUSPENDED, 0),
        ("pam", 0, Reason.SUSPENDED, 0),
        ("ann", 1, Reason.SUSPENDED, 0),
    ]


@pytest.mark.parametrize("levels", [0, 1])
def test_about_nobody_or_nothing_it_is_not_asked(levels: int) -> None:
    def never(_: CustomCase) -> list[list[int]]:
        raise AssertionError("it is asked")

    by = evolve(plan(), components=(evolve(FORMULA, levels=levels),))
    assert calculate(by, ORDER, whole(ORDER), above(), formulas(never)) == ()
    gone = left_of(ORDER, [refund(("1", 3, 10_000), ("2", 1, 5_000))])
    assert calculate(by, ORDER, gone, WHO, formulas(never)) == ()
    assert calculate(by, ORDER, gone, WHO) == ()


def test_every_accrual_names_it_with_its_version() -> None:
    paid = calculate(BY, ORDER, whole(ORDER), WHO, formulas(seven_each))
    assert {each.rule for each in paid} == {"years of service v2"}
    assert [(each.line, each.payee, each.level, each.amount_minor) for each in paid[:4]] == [
        ("1", "buyer", 0, 21),
        ("1", "pam", 0, 21),
        ("1", "ann", 1, 42),
        ("1", "ben", 2, 63),
    ]
    assert BY.rule_ids == {("loyalty", "years of service v2")}


def test_what_it_pays_shares_the_budget_and_is_subtracted() -> None:
    rest = Differential(ComponentId("rest"), (percent("2%"),), Subtract.ALL_PAID)
    by = evolve(plan(), components=(FORMULA, rest), budget=Rate.parse("1%"))
    order = sale(line("1", 10_000, units=1))
    paid = calculate(by, order, whole(order), above("ann"), formulas(seven_each))
    assert [(each.component, each.amount_minor) for each in paid] == [("loyalty", 7), ("rest", 93)]


def test_where_amounts_decide_it_is_asked_about_what_was_sold_as_well() -> None:
    """What comes after it is chosen by the order as it was sold."""
    cases = []

    def note(case: CustomCase) -> list[list[int]]:
        cases.append([each.units for each in case.lines])
        return seven_each(case)

    best = Differential(
        ComponentId("best"), (percent("2%"), percent("3%")), Subtract.ALL_PAID, choose=Choice.BEST
    )
    by = evolve(plan(), components=(FORMULA, best))
    calculate(by, ORDER, left_of(ORDER, [refund(("1", 1, 100))]), WHO, formulas(note))
    assert cases == [[3, 1], [2, 1]]


def test_it_is_explained_and_made_again() -> None:
    found = explain(BY, ORDER, whole(ORDER), WHO, formulas(seven_each))
    assert all(recomputed(each, formulas(seven_each)) == each.accrual.amount_minor for each in found.whys)
    assert tell(found.whys[2]) == (
        "ann gets 0.42 CNY for line 1 (tea), level 1; plan version 1, loyalty, rule years of service v2: "
        "as the shop's own formula answers, with a base of net; net 100.00 CNY, 3 units"
    )
    assert ", as buyer or promoter; " in tell(found.whys[0])
    assert "店铺自定公式所得，基数为实付净额" in tell(found.whys[0], Language.CHINESE)
    with pytest.raises(InputError, match="is not registered"):
        recomputed(found.whys[0])


def test_a_zero_is_an_answer() -> None:
    found = explain(BY, ORDER, whole(ORDER), above("ann"), formulas(lambda case: [[0, 5]] * len(case.claims)))
    assert [(each.accrual.line, each.accrual.amount_minor) for each in found.whys] == [("2", 5)]
    zeros = [(each.line, each.reason) for each in found.why_nots if each.member]
    assert zeros == [("1", Reason.RULE_PAYS_ZERO)]


def broken(_: CustomCase) -> Iterable[list[int]]:
    raise ZeroDivisionError("by nothing")


def breaks_later(_: CustomCase) -> Iterator[list[int]]:
    yield [1, 1]
    raise KeyError("tier")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (broken, "raised ZeroDivisionError('by nothing')"),
        (breaks_later, "raised KeyError('tier')"),
        (lambda _: None, "raised TypeError(\"'NoneType' object is not iterable\")"),
        (lambda _: [1, 2], "raised TypeError(\"'int' object is not iterable\")"),
        (lambda _: [[1, 1]], "answers for 1 claims, asked about 2"),
        (lambda _: [], "answers for 0 claims, asked about 2"),
        (lambda _: repeat([1, 1]), "answers for more than 2 claims, asked about 2"),
        (lambda _: [[1], [1, 1]], "answers for 1 lines, asked about 2"),
        (lambda _: [[1, 1], repeat(1)], "answers for more than 2 lines, asked about 2"),
        (lambda _: [[1, 1], [1, -1]], "answers -1"),
        (lambda _: [[1, 1], [1, 1.0]], "answers 1.0"),
        (lambda _: [[1, 1], [True, 1]], "answers True"),
        (lambda _: [[1, 1], [1, None]], "answers None"),
        (lambda _: [[1, 1], "ab"], "answers 'a'"),
        (lambda _: [[10**15 + 1, 1], [1, 1]], "answers 1000000000000001"),
        (lambda _: [[10**15, 0], [0, 1]], "answers 1000000000000001 altogether"),
    ],
)
def test_an_answer_that_is_none_names_the_formula(answer: Callable[[CustomCase], Any], says: str) -> None:
    with pytest.raises(InputError) as raised:
        calculate(BY, ORDER, whole(ORDER), above("ann", "ben"), formulas(answer))
    (problem,) = raised.value.problems
    assert problem.where == "formula years of service version 2"
    assert problem.message.startswith(says)


class UnspeakableError(Exception):
    """Can't say what is wrong."""

    def __repr__(self) -> str:
        raise self


@pytest.mark.parametrize(
    "error", [ValueError("x" * 1_000_000), ValueError("a\x00\n\ud800b"), UnspeakableError()]
)
def test_whatever_a_formula_raises_is_told_in_short(error: Exception) -> None:
    def answer(_: CustomCase) -> list[list[int]]:
        raise error

    with pytest.raises(InputError) as raised:
        calculate(BY, ORDER, whole(ORDER), above("ann"), formulas(answer))
    (problem,) = raised.value.problems
    assert problem.message.isprintable()
    assert len(problem.message) < 100
    assert raised.value.__cause__ is error


def test_the_largest_answer_is_taken() -> None:
    most = limits.AMOUNT_MINOR_MAX
    paid = calculate(BY, ORDER, whole(ORDER), above("ann"), formulas(lambda _: [[most, 0]]))
    assert [each.amount_minor for each in paid] == [most]


def test_a_formula_that_is_not_registered_is_named() -> None:
    refusal = formula_refusal(BY, {(NAME, 1): seven_each})
    assert str(refusal) == (
        "formula_unknown: no formula years of service version 2 is registered here "
        "(pass the function to the verb, or by --formulas, under its name and version)"
    )
    assert formula_refusal(BY, formulas(seven_each)) is None
    assert formula_refusal(plan(percent("10%", 1)), NO_FORMULAS) is None
    with pytest.raises(InputError, match="formula years of service version 2: is not registered"):
        calculate(BY, ORDER, whole(ORDER), WHO)


def test_parameters_stand_in_the_order_of_their_names() -> None:
    two, one = Param("b", 1), Param("a", True)
    assert Params((two, one)) == Params((one, two))
    assert Params((two, one)).entries == (one, two)


@pytest.mark.parametrize(
    ("component", "where", "message"),
    [
        (evolve(FORMULA, name=""), "name", "can't be blank"),
        (evolve(FORMULA, name="x" * 126), "name", "too long"),
        (evolve(FORMULA, custom_version=0), "custom_version", "out of range"),
        (evolve(FORMULA, levels=-1), "levels", "out of range"),
        (evolve(FORMULA, levels=limits.LEVEL_MAX + 1), "levels", "out of range"),
        (evolve(FORMULA, params=Params((Param("a", 1), Param("a", 2)))), "params", "'a' stands twice"),
        (evolve(FORMULA, params=Params((Param("", 1),))), "params", "can't be blank"),
        (evolve(FORMULA, params=Params((Param("a", "\n"),))), "params.a", "has a character"),
        (evolve(FORMULA, params=Params((Param("a", 10**15 + 1),))), "params.a", "out of range"),
        (
            evolve(FORMULA, params=Params(Param(f"{n}", n) for n in range(limits.PARAMS_MAX + 1))),
            "params",
            "there are 101",
        ),
        (evolve(FORMULA, params=Params((Param("a", 1.5),))), "params.entries[0].value", "not "),  # type: ignore[arg-type]
        (evolve(FORMULA, params=Params(7)), "params.entries", "not a tuple"),  # type: ignore[arg-type]
    ],
)
def test_what_is_wrong_with_it_is_said(component: Custom, where: str, message: str) -> None:
    (problem,) = plan_problems(evolve(plan(), components=(component,)))
    assert problem.where == f"$.components[0].{where}"
    assert message in problem.message
    assert problem.severity is Severity.ERROR


def test_the_longest_name_and_the_most_parameters_are_taken() -> None:
    params = Params(Param(f"{n:03}", bool(n % 2)) for n in range(limits.PARAMS_MAX))
    longest = evolve(FORMULA, name="x" * 125, params=params, levels=limits.LEVEL_MAX)
    assert plan_problems(evolve(plan(), components=(longest,))) == ()
    assert len(longest.formula.id) == limits.ID_LENGTH_MAX


def test_its_worst_case_has_no_bound_but_a_budget() -> None:
    for by in (BY, evolve(BY, components=(*plan(percent("10%", 1)).components, FORMULA))):
        share = worst_case(by).line
        assert isinstance(share, Unbounded)
        formula = NoBound(Boundless.FORMULA, ComponentId("loyalty"), RuleId("years of service v2"))
        assert share.no_bound == (formula,)
        assert not share.is_exact
        bound = worst_case(evolve(by, budget=Rate.parse("12%"))).line
        assert isinstance(bound, Bound)
        assert (bound.ppm, bound.is_exact) == (120_000, False)


def test_an_estimate_asks_it_and_is_never_exact() -> None:
    found = estimate(BY, ORDER, formulas=formulas(seven_each))
    assert not found.exact
    assert [(each.level, each.least_minor, each.most_minor) for each in found.ranges] == [
        (0, 56, 56),
        (1, 56, 56),
        (2, 84, 84),
    ]


def test_what_is_wrong_with_an_answer_says_what_to_do() -> None:
    def said(known: Formulas) -> str:
        with pytest.raises(InputError) as raised:
            calculate(BY, ORDER, whole(ORDER), above("ann", "ben"), known)
        return str(raised.value)

    named = "formula years of service version 2"
    assert said(NO_FORMULAS) == (
        f"{named}: is not registered (pass the function to the verb, or by --formulas)"
    )
    assert said(formulas(lambda _: [[1, 1], [1, "b"]])) == (
        f"{named}: answers 'b' (an amount for each claim and line, in minor units, from 0)"
    )


def always(answer: object) -> Callable[[CustomCase], object]:
    return lambda _: answer


def test_no_more_is_taken_of_an_answer_than_shows_that_it_is_too_long() -> None:
    taken: list[str] = []

    def note(name: str, values: Iterable[object]) -> Iterator[object]:
        for each in values:
            taken.append(name)
            yield each

    for answer in (note("row", repeat([1, 1])), [[1, 1], note("amount", repeat(1))]):
        with pytest.raises(InputError):
            calculate(BY, ORDER, whole(ORDER), above("ann", "ben"), formulas(always(answer)))
    assert taken == ["row"] * 3 + ["amount"] * 3
