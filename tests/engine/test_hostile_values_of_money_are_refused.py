"""Hostile values are refused with a path at every verb that moves money, and nothing of them is written."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from tests.hostile import CURRENCIES, IDS, INSTANTS, NUMBERS, TEXTS, brief
from tests.money import (
    ANN,
    BANK,
    CNY,
    POLICY,
    a_shop,
    an_adjustment,
    an_event,
    an_opening,
    close,
    give,
    on,
    request,
    sell,
    sent,
    set_account,
)

from distcore import engine
from distcore.kernel import POINT, Actor, InputError, instant_of, limits
from distcore.payout import AccountDetails, Outcome, Payout, PayoutId, ProviderRow
from distcore.settlement import CustomWithholding, Hold, HoldOn, Review
from distcore.testing.builders import Shop

Verb = Callable[..., object]
Given = Callable[[Any], list[Any]]

NOW = on("2026-02-10")
P1, P2 = PayoutId("p1"), PayoutId("p2")
PRIZE, OPENING = an_adjustment("ann", 1, NOW, id="new"), an_opening("ann", 1, NOW, id="new")


@pytest.fixture(name="shop", scope="module")
def a_shop_with_everything() -> Shop:
    """Return one shop for all: what is hostile leaves it as it is, which `problems` asserts."""
    shop = a_shop(evolve(POLICY, review=Review.REVIEWED))
    sell(shop, 10_000, on("2026-01-05"))
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01", actor="desk")
    shop.do(engine.approve_closing, 1, at=on("2026-02-02"), actor="boss")
    set_account(shop, "ann", on("2026-02-02"))
    request(shop, "p1", 100, on("2026-02-03"))
    sent(shop, "p2", 100, on("2026-02-03"))
    return shop


def problems(shop: Shop, verb: Verb, *given: object, **options: Any) -> list[str]:
    """Return what is wrong with what is given, which must leave everything as it is."""
    before = shop.dump()
    call = {"at": NOW, "actor": "clerk", "key": "hostile"} | options
    with shop.store.begin() as tx, pytest.raises(InputError) as raised:  # commits
        verb(tx, *given, **call)
    assert shop.dump() == before
    found = [str(problem) for problem in raised.value.problems]
    assert all(len(each) < 250 for each in found)
    return found


EVENT = an_event(Payout(P2, ANN, CNY, 100, 1, "bank", NOW, Actor("desk")), Outcome.SUCCEEDED, NOW, id="new")


@pytest.mark.parametrize("value", NUMBERS, ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("$.policy_version", engine.set_settlement, lambda value: [evolve(POLICY, policy_version=value)]),
        ("closing", engine.approve_closing, lambda value: [value]),
        ("closing", engine.reject_closing, lambda value: [value, "wrong"]),
        ("account", engine.verify_account, lambda value: [ANN, value]),
        ("amount_minor", engine.request_payout, lambda value: ["new", ANN, CNY, value]),
        ("amount_minor", engine.take_event, lambda value: [evolve(EVENT, amount_minor=value)]),
    ],
)
def test_numbers(shop: Shop, field: str, verb: Verb, given: Given, value: Any) -> None:
    (problem, *_) = problems(shop, verb, *given(value))
    assert f"{field}: " in problem


@pytest.mark.parametrize("value", [*(each for each in NUMBERS if each != -1), 0], ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("amount_minor", engine.adjust, lambda value: [evolve(PRIZE, amount_minor=value)]),
        ("amount_minor", engine.adjust, lambda value: [evolve(PRIZE, amount_minor=value, currency=POINT)]),
    ],
)
def test_amounts_that_may_be_negative(shop: Shop, field: str, verb: Verb, given: Given, value: Any) -> None:
    (problem, *_) = problems(shop, verb, *given(value))
    assert f"{field}: " in problem


@pytest.mark.parametrize("value", [*(each for each in NUMBERS if each != -1), 0], ids=brief)
def test_amounts_of_opening_balances(shop: Shop, value: Any) -> None:
    report = shop.do(engine.open_balances, [evolve(OPENING, amount_minor=value)], at=NOW)

    assert report.done == ()
    assert "amount_minor: " in str(report.problems[0])


@pytest.mark.parametrize("value", [True, 1.0, "１２３", -1, 10**30, None], ids=brief)
@pytest.mark.parametrize("field", ["minimum_minor", "account_hold_days"])
def test_numbers_of_a_settlement_policy(shop: Shop, field: str, value: Any) -> None:
    (problem, *_) = problems(shop, engine.set_settlement, evolve(POLICY, policy_version=9, **{field: value}))
    assert problem.startswith(f"$.{field.removesuffix('_minor')}")


@pytest.mark.parametrize("value", IDS, ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("id", engine.adjust, lambda value: [evolve(PRIZE, id=value)]),
        ("payee", engine.adjust, lambda value: [evolve(PRIZE, payee=value)]),
        ("reason", engine.adjust, lambda value: [evolve(PRIZE, reason=value)]),
        ("authority", engine.adjust, lambda value: [evolve(PRIZE, authority=value)]),
        ("ref", engine.place_hold, lambda value: [Hold(HoldOn.PAYEE, value, "why")]),
        ("reason", engine.place_hold, lambda value: [Hold(HoldOn.PAYEE, "ann", value)]),
        ("ref", engine.lift_hold, lambda value: [HoldOn.PAYEE, value, "why"]),
        ("reason", engine.lift_hold, lambda value: [HoldOn.PAYEE, "ann", value]),
        ("payee", engine.set_account, lambda value: [value, "bank", BANK]),
        ("channel", engine.set_account, lambda value: [ANN, value, BANK]),
        ("details.account", engine.set_account, lambda value: [ANN, "bank", evolve(BANK, account=value)]),
        ("payee", engine.verify_account, lambda value: [value, 1]),
        ("payee", engine.erase_payee, lambda value: [value]),
        ("payout", engine.request_payout, lambda value: [value, ANN, CNY, 1]),
        ("payee", engine.request_payout, lambda value: ["new", value, CNY, 1]),
        ("payout", engine.approve_payout, lambda value: [value]),
        ("payout", engine.cancel_payout, lambda value: [value, "why"]),
        ("channel", engine.submit_payouts, lambda value: [value]),
        ("payout", engine.submit_payouts, lambda value: ["bank", [P1, value]]),
        ("id", engine.take_event, lambda value: [evolve(EVENT, id=value)]),
        ("payout", engine.take_event, lambda value: [evolve(EVENT, payout=value)]),
        ("payee", engine.take_event, lambda value: [evolve(EVENT, payee=value)]),
    ],
)
def test_ids(shop: Shop, field: str, verb: Verb, given: Given, value: Any) -> None:
    (problem, *_) = problems(shop, verb, *given(value))
    assert f"{field}: " in problem


@pytest.mark.parametrize("value", TEXTS, ids=brief)
@pytest.mark.parametrize(
    ("field", "verb", "given"),
    [
        ("reason", engine.approve_closing, lambda value: [1, value]),
        ("reason", engine.reject_closing, lambda value: [1, value]),
        ("reason", engine.cancel_payout, lambda value: [P1, value]),
        ("reason", engine.take_event, lambda value: [evolve(EVENT, reason=value)]),
        ("details.holder", engine.set_account, lambda value: [ANN, "bank", evolve(BANK, holder=value)]),
        ("details.bank", engine.set_account, lambda value: [ANN, "bank", evolve(BANK, bank=value)]),
    ],
)
def test_texts_that_may_be_blank(shop: Shop, field: str, verb: Verb, given: Given, value: Any) -> None:
    options: dict[str, Any] = {}
    wanted = given(value)
    if verb is engine.approve_closing:
        options["reason"] = wanted.pop()
    (problem, *_) = problems(shop, verb, *wanted, **options)
    assert f"{field}: " in problem


@pytest.mark.parametrize("value", [each for each in IDS if each is not None], ids=brief)
def test_periods(shop: Shop, value: Any) -> None:
    for verb in (engine.close_period, engine.accrue_period):
        (problem,) = problems(shop, verb, CNY, value)
        assert problem.startswith("period: ")


@pytest.mark.parametrize("value", IDS, ids=brief)
@pytest.mark.parametrize("field", ["id", "payee", "provenance"])
def test_ids_of_opening_balances(shop: Shop, field: str, value: Any) -> None:
    report = shop.do(engine.open_balances, [evolve(OPENING, **{field: value})], at=NOW)

    assert report.done == ()
    assert f"{field}: " in str(report.problems[0])


@pytest.mark.parametrize("value", CURRENCIES, ids=brief)
@pytest.mark.parametrize(
    ("verb", "given"),
    [
        (engine.set_settlement, lambda value: [evolve(POLICY, currency=value)]),
        (engine.close_period, lambda value: [value, None]),
        (engine.accrue_period, lambda value: [value, None]),
        (engine.adjust, lambda value: [evolve(PRIZE, currency=value)]),
        (engine.request_payout, lambda value: ["new", ANN, value, 1]),
        (engine.take_event, lambda value: [evolve(EVENT, currency=value)]),
    ],
)
def test_currencies(shop: Shop, verb: Verb, given: Given, value: Any) -> None:
    (problem, *_) = problems(shop, verb, *given(value))
    assert "currency: " in problem


@pytest.mark.parametrize("value", INSTANTS, ids=brief)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: evolve(POLICY, valid_from=value),
        lambda value: evolve(PRIZE, valid_at=value),
        lambda value: evolve(OPENING, valid_at=value),
        lambda value: evolve(OPENING, frozen_until=value),
        lambda value: evolve(EVENT, happened_at=value),
        lambda value: ProviderRow(P1, CNY, 1, settled_at=value),
    ],
)
def test_instants_of_what_is_given(make: Callable[[Any], object], value: Any) -> None:
    with pytest.raises(InputError, match=r"_at: |valid_from: |frozen_until: "):
        make(value)


NOUNS: list[tuple[Verb, Given, str]] = [
    (engine.set_settlement, lambda value: [value], "$: not a SettlementPolicy: "),
    (engine.adjust, lambda value: [value], "[0]: not a Adjustment: "),
    (engine.place_hold, lambda value: [value], "hold: not a Hold: "),
    (engine.lift_hold, lambda value: [value, "ann", "why"], "on: not a member of HoldOn: "),
    (engine.set_account, lambda value: [ANN, "bank", value], "details: not what an account is made of"),
    (engine.take_event, lambda value: [value], "[0]: not a ProviderEvent: "),
    (engine.take_event, lambda value: [evolve(EVENT, outcome=value)], "outcome: not a member of Outcome: "),
    (engine.submit_payouts, lambda value: ["bank", value or 0], "payouts: not a list: "),
    (engine.set_settlement, lambda value: [evolve(POLICY, cadence=value)], "$.cadence: not "),
    (
        engine.set_settlement,
        lambda value: [evolve(POLICY, review=value)],
        "$.review: not a member of Review: ",
    ),
    (engine.set_settlement, lambda value: [evolve(POLICY, withholding=value)], "$.withholding: not "),
]


@pytest.mark.parametrize("value", [None, "succeeded", {"id": "s"}, Review.REVIEWED.name], ids=brief)
@pytest.mark.parametrize(("verb", "given", "expected"), NOUNS)
def test_what_is_no_such_noun(shop: Shop, verb: Verb, given: Given, expected: str, value: Any) -> None:
    (problem, *_) = problems(shop, verb, *given(value))
    assert expected in problem


@pytest.mark.parametrize("value", IDS, ids=brief)
def test_names_of_functions(shop: Shop, value: Any) -> None:
    policy = evolve(POLICY, policy_version=9, withholding=CustomWithholding(value))

    assert "$.withholding.name: " in problems(shop, engine.set_settlement, policy)[0]


CALLS: list[tuple[Verb, list[Any]]] = [
    (engine.set_settlement, [evolve(POLICY, policy_version=2)]),
    (engine.close_period, [CNY]),
    (engine.accrue_period, [CNY]),
    (engine.approve_closing, [1]),
    (engine.reject_closing, [1, "wrong"]),
    (engine.adjust, [PRIZE]),
    (engine.adjust_all, [[PRIZE]]),
    (engine.open_balances, [[OPENING]]),
    (engine.place_hold, [Hold(HoldOn.PAYEE, "ann", "why")]),
    (engine.lift_hold, [HoldOn.PAYEE, "ann", "why"]),
    (engine.set_account, [ANN, "bank", BANK]),
    (engine.verify_account, [ANN, 1]),
    (engine.erase_payee, [ANN]),
    (engine.request_payout, ["new", ANN, CNY, 1]),
    (engine.approve_payout, [P1]),
    (engine.cancel_payout, [P1, "why"]),
    (engine.submit_payouts, ["bank"]),
    (engine.take_event, [EVENT]),
    (engine.take_events, [[EVENT]]),
    (engine.seal, []),
]
NAMES = [verb.__name__ for verb, _ in CALLS]


@pytest.mark.parametrize(("verb", "given"), CALLS, ids=NAMES)
def test_every_verb_needs_an_instant_an_actor_and_a_key(shop: Shop, verb: Verb, given: list[Any]) -> None:
    for value in INSTANTS:
        assert problems(shop, verb, *given, at=value)[0].startswith("at: ")
    for value in IDS:
        found = problems(shop, verb, *given, actor=value, key=value)
        assert [each.split(": ")[0] for each in found] == ["actor", "key"]


@pytest.mark.parametrize(("verb", "given"), CALLS, ids=NAMES)
def test_nothing_is_done_after_the_end_of_time(shop: Shop, verb: Verb, given: list[Any]) -> None:
    (problem,) = problems(shop, verb, *given, at=instant_of(limits.AT_MAX + 1))
    assert problem.startswith("at: too late: ")


@pytest.mark.parametrize("verb", [engine.adjust_all, engine.open_balances, engine.take_events])
def test_the_key_of_a_batch_is_a_prefix_without_a_slash(shop: Shop, verb: Verb) -> None:
    assert problems(shop, verb, [], key="2026/01") == [
        "key: has a slash: '2026/01' (the ids of the batch follow after one)"
    ]


@pytest.mark.parametrize(("verb", "given"), CALLS, ids=NAMES)
def test_a_hostile_call_never_uses_up_its_key(shop: Shop, verb: Verb, given: list[Any]) -> None:
    problems(shop, verb, *given, actor="", key="fresh")
    with shop.store.begin() as tx:
        assert not [each for each in tx.commands.all() if each.key.startswith("fresh")]


# Questions


@pytest.mark.parametrize("value", [each for each in IDS if each is not None], ids=brief)
@pytest.mark.parametrize(
    ("field", "ask"),
    [
        ("payee", lambda tx, value: engine.statements(tx, value)),
        ("payee", lambda tx, value: engine.statement_lines(tx, 1, value)),
        ("payee", lambda tx, value: engine.payout_sources(tx, value, CNY)),
        ("payee", lambda tx, value: engine.transfers_of(tx, value)),
        ("payee", lambda tx, value: engine.balances(tx, value)),
        ("sale", lambda tx, value: engine.whereabouts(tx, value)),
        ("payout", lambda tx, value: engine.payout_of(tx, value)),
        ("key", lambda tx, value: engine.submitted_orders(tx, value)),
        ("channel", lambda tx, value: engine.reconcile_channel(tx, value, [], NOW, NOW)),
    ],
)
def test_ids_that_are_asked_for(shop: Shop, field: str, ask: Callable[..., object], value: Any) -> None:
    with shop.store.begin() as tx, pytest.raises(InputError, match=rf"^{field}: "):
        ask(tx, value)


@pytest.mark.parametrize("value", [*NUMBERS, 0], ids=brief)
def test_numbers_of_closings_that_are_asked_for(shop: Shop, value: Any) -> None:
    with shop.store.begin() as tx:
        with pytest.raises(InputError, match=r"^closing: "):
            engine.closing_of(tx, value)
        with pytest.raises(InputError, match=r"^closing: "):
            engine.statement_lines(tx, value, ANN)


@pytest.mark.parametrize("value", CURRENCIES, ids=brief)
def test_currencies_that_are_asked_for(shop: Shop, value: Any) -> None:
    with shop.store.begin() as tx, pytest.raises(InputError, match=r"^currency: "):
        engine.payout_sources(tx, ANN, value)


@pytest.mark.parametrize("value", [*INSTANTS, None], ids=brief)
def test_instants_of_a_statement_of_a_provider(shop: Shop, value: Any) -> None:
    with shop.store.begin() as tx:
        with pytest.raises(InputError, match=r"^start: "):
            engine.reconcile_channel(tx, "bank", [], value, NOW)
        with pytest.raises(InputError, match=r"^end: "):
            engine.reconcile_channel(tx, "bank", [], NOW, value)


def test_rows_of_a_provider_say_which_of_them_is_malformed(shop: Shop) -> None:
    good = ProviderRow(P2, CNY, 100, NOW)
    rows: list[Any] = [good, evolve(good, amount_minor=0), None, evolve(good, payout=PayoutId(""))]

    with shop.store.begin() as tx, pytest.raises(InputError) as raised:
        engine.reconcile_channel(tx, "bank", rows, NOW, NOW)

    assert [each.where for each in raised.value.problems] == ["[1].amount_minor", "[2]", "[3].payout"]


class ManyRows(list[ProviderRow]):
    """A list that says it is longer than it is."""

    def __len__(self) -> int:
        return limits.RECONCILED_ROWS_MAX + 1


def test_a_provider_has_not_more_rows_than_fit(shop: Shop) -> None:
    with shop.store.begin() as tx, pytest.raises(InputError, match=r"^rows: there are 1000001 "):
        engine.reconcile_channel(tx, "bank", ManyRows(), NOW, NOW)


# What looks hostile, and is kept as it came


@pytest.mark.parametrize(
    "text", ["=1+1", "+8610", "-5", "@cmd", "' OR 1=1--", "a" * limits.ID_LENGTH_MAX, "安", "a b", "a/b"]
)
def test_ids_that_a_spreadsheet_or_a_database_would_take_for_something_else_are_ids(text: str) -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, on("2026-01-05"), id=text)
    close(shop, "2026-01")
    set_account(shop, "ann", on("2026-02-02"), channel=text, details=AccountDetails(text, text, text))
    payout = request(shop, text, 1_000, on("2026-02-03")).payout
    shop.do(engine.approve_payout, payout.id, at=NOW, actor="boss")

    (order,) = shop.do(engine.submit_payouts, text, at=NOW).done
    shop.do(engine.take_event, an_event(payout, Outcome.SUCCEEDED, NOW, id=text), at=NOW)

    assert (order.payout.id, order.payout.channel, order.details.account) == (text, text, text)
    with shop.store.begin() as tx:
        assert tx.adjustments.find([text])[text].id == text
    shop.assert_sound()
