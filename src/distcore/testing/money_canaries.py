"""Defects on purpose in what is due, settled, paid and sealed; `distcore.testing.canaries` says what for."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from attrs import evolve

from distcore.ledger import Balance
from distcore.payout import Outcome, PayoutState, step_refusal
from distcore.settlement import ClosingState, LineTotal, Review
from distcore.testing.canaries import Canary, Catch, Defect, swapped
from distcore.testing.contracts import StoreContract
from distcore.testing.money import a_transfer


def _nothing(_: Defect, *_args: Any) -> None:
    return None


def _nobody(_: Defect, *_args: Any) -> dict[Any, Any]:
    return {}


def _never(_: Defect, *_args: Any) -> bool:
    return False


def _put(_: Defect, journal: Any, *row: Any) -> None:
    journal.put(*row)


def _part(port: Any, name: str) -> Any:
    """Return what a port in memory keeps to itself."""
    return vars(port)[name]


# Settlement


def _reads_first(draft: Defect, tx: Any, call: Any, number: int, due: Any) -> Any:
    """Add up what is due, and only then take it."""
    sums: Counter[Any] = Counter()
    counts: Counter[Any] = Counter()
    for each in tx.dues.all():
        if each.released_at < due.expected.end:
            sums[each.payee] += each.amount_minor
            counts[each.payee] += 1
    seen = [LineTotal(payee, sums[payee], counts[payee]) for payee in sorted(counts)]
    with swapped("distcore.engine.settle:_totals", lambda *_: iter(seen)):
        return draft(tx, call, number, due)


def _commits_before(assessed: Defect, tx: Any, *args: Any) -> Any:
    _part(tx.closings, "_journal").forget()
    return assessed(tx, *args)


def _carries_nothing(
    stated: Defect, closing: Any, total: Any, _opening_minor: int, *more: Any, **held: Any
) -> Any:
    return stated(closing, total, 0, *more, **held)


def _net_minimum(stated: Defect, *args: Any, **held: Any) -> Any:
    """Ask for as much more as makes the minimum after a fifth was withheld."""
    *given, policy = args
    return stated(*given, evolve(policy, minimum_minor=policy.minimum_minor * 5 // 4), **held)


def _never_below_zero(stated: Defect, closing: Any, total: Any, *more: Any, **held: Any) -> Any:
    return stated(closing, evolve(total, lines_minor=max(0, total.lines_minor)), *more, **held)


def _what_was_given(dues_of: Defect, portions: Any) -> list[Any]:
    return [due for due in dues_of(portions) if due.amount_minor > 0]


def _of_sales_alone(earned: Defect, portions: Any) -> Any:
    return earned([portion for portion in portions if portion.posting == 0])


def _tax_back(_: Defect, tax_minor: int, _gross_minor: int) -> int:
    return tax_minor


def _only_inside(take: Defect, closings: Any, closing: Any) -> int:
    """Take what was released within the period, and leave what was written too late for the one before."""
    dues = _part(closings, "_dues")
    early = [due for due in dues.all() if due.released_at < closing.period.start]
    for due in early:
        dues.remove(due)
    count: int = take(closings, closing)
    dues.add(early)
    return count


def _end_included(take: Defect, closings: Any, closing: Any) -> Any:
    later = closing.period.end + timedelta(microseconds=1)
    return take(closings, evolve(closing, period=evolve(closing.period, end=later)))


def _of_those_that_stand(lines_of: Defect, closings: Any, origins: Any) -> list[Any]:
    found = lines_of(closings, origins)
    return [line for line in found if closings.find(line.closing).state is not ClosingState.REJECTED]


def _shuffled(all_of: Defect, port: Any) -> Any:
    return reversed(list(all_of(port)))


def _totals_by_float(totals: Defect, *args: Any) -> Iterator[Any]:
    return (evolve(each, lines_minor=int(float(each.lines_minor))) for each in totals(*args))


# Ledger and payout


def _balances_by_float(balances: Defect, *args: Any) -> Iterator[Any]:
    return (evolve(each, minor=int(float(each.minor))) for each in balances(*args))


def _by_snapshot(_: Defect, balances: Any, payee: Any, currency: Any, amount_minor: int) -> bool:
    """Read, check, write: decide by what was there when this was first asked."""
    seen = vars(balances).setdefault("_seen", {})
    held = seen.setdefault((payee, currency), balances.of([payee], currency).get(payee))
    if held is None or held.withdrawable_minor < amount_minor:
        return False
    balances.change([Balance(payee, currency, 0, -amount_minor)])
    return True


def _always(_: Defect, balances: Any, payee: Any, currency: Any, amount_minor: int) -> bool:
    balances.change([Balance(payee, currency, 0, -amount_minor)])
    return True


def _last_change(change: Defect, balances: Any, changes: Any) -> None:
    change(balances, list({(each.payee, each.currency): each for each in changes}.values()))


def _unchained(digest_of: Defect, number: int, _previous: bytes, *more: Any) -> Any:
    return digest_of(number, b"", *more)


def _without_transfers(kinds: Defect, seals: Any) -> list[str]:
    return [kind for kind in kinds(seals) if kind != "transfers"]


def _whatever_it_says(_: Defect, record: Any, *_args: Any) -> Any:
    return step_refusal(record, PayoutState.SUBMITTED)


def _by_anybody(_: Defect, record: Any, _actor: Any) -> Any:
    return step_refusal(record, PayoutState.APPROVED)


def _at_any_time(event_refusal: Defect, record: Any, *event: Any) -> Any:
    return None if record is not None else event_refusal(record, *event)


def _gives_back_what_is_unknown(write_steps: Defect, tx: Any, steps: Any) -> None:
    write_steps(tx, steps)
    for payout, step in steps:
        if step.state is PayoutState.UNKNOWN:
            tx.balances.change([Balance(payout.payee, payout.currency, 0, payout.amount_minor)])


def _only_counts(_: Defect, accounts: Any, payee: Any) -> int:
    return len(accounts.of_payee(payee))


def _moves(tx: Any) -> None:
    tx.transfers.add([a_transfer("new")])


def _contract(test: Callable[..., None], *more: object) -> Catch:
    return lambda store_of: test(StoreContract(), store_of, *more)


def _canary(name: str, caught_by: Catch, *defects: tuple[str, Defect]) -> Canary:
    return Canary(name, caught_by, defects)


MONEY_CANARIES: Final = (
    _canary(
        "what is due is read before it is taken",
        _contract(StoreContract.test_a_statement_says_what_its_closing_took),
        ("distcore.engine.settle:_draft", _reads_first),
    ),
    _canary(
        "a period is closed in two transactions",
        _contract(StoreContract.test_a_closing_that_breaks_off_leaves_nothing, Review.AUTOMATIC),
        ("distcore.engine.settle:_assessed", _commits_before),
    ),
    _canary(
        "what is carried is dropped",
        _contract(StoreContract.test_below_the_minimum_the_balance_is_carried),
        ("distcore.settlement.statement:stated", _carries_nothing),
    ),
    _canary(
        "the minimum is compared with the net",
        _contract(StoreContract.test_below_the_minimum_the_balance_is_carried),
        ("distcore.settlement.statement:stated", _net_minimum),
    ),
    _canary(
        "nobody owes the shop anything",
        _contract(StoreContract.test_what_goes_back_after_it_was_paid_is_carried),
        ("distcore.settlement.statement:stated", _never_below_zero),
    ),
    _canary(
        "what goes back after its release is never due",
        _contract(StoreContract.test_what_goes_back_after_it_was_paid_is_carried),
        ("distcore.engine.bookkeeping:dues_of", _what_was_given),
    ),
    _canary(
        "corrections move nothing",
        _contract(StoreContract.test_what_goes_back_after_it_was_paid_is_carried),
        ("distcore.engine.bookkeeping:earned", _of_sales_alone),
    ),
    _canary(
        "a rejected closing keeps what it took",
        _contract(StoreContract.test_a_rejected_closing_gives_everything_back),
        ("distcore.memory.settlement:MemoryClosings.free", _nothing),
    ),
    _canary(
        "tax is given back",
        _contract(StoreContract.test_what_was_withheld_is_never_given_back),
        ("distcore.settlement.withholding:_within", _tax_back),
    ),
    _canary(
        "every statement is taxed by itself",
        _contract(StoreContract.test_a_month_is_one_payment),
        ("distcore.memory.settlement:MemoryAssessments.so_far", _nobody),
    ),
    _canary(
        "what comes late is lost between two periods",
        _contract(StoreContract.test_a_closing_takes_what_was_released_before_its_end),
        ("distcore.memory.settlement:MemoryClosings.take", _only_inside),
    ),
    _canary(
        "the end of a period is in it",
        _contract(StoreContract.test_a_closing_takes_what_was_released_before_its_end),
        ("distcore.memory.settlement:MemoryClosings.take", _end_included),
    ),
    _canary(
        "what is held is closed",
        _contract(StoreContract.test_what_is_held_is_not_closed),
        ("distcore.memory.settlement:MemoryClosings._is_held", _never),
    ),
    _canary(
        "lines of rejected closings are forgotten",
        _contract(StoreContract.test_lines_of_an_origin_are_found_in_every_closing),
        ("distcore.memory.settlement:MemoryClosings.lines_of", _of_those_that_stand),
    ),
    _canary(
        "dues in no order",
        _contract(StoreContract.test_dues_come_by_currency_payee_and_origin),
        ("distcore.memory.settlement:MemoryDues.all", _shuffled),
    ),
    _canary(
        "totals by float",
        _contract(StoreContract.test_totals_are_exact_to_the_last_of_64_bits),
        ("distcore.memory.settlement:MemoryClosings.totals", _totals_by_float),
    ),
    _canary(
        "accounts by float",
        _contract(StoreContract.test_accounts_are_exact_to_the_last_of_64_bits),
        ("distcore.memory.ledger:MemoryTransfers.balances", _balances_by_float),
    ),
    _canary(
        "what may be paid is decided by what was read",
        _contract(StoreContract.test_nobody_takes_more_than_there_is),
        ("distcore.memory.ledger:MemoryBalances.take", _by_snapshot),
    ),
    _canary(
        "whoever asks is paid",
        _contract(StoreContract.test_the_same_money_is_reserved_once),
        ("distcore.memory.ledger:MemoryBalances.take", _always),
    ),
    _canary(
        "of two changes one is lost",
        _contract(StoreContract.test_changes_add_up),
        ("distcore.memory.ledger:MemoryBalances.change", _last_change),
    ),
    _canary(
        "blocks without a chain",
        _contract(StoreContract.test_the_newest_block_depends_on_all_before),
        ("distcore.ledger.seal:_digest_of", _unchained),
    ),
    _canary(
        "transfers are never sealed",
        _contract(StoreContract.test_whatever_is_written_waits_for_a_seal, _moves),
        ("distcore.memory.ledger:MemorySeals.kinds", _without_transfers),
    ),
    _canary(
        "an approval is for whatever comes",
        _contract(StoreContract.test_an_approval_is_for_what_was_approved),
        ("distcore.payout.payout:submission_refusal", _whatever_it_says),
    ),
    _canary(
        "whoever asks approves",
        _contract(StoreContract.test_an_approval_is_for_what_was_approved),
        ("distcore.payout.payout:approval_refusal", _by_anybody),
    ),
    _canary(
        "an event counts twice",
        _contract(StoreContract.test_an_event_counts_once),
        ("distcore.memory.payout:MemoryPayouts.told", _nobody),
        ("distcore.memory.journal:Journal.insert", _put),
    ),
    _canary(
        "a payout succeeds after it failed",
        _contract(StoreContract.test_nothing_comes_after_a_failure, Outcome.SUCCEEDED),
        ("distcore.payout.payout:event_refusal", _at_any_time),
    ),
    _canary(
        "what nobody knows is paid again",
        _contract(StoreContract.test_what_nobody_knows_is_not_paid_again),
        ("distcore.engine.pay:_write_steps", _gives_back_what_is_unknown),
    ),
    _canary(
        "what is erased is still there",
        _contract(StoreContract.test_what_is_erased_is_gone_and_the_account_stays),
        ("distcore.memory.payout:MemoryAccounts.erase", _only_counts),
    ),
)
