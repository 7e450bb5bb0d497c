"""`reconcile`: a provider's statement and our payouts, and whatever stands on one side alone."""

from pathlib import Path

import pytest
from click.testing import Result
from tests.cli.shop import JULY, Shop
from tests.cli.test_results_come_from_files_or_options import LATER, RESULTS, submitted

ROWS = """payout_id,currency,amount,settled_at
p1,CNY,100.00,2026-07-06T09:00:00+08:00
"""


def paid(folder: Path) -> Shop:
    """Return a shop that paid p1 and failed to pay p2."""
    shop = submitted(folder)
    shop.do("payout", "result", shop.file("results.csv", RESULTS), at=LATER)
    return shop


def reconcile(shop: Shop, content: str, *options: str, start: str = JULY, channel: str = "bank") -> Result:
    """Compare a statement from a file with our payouts."""
    path = shop.file("statement.csv", content)
    return shop.run(
        *options, "reconcile", channel, path, "--from", start, "--until", "2026-08-01T00:00:00+08:00"
    )


def test_what_agrees_is_counted(tmp_path: Path) -> None:
    shop = paid(tmp_path)
    before = shop.dump()

    agreed = reconcile(shop, ROWS)

    assert agreed.exit_code == 0
    assert agreed.stdout.splitlines()[-1].split()[-2:] == ["1", "0"]
    assert shop.dump() == before


@pytest.mark.parametrize(
    ("content", "mismatch"),
    [
        (ROWS + "p7,CNY,1.00,2026-07-06T09:00:00Z\n", ["unknown_here", "p7", "1.00 CNY", ""]),
        (ROWS.splitlines()[0] + "\n", ["missing_there", "p1", "", "100.00 CNY, succeeded"]),
        (ROWS.replace("100.00", "99.00"), ["amount_differs", "p1", "99.00 CNY", "100.00 CNY, succeeded"]),
        (ROWS + ROWS.splitlines()[1] + "\n", ["paid_twice", "p1", "100.00 CNY", "100.00 CNY, succeeded"]),
        (
            ROWS + "p2,CNY,20.00,2026-07-06T09:00:00Z\n",
            ["not_succeeded", "p2", "20.00 CNY", "20.00 CNY, failed"],
        ),
    ],
)
def test_what_does_not_is_named_and_the_exit_code_is_3(
    tmp_path: Path, content: str, mismatch: list[str]
) -> None:
    shop = paid(tmp_path)

    found = reconcile(shop, content, "--format", "csv")

    assert found.exit_code == 3
    assert [line.replace('"', "") for line in found.stdout.splitlines()[1:]] == [",".join(mismatch)]
    assert "1 mismatches" in found.stderr


def test_payouts_of_another_channel_or_time_are_none_of_it(tmp_path: Path) -> None:
    shop = paid(tmp_path)
    nothing = ROWS.splitlines()[0] + "\n"

    assert reconcile(shop, nothing, start="2026-07-20T00:00:00+08:00").exit_code == 0
    assert "channel_unknown" in reconcile(shop, ROWS, channel="wallet").stderr


def test_a_statement_that_can_not_be_read_is_not_compared(tmp_path: Path) -> None:
    refused = reconcile(paid(tmp_path), ROWS.replace("100.00", "1e2"))

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "statement.csv:2:amount: payout 'p1': not an amount: '1e2' (like 12.34)\n"


def test_a_time_that_ends_before_it_begins_is_a_mistake_of_usage(tmp_path: Path) -> None:
    shop = paid(tmp_path)

    assert reconcile(shop, ROWS, start="2026-08-01T00:00:00+08:00").exit_code == 2
