"""Databases for the shop, each as Django wants to be told of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import connections
from sqlalchemy import make_url
from tests import postgresql


@contextmanager
def default_is(settings: dict[str, Any]) -> Iterator[None]:
    """Let the default database be another one, in every thread that has none yet."""
    before = connections.settings["default"]
    connections.settings["default"] = connections.configure_settings({"default": settings})["default"]
    connections["default"] = connections.create_connection("default")
    yield
    connections["default"].close()
    if hasattr(connections["default"], "close_pool"):  # Django 5.1 and newer, on PostgreSQL
        connections["default"].close_pool()
    connections.settings["default"] = before
    connections["default"] = connections.create_connection("default")


@contextmanager
def a_sqlite(folder: Path) -> Iterator[dict[str, Any]]:
    yield {**connections.settings["default"], "NAME": folder / "shop.db"}


@contextmanager
def a_postgresql(_folder: Path) -> Iterator[dict[str, Any]]:
    with postgresql.a_database() as url:
        yield django_settings(url)


@contextmanager
def a_bare_postgresql(_folder: Path) -> Iterator[dict[str, Any]]:
    with postgresql.a_bare_database() as url:
        yield django_settings(url)


def django_settings(url: str) -> dict[str, Any]:
    """Return the URL of a PostgreSQL as Django wants it."""
    place = make_url(url)
    host = place.query.get("host", place.host)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": place.database,
        "USER": place.username,
        "PASSWORD": place.password or "",
        "HOST": host or "",
        "PORT": place.port or "",
    }


BARE: Final = {"sqlite": a_sqlite, "postgresql": a_bare_postgresql}
"""Databases without any tables, by the name of the vendor."""

DATABASES: Final = {"sqlite": a_sqlite, "postgresql": a_postgresql}
"""The same, where a copy of the tables of distcore is cheaper than to make them: it has them."""
