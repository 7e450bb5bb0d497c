"""`distcore tree`: who stands below or above whom, as valid at an instant and as known at another."""

from collections.abc import Iterator, Sequence

import click

from distcore.engine.accrue import policy_of
from distcore.kernel import Instant, MemberId, RefusedError, format_instant, limits
from distcore.ports import Transaction
from distcore.referral import Member, refusals, seat_of, sponsor_of, upline
from distcore_cli import options
from distcore_cli.members import KNOWN_AT
from distcore_cli.render import Cell, Table, columns, show
from distcore_cli.settings import Format, Settings
from distcore_cli.wiring import reading

TREE = columns("member level sponsor tier state joined_at", "level")


@click.command()
@click.argument("member", metavar="[MEMBER]", required=False, callback=options.id_of)
@click.option(
    "--depth",
    default="10",
    callback=options.whole_of(0, limits.UPLINE_DEPTH_MAX),
    show_default=True,
    metavar="N",
    help="How many levels below to show.",
)
@click.option("--up", is_flag=True, help="Show all who stand above MEMBER instead, nearest first.")
@KNOWN_AT
@click.pass_obj
def tree(settings: Settings, member: MemberId | None, depth: int, up: bool, known_at: Instant | None) -> None:
    """Show who stands below or above whom.

    Below MEMBER, or below whoever has no sponsor, as valid at --at, and as known now or at --known-at.
    Level 1 is directly below, or with --up directly above.
    """
    if up and member is None:
        raise click.UsageError("--up needs a MEMBER to start from")
    with reading(settings) as tx:
        policy_of(tx)
        walk = _Walk(tx, settings.at, known_at)
        starts = walk.roots() if member is None else [walk.one(member)]
        rows = list(walk.up(starts[0]) if up else walk.down(starts, depth))
    if settings.format is Format.TABLE and not up:
        rows = [("  " * int(str(level)) + str(id), level, *rest) for id, level, *rest in rows]
    show([Table("tree", TREE, rows)], settings.format)


class _Walk:
    """Walks of a tree as valid at an instant, by all that is recorded, or by what was at another."""

    def __init__(self, tx: Transaction, at: Instant, known_at: Instant | None) -> None:
        self._members = tx.members
        self._revision = tx.members.revision() if known_at is None else tx.members.revision_at(known_at)
        self._at = at
        self._known_at = known_at

    def one(self, member: MemberId) -> Member:
        """Return a member, or refuse one who had not joined, or of whom nobody knew."""
        found = self._members.upward([member], 0).get(member)
        if found is None or not self._is_there(found):
            raise RefusedError(refusals.MEMBER_UNKNOWN.refuse(member=member))
        return found

    def roots(self) -> list[Member]:
        """Return whoever has no sponsor."""
        return [each for each in self._members.roots() if self._stands_below(each, None)]

    def up(self, member: Member) -> Iterator[Sequence[Cell]]:
        """Yield who stands above a member."""
        tree = self._members.upward([member.id], None)
        seats = upline(tree, member.id, valid_at=self._at, revision=self._revision)
        for level, seat in enumerate(seats, 1):
            yield self._row(tree[seat.member], level)

    def down(self, starts: Sequence[Member], depth: int) -> Iterator[Sequence[Cell]]:
        """Yield members, each followed by those below; a level of the tree is read at once."""
        below: dict[MemberId, list[Member]] = {}
        level = list(starts)
        for _ in range(depth):
            if not level:
                break
            found = self._members.downward([each.id for each in level])
            for member in level:
                placed = found.get(member.id, [])
                below[member.id] = [each for each in placed if self._stands_below(each, member.id)]
            level = [each for member in level for each in below[member.id]]
        waiting = [(member, 0) for member in reversed(starts)]
        while waiting:
            member, at = waiting.pop()
            yield self._row(member, at)
            waiting += [(each, at + 1) for each in reversed(below.get(member.id, []))]

    def _stands_below(self, member: Member, sponsor: MemberId | None) -> bool:
        """Say whether somebody has joined, and stands below a sponsor, or below nobody."""
        if not self._is_there(member):
            return False
        return sponsor_of(member, valid_at=self._at, revision=self._revision) == sponsor

    def _is_there(self, member: Member) -> bool:
        known = self._known_at is None or member.recorded_at <= self._known_at
        return known and member.joined_at <= self._at

    def _row(self, member: Member, level: int) -> Sequence[Cell]:
        seat = seat_of(member, valid_at=self._at, revision=self._revision)
        sponsor = sponsor_of(member, valid_at=self._at, revision=self._revision)
        return (member.id, level, sponsor, seat.tier, seat.state.value, format_instant(member.joined_at))
