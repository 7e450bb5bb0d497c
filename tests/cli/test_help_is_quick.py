"""`distcore --help` loads no command, no database and no renderer."""

import subprocess
import sys

import click
import pytest

from distcore_cli.main import COMMANDS, main

LOOK = """
import sys
{what}
heavy = {{"sqlalchemy", "alembic", "rich", "attr", "pyarrow", "distcore.kernel", "distcore_sql"}}
print(sorted(heavy & set(sys.modules)))
"""
HELP = """
from distcore_cli.main import main
try:
    main(["--help"])
except SystemExit:
    pass
"""


@pytest.mark.parametrize("what", ["import distcore_cli.main", HELP])
def test_nothing_heavy_is_loaded(what: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(what=what)], capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_in_the_table_is_that_of_the_command(name: str) -> None:
    context = click.Context(main)
    command = main.get_command(context, name)

    assert command is not None
    assert command.name == name
    assert COMMANDS[name][1].rstrip(".") == command.get_short_help_str(limit=200).rstrip(".")
