"""The outbox from the command line: opened, claimed, told, and closed again."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.shop import Shop, with_members

CLAIM = ("--format", "jsonl", "outbox", "claim")


def claimed(shop: Shop, *options: str) -> list[dict[str, Any]]:
    """Claim events, and return them."""
    return [json.loads(line) for line in shop.do(*options[:2], *CLAIM, *options[2:]).splitlines()]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop that keeps what is done, and has adjusted twice."""
    found = with_members(tmp_path)
    assert shown(found, "show") == {"open": "no", "waiting": 0, "since": None}
    assert shown(found, "open")["open"] == "yes"
    for id in ("one", "two"):
        given = (
            "--payee",
            "ben",
            "--amount",
            "1.00",
            "--currency",
            "CNY",
            "--reason",
            "so",
            "--authority",
            "boss",
        )
        found.do("adjust", id, *given)
    return found


def shown(shop: Shop, *command: str) -> dict[str, Any]:
    """Return the only row that a command of the outbox shows."""
    (row,) = json.loads(shop.do("--format", "json", "outbox", *command))
    return dict(row)


def test_events_are_claimed_for_a_while_and_forgotten_when_they_were_told(shop: Shop) -> None:
    first = claimed(shop, "--at", "2026-06-02T00:00:00Z", "--most", "2", "--seconds", "60")
    rest = claimed(shop, "--at", "2026-06-02T00:00:59Z")
    assert sorted((each["verb"], each["about"]) for each in [*first, *rest]) == [
        ("adjust", "one"),
        ("adjust", "two"),
        ("open_outbox", "default"),
    ]
    assert [len(first), len(rest)] == [2, 1]
    assert shown(shop, "told", first[0]["event"], rest[0]["event"])["told"] == 2
    assert shown(shop, "told", first[0]["event"]) == {"told": 0, "waiting": 1, "since": first[1]["done_at"]}
    assert claimed(shop, "--at", "2026-06-02T00:01:00Z") == [first[1]]


def test_ids_are_read_from_standard_input(shop: Shop) -> None:
    ids = [each["event"] for each in claimed(shop, "--at", "2026-06-02T00:00:00Z")]
    result = shop.run("--format", "json", "outbox", "told", "-", typed="\n".join(ids))
    assert json.loads(result.stdout) == [{"told": 3, "waiting": 0, "since": None}]


def test_a_dry_run_shows_what_waits_and_takes_nothing(shop: Shop) -> None:
    dry = shop.do("--dry-run", *CLAIM).splitlines()
    assert [json.loads(line) for line in dry] == claimed(shop, "--at", "2026-06-02T00:00:00Z")


def test_what_is_done_after_it_is_closed_is_not_kept(shop: Shop) -> None:
    assert shown(shop, "close") == {"open": "no", "waiting": 3, "since": "2026-06-01T00:00:00Z"}
    shop.do("release")
    assert shown(shop, "show")["waiting"] == 3


@pytest.mark.parametrize("event", ["", "x", "A" * 32, "a" * 31, "a" * 33, "１" * 32, "a" * 32 + "\n\n"])
def test_what_is_no_id_is_refused_whole(shop: Shop, event: str) -> None:
    good = claimed(shop, "--at", "2026-06-02T00:00:00Z")[0]["event"]
    result = shop.run("outbox", "told", "-", typed=f"{good}\n{event}\n")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"event {3 if event.endswith(chr(10)) else 2}: not the id of an event")
    assert shown(shop, "show")["waiting"] == 3


@pytest.mark.parametrize(
    "wrong", [("--most", "0"), ("--most", "1001"), ("--seconds", "0"), ("--seconds", "86401")]
)
def test_bounds_are_kept(shop: Shop, wrong: tuple[str, str]) -> None:
    result = shop.run("outbox", "claim", *wrong)
    assert result.exit_code == 2
    assert "not a whole number from 1 to" in result.stderr
