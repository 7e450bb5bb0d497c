"""Machines in worlds: step by step through worlds that are always the same, or as Hypothesis draws them."""

from collections.abc import Sequence
from random import Random
from typing import cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from distcore.testing.builders import StoreOf
from distcore.testing.machine import EngineMachine


def walk(
    store_of: StoreOf,
    *,
    walks: int,
    first: int = 0,
    steps: int = 30,
    machine: type[EngineMachine] = EngineMachine,
) -> None:
    """Let a machine take random steps through many worlds, from a first one on always the same ones.

    Quicker than `audit`, and no world comes twice; a failure says which one it was.
    """
    for seed in range(first, first + walks):
        try:
            walked(store_of, seed, steps, machine).teardown()
        except Exception as error:
            error.add_note(f"in the world of seed {seed}")
            raise


def walked(
    store_of: StoreOf, seed: int, steps: int = 30, machine: type[EngineMachine] = EngineMachine
) -> EngineMachine:
    """Return a machine in a world where much has happened: always the same for the same seed."""
    random = Random(seed)
    walker = machine_of(store_of, machine)()
    walker.open_shop(random.getrandbits(32))
    for _ in range(steps):
        walker.step(random.choice(walker.verbs), random.getrandbits(32))
    return walker


def machine_of(store_of: StoreOf, machine: type[EngineMachine] = EngineMachine) -> type[EngineMachine]:
    """Return a machine over stores."""
    made = type(machine.__name__, (machine,), {"store_of": lambda _, shop: store_of(shop)})
    return cast(type[EngineMachine], made)


def audit(
    store_of: StoreOf,
    *,
    effort: float = 1,
    phases: Sequence[Phase] = tuple(Phase),
    machine: type[EngineMachine] = EngineMachine,
) -> None:
    """Run a machine; `effort` scales the number of examples of the current Hypothesis profile."""
    profile = settings()
    run_state_machine_as_test(
        machine_of(store_of, machine),
        settings=settings(
            max_examples=max(1, round(profile.max_examples * effort)),
            phases=phases,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
