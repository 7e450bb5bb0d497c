"""How far, how fast, how much longer: on stderr, for whatever takes more than two seconds.

On a terminal a bar; elsewhere a plain line now and then, so that a log stays readable.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEP: Final = 5_000
"""Items between two looks at the clock, where items are small."""

SILENT_SECONDS: Final = 2.0
LINE_SECONDS: Final = 10.0
"""Between two lines where there is no terminal."""


class Steps(Protocol):
    """Whatever wants to know that work goes on."""

    def advance(self, items: int) -> None:
        """Say that so many more items are done."""
        ...

    def reached(self, done: int) -> None:
        """Say how many items are done altogether."""
        ...


class NoSteps:
    """Nobody wants to know."""

    def advance(self, items: int) -> None:
        """Do nothing."""

    def reached(self, done: int) -> None:
        """Do nothing."""


class _Shown:
    """Counts, and shows what it counted once two seconds have passed."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._begun = time.monotonic()
        self._next = self._begun + SILENT_SECONDS
        self._bar: tuple[Progress, TaskID] | None = None

    def advance(self, items: int) -> None:
        """Count, and show it if it is time."""
        self._done += items
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, completed=self._done, rate=self._rate(time.monotonic()))
        elif (now := time.monotonic()) >= self._next:
            self._next = now + LINE_SECONDS
            if sys.stderr.isatty():
                self._bar = self._started()
            else:
                click.echo(line_of(self._what, self._done, self._total, now - self._begun), err=True)

    def reached(self, done: int) -> None:
        """Count what is new of so many, and show it if it is time."""
        self.advance(done - self._done)

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar[0].stop()

    def _rate(self, now: float) -> str:
        return f"{self._done / max(now - self._begun, 0.001):,.0f}/s"

    def _started(self) -> "tuple[Progress, TaskID]":
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        progress.start()
        return progress, progress.add_task(self._what, total=self._total, completed=self._done, rate="")


def line_of(what: str, done: int, total: int | None, seconds: float) -> str:
    """Return progress as a line of text: how much of how much, how many a second, how much longer."""
    rate = done / seconds if seconds else 0.0
    if total is None or not rate:
        return f"{what}: {done:,}, {rate:,.0f}/s"
    left = max(total - done, 0) / rate
    return f"{what}: {done:,} of {total:,}, {rate:,.0f}/s, {left:,.0f} s left"


@contextmanager
def shown(what: str, total: int | None = None) -> Iterator[Steps]:
    """Show the progress of what is done within, which advances the steps it is given."""
    steps = _Shown(what, total)
    try:
        yield steps
    finally:
        steps.stop()
