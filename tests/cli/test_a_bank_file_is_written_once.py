"""`payout export`: what is in the file is submitted, what is submitted is in a file, and no file is lost."""

import errno
import os
import stat
from pathlib import Path

import pytest
from click.testing import Result
from tests.cli.shop import OWNER, PAYDAY, Shop, payable

from distcore.kernel import RetryableError
from distcore_cli import payouts
from distcore_cli.new_file import new_file

LATER = "2026-08-05T00:00:00+08:00"
HOLDER, ACCOUNT, BANK = OWNER
FILE = (
    "payout_id,payee_id,holder,account,bank,amount,currency\r\n"
    f"p1,ben,{HOLDER},{ACCOUNT},{BANK},100.00,CNY\r\n"
    f"p2,ben,{HOLDER},{ACCOUNT},{BANK},20.00,CNY\r\n"
)


def approved(folder: Path) -> Shop:
    """Return a shop with two payouts that may be submitted."""
    shop = payable(folder)
    for id, amount in (("p1", "100.00"), ("p2", "20.00")):
        shop.do("payout", "request", id, "ben", amount, at=PAYDAY, actor="amy")
    shop.do("payout", "approve", "p1", "p2", at=PAYDAY, actor="bob")
    return shop


def export(shop: Shop, name: str, *arguments: str, key: str = "b1", options: tuple[str, ...] = ()) -> Result:
    """Export to a file beside the store."""
    path = str(shop.folder / name)
    return shop.run("--key", key, *options, "payout", "export", path, *arguments, at=PAYDAY, actor="bob")


def states(shop: Shop) -> list[str]:
    """Return the states of all payouts, by id."""
    return [each["state"] for each in shop.ask("payout", "list")]


def files(shop: Shop) -> set[str]:
    """Return what is in the folder, apart from what the tests put there."""
    return {each.name for each in shop.folder.iterdir()} - {"shop.db"}


def test_it_has_every_payout_whole_and_is_its_owners_alone(tmp_path: Path) -> None:
    shop = approved(tmp_path)

    done = export(shop, "bank.csv")

    path = tmp_path / "bank.csv"
    assert (done.exit_code, path.read_bytes().decode()) == (0, FILE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert files(shop) == {"bank.csv"}
    assert states(shop) == ["submitted", "submitted"]
    assert done.stdout.splitlines()[-1].split() == ["b1", "bank", "2", "120.00", "CNY", str(path)]


def test_under_the_same_key_it_is_the_same_file_and_no_other(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    first = export(shop, "bank.csv", "p1")
    (tmp_path / "bank.csv").unlink()

    again = export(shop, "bank.csv", "p1")
    once_more = export(shop, "bank.csv", "p1")
    other = export(shop, "bank.csv")

    assert first.stdout == again.stdout == once_more.stdout
    assert (tmp_path / "bank.csv").read_bytes().decode() == FILE.replace(FILE.splitlines()[2] + "\r\n", "")
    assert (other.exit_code, other.stderr.split(":")[:2]) == (1, ["refused", " key_reused"])
    assert states(shop) == ["submitted", "approved"]


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    shop.file("bank.csv", "the batch of yesterday")

    refused = export(shop, "bank.csv")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "bank.csv: is there already, and is another file (name a new one)\n"
    assert (tmp_path / "bank.csv").read_text(encoding="utf-8") == "the batch of yesterday"
    assert (states(shop), files(shop)) == (["approved", "approved"], {"bank.csv"})


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    shop = approved(tmp_path)
    shop.file("victim", "x" * len(FILE.encode()))
    (tmp_path / "bank.csv").symlink_to(tmp_path / target)

    refused = export(shop, "bank.csv")

    assert refused.exit_code == 1
    assert (tmp_path / "bank.csv").is_symlink()
    assert files(shop) == {"bank.csv", "victim"}
    assert states(shop) == ["approved", "approved"]


def test_what_is_no_plain_file_is_not_written_to(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    os.mkfifo(tmp_path / "bank.csv")

    assert export(shop, "bank.csv").exit_code == 1
    assert states(shop) == ["approved", "approved"]


def test_in_a_folder_that_is_not_there_nothing_is_submitted(tmp_path: Path) -> None:
    shop = approved(tmp_path)

    refused = export(shop, "nowhere/bank.csv")

    assert refused.exit_code == 1
    assert "nowhere/bank.csv: can't be read or written: No such file or directory" in refused.stderr
    assert states(shop) == ["approved", "approved"]


def test_a_conflict_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = approved(tmp_path)

    def conflicting(orders: object) -> bytes:
        raise RetryableError("somebody else writes")

    monkeypatch.setattr(payouts, "bank_file", conflicting)
    conflict = export(shop, "bank.csv")
    monkeypatch.undo()

    assert (conflict.exit_code, files(shop)) == (4, set())
    assert states(shop) == ["approved", "approved"]
    assert export(shop, "bank.csv").exit_code == 0


def test_a_dry_run_writes_none(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    before = shop.dump()

    done = export(shop, "bank.csv", options=("--dry-run",))

    assert done.stdout.splitlines()[-1].split()[:4] == ["b1", "bank", "2", "120.00"]
    assert done.stderr == "dry run: nothing was changed\n"
    assert (shop.dump(), files(shop)) == (before, set())


def test_where_nothing_is_approved_no_file_is_written(tmp_path: Path) -> None:
    shop = payable(tmp_path)

    done = export(shop, "bank.csv")

    assert (done.exit_code, done.stdout) == (0, "none\n")
    assert done.stderr == "nothing to submit through bank: no file was written\n"
    assert files(shop) == set()


def test_without_a_key_each_batch_is_one_of_its_own_and_is_named(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    first, second = str(tmp_path / "1.csv"), str(tmp_path / "2.csv")

    one = shop.ask("payout", "export", first, "p1", at=PAYDAY)["submitted"][0]
    other = shop.ask("payout", "export", second, at=PAYDAY)["submitted"][0]

    listed = {each["payout"]: each["batch"] for each in shop.ask("payout", "list")}
    assert listed == {"p1": one["batch"], "p2": other["batch"]}
    assert one["batch"] != other["batch"]
    assert ACCOUNT in Path(second).read_text(encoding="utf-8")


def test_what_was_erased_since_can_not_be_written_again(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    export(shop, "bank.csv")
    for id, amount in (("p1", "100.00"), ("p2", "20.00")):
        told = ("--payout", id, "--outcome", "succeeded", "--amount", amount)
        shop.do("payout", "result", *told, at=PAYDAY)
    shop.do("payout", "account", "erase", "ben")

    refused = export(shop, "again.csv")

    assert refused.exit_code == 1
    assert "the account of payout p1 is blank, or was erased" in refused.stderr
    assert files(shop) == {"bank.csv"}


def test_half_of_a_file_is_never_found(tmp_path: Path) -> None:
    path = tmp_path / "new"

    def interrupted() -> None:
        with new_file(path) as write:
            write(b"half")
            assert not path.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_what_goes_wrong_is_told_with_the_name_that_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    path = tmp_path / "bank.csv"
    with pytest.raises(OSError, match=f"No space left on device: '{path}'"), new_file(path) as write:
        write(b"whole")

    assert list(tmp_path.iterdir()) == []


def test_what_it_can_not_hold_stays_approved_and_the_others_go(tmp_path: Path) -> None:
    shop = approved(tmp_path)
    gift = ("--payee", "ann", "--amount", "50.00", "--reason", "thanks", "--authority", "owner")
    shop.do("adjust", "for ann", *gift, at=PAYDAY)
    details = ("--holder", "=HYPERLINK(1)", "--account", "6222020200087654321", "--bank", "ICBC")
    shop.do("payout", "account", "set", "ann", *details, at=PAYDAY, actor="amy")
    shop.do("payout", "account", "verify", "ann", "1", at=PAYDAY, actor="bob")
    shop.do("settle", "close", at=LATER, actor="amy")
    shop.do("settle", "approve", "2", at=LATER, actor="bob")
    shop.do("payout", "request", "p0", "ann", at=LATER, actor="amy")
    shop.do("payout", "approve", "p0", at=LATER, actor="bob")
    path = tmp_path / "bank.csv"

    partly = shop.run("payout", "export", str(path), at=LATER, actor="bob")

    assert partly.exit_code == 1
    assert partly.stderr == (
        "p0: bank_file_unfit: the holder of payout p0 begins like a formula of a spreadsheet (cancel the "
        "payout, let the payee's account be set anew, and request it again)\n"
    )
    assert path.read_bytes().decode() == FILE
    assert states(shop) == ["approved", "submitted", "submitted"]
