"""The command `distcore`: options → one engine verb → what is shown.

Nothing here decides anything: a command reads its options and files, calls a verb of
`distcore.engine` in a transaction, and renders the answer.  Data goes to stdout, everything else to
stderr.  `distcore_cli.main` holds the table of commands, each of which is imported when it is used.
"""

__all__: list[str] = []
