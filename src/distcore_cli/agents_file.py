"""Who is agent of which region, from a file: one row is one agency.

A bad row refuses the whole file: what a plan would have cost without somebody is another question.
"""

from typing import Final

from attrs import frozen

from distcore.kernel import InputError, Instant, MemberId, Problem, limits, parse_instant, region_problem
from distcore_cli.cells import id_of, instant_or_none
from distcore_cli.interchange import Readers, bound, keyed_rows
from distcore_cli.problems import Problems
from distcore_cli.table_file import Columns, Held, TableFile

AGENTS: Final = Columns(("member_id", "region", "since"), ("until",))


@frozen
class Agency:
    """A member who is agent of a region in `[since, until)`, None being for ever, and the line of it."""

    member: MemberId
    region: str
    since: Instant
    until: Instant | None
    line: int


def read_agents(file: TableFile, problems: Problems) -> list[Agency]:
    """Return the agencies of a file, in its order."""
    readers: Readers = (
        ("member_id", id_of),
        ("region", _region_of),
        ("since", parse_instant),
        ("until", instant_or_none),
    )
    held = Held(file.name)
    found: list[Agency] = []
    for count, (number, id, values) in enumerate(keyed_rows(file, readers, problems, "agent")):
        bound(file, number, count, limits.FILE_MEMBERS_MAX)
        if values is None:
            continue
        _, region, since, until = values
        if until is not None and until <= since:
            problems.add(Problem(file.at(number, "until"), "is not after since", "give a later instant"))
        held.add((id, region))
        found.append(Agency(MemberId(id), region, since, until, number))
    return found


def _region_of(text: str) -> str:
    problem = region_problem(text, "")
    if problem is not None:
        raise InputError((problem,))
    return text
