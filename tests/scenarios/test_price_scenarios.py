"""The scenarios of prices in the documentation are true, to the cent; a page with a mistake says where."""

from pathlib import Path

import pytest

from distcore.kernel import InputError
from distcore.testing.price_scenario import PriceScenario, price_differences, read_price_scenarios

FOLDER = Path(__file__).parents[2] / "docs" / "scenarios" / "prices"
PAGES = sorted(FOLDER.glob("*.md"))


def scenarios() -> list[object]:
    return [
        pytest.param(scenario, id=f"{page.stem}: {scenario.name}")
        for page in PAGES
        for scenario in read_price_scenarios(page.read_text(encoding="utf-8"), page.name)
    ]


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_is_true(scenario: PriceScenario) -> None:
    assert price_differences(scenario) == []


PAGE = """## Tea
### Products
| sku | price |
|---|---|
| tea | 100.00 |
### Offers
```toml
document = "offer"
version = 1
id = "ten"
currency = "CNY"
effect = { kind = "percent", rate = "10%" }
```
### Cart
| line | sku | units |
|---|---|---|
| 1 | tea | 3 |
### Expected lines
| line | net | off |
|---|---|---|
| 1 | 270.00 | 30.00 |
### Expected total
| payable | offers | could be less |
|---|---|---|
| 270.00 | ten | 0.00 |
### Expected returns
| policy | units | gives back |
|---|---|---|
| proportional | 1: 2 | 180.00 |
| proportional | 1: 4 | too_many_returned |
"""


def differences(page: str) -> list[str]:
    (scenario,) = read_price_scenarios(page, "page.md")
    return price_differences(scenario)


def test_what_differs_is_shown() -> None:
    assert differences(PAGE) == []
    assert differences(PAGE.replace("270.00 | 30", "270.01 | 30")) == [
        "Expected lines: the page says [('1', '270.01', '30.00')], and it is [('1', '270.00', '30.00')]"
    ]
    assert differences(PAGE.replace("| ten |", "| none |"))[0].startswith("Expected total: the page says [(")
    assert differences(PAGE.replace("180.00", "180.01")) == [
        "page.md:29: the page says 180.01, and it is 180.00"
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (PAGE, "# nothing", "page.md: has no scenario"),
        ("### Products", "### Goods", "page.md:2: no place for 'Goods'"),
        ("| tea | 100.00 |", "| tea | much |", "not an amount"),
        ("| 1 | tea | 3 |", "| 1 | cup | 3 |", "page.md:17, sku: no product 'cup'"),
        ("| 1 | tea | 3 |", "| 1 | tea | some |", "page.md:17, units: can't be read: 'some'"),
        ("| 1 | tea | 3 |", "| 1 | tea | 0 |", "lines[0].units"),
        ("effect =", "effort =", "unknown field 'effort'"),
        (PAGE[PAGE.index("### Expected lines") :], "", "page.md:1: 'Tea' expects nothing"),
        ("### Cart", "### Expected total", "no place for 'Expected total'"),
    ],
)
def test_a_page_with_a_mistake_says_where(old: str, new: str, said: str) -> None:
    assert old in PAGE
    with pytest.raises(InputError) as error:
        differences(PAGE.replace(old, new, 1))
    assert said in str(error.value)


def test_a_scenario_is_as_the_one_before_it() -> None:
    more = """
## No offer is said
### Cart
| line | sku | units |
|---|---|---|
| 1 | tea | 1 |
### Expected total
| payable |
|---|
| 90.00 |
"""
    first, second = read_price_scenarios(PAGE + more, "page.md")
    assert first.offers == second.offers
    assert price_differences(second) == []


def test_a_page_needs_products_and_a_cart() -> None:
    with pytest.raises(InputError, match=r"'x' has no Cart"):
        read_price_scenarios("## x\n### Products\n| sku | price |\n|-|-|\n| a | 1 |\n", "page.md")
