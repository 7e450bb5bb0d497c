"""A server of its own for a test that kills it: `python -m tests.mortal DATABASE FOLDER`.

It waits for the disk, as a shop's does.  However the process ends that began it: the keeper of the server
reads that nobody asks any more, stops it, and removes the folder.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import gettempdir
from typing import Final, Protocol
from uuid import uuid4

from tests import mariadb, postgresql

ROOT: Final = Path(__file__).parents[1]


class Killable(postgresql.Startable, Protocol):
    """A server that can be killed."""

    url: str

    def kill(self) -> None:
        """Kill it with all its children, and wait until they are gone."""
        ...


SERVERS: Final[Mapping[str, Callable[[Path], Killable]]] = {
    "postgresql": lambda folder: postgresql.Server(folder, postgresql.DURABLE),
    "mariadb": mariadb.Server,
}


class Mortal:
    """A server that can be killed, and is there again; a context manager that leaves nothing behind."""

    def __init__(self, database: str) -> None:
        """Take the name of its database."""
        self.database = database

    def __enter__(self) -> "Mortal":
        self.folder = Path(gettempdir()) / f"dc-{uuid4().hex[:12]}"
        self.folder.mkdir(mode=0o711)
        command = [sys.executable, "-m", "tests.mortal", self.database, str(self.folder)]
        self._said = (self.folder / "said").open("wb")
        self._keeper = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True
        )
        self.url = self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._keeper.communicate()
        self._said.close()
        assert self._keeper.returncode == 0
        assert not self.folder.exists()

    def kill(self) -> None:
        """Kill it with all its children, and start it again."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.write("kill\n")
        self._keeper.stdin.flush()
        assert self._answer() == "started"

    def _answer(self) -> str:
        assert self._keeper.stdout is not None
        answer = self._keeper.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"{self.database} did not start: {(self.folder / 'said').read_text()}")
        return answer


def keep(server: Killable, folder: Path) -> None:
    """Run a server that is killed and started again for each line that is read, until there is none."""
    with postgresql.kept(server):
        _say(server.url)
        for _ in sys.stdin:
            server.kill()
            server.start()
            _say("started")
        server.stop()
        shutil.rmtree(folder)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    keep(SERVERS[sys.argv[1]](Path(sys.argv[2])), Path(sys.argv[2]))
