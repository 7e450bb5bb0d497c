"""The scenarios of the documentation are true, to the cent; and a page with a mistake says where it is."""

from pathlib import Path

import pytest

from distcore.kernel import InputError, RefusedError
from distcore.memory import MemoryStore
from distcore.testing.scenario import Scenario, differences, read_scenarios

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "scenarios"
PAGES = sorted(
    [*FOLDER.glob("*.md"), *(page for page in (DOCS / "plans").glob("*.md") if page.stem != "index")]
)


def scenarios() -> list[object]:
    return [
        pytest.param(scenario, id=f"{page.stem}: {scenario.name}")
        for page in PAGES
        for scenario in read_scenarios(page.read_text(encoding="utf-8"), page.name)
    ]


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_is_true(scenario: Scenario) -> None:
    assert differences(scenario, MemoryStore("scenario")) == []


# A page that is not true, or can't be read

PAGE = (FOLDER / "refunds.md").read_text(encoding="utf-8").split("\n## A refund before")[0]


def played(page: str) -> list[str]:
    (scenario,) = read_scenarios(page, "page.md")
    return differences(scenario, MemoryStore("scenario"))


def changed(old: str, new: str) -> str:
    """Return the page with one mistake in it."""
    assert old in PAGE
    return PAGE.replace(old, new, 1)


def test_what_differs_is_shown_as_rows_of_the_table() -> None:
    page = changed("| -3.33      | 0.00   | 6.67", "| -3.34      | 0.00   | 6.67")
    assert played(page) == [
        "Expected earnings, only on the page: | 2026-01-20 | ann | 10.00 | -3.34 | 0.00 | 6.67 |",
        "Expected earnings, only in the shop: | 2026-01-20 | ann | 10.00 | -3.33 | 0.00 | 6.67 |",
    ]


def test_amounts_that_differ_are_shown_too() -> None:
    (before, _) = PAGE.split("### Expected earnings")
    amounts = "### Expected amounts\n| order | line | payee | amount |\n|-|-|-|-|\n| o1 | 1 | ann | 6.66 |\n"
    assert played(before + amounts) == [
        "Expected amounts, only on the page: | o1 | 1 | ann | 6.66 |",
        "Expected amounts, only in the shop: | o1 | 1 | ann | 6.67 |",
    ]


def test_nobody_is_forgotten() -> None:
    (before, _) = PAGE.split("### Expected earnings")
    nobody = "### Expected earnings\n| payee | earned |\n|-|-|\n"
    assert played(before + nobody) == ["Expected earnings, only in the shop: | ann | 10.00 |"]
    twice = nobody + "| ann | 10 |\n| ann | 10.0 |\n"
    assert played(before + twice) == ["Expected earnings, only on the page: | ann | 10.00 |"]


def test_what_the_shop_refuses_is_not_played_on() -> None:
    with pytest.raises(RefusedError, match=r"of line 1 of o1 100\.00 CNY are left"):
        played(changed("| 33.33 ", "| 100.01 "))


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("# Empty", "page.md: has no scenario (a heading ## begins one)"),
        ("| a |", "page.md:1: belongs to no section: '| a |' (a heading ### begins one)"),
        ("## x\n```toml", "page.md:2: belongs to no section: '```toml' (a heading ### begins one)"),
        ("### Plan", "page.md:1: no place for 'Plan' (once in a scenario each: Plan, Late plan, Shop, "),
        ("## x\n### Plan\n```toml", "page.md: a document does not end (with a line ```)"),
        ("## x", "page.md:1: 'x' has no Plan"),
        ("## x\n### Plan\n", "page.md:1: 'x' has no Sales"),
        (
            "## x\n### Plan\n### Sales",
            (
                "page.md:1: 'x' expects nothing "
                "(Expected earnings or Expected amounts or Expected facts or Expected periods)"
            ),
        ),
    ],
)
def test_a_page_has_scenarios_and_they_have_what_they_need(page: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        read_scenarios(page, "page.md")
    assert str(error.value)[: len(message)] == message


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("### Refunds", "### Returns", "### Returns", ": no place for 'Returns' (once in a scenario each: "),
        (
            "### Refunds",
            "### Sales\n",
            "### Sales\n\n\n",
            ": no place for 'Sales' (once in a scenario each: ",
        ),
        ("### Refunds", "#### Prose", "#### Prose", ": no place for 'Prose' (once in a scenario each: "),
        (
            "```toml",
            "```json",
            "```json",
            ": not a document: '```json' (it begins with ```toml and ends with",
        ),
        ("```toml", "text", "```\n", ": not a document: '```' (it begins with ```toml and ends with ```)"),
        ("### Members", "```toml\n```\n### Members", "### Plan", ": Plan has 2 documents (give one)"),
        (
            "### Plan",
            "### Shop\n### Plan",
            "### Shop",
            ": Shop has 0 documents (give one)",
        ),
        ("```toml", "| a |\n```toml", "| a |", ": Plan is a document, not a table"),
        ("| buyer  | ann ", "```toml\n```\n", "```toml\n```\n", ": Members is a table, not a document"),
        ("### Members", "### Cancellations\n### Members", "### Canc", ": Cancellations has no table"),
        (
            "### Members",
            "### Recomputed\n| period | recomputed |\n|-|-|\n| 2026-01 | 2026-02-01 |\n### Members",
            "| 2026-01 |",
            ", period: is pinned to nothing (write a Late plan)",
        ),
        ("| sponsor |", "| parent |", "| member ", ": no place for the column 'parent' (once each: member, "),
        ("| sponsor |", "| member |", "| member ", ": no place for the column 'member' (once each: member, "),
        ("| member | sponsor |", "| member |", "| member ", ": the column sponsor is missing"),
        ("| buyer  |", "| buyer | a |", "| buyer | a |", ": 3 cells (the table has 2 columns)"),
        ('currency = "CNY"', 'currency = "RMB"', "### Plan", ", $.currency: "),
        ("| 33.33 ", "| 33,33 ", "| r1 ", ", amount: "),
        ("| 33.33 ", "| 33.333 ", "| r1 ", ", amount: "),
        ("| 3     |", "| three |", "| o1    | 1    | buyer", ", units: not a whole number: 'three'"),
        (
            "| 2026-01-20 |",
            "| 2026-1-20 |",
            "| r1 ",
            ", refunded: not a day: '2026-1-20' (like 2026-01-31 or ",
        ),
        (
            "| 2026-01-20 |",
            "| 2026-02-30 |",
            "| r1 ",
            ", refunded: not a day: '2026-02-30' (like 2026-01-31 ",
        ),
        ("| -3.33 ", "| three ", "| 2026-01-20       | ann", ", taken back: "),
    ],
)
def test_a_mistake_has_a_place(old: str, new: str, line: str, message: str) -> None:
    page = changed(old, new)
    number = page[: page.rindex(line)].count("\n") + 1
    with pytest.raises(InputError) as error:
        played(page)
    expected = f"page.md:{number}{message}"
    assert str(error.value)[: len(expected)] == expected


def with_members(table: str) -> str:
    before, rest = PAGE.split("### Members")
    return f"{before}### Members\n\n{table}\n### Sales{rest.split('### Sales')[1]}"


def test_members_have_states_and_days_of_joining() -> None:
    columns = "| member | sponsor | state | joined |\n|-|-|-|-|\n"
    assert (
        played(with_members(columns + "| buyer | ann | | 2026-01-05 |\n| ann | | active | 2026-01-04 |\n"))
        == []
    )
    with pytest.raises(InputError, match=r"state: unknown: 'gone' \(active, suspended, terminated\)"):
        played(with_members(columns + "| ann | | gone | |\n"))


def test_rows_of_one_order_say_the_same() -> None:
    line = "| o1    | 1    | buyer | 3     | 100.00 | 2026-01-05 10:00 | 2026-01-08 |\n"
    assert line in PAGE
    other = line.replace("| 1 ", "| 2 ").replace("buyer", "cai  ")
    with pytest.raises(InputError, match=r"page.md:\d+, buyer: not as in the first row of 'o1'"):
        played(PAGE.replace(line, line + other))
    assert played(PAGE.replace(line, line + other.replace("cai  ", "buyer").replace("100.00", "0"))) == []


def test_a_page_without_sales_has_nothing_to_play() -> None:
    row = "| o1    | 1    | buyer | 3     | 100.00 | 2026-01-05 10:00 | 2026-01-08 |\n"
    page = PAGE.replace(row, "").replace("| r1     | o1    | 1    | 1     | 33.33  | 2026-01-20 |\n", "")
    with pytest.raises(InputError, match=r"page.md:\d+: nothing is sold"):
        played(page)


def test_there_are_scenarios_for_what_shops_ask_first() -> None:
    assert {page.stem for page in PAGES} >= {
        "budget",
        "own-purchase",
        "promoter",
        "refunds",
        "rounding",
        "summer-time",
        "three-levels",
        "unqualified",
    }
