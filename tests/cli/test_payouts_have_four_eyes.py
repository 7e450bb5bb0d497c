"""`payout`: who asks does not approve, and nothing goes to an account that nobody looked at."""

from pathlib import Path

import pytest
from tests.cli.shop import JULY, OWNER, PAYDAY, Shop, closed, payable

ALL = "1764.80"
AUGUST = "2026-08-05T00:00:00+08:00"


def requested(folder: Path, *amount: str) -> Shop:
    """Return a shop in which amy asked for a payout to ben."""
    shop = payable(folder)
    shop.do("payout", "request", "p1", "ben", *amount, at=PAYDAY, actor="amy")
    return shop


def with_details(holder: str, account: str, bank: str) -> tuple[str, ...]:
    """Return the options of an account."""
    return ("--holder", holder, "--account", account, "--bank", bank)


def test_an_account_is_set_verified_and_shown_masked(tmp_path: Path) -> None:
    (account,) = payable(tmp_path).ask("payout", "account", "show", "ben")

    assert account == {
        "payee": "ben",
        "account": 1,
        "channel": "bank",
        "holder": "****",
        "account_no": "****5678",
        "bank": "****West",
        "set_at": "2026-06-30T16:00:00Z",
        "set_by": "amy",
        "verified_at": "2026-06-30T16:00:00Z",
    }


def test_what_no_option_says_is_asked_for(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    asked = shop.run("payout", "account", "set", "ben", typed="\n".join(OWNER) + "\n")
    again = shop.ask("payout", "account", "set", "ben", *with_details(*OWNER))

    assert asked.exit_code == 0
    assert [line.split(": ")[0] for line in asked.stderr.splitlines()] == ["holder", "account", "bank"]
    assert OWNER[1] not in asked.stdout
    assert again[0]["account"] == 1, "set again unchanged it is left alone"


def test_nobody_verifies_an_own_change_nor_an_old_one(tmp_path: Path) -> None:
    shop = payable(tmp_path)
    shop.do(
        "payout", "account", "set", "ben", *with_details("Ben Wu", "99999", "CCB"), actor="amy", at=PAYDAY
    )

    assert "same_verifier" in shop.refused("payout", "account", "verify", "ben", "2", actor="amy", at=PAYDAY)
    assert "account_changed" in shop.refused(
        "payout", "account", "verify", "ben", "3", actor="bob", at=PAYDAY
    )
    verified = shop.ask("payout", "account", "verify", "ben", "2", actor="bob", at=PAYDAY)
    assert verified[0]["verified_at"] == "2026-07-05T16:00:00Z"


def test_all_that_is_payable_is_asked_for_unless_an_amount_is_said(tmp_path: Path) -> None:
    shop = requested(tmp_path)

    (asked,) = shop.ask("payout", "list")

    assert (asked["amount"], asked["state"], asked["to"], asked["requested_by"]) == (
        ALL,
        "requested",
        "****5678",
        "amy",
    )
    assert "in_payout" in shop.do("ledger", "ben")


def test_asked_for_again_it_is_the_same_payout(tmp_path: Path) -> None:
    shop = requested(tmp_path, "100.00")
    before = shop.dump()

    for amount in ((), ("100.00",), ("100",)):
        assert (
            shop.ask("payout", "request", "p1", "ben", *amount, at=PAYDAY, actor="amy")[0]["amount"]
            == "100.00"
        )

    assert shop.dump() == before
    assert "payout_exists" in shop.refused("payout", "request", "p1", "ben", "99.00", at=PAYDAY)


@pytest.mark.parametrize(
    ("arguments", "at", "says"),
    [
        (("p2", "ben", "1764.81"), PAYDAY, "refused: balance_too_low: ben has 1764.80 CNY payable"),
        (("p2", "ben"), JULY, "refused: account_on_hold"),
        (("p2", "ann", "1.00"), PAYDAY, "refused: no_account"),
        (("p2", "ann"), PAYDAY, "AMOUNT: ann has nothing payable in CNY (settle a period first)"),
        (("p2", "ben", "0"), PAYDAY, "amount_minor: out of range: 0"),
        (("p2", "ben", "--currency", "JPY"), PAYDAY, "AMOUNT: ben has nothing payable in JPY"),
    ],
)
def test_what_can_not_be_paid_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], at: str, says: str
) -> None:
    shop = payable(tmp_path)

    assert shop.refused("payout", "request", *arguments, at=at, actor="amy").startswith(says)


def test_to_an_account_that_nobody_verified_nothing_is_paid(tmp_path: Path) -> None:
    shop = closed(tmp_path)
    shop.do("payout", "account", "set", "ben", *with_details(*OWNER), at=JULY)

    assert "account_not_verified" in shop.refused("payout", "request", "p1", "ben", at=PAYDAY)


def test_somebody_else_approves(tmp_path: Path) -> None:
    shop = requested(tmp_path)

    own = shop.run("payout", "approve", "p1", "p9", at=PAYDAY, actor="amy")
    (approved,) = shop.ask("payout", "approve", "p1", at=PAYDAY, actor="bob")["payouts"]

    assert (own.exit_code, own.stdout) == (1, "none\n")
    assert [line.split(": ")[:2] for line in own.stderr.splitlines()] == [
        ["p1", "same_approver"],
        ["p9", "payout_unknown"],
    ]
    assert (approved["state"], approved["approved_by"]) == ("approved", "bob")


def test_what_is_refused_of_several_does_not_stop_the_others(tmp_path: Path) -> None:
    shop = requested(tmp_path, "10.00")
    shop.do("payout", "request", "p2", "ben", "20.00", at=PAYDAY, actor="bob")

    partly = shop.run("--format", "json", "payout", "approve", "p1", "p2", "p1", at=PAYDAY, actor="bob")

    assert partly.exit_code == 1
    assert [each["state"] for each in shop.ask("payout", "list")] == ["approved", "requested"]
    assert '"where": "p2"' in partly.stdout
    assert partly.stderr == ""


def test_a_change_of_the_account_voids_the_approval(tmp_path: Path) -> None:
    shop = requested(tmp_path)
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")
    shop.do("payout", "account", "set", "ben", *with_details("Eve", "666", "ICBC"), at=PAYDAY, actor="eve")

    refused = shop.run("payout", "export", str(tmp_path / "bank.csv"), at=PAYDAY, actor="bob")

    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1].startswith("p1: approval_void: the approval of p1 is void")
    assert not (tmp_path / "bank.csv").exists()


def test_what_is_cancelled_is_payable_again(tmp_path: Path) -> None:
    shop = requested(tmp_path)

    (cancelled,) = shop.ask("payout", "cancel", "p1", "--reason", "ben asked", at=PAYDAY)["payouts"]

    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "ben asked")
    assert shop.ask("payout", "request", "p2", "ben", at=PAYDAY)[0]["amount"] == ALL


def thank_in_july(shop: Shop, payee: str, amount: str) -> None:
    """Give somebody an amount, and close July."""
    gift = ("--payee", payee, "--amount", amount, "--reason", "thanks", "--authority", "owner")
    shop.do("adjust", "once more", *gift, at=PAYDAY)
    shop.do("settle", "close", at=AUGUST, actor="amy")
    shop.do("settle", "approve", "2", at=AUGUST, actor="bob")


def test_everybody_is_paid_at_once(tmp_path: Path) -> None:
    shop = payable(tmp_path)
    thank_in_july(shop, "ann", "100.00")

    partly = shop.run("payout", "request-all", "2026-07", at=AUGUST, actor="amy")
    again = shop.run("payout", "request-all", "2026-07", at=AUGUST, actor="amy")

    assert partly.stdout.splitlines()[-1].split() == ["payouts", "1", "0", "1", "1"]
    assert partly.stderr.startswith("ann: no_account: ")
    assert [(each["payout"], each["amount"]) for each in shop.ask("payout", "list")] == [("2026-07/ben", ALL)]
    assert again.stdout.splitlines()[-1].split() == ["payouts", "0", "1", "1", "1"]


def test_a_prefix_asks_once_for_each_payee(tmp_path: Path) -> None:
    shop = payable(tmp_path)
    shop.do("payout", "request-all", "july", at=PAYDAY, actor="amy")
    thank_in_july(shop, "ben", ALL)

    refused = shop.refused("payout", "request-all", "july", at=AUGUST, actor="amy")
    asked = shop.ask("payout", "request-all", "august", at=AUGUST, actor="amy")

    assert refused.startswith("ben: prefix_used: ben has ")
    assert refused.endswith(" CNY payable, but july/ben was requested before (take another prefix)\n")
    assert asked["done"][0]["done"] == 1


def test_ids_that_become_too_long_are_problems(tmp_path: Path) -> None:
    refused = payable(tmp_path).run("payout", "request-all", "p" * 125, at=PAYDAY)

    assert refused.exit_code == 1
    assert "too long" in refused.stderr


def test_payouts_are_listed_by_state_payee_and_channel(tmp_path: Path) -> None:
    shop = requested(tmp_path, "10.00")
    shop.do("payout", "request", "p2", "ben", "20.00", at=PAYDAY, actor="bob")
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")

    def ids(*options: str) -> list[str]:
        return [each["payout"] for each in shop.ask("payout", "list", *options)]

    assert ids() == ids("--payee", "ben") == ids("--channel", "bank") == ["p1", "p2"]
    assert ids("--state", "approved") == ids("--payee", "ben", "--state", "approved") == ["p1"]
    assert ids("--payee", "ann") == ids("--channel", "wallet") == []


def test_the_life_of_a_payout_says_where_its_money_came_from(tmp_path: Path) -> None:
    shop = requested(tmp_path)
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")

    found = shop.ask("payout", "show", "p1")

    assert [(each["state"], each["actor"]) for each in found["steps"]] == [
        ("requested", "amy"),
        ("approved", "bob"),
    ]
    assert found["sources"] == [{"closing": 1, "amount": ALL, "currency": "CNY"}]
    assert "payout_unknown" in shop.refused("payout", "show", "p9")


def test_stored_value_is_paid_at_once_and_needs_no_details(tmp_path: Path) -> None:
    shop = closed(tmp_path)
    shop.do("payout", "account", "set", "ben", "--channel", "stored_value", at=JULY, actor="amy")
    shop.do("payout", "account", "verify", "ben", "1", at=JULY, actor="bob")
    shop.do("payout", "request", "p1", "ben", at=PAYDAY, actor="amy")
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")

    submitted = shop.ask("--key", "b1", "payout", "submit", at=PAYDAY, actor="bob")["submitted"]

    assert submitted == [
        {
            "batch": "b1",
            "channel": "stored_value",
            "payouts": 1,
            "amount": ALL,
            "currency": "CNY",
            "file": None,
        }
    ]
    assert shop.ask("payout", "list")[0]["state"] == "succeeded"
    assert "stored_value" in shop.do("ledger", "ben")


def test_stored_value_is_never_in_a_bank_file(tmp_path: Path) -> None:
    """It would be paid twice: into the balance at the shop, and by the bank."""
    shop = closed(tmp_path)
    pocket = ("payout", "account", "set", "ben", "--channel", "stored_value")
    named = shop.run(*pocket, "--account", "6222020200112233445", at=JULY, actor="amy")
    shop.do(*pocket, at=JULY, actor="amy")
    shop.do("payout", "account", "verify", "ben", "1", at=JULY, actor="bob")
    shop.do("payout", "request", "p1", "ben", at=PAYDAY, actor="amy")
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")

    file = tmp_path / "bank.csv"
    mistaken = shop.run("payout", "export", str(file), "--channel", "stored_value", at=PAYDAY, actor="bob")

    assert (named.exit_code, "stored value needs none" in named.stderr) == (1, True)
    assert (mistaken.exit_code, "use payout submit" in mistaken.stderr, file.exists()) == (2, True, False)
    assert shop.ask("payout", "list")[0]["state"] == "approved"


def test_what_is_personal_can_be_erased(tmp_path: Path) -> None:
    shop = requested(tmp_path)

    assert "payout_live" in shop.refused("payout", "account", "erase", "ben")
    shop.do("payout", "cancel", "p1", "--reason", "ben leaves", at=PAYDAY)
    assert shop.ask("payout", "account", "erase", "ben") == [{"payee": "ben", "accounts": 1}]
    assert shop.ask("payout", "account", "erase", "ben") == [{"payee": "ben", "accounts": 0}]

    assert not [line for line in shop.dump() if OWNER[1] in line]
    (account,) = shop.ask("payout", "account", "show", "ben")
    assert [account[name] for name in ("holder", "account_no", "bank")] == [None] * 3


@pytest.mark.parametrize("verb", ["show", "erase"])
def test_who_is_no_member_has_no_account(tmp_path: Path, verb: str) -> None:
    assert "payee_unknown" in closed(tmp_path).refused("payout", "account", verb, "nobody")
