"""Canaries in what is personal: run through every verb, and found in no answer, error, text or dump.

What is personal stands in the details of an account, in evidence and in fingerprints alone; only an order to
a provider hands details out.  The secret of a link stands nowhere at all.
"""

import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from attrs import evolve, frozen
from tests.money import (
    ANN,
    BEN,
    CNY,
    POLICY,
    a_shop,
    an_adjustment,
    an_event,
    an_opening,
    on,
    sell,
)

from distcore import engine
from distcore.engine import Completion
from distcore.kernel import (
    DistcoreError,
    SaleId,
    canonical,
    secret_hash,
)
from distcore.payout import AccountDetails, EventId, Outcome, PayoutId, ProviderRow
from distcore.ports import Store
from distcore.referral import (
    ApplicationState,
    CodeKind,
    Evidence,
    link_token,
)
from distcore.settlement import Hold, HoldOn, Review
from distcore.testing.builders import Shop

CANARIES = ("Canary Holder", "canary-6222020200112233445", "Canary Bank of Nowhere")
DETAILS = AccountDetails(*CANARIES)
OTHERS = AccountDetails("Canary Other", "canary-999988887777", "Canary Bank of Somewhere")
EVIDENCE = Evidence(CANARIES[0], CANARIES[1], CANARIES)
SECRET = b"canary link"
TOKEN = link_token(SECRET)
NOW = on("2026-02-10")
P1, P2 = PayoutId("p1"), PayoutId("p2")


@frozen
class Witness:
    """A shop, and everything that anybody could read of what it did."""

    shop: Shop
    seen: StringIO

    def do(self, verb: Callable[..., Any], *args: object, **options: Any) -> Any:
        """Call a verb, and keep what it answers, or what is said about it where it is refused."""
        try:
            answer = self.shop.do(verb, *args, **({"at": NOW, "actor": "clerk"} | options))
        except DistcoreError as error:
            self.see(error, error.args, error.__context__, error.__cause__)
            return None
        if verb is not engine.submit_payouts:
            self.see(canonical(answer) if isinstance(answer, tuple) else answer)
        self.see(repr(answer), f"{answer}")
        return answer

    def ask(self, question: Callable[..., Any], *args: object) -> Any:
        """Ask something, and keep the answer."""
        with self.shop.store.begin() as tx:
            answer = question(tx, *args)
            self.see(list(answer) if isinstance(answer, Iterator) else answer)
            return answer

    def see(self, *things: object) -> None:
        for each in things:
            self.seen.write(f"{each!r} {each}\n")


def lives(witness: Witness) -> None:
    """Do everything that there is to do, right and wrong, around an account that is personal."""
    do = witness.do
    do(engine.set_account, ANN, "bank", DETAILS, actor="desk", key="account")
    do(engine.set_account, ANN, "bank", DETAILS, actor="desk", key="account")
    do(engine.set_account, ANN, "bank", OTHERS, actor="desk", key="account")
    do(engine.set_account, "nobody", "bank", DETAILS)
    do(engine.set_account, "", 7, DETAILS)
    for field in ("holder", "account", "bank"):
        for wrong in (f"{DETAILS.holder}\n{DETAILS.account}", DETAILS.bank * 100, f"{DETAILS.bank}\ud800"):
            do(engine.set_account, ANN, "bank", evolve(DETAILS, **{field: wrong}))
        not_a_text: Any = {field: [DETAILS.account]}
        do(engine.set_account, ANN, "bank", evolve(DETAILS, **not_a_text))
    do(engine.set_account, ANN, "bank", evolve(DETAILS, account=" "))
    do(engine.set_account, ANN, "bank", DETAILS.account)
    do(engine.set_account, ANN, "bank", {"account": DETAILS.account})
    do(engine.verify_account, ANN, 1, actor="desk")
    do(engine.verify_account, ANN, 7, actor="boss")
    do(engine.verify_account, ANN, 1, actor="boss")
    sell(witness.shop, 10_000, on("2026-01-10"))
    do(engine.complete, Completion(SaleId("order 1"), on("2026-01-11")))
    do(engine.open_balances, [an_opening("ann", 1_000, on("2026-01-01"))])
    do(engine.adjust, an_adjustment("ann", 500, on("2026-01-11")), at=on("2026-01-12"))
    do(engine.adjust, an_adjustment("nobody", 500, on("2026-01-11")))
    do(engine.place_hold, Hold(HoldOn.PAYEE, "ann", "a dispute"))
    do(engine.lift_hold, HoldOn.PAYEE, "ann", "solved")
    do(engine.release, at=on("2026-01-20"))
    do(engine.close_period, CNY, "2026-01", actor="desk")
    do(engine.approve_closing, 1, actor="desk")
    do(engine.reject_closing, 1, "again", actor="desk")
    do(engine.close_period, CNY, "2026-01", actor="desk")
    do(engine.approve_closing, 2, actor="boss")
    do(engine.request_payout, P1, ANN, CNY, 10**9)
    do(engine.request_payout, P1, ANN, CNY, 700, actor="desk")
    do(engine.request_payout, P2, ANN, CNY, 100, actor="desk")
    do(engine.approve_payout, P1, actor="desk")
    do(engine.approve_payout, P1, actor="boss")
    do(engine.approve_payout, P2, actor="boss")
    do(engine.cancel_payout, P2, "no")
    report = do(engine.submit_payouts, "bank", [P1, P2, PayoutId("p9")])
    event = an_event(report.done[0].payout, Outcome.SUCCEEDED, NOW)
    do(engine.take_event, evolve(event, amount_minor=1))
    do(engine.take_events, [event, evolve(event, id=EventId("e2"), payee=BEN)])
    do(engine.erase_payee, ANN)
    do(engine.set_account, ANN, "bank", OTHERS, actor="desk")
    recruiting(do)
    do(engine.seal)


def recruiting(do: Callable[..., Any]) -> None:
    """Do everything that there is to do, right and wrong, around evidence, fingerprints and links."""
    for id, evidence in (("a1", EVIDENCE), ("a1", EVIDENCE), ("a1", Evidence(OTHERS.holder)), ("", EVIDENCE)):
        do(engine.apply_to_distribute, id, "kim", evidence, actor="desk", key="apply")
    do(engine.apply_to_distribute, "a2", "kim", EVIDENCE)
    misshapen: tuple[Any, ...] = (f"{CANARIES[0]}\n", CANARIES[2] * 100, [CANARIES[0]])
    for wrong in misshapen:
        for field in ("name", "phone", "documents"):
            broken: Any = {field: (wrong,) if field == "documents" and isinstance(wrong, str) else wrong}
            do(engine.apply_to_distribute, "a3", "lee", evolve(EVIDENCE, **broken))
    do(engine.apply_to_distribute, "a3", "lee", CANARIES[0])
    do(engine.review_application, "a1", ApplicationState.APPROVED, actor="desk")
    do(engine.review_application, "a1", ApplicationState.APPROVED, actor="boss")
    do(engine.identify, "kim", CANARIES, key="kim")
    do(engine.identify, "kim", CANARIES[1:], key="kim")
    do(engine.identify, "lee", [CANARIES[1]])
    for wrong in (CANARIES[0], [f"{CANARIES[0]}\0"], [CANARIES[1] * 10], [CANARIES] * 3):
        do(engine.identify, "kim", wrong)
    do(engine.issue_link, "kim", SECRET)
    do(engine.issue_link, "ann", SECRET)
    do(engine.issue_link, "kim", SECRET[:9])
    do(engine.issue_link, "kim", TOKEN)
    for token in (TOKEN, f"{TOKEN}\0", f"{TOKEN} ", TOKEN * 99):
        do(engine.touch_by_link, "mia", token)
    do(engine.touch_by_code, "mia", TOKEN)
    do(engine.revoke_code, CodeKind.LINK, secret_hash(TOKEN))
    do(engine.touch_by_link, "mia", TOKEN)
    do(engine.erase_person, "kim")


def questions(witness: Witness) -> None:
    """Ask everything that can be asked."""
    for question in (engine.statements, engine.transfers_of, engine.balances):
        witness.ask(question, ANN)
    witness.ask(engine.statement_lines, 2, ANN)
    witness.ask(engine.payout_sources, ANN, CNY)
    witness.ask(engine.whereabouts, SaleId("order 1"))
    witness.ask(engine.payout_of, P1)
    witness.ask(engine.closing_of, 2)
    rows = [ProviderRow(PayoutId(id), CNY, 1, NOW) for id in ("p1", "p9")]
    witness.ask(engine.reconcile_channel, "bank", rows, on("2026-02-01"), on("2026-03-01"))
    witness.ask(engine.check_seals)
    witness.ask(engine.verify)
    for port in ("commands", "accounts", "payouts", "transfers", "holds", "applications", "touches"):
        witness.ask(lambda tx, port=port: list(getattr(tx, port).all()))


def test_personal_data_is_masked(
    new_store: Callable[[], Store], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    witness = Witness(a_shop(evolve(POLICY, review=Review.REVIEWED), store=new_store()), StringIO())

    lives(witness)
    questions(witness)

    seen = witness.seen.getvalue() + witness.shop.dump() + caplog.text + "".join(capfd.readouterr())
    assert "account 1 of ann" in seen, "else nothing was said about the account"
    assert "application of kim" in seen or "key apply was used" in seen
    for canary in ("canary", "Canary", "6222", "99998888", TOKEN, SECRET.hex(), SECRET.decode()):
        assert canary not in seen


def test_an_order_hands_out_the_details_and_shows_them_to_nobody(new_store: Callable[[], Store]) -> None:
    shop = a_shop(store=new_store())
    shop.do(engine.adjust, an_adjustment("ann", 500, on("2026-01-11")), at=on("2026-01-12"))
    shop.do(engine.close_period, CNY, "2026-01", at=NOW)
    shop.do(engine.set_account, ANN, "bank", DETAILS, at=NOW, actor="desk")
    shop.do(engine.verify_account, ANN, 1, at=NOW, actor="boss")
    shop.do(engine.request_payout, P1, ANN, CNY, 500, at=NOW, actor="desk")
    shop.do(engine.approve_payout, P1, at=NOW, actor="boss")

    (order,) = shop.do(engine.submit_payouts, "bank", at=NOW, key="file").done

    assert order.details == DETAILS
    assert repr(order.details) == "AccountDetails(holder=****, account=****3445, bank=****)"
    assert "Canary" not in repr(order)


def test_what_was_erased_is_nowhere(new_store: Callable[[], Store]) -> None:
    shop = a_shop(store=new_store())
    shop.do(engine.set_account, ANN, "bank", DETAILS, at=NOW, actor="desk")
    shop.do(engine.set_account, ANN, "bank", OTHERS, at=NOW, actor="desk")
    shop.do(engine.set_account, BEN, "bank", DETAILS, at=NOW, actor="desk")

    assert shop.do(engine.erase_payee, ANN, at=NOW) == 2

    with shop.store.begin() as tx:
        assert tx.accounts.details([(ANN, 1), (ANN, 2), (BEN, 1)]) == {(BEN, 1): DETAILS}
        assert [each.number for each in tx.accounts.of_payee(ANN)] == [1, 2]
    shop.assert_sound()


def test_no_hash_holds_anything_personal(new_store: Callable[[], Store]) -> None:
    """Two shops that differ in what is personal alone have the same dump and the same seals."""
    dumps = set()
    for details in (DETAILS, OTHERS):
        shop = a_shop(store=new_store())
        shop.do(engine.set_account, ANN, "bank", details, at=NOW, actor="desk")
        evidence = Evidence(details.holder, details.account, (details.bank,))
        shop.do(engine.apply_to_distribute, "a1", "kim", evidence, at=NOW, actor="desk")
        for id in (ANN, "kim"):
            shop.do(engine.identify, id, [details.account], at=NOW, actor="desk")
        sealed = shop.do(engine.seal, at=NOW)
        dumps.add((shop.dump(), str(sealed.anchor)))
    assert len(dumps) == 1


def test_this_law_can_fail() -> None:
    """A canary that is shown as it is would be seen."""
    witness = Witness(a_shop(), StringIO())
    witness.see(f"{DETAILS.account} is wrong")

    assert "canary" in witness.seen.getvalue()
