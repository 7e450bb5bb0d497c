"""Is what was allowed still what was allowed?  Overrides of plans that break the shop's preset."""

from collections.abc import Iterator

from distcore.compliance import Override
from distcore.kernel import Problem
from distcore.ports import Transaction


def override_problems(tx: Transaction) -> Iterator[Problem]:
    """Yield what is wrong with overrides: each is of a published plan, and was allowed by somebody else."""
    plans = {(each.id, each.plan_version): each for each in tx.plans.all()}
    number, last = 0, None
    for each in tx.overrides.all():
        version = (each.plan, each.plan_version)
        number, last = (number + 1 if version == last else 1), version
        where = f"override {each.number} of version {each.plan_version} of plan {each.plan}"
        if version not in plans:
            yield Problem(where, "there is no such plan")
        if each.number != number:
            yield Problem(where, f"number {number} is missing")
            number = each.number
        yield from _own_problems(each, where)


def _own_problems(override: Override, where: str) -> Iterator[Problem]:
    if override.approver == override.actor:
        yield Problem(where, f"{override.actor} allowed it to be published, and published it")
    if not override.reason.strip():
        yield Problem(where, "it has no reason")
    if not override.broken:
        yield Problem(where, "it says of no rule that it is broken")
