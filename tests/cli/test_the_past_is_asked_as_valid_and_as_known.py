"""`referral show` and `plan show --in-force`: what held then, and what was known then."""

from pathlib import Path

from tests.cli.shop import PLAN, with_members

MARCH, MAY = "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"


def test_a_move_that_is_recorded_late_is_valid_before_it_is_known(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    shop.do("referral", "move", "cai", "ann", "--valid-from", "2026-02-01T00:00:00Z")
    shop.do("tier", "set", "cai", "gold", "--valid-from", "2026-02-15T00:00:00Z")

    def stood(at: str, *known: str) -> list[str | None]:
        (row,) = shop.ask("referral", "show", "cai", *known, at=at)
        return [row["sponsor"], row["tier"] or "", row["state"]]

    assert stood("2026-01-15T00:00:00Z") == ["ben", "", "active"]
    assert stood("2026-02-10T00:00:00Z") == ["ann", "", "active"]
    assert stood(MARCH) == ["ann", "gold", "active"]
    unknown = shop.run("referral", "show", "cai", "--known-at", MAY, at=MARCH)
    assert (unknown.exit_code, "member_unknown" in unknown.stderr) == (1, True), "they were imported in June"


def test_a_plan_that_is_published_late_is_in_force_before_it_is_known(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    late = PLAN.replace("10%", "12%").replace("plan_version = 1", "plan_version = 2")
    shop.do("plan", "set", shop.file("late.toml", late), at="2026-07-01T00:00:00Z")

    def in_force(*known: str, at: str = MARCH) -> list[int]:
        return [row["plan_version"] for row in shop.ask("plan", "show", "--in-force", *known, at=at)]

    assert in_force() == [2]
    assert in_force("--known-at", "2026-06-15T00:00:00Z") == [1]
    assert in_force("--known-at", MAY) == []
    assert in_force(at="2025-03-01T00:00:00Z") == []
    assert len(shop.ask("plan", "show")) == 2
    assert len(shop.ask("plan", "show", "--known-at", "2026-06-15T00:00:00Z")) == 1
