"""An account that is set again unchanged keeps its number, its verification and its approvals."""

from typing import Final

from attrs import evolve
from tests.builders import NOW, Shop, shop

from distcore import engine
from distcore.kernel import MemberId
from distcore.payout import AccountDetails, PayeeAccount

ANN: Final = MemberId("ann")
DETAILS: Final = AccountDetails("Ann Li", "6222020200012345678", "ICBC")


def with_account() -> Shop:
    found = shop()
    found.do(engine.set_account, ANN, "bank", DETAILS, key="first")
    with found.store.begin() as tx:
        engine.verify_account(tx, ANN, 1, at=NOW, actor="somebody else", key="verified")
    return found


def accounts(shop: Shop) -> list[PayeeAccount]:
    with shop.store.begin() as tx:
        return list(tx.accounts.of_payee(ANN))


def test_unchanged_it_stays_verified() -> None:
    shop = with_account()

    again = shop.do(engine.set_account, ANN, "bank", DETAILS, key="second")

    assert (again.number, again.verified_at) == (1, NOW)
    assert accounts(shop) == [again]
    assert shop.do(engine.set_account, ANN, "bank", DETAILS, key="second") == again
    assert shop.do(engine.set_account, ANN, "bank", DETAILS, key="first").verified_at is None


def test_whatever_changes_is_a_new_account() -> None:
    shop = with_account()

    shop.do(engine.set_account, ANN, "bank", evolve(DETAILS, holder="Ann Lee"))
    shop.do(engine.set_account, ANN, "wallet", evolve(DETAILS, holder="Ann Lee"))
    shop.do(engine.set_account, ANN, "bank", DETAILS)

    assert [(each.number, each.channel) for each in accounts(shop)] == [
        (1, "bank"),
        (2, "bank"),
        (3, "wallet"),
        (4, "bank"),
    ]


def test_what_was_erased_is_set_anew() -> None:
    shop = with_account()
    shop.do(engine.erase_payee, ANN)

    assert shop.do(engine.set_account, ANN, "bank", DETAILS).number == 2
