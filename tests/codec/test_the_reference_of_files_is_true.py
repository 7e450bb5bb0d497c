"""The reference of files names every column that the command line reads or writes, in both languages.

Its examples can be read, and the one of the bank file is what would be written.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from attrs import evolve
from tests.codec.pages import REFERENCE, blocks, rows, section, wrong_limits

import distcore_cli
from distcore.kernel import Actor, Currency, MemberId, limits, parse_minor
from distcore.payout import AccountDetails, Payout, PayoutId
from distcore.ports import PayoutOrder
from distcore_cli import bank_file
from distcore_cli.agents_file import AGENTS, read_agents
from distcore_cli.cart import CART, read_cart
from distcore_cli.credits_file import CREDITS, read_credits
from distcore_cli.interchange import (
    CANCELLATIONS,
    MEMBERS,
    PRICES,
    REFUNDS,
    read_cancellations,
    read_members,
    read_prices,
    read_refunds,
)
from distcore_cli.money_files import (
    ADJUSTMENTS,
    OPENINGS,
    PROVIDER_ROWS,
    RESULTS,
    read_adjustments,
    read_openings,
    read_provider_rows,
    read_results,
)
from distcore_cli.problems import Problems
from distcore_cli.products_file import PRICES_OF_LIST, PRODUCTS, read_prices_of_list, read_products
from distcore_cli.progress import NoSteps
from distcore_cli.sales_file import SALES, SalesFile
from distcore_cli.table_file import Columns, TableFile, open_table

PAGE: Final = (REFERENCE / "files.md").read_text(encoding="utf-8")
CHINESE: Final = (REFERENCE.parent / "zh" / "reference" / "files.md").read_text(encoding="utf-8")
PAGES: Final = {"English": (PAGE, "yes", "no"), "Chinese": (CHINESE, "是", "否")}
"""Each page, and how it says that a column is required, or that it is not."""

LATER: Final = datetime(2026, 12, 31, tzinfo=UTC)


def read_sales(file: TableFile, problems: Problems) -> list[object]:
    sales = SalesFile(file, problems, at=LATER)
    sales.count(NoSteps())
    return list(sales.read())


Read = Callable[[TableFile, Problems], Sequence[object]]
FILES: dict[str, tuple[Columns, Read, int]] = {
    "members": (MEMBERS, read_members, 3),
    "sales": (SALES, read_sales, 2),
    "refunds": (REFUNDS, read_refunds, 1),
    "prices": (PRICES, read_prices, 1),
    "cancellations": (CANCELLATIONS, read_cancellations, 1),
    "openings": (OPENINGS, read_openings, 3),
    "adjustments": (ADJUSTMENTS, read_adjustments, 2),
    "results": (RESULTS, read_results, 2),
    "credits": (CREDITS, read_credits, 2),
    "agents": (AGENTS, read_agents, 2),
    "provider statements": (PROVIDER_ROWS, read_provider_rows, 2),
    "products": (PRODUCTS, read_products, 2),
    "prices of a list": (PRICES_OF_LIST, partial(read_prices_of_list, currency=Currency("CNY")), 2),
    "cart": (CART, partial(read_cart, currency=Currency("CNY")), 2),
}
"""Every file that is read: its columns, what reads it, and how many there are in the example."""


def described(page: str, name: str) -> str:
    """Return the section of a file; a Chinese heading has the Chinese name too."""
    (heading,) = re.findall(rf"^## ({name}(?:：.*)?)$", page, re.MULTILINE)
    return section(page, heading)


def columns_of(page: str, name: str) -> list[tuple[str, str]]:
    """Return the columns that a page describes, and what it says of each being there."""
    found = rows(described(page, name))
    assert all(len(row) == 4 and all(row) for row in found), "each has a type and a meaning"
    return [(row[0].strip("`"), row[1]) for row in found]


def test_every_file_that_is_read_is_described() -> None:
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.iter_modules(distcore_cli.__path__, "distcore_cli.")
        if not each.name.endswith("__main__")
    ]
    known = {each for module in modules for each in vars(module).values() if isinstance(each, Columns)}

    assert known == {columns for columns, _, _ in FILES.values()}


@pytest.mark.parametrize("language", PAGES)
@pytest.mark.parametrize("name", FILES)
def test_every_column_is_there(name: str, language: str) -> None:
    page, yes, no = PAGES[language]
    columns, _, _ = FILES[name]

    required = [(column, yes) for column in columns.required]
    assert columns_of(page, name) == required + [(column, no) for column in columns.optional]


@pytest.mark.parametrize("name", FILES)
def test_the_example_can_be_read(name: str, tmp_path: Path) -> None:
    (example,) = blocks(described(PAGE, name), "text")
    path = tmp_path / "example.csv"
    path.write_text(example, encoding="utf-8")
    columns, read, count = FILES[name]
    problems = Problems()

    found = read(open_table(path, columns), problems)

    assert (len(found), problems.kept) == (count, [])


@pytest.mark.parametrize("language", PAGES)
def test_every_column_of_the_bank_file_is_there(language: str) -> None:
    """A detail that must not be blank is the one for which a payout is refused."""
    page, yes, no = PAGES[language]
    whole = AccountDetails("Ann", "6222", "ICBC")
    without = {name: evolve(whole, **{name: ""}) for name in ("holder", "account", "bank")}
    may_be_blank = [name for name, left in without.items() if bank_file.unfit(an_order(details=left)) is None]

    assert columns_of(page, "bank file") == [
        (column, no if column in may_be_blank else yes) for column in bank_file.COLUMNS
    ]


def test_the_example_of_the_bank_file_is_what_is_written() -> None:
    (example,) = blocks(described(PAGE, "bank file"), "text")
    orders = [
        an_order("2026-03/ann", "ann", AccountDetails("Ann Ling", "6222020200112233445", "ICBC"), "2560.00"),
        an_order("2026-03/cai", "cai", AccountDetails("Cai, Wen", "6222020200998877665"), "50.00"),
    ]

    assert bank_file.bank_file(orders).decode().replace("\r\n", "\n") == example


def an_order(
    id: str = "p", payee: str = "ann", details: AccountDetails | None = None, amount: str = "1.00"
) -> PayoutOrder:
    minor = parse_minor(amount, "CNY")
    payout = Payout(
        PayoutId(id), MemberId(payee), Currency("CNY"), minor, 1, bank_file.BANK, LATER, Actor("tests")
    )
    return PayoutOrder(payout, details or AccountDetails())


def test_the_limits_are_those_of_the_code() -> None:
    assert wrong_limits(PAGE) == []
    of_files = {name for name in vars(limits) if name.startswith("FILE_")} | {"RECONCILED_ROWS_MAX"}
    stated = {row[0].strip("`") for row in rows(section(PAGE, "Limits"))}
    assert of_files <= stated
