"""Commands that were done, and the policy of the shop, in tables."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, func, null, select, union_all

from distcore.codec import dump_policy
from distcore.kernel import Instant, Key, ShopPolicy, micros_of
from distcore.ports import Command
from distcore_sql.outbox import SqlOutbox, is_open
from distcore_sql.rows import command_of, policy_of, row_of_command
from distcore_sql.statements import Statements, among, listed, of_shop
from distcore_sql.tables import Tables


class SqlCommands:
    """`distcore.ports.Commands`: the key is the table's own."""

    def __init__(self, statements: Statements, outbox: SqlOutbox) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements
        self._outbox = outbox

    def find(self, keys: Collection[Key]) -> dict[Key, Command]:
        """Return those of these commands that were done.

        The same statement says whether the outbox is open, which whoever does a command will ask.
        """
        if not keys:
            return {}
        found: dict[Key, Command] = {}
        for open_outboxes, *row in self._sql.rows(_some, ids=listed(keys)):
            if open_outboxes is None:
                command = command_of(row)
                found[command.key] = command
            else:
                self._outbox.learn(is_open=bool(open_outboxes))
        return found

    def add(self, commands: Sequence[Command]) -> None:
        """Write new commands."""
        self._sql.insert("commands", [row_of_command(command) for command in commands])

    def known(self, verb: str, inputs: Collection[bytes]) -> frozenset[bytes]:
        """Return those hashes under which a command of a verb was done."""
        hexes = listed([each.hex() for each in inputs])
        return frozenset(bytes.fromhex(row[0]) for row in self._sql.rows(_known, verb=verb, ids=hexes))

    def done(self, verb: str, inputs: Collection[bytes]) -> Sequence[Command]:
        """Return the commands of a verb that were done with some inputs, by key."""
        hexes = listed([each.hex() for each in inputs])
        return [command_of(row) for row in self._sql.rows(_done, verb=verb, ids=hexes)]

    def count(self, verb: str) -> int:
        """Return how many different inputs a verb was done with."""
        return int(self._sql.rows(_count, verb=verb)[0][0])

    def all(self) -> Sequence[Command]:
        """Return every command by key."""
        return [command_of(row) for row in self._sql.rows(_all)]


class SqlPolicies:
    """`distcore.ports.Policies`: every version is kept as a document, and the last one holds."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def all(self) -> Sequence[ShopPolicy]:
        """Return every policy, the oldest first."""
        return [policy_of(row[0]) for row in self._sql.rows(_all_policies)]

    def current(self) -> ShopPolicy | None:
        """Return the policy that holds."""
        found = self._sql.first(_last_policy)
        return None if found is None else policy_of(found[1])

    def set(self, policy: ShopPolicy, *, at: Instant) -> None:
        """Write a new policy; of two writers at once the key lets one win."""
        last = self._sql.first(_last_policy)
        number = 1 if last is None else last[0] + 1
        self._sql.insert("policies", [(number, dump_policy(policy), micros_of(at))])


def _known(tables: Tables) -> Any:
    commands = tables.commands
    of_verb = commands.c.verb == bindparam("verb")
    return select(commands.c.inputs).where(of_shop(commands), among(commands.c.inputs), of_verb)


def _done(tables: Tables) -> Any:
    commands = tables.commands
    of_verb = commands.c.verb == bindparam("verb")
    return _all(tables).where(among(commands.c.inputs), of_verb)


def _count(tables: Tables) -> Any:
    commands = tables.commands
    different = select(func.count(commands.c.inputs.distinct()))
    return different.where(of_shop(commands), commands.c.verb == bindparam("verb"))


def _all(tables: Tables) -> Any:
    commands = tables.commands
    return select(*commands.c[1:]).where(of_shop(commands)).order_by(commands.c.command_key)


def _some(tables: Tables) -> Any:
    commands = tables.commands
    some = select(null(), *commands.c[1:]).where(of_shop(commands), among(commands.c.command_key))
    nothing = [null() for _ in commands.c[1:]]
    return union_all(select(is_open(tables).scalar_subquery(), *nothing), some)


def _all_policies(tables: Tables) -> Any:
    policies = tables.policies
    return select(policies.c.body).where(of_shop(policies)).order_by(policies.c.number)


def _last_policy(tables: Tables) -> Any:
    policies = tables.policies
    of_mine = select(policies.c.number, policies.c.body).where(of_shop(policies))
    return of_mine.order_by(policies.c.number.desc()).limit(1)
