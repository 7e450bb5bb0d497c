"""What other processes do to a store: `python -m tests.sql.workers`.

It loads everything once.  Each line that it reads holds, in JSON, a URL and what is to be done at once: a
list of verbs with their arguments.  It splits for each of them; they begin together, when all have opened
the store.  What each of them said comes back as a line of JSON.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import TypeAlias, TypeVar

from sqlalchemy import MetaData
from tests.sql.stores import engine_at, open_at

from distcore.coupons import CouponId, TemplateId
from distcore.engine import (
    accrue,
    accrue_all,
    adjust,
    approve_closing,
    bind,
    claim_coupon,
    close_period,
    join,
    join_group,
    lock_coupons,
    move,
    place_order,
    quote_cart,
    refund,
    relay,
    release,
    request_payout,
    set_plan,
    set_policy,
)
from distcore.groups import GroupId
from distcore.kernel import Currency, MemberId, RefusedError, RetryableError, SaleId
from distcore.payout import PayoutId
from distcore.ports import Event
from distcore.pricing import Shopper, Wanted, terms_of
from distcore.settlement import Closing
from distcore.testing.builders import LATER, a_line, a_member, a_plan, a_policy, a_refund, a_sale, day
from distcore.testing.carts import AT
from distcore.testing.catalog import some_units
from distcore.testing.money import an_adjustment
from distcore_sql import SqlStore, SqlTransaction, build_tables, upgrade_store

T = TypeVar("T")

PAIRS = 10
ORDERS = 10
BATCH = 50
LINES = 10
ATTEMPTS_MAX = 20
MONTHS = ["2017-01", "2017-02", "2017-03", "2017-04", "2017-05"]
PAYEES = ["ann", "ben", "cai"]
PAYABLE_MINOR = 1_000
"""What each of them can ask for."""
WAITS_MAX = 2_000
GIVEN_UP = 5
"""One of so many orders is not sold in the end."""
CNY = Currency("CNY")
TABLES = build_tables(MetaData())
COUPONS = TemplateId("welcome")
CURRENCIES = ["AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM"]

Gate: TypeAlias = Callable[[], None]
"""Waits until all others are ready too."""


def mover(url: str, gate: Gate, member: str, sponsor: str) -> None:
    """Move members below sponsors, pair by pair; say whether it was done or why not."""

    def move_one(tx: SqlTransaction, number: int) -> None:
        pair = MemberId(f"{member}{number}"), MemberId(f"{sponsor}{number}")
        move(tx, *pair, at=LATER, actor="mover", key=f"{member}{number}", valid_from=day(20))

    with open_at(url) as store:
        gate()
        for number in range(PAIRS):
            try:
                _patiently(partial(store.run, partial(move_one, number=number)))
                _say("done")
            except RefusedError as error:
                _say(error.refusal.code)


def toucher(url: str, gate: Gate, promoter: str) -> None:
    """Touch the same customers as everybody else, for a promoter; say what became of each."""

    def touch_one(tx: SqlTransaction, number: int) -> str:
        pair = MemberId(f"customer {number}"), MemberId(promoter)
        touch = bind(tx, *pair, at=LATER, actor="toucher", key=f"{promoter} {number}")
        return f"{touch.outcome.result.value}_{touch.number}"

    with open_at(url) as store:
        gate()
        for number in range(PAIRS):
            _say(_patiently(partial(store.run, partial(touch_one, number=number))))


def seller(url: str, gate: Gate) -> None:
    """Book the same orders under the same keys as everybody else."""

    def sell_one(tx: SqlTransaction, number: int) -> None:
        id = f"order {number}"
        accrue(tx, a_sale(id), at=LATER, actor="seller", key=id)

    with open_at(url) as store:
        gate()
        for number in range(ORDERS):
            _patiently(partial(store.run, partial(sell_one, number=number)))
        _say("done")


def hawker(url: str, gate: Gate, name: str) -> None:
    """Sell orders of its own, each in a transaction that takes its time; give up some of them."""

    def sell_one(tx: SqlTransaction, number: int) -> None:
        id = f"{name}-{number}"
        accrue(tx, a_sale(id), at=LATER, actor=name, key=id)
        sleep(0.01 * (number % 3))
        if number % GIVEN_UP == 0:
            raise _GivenUpError

    with open_at(url) as store:
        gate()
        for number in range(ORDERS):
            with suppress(_GivenUpError):
                _patiently(partial(store.run, partial(_numbered, sell_one, number)))


def crier(url: str, gate: Gate, orders: str) -> None:
    """Tell what is sold until so many orders are, and nothing waits; say what it was.

    When it has told the first of it, it loses the store for a moment, as if it were killed.
    """
    lost = told = False

    def begin() -> AbstractContextManager[SqlTransaction]:
        nonlocal lost
        if told and not lost:
            lost = True
            raise _GivenUpError
        return store.begin()

    def tell(event: Event) -> None:
        nonlocal told
        told = True
        _say(event.about)

    def is_done(tx: SqlTransaction) -> bool:
        return tx.commands.count("accrue") == int(orders) and not tx.outbox.waiting().events

    with open_at(url) as store:
        gate()
        for _ in range(WAITS_MAX):
            with suppress(_GivenUpError):
                _patiently(lambda: relay(begin, tell, at=datetime.now(UTC), events_max=3, claim_seconds=1))
                if _patiently(partial(store.run, is_done)):
                    return
            sleep(0.005)


class _GivenUpError(Exception):
    """Ends a transaction on purpose."""


def renamer(url: str, gate: Gate, name: str) -> None:
    """Take the same keys as everybody else for somebody else."""

    def join_one(tx: SqlTransaction, number: int) -> None:
        join(tx, a_member(f"{name}{number}"), at=LATER, actor=name, key=f"join {number}")

    _each(url, gate, join_one)


def clerk(url: str, gate: Gate, name: str) -> None:
    """Give back some of the same orders as everybody else, each time under a refund's own id."""

    def refund_one(tx: SqlTransaction, number: int) -> None:
        id = f"{name}{number}"
        back = {"1": (0, 6_000)}  # of an order of 10,000 one such refund fits, and no second one
        refund(tx, a_refund(id, f"order {number}", back), at=LATER, actor=name, key=id)

    _each(url, gate, refund_one)


def teller(url: str, gate: Gate, name: str) -> None:
    """Give back a little of the same orders as everybody else; there is enough for all."""

    def refund_one(tx: SqlTransaction, number: int) -> None:
        id = f"{name}{number}"
        refund(tx, a_refund(id, f"order {number}", {"1": (0, 10)}), at=LATER, actor=name, key=id)

    _each(url, gate, refund_one)


def releaser(url: str, gate: Gate, name: str) -> None:
    """Release what is due, again and again; say how many each time."""
    with open_at(url) as store:
        gate()
        for number in range(ORDERS):
            key = f"{name}{number}"
            work = partial(release, at=day(number + 30), actor=name, key=key)
            _say(str(_patiently(partial(store.run, work)).orders))


def publisher(url: str, gate: Gate, name: str) -> None:
    """Publish plans for the same times as everybody else."""

    def publish_one(tx: SqlTransaction, number: int) -> None:
        first = -30 * number
        plan = a_plan(
            id=f"{name}{number}", currency="JPY", valid_from=day(first), valid_until=day(first + 30)
        )
        set_plan(tx, plan, at=LATER, actor=name, key=plan.id)

    _each(url, gate, publish_one)


def policymaker(url: str, gate: Gate, zone: str) -> None:
    """Set policies, as everybody else does."""

    def set_one(tx: SqlTransaction, number: int) -> None:
        policy = a_policy(zone, ("CNY", CURRENCIES[number]))
        set_policy(tx, policy, at=LATER, actor=zone, key=f"{zone} {number}")

    _each(url, gate, set_one)


def upgrader(url: str, gate: Gate, schema: str) -> None:
    """Make the tables, or find them made."""
    gate()
    _patiently(partial(upgrade_store, url, schema=schema or None))
    with SqlStore.open(url, "mall", schema=schema or None) as store, store.begin() as tx:
        _say(str(tx.members.revision()))


def closer(url: str, gate: Gate, name: str, key: str) -> None:
    """Close the same months as everybody else, and approve what somebody else drafted.

    Each month is told as the number of its closing, and what came of the approval.
    """
    with _opened(url) as store:
        gate()
        for month in MONTHS:
            closing = _closed(store, name, f"{key} {month}", month)
            _say(f"{closing.number}:{_approved(store, name, closing)}")


def _closed(store: SqlStore, name: str, key: str, month: str) -> Closing:
    """Close a month, as soon as the draft of the one before waits for nobody any more."""
    close = partial(close_period, currency=CNY, period=month, at=LATER, actor=name, key=key)
    for _ in range(WAITS_MAX):
        try:
            return _patiently(partial(store.run, close))
        except RefusedError as error:
            if error.refusal.code != "draft_waits":
                raise
            sleep(0.01)
    return store.run(close)


def _approved(store: SqlStore, name: str, closing: Closing) -> str:
    """Approve a draft; say whether it was done or why not."""
    if closing.decision is not None:
        return "closed"
    key = f"approve {name} {closing.number}"
    try:
        _patiently(
            partial(store.run, partial(approve_closing, number=closing.number, at=LATER, actor=name, key=key))
        )
    except RefusedError as error:
        return error.refusal.code
    return "done"


def earner(url: str, gate: Gate, name: str) -> None:
    """Sell, take back, give, and release what is due, all through the months that others close."""

    def sell_one(tx: SqlTransaction, number: int) -> None:
        id, when = f"{name}{number}", day(14 * number + 3)
        accrue(tx, a_sale(id, paid_at=when), at=when, actor=name, key=id)
        adjust(
            tx, an_adjustment(id, "ann", 100 + number, valid_at=when), at=when, actor=name, key=f"give {id}"
        )
        if number:
            before = f"{name}{number - 1}"
            back = a_refund(id, before, {"1": (0, 3_000)}, refunded_at=when)
            refund(tx, back, at=when, actor=name, key=f"take back {id}")

    def release_all(tx: SqlTransaction, number: int) -> None:
        release(tx, at=LATER, actor=name, key=f"release {name}{number}")

    with _opened(url) as store:
        gate()
        for number in range(ORDERS):
            for work in (sell_one, release_all):
                _patiently(partial(store.run, partial(_numbered, work, number)))
        _say("done")


def asker(url: str, gate: Gate, name: str, amount_minor: str) -> None:
    """Ask for an amount of everybody's money, as often as there might be as much."""
    amount = int(amount_minor)

    def ask_one(tx: SqlTransaction, number: int, payee: str) -> None:
        id = PayoutId(f"{name} {payee} {number}")
        request_payout(tx, id, MemberId(payee), CNY, amount, at=LATER, actor=name, key=id)

    with _opened(url) as store:
        gate()
        for number in range(PAYABLE_MINOR // amount):
            for payee in PAYEES:
                try:
                    _patiently(partial(store.run, partial(ask_one, number=number, payee=payee)))
                    _say(payee)
                except RefusedError as error:
                    _say(error.refusal.code)


def claimer(url: str, gate: Gate, name: str) -> None:
    """Claim a coupon that everybody wants."""

    def claim_one(tx: SqlTransaction) -> None:
        claim_coupon(tx, COUPONS, MemberId(name), at=LATER, actor=name, key=name)

    _once(url, gate, claim_one)


def orderer(url: str, gate: Gate, name: str, owner: str, coupon: str) -> None:
    """Place an order with a coupon that all orders of its owner want."""

    def lock_one(tx: SqlTransaction) -> None:
        lock_coupons(tx, [CouponId(coupon)], MemberId(owner), SaleId(name), at=LATER, actor=name, key=name)

    _once(url, gate, lock_one)


def shopper(url: str, gate: Gate, name: str) -> None:
    """Buy a unit of a flash sale that everybody wants, at whatever it costs."""
    _once(url, gate, partial(_buy, name, some_units(("tea", 1), shopper=Shopper(MemberId(name)))))


def spender(url: str, gate: Gate, name: str, owner: str, points: str) -> None:
    """Place an order that points of its owner pay for, as all orders of the owner want."""
    wanted = some_units(("tea", 1), shopper=Shopper(MemberId(owner)), points=int(points))
    _once(url, gate, partial(_buy, name, wanted))


def _buy(name: str, wanted: Wanted, tx: SqlTransaction) -> None:
    seen = quote_cart(tx, wanted, at=AT)
    terms, agreed_minor = terms_of(seen), seen.payable_minor
    place_order(tx, SaleId(name), wanted, terms, agreed_minor=agreed_minor, at=AT, actor=name, key=name)


def companion(url: str, gate: Gate, name: str, group: str) -> None:
    """Join a group that everybody wants to be in, with an order that was placed before."""

    def join_one(tx: SqlTransaction) -> None:
        join_group(tx, GroupId(group), SaleId(name), at=AT, actor=name, key=f"join {name}")

    _once(url, gate, join_one)


def _once(url: str, gate: Gate, work: Callable[[SqlTransaction], object]) -> None:
    """Do work once; say what came of it."""
    with _opened(url) as store:
        gate()
        try:
            _patiently(partial(store.run, work))
            _say("done")
        except RefusedError as error:
            _say(error.refusal.code)


def importer(url: str) -> None:
    """Import orders in batches until killed; say after each commit how many are in."""
    with open_at(url) as store:
        for batch in range(1_000):
            ids = [f"order {batch:04}-{number:02}" for number in range(BATCH)]
            sales = [a_sale(id, lines=[a_line(str(line)) for line in range(LINES)]) for id in ids]
            with store.begin() as tx:
                accrue_all(tx, sales, at=LATER, actor="importer")
            _say(str((batch + 1) * len(sales)))


def _opened(url: str) -> SqlStore:
    """Open the store without a look at its schema: sixteen at once would do little else."""
    return SqlStore(engine_at(url), "mall", TABLES)


def _each(url: str, gate: Gate, work: Callable[[SqlTransaction, int], object]) -> None:
    """Do work for each number; say what came of it."""
    with open_at(url) as store:
        gate()
        for number in range(ORDERS):
            try:
                _patiently(partial(store.run, partial(_numbered, work, number)))
                _say("done")
            except RefusedError as error:
                _say(error.refusal.code)


def _numbered(work: Callable[[SqlTransaction, int], object], number: int, tx: SqlTransaction) -> object:
    return work(tx, number)


def _patiently(work: Callable[[], T]) -> T:
    """Do work as often as it takes: many at once, at a strict level, lose more often than a store tries."""
    for _ in range(ATTEMPTS_MAX):
        try:
            return work()
        except RetryableError:
            sleep(0.01)
    return work()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


WORK: dict[str, Callable[..., None]] = {
    each.__name__: each
    for each in (
        asker,
        claimer,
        clerk,
        crier,
        companion,
        closer,
        earner,
        hawker,
        mover,
        orderer,
        policymaker,
        shopper,
        publisher,
        releaser,
        renamer,
        seller,
        spender,
        teller,
        toucher,
        upgrader,
    )
}


def _at_once(url: str, work: list[list[str]], said: Path) -> list[list[str]]:
    """Split for each of these, let them begin together, and return what they said."""
    said.mkdir()
    ready, opened = os.pipe(), os.pipe()
    children = [
        _split(url, verb, arguments, said / str(number), ready, opened)
        for number, (verb, *arguments) in enumerate(work)
    ]
    for _ in children:
        os.read(ready[0], 1)
    os.close(opened[1])
    ended = [os.waitpid(child, 0)[1] for child in children]
    for file in (*ready, opened[0]):
        os.close(file)
    return [
        ["failed"] if status else (said / str(number)).read_text().split()
        for number, status in enumerate(ended)
    ]


def _split(
    url: str, verb: str, arguments: list[str], said: Path, ready: tuple[int, int], opened: tuple[int, int]
) -> int:
    """Start a worker; it is ready when it writes a byte, and begins when the other pipe is closed."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        os.close(opened[1])
        sys.stdout = said.open("w")

        def gate() -> None:
            os.write(ready[1], b".")
            os.read(opened[0], 1)

        WORK[verb](url, gate, *arguments)
        sys.stdout.flush()
        status = 0
    finally:
        if status:
            traceback.print_exc()
            os.write(ready[1], b"!")
        os._exit(status)


def _serve() -> None:
    with TemporaryDirectory() as folder:
        for number, line in enumerate(sys.stdin):
            url, work = json.loads(line)
            _say(json.dumps(_at_once(url, work, Path(folder) / str(number))))


if __name__ == "__main__":
    if sys.argv[1:2] == ["importer"]:
        importer(sys.argv[2])
    else:
        _serve()
