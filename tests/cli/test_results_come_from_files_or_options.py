"""`payout result`: a provider is believed what it says of a payout that is with it, once."""

from pathlib import Path

import pytest
from tests.cli.shop import PAYDAY, Shop, payable

RESULTS = """event_id,payout_id,payee_id,currency,amount,outcome,happened_at,reason
e1,p1,ben,CNY,100.00,succeeded,2026-07-06T09:00:00+08:00,
e2,p2,ben,CNY,20.00,failed,2026-07-06T09:00:00+08:00,account closed
"""
LATER = "2026-07-07T00:00:00+08:00"


def submitted(folder: Path) -> Shop:
    """Return a shop with two payouts that are with the bank."""
    shop = payable(folder)
    for id, amount in (("p1", "100.00"), ("p2", "20.00")):
        shop.do("payout", "request", id, "ben", amount, at=PAYDAY, actor="amy")
    shop.do("payout", "approve", "p1", "p2", at=PAYDAY, actor="bob")
    shop.do("payout", "export", str(folder / "bank.csv"), at=PAYDAY, actor="bob")
    return shop


def take(shop: Shop, content: str, *options: str) -> str:
    """Take results from a file, and return the last line of what came of it."""
    path = shop.file("results.csv", content)
    return " ".join(shop.run(*options, "payout", "result", path, at=LATER).stdout.splitlines()[-1].split())


def test_from_a_file(tmp_path: Path) -> None:
    shop = submitted(tmp_path)

    assert take(shop, RESULTS) == "results 2 0 0 0"

    paid, failed = shop.ask("payout", "list")
    assert (paid["state"], paid["reason"]) == ("succeeded", None)
    assert (failed["state"], failed["reason"]) == ("failed", "account closed")
    held = {each["account"]: each["balance"] for each in shop.ask("ledger", "ben")["balances"]}
    assert (held["channel/bank"], held["payable"]) == ("100.00", "1664.80")
    assert "in_payout" not in held
    assert "sound" in shop.do("verify")


def test_the_same_event_counts_once(tmp_path: Path) -> None:
    shop = submitted(tmp_path)
    take(shop, RESULTS)
    before = shop.dump()

    assert take(shop, RESULTS) == "results 0 2 0 0"
    assert take(shop, RESULTS.replace("account closed", "no such account")) == "results 0 1 1 1"
    assert shop.dump() == before


def test_a_dry_run_says_what_would_become_of_them(tmp_path: Path) -> None:
    shop = submitted(tmp_path)
    before = shop.dump()

    assert take(shop, RESULTS, "--dry-run") == "p2 ben 20.00 CNY failed"
    assert shop.dump() == before


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("p1,ben", "p9,ben", "results.csv:2: payout_unknown: e1: there is no payout p9"),
        ("p1,ben", "p1,ann", "results.csv:2: event_differs: e1: e1 says payee ann, payout p1 says ben"),
        ("100.00", "100.01", "results.csv:2: event_differs: e1: e1 says amount 100.01"),
        ("ben,CNY,100.00", "ben,JPY,100", "results.csv:2: event_differs: e1: e1 says currency JPY"),
        ("100.00", "-100.00", "results.csv:2:amount: event 'e1': a negative amount"),
        ("100.00", "0.00", "results.csv:2:amount: event 'e1': out of range: 0"),
        ("succeeded", "success", "results.csv:2:outcome: event 'e1': not an outcome: 'success'"),
        ("e1,", ",", "results.csv:2:event_id: is blank"),
        ("e2,", "e1,", "results.csv:3:event_id: 'e1' stands at results.csv:2 with other content"),
    ],
)
def test_what_differs_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    shop = submitted(tmp_path)

    refused = shop.run("payout", "result", shop.file("results.csv", RESULTS.replace(old, new, 1)), at=LATER)

    assert refused.exit_code == 1
    assert refused.stderr.startswith(says), refused.stderr


def test_success_after_failure_is_too_late(tmp_path: Path) -> None:
    shop = submitted(tmp_path)
    take(shop, RESULTS)

    late = RESULTS.replace("e2,p2", "e3,p2").replace("failed", "succeeded").replace("account closed", "")
    refused = shop.run("payout", "result", shop.file("late.csv", late), at=LATER)

    assert refused.stderr.startswith(
        "late.csv:3: event_too_late: e3: e3 says that p2 has succeeded, which is failed"
    )


def test_of_one_by_options(tmp_path: Path) -> None:
    shop = submitted(tmp_path)
    told = ("--payout", "p1", "--outcome", "unknown", "--amount", "100.00", "--reason", "no answer")

    (unknown,) = shop.ask("payout", "result", *told, at=LATER)
    paid = ("--payout", "p1", "--outcome", "succeeded", "--amount", "100.00", "--event", "bank/77")
    (known,) = shop.ask("payout", "result", *paid, "--happened-at", PAYDAY, at=LATER)

    assert (unknown["state"], unknown["reason"], known["state"]) == ("unknown", "no answer", "succeeded")
    assert shop.ask("payout", "show", "p1")["steps"][-1]["event"] == "bank/77"


def test_told_again_by_options_it_changes_nothing(tmp_path: Path) -> None:
    shop = submitted(tmp_path)
    told = ("--payout", "p1", "--outcome", "succeeded", "--amount", "100.00")
    shop.do("payout", "result", *told, at=LATER)
    before = shop.dump()

    shop.do("payout", "result", *told, at=LATER)

    assert shop.dump() == before
    assert "event_differs" in shop.refused("payout", "result", *told[:-1], "99.00", "--event", "e", at=LATER)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--payout", "p1"),
        ("--payout", "p1", "--outcome", "succeeded"),
        ("--payout", "p1", "--outcome", "done", "--amount", "1.00"),
        ("--payout", "p1", "--outcome", "failed", "--amount", "1,00"),
        ("FILE", "--payout", "p1"),
    ],
)
def test_half_a_result_is_a_mistake_of_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    shop = submitted(tmp_path)
    path = shop.file("results.csv", RESULTS)

    mistaken = shop.run("payout", "result", *(path if each == "FILE" else each for each in arguments))

    assert mistaken.exit_code == 2
