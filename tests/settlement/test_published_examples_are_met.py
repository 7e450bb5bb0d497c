"""Examples that others worked out and published, each with who did, come out to the cent.

`docs/decisions/0013-withholding.md` says how far each of these sources can be trusted.
"""

import pytest
from tests.settlement.payments import CNY, LABOUR, PLATFORM, withheld_of, yuan

from distcore.kernel import format_minor
from distcore.settlement import Withholding

GRSDS = "gerensuodeshui.cn, 劳务报酬所得预扣预缴, nos. 680 and 1386"
JIAONANG = "caishuijiaonang.com, zzdy-300101006-53: 李女士, director's fee and a technical service"
COURSE = "wnwk.com doc 3551713, 个人所得税 第五章: 例 5-7 (a singer) and 例 5-9 (a student, before 2020-07)"
FUDAOKE = "fudaoke.com exam 3242073"
NET = "fawtography.com question 2327779: of which gross 35,000.00 are left"
OLD_LAW = "fs-haoming.com zhishi 927: 李先生, August 2012"
SHUIDOUDOU = "shuidoudou.com/web/policy, 举例一 and 举例二; the totals also at wantongrenli.com no. 180"
QITONGSHE = "qitongshe.com 5619079037400963: 7,000.00 a month, before and after announcement 2025 no. 16"
AUTHORITY = "State Taxation Administration, by Xinhua and Renmin Ribao, 2025-09-30 and 2025-10-04"
WAGES = "CatsAndMice/blog issue 60: table 1 with 14,000.00 taxable a month, of wages"

PUBLISHED = [
    # payment by payment
    (GRSDS, LABOUR, [("2024-05", "2000", "240")]),
    (GRSDS, LABOUR, [("2024-05", "6000", "960")]),
    (GRSDS, LABOUR, [("2024-05", "60000", "12400")]),
    (JIAONANG, LABOUR, [("2019-03", "60000", "12400"), ("2019-04", "2000", "240")]),
    (COURSE, LABOUR, [("2021-06", "40000", "7600")]),
    (COURSE, LABOUR, [("2020-06", "3000", "440")]),
    (FUDAOKE, LABOUR, [("2024-01", "30000", "5200")]),
    (NET, LABOUR, [("2019-10", "43421.05", "8421.05")]),
    (OLD_LAW, LABOUR, [("2012-08", "1500", "140")]),
    (OLD_LAW, LABOUR, [("2012-08", "6000", "960")]),
    (OLD_LAW, LABOUR, [("2012-08", "10000", "1600")]),
    (
        SHUIDOUDOU,
        LABOUR,
        [
            ("2026-06", "7000", "1120"),
            ("2026-07", "7500", "1200"),
            ("2026-10", "7200", "1152"),
            ("2026-11", "6000", "960"),
            ("2026-12", "8000", "1280"),
        ],
    ),
    # over months in a row
    (
        SHUIDOUDOU,
        PLATFORM,
        [
            ("2026-06", "7000", "18"),
            ("2026-07", "7500", "30"),
            ("2026-10", "7200", "22.80"),
            ("2026-11", "6000", "0"),
            ("2026-12", "8000", "36"),
        ],
    ),
    (QITONGSHE, PLATFORM, [("2025-09", "7000", "1120")]),
    (QITONGSHE, PLATFORM, [("2025-10", "7000", "18")]),
    (AUTHORITY, PLATFORM, [(f"2026-{month:02}", "6250", "0") for month in range(1, 13)]),
    (
        WAGES,
        PLATFORM,
        [
            *[("2026-01", "23750", "420"), ("2026-02", "23750", "420"), ("2026-03", "23750", "840")],
            *[(f"2026-{month:02}", "23750", "1400") for month in range(4, 9)],
        ],
    ),
]


@pytest.mark.parametrize(("source", "withholding", "months"), PUBLISHED)
def test_a_published_example_comes_out(
    source: str, withholding: Withholding, months: list[tuple[str, str, str]]
) -> None:
    found = withheld_of(withholding, yuan(*[(month, gross) for month, gross, _ in months]))

    expected = [minor for _, minor in yuan(*[(month, withheld) for month, _, withheld in months])]
    assert [format_minor(minor, CNY) for minor in found] == [
        format_minor(minor, CNY) for minor in expected
    ], source


@pytest.mark.parametrize(
    ("withholding", "total"), [(LABOUR, "5712.00"), (PLATFORM, "106.80")], ids=["payments", "months"]
)
def test_the_totals_of_the_longest_example_are_those_that_others_cite(
    withholding: Withholding, total: str
) -> None:
    (months,) = [rows for source, kind, rows in PUBLISHED if (source, kind) == (SHUIDOUDOU, withholding)]

    found = withheld_of(withholding, yuan(*[(month, gross) for month, gross, _ in months]))

    assert format_minor(sum(found), CNY) == total


def test_seven_months_of_wages_add_up_to_what_the_example_says() -> None:
    found = withheld_of(PLATFORM, yuan(*[(f"2026-{month:02}", "23750") for month in range(1, 8)]))

    assert format_minor(sum(found), CNY) == "7280.00"


@pytest.mark.parametrize(
    ("gross", "withheld"),
    [
        ("799.99", "0"),
        ("800.00", "0"),
        ("800.02", "0"),
        ("800.03", "0.01"),
        ("4000.00", "640.00"),
        ("4000.01", "640.00"),
        ("4000.05", "640.01"),
        ("25000.00", "4000.00"),
        ("25000.03", "4000.01"),
        ("62500.00", "13000.00"),
        ("62500.03", "13000.01"),
    ],
)
def test_the_edges_of_table_2(gross: str, withheld: str) -> None:
    """800 and 4,000 of the payment, 20,000 and 50,000 of what is left of it after 20 %."""
    ((_, expected),) = yuan(("2026-03", withheld))

    assert withheld_of(LABOUR, yuan(("2026-03", gross))) == [expected]


@pytest.mark.parametrize(
    ("taxable", "tax"),
    [
        ("36000", "1080"),
        ("144000", "11880"),
        ("300000", "43080"),
        ("420000", "73080"),
        ("660000", "145080"),
        ("960000", "250080"),
        ("1000000", "268080"),
    ],
)
def test_the_edges_of_table_1(taxable: str, tax: str) -> None:
    """One payment in one month that leaves an edge of table 1 to be taxed."""
    ((_, left), (_, expected)) = yuan(("", taxable), ("", tax))

    assert withheld_of(PLATFORM, [("2026-03", (left + 500_000) * 5 // 4)]) == [expected]
