"""What can go wrong, by whose turn it is, as values first and as exceptions at the face.

* Our mistake is an ``assert``; it is never used on what a user gave us.
* Their document, file or argument: a ``Problem`` with the place, all of them collected.
* The business says no: a ``Refusal`` with a stable code and the facts it rests on.
* Nobody's (a conflict, a lost connection): run the verb again.

The one rule this file protects: every refusal can be told apart by a program (the code, the place)
and understood by a person (the message, the hint).  Messages name ids, never personal data.

The exceptions::

    DistcoreError
    ├── InputError       the caller's value, document or file is wrong; has ``problems``
    ├── RefusedError     the business says no; has ``refusal`` and ``problems``
    ├── RetryableError   nobody's fault; has ``host_must_roll_back``
    ├── DamagedError     what is stored can't be read; has ``hint``
    └── SchemaError      the database's tables are not those of this version; has ``hint``
"""

from datetime import datetime
from enum import Enum
from typing import Generic, Self, TypeVar

from attrs import field, frozen

T = TypeVar("T")

_SHOWN_LENGTH_MAX = 60


class Severity(Enum):
    """Whether a problem stops the work or is only worth knowing."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Problem:
    """Something wrong at one place of what the caller gave.

    ``where`` is a path (``$.rules[1].rate``), a line and column, or the name of an argument.
    """

    where: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def ways(self) -> tuple[str, ...]:
        """The paths of all that the place lies in, from the outermost one, and its own."""
        outer = (self.where[:end] for end, mark in enumerate(self.where) if mark in ".[")
        return (*outer, self.where)

    def __str__(self) -> str:
        """Return ``where: message (hint)``, without the parts that are empty."""
        return _sentence(self.where, self.message, self.hint)


def _sorted_facts(facts: tuple[tuple[str, str | int], ...]) -> tuple[tuple[str, str | int], ...]:
    return tuple(sorted(facts))


@frozen
class Refusal:
    """A no of the business: a code for programs, the facts it rests on, and words for people."""

    code: str
    facts: tuple[tuple[str, str | int], ...] = field(converter=_sorted_facts)
    message: str
    hint: str = ""

    def __str__(self) -> str:
        """Return ``code: message (hint)``."""
        return _sentence(self.code, self.message, self.hint)


@frozen
class Code:
    """One reason to refuse, declared once: its stable name and how to say it.

    ``says`` and ``hint`` are ``str.format`` templates over the facts.
    """

    name: str
    says: str
    hint: str = ""

    def refuse(self, **facts: object) -> Refusal:
        """Return the refusal for these facts; a fact that the templates need must be there."""
        plain = {name: _fact(value) for name, value in facts.items()}
        return Refusal(
            code=self.name,
            facts=tuple(plain.items()),
            message=self.says.format_map(plain),
            hint=self.hint.format_map(plain),
        )


@frozen
class Refused:
    """One item of a batch that was refused; ``item`` is its natural id."""

    item: str
    refusal: Refusal


@frozen
class Report(Generic[T]):
    """What became of a batch: it never stops half-way, and reports of its parts add up.

    ``repeated`` counts items that had been done before under the same key, with the same answer.
    """

    done: tuple[T, ...] = ()
    repeated: int = 0
    refused: tuple[Refused, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: "Report[T]") -> "Report[T]":
        """Return the report of both batches, this one first."""
        return Report(
            done=self.done + other.done,
            repeated=self.repeated + other.repeated,
            refused=self.refused + other.refused,
            problems=self.problems + other.problems,
        )


class DistcoreError(Exception):
    """Anything that distcore raises on purpose."""


class InputError(DistcoreError):
    """A value, document or file of the caller is wrong, at one or more places."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems, of which there is at least one."""
        assert problems, "an InputError without a problem says nothing"
        super().__init__(problems)
        self.problems = problems

    @classmethod
    def of(cls, where: str, message: str, hint: str = "") -> Self:
        """Return the error for a single problem."""
        return cls((Problem(where, message, hint),))

    def __str__(self) -> str:
        """Return one line per problem."""
        return "\n".join(map(str, self.problems))


class RefusedError(DistcoreError):
    """The business says no.

    Where it is asked about a whole document, `problems` are all that is wrong with it, those of the refusal
    among them, with paths: a first refusal does not hide the next one.
    """

    def __init__(self, refusal: Refusal, problems: tuple[Problem, ...] = ()) -> None:
        """Keep the refusal as a value, and what else is wrong."""
        super().__init__(refusal, problems)
        self.refusal = refusal
        self.problems = problems

    @property
    def is_all(self) -> bool:
        """Whether the refusal by itself says all that is wrong."""
        return all(each.message in self.refusal.message for each in self.problems)

    def __str__(self) -> str:
        """Return the refusal, and one line per problem unless it says them all."""
        return "\n".join(map(str, (self.refusal, *(() if self.is_all else self.problems))))


class RetryableError(DistcoreError):
    """A conflict or a lost connection: the same call is safe to make again.

    ``host_must_roll_back`` says that the transaction was the caller's, and can't be used any more.
    """

    def __init__(self, message: str, host_must_roll_back: bool = False) -> None:
        """Keep the message and who must roll back."""
        super().__init__(message, host_must_roll_back)
        self.message = message
        self.host_must_roll_back = host_must_roll_back

    def __str__(self) -> str:
        """Return the message, and what the host must do first."""
        hint = "roll back your transaction, then run again" if self.host_must_roll_back else "run again"
        return _sentence("", self.message, hint)


class DamagedError(DistcoreError):
    """What is stored can't be read: a page, a row or a document of it is broken."""

    def __init__(self, message: str, hint: str = "restore a copy") -> None:
        """Keep the message and what to do."""
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return ``message (hint)``."""
        return _sentence("", self.message, self.hint)


class SchemaError(DistcoreError):
    """The tables that are there are not those that this version of the library works with."""

    def __init__(self, message: str, hint: str) -> None:
        """Keep the message and what to do."""
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return ``message (hint)``."""
        return _sentence("", self.message, self.hint)


def shown(value: object) -> str:
    """Return an untrusted value as at most 60 printable characters, whatever it is.

    It never fails: not for a megabyte, a lone surrogate, or an object that can't describe itself.
    """
    if isinstance(value, str):
        text = str.__repr__(value[: _SHOWN_LENGTH_MAX + 1])
    else:
        try:
            text = repr(value)
        except Exception:  # a repr may raise anything, and this is where it must not matter
            text = f"<{type(value).__name__}>"
        text = "".join(c if c.isprintable() else "?" for c in text[: _SHOWN_LENGTH_MAX + 1])
    return text if len(text) <= _SHOWN_LENGTH_MAX else text[: _SHOWN_LENGTH_MAX - 3] + "..."


def _fact(value: object) -> str | int:
    """Return a fact in a form that can be stored and sent: text or a whole number."""
    match value:
        case bool():
            return "true" if value else "false"
        case Enum():
            return _fact(value.value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case str() | int():
            return value
        case _:
            return str(value)


def _sentence(where: str, message: str, hint: str) -> str:
    start = f"{where}: " if where else ""
    end = f" ({hint})" if hint else ""
    return f"{start}{message}{end}"
