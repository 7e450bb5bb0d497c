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
    limits,
    list_problem,
    micros_of,
    shown,
    utc,
)
from distcore.ports import Command, Event, Transaction

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
    """A batch, sorted out: what is to be done, what was done before, and what can't be.

    Two fresh items may have the same key; which of them is done is decided when they are.
    """

    fresh: tuple[Fresh[T], ...] = ()
    repeated: int = 0
    refused: tuple[Refused, ...] = ()
    problems: tuple[Problem, ...] = ()

    def nothing_new(self) -> Report[Any]:
        """Return the report of a batch of which nothing is to be done."""
        return Report((), self.repeated, self.refused, self.problems)


@frozen
class Decided(Generic[T, A]):
    """What was decided about a batch: what is to be done, what is there already, and what can't be."""

    done: tuple[tuple[Fresh[T], A], ...]
    present: tuple[Fresh[T], ...]
    repeated: int
    refused: tuple[Refused, ...]
    problems: tuple[Problem, ...]

    @property
    def answers(self) -> tuple[A, ...]:
        """The answers to what is to be done."""
        return tuple([answer for _, answer in self.done])

    def report(self, done: Iterable[R]) -> Report[R]:
        """Return the report of the batch, with what was done."""
        repeated = self.repeated + len(self.present)
        return Report(tuple(done), repeated, self.refused, self.problems)


def called(*, at: Instant, actor: str, key: str, of_batch: bool = False) -> Call:
    """Check what every verb that changes something is called with.

    The prefix of a batch ends at the first slash of a key, so it has none itself.
    """
    instant = utc(at, "at")
    if micros_of(instant) > limits.AT_MAX:
        raise InputError.of("at", f"too late: {shown(at)}", "a freeze would end beyond the end of time")
    found = [problem for problem in (id_problem(actor, "actor"), id_problem(key, "key")) if problem]
    if not found and of_batch and "/" in key:
        found.append(Problem("key", f"has a slash: {shown(key)}", "the ids of the batch follow after one"))
    if found:
        raise InputError(tuple(found))
    return Call(instant, Actor(actor), Key(key), of_batch)


def check(*found: Problem | None) -> None:
    """Raise all that was found wrong together, if anything was."""
    problems = tuple(problem for problem in found if problem is not None)
    if problems:
        raise InputError(problems)


def done_before(tx: Transaction, call: Call, verb: str, inputs: object) -> Command | None:
    """Return the command done under this key, if its inputs were the same; refuse others."""
    command = tx.commands.find([call.key]).get(call.key)
    if command is None:
        return None
    if command.verb != verb or command.inputs != digest((verb, inputs)):
        raise RefusedError(refusals.KEY_REUSED.refuse(key=call.key, verb=command.verb))
    return command


def remember(
    tx: Transaction, call: Call, verb: str, inputs: object, answer: str = "", *, about: Iterable[str]
) -> None:
    """Write the key of a command in the transaction that did it, and what it was done to, to be told."""
    assert len(answer) <= limits.TEXT_LENGTH_MAX, "no store keeps a longer answer"
    tx.commands.add([Command(call.key, verb, digest((verb, inputs)), answer, call.at, call.actor)])
    tell(tx, call, verb, ((call.key, each) for each in about))


def tell(tx: Transaction, call: Call, verb: str, done: Iterable[tuple[Key, str]]) -> None:
    """Keep what was done to be told: by the key of the command, the id of what it was done to."""
    tx.outbox.add(
        Event(digest((tx.shop, key, verb, about)).hex(), tx.shop, verb, about, key, call.at, call.actor)
        for key, about in done
    )


def sort_out(
    tx: Transaction,
    call: Call,
    verb: str,
    items: Sequence[T],
    *,
    kind: type[T],
    id_of: Callable[[T], str],
    problems_of: Callable[[T], Iterable[Problem]],
) -> Triage[T]:
    """Say which items of a call are malformed, were done before, or are to be done now."""
    check(list_problem(items, "items"))
    sound: list[Fresh[T]] = []
    problems: list[Problem] = []
    for place, item in enumerate(items):
        if not isinstance(item, kind):
            problems.append(Problem(f"[{place}]", f"not a {kind.__name__}: {shown(item)}"))
        elif malformed := problems_of(item):
            problems.extend(_placed(malformed, id_of(item)))
        else:
            key = Key(f"{call.key}/{id_of(item)}") if call.of_batch else call.key
            sound.append(Fresh(item, key, digest((verb, item))))
    before = tx.commands.find([one.key for one in sound]) if sound else {}
    fresh: list[Fresh[T]] = []
    refused: list[Refused] = []
    repeated = 0
    for one in sound:
        command = before.get(one.key)
        if command is None:
            fresh.append(one)
        elif command.verb == verb and command.inputs == one.inputs:
            repeated += 1
        else:
            refused.append(Refused(id_of(one.item), _reused(one, command.verb)))
    return Triage(tuple(fresh), repeated, tuple(refused), tuple(problems))


def decide_each(
    items: Triage[T],
    fresh: Iterable[Fresh[T]],
    verb: str,
    id_of: Callable[[T], str],
    decide: Callable[[T], A | Refusal | None],
) -> Decided[T, A]:
    """Decide item by item, in the order given; None says that the very same is in the store already."""
    inputs_of: dict[Key, bytes] = {}
    done: list[tuple[Fresh[T], A]] = []
    present: list[Fresh[T]] = []
    refused = list(items.refused)
    repeated = items.repeated
    for one in fresh:
        if one.key in inputs_of:
            if inputs_of[one.key] == one.inputs:
                repeated += 1
            else:
                refused.append(Refused(id_of(one.item), _reused(one, verb)))
            continue
        answer = decide(one.item)
        if isinstance(answer, Refusal):
            refused.append(Refused(id_of(one.item), answer))
            continue
        inputs_of[one.key] = one.inputs
        if answer is None:
            present.append(one)
        else:
            done.append((one, answer))
    return Decided(tuple(done), tuple(present), repeated, tuple(refused), items.problems)


def remember_all(
    tx: Transaction, call: Call, verb: str, decided: Decided[T, A], about: Callable[[T], str]
) -> None:
    """Write the keys of what was done, and what it was done to, to be told.

    A single call keeps its key also where the very same was there already, under another one.  An
    item of a batch need not: its own id is its key.
    """
    kept = [one for one, _ in decided.done]
    if not call.of_batch:
        kept.extend(decided.present)
    if kept:
        tx.commands.add([Command(one.key, verb, one.inputs, "", call.at, call.actor) for one in kept])
    tell(tx, call, verb, ((one.key, about(one.item)) for one, _ in decided.done))


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


def _reused(one: Fresh[Any], verb: str) -> Refusal:
    return refusals.KEY_REUSED.refuse(key=one.key, verb=verb)


def _placed(problems: Iterable[Problem], item: object) -> Iterable[Problem]:
    name = item if isinstance(item, str) and id_problem(item, "") is None else shown(item)
    return (Problem(f"{name}: {each.where}", each.message, each.hint, each.severity) for each in problems)
