"""A store in a file, with a shop in it: `ann` above `ben` above `cai`, and a plan of 10, 5 and 2 %."""

from pathlib import Path

from distcore.testing.builders import Shop, a_chain
from distcore_sql import SqlStore, upgrade_store


def url_in(folder: Path) -> str:
    """Return the URL of the store in a folder."""
    return f"sqlite:///{folder / 'shop.db'}"


def new_store(folder: Path, shop: str = "mall", *, busy_ms: int = 10_000) -> SqlStore:
    """Make the store of a folder, if it is not there yet, and open it for a shop."""
    upgrade_store(url_in(folder))
    return SqlStore.open(url_in(folder), shop, busy_ms=busy_ms)


def new_shop(folder: Path, shop: str = "mall") -> Shop:
    """Return a shop on the store of a folder."""
    return Shop.open(new_store(folder, shop), newcomers=a_chain("ann", "ben", "cai"))
