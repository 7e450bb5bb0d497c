"""The shop on SQLite and on PostgreSQL, a database for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from tests import postgresql

os.environ["DJANGO_SETTINGS_MODULE"] = "django_shop.settings"
django.setup()

from django.core import mail  # noqa: E402 Django must know its settings first
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from django_shop.tests.databases import DATABASES, default_is  # noqa: E402
from django_shop.tests.visits import post  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def _mails_are_kept() -> Iterator[None]:
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The name of the vendor of the default database, which holds nothing of the shop."""
    with DATABASES[request.param](tmp_path) as settings, default_is(settings):
        yield request.param


@pytest.fixture
def shop(database: str) -> Client:
    """A browser in a shop in which ann has recommended ben."""
    call_command("migrate", verbosity=0)
    call_command("set_up")
    mail.outbox.clear()
    client = Client()
    post(client, "/members", {"member": "ann"})
    post(client, "/members", {"member": "ben", "sponsor": "ann"})
    return client


def pytest_unconfigure() -> None:
    postgresql.leave()
