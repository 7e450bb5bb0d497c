"""How figures are taken, printed and kept.

Every figure is a ratio between our code and a baseline that runs in the same process, turn by turn, so
that a slow moment of the machine hits both.  The best of several turns counts: what is slower than the
best was disturbed.  Results go to ``benchmarks/results/<name>.jsonl``, one object a line.
"""

import gc
import json
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("attrs", "cattrs", "sqlalchemy", "alembic", "click", "rich")


MEASURED = """
import resource, subprocess, sys, time
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command as a process of its own; return its seconds and its peak memory in MiB.

    It is started by a small process: what the system says of a child begins with the size of its parent.
    """
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, *command], check=True, capture_output=True, text=True
    ).stdout
    seconds, peak = map(float, said.split())
    return seconds, peak


def peak_mib() -> float:
    """Return the peak memory of this process in MiB, without that of whoever started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


class Results:
    """The figures of one benchmark, printed as they come and written when it ends."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows: list[dict[str, Any]] = []

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        baseline: float | None = None,
        ratio: float | None = None,
        limit: float | None = None,
    ) -> None:
        """Keep and print a figure: its baseline in the same unit, their ratio, the limit to keep."""
        if baseline is not None and ratio is None:
            ratio = value / baseline
        row = {
            "name": name,
            "value": value,
            "unit": unit,
            "baseline": baseline,
            "ratio": ratio,
            "limit": limit,
        }
        self._rows.append(row)
        shown = f"{self._name}: {name}: {value:.4g} {unit}"
        if baseline is not None:
            shown += f", baseline {baseline:.4g}"
        if ratio is not None:
            shown += f", ratio {ratio:.2f}"
        measured = value if ratio is None else ratio
        if limit is not None:
            shown += f", limit {limit:g}: {'kept' if measured <= limit else 'NOT KEPT'}"
        print(shown, flush=True)

    def write(self) -> None:
        """Write all figures, each with the versions that it was measured with."""
        RESULTS.mkdir(exist_ok=True)
        versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
        versions |= {library: version(library) for library in LIBRARIES}
        lines = [json.dumps(row | {"versions": versions}, ensure_ascii=False) for row in self._rows]
        (RESULTS / f"{self._name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def turns(works: dict[str, Callable[[], object]], repeat: int = 7) -> dict[str, float]:
    """Return the best processor time in seconds of each piece of work, taken in turns."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(repeat):
        for name, work in works.items():
            gc.collect()
            start = time.process_time()
            kept = work()
            best[name] = min(best[name], time.process_time() - start)
            del kept
    return best
