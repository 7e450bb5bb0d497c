"""A span that is simulated costs what it does in a simulation of everything, whatever came before it.

So the costs of parts of time, cut anywhere, add up to those of the whole: what was paid before a cut uses up
caps, counts as earned, and counts as orders, also where it is not asked about.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from operator import attrgetter
from random import Random
from typing import Any

import pytest
from attrs import evolve
from tests.laws.by_payment import in_order_of_payment
from tests.laws.failing import assert_fails_somewhere

from distcore.engine import Baseline, Omission, Part, Simulation, simulate
from distcore.engine.simulate import ALWAYS
from distcore.kernel import Instant, PlanId
from distcore.testing.builders import StoreOf, day
from distcore.testing.canaries import swapped
from distcore.testing.machine import EngineMachine
from distcore.testing.walks import walked
from distcore.testing.worlds import FORMULAS, random_plan

WORLDS = range(12)


class OfSales(EngineMachine):
    """A shop that accrues no period: one that is cut is in none of its parts."""

    verbs = tuple(verb for verb in EngineMachine.verbs if verb not in {"accrue_period", "repin_period"})


def check_parts(
    store_of: StoreOf, seed: int, broken: Callable[[], AbstractContextManager[object]] = nullcontext
) -> None:
    """Cut the time of a shop in three, and simulate each part, and all of it."""
    random = Random(seed)
    machine = walked(store_of, seed, steps=40, machine=OfSales)
    other = evolve(random_plan(random, formulas=True), id=PlanId("other"))
    paid = sorted({book.sale.paid_at for book in in_order_of_payment(machine.auditor)})
    first, second = sorted(random.sample(paid, 2)) if len(paid) > 1 else (day(1), day(2))
    spans: list[dict[str, Any]] = [{"until": first}, {"since": first, "until": second}, {"since": second}]
    with machine.store.begin() as tx, broken():
        simulated = partial(simulate, tx, other, against=Baseline.POSTED, formulas=FORMULAS)
        whole, parts = simulated(), [simulated(**span) for span in spans]
    for costs_of in (attrgetter("cost"), attrgetter("baseline")):
        added: Counter[Part] = Counter()
        for part in parts:
            added.update(costs_of(part).parts)
        assert added == Counter(costs_of(whole).parts)
    assert sum(part.sales for part in parts) == whole.sales
    assert sum(part.net_minor for part in parts) == whole.net_minor
    assert omitted(parts) == omitted([whole])


def omitted(found: Iterable[Simulation]) -> Counter[Omission]:
    """Return how many sales were left out, by the reason."""
    counts: Counter[Omission] = Counter()
    for part in found:
        counts.update({each.reason: each.sales for each in part.omitted})
    return counts


@pytest.mark.parametrize("seed", WORLDS)
def test_parts_add_up_to_the_whole(store_of: StoreOf, seed: int) -> None:
    check_parts(store_of, seed)


def _forgetful(_: object, run: Any, tx: Any, begin: Instant, end: Instant) -> Iterator[tuple[Any, bool]]:
    yield tx.sales.by_payment(begin, end, with_posted=run.posted), True


def _by_id(_: object, run: Any, tx: Any, begin: Instant, end: Instant) -> Iterator[tuple[Any, bool]]:
    yield tx.sales.paid(ALWAYS[0], begin), False
    yield tx.sales.paid(begin, end, with_posted=run.posted), True


@pytest.mark.parametrize("defect", [_forgetful, _by_id])
def test_a_span_that_costs_something_else_is_caught(store_of: StoreOf, defect: Any) -> None:
    assert_fails_somewhere(
        lambda random: check_parts(
            store_of, random.randint(0, 99), lambda: swapped("distcore.engine.simulate:_Run._spans", defect)
        ),
        worlds=40,
    )
