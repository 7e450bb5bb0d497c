"""A store in memory: a product for tests, simulations and small shops, not a test helper."""

from distcore.memory.coupons import MemoryAttempts
from distcore.memory.rows import Nested, Place, fill, rows_of
from distcore.memory.store import MemoryStore, MemoryTransaction

__all__ = ["MemoryAttempts", "MemoryStore", "MemoryTransaction", "Nested", "Place", "fill", "rows_of"]
