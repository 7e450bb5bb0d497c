"""Hostile values are refused with a path at every verb, and nothing of them is written."""

import re
from collections.abc import Callable
from inspect import isfunction, signature
from typing import Any

import pytest
from attrs import evolve
from tests.builders import (
    CNY,
    NOW,
    SHANGHAI,
    THIRD,
    Shop,
    day,
    line,
    month,
    newcomer,
    per_unit,
    percent,
    plan,
    price,
    refund,
    rule,
    sale,
    shop,
)
from tests.hostile import CURRENCIES, IDS, INSTANTS, NUMBERS, brief

from distcore import engine
from distcore.commission import Cancellation, CategoryIs, Freeze, FreezeFrom, PriceLine
from distcore.engine import Completion
from distcore.kernel import Currency, InputError, SaleId, ShopPolicy, instant_of, limits
from distcore.referral import State


def open_shop() -> Shop:
    return shop(plan=plan(percent("10%", 1)))


@pytest.fixture(name="shop", scope="module")
def a_shop() -> Shop:
    """Return one shop for all: what is hostile leaves it as it is, which `problems` asserts."""
    found = open_shop()
    found.do(engine.accrue, sale(line("1", 10_000, units=2)), key="order 1")
    return found


@pytest.mark.parametrize("value", NUMBERS, ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("units", engine.accrue, lambda value: sale(evolve(line(), units=value), id="s")),
        ("net_minor", engine.accrue, lambda value: sale(evolve(line(), net_minor=value), id="s")),
        ("units", engine.refund, lambda value: refund(("1", value, 1))),
        ("amount_minor", engine.refund, lambda value: refund(("1", 1, value))),
        ("plan_version", engine.set_plan, lambda value: evolve(plan(percent("1%", 1)), plan_version=value)),
        (r"levels\[0\]", engine.set_plan, lambda value: plan(rule("r", (value,), per_unit(1, 1).pays))),
        ("pays.amount(_minor)?", engine.set_plan, lambda value: plan(per_unit(value, 1))),
    ],
)
def test_numbers(shop: Shop, field: str, verb: Callable[..., object], given: Any, value: Any) -> None:
    (problem, *_) = shop.problems(verb, given(value))
    assert re.search(rf"\b{field}: ", problem)


@pytest.mark.parametrize("value", IDS, ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("id", engine.join, lambda value: [evolve(newcomer("x"), id=value)]),
        ("id", engine.accrue, lambda value: [evolve(sale(), id=value)]),
        ("buyer", engine.accrue, lambda value: [evolve(sale(id="s"), buyer=value)]),
        ("lines[0].id", engine.accrue, lambda value: [sale(evolve(line(), id=value), id="s")]),
        ("lines[0].sku", engine.accrue, lambda value: [sale(evolve(line(), sku=value), id="s")]),
        ("id", engine.refund, lambda value: [evolve(refund(("1", 1, 1)), id=value)]),
        ("sale", engine.refund, lambda value: [evolve(refund(("1", 1, 1)), sale=value)]),
        ("lines[0].line", engine.refund, lambda value: [refund((value, 1, 1))]),
        ("id", engine.correct_price, lambda value: [price(value)]),
        ("sale", engine.correct_price, lambda value: [price("p1", sale=value)]),
        (
            "lines[0].line",
            engine.correct_price,
            lambda value: [evolve(price("p1"), lines=[PriceLine(value, 1)])],
        ),
        ("sale", engine.cancel, lambda value: [Cancellation(value, THIRD)]),
        ("sale", engine.complete, lambda value: [Completion(value, THIRD)]),
        ("member", engine.move, lambda value: [value, None]),
        ("member", engine.set_tier, lambda value: [value, "gold"]),
        ("member", engine.set_state, lambda value: [value, State.SUSPENDED]),
        ("$.id", engine.set_plan, lambda value: [evolve(plan(percent("1%", 1)), id=value)]),
    ],
)
def test_ids(shop: Shop, field: str, verb: Callable[..., object], given: Any, value: Any) -> None:
    (problem, *_) = shop.problems(verb, *given(value))
    assert f"{field}: " in problem
    assert len(problem) < 250


@pytest.mark.parametrize("value", [value for value in IDS if value is not None], ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("sponsor", engine.join, lambda value: [evolve(newcomer("x"), sponsor=value)]),
        ("sponsor", engine.move, lambda value: ["ben", value]),
        ("promoter", engine.accrue, lambda value: [evolve(sale(id="s"), promoter=value)]),
        ("repeats", engine.refund, lambda value: [evolve(refund(("1", 1, 1)), repeats=value)]),
    ],
)
def test_ids_that_may_be_left_out(
    shop: Shop, field: str, verb: Callable[..., object], given: Any, value: Any
) -> None:
    (problem,) = shop.problems(verb, *given(value))
    assert f"{field}: " in problem


@pytest.mark.parametrize("value", [value for value in IDS if value != ""], ids=brief)
def test_tiers(shop: Shop, value: Any) -> None:
    assert "tier: " in shop.problems(engine.set_tier, "ben", value)[0]
    assert "tier: " in shop.problems(engine.join, newcomer("x", tier=value))[0]


@pytest.mark.parametrize("value", ["active", "", None, 1, []], ids=brief)
def test_states(shop: Shop, value: Any) -> None:
    expected = "(one of active, suspended, terminated)"
    assert expected in shop.problems(engine.set_state, "ben", value)[0]
    assert expected in shop.problems(engine.join, newcomer("x", state=value))[0]


@pytest.mark.parametrize("value", CURRENCIES, ids=brief)
def test_currencies(shop: Shop, value: Any) -> None:
    assert "currency: " in shop.problems(engine.accrue, sale(currency=value, id="s"))[0]
    wrong = evolve(plan(percent("1%", 1)), currency=value)
    assert "$.currency: " in shop.problems(engine.set_plan, wrong)[0]
    assert "$.currencies[1]: " in shop.problems(engine.set_policy, ShopPolicy(SHANGHAI, (CNY, value)))[0]


def test_a_policy_needs_a_currency_and_names_it_once(shop: Shop) -> None:
    assert shop.problems(engine.set_policy, ShopPolicy(SHANGHAI, ())) == [
        "$.currencies: is empty (name at least one, such as CNY)"
    ]
    assert shop.problems(engine.set_policy, ShopPolicy(SHANGHAI, (CNY, CNY))) == [
        "$.currencies[1]: CNY stands twice (name each currency once)"
    ]


@pytest.mark.parametrize("value", INSTANTS, ids=brief)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: newcomer("x", joined_at=value),
        lambda value: sale(paid_at=value),
        lambda value: refund(("1", 1, 1), refunded_at=value),
        lambda value: Cancellation(SaleId("order 1"), value),
        lambda value: Completion(SaleId("order 1"), value),
        lambda value: evolve(plan(percent("1%", 1)), valid_from=value),
    ],
)
def test_instants_of_what_is_given(make: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(InputError, match=r"_at: |valid_from: "):
        make(value)


CALLS: list[tuple[Callable[..., object], list[Any]]] = [
    (engine.set_policy, [ShopPolicy(SHANGHAI, (CNY,))]),
    (engine.set_plan, [plan(percent("1%", 1))]),
    (engine.join, [newcomer("x")]),
    (engine.join_all, [[newcomer("x")]]),
    (engine.move, ["ben", None]),
    (engine.set_tier, ["ben", "gold"]),
    (engine.set_state, ["ben", State.SUSPENDED]),
    (engine.accrue, [sale(id="s")]),
    (engine.accrue_all, [[sale(id="s")]]),
    (engine.complete, [Completion(SaleId("order 1"), THIRD)]),
    (engine.complete_all, [[Completion(SaleId("order 1"), THIRD)]]),
    (engine.refund, [refund(("1", 1, 1))]),
    (engine.refund_all, [[refund(("1", 1, 1))]]),
    (engine.correct_price, [price("p1")]),
    (engine.correct_price_all, [[price("p1")]]),
    (engine.cancel, [Cancellation(SaleId("order 1"), THIRD)]),
    (engine.cancel_all, [[Cancellation(SaleId("order 1"), THIRD)]]),
    (engine.release, []),
]


@pytest.mark.parametrize(("verb", "given"), CALLS, ids=[verb.__name__ for verb, _ in CALLS])
def test_every_verb_needs_an_instant_an_actor_and_a_key(
    shop: Shop, verb: Callable[..., object], given: list[Any]
) -> None:
    for value in INSTANTS:
        assert shop.problems(verb, *given, at=value)[0].startswith("at: ")
    for value in IDS:
        with shop.store.begin() as tx, pytest.raises(InputError, match=r"^actor: .*\nkey: "):
            verb(tx, *given, at=NOW, actor=value, key=value)


@pytest.mark.parametrize(
    ("verb", "given"),
    [(verb, given) for verb, given in CALLS if verb.__name__.endswith("_all")],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_the_key_of_a_batch_is_a_prefix_without_a_slash(
    shop: Shop, verb: Callable[..., object], given: list[Any]
) -> None:
    assert shop.problems(verb, *given, key="2026/01") == [
        "key: has a slash: '2026/01' (the ids of the batch follow after one)"
    ]


@pytest.mark.parametrize("verb", [engine.move, engine.set_tier, engine.set_state])
@pytest.mark.parametrize("value", INSTANTS, ids=brief)
def test_what_changes_a_member_holds_from_an_instant(
    shop: Shop, verb: Callable[..., object], value: Any
) -> None:
    wanted: Any = {engine.move: None, engine.set_tier: "gold", engine.set_state: State.SUSPENDED}[verb]
    assert shop.problems(verb, "ben", wanted, valid_from=value)[0].startswith("valid_from: ")


@pytest.mark.parametrize(("verb", "given"), CALLS, ids=[verb.__name__ for verb, _ in CALLS])
def test_nothing_is_done_so_late_that_a_freeze_would_not_end(
    verb: Callable[..., object], given: list[Any]
) -> None:
    shop, last = open_shop(), instant_of(limits.AT_MAX)
    shop.do(engine.accrue, sale(line("1", 10_000, units=2)))
    if verb is engine.set_plan:
        given = [evolve(given[0], plan_version=2)]
    (problem,) = shop.problems(verb, *given, at=instant_of(limits.AT_MAX + 1))
    assert problem.startswith("at: too late: datetime.datetime(9955, ")
    shop.do(verb, *given, at=last)


def test_the_longest_freeze_of_the_latest_sale_ends() -> None:
    last = instant_of(limits.AT_MAX)
    longest = evolve(plan(percent("10%", 1)), freeze=Freeze(limits.FREEZE_DAYS_MAX, FreezeFrom.PAID))
    shop = open_shop()
    shop.do(engine.set_plan, evolve(longest, plan_version=2), at=last)
    shop.do(engine.accrue, sale(id="s", paid_at=last), at=last)
    (record,) = shop.ask(lambda tx: list(tx.sales.all()))
    assert record.due is not None
    assert last < record.due < instant_of(limits.INSTANT_MAX - 1)


@pytest.mark.parametrize("item", [None, "s", {"id": "s"}, CategoryIs("s")], ids=brief)
@pytest.mark.parametrize(
    ("verb", "noun"),
    [
        (engine.join, "Newcomer"),
        (engine.accrue, "Sale"),
        (engine.refund, "Refund"),
        (engine.correct_price, "PriceCorrection"),
        (engine.cancel, "Cancellation"),
        (engine.complete, "Completion"),
    ],
)
def test_what_is_no_such_noun_is_named_by_its_place(
    shop: Shop, verb: Callable[..., object], noun: str, item: Any
) -> None:
    (problem,) = shop.problems(verb, item)
    assert problem == f"[0]: not a {noun}: {item!r}"


@pytest.mark.parametrize(
    ("verb", "good"),
    [
        (engine.join_all, newcomer("x")),
        (engine.accrue_all, sale(id="x")),
        (engine.refund_all, refund(("1", 1, 1))),
        (engine.correct_price_all, price("p1")),
        (engine.cancel_all, Cancellation(SaleId("order 1"), THIRD)),
        (engine.complete_all, Completion(SaleId("order 1"), THIRD)),
    ],
)
def test_a_batch_goes_on_after_what_is_no_such_noun(verb: Callable[..., Any], good: Any) -> None:
    shop = open_shop()
    shop.do(engine.accrue, sale())
    report = shop.do(verb, [None, good, 7])
    assert [str(problem) for problem in report.problems] == [
        f"[{place}]: not a {type(good).__name__}: {item}" for place, item in [(0, None), (2, 7)]
    ]
    assert len(report.done) == 1


@pytest.mark.parametrize("value", [None, 7, "", "a\nb", ["order 1"]], ids=brief)
def test_a_question_is_checked_as_a_command_is(shop: Shop, value: Any) -> None:
    with pytest.raises(InputError, match=r"^sale: "):
        shop.ask(engine.explain, value)
    with pytest.raises(InputError, match=r"^period: not a Period: .*\nby: not a member of GroupBy: "):
        shop.ask(engine.earnings, value, by=value)
    if value is not None:
        with pytest.raises(InputError, match=r"^payee: "):
            shop.ask(engine.earnings, month(), payee=value)
    wrong = evolve(month(), start=value)
    with pytest.raises(InputError, match=r"^period\.start: not an instant: "):
        shop.ask(engine.earnings, wrong)


def test_instants_of_every_zone_are_the_same_instants() -> None:
    """What is given in the shop's zone is kept, compared and hashed in UTC."""
    shop, at = open_shop(), NOW.astimezone(SHANGHAI)
    change = shop.do(engine.move, "cai", "ann", at=at, valid_from=day(9).astimezone(SHANGHAI), key="move")
    assert (change.valid_from, change.valid_from.tzname(), change.recorded_at.tzname()) == (
        day(9),
        "UTC",
        "UTC",
    )
    assert shop.do(engine.move, "cai", "ann", at=at, valid_from=day(9), key="move") == change


@pytest.mark.parametrize(
    ("one", "other"),
    [("Dan", "dan"), ("dan ", "dan"), ("dán", "dan"), ("da\u0301n", "dán"), ("' OR 1=1--", "'")],
)
def test_ids_that_differ_by_anything_are_different_ids(one: str, other: str) -> None:
    shop = open_shop()
    assert shop.do(engine.join, newcomer(one, "ann")).id == one
    assert shop.do(engine.join, newcomer(other, one)).sponsor == one
    shop.do(engine.accrue, sale(id=one, buyer=other))
    shop.do(engine.accrue, sale(id=other, buyer=one))
    assert {each.payee for each in shop.do(engine.accrue, sale(id="x", buyer=other)).accruals} == {one}


def test_the_largest_values_are_taken() -> None:
    shop = open_shop()
    largest = line("1", limits.AMOUNT_MINOR_MAX, units=limits.UNITS_MAX)
    posting = shop.do(engine.accrue, sale(largest, id="x" * limits.ID_LENGTH_MAX))
    assert [each.amount_minor for each in posting.accruals] == [limits.AMOUNT_MINOR_MAX // 10]
    assert shop.ask(engine.verify).sound


def test_a_batch_says_which_item_is_malformed(shop: Shop) -> None:
    with shop.store.begin() as tx:
        orders = [sale(id="a\nb"), sale(id=""), evolve(sale(id="s 7"), currency=Currency("?"))]
        report = engine.accrue_all(tx, orders, at=NOW, actor="tester")
    assert [str(problem) for problem in report.problems] == [
        r"'a\nb': id: has a character that is not allowed: 'a\nb' (U+000A at position 2)",
        "'': id: an id can't be blank: ''",
        "s 7: currency: unknown currency: '?' (an ISO 4217 code like CNY, or POINT)",
    ]


LISTS = sorted(
    (name, parameter.name)
    for name, verb in vars(engine).items()
    if name in engine.__all__ and isfunction(verb)
    for parameter in signature(verb).parameters.values()
    if re.match(r"collections\.abc\.(Sequence|Collection|Iterable|Set)\[", str(parameter.annotation))
)
"""Every verb that takes a list, with its name for it."""


def test_verbs_that_take_lists_are_known() -> None:
    assert {("agents", "regions"), ("identify", "fingerprints"), ("accrue_all", "sales")} < set(LISTS)
    assert ("submit_payouts", "ids") in LISTS


@pytest.mark.parametrize(("verb", "taking"), LISTS, ids=map("-".join, LISTS))
@pytest.mark.parametrize("value", ["cn", ""])
def test_a_text_is_no_list_of_its_letters(shop: Shop, verb: str, taking: str, value: str) -> None:
    call = getattr(engine, verb)
    known = {"at": NOW, "actor": "tests", "key": f"{verb} {value}", "valid_at": NOW, "start": NOW, "end": NOW}
    known |= {"channel": "bank", "member": "ann", "template": "t", "owner": "ann", "order": "o"}
    known |= {"revenue_minor": 1, "wanted": None, "terms_hash": b"", "agreed_minor": 1}
    asked = {name: known[name] for name in signature(call).parameters if name in known}
    with (
        shop.store.begin() as tx,
        pytest.raises(InputError, match=rf"^({taking}|items|payouts): not a list\b.* \(a list"),
    ):
        call(tx, **asked, **{taking: value})
