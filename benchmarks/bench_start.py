"""How long until it is there: importing the library, and the command line's help."""

import os
import subprocess
import sys
import time
from statistics import median
from typing import Final

from benchmarks.measure import Results

TURNS: Final = 15


def milliseconds(command: list[str]) -> float:
    """Return the time that a process takes, once."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Start each in turns, take medians, print and write."""
    results = Results("start")
    commands = {
        "attrs": [sys.executable, "-c", "import attrs"],
        "distcore": [sys.executable, "-c", "import attrs, distcore"],
        "engine": [sys.executable, "-c", "import attrs, distcore.engine, distcore.memory"],
        "help": [sys.executable, "-m", "distcore_cli", "--help"],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(TURNS):
        for name, command in commands.items():
            taken[name].append(milliseconds(command))
    bare = median(taken["attrs"])
    results.add("import distcore, over attrs", median(taken["distcore"]) - bare, "ms", limit=60)
    results.add("import distcore.engine and memory, over attrs", median(taken["engine"]) - bare, "ms")
    results.add("distcore --help", median(taken["help"]), "ms", limit=200)
    results.write()


if __name__ == "__main__":
    main()
