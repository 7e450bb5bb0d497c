"""Rate and time left, once two seconds have passed."""

import pytest

from distcore_cli import progress
from distcore_cli.progress import line_of


def test_a_line_says_how_much_how_fast_and_how_much_longer() -> None:
    assert line_of("sales", 1_000, 5_000, 2.0) == "sales: 1,000 of 5,000, 500/s, 8 s left"
    assert line_of("sales", 6_000, 5_000, 2.0) == "sales: 6,000 of 5,000, 3,000/s, 0 s left"
    assert line_of("rows", 1_000, None, 2.0) == "rows: 1,000, 500/s"
    assert line_of("rows", 0, 10, 0.0) == "rows: 0, 0/s"


def test_what_is_quick_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown("sales", 10) as steps:
        for _ in range(10):
            steps.advance(1)

    assert capsys.readouterr() == ("", "")
