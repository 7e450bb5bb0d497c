"""A payout takes what is payable and no more, to an account that was looked at and has stayed the same."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from tests.money import (
    ANN,
    BANK,
    CNY,
    POLICY,
    a_shop,
    approve,
    close,
    give,
    hold,
    holds,
    on,
    record,
    request,
    set_account,
    submit,
)

from distcore import engine
from distcore.kernel import (
    Currency,
    DayKind,
    Instant,
    MemberId,
    RefusedError,
    ShopPolicy,
    parse_instant,
    zone_of,
)
from distcore.ledger import ADJUSTMENTS, IN_PAYOUT, PAYABLE, STORED_VALUE
from distcore.payout import AccountDetails, PayoutId, PayoutState
from distcore.settlement import HoldOn, SettlementPolicy
from distcore.testing.builders import Shop

P1 = PayoutId("p1")
NOW = on("2026-02-10")


def rich(policy: SettlementPolicy = POLICY, **options: Any) -> Shop:
    """Return a shop in which ann has 10.00 payable, and no account."""
    shop = a_shop(policy, **options)
    give(shop, "ann", 1_000, on("2026-01-05"))
    close(shop, "2026-01", on("2026-02-02"))
    return shop


def asked(shop: Shop, amount_minor: int, when: Instant = NOW, id: str = "p1", payee: str = "ann") -> str:
    """Return the code with which a payout is refused."""
    return shop.refused(
        engine.request_payout, PayoutId(id), MemberId(payee), CNY, amount_minor, at=when, actor="desk"
    )


def handed_over(shop: Shop, *ids: str, when: Instant = NOW, channel: str = "bank") -> dict[str, str]:
    """Return the codes with which payouts are refused when they are to be submitted."""
    before = shop.dump()
    report = shop.do(engine.submit_payouts, channel, [PayoutId(id) for id in ids], at=when)
    assert not report.done
    assert shop.dump() == before
    return {each.item: each.refusal.code for each in report.refused}


# The balance


def test_a_request_reserves_its_amount() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)

    found = request(shop, "p1", 600, NOW)

    assert found.state is PayoutState.REQUESTED
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, PAYABLE: 400, IN_PAYOUT: 600}
    shop.assert_sound()


def test_no_more_is_paid_than_is_payable() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)

    assert asked(shop, 1_001) == "balance_too_low"
    assert asked(shop, 1_000) == ""
    assert asked(shop, 1, id="p2") == "balance_too_low"


def test_no_account_is_set_or_verified_before_the_last_one_was_set() -> None:
    """Dated back, it would have waited out its hold already."""
    shop = rich()
    before = NOW - timedelta(microseconds=1)
    shop.do(engine.set_account, ANN, "bank", BANK, at=NOW)
    other = evolve(BANK, account="1")
    assert shop.refused(engine.set_account, ANN, "bank", other, at=before) == "account_newer"
    assert shop.refused(engine.verify_account, ANN, 1, at=before, actor="boss") == "account_newer"
    shop.do(engine.verify_account, ANN, 1, at=NOW, actor="boss")
    assert shop.do(engine.set_account, ANN, "bank", other, at=NOW).number == 2


def test_what_is_owed_is_kept_back() -> None:
    """A statement below zero comes after another one that is payable: no more than the difference is paid."""
    shop = rich()
    set_account(shop, "ann", NOW)
    give(shop, "ann", -400, NOW)
    close(shop, "2026-02", on("2026-03-02"))

    later = on("2026-03-03")
    assert asked(shop, 601, later) == "balance_too_low"
    assert request(shop, "p1", 600, later).state is PayoutState.REQUESTED
    assert asked(shop, 1, later, id="p2") == "balance_too_low"
    shop.assert_sound()


def test_nothing_is_paid_to_who_owes_more_than_is_payable() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    give(shop, "ann", -1_001, NOW)
    close(shop, "2026-02", on("2026-03-02"))

    assert asked(shop, 1, on("2026-03-03")) == "balance_too_low"


def test_what_was_not_settled_is_not_payable() -> None:
    shop = a_shop()
    give(shop, "ann", 1_000, NOW)
    set_account(shop, "ann", NOW)

    assert asked(shop, 1) == "balance_too_low"


def test_money_of_another_currency_is_not_payable() -> None:
    shop = rich(currencies=("CNY", "USD"))
    set_account(shop, "ann", NOW)

    refused = shop.refused(engine.request_payout, P1, ANN, Currency("USD"), 1, at=NOW)

    assert refused == "balance_too_low"


def test_the_refusal_says_how_much_there_is() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)

    with (
        shop.store.begin() as tx,
        pytest.raises(RefusedError, match=r"ann has 10\.00 CNY payable, p1 asks for 10\.01"),
    ):
        engine.request_payout(tx, P1, ANN, CNY, 1_001, at=NOW, actor="desk", key="k")


# The account


def test_nobody_is_paid_without_an_account() -> None:
    shop = rich()

    assert asked(shop, 1_000) == "no_account"
    assert asked(shop, 1_000, payee="nobody") == "no_account"


def test_an_account_that_nobody_verified_gets_nothing() -> None:
    shop = rich()
    shop.do(engine.set_account, ANN, "bank", BANK, at=NOW, actor="desk")

    assert asked(shop, 1_000) == "account_not_verified"


def test_an_account_is_verified_by_somebody_else_once_and_as_it_is_now() -> None:
    shop = rich()
    assert shop.refused(engine.verify_account, ANN, 1, at=NOW, actor="boss") == "no_account"
    shop.do(engine.set_account, ANN, "bank", BANK, at=NOW, actor="desk")

    assert shop.refused(engine.verify_account, ANN, 1, at=NOW, actor="desk") == "same_verifier"
    assert shop.refused(engine.verify_account, ANN, 2, at=NOW, actor="boss") == "account_changed"
    assert shop.refused(engine.verify_account, ANN, 1, at=NOW, actor="boss") == ""
    assert shop.refused(engine.verify_account, ANN, 1, at=NOW, actor="boss") == "account_verified"
    shop.do(engine.set_account, ANN, "bank", evolve(BANK, bank="BOC"), at=NOW, actor="ann")
    assert shop.refused(engine.verify_account, ANN, 1, at=NOW, actor="boss") == "account_changed"


def test_only_a_member_has_an_account() -> None:
    shop = rich()

    assert shop.refused(engine.set_account, "nobody", "bank", BANK, at=NOW) == "payee_unknown"


@pytest.mark.parametrize(("when", "code"), [("2026-02-12 23:59", "account_on_hold"), ("2026-02-13", "")])
def test_after_a_change_of_account_nothing_is_paid_for_days(when: str, code: str) -> None:
    """The first account of a payee waits as well."""
    shop = rich(evolve(POLICY, account_hold_days=3))
    set_account(shop, "ann", on("2026-02-10"))

    assert asked(shop, 1_000, on(when)) == code


@pytest.mark.parametrize(
    ("days", "usable_from"),
    [(DayKind.CALENDAR, "2026-03-10T12:00:00-04:00"), (DayKind.HOURS_24, "2026-03-10T13:00:00-04:00")],
)
def test_the_days_of_the_hold_are_those_of_the_shop(days: DayKind, usable_from: str) -> None:
    """On 8 March the clocks of New York go forward."""
    shop = rich(evolve(POLICY, account_hold_days=3))
    shop.do(engine.set_policy, ShopPolicy(zone_of("America/New_York"), (CNY,), days=days))
    set_account(shop, "ann", parse_instant("2026-03-07T12:00:00-05:00"))
    start = parse_instant(usable_from)

    assert asked(shop, 1_000, start - timedelta(seconds=1)) == "account_on_hold"
    assert asked(shop, 1_000, start) == ""


def test_an_account_that_was_erased_gets_nothing() -> None:
    """What a bank file would say of it is blank."""
    shop = rich()
    set_account(shop, "ann", NOW)
    assert shop.do(engine.erase_payee, ANN, at=NOW) == 1

    assert asked(shop, 1_000) == "no_account"
    set_account(shop, "ann", NOW)
    assert asked(shop, 1_000) == ""


def test_nobody_is_erased_while_a_payout_is_on_its_way() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)

    assert shop.refused(engine.erase_payee, ANN, at=NOW) == "payout_live"
    shop.do(engine.cancel_payout, P1, "erase me", at=NOW)
    assert shop.refused(engine.erase_payee, ANN, at=NOW) == ""


def test_what_was_erased_all_the_same_is_not_submitted() -> None:
    """A store that lets an erasure and a request meet leaves a payout without details."""
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)
    approve(shop, "p1", NOW)
    with shop.store.begin() as tx:
        tx.accounts.erase(ANN)

    assert handed_over(shop, "p1") == {"p1": "no_account"}
    assert record(shop, "p1").state is PayoutState.APPROVED


def test_whoever_has_no_account_is_erased_too() -> None:
    assert rich().do(engine.erase_payee, ANN, at=NOW) == 0


# Four eyes


def test_nobody_approves_the_own_request() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)

    assert shop.refused(engine.approve_payout, P1, at=NOW, actor="desk") == "same_approver"
    assert shop.refused(engine.approve_payout, P1, at=NOW, actor="boss") == ""


@pytest.mark.parametrize("verb", [engine.approve_payout, engine.cancel_payout])
def test_a_payout_that_nobody_requested_is_refused(verb: Any) -> None:
    given = [PayoutId("p9"), "no"][: 1 if verb is engine.approve_payout else 2]

    assert rich().refused(verb, *given, at=NOW) == "payout_unknown"


def test_an_approval_is_used_once() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)
    approve(shop, "p1", NOW)

    assert shop.refused(engine.approve_payout, P1, at=NOW, actor="boss") == "payout_state_not_reachable"
    submit(shop, "p1", NOW)
    assert handed_over(shop, "p1") == {"p1": "payout_state_not_reachable"}
    assert shop.refused(engine.cancel_payout, P1, "late", at=NOW) == "payout_state_not_reachable"


def test_a_change_of_account_voids_the_approval() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)
    approve(shop, "p1", NOW)
    set_account(shop, "ann", NOW, details=AccountDetails("Mallory", "62220202009999", "ICBC"))

    assert handed_over(shop, "p1") == {"p1": "approval_void"}
    shop.do(engine.cancel_payout, P1, "account changed", at=NOW)
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, PAYABLE: 1_000}


def test_nothing_is_handed_over_that_nobody_approved_or_that_goes_elsewhere() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 600, NOW)
    request(shop, "p2", 400, NOW)
    approve(shop, "p2", NOW)

    assert handed_over(shop, "p1", "p3") == {"p1": "payout_state_not_reachable", "p3": "payout_unknown"}
    assert handed_over(shop, "p2", channel="alipay") == {"p2": "channel_differs"}


def test_what_can_be_handed_over_is_although_something_else_can_not() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 600, NOW)
    approve(shop, "p1", NOW)

    report = shop.do(engine.submit_payouts, "bank", [PayoutId("p9"), P1, P1], at=NOW)

    assert [(order.payout.id, order.details) for order in report.done] == [("p1", BANK)]
    assert [(each.item, each.refusal.code) for each in report.refused] == [("p9", "payout_unknown")]


# Holds


def test_a_payee_on_hold_is_not_paid() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 600, NOW)
    approve(shop, "p1", NOW)
    hold(shop, HoldOn.PAYEE, "ann", NOW)

    assert asked(shop, 400, id="p2") == "payee_on_hold"
    assert handed_over(shop, "p1") == {"p1": "payee_on_hold"}
    shop.do(engine.lift_hold, HoldOn.PAYEE, "ann", "solved", at=NOW)
    submit(shop, "p1", NOW)
    assert asked(shop, 400, id="p2") == ""


# Where it ends


def test_stored_value_is_paid_at_once() -> None:
    shop = rich()
    set_account(shop, "ann", NOW, channel="stored_value", details=AccountDetails())
    request(shop, "p1", 1_000, NOW)
    approve(shop, "p1", NOW)
    submit(shop, "p1", NOW, channel="stored_value")

    assert record(shop, "p1").state is PayoutState.SUCCEEDED
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, STORED_VALUE: 1_000}
    shop.assert_sound()


def test_stored_value_needs_no_details_and_so_none_can_be_missing() -> None:
    shop = rich()
    set_account(shop, "ann", NOW, channel="stored_value", details=AccountDetails())
    shop.do(engine.erase_payee, ANN, at=NOW)

    assert asked(shop, 1_000) == ""


def test_a_cancelled_payout_gives_its_amount_back() -> None:
    shop = rich()
    set_account(shop, "ann", NOW)
    request(shop, "p1", 1_000, NOW)
    approve(shop, "p1", NOW)

    found = shop.do(engine.cancel_payout, P1, "ann asked for it", at=NOW)

    assert (found.state, found.steps[-1].reason) == (PayoutState.CANCELLED, "ann asked for it")
    assert holds(shop, "ann") == {ADJUSTMENTS: -1_000, PAYABLE: 1_000}
    assert asked(shop, 1_000, id="p2") == ""
    shop.assert_sound()
