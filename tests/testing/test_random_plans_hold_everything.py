"""Laws hold for random plans: those have every component, base, reward, condition and answer there is."""

from collections.abc import Iterator
from enum import Enum
from random import Random
from typing import get_args, get_type_hints

import attrs

from distcore.commission import Plan
from distcore.kernel import Cadence, EveryDays, OnDates
from distcore.testing.worlds import random_periods, random_plan

OF_TIME = {*Cadence, EveryDays, OnDates}
"""How time is cut: laws of periods draw that."""


def known(hint: object, seen: set[object]) -> set[object]:
    """Return all kinds of a type and of what it holds: classes, and members of enumerations."""
    for part in get_args(hint):
        known(part, seen)
    if isinstance(hint, type) and hint not in seen:
        if issubclass(hint, Enum):
            seen.update(hint)
        elif attrs.has(hint):
            seen.add(hint)
            hints = get_type_hints(hint)
            for field in attrs.fields(hint):
                known(hints[field.name], seen)
    return seen


def held(value: object) -> Iterator[object]:
    """Yield the kinds that a value holds."""
    if isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from held(each)
    elif attrs.has(kind := type(value)):
        yield kind
        for field in attrs.fields(kind):
            yield from held(getattr(value, field.name))


def test_random_plans_hold_every_kind_there_is() -> None:
    assert len(known(Plan, set())) > 90
    plans = (random_periods(Random(seed), random_plan(Random(seed), formulas=True)) for seed in range(2_000))
    drawn = {kind for plan in plans for kind in held(plan)}
    assert known(Plan, set()) - drawn <= OF_TIME
