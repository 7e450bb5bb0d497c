"""Account details and evidence that were erased are in no byte of a SQLite store or its log."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from attrs import astuple
from sqlalchemy import MetaData, event
from tests.sql.stores import new_store, url_in

from distcore import engine
from distcore.payout import AccountDetails
from distcore.referral import Evidence
from distcore.testing.builders import Shop, a_member, day
from distcore_sql import PREFIX, SqlStore, build_tables, create_store_engine

FIRST = AccountDetails("Ann Ling 凌安", "6222020200112233445", "ICBC Beijing West")
SECOND = AccountDetails("Ann Ling-Wu", "6217000010012345678", "CCB Shanghai Pudong")
OTHERS = [f"m{number}" for number in range(60)]
"""Payees before and after ann in the table, so that it has many pages, and they are split."""


def details_of(payee: str) -> AccountDetails:
    return AccountDetails(f"Holder {payee}", f"account of {payee} {'9' * 100}", "a bank")


class AsBuiltByMost(sqlite3.Connection):
    """A connection to a SQLite that was not built to overwrite what is deleted; some are."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.execute("PRAGMA secure_delete = OFF")


@contextmanager
def opened(folder: Path, *, overwrites: bool = True) -> Iterator[Shop]:
    """Open a shop with members on an engine of ours, or on one that leaves alone what SQLite does."""
    new_store(folder)
    ours = create_store_engine(url_in(folder))
    event.listen(ours, "do_connect", lambda *given: given[-1].update(factory=AsBuiltByMost))
    if not overwrites:
        event.listen(ours, "connect", lambda driver, _: driver.execute("PRAGMA secure_delete = OFF"))
    store = SqlStore(ours, "mall", build_tables(MetaData(), prefix=PREFIX))
    yield Shop.open(store, newcomers=[a_member(id) for id in ("ann", *OTHERS)])
    store.close()


def set_accounts(shop: Shop) -> None:
    """Set two accounts of ann, and one of everybody else, in no order."""
    shop.do(engine.set_account, "ann", "bank", FIRST, at=day(20))
    for payee in sorted(OTHERS, key=lambda each: each[::-1]):
        shop.do(engine.set_account, payee, "bank", details_of(payee), at=day(20))
    shop.do(engine.set_account, "ann", "bank", SECOND, at=day(21))


def there(folder: Path, *details: AccountDetails) -> list[str]:
    """Return the texts of these details of which the file or its log has the bytes, after a checkpoint."""
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
        held = b"".join(path.read_bytes() for path in folder.glob("shop.db*"))
    return [text for each in details for text in astuple(each) if text.encode() in held]


def test_what_is_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        set_accounts(shop)
        assert there(tmp_path, FIRST, SECOND) == [*astuple(FIRST), *astuple(SECOND)]

        assert shop.do(engine.erase_payee, "ann") == 2

        assert there(tmp_path, FIRST, SECOND) == []
        others = [details_of(payee) for payee in OTHERS]
        assert there(tmp_path, *others) == [text for each in others for text in astuple(each)]


def test_evidence_that_is_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    with opened(tmp_path) as shop:
        evidence = {
            id: Evidence(f"Name of {id} {'x' * 99}", f"phone of {id}", (f"id card of {id}",))
            for id in ("new", *OTHERS)
        }
        for id, each in evidence.items():
            shop.do(engine.apply_to_distribute, f"application of {id}", id, each, at=day(20))
        theirs = AccountDetails(evidence["new"].name, evidence["new"].phone, *evidence["new"].documents)
        assert there(tmp_path, theirs) == [*astuple(theirs)]

        assert shop.do(engine.erase_person, "new") == 1

        assert there(tmp_path, theirs) == []
        other = evidence[OTHERS[0]]
        kept = AccountDetails(other.name, other.phone, *other.documents)
        assert there(tmp_path, kept) == [*astuple(kept)]


def test_this_can_fail(tmp_path: Path) -> None:
    """Without us it would stay where it was."""
    with opened(tmp_path, overwrites=False) as shop:
        set_accounts(shop)
        shop.do(engine.erase_payee, "ann")

        assert there(tmp_path, FIRST, SECOND) != []
