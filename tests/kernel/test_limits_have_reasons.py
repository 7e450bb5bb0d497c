"""Every limit is a named whole number, with its reason beside it."""

import ast
from pathlib import Path

from distcore.kernel import limits


def test_every_limit_has_its_reason() -> None:
    assert limits.__file__ is not None
    body = ast.parse(Path(limits.__file__).read_text(encoding="utf-8")).body[2:]
    named, reasons = body[::2], body[1::2]
    assert len(named) == len(reasons)
    for limit, reason in zip(named, reasons, strict=True):
        assert isinstance(limit, ast.AnnAssign)
        assert isinstance(limit.target, ast.Name)
        assert type(getattr(limits, limit.target.id)) is int
        assert isinstance(reason, ast.Expr)
        assert isinstance(reason.value, ast.Constant)
        assert len(str(reason.value.value)) > 30


def test_the_largest_product_of_limits_fits_a_database() -> None:
    """An amount over all members of a file, and the last instant, fit 64 bits."""
    assert limits.AMOUNT_MINOR_MAX * 1_000 < limits.TOTAL_MINOR_MAX == 2**63 - 1
    assert limits.INSTANT_MAX < 2**63
