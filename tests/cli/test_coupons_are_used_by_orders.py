"""Coupons from the command line: a template, claims, an order, and what came of it."""

from pathlib import Path

import pytest
from tests.cli.shop import Shop, opened

YUAN = ("--currency", "CNY")
OFFER = """
document = "offer"
version = 1
id = "ten off"
currency = "CNY"
by_coupon = true
effect = { kind = "amount", amount = "10.00" }
"""
WELCOME = """
document = "coupon-template"
version = 1
id = "welcome"
currency = "CNY"
offer = "ten off"
total_max = 4
per_member_max = 2
word = "Hello"
transferable = true
validity = { kind = "days_from_claim", days = 7 }
"""
DATED = """
document = "coupon-template"
version = 1
id = "eleven"
currency = "CNY"
offer = "ten off"
total_max = 1
claim_until = 2026-11-11T00:00:00Z
validity = { kind = "dates", valid_from = 2026-11-11T00:00:00Z, valid_until = 2026-11-12T00:00:00Z }
"""


@pytest.fixture(name="shop")
def a_shop(tmp_path: Path) -> Shop:
    shop = opened(tmp_path)
    shop.do("offer", "set", shop.file("offer.toml", OFFER))
    shop.do("coupon", "set", shop.file("welcome.toml", WELCOME))
    return shop


def claimed(shop: Shop, member: str, *how: str) -> str:
    (coupon,) = shop.ask("coupon", "claim", member, *how)
    assert (coupon["owner"], coupon["state"]) == (member, "claimed")
    return str(coupon["coupon"])


def misused(shop: Shop, *arguments: str) -> str:
    """Run a command with options that can't be; return what it says."""
    done = shop.run(*arguments)
    assert done.exit_code == 2, done.output
    return done.stderr


def states(shop: Shop, member: str) -> list[str]:
    return [each["state"] for each in shop.ask("coupon", "list", member, "--all")]


def test_a_template_is_checked_without_a_store(shop: Shop) -> None:
    (row,) = shop.ask("coupon", "check", shop.file("eleven.toml", DATED))
    assert (row["valid_from"], row["days"], row["total_max"]) == ("2026-11-11T00:00:00Z", None, 1)
    wrong = WELCOME.replace("total_max = 4", "total_max = 0")
    assert "$.total_max" in shop.refused("coupon", "check", shop.file("wrong.toml", wrong))


def test_a_coupon_lives_from_its_claim_to_its_order(shop: Shop) -> None:
    (code,) = [each["code"] for each in shop.ask("coupon", "issue", "welcome")]
    mine = claimed(shop, "ann", "--code", code.lower())
    other = claimed(shop, "ann", "--code", " hello ")
    theirs = claimed(shop, "ben", "--template", "welcome")
    assert len(shop.ask("coupon", "list", "ann")) == 2
    assert "coupons_used_up" in shop.refused("coupon", "claim", "ann", "--template", "welcome")
    assert "coupon_code_refused" in shop.refused("coupon", "claim", "cai", "--code", code)

    shop.do("coupon", "lock", "o1", mine, other, "--member", "ann")
    assert "coupon_not_usable" in shop.refused("coupon", "lock", "o2", mine, "--member", "ann")
    shop.do("coupon", "use", "o1", "--revenue", "90.00", "--cost", f"{mine}=10.00")
    assert sorted(states(shop, "ann")) == ["claimed", "used"]
    (row,) = shop.ask("coupon", "stats", "welcome")
    assert (row["issued"], row["used"], row["revenue"], row["cost"]) == (3, 1, "90.00", "10.00")

    shop.do("coupon", "free", "o1")
    assert states(shop, "ann") == ["claimed", "claimed"]
    shop.do("coupon", "give", theirs, "ben", "cai")
    shop.do("coupon", "withdraw", theirs)
    assert states(shop, "ben") == []
    assert states(shop, "cai") == ["withdrawn"]
    assert shop.ask("coupon", "list", "cai") == []


def test_codes_are_shown_once(shop: Shop) -> None:
    codes = [each["code"] for each in shop.ask("coupon", "issue", "welcome", "--count", "3")]
    assert len({*codes}) == 3
    claimed(shop, "ann", "--code", codes[0])
    said = [
        shop.do("coupon", "list", "ann", "--all"),
        shop.do("coupon", "stats", "welcome"),
        shop.refused("coupon", "claim", "ben", "--code", codes[0]),
    ]
    assert not [code for code in codes for each in said if code in each]


def test_what_is_asked_wrongly_is_refused(shop: Shop) -> None:
    assert "--template or --code" in misused(shop, "coupon", "claim", "ann")
    assert "--template or --code" in misused(shop, "coupon", "claim", "ann", "--template", "a", "--code", "b")
    assert "--count" in misused(shop, "coupon", "issue", "welcome", "--count", "0")
    assert "coupon_not_usable" in shop.refused(
        "coupon", "use", "o1", "--revenue", "1.00", "--cost", "c=1.00", *YUAN
    )
    assert shop.ask("coupon", "use", "o1", "--revenue", "1.00", *YUAN) == []
    mine = claimed(shop, "ann", "--template", "welcome")
    shop.do("coupon", "lock", "o1", mine, "--member", "ann")
    assert "--revenue" in misused(shop, "coupon", "use", "o1", "--revenue", "1.001")
    below = misused(shop, "coupon", "use", "o1", "--revenue", "-1")
    assert "--revenue: a negative amount: '-1' (give an amount of 0 or more)" in below
    below = misused(shop, "coupon", "use", "o1", "--revenue", "1.00", "--cost", f"{mine}=-1")
    assert "--cost: a negative amount" in below
    assert "are in CNY" in misused(shop, "coupon", "use", "o1", "--revenue", "1.00", "--currency", "JPY")
    assert "--cost" in misused(shop, "coupon", "use", "o1", "--revenue", "1.00", "--cost", f"{mine}=NaN")
    assert "--cost" in misused(shop, "coupon", "use", "o1", "--revenue", "1.00", "--cost", mine)
    assert states(shop, "ann") == ["locked"]


@pytest.mark.parametrize("costs", [True, False])
def test_under_its_key_an_order_uses_its_coupons_once(shop: Shop, costs: bool) -> None:
    """Also when it has none of them any more."""
    mine = claimed(shop, "ann", "--template", "welcome")
    shop.do("coupon", "lock", "o1", mine, "--member", "ann")
    use = ["--key", "k", "coupon", "use", "o1", "--revenue", "9.00", *YUAN]
    use += ["--cost", f"{mine}=1.00"] if costs else []
    shop.do(*use)
    shop.do("coupon", "free", "o1")
    before = shop.dump()
    shop.do(*use)
    assert shop.dump() == before


def test_a_dry_run_of_coupons_changes_nothing(shop: Shop) -> None:
    before = shop.dump()
    shop.do("--dry-run", "coupon", "issue", "welcome")
    shop.do("--dry-run", "coupon", "claim", "ann", "--code", "hello")
    assert shop.dump() == before
