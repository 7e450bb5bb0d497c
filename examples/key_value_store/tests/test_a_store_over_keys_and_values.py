"""The store over keys and values does what every store must do, alone and among processes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from distcore.engine import erase_payee, join, set_account
from distcore.memory import MemoryStore
from distcore.payout import AccountDetails
from distcore.testing.builders import Shop, StoreOf, a_chain, a_member
from distcore.testing.contracts import StoreContract
from distcore.testing.story import tell
from key_value_store.key_value import KeyValueFile
from key_value_store.store import KeyValueStore

STEPS = 8
"""A command of the worker is four statements that write, with a step before and after each."""


class TestContract(StoreContract):
    walks = 4
    lives = 1
    effort = 0.01

    @pytest.fixture
    def store_of(self, tmp_path: Path) -> StoreOf:
        return lambda shop: KeyValueStore(tmp_path / "shops.kv", shop)


def test_the_story_of_a_shop_is_the_same_as_in_memory(tmp_path: Path) -> None:
    told = tell(Shop(KeyValueStore(tmp_path / "shops.kv", "shop")))
    assert told == tell(Shop(MemoryStore("shop")))
    assert Shop(KeyValueStore(tmp_path / "shops.kv", "shop")).dump() == told


def test_only_rows_that_changed_are_written(tmp_path: Path) -> None:
    """The revision, the member, the command and its event; whoever only reads writes nothing."""
    file = tmp_path / "shops.kv"
    store = KeyValueStore(file, "shop")
    tell(Shop(store))
    before = KeyValueFile(file).scan(b"")
    Shop(KeyValueStore(file, "shop")).dump()
    assert KeyValueFile(file).scan(b"") == before
    Shop(KeyValueStore(file, "shop")).do(join, a_member("new"))
    after = KeyValueFile(file).scan(b"")
    assert len([key for key, value in after.items() if value != before.get(key)]) == 4
    assert len(after) == len(before) + 3 > 500


def test_what_is_erased_is_in_the_file_no_more(tmp_path: Path) -> None:
    file = tmp_path / "shops.kv"
    shop = opened(file)
    shop.do(set_account, "ann", "bank", AccountDetails("Holder of Nothing", "6222", "Bank"))
    assert b"Holder of Nothing" in file.read_bytes()
    shop.do(erase_payee, "ann")
    assert b"Holder of Nothing" not in file.read_bytes()


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    file, count = tmp_path / "shops.kv", 15
    shop = opened(file)
    workers = [start(file, name, count) for name in ("ben", "cai")]
    said = [worker.communicate(timeout=60)[0].split() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    assert said == [[f"{name}{number}" for number in range(count)] for name in ("ben", "cai")]
    assert members_of(shop) == {"ann", *said[0], *said[1]}
    shop.assert_sound()


@pytest.mark.parametrize("step", range(STEPS))
def test_a_process_that_is_killed_leaves_all_of_a_transaction_or_nothing(tmp_path: Path, step: int) -> None:
    """The second of its commands is cut short; both can be given again."""
    file = tmp_path / "shops.kv"
    shop = opened(file)
    worker = start(file, "ben", 3, STEPS + step)
    assert worker.communicate(timeout=60)[0].split() == ["ben0"]
    assert worker.returncode == -signal.SIGKILL
    done = ["ben0", "ben1"] if step == STEPS - 1 else ["ben0"]
    assert members_of(shop) == {"ann", *done}
    shop.assert_sound()
    for id in ("ben0", "ben1", "ben2"):
        shop.do(join, a_member(id, "ann"), key=id)
    assert members_of(shop) == {"ann", "ben0", "ben1", "ben2"}
    shop.assert_sound()


def opened(file: Path) -> Shop:
    return Shop.open(KeyValueStore(file, "shop"), None, a_chain("ann"))


def members_of(shop: Shop) -> set[str]:
    with shop.store.begin() as tx:
        return {member.id for member in tx.members.all()}


def start(file: Path, name: str, count: int, *dies_at: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "key_value_store.tests.worker", str(file), name, str(count)]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [*command, *map(str, dies_at)], env=os.environ | paths, stdout=subprocess.PIPE, encoding="utf-8"
    )
