"""The same key and inputs give the first answer again, whatever happened since; other inputs are refused."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from attrs import evolve, frozen
from tests.money import (
    ANN,
    BANK,
    CNY,
    POLICY,
    a_shop,
    an_adjustment,
    an_event,
    an_opening,
    approve,
    close,
    give,
    hold,
    on,
    request,
    sent,
    set_account,
    submit,
    tell,
)

from distcore import engine
from distcore.kernel import Cadence, SaleId
from distcore.payout import AccountDetails, EventId, Outcome, PayoutId, PayoutState
from distcore.settlement import Hold, HoldOn, Review
from distcore.testing.builders import Shop, a_sale

P1, O1 = PayoutId("p1"), SaleId("order 1")
NOW, LATER = on("2026-03-01"), on("2026-03-20")
REVIEWED = evolve(POLICY, review=Review.REVIEWED)


def rich(shop: Shop | None = None) -> Shop:
    """Return a shop in which ann has 10.00 payable and an account."""
    found = shop or a_shop()
    give(found, "ann", 1_000, on("2026-01-05"))
    close(found, "2026-01")
    set_account(found, "ann", on("2026-02-02"))
    return found


def draft() -> Shop:
    shop = a_shop(REVIEWED)
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01", actor="desk")
    return shop


def requested() -> Shop:
    shop = rich()
    request(shop, "p1", 1_000, on("2026-02-03"))
    return shop


def approved() -> Shop:
    shop = requested()
    approve(shop, "p1", on("2026-02-03"))
    return shop


def submitted() -> Shop:
    shop = approved()
    submit(shop, "p1", on("2026-02-03"))
    return shop


def with_account() -> Shop:
    shop = a_shop()
    shop.do(engine.set_account, ANN, "bank", BANK, at=on("2026-02-02"), actor="desk")
    return shop


def with_hold() -> Shop:
    shop = a_shop()
    hold(shop, HoldOn.PAYEE, "ann", on("2026-02-01"))
    return shop


def with_sale() -> Shop:
    shop = a_shop()
    shop.do(engine.accrue, a_sale("order 1", "ben"), at=on("2026-02-01"))
    return shop


def nothing(shop: Shop) -> None:
    """Nothing happens in between."""


def told(shop: Shop) -> None:
    tell(shop, payout_of(shop), Outcome.SUCCEEDED, on("2026-03-05"), id="later")


def payout_of(shop: Shop) -> Any:
    with shop.store.begin() as tx:
        return engine.payout_of(tx, P1).payout


def paid_out(shop: Shop) -> None:
    approve(shop, "p1", on("2026-03-02"))
    submit(shop, "p1", on("2026-03-03"))
    told(shop)


def submitted_and_paid(shop: Shop) -> None:
    submit(shop, "p1", on("2026-03-03"))
    told(shop)


def account_changed(shop: Shop) -> None:
    set_account(shop, "ann", on("2026-03-02"), channel="wallet")


def account_verified(shop: Shop) -> None:
    shop.do(engine.verify_account, ANN, 1, at=on("2026-03-02"), actor="boss")


def account_erased(shop: Shop) -> None:
    shop.do(engine.erase_payee, ANN, at=on("2026-03-02"))


def hold_lifted(shop: Shop) -> None:
    shop.do(engine.lift_hold, HoldOn.PAYEE, "ann", "solved", at=on("2026-03-02"))


def held_again(shop: Shop) -> None:
    hold(shop, HoldOn.PAYEE, "ann", on("2026-03-02"), "again")


def sealed_again(shop: Shop) -> None:
    shop.do(engine.seal, at=on("2026-03-02"))


def decided(shop: Shop) -> None:
    shop.do(engine.approve_closing, 1, at=on("2026-03-02"), actor="boss")


@frozen
class Case:
    """A verb with what it is given, what happens before it is repeated, and other inputs for its key."""

    shop: Callable[[], Shop]
    verb: Callable[..., object]
    given: tuple[object, ...]
    meanwhile: Callable[[Shop], None]
    other: tuple[object, ...]


CASES: Mapping[str, Case] = {
    "set_settlement": Case(
        a_shop,
        engine.set_settlement,
        (evolve(POLICY, policy_version=2),),
        nothing,
        (evolve(POLICY, policy_version=2, cadence=Cadence.DAILY),),
    ),
    "close_period": Case(
        lambda: a_shop(REVIEWED), engine.close_period, (CNY, "2026-01"), decided, (CNY, "2026-02")
    ),
    "close_period at once": Case(a_shop, engine.close_period, (CNY, None), nothing, (CNY, "2026-02")),
    "approve_closing": Case(draft, engine.approve_closing, (1,), nothing, (2,)),
    "reject_closing": Case(draft, engine.reject_closing, (1, "wrong"), nothing, (1, "right")),
    "adjust": Case(
        a_shop,
        engine.adjust,
        (an_adjustment("ann", 1_000, on("2026-01-05")),),
        nothing,
        (an_adjustment("ann", 1_001, on("2026-01-05")),),
    ),
    "place_hold": Case(
        a_shop,
        engine.place_hold,
        (Hold(HoldOn.PAYEE, "ann", "a dispute"),),
        hold_lifted,
        (Hold(HoldOn.PAYEE, "ann", "another"),),
    ),
    "lift_hold": Case(
        with_hold,
        engine.lift_hold,
        (HoldOn.PAYEE, "ann", "solved"),
        held_again,
        (HoldOn.PAYEE, "ann", "dropped"),
    ),
    "set_account": Case(
        a_shop, engine.set_account, (ANN, "bank", BANK), account_verified, (ANN, "another bank", BANK)
    ),
    "set_account, then another one": Case(
        a_shop, engine.set_account, (ANN, "bank", BANK), account_changed, (ANN, "wallet", BANK)
    ),
    "set_account, then erased": Case(
        a_shop, engine.set_account, (ANN, "bank", BANK), account_erased, (ANN, "wallet", BANK)
    ),
    "set_account, details alone differ": Case(
        a_shop, engine.set_account, (ANN, "bank", BANK), nothing, (ANN, "bank", AccountDetails("A", "6", "B"))
    ),
    "verify_account": Case(with_account, engine.verify_account, (ANN, 1), account_changed, (ANN, 2)),
    "erase_payee": Case(rich, engine.erase_payee, (ANN,), account_changed, ("ben",)),
    "request_payout": Case(rich, engine.request_payout, (P1, ANN, CNY, 1_000), paid_out, (P1, ANN, CNY, 999)),
    "approve_payout": Case(requested, engine.approve_payout, (P1,), submitted_and_paid, (PayoutId("p2"),)),
    "cancel_payout": Case(requested, engine.cancel_payout, (P1, "no"), nothing, (P1, "yes")),
    "seal": Case(rich, engine.seal, (), sealed_again, ()),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_repetition_gets_the_first_answer_and_writes_nothing(case: Case) -> None:
    shop = case.shop()
    first = shop.do(case.verb, *case.given, at=NOW, actor="clerk", key="once")
    case.meanwhile(shop)
    before = shop.dump()

    again = shop.do(case.verb, *case.given, at=LATER, actor="somebody else", key="once")

    assert again == first
    assert shop.dump() == before


@pytest.mark.parametrize(
    "case", [each for each in CASES.values() if each.given], ids=[n for n in CASES if n != "seal"]
)
def test_a_key_that_was_used_for_something_else_is_refused(case: Case) -> None:
    shop = case.shop()
    shop.do(case.verb, *case.given, at=NOW, actor="clerk", key="once")
    before = shop.dump()

    assert shop.refused(case.verb, *case.other, at=LATER, actor="clerk", key="once") == "key_reused"
    assert shop.dump() == before


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_key_of_another_verb_is_refused(case: Case) -> None:
    shop = case.shop()
    shop.do(engine.release, at=on("2026-01-01"), key="once")

    assert shop.refused(case.verb, *case.given, at=NOW, actor="clerk", key="once") == "key_reused"


def test_an_event_is_taken_once_under_whatever_key() -> None:
    shop = submitted()
    event = an_event(payout_of(shop), Outcome.UNKNOWN, on("2026-03-01"))
    first = shop.do(engine.take_event, event, at=NOW, key="once")
    told(shop)
    before = shop.dump()

    assert shop.do(engine.take_event, event, at=LATER, key="once") == first
    assert shop.dump() == before
    assert shop.do(engine.take_event, event, at=LATER, key="another key") == first
    assert shop.do(engine.take_events, [event], at=LATER).repeated == 1
    other = evolve(event, reason="no such account")
    assert shop.refused(engine.take_event, other, at=LATER, key="once") == "key_reused"


def test_an_event_that_says_unknown_again_has_its_first_answer_too() -> None:
    shop = submitted()
    tell(shop, payout_of(shop), Outcome.UNKNOWN, on("2026-03-01"), id="e1")
    second = an_event(payout_of(shop), Outcome.UNKNOWN, NOW, id="e2")
    first = shop.do(engine.take_event, second, at=NOW, key="once")
    assert first.state is PayoutState.UNKNOWN

    told(shop)

    assert shop.do(engine.take_event, second, at=LATER, key="once") == first


@pytest.mark.parametrize("different", ["payee", "amount_minor", "outcome", "reason", "payout"])
def test_an_event_with_the_id_of_another_is_refused(different: str) -> None:
    shop = rich()
    payout = sent(shop, "p1", 600, on("2026-02-03"))
    other = sent(shop, "p2", 400, on("2026-02-03"))
    tell(shop, payout, Outcome.UNKNOWN, on("2026-02-04"))
    event = an_event(payout, Outcome.UNKNOWN, on("2026-02-04"))
    changed: dict[str, Any] = {
        "payee": "ben",
        "amount_minor": 599,
        "outcome": Outcome.FAILED,
        "reason": "?",
        "payout": other.id,
    }

    wrong = evolve(event, **{different: changed[different]})

    assert shop.refused(engine.take_event, wrong, at=NOW) == "event_exists"


def test_an_event_with_the_id_of_another_and_an_unknown_payout_is_refused() -> None:
    shop = submitted()
    event = an_event(payout_of(shop), Outcome.UNKNOWN, on("2026-02-04"))
    shop.do(engine.take_event, event, at=NOW)

    assert shop.refused(engine.take_event, evolve(event, payout=PayoutId("p9")), at=NOW) == "event_exists"


def test_a_payout_requested_under_two_keys_is_one() -> None:
    shop = rich()
    first = request(shop, "p1", 1_000, on("2026-02-03"))
    approve(shop, "p1", on("2026-02-03"))

    again = request(shop, "p1", 1_000, on("2026-02-04"))

    assert again == first
    assert shop.refused(engine.request_payout, P1, ANN, CNY, 999, at=NOW) == "payout_exists"


def test_payouts_that_were_handed_over_are_not_handed_over_again() -> None:
    shop = approved()
    first = shop.do(engine.submit_payouts, "bank", at=NOW, key="file 1")
    assert [order.payout.id for order in first.done] == ["p1"]
    before = shop.dump()

    again = shop.do(engine.submit_payouts, "bank", at=LATER, key="file 1")

    assert (again.done, again.repeated) == ((), 1)
    assert shop.dump() == before
    with shop.store.begin() as tx:
        assert engine.submitted_orders(tx, "file 1") == first.done
    assert shop.refused(engine.submit_payouts, "bank", [P1], at=LATER, key="file 1") == "key_reused"


def test_a_file_without_payouts_keeps_its_key() -> None:
    shop = requested()
    assert shop.do(engine.submit_payouts, "bank", at=NOW, key="file 1").done == ()
    approve(shop, "p1", on("2026-03-02"))

    again = shop.do(engine.submit_payouts, "bank", at=LATER, key="file 1")

    assert (again.done, again.repeated, again.refused) == ((), 0, ())


def test_a_file_of_which_all_was_refused_keeps_no_key() -> None:
    shop = requested()
    before = shop.dump()
    (refused,) = shop.do(engine.submit_payouts, "bank", [P1], at=NOW, key="file 1").refused
    assert refused.refusal.code == "payout_state_not_reachable"
    assert shop.dump() == before
    approve(shop, "p1", on("2026-03-02"))

    again = shop.do(engine.submit_payouts, "bank", [P1], at=LATER, key="file 1")

    assert [order.payout.id for order in again.done] == ["p1"]


@pytest.mark.parametrize(
    ("verb", "item", "other"),
    [
        (engine.adjust_all, an_adjustment("ann", 1_000, NOW), an_adjustment("ann", 1_001, NOW)),
        (engine.open_balances, an_opening("ann", 1_000, NOW), an_opening("ann", 1_001, NOW)),
    ],
)
def test_of_a_batch_each_item_is_done_once(verb: Callable[..., Any], item: Any, other: Any) -> None:
    shop = a_shop()
    assert shop.do(verb, [item, item], at=NOW, key="file").repeated == 1
    before = shop.dump()

    again = shop.do(verb, [item], at=LATER, key="file")
    under_another_key = shop.do(verb, [item], at=LATER, key="another file")
    reused = shop.do(verb, [other], at=LATER, key="file")
    differing = shop.do(verb, [other], at=LATER, key="another file")

    assert (again.done, again.repeated) == ((), 1)
    assert (under_another_key.done, under_another_key.repeated) == ((), 1)
    assert [each.refusal.code for each in reused.refused] == ["key_reused"]
    assert [each.refusal.code for each in differing.refused] in (["adjustment_exists"], ["opening_exists"])
    assert shop.dump() == before


def test_an_event_of_its_own_id_is_done_once_in_a_batch() -> None:
    shop = submitted()
    event = an_event(payout_of(shop), Outcome.SUCCEEDED, on("2026-03-01"))

    report = shop.do(engine.take_events, [event, event, evolve(event, id=EventId("e2"))], at=NOW)

    assert (len(report.done), report.repeated) == (1, 1)
    assert [each.refusal.code for each in report.refused] == ["event_too_late"]
