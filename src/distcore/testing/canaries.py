"""Defects on purpose: a test that can't fail is itself a defect.

Each canary breaks the library, or its store in memory, in one way in which somebody has broken such
software before.  `caught_by` is a test of `distcore.testing` that must fail while the canary lives; our
suite checks that it does, and yours may check its own tests with `breaks`.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial, wraps
from pkgutil import resolve_name
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen

from distcore.engine.once import Decided
from distcore.ledger import Balance
from distcore.memory import MemoryStore
from distcore.payout.refusals import PAYOUT_UNKNOWN
from distcore.settlement import NOTHING_SO_FAR
from distcore.testing.builders import StoreOf
from distcore.testing.contracts import StoreContract
from distcore.testing.machine_money import live
from distcore.testing.walks import walk

Defect: TypeAlias = Callable[..., Any]
"""Called with the original first, then with what the original would be called with."""

Catch: TypeAlias = Callable[[StoreOf], object]

LATEST: Final = 10**9


def _memory() -> StoreOf:
    return cache(MemoryStore)


@frozen
class Canary:
    """A defect by its name, with the test that catches it and what it stands for."""

    name: str
    caught_by: Catch
    defects: tuple[tuple[str, Defect], ...] = ()
    stores: Callable[[], StoreOf] = field(default=_memory)

    def breaks(self) -> AbstractContextManager[StoreOf]:
        """Let it live for a block, which is given stores in memory."""
        return _alive(self)


@contextmanager
def _alive(canary: Canary) -> Iterator[StoreOf]:
    with ExitStack() as stack:
        for target, defect in canary.defects:
            stack.enter_context(swapped(target, defect))
        yield canary.stores()


@contextmanager
def swapped(target: str, defect: Defect) -> Iterator[None]:
    """Let a defect stand for `module:function` or `module:Class.method`, wherever it was imported."""
    original = resolve_name(target)
    module, _, path = target.partition(":")
    *above, name = path.split(".")

    @wraps(original)
    def broken(*args: Any, **options: Any) -> Any:
        return defect(original, *args, **options)

    holders: list[Any] = [resolve_name(f"{module}:{above[0]}")] if above else _importers(name, original)
    for holder in holders:
        setattr(holder, name, broken)
    try:
        yield
    finally:
        for holder in holders:
            setattr(holder, name, original)


def _importers(name: str, original: object) -> list[Any]:
    modules = [module for key, module in sys.modules.items() if key.startswith("distcore.")]
    return [module for module in modules if vars(module).get(name) is original]


# Money


def _rate_by_float(_: Defect, rate: Any, minor: int, *_rounding: object) -> int:
    return round(minor * float(rate.ppm) / 1e6)


def _rates_by_float(_: Defect, rate: Any, minors: Sequence[int], *_rounding: object) -> list[int]:
    return [round(minor * float(rate.ppm) / 1e6) for minor in minors]


def _truncated(_: Defect, total: int, weights: Sequence[int], *_method: object) -> tuple[int, ...]:
    return tuple(total * weight // (sum(weights) or 1) for weight in weights)


def _without_caps(_: Defect, _plan: Any, _sale: Any, accruals: Any, _granted: Any) -> Any:
    return accruals


def _without_grants(_: Defect, _grants: Any) -> Any:
    return None


def _as_nobody(_: Defect, _claims: Any, plan: Any, _counted: Any) -> Any:
    return () if plan.asks_earned else None


def _without_budget(_: Defect, *args: Any) -> list[Any]:
    return list(args[-1])


def _never_more(correct: Defect, now: Any, so_far: Any) -> tuple[Any, ...]:
    return tuple(accrual for accrual in correct(now, so_far) if accrual.amount_minor < 0)


def _whatever_is_earned(_: Defect, now: Any, _postings: Any) -> tuple[Any, ...]:
    return tuple(now)


def _as_given(_: Defect, lines: Any, *_name: str) -> tuple[Any, ...]:
    return tuple(lines)


def _all_of_it(_: Defect, refund: Any, *_repeated: Any) -> Any:
    return refund.lines


def _sums_by_float(of: Defect, *args: Any) -> list[Any]:
    return [evolve(each, accrued_minor=int(float(each.accrued_minor))) for each in of(*args)]


def _closed_window(of: Defect, earnings: Any, start: Any, end: Any, *more: Any) -> Any:
    return of(earnings, start, end.replace(microsecond=1), *more)


# Tree and time


def _latest_tree(lineage_of: Defect, seats: Any, booking: Any, corrections: Any) -> Any:
    return lineage_of(seats, evolve(booking, tree_revision=LATEST), corrections)


def _as_told(with_change: Defect, *args: Any) -> Any:
    changed = with_change(*args)
    return evolve(changed, changes=tuple(sorted(changed.changes, key=lambda each: each.revision)))


def _without_zone(add_days: Defect, instant: Any, days: int, _zone: Any) -> Any:
    return add_days(instant, days, None)


def _instant_late(frozen_until: Defect, sales: Any, until: Any) -> list[Any]:
    return [id for id in frozen_until(sales, until) if sales.find([id])[id].due < until]


# Stores


def _nothing(_: Defect, *_args: Any, **_options: Any) -> None:
    return None


def _nowhere(_: Defect, *_args: Any) -> list[Any]:
    return []


def _unordered(_: Defect, sales: Any) -> Iterator[Any]:
    yield from sales.records()


def _keys_first(sort_out: Defect, tx: Any, call: Any, verb: str, *args: Any, **options: Any) -> Any:
    """Write the keys before anything is decided; later there is nothing left to write."""
    found = sort_out(tx, call, verb, *args, **options)
    early: Decided[Any, None] = Decided(tuple((one, None) for one in found.fresh), (), 0, (), ())
    _remember_all(tx, call, verb, early, lambda _: verb)
    return found


def _only_what_was_done(
    remember_all: Defect, tx: Any, call: Any, verb: str, decided: Any, about: Any
) -> None:
    remember_all(tx, call, verb, evolve(decided, present=()), about)


_remember_all: Final = resolve_name("distcore.engine.once:remember_all")


def _alike(insert: Defect, journal: Any, table: dict[Any, Any], key: Any, value: Any) -> None:
    """Compare keys as the default collation of some databases does."""
    folded = {each.casefold().rstrip(): each for each in table if isinstance(each, str)}
    insert(journal, table, folded.get(str(key).casefold().rstrip(), key), value)


def _nobody(_: Defect, *_args: Any) -> dict[Any, Any]:
    return {}


def _put_all(_: Defect, journal: Any, table: Any, rows: Any) -> None:
    for row in rows:
        journal.put(table, *row)


def _backwards(frozen_until: Defect, *args: Any) -> list[Any]:
    return list(reversed(frozen_until(*args)))


# What is owed, and to whom


def _not_held(_: Defect, *_args: Any) -> bool:
    return False


def _without_clawbacks(dues_of: Defect, *args: Any) -> list[Any]:
    return [due for due in dues_of(*args) if due.amount_minor > 0]


def _carried_and_paid(balance_change: Defect, *args: Any) -> Any:
    change = balance_change(*args)
    return evolve(change, carried_minor=max(0, change.carried_minor))


def _each_payment_alone(by_law: Defect, law: Any, gross: int, month: str, _so_far: Any) -> int:
    return int(by_law(law, gross, month, NOTHING_SO_FAR))


def _above_the_minimum(
    stated: Defect, closing: Any, total: Any, opening: int, policy: Any, **held: Any
) -> Any:
    return stated(closing, total, opening, evolve(policy, minimum_minor=policy.minimum_minor + 1), **held)


def _take_blindly(_: Defect, balances: Any, payee: Any, currency: Any, amount: int) -> bool:
    balances.change([Balance(payee, currency, 0, -amount)])
    return True


def _anybody(refusal_of: Defect, record: Any, actor: str) -> Any:
    return refusal_of(record, f"somebody else than {actor}")


def _account_as_approved(refusal_of: Defect, record: Any, account: Any, *more: Any) -> Any:
    return refusal_of(record, evolve(account, number=record.payout.account), *more)


def _only_if_known(_: Defect, record: Any, event: Any, *_at: Any) -> Any:
    return None if record else PAYOUT_UNKNOWN.refuse(payout=event.payout)


def _one_for_all() -> StoreOf:
    one = MemoryStore("shop")
    return lambda _: one


_walks: Final[Catch] = partial(walk, walks=60)
_lives: Final[Catch] = partial(live, lives=60)


def _contract(test: Callable[..., None], *more: object) -> Catch:
    return lambda store_of: test(StoreContract(), store_of, *more)


def _canary(name: str, caught_by: Catch, *defects: tuple[str, Defect]) -> Canary:
    return Canary(name, caught_by, defects)


CANARIES: Final = (
    _canary(
        "rates by float",
        _walks,
        ("distcore.kernel.rate:Rate.of", _rate_by_float),
        ("distcore.kernel.rate:Rate.of_each", _rates_by_float),
    ),
    _canary("a split loses the odd cents", _walks, ("distcore.kernel.split:split", _truncated)),
    _canary(
        "a budget holds nobody", _walks, ("distcore.commission.calculate:within_budget", _without_budget)
    ),
    _canary("a cap holds nobody", _walks, ("distcore.commission.cap:within_caps", _without_caps)),
    _canary("a cap is never used up", _walks, ("distcore.engine.headroom:Headroom.add", _nothing)),
    _canary(
        "nobody had earned anything before",
        _contract(StoreContract.test_what_an_earner_had_earned_is_frozen_with_the_sale),
        ("distcore.commission.earned:earned_before", _as_nobody),
    ),
    _canary("a refund gives headroom back", _walks, ("distcore.commission.cap:granted_of", _without_grants)),
    _canary(
        "an amount per order is paid for every level",
        _contract(StoreContract.test_an_amount_per_order_is_paid_once_to_a_payee),
        ("distcore.commission.calculate:_Sheet._paid_before", _nothing),
    ),
    _canary(
        "a gift is given again with every correction",
        _contract(StoreContract.test_a_gift_is_given_once),
        ("distcore.commission.gift:gifts_to_post", _whatever_is_earned),
    ),
    _canary("a share never rises", _walks, ("distcore.commission.calculate:correct", _never_more)),
    _canary(
        "what is held is settled",
        _lives,
        ("distcore.memory.settlement:MemoryClosings._is_held", _not_held),
    ),
    _canary("clawbacks are lost", _lives, ("distcore.engine.bookkeeping:dues_of", _without_clawbacks)),
    _canary(
        "what was rejected is lost", _lives, ("distcore.memory.settlement:MemoryClosings.free", _nothing)
    ),
    _canary("a debt is forgotten", _lives, ("distcore.engine.bookkeeping:balance_change", _carried_and_paid)),
    _canary(
        "each payment of a month is taxed alone",
        _lives,
        ("distcore.settlement.withholding:_by_law", _each_payment_alone),
    ),
    _canary(
        "the minimum is not enough", _lives, ("distcore.settlement.statement:stated", _above_the_minimum)
    ),
    _canary(
        "money is asked for twice", _lives, ("distcore.memory.ledger:MemoryBalances.take", _take_blindly)
    ),
    _canary("everybody approves", _lives, ("distcore.payout.payout:approval_refusal", _anybody)),
    _canary(
        "an approval is for any account",
        _lives,
        ("distcore.payout.payout:submission_refusal", _account_as_approved),
    ),
    _canary("every word is believed", _lives, ("distcore.payout.payout:event_refusal", _only_if_known)),
    _canary("events count twice", _lives, ("distcore.memory.payout:MemoryPayouts.told", _nobody)),
    _canary(
        "lines in the order of the cart",
        _contract(StoreContract.test_the_order_of_a_cart_changes_nobodys_cent),
        ("distcore.commission.sale:_sorted", _as_given),
    ),
    _canary("a chargeback deducts twice", _walks, ("distcore.commission.sale:deducted", _all_of_it)),
    _canary("no bound to refunds", _walks, ("distcore.commission.correction:_amounts_refusal", _nothing)),
    _canary(
        "a closed window",
        partial(walk, walks=60, first=100),
        ("distcore.memory.commission:MemoryEarnings.of", _closed_window),
    ),
    _canary("corrections see the latest tree", _walks, ("distcore.engine.lineage:lineage_of", _latest_tree)),
    _canary("nobody looks for cycles", _walks, ("distcore.referral.change:_cycle_through", _nowhere)),
    _canary(
        "cycles that begin later",
        _contract(StoreContract.test_a_move_is_refused_for_a_cycle_that_begins_later),
        ("distcore.referral.change:_later_moves", _nowhere),
    ),
    _canary("what was told last holds", _walks, ("distcore.referral.member:with_change", _as_told)),
    _canary("days of 24 hours", _walks, ("distcore.kernel.instants:add_days", _without_zone)),
    _canary(
        "freezes end late", _walks, ("distcore.memory.commission:MemorySales.frozen_until", _instant_late)
    ),
    _canary(
        "a refused command keeps its key",
        _walks,
        ("distcore.engine.once:sort_out", _keys_first),
        ("distcore.engine.once:remember_all", _nothing),
    ),
    _canary(
        "what is there already keeps no key",
        _walks,
        ("distcore.engine.once:remember_all", _only_what_was_done),
    ),
    _canary("rollbacks are lost", _walks, ("distcore.memory.journal:Journal.roll_back", _nothing)),
    Canary("all shops are one", _walks, stores=_one_for_all),
    Canary(
        "all shops are one, at the ports",
        _contract(StoreContract.test_two_shops_with_equal_ids_never_see_each_other, "Shop"),
        stores=_one_for_all,
    ),
    _canary(
        "ids are merged",
        _contract(StoreContract.test_members_are_kept_apart_by_exact_ids),
        ("distcore.memory.journal:Journal.insert", _alike),
    ),
    _canary(
        "keys are forgotten",
        _contract(StoreContract.test_any_number_of_keys_is_looked_up_at_once),
        ("distcore.memory.store:MemoryCommands.find", _nobody),
    ),
    _canary(
        "conflicts pass",
        _contract(StoreContract.test_a_key_that_is_taken_is_a_conflict, ["new", "new"]),
        ("distcore.memory.journal:Journal.insert_all", _put_all),
    ),
    _canary(
        "sales in no order",
        _contract(StoreContract.test_sales_are_kept_apart_by_exact_ids),
        ("distcore.memory.commission:MemorySales.all", _unordered),
    ),
    _canary(
        "what is due comes in no order",
        _contract(StoreContract.test_what_is_due_comes_by_id_up_to_a_limit),
        ("distcore.memory.commission:MemorySales.frozen_until", _backwards),
    ),
    _canary(
        "sums by float",
        _contract(StoreContract.test_sums_are_exact_beyond_what_a_float_holds),
        ("distcore.memory.commission:MemoryEarnings.of", _sums_by_float),
    ),
)
