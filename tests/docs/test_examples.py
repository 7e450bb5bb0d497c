"""Every example in the documents and docstrings does what it says.

One test per document, in an empty folder that all its examples share, from the first to the last:

- ``python`` blocks run; where they hold ``>>>``, the output is compared.
- ``console`` blocks run in a shell, each ``$ `` line (with its ``> `` lines) a command; what follows is the
  expected output and errors, where ``...`` stands for anything.
- ``<!-- skip: next -->`` leaves out the next block, with its reason beside it.

The Chinese pages are not run again: their blocks are those of the English pages, as another test compares.

Docstrings run with the names of their module at hand.
"""

import os
import re
import subprocess
import sys
from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Document, Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.evaluators.doctest import OutputChecker
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parents[2]
COMMAND = re.compile(r"^\$ (?P<command>.*(?:\n> .*)*)\n?(?P<output>(?:(?!\$ ).*\n?)*)", re.MULTILINE)
SECONDS_MAX = 120


def run_console(example: Example) -> str | None:
    """Run the commands of one block and return what differs, if anything."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"COLUMNS": "110", "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    for match in COMMAND.finditer(str(example.parsed)):
        command = match["command"].replace("\n> ", "\n")
        done = subprocess.run(
            ["sh", "-c", command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS_MAX,
            check=False,
            encoding="utf-8",
        )
        expected = match["output"].rstrip() + "\n"
        actual = done.stdout.rstrip() + "\n"
        if not OutputChecker().check_output(expected, actual, ELLIPSIS):
            return f"$ {command}\nexpected:\n{expected}\nactual (status {done.returncode}):\n{actual}"
    return None


def documents() -> list[Path]:
    """Return the pages whose examples run, in a fixed order."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in pages if not {"_build", "zh"} & set(page.relative_to(ROOT).parts))


def modules() -> list[Path]:
    """Return the modules whose docstrings hold examples, in a fixed order."""
    sources = (ROOT / "src").rglob("*.py")
    return sorted(source for source in sources if ">>> " in source.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """Return what a test of this file is called."""
    return path.relative_to(ROOT).as_posix()


def evaluate(document: Document) -> int:
    """Run every example of a document in its order and return how many there were."""
    examples = list(document.examples())
    for example in examples:
        example.evaluate()
    return len(examples)


PAGES = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS),
        CodeBlockParser("console", run_console),
        SkipParser(),
    ],
    path=str(ROOT),
)
DOCSTRINGS = Sybil(
    parsers=[DocTestParser(ELLIPSIS)],
    path=str(ROOT),
    document_types={".py": PythonDocStringDocument},
)


def tried(page: Path) -> object:
    """Return a page as a parameter; one that holds commands takes a process for each of them."""
    wide = "```console" in page.read_text(encoding="utf-8")
    return pytest.param(page, marks=pytest.mark.wide if wide else (), id=name_of(page))


@pytest.mark.parametrize("page", list(map(tried, documents())))
def test_the_examples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    evaluate(PAGES.parse(page))


@pytest.mark.parametrize("module", modules(), ids=name_of)
def test_the_examples_of_a_docstring_run(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluate(DOCSTRINGS.parse(module)) > 0
