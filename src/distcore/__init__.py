"""distcore: commission for shops, exact, reversible and explained.

Each room is loaded when it is first used: `distcore.engine` has the verbs; `distcore.referral`,
`distcore.commission`, `distcore.ledger`, `distcore.settlement`, `distcore.payout`, `distcore.catalog`,
`distcore.pricing`, `distcore.analytics` and `distcore.kernel` the nouns; `distcore.memory` is a store,
`distcore.codec` reads documents, `distcore.ports` is what an adapter provides, `distcore.testing` is for your
own tests.

>>> import distcore
>>> str(distcore.kernel.Money.parse("12.50", "CNY"))
'12.50 CNY'
"""

from importlib import import_module
from types import ModuleType
from typing import Final

__all__ = [
    "__version__",
    "analytics",
    "catalog",
    "codec",
    "commission",
    "engine",
    "kernel",
    "ledger",
    "memory",
    "payout",
    "ports",
    "pricing",
    "referral",
    "settlement",
    "testing",
]

__version__: Final = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    """Load a room on first use: importing distcore costs next to nothing."""
    if name in __all__:
        return import_module(f"distcore.{name}")
    raise AttributeError(f"module 'distcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
