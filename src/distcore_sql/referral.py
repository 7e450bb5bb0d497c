"""`distcore.referral.Members` in tables: each question is one statement, however many are asked about."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    CTE,
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    Table,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    true,
    union,
    union_all,
)

from distcore.kernel import Instant, MemberId, micros_of
from distcore.referral import PLACING, Aspect, Change, Member
from distcore_sql.rows import change_of, member_of, row_of_change, row_of_member, stored_instant
from distcore_sql.statements import Build, Statements, among, given_ids, listed, of_shop
from distcore_sql.tables import Tables

STEPS_MAX: Final = 64
"""Levels that are counted on the way up; who asks for more gets all: a longer walk meets the same
members on many levels, and each of these meetings would be a row."""

PAGE: Final = 1_000
"""Members read at a time when all of them are."""


class SqlMembers:
    """The tree of one shop; its row in `trees` is the lock."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def lock(self) -> int:
        """Write the tree's own row, so that nobody else can until the transaction ends; read it then."""
        if not self._sql.write_tree():
            self._sql.insert("trees", [(0,)])
        return self.revision()

    def revision(self) -> int:
        """Return the revision that this transaction sees."""
        found = self._sql.first(_revision)
        return 0 if found is None else int(found[0])

    def revision_at(self, recorded_at: Instant) -> int:
        """Return the newest revision of which all was recorded no later than an instant."""
        found = self._sql.rows(_first_after, recorded_at=micros_of(recorded_at))[0][0]
        return self.revision() if found is None else int(found) - 1

    def known_until(self) -> Instant | None:
        """Return when the newest of all members was recorded, by one statement."""
        newest = self._sql.rows(_newest)[0][0]
        return None if newest is None else stored_instant(newest)

    def upward(self, members: Collection[MemberId], levels: int | None) -> dict[MemberId, Member]:
        """Return these members, and whoever ever stood above them, by one recursive query."""
        if not members:
            return {}
        ids = listed(members)
        all_above, some_above = _UP[self._sql.dialect]
        if levels is None or levels > STEPS_MAX:
            found = self._sql.rows(all_above, ids=ids)
        else:
            found = self._sql.rows(some_above, ids=ids, levels=levels)
        return {member.id: member for member in _members(found)}

    def downward(self, members: Collection[MemberId]) -> dict[MemberId, list[Member]]:
        """Return whoever was ever placed directly below, in order of id."""
        below: dict[MemberId, list[Member]] = {member: [] for member in members}
        if not below:
            return below
        placed = [(row[-1], row[:-1]) for row in self._sql.rows(_below, ids=listed(below))]
        for sponsor, rows in groupby(placed, key=itemgetter(0)):
            below[sponsor].extend(_members(row for _, row in rows))
        return below

    def fan_out(self, members: Collection[MemberId]) -> dict[MemberId, int]:
        """Count the members who joined, or were moved, directly below."""
        if not members:
            return {}
        ids = listed(members)
        counts = Counter({row[0]: row[1] for row in self._sql.rows(_joined_below, ids=ids)})
        counts.update({row[0]: row[1] for row in self._sql.rows(_moved_below, ids=ids)})
        return dict(counts)

    def agents(self, regions: Collection[str] | None) -> Sequence[Member]:
        """Return whoever was ever appointed agent of one of these regions, in order of id."""
        if regions is None:
            return list(_members(self._sql.rows(_all_agents)))
        return list(_members(self._sql.rows(_agents, ids=listed(regions)))) if regions else []

    def roots(self) -> Iterator[Member]:
        """Yield whoever was ever placed without a sponsor, in order of id."""
        return self._paged(_page_of_roots)

    def all(self) -> Iterator[Member]:
        """Yield every member in order of id, a page at a time."""
        return self._paged(_page_of_all)

    def add(self, members: Sequence[Member]) -> None:
        """Write new members, sponsors before the members below, and those of one depth by id."""
        depths: dict[MemberId | None, int] = {}
        for each in members:
            depths[each.id] = 1 + depths.get(each.sponsor, 0)
        in_order = sorted(members, key=lambda each: (depths[each.id], each.id))
        self._sql.insert("members", [row_of_member(each) for each in in_order], sort=False)

    def append(self, change: Change) -> None:
        """Write a change and the revision that it makes."""
        self.append_all([change])

    def append_all(self, changes: Sequence[Change]) -> None:
        """Write changes and the revision that the last of them makes."""
        if not changes:
            return
        self.advance(changes[-1].revision, before=changes[0].revision - 1)
        self._sql.insert("member_changes", [row_of_change(each) for each in changes])

    def advance(self, revision: int, *, before: int | None = None) -> None:
        """Count revisions up to one; whoever was overtaken finds the tree at another one than before."""
        last = revision - 1 if before is None else before
        if not self._sql.change(_next_revision, before=last, revision=revision):
            raise self._sql.conflict(f"the tree is not at revision {last}")

    def _paged(self, build: Any) -> Iterator[Member]:
        after = ""
        while page := self._sql.rows(build, after=after, limit=PAGE):
            yield from _members(page)
            after = page[-1][0]


def _members(rows: Any) -> Iterator[Member]:
    """Yield the members of rows that hold a member and one change of it, or none, side by side."""
    for _, of_member in groupby(rows, key=itemgetter(0)):
        found = list(of_member)
        yield member_of(found[0], [_change_beside(row) for row in found if row[6] is not None])


def _change_beside(row: Sequence[Any]) -> Change:
    return change_of((row[6], row[0], *row[7:11]))


def _revision(tables: Tables) -> Any:
    return select(tables.trees.c.revision).where(of_shop(tables.trees))


def _next_revision(tables: Tables) -> Any:
    trees = tables.trees
    revision: BindParameter[int] = bindparam("revision")
    at_before = trees.c.revision == bindparam("before")
    return trees.update().values(revision=revision).where(of_shop(trees), at_before)


def _first_after(tables: Tables) -> Any:
    changes = tables.member_changes
    first = select(func.min(changes.c.revision))
    return first.where(of_shop(changes), changes.c.recorded_at > bindparam("recorded_at"))


def _all_above(tables: Tables) -> Any:
    """Climb without counting: each member is met once, also where moves once formed a ring over time."""
    start = select(given_ids().label("member")).cte("above", recursive=True)
    return _with_changes(tables, start.union(*_up(tables, start)))


def _all_above_laterally(tables: Tables) -> Any:
    start = select(given_ids().label("member")).cte("above", recursive=True)
    up = union_all(*_up(tables, start)).lateral("up")
    return _found_one_by_one(tables, start.union(select(up.c.member).select_from(start.join(up, true()))))


def _some_above(tables: Tables) -> Any:
    """Climb up to `levels` steps, counting them."""
    start = _counting()
    near, step = start.c.step < bindparam("levels"), start.c.step + 1
    met = start.union(*(one.add_columns(step).where(near) for one in _up(tables, start)))
    return _with_changes(tables, select(met.c.member).distinct().cte("met"))


def _some_above_laterally(tables: Tables) -> Any:
    start = _counting()
    near, step = start.c.step < bindparam("levels"), start.c.step + 1
    up = union_all(*_up(tables, start)).lateral("up")
    met = start.union(select(up.c.member, step).select_from(start.join(up, true())).where(near))
    return _found_one_by_one(tables, met)


def _found_one_by_one(tables: Tables, wanted: CTE) -> Any:
    """Look each of them up by its key; a limit keeps the planner from doing it for the whole tree at once."""
    met = select(wanted.c.member).distinct().cte("met")
    members = tables.members
    one = select(members).where(of_shop(members), members.c.member == met.c.member).limit(literal_column("1"))
    found = one.lateral("found")
    return _beside_changes(tables, met.join(found, true()), found)


def _counting() -> CTE:
    return select(given_ids().label("member"), literal(0).label("step")).cte("above", recursive=True)


def _up(tables: Tables, above: CTE) -> tuple[Select[Any], Select[Any]]:
    """Return whom those who were met on the way up joined below, and whom they moved below."""
    members, changes = tables.members, tables.member_changes
    joined = select(members.c.sponsor.label("member")).where(
        of_shop(members), members.c.member == above.c.member, members.c.sponsor.is_not(None)
    )
    moved = select(changes.c.value).where(
        of_shop(changes), changes.c.member == above.c.member, _is_move(changes), changes.c.value.is_not(None)
    )
    return joined, moved


_UP: Final[Mapping[str, tuple[Build, Build]]] = {
    "sqlite": (_all_above, _some_above),
    "postgresql": (_all_above_laterally, _some_above_laterally),
    "mariadb": (_all_above, _some_above),
}
"""How to climb, all the way or so many steps, by the name of the dialect.

PostgreSQL lets a recursion name itself only once.  It can't know how few stand above somebody, and would
read the whole tree for them; taken side by side with each who was met, an index leads to the next.
"""


def _is_move(changes: Table) -> ColumnElement[bool]:
    """Say that a change is one of sponsor, in words that the index over some aspects is known by."""
    return changes.c.aspect == literal_column(f"'{Aspect.SPONSOR.value}'")


def _is_appointment(changes: FromClause) -> ColumnElement[bool]:
    """Say that a change appoints an agent, in words that the same index is known by."""
    return changes.c.aspect == literal_column(f"'{Aspect.APPOINTED.value}'")


def _agents(tables: Tables) -> Any:
    return _appointed(tables, of_some=True)


def _all_agents(tables: Tables) -> Any:
    return _appointed(tables, of_some=False)


def _appointed(tables: Tables, *, of_some: bool) -> Any:
    """Return whoever was ever appointed, each with all changes in the order in which they hold."""
    members, appointed = tables.members, tables.member_changes.alias("appointed")
    ever = select(appointed.c.member).where(of_shop(appointed), _is_appointment(appointed))
    if of_some:
        ever = ever.where(among(appointed.c.value))
    return _beside_changes(tables, members, members).where(of_shop(members), members.c.member.in_(ever))


def _with_changes(tables: Tables, wanted: Any, *more: Any) -> Any:
    """Return the members wanted, each with its changes in the order in which they hold."""
    members = tables.members
    here = wanted.join(members, of_shop(members) & (members.c.member == wanted.c.member))
    return _beside_changes(tables, here, members, *more)


def _beside_changes(tables: Tables, here: FromClause, members: FromClause, *more: Any) -> Select[Any]:
    """Return members, each with its changes in the order in which they hold."""
    changes = tables.member_changes
    its_own = (changes.c.shop == members.c.shop) & (changes.c.member == members.c.member)
    return (
        select(
            members.c.member,
            members.c.joined_at,
            members.c.recorded_at,
            members.c.sponsor,
            members.c.tier,
            members.c.state,
            changes.c.revision,
            changes.c.aspect,
            changes.c.value,
            changes.c.valid_from,
            changes.c.recorded_at,
            *more,
        )
        .select_from(here.outerjoin(changes, its_own))
        .order_by(*more, members.c.member, changes.c.valid_from, changes.c.revision)
    )


def _below(tables: Tables) -> Any:
    members, changes = tables.members, tables.member_changes
    joined = select(members.c.sponsor, members.c.member).where(of_shop(members), among(members.c.sponsor))
    moved = select(changes.c.value, changes.c.member).where(
        of_shop(changes), _is_move(changes), among(changes.c.value)
    )
    placed = union(joined, moved).cte("placed")
    return _with_changes(tables, placed, placed.c.sponsor)


def _joined_below(tables: Tables) -> Any:
    sponsor = tables.members.c.sponsor
    return select(sponsor, func.count()).where(of_shop(tables.members), among(sponsor)).group_by(sponsor)


def _moved_below(tables: Tables) -> Any:
    changes, sponsor = tables.member_changes, tables.member_changes.c.value
    moved = select(sponsor, func.count()).where(of_shop(changes), _is_move(changes), among(sponsor))
    return moved.group_by(sponsor)


def _newest(tables: Tables) -> Any:
    return select(func.max(tables.members.c.recorded_at)).where(of_shop(tables.members))


def _page_of_all(tables: Tables) -> Any:
    members = tables.members
    page = select(members.c.member).where(of_shop(members), members.c.member > bindparam("after"))
    return _with_changes(tables, _cut(page, members.c.member))


def _page_of_roots(tables: Tables) -> Any:
    members, changes = tables.members, tables.member_changes
    joined = select(members.c.member).where(
        of_shop(members), members.c.sponsor.is_(None), members.c.member > bindparam("after")
    )
    freed = select(changes.c.member).where(
        of_shop(changes),
        changes.c.aspect.in_([literal_column(f"'{each.value}'") for each in PLACING]),
        changes.c.value.is_(None),
        changes.c.member > bindparam("after"),
    )
    both = union(joined, freed).subquery()
    return _with_changes(tables, _cut(select(both.c.member), both.c.member))


def _cut(page: Any, member: ColumnElement[str]) -> CTE:
    cut: CTE = page.order_by(member).limit(bindparam("limit")).cte("page")
    return cut
