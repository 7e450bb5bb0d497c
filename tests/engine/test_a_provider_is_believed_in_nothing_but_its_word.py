"""What a provider tells must be as the payout says, once, and while it is the provider's turn."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.money import (
    CNY,
    a_shop,
    an_event,
    approve,
    close,
    give,
    holds,
    on,
    record,
    request,
    sent,
    set_account,
    tell,
)

from distcore import engine
from distcore.kernel import InputError, MemberId, RefusedError
from distcore.ledger import ADJUSTMENTS, IN_PAYOUT, PAYABLE, channel_account
from distcore.payout import (
    EventId,
    Finding,
    Mismatch,
    Outcome,
    Payout,
    PayoutId,
    PayoutState,
    ProviderEvent,
    ProviderRow,
    Reconciliation,
)
from distcore.testing.builders import Shop

NOW = on("2026-02-10")
LATER = on("2026-03-10")


def on_its_way() -> tuple[Shop, Payout]:
    shop = a_shop()
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01", on("2026-02-02"))
    set_account(shop, "ann", on("2026-02-02"))
    return shop, sent(shop, "p1", 1_000, NOW)


def refused(shop: Shop, event: ProviderEvent, when: Any = NOW) -> str:
    """Return the code with which an event is refused; nothing changes by it."""
    before = shop.dump()
    code = shop.refused(engine.take_event, event, at=when)
    assert code
    assert shop.dump() == before
    return code


def test_money_that_has_left_is_with_the_channel() -> None:
    shop, payout = on_its_way()

    assert tell(shop, payout, Outcome.SUCCEEDED, NOW).state is PayoutState.SUCCEEDED
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, channel_account("bank"): 1_000}
    shop.assert_sound()


def test_a_payout_that_failed_gives_the_money_back() -> None:
    shop, payout = on_its_way()

    found = shop.do(
        engine.take_event, evolve(an_event(payout, Outcome.FAILED, NOW), reason="no such account"), at=NOW
    )

    assert (found.state, found.steps[-1].reason) == (PayoutState.FAILED, "no such account")
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, PAYABLE: 1_000}
    assert request(shop, "p2", 1_000, NOW).state is PayoutState.REQUESTED
    shop.assert_sound()


@pytest.mark.parametrize("then", [Outcome.SUCCEEDED, Outcome.FAILED])
def test_what_nobody_knows_stays_reserved_until_the_provider_says(then: Outcome) -> None:
    shop, payout = on_its_way()

    assert tell(shop, payout, Outcome.UNKNOWN, NOW).state is PayoutState.UNKNOWN
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, IN_PAYOUT: 1_000}
    tell(shop, payout, then, LATER, id="e2")
    assert IN_PAYOUT not in holds(shop, "ann")
    shop.assert_sound()


def test_an_event_that_said_unknown_again_says_nothing_else_later() -> None:
    """It changes no state, and is taken all the same: its id counts once."""
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.UNKNOWN, NOW)
    found = tell(shop, payout, Outcome.UNKNOWN, NOW, id="e2")

    assert [step.event for step in found.steps[3:]] == ["e1", "e2"]
    assert refused(shop, an_event(payout, Outcome.SUCCEEDED, NOW, id="e2")) == "event_exists"
    tell(shop, payout, Outcome.SUCCEEDED, NOW, id="e3")
    shop.assert_sound()


@pytest.mark.parametrize("nothing", [None, 7, "e1"])
def test_what_is_no_list_is_said_to_be_none(nothing: Any) -> None:
    shop, _ = on_its_way()

    with pytest.raises(InputError, match=r"^items: not a list: "):
        shop.do(engine.take_events, nothing, at=NOW)
    with shop.store.begin() as tx, pytest.raises(InputError, match=r"^rows: not a list: "):
        engine.reconcile_channel(tx, "bank", nothing, NOW, LATER)


def test_a_month_late_is_not_too_late_for_a_payout_that_waits() -> None:
    shop, payout = on_its_way()

    found = tell(shop, payout, Outcome.SUCCEEDED, LATER)

    assert (found.state, found.steps[-1].at) == (PayoutState.SUCCEEDED, LATER)


@pytest.mark.parametrize("first", [Outcome.SUCCEEDED, Outcome.FAILED])
@pytest.mark.parametrize("second", Outcome)
def test_after_the_last_word_every_other_one_is_refused(first: Outcome, second: Outcome) -> None:
    """Success after failure is not taken: the money was given back, and may be on its way again."""
    shop, payout = on_its_way()
    tell(shop, payout, first, NOW)

    assert refused(shop, an_event(payout, second, LATER, id="e2"), LATER) == "event_too_late"


@pytest.mark.parametrize("steps", ["requested", "approved", "cancelled"])
def test_nothing_is_believed_of_a_payout_that_was_never_handed_over(steps: str) -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.FAILED, NOW)
    waits = request(shop, "p2", 1_000, NOW).payout
    if steps != "requested":
        approve(shop, "p2", NOW)
    if steps == "cancelled":
        shop.do(engine.cancel_payout, PayoutId("p2"), "no", at=NOW)

    assert refused(shop, an_event(waits, Outcome.SUCCEEDED, NOW, id="e2")) == "event_too_late"


@pytest.mark.parametrize(
    ("different", "code"),
    [
        ({"payout": "p9"}, "payout_unknown"),
        ({"amount_minor": 999}, "event_differs"),
        ({"amount_minor": 1_001}, "event_differs"),
        ({"payee": "ben"}, "event_differs"),
        ({"payee": "Ann"}, "event_differs"),
        ({"currency": "USD"}, "event_differs"),
    ],
)
def test_an_event_that_differs_from_its_payout_is_refused(different: dict[str, Any], code: str) -> None:
    shop, payout = on_its_way()

    assert refused(shop, evolve(an_event(payout, Outcome.SUCCEEDED, NOW), **different)) == code


@pytest.mark.parametrize("seconds", [-1, 1])
def test_nothing_has_happened_before_it_was_submitted_nor_after_it_is_told(seconds: int) -> None:
    shop, payout = on_its_way()
    told = an_event(payout, Outcome.SUCCEEDED, NOW + timedelta(seconds=seconds))

    assert refused(shop, told) == "event_differs"


def test_a_provider_may_tell_whole_seconds() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.FAILED, NOW)
    second = sent(shop, "p2", 1_000, NOW + timedelta(seconds=5, microseconds=7))
    told = an_event(second, Outcome.SUCCEEDED, NOW + timedelta(seconds=5), id="e2")

    assert shop.do(engine.take_event, told, at=LATER).state is PayoutState.SUCCEEDED


def test_what_is_told_later_happened_when_the_provider_says() -> None:
    """The money left then, and we learnt of it now."""
    shop, payout = on_its_way()

    told = shop.do(engine.take_event, an_event(payout, Outcome.SUCCEEDED, NOW), at=LATER)

    assert (told.steps[-1].at, told.steps[-1].happened_at, told.steps[-1].valid_at) == (LATER, NOW, NOW)
    with shop.store.begin() as tx:
        moved = [each for each in tx.transfers.all() if each.credit == channel_account("bank")]
    assert [(each.valid_at, each.posted_at) for each in moved] == [(NOW, LATER)]
    shop.assert_sound()


def test_a_payout_that_nobody_requested_is_unknown() -> None:
    shop, _ = on_its_way()

    with pytest.raises(RefusedError, match=r"^payout_unknown: there is no payout p9 "):
        record(shop, "p9")


def test_the_refusal_says_what_differs() -> None:
    shop, payout = on_its_way()
    event = evolve(an_event(payout, Outcome.SUCCEEDED, NOW), amount_minor=99_999)

    report = shop.do(engine.take_events, [event], at=NOW)

    assert [each.refusal.message for each in report.refused] == [
        "e1 says amount 999.99, payout p1 says 10.00"
    ]


def test_of_many_events_each_is_taken_or_refused_by_itself() -> None:
    """What one of them changed counts for the next."""
    shop, payout = on_its_way()
    events = [
        an_event(payout, Outcome.UNKNOWN, NOW, id="e1"),
        evolve(an_event(payout, Outcome.SUCCEEDED, NOW, id="e2"), payee=MemberId("ben")),
        an_event(payout, Outcome.SUCCEEDED, NOW, id="e3"),
        an_event(payout, Outcome.FAILED, NOW, id="e4"),
    ]

    report = shop.do(engine.take_events, events, at=NOW)

    assert [each.state for each in report.done] == [PayoutState.UNKNOWN, PayoutState.SUCCEEDED]
    assert [(each.item, each.refusal.code) for each in report.refused] == [
        ("e2", "event_differs"),
        ("e4", "event_too_late"),
    ]
    assert [step.event for step in record(shop, "p1").steps] == [None, None, None, "e1", "e3"]
    shop.assert_sound()


def row(payout: Payout, id: str = "p1") -> ProviderRow:
    return ProviderRow(PayoutId(id), payout.currency, payout.amount_minor, NOW)


def reconciled(shop: Shop, *rows: ProviderRow) -> Reconciliation:
    with shop.store.begin() as tx:
        return engine.reconcile_channel(tx, "bank", rows, on("2026-02-01"), on("2026-03-01"))


def test_a_statement_of_the_provider_that_agrees_has_no_orphans() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.SUCCEEDED, NOW)

    assert reconciled(shop, row(payout)) == Reconciliation(1, ())


def test_orphans_of_both_sides_are_named() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.SUCCEEDED, NOW)

    found = reconciled(shop, row(payout, "p9"))

    assert found == Reconciliation(
        0,
        (
            Mismatch(Finding.MISSING_THERE, PayoutId("p1"), "", "10.00 CNY, succeeded"),
            Mismatch(Finding.UNKNOWN_HERE, PayoutId("p9"), "10.00 CNY", ""),
        ),
    )


def test_a_payout_that_succeeded_at_another_time_is_not_missed() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.SUCCEEDED, LATER)

    assert reconciled(shop) == Reconciliation(0, ())


def test_a_payment_whose_word_comes_a_month_later_is_missing_in_neither() -> None:
    shop, payout = on_its_way()
    shop.do(engine.take_event, an_event(payout, Outcome.SUCCEEDED, NOW), at=LATER)

    assert reconciled(shop, row(payout)) == Reconciliation(1, ())
    with shop.store.begin() as tx:
        march = engine.reconcile_channel(tx, "bank", [], on("2026-03-01"), on("2026-04-01"))
    assert march == Reconciliation(0, ())


def test_a_channel_that_was_never_used_is_refused() -> None:
    shop, payout = on_its_way()

    with shop.store.begin() as tx, pytest.raises(RefusedError, match=r"^channel_unknown: "):
        engine.reconcile_channel(tx, "bnak", [row(payout)], on("2026-02-01"), on("2026-03-01"))


def test_a_payout_of_another_channel_is_unknown_to_this_one() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.SUCCEEDED, NOW)
    give(shop, "ben", 500, on("2026-01-06"))
    close(shop, "2026-02", on("2026-03-02"))
    set_account(shop, "ben", on("2026-03-02"), channel="alipay")
    request(shop, "p2", 500, LATER, "ben")

    with shop.store.begin() as tx:
        found = engine.reconcile_channel(tx, "alipay", [row(payout)], on("2026-02-01"), on("2026-03-01"))

    assert [each.finding for each in found.mismatches] == [Finding.UNKNOWN_HERE]


def test_what_they_paid_although_we_gave_the_money_back_is_named() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.FAILED, NOW)

    (found,) = reconciled(shop, row(payout)).mismatches

    assert found == Mismatch(Finding.NOT_SUCCEEDED, PayoutId("p1"), "10.00 CNY", "10.00 CNY, failed")


def test_an_event_counts_for_the_payout_that_it_names() -> None:
    shop, payout = on_its_way()
    tell(shop, payout, Outcome.FAILED, NOW)
    second = sent(shop, "p2", 1_000, NOW)

    found = shop.do(
        engine.take_event,
        ProviderEvent(EventId("e2"), second.id, second.payee, CNY, 1_000, Outcome.SUCCEEDED, NOW),
        at=NOW,
    )

    assert (found.payout.id, found.state) == ("p2", PayoutState.SUCCEEDED)
    assert record(shop, "p1").state is PayoutState.FAILED
