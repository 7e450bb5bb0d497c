"""`distcore explain accrual`, `statement` and `member`: for people in two languages, and for programs."""

import re
from pathlib import Path
from string import Formatter

import pytest
from tests.cli.shop import JULY, SALES, closed, traded, with_members

from distcore.commission import Language, Reason
from distcore.engine import Missed
from distcore.kernel import ComponentId, Currency
from distcore_cli.explaining_payee import missed_sentence
from distcore_cli.explaining_words import WORDS

OF_BEN = ("o1", "--line", "1", "--component", "levels", "--rule", "one", "--payee", "ben", "--level", "1")


def test_both_languages_say_the_same() -> None:
    def names(language: Language) -> dict[str, set[str | None]]:
        phrases = WORDS[language].items()
        return {key: {name for _, name, *_ in Formatter().parse(text)} - {None} for key, text in phrases}

    assert names(Language.ENGLISH) == names(Language.CHINESE)


def test_an_order_alone_is_explained_as_ever(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    assert shop.do("explain", "o1") == shop.do("explain", "sale", "o1")
    assert shop.do("explain", "--line", "1", "o1") == shop.do("explain", "sale", "o1", "--line", "1")
    assert "explain ORDER, is short for" in shop.do("explain", "--help")
    assert "sale_unknown" in shop.run("explain", "nothing").stderr
    assert "Commands:" in shop.run("explain").output


def test_an_accrual_is_explained(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    shown = shop.do("explain", "accrual", *OF_BEN).splitlines()

    assert shown[:3] == [
        "ben has 5.00 CNY of levels, rule one, level 1, for line 1 of o1",
        "10.00 CNY by sale, valid at 2026-03-01T02:00:00Z, posted at 2026-06-01T00:00:00Z",
        "-5.00 CNY by refund/r1, valid at 2026-04-02T02:00:00Z, posted at 2026-06-01T00:00:00Z",
    ]
    assert shown[3].startswith("ben gets 5.00 CNY for line 1")
    told = shop.ask("explain", "accrual", *OF_BEN)
    assert [(row["cause"], row["amount"]) for row in told["facts"]] == [
        ("sale", "10.00"),
        ("refund/r1", "-5.00"),
    ]
    assert all(re.fullmatch("[0-9a-f]{32}", row["id"]) for row in told["facts"])
    assert [(row["payee"], row["amount"]) for row in told["amounts"]] == [("ben", "5.00")]
    assert told["why_nots"] == []
    assert "ben 从 o1 的行 1 得 5.00 CNY" in shop.do("explain", "accrual", *OF_BEN, "--language", "zh")


def test_an_accrual_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    shop = traded(tmp_path)
    of_dan = ("--component", "levels", "--rule", "two", "--payee", "ann", "--level", "2")

    shown = shop.do("explain", "accrual", "o2", "--line", "1", *of_dan)

    assert shown.splitlines()[0] == "ann has 0.00 CNY of levels, rule two, level 2, for line 1 of o2"
    assert "nothing is left of the line" in shown
    told = shop.ask("explain", "accrual", "o2", "--line", "1", *of_dan)
    assert [row["reason"] for row in told["why_nots"]] == ["nothing_left"]
    never = shop.run("explain", "accrual", "o1", "--line", "1", *of_dan[:-1], "1")
    assert (never.exit_code, "accrual_unknown" in never.stderr) == (1, True)


def test_a_statement_is_explained(tmp_path: Path) -> None:
    shop = closed(tmp_path)

    shown = shop.do("explain", "statement", "ben", "1", at=JULY).splitlines()

    assert shown[0].startswith("statement of ben in closing 1, 2026-06: 0.00 + 2006.00 of 3 lines = 2006.00")
    assert "2000.00 CNY by owner: thanks" in shown
    assert any(
        line.startswith(
            "11.00 CNY of order o1, paid at 2026-03-01T02:00:00Z: 10.00 for line 1 by levels, rule one, "
            "level 1; 1.00 for line 2"
        )
        for line in shown
    )
    told = shop.ask("explain", "statement", "ben", "1", at=JULY)
    assert sum(float(row["fact_amount"]) for row in told["lines"]) == float(told["statements"][0]["lines"])
    assert "结算单" in shop.do("explain", "statement", "ben", "1", "--language", "zh", at=JULY)
    assert "statement_unknown" in shop.run("explain", "statement", "ben", "7", at=JULY).stderr


@pytest.mark.parametrize("by", ["valid", "posted"])
def test_a_member_and_a_period_are_explained(tmp_path: Path, by: str) -> None:
    shop = traded(tmp_path)
    period = {"valid": "2026-03", "posted": "2026-06"}[by]

    told = shop.ask("explain", "member", "ben", period, "--by", by)

    (earned,) = told["earnings"]
    assert earned == shop.ask("earnings", "--period", period, "--payee", "ben", "--by", by)[0]
    assert sum(float(row["amount"]) for row in told["parts"]) == float(earned["earned"])


def test_what_a_member_missed_is_counted(tmp_path: Path) -> None:
    shop = traded(tmp_path)

    shown = shop.do("explain", "member", "dan", "2026-04").splitlines()

    assert shown[0] == "dan in 2026-04: nothing"
    assert shown[1] == "nothing from 1 order, levels: was suspended when the order was paid"
    assert shop.ask("explain", "member", "dan", "2026-04")["missed"] == [
        {
            "component": "levels",
            "reason": "suspended",
            "in_part": "no",
            "sales": 1,
            "forgone": "0.00",
            "currency": "CNY",
            "because": "nothing from 1 order, levels: was suspended when the order was paid",
        }
    ]
    assert "ann 在 2026-03：" in shop.do("explain", "member", "ann", "2026-03", "--language", "zh")
    assert "not a period" in shop.run("explain", "member", "ann", "march").stderr
    unknown = shop.run("explain", "member", "zed", "2026-03")
    assert (unknown.exit_code, "member_unknown: zed" in unknown.stderr) == (1, True)
    early = shop.run("explain", "member", "ann", "2026-07")
    assert (early.exit_code, early.stderr) == (
        1,
        "2026-07: the period has not begun (it begins at 2026-06-30T16:00:00Z)\n",
    )


def test_everybody_above_the_buyer_is_answered(tmp_path: Path) -> None:
    shop = with_members(tmp_path)
    rows = "".join(
        f"a{number},{f'a{number - 1}' if number > 1 else ''},2026-01-01T00:00:00Z,,\n"
        for number in range(1, 9)
    )
    assert shop.import_("members", "member_id,sponsor_id,joined_at,tier,status\n" + rows).exit_code == 0
    sales = SALES.splitlines()[0] + "\n1,1,a8,tea,1,100.00,CNY,2026-03-01T10:00:00+08:00,\n"
    assert shop.import_("sales", sales).exit_code == 0

    told = shop.do("explain", "1").splitlines()
    assert (
        "a5, a4, a3 and 2 more get nothing (levels, from level 3 on): no level so far above the buyer is paid"
        in told
    )
    one = shop.do("explain", "1", "--payee", "a1").splitlines()
    assert one[-1] == "a1 gets nothing (levels, from level 3 on): no level so far above the buyer is paid"
    assert one[-1] in shop.do("explain", "1", "--payee", "a1", "--line", "1")
    (row,) = shop.ask("explain", "1")["why_nots"]
    assert (row["member"], row["more"], row["level"], row["reason"]) == ("a5", 4, 3, "too_far")
    (row,) = shop.ask("explain", "1", "--payee", "a2")["why_nots"]
    assert (row["member"], row["more"]) == ("a2", 0)
    nobody = shop.run("explain", "1", "--payee", "ann")
    assert (nobody.exit_code, "ann has nothing to do with order 1" in nobody.stderr) == (1, True)
    buyer = "a8 gets nothing (any component, no level used up): is the buyer, whom no component pays"
    assert shop.do("explain", "1", "--payee", "a8").splitlines()[-1] == buyer
    assert shop.do("explain", "1", "--payee", "a8", "--line", "1").splitlines()[-1] == buyer
    assert "是买家，没有组成部分向买家付佣" in shop.do("explain", "1", "--payee", "a8", "--language", "zh")
    (row,) = shop.ask("explain", "1", "--payee", "a8")["why_nots"]
    assert (row["component"], row["member"], row["reason"]) == (None, "a8", "buyer_not_paid")
    assert "any component: no component pays so far above the buyer" in shop.do(
        "explain", "member", "a1", "2026-03"
    )


def test_what_is_missing_of_orders_that_brought_something_is_told_apart() -> None:
    missed = Missed(Currency("CNY"), ComponentId("levels"), Reason.SUSPENDED, 2, 500, in_part=True)
    assert missed_sentence(missed, Language.ENGLISH) == (
        "not all from 2 orders, levels: was suspended when the order was paid; 5.00 CNY forgone"
    )
    assert missed_sentence(missed, Language.CHINESE) == ("2 单未全得，levels：支付时已停用；少得 5.00 CNY")
