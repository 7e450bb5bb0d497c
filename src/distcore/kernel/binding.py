"""How a shop binds customers to promoters: its binding policy, as a value that the shop-policy holds.

The one rule this file protects: a policy says for every touch, of whomever and whenever, who wins.

    >>> from distcore.kernel import ProtectedForDays, binding_problems
    >>> for problem in binding_problems(ProtectedForDays(0), "$.binding"):
    ...     print(problem)
    $.binding.days: out of range: 0 (from 1 to 3660)
"""

from typing import TypeAlias

from attrs import frozen

from distcore.kernel.checks import int_problem
from distcore.kernel.limits import BINDING_DAYS_MAX
from distcore.kernel.outcome import Problem


@frozen
class FirstTouchForEver:
    """Whoever touches a customer first keeps the customer."""

    only_without_orders: bool = False


@frozen
class LastTouch:
    """Whoever touches a customer last has the customer, until somebody else does."""

    only_without_orders: bool = False


@frozen
class FirstTouchForDays:
    """Whoever touches a customer first has the customer for so many days; then it is nobody's."""

    days: int
    only_without_orders: bool = False


@frozen
class ProtectedForDays:
    """Whoever touches a customer has the customer; after so many days somebody else may take over."""

    days: int
    only_without_orders: bool = False


BindingPolicy: TypeAlias = FirstTouchForEver | LastTouch | FirstTouchForDays | ProtectedForDays
"""With `only_without_orders` nobody is bound who has bought before."""


def binding_problems(policy: BindingPolicy, where: str) -> tuple[Problem, ...]:
    """Return what is impossible about a policy; paths begin with ``where``."""
    if not isinstance(policy, FirstTouchForDays | ProtectedForDays):
        return ()
    problem = int_problem(policy.days, f"{where}.days", least=1, most=BINDING_DAYS_MAX)
    return () if problem is None else (problem,)
