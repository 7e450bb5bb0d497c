"""What no option says is asked for, so that it stands in no history of a shell."""

import click


def asked(what: str, given: str | None, *, hidden: bool = False) -> str:
    """Return what an option said, or what was typed; an empty line is an empty text."""
    if given is not None:
        return given
    typed: str = click.prompt(what, default="", show_default=False, hide_input=hidden, err=True)
    return typed
