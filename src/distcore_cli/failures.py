"""What every error means for whoever typed the command: words on stderr, and an exit code."""

import errno
from collections.abc import Sequence
from typing import Final

from distcore.engine import refusals
from distcore.kernel import (
    DamagedError,
    InputError,
    Problem,
    RefusedError,
    RetryableError,
    SchemaError,
    limits,
)
from distcore_cli.render import say, say_problems

REFUSED: Final = 1
UNSOUND: Final = 3
CONFLICT: Final = 4


def tell(error: Exception, shop: str = "", command: str = "") -> int | None:
    """Say what went wrong and return the exit code; None for what is a mistake of ours.

    `shop` and `command` are what was asked for: hints name them.
    """
    match error:
        case InputError():
            _say_problems(error.problems)
            return REFUSED
        case RefusedError():
            what = error.refusal
            if what.code == refusals.NO_POLICY.name:
                hint = f"distcore --shop {shop} init"
                say(f"refused: {what.code}: shop {shop}: {what.message} ({hint})")
            else:
                say(f"refused: {what}")
            if not error.is_all:
                _say_problems(error.problems)
            return REFUSED
        case SchemaError():
            say(
                f"{error}; `distcore init` makes or upgrades a store"
                if _inits(error, command)
                else str(error)
            )
            return REFUSED
        case DamagedError():
            say(f"damaged: {error}")
            return UNSOUND
        case RetryableError():
            say(f"conflict: {error}")
            return CONFLICT
        case OSError() if error.errno != errno.EPIPE and error.filename is not None:
            say(f"{error.filename}: can't be read or written: {error.strerror}")
            return REFUSED
        case _:
            return None


def _say_problems(problems: Sequence[Problem]) -> None:
    say_problems(problems[: limits.PROBLEMS_MAX], len(problems))


def _inits(error: SchemaError, command: str) -> bool:
    """Say whether `init` would help: where there is no store yet, or an older one."""
    return command != "init" and error.hint in {"make one first", "upgrade the store"}
