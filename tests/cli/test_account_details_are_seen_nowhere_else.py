"""Canaries: what a payee gave of the account is in the bank file, and in nothing that a command writes."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from click.testing import Result
from tests.cli.reference import everything
from tests.cli.shop import JULY, PAYDAY, PLAN, Shop, closed
from tests.cli.test_what_a_payee_has_is_explained import OF_BEN

HOLDER, ACCOUNT, BANK = "Canaria Holderin", "CANARY6222020200019", "Canary Bank of Nests"
AUGUST = "2026-08-05T00:00:00+08:00"
DETAILS = ("--holder", HOLDER, "--account", ACCOUNT, "--bank", BANK)

RESULTS = """event_id,payout_id,payee_id,currency,amount,outcome,happened_at
e1,p1,ben,CNY,1.00,succeeded,2026-07-06T09:00:00+08:00
e2,p1,ann,CNY,2.00,failed,2026-07-06T09:00:00+08:00
"""
STATEMENT = """payout_id,currency,amount,settled_at
p1,CNY,2.00,2026-07-06T09:00:00+08:00
"""


Run: TypeAlias = tuple[str, tuple[str, ...]]
"""By whom and with what a command is run."""


def commands(shop: Shop) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield when, by whom and with what every command is run, refused ones too."""
    first: list[Run] = [
        ("bob", ("outbox", "open")),
        ("amy", ("payout", "account", "set", "ben", *DETAILS)),
        ("amy", ("payout", "account", "set", "ben", *DETAILS)),
        ("amy", ("payout", "account", "set", "nobody", *DETAILS)),
        ("amy", ("payout", "account", "set", "ben", *DETAILS[:-1], BANK + "\x07")),
        ("amy", ("payout", "account", "set", "ben", *DETAILS[:-1], BANK * 100)),
        ("amy", ("payout", "account", "set", "ben", *DETAILS, "--chanel", "bank")),
        ("amy", ("--dry-run", "payout", "account", "set", "ben", "--channel", "x", *DETAILS)),
        ("amy", ("payout", "account", "verify", "ben", "1")),
        ("bob", ("payout", "account", "verify", "ben", "1")),
        ("bob", ("payout", "account", "show", "ben")),
    ]
    results = shop.file("results.csv", RESULTS)
    statement = shop.file("statement.csv", STATEMENT)
    between = ("--from", JULY, "--until", AUGUST)
    then: list[Run] = [
        ("amy", ("payout", "request", "p1", "ben", "1.00")),
        ("amy", ("payout", "request", "p2", "ben", "9999.00")),
        ("amy", ("payout", "request-all", "july")),
        ("amy", ("payout", "approve", "p1")),
        ("bob", ("payout", "approve", "p1", "p9", "july/ben")),
        ("bob", ("payout", "cancel", "july/ben", "--reason", "a test")),
        ("bob", ("payout", "export", str(shop.folder / "nowhere" / "bank.csv"))),
        ("bob", ("--dry-run", "payout", "export", str(shop.folder / "bank.csv"))),
        ("bob", ("--key", "b", "payout", "export", str(shop.folder / "bank.csv"))),
        ("bob", ("--key", "b", "payout", "export", str(shop.folder / "bank.csv"))),
        ("bob", ("payout", "submit")),
        ("bob", ("payout", "result", results)),
        ("bob", ("payout", "result", "--payout", "p1", "--outcome", "failed", "--amount", "1.00")),
        ("bob", ("payout", "list")),
        ("bob", ("payout", "show", "p1")),
        ("bob", ("reconcile", "bank", statement, *between)),
        ("bob", ("ledger", "ben")),
        ("bob", ("ledger",)),
        ("bob", ("statement", "ben", "--lines")),
        ("bob", ("settle", "show", "1")),
        ("bob", ("settle", "close")),
        ("bob", ("settle", "approve", "2")),
        ("bob", ("settle", "reject", "2", "--reason", "no")),
        ("bob", ("settlement", "show")),
        ("bob", ("settlement", "set", results)),
        ("bob", ("settlement", "check", results)),
        ("bob", ("adjust", "x", "--payee", "ben", "--amount", "1", "--reason", "x", "--authority", "y")),
        ("bob", ("hold", "place", "payee", "ben", "--reason", "x")),
        (
            "bob",
            (
                "hold",
                "show",
            ),
        ),
        ("bob", ("hold", "lift", "payee", "ben", "--reason", "x")),
        ("bob", ("import", "openings", results)),
        ("bob", ("import", "adjustments", results)),
        ("bob", ("import", "members", results)),
        ("bob", ("import", "sales", results)),
        ("bob", ("import", "refunds", results)),
        ("bob", ("import", "prices", results)),
        ("bob", ("import", "cancellations", results)),
        ("bob", ("gifts",)),
        ("bob", ("earnings",)),
        ("bob", ("explain", "o1")),
        ("bob", ("recompute", "2026-03")),
        ("bob", ("referral", "show", "ben")),
        ("bob", ("explain", "sale", "o1")),
        ("bob", ("explain", "member", "ben", "2026-03")),
        ("bob", ("explain", "statement", "ben", "1")),
        ("bob", ("explain", "accrual", *OF_BEN)),
        ("bob", ("estimate", "--net", "1.00", "--currency", "CNY", "--buyer", "ben")),
        ("bob", ("product", "import", results)),
        ("bob", ("product", "show")),
        ("bob", ("offer", "check", results)),
        ("bob", ("offer", "set", results)),
        ("bob", ("offer", "list")),
        ("bob", ("price", "check", results)),
        ("bob", ("price", "set", results)),
        ("bob", ("freight", "set", results)),
        ("bob", ("points", "set", results)),
        ("bob", ("coupon", "check", results)),
        ("bob", ("coupon", "set", results)),
        ("bob", ("coupon", "issue", "welcome")),
        ("bob", ("coupon", "claim", "ann", "--template", "welcome")),
        ("bob", ("coupon", "give", "c", "ann", "ben")),
        ("bob", ("coupon", "withdraw", "c")),
        ("bob", ("coupon", "lock", "o1", "c", "--member", "ann")),
        ("bob", ("coupon", "use", "o1", "--revenue", "1.00")),
        ("bob", ("coupon", "free", "o1")),
        ("bob", ("coupon", "list", "ann")),
        ("bob", ("coupon", "stats", "welcome")),
        ("bob", ("group", "check", results)),
        ("bob", ("group", "set", results)),
        ("bob", ("group", "open", results, "o1")),
        ("bob", ("group", "join", "g", results, "o1")),
        ("bob", ("group", "leave", "o1")),
        ("bob", ("group", "expire")),
        ("bob", ("group", "owed")),
        ("bob", ("group", "repaid", "o1")),
        ("bob", ("group", "list", "sale")),
        ("bob", ("quote", results)),
        ("bob", ("simulate", shop.file("mall.toml", PLAN))),
        ("bob", ("simulate", results)),
        ("bob", ("tree",)),
        ("bob", ("estimate", "tea=1.00")),
        ("bob", ("simulate", results)),
        ("bob", ("tier", "policy", "check", results)),
        ("bob", ("tier", "policy", "set", results)),
        ("bob", ("tier", "policy", "show")),
        ("bob", ("tier", "evaluate")),
        ("bob", ("tier", "show")),
        ("bob", ("tier", "set", "ann", "gold")),
        ("bob", ("period", "accrue", "--currency", "CNY")),
        ("bob", ("period", "show")),
        ("bob", ("period", "explain", "2026-03", "ann", "--currency", "CNY")),
        ("bob", ("period", "lines", "2026-03", "ann", "--currency", "CNY")),
        ("bob", ("referral", "apply", "a1", "kim", "--name", HOLDER, "--phone", ACCOUNT, "--document", BANK)),
        ("amy", ("referral", "review", "a1", "approved")),
        ("amy", ("referral", "applications")),
        ("amy", ("referral", "identify", "kim", "--fingerprint", ACCOUNT)),
        ("amy", ("referral", "identify", "lee", "--fingerprint", ACCOUNT)),
        ("amy", ("referral", "identify", "lee", "--fingerprint", f"{ACCOUNT}\x07")),
        ("amy", ("referral", "bind", "lee", "kim")),
        ("amy", ("referral", "bind", "lee", "--code", ACCOUNT)),
        ("amy", ("referral", "touches", "lee")),
        ("amy", ("referral", "code", "issue", "kim", "spring")),
        ("amy", ("referral", "code", "link", "kim")),
        ("amy", ("referral", "code", "show", "kim")),
        ("amy", ("referral", "code", "revoke", "short", "spring")),
        ("amy", ("referral", "move", "kim", "ann")),
        ("amy", ("referral", "agent", "appoint", "kim", "cn/zj")),
        ("amy", ("referral", "agent", "list")),
        ("amy", ("referral", "agent", "dismiss", "kim", "cn/zj")),
        ("amy", ("referral", "suspend", "kim")),
        ("amy", ("referral", "reinstate", "kim", "--valid-from", AUGUST)),
        ("amy", ("referral", "terminate", "kim", "--valid-from", AUGUST)),
        ("amy", ("referral", "erase", "kim")),
        ("bob", ("plan", "show")),
        ("bob", ("plan", "set", results)),
        ("bob", ("plan", "check", results)),
        ("bob", ("complete", "o2")),
        ("bob", ("release",)),
        ("bob", ("seal",)),
        ("bob", ("verify",)),
        ("bob", ("init",)),
        ("bob", ("db", "check")),
        ("bob", ("db", "upgrade")),
        ("bob", ("db", "sql")),
        ("bob", ("demo", results)),
        ("bob", ("outbox", "show")),
        ("bob", ("outbox", "claim")),
        ("bob", ("outbox", "told", "0" * 32)),
        ("bob", ("outbox", "close")),
        ("bob", ("payout", "account", "erase", "ben")),
    ]
    yield from ((JULY, *each) for each in first)
    yield from ((PAYDAY, *each) for each in then)


def written(done: Result) -> str:
    """Return all that a command let out, an exception with its traceback included."""
    raised = "" if done.exc_info is None else "".join(traceback.format_exception(*done.exc_info))
    return f"{done.stdout}\n{done.stderr}\n{raised}"


@pytest.mark.parametrize("form", ["table", "json"])
def test_no_command_lets_them_out(tmp_path: Path, form: str) -> None:
    shop = closed(tmp_path)
    seen: list[tuple[str, ...]] = []
    run: set[str] = set()
    for at, actor, arguments in commands(shop):
        done = shop.run("--format", form, *arguments, at=at, actor=actor)
        run.add(" ".join(each for each in arguments if not each.startswith("-")))
        if any(canary in written(done) for canary in (HOLDER, ACCOUNT, BANK, ACCOUNT[:12])):
            seen.append(arguments)

    assert seen == []
    assert ACCOUNT in (tmp_path / "bank.csv").read_text(encoding="utf-8")
    for _, context in everything():
        path = context.command_path.removeprefix("distcore").strip()
        assert any(each.startswith(path) for each in run), f"{path} was not run"


def test_no_key_and_no_fact_holds_them(tmp_path: Path) -> None:
    shop = closed(tmp_path)
    for at, actor, arguments in commands(shop):
        if arguments[:3] == ("payout", "account", "erase"):
            break
        shop.run(*arguments, at=at, actor=actor)

    lines = [line for line in shop.dump() if ACCOUNT in line]

    assert len(lines) == 1
    assert lines[0].startswith('INSERT INTO "distcore_account_details"')
