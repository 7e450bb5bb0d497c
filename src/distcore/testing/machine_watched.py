"""How a verb is done under the eyes of an auditor: broken off, refused or done, and told once more.

`distcore.testing.machine` says which verbs there are, and what each is told.
"""

from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import Any, Final, TypeAlias

from attrs import evolve
from hypothesis.stateful import RuleBasedStateMachine

from distcore import engine
from distcore.commission import Cancellation, Plan, PriceCorrection, Refund, Sale
from distcore.engine import Completion
from distcore.kernel import Currency, Refusal, RefusedError, ShopPolicy
from distcore.ports import Store, Transaction
from distcore.referral import Newcomer
from distcore.testing.agreement import assert_periods
from distcore.testing.auditor import Auditor
from distcore.testing.auditor_periods import SOON, PeriodAuditor
from distcore.testing.dump import dump
from distcore.testing.machine_periods import accrue_period, set_plan
from distcore.testing.worlds import FORMULAS, hour

_shops = count(1)

Verb = Callable[..., object]

VERIFIED_EVERY: Final = 5
"""Commands after which `verify` runs: what is unsound stays so, hence it misses nothing."""

BROKEN_OFF_EVERY: Final = 3
"""Commands of which one is broken off before it is done: each kind is, over many steps."""

WITHOUT_INPUTS: Final = (engine.release, engine.seal)
"""Verbs that take nothing but when, who and a key."""

BY_FORMULAS: Final = (
    set_plan,
    engine.accrue,
    engine.refund,
    engine.correct_price,
    engine.cancel,
    engine.recompute,
)
"""Verbs that are told which formulas the shop has registered."""

_Done: TypeAlias = tuple[Verb, tuple[Any, ...], dict[str, Any], str, object]


class _BrokenOffError(Exception):
    """What happens in the middle of a transaction."""


class WatchedMachine(RuleBasedStateMachine):
    """One shop and its auditor; a subclass says where stores come from."""

    auditor: Auditor
    periods: PeriodAuditor
    dumped: str
    """The shop as it was after the last command."""

    def store_of(self, shop: str) -> Store:
        """Open the store of a shop that nobody has seen before."""
        raise NotImplementedError

    def __init__(self) -> None:
        """Open a shop."""
        super().__init__()
        self.number = next(_shops)
        self.store = self.store_of(f"shop {self.number}")
        self.now = hour(8)
        self.keys = count(1)
        self.inspected = count(0)
        self.broken_off = count()
        self.done: list[_Done] = []

    def repeat(self, random: Random) -> None:
        """A command comes a second time, later and from somebody else: the first answer again."""
        verb, args, options, key, answer = random.choice(self.done)
        again = self._call(verb, args, {**options, "key": key, "actor": "somebody else"})
        assert again == answer, f"{verb.__name__} gave another answer under the same key"
        self._nothing_changed()

    def reuse_key(self, random: Random) -> None:
        """A key comes back with other inputs: refused, whatever they are."""
        self._assert_used_up(random.choice(self.done))

    def _assert_used_up(self, done: _Done) -> None:
        """Ask for something else under a key."""
        verb, args, options, key, _ = done
        others = self.altered(verb, args)
        if others is not None:
            answer = self._call(verb, others, {**options, "key": key})
            assert isinstance(answer, Refusal), f"key {key} was used with other inputs"
            assert answer.code == "key_reused"
            self._nothing_changed()

    def altered(self, verb: Verb, args: Sequence[Any]) -> tuple[Any, ...] | None:
        """Return other inputs of the same verb, with the same ids; None where they can't differ."""
        if verb is accrue_period:
            return (args[0], f"{args[1]}!")
        return None if verb in WITHOUT_INPUTS else _altered(args)

    def inspect(self, tx: Transaction) -> None:
        """Look at all that there is, after something was done."""
        if self.periods.runs:
            assert_periods(tx, self.periods)
        if next(self.inspected) % VERIFIED_EVERY == 0:
            self.verify(tx)

    def verify(self, tx: Transaction) -> None:
        """Let `verify` look at everything."""
        verified = engine.verify(tx, formulas=FORMULAS)
        assert verified.sound, "\n".join(map(str, verified.problems))

    def _do(self, verb: Verb, *args: Any, reasons: Callable[[], set[str]], **options: Any) -> object:
        """Break off once, then do it, and compare with what the auditor says; None if it is refused."""
        self._break_off(verb, args, options)
        key = f"key {next(self.keys)}"
        answer = self._call(verb, args, {**options, "key": key})
        allowed = reasons()
        if isinstance(answer, Refusal):
            assert answer.code in allowed, f"{answer}, where {allowed or 'nothing'} is a reason"
            self._nothing_changed()
            return None
        assert not allowed, f"{verb.__name__} was done, though {allowed}"
        self.done.append((verb, args, options, key, answer))
        self.dumped = self._dump()
        return answer

    def _call(self, verb: Verb, args: Sequence[Any], options: dict[str, Any]) -> object:
        """Return the answer of a verb or its refusal; the transaction commits in both cases."""
        with self.store.begin() as tx:
            try:
                return verb(tx, *args, **self._with_formulas(verb, options))
            except RefusedError as error:
                return error.refusal

    def _break_off(self, verb: Verb, args: Sequence[Any], options: dict[str, Any]) -> None:
        """Break some off; where it is refused, whoever does it next looks whether anything changed."""
        if next(self.broken_off) % BROKEN_OFF_EVERY:
            return
        try:
            with self.store.begin() as tx:
                verb(tx, *args, **self._with_formulas(verb, {"key": "broken off", **options}))
                raise _BrokenOffError
        except _BrokenOffError:
            self._nothing_changed()
        except RefusedError:
            pass

    def _with_formulas(self, verb: Verb, options: dict[str, Any]) -> dict[str, Any]:
        given = {"formulas": FORMULAS} if verb in BY_FORMULAS else {}
        return {"at": self.now, "actor": "machine", **given, **options}

    def _nothing_changed(self) -> None:
        with self.store.begin() as tx:
            assert dump(tx) == self.dumped

    def _dump(self) -> str:
        with self.store.begin() as tx:
            self.inspect(tx)
            return dump(tx)


def _altered(args: Sequence[Any]) -> tuple[Any, ...]:
    """Return other inputs of the same verb, with the same ids."""
    first, *rest = args or (None,)
    match first:
        case Newcomer():
            return (evolve(first, tier="another"),)
        case Sale():
            return (evolve(first, region="another"),)
        case Refund():
            return (evolve(first, refunded_at=first.refunded_at + SOON),)
        case PriceCorrection():
            return (evolve(first, corrected_at=first.corrected_at + SOON),)
        case Cancellation():
            return (evolve(first, cancelled_at=first.cancelled_at + SOON),)
        case Completion():
            return (evolve(first, completed_at=first.completed_at + SOON),)
        case Plan():
            return (evolve(first, valid_from=first.valid_from - SOON),)
        case ShopPolicy():
            return (evolve(first, currencies=(*first.currencies, Currency("USD"))),)
        case None:
            return ()
        case _:
            return (f"{first}!", *rest)
