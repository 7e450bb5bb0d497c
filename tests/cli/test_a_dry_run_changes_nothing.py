"""`--dry-run` does it, shows what came of it, and leaves every byte of the store as it was."""

import json
from pathlib import Path

import pytest
from tests.cli.shop import (
    AT,
    CANCELLATIONS,
    JULY,
    MEMBERS,
    OWNER,
    PAYDAY,
    PLAN,
    PRICES,
    REFUNDS,
    SALES,
    SETTLEMENT,
    Shop,
    closed,
    opened,
    payable,
    settled,
    traded,
    with_members,
)

LATER_PLAN = PLAN.replace("plan_version = 1", "plan_version = 2").replace('"10%"', '"12%"')
OTHER_POLICY = """
document = "shop-policy"
version = 1
zone = "UTC"
currencies = ["CNY"]
"""


def run_dry(shop: Shop, *arguments: str, at: str = AT) -> str:
    """Run a command twice, dry, and check that nothing changed."""
    before = shop.dump()
    first = shop.run("--dry-run", *arguments, at=at)
    again = shop.run("--dry-run", *arguments, at=at)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert first.stdout == again.stdout
    assert shop.dump() == before
    assert first.stderr.endswith("dry run: nothing was changed\n")
    return first.stdout


def test_of_members_with_sponsors_below(tmp_path: Path) -> None:
    shop = opened(tmp_path)

    shown = run_dry(shop, "import", "members", shop.file("members.csv", MEMBERS))

    assert [line.split()[0] for line in shown.splitlines()[-5:]] == ["ann", "ben", "dan", "cai", "eve"]


def test_of_sales_shows_the_first_facts(tmp_path: Path) -> None:
    shop = with_members(tmp_path)

    shown = run_dry(shop, "--format", "json", "import", "sales", shop.file("sales.csv", SALES))

    answer = json.loads(shown)
    counts = {"what": "sales", "done": 2, "repeated": 0, "refused": 0, "problems": 0}
    assert answer["dry run"] == [counts]
    of_o1 = [row for row in answer["first"] if row["order"] == "o1"]
    assert of_o1[0] == {
        "order": "o1",
        "cause": "sale",
        "line": "1",
        "payee": "ben",
        "level": 1,
        "amount": "10.00",
        "currency": "CNY",
    }


@pytest.mark.parametrize(
    ("what", "content"),
    [("refunds", REFUNDS), ("prices", PRICES.replace("120.00", "80.00")), ("cancellations", CANCELLATIONS)],
)
def test_of_corrections(tmp_path: Path, what: str, content: str) -> None:
    shop = with_members(tmp_path)
    shop.do("import", "sales", shop.file("sales.csv", SALES))

    shown = run_dry(shop, "import", what, shop.file(f"{what}.csv", content))

    assert shown.startswith("dry run\n")
    assert "-" in shown.splitlines()[-1], "what would be taken back is negative"


def test_of_what_is_refused(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    before = shop.dump()

    refused = shop.run("--dry-run", "import", "sales", shop.file("sales.csv", SALES.replace("CNY", "USD")))

    assert refused.exit_code == 1
    assert "currency_not_of_shop" in refused.stderr
    assert shop.dump() == before


def test_of_policy_plan_completion_and_release(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    run_dry(shop, "init", "--policy", shop.file("other.toml", OTHER_POLICY))
    run_dry(shop, "plan", "set", shop.file("later.toml", LATER_PLAN))
    run_dry(shop, "complete", "o2")
    released = run_dry(shop, "release")

    assert released.splitlines()[-1].split() == ["2026-06-01T00:00:00Z", "1", "0"]


def test_of_a_closing_shows_what_would_be_due(tmp_path: Path) -> None:
    shop = settled(tmp_path)

    shown = run_dry(shop, "settle", "close", at=JULY)

    assert shown.splitlines()[-1].split() == ["2", "0", "5", "0.00", "2009.00", "2006.00", "3.00"]


def test_of_decisions_about_a_draft(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    shop.do("settle", "close", at=JULY, actor="amy")

    assert "241.20" in run_dry(shop, "settle", "approve", "1", at=JULY)
    assert "rejected" in run_dry(shop, "settle", "reject", "1", "--reason", "no", at=JULY)


def test_of_policies_adjustments_holds_and_seals(tmp_path: Path) -> None:
    shop = settled(tmp_path)
    later = SETTLEMENT.replace("policy_version = 1", "policy_version = 2")
    fee = ("--payee", "ben", "--amount", "-1.50", "--reason", "a fee", "--authority", "owner")

    run_dry(shop, "settlement", "set", shop.file("later.toml", later))
    run_dry(shop, "adjust", "fee", *fee)
    run_dry(shop, "hold", "place", "payee", "ben", "--reason", "a look")
    run_dry(shop, "seal")


def test_of_every_step_of_a_payout(tmp_path: Path) -> None:
    shop = payable(tmp_path)
    holder, account, bank = OWNER
    new = ("--holder", holder, "--account", account + "0", "--bank", bank)

    run_dry(shop, "payout", "account", "set", "ben", *new, at=PAYDAY)
    run_dry(shop, "payout", "account", "erase", "ben", at=PAYDAY)
    run_dry(shop, "payout", "request-all", "july", at=PAYDAY)
    run_dry(shop, "payout", "request", "p1", "ben", at=PAYDAY)
    shop.do("payout", "request", "p1", "ben", at=PAYDAY, actor="amy")
    run_dry(shop, "payout", "cancel", "p1", "--reason", "no", at=PAYDAY)
    run_dry(shop, "payout", "approve", "p1", at=PAYDAY)
    shop.do("payout", "approve", "p1", at=PAYDAY, actor="bob")
    shop.do("payout", "submit", "p1", "--channel", "bank", at=PAYDAY)
    told = ("--payout", "p1", "--outcome", "failed", "--amount", "1764.80")
    run_dry(shop, "payout", "result", *told, at=PAYDAY)


def test_of_the_verification_of_an_account(tmp_path: Path) -> None:
    shop = closed(tmp_path)
    shop.do("payout", "account", "set", "ben", "--channel", "stored_value", at=JULY, actor="amy")

    run_dry(shop, "payout", "account", "verify", "ben", "1", at=JULY)


def test_of_a_new_store_makes_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path)

    done = shop.run("--dry-run", "init")

    assert done.exit_code == 0
    assert "it would be made or upgraded" in done.stderr
    assert list(tmp_path.iterdir()) == []
