"""`distcore.compliance.Overrides` in a table."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from distcore.compliance import Broken, Override
from distcore.kernel import Actor, CompliancePreset, PlanId, micros_of
from distcore_sql.rows import readable, stored_instant, stored_word
from distcore_sql.statements import Statements, Values, of_shop
from distcore_sql.tables import Tables


class SqlOverrides:
    """Overrides, each in a row."""

    def __init__(self, statements: Statements) -> None:
        """Read and write on the statements of a transaction."""
        self._sql = statements

    def add(self, override: Override) -> None:
        """Write an override; of two at once the key lets one win."""
        self._sql.insert("plan_overrides", [row_of_override(override)])

    def of(self, plan: PlanId, plan_version: int) -> Sequence[Override]:
        """Return the overrides of a version, by number."""
        found = self._sql.rows(_of, plan=plan, plan_version=plan_version)
        return [override_of(row) for row in found]

    def all(self) -> Sequence[Override]:
        """Return every override, by plan, version and number."""
        return [override_of(row) for row in self._sql.rows(_overrides)]


def row_of_override(override: Override) -> Values:
    """Return the row of an override."""
    broken = [[each.rule, each.where] for each in override.broken]
    return (
        override.plan,
        override.plan_version,
        override.number,
        override.preset.value,
        override.reason,
        override.approver,
        override.actor,
        micros_of(override.recorded_at),
        json.dumps(broken, separators=(",", ":")),
    )


def override_of(row: Sequence[Any]) -> Override:
    """Return the override of a row."""
    plan, plan_version, number, preset, reason, approver, actor, recorded_at, broken = row
    return Override(
        PlanId(plan),
        plan_version,
        number,
        stored_word(CompliancePreset, preset, "override"),
        reason,
        Actor(approver),
        Actor(actor),
        stored_instant(recorded_at),
        _broken_of(broken),
    )


def _broken_of(text: str) -> tuple[Broken, ...]:
    with readable("override"):
        found = json.loads(text)
        if not isinstance(found, list) or not all(map(_is_pair, found)):
            raise ValueError("it says of no rules that they are broken")
        return tuple(Broken(rule, where) for rule, where in found)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and [type(each) for each in value] == [str, str]


def _overrides(tables: Tables) -> Any:
    overrides = tables.plan_overrides
    in_order = (overrides.c.plan, overrides.c.plan_version, overrides.c.number)
    return select(*overrides.c[1:]).where(of_shop(overrides)).order_by(*in_order)


def _of(tables: Tables) -> Any:
    overrides = tables.plan_overrides
    return _overrides(tables).where(
        overrides.c.plan == bindparam("plan"), overrides.c.plan_version == bindparam("plan_version")
    )
