"""What every error means for whoever typed the command: words on stderr, and an exit code."""

from typing import Final

from distcore.kernel import InputError, RefusedError, RetryableError, SchemaError
from distcore_cli.render import say, say_problems

REFUSED: Final = 1
UNSOUND: Final = 3
CONFLICT: Final = 4


def tell(error: Exception) -> int | None:
    """Say what went wrong and return the exit code; None for what is a mistake of ours."""
    match error:
        case InputError():
            say_problems(error.problems, len(error.problems))
            return REFUSED
        case RefusedError():
            say(f"refused: {error.refusal}")
            return REFUSED
        case SchemaError():
            say(f"{error}; `distcore init` makes or upgrades a store")
            return REFUSED
        case RetryableError():
            say(f"conflict: {error}")
            return CONFLICT
        case _:
            return None
