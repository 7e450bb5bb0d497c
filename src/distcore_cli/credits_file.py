"""Numbers of the shop about members, such as scores, from a file: one row is one member.

A bad row refuses the whole file: an evaluation that lacks somebody's number can't be made again.
"""

import re
from typing import Final

from distcore.kernel import InputError, MemberId, Problem, limits, shown
from distcore_cli.cells import id_of
from distcore_cli.interchange import Readers, bound, keyed_rows
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, Held, TableFile

CREDITS: Final = Columns(("member_id", "credit"))

_whole_number = re.compile("0|[1-9][0-9]{0,15}").fullmatch


def read_credits(file: TableFile, problems: Problems) -> list[tuple[MemberId, int]]:
    """Return the credits of a file, each member once, in its order."""
    readers: Readers = (("member_id", id_of), ("credit", _credit_of))
    held = Held(file.name)
    found: dict[MemberId, int] = {}
    for count, (number, id, values) in enumerate(keyed_rows(file, readers, problems, "member")):
        bound(file, number, count, limits.FILE_CREDITS_MAX)
        if values is None:
            continue
        member = MemberId(id)
        if found.setdefault(member, values[1]) != values[1]:
            message = f"{shown(id)} stands above with another credit"
            problems.add(Problem(file.at(number, "member_id"), message, "name each member once"))
        held.add((id,))
    return list(found.items())


def _credit_of(text: str) -> int:
    most = limits.AMOUNT_MINOR_MAX
    if not _whole_number(text) or int(text) > most:
        raise InputError.of("", f"not a credit: {shown(text)}", f"a whole number from 0 to {most}")
    return int(text)
