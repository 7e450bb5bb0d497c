"""How hard Hypothesis tries: one profile for every commit, one for the night, one for many small changes.

``fast`` draws the same examples for the same code, everywhere: a commit that fails has failed by what it
changed, and full branch coverage by this profile is a fact that can be repeated.  The price is that it never
finds anything new; that is what ``deep`` is for (``nox -s deep``): many examples, fresh ones each time, and a
blob that repeats a failure.  ``brief`` is ``fast`` with a fifth of the examples, for a run that is repeated
thousands of times (``nox -s mutation``); nobody reads there which example failed, and none is made smaller.
There are no deadlines: a slow machine is not a defect.

A test that needs more or fewer examples scales the profile, and so stays deep in the deep one:
``settings(max_examples=2 * settings().max_examples)``.
"""

import pytest
from hypothesis import HealthCheck, Phase, settings
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
settings.register_profile(
    "brief", settings.get_profile("fast"), max_examples=20, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("fast")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the wide profile the command line, and a server: whatever has its name, or asks for it.

    Without a MariaDB there is nothing to skip, one by one: the last line of the run says so.
    """
    if not mariadb.is_given():
        config.hook.pytest_deselected(items=[item for item in items if _is_on(item, "mariadb")])
        items[:] = [item for item in items if not _is_on(item, "mariadb")]
    for item in items:
        is_of_commands = item.nodeid.startswith("tests/cli/")
        if is_of_commands or _is_on(item, "postgresql") or _is_on(item, "mariadb"):
            item.add_marker(pytest.mark.wide)


def _is_on(item: pytest.Item, server: str) -> bool:
    return server in item.nodeid.lower() or server in getattr(item, "fixturenames", ())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether MariaDB was among the databases: nobody shall take a run without it for a run with it."""
    ran = sum("mariadb" in report.nodeid.lower() for report in terminalreporter.getreports("passed"))
    if not mariadb.is_given():
        terminalreporter.write_line("MariaDB: NOT RUN")
    elif ran:
        terminalreporter.write_line(f"MariaDB: {ran} tests passed")


def pytest_unconfigure() -> None:
    postgresql.leave()
    mariadb.leave()
