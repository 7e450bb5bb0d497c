"""Done once: the same key and the same inputs give the first answer again, and write nothing.

A refused command stores no key.  In batches the natural id of an item, after the caller's prefix, is
its key.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from attrs import frozen

from distcore.engine import refusals
from distcore.kernel import (
    Actor,
    InputError,
    Instant,
    Key,
    Problem,
    Refusal,
    Refused,
    RefusedError,
    Report,
    digest,
    id_problem,
    shown,
    utc,
)
from distcore.ports import Command, Transaction

T = TypeVar("T")
A = TypeVar("A")
R = TypeVar("R")


@frozen
class Call:
    """When, by whom and under which key a verb is called; in a batch the key is a prefix."""

    at: Instant
    actor: Actor
    key: Key
    of_batch: bool = False


@frozen
class Fresh(Generic[T]):
    """An item that was not done before."""

    item: T
    key: Key
    inputs: bytes


@frozen
class Triage(Generic[T]):
    """A batch, sorted out: what is to be done, what was done before, and what can't be."""

    fresh: tuple[Fresh[T], ...] = ()
    repeated: tuple[T, ...] = ()
    refused: tuple[Refused, ...] = ()
    problems: tuple[Problem, ...] = ()

    def nothing_new(self) -> Report[Any]:
        """Return the report of a batch of which nothing is to be done."""
        return Report((), len(self.repeated), self.refused, self.problems)


@frozen
class Decided(Generic[T, A]):
    """What was decided about a batch: answers to what is to be done, and the rest of its report."""

    done: tuple[tuple[Fresh[T], A], ...]
    repeated: int
    refused: tuple[Refused, ...]
    problems: tuple[Problem, ...]

    @property
    def fresh(self) -> tuple[Fresh[T], ...]:
        """The items that are to be done."""
        return tuple([one for one, _ in self.done])

    @property
    def answers(self) -> tuple[A, ...]:
        """The answers to them."""
        return tuple([answer for _, answer in self.done])

    def report(self, done: Iterable[R]) -> Report[R]:
        """Return the report of the batch, with what was done."""
        return Report(tuple(done), self.repeated, self.refused, self.problems)


def called(*, at: Instant, actor: str, key: str, of_batch: bool = False) -> Call:
    """Check what every verb that changes something is called with.

    The prefix of a batch ends at the first slash of a key, so it has none itself.
    """
    instant = utc(at, "at")
    found = [problem for problem in (id_problem(actor, "actor"), id_problem(key, "key")) if problem]
    if not found and of_batch and "/" in key:
        found.append(Problem("key", f"has a slash: {shown(key)}", "the ids of the batch follow after one"))
    if found:
        raise InputError(tuple(found))
    return Call(instant, Actor(actor), Key(key), of_batch)


def done_before(tx: Transaction, call: Call, verb: str, inputs: object) -> Command | None:
    """Return the command done under this key, if its inputs were the same; refuse others."""
    command = tx.commands.find([call.key]).get(call.key)
    if command is None:
        return None
    if command.verb != verb or command.inputs != digest((verb, inputs)):
        raise RefusedError(refusals.KEY_REUSED.refuse(key=call.key, verb=command.verb))
    return command


def remember(tx: Transaction, call: Call, verb: str, inputs: object, answer: str = "") -> None:
    """Write the key of a command in the transaction that did it."""
    tx.commands.add([Command(call.key, verb, digest((verb, inputs)), answer, call.at, call.actor)])


def sort_out(
    tx: Transaction,
    call: Call,
    verb: str,
    items: Sequence[T],
    *,
    id_of: Callable[[T], str],
    problems_of: Callable[[T], Iterable[Problem]],
) -> Triage[T]:
    """Say which items of a call are malformed, were done before, or are to be done now."""
    fresh: dict[Key, Fresh[T]] = {}
    repeated: list[T] = []
    refused: list[Refused] = []
    problems: list[Problem] = []
    for item in items:
        malformed = problems_of(item)
        if malformed:
            problems.extend(_placed(malformed, id_of(item)))
            continue
        key = Key(f"{call.key}/{id_of(item)}") if call.of_batch else call.key
        one = Fresh(item, key, digest((verb, item)))
        first = fresh.setdefault(one.key, one)
        if first is not one:
            if first.inputs == one.inputs:
                repeated.append(item)
            else:
                refused.append(Refused(id_of(item), refusals.KEY_REUSED.refuse(key=one.key, verb=verb)))
    for key, command in tx.commands.find(list(fresh)).items():
        one = fresh.pop(key)
        if command.verb == verb and command.inputs == one.inputs:
            repeated.append(one.item)
        else:
            refused.append(Refused(id_of(one.item), refusals.KEY_REUSED.refuse(key=key, verb=command.verb)))
    return Triage(tuple(fresh.values()), tuple(repeated), tuple(refused), tuple(problems))


def decide_each(
    items: Triage[T],
    fresh: Iterable[Fresh[T]],
    id_of: Callable[[T], str],
    decide: Callable[[T], A | Refusal | None],
) -> Decided[T, A]:
    """Decide item by item, in the order given; None says that the very same is in the store already."""
    done: list[tuple[Fresh[T], A]] = []
    refused = list(items.refused)
    repeated = len(items.repeated)
    for one in fresh:
        answer = decide(one.item)
        if answer is None:
            repeated += 1
        elif isinstance(answer, Refusal):
            refused.append(Refused(id_of(one.item), answer))
        else:
            done.append((one, answer))
    return Decided(tuple(done), repeated, tuple(refused), items.problems)


def remember_all(tx: Transaction, call: Call, verb: str, done: Iterable[Fresh[T]]) -> None:
    """Write the keys of the items of a batch that were done."""
    tx.commands.add([Command(one.key, verb, one.inputs, "", call.at, call.actor) for one in done])


def only(report: Report[T], again: Callable[[], T]) -> T:
    """Return the answer of a batch of one: what was done, or the first answer again; or raise why not."""
    if report.problems:
        raise InputError(report.problems)
    if report.refused:
        raise RefusedError(report.refused[0].refusal)
    return again() if report.repeated else report.done[0]


def answered(value: T | Refusal) -> T:
    """Return an answer, or raise the refusal that came instead."""
    if isinstance(value, Refusal):
        raise RefusedError(value)
    return value


def _placed(problems: Iterable[Problem], item: object) -> Iterable[Problem]:
    name = item if isinstance(item, str) and id_problem(item, "") is None else shown(item)
    return (Problem(f"{name}: {each.where}", each.message, each.hint, each.severity) for each in problems)
