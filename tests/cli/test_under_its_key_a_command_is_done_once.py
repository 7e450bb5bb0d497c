"""A command that is run again under its key changes nothing, whatever happened since."""

from collections.abc import Iterator
from pathlib import Path

from tests.cli.shop import JULY, OWNER, PAYDAY, SETTLEMENT, TIERS, Shop, traded
from tests.cli.test_a_month_is_accrued_and_explained import MONTHLY

OPENINGS = """opening_id,payee_id,currency,amount,provenance,valid_at
old,ann,CNY,120.00,page 7,2025-12-31T00:00:00+08:00
"""
RESULTS = """event_id,payout_id,payee_id,currency,amount,outcome,happened_at
e1,p1,ben,CNY,100.00,succeeded,2026-07-06T00:00:00+08:00
"""


def commands(shop: Shop) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield when, by whom and with what a shop is closed and paid."""
    holder, account, bank = OWNER
    gift = ("--payee", "ben", "--amount", "2000.00", "--reason", "thanks", "--authority", "owner")
    details = ("--holder", holder, "--account", account, "--bank", bank)
    bank_file, results = str(shop.folder / "bank.csv"), shop.file("results.csv", RESULTS)
    settlement = shop.file("settlement.toml", SETTLEMENT)
    yield JULY, "amy", ("settlement", "set", settlement)
    yield JULY, "amy", ("tier", "policy", "set", shop.file("tiers.toml", TIERS))
    yield JULY, "amy", ("tier", "set", "eve", "silver")
    yield JULY, "amy", ("tier", "evaluate")
    yield JULY, "amy", ("plan", "set", shop.file("monthly.toml", MONTHLY))
    yield JULY, "amy", ("period", "accrue", "--period", "2026-03")
    yield JULY, "amy", ("import", "openings", shop.file("openings.csv", OPENINGS))
    yield JULY, "amy", ("release",)
    yield "2026-06-30T00:00:00+08:00", "amy", ("adjust", "gift", "--currency", "CNY", *gift)
    yield JULY, "amy", ("hold", "place", "sale", "o2", "--reason", "a dispute")
    yield JULY, "amy", ("hold", "lift", "sale", "o2", "--reason", "settled")
    yield JULY, "amy", ("settle", "close")
    yield JULY, "bob", ("settle", "reject", "1", "--reason", "once more")
    yield JULY, "amy", ("settle", "close", "--period", "2026-06")
    yield JULY, "bob", ("settle", "approve", "2")
    yield JULY, "amy", ("payout", "account", "set", "ben", *details)
    yield JULY, "bob", ("payout", "account", "verify", "ben", "1")
    yield PAYDAY, "amy", ("payout", "request", "p1", "ben", "100.00")
    yield PAYDAY, "amy", ("payout", "request-all", "july")
    yield PAYDAY, "bob", ("payout", "approve", "p1", "july/ben")
    yield PAYDAY, "bob", ("payout", "cancel", "july/ben", "--reason", "in August")
    yield PAYDAY, "bob", ("payout", "export", bank_file)
    yield PAYDAY, "bob", ("payout", "submit")
    yield PAYDAY, "bob", ("payout", "result", results)
    yield PAYDAY, "bob", ("payout", "account", "erase", "ann")
    yield PAYDAY, "bob", ("seal",)


def run(shop: Shop, number: int, at: str, actor: str, arguments: tuple[str, ...]) -> int:
    """Run a command under a key of its own, and return its exit code."""
    return shop.run("--key", f"key {number}", *arguments, at=at, actor=actor).exit_code


def test_at_once_and_after_all_the_others(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    wanted = list(commands(shop))
    for number, each in enumerate(wanted):
        before = shop.dump()
        assert run(shop, number, *each) == 0, each
        done = shop.dump()
        assert done != before, each
        assert run(shop, number, *each) == 0, each
        assert shop.dump() == done, each

    end, file = shop.dump(), (tmp_path / "bank.csv").read_bytes()
    for number, each in enumerate(wanted):
        run(shop, number, *each)

    assert shop.dump() == end
    assert (tmp_path / "bank.csv").read_bytes() == file
    assert "sound" in shop.do("verify")


def test_another_command_under_the_same_key_is_refused(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    shop.do("settlement", "set", shop.file("settlement.toml", SETTLEMENT))
    shop.do("--key", "k", "hold", "place", "payee", "ben", "--reason", "a look")

    for arguments in (
        ("hold", "place", "payee", "ann", "--reason", "a look"),
        ("hold", "lift", "payee", "ben", "--reason", "a look"),
        ("settle", "close"),
        ("seal",),
    ):
        assert shop.refused("--key", "k", *arguments).startswith("refused: key_reused")
