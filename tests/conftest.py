"""How hard Hypothesis tries: one profile for every commit, one for the night.

``fast`` draws the same examples for the same code, everywhere: a commit that fails has failed by what it
changed, and full branch coverage by this profile is a fact that can be repeated.  The price is that it never
finds anything new; that is what ``deep`` is for (``nox -s deep``): many examples, fresh ones each time, and a
blob that repeats a failure.  There are no deadlines: a slow machine is not a defect.

A test that needs more or fewer examples scales the profile, and so stays deep in the deep one:
``settings(max_examples=2 * settings().max_examples)``.
"""

import pytest
from hypothesis import HealthCheck, settings
from tests import mariadb, postgresql

settings.register_profile(
    "fast",
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
)
settings.register_profile(
    "deep",
    max_examples=2_000,
    stateful_step_count=50,
    deadline=None,
    derandomize=False,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fast")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to the wide profile the command line, and a server: whatever has its name, or asks for it."""
    for item in items:
        is_of_commands = item.nodeid.startswith("tests/cli/")
        is_on_server = any(
            name in item.nodeid.lower() or name in getattr(item, "fixturenames", ())
            for name in ("postgresql", "mariadb")
        )
        if is_of_commands or is_on_server:
            item.add_marker(pytest.mark.wide)


def pytest_unconfigure() -> None:
    postgresql.leave()
    mariadb.leave()
