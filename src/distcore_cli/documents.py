"""Documents from files and to stdout: a plan or a policy, with the file's name on every problem."""

import json
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import click
from attrs import evolve

from distcore.codec import Media, media_of
from distcore.kernel import InputError, Problem, limits
from distcore_cli.render import as_json_lines
from distcore_cli.settings import Format, Settings

T = TypeVar("T")

VERSIONS_SHOWN: Final = 20
"""Versions that are named to somebody who asked for one that is not there: the newest."""

FILE: Final = click.argument(
    "file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
"""The argument of a command that reads a document."""


def read_document(path: Path, load: Callable[[bytes, Media], T]) -> T:
    """Return what a TOML or JSON file holds; every problem names the file and the path in it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError.of("", "is not a plain file", "save it as one first")
        with path.open("rb") as file:
            # One byte more than allowed: the codec says that it is too much.
            data = file.read(limits.DOCUMENT_BYTES_MAX + 1)
        return load(data, media_of(path.name))
    except InputError as error:
        raise InputError(in_file(path, error.problems)) from None


def in_file(path: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems of a document with the name of its file before the path in it."""
    return tuple(evolve(each, where=f"{path.name}:{each.where}".rstrip(":")) for each in problems)


def show_document(text: str, settings: Settings) -> None:
    """Write a JSON document to stdout; a program that reads lines gets it on one."""
    if settings.format is Format.JSONL:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    click.echo(as_json_lines(text))


def chosen(versions: Mapping[int, T], wanted: int | None, whose: str, option: str) -> T:
    """Return the version that an option asks for, or the highest; refused where there is no such one."""
    version = max(versions) if wanted is None else wanted
    if version not in versions:
        known = ", ".join(map(str, sorted(versions)[-VERSIONS_SHOWN:]))
        raise InputError.of(option, f"{whose} has no version {version}", f"published are {known}")
    return versions[version]
