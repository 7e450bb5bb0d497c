"""Tells the story of a shop in a process of its own, and prints what is left of it.

`python -m tests.laws.replayed STORE BATCH`; a batch is how many items go to a verb at once.  The environment
says the rest: the seed of hashes, the zone of the machine and its locale, which nothing here may depend on.
"""

import locale
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import mariadb, postgresql
from tests.stores import STORES

from distcore.testing.builders import Shop
from distcore.testing.story import tell


def digest_of_the_story(store: str, batch: int) -> str:
    """Return the SHA-256 of the canonical dump, in hexadecimal digits."""
    with TemporaryDirectory() as folder, STORES[store](Path(folder)) as store_of:
        return sha256(tell(Shop(store_of("mall")), batch).encode()).hexdigest()


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")
    sys.stdout.write(f"{digest_of_the_story(sys.argv[1], int(sys.argv[2]))}\n")
    postgresql.leave()
    mariadb.leave()
