"""Writes the reference of the command line from the commands themselves.

`python -m tests.cli.reference` writes it, a test compares.  The Chinese page gets the same help texts; what
it says around them is written in the page itself, and stays.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from distcore_cli.main import main

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "reference" / "cli.md"
CHINESE: Final = DOCS / "zh" / "reference" / "cli.md"

INTRODUCTION: Final = """# Commands

[中文](../zh/reference/cli.md)

Global options come before the command: `distcore --format csv earnings`. Data goes to stdout, everything
else (problems, progress, hints) to stderr.

| exit code | means |
|---|---|
| 0 | done |
| 1 | refused, or done in part: what was refused is said on stderr |
| 2 | a mistake of usage: nothing was begun |
| 3 | what is stored (`verify`), a provider's statement (`reconcile`) or the tables (`db check`) don't agree |
| 4 | a conflict with somebody else's work: run it again |

How data is written, by `--format`:

| format | what comes out |
|---|---|
| `table` | For people. |
| `json` | A list of objects; where an answer has several tables, an object of lists by name. |
| `jsonl` | An object a line; where an answer has several tables, each begins with the name of its table. |
| `csv` | The first table alone, with a header. |

Amounts are decimals in major units, as text in JSON, so that nothing is lost. A text cell of CSV that a
spreadsheet would take for a formula gets an apostrophe in front, also behind blanks and characters without
width; negative amounts stay numbers. In tables and on stderr, characters that are not seen are written as
escapes (`\\u2028`), so that an id can't forge a row. Imports say their problems in JSON and JSON lines as
data, otherwise on stderr.

`--dry-run` does everything in one transaction, shows what came of it (of an import the counts and the first
rows), and rolls it back.

`--key` is an idempotency key: under the same key the same thing is done once, and something else is
refused. Without it each order, member or refund is its own key, a plan is its content, a policy is its
`--at`, and each release is one of its own, since nothing is released twice. In an import it is a prefix:
the key of an item is the prefix, the verb and the item's id.

What takes more than two seconds shows its progress on stderr, with rate and time left: a bar on a terminal,
a line every ten seconds elsewhere.
"""


def page() -> str:
    """Return the reference of every command."""
    return INTRODUCTION + "".join(f"\n{heading}\n\n{help_text}" for heading, help_text in _sections())


def chinese_page(now: str) -> str:
    """Return the Chinese page with the help texts as they are; of a new command it says nothing yet."""
    introduction, texts = now.split("\n## ", maxsplit=1)[0], chinese_texts(now)
    return introduction + "".join(
        f"\n{heading}\n\n{texts.get(heading, '')}{help_text}" for heading, help_text in _sections()
    )


def chinese_texts(now: str) -> dict[str, str]:
    """Return what the Chinese page says before each help text, by heading."""
    return dict(re.findall(r"^(## [^\n]*)\n\n(.*?)^```text", now, re.MULTILINE | re.DOTALL))


def everything() -> list[tuple[click.Command, click.Context]]:
    """Return every command with the context that names it, in the order of the help."""
    return list(_commands(main, click.Context(main, info_name="distcore", **main.context_settings)))


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    yield group, context
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        below = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _commands(command, below)
        else:
            yield command, below


def _sections() -> Iterator[tuple[str, str]]:
    for command, of in everything():
        of.terminal_width = of.max_content_width = 100
        help_text = "\n".join(line.rstrip() for line in command.get_help(of).splitlines())
        yield f"## `{of.command_path}`", f"```text\n{help_text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    CHINESE.write_text(chinese_page(CHINESE.read_text(encoding="utf-8")), encoding="utf-8")
