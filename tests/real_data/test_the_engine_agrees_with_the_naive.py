"""A year of a hundred households, to the cent for every payee and month, against fifty naive lines."""

import json
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import CliRunner
from tests.real_data.naive import earnings_by_month, rows

from distcore.codec import Media, load_plan, load_policy
from distcore.commission import Cancellation, Refund, RefundLine, Sale, SaleLine
from distcore.engine import (
    accrue_all,
    cancel_all,
    earnings,
    join_all,
    refund_all,
    set_plan,
    set_policy,
    verify,
)
from distcore.kernel import (
    Cadence,
    LineId,
    MemberId,
    RefundId,
    Report,
    SaleId,
    Sku,
    parse_instant,
    parse_minor,
    periods_between,
)
from distcore.memory import MemoryStore
from distcore.referral import Newcomer, State
from distcore_cli.main import main

DATA = Path(__file__).parents[2] / "src" / "distcore_cli" / "demo"
T = TypeVar("T")
NOW = datetime(2018, 6, 1, tzinfo=UTC)
PLAN = load_plan((DATA / "plan.toml").read_bytes(), Media.TOML)
POLICY = load_policy((DATA / "policy.toml").read_bytes(), Media.TOML)


@pytest.mark.wide
def test_through_the_command_line_and_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'demo.db'}"
    assert CliRunner().invoke(main, ["demo", str(tmp_path / "demo.db")]).exit_code == 0
    asked = ["--store", url, "--shop", "demo", "--format", "jsonl", "earnings"]
    shown = CliRunner().invoke(main, asked)
    rows_shown = [json.loads(line) for line in shown.stdout.splitlines()]
    ours = {(row["payee"], row["period"]): parse_minor(row["earned"], "USD") for row in rows_shown}
    assert earnings_by_month(DATA) == {key: cents for key, cents in ours.items() if cents}


def test_through_memory() -> None:
    store = MemoryStore("demo")
    with store.begin() as tx:
        set_policy(tx, POLICY, at=NOW, actor="test", key="policy")
        set_plan(tx, PLAN, at=NOW, actor="test", key="plan")
        complete(join_all(tx, newcomers(), at=NOW, actor="test"))
        complete(accrue_all(tx, sales(), at=NOW, actor="test"))
        complete(refund_all(tx, refunds(), at=NOW, actor="test"))
        complete(cancel_all(tx, cancellations(), at=NOW, actor="test"))
        first, last = tx.earnings.span() or (NOW, NOW)
        months = periods_between(first, last, Cadence.MONTHLY, POLICY.calendar)
        ours = {
            (str(each.payee), month.label): each.accrued_minor + each.clawed_back_minor
            for month in months
            for each in earnings(tx, month)
        }
        assert earnings_by_month(DATA) == {key: cents for key, cents in ours.items() if cents}
        assert verify(tx).sound


def complete(report: Report[T]) -> None:
    assert (report.refused, report.problems) == ((), ())


def newcomers() -> list[Newcomer]:
    return [
        Newcomer(
            MemberId(row["member_id"]),
            parse_instant(row["joined_at"]),
            MemberId(row["sponsor_id"]) if row["sponsor_id"] else None,
            row["tier"],
            State(row["status"]),
        )
        for row in rows(DATA, "members")
    ]


def sales() -> list[Sale]:
    found = []
    for _, lines in groupby(rows(DATA, "sales"), key=lambda row: row["order_id"]):
        of_order = list(lines)
        first = of_order[0]
        found.append(
            Sale(
                SaleId(first["order_id"]),
                MemberId(first["buyer_id"]),
                PLAN.currency,
                parse_instant(first["paid_at"]),
                tuple(
                    SaleLine(
                        LineId(row["line_id"]),
                        Sku(row["sku"]),
                        int(row["units"]),
                        parse_minor(row["net"], PLAN.currency),
                    )
                    for row in of_order
                ),
            )
        )
    return found


def refunds() -> list[Refund]:
    return [
        Refund(
            RefundId(row["refund_id"]),
            SaleId(row["order_id"]),
            (
                RefundLine(
                    LineId(row["line_id"]), int(row["units"]), parse_minor(row["amount"], PLAN.currency)
                ),
            ),
            parse_instant(row["refunded_at"]),
        )
        for row in rows(DATA, "refunds")
    ]


def cancellations() -> list[Cancellation]:
    return [
        Cancellation(SaleId(row["order_id"]), parse_instant(row["cancelled_at"]))
        for row in rows(DATA, "cancellations")
    ]
